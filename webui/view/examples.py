"""Searches that are offered to begin with: those that find something here, by all of their words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from webui.address import address_of
from webui.texts import spoken, texts
from webui.view.kept import Kept

_MOST = 6


@dataclass(frozen=True, slots=True)
class Example:
    """A search that finds something: its words or the kind of notes that it asks for, and how many it finds."""

    label: str
    url: str
    total: int


def examples(knowledge_base: KnowledgeBase) -> Callable[[], tuple[Example, ...]]:
    """Return what gives the examples of a knowledge base in the language of a request, none while there is no index.

    They are found once a generation, for each costs a search.
    """
    made: Kept[dict[str, tuple[Example, ...]]] = Kept(knowledge_base, dict)

    def offered() -> tuple[Example, ...]:
        known, language = made(), spoken.get()
        if language not in known:
            known[language] = tuple(_find(knowledge_base))[:_MOST]
        return known[language]

    return offered


def _find(knowledge_base: KnowledgeBase) -> Iterator[Example]:
    queries = [(text, Query(text, limit=1)) for text in texts.EXAMPLES]
    queries += [(label, Query(limit=1).select("kind", kind)) for kind, label in texts.KIND_EXAMPLES.items()]
    answers = knowledge_base.searcher.each(*(query for _, query in queries))
    for (label, query), answer in zip(queries, answers, strict=True):
        if answer.found and not answer.steps:
            yield Example(label, address_of(query), answer.total)
