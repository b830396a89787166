"""Exports are split into posts, and each post is read on its own."""

import pytest

from kb.readers.containers import MAX_POSTS, Member, container_ending, members_of
from kb.readers.formats import read_outline
from kb.report.problems import FileProblem
from kb.talks import report_of

POST = """AUTHOR: yamada
TITLE: {title}
STATUS: {status}
ALLOW COMMENTS: 1
CONVERT BREAKS: {breaks}
DATE: 03/12/2018 09:00:00{clock}
CATEGORY: AWS
-----
BODY:
{body}
-----
EXTENDED BODY:
{more}
-----
COMMENT:
AUTHOR: 通りがかり
DATE: 03/13/2018 09:00:00
勉強になりました。
-----
--------
"""
BODY = "<h3>【A】11:10~12:00: 鍵の話</h3>\n<ul>\n<li>鍵\n<ul><li>錠</li></ul></li>\n</ul>"


def post(title: str = "鍵の会 2018", body: str = BODY, **fields: str) -> str:
    return POST.format(
        **{"title": title, "body": body, "status": "Publish", "breaks": "0", "clock": "", "more": ""} | fields
    )


def members(text: str) -> list[Member | FileProblem]:
    return list(members_of(text.encode(), "blog.txt"))


def texts(member: Member | FileProblem) -> list[str]:
    assert isinstance(member, Member)
    return [block.text for block in read_outline(member.data, member.source).blocks]


def test_each_post_is_a_report_without_its_comments() -> None:
    first, second = members(post() + post("錠の会", "<p>錠の話を聞いた。</p>", more="<p>続きも聞いた。</p>"))

    assert (texts(first), texts(second)) == (
        ["【A】11:10~12:00: 鍵の話", "鍵", "錠"],
        ["錠の話を聞いた。", "続きも聞いた。"],
    )


def test_a_draft_is_a_problem_and_the_other_posts_keep_their_numbers() -> None:
    sources = [each.source for each in members(post() + post(status="Draft") + post("錠の会"))]
    draft = members(post(status="Draft") + post())[0]

    assert sources == ["blog.txt#1", "blog.txt#2", "blog.txt#3"]
    assert str(draft) == "blog.txt#1: is a draft; it is read when it is published and exported again"


def test_title_and_day_of_a_post_are_in_its_fields() -> None:
    (member,) = members(post("JAWS DAYS 2018 の鍵", clock=" PM"))
    report = report_of(read_outline(member.data, member.source))

    assert (report.title, report.published, report.held_on) == ("JAWS DAYS 2018 の鍵", "2018-03-12", "2018")
    assert [(talk.track, talk.start, talk.line) for talk in report.talks] == [("A", "11:10", 10)]


@pytest.mark.parametrize(
    ("breaks", "body", "found"),
    [
        ("0", "<p>一<br>\n二</p>", ["一 二"]),
        ("1", "一\n二\n\n三\n<ul>\n<li>四</li>\n</ul>", ["一 二", "三", "四"]),
        ("__default__", "・一\n・二", ["一", "二"]),
        ("markdown", "## 一\n\n--------\n\n- 二\n\n-----\n\n三", ["一", "--------", "二", "-----", "三"]),
        ("markdown_with_smartypants", "- 一\n  - 二", ["一", "二"]),
        ("richtext", "<ul><li>一<ul><li>二</li></ul></li></ul>", ["一", "二"]),
    ],
)
def test_a_body_is_read_in_the_format_that_its_post_names(breaks: str, body: str, found: list[str]) -> None:
    (member,) = members(post(body=body, breaks=breaks))

    assert texts(member) == found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "euc_jp"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_an_export_in_any_encoding_with_any_line_ends_is_split(encoding: str, end: str) -> None:
    data = (post() + post("錠の会")).replace("\n", end).encode(encoding)
    found = [texts(each) for each in members_of(data, "blog.txt")]

    assert (found, container_ending(data)) == ([["【A】11:10~12:00: 鍵の話", "鍵", "錠"]] * 2, ".txt")


@pytest.mark.parametrize("text", ["TITLE: 鍵\n\n- 一\n", "title: 鍵\n-----\nBODY:\n- 一\n", "- 一\n-----\nBODY:\n", ""])
def test_a_text_that_only_resembles_an_export_is_one_report(text: str) -> None:
    assert (members(text), container_ending(text.encode())) == ([Member("blog.txt", text.encode())], None)


def test_an_export_of_too_many_posts_is_refused() -> None:
    text = "TITLE: x\n-----\nBODY:\n-----\n--------\n" * (MAX_POSTS + 1)

    assert [str(each) for each in members(text)] == ["blog.txt: holds more than 10,000 posts; divide it"]


PAGE = '{"lines": ["会",\n" 一"]}'


def test_each_page_of_cosense_is_a_report_with_the_lines_of_the_page() -> None:
    pages = '{"name": "x", "pages": [{"title": "会", "lines": ["会", " 一"]}, {"lines": [{"text": "門"}]}]}'

    assert list(members_of(pages.encode(), "a.json")) == [
        Member("a.json#1", PAGE.encode()),
        Member("a.json#2", '{"lines": ["門"]}'.encode()),
    ]
    assert [(block.text, block.first_line) for block in read_outline(PAGE.encode(), "a.json#1").blocks] == [
        ("会", 1),
        ("一", 2),
    ]


@pytest.mark.parametrize("text", ['{"pages": 1}', '{"pages": [1]}', '{"pages": [{"title": "x"}]}', '{"pages": [', "[]"])
def test_other_json_is_not_an_export(text: str) -> None:
    assert list(members_of(text.encode(), "a.json")) == [Member("a.json", text.encode())]


def test_a_page_of_cosense_keeps_its_code_the_titles_of_its_pictures_and_the_order_of_its_links() -> None:
    page = (
        "会\n 版は 2. 錠\n [図 https://gyazo.com/a1]\n [資料 https://example.com/b] https://example.com/a\n"
        " code:a.py\n   if 鍵:\n     開く\n 1. 扉\n[*** 大]\n[* 小]\n"
    )
    blocks = read_outline(page.encode(), "a.txt").blocks

    assert [(block.type, block.level or block.depth, block.text, block.links) for block in blocks] == [
        ("heading", 1, "会", ()),
        ("bullet", 0, "版は 2. 錠", ()),
        ("bullet", 0, "図", ()),
        ("bullet", 0, "資料 https://example.com/a", ("https://example.com/b", "https://example.com/a")),
        ("code", None, " if 鍵:\n   開く", ()),
        ("numbered", 0, "扉", ()),
        ("heading", 2, "大", ()),
        ("heading", 3, "小", ()),
    ]


def test_a_post_may_end_with_its_text() -> None:
    (member,) = members("TITLE: 鍵\n-----\nBODY:\n<p>一</p>\n-----\n")

    assert texts(member) == ["一"]
