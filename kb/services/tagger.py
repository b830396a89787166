"""The services that each note is about: named in its own text, or inherited from the texts above and before it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec.structs import replace

from kb.learning import load
from kb.report.model import Correction, LineReading, Mention, Note, Report, Via, Why
from kb.services.disambiguation import Naming, ServiceFinder, Surroundings
from kb.services.domain import Domain
from kb.services.inheritance import Candidate, Inheritance, Origin, origin, talk_of
from kb.services.matcher import Match

MODEL = "inheritance"  # the logistic regression over the features of candidates
CLAIM = "about"  # its label for the services that a note is about

_NO_CORRECTIONS: Mapping[str, Correction] = MappingProxyType({})
_NO_CORRECTION = Correction()
_NOTHING_READ: Mapping[str, LineReading] = MappingProxyType({})


def tag(
    report: Report,
    domain: Domain,
    corrections: Mapping[str, Correction] = _NO_CORRECTIONS,
    assisted: Mapping[str, LineReading] = _NOTHING_READ,
) -> Report:
    """Return the report with the `services` of every note.

    `corrections` are by note id. They win over what assistants read (`assisted`, by note id).
    """
    return replace(report, notes=_Tagger(report, domain.service_finder, corrections, assisted).tagged_notes())


def candidates(report: Report, domain: Domain) -> list[tuple[frozenset[str], list[Candidate]]]:
    """Return for each note of a report the services that it names, and the candidates that it may inherit."""
    tagger = _Tagger(report, domain.service_finder)
    return list(zip(map(tagger.named_services, report.notes), tagger.candidates(), strict=True))


class _Tagger:
    """Tags the notes of one report."""

    def __init__(
        self,
        report: Report,
        finder: ServiceFinder,
        corrections: Mapping[str, Correction] = _NO_CORRECTIONS,
        assisted: Mapping[str, LineReading] = _NOTHING_READ,
    ) -> None:
        self._report = report
        self._finder = finder
        self._corrections = corrections
        self._assisted = assisted
        matches = {note.id: finder.matches(note.text) for note in report.notes}
        self._clearly_named: dict[str | None, set[str]] = defaultdict(set)  # services by talk
        texts: dict[str | None, set[str]] = defaultdict(set)  # by talk
        for note in report.notes:
            self._clearly_named[talk_of(note)] |= finder.clearly_named(matches[note.id])
            texts[talk_of(note)] |= {note.text, *(crumb.text for crumb in note.trail)}
        for talk in report.talks:
            self._clearly_named[talk.id] |= finder.clearly_named(finder.matches(talk.title))
            texts[talk.id].add(talk.title)
        whole = finder.scope({report.title}.union(*texts.values()))
        self._scopes = {talk: (*([finder.scope(own)] if talk else []), whole) for talk, own in texts.items()}
        self._namings = {note.id: self._own_namings(note, own) for note in report.notes if (own := matches[note.id])}
        self._origins: dict[tuple[str, int | None, str | None], Origin] = {}

    def _own_namings(self, note: Note, matches: Sequence[Match]) -> tuple[Naming, ...]:
        """Return the places where a note's own text names services, without those that a correction removes."""
        above = [crumb.text for crumb in reversed(note.trail)]
        talk = [note.talk.title] if note.talk else []
        removed = self._removed(note)
        namings = self._finder.namings(note.text, matches, self._surroundings(note, *above, *talk))
        return tuple(naming for naming in namings if naming.service not in removed)

    def _surroundings(self, note: Note, *above: str) -> Surroundings:
        talk = talk_of(note)
        return Surroundings((*above, self._report.title), self._clearly_named[talk], self._scopes[talk])

    def _correction(self, note: Note) -> Correction:
        return self._corrections.get(note.id, _NO_CORRECTION)

    def _added(self, note: Note) -> Mapping[str, Why]:
        """Return the services that a person or an assistant added to a note, and why."""
        correction, said = self._correction(note), self._assisted.get(note.id)
        read = {slug: Why("assistant", said.by) for slug in said.add if slug not in correction.removes} if said else {}
        return {**read, **dict.fromkeys(correction.adds, Why("hand"))}

    def _removed(self, note: Note) -> frozenset[str]:
        """Return the services that a person or an assistant took from a note."""
        correction, said = self._correction(note), self._assisted.get(note.id)
        return frozenset(correction.removes) | (frozenset(said.remove if said else ()) - {*correction.adds})

    def tagged_notes(self) -> tuple[Note, ...]:
        """Return the notes with their services."""
        tagged = []
        for note, inherited in zip(self._report.notes, self._inherited(), strict=True):
            mentions = (*self._explicit(note), *inherited)
            tagged.append(replace(note, services=mentions) if mentions else note)
        return tuple(tagged)

    def _explicit(self, note: Note) -> Iterator[Mention]:
        """Yield the services that a note's own text names, each once in reading order, and those that were added."""
        mentioned = set()
        for naming in self._namings.get(note.id, ()):
            if naming.service not in mentioned and not naming.part:
                mentioned.add(naming.service)
                yield Mention(naming.service, "explicit", Why("here", note.text[naming.begin : naming.end]))
        for slug, why in self._added(note).items():
            if slug not in mentioned:
                yield Mention(slug, "explicit", why)

    def _inherited(self) -> list[list[Mention]]:
        """Return for each note the candidates that it is about with a probability above the threshold."""
        model = load(MODEL)
        by_note = self.candidates()
        examples = [candidate.features for own in by_note for candidate in own]
        probabilities = iter(model.probabilities(examples)[:, model.labels.index(CLAIM)])
        inherited = []
        for note, own in zip(self._report.notes, by_note, strict=True):
            settled, mentions = {*self._added(note), *self._removed(note)}, []
            for candidate in own:
                is_likely = next(probabilities) >= model.thresholds[CLAIM]
                if is_likely and candidate.service not in settled:
                    via: Via = "explicit" if candidate.nearest == "part" else "inherited"
                    mentions.append(Mention(candidate.service, via, _why(candidate)))
            inherited.append(mentions)
        return inherited

    def candidates(self) -> list[list[Candidate]]:
        """Return for each note the services that it may inherit."""
        notes = self._report.notes
        naming_notes: dict[str | None, Origin] = {
            note.id: origin(note.text, note.line, own) for note in notes if (own := self._namings.get(note.id))
        }
        inheritance = Inheritance(notes, naming_notes)
        by_note = []
        for note in notes:
            headings = [self._heading(note, crumb.text, crumb.line) for crumb in reversed(note.trail) if not crumb.note]
            title = self._heading(note, note.talk.title if note.talk else self._report.title, None)
            by_note.append(inheritance.candidates(note, self.named_services(note), headings, title))
        return by_note

    def named_services(self, note: Note) -> frozenset[str]:
        """Return the services that a note names."""
        return frozenset(naming.service for naming in self._namings.get(note.id, ()) if not naming.part)

    def _heading(self, note: Note, text: str, line: int | None) -> Origin:
        """Return a heading or title above a note as an origin."""
        key = (text, line, talk_of(note))
        if key not in self._origins:
            namings = self._finder.namings(text, self._finder.matches(text), self._surroundings(note))
            self._origins[key] = origin(text, line, namings, heading=True)
        return self._origins[key]


def _why(candidate: Candidate) -> Why:
    source = candidate.origin
    naming = source.namings[candidate.service]
    words = source.text[naming.begin : naming.end]
    if candidate.nearest == "part":
        return Why("here", words)
    return Why("above" if source.line else "talk", words, source.line)
