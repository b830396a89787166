"""Documents written ahead of a publish: lines of JSON in a folder of this machine, made by several processes."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec

from index.engine import StagedSegment
from index.opensearch_engine.mapping import Layout, Row
from index.schema import Document, Schema

_OURS, _OLD = "drafts-", 24 * 3600.0  # folders, and after how many seconds nobody writes to one any more
_PREFIX, _LINES, _BEGINS = "draft-", "lines", "begins"


@dataclass(frozen=True, slots=True)
class LineStaging:
    """Writes staged segments below a folder; it can be handed to another process."""

    folder: Path
    schema: Schema

    def write(self, given: Iterable[tuple[str, Iterable[Document]]]) -> StagedSegment:
        """Write sources with all their documents, as they come."""
        layout, runs, begins = Layout(self.schema), list[tuple[str, int]](), list[int]()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self.folder))
        with (folder / _LINES).open("wb") as lines:
            for source, documents in given:
                begins.append(lines.tell())
                rows = (lines.write(msgspec.json.encode(layout.row(document)) + b"\n") for document in documents)
                runs.append((source, sum(1 for _ in rows)))
        (folder / _BEGINS).write_bytes(msgspec.json.encode(begins))
        return StagedSegment(folder, tuple(runs))


@contextmanager
def staging(folder: Path, schema: Schema) -> Iterator[LineStaging]:
    """Give what writes staged segments below a folder; they are gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_OURS}*"):  # by a process that was killed
        if left.stat().st_mtime < time.time() - _OLD:
            shutil.rmtree(left, ignore_errors=True)
    here = Path(tempfile.mkdtemp(prefix=_OURS, dir=folder))
    try:
        yield LineStaging(here, schema)
    finally:
        shutil.rmtree(here, ignore_errors=True)


def rows_of(staged: Sequence[StagedSegment]) -> Mapping[str, Callable[[], Iterator[Row]]]:
    """Return for each source of some staged segments what reads its documents."""
    readers: dict[str, Callable[[], Iterator[Row]]] = {}
    for stage in staged:
        begins = msgspec.json.decode((stage.folder / _BEGINS).read_bytes(), type=list[int])
        for (source, count), begin in zip(stage.runs, begins, strict=True):
            readers[source] = partial(_rows, stage.folder / _LINES, begin, count)
    return readers


def _rows(file: Path, begin: int, count: int) -> Iterator[Row]:
    with file.open("rb") as lines:
        lines.seek(begin)
        for line in islice(lines, count):
            yield msgspec.json.decode(line, type=Row)
