"""Answers as JSON objects, the same from commands, pages and programs."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from index.engine import FacetCount
from kb.library.contents import ReportEntry
from kb.pipeline.alignment import Row
from kb.report.model import Note, Report, Talk
from kb.report.outline import Outline
from kb.search.browser import NoteTaker, SimilarNote
from kb.search.directory import EventEntry, TalkEntry
from kb.search.results import FoundEvent, FoundNote, FoundTalk
from kb.services import Change, Domain, Service
from kb.translation import NOTES, in_language
from kb.wording import history, why

if TYPE_CHECKING:
    from kb.kinds import Pair
    from kb.report.difference import Difference
    from kb.search.guide import Guide, GuideEntry


def _record(value: object, *names: str) -> dict[str, Any]:
    """Return fields of a value in this order, with lists for tuples."""
    fields = ((name, getattr(value, name)) for name in names)
    return {name: list(field) if isinstance(field, tuple) else field for name, field in fields}


def talk_record(talk: Talk) -> dict[str, Any]:
    """Return a talk, as inside a note."""
    return _record(talk, "id", "title", "track", "start", "end", "speakers", "links", "read_by")


def note_record(note: Note, domain: Domain) -> dict[str, Any]:
    """Return a note as `kb read --json` prints it."""
    return {
        **_record(note, "id", "report", "source", "line", "type", "depth", "text"),
        "trail": [crumb.text for crumb in note.trail],
        **_record(note, "event", "held_on", "published"),
        "talk": talk_record(note.talk) if note.talk else None,
        **_record(note, "kind", "likely", "sure", "advice"),
        "services": [
            {
                "slug": mention.service,
                "name": domain.catalogue.name(mention.service),
                "via": mention.via,
                "why": in_language(NOTES, why, mention.why),
            }
            for mention in note.services
        ],
        **_record(note, "remedy_of", "answers", "attached", "read_by"),
        "changes": [change_record(change) for change in domain.changes_for(note)],
    }


def change_record(change: Change) -> dict[str, str | None]:
    """Return a dated change with its source."""
    return {"now": change.statement, "old": change.old, "changed_on": change.changed_on, "source": change.source}


def hit_records(
    found: Iterable[FoundNote], quoted: Iterable[FoundNote], domain: Domain, *, explain: bool
) -> Iterator[dict[str, Any]]:
    """Yield the records of notes that a search returns; `quoted` are those that almost certainly answer it.

    `useful` is the probability that a note is useful, which decides the order of the first notes; null if unknown.
    """
    answers = {one.id for one in quoted}
    for one in found:
        yield {
            **note_record(one.note, domain),
            "tier": one.tier,
            "quoted": one.id in answers,
            "score": round(one.score, 4),
            "useful": round(one.relevance.useful, 4) if one.relevance else None,
            "marks": [list(mark) for mark in one.marks],
            **({"reasons": one.reasons} if explain else {}),
        }


def facet_record(value: FacetCount) -> dict[str, Any]:
    """Return a facet value with its name and count."""
    return {
        "value": value.value,
        "label": value.label,
        "count": value.count,
        "likely": value.likely,
        "selected": value.selected,
    }


def found_event_record(found: FoundEvent) -> dict[str, Any]:
    """Return an event that a search names."""
    return _record(found, "slug", "event", "held_on", "published", "notes")


def found_talk_record(found: FoundTalk) -> dict[str, Any]:
    """Return a talk found by its title."""
    return {**talk_record(found.talk), **_record(found, "event", "held_on", "published", "notes", "found")}


def similar_record(similar: SimilarNote, domain: Domain) -> dict[str, Any]:
    """Return a similar note, the cosine, and the services that both mention."""
    services = list(similar.services)
    return {**note_record(similar.note, domain), "cosine": round(similar.cosine, 4), "same_services": services}


def row_record(row: Row, note_takers: Sequence[NoteTaker], domain: Domain) -> dict[str, Any]:
    """Return a row of aligned notes by report; `only` is the report that alone has a note."""
    notes = {
        note_taker.report.id: note_record(note, domain) if note else None
        for note_taker, note in zip(note_takers, row.notes, strict=True)
    }
    noted_by = [report for report, note in notes.items() if note]
    only = noted_by[0] if len(noted_by) == 1 else None
    return {"only": only, "words": row.words, "likeness": row.similarity, "notes": notes}


def spoken_record(entry: TalkEntry) -> dict[str, Any]:
    """Return a talk with its event and the ids of its reports."""
    reports = [report.id for report in entry.reports]
    return {**talk_record(entry.talk), **_record(entry, "event", "held_on", "published"), "reports": reports}


def event_record(entry: EventEntry) -> dict[str, Any]:
    """Return an event with the ids of its reports and talks."""
    ids = {"reports": [report.id for report in entry.reports], "talks": [talk.talk.id for talk in entry.talks]}
    return {**_record(entry, "slug", "name", "merged", "series", "held_on", "published"), **ids}


def pair_record(pair: "Pair", domain: Domain) -> dict[str, Any]:
    """Return a problem with its remedies, or a question with its answers, as `kb pairs --json` prints it."""
    return {
        "note": note_record(pair.note, domain),
        "replies": [note_record(reply, domain) for reply in pair.replies],
        "open": pair.is_open,
    }


def service_record(service: Service, notes: int | None) -> dict[str, Any]:
    """Return a service as `kb services --json` prints it; `notes` is None while there is no index."""
    return {**_record(service, "slug", "name", "short_name", "category", "aliases"), "notes": notes}


def guide_record(guide: "Guide", domain: Domain) -> dict[str, Any]:
    """Return the guide of a service: its parts, their numbers of entries, and how much of the advice is only likely."""
    return {
        "service": {
            **service_record(guide.service, guide.notes),
            "history": in_language(NOTES, history, guide.service, domain.catalogue.name),
        },
        "compared": guide.compared,
        **{name: [_entry_record(entry, domain) for entry in part] for name, part in guide.parts.items()},
        "totals": {name: len(part) for name, part in guide.parts.items()},
        "likely": guide.likely,
        "changes": [change_record(change) for change in guide.changes],
    }


def _entry_record(entry: "GuideEntry", domain: Domain) -> dict[str, Any]:
    return {
        **_record(entry, "id", "talks", "since", "until", "published", "speakers"),
        "text": entry.note.text,
        "likely": entry.likely,
        **{
            key: [note_record(note, domain) for note in getattr(entry, key)]
            for key in ("notes", "remedies", "leads_to")
        },
        "changes": [change_record(change) for change in entry.changes],
    }


def outline_record(outline: Outline, report: Report | ReportEntry) -> dict[str, Any]:
    """Return an outline as `kb outline --json` prints it, with the event and talks found in it."""
    blocks = []
    for block in outline.blocks:
        place = ("depth",) if block.depth is not None else ("level",) if block.type == "heading" else ()
        blocks.append(_record(block, "type", *place, "text", "first_line", "last_line"))
    return {
        **_record(outline, "source", "encoding", "format", "lines", "title"),
        **_record(report, "event", "held_on", "published"),
        # Only the whole library decides the id of a talk.
        "talks": [
            _record(talk, "line", "title", "track", "start", "end", "speakers", "links") for talk in report.talks
        ],
        "blocks": blocks,
    }


def difference_records(difference: "Difference") -> Iterator[dict[str, Any]]:
    """Yield each change: of a report, of a field of it, of a note, or of a property of a note."""
    for report in difference.reports:
        where = {"report": report.report, "source": report.source}
        if report.fate != "changed":
            yield {"sort": "report", "fate": report.fate, "text": report.title, "notes": report.notes, **where}
        for field in report.changed:
            yield {"sort": "report", "fate": "changed", "text": report.title, "value": field, **where}
        for item in report.items:
            yield {**_record(item, "sort", "fate", "note", "text", "value", "before", "after"), **where}
    if difference.first:
        yield {"first": True, "counts": difference.counts}


def as_json(record: object) -> str:
    """Return a record as one line of JSON, with a space after each comma and colon."""
    try:
        return msgspec.json.format(msgspec.json.encode(record), indent=0).decode()
    except UnicodeEncodeError:  # a lone surrogate, as in a name that is not UTF-8, needs an escape
        return json.dumps(msgspec.to_builtins(record))
