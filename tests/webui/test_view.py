"""Parts of pages: the shown values of a filter, marks as HTML, bars of years."""

from datetime import date
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.engine import FacetCount
from kb.search.facets import FACETS
from kb.search.results import SearchResults
from kb.translation import in_language
from webui.http.address import web_address
from webui.view.facets import FacetGroup, groups
from webui.view.listing import Column, headings, number_column, ordered
from webui.view.templates import marked
from webui.view.timeline import HEIGHT, Bar, Timeline, in_a_row, timeline
from webui.wording import day_and_age


class Days(NamedTuple):
    """A day of an event, and that of its post."""

    held_on: str | None
    published: str | None


years = st.one_of(st.integers(1990, 2035).map(str), st.just("undated"))


def answer(key: str, values: tuple[FacetCount, ...], *, left_out: int = 0) -> SearchResults:
    facets = {facet.key: () for facet in FACETS if facet.listed} | {key: values}
    return SearchResults(total=5000, hits=(), facets=facets, unlisted={key: left_out})


def test_a_long_group_shows_eight_values_and_the_selected_ones_and_folds_the_rest() -> None:
    values = tuple(FacetCount(f"talk-{n}", 100 - n, n in {30, 90}, f"講演 {n}") for n in range(100))
    listed = (*values[:60], values[90])

    assert tuple(groups(answer("talk", listed, left_out=39))) == (
        FacetGroup(
            "talk",
            shown=(*values[:8], values[30], values[90]),
            folded=(*values[8:30], *values[31:60]),
            left_out=39,
        ),
    )


def test_the_notes_without_a_year_are_shown_however_many_years_there_are() -> None:
    values = tuple(
        FacetCount(year, 1, selected=False, label=year) for year in (*map(str, range(2020, 2000, -1)), "undated")
    )

    assert tuple(groups(answer("year", values))) == (FacetGroup("year", (*values[:8], values[-1]), values[8:-1]),)


def test_only_a_group_of_more_than_fifteen_values_has_a_box_and_a_chosen_value_opens_its_group() -> None:
    values = tuple(FacetCount(f"{n}", 1, n == 0, f"{n}") for n in range(16))

    assert [FacetGroup("talk", values[1:8], values[8:end]).has_filter_box for end in (15, 16)] == [False, False]
    assert FacetGroup("talk", values[:8], values[8:]).has_filter_box
    assert [FacetGroup("talk", shown).is_closed for shown in (values[1:], values)] == [True, False]


@pytest.mark.parametrize(
    ("order", "urls"),
    [
        ("-notes", ["/talks?year=2018&sort=name", "/talks?year=2018&sort=-date", "/talks?year=2018&sort=notes"]),
        ("notes", ["/talks?year=2018&sort=name", "/talks?year=2018&sort=-date", "/talks?year=2018"]),
        ("name", ["/talks?year=2018&sort=-name", "/talks?year=2018&sort=-date", "/talks?year=2018"]),
    ],
)
def test_the_head_of_a_column_sorts_by_it_then_in_reverse_and_keeps_the_filters(order: str, urls: list[str]) -> None:
    columns: dict[str, Column[str]] = {
        "name": Column(str),
        "date": Column(str, sort="day"),
        "notes": number_column(len),
    }
    heads = tuple(headings("/talks", columns, order, "-notes", {"year": "2018"}))

    assert [head.url for head in heads] == urls
    assert [head.order for head in heads if head.order] == ["descending" if order.startswith("-") else "ascending"]


