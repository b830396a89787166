"""Documents that have something in common, as an array of their numbers: in order, each once."""

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Docs: TypeAlias = NDArray[np.int32]
Mask: TypeAlias = NDArray[np.bool_]  # one truth value a document

NONE: Docs = np.empty(0, np.int32)

_FEW = 16  # where there are so many times as many others, it is quicker to look each up among them
_ROWS = 64  # of the numbers in rows; of each column the least is looked at first


def both(some: Docs, others: Docs) -> Docs:
    """Return the documents that are among some and among others."""
    few, many = (some, others) if len(some) <= len(others) else (others, some)
    return few if few is many else few.compress(among(few, many))


def either(lists: Iterable[Docs]) -> Docs:
    """Return the documents of several lists."""
    having = [docs for docs in lists if len(docs)]
    if not having:
        return NONE
    if len(having) == 1:
        return having[0]
    every = np.concatenate(having)
    every.sort(kind="stable")  # which merges what is in order already
    first = np.empty(len(every), np.bool_)
    first[0] = True
    np.not_equal(every[1:], every[:-1], out=first[1:])
    return every.compress(first)


def less(some: Docs, others: Docs) -> Docs:
    """Return the documents that are among some and not among others."""
    return some.compress(~among(some, others)) if len(others) else some


def among(docs: Docs, others: Docs) -> Mask:
    """Return which of some documents, in any order, are among others."""
    if not len(docs) or not len(others):
        return np.zeros(len(docs), np.bool_)
    if len(docs) * _FEW < len(others):
        found: Mask = others.take(np.searchsorted(others, docs), mode="clip") == docs
        return found
    mask = np.zeros(int(others[-1]) + 2, np.bool_)  # the last of which stands for all numbers beyond
    mask[others.astype(np.intp)] = True  # which numpy does more slowly by itself
    return mask.take(docs, mode="clip")


def least(numbers: NDArray[Any], count: int | None) -> NDArray[np.intp]:
    """Return where the least so many of some numbers stand, all of which differ, in their order; else of all."""
    columns = len(numbers) // _ROWS
    if count is None or columns <= count:
        return np.argsort(numbers)[:count]
    # So many columns have a number that is at most the bound: none of the least is above it.
    heads = numbers[: columns * _ROWS].reshape(_ROWS, columns).min(axis=0)
    near = np.flatnonzero(numbers <= np.partition(heads, count)[count])
    return near[np.argsort(numbers[near])][:count]
