"""The page of two values beside each other: each number is that of the search or list behind it."""

import html
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

SAMPLES = Path(__file__).parents[2] / "data/samples"
JSON = {"Accept": "application/json"}
ENGLISH = {"Accept-Language": "en"}
PAGES = [
    "/compare?year=2018&year=2019",
    "/compare?year=2018&year=2019&service=sqs",
    "/compare?year=2018&year=2019&q=監視",
    "/compare?service=lambda&service=sqs",
    "/compare?service=lambda&service=sqs&via=explicit&year=2018",
    "/compare?event=jaws-days-2018&event=aws-re-invent-2018",
    "/compare?speaker=Werner+Vogels&speaker=Andy+Jassy",
    "/compare?kind=advice&kind=problem",
    "/compare?state=solved&state=unsolved&kind=problem",
    "/compare?category=compute&category=storage",
    "/compare?q=監視&q=Lambda",
    "/compare?q=Lambda&q=SQS&year=2018",
]
CHANGED = "/compare?service=lambda&service=vpc"  # one of its notes has changed since
LINK = re.compile(r'<a (?:class="chip" )?href="(/[^"]*)">(?:<span[^>]*>[^<]*</span> <span class="count">)?([\d,+ ]+)</')


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    knowledge_base = KnowledgeBase.open(SAMPLES, tmp_path_factory.mktemp("compare"))
    knowledge_base.indexer.sync()
    return create_app(knowledge_base).test_client()


def numbers(page: str) -> list[tuple[str, int]]:
    """Return the links of a page that are numbers, with the sum of each: 14 + 23 notes are 37."""
    found = LINK.findall(page)
    return [(html.unescape(url), sum(int(part.replace(",", "")) for part in text.split("+"))) for url, text in found]


@pytest.mark.parametrize("address", PAGES)
def test_each_number_is_that_of_the_search_or_list_behind_it(client: FlaskClient, address: str) -> None:
    found = numbers(client.get(address, headers=ENGLISH).text)

    assert len(found) > 6
    assert [(url, client.get(url, headers=JSON).json["total"]) for url, _ in found] == found


def test_the_numbers_are_those_of_notes_kinds_states_reports_and_talks(client: FlaskClient) -> None:
    page = client.get(PAGES[0], headers=ENGLISH).text
    table = page[page.index('id="numbers"') : page.index("</table>")]

    assert re.findall(r'<th scope="row"><span>([^<]+)', table) == [
        *("Notes", "Advice", "Problem", "Question", "Fact or case", "Impression", "Heading"),
        *("With a remedy", "No remedy noted", "Reports", "Talks"),
    ]


@pytest.mark.parametrize("condition", ["kind=advice", "q=Lambda"])
def test_a_search_that_no_list_can_show_has_no_number_of_talks(client: FlaskClient, condition: str) -> None:
    page = client.get(f"{PAGES[0]}&{condition}", headers=ENGLISH).text

    assert ("/talks?" in page, "/reports?" in page) == (False, False)


