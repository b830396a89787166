"""Labels, help and errors are in the user's language; JSON is the same in each. Each command has its help."""

import ast
import gettext
import importlib
import json
import pkgutil
import re
import string
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import get_args

import click
import pytest
from click.testing import CliRunner
from messages import KEYWORDS, ROOT, catalogue, compiled, forms, po, required_texts
from typed import REPORT, kb, notes
from wcwidth import width
from werkzeug.exceptions import HTTPException

import webui.command
import webui.wording
from index.query import StepName
from index.query_ast import NoticeName
from index.ranking import SIGNALS
from kb import translation, wording
from kb.cli.commands import COMMANDS, overview, use_language
from kb.cli.group import USAGE_ERROR, cli
from kb.indexing.differences import REPORT_FIELDS
from kb.pipeline.reports import Tools
from kb.report.difference import FATES, SORTS
from kb.report.model import Claim, Kind, State, Via
from kb.report.outline import BlockType
from kb.search.documents import SCHEMA
from kb.search.facets import FACETS
from kb.search.guide import PARTS
from kb.services.catalogue import STAGES
from kb.translation import _, in_language, languages
from webui.http.responses import ERRORS

JAPANESE = re.compile("[ぁ-んァ-ヶ一-龠]")
QUESTIONS = "# 会 2018\n\n" + "".join(f"- SQS は{name}できますか？\n" for name in "甲乙丙丁戊己庚辛壬癸子丑")


@pytest.mark.parametrize(
    ("words", "environment", "language"),
    [
        ((), {}, "en"),
        ((), {"LANG": "ja_JP.UTF-8"}, "ja"),
        ((), {"LANG": "ja"}, "ja"),
        ((), {"LANG": "de_DE.UTF-8"}, "en"),
        ((), {"LANG": "C"}, "en"),
        ((), {"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "C"}, "en"),
        ((), {"LANG": "C", "LC_MESSAGES": "ja_JP.UTF-8"}, "ja"),
        ((), {"LANG": "ja_JP.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8", "LC_ALL": "POSIX"}, "en"),
        ((), {"LANG": "ja_JP.UTF-8", "LC_ALL": ""}, "ja"),
        ((), {"LANG": "en_US.UTF-8", "LANGUAGE": "ja"}, "en"),
        (("--lang", "ja"), {"LANG": "en_US.UTF-8"}, "ja"),
        (("--lang=en",), {"LANG": "ja_JP.UTF-8"}, "en"),
        (("--library", "x", "--lang", "ja", "search"), {}, "ja"),
        (("--lang", "de"), {"LANG": "ja_JP.UTF-8"}, "ja"),
        (("search", "--lang"), {}, "en"),
    ],
)
def test_the_language_is_that_of_the_option_or_of_the_locale(
    words: tuple[str, ...], environment: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, environment.get(name, ""))
    use_language(words)

    assert translation.language() == language


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("typed", "japanese", "english"),
    [
        (("search", "冪等"), "1件", "1 note"),
        (("status",), "最新です", "up to date"),
        (("sync",), "新規0、変更0、削除0、変更なし1", "0 new, 0 changed, 0 gone, 1 unchanged"),
        (("serach",), "もしかして: 'search'", "Did you mean 'search'?"),
        (("search", "--servce", "sqs"), "もしかして: '--event', '--service'", "'--service'?"),
        (("search", "--limit", "x"), "--limit' の値が正しくありません", "Invalid value for '--limit'"),
        (("show",), "引数が足りません 'ID'", "Missing argument 'ID'"),
        (("search", "--help"), "メモを言葉で探します", "Search the notes for words"),
        (("--help",), "エンジニアがセッションで取ったメモ", "Search what engineers noted at talks"),
    ],
)
def test_output_is_in_the_language_of_the_user(typed: tuple[str, ...], japanese: str, english: str) -> None:
    kb("sync")
    outputs = [(result := kb("--lang", language, *typed)).stdout + result.stderr for language in ("ja", "en")]

    assert [(japanese in output, english in output) for output in outputs] == [(True, False), (False, True)]


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("ja", ["サービス", "アプリケーション統合", "12件（うち応えるメモのないもの 12件）"]),
        ("en", ["Service", "Application integration", "12 in all, 12 of them open"]),
    ],
)
def test_facets_and_sums_are_in_the_language_of_the_user(library: Path, language: str, shown: list[str]) -> None:
    (library / "report.md").write_text(QUESTIONS, "utf-8")
    facets = kb("--lang", language, "search", "SQS", "--facets").stdout
    sums = kb("--lang", language, "pairs", "--questions").stdout.splitlines()

    assert [text in facets for text in shown[:2]] == [True, True]
    assert sums[-1] == shown[2]


