"""A library and its index, open: what searching, browsing and keeping work on."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from index.engine import Engine, Reader, SearchIndexError
from index.sentences import said
from index.stand_in import WithStandIn
from kb.library.contents import Contents
from kb.library.places import OWN_LIBRARY, find_library, index_folder
from kb.pipeline.understanding import Tools
from kb.search.embedding import embedder_of
from kb.search.engines import EngineMaker, engine_of
from kb.search.schema import SCHEMA
from kb.storage.caches import code_digest

if TYPE_CHECKING:
    from index.language import Language
    from kb.library.configuration import Configuration
    from kb.library.files import Library
    from kb.report.model import Note
    from kb.services import Catalogue, Domain

T = TypeVar("T")


class _Parts(Struct, frozen=True):
    library: "Library"
    is_samples: bool
    index: Path
    tools: Tools
    engine: Engine


class Snapshot(Struct, frozen=True):
    """One generation of an index and what it says that it holds, whatever is published after."""

    reader: Reader
    contents: Contents

    def note(self, stored: str) -> "Note":
        """Return the note that a document holds."""
        from kb.search.records import load_note

        return load_note(stored, self.contents)

    def similarity(self, notes: "Sequence[Note]", others: "Sequence[Note]") -> "Sequence[Sequence[float]]":
        """Return the cosine of each of some notes to each of others; nothing where there are no vectors."""
        own, other = ([note.id for note in some] for some in (notes, others))
        return self.reader.similarity(own, other, "place")


class OfGeneration(Generic[T]):
    """What is made of a generation, kept until another is asked for; shared by threads.

    Who adds to it holds on to what was given: to ask for it again may give that of the next generation.
    """

    def __init__(self) -> None:
        self._kept: tuple[Contents | None, T] | None = None

    def get(self, contents: Contents | None, make: Callable[[], T]) -> T:
        """Return what belongs to the generation with these contents, made if that is another than the last asked for.

        What `make` returns may come of that generation or of a later one.
        """
        kept = self._kept
        if kept is None or kept[0] is not contents:
            kept = self._kept = (contents, make())
        return kept[1]


class Collection:
    """A library with its index; it turns to another when the first own report ends the showing of the samples."""

    def __init__(self, library: Path | None, index: Path | None, engine: "EngineMaker | None") -> None:
        self.chosen = (library, index)
        self._engine_maker = engine
        found, is_samples = find_library(library)
        self._parts = self._open(found, found.configuration()[0], is_samples=is_samples)
        self._known: tuple[Mapping[str, object] | None, Contents | None] = (None, None)

    def _open(self, library: "Library", configuration: "Configuration", *, is_samples: bool) -> _Parts:
        index = index_folder(library, self.chosen[1])
        tools = Tools(configuration)

        def language() -> "Language":
            from kb.search import search_box

            return search_box.language(tools)

        maker = self._engine_maker or engine_of(configuration)
        engine = maker(index, SCHEMA, language, embedder_of(configuration))
        return _Parts(library, is_samples, index, tools, engine)

    def reopen(self, library: "Library", configuration: "Configuration", *, is_samples: bool) -> None:
        """Turn to a library as it is configured now, if that is another than before."""
        if library.path != self.library.path or configuration != self.tools.configuration:
            self._parts = self._open(library, configuration, is_samples=is_samples)

    def follow(self) -> None:
        """Turn to the library that is chosen as things stand now, as it is configured now."""
        library, is_samples = find_library(self.chosen[0])
        self.reopen(library, library.configuration()[0], is_samples=is_samples)

    @property
    def watched(self) -> tuple[Path, ...]:
        """The folders in which a change may change what is found here."""
        own = (OWN_LIBRARY.absolute(),) if self.is_samples and OWN_LIBRARY.is_dir() else ()
        return (self.library.path, *own)

    @property
    def library(self) -> "Library":
        """The folder of reports."""
        return self._parts.library

    @property
    def is_samples(self) -> bool:
        """Whether the bundled samples stand in for an own library that holds no report yet."""
        return self._parts.is_samples

    @property
    def index(self) -> Path:
        """Where the index lies."""
        return self._parts.index

    @property
    def tools(self) -> Tools:
        """What reads reports here."""
        return self._parts.tools

    @property
    def domain(self) -> "Domain":
        """What notes can be about here."""
        return self._parts.tools.domain

    @property
    def catalogue(self) -> "Catalogue":
        """The services that are known here."""
        return self._parts.tools.catalogue

    @property
    def engine(self) -> Engine:
        """What searches the index."""
        return self._parts.engine

    def contents(self) -> Contents | None:
        """Return what the index holds, None while there is none; made once a generation."""
        engine = self.engine
        contents = self._contents_of(engine.meta())
        return contents if self.engine is engine else self._contents_of(self.engine.meta())

    def snapshot(self) -> Snapshot | None:
        """Return what answers one request, all of it from one generation; None while there is no index."""
        engine = self.engine
        reader = engine.snapshot()
        contents = self._contents_of(reader.meta())
        if self.engine is not engine:  # another than that generation's was turned to
            reader = self.engine.snapshot()
            contents = self._contents_of(reader.meta())
        return Snapshot(reader, contents) if contents else None

    def _contents_of(self, meta: Mapping[str, object] | None) -> Contents | None:
        """Return what a generation says that it holds; to one that is new, what reads reports here is turned.

        Another process may have published it since kb.toml changed: one generation, one language.
        """
        known = self._known
        if meta is not known[0]:
            try:
                known = self._known = (meta, Contents.of(meta) if meta is not None else None)
            except ValueError as error:
                raise SearchIndexError(said("{0}: another version of kb made it; run `kb sync`", self.index)) from error
            if known[1] and known[1].configuration_text != self.tools.configuration.text:
                self.follow()
        return known[1]

    def away(self) -> str | None:
        """Return why the index of this machine stands in for that of a cluster, None where it does not."""
        return self.engine.away() if isinstance(self.engine, WithStandIn) else None

    def damage(self) -> str | None:
        """Return what is wrong with the index where an older generation of it answers, None where the newest does."""
        if away := self.away():
            return f"{away}; the last index of this machine answers until it does"
        damage = self.engine.damage()
        return f"{self.index}: damaged ({damage}); what it held before answers until `kb sync`" if damage else None

    def needs_index(self) -> bool:
        """Return whether there is no index yet, or one that another version of kb made. Raises SearchIndexError."""
        meta = self.engine.meta()
        if self.away():
            return False  # nothing can be written now, and what stands in is as it was
        return meta is None or meta.get("code") != code_digest()
