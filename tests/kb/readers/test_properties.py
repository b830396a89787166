"""What holds of every file, whoever wrote it and in whatever encoding."""

import random
import re
from collections.abc import Callable
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marks import plain_texts, texts

from kb.readers.contract import DEEPEST
from kb.readers.decoding import decode
from kb.readers.formats import read_outline
from kb.readers.lines import split_lines
from kb.report.outline import Outline
from kb.report.problems import UnreadableError
from kb.talks import report_of

SENTENCES = (
    "キューは順番を守らない", "冪等に作れば二度届いても困らない", "監視は外側からも行う", "Lambdaの同時実行数を抑える", "質問が多かった",
    "表の設計を先に決める", "ログは構造化して残す", "小さく始めて測る", "料金は月末に見直す", "障害は訓練しておく",
)  # fmt: skip


def covered(outline: Outline) -> list[int]:
    return [line for block in outline.blocks for line in range(block.first_line, block.last_line + 1)]


@given(st.binary(max_size=200) | texts.map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_refused_or_covered_line_by_line(data: bytes) -> None:
    try:
        outline = read_outline(data, "any")
    except UnreadableError:
        return

    assert outline.format == "html" or covered(outline) == [*range(1, outline.lines + 1)]


@given(plain_texts)
def test_extracted_text_stands_at_its_lines(text: str) -> None:
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
def test_text_of_markdown_stands_at_its_lines(items: list[tuple[int, str]]) -> None:
    lines = [f"{'  ' * depth}- {words}" for depth, words in items]
    outline = read_outline("\n".join(["# 見出し", *lines]).encode(), "any")

    assert [
        block.text
        for block in outline.blocks
        if any(word not in "\n".join(lines[block.first_line - 2 : block.last_line - 1]) for word in block.text.split())
    ] == ["見出し"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp932", "euc_jp", "iso2022_jp"])
def test_every_text_comes_out_of_its_encoding_as_it_went_in(encoding: str) -> None:
    chance = random.Random(encoding)  # noqa: S311 - texts to read, no secrets
    wrong = []
    for ending, number in product(["\n", "\r\n", "\r", ""], range(50)):
        lines = [f"- {chance.choice(SENTENCES)}" for _ in range(number // 10 + 1)]
        text = ending.join(lines) + ending
        decoded = decode(text.encode(encoding))
        if decoded is None or (decoded.text, decoded.encoding) != (text, encoding):
            wrong.append(text)

    assert wrong == []


@pytest.mark.parametrize(
    ("begin", "again", "blocks"),
    [("  • ", "あ", 1), ("- ", "あ", 1), ("- [", "[", 1), ("- x\n\n", "> ", 3)],
    ids=["text", "markdown", "brackets", "quotes"],
)
def test_a_line_of_ten_megabytes_is_read(begin: str, again: str, blocks: int) -> None:
    data = begin.encode() + again.encode() * (10_000_000 // len(again.encode()))

    assert len(read_outline(data, "long").blocks) == blocks


@pytest.mark.parametrize(
    "text",  # made when it is wanted: each worker would hold 50 MB of them for good
    [
        lambda: "".join(f"{'  ' * depth}  • {depth}\n" for depth in range(5000)),
        lambda: "".join(f"{'  ' * depth}- {depth}\n" for depth in range(5000)),
        lambda: "<html><body>" + "<ul><li>x" * 5000 + "</li></ul>" * 5000 + "</body></html>",
    ],
    ids=["text", "markdown", "html"],
)
def test_lists_are_capped_at_the_deepest_level_and_nothing_is_lost(text: Callable[[], str]) -> None:
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
def test_hostile_texts_go_through_readers_and_talks(text: str, notes: int) -> None:
    assert len(report_of(read_outline(text.encode(), "hostile")).notes) == notes
