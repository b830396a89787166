"""The commands that find notes: search, pairs, services."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

import click

from index.query import Query, StepName
from kb import wording
from kb.cli import terminal
from kb.cli.group import cli
from kb.cli.options import FOUND_NOTHING, Command, as_json, values_of, with_knowledge_base
from kb.cli.output import make_ready, print_json, results
from kb.knowledge_base import KnowledgeBase
from kb.search.browser import ServiceCount
from kb.search.facets import BY_KEY, keys, options
from kb.search.records import facet_record, found_talk_record, hit_record, hits, pair_record, service_record
from kb.search.results import FoundNote, SearchResults, UnknownValueError
from kb.search.searcher import SORTS
from kb.services import Catalogue, Domain
from kb.translation import _

if TYPE_CHECKING:
    from kb.kinds.pairs import Pair


def _facet_options(command: Command) -> Command:
    """Add the option of each facet that has one."""
    for facet in reversed(options()):
        option = click.option(f"--{facet.key}", multiple=True, help=facet.option_help, shell_complete=values_of(facet))
        command = option(command)
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
        shown = terminal.answer_lines(kb, asked, answer, quoted, explain=given["explain"])
        results((*shown, *(_facet_lines(answer) if facets else ())))
    if not answer.total and not answer.talks and kb.browser.reports():
        click.get_current_context().exit(FOUND_NOTHING)


def _facet_lines(answer: SearchResults) -> Iterator[str]:
    """Yield the facet groups of a search with their counts."""
    for group, values in answer.facets.items():
        yield click.style(_(BY_KEY[group].label), bold=True)
        for value in values:
            label = terminal.value_name(BY_KEY[group], value.value, value.label)
            yield f"  {'*' if value.selected else ' '} {value.count:5d}  {label}  ({value.value})"


@cli.command()
@click.argument("words", nargs=-1)
@click.option(
    "--service",
    multiple=True,
    help="Slug, name or alias of a service. Repeatable.",
    shell_complete=values_of(BY_KEY["service"]),
)
@click.option("--questions", is_flag=True, help="Questions and their answers instead of problems and their remedies.")
@click.option("--open", "only_open", is_flag=True, help="Only those that nothing replies to (未解決, 未回答).")
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
        opened = _(wording.STATES["unanswered" if questions else "unsolved"])
        shown = (line for pair in found for line in (*_pair_lines(pair, kb.collection.catalogue, opened), ""))
        summed = _("{count} in all, {left} of them open").format(
            count=len(found), left=sum(pair.is_open for pair in found)
        )
        results((*shown, summed))
    if not found and kb.browser.reports():
        click.get_current_context().exit(FOUND_NOTHING)


def _pair_lines(pair: "Pair", catalogue: Catalogue, opened: str) -> Iterator[str]:
    """Yield a problem with its remedies, or a question with its answers; `opened` where there are none."""
    from kb.kinds import without_arrow

    note = pair.note
    yield terminal.place_line(note)
    about = ", ".join(catalogue.name(mention.service) for mention in note.services)
    yield f"  • {note.text}" + (click.style(f"  [{about}]", fg="cyan") if about else "")
    for reply in pair.replies:
        yield f"    → {without_arrow(reply.text)}"
    if pair.is_open:
        yield click.style(f"    → {opened}", fg="red")
    yield click.style(f"    {note.id}", dim=True)


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
    results(_service_line(count, kb.collection.catalogue) for count in counts)


def _service_line(count: ServiceCount, catalogue: Catalogue) -> str:
    """Return how many notes are on a service, its slug, its name and what became of it."""
    notes, service = "-" if count.notes is None else count.notes, count.service
    past = wording.history(service, catalogue.name)
    return f"{notes:>5}  {service.slug:24}  {service.name}{f'  ({past})' if past else ''}"


def _search_records(
    answer: SearchResults, quoted: Sequence[FoundNote], domain: Domain, *, explain: bool
) -> Iterator[dict[str, Any]]:
    for found, tier in hits(answer):
        yield hit_record(found, tier, domain, quoted=found in quoted, explain=explain)
    for one in answer.talks:
        yield {"type": "talk", **found_talk_record(one)}


def _counted(answer: SearchResults) -> dict[str, Any]:
    groups = {group: [facet_record(value) for value in values] for group, values in answer.facets.items()}
    parts = {"words": answer.words, "conditions": answer.conditions, "meant": answer.meant}
    return {"total": answer.total, "facets": groups, **{name: part for name, part in parts.items() if part}}


def _narrowed(kb: KnowledgeBase, query: Query, names: Mapping[str, Iterable[str]]) -> Query:
    """Return a query that also wants values of facets, each by a name that means it. Raises BadParameter."""
    try:
        return kb.searcher.narrowed(query, names)
    except UnknownValueError as error:
        known = dict.fromkeys((*error.known, *(one.value for one in kb.searcher.noted(BY_KEY[error.facet]))))
        refused = terminal.no_value(error.facet, error.name, error.near, known)
        raise click.BadParameter(refused, param_hint=f"--{error.facet}") from error
