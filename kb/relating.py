"""What a sync does: reads the library whole, one bad report never stopping the others."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from kb.library.contents import Contents
from kb.library.files import Library, Scan
from kb.report.identity import normalized
from kb.report.model import Report
from kb.report.problems import FileProblem, UnreadableError
from kb.search.answers import ReportEntry
from kb.understanding import Reading, Tools, read_report, with_id

Progress = Callable[[str, int, int], None]
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


def read_library(scan: Scan, tools: Tools, progress: Progress) -> Read:
    """Read every report of a library; a file that cannot be read is told and never stops the others."""
    readings: list[tuple[Reading, str]] = []
    problems: list[FileProblem] = []
    alike: defaultdict[str, list[Report]] = defaultdict(list)
    for number, file in enumerate(scan.files, start=1):
        try:
            reading = read_report(file.data, file.source, tools)
        except UnreadableError as error:
            problems.append(error.problem)
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


def contents_of(read: Read, library: Library, scan: Scan) -> Contents:
    """Return what an index of these reports is to remember beside its documents."""
    return Contents(
        library=str(library.path),
        code=code_digest(),
        configuration=scan.digest,
        files={file.source: file.digest for file in scan.files},
        reports=tuple(_entry(reading.report, digest) for reading, digest in read.readings),
        problems=read.problems,
    )


def _entry(report: Report, digest: str) -> ReportEntry:
    return ReportEntry(
        id=report.id,
        source=report.source,
        digest=digest,
        title=report.title,
        event=report.event,
        held_on=report.held_on,
        url=report.url,
        talks=report.talks,
        notes=len(report.notes),
    )
