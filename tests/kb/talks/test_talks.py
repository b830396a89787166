"""From outlines to reports: events, talks, notes and their trails."""

import re
from datetime import date
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.readers.formats import read_outline
from kb.report.model import Crumb, Given, Talk
from kb.report.outline import Block, BlockType, Outline
from kb.talks import report_of
from kb.talks.heading import TalkHeading, read_heading

SHAPES: tuple[tuple[str, BlockType], ...] = (
    (r"(#+) (?P<text>.+)", "heading"),
    (r"( *)- (?P<text>.+)", "bullet"),
    (r"( *)\d+\. (?P<text>.+)", "numbered"),
    (r"()\[(?P<text>.+)\]", "link"),
    (r"()(?P<text>.+)", "paragraph"),
    (r"()(?P<text>)", "blank"),
)


def block(line: str, number: int) -> Block:
    """Return the block of a line in a toy notation: `#` headings, `-` bullets two spaces a level, `[…]` links."""
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


def test_an_event_is_named_by_the_title_and_dated_as_precisely_as_it_says() -> None:
    report = report_of(DAY)

    assert (report.event, report.held_on) == ("CLOUD DAYS 2021", "2021")


def test_what_was_given_by_hand_wins() -> None:
    report = report_of(DAY, Given("雲の日", "2021-05-06", "https://example.com/"))

    assert (report.event, report.held_on, report.url) == ("雲の日", "2021-05-06", "https://example.com/")


def test_a_heading_with_track_and_times_is_a_talk_with_the_links_below_it() -> None:
    talks = report_of(DAY).talks

    assert talks == (
        Talk(
            "cloud-days-2021/188e6a", "小さく始める監視", 3, "A", "09:05", "10:00", links=("https://speakerdeck.com",)
        ),
        Talk("cloud-days-2021/88e5cf", "締めの話", 10, "ALL", "10:10", "11:00"),
    )


def test_a_trail_is_the_headings_below_the_talks_and_then_the_parent_notes() -> None:
    notes = report_of(DAY).notes[2:]
    log = notes[0].id

    assert [(note.text, note.talk and note.talk.line, note.depth, note.trail) for note in notes] == [
        ("ログ", 3, 0, ()),
        ("構造にして残す", 3, 1, (Crumb("ログ", 5, log),)),
        ("時刻を揃える", 3, 1, (Crumb("ログ", 5, log),)),
        ("ログ", 3, 0, (Crumb("質問メモ", 8),)),
        ("ログ", 10, 0, ()),
        ("ログ", 10, 0, ()),
        ("楽しい一日でした。", None, 0, (Crumb("所感", 13),)),
    ]


def test_repeats_of_a_note_are_numbered_in_reading_order() -> None:
    ids = [note.id.removeprefix(note.report) for note in report_of(DAY).notes if note.text == "ログ"]

    assert ids == ["/1e49eb4d", "/1e49eb4d-2", "/f507a7d3", "/f507a7d3-2"]


