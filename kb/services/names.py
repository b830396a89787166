"""How a name may be written: apart, misspelt, and next to which characters it ends."""

import re
from collections.abc import Iterator
from functools import lru_cache

from index.text import folded_for_sudachi, is_gap, skeleton

# Shorter words are left alone: their misspellings are other words. In a name of several words six letters are enough.
_LONG_WORD = re.compile(r"[A-Za-z]{5,}")
_LONG_NAME = re.compile(r"(?=.{12,40}$)[A-Za-z0-9]+(?: [A-Za-z0-9]+){1,3}")
_INNER_WORD = re.compile(r"[A-Za-z]{6,}")
# A name may be written apart at its own gaps, where its case or script changes, around signs, and before a number
# that follows a word: Step Functions, Guard Duty, API ゲートウェイ, Lambda @ Edge, Route 53; but never I AM or S 3.
_BREAK = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z]{3})(?=[0-9])"
    r"|(?<=[!-~])(?=[^!-~])|(?<=[^!-~])(?=[!-~])|(?<=[^A-Za-z0-9])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[^A-Za-z0-9])"
)


def breaks(name: str) -> frozenset[int]:
    """Return the places in the skeleton of a name where it may be written apart."""
    parted = {match.start() for match in _BREAK.finditer(name)}
    parted |= {place for place, character in enumerate(name) if is_gap(character)}
    return frozenset(len(skeleton(name[:place])) for place in parted)


def misspellings(name: str) -> Iterator[str]:
    """Yield a long name with a letter of a word missing, doubled or swapped, as hurried hands write: CodePipline."""
    words = _LONG_WORD if " " not in name else _INNER_WORD if _LONG_NAME.fullmatch(name) else None
    for word in words.finditer(name) if words else ():
        for place in range(word.start() + 1, word.end()):
            yield name[:place] + name[place] + name[place:]
        for place in range(word.start() + 1, word.end() - 1):
            yield name[:place] + name[place + 1 :]
            if place < word.end() - 2:
                yield name[:place] + name[place + 1] + name[place] + name[place + 2 :]


@lru_cache(4096)  # a text has few characters, and each is asked for again and again
def script(character: str) -> str:
    """Return what a name of this character must not be continued by: `latin`, `katakana`, or nothing."""
    plain = folded_for_sudachi(character)[:1]
    if plain.isascii() and plain.isalnum():
        return "latin"
    return "katakana" if "ァ" <= plain <= "ヿ" and plain != "・" else ""
