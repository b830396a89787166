"""Outlines for tests of events, talks and notes."""

import re

from hypothesis import strategies as st

from kb.readers.formats import read_outline
from kb.report.outline import Block, BlockType, Outline
from kb.talks import report_of

SHAPES: tuple[tuple[str, BlockType], ...] = (
    (r"(#+) (?P<text>.+)", "heading"),
    (r"( *)- (?P<text>.+)", "bullet"),
    (r"( *)\d+\. (?P<text>.+)", "numbered"),
    (r"()\[(?P<text>.+)\]", "link"),
    (r"()(?P<text>.+)", "paragraph"),
    (r"()(?P<text>)", "blank"),
)


def block(line: str, number: int) -> Block:
    """Return the block of a line in a toy notation: `#` headings, `-` bullets with two spaces a level, `[…]` links."""
    kind, match = next((kind, match) for shape, kind in SHAPES if (match := re.fullmatch(shape, line)))
    return Block(
        type=kind,
        text=match["text"],
        first_line=number,
        last_line=number,
        level=len(match[1]) if kind == "heading" else None,
        depth=len(match[1]) // 2 if kind in ("bullet", "numbered") else None,
    )


def markdown(text: str, source: str = "report.md") -> Outline:
    """Return the outline of a Markdown text."""
    return read_outline(text.encode(), source)


def outline(*lines: str, title: str | None = None, source: str = "report.txt") -> Outline:
    """Return the outline of lines in the toy notation."""
    blocks = tuple(block(line, number) for number, line in enumerate(lines, 1))
    return Outline(source, "utf-8", "text", len(blocks), title, blocks)


DAY = outline(
    "あるブログ",
    "CLOUD DAYS 2021 行ってきました!レポート",
    "# 【A】9:05~10:00:「小さく始める監視」",
    "[https://speakerdeck.com]",
    "- ログ",
    "  - 構造にして残す",
    "  1. 時刻を揃える",
    "# 質問メモ",
    "- ログ",
    "# 【ALL】１０：１０〜１１：００：締めの話",
    "- ログ",
    "- ログ",
    "# 所感",
    "楽しい一日でした。",
    title="CLOUD DAYS 2021 行ってきました!レポート",
)


def titles(text: str) -> list[str]:
    return [talk.title for talk in report_of(markdown(text)).talks]


ANY_LINE = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)), max_size=30),
    st.sampled_from(
        ["# 鍵の会 #3", "## LT", "### LT1: 鍵 / kagi_h", "## 感想", "- 鍵", "  - 錠", "【A】10:00~鍵", "  • 鍵"]
    ),
)
