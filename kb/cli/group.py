"""The `kb` command itself: which library and index it is about, and how it tells errors."""

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from index.engine import SearchIndexError
from kb.evaluation import EvaluationError
from kb.knowledge_base import KnowledgeBase
from kb.library.files import LibraryError
from kb.report.problems import UnreadableError
from kb.search.answers import UnknownIdError

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
        except (EvaluationError, LibraryError, SearchIndexError, UnreadableError, OSError) as error:
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
