"""The pages to read rather than to search: the start, a talk, a report, a note."""

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby

from flask import Blueprint, Response

from kb.answers import ReportEntry
from kb.knowledge_base import KnowledgeBase
from kb.model import Note
from kb.records import note_record, talk_record
from webui.answers import respond
from webui.tree import Branch, tree


def pages(knowledge_base: KnowledgeBase) -> Blueprint:
    """Return the pages over a knowledge base."""
    blueprint = Blueprint("browse", __name__)

    def records(notes: Sequence[Note]) -> list[dict[str, object]]:
        return [note_record(note, knowledge_base.catalogue) for note in notes]

    @blueprint.get("/talk/<path:talk_id>")
    def talk(talk_id: str) -> Response:
        notes = knowledge_base.talk(talk_id)
        told = [(entry, talk) for entry in knowledge_base.reports() for talk in entry.talks if talk.id == talk_id]
        takers = [(entry, talk, tree(_of(entry, notes))) for entry, talk in told]
        data = {"talk": talk_record(told[0][1]), "notes": records(notes)}
        return respond("talk.html", data, takers=takers, report=takers[0][0], talk=takers[0][1])

    @blueprint.get("/report/<path:report_id>")
    def report(report_id: str) -> Response:
        entry, notes = knowledge_base.report(report_id)
        data = {"report": asdict(entry), "notes": records(notes)}
        return respond("report.html", data, report=entry, sections=_sections(notes))

    @blueprint.get("/note/<path:note_id>")
    def note(note_id: str) -> Response:
        found = knowledge_base.note(note_id)
        around = knowledge_base.report(found.report)
        return respond("note.html", records([found])[0], note=found, report=around[0], branch=_below(found, around[1]))

    return blueprint


def _of(entry: ReportEntry, notes: Sequence[Note]) -> list[Note]:
    return [note for note in notes if note.report == entry.id]


def _sections(notes: Sequence[Note]) -> list[tuple[Note, tuple[Branch, ...]]]:
    """Return the trees of a report's talks, each with one of its notes; notes outside of talks are trees of their own."""
    by_talk = [list(own) for _, own in groupby(notes, lambda note: note.talk)]
    return [(own[0], tree(own)) for own in by_talk]


def _below(note: Note, around: Sequence[Note]) -> tuple[Branch, ...]:
    """Return the tree of a note and the notes under it, without what stands above."""
    depth = len(note.trail)
    below = [other for other in around if other.id == note.id or note.id in {crumb.note for crumb in other.trail}]
    branches = tree(below)
    for _ in range(depth):
        branches = branches[0].branches
    return branches