def test_a_note_inserted_above_changes_no_other_address() -> None:
    before = report_of(outline("# 【A】10:00:最初の話", "- 一つ", "- 二つ"))
    after = report_of(outline("# 【A】10:00:最初の話", "- 零", "- 一つ", "- 二つ"))

    assert [note.id for note in before.notes] == [note.id for note in after.notes[1:]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("【A】11:10~12:00:鍵の話", TalkHeading("鍵の話", "A", "11:10", "12:00")),
        ("【1回表】鍵の話", TalkHeading("鍵の話", "1回表")),
        ("【13:00〜13:45】【B会場】鍵の話", TalkHeading("鍵の話", "B会場", "13:00", "13:45")),
        ("１３：００～１３：４０　鍵の話", TalkHeading("鍵の話", None, "13:00", "13:40")),
        ("9時05分–10時00分 鍵の話", TalkHeading("鍵の話", None, "09:05", "10:00")),
        ("14:00〜 鍵の話", TalkHeading("鍵の話", None, "14:00")),
        ("鍵の話 (13:00 - 13:40)", TalkHeading("鍵の話", None, "13:00", "13:40")),
        ("SRV314: Keys in depth", TalkHeading("Keys in depth", "SRV314")),
        ("[A-3] 鍵の話", TalkHeading("鍵の話", "A-3")),
        ("[Room B] 鍵の話", TalkHeading("鍵の話", "Room B")),
        ("20-B-4 鍵の話", TalkHeading("鍵の話", "20-B-4")),
        ("LT1: 鍵の話", TalkHeading("鍵の話", "LT1")),
        ("セッション2：鍵の話", TalkHeading("鍵の話", "セッション2")),
        ("基調講演「鍵の話」", TalkHeading("鍵の話", "基調講演")),
        ("鍵の話（キーノート）", TalkHeading("鍵の話", "キーノート")),
        ("1. 鍵の話", TalkHeading("鍵の話")),
        ("LT1", TalkHeading("", "LT1")),
        ("[Deep Dive] 鍵の話", TalkHeading("[Deep Dive] 鍵の話")),
        ("S3: 鍵の置き方", TalkHeading("S3: 鍵の置き方")),
        ("EC2 入門", TalkHeading("EC2 入門")),
        ("「鍵」と「錠」", TalkHeading("「鍵」と「錠」")),
        ("【レポート】鍵の話", TalkHeading("鍵の話")),
    ],
)
def test_a_heading_tells_track_and_times_and_keeps_the_rest_as_title(text: str, told: TalkHeading) -> None:
    assert read_heading(text) == told


@pytest.mark.parametrize(
    ("text", "title", "speakers"),
    [
        ("鍵の話 by Hanako Kagi / Example Inc (gold sponsor)", "鍵の話", ("Hanako Kagi",)),
        ("鍵の話 @kagi_hanako", "鍵の話", ("kagi_hanako",)),
        ("鍵の話（@kagi_hanakoさん）", "鍵の話", ("kagi_hanako",)),
        ("鍵の話 - 鍵花子さん", "鍵の話", ("鍵花子",)),
        ("監視をやめてみた話 / kagi_h", "監視をやめてみた話", ("kagi_h",)),
        ("例示工業 鍵花子氏「鍵の話」", "鍵の話", ("鍵花子",)),
        ("例示工業 鍵花子さん", "例示工業 鍵花子さん", ("鍵花子",)),
        ("What I learned by doing", "What I learned by doing", ()),
        ("鍵さんを守るには", "鍵さんを守るには", ()),
    ],
)
def test_a_heading_names_who_speaks(text: str, title: str, speakers: tuple[str, ...]) -> None:
    heading = read_heading(text)

    assert (heading.title, heading.speakers) == (title, speakers)


@pytest.mark.parametrize(
    ("line", "speakers"),
    [
        ("- 発表者: 例示工業　鍵花子", ("鍵花子",)),
        ("登壇者：鍵 花子 ([@kagi](https://example.com/)), 例示株式会社", ("鍵 花子",)),
        ("スピーカー: 鍵花子さん (Example), 錠太郎さん (@jo, Example)", ("鍵花子", "錠太郎")),
        ("- 例示株式会社の鍵氏。早口でした", ("鍵",)),
        ("鍵さんによる発表です。", ("鍵",)),
        ("皆さんの質問が多い回でした。", ()),
        ("スポンサーはEXAMPLEさんです。", ()),
    ],
)
def test_the_first_lines_of_a_talk_name_who_speaks(line: str, speakers: tuple[str, ...]) -> None:
    report = report_of(markdown(f"# 鍵の会 #3\n\n## LT1: 鍵の話\n\n{line}\n"))

    assert report.talks[0].speakers == speakers


def test_a_heading_of_time_and_speaker_has_its_title_below() -> None:
    report = report_of(markdown("# 鍵の会 #3\n\n## 10:00 - 10:20 鍵花子さん\n\n**鍵の話**\n\n- 鍵は二つ\n"))

    assert [(talk.title, talk.start, talk.speakers) for talk in report.talks] == [("鍵の話", "10:00", ("鍵花子",))]


