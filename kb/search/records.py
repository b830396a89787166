"""Notes and services as the JSON objects that commands and pages give out and the index stores."""

import json
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from kb.library.contents import Contents
from kb.report.model import Note, Talk
from kb.search.answers import Answer, Found, FoundTalk, NoteTaker, SimilarNotes, Tier
from kb.services import Change, Domain, Service
from kb.texts import ja

if TYPE_CHECKING:
    from kb.kinds import Pair
    from kb.pipeline.aligning import Row
    from kb.report.outline import Outline
    from kb.search.directory import EventEntry, TalkEntry


def talk_record(talk: Talk) -> dict[str, Any]:
    """Return a talk as every face shows it inside a note."""
    return {
        "id": talk.id,
        "title": talk.title,
        "track": talk.track,
        "start": talk.start,
        "end": talk.end,
        "speakers": list(talk.speakers),
        "links": list(talk.links),
    }


def hits(answer: Answer) -> Iterator[tuple[Found, Tier]]:
    """Yield the notes that a search gives: those that are found, then those that are near."""
    yield from ((one, "found") for one in answer.found)
    yield from ((one, "near") for one in answer.near)


def hit_record(found: Found, tier: Tier, domain: Domain, *, quoted: bool, explain: bool) -> dict[str, Any]:
    """Return a note that a search gives, and whether it surely answers it."""
    return {
        **note_record(found.note, domain),
        "tier": tier,
        "quoted": quoted,
        "score": round(found.score, 4),
        "marks": [list(mark) for mark in found.marks],
        **({"reasons": found.reasons} if explain else {}),
    }


def similar_record(alike: SimilarNotes, domain: Domain) -> dict[str, Any]:
    """Return a note that is like another, and what is alike."""
    return {**note_record(alike.note, domain), "cosine": round(alike.cosine, 4), "same_services": list(alike.services)}


def row_record(row: "Row", note_takers: Sequence[NoteTaker], domain: Domain) -> dict[str, Any]:
    """Return what each note taker of a talk noted of one thing, by report; `only` names who alone did."""
    notes = {
        note_taker.report.id: note_record(note, domain) if note else None
        for note_taker, note in zip(note_takers, row.notes, strict=True)
    }
    told = [report for report, note in notes.items() if note]
    return {"only": told[0] if len(told) == 1 else None, "words": row.words, "likeness": row.similarity, "notes": notes}


def found_talk_record(found: FoundTalk) -> dict[str, Any]:
    """Return a talk that was found by its title."""
    return {
        **talk_record(found.talk),
        "event": found.event,
        "held_on": found.held_on,
        "notes": found.notes,
        "found": found.found,
    }


def spoken_record(entry: "TalkEntry") -> dict[str, Any]:
    """Return a talk with its event and the ids of the reports that tell of it."""
    reports = [report.id for report in entry.reports]
    return {**talk_record(entry.talk), "event": entry.event, "held_on": entry.held_on, "reports": reports}


def event_record(entry: "EventEntry") -> dict[str, Any]:
    """Return an event with the ids of its reports and talks."""
    return {
        "slug": entry.slug,
        "name": entry.name,
        "series": entry.series,
        "held_on": entry.held_on,
        "reports": [report.id for report in entry.reports],
        "talks": [one.talk.id for one in entry.talks],
    }


def note_record(note: Note, domain: Domain) -> dict[str, Any]:
    """Return a note as `kb read --json` prints it."""
    return {
        "id": note.id,
        "report": note.report,
        "source": note.source,
        "line": note.line,
        "type": note.type,
        "depth": note.depth,
        "text": note.text,
        "trail": [crumb.text for crumb in note.trail],
        "event": note.event,
        "held_on": note.held_on,
        "published": note.published,
        "talk": talk_record(note.talk) if note.talk else None,
        "kind": note.kind,
        "sure": note.sure,
        "advice": note.advice,
        "services": [
            {"slug": m.service, "name": domain.catalogue.name(m.service), "via": m.via, "why": ja.why(m.why)}
            for m in note.services
        ],
        "remedy_of": note.remedy_of,
        "answers": note.answers,
        "attached": list(note.attached),
        "changes": [change_record(change) for change in domain.changes_for(note)],
    }


def change_record(change: Change) -> dict[str, str | None]:
    """Return what has changed since a note, with the source that says so."""
    return {"now": change.statement, "old": change.old, "changed_on": change.changed_on, "source": change.source}


