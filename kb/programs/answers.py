"""What each tool answers another program: bounded, with sources, and plainly where nothing is noted."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, TypeAlias, get_args

from index.query import Query, StepName
from index.text import folded_name
from kb.knowledge_base import KnowledgeBase
from kb.programs.arguments import FILTERS, MOST_NOTES, Guide, Search, Services, Show
from kb.programs.cards import Cards, clipped, report_card, talk_card, window, within
from kb.report.model import Note
from kb.search.answers import Answer, UnknownValueError
from kb.search.guiding import GuideEntry
from kb.search.quotation import Quoting
from kb.search.records import change_record
from kb.search.searching import SORTS, unknown
from kb.texts import en
from kb.texts import programs as words

Record: TypeAlias = dict[str, Any]

_MOST_TALKS = 5  # that are found by their titles
_MOST_RELATED = 20  # notes that belong to one
_MOST_SERVICES = 100
_MOST_ENTRIES = 10  # of a part of a guide
_MOST_ALIKE = 5  # notes that say the same, and remedies of a problem
_A_PART = 8_000  # bytes of a part of a guide


def search(kb: KnowledgeBase, arguments: Search, root: str | None) -> Record:
    """Return the notes that are found, best first, and what was done to find them.

    Raises UnknownValueError where a filter of known values has none that is called so.
    """
    query = Query(
        text=arguments.query,
        sort=SORTS[arguments.sort],
        limit=arguments.limit,
        explain=True,
        without=get_args(StepName) if arguments.exact else (),
    )
    narrowed = kb.searcher.narrowed(query, {facet.key: getattr(arguments, facet.key) for facet in FILTERS})
    query = replace(narrowed, offset=arguments.offset)  # a query that is narrowed begins at its first hit again
    answer = kb.searcher.search(query)
    cards = Cards(kb, root)
    notes = list(within(cards.found(one, "found") for one in answer.found))
    near = list(within(cards.found(one, "near") for one in answer.near))
    talks = [{**talk_card(one.talk, one.event, one.held_on), "notes": one.notes} for one in answer.talks[:_MOST_TALKS]]
    return {
        **_about(kb),
        **_nothing(kb, answer),
        "told": list(_notices(kb, answer)),
        **window(answer.total, arguments.offset, notes),
        "answers": [one.note.id for one in kb.searcher.quoted(query, answer)],
        "notes": notes,
        "near": near,
        "talks": talks,
    }


def show(kb: KnowledgeBase, arguments: Show, root: str | None) -> Record:
    """Return a note, or the notes of a talk or a report from one on. Raises UnknownIdError where nothing has the id."""
    cards = Cards(kb, root)
    if "/" not in arguments.id:
        entry, notes = kb.browser.report(arguments.id)
        return {**_about(kb), "report": report_card(entry), **_listed(cards, notes, arguments.offset)}
    if kb.browser.is_talk(arguments.id):
        note_takers = kb.browser.note_takers(arguments.id)
        first = note_takers[0]
        notes = [note for note_taker in note_takers for note in note_taker.notes]
        return {
            **_about(kb),
            "talk": talk_card(first.talk, first.report.event, first.report.held_on),
            "reports": [report_card(note_taker.report) for note_taker in note_takers[:_MOST_RELATED]],
            **_listed(cards, notes, arguments.offset),
        }
    return {**_about(kb), **_note(kb, cards, kb.browser.note(arguments.id))}


def services(kb: KnowledgeBase, arguments: Services, _root: str | None) -> Record:
    """Return the services that notes are about, those with the most notes first."""
    wanted = folded_name(arguments.name)
    counted = [
        one
        for one in kb.browser.services()
        if one.notes and any(wanted in folded_name(name) for name in (one.service.slug, *one.service.names))
    ]
    counted.sort(key=lambda one: (-(one.notes or 0), one.service.slug))
    some = [
        {"slug": one.service.slug, "name": one.service.name, "notes": one.notes}
        for one in counted[arguments.offset : arguments.offset + _MOST_SERVICES]
    ]
    nothing = {} if counted else {"nothing": _nothing_in(kb)}
    return {**_about(kb), **nothing, **window(len(counted), arguments.offset, some), "services": some}


def guide(kb: KnowledgeBase, arguments: Guide, root: str | None) -> Record:
    """Return what the notes on a service say together. Raises UnknownValueError where none is called so."""
    catalogue = kb.collection.catalogue
    service = catalogue.find(arguments.service)
    if service is None:
        known, near = (
            tuple(one.slug for one in some) for some in (catalogue.services, catalogue.near(arguments.service))
        )
        raise UnknownValueError("service", arguments.service, known, near)
    made, cards = kb.guide(service), Cards(kb, root)
    parts: Record = {
        name: list(within((_entry(cards, entry) for entry in part[:_MOST_ENTRIES]), _A_PART))
        for name, part in made.parts.items()
    }
    return {
        **_about(kb),
        **({} if made.notes else {"nothing": _nothing_in(kb)}),
        "service": {"slug": service.slug, "name": service.name, "notes": made.notes, "compared": made.compared},
        **parts,
        "totals": {name: len(part) for name, part in made.parts.items()},
        "changes": list(within(map(change_record, made.changes), _A_PART)),
    }


def _about(kb: KnowledgeBase) -> dict[str, str]:
    """Return what every answer says of itself."""
    samples = f" {words.SAMPLES}" if kb.collection.is_samples else ""
    return {"about": words.QUOTATIONS + samples}


def _nothing_in(kb: KnowledgeBase) -> str:
    """Return that nothing is noted, of an empty library that it is empty."""
    return words.NOTHING if kb.browser.reports() else words.EMPTY


def _nothing(kb: KnowledgeBase, answer: Answer) -> dict[str, str]:
    """Return that no note says what was asked, and what is given instead; empty where some do."""
    if answer.total:
        return {}
    if answer.near:
        return {"nothing": words.NOTHING_BUT_NEAR}
    return {"nothing": words.NOTHING_BUT_TALKS if answer.talks else _nothing_in(kb)}


def _note(kb: KnowledgeBase, cards: Cards, note: Note) -> Record:
    around = kb.browser.surroundings(note)
    below = [other for other in around.related if any(crumb.note == note.id for crumb in other.trail)]
    related = {
        "under_it": below,
        "remedies": [other for other in around.related if other.remedy_of == note.id],
        "answers": [other for other in around.related if other.answers == note.id],
        "remedy_of": [other for other in around.related if other.id == note.remedy_of],
        "answer_to": [other for other in around.related if other.id == note.answers],
        "before": [around.before] if around.before else [],
        "after": [around.after] if around.after else [],
    }
    belonging = {name: list(within(map(cards.card, notes[:_MOST_RELATED]))) for name, notes in related.items()}
    quotation = Quoting(en, kb.collection.domain, cards.address).citation(note)
    return {"report": report_card(around.report), "note": cards.whole(note), "quotation": quotation, **belonging}


def _listed(cards: Cards, notes: Sequence[Note], offset: int) -> Record:
    some = ({**cards.card(note), "depth": note.depth} for note in islice(notes, offset, offset + MOST_NOTES))
    shown = list(within(some))
    return {**window(len(notes), offset, shown), "notes": shown}


def _notices(kb: KnowledgeBase, answer: Answer) -> Iterator[str]:
    """Yield what was done with a query, and what in it names nothing."""
    for step in answer.steps:
        yield en.STEPS[step.name].format(text=step.text, instead=step.instead)
    for notice in answer.notices:
        yield en.NOTICES[notice.name].format(text=en.in_words(notice.text))
    for other in answer.meant:
        yield en.meant(other.meant, other.count)
    for one in unknown(answer, kb.searcher):
        near = tuple(close.value for close in one.near)
        yield (
            words.no_note(one.facet, one.value) if one.is_known else words.unknown_value(one.facet, one.value, (), near)
        )


def _entry(cards: Cards, entry: GuideEntry) -> dict[str, Any]:
    """Return the notes that say the same, the best told first, where that stands, and what follows from it."""
    others = [note for note in entry.notes if note.id != entry.note.id]
    return {
        "talks_saying_so": entry.talks,
        "since": entry.since,
        "until": entry.until,
        "speakers": [clipped(name, 100) for name in entry.speakers[:_MOST_ALIKE]],
        "changed_since": [change_record(change) for change in entry.changes],
        "notes": [cards.brief(note) for note in [entry.note, *others][:_MOST_ALIKE]],
        "trail": cards.trail(entry.note),
        "remedies": [cards.brief(note) for note in entry.remedies[:_MOST_ALIKE]],
        "leads_to": [cards.brief(note) for note in entry.leads_to[:_MOST_ALIKE]],
    }
