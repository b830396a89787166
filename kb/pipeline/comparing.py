"""What came, went and changed between two states of a report: its notes, and of each what is told of it.

`ASPECTS` is the table of what is compared: a sort of thing that notes have, as the values of a note by their keys.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from msgspec import structs

from kb.library.contents import ReportEntry
from kb.report.difference import Cause, Item, ReportDifference, Sort
from kb.report.model import Note

# A text is another's edit if they share so much of their characters: below are notes of one form (「〜を使う」).
_SAME_NOTE = 0.6
_MOST_EDITS = 100  # notes that came or went at once; of more, which was edited into which is not asked


@dataclass(frozen=True, slots=True)
class MarkedNote:
    """A note with the ids of the dated changes that have overtaken it."""

    note: Note
    overtaken: tuple[str, ...] = ()

    @property
    def own(self) -> str:
        """The part of its id that is its own: the rest is its report's, which may go by another."""
        return own_part(self.note.id)


ASPECTS: Mapping[Sort, Callable[[MarkedNote], Mapping[str, str]]] = {
    "tag": lambda one: {mention.service: mention.via for mention in one.note.services},
    "kind": lambda one: {"": one.note.kind},
    "pair": lambda one: _pairs(one.note),
    "mark": lambda one: dict.fromkeys(one.overtaken, ""),
}


def compared(
    before: ReportEntry | None,
    after: ReportEntry | None,
    old: Sequence[MarkedNote],
    new: Sequence[MarkedNote],
    causes: tuple[Cause, ...],
) -> ReportDifference:
    """Return what differs between two states of a report, one of which may be none; `causes` is what did it."""
    entry = after or before
    if entry is None:
        raise ValueError("one of the two states must be there")
    return ReportDifference(
        report=entry.id,
        title=entry.title,
        source=entry.source,
        fate="changed" if before and after else "came" if after else "went",
        causes=causes,
        notes=entry.notes,
        changed=tuple(_changed_fields(before, after)) if before and after else (),
        items=tuple(_items(old, new)),
    )


def own_part(note_id: str) -> str:
    """Return the part of a note's id that is its own."""
    return note_id.rpartition("/")[2]


def _items(old: Sequence[MarkedNote], new: Sequence[MarkedNote]) -> Iterator[Item]:
    """Yield what came, went and changed, in reading order; what went last."""
    before, after = {one.own: one for one in old}, {one.own: one for one in new}
    edited = _edits([one for one in old if one.own not in after], [one for one in new if one.own not in before])
    for one in new:
        earlier = before.get(one.own)
        if earlier is None and one.own in edited:
            earlier = edited[one.own]
            yield Item("note", "changed", one.note.id, one.note.text, "text", earlier.note.text, one.note.text)
        if earlier is None:
            yield Item("note", "came", one.note.id, one.note.text)
            yield from _pairs_with(one, "came", before.keys() & after.keys())
        else:
            yield from _changed(earlier, one)
    gone = {one.own for one in edited.values()}
    for one in old:
        if one.own not in after and one.own not in gone:
            yield Item("note", "went", one.note.id, one.note.text)
            yield from _pairs_with(one, "went", before.keys() & after.keys())


def _changed(old: MarkedNote, new: MarkedNote) -> Iterator[Item]:
    """Yield what of a note is otherwise than it was."""
    same = Item("note", "changed", new.note.id, new.note.text)
    was, now = _content(old.note), _content(new.note)
    yield from (replace(same, value=key, before=was[key], after=now[key]) for key in now if was[key] != now[key])
    for sort, values in ASPECTS.items():
        earlier, later = values(old), values(new)
        for value in dict.fromkeys((*later, *earlier)):
            if value not in earlier:
                yield replace(same, sort=sort, fate="came", value=value, after=later[value])
            elif value not in later:
                yield replace(same, sort=sort, fate="went", value=value, before=earlier[value])
            elif earlier[value] != later[value]:
                yield replace(same, sort=sort, value=value, before=earlier[value], after=later[value])


def _pairs_with(one: MarkedNote, fate: str, others: Iterable[str]) -> Iterator[Item]:
    """Yield the pairs that a note which came or went makes with notes that were there before and are there still."""
    for value, other in _pairs(one.note).items():
        if other in others:
            told = Item("pair", "came", one.note.id, one.note.text, value, after=other)
            yield told if fate == "came" else replace(told, fate="went", before=other, after="")


def _pairs(note: Note) -> Mapping[str, str]:
    """Return the notes that a note remedies or answers, by their own parts."""
    pairs = {"remedy_of": note.remedy_of, "answers": note.answers}
    return {what: own_part(other) for what, other in pairs.items() if other}


def _content(note: Note) -> Mapping[str, str]:
    """Return what a note says and where, as its report tells it: no place in a file, nothing that is weighed."""
    return {
        "trail": " › ".join(crumb.text for crumb in note.trail),
        "talk": note.talk.title if note.talk else "",
        "attached": "\n".join(note.attached),
    }


def _edits(gone: Sequence[MarkedNote], come: Sequence[MarkedNote]) -> Mapping[str, MarkedNote]:
    """Return the notes that were edited, as they were, by the own part of what each became."""
    edited: dict[str, MarkedNote] = {}
    if max(len(gone), len(come)) > _MOST_EDITS:
        return edited
    left = list(gone)
    for one in come:
        alike = [(_share(other.note.text, one.note.text), -place) for place, other in enumerate(left)]
        if alike and max(alike)[0] >= _SAME_NOTE:
            edited[one.own] = left.pop(-max(alike)[1])
    return edited


def _share(one: str, other: str) -> float:
    """Return how much of two texts is the same, from 0 to 1."""
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= _SAME_NOTE <= matcher.quick_ratio() else 0.0


def _changed_fields(before: ReportEntry, after: ReportEntry) -> Iterator[str]:
    """Yield the fields of a report that readers know and that are others now."""
    for field in ("id", "title", "event", "held_on", "published", "url", "source"):
        if getattr(before, field) != getattr(after, field):
            yield field
    if [structs.replace(talk, line=0) for talk in before.talks] != [
        structs.replace(talk, line=0) for talk in after.talks
    ]:
        yield "talks"
