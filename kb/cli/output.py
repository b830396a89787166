"""What commands have in common: lines and JSON to print, progress while work is long, files one after the other."""

import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from kb.cli import terminal
from kb.knowledge_base import KnowledgeBase
from kb.relating import Progress
from kb.report.problems import UnreadableError
from kb.search.answers import SyncOutcome


def bring_up_to_date(kb: KnowledgeBase) -> SyncOutcome:
    """Sync, showing progress and telling each problem on stderr."""
    with ProgressBar() as progress:
        outcome = kb.sync(progress)
    lines(terminal.problem_lines(outcome.problems), err=True)
    return outcome


def make_ready(kb: KnowledgeBase) -> None:
    """Index a library that has no index of this version of kb, and tell of one that has changed since."""
    if kb.needs_index():
        click.echo("kb: indexing the library first", err=True)
        bring_up_to_date(kb)
    elif not kb.status().up_to_date:
        click.echo("kb: the library has changed since it was indexed; run `kb sync`", err=True)
    if not kb.reports():
        click.echo(f"kb: no report in {kb.library.path} yet; put some there and run `kb sync`", err=True)


def each_file(files: tuple[Path, ...], show_one: Callable[[bytes, str], None]) -> None:
    """Show each file; one that cannot be read is told and never stops the others."""
    failed = 0
    for file in files:
        try:
            show_one(sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes(), str(file))
        except UnreadableError as error:
            click.echo(f"kb: {error}", err=True)
            failed += 1
        except OSError as error:
            click.echo(f"kb: {file}: cannot be opened ({error.strerror}); check its name and permissions", err=True)
            failed += 1
    if failed == len(files):
        click.get_current_context().exit(2)


class ProgressBar:
    """A progress bar on stderr while work is long and somebody watches; silent in a pipe."""

    def __init__(self) -> None:
        self._bar: Any = None
        self._step = ""

    def __enter__(self) -> Progress:
        return self._tell

    def __exit__(self, *_error: object) -> None:
        self._end()

    def _tell(self, step: str, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            return
        if step != self._step:
            self._end()
            self._step = step
            self._bar = click.progressbar(length=total, label=step, file=sys.stderr)
        self._bar.update(done - self._bar.pos)

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None


def lines(every: Iterable[str], *, err: bool = False) -> None:
    """Print lines, on stderr where they are about the work and not its result."""
    for line in every:
        click.echo(line, err=err)


def print_json(records: Iterable[dict[str, Any]]) -> None:
    """Print one JSON object a line."""
    for record in records:
        click.echo(json.dumps(record, ensure_ascii=False))
