"""A report that another program writes in each format says the same when it is read back."""

import shutil
import subprocess
from pathlib import Path

import docutils.core
import pytest

from kb.readers.formats import read_outline
from kb.talks import report_of

PANDOC = shutil.which("pandoc")
PAGE = """<html><head><title>箱の会 2019 参加レポート</title></head><body>
<h1>箱の会 2019 参加レポート</h1>
<p>箱の会に行ってきた。</p>
<h2>【A】10:00~10:40: 箱の話</h2>
<p><a href="https://speakerdeck.com/x/hako">スライド</a></p>
<ul>
<li>SQS<ul><li>同じ箱が二度届く<ul><li>受け手を冪等にする</li></ul></li><li>順番は守られない</li></ul></li>
<li>箱は小さく分ける</li>
</ul>
<h2>【B】11:00~11:40: 鍵の話</h2>
<ol><li>鍵は借りる</li><li>鍵は返す</li></ol>
<p>鍵を持ち歩かないこと。</p>
</body></html>
"""
RST = """\
箱の会 2019 参加レポート
========================

【A】10:00~10:40: 箱の話
------------------------

- SQS

  - 同じ箱が二度届く

    - 受け手を冪等にする

  - 順番は守られない

- 箱は小さく分ける

【B】11:00~11:40: 鍵の話
------------------------

1. 鍵は借りる
2. 鍵は返す

鍵を持ち歩かないこと。
"""


def told(data: bytes, name: str) -> tuple[object, ...]:
    """Return what a file says: its event, its talks with their links, its notes with what they stand under."""
    report = report_of(read_outline(data, name))
    talks = [(talk.track, talk.start, talk.title, talk.links) for talk in report.talks]
    notes = [(note.type, note.depth, note.text, note.talk and note.talk.track) for note in report.notes]
    return report.title, report.event, talks, notes


@pytest.mark.skipif(PANDOC is None, reason="pandoc is not installed: apt-get install pandoc")
@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("rst", "report.rst"),
        ("org", "report.org"),
        ("asciidoc", "report.adoc"),
        ("commonmark", "report.md"),
        ("gfm", "report.md"),
        ("markdown", "report.md"),
        ("html5", "report.html"),
    ],
)
def test_what_pandoc_writes_of_a_page_says_the_same(written: str, name: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(PAGE, "utf-8")
    command = [
        str(PANDOC),
        "--from=html",
        f"--to={written}",
        "--wrap=none",
        "--standalone",
        str(tmp_path / "page.html"),
    ]
    data = subprocess.run(command, check=True, capture_output=True).stdout

    assert told(data, name) == told(PAGE.encode(), "page.html")


@pytest.mark.parametrize("writer", ["html5", "html4"])
def test_what_docutils_writes_of_a_text_says_the_same(writer: str) -> None:
    page = docutils.core.publish_string(RST, writer=writer, settings_overrides={"output_encoding": "utf-8"})

    assert told(page, "report.html") == told(RST.encode(), "report.rst")