def test_slides_and_videos_below_a_heading_are_the_talks() -> None:
    report = report_of(
        markdown(
            "# 鍵の会 #3\n\n## LT1: 鍵の話\n\n"
            "- [鍵](https://speakerdeck.com/example/kagi)\n"
            "- 資料: https://example.com/kagi.pdf\n"
            "- 参考 https://example.com/other\n\n"
            '<iframe src="//www.youtube.com/embed/xyz"></iframe>\n'
        )
    )

    assert report.talks[0].links == (
        "https://speakerdeck.com/example/kagi",
        "https://example.com/kagi.pdf",
        "https://www.youtube.com/embed/xyz",
    )


def titles(text: str) -> list[str]:
    return [talk.title for talk in report_of(markdown(text)).talks]


def test_unmarked_headings_of_one_level_are_talks_in_a_report_of_an_event() -> None:
    text = (
        "---\ntitle: '鍵の会 #3 に参加しました'\n---\n\n"
        "## はじめに\n\n寒い日。\n\n## 小さな会社で鍵を守った話\n\n- 鍵は二つ\n\n### まとめ\n\n- 守る\n\n## 休憩\n\n"
        "## 大きな会社で錠を替えた話\n\n- 錠は一つ\n\n## 懇親会\n\n- 肉\n\n## 感想\n\n- よい日\n"
    )

    assert titles(text) == ["小さな会社で鍵を守った話", "大きな会社で錠を替えた話"]


def test_unmarked_headings_are_no_talks_where_nobody_went_anywhere() -> None:
    assert titles("---\ntitle: 鍵の選び方\n---\n\n## 種類\n\n- 二つ\n\n## 値段\n\n- 高い\n") == []


def test_essays_on_an_event_have_no_talks() -> None:
    text = "---\ntitle: '鍵の会 #3 に行ってきた'\n---\n\n## 鍵を持ちたい\n\n思った。\n\n## 錠も欲しくなってきたのである\n\n思う。\n"

    assert titles(text) == []


def test_where_most_headings_are_marked_the_others_are_no_talks() -> None:
    text = "# 鍵の会 #3\n\n## 会について\n\n- 三回目\n\n## LT1: 鍵\n\n- a\n\n## LT2: 錠\n\n- b\n\n## LT3: 扉\n\n- c\n"

    assert titles(text) == ["鍵", "錠", "扉"]


def test_talks_stand_below_the_headings_of_groups_and_days() -> None:
    text = (
        "# 鍵の会 #3\n\n## 1日目（5/1）\n\n### 大きな会社で鍵を守った話\n\n- a\n\n"
        "## LT大会\n\n### 錠の話\n\n- b\n\n### 扉の話\n\n- c\n"
    )

    assert titles(text) == ["大きな会社で鍵を守った話", "錠の話", "扉の話"]


def test_a_list_of_sessions_is_one_of_talks() -> None:
    text = "---\ntitle: '鍵の会 #3 に行ってきた'\n---\n\n以下のセッションを聴きました。\n\n- 鍵の話\n  - 鍵は二つ\n- 錠の話\n  - 錠は一つ\n"
    report = report_of(markdown(text))

    assert [(note.text, note.talk and note.talk.title) for note in report.notes[1:]] == [
        ("鍵の話", "鍵の話"),
        ("鍵は二つ", "鍵の話"),
        ("錠の話", "錠の話"),
        ("錠は一つ", "錠の話"),
    ]


def test_slides_listed_by_title_are_talks() -> None:
    text = "---\ntitle: '鍵の会 #3 で登壇してきた'\n---\n\n## スライド\n\n- [鍵の話](https://example.com/kagi)\n\n喋った。\n"

    assert titles(text) == ["鍵の話"]


def test_a_report_with_a_sessions_code_in_its_title_is_on_that_talk() -> None:
    text = "# [レポート] SRV314: 鍵の話 #kagi\n\nKagi Summit 2018 のセッションです。\n\n## 要点\n\n- 鍵は二つ\n\n## まとめ\n\n- 守る\n"
    report = report_of(markdown(text))

    assert [(note.text, note.talk and note.talk.title) for note in report.notes if note.type == "bullet"] == [
        ("鍵は二つ", "鍵の話"),
        ("守る", "鍵の話"),
    ]


