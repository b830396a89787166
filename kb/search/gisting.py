"""The gists of notes, as the words and the services of a library tell them."""

from collections.abc import Iterator
from functools import cache

from index.analysis import Morpheme
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
        self._names = frozenset(name for service in tools.catalogue.services for name in self._names_of(service))
        self._title = cache(lambda text: self._morphemes(text[:_TITLE]))

    def _names_of(self, service: Service) -> Iterator[str]:
        """Yield the normal forms of the names that mean a whole service: 「グレイシャー」 too."""
        yield service.short_name.casefold()
        for name in service.aliases:
            written = self._morphemes(name)
            if name not in service.features and len(written) == 1:
                yield written[0].normalized

    def of(self, note: Note) -> Gist:
        """Return the gist of a note."""
        text = note.text[:READ_SO_FAR]
        return gist(text, self._morphemes(text), self._names, self._title(note.event or ""), [*self._above(note)])

    def _above(self, note: Note) -> Iterator[Morpheme]:
        for title in (note.talk.title if note.talk else "", *(crumb.text for crumb in note.trail[-ABOVE:])):
            yield from self._title(title)
