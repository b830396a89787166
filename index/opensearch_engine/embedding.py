"""Making the vectors that documents on a cluster lack; what another document of the same text has is taken over."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from index.embedder import Vectors
from index.opensearch_engine.batching import BatchedRequests
from index.opensearch_engine.bulk import Bulk, changed
from index.opensearch_engine.connection import Connection
from index.opensearch_engine.mapping import received, token
from index.opensearch_engine.meaning import Seen
from index.opensearch_engine.vectors import read_vectors, stored_vector, value_of, with_vectors
from index.similarity import quantised

_BATCH = 64  # texts, for all cores: a second of work, which is all that is lost where it is broken off
_PAGE = 512  # documents that are given their vectors before these can be found
_MOST_COPIES = 10_000  # documents that are looked at for vectors to take over

_Lacking = Mapping[str, tuple[str, list[str]]]  # by the names of texts: the text, and which documents have it
_Fields = Mapping[str, Any]


def embed(
    questions: BatchedRequests, seen: Seen, connection: Connection, index: str, told: Callable[[int, int], None]
) -> None:
    """Give the documents of a generation the vectors that they lack, newest first. Raises EmbeddingError."""
    coverage = seen.coverage()
    done, bulk = coverage.embedded, Bulk(connection, index, lambda: None)
    while lacking := _lacking(questions, seen):
        told(done, coverage.documents)
        for vectors in _vectors(lacking, seen, connection):
            bulk.write(changed(one, vector) for text, vector in vectors.items() for one in lacking[text][1])
            done += sum(len(lacking[text][1]) for text in vectors)
            told(done, coverage.documents)
        connection.write("POST", f"/{index}/_refresh")


def _lacking(questions: BatchedRequests, seen: Seen) -> _Lacking:
    """Return a page of the documents that lack a vector."""
    body = {
        "size": _PAGE,
        "track_total_hits": False,
        "query": questions.held(seen.lacking),
        "sort": [{"date": {"order": "desc", "missing": "_last"}}],
        "_source": ["passage", "text"],
    }
    lacking: dict[str, tuple[str, list[str]]] = {}
    for hit in questions.search(body)[0]["hits"]["hits"]:
        source = hit["_source"]
        lacking.setdefault(source["passage"], (received(source["text"]), []))[1].append(hit["_id"])
    return lacking


def _vectors(lacking: _Lacking, seen: Seen, connection: Connection) -> Iterator[Mapping[str, _Fields]]:
    """Yield the vectors of texts, some at a time, as they lie in documents: first those that others have."""
    known = _known(lacking, seen, connection)
    if known:
        yield known
    missing = [text for text in lacking if text not in known]
    for begin in range(0, len(missing), _BATCH):
        some = missing[begin : begin + _BATCH]
        made = quantised(seen.meaning.passages([lacking[text][0] for text in some]))
        yield {text: stored_vector(made, row, seen.meaning.model) for row, text in enumerate(some)}


def _known(lacking: _Lacking, seen: Seen, connection: Connection) -> Mapping[str, _Fields]:
    """Return the vectors that documents of any generation have, those of the index before this one among them."""
    hits = _having(list(lacking), seen, connection)
    vectors = read_vectors(hits)
    return {value_of(hit, "passage"): stored_vector(vectors, row, seen.meaning.model) for row, hit in enumerate(hits)}


def _having(names: Sequence[str], seen: Seen, connection: Connection) -> Sequence[Mapping[str, Any]]:
    """Return documents of any generation that have a vector and one of these texts, by the names of these."""
    body = {
        "size": _MOST_COPIES,
        "track_total_hits": False,
        "query": {"bool": {"filter": [seen.having, {"terms": {"passage": list(names)}}]}},
        **with_vectors("passage"),
    }
    hits: Sequence[Mapping[str, Any]] = connection.search(f"{connection.address.index}-*", body)[0]["hits"]["hits"]
    return hits


class TextVectors:
    """The vectors of texts that documents have, by the texts they are of."""

    def __init__(self, seen: Seen, connection: Connection) -> None:
        self.name = seen.meaning.name
        self._seen = seen
        self._connection = connection

    def of(self, texts: Sequence[str]) -> "Vectors | None":
        """Return the vectors of texts, None where one is lacking."""
        names = [token(text, "passage") for text in texts]
        every, known = list(dict.fromkeys(names)), dict[str, Vectors]()
        for begin in range(0, len(every), _PAGE):
            hits = _having(every[begin : begin + _PAGE], self._seen, self._connection)
            known |= zip((value_of(hit, "passage") for hit in hits), read_vectors(hits).floats, strict=True)
        if not names or not known.keys() >= set(names):
            return None
        return np.stack([known[name] for name in names]).astype(np.float32)
