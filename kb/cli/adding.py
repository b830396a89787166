"""The commands that put reports into the library and take them out: add, follow, remove."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from index.datafiles import quoted
from index.messages import translatable
from index.urls import web_parts
from kb.cli import health
from kb.cli.group import cli
from kb.cli.options import NamedPath, allow_private, as_json, completing, report_ids, with_knowledge_base
from kb.cli.output import bring_up_to_date, in_words, lines, make_ready, print_json, say
from kb.cli.reading import each_file, fetched, is_address
from kb.indexing.outcomes import Added
from kb.knowledge_base import KnowledgeBase
from kb.report.dates import is_date
from kb.report.model import MetadataOverride
from kb.report.problems import FileProblem, UnreadableError
from kb.translation import _

if TYPE_CHECKING:
    from kb.fetching import Fetched
    from kb.fetching.feeds import Entry


def _date(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    if text is not None and not is_date(text):
        refused = _("{text} is no date; write 2018, 2018-03 or 2018-03-10")
        raise click.BadParameter(refused.format(text=quoted(text)))
    return text


def _url(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    if text is not None and not web_parts(text):
        raise click.BadParameter(_("{text} is no address; begin it with http:// or https://").format(text=quoted(text)))
    return text


@cli.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE|FOLDER|ADDRESS...|-", type=NamedPath(allow_dash=True))
@click.option("--event", help="The event's name, where the report does not tell it.")
@click.option("--date", "held_on", metavar="DATE", callback=_date, help="2018, 2018-03 or 2018-03-10.")
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
    """Put reports into the library and index them; a report that is there already is replaced, and kept aside.

    Of a folder each file is added that may be a report. A page at an address is fetched once, if its robots.txt allows
    that, and kept as it is.

    \b
    Examples: kb add report.md --event "JAWS DAYS 2018" --date 2018-03-10
              kb add ~/notes https://example.com/my-report
              pbpaste | kb add -
    """
    override = MetadataOverride(event, held_on, url)
    outcomes: list[Added] = []

    def add_one(data: bytes, source: str) -> None:
        if not data.strip():
            raise UnreadableError(FileProblem(source, None, translatable("is empty; there is nothing to add")))
        if is_address(source):
            from kb.fetching import Fetched

            outcomes.append(_add_page(kb, Fetched(source, data), override))
        else:
            outcomes.append(kb.adder.add(data, None if source == "-" else Path(source).name, override))

    try:
        each_file(files, add_one, allow_private=allow_private)
        outcome = bring_up_to_date(kb)
    finally:  # whatever stops it: these are in the library
        outcomes = [kb.adder.with_indexed_id(added) for added in outcomes]
        if as_json:
            print_json(added.record() for added in outcomes)
        else:
            lines(map(health.added_line, outcomes))
    if not as_json:
        lines(health.outcome_lines(outcome, kb))


@cli.command()
@click.argument("address")
@click.option("--yes", is_flag=True, help="Add all that look like reports, without asking.")
@allow_private
@as_json
@with_knowledge_base
def follow(kb: KnowledgeBase, address: str, *, yes: bool, allow_private: bool, as_json: bool) -> None:
    """Add the new posts of a feed that look like reports on events, each after a yes.

    A feed is RSS or Atom. What was seen is kept in kb.toml, so that nothing is proposed twice; what nobody answered is
    proposed again. With --json nobody is asked: the posts are listed, and added only where --yes is given.

    \b
    Examples: kb follow https://example.com/feed
              kb follow https://example.com/feed --yes
    """
    from kb.fetching.feeds import entries_of

    entries = entries_of(fetched(address, allow_private=allow_private))
    known = kb.adder.seen_posts(address)
    proposed = [entry for entry in entries if entry.url not in known and entry.looks_like_report]
    if as_json and not yes:
        print_json(map(_record, proposed))
        return
    left = {entry.url for entry in proposed}  # what is neither added nor refused
    try:
        for entry in proposed:
            if yes or _wanted(entry):
                _add_post(kb, entry, left, allow_private=allow_private, as_json=as_json)
            else:
                left.discard(entry.url)
    except click.Abort:
        say("")  # below the question that nobody answered
    finally:
        kb.adder.mark_seen(address, [entry.url for entry in entries if entry.url not in left])
    outcome = bring_up_to_date(kb)
    if not as_json:
        summed = _("feed: {posts} posts, {new} new that look like reports")
        later = _(", {left} left for the next time").format(left=len(left)) if left else ""
        say(summed.format(posts=len(entries), new=len(proposed)) + later)
        lines(health.outcome_lines(outcome, kb))


def _wanted(entry: "Entry") -> bool:
    """Ask whether to add a post. Raises click.Abort where nobody answers."""
    say(f"{entry.published or _('undated')}  {click.style(entry.title, bold=True)}\n{entry.url}")
    return click.confirm(_("add it?"), err=True)


def _add_post(kb: KnowledgeBase, entry: "Entry", left: set[str], *, allow_private: bool, as_json: bool) -> None:
    """Add a post and take it out of those that are left; one that cannot be fetched or read is reported and stays."""
    try:
        page = fetched(entry.url, allow_private=allow_private)
        added = _add_page(kb, page, MetadataOverride(published=entry.published))
    except UnreadableError as error:
        say(f"kb: {in_words(error)}", err=True)
        return
    left.discard(entry.url)
    if as_json:
        print_json([{**_record(entry), **added.record()}])
    else:
        say(health.added_line(added))


def _record(entry: "Entry") -> dict[str, Any]:
    return {"url": entry.url, "title": entry.title, "published": entry.published}


def _add_page(kb: KnowledgeBase, page: "Fetched", override: MetadataOverride) -> Added:
    """Put a page into the library, with its address. Raises UnreadableError, LibraryError."""
    try:
        return kb.adder.add(page.data, page.name, page.with_url(override))
    except UnreadableError as error:
        raise UnreadableError(replace(error.problem, source=page.url)) from error


@cli.command()
@click.argument("identifier", metavar="ID", shell_complete=completing(report_ids))
@as_json
@with_knowledge_base
def remove(kb: KnowledgeBase, identifier: str, *, as_json: bool) -> None:
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
