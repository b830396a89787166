"""The commands that add reports to the library and remove them: add, follow, remove."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from index.datafiles import quoted
from index.messages import translatable
from index.urls import web_parts
from kb.cli.group import NamedPath, allow_private, as_json, cli, completing, report_ids, with_knowledge_base
from kb.cli.output import echo, echo_lines, error_text, print_json
from kb.cli.reading import each_file, fetched, files_of, is_address
from kb.cli.syncing import ensure_index, outcome_lines, sync_index
from kb.indexing.outcomes import Added
from kb.knowledge_base import KnowledgeBase
from kb.report.dates import DateError, parse_date
from kb.report.model import MetadataOverride
from kb.report.problems import FileProblem, UnreadableError
from kb.translation import _, ngettext

if TYPE_CHECKING:
    from kb.fetching import Fetched
    from kb.fetching.feeds import Entry


def _date(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    try:
        return None if text is None else parse_date(text)
    except DateError as error:
        raise click.BadParameter(error_text(error)) from error


def _url(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    if text is not None and not web_parts(text):
        raise click.BadParameter(_("{text} is no address; begin it with http:// or https://", text=quoted(text)))
    return text


@cli.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER|ADDRESS...|-", type=NamedPath(allow_dash=True))
@click.option("--event", help="The event's name, if the report does not name it.")
@click.option("--date", "held_on", metavar="DATE", callback=_date, help="2018, 2018-03, 2018-03-10 or 10 March 2018.")
@click.option("--url", callback=_url, help="Where the report was published.")
@allow_private
@as_json
@with_knowledge_base
def add(
    kb: KnowledgeBase,
    files: tuple[str, ...],
    *,
    event: str | None,
    held_on: str | None,
    url: str | None,
    allow_private: bool,
    as_json: bool,
) -> None:
    """Put reports into the library and index them. A report that is there already is replaced; its old file is kept.

    Of a folder each file is added that may be a report. A page at an address is fetched once, if its robots.txt allows
    that, and kept as it is.

    \b
    Examples: kb add report.md --event "JAWS DAYS 2018" --date 2018-03-10
              kb add ~/notes https://example.com/my-report
              pbpaste | kb add -
    """
    override = MetadataOverride(event, held_on, url)
    added: list[Added] = []

    def add_one(data: bytes, source: str) -> None:
        if not data.strip():
            raise UnreadableError(FileProblem(source, None, translatable("is empty; there is nothing to add")))
        if is_address(source):
            from kb.fetching import Fetched

            added.append(_add_page(kb, Fetched(source, data), override))
        else:
            added.append(kb.adder.add(data, None if source == "-" else Path(source).name, override))

    try:
        each_file((file for name in files for file in files_of(name, allow_private=allow_private)), add_one)
        outcome = sync_index(kb)
    finally:  # after an error too: these reports are in the library
        added = [kb.adder.with_indexed_id(one) for one in added]
        if as_json:
            print_json(one.record() for one in added)
        else:
            echo_lines(map(_added_line, added))
    if not as_json:
        echo_lines(outcome_lines(outcome, kb))


def _added_line(added: Added) -> str:
    """Return where a file was put, and what it contains."""
    if added.unchanged:
        done = _("there already: {source} ({what})")
    elif added.replaced:
        done = _("replaced {source} ({what})")
    else:
        done = _("added {source} ({what})")
    what = added.report or ngettext("{count} report", "{count} reports", added.reports)
    return done.format(source=added.source, what=what) + (f"; {_kept_line(added.kept)}" if added.kept else "")


def _kept_line(kept: tuple[str, ...]) -> str:
    return _("the old file is kept as {files}", files=", ".join(kept))


@cli.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Add all that look like reports, without asking.")
@allow_private
@as_json
@with_knowledge_base
def follow(kb: KnowledgeBase, address: str, *, yes: bool, allow_private: bool, as_json: bool) -> None:
    """Add the new posts of a feed that look like reports, each after a yes.

    A feed is RSS or Atom. kb.toml keeps which posts were added or refused, so that none is proposed twice. A post
    without an answer is proposed again. With --json nobody is asked: the posts are listed, and added only with --yes.

    \b
    Examples: kb follow https://example.com/feed
              kb follow https://example.com/feed --yes
    """
    from kb.fetching.feeds import entries_of

    entries = entries_of(fetched(address, allow_private=allow_private))
    seen = kb.adder.seen_posts(address)
    proposed = [entry for entry in entries if entry.url not in seen and entry.looks_like_report]
    if as_json and not yes:
        print_json(map(_entry_record, proposed))
        return
    pending = {entry.url for entry in proposed}  # neither added nor refused
    try:
        for entry in proposed:
            if yes or _confirmed(entry):
                _add_post(kb, entry, pending, allow_private=allow_private, as_json=as_json)
            else:
                pending.discard(entry.url)
    except click.Abort:
        echo("")  # ends the line of the question
    finally:
        kb.adder.mark_seen(address, [entry.url for entry in entries if entry.url not in pending])
    outcome = sync_index(kb)
    if not as_json:
        sums = _("feed: {posts} posts, {new} new that look like reports", posts=len(entries), new=len(proposed))
        echo(sums + (_(", {left} left for the next time", left=len(pending)) if pending else ""))
        echo_lines(outcome_lines(outcome, kb))


def _confirmed(entry: "Entry") -> bool:
    """Ask whether to add a post. Raises click.Abort without an answer."""
    echo(f"{entry.published or _('undated')}  {click.style(entry.title, bold=True)}\n{entry.url}")
    return click.confirm(_("add it?"), err=True)


def _add_post(kb: KnowledgeBase, entry: "Entry", pending: set[str], *, allow_private: bool, as_json: bool) -> None:
    """Add a post and take it out of `pending`; print why it cannot be fetched or read."""
    try:
        page = fetched(entry.url, allow_private=allow_private)
        added = _add_page(kb, page, MetadataOverride(published=entry.published))
    except UnreadableError as error:
        echo(f"kb: {error_text(error)}", err=True)
        return
    pending.discard(entry.url)
    if as_json:
        print_json([{**_entry_record(entry), **added.record()}])
    else:
        echo(_added_line(added))


def _entry_record(entry: "Entry") -> dict[str, Any]:
    return {"url": entry.url, "title": entry.title, "published": entry.published}


def _add_page(kb: KnowledgeBase, page: "Fetched", override: MetadataOverride) -> Added:
    """Add a fetched page with its address. Raises UnreadableError, LibraryError."""
    try:
        return kb.adder.add(page.data, page.name, page.with_url(override))
    except UnreadableError as error:
        raise UnreadableError(replace(error.problem, source=page.url)) from error


@cli.command()
@click.argument("identifier", metavar="ID", shell_complete=completing(report_ids))
@as_json
@with_knowledge_base
def remove(kb: KnowledgeBase, identifier: str, *, as_json: bool) -> None:
    """Take a report out of the library and the index, by its id. Its file is kept under another name.

    \b
    Example: kb remove jaws-days-2018-1a2b
    """
    ensure_index(kb)
    entry = kb.browser.entry(identifier)
    kept = kb.corrector.remove(entry.source, entry.digest).kept
    outcome = sync_index(kb)
    if as_json:
        print_json([{"report": identifier, "kept": kept}])
    else:
        removed = _("removed {report}; {kept}", report=identifier, kept=_kept_line(kept))
        echo_lines([removed, *outcome_lines(outcome, kb)])
