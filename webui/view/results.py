"""What a page of results shows: hits in their trees by talk, notices on the query, and the searches that lead on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from index.engine import Reason
from index.query import Query
from kb.report.model import Note, Talk
from kb.search.facets import by_place
from kb.search.quotes import is_question
from kb.search.results import FoundNote, SearchResults
from kb.search.search_box import WORD, Suggestion
from kb.search.searcher import Searcher, without_a_word
from kb.services import Change, Domain
from kb.translation import _, marked, ngettext, pgettext, translate
from kb.wording import alone, meant, without
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
_MOST_OFFERS = 3  # of what a single word may be a reading or the beginning of


@dataclass(frozen=True, slots=True)
class ShownNote:
    """A found note with its marks, the reasons of its score, and what belongs to it, as far as it is not found itself.

    `below` is the tree under it; `problem` and `question` are the notes it remedies and answers, where it does not
    stand under them.
    """

    note: Note
    marks: tuple[tuple[int, int], ...]
    reasons: tuple[Reason, ...]
    changes: tuple[Change, ...]
    below: tuple[Branch, ...]
    problem: Note | None
    remedies: tuple[Note, ...]
    question: Note | None
    answers: tuple[Note, ...]

    @property
    def notes_below(self) -> int:
        """How many notes stand under it, those that are found themselves left out."""
        return notes_in(self.below)


@dataclass(frozen=True, slots=True)
class TalkHits:
    """The found notes of one talk (or of a report outside its talks) in their tree, and `shown` by their ids.

    `more` counts those on other pages of the result, which `more_url` shows.
    """

    talk: Talk | None
    note: Note
    branches: tuple[Branch, ...]
    shown: Mapping[str, ShownNote]
    more: int
    more_url: str


def by_talk(domain: Domain, query: Query, answer: SearchResults, some: Sequence[FoundNote]) -> Iterator[TalkHits]:
    """Yield some notes of an answer grouped by talk, that of the best one first; it holds the notes around them."""
    for value, hits in by_place(some, lambda found: found.note).items():
        first = hits[0].note
        context = answer.context_notes[value]
        hit_ids = {hit.note.id for hit in hits}
        others = [note for note in context if note.id not in hit_ids]
        shown = {hit.note.id: with_related(domain, hit.note, others, hit) for hit in hits}
        branches = tree(note for note in context if note.id in hit_ids)
        more = answer.found_in[value] - len(hits) if first.talk and some is answer.hits else 0
        url = address_of(query.select("talk", value))
        yield TalkHits(first.talk, first, branches, shown, more, url)


def with_related(domain: Domain, note: Note, context: Sequence[Note], found: FoundNote | None = None) -> ShownNote:
    """Return a note with those of its context that belong to it, and how it was found if it was searched for."""
    others = [other for other in context if other.id != note.id]
    above = {crumb.note for crumb in note.trail}  # shown as its trail already
    apart = {other.id: other for other in others if other.id not in above}
    return ShownNote(
        note=note,
        marks=found.marks if found else (),
        reasons=found.shown_reasons if found else (),
        changes=domain.changes_for(note),
        below=below(note, others),
        problem=apart.get(note.remedy_of or ""),
        remedies=tuple(other for other in others if other.remedy_of == note.id),
        question=apart.get(note.answers or ""),
        answers=tuple(other for other in others if other.answers == note.id),
    )


@dataclass(frozen=True, slots=True)
class Way:
    """A search that leads on: what it is called, and its address."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence about the search, empty where there are only the searches that it offers."""

    text: str
    ways: tuple[Way, ...] = ()


def notices(
    query: Query, answer: SearchResults, quoted: tuple[FoundNote, ...], unread: tuple[Unread, ...]
) -> Iterator[Notice]:
    """Yield what a reader should know of how the query was taken; all of it stands in one place of the page."""
    if answer.near and not answer.total:
        yield Notice(_("No note has these words."))
    if answer.near and not quoted and is_question(query.text):
        yield Notice(_("No note was found that surely answers this."))
    if unread:
        yield Notice(wording.unread(unread))
    for notice in answer.notices:
        yield Notice(_(_NOTICES[notice.name], text=translate(notice.text)))
    for step in answer.steps:
        refused = replace(query, without=(*query.without, step.name), offset=0)
        refuse = Way(pgettext("a step of a search", "Undo"), address_of(refused))
        yield Notice(_(_STEPS[step.name], text=step.text, instead=step.instead), (refuse,))
    if query.without:
        restore = Way(_("Restore"), address_of(replace(query, without=(), offset=0)))
        yield Notice(_("Some steps to find more were undone."), (restore,))
    others = (*_corrections(query, answer), *(_parts(query, answer) if answer.total else ()))
    if others:
        yield Notice("", others)


def ways_out(query: Query, answer: SearchResults, chips: tuple[Chip, ...], searcher: Searcher) -> tuple[Way, ...]:
    """Return, where nothing is found, the searches that find something.

    First what may be meant, then the search without one thing that was asked, then each word alone; that of a condition
    of many values without the whole group.
    """
    if answer.total:
        return ()
    is_one_word = query.text and not query.selections and not query.text.split()[1:]
    begun = islice(offers(searcher, query), _MOST_OFFERS) if is_one_word else ()
    ways = [
        *_corrections(query, answer),
        *(Way(meant(one.suggestion.label, one.suggestion.notes), one.url) for one in begun),
        *(Way(without(chip.label, chip.without), chip.url) for chip in chips if chip.without),
        *(Way(without(word, n), address_of(less)) for word, less, n in without_a_word(query, searcher)),
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
    """Yield, where little is found by several words or conditions, what each has to do with it.

    That of a word asks for it alone, that of a condition for all the rest; those that find nothing lead nowhere.
    """
    words, conditions = answer.words, answer.conditions
    if len(words) + len(conditions) > 1:
        ways = [(alone(one.word, one.count), one.word, one.count) for one in words]
        ways += [(without(one.condition, one.count), one.rest, one.count) for one in conditions]
        yield from (Way(label, address_of(replace(query, text=text, offset=0))) for label, text, n in ways if n)


def _corrections(query: Query, answer: SearchResults) -> Iterator[Way]:
    """Yield each word that may be meant instead of one as typed."""
    for one in answer.meant:
        whole = rf"(?<![A-Za-z0-9]){re.escape(one.word)}(?![A-Za-z0-9])"  # not within another word
        corrected = replace(query, text=one.meant.join(re.split(whole, query.text)), offset=0)
        yield Way(meant(one.meant, one.count), address_of(corrected))


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion and the address that it leads to."""

    suggestion: Suggestion
    url: str


def offers(searcher: Searcher, query: Query) -> Iterator[Offer]:
    """Yield what the last word of a search may be the beginning of, each with its address.

    A talk has a page; a word and a speaker take the place of what is typed; anything else is selected instead of it.
    """
    *words, begun = query.text.split() or [""]
    rest = replace(at_page(query, 1), text=" ".join(words))
    for suggestion in searcher.suggest(begun):
        group, value = suggestion.group, suggestion.value
        if group == "talk":
            url = page_address("talk", value)
        elif group in (WORD, "speaker"):
            word = value if group == WORD else f'speaker:"{value}"'
            url = address_of(replace(rest, text=" ".join((*words, word))))
        else:
            url = address_of(rest.select(group, *sorted({*rest.selected(group), value})))
        yield Offer(suggestion, url)
