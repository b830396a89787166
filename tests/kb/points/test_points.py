"""Points: notes of several talks that say the same stand together, those that contradict each other beside them."""

from collections.abc import Sequence
from itertools import combinations, product
from random import Random
from types import ModuleType
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from pointed import DEAD_LETTERS, contradicting, gist_of, made, note, said

from kb.points import HandTold, Points, points_of, talks_in
from kb.points.comparing import Differs
from kb.report.model import Note
from kb.texts import en as spoken_en
from kb.texts import ja as spoken_ja
from webui.texts.en import guiding as shown_en
from webui.texts.ja import guiding as shown_ja


@pytest.mark.parametrize("like", [None, 0.7])
def test_the_same_advice_in_three_wordings_is_one_point_of_three_talks(like: float | None) -> None:
    notes = [note(text, talk, year) for text, talk, year in zip(DEAD_LETTERS, "abc", (2018, 2020, 2024), strict=True)]

    [point] = made(notes, like=like).points

    assert (point.talks, point.since, point.until) == (3, "2018", "2024")
    assert point.speakers == ("aさん", "bさん", "cさん")
    assert [one.text for one in point.notes] == list(DEAD_LETTERS)


def test_two_who_noted_one_talk_count_once() -> None:
    [point] = made([note(DEAD_LETTERS[0], report="r1"), note(DEAD_LETTERS[0], report="r2")]).points

    assert (point.talks, len(point.notes)) == (1, 2)


def test_a_note_outside_of_talks_counts_only_where_no_talk_of_its_event_does() -> None:
    inside, outside = note("箱"), replace(note("箱", report="r2"), talk=None)
    elsewhere = replace(outside, event="別の会")

    assert [len(talks_in(notes)) for notes in ([inside, outside], [outside, outside], [inside, elsewhere])] == [1, 1, 2]


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("メッセージは二度届くので冪等にしておくこと", "Lambda の FIFO なら冪等にしなくてよい", "denied"),
        ("メッセージの再送は必ず必要", "Lambda ではメッセージの再送は不要", "denied"),
        ("Lambda は起動が遅い", "Lambda は起動が速くなった", "denied"),
        ("Lambda のリトライは使わない", "Lambda のリトライを使う", "denied"),
        ("Lambda は予約を有効にする", "Lambda の予約は無効にしておく", "denied"),
        ("可視性タイムアウトは処理時間の6倍にする", "可視性タイムアウトは処理時間の3倍でよい", "figures"),
        ("Lambda のメモリは最大 1,536MB", "Lambda のメモリは最大 10,240MB", "figures"),
        ("Lambda のメモリは最大 1,536MB", "Lambda のメモリは最大 10GB", "figures"),
        ("Lambda の起動は 500ミリ秒かかる", "Lambda の起動は 10秒かかる", "figures"),
        ("Lambda は毎秒 300 リクエストまで", "Lambda は毎秒 3,000 リクエストまで", "figures"),
    ],
)
@pytest.mark.parametrize("like", [None, 0.6])
def test_what_seems_to_contradict_stands_side_by_side_and_apart(
    one: str, other: str, why: str, like: float | None
) -> None:
    points = made([note(one, "a", 2018), note(other, "b", 2024)], like=like)

    assert (said(points), contradicting(points)) == ([(one,), (other,)], [(why, {one, other})])


@pytest.mark.parametrize(
    "other",
    [
        "必ず冪等にしなければならない",
        "冪等にしないといけない",
        "冪等性を確保しておくべき",
    ],
)
def test_an_obligation_is_no_denial(other: str) -> None:
    points = made([note("処理は必ず冪等にする", "a"), note(other, "b")], like=0.9)

    assert (len(points.points), points.contradictions) == (1, ())


