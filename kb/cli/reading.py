"""The commands that need no index: read, outline and lint look at files, evaluate scores the search."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click
import msgspec
from msgspec.structs import replace

from index.datafiles import quoted
from index.messages import message_of, os_message, translatable
from kb.cli.group import CHECK_FAILED, USAGE_ERROR, NamedPath, as_json, cli, place_options, state
from kb.cli.output import echo, echo_lines, event_line, print_json, tree_lines
from kb.cli.syncing import problem_lines
from kb.library.configuration import Configuration
from kb.library.files import Library, ReportFile
from kb.library.places import EVALUATION, find_library
from kb.pipeline.lint import lint
from kb.pipeline.reports import MAX_UNREAD, Tools, finish_report
from kb.readers.containers import TooLongError, bounded, members_of, unopened
from kb.readers.formats import read_outline
from kb.report.problems import FileProblem, LibraryError, UnreadableError
from kb.search.records import note_record, outline_record
from kb.storage.walk import files_below, is_left_alone, shown_name
from kb.talks import report_of
from kb.translation import _, translate

if TYPE_CHECKING:
    from kb.evaluation import Evaluation
    from kb.fetching import Fetched

ReadFile: TypeAlias = tuple[str, bytes] | FileProblem
"""The name and the bytes of a file, or why it could not be read."""

_files = click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER...", type=NamedPath(path_type=Path))
_NOISE = "answered_all_the_same"  # the number of queries without an answer that find something


@cli.command()
@click.argument("files", nargs=-1, metavar="[FILE|FOLDER...]", type=NamedPath(path_type=Path))
@click.option("--why", is_flag=True, help="Show the features for and against the kind of each note.")
@click.option(
    "--by-model", "url", metavar="URL", help="Have a chat model read the library, at the address before /chat."
)
@click.option("--model", metavar="NAME", help="The name of the chat model.")
@click.option("--at-most", type=click.IntRange(1), metavar="TOKENS", help="The budget of --by-model.")
@click.option("--dry-run", is_flag=True, help="Show what --by-model would read, and its tokens; send nothing.")
@as_json
@place_options
def read(
    files: tuple[Path, ...],
    *,
    why: bool,
    url: str | None,
    model: str | None,
    at_most: int | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Read reports and show their notes, tagged; no index is touched. Of a folder all reports are read.

    With --by-model, a chat model reads what no assistant has read yet: in the library, or in these files and folders of
    it. The lines are sent to this address (OpenAI's interface: Ollama, llama.cpp, vLLM, a hosted model), the key in
    KB_MODEL_KEY with them. What it says is kept in readings/ of the library; a person's corrections win over it. Ctrl+C
    loses nothing: the next run goes on.

    \b
    Examples: kb read data/samples/*.txt
              kb read ~/reports --json
              kb read --by-model http://127.0.0.1:11434/v1 --model qwen3 --dry-run
    """
    if url is not None:
        from kb.cli.by_model import read_by_model

        if not model or why:
            raise click.UsageError(_("--by-model needs --model, the name of the model, and goes without --why"))
        read_by_model(url, model, files, at_most=at_most, dry_run=dry_run, as_json=as_json)
        return
    if model or at_most or dry_run:
        raise click.UsageError(_("--model, --at-most and --dry-run go with --by-model, the address of a model"))
    if not files:
        raise click.UsageError(_("name a file or folder, or a model by --by-model"))
    from kb.kinds import reasons
    from kb.search.collection import embedder_of, reader_of

    tools = _tools()
    reader = reader_of(embedder_of(tools.configuration))

    def show_notes(data: bytes, source: str) -> None:
        finished = finish_report(read_outline(data, source), tools, reader=reader, most_unread=MAX_UNREAD)
        report = finished.report
        kind_reasons = reasons(report, finished.morphemes) if why else {}
        if as_json:
            records = (note_record(note, tools.domain) for note in report.notes)
            print_json(
                {**record, **({"reasons": dict(kind_reasons[record["id"]])} if why else {})} for record in records
            )
            return
        echo(f"{click.style(report.title, bold=True)}  {event_line(report)}")
        echo_lines(tree_lines(report.notes, tools.catalogue, kind_reasons))

    _each_report(files, show_notes)


