"""Files that nobody writes go through whole commands: what is past a limit is refused and told, the others go on."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kb.cli.group import cli
from kb.readers.archives import LONGEST_REPORT

REFUSED = {
    "bullets.md": ("- 一\n" * 10_001, "10001: more than 10,000 notes; divide the file"),
    "elements.html": ("<html>" + "<p>一</p>" * 10_001, "1: more than 10,000 notes; divide the file"),
    "headings.md": ("# 一\n" * 501, "501: more than 500 headings; divide the file"),
    "long.txt": ("x" * (LONGEST_REPORT + 1), " longer than 10 MB; divide it, or take out what is no text"),
    "lines.rst": ("\n" * 50_001, "50001: more than 50,000 lines; divide the file"),
}
TAKEN = {
    "entities.html": "<html><h1>一</h1><p>" + "&amp;" * 200_000,
    "good.md": "# 二\n\n- 冪等にする\n",
    "line.md": "# 三\n\n- " + "SQSは順番を守らない。" * 50_000,
    "token.txt": "漢" * 300_000,
}


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    for name, text in (*TAKEN.items(), *((name, text) for name, (text, _) in REFUSED.items())):
        (folder / name).write_text(text, "utf-8")
    return folder


def kb(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, list(map(str, arguments)), catch_exceptions=False)


def test_a_sync_refuses_them_with_a_reason_and_indexes_the_others(library: Path, tmp_path: Path) -> None:
    done, status = (kb(command, "--library", library, "--index", tmp_path / "index") for command in ("sync", "status"))
    told = [line for line in status.stdout.splitlines() if line.startswith("kb: ")]

    assert (done.exit_code, sorted(told), done.stdout.partition(",")[0]) == (
        0,
        [f"kb: {name}:{reason}" for name, (_, reason) in sorted(REFUSED.items())],
        f"reports: {len(TAKEN)} new",
    )


def test_reading_refuses_them_with_a_reason_and_shows_the_others(library: Path) -> None:
    done = kb("read", library)

    assert (done.exit_code, sorted(done.stderr.splitlines()), "冪等にする" in done.stdout) == (
        0,
        [f"kb: {library}/{name}:{reason}" for name, (_, reason) in sorted(REFUSED.items())],
        True,
    )
