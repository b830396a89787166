"""How texts are compared where words do not matter: all folding of width, case, look-alike marks, gaps and kana."""

import re
import unicodedata

# NFKC leaves these apart, though keyboards and encodings mix them (Shift_JIS 0x8160 decodes to either wave).
_LOOK_ALIKE = str.maketrans("〜−‐‑–—‖“”’‘", "~-----∥\"\"''")
_GAPS = re.compile(r"[\s\-_・]")
_TO_KATAKANA = ord("ァ") - ord("ぁ")  # the two blocks of Unicode have the same order


def folded(text: str) -> str:
    """Return a text as phrases are compared: width, case and look-alike marks folded."""
    return unicodedata.normalize("NFKC", text).translate(_LOOK_ALIKE).casefold()


def folded_name(name: str) -> str:
    """Return a name as names are compared: `API-Gateway`, `apigateway` and `ＡＰＩ Gateway` are one."""
    return _GAPS.sub("", folded(name))


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
