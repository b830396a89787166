"""Org, the notes of Emacs: headlines, lists, links; what plans and programs is left out."""

import re

from kb.readers.line_markup import Fence, Markup

MARKUP = Markup(
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
