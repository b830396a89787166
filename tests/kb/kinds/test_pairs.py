"""Which note remedies which problem, answers which question, and continues which note."""

from pathlib import Path

import pytest

from index.analysis import Analyzer
from kb.kinds import classify, continued_notes, problems, questions, without_arrow
from kb.readers.formats import read_outline
from kb.report.model import Correction, Report
from kb.talks import report_of

SEED = Path(__file__).parents[3] / "../shared/seeds/jaws-days-2018.txt"


def paired(text: str, source: str = "report.md", corrected: Correction | None = None) -> Report:
    report = report_of(read_outline(text.encode(), source))
    analysis = {note.text: Analyzer().morphemes(note.text) for note in report.notes}
    return classify(report, analysis, {report.notes[0].id: corrected} if corrected else {})


def lines(report: Report) -> dict[str, int]:
    return {note.id: note.line for note in report.notes}


def remedies(text: str, source: str = "report.md") -> dict[int, int]:
    """The line of each note that remedies a problem, with the line of the problem."""
    report = paired(text, source)
    return {note.line: lines(report)[note.remedy_of] for note in report.notes if note.remedy_of}


def answers(text: str, source: str = "report.md") -> dict[int, int]:
    report = paired(text, source)
    return {note.line: lines(report)[note.answers] for note in report.notes if note.answers}


PROBLEM = "接続が足りないのが問題"


def test_a_note_below_a_problem_remedies_it() -> None:
    text = f"- {PROBLEM}\n  - 対策: 接続をまとめる\n- 監視の話\n  - 道具を選ぶ\n"

    assert remedies(text) == {2: 1}


def test_a_note_after_a_problem_with_an_arrow_remedies_it() -> None:
    assert remedies("- 深夜にアラートが鳴り続けて誰も寝られない\n- → 閾値を見直して件数を減らした\n") == {2: 1}


@pytest.mark.parametrize("correction", [Correction(kind="advice"), Correction(denied=("problem",))])
def test_what_a_person_calls_no_problem_has_no_remedy(correction: Correction) -> None:
    notes = paired(
        "- 深夜にアラートが鳴り続けて誰も寝られない\n- → 閾値を見直して件数を減らした\n", corrected=correction
    ).notes

    assert [note.remedy_of for note in notes] == [None, None]


def test_each_of_many_notes_of_advice_below_a_problem_remedies_it() -> None:
    advices = "".join(f"  - 対策: キャッシュを{number}個使うべき\n" for number in range(300))

    assert remedies(f"- {PROBLEM}\n{advices}") == dict.fromkeys(range(2, 302), 1)


def test_only_problems_have_remedies() -> None:
    assert remedies("- 監視の話\n  - 対策: 接続をまとめる\n- → 閾値を見直した\n") == {}


def test_a_note_below_a_question_answers_it() -> None:
    assert answers("- Q. 費用はどれくらいですか？\n  - 月に5万円くらい\n- 監視の方法は?\n  - 外から叩いている\n") == {
        2: 1,
        4: 3,
    }


def test_a_question_and_its_answer_in_one_paragraph_are_two_notes() -> None:
    assert answers("# 質疑\n\nQ. 鍵は誰が持つか\nA: 当番が持つ\n夜は二人\n\nQ：合鍵は？\nA：ない\n") == {4: 3, 8: 7}


def test_a_paragraph_that_begins_with_no_question_is_one_note() -> None:
    report = paired("# 質疑\n\n鍵の話\nA: 当番が持つ\n")

    assert [note.text for note in report.notes] == ["鍵の話 A: 当番が持つ"]


def test_a_numbered_answer_answers_the_question_with_its_number() -> None:
    assert answers("- Q1. 費用は\n- Q2. 期間は\n- A1. 五万円\n- A2. 三か月\n") == {3: 1, 4: 2}


@pytest.mark.parametrize(
    "text",
    [
        "- Q: 鍵は\n- A: 二つ\n",
        "- Q：鍵は\n- A：二つ\n",
        "- Ｑ．鍵は\n- Ａ．二つ\n",
        "- 【Q】鍵は\n- 【A】二つ\n",
        "- (Q) 鍵は\n- (A) 二つ\n",
        "- （Q）鍵は\n- （A）二つ\n",
        "- [Q] 鍵は\n- [A] 二つ\n",
        "- 質問: 鍵は\n- 回答: 二つ\n",
        "- 「質問」鍵は\n- 「回答」二つ\n",
        "- 質問：鍵は\n  - 答え：二つ\n",
        "- Q: 鍵は\n  - A: 二つ\n",
        "- 監視の方法は?\n- A: 二つ\n",
    ],
)
def test_a_mark_makes_a_note_an_answer(text: str) -> None:
    assert answers(text) == {2: 1}


