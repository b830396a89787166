"""Making the vectors that documents on a cluster lack; what another document of the same text has is taken over."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from index.embedder import BATCH, Vectors
from index.opensearch_engine.bulk import Bulk, changed
from index.opensearch_engine.mapping import received, token
from index.opensearch_engine.vectors import (
    GenerationVectors,
    read_vectors,
    stored_vector,
    value_of,
    with_vectors,
)
from index.similarity import quantised

_PAGE = 512  # documents that are given their vectors before these can be found
_MOST_COPIES = 10_000  # documents that are looked at for vectors to take over

_Lacking = Mapping[str, tuple[str, list[str]]]  # by the names of texts: the text, and which documents have it
_Fields = Mapping[str, Any]


def embed(vectors: GenerationVectors, progress: Callable[[int, int], None]) -> None:
    """Give the documents of a generation the vectors that they lack, newest first. Raises EmbeddingError.

    `progress` is called with how many have theirs, of how many.
    """
    coverage, requests = vectors.coverage(), vectors.requests
    done, bulk = coverage.embedded, Bulk(requests.connection, requests.index, lambda: None)
    while lacking := _lacking(vectors):
        progress(done, coverage.documents)
        for made in _vectors(lacking, vectors):
            bulk.write(changed(one, vector) for text, vector in made.items() for one in lacking[text][1])
            done += sum(len(lacking[text][1]) for text in made)
            progress(done, coverage.documents)
        requests.connection.write("POST", f"/{requests.index}/_refresh")


def _lacking(vectors: GenerationVectors) -> _Lacking:
    """Return a page of the documents that lack a vector."""
    body = {
        "size": _PAGE,
        "track_total_hits": False,
        "query": vectors.requests.of_generation(vectors.lacking),
        "sort": [{"date": {"order": "desc", "missing": "_last"}}],
        "_source": ["passage", "text"],
    }
    lacking: dict[str, tuple[str, list[str]]] = {}
    for hit in vectors.requests.search(body)[0]["hits"]["hits"]:
        source = hit["_source"]
        lacking.setdefault(source["passage"], (received(source["text"]), []))[1].append(hit["_id"])
    return lacking


def _vectors(lacking: _Lacking, vectors: GenerationVectors) -> Iterator[Mapping[str, _Fields]]:
    """Yield the vectors of texts, some at a time, as they lie in documents.

    First those that documents of any generation have, of the index before this one too.
    """
    hits, model = _having(list(lacking), vectors), vectors.model.token
    taken_over = read_vectors(hits)
    known = {value_of(hit, "passage"): stored_vector(taken_over, row, model) for row, hit in enumerate(hits)}
    if known:
        yield known
    missing = [text for text in lacking if text not in known]
    for begin in range(0, len(missing), BATCH):
        some = missing[begin : begin + BATCH]
        made = quantised(vectors.model.passages([lacking[text][0] for text in some]))
        yield {text: stored_vector(made, row, model) for row, text in enumerate(some)}


def _having(names: Sequence[str], vectors: GenerationVectors) -> Sequence[Mapping[str, Any]]:
    """Return documents of any generation that have a vector and one of these texts, by the names of these."""
    body = {
        "size": _MOST_COPIES,
        "track_total_hits": False,
        "query": {"bool": {"filter": [vectors.having, {"terms": {"passage": list(names)}}]}},
        **with_vectors("passage"),
    }
    connection = vectors.requests.connection
    hits: Sequence[Mapping[str, Any]] = connection.search(f"{connection.address.index}-*", body)[0]["hits"]["hits"]
    return hits


class TextVectors:
    """The vectors of texts that documents have, by the texts they are of."""

    def __init__(self, vectors: GenerationVectors) -> None:
        self.name = vectors.model.name
        self._vectors = vectors

    def of(self, texts: Sequence[str]) -> "Vectors | None":
        """Return the vectors of texts, None where one is lacking."""
        names = [token(text, "passage") for text in texts]
        every, known = list(dict.fromkeys(names)), dict[str, Vectors]()
        for begin in range(0, len(every), _PAGE):
            hits = _having(every[begin : begin + _PAGE], self._vectors)
            known |= zip((value_of(hit, "passage") for hit in hits), read_vectors(hits).floats, strict=True)
        if not names or not known.keys() >= set(names):
            return None
        return np.stack([known[name] for name in names]).astype(np.float32)