def test_learned_corrections_are_in_the_language_of_the_user(library: Path) -> None:
    (library / "report.md").write_text(QUESTIONS, "utf-8")
    corrections = [f'[notes."{note["id"]}"]\nkind = "advice"\n' for note in notes("search", "SQS")]
    (library / "kb.toml").write_text("".join(("[lessons.kinds]\ncorrections = 12\n", *corrections)), "utf-8")
    kb("sync")

    japanese, english = (kb("--lang", language, "status").stdout for language in ("ja", "en"))
    assert ["助言 12件" in japanese, "12 corrections of kinds: 12 advice" in english] == [True, True]


def test_a_dated_change_is_in_the_language_of_the_user(library: Path) -> None:
    (library / "report.md").write_text("# 見本勉強会 2017\n\n- Lambda の実行時間は上限が5日\n", "utf-8")
    kb("sync")
    (library / "report.md").write_text("# 見本勉強会 2017\n\n- Lambda の実行時間は上限が5分\n", "utf-8")
    (english,) = (
        line for line in kb("--lang", "en", "sync", "--diff").stdout.splitlines() if "+ changes since" in line
    )

    assert "October 2018: " in english


@pytest.mark.usefixtures("library")
def test_damage_is_in_the_language_of_the_user(tmp_path: Path) -> None:
    kb("sync")
    (tmp_path / "index" / "CURRENT").unlink()

    assert f"kb: {tmp_path / 'index'}: 壊れています（" in kb("--lang", "ja", "search", "冪等").stderr


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    "typed",
    [
        ("search", "冪等", "--facets", "--explain"),
        ("search", "--kind", "statement"),
        ("pairs",),
        ("guide", "sqs"),
        ("services",),
        ("status",),
        ("lint", "library/report.md"),
        ("read", "library/report.md", "--why"),
        ("outline", "library/report.md"),
        ("sync", "--diff"),
    ],
)
def test_json_is_the_same_to_the_byte(typed: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    kb("sync")
    japanese, english = (kb("--lang", language, *typed, "--json").stdout for language in ("ja", "en"))

    assert japanese == english


def test_the_catalogue_has_every_text_and_no_other() -> None:
    known = {(one.context, forms(one.id)): forms(one.string) for one in catalogue("ja") if one.id}
    required = {(context, forms(text)) for context, text in required_texts()}

    assert (sorted(required - known.keys(), key=str), sorted(known.keys() - required, key=str)) == ([], [])
    assert [texts for texts, translations in known.items() if not all(translations)] == []


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (wording.KINDS, get_args(Kind)),
        (wording.VIAS, get_args(Via)),
        (wording.STATES, get_args(State)),
        (wording.COMPARED, SORTS),
        (wording.FATES, FATES),
        (wording.CHANGED, (*REPORT_FIELDS, "text", "trail", "talk", "attached")),
        (wording.GUIDE_PARTS, PARTS),
        (wording.STEPS, set(get_args(StepName)) - {"near"}),  # notes near in meaning are shown below a heading
        (wording.NOTICES, get_args(NoticeName)),
        (wording.STAGES, STAGES),
        (wording.FIELDS, (field.name for field in SCHEMA.texts)),
        (wording.SIGNALS, {signal.name for signal in SIGNALS} - {"words"}),  # which are shown themselves
        (wording.CATEGORIES, Tools().catalogue.categories),
        (webui.wording.PLACES_OF_WORDS, (field.name for field in SCHEMA.texts)),
        # The rest is said in other words, or is nothing that a reader can see in a note.
        (webui.wording.SIGNALS, {signal.name for signal in SIGNALS} - {"words", "boost", "coverage", "length"}),
        (webui.wording.BLOCKS, get_args(BlockType)),
        (webui.wording.NOT_OF_KIND, get_args(Claim)),
    ],
)
def test_a_table_of_texts_has_one_for_each_name_that_the_code_has(
    texts: Mapping[str, str], names: Iterable[str]
) -> None:
    assert sorted(texts) == sorted(names)
    assert all(JAPANESE.search(in_language("ja", _, text)) for text in texts.values() if text != "IoT")


