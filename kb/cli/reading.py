"""The commands that look at files without keeping anything: read, outline, lint."""

from pathlib import Path

import click

from kb.cli import health, terminal
from kb.cli.files import each_report
from kb.cli.group import NamedPath, as_json, cli
from kb.cli.language import _, texts
from kb.cli.output import lines, print_json, say
from kb.cli.places import places
from kb.library.configuration import Configuration
from kb.library.places import find_library
from kb.pipeline.lint import lint
from kb.pipeline.understanding import Tools, finish, understand
from kb.readers.formats import read_outline
from kb.report.problems import LibraryError
from kb.search.records import note_record, outline_record
from kb.talks import report_of


@cli.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER...", type=NamedPath(path_type=Path))
@click.option("--why", is_flag=True, help="Tell what speaks most for the kind of each note, and against it.")
@as_json
def read(files: tuple[Path, ...], *, why: bool, as_json: bool) -> None:
    """Read reports as a sync would and show their notes, tagged; no index is touched. Of a folder all reports are read.

    \b
    Examples: kb read data/samples/*.txt
              kb read ~/reports --json
    """
    from kb.kinds import reasons

    tools = _tools()

    def show_one(data: bytes, source: str) -> None:
        finished = understand(data, source, tools)
        report = finished.report
        told = reasons(report, finished.morphemes) if why else {}
        if as_json:
            records = (note_record(note, tools.domain) for note in report.notes)
            print_json({**one, **({"reasons": dict(told[one["id"]])} if why else {})} for one in records)
            return
        say(f"{click.style(report.title, bold=True)}  {terminal.event_line(report.event, report.held_on)}")
        lines(terminal.tree_lines(report.notes, tools.catalogue, told))

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
        problems = lint(parsed, finish(parsed, tools).report, tools.domain, tools.lines)
        if as_json:
            print_json(problem.record() for problem in problems)
        else:
            told = [texts.told(problem.sentence) for problem in problems]
            lines(told or [_("{file}: nothing to put right").format(file=source)])

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
