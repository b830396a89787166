"""What is drawn of numbers: each part leads to as many as it tells."""

import html
import re
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qsl, unquote

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Kind, Note, Talk
from kb.search.crosstab import ServiceYears
from kb.services import Service
from webui.app import create_app
from webui.view.report import HEIGHT, report_url, shape, table_of_contents
from webui.view.timeline import heat_map, shade

SAMPLES = Path(__file__).parents[2] / "data/samples"
CELL = re.compile(r'<a class="place shade-\d" href="([^"]+)">([\d,]+)</a>')
SQS = Service("sqs", "Amazon SQS", "SQS", "integration")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    knowledge_base = KnowledgeBase.open(SAMPLES, tmp_path_factory.mktemp("pictures"))
    knowledge_base.indexer.sync()
    return create_app(knowledge_base).test_client()


def parse(asked: str) -> dict[str, str]:
    """Return what an address asks for, by key."""
    return dict(parse_qsl(asked.removeprefix("?")))


def total(client: FlaskClient, address: str) -> int:
    """Return how many notes or talks an address lists."""
    told: int = client.get(html.unescape(address), headers={"Accept": "application/json"}).json["total"]
    return told


@pytest.mark.parametrize(("address", "most"), [("/", 96), ("/?category=compute", 96)])
def test_a_cell_of_services_by_years_leads_to_as_many_notes_as_it_tells(
    client: FlaskClient, address: str, most: int
) -> None:
    page = client.get(address).text
    cells = CELL.findall(page[page.index('<table class="heat">') : page.index("</table>")])

    assert 15 < len(cells) <= most
    assert {url: total(client, url) for url, _ in cells} == {url: int(notes) for url, notes in cells}


@pytest.mark.parametrize("address", ["/?q=Lambda&category=compute", "/?category=compute&year=2019", "/?category=none"])
def test_only_a_category_by_itself_is_shown_by_years(client: FlaskClient, address: str) -> None:
    assert '<table class="heat">' not in client.get(address).text


def test_programs_are_told_the_years_of_services_too(client: FlaskClient) -> None:
    told = client.get("/", headers={"Accept": "application/json"}).json

    notes = {one["slug"]: one["notes"] for one in told["services"]}
    assert {slug: sum(years.values()) for slug, years in told["years"].items()} == {
        slug: notes[slug] for slug in told["years"]
    }


def test_years_without_notes_have_their_column_and_what_has_no_year_has_the_last() -> None:
    drawn = heat_map([ServiceYears(SQS, {"2020": 3, "undated": 4, "2018": 1})])

    assert drawn is not None
    assert drawn.years == ("2018", "2019", "2020", "undated")
    assert [(notes, url) for _, cells in drawn.rows for notes, _shade, url in cells] == [
        (1, "/?service=sqs&year=2018"),
        (0, "/?service=sqs&year=2019"),
        (3, "/?service=sqs&year=2020"),
        (4, "/?service=sqs&year=undated"),
    ]


@pytest.mark.parametrize("counted", [[], [ServiceYears(SQS, {"2020": 3})], [ServiceYears(SQS, {"undated": 3})]])
def test_what_is_all_of_one_year_is_not_drawn_by_years(counted: list[ServiceYears]) -> None:
    assert heat_map(counted) is None


def noted(number: int, kind: Kind) -> Note:
    return Note(f"r/{number}", "r", "r.md", number, "bullet", 0, str(number), kind=kind)


@given(st.lists(st.sampled_from(get_args(Kind)), min_size=15, max_size=300))
def test_the_shape_of_a_report_has_every_note_of_its_kinds_once_and_where_it_stands(kinds: list[Kind]) -> None:
    drawn = shape([noted(number, kind) for number, kind in enumerate(kinds)])
    shown = {kind: kinds.count(kind) for kind in ("advice", "problem", "question") if kind in kinds}

    if len(kinds) < 20 or not shown:
        assert drawn is None
        return
    assert drawn is not None
    assert {strip.kind: strip.notes for strip in drawn.strips} == shown
    for strip in drawn.strips:
        assert sum(mark.notes for mark in strip.marks) == strip.notes
        for mark in strip.marks:
            begins = 100 * mark.first.line / len(kinds)  # drawn to the hundredth
            assert mark.left - 0.01 <= begins < mark.left + mark.width / 0.8 + 0.1
            assert kinds[mark.first.line] == strip.kind
    marks = [mark for strip in drawn.strips for mark in strip.marks]
    assert max(marks, key=lambda mark: mark.notes).height == HEIGHT
    assert all(0 < mark.height <= HEIGHT and mark.left + mark.width <= 100 for mark in marks)


