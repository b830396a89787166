"""How a search is written: five lines, each with an example that finds something here."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.search.answers import FacetValue
from kb.search.facets import UNDATED
from webui.address import address_of
from webui.texts import spoken, texts
from webui.view.kept import Kept


@dataclass(frozen=True, slots=True)
class Line:
    """What may be written in the search box, what it means, and the address that searches so."""

    text: str
    meaning: str
    url: str


def syntax(knowledge_base: KnowledgeBase) -> Callable[[], tuple[Line, ...]]:
    """Return what gives the lines in the language of a request, made once a generation."""
    made: Kept[dict[str, tuple[Line, ...]]] = Kept(knowledge_base, dict)

    def lines() -> tuple[Line, ...]:
        known, language = made(), spoken.get()
        if language not in known:
            names = dict(_names(knowledge_base))
            names["kind_label"] = texts.shared.KINDS[names["kind"]]
            written = [[part.format(**names) for part in line] for line in texts.SYNTAX]
            known[language] = tuple(Line(text, meaning, address_of(Query(text))) for text, meaning in written)
        return known[language]

    return lines


def _names(knowledge_base: KnowledgeBase) -> Iterator[tuple[str, str]]:
    """Yield what the examples name: the services, the kind and the year that most notes here are of."""
    searcher = knowledge_base.searcher
    facets = searcher.search(Query(limit=0, facets=("service", "kind", "year"))).facets
    catalogue = knowledge_base.collection.catalogue
    services = [one.value for one in _commonest(facets, "service")] + ["lambda", "sqs"]
    known = (catalogue.by_slug.get(slug) for slug in services[:2])
    first, second = (service.short_name if service else slug for service, slug in zip(known, services, strict=False))
    yield "service", f'"{first}"' if " " in first else first
    yield "other", f'"{second}"' if " " in second else second
    yield "slug", services[0]
    kinds = [one.value for one in _commonest(facets, "kind")] or ["advice"]
    yield "kind", "advice" if "advice" in kinds else kinds[0]
    yield "year", next((one.value for one in _commonest(facets, "year") if one.value != UNDATED), "2018")
    answers = searcher.each(*(Query(f'"{phrase}"', limit=0) for phrase in texts.PHRASES))
    found = (phrase for phrase, answer in zip(texts.PHRASES, answers, strict=True) if answer.total)
    yield "phrase", next(found, first)


def _commonest(facets: Mapping[str, tuple[FacetValue, ...]], group: str) -> list[FacetValue]:
    return sorted(facets.get(group, ()), key=lambda one: -one.count)
