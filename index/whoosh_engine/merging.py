"""Small segments become one, off the way of who publishes: they are written anew first, and exchanged in a moment."""

import shutil
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from index.engine import OutdatedError, WriterBusyError
from index.schema import Schema
from index.whoosh_engine import generations
from index.whoosh_engine.generations import Generation, Segment
from index.whoosh_engine.segment_writer import writing
from index.whoosh_engine.write_lock import locked


def merge(folder: Path, schema: Schema) -> None:
    """Merge the segments of an index that are worth it, unless another process is at it.

    What is published meanwhile holds: of what was merged only that is meant which still is in the end.
    """
    generation = generations.current(folder)
    chosen = _worth_merging(generation.segments) if generation else ()
    if not chosen:
        return
    scratch = folder / generations.MERGING
    try:
        with locked(folder / generations.MERGER_LOCK, patience=0):
            shutil.rmtree(scratch, ignore_errors=True)  # of one that was killed
            merged = _written(scratch, chosen, schema)
            generations.publish(folder, None, lambda to, now: _exchanged(to, now, chosen, merged))
            shutil.rmtree(scratch, ignore_errors=True)
    except (OutdatedError, WriterBusyError):
        return  # another merges, or nothing of it is meant any more


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
    """Write what is meant of some segments to a new one."""
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
    meant = {source for segment in now.segments if segment.folder.name in names for source in segment.sources}
    if not meant:
        raise OutdatedError(folder.parent)
    rest = [generations.linked(segment, folder) for segment in now.segments if segment.folder.name not in names]
    taken_in = Segment(merged.folder.rename(folder / generations.segment_name(folder)), merged.only(meant).runs)
    return Generation(folder.name, (*rest, taken_in), now.order, now.meta)
