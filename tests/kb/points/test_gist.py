"""What of notes is compared: figures in any unit, topics where no service is named, no names of events."""

from collections.abc import Iterable

import pytest
from msgspec.structs import replace
from pointed import NAMES, TOOLS, gist_of, made, note

from index import datafiles
from kb.points import Points, gist, points_of
from kb.points.claims import DO
from kb.points.comparing import weights
from kb.report.model import Mention, Note, Talk, Why

WORDS = datafiles.table("kb.points", "words.toml")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lambda のメモリは最大 1,536MB まで", "Lambda のメモリは最大 1.5GB"),
        ("Lambda の関数は5分で強制終了", "Lambda の関数は300秒で強制終了"),
        ("Lambda の料金が3割安くなった", "Lambda の料金が30%安くなった"),
    ],
)
def test_a_figure_is_the_same_in_another_unit(one: str, other: str) -> None:
    points = made([note(one, "a"), note(other, "b")], like=0.9)

    assert (len(points.points), points.contradictions) == (1, ())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lambda のレイヤーは5枚まで", "Lambda のレイヤーは後から追加できる"),
        ("Lambda のレイヤーを有効にする", "Lambda のレイヤーは料金がかさむ"),
        ("Lambda のメモリを増やすと CPU も増える", "Lambda のメモリを増やすと料金も増える"),
        ("Lambda の関数は Git で管理する", "Lambda の関数はリビジョンが増え続ける"),
        ("Lambda のログは S3 に届く", "Lambda のログは15分ほど遅れる"),
        ("Lambda の引っ越しは30秒かかる", "Lambda の引っ越しを毎月練習する"),
    ],
)
@pytest.mark.parametrize("like", [None, 0.5])
def test_two_things_that_are_said_of_one_are_two_points(one: str, other: str, like: float | None) -> None:
    assert len(made([note(one, "a"), note(other, "b")], like=like).points) == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lambda の期限は切り替えの前に短くしておく", "切り替える前に Lambda の期限を短くすること"),
        ("Lambda の関数は後から属性を変えられない", "Lambda は関数の属性をあとで変更できない"),
        ("Lambda は承認の手順を入れて本番に出す", "本番に出す前に Lambda で承認を挟む"),
        ("Lambda の更新は年に3回あるので手順を作っておく", "Lambda は年3回の更新に備えて手順を用意する"),
    ],
)
def test_one_thing_in_other_words_is_one_point(one: str, other: str) -> None:
    assert len(made([note(one, "a"), note(other, "b")], like=0.7).points) == 1


def unnamed(text: str, talk: str, title: str) -> Note:
    """Return a note of a talk on no service."""
    return replace(note(text, talk), services=(), talk=Talk(f"e/{talk}", title, 1))


def made_under(notes: Iterable[Note]) -> Points:
    morphemes = TOOLS.analyzer.morphemes
    return points_of(
        notes,
        lambda one: gist(one.text, morphemes(one.text), NAMES, (), morphemes(one.talk.title if one.talk else "")),
        lambda _one, _other: 0.9,
    )


@pytest.mark.parametrize(("title", "points"), [("棚の手入れ", 1), ("庭の手入れ", 1), ("窓", 2)])
def test_what_is_about_no_service_is_one_point_only_where_talks_meet_in_a_topic(title: str, points: int) -> None:
    notes = [unnamed("箱と鍵と札を静かに並べる", "a", "手入れの話"), unnamed("箱と鍵と札を並べておく", "b", title)]

    assert len(made_under(notes).points) == points


def test_a_phrase_of_several_talks_that_is_about_no_service_is_no_point() -> None:
    notes = [unnamed("箱と鍵の写真は後で足します", talk, "箱の話") for talk in "ab"]

    assert len(made_under(notes).points) == 2


def test_two_takers_of_one_talk_do_not_contradict_each_other() -> None:
    notes = [note("Lambda の予約を使う", report="r1"), note("Lambda の予約は使わない", report="r2")]

    assert made(notes, like=0.6).contradictions == ()


def test_a_figure_alone_says_something() -> None:
    assert [gist_of(text).says_something for text in ("ボリュームは16TB まで", "ボリューム", "気をつけること")] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("勉強会の関数を聞いたときのメモ その1", "勉強会の関数を聞いたときのメモ その2"),
        ("第81回の箱の会に鍵を持って参加しました", "第83回の箱の会に鍵を持って参加しました"),
    ],
)
def test_what_differs_in_its_number_alone_is_no_point_and_contradicts_nothing(one: str, other: str) -> None:
    points = made([note(one, "a"), note(other, "b")], like=0.9)

    assert (len(points.points), points.contradictions) == (2, ())


def test_the_name_of_the_own_event_makes_no_point() -> None:
    text, event = "鍵箱祭に参加してきました", "鍵箱祭"
    morphemes = TOOLS.analyzer.morphemes

    assert max(gist(text, morphemes(text), NAMES, morphemes(event)).words.values()) < 1


def normalized(text: str) -> list[str]:
    return [one.normalized for one in TOOLS.analyzer.morphemes(text)]


