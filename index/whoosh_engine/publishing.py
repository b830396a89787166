"""What a publish writes: one segment of the documents given, small older ones merged, staged ones moved."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from index.engine import SearchIndexError, StagedSegment
from index.schema import Document, Schema
from index.whoosh_engine.generations import Generation, Segment, linked, segment_name
from index.whoosh_engine.segment_writer import writing

SMALL = 1000  # documents: they are taken in within a tenth of a second


class Publication(Struct, frozen=True):
    """What the next generation is to hold, as `Engine.publish` is told it."""

    replaced: Mapping[str, Iterable[Document]]
    removed: Collection[str]
    order: Sequence[str]
    meta: Mapping[str, object]
    staged: Sequence[StagedSegment] = ()

    def write(self, folder: Path, before: Generation | None, schema: Schema) -> Generation:
        """Write the documents given to the empty folder of a generation, link the rest, and return it."""
        written = [Segment(stage.folder, stage.runs) for stage in self.staged]
        staged = self._only(written, set(self.order) - self.replaced.keys())
        given = self.replaced.keys() | {source for stage in staged for source in stage.sources}
        kept = self._only(before.segments if before else (), set(self.order) - given - set(self.removed))
        self._check((*kept, *staged))
        moved = [
            replace(stage, folder=stage.folder.rename(folder / segment_name(folder, number)))
            for number, stage in enumerate(staged, start=1)
        ]
        if self.replaced:
            kept = self._with_given(folder, kept, schema)
        segments = [one if one.folder.parent == folder else linked(one, folder) for one in kept]
        return Generation(folder.name, (*segments, *moved), tuple(self.order), self.meta)

    @staticmethod
    def _only(segments: Iterable[Segment], sources: Collection[str]) -> list[Segment]:
        """Return the segments of which something stays, with tombstones for what is of other sources."""
        kept = [segment.only(sources) for segment in segments]
        return [segment for segment in kept if segment.sources]

    def _check(self, kept: Iterable[Segment]) -> None:
        held = {source for segment in kept for source in segment.sources}
        for source in self.order:
            if source not in self.replaced and source not in held:
                raise SearchIndexError(f"{source}: its documents were not given, and the index does not hold them")
        for source in self.replaced.keys() - set(self.order):
            raise SearchIndexError(f"{source}: its documents were given, but it has no place in the order of sources")

    def _with_given(self, folder: Path, kept: Sequence[Segment], schema: Schema) -> list[Segment]:
        """Write the documents given, and as many from before, and return the segments in place of those kept.

        A segment is taken in if it has no more documents than were written so far, and is so small that nobody waits
        for it; the others are merged later (`merging`).
        """
        new, runs = folder / segment_name(folder), list[tuple[str | None, int]]()
        rest = sorted(kept, key=lambda segment: segment.documents, reverse=True)
        with writing(new, schema) as writer:
            for source in dict.fromkeys(self.order):
                if source in self.replaced:
                    runs.append((source, sum(1 for _ in map(writer.add, self.replaced[source]))))
            while rest and rest[-1].documents <= min(SMALL, sum(count for _, count in runs)):
                smallest = rest.pop()
                writer.take_in(smallest)
                runs += [(source, count) for source, count in smallest.runs if source is not None]
        return [*rest, Segment(new, tuple(runs))]
