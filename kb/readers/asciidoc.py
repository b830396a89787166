"""AsciiDoc: titles, lists, links, blocks between fences; macros and attributes are left out."""

import re

from kb.readers.line_markup import Fence, Markup

MARKUP = Markup(
    # A title above attributes, or attributes above a block: nothing else has these.
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
        (re.compile(r"[ \t]\+$|::$"), ""),
    ),
)
