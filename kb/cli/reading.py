"""The commands that look at files without keeping anything (read, outline, lint), and how all are given theirs."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click
from msgspec.structs import replace

from index.messages import message_of, os_message, translatable
from kb.cli import health, terminal
from kb.cli.group import cli
from kb.cli.options import WRONG_USE, NamedPath, as_json, places
from kb.cli.output import lines, print_json, say
from kb.library.configuration import Configuration
from kb.library.files import Library, ReportFile
from kb.library.places import find_library
from kb.pipeline.lint import lint
from kb.pipeline.reports import Tools, finish_report, read_report
from kb.readers.containers import TooLongError, bounded, file_bytes, members_of, unopened
from kb.readers.formats import read_outline
from kb.report.problems import FileProblem, LibraryError, UnreadableError
from kb.search.records import note_record, outline_record
from kb.storage.walk import files_below, is_left_alone, shown_name
from kb.talks import report_of
from kb.translation import _, translate

if TYPE_CHECKING:
    from kb.fetching import Fetched

Show: TypeAlias = Callable[[bytes, str], None]
FileRead: TypeAlias = tuple[str, bytes] | FileProblem
"""A name as it is shown and what the file holds, or why it could not be read."""


@cli.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER...", type=NamedPath(path_type=Path))
@click.option("--why", is_flag=True, help="Tell what speaks most for the kind of each note, and against it.")
@as_json
def read(files: tuple[Path, ...], *, why: bool, as_json: bool) -> None:
    """Read reports and show their notes, tagged; no index is touched. Of a folder all reports are read.

    \b
    Examples: kb read data/samples/*.txt
              kb read ~/reports --json
    """
    from kb.kinds import reasons

    tools = _tools()

    def show_one(data: bytes, source: str) -> None:
        finished = read_report(data, source, tools)
        report = finished.report
        why_kind = reasons(report, finished.morphemes) if why else {}
        if as_json:
            records = (note_record(note, tools.domain) for note in report.notes)
            print_json({**one, **({"reasons": dict(why_kind[one["id"]])} if why else {})} for one in records)
            return
        say(f"{click.style(report.title, bold=True)}  {terminal.event_line(report.event, report.held_on)}")
        lines(terminal.tree_lines(report.notes, tools.catalogue, why_kind))

    each_report(files, show_one)


@cli.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER...", type=NamedPath(path_type=Path))
@as_json
def outline(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Parse reports and show what each line was taken for; nothing is tagged or indexed. Of a folder all are parsed.

    \b
    Example: kb outline report.md --json
    """

    def show_one(data: bytes, source: str) -> None:
        parsed = read_outline(data, source)
        report = report_of(parsed)
        if as_json:
            print_json([outline_record(parsed, report.event, report.held_on, report.talks)])
            return
        say(_("{file}: {0.format}, {0.encoding}, {0.lines} lines").format(parsed, file=source))
        for block in parsed.blocks:
            if block.type != "blank":
                place = "" if block.depth is None else "  " * block.depth
                say(f"{block.first_line:5d} {block.type:12} {place}{block.text}")

    each_report(files, show_one)


@cli.command("lint")
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER...", type=NamedPath(path_type=Path))
@as_json
def lint_files(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Tell the author of reports what could not be understood, with line numbers. Of a folder all are looked at.

    \b
    Example: kb lint report.md
    """
    tools = _tools()

    def lint_one(data: bytes, source: str) -> None:
        parsed = read_outline(data, source)
        problems = lint(parsed, finish_report(parsed, tools).report, tools.domain)
        if as_json:
            print_json(problem.record() for problem in problems)
        else:
            findings = [translate(problem.sentence) for problem in problems]
            lines(findings or [_("{file}: nothing to put right").format(file=source)])

    each_report(files, lint_one)


def _tools() -> Tools:
    """Return what knows the services and words of the chosen library; without a library, the usual ones."""
    chosen = places().library
    try:
        configuration, _, problems = find_library(chosen)[0].configuration()
    except LibraryError:
        if chosen is not None:
            raise
        return Tools()
    lines(health.problem_lines(problems), err=True)
    return Tools(Configuration(own_domain=configuration.own_domain))  # what it tells of its own files is not of these


def each_file(names: Iterable[str], show_one: Show, *, allow_private: bool) -> None:
    """Show each file, those of each folder, and the page at each address; `-` is what is typed or piped.

    One that cannot be read is reported and stops no other; where none can be, the command exits with WRONG_USE.
    """
    _show_all((file for name in names for file in _of_name(name, allow_private=allow_private)), show_one)


def each_report(paths: Iterable[Path], show_one: Show) -> None:
    """Show each report that a file holds, and of each folder those that a library there would have; as `each_file`."""
    _show_all((file for path in paths for file in (_of_library(path) if path.is_dir() else _inside(path))), show_one)


def is_address(name: str) -> bool:
    """Return whether something is an address, of whatever kind, rather than the path of a file."""
    return re.match(r"[a-z][a-z0-9+.-]*://", name, re.IGNORECASE) is not None


def fetched(address: str, *, allow_private: bool) -> "Fetched":
    """Return what stands at an address, and where that leads. Raises UnreadableError where nothing can be had."""
    from kb.fetching import Fetcher  # httpx takes its time

    return Fetcher(allow_private=allow_private).fetch(address)


def _show_all(files: Iterable[FileRead], show_one: Show) -> None:
    shown = failed = 0
    for file in files:
        problem = None
        if isinstance(file, FileProblem):
            problem = file
        else:
            name, data = file
            try:
                show_one(data, name)
            except UnreadableError as error:
                problem = error.problem
        if problem:
            say(f"kb: {translate(problem.sentence)}", err=True)
            failed += 1
        else:
            shown += 1
    if failed and not shown:
        click.get_current_context().exit(WRONG_USE)


def _of_path(path: Path) -> FileRead:
    name = shown_name(path)
    try:
        return name, bounded(sys.stdin.buffer) if name == "-" else file_bytes(path)
    except IsADirectoryError:
        return FileProblem(name, None, translatable("is a folder; name the files in it"))
    except OSError as error:
        return FileProblem(name, None, unopened(path, error))
    except TooLongError as error:
        return FileProblem(name, None, message_of(error))


def _of_name(name: str, *, allow_private: bool) -> Iterator[FileRead]:
    """Yield what a name stands for: a page, a file, or each file of a folder that is not left alone, as it is."""
    path = Path(name)
    if is_address(name):
        try:
            page = fetched(name, allow_private=allow_private)
            yield page.url, page.data
        except UnreadableError as error:
            yield error.problem
        return
    if not path.is_dir():
        yield _of_path(path)
        return
    wrong: list[OSError] = []
    below = files_below(path, wrong.append)
    files = [file for file in below if not is_left_alone(shown_name(file.relative_to(path)), ())]
    yield from map(_of_path, files)
    for unlisted in wrong:
        folder = shown_name(Path(unlisted.filename))
        yield FileProblem(folder, None, translatable("cannot be listed ({0})", os_message(unlisted)))
    if not files and not wrong:
        yield FileProblem(shown_name(path), None, translatable("no report is in this folder"))


def _inside(path: Path) -> Iterator[FileRead]:
    file = _of_path(path)
    if isinstance(file, FileProblem):
        yield file
    else:
        name, data = file
        yield from (
            each if isinstance(each, FileProblem) else (each.source, each.data) for each in members_of(data, name)
        )


def _of_library(folder: Path) -> Iterator[FileRead]:
    name, library = shown_name(folder), Library(folder)
    configuration, _, wrong = library.configuration()
    nothing = True
    for entry in chain(wrong, library.entries(configuration.ignore)):
        if isinstance(entry, ReportFile):
            nothing = False
            yield f"{name}/{entry.source}", entry.data
        elif isinstance(entry, FileProblem):
            yield replace(entry, source=f"{name}/{entry.source}")
    if nothing:
        yield FileProblem(name, None, translatable("no report is in this folder"))
