"""What searching means, whatever does it: the contract of every engine, its results and its errors."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from msgspec import Struct, field

from index.messages import Message, translatable

if TYPE_CHECKING:
    from index.embedder import KeptVectors
    from index.query import Query, Step
    from index.ranking import SignalName
    from index.schema import Document
    from index.tree import Notice

FEW = 3  # documents: where fewer are found, it is worth telling why
MOST_NEAR = 20  # documents that follow what is found
PATIENCE = 5.0  # seconds that a second writer waits: a small publish is done by then


class Reason(Struct, frozen=True):
    """A signal's part of the score of a hit, in points; it may be below 0.

    The part of `words` comes word by word: the word of the query, the term as which it was found, in which fields.
    That of `likeness` has the cosine (`index.similarity`).
    """

    signal: "SignalName"
    points: float
    word: str = ""
    term: str = ""
    fields: tuple[str, ...] = ()
    cosine: float | None = None


class Hit(Struct, frozen=True):
    """One found document: what was stored of it, and its score (0.0 where no words were asked).

    The reasons are there where they were asked for; their points, most first, add up to the score.
    """

    id: str
    score: float
    stored: str
    reasons: tuple[Reason, ...] = ()


class FacetCount(NamedTuple):
    """A facet value, how many documents have it, and whether the query selects it.

    The count ignores the selections of its own group (unless all of them are wanted) and obeys words and all other
    groups. Every selected value is listed, even at 0; others only above 0; order: count descending, then value.
    A tuple, for a page may have thousands of them.
    """

    value: str
    count: int  # type: ignore[assignment]  # a tuple has a method of that name, which nobody asks a facet count for
    selected: bool


class TitledCount(NamedTuple):
    """A value whose title has the words, how many selected documents have it, and how many of them are found."""

    value: str
    count: int  # type: ignore[assignment]  # as that of FacetCount
    found: int


class WordCount(Struct, frozen=True):
    """A word of a query, as corrected, and how many of the selected documents have it, whatever else is asked."""

    word: str
    count: int


class MeantCount(Struct, frozen=True):
    """A word of a query that hardly any document has, one that is hardly another but far commoner, and its count.

    It is only a suggestion: what was typed is what is looked for.
    """

    word: str
    meant: str
    count: int


class ConditionCount(Struct, frozen=True):
    """A condition as it is typed, the query's text without it, and how many documents that finds."""

    condition: str
    rest: str
    count: int


class Results(Struct, frozen=True):
    """The answer to a query: `total` hits, the window of them, and what else a page shows, all of one generation.

    - `near`: below the last hit, the selected documents that meet the conditions and have only some of the words or are
      like the query, by their score: MOST_NEAR at most, and no more than the window holds.
    - `facets`: the counts of the groups that were asked for.
    - `unlisted`: for each group in `Query.most_values`, how many more values documents have than are listed.
    - `steps`, `notices`: what was done to find more, and what of the query could not be taken as typed.
    - `terms`, `near_terms`: what was looked for in the end, and what else of it makes a document near (for marks).
    - `without`: for each selected group and value, the total of the query without that one value.
    - `without_group`: where the selections leave nothing, for each selected group the total without the whole group.
    - `words`, `conditions`: where fewer than FEW are found, what each part of the text has to do with that.
    - `meant`: what may be meant instead of words of the text, with how many of the selected documents have each.
    - `unknown`: the selected groups and values that no document has, whatever else is asked, in the selections' order.
    - `titled`: the values of the group `Schema.titles` whose title has every word but those that only carry the
      question, with how many selected documents have each and how many of these are found, most first, then by value.
    - `context`: for each value that a hit or near document has in the group `Query.context`, what is stored of its
      related documents with that value, found or not, in position order: the hits, those that they belong to
      (`Document.parents`), and those that belong to them. Empty where none was asked for.
    - `found_in`: for each of these values, how many found documents have it, in the window or not.
    """

    total: int
    hits: tuple[Hit, ...]
    near: tuple[Hit, ...] = ()
    facets: Mapping[str, tuple[FacetCount, ...]] = field(default_factory=dict)
    unlisted: Mapping[str, int] = field(default_factory=dict)
    steps: "tuple[Step, ...]" = ()
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

    @property
    def loosened(self) -> bool:
        """Whether anything was done to find more."""
        return bool(self.steps)


class Coverage(Struct, frozen=True):
    """How many documents can be found by similarity, of how many that could."""

    embedded: int
    documents: int

    @property
    def lacking(self) -> int:
        """How many have no vector yet."""
        return self.documents - self.embedded


class Reader(Protocol):
    """One generation, whatever is published after: all that one request asks of a reader belongs together."""

    def search(self, query: "Query") -> Results:
        """Answer a query."""

    def stored(self, document_id: str) -> str | None:
        """Return what was stored of a document, or None if there is none of that id."""

    def like(self, ids: Sequence[str], group: str, limit: int) -> tuple[Hit, ...]:
        """Return the documents that are most like some by their vectors, their cosine as score.

        That of several is to the mean of their vectors. They are none of these, share no value of a group with any, be
        it one without a vector, and are no copies. None without vectors.
        """

    def similarity(self, some: Sequence[str], others: Sequence[str], context: str) -> tuple[tuple[float, ...], ...]:
        """Return the cosine of each of some documents to each of others, by their ids; none where one has no vector.

        It is that of how each differs from what stands around it: from the mean of the documents with its value in the
        group `context`, and of all. What a whole talk is about tells nothing of what one of its notes says.
        """

    def meta(self) -> Mapping[str, object] | None:
        """Return the JSON object that the generation was written with, None before the first; always the same one."""