@pytest.mark.parametrize(
    ("asked", "status", "said"),
    [
        ("", 422, "needs two different values of one filter"),
        ("?year=2018", 422, "needs two different values of one filter"),
        ("?year=2018&year=2018", 422, "needs two different values of one filter"),
        ("?service=sqs&service=Amazon+SQS", 422, "needs two different values of one filter"),
        ("?year=2018&year=2019&year=2020", 422, "needs two different values of one filter"),
        ("?year=2018&year=2019&service=sqs&service=sns", 422, "needs two different values of one filter"),
        ("?q=Lambda&q=SQS&q=SNS", 422, "or two texts"),
        ("?q=Lambda&q=+Lambda", 422, "or two texts"),
        ("?q=Lambda&q=SQS&year=2018&year=2019", 422, "or two texts"),
        ("?year=2018&year=1950", 404, "No note fits these conditions: Year “1950”."),
        ("?service=sqs&service=SQSS", 404, "No note fits these conditions: Service “SQSS”."),
        ("?event=jaws-days-2018&event=%3Cb%3E", 404, "No note fits these conditions: Event “&lt;b&gt;”."),
        ("?year=2018&year=2019&colour=red", 400, "No note fits these conditions: colour “red”."),
        ("?year=2018&year=2019&place=x", 400, "No note fits these conditions: place “x”."),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_sentence(
    client: FlaskClient, asked: str, status: int, said: str
) -> None:
    page, answer = (client.get(f"/compare{asked}", headers=headers) for headers in (ENGLISH, ENGLISH | JSON))
    markdown = client.get(f"/compare.md{asked}", headers=ENGLISH)

    assert (page.status_code, said in page.text, markdown.status_code) == (status, True, status)
    assert (answer.status_code, said in html.escape(answer.json["detail"], quote=False)) == (400, True)


def test_two_texts_are_compared_in_their_order(client: FlaskClient) -> None:
    answer = client.get("/compare?q=監視&q=Lambda&year=2018", headers=JSON).json
    page = client.get("/compare?q=監視&q=Lambda&year=2018", headers=ENGLISH).text
    totals = {text: client.get(f"/?q={text}&year=2018", headers=JSON).json["total"] for text in ("監視", "Lambda")}

    assert (answer["facet"], [(side["label"], side["total"]) for side in answer["sides"]]) == ("q", [*totals.items()])
    assert re.findall(r"<h1[^>]*>([^<]*)</h1>\s*<p class=\"facts\">([^<]*)<", page) == [
        ("監視 and Lambda", "Only: 2018")
    ]


def test_a_single_text_leads_to_a_form_for_another_one(client: FlaskClient) -> None:
    search = client.get("/?q=Lambda&year=2018", headers=ENGLISH).text
    form = client.get("/compare?q=Lambda&year=2018", headers=ENGLISH).text

    assert 'href="/compare?q=Lambda&amp;year=2018"' in search
    assert re.findall(r'<input (?:type="hidden" )?name="(?!q" type)([^"]*)" value="([^"]*)"', form) == [
        *(("year", "2018"), ("q", "Lambda"), ("q", "")),
    ]


def test_merged_events_are_one_value(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    for name in ("鍵の会 2018", "カギカイ 18", "箱の会 2019"):
        (tmp_path / "library" / f"{name}.md").write_text(f"# {name} 参加レポート\n\n- {name}の鍵\n", "utf-8")
    events = "".join(f'[reports."{name}.md"]\nevent = "{name}"\n' for name in ("鍵の会 2018", "カギカイ 18"))
    (tmp_path / "library" / "kb.toml").write_text(f'[events]\n"カギカイ 18" = "鍵の会 2018"\n{events}', "utf-8")
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    client = create_app(knowledge_base).test_client()
    former = client.get("/compare?event=カギカイ-18&event=箱の会-2019", headers=JSON).json

    assert [(side["label"], side["total"]) for side in former["sides"]] == [("箱の会 2019", 1), ("鍵の会 2018", 2)]
    assert client.get("/compare?event=カギカイ-18&event=鍵の会-2018").status_code == 422


def test_conditions_without_notes_say_so(client: FlaskClient) -> None:
    page = client.get("/compare?year=2018&year=2019&service=bedrock", headers=ENGLISH)

    assert (page.status_code, "No note fits these conditions: Amazon Bedrock." in page.text) == (200, True)
    assert '<table class="compared">' not in page.text


def test_json_has_the_sides_and_groups(client: FlaskClient) -> None:
    answer = client.get("/compare?year=2019&year=2018&service=sqs", headers=JSON).json
    first, second = answer["sides"]
    groups = {group["key"]: group for group in answer["groups"]}

    assert (answer["facet"], first["value"], second["value"]) == ("year", "2018", "2019")
    assert (first["total"], second["total"]) == (12, 2)
    assert [pair["note"]["kind"] for pair in first["advice"]] == ["advice", "advice"]
    assert groups["series"]["own"][0] == [{"value": "jaws-days", "label": "JAWS DAYS", "notes": [5, 0], "more": None}]


def test_the_side_with_clearly_more_for_its_size_is_marked(client: FlaskClient) -> None:
    shared = {group["key"]: group["shared"] for group in client.get(PAGES[0], headers=JSON).json["groups"]}
    page = client.get(PAGES[0], headers=ENGLISH).text
    (row,) = re.findall(r"<tr>.*clearly more.*</tr>", page)

    assert shared["series"] == [{"value": "aws-re-invent", "label": "AWS re:Invent", "notes": [121, 114], "more": 1}]
    assert {one["more"] for one in shared["service"]} == {None}
    assert row.index(">121<") < row.index("clearly more") < row.index(">114<")


def test_the_commonest_values_are_shown_and_the_others_counted(client: FlaskClient) -> None:
    page = client.get(PAGES[0], headers=ENGLISH).text
    services = page[page.index('id="table-1"') : page.index('id="table-2"')]
    shown = [len(re.findall(pattern, services)) for pattern in (r'<th scope="row">', 'class="chip"')]
    more = [int(count) for count in re.findall(r">(\d+) more<", services)]
    by_year = [client.get(f"/?year={year}", headers=JSON).json["facets"]["service"] for year in (2018, 2019)]
    known = {one["value"] for year in by_year for one in year if one["count"]}

    assert (shown, sum(shown) + sum(more)) == ([12, 20], len(known))


def test_likely_advice_is_counted_but_not_shown(client: FlaskClient) -> None:
    side = client.get("/compare?service=lambda&service=s3", headers=JSON).json["sides"][1]
    (advice,) = [one for one in side["kind"] if one["value"] == "advice"]

    assert (advice["count"], advice["likely"]) == (7, 6)
    assert [pair["note"]["kind"] for pair in side["advice"]] == ["advice"]


def test_what_a_change_has_overtaken_comes_last(client: FlaskClient) -> None:
    side = client.get(f"{CHANGED}&year=2018", headers=JSON).json["sides"][0]

    for part in ("advice", "solved"):
        assert [bool(pair["note"]["changes"]) for pair in side[part]] == [False, False, True]


def test_markdown_has_the_tables_and_the_notes_with_their_sources(client: FlaskClient) -> None:
    answer = client.get("/compare.md?service=lambda&service=sqs", headers=ENGLISH)

    assert answer.mimetype == "text/markdown"
    assert answer.text.split("\n")[:7] == [
        *("# AWS Lambda and Amazon SQS", "", "## Numbers", ""),
        *("| | AWS Lambda | Amazon SQS |", "|---|---:|---:|", "| Notes | 139 | 33 |"),
    ]
    assert re.search(
        r"^## Problems with a remedy: AWS Lambda\n\n- .+ — .+ <http://localhost/note/.+>\n  - Remedy: .+ — ",
        answer.text,
        re.MULTILINE,
    )
    assert (
        "\n  - September 2019: a function in a VPC starts"
        in client.get(CHANGED.replace("?", ".md?"), headers=ENGLISH).text
    )


def test_the_sheet_has_all_notes_that_are_shown(client: FlaskClient) -> None:
    page = client.get(PAGES[0], headers=ENGLISH).text
    (sheet,) = re.findall(r'href="(/sheet[^"]+)"', page)
    shown = re.findall(r'class="note [a-z]+" id="([^"]+)"', page)

    assert [one["id"] for one in client.get(html.unescape(sheet), headers=JSON).json["quotations"]] == [
        *dict.fromkeys(shown)
    ]


def test_a_note_has_its_place_its_remedies_and_its_changes(client: FlaskClient) -> None:
    page = client.get(CHANGED, headers=ENGLISH).text
    problems = page[page.index('<h2 id="solved">') :]

    assert re.search(r'<p class="crumbs"><a [^>]*href="/talk/[^"]+">', problems)
    assert '<span class="kind advice">Remedy</span>' in problems
    assert '<p class="change"><b>Changed since</b> Lambda: September 2019: ' in page


def test_a_service_an_event_and_a_year_lead_to_likely_comparisons(client: FlaskClient) -> None:
    service, event = (client.get(path, headers=ENGLISH).text for path in ("/service/sqs", "/event/aws-re-invent-2019"))
    years = client.get("/years", headers=ENGLISH).text

    assert options(service, "service", "sqs")[:3] == ["sns", "dynamodb", "lambda"]
    assert options(event, "event", "aws-re-invent-2019")[:2] == ["aws-re-invent-2020", "aws-re-invent-2018"]
    assert '<a href="/compare?year=2018&amp;year=2019">Compare with 2018</a>' in years


def test_any_two_years_can_be_compared_and_the_newest_two_are_chosen(client: FlaskClient) -> None:
    page = client.get("/years", headers=ENGLISH).text
    form = page[page.index('action="/compare"') : page.index("</form>", page.index('action="/compare"'))]
    years = re.findall(r'<option value="([^"]+)"( selected)?', form)
    known = [one["year"] for one in client.get("/years", headers=JSON).json["years"] if one["year"] != "undated"]

    assert [year for year, _ in years] == [*known, *known]
    assert [year for year, selected in years if selected] == known[:2]


def test_a_side_with_only_likely_notes_does_not_say_that_it_has_none(client: FlaskClient) -> None:
    page = client.get("/compare?service=lambda&service=eks", headers=ENGLISH).text
    advice = page[page.index('aria-labelledby="advice"') :]
    eks = advice[advice.index("EKS</span>") : advice.index("<h3>", advice.index("EKS</span>"))]

    assert re.sub(r"<[^>]+>", " ", eks).split() == ["EKS", "0", "+", "1", "likely"]


@pytest.mark.parametrize(
    ("asked", "link"),
    [
        ("?year=2018&year=2019&q=Lambda", ['href="/compare?q=Lambda&amp;year=2018&amp;year=2019"']),
        ("?year=2018&year=2019&year=2020", []),
        ("?year=2018&year=2019&service=sqs&service=lambda", []),
        ("?year=2018&service=sqs", []),
    ],
)
def test_a_search_for_two_values_leads_to_their_comparison(client: FlaskClient, asked: str, link: list[str]) -> None:
    page = client.get(f"/{asked}", headers=ENGLISH).text

    assert re.findall('href="/compare[^"]*"', page) == link


def options(page: str, facet: str, value: str) -> list[str]:
    """Return the values that the form of a page offers to compare a value with."""
    form = page[page.index(f'<input type="hidden" name="{facet}" value="{value}">') :]
    return re.findall(r'<option value="([^"]+)"', form[: form.index("</select>")])


def test_an_empty_library_leads_to_its_first_report(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    knowledge_base = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    knowledge_base.indexer.sync()
    page = create_app(knowledge_base).test_client().get(PAGES[0], headers=ENGLISH)

    assert (page.status_code, "There are no reports yet" in page.text) == (200, True)
