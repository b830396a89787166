"""What the search box understands of this field: its words, its slips, and the fields of its language."""

from collections.abc import Mapping

from index.language import FieldMeaning, Language
from index.text import folded_name
from index.words import Words
from kb.search.answers import KINDS, VIAS
from kb.services import Catalogue
from kb.understanding import Tools


def language(tools: Tools) -> Language:
    """Return the language of the search box of a library."""
    names: dict[tuple[str, ...], FieldMeaning] = {
        ("service", "サービス"): FieldMeaning("facet", "service", _service_names(tools.catalogue)),
        ("kind", "種別"): FieldMeaning("facet", "kind", _values(KINDS)),
        ("via", "経路", "タグ"): FieldMeaning("facet", "via", _values(VIAS)),
        ("event", "イベント"): FieldMeaning("facet", "event"),
        ("speaker", "登壇者", "発表者"): FieldMeaning("facet", "speaker"),
        ("year", "年"): FieldMeaning("facet", "year"),
        ("talk", "セッション"): FieldMeaning("text", "talk"),
        ("before", "以前", "より前"): FieldMeaning("before"),
        ("after", "以降", "から"): FieldMeaning("after"),
    }
    fields = {folded_name(name): meaning for every, meaning in names.items() for name in every}
    vocabulary = tools.domain.vocabulary
    return Language(Words(tools.analyzer, vocabulary.slips, vocabulary.related), fields)


def _service_names(catalogue: Catalogue) -> Mapping[str, str]:
    return {
        folded_name(name): service.slug for service in catalogue.services for name in (*service.names, service.slug)
    }


def _values(labels: Mapping[str, str]) -> Mapping[str, str]:
    """Return the values of a facet by themselves and by their labels."""
    return {folded_name(name): value for value, label in labels.items() for name in (value, label)}
