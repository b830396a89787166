"""Writes generations: publishes documents, stages segments ahead of a publish, and merges small segments.

A publish writes one segment of the given documents, rewrites small segments into it, moves staged segments and links
the rest. Merging happens apart from it: new segments are written first, then exchanged in a moment.
"""

import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import accumulate
from pathlib import Path

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from index.engine import OutdatedError, Publication, StagedSegment, WriterBusyError
from index.schema import Document, Schema
from index.whoosh_engine import columns, generations, whoosh_writer
from index.whoosh_engine.columns import ColumnsWriter
from index.whoosh_engine.generations import Generation, Segment, linked, segment_name
from index.whoosh_engine.rows import STORED, field_names, row
from index.whoosh_engine.whoosh_reader import SegmentFile
from index.whoosh_engine.whoosh_writer import TermWriter
from index.whoosh_engine.write_lock import locked

SMALL = 1000  # documents of a segment; so many are rewritten within a tenth of a second


def publish(folder: Path, publication: Publication, since: object, schema: Schema) -> None:
    """Write the next generation of an index and make it the current one; on failure the current one stays.

    Raises SearchIndexError as `Publication.kept` does, and all that `generations.writing` raises.
    """
    with generations.writing(folder, since) as (new, before):
        generations.commit(folder, _generation_of(publication, new, before, schema))


def _generation_of(publication: Publication, folder: Path, before: Generation | None, schema: Schema) -> Generation:
    """Write the segments of a publication to the empty folder of a generation, and return that."""
    older = before.segments if before else ()
    kept = _only(older, publication.kept([source for segment in older for source in segment.sources]))
    staged = [Segment(each.folder, each.runs) for each in publication.staged]
    staged = _only(staged, set(publication.order) - publication.replaced.keys())
    moved = [
        replace(segment, folder=segment.folder.rename(folder / segment_name(folder, number)))
        for number, segment in enumerate(staged, start=1)
    ]
    if publication.replaced:
        kept = _with_replaced(publication, folder, kept, schema)
    segments = [segment if segment.folder.parent == folder else linked(segment, folder) for segment in kept]
    return Generation(folder.name, (*segments, *moved), tuple(publication.order), publication.meta)


def _only(segments: Iterable[Segment], sources: Collection[str]) -> list[Segment]:
    """Return the segments that have any of these sources, with tombstones for all others."""
    kept = [segment.only(sources) for segment in segments]
    return [segment for segment in kept if segment.sources]


def _with_replaced(publication: Publication, folder: Path, kept: Sequence[Segment], schema: Schema) -> list[Segment]:
    """Write a segment of the replaced documents and of small segments, and return all segments of the generation.

    A kept segment is rewritten into the new one if it is small and has no more documents than were written so far.
    Larger ones are left to `merge`, so that no publish waits for them.
    """
    new = folder / segment_name(folder)
    rest = sorted(kept, key=lambda segment: segment.live_size, reverse=True)
    with _segment_writer(new, schema) as writer:
        for source in dict.fromkeys(publication.order):
            if source in publication.replaced:
                writer.add(source, publication.replaced[source])
        while rest and rest[-1].live_size <= min(SMALL, writer.size):
            writer.add_segment(rest.pop())
    return [*rest, Segment(new, tuple(writer.runs))]


class SegmentStaging(Struct, frozen=True):
    """Writes staged segments to a folder. It can be pickled, so that other processes write too."""

    folder: Path
    schema: Schema

    def write(self, sources: Iterable[tuple[str, Iterable[Document]]]) -> StagedSegment:
        """Write each source with all its documents to a segment of their own, in the order given."""
        segment = Path(tempfile.mkdtemp(dir=self.folder)) / "segment"
        with _segment_writer(segment, self.schema) as writer:
            for source, documents in sources:
                writer.add(source, documents)
        return StagedSegment(segment, tuple(writer.runs))


@contextmanager
def staging(folder: Path, schema: Schema) -> Iterator[SegmentStaging]:
    """Give a writer of staged segments; on exit the segments that were not published are deleted.

    Raises WriterBusyError while another process is staging, SearchIndexError if the folder contains other files.
    """
    generations.create(folder)
    with locked(folder / generations.STAGED_LOCK), _temporary(folder / generations.STAGED) as staged:
        yield SegmentStaging(staged, schema)


