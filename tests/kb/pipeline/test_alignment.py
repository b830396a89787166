"""The notes of two people on one talk, side by side: those that say the same meet, whatever their words."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace
from rewording import reworded

from kb.pipeline.alignment import Row, aligned
from kb.pipeline.reports import Tools, finish_report
from kb.readers.formats import read_outline
from kb.report.model import Note

SEED = Path(__file__).resolve().parents[4] / "shared" / "seeds" / "jaws-days-2018.txt"
# How a person would put it, for 51 lines of the seed; the rest is reworded by rules.
BY_HAND = {
    int(line): text for line, text in json.loads((Path(__file__).parent / "rewordings.json").read_text("utf-8")).items()
}


def notes(*texts: str) -> list[Note]:
    return [Note(f"r/{text}", "r", "r.md", number, "bullet", 0, text) for number, text in enumerate(texts, start=1)]


def no_vectors(_some: object, _others: object) -> tuple[()]:
    return ()


def texts(rows: tuple[Row, ...]) -> list[tuple[str | None, ...]]:
    return [tuple(note and note.text for note in row.notes) for row in rows]


def test_equal_notes_share_a_row_and_single_notes_stay_in_order() -> None:
    one = notes("箱は二度届くことがある", "鍵は必ず返す", "錠は古い")
    other = notes("最初に自己紹介", "箱は二度届くこともある", "窓を開けておく", "錠は古いです")

    assert texts(aligned([one, other], no_vectors)) == [
        (None, "最初に自己紹介"),
        ("箱は二度届くことがある", "箱は二度届くこともある"),
        (None, "窓を開けておく"),
        ("鍵は必ず返す", None),
        ("錠は古い", "錠は古いです"),
    ]


def test_a_row_of_two_notes_has_their_similarity_and_a_row_of_one_none() -> None:
    rows = aligned(
        [notes("箱の話", "錠"), notes("箱の話")], lambda some, _: [[0.9] if n.text == "箱の話" else [0.0] for n in some]
    )

    assert [(row.words, row.similarity) for row in rows] == [(1.0, 0.9), (None, None)]


def test_a_row_of_three_notes_has_the_measures_of_the_least_similar_pair() -> None:
    same, other = notes("箱の話を聞く"), notes("箱の話も聞く")

    def similarity(some: Sequence[Note], others: Sequence[Note]) -> list[list[float]]:
        return [[0.9 if one.text == two.text else 0.7 for two in others] for one in some]

    [words] = {row.words for row in aligned([same, other], similarity)}
    for note_takers in ([same, same, other], [same, other, same]):
        [row] = aligned(note_takers, similarity)
        assert (row.words, row.similarity, 0 < (words or 0) < 1) == (words, 0.7, True)


def test_a_repeated_word_counts_as_often_as_both_notes_have_it() -> None:
    [row] = aligned([notes("箱箱箱箱箱箱箱の話"), notes("箱箱の話")], no_vectors)

    assert row.words == pytest.approx(3 / (8 * 3) ** 0.5)


def test_a_single_common_pair_of_letters_counts_only_if_a_note_has_no_other() -> None:
    def meet(one: str, other: str) -> bool:
        return len(aligned([notes(one), notes(other)], no_vectors)) == 1

    assert [meet("鍵束", "鍵束を"), meet("鍵束を", "鍵束"), meet("鍵束を", "鍵束が")] == [True, True, False]


def test_of_equally_similar_notes_those_at_the_same_place_meet() -> None:
    twice = notes("箱の話を聞く", "鍵は必ず返す", "錠は古い", "箱の話を聞く")

    def lines(*others: str) -> list[tuple[int, ...]]:
        rows = [[note for note in row.notes if note] for row in aligned([twice, notes(*others)], no_vectors)]
        return [tuple(note.line for note in row) for row in rows if len(row) > 1]

    assert lines("箱の話を聞く", "窓を開けておく", "棚を空ける", "床を磨く") == [(1, 1)]
    assert lines("窓を開けておく", "棚を空ける", "床を磨く", "箱の話を聞く") == [(4, 4)]


def test_notes_of_one_meaning_meet_without_a_common_word() -> None:
    rows = aligned([notes("箱は二度届く"), notes("冪等にしよう")], lambda _some, _others: [[0.9]])

    assert texts(rows) == [("箱は二度届く", "冪等にしよう")]


def test_each_note_taker_has_a_column() -> None:
    rows = aligned([notes("箱の話"), notes("鍵の話"), notes("鍵の話", "箱の話です")], no_vectors)

    assert texts(rows) == [(None, "鍵の話", "鍵の話"), ("箱の話", None, "箱の話です")]


@pytest.mark.parametrize("note_takers", [[], [[]], [[], []], [notes("a"), []], [[], notes("a")]])
def test_a_note_taker_without_notes_has_an_empty_column(note_takers: list[list[Note]]) -> None:
    rows = aligned(note_takers, no_vectors)

    assert [len(row.notes) for row in rows] == [len(note_takers)] * sum(map(len, note_takers))


def takings(seed: int) -> Iterator[tuple[list[Note], list[Note]]]:
    """Yield for each talk of the seed the notes of two takers: each left out 30 % and reworded 30 %.

    The words of the first are a person's, those of the second come from rules.
    """
    every = finish_report(read_outline(SEED.read_bytes(), SEED.name), Tools()).report.notes
    random = Random(seed)  # noqa: S311  (no secret)
    for talk in dict.fromkeys(note.talk for note in every if note.talk):
        on_talk = [note for note in every if note.talk == talk and note.type != "paragraph"]
        first = [note for note in on_talk if random.random() >= 0.3]
        second = [note for note in on_talk if random.random() >= 0.3]
        yield (
            [replace(note, text=BY_HAND.get(note.line, note.text)) for note in first],
            [replace(note, text=reworded(note.text, random)) if random.random() < 0.3 else note for note in second],
        )


@pytest.mark.skipif(not SEED.exists(), reason=f"the seed report is not here: {SEED}")
def test_the_reworded_notes_of_the_seed_meet_by_words_alone() -> None:
    """F1 of the pairs of notes that come from one note of the seed, ten times over."""
    right = found = wanted = 0
    for seed in range(10):
        for one, other in takings(seed):
            rows = [row.notes for row in aligned([one, other], no_vectors) if all(row.notes)]
            right += sum(first.line == second.line for first, second in rows if first and second)
            found += len(rows)
            wanted += len({note.line for note in one} & {note.line for note in other})

    assert 2 * right / (found + wanted) >= 0.9
