"""The command that tells what the notes on a service say together: guide."""

from collections.abc import Iterator

import click

from kb.cli import completing, terminal
from kb.cli.group import FOUND_NOTHING, as_json, cli, with_knowledge_base
from kb.cli.output import make_ready, print_json, results
from kb.knowledge_base import KnowledgeBase
from kb.search.facets import BY_KEY
from kb.search.guide_markdown import guide_lines
from kb.search.guide_records import guide_record
from kb.search.guiding import Entry, Guide
from kb.texts import ja


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
        results(guide_lines(made, ja, lambda note: note.id))
    else:
        results(_lines(made))
    if not made.notes and kb.browser.reports():
        click.get_current_context().exit(FOUND_NOTHING)


def _lines(guide: Guide) -> Iterator[str]:
    yield click.style(guide.service.name, bold=True)
    yield ja.compared(guide.compared, guide.notes)
    for name, part in guide.parts.items():
        if part:
            yield ""
            yield click.style(f"{ja.GUIDE_PARTS[name]} {len(part)}件", bold=True)
            for entry in part:
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
    yield from (click.style(f"  {one.statement} ({one.source})", fg="yellow") for one in guide.changes)


def _entry_lines(entry: Entry) -> Iterator[str]:
    point = entry.point
    yield f"  • {terminal.passage(entry.note.text, ())}"
    confirmed = f"  {ja.CONFIRMED}" if point.confirmed else ""
    said = f"{ja.said(point.talks, point.since, point.until, point.speakers)}{confirmed}"
    yield click.style(f"    {said}", fg="cyan")
    yield from (f"    → {note.text.lstrip('→⇒=-> ')}" for note in entry.remedies if note.id != entry.note.id)
    yield from (click.style(f"    {one.statement} ({one.source})", fg="yellow") for one in entry.changes)
    for note in point.notes:
        told = "" if note.id == entry.note.id else f"{terminal.passage(note.text, ())}  "
        yield click.style(f"    {note.held_on or ja.UNDATED}  {told}{note.id}", dim=True)
