"""HTML: a page saved from a browser, its article found among menus and sidebars, then read from the page's own tree."""

import re
from collections.abc import Iterable, Iterator

from lxml import etree

from index.text import trimmed
from kb.readers.article import article_of
from kb.readers.bold_lines import with_bold_headings
from kb.readers.contract import Parse
from kb.readers.dom import element_blocks
from kb.readers.posting import posting_day
from kb.readers.tree import fragment_tree, page_tree
from kb.report.outline import Block

# Comments before the first tag, taken for good: to try each end of each would take for ever where there are many.
_COMMENTS = r"(?:<!--(?:(?!-->).)*+-->\s*+)*+"
_PAGE = re.compile(rf"(?:<\?xml[^>]*>\s*)?{_COMMENTS}<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_TAG_FIRST = re.compile(rf"{_COMMENTS}<[a-z][^>]*>", re.IGNORECASE | re.DOTALL)
_CLOSED = re.compile(r"</(?:p|li|h[1-6]|div|td)>", re.IGNORECASE)
_MARKDOWN = re.compile(r"^(?:#{1,6} |[-*+] |\d+\. |```)", re.MULTILINE)
_FEWEST_CLOSED = 2
# What blogs show above advertisements and beside buttons; nobody notes such a thing of a talk.
_FURNITURE = re.compile(
    r"[\W_]*(?:スポンサー(?:ード|ド)?・?リンク|sponsored? links?|advertisements?|(?:記事内)?広告|tweet|share"
    r"|(?:この記事を|友達に)?(?:シェア|ツイート|フォロー|共有)(?:する|しよう|お願いします)?"
    r"|(?:この記事を)?はてなブックマークに追加|LINEで送る|follow @?\w+|share on [a-z]+|いいね|読者になる"
    r"|(?:クリックして\s*)?(?:facebook|twitter|x|line|はてブ|pocket|リンク|url)\s*(?:で|を)?\s*(?:シェア|共有|コピー)"
    r"(?:する|するにはクリックしてください)?(?:\s*\(?新しいウィンドウで開きます)?"
    r"|タイトルとURLをコピーしました|copied title and url|この記事が気に入ったらサポートをしてみませんか)[\W_]*",
    re.IGNORECASE,
)
_DAY_BEFORE = re.compile(r"^20\d\d[-/.]\d\d[-/.]\d\d[\s:-]*(?=\S)")  # as diaries title what they post
_META = {
    "title": ("og:title", "twitter:title"),
    "author": ("author",),
    "url": ("og:url",),
}


def recognises(text: str) -> bool:
    """Tell whether `text` is a page or a part of one: it begins with a tag, and is no Markdown that happens to."""
    text = trimmed(text)
    if _PAGE.match(text):
        return True
    if not _TAG_FIRST.match(text) or _MARKDOWN.search(text):
        return False
    return sum(1 for _ in _CLOSED.finditer(text)) >= _FEWEST_CLOSED


def read(text: str) -> Parse:
    """Return the parse of an HTML page."""
    page = page_tree(text)
    if page is None:
        return Parse(title=None, blocks=())
    metadata = dict(_metadata(page))
    day = posting_day(page)
    title = _title(page, metadata)
    if day:
        metadata["date"] = day
        title = _DAY_BEFORE.sub("", title or "") or None
    if title:
        metadata["title"] = title
    blocks = _without_furniture(element_blocks(article_of(page)))
    return Parse(title=title, blocks=blocks, metadata=tuple(metadata.items()))


def body_blocks(text: str) -> tuple[Block, ...]:
    """Return the blocks of a post that stands in no page."""
    tree = fragment_tree(text)
    return () if tree is None else _without_furniture(element_blocks(tree))


def _without_furniture(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Return the blocks but those that a blog puts between the author's."""
    return with_bold_headings([block for block in blocks if not _FURNITURE.fullmatch(block.text)])


def _metadata(page: etree._Element) -> Iterator[tuple[str, str]]:
    told = {
        (meta.get("property") or meta.get("name") or meta.get("itemprop") or ""): trimmed(meta.get("content") or "")
        for meta in page.iter("meta")
    }
    for key, names in _META.items():
        value = next((told[name] for name in names if told.get(name)), None)
        if value:
            yield key, value


def _title(page: etree._Element, metadata: dict[str, str]) -> str | None:
    """Return the page's first heading where its title, which may name the site too, begins with it; else its title."""
    element = page.find(".//title")
    title = metadata.get("title") or (_text(element) if element is not None else "")
    headings = [text for heading in page.iter("h1", "h2") if (text := _text(heading))]
    shown = next((text for text in headings if title.startswith(text)), None)
    return shown or title or next(iter(headings), None)


def _text(element: etree._Element) -> str:
    return trimmed(" ".join("".join(element.itertext()).split()))
