"""Every cause that a file is refused for is told in Japanese, too."""

import ast
import re
from pathlib import Path

import pytest

from kb.readers import refusals
from kb.texts.causes import in_japanese

ROOMS = ("kb/readers", "kb/fetching", "kb/search", "kb/library")
ROOT = Path(__file__).parents[2]
LATIN = re.compile("[a-z]{3,} [a-z]{3,} [a-z]{2,}")
REFUSED = {
    *(message for _, message in refusals._BEGINNINGS),  # noqa: SLF001 (all that there are)
    *(message for _, message in refusals._ZIPPED),  # noqa: SLF001
    *refusals._BY_ENDING.values(),  # noqa: SLF001
    refusals._OF_XML,  # noqa: SLF001
}


def raised() -> set[str]:
    """Return the messages that are written out where a file is refused or left out; what varies stands as a number."""
    found = set()
    for path in (path for room in ROOMS for path in (ROOT / room).glob("*.py")):
        for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            if name in {"LeftOut", "TooManyError", "TooLongError", "_RefusedError"} and call.args:
                found.add(written(call.args[0]))
    return found - {""}


def written(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    return ""


@pytest.mark.parametrize("message", sorted(REFUSED))
def test_what_no_report_can_be_is_told_in_japanese(message: str) -> None:
    assert LATIN.search(in_japanese(f"資料: 1.pdf:3: {message}")) is None


def test_what_is_raised_is_told_in_japanese() -> None:
    every = raised()
    plain = {message for message in every if "; 7" not in message and "7;" not in message and " 7" not in message}

    assert len(every) > 20
    assert {message for message in plain if LATIN.search(in_japanese(f"a.md: {message}"))} == set()


@pytest.mark.parametrize(
    ("cause", "japanese"),
    [
        (
            "kb.toml:3: not used: [reports.a] date '2018-02' is no day there is; write 2018, 2018-03 or 2018-03-10",
            (
                "kb.toml:3: [reports.a] の date = '2018-02' は使いませんでした。その日付はありません。"
                "2018、2018-03、2018-03-10 のいずれかの形で書いてください。"
            ),
        ),
        (
            "kb.toml: [points] means nothing any more, no notes are joined by hand; take it out",
            "kb.toml: [points] は使われなくなりました。メモを手でまとめることはありません。取り除いてください。",
        ),
        (
            "slides.pdf: a PDF; copy its text into a text file, and add that",
            "slides.pdf: PDF です。中の文章をテキストファイルに写し、それを取り込んでください。",
        ),
        ("a.md:50001: more than 50,000 lines; divide the file", "a.md:50001: 50,000行を超えています。分けてください。"),
        (
            "https://example.com/a: answers 404 Not Found; check the address",
            "https://example.com/a: 「404 Not Found」という応答でした。アドレスを確かめてください。",
        ),
        ('b.md: the same post as "a.md"; indexed once', "b.md: 「a.md」と同じ記事です。一度だけ索引に入れました。"),
        (
            "reStructuredText: Unknown directive type …; left unread",
            "reStructuredText のディレクティブ「…」は読めません。そこは読まずに残しました。",
        ),
        ("a.md: what nobody has put into Japanese yet", "a.md: what nobody has put into Japanese yet"),
        ("", ""),
    ],
)
def test_a_cause_keeps_its_file_its_line_and_what_varies(cause: str, japanese: str) -> None:
    assert in_japanese(cause) == japanese
