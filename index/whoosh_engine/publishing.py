"""Writing generations: what a publish gives, what was staged ahead of it, and small segments that become one.

A publish writes one segment of the documents given, takes in small older ones and moves staged ones. Merging is off its
way: segments are written anew first, and exchanged in a moment.
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
from index.whoosh_engine import columns, generations, storage
from index.whoosh_engine.columns import ColumnsWriter
from index.whoosh_engine.generations import Generation, Segment, linked, segment_name
from index.whoosh_engine.rows import STORED, field_names, row
from index.whoosh_engine.segments import TermStore
from index.whoosh_engine.storage import TermWriter
from index.whoosh_engine.write_lock import locked

SMALL = 1000  # documents: they are taken in within a tenth of a second


def write_generation(publication: Publication, folder: Path, before: Generation | None, schema: Schema) -> Generation:
    """Write the documents given to the empty folder of a generation, link the rest, and return it.

    Raises SearchIndexError as `Publication.kept` does.
    """
    older = before.segments if before else ()
    sources = publication.kept(source for segment in older for source in segment.sources)
    kept = _only(older, sources)
    ahead = [Segment(stage.folder, stage.runs) for stage in publication.staged]
    moved = [
        replace(stage, folder=stage.folder.rename(folder / segment_name(folder, number)))
        for number, stage in enumerate(_only(ahead, set(publication.order) - publication.replaced.keys()), start=1)
    ]
    if publication.replaced:
        kept = _with_given(publication, folder, kept, schema)
    segments = [one if one.folder.parent == folder else linked(one, folder) for one in kept]
    return Generation(folder.name, (*segments, *moved), tuple(publication.order), publication.meta)


def _only(segments: Iterable[Segment], sources: Collection[str]) -> list[Segment]:
    """Return the segments of which something stays, with tombstones for what is of other sources."""
    kept = [segment.only(sources) for segment in segments]
    return [segment for segment in kept if segment.sources]


def _with_given(publication: Publication, folder: Path, kept: Sequence[Segment], schema: Schema) -> list[Segment]:
    """Write the documents given, and as many from before, and return the segments in place of those kept.

    A segment is taken in if it has no more documents than were written so far, and is so small that nobody waits
    for it; the others are merged later (`merge`).
    """
    new, runs = folder / segment_name(folder), list[tuple[str | None, int]]()
    rest = sorted(kept, key=lambda segment: segment.documents, reverse=True)
    with writing(new, schema) as writer:
        for source in dict.fromkeys(publication.order):
            if source in publication.replaced:
                runs.append((source, sum(1 for _ in map(writer.add, publication.replaced[source]))))
        while rest and rest[-1].documents <= min(SMALL, sum(count for _, count in runs)):
            smallest = rest.pop()
            writer.take_in(smallest)
            runs += [(source, count) for source, count in smallest.runs if source is not None]
    return [*rest, Segment(new, tuple(runs))]


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


def merge(folder: Path, schema: Schema) -> None:
    """Merge the segments of an index that are worth it, unless another process is at it.

    What is published meanwhile holds: of what was merged only that is live which still is in the end.
    """
    generation = generations.current(folder)
    chosen = _worth_merging(generation.segments) if generation else ()
    if not chosen:
        return
    scratch = folder / generations.MERGING
    try:
        with locked(folder / generations.MERGER_LOCK, patience=0):
            shutil.rmtree(scratch, ignore_errors=True)  # of one that was killed
            try:
                merged = _written(scratch, chosen, schema)
                generations.publish(folder, None, lambda to, now: _exchanged(to, now, chosen, merged))
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    except (OutdatedError, WriterBusyError):
        return  # another merges, or nothing of it is live any more


def _worth_merging(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Return as many of the smallest as can be so merged that each has no more than those before, and the half empty.

    Sizes then at least double from one to the next: there are few, and each document is written again as seldom.
    """
    by_size = sorted(segments, key=lambda segment: segment.documents)
    sums = accumulate((segment.documents for segment in by_size), initial=0)
    grown = [place for place, (one, before) in enumerate(zip(by_size, sums, strict=False)) if one.documents <= before]
    smallest = by_size[: grown[-1] + 1] if grown else []
    return (*smallest, *(one for one in by_size[len(smallest) :] if one.documents * 2 < one.size))


def _written(scratch: Path, chosen: Sequence[Segment], schema: Schema) -> Segment:
    """Write what is live of some segments to a new one."""
    scratch.mkdir()
    with writing(scratch / "segment", schema) as writer:
        for segment in chosen:
            writer.take_in(segment)
    runs = ((source, count) for segment in chosen for source, count in segment.runs if source is not None)
    return Segment(scratch / "segment", tuple(runs))


def _exchanged(folder: Path, now: Generation | None, chosen: Sequence[Segment], merged: Segment) -> Generation:
    """Put what was merged into the folder of a generation in place of what it was made of."""
    if now is None:
        raise OutdatedError(folder.parent)
    names = {segment.folder.name for segment in chosen}
    live = {source for segment in now.segments if segment.folder.name in names for source in segment.sources}
    if not live:
        raise OutdatedError(folder.parent)
    rest = [linked(segment, folder) for segment in now.segments if segment.folder.name not in names]
    taken_in = Segment(merged.folder.rename(folder / segment_name(folder)), merged.only(live).runs)
    return Generation(folder.name, (*rest, taken_in), now.order, now.meta)


class SegmentWriter:
    """Writes documents, one after the other, to Whoosh's files and to columns."""

    def __init__(self, terms: TermWriter, schema: Schema) -> None:
        self._terms = terms
        self._schema = schema
        self.columns = ColumnsWriter(schema)

    def add(self, document: Document) -> None:
        """Write a document. Raises ValueError for a field that the schema has not."""
        written = row(document, self._schema)
        self._terms.add(written)
        self.columns.add(written)

    def take_in(self, segment: Segment) -> None:
        """Write the live documents of a segment. Raises DamageError on damage."""
        live = np.ones(segment.size, np.bool_)
        live[list(segment.dead)] = False
        with closing(TermStore(segment.folder, segment.size)) as store:
            self._terms.take_in(store, live)
        self.columns.take_in(columns.read(segment.folder), live)


@contextmanager
def writing(folder: Path, schema: Schema) -> Iterator[SegmentWriter]:
    """Make a folder and write to it what is written within; on any failure its content is of no use."""
    with storage.writing(folder, field_names(schema), STORED) as terms:
        yield (writer := SegmentWriter(terms, schema))
    writer.columns.write(folder)
