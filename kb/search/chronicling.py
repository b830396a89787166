"""What happened to a collection: what its last syncs changed, and what of that concerns who follows a search."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

from index.query import Query, StepName
from kb.library.contents import Contents
from kb.library.updates import Update, Updates
from kb.report.difference import Difference, News
from kb.report.model import Note
from kb.search.answers import UnknownIdError
from kb.search.collection import Collection, Snapshot
from kb.search.facets import place
from kb.search.guiding import Guides
from kb.search.searching import narrowed
from kb.services import Change

MOST_ENTRIES = 50  # of a feed: readers ask every few hours, and keep what they have seen
_MOST_REPORTS = 200  # whose news are looked through
_MOST_GUIDES = 8  # of services that are made for a feed, once a generation: the commonest takes a second or two
_LITERALLY: tuple[StepName, ...] = get_args(StepName)  # nothing is loosened: what is new is a hit, or is not
_NAMESPACE = uuid.UUID("6d0c2f0e-6c7c-4b57-9a4e-5d9b2f6a1c3e")  # drawn once; an id is the same in every index
_NO_DAY = "1970-01-01"  # of what nobody knows a day of; a feed needs one
_BEGINNING = "-01-01"  # of a year


@dataclass(frozen=True, slots=True)
class Entry:
    """Something of a feed: a note, a point that another talk confirms, a problem's remedy, a change that overtook notes.

    `id` is a URN that stays, however often the index is made anew; `at` is when it was so, in UTC: of a note that was
    there from the first sync on the day of its event, else of its post. `note` is what it leads to; `others` are the
    problem, the notes that say the same, or the other notes that were overtaken.
    """

    id: str
    at: str
    what: Literal["note", "point", "remedy", "fact"]
    note: Note
    others: tuple[Note, ...] = ()
    change: Change | None = None


class Chronicler:
    """Tells what the last syncs changed, and what is new in a search."""

    def __init__(self, collection: Collection, guides: Guides) -> None:
        self._collection, self._guides = collection, guides
        self._known: tuple[Contents | None, Update | None] = (None, None)

    def differences(self) -> Mapping[str, Difference]:
        """Return what the last syncs changed, the newest first, by their keys."""
        contents, updates = self._collection.contents(), Updates(self._collection.index)
        found = ((key, updates.find(key)) for key in reversed(contents.updates if contents else ()))
        return {key: update.difference for key, update in found if update}

    def difference(self, key: str) -> Difference:
        """Return what a sync changed. Raises UnknownIdError."""
        contents = self._collection.contents()
        update = Updates(self._collection.index).find(key) if contents and key in contents.updates else None
        if update is None:
            raise UnknownIdError(f"no update is known as {key}")
        return update.difference

    def newest(self) -> str | None:
        """Return when the index changed last, in UTC; None where nothing is known of that."""
        update = self._update(self._collection.contents())
        return update.difference.at if update else None

    def entries(self, query: Query, *, whole: bool = True) -> tuple[Entry, ...]:
        """Return what a feed of a search has, the newest first; not `whole`, only what happened since the first sync.

        The search is answered to the letter: what is found only by loosening or by likeness is no news.
        """
        snapshot = self._collection.snapshot()
        if snapshot is None:
            return ()
        news = tuple(self._confirming(self._news(query, snapshot)))
        told = {note.id for entry in news for note in _told(entry)}
        hits = tuple(_hits(query, snapshot, told)) if whole else ()
        return tuple(sorted((*news, *hits), key=lambda entry: entry.at, reverse=True))[:MOST_ENTRIES]

    def new_since(self, query: Query, moment: str) -> int:
        """Return how much of a search is news that came after a moment."""
        snapshot = self._collection.snapshot()
        update = self._update(snapshot.contents) if snapshot else None
        if snapshot is None or update is None or update.difference.at <= moment:
            return 0
        return sum(1 for _ in self._news(query, snapshot, moment))

    def _update(self, contents: Contents | None) -> Update | None:
        """Return the newest update; read once a generation."""
        known, update = self._known
        if known is not contents:
            update = Updates(self._collection.index).newest(contents.updates) if contents else None
            self._known = (contents, update)
        return update

    def _news(self, query: Query, snapshot: Snapshot, moment: str = "") -> Iterator[Entry]:
        """Yield what is news of a search since a moment, one entry a thing, the newest first."""
        update = self._update(snapshot.contents)
        news = [one for one in reversed(update.news) if one.at > moment] if update else []
        concerned = dict.fromkeys(_report(note) for one in news for note in (*one.notes, _problem(one)) if note)
        found = _found(query, snapshot, list(concerned)[:_MOST_REPORTS])
        told = set[str]()
        for one in sorted(news, key=lambda one: (one.at, one.what != "note"), reverse=True):
            for entry in self._entries(one, found, snapshot):
                if entry.id not in told:
                    told.add(entry.id)
                    yield entry

    def _confirming(self, news: Iterable[Entry]) -> Iterator[Entry]:
        """Yield news, each note that says what notes of other talks said before it with these."""
        later, guides = set[str](), set[str]()
        for entry in news:
            later.add(entry.note.id)
            if entry.what == "note":
                services = [mention.service for mention in entry.note.services if mention.via == "explicit"]
                guides.update(services[: max(0, _MOST_GUIDES - len(guides))])
                others = self._said_before(entry.note, [slug for slug in services if slug in guides], later)
                yield replace(entry, what="point", others=others) if others else entry
            else:
                yield entry

    def _said_before(self, note: Note, services: Iterable[str], later: set[str]) -> tuple[Note, ...]:
        """Return the notes of other talks that say what a note says, but for those that came later; none for none."""
        for slug in services:
            found = self._guides.of(self._collection.catalogue.by_slug[slug]).entry(note.id)
            notes = found.point.notes if found else ()
            others = [other for other in notes if other.id not in later and place(other) != place(note)]
            if others:
                return tuple(others)
        return ()

    def _entries(self, news: News, found: Mapping[str, Note], snapshot: Snapshot) -> Iterator[Entry]:
        if news.what == "note":
            yield from (Entry(note_urn(id_), news.at, "note", found[id_]) for id_ in news.notes if id_ in found)
        elif news.what == "fact":
            change = self._collection.domain.change(news.about)
            notes = [found[id_] for id_ in news.notes if id_ in found]
            if change and notes:
                yield Entry(_urn("fact", change.id), news.at, "fact", notes[0], tuple(notes[1:]), change)
        elif news.about in found or news.notes[0] in found:
            remedy, problem = (_note(id_, found, snapshot) for id_ in (news.notes[0], news.about))
            if remedy and problem:
                yield Entry(note_urn(remedy.id), news.at, "remedy", remedy, (problem,))


def note_urn(note_id: str) -> str:
    """Return the URN of a note in feeds: the same wherever it is indexed."""
    return _urn("note", note_id)


def feed_urn(path: str) -> str:
    """Return the URN of a feed, by its address here."""
    return _urn("feed", path)


def _urn(what: str, key: str) -> str:
    return uuid.uuid5(_NAMESPACE, f"{what} {key}").urn


def _told(entry: Entry) -> Iterator[Note]:
    """Yield the notes that an entry stands for: no other entry tells of them."""
    if entry.what != "fact":
        yield entry.note
    if entry.what == "remedy":
        yield from entry.others


def _report(note_id: str) -> str:
    return note_id.rpartition("/")[0]


def _problem(news: News) -> str | None:
    return news.about if news.what == "remedy" else None


def _literal(query: Query) -> Query:
    return narrowed(replace(query, without=_LITERALLY, offset=0, facets=(), explain=False, context=None))[0]


def _found(query: Query, snapshot: Snapshot, reports: Iterable[str]) -> Mapping[str, Note]:
    """Return the notes of some reports that a search finds, by their ids."""
    chosen = query.selected("report")
    wanted = [report for report in reports if not chosen or report in chosen]
    if not wanted:
        return {}
    asked = replace(_literal(query).select("report", *wanted), sort="position", limit=None)
    return {hit.id: snapshot.note(hit.stored) for hit in snapshot.reader.search(asked).hits}


def _note(note_id: str, found: Mapping[str, Note], snapshot: Snapshot) -> Note | None:
    stored = None if note_id in found else snapshot.reader.stored(note_id)
    return snapshot.note(stored) if stored else found.get(note_id)


def _hits(query: Query, snapshot: Snapshot, told: set[str]) -> Iterator[Entry]:
    """Yield what a search finds, by the day of the event, else of the post; not what is told already."""
    asked = replace(_literal(query), sort="new", limit=MOST_ENTRIES + len(told))
    for hit in snapshot.reader.search(asked).hits:
        if hit.id not in told:
            note = snapshot.note(hit.stored)
            yield Entry(note_urn(note.id), _first_day(note), "note", note)


def _first_day(note: Note) -> str:
    """Return the first moment of the day that is known of a note, in UTC."""
    day = note.held_on or note.published or _NO_DAY
    return f"{day}{_BEGINNING[len(day) - 4 :]}T00:00:00Z"
