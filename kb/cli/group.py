"""The `kb` command itself: its commands, each imported when it is run, and how it tells errors."""

import functools
import gc
import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

import click

from kb.cli.helping import Context, told
from kb.cli.language import LANGUAGES, _, speak
from kb.cli.overview import COMMANDS, INDEX, LANGUAGE, LIBRARY, MOST_COLUMNS, overview
from kb.cli.places import AN_OLDER_ANSWERED, FOUND_NOTHING, WRONG_USE, Places, places

_PIPE_CLOSED = 128 + 13  # what a shell tells of other tools that write to a closed pipe: they end by SIGPIPE, 13

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


class LazyGroup(click.Group):
    """A group that imports a command when it is run, and tells a foreseen error in one line on stderr.

    It then exits with 2, or with 1 where nothing was found; with 3 where a damaged index was asked and an older
    generation of it answered.
    """

    context_class = Context

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Speak the reader's language before anything is said."""
        speak(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's own signature)
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command in the language that is spoken; importing its module registers it."""
        if cmd_name in COMMANDS:
            importlib.import_module(COMMANDS[cmd_name][0])
        command = super().get_command(ctx, cmd_name)
        return command and told(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named, or tell which is meant: click knows only those that are imported."""
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise click.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:  # noqa: ARG002 (click's own signature)
        """Return what the command and its commands are for."""
        return overview()

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 (click's own signature)
        """Run the chosen command."""
        try:
            result = super().invoke(ctx)
        except BrokenPipeError:  # who reads has seen enough
            _drop_output()
            ctx.exit(_PIPE_CLOSED)
        except foreseen() as error:
            from kb.cli.output import OutputError, in_words, say
            from kb.cli.terminal import do_you_mean
            from kb.search.answers import UnknownIdError

            if isinstance(error, OutputError):
                _drop_output()
            near = do_you_mean(error.near) if isinstance(error, UnknownIdError) else ""
            say(f"kb: {in_words(error)}{near}", err=True)
            ctx.exit(FOUND_NOTHING if isinstance(error, UnknownIdError) else WRONG_USE)
        if ctx.ensure_object(Places).older_answered:
            ctx.exit(AN_OLDER_ANSWERED)
        return result


def foreseen() -> tuple[type[Exception], ...]:
    """Return the errors that are told and not traced; asked for only when there is one."""
    from index.engine import SearchIndexError
    from kb.evaluation import EvaluationError
    from kb.report.problems import LibraryError, UnreadableError
    from kb.search.answers import UnknownIdError

    return EvaluationError, LibraryError, SearchIndexError, UnknownIdError, UnreadableError, OSError


def _drop_output() -> None:
    """Let nothing be written any more: what is left in the buffer would fail again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


Command = Callable[..., None]

# numpy starts a thread for each processor, which takes longer than all that a search has to multiply.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Nothing that is imported is garbage; to look for it as often as Python does by itself takes a tenth of a start.
gc.set_threshold(50_000)


class NamedPath(click.Path):
    """The path of a file or folder; an empty one, as of a variable that is not set, is not the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """Return a path that names something."""
        if not value:
            self.fail(_("is empty; name a file or folder"), param, ctx)
        return super().convert(value, param, ctx)


def place_options(command: Command) -> Command:
    """Add --library and --index to a command; there they win over those of `kb` itself."""

    def keep(ctx: click.Context, option: click.Parameter, value: str | None) -> None:
        if value is not None:
            from pathlib import Path

            setattr(ctx.ensure_object(Places), str(option.name), Path(value))

    for name, text in (
        ("--index", INDEX),
        ("--library", LIBRARY),
    ):
        command = click.option(name, type=NamedPath(), callback=keep, expose_value=False, help=text)(command)
    return command


def with_knowledge_base(command: Command) -> Command:
    """Give a command the knowledge base of its --library and --index."""

    @functools.wraps(command)
    def opened(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401 (whatever options the command has)
        from kb.knowledge_base import KnowledgeBase

        chosen = places()
        command(KnowledgeBase.open(chosen.library, chosen.index), *args, **kwargs)

    return place_options(opened)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": MOST_COLUMNS})
@click.option("--lang", type=click.Choice(LANGUAGES), expose_value=False, help=LANGUAGE)
@click.version_option(package_name="talk-notes-kb", prog_name="kb")
@place_options
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Run one of the commands."""
    ctx.ensure_object(Places)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a file name may be no Unicode
