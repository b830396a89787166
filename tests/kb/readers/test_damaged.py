"""Every format, damaged at random: what is left is read or refused, and nothing is raised."""

import random
from pathlib import Path

import pytest

from kb.readers.containers import Member, opened
from kb.readers.formats import read_outline
from kb.report.problems import UnreadableError

GOLDEN = Path(__file__).parents[2] / "golden/readers"
# A file of each format, as it begins its golden files' names.
FILES = (
    "cosense.txt", "cosense-export.json", "hatena-export.txt", "saved-by-chrome.mhtml", "saved-by-explorer.mht",
    "saved-by-safari.webarchive", "saved-as-xml.webarchive", "notion.md", "obsidian.md", "emacs.org",
    "asciidoctor.adoc", "techbook.re", "blog-hatena.html", "blog-note.html", "blog-cards.html",
)  # fmt: skip
SCRAPS = (
    b"", b"\xff", b"\x00", b"\n", b"[", b"]", b"{", b'"', b"<", b">", b"-----\n", b"  ", b"::", b"\xe3\x81", b"=",
    b"#+end_src\n", b"----\n", b"//}\n", b"* ", b"> [!a]",
)  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_thousand_damaged_files_are_read_or_refused(name: str) -> None:
    chance = random.Random(name)  # noqa: S311 - texts to read, no secrets
    whole = (GOLDEN / name).read_bytes()
    read = 0
    for _ in range(1000):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 9)):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(40)] = chance.choice(SCRAPS)
        for each in opened(bytes(data), name):
            if isinstance(each, Member):
                try:
                    read += bool(read_outline(each.data, each.source).blocks)
                except UnreadableError:
                    continue

    assert read > 0


@pytest.mark.parametrize(
    "text",
    [
        "#+TITLE: x\n" + "".join(f"#+begin_a{at}\n" for at in range(20_000)),
        "#+TITLE: x\n" + "- " + "[[https://e.jp/" * 100_000,
        "#+TITLE: x\n" + "語の続き\n" * 49_000,
        "* x :a" + " :a" * 100_000,
        "= x\n" * 400 + ":a: b\n" + "----\n" * 40_000,
        "= 会\n:toc:\n\n" + "".join(f"{'.' * (at % 5 + 1)} x\n" for at in range(9_000)),
        "@<b>{x}\n" + "//list{\n" * 40_000,
        "@<b>{" * 200_000,
        "[* x]\n 一\n 二\n" + "[" * 1_000_000,
        "[* x]\n 一\n 二\n" + "[a " * 300_000,
        "[* x]\n 一\n 二\n" + "".join(" " * (at % 90) + "x\n" for at in range(9_000)),
        "TITLE: x\n-----\nBODY:\n" + "-----\n" * 40_000,
        "TITLE: x\nCONVERT BREAKS: 1\n-----\nBODY:\n" + "x\n" * 9_000,
        "MIME-Version: 1.0\n" + "Content-Type: multipart/related; boundary=x\n\n--x\n" * 3000,
        "> [!note] x\n" * 9_000,
        "%%" * 500_000,
    ],
)  # fmt: skip
def test_a_hostile_text_is_read_or_refused(text: str) -> None:
    """Each takes a reader the square of its length that looks for an end again and again; then this never ends."""
    for ending in (".txt", ".org", ".adoc", ".re"):
        try:
            outline = read_outline(text.encode(), f"a{ending}")
        except UnreadableError:
            continue
        assert outline.lines


ENDLESS = "9" * 5000
NUMBERED = {
    "toml.md": f"+++\ntitle = '会'\nx = {ENDLESS}\n+++\n\n- 冪等に\n",
    "yaml.md": f"---\ntitle: 会\nx: {ENDLESS}\n---\n\n- 冪等に\n",
    "list.md": f"# 会\n\n{ENDLESS}. 冪等に\n",
    "list.rst": f"会\n==\n\n{ENDLESS}. 冪等に\n\n- ({ENDLESS}) 冪等に\n",
    "list.org": f"* 会\n{ENDLESS}. 冪等に\n",
    "list.adoc": f"= 会\n\n[start={ENDLESS}]\n. 冪等に\n",
    "list.html": f"<html><h1>会</h1><ol start={ENDLESS}><li value={ENDLESS}>冪等に</ol><p>&#{ENDLESS};",
}


@pytest.mark.parametrize("name", NUMBERED)
def test_a_number_may_have_any_number_of_digits(name: str) -> None:
    blocks = read_outline(NUMBERED[name].encode(), name).blocks

    assert any("冪等に" in block.text for block in blocks)
