"""The last updates of an index: what each sync changed, and the news of that for a saved search or a feed.

Updates are stored in the index folder, each under the SHA-256 of its content, and are lost with the index.
"""

import hashlib
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Literal

import msgspec

from index.messages import translatable
from index.query import Query
from kb.library.contents import NO_CONTENTS, Contents
from kb.library.places import CACHE_FOLDER, UPDATE_SUFFIX, may_cache
from kb.report.dates import day_of, is_date
from kb.report.difference import Difference, Item, News
from kb.report.identity import report_part
from kb.report.model import Note
from kb.search.collection import Collection, GenerationCache, Snapshot
from kb.search.results import UnknownIdError
from kb.search.searcher import LITERALLY, current, for_index
from kb.services import Change, Domain
from kb.storage.caches import read_sealed, sealed
from kb.storage.safe_files import write_whole
from kb.wording import since

MAX_UPDATES = 20  # updates that a generation refers to
MAX_NEWS = 5000  # notes in the stored news; a note in two news counts twice
MAX_ENTRIES = 50  # entries of a feed: feed readers ask every few hours, and keep earlier entries themselves
_MAX_REPORTS = 200  # reports whose news a search looks through
_MAX_PUBLISH_TIME = 3600  # seconds; an older update that no generation refers to is of a killed process
_NAMESPACE = uuid.UUID("6d0c2f0e-6c7c-4b57-9a4e-5d9b2f6a1c3e")  # drawn once, so that ids are the same in every index
_NO_DAY = "1970-01-01"  # of undated notes: a feed needs a day
_START_OF_YEAR = "-01-01"


@dataclass(frozen=True, slots=True)
class Update:
    """The difference that a sync made, and all news after it, newest last."""

    difference: Difference
    news: tuple[News, ...]


class UpdateStore:
    """The stored updates of an index by key. `Contents.updates` has the keys of a generation."""

    def __init__(self, index: Path) -> None:
        self._index = index
        self._folder = index / CACHE_FOLDER

    def find(self, key: str) -> Update | None:
        """Return an update, None if it is missing or damaged."""
        return read_sealed(self._path(key), Update)

    def newest(self, keys: Sequence[str]) -> Update | None:
        """Return the update of the last key that is stored undamaged, None without any."""
        return next(filter(None, map(self.find, reversed(keys))), None)

    def store(self, update: Update) -> str | None:
        """Store an update durably and return its key, None if the index folder belongs to somebody else."""
        if not may_cache(self._index):
            return None
        body = msgspec.json.encode(replace(update, difference=update.difference.bounded()))
        key = hashlib.sha256(body).hexdigest()[:16]
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._path(key), sealed(body))
        return key

    def delete(self, key: str) -> None:
        """Delete an update, if it is stored."""
        self._path(key).unlink(missing_ok=True)

    def keep_only(self, keys: Iterable[str]) -> None:
        """Delete all other updates, except recent ones: another process may be about to publish those."""
        kept = {self._path(key).name for key in keys}
        for path in self._folder.glob(f"*{UPDATE_SUFFIX}"):
            if path.name not in kept and time.time() - path.stat().st_mtime > _MAX_PUBLISH_TIME:
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{UPDATE_SUFFIX}"


def moment_after(last: Update | None) -> str:
    """Return the present moment in UTC, to the second, but later than the last update: clocks may go back."""
    now = datetime.now(UTC).replace(microsecond=0)
    if last is not None:
        now = max(now, datetime.fromisoformat(last.difference.at) + timedelta(seconds=1))
    return now.isoformat().replace("+00:00", "Z")


def newest_news(before: Sequence[News], new: Sequence[News]) -> tuple[News, ...]:
    """Return the newest news of both, at most MAX_NEWS notes, newest last."""
    newest, left = list[News](), MAX_NEWS
    for one in reversed([*before, *new]):
        if left <= 0:
            break
        newest.append(replace(one, notes=one.notes[:left]))
        left -= len(one.notes)
    return tuple(newest[::-1])


@dataclass(frozen=True, slots=True)
class NewsEntry:
    """An entry of a feed: a note, a remedy, or a dated change that overtook notes.

    `id` is a URN that stays the same when the index is made again. `at` is its moment in UTC; for a note of the first
    sync, the day of its event or else of its post. `note` is the entry's link, `others` are the problem, or the other
    overtaken notes.
    """

    id: str
    at: str
    what: Literal["note", "remedy", "fact"]
    note: Note
    others: tuple[Note, ...] = ()
    change: Change | None = None


