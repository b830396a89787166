"""The languages of the page: every text of a page is in the requested one, and a catalogue makes a third language."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po
from flask.testing import FlaskClient
from messages import compiled, forms, required_texts

from kb import translation
from kb.cli.commands import COMMANDS
from kb.knowledge_base import KnowledgeBase
from kb.readers.formats import LABELS
from kb.report.identity import slug
from webui import app as app_module
from webui.app import create_app

WEBUI = Path(app_module.__file__).parent
LETTERS = re.compile("[A-Za-z]{2}")
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
ALL_PAGES = (
    *("/", "/?q=", "/?q=Lambda", "/?speaker=山田 花子&event={event}", "/service/lambda", "/guide/lambda"),
    *("/timeline?service=lambda", "/reports", "/events", "/talks", "/talks?speaker=山田 花子", "/speakers"),
    *("/speaker/山田 花子", "/event/{event}", "/pairs", "/todo", "/sheet?q=Lambda", "/updates", "/saved"),
    *("/talk/{talk}", "/note/{note}", "/report/{report}", "/lines/{report}", "/correct/{note}", "/suggest?q=山田"),
    *("/why/{note}", "/why/{talk}", "/correct-talk/{talk}", "/correct-report/{report}", "/updates/{update}"),
    *("/merge/people?of=山田 花子", "/merge/people?of=山田 花子&with=見本 太郎"),
)


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


def test_no_file_of_the_page_holds_japanese_that_is_shown() -> None:
    """Except for the questions of the start page, which are in the language of the notes (`cached.py`)."""
    code = [path for path in WEBUI.rglob("*.py") if path.name != "cached.py"]
    shown = {path.name: re.sub(r'""".*?"""|#.*', "", path.read_text("utf-8"), flags=re.DOTALL) for path in code}
    pages = [path for path in WEBUI.rglob("*") if path.suffix in {".html", ".xml", ".json"}]
    shown |= {path.name: re.sub(r"{#.*?#}", "", path.read_text("utf-8"), flags=re.DOTALL) for path in pages}
    shown |= {path.name: re.sub(r"//.*", "", path.read_text("utf-8")) for path in WEBUI.rglob("*.js")}
    letters = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]+")

    assert {name: letters.findall(text) for name, text in shown.items() if letters.search(text)} == {}


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    ("language", "site", "search"),
    [("ja", "セッションメモ", "メモを検索"), ("en", "Session notes", "Search the notes")],
)
def test_every_page_is_in_the_requested_language(
    client: FlaskClient, path: str, language: str, site: str, search: str
) -> None:
    page = client.get(f"{path}{'&' if '?' in path else '?'}lang={language}")

    assert f'<html lang="{language}">' in page.text
    assert {"Accept-Language", "Cookie"} <= set(page.headers["Vary"].split(", "))
    assert site in page.text
    assert search in page.text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("en-GB,en;q=0.9", "en"), ("ja,en;q=0.5", "ja"), ("en;q=0.5,ja", "ja"), ("fr", "ja"), ("", "ja")],
)
def test_the_preference_of_the_browser_chooses_the_language(client: FlaskClient, accepted: str, language: str) -> None:
    assert f'<html lang="{language}">' in client.get("/", headers={"Accept-Language": accepted}).text


def test_a_requested_language_is_remembered(client: FlaskClient) -> None:
    client.get("/?q=SQS&lang=en")

    assert '<html lang="en">' in client.get("/", headers={"Accept-Language": "ja"}).text
    assert '<html lang="ja">' in client.get("/?lang=ja").text
    assert '<html lang="ja">' in client.get("/", headers={"Accept-Language": "en"}).text


def test_an_unknown_language_is_ignored(client: FlaskClient) -> None:
    answer = client.get("/?lang=xx", headers={"Accept-Language": "en"})

    assert ('<html lang="en">' in answer.text, "Set-Cookie" in answer.headers) == (True, False)


def test_a_language_does_not_make_the_start_page_a_search(client: FlaskClient) -> None:
    assert "Map of services" in client.get("/?lang=en").text


def test_each_page_links_to_itself_in_the_other_language(client: FlaskClient) -> None:
    page = client.get("/?q=SQS&kind=statement").text
    event = client.get("/event/見本勉強会-2018").text

    assert '<a href="/?q=SQS&amp;kind=statement&amp;lang=en" hreflang="en" lang="en">English</a>' in page
    assert f'<a href="/event/{quote("見本勉強会-2018")}?lang=en" hreflang="en" lang="en">English</a>' in event


def test_another_language_is_another_page_to_a_cache(client: FlaskClient) -> None:
    tag = client.get("/?q=SQS").headers["ETag"]
    headers = {"If-None-Match": tag}

    assert client.get("/?q=SQS", headers=headers).status_code == 304
    assert client.get("/?q=SQS", headers={**headers, "Accept-Language": "en"}).status_code == 200


def test_kinds_and_dates_are_in_english_but_not_in_addresses(client: FlaskClient) -> None:
    page = client.get("/?q=順番&lang=en").text

    for text in ("Question", "10 March 2018", 'name="kind" value="question"', "Relevance", "1 note (順番)"):
        assert text in page


def test_notes_are_marked_with_their_own_language(client: FlaskClient) -> None:
    english, japanese = (client.get(f"/?q=順番&lang={language}").text for language in ("en", "ja"))

    assert '<p class="text" lang="ja">' in english
    assert '<p class="text">' in japanese


def test_japanese_on_an_english_page_is_data(client: FlaskClient) -> None:
    page = client.get("/?q=順番&lang=en").text
    shown = re.sub(r"<[^>]*>", "", page)

    assert set(re.findall(r"[\u3040-\u30ff\u4e00-\u9fff]+", shown)) <= {
        "順番", "順番は", "見本勉強会", "キューの話", "日本語",
    }  # fmt: skip


class Unmarked(HTMLParser):
    """Collects the Japanese texts outside of elements that are marked as Japanese; quoted words do not count."""

    def __init__(self) -> None:
        super().__init__()
        self.around: list[tuple[str, str | None]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("input", "meta", "link", "img"):  # which have no end
            self.around.append((tag, dict(attrs).get("lang") or (self.around[-1][1] if self.around else None)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Skip the shapes of a drawing."""

    def handle_endtag(self, tag: str) -> None:
        while self.around and self.around.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        text = re.sub("“[^”]*”", "", data).strip()
        if JAPANESE.search(text) and self.around[-1][1] == "en" and self.around[-1][0] != "title":
            self.found.append(text)


