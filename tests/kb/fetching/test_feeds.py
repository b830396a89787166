"""Following a feed: possible reports are proposed, offered posts are remembered, nothing is added without consent."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from web import answer, serving

from kb.cli.group import cli
from kb.fetching import Fetched
from kb.fetching.feeds import entries_of
from kb.report.problems import UnreadableError

REPORTS = {"/1": "見本会 2019 に参加しました", "/2": "箱の勉強会 #3 参加レポート"}
OTHERS = {"/3": "ねこを飼いはじめた", "/4": "SQS の料金を調べる"}
PAGE = "<html><body><h1>{title}</h1><ul><li>箱は二度届く</li><li>{title}のメモ</li></ul></body></html>"


def rss(site: str, posts: dict[str, str]) -> bytes:
    items = "".join(
        f"<item><title>{title}</title><link>{site}{path}</link><guid>{path}</guid>"
        "<pubDate>Sun, 07 Jul 2019 16:00:00 +0000</pubDate><description>本文</description></item>"
        for path, title in posts.items()
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>日記</title>{items}</channel></rss>'.encode()


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "kb.toml").write_text("# 自分の覚え書き\nignore = []\n", "utf-8")
    monkeypatch.setenv("KB_LIBRARY", str(folder))
    monkeypatch.setenv("KB_INDEX", str(tmp_path / "index"))
    return folder


@pytest.fixture
def site() -> Iterator[str]:
    pages = {path: answer(PAGE.format(title=title).encode()) for path, title in (REPORTS | OTHERS).items()}
    with serving(pages) as site:
        pages["/feed"] = answer(rss(site, OTHERS | REPORTS), "Content-Type: application/rss+xml")
        yield site


def follow(site: str, *options: str, answers: str = "") -> Result:
    command = ["follow", f"{site}/feed", "--allow-private", *options]
    return CliRunner().invoke(cli, command, input=answers, catch_exceptions=False)


def titles(library: Path) -> list[str]:
    return sorted(path.name.rpartition("-")[0] for path in library.glob("*.html"))


def test_an_address_has_no_control_characters() -> None:
    feed = Fetched("https://example.com/feed", rss("https://example.com", {"/\u202e1": "題"}))

    assert [entry.url for entry in entries_of(feed)] == ["https://example.com/%E2%80%AE1"]


def test_a_possible_report_is_proposed_and_added_after_a_yes(library: Path, site: str) -> None:
    first = follow(site, answers="y\nn\n")
    again = follow(site, answers="y\ny\n")

    assert (titles(library), first.stdout.splitlines()[-2]) == (
        ["見本会-2019"],
        "feed: 4 posts, 2 new that look like reports",
    )
    assert again.stdout.splitlines()[0] == "feed: 4 posts, 0 new that look like reports"
    written = (library / "kb.toml").read_text("utf-8")
    assert written.startswith("# 自分の覚え書き\nignore = []\n")
    assert f'url = "{site}/1"\npublished = "2019-07-08"' in written
    assert written.count(f'"{site}/') == 1 + 1 + 4


def test_an_unanswered_proposal_is_repeated(library: Path, site: str) -> None:
    first = follow(site, answers="y\n")
    again = follow(site, answers="y\n")

    assert first.stdout.splitlines()[-2] == "feed: 4 posts, 2 new that look like reports, 1 left for the next time"
    assert (again.exit_code, titles(library)) == (0, ["箱の勉強会-3", "見本会-2019"])


def test_json_only_lists_unless_yes_is_given(library: Path, site: str) -> None:
    listed = [json.loads(line) for line in follow(site, "--json").stdout.splitlines()]
    before = titles(library)
    added = [json.loads(line) for line in follow(site, "--json", "--yes").stdout.splitlines()]

    assert listed == [
        {"url": f"{site}{path}", "title": title, "published": "2019-07-08"} for path, title in REPORTS.items()
    ]
    assert (before, titles(library)) == ([], ["箱の勉強会-3", "見本会-2019"])
    assert [report["replaced"] for report in added] == [None, None]


def test_listing_creates_no_library(site: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KB_LIBRARY", raising=False)
    monkeypatch.setenv("KB_INDEX", str(tmp_path / "index"))
    monkeypatch.chdir(tmp_path)

    assert (len(follow(site, "--json").stdout.splitlines()), (tmp_path / "data").exists()) == (2, False)


def test_a_failed_post_does_not_stop_the_next_and_is_proposed_again(library: Path) -> None:
    pages = {"/2": answer(PAGE.format(title=REPORTS["/2"]).encode())}
    with serving(pages) as site:
        pages["/feed"] = answer(rss(site, REPORTS))
        result = follow(site, "--yes")

    assert (result.stderr.splitlines()[0], titles(library)) == (
        f"kb: {site}/1: answers 404 Not Found; check the address",
        ["箱の勉強会-3"],
    )
    assert result.stdout.splitlines()[1] == "feed: 2 posts, 2 new that look like reports, 1 left for the next time"
    assert f'"{site}/1"' not in (library / "kb.toml").read_text("utf-8")


@pytest.mark.parametrize("data", [b"<html><body><p>x</p></body></html>", b"/etc/passwd", b"\x00\x01", b"{}", b"<rss"])
def test_data_other_than_a_feed_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableError, match=r"is not a feed; give the address of one \(RSS or Atom\)"):
        entries_of(Fetched("https://example.com/", data))


def test_atom_feeds_and_the_text_of_a_post_are_read() -> None:
    entry = """<entry><title>日曜日のこと</title><link href="/5"/><id>5</id><updated>2019-07-08T01:00:00+09:00</updated>
      <content type="html">&lt;p&gt;箱の会 2019 に参加してきました。&lt;/p&gt;</content></entry>"""
    atom = f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>日記</title>{entry}</feed>'
    (post,) = entries_of(Fetched("https://example.com/feed", atom.encode()))

    assert (post.url, post.title, post.published, post.looks_like_report) == (
        "https://example.com/5",
        "日曜日のこと",
        "2019-07-08",
        True,
    )
