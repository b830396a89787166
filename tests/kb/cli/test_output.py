"""Printing: no text controls the terminal, and a failed write is reported as such."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from hypothesis import example, given
from hypothesis import strategies as st

from kb.cli.group import cli
from kb.cli.output import ProgressBar, echo, page_lines, print_json
from kb.knowledge_base import KnowledgeBase
from webui.app import create_app

KB = [sys.executable, "-c", "from webui.command import main; main()"]
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))
COLOUR = re.compile(r"\x1b\[(?:[0124]|3[136])m")
OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printed(show: Callable[[], None]) -> str:
    with CliRunner().isolation(color=True) as (out, *_):
        sys.stdout.reconfigure(errors="backslashreplace")  # as `kb` does
        show()
        return out.getvalue().decode()


@given(ANY_TEXT)
@example("\x1b]52;c;cm0gLXJm\x07")  # fills the clipboard
@example("\x1b]0;title\x1b\\")
@example("\x1b[8mhidden")
@example("\x9b2J\r\u202eevil")
@example("\x1b[0m")
def test_no_text_controls_the_terminal_except_by_a_colour(text: str) -> None:
    assert OBEYED.search(COLOUR.sub("", printed(lambda: echo(text)))) is None


def test_control_characters_are_escaped() -> None:
    assert printed(lambda: echo("\x1b]0;題\x07と\r\u202e\u009b")) == "\\u001b]0;題\\u0007と\\u000d\\u202e\\u009b\n"


def test_our_own_colours_pass_and_end_with_the_text() -> None:
    text = f"{click.style('bold', bold=True)} and \x1b[31mred"

    assert printed(lambda: echo(text)) == f"{text}\x1b[0m\n"


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int, lines: int) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((columns, lines)))


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_bar_shows_the_rate_and_time_left_without_what_was_done_before(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, now = Terminal(), 1000.0
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr("time.time", lambda: now)
    with ProgressBar() as progress:
        progress("reading", 3, 3)
        progress("embedding", 800, 1000)
        for done in (820, 840):
            now += 10
            progress("embedding", done, 1000)

    assert screen.getvalue().split("\r")[-1].split("]")[1].split("\x1b")[0].split() == ["40/200", "00:01:20", "2.0/s"]


def test_on_a_terminal_a_long_line_continues_below_its_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    on_a_terminal(monkeypatch, 16, 40)
    page_lines(
        ["  • 監視と、「Lambda」。", click.style("    ログ → CloudWatch", dim=True), "   12 • 再試行をする", "", "8件"]
    )

    assert COLOUR.sub("", capsys.readouterr().out).split("\n") == [
        *("  • 監視と、", "    「Lambda」。"),
        *("    ログ → ", "    CloudWatch"),
        *("   12 • 再試行を", "        する"),
        *("", "8件", ""),
    ]


def test_more_lines_than_a_terminal_has_go_through_a_pager(monkeypatch: pytest.MonkeyPatch) -> None:
    paged: list[str] = []
    monkeypatch.setattr(click, "echo_via_pager", lambda parts: paged.append("".join(parts)))
    on_a_terminal(monkeypatch, 80, 3)
    page_lines(["一", "二\x1b]0;題\x07"])
    page_lines(["一", "二\x1b]0;題\x07", "三"])

    assert paged == ["一\n二\\u001b]0;題\\u0007\n三\n"]


def test_the_pager_is_said_to_show_utf_8_whatever_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LESSCHARSET", raising=False)
    monkeypatch.setattr(click, "echo_via_pager", lambda _parts: None)
    on_a_terminal(monkeypatch, 80, 2)

    page_lines(["一", "二"])

    assert os.environ["LESSCHARSET"] == "utf-8"


@given(st.dictionaries(ANY_TEXT, ANY_TEXT))
def test_json_is_read_back_as_the_same_record(record: dict[str, str]) -> None:
    line, _ = printed(lambda: print_json([record])).split("\n")

    assert (json.loads(line), OBEYED.search(line)) == (json.loads(json.dumps(record)), None)


@pytest.fixture
def report(tmp_path: Path) -> Path:
    (tmp_path / "a.md").write_text("# 見本勉強会 2019\n\n" + "- SQS は便利\n" * 5000, "utf-8")
    return tmp_path / "a.md"


def test_each_talk_has_its_first_heading_though_the_talk_before_ended_under_one_of_that_name(tmp_path: Path) -> None:
    talk = "## 【A】1{0}:00~1{0}:40:話{0}\n\n### まとめ\n\n- 箱を棚に置く\n- 鍵を返す\n\n"
    (tmp_path / "a.md").write_text(f"# 見本勉強会 2019\n\n{talk.format(1)}{talk.format(2)}", "utf-8")
    lines = CliRunner().invoke(cli, ["read", str(tmp_path / "a.md")], catch_exceptions=False).stdout.splitlines()
    marks = ("話", "まとめ", "箱", "鍵")

    assert [mark for line in lines[1:] for mark in marks if mark in line] == [*marks, *marks]


def test_a_closed_pipe_ends_a_command_quietly_with_the_code_of_sigpipe(report: Path) -> None:
    process = subprocess.Popen([*KB, "read", str(report)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()

    assert (process.wait(), errors) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to write to")
@pytest.mark.parametrize("command", ["read", "outline", "lint"])
def test_a_full_disk_under_the_output_is_not_blamed_on_the_input(report: Path, command: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*KB, command, str(report)], stdout=full, stderr=subprocess.PIPE, check=False)

    assert (done.returncode, done.stderr) == (2, b"kb: the output cannot be written (No space left on device)\n")


def test_a_name_that_is_not_utf_8_passes_through_every_command_and_the_page(tmp_path: Path) -> None:
    library, name = tmp_path / os.fsdecode(b"library\xe3"), os.fsdecode(b"\xe3.md")
    library.mkdir()
    (library / name).write_text("- SQS は便利\n", "utf-8")  # without a title it is named by its file
    places = ["--library", str(library), "--index", str(tmp_path / "index")]

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(cli, arguments, catch_exceptions=False)

    note, _ = map(json.loads, run("search", "SQS", "--json", *places).stdout.splitlines())
    asked = create_app(KnowledgeBase.open(library, tmp_path / "index")).test_client()

    assert (note["source"], note["report"][:3]) == ("\\xe3.md", "xe3")
    assert [run(command, str(library / name)).exit_code for command in ("read", "outline", "lint")] == [0, 0, 0]
    assert [run(*asks, *places).exit_code for asks in (["sync"], ["show", note["id"]], ["services"])] == [0, 0, 0]
    assert json.loads(run("status", "--json", *places).stdout)["library"] == f"{tmp_path}/library\\xe3"
    assert [asked.get(path).status_code for path in ("/?q=SQS", f"/report/{note['report']}", "/reports")] == [200] * 3
    added = run("add", str(library / name), *places).stdout
    assert added.startswith(f"there already: {tmp_path}/library\\xe3/\\xe3.md")
    assert run("remove", note["report"], *places).stdout.startswith(
        f"removed {note['report']}; the old file is kept as"
    )
