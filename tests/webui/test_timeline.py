"""The bars of years: one for each year, each with its link, inside of the drawing."""

from hypothesis import given
from hypothesis import strategies as st

from webui.view.timeline import HEIGHT, Timeline, Undated, timeline

years = st.one_of(st.integers(1990, 2035).map(str), st.just("undated"))


@given(st.dictionaries(years, st.integers(1, 5000), min_size=3, max_size=40))
def test_every_year_that_has_something_has_a_bar_within_the_drawing_and_the_highest_is_that_of_the_most(
    counts: dict[str, int],
) -> None:
    line = timeline(counts, lambda year: f"/?year={year}")
    dated = {year: count for year, count in counts.items() if year != "undated"}

    assert {bar.year: bar.count for bar in line.bars if bar.count} == dated
    assert all(0 <= bar.left < bar.left + bar.width <= 100 and 0 <= bar.height <= HEIGHT for bar in line.bars)
    assert all((bar.height > 0) == (bar.count > 0) for bar in line.bars)
    assert {bar.height for bar in line.bars if bar.count == line.most} == {HEIGHT}
    assert line.most == max(dated.values())
    assert [bar.left for bar in line.bars] == sorted(bar.left for bar in line.bars)


def test_years_without_anything_have_their_place_and_what_has_no_year_is_no_bar() -> None:
    line = timeline({"2020": 1, "undated": 4, "2018": 2}, lambda year: f"/?year={year}", ["2020"])

    assert [(bar.year, bar.count, bar.chosen) for bar in line.bars] == [
        ("2018", 2, False),
        ("2019", 0, False),
        ("2020", 1, True),
    ]
    assert line.bars[0].url == "/?year=2018"
    assert line.undated == Undated("undated", 4, "/?year=undated", chosen=False)


def test_a_year_long_ago_makes_no_drawing_of_empty_places() -> None:
    assert [bar.year for bar in timeline({"1970": 1, "2025": 1}, str).bars] == ["1970", "2025"]


def test_one_year_alone_is_no_drawing_unless_it_is_chosen() -> None:
    assert timeline({"2020": 3}, str) == timeline({"undated": 3}, str) == timeline({}, str) == Timeline()
    assert [bar.year for bar in timeline({"2020": 3}, str, ["2020"]).bars] == ["2020"]


@given(st.integers(2, 60))
def test_no_more_than_eight_bars_are_named_on_a_phone(count: int) -> None:
    bars = timeline({str(1970 + year): 1 for year in range(count)}, str).bars

    assert 0 < sum(bar.named for bar in bars) <= 8
    assert bars[-1].named
