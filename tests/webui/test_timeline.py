"""The bars of years: one for each year, each with its link, inside of the drawing."""

from hypothesis import given
from hypothesis import strategies as st

from webui.view.timeline import HEIGHT, timeline

years = st.one_of(st.integers(1990, 2035).map(str), st.just("undated"))


@given(st.dictionaries(years, st.integers(1, 5000), min_size=2, max_size=40))
def test_every_year_that_has_something_has_a_bar_within_the_drawing_and_the_highest_is_that_of_the_most(
    counts: dict[str, int],
) -> None:
    bars = timeline(counts, lambda year: f"/?year={year}")

    assert {bar.year: bar.count for bar in bars if bar.count} == counts
    assert all(0 <= bar.left < bar.left + bar.width <= 100 and 0 <= bar.height <= HEIGHT for bar in bars)
    assert all((bar.height > 0) == (bar.count > 0) for bar in bars)
    assert max((bar for bar in bars if bar.dated), key=lambda bar: bar.count).height == HEIGHT
    assert [bar.left for bar in bars] == sorted(bar.left for bar in bars)


def test_years_without_anything_have_their_place_and_what_has_no_year_is_last() -> None:
    bars = timeline({"2020": 1, "undated": 4, "2018": 2}, lambda year: f"/?year={year}", ["2020"])

    assert [(bar.year, bar.count, bar.chosen) for bar in bars] == [
        ("2018", 2, False),
        ("2019", 0, False),
        ("2020", 1, True),
        ("undated", 4, False),
    ]
    assert bars[0].url == "/?year=2018"


def test_a_year_long_ago_makes_no_drawing_of_empty_places() -> None:
    assert [bar.year for bar in timeline({"1970": 1, "2025": 1}, str)] == ["1970", "2025"]


def test_one_year_alone_is_no_drawing_unless_it_is_chosen() -> None:
    assert timeline({"2020": 3}, str) == ()
    assert timeline({}, str) == ()
    assert [bar.year for bar in timeline({"2020": 3}, str, ["2020"])] == ["2020"]


@given(st.integers(2, 60))
def test_no_more_than_eight_bars_are_named_on_a_phone(count: int) -> None:
    bars = timeline({str(1970 + year): 1 for year in range(count)}, str)

    assert 0 < sum(bar.named for bar in bars) <= 8
    assert bars[-1].named
