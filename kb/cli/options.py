"""What commands take alike: which library and index they are about, `--json`, and what a shell completes."""

import functools
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from kb.cli.overview import INDEX, LIBRARY
from kb.translation import _

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem

    from kb.knowledge_base import KnowledgeBase
    from kb.search.facets import Facet

Command: TypeAlias = Callable[..., None]
Completer: TypeAlias = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]

FOUND_NOTHING = 1
CHECK_FAILED = 1  # of an index, or of how good the search is
WRONG_USE = 2
AN_OLDER_ANSWERED = 3  # the index is damaged, and what was asked was answered from the generation before

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
allow_private = click.option("--allow-private", is_flag=True, help="Also fetch from this machine and private networks.")


@dataclass
class Places:
    """Which library and which index the commands are about, and whether an older generation of that answered."""

    library: "Path | None" = None
    index: "Path | None" = None
    older_answered: bool = False


def places() -> Places:
    """Return those of the command that is being run."""
    return click.get_current_context().ensure_object(Places)


def foreseen() -> tuple[type[Exception], ...]:
    """Return the errors that are told and not traced; asked for only when there is one."""
    from index.datafiles import TableError
    from index.engine import SearchIndexError
    from kb.evaluation import EvaluationError
    from kb.report.problems import LibraryError, UnreadableError
    from kb.search.results import UnknownIdError

    return EvaluationError, LibraryError, SearchIndexError, TableError, UnknownIdError, UnreadableError, OSError


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

    for name, text in (("--index", INDEX), ("--library", LIBRARY)):
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


def completing(known: Callable[["KnowledgeBase"], Mapping[str, str]]) -> Completer:
    """Return what completes the keys that a knowledge base knows, each with what it is called."""

    def completions(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> "list[CompletionItem]":
        from click.shell_completion import CompletionItem

        from kb.knowledge_base import KnowledgeBase

        chosen = ctx.ensure_object(Places)
        with suppress(*foreseen()):  # whoever types is told of it when the command runs
            labels = known(KnowledgeBase.open(chosen.library, chosen.index)).items()
            typed = incomplete.casefold()  # speakers keep their case, and who types may have another
            return [CompletionItem(key, help=label) for key, label in labels if key.casefold().startswith(typed)]
        return []

    return completions


def values_of(facet: "Facet") -> Completer:
    """Return what completes the values of a facet."""

    def values(kb: "KnowledgeBase") -> Mapping[str, str]:
        from index.query import Query

        if facet.find:  # known without an index
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
