"""How reports are understood and indexed and what is stored of them, as digests, and whether that is as it was.

They stand in golden.json beside.

Where it is not, raise `kb.storage.caches.FORMAT`, and run `python tests/kb/library/golden.py`: then indexes of
before are made anew.
"""

import hashlib
import re
import sys
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

import msgspec

from index.whoosh_engine.rows import field_names, row
from kb.indexing.report_cache import CachedReport
from kb.library.contents import Contents
from kb.pipeline.reports import Tools, read_report
from kb.report.difference import Difference
from kb.search.documents import SCHEMA, documents
from kb.services import Domain
from kb.storage.caches import FORMAT

STORED = (Contents, Difference, Domain, CachedReport)
"""What outlives a process: a field of it under another name is read as if it were missing."""

ROOT = Path(__file__).resolve().parents[3]
TOLD = Path(__file__).with_suffix(".json")
_SAID = ("description", "title")  # of a schema: a docstring, and the name of a class
_EVERY = 8  # of the labelled reports, which are of all formats
_LIKELY = re.compile(rb"\d+\.\d+(?:e-?\d+)?")  # how sure something is differs by the machine in its last digits


def golden() -> dict[str, str]:
    """Return the digests of what is stored, and of each report: its notes, its talks, the terms of its documents."""
    labelled = sorted(one for one in (ROOT / "data/labels/reports").iterdir() if not one.name.endswith(".labels.tsv"))
    tools = Tools()
    shapes = {f"fields of {kind.__name__}": _shape(kind) for kind in STORED}
    return shapes | {
        file.relative_to(ROOT).as_posix(): _report(file, tools)
        for file in chain(sorted((ROOT / "data/samples").iterdir()), labelled[::_EVERY])
    }


def _shape(kind: type) -> str:
    """Return the digest of the fields of a type and of those within it, whatever classes are called."""
    schema = msgspec.json.schema(kind)
    met: list[str] = []

    def plain(part: object) -> object:
        if isinstance(part, list):
            return [plain(one) for one in part]
        if not isinstance(part, dict):
            return part
        if name := part.get("$ref", "").removeprefix("#/$defs/"):
            if name in met:
                return met.index(name)
            met.append(name)
            return plain(schema["$defs"][name])
        # A field may be called title too: then it is no text.
        return {key: plain(part[key]) for key in sorted(part) if key not in _SAID or not isinstance(part[key], str)}

    return _digest(msgspec.json.encode(plain({"$ref": schema["$ref"]})))


def _report(file: Path, tools: Tools) -> str:
    finished = read_report(file.read_bytes(), file.name, tools)
    rows = [row(one, SCHEMA) for one in documents(finished, tools.analyzer, tools.domain)]
    told = (field_names(SCHEMA), finished.report, finished.warnings, finished.findings, rows)
    return _digest(_LIKELY.sub(b"", msgspec.json.encode(told, order="deterministic")))


def _digest(told: bytes) -> str:
    return hashlib.sha256(told).hexdigest()[:16]


def main() -> None:
    """Write the digests. Exits where they differ and the format is the one that they were written with."""
    found, before = golden(), read()
    if before and before["reports"] != found and before["format"] == FORMAT:
        sys.exit("reports are understood otherwise: raise FORMAT in kb/storage/caches.py first")
    TOLD.write_bytes(msgspec.json.format(msgspec.json.encode({"format": FORMAT, "reports": found})) + b"\n")


def read() -> Mapping[str, object]:
    """Return what was written last; nothing the first time."""
    told: Mapping[str, object] = msgspec.json.decode(TOLD.read_bytes()) if TOLD.exists() else {}
    return told


if __name__ == "__main__":
    main()
