"""How reports are understood and indexed and what is stored of them, as digests, and whether that is as it was.

They stand in golden.json beside.

Where it is not, raise `kb.storage.fingerprint.FORMAT`, and run `python tests/kb/library/golden.py`: then indexes of
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
from kb.library.contents import Contents
from kb.library.kept import KeptReport
from kb.pipeline.understanding import Tools, understand
from kb.report.difference import Difference
from kb.search.documents import documents
from kb.search.schema import SCHEMA
from kb.services import Domain
from kb.storage.fingerprint import FORMAT

STORED = (Contents, Difference, Domain, KeptReport)
"""What outlives a process: a field of it under another name is read as if it were missing."""

ROOT = Path(__file__).resolve().parents[3]
TOLD = Path(__file__).with_suffix(".json")
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
    """Return the digest of the fields of a type and of those within it, without what docstrings say of them."""
    schema = msgspec.json.encode(msgspec.json.schema(kind), order="deterministic")
    return _digest(re.sub(rb'"(description|title)":"(?:[^"\\\\]|\\\\.)*",?', b"", schema))


def _report(file: Path, tools: Tools) -> str:
    finished = understand(file.read_bytes(), file.name, tools)
    rows = [row(one, SCHEMA) for one in documents(finished, tools.analyzer, tools.domain)]
    told = (field_names(SCHEMA), finished.report, finished.warnings, finished.findings, rows)
    return _digest(_LIKELY.sub(b"", msgspec.json.encode(told, order="deterministic")))


def _digest(told: bytes) -> str:
    return hashlib.sha256(told).hexdigest()[:16]


def main() -> None:
    """Write the digests. Exits where they differ and the format is the one that they were written with."""
    found, before = golden(), read()
    if before and before["reports"] != found and before["format"] == FORMAT:
        sys.exit("reports are understood otherwise: raise FORMAT in kb/storage/fingerprint.py first")
    TOLD.write_bytes(msgspec.json.format(msgspec.json.encode({"format": FORMAT, "reports": found})) + b"\n")


def read() -> Mapping[str, object]:
    """Return what was written last; nothing the first time."""
    told: Mapping[str, object] = msgspec.json.decode(TOLD.read_bytes()) if TOLD.exists() else {}
    return told


if __name__ == "__main__":
    main()
