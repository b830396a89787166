"""What any engine makes of a query beside the documents: how many may be near, and why a hit stands where it does."""

import pytest

from index.engine import MAX_NEAR_HITS, Reason
from index.interpretation import near_limit, reasons
from index.query import Query


@pytest.mark.parametrize(
    ("query", "total", "most"),
    [
        (Query(), 0, 20),
        (Query(limit=3), 3, 3),
        (Query(limit=3), 4, 0),
        (Query(offset=3, limit=3), 4, 3),
        (Query(offset=3, limit=3), 6, 3),
        (Query(offset=3, limit=3), 3, 0),
        (Query(limit=0), 0, 0),
        (Query(limit=None), 5, 0),
        (Query(limit=MAX_NEAR_HITS + 1), 1, MAX_NEAR_HITS),
    ],
)
def test_near_documents_follow_the_last_hit_and_no_other(query: Query, total: int, most: int) -> None:
    assert near_limit(query, total) == most


def test_reasons_come_most_first_and_only_similarity_has_a_cosine() -> None:
    words = [Reason("words", 1.0, "監視", "監視", ("own",)), Reason("words", 0.0, "集約")]

    given = reasons(words, {"words": 1.0, "likeness": 2.0, "length": -0.5, "boost": 0.0}, 0.7)

    assert given == (Reason("likeness", 2.0, cosine=0.7), words[0], Reason("length", -0.5))