def test_the_shape_of_a_report_leads_to_its_notes_and_to_as_many_of_each_kind_as_it_tells(client: FlaskClient) -> None:
    page = client.get("/report/jaws-days-2018-8ddf").text
    strips = re.findall(r'<div class="strip (\w+)">\s*<a href="([^"]+)">\S+ ([^<]+)</a>(.*?)</div>', page, re.DOTALL)

    assert [kind for kind, *_ in strips] == ["advice", "problem", "question"]
    for kind, url, notes, marks in strips:
        told = re.findall(r'<a href="([^"]+)" aria-label="\S+ (\d+)件: ', marks)
        number = sum(map(int, re.findall(r"\d+", notes)))  # sure and likely ones
        assert (total(client, url), sum(int(count) for _, count in told)) == (number, number)
        for address, _ in told:
            note = unquote(address.partition("#")[2])
            found = re.search(rf'<div class="note (\w+)" id="{re.escape(note)}">(.*?)</p>(.*?)</div>', page, re.DOTALL)
            assert found
            assert found[1] == kind or f'"kind likely {kind}"' in found[3]


def test_a_place_with_likely_notes_alone_is_drawn_as_likely() -> None:
    notes = [noted(number, "statement") for number in range(30)]
    notes[3] = noted(3, "advice")
    notes[9] = structs.replace(notes[9], likely="advice")
    drawn = shape(notes)

    assert drawn is not None
    (strip,) = drawn.strips
    assert (strip.kind, strip.notes, strip.likely) == ("advice", 2, 1)
    assert [mark.likely for mark in strip.marks] == [False, True]


def test_a_service_that_is_named_together_leads_to_as_many_notes_that_name_both(client: FlaskClient) -> None:
    page = client.get("/service/lambda").text
    told = re.findall(r'<li class="strip"><a href="([^"]+)">[^<]*? (\d+)件</a>.*?<rect y="4" width="([\d.]+)%', page)
    notes = [int(count) for _, count, _ in told]

    assert 3 < len(told) <= 10
    assert notes == sorted(notes, reverse=True)
    assert [total(client, url) for url, _, _ in told] == notes
    assert [float(width) for *_, width in told] == [round(100 * count / notes[0], 2) for count in notes]
    url = html.unescape(told[0][0])
    assert all(
        {"lambda", url.partition("service=")[2].partition("&")[0]}
        <= {one["slug"] for one in hit["services"] if one["via"] == "explicit"}
        for hit in client.get(url, headers={"Accept": "application/json"}).json["hits"]
    )


def test_a_service_that_is_named_alone_has_no_others(client: FlaskClient) -> None:
    services = client.get("/", headers={"Accept": "application/json"}).json["services"]
    told = {
        one["slug"]: client.get(f"/service/{one['slug']}", headers={"Accept": "application/json"}).json["together"]
        for one in services
        if one["notes"] == 1
    }
    alone = next(slug for slug, others in told.items() if not others)

    assert 'id="together"' not in client.get(f"/service/{alone}").text


