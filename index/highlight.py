"""Where a text shows why it was found: the ranges to mark, and the passage of a long text that holds them."""

from collections.abc import Collection, Sequence

from index.analysis import Analyzer


def marks(text: str, terms: Collection[str], analyzer: Analyzer) -> tuple[tuple[int, int], ...]:
    """Return the ranges of `text` that hold one of the terms (`Results.terms`), in order, merged where they touch."""
    ranges: list[tuple[int, int]] = []
    for term in analyzer.terms_of(text) if terms else ():
        if term.text not in terms:
            continue
        if ranges and term.begin <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], term.end))
        else:
            ranges.append((term.begin, term.end))
    return tuple(ranges)


def snippet(text: str, marked: Sequence[tuple[int, int]], length: int) -> tuple[int, int]:
    """Return the range of about `length` characters to show of a text: whole clauses around the first mark.

    It begins after a 。 or 、 and ends with one, where there is one; a text that is short enough is shown whole.
    """
    if len(text) <= length:
        return 0, len(text)
    first = marked[0][0] if marked else 0
    begin = max((text.rfind(stop, 0, first) + 1 for stop in "。、"), default=0)
    begin = max(begin, first - length // 2)
    end = min(begin + length, len(text))
    last = max(text.rfind(stop, first, end) for stop in "。、") + 1
    return begin, last if last > first and end < len(text) else end