def pair_record(pair: "Pair", domain: Domain) -> dict[str, Any]:
    """Return a problem with its remedies, or a question with its answers, as `kb pairs --json` prints it."""
    return {
        "note": note_record(pair.note, domain),
        "replies": [note_record(reply, domain) for reply in pair.replies],
        "open": pair.is_open,
    }


def service_record(service: Service, notes: int | None) -> dict[str, Any]:
    """Return a service as `kb services --json` prints it."""
    return {
        "slug": service.slug,
        "name": service.name,
        "short_name": service.short_name,
        "category": service.category,
        "aliases": list(service.aliases),
        "notes": notes,
    }


def outline_record(
    outline: "Outline", event: str | None, held_on: str | None, talks: tuple[Talk, ...]
) -> dict[str, Any]:
    """Return an outline as `kb outline --json` prints it, with the event and talks found in it."""
    blocks = []
    for block in outline.blocks:
        place = {"level": block.level} if block.type == "heading" else {}
        if block.depth is not None:
            place = {"depth": block.depth}
        blocks.append(
            {
                "type": block.type,
                **place,
                "text": block.text,
                "first_line": block.first_line,
                "last_line": block.last_line,
            }
        )
    return {
        "source": outline.source,
        "encoding": outline.encoding,
        "format": outline.format,
        "lines": outline.lines,
        "title": outline.title,
        "event": event,
        "held_on": held_on,
        "talks": [{"line": talk.line} | _without_id(talk_record(talk)) for talk in talks],
        "blocks": blocks,
    }


def _without_id(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "id"}


class _Stored(Struct, frozen=True):
    """A note as the index stores it: talks and titles are held once, with their report; a note points to its own.

    `overtaken` are the ids of the dated changes that have overtaken it.
    """

    talk: str | None
    overtaken: tuple[str, ...]
    note: Note


class _Above(Struct, frozen=True):
    note: str | None


class Relations(Struct, frozen=True):
    """What of a note tells to which others it belongs, and the line of its file that it begins at."""

    id: str
    line: int
    trail: tuple[_Above, ...]
    remedy_of: str | None
    answers: str | None

    def touch(self, wanted: Collection[str]) -> bool:
        """Return whether the note is wanted, or stands under, remedies or answers one that is."""
        return (
            self.id in wanted
            or self.remedy_of in wanted
            or self.answers in wanted
            or any(above.note in wanted for above in self.trail)
        )


class _StoredRelations(Struct, frozen=True):
    note: Relations


class _StoredMarks(Struct, frozen=True):
    overtaken: tuple[str, ...]


_decoder = msgspec.json.Decoder(_Stored)
_marks_decoder = msgspec.json.Decoder(_StoredMarks)
_relations_decoder = msgspec.json.Decoder(_StoredRelations)


def dump_note(note: Note, overtaken: Sequence[str] = ()) -> str:
    """Return a note, and which changes have overtaken it, as the index stores it; `load_note` gives the note back."""
    talk = note.talk.id if note.talk else None
    return msgspec.json.encode(_Stored(talk, tuple(overtaken), replace(note, talk=None, report_title=""))).decode()


def load_note(stored: str, contents: Contents) -> Note:
    """Return the note that `dump_note` wrote, with its talk and its report's title out of its generation."""
    found = _decoder.decode(stored)
    # Nobody else has the note yet, and a copy of it costs as much as to read it.
    msgspec.structs.force_setattr(found.note, "report_title", contents.report_titles[found.note.report])
    if found.talk:
        msgspec.structs.force_setattr(found.note, "talk", contents.talks_of_reports[found.note.report, found.talk])
    return found.note


def load_relations(stored: str) -> Relations:
    """Return what the note that `dump_note` wrote tells of others, in a part of the time that `load_note` takes."""
    return _relations_decoder.decode(stored).note


def load_overtaken(stored: str) -> tuple[str, ...]:
    """Return the ids of the changes that had overtaken the note that `dump_note` wrote."""
    return _marks_decoder.decode(stored).overtaken


def as_json(record: object) -> str:
    """Return a record as one line of JSON, with a space after each comma and colon."""
    try:
        return msgspec.json.format(msgspec.json.encode(record), indent=0).decode()
    except UnicodeEncodeError:  # a lone surrogate, as a name that is no UTF-8 has: only escapes can tell it
        return json.dumps(msgspec.to_builtins(record))
