"""Which services each note is about: named in its own text, or inherited from what stands over and before it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec.structs import replace

from kb.learning import load
from kb.report.model import Correction, Mention, Note, Report, Why
from kb.services.domain import Domain
from kb.services.inheritance import Candidate, Inheritance, Origin, origin, talk_of
from kb.services.matcher import Match
from kb.services.senses import Namer, Naming, Passage, Surroundings

_NO_CORRECTIONS: Mapping[str, Correction] = MappingProxyType({})
_NO_CORRECTION = Correction()
MODEL = "inheritance"  # of `kb.learning`, which weighs the features of candidates
CLAIM = "about"  # its label for a candidate that the note is about


def tag(report: Report, domain: Domain, corrections: Mapping[str, Correction] = _NO_CORRECTIONS) -> Report:
    """Return the report with `services` filled in on every note; `corrections` are by the note's id."""
    return replace(report, notes=tuple(_Tagging(report, domain.namer, corrections).tagged()))


def candidates(report: Report, domain: Domain) -> list[tuple[frozenset[str], list[Candidate]]]:
    """Return for each note of a report which services it names, and which it may inherit."""
    tagging = _Tagging(report, domain.namer, _NO_CORRECTIONS)
    return list(zip(map(tagging.names, report.notes), tagging.candidates(), strict=True))


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
        self._above: dict[tuple[str, int | None, str | None], Origin] = {}

    def tagged(self) -> Iterator[Note]:
        """Yield the notes with their services."""
        for note, inherited in zip(self._report.notes, self._inherited(), strict=True):
            mentions = (*self._explicit(note), *inherited)
            yield replace(note, services=mentions) if mentions else note

    def names(self, note: Note) -> frozenset[str]:
        """Return which services a note names."""
        return frozenset(naming.service for naming in self._named.get(note.id, ()) if not naming.part)

    def candidates(self) -> list[list[Candidate]]:
        """Return for each note which services it may inherit."""
        notes = self._report.notes
        named: dict[str | None, Origin] = {
            note.id: origin(note.text, note.line, own) for note in notes if (own := self._named.get(note.id))
        }
        inheritance = Inheritance(notes, named)
        found = []
        for note in notes:
            headings = [self._origin(note, crumb.text, crumb.line) for crumb in reversed(note.trail) if not crumb.note]
            title = self._origin(note, note.talk.title if note.talk else self._report.title, None)
            found.append(inheritance.candidates(note, self.names(note), headings, title))
        return found

    def _inherited(self) -> Iterator[list[Mention]]:
        """Yield for each note the services that it is likely to be about by what stands over and before it."""
        model = load(MODEL)
        every = self.candidates()
        likely = iter(model.probabilities([one.features for own in every for one in own])[:, model.labels.index(CLAIM)])
        for note, own in zip(self._report.notes, every, strict=True):
            corrected = self._corrected(note)
            given = {*corrected.adds, *corrected.removes}
            yield [
                Mention(one.service, "explicit" if one.nearest == "part" else "inherited", _why(one))
                for one, share in zip(own, likely)  # noqa: B905  # `likely` goes on
                if share >= model.thresholds[CLAIM] and one.service not in given
            ]

    def _origin(self, note: Note, text: str, line: int | None) -> Origin:
        """Return what a heading or title over a note passes on."""
        key = (text, line, talk_of(note))
        if key not in self._above:
            surroundings = self._surroundings(note, (self._report.title,))
            namings = self._namer.namings(text, self._namer.matches(text), surroundings)
            self._above[key] = origin(text, line, namings, heading=True)
        return self._above[key]

    def _named_clearly(self, matches: Mapping[str, Iterable[Match]]) -> Mapping[str | None, set[str]]:
        """Return for each talk the services that its title or a note of it names beyond doubt."""
        clear: dict[str | None, set[str]] = defaultdict(set)
        for note in self._report.notes:
            clear[talk_of(note)] |= self._namer.clear(matches[note.id])
        for talk in self._report.talks:
            clear[talk.id] |= self._namer.clear(self._namer.matches(talk.title))
        return clear

    def _namings(self, note: Note, matches: Sequence[Match]) -> tuple[Naming, ...]:
        """Return where a note's own text names services, those that a person took away left out."""
        above = [crumb.text for crumb in reversed(note.trail)]
        talk = [note.talk.title] if note.talk else []
        surroundings = self._surroundings(note, (*above, *talk, self._report.title))
        removed = self._corrected(note).removes
        return tuple(n for n in self._namer.namings(note.text, matches, surroundings) if n.service not in removed)

    def _surroundings(self, note: Note, texts: Iterable[str]) -> Surroundings:
        """Return what a text of a note's talk stands in; a text over many notes is one passage for all of them."""
        passages = tuple(self._passages.setdefault(text, Passage(text)) for text in texts)
        return Surroundings(passages, self._clear[talk_of(note)])

    def _corrected(self, note: Note) -> Correction:
        return self._corrections.get(note.id, _NO_CORRECTION)

    def _explicit(self, note: Note) -> Iterator[Mention]:
        """Yield the services that a note's own text names, each once in reading order, and those a person added."""
        seen = set()
        for naming in self._named.get(note.id, ()):
            if naming.service not in seen and not naming.part:
                seen.add(naming.service)
                yield Mention(naming.service, "explicit", Why("here", note.text[naming.begin : naming.end]))
        for slug in self._corrected(note).adds:
            if slug not in seen:
                yield Mention(slug, "explicit", Why("hand"))


def _why(candidate: Candidate) -> Why:
    above = candidate.origin
    naming = above.namings[candidate.service]
    words = above.text[naming.begin : naming.end]
    if candidate.nearest == "part":
        return Why("here", words)
    return Why("above" if above.line else "talk", words, above.line)
