"""The page as files: every link leads to one of them, nothing private is told, and no folder of anybody's is lost."""

import hashlib
import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from datetime import date
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

import click
import pytest
from atom import objections
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

import webui.command  # noqa: F401 (it adds `export-site`)
from kb.cli.group import cli
from kb.knowledge_base import KnowledgeBase
from kb.translation import language, languages
from webui.http.security import CONTENT_SECURITY_POLICY
from webui.site import exporting
from webui.site.exporting import SiteError, files, foreign_files, replace
from webui.site.rewriting import Place, Places, Rewriter, link, web_address

SAMPLES = Path(__file__).parents[2] / "data/samples"
ROOT = "https://me.example/notes/"
REPORT = "# 見本勉強会 2018-03-10 参加レポート\n\n## 【A】11:10~12:00:キューの話\n\n- SQS は冪等に\n- 箱は空にする\n"
DEEDS = re.compile(
    r"/(?:correct|add|todo|sync|saved|remove|undo|key|sheet|cite|why|lines|export|suggest|mcp|compare)\b"
)

Links = dict[str, list[str]]


def export(folder: Path, library: Path, index: Path, *options: str) -> Result:
    words = ["export-site", str(folder), "--library", str(library), "--index", str(index), *options]
    return CliRunner().invoke(cli, words)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of somebody whose name, machine and folders nobody else is to know; reports lie below two folders."""
    home = tmp_path_factory.mktemp("home") / "jane-doe"
    shutil.copytree(SAMPLES, home / "library")
    (home / "library" / "client-x").mkdir()
    for name in ("2018-jaws-days.txt", "2019-reinvent.txt"):
        (home / "library" / name).rename(home / "library" / "client-x" / name)
    searches = '[[searches]]\nname = "my own affair"\naddress = "q=Lambda"\n'
    (home / "library" / "kb.toml").write_text(searches, "utf-8")
    return home


@pytest.fixture(scope="module")
def site(home: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "gethostname", lambda: "janes-machine")
        patch.setenv("HOME", str(home))
        told = export(home / "site", home / "library", home / "index", "--url", ROOT.rstrip("/"))
    assert (told.exit_code, told.stderr) == (0, "kb: indexing the library first\n")
    return home / "site"


def pages(site: Path) -> Iterator[tuple[str, html.HtmlElement]]:
    for path in sorted(site.rglob("*.html")):
        yield path.relative_to(site).as_posix(), html.parse(path, html.HTMLParser(encoding="utf-8")).getroot()


def links(site: Path) -> Links:
    """Return what each file of a site leads to, itself and other sites left out."""
    found = {
        name: [str(url) for url in page.xpath("//@href | //@src | //@action") if not urlsplit(url).netloc]
        for name, page in pages(site)
    }
    index = json.loads((site / "search/notes.json").read_text("utf-8"))
    found["search/notes.json"] = [row[0] for row in (*index["notes"], *index["places"])]
    return found


def test_every_page_has_its_policy_before_its_scripts_and_style_sheets(site: Path) -> None:
    first = "//meta[@http-equiv='Content-Security-Policy'][not(preceding::script or preceding::link)]/@content"
    policies = {name: page.xpath(first) for name, page in pages(site)}

    assert [name for name, found in policies.items() if found != [CONTENT_SECURITY_POLICY]] == []
    assert "unsafe" not in CONTENT_SECURITY_POLICY


def test_every_link_of_a_site_leads_to_a_file_of_it_and_to_a_place_that_is_there(site: Path) -> None:
    places = {name: set(page.xpath("//@id")) for name, page in pages(site)}
    lost = []
    for name, urls in links(site).items():
        for url in urls:
            reached = urlsplit(urljoin(f"https://x/{name}", url))
            file = unquote(reached.path)[1:]
            here = reached.fragment and unquote(reached.fragment) not in places.get(file, ())
            if not (site / file).is_file() or here:
                lost.append((name, url))

    assert lost == []


def test_every_file_of_a_site_is_led_to(site: Path) -> None:
    led = {
        unquote(urlsplit(urljoin(f"https://x/{name}", url)).path)[1:]
        for name, urls in links(site).items()
        for url in urls
    }
    every = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}

    assert every - led == {".kb-site", ".nojekyll", "search/notes.json"}


def test_no_link_begins_at_the_root_or_has_need_of_a_server_that_knows_indexes(site: Path) -> None:
    urls = [url for urls in links(site).values() for url in urls if not url.startswith("#")]

    assert [url for url in urls if url.startswith("/") or PurePosixPath(urlsplit(url).path).suffix == ""] == []


def test_a_site_has_each_note_with_its_own_id(site: Path, home: Path) -> None:
    kb = KnowledgeBase.open(home / "library", home / "index")
    notes = {note.id: note.text for report in kb.browser.reports() for note in kb.browser.report(report.id)[1]}
    index = json.loads((site / "search/notes.json").read_text("utf-8"))

    assert {unquote(row[0])[len("../note/") : -len("/index.html")]: row[1] for row in index["notes"]} == notes
    assert len(index["notes"]) == len(notes) > 1000
    assert all((site / "note" / one / "index.html").is_file() for one in notes)


def test_a_site_tells_nothing_of_whose_machine_it_was_made_on(site: Path, home: Path) -> None:
    private = ("jane-doe", "janes-machine", "client-x", "my own affair", "localhost", "127.0.0.1", "site.invalid")
    told = {
        (word, path.relative_to(site).as_posix())
        for path in site.rglob("*")
        if path.is_file()
        for word in (*private, str(home.parent), str(Path.cwd()))
        if word in path.read_bytes().decode("utf-8", "replace") or word in path.relative_to(site).as_posix()
    }

    assert told == set()


def test_a_report_below_a_folder_is_told_by_the_name_of_its_file(site: Path) -> None:
    (report,) = (site / "report").glob("jaws-days-2018-*")

    assert "出典 2018-jaws-days.txt<" in (report / "index.html").read_text("utf-8")


def rewritten(body: str, folders: tuple[str, ...] = ()) -> str:
    """Return the body of a page as a site has it."""
    page = f"<!doctype html><head><meta charset=utf-8></head><body>{body}</body>"
    made = Rewriter(None, folders, "").page(page.encode(), "index.html", lambda *_: None)
    return made.decode().split("<body>")[1].split("</body>")[0]


def test_each_folder_is_hidden_also_if_one_path_is_the_end_of_another() -> None:
    facts = '<p class="facts">client/talks/a.md<b> / </b>talks/a.md</p>'

    assert rewritten(facts, ("talks/a.md", "client/talks/a.md")) == '<p class="facts">a.md<b> / </b>a.md</p>'


def test_a_link_without_a_file_keeps_its_text_and_language_and_its_part_of_a_picture() -> None:
    link = 'href="/talks?year=2018&amp;event=x" class="name"'

    assert rewritten(f'<p><a {link} lang="ja">鍵</a></p>') == '<p><span lang="ja">鍵</span></p>'
    assert rewritten(f"<svg><a {link}><rect></rect></a></svg>") == "<svg><g><rect></rect></g></svg>"


def test_an_address_with_several_parts_in_a_feed_keeps_them() -> None:
    content = '&lt;a href="http://site.invalid/?service=sqs&amp;amp;year=2018"&gt;'
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><content>{content}</content></feed>'
    made = etree.fromstring(Rewriter(ROOT, (), "").feed(feed.encode()))

    assert made[0].text == f'<a href="{ROOT}search/?service=sqs&amp;year=2018">'


def test_nothing_can_be_written_and_nothing_leads_to_where_one_writes(site: Path) -> None:
    found = {
        name: told
        for name, page in pages(site)
        if (
            told := [
                *(form.get("id", "") for form in page.iter("form") if form.get("id") != "search"),
                *(button.text for button in page.iter("button") if button.getparent().get("id") != "search"),
                *(url for url in page.xpath("//@href | //@action") if not url.startswith("http") and DEEDS.search(url)),
                *(script.get("src") for script in page.iter("script") if "site-search" not in script.get("src")),
            ]
        )
    }

    assert found == {}


def test_what_is_left_out_leaves_no_empty_line_behind(site: Path) -> None:
    empty = [
        (name, html.tostring(one)[:80])
        for name, page in pages(site)
        for one in page.xpath("//details//p[not(node())] | //li[not(normalize-space(.)) and not(.//*)]")
    ]

    assert empty == []


def test_a_list_is_narrowed_by_one_thing_and_its_pages_are_turned(site: Path) -> None:
    assert (site / "talks/year=2018/index.html").is_file()
    assert not list(site.glob("talks/*/year=*"))
    assert 'href="../../talks/index.html"' in (site / "talks/year=2018/index.html").read_text("utf-8")


def test_a_search_keeps_its_query(site: Path) -> None:
    start = (site / "index.html").read_text("utf-8")

    assert 'action="search/index.html"' in start
    assert 'href="search/index.html?service=lambda&amp;year=2018"' in start


def test_the_feeds_and_quotations_of_a_site_tell_where_it_stands(site: Path) -> None:
    feed = (site / "service/lambda/feed.xml").read_bytes()
    every = [(site / "updates/feed.xml"), *site.glob("service/*/feed.xml")]
    addresses = {url for path in every for url in re.findall(rf'{ROOT}[^\s"<&]*', path.read_text("utf-8"))}
    note = next((site / "note").glob("jaws-days-2018-*/*/index.html"))
    own = urlsplit(f"{ROOT}{note.parent.relative_to(site).as_posix()}/").geturl()

    assert objections(feed) == []
    assert etree.fromstring(feed).xpath("string(//*[@rel='self']/@href)") == f"{ROOT}service/lambda/feed.xml"
    files = {re.split("[?#]", url.removeprefix(ROOT))[0] for url in addresses}
    assert len(addresses) > 50
    assert [file for file in files if not (site / unquote(file)).exists()] == []
    assert f"&lt;{own}&gt;" in note.read_text("utf-8")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder with a library of one report."""
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "a.md").write_text(REPORT, "utf-8")
    return tmp_path


