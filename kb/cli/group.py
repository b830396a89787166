"""The `kb` command itself: its commands, each imported when it is run, and how it tells errors."""

import functools
import gc
import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

import click

from kb.cli.places import Places, places

FOUND_NOTHING = 1
WRONG_USE = 2
AN_OLDER_ANSWERED = 3  # the index is damaged, and what was asked was answered from the generation before
_PIPE_CLOSED = 128 + 13  # what a shell tells of other tools that write to a closed pipe: they end by SIGPIPE, 13

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")

# Where each command is registered, and what `kb --help` says of it so that it need import none.
COMMANDS = {
    "add": ("kb.cli.keeping", "Put reports into the library and index them."),
    "check": ("kb.cli.keeping", "Tell what is wrong with the index, and with what is kept beside it."),
    "cite": ("kb.cli.finding", "Quote a note with its source, in Markdown."),
    "evaluate": ("kb.cli.measuring", "Score the search on judged queries."),
    "follow": ("kb.cli.following", "Add the new posts of a feed that look like reports."),
    "guide": ("kb.cli.guiding", "Tell what the notes on a service say together: each point once."),
    "lint": ("kb.cli.reading", "Tell the author of reports what could not be understood, with line numbers."),
    "mcp": ("kb.cli.programs", "Answer other programs on stdin and stdout."),
    "outline": ("kb.cli.reading", "Parse reports and show what each line was taken for."),
    "pairs": ("kb.cli.finding", "List problems with their remedies, or questions with their answers."),
    "point": ("kb.cli.guiding", "Tell that notes say the same as the first of them."),
    "read": ("kb.cli.reading", "Read reports as a sync would and show their notes, tagged."),
    "remove": ("kb.cli.keeping", "Take a report out of the library and the index, by its id."),
    "search": ("kb.cli.finding", "Search the notes for words; every word is wanted."),
    "services": ("kb.cli.finding", "List the services of the catalogue, with the number of notes on each."),
    "show": ("kb.cli.finding", "Show a note, a talk with its tree, or a report, by id."),
    "status": (
        "kb.cli.keeping",
        "Tell where library and index are, what is in them, and which files could not be read.",
    ),
    "sync": ("kb.cli.keeping", "Bring the index up to the library."),
    "watch": ("kb.cli.keeping", "Keep the index up to the library, until Ctrl+C."),
}


class LazyGroup(click.Group):
    """A group that imports a command when it is run, and tells a foreseen error in one line on stderr.

    It then exits with 2, or with 1 where nothing was found; with 3 where a damaged index was asked and an older
    generation of it answered.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (click's own signature)
        super().__init__(*args, **kwargs)
        self.later = dict(COMMANDS)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's own signature)
        """Return the names of all commands."""
        return sorted(self.later)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; importing its module registers it."""
        if cmd_name in self.later:
            importlib.import_module(self.later[cmd_name][0])
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write each command and what it does."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(self.later.items())])

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 (click's own signature)
        """Run the chosen command."""
        try:
            told = super().invoke(ctx)
        except BrokenPipeError:  # who reads has seen enough
            _drop_output()
            ctx.exit(_PIPE_CLOSED)
        except foreseen() as error:
            from kb.cli.output import OutputError, say
            from kb.search.answers import UnknownIdError

            if isinstance(error, OutputError):
                _drop_output()
            say(f"kb: {_in_words(error)}", err=True)
            ctx.exit(FOUND_NOTHING if isinstance(error, UnknownIdError) else WRONG_USE)
        if ctx.ensure_object(Places).older_answered:
            ctx.exit(AN_OLDER_ANSWERED)
        return told


def foreseen() -> tuple[type[Exception], ...]:
    """Return the errors that are told and not traced; asked for only when there is one."""
    from index.engine import SearchIndexError
    from kb.evaluation import EvaluationError
    from kb.library.files import LibraryError
    from kb.report.problems import UnreadableError
    from kb.search.answers import UnknownIdError

    return EvaluationError, LibraryError, SearchIndexError, UnknownIdError, UnreadableError, OSError


def _in_words(error: Exception) -> str:
    """Return what an error says; of one that the system raised, its file first."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def _drop_output() -> None:
    """Let nothing be written any more: what is left in the buffer would fail again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


Command = Callable[..., None]

# numpy starts a thread for each processor, which takes longer than all that a search has to multiply.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Nothing that is imported is garbage; to look for it as often as Python does by itself takes a tenth of a start.
gc.set_threshold(50_000)


def place_options(command: Command) -> Command:
    """Add --library and --index to a command; there they win over those of `kb` itself."""

    def keep(ctx: click.Context, option: click.Parameter, value: str | None) -> None:
        if value is not None:
            from pathlib import Path

            setattr(ctx.ensure_object(Places), str(option.name), Path(value))

    for name, text in (
        ("--index", "Where the index lies (default: KB_INDEX, else the user's cache folder)."),
        ("--library", "The folder of reports (default: KB_LIBRARY, else data/reports, else the samples)."),
    ):
        command = click.option(name, type=click.Path(), callback=keep, expose_value=False, help=text)(command)
    return command


def with_knowledge_base(command: Command) -> Command:
    """Give a command the knowledge base of its --library and --index."""

    @functools.wraps(command)
    def opened(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (whatever options the command has)
        from kb.knowledge_base import KnowledgeBase

        chosen = places()
        command(KnowledgeBase.open(chosen.library, chosen.index), *args, **kwargs)

    return place_options(opened)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
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
