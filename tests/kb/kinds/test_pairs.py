"""Which note remedies which problem, and which answers which question."""

from pathlib import Path

import pytest

from index.analysis import Analyzer
from kb.kinds import classify, pair, problems, questions
from kb.readers.formats import read_outline
from kb.report.model import Report
from kb.talks import report_of

SEED = Path(__file__).parents[3] / "../shared/seeds/jaws-days-2018.txt"


def paired(text: str, source: str = "report.md") -> Report:
    report = report_of(read_outline(text.encode(), source))
    analysis = {note.text: Analyzer().morphemes(note.text) for note in report.notes}
    return pair(classify(report, analysis), analysis)


def lines(report: Report) -> dict[str, int]:
    return {note.id: note.line for note in report.notes}


def remedies(text: str, source: str = "report.md") -> dict[int, int]:
    """The line of each note that remedies a problem, with the line of the problem."""
    report = paired(text, source)
    return {note.line: lines(report)[note.remedy_of] for note in report.notes if note.remedy_of}


def answers(text: str, source: str = "report.md") -> dict[int, int]:
    report = paired(text, source)
    return {note.line: lines(report)[note.answers] for note in report.notes if note.answers}


@pytest.mark.parametrize("arrow", ["->", "=>", "→", "⇒", "-->", "ー>"])
def test_an_arrow_leads_from_a_problem_to_its_remedy(arrow: str) -> None:
    assert remedies(f"- 接続数の上限問題 {arrow} 接続をまとめる\n") == {1: 1}


@pytest.mark.parametrize(
    "steps",
    ["受付 -> 検査 -> 発送", "上限問題 -> 受付 -> 発送", "API Gateway -> Lambda", "上限問題 ->"],
)
def test_steps_are_no_pair(steps: str) -> None:
    assert remedies(f"- {steps}\n") == {}


def test_a_detail_in_parentheses_does_not_hide_the_arrow() -> None:
    assert remedies("- 起動が遅い(最初の一回だけ) -> 先に温めておく\n") == {1: 1}


def test_each_of_many_advices_under_a_problem_remedies_it() -> None:
    advices = "".join(f"  - キャッシュを{number}個使うべき\n" for number in range(300))

    assert remedies(f"- 一覧が遅いのが問題\n{advices}") == dict.fromkeys(range(2, 302), 1)


def test_an_advice_under_a_problem_remedies_it_and_a_fact_does_not() -> None:
    text = "- 起動が遅い\n  - 先に温めておきましょう\n  - 秒単位で課金される\n"

    assert remedies(text) == {2: 1}


def test_an_advice_under_a_theme_of_problems_remedies_none_of_them() -> None:
    text = "- RDBとの相性の悪さについて\n  - 接続が足りない\n  - テストは自動で流しましょう\n"

    assert remedies(text) == {}


def test_an_advice_right_after_a_problem_remedies_it_if_it_says_so() -> None:
    text = "- 接続が足りない\n- 接続をまとめれば問題ない\n- 起動が遅い\n- 名前を決めましょう\n"

    assert remedies(text) == {2: 1}


def test_what_stands_under_a_heading_of_remedies_remedies_the_problem_before_it() -> None:
    assert remedies("- 接続が足りない\n- 対策\n  - 接続をまとめる\n") == {3: 1}
    assert remedies("- 接続が足りない\n  - 対策\n    - 接続をまとめる\n") == {3: 1}


@pytest.mark.parametrize(
    "text",
    [
        "起動が遅いので先に温めておく",
        "巻き添えを防ぐために上限を決める",
        "順番が変わる。対策: 番号を振る",
    ],
)
def test_a_note_that_holds_problem_and_remedy_is_its_own_remedy(text: str) -> None:
    assert remedies(f"- {text}\n") == {1: 1}


def test_a_remedy_is_like_advice() -> None:
    notes = paired("- 順番が変わる。対策: 番号を振る\n- 番号を振る\n").notes

    assert notes[0].advice >= 0.5 > notes[1].advice


def test_a_reason_that_is_no_trouble_makes_no_pair() -> None:
    assert remedies("- 課金されないので便利に使いましょう\n") == {}


def test_what_stands_under_a_question_answers_it_also_through_a_label() -> None:
    text = "- 監視の方法は?\n  - 外から叩いている\n  - 道具\n    - 二つを併用している\n  - 費用は?\n"

    assert answers(text) == {2: 1, 4: 1}


def test_in_a_part_of_questions_what_follows_a_question_answers_it() -> None:
    flat = "- 使った言語は?\n- Goで書いた\n- 期間は?\n- 三か月かかった\n"

    assert answers(f"# 会\n\n### 質疑応答\n\n{flat}") == {6: 5, 8: 7}
    assert answers(flat) == {}
    assert answers(f"- 質疑応答\n{flat}") == {3: 2, 5: 4}


def test_problems_stand_with_their_remedies_and_an_unremedied_one_is_open() -> None:
    notes = paired("- 起動が遅い\n  - 先に温めましょう\n- 上限問題 -> 分ける\n- 順番が保証されない\n").notes

    assert [(pair.note.line, [note.line for note in pair.replies], pair.is_open) for pair in problems(notes)] == [
        (1, [2], False),
        (3, [3], False),
        (4, [], True),
    ]


def test_questions_stand_with_their_answers_and_an_unanswered_one_is_open() -> None:
    notes = paired("- 起動は速い?\n  - 秒で終わる\n- 費用は?\n").notes

    assert [(pair.note.line, [note.line for note in pair.replies], pair.is_open) for pair in questions(notes)] == [
        (1, [2], False),
        (3, [], True),
    ]


@pytest.mark.skipif(not SEED.exists(), reason="the shared seed report is not here")
def test_the_seed_has_its_arrow_lines_as_pairs_and_its_questions_answered() -> None:
    text = SEED.read_text("utf-8")

    assert {line: remedies(text, SEED.name).get(line) for line in (48, 59, 112, 116, 117, 120, 124)} == {
        48: 47, 59: 58, 112: 112, 116: 116, 117: None, 120: 120, 124: 124,
    }  # fmt: skip
    assert {64: 63, 78: 77, 98: 97, 127: 126, 131: 129}.items() <= answers(text, SEED.name).items()


def test_a_note_tells_whether_it_is_settled_by_one_that_stands_under_it() -> None:
    text = "- 起動が遅い\n  - 同時に呼ばれると失敗する\n    - 順番に並べましょう\n- 費用は?\n- 上限問題 -> 分ける\n- 道具\n"

    assert {note.line: note.states for note in paired(text).notes if note.states} == {
        1: ("solved",),
        2: ("solved",),
        4: ("unanswered",),
        5: ("solved",),
    }
