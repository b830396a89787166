"""What an answer tells of what was found."""

import pytest
from msgspec.structs import replace

from index.engine import Reason
from kb.readers.formats import read_outline
from kb.report.model import Kind
from kb.search.quotes import _COVERAGE, quoted
from kb.search.results import FoundNote
from kb.talks import report_of

NOTE = report_of(read_outline("- 冪等に作る".encode(), "a.md")).notes[0]


@pytest.mark.parametrize(("points", "told"), [(0.004, False), (-0.004, False), (0.01, True), (-0.5, True)])
def test_a_reason_that_counts_for_nothing_is_not_told(points: float, told: bool) -> None:  # noqa: FBT001
    reason = Reason("kind", points)
    found = FoundNote(NOTE.id, points, "", (reason,), note=NOTE)

    assert found.shown_reasons == ((reason,) if told else ())


def answering(cosine: float, *overtaken: str) -> FoundNote:
    text = "同じメッセージが二度届くので、受け手を冪等に作っておく"
    reasons = (Reason("likeness", 2.0, cosine=cosine), Reason("words", 4.0), Reason("coverage", 4.0 * _COVERAGE))
    return FoundNote(NOTE.id, 6.0, "", reasons, note=replace(NOTE, kind="statement", text=text), overtaken=overtaken)


OTHER = FoundNote(NOTE.id, 1.0, "", (Reason("likeness", 0.1, cosine=0.1),), note=replace(NOTE, text="別の話"))


def test_at_most_three_answers_are_quoted_the_most_certain_first() -> None:
    found = map(answering, (0.95, 0.99, 0.96, 0.98, 0.97))

    assert [one.reasons[0].cosine for one in quoted([*found, OTHER])] == [0.99, 0.98, 0.97]


def test_an_answer_that_a_change_has_overtaken_follows_the_others_and_is_none_alone() -> None:
    overtaken, current, other = answering(0.99, "a-change"), answering(0.95), answering(0.96)

    assert quoted([overtaken, current, other, OTHER]) == (other, current, overtaken)
    assert quoted([overtaken, OTHER]) == quoted([overtaken, replace(OTHER, overtaken=("a-change",))]) == ()


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
    reasons = (Reason("likeness", 2.0, cosine=0.95), Reason("words", 4.0), Reason("coverage", 4.0 * _COVERAGE))
    found = FoundNote(NOTE.id, 6.0, "", reasons, note=replace(NOTE, kind=kind, text=text))
    other = FoundNote(NOTE.id, 1.0, "", (Reason("likeness", 0.1, cosine=0.1),), note=replace(NOTE, text="別の話"))

    assert ([one.note.kind for one in quoted([found, other])] == [kind]) == is_quoted
