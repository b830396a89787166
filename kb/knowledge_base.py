"""Opens a library and its index, and puts together what can be done with them."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kb.search.collection import Collection

if TYPE_CHECKING:
    from kb.indexing.adder import Adder
    from kb.indexing.corrector import Corrector
    from kb.indexing.indexer import Indexer
    from kb.indexing.news import UpdateFeed
    from kb.search.browser import Browser
    from kb.search.crosstab import CrossTab
    from kb.search.engines import EngineMaker
    from kb.search.guide import Guide
    from kb.search.searcher import Searcher
    from kb.services import Service


class KnowledgeBase:
    """A library and its index, ready to be searched, browsed, kept and put right; each is imported when needed."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection

    @classmethod
    def open(
        cls, library: Path | None = None, index: Path | None = None, engine: "EngineMaker | None" = None
    ) -> "KnowledgeBase":
        """Return the knowledge base of a library (else KB_LIBRARY, else data/reports here, else the samples).

        Its index is searched by an engine that is given, else by the one that its kb.toml tells. Raises
        SearchIndexError for one that cannot be.
        """
        return cls(Collection(library, index, engine))

    @cached_property
    def searcher(self) -> "Searcher":
        """What answers queries."""
        from kb.search.searcher import Searcher

        return Searcher(self.collection)

    @cached_property
    def browser(self) -> "Browser":
        """What gives out reports, talks and notes by id."""
        from kb.search.browser import Browser

        return Browser(self.collection)

    @cached_property
    def crosstab(self) -> "CrossTab":
        """What counts one facet by the values of another."""
        from kb.search.crosstab import CrossTab

        return CrossTab(self.collection)

    @cached_property
    def adder(self) -> "Adder":
        """What puts reports into the library."""
        from kb.indexing.adder import Adder

        return Adder(self.collection)

    @cached_property
    def indexer(self) -> "Indexer":
        """What brings the index up to the library."""
        from kb.indexing.indexer import Indexer

        return Indexer(self.collection)

    @cached_property
    def corrector(self) -> "Corrector":
        """What puts right what was told or understood wrong."""
        from kb.indexing.corrector import Corrector

        return Corrector(self.collection)

    @cached_property
    def updates(self) -> "UpdateFeed":
        """What tells what the last syncs changed, and what is new in a search."""
        from kb.indexing.news import UpdateFeed

        return UpdateFeed(self.collection)

    def guide(self, service: "Service") -> "Guide":
        """Return what the notes on a service say, each thing told once."""
        from kb.search.guide import guide_of

        return guide_of(service, self.collection)