def is_normal(word: str) -> bool:
    return normalized(word) == [word]


def test_words_that_say_the_same_are_written_as_the_analysis_writes_them() -> None:
    every = [word for group in WORDS["alike"] for word in group]
    normal = {word for word in every if is_normal(word) or all(map(is_normal, word.split()))}

    assert len(every) == len(set(every))
    assert set(every) - normal == set()


def test_each_stance_has_a_weight() -> None:
    assert set(WORDS["stances"]) == set(weights()["stances"])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("起動に時間がかかる", "立ち上がりが遅い"),
        ("フルスキャンは高くつく", "全件を舐めるのは割高"),
        ("テーブルを分ける", "テーブルの分割"),
        ("二度処理されても平気", "処理は冪等でも大丈夫"),
    ],
)
def test_other_wordings_have_the_same_words(one: str, other: str) -> None:
    mine, others = ({word for word, weight in gist_of(text).words.items() if weight >= 1} for text in (one, other))

    assert len(mine & others) >= 2 - ("平気" in one)


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("ALB に重い箱を使う", {("箱", DO): True}),
        ("ALB は重い", {("alb", "軽い"): False}),
        ("上限は緩和できない", {("制限", "緩和 can"): False}),
        ("名前を変えることはできない", {("名前", "変更"): False}),
        ("起動は遅くならない", {("起動", "速い"): True}),
        ("容量が足りない", {("大きさ", "不足"): True}),
        ("箱にする必要はない", {("箱", DO): False}),
        ("箱にする必要がある", {("箱", DO): True}),
        ("箱は要らないとのこと", {("箱", DO): False}),
        ("箱が短いとエラーが出る", {("失敗", "出る"): True}),
    ],
)
def test_what_is_said_of_what(text: str, claims: dict[tuple[str, str], bool]) -> None:
    assert {claim: sign for claim, sign in gist_of(text).claims.items() if claim[0]} == claims


@pytest.mark.parametrize(
    ("text", "dates", "units"),
    [
        ("2018年8月から7日間", {(2018, 8)}, {"日"}),
        ("2018-08-09 に一般公開", {(2018, 8)}, set()),
        ("8月9日から6か月", {(8,)}, {"月"}),
        ("保持は1年", set(), {"年"}),
    ],
)
def test_a_date_is_no_figure_and_how_long_something_takes_is_no_date(
    text: str, dates: set[tuple[int, ...]], units: set[str]
) -> None:
    assert (set(gist_of(text).dates), set(gist_of(text).figures)) == (dates, units)


@pytest.mark.parametrize("text", ["1時間0.20ドル", "$0.20/h", "0.20 USD/時"])
def test_money_is_a_figure_however_it_is_written(text: str) -> None:
    assert gist_of(text).figures["ドル"] == {0.2}


@pytest.mark.parametrize(
    ("text", "judged"),
    [
        ("箱に鍵を付けられる", {"possible": True}),
        ("箱に鍵が付かない", {"possible": False}),
        ("箱には対応していない", {"possible": False}),
        ("箱を使えます", {"possible": True}),
        ("箱を使えば", {}),
        ("箱を並べる必要はもうありません", {"needed": False}),
        ("箱を並べる必要がなくなりました", {"needed": False}),
        ("箱を並べなくてよい", {"needed": False, "good": True}),
        ("箱を並べなければならない", {}),
        ("箱の起動に時間がかかる", {"fast": False}),
        ("箱の起動は遅くない", {"fast": True}),
        ("箱の料金はほぼ気にならない", {"good": True}),
        ("箱は足りるか足りないか", {}),
    ],
)
def test_how_a_text_judges(text: str, judged: dict[str, bool]) -> None:
    assert gist_of(text).judged == judged


def test_a_note_elsewhere_in_the_same_words_is_another_point_and_in_other_words_may_be_the_same() -> None:
    text, other = "箱の記録は既定で切れているので最初に S3 へ出す", "箱の記録は最初に S3 へ出すこと。既定では切れている"

    def points(text: str, under: str) -> int:
        notes = [
            replace(
                note(said, talk, service="s3"),
                services=(
                    Mention("s3", "explicit", Why("here", "S3")),
                    Mention(service, "inherited", Why("talk", service)),
                ),
            )
            for said, talk, service in ((other, "a", "cloudfront"), (text, "b", under))
        ]
        return len(made(notes, like=0.6).points)

    assert (points(text, "cloudfront"), points(text, "elb")) == (1, 2)


@pytest.mark.parametrize("text", ["上限が 500件から800件に", "上限 500件→800件", "上限は800件"])
def test_of_what_changed_the_last_figure_counts(text: str) -> None:
    assert gist_of(text).figures["件"] == {800}


def test_a_long_note_says_too_much_to_say_the_same_as_another() -> None:
    text = "Lambda の" + "".join(
        f"{thing}と{other}を静かに並べて" for thing in "箱鍵窓札紐布" for other in "棚庭机椅本筆"
    )

    assert len(made([note(text + "おく", "a"), note(text + "置いた", "b")], like=0.9).points) == 2
