"""What pages show of a whole generation, made once and cached: examples, how to write a search, panels of services."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Generic, TypeVar, TypeVarTuple, Unpack

from index.engine import SearchIndexError
from index.query import Query
from kb.kinds.pairs import Pair, problems
from kb.knowledge_base import KnowledgeBase
from kb.report.model import Note
from kb.search.collection import GenerationCache
from kb.search.facets import UNDATED, place
from kb.search.quotes import FIRST
from kb.search.results import FoundNote
from kb.services import Catalogue, Change, Service
from kb.translation import _, language, pgettext
from kb.wording import KINDS
from webui.http.address import address_of
from webui.view.facets import counts

_MOST_EXAMPLES = 6
_FEW = 2  # notes of each list of a panel: the page of the service has them all
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

K = TypeVarTuple("K")
T = TypeVar("T")


class Cached(Generic[*K, T]):
    """What is made of a generation of a knowledge base when first asked for, once for each key, as languages."""

    def __init__(self, knowledge_base: KnowledgeBase, make: Callable[[Unpack[K]], T]) -> None:
        self._collection = knowledge_base.collection
        self._make = make
        self._kept = GenerationCache[T]()

    def __call__(self, *key: *K) -> T:
        """Return that of a key, as it is for the newest generation."""
        return self._kept.get(self._collection.contents(), lambda: self._make(*key), key)


@dataclass(frozen=True, slots=True)
class Example:
    """A search that finds something: its words or the kind of notes that it asks for, and how many it finds."""

    label: str
    url: str
    total: int


@dataclass(frozen=True, slots=True)
class SyntaxLine:
    """What may be written in the search box, what it means, and the address that searches so."""

    text: str
    meaning: str
    url: str


@dataclass(frozen=True, slots=True)
class AnswerExample:
    """A search, its address, and the note that answers it."""

    asked: str
    url: str
    found: FoundNote


@dataclass(frozen=True, slots=True)
class Panel:
    """A service: how many notes of each kind, the surest advice, its newest problems, its newest changes."""

    service: Service
    total: int
    kinds: Mapping[str, int]
    advice: tuple[Note, ...]
    problems: tuple[Pair, ...]
    changes: tuple[Change, ...]

    def is_asked_by(self, query: Query, catalogue: Catalogue) -> bool:
        """Return whether a query asks for the service and nothing else: then the panel is open."""
        return catalogue.find(query.text) == self.service


def examples(knowledge_base: KnowledgeBase) -> Callable[[], tuple[Example, ...]]:
    """Return what gives the examples of a knowledge base, each of which costs a search."""
    return _in_its_language(knowledge_base, lambda: islice(_examples(knowledge_base), _MOST_EXAMPLES))


def syntax(knowledge_base: KnowledgeBase) -> Callable[[], tuple[SyntaxLine, ...]]:
    """Return what gives five lines on how a search is written, of what is named here."""
    return _in_its_language(knowledge_base, lambda: _syntax(knowledge_base))


def _in_its_language(knowledge_base: KnowledgeBase, make: Callable[[], Iterable[T]]) -> Callable[[], tuple[T, ...]]:
    """Return what gives some things in the language of a request; none where no index answers."""
    kept = Cached(knowledge_base, lambda _language: tuple(make()))

    def spoken_ones() -> tuple[T, ...]:
        try:
            return kept(language())
        except SearchIndexError:
            return ()

    return spoken_ones


def _examples(knowledge_base: KnowledgeBase) -> Iterator[Example]:
    def query(text: str) -> Query:
        service = knowledge_base.collection.catalogue.find(text)  # the name of one asks for its notes, as the map does
        return Query().select("service", service.slug) if service else Query(text)

    queries = [(text, query(text)) for text in _example_texts()]
    kinds = {"advice": _("Advice only"), "problem": _("Problems only"), "question": _("Questions only")}
    queries += [(label, Query().select("kind", kind)) for kind, label in kinds.items()]
    answers = knowledge_base.searcher.each(*(replace(query, limit=1) for _, query in queries))
    for (label, asked), answer in zip(queries, answers, strict=True):
        if answer.hits and not answer.steps:
            yield Example(label, address_of(asked), answer.total)


def _example_texts() -> tuple[str, ...]:
    """Return searches that find something in many libraries. A translation may be any other search."""
    return (
        pgettext("example", "SQS"),
        pgettext("example", "Lambda"),
        pgettext("example", "DynamoDB"),
        pgettext("example", "Kubernetes"),
        pgettext("example", "CloudFormation"),
        pgettext("example", "Step Functions"),
    )


def _syntax(knowledge_base: KnowledgeBase) -> Iterator[SyntaxLine]:
    names = dict(_names(knowledge_base))
    lines = (
        ('"{phrase}"', _("between quotes: exactly this, in a row")),
        ("{service} -{other}", _("without the word behind the minus")),
        ("{service} OR {other}", _("any of them; ( ) keeps words together")),
        (_("service:{slug} kind:{kind}"), _("of this value; also event:, speaker:, state:")),
        (_("year:{year}"), _("of this year; also before:{year}, after:{year}")),
    )
    for line in lines:
        text, meaning = (part.format(**names) for part in line)
        yield SyntaxLine(text, meaning, address_of(Query(text)))


def _names(knowledge_base: KnowledgeBase) -> Iterator[tuple[str, str]]:
    """Yield what the lines name: the services, the kind and the year that most notes here are of."""
    searcher = knowledge_base.searcher
    facets = searcher.search(Query(limit=0, facets=("service", "kind", "year"))).facets

    def commonest(group: str) -> list[str]:
        return [one.value for one in sorted(facets.get(group, ()), key=lambda one: -one.count)]

    services = [*commonest("service"), "lambda", "sqs"][:2]
    known = map(knowledge_base.collection.catalogue.by_slug.get, services)
    first, second = (service.short_name if service else slug for service, slug in zip(known, services, strict=True))
    yield "service", f'"{first}"' if " " in first else first
    yield "other", f'"{second}"' if " " in second else second
    yield "slug", services[0]
    kinds = commonest("kind") or ["advice"]
    kind = "advice" if "advice" in kinds else kinds[0]
    label = _(KINDS[kind]).lower()
    yield "kind", kind if " " in label else label
    yield "year", next((year for year in commonest("year") if year != UNDATED), "2018")
    phrases = (
        pgettext("example", "best practice"),
        pgettext("example", "cold start"),
        pgettext("example", "serverless"),
    )
    answers = searcher.each(*(Query(f'"{phrase}"', limit=0) for phrase in phrases))
    found = (phrase for phrase, answer in zip(phrases, answers, strict=True) if answer.total)
    yield "phrase", next(found, first)


def answer_example(knowledge_base: KnowledgeBase) -> AnswerExample | None:
    """Return the first question that a note here surely answers, else the first search whose first hit says something.

    None where neither is so.
    """

    def says_something(found: FoundNote) -> bool:
        return found.note.kind in _SAYS_SOMETHING and len(found.note.text) >= _SHORTEST

    asked = [Query(text, limit=FIRST, explain=True) for text in _ASKED]
    first = None
    for query, answer in zip(asked, knowledge_base.searcher.each(*asked), strict=True):
        quoted = next(filter(says_something, knowledge_base.searcher.quoted(query, answer)), None)
        if quoted:
            return AnswerExample(query.text, address_of(query), quoted)
        if first is None and not answer.steps and (found := next(filter(says_something, answer.hits[:1]), None)):
            first = AnswerExample(query.text, address_of(query), found)
    return first


class Panels:
    """The panels of a knowledge base above the results of a query that names a service; each costs two searches."""

    def __init__(self, knowledge_base: KnowledgeBase) -> None:
        self._collection = knowledge_base.collection
        self._made = Cached(knowledge_base, lambda slug: _panel(slug, knowledge_base))

    def of(self, query: Query) -> Panel | None:
        """Return the panel of the one service that a query names, None where it names none that notes are about.

        A query that asks for a page further on, or selects services, has been past it.
        """
        if query.offset or query.selected("service"):
            return None
        named = {one.slug for one in map(self._collection.catalogue.find, (query.text, *query.text.split())) if one}
        return self._made(named.pop()) if len(named) == 1 else None


def _panel(slug: str, knowledge_base: KnowledgeBase) -> Panel | None:
    about = Query(limit=_FEW).select("service", slug)
    advising, troubled = knowledge_base.searcher.each(
        replace(about.select("kind", "advice"), sort="boost", facets=("kind",)),
        replace(about.select("kind", "problem"), sort="new", context="place"),
    )
    kinds = counts(advising, "kind")
    if not kinds:
        return None
    contexts = {found.note.id: troubled.context_notes[place(found.note)] for found in troubled.hits}
    pairs = (pair for problem, notes in contexts.items() for pair in problems(notes) if pair.note.id == problem)
    changes = knowledge_base.collection.domain.changes_of(slug)
    return Panel(
        service=knowledge_base.collection.catalogue.by_slug[slug],
        total=sum(kinds.values()),
        kinds=kinds,
        advice=tuple(found.note for found in advising.hits),
        problems=tuple(pairs),
        changes=tuple(sorted(changes, key=lambda change: change.changed_on, reverse=True)[:_FEW]),
    )
