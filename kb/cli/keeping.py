"""The commands that keep library and index: sync, add, remove, status, check, watch."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict

from index.sentences import said
from kb.cli import completing, health
from kb.cli.fetching import add_page, allow_private, fetched, is_address
from kb.cli.group import NamedPath, as_json, cli, with_knowledge_base
from kb.cli.language import _, texts
from kb.cli.output import ProgressBar, bring_up_to_date, embed, in_words, lines, make_ready, print_json, results, say
from kb.cli.places import FOUND_NOTHING, WRONG_USE, places
from kb.storage.walk import shown_name

if TYPE_CHECKING:
    from kb.knowledge_base import KnowledgeBase
    from kb.report.difference import Difference
    from kb.search.outcomes import Added


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
            would = kb.keeper.preview_sync(progress)
        _tell(would, kb, as_json=as_json)
        if would is None and not as_json:
            say(texts.NOTHING_DIFFERS)
        return
    outcome = bring_up_to_date(kb)
    if diff:
        _tell(outcome.difference, kb, as_json=as_json)
    elif as_json:
        print_json([{**outcome.record(), "showing_samples": kb.collection.is_samples}])
    if not as_json:
        lines(health.outcome_lines(outcome, kb, "now" if wait else "later"), err=diff)
    kb.keeper.tidy()
    if wait:
        embed(kb)
        say(texts.coverage(kb.keeper.coverage()), err=diff or as_json)
    if outcome.read_none:
        click.get_current_context().exit(WRONG_USE)


def _tell(difference: "Difference | None", kb: "KnowledgeBase", *, as_json: bool) -> None:
    """Print what a sync changed or would change, nothing where that is nothing."""
    from kb.cli.differences import difference_lines
    from kb.search.differences import difference_records

    if difference is None:
        return
    if as_json:
        print_json(difference_records(difference))
    else:
        results(difference_lines(difference, kb.collection.domain))


@cli.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER|ADDRESS...|-", type=NamedPath(allow_dash=True))
@click.option("--event", help="The event's name, where the report does not tell it.")
@click.option(
    "--date", "held_on", metavar="DATE", callback=lambda *told: _date(told[2]), help="2018, 2018-03 or 2018-03-10."
)
@click.option("--url", help="Where the report was published.")
@allow_private
@as_json
@with_knowledge_base
def add(kb: "KnowledgeBase", files: tuple[str, ...], *, allow_private: bool, as_json: bool, **told: str | None) -> None:
    """Put reports into the library and index them; a report that is there already is replaced, and kept aside.

    Of a folder each file is added that may be a report. A page at an address is fetched once, if its robots.txt allows
    that, and kept as it is.

    \b
    Examples: kb add report.md --event "JAWS DAYS 2018" --date 2018-03-10
              kb add ~/notes https://example.com/my-report
              pbpaste | kb add -
    """
    from kb.cli.files import each_file
    from kb.report.model import MetadataOverride
    from kb.report.problems import FileProblem, UnreadableError

    given = MetadataOverride(told["event"], told["held_on"], told["url"])
    every: list[Added] = []

    def add_one(data: bytes, source: str) -> None:
        if not data.strip():
            raise UnreadableError(FileProblem(source, None, said("is empty; there is nothing to add")))
        if is_address(source):
            every.append(add_page(kb, source, data, given))
        else:
            every.append(kb.keeper.add(data, None if source == "-" else Path(source).name, given))

    try:
        each_file(files, add_one, partial(fetched, allow_private=allow_private))
        outcome = bring_up_to_date(kb)
    finally:  # whatever stops it: these are in the library
        every = [kb.keeper.indexed(added) for added in every]
        if as_json:
            print_json(added.record() for added in every)
        else:
            lines(map(health.added_line, every))
    if not as_json:
        lines(health.outcome_lines(outcome, kb))


@cli.command()
@click.argument("identifier", metavar="ID", shell_complete=completing.ids(completing.report_ids))
@as_json
@with_knowledge_base
def remove(kb: "KnowledgeBase", identifier: str, *, as_json: bool) -> None:
    """Take a report out of the library and the index, by its id; its file is kept aside.

    \b
    Example: kb remove jaws-days-2018-1a2b
    """
    make_ready(kb)
    entry = kb.browser.entry(identifier)
    kept = kb.corrector.remove(entry.source, entry.digest).kept
    outcome = bring_up_to_date(kb)
    if as_json:
        print_json([{"report": identifier, "kept": kept}])
    else:
        removed = _("removed {report}; {kept}").format(report=identifier, kept=health.kept_line(kept))
        lines([removed, *health.outcome_lines(outcome, kb)])


@cli.command()
@as_json
@with_knowledge_base
def status(kb: "KnowledgeBase", *, as_json: bool) -> None:
    """Tell where library and index are, what is in them, and which files could not be read.

    \b
    Example: kb status
    """
    state, coverage, model = kb.keeper.status(), kb.keeper.coverage(), kb.keeper.model()
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
    for _changed in changes(kb.collection.watched):
        try:
            outcome = bring_up_to_date(kb)
        except (LibraryError, SearchIndexError, OSError) as error:
            say(f"kb: {in_words(error)}", err=True)
        else:
            if outcome.new or outcome.changed or outcome.gone:
                lines(health.outcome_lines(outcome, kb, "beside"))
            kb.keeper.tidy()
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
    found = kb.keeper.check(repair=repair)
    lines(health.problem_lines(found))
    left = kb.keeper.check() if repair and found else found
    if repair and found:
        say(_("repaired: {count}").format(count=len(found) - len(left)))
    else:
        say(_("wrong: {count}").format(count=len(found)))
    if left:
        click.get_current_context().exit(FOUND_NOTHING)


def _date(text: str | None) -> str | None:
    from index.tables import quoted
    from kb.report.dates import is_date

    if text is not None and not is_date(text):
        told = _("{text} is no date; write 2018, 2018-03 or 2018-03-10").format(text=quoted(text))
        raise click.BadParameter(told)
    return text
