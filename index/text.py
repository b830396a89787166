"""How texts are folded: width, case and look-alike marks to compare them, and the white space in and around."""

import re
import unicodedata

# NFKC leaves these apart, though keyboards and encodings mix them (Shift_JIS 0x8160 decodes to either wave).
_LOOK_ALIKE = str.maketrans("〜−‐‑–—‖“”’‘", "~-----∥\"\"''")
_GAPS = re.compile(r"[\s\-_・]")
_NO_LETTERS = re.compile(r"[\W_]+")
# Editors and web pages leave these around a text and nobody sees them: two zero-width spaces and joiners, the word
# joiner, a BOM.
INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff"
# All white space of Unicode lies below U+3001.
_AROUND = "".join(character for character in map(chr, range(0x3001)) if character.isspace()) + INVISIBLE
_WHITE_SPACE = re.compile(r"[ \t\r\n\f]+")  # what HTML calls ASCII white space


def folded(text: str) -> str:
    """Return a text as phrases are compared."""
    return unicodedata.normalize("NFKC", text).translate(_LOOK_ALIKE).casefold()


def folded_name(name: str) -> str:
    """Return a name as names are compared: `API-Gateway`, `apigateway` and `ＡＰＩ Gateway` are one."""
    return _GAPS.sub("", folded(name))


def letters(text: str) -> str:
    """Return the letters and digits of a text alone, width and case folded: what two headings are compared by."""
    return _NO_LETTERS.sub("", unicodedata.normalize("NFKC", text).casefold())


def trimmed(text: str) -> str:
    """Return `text` without the white space and zero-width characters around it."""
    return text.strip(_AROUND)


def fold_spaces(text: str) -> str:
    """Return `text` with its white space folded as a browser does: U+3000 and U+00A0 stay."""
    return _WHITE_SPACE.sub(" ", text)
