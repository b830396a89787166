"""What a person told of points: which notes say the same, and which do not, whatever their texts say."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal, TypeAlias

from kb.report.model import PointCorrection

Says: TypeAlias = Literal["same", "apart"]
"""Whether two notes say the same, or do not."""

Pair: TypeAlias = frozenset[str]
"""The ids of two notes."""


@dataclass(frozen=True, slots=True)
class HandTold:
    """Pairs of notes that say the same, and pairs that do not, as told by hand."""

    same: frozenset[Pair] = frozenset()
    apart: frozenset[Pair] = frozenset()

    @classmethod
    def of(cls, told: Mapping[str, PointCorrection], ids_now: Callable[[str], Iterable[str]]) -> "HandTold":
        """Return what kb.toml tells; `ids_now` gives the ids that a note may have now for any that it has had."""

        def pairs(one: str, others: Iterable[str]) -> Iterator[Pair]:
            for other in others:
                yield from map(frozenset, product(ids_now(one), ids_now(other)))

        return cls(
            same=frozenset(pair for note, one in told.items() for pair in pairs(note, one.same)),
            apart=frozenset(pair for note, one in told.items() for pair in pairs(note, one.apart)),
        )


def said_of(told: Mapping[str, PointCorrection], one: Collection[str], other: Collection[str]) -> Says | None:
    """Return what is told of two notes, each given by all ids that it has or had; None where that is nothing."""
    for note, others in (
        (note, others) for note in told for near, others in ((one, other), (other, one)) if note in near
    ):
        if any(each in others for each in told[note].apart):
            return "apart"
        if any(each in others for each in told[note].same):
            return "same"
    return None


def with_said(
    told: Mapping[str, PointCorrection], one: Collection[str], other: Collection[str], says: Says | None
) -> dict[str, PointCorrection]:
    """Return what is told once this is told of two notes, each given by all its ids, that of today first."""
    first, second = next(iter(one)), next(iter(other))
    told = {note: _without(correction, _others(note, one, other)) for note, correction in told.items()}
    known = told.get(first, PointCorrection())
    if says == "same":
        told[first] = PointCorrection((*known.same, second), known.apart)
    elif says == "apart":
        told[first] = PointCorrection(known.same, (*known.apart, second))
    return told


def _others(note: str, one: Collection[str], other: Collection[str]) -> Collection[str]:
    return other if note in one else one if note in other else ()


def _without(correction: PointCorrection, notes: Collection[str]) -> PointCorrection:
    same, apart = (tuple(each for each in every if each not in notes) for every in (correction.same, correction.apart))
    return PointCorrection(same, apart)
