"""Sets of documents, as arrays of their numbers: ascending and distinct."""

from collections.abc import Collection
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Docs: TypeAlias = NDArray[np.int32]
Mask: TypeAlias = NDArray[np.bool_]  # one truth value a document

NONE: Docs = np.empty(0, np.int32)

_SEARCH_RATIO = 16  # binary search in a set at least 16 times as large is faster than a mask
_ROWS = 64  # rows into which the numbers are arranged; the minima of the columns bound the result


def both(docs: Docs, others: Docs) -> Docs:
    """Return the intersection of two sets."""
    small, large = (docs, others) if len(docs) <= len(others) else (others, docs)
    return small if small is large else small.compress(among(small, large))


def either(sets: Collection[Docs]) -> Docs:
    """Return the union of several sets."""
    filled = [docs for docs in sets if len(docs)]
    if not filled:
        return NONE
    if len(filled) == 1:
        return filled[0]
    merged = np.concatenate(filled)
    merged.sort(kind="stable")  # merges sorted runs
    is_first = np.empty(len(merged), np.bool_)
    is_first[0] = True
    np.not_equal(merged[1:], merged[:-1], out=is_first[1:])
    return merged.compress(is_first)


def less(docs: Docs, others: Docs) -> Docs:
    """Return the difference of two sets."""
    return docs.compress(~among(docs, others)) if len(others) else docs


def among(docs: Docs, others: Docs) -> Mask:
    """Return for each document, in any order, whether it is in the set of others."""
    if not len(docs) or not len(others):
        return np.zeros(len(docs), np.bool_)
    if len(docs) * _SEARCH_RATIO < len(others):
        found: Mask = others.take(np.searchsorted(others, docs), mode="clip") == docs
        return found
    mask = np.zeros(int(others[-1]) + 2, np.bool_)  # the last is for all higher numbers
    mask[others.astype(np.intp)] = True  # numpy converts the index more slowly itself
    return mask.take(docs, mode="clip")


def least(numbers: NDArray[Any], count: int | None) -> NDArray[np.intp]:
    """Return the indices of the `count` smallest of distinct numbers, or of all, smallest first."""
    columns = len(numbers) // _ROWS
    if count is None or columns <= count:
        return np.argsort(numbers)[:count]
    # More than `count` columns have a minimum at or below the bound, so every result is at or below it.
    heads = numbers[: columns * _ROWS].reshape(_ROWS, columns).min(axis=0)
    near = np.flatnonzero(numbers <= np.partition(heads, count)[count])
    return near[np.argsort(numbers[near])][:count]
