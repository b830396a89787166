"""The contract of all engines: what searching and publishing mean, with their results and errors."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from msgspec import Struct, field

from index.messages import Message, MessageError, translatable
from index.query import Query, Step

if TYPE_CHECKING:  # these import the analyser or numpy, which `kb status` does without
    from index.query_ast import Notice
    from index.ranking import SignalName
    from index.schema import Document

FEW_HITS = 3  # documents; below this the results explain which words and conditions leave so few
MAX_NEAR_HITS = 20  # documents listed below the found ones
WRITER_TIMEOUT = 5.0  # seconds to wait for another writer: a small publish is done by then


class Reason(Struct, frozen=True):
    """The points that a signal adds to the score of a hit; they may be negative.

    The signal `words` has a reason for each word of the query: the word, the term that matched, and its fields.
    `likeness` has the cosine (`index.similarity`).
    """

    signal: "SignalName"
    points: float
    word: str = ""
    term: str = ""
    fields: tuple[str, ...] = ()
    cosine: float | None = None


class Hit(Struct, frozen=True):
    """A matching document: its id, its score, and the text that was stored with it.

    The score is 0.0 if the query has no words. If the query asks for reasons, their points add up to the score; the
    highest come first.
    """

    id: str
    score: float
    stored: str
    reasons: tuple[Reason, ...] = ()


class FacetCount(NamedTuple):
    """The number of documents with a facet value, and whether the query selects that value.

    The count respects the query's words and the selections of all other groups. It ignores the selections of its own
    group, unless that group is in `Query.match_all`. Selected values are listed even with a count of 0, others only
    above 0. They are
    sorted by count, highest first, then by value. An engine leaves `label`, the name to show, empty, and `likely`, the
    documents that only likely have the value, 0. A tuple, because a page may have thousands of them.
    """

    value: str
    count: int  # type: ignore[assignment]  # hides tuple.count, which nothing calls here
    selected: bool
    label: str = ""
    likely: int = 0


class TitledCount(NamedTuple):
    """A value whose title contains the words, its number of selected documents, and how many of these are found."""

    value: str
    count: int  # type: ignore[assignment]  # as in FacetCount
    found: int


class WordCount(Struct, frozen=True):
    """A corrected word of the query, but no function word, and the number of selected documents with it."""

    word: str
    count: int


class MeantCount(Struct, frozen=True):
    """A suggestion: a rare word of the query, a similar word that is far commoner, and the count of the latter.

    The query still searches for the word as typed.
    """

    word: str
    meant: str
    count: int


class ConditionCount(Struct, frozen=True):
    """A condition as typed, the query's text without it, and the number of documents that the shorter text finds."""

    condition: str
    rest: str
    count: int


