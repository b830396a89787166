"""Which note remedies which problem, answers which question, and continues which note."""

from pathlib import Path

import pytest

from index.analysis import Analyzer
from kb.kinds import classify, continued_notes, problems, questions, without_arrow
from kb.readers.formats import read_outline
from kb.report.model import Report
from kb.talks import report_of

SEED = Path(__file__).parents[3] / "../shared/seeds/jaws-days-2018.txt"


def paired(text: str, source: str = "report.md") -> Report:
    report = report_of(read_outline(text.encode(), source))
    analysis = {note.text: Analyzer().morphemes(note.text) for note in report.notes}
    return classify(report, analysis)


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


def test_a_numbered_answer_answers_the_question_with_its_number() -> None:
    assert answers("- Q1. 費用は\n- Q2. 期間は\n- A1. 五万円\n- A2. 三か月\n") == {3: 1, 4: 2}


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
    text = f"- 深夜にアラートが鳴り続けて誰も寝られない\n  - {PROBLEM}\n    - 対策: 接続をまとめる\n- Q. 費用はどれくらいですか？\n- 道具\n"

    assert {note.line: note.states for note in paired(text).notes if note.states} == {
        1: ("solved",),
        2: ("solved",),
        4: ("unanswered",),
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
