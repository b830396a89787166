"""The commands that find notes: search, pairs, show, services."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any, get_args

import click

from index.query import Query, StepName
from kb.cli import terminal
from kb.cli.group import FOUND_NOTHING, as_json, cli, with_knowledge_base
from kb.cli.output import lines, make_ready, print_json
from kb.knowledge_base import FACETS, KnowledgeBase
from kb.report.identity import slug
from kb.search.answers import KINDS, VIAS, Answer
from kb.search.records import note_record, pair_record, service_record
from kb.services import Catalogue, Domain


@cli.command()
@click.argument("words", nargs=-1)
@click.option("--service", multiple=True, help="Slug, name or alias: sqs, 'Amazon SQS', ラムダ. Repeatable.")
@click.option("--category", multiple=True, help="Slug or Japanese name of a category of services. Repeatable.")
@click.option("--kind", multiple=True, help=f"One of {', '.join(KINDS)}, or its Japanese name. Repeatable.")
@click.option("--event", multiple=True, help="Name or slug of an event. Repeatable.")
@click.option("--year", multiple=True, help="Year of the event. Repeatable.")
@click.option("--talk", multiple=True, help="Id of a talk. Repeatable.")
@click.option(
    "--via", multiple=True, type=click.Choice(list(VIAS)), help="explicit: the note itself names the service."
)
@click.option("--sort", type=click.Choice(["relevance", "new"]), default="relevance", show_default=True)
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="How many hits to show.")
@click.option("--exact", is_flag=True, help="Only notes with every word as typed: no mending, no loosening.")
@click.option(
    "--explain", is_flag=True, help="Also tell of each hit which word matched where, and how much it counted."
)
@click.option("--facets", is_flag=True, help="Also count the hits by service, category, kind, event, year and talk.")
@as_json
@with_knowledge_base
def search(kb: KnowledgeBase, words: tuple[str, ...], *, as_json: bool, facets: bool, **options: Any) -> None:  # noqa: ANN401 (click's options)
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
        sort=options["sort"],
        limit=options["limit"],
        facets=FACETS if facets else (),
        without=get_args(StepName) if options["exact"] else (),
        explain=options["explain"],
    )
    query = query.select("service", *(_service(kb.catalogue, name) for name in options["service"]))
    query = query.select("category", *(_one_of(kb.catalogue.categories, "category", n) for n in options["category"]))
    query = query.select("kind", *(_one_of(KINDS, "kind", name) for name in options["kind"]))
    query = query.select("event", *map(slug, options["event"]))
    for group in ("year", "talk", "via"):
        query = query.select(group, *options[group])
    answer = kb.search(query)
    if as_json:
        print_json(_search_records(answer, kb.domain, facets=facets))
    else:
        lines(terminal.answer_lines(answer, kb.domain))
        if facets:
            lines(terminal.facet_lines(answer))
    if not answer.total and kb.reports():
        click.get_current_context().exit(FOUND_NOTHING)


@cli.command()
@click.argument("words", nargs=-1)
@click.option("--service", multiple=True, help="Slug, name or alias of a service. Repeatable.")
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
    query = Query(text=" ".join(words)).select("service", *(_service(kb.catalogue, name) for name in service))
    found = [pair for pair in kb.pairs(query, "question" if questions else "problem") if pair.is_open or not only_open]
    if as_json:
        print_json(pair_record(pair, kb.domain) for pair in found)
    else:
        lines(line for pair in found for line in (*terminal.pair_lines(pair, kb.catalogue), ""))
        click.echo(f"{len(found)}件 (未解決 {sum(pair.is_open for pair in found)}件)")
    if not found and kb.reports():
        click.get_current_context().exit(FOUND_NOTHING)


@cli.command()
@click.argument("identifier", metavar="ID")
@as_json
@with_knowledge_base
def show(kb: KnowledgeBase, identifier: str, *, as_json: bool) -> None:
    """Show a note, a talk with its tree, or a report, by id.

    \b
    Example: kb show jaws-days-2018-1a2b
    """
    make_ready(kb)
    entry = next((entry for entry in kb.reports() if entry.id == identifier), None)
    if entry:
        notes = kb.report(identifier)[1]
    elif any(talk.id == identifier for known in kb.reports() for talk in known.talks):
        notes = kb.talk(identifier)
    else:
        notes = (kb.note(identifier),)
    if as_json:
        print_json(note_record(note, kb.domain) for note in notes)
        return
    if entry:
        lines(terminal.report_lines(entry))
    elif notes:
        click.echo(terminal.event_line(notes[0].event, notes[0].held_on))
    lines(terminal.tree_lines(notes, kb.catalogue))


@cli.command()
@as_json
@with_knowledge_base
def services(kb: KnowledgeBase, *, as_json: bool) -> None:
    """List the services of the catalogue, with the number of notes on each.

    \b
    Example: kb services | sort -rn | head
    """
    counts = kb.services()
    if as_json:
        print_json(service_record(count.service, count.notes) for count in counts)
        return
    for count in counts:
        notes = "-" if count.notes is None else count.notes
        past = kb.catalogue.history(count.service)
        click.echo(f"{notes:>5}  {count.service.slug:24}  {count.service.name}{f'  ({past})' if past else ''}")


def _search_records(answer: Answer, domain: Domain, *, facets: bool) -> Iterable[dict[str, Any]]:
    for found in answer.found:
        marks = [list(mark) for mark in found.marks]
        why = {"reasons": [asdict(reason) for reason in found.reasons]} if found.reasons else {}
        yield {**note_record(found.note, domain), "score": round(found.score, 4), "marks": marks, **why}
    if facets:
        groups = {group: [asdict(value) for value in values] for group, values in answer.facets.items()}
        yield {"total": answer.total, "facets": groups}


def _service(known: Catalogue, name: str) -> str:
    service = known.find(name)
    if service is None:
        raise click.BadParameter(f"no service is called {name!r}; `kb services` lists them", param_hint="--service")
    return service.slug


def _one_of(labels: Mapping[str, str], option: str, name: str) -> str:
    """Return the key of a name that is a key or its Japanese label."""
    keys = {**{key: key for key in labels}, **{label: key for key, label in labels.items()}}
    if name not in keys:
        raise click.BadParameter(f"{name!r} is none of {', '.join(labels)}", param_hint=f"--{option}")
    return keys[name]