class UpdateFeed:
    """The differences of the last syncs, and the news in them for a search."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._newest = GenerationCache[Update | None]()

    def differences(self) -> Mapping[str, Difference]:
        """Return the differences of the last syncs by key, newest first."""
        contents, store = self._collection.contents(), UpdateStore(self._collection.index)
        updates = ((key, store.find(key)) for key in reversed(contents.updates if contents else ()))
        return {key: update.difference for key, update in updates if update}

    def difference(self, key: str) -> Difference:
        """Return the difference of one sync. Raises UnknownIdError."""
        contents = self._collection.contents()
        update = UpdateStore(self._collection.index).find(key) if contents and key in contents.updates else None
        if update is None:
            raise UnknownIdError(translatable("no update is known as {0}", key))
        return update.difference

    def newest(self) -> str | None:
        """Return the moment of the last update in UTC, None if none is stored."""
        update = self._newest_update(self._collection.contents() or NO_CONTENTS)
        return update.difference.at if update else None

    def entries(self, query: Query, *, whole: bool = True) -> tuple[NewsEntry, ...]:
        """Return the feed of a search, newest first. Unless `whole`, notes of the first sync are left out.

        The query is not relaxed, and similar notes are not included.
        """
        snapshot = self._collection.snapshot()
        news = tuple(islice(self._news(query, snapshot), MAX_ENTRIES))
        announced = {note.id for entry in news if entry.what != "fact" for note in (entry.note, *entry.others)}
        hits = tuple(_hits(query, snapshot, announced)) if whole else ()
        return tuple(sorted((*news, *hits), key=lambda entry: entry.at, reverse=True))[:MAX_ENTRIES]

    def new_since(self, query: Query, moment: str) -> int:
        """Return the number of entries of a search after a moment in UTC."""
        snapshot = self._collection.snapshot()
        update = self._newest_update(snapshot.contents)
        if update is None or update.difference.at <= moment:
            return 0
        return sum(1 for _ in self._news(query, snapshot, moment))

    def _newest_update(self, contents: Contents) -> Update | None:
        return self._newest.get(contents, lambda: UpdateStore(self._collection.index).newest(contents.updates))

    def _news(self, query: Query, snapshot: Snapshot, moment: str = "") -> Iterator[NewsEntry]:
        """Yield the entries of a search after a moment, each id once, newest first."""
        update = self._newest_update(snapshot.contents)
        news = [one for one in reversed(update.news) if one.at > moment] if update else []
        notes = (note for one in news for note in (*one.notes, *((one.about,) if one.what == "remedy" else ())))
        reports = dict.fromkeys(map(report_part, notes))
        hits = _stored_hits(query, snapshot, list(reports)[:_MAX_REPORTS])
        ids = set[str]()
        for one in sorted(news, key=lambda one: (one.at, one.what != "note"), reverse=True):
            for entry in self._entries(one, hits, snapshot):
                if entry.id not in ids:
                    ids.add(entry.id)
                    yield entry

    def _entries(self, news: News, hits: Mapping[str, str], snapshot: Snapshot) -> Iterator[NewsEntry]:
        """Yield the entries of one news; `hits` are the stored notes that the search finds, by id."""
        notes = (snapshot.note(hits[note]) for note in news.notes if note in hits)
        if news.what == "note":
            yield from (NewsEntry(urn("note", note.id), news.at, "note", note) for note in notes)
        elif news.what == "fact":
            change, overtaken = self._collection.domain.change(news.about), tuple(notes)
            if change and overtaken:
                yield NewsEntry(urn("fact", change.id), news.at, "fact", overtaken[0], overtaken[1:], change)
        elif news.about in hits or news.notes[0] in hits:
            remedy, problem = (snapshot.reader.stored(note) for note in (news.notes[0], news.about))
            if remedy and problem:
                note = snapshot.note(remedy)
                yield NewsEntry(urn("note", note.id), news.at, "remedy", note, (snapshot.note(problem),))


def item_name(item: Item, domain: Domain) -> str:
    """Return the name of a tag's service, or the text of a mark's change; of other items the value."""
    if item.sort == "tag":
        return domain.catalogue.name(item.value)
    change = domain.change(item.value) if item.sort == "mark" else None
    return since(change) if change else item.value


def urn(sort: Literal["note", "fact", "feed"], key: str) -> str:
    """Return the URN of a note's id, a change's id or a feed's path: the same in every index."""
    return uuid.uuid5(_NAMESPACE, f"{sort} {key}").urn


def _literal(query: Query, contents: Contents) -> Query:
    """Return a query without relaxation and strengths: a new note is a hit, or is not."""
    query = current(query, contents)
    literal = for_index(replace(query, without=LITERALLY, offset=0, facets=(), explain=False, context=None))[0]
    return replace(literal, last=None)


def _stored_hits(query: Query, snapshot: Snapshot, reports: Iterable[str]) -> Mapping[str, str]:
    """Return the stored notes that a search finds in some reports, by id."""
    selected = query.selected("report")
    reports = [report for report in reports if not selected or report in selected]
    if not reports:
        return {}
    hits = snapshot.reader.search(
        replace(_literal(query, snapshot.contents).select("report", *reports), sort="position", limit=None)
    ).hits
    return {hit.id: hit.stored for hit in hits}


def _hits(query: Query, snapshot: Snapshot, announced: set[str]) -> Iterator[NewsEntry]:
    """Yield the notes that a search finds, dated by their event or else their post, without announced ones."""
    newest = replace(_literal(query, snapshot.contents), sort="new", limit=MAX_ENTRIES + len(announced))
    for hit in snapshot.reader.search(newest).hits:
        if hit.id not in announced:
            note = snapshot.note(hit.stored)
            day = day_of(note)
            day = day if day and is_date(day) else _NO_DAY  # an index may hold others
            yield NewsEntry(urn("note", note.id), f"{day}{_START_OF_YEAR[len(day) - 4 :]}T00:00:00Z", "note", note)
