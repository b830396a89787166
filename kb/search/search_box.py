"""What the search box understands of this field: its words, its slips, and the fields of its language."""

from collections.abc import Iterator

from index.language import FieldMeaning, Language
from index.text import folded_name
from index.words import QueryWords
from kb.search.facets import FACETS
from kb.services import Catalogue
from kb.understanding import Tools

_OTHERS = {
    ("talk", "セッション"): FieldMeaning("text", "talk"),
    ("before", "以前", "より前"): FieldMeaning("before"),
    ("after", "以降", "から"): FieldMeaning("after"),
}


def language(tools: Tools) -> Language:
    """Return the language of the search box of a library."""
    names = {**dict(_facet_fields(tools.catalogue)), **_OTHERS}
    fields = {folded_name(name): meaning for every, meaning in names.items() for name in every}
    vocabulary = tools.domain.vocabulary
    return Language(QueryWords(tools.analyzer, vocabulary.slips, vocabulary.related), fields)


def _facet_fields(catalogue: Catalogue) -> Iterator[tuple[tuple[str, ...], FieldMeaning]]:
    for facet in FACETS:
        if facet.words:
            names = facet.names(catalogue) if facet.names else {}
            yield facet.words, FieldMeaning("facet", facet.key, names)
