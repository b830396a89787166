"""Properties of every file, even damaged or hostile: it is refused, or every line of it is read."""

import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marks import SENTENCES, plain_texts, texts

from kb.readers.containers import Member, members_of
from kb.readers.contract import DEEPEST, split_lines
from kb.readers.formats import READERS, read_outline
from kb.report.outline import Outline
from kb.report.problems import UnreadableError
from kb.talks import report_of

GOLDEN = Path(__file__).parents[2] / "golden/readers"
# Golden files of each format.
FILES = (
    "cosense.txt", "cosense-export.json", "hatena-export.txt", "saved-by-chrome.mhtml", "saved-by-explorer.mht",
    "saved-by-safari.webarchive", "saved-as-xml.webarchive", "notion.md", "obsidian.md", "emacs.org",
    "asciidoctor.adoc", "techbook.re", "blog-hatena.html", "blog-note.html", "blog-cards.html",
)  # fmt: skip
SCRAPS = (
    b"", b"\xff", b"\x00", b"\n", b"[", b"]", b"{", b'"', b"<", b">", b"-----\n", b"  ", b"::", b"\xe3\x81", b"=",
    b"#+end_src\n", b"----\n", b"//}\n", b"* ", b"> [!a]",
)  # fmt: skip


def covered(outline: Outline) -> list[int]:
    return [line for block in outline.blocks for line in range(block.first_line, block.last_line + 1)]


@given(st.binary(max_size=200) | texts.map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_refused_or_every_line_is_covered(data: bytes) -> None:
    try:
        outline = read_outline(data, "any")
    except UnreadableError:
        return

    assert outline.format == "html" or covered(outline) == [*range(1, outline.lines + 1)]


@given(plain_texts)
def test_the_text_of_extracted_blocks_is_in_their_lines(text: str) -> None:
    text = "  • 初め\n" * 41 + re.sub("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]", "", text)
    lines = split_lines(text)
    outline = read_outline(text.encode("utf-8", "replace"), "any")

    astray = [
        block
        for block in outline.blocks
        if any(word not in "\n".join(lines[block.first_line - 1 : block.last_line]) for word in block.text.split())
    ]
    assert (outline.format, astray) == ("text", [])


@given(st.lists(st.tuples(st.integers(0, 6), st.sampled_from(SENTENCES)), min_size=1, max_size=30))
def test_the_text_of_markdown_blocks_is_in_their_lines(items: list[tuple[int, str]]) -> None:
    lines = [f"{'  ' * depth}- {words}" for depth, words in items]
    outline = read_outline("\n".join(["# 見出し", *lines]).encode(), "any")

    assert [
        block.text
        for block in outline.blocks
        if any(word not in "\n".join(lines[block.first_line - 2 : block.last_line - 1]) for word in block.text.split())
    ] == ["見出し"]


@pytest.mark.parametrize(
    ("begin", "again", "blocks"),
    [("  • ", "あ", 1), ("- ", "あ", 1), ("- [", "[", 1), ("- x\n\n", "> ", 3)],
    ids=["text", "markdown", "brackets", "quotes"],
)
def test_a_line_of_ten_megabytes_is_read(begin: str, again: str, blocks: int) -> None:
    data = begin.encode() + again.encode() * (10_000_000 // len(again.encode()))

    assert len(read_outline(data, "long").blocks) == blocks


@pytest.mark.parametrize(
    "text",  # functions, because each worker would hold 50 MB of texts
    [
        lambda: "".join(f"{'  ' * depth}  • {depth}\n" for depth in range(5000)),
        lambda: "".join(f"{'  ' * depth}- {depth}\n" for depth in range(5000)),
        lambda: "<html><body>" + "<ul><li>x" * 5000 + "</li></ul>" * 5000 + "</body></html>",
    ],
    ids=["text", "markdown", "html"],
)
def test_lists_have_a_deepest_level_and_nothing_is_lost(text: Callable[[], str]) -> None:
    outline = read_outline(text().encode(), "deep")

    assert [block.depth for block in outline.blocks] == [min(depth, DEEPEST) for depth in range(5000)]
    assert len(outline.warnings) == 1


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("<html><body>" + "<p>一。</p>" * 10_000, 10_000),
        ("<html><body>" + "<pre>x</pre>" * 50_000, 1),
        ("<!---->" * 50_000 + "<html><p>一。", 1),
        ("<html><body><p>" + "&amp;" * 200_000, 1),
        ("- " + "&amp;" * 200_000, 1),
        ("- " + '"' * 100_000, 1),
        ("- " + "a: " * 100_000, 1),
        ("# 題\n" + ("- " + "[" * 499 + "\n") * 2000, 2000),
        ("+++\ntitle = 1\na" + ".a" * 20_000 + " = 1\n+++\n- 一", 1),
        ("---\ntitle: 題\na: " + "[" * 20_000 + "\n---\n- 一", 1),
        (".. _a:\n\n" + ("a_ " * 1000 + "\n\n") * 50, 50),
        (".. _a:\n\n" + "* " * 50_000 + "x", 1),
        ("# 題\n\n" + "<ul><li>一\n\n" * 5_000, 5_000),
    ],
    ids=[
        "siblings", "code", "comments", "entities of HTML", "entities of Markdown", "quotation marks", "colons",
        "brackets",
        "dotted keys", "nested YAML", "marks that lead nowhere", "nested marks", "lists in lists",
    ],
)  # fmt: skip
def test_hostile_texts_become_reports(text: str, notes: int) -> None:
    assert len(report_of(read_outline(text.encode(), "hostile")).notes) == notes


