"""How much a first visit sends, over a library that fills every list of a page: no page grows with the library."""

import gzip
import random
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kb.knowledge_base import KnowledgeBase
from webui import app as app_module
from webui.app import create_app

SAMPLES = Path(__file__).parents[2] / "data/samples"
EVENTS, TALKS, NOTES = 60, 3, 12
FETCHED = re.compile(r'<link rel="(?:icon|stylesheet)" href="([^"]*)"|<script src="([^"]*)"')


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("light")
    (folder / "library").mkdir()
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    names = [service.name for service in knowledge_base.collection.catalogue.services]
    chance = random.Random(2019)  # noqa: S311  # the same library each time
    phrases = re.findall(r"[^\s、。（）「」:#*-]{3,12}", "".join(file.read_text("utf-8") for file in SAMPLES.iterdir()))

    def said(count: int) -> str:
        return "".join(chance.choices(phrases, k=count))

    for number in range(EVENTS):
        lines = [f"# {said(2)}勉強会 {2000 + number % 25}"]
        for _ in range(TALKS):
            lines += ["", f"## 【A】10:00~10:40:AWS {said(3)} {said(1)}さん", ""]
            lines += [f"- AWS {said(8)}、{chance.choice(names)} {said(2)}" for _ in range(NOTES)]
        (folder / "library" / f"{number}.md").write_text("\n".join(lines), "utf-8")
    knowledge_base.indexer.sync()
    return create_app(knowledge_base).test_client()


def sent(client: FlaskClient, address: str) -> int:
    """Return the bytes of an answer as browsers count them (`transferSize`): 300 for its head, its body compressed."""
    with client.get(address, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.status_code == 200
        return 300 + len(answer.data)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("address", ["/?", "/?q=AWS", "/?q=", "/?q=AWS&sort=new", "/service/lambda?", "/reports?"])
def test_a_first_visit_to_a_large_library_is_light(client: FlaskClient, address: str, language: str) -> None:
    address = f"{address}&lang={language}"
    fetched = [icon_or_style or script for icon_or_style, script in FETCHED.findall(client.get(address).text)]
    total = sum(sent(client, each) for each in (address, *fetched))

    print(f"{address}: {total / 1000:.1f} kB")  # noqa: T201
    sheets = address.startswith(("/?&lang", "/service", "/reports"))  # of pictures on the start page, else of reading
    assert len(fetched) == 3 + sheets
    assert 10_000 < total <= 24_600


def test_every_list_of_the_page_is_full(client: FlaskClient) -> None:
    page = client.get("/?q=AWS&lang=ja").text
    listed = {group: page.count(f'name="{group}" value=') for group in ("year", "event", "service", "talk", "speaker")}

    assert listed == {"year": 25, "event": 16, "service": 36, "talk": 12, "speaker": 12}
    assert page.count("うち言葉を含むもの") == 10


def test_programs_get_no_more_reports_of_the_start_page_than_people(client: FlaskClient) -> None:
    told = client.get("/", headers={"Accept": "application/json"}).json

    assert len(told["reports"]) == 10
    assert told["totals"]["reports"] == EVENTS
    assert (
        EVENTS * TALKS * NOTES <= told["totals"]["notes"] < EVENTS * TALKS * (NOTES + 1)
    )  # made up, a title may be one


@pytest.mark.parametrize("name", ["page.js", "recent.js", "drop.js", "style.css", "pictures.css", "reading.css"])
def test_scripts_and_styles_are_sent_without_comments_and_indents(client: FlaskClient, name: str) -> None:
    written = (Path(app_module.__file__).parent / "static" / name).read_text("utf-8")
    with client.get(f"/static/{name}", headers={"Accept-Encoding": "gzip"}) as answer:
        sent_text = gzip.decompress(answer.data).decode()

    assert (re.search(r"/\*|^\s*//|^ ", sent_text, re.MULTILINE), "/*" in written or "//" in written) == (None, True)
    assert re.findall(r"[\w-]{20,}", sent_text) == re.findall(
        r"[\w-]{20,}", re.sub(r"^\s*(//.*|/\*.*\*/)$", "", written, flags=re.MULTILINE)
    )
