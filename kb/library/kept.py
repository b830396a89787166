"""Finished reports kept in the folder of an index, so that what was understood once is not worked out again.

A file a report, each under a SHA-256 of its own: one that is damaged, or of other grounds, counts as none. All of them
can be deleted at any time.
"""

import hashlib
import os
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from kb.library.places import KEPT, may_keep
from kb.report.model import Correction, MetadataOverride, Report, ToldTalk
from kb.report.outline import ReadingWarning
from kb.report.problems import Finding
from kb.storage.safe_files import sealed, unsealed

Kept = TypeVar("Kept")


class Grounds(Struct, frozen=True):
    """What decided how a report was understood: its file, the code and the domain as digests, what was told by hand.

    `vectors` is the model whose vectors told what kinds its notes are of, nothing where words alone did; `lesson` is
    the key of what corrections of other notes taught (`kb.kinds.Lesson`).
    """

    file: str
    code: str
    domain: str
    given: MetadataOverride
    corrections: Mapping[str, Correction]
    talks: Mapping[str, ToldTalk]
    vectors: str = ""
    lesson: str = ""


class KeptReport(Struct, frozen=True):
    """A finished report with its grounds; `names` is all its text as `kb.services.concern` looks for names in it.

    `taught` is what is true of its notes whose kind is corrected, for others to be told by.
    """

    grounds: Grounds
    names: str
    warnings: tuple[ReadingWarning, ...]
    findings: tuple[Finding, ...]
    report: Report
    taught: Mapping[str, tuple[str, ...]] = {}


class _Names(Struct, frozen=True):
    grounds: Grounds
    names: str


_reports, _names = msgspec.json.Decoder(KeptReport), msgspec.json.Decoder(_Names)


class KeptReports:
    """What is kept in the folder of an index, by the source of each report."""

    def __init__(self, index: Path) -> None:
        self._folder = index / KEPT
        self._own = may_keep(index)

    def find(self, source: str) -> KeptReport | None:
        """Return what is kept of a report, None where that is nothing whole."""
        return self._decoded(source, _reports)

    def names(self, source: str, file: str) -> str | None:
        """Return the texts of a report, of a file of this SHA-256, as names are looked for in them; None if unknown."""
        found = self._decoded(source, _names)
        return found.names if found and found.grounds.file == file else None

    def keep(self, kept: KeptReport) -> None:
        """Keep a report in place of what was kept of its source."""
        if not self._own:
            return
        body = msgspec.json.encode(kept)
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(kept.report.source)
        begun = path.with_suffix(f".{os.getpid()}.tmp")
        begun.write_bytes(sealed(body))
        with suppress(FileNotFoundError):  # another process, which knows of no such report, has just forgotten it
            begun.replace(path)

    def forget_others(self, sources: Collection[str]) -> None:
        """Delete what is kept of all other sources."""
        wanted = {self._path(source).name for source in sources}
        if self._folder.is_dir():
            self.forget(path for path in self._folder.iterdir() if _is_report(path) and path.name not in wanted)

    def damaged(self) -> tuple[Path, ...]:
        """Return the files that are not as they were written."""
        every = sorted(self._folder.glob("*.json"))
        return tuple(path for path in every if unsealed(path) is None)

    def forget(self, paths: Iterable[Path]) -> None:
        """Delete some of the files."""
        for path in paths:
            path.unlink(missing_ok=True)

    def _decoded(self, source: str, decoder: msgspec.json.Decoder[Kept]) -> Kept | None:
        body = unsealed(self._path(source))
        try:
            return None if body is None else decoder.decode(body)
        except ValueError:  # another version of kb wrote it
            return None

    def _path(self, source: str) -> Path:
        return self._folder / f"{hashlib.sha256(source.encode()).hexdigest()[:32]}.json"


class KeptAside(KeptReports):
    """What is kept in the folder of an index, and what is understood now, which is kept in memory and nowhere else."""

    def __init__(self, index: Path) -> None:
        super().__init__(index)
        self._aside: dict[str, KeptReport] = {}

    def find(self, source: str) -> KeptReport | None:
        """Return what is kept of a report, None where that is nothing whole."""
        return self._aside.get(source) or super().find(source)

    def names(self, source: str, file: str) -> str | None:
        """Return the texts of a report, of a file of this SHA-256, as names are looked for in them; None if unknown."""
        found = self._aside.get(source)
        return found.names if found and found.grounds.file == file else super().names(source, file)

    def keep(self, kept: KeptReport) -> None:
        """Keep a report for this once."""
        self._aside[kept.report.source] = kept


def _is_report(path: Path) -> bool:
    """Tell whether a file keeps a report, be it begun: other things lie beside (`kb.library.updates`)."""
    return path.suffix == ".json" or (path.suffix == ".tmp" and not path.name.startswith("."))