def test_each_facet_that_people_see_has_a_label_in_both_languages() -> None:
    labels = [text for facet in FACETS if facet.roles for text in (facet.label, *facet.value_labels.values())]

    assert [text for text in labels if not (text.isascii() and JAPANESE.search(in_language("ja", _, text)))] == []


def test_each_error_of_the_page_has_a_sentence() -> None:
    modules = [importlib.import_module(one.name) for one in pkgutil.walk_packages(webui.__path__, "webui.")]
    raised = {value for one in modules for value in vars(one).values() if isinstance(value, type)}
    codes = {error.code for error in raised if issubclass(error, HTTPException) and error.code}

    assert codes - {HTTPStatus.CONFLICT, HTTPStatus.GONE} <= ERRORS.keys()  # these two come with their own sentence


def test_a_translation_has_the_placeholders_of_its_text() -> None:
    pairs = [(forms(one.id)[-1], forms(one.string)) for one in catalogue("ja") if one.id]
    names = [(text, fields(text), {frozenset(fields(form)) for form in found}) for text, found in pairs]

    assert [text for text, own, translated in names if not all(form <= own for form in translated)] == []
    assert [
        text for text, own, translated in names if own - {"len_type", "format"} - frozenset.union(*translated)
    ] == []


def test_a_translation_has_the_plural_forms_of_its_language() -> None:
    known = catalogue("ja")

    assert [one.id for one in known if one.pluralizable and len(forms(one.string)) != known.num_plurals] == []


def test_no_text_is_hidden_from_extraction() -> None:
    """An f-string hides the calls in it, and a text that is not written out is unknown."""
    texts = {form for _context, text in required_texts() for form in forms(text)}
    called = [
        (path.name, call.lineno, argument.value)
        for room in ("kb", "index", "webui")
        for path in (ROOT / room).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
        for argument in call.args["pgettext" in call.func.id :][:1]
        if isinstance(argument, ast.Constant)
    ]

    assert [call for call in called if call[2] not in {*texts, ""}] == []


def fields(text: str) -> set[str]:
    """Return the arguments that a text shows, or an attribute of which it shows."""
    names = (name for _before, name, _format, _conversion in string.Formatter().parse(text) if name)
    return {name.partition(".")[0] if not name[0].isdigit() else name for name in names}


def test_the_catalogue_is_compiled() -> None:
    assert po("ja").with_suffix(".mo").read_bytes() == compiled(catalogue("ja"))


