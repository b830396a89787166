"""The commands: what is typed becomes a question to the knowledge base, its answer becomes lines or JSON."""

import functools
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from index.engine import SearchIndexError
from index.query import Query
from kb import terminal
from kb.answers import KINDS, VIAS, Answer, SyncOutcome, UnknownIdError
from kb.configuration import valid_date
from kb.identity import slug
from kb.knowledge_base import FACETS, KnowledgeBase
from kb.library import LibraryError
from kb.lint import lint
from kb.model import Given
from kb.readers.formats import UnreadableError, read_outline
from kb.reading import Tools, read_report
from kb.records import note_record, outline_record, pair_record, service_record
from kb.services.catalogue import Catalogue
from kb.sync import Progress
from kb.talks import report_of

FOUND_NOTHING = 1
as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
a_folder = click.Path(path_type=Path, file_okay=True)


@dataclass
class Places:
    """Which library and which index the commands are about."""

    library: Path | None = None
    index: Path | None = None


class TellingGroup(click.Group):
    """A group whose commands tell a foreseen error in one line on stderr and exit with 2 (1 where nothing was found)."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 (click's own signature)
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except UnknownIdError as error:
            self._tell(ctx, error, FOUND_NOTHING)
        except (LibraryError, SearchIndexError, UnreadableError, OSError) as error:
            if isinstance(error, BrokenPipeError):
                raise
            self._tell(ctx, error, 2)

    @staticmethod
    def _tell(ctx: click.Context, error: Exception, code: int) -> None:
        click.echo(f"kb: {error}", err=True)
        ctx.exit(code)


Command = Callable[..., None]


def place_options(command: Command) -> Command:
    """Add --library and --index to a command; there they win over those of `kb` itself."""

    def keep(ctx: click.Context, option: click.Parameter, value: Path | None) -> None:
        if value is not None:
            setattr(ctx.ensure_object(Places), str(option.name), value)

    for name, text in (
        ("--index", "Where the index lies (default: KB_INDEX, else the user's cache folder)."),
        ("--library", "The folder of reports (default: KB_LIBRARY, else data/reports, else the samples)."),
    ):
        command = click.option(name, type=a_folder, callback=keep, expose_value=False, help=text)(command)
    return command


def with_knowledge_base(command: Command) -> Command:
    """Give a command the knowledge base of its --library and --index."""

    @functools.wraps(command)
    def opened(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (whatever options the command has)
        places = click.get_current_context().ensure_object(Places)
        command(KnowledgeBase.open(places.library, places.index), *args, **kwargs)

    return place_options(opened)


@click.group(cls=TellingGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="talk-notes-kb", prog_name="kb")
@place_options
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Search what engineers noted at talks, by AWS service, topic and kind.

    \b
    kb sync                      index the reports
    kb search 冪等 --service SQS   search them
    """
    ctx.ensure_object(Places)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a file name may be no Unicode


@cli.command()
@as_json
@with_knowledge_base
def sync(kb: KnowledgeBase, *, as_json: bool) -> None:
    """Bring the index up to the library; an unchanged library costs nothing.

    \b
    Example: kb sync --library ~/reports
    """
    outcome = bring_up_to_date(kb)
    if as_json:
        _print_json([{**asdict(outcome), "showing_samples": kb.showing_samples}])
    else:
        _lines(terminal.outcome_lines(outcome, kb))


@cli.command()
@click.argument("words", nargs=-1)
@click.option("--service", multiple=True, help="Slug, name or alias: sqs, 'Amazon SQS', ラムダ. Repeatable.")
@click.option("--category", multiple=True, help="Slug or Japanese name of a category of services. Repeatable.")
@click.option("--kind", multiple=True, help=f"One of {', '.join(KINDS)}, or its Japanese name. Repeatable.")
@click.option("--event", multiple=True, help="Name or slug of an event. Repeatable.")
@click.option("--year", multiple=True, help="Year of the event. Repeatable.")
@click.option("--talk", multiple=True, help="Id of a talk. Repeatable.")
@click.option(
    "--via", multiple=True, type=click.Choice(list(VIAS)), help="explicit: the note itself names the service."
)
@click.option("--sort", type=click.Choice(["relevance", "new"]), default="relevance", show_default=True)
@click.option("--limit", type=click.IntRange(min=0), default=20, show_default=True, help="How many hits to show.")
@click.option("--facets", is_flag=True, help="Also count the hits by service, category, kind, event, year and talk.")
@as_json
@with_knowledge_base
def search(kb: KnowledgeBase, words: tuple[str, ...], *, as_json: bool, facets: bool, **options: Any) -> None:  # noqa: ANN401 (click's options)
    """Search the notes for words; every word is wanted. Words may be absent where a filter is given.

    \b
    Examples: kb search 冪等
              kb search --service SQS --service sns --facets
              kb search "DynamoDB 結果整合性" --year 2018 --json
    """
    _make_ready(kb)
    query = Query(text=" ".join(words), sort=options["sort"], limit=options["limit"], facets=FACETS if facets else ())
    query = query.select("service", *(_service(kb.catalogue, name) for name in options["service"]))
    query = query.select("category", *(_one_of(kb.catalogue.categories, "category", n) for n in options["category"]))
    query = query.select("kind", *(_one_of(KINDS, "kind", name) for name in options["kind"]))
    query = query.select("event", *map(slug, options["event"]))
    for group in ("year", "talk", "via"):
        query = query.select(group, *options[group])
    answer = kb.search(query)
    if as_json:
        _print_json(_search_records(answer, kb.catalogue, facets=facets))
    else:
        _lines(terminal.answer_lines(answer, kb.catalogue))
        if facets:
            _lines(terminal.facet_lines(answer))
    if not answer.total and kb.reports():
        click.get_current_context().exit(FOUND_NOTHING)


