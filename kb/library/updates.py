"""The last differences of an index and what is news of it, kept in its folder beside what is kept of reports.

A file a difference, each under its seal. Which belong to a generation tells its `Contents.updates`, so that they come
and go with it; a file that is damaged or missing tells nothing. They are lost with the index: a new one begins anew.
"""

import hashlib
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from kb.library.places import KEPT, may_keep
from kb.report.difference import Difference, News
from kb.storage.safe_files import sealed, unsealed, write_whole

MOST_UPDATES = 20
MOST_NEWS = 5000  # notes, counted with each news that tells of them
_ENDING = ".update"
_GIVEN_UP = 3600  # seconds; no publish takes so long: who wrote it was killed before that


@dataclass(frozen=True, slots=True)
class Update:
    """What a sync changed, and all that was news after it, the newest last."""

    difference: Difference
    news: tuple[News, ...]


_decoder = msgspec.json.Decoder(Update)


class Updates:
    """The updates that lie in the folder of an index."""

    def __init__(self, index: Path) -> None:
        self._index = index
        self._folder = index / KEPT

    def find(self, key: str) -> Update | None:
        """Return an update by its key, None where nothing whole is kept."""
        body = unsealed(self._path(key))
        try:
            return None if body is None else _decoder.decode(body)
        except ValueError:  # another version of kb wrote it
            return None

    def newest(self, keys: Sequence[str]) -> Update | None:
        """Return the newest of some updates, the newest of which is last; None where nothing whole is kept of any."""
        return next(filter(None, map(self.find, reversed(keys))), None)

    def keep(self, update: Update) -> str | None:
        """Keep an update, durably, and return its key; None where nothing may be kept here."""
        if not may_keep(self._index):
            return None
        body = msgspec.json.encode(replace(update, difference=update.difference.bounded()))
        key = hashlib.sha256(body).hexdigest()[:16]
        self._folder.mkdir(parents=True, exist_ok=True)
        write_whole(self._path(key), sealed(body))
        return key

    def forget(self, keys: Iterable[str]) -> None:
        """Delete some updates."""
        for key in keys:
            self._path(key).unlink(missing_ok=True)

    def forget_others(self, keys: Collection[str]) -> None:
        """Delete all other updates, but for those that another process may be about to publish."""
        wanted = {self._path(key).name for key in keys}
        for path in self._folder.glob(f"*{_ENDING}"):
            if path.name not in wanted and time.time() - path.stat().st_mtime > _GIVEN_UP:
                path.unlink(missing_ok=True)

    def damaged(self) -> tuple[Path, ...]:
        """Return the files that are not as they were written."""
        return tuple(path for path in sorted(self._folder.glob(f"*{_ENDING}")) if unsealed(path) is None)

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{_ENDING}"


def moment_after(last: Update | None) -> str:
    """Return the present moment in UTC to the second, but later than the last update: clocks go back."""
    now = datetime.now(UTC).replace(microsecond=0)
    if last is not None:
        now = max(now, datetime.fromisoformat(last.difference.at) + timedelta(seconds=1))
    return now.isoformat().replace("+00:00", "Z")


def newest_news(before: Sequence[News], now: Sequence[News]) -> tuple[News, ...]:
    """Return what was and is news, as much of it as is kept, the newest last."""
    return tuple(_newest([*before, *now]))[::-1]


def _newest(news: Sequence[News]) -> Iterator[News]:
    left = MOST_NEWS
    for one in reversed(news):
        if left <= 0:
            return
        yield replace(one, notes=one.notes[:left])
        left -= len(one.notes)