def test_a_line_that_looks_like_a_heading_is_a_note() -> None:
    text = "鍵の会 2021\n\n【A】鍵の話\n\n登壇: Hanako Kagi\n\n  • 鍵は二つ\n"
    report = report_of(read_outline(text.encode(), "report.txt"))

    assert [(note.text, note.trail, note.talk and note.talk.speakers) for note in report.notes] == [
        ("登壇: Hanako Kagi", (), ("Hanako Kagi",)),
        ("鍵は二つ", (), ("Hanako Kagi",)),
    ]


@pytest.mark.parametrize(
    ("title", "event"),
    [
        ("RubyKaigi 2015 の 2 日目に参加しました", "RubyKaigi 2015"),
        ("【レポート】Cloud Summit Tokyo 2018 に行ってきた #summit", "Cloud Summit Tokyo 2018"),
        ("鍵好きなので第5回鍵カンファレンス行ってきた", "第5回鍵カンファレンス"),
        ("JAWS DAYS 2015で初めての鍵を作ってきた", "JAWS DAYS 2015"),
        ("Kagi Meetup #3 セッションまとめ", "Kagi Meetup #3"),
        ("やっぱりKagiKaigi2023は最高だった", "KagiKaigi2023"),
        ("勉強会行ってみた「Kagi Tech ～三年目～」#kagi", "Kagi Tech ～三年目～"),
        ("Kagi Innovate – Data Edition 見てきました。【その2】", "Kagi Innovate – Data Edition"),
        ("We Are Kagi Makers! @10thに参加してきた #kagi", "We Are Kagi Makers! @10th"),
        ("「合鍵を「簡単に」作ろう」に参加してきた", "合鍵を「簡単に」作ろう"),
        ("Kagi Days 2024をオンライン視聴しました", "Kagi Days 2024"),
        ("Kagi Day 2018 開催レポート", "Kagi Day 2018"),
        ("KagiConfと鍵屋の仕事に関して", "KagiConf"),
        ("例示株式会社 イベントスペース", None),
        ("社員旅行で海に行ってきた", None),
        ("2018年の振り返り", None),
        ("鍵の選び方", None),
    ],
)
def test_a_title_names_the_event(title: str, event: str | None) -> None:
    assert report_of(markdown(f"---\ntitle: '{title}'\n---\n\n- 鍵は二つ\n")).event == event


@pytest.mark.parametrize(
    ("heading", "event"),
    [
        ("Kagi Days 2019", "Kagi Days 2019"),
        ("鍵の集まり 2021 の記録", "鍵の集まり 2021"),
        ("鍵の集まり #3", "鍵の集まり #3"),
        ("鍵を2021年に選ぶ", None),
    ],
)
def test_a_first_heading_may_be_nothing_but_the_events_name(heading: str, event: str | None) -> None:
    assert report_of(markdown(f"# {heading}\n\n- 鍵は二つ\n")).event == event


def test_the_first_lines_name_the_event_where_the_title_does_not() -> None:
    text = "---\ntitle: 鍵を考える\n---\n\n先週開かれた[Kagi Summit](https://example.com/)に行ってきました。\n"

    assert report_of(markdown(text)).event == "Kagi Summit"


def test_a_line_names_an_event_with_its_hashtag_beside_it() -> None:
    text = "[Kagi Conference #1 #kagicon](https://example.com/)というイベントへ行ってきました。\n\n# 基調講演\n\n- a\n\n# 錠\n"
    report = report_of(markdown(text))

    assert (report.title, report.event) == ("Kagi Conference #1", "Kagi Conference #1")


def test_a_link_to_an_announcement_names_the_event() -> None:
    text = "---\ntitle: 鍵を考える\n---\n\n[鍵の夕べ #2 - connpass](https://example.com/)\n"

    assert report_of(markdown(text)).event == "鍵の夕べ #2"


def test_the_file_names_the_event_where_nothing_else_does() -> None:
    report = report_of(markdown("- 鍵は二つ\n", source="2018-kagi-days.md"))

    assert (report.event, report.held_on) == ("kagi days", "2018")


