"""Which documents on a cluster are like others of it, and how like they are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from index.engine import Hit
from index.opensearch_engine.batching import BatchedRequests
from index.opensearch_engine.filters import Filter
from index.opensearch_engine.mapping import received
from index.opensearch_engine.meaning import Seen, View
from index.opensearch_engine.semantic_match import MOST_LOOKED_AT
from index.opensearch_engine.vectors import nearest, read_vectors, value_of, with_vectors
from index.similarity import LEAST_COSINE, MOST_FOUND, SAME, Places, VectorIndex, finding, mean_of

_MOST_DOCUMENTS = 10_000  # that are told by their ids, what a cluster by itself gives at once
_PLACES_AT_ONCE = 10  # talks and reports, of at most a thousand documents each


def like(questions: BatchedRequests, seen: Seen, ids: Sequence[str], apart: str, limit: int) -> tuple[Hit, ...]:
    """Return the documents that are most like the mean of some, as `index.engine.Reader.like` tells it.

    None where there are too many to look at.
    """
    view = seen.view()
    if view is None or view.frame.size > MOST_LOOKED_AT:
        return ()
    frame, own = view.frame, _with_vectors(questions, view, ids, f"facet.{apart}")
    if not own:
        return ()
    asked = finding(frame.asked(mean_of(read_vectors(own))))
    values = sorted({value for hit in own for value in hit["fields"].get(f"facet.{apart}", ())})
    others = {"bool": {"must_not": [{"terms": {f"facet.{apart}": values}}, {"terms": {"key": list(ids)}}]}}
    body = nearest(frame, asked, questions.held(view.having, others), MOST_FOUND, SAME)
    hits = questions.search({**body, "_source": ["stored"], "stored_fields": ["_source"]})[0]["hits"]["hits"]
    vectors = read_vectors(hits)
    cosines = frame.cosines(asked, vectors, frame.lengths(vectors))[0].tolist() if hits else []
    found = [(hit, cosine) for hit, cosine in zip(hits, cosines, strict=True) if LEAST_COSINE <= cosine < SAME]
    found.sort(key=lambda one: -one[1])
    return tuple(Hit(value_of(hit, "key"), cosine, received(hit["_source"]["stored"])) for hit, cosine in found[:limit])


def similarity(
    questions: BatchedRequests, seen: Seen, some: Sequence[str], others: Sequence[str], context: str
) -> tuple[tuple[float, ...], ...]:
    """Return the cosine of each of some documents to each of others, as `index.engine.Reader.similarity` tells it."""
    field, view = f"facet.{context}", seen.view()
    if not some or not others or view is None:
        return ()
    hits = {value_of(hit, "key"): hit for hit in _with_vectors(questions, view, [*some, *others], field)}
    if not hits.keys() >= {*some, *others}:
        return ()
    values = sorted({value_of(hit, field) for hit in hits.values() if value_of(hit, field)})
    around: dict[str, list[str]] = {value: [] for value in values}
    some_values = (values[begin : begin + _PLACES_AT_ONCE] for begin in range(0, len(values), _PLACES_AT_ONCE))
    for hit in _each_with_vectors(questions, view, [{"terms": {field: some}} for some in some_values], field):
        around[value_of(hit, field)].append(value_of(hit, "key"))
        hits[value_of(hit, "key")] = hit
    row_of = {key: row for row, key in enumerate(hits)}

    def rows(keys: Sequence[str]) -> Places:
        return np.array([row_of[key] for key in keys], np.int32)

    space = VectorIndex(read_vectors([*hits.values()]))
    cosines = space.among(rows(some), rows(others), map(rows, around.values()), view.frame.mean)
    return tuple(map(tuple, cosines.tolist()))


def _with_vectors(
    questions: BatchedRequests, view: View, ids: Sequence[str], *fields: str
) -> Sequence[Mapping[str, Any]]:
    """Return those of some documents that have a vector, with it and some fields."""
    return list(_each_with_vectors(questions, view, [{"terms": {"key": list(dict.fromkeys(ids))}}], *fields))


def _each_with_vectors(
    questions: BatchedRequests, view: View, filters: Sequence[Filter], *fields: str
) -> Iterator[Mapping[str, Any]]:
    """Yield the documents that each of some filters lets pass and that have a vector, with it and some fields."""
    with_them = {"size": _MOST_DOCUMENTS, **with_vectors(*fields)}
    bodies = ({"query": questions.held(view.having, one), **with_them} for one in filters)
    for answer in questions.search(*bodies) if filters else ():
        yield from answer["hits"]["hits"]
