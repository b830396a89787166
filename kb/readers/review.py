"""Re:VIEW, in which Japanese books on programming are written: headings, lists, blocks and inline commands."""

import re

from kb.readers.line_markup import Fence, Markup

MARKUP = Markup(
    certain=re.compile(
        r"^//(?:list|emlist|cmd|image|footnote|quote|lead|table)\b.*[\]{]$|@<(?:href|code|b|chap|img)>\{", re.MULTILINE
    ),
    heading=re.compile(r"(?P<marks>={1,6})(?:\[[^\]]*\])?(?:\{[^}]*\})?[ \t]+(?P<text>\S.*)"),
    item=re.compile(r"(?P<indent>[ \t]+)(?P<mark>\*+|\d+\.|:)[ \t]+(?P<text>\S.*)"),
    numbered=re.compile(r"\d+\."),
    unseen=re.compile(r"#@.*|//(?!footnote|endnote)\w+(?:\[.*\])?\{?|={1,6}\[/[^\]]*\]|//\}"),
    fences=(
        Fence(re.compile(r"//(?:quote|lead)\b.*\{"), "//}", "quote"),
        Fence(re.compile(r"//(?:table|imgtable|emtable)\b.*\{"), "//}", "table"),
        Fence(re.compile(r"//(?:comment|raw|embed)\b.*\{"), "//}", "unparsed"),
        Fence(re.compile(r"//\w*(?:list|cmd|source)\w*\b.*\{"), "//}", "code"),
    ),
    inline=(
        (
            re.compile(r"@<href>\{(?P<address>https?://[^},\s]+)(?:,[ \t]*(?P<text>[^}]*))?\}"),
            lambda found: found["text"] or found["address"],
        ),
        (re.compile(r"@<(?:comment|fn|idx|hidx)>\{[^}]*\}"), ""),
        (re.compile(r"@<ruby>\{(?P<text>[^},]*),[^}]*\}"), r"\g<text>"),
        (re.compile(r"@<\w+>(?:\{(?P<text>[^}]*)\}|\$(?P<dollar>[^$]*)\$)"), r"\g<text>\g<dollar>"),
        (re.compile(r"^//(?:footnote|endnote)\[[^\]]*\]\[(?P<text>.*)\]$"), r"\g<text>"),
    ),
    nests_by="length",
)
