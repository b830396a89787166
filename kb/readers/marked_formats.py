"""Three line-based formats: Org, AsciiDoc and Re:VIEW."""

import re

from kb.readers.line_markup import Fence, Markup

# Org, the notes of Emacs. Planning lines and code settings are left out.
ORG = Markup(
    certain=re.compile(r"^#\+(?:title|date|author|options|startup|begin_src):?", re.IGNORECASE | re.MULTILINE),
    heading=re.compile(
        r"(?P<marks>\*+)[ \t]+(?:(?:TODO|DONE)[ \t]+)?(?:\[#\w\][ \t]+)?(?P<text>\S.*?)(?:[ \t]+:[\w@#%:]+:)?[ \t]*"
    ),
    item=re.compile(r"(?P<indent>[ \t]*)(?P<mark>[-+]|\d+[.)]|(?<=[ \t])\*)[ \t]+(?:\[[ X-]\][ \t]+)?(?P<text>\S.*)"),
    numbered=re.compile(r"\d+[.)]"),
    field=re.compile(r"#\+(?P<key>\w+):[ \t]*[<\[]?(?P<value>.*?)[>\]]?[ \t]*", re.IGNORECASE),
    unseen=re.compile(r"#\+.*|[ \t]*#(?:[ \t].*)?|[ \t]*(?:SCHEDULED|DEADLINE|CLOSED):.*|-{5,}[ \t]*"),
    fences=(
        Fence(re.compile(r"[ \t]*#\+begin_(quote|verse|center)\b.*", re.IGNORECASE), "#+end_{0}", "quote"),
        Fence(re.compile(r"[ \t]*#\+begin_(comment)\b.*", re.IGNORECASE), "#+end_{0}", "unparsed"),
        Fence(re.compile(r"[ \t]*#\+begin_(\w+)\b.*", re.IGNORECASE), "#+end_{0}", "code"),
        Fence(re.compile(r"[ \t]*:(?:PROPERTIES|LOGBOOK):[ \t]*", re.IGNORECASE), ":end:", "front-matter"),
    ),
    inline=(
        (
            re.compile(r"\[\[(?P<address>https?://[^\[\]\s]+)\](?:\[(?P<text>[^\[\]]+)\])?\]"),
            lambda found: found["text"] or found["address"],
        ),
        (re.compile(r"\[\[[^\[\]]+\]\[(?P<text>[^\[\]]+)\]\]"), r"\g<text>"),
        (re.compile(r"\[\[(?P<text>[^\[\]]+)\]\]"), r"\g<text>"),
        (re.compile(r"(?<![\w*/=~+])([*/=~+])(?=\S)(?P<text>[^*/=~+\n]+)(?<=\S)\1(?![\w*/=~+])"), r"\g<text>"),
    ),
    nests_by="indent",
)

# AsciiDoc. Macros and attributes are left out.
ASCIIDOC = Markup(
    # A title above attributes, or attributes above a block: no other format has these.
    certain=re.compile(
        r"\A\s{0,99}= \S.*\n(?:.+\n){0,3}?:[\w-]+:|^\[(?:source|quote|NOTE|TIP)[^\]\n]*\]\n(?:-{4,}|_{4,}|={4,})$",
        re.MULTILINE,
    ),
    heading=re.compile(r"(?P<marks>={1,6}) (?P<text>\S.*?)(?: =+)?[ \t]*"),
    item=re.compile(r"(?P<indent>[ \t]*)(?P<mark>\*{1,5}|-|\.{1,5}|\d+\.)[ \t]+(?:\[[ x*]\][ \t]+)?(?P<text>\S.*)"),
    numbered=re.compile(r"\.+|\d+\."),
    field=re.compile(r":(?P<key>[\w-]+)!?:(?:[ \t]+(?P<value>.*))?"),
    unseen=re.compile(
        r"//(?!/).*|\[[\w.#%,=\"' |^<>-]*\][ \t]*|\+[ \t]*|'{3,}|<<<|[-=_*.]{4,}|--"
        r"|image::\S+\[\]|include::\S*|toc::\[\]",
        re.ASCII,
    ),
    fences=(
        Fence(re.compile(r"(-{4,}|\.{4,}|`{3,})\w*[ \t]*"), "{0}", "code"),
        Fence(re.compile(r"(_{4,})[ \t]*"), "{0}", "quote"),
        Fence(re.compile(r"(\|={3,})[ \t]*"), "{0}", "table"),
        Fence(re.compile(r"(/{4,})[ \t]*"), "{0}", "unparsed"),
    ),
    inline=(
        (
            re.compile(r"(?:link:)?(?P<address>https?://[^\[\]\s]+)\[(?P<text>[^\[\]]*)\]"),
            lambda found: found["text"].rstrip("^").split(",")[0] or found["address"],
        ),
        (
            re.compile(r"\bvideo::(?P<id>[\w-]+)\[youtube[^\]]*\]"),
            lambda found: f"https://www.youtube.com/watch?v={found['id']}",
        ),
        (re.compile(r"image::?[^\[\]\s]+\[(?P<text>[^\[\]]*)\]"), lambda found: found["text"].split(",")[0]),
        (re.compile(r"<<[^<>,]+(?:,(?P<text>[^<>]+))?>>"), lambda found: (found["text"] or "").strip()),
        (re.compile(r"(?<![\w*_`])([*_`]{1,2})(?=\S)(?P<text>[^*_`\n]+)(?<=\S)\1(?![\w*_`])"), r"\g<text>"),
        (re.compile(r"[ \t]\+$|::$", re.MULTILINE), ""),
    ),
)

# Re:VIEW, the format of Japanese books on programming.
REVIEW = Markup(
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
        (re.compile(r"^//(?:footnote|endnote)\[[^\]]*\]\[(?P<text>.*)\]$", re.MULTILINE), r"\g<text>"),
    ),
    nests_by="length",
)
