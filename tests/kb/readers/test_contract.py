"""The contract of all readers: `enforce` makes any parse hold it, and loses no words."""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marks import texts

from kb.readers.contract import DEEPEST, DEEPEST_HEADING, Parse, enforce, split_lines
from kb.readers.formats import (
    ENDINGS,
    LABELS,
    MAX_HEADINGS,
    MAX_LINES,
    MAX_NOTES,
    READERS,
    Reader,
    ending_of,
    listed,
    read_outline,
)
from kb.report.outline import Block
from kb.report.problems import UnreadableError

GOLDEN = sorted(path for path in (Path(__file__).parents[2] / "golden/readers").iterdir() if path.suffix != ".outline")
VERBATIM = ("code", "table", "front-matter")
any_block = st.builds(
    Block,
    type=st.sampled_from(
        ("heading", "bullet", "numbered", "paragraph", "code", "table", "quote", "link", "rule", "blank")
    ),
    text=st.lists(st.sampled_from(("語", "\x1b]52;", "\n", "\u2028", " ", "\u200b", "\t", "word"))).map("".join),
    first_line=st.integers(-2, 12),
    last_line=st.integers(-2, 12),
    level=st.none() | st.integers(-1, 9),
    depth=st.none() | st.integers(-1, 99),
    links=st.lists(st.just("https://e.jp/")).map(tuple),
)


def breaches(parse: Parse, lines: Sequence[str], *, covering: bool) -> list[Block | str]:
    """Return the blocks that break the contract, and the breaches between blocks."""
    broken: list[Block | str] = [block for block in parse.blocks if not is_valid(block, len(lines))]
    if covering and [number for block in parse.blocks for number in numbers(block)] != [*range(1, len(lines) + 1)]:
        broken.append("not every line is in exactly one block")
    if any(block.last_line > following.first_line for block, following in pairwise(parse.blocks)):
        broken.append("a block reaches beyond the beginning of the next")
    return broken


def is_valid(block: Block, count: int) -> bool:
    verbatim = block.type in VERBATIM
    shown = not any(
        unicodedata.category(character) in ("Cc", "Zl", "Zp")
        and character not in ("\t\n\u2028\u2029\v\f\r\x85" if verbatim else "\t")
        for character in block.text
    )
    level = block.level in range(1, DEEPEST_HEADING + 1) if block.type == "heading" else block.level is None
    is_item = block.type in ("bullet", "numbered")
    depth = block.depth in range(DEEPEST + 1) if is_item else block.depth is None
    trimmed = verbatim or block.text == block.text.strip(" \t\n\u3000\u200b\ufeff")
    return shown and level and depth and trimmed and 1 <= block.first_line <= block.last_line <= count


def numbers(block: Block) -> range:
    return range(block.first_line, block.last_line + 1)


@pytest.mark.parametrize("covering", [True, False])
@given(
    blocks=st.lists(any_block, max_size=8), lines=st.lists(st.sampled_from(("", "語", " \u200b", "\x1b")), max_size=9)
)
def test_any_blocks_hold_the_contract_once_enforced(blocks: list[Block], lines: list[str], *, covering: bool) -> None:
    parse = enforce(Parse(None, tuple(blocks)), lines, covering=covering)

    assert breaches(parse, lines, covering=covering) == []


@pytest.mark.parametrize("covering", [True, False])
@given(blocks=st.lists(any_block, max_size=8))
def test_enforcing_the_contract_loses_no_words(blocks: list[Block], *, covering: bool) -> None:
    parse = enforce(Parse(None, tuple(blocks)), ["語"] * 10, covering=covering)

    words = sum(block.text.count("word") for block in blocks)
    assert sum(block.text.count("word") for block in parse.blocks) == words


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
@given(text=texts)
def test_every_reader_holds_the_contract_for_any_text(reader: Reader, text: str) -> None:
    lines = split_lines(text)

    assert breaches(enforce(reader.read(text), lines, covering=reader.covering), lines, covering=reader.covering) == []


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_every_reader_holds_the_contract_for_every_golden_file(reader: Reader) -> None:
    broken = {}
    for path in GOLDEN:
        text = path.read_text("utf-8", errors="replace")
        lines = split_lines(text)
        broken[path.name] = breaches(
            enforce(reader.read(text), lines, covering=reader.covering), lines, covering=reader.covering
        )

    assert broken == {path.name: [] for path in GOLDEN}


@given(
    st.lists(
        st.tuples(st.sampled_from(("p", "li", "h2", "dd", "td", "pre", "blockquote", "b", "div")), st.integers(0, 99)),
        min_size=1,
    )
)
def test_no_word_of_an_article_in_html_is_lost(parts: list[tuple[str, int]]) -> None:
    page = "<html><body>" + "\n".join(f"<{tag}>語{number}。</{tag}>" for tag, number in parts) + "</body></html>"
    outline = read_outline(page.encode(), "page.html")

    shown = " ".join(block.text for block in outline.blocks)
    assert [number for _, number in parts if f"語{number}。" not in shown] == []


