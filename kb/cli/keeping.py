"""The commands that keep the index current: sync, status, watch, check; and mcp, which answers programs from it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click
from msgspec.structs import asdict

from kb import wording
from kb.cli.group import CHECK_FAILED, USAGE_ERROR, as_json, cli, state, with_knowledge_base
from kb.cli.output import ProgressBar, echo, echo_lines, error_text, page_lines, print_json
from kb.cli.syncing import (
    embed_notes,
    embedder,
    outcome_lines,
    problem_lines,
    sync_index,
    try_sync,
    unused_lines,
    warn_unindexed,
)
from kb.storage.walk import shown_name
from kb.translation import _, ngettext, translate

if TYPE_CHECKING:
    from index.engine import Coverage
    from index.messages import Message
    from kb.indexing.outcomes import Status
    from kb.knowledge_base import KnowledgeBase
    from kb.report.difference import Difference
    from kb.services import Domain

_MAX_KEPT = 5  # kept files that `kb status` names; `kb status --json` names all
_SIGNS = {
    "came": click.style("+", fg="cyan"),
    "went": click.style("-", fg="red"),
    "changed": click.style("~", fg="yellow"),
}


@cli.command()
@click.option("--diff", is_flag=True, help="Show what was added, removed and changed.")
@click.option("--dry-run", is_flag=True, help="Show that without doing anything.")
@click.option("--wait", is_flag=True, help="Make the vectors too, which search by meaning needs.")
@as_json
@with_knowledge_base
def sync(kb: "KnowledgeBase", *, diff: bool, dry_run: bool, wait: bool, as_json: bool) -> None:
    """Update the index from the library; an unchanged library costs nothing.

    Exits with 2 if no file can be read, or if kb.toml has a mistake: the rest is indexed all the same.

    Then notes are found by their words. Search by meaning takes a while longer: `kb serve` prepares it while it runs,
    or --wait does. Ctrl+C loses nothing of that: the next run continues.

    With --dry-run, a name added to kb.toml or an edited rule shows which notes it touches before it is stored. With
    --diff or --dry-run, --json prints an object for each addition, removal and change; nothing if there is none.

    \b
    Examples: kb sync --library ~/reports
              kb sync --wait
              kb sync --dry-run
              kb sync --diff --json
    """
    if dry_run:
        with ProgressBar() as progress:
            difference = kb.indexer.preview_sync(progress)
        invalid = kb.collection.library.configuration()[2]
        echo_lines(problem_lines(invalid), err=True)
        _print_difference(difference, kb, as_json=as_json)
        if difference is None and not as_json:
            echo(_("Nothing differs"))
        if invalid:
            click.get_current_context().exit(USAGE_ERROR)
        return
    from kb.indexing.outcomes import any_mistake

    outcome = sync_index(kb)
    if diff:
        _print_difference(outcome.difference, kb, as_json=as_json)
    elif as_json:
        print_json([{**outcome.record(), "showing_samples": kb.collection.is_samples}])
    if not as_json:
        echo_lines(outcome_lines(outcome, kb, "now" if wait else "later"), err=diff)
    kb.indexer.tidy()
    if wait:
        embed_notes(kb)
        echo(wording.coverage(kb.indexer.coverage()), err=diff or as_json)
    if outcome.read_none or any_mistake(outcome.problems):
        click.get_current_context().exit(USAGE_ERROR)


def _print_difference(difference: "Difference | None", kb: "KnowledgeBase", *, as_json: bool) -> None:
    from kb.search.records import difference_records

    if difference is None:
        return
    if as_json:
        print_json(difference_records(difference))
    else:
        page_lines(_difference_lines(difference, kb.collection.domain))


def _difference_lines(difference: "Difference", domain: "Domain") -> Iterator[str]:
    """Yield the additions, removals and changes by report, and the sums."""
    from kb.indexing.news import item_name

    for report in difference.reports:
        fields = wording.listed(_(wording.CHANGED[field]) for field in report.changed)
        title = click.style(report.title, bold=True) + (f"  ({fields})" if fields else "")
        yield f"{_SIGNS[report.fate]} {title}"
        yield click.style(f"  {report.report}", dim=True)
        for item in report.items:
            what = f"{_(wording.COMPARED[item.sort])} {wording.item(item, item_name(item, domain))}".rstrip()
            text = f"{item.before} → {item.after}" if item.sort == "note" and item.before else item.text
            yield f"  {_SIGNS[item.fate]} {what}  {text}"
    if difference.left_out:
        yield wording.left_out(difference.left_out)
    first = _("The index was made for the first time") + ": " if difference.first else ""
    yield first + wording.counts(difference.counts)


@cli.command()
@as_json
@with_knowledge_base
def status(kb: "KnowledgeBase", *, as_json: bool) -> None:
    """Show library and index, their contents and unreadable files.

    \b
    Example: kb status
    """
    current, coverage, model = kb.indexer.status(), kb.indexer.coverage(), kb.indexer.model()
    missed = kb.not_found.listed()
    if as_json:
        places = {"library": shown_name(current.library), "index": shown_name(current.index)}
        problems = [problem.record() for problem in current.problems]
        record = {**asdict(current), **places, "problems": problems}
        print_json([{**record, "likeness": coverage, "model": model, "not_found": missed}])
    else:
        echo_lines(_status_lines(current, coverage, model))
        if missed:
            texts = wording.listed(f"{search.text} ({search.times})" for search in missed)
            echo(_("searched {texts}: nothing was found", texts=texts))
    state().is_stale = current.older_answers


def _status_lines(status: "Status", coverage: "Coverage | None", model: str | None) -> Iterator[str]:
    samples = "  " + _("Showing samples") if status.showing_samples else ""
    yield _("library  {folder}", folder=shown_name(status.library)) + samples
    yield _("index    {folder}", folder=shown_name(status.index))
    yield _("content  {0.reports} reports, {0.talks} talks, {0.notes} notes").format(status)
    if any(one.sure or one.likely for one in status.claims.values()):
        counts = (
            f"{_(wording.KINDS[claim])} {wording.strengths(one.sure + one.likely, one.likely)}"
            for claim, one in status.claims.items()
        )
        yield _("kinds    {counts}", counts=wording.listed(counts))
    if count := len(status.left_alone):
        yield _("aside    {count} files are no reports: READMEs, what kb.toml ignores, what says so", count=count)
    if count := len(status.kept):
        files = ", ".join(status.kept[:_MAX_KEPT]) + (" …" if count > _MAX_KEPT else "")
        yield _("kept     {count} files that were replaced or removed: {files}", count=count, files=files)
    rest = _("; the rest: {how}", how=embedder()) if coverage and coverage.lacking else ""
    yield _("likeness {coverage}", coverage=wording.coverage(coverage)) + rest
    if model:
        yield _("model    {model}", model=model)
    if status.notes:
        yield _("reading  {kinds}", kinds=wording.classified_by(status.reader, status.read, status.notes))
    yield from (
        ngettext("read     {count:,} line by {name}", "read     {count:,} lines by {name}", count, name=name)
        for name, count in status.read_by.items()
    )
    if status.learned:
        sorts = wording.listed(wording.learned(sort, count) for sort, count in status.learned.items())
        total = sum(status.learned.values())
        yield _("learned  from {count} corrections of kinds: {sorts}", count=total, sorts=sorts)
    if status.memory:
        megabytes = status.memory / 1e6
        yield _("memory   a search takes {megabytes:.0f} MB at most, plus the dictionary", megabytes=megabytes)
    yield _state_line(status)
    yield from problem_lines(status.problems)
    yield from unused_lines(status.unused)


def _state_line(status: "Status") -> str:
    from kb.indexing.outcomes import any_mistake

    if status.up_to_date and any_mistake(status.problems):
        return _("state    up to date with the reports, but kb.toml has a mistake: fix what follows")
    if status.up_to_date:
        return _("state    up to date")
    if status.reports:
        return _("state    behind the library: run `kb sync`")
    return _("state    nothing is indexed: run `kb sync`")


@cli.command()
@with_knowledge_base
def watch(kb: "KnowledgeBase") -> None:
    """Update the index after each change, until Ctrl+C.

    Unreadable files are reported and stop nothing.

    \b
    Example: kb watch --library ~/reports
    """
    from index.engine import SearchIndexError
    from kb.library.watching import changes
    from kb.report.problems import LibraryError
    from kb.worker import embed_in_worker

    echo_lines(outcome_lines(sync_index(kb), kb, "in background"))
    start_embedding = embed_in_worker(kb)
    echo(_("Watching {library} - stop with Ctrl+C", library=kb.collection.library.name))

    def report(failure: "Message | None") -> None:
        text = translate(failure) if failure else _("the library is watched again")
        echo(f"kb: {text}", err=True)

    for _change in changes(lambda: kb.collection.watched, report):
        try:
            outcome = sync_index(kb)
        except (LibraryError, SearchIndexError, OSError) as error:
            echo(f"kb: {error_text(error)}", err=True)
        else:
            if outcome.new or outcome.changed or outcome.gone:
                echo_lines(outcome_lines(outcome, kb, "in background"))
            kb.indexer.tidy()
            start_embedding()


@cli.command()
@click.option("--repair", is_flag=True, help="Make damaged parts again.")
@with_knowledge_base
def check(kb: "KnowledgeBase", *, repair: bool) -> None:
    """Check the index for damage, and kb.toml for mistakes. Exits with 1 if any remain.

    Corrections in kb.toml that have no effect are listed, too. Reports are not checked: `kb lint` does that. `kb sync`
    makes any damaged index again.

    \b
    Example: kb check --repair
    """
    problems = kb.indexer.check(repair=repair)
    contents = kb.collection.readable_contents()
    echo_lines(problem_lines(problems))
    echo_lines(unused_lines(contents.unused if contents else ()))
    remaining = kb.indexer.check() if repair and problems else problems
    if repair and problems:
        echo(_("repaired: {count}", count=len(problems) - len(remaining)))
    else:
        if not problems:
            warn_unindexed(kb)
        echo(_("wrong: {count}", count=len(problems)))
    if remaining:
        click.get_current_context().exit(CHECK_FAILED)


@cli.command()
@click.option("--write", is_flag=True, help="Let the assistant read reports for you: say what each line is.")
@with_knowledge_base
def mcp(kb: "KnowledgeBase", *, write: bool) -> None:
    """Answer other programs on stdin and stdout, after an update of the index.

    It speaks the Model Context Protocol (MCP): an assistant starts it by this command, which its settings name. It
    cannot change anything. With --write it can say what the lines of reports are: its readings are kept in `readings`
    beside kb.toml, below what you say, and you can take each back. `kb serve` answers the same at /mcp, with readings
    if it has a token.

    \b
    Examples: kb mcp --library ~/reports
              kb mcp --library ~/reports --write
    """
    from index.engine import WriterBusyError
    from kb.programs.server import serve_stdio

    try:
        try_sync(kb)
    except WriterBusyError as error:  # the generation that the other process publishes will answer
        echo(f"kb: {error_text(error)}", err=True)
    serve_stdio(kb, writes=write)
