"""The folder of reports, the only source of truth: which files it holds, and what its kb.toml says of them."""

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path

from kb.library.configuration import (
    CONFIGURATION,
    Configuration,
    ConfigurationError,
    parse,
    with_correction,
    with_given,
)
from kb.library.safe_files import file_name, set_aside, write_whole
from kb.report.model import Correction, Given
from kb.report.problems import FileProblem

NOT_A_REPORT = b"<!-- kb: not a report -->"  # a file that begins so is left alone


class LibraryError(ValueError):
    """The library, or a file of it, cannot be used; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class ReportFile:
    """One file of the library: its path below the library with `/` between folders, its bytes and their SHA-256."""

    source: str
    data: bytes = field(repr=False)
    digest: str


@dataclass(frozen=True, slots=True)
class Scan:
    """A library as it was found at one moment. `digest` is that of kb.toml."""

    files: tuple[ReportFile, ...]
    configuration: Configuration
    digest: str
    problems: tuple[FileProblem, ...]


class Library:
    """A folder of report files."""

    def __init__(self, path: Path) -> None:
        if not path.is_dir():
            what = "not a folder" if path.exists() else "no such folder"
            raise LibraryError(f"{path}: {what}; make it, or name another with --library or KB_LIBRARY")
        self.path = path.resolve()

    def scan(self) -> Scan:
        """Return all report files with their bytes; those that cannot be opened are told as problems."""
        files, problems = [], []
        for path in self._paths():
            source = path.relative_to(self.path).as_posix()
            try:
                data = path.read_bytes()
            except OSError as error:
                problems.append(
                    FileProblem(source, None, f"cannot be opened ({error.strerror}); check its permissions")
                )
                continue
            if not data.startswith(NOT_A_REPORT):
                files.append(ReportFile(source, data, hashlib.sha256(data).hexdigest()))
        configuration, digest, problem = self.configuration()
        return Scan(tuple(files), configuration, digest, (*problems, *problem))

    def holds_reports(self) -> bool:
        """Return whether there is any report file, without reading them whole."""
        return any(not _begins(path, NOT_A_REPORT) for path in self._paths())

    def put(self, data: bytes, name: str, replacing: str | None = None) -> str:
        """Write a report on the disk, durably, and return its source.

        It takes the place of the file `replacing`, which is kept as `name~`; else it never overwrites another file.
        """
        if replacing is not None:
            path = self.path / replacing
            write_whole(path.with_name(path.name + "~"), path.read_bytes())
        else:
            name = file_name(name)
            path = self._free_path(f"{name}.txt" if _left_alone(name) else name)
        write_whole(path, data)
        return path.relative_to(self.path).as_posix()

    def discard(self, source: str) -> str:
        """Take a report out of the library and forget what was told of it; return the name it is kept under."""
        kept = set_aside(self.path / source)
        self.tell(source, None)
        return kept.name

    def tell(self, source: str, given: Given | None) -> None:
        """Write into kb.toml what is given by hand for a file; None forgets it. Raises LibraryError for a broken one."""
        self._configure(lambda before: with_given(before, source, given))

    def correct(self, note: str, correction: Correction) -> None:
        """Write into kb.toml which services a note is and is not about. Raises LibraryError for a broken one."""
        self._configure(lambda before: with_correction(before, note, correction))

    def _configure(self, change: Callable[[bytes], bytes]) -> None:
        path = self.path / CONFIGURATION
        before = path.read_bytes() if path.exists() else b""
        try:
            parse(before)
        except ConfigurationError as error:
            raise LibraryError(f"{path}: {error}; mend it first, nothing was written") from error
        after = change(before)
        if after != before:
            write_whole(path, after)

    def _free_path(self, name: str) -> Path:
        stem, ending = Path(name).stem, Path(name).suffix
        names = chain([name], (f"{stem}-{number}{ending}" for number in count(2)))
        return next(path for path in map(self.path.joinpath, names) if not path.exists() and not path.is_symlink())

    def _paths(self) -> Iterator[Path]:
        """Yield the files that may be reports, in a stable order: no hidden ones, no backups, nothing outside."""
        for folder, folders, names in os.walk(self.path):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                path = Path(folder, name)
                if not _left_alone(name) and not _is_special(path) and path.resolve().is_relative_to(self.path):
                    yield path

    def configuration(self) -> tuple[Configuration, str, tuple[FileProblem, ...]]:
        """Return what kb.toml says, its SHA-256, and what is wrong with it: then the library goes without."""
        path = self.path / CONFIGURATION
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return Configuration(), "", ()
        except OSError as error:
            problem = FileProblem(CONFIGURATION, None, f"cannot be opened ({error.strerror}); check its permissions")
            return Configuration(), "", (problem,)
        digest = hashlib.sha256(data).hexdigest()
        try:
            return parse(data), digest, ()
        except ConfigurationError as error:
            message = f"not used: {error}; mend it, the reports are indexed without it"
            return Configuration(), digest, (FileProblem(CONFIGURATION, None, message),)


def _left_alone(name: str) -> bool:
    """Whether a file name is hidden, an editor's backup or our own configuration."""
    return name.startswith((".", "~$", "#")) or name.endswith(("~", ".bak", ".swp", ".tmp")) or name == CONFIGURATION


def _is_special(path: Path) -> bool:
    """Whether it is a pipe, socket or device: reading one may never end."""
    return path.exists() and not path.is_file()


def _begins(path: Path, mark: bytes) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(mark)) == mark
    except OSError:
        return False
