"""The panel of corrections: a note, its talk and its report, and the changes that its form asks for."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

from flask import request
from msgspec.structs import replace

from kb.library.contents import ReportEntry
from kb.library.tables import MAX_TITLE
from kb.report.model import Claim, Correction, Kind, MetadataOverride, Note, Report, Talk, TalkCorrection, TalkOverride
from kb.report.outline import Outline
from kb.services import Catalogue
from kb.talks import begun_talk, line_ids, title_id
from kb.translation import _, marked
from kb.wording import KINDS
from webui.http.uploads import RefusedError, checked_metadata

_BETWEEN_NAMES = re.compile(r"[、,，;；\n]+")
_TALK_ANSWERS: Mapping[str, tuple[TalkOverride, str]] = {
    "yes": (True, marked("“{title}” is a talk.")),
    "no": (False, marked("“{title}” is no talk.")),
    "ends": ("ends", marked("“{title}” is no talk, and the talk above ends there.")),
}
_MAX_NAME = 100  # characters with title and company; a longer one is a sentence, or names without a separator


@dataclass(frozen=True, slots=True)
class Panel:
    """The content of a panel: a report, in it a note or line with its talk, and a line that may begin or end a talk.

    `heading` is the id of that line in kb.toml, empty if there is none, and `begins` the id of its talk. `line` is its
    text, `number` the number of what is shown in the file.
    """

    report: ReportEntry | Report
    note: Note | None = None
    talk: Talk | None = None
    heading: str = ""
    begins: str = ""
    line: str = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes that a form asks for, and a sentence for each."""

    note: Callable[[Correction], Correction] | None = None
    talks: Sequence[tuple[str, Callable[[TalkCorrection], TalkCorrection]]] = ()  # by id
    report: Callable[[MetadataOverride], MetadataOverride] | None = None
    said: tuple[str, ...] = ()
    moves: bool = False  # a talk begins or ends: pages of its notes go, and come back under other addresses


def panel_of(
    report: ReportEntry | Report, outline: Outline | None, note: Note | None = None, line_id: str = ""
) -> Panel:
    """Return the panel of a note, or of a line by its id, in a report; its outline is None if it cannot be read.

    Without either it is the panel of the report's title.
    """
    event, talk = own_event(report), note.talk if note else None
    if outline is None:
        return Panel(report, note, talk)
    line_id = line_id or title_id(outline, event)
    for line, own_id in line_ids(outline, event):
        is_here = line.number == note.line and line.text in note.text if note else own_id == line_id
        if is_here and not (talk and talk.line == line.number):
            return Panel(report, note, talk, own_id, begun_talk(outline, event, own_id), line.text, line.number)
    return Panel(report, note, talk, number=note.line if note else 0)


def own_event(report: ReportEntry | Report) -> str | None:
    """Return the event as the report itself names it: ids in kb.toml have that."""
    return (report.own_event if isinstance(report, ReportEntry) else "") or report.event


def changes_of(panel: Panel, catalogue: Catalogue) -> Changes:
    """Return the changes that a posted form asks for. Raises RefusedError for an invalid field.

    A field that is missing changes nothing; in the form of the whole panel, neither does one with its present value.
    """
    note, notes_said = _note_change(panel, catalogue)
    talks, talks_said = _talk_changes(panel)
    report, report_said = _report_change(panel.report)
    said, moves = [*notes_said, *talks_said, *report_said], any(map(request.form.get, ("heading", "talk")))
    if request.form.get("heading") and not (panel.note or panel.heading):
        said.append(_("No such line is in the report. A title can be its first line."))
    return Changes(note, talks, report, tuple(said), moves)


def _field(name: str, shown: str = "") -> str | None:
    """Return a field of the form without spaces around it, None if it changes nothing."""
    value = request.form.get(name)
    value = value if value is None else value.strip()
    return None if "panel" in request.form and value == shown.strip() else value


def _note_change(panel: Panel, catalogue: Catalogue) -> tuple[Callable[[Correction], Correction] | None, list[str]]:
    note, said, kinds, form = panel.note, list[str](), dict[str, Any](), request.form
    if note is None:
        return None, said
    adds = _services(_field("instead") or _field("add") or "", "add", catalogue)
    removes = [slug for name in form.getlist("remove") for slug in _services(name, "remove", catalogue)]
    said += [_("Added {name}.", name=catalogue.name(slug)) for slug in adds]
    said += [_("Removed {name}.", name=catalogue.name(slug)) for slug in removes]
    if (name := _field("kind", note.kind)) is not None:
        kinds = {"kind": (kind := _kind(name)), "denied": ()}
        said.append(_("Its kind is {kind} now.", kind=_(KINDS[kind])) if kind else _("Its kind is automatic again."))
    if claim := next((one for one in get_args(Claim) if one == _field("no")), None):
        said.append(_("It is not taken for “{kind}” any more.", kind=_(KINDS[claim]).lower()))
    if query := _field("no_answer_to"):
        said.append(_("It is not quoted for “{query}” any more.", query=query))

    def change(known: Correction) -> Correction:
        queries = tuple(dict.fromkeys((*known.no_answer_to, *([query] if query else ()))))
        after = replace(known, no_answer_to=queries, **kinds)
        after = after.with_tagged({**known.tagged, **dict.fromkeys(adds, True), **dict.fromkeys(removes, False)})
        return denied(after, claim) if claim else after

    return (change if said else None), said


