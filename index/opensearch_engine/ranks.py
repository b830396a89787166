"""Ranks that put sources in their order, kept by those that stay: no document is written again because others came."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

GAP = 1 << 20  # between the ranks of two sources that follow each other: as many can come between them, halving it


def ranks_of(order: Sequence[str], held: Mapping[str, int]) -> Mapping[str, int]:
    """Return a rank for each source, in their order: that which it has where that is possible."""
    steady = _in_order([source for source in order if source in held], held)
    ranks = {source: held[source] for source in steady}
    waiting: list[str] = []
    below: int | None = None
    for source in dict.fromkeys(order):
        if source not in ranks:
            waiting.append(source)
            continue
        if waiting and not _between(waiting, below, ranks[source], ranks):
            return {each: number * GAP for number, each in enumerate(dict.fromkeys(order), start=1)}
        waiting, below = [], ranks[source]
    _between(waiting, below, None, ranks)
    return ranks


def _between(sources: Sequence[str], below: int | None, above: int | None, ranks: dict[str, int]) -> bool:
    """Give sources ranks between two others, as far from each other as can be; tell whether there was room."""
    if above is None:
        first, step = below or 0, GAP
    else:
        first = above - GAP * (len(sources) + 1) if below is None else below
        step = (above - first) // (len(sources) + 1)
    if step == 0:
        return False
    ranks |= {source: first + step * number for number, source in enumerate(sources, start=1)}
    return True


def _in_order(sources: Sequence[str], ranks: Mapping[str, int]) -> Sequence[str]:
    """Return the most sources whose ranks rise as they follow each other (the longest increasing subsequence)."""
    ends: list[int] = []
    chains: list[tuple[str, Any]] = []
    for source in sources:
        place = bisect_left(ends, ranks[source])
        chain = (source, chains[place - 1] if place else None)
        ends[place : place + 1], chains[place : place + 1] = [ranks[source]], [chain]
    found, link = list[str](), chains[-1] if chains else None
    while link:
        source, link = link
        found.append(source)
    return found[::-1]
