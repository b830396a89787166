"""What happened to a collection: what its last syncs changed, and what of that concerns who follows a search."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Literal, get_args

from index.query import Query, StepName
from index.sentences import said
from kb.library.contents import Contents
from kb.library.kept import Update, Updates
from kb.report.dates import is_date
from kb.report.difference import Difference, News
from kb.report.model import Note
from kb.search.answers import UnknownIdError
from kb.search.collection import Collection, OfGeneration, Snapshot
from kb.search.searching import narrowed
from kb.services import Change

MOST_ENTRIES = 50  # of a feed: readers ask every few hours, and keep what they have seen
_MOST_REPORTS = 200  # whose news are looked through
_LITERALLY: tuple[StepName, ...] = get_args(StepName)  # nothing is loosened: what is new is a hit, or is not
_NAMESPACE = uuid.UUID("6d0c2f0e-6c7c-4b57-9a4e-5d9b2f6a1c3e")  # drawn once; an id is the same in every index
_NO_DAY = "1970-01-01"  # of what nobody knows a day of; a feed needs one
_BEGINNING = "-01-01"  # of a year


@dataclass(frozen=True, slots=True)
class Entry:
    """Something of a feed: a note, a remedy, or a change that overtook notes.

    `id` is a URN that stays, however often the index is made anew; `at` is when it was so, in UTC: of a note that was
    there from the first sync on the day of its event, else of its post. `note` is what it leads to; `others` are the
    problem, or the other notes that were overtaken.
    """

    id: str
    at: str
    what: Literal["note", "remedy", "fact"]
    note: Note
    others: tuple[Note, ...] = ()
    change: Change | None = None


class Announcer:
    """Tells what the last syncs changed, and what is new in a search."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._known = OfGeneration[Update | None]()

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
            raise UnknownIdError(said("no update is known as {0}", key))
        return update.difference

    def newest(self) -> str | None:
        """Return when the index changed last, in UTC; None where nothing is known of that."""
        update = self._update(self._collection.contents())
        return update.difference.at if update else None

    def entries(self, query: Query, *, whole: bool = True) -> tuple[Entry, ...]:
        """Return what a feed of a search has, the newest first; not `whole`, only what happened since the first sync.

        The search is answered to the letter: what is found only by loosening or by similarity is no news.
        """
        snapshot = self._collection.snapshot()
        if snapshot is None:
            return ()
        news = tuple(islice(self._news(query, snapshot), MOST_ENTRIES))
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
        if contents is None:
            return None
        return self._known.get(contents, lambda: Updates(self._collection.index).newest(contents.updates))

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

    def _entries(self, news: News, found: Mapping[str, str], snapshot: Snapshot) -> Iterator[Entry]:
        hits = (snapshot.note(found[note]) for note in news.notes if note in found)
        if news.what == "note":
            yield from (Entry(note_urn(note.id), news.at, "note", note) for note in hits)
        elif news.what == "fact":
            change, notes = self._collection.domain.change(news.about), tuple(hits)
            if change and notes:
                yield Entry(_urn("fact", change.id), news.at, "fact", notes[0], notes[1:], change)
        elif news.about in found or news.notes[0] in found:
            remedy, problem = (_note(id_, snapshot) for id_ in (news.notes[0], news.about))
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


def _found(query: Query, snapshot: Snapshot, reports: Iterable[str]) -> Mapping[str, str]:
    """Return what is stored of the notes of some reports that a search finds, by their ids."""
    chosen = query.selected("report")
    wanted = [report for report in reports if not chosen or report in chosen]
    if not wanted:
        return {}
    asked = replace(_literal(query).select("report", *wanted), sort="position", limit=None)
    return {hit.id: hit.stored for hit in snapshot.reader.search(asked).hits}


def _note(note_id: str, snapshot: Snapshot) -> Note | None:
    stored = snapshot.reader.stored(note_id)
    return snapshot.note(stored) if stored else None


def _hits(query: Query, snapshot: Snapshot, told: set[str]) -> Iterator[Entry]:
    """Yield what a search finds, by the day of the event, else of the post; not what is told already."""
    asked = replace(_literal(query), sort="new", limit=MOST_ENTRIES + len(told))
    for hit in snapshot.reader.search(asked).hits:
        if hit.id not in told:
            note = snapshot.note(hit.stored)
            yield Entry(note_urn(note.id), _first_day(note), "note", note)


def _first_day(note: Note) -> str:
    """Return the first moment of the day that is known of a note, in UTC."""
    told = (day for day in (note.held_on, note.published) if day and is_date(day))  # an index may hold what is none
    day = next(told, _NO_DAY)
    return f"{day}{_BEGINNING[len(day) - 4 :]}T00:00:00Z"