def test_an_answer_may_be_far_from_its_question() -> None:
    assert answers("- Q: 鍵は\n- 扉の数による\n\n錠は別に売っている。\n\n- A: 二つ\n")[6] == 1


def test_answers_have_the_questions_of_their_numbers() -> None:
    assert answers("- Q1: 鍵は\n- Q2: 錠は\n- A1: 二つ\n  - A: 三つかも\n- A2: 一つ\n") == {3: 1, 4: 2, 5: 2}


def test_the_first_of_some_choices_is_no_answer() -> None:
    assert answers("- Q: 鍵は\n- (A) 二つ\n- (B) 三つ\n").get(2) is None


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("- 課題: 鍵は二つ\n- 対策: 錠は一つ\n", {2: 1}),
        ("- 課題：鍵は二つ\n- 解決策：錠は一つ\n", {2: 1}),
        ("- 【課題】鍵は二つ\n- 【対策】錠は一つ\n", {2: 1}),
        ("- [課題] 鍵は二つ\n- [対策] 錠は一つ\n", {2: 1}),
        ("- 課題: 鍵は二つ\n- 改善: 錠は一つ\n", {2: 1}),
        ("- 課題: 鍵は二つ\n- 対応: 錠は一つ\n", {2: 1}),
        ("- 課題: 鍵は二つ\n  - 対応: 錠は一つ\n", {2: 1}),
        ("- 課題: 鍵は二つ\n  - → 錠は一つ\n", {2: 1}),
        ("- 課題: 鍵は二つ\n- → 錠は一つ\n- ⇒ 窓は三つ\n- -> 扉は四つ\n", {2: 1, 3: 1, 4: 1}),
        ("- 課題: 鍵は二つ\n- → 対策: 錠は一つ\n", {2: 1}),
        ("- 課題: 鍵は二つ\n- 原因は錠の数\n- 対策: 錠は一つ\n", {3: 1}),
        ("- 鍵は二つ届いた\n- 対策: 錠は一つ\n- 回避策: 窓は三つ\n", {2: 1, 3: 1}),
        ("- 課題:\n  - 鍵は二つ\n- 対策:\n  - 錠は一つ\n  - 窓は三つ\n", {4: 2, 5: 2}),
        ("- 課題:\n  - 鍵は二つ\n  - 窓は三つ\n- 対策: 錠は一つ\n", {4: 3}),
        ("- 課題: 鍵は二つ\n  - 対策:\n    - 錠は一つ\n", {3: 1}),
        ("- 課題:\n  - 鍵は二つ\n  - 対策: 錠は一つ\n", {3: 2}),
    ],
)
def test_a_mark_makes_a_note_a_remedy(text: str, pairs: dict[int, int]) -> None:
    assert remedies(text) == pairs


@pytest.mark.parametrize(
    "text",
    [
        "- 鍵は二つ届いた\n- 対応: 錠は一つ\n",  # what works with it
        "- 鍵は二つ届いた\n- 改善: 錠は一つ\n",
        "- 鍵は二つ届いた\n- → 錠は一つ\n",  # what follows from it
        "- 対策: 錠は一つ\n",
        "- 課題: 鍵は二つ\n- 対策本部: 錠は一つ\n",
        "- 課題: 鍵は二つ\n- 窓は三つ\n- → 錠は一つ\n",
        "- 課題: 鍵は二つ\n\n## 別の話\n\n- 対策: 錠は一つ\n",
    ],
)
def test_a_remedy_needs_its_mark_and_a_problem_in_its_place(text: str) -> None:
    assert remedies(text) == {}


