"""What generators and notes apps put into Markdown, shortcodes, cards and boxes, made into plain links."""

import re
from collections.abc import Iterator

# Where each kind of embed leads: the name that generators give it, and the address made from its argument.
_ADDRESSES = {
    "speakerdeck": "https://speakerdeck.com/{}",
    "slideshare": "https://www.slideshare.net/{}",
    "docswell": "https://www.docswell.com/s/{}",
    "youtube": "https://www.youtube.com/watch?v={}",
    "vimeo": "https://vimeo.com/{}",
    "tweet": "https://twitter.com/i/status/{}",
    "twitter": "https://twitter.com/i/status/{}",
    "gist": "https://gist.github.com/{}",
    "github": "https://github.com/{}",
}
_SPEAKERDECK_KEY = re.compile(r"[0-9a-f]{32}")
_ANY = re.compile(r"\{[{%:#]|@\[|\[\[|\[(?:https?:|f:id|:|toc\])|==|%%|\^[0-9a-f]{6}$", re.IGNORECASE)
_HIGHLIGHT = re.compile(r"^(?P<indent>\s*)\{[{%][<%]?\s*(?P<end>end|/\s*)?highlight\b\s*(?P<language>\w*).*$")
# No pattern looks past the next bracket of its kind: a line of nothing but brackets is read as fast as any other.
_SHORTCODE = re.compile(r"\{\{[<%](?P<hugo>[^{}]*?)[%>]\}\}|\{%-?(?P<liquid>[^{}]*?)-?%\}|\{\{[^{}]*\}\}")
_ZENN = re.compile(r"@\[(?P<name>\w+)\]\((?P<argument>[^()\s]*)[^()]*\)")
_HATENA = re.compile(
    r"(?<!\\)\[(?P<address>https?://[^\[\]\s]+?):(?:embed|title|image|cite|barcode)(?:=(?P<title>[^\[\]\\]*)|[:\w]*)\]"
)
_HATENA_OWN = re.compile(r"\[f:id:[^\]]*\]|\[:contents\]|^\s*\[toc\]\s*$|^\s*\[\[toc\]\]\s*$", re.IGNORECASE)
# `[[:<:]]` is a regular expression.
_WIKI = re.compile(r"(?P<image>!)?\[\[(?!:)(?:[^\[\]|]*\|)?(?P<text>[^\[\]]+)\]\]")
_ATTRIBUTES = re.compile(r"\{(?:#[\w-]+|:[^{}]*)\}[ \t]*$")
# `===` is an operator.
_MARKED = re.compile(r"(?<!=)==(?=\S)(?P<text>[^=]+?)(?<=\S)==(?!=)")
# Obsidian's: what only its author sees, and the mark of a line that another note links to.
_UNSEEN = re.compile(r"%%[^%]+%%|(?<=\s)\^[0-9a-f]{6}$")
_IMAGES = ("asset_img", "figure", "image", "img")  # their words are classes and sizes
_NO_TITLE = re.compile(r"""[="'\[\]]|https?://""")  # named arguments, or a second address
_WORDS = re.compile(r"""(?:(?P<key>[\w-]+)=)?(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"']+))""")


def without_embeds(line: str) -> str:
    """Return `line` in plain Markdown: an embed as the link it stands for, one that shows nothing left out."""
    if not _ANY.search(line):
        return line
    highlight = _HIGHLIGHT.match(line)
    if highlight:
        return f"{highlight['indent']}```{'' if highlight['end'] else highlight['language']}"
    line = _SHORTCODE.sub(lambda found: _links((found["hugo"] or found["liquid"] or "").strip()), line)
    line = _ZENN.sub(lambda found: _link(found["name"], found["argument"]), line)
    line = _HATENA.sub(lambda found: _named(found["address"], found["title"]), line)
    line = _HATENA_OWN.sub("", line)
    line = _WIKI.sub(lambda found: "" if found["image"] else found["text"], line)
    line = _UNSEEN.sub("", line)
    return _MARKED.sub(r"\g<text>", _ATTRIBUTES.sub("", line))


def _links(shortcode: str) -> str:
    """Return the links of `youtube ID`, `elink words address`, `include x.html slideshare="ID"` and their like."""
    name, _, rest = shortcode.partition(" ")
    *title, address = rest.split() or [""]
    if (
        title
        and name not in _IMAGES
        and address.startswith(("https://", "http://"))
        and not _NO_TITLE.search(" ".join(title))
    ):
        return _named(address, " ".join(title))
    return " ".join(link for key, value in _arguments(rest) if (link := _link(key or name, value)))


def _arguments(text: str) -> Iterator[tuple[str | None, str]]:
    for word in _WORDS.finditer(text):
        yield word["key"], word["double"] or word["single"] or word["bare"] or ""


def _link(name: str, argument: str) -> str:
    """Return the link to what the embed `name` shows, "" where that is unknown."""
    if argument.startswith(("https://", "http://")):
        return f"<{argument}>"
    if name.lower() == "speakerdeck" and _SPEAKERDECK_KEY.fullmatch(argument):
        return f"<https://speakerdeck.com/player/{argument}>"
    address = _ADDRESSES.get(name.lower())
    return f"<{address.format(argument)}>" if address and argument else ""


def _named(address: str, title: str | None) -> str:
    return f"[{title}]({address})" if title else f"<{address}>"
