"""Markdown is read as CommonMark renders it, alone and inside pages."""

import re
from pathlib import Path

import pytest
from lxml import html
from lxml.etree import _Element
from markdown_it import MarkdownIt

from kb.readers.contract import split_lines
from kb.readers.formats import read_outline
from kb.readers.markdown_dialects import front_matter
from kb.report.outline import Outline

ROOT = Path(__file__).parents[3]
SAMPLES = sorted((ROOT / "data/samples").glob("*.md"))
SHARED = ROOT / "../shared/notes"
REAL = sorted(path for path in SHARED.rglob("*") if path.suffix in (".md", ".markdown"))
RENDERER = MarkdownIt("commonmark", {"maxNesting": 200}).enable("table")
PARSER = html.HTMLParser(remove_comments=True)
PAGES = sorted((Path(__file__).parents[2] / "golden/pages").iterdir())
# Real files that are read differently from CommonMark on purpose, and why.
DIFFERENT = {
    "2018/1208-osc-fukuoka/README.md": "a full-width space after the bullet",
    "2019/0416-CloudNativeDaysFukuoka2019/README.md": "a full-width indent",
    "2019/1017-F5-Fukuoka-Meetup-vol02/README.md": "no space after the bullet",
    "12/31/review2018.md": "~~text struck out~~",
    "2019/0213-LINE-Developer-Meetup-50/README.md": "a tag that HTML does not have swallows its list in lxml, not here",
    "_posts/2015/2015-02-21-frontrend.md": "a tag that HTML does not have swallows its list in lxml, not here",
    "post/aws_innovate_data_edition_5/index.md": "a list inside of a table's cell belongs to the table",
    "amay077__blog.vNext/posts/2013-03-21-hamackathon2.md": "no space after the marks of headings",
    "_posts/2014/2014-11-15-nodefest-2014.md": "no space after the marks of headings",
    "_posts/2015/2015-02-11-node-events.md": "no space after the marks of headings",
    "_posts/2011/2011-08-20-サイボウズラボユース中間結果発表会アウトライ.md": "{#id} after headings",
    "_posts/2011/2011-08-20-第３回ブラウザー勉強会-アウトラインメモ.md": "{#id} after headings",
    "_posts/2012/2012-04-07-ecmascript勉強会-アウトラインメモ.md": "[[links of a wiki]]",
    "_posts/2012/2012-08-12-第2回-ecmascript勉強会のアウトラインメモ.md": "[[links of a wiki]]",
    "_posts/2013/2013-05-19-追悼-e4x-仮-アウトラインメモ.md": "[[links of a wiki]]",
    "_posts/2012/2012-06-14-サイボウズ技術者説明会-for-students-アウトラインメモ.md": "an HTML list, indented by four, is no code",
    "12/06/container-days.md": "{% shortcodes %}",
    "01/20/k8s-meetup-tokyo-15.md": "{% shortcodes %}",
    "02/15/devsumi-2019-winter.md": "{% shortcodes %}",
    "04/23/ruby-kaigi-2019.md": "{% shortcodes %}",
    "07/04/scala-matsuri-2019.md": "{% shortcodes %}",
    "10/27/serverless-days-tokyo-2019.md": "{% shortcodes %}",
    "02/20/devsumi2020_winter.md": "{% shortcodes %}",
}


def body(path: Path) -> str:
    lines = split_lines(path.read_text("utf-8"))
    front = front_matter(lines)
    return "\n".join(lines[front.height if front else 0 :])


def rendered(root: _Element) -> list[tuple[str, int, str]]:
    """Return the kind, the level or depth, and the text of the headings and items of HTML."""
    parts = (element for element in root.iter() if re.fullmatch("h[1-6]|li", str(element.tag)))
    found = [
        ("item", sum(1 for _ in part.iterancestors("ul", "ol")) - 1, own_words(part))
        if part.tag == "li"
        else ("heading", int(part.tag[1]), folded(part.text_content()))
        for part in parts
    ]
    return [part for part in found if part[2]]


def bold_lines(root: _Element) -> set[str]:
    """Return the paragraphs that are bold throughout. They may be headings, but not in CommonMark."""
    styled = root.xpath(".//p[.//span[contains(@style, 'font-weight: bold')]]")
    lines = [line for line in root.xpath(".//p[strong or b]") if len(line) == 1]
    return {folded(line.text_content()) for line in (*lines, *styled)}


def own_words(item: _Element) -> str:
    """Return the text of an item before its second block."""
    words = item.text or ""
    for child in item:
        if child.tag in ("ul", "ol", "blockquote", "pre", "table", "hr") or re.fullmatch("h[1-6]", child.tag):
            break
        if child.tag == "p":
            return folded(words) or folded(child.text_content())
        words += (child.get("alt") or " ") if child.tag in ("img", "br") else child.text_content()
        words += child.tail or ""
    return folded(words)


def folded(text: str) -> str:
    return " ".join(text.split())


def read(outline: Outline) -> list[tuple[str, int, str]]:
    return [
        ("heading", block.level or 0, folded(block.text))
        if block.type == "heading"
        else ("item", block.depth or 0, folded(block.text))
        for block in outline.blocks
        if block.text and block.type in ("heading", "bullet", "numbered")
    ]


def notes(outline: Outline) -> list[tuple[str, int | None, str]]:
    """Return the blocks of notes and trails, without the heading of the title."""
    return [
        (block.type, block.level if block.depth is None else block.depth, block.text)
        for block in outline.blocks
        if block.type not in ("blank", "rule", "front-matter", "unparsed", "link") and block.text != outline.title
    ]


@pytest.mark.skipif(not REAL, reason="the real reports are not here")
@pytest.mark.parametrize("path", REAL, ids=lambda path: "/".join(path.parts[-3:]))
def test_lists_and_headings_of_real_markdown_are_those_of_commonmark(path: Path) -> None:
    outline = read_outline(path.read_bytes(), path.name)
    page = html.fragment_fromstring(RENDERER.render(body(path)), create_parent=True, parser=PARSER)
    found = [part for part in read(outline) if part[0] == "item" or part[2] not in bold_lines(page)]

    assert (found == rendered(page)) is ("/".join(path.parts[-3:]) not in DIFFERENT)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_post_gives_the_same_notes_from_markdown_and_from_its_page(path: Path, page: Path) -> None:
    written = read_outline(path.read_bytes(), path.name)
    source = page.read_text("utf-8").replace("{{title}}", written.title or "")
    published = read_outline(source.replace("{{body}}", RENDERER.render(body(path))).encode(), page.name)

    assert (published.format, published.title) == ("html", written.title)
    assert notes(published) == notes(written)
