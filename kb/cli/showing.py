"""The commands that show what is noted in one place, or on one service: show, cite, guide."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click

from kb import wording
from kb.cli import terminal
from kb.cli.group import cli
from kb.cli.options import (
    FOUND_NOTHING,
    as_json,
    completing,
    report_and_talk_ids,
    values_of,
    with_knowledge_base,
)
from kb.cli.output import lines, make_ready, print_json, results, say
from kb.knowledge_base import KnowledgeBase
from kb.report.model import Note
from kb.search.browser import NoteTaker
from kb.search.facets import BY_KEY
from kb.search.records import note_record, row_record, similar_record
from kb.translation import _

if TYPE_CHECKING:
    from kb.library.contents import ReportEntry
    from kb.pipeline.alignment import Row
    from kb.search.browser import SimilarNote
    from kb.search.citation import Quoting
    from kb.search.guide import Guide, GuideEntry
    from kb.services import Catalogue


@cli.command()
@click.argument("identifier", metavar="ID", shell_complete=completing(report_and_talk_ids))
@click.option("--like", is_flag=True, help="What other reports say that is like it.")
@click.option("--aligned", is_flag=True, help="A talk as its note takers have it, what they all noted side by side.")
@as_json
@with_knowledge_base
def show(kb: KnowledgeBase, identifier: str, *, like: bool, aligned: bool, as_json: bool) -> None:
    """Show a note, a talk with its tree, or a report, by id.

    \b
    Examples: kb show jaws-days-2018-1a2b
              kb show jaws-days-2018/04a3c1 --aligned
    """
    make_ready(kb)
    if aligned:
        _show_aligned(kb, kb.browser.note_takers(identifier), as_json=as_json)
        return
    notes = _notes(kb, identifier)
    if like:
        _show_similar(kb, notes, as_json=as_json)
        return
    if as_json:
        print_json(note_record(note, kb.collection.domain) for note in notes)
        return
    if "/" not in identifier:
        head = [*_report_lines(kb.browser.entry(identifier))]
    else:
        head = [terminal.event_line(note.event, note.held_on) for note in notes[:1]]
    if not notes and kb.browser.is_talk(identifier):  # all that is known of it is its heading
        talk = kb.browser.spoken(identifier)
        head = [click.style(talk.talk.title, bold=True), terminal.event_line(talk.event, talk.held_on)]
    results((*head, *terminal.tree_lines(notes, kb.collection.catalogue)))


def _report_lines(entry: "ReportEntry") -> Iterator[str]:
    """Yield what is known of a report."""
    yield click.style(entry.title, bold=True)
    counts = _("talks {talks} · notes {notes}").format(talks=len({talk.id for talk in entry.talks}), notes=entry.notes)
    yield f"{terminal.event_line(entry.event, entry.held_on)} · {counts} · {entry.source}"
    if entry.url:
        yield entry.url


def _notes(kb: KnowledgeBase, identifier: str) -> Sequence[Note]:
    """Return the notes of a report or a talk, or the one of this id. Raises UnknownIdError."""
    if "/" not in identifier:
        return kb.browser.report(identifier)[1]
    if kb.browser.is_talk(identifier):
        return [note for note_taker in kb.browser.note_takers(identifier) for note in note_taker.notes]
    return (kb.browser.note(identifier),)


@cli.command()
@click.argument(
    "identifiers",
    metavar="ID...",
    nargs=-1,
    required=True,
    shell_complete=completing(report_and_talk_ids),
)
@with_knowledge_base
def cite(kb: KnowledgeBase, identifiers: tuple[str, ...]) -> None:
    """Quote a note with its source, in Markdown; several notes, a talk or a report as a sheet of quotations.

    \b
    Examples: kb cite jaws-days-2018-8ddf/601c7339
              kb cite jaws-days-2018/04a3c1 > quotations.md
    """
    make_ready(kb)
    notes = list({note.id: note for identifier in identifiers for note in _notes(kb, identifier)}.values())
    quoting = _quoting(kb)
    lines(quoting.sheet(notes) if len(notes) > 1 else map(quoting.citation, notes))


def _quoting(kb: KnowledgeBase) -> "Quoting":
    """Return what quotes notes in the language that is spoken, with the addresses of their posts."""
    from kb.search.citation import Quoting

    posts = {entry.id: entry.url for entry in kb.browser.reports()}
    return Quoting(kb.collection.domain, lambda note: posts.get(note.report))


def _show_aligned(kb: KnowledgeBase, note_takers: Sequence[NoteTaker], *, as_json: bool) -> None:
    rows = kb.browser.aligned(note_takers)
    if as_json:
        print_json(row_record(row, note_takers, kb.collection.domain) for row in rows)
        return
    reports = [note_taker.report for note_taker in note_takers]
    head = (f"{number}  {report.title}  {report.source}" for number, report in enumerate(reports, start=1))
    results((*head, "", *(line for row in rows for line in _row_lines(row))))


def _row_lines(row: "Row") -> Iterator[str]:
    """Yield what note takers of a talk say of one thing, each behind the number of its report; how alike they are."""
    numbered = [(number, note) for number, note in enumerate(row.notes, start=1) if note]
    for number, note in numbered:
        yield f"{number}  • {note.text}"
    if len(numbered) > 1:
        yield click.style(f"     = {wording.same(row.words, row.similarity)}", fg="cyan")


def _show_similar(kb: KnowledgeBase, notes: Sequence[Note], *, as_json: bool) -> None:
    alike = kb.browser.like(notes)
    if as_json:
        print_json(similar_record(one, kb.collection.domain) for one in alike)
    else:
        results(line for one in alike for line in _similar_lines(one, kb.collection.catalogue))
    if not alike:
        nothing = _("No other report has a similar note")
        say(f"kb: {nothing} ({wording.coverage(kb.indexer.coverage())})", err=True)
        click.get_current_context().exit(FOUND_NOTHING)


def _similar_lines(alike: "SimilarNote", catalogue: "Catalogue") -> Iterator[str]:
    """Yield the lines of a note that is like another: where it stands, the note, what is alike."""
    note = alike.note
    yield terminal.place_line(note)
    yield f"  • {terminal.passage(note.text, ())}"
    yield click.style(f"    {wording.similar(alike.cosine, map(catalogue.name, alike.services))}", fg="cyan")
    yield click.style(f"    {note.id}  {note.source}:{note.line}", dim=True)


@cli.command()
@click.argument("service", shell_complete=values_of(BY_KEY["service"]))
@click.option("--markdown", is_flag=True, help="As Markdown, to take away: all of it with all its notes.")
@as_json
@with_knowledge_base
def guide(kb: KnowledgeBase, service: str, *, markdown: bool, as_json: bool) -> None:
    """Tell what the notes on a service say together: each thing once, with how many talks say so.

    \b
    Examples: kb guide sqs
              kb guide Lambda --markdown > lambda.md
    """
    from kb.search.records import guide_record

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
        results(_quoting(kb).guide(made))
    else:
        results(_guide_lines(made))
    if not made.notes and kb.browser.reports():
        click.get_current_context().exit(FOUND_NOTHING)


def _guide_lines(guide: "Guide") -> Iterator[str]:
    yield click.style(guide.service.name, bold=True)
    yield wording.compared(guide.compared, guide.notes)
    for name, part in guide.parts.items():
        if part:
            yield ""
            yield click.style(f"{_(wording.GUIDE_PARTS[name])} ({len(part)})", bold=True)
            for under, entries in groupby(part, guide.subject):
                if under:
                    yield click.style(f"  {' > '.join(terminal.passage(text, ()) for text in under)}", dim=True)
                for entry in entries:
                    yield from _entry_lines(entry)
    if guide.changes:
        yield f"\n{click.style(_('What has changed'), bold=True)}"
    yield from (click.style(f"  {terminal.change_line(one)}", fg="yellow") for one in guide.changes)


def _entry_lines(entry: "GuideEntry") -> Iterator[str]:
    from kb.kinds import without_arrow

    yield f"  • {terminal.passage(entry.note.text, ())}"
    yield click.style(f"    {wording.said(entry.talks, entry.since, entry.until, entry.speakers)}", fg="cyan")
    yield from (f"    → {without_arrow(note.text)}" for note in (*entry.remedies, *entry.leads_to))
    yield from (click.style(f"    {terminal.change_line(one)}", fg="yellow") for one in entry.changes)
    for note in entry.notes:
        other = "" if note.id == entry.note.id else f"{terminal.passage(note.text, ())}  "
        yield click.style(f"    {note.held_on or _('undated')}  {other}{note.id}", dim=True)