@pytest.mark.parametrize(
    ("text", "held_on"),
    [
        ("# 鍵の会 #3\n\n2018/11/16(金) 例示ホール\n", "2018-11-16"),
        ("# 鍵の会 2018\n\n- 日時: 11月16日\n", "2018-11-16"),
        ("# 鍵の会 2018\n\n## Day 1 (6月25日)\n\n- 鍵\n", "2018-06-25"),
        ("# 鍵の会 2018.06\n", "2018-06"),
        ("# 鍵の会 2018\n\n次は2019/1/1に出す予定の本の話です。前回はよかったと思います。\n", "2018"),
        ("---\ntitle: 鍵の会に行ってきた 【2018/3/26】\ndate: 2018-04-03\n---\n", "2018-03-26"),
        ("---\ntitle: 鍵の勉強会に行ってきた\ndate: 2016-10-03\n---\n\n10月1日に開かれた会です。\n", "2016-10-01"),
        ("---\ntitle: 鍵の勉強会に行ってきた\ndate: 2016-01-03\n---\n\n12月30日に参加。\n", "2015-12-30"),
        ("---\ntitle: 鍵の勉強会に行ってきた\ndate: 2016-10-03\n---\n\n楽しかった。\n", None),
        ("---\ntitle: 鍵の勉強会に行ってきた\nevent_date: 2016-10-01\ndate: 2016-10-03\n---\n", "2016-10-01"),
        ("# 鍵の会 2018\n\n- 日時: 2月31日\n", "2018"),
        ("# 鍵の会 #3\n\n| 会場 | 例示ホール |\n| --- | --- |\n| 日時 | 2018/11/16(金) 19:00 |\n", "2018-11-16"),
        ("# 鍵の会 #3\n\n    開催日 : 2018/11/16\n    場所 : 例示ホール\n\n- 鍵\n", "2018-11-16"),
        ("# 鍵の会 #3\n\n- 2018/11/16追記: スライドが上がっていた\n", None),
        ("鍵の選び方 2018年版\n\n- 鍵\n", None),
    ],
)
def test_the_day_is_as_precise_as_told_and_never_that_of_publishing(text: str, held_on: str | None) -> None:
    assert report_of(markdown(text)).held_on == held_on


@pytest.mark.parametrize(
    ("text", "source", "published"),
    [
        ("---\ntitle: 鍵\ndate: 2018-11-20 07:28:45\n---\n\n- a\n", "a.md", "2018-11-20"),
        ("---\ntitle: 鍵\ndate: 2018-11-20T17:26:11+09:00\npublished: true\n---\n\n- a\n", "a.md", "2018-11-20"),
        ("- 鍵は二つ\n", "_posts/2018-11-20-kagi.md", "2018-11-20"),
        ("- 鍵は二つ\n", "entry/2018/11/20/070000.md", "2018-11-20"),
        ("---\ntitle: 鍵\ndate: 2018-02-31\n---\n\n- a\n", "a.md", None),
        ("- 鍵は二つ\n", "20181120-kagi.md", None),
    ],
)
def test_the_day_of_publishing_is_a_fact_of_its_own(text: str, source: str, published: str | None) -> None:
    report = report_of(markdown(text, source=source))

    assert (report.published, report.notes[0].published) == (published, published)


def test_a_blogs_file_name_has_the_day_of_publishing() -> None:
    text = "---\ntitle: 鍵の勉強会に参加した\n---\n"

    assert [
        report_of(markdown(text, source=source)).held_on for source in ("2018-03-17-kagi.md", "20180317-kagi.md")
    ] == [None, "2018-03-17"]


