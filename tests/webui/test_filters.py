"""The filters beside a result: which values are shown, folded and left out."""

from kb.search.answers import Answer, FacetValue
from kb.search.facets import FACETS
from webui.view.facets import Group, groups


def test_of_a_long_group_eight_values_and_every_selected_one_are_shown_and_the_others_folded() -> None:
    values = tuple(FacetValue(f"talk-{n}", f"講演 {n}", 100 - n, selected=n in {30, 90}) for n in range(100))
    listed = (*values[:60], values[90])
    answer = Answer(
        5000,
        (),
        {facet.key: () for facet in FACETS if facet.listed} | {"talk": listed},
        loosened=False,
        unlisted={"talk": 39},
    )

    assert tuple(groups(answer)) == (
        Group(
            "talk",
            shown=(*values[:8], values[30], values[90]),
            folded=(*values[8:30], *values[31:60]),
            left_out=39,
        ),
    )
