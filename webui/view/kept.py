"""What a page shows of a whole generation, made once and kept until there is another."""

from collections.abc import Callable
from typing import Generic, TypeVar

from kb.knowledge_base import KnowledgeBase

T = TypeVar("T")


class Kept(Generic[T]):
    """Something that is made of a generation of a knowledge base when it is first asked for."""

    def __init__(self, knowledge_base: KnowledgeBase, make: Callable[[], T]) -> None:
        self._collection = knowledge_base.collection
        self._make = make
        self._kept: tuple[object, T] | None = None

    def __call__(self) -> T:
        """Return it as it is for the newest generation."""
        contents = self._collection.contents()
        kept = self._kept
        if kept is None or kept[0] is not contents:
            kept = self._kept = (contents, self._make())
        return kept[1]
