"""Two languages: the same texts in both, none anywhere else, and the one that is wanted on every page."""

import builtins
import importlib
import inspect
import pkgutil
import re
import string
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from kb.knowledge_base import KnowledgeBase
from kb.report.identity import slug
from webui import app as app_module
from webui.app import create_app
from webui.texts import LANGUAGES, en, ja, shared_en, shared_ja

WEBUI = Path(app_module.__file__).parent
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uff00-\uffef]+")
REPORT = "# 見本勉強会 2018-03-10 参加レポート\n\n## 【A】11:10~12:00:キューの話\n\n- SQS は冪等に\n- 順番は?\n"
LARGE = """# 見本勉強会 {year} 参加レポート

{year}-03-10

## 【甲】11:10~12:00:Lambda の話

登壇者: 山田 花子

- Lambda
  - 必ずデッドレターキューを設定すること
  - メモリは最大 {year}MB
  - 課題: 起動が遅くて困る
    - → VPC の外に置く
  - 何秒まで待てる?
    - 15分まで
  - 関数を小さく分けて書く

## 【甲】13:00~13:40:箱の話

登壇者: 山田 花子、見本 太郎

- SQS は順番を守らない
"""
PAGES = ("/", "/?q=SQS", "/?q=zzz", "/?q=SQS&kind=statement&year=2018&x=y", "/reports", "/events", "/talks?name=a",
         "/speakers", "/years", "/pairs", "/pairs?service=x&state=answered", "/service/sqs", "/add", "/key",
         "/nowhere")  # fmt: skip


