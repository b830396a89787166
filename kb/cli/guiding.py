"""The commands that tell what the notes on a service say together, and put that right: guide, point."""

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import click

from kb.cli import completing, terminal
from kb.cli.group import FOUND_NOTHING, as_json, cli, with_knowledge_base
from kb.cli.output import bring_up_to_date, lines, make_ready, print_json, results
from kb.knowledge_base import KnowledgeBase
from kb.quotation import Quoting
from kb.quoted_guide import QuotedGuide
from kb.search.facets import BY_KEY
from kb.search.guide_records import guide_record
from kb.search.guiding import Entry, Guide
from kb.texts import ja

if TYPE_CHECKING:
    from kb.points import Says


@cli.command()
@click.argument("service", shell_complete=completing.values_of(BY_KEY["service"]))
@click.option("--markdown", is_flag=True, help="As Markdown, to take away: all points with all their notes.")
@as_json
@with_knowledge_base
def guide(kb: KnowledgeBase, service: str, *, markdown: bool, as_json: bool) -> None:
    """Tell what the notes on a service say together: each point once, with how many talks say so, since when, and who.

    \b
    Examples: kb guide sqs
              kb guide Lambda --markdown > lambda.md
    """
    make_ready(kb)
    known = kb.collection.catalogue.find(service)
    if known is None:
        near = ", ".join(one.slug for one in kb.collection.catalogue.near(service))
        remedy = f"do you mean {near}?" if near else "`kb services` lists them"
        raise click.BadParameter(f"no service is called {service!r}; {remedy}", param_hint="SERVICE")
    made = kb.guides.of(known)
    if as_json:
        print_json([guide_record(made, kb.collection.domain)])
    elif markdown:
        posts = {report.id: report.url for report in kb.browser.reports()}
        results(QuotedGuide(made, Quoting(ja, kb.collection.domain, lambda note: posts.get(note.report))).lines())
    else:
        results(_lines(made))
    if not made.notes and kb.browser.reports():
        click.get_current_context().exit(FOUND_NOTHING)


@cli.command()
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True)
@click.option("--apart", "says", flag_value="apart", help="They do not say the same as the first.")
@click.option("--forget", "says", flag_value="forget", help="Leave it to their texts again.")
@with_knowledge_base
def point(kb: KnowledgeBase, identifiers: tuple[str, ...], *, says: str | None) -> None:
    """Tell that notes say the same as the first of them; `kb guide` shows their ids. It is kept in kb.toml.

    \b
    Examples: kb point jaws-days-2018-8ddf/601c7339 re-invent-2020-4513/9b00c7e2
              kb point --apart jaws-days-2018-8ddf/601c7339 re-invent-2020-4513/9b00c7e2
    """
    make_ready(kb)
    first, *others = dict.fromkeys(kb.browser.note(identifier).id for identifier in identifiers)
    if not others:
        raise click.BadParameter("name at least two notes", param_hint="ID...")
    told: Says | None = "apart" if says == "apart" else None if says == "forget" else "same"
    kb.corrector.point(first, dict.fromkeys(others, told))
    lines(terminal.outcome_lines(bring_up_to_date(kb), kb))


def _lines(guide: Guide) -> Iterator[str]:
    yield click.style(guide.service.name, bold=True)
    yield ja.compared(guide.compared, guide.notes)
    for name, part in guide.parts.items():
        if part:
            yield ""
            yield click.style(f"{ja.GUIDE_PARTS[name]} {len(part)}件", bold=True)
            for under, entries in groupby(part, guide.under):
                if under:
                    yield click.style(f"  {' > '.join(terminal.passage(text, ()) for text in under)}", dim=True)
                for entry in entries:
                    yield from _entry_lines(entry)
    for title, pairs in ((ja.CONTRADICTIONS, guide.contradictions), (ja.CANDIDATES, guide.candidates)):
        if pairs:
            yield ""
            yield click.style(f"{title} {len(pairs)}件", bold=True)
        for one in pairs:
            for sign, note in zip("•↔", one.notes, strict=True):
                yield f"  {sign} {terminal.passage(note.text, ())}"
                yield click.style(f"    {note.held_on or ja.UNDATED}  {note.id}", dim=True)
    yield from (f"\n{click.style(ja.GUIDE_CHANGES, bold=True)}" for _ in guide.changes[:1])
    yield from (click.style(f"  {terminal.change_told(one)}", fg="yellow") for one in guide.changes)


def _entry_lines(entry: Entry) -> Iterator[str]:
    point = entry.point
    yield f"  • {terminal.passage(entry.note.text, ())}"
    confirmed = f"  {ja.CONFIRMED}" if point.confirmed else ""
    said = f"{ja.said(point.talks, point.since, point.until, point.speakers)}{confirmed}"
    yield click.style(f"    {said}", fg="cyan")
    after = (note for note in (*entry.remedies, *entry.leads_to) if note.id != entry.note.id)
    yield from (f"    → {note.text.lstrip('→⇒=-> ')}" for note in after)
    yield from (click.style(f"    {terminal.change_told(one)}", fg="yellow") for one in entry.changes)
    for note in point.notes:
        told = "" if note.id == entry.note.id else f"{terminal.passage(note.text, ())}  "
        yield click.style(f"    {note.held_on or ja.UNDATED}  {told}{note.id}", dim=True)
