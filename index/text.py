"""How texts are compared where words do not matter: width, case and look-alike marks folded."""

import re
import unicodedata

# NFKC leaves these apart, though keyboards and encodings mix them (Shift_JIS 0x8160 decodes to either wave).
_LOOK_ALIKE = str.maketrans("〜−‐‑–—‖“”’‘", "~-----∥\"\"''")
_GAPS = re.compile(r"[\s\-_・]")


def folded(text: str) -> str:
    """Return a text as phrases are compared."""
    return unicodedata.normalize("NFKC", text).translate(_LOOK_ALIKE).casefold()


def folded_name(name: str) -> str:
    """Return a name as names are compared: `API-Gateway`, `apigateway` and `ＡＰＩ Gateway` are one."""
    return _GAPS.sub("", folded(name))
