"""Digests of finished reports, their documents, and the stored shapes, recorded in golden.json.

When they change, raise `kb.storage.caches.FORMAT` and run `python tests/kb/library/golden.py`: old indexes are made
again.
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
from kb.pipeline.reports import Tools, finish_report
from kb.readers.formats import read_outline
from kb.report.difference import Difference
from kb.search.documents import SCHEMA, documents
from kb.services import Domain
from kb.storage.caches import FORMAT

STORED = (Contents, Difference, Domain, CachedReport)
"""The stored types: a renamed field of them would read as missing."""

ROOT = Path(__file__).resolve().parents[3]
RECORDED = Path(__file__).with_suffix(".json")
_PROSE = ("description", "title")  # of a schema: a docstring, and the name of a class
_STEP = 8  # every eighth labelled report is read; all formats are among them
_PROBABILITY = re.compile(rb"\d+\.\d+(?:e-?\d+)?")  # the last digits of probabilities differ between machines


def golden() -> dict[str, str]:
    """Return the digests of the stored types, and of each report with its documents."""
    labelled = sorted(
        path for path in (ROOT / "data/labels/reports").iterdir() if not path.name.endswith(".labels.tsv")
    )
    tools = Tools()
    shapes = {f"fields of {kind.__name__}": _shape(kind) for kind in STORED}
    return shapes | {
        file.relative_to(ROOT).as_posix(): _report(file, tools)
        for file in chain(sorted((ROOT / "data/samples").iterdir()), labelled[::_STEP])
    }


def _shape(kind: type) -> str:
    """Return the digest of the fields of a type, nested ones included, without the names of classes."""
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
        # A field may be called title, too: then its schema is no text.
        return {key: plain(part[key]) for key in sorted(part) if key not in _PROSE or not isinstance(part[key], str)}

    return _digest(msgspec.json.encode(plain({"$ref": schema["$ref"]})))


def _report(file: Path, tools: Tools) -> str:
    finished = finish_report(read_outline(file.read_bytes(), file.name), tools)
    rows = [row(one, SCHEMA) for one in documents(finished.report, finished.morphemes, tools.analyzer, tools.domain)]
    parts = (field_names(SCHEMA), finished.report, finished.classified.warnings, finished.classified.findings, rows)
    return _digest(_PROBABILITY.sub(b"", msgspec.json.encode(parts, order="deterministic")))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def main() -> None:
    """Record the digests. Exits if they differ, but the format was not raised."""
    found, before = golden(), read()
    if before and before["reports"] != found and before["format"] == FORMAT:
        sys.exit("finished reports or stored shapes have changed: raise FORMAT in kb/storage/caches.py first")
    RECORDED.write_bytes(msgspec.json.format(msgspec.json.encode({"format": FORMAT, "reports": found})) + b"\n")


def read() -> Mapping[str, object]:
    """Return the recorded digests, empty the first time."""
    recorded: Mapping[str, object] = msgspec.json.decode(RECORDED.read_bytes()) if RECORDED.exists() else {}
    return recorded


if __name__ == "__main__":
    main()
