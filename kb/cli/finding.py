"""The commands that find notes: search, pairs, show, services."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args

import click

from index.query import Query, StepName
from kb.cli import completing, terminal
from kb.cli.group import Command, as_json, cli, with_knowledge_base
from kb.cli.language import _, texts
from kb.cli.output import lines, make_ready, print_json, results, say
from kb.cli.places import FOUND_NOTHING
from kb.knowledge_base import KnowledgeBase
from kb.report.model import Note
from kb.search.answers import Answer, Found, NoteTaker, UnknownValueError
from kb.search.facets import BY_KEY, keys, options
from kb.search.records import (
    found_talk_record,
    hit_record,
    hits,
    note_record,
    pair_record,
    row_record,
    service_record,
    similar_record,
)
from kb.search.searching import SORTS
from kb.services import Domain


def _facet_options(command: Command) -> Command:
    """Add the option of each facet that has one."""
    for facet in reversed(options()):
        offer = completing.values_of(facet)
        command = click.option(f"--{facet.key}", multiple=True, help=facet.option, shell_complete=offer)(command)
    return command


@cli.command()
@click.argument("words", nargs=-1)
@_facet_options
@click.option("--sort", type=click.Choice(list(SORTS)), default="relevance", show_default=True)
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="How many hits to show.")
@click.option(
    "--exact",
    is_flag=True,
    help="Only notes with every word as typed: no mending, no loosening, nothing that is only near.",
)
@click.option(
    "--explain", is_flag=True, help="Also tell of each hit which word matched where, and how much it counted."
)
@click.option(
    "--facets", is_flag=True, help=f"Also count the hits by {', '.join(keys('table')[:-1])} and {keys('table')[-1]}."
)
@as_json
@with_knowledge_base
def search(
    kb: KnowledgeBase,
    words: tuple[str, ...],
    *,
    as_json: bool,
    facets: bool,
    **given: Any,  # noqa: ANN401 (click's options)
) -> None:
    """Search the notes for words; every word is wanted. Words may be absent where a filter is given.

    \b
    Examples: kb search 冪等
              kb search --service SQS --service sns --facets
              kb search "DynamoDB 結果整合性" --year 2018 --json
              kb search '"結果整合" -S3 (監視 OR 通知) 年:2018' --explain
    """
    make_ready(kb)
    query = Query(
        text=" ".join(words),
        sort=SORTS[given["sort"]],
        limit=given["limit"],
        facets=keys("table") if facets else (),
        without=get_args(StepName) if given["exact"] else (),
        explain=True,
    )
    asked = _narrowed(kb, query, {facet.key: given[facet.key] for facet in options()})
    answer = kb.searcher.search(asked)
    quoted = kb.searcher.quoted(query, answer)
    if as_json:
        records = _search_records(answer, quoted, kb.collection.domain, explain=given["explain"])
        print_json((*records, _counted(answer)) if facets else records)
    else:
        ends = (
            *terminal.part_lines(answer, narrowed=bool(asked.selections)),
            *(() if answer.total else _ways_out(kb, asked, answer)),
        )
        told = terminal.answer_lines(
            answer, quoted, kb.collection.domain, query.text, explain=given["explain"], ends=ends
        )
        results((*told, *(terminal.facet_lines(answer) if facets else ())))
    if not answer.total and not answer.talks and kb.browser.reports():
        click.get_current_context().exit(FOUND_NOTHING)


def _ways_out(kb: KnowledgeBase, query: Query, answer: Answer) -> Iterator[str]:
    from kb.search.ways_out import unknown, ways_out

    every = unknown(answer, kb.searcher), ways_out(query, answer, kb.searcher)
    return terminal.way_out_lines(kb.searcher, *every)


@cli.command()
@click.argument("words", nargs=-1)
@click.option(
    "--service",
    multiple=True,
    help="Slug, name or alias of a service. Repeatable.",
    shell_complete=completing.values_of(BY_KEY["service"]),
)
@click.option("--questions", is_flag=True, help="Questions and their answers instead of problems and their remedies.")
@click.option("--open", "only_open", is_flag=True, help="Only those that nothing replies to (未解決).")
@as_json
@with_knowledge_base
def pairs(
    kb: KnowledgeBase,
    words: tuple[str, ...],
    *,
    service: tuple[str, ...],
    questions: bool,
    only_open: bool,
    as_json: bool,
) -> None:
    """List problems with their remedies, or questions with their answers; words narrow them down.

    \b
    Examples: kb pairs --service lambda
              kb pairs --open
    """
    make_ready(kb)
    query = _narrowed(kb, Query(text=" ".join(words)), {"service": service})
    found = [
        pair
        for pair in kb.searcher.pairs(query, "question" if questions else "problem")
        if pair.is_open or not only_open
    ]
    if as_json:
        print_json(pair_record(pair, kb.collection.domain) for pair in found)
    else:
        shown = (line for pair in found for line in (*terminal.pair_lines(pair, kb.collection.catalogue), ""))
        summed = _("{count} in all, {left} of them open").format(
            count=len(found), left=sum(pair.is_open for pair in found)
        )
        results((*shown, summed))
    if not found and kb.browser.reports():
        click.get_current_context().exit(FOUND_NOTHING)


@cli.command()
@click.argument("identifier", metavar="ID", shell_complete=completing.ids(completing.report_ids, completing.talk_ids))
@click.option("--like", is_flag=True, help="What other reports say that is like it.")
@click.option("--aligned", is_flag=True, help="A talk as its note takers have it, what they all noted side by side.")
@as_json
@with_knowledge_base
def show(kb: KnowledgeBase, identifier: str, *, like: bool, aligned: bool, as_json: bool) -> None:
    """Show a note, a talk with its tree, or a report, by id.

    \b
    Examples: kb show jaws-days-2018-1a2b
              kb show jaws-days-2018/04a3c1 --aligned
    """
    make_ready(kb)
    if aligned:
        _show_aligned(kb, kb.browser.note_takers(identifier), as_json=as_json)
        return
    notes = _notes(kb, identifier)
    if like:
        _show_similar(kb, notes, as_json=as_json)
        return
    if as_json:
        print_json(note_record(note, kb.collection.domain) for note in notes)
        return
    if "/" not in identifier:
        head = terminal.report_lines(kb.browser.entry(identifier))
    else:
        head = iter([terminal.event_line(note.event, note.held_on) for note in notes[:1]])
    results((*head, *terminal.tree_lines(notes, kb.collection.catalogue)))


def _notes(kb: KnowledgeBase, identifier: str) -> Sequence[Note]:
    """Return the notes of a report or a talk, or the one of this id. Raises UnknownIdError."""
    if "/" not in identifier:
        return kb.browser.report(identifier)[1]
    if kb.browser.is_talk(identifier):
        return [note for note_taker in kb.browser.note_takers(identifier) for note in note_taker.notes]
    return (kb.browser.note(identifier),)


@cli.command()
@click.argument(
    "identifiers",
    metavar="ID...",
    nargs=-1,
    required=True,
    shell_complete=completing.ids(completing.report_ids, completing.talk_ids),
)
@with_knowledge_base
def cite(kb: KnowledgeBase, identifiers: tuple[str, ...]) -> None:
    """Quote a note with its source, in Markdown; several notes, a talk or a report as a sheet of quotations.

    \b
    Examples: kb cite jaws-days-2018-8ddf/601c7339
              kb cite jaws-days-2018/04a3c1 > quotations.md
    """
    from kb.search.quotation import Quoting

    make_ready(kb)
    notes = list({note.id: note for identifier in identifiers for note in _notes(kb, identifier)}.values())
    posts = {entry.id: entry.url for entry in kb.browser.reports()}
    quoting = Quoting(texts, kb.collection.domain, lambda note: posts.get(note.report))
    lines(quoting.sheet(notes) if len(notes) > 1 else map(quoting.citation, notes))


def _show_aligned(kb: KnowledgeBase, note_takers: Sequence[NoteTaker], *, as_json: bool) -> None:
    rows = kb.browser.aligned(note_takers)
    if as_json:
        print_json(row_record(row, note_takers, kb.collection.domain) for row in rows)
        return
    head = (
        f"{number}  {note_taker.report.title}  {note_taker.report.source}"
        for number, note_taker in enumerate(note_takers, start=1)
    )
    results((*head, "", *(line for row in rows for line in terminal.row_lines(row))))


def _show_similar(kb: KnowledgeBase, notes: Sequence[Note], *, as_json: bool) -> None:
    alike = kb.browser.like(notes)
    if as_json:
        print_json(similar_record(one, kb.collection.domain) for one in alike)
    else:
        results(line for one in alike for line in terminal.similar_lines(one, kb.collection.catalogue))
    if not alike:
        say(f"kb: {texts.NOTHING_SIMILAR} ({texts.coverage(kb.keeper.coverage())})", err=True)
        click.get_current_context().exit(FOUND_NOTHING)


@cli.command()
@as_json
@with_knowledge_base
def services(kb: KnowledgeBase, *, as_json: bool) -> None:
    """List the services of the catalogue, with the number of notes on each.

    \b
    Example: kb services | sort -rn | head
    """
    counts = kb.browser.services()
    if as_json:
        print_json(service_record(count.service, count.notes) for count in counts)
        return
    results(terminal.service_line(count, kb.collection.catalogue) for count in counts)


def _search_records(
    answer: Answer, quoted: Sequence[Found], domain: Domain, *, explain: bool
) -> Iterator[dict[str, Any]]:
    for found, tier in hits(answer):
        yield hit_record(found, tier, domain, quoted=found in quoted, explain=explain)
    for one in answer.talks:
        yield {"type": "talk", **found_talk_record(one)}


def _counted(answer: Answer) -> dict[str, Any]:
    groups = {group: [value._asdict() for value in values] for group, values in answer.facets.items()}
    parts = {"words": answer.words, "conditions": answer.conditions, "meant": answer.meant}
    return {"total": answer.total, "facets": groups, **{name: part for name, part in parts.items() if part}}


def _narrowed(kb: KnowledgeBase, query: Query, names: Mapping[str, Iterable[str]]) -> Query:
    """Return a query that also wants values of facets, each by a name that means it. Raises BadParameter."""
    try:
        return kb.searcher.narrowed(query, names)
    except UnknownValueError as error:
        raise click.BadParameter(_no_value(kb, error), param_hint=f"--{error.facet}") from error


def _no_value(kb: KnowledgeBase, error: UnknownValueError) -> str:
    facet = BY_KEY[error.facet]
    noted = (one.value for one in kb.searcher.noted(facet))
    near = [one.value for one in kb.searcher.near(facet, error.name)]
    return terminal.no_value(error.facet, error.name, near, dict.fromkeys((*error.known, *noted)))
