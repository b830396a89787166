"""Which corrections teach, and what a lesson is known by."""

from kb.kinds import Lesson, taught_by
from kb.learning import Example
from kb.report.model import Correction


def told(count: int, correction: Correction = Correction(kind="question")) -> dict[str, Correction]:  # noqa: B008
    return {f"r/{number}": correction for number in range(count)}


def test_corrections_of_kinds_teach_by_the_dozen_in_their_order() -> None:
    services = {"s/1": Correction(adds=("sqs",))}

    assert [len(taught_by({**services, **told(count)})) for count in (0, 11, 12, 23, 25)] == [0, 0, 12, 12, 24]
    assert [*taught_by(told(25))] == [f"r/{number}" for number in range(24)]


def test_of_many_corrections_the_last_teach() -> None:
    taught = [*taught_by(told(500))]

    assert (taught[0], taught[-1]) == ("r/252", "r/491")


def test_a_kind_that_is_denied_leaves_the_others() -> None:
    (kinds,) = set(taught_by(told(12, Correction(denied=("advice",)))).values())

    assert kinds == ("problem", "question", "statement", "impression", "label")


def test_a_lesson_tells_how_many_of_each_sort_it_is_of() -> None:
    others = ("problem", "question", "statement", "impression", "label")
    lesson = Lesson((Example(("a",), ("advice",)), Example(("b",), others), Example(("c",), others)))

    assert lesson.counts == {"advice": 1, "no advice": 2}


def test_nothing_taught_has_no_key_and_no_step() -> None:
    one, other = (Lesson((Example((name,), ("advice",)),)) for name in "ab")

    assert (Lesson().key, Lesson().step) == ("", None)
    assert len({one.key, other.key, ""}) == 3
