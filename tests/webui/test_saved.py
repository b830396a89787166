"""Saved searches: kept in kb.toml beside all that stands there, listed with what is new, taken back."""

import html
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from kb.indexing.outcomes import SyncOutcome
from kb.knowledge_base import KnowledgeBase
from kb.library.configuration import ConfigurationError, parse
from kb.library.rewriting import with_search, without_search
from kb.library.tables import MAX_SEARCHES, SavedSearch
from webui.app import create_app
from webui.pages.saved import COOKIE, readable
from webui.pages.updating import Updater

REPORT = "# 見本勉強会 2019-05-01\n\n- SQS は冪等に受ける\n- 監視の通知を絞る\n"
TOLD = """# ours
ignore = ["drafts/**"]  # not yet

[[searches]]
name = "通知"
address = "q=通知"

# below
[words]
"冪等" = ["べきとう"]
"""
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(REPORT, "utf-8")
    (tmp_path / "library" / "kb.toml").write_text(TOLD, "utf-8")
    return tmp_path / "library"


@pytest.fixture
def kb(library: Path) -> KnowledgeBase:
    kb = KnowledgeBase.open(library, library.parent / "index")
    kb.indexer.sync()
    return kb


@pytest.fixture
def client(kb: KnowledgeBase) -> FlaskClient:
    return create_app(kb).test_client()


def told(library: Path) -> str:
    return (library / "kb.toml").read_text("utf-8")


def saved(client: FlaskClient, **fields: str) -> TestResponse:
    return client.post("/saved", data=fields, headers=OURS)


def undone(client: FlaskClient, after: TestResponse) -> TestResponse:
    page = client.get(after.location).text
    undo_entry = re.search(r'name="change" value="([^"]*)"', page)
    return client.post("/undo", data={"change": undo_entry[1] if undo_entry else ""}, headers=OURS)


def new(page: TestResponse) -> list[str]:
    return re.findall(r'<b class="new">(.*?)</b>', page.text)


def test_a_search_is_saved_from_its_page_and_listed_on_the_first(client: FlaskClient, library: Path) -> None:
    page = client.get("/?q=SQS&service=sqs&kind=statement").text
    fields = {
        key: html.unescape(value) for key, value in re.findall(r'name="(address|back|name)" value="([^"]*)"', page)
    }
    after = saved(client, **{**fields, "name": "キューの話"})
    start = client.get("/").text

    assert (after.status_code, after.location.partition("&done=")[0]) == (303, "/?q=SQS&service=sqs&kind=statement")
    assert '[[searches]]\nname = "キューの話"\naddress = "q=SQS&service=sqs&kind=statement"\n' in told(library)
    assert re.search(r'href="/\?q=SQS&amp;service=sqs&amp;kind=statement"><span>キューの話</span>', start)
    assert "この検索を保存" not in client.get("/?kind=statement&service=SQS&q=SQS").text


def test_saving_and_forgetting_can_be_taken_back_and_leaves_all_else_as_it_was(
    client: FlaskClient, library: Path
) -> None:
    undone(client, saved(client, name="別", address="q=冪等", back="/"))
    after_saving = told(library)
    undone(client, client.post("/saved/remove", data={"name": "通知", "back": "/"}, headers=OURS))

    assert after_saving == TOLD
    assert {line for line in told(library).splitlines() if line} == {line for line in TOLD.splitlines() if line}


def test_a_removed_search_comes_back_to_its_place_among_the_others(client: FlaskClient, kb: KnowledgeBase) -> None:
    saved(client, name="別", address="q=冪等", back="/")
    undone(client, client.post("/saved/remove", data={"name": "通知", "back": "/"}, headers=OURS))

    assert [search.name for search in kb.corrector.searches()] == ["通知", "別"]


def test_a_search_that_another_saved_under_the_same_name_since_is_not_forgotten(
    client: FlaskClient, library: Path
) -> None:
    mine = saved(client, name="別", address="q=冪等", back="/")
    client.post("/saved/remove", data={"name": "別", "back": "/"}, headers=OURS)
    saved(client, name="別", address="q=監視", back="/")
    before = told(library)
    refused = client.post("/undo", data={"change": mine.location.partition("done=")[2]}, headers=OURS)

    assert (refused.status_code, told(library)) == (409, before)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "", "address": "q=a"}, "名前は1〜100文字"),
        ({"name": "あ" * 101, "address": "q=a"}, "名前は1〜100文字"),
        ({"name": "通知", "address": "q=a"}, "「通知」という名前の検索がすでにあります"),
        ({"name": "a", "address": ""}, "何を探すかがありません"),
        ({"name": "a", "address": "x=y"}, "次の条件に当てはまるものはありません"),
    ],
)
def test_what_cannot_be_saved_is_told_beside_its_field(
    client: FlaskClient, library: Path, fields: dict[str, str], message: str
) -> None:
    answer = saved(client, **fields)
    field = "name" if "名前" in message else "address"

    assert (answer.status_code, told(library)) == (422, TOLD)
    assert re.search(rf'<span class="error" id="{field}-error">{message}', answer.text)
    assert f'value="{fields["address"]}"' in answer.text


