"""The kinds of notes, and lessons from corrections."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.analysis import Analyzer
from kb.kinds import Lesson, classify, lesson_labels, reasons
from kb.kinds.classify import KINDS, likeliest_kind, likely_claim
from kb.kinds.features import MAX_TEXT, features, text_features
from kb.kinds.marks import mark_of
from kb.kinds.readings import READ, in_context
from kb.learning import Example, load
from kb.readers.formats import read_outline
from kb.report.model import Claim, Correction, Kind, Note, Report
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


def test_plain_notes_have_the_obvious_kinds() -> None:
    text = "- 監視\n  - どの指標を見る?\n  - 応答に一秒かかる\n- 面白かった\n- 失敗は必ず記録しておきましょう\n"

    assert kinds(text) == ["label", "question", "statement", "impression", "advice"]


def test_politeness_closing_words_and_parentheses_are_ignored() -> None:
    texts = ("上限を決める", "上限を決めますね。", "上限を決めること", "上限を決めると思います(面白い)")

    assert [names(text, "last says")[-1] for text in texts] == ["last says 決める"] * 4


def test_each_sentence_has_its_last_word_and_its_mark() -> None:
    assert names("遅い。分けるとよい → 速い", "first mark") == ["first mark 。"]
    assert names("遅い。分けるとよい → 速い", "last says") == ["last says 速い"]


def test_a_note_has_features_of_its_parent_siblings_and_children() -> None:
    report, analysis = read("# 会\n\n## 反省\n\n- 監視\n  - ログが多い\n  - 通知が多すぎた。\n")
    parent, child, last = (set(own) for own in features(report, analysis))

    assert {"below it 2", "below ends 多い", "nothing after", "depth 0"} <= parent
    assert {"above ends 監視", "under 反省", "after ends た。", "nothing before", "under a note", "first"} <= child
    assert {"before ends 多い", "nothing after", "last"} <= last


@given(st.lists(st.sampled_from(["", "S3", "遅い", "。", "->", "(", ")", "?", "https://a.b", "決める", "問題", "\n"])))
def test_every_text_has_a_kind(parts: list[str]) -> None:
    text = " ".join(parts)
    report, _ = read("- S3\n")
    note = report.notes[0]
    renamed = type(note)(**{f: getattr(note, f) for f in note.__slots__} | {"text": text})
    changed = type(report)(**{f: getattr(report, f) for f in report.__slots__} | {"notes": (renamed,)})

    assert classify(changed, {text: ANALYZER.morphemes(text)}).notes[0].kind in KINDS


@pytest.mark.parametrize("text", ["遅い。" * 5_000, "あ" * 10_000, "1," * 5_000, "ので遅い" * 2_000])
def test_only_the_beginning_of_a_long_text_has_features(text: str) -> None:
    assert len(names(text, "")) < 3 * MAX_TEXT


def test_every_note_has_the_probabilities_of_its_kind_and_of_advice() -> None:
    notes = classify(*read("- 監視\n  - どの指標を見る?\n  - 失敗は必ず通知しましょう\n  - 応答に一秒かかる\n")).notes

    assert max(notes, key=lambda note: note.advice).text == "失敗は必ず通知しましょう"
    assert all(0 < note.sure <= 1 and 0 <= note.advice <= 1 for note in notes)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("https://example.com/a?b=c", "label"),
        ("<https://example.com>、http://example.org/", "label"),
        ("10:00-10:30", "label"),
        ("13時から14時半まで", "label"),
        ("2018-03-10 10:00", "label"),
        ("10:00 から受付", None),
        ("https://example.com/a を読む", None),
        ("2018年", None),
    ],
)
def test_a_note_of_addresses_or_times_alone_is_a_label(text: str, kind: Kind | None) -> None:
    mark = mark_of(text)

    assert (mark.kind if mark else None) == kind


def test_a_problem_that_likely_has_a_remedy_has_no_state(monkeypatch: pytest.MonkeyPatch) -> None:
    report, analysis = read("- 課題: 通知が多い\n- 画面を分けた\n")
    readings = np.zeros((len(report.notes), len(READ)), np.float32)
    monkeypatch.setattr(load("remedies"), "thresholds", {"yes": 2.0})
    states = []
    for likely in (2.0, 0.0):
        monkeypatch.setattr(load("remedies"), "likely", {"yes": likely})
        states.append(classify(report, analysis, {}, readings).notes[0].states)

    assert states == [("unsolved",), ()]


def test_a_note_is_seen_with_the_scores_of_the_notes_around_it() -> None:
    report, _ = read("- 監視\n  - 一つ目\n  - 二つ目\n    - その下\n  - 三つ目\n")
    number = {note.text: row for row, note in enumerate(report.notes)}
    scores = np.zeros((len(report.notes), len(READ)), np.float32)
    scores[:, READ.index("own")] = [row + 1 for row in number.values()]

    seen = in_context(report.notes, scores)[number["二つ目"]].reshape(5, len(READ))[:, READ.index("own")]

    around = ["二つ目", "監視", "一つ目", "三つ目", "その下"]  # itself, above, before, after, below
    assert seen.tolist() == [number[text] + 1 for text in around]
    outermost = in_context(report.notes, scores)[number["監視"]].reshape(5, len(READ))
    assert not outermost[1:4].any()  # it has no parent and no sibling


def test_advice_and_problems_need_their_thresholds() -> None:
    likely = {"advice": 0.4, "problem": 0.3, "question": 0.0, "statement": 0.1, "impression": 0.0, "label": 0.2}

    assert likeliest_kind(likely, {"advice": 0.5, "problem": 0.5}) == ("statement", pytest.approx(0.8))
    assert likeliest_kind(likely, {"advice": 0.4, "problem": 0.5}) == ("advice", 0.4)
    assert likeliest_kind(likely, {"advice": 0.5, "problem": 0.3}) == ("problem", 0.3)


@pytest.mark.parametrize(
    ("probabilities", "claim"),
    [
        ({"advice": 0.34, "problem": 0.34}, None),
        ({"advice": 0.35, "problem": 0.1}, "advice"),
        ({"advice": 0.1, "problem": 0.35}, "problem"),
        ({"advice": 0.4, "problem": 0.45}, "problem"),
        ({"advice": 0.45, "problem": 0.4}, "advice"),
    ],
)
def test_a_claim_is_likely_from_its_lower_threshold_on(probabilities: dict[Kind, float], claim: Claim | None) -> None:
    assert likely_claim(probabilities, {"advice": 0.35, "problem": 0.35}) == claim
    assert likely_claim(probabilities, {}) is None


def test_a_note_is_likely_advice_unless_it_is_surely_a_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    report, analysis = read(
        "- 監視\n  - 失敗は必ず通知しましょう\n  - 応答に一秒かかる\n  - 課題: 同じ通知が二度届く\n"
    )
    monkeypatch.setattr(load("kinds"), "likely", {"advice": 0.0, "problem": 0.0})

    by_text = {note.text: note for note in classify(report, analysis).notes}

    assert by_text["失敗は必ず通知しましょう"].kind == "advice"
    assert by_text["失敗は必ず通知しましょう"].likely is None
    assert by_text["課題: 同じ通知が二度届く"].likely is None  # its author marked it
    assert by_text["応答に一秒かかる"].kind not in ("advice", "problem")
    assert by_text["応答に一秒かかる"].likely in ("advice", "problem")


def test_a_correction_settles_a_likely_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    report, analysis = read("- 監視\n  - 応答に一秒かかる\n")
    note = report.notes[1].id
    monkeypatch.setattr(load("kinds"), "likely", {"advice": 0.001})

    def likely(correction: Correction) -> Note:
        before = classify(report, analysis)  # without vectors, say
        return classify(before, analysis, {note: correction}).notes[1]

    assert likely(Correction()).likely == "advice"
    assert likely(Correction(denied=("problem",))).likely == "advice"
    assert likely(Correction(denied=("advice",))).likely is None
    assert likely(Correction(kind="statement")).likely is None


def test_a_corrected_kind_wins() -> None:
    report, analysis = read("- 監視\n  - ログ\n")
    correction = {report.notes[1].id: Correction(kind="advice")}
    note = classify(report, analysis, correction).notes[1]

    assert (note.kind, note.sure, note.advice) == ("advice", 1.0, 1.0)


def test_the_probability_of_a_denied_kind_is_given_to_the_others() -> None:
    report, analysis = read("- 監視\n  - 失敗は必ず通知しましょう\n  - 課題: 同じ通知が二度届く\n")
    denied = {note.id: Correction(denied=("advice", "problem")) for note in report.notes}
    before, after = classify(report, analysis).notes, classify(report, analysis, denied).notes

    assert [note.kind for note in before[1:]] == ["advice", "problem"]
    assert {"advice", "problem"}.isdisjoint(note.kind for note in after)
    assert [(note.advice, note.problem) for note in after] == [(0.0, 0.0)] * 3
    assert all(note.sure > 0.3 for note in after)  # its share of the remaining probability


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("課題: 同じ通知が二度届く", "problem"),
        ("課題：同じ通知が二度届く", "problem"),
        ("【課題】同じ通知が二度届く", "problem"),
        ("[課題] 同じ通知が二度届く", "problem"),
        ("（課題）同じ通知が二度届く", "problem"),
        ("■ 課題２： 同じ通知が二度届く", "problem"),
        ("問題: 同じ通知が二度届く", "problem"),
        ("デメリット：権限が要る", "problem"),
        ("Q: 鍵は二つ", "question"),
        ("Ｑ１．鍵は二つ", "question"),
        ("【Q】鍵は二つ", "question"),
        ("(Q) 鍵は二つ", "question"),
        ("（Ｑ３）鍵は二つ", "question"),
        ("「質問」鍵は二つ", "question"),
        ("質問：鍵は二つ", "question"),
    ],
)
def test_a_mark_decides_the_kind(text: str, kind: str) -> None:
    (note,) = classify(*read(f"# 勉強会のメモ\n\n- {text}\n")).notes

    assert (note.kind, note.sure) == (kind, 1.0)


@pytest.mark.parametrize(
    "text", ["課題:", "課題は通知の数", "課題管理: 通知の数", "Q&A: 通知の数", "QA: 通知の数", "A/B: 通知の数"]
)
def test_a_word_that_only_looks_like_a_mark_decides_nothing(text: str) -> None:
    (note,) = classify(*read(f"# 勉強会のメモ\n\n- {text}\n")).notes

    assert note.sure < 1.0


def test_each_note_below_a_bare_mark_is_a_problem() -> None:
    assert kinds("- 課題:\n  - 鍵は二つ\n    - 錠は一つ\n  - Q: 扉は三つ\n- 【課題】\n  - 窓は四つ\n")[1:] == [
        "problem", "statement", "question", "label", "problem",
    ]  # fmt: skip


def test_a_correction_wins_over_a_mark() -> None:
    report, analysis = read("- 課題: 鍵は二つ\n- Q: 鍵は二つ\n")
    corrections = {note.id: Correction(kind="advice") for note in report.notes}

    assert [note.kind for note in classify(report, analysis, corrections).notes] == ["advice", "advice"]


def test_the_probabilities_of_the_kinds_add_up_to_one() -> None:
    likely = load("kinds").probabilities(examples_of("- S3\n  - 遅い?\n  - 安い\n"))

    assert likely.sum(axis=1) == pytest.approx([1, 1, 1])
    assert load("kinds").labels == KINDS


def test_a_kind_has_reasons() -> None:
    report, analysis = read("- 監視の方法は?\n")
    report = classify(report, analysis)
    ((name, weight), *_) = reasons(report, analysis)[report.notes[0].id]

    assert (report.notes[0].kind, weight > 0) == ("question", True)
    assert "?" in name


@pytest.mark.skipif(not SEED.exists(), reason="the shared seed report is not here")
def test_the_seed_has_the_obvious_kinds() -> None:
    report, analysis = read(SEED.read_text("utf-8"), SEED.name)
    found = {note.line: note.kind for note in classify(report, analysis).notes}

    assert {line: found[line] for line in (50, 63, 108, 174)} == {
        50: "label", 63: "question", 108: "statement", 174: "statement",
    }  # fmt: skip


def corrected(count: int, correction: Correction = Correction(kind="question")) -> dict[str, Correction]:  # noqa: B008
    return {f"r/{number}": correction for number in range(count)}


def test_a_lesson_has_the_first_corrections_of_kinds_in_their_order() -> None:
    services = {"s/1": Correction(adds=("sqs",))}

    assert [len(lesson_labels({**services, **corrected(5)}, count)) for count in (0, 3, 7)] == [0, 3, 5]
    assert [*lesson_labels({**services, **corrected(5)}, 3)] == ["r/0", "r/1", "r/2"]


def test_a_lesson_has_the_latest_corrections() -> None:
    notes = [*lesson_labels(corrected(500))]

    assert (notes[0], notes[-1]) == ("r/260", "r/499")


def test_a_note_with_a_denied_kind_may_be_of_all_others() -> None:
    (kinds,) = set(lesson_labels(corrected(12, Correction(denied=("advice",)))).values())

    assert kinds == ("problem", "question", "statement", "impression", "label")


def test_a_lesson_counts_its_corrections_by_kind() -> None:
    others = ("problem", "question", "statement", "impression", "label")
    lesson = Lesson((Example(("a",), ("advice",)), Example(("b",), others), Example(("c",), others)))

    assert lesson.counts == {"advice": 1, "no advice": 2}


def test_an_empty_lesson_has_no_key_and_no_adaptation() -> None:
    one, other = (Lesson((Example((name,), ("advice",)),)) for name in "ab")

    assert (Lesson().key, Lesson().adaptation) == ("", None)
    assert len({one.key, other.key, ""}) == 3
