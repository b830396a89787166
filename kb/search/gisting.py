"""The gists of notes, as the words and the services of a library tell them."""

from collections.abc import Iterator
from functools import cache, lru_cache

from index.analysis import Analyzer, Morpheme
from kb.points import Gist, gist
from kb.points.gist import READ_SO_FAR
from kb.report.model import Note
from kb.services import Service
from kb.understanding import Tools

ABOVE = 2  # headings or notes right above a note, which tell what it is about
_TITLE = 200  # characters of each of them


class Gists:
    """Makes the gists of notes; what stands above many is analysed once."""

    def __init__(self, tools: Tools) -> None:
        self._morphemes = tools.analyzer.morphemes
        self._names = _names(tools.catalogue.services, tools.analyzer)
        self._title = cache(lambda text: self._morphemes(text[:_TITLE]))

    def of(self, note: Note) -> Gist:
        """Return the gist of a note."""
        text = note.text[:READ_SO_FAR]
        return gist(text, self._morphemes(text), self._names, self._title(note.event or ""), [*self._above(note)])

    def _above(self, note: Note) -> Iterator[Morpheme]:
        for title in (note.talk.title if note.talk else "", *(crumb.text for crumb in note.trail[-ABOVE:])):
            yield from self._title(title)


@lru_cache(1)  # it holds the analyzer
def _names(services: tuple[Service, ...], analyzer: Analyzer) -> frozenset[str]:
    """Return the normal forms of all names that mean a whole service: 「グレイシャー」 too."""
    named = {service.short_name.casefold() for service in services}
    for service in services:
        for name in (name for name in service.aliases if name not in service.features):
            written = analyzer.morphemes(name)
            named |= {written[0].normalized} if len(written) == 1 else set()
    return frozenset(named)
