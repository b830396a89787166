"""How names are compared: width, case, spacing and long vowels folded, and where a name may be written apart."""

import re
import unicodedata
from collections.abc import Iterator

_GAPS = re.compile(r"[\s\-_‐‑・]")
_LONG_VOWEL = "ー"
_LONG_WORD = re.compile(r"[A-Za-z]{8,}")
# A name may be written apart at its own gaps, where its case or script changes, around signs, and before a number
# that follows a word: Step Functions, Guard Duty, API ゲートウェイ, Lambda @ Edge, Route 53; but never I AM or S 3.
_BREAK = re.compile(
    r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[A-Za-z]{3})(?=[0-9])"
    r"|(?<=[!-~])(?=[^!-~])|(?<=[^!-~])(?=[!-~])|(?<=[^A-Za-z0-9])(?=[A-Za-z0-9])|(?<=[A-Za-z0-9])(?=[^A-Za-z0-9])"
)


class _Folding(dict[int, str]):
    """What each character folds to, worked out when first met. NFKD, so that half-width ﾀﾞ meets ダ."""

    def __missing__(self, code: int) -> str:
        """Return nothing for a gap or a long vowel (パラメータ is パラメーター), else the compatible small letters."""
        folded = unicodedata.normalize("NFKD", chr(code)).casefold()
        self[code] = "" if is_gap(chr(code)) or folded == _LONG_VOWEL else folded
        return self[code]


_folding = _Folding()


def fold(text: str) -> str:
    """Return a text as names are compared: `Step-Functions`, `stepfunctions` and `Ｓtep Functions` are one."""
    return text.translate(_folding)


def places(text: str) -> list[int]:
    """Return for each character of the folded text where in the text it came from."""
    return [place for place, character in enumerate(text) for _ in _folding[ord(character)]]


def is_gap(character: str) -> bool:
    """Tell whether a character only parts the pieces of a name."""
    return _GAPS.fullmatch(unicodedata.normalize("NFKC", character)) is not None


def breaks(name: str) -> frozenset[int]:
    """Return the places in the folded name where it may be written apart."""
    parted = {match.start() for match in _BREAK.finditer(name)} | {gap.start() for gap in _GAPS.finditer(name)}
    return frozenset(len(fold(name[:place])) for place in parted)


def misspellings(name: str) -> Iterator[str]:
    """Yield a long word with one inner letter missing or two swapped, as hurried hands write it: CodePipline, Textarct.

    Short words are left alone: their misspellings are other words.
    """
    if not _LONG_WORD.fullmatch(name):
        return
    for place in range(1, len(name) - 1):
        yield name[:place] + name[place + 1 :]
        if place < len(name) - 2:
            yield name[:place] + name[place + 1] + name[place] + name[place + 2 :]


def script(character: str) -> str:
    """Return what a name of this character must not be continued by: `latin`, `katakana`, or nothing."""
    plain = unicodedata.normalize("NFKC", character)[:1]
    if plain.isascii() and plain.isalnum():
        return "latin"
    return "katakana" if "ァ" <= plain <= "ヿ" and plain != "・" else ""
