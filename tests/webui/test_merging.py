"""Two events or people that are one: merged, split and proposed on the page, each with its undo."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

REPORTS = {
    "long.md": "# 鍵の会 2018\n\n## 【A】10:00~10:30:サーバーと鍵の話\n\n- 登壇者：山田 花子\n- 鍵は二つ持つ\n",
    "short.md": "# カギの会 2018\n\n## 【A】10:00~10:30:サーバと鍵の話\n\n- 登壇者：hanako_y\n- 予備の鍵は別の箱に置く\n",
    "other.md": "# カギの会 2019\n\n## 【A】10:00~10:30:箱の話\n\n- 登壇者：山田花子\n- 箱は二つ\n",
    "twin.md": "# 箱をよく知るための勉強会 2019\n\n## 【A】10:00~10:30:箱の話\n\n- 登壇者：HanakoY\n- 箱は三つ\n",
    "twin2.md": "# 箱をよく知るため勉強会 2019\n\n## 【A】10:00~10:30:蓋の話\n\n- 登壇者：佐藤 次郎\n- 蓋は三つ\n",
}
YES_AND_NO = """[events]
"箱をよく知るため勉強会 2019" = "箱をよく知るための勉強会 2019"

[different.people]
"山田花子" = ["山田 花子"]
"""
OURS = {"Sec-Fetch-Site": "same-origin"}
JSON = {"Accept": "application/json"}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    (tmp_path / "library").mkdir()
    for name, text in REPORTS.items():
        (tmp_path / "library" / name).write_text(text, "utf-8")
    return tmp_path / "library"


@pytest.fixture
def client(library: Path) -> FlaskClient:
    kb = KnowledgeBase.open(library, library.parent / "index")
    kb.indexer.sync()
    return create_app(kb).test_client()


def post(client: FlaskClient, path: str, **form: str) -> TestResponse:
    return client.post(path, data=form, headers=OURS)


def undo(client: FlaskClient, response: TestResponse) -> TestResponse:
    deed = response.headers["Location"].partition("done=")[2].partition("#")[0]
    return post(client, "/undo", change=deed, back="/")


def configuration(library: Path) -> str:
    file = library / "kb.toml"
    return file.read_text("utf-8") if file.exists() else ""


def events(client: FlaskClient) -> list[str]:
    return sorted(event["name"] for event in client.get("/events", headers=JSON).json["events"])


def test_the_form_names_the_others_and_shows_what_happens(client: FlaskClient) -> None:
    asked = client.get("/merge/events?of=カギの会-2018").text
    confirmed = client.get("/merge/events?of=カギの会-2018&with=鍵の会 2018").text

    assert (re.findall(r'<option value="([^"]+)"', asked), re.findall(r'name="shown" value="([^"]+)"', confirmed)) == (
        ["カギの会 2019", "箱をよく知るための勉強会 2019", "箱をよく知るため勉強会 2019", "鍵の会 2018"],
        ["カギの会 2018", "鍵の会 2018"],
    )
    assert "1レポート、1セッション" in re.sub(r"<[^>]+>", "", confirmed)


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("/merge/events?of=カギの会-2018", "鍵の会2018", 200),
        ("/merge/events?of=カギの会-2018", "鍵の会 2028", "「鍵の会 2028」はありません。近い名前: 鍵の会 2018"),
        ("/merge/events?of=カギの会-2018", "カギの会2018", "「カギの会2018」はもう「カギの会 2018」と同じです。"),
        ("/merge/people?of=hanako_y", "山田　花子", 200),
        ("/merge/people?of=hanako_y", "xyz", "「xyz」はありません。"),
    ],
)
def test_the_other_name_is_understood_in_any_spelling_or_refused(
    client: FlaskClient, path: str, text: str, said: str | int
) -> None:
    response = client.get(f"{path}&with={text}&lang=ja")

    assert response.status_code == (422 if isinstance(said, str) else said)
    assert not isinstance(said, str) or said in response.text


def test_a_merge_is_shown_undone_and_done_again(client: FlaskClient, library: Path) -> None:
    form = {"of": "カギの会-2018", "with": "鍵の会 2018", "shown": "鍵の会 2018"}
    merged = post(client, "/merge/events", **form)
    texts = [configuration(library), events(client)[0]]
    undone = undo(client, merged)
    texts += [configuration(library), events(client)[0]]
    undo(client, undone)

    assert (unquote(merged.headers["Location"]).partition("?")[0], texts, configuration(library)) == (
        "/event/鍵の会-2018",
        ['[events]\n"カギの会 2018" = "鍵の会 2018"\n', "カギの会 2019", "", "カギの会 2018"],
        '[events]\n"カギの会 2018" = "鍵の会 2018"\n',
    )


def test_either_name_may_be_shown(client: FlaskClient, library: Path) -> None:
    post(client, "/merge/people", of="hanako_y", shown="hanako_y", **{"with": "山田 花子"})

    assert configuration(library) == '[people]\n"山田 花子" = "hanako_y"\n'


def test_pages_and_addresses_of_the_merged_name_lead_to_the_other(client: FlaskClient) -> None:
    (talk,) = client.get("/event/カギの会-2018", headers=JSON).json["talks"]
    post(client, "/merge/events", of="カギの会-2018", shown="鍵の会 2018", **{"with": "鍵の会 2018"})
    post(client, "/merge/people", of="hanako_y", shown="山田 花子", **{"with": "山田 花子"})
    event, speaker = (client.get(path, headers=JSON).json for path in ("/event/カギの会-2018", "/speaker/hanako_y"))

    assert (event["name"], event["merged"], len(event["reports"])) == ("鍵の会 2018", ["カギの会 2018"], 2)
    assert (speaker["name"], speaker["merged"], speaker["total"]) == ("山田 花子", ["hanako_y"], 1)
    assert [
        client.get(f"/talk/{talk}").status_code,
        *(
            client.get(path, headers=JSON).json["total"]
            for path in (
                "/?q=&event=カギの会-2018",
                "/?q=&speaker=hanako_y",
                "/talks?event=カギの会-2018",
                "/talks?speaker=hanako_y",
                "/reports?event=カギの会-2018",
            )
        ),
    ] == [200, 4, 4, 1, 1, 2]
    assert "鍵の会 2018" in client.get("/?q=&event=カギの会-2018").text


def test_merged_names_are_listed_and_taken_apart_again(client: FlaskClient, library: Path) -> None:
    post(client, "/merge/events", of="カギの会-2018", shown="鍵の会 2018", **{"with": "鍵の会 2018"})
    page = client.get("/event/鍵の会-2018?lang=ja").text
    split = post(client, "/split/events", of="鍵の会-2018", name="カギの会 2018")

    assert "ほかの名前: カギの会 2018" in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    assert (unquote(split.headers["Location"]).partition("?")[0], configuration(library), events(client)[0]) == (
        "/event/鍵の会-2018",
        "",
        "カギの会 2018",
    )
    undo(client, split)
    assert configuration(library) == '[events]\n"カギの会 2018" = "鍵の会 2018"\n'


def test_apart_from_a_name_that_no_report_has_one_comes_to_the_list(client: FlaskClient, library: Path) -> None:
    (library / "kb.toml").write_text('[events]\n"カギの会 2018" = "新しい鍵の会"\n', "utf-8")
    post(client, "/sync")
    split = post(client, "/split/events", of="新しい鍵の会", name="カギの会 2018")

    assert split.headers["Location"].partition("?")[0] == "/events"


@pytest.mark.parametrize("path", ["/merge/events?of=x", "/merge/people?of=x", "/merge/talks?of=x"])
def test_what_is_unknown_cannot_be_merged(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_only_a_merged_name_is_split(client: FlaskClient) -> None:
    assert post(client, "/split/people", of="hanako_y", name="山田 花子").status_code == 422


def proposed(client: FlaskClient, what: str) -> list[tuple[str, str, str]]:
    tasks = client.get(f"/todo?what={what}", headers=JSON).json["tasks"]
    return [(task["name"], task["shown"], task["cause"]) for task in tasks]


def test_likely_ones_are_proposed_and_answered(client: FlaskClient, library: Path) -> None:
    before = [proposed(client, what) for what in ("events", "people")]
    pair = {"name": "箱をよく知るため勉強会 2019", "shown": "箱をよく知るための勉強会 2019"}
    yes = post(client, "/todo/same", what="events", answer="yes", **pair)
    no = post(client, "/todo/same", what="people", answer="no", name="山田花子", shown="山田 花子")
    texts = configuration(library)
    after = [proposed(client, what) for what in ("events", "people")]
    undo(client, no)
    undo(client, yes)

    assert before == [
        [("箱をよく知るため勉強会 2019", "箱をよく知るための勉強会 2019", "spelling")],
        [("HanakoY", "hanako_y", "spelling"), ("山田花子", "山田 花子", "spelling")],
    ]
    assert (texts, after, configuration(library)) == (
        YES_AND_NO,
        [[], [("HanakoY", "hanako_y", "spelling")]],
        "",
    )


def test_an_answer_to_nothing_proposed_is_refused(client: FlaskClient, library: Path) -> None:
    response = post(client, "/todo/same", what="events", answer="yes", name="鍵の会 2018", shown="カギの会 2019")

    assert (response.status_code, configuration(library)) == (422, "")
