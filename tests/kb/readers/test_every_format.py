"""One report, written in each format here and by other programs, has the same bullets, depths, talks and links."""

import html
import io
import json
import plistlib
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from itertools import pairwise
from pathlib import Path

import pytest

from kb.readers.containers import Member, members_of
from kb.readers.formats import read_outline
from kb.report.model import Report
from kb.report.outline import Block, Outline
from kb.talks import report_of

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "data/samples/2018-jaws-days.txt"
SEED = ROOT / "../shared/seeds/jaws-days-2018.txt"
ITEMS = ("bullet", "numbered")
Writer = Callable[[Outline], bytes]


def shown(outline: Outline) -> list[Block]:
    """Return the blocks of a report below its title."""
    return [block for block in outline.blocks if block.type != "blank" and block.text != outline.title]


def as_html(outline: Outline) -> str:
    lines = [f"<h1>{html.escape(outline.title or '')}</h1>"]
    depth = -1
    for block in [*shown(outline), Block("rule", "", 0, 0)]:
        at = -1 if block.depth is None else block.depth
        lines += ["</li></ul>"] * (depth - at)
        text = html.escape(block.text)
        if block.type in ITEMS:
            lines += ["<ul>"] * (at - depth) or ["</li>"]
            lines.append(f"<li>{text}")
        elif block.type == "heading":
            lines.append(f"<h{(block.level or 1) + 1}>{text}</h{(block.level or 1) + 1}>")
        elif block.type == "link":
            lines.append(f'<p><a href="{block.links[0]}">{text}</a></p>')
        elif block.text:
            lines.append(f"<p>{text}</p>")
        depth = at
    return "\n".join(lines)


def as_movable_type(outline: Outline) -> bytes:
    head = f"TITLE: {outline.title}\nSTATUS: Publish\nCONVERT BREAKS: 0\nDATE: 03/12/2018 09:00:00\n-----\nBODY:\n"
    return f"{head}{as_html(outline)}\n-----\nCOMMENT:\nAUTHOR: x\nよい話\n-----\n--------\n".encode()


def cosense_lines(outline: Outline) -> Iterator[str]:
    yield outline.title or ""
    for block in shown(outline):
        text = block.text.replace("[", "").replace("]", "")
        if block.type in ITEMS:
            yield f"{' ' * ((block.depth or 0) + 1)}{text}"
        elif block.type == "heading":
            yield f"[{'*' * (4 - (block.level or 1))} {text}]"
        else:
            yield f"[{text} {block.links[0]}]" if block.type == "link" else text


def as_cosense(outline: Outline) -> bytes:
    return "\n".join(cosense_lines(outline)).encode()


def as_cosense_export(outline: Outline) -> bytes:
    return json.dumps({"pages": [{"title": outline.title, "lines": [*cosense_lines(outline)]}]}).encode()


def as_markdown(outline: Outline) -> bytes:
    lines = [f"# {outline.title}", ""]
    for block, following in pairwise([*shown(outline), Block("rule", "", 0, 0)]):
        text = block.text.replace("[", "\\[").replace("_", "\\_")
        if block.type in ITEMS:
            lines.append(f"{'    ' * (block.depth or 0)}- {text}")
        elif block.type == "heading":
            lines.append(f"{'#' * ((block.level or 1) + 1)} {text}")
        else:
            lines.append(f"[{text}]({block.links[0]})" if block.type == "link" else text)
        if block.type not in ITEMS or following.type not in ITEMS:
            lines.append("")
    return "\n".join(lines).encode()


def as_zip(outline: Outline) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("メモ 0123456789abcdef0123456789abcdef.md", as_markdown(outline))
        archive.writestr("メモ/写真.png", b"\x89PNG")
    return file.getvalue()


def as_mhtml(outline: Outline) -> bytes:
    page = MIMEText(f"<html><body>{as_html(outline)}</body></html>", "html", "utf-8")
    message = MIMEMultipart("related", type="text/html")
    message.attach(page)
    return message.as_bytes()


