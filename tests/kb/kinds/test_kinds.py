"""What kind of note each note is, and what corrections of kinds teach."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis import Analyzer
from kb.kinds import Lesson, classify, lesson_labels, reasons
from kb.kinds.classify import KINDS, likeliest_kind
from kb.kinds.features import MAX_TEXT, features, text_features
from kb.learning import Example, load
from kb.readers.formats import read_outline
from kb.report.model import Correction, Report
from kb.talks import report_of

SEED = Path(__file__).parents[3] / "../shared/seeds/jaws-days-2018.txt"
ANALYZER = Analyzer()


def read(text: str, source: str = "report.md") -> tuple[Report, dict[str, tuple[object, ...]]]:
    report = report_of(read_outline(text.encode(), source))
    texts = {note.text for note in report.notes}
    return report, {one: ANALYZER.morphemes(one) for one in texts}


def examples_of(text: str) -> list[list[str]]:
    report, analysis = read(text)
    return list(features(report, analysis))


def kinds(markdown: str) -> list[str]:
    return [note.kind for note in classify(*read(f"# 勉強会のメモ\n\n{markdown}")).notes]


def names(text: str, prefix: str) -> list[str]:
    return [name for name in text_features(text, ANALYZER.morphemes(text)) if name.startswith(prefix)]


def test_plain_notes_are_what_anybody_would_call_them() -> None:
    text = "- 監視\n  - どの指標を見る?\n  - 応答に一秒かかる\n- 面白かった\n- 失敗したときは必ず通知するようにしましょう\n"

    assert kinds(text) == ["label", "question", "statement", "impression", "advice"]


def test_politeness_what_rounds_a_sentence_off_and_asides_say_nothing() -> None:
    texts = ("上限を決める", "上限を決めますね。", "上限を決めること", "上限を決めると思います(面白い)")

    assert [names(text, "last says")[-1] for text in texts] == ["last says 決める"] * 4


def test_each_sentence_tells_how_it_ends_and_by_which_mark() -> None:
    assert names("遅い。分けるとよい → 速い", "first mark") == ["first mark 。"]
    assert names("遅い。分けるとよい → 速い", "last says") == ["last says 速い"]


def test_a_note_tells_what_stands_above_beside_and_below_it() -> None:
    report, analysis = read("# 会\n\n## 反省\n\n- 監視\n  - ログが多い\n  - 通知が多すぎた。\n")
    parent, child, last = (set(own) for own in features(report, analysis))

    assert {"below it 2", "below ends 多い", "nothing after", "depth 0"} <= parent
    assert {"above ends 監視", "under 反省", "after ends た。", "nothing before", "under a note", "first"} <= child
    assert {"before ends 多い", "nothing after", "last"} <= last


@given(st.lists(st.sampled_from(["", "S3", "遅い", "。", "->", "(", ")", "?", "https://a.b", "決める", "問題", "\n"])))
def test_every_text_gets_a_kind(parts: list[str]) -> None:
    text = " ".join(parts)
    report, _ = read("- S3\n")
    note = report.notes[0]
    renamed = type(note)(**{f: getattr(note, f) for f in note.__slots__} | {"text": text})
    changed = type(report)(**{f: getattr(report, f) for f in report.__slots__} | {"notes": (renamed,)})

    assert classify(changed, {text: ANALYZER.morphemes(text)}).notes[0].kind in KINDS


@pytest.mark.parametrize("text", ["遅い。" * 5_000, "あ" * 10_000, "1," * 5_000, "ので遅い" * 2_000])
def test_of_a_text_of_any_length_the_beginning_tells_the_kind(text: str) -> None:
    assert len(names(text, "")) < 3 * MAX_TEXT


def test_a_kind_comes_with_how_sure_it_is_and_every_note_with_how_like_advice_it_is() -> None:
    notes = classify(*read("- 監視\n  - どの指標を見る?\n  - 失敗は必ず通知しましょう\n  - 応答に一秒かかる\n")).notes

    assert max(notes, key=lambda note: note.advice).text == "失敗は必ず通知しましょう"
    assert all(0 < note.sure <= 1 and 0 <= note.advice <= 1 for note in notes)


def test_advice_and_problems_are_called_so_only_from_their_threshold_on() -> None:
    likely = {"advice": 0.4, "problem": 0.3, "question": 0.0, "statement": 0.1, "impression": 0.0, "label": 0.2}

    assert likeliest_kind(likely, {"advice": 0.5, "problem": 0.5}) == ("statement", pytest.approx(0.8))
    assert likeliest_kind(likely, {"advice": 0.4, "problem": 0.5}) == ("advice", 0.4)
    assert likeliest_kind(likely, {"advice": 0.5, "problem": 0.3}) == ("problem", 0.3)


def test_a_kind_told_by_hand_wins() -> None:
    report, analysis = read("- 監視\n  - ログ\n")
    correction = {report.notes[1].id: Correction(kind="advice")}
    note = classify(report, analysis, correction).notes[1]

    assert (note.kind, note.sure, note.advice) == ("advice", 1.0, 1.0)


def test_a_kind_denied_by_hand_is_left_to_the_others() -> None:
    report, analysis = read("- 監視\n  - 失敗は必ず通知しましょう\n  - 課題: 同じ通知が二度届く\n")
    denied = {note.id: Correction(denied=("advice", "problem")) for note in report.notes}
    before, after = classify(report, analysis).notes, classify(report, analysis, denied).notes

    assert [note.kind for note in before[1:]] == ["advice", "problem"]
    assert {"advice", "problem"}.isdisjoint(note.kind for note in after)
    assert [(note.advice, note.problem) for note in after] == [(0.0, 0.0)] * 3
    assert all(note.sure > 0.3 for note in after)  # of what is left, as much as it is likely


@pytest.mark.parametrize(
    ("text", "trouble"),
    [("課題: 同じ通知が二度届く", True), ("デメリット：権限が要る", True), ("課題:", False), ("課題は通知の数", False)],
)
def test_what_its_writer_calls_a_trouble_is_one(text: str, *, trouble: bool) -> None:
    (note,) = classify(*read(f"# 勉強会のメモ\n\n- {text}")).notes

    assert (note.kind == "problem") == trouble


def test_how_likely_the_kinds_are_adds_up_to_one() -> None:
    likely = load("kinds").probabilities(examples_of("- S3\n  - 遅い?\n  - 安い\n"))

    assert likely.sum(axis=1) == pytest.approx([1, 1, 1])
    assert load("kinds").labels == KINDS


def test_why_a_kind_was_told_can_be_asked() -> None:
    report, analysis = read("- 監視の方法は?\n")
    report = classify(report, analysis)
    ((name, weight), *_) = reasons(report, analysis)[report.notes[0].id]

    assert (report.notes[0].kind, weight > 0) == ("question", True)
    assert "?" in name


@pytest.mark.skipif(not SEED.exists(), reason="the shared seed report is not here")
def test_the_seed_has_each_kind_where_it_is_plain() -> None:
    report, analysis = read(SEED.read_text("utf-8"), SEED.name)
    found = {note.line: note.kind for note in classify(report, analysis).notes}

    assert {line: found[line] for line in (50, 63, 108, 174)} == {
        50: "label", 63: "question", 108: "statement", 174: "statement",
    }  # fmt: skip


def corrected(count: int, correction: Correction = Correction(kind="question")) -> dict[str, Correction]:  # noqa: B008
    return {f"r/{number}": correction for number in range(count)}


def test_corrections_of_kinds_teach_by_the_dozen_in_their_order() -> None:
    services = {"s/1": Correction(adds=("sqs",))}

    assert [len(lesson_labels({**services, **corrected(count)})) for count in (0, 11, 12, 23, 25)] == [0, 0, 12, 12, 24]
    assert [*lesson_labels(corrected(25))] == [f"r/{number}" for number in range(24)]


def test_of_many_corrections_the_last_teach() -> None:
    taught = [*lesson_labels(corrected(500))]

    assert (taught[0], taught[-1]) == ("r/252", "r/491")


def test_a_kind_that_is_denied_leaves_the_others() -> None:
    (kinds,) = set(lesson_labels(corrected(12, Correction(denied=("advice",)))).values())

    assert kinds == ("problem", "question", "statement", "impression", "label")


def test_a_lesson_tells_how_many_of_each_sort_it_is_of() -> None:
    others = ("problem", "question", "statement", "impression", "label")
    lesson = Lesson((Example(("a",), ("advice",)), Example(("b",), others), Example(("c",), others)))

    assert lesson.counts == {"advice": 1, "no advice": 2}


def test_nothing_taught_has_no_key_and_no_step() -> None:
    one, other = (Lesson((Example((name,), ("advice",)),)) for name in "ab")

    assert (Lesson().key, Lesson().adaptation) == ("", None)
    assert len({one.key, other.key, ""}) == 3
