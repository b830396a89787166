"""Re:VIEW, in which Japanese books on programming are written: headings, lists, blocks and inline commands."""

import re

from kb.readers.contract import Parse
from kb.readers.line_markup import Fence, Markup, read_marked

_CERTAIN = re.compile(
    r"^//(?:list|emlist|cmd|image|footnote|quote|lead|table)\b.*[\]{]$|@<(?:href|code|b|chap|img)>\{", re.MULTILINE
)
_MARKUP = Markup(
    heading=re.compile(r"(?P<marks>={1,6})(?:\[[^\]]*\])?(?:\{[^}]*\})?[ \t]+(?P<text>\S.*)"),
    item=re.compile(r"(?P<indent>[ \t]+)(?P<mark>\*+|\d+\.|:)[ \t]+(?P<text>\S.*)"),
    numbered=re.compile(r"\d+\."),
    field=re.compile(r"(?!)(?P<key>)(?P<value>)"),
    unseen=re.compile(r"#@.*|//(?!footnote|endnote)\w+(?:\[.*\])?\{?|={1,6}\[/[^\]]*\]|//\}"),
    fences=(
        Fence(re.compile(r"//(?:quote|lead)\b.*\{"), "//}}", "quote"),
        Fence(re.compile(r"//(?:table|imgtable|emtable)\b.*\{"), "//}}", "table"),
        Fence(re.compile(r"//(?:comment|raw|embed)\b.*\{"), "//}}", "unparsed"),
        Fence(re.compile(r"//\w*(?:list|cmd|source)\w*\b.*\{"), "//}}", "code"),
    ),
    inline=(
        (
            re.compile(r"@<href>\{(?P<address>https?://[^},\s]+)(?:,[ \t]*(?P<text>[^}]*))?\}"),
            lambda found: found["text"] or found["address"],
        ),
        (re.compile(r"@<(?:comment|fn|idx|hidx)>\{[^}]*\}"), lambda _: ""),
        (re.compile(r"@<ruby>\{(?P<text>[^},]*),[^}]*\}"), lambda found: found["text"]),
        (
            re.compile(r"@<\w+>(?:\{(?P<text>[^}]*)\}|\$(?P<dollar>[^$]*)\$)"),
            lambda found: found["text"] or found["dollar"] or "",
        ),
        (re.compile(r"^//(?:footnote|endnote)\[[^\]]*\]\[(?P<text>.*)\]$"), lambda found: found["text"]),
    ),
    nests_by="length",
)


def recognises(text: str) -> bool:
    """Tell whether `text` is certainly Re:VIEW: it has a command of it."""
    return _CERTAIN.search(text) is not None


def read(text: str) -> Parse:
    """Return the parse of a text in Re:VIEW."""
    return read_marked(text, _MARKUP)