@pytest.mark.parametrize("name", FILES)
def test_a_thousand_damaged_files_are_read_or_refused(name: str) -> None:
    chance = random.Random(name)  # noqa: S311 - texts to read, no secrets
    whole = (GOLDEN / name).read_bytes()
    read = 0
    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 9)):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(40)] = chance.choice(SCRAPS)
        for each in members_of(bytes(data), name):
            if isinstance(each, Member):
                try:
                    read += bool(read_outline(each.data, each.source).blocks)
                except UnreadableError:
                    continue

    assert read > 0


@pytest.mark.parametrize(
    "text",
    [
        "#+TITLE: x\n" + "".join(f"#+begin_a{at}\n" for at in range(20_000)),
        "#+TITLE: x\n" + "- " + "[[https://e.jp/" * 100_000,
        "#+TITLE: x\n" + "語の続き\n" * 49_000,
        "* x :a" + " :a" * 100_000,
        "= x\n" * 400 + ":a: b\n" + "----\n" * 40_000,
        "= 会\n:toc:\n\n" + "".join(f"{'.' * (at % 5 + 1)} x\n" for at in range(9_000)),
        "@<b>{x}\n" + "//list{\n" * 40_000,
        "@<b>{" * 200_000,
        "[* x]\n 一\n 二\n" + "[" * 1_000_000,
        "[* x]\n 一\n 二\n" + "[a " * 300_000,
        "[* x]\n 一\n 二\n" + "".join(" " * (at % 90) + "x\n" for at in range(9_000)),
        "TITLE: x\n-----\nBODY:\n" + "-----\n" * 40_000,
        "TITLE: x\nCONVERT BREAKS: 1\n-----\nBODY:\n" + "x\n" * 9_000,
        "MIME-Version: 1.0\n" + "Content-Type: multipart/related; boundary=x\n\n--x\n" * 3000,
        "> [!note] x\n" * 9_000,
        "%%" * 500_000,
        "\n\n".join(" " * at + ".. note::" for at in range(2000)),
        ".. |a| replace:: x\n\n" + "|a|" * 300_000,
        ".. _a: https://e.jp/\n\n" + "a-" * 500_000 + "a_ " * 100_000,
        ".. note:: x\n\n" + (":a:" * 3000 + "\n\n") * 50 + ("`a" + " " * 9000 + "<https\n\n") * 50,
        ".. note:: x\n\n" + ("``a " * 2500 + "\n\n") * 50 + "= =\n\nx\n\n" * 5000,
    ],
)  # fmt: skip
def test_a_hostile_text_is_read_or_refused(text: str) -> None:
    """Each text takes quadratic time, here forever, if a reader searches for an end again and again."""
    for ending in (".txt", *(reader.endings[0] for reader in READERS if reader.by_ending)):
        try:
            outline = read_outline(text.encode(), f"a{ending}")
        except UnreadableError:
            continue
        assert outline.lines


ENDLESS = "9" * 5000
NUMBERED = {
    "toml.md": f"+++\ntitle = '会'\nx = {ENDLESS}\n+++\n\n- 冪等に\n",
    "yaml.md": f"---\ntitle: 会\nx: {ENDLESS}\n---\n\n- 冪等に\n",
    "list.md": f"# 会\n\n{ENDLESS}. 冪等に\n",
    "list.rst": f"会\n==\n\n{ENDLESS}. 冪等に\n\n- ({ENDLESS}) 冪等に\n",
    "list.org": f"* 会\n{ENDLESS}. 冪等に\n",
    "list.adoc": f"= 会\n\n[start={ENDLESS}]\n. 冪等に\n",
    "list.html": f"<html><h1>会</h1><ol start={ENDLESS}><li value={ENDLESS}>冪等に</ol><p>&#{ENDLESS};",
}


@pytest.mark.parametrize("name", NUMBERED)
def test_a_number_may_have_any_number_of_digits(name: str) -> None:
    blocks = read_outline(NUMBERED[name].encode(), name).blocks

    assert any("冪等に" in block.text for block in blocks)
