"""What a page shows of a whole generation, made once and kept until there is another."""

from collections.abc import Callable
from typing import Generic, TypeVar

from kb.knowledge_base import KnowledgeBase
from kb.search.collection import GenerationCache

T = TypeVar("T")


class Kept(Generic[T]):
    """Something that is made of a generation of a knowledge base when it is first asked for."""

    def __init__(self, knowledge_base: KnowledgeBase, make: Callable[[], T]) -> None:
        self._collection = knowledge_base.collection
        self._make = make
        self._kept = GenerationCache[T]()

    def __call__(self) -> T:
        """Return it as it is for the newest generation."""
        return self._kept.get(self._collection.contents(), self._make)
