"""What is wrong with a file is a value: kept as it is, and told in either language."""

import ast
import errno
from pathlib import Path

import msgspec
import pytest
from messages import ERRORS

from index.engine import WriterBusyError
from index.messages import Message, message_of, os_message, translatable
from kb.knowledge_base import KnowledgeBase
from kb.library.files import Library
from kb.report.problems import FileProblem, LibraryError, UnreadableError, grouped
from kb.translation import in_language, translate

ROOT = Path(__file__).parents[2]
ROOMS = ("kb/fetching", "kb/library", "kb/readers", "kb/indexing", "kb/search", "kb/talks", "kb/cli", "index",
         "index/embedding", "index/opensearch_engine", "index/whoosh_engine")  # fmt: skip
# What errors of Python's own sorts say is for programmers, or stands in brackets behind what is ours.
TOLD = {"UnreadableError", "_RefusedError", "UnknownIdError", "FileProblem", "ReadingWarning", "WriterBusyError",
        "EngineAwayError", "BusyError", "LostError", "RefusedError", "_message", "_PassingError"}  # fmt: skip
PDF = translatable("a PDF; copy its text into a text file, and add that")


def in_japanese(message: Message) -> str:
    return in_language("ja", translate, message)


def test_what_people_are_told_is_written_as_a_sentence() -> None:
    """Else no catalogue knows it."""
    bare = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in (path for room in ROOMS for path in (ROOT / room).glob("*.py"))
        for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call))
        for names in ({*map(name_of, ast.walk(call.func))},)
        if (names & TOLD and any(map(is_text, call.args)))
        or (names & {*ERRORS} and any(isinstance(argument, ast.JoinedStr) for argument in call.args))
    ]

    assert bare == []


def name_of(node: ast.AST) -> str:
    """Return what something is called by, which may be one of two."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and " " in str(node.value))


@pytest.mark.parametrize(
    ("sentence", "japanese"),
    [
        (PDF, "PDF です。中の文章をテキストファイルに写し、それを取り込んでください"),
        (
            translatable("more than {0:,} lines; {1}", 50_000, translatable("divide the file")),
            "50,000行を超えています。分けてください",
        ),
        (
            translatable(
                "cannot be opened ({0}); {1}", translatable("Permission denied"), translatable("check its permissions")
            ),
            "開けません（権限がありません）。権限を確かめてください",
        ),
        (FileProblem("a/{0}.md", 3, PDF).sentence, f"a/{{0}}.md:3: {in_japanese(PDF)}"),
        (message_of(UnreadableError(FileProblem("a.pdf", None, PDF))), f"a.pdf: {in_japanese(PDF)}"),
        (
            message_of(WriterBusyError("索引", translatable("process {0} since {1}", "7", "2026"))),
            "索引: 別の kb が索引に書き込んでいます（プロセス 7、2026 から）。終わってからもう一度お試しください",
        ),
        (message_of(PermissionError(errno.EACCES, "Permission denied", "a/{b}.md")), "a/{b}.md: 権限がありません"),
        (translatable("{0}", OSError(errno.EACCES, "Permission denied")), "権限がありません"),
        (message_of(PermissionError(errno.EACCES, "Permission denied", "\udc83.md")), "\\udc83.md: 権限がありません"),
        (message_of(ValueError("what {nobody} has put into Japanese yet")), "what {nobody} has put into Japanese yet"),
    ],
)
def test_a_sentence_is_told_in_either_language(sentence: Message, japanese: str) -> None:
    assert (in_japanese(sentence), translate(sentence)) == (japanese, str(sentence))


@pytest.mark.parametrize(
    ("error", "japanese"),
    [(OSError(errno.EACCES, "Permission denied"), "権限がありません"), (OSError("a {b}"), "a {b}"), (OSError(), "")],
)
def test_what_the_system_says_is_told_whatever_it_holds(error: OSError, japanese: str) -> None:
    assert in_japanese(os_message(error)) == japanese


def test_an_error_is_told_in_japanese_and_is_english_as_text(tmp_path: Path) -> None:
    with pytest.raises(LibraryError) as caught:
        Library(tmp_path / "none")

    remedy = "make it, or name another with --library or KB_LIBRARY"
    assert str(caught.value) == f"{tmp_path / 'none'}: no such folder; {remedy}"
    assert in_japanese(message_of(caught.value)).startswith(
        f"{tmp_path / 'none'}: そのようなフォルダーはありません。作るか"
    )


def test_what_is_wrong_is_the_same_value_once_it_was_kept(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (library / "scan.md").write_bytes(b"%PDF-1.4")
    (library / "a.rst").write_text("会 2018\n=======\n\n* 箱\n\n.. tabs:: a\n", "utf-8")
    synced = KnowledgeBase.open(library, tmp_path / "index").indexer.sync()
    again = KnowledgeBase.open(library, tmp_path / "index").indexer

    assert again.status().problems == synced.problems
    assert [problem.message for problem in again.status().problems] == [
        translatable('reStructuredText: Unknown directive type "{0}"; left unread', "tabs"),
        PDF,
    ]
    assert msgspec.json.decode(msgspec.json.encode(again.sync().record()))["problems"] == [
        {"source": "a.rst", "line": 6, "message": 'reStructuredText: Unknown directive type "tabs"; left unread'},
        {"source": "scan.md", "line": None, "message": str(PDF)},
    ]


def test_problems_of_one_cause_are_told_once_without_what_differs() -> None:
    why = translatable("Permission denied")
    name, link = translatable("check its name"), translatable("check its permissions")
    every = [
        FileProblem("a.md", None, translatable("cannot be opened ({0}); {1}", why, link)),
        FileProblem("b.md", None, translatable("cannot be opened ({0}); {1}", why, name)),
        FileProblem("c.md", None, translatable('the same post as "{0}"; indexed once', "x.md")),
        FileProblem("d.md", None, translatable('the same post as "{0}"; indexed once', "y.md")),
        FileProblem("e.md", None, translatable("cannot be opened ({0}); {1}", why, link)),
    ]

    assert [(translate(one.cause), len(one.problems)) for one in grouped(every)] == [
        ("cannot be opened (Permission denied); check its permissions", 2),
        ("cannot be opened (Permission denied); check its name", 1),
        ('the same post as "…"; indexed once', 2),
    ]
    assert in_japanese(grouped(every)[2].cause) == "「…」と同じ記事です。一度だけ索引に入れました"


def test_an_error_that_says_nothing_is_told_by_its_sort() -> None:
    assert str(message_of(MemoryError())) == "MemoryError()"
