"""The command that tells what the notes on a service say together: guide."""

from collections.abc import Iterator
from itertools import groupby

import click

from kb.cli import completing, terminal
from kb.cli.group import as_json, cli, with_knowledge_base
from kb.cli.language import texts
from kb.cli.output import make_ready, print_json, results
from kb.cli.places import FOUND_NOTHING
from kb.knowledge_base import KnowledgeBase
from kb.search.facets import BY_KEY
from kb.search.guide_records import guide_record
from kb.search.guiding import Entry, Guide
from kb.search.quotation import Quoting
from kb.search.quoted_guide import QuotedGuide


@cli.command()
@click.argument("service", shell_complete=completing.values_of(BY_KEY["service"]))
@click.option("--markdown", is_flag=True, help="As Markdown, to take away: all of it with all its notes.")
@as_json
@with_knowledge_base
def guide(kb: KnowledgeBase, service: str, *, markdown: bool, as_json: bool) -> None:
    """Tell what the notes on a service say together: each thing once, with how many talks say so.

    \b
    Examples: kb guide sqs
              kb guide Lambda --markdown > lambda.md
    """
    make_ready(kb)
    catalogue = kb.collection.catalogue
    known = catalogue.find(service)
    if known is None:
        near, every = ([one.slug for one in some] for some in (catalogue.near(service), catalogue.services))
        raise click.BadParameter(terminal.no_value("service", service, near, every), param_hint="SERVICE")
    made = kb.guide(known)
    if as_json:
        print_json([guide_record(made, kb.collection.domain)])
    elif markdown:
        posts = {report.id: report.url for report in kb.browser.reports()}
        results(QuotedGuide(made, Quoting(texts, kb.collection.domain, lambda note: posts.get(note.report))).lines())
    else:
        results(_lines(made))
    if not made.notes and kb.browser.reports():
        click.get_current_context().exit(FOUND_NOTHING)


def _lines(guide: Guide) -> Iterator[str]:
    yield click.style(guide.service.name, bold=True)
    yield texts.compared(guide.compared, guide.notes)
    for name, part in guide.parts.items():
        if part:
            yield ""
            yield click.style(f"{texts.GUIDE_PARTS[name]} ({len(part)})", bold=True)
            for under, entries in groupby(part, guide.under):
                if under:
                    yield click.style(f"  {' > '.join(terminal.passage(text, ()) for text in under)}", dim=True)
                for entry in entries:
                    yield from _entry_lines(entry)
    if guide.changes:
        yield f"\n{click.style(texts.GUIDE_CHANGES, bold=True)}"
    yield from (click.style(f"  {terminal.change_told(one)}", fg="yellow") for one in guide.changes)


def _entry_lines(entry: Entry) -> Iterator[str]:
    yield f"  • {terminal.passage(entry.note.text, ())}"
    yield click.style(f"    {texts.said(entry.talks, entry.since, entry.until, entry.speakers)}", fg="cyan")
    yield from (f"    → {note.text.lstrip('→⇒=-> ')}" for note in (*entry.remedies, *entry.leads_to))
    yield from (click.style(f"    {terminal.change_told(one)}", fg="yellow") for one in entry.changes)
    for note in entry.notes:
        told = "" if note.id == entry.note.id else f"{terminal.passage(note.text, ())}  "
        yield click.style(f"    {note.held_on or texts.UNDATED}  {told}{note.id}", dim=True)
