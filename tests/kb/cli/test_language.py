"""The terminal speaks the reader's language: labels, help, errors; JSON has none. Each command has its help."""

import ast
import re
import string
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from messages import KEYWORDS, ROOT, catalogue, compiled, forms, po, wanted
from typed import kb, records
from wcwidth import width

import webui.command  # noqa: F401 (it adds `serve`)
from kb import translation
from kb.cli.group import cli
from kb.cli.language import speak
from kb.cli.overview import ABOUT, COMMANDS, EXAMPLES, overview

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
def test_the_language_is_asked_for_or_that_of_the_environment(
    words: tuple[str, ...], environment: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, environment.get(name, ""))
    speak(words)

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
def test_what_people_read_is_in_their_language(typed: tuple[str, ...], japanese: str, english: str) -> None:
    kb("sync")
    both = [(result := kb("--lang", language, *typed)).stdout + result.stderr for language in ("ja", "en")]

    assert [(japanese in told, english in told) for told in both] == [(True, False), (False, True)]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("ja", ["サービス", "アプリケーション統合", "12件（うち応えるメモのないもの 12件）"]),
        ("en", ["Service", "Application integration", "12 in all, 12 of them open"]),
    ],
)
def test_facets_and_sums_are_told_in_the_own_language(library: Path, language: str, told: list[str]) -> None:
    (library / "report.md").write_text(QUESTIONS, "utf-8")
    facets = kb("--lang", language, "search", "SQS", "--facets").stdout
    sums = kb("--lang", language, "pairs", "--questions").stdout.splitlines()

    assert [one in facets for one in told[:2]] == [True, True]
    assert sums[-1] == told[2]


def test_what_was_learned_is_told_in_the_own_language(library: Path) -> None:
    (library / "report.md").write_text(QUESTIONS, "utf-8")
    every = [f'[notes."{note["id"]}"]\nkind = "advice"\n' for note in records("search", "SQS")]
    (library / "kb.toml").write_text("".join(every), "utf-8")
    kb("sync")

    told = [kb("--lang", language, "status").stdout for language in ("ja", "en")]
    assert ["助言 12件" in told[0], "12 corrections of kinds: 12 advice" in told[1]] == [True, True]


def test_a_change_is_told_in_the_own_language(library: Path) -> None:
    (library / "report.md").write_text("# 見本勉強会 2017\n\n- Lambda の実行時間は上限が5日\n", "utf-8")
    kb("sync")
    (library / "report.md").write_text("# 見本勉強会 2017\n\n- Lambda の実行時間は上限が5分\n", "utf-8")
    (english,) = (
        line for line in kb("--lang", "en", "sync", "--diff").stdout.splitlines() if "+ changes since" in line
    )

    assert "October 2018: " in english


@pytest.mark.usefixtures("library")
def test_damage_is_told_in_the_own_language(tmp_path: Path) -> None:
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
    required = {(context, forms(text)) for context, text in wanted()}

    assert (sorted(required - known.keys(), key=str), sorted(known.keys() - required, key=str)) == ([], [])
    assert [texts for texts, translations in known.items() if not all(translations)] == []


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
    texts = {form for _context, text in wanted() for form in forms(text)}
    called = [
        (path.name, call.lineno, argument.value)
        for room in ("kb", "index", "webui")
        for path in (ROOT / room).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS
        for argument in call.args[-1 if call.func.id == "pgettext" else 0 :][:1]
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
def test_help_is_whole_in_japanese_and_in_its_columns(name: str, columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LANGUAGE", "ja")
    command = cli.get_command(click.Context(cli), name)
    lines = command.get_help(command.context_class(command, info_name=name)).splitlines()
    examples = next(number for number, line in enumerate(lines) if line.startswith("  例:"))
    options = [param.help for param in command.params if isinstance(param, click.Option) and param.help]

    assert [line for line in lines[:examples] if width(line) > int(columns) - 2] == []
    assert [text for text in options if not JAPANESE.search(text)] == []


def test_the_overview_is_the_same_with_click_and_without() -> None:
    bare = [sys.executable, "-c", "from webui.command import main; main()", "--help"]
    told = subprocess.run(bare, capture_output=True, check=True, env={"LC_ALL": "ja_JP.UTF-8", "COLUMNS": "80"})
    with_click = CliRunner().invoke(cli, ["--lang", "ja", "--help"], env={"COLUMNS": "80"})

    assert (told.stdout.decode(), "レポートをライブラリに入れ" in with_click.stdout) == (with_click.stdout, True)
    assert overview() in with_click.stdout


@pytest.mark.parametrize("columns", ["20", "80", "111", "200"])
def test_the_help_looks_as_that_of_click(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Whole(click.Group):
        def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
            with formatter.section("Commands"):
                formatter.write_dl([(name, text) for name, (_, text) in sorted(COMMANDS.items())])

    monkeypatch.setenv("LANGUAGE", "en")
    monkeypatch.setenv("COLUMNS", columns)
    settings = cli.context_settings
    whole = Whole("kb", params=cli.params, help=f"{ABOUT}\n\n\b\n{EXAMPLES}", context_settings=settings)

    assert overview() == whole.get_help(click.Context(whole, info_name="kb", **settings))


def test_what_the_help_says_of_a_command_is_what_the_command_says_of_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGUAGE", "en")
    said = {name: text.removesuffix(".") for name, (_, text) in COMMANDS.items()}
    helps = {name: cli.get_command(click.Context(cli), name).help for name in said}

    assert {name: help_[: len(said[name])] for name, help_ in helps.items()} == said
