"""What the search box understands of this field: its words, its slips, and the fields of its language."""

import re
from collections.abc import Iterator

from index.language import FieldMeaning, Language
from index.text import folded_name
from index.tree import FacetIs
from index.words import QueryWords
from kb.pipeline.understanding import Tools
from kb.search.facets import FACETS
from kb.services import Catalogue
from kb.services.vocabulary import readings

_YEAR = re.compile("((?:19|20)[0-9]{2})年?")
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
    services = fields[folded_name("service")].values

    def named(text: str) -> FacetIs | None:
        """Return the service or the year that a word names."""
        if slug := services.get(folded_name(text)):
            return FacetIs("service", text, (slug,))
        year = _YEAR.fullmatch(text)
        return FacetIs("year", text, (year[1],)) if year else None

    read = readings(tools.catalogue, vocabulary)
    return Language(QueryWords(tools.analyzer, vocabulary.slips, vocabulary.related, read), fields, named)


def _facet_fields(catalogue: Catalogue) -> Iterator[tuple[tuple[str, ...], FieldMeaning]]:
    for facet in FACETS:
        if facet.words:
            names = facet.names(catalogue) if facet.names else {}
            yield facet.words, FieldMeaning("facet", facet.key, names)
