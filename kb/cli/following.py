"""The command that follows a feed: follow."""

from typing import TYPE_CHECKING, Any

import click

from kb.cli import health
from kb.cli.fetching import add_page, allow_private, fetched
from kb.cli.group import as_json, cli, with_knowledge_base
from kb.cli.language import _, texts
from kb.cli.output import bring_up_to_date, in_words, lines, print_json, say
from kb.knowledge_base import KnowledgeBase
from kb.report.model import MetadataOverride
from kb.report.problems import UnreadableError

if TYPE_CHECKING:
    from kb.fetching.feeds import Entry


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
    from kb.fetching import Fetched
    from kb.fetching.feeds import entries_of

    entries = entries_of(Fetched(*fetched(address, allow_private=allow_private)))
    known = kb.keeper.seen(address)
    proposed = [entry for entry in entries if entry.url not in known and entry.looks_like_report]
    if as_json and not yes:
        print_json(map(_record, proposed))
        return
    left = {entry.url for entry in proposed}  # what is neither added nor refused
    try:
        for entry in proposed:
            if yes or _wanted(entry):
                _add(kb, entry, left, allow_private=allow_private, as_json=as_json)
            else:
                left.discard(entry.url)
    except click.Abort:
        say("")  # below the question that nobody answered
    finally:
        kb.keeper.see(address, [entry.url for entry in entries if entry.url not in left])
    outcome = bring_up_to_date(kb)
    if not as_json:
        lines([health.feed_line(len(entries), len(proposed), len(left)), *health.outcome_lines(outcome, kb)])


def _wanted(entry: "Entry") -> bool:
    """Ask whether to add a post. Raises click.Abort where nobody answers."""
    say(f"{entry.published or texts.UNDATED}  {click.style(entry.title, bold=True)}\n{entry.url}")
    return click.confirm(_("add it?"), err=True)


def _add(kb: KnowledgeBase, entry: "Entry", left: set[str], *, allow_private: bool, as_json: bool) -> None:
    """Add a post and tell that; one that cannot be fetched or read is told and left."""
    try:
        page = fetched(entry.url, allow_private=allow_private)
        added = add_page(kb, *page, MetadataOverride(published=entry.published))
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
