"""Folds text for comparison: width, case, look-alike punctuation, gaps, kana and white space."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

# NFKC keeps these distinct, but keyboards and encodings mix them (Shift_JIS 0x8160 decodes to either wave dash).
_LOOK_ALIKE = str.maketrans("〜−‐‑–—‖“”’‘", "~-----∥\"\"''")
_TO_KATAKANA = ord("ァ") - ord("ぁ")  # both blocks of Unicode have the same order
KANA = re.compile("[ぁ-ゖァ-ヶー]")
HIRAGANA = re.compile("[ぁ-ゖー]+")
KANA_AND_LETTERS = re.compile("[ぁ-ゖァ-ヶーA-Za-zＡ-Ｚａ-ｚ]+")
KATAKANA = re.compile("[ァ-ヴー]+")  # a reading
_NO_LETTERS = re.compile(r"[\W_]+")
# Editors and web pages leave invisible characters around a text: zero-width spaces and joiners, the word joiner, a BOM.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
# All white space of Unicode is below U+3001.
_SPACES = "".join(filter(str.isspace, map(chr, range(0x3001))))
_AROUND = _SPACES + INVISIBLE
_GAPS = frozenset(_SPACES + "-_・")
_NO_GAPS = dict.fromkeys(map(ord, _GAPS))  # a regular expression would split 10 MB of words into as many strings
_WHITE_SPACE = re.compile(r"[ \t\r\n\f]+")  # ASCII white space as HTML defines it


def folded(text: str) -> str:
    """Return a text folded for comparing phrases: width, case and look-alike punctuation."""
    if text.isascii():  # most names of a catalogue; only case needs folding
        return text.lower()
    return unicodedata.normalize("NFKC", text).translate(_LOOK_ALIKE).casefold()


def folded_name(name: str) -> str:
    """Return a name folded for comparing names: `API-Gateway`, `apigateway` and `ＡＰＩ Gateway` are equal."""
    return folded(name).translate(_NO_GAPS)


def folded_width(text: str) -> str:
    """Return a text in NFKC: with letters, digits and kana of one width, and compatibility characters replaced."""
    return unicodedata.normalize("NFKC", text)


def folded_case(text: str) -> str:
    """Return a text with width and case folded."""
    return folded_width(text).casefold()


def folded_for_sudachi(text: str) -> str:
    """Return a text as Sudachi looks up words: lower-cased, not casefolded."""
    return folded_width(text).lower()


def katakana(text: str) -> str:
    """Return a text with its hiragana as katakana, width folded."""
    return "".join(chr(ord(c) + _TO_KATAKANA) if "ぁ" <= c <= "ゖ" else c for c in folded_width(text))


def hiragana(text: str) -> str:
    """Return a text with its katakana as hiragana, width and case folded."""
    return "".join(chr(ord(c) - _TO_KATAKANA) if "ァ" <= c <= "ヶ" else c for c in folded_case(text))


class _Skeletons(dict[int, str]):
    """The skeleton of each character, computed at first use. NFKD makes half-width ﾀﾞ equal ダ."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKD", chr(code)).casefold()
        self[code] = "" if is_gap(chr(code)) or plain == "ー" else plain
        return self[code]


_skeletons = _Skeletons()


def skeleton(text: str) -> str:
    """Return a text folded for finding names in it: like `folded_name`, but without long vowels.

    パラメータ and パラメーター are equal. Each character is folded by itself, unlike NFKC of a whole text.
    """
    return text.translate(_skeletons)


def skeleton_places(text: str) -> Sequence[int]:
    """Return the offset in the text of each character of its skeleton."""
    return [place for place, character in enumerate(text) for _ in _skeletons[ord(character)]]


@lru_cache(4096)  # texts repeat a small set of characters
def is_gap(character: str) -> bool:
    """Return whether a character only separates the parts of a name."""
    return character in "‐‑" or unicodedata.normalize("NFKC", character) in _GAPS


def letters(text: str) -> str:
    """Return only the letters and digits of a text, width and case folded, for comparing headings."""
    return _NO_LETTERS.sub("", folded_case(text))


def trimmed(text: str) -> str:
    """Return `text` without surrounding white space and zero-width characters."""
    return text.strip(_AROUND)


def fold_spaces(text: str) -> str:
    """Return `text` with white space collapsed as browsers do: U+3000 and U+00A0 stay."""
    return _WHITE_SPACE.sub(" ", text)
