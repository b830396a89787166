"""What is kept in the folder of an index beside the engine's files: finished reports and updates.

Each file is under the SHA-256 of its content: one that is damaged, or of another version of kb, counts as none. All of
them can be deleted at any time, and are lost with the index.
"""

import hashlib
import os
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from dataclasses import replace as replaced
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from msgspec import Struct

from kb.library.listing import KEPT, may_keep
from kb.report.difference import Difference, News
from kb.report.model import Correction, MetadataOverride, Report, TalkCorrection
from kb.report.outline import ReadingWarning
from kb.report.problems import Finding
from kb.storage.caches import read_sealed, sealed, unsealed
from kb.storage.safe_files import write_whole

MOST_UPDATES = 20
MOST_NEWS = 5000  # notes, counted with each news that is about them
_GIVEN_UP = 3600  # seconds; no publish takes so long: who wrote an update was killed before that


class Grounds(Struct, frozen=True, rename={"override": "given"}):
    """What decided how a report was understood: its file, the code and the domain as digests, and what kb.toml says.

    `vectors` is the model by whose vectors the kinds of its notes were told, nothing where that was by words alone;
    `lesson` is the key of what corrections of other notes taught (`kb.kinds.Lesson`).
    """

    file: str
    code: str
    domain: str
    override: MetadataOverride
    corrections: Mapping[str, Correction]
    talks: Mapping[str, TalkCorrection]
    vectors: str = ""
    lesson: str = ""


class KeptReport(Struct, frozen=True):
    """A finished report with its grounds; `names` is all its text as `kb.services.names_in` returns it.

    `taught` are the features of its notes whose kind is corrected, from which that of others is learned.
    """

    grounds: Grounds
    names: str
    warnings: tuple[ReadingWarning, ...]
    findings: tuple[Finding, ...]
    report: Report
    taught: Mapping[str, tuple[str, ...]] = {}


class _Names(Struct, frozen=True):
    """A part of a kept report, which is read in a tenth of the time."""

    grounds: Grounds
    names: str


@dataclass(frozen=True, slots=True)
class Update:
    """What a sync changed, and all that was news after it, the newest last."""

    difference: Difference
    news: tuple[News, ...]


class _KeptFiles:
    """The files of one ending that are kept in the folder of an index."""

    _ending = ""

    def __init__(self, index: Path) -> None:
        self._index = index
        self._folder = index / KEPT

    def damaged(self) -> tuple[Path, ...]:
        """Return the files that are not as they were written."""
        return tuple(path for path in sorted(self._folder.glob(f"*{self._ending}")) if unsealed(path) is None)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{self._ending}"


class KeptReports(_KeptFiles):
    """The finished reports, by their sources, so that what was understood once is not worked out again."""

    _ending = ".json"

    def find(self, source: str) -> KeptReport | None:
        """Return what is kept of a report, None where that is nothing whole."""
        return read_sealed(self._path_of(source), KeptReport)

    def names(self, source: str, file: str) -> str | None:
        """Return the `names` of a report whose file has this SHA-256, None where they are not kept."""
        found = read_sealed(self._path_of(source), _Names)
        return found.names if found and found.grounds.file == file else None

    def keep(self, kept: KeptReport) -> None:
        """Keep a report in place of what was kept of its source, where anything may be kept here."""
        if not may_keep(self._index):
            return
        body = msgspec.json.encode(kept)
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path_of(kept.report.source)
        begun = path.with_suffix(f".{os.getpid()}.tmp")
        begun.write_bytes(sealed(body))
        with suppress(FileNotFoundError):  # another process, which knows of no such report, has just forgotten it
            begun.replace(path)

    def forget_others(self, sources: Collection[str]) -> None:
        """Delete what is kept of all other sources, and what a process that was killed began to keep."""
        wanted = {self._path_of(source).name for source in sources}
        for path in self._folder.glob("*"):
            begun = path.suffix == ".tmp" and not path.name.startswith(".")  # those with a dot are of updates
            if (begun or path.suffix == self._ending) and path.name not in wanted:
                path.unlink(missing_ok=True)

    def _path_of(self, source: str) -> Path:
        return self._path(hashlib.sha256(source.encode()).hexdigest()[:32])


class KeptInMemory(KeptReports):
    """The finished reports of an index, and those that are understood now, which are kept in memory alone."""

    def __init__(self, index: Path) -> None:
        super().__init__(index)
        self._own: dict[str, KeptReport] = {}

    def find(self, source: str) -> KeptReport | None:
        """Return what is kept of a report, None where that is nothing whole."""
        return self._own.get(source) or super().find(source)

    def names(self, source: str, file: str) -> str | None:
        """Return the `names` of a report whose file has this SHA-256, None where they are not kept."""
        found = self._own.get(source)  # of the file as it is now; an older state of it may be kept
        return found.names if found and found.grounds.file == file else super().names(source, file)

    def keep(self, kept: KeptReport) -> None:
        """Keep a report for this once."""
        self._own[kept.report.source] = kept


class Updates(_KeptFiles):
    """The last updates of an index. Those of a generation are in its `Contents.updates`."""

    _ending = ".update"

    def find(self, key: str) -> Update | None:
        """Return an update by its key, None where nothing whole is kept."""
        return read_sealed(self._path(key), Update)

    def newest(self, keys: Sequence[str]) -> Update | None:
        """Return the newest of some updates, the newest of which is last; None where nothing whole is kept of any."""
        return next(filter(None, map(self.find, reversed(keys))), None)

    def keep(self, update: Update) -> str | None:
        """Keep an update, durably, and return its key; None where nothing may be kept here."""
        if not may_keep(self._index):
            return None
        body = msgspec.json.encode(replaced(update, difference=update.difference.bounded()))
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
        for path in self._folder.glob(f"*{self._ending}"):
            if path.name not in wanted and time.time() - path.stat().st_mtime > _GIVEN_UP:
                path.unlink(missing_ok=True)


def moment_after(last: Update | None) -> str:
    """Return the present moment in UTC to the second, but later than the last update: clocks go back."""
    now = datetime.now(UTC).replace(microsecond=0)
    if last is not None:
        now = max(now, datetime.fromisoformat(last.difference.at) + timedelta(seconds=1))
    return now.isoformat().replace("+00:00", "Z")


def newest_news(before: Sequence[News], now: Sequence[News]) -> tuple[News, ...]:
    """Return what was and is news, as much of it as is kept, the newest last."""
    newest, left = list[News](), MOST_NEWS
    for one in reversed([*before, *now]):
        if left <= 0:
            break
        newest.append(replaced(one, notes=one.notes[:left]))
        left -= len(one.notes)
    return tuple(newest[::-1])
