"""Notes quoted in Markdown: whatever a note says, who reads the quotation reads the same words."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from kb.report.model import Crumb, Mention, Note, Talk
from kb.search.citation import Quoting, escaped
from kb.search.facets import by_place
from kb.search.guide import Guide, GuideEntry
from kb.services import domain
from kb.services.changes import Change
from kb.translation import set_language

TALK = Talk("会/1", "Lambda *入門*", 1, speakers=("山田", "鈴木"))


@pytest.fixture(autouse=True)
def japanese() -> None:
    set_language("ja")


def quoting(address: str | None = None) -> Quoting:
    return Quoting(domain(), lambda _: address)


def note(text: str, talk: Talk | None = TALK, trail: tuple[Crumb, ...] = (), **told: object) -> Note:
    known = {"event": "見本会", "held_on": "2019-05-01", **told}
    return Note("r/1", "r", "a[1].md", 7, "bullet", 0, text, trail, talk=talk, **known)  # type: ignore[arg-type]


def read(markdown: str) -> list[tuple[str, str]]:
    """Return what a reader of Markdown sees: each block that it is, with its words."""
    tokens = MarkdownIt("commonmark").parse(markdown)
    return [
        (tokens[place - 1].type, "".join(child.content or "\n" for child in token.children or ()))
        for place, token in enumerate(tokens)
        if token.type == "inline"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "# 見出しではない",
        "  ## これも",
        "- 項目ではない",
        "+ これも",
        "* これも",
        "> 引用ではない",
        "1. 番号ではない",
        "12) これも",
        "*強調* `code` [a](b) <b> \\n",
        "一行目\n- 二行目\n# 三行目",
        "一行目\n===",
        "一行目\n---",
        "~~~",
        "___",
        "&amp; &lt;",
        "_a_ __b__",
        "https://e.jp/_a_",
    ],
)
def test_a_quotation_reads_as_its_note(text: str) -> None:
    assert_read_as_written(text)


@given(st.text("#-+*>=_~`[]()<>&!\\.:;1 2ab\n", max_size=12))
def test_whatever_a_note_says_is_read_as_text(text: str) -> None:
    assert_read_as_written(f"あ{text}")


def assert_read_as_written(text: str) -> None:
    *blocks, _ = read(quoting().citation(note(text)))

    assert {kind for kind, _ in blocks} == {"paragraph_open"}
    assert "\n".join(said for _, said in blocks).split() == text.split()


def test_a_citation_tells_talk_event_day_and_address() -> None:
    assert quoting("https://e.jp/n").citation(note("鍵は\n二つ", event="会 *A*")) == (
        "> 鍵は\n> 二つ\n>\n> — Lambda \\*入門\\*、山田、鈴木、会 \\*A\\*（2019年5月1日） <https://e.jp/n>\n"
    )


def test_without_an_address_a_citation_tells_file_and_line() -> None:
    assert quoting().citation(note("鍵", talk=None, report_title="夕べ", held_on=None)) == (
        "> 鍵\n>\n> — 夕べ、見本会（日付不明） a\\[1\\].md:7\n"
    )


def test_a_sheet_has_each_note_under_its_talk_with_what_stands_above_it() -> None:
    notes = [
        note("一", trail=(Crumb("*上*", 2), Crumb("下", 3))),
        note("外", talk=None, event=None, report_title="夕べの会"),
        note("二"),
    ]

    assert list(quoting().sheet(notes)) == [
        "## Lambda \\*入門\\*\n",
        "見本会（2019年5月1日）、山田、鈴木\n",
        "> *\\*上\\* › 下*\n>",
        "> 一\n",
        "— a\\[1\\].md:7\n",
        "> 二\n",
        "— a\\[1\\].md:7\n",
        "## 夕べの会\n",
        "イベント不明（2019年5月1日）\n",
        "> 外\n",
        "— a\\[1\\].md:7\n",
    ]


def test_a_sheet_tells_what_has_changed_since_and_where_a_note_can_be_read() -> None:
    old = note(
        "SQSは直接トリガーにできない",
        services=(Mention("sqs", "explicit", "SQS"), Mention("lambda", "inherited", "Lambda")),
        held_on="2017-01-01",
    )
    (change,) = domain().changes_for(old)

    *_, quoted, changed, source = quoting("https://e.jp/n").sheet([old])

    assert (quoted, source) == ("> SQSは直接トリガーにできない\n", "— a\\[1\\].md:7 <https://e.jp/n>\n")
    assert changed == f"その後の変更: {escaped(change.statement)} <{change.source}>\n"


def test_notes_stand_by_their_place_in_the_order_in_which_they_come() -> None:
    other = Talk("会/2", "B", 1)
    notes = [note("一"), note("二", talk=other), note("三"), note("四", talk=None)]

    assert [[one.text for one in place] for place in by_place(notes, lambda note: note).values()] == [
        ["一", "三"],
        ["二"],
        ["四"],
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a*b`c[d]<e>~\\", "a\\*b\\`c\\[d\\]\\<e>\\~\\\\"),
        ("snake_case W_W 鍵_錠 1_1", "snake_case W_W 鍵_錠 1_1"),
        ("b _a_ b", "b \\_a\\_ b"),
        ("a__b", "a\\_\\_b"),
        ("a&b c; &lt;&#38;&", "a&b c; \\&lt;\\&#38;&"),
        ("&lt", "&lt"),
    ],
)
def test_a_name_is_escaped_where_markdown_would_take_it_for_more_and_nowhere_else(text: str, expected: str) -> None:
    assert escaped(text) == expected


def test_a_change_without_a_source_is_told_without_one() -> None:
    change = Change(("sqs",), "古い", "新しい", "2019-03", "", "", id="x")
    told = SimpleNamespace(changes_for=lambda _: [change])

    assert [*Quoting(told, lambda _: None).sheet([note("鍵")])][3:] == [  # type: ignore[arg-type]
        "その後の変更: 2019年3月以降は新しい\n",
        "— a\\[1\\].md:7\n",
    ]


def test_a_guide_quotes_each_thing_once_with_all_that_say_so_its_remedies_and_what_it_leads_to() -> None:
    problem, again = (
        note("鍵が *足りない*", trail=(Crumb("*鍵*", 6),)),
        note("鍵がない", talk=None, report_title="夕べ"),
    )
    again = replace(again, id="r/2", held_on=None)
    remedy, after = replace(note("合鍵を作る"), id="r/3"), replace(note("扉が開く"), id="r/4")
    entry = GuideEntry(problem, (problem, again), (remedy,), leads_to=(after,))
    sqs = domain().catalogue.by_slug["sqs"]
    guide = Guide(sqs, 9, 2, {"advice": (), "solved": (entry,)}, ())
    of_talk = "Lambda \\*入門\\*、山田、鈴木、見本会（2019年5月1日） a\\[1\\].md:7"

    assert list(quoting().guide(guide)) == [
        "# Amazon SQS\n",
        "メモ 9件のうち、助言・課題・事実の 2件です。同じことは一度だけ載せています。\n",
        "## 対策のある課題\n",
        "- *\\*鍵\\**: 鍵が \\*足りない\\* — 2019・山田、鈴木",
        f"  - 対策: 合鍵を作る — {of_talk}",
        f"  - 扉が開く — {of_talk}",
        f"  - {of_talk}",
        "  - 鍵がない — 夕べ、見本会（日付不明） a\\[1\\].md:7",
        "",
    ]