@pytest.mark.parametrize("columns", ["60", "100"])
@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_help_of_a_command_is_japanese_and_fits_its_columns(
    name: str, columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    lines = kb("--lang", "ja", name, "--help").stdout.splitlines()
    examples = next(number for number, line in enumerate(lines) if line.startswith("  例:"))
    below = lines[lines.index("オプション:") :]
    params = cli.get_command(click.Context(cli), name).params
    helps = [param.help for param in params if isinstance(param, click.Option) and param.help]

    assert [line for line in (*lines[:examples], *below) if width(line) > int(columns) - 2] == []
    assert [text for text in helps if not JAPANESE.search(in_language("ja", _, text))] == []


def test_the_help_of_kb_is_the_same_with_and_without_click() -> None:
    bare = [sys.executable, "-c", "from webui.command import main; main()", "--help"]
    printed = subprocess.run(bare, capture_output=True, check=True, env={"LC_ALL": "ja_JP.UTF-8"})
    with_click = CliRunner().invoke(cli, ["--lang", "ja", "--help"])

    assert printed.stdout.decode() == with_click.stdout
    assert "レポートをライブラリに入れ" in with_click.stdout


@pytest.mark.parametrize("language", languages())
def test_the_help_of_kb_fits_80_columns_and_has_every_option_and_command(language: str) -> None:
    lines = in_language(language, overview).splitlines()
    options = [", ".join(sorted(param.opts, key=len)) for param in cli.get_params(click.Context(cli))]

    assert [line for line in lines if width(line) > 80] == []
    assert [name for name in (*options, *COMMANDS) if not any(line.startswith(f"  {name} ") for line in lines)] == []


def test_the_summary_of_a_command_begins_its_help() -> None:
    summaries = {name: summary.removesuffix(".") for name, (_module, summary) in COMMANDS.items()}
    helps = {name: cli.get_command(click.Context(cli), name).help for name in summaries}

    assert {name: text[: len(summaries[name])] for name, text in helps.items()} == summaries


class Untranslated(gettext.NullTranslations):
    """The texts that a catalogue lacks, each returned as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def gettext(self, message: str) -> str:
        self.texts.append(message)
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:  # noqa: ARG002
        return self.gettext(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:  # noqa: ARG002
        return self.ngettext(msgid1, msgid2, n)


TROUBLE = "- Lambda\n  - 課題: 起動が遅くて冪等にできず困る\n    - 対策: 前もって起こす\n\n```\n冪等 --key\n```\n"
# The arguments with which each command runs to its end, and its exit code, None if it runs until Ctrl+C.
RUNS: dict[str, tuple[tuple[str, ...], int | None]] = {
    "add": (("{file}",), 0),
    "check": ((), 0),
    "cite": (("{note}",), 0),
    "evaluate": (("--set", "{set}"), 0),
    "export-site": (("{site}",), 0),
    "follow": (("http://127.0.0.1/feed",), 2),
    "guide": (("sqs",), 0),
    "lint": (("{file}",), 0),
    "mcp": ((), 0),
    "outline": (("{file}",), 0),
    "pairs": ((), 0),
    "read": (("{file}",), 0),
    "remove": (("none",), 1),
    "search": ((), 0),
    "serve": ((), None),
    "services": ((), 0),
    "show": (("{note}",), 0),
    "status": ((), 0),
    "sync": ((), 0),
    "watch": ((), None),
}
ADDED = {
    "plain": (),
    "explain": ("--explain", "冪等"),
    "json": ("--json",),
    "word": ("冪等",),
    "filter": ("--service", "lambda"),
}
OF_A_WORD = {"add": 0, "cite": 1, "lint": 0, "outline": 0, "read": 0, "pairs": 0, "search": 0}
"""The exit codes of the commands that take another word: it is a file or an id that does not exist, or searched for."""


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Make a library with its index; return the arguments that `RUNS` names."""
    folder = tmp_path_factory.mktemp("commands")
    (folder / "library").mkdir()
    (folder / "library" / "report.md").write_text(REPORT + TROUBLE, "utf-8")
    (folder / "set").mkdir()
    (folder / "set" / "queries.jsonl").write_text('{"id": "1", "text": "鍵"}\n', "utf-8")
    (folder / "set" / "qrels.tsv").write_text("1\ta\t1\n", "utf-8")
    (folder / "set" / "passages.jsonl").write_text('{"id": "a", "text": "鍵は二つ"}\n', "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KB_LIBRARY", str(folder / "library"))
        patch.setenv("KB_INDEX", str(folder / "index"))
        note, *_ = notes("search", "冪等")
        yield {
            "file": str(folder / "library" / "report.md"),
            "note": note["id"],
            "set": str(folder / "set"),
            "site": str(folder / "site"),
        }


def test_every_command_is_run() -> None:
    assert sorted(RUNS) == sorted(COMMANDS)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    ("name", "added"),
    [(name, added) for name in RUNS for added in ADDED if added != "plain" or RUNS[name][1] is not None],
)
def test_a_command_ends_with_its_exit_code_and_in_the_language_of_the_user(
    name: str, added: str, language: str, places: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments, code = RUNS[name]
    params = cli.get_command(click.Context(cli), name).params
    if added == "word":
        code = OF_A_WORD.get(name, USAGE_ERROR)
    elif any(option not in option_names(params) for option in ADDED[added][:1]):
        code = USAGE_ERROR
    untranslated = Untranslated()
    monkeypatch.setattr(translation._catalogue("ja"), "_fallback", untranslated)  # noqa: SLF001
    result = kb("--lang", language, name, *(word.format(**places) for word in arguments), *ADDED[added])

    assert (result.exit_code, untranslated.texts) == (code, [])
    assert language == "en" or bool(result.stderr) <= bool(JAPANESE.search(result.stderr))
    if added == "json":
        assert [type(json.loads(line)) for line in result.stdout.splitlines()] == [dict] * len(
            result.stdout.splitlines()
        )


def option_names(params: Sequence[click.Parameter]) -> set[str]:
    return {option for param in params for option in param.opts}
