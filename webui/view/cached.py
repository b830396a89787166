"""Parts of pages that change only with the generation, and are cached: examples, search syntax, service panels."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from index.engine import FacetCount, SearchIndexError
from index.query import Query
from kb.kinds.pairs import Pair, problems
from kb.knowledge_base import KnowledgeBase
from kb.report.model import Note
from kb.search.browser import ServiceCount
from kb.search.collection import Cached
from kb.search.facets import UNDATED, place
from kb.search.relevance import FIRST
from kb.search.results import FoundNote
from kb.services import Change, Service
from kb.translation import _, language, pgettext
from kb.wording import KINDS
from webui.http.address import address_of

_MAX_EXAMPLES = 6
_MAX_PANEL_ITEMS = 2  # of each list of a panel; the page of the service has all
_MAX_QUOTED = 2  # notes of the answer on the start page
_MIN_SURE = 0.8  # probability of the kind of such a note
# Characters of a note on the start page: a shorter one says little by itself, a longer one hides the rest of the page.
_EXAMPLE_LENGTHS = range(15, 160)
# In the language of the notes, whatever the language of the page. Without vectors only those that are not questions
# find an answer.
_QUESTIONS = (
    "SQSで同じメッセージが二度届いたら？",
    "同じメッセージが2回届いたらどうする？",
    "Lambdaのコールドスタートを減らすには？",
    "DynamoDBのキーはどう設計する？",
    "コンテナの監視はどうする？",
    "コストを削減するには？",
    "障害のときに何から始める？",
    *("SQS 冪等", "Lambda タイムアウト", "監視 通知", "コスト 削減", "コンテナ 移行", "DynamoDB 設計"),
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Example:
    """A search that finds notes: its words or the label of its kind, its address, its numbers of notes, and some."""

    label: str
    url: str
    total: int
    likely: int = 0
    found: tuple[FoundNote, ...] = ()


@dataclass(frozen=True, slots=True)
class ServicePanel:
    """A service: its number of notes by kind, its most certain advice, its newest problems and changes."""

    service: Service
    total: int
    kinds: Mapping[str, FacetCount]
    advice: tuple[Note, ...]
    problems: tuple[Pair, ...]
    changes: tuple[Change, ...]


def examples(knowledge_base: KnowledgeBase) -> Callable[[], tuple[Example, ...]]:
    """Return a function that returns the examples in the language of the request."""
    return _cached_by_language(knowledge_base, lambda: _examples(knowledge_base))


def syntax(knowledge_base: KnowledgeBase) -> Callable[[], tuple[tuple[str, str, str], ...]]:
    """Return a function that returns the help on the search box: texts to type, their meanings and addresses."""
    return _cached_by_language(knowledge_base, lambda: _syntax(knowledge_base))


def _cached_by_language(knowledge_base: KnowledgeBase, make: Callable[[], Iterable[T]]) -> Callable[[], tuple[T, ...]]:
    """Return a function that returns items in the language of the request, and none without an index."""
    cached = Cached(knowledge_base.collection, lambda _language: tuple(make()))

    def items() -> tuple[T, ...]:
        try:
            return cached(language())
        except SearchIndexError:
            return ()

    return items


def _examples(knowledge_base: KnowledgeBase) -> Iterator[Example]:
    services = [count.service for count in _by_notes(knowledge_base)[: 2 * _MAX_EXAMPLES]]
    queries = [(one.short_name, Query().select("service", one.slug)) for one in services]
    kinds = {"advice": _("Advice only"), "problem": _("Problems only"), "question": _("Questions only")}
    # The surest first: the newest may be the house rules of a venue.
    queries += [(label, Query(sort="boost").select("kind", kind)) for kind, label in kinds.items()]
    answers = knowledge_base.searcher.each(*(replace(query, limit=FIRST) for _, query in queries))
    found = [
        (
            len({one.note.report for one in answer.hits}) > 1,
            Example(label, address_of(query), answer.total, answer.likely),
        )
        for (label, query), answer in zip(queries, answers, strict=True)
        if answer.hits
    ]
    if any(is_of_several for is_of_several, _example in found):
        found = [one for one in found if one[0]]
    examples = [example for _, example in found]
    of_services = sum(example.label not in kinds.values() for example in examples)
    yield from examples[: min(of_services, _MAX_EXAMPLES // 2)]
    yield from examples[of_services:]


def _syntax(knowledge_base: KnowledgeBase) -> Iterator[tuple[str, str, str]]:
    names = dict(_syntax_names(knowledge_base))
    lines = (
        ('"{phrase}"', _("between quotes: exactly this, in a row")),
        ("{service} -{other}", _("without the word behind the minus, or behind NOT")),
        ("{service} OR {other}", _("any of them; ( ) keeps words together, AND is a space")),
        (_("service:{slug} kind:{kind}"), _("of this value; also event:, speaker:, state:, with or without a space")),
        (_("year:{year}"), _("of this year; also before:{year}, after:{year}")),
    )
    for line in lines:
        text, meaning = (part.format(**names) for part in line)
        yield text, meaning, address_of(Query(text))


def _syntax_names(knowledge_base: KnowledgeBase) -> Iterator[tuple[str, str]]:
    """Yield the placeholders of the syntax lines with the most frequent services, kind and year."""
    searcher = knowledge_base.searcher
    facets = searcher.search(Query(limit=0, facets=("service", "kind", "year"))).facets

    def most_frequent(group: str) -> list[str]:
        return [facet.value for facet in sorted(facets.get(group, ()), key=lambda facet: -facet.count)]

    services = [*most_frequent("service"), "lambda", "sqs"][:2]
    known = map(knowledge_base.collection.catalogue.by_slug.get, services)
    first, second = (service.short_name if service else slug for service, slug in zip(known, services, strict=True))
    yield "service", f'"{first}"' if " " in first else first
    yield "other", f'"{second}"' if " " in second else second
    yield "slug", services[0]
    kinds = most_frequent("kind") or ["advice"]
    kind = "advice" if "advice" in kinds else kinds[0]
    label = _(KINDS[kind]).lower()
    yield "kind", kind if " " in label else label
    yield "year", next((year for year in most_frequent("year") if year != UNDATED), "2018")
    phrases = (
        pgettext("example", "best practice"),
        pgettext("example", "cold start"),
        pgettext("example", "serverless"),
    )
    answers = searcher.each(*(Query(f'"{phrase}"', limit=0) for phrase in phrases))
    yield "phrase", next((phrase for phrase, answer in zip(phrases, answers, strict=True) if answer.total), first)


def answer_example(knowledge_base: KnowledgeBase) -> Example | None:
    """Return a question that notes surely answer, of several reports if possible; else a search that finds sure notes.

    None if there is neither.
    """
    questions = [(text, Query(text, limit=FIRST, explain=True)) for text in _QUESTIONS]
    advice = Query(limit=FIRST, sort="boost").select("kind", "advice")
    services = [count.service for count in _by_notes(knowledge_base)[:_MAX_EXAMPLES]]
    searches = [*questions, *((one.short_name, advice.select("service", one.slug)) for one in services)]
    answers = knowledge_base.searcher.each(*(query for _name, query in searches))
    found = []
    for (name, query), answer in zip(searches, answers, strict=True):
        quoted = _of_several_reports(knowledge_base.searcher.quoted(query, answer))
        notes = quoted or _of_several_reports(() if answer.steps else answer.hits[:_MAX_QUOTED])
        example = Example(name, address_of(query), answer.total, found=notes)
        found.append((len(notes), bool(quoted), bool(query.text), example))
    best = max(found, key=lambda one: one[:3])[-1]  # the first of those
    return best if best.found else None


def _of_several_reports(found: Iterable[FoundNote]) -> tuple[FoundNote, ...]:
    """Return the first sure note on the matter of talks of each of the first reports, none that has changed since."""
    of_reports: dict[str, FoundNote] = {}
    for one in found:
        note = one.note
        is_sure = note.kind in ("advice", "statement") and note.sure >= _MIN_SURE and note.about == "matter"
        if is_sure and not one.overtaken and len(note.text) in _EXAMPLE_LENGTHS:
            of_reports.setdefault(note.report, one)
    return tuple(of_reports.values())[:_MAX_QUOTED]


def _by_notes(knowledge_base: KnowledgeBase) -> list[ServiceCount]:
    """Return the services that have notes, those with the most first."""
    return sorted((one for one in knowledge_base.browser.services() if one.notes), key=lambda one: -(one.notes or 0))


def panels(knowledge_base: KnowledgeBase) -> Callable[[Query], ServicePanel | None]:
    """Return a function that returns the panel of the only service that a query names, None if it has no notes.

    There is no panel on later pages, or if the query selects services: the reader has seen it already.
    """
    cached = Cached(knowledge_base.collection, lambda slug: _panel(slug, knowledge_base))  # each costs two searches

    def panel(query: Query) -> ServicePanel | None:
        if query.offset or query.selected("service"):
            return None
        services = map(knowledge_base.collection.catalogue.find, (query.text, *query.text.split()))
        slugs = {service.slug for service in services if service}
        return cached(slugs.pop()) if len(slugs) == 1 else None

    return panel


def _panel(slug: str, knowledge_base: KnowledgeBase) -> ServicePanel | None:
    on_service = Query(limit=_MAX_PANEL_ITEMS).select("service", slug)
    advice, newest_problems = knowledge_base.searcher.each(
        replace(on_service.select("kind", "advice"), sort="boost", facets=("kind",)),
        replace(on_service.select("kind", "problem"), sort="new", context="place"),
    )
    kinds = {facet.value: facet for facet in advice.facets["kind"] if facet.count}
    if not kinds:
        return None
    contexts = {found.note.id: newest_problems.context_notes[place(found.note)] for found in newest_problems.hits}
    pairs = (pair for problem, notes in contexts.items() for pair in problems(notes) if pair.note.id == problem)
    changes = knowledge_base.collection.domain.changes_of(slug)
    return ServicePanel(
        service=knowledge_base.collection.catalogue.by_slug[slug],
        total=sum(facet.count - facet.likely for facet in kinds.values()),
        kinds=kinds,
        advice=tuple(found.note for found in advice.hits),
        problems=tuple(pairs),
        changes=tuple(sorted(changes, key=lambda change: change.changed_on, reverse=True)[:_MAX_PANEL_ITEMS]),
    )
