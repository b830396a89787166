"""What a text passes down to what stands under it: each rule by a text that it is there for and one that it leaves."""

import pytest
from tagged import DOMAIN

from kb.services.inheritance import introduces, is_aside, is_bare, is_label, legacy
from kb.services.senses import Naming

NAMES = {"Lambda": "lambda", "SQS": "sqs", "EC2": "ec2", "ECS": "ecs"}
assert set(NAMES.values()) <= set(DOMAIN.catalogue.by_slug)


def namings(text: str) -> list[Naming]:
    """Return where a text names services, in its order; a name that stands twice is two."""
    places = sorted((place, name) for name in NAMES for place in range(len(text)) if text.startswith(name, place))
    return [Naming(NAMES[name], place, place + len(name)) for place, name in places]


def passed(text: str, *, heading: bool = False) -> tuple[list[str], int | None]:
    """Return which services a text passes down, and to how many levels."""
    told = legacy(text, namings(text), heading=heading)
    return [naming.service for naming in told.namings], told.levels


NOTHING = ([], 1)


@pytest.mark.parametrize(
    "text",
    [
        "EC2より", "EC2 より", "EC2と比べて", "EC2に比べ", "EC2と比較", "EC2に比較", "EC2と違い", "EC2と異なる話", "EC2ではなく",
        "EC2じゃなく", "EC2でなく", "EC2以外", "EC2を例に", "EC2の例に", "EC2などを例に", "EC2を題材に", "EC2をケースに", "EC2を例として",
        "EC2 で学ぶ", "EC2から学んだ", "EC2で理解する", "EC2でわかる", "EC2で分かる", "EC2で考える", "EC2で見る", "EC2で知る", "例:EC2", "例: EC2",
        "例えば EC2", "たとえばEC2", "例：EC2", "例、EC2",
    ],
)  # fmt: skip
def test_what_a_text_only_measures_against_or_takes_as_an_example_passes_nothing_down(text: str) -> None:
    assert passed(f"SQSと{text}", heading=True)[0] == (["sqs"] if "違い" not in text and "比較" not in text else [])


@pytest.mark.parametrize(
    "text", ["EC2以上", "EC2でわかりにくい", "EC2で考え", "EC2から学び", "EC2の例え", "EC2と並べて"]
)
def test_what_only_begins_like_a_measure_or_an_example_is_none(text: str) -> None:
    assert passed(text, heading=True) == (["ec2"], None)


def test_an_example_is_told_right_before_its_name() -> None:
    assert passed("例: 前に長い言葉があって EC2", heading=True) == (["ec2"], None)


@pytest.mark.parametrize(
    "text",
    [
        "ECSとEC2の違い",
        "ECSとEC2の比較",
        "ECSとEC2の使い分け",
        "ECSとEC2のどちら",
        "ECSとEC2どっち",
        "ECS vs EC2",
        "ECS VS. EC2",
    ],
)
def test_a_comparison_passes_nothing_down(text: str) -> None:
    assert passed(text, heading=True) == ([], None) or passed(text, heading=True)[0] == []


@pytest.mark.parametrize("text", ["EC2 evs", "EC2のvsphere"])
def test_a_word_that_only_holds_vs_is_no_comparison(text: str) -> None:
    assert passed(text, heading=True) == (["ec2"], None)


@pytest.mark.parametrize(
    "text",
    [
        "Lambdaは", "Lambdaが", "Lambdaも", "Lambdaって", "Lambdaなら", "Lambdaだと", "Lambdaの場合", "Lambdaを使い", "Lambda使う",
        "Lambda使え", "Lambda使おう", "Lambda使って", "Lambda使わない", "Lambdaにした", "Lambdaにする", "Lambdaに決めた", "Lambdaに移した",
        "Lambda関数は", "Lambda の 実行時間 が", "Lambda Layerを", "Lambdaレイヤーを", "Lambdaの九二三四五六七八九十一は",
    ],
)  # fmt: skip
def test_a_sentence_passes_its_topic_down_one_level(text: str) -> None:
    assert passed(f"{text}、速い。") == (["lambda"], 1)


@pytest.mark.parametrize(
    "text",
    [
        "Lambdaに置いた",
        "Lambdaのコードを",
        "Lambdaで",
        "Lambdaへ",
        "Lambdaの一二三四五六七八九十一二は",
        "Lambda「は」",
        "Lambda使用",
    ],
)
def test_a_sentence_passes_no_place_or_means_down(text: str) -> None:
    assert passed(f"{text}、速い。") == NOTHING


def test_of_a_service_that_is_named_twice_the_first_naming_that_counts_is_passed_down() -> None:
    text = "LambdaからSQSへ、Lambdaは速い。Lambdaは"

    (naming,) = legacy(text, namings(text)).namings
    assert (naming.service, naming.begin) == ("lambda", text.index("Lambdaは"))
    assert [one.begin for one in legacy("SQS SQS", namings("SQS SQS")).namings] == [0]


