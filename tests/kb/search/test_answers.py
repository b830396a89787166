"""What an answer tells of what was found."""

import pytest

from index.engine import Reason
from kb.readers.formats import read_outline
from kb.search.answers import Found
from kb.talks import report_of

NOTE = report_of(read_outline("- 冪等に作る".encode(), "a.md")).notes[0]


@pytest.mark.parametrize(("points", "told"), [(0.004, False), (-0.004, False), (0.01, True), (-0.5, True)])
def test_a_reason_that_counts_for_nothing_is_not_told(points: float, told: bool) -> None:  # noqa: FBT001
    reason = Reason("kind", points)
    found = Found(NOTE, points, (), (reason,))

    assert found.told_reasons == ((reason,) if told else ())
