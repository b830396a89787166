"""The results of a search: hits in their trees by talk, notices about the query, and searches to try next."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from index.engine import Reason
from index.query import Query
from kb.report.model import Note, Talk
from kb.search.facets import place
from kb.search.quotes import is_question
from kb.search.results import FoundNote, Relevance, SearchResults
from kb.search.search_box import WORD, Suggestion
from kb.search.searcher import Searcher, without_a_word
from kb.services import Change, Domain
from kb.translation import _, marked, ngettext, pgettext, translate
from kb.wording import alone, listed, meant, without
from webui import wording
from webui.http.address import Unread, address_of, at_page, page_address
from webui.view.facets import Chip
from webui.view.report import Branch, below, notes_in, tree

_STEPS = {
    "keyboard": marked("“{text}” was searched as “{instead}”, as if typed in another input mode."),
    "sound": marked("“{text}” was searched as any word that is read “{instead}”."),
    "spelling": marked("“{text}” was corrected and searched as “{instead}”."),
    "function": marked("Searched without “{text}”."),
    "parts": marked("Notes with a part of “{text}” are shown too."),
    "related": marked("Words similar in meaning to “{text}” were searched too."),
}
_NOTICES = {
    "cut": marked("Too long: nothing after 512 characters was used."),
    "too many words": marked("Too many words: the 33rd and later words were not used."),
    "too deep": marked("Brackets too deep: the 9th and deeper levels were ignored."),
    "unclosed": marked("“{text}” is unmatched and was ignored."),
    "as words": marked("“{text}” is no condition and was searched as words."),
    "literally": marked("“{text}” was searched literally."),
    "no likeness": marked("Could not search by meaning, so only words were searched ({text})."),
}
_MAX_OFFERS = 3  # suggestions for a single word without results
# A word that is likely a name. Other words may be in a heading (JAWS-UG金沢), a kind (助言) or a part of a verb (走ら).
_NAME = re.compile(r"[A-Za-z][\w.+-]+|[ァ-ヶー]{3,}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ShownNote:
    """A note with its marks, the reasons of its score, and its related notes, except other results.

    `below` is the tree under it. `problem` and `question` are the notes that it remedies or answers, unless they are in
    its trail.
    """

    note: Note
    marks: tuple[tuple[int, int], ...]
    reasons: tuple[Reason, ...]
    relevance: Relevance | None
    changes: tuple[Change, ...]
    below: tuple[Branch, ...]
    problem: Note | None
    remedies: tuple[Note, ...]
    question: Note | None
    answers: tuple[Note, ...]

    @property
    def notes_below(self) -> int:
        """The number of notes below it."""
        return notes_in(self.below)


@dataclass(frozen=True, slots=True)
class TalkHits:
    """The hits in one talk, or in a report outside of its talks, as trees; `shown` has them by id.

    `more` is the number of hits in this talk on other pages, `more_url` the search for all of them.
    """

    talk: Talk | None
    note: Note
    branches: tuple[Branch, ...]
    shown: Mapping[str, ShownNote]
    more: int
    more_url: str

    @property
    def reasons(self) -> list[Reason]:
        """The reasons of its notes, the first note's first."""
        return [reason for shown in self.shown.values() for reason in shown.reasons]


def by_talk(domain: Domain, query: Query, answer: SearchResults, found: Sequence[FoundNote]) -> Iterator[TalkHits]:
    """Yield some of the notes of an answer grouped by talk, in the order of the best note of each."""
    on_page = Counter(place(hit.note) for hit in answer.hits)
    groups: dict[str, list[FoundNote]] = {}
    for hit in found:
        groups.setdefault(place(hit.note), []).append(hit)
    for key, hits in groups.items():
        first = hits[0].note
        context = answer.context_notes[key]
        hit_ids = {hit.note.id for hit in hits}
        others = [note for note in context if note.id not in hit_ids]
        yield TalkHits(
            talk=first.talk,
            note=first,
            branches=tree([note for note in context if note.id in hit_ids]),
            shown={hit.note.id: with_related(domain, hit.note, others, hit) for hit in hits},
            more=answer.found_in[key] - on_page[key] if first.talk and hits[0].tier == "found" else 0,
            more_url=address_of(query.select("talk", key)),
        )


def with_related(domain: Domain, note: Note, context: Sequence[Note], found: FoundNote | None = None) -> ShownNote:
    """Return a note with the related notes of its context; `found` has its marks and reasons."""
    others = [other for other in context if other.id != note.id]
    above = {crumb.note for crumb in note.trail}
    not_above = {other.id: other for other in others if other.id not in above}
    return ShownNote(
        note=note,
        marks=found.marks if found else (),
        reasons=found.shown_reasons if found else (),
        relevance=found.relevance if found else None,
        changes=domain.changes_for(note),
        below=below(note, others),
        problem=not_above.get(note.remedy_of or ""),
        remedies=tuple(other for other in others if other.remedy_of == note.id),
        question=not_above.get(note.answers or ""),
        answers=tuple(other for other in others if other.answers == note.id),
    )


