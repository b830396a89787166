"""What happened to a collection: what its last syncs changed, and what of that concerns who follows a search."""

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from types import ModuleType
from typing import Literal

from index.messages import translatable
from index.query import Query
from kb.library.contents import Contents
from kb.library.kept import Update, Updates
from kb.report.dates import is_date
from kb.report.difference import Difference, Item, News
from kb.report.identity import report_part
from kb.report.model import Note
from kb.search.collection import Collection, GenerationCache, Snapshot
from kb.search.results import UnknownIdError
from kb.search.searcher import LITERALLY, for_index
from kb.services import Change, Domain

MOST_ENTRIES = 50  # of a feed: readers ask every few hours, and keep what they have seen
_MOST_REPORTS = 200  # whose news are looked through
_NAMESPACE = uuid.UUID("6d0c2f0e-6c7c-4b57-9a4e-5d9b2f6a1c3e")  # drawn once; an id is the same in every index
_NO_DAY = "1970-01-01"  # of what nobody knows a day of; a feed needs one
_BEGINNING = "-01-01"  # of a year


@dataclass(frozen=True, slots=True)
class NewsEntry:
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


class UpdateFeed:
    """Tells what the last syncs changed, and what is new in a search."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._newest = GenerationCache[Update | None]()

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
            raise UnknownIdError(translatable("no update is known as {0}", key))
        return update.difference

    def newest(self) -> str | None:
        """Return when the index changed last, in UTC; None where nothing is known of that."""
        update = self._update(self._collection.contents())
        return update.difference.at if update else None

    def entries(self, query: Query, *, whole: bool = True) -> tuple[NewsEntry, ...]:
        """Return what a feed of a search has, the newest first; not `whole`, only what happened since the first sync.

        The search is answered to the letter: what is found only by loosening or by similarity is no news.
        """
        snapshot = self._collection.snapshot()
        if snapshot is None:
            return ()
        news = tuple(islice(self._news(query, snapshot), MOST_ENTRIES))
        announced = {note.id for entry in news if entry.what != "fact" for note in (entry.note, *entry.others)}
        hits = tuple(_hits(query, snapshot, announced)) if whole else ()
        return tuple(sorted((*news, *hits), key=lambda entry: entry.at, reverse=True))[:MOST_ENTRIES]

    def new_since(self, query: Query, moment: str) -> int:
        """Return how much of a search is news that came after a moment, in UTC."""
        snapshot = self._collection.snapshot()
        update = self._update(snapshot.contents) if snapshot else None
        if snapshot is None or update is None or update.difference.at <= moment:
            return 0
        return sum(1 for _ in self._news(query, snapshot, moment))

    def _update(self, contents: Contents | None) -> Update | None:
        """Return the newest update; read once a generation."""
        if contents is None:
            return None
        return self._newest.get(contents, lambda: Updates(self._collection.index).newest(contents.updates))

    def _news(self, query: Query, snapshot: Snapshot, moment: str = "") -> Iterator[NewsEntry]:
        """Yield what is news of a search since a moment, one entry a thing, the newest first."""
        update = self._update(snapshot.contents)
        news = [one for one in reversed(update.news) if one.at > moment] if update else []
        notes = (note for one in news for note in (*one.notes, *((one.about,) if one.what == "remedy" else ())))
        reports = dict.fromkeys(map(report_part, notes))
        hits = _stored_hits(query, snapshot, list(reports)[:_MOST_REPORTS])
        announced = set[str]()
        for one in sorted(news, key=lambda one: (one.at, one.what != "note"), reverse=True):
            for entry in self._entries(one, hits, snapshot):
                if entry.id not in announced:
                    announced.add(entry.id)
                    yield entry

    def _entries(self, news: News, hits: Mapping[str, str], snapshot: Snapshot) -> Iterator[NewsEntry]:
        """Yield the entries that news make; `hits` is what is stored of the notes that the search finds."""
        notes = (snapshot.note(hits[note]) for note in news.notes if note in hits)
        if news.what == "note":
            yield from (NewsEntry(note_urn(note.id), news.at, "note", note) for note in notes)
        elif news.what == "fact":
            change, overtaken = self._collection.domain.change(news.about), tuple(notes)
            if change and overtaken:
                yield NewsEntry(_urn("fact", change.id), news.at, "fact", overtaken[0], overtaken[1:], change)
        elif news.about in hits or news.notes[0] in hits:
            remedy, problem = (snapshot.reader.stored(note) for note in (news.notes[0], news.about))
            if remedy and problem:
                note = snapshot.note(remedy)
                yield NewsEntry(note_urn(note.id), news.at, "remedy", note, (snapshot.note(problem),))


def item_name(item: Item, domain: Domain, texts: ModuleType) -> str:
    """Return what the service of a tag, or the change of a mark, is called; of other items the value.

    `texts` are those of a language (a module of `kb.texts`).
    """
    if item.sort == "tag":
        return domain.catalogue.name(item.value)
    change = domain.change(item.value) if item.sort == "mark" else None
    return str(texts.since(change)) if change else item.value


def note_urn(note_id: str) -> str:
    """Return the URN of a note in feeds: the same wherever it is indexed."""
    return _urn("note", note_id)


def feed_urn(path: str) -> str:
    """Return the URN of a feed, by its address here."""
    return _urn("feed", path)


def _urn(what: str, key: str) -> str:
    return uuid.uuid5(_NAMESPACE, f"{what} {key}").urn


def _literal(query: Query) -> Query:
    """Return a query that nothing loosens: what is new is a hit, or is not."""
    return for_index(replace(query, without=LITERALLY, offset=0, facets=(), explain=False, context=None))[0]


def _stored_hits(query: Query, snapshot: Snapshot, reports: Iterable[str]) -> Mapping[str, str]:
    """Return what is stored of the notes of some reports that a search finds, by their ids."""
    chosen = query.selected("report")
    wanted = [report for report in reports if not chosen or report in chosen]
    if not wanted:
        return {}
    asked = replace(_literal(query).select("report", *wanted), sort="position", limit=None)
    return {hit.id: hit.stored for hit in snapshot.reader.search(asked).hits}


def _hits(query: Query, snapshot: Snapshot, announced: set[str]) -> Iterator[NewsEntry]:
    """Yield what a search finds, by the day of the event, else of the post; not what news announce already."""
    asked = replace(_literal(query), sort="new", limit=MOST_ENTRIES + len(announced))
    for hit in snapshot.reader.search(asked).hits:
        if hit.id not in announced:
            note = snapshot.note(hit.stored)
            days = (day for day in (note.held_on, note.published) if day and is_date(day))  # an index may hold others
            day = next(days, _NO_DAY)
            yield NewsEntry(note_urn(note.id), f"{day}{_BEGINNING[len(day) - 4 :]}T00:00:00Z", "note", note)
