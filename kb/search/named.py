"""Finds the events that a query names, and by their titles the talks without notes, which no document is about."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import Generic, TypeVar

from index.analysis import Morpheme
from index.text import folded_width
from kb.library.contents import Contents, ReportEntry
from kb.search.directory import day, first_published
from kb.search.facets import called
from kb.search.results import FoundEvent

T = TypeVar("T")

# Where words of a name may begin and end. Only a dictionary knows the words of kanji, so any kanji may end one.
_WORDS = re.compile("[A-Za-z]+|[0-9]+|[ァ-ヺー]+|[ぁ-ゖ]+|[^\\W_]")
_MIN_LETTERS = 2  # of a part of a name


class Names(Generic[T]):
    """Values by their names, found by words that are next to each other in a name."""

    def __init__(self, named: Iterable[tuple[str, T]]) -> None:
        self._values, self._starts, self._ends = list[T](), list[int](), set[int]()
        joined, at = list[str](), 0  # one search in one text is far faster than one in each name
        for name, value in named:
            words = _words(name)
            self._values.append(value)
            self._starts.append(at)
            self._ends.update(accumulate(map(len, words), initial=at))
            joined.append("".join(words))
            at += len(joined[-1]) + 1
        self._text = "\n".join(joined)

    def having(self, text: str) -> Iterator[T]:
        """Yield the values whose name has the words of a text: JAWS DAYS has DAYS, but JavaScript has not Java."""
        words = "".join(_words(text))
        if len(words) < _MIN_LETTERS or words.isdecimal():
            return
        at = self._text.find(words)
        while at >= 0:
            if at in self._ends and at + len(words) in self._ends:
                yield self._values[bisect_right(self._starts, at) - 1]
            at = self._text.find(words, at + 1)


class Events:
    """The events of a generation by their names, newest first, undated last."""

    def __init__(self, contents: Contents) -> None:
        reports = defaultdict[str, list[ReportEntry]](list)
        for entry in contents.newest_first:
            if entry.event:
                reports[entry.event].append(entry)
        events = [
            FoundEvent(event, day(own), first_published(own), sum(entry.notes for entry in own))
            for event, own in reports.items()
        ]
        merged = contents.parsed_configuration.events.merged
        names = [(name, event) for event in events for name in (event.event, *merged(event.event))]
        self._names = Names(names)
        self._called = defaultdict[str, dict[FoundEvent, None]](dict)
        for name, event in names:
            for other in called(name):
                self._called[other][event] = None
        self._begins = {name[:_MIN_LETTERS] for name in self._called}

    def named(self, text: str, morphemes: Callable[[str], Iterable[Morpheme]]) -> tuple[tuple[FoundEvent, ...], str]:
        """Return the events that a text names, and its other words.

        The events have all its words in their name, else they are called like the longest run of its words.
        """
        if events := tuple(dict.fromkeys(self._names.having(text))):
            return events, ""
        words = _words(text)
        ends, letters = [*accumulate(map(len, words), initial=0)], "".join(words)
        begins = [at for at, end in enumerate(ends) if letters[end : end + _MIN_LETTERS] in self._begins]
        runs = [
            (begin, end)
            for begin in begins
            for end in range(begin + 1, len(ends))
            if letters[ends[begin] : ends[end]] in self._called
        ]
        if not runs:
            return (), ""
        begin, end = max(runs, key=lambda run: ends[run[1]] - ends[run[0]])
        text = folded_width(text)
        places = [match.span() for match in _WORDS.finditer(text)][begin:end]
        others = (_content(text[: places[0][0]], morphemes), _content(text[places[-1][1] :], morphemes))
        return tuple(self._called[letters[ends[begin] : ends[end]]]), " ".join(filter(None, others))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORDS.findall(folded_width(text))]


def _content(text: str, morphemes: Callable[[str], Iterable[Morpheme]]) -> str:
    """Return a text without the particles and marks around it."""
    words = [morpheme for morpheme in morphemes(text) if morpheme.is_content]
    return text[words[0].begin : words[-1].end] if words else ""
