"""The `kb` command itself: its commands, each imported when it is run, their help, and how it tells errors."""

import gc
import importlib
import os
import sys
from collections.abc import Iterable
from copy import copy
from inspect import cleandoc
from typing import Any

import click

from kb.cli.language import speak
from kb.cli.options import AN_OLDER_ANSWERED, FOUND_NOTHING, WRONG_USE, Places, foreseen, place_options
from kb.cli.overview import COMMANDS, LANGUAGE, MOST_COLUMNS, overview, table, wrapped
from kb.translation import _, languages

_AS_IT_IS = "\b\n"  # what click begins a paragraph with whose lines stay
_PIPE_CLOSED = 128 + 13  # what a shell tells of other tools that write to a closed pipe: they end by SIGPIPE, 13

# numpy starts a thread for each processor, which takes longer than all that a search has to multiply.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Nothing that is imported is garbage; to look for it as often as Python does by itself takes a tenth of a start.
gc.set_threshold(50_000)


class Formatter(click.HelpFormatter):
    """Lays help out as click does, but Japanese by the columns that it takes: click wraps at spaces alone."""

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        indent = " " * self.current_indent
        blocks = (
            paragraph.removeprefix(_AS_IT_IS).splitlines()
            if paragraph.startswith(_AS_IT_IS)
            else wrapped(" ".join(paragraph.split()), self.width - len(indent))
            for paragraph in text.split("\n\n")
        )
        self.write("\n\n".join("\n".join(f"{indent}{line}" for line in lines) for lines in blocks) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], *_columns: int) -> None:
        """Write names and what they mean, side by side."""
        self.write("\n".join(table(list(rows), self.width)) + "\n")


class Context(click.Context):
    """What a command is run in: its help is laid out by our formatter."""

    formatter_class = Formatter


def translated(command: click.Command) -> click.Command:
    """Return a command whose help, and that of its options, is in the language that is spoken."""
    copied = copy(command)
    copied.context_class = Context
    copied.help = "\n\n".join(map(_translated_paragraph, paragraphs(command)))
    copied.params = [copy(param) for param in command.params]
    for param in copied.params:
        if isinstance(param, click.Option) and param.help:
            param.help = _(param.help)
    return copied


def paragraphs(command: click.Command) -> list[str]:
    """Return the paragraphs of a command's help, each on one line but for examples."""
    parts = cleandoc(command.help or "").split("\n\n")
    return [part if part.startswith(_AS_IT_IS) else " ".join(part.split()) for part in parts]


def _translated_paragraph(paragraph: str) -> str:
    """Return a paragraph in the language that is spoken; of examples their heading, which is as wide in each."""
    if paragraph.startswith(_AS_IT_IS):
        return paragraph.replace("Examples:", _("Examples:")).replace("Example:", _("Example:"))
    return _(paragraph)


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
        return command and translated(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named. Raises NoSuchCommand with those that may be meant: click knows too few."""
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
            from kb.search.results import UnknownIdError

            if isinstance(error, OutputError):
                _drop_output()
            near = do_you_mean(error.near) if isinstance(error, UnknownIdError) else ""
            say(f"kb: {in_words(error)}{near}", err=True)
            ctx.exit(FOUND_NOTHING if isinstance(error, UnknownIdError) else WRONG_USE)
        if ctx.ensure_object(Places).older_answered:
            ctx.exit(AN_OLDER_ANSWERED)
        return result


def _drop_output() -> None:
    """Let nothing be written any more: what is left in the buffer would fail again when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": MOST_COLUMNS})
@click.option("--lang", type=click.Choice(languages()), expose_value=False, help=LANGUAGE)
@click.version_option(package_name="talk-notes-kb", prog_name="kb")
@place_options
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Run one of the commands."""
    ctx.ensure_object(Places)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a file name may be no Unicode
