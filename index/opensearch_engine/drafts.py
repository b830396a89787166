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

from index.engine import Draft
from index.opensearch_engine.mapping import Layout, Row
from index.schema import Document, Schema

_OURS, _OLD = "drafts-", 24 * 3600.0  # folders, and after how many seconds nobody writes to one any more
_PREFIX, _LINES, _BEGINS = "draft-", "lines", "begins"


@dataclass(frozen=True, slots=True)
class LineDrafting:
    """Writes drafts below a folder; it can be handed to another process."""

    folder: Path
    schema: Schema

    def write(self, given: Iterable[tuple[str, Iterable[Document]]]) -> Draft:
        """Write sources with all their documents, as they come."""
        layout, runs, begins = Layout(self.schema), list[tuple[str, int]](), list[int]()
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self.folder))
        with (folder / _LINES).open("wb") as lines:
            for source, documents in given:
                begins.append(lines.tell())
                rows = (lines.write(msgspec.json.encode(layout.row(document)) + b"\n") for document in documents)
                runs.append((source, sum(1 for _ in rows)))
        (folder / _BEGINS).write_bytes(msgspec.json.encode(begins))
        return Draft(folder, tuple(runs))


@contextmanager
def drafting(folder: Path, schema: Schema) -> Iterator[LineDrafting]:
    """Give what writes drafts below a folder; they are gone afterwards."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{_OURS}*"):  # by a process that was killed
        if left.stat().st_mtime < time.time() - _OLD:
            shutil.rmtree(left, ignore_errors=True)
    here = Path(tempfile.mkdtemp(prefix=_OURS, dir=folder))
    try:
        yield LineDrafting(here, schema)
    finally:
        shutil.rmtree(here, ignore_errors=True)


def rows_of(drafts: Sequence[Draft]) -> Mapping[str, Callable[[], Iterator[Row]]]:
    """Return for each source of some drafts what reads its documents."""
    readers: dict[str, Callable[[], Iterator[Row]]] = {}
    for draft in drafts:
        begins = msgspec.json.decode((draft.folder / _BEGINS).read_bytes(), type=list[int])
        for (source, count), begin in zip(draft.runs, begins, strict=True):
            readers[source] = partial(_rows, draft.folder / _LINES, begin, count)
    return readers


def _rows(file: Path, begin: int, count: int) -> Iterator[Row]:
    with file.open("rb") as lines:
        lines.seek(begin)
        for line in islice(lines, count):
            yield msgspec.json.decode(line, type=Row)
