"""Readers turn bytes into an outline that covers every line."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from kb.readers import markdown
from kb.readers.formats import read_outline
from kb.report.outline import Block, Outline

SHARED = Path(__file__).parents[3] / "../shared"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason="the real reports are not here")


def read(text: str) -> Outline:
    return read_outline(text.encode(), "report")


def shape(blocks: Sequence[Block]) -> list[str]:
    """Return the type, the level or depth, and the text of each block that is not blank."""
    place = {block: block.level if block.depth is None else block.depth for block in blocks}
    return [
        f"{block.type}{'' if place[block] is None else place[block]} {block.text}"
        for block in blocks
        if block.type != "blank"
    ]


def lines_covered(outline: Outline) -> list[int]:
    return [line for block in outline.blocks for line in range(block.first_line, block.last_line + 1)]


def test_extracted_text_keeps_the_depth_of_its_bullets_and_items() -> None:
    outline = read("  • キュー\n    • 順番は保証されない\n      • 冪等にする\n  1. 受ける\n  2. 返す\n")

    assert shape(outline.blocks) == [
        "bullet0 キュー",
        "bullet1 順番は保証されない",
        "bullet2 冪等にする",
        "numbered0 受ける",
        "numbered0 返す",
    ]


def test_the_leftmost_bullets_of_extracted_text_are_outermost_wherever_they_are() -> None:
    blocks = read_outline("箱の会 2019\n\n    • 深い箱\n• 浅い箱\n  • 中の鍵\n".encode(), "a.txt").blocks

    assert [(block.text, block.depth) for block in blocks if block.type == "bullet"] == [
        ("深い箱", 2),
        ("浅い箱", 0),
        ("中の鍵", 1),
    ]


def test_a_bare_line_between_bullets_is_a_heading_inside_the_section() -> None:
    outline = read("勉強会\n\n【A】10:00~10:50:キューの話\n\nspeakerdeck.com\n\n  • 再送する\n質問\n  • 何回まで?\n")

    assert shape(outline.blocks) == [
        "heading1 勉強会",
        "heading2 【A】10:00~10:50:キューの話",
        "link speakerdeck.com",
        "bullet0 再送する",
        "heading3 質問",
        "bullet0 何回まで?",
    ]


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("監視の話\n==\n", ["heading1 監視の話"]),
        ("監視の話\n-\n", ["heading2 監視の話"]),
        ("## 監視の話\n", ["heading2 監視の話"]),
        ("* * *\n", ["rule * * *"]),
        ("___\n", ["rule ___"]),
        ("~~~\nkb sync\n~~~\n", ["code kb sync"]),
        ("```\nkb sync\n```\n", ["code kb sync"]),
        ("> 監視の話\n", ["quote 監視の話"]),
        ("<p>監視の話</p>\n", ["paragraph 監視の話"]),
        ("名|数\n-|-\n札|3\n", ["table 名 | 数\n札 | 3"]),
    ],
)
def test_each_mark_of_markdown_is_read_in_a_text_that_has_no_other(text: str, blocks: list[str]) -> None:
    assert shape(markdown.read(text).blocks) == blocks


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        (
            "夜の勉強会\n\n索引の話\n\n山田さん\n\n  • 作り直せる\n\n懇親会\n\n話が尽きませんでした。\n",
            ["夜の勉強会", "索引の話", "懇親会"],
        ),
        ("夜の勉強会\n\n2020/01/15 Wed\n\n#yoru_study\n\n社内の会場にて\n\n  • 乾杯\n", ["夜の勉強会"]),
        (
            "夜の勉強会\n\nキューを使い倒す\n\nキューを使い倒す - Speaker Deck\n\n  • 再送\n",
            ["夜の勉強会", "キューを使い倒す"],
        ),
        ("夜の勉強会\n\n  • 例:\n\nkey: value\n\n    • 値は文字列\n", ["夜の勉強会"]),
        ("夜の勉強会\n\n楽しい pic.twitter.com/abc\n\n— 私 (@me) 2020年1月15日\n\n  • 一\n", ["夜の勉強会"]),
    ],
    ids=["names and prose", "date, tag and place", "an embedded card", "a list that goes on", "a quoted tweet"],
)
def test_bare_lines_are_headings_by_their_surroundings(text: str, headings: list[str]) -> None:
    assert [block.text for block in read(text).blocks if block.type == "heading"] == headings


@pytest.mark.parametrize(
    ("line", "type_"),
    [
        ("（二度届くことがある。）", "paragraph"),
        ("(二度届くことがある。)", "paragraph"),
        ("「二度届く…」", "paragraph"),
        ("届く順（先入れ先出し）", "heading"),
    ],
)
def test_a_sentence_above_items_of_an_outline_is_no_heading(line: str, type_: str) -> None:
    outline = read(f"会\n話\n 一\n  二\n{line}\n 三\n  四\n 五\n")

    assert outline.format == "cosense"
    assert [block.type for block in outline.blocks if block.text == line] == [type_]


def test_lines_indented_below_a_bullet_continue_it() -> None:
    outline = read("  • 一行目\n    二行目\n    • 子\n本文です。\n")

    assert shape(outline.blocks) == ["bullet0 一行目 二行目", "bullet1 子", "paragraph 本文です。"]


@pytest.mark.parametrize("answer", ["A. 現場です", "A：現場です", "回答: 現場です"])
def test_a_question_above_its_answer_is_no_heading(answer: str) -> None:
    outline = read(f"鍵の会 2019\n\n■ 鍵\n・二つ\n\n■ 質疑\nQ. 誰が決めたのか？\n{answer}\n")

    assert shape(outline.blocks)[3:] == ["heading2 ■ 質疑", "paragraph Q. 誰が決めたのか？", f"paragraph {answer}"]


def test_text_without_bullets_is_read_as_extracted_text() -> None:
    outline = read("参加した話\n\nまとめ\n\n学びの多い一日でした。\n次も、\nきっと行きます。\n\n名\t値\n速さ\t3\n")

    assert (outline.format, outline.title) == ("text", "参加した話")
    assert shape(outline.blocks) == [
        "heading1 参加した話",
        "heading2 まとめ",
        "paragraph 学びの多い一日でした。",
        "paragraph 次も、 きっと行きます。",
        "table 名\t値\n速さ\t3",
    ]


def test_markdown_keeps_its_headings_lists_links_tables_and_code() -> None:
    outline = read(
        "---\ntitle: 勉強会\n---\n# 一日目\n\n- **大事**な[資料](https://example.com/a)\n  続き\n    1. 子\n\n"
        "<https://example.com/b>\n\n| 名 | 値 |\n|---|---|\n| a | 1 |\n\n```sh\nls\n```\n> 引用\n"
    )

    assert shape(outline.blocks) == [
        "front-matter ---\ntitle: 勉強会\n---",
        "heading1 一日目",
        "bullet0 大事な資料 続き",
        "numbered1 子",
        "link https://example.com/b",
        "table 名 | 値\na | 1",
        "code ls",
        "quote 引用",
    ]
    assert (outline.title, outline.metadata) == ("勉強会", (("title", "勉強会"),))
    assert outline.blocks[3].links == ("https://example.com/a",)


@pytest.mark.parametrize(
    "text",
    [
        '<figure>\n<img src="kagi.png">\n</figure>\n- 鍵\n  - 錠\n',
        '<iframe src="https://example.com/"></iframe>\n- 鍵\n  - 錠\n',
        "<details>\n<summary>鍵の話</summary>\n- 鍵\n  - 錠\n</details>\n",
        "<details><summary>鍵の話</summary>\n\n- 鍵\n  - 錠\n\n</details>\n",
        "<div>\n## 鍵の話\n- 鍵\n  - 錠\n</div>\n",
        "<ul>\n<li>鍵\n\n<ul><li>錠</li></ul></li>\n</ul>\n",
        "<!--\n- 秘密\n-->\n- 鍵\n  - 錠\n",
        '<pre class="text">\n- 鍵\n  - 錠\n</pre>\n',
        '<pre class="text">\n・鍵\n　・錠\n</pre>\n\n## 鍵の話\n',
    ],
)
def test_html_around_a_markdown_list_loses_no_items(text: str) -> None:
    assert items(f"# 会\n\n{text}") == [(0, "鍵"), (1, "錠")]


def items(text: str) -> list[tuple[int | None, str]]:
    blocks = read_outline(text.encode(), "a.md").blocks
    return [(block.depth, block.text) for block in blocks if block.type in ("bullet", "numbered")]


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        ("# 会\n\n**鍵の話**\n\n- a\n\n**錠の話**\n- b\n", [(1, "会"), (2, "鍵の話"), (2, "錠の話")]),
        (
            "<h1>会</h1>\n<p><strong>鍵の話</strong></p><ul><li>a</li></ul>\n<p><b>錠の話</b></p><p>b</p>\n",
            [(1, "会"), (2, "鍵の話"), (2, "錠の話")],
        ),
        ("会\n==\n\n鍵の話\n--\n- a\n", [(1, "会"), (2, "鍵の話")]),
        ("# 会\n\n**鍵の話**\n\n- a\n", [(1, "会")]),
        ("# 会\n\n**鍵は大事です。**\n\n- a\n\n**錠も大事です。**\n\n- b\n", [(1, "会")]),
        (
            "# 会\n\n## 10:00\n**鍵の話**\n\n- a\n\n## 11:00\n**錠の話**\n\n- b\n",
            [(1, "会"), (2, "10:00"), (2, "11:00")],
        ),
    ],
)
def test_bold_lines_are_headings_if_several_are_above_lists_and_prose(
    text: str, headings: list[tuple[int, str]]
) -> None:
    blocks = read_outline(text.encode(), "a.md").blocks

    assert [(block.level, block.text) for block in blocks if block.type == "heading"] == headings


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        (
            ".. note:: 鍵\n\n   錠は一つ\n\n扉の話\n\n   重いと言った\n",
            ["paragraph 鍵", "paragraph 錠は一つ", "paragraph 扉の話", "quote 重いと言った"],
        ),
        ("== ==\n鍵 一\n== ==\n\n扉\n\n== ==\n錠 二\n== ==\n", ["table 鍵 一", "paragraph 扉", "table 錠 二"]),
        (
            ".. list-table::\n\n   * - 合鍵\n       は二つ\n     - 錠\n   * - 扉\n     - 門\n",
            ["table 合鍵 は二つ | 錠\n扉 | 門"],
        ),
        ("====\n鍵の会\n====  \n\n- 鍵\n", ["heading1 鍵の会", "bullet0 鍵"]),
    ],
)
def test_a_block_of_restructured_text_ends_where_its_indent_or_border_ends(text: str, blocks: list[str]) -> None:
    assert shape(read_outline(text.encode(), "report.rst").blocks) == blocks


def test_a_field_of_restructured_text_goes_on_in_the_indented_lines_below() -> None:
    outline = read_outline(":date: 2019-01-02\n:title: 鍵の\n  会\n\n- 鍵\n".encode(), "report.rst")

    assert outline.metadata == (("date", "2019-01-02"), ("title", "鍵の 会"))


def test_the_title_of_extracted_text_is_the_line_with_a_year_shortly_below_the_name_of_the_blog() -> None:
    assert read("ある社内のブログ\n\n鍵の会 2019\n\n  • 鍵は二つ\n  • 錠\n").title == "鍵の会 2019"


@pytest.mark.parametrize(("drawn", "format_"), [(2, "markdown"), (3, "text")])
def test_three_drawn_bullets_make_extracted_text_of_a_text_with_more_lines_of_markdown(
    drawn: int, format_: str
) -> None:
    assert read("鍵の会\n\n" + "  • 鍵\n" * drawn + "\n" + "- 錠\n" * 3 * drawn).format == format_


PAGE = "<!DOCTYPE html>\n<html><head><title>鍵の部屋</title>{}</head><body><article>\n{}\n</article></body></html>"


def test_a_paragraph_of_a_page_has_the_lines_of_all_its_words() -> None:
    outline = read(PAGE.format("", "<p>鍵は二つ\nあると\n<em>聞いた</em>\nけれど</p>\n<p>錠</p>"))

    assert [(block.text, block.first_line, block.last_line) for block in outline.blocks] == [
        ("鍵は二つ あると 聞いた けれど", 3, 6),
        ("錠", 7, 7),
    ]


def test_an_empty_title_of_a_page_is_not_its_title() -> None:
    head = '<meta property="og:title" content=""><meta name="twitter:title" content="鍵の会">'

    assert read(PAGE.format(head, "<p>鍵</p>")).title == "鍵の会"


@pytest.mark.parametrize(
    ("text", "blocks"),
    [
        ("・鍵\n・錠\n会場\n駅前", ["code ・鍵\n・錠\n会場\n駅前"]),
        (
            "・鍵\n　・合鍵\n会場\n　・駅前\n・門",
            ["bullet0 鍵", "bullet1 合鍵", "paragraph 会場", "bullet0 駅前", "bullet0 門"],
        ),
    ],
)
def test_a_list_drawn_in_a_page_is_a_list_if_most_of_its_lines_are_items(text: str, blocks: list[str]) -> None:
    assert shape(read(PAGE.format("", f'<pre class="text">{text}</pre>')).blocks) == blocks


def test_a_fence_with_a_language_ends_no_code() -> None:
    outline = read_outline("```\n・鍵\n``` py\n・錠\n```\n\n・扉\n".encode(), "a.md")

    assert shape(outline.blocks) == ["code ・鍵\n``` py\n・錠", "bullet0 扉"]


def test_an_unindented_number_in_extracted_text_begins_no_item() -> None:
    blocks = read_outline("鍵の会\n\n1. 鍵の話\n\n  • a\n  1. b\n".encode(), "a.txt").blocks

    assert [(block.type, block.text) for block in blocks if block.type != "blank"] == [
        ("heading", "鍵の会"),
        ("heading", "1. 鍵の話"),
        ("bullet", "a"),
        ("numbered", "b"),
    ]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("* 会\n** 鍵の話\n", "会"),
        ("* 鍵の話\n* 錠の話\n", None),
        ("** 前書き\n* 会\n", None),
        ("#+TITLE: 夜の会\n* 会\n", "夜の会"),
    ],
)
def test_the_title_is_a_field_or_the_only_heading_of_level_one_at_the_top(text: str, title: str | None) -> None:
    assert read_outline(text.encode(), "a.org").title == title


@pytest.mark.parametrize(("length", "tags"), [(9_000, "鍵, 錠"), (10_000, "['鍵', '錠']")])
def test_too_long_front_matter_is_read_as_bare_pairs(length: int, tags: str) -> None:
    outline = read_outline(f"+++\ntags = ['鍵', '錠']\nx = '{'y' * length}'\n+++\n\n- 冪等に\n".encode(), "a.md")

    assert dict(outline.metadata)["tags"] == tags


def test_a_vertical_tab_or_line_separator_does_not_end_a_line() -> None:
    outline = read("- 一\v二\r- 三\u2028四\r\n- 五\n")

    assert [(block.text, block.first_line) for block in outline.blocks] == [("一 二", 1), ("三 四", 2), ("五", 3)]


def test_invisible_characters_hide_no_mark_and_letters_stay_as_written() -> None:
    outline = read("\u200b# か\u3099い\n\u200b- \x1b[1m太い\n\ufeff  - 子\u200b\n")

    assert shape(outline.blocks) == ["heading1 か\u3099い", "bullet0 [1m太い", "bullet1 子"]


@needs_shared
def test_the_seed_is_read_completely() -> None:
    outline = read_outline((SHARED / "seeds/jaws-days-2018.txt").read_bytes(), "seed")
    headings = {block.first_line: block.text for block in outline.blocks if block.type == "heading"}

    assert sum(block.type in ("bullet", "numbered") for block in outline.blocks) == 170
    assert {16, 22, 57, 67, 95, 133, 203, 213} <= set(headings)
    assert outline.title == headings[5]
    assert lines_covered(outline) == list(range(1, 239))


@needs_shared
@pytest.mark.parametrize("folder", ["notes", "notes_text", "seeds", "gold"])
def test_every_real_report_is_covered_line_by_line(folder: str) -> None:
    others = (".html", ".json", ".tsv")  # lines of a page mean nothing, and the other files are no reports
    paths = [path for path in sorted((SHARED / folder).rglob("*")) if path.is_file() and path.suffix not in others]
    outlines = [read_outline(path.read_bytes(), path.name) for path in paths]

    assert [outline.source for outline in outlines if lines_covered(outline) != [*range(1, outline.lines + 1)]] == []


@pytest.mark.parametrize(
    ("text", "depths"),
    [
        ("1. 鍵の話\n・鍵は二つ\n・合鍵もある\n2. 錠の話\n・錠は三つ\n", [0, 1, 1, 0, 1]),
        ("1. 鍵の話\n- 鍵は二つ\n  - 合鍵もある\n\n2. 錠の話\n- 錠は三つ\n", [0, 1, 2, 0, 1]),
        ("1) 鍵の話\n- 鍵は二つ\n2) 錠の話\n", [0, 1, 0]),
        ("1. 鍵の話\n2. 錠の話\n- 帰り道\n- 晩ご飯\n", [0, 0, 0, 0]),  # the numbers do not go on: another list
        ("1. 鍵の話\n   - 鍵は二つ\n2. 錠の話\n   - 錠は三つ\n", [0, 1, 0, 1]),
        ("- 鍵\n\n1. 鍵の話\n\n本文\n\n- 錠\n\n2. 錠の話\n", [0, 0, None, 0, 0]),
    ],
)
def test_bullets_between_numbers_that_go_on_are_below_them(text: str, depths: list[int | None]) -> None:
    for name in ("a.md", "a.txt"):
        blocks = read_outline(text.encode(), name).blocks
        assert [block.depth for block in blocks if block.type != "blank"] == depths, name