def test_the_same_words_about_two_services_are_two_points() -> None:
    notes = [note("SQS は冪等にしておくこと", "a", service="sqs"), note("SNS は冪等にしておくこと", "b", service="sns")]

    points = made(notes, like=1.0)

    assert (len(points.points), points.contradictions) == (2, ())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("状態機械を JSON で書く", "つなぐための状態機械を書かない"),
        ("まず MySQL 互換版から", "まず PostgreSQL 互換版から"),
        ("一般公開は 2022年4月", "一般公開は 2024年10月"),
        ("メモリの上限が 1,536MB から 3,008MB に", "メモリの上限は 1,536MB"),
    ],
)
def test_what_is_only_related_is_no_point(one: str, other: str) -> None:
    points = made([note(one, "a"), note(other, "b")], like=0.6)

    assert len(points.points) == 2


def test_what_stands_in_one_talk_of_one_report_is_not_joined() -> None:
    assert len(made([note(DEAD_LETTERS[0]), note(DEAD_LETTERS[1])], like=0.9).points) == 2


def test_what_several_talks_say_needs_to_be_sure_of_none_alone() -> None:
    """A third wording, likely the same as each of two that surely are, is one of them; unlikely of one it is not."""
    texts = ("箱と鍵を机に並べておく", "箱と鍵を机にきちんと並べる", "箱は鍵と一緒に置く")

    def with_third(near: float, far: float) -> int:
        like = dict(zip(map(frozenset, combinations(texts, 2)), (0.9, near, far), strict=True))
        notes = [note(text, talk) for text, talk in zip(texts, "abc", strict=True)]
        points = points_of(
            notes, lambda one: gist_of(one.text), lambda one, other: like[frozenset((one.text, other.text))]
        )
        return max(len(point.notes) for point in points.points)

    assert [with_third(0.5, 0.5), with_third(0.5, -1.0)] == [3, 2]


def test_three_of_whom_each_likely_says_what_both_others_say_are_one_point() -> None:
    """Any two of them alone are not: that three say so makes it sure."""
    texts = ("箱と鍵を机に並べておく", "鍵は箱とともに机へ", "箱と鍵の置き場は机")
    notes = [note(text, talk) for text, talk in zip(texts, "abc", strict=True)]

    def largest(some: Sequence[Note]) -> int:
        return max(len(point.notes) for point in made(some, like=0.45).points)

    assert [largest(notes), *map(largest, combinations(notes, 2))] == [3, 1, 1, 1]


def test_what_one_person_noted_of_a_talk_is_no_point_for_what_others_say() -> None:
    """Two notes of one taker are both said elsewhere, and still two things."""
    mine = [note(DEAD_LETTERS[0], "a"), note(DEAD_LETTERS[1], "a")]

    points = made([*mine, note(DEAD_LETTERS[2], "b")], like=0.9)

    assert sorted(len(point.notes) for point in points.points) == [1, 2]


def test_what_takes_a_stand_against_what_another_says_is_no_point_with_it() -> None:
    """「結局…の方が良い」 says so without a figure or a denial."""
    one = note("Lambda の設定は箱にまとめて鍵をかける", "a")
    other = note("Lambda の設定を箱にまとめたが結局そのままの方が良い", "b", 2024)

    points = made([one, other], like=0.6)

    assert contradicting(points) == [("judged", {one.text, other.text})]


@pytest.mark.parametrize("texts", [spoken_en, spoken_ja, shown_en, shown_ja])
def test_each_reason_of_a_contradiction_is_said(texts: ModuleType) -> None:
    assert set(texts.DIFFERS) == set(get_args(Differs))


def test_no_chain_joins_what_is_merely_related() -> None:
    texts = ("箱と鍵を机に並べる", "箱と鍵と窓を並べる", "鍵と窓を庭に並べる")
    near = {frozenset(texts[:2]): 0.9, frozenset(texts[1:]): 0.9}
    notes = [note(text, talk) for text, talk in zip(texts, "abc", strict=True)]

    points = points_of(
        notes, lambda one: gist_of(one.text), lambda one, other: near.get(frozenset((one.text, other.text)), -1.0)
    )

    assert max(len(point.notes) for point in points.points) == 2


