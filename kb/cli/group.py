"""The `kb` command: it imports a command when it runs, translates its help, and reports errors in one line."""

import functools
import gc
import importlib
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from kb.cli.commands import COMMANDS, INDEX, LANGUAGE, LIBRARY, overview, use_language
from kb.cli.output import OutputError, do_you_mean, echo, error_text, wrapped
from kb.translation import _, languages

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from kb.knowledge_base import KnowledgeBase
    from kb.search.facets import Facet

Function: TypeAlias = Callable[..., None]
Completer: TypeAlias = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]

NOT_FOUND = 1  # exit codes
CHECK_FAILED = 1
USAGE_ERROR = 2
STALE_ANSWER = 3  # the index is damaged, and its previous generation answered
_BROKEN_PIPE = 128 + 13  # as of other programs, which SIGPIPE (13) ends

_MAX_COLUMNS = 110  # of help; longer lines are hard to read
_UNWRAPPED = 10_000  # columns
_HELP_INDENT = r" *(?:\S.*?  +)?"  # where a line of help continues: below its text, behind the name of an option
_VERBATIM = "\b\n"  # click keeps the lines of a paragraph that begins so

# numpy would start a thread for each processor, which takes longer than all products of a search.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Modules are never garbage; Python's usual number of collections takes a tenth of the start.
gc.set_threshold(50_000)


@dataclass
class State:
    """The library and index that a command names, and whether an older generation of the index answered it."""

    library: "Path | None" = None
    index: "Path | None" = None
    is_stale: bool = False


class Command(click.Command):
    """A command whose help is translated, and wrapped by columns.

    click breaks lines at spaces and counts characters; Japanese has no spaces, and its characters take two columns.
    """

    def get_help(self, ctx: click.Context) -> str:
        """Return the help in the current language."""
        translated = copy(self)
        translated.help = "\n\n".join(map(_translated, paragraphs(self)))
        translated.params = [copy(param) for param in self.params]
        for param in translated.params:
            if isinstance(param, click.Option) and param.help:
                param.help = _(param.help)
        columns = ctx.terminal_width or min(shutil.get_terminal_size().columns, _MAX_COLUMNS) - 2
        ctx.terminal_width = _UNWRAPPED
        lines = click.Command.get_help(translated, ctx).splitlines()
        return "\n".join(part.rstrip() for line in lines for part in wrapped(line, columns, _HELP_INDENT))


def paragraphs(command: click.Command) -> list[str]:
    """Return the paragraphs of a command's help, each on one line except examples."""
    parts = cleandoc(command.help or "").split("\n\n")
    return [part if part.startswith(_VERBATIM) else " ".join(part.split()) for part in parts]


def _translated(paragraph: str) -> str:
    if paragraph.startswith(_VERBATIM):
        return paragraph.replace("Examples:", _("Examples:")).replace("Example:", _("Example:"))
    return _(paragraph)