@pytest.mark.parametrize(
    ("text", "title", "speakers"),
    [
        ("## LT1: 鍵の話 - @kagi_h", "鍵の話", ("kagi_h",)),
        ("## LT1: 鍵の話 @ 鍵 花子 (例示工業)", "鍵の話", ("鍵 花子",)),
        ("## LT1: 鍵の話\n\n[鍵花子（@kagi_h）さん | Twitter](https://example.com/)", "鍵の話", ("鍵花子",)),
        ("## LT1: 鍵の話\n\n#### 例示工業 鍵さん\n\n- a", "鍵の話", ("鍵",)),
        ("## LT1: 鍵の話\n\n- 登壇者：\n  - 鍵 花子[例示]\n  - 錠 太郎[例示]", "鍵の話", ("鍵 花子", "錠 太郎")),
        (
            "## LT1: 鍵の話\n\n| 言語 | Speaker |\n| --- | --- |\n| 日本語 | 鍵 花子（例示株式会社） |",
            "鍵の話",
            ("鍵 花子",),
        ),
        ("## LT1: 鍵の話\n\n例示株式会社 代表取締役 鍵花子さんの講演です。", "鍵の話", ("鍵花子",)),
        ("## LT1: @kagi_hさん 鍵の置き方", "鍵の置き方", ("kagi_h",)),
        ("## LT1: Side by side with keys", "Side by side with keys", ()),
        ("## LT1: 鍵の話（後編）", "鍵の話（後編）", ()),
        ("## LT.1：鍵の話 by kagi hanako", "鍵の話", ("kagi hanako",)),
        ("## LT1: 「鍵の話」 – 鍵花子", "鍵の話", ("鍵花子",)),
        ("## LT1: 合鍵の話 鍵 花子(例示工業)", "合鍵の話", ("鍵 花子",)),
        ("## LT1: 鍵の話\n\n鍵 花子 [@kagi_h](https://example.com/)（例示工業）\n\n- a", "鍵の話", ("鍵 花子",)),
        ("## LT1: 鍵の話\n\nby kagi\n\n- a", "鍵の話", ("kagi",)),
        ("## LT1: 鍵の話 by [@kagi_h](https://example.com/) さん", "鍵の話", ("kagi_h",)),
        ("## LT1: 鍵の話\n\nかぎこさんの発表。\n", "鍵の話", ("かぎこ",)),
        ("## LT1: 鍵の話\n\n最初は kagi さんによる基調講演です。\n", "鍵の話", ("kagi",)),
        ("## LT1: 鍵の話\n\n    例示株式会社　鍵花子さん (@kagi_h)\n\n- a", "鍵の話", ("鍵花子",)),
        ("## LT1: 鍵の話\n\n登壇者は、かぎこ（@kagi_h）さん。名調子でした。\n", "鍵の話", ("かぎこ",)),
    ],
)
def test_who_speaks_is_told_in_many_ways(text: str, title: str, speakers: tuple[str, ...]) -> None:
    talk = report_of(markdown(f"# 鍵の会 #3\n\n{text}\n")).talks[0]

    assert (talk.title, talk.speakers) == (title, speakers)


def test_brackets_that_most_titles_end_with_name_who_speaks() -> None:
    text = "# 鍵の会 #3\n\n## LT1: 鍵の置き方（Kagi）\n\n- a\n\n## LT2: 錠の替え方（Jo・Tobira）\n\n- b\n"

    assert [(talk.title, talk.speakers) for talk in report_of(markdown(text)).talks] == [
        ("鍵の置き方", ("Kagi",)),
        ("錠の替え方", ("Jo", "Tobira")),
    ]


def test_a_timetable_names_who_speaks() -> None:
    text = (
        "# 鍵の会 #3\n\n| 時間 | タイトル | 発表者 |\n| --- | --- | --- |\n"
        "| 19:00 | 合鍵の作り方と配り方 | 鍵 花子, 例示株式会社 |\n| 19:30 | 休憩 | --- |\n\n"
        "## LT1: 合鍵の作り方と配り方\n\n- a\n"
    )

    assert [(talk.title, talk.speakers) for talk in report_of(markdown(text)).talks] == [
        ("合鍵の作り方と配り方", ("鍵 花子",))
    ]


def test_links_to_the_pages_of_sessions_are_talks_whatever_stands_above_them() -> None:
    text = (
        "# 鍵の会 #3\n\n## 鍵と錠\n\n- [合鍵の作り方](https://example.com/2025/session/1)\n"
        "- [錠の替え方](https://example.com/2025/session/2)\n\nどれもよかった。\n"
    )

    assert titles(text) == ["合鍵の作り方", "錠の替え方"]


