"""What a command is given to read: one after the other, a bad one told and never stopping the others."""

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

import click
from msgspec.structs import replace

from index.sentences import said, system_says, told_by
from kb.cli.fetching import is_address
from kb.cli.language import texts
from kb.cli.output import say
from kb.cli.places import WRONG_USE
from kb.library.files import Library, ReportFile
from kb.readers.containers import TooLongError, bounded, file_bytes, members_of, unopened
from kb.report.problems import FileProblem, UnreadableError
from kb.storage.walk import files_below, is_left_alone, shown_name

Show = Callable[[bytes, str], None]
Taken = tuple[str, bytes] | FileProblem  # a name as it is shown and what the file holds, or why it could not be read


def each_file(names: Iterable[str], show_one: Show, fetch: Callable[[str], tuple[str, bytes]]) -> None:
    """Show each file, those of each folder, and what `fetch` finds at each address; `-` is what is typed or piped."""
    _show_all((taken for name in names for taken in _every(name, fetch)), show_one)


def each_report(paths: Iterable[Path], show_one: Show) -> None:
    """Show each report that a file holds, and of each folder those that a library there would have."""
    _show_all((taken for path in paths for taken in (_below(path) if path.is_dir() else _inside(path))), show_one)


def _show_all(every: Iterable[Taken], show_one: Show) -> None:
    shown = failed = 0
    for taken in every:
        if problem := _problem_of(taken, show_one):
            say(f"kb: {texts.told(problem.sentence)}", err=True)
            failed += 1
        else:
            shown += 1
    if failed and not shown:
        click.get_current_context().exit(WRONG_USE)


def _problem_of(taken: Taken, show_one: Show) -> FileProblem | None:
    """Show a file; return what is wrong with one that cannot be shown."""
    if isinstance(taken, FileProblem):
        return taken
    name, data = taken
    try:
        show_one(data, name)
    except UnreadableError as error:
        return error.problem
    return None


def _taken(path: Path) -> Taken:
    name = shown_name(path)
    try:
        return name, bounded(sys.stdin.buffer) if name == "-" else file_bytes(path)
    except IsADirectoryError:
        return FileProblem(name, None, said("is a folder; name the files in it"))
    except OSError as error:
        return FileProblem(name, None, unopened(path, error))
    except TooLongError as error:
        return FileProblem(name, None, told_by(error))


def _fetched(address: str, fetch: Callable[[str], tuple[str, bytes]]) -> Taken:
    try:
        return fetch(address)
    except UnreadableError as error:
        return error.problem


def _every(name: str, fetch: Callable[[str], tuple[str, bytes]]) -> Iterator[Taken]:
    """Yield what a name stands for: a page, a file, or each file of a folder that is not left alone, as it is."""
    path = Path(name)
    if is_address(name) or not path.is_dir():
        yield _fetched(name, fetch) if is_address(name) else _taken(path)
        return
    wrong: list[OSError] = []
    files = [
        file for file in files_below(path, wrong.append) if not is_left_alone(shown_name(file.relative_to(path)), ())
    ]
    yield from map(_taken, files)
    for error in wrong:
        yield FileProblem(shown_name(Path(error.filename)), None, said("cannot be listed ({0})", system_says(error)))
    if not files and not wrong:
        yield FileProblem(shown_name(path), None, said("no report is in this folder"))


def _inside(path: Path) -> Iterator[Taken]:
    taken = _taken(path)
    if isinstance(taken, FileProblem):
        yield taken
    else:
        name, data = taken
        yield from (
            each if isinstance(each, FileProblem) else (each.source, each.data) for each in members_of(data, name)
        )


def _below(folder: Path) -> Iterator[Taken]:
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
        yield FileProblem(name, None, said("no report is in this folder"))