class LazyGroup(click.Group):
    """A group that imports the module of a command when the command runs, and prints a foreseen error on stderr."""

    command_class = Command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Set the language, then parse."""
        use_language(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # the signature of click
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command; importing its module registers it."""
        if cmd_name in COMMANDS:
            importlib.import_module(COMMANDS[cmd_name][0])
        return copy(super().get_command(ctx, cmd_name))  # click keeps the help option in the language of its first use

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the requested command. Raises NoSuchCommand with similar names among all, not only imported ones."""
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise click.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:  # noqa: ARG002  # the signature of click
        """Return the help of `kb`."""
        return overview()

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # the signature of click
        """Run a command, and exit with the code of its error or its stale answer."""
        try:
            result = super().invoke(ctx)
        except BrokenPipeError:
            _discard_output()
            ctx.exit(_BROKEN_PIPE)
        except foreseen_errors() as error:
            from kb.search.results import UnknownIdError

            if isinstance(error, OutputError):
                _discard_output()
            near = do_you_mean(error.near) if isinstance(error, UnknownIdError) else ""
            echo(f"kb: {error_text(error)}{near}", err=True)
            ctx.exit(NOT_FOUND if isinstance(error, UnknownIdError) else USAGE_ERROR)
        if ctx.ensure_object(State).is_stale:
            ctx.exit(STALE_ANSWER)
        return result


def foreseen_errors() -> tuple[type[Exception], ...]:
    """Return the errors that are printed without a traceback. Their modules are imported only once one is raised."""
    from index.datafiles import TableError
    from index.engine import SearchIndexError
    from kb.evaluation import EvaluationError
    from kb.report.problems import LibraryError, UnreadableError
    from kb.search.results import UnknownIdError

    return EvaluationError, LibraryError, SearchIndexError, TableError, UnknownIdError, UnreadableError, OSError


def _discard_output() -> None:
    """Send the rest of the output nowhere: Python flushes it at its end, which would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class NamedPath(click.Path):
    """The path of a file or folder. An empty one, as of an unset variable, is refused: it is not the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """Return a path that is not empty."""
        if not value:
            self.fail(_("is empty; name a file or folder"), param, ctx)
        return super().convert(value, param, ctx)


as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
allow_private = click.option("--allow-private", is_flag=True, help="Also fetch from this machine and private networks.")


def place_options(function: Function) -> Function:
    """Add --library and --index to a command; they override those of `kb` itself."""

    def store(ctx: click.Context, option: click.Parameter, value: str | None) -> None:
        if value is not None:
            from pathlib import Path

            setattr(ctx.ensure_object(State), str(option.name), Path(value))

    for name, text in (("--index", INDEX), ("--library", LIBRARY)):
        function = click.option(name, type=NamedPath(), callback=store, expose_value=False, help=text)(function)
    return function


def state() -> State:
    """Return the state of the running command."""
    return click.get_current_context().ensure_object(State)


def with_knowledge_base(function: Function) -> Function:
    """Add --library and --index to a command, and pass it their knowledge base as its first argument."""

    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # the options of the command
        from kb.knowledge_base import KnowledgeBase

        function(KnowledgeBase.open(state().library, state().index), *args, **kwargs)

    return place_options(command)


def completing(labels: Callable[["KnowledgeBase"], Mapping[str, str]]) -> Completer:
    """Return a shell completer of the keys of a knowledge base; `labels` returns them with their descriptions."""

    def complete(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        from kb.knowledge_base import KnowledgeBase

        chosen = ctx.ensure_object(State)
        with suppress(*foreseen_errors()):  # the command prints them when it runs
            known = labels(KnowledgeBase.open(chosen.library, chosen.index)).items()
            typed = incomplete.casefold()
            return [CompletionItem(key, help=label) for key, label in known if key.casefold().startswith(typed)]
        return []

    return complete


def values_of(facet: "Facet") -> Completer:
    """Return a shell completer of the values of a facet."""

    def values(kb: "KnowledgeBase") -> Mapping[str, str]:
        from index.query import Query

        if facet.find:  # has its values without an index
            return facet.labels(kb.collection.catalogue, None)
        counts = kb.searcher.search(Query(limit=0, facets=(facet.key,))).facets[facet.key]
        return {count.value: count.label for count in counts}

    return completing(values)


def report_ids(kb: "KnowledgeBase") -> Mapping[str, str]:
    """Return the titles of reports by id."""
    return {entry.id: entry.title for entry in kb.browser.reports()}


def report_and_talk_ids(kb: "KnowledgeBase") -> Mapping[str, str]:
    """Return the titles of reports and of their talks by id."""
    return {**report_ids(kb), **{talk.id: talk.title for entry in kb.browser.reports() for talk in entry.talks}}


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--lang", type=click.Choice(languages()), expose_value=False, help=LANGUAGE)
@click.version_option(package_name="talk-notes-kb", prog_name="kb")
@place_options
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Run one of the commands."""
    ctx.ensure_object(State)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # a file name need not be Unicode
