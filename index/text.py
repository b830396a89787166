"""How texts are folded where words do not matter: width, case, look-alike marks, gaps, kana and white space."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

# NFKC leaves these apart, though keyboards and encodings mix them (Shift_JIS 0x8160 decodes to either wave).
_LOOK_ALIKE = str.maketrans("〜−‐‑–—‖“”’‘", "~-----∥\"\"''")
_TO_KATAKANA = ord("ァ") - ord("ぁ")  # the two blocks of Unicode have the same order
KANA = re.compile("[ぁ-ゖァ-ヶー]")
KATAKANA = re.compile("[ァ-ヴー]+")  # what readings are written in
_NO_LETTERS = re.compile(r"[\W_]+")
# Editors and web pages leave these around a text and nobody sees them: two zero-width spaces and joiners, the word
# joiner, a BOM.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
# All white space of Unicode lies below U+3001.
_SPACES = "".join(filter(str.isspace, map(chr, range(0x3001))))
_AROUND = _SPACES + INVISIBLE
_GAPS = frozenset(_SPACES + "-_・")
_NO_GAPS = dict.fromkeys(map(ord, _GAPS))  # a regular expression would cut 10 MB of words into as many strings
_WHITE_SPACE = re.compile(r"[ \t\r\n\f]+")  # what HTML calls ASCII white space


def folded(text: str) -> str:
    """Return a text as phrases are compared: width, case and look-alike marks folded."""
    if text.isascii():  # of which nothing else is to be folded: most names of a catalogue
        return text.lower()
    return unicodedata.normalize("NFKC", text).translate(_LOOK_ALIKE).casefold()


def folded_name(name: str) -> str:
    """Return a name as names are compared: `API-Gateway`, `apigateway` and `ＡＰＩ Gateway` are one."""
    return folded(name).translate(_NO_GAPS)


def folded_width(text: str) -> str:
    """Return a text with letters, figures and kana of one width each, and what Unicode else holds for compatible."""
    return unicodedata.normalize("NFKC", text)


def folded_case(text: str) -> str:
    """Return a text with width and case folded."""
    return folded_width(text).casefold()


def folded_for_sudachi(text: str) -> str:
    """Return a text as Sudachi sees it when it looks up words: it lowers, and does not casefold."""
    return folded_width(text).lower()


def katakana(text: str) -> str:
    """Return a text with its hiragana as katakana, width folded."""
    return "".join(chr(ord(c) + _TO_KATAKANA) if "ぁ" <= c <= "ゖ" else c for c in folded_width(text))


def hiragana(text: str) -> str:
    """Return a text with its katakana as hiragana, width and case folded."""
    return "".join(chr(ord(c) - _TO_KATAKANA) if "ァ" <= c <= "ヶ" else c for c in folded_case(text))


class _Skeletons(dict[int, str]):
    """What each character leaves of itself, worked out when first met. NFKD, so that half-width ﾀﾞ meets ダ."""

    def __missing__(self, code: int) -> str:
        plain = unicodedata.normalize("NFKD", chr(code)).casefold()
        self[code] = "" if is_gap(chr(code)) or plain == "ー" else plain
        return self[code]


_skeletons = _Skeletons()


def skeleton(text: str) -> str:
    """Return what is compared of a text where names are looked for in it: as `folded_name`, and no long vowels.

    パラメータ is パラメーター so. Each character leaves the same wherever it stands, which NFKC of a whole text does not keep.
    """
    return text.translate(_skeletons)


def skeleton_places(text: str) -> Sequence[int]:
    """Return for each character of a text's skeleton where in the text it came from."""
    return [place for place, character in enumerate(text) for _ in _skeletons[ord(character)]]


@lru_cache(4096)  # a text has few characters, and each is asked for again and again
def is_gap(character: str) -> bool:
    """Tell whether a character only parts the pieces of a name."""
    return character in "‐‑" or unicodedata.normalize("NFKC", character) in _GAPS


def letters(text: str) -> str:
    """Return the letters and digits of a text alone, width and case folded: what two headings are compared by."""
    return _NO_LETTERS.sub("", folded_case(text))


def trimmed(text: str) -> str:
    """Return `text` without the white space and zero-width characters around it."""
    return text.strip(_AROUND)


def fold_spaces(text: str) -> str:
    """Return `text` with its white space folded as a browser does: U+3000 and U+00A0 stay."""
    return _WHITE_SPACE.sub(" ", text)
