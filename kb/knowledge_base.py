"""The knowledge base: a library and its index, and everything that can be done with them."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from kb.search.collection import Collection, EngineMaker

if TYPE_CHECKING:  # each is imported on first use, so that commands start fast (tests/kb/cli/test_starts.py)
    from kb.assistant.readings import Readings
    from kb.indexing.adder import Adder
    from kb.indexing.corrector import Corrector
    from kb.indexing.indexer import Indexer
    from kb.indexing.news import UpdateFeed
    from kb.search.browser import Browser
    from kb.search.crosstab import CrossTab
    from kb.search.guide import Guide, Guides
    from kb.search.not_found import NotFoundLog
    from kb.search.searcher import Searcher
    from kb.services import Service


class KnowledgeBase:
    """A library and its index, ready to be searched, browsed, synced and corrected."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection

    @classmethod
    def open(
        cls, library: Path | None = None, index: Path | None = None, engine: "EngineMaker | None" = None
    ) -> "KnowledgeBase":
        """Return the knowledge base of a library (else KB_LIBRARY, else data/reports here, else the samples).

        The engine defaults to the one that its kb.toml configures. Raises LibraryError, SearchIndexError.
        """
        return cls(Collection(library, index, engine))

    @cached_property
    def searcher(self) -> "Searcher":
        """Answers queries."""
        from kb.search.searcher import Searcher

        return Searcher(self.collection)

    @cached_property
    def not_found(self) -> "NotFoundLog":
        """Keeps the searches that find nothing."""
        from kb.search.not_found import NotFoundLog

        # `kb status` imports the searcher only if there is a search to repeat.
        return NotFoundLog(self.collection, lambda query: self.searcher.search(query))  # noqa: PLW0108

    @cached_property
    def browser(self) -> "Browser":
        """Looks up reports, talks and notes by id."""
        from kb.search.browser import Browser

        return Browser(self.collection)

    @cached_property
    def crosstab(self) -> "CrossTab":
        """Counts the values of one facet by those of another."""
        from kb.search.crosstab import CrossTab

        return CrossTab(self.collection)

    @cached_property
    def adder(self) -> "Adder":
        """Adds reports to the library."""
        from kb.indexing.adder import Adder

        return Adder(self.collection)

    @cached_property
    def indexer(self) -> "Indexer":
        """Brings the index up to the library."""
        from kb.indexing.indexer import Indexer

        return Indexer(self.collection)

    @cached_property
    def corrector(self) -> "Corrector":
        """Writes corrections to kb.toml."""
        from kb.indexing.corrector import Corrector

        return Corrector(self.collection)

    @cached_property
    def readings(self) -> "Readings":
        """Hands out parts of reports to assistants, and keeps what they say."""
        from kb.assistant.readings import Readings

        return Readings(self.collection)

    @cached_property
    def updates(self) -> "UpdateFeed":
        """Returns the differences of the last syncs, and the news in a search."""
        from kb.indexing.news import UpdateFeed

        return UpdateFeed(self.collection)

    def guide(self, service: "Service") -> "Guide":
        """Return the guide to a service."""
        return self._guides.of(service)

    @cached_property
    def _guides(self) -> "Guides":
        from kb.search.guide import Guides

        return Guides(self.collection)