def test_the_list_is_that_of_kb_toml_whether_or_not_the_index_follows(kb: KnowledgeBase) -> None:
    def sync(_tell: object) -> SyncOutcome:
        raise OSError("the disk is full")

    client = create_app(kb, updater=Updater(sync)).test_client()
    before = client.get("/saved", headers={"Accept": "application/json"}).json["searches"]
    saved(client, name="別", address="q=冪等")
    after = client.get("/saved", headers={"Accept": "application/json"}).json["searches"]

    assert [one["name"] for one in after] == [*(one["name"] for one in before), "別"]


def test_what_is_not_saved_is_not_told_as_removed(client: FlaskClient) -> None:
    assert client.post("/saved/remove", data={"name": "どこにもない"}, headers=OURS).status_code == 409


def test_what_is_new_is_counted_from_when_this_browser_opened_the_search(
    client: FlaskClient, kb: KnowledgeBase, library: Path
) -> None:
    first = new(client.get("/"))
    client.get("/?q=通知")
    seen = new(client.get("/"))
    (library / "a.md").write_text(f"{REPORT}- 夜の通知は止める\n- 箱\n", "utf-8")
    kb.indexer.sync()
    after, other = new(client.get("/")), new(create_app(kb).test_client().get("/"))
    client.get("/?q=通知")

    assert (first, seen, after, other, new(client.get("/"))) == ([], [], ["新着 1件"], [], [])


def test_notes_that_were_new_when_the_search_was_opened_are_not_new_again(
    client: FlaskClient, kb: KnowledgeBase, library: Path
) -> None:
    counts = list[list[str]]()
    text = REPORT
    for note in ("夜の通知は止める", "朝の通知は絞る"):
        client.get("/?q=通知")
        text += f"- {note}\n"
        (library / "a.md").write_text(text, "utf-8")
        kb.indexer.sync()
        counts.append(new(client.get("/")))

    assert counts == [["新着 1件"], ["新着 1件"]]


def test_a_full_cookie_forgets_the_search_that_was_opened_longest_ago(
    client: FlaskClient, kb: KnowledgeBase, library: Path
) -> None:
    others = [f"{number:08x}.20260101000000" for number in range(MAX_SEARCHES)]
    client.set_cookie(COOKIE, "-".join(others))
    client.get("/?q=通知")
    kept = client.get_cookie(COOKIE)
    (library / "a.md").write_text(f"{REPORT}- 夜の通知は止める\n", "utf-8")
    kb.indexer.sync()

    assert kept is not None
    assert kept.value.split("-")[1:] == others[:-1]
    assert new(client.get("/")) == ["新着 1件"]


def test_a_search_that_is_not_saved_sets_no_cookie(client: FlaskClient) -> None:
    answers = [client.get(address) for address in ("/?q=SQS", "/", "/saved", "/?q=通知")]

    assert [COOKIE in answer.headers.get("Set-Cookie", "") for answer in answers] == [False, False, False, True]


@pytest.mark.parametrize("cookie", ["", "x", "0.0", "ffffffff.99999999999999", "é" * 500])
def test_any_cookie_is_harmless(client: FlaskClient, cookie: str) -> None:
    client.set_cookie(COOKIE, cookie)

    assert client.get("/").status_code == client.get("/?q=通知").status_code == 200


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ('searches = "x"', "searches cannot be 'x'; write [[searches]] with lines"),
        ('[[searches]]\nname = "a"\n', "[[searches]] number 1 has no address"),
        ('[[searches]]\nname = "a"\naddress = "q=b"\ncolour = "red"\n', "unknown key 'colour'"),
        ('[[searches]]\nname = "a"\naddress = "q=b"\n' * 2, "two [[searches]] have the name 'a'"),
        ("".join(f'[[searches]]\nname = "{n}"\naddress = "q=b"\n' for n in range(51)), "more than 50 [[searches]]"),
    ],
)
def test_a_mistake_in_the_table_is_told_with_its_remedy(tables: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        parse(tables.encode())


names = st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1, max_size=20).filter(str.strip)


@given(every=st.lists(names.map(str.strip), unique=True, max_size=MAX_SEARCHES), data=st.data(), as_list=st.booleans())
def test_a_kb_toml_keeps_each_search_in_its_place_and_all_its_comments(
    every: list[str], data: st.DataObject, *, as_list: bool
) -> None:
    told = (
        b'searches = []\n# ours\n[words] # w\n"a" = ["b"]\n'
        if as_list
        else b'# ours\n[words] # w\n"a" = ["b"]\n# end\n'
    )
    comments, kept = re.findall(rb"#.*", told), list[str]()
    for name in every:
        place = data.draw(st.none() | st.integers(0, len(kept)))
        told = with_search(told, SavedSearch(name, f"q={name}"), place)
        kept.insert(len(kept) if place is None else place, name)
        assert [search.name for search in parse(told).searches] == kept
    while kept:
        place = data.draw(st.integers(0, len(kept) - 1))
        told = without_search(told, place)
        kept.pop(place)
        assert [search.name for search in parse(told).searches] == kept

    assert re.findall(rb"#.*", told) == comments


@given(
    st.lists(st.tuples(st.sampled_from(("q", "service", "event")), st.text(min_size=1).filter(str.strip)), min_size=1)
)
def test_a_readable_address_is_read_as_what_it_was(pairs: list[tuple[str, str]]) -> None:
    pairs = [(key, value.encode("utf-8", "replace").decode()) for key, value in pairs]

    assert parse_qsl(readable(pairs)) == parse_qsl(urlencode(pairs)) == pairs
