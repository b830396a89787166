"""Which services each note is about: named in its own text, or inherited from what it stands under."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

from msgspec.structs import replace

from kb.report.model import Correction, Mention, Note, Report, Why
from kb.services.domain import Domain
from kb.services.inheritance import Legacy, introduces, is_aside, is_bare, legacy
from kb.services.matcher import Match
from kb.services.senses import Namer, Naming, Passage, Surroundings

_NO_CORRECTIONS: Mapping[str, Correction] = MappingProxyType({})
_NO_CORRECTION = Correction()


def tag(report: Report, domain: Domain, corrections: Mapping[str, Correction] = _NO_CORRECTIONS) -> Report:
    """Return the report with `services` filled in on every note; `corrections` are by the note's id."""
    return replace(report, notes=tuple(_Tagging(report, domain.namer, corrections).tagged()))


@dataclass(frozen=True, slots=True)
class _Source:
    """Something over a note that passes services down to it."""

    text: str
    line: int | None  # of what stands above in the talk, None for the title of the talk
    namings: tuple[Naming, ...]
    picks: bool = False  # where it names several, a note that names one of them is about that one

    def why(self, naming: Naming) -> Why:
        """Return why a note inherits a service."""
        return Why("above" if self.line else "talk", self.text[naming.begin : naming.end], self.line)


class _Tagging:
    """The tagging of one report."""

    def __init__(self, report: Report, namer: Namer, corrections: Mapping[str, Correction]) -> None:
        self._report = report
        self._namer = namer
        self._corrections = corrections
        self._passages: dict[str, Passage] = {}
        matches = {note.id: namer.matches(note.text) for note in report.notes}
        self._clear = self._named_clearly(matches)
        self._named = {note.id: self._namings(note, found) for note in report.notes if (found := matches[note.id])}
        texts = {note.id: note.text for note in report.notes}
        self._left = {note: legacy(texts[note], namings) for note, namings in self._named.items()}
        self._asides = {text for text in texts.values() if is_aside(text)}
        self._left_by_headings: dict[tuple[str, str | None], Legacy] = {}

    def tagged(self) -> Iterator[Note]:
        """Yield the notes with their services."""
        lead: Note | None = None
        for note in self._report.notes:
            if note.type == "paragraph":
                lead = note if introduces(note.text) else None
            mentions = (*self._explicit(note), *self._inherited(note, lead))
            yield replace(note, services=mentions) if mentions else note

    def _named_clearly(self, matches: Mapping[str, Iterable[Match]]) -> Mapping[str | None, set[str]]:
        """Return for each talk the services that its title or a note of it names beyond doubt."""
        clear: dict[str | None, set[str]] = defaultdict(set)
        for note in self._report.notes:
            clear[_talk(note)] |= self._namer.clear(matches[note.id])
        for talk in self._report.talks:
            clear[talk.id] |= self._namer.clear(self._namer.matches(talk.title))
        return clear

    def _namings(self, note: Note, matches: Sequence[Match]) -> tuple[Naming, ...]:
        """Return where a note's own text names services, those that a person took away left out."""
        above = [crumb.text for crumb in reversed(note.trail)]
        talk = [note.talk.title] if note.talk else []
        around = self._surroundings(note, (*above, *talk, self._report.title))
        removed = self._corrected(note).removes
        return tuple(n for n in self._namer.namings(note.text, matches, around) if n.service not in removed)

    def _surroundings(self, note: Note, texts: Iterable[str]) -> Surroundings:
        """Return what a text of a note's talk stands in; a text over many notes is one passage for all of them."""
        passages = tuple(self._passages.setdefault(text, Passage(text)) for text in texts)
        return Surroundings(passages, self._clear[_talk(note)])

    def _corrected(self, note: Note) -> Correction:
        return self._corrections.get(note.id, _NO_CORRECTION)

    def _explicit(self, note: Note) -> Iterator[Mention]:
        """Yield the services that a note's own text names, each once in reading order, and those a person added."""
        seen = set()
        for naming in self._named.get(note.id, ()):
            if naming.service not in seen:
                seen.add(naming.service)
                yield Mention(naming.service, "explicit", Why("here", note.text[naming.begin : naming.end]))
        for slug in self._corrected(note).adds:
            if slug not in seen:
                yield Mention(slug, "explicit", Why("hand"))

    def _inherited(self, note: Note, lead: Note | None) -> Iterator[Mention]:
        """Yield the services that what a note stands under passes down to it, the nearest first."""
        own = {naming.service for naming in self._named.get(note.id, ())}
        corrected = self._corrected(note)
        given = own.union(corrected.adds, corrected.removes)
        aside = not self._asides.isdisjoint((note.text, *(crumb.text for crumb in note.trail)))
        for source in () if aside else self._sources(note, lead):
            passed = {naming.service for naming in source.namings}
            picked = source.picks and len(passed) > 1 and passed & own  # 「EC2とEBS」 over 「EC2」: the note picks one
            for naming in () if picked else source.namings:
                if naming.service not in given:
                    given.add(naming.service)
                    yield Mention(naming.service, "inherited", source.why(naming))

    def _sources(self, note: Note, lead: Note | None) -> Iterator[_Source]:
        """Yield what passes services down to a note, the nearest first: parents, the lead, headings, the talk's title.

        Of labels above it the nearest counts, and so does a heading that is only a name; else the note is about what
        its headings and its talk are about as well.
        """
        parents = [crumb for crumb in reversed(note.trail) if crumb.note]
        for levels, crumb in enumerate(parents, start=1):
            left = self._left.get(crumb.note or "")
            if left and left.namings and (left.levels is None or levels <= left.levels):
                yield _Source(crumb.text, crumb.line, left.namings, picks=True)
                if left.levels != 1 and not all(naming.in_passing for naming in left.namings):
                    break
        if lead and note.type != "paragraph" and lead.id in self._left and _same_place(note, lead):
            yield _Source(lead.text, lead.line, self._left[lead.id].namings)
            if self._left[lead.id].namings:
                return
        for crumb in reversed(note.trail):
            if not crumb.note and (namings := self._left_by(crumb.text, note)):
                yield _Source(crumb.text, crumb.line, namings)
                if is_bare(crumb.text, namings):
                    return
        if note.talk:
            title, namings = note.talk.title, self._left_by(note.talk.title, note)
            yield _Source(title, None, namings, picks=_is_one_name(title, namings))

    def _left_by(self, heading: str, note: Note) -> tuple[Naming, ...]:
        """Return what a heading or title over a note passes down to it."""
        key = (heading, _talk(note))
        if key not in self._left_by_headings:
            around = self._surroundings(note, (self._report.title,))
            namings = self._namer.namings(heading, self._namer.matches(heading), around)
            self._left_by_headings[key] = legacy(heading, namings, heading=True)
        return self._left_by_headings[key].namings


def _talk(note: Note) -> str | None:
    return note.talk.id if note.talk else None


def _is_one_name(text: str, namings: Sequence[Naming]) -> bool:
    """Tell whether names follow each other with nothing between: 「RDS Aurora」 is one thing, 「RDSとAurora」 are two."""
    return all(not text[one.end : other.begin].strip() for one, other in pairwise(namings))


def _same_place(note: Note, lead: Note) -> bool:
    """Tell whether a note and a paragraph before it stand under the same headings of the same talk."""
    headings = tuple(crumb for crumb in note.trail if not crumb.note)
    return _talk(note) == _talk(lead) and headings == lead.trail
