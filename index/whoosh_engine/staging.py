"""Documents written ahead of a publish, by any process: segments that wait to be moved into the next generation."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from index.engine import StagedSegment
from index.schema import Document, Schema
from index.whoosh_engine import generations
from index.whoosh_engine.segment_writer import writing
from index.whoosh_engine.write_lock import locked


class SegmentStaging(Struct, frozen=True):
    """Writes segments to a folder; it can be handed to another process."""

    folder: Path
    schema: Schema

    def write(self, given: Iterable[tuple[str, Iterable[Document]]]) -> StagedSegment:
        """Write sources with all their documents, as they come, to a segment of their own."""
        segment = Path(tempfile.mkdtemp(dir=self.folder)) / "segment"
        with writing(segment, self.schema) as writer:
            runs = tuple((source, sum(1 for _ in map(writer.add, documents))) for source, documents in given)
        return StagedSegment(segment, runs)


@contextmanager
def staging(folder: Path, schema: Schema) -> Iterator[SegmentStaging]:
    """Give what writes segments for the next generation of a folder; what was not moved there is deleted in the end.

    Raises WriterBusyError while another process has it, SearchIndexError if the folder holds anything else.
    """
    generations.begin(folder)
    with locked(folder / generations.STAGED_LOCK):
        staged = folder / generations.STAGED
        shutil.rmtree(staged, ignore_errors=True)  # of one that was killed
        staged.mkdir(exist_ok=True)
        try:
            yield SegmentStaging(staged, schema)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