@pytest.mark.parametrize("path", ALL_PAGES)
def test_japanese_on_an_english_page_is_marked(large: KnowledgeBase, path: str) -> None:
    report = large.browser.reports()[0]
    note = large.browser.report(report.id)[1][-1]
    update, event = next(iter(large.updates.differences())), slug(report.event or "")
    address = path.format(report=report.id, note=note.id, talk=report.talks[0].id, event=event, update=update)
    page = create_app(large).test_client().get(address, headers={"Accept-Language": "en", "Accept": "text/html"})
    reader = Unmarked()
    reader.feed(page.text)

    assert (page.status_code, JAPANESE.search(page.text) is not None) == (200, True)
    assert [text for text in reader.found if not re.match(r"\d+ notes? \(", text)] == []  # the search itself


class Foreign(HTMLParser):
    """Collects the texts of a page that are neither ⟦translated⟧, nor data, nor marked as in another language."""

    ATTRIBUTES = ("alt", "aria-label", "placeholder", "title", "data-done", "data-forget", "data-lost", "data-recent",
                  "data-summed", "data-typing")  # fmt: skip

    def __init__(self, data: set[str]) -> None:
        super().__init__()
        self.data = sorted(data, key=len, reverse=True)
        self.around: list[tuple[str, bool]] = []
        self.texts: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        hidden = tag in ("script", "style", "kbd", "code") or dict(attrs).get("lang") in ("ja", "en")
        hidden = hidden or (bool(self.around) and self.around[-1][1])
        if not hidden:
            for text in (value for name, value in attrs if name in self.ATTRIBUTES and value):
                self.collect(text)
        if tag not in ("input", "meta", "link", "img"):
            self.around.append((tag, hidden))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Skip the shapes of a drawing."""

    def handle_endtag(self, tag: str) -> None:
        while self.around and self.around.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self.around or not self.around[-1][1]:
            self.collect(data)

    def collect(self, text: str) -> None:
        rest = re.sub(r"https?://\S*", "", outside(text))
        for value in self.data if LETTERS.search(rest) else ():
            rest = rest.replace(value, "")
        if LETTERS.search(rest):
            self.texts.add(rest.strip())


def outside(text: str) -> str:
    """Return a text without its translations, which may hold other translations."""
    while (shorter := re.sub("⟦[^⟦⟧]*⟧", "", text)) != text:
        text = shorter
    return text


@pytest.fixture
def pseudo_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A third language: a folder with a `.po` and its `.mo`, and nothing else."""
    folder = tmp_path / "locale"
    shutil.copytree(translation.LOCALE, folder)
    own = folder / "xx" / "LC_MESSAGES"
    own.mkdir(parents=True)
    known = Catalog(charset="utf-8")
    for context, text in required_texts():
        translated = tuple(f"⟦{form}⟧" for form in forms(text))
        known.add(text, translated if isinstance(text, tuple) else translated[0], context=context)
    with (own / "kb.po").open("wb") as file:
        write_po(file, known)
    with (own / "kb.po").open("rb") as file:
        (own / "kb.mo").write_bytes(compiled(read_po(file)))
    monkeypatch.setattr(translation, "LOCALE", str(folder))
    return folder


