"""The engine on a cluster: the newest whole generation of an index answers, whoever publishes the next."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from index.embedder import EmbedderMaker, no_embedder
from index.engine import Coverage, Engine, Publication, SearchIndexError
from index.messages import translatable
from index.opensearch_engine import publishing, rebuilding
from index.opensearch_engine.address import Address
from index.opensearch_engine.batching import MOST_KEPT, BatchedRequests
from index.opensearch_engine.connection import MOST_BYTES, Connection
from index.opensearch_engine.lease import Lease, stamp_of, writing
from index.opensearch_engine.manifest import NOTHING, Manifest, read_manifest, read_state
from index.opensearch_engine.mapping import Layout
from index.opensearch_engine.publishing import KnownWords, commit, write_documents
from index.opensearch_engine.reader import ClusterReader
from index.opensearch_engine.vectors import Model

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from index.opensearch_engine.embedding import TextVectors
    from index.query_parser import QueryParserMaker
    from index.schema import Schema

Stamp = tuple[str, int]

_WORTH_AN_INDEX = 1000  # documents: fewer are replaced where they lie


class OpenSearchEngine(Engine):
    """An Engine on a cluster, shared by threads and machines of which one may write at a time.

    Its folder holds what is written ahead of a publish, and nothing else.
    """

    def __init__(
        self,
        address: Address,
        folder: Path,
        schema: "Schema",
        parser: "QueryParserMaker",
        embedder: EmbedderMaker = no_embedder,
    ) -> None:
        self._address = address
        self._folder = folder
        self._schema = schema
        self._layout = Layout(schema)
        self._parser = cache(parser)
        self._model = cache(lambda: Model(one) if (one := embedder()) else None)
        self._known = KnownWords()
        self._lock = Lock()
        self._connected: Connection | None = None
        # Replaced as one: behind a lock threads would wait one after the other for a cluster that is silent.
        self._reader: tuple[Stamp, ClusterReader] | None = None

    def snapshot(self) -> ClusterReader:
        """Return a reader of the newest whole generation, kept as long as that is the newest."""
        stamp, kept = self.stamp(), self._reader
        if kept is None or kept[0] != stamp:
            kept = self._reader = stamp, self._opened(stamp)
        return kept[1]

    def damage(self) -> str | None:
        """Return nothing: a cluster keeps copies of what it holds, and answers with whole ones."""
        return None

    def coverage(self) -> Coverage | None:
        """Return how far documents can be found by similarity, None where there is no model."""
        return self.snapshot().coverage()

    def embed(self, progress: Callable[[int, int], None]) -> None:
        """Make the vectors that documents lack."""
        self.snapshot().embed(progress)

    def stored_vectors(self) -> "TextVectors | None":
        """Return the vectors that are kept of texts, None where there is no model."""
        return self.snapshot().stored_vectors()

    def stamp(self) -> Stamp:
        """Return a value that is another whenever another generation became the newest."""
        return stamp_of(read_state(self._connection(), self._address.index))

    def write_generation(self, publication: Publication, since: object) -> None:
        """Write a new generation and swap it in; on any failure the old one stays.

        Where nothing of the old one stays it is written to an index of its own, to which the name then moves.
        """
        connection = self._connection()
        rebuilding.ensure(connection, self._address, self._layout)
        if since == ("", 0):  # there was no index, and what was ensured now is its beginning
            since = (rebuilding.first_index(self._address), 0)
        with writing(connection, self._address.index, since) as lease:
            try:
                self._write(publication, lease)
            except BaseException:
                self._known = KnownWords()  # nobody can tell which words were written
                raise

    def _write(self, publication: Publication, lease: Lease) -> None:
        """Write what is given where it belongs: beside what stays, or to an index of its own."""
        index, before = lease.standing.index, self._before(lease)
        if before is None or not (publication.kept(before.runs) or before.documents < _WORTH_AN_INDEX):
            rebuilding.rebuild(self._address, self._layout, lease, publication, self._known)
            return
        manifest = write_documents(publication, index, lease, before, self._layout, known=self._known)
        if not before.token:
            rebuilding.spread(lease.connection, self._address, index)
        commit(index, lease, manifest)

    def staging(self) -> "AbstractContextManager[publishing.LineStaging]":
        """Give what writes documents for the next generation, to a folder of this machine."""
        return publishing.staging(self._folder, self._schema)

    def memory(self) -> int:
        """Return the bytes that answering takes at most here: what is kept of answers, and one that is read."""
        return MOST_KEPT + MOST_BYTES

    def merge(self) -> None:
        """Take out of the index what no generation holds any more."""
        rebuilding.tidy(self._connection(), self._address.index)

    def _connection(self) -> Connection:
        with self._lock:
            self._connected = self._connected or Connection(self._address)
            return self._connected

    def _opened(self, stamp: Stamp) -> ClusterReader:
        (index, generation), manifest = stamp, NOTHING
        if generation:
            if not self._is_ours(index):
                raise SearchIndexError(translatable("{0}: another version of kb made it; run `kb sync`", self._address))
            manifest = read_manifest(self._connection(), index, generation)
        requests = BatchedRequests(self._connection(), index if generation else "", manifest)
        return ClusterReader(requests, self._layout, self._parser(), self._model)

    def _before(self, lease: Lease) -> Manifest | None:
        """Return what the index holds that is to be written, None where it is laid out otherwise."""
        standing = lease.standing
        if not self._is_ours(standing.index):
            return None
        generation = standing.state.generation
        return read_manifest(self._connection(), standing.index, generation) if generation else NOTHING

    def _is_ours(self, index: str) -> bool:
        return rebuilding.is_ours(self._connection(), index, self._layout)