@pytest.mark.parametrize(
    "asked", ["", "?year=2018", "?service=ラムダ", "?name=基調講演&event=aws-re-invent-2019", "?speaker=Werner Vogels"]
)
def test_each_value_of_the_filters_of_talks_lists_as_many_as_it_tells(client: FlaskClient, asked: str) -> None:
    page = client.get(f"/talks{asked}").text
    filters = page[page.index('<div class="talk-facets"') : page.index("</details>\n</div>")]
    links = re.findall(r'<li><a[^>]*? href="([^"]+)"( aria-current="true")?>.*?(\d+)セッション(.*?)</span>', filters)
    told = client.get(f"/talks{asked}", headers={"Accept": "application/json"}).json

    assert len(links) > 10
    for url, chosen, talks, without in links:
        if chosen:
            assert (int(talks), f" 外すと {total(client, url)}件") == (told["total"], without)
            assert f'href="{url}"' in page[: page.index(filters)]  # its chip
        else:
            assert (url, total(client, url)) == (url, int(talks))
    assert [(html.unescape(url), int(talks)) for url, _, talks, _ in links] == [
        (one["toggle_url"], one["count"]) for values in told["facets"].values() for one in values
    ]
    assert {key: [one["value"] for one in values if one["selected"]] for key, values in told["facets"].items()} == {
        key: {"service": ["lambda"]}.get(key, [value]) if (value := parse(asked).get(key)) else []
        for key in ("year", "event", "service", "speaker")
    }


def test_a_chosen_value_that_no_talk_has_is_listed_and_can_be_taken_away(client: FlaskClient) -> None:
    told = client.get("/talks?service=nothing&year=2018", headers={"Accept": "application/json"}).json
    (chosen,) = (one for one in told["facets"]["service"] if one["selected"])

    assert (told["total"], chosen["count"], chosen["toggle_url"]) == (0, 0, "/talks?year=2018")
    assert told["facets"]["year"] == [
        {"value": "2018", "label": "2018年", "count": 0, "selected": True, "toggle_url": "/talks?service=nothing"}
    ]


def test_of_many_values_the_first_and_the_chosen_one_are_listed_and_how_many_are_left_out(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webui.view.facets._MAX_TALK_VALUES", 3)
    address = "/talks?speaker=Adam Selipsky"
    told = client.get(address, headers={"Accept": "application/json"}).json["facets"]["speaker"]

    assert [one["value"] for one in told] == ["Werner Vogels", "Peter DeSantis", "Adam Selipsky"]
    assert "他 2 件は省略" in client.get(address).text


def test_other_lists_have_no_filters_of_talks(client: FlaskClient) -> None:
    assert "talk-facets" not in client.get("/events").text
    assert "facets" not in client.get("/events", headers={"Accept": "application/json"}).json


def test_a_mark_beyond_the_first_page_of_a_report_leads_to_the_page_of_its_note() -> None:
    drawn = shape([noted(number, "advice" if number == 450 else "statement") for number in range(500)])

    assert drawn is not None
    assert [mark.url for mark in drawn.strips[0].marks] == ["/report/r?page=3#r/450"]


def test_a_note_is_on_the_page_of_its_two_hundred() -> None:
    pages = {number: report_url(noted(number, "statement"), number) for number in (1, 200, 201, 400, 401)}

    assert [url.partition("#")[0] for url in pages.values()] == [
        "/report/r",
        "/report/r",
        "/report/r?page=2",
        "/report/r?page=2",
        "/report/r?page=3",
    ]


def test_an_entry_of_the_contents_leads_to_the_page_of_its_first_note() -> None:
    talks = [Talk(key, key, 1) for key in "abc"]
    notes = [structs.replace(noted(n, "statement"), talk=talks[(n > 150) + (n > 250)]) for n in range(1, 301)]

    assert [(step.title, step.url.partition("#")[0], step.notes) for step in table_of_contents(notes)] == [
        ("a", "/report/r", 150),
        ("b", "/report/r", 100),
        ("c", "/report/r?page=2", 50),
    ]


@given(st.integers(1, 100_000), st.integers(1, 100_000), st.integers(1, 100_000))
def test_more_notes_are_never_drawn_weaker(some: int, more: int, most: int) -> None:
    some, more, most = sorted((some, more, most))

    assert 1 <= shade(some, most) <= shade(more, most) <= shade(most, most) <= 4


@given(st.integers(2, 100_000))
def test_a_single_note_is_drawn_weakest_and_the_most_notes_strongest(most: int) -> None:
    assert (shade(1, most), shade(most, most) > 1) == (1, True)
