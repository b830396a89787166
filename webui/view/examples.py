"""Searches that are offered to begin with: those that find something here; and a question with what answers it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.answering import FIRST
from kb.search.answers import Found
from kb.services import Catalogue
from webui.address import address_of
from webui.texts import spoken, texts
from webui.view.kept import Kept

_MOST = 6
_SHORTEST = 15  # characters of a note that may stand for all others: what is shorter says little by itself
_SAYS_SOMETHING = ("advice", "statement")
# In the language of the notes, whatever the page speaks; those that are no questions are for notes without vectors.
_ASKED = (
    "SQSで同じメッセージが二度届いたら？",
    "同じメッセージが2回届いたらどうする？",
    "Lambdaのコールドスタートを減らすには？",
    "DynamoDBのキーはどう設計する？",
    "コンテナの監視はどうする？",
    "コストを削減するには？",
    "障害のときに何から始める？",
    *("SQS 冪等", "Lambda タイムアウト", "監視 通知", "コスト 削減", "コンテナ 移行", "DynamoDB 設計"),
)


@dataclass(frozen=True, slots=True)
class Example:
    """A search that finds something: its words or the kind of notes that it asks for, and how many it finds."""

    label: str
    url: str
    total: int


@dataclass(frozen=True, slots=True)
class Answered:
    """A search, its address, and the note that answers it."""

    asked: str
    url: str
    found: Found


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
    queries = [(text, _asking(text, knowledge_base.collection.catalogue)) for text in texts.EXAMPLES]
    queries += [(label, Query(limit=1).select("kind", kind)) for kind, label in texts.KIND_EXAMPLES.items()]
    answers = knowledge_base.searcher.each(*(query for _, query in queries))
    for (label, query), answer in zip(queries, answers, strict=True):
        if answer.found and not answer.steps:
            yield Example(label, address_of(query), answer.total)


def _asking(text: str, catalogue: Catalogue) -> Query:
    """Return the search of an example: what is the name of a service asks for the notes on it, as the map does."""
    service = catalogue.find(text)
    return Query(limit=1).select("service", service.slug) if service else Query(text, limit=1)


def answered(knowledge_base: KnowledgeBase) -> Answered | None:
    """Return the first question that a note here surely answers, else the first search that finds a telling note.

    There is none where neither is so.
    """
    asked = [Query(text, limit=FIRST, explain=True) for text in _ASKED]
    first = None
    for query, answer in zip(asked, knowledge_base.searcher.each(*asked), strict=True):
        quoted = next(filter(_is_telling, knowledge_base.searcher.quoted(query, answer)), None)
        if quoted:
            return Answered(query.text, address_of(query), quoted)
        if first is None and not answer.steps and (found := next(filter(_is_telling, answer.found[:1]), None)):
            first = Answered(query.text, address_of(query), found)
    return first


def _is_telling(found: Found) -> bool:
    return found.note.kind in _SAYS_SOMETHING and len(found.note.text) >= _SHORTEST