@pytest.mark.parametrize(
    ("text", "levels"),
    [("Lambda", None), ("LambdaとSQS", None), ("Lambda / SQS", None), ("Lambda:", None), ("Lambda関数", 2)],
)
def test_a_label_that_is_only_names_reaches_all_levels_and_any_other_two(text: str, levels: int | None) -> None:
    assert passed(text)[1] == levels


def test_a_heading_reaches_all_levels_but_for_one_that_is_a_sentence() -> None:
    assert passed("Lambdaの起動方法", heading=True) == (["lambda"], None)
    assert passed("We like Lambda.", heading=True) == NOTHING
    assert passed("Lambdaは速い。 ", heading=True) == (["lambda"], 1)


def test_a_text_that_names_nothing_passes_nothing_down() -> None:
    assert (passed("起動方法"), passed("起動方法", heading=True)) == (([], None), ([], None))


@pytest.mark.parametrize(
    "text",
    [
        "起動方法", "Lambda", "起動について", "大事なこと", "もの", "速いとき", "そのため", "まとめ", "Lambdaとは", "課題など", "私たち", "ものづくり",
        "運用のつらみ", "箱の使い方", "起動方法（まとめ）", "起動方法「夜」 [昼]：", "起動方法?", "ECSの利用での注意点", "Lambdaで作るサイト",
        "箱に関する話", "箱に対する話", "箱における話", "箱による話", "箱についての話", "箱で使う物", "箱で繋ぐ物", "あ" * 38 + "方法",
    ],
)  # fmt: skip
def test_a_topic_is_a_label(text: str) -> None:
    assert is_label(text)


@pytest.mark.parametrize(
    "text",
    [
        "起動が速い", "起動。方法", "起動、方法", "起動，方法", "起動!方法", "起動！方法", "起動->方法", "起動=>方法", "起動→方法", "起動⇒方法",
        "AuroraからPostgresに移行",
        "箱は便利", "箱が便利", "箱を利用", "箱に利用", "箱で利用", "箱から利用", "箱へ移行", "あ" * 39 + "方法", "箱を（夜に）利用", "", "ひらめき",
        "速く走る「夜」", "速く走る『夜』", "速く走る【夜】",
    ],
)  # fmt: skip
def test_a_statement_is_no_label(text: str) -> None:
    assert not is_label(text)


def test_what_is_closed_by_brackets_is_judged_by_what_stands_before_them() -> None:
    assert is_label("起動方法" + "（あ）" * 300)
    assert not is_label("起動方法" + "（あ）" * 333 + "方")


@pytest.mark.parametrize(
    "text",
    [
        "自己紹介", " 会社紹介", "登壇者: 山田", "発表者", "スピーカー", "講師", "資料", "スライド", "X投稿", "プロフィール", "経歴", "所属", "ハッシュタグ", "感想",
        "所感", "余談", "告知", "宣伝", "https://e.jp/x ", "http://e.jp", "山田さん", "山田氏。", "どうもありがとうございました", "お疲れ様でした",
        "お疲れさま", "来年も頑張る", "頑張ろう", "頑張りたい", "がんばる", "がんばろう", "がんばりたい", "楽しかった", "面白いです！", "おもしろかったー", "凄い〜", "すごいw",
        "面白い笑", "勉強になった話", "参考になった", "気になる", "聞きたい。", "試したい!", "使ってみたいー", "やってみたい〜",
    ],
)  # fmt: skip
def test_an_aside_is_told_by_what_it_says(text: str) -> None:
    assert is_aside(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://e.jp/x を見る",
        "さん",
        "あ" * 21 + "さん",
        "面白い話",
        "気になる点",
        "頑張らない",
        "紹介",
        "山田さんの話",
        "鍵",
        "X投資",
        "告示",
        "お疲れの体",
        "消したい。",
    ],
)
def test_what_speaks_of_the_subject_is_no_aside(text: str) -> None:
    assert not is_aside(text)


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        ("気になったのは、", True),
        ("順は，", True),
        ("手順は: ", True),
        ("手順は：", True),
        ("起動方法", True),
        ("起動は速い", False),
    ],
)
def test_a_paragraph_leads_over_to_its_list_by_its_end(text: str, leads: bool) -> None:  # noqa: FBT001
    assert introduces(text) is leads


@pytest.mark.parametrize(
    ("text", "bare"),
    [("EC2とECS", True), ("EC2、ECS,SQS／Lambda・EC2&ECS＆SQS+EC2＋ECS（SQS）:：", True), ("(EC2)", True),
     ("EC2の起動", False), ("のEC2", False),
     ("EC2やECS", False), ("", True)],
)  # fmt: skip
def test_a_label_is_bare_where_it_holds_nothing_but_names(text: str, bare: bool) -> None:  # noqa: FBT001
    assert is_bare(text, namings(text)) is bare