def merge(folder: Path, schema: Schema) -> None:
    """Merge the segments of an index that are worth it; do nothing while another process merges.

    Publishes go on meanwhile: documents that they delete are deleted in the merged segment too.
    """
    generation = generations.current(folder)
    merging = _worth_merging(generation.segments) if generation else ()
    if not merging:
        return
    try:
        with (
            locked(folder / generations.MERGER_LOCK, timeout=0),
            _temporary(folder / generations.MERGING) as scratch,
        ):
            with _segment_writer(scratch / "segment", schema) as writer:
                for segment in merging:
                    writer.add_segment(segment)
            merged = Segment(scratch / "segment", tuple(writer.runs))
            with generations.writing(folder, since=None) as (new, before):
                generations.commit(folder, _exchanged(new, before, merging, merged))
    except (OutdatedError, WriterBusyError):
        return  # another process merges, or every merged document is deleted by now


def _worth_merging(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Return the segments to merge: those that are less than half live, and as many of the smallest as follows.

    The smallest are merged up to the last one that is no larger than all before it together. Afterwards each segment is
    at least as large as all smaller ones together, so there are few, and a document is seldom rewritten.
    """
    by_size = sorted(segments, key=lambda segment: segment.live_size)
    sums = accumulate((segment.live_size for segment in by_size), initial=0)
    pairs = zip(by_size, sums, strict=False)  # each segment with the size of all before it
    ends = [end for end, (segment, before) in enumerate(pairs, start=1) if segment.live_size <= before]
    smallest = by_size[: ends[-1]] if ends else []
    return (*smallest, *(each for each in by_size[len(smallest) :] if each.live_size * 2 < each.size))


def _exchanged(new: Path, before: Generation | None, merging: Sequence[Segment], merged: Segment) -> Generation:
    """Return the generation with the merged segment in place of those it was merged from, moved or linked into `new`.

    Raises OutdatedError if every merged document was deleted meanwhile.
    """
    names = {segment.folder.name for segment in merging}
    segments = before.segments if before else ()
    live = {source for segment in segments if segment.folder.name in names for source in segment.sources}
    if not before or not live:
        raise OutdatedError(new.parent)
    rest = [linked(segment, new) for segment in segments if segment.folder.name not in names]
    moved = Segment(merged.folder.rename(new / segment_name(new)), merged.only(live).runs)
    return Generation(new.name, (*rest, moved), before.order, before.meta)


@contextmanager
def _temporary(folder: Path) -> Iterator[Path]:
    """Make an empty folder, whatever a killed process left there, and delete it on exit."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class SegmentWriter:
    """Writes the documents of a segment, source by source, to Whoosh's files and to columns."""

    def __init__(self, terms: TermWriter, schema: Schema) -> None:
        self._terms = terms
        self._schema = schema
        self.columns = ColumnsWriter(schema)
        self.runs = list[tuple[str, int]]()  # sources written so far, with their numbers of documents
        self.size = 0  # documents written so far

    def add(self, source: str, documents: Iterable[Document]) -> None:
        """Write all documents of a source. Raises ValueError for a field that the schema lacks."""
        begin = self.size
        for document in documents:
            written = row(document, self._schema)
            self._terms.add(written)
            self.columns.add(written)
            self.size += 1
        self.runs.append((source, self.size - begin))

    def add_segment(self, segment: Segment) -> None:
        """Write the live documents of a segment. Raises DamageError if it cannot be read."""
        live = np.ones(segment.size, np.bool_)
        live[list(segment.deleted)] = False
        with closing(SegmentFile(segment.folder, segment.size)) as file:
            self._terms.add_segment(file, live)
        self.columns.add_segment(columns.read(segment.folder), live)
        self.runs += [(source, count) for source, count in segment.runs if source is not None]
        self.size += segment.live_size


@contextmanager
def _segment_writer(folder: Path, schema: Schema) -> Iterator[SegmentWriter]:
    """Make a folder and give a writer of a segment there; after a failure its content is of no use."""
    with whoosh_writer.writing(folder, field_names(schema), STORED) as terms:
        yield (writer := SegmentWriter(terms, schema))
    writer.columns.write(folder)
