"""The commands that keep an index up to its library: sync, status, watch, check; and mcp, which answers from it."""

from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict

from kb import wording
from kb.cli import health
from kb.cli.group import cli
from kb.cli.options import CHECK_FAILED, WRONG_USE, as_json, places, with_knowledge_base
from kb.cli.output import (
    ProgressBar,
    bring_up_to_date,
    bring_up_to_date_or_tell,
    embed,
    in_words,
    lines,
    print_json,
    results,
    say,
)
from kb.storage.walk import shown_name
from kb.translation import _

if TYPE_CHECKING:
    from kb.knowledge_base import KnowledgeBase
    from kb.report.difference import Difference


@cli.command()
@click.option("--diff", is_flag=True, help="Tell what came, went and changed, and what did it.")
@click.option("--dry-run", is_flag=True, help="Tell that without doing anything.")
@click.option("--wait", is_flag=True, help="Make the vectors too, by which notes are found by meaning.")
@as_json
@with_knowledge_base
def sync(kb: "KnowledgeBase", *, diff: bool, dry_run: bool, wait: bool, as_json: bool) -> None:
    """Bring the index up to the library; an unchanged library costs nothing. Exits with 2 where no file can be read.

    It is done when notes are found by their words. What finds them by their meaning takes a while longer: `kb serve`
    makes it while it runs, or --wait. Stopped by Ctrl+C, that loses nothing: the next one goes on.

    With --dry-run, a name added to kb.toml or an edited rule shows which notes it touches before it is kept. With
    --diff or --dry-run, --json prints an object for each thing that came, went or changed; nothing where nothing did.

    \b
    Examples: kb sync --library ~/reports
              kb sync --wait
              kb sync --dry-run
              kb sync --diff --json
    """
    if dry_run:
        with ProgressBar() as progress:
            would = kb.indexer.preview_sync(progress)
        lines(health.problem_lines(kb.collection.library.configuration()[2]), err=True)
        _print_difference(would, kb, as_json=as_json)
        if would is None and not as_json:
            say(_("Nothing differs"))
        return
    outcome = bring_up_to_date(kb)
    if diff:
        _print_difference(outcome.difference, kb, as_json=as_json)
    elif as_json:
        print_json([{**outcome.record(), "showing_samples": kb.collection.is_samples}])
    if not as_json:
        lines(health.outcome_lines(outcome, kb, "now" if wait else "later"), err=diff)
    kb.indexer.tidy()
    if wait:
        embed(kb)
        say(wording.coverage(kb.indexer.coverage()), err=diff or as_json)
    if outcome.read_none:
        click.get_current_context().exit(WRONG_USE)


def _print_difference(difference: "Difference | None", kb: "KnowledgeBase", *, as_json: bool) -> None:
    """Print what a sync changed or would change, nothing where that is nothing."""
    from kb.search.records import difference_records

    if difference is None:
        return
    if as_json:
        print_json(difference_records(difference))
    else:
        results(health.difference_lines(difference, kb.collection.domain))


@cli.command()
@as_json
@with_knowledge_base
def status(kb: "KnowledgeBase", *, as_json: bool) -> None:
    """Tell where library and index are, what is in them, and which files could not be read.

    \b
    Example: kb status
    """
    state, coverage, model = kb.indexer.status(), kb.indexer.coverage(), kb.indexer.model()
    if as_json:
        places_named = {"library": shown_name(state.library), "index": shown_name(state.index)}
        problems = [problem.record() for problem in state.problems]
        print_json([{**asdict(state), **places_named, "problems": problems, "likeness": coverage, "model": model}])
    else:
        lines(health.status_lines(state, coverage, model))
    places().older_answered = state.older_answers


@cli.command()
@with_knowledge_base
def watch(kb: "KnowledgeBase") -> None:
    """Keep the index up to the library, until Ctrl+C.

    Whatever cannot be read is told and stops nothing.

    \b
    Example: kb watch --library ~/reports
    """
    from index.engine import SearchIndexError
    from kb.library.watching import changes
    from kb.report.problems import LibraryError
    from kb.worker import embed_in_worker

    lines(health.outcome_lines(bring_up_to_date(kb), kb, "beside"))
    changed = embed_in_worker(kb)
    say(_("Watching {library} - stop with Ctrl+C").format(library=kb.collection.library.name))
    for _changed in changes(lambda: kb.collection.watched):
        try:
            outcome = bring_up_to_date(kb)
        except (LibraryError, SearchIndexError, OSError) as error:
            say(f"kb: {in_words(error)}", err=True)
        else:
            if outcome.new or outcome.changed or outcome.gone:
                lines(health.outcome_lines(outcome, kb, "beside"))
            kb.indexer.tidy()
            changed()


@cli.command()
@click.option("--repair", is_flag=True, help="Make anew what is wrong.")
@with_knowledge_base
def check(kb: "KnowledgeBase", *, repair: bool) -> None:
    """Tell what is wrong with the index, and with what is kept beside it; exits with 1 where something is and stays.

    The library is not looked at: `kb lint` tells of reports. Whatever is wrong, `kb sync` makes the index anew.

    \b
    Example: kb check --repair
    """
    found = kb.indexer.check(repair=repair)
    lines(health.problem_lines(found))
    left = kb.indexer.check() if repair and found else found
    if repair and found:
        say(_("repaired: {count}").format(count=len(found) - len(left)))
    else:
        say(_("wrong: {count}").format(count=len(found)))
    if left:
        click.get_current_context().exit(CHECK_FAILED)


@cli.command()
@with_knowledge_base
def mcp(kb: "KnowledgeBase") -> None:
    """Answer other programs on stdin and stdout, the index brought up to the library first.

    It speaks the Model Context Protocol (MCP): an assistant starts it by itself, once it is told the command. Nothing
    can be changed by it. `kb serve` answers the same at /mcp.

    \b
    Example: kb mcp --library ~/reports
    """
    from index.engine import WriterBusyError
    from kb.programs.server import serve_stdio

    try:
        bring_up_to_date_or_tell(kb)
    except WriterBusyError as error:  # what that other process publishes is answered as soon as it does
        say(f"kb: {in_words(error)}", err=True)
    serve_stdio(kb)