@cli.command()
@_files
@as_json
def outline(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Parse reports and show the block of each line; nothing is tagged or indexed. Of a folder all are parsed.

    \b
    Example: kb outline report.md --json
    """

    def show_blocks(data: bytes, source: str) -> None:
        parsed = read_outline(data, source)
        report = report_of(parsed)
        if as_json:
            print_json([outline_record(parsed, report)])
            return
        echo(_("{file}: {0.format}, {0.encoding}, {0.lines} lines").format(parsed, file=source))
        for block in parsed.blocks:
            if block.type != "blank":
                echo(f"{block.first_line:5d} {block.type:12} {'  ' * (block.depth or 0)}{block.text}")

    _each_report(files, show_blocks)


@cli.command("lint")
@_files
@as_json
def lint_files(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Show the author of a report what could not be understood, with line numbers. Of a folder all are checked.

    \b
    Example: kb lint report.md
    """
    tools = _tools()

    def show_findings(data: bytes, source: str) -> None:
        parsed = read_outline(data, source)
        findings = lint(parsed, finish_report(parsed, tools).report, tools.domain)
        if as_json:
            print_json(finding.record() for finding in findings)
        else:
            lines = [translate(finding.sentence) for finding in findings]
            echo_lines(lines or [_("{file}: nothing to correct", file=source)])

    _each_report(files, show_findings)


def _tools() -> Tools:
    """Return the tools with the own services, words and model of the chosen library, else the default tools."""
    chosen = state().library
    try:
        configuration, _text, problems = find_library(chosen)[0].configuration()
    except LibraryError:
        if chosen is not None:
            raise
        return Tools()
    echo_lines(problem_lines(problems), err=True)
    # Its overrides are about its own files.
    return Tools(Configuration(own_domain=configuration.own_domain, embedding=configuration.embedding))


def _each_report(paths: Iterable[Path], show: Callable[[bytes, str], None]) -> None:
    """Pass each report of files and of folders to `show` like `each_file`; a folder is read as a library."""
    each_file((file for path in paths for file in (_of_library(path) if path.is_dir() else _members(path))), show)


def each_file(files: Iterable[ReadFile], show: Callable[[bytes, str], None]) -> None:
    """Pass the bytes and the name of each file to `show`, and report each that cannot be read.

    If none can, the command exits with USAGE_ERROR.
    """
    shown = failed = 0
    for file in files:
        problem = file if isinstance(file, FileProblem) else _shown(*file, show)
        if problem:
            echo_lines(problem_lines([problem]), err=True)
            failed += 1
        else:
            shown += 1
    if failed and not shown:
        click.get_current_context().exit(USAGE_ERROR)


def _shown(name: str, data: bytes, show: Callable[[bytes, str], None]) -> FileProblem | None:
    """Show a file; return why it cannot be read, if so."""
    try:
        show(data, name)
    except UnreadableError as error:
        return error.problem
    return None


def is_address(name: str) -> bool:
    """Return whether a name is an address of any scheme rather than the path of a file."""
    return re.match(r"[a-z][a-z0-9+.-]*://", name, re.IGNORECASE) is not None


def fetched(address: str, *, allow_private: bool) -> "Fetched":
    """Return the page at an address after its redirects. Raises UnreadableError if it cannot be fetched."""
    from kb.fetching import Fetcher  # importing httpx takes time

    return Fetcher(allow_private=allow_private).fetch(address)


def _file(path: Path) -> ReadFile:
    name = shown_name(path)
    try:
        with nullcontext(sys.stdin.buffer) if name == "-" else path.open("rb") as file:  # it may be a pipe
            return name, bounded(file)
    except IsADirectoryError:
        return FileProblem(name, None, translatable("is a folder; name the files in it"))
    except OSError as error:
        return FileProblem(name, None, unopened(path, error))
    except TooLongError as error:
        return FileProblem(name, None, message_of(error))


def files_of(name: str, *, allow_private: bool) -> Iterator[ReadFile]:
    """Yield the page at an address, a file, stdin for `-`, or each file of a folder that may be a report."""
    path = Path(name)
    if is_address(name):
        try:
            page = fetched(name, allow_private=allow_private)
            yield page.url, page.data
        except UnreadableError as error:
            yield error.problem
    elif not path.is_dir():
        yield _file(path)
    else:
        unlisted: list[OSError] = []
        below = files_below(path, unlisted.append)
        files = [file for file in below if not is_left_alone(shown_name(file.relative_to(path)), ())]
        yield from map(_file, files)
        for why in unlisted:
            yield FileProblem(
                shown_name(Path(why.filename)), None, translatable("cannot be listed ({0})", os_message(why))
            )
        if not files and not unlisted:
            yield _no_report(path)


def _members(path: Path) -> Iterator[ReadFile]:
    """Yield a file, or each member of a container."""
    file = _file(path)
    if isinstance(file, FileProblem):
        yield file
        return
    name, data = file
    for member in members_of(data, name):
        yield member if isinstance(member, FileProblem) else (member.source, member.data)


def _of_library(folder: Path) -> Iterator[ReadFile]:
    """Yield each report that a library in this folder would have."""
    name, library = shown_name(folder), Library(folder)
    configuration, _text, problems = library.configuration()
    is_empty = True
    for entry in chain(problems, library.entries(configuration.ignore)):
        if isinstance(entry, ReportFile):
            is_empty = False
            yield f"{name}/{entry.source}", entry.data
        elif isinstance(entry, FileProblem):
            yield replace(entry, source=f"{name}/{entry.source}")
    if is_empty:
        yield _no_report(folder)


def _no_report(folder: Path) -> FileProblem:
    return FileProblem(shown_name(folder), None, translatable("no report is in this folder"))


@cli.command("evaluate")
@click.option("--set", "folder", type=NamedPath(path_type=Path), help="A folder with queries.jsonl and qrels.tsv.")
@click.option("--at-least", type=NamedPath(path_type=Path, exists=True), help="A JSON file of the lowest figures.")
@as_json
def evaluate_search(folder: Path | None, *, at_least: Path | None, as_json: bool) -> None:
    """Score the search on judged queries: by default those over the samples.

    With a passages.jsonl in the folder those passages are searched, else the samples. Exits with 1 if a figure is lower
    than in the file of --at-least. Figures below "model" or "words" in it hold only with a model, or without.

    \b
    Examples: kb evaluate --json
              kb evaluate --at-least data/evaluation/figures.json
    """
    from kb.evaluation import evaluate

    required = _figures(at_least) if at_least else {}
    evaluation = evaluate(folder or EVALUATION)
    if as_json:
        figures = asdict(evaluation)
        print_json([{**figures.pop("measures"), **figures}])
    else:
        echo_lines(_table(evaluation))
    if at_least and (failures := _failures(evaluation, required)):
        echo_lines((_("kb: {what}; see {file}", what=failure, file=at_least) for failure in failures), err=True)
        click.get_current_context().exit(CHECK_FAILED)


def _figures(file: Path) -> Mapping[str, float]:
    """Return the required figures of a file: its own, and those below `model` or `words`, whichever is in use.

    Raises EvaluationError if it is malformed.
    """
    from kb.evaluation import MEASURES, EvaluationError
    from kb.search.collection import embedder_of

    try:
        written = msgspec.json.decode(file.read_bytes(), type=dict[str, float | dict[str, float]])
    except ValueError as error:
        refused = _("{file}: no figures; write names with numbers, as JSON: {why}", file=file, why=error)
        raise EvaluationError(refused) from error
    figures = {name: figure for name, figure in written.items() if not isinstance(figure, dict)}
    tables = {name: table for name, table in written.items() if isinstance(table, dict)}
    own = "model" if embedder_of(Configuration())() else "words"
    if tables and own not in tables:
        raise EvaluationError(_("{file}: no figures for {configuration}", file=file, configuration=quoted(own)))
    figures |= tables.get(own, {})
    known = (*MEASURES, _NOISE)
    if unknown := next((name for name in figures if name not in known), None):
        refused = _("{file}: nothing is measured as {name}; write one of {known}")
        raise EvaluationError(refused.format(file=file, name=quoted(unknown), known=", ".join(known)))
    return figures


def _failures(evaluation: "Evaluation", required: Mapping[str, float]) -> list[str]:
    """Return a message for each figure below its minimum; NaN counts as below."""
    failures = [
        _("{figure} fell to {now} from {before}", figure=name, now=value, before=required[name])
        for name, value in evaluation.measures.items()
        if name in required and not value >= required[name]
    ]
    noise = len(evaluation.answered_all_the_same)
    if noise > required.get(_NOISE, noise):
        failures.append(_("{count} queries without an answer found something", count=noise))
    return failures


def _table(evaluation: "Evaluation") -> Iterator[str]:
    """Yield a table of the measures, over all queries and by type."""
    names = list(evaluation.measures)
    yield f"{'':16}" + "".join(f"{name:>11}" for name in names)
    for label, measures in {"all": evaluation.measures, **evaluation.by_type}.items():
        yield f"{label:16}" + "".join(f"{measures[name]:11.4f}" for name in names)
    yield _("{0.queries} queries in {0.seconds:.1f} s").format(evaluation)
    if evaluation.without_answer:
        queries = "、".join(evaluation.answered_all_the_same) or _("none")
        count = evaluation.without_answer
        yield _("of {count} queries without an answer these found something: {queries}", count=count, queries=queries)
