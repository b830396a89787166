"""The commands that find notes: search, pairs, services."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args

import click

from index.engine import FacetCount
from index.query import Query, StepName
from kb import wording
from kb.cli import output
from kb.cli.group import NOT_FOUND, Function, as_json, cli, values_of, with_knowledge_base
from kb.cli.syncing import ensure_index, warn_unindexed
from kb.knowledge_base import KnowledgeBase
from kb.search.browser import ServiceCount
from kb.search.facets import BY_KEY, Facet, by_place, by_strength, keys, options
from kb.search.records import (
    facet_record,
    found_event_record,
    found_talk_record,
    hit_records,
    pair_record,
    service_record,
)
from kb.search.results import FoundEvent, FoundNote, SearchResults, UnknownValueError
from kb.search.searcher import SORTS, unknown_values, without_a_word
from kb.services import Catalogue, Domain
from kb.translation import _

if TYPE_CHECKING:
    from kb.kinds.pairs import Pair

_MAX_COMPLETIONS = 3  # names that begin with a word that finds nothing
_MAX_TALKS = 5  # talks that are found by their titles, and events


def _facet_options(function: Function) -> Function:
    """Add the option of each facet that has one."""
    for facet in reversed(options()):
        option = click.option(f"--{facet.key}", multiple=True, help=facet.option_help, shell_complete=values_of(facet))
        function = option(function)
    return function


@cli.command()
@click.argument("words", nargs=-1)
@_facet_options
@click.option("--sort", type=click.Choice(list(SORTS)), default="relevance", show_default=True)
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="How many hits to show.")
@click.option("--exact", is_flag=True, help="Only notes with every word as typed: no corrections, no near notes.")
@click.option("--explain", is_flag=True, help="Also show for each hit where which word matched, and its points.")
@click.option(
    "--facets", is_flag=True, help=f"Also count the hits by {', '.join(keys('table')[:-1])} and {keys('table')[-1]}."
)
@as_json
@with_knowledge_base
def search(
    kb: KnowledgeBase,
    words: tuple[str, ...],
    *,
    sort: str,
    limit: int,
    exact: bool,
    explain: bool,
    facets: bool,
    as_json: bool,
    **filters: tuple[str, ...],
) -> None:
    """Search the notes for words; every word is required. With a filter no word is needed.

    Quotes hold a phrase. -word or NOT leaves a word out, OR finds either, AND is a space, and ( ) groups. service:sqs
    and service: sqs are notes of a service. A name in kana is found as it sounds: らむだの課金.

    \b
    Examples: kb search 冪等
              kb search --service SQS --service sns --facets
              kb search "DynamoDB 結果整合性" --year 2018 --json
              kb search '"結果整合" NOT S3 (監視 OR 通知) 年: 2018' --explain
    """
    ensure_index(kb)
    query = Query(
        text=" ".join(words),
        sort=SORTS[sort],
        limit=limit,
        facets=keys("table") if facets else (),
        without=get_args(StepName) if exact else (),
        explain=True,
    )
    narrowed = _narrowed(kb, query, filters)
    answer = kb.searcher.search(narrowed)
    quoted = kb.searcher.quoted(query, answer)
    if not as_json:  # a person searched
        kb.not_found.add(narrowed, answer)
    if as_json:
        output.print_json(_search_records(answer, quoted, kb.collection.domain, facets=facets, explain=explain))
    else:
        output.page_lines(_search_lines(kb, narrowed, answer, quoted, explain=explain))
    if not (answer.total or answer.talks or answer.events) and kb.browser.reports():
        click.get_current_context().exit(NOT_FOUND)


def _narrowed(kb: KnowledgeBase, query: Query, names: Mapping[str, Iterable[str]]) -> Query:
    """Return a query with filters by the names of facet values. Raises BadParameter for an unknown name."""
    try:
        return kb.searcher.narrowed(query, names)
    except UnknownValueError as error:
        facet = BY_KEY[error.facet]
        known = dict.fromkeys((*error.known, *(count.value for count in kb.searcher.noted(facet))))
        refused = output.no_value(facet, error.name, error.near, known)
        raise click.BadParameter(refused, param_hint=f"--{facet.key}") from error


def _search_records(
    answer: SearchResults, quoted: Sequence[FoundNote], domain: Domain, *, facets: bool, explain: bool
) -> Iterator[Mapping[str, Any]]:
    shown = (*answer.hits, *answer.near)
    ids = {found.id for found in shown}
    beyond = (found for found in quoted if found.id not in ids)  # of the limit
    yield from hit_records((*shown, *beyond), quoted, domain, explain=explain)
    for event in answer.events:
        yield {"type": "event", **found_event_record(event)}
    for talk in answer.talks:
        yield {"type": "talk", **found_talk_record(talk)}
    groups = {group: [facet_record(value) for value in values] for group, values in answer.facets.items()}
    parts = {"words": answer.words, "conditions": answer.conditions, "meant": answer.meant}
    yield {
        "type": "counts",
        "total": answer.total,
        "near_total": len(answer.near),
        "likely": answer.likely,
        "titled": len(answer.titled),
        **({"facets": groups} if facets else {}),
        **{name: part for name, part in parts.items() if part},
    }


def _search_lines(
    kb: KnowledgeBase, query: Query, answer: SearchResults, quoted: Sequence[FoundNote], *, explain: bool
) -> Iterator[str]:
    """Yield the relaxation steps of a search, its answers, hits and talks, the reasons for few hits, and the sums."""
    domain = kb.collection.domain
    notices = [
        *(wording.step(step) + _(" (--exact refuses it)") for step in answer.steps),
        *map(wording.notice, answer.notices),
        *(wording.meant(word.meant, word.count) for word in answer.meant),
    ]
    yield from (click.style(notice, fg="yellow") for notice in notices)
    yield from _event_lines(answer.events)
    yield from _answer_lines(answer, quoted, query.text, domain)
    sure, likely = by_strength(query, answer.hits, lambda hit: hit.note)
    yield from _hit_lines(sure, domain, explain=explain)
    if likely:
        kinds = wording.listed(_(text) for kind, text in wording.LIKELY.items() if kind in query.selected("kind"))
        yield click.style(f"── {kinds} ──", fg="yellow")
        yield from _hit_lines(likely, domain, explain=explain)
    if answer.near:
        heading = _("Notes near in meaning")
        heading = heading if answer.total else " ".join((_("No note has these words."), heading))
        yield click.style(f"── {heading} ──", fg="yellow")
        yield from _hit_lines(answer.near, domain, explain=explain)
    label = _("Talk")
    for found in answer.talks[:_MAX_TALKS]:
        event = output.event_line(found)
        yield f"{label}: {output.talk_line(found.talk)}  {event}  {wording.note_count(found.notes)}"
        yield click.style(f"    {found.talk.id}", dim=True)
    if len(answer.titled) > _MAX_TALKS:
        yield f"{label}: {wording.left_out(len(answer.titled) - _MAX_TALKS)}"
    yield from _few_hits_lines(kb, query, answer)
    shown = len(answer.hits)
    more = _(" (the first {shown} are shown; --limit shows more)", shown=shown) if shown < answer.total else ""
    is_asked = query.text or query.selections
    numbers = (answer.total, len(answer.near), len(answer.titled), answer.likely)
    yield (wording.found(*numbers) if is_asked else wording.note_count(answer.total, answer.likely)) + more
    for key, values in answer.facets.items():
        yield click.style(_(BY_KEY[key].label), bold=True)
        yield from (_facet_line(BY_KEY[key], value) for value in values)


def _event_lines(events: Sequence[FoundEvent]) -> Iterator[str]:
    """Yield the events that a search names, with the value that `--event` takes."""
    for event in events[:_MAX_TALKS]:
        yield f"{_('Event')}: {output.event_line(event)}  {wording.note_count(event.notes)}"
        yield click.style(f"    {event.slug}", dim=True)
    if len(events) > _MAX_TALKS:
        yield f"{_('Event')}: {wording.left_out(len(events) - _MAX_TALKS)}"


def _answer_lines(answer: SearchResults, quoted: Sequence[FoundNote], text: str, domain: Domain) -> Iterator[str]:
    """Yield the notes that surely answer a search with their sources, or that no note answers a question."""
    from kb.search.quotes import is_question

    if not quoted:
        if answer.near and is_question(text):
            yield click.style(_("No note was found that surely answers this."), fg="yellow")
        return
    yield click.style(_("Answers"), bold=True)
    for found in quoted:
        note = found.note
        speakers = wording.listed(note.talk.speakers) if note.talk else ""
        yield f"  「{output.passage(note.text, found.marks)}」"
        yield f"    {output.place_line(note)} {speakers}".rstrip()
        yield from _change_lines(found, domain)
    yield ""


def _hit_lines(found: Iterable[FoundNote], domain: Domain, *, explain: bool) -> Iterator[str]:
    """Yield hits grouped by their talks, each with its trail, tags, changes, reasons and id."""
    for group in by_place(found, lambda one: one.note).values():
        yield output.place_line(group[0].note)
        for hit in group:
            note = hit.note
            if note.trail:
                yield click.style("  " + " > ".join(crumb.text for crumb in note.trail), dim=True)
            yield f"  • {output.passage(note.text, hit.marks)}"
            services = (
                domain.catalogue.name(m.service) + (f" ← {wording.why(m.why)}" if m.via == "inherited" else "")
                for m in note.services
            )
            yield click.style(f"    {' · '.join((wording.kind(note), *services))}", fg="cyan")
            yield from _change_lines(hit, domain)
            if explain:
                if hit.relevance:
                    yield click.style(f"    {wording.useful(hit.relevance.useful)}", dim=True)
                yield from (click.style(f"    {wording.reason(reason)}", dim=True) for reason in hit.shown_reasons)
            yield click.style(f"    {note.id}  {note.source}:{note.line}", dim=True)
        yield ""


def _change_lines(found: FoundNote, domain: Domain) -> Iterator[str]:
    """Yield what has changed since a note was taken."""
    for change in filter(None, map(domain.change, found.overtaken)):
        yield click.style(f"    {wording.changed_since(output.change_line(change))}", fg="yellow")


def _few_hits_lines(kb: KnowledgeBase, query: Query, answer: SearchResults) -> Iterator[str]:
    """Yield the number of hits of each word and condition; without hits, also changed queries that have some."""
    searcher = kb.searcher
    counts = [*(word.count for word in answer.words), *(condition.count for condition in answer.conditions)]
    if not answer.total or (len(counts) > 1 and any(counts)):
        none = _("None of these notes has “{word}”") if query.selections else _("No note has “{word}”")
        for word in answer.words:
            yield wording.alone(word.word, word.count) if word.count else none.format(word=word.word)
        yield from (wording.without(condition.condition, condition.count) for condition in answer.conditions)
    if answer.total:
        return

    def name(key: str, value: str) -> str:
        return _value_name(BY_KEY[key], value, searcher.labels(key, None).get(value, value))

    for missing in unknown_values(answer, searcher):
        facet = output.facet_name(BY_KEY[missing.facet])
        none = _("No note has the {facet} “{name}”", facet=facet, name=name(missing.facet, missing.value))
        yield none + output.do_you_mean(near.label for near in missing.near)
    if len(query.text.split()) == 1 and not query.selections:
        yield from (wording.meant(one.label, one.notes) for one in searcher.suggest(query.text)[:_MAX_COMPLETIONS])
    values = ((name(*pair), count) for pair, count in answer.without.items())
    groups = ((f"--{key}", n) for key, n in answer.without_group.items() if len(query.selected(key)) > 1)
    words = ((word, count) for word, _query, count in without_a_word(query, searcher))
    yield from (wording.without(text, count) for text, count in (*values, *groups, *words) if count)


def _facet_line(facet: Facet, value: FacetCount) -> str:
    label = _value_name(facet, value.value, value.label)
    likely = f"  {wording.strengths(value.count, value.likely)}" if value.likely else ""
    return f"  {'*' if value.selected else ' '} {value.count:5d}  {label}  ({value.value}){likely}"


def _value_name(facet: Facet, value: str, label: str) -> str:
    """Return the name of a facet value in the current language; its label if it has none."""
    if facet.key == "category":
        return wording.category(value, label)
    return _(facet.value_labels[value]) if value in facet.value_labels else label


@cli.command()
@click.argument("words", nargs=-1)
@click.option(
    "--service",
    multiple=True,
    help="Slug, name or alias of a service. Repeatable.",
    shell_complete=values_of(BY_KEY["service"]),
)
@click.option("--questions", is_flag=True, help="Questions and their answers instead of problems and their remedies.")
@click.option("--open", "only_open", is_flag=True, help="Only those without a noted reply.")
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
    """List problems with remedies, or questions with answers; words narrow them down.

    \b
    Examples: kb pairs --service lambda
              kb pairs --open
    """
    ensure_index(kb)
    query = _narrowed(kb, Query(text=" ".join(words)), {"service": service})
    found = kb.searcher.pairs(query, "question" if questions else "problem")
    found = tuple(pair for pair in found if pair.is_open or not only_open)
    if as_json:
        output.print_json(pair_record(pair, kb.collection.domain) for pair in found)
    else:
        open_label = _(wording.STATES["unanswered" if questions else "unsolved"])
        lines = (line for pair in found for line in (*_pair_lines(pair, kb.collection.catalogue, open_label), ""))
        left = sum(pair.is_open for pair in found)
        output.page_lines((*lines, _("{count} in all, {left} of them open", count=len(found), left=left)))
    if not found and kb.browser.reports():
        click.get_current_context().exit(NOT_FOUND)


def _pair_lines(pair: "Pair", catalogue: Catalogue, open_label: str) -> Iterator[str]:
    """Yield a problem with its remedies or a question with its answers, `open_label` in place of missing ones."""
    from kb.kinds import without_arrow

    note = pair.note
    yield output.place_line(note)
    about = ", ".join(catalogue.name(mention.service) for mention in note.services)
    yield f"  • {note.text}" + (click.style(f"  [{about}]", fg="cyan") if about else "")
    for reply in pair.replies:
        yield f"    → {without_arrow(reply.text)}"
    if pair.is_open:
        yield click.style(f"    → {open_label}", fg="red")
    yield click.style(f"    {note.id}", dim=True)


@cli.command()
@as_json
@with_knowledge_base
def services(kb: KnowledgeBase, *, as_json: bool) -> None:
    """List the services with the number of notes on each.

    \b
    Example: kb services | sort -rn | head
    """
    warn_unindexed(kb)
    counts = kb.browser.services()
    if as_json:
        output.print_json(service_record(count.service, count.notes) for count in counts)
    else:
        output.page_lines(_service_line(count, kb.collection.catalogue) for count in counts)


def _service_line(count: ServiceCount, catalogue: Catalogue) -> str:
    """Return the number of notes on a service, its slug, its name and its history."""
    notes, service = "-" if count.notes is None else count.notes, count.service
    history = wording.history(service, catalogue.name)
    return f"{notes:>5}  {service.slug:24}  {service.name}{f'  ({history})' if history else ''}"