@cli.command()
@click.argument("words", nargs=-1)
@click.option("--service", multiple=True, help="Slug, name or alias of a service. Repeatable.")
@click.option("--questions", is_flag=True, help="Questions and their answers instead of problems and their remedies.")
@click.option("--open", "only_open", is_flag=True, help="Only those that nothing replies to (未解決).")
@as_json
@with_knowledge_base
def pairs(
    kb: KnowledgeBase,
    words: tuple[str, ...],
    *,
    service: tuple[str, ...],
    questions: bool,
    only_open: bool,
    as_json: bool,
) -> None:
    """List problems with their remedies, or questions with their answers; words narrow them down.

    \b
    Examples: kb pairs --service lambda
              kb pairs --open
    """
    _make_ready(kb)
    query = Query(text=" ".join(words)).select("service", *(_service(kb.catalogue, name) for name in service))
    found = [pair for pair in kb.pairs(query, "question" if questions else "problem") if pair.is_open or not only_open]
    if as_json:
        _print_json(pair_record(pair, kb.catalogue) for pair in found)
    else:
        _lines(line for pair in found for line in (*terminal.pair_lines(pair, kb.catalogue), ""))
        click.echo(f"{len(found)}件 (未解決 {sum(pair.is_open for pair in found)}件)")
    if not found and kb.reports():
        click.get_current_context().exit(FOUND_NOTHING)


@cli.command()
@click.argument("identifier", metavar="ID")
@as_json
@with_knowledge_base
def show(kb: KnowledgeBase, identifier: str, *, as_json: bool) -> None:
    """Show a note, a talk with its tree, or a report, by id.

    \b
    Example: kb show jaws-days-2018-1a2b
    """
    _make_ready(kb)
    entry = next((entry for entry in kb.reports() if entry.id == identifier), None)
    if entry:
        notes = kb.report(identifier)[1]
    elif any(talk.id == identifier for known in kb.reports() for talk in known.talks):
        notes = kb.talk(identifier)
    else:
        notes = (kb.note(identifier),)
    if as_json:
        _print_json(note_record(note, kb.catalogue) for note in notes)
        return
    if entry:
        _lines(terminal.report_lines(entry))
    elif notes:
        click.echo(terminal.event_line(notes[0].event, notes[0].held_on))
    _lines(terminal.tree_lines(notes, kb.catalogue))


