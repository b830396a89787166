"""Cheap for whoever asks: values capped, costly answers limited at once, keys not to be guessed."""

import csv
import io
import threading
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.exceptions import TooManyRequests

from kb.knowledge_base import KnowledgeBase
from kb.report.model import Note
from webui.app import create_app
from webui.http.address import MAX_VALUES, Unread, query_of
from webui.http.security import Access, Guesses, at_once
from webui.pages.export import table

TOKEN = "a-token-of-twenty-chars"  # noqa: S105
OURS = {"Sec-Fetch-Site": "same-origin"}
MANY = "&".join(f"talk={number:x}" for number in range(1600))


@pytest.fixture(scope="module")
def knowledge_base(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("limits")
    (folder / "library").mkdir()
    (folder / "library" / "a.md").write_text("# 見本勉強会 2019\n\n- SQS は便利\n", "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture
def client(knowledge_base: KnowledgeBase) -> Iterator[FlaskClient]:
    with create_app(knowledge_base, access=Access(token=TOKEN)).test_client() as client:
        yield client


def test_of_many_values_the_first_count_and_the_rest_is_told_in_one_number() -> None:
    query, unread = query_of([*(("talk", str(number)) for number in range(30)), *(("x", "y"),) * 40])

    assert (len(query.selected("talk")), len(unread)) == (30, MAX_VALUES - 30 + 1)
    assert unread[-1] == Unread(None, "38")


@pytest.mark.parametrize("values", [MANY, MANY.replace("talk", "x"), "q=" + "a" * 15_000, "talk=" + "a" * 15_000])
def test_the_longest_address_makes_no_long_page(client: FlaskClient, values: str) -> None:
    page = client.get(f"/?{values}", headers={"Accept-Encoding": "identity"})

    assert (page.status_code, len(page.data) < 60_000) == (200, True)


def test_that_values_were_left_out_is_told(client: FlaskClient) -> None:
    assert "条件が多すぎるため、後の 1,568個は使いませんでした" in client.get(f"/?{MANY}").text


@pytest.mark.parametrize("path", ["/", "/feed", "/?lang=en&q=SQS", "/feed?lang=en"])
def test_an_address_may_have_a_value_of_no_name(client: FlaskClient, path: str) -> None:
    page = client.get(f"{path}{'&' if '?' in path else '?'}=red")

    assert (page.status_code, "red" in page.text) == (400 if path.startswith("/feed") else 200, True)


def test_the_number_of_a_page_may_have_any_number_of_digits(client: FlaskClient) -> None:
    paths = ("/", "/suggest", "/pairs", "/timeline", "/sheet", "/export.csv", "/export.md", "/reports", "/feed")
    told = {path: client.get(f"{path}?q=SQS&page={'1'.zfill(9):0<4409}").status_code for path in paths}

    whole = (
        "/timeline",
        "/sheet",
        "/export.csv",
        "/export.md",
        "/feed",
    )  # of a search, which has to be understood whole
    assert told == dict.fromkeys(paths, 200) | dict.fromkeys(whole, 400)


def test_who_comes_on_top_of_costly_answers_is_told_when_to_come_again() -> None:
    inside, done = threading.Event(), threading.Event()

    @at_once(1)
    def view() -> str:
        inside.set()
        done.wait()
        return "made"

    first = threading.Thread(target=view)
    first.start()
    inside.wait()
    with pytest.raises(TooManyRequests) as refusal:
        view()
    done.set()
    first.join()

    assert dict(refusal.value.get_headers())["Retry-After"] == "2"
    assert view() == "made"


def guess(client: FlaskClient, number: int) -> int:
    return client.post("/key", data={"token": f"wrong {number}"}, headers=OURS).status_code


def test_after_ten_wrong_keys_an_address_waits_a_minute_for_the_next_one(client: FlaskClient) -> None:
    answers = [guess(client, number) for number in range(11)]
    another = client.post("/key", data={"token": "wrong again"}, headers=OURS)

    assert answers == [403] * 10 + [429]
    assert (another.status_code, 0 < int(another.headers["Retry-After"]) <= 60) == (429, True)
    assert "少し待ってから" in another.text


def test_right_keys_pass_at_every_door_however_many_wrong_ones_came_from_their_address(client: FlaskClient) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    for number in range(20):
        guess(client, number)
    call = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    programs = {**bearer, "Accept": "application/json, text/event-stream"}
    by_token = [client.post("/sync", headers=bearer), client.post("/mcp", json=call, headers=programs)]
    key = client.post("/key", data={"token": TOKEN}, headers=OURS)  # the answer sets the cookie
    by_cookie = client.post("/sync", headers=OURS)

    assert [answer.status_code for answer in (*by_token, key, by_cookie)] == [303, 200, 303, 303]


@pytest.mark.parametrize("headers", [OURS, {}])
def test_keys_cannot_be_guessed_by_writing_either(client: FlaskClient, headers: dict[str, str]) -> None:
    guesses = [{"Authorization": f"Bearer {number}", **headers} for number in range(11)]

    assert [client.post("/add", headers=guess).status_code for guess in guesses] == [401] * 10 + [429]


def test_cookies_cannot_be_guessed_either(client: FlaskClient) -> None:
    answers = []
    for number in range(11):
        client.set_cookie("kb_key", f"{number}")
        answers.append(client.post("/add", headers=OURS).status_code)

    assert answers == [401] * 10 + [429]


def test_the_cookie_of_an_old_key_counts_once_however_often_it_is_sent(client: FlaskClient) -> None:
    client.set_cookie("kb_key", "of an old key")
    answers = [client.post("/add", headers=OURS).status_code for _ in range(30)]

    others = [guess(client, number) for number in range(10)]
    again = client.post("/add", headers=OURS).status_code

    assert (answers, others, again) == ([401] * 30, [403] * 9 + [429], 401)


def test_a_wrong_key_is_forgotten_after_a_minute_and_others_are_left_alone() -> None:
    now = [0.0]
    guesses = Guesses(lambda: now[0])
    for number in range(10):
        guesses.add("192.0.2.1", number)
    guesses.add("192.0.2.2", "a guess")
    with pytest.raises(TooManyRequests):
        guesses.add("192.0.2.1", "a guess")
    now[0] = 61.0

    guesses.add("192.0.2.1", "a guess")


def test_addresses_that_guessed_long_ago_are_forgotten_for_new_ones() -> None:
    guesses = Guesses()
    for number in range(10):
        guesses.add("192.0.2.1", number)
    for number in range(1000):
        guesses.add(f"198.51.100.{number}", "a guess")

    guesses.add("192.0.2.1", "a guess")


@pytest.mark.parametrize("token", ["", " ", "\n\t"])
def test_a_blank_token_is_none(token: str) -> None:
    with pytest.raises(ValueError, match="blank"):
        Access(token=token)


@pytest.mark.parametrize(
    ("begun", "kept"),
    [
        (begun, False)
        for begun in ("=", "＝", "＋1", "－", "＠", "\u200b=", "\ufeff＝", "\u3164@", " =", "\u202e-", "\t", "−")
    ]
    + [("a=", True), ("監視", True), ("【=】", True), ("", True)],
)
def test_no_cell_of_a_table_is_a_formula(knowledge_base: KnowledgeBase, begun: str, *, kept: bool) -> None:
    note = Note(**{**note_fields(knowledge_base), "text": f"{begun}1+1"})
    _, (cell, *_) = csv.reader(io.StringIO(table([note], knowledge_base.collection.catalogue, "http://localhost/")))

    assert cell == (f"{begun}1+1" if kept else f"'{begun}1+1")


def note_fields(knowledge_base: KnowledgeBase) -> dict[str, object]:
    (found,) = knowledge_base.browser.report(knowledge_base.browser.reports()[0].id)[1]
    return {name: getattr(found, name) for name in Note.__struct_fields__}
