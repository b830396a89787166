"""Phrases as the rules write them, and a book that finds in a sentence all that stand there, however many it holds.

A phrase is words in a row: `必要 が 有る`. A word is given by its normal form (Sudachi's, casefolded), by what it must be in angle
brackets (`<動詞>`, `<意志推量形>`), or by both; `|` stands between alternatives, and `*` for any word between two others.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Literal

Word = frozenset[str]
"""What a word answers to: its normal form, and each part of its speech and inflection in angle brackets."""

Phrase = tuple[tuple[Word, ...], ...]
"""Words in a row: for each its alternatives, each of them all that the word must answer to."""

Position = Literal["starts", "has", "ends"]
_Filed = tuple[str, Phrase, Position]


def phrase(text: str) -> Phrase:
    """Return the phrase that a text writes."""
    return tuple(tuple(map(_asked, word.split("|"))) for word in text.split())


def _asked(alternative: str) -> Word:
    return frozenset() if alternative == "*" else frozenset(re.findall(r"<[^>]+>|[^<>]+", alternative))


def stands_at(wanted: Phrase, words: Sequence[Word], at: int) -> bool:
    """Tell whether a phrase stands at a place of a sentence."""
    if at < 0 or at + len(wanted) > len(words):
        return False
    for place, alternatives in enumerate(wanted, at):
        word = words[place]
        for asked in alternatives:
            if asked <= word:
                break
        else:
            return False
    return True


def ends_with(wanted: Phrase, words: Sequence[Word]) -> bool:
    """Tell whether a sentence ends with a phrase."""
    return stands_at(wanted, words, len(words) - len(wanted))


class PhraseBook:
    """Phrases by name, each filed under the word it ends or starts with: a sentence is looked up word by word."""

    def __init__(self) -> None:
        self._ending: dict[str, list[_Filed]] = defaultdict(list)
        self._starting: dict[str, list[_Filed]] = defaultdict(list)
        self._at_end: dict[Word, tuple[_Filed, ...]] = {}
        self._inside: dict[Word, tuple[_Filed, ...]] = {}

    def add(self, name: str, position: Position, phrases: Iterable[Phrase]) -> None:
        """File phrases under a name, by which `found` tells that one of them stands in a sentence."""
        for one in phrases:
            ends = position == "ends"
            for key in _keys(one[-1 if ends else 0]):
                (self._ending if ends else self._starting)[key].append((name, one, position))

    def found(self, words: Sequence[Word]) -> set[str]:
        """Return the names of all that stands in a sentence."""
        names = {name for name, one, _ in self._filed(words[-1], self._ending, self._at_end) if ends_with(one, words)}
        for at, word in enumerate(words):
            for name, one, position in self._filed(word, self._starting, self._inside):
                if (at == 0 or position == "has") and name not in names and stands_at(one, words, at):
                    names.add(name)
        return names

    @staticmethod
    def _filed(word: Word, files: dict[str, list[_Filed]], known: dict[Word, tuple[_Filed, ...]]) -> tuple[_Filed, ...]:
        """Return what is filed under any key of a word, remembered by word: notes say the same words again and again."""
        if word not in known:
            known[word] = tuple(filed for key in word for filed in files.get(key, ()))
        return known[word]


def _keys(alternatives: Iterable[Word]) -> set[str]:
    """Return for each alternative the rarest thing it asks for: a normal form before a part of speech."""
    return {min(asked, key=lambda key: (key.startswith("<"), key)) for asked in alternatives}
