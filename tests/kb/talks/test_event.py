"""The event of a report, its day, and the day of publishing."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from outlines import ANY_LINE, DAY, markdown

from kb.readers.formats import read_outline
from kb.report.model import MetadataOverride
from kb.talks import report_of
from kb.talks.dates import possible_day, published_of


def test_the_title_names_the_event_and_its_year() -> None:
    report = report_of(DAY)

    assert (report.event, report.held_on) == ("CLOUD DAYS 2021", "2021")


def test_an_override_wins() -> None:
    report = report_of(DAY, MetadataOverride("雲の日", "2021-05-06", "https://example.com/"))

    assert (report.event, report.held_on, report.url) == ("雲の日", "2021-05-06", "https://example.com/")


@pytest.mark.parametrize(
    ("title", "event"),
    [
        ("RubyKaigi 2015 の 2 日目に参加しました", "RubyKaigi 2015"),
        ("【レポート】Cloud Summit Tokyo 2018 に行ってきた #summit", "Cloud Summit Tokyo 2018"),
        ("JAWS DAYS 2015で初めての鍵を作ってきた", "JAWS DAYS 2015"),
        ("Kagi Meetup #3 セッションまとめ", "Kagi Meetup #3"),
        ("勉強会行ってみた「Kagi Tech ～三年目～」#kagi", "Kagi Tech ～三年目～"),
        ("Kagi Innovate – Data Edition 見てきました。【その2】", "Kagi Innovate – Data Edition"),
        ("Kagi Days 2024をオンライン視聴しました", "Kagi Days 2024"),
        ("Kagi Day 2018 開催レポート", "Kagi Day 2018"),
        ("Kagi Summit 2021 Day0で発表してきた", "Kagi Summit 2021"),
        ("「合鍵を「簡単に」作ろう」に参加してきた", None),  # unclear even to people
        ("KagiConfと鍵屋の仕事に関して", None),
        ("例示株式会社 イベントスペース", None),
        ("社員旅行で海に行ってきた", None),
        ("2018年の振り返り", None),
        ("鍵の選び方", None),
    ],
)
def test_a_title_names_the_event(title: str, event: str | None) -> None:
    assert report_of(markdown(f"---\ntitle: '{title}'\n---\n\n- 鍵は二つ\n")).event == event


@pytest.mark.parametrize(
    ("title", "event"),
    [
        ("例示ユーザー会 第5回勉強会に行ってきた", "例示ユーザー会 第5回勉強会"),
        ("第5回勉強会に行ってきた", "第5回勉強会"),  # no series is named
        ("第3回定例会に行ってきた | 見本クラブ", "見本クラブ 第3回定例会"),
        ("第3回鍵の会に行ってきた | 見本クラブ", "第3回鍵の会"),  # the name says more than a number
    ],
)
def test_an_event_named_only_by_a_number_takes_its_series_from_the_title(title: str, event: str) -> None:
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
def test_a_first_heading_may_be_only_the_name_of_the_event(heading: str, event: str | None) -> None:
    assert report_of(markdown(f"# {heading}\n\n- 鍵は二つ\n")).event == event


def test_an_events_name_ends_before_the_words_that_say_what_it_is() -> None:
    title = "Kagiconf Tokyo 2023というコミュニティイベントに参加しました"
    report = report_of(markdown(f"---\ntitle: {title}\n---\n\n- 鍵は二つ\n", source=f"20230518_{title}.md"))

    assert report.event == "Kagiconf Tokyo 2023"


def test_a_line_names_an_event_before_its_hashtag() -> None:
    text = "[Kagi Conference #1 #kagicon](https://example.com/)というイベントへ行ってきました。\n\n# 基調講演\n\n- a\n\n# 錠\n"
    report = report_of(markdown(text))

    assert (report.title, report.event) == ("Kagi Conference #1", "Kagi Conference #1")


def test_a_link_to_an_announcement_names_the_event() -> None:
    text = "---\ntitle: 鍵を考える\n---\n\n[第3回 鍵の勉強会 - connpass](https://example.com/)\n"

    assert report_of(markdown(text)).event == "第3回 鍵の勉強会"


@pytest.mark.parametrize(("posted", "held_on"), [("2016-10-03", None), ("2016-10-05", "2016-10-03")])
def test_a_day_in_the_name_of_a_file_is_the_events_unless_the_post_has_it(posted: str, held_on: str | None) -> None:
    text = f"---\ntitle: 鍵の勉強会に行ってきた\ndate: {posted}\n---\n\n- 鍵は二つ\n"

    assert report_of(markdown(text, source="20161003-kagi.md")).held_on == held_on


def test_the_name_of_a_file_gives_the_year_but_no_event() -> None:
    report = report_of(markdown("- 鍵は二つ\n", source="2018-kagi-days.md"))

    assert (report.event, report.held_on) == (None, "2018")


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
        ("---\ntitle: 鍵の勉強会に行ってきた\ndate: 2016-10-03\n---\n\n10月3日に開かれた会です。\n", "2016-10-03"),
        ("---\ntitle: 鍵の勉強会に行ってきた\ndate: 2016-01-03\n---\n\n12月30日に参加。\n", "2015-12-30"),
        ("---\ntitle: 鍵の勉強会に行ってきた\ndate: 2016-10-03\n---\n\n楽しかった。\n", None),
        ("---\ntitle: 鍵の勉強会に行ってきた\nevent_date: 2016-10-01\ndate: 2016-10-03\n---\n", "2016-10-01"),
        ("# 鍵の会 2018\n\n- 日時: 2月31日\n", "2018"),
        ("# 鍵の会 #3\n\n| 会場 | 例示ホール |\n| --- | --- |\n| 日時 | 2018/11/16(金) 19:00 |\n", "2018-11-16"),
        ("# 鍵の会 #3\n\n    開催日 : 2018/11/16\n    場所 : 例示ホール\n\n- 鍵\n", "2018-11-16"),
        ("# 鍵の会 #3\n\n- 2018/11/16追記: スライドが上がっていた\n", None),
        ("# 鍵の会 #3\n\n2018/11/16 23:48\n\n- 鍵は二つ\n", None),  # the time of posting
        ("# 鍵の会 #3\n\n2018/11/16 カテゴリ: 鍵\n\n- 鍵は二つ\n", None),
        ("# 鍵の会 #3\n\n2018/11/16 19:00〜21:00\n\n- 鍵は二つ\n", "2018-11-16"),
        ("# 鍵の会 #3\n\n開催日: 2018/11/16 19:00\n\n- 鍵は二つ\n", "2018-11-16"),
        ("# 鍵の会 2018\n\n2019/1/5\n\n- 鍵は二つ\n", "2018"),  # the day of posting
        ("# 鍵の会 #3\n\n前から読んでいた雑誌を、2018/11/16の号から、勉強会の支度に読み返していた。\n", None),
    ],
)
def test_the_day_is_as_precise_as_the_report_and_never_that_of_publishing(text: str, held_on: str | None) -> None:
    assert report_of(markdown(text)).held_on == held_on


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "# {}\n\n- 鍵\n"),
        ("a.md", "---\ntitle: {}\n---\n\n- 鍵\n"),
        ("a.md", '+++\ntitle = "{}"\n+++\n\n- 鍵\n'),
        ("a.html", "<html><head><title>{}</title></head><body><p>前置き</p><ul><li>鍵</li></ul></body></html>"),
        ("a.rst", ":title: {}\n\n- 鍵\n"),
        ("a.org", "#+TITLE: {}\n\n* 話\n- 鍵\n"),
        ("a.txt", "TITLE: {}\nDATE: 04/01/2019 10:00:00\n-----\nBODY:\n<ul><li>鍵</li></ul>\n-----\n--------\n"),
    ],
)
@pytest.mark.parametrize(
    ("title", "held_on"), [("勉強会のメモ 2019-03-10", "2019-03-10"), ("勉強会のメモ その12", None)]
)
def test_the_date_of_a_title_is_the_day_whatever_gives_the_title(
    name: str, text: str, title: str, held_on: str | None
) -> None:
    outline = read_outline(text.format(title).encode(), name)

    assert (outline.title, report_of(outline).held_on) == (title, held_on)


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
def test_the_day_of_publishing_is_separate(text: str, source: str, published: str | None) -> None:
    report = report_of(markdown(text, source=source))

    assert (report.published, report.notes[0].published) == (published, published)


@pytest.mark.parametrize(
    ("override", "text", "published"),
    [
        (MetadataOverride(), "---\ndate: 2018-11-20\n---\n\n- a\n", "2018-11-20"),
        (MetadataOverride(), "- a\n", "2018-11-19"),
        (MetadataOverride(published="2018-11-21"), "---\ndate: 2018-11-20\n---\n\n- a\n", "2018-11-21"),
    ],
)
def test_the_day_of_publishing_is_that_of_kb_toml_then_of_the_post_then_of_its_address(
    override: MetadataOverride, text: str, published: str
) -> None:
    override = replace(override, url="https://kagi.example.com/entry/2018/11/19/070000")

    assert report_of(markdown(text), override).published == published


def test_a_blogs_file_name_has_the_day_of_publishing() -> None:
    text = "---\ntitle: 鍵の勉強会に参加した\n---\n"

    assert [
        report_of(markdown(text, source=source)).held_on for source in ("2018-03-17-kagi.md", "20180317-kagi.md")
    ] == [None, "2018-03-17"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("- 鍵は二つ\n- 2018年11月25日(日)に聞いた\n", (2, "2018年11月25日(日)")),
        ("- 2018/11/25 に聞いた\n- 日程は2018/11/24だった\n", (2, "2018/11/24")),  # a line that says so is first
        ("- 令和元年5月1日に聞いた\n", (1, "令和元年5月1日")),
        ("---\ndate: 2018-12-01\n---\n\n- 会は11月25日(日)\n", (5, "11月25日(日)")),
        ("---\ndate: 2018-12-01\n---\n\n- 会は11/25(日)\n", (5, "11/25(日)")),
        ("- 会は11月25日(日)\n", None),  # of which year?
        ("---\ndate: 2018-12-01\n---\n\n- 会は11月25日(月)\n", None),  # it was a Sunday
        ("---\ndate: 2018-12-01\n---\n\n- 次の会は2018年12月20日\n", None),  # after the post
        ("- 2018年11月25日に更新した\n- 2018/11/25 23:48\n- 2018年2月30日\n", None),
    ],
)
def test_a_line_may_name_the_day_of_the_event(text: str, named: tuple[int, str] | None) -> None:
    outline = markdown(text)

    assert possible_day(outline, published_of(outline)) == named


@given(st.lists(ANY_LINE, max_size=40).map("\n".join))
def test_every_day_is_in_the_calendar(text: str) -> None:
    held_on = report_of(markdown(text)).held_on

    assert held_on is None or date.fromisoformat((held_on + "-01-01")[:10])
