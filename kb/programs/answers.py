"""What is answered to each question of another program: bounded, with sources, and plainly where nothing is noted."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, TypeAlias, get_args

from index.query import Query, StepName
from index.text import folded_name
from kb.knowledge_base import KnowledgeBase
from kb.programs.arguments import FILTERS, MOST_NOTES, Search, Services, Show
from kb.programs.cards import Cards, report_card, talk_card, window, within
from kb.report.model import Note
from kb.search.answers import Answer, ServiceCount
from kb.search.quotation import Quoting
from kb.search.searching import SORTS
from kb.texts import en
from kb.texts import programs as words

Record: TypeAlias = dict[str, Any]

_MOST_TALKS = 5  # that are found by their titles
_MOST_RELATED = 20  # notes that belong to one
_MOST_SERVICES = 100


def search(kb: KnowledgeBase, asked: Search, root: str | None) -> Record:
    """Return the notes that are found, best first, and what was done to find them. Raises UnknownValueError."""
    query = Query(
        text=asked.query,
        sort=SORTS[asked.sort],
        limit=asked.limit,
        explain=True,
        without=get_args(StepName) if asked.exact else (),
    )
    narrowed = kb.searcher.narrowed(query, {facet.key: getattr(asked, facet.key) for facet in FILTERS})
    answer = kb.searcher.search(replace(narrowed, offset=asked.offset))
    cards = Cards(kb, root)
    notes = list(within(cards.found(one, "found") for one in answer.found))
    near = list(within(cards.found(one, "near") for one in answer.near))
    talks = [{**talk_card(one.talk, one.event, one.held_on), "notes": one.notes} for one in answer.talks[:_MOST_TALKS]]
    return {
        **about(kb),
        **_nothing(kb, answer),
        "told": list(_told(answer)),
        **window(answer.total, asked.offset, notes),
        "answers": [one.note.id for one in kb.searcher.quoted(replace(narrowed, offset=asked.offset), answer)],
        "notes": notes,
        "near": near,
        "talks": talks,
    }


def show(kb: KnowledgeBase, asked: Show, root: str | None) -> Record:
    """Return a note, or the notes of a talk or a report from one on. Raises UnknownIdError."""
    cards = Cards(kb, root)
    if "/" not in asked.id:
        entry, notes = kb.browser.report(asked.id)
        return {**about(kb), "report": report_card(entry), **_listed(cards, notes, asked.offset)}
    if kb.browser.is_talk(asked.id):
        note_takers = kb.browser.note_takers(asked.id)
        first = note_takers[0]
        notes = [note for note_taker in note_takers for note in note_taker.notes]
        return {
            **about(kb),
            "talk": talk_card(first.talk, first.report.event, first.report.held_on),
            "reports": [report_card(note_taker.report) for note_taker in note_takers[:_MOST_RELATED]],
            **_listed(cards, notes, asked.offset),
        }
    return {**about(kb), **_note(kb, cards, kb.browser.note(asked.id))}


def services(kb: KnowledgeBase, asked: Services, _root: str | None) -> Record:
    """Return the services that notes are about, those with the most notes first."""
    wanted = folded_name(asked.name)
    counted = [one for one in kb.browser.services() if one.notes and wanted in _called(one)]
    counted.sort(key=lambda one: (-(one.notes or 0), one.service.slug))
    some = [
        {"slug": one.service.slug, "name": one.service.name, "notes": one.notes}
        for one in counted[asked.offset : asked.offset + _MOST_SERVICES]
    ]
    nothing = {} if counted else {"nothing": nothing_in(kb)}
    return {**about(kb), **nothing, **window(len(counted), asked.offset, some), "services": some}


def about(kb: KnowledgeBase) -> dict[str, str]:
    """Return what every answer says of itself."""
    samples = f" {words.SAMPLES}" if kb.collection.is_samples else ""
    return {"about": words.QUOTATIONS + samples}


def nothing_in(kb: KnowledgeBase) -> str:
    """Return that nothing is noted, of an empty library that it is empty."""
    return words.NOTHING if kb.browser.reports() else words.EMPTY


def _nothing(kb: KnowledgeBase, answer: Answer) -> dict[str, str]:
    """Return that no note says what was asked, and what is given instead; empty where some do."""
    if answer.total:
        return {}
    if answer.near:
        return {"nothing": words.NOTHING_BUT_NEAR}
    return {"nothing": words.NOTHING_BUT_TALKS if answer.talks else nothing_in(kb)}


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
    given = list(within(some))
    return {**window(len(notes), offset, given), "notes": given}


def _called(count: ServiceCount) -> str:
    service = count.service
    return "\n".join(map(folded_name, (service.slug, *service.names)))


def _told(answer: Answer) -> Iterator[str]:
    """Yield what was done with a query, and what in it names nothing."""
    for step in answer.steps:
        yield en.STEPS[step.name].format(text=step.text, instead=step.instead)
    for notice in answer.notices:
        yield en.NOTICES[notice.name].format(text=notice.text)
    for other in answer.meant:
        yield en.meant(other.meant, other.count)
    for key, value in answer.unknown:
        yield words.unknown_value(key, value, ())