class StagedSegment(Struct, frozen=True):
    """Documents written ahead of a publish: where they lie, and of which sources, each with how many."""

    folder: Path
    runs: tuple[tuple[str, int], ...]


class Publication(Struct, frozen=True):
    """What the next generation is to hold, as `Engine.publish` takes it."""

    replaced: "Mapping[str, Iterable[Document]]"
    removed: Collection[str]
    order: Sequence[str]
    meta: Mapping[str, object]
    staged: Sequence[StagedSegment] = ()

    def kept(self, held: Iterable[str]) -> frozenset[str]:
        """Return which of the sources that an index holds stay as they are.

        Raises SearchIndexError where a source of the order has no documents, or one with documents has no place there.
        """
        given = {*self.replaced, *(source for stage in self.staged for source, _ in stage.runs)}
        kept = frozenset(self.order).intersection(held) - given - {*self.removed}
        for source in self.order:
            if source not in given and source not in kept:
                raise SearchIndexError(
                    translatable("{0}: its documents were not given, and the index does not hold them", source)
                )
        for source in self.replaced.keys() - set(self.order):
            raise SearchIndexError(
                translatable("{0}: its documents were given, but it has no place in the order of sources", source)
            )
        return kept


class Staging(Protocol):
    """What writes documents ahead of a publish; it can be handed to another process."""

    def write(self, given: "Iterable[tuple[str, Iterable[Document]]]") -> StagedSegment:
        """Write sources with all their documents, as they come."""


class Engine(Protocol):
    """A searchable set of documents, each of a source; engines differ in speed and scale, never in answers.

    A document is found when it meets every condition of the query's text (`index.language`) and has every word in any
    field that finds, as far as relaxation (`index.relaxation`) did not loosen that; relaxation looks at the words and
    conditions, never at what is selected. White space alone asks for nothing and finds everything. Order: by score
    (`index.ranking`), then newer date first (as strings), undated last, then position: the place of a document's source
    in the order of sources, then its place there. Sort `new` is that order without the score, `old` that with older
    dates first, `boost` that behind the documents' own boosts, the greatest first, `position` that of positions.

    What is asked of the engine itself is answered by the newest whole generation at that moment. One that is not as it
    was written never answers: the one before does, and `damage` tells; where none is left, SearchIndexError is raised.
    """

    def snapshot(self) -> Reader:
        """Return a reader of the newest whole generation."""

    def search(self, query: "Query") -> Results:
        """Answer a query from the newest whole generation."""
        return self.snapshot().search(query)

    def meta(self) -> Mapping[str, object] | None:
        """Return what the newest whole generation was written with, None before the first."""
        return self.snapshot().meta()

    def damage(self) -> str | None:
        """Return why an older generation answers instead of the newest, None where the newest does."""

    def stamp(self) -> object:
        """Return a value that is another whenever another generation became the newest."""

    def publish(
        self,
        replaced: "Mapping[str, Iterable[Document]]",
        removed: Collection[str],
        order: Sequence[str],
        meta: Mapping[str, object],
        since: object = None,
        *,
        staged: Sequence[StagedSegment] = (),
    ) -> None:
        """Write a new generation and swap it in; the one before answers until then, and on any failure.

        Given the stamp `since` it raises OutdatedError where another was published since that.

        It holds for each source that `order` names the documents given for it in `replaced`, else those in a staged
        segment, else those it had; every other source is gone, and so is what those in `removed` had. A source given in
        `replaced` but not in `order`, or in `order` but neither given nor held, is a SearchIndexError. The answers are
        those of an index into which all of it had been written at once.
        """
        self.write_generation(Publication(replaced, removed, order, meta, staged), since)

    def write_generation(self, publication: Publication, since: object) -> None:
        """Write a new generation and swap it in, as `publish` says."""

    def staging(self) -> AbstractContextManager[Staging]:
        """Give what writes staged segments for a publish within; afterwards those that were not published are gone.

        Raises WriterBusyError while another process has it, and SearchIndexError as `publish` does.
        """

    def embed(self, progress: Callable[[int, int], None]) -> None:
        """Make the vectors that documents lack; without a model do nothing.

        `progress` is called with how many have theirs, of how many. They are kept as they come: what breaks this off
        costs a moment's work. Raises EmbeddingError.
        """

    def kept_vectors(self) -> "KeptVectors | None":
        """Return the vectors that are kept of texts, None without a model or where the engine does not give them."""
        return None

    def coverage(self) -> Coverage | None:
        """Return how far documents can be found by similarity, None where there is no model."""

    def memory(self) -> int:
        """Return the bytes that answering from the newest generation takes at most, whatever is asked."""

    def merge(self) -> None:
        """Tidy up after many small publishes, beside whatever is published or asked; answers stay the same."""

    def close(self) -> None:
        """Give back what is open."""


class SearchIndexError(Exception):
    """The index cannot do what was asked; the message says which folder and what to do."""


class EngineAwayError(SearchIndexError):
    """What an engine runs on does not answer now, and may answer later."""


class OutdatedError(SearchIndexError):
    """Another generation came meanwhile: what was to be written builds on one that is no longer the newest."""

    def __init__(self, index: object) -> None:
        """`index` is what the message calls it by: a folder, the address of a cluster."""
        super().__init__(translatable("{0}: another kb has written this index meanwhile; try again", index))


class WriterBusyError(SearchIndexError):
    """Another process is writing this index."""

    def __init__(self, index: object, holder: str | Message) -> None:
        """`index` is what the message calls it by, `holder` who writes it."""
        super().__init__(
            translatable("{0}: another kb is writing this index ({1}); try again when it is done", index, holder)
        )
