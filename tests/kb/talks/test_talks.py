"""The talks of a report, and their speakers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outlines import DAY, markdown, outline, titles

from kb.learning import load
from kb.readers.formats import read_outline
from kb.report.model import Talk
from kb.talks import report_of
from kb.talks.lines import lines_of
from kb.talks.roles import choose_talks
from kb.talks.talk_patterns import TalkHeading, read_heading


def test_a_heading_with_track_and_times_is_a_talk_with_the_links_below_it() -> None:
    talks = report_of(DAY).talks

    assert talks == (
        Talk(
            "cloud-days-2021/188e6a",
            "小さく始める監視",
            3,
            "A",
            "09:05",
            "10:00",
            links=("https://speakerdeck.com",),
            byline="【A】9:05~10:00:「 」",
        ),
        Talk(
            "cloud-days-2021/88e5cf", "締めの話", 10, "ALL", "10:10", "11:00", byline="【ALL】１０：１０〜１１：００："
        ),
    )


@pytest.mark.parametrize(
    ("lines", "heading"),
    [
        (
            "## LT1: 鍵の話 / 鍵花子 @kagi_h（例示工業） https://example.com/kagi",
            "鍵の話 LT1: / 鍵花子 @kagi_h（例示工業）",
        ),
        ("## LT1: 鍵の話\n\n登壇者: 鍵花子さん", "鍵の話 LT1: 鍵花子"),
        ("## 鍵の話", "鍵の話"),
    ],
)
def test_a_talk_is_found_by_all_of_its_heading(lines: str, heading: str) -> None:
    talks = report_of(markdown(f"# 鍵の会 #3\n\n{lines}\n\n- 鍵を置く\n- 錠を閉める\n\n## LT2: 錠の話\n\n- 錠")).talks

    assert talks[0].heading == heading


@pytest.mark.parametrize(
    ("text", "expected"),
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
def test_a_heading_has_track_times_and_a_title(text: str, expected: TalkHeading) -> None:
    assert read_heading(text) == expected


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
def test_a_heading_names_the_speakers(text: str, title: str, speakers: tuple[str, ...]) -> None:
    heading = read_heading(text)

    assert (heading.title, heading.speakers) == (title, speakers)


def first_talk(text: str) -> Talk:
    """Return the first talk of a report that begins with `text` and has two further talks."""
    others = "## LT2: 錠を替えてみた話\n\n- 錠は一つ\n\n## LT3: 扉を直した話\n\n- 扉は重い\n"
    return report_of(markdown(f"# 鍵の会 #3 に参加した\n\n{text}\n\n- 鍵は二つ\n- 三つでもよい\n\n{others}")).talks[0]


@pytest.mark.parametrize(
    ("line", "speakers"),
    [
        ("- 発表者: 例示工業　鍵花子", ("鍵花子",)),
        ("登壇者：山田 花子 ([@kagi](https://example.com/)), 例示株式会社", ("山田 花子",)),
        ("スピーカー: 鍵花子さん (Example), 錠太郎さん (@jo, Example)", ("鍵花子", "錠太郎")),
        ("- 例示株式会社の鍵氏。早口でした", ("鍵",)),
        ("鍵さんによる発表です。", ("鍵",)),
        ("皆さんの質問が多い回でした。", ()),
        ("スポンサーはEXAMPLEさんです。", ()),
    ],
)
def test_the_first_lines_of_a_talk_name_the_speakers(line: str, speakers: tuple[str, ...]) -> None:
    assert first_talk(f"## LT1: 鍵の話\n\n{line}").speakers == speakers


def test_a_talk_without_notes_is_listed_if_it_has_slides() -> None:
    text = "# 鍵の会 #3\n\n## LT1: 鍵の話\n\n<https://speakerdeck.com/example/kagi>\n\n## LT2: 錠の話\n\n## LT3: 扉の話\n\n- 重い\n"

    assert [talk.title for talk in report_of(markdown(text)).talks] == ["鍵の話", "扉の話"]


def test_slides_and_videos_below_a_heading_belong_to_the_talk() -> None:
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


def test_unmarked_headings_of_one_level_are_talks_in_a_report_of_an_event() -> None:
    text = (
        "---\ntitle: '鍵の会 #3 に参加しました'\n---\n\n"
        "## はじめに\n\n寒い日。\n\n## 小さな会社で鍵を守った話 / 鍵田花子さん\n\n- 鍵は二つ\n\n### まとめ\n\n- 守る\n\n## 休憩\n\n"
        "## 大きな会社で錠を替えた話 / 錠前一郎さん\n\n- 錠は一つ\n\n## 懇親会\n\n- 肉\n\n## 感想\n\n- よい日\n"
    )

    assert titles(text) == ["小さな会社で鍵を守った話", "大きな会社で錠を替えた話"]


def test_unmarked_headings_are_no_talks_without_an_event() -> None:
    assert titles("---\ntitle: 鍵の選び方\n---\n\n## 種類\n\n- 二つ\n\n## 値段\n\n- 高い\n") == []


def test_essays_on_an_event_have_no_talks() -> None:
    text = "---\ntitle: '鍵の会 #3 に行ってきた'\n---\n\n## 鍵を持ちたい\n\n思った。\n\n## 錠も欲しくなってきたのである\n\n思う。\n"

    assert titles(text) == []


def test_an_unmarked_heading_among_marked_ones_is_no_talk() -> None:
    text = "# 鍵の会 #3\n\n## 会について\n\n- 三回目\n\n## LT1: 鍵\n\n- a\n\n## LT2: 錠\n\n- b\n\n## LT3: 扉\n\n- c\n"

    assert titles(text) == ["鍵", "錠", "扉"]


def test_talks_may_be_below_headings_of_groups_and_days() -> None:
    text = (
        "# 鍵の会 #3\n\n## 1日目（5/1）\n\n### 大きな会社で鍵を守った話 / 鍵田花子さん\n\n- a\n\n"
        "## LT大会\n\n### 小さな錠を替えてみた話 / 錠前一郎さん\n\n- b\n\n### 古い扉を直してみた話 / 扉野二郎さん\n\n- c\n"
    )

    assert titles(text) == ["大きな会社で鍵を守った話", "小さな錠を替えてみた話", "古い扉を直してみた話"]


def test_a_title_with_a_session_code_is_the_talk_of_the_report() -> None:
    text = "# [レポート] SRV314: 鍵の話 #kagi\n\nKagi Summit 2018 のセッションです。\n\n## 要点\n\n- 鍵は二つ\n\n## まとめ\n\n- 守る\n"
    report = report_of(markdown(text))

    assert [(note.text, note.talk and note.talk.title) for note in report.notes if note.type == "bullet"] == [
        ("鍵は二つ", "鍵の話"),
        ("守る", "鍵の話"),
    ]


def test_a_labelled_line_that_looks_like_a_heading_is_a_note() -> None:
    text = "鍵の会 2021\n\n【A】11:10~12:00:鍵の話\n\n登壇: Hanako Kagi\n\n  • 鍵は二つ\n"
    report = report_of(read_outline(text.encode(), "report.txt"))

    assert [(note.text, note.trail, note.talk and note.talk.speakers) for note in report.notes] == [
        ("登壇: Hanako Kagi", (), ("Hanako Kagi",)),
        ("鍵は二つ", (), ("Hanako Kagi",)),
    ]


@pytest.mark.parametrize(
    ("text", "title", "speakers"),
    [
        ("## LT1: 鍵の話 - @kagi_h", "鍵の話", ("kagi_h",)),
        ("## LT1: 鍵の話 @ 鍵 花子 (例示工業)", "鍵の話", ("鍵 花子",)),
        ("## LT1: 鍵の話\n\n[鍵花子（@kagi_h）さん | Twitter](https://example.com/)", "鍵の話", ("鍵花子",)),
        ("## LT1: 鍵の話\n\n#### 例示工業 鍵さん\n\n- a", "鍵の話", ("鍵",)),
        (
            "## LT1: 鍵の話\n\n| 言語 | Speaker |\n| --- | --- |\n| 日本語 | 鍵 花子（例示株式会社） |",
            "鍵の話",
            ("鍵 花子",),
        ),
        ("## LT1: 鍵の話\n\n例示株式会社 代表取締役 鍵花子さんの講演です。", "鍵の話", ("鍵花子",)),
        ("## LT1: @kagi_hさん 鍵の置き方", "鍵の置き方", ("kagi_h",)),
        ("## LT1: Side by side with keys", "Side by side with keys", ()),
        ("## LT.1：鍵の話 by kagi hanako", "鍵の話", ("kagi hanako",)),
        ("## LT1: 「鍵の話」 – 鍵花子", "鍵の話", ("鍵花子",)),
        ("## LT1: 合鍵の話 鍵 花子(例示工業)", "合鍵の話", ("鍵 花子",)),
        ("## LT1: 鍵の話\n\n鍵 花子 [@kagi_h](https://example.com/)（例示工業）\n\n- a", "鍵の話", ("鍵 花子",)),
        ("## LT1: 鍵の話\n\nby kagi\n\n- a", "鍵の話", ("kagi",)),
        ("## LT1: 鍵の話 by [@kagi_h](https://example.com/) さん", "鍵の話", ("kagi_h",)),
        ("## LT1: 鍵の話\n\nかぎこさんの発表。\n", "鍵の話", ("かぎこ",)),
        ("## LT1: 鍵の話\n\n最初は kagi さんによる基調講演です。\n", "鍵の話", ("kagi",)),
        ("## LT1: 鍵の話\n\n登壇者は、かぎこ（@kagi_h）さん。名調子でした。\n", "鍵の話", ("かぎこ",)),
        ("## LT1: 鍵の話 by Taiga Jo / Google Cloud (gold sponsor)", "鍵の話", ("Taiga Jo",)),
        ("## 3コマ目 「GH-1 鍵の話」", "鍵の話", ()),
    ],
)
def test_speakers_are_named_in_many_ways(text: str, title: str, speakers: tuple[str, ...]) -> None:
    talk = first_talk(text)

    assert (talk.title, talk.speakers) == (title, speakers)


def test_brackets_at_the_end_of_most_titles_name_the_speakers() -> None:
    text = "# 鍵の会 #3\n\n## LT1: 鍵の置き方（Kagi）\n\n- a\n\n## LT2: 錠の替え方（Jo・Tobira）\n\n- b\n"

    assert [(talk.title, talk.speakers) for talk in report_of(markdown(text)).talks] == [
        ("鍵の置き方", ("Kagi",)),
        ("錠の替え方", ("Jo", "Tobira")),
    ]


def test_a_table_of_contents_repeats_no_talk() -> None:
    text = "# 鍵の会 #3\n\n## 目次\n\n- 10:00 鍵の置き方\n- 11:00 錠の替え方\n\n## LT1: 鍵の置き方\n\n- a\n\n## LT2: 錠の替え方\n\n- b\n"

    assert titles(text) == ["鍵の置き方", "錠の替え方"]


def test_lines_of_a_paragraph_are_talks() -> None:
    text = (
        "# 鍵の会 #3 に参加した\n\n"
        "■ 10:15 ホールA「合鍵を半年使って分かったこと」 鍵花子さん\n10:16 始まった\n10:20 鍵は二つとのこと\n\n"
        "■ 11:00 ホールB「古い錠を替えた一年の話」 錠太郎さん\n11:03 錠は一つ\n"
    )
    report = report_of(markdown(text))

    assert [(talk.line, talk.title, talk.start, talk.speakers) for talk in report.talks] == [
        (3, "合鍵を半年使って分かったこと", "10:15", ("鍵花子",)),
        (7, "古い錠を替えた一年の話", "11:00", ("錠太郎",)),
    ]
    assert {note.text.split()[0]: note.talk and note.talk.line for note in report.notes} == {"■": 7}


def test_items_with_notes_below_are_talks() -> None:
    text = (
        "# 鍵の会 2018 に行ってきた\n\n## 聞いたセッション\n\n"
        "- 合鍵サービスを安全に運用するための設計\n  - 山田花子さん\n  - 合鍵は二つまで\n"
        "- 錠を一年で全部替えたチームの話\n  - 錠太郎さん\n  - 錠は三年で替える\n"
        "- 扉の監視をはじめよう\n  - 扉次郎さん\n  - 油を差す\n"
    )
    report = report_of(markdown(text))

    assert [(talk.title, talk.speakers) for talk in report.talks] == [
        ("合鍵サービスを安全に運用するための設計", ("山田花子",)),
        ("錠を一年で全部替えたチームの話", ("錠太郎",)),
        ("扉の監視をはじめよう", ("扉次郎",)),
    ]
    assert {note.text: note.talk and note.talk.title for note in report.notes}["油を差す"] == "扉の監視をはじめよう"


def test_numbered_items_with_bullets_below_are_talks_and_keep_their_bullets() -> None:
    text = (
        "# 鍵の会 2018 に行ってきた\n\n## 聞いたセッション\n\n"
        "1. 合鍵の安全な渡し方\n    - 合鍵は二つまで\n2. 錠を替えた一年の記録\n    - 錠は三年で替える\n"
        "3. 扉が閉まらない事例の紹介\n    - 油を差す\n"
    )

    assert [note.talk and note.talk.title for note in report_of(markdown(text)).notes if note.depth] == [
        "合鍵の安全な渡し方",
        "錠を替えた一年の記録",
        "扉が閉まらない事例の紹介",
    ]


def test_dinners_with_items_below_are_no_talks() -> None:
    text = (
        "# 鍵の会 2018 に行ってきた\n\n## 夕食\n\n- 例示食堂\n  - カレーがおいしい\n- 見本軒\n  - 麺が太い\n\n"
        "## 基調講演 鍵の今 鍵花子さん\n\n- 合鍵は二つまで\n"
    )

    assert titles(text) == ["基調講演 鍵の今"]


NO_TALKS = {
    "one talk": (
        "---\ntitle: 「錠前を設計し直す」というセッションを聴いた\n---\n\n錠の会 2019 で聴いた一本です。\n\n"
        "## 登壇者について\n\n錠前の会社で設計を十年。\n\n## 背景\n\n- 鍵が九本あった\n\n"
        "## 錠前を一つにまとめる\n\n- 扉ごとに分けない\n- 合鍵は二つまで\n\n## 合鍵を配らない\n\n- 貸して返してもらう\n\n"
        "## 質疑応答\n\n- Q. なくしたら → A. 錠を替える\n\n## まとめ\n\n設計の前に数える。\n"
    ),
    "workshop": (
        "---\ntitle: 錠前づくりのワークショップに参加してきた\n---\n\n鍵の学校 第2回は、一日かけて錠を作る会でした。\n\n"
        "## 材料をそろえる\n\n- 真鍮の板\n\n## 鍵を削る\n\n- 山は五つ\n- 削りすぎたら戻らない\n\n"
        "## 錠に組む\n\n- ばねが飛ぶ\n\n## うまくいかなかったこと\n\n- 回らない\n\n## 感想\n\n家の鍵は買います。\n"
    ),
    "dinner": (
        "# 鍵の会のあとで食べたもの\n\n鍵の会 #3 の打ち上げに行った。\n\n## 一軒目 焼き鳥「例示」\n\n皮がおいしい。\n\n"
        "## 二軒目 見本バー\n\n錠前師の人と話した。\n\n## 締めのラーメン\n\n並んだ。\n\n## 会えた人\n\n- 鍵さん\n- @jo_taro さん\n"
    ),
    "speakers": (
        "# 鍵の会 #4 の登壇者を紹介します\n\n## 鍵 花子さん\n\n例示工業で錠を作る。犬が二匹。\n\n"
        "## 錠 太郎さん\n\n見本大学の研究者。合鍵の理論が専門。\n\n## @tobira_j さん\n\n扉の人。いつも開いている。\n"
    ),
    "quotes": (
        "# 鍵の会 #3 で心に残った言葉\n\n> 鍵は渡すより借りるほうがむずかしい\n\n帰りの電車で考えた。\n\n"
        "> 錠を替えるのは勇気、替えないのは習慣\n\n## ぐっときたところ\n\n全部です。\n\n## おわりに\n\nまた行きます。\n"
    ),
}


@pytest.mark.parametrize("text", NO_TALKS.values(), ids=NO_TALKS)
def test_sections_dinners_profiles_and_quotes_are_no_talks(text: str) -> None:
    assert titles(text) == []


def test_talks_among_sections_of_the_day_are_talks() -> None:
    text = (
        "---\ntitle: 錠の会 2019 に参加しました\n---\n\n## はじめに\n\n鍵の係をしています。\n\n## 聞いたセッション\n\n"
        "### 錠前を一年で全部替えた話\n\n鍵花子さん（例示工業）\n\n- 扉ごとに分けない\n\n"
        "### 合鍵を配らない組織の作り方\n\n錠太郎さん\n\n- 貸して返してもらう\n\n## ブース\n\n- 見本商会さん\n\n"
        "## 懇親会\n\nカレー。\n\n## まとめ\n\n来年も行く。\n"
    )

    assert titles(text) == ["錠前を一年で全部替えた話", "合鍵を配らない組織の作り方"]


def test_a_company_and_a_handle_after_a_name_are_no_speakers() -> None:
    text = (
        "# 鍵の会 #3\n\n## 鍵の話\n\n発表者: 鍵 花子さん @kagi_h\n\n- a\n\n"
        "## 錠の話 by Taiga Jo / Google Cloud (gold sponsor)\n\n- b\n"
    )

    assert [talk.speakers for talk in report_of(markdown(text)).talks] == [("鍵 花子",), ("Taiga Jo",)]


def test_a_time_is_no_speaker_though_it_is_where_speakers_are() -> None:
    text = "# 鍵の会 #3\n\n## LT1: 鍵の話 @ 15:02\n\n- a\n\n## LT2: 錠の話 / 佐藤 花子さん\n\n- b\n"

    assert [talk.speakers for talk in report_of(markdown(text)).talks] == [(), ("佐藤 花子",)]


@pytest.mark.parametrize(
    "line", ["通訳さんが速い。", "スポンサーの例示商会さん", "幹事さんから鍵を受け取った。", "こちらの方のどなたかさん"]
)
def test_roles_and_companies_with_an_honorific_are_no_speakers(line: str) -> None:
    assert first_talk(f"## LT1: 鍵の話\n\n{line}\n\n- a\n").speakers == ()


def test_rows_of_a_table_are_talks_and_notes() -> None:
    text = (
        "# 鍵の会 #3 に参加した\n\n## 聞いたもの一覧\n\n| 時間 | タイトル | 発表者 | ひとこと |\n| --- | --- | --- | --- |\n"
        "| 13:20 | 合鍵は安いけどタダじゃない | 山田 花子さん (例示工業) | 合鍵は二つまで |\n"
        "| 14:10 | 錠を替えて困ったこと全部 | 佐藤 太郎さん (例示堂) | 錠は一つ |\n"
        "| 15:00 | 扉を自分で直してみた話 | 鈴木 次郎さん (例示社) | 扉は重い |\n"
    )
    report = report_of(markdown(text))

    assert [(talk.line, talk.title, talk.start, talk.speakers) for talk in report.talks] == [
        (7, "合鍵は安いけどタダじゃない", "13:20", ("山田 花子",)),
        (8, "錠を替えて困ったこと全部", "14:10", ("佐藤 太郎",)),
        (9, "扉を自分で直してみた話", "15:00", ("鈴木 次郎",)),
    ]
    assert [(note.line, note.talk and note.talk.line) for note in report.notes] == [(5, None), (7, 7), (8, 8), (9, 9)]
    assert report.talks[0].heading == "合鍵は安いけどタダじゃない 山田 花子"  # a row may hold other talks


@pytest.mark.parametrize(
    ("table", "source", "numbers"),
    [
        ("| 時間 | 題名 |\n| --- | --- |", "a.md", [1]),
        ("| 時間 | 題名 |\n| --- | --- |\n| 13:10 | 鍵 |\n| 13:40 | 錠 |", "a.md", [1, 3, 4]),
        ("==== ====\n時間 題名\n==== ====\n1310 鍵\n1340 錠\n==== ====", "a.rst", [2, 4, 5]),
        ("==== ====\n1310 鍵\n1340 錠\n1400 扉\n==== ====", "a.rst", [2, 3, 4]),
        ("+----+--+\n|1310|鍵|\n+----+--+\n|1340|錠|\n+----+--+", "a.rst", [2, 4]),
    ],
)
def test_a_row_of_a_table_has_the_number_of_its_line(table: str, source: str, numbers: list[int]) -> None:
    assert [line.number for line in lines_of(markdown(f"{table}\n", source).blocks)] == numbers


@pytest.mark.parametrize(
    ("line", "times"),
    [
        ("午後12:30〜午後1:10", ("12:30", "13:10")),
        ("午前11:30〜12:10", ("11:30", "12:10")),
        ("時間: 午後1:30", ("13:30", None)),
    ],
)
def test_a_time_in_the_afternoon_is_one_of_24_hours(line: str, times: tuple[str, str | None]) -> None:
    talk = first_talk(f"## LT1: 鍵の話\n\n{line}\n\n- a\n")

    assert (talk.start, talk.end) == times


@pytest.mark.parametrize(
    ("line", "pieces"),
    [
        ("「鍵の数え方」鍵さん／「錠の外し方」 @jou", ["「鍵の数え方」鍵さん／", "「錠の外し方」 @jou"]),
        ("LT大会 ①鍵の数え方(鍵) ②錠の外し方(錠)", ["LT大会", "①鍵の数え方(鍵)", "②錠の外し方(錠)"]),
        ("LT1 鍵の数え方(鍵) / LT2 錠の外し方(錠)", ["LT1 鍵の数え方(鍵) /", "LT2 錠の外し方(錠)"]),
        ("13:10 鍵の数え方 鍵氏 ／ 13:40 錠の外し方", ["13:10 鍵の数え方 鍵氏 ／", "13:40 錠の外し方"]),
        ("鍵の数え方（鍵さん）／錠の外し方（錠さん）", ["鍵の数え方（鍵さん）／", "錠の外し方（錠さん）"]),
        ("13:10-13:40 鍵の数え方 / 鍵 花子", ["13:10-13:40 鍵の数え方 / 鍵 花子"]),
        ("「鍵の数え方」、「錠の外し方」", ["「鍵の数え方」、「錠の外し方」"]),
        ("②と③は同じ鍵", ["②と③は同じ鍵"]),
    ],
)
def test_a_line_of_several_talks_is_split(line: str, pieces: list[str]) -> None:
    assert [one.text for one in lines_of(markdown(f"# 鍵の会\n\n- 前のメモ\n\n{line}\n").blocks)][2:] == pieces


def test_each_talk_of_a_split_line_has_its_own_speaker() -> None:
    text = (
        "# 鍵の会 #3 に参加した\n\n## 発表\n\n### 合鍵は安いけどタダじゃない / 鍵 次郎さん\n\n- 合鍵は二つまで\n\n"
        "## LT\n\n「鍵の数え方を変えてみた」山田 花子さん／「錠を外して困ったこと」佐藤 太郎さん\n"
    )
    talks = {talk.title: talk.speakers for talk in report_of(markdown(text)).talks}

    assert talks["鍵の数え方を変えてみた"] == ("山田 花子",)
    assert talks["錠を外して困ったこと"] == ("佐藤 太郎",)


@given(st.text("(（[【〜-:：@/鍵あa1#", min_size=1, max_size=3), st.integers(1, 20_000))
def test_a_long_heading_is_read_in_bounded_time(text: str, times: int) -> None:
    assert report_of(outline(f"# {text * times}", f"- {text * times}", title=text * times)).notes


def test_a_row_of_a_table_needs_a_higher_probability_than_a_heading() -> None:
    model = load("lines_together")
    lines = read_outline(b"## a\n\n| b | c |\n| --- | --- |\n| d | e |\n", "a.md")
    both = lines_of(lines.blocks)
    likely = {i: 0.65 for i, line in enumerate(both)}

    assert model.thresholds["talk"] < 0.65 < model.thresholds["row"]
    assert {both[i].type for i in choose_talks(both, likely, {})} == {"heading"}


def test_of_a_heading_and_those_below_it_the_more_probable_are_talks() -> None:
    lines = lines_of(markdown("# 鍵の集い\n\n## 錠を替えた話\n\n## 扉を直した話\n").blocks)

    assert choose_talks(lines, {0: 0.7, 1: 0.9, 2: 0.9}, {}) == [1, 2]
    assert choose_talks(lines, {0: 0.99, 1: 0.7, 2: 0.1}, {}) == [0]
    assert choose_talks(lines, {0: 0.99, 1: 0.7, 2: 0.1}, {0: False}) == [1]
    assert choose_talks(lines, {0: 0.7, 1: 0.9, 2: 0.1}, {0: True}) == [
        0,
        1,
    ]  # the override says nothing about the lines below


def test_a_report_of_ten_lines_or_more_has_talks_only_if_one_of_them_is_sure() -> None:
    lines = lines_of(markdown("".join(f"# 鍵の話{number}\n\n" for number in range(10))).blocks)
    likely = dict.fromkeys(range(10), 0.7)

    assert choose_talks(lines, likely, {}) == []
    assert choose_talks(lines, likely, {3: True}) == [3]
    assert choose_talks(lines, likely | {3: 0.9}, {}) == [*range(10)]
    assert choose_talks(lines[:9], dict.fromkeys(range(9), 0.7), {}) == [*range(9)]


def test_a_heading_with_only_a_mark_is_no_talk() -> None:
    talks = report_of(markdown("# 鍵の集い 2019\n\n## LT1:\n\n- 錠\n\n## LT2: 錠を替えた話\n\n- 鍵\n")).talks

    assert [(talk.title, talk.track) for talk in talks] == [("錠を替えた話", "LT2")]


def test_lines_below_a_heading_that_is_overridden_to_be_a_talk_are_judged_alone() -> None:
    lines = lines_of(markdown("# 鍵の集い\n\n## 錠を替えた話\n\n## 扉を直した話\n\n## 鍵を数えた話\n").blocks)
    thresholds = load("lines_together").thresholds
    unlikely = (thresholds["talk"] + thresholds["talk beside talks"]) / 2
    talk = {0: 0.1, 1: 0.9, 2: 0.9, 3: unlikely}

    assert choose_talks(lines, talk, {}) == [1, 2, 3]
    assert choose_talks(lines, talk, {0: True}) == [0, 1, 2]
