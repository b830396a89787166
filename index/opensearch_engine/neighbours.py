"""Which documents on a cluster are like others of it, and how like they are."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from index.engine import Hit
from index.likeness import LEAST_COSINE, MOST_FOUND, SAME, Space, finding, mean_of
from index.opensearch_engine.alike import MOST_LOOKED_AT
from index.opensearch_engine.mapping import received
from index.opensearch_engine.meaning import Seen
from index.opensearch_engine.questions import Questions
from index.opensearch_engine.vectors import likest, read_vectors, value_of, with_vectors

_MOST_DOCUMENTS = 10_000  # that are told by their ids, what a cluster by itself gives at once


def like(questions: Questions, seen: Seen, ids: Sequence[str], apart: str, limit: int) -> tuple[Hit, ...]:
    """Return the documents that are most like the mean of some, as `index.engine.Reader.like` tells it.

    None where there are too many to look at.
    """
    frame, own = seen.frame(), _with_vectors(questions, seen, ids, f"facet.{apart}")
    if frame is None or not own or frame.size > MOST_LOOKED_AT:
        return ()
    asked = finding(frame.asked(mean_of(read_vectors(own))))
    values = sorted({value for hit in own for value in hit["fields"].get(f"facet.{apart}", ())})
    others = {"bool": {"must_not": [{"terms": {f"facet.{apart}": values}}, {"terms": {"key": list(ids)}}]}}
    body = likest(frame, asked, questions.held(seen.having, others), MOST_FOUND, SAME)
    hits = questions.search({**body, "_source": ["stored"], "stored_fields": ["_source"]})[0]["hits"]["hits"]
    vectors = read_vectors(hits)
    cosines = frame.cosines(asked, vectors, frame.lengths(vectors))[0].tolist() if hits else []
    found = [(hit, cosine) for hit, cosine in zip(hits, cosines, strict=True) if LEAST_COSINE <= cosine < SAME]
    found.sort(key=lambda one: -one[1])
    return tuple(Hit(value_of(hit, "key"), cosine, received(hit["_source"]["stored"])) for hit, cosine in found[:limit])


def likeness(
    questions: Questions, seen: Seen, some: Sequence[str], others: Sequence[str]
) -> tuple[tuple[float, ...], ...]:
    """Return the cosine of each of some documents to each of others, as `index.engine.Reader.likeness` tells it."""
    hits = _with_vectors(questions, seen, [*some, *others])
    rows = {value_of(hit, "key"): row for row, hit in enumerate(hits)}
    if not some or not others or not rows.keys() >= {*some, *others}:
        return ()
    own, other = (np.array([rows[key] for key in ids], np.int32) for ids in (some, others))
    return tuple(map(tuple, Space(read_vectors(hits)).among(own, other).tolist()))


def _with_vectors(questions: Questions, seen: Seen, ids: Sequence[str], *fields: str) -> Sequence[Mapping[str, Any]]:
    """Return those of some documents that have a vector, with it and some fields."""
    some = {"terms": {"key": list(dict.fromkeys(ids))}}
    body = {"size": _MOST_DOCUMENTS, "query": questions.held(seen.having, some), **with_vectors(*fields)}
    hits: Sequence[Mapping[str, Any]] = questions.search(body)[0]["hits"]["hits"]
    return hits
