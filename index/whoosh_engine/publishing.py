"""Writes generations: publishes documents, stages segments ahead of a publish, and merges small segments.

A publish writes one segment of the given documents, rewrites small segments into it, moves staged segments and links
the rest. Merging happens apart from it: new segments are written first, then exchanged in a moment.
"""

import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from index.engine import OutdatedError, Publication, StagedSegment, WriterBusyError
from index.schema import Document, Schema
from index.whoosh_engine import generations, whoosh_writer
from index.whoosh_engine.generations import Generation, Segment, linked, locked, segment_name

SMALL = 1000  # documents of a segment, which are rewritten within a tenth of a second


def publish(folder: Path, publication: Publication, since: object, schema: Schema) -> None:
    """Write the next generation of an index and make it the current one; on failure the current one stays.

    Raises SearchIndexError as `Publication.kept` does, and all that `generations.writing` raises.
    """
    with generations.writing(folder, since) as (new, before):
        older = before.segments if before else ()
        kept = _only(older, publication.kept([source for segment in older for source in segment.sources]))
        staged = [Segment(each.folder, each.runs) for each in publication.staged]
        staged = _only(staged, set(publication.order) - publication.replaced.keys())
        moved = [
            replace(segment, folder=segment.folder.rename(new / segment_name(new, number)))
            for number, segment in enumerate(staged, start=1)
        ]
        if publication.replaced:
            kept = _with_replaced(publication, new, kept, schema)
        segments = [segment if segment.folder.parent == new else linked(segment, new) for segment in kept]
        generations.commit(
            folder, Generation(new.name, (*segments, *moved), tuple(publication.order), publication.meta)
        )


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
    with whoosh_writer.writing(new, schema) as writer:
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
        with whoosh_writer.writing(segment, self.schema) as writer:
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
            with whoosh_writer.writing(scratch / "segment", schema) as writer:
                for segment in merging:
                    writer.add_segment(segment)
            merged = Segment(scratch / "segment", tuple(writer.runs))
            with generations.writing(folder, since=None) as (new, before):
                generations.commit(folder, _exchanged(new, before, merging, merged))
    except (OutdatedError, WriterBusyError):
        return  # another process merges, or every merged document is deleted by now


def _worth_merging(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Return the segments to merge: the smallest ones, and larger ones that are less than half live.

    Sorted by size, the segments up to the last that is no larger than the sum of its predecessors are merged.
    Afterwards each segment is larger than all smaller ones together. Therefore few segments remain, and documents are
    rarely rewritten.
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
