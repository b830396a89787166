"""Opens a library and its index, and puts together what can be done with them."""

from dataclasses import dataclass
from pathlib import Path

from index.whoosh_engine import WhooshEngine
from kb.search.browsing import Browser
from kb.search.collection import Collection, EngineMaker
from kb.search.correcting import Corrector
from kb.search.keeping import Keeper
from kb.search.searching import Searcher


@dataclass(frozen=True, slots=True)
class KnowledgeBase:
    """A library and its index, ready to be searched, browsed, kept and put right."""

    collection: Collection
    searcher: Searcher
    browser: Browser
    keeper: Keeper
    corrector: Corrector

    @classmethod
    def open(
        cls, library: Path | None = None, index: Path | None = None, engine: EngineMaker = WhooshEngine
    ) -> "KnowledgeBase":
        """Return the knowledge base of a library (else KB_LIBRARY, else data/reports here, else the samples)."""
        collection = Collection(library, index, engine)
        return cls(collection, Searcher(collection), Browser(collection), Keeper(collection), Corrector(collection))