def test_a_list_of_contents_makes_no_talk_twice() -> None:
    text = "# 鍵の会 #3\n\n## 目次\n\n- 10:00 鍵の置き方\n- 11:00 錠の替え方\n\n## LT1: 鍵の置き方\n\n- a\n\n## LT2: 錠の替え方\n\n- b\n"

    assert titles(text) == ["鍵の置き方", "錠の替え方"]


def test_lines_with_q_and_a_are_question_and_answer() -> None:
    report = report_of(outline("- Q1: 鍵は", "- Q2: 錠は", "- A1: 二つ", "  - A: 三つかも", "- A2: 一つ", "- 以上"))
    lines = {note.id: note.line for note in report.notes}

    assert [(note.line, note.kind, lines.get(note.answers or "")) for note in report.notes] == [
        (1, "question", None),
        (2, "question", None),
        (3, "statement", 1),
        (4, "statement", 2),
        (5, "statement", 2),
        (6, "statement", None),
    ]


def test_tables_and_code_belong_to_the_note_before() -> None:
    report = report_of(markdown("- 鍵\n\n```\nkey = 2\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- 錠\n"))

    assert [(note.text, note.attached) for note in report.notes] == [
        ("鍵", ("key = 2", "a | b\n1 | 2")),
        ("錠", ()),
    ]


def test_code_that_no_note_stands_before_is_a_note() -> None:
    report = report_of(markdown("## 鍵の話\n\n    鍵は二つ\n"))

    assert [(note.text, note.type) for note in report.notes] == [("鍵は二つ", "paragraph")]


ANY_LINE = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc",)), max_size=30),
    st.sampled_from(
        ["# 鍵の会 #3", "## LT", "### LT1: 鍵 / kagi_h", "## 感想", "- 鍵", "  - 錠", "【A】10:00~鍵", "  • 鍵"]
    ),
)


@st.composite
def any_block(draw: st.DrawFn) -> Block:
    kind = draw(st.sampled_from(get_args(BlockType)))
    number = draw(st.integers(1, 99))
    level = draw(st.none() | st.integers(1, 9)) if kind == "heading" else None
    depth = draw(st.integers(0, 70)) if kind in ("bullet", "numbered") else None
    return Block(kind, draw(ANY_LINE), number, number, level=level, depth=depth)


@given(st.lists(any_block(), max_size=40), st.none() | ANY_LINE, ANY_LINE)
def test_any_outline_gives_a_report_with_each_of_its_bullets_once(
    blocks: list[Block], title: str | None, source: str
) -> None:
    report = report_of(Outline(source, "utf-8", "markdown", 99, title, tuple(blocks)))
    bullets = [block.text for block in blocks if block.type in ("bullet", "numbered") and block.text.strip()]

    assert [note.text for note in report.notes if note.type != "paragraph"] == bullets


@given(st.lists(any_block(), max_size=40))
def test_every_note_has_its_own_address_and_a_trail_of_notes_before_it(blocks: list[Block]) -> None:
    notes = report_of(Outline("report.txt", "utf-8", "text", 99, None, tuple(blocks))).notes
    before = [{note.id for note in notes[:place]} for place in range(len(notes))]

    assert all(
        note.id not in earlier and all(crumb.note in earlier for crumb in note.trail if crumb.note)
        for note, earlier in zip(notes, before, strict=True)
    )


@given(st.lists(ANY_LINE, max_size=40).map("\n".join))
def test_a_day_that_is_told_is_one_of_the_calendar(text: str) -> None:
    held_on = report_of(markdown(text)).held_on

    assert held_on is None or date.fromisoformat((held_on + "-01-01")[:10])


@given(st.text("(（[【〜-:：@/鍵あa1#", min_size=1, max_size=3), st.integers(1, 20_000))
def test_a_long_heading_takes_no_long_time(text: str, times: int) -> None:
    assert report_of(outline(f"# {text * times}", f"- {text * times}", title=text * times)).notes
