"""What an answer tells of what was found."""

import pytest
from msgspec.structs import replace

from index.engine import Reason
from kb.readers.formats import read_outline
from kb.report.model import Kind
from kb.search.quotes import quoted
from kb.search.results import FoundNote, Relevance
from kb.talks import report_of

NOTE = report_of(read_outline("- 冪等に作る".encode(), "a.md")).notes[0]


@pytest.mark.parametrize(("points", "told"), [(0.004, False), (-0.004, False), (0.01, True), (-0.5, True)])
def test_a_reason_that_counts_for_nothing_is_not_told(points: float, told: bool) -> None:  # noqa: FBT001
    reason = Reason("kind", points)
    found = FoundNote(NOTE.id, points, "", (reason,), note=NOTE)

    assert found.shown_reasons == ((reason,) if told else ())


def found_note(
    answers: float, text: str = "受け手を冪等に作っておく", kind: Kind = "statement", overtaken: tuple[str, ...] = ()
) -> FoundNote:
    relevance, note = Relevance(answers, useful=0.99), replace(NOTE, kind=kind, text=text)
    return FoundNote(NOTE.id, 1.0, "", note=note, relevance=relevance, overtaken=overtaken)


def test_at_most_three_answers_are_quoted_the_most_certain_first() -> None:
    found = [found_note(chance) for chance in (0.95, 0.99, 0.96, 0.98, 0.97, 0.1)]

    assert [one.relevance and one.relevance.answers for one in quoted(found)] == [0.99, 0.98, 0.97]


def test_nothing_is_quoted_if_the_best_note_is_uncertain_or_was_not_compared() -> None:
    assert quoted([found_note(0.3), found_note(0.1)]) == ()
    assert quoted([replace(found_note(0.99), relevance=None)]) == ()
    assert quoted([]) == ()


def test_an_answer_that_a_change_has_overtaken_follows_the_others_and_is_none_alone() -> None:
    overtaken, current, other = found_note(0.99, overtaken=("a-change",)), found_note(0.95), found_note(0.96)

    assert quoted([overtaken, current, other]) == (other, current, overtaken)
    assert quoted([overtaken]) == quoted([overtaken, found_note(0.1, overtaken=("a-change",))]) == ()


@pytest.mark.parametrize(
    ("kind", "text", "is_quoted"),
    [
        ("statement", "同じメッセージが二度届くので、受け手を冪等に作っておく", True),
        ("advice", "同じメッセージが二度届くので、受け手を冪等に作っておく", True),
        ("label", "同じメッセージが二度届くので、受け手を冪等に作っておく", False),
        ("impression", "同じメッセージが二度届くので、受け手を冪等に作っておく", False),
        ("question", "同じメッセージが二度届くので、受け手を冪等に作っておく", False),
        ("statement", "登壇者: 同じメッセージが二度届く話をした山田 花子さん", False),
    ],
)
def test_what_says_nothing_by_itself_is_never_quoted_as_an_answer(kind: Kind, text: str, *, is_quoted: bool) -> None:
    assert (quoted([found_note(0.99, text, kind)]) != ()) == is_quoted
