"""Where a text shows why it was found: the ranges of the original text to mark."""

from collections.abc import Collection

from index.analysis import Analyzer


def marks(text: str, terms: Collection[str], analyzer: Analyzer) -> tuple[tuple[int, int], ...]:
    """Return the ranges of `text` that hold one of the terms (`Results.terms`), in order, merged where they touch."""
    ranges: list[tuple[int, int]] = []
    for term in analyzer.terms(analyzer.morphemes(text)) if terms else ():
        if term.text not in terms:
            continue
        if ranges and term.begin <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], term.end))
        else:
            ranges.append((term.begin, term.end))
    return tuple(ranges)