def exported(small: Path, *options: str) -> Result:
    return export(small / "site", small / "library", small / "index", *options)


def state(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_without_an_address_there_is_no_feed_and_no_link_to_one(small: Path) -> None:
    exported(small)
    told = b"".join(state(small / "site").values())

    assert (b"feed" in told, b"invalid" in told, "&lt;http" in told.decode("utf-8", "replace")) == (False, False, False)


def test_a_site_is_in_the_language_that_is_asked_for(small: Path) -> None:
    exported(small, "--lang", "en")
    every = {page.get("lang") for _, page in pages(small / "site")}
    index = json.loads((small / "site/search/notes.json").read_text("utf-8"))

    assert (every, index["groups"]["service"]) == ({"en"}, "Service")


def test_a_site_tells_the_day_from_which_its_ages_count(small: Path) -> None:
    kb = KnowledgeBase.open(small / "library", small / "index")
    kb.indexer.sync()
    made = dict(files(kb, root=None, language="ja", progress=lambda *_: None, today=lambda: date(2020, 4, 1)))
    note = next(data.decode() for name, data in made.items() if name.startswith("note/"))

    assert ("2018年3月10日・2年前" in note, "2020年4月1日に書き出したページです" in note) == (True, True)


def test_words_of_an_attachment_and_of_the_name_of_a_service_are_searched(small: Path) -> None:
    (small / "library" / "a.md").write_text(f"{REPORT}- API Gateway は速い\n\n```\nrate: 5\n```\n", "utf-8")
    kb = KnowledgeBase.open(small / "library", small / "index")
    kb.indexer.sync()
    made = dict(files(kb, root=None, language="ja", progress=lambda *_: None))
    index = json.loads(made["search/notes.json"])
    gateway = [index["values"][number][:2] for number in index["names"]["gateway"]]

    assert [row[5:] for row in index["notes"]] == [[], [], ["rate: 5"]]
    assert gateway == [["service", "api-gateway"]]


def test_a_second_site_takes_the_place_of_the_first(small: Path) -> None:
    exported(small)
    before = state(small / "site")
    (small / "library" / "a.md").write_text(REPORT.replace("空にする", "閉じる"), "utf-8")
    CliRunner().invoke(cli, ["sync", "--library", str(small / "library"), "--index", str(small / "index")])
    again = exported(small)
    gone = {name for name in before if not (small / "site" / name).exists()}

    assert (again.exit_code, len(gone)) == (0, 1)
    assert gone.pop().startswith("note/")
    assert sorted(path.name for path in small.iterdir()) == ["index", "library", "site"]


def test_a_folder_with_a_file_of_somebody_is_left_as_it_is(small: Path) -> None:
    exported(small)
    (small / "site/note/CNAME").write_text("me.example", "utf-8")
    before = state(small / "site")
    refused = exported(small)

    assert (refused.exit_code, state(small / "site") == before) == (2, True)
    assert "holds what no export wrote, or what was changed since: note/CNAME; name another" in refused.stderr


def test_a_page_that_somebody_edited_is_no_longer_ours(small: Path) -> None:
    exported(small)
    with (small / "site/index.html").open("a", encoding="utf-8") as page:
        page.write("<!-- mine -->")

    assert "changed since: index.html;" in exported(small).stderr


def test_what_somebody_puts_there_meanwhile_is_not_lost(small: Path) -> None:
    exported(small)

    def made() -> Iterator[tuple[str, bytes]]:
        yield "index.html", b"new"
        (small / "site/mine.txt").write_text("mine", "utf-8")

    with pytest.raises(click.UsageError, match=r"mine\.txt"):
        replace(small / "site", made())
    assert (small / "site/mine.txt").read_text("utf-8") == "mine"


def test_a_folder_that_was_there_before_any_site_is_left_as_it_is(small: Path) -> None:
    (small / "site").mkdir()
    for number in range(5):
        (small / "site" / f"{number}.txt").write_text("mine", "utf-8")
    refused = exported(small)

    assert refused.exit_code == 2
    assert "0.txt, 1.txt, 2.txt, …;" in refused.stderr
    assert len(state(small / "site")) == 5


def test_a_link_to_a_folder_of_somebody_is_not_followed_nor_lost(small: Path) -> None:
    exported(small)
    (small / "site/mine").symlink_to(small / "library")

    assert "changed since: mine;" in exported(small).stderr
    assert (small / "library/a.md").is_file()


def test_an_edited_page_of_the_same_length_is_no_longer_ours(small: Path) -> None:
    replace(small / "site", [("index.html", b"2018")])
    (small / "site/index.html").write_bytes(b"2019")

    with pytest.raises(click.UsageError, match=r"changed since: index\.html;"):
        replace(small / "site", [("index.html", b"2020")])


@pytest.mark.parametrize("listed", ["", "4 mine.txt\n", f"{hashlib.sha256(b'what').hexdigest()} mine.txt\n"])
def test_a_forged_list_gives_up_no_file_whose_content_its_writer_did_not_know(small: Path, listed: str) -> None:
    (small / "site").mkdir()
    (small / "site/mine.txt").write_bytes(b"mine")
    (small / "site/.kb-site").write_text(listed, "utf-8")

    with pytest.raises(click.UsageError, match=r"mine\.txt;"):
        replace(small / "site", [])
    assert (small / "site/mine.txt").read_bytes() == b"mine"


@pytest.mark.usefixtures("seconds")
def test_a_list_that_is_a_pipe_is_not_waited_for(small: Path) -> None:
    (small / "site").mkdir()
    os.mkfifo(small / "site/.kb-site")

    assert list(foreign_files(small / "site")) == [".kb-site"]


def test_a_part_of_an_earlier_site_is_not_put_back(small: Path) -> None:
    (small / ".site.kb-export/old").mkdir(parents=True)  # an export was killed that removed it
    (small / ".site.kb-export/old/index.html").write_bytes(b"old")
    replace(small / "site", [("index.html", b"new")])

    assert (small / "site/index.html").read_bytes() == b"new"


def test_a_folder_of_somebody_in_the_way_of_an_export_is_left_as_it_is(small: Path) -> None:
    (small / ".site.kb-export").mkdir()
    (small / ".site.kb-export/mine").write_bytes(b"mine")

    with pytest.raises(click.UsageError, match=r"\.site\.kb-export is in the way of an export; rename it"):
        replace(small / "site", [])
    assert (small / ".site.kb-export/mine").read_bytes() == b"mine"


def test_a_site_that_cannot_be_made_whole_leaves_the_one_before(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exported(small)
    before = state(small / "site")

    def broken(*_args: object, **_options: object) -> Iterator[tuple[str, bytes]]:
        yield "index.html", b"new"
        raise SiteError("/talk/x was answered with 404")

    monkeypatch.setattr("webui.site.exporting.files", broken)
    told = exported(small)

    assert (told.exit_code, state(small / "site") == before) == (1, True)
    assert "nothing was changed" in told.stderr
    assert sorted(path.name for path in small.iterdir()) == ["index", "library", "site"]


def test_a_site_that_cannot_take_its_place_leaves_the_one_before(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exported(small)
    before, rename = state(small / "site"), Path.rename

    def busy(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise PermissionError("somebody has a file open there")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", busy)
    with pytest.raises(PermissionError):
        replace(small / "site", [("index.html", b"new")])

    assert state(small / "site") == before


def test_a_page_that_is_none_is_told(small: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kb = KnowledgeBase.open(small / "library", small / "index")
    kb.indexer.sync()
    rendered = exporting.render_template
    monkeypatch.setattr(
        exporting, "render_template", lambda name: rendered(name) + '<a href="/talk/gone">a talk that has gone</a>'
    )

    with pytest.raises(SiteError, match=r"^/talk/gone was answered with 404 NOT FOUND"):
        list(files(kb, root=None, language="ja", progress=lambda *_: None))


@pytest.mark.parametrize(
    ("folder", "options", "told"),
    [
        ("library/site", (), "lies in the library"),
        ("index/site", (), "lies in the index or a cache of kb"),
        ("site", ("--url", "me.example"), "is no address of a folder on the web"),
        ("site", ("--url", "https://me.example/?page=notes"), "is no address of a folder on the web"),
        ("site", ("--lang", "fr"), "is not one of"),
    ],
)
def test_what_cannot_be_is_told(small: Path, folder: str, options: tuple[str, ...], told: str) -> None:
    refused = export(small / folder, small / "library", small / "index", *options)

    assert (refused.exit_code, (small / folder).exists()) == (2, False)
    assert told in refused.stderr


def test_a_library_without_a_report_has_no_site(small: Path) -> None:
    (small / "library" / "a.md").unlink()

    assert "the library holds no report" in exported(small).stderr
    assert not (small / "site").exists()


def test_how_far_it_is_is_told(small: Path) -> None:
    kb = KnowledgeBase.open(small / "library", small / "index")
    kb.indexer.sync()
    told: list[tuple[str, int, int]] = []
    every = list(files(kb, root=None, language="ja", progress=lambda *step: told.append(step)))

    assert (told[0], told[-1][1] < told[-1][2] == len(every) - 1) == (("pages", 0, 2), True)


NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=150)


@given(st.lists(NAMES.filter(lambda name: name not in (".", "..")), min_size=2, max_size=5, unique=True))
def test_each_speaker_has_a_file_of_their_own_on_any_disk(names: list[str]) -> None:
    from webui.http.address import page_address  # noqa: PLC0415  # the same that pages link by

    places = Places(feeds=False)
    every = {page_address("speaker", name) for name in names}
    found = [place for address in sorted(every) if isinstance(place := places.of(address), Place)]
    unfolded = {place.file.casefold() for place in found if place.file.startswith("speaker/")}

    assert len(unfolded) == len({place.file for place in found if place.file.startswith("speaker/")})
    for place in found:
        steps = place.file.split("/")
        assert not [step for step in steps if step in ("", ".", "..") or len(step.encode()) > 255]
        assert not re.search(r'[<>:"\\|?*]', place.file)
        url = urljoin("https://x/note/a/b/index.html", link(place, "note/a/b/index.html"))
        assert unquote(urlsplit(url).path) == f"/{place.file}"


def test_names_that_differ_in_capitals_alone_have_two_files() -> None:
    places = Places(feeds=False)
    first, second = (places.of(f"/speaker/{name}") for name in ("taro", "Taro"))

    assert (first, places.of("/speaker/taro")) == (Place("speaker/taro/index.html"),) * 2
    assert re.fullmatch(r"speaker/Taro~[0-9a-f]{8}/index\.html", second.file)
    assert web_address(second, ROOT).startswith(f"{ROOT}speaker/Taro~")


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("/", Place("index.html")),
        ("/?q=a%20b&service=sqs", Place("search/index.html", "?q=a%20b&service=sqs")),
        ("/talks?year=2018&page=2", Place("talks/year=2018/page=2/index.html")),
        ("/talks?year=2018&service=sqs", "list"),
        ("/reports?name=a", "list"),
        ("/report/x?page=2#x/1", Place("report/x/page=2/index.html", "#x/1")),
        ("/static/style.css?v=1", Place("static/style.css", "?v=1")),
        ("/service/sqs/feed", "action"),
        ("/guide/sqs.md", "action"),
        ("/correct/x/1", "action"),
    ],
)
def test_where_an_address_stands(address: str, told: object) -> None:
    assert Places(feeds=False).of(address) == told


def test_an_export_leaves_the_language_of_the_command_as_it_was(small: Path) -> None:
    kb = KnowledgeBase.open(small / "library", small / "index")
    kb.indexer.sync()
    before = language()
    other = next(name for name in languages() if name != before)
    exported_files = list(files(kb, root=None, language=other, progress=lambda *_: None))

    assert (len(exported_files) > 1, language()) == (True, before)