def test_what_was_told_by_hand_holds_whatever_the_texts_say() -> None:
    one, other, third = note(DEAD_LETTERS[0], "a"), note(DEAD_LETTERS[1], "b"), note("窓を開けておく", "c", 2020)
    pair, joined = frozenset((one.id, other.id)), frozenset((one.id, third.id))

    apart = made([one, other], HandTold(apart=frozenset((pair,))))
    both = made([one, third], HandTold(same=frozenset((joined,))))

    assert (len(apart.points), apart.candidates) == (2, ())
    assert [(len(point.notes), point.confirmed) for point in both.points] == [(2, True)]


def test_a_note_that_was_joined_by_hand_leaves_the_others_of_the_point_together() -> None:
    notes = [note(DEAD_LETTERS[0], "a", 2018), note(DEAD_LETTERS[1], "b", 2019), note("窓を開けておく", "c", 2020)]
    told = HandTold(same=frozenset((frozenset((notes[1].id, notes[2].id)),)))

    assert [len(point.notes) for point in made(notes, told).points] == [3]


def test_where_all_is_told_apart_nothing_is_joined_by_way_of_another() -> None:
    one, other, third = (note(text, talk) for text, talk in zip(DEAD_LETTERS, "abc", strict=True))
    told = HandTold(
        same=frozenset((frozenset((one.id, third.id)), frozenset((other.id, third.id)))),
        apart=frozenset((frozenset((one.id, other.id)),)),
    )

    assert sorted(len(point.notes) for point in made([one, other, third], told).points) == [1, 2]


WORDS = ("箱", "鍵", "窓", "DLQ", "冪等", "起動", "6倍", "3倍")
SENTENCES = st.builds(
    lambda one, other, end: f"{one}は{other}{end}",
    st.sampled_from(WORDS),
    st.sampled_from(WORDS),
    st.sampled_from(["にする", "にしない", "を必ず設定すること", "が遅い", "が速い"]),
)
NOTES = st.lists(
    st.builds(
        note, SENTENCES, st.sampled_from("abc"), st.integers(2016, 2019), report=st.sampled_from(["r1", "r2", "r3"])
    ),
    max_size=9,
    unique_by=lambda one: one.id,
)
LIKENESS: Sequence[float | None] = (None, 0.3, 0.9)


@given(NOTES, st.randoms(), st.sampled_from(LIKENESS))
def test_points_do_not_depend_on_the_order_of_notes(notes: list[Note], random: Random, like: float | None) -> None:
    shuffled = random.sample(notes, len(notes))

    assert made(notes, like=like) == made(shuffled, like=like)


@given(NOTES, st.sampled_from(LIKENESS))
def test_each_note_stands_in_one_point(notes: list[Note], like: float | None) -> None:
    points = made(notes, like=like)

    assert sorted(one.id for point in points.points for one in point.notes) == sorted(one.id for one in notes)


def may_say_the_same(one: Note, other: Note, like: float | None) -> bool:
    points = made([one, other], like=like)
    return len(points.points) == 1 or bool(points.candidates)


@given(NOTES, st.sampled_from(LIKENESS))
def test_any_two_talks_of_a_point_may_say_the_same(notes: list[Note], like: float | None) -> None:
    for point in made(notes, like=like).points:
        talks: dict[str, list[Note]] = {}
        for one in point.notes:
            assert one.talk is not None
            talks.setdefault(one.talk.id, []).append(one)
        for some, others in combinations(talks.values(), 2):
            assert any(may_say_the_same(one, other, like) for one, other in product(some, others))
        for one, other in combinations(point.notes, 2):
            assert made([one, other], like=like).contradictions == ()


@given(NOTES, st.sampled_from(LIKENESS))
def test_a_report_that_goes_takes_nothing_with_it_but_its_part(notes: list[Note], like: float | None) -> None:
    gone = {one.id for one in notes if one.report == "r1"}
    touched = set(gone)  # and all that some of its notes may say too, be it by way of others
    while (
        more := {
            one.id for one in notes for other in notes if other.id in touched and may_say_the_same(one, other, like)
        }
        - touched
    ):
        touched |= more

    def untouched(points: Points) -> list[tuple[Note, ...]]:
        return [point.notes for point in points.points if touched.isdisjoint(one.id for one in point.notes)]

    assert untouched(made([one for one in notes if one.id not in gone], like=like)) == untouched(made(notes, like=like))