@dataclass(frozen=True, slots=True)
class Way:
    """The label and address of another search."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class PageNotice:
    """A sentence about the search, possibly empty, with links to other searches."""

    text: str
    ways: tuple[Way, ...] = ()


def notices(
    query: Query, answer: SearchResults, quoted: tuple[FoundNote, ...], unread: tuple[Unread, ...]
) -> Iterator[PageNotice]:
    """Yield the notices on how the query was understood."""
    missing = [one.word for one in answer.words if not one.count and _NAME.fullmatch(one.word)]
    if answer.near and not answer.total and missing and not answer.steps:
        yield PageNotice(_("No note has these words: {words}", words=listed(missing)))
    elif answer.near and not quoted and is_question(query.text):
        yield PageNotice(_("No note was found that surely answers this."))
    if unread:
        yield PageNotice(wording.unread(unread))
    for notice in answer.notices:
        yield PageNotice(_(_NOTICES[notice.name], text=translate(notice.text)))
    for step in answer.steps:
        without_step = replace(query, without=(*query.without, step.name), offset=0)
        undo = Way(pgettext("a step of a search", "Undo"), address_of(without_step))
        yield PageNotice(_(_STEPS[step.name], text=step.text, instead=step.instead), (undo,))
    if query.without:
        restore = Way(_("Restore"), address_of(replace(query, without=(), offset=0)))
        yield PageNotice(_("Some steps to find more were undone."), (restore,))
    ways = (*_corrections(query, answer), *(_parts(query, answer) if answer.total else ()))
    if ways:
        yield PageNotice("", ways)


def ways_out(query: Query, answer: SearchResults, chips: tuple[Chip, ...], searcher: Searcher) -> tuple[Way, ...]:
    """Return searches that find notes, if the query finds none.

    In this order: corrections and suggestions, the query without one condition or word, without all values of a group,
    and each word alone.
    """
    if answer.total:
        return ()
    is_one_word = query.text and not query.selections and not query.text.split()[1:]
    suggested = islice(offers(searcher, query), _MAX_OFFERS) if is_one_word else ()
    ways = [
        *_corrections(query, answer),
        *(Way(meant(one.label, one.notes), url) for one, url in suggested),
        *(Way(without(chip.label, chip.without), chip.url) for chip in chips if chip.without),
        *(Way(without(word, n), address_of(rest)) for word, rest, n in without_a_word(query, searcher)),
        *(Way(_without_facet(key, n), address_of(query.select(key))) for key, n in answer.without_group.items() if n),
        *_parts(query, answer),
    ]
    return tuple({way.url: way for way in reversed(ways)}.values())[::-1]


def _without_facet(key: str, count: int) -> str:
    return ngettext(
        "Without the filter “{facet}”: {count:,} note",
        "Without the filter “{facet}”: {count:,} notes",
        count,
        facet=wording.facet_label(key),
    )


def _parts(query: Query, answer: SearchResults) -> Iterator[Way]:
    """Yield each word alone and the query without each condition in its text, as far as they find notes."""
    words, conditions = answer.words, answer.conditions
    if len(words) + len(conditions) > 1:
        ways = [(alone(one.word, one.count), one.word, one.count) for one in words]
        ways += [(without(one.condition, one.count), one.rest, one.count) for one in conditions]
        yield from (Way(label, address_of(replace(query, text=text, offset=0))) for label, text, n in ways if n)


def _corrections(query: Query, answer: SearchResults) -> Iterator[Way]:
    """Yield the query with each correction of a word."""
    for one in answer.meant:
        whole_word = rf"(?<![A-Za-z0-9]){re.escape(one.word)}(?![A-Za-z0-9])"
        corrected = replace(query, text=one.meant.join(re.split(whole_word, query.text)), offset=0)
        yield Way(meant(one.meant, one.count), address_of(corrected))


def offers(searcher: Searcher, query: Query) -> Iterator[tuple[Suggestion, str]]:
    """Yield completions of the last word of a query, each with its address.

    A talk leads to its page. A word or speaker replaces the typed word; any other value is selected instead of it.
    """
    *words, prefix = query.text.split() or [""]
    rest = replace(at_page(query, 1), text=" ".join(words))
    for suggestion in searcher.suggest(prefix):
        group, value = suggestion.group, suggestion.value
        if group == "talk":
            url = page_address("talk", value)
        elif group in (WORD, "speaker"):
            word = value if group == WORD else f'speaker:"{value}"'
            url = address_of(replace(rest, text=" ".join((*words, word))))
        else:
            url = address_of(rest.select(group, *sorted({*rest.selected(group), value})))
        yield suggestion, url