class Results(Struct, frozen=True):
    """The answer to a query: the number of hits, the requested window of them, and all counts, of one generation.

    - `near`: selected documents that meet the conditions and have only some of the words or are similar to the query.
      They come after the last hit, sorted by score: MAX_NEAR_HITS at most, and no more than the window holds.
    - `facets`: the counts of the requested groups.
    - `unlisted`: for each group in `Query.most_values`, the number of values that are not listed.
    - `text`: the text as searched for: corrected, without conditions.
    - `steps`, `notices`: the relaxation steps taken, and the parts of the query that could not be taken as typed.
    - `terms`, `near_terms`: the terms that were searched for, and the terms that make a document near (for marks).
    - `without`: for each selected group and value, the total if that value were not selected.
    - `without_group`: if the selections leave no hit, for each selected group the total without its selections.
    - `words`, `conditions`: if fewer than FEW_HITS are found, the count of each part of the text.
    - `meant`: similar words that are commoner than a word of the text, with their counts.
    - `unknown`: the selected groups and values that no document has, in the order of the selections.
    - `titled`: the values of the group `Schema.titles` whose title has every word but function words, the value with
      the most selected documents first, then by value.
    - `context`: for each value of the group `Query.context` that a hit or near document has, the stored texts of its
      related documents with that value, in position order: the hits, their parents (`Document.parents`), and the
      documents whose parents they are. Empty unless the query asks for it.
    - `found_in`: for each of these values, the number of found documents with it, inside the window or not.
    """

    total: int
    hits: tuple[Hit, ...]
    near: tuple[Hit, ...] = ()
    facets: Mapping[str, tuple[FacetCount, ...]] = field(default_factory=dict)
    unlisted: Mapping[str, int] = field(default_factory=dict)
    text: str = ""
    steps: tuple[Step, ...] = ()
    notices: "tuple[Notice, ...]" = ()
    terms: frozenset[str] = frozenset()
    near_terms: frozenset[str] = frozenset()
    without: Mapping[tuple[str, str], int] = field(default_factory=dict)
    without_group: Mapping[str, int] = field(default_factory=dict)
    words: tuple[WordCount, ...] = ()
    conditions: tuple[ConditionCount, ...] = ()
    meant: tuple[MeantCount, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    titled: tuple[TitledCount, ...] = ()
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    found_in: Mapping[str, int] = field(default_factory=dict)


class Coverage(Struct, frozen=True):
    """The number of documents that have a vector, out of all that can have one."""

    embedded: int
    documents: int

    @property
    def lacking(self) -> int:
        """The number of documents without a vector."""
        return self.documents - self.embedded


def near_limit(query: Query, total: int) -> int:
    """Return the maximum number of near documents to list: 0 unless the window reaches the last of `total` hits."""
    limit = query.limit or 0
    return min(limit, MAX_NEAR_HITS) if query.offset < max(total, 1) <= query.offset + limit else 0


class IndexReader(Protocol):
    """Reads one generation, which stays the same whatever is published later. A request uses a single reader."""

    def search(self, query: Query) -> Results:
        """Answer a query."""

    def stored(self, document_id: str) -> str | None:
        """Return the stored text of a document, or None if no document has that id."""

    def more_like(self, ids: Sequence[str], group: str, limit: int) -> tuple[Hit, ...]:
        """Return the documents nearest to the mean vector of the given ones, with their cosine as score.

        Leaves out the given documents, documents that share a value of `group` with any of them, and copies. Returns
        nothing without vectors.
        """

    def similarity(self, ids: Sequence[str], other_ids: Sequence[str], context: str) -> tuple[tuple[float, ...], ...]:
        """Return a row of cosines for each of `ids`, to each of `other_ids`; nothing if any has no vector.

        Each vector is compared as it differs from the mean of its context: the documents with the same value of the
        group `context`, and a share of all documents. The subject of a whole talk says nothing about a single note.
        """

    def meta(self) -> Mapping[str, object] | None:
        """Return the JSON object that the generation was written with, or None before the first; never a copy."""


class StagedSegment(Struct, frozen=True):
    """Documents written ahead of a publish: their folder, and the number of documents of each source, in order."""

    folder: Path
    runs: tuple[tuple[str, int], ...]


class Publication(Struct, frozen=True):
    """The content of the next generation: documents by source, the order of all sources, metadata, staged segments."""

    replaced: "Mapping[str, Iterable[Document]]"
    order: Sequence[str]
    meta: Mapping[str, object]
    staged: Sequence[StagedSegment] = ()

    def kept(self, indexed: Iterable[str]) -> frozenset[str]:
        """Return the indexed sources that stay unchanged.

        Raises SearchIndexError if a source in `order` has no documents, or a replaced source is not in `order`.
        """
        written = {*self.replaced, *(source for segment in self.staged for source, _ in segment.runs)}
        kept = frozenset(self.order).intersection(indexed) - written
        for source in self.order:
            if source not in written and source not in kept:
                raise SearchIndexError("{0}: its documents were not given, and the index does not hold them", source)
        for source in self.replaced.keys() - set(self.order):
            raise SearchIndexError("{0}: its documents were given, but it has no place in the order of sources", source)
        return kept


class Staging(Protocol):
    """Writes documents ahead of a publish. It can be pickled, so that other processes write too."""

    def write(self, sources: "Iterable[tuple[str, Iterable[Document]]]") -> StagedSegment:
        """Write each source with all its documents, in the order given."""


class Engine(Protocol):
    """A searchable set of documents, grouped by source. Engines differ in speed and scale, never in their answers.

    A document is found if it meets every condition of the query's text (`index.query_parser`) and has every word in
    any field that is not score-only. Relaxation (`index.interpretation`) may loosen the words; it never looks at
    selections. A query of white space finds everything.

    Hits are sorted by score (`index.ranking`), then newest date first (undated last), then position: the place of the
    document's source in the order of sources, then its place in the source. Sort `new` leaves out the score, `old` too,
    with the oldest date first; `boost` replaces the score by the document's own boost; `position` sorts by position
    alone. A year or month is just older than its first day, as its string is smaller; Lucene rounds it down too.

    The newest whole generation answers. A damaged one never does: the one before answers, and `damage` says why. If
    none is whole, SearchIndexError is raised.
    """

    def snapshot(self) -> IndexReader:
        """Return a reader of the newest whole generation."""

    def search(self, query: Query) -> Results:
        """Answer a query from the newest whole generation."""
        return self.snapshot().search(query)

    def meta(self) -> Mapping[str, object] | None:
        """Return the JSON object that the newest whole generation was written with, or None before the first."""
        return self.snapshot().meta()

    def damage(self) -> str | None:
        """Return why an older generation answers instead of the newest, or None if the newest answers."""

    def stamp(self) -> object:
        """Return a value that changes with each generation."""

    def publish(self, publication: Publication, since: object = None) -> None:
        """Write a new generation and swap it in. The one before answers until then, and after any failure.

        The generation has the sources in `order`, in that order. The documents of each are those in `replaced`, else
        those in a staged segment, else those already indexed. All other sources are dropped. Answers are the same as if
        everything had been written at once.

        Raises SearchIndexError if a source in `order` has no documents or a replaced one is not in `order`, and
        OutdatedError if the stamp `since` is given and another generation was published after it.
        """

    def staging(self) -> AbstractContextManager[Staging]:
        """Give a writer of staged segments. On exit the segments that were not published are deleted.

        Raises WriterBusyError while another process is staging, and SearchIndexError as `publish` does.
        """

    def embed(self, progress: Callable[[int, int], None], most: int | None = None) -> bool:
        """Make the vectors that documents lack, newest document first; do nothing without a model.

        Make those of `most` documents, by default of all, and return whether none is left. `progress` is called with
        the number of documents that have a vector and the number that can have one. Vectors are stored batch by batch,
        so an interruption loses little work. Raises EmbeddingError.
        """

    def coverage(self) -> Coverage | None:
        """Return how many documents have a vector, or None without a model."""

    def memory(self) -> int:
        """Return the most memory, in bytes, that answering from the newest generation takes."""

    def merge(self) -> None:
        """Merge the segments that many small publishes left. Queries and publishes go on; answers stay the same."""


class SearchIndexError(MessageError):
    """The index cannot do what was asked; the message names the folder and says what to do."""


class EngineAwayError(SearchIndexError):
    """The engine's cluster does not answer now and may answer later."""


class OutdatedError(SearchIndexError):
    """Another generation was published meanwhile, so the new one would build on an old one."""

    def __init__(self, index: object) -> None:
        """`index` is its name in the message: a folder, or the address of a cluster."""
        super().__init__(translatable("{0}: another kb has written this index meanwhile; try again", index))


class WriterBusyError(SearchIndexError):
    """Another process is writing this index."""

    def __init__(self, index: object, holder: str | Message) -> None:
        """`index` is its name in the message, `holder` the process that writes."""
        super().__init__(
            translatable("{0}: another kb is writing this index ({1}); try again when it is done", index, holder)
        )
