"""The documents are held to the code: what a README shows runs, what ARCHITECTURE names is there."""

import ast
import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest

import index
import kb
import webui.command
from index.query import Query
from index.ranking import SIGNALS
from kb.cli.commands import COMMANDS
from kb.cli.group import cli
from kb.knowledge_base import KnowledgeBase
from kb.library.configuration import parse_whole
from webui.app import create_app

ROOT = Path(__file__).parents[1]
CHARACTER_CLASS = re.compile(r"\\.|\[\^?(\]?(?:\\.|[^\]\\])*)\]", re.DOTALL)
CHARACTER = re.compile(r"\\u[0-9a-f]{4}|\\x[0-9a-f]{2}|\\?.", re.DOTALL)
READMES = ("README.md", "README.ja.md")
GUIDES = ("docs/guide.md", "docs/guide.ja.md")
DOCUMENTS = (
    *READMES,
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    *(path.relative_to(ROOT).as_posix() for path in sorted((ROOT / "docs").rglob("*.md"))),
)


def commands(document: str) -> list[str]:
    """Return the kb lines of a document's shell blocks, without their comments; the page is tested elsewhere."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / document).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("kb ") and not line.startswith("kb serve")]


EXAMPLES = list(dict.fromkeys(line for document in (*READMES, *GUIDES) for line in commands(document)))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the home of a newcomer: a downloaded report, and a library that holds the samples."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(ROOT / "data/samples", home / "reports")
    (home / "Downloads").mkdir()
    (home / "Downloads/report.md").write_text("# 勉強会のメモ\n\n- SQS\n  - 送った数を確かめる\n", "utf-8")
    return home


@pytest.fixture(scope="module")
def knowledge_base(home: Path) -> KnowledgeBase:
    """Return a knowledge base over the samples."""
    knowledge_base = KnowledgeBase.open(ROOT / "data/samples", home / "index")
    knowledge_base.indexer.sync()
    return knowledge_base


def run(line: str, home: Path, language: str = "C.UTF-8", model: str = "none") -> subprocess.CompletedProcess[bytes]:
    """Run a line of a shell block in that home, the newcomer standing in the checkout."""
    places = {"HOME": str(home), "KB_LIBRARY": str(home / "reports"), "LC_ALL": language}
    index = {"XDG_CACHE_HOME": str(home / model), "KB_EMBEDDING": model}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, **places, **index, "PATH": path}
    return subprocess.run(["bash", "-c", line], cwd=ROOT, env=environment, capture_output=True, check=False)


@pytest.mark.parametrize("line", EXAMPLES)
def test_a_command_of_a_document_runs_and_finds_something(line: str, home: Path) -> None:
    done = run(line, home)

    assert (done.returncode, done.stdout != b"", b"Traceback" in done.stderr) == (0, True, False)


@pytest.mark.parametrize("document", GUIDES)
def test_everything_that_a_guide_says_can_be_typed_finds_something_without_loosening(
    document: str, knowledge_base: KnowledgeBase
) -> None:
    table = (ROOT / document).read_text("utf-8").split("\n| --- | --- |\n")[-1].split("\n\n")[0]
    typed = [query for row in table.splitlines() for query in re.findall(r"`([^`]{3,})`", row)]
    answers = {query: knowledge_base.searcher.search(Query(query)) for query in typed if query != "( )"}

    assert [query for query, answer in answers.items() if not answer.total or answer.steps] == []


@pytest.mark.parametrize(("document", "language"), [("README.md", "C.UTF-8"), ("README.ja.md", "ja_JP.UTF-8")])
def test_the_search_that_a_readme_shows_is_what_kb_prints_to_its_reader(
    document: str, language: str, home: Path
) -> None:
    line, shown = re.search(
        r"^```text\n\$ (.*?)\n(.*?)^```", (ROOT / document).read_text("utf-8"), re.MULTILINE | re.DOTALL
    ).groups()

    assert run(line, home, language, "bundled").stdout.decode() == shown


@pytest.mark.parametrize("document", [*READMES, *GUIDES])
def test_every_address_of_a_document_is_answered(document: str, knowledge_base: KnowledgeBase) -> None:
    asked = create_app(knowledge_base).test_client()
    addresses = set(re.findall(r"http://127\.0\.0\.1:8000(/[^\s:\"`]*)", (ROOT / document).read_text("utf-8")))

    assert {address: asked.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 200)


@pytest.mark.parametrize("documents", [READMES, GUIDES])
def test_both_languages_show_the_same_commands_but_for_names_of_services(documents: tuple[str, str]) -> None:
    english, japanese = (
        [re.sub(r"--service \S+", "--service", line) for line in commands(document)] for document in documents
    )

    assert english == japanese


@pytest.mark.parametrize("document", GUIDES)
def test_the_kb_toml_of_a_guide_is_understood_whole(document: str) -> None:
    block, *_ = re.findall(r"^```toml\n(.*?)^```", (ROOT / document).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    told = parse_whole(block.encode())

    assert (set(told.overrides), set(told.corrections), told.domain.catalogue.find("バッチポータル") is not None) == (
        {"2018-jaws-days.txt"},
        {"jaws-days-2018-8ddf/4e0ed409"},
        True,
    )


def patterns(value: object) -> Iterator[re.Pattern[str]]:
    """Yield a compiled pattern of text, or those in a table."""
    if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
        yield value
    elif isinstance(value, (Mapping, tuple, list, frozenset)):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from patterns(item)


def test_no_line_of_code_is_longer_than_120_characters() -> None:
    """ruff counts a kanji as two columns, so it cannot tell; here a character is one."""
    code = [path for room in ("index", "kb", "webui", "tests", "docs") for path in sorted((ROOT / room).rglob("*.py"))]
    long = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in code
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if len(line) > 120
    ]

    assert long == []


def test_no_character_class_of_a_pattern_names_a_character_twice() -> None:
    """One of two `)` was meant to be `）`."""
    modules = [
        importlib.import_module(module.name)
        for room in (index, kb, webui)
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}.")
    ]
    repeated = [
        (module.__name__, found[0])
        for module in modules
        for name, value in vars(module).items()
        if not name.startswith("__")
        for pattern in patterns(value)
        for found in CHARACTER_CLASS.finditer(pattern.pattern)
        if found[1] and max(Counter(CHARACTER.findall(found[1].replace("-", ""))).values(), default=0) > 1
    ]

    assert len(modules) > 100
    assert repeated == []


def test_a_public_function_that_raises_says_so() -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{function.lineno}"
        for room in ("index", "kb", "webui")
        for path in sorted((ROOT / room).rglob("*.py"))
        for function in public_functions(ast.parse(path.read_text("utf-8")))
        if raises(function) and not re.search(r"\b[Rr]aises?\b", ast.get_docstring(function) or "")
    ]

    assert silent == []


def public_functions(scope: ast.AST) -> Iterator[ast.FunctionDef]:
    """Yield the functions that others may call, but for commands: click's own functions, whose errors are said."""
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node)
        elif isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield from () if any("command" in ast.unparse(one) for one in node.decorator_list) else (node,)


