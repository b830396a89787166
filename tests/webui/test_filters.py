"""The filters beside a result: which values are shown, folded and left out."""

from kb.search.answers import Answer, FacetValue
from webui.view.facets import Group, groups


def test_of_a_long_group_sixty_values_are_listed_and_every_selected_one() -> None:
    values = tuple(FacetValue(f"talk-{n}", f"講演 {n}", 100 - n, selected=n in {30, 90}) for n in range(100))
    answer = Answer(5000, (), {"kind": (), "event": (), "year": (), "talk": values, "speaker": ()}, loosened=False)

    assert tuple(groups(answer)) == (
        Group(
            "talk",
            shown=(*values[:8], values[30], values[90]),
            folded=(*values[8:30], *values[31:60]),
            left_out=39,
        ),
    )