def _talk_changes(panel: Panel) -> tuple[list[tuple[str, Callable[[TalkCorrection], TalkCorrection]]], list[str]]:
    talk, fields, changes, said = panel.talk, dict[str, Any](), list[Any](), list[str]()
    of_line, of_talk = (request.form.get(field, "") for field in ("heading", "talk"))
    asked = [(of_line, panel.heading, panel.line)]  # a line in a list of claims is not in a talk of its own
    asked.append((of_talk, talk.id, talk.title) if talk else (of_talk, panel.heading, panel.line))
    for answer, line, text in asked:
        if answer in _TALK_ANSWERS and line:
            override, sentence = _TALK_ANSWERS[answer]
            if override is True and panel.begins not in ("", line):  # a person may have said that it is no talk
                changes.append((panel.begins, partial(replace, talk=None)))
            changes.append((line, partial(replace, talk=override)))
            said.append(_(sentence, title=text))
    if talk is None:
        return changes, said
    if (title := _field("title", talk.title)) is not None:
        if len(title) > MAX_TITLE:
            raise RefusedError(_("The title is longer than 200 characters."), "title")
        fields["title"] = title if title and title != talk.written_title else None
        said.append(_("Its title is “{title}” now.", title=title or talk.written_title))
    if name := _field("no_speaker"):
        fields["speakers"] = tuple(one for one in talk.speakers if one != name)
        said.append(_("“{name}” is no speaker of the talk.", name=name))
    elif (names := _field("speakers")) is not None and ("panel" not in request.form or _names(names) != talk.speakers):
        fields["speakers"] = _names(names)
        said.append(_("Corrected the speakers of “{title}”.", title=talk.title))
    if fields:
        changes.append((talk.id, lambda known: replace(known, **fields)))
    return changes, said


def _report_change(
    report: ReportEntry | Report,
) -> tuple[Callable[[MetadataOverride], MetadataOverride] | None, tuple[str, ...]]:
    current = {"event": report.event, "date": report.held_on, "url": report.url}
    event, date, url = (request.form.get(key, value or "").strip() or None for key, value in current.items())
    if (event, date, url) == tuple(current.values()):
        return None, ()
    given, refused = checked_metadata(
        MetadataOverride(event, date, url), (report.held_on or "")[:4] or report.published
    )
    if refused:
        raise refused

    def change(override: MetadataOverride) -> MetadataOverride:
        return replace(
            override,
            event=event if event != report.event else override.event,
            held_on=given.held_on if given.held_on != report.held_on else override.held_on,
            url=url if url != report.url else override.url,
        )

    return change, (_("Corrected “{title}”.", title=report.title),)


def denied(correction: Correction, claim: Claim) -> Correction:
    """Return a correction by which its note is not of a kind."""
    denied = tuple(dict.fromkeys((*correction.denied, claim)))
    return replace(correction, kind=None if correction.kind == claim else correction.kind, denied=denied)


def _services(names: str, field: str, catalogue: Catalogue) -> list[str]:
    """Return the slugs of services, named with commas between them. Raises RefusedError for an unknown one."""
    slugs = []
    for name in filter(None, map(str.strip, _BETWEEN_NAMES.split(names))):
        service = catalogue.find(name)
        if service is None:
            raise RefusedError(_("No service is known as “{name}”.", name=name), field, catalogue.near(name))
        slugs.append(service.slug)
    return slugs


def _names(written: str) -> tuple[str, ...]:
    """Return the speakers that a person wrote, without duplicates. Raises RefusedError for a name that is too long."""
    names = [name.strip() for name in _BETWEEN_NAMES.split(written)]
    if any(len(name) > _MAX_NAME for name in names):
        raise RefusedError(_("A name is longer than 100 characters. Separate names by commas."), "speakers")
    return tuple(dict.fromkeys(filter(None, names)))


def _kind(name: str) -> Kind | None:
    """Return a kind by its name, None (automatic) for an empty one. Raises RefusedError for an unknown one."""
    kind = next((kind for kind in get_args(Kind) if kind == name), None)
    if name and kind is None:
        raise RefusedError(_("There is no kind “{name}”.", name=name), "kind")
    return kind