def raises(scope: ast.AST) -> bool:
    """Tell whether a function raises an error itself, not one that it only hands on."""
    nodes = [one for one in ast.iter_child_nodes(scope) if not isinstance(one, ast.FunctionDef | ast.Lambda)]
    return any((isinstance(one, ast.Raise) and one.exc is not None) or raises(one) for one in nodes)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_links_to_what_is_there(document: str) -> None:
    page = ROOT / document
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("document", [one for one in DOCUMENTS if "relevance" not in one])  # a diary names what was
def test_every_file_that_a_document_names_is_there(document: str) -> None:
    names = re.findall(
        r"`((?:data|docs|index|kb|tests|webui|\.ci)/[\w./-]*|[\w-]+\.lock)`", (ROOT / document).read_text("utf-8")
    )

    assert [name for name in names if not (ROOT / name).exists()] == []


def test_the_architecture_has_a_section_for_each_folder_of_code() -> None:
    headings = re.findall(r"^### `([\w/]+)/`", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), re.MULTILINE)
    folders = {
        path.parent.relative_to(ROOT).as_posix()
        for room in ("index", "kb", "webui")
        for path in (ROOT / room).rglob("*.py")
    }

    assert sorted(set(headings) - {"data"}) == sorted(folders)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_has_help_with_an_example(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    text = command.get_help(click.Context(command, info_name=name))

    assert f"kb {name}" in text.split("Example", 1)[-1]


@pytest.mark.parametrize("document", GUIDES)
def test_a_guide_names_every_command(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")

    assert [name for name in COMMANDS if f"kb {name} " not in text and f"kb {name}`" not in text] == []


def test_the_weights_that_are_told_of_the_order_are_those_that_it_has() -> None:
    table = re.findall(r"^\| (\w+) \| ([\d.]+) \|", (ROOT / "docs/relevance.md").read_text("utf-8"), re.MULTILINE)

    assert [(name, float(weight)) for name, weight in table] == [(one.name, one.weight) for one in SIGNALS]


def test_the_version_is_that_of_the_newest_section_of_the_changelog() -> None:
    (version,) = re.findall(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")

    assert re.findall(r"^## \[(.*?)\]", changes, re.MULTILINE)[:2] == ["Unreleased", version]
    assert re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE)


def test_of_each_python_that_the_package_names_it_is_told_whether_it_was_tried() -> None:
    named = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text("utf-8"))
    (row,) = re.findall(r"^\| Linux, x86-64.*", (ROOT / "docs/platforms.md").read_text("utf-8"), re.MULTILINE)

    assert sorted(set(re.findall(r"\b3\.\d+\b", row))) == named


@pytest.mark.parametrize("document", READMES)
def test_a_readme_is_of_two_screens(document: str) -> None:
    assert len((ROOT / document).read_text("utf-8").splitlines()) <= 100
