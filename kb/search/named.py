"""Finds the events that a query names, and by their titles the talks without notes, which no document is about."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Generic, TypeVar

from index.analysis import Morpheme
from index.text import folded_case
from kb.library.contents import Contents, ReportEntry
from kb.search.directory import day, first_published
from kb.search.facets import called, joined_name
from kb.search.results import FoundEvent

T = TypeVar("T")

# Where words of a name may begin and end. Only a dictionary knows the words of kanji, so any kanji may end one.
_WORDS = re.compile("[a-z]+|[0-9]+|[ァ-ヺー]+|[ぁ-ゖ]+|[^\\W_]")
_MIN_LETTERS = 2  # of a part of a name


class Names(Generic[T]):
    """Values by their names, found by words that are next to each other in a name."""

    def __init__(self, named: Iterable[tuple[str, T]]) -> None:
        self._values, self._starts, self._ends = list[T](), list[int](), set[int]()
        joined, at = list[str](), 0  # one search in one text is far faster than one in each name
        for name, value in named:
            words = _WORDS.findall(folded_case(name))
            self._values.append(value)
            self._starts.append(at)
            self._ends.update(accumulate(map(len, words), initial=at))
            joined.append("".join(words))
            at += len(joined[-1]) + 1
        self._text = "\n".join(joined)

    def having(self, text: str) -> Iterator[T]:
        """Yield the values whose name has the words of a text: JAWS DAYS has DAYS, but JavaScript has not Java."""
        words = "".join(_WORDS.findall(folded_case(text)))
        if len(words) < _MIN_LETTERS or words.isdecimal():
            return
        for match in re.finditer(re.escape(words), self._text):
            if match.start() in self._ends and match.end() in self._ends:
                yield self._values[bisect_right(self._starts, match.start()) - 1]


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

    def named(self, text: str, morphemes: Iterable[Morpheme]) -> tuple[tuple[FoundEvent, ...], str]:
        """Return the events that a text names, and its other words.

        The events have all its words in their name, else they are called like the longest run of its words.
        """
        if events := tuple(dict.fromkeys(self._names.having(text))):
            return events, ""
        words = [morpheme for morpheme in morphemes if morpheme.is_content]
        for length in range(len(words) - 1, 0, -1):
            for at in range(len(words) - length + 1):
                before, run, after = words[:at], words[at : at + length], words[at + length :]
                if own := self._called.get(joined_name(_text(run, text))):
                    return tuple(own), " ".join(_text(rest, text) for rest in (before, after) if rest)
        return (), ""


def _text(words: Sequence[Morpheme], text: str) -> str:
    return text[words[0].begin : words[-1].end]
