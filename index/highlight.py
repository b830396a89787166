"""Where a text shows why it was found: the ranges of the original text to mark."""

from index.analysis import Analyzer
from index.query import Query, wanted


def marks(text: str, query: Query, analyzer: Analyzer) -> tuple[tuple[int, int], ...]:
    """Return the ranges of `text` that hold a term of the query, in order, merged where they touch."""
    sought = {term for word in wanted(query, analyzer) for term in word}
    if not sought:
        return ()
    ranges: list[tuple[int, int]] = []
    for term in analyzer.terms(analyzer.morphemes(text)):
        if term.text not in sought:
            continue
        if ranges and term.begin <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(ranges[-1][1], term.end))
        else:
            ranges.append((term.begin, term.end))
    return tuple(ranges)
