"""A library and its index, open: what searching, browsing and keeping work on."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec import Struct

from index.engine import Engine, Reader, SearchIndexError
from index.messages import Message, translatable
from index.stand_in import WithStandIn
from kb.library.configuration import Configuration
from kb.library.contents import Contents
from kb.library.files import Library
from kb.library.places import OWN_LIBRARY, find_library, index_folder
from kb.pipeline.reports import Tools
from kb.report.model import Note
from kb.search.documents import SCHEMA, load_note
from kb.search.engines import EngineMaker, embedder_of, engine_of
from kb.storage.caches import code_digest

if TYPE_CHECKING:  # who only asks waits for no import that reading a report needs: tests/kb/cli/test_starts.py
    from index.query_parser import QueryParser
    from kb.services import Catalogue, Domain

T = TypeVar("T")


class Snapshot(Struct, frozen=True):
    """One generation of an index and what it says that it holds, whatever is published after."""

    reader: Reader
    contents: Contents

    def note(self, stored: str) -> Note:
        """Return the note that a document holds."""
        return load_note(stored, self.contents)

    def similarity(self, notes: Sequence[Note], others: Sequence[Note]) -> Sequence[Sequence[float]]:
        """Return the cosine of each of some notes to each of others; nothing where there are no vectors."""
        own, other = ([note.id for note in some] for some in (notes, others))
        return self.reader.similarity(own, other, "place")


class GenerationCache(Generic[T]):
    """What is made of one generation, by keys, kept until another generation is asked for; threads share it.

    While a thread makes something the others wait, so that it is made once.
    """

    def __init__(self) -> None:
        self._lock = RLock()  # what is made may ask for something else of the same cache
        self._contents: Contents | None = None
        self._values: dict[Hashable, T] = {}

    def get(self, contents: Contents | None, make: Callable[[], T], key: Hashable = None) -> T:
        """Return the value of a key for the generation with these contents, made if there is none yet.

        What `make` returns may come of that generation or of a later one. What it raises is raised, and nothing kept.
        """
        with self._lock:
            if self._contents is not contents:
                self._contents, self._values = contents, {}
            values = self._values
            if key not in values:
                values[key] = make()
            return values[key]


class Collection:
    """A library with its index; it turns to another when the first own report ends the showing of the samples.

    `library` is the folder of reports, `is_samples` whether the bundled samples stand in for an own library that holds
    no report yet, `index` where the index lies, `tools` what reads reports here, `engine` what searches the index.
    """

    library: Library
    is_samples: bool
    index: Path
    tools: Tools
    engine: Engine

    def __init__(self, library: Path | None, index: Path | None, engine: "EngineMaker | None") -> None:
        self.chosen = (library, index)
        self._engine_maker = engine
        self._lock = RLock()  # of all that threads share: what is open, and what its newest generation holds
        self._newest: tuple[Mapping[str, object] | None, Contents | None] = (None, None)
        found, is_samples = find_library(library)
        self._open(found, found.configuration()[0], is_samples=is_samples)

    def _open(self, library: Library, configuration: Configuration, *, is_samples: bool) -> None:
        tools, index = Tools(configuration), index_folder(library, self.chosen[1])

        def parser() -> "QueryParser":
            from kb.search import search_box

            return search_box.query_parser(tools)

        make = self._engine_maker or engine_of(configuration)
        engine = make(index, SCHEMA, parser, embedder_of(configuration))
        self.library, self.is_samples, self.index, self.tools, self.engine = library, is_samples, index, tools, engine

    def reopen(self, library: Library, configuration: Configuration, *, is_samples: bool) -> None:
        """Turn to a library as it is configured now, if that is another than before."""
        with self._lock:
            if library.path != self.library.path or configuration != self.tools.configuration:
                self._open(library, configuration, is_samples=is_samples)

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
    def domain(self) -> "Domain":
        """What notes can be about here."""
        return self.tools.domain

    @property
    def catalogue(self) -> "Catalogue":
        """The services that are known here."""
        return self.tools.catalogue

    def contents(self) -> Contents | None:
        """Return what the index holds, None while there is none; made once a generation.

        Raises SearchIndexError where it cannot be read, or another version of kb made it.
        """
        engine = self.engine
        contents = self._contents_of(engine.meta())
        return contents if self.engine is engine else self._contents_of(self.engine.meta())

    def readable_contents(self) -> Contents | None:
        """Return the same, None also for an index that cannot be read: it is made again."""
        try:
            return self.contents()
        except SearchIndexError:
            return None

    def snapshot(self) -> Snapshot | None:
        """Return what answers one request, all of it from one generation; None while there is no index.

        Raises SearchIndexError as `contents` does.
        """
        engine = self.engine
        reader = engine.snapshot()
        contents = self._contents_of(reader.meta())
        if self.engine is not engine:  # another than that generation's was turned to
            reader = self.engine.snapshot()
            contents = self._contents_of(reader.meta())
        return Snapshot(reader, contents) if contents else None

    def _contents_of(self, meta: Mapping[str, object] | None) -> Contents | None:
        """Return what a generation says that it holds; to one that is new, what reads reports here is turned.

        Another process may have published it since kb.toml changed: one generation, one parser.
        """
        with self._lock:
            if meta is not self._newest[0]:
                try:
                    contents = Contents.of(meta) if meta is not None else None
                except ValueError as error:
                    message = translatable("{0}: another version of kb made it; run `kb sync`", self.index)
                    raise SearchIndexError(message) from error
                self._newest = (meta, contents)
                if contents and contents.configuration_text != self.tools.configuration.text:
                    self.follow()
            return self._newest[1]

    def away(self) -> str | None:
        """Return why the index of this machine stands in for that of a cluster, None where it does not."""
        return self.engine.away() if isinstance(self.engine, WithStandIn) else None

    def damage(self) -> Message | None:
        """Return what is wrong with the index where an older generation answers, None where the newest does.

        Raises SearchIndexError where none can.
        """
        if away := self.away():
            return translatable("{0}; the last index of this machine answers until it does", away)
        damage = self.engine.damage()
        return translatable("damaged ({0}); what it held before answers until `kb sync`", damage) if damage else None

    def needs_index(self) -> bool:
        """Return whether there is no index yet, or one that another version of kb made. Raises SearchIndexError."""
        meta = self.engine.meta()
        if self.away():
            return False  # nothing can be written now, and what stands in is as it was
        return meta is None or meta.get("code") != code_digest()