@pytest.fixture(scope="module")
def knowledge_base(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("languages")
    (folder / "library").mkdir()
    (folder / "library" / "a.md").write_text(REPORT, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    """A library with something for every part of a page: two events of a series, problems, an update."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "library").mkdir()
    (folder / "library" / "kb.toml").write_text('[[searches]]\nname = "箱"\naddress = "q=箱"\n', "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    for year in (2018, 2020):
        (folder / "library" / f"{year}.md").write_text(LARGE.format(year=year), "utf-8")
        knowledge_base.indexer.sync()
    return knowledge_base


@pytest.fixture
def client(knowledge_base: KnowledgeBase) -> FlaskClient:
    return create_app(knowledge_base).test_client()


def names(module: ModuleType) -> dict[str, object]:
    """Return the texts of a language: what is named in its room, or brought in from the one of commands."""
    own = module.__name__.split(".")[0]
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType)
        and (not callable(value) or (inspect.isfunction(value) and value.__module__.startswith(f"{own}.texts")))
        and name not in ("counted", "TYPE_CHECKING", "in_language", "translate", "category")
    }


def shape(text: object) -> object:
    """Return what two languages must have in common of a text: its keys, its length, its blanks, its parameters."""
    if isinstance(text, Mapping):
        return {key: shape(value) for key, value in text.items()}
    if inspect.isfunction(text):
        return tuple(inspect.signature(text).parameters)
    if isinstance(text, str):
        return sorted(field for _, field, _, _ in string.Formatter().parse(text) if field)
    return type(text).__name__


@pytest.mark.parametrize(("one", "other"), [(ja, en), (shared_ja, shared_en)])
def test_both_languages_have_the_same_texts(one: ModuleType, other: ModuleType) -> None:
    differing = {"KEYS_HOW"}  # named by the keys as each language lists them
    first, second = names(one), names(other)

    assert first.keys() == second.keys()
    assert [n for n in first if n not in differing and shape(first[n]) != shape(second[n])] == []
    assert len(ja.KEYS_HOW) == len(en.KEYS_HOW)


def test_the_english_texts_hold_no_japanese() -> None:
    rooms = [*(WEBUI / "texts" / "en").glob("*.py"), Path(shared_en.__file__)]

    assert [JAPANESE.findall(room.read_text("utf-8")) for room in rooms] == [[]] * len(rooms)


def test_no_other_file_holds_japanese_that_is_shown() -> None:
    code = [path for path in WEBUI.rglob("*.py") if "texts" not in path.parts]
    told = {path.name: re.sub(r'""".*?"""|#.*', "", path.read_text("utf-8"), flags=re.DOTALL) for path in code}
    pages = [path for path in WEBUI.rglob("*") if path.suffix in {".html", ".xml", ".json"}]
    told |= {path.name: re.sub(r"{#.*?#}", "", path.read_text("utf-8"), flags=re.DOTALL) for path in pages}
    told |= {path.name: re.sub(r"//.*", "", path.read_text("utf-8")) for path in WEBUI.rglob("*.js")}
    letters = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]+")

    assert {name: letters.findall(text) for name, text in told.items() if letters.search(text)} == {}


def test_nothing_but_the_texts_chooses_a_language() -> None:
    code = [path for path in WEBUI.rglob("*.py") if "texts" not in path.parts]

    assert [path.name for path in code if re.search(r"texts(\.| import )(ja|en)\b", path.read_text("utf-8"))] == []


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_in_the_language_that_is_wanted(client: FlaskClient, path: str, language: str) -> None:
    asked = client.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
    text = LANGUAGES[language]

    assert f'<html lang="{language}">' in asked.text
    assert {"Accept-Language", "Cookie"} <= set(asked.headers["Vary"].split(", "))
    assert text.SITE in asked.text
    assert text.SEARCH_LABEL in asked.text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("en-GB,en;q=0.9", "en"), ("ja,en;q=0.5", "ja"), ("en;q=0.5,ja", "ja"), ("fr", "ja"), ("", "ja")],
)
def test_a_browser_tells_which_language_is_preferred(client: FlaskClient, accepted: str, language: str) -> None:
    assert f'<html lang="{language}">' in client.get("/", headers={"Accept-Language": accepted}).text


def test_the_language_that_was_asked_for_is_remembered(client: FlaskClient) -> None:
    client.get("/?q=SQS&lang=en")

    assert '<html lang="en">' in client.get("/", headers={"Accept-Language": "ja"}).text
    assert '<html lang="ja">' in client.get("/?lang=ja").text
    assert '<html lang="ja">' in client.get("/", headers={"Accept-Language": "en"}).text


def test_a_language_that_there_is_not_is_none(client: FlaskClient) -> None:
    answer = client.get("/?lang=xx", headers={"Accept-Language": "en"})

    assert ('<html lang="en">' in answer.text, "Set-Cookie" in answer.headers) == (True, False)


def test_a_language_does_not_make_the_start_page_a_search(client: FlaskClient) -> None:
    assert en.SERVICE_MAP in client.get("/?lang=en").text


def test_each_page_leads_to_itself_in_the_other_language(client: FlaskClient) -> None:
    page = client.get("/?q=SQS&kind=statement").text
    event = client.get("/event/見本勉強会-2018").text

    assert '<a href="/?q=SQS&amp;kind=statement&amp;lang=en" hreflang="en" lang="en">English</a>' in page
    assert f'<a href="/event/{quote("見本勉強会-2018")}?lang=en" hreflang="en" lang="en">English</a>' in event


def test_another_language_is_another_page_to_a_cache(client: FlaskClient) -> None:
    tag = client.get("/?q=SQS").headers["ETag"]
    headers = {"If-None-Match": tag}

    assert client.get("/?q=SQS", headers=headers).status_code == 304
    assert client.get("/?q=SQS", headers={**headers, "Accept-Language": "en"}).status_code == 200


def test_kinds_and_dates_are_told_in_english_and_stay_as_they_are_in_addresses(client: FlaskClient) -> None:
    page = client.get("/?q=順番&lang=en").text

    for told in ("Question", "10 March 2018", 'name="kind" value="question"', "Relevance", "1 note (順番)"):
        assert told in page


def test_notes_are_told_to_be_in_their_own_language(client: FlaskClient) -> None:
    english, japanese = (client.get(f"/?q=順番&lang={language}").text for language in ("en", "ja"))

    assert '<p class="text" lang="ja">' in english
    assert '<p class="text">' in japanese


def test_what_is_on_an_english_page_in_japanese_is_data(client: FlaskClient) -> None:
    page = client.get("/?q=順番&lang=en").text
    shown = re.sub(r"<[^>]*>", "", page)

    assert set(re.findall(r"[\u3040-\u30ff\u4e00-\u9fff]+", shown)) <= {
        "順番", "順番は", "見本勉強会", "キューの話", "日本語",
    }  # fmt: skip


class Unmarked(HTMLParser):
    """Collects the Japanese texts of a page that no element around them tells to be Japanese; quoted words are none."""

    def __init__(self) -> None:
        super().__init__()
        self.around: list[tuple[str, str | None]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("input", "meta", "link", "img"):  # which have no end
            self.around.append((tag, dict(attrs).get("lang") or (self.around[-1][1] if self.around else None)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Leave what has nothing inside: the shapes of a drawing."""

    def handle_endtag(self, tag: str) -> None:
        while self.around and self.around.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text = re.sub("“[^”]*”", "", data).strip()
        if JAPANESE.search(text) and self.around[-1][1] == "en" and self.around[-1][0] != "title":
            self.found.append(text)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/?q=", "/?q=Lambda", "/?speaker=山田 花子&event={event}", "/service/lambda", "/guide/lambda"),
        *("/timeline?service=lambda", "/reports", "/events", "/talks", "/talks?speaker=山田 花子", "/speakers"),
        *("/speaker/山田 花子", "/event/{event}", "/pairs", "/todo", "/sheet?q=Lambda", "/updates", "/saved"),
        *("/talk/{talk}", "/note/{note}", "/report/{report}", "/lines/{report}", "/correct/{note}", "/suggest?q=山田"),
        *("/why/{note}", "/why/{talk}", "/correct-talk/{talk}", "/correct-report/{report}", "/updates/{update}"),
    ],
)
def test_what_is_japanese_on_an_english_page_is_marked_so(large: KnowledgeBase, path: str) -> None:
    report = large.browser.reports()[0]
    note = large.browser.report(report.id)[1][-1]
    update, event = next(iter(large.updates.differences())), slug(report.event or "")
    address = path.format(report=report.id, note=note.id, talk=report.talks[0].id, event=event, update=update)
    page = create_app(large).test_client().get(address, headers={"Accept-Language": "en", "Accept": "text/html"})
    reader = Unmarked()
    reader.feed(page.text)

    assert (page.status_code, JAPANESE.search(page.text) is not None) == (200, True)
    assert [text for text in reader.found if not re.match(r"\d+ notes? \(", text)] == []  # which repeats what was asked


def test_every_text_of_the_interface_is_shown_somewhere() -> None:
    code = [path for path in WEBUI.rglob("*") if path.suffix in {".py", ".html", ".xml", ".json"}]
    rest = "".join(path.read_text("utf-8") for path in code if "en" not in path.parts)
    names = [name for name in vars(ja) if not name.startswith("_") and vars(ja)[name] not in vars(builtins).values()]
    told = "".join(path.read_text("utf-8") for path in Path(ja.__file__).parent.glob("*.py"))
    own = [name for name in names if re.search(rf"^(def {name}\b|{name} = )", told, re.MULTILINE)]

    assert [name for name in own if len(re.findall(rf"\b{name}\b", rest)) < 2] == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_name_of_a_text_means_two_things(language: str) -> None:
    room = importlib.import_module(f"webui.texts.{language}")
    modules = [importlib.import_module(f"{room.__name__}.{one.name}") for one in pkgutil.iter_modules(room.__path__)]
    every = [(name, value) for module in modules for name, value in vars(module).items() if name.isupper()]
    meanings = {name: {repr(value) for other, value in every if other == name} for name, _ in every}

    assert {name: values for name, values in meanings.items() if len(values) > 1} == {}
