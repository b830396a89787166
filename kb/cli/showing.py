"""The commands that show the notes of a talk or a report, or on a service: show, cite, guide."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click

from kb import wording
from kb.cli import output
from kb.cli.group import NOT_FOUND, as_json, cli, completing, report_and_talk_ids, values_of, with_knowledge_base
from kb.cli.syncing import ensure_index
from kb.knowledge_base import KnowledgeBase
from kb.report.model import Note
from kb.search.browser import NoteTaker
from kb.search.facets import BY_KEY
from kb.search.records import guide_record, note_record, row_record, similar_record
from kb.translation import _

if TYPE_CHECKING:
    from kb.search.citation import Quoting
    from kb.search.guide import Guide, GuideEntry


@cli.command()
@click.argument("identifier", metavar="ID", shell_complete=completing(report_and_talk_ids))
@click.option("--like", is_flag=True, help="Similar notes of other reports.")
@click.option("--aligned", is_flag=True, help="A talk as its note takers have it, the same things side by side.")
@as_json
@with_knowledge_base
def show(kb: KnowledgeBase, identifier: str, *, like: bool, aligned: bool, as_json: bool) -> None:
    """Show a note, a talk with its tree, or a report, by id.

    \b
    Examples: kb show jaws-days-2018-1a2b
              kb show jaws-days-2018/04a3c1 --aligned
    """
    ensure_index(kb)
    if aligned:
        _show_aligned(kb, kb.browser.note_takers(identifier), as_json=as_json)
        return
    notes = _notes(kb, identifier)
    if like:
        _show_similar(kb, notes, as_json=as_json)
    elif as_json:
        output.print_json(note_record(note, kb.collection.domain) for note in notes)
    else:
        output.page_lines((*_head_lines(kb, identifier, notes), *output.tree_lines(notes, kb.collection.catalogue)))


def _notes(kb: KnowledgeBase, identifier: str) -> Sequence[Note]:
    """Return the notes of a report or a talk, or a single note. Raises UnknownIdError."""
    if "/" not in identifier:
        return kb.browser.report(identifier)[1]
    if kb.browser.is_talk(identifier):
        return [note for note_taker in kb.browser.note_takers(identifier) for note in note_taker.notes]
    return (kb.browser.note(identifier),)


def _head_lines(kb: KnowledgeBase, identifier: str, notes: Sequence[Note]) -> Iterator[str]:
    """Yield the lines above the notes: the report, or the event of a note or talk, with the title of an empty talk."""
    if "/" not in identifier:
        entry = kb.browser.entry(identifier)
        talks = len({talk.id for talk in entry.talks})
        counts = _("talks {talks} · notes {notes}", talks=talks, notes=entry.notes)
        yield click.style(entry.title, bold=True)
        yield f"{output.event_line(entry)} · {counts} · {entry.source}"
        if entry.url:
            yield entry.url
    elif notes:
        yield output.event_line(notes[0])
    else:
        spoken = kb.browser.spoken(identifier)
        yield click.style(spoken.talk.title, bold=True)
        yield output.event_line(spoken)


def _show_aligned(kb: KnowledgeBase, note_takers: Sequence[NoteTaker], *, as_json: bool) -> None:
    """Print the notes of a talk in rows, each note after the number of its report."""
    rows = kb.browser.aligned(note_takers)
    if as_json:
        output.print_json(row_record(row, note_takers, kb.collection.domain) for row in rows)
        return
    reports = [note_taker.report for note_taker in note_takers]
    lines = [*(f"{number}  {report.title}  {report.source}" for number, report in enumerate(reports, start=1)), ""]
    for row in rows:
        numbered = [f"{number}  • {note.text}" for number, note in enumerate(row.notes, start=1) if note]
        lines += numbered
        if len(numbered) > 1:
            lines.append(click.style(f"     = {wording.same(row.words, row.similarity)}", fg="cyan"))
    output.page_lines(lines)


def _show_similar(kb: KnowledgeBase, notes: Sequence[Note], *, as_json: bool) -> None:
    similar, catalogue = kb.browser.like(notes), kb.collection.catalogue
    if as_json:
        output.print_json(similar_record(one, kb.collection.domain) for one in similar)
    else:
        output.page_lines(
            line
            for one in similar
            for line in (
                output.place_line(one.note),
                f"  • {output.passage(one.note.text, ())}",
                click.style(f"    {wording.similar(one.cosine, map(catalogue.name, one.services))}", fg="cyan"),
                click.style(f"    {one.note.id}  {one.note.source}:{one.note.line}", dim=True),
            )
        )
    if not similar:
        nothing = _("No other report has a similar note")
        output.echo(f"kb: {nothing} ({wording.coverage(kb.indexer.coverage())})", err=True)
        click.get_current_context().exit(NOT_FOUND)


@cli.command()
@click.argument("identifiers", metavar="ID...", nargs=-1, required=True, shell_complete=completing(report_and_talk_ids))
@with_knowledge_base
def cite(kb: KnowledgeBase, identifiers: tuple[str, ...]) -> None:
    """Quote a note with its source, in Markdown; several notes, a talk or a report as a sheet of quotations.

    \b
    Examples: kb cite jaws-days-2018-8ddf/601c7339
              kb cite jaws-days-2018/04a3c1 > quotations.md
    """
    ensure_index(kb)
    notes = list({note.id: note for identifier in identifiers for note in _notes(kb, identifier)}.values())
    quoting = _quoting(kb)
    output.echo_lines(quoting.sheet(notes) if len(notes) > 1 else map(quoting.citation, notes))


def _quoting(kb: KnowledgeBase) -> "Quoting":
    """Return a `Quoting` that cites notes with the addresses of their posts."""
    from kb.search.citation import Quoting

    posts = {entry.id: entry.url for entry in kb.browser.reports()}
    return Quoting(kb.collection.domain, lambda note: posts.get(note.report))


@cli.command()
@click.argument("service", shell_complete=values_of(BY_KEY["service"]))
@click.option("--markdown", is_flag=True, help="As a Markdown file with all notes.")
@as_json
@with_knowledge_base
def guide(kb: KnowledgeBase, service: str, *, markdown: bool, as_json: bool) -> None:
    """Show what the notes on a service say, each thing once, with the number of talks that say so.

    \b
    Examples: kb guide sqs
              kb guide Lambda --markdown > lambda.md
    """
    ensure_index(kb)
    catalogue = kb.collection.catalogue
    known = catalogue.find(service)
    if known is None:
        near, slugs = ([one.slug for one in some] for some in (catalogue.near(service), catalogue.services))
        raise click.BadParameter(output.no_value(BY_KEY["service"], service, near, slugs), param_hint="SERVICE")
    made = kb.guide(known)
    if as_json:
        output.print_json([guide_record(made, kb.collection.domain)])
    else:
        output.page_lines(_quoting(kb).guide(made) if markdown else _guide_lines(made))
    if not made.notes and kb.browser.reports():
        click.get_current_context().exit(NOT_FOUND)


def _guide_lines(guide: "Guide") -> Iterator[str]:
    yield click.style(guide.service.name, bold=True)
    yield wording.compared(guide.compared, guide.notes)
    for name, part in guide.parts.items():
        if part:
            yield ""
            number = wording.strengths(len(part), guide.likely if name == "advice" else 0)
            yield click.style(f"{_(wording.GUIDE_PARTS[name])} ({number})", bold=True)
            for under, entries in groupby(part, guide.subject):
                if under:
                    yield click.style(f"  {' > '.join(output.passage(text, ()) for text in under)}", dim=True)
                for entry in entries:
                    yield from _entry_lines(entry)
    if guide.changes:
        yield f"\n{click.style(_('What has changed'), bold=True)}"
    yield from (click.style(f"  {output.change_line(change)}", fg="yellow") for change in guide.changes)


def _entry_lines(entry: "GuideEntry") -> Iterator[str]:
    from kb.kinds import without_arrow

    likely = click.style(f"  [{_(wording.LIKELY[entry.likely])}]", fg="cyan") if entry.likely else ""
    yield f"  • {output.passage(entry.note.text, ())}{likely}"
    years = wording.years(entry.since, entry.until, entry.published)
    yield click.style(f"    {wording.said(entry.talks, years, entry.speakers)}", fg="cyan")
    yield from (f"    → {without_arrow(note.text)}" for note in (*entry.remedies, *entry.leads_to))
    yield from (click.style(f"    {output.change_line(change)}", fg="yellow") for change in entry.changes)
    for note in entry.notes:
        other = "" if note.id == entry.note.id else f"{output.passage(note.text, ())}  "
        yield click.style(f"    {wording.iso_day(note)}  {other}{note.id}", dim=True)
