"""What a sync does: tells whether an index is that of the library as it stands, and reads the library whole."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from kb.answers import ReportEntry
from kb.identity import normalized
from kb.library import FileProblem, Library, LibraryError, Scan
from kb.model import Report
from kb.readers.formats import UnreadableError
from kb.reading import Reading, Tools, read_report, with_id
from kb.records import load_talk

Progress = Callable[[str, int, int], None]
Meta = Mapping[str, Any]
# Two files of one event and title hold the same post if they share so many notes, also as Markdown and as a page;
SAME_POST = 0.9
# and one is an edited version of the other, not somebody else's report, if they share so many.
SAME_REPORT = 0.3


@dataclass(frozen=True, slots=True)
class Read:
    """A library read whole: its reports, each with the digest of its file, and what was wrong."""

    readings: tuple[tuple[Reading, str], ...]
    problems: tuple[FileProblem, ...]


@cache
def code_digest() -> str:
    """Return the SHA-256 over what decides how an index looks: code and data of kb and index, library versions."""
    digest = hashlib.sha256()
    for name in ("sudachipy", "sudachidict-core", "whoosh"):
        digest.update(f"{name} {version(name)}\n".encode())
    root = Path(__file__).resolve().parent.parent
    for path in sorted(path for room in ("index", "kb") for path in (root / room).rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def is_current(meta: Meta | None, library: Library, scan: Scan) -> bool:
    """Return whether an index written with `meta` is what a rebuild would give. Raises LibraryError for another's."""
    if meta is None:
        return False
    if meta["library"] != str(library.path):
        raise LibraryError(f"the index is that of {meta['library']}; name another folder with --index or KB_INDEX")
    wanted = (code_digest(), scan.digest, {file.source: file.digest for file in scan.files})
    return (meta["code"], meta["configuration"], meta["files"]) == wanted


def read_library(scan: Scan, tools: Tools, progress: Progress) -> Read:
    """Read every report of a library; a file that cannot be read is told and never stops the others."""
    readings: list[tuple[Reading, str]] = []
    problems: list[FileProblem] = []
    alike: defaultdict[str, list[Report]] = defaultdict(list)
    for number, file in enumerate(scan.files, start=1):
        try:
            reading = read_report(file.data, file.source, tools, scan.configuration.given.get(file.source))
        except UnreadableError as error:
            problems.append(FileProblem(file.source, None, str(error).removeprefix(f"{file.source}: ")))
        else:
            others = alike[reading.report.id]
            twin = next((other for other in others if overlap(other, reading.report) >= SAME_POST), None)
            if twin:
                problems.append(FileProblem(file.source, None, f"the same post as {twin.source}; indexed once"))
            else:
                others.append(reading.report)
                own = reading if len(others) == 1 else with_id(reading, f"{reading.report.id}-{len(others)}")
                readings.append((own, file.digest))
                problems += [FileProblem(file.source, warning.line, warning.message) for warning in reading.warnings]
        progress("reading", number, len(scan.files))
    return Read(tuple(readings), tuple(problems))


def overlap(one: Report, other: Report) -> float:
    """Return which share of the shorter report's notes stand in the other too: 1.0 for two copies, 0.0 for strangers."""
    texts = [Counter(normalized(note.text) for note in report.notes) for report in (one, other)]
    shorter = min(text.total() for text in texts)
    return (texts[0] & texts[1]).total() / shorter if shorter else 1.0


def meta_of(read: Read, library: Library, scan: Scan) -> dict[str, Any]:
    """Return what an index of these reports is to remember beside its documents."""
    return {
        "library": str(library.path),
        "code": code_digest(),
        "configuration": scan.digest,
        "files": {file.source: file.digest for file in scan.files},
        "reports": [_entry_record(reading, digest) for reading, digest in read.readings],
        "problems": [[problem.source, problem.line, problem.message] for problem in read.problems],
    }


def _entry_record(reading: Reading, digest: str) -> dict[str, Any]:
    report = reading.report
    return {
        "digest": digest,
        "entry": {
            "id": report.id,
            "source": report.source,
            "title": report.title,
            "event": report.event,
            "held_on": report.held_on,
            "url": report.url,
            "talks": [asdict(talk) for talk in report.talks],
            "notes": len(report.notes),
        },
    }


def entries(meta: Meta | None) -> Iterator[ReportEntry]:
    """Yield the reports that an index was written with, in library order."""
    for record in meta["reports"] if meta else ():
        entry = record["entry"]
        yield ReportEntry(**{**entry, "talks": tuple(load_talk(talk) for talk in entry["talks"])})


def problems_of(meta: Meta | None) -> tuple[FileProblem, ...]:
    """Return what was wrong with the files of a library when its index was written."""
    return tuple(FileProblem(*problem) for problem in (meta["problems"] if meta else ()))


def digests(meta: Meta | None) -> dict[str, str]:
    """Return the digest of each report's file by report id."""
    return {record["entry"]["id"]: record["digest"] for record in (meta["reports"] if meta else ())}