def test_an_overlap_is_cut_where_the_next_block_begins_and_a_gap_is_unparsed() -> None:
    parse = Parse(
        None, (Block("bullet", "親", 1, 4, depth=0), Block("bullet", "子", 2, 2, depth=1), Block("link", "x", 2, 2))
    )

    assert enforce(parse, ["親", "子", "", "外"], covering=True).blocks == (
        Block("bullet", "親", 1, 1, depth=0),
        Block("bullet", "子 x", 2, 2, depth=1),
        Block("blank", "", 3, 3),
        Block("unparsed", "外", 4, 4),
    )


def test_names_endings_and_sentences_come_from_the_table() -> None:
    assert " ".join(f"{reader.name}{ending_of(reader.name)}" for reader in READERS) == (
        "mhtml.mhtml webarchive.webarchive movable-type.txt html.html rst.rst org.org asciidoc.adoc review.re "
        "cosense.json text.txt markdown.md"
    )
    assert " ".join(ENDINGS) == (
        ".md .markdown .txt .json .re .adoc .asciidoc .org .rst .rest .html .htm .webarchive .mhtml .mht "
        ".zip .tar.gz .tgz .gz .tar"
    )
    assert str(listed(LABELS)) == (
        "Markdown, text, Cosense, Re:VIEW, AsciiDoc, Org, reStructuredText, HTML, Movable Type, webarchive, MHTML, "
        "zip, tar.gz or tar"
    )


@pytest.mark.parametrize(
    ("text", "source", "name"),
    [
        ("- 一\n", "a.md", "markdown"),
        ("- 一\n", "a.REST", "rst"),
        ("題\n==\n\n.. note:: 一\n", "standard input", "rst"),
        ("`資料 <https://example.com/>`_ です\n", "a.txt", "rst"),
        ("# 題\n\n.. note:: 一\n", "a.md", "markdown"),
        ("  • 一\n", "a.md", "text"),
        ("<html><p>一</p></html>", "a.md", "html"),
        ("- 一\n", "a.org", "org"),
        ("#+TITLE: 会\n\n- 一\n", "a.txt", "org"),
        ("= 会\n:date: 2018-01-16\n\n* 一\n", "a.txt", "asciidoc"),
        ("= 会\n\n * @<b>{一}\n", "a.txt", "review"),
        ("- 一\n= 二\n", "a.md", "markdown"),
        ("会\n[* 話]\n 一\n 二\n", "a.txt", "cosense"),
        ("会\n 一\n  二\n 三\n 四\n 五\n", "a.txt", "cosense"),
        ("会\n[* 話]\n 一\n - 二\n", "a.txt", "markdown"),
        ("会\n　字下げ\n　字下げ\n　字下げ\n　字下げ\n　　字下げ\n", "a.txt", "text"),
    ],
)
def test_a_format_is_recognised_by_its_ending_or_by_the_text(text: str, source: str, name: str) -> None:
    assert read_outline(text.encode(), source).format == name


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\n" * MAX_LINES + b"x", f"r.rst:{MAX_LINES + 1}: more than {MAX_LINES:,} lines; divide the file"),
        (b"- x\n" * (MAX_NOTES + 1), f"r.rst:{MAX_NOTES + 1}: more than {MAX_NOTES:,} notes; divide the file"),
        (
            b"x\n=\n\n" * (MAX_HEADINGS + 1),
            f"r.rst:{3 * MAX_HEADINGS + 1}: more than {MAX_HEADINGS:,} headings; divide the file",
        ),
    ],
    ids=["lines", "notes", "headings"],
)
def test_a_file_beyond_a_limit_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableError) as refused:
        read_outline(data, "r.rst")

    assert str(refused.value) == reason


def test_a_text_that_nests_too_deep_for_its_reader_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(text: str) -> Parse:
        return read(f"({text})")

    monkeypatch.setattr("kb.readers.formats.READERS", (Reader("deep", "Deep", (".deep",), (), bool, read),))

    with pytest.raises(UnreadableError) as refused:
        read_outline(b"a", "r.deep")
    assert str(refused.value) == "r.deep: Deep that nests too deep to be read; write it with fewer levels"


def test_control_characters_in_a_name_are_escaped_in_messages() -> None:
    with pytest.raises(UnreadableError) as refused:
        read_outline(b"\x89PNG\x00\x00\x00", "\x1b]52;c;eA==\x07写真\udcff\u202e.png")

    assert str(refused.value).startswith(r"\x1b]52;c;eA==\x07写真\udcff\u202e.png: a picture; ")


def test_a_paragraph_knows_where_its_lines_begin() -> None:
    [block] = read_outline("■ **鍵**の話\n10:16 二つ\n[錠](https://example.com/)も\n".encode(), "r.md").blocks

    assert [(line, block.text[at:].split()[0]) for line, at in block.joints] == [(2, "10:16"), (3, "錠も")]
