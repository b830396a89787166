"""Which services each note is about: named in its own text, or inherited from what it stands under."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from kb.model import Mention, Note, Report
from kb.services.catalogue import Catalogue
from kb.services.inheritance import introduces, is_label, passes_down
from kb.services.senses import Namer, Naming


def tag(report: Report, catalogue: Catalogue) -> Report:
    """Return the report with `services` filled in on every note."""
    return replace(report, notes=_Tagging(report, _namer(catalogue)).tagged())


@lru_cache(maxsize=4)
def _namer(catalogue: Catalogue) -> Namer:
    return Namer(catalogue)


@dataclass(frozen=True, slots=True)
class _Source:
    """Something a note stands under, as far as it passes services down."""

    namings: tuple[Naming, ...]
    text: str
    place: str  # where it stands, as `why` tells it
    weak: bool  # a sentence: it holds for what stands directly under it, and beside what labels pass down


class _Tagging:
    """The tagging of one report."""

    def __init__(self, report: Report, namer: Namer) -> None:
        self._notes = report.notes
        self._namer = namer
        self._texts = {note.id: note.text for note in report.notes}
        matches = {note.id: namer.matches(note.text) for note in report.notes}
        around: dict[str | None, set[str]] = defaultdict(set)
        for note in report.notes:
            around[_talk(note)] |= namer.clear(matches[note.id])
        for talk in report.talks:
            around[talk.id] |= namer.clear(namer.matches(talk.title))
        self._around = around
        self._named = {
            note.id: namer.namings(note.text, matches[note.id], around[_talk(note)]) for note in report.notes
        }
        self._headings: dict[tuple[str, str | None], tuple[Naming, ...]] = {}

    def tagged(self) -> tuple[Note, ...]:
        """Return the notes with their services."""
        lead: Note | None = None
        tagged = []
        for note in self._notes:
            if note.type == "paragraph":
                lead = note if introduces(note.text) else None
            tagged.append(replace(note, services=(*self._explicit(note), *self._inherited(note, lead))))
        return tuple(tagged)

    def _explicit(self, note: Note) -> Iterator[Mention]:
        """Yield the services that a note's own text names, each once, in reading order."""
        first = {naming.service: naming for naming in reversed(self._named[note.id])}
        for naming in sorted(first.values(), key=lambda naming: naming.begin):
            yield Mention(naming.service, "explicit", note.text[naming.begin : naming.end])

    def _inherited(self, note: Note, lead: Note | None) -> Iterator[Mention]:
        """Yield the services that what a note stands under passes down, the nearest first."""
        own = {naming.service for naming in self._named[note.id]}
        given = set(own)
        for source in self._sources(note, lead):
            passed = {naming.service for naming in source.namings}
            picked = len(passed) > 1 and passed & own  # 「EC2とEBS」 over 「EC2」: the note picks one
            for naming in () if picked else source.namings:
                if naming.service not in given:
                    given.add(naming.service)
                    words = source.text[naming.begin : naming.end]
                    yield Mention(naming.service, "inherited", f"「{words}」 {source.place}")

    def _sources(self, note: Note, lead: Note | None) -> Iterator[_Source]:
        """Yield what passes services down to a note: the sentence right above it, the nearest label, or the talk's title."""
        any_passed = False
        for source in self._above(note, lead):
            if source.namings:
                any_passed = True
                yield source
                if not source.weak:
                    return
        if note.talk and not any_passed:
            title = note.talk.title
            yield _Source(passes_down(title, self._of(title, note), heading=True), title, "セッション名", weak=False)

    def _above(self, note: Note, lead: Note | None) -> Iterator[_Source]:
        """Yield what a note stands under inside its talk, the nearest first."""
        parents = [crumb for crumb in note.trail if crumb.note]
        for distance, crumb in enumerate(reversed(parents)):
            text = self._texts.get(crumb.note or "", crumb.text)
            label = is_label(text)
            if label or distance == 0:
                yield self._source(text, self._named.get(crumb.note or "", ()), crumb.line, weak=not label)
        headings = [crumb for crumb in note.trail if not crumb.note]
        if lead and note.type != "paragraph" and _same_place(note, lead):
            yield self._source(lead.text, self._named[lead.id], lead.line, weak=not is_label(lead.text))
        for crumb in reversed(headings):
            namings = passes_down(crumb.text, self._of(crumb.text, note), heading=True)
            yield _Source(namings, crumb.text, f"{crumb.line}行目", weak=False)

    def _source(self, text: str, namings: Sequence[Naming], line: int, *, weak: bool) -> _Source:
        return _Source(passes_down(text, namings), text, f"{line}行目", weak)

    def _of(self, heading: str, note: Note) -> tuple[Naming, ...]:
        """Return the namings of a heading or title over a note."""
        key = (heading, _talk(note))
        if key not in self._headings:
            matches = self._namer.matches(heading)
            self._headings[key] = self._namer.namings(heading, matches, self._around[key[1]])
        return self._headings[key]


def _talk(note: Note) -> str | None:
    return note.talk.id if note.talk else None


def _same_place(note: Note, lead: Note) -> bool:
    """Tell whether a note and a paragraph before it stand under the same headings of the same talk."""
    headings = tuple(crumb for crumb in note.trail if not crumb.note)
    return _talk(note) == _talk(lead) and headings == lead.trail