@pytest.mark.usefixtures("pseudo_language")
def test_a_third_language_is_a_catalogue_and_nothing_else(large: KnowledgeBase) -> None:
    report = large.browser.reports()[0]
    notes = large.browser.report(report.id)[1]
    names = {"report": report.id, "note": notes[-1].id, "talk": report.talks[0].id, "event": slug(report.event or "")}
    update = next(iter(large.updates.differences()))
    client = create_app(large).test_client()
    catalogue = large.collection.catalogue
    data = {name for service in catalogue.services for name in service.names} | {"CSV", "Markdown", "md", "MB"}
    data |= {change.english for change in large.collection.domain.changes}  # which are in Japanese or English
    data |= {*LABELS, "English", "SQS", "Lambda", "OR", "zzz"}
    foreign = {}
    for path in (*PAGES, *ALL_PAGES):
        page = client.get(path.format(**names, update=update), headers={"Accept-Language": "xx", "Accept": "text/html"})
        reader = Foreign(data)
        reader.feed(page.text)
        if reader.texts:
            foreign[path] = reader.texts

    assert foreign == {}
    start = client.get("/?lang=xx").text
    assert ('<html lang="xx">' in start, "⟦Search the notes⟧" in start) == (True, True)
    assert 'lang=en" hreflang="en" lang="en">English</a>' in start
    assert 'hreflang="xx" lang="xx">⟦English⟧</a>' in client.get("/?lang=en").text


def test_the_terminal_speaks_a_third_language(pseudo_language: Path) -> None:
    """All but the names of commands and options, their values, and the examples."""
    script = f"""
import sys
from kb import translation
translation.LOCALE = {str(pseudo_language)!r}
from webui.command import main
for name in sys.argv[1:]:
    try:
        main([name, "--help"] if name else ["--help"])
    except SystemExit:
        pass
main(["search", "--limit", "x"])
"""
    command = [sys.executable, "-c", script, "", *COMMANDS]
    environment = {**os.environ, "LC_ALL": "xx_XX.UTF-8", "COLUMNS": "200"}
    done = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8", check=False)
    without_names = re.sub(r"--[\w-]+|\[[^\]]*\]|\$\(.*?\)|\w+ \| kb\b|\bkb\b.*", "", outside(done.stdout))

    assert {*re.findall(r"[a-z]{3,}", without_names)} - set(re.findall(r"[a-z]+", " ".join(COMMANDS))) == set()
    assert "[ja|xx|en]" in done.stdout
    assert "⟦Invalid value" in done.stderr