@pytest.mark.parametrize(
    ("text", "is_open"),
    [
        ("課題: 鍵は二つ → 錠は一つ", False),
        ("課題：鍵は二つ。対策：錠は一つ", False),
        ("【課題】鍵は二つ => 錠は一つ", False),
        ("Q: 鍵は? A: 二つ", False),
        ("課題: 鍵は二つ", True),
        ("課題: 対策が鍵は二つ", True),
        ("Q: 鍵は?", True),
    ],
)
def test_a_marked_note_may_have_its_own_reply(text: str, *, is_open: bool) -> None:
    notes = paired(f"- {text}\n").notes

    assert [pair.is_open for pair in (*problems(notes), *questions(notes))] == [is_open]


def test_an_answered_question_below_a_problem_does_not_solve_it() -> None:
    (pair,) = problems(paired("- 課題: 鍵は二つ\n  - Q: 錠は? A: 一つ\n").notes)

    assert pair.is_open


def test_neither_a_question_nor_a_label_answers() -> None:
    assert answers("- Q. 費用はどれくらいですか？\n  - 何人で使うのですか？\n") == {}


def test_problems_have_their_remedies_and_are_open_without_any() -> None:
    notes = paired(f"- {PROBLEM}\n  - 対策: 接続をまとめる\n- 深夜にアラートが鳴り続けて誰も寝られない\n").notes

    assert [(pair.note.line, [note.line for note in pair.replies], pair.is_open) for pair in problems(notes)] == [
        (1, [2], False),
        (3, [], True),
    ]


def test_questions_have_their_answers_and_are_open_without_any() -> None:
    notes = paired("- 起動は速い?\n  - 秒で終わる\n- 費用は?\n").notes

    assert [(pair.note.line, [note.line for note in pair.replies], pair.is_open) for pair in questions(notes)] == [
        (1, [2], False),
        (3, [], True),
    ]


@pytest.mark.skipif(not SEED.exists(), reason="the shared seed report is not here")
def test_the_seed_has_its_questions_answered() -> None:
    assert {64: 63, 78: 77, 98: 97, 127: 126}.items() <= answers(SEED.read_text("utf-8"), SEED.name).items()


def test_a_problem_is_solved_if_one_below_it_is() -> None:
    problem = "課題: アラートが鳴り続ける"
    text = (
        f"- {problem}\n  - {problem}\n    - {PROBLEM}\n      - 対策: まとめる\n- Q. 費用はどれくらいですか？\n- 道具\n"
    )

    assert {note.line: note.states for note in paired(text).notes if note.states} == {
        1: ("solved",),
        2: ("solved",),
        3: ("solved",),
        5: ("unanswered",),
    }


def test_a_note_with_an_arrow_continues_the_line_before_or_its_parent() -> None:
    report = paired("- 遅い\n- → 分けた\n- → 速くなった\n- 箱\n  - => 鍵\n\n- 扉\n\n- ➡ 蝶番\n")
    starts = continued_notes(report.notes)
    lines_of = lines(report)

    assert {lines_of[note]: lines_of[start] for note, start in starts.items()} == {2: 1, 3: 1, 5: 4}


def test_a_note_with_an_arrow_continues_nothing_if_its_start_is_not_among_the_notes() -> None:
    first, second = paired("- 遅い\n- → 分けた\n").notes

    assert continued_notes([first, second]) == {second.id: first.id}
    assert continued_notes([second]) == {}


@pytest.mark.parametrize("arrow", ["→", "⇒ ", "=> ", " -> ", "➡ ", "➡\ufe0f "])
def test_only_an_arrow_at_the_beginning_is_removed(arrow: str) -> None:
    assert without_arrow(f"{arrow}--force を付けて → 消す") == "--force を付けて → 消す"
    assert without_arrow("- を付けて → 消す") == "- を付けて → 消す"


@pytest.mark.parametrize(
    ("below", "is_said"),
    [
        ("", True),
        ("- 会場は渋谷だった\n", True),
        ("  - 会場は渋谷だった\n", False),
        ("- 会場は渋谷だった\n- → 会場は広かった\n", False),
        ("- 会場は渋谷だった\n- 会場は広かった\n- → 会場は遠かった\n", True),
    ],
)
def test_a_problem_is_without_a_remedy_only_if_nothing_near_may_be_one(below: str, *, is_said: bool) -> None:
    problem = "深夜にアラートが鳴り続けて誰も寝られないのが問題"
    (note, *_) = paired(f"- {problem}\n{below}").notes

    assert (note.kind, "unsolved" in note.states) == ("problem", is_said)