@cli.command()
@as_json
@with_knowledge_base
def services(kb: KnowledgeBase, *, as_json: bool) -> None:
    """List the services of the catalogue, with the number of notes on each.

    \b
    Example: kb services | sort -rn | head
    """
    counts = kb.services()
    if as_json:
        _print_json(service_record(count.service, count.notes) for count in counts)
        return
    for count in counts:
        notes = "-" if count.notes is None else count.notes
        past = kb.catalogue.history(count.service)
        click.echo(f"{notes:>5}  {count.service.slug:24}  {count.service.name}{f'  ({past})' if past else ''}")


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_json
def read(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Read report files as a sync would and show their notes, tagged; no index is touched.

    \b
    Example: kb read data/samples/*.txt
    """
    tools = Tools.of()

    def show_one(data: bytes, source: str) -> None:
        report = read_report(data, source, tools).report
        if as_json:
            _print_json(note_record(note, tools.catalogue) for note in report.notes)
            return
        click.echo(f"{click.style(report.title, bold=True)}  {terminal.event_line(report.event, report.held_on)}")
        _lines(terminal.tree_lines(report.notes, tools.catalogue))

    _each_file(files, show_one)


@cli.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_json
def outline(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Parse report files and show what each line was taken for; nothing is tagged or indexed.

    \b
    Example: kb outline report.md --json
    """

    def show_one(data: bytes, source: str) -> None:
        parsed = read_outline(data, source)
        report = report_of(parsed)
        if as_json:
            _print_json([outline_record(parsed, report.event, report.held_on, report.talks)])
            return
        click.echo(f"{source}: {parsed.format}, {parsed.encoding}, {parsed.lines} lines")
        for block in parsed.blocks:
            if block.type != "blank":
                place = "" if block.depth is None else "  " * block.depth
                click.echo(f"{block.first_line:5d} {block.type:12} {place}{block.text}")

    _each_file(files, show_one)


@cli.command("lint")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_json
def lint_files(files: tuple[Path, ...], *, as_json: bool) -> None:
    """Tell the author of report files what could not be understood, with line numbers.

    \b
    Example: kb lint report.md
    """
    tools = Tools.of()

    def lint_one(data: bytes, source: str) -> None:
        problems = lint(read_outline(data, source), read_report(data, source, tools).report, tools.catalogue)
        if as_json:
            _print_json(asdict(problem) for problem in problems)
        else:
            _lines(map(str, problems) if problems else [f"{source}: nothing to put right"])

    _each_file(files, lint_one)


@cli.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...|-", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--event", help="The event's name, where the report does not tell it.")
@click.option(
    "--date", "held_on", metavar="DATE", callback=lambda *told: _date(told[2]), help="2018, 2018-03 or 2018-03-10."
)
@click.option("--url", help="Where the report was published.")
@as_json
@with_knowledge_base
def add(kb: KnowledgeBase, files: tuple[Path, ...], *, as_json: bool, **told: str | None) -> None:
    """Put reports into the library and index them; a report that is there already is replaced, and kept as a backup.

    \b
    Examples: kb add report.md --event "JAWS DAYS 2018" --date 2018-03-10
              pbpaste | kb add -
    """

    def add_one(data: bytes, source: str) -> None:
        added = kb.add(data, None if source == "-" else Path(source).name, Given(**told))
        if as_json:
            _print_json([asdict(added)])
        else:
            click.echo(f"{'replaced' if added.replaced else 'added'} {added.source} ({added.report})")

    _each_file(files, add_one)
    outcome = bring_up_to_date(kb)
    if not as_json:
        _lines(terminal.outcome_lines(outcome, kb))


@cli.command()
@click.argument("identifier", metavar="ID")
@as_json
@with_knowledge_base
def remove(kb: KnowledgeBase, identifier: str, *, as_json: bool) -> None:
    """Take a report out of the library and the index, by its id; its file is kept beside as a backup.

    \b
    Example: kb remove jaws-days-2018-1a2b
    """
    _make_ready(kb)
    kept = kb.remove(identifier)
    outcome = bring_up_to_date(kb)
    if as_json:
        _print_json([{"report": identifier, "kept": kept}])
    else:
        _lines([f"removed {identifier}; its file is kept as {kept}", *terminal.outcome_lines(outcome, kb)])


@cli.command()
@as_json
@with_knowledge_base
def status(kb: KnowledgeBase, *, as_json: bool) -> None:
    """Tell where library and index are, what is in them, and which files could not be read.

    \b
    Example: kb status
    """
    state = kb.status()
    if as_json:
        record = asdict(replace(state, problems=()))
        problems = [asdict(problem) for problem in state.problems]
        _print_json([{**record, "library": str(state.library), "index": str(state.index), "problems": problems}])
        return
    _lines(terminal.status_lines(state))


def bring_up_to_date(kb: KnowledgeBase) -> SyncOutcome:
    """Sync, showing progress and telling each problem on stderr."""
    with _Progress() as progress:
        outcome = kb.sync(progress)
    _lines(terminal.problem_lines(outcome.problems), err=True)
    return outcome


def _search_records(answer: Answer, known: Catalogue, *, facets: bool) -> Iterable[dict[str, Any]]:
    for found in answer.found:
        marks = [list(mark) for mark in found.marks]
        yield {**note_record(found.note, known), "score": round(found.score, 4), "marks": marks}
    if facets:
        groups = {group: [asdict(value) for value in values] for group, values in answer.facets.items()}
        yield {"total": answer.total, "facets": groups}


def _service(known: Catalogue, name: str) -> str:
    service = known.find(name)
    if service is None:
        raise click.BadParameter(f"no service is called {name!r}; `kb services` lists them", param_hint="--service")
    return service.slug


def _one_of(labels: Mapping[str, str], option: str, name: str) -> str:
    """Return the key of a name that is a key or its Japanese label."""
    keys = {**{key: key for key in labels}, **{label: key for key, label in labels.items()}}
    if name not in keys:
        raise click.BadParameter(f"{name!r} is none of {', '.join(labels)}", param_hint=f"--{option}")
    return keys[name]


def _make_ready(kb: KnowledgeBase) -> None:
    """Index a library that has no index of this version of kb, and tell of one that has changed since."""
    if kb.needs_index():
        click.echo("kb: indexing the library first", err=True)
        bring_up_to_date(kb)
    elif not kb.status().up_to_date:
        click.echo("kb: the library has changed since it was indexed; run `kb sync`", err=True)
    if not kb.reports():
        click.echo(f"kb: no report in {kb.library.path} yet; put some there and run `kb sync`", err=True)


def _date(text: str | None) -> str | None:
    if text is not None and not valid_date(text):
        raise click.BadParameter(f"{text!r} is no date; write 2018, 2018-03 or 2018-03-10")
    return text


def _each_file(files: tuple[Path, ...], show_one: Callable[[bytes, str], None]) -> None:
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


class _Progress:
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


def _lines(lines: Iterable[str], *, err: bool = False) -> None:
    for line in lines:
        click.echo(line, err=err)


def _print_json(records: Iterable[dict[str, Any]]) -> None:
    for record in records:
        click.echo(json.dumps(record, ensure_ascii=False))
