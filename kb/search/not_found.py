"""The searches that found nothing, kept in a file in the index folder: what to note next."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from index.query import Query
from index.text import folded
from kb.library.places import CACHE_FOLDER, may_cache
from kb.search.collection import Cached, Collection
from kb.search.results import SearchResults
from kb.storage.caches import read_sealed, sealed
from kb.storage.safe_files import locked, write_whole

MAX_LISTED, _MAX_CHECKED = 10, 20  # each is searched again when it is listed
_MAX_KEPT = 300
_MAX_TEXT = 100  # characters; a longer text was pasted
_FILE = "not-found"


class MissedSearch(msgspec.Struct, frozen=True):
    """A text that was searched for without finding a note or a talk, how often, and the last day."""

    text: str
    day: str
    times: int = 1


_Searches = tuple[MissedSearch, ...]


class NotFoundLog:
    """The searches of a collection that found nothing, newest first: their texts, and nothing about who searched.

    With `keep_not_found = false` in kb.toml, and over the samples, nothing is kept and what was kept is deleted.
    """

    def __init__(self, collection: Collection, search: Callable[[Query], SearchResults]) -> None:
        self._collection = collection
        # Whether a note or talk has the words. Near notes take seconds to find: `add` notices them.
        self._finds_something = Cached(collection, lambda text: _has_results(search(Query(text, limit=0))))

    def all(self) -> _Searches:
        """Return all kept searches. Some of them may find something by now."""
        path = self._collection.index / CACHE_FOLDER / _FILE
        if self._is_on():
            return read_sealed(path, _Searches) or ()
        with suppress(OSError):
            path.unlink(missing_ok=True)
        return ()

    def listed(self, *, may_write: bool = True) -> _Searches:
        """Return the newest searches that still find nothing, at most MAX_LISTED; delete those that find something."""
        missed, found = list[MissedSearch](), list[str]()
        for search in self.all()[:_MAX_CHECKED]:
            if len(missed) == MAX_LISTED:
                break
            if self._finds_something(search.text):
                found.append(search.text)
            else:
                missed.append(search)
        if found and may_write:
            self.remove(*found)
        return tuple(missed)

    def add(self, query: Query, answer: SearchResults) -> None:
        """Keep the text of a query if it found nothing, and drop it if it found something by now.

        Not kept: a filter, a refused step, an unfinished word, a later page, or a model that failed.
        """
        text = " ".join(query.text.split())
        is_limited = query.selections or query.without or query.typing or query.offset or query.limit == 0
        failed = any(notice.name == "no likeness" for notice in answer.notices)
        if is_limited or failed or not 0 < len(text) <= _MAX_TEXT or not text.isprintable():
            return
        if _has_results(answer):
            self.remove(text)
            return
        contents = self._collection.contents()
        if contents is None or not contents.reports or not self._is_on():
            return
        today = datetime.now(UTC).astimezone().date().isoformat()

        def added(searches: _Searches) -> Iterable[MissedSearch]:
            times = sum(one.times for one in searches if folded(one.text) == folded(text))
            return MissedSearch(text, today, times + 1), *_without(searches, text)

        self._change(added)

    def remove(self, *texts: str) -> bool:
        """Remove the searches with these texts; return whether any was kept."""
        before = self.all()
        if all(_without(before, text) == before for text in texts):
            return False
        self._change(lambda searches: _without(searches, *texts))
        return True

    def _is_on(self) -> bool:
        """Return whether searches may be kept; a kb.toml that cannot be read may say no."""
        configuration, _, problems = self._collection.library.configuration()
        is_readable = configuration.text or not problems
        return bool(is_readable and configuration.keep_not_found and not self._collection.is_samples)

    def _change(self, change: Callable[[_Searches], Iterable[MissedSearch]]) -> None:
        """Replace the searches in the file; do nothing if the folder is read-only, or belongs to somebody else."""
        folder = self._collection.index / CACHE_FOLDER
        with suppress(OSError):
            if may_cache(self._collection.index):
                folder.mkdir(parents=True, exist_ok=True)
                with locked(folder):  # other threads and processes add searches too
                    searches = [*change(self.all())][:_MAX_KEPT]
                    write_whole(folder / _FILE, sealed(msgspec.json.encode(searches)))


def _has_results(answer: SearchResults) -> bool:
    return bool(answer.total or answer.near or answer.titled or answer.events)


def _without(searches: _Searches, *texts: str) -> _Searches:
    keys = {folded(text) for text in texts}
    return tuple(search for search in searches if folded(search.text) not in keys)