@pytest.mark.parametrize(
    ("held_on", "published", "text"),
    [
        ("2018", "2019-01-02", "2018年・8年前"),
        ("2018-03-10", None, "2018年3月10日・7年前"),
        ("2018-03-01", None, "2018年3月1日・8年前"),
        ("2025-12", None, "2025年12月・3か月前"),
        ("2026", None, "2026年・今年"),
        ("2026-03-01", None, "2026年3月1日・今月"),
        ("2026-02-25", None, "2026年2月25日・先月"),
        ("2026-04-01", None, "2026年4月1日"),
        ("2027", None, "2027年"),
        (None, "2018-03-10", "公開 2018年3月・7年前"),
        (None, "2018", "公開 2018年・8年前"),
        (None, None, "日付不明"),
    ],
)
def test_an_age_is_no_more_precise_than_its_date(held_on: str | None, published: str | None, text: str) -> None:
    assert in_language("ja", day_and_age, Days(held_on, published), date(2026, 3, 1)) == text


def test_marks_become_elements_and_everything_else_stays_text() -> None:
    assert marked("a<b>&c", [(1, 4), (3, 5)]) == "a<mark>&lt;b&gt;</mark><mark>&amp;</mark>c"


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://example.com/a", "https://example.com/a"),
        ("speakerdeck.com", "https://speakerdeck.com"),
        ("javascript:alert(1)", None),
        ("javascript://example.com/%0aalert(1)", None),
        ("//example.com", None),
        ("https://[", None),
    ],
)
def test_only_web_addresses_are_linked(url: str, linked: str | None) -> None:
    assert web_address(url) == linked


@given(st.dictionaries(years, st.integers(4, 5000), min_size=3, max_size=40))
def test_every_year_with_notes_has_a_bar_in_the_chart_and_the_most_notes_have_the_highest(
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


def test_empty_years_have_a_place_and_undated_notes_have_no_bar() -> None:
    line = timeline({"2020": 10, "undated": 4, "2018": 20}, lambda year: f"/?year={year}", ["2020"])

    assert [(bar.year, bar.count, bar.chosen) for bar in line.bars] == [
        ("2018", 20, False),
        ("2019", 0, False),
        ("2020", 10, True),
    ]
    assert line.bars[0].url == "/?year=2018"
    assert line.undated == Bar("undated", 4, "/?year=undated")


def test_a_year_long_ago_adds_no_row_of_empty_years() -> None:
    assert [bar.year for bar in timeline({"1970": 5, "2025": 5}, str).bars] == ["1970", "2025"]
    assert [len(in_a_row(["1970", last])) for last in ("2009", "2010")] == [40, 2]


def test_a_single_year_has_no_chart_unless_it_is_chosen() -> None:
    assert timeline({"2020": 30}, str) == timeline({"undated": 30}, str) == timeline({}, str) == Timeline()
    assert [bar.year for bar in timeline({"2020": 30}, str, ["2020"]).bars] == ["2020"]
    assert [bar.year for bar in timeline({"2020": 30, "undated": 1}, str).bars] == ["2020"]
    assert [bar.year for bar in timeline({"2020": 0, "2021": 10}, str, ["2020"]).bars] == ["2020", "2021"]


def test_fewer_than_ten_items_have_no_chart_even_if_a_year_is_chosen() -> None:
    assert timeline({"2019": 4, "2020": 5}, str, ["2020"]) == Timeline()
    assert [bar.count for bar in timeline({"2019": 4, "2020": 6}, str).bars] == [4, 6]


@given(st.integers(2, 60))
def test_at_most_eight_bars_have_a_label_on_a_phone(count: int) -> None:
    bars = timeline({str(1970 + year): 5 for year in range(count)}, str).bars

    assert 0 < sum(bar.named for bar in bars) <= 8
    assert bars[-1].named


@pytest.mark.parametrize(("order", "items"), [("day", "bdacfe"), ("-day", "cabdfe")])
def test_equal_items_and_those_without_a_value_keep_their_order_the_latter_last(order: str, items: str) -> None:
    days = {"a": "2019", "b": "2018", "c": "2020", "d": "2018", "e": None, "f": ""}

    assert "".join(ordered([*"fbedca"], {"day": Column(days.__getitem__)}, order)) == items