def as_webarchive(outline: Outline) -> bytes:
    page = f"<html><body>{as_html(outline)}</body></html>".encode("euc_jis_2004")
    main = {"WebResourceData": page, "WebResourceTextEncodingName": "EUC-JP", "WebResourceMIMEType": "text/html"}
    return plistlib.dumps({"WebMainResource": main}, fmt=plistlib.FMT_BINARY)


def as_marked(heading: str, item: Callable[[int], str], link: str) -> Writer:
    """Return a function that writes a line-based format."""

    def write(outline: Outline) -> bytes:
        lines = [f"{heading} {outline.title}", ""]
        for block in shown(outline):
            if block.type in ITEMS:
                lines.append(f"{item(block.depth or 0)} {block.text}")
            elif block.type == "heading":
                lines += ["", f"{heading * ((block.level or 1) + 1)} {block.text}", ""]
            else:
                lines += ["", link.format(block.links[0], block.text) if block.type == "link" else block.text, ""]
        return "\n".join(lines).encode()

    return write


WRITERS: dict[str, Writer] = {
    "html": lambda outline: f"<html><body>{as_html(outline)}</body></html>".encode(),
    "movable-type": as_movable_type,
    "cosense": as_cosense,
    "cosense-export": as_cosense_export,
    "markdown": as_markdown,
    "notion": as_zip,
    "mhtml": as_mhtml,
    "webarchive": as_webarchive,
    "org": as_marked("*", lambda depth: f"{'  ' * depth}-", "[[{0}][{1}]]"),
    "asciidoc": as_marked("=", lambda depth: "*" * (depth + 1), "{0}[{1}]"),
    "review": as_marked("=", lambda depth: f" {'*' * (depth + 1)}", "@<href>{{{0},{1}}}"),
}

ENDINGS = {"org": ".org", "asciidoc": ".adoc", "review": ".re"}


def contents(report: Report) -> list[object]:
    """Return the talks of a report with their links, and its bullets with their depths, without brackets."""

    def plain(text: str) -> str:
        return text.replace("[", "").replace("]", "")

    talks = [(talk.track, talk.start, talk.end, plain(talk.title), talk.links) for talk in report.talks]
    items = [
        (note.depth, plain(note.text), note.talk and note.talk.track) for note in report.notes if note.type in ITEMS
    ]
    return [*talks, *items]


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize(
    ("path", "bullets"),
    [
        (SAMPLE, 162),
        pytest.param(SEED, 170, marks=pytest.mark.skipif(not SEED.exists(), reason="the seed report is not here")),
    ],
    ids=["sample", "seed"],
)
def test_a_report_has_the_same_contents_in_every_format(path: Path, bullets: int, name: str) -> None:
    outline = read_outline(path.read_bytes(), path.name)
    (member,) = members_of(WRITERS[name](outline), f"report{ENDINGS.get(name, '')}")
    assert isinstance(member, Member)
    written, found = report_of(outline), report_of(read_outline(member.data, member.source))

    assert contents(found) == contents(written)
    assert (len(found.talks), sum(note.type in ITEMS for note in found.notes)) == (6, bullets)


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


def read_back(data: bytes, name: str) -> tuple[object, ...]:
    """Return the title and event of a file, its talks with their links, and its notes with their depths and talks."""
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
def test_a_page_converted_by_pandoc_is_read_like_the_page(written: str, name: str, tmp_path: Path) -> None:
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

    assert read_back(data, name) == read_back(PAGE.encode(), "page.html")


@pytest.mark.parametrize("writer", ["html5", "html4"])
def test_a_page_converted_by_docutils_is_read_like_its_source(writer: str) -> None:
    page = ROOT / f"tests/golden/readers/docutils-{writer}.html"  # written by docutils 0.23

    assert read_back(page.read_bytes(), "report.html") == read_back(RST.encode(), "report.rst")
