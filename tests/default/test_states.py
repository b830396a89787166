"""What is said is right for the state that a library and its index are in."""

from collections.abc import Iterator

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from states import EMPTY, OURS, REPORT, State, made

from index.engine import Coverage
from kb.cli.group import cli
from kb.programs.answers import EMPTY as NOTHING_YET
from kb.translation import in_language
from kb.wording import coverage
from webui.app import create_app

LISTS = ("/", "/?q=SQS", "/reports", "/events", "/talks", "/speakers", "/years", "/pairs", "/timeline")
NOTES = 98


@pytest.fixture
def state(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[State]:
    with pytest.MonkeyPatch.context() as patch:
        yield made(request.param, tmp_path_factory.mktemp("state"), patch)


@pytest.fixture
def client(state: State) -> FlaskClient:
    return create_app(state.kb).test_client()


def kb(state: State, *typed: str) -> tuple[int, str]:
    """Return how a command ends, and all that it says."""
    result = CliRunner().invoke(cli, [*typed, *state.places], catch_exceptions=False)
    return result.exit_code, result.output


def total(client: FlaskClient, address: str) -> int:
    return int(client.get(address, headers={"Accept": "application/json"}).json["total"])


@pytest.mark.parametrize("state", EMPTY, indirect=True)
def test_every_page_of_an_empty_library_leads_to_the_first_report(client: FlaskClient) -> None:
    found = {
        (address, language): '<a class="button" href="/add">'
        in client.get(address, headers={"Accept-Language": language}).text
        for address in LISTS
        for language in ("ja", "en")
    }

    assert [asked for asked, leads in found.items() if not leads] == []
    assert client.get("/add").status_code == 200


@pytest.mark.parametrize("state", [name for name in EMPTY if name != "everything ignored"], indirect=True)
def test_the_first_report_is_found_as_soon_as_it_is_added(client: FlaskClient) -> None:
    before = client.get("/readyz").json
    added = client.post("/add", data={"text": REPORT, "step": "save"}, headers=OURS)
    after = client.get("/readyz").json

    assert (added.status_code, total(client, "/?q=SQS")) == (303, 1)
    assert [(one["status"], one["reports"], one["notes"]) for one in (before, after)] == [
        ("ready", 0, 0),
        ("ready", 1, 1),
    ]


@pytest.mark.parametrize("state", ["everything ignored"], indirect=True)
def test_a_report_that_would_be_ignored_is_refused(client: FlaskClient) -> None:
    refused = client.post("/add", data={"text": REPORT, "step": "save"}, headers=OURS)

    assert (refused.status_code, "ignore" in refused.text) == (409, True)


@pytest.mark.parametrize("state", EMPTY, indirect=True)
def test_commands_on_an_empty_library_end_well_and_say_what_to_do(state: State) -> None:
    every = {command: kb(state, *command.split()) for command in ("sync", "search SQS", "guide sqs", "pairs")}
    codes = {command: code for command, (code, _) in every.items()}

    assert codes == {
        **dict.fromkeys(codes, 0),
        "sync": 2 if state.name.startswith("only") and "kb.toml" not in state.name else 0,
    }
    assert [command for command, (_, told) in every.items() if "`kb add FILE`" not in told] == []


@pytest.mark.parametrize("state", EMPTY, indirect=True)
def test_programs_are_told_that_nothing_is_noted_yet(client: FlaskClient) -> None:
    call = {"name": "search", "arguments": {"query": "SQS"}}
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-06-18"}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}

    assert client.post("/mcp", json=body, headers=headers).json["result"]["structuredContent"]["nothing"] == NOTHING_YET


@pytest.mark.parametrize("state", ["never synced"], indirect=True)
def test_without_an_index_nothing_is_ready_until_the_first_sync(client: FlaskClient) -> None:
    before = client.get("/readyz")
    client.post("/sync", headers=OURS)
    after = client.get("/readyz")

    assert [(one.status_code, one.json["status"]) for one in (before, after)] == [(503, "not ready"), (200, "ready")]


@pytest.mark.parametrize(
    ("state", "embedded", "completed"),
    [
        ("one note", Coverage(1, 1), Coverage(1, 1)),
        ("vectors half made", Coverage(64, NOTES), Coverage(NOTES, NOTES)),
        ("no vectors yet", Coverage(0, NOTES), Coverage(NOTES, NOTES)),
        ("vectors gone", Coverage(0, NOTES), Coverage(NOTES, NOTES)),
        ("model not installed", None, None),
        ("model does not run", None, None),
    ],
    indirect=["state"],
)
def test_however_many_vectors_there_are_words_are_found_and_a_sync_makes_the_rest(
    state: State, client: FlaskClient, embedded: Coverage | None, completed: Coverage | None
) -> None:
    found = total(client, "/?q=順番を守らない&without=near"), total(client, "/?q=順番を守らない")
    told = [
        in_language("ja", coverage, embedded) in client.get("/").text,
        in_language("en", coverage, embedded) in kb(state, "status")[1],
    ]
    synced = kb(state, "sync", "--wait")[0]

    assert (found[0], found[1] >= 1, told, synced) == (1, True, [True, True], 0)
    page = client.get("/").text

    assert (state.kb.indexer.coverage(), in_language("ja", coverage, completed) in page) == (completed, True)


@pytest.mark.parametrize("state", ["model's address away"], indirect=True)
def test_where_the_model_does_not_answer_a_sync_says_so_and_notes_are_found_by_their_words(
    state: State, client: FlaskClient
) -> None:
    synced, said = kb(state, "sync", "--wait")

    assert (total(client, "/?q=順番"), kb(state, "search", "順番")[0], synced) == (1, 0, 2)
    assert "http://127.0.0.1:1/v1/embeddings does not answer" in said
    assert [line.rpartition("; ")[2] for line in said.splitlines()][-1] == "notes are found by their words alone"
