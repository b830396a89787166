"""Found notes as the page shows them: grouped by talk, in their tree, with what belongs to them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from index.engine import Reason
from index.query import Query
from kb.report.model import Note, Talk
from kb.search.answers import Answer, Found
from kb.search.facets import place
from kb.services import Change, Domain
from webui.address import address_of
from webui.view.tree import Branch, below, notes_in, tree


@dataclass(frozen=True, slots=True)
class Shown:
    """A found note with its marks, the reasons of its score, and what belongs to it, as far as it is not found itself.

    `below` is the tree under it; `problem` and `question` are the notes it remedies and answers, where it does not
    stand under them.
    """

    note: Note
    marks: tuple[tuple[int, int], ...]
    reasons: tuple[Reason, ...]
    changes: tuple[Change, ...]
    below: tuple[Branch, ...]
    problem: Note | None
    remedies: tuple[Note, ...]
    question: Note | None
    answers: tuple[Note, ...]

    @property
    def notes_below(self) -> int:
        """How many notes stand under it, those that are found themselves left out."""
        return notes_in(self.below)


@dataclass(frozen=True, slots=True)
class TalkHits:
    """The found notes of one talk (or of a report outside its talks) in their tree, and `shown` by their ids.

    `more` counts those on other pages of the result, which `more_url` shows.
    """

    talk: Talk | None
    note: Note
    branches: tuple[Branch, ...]
    shown: Mapping[str, Shown]
    more: int
    more_url: str


def by_talk(domain: Domain, query: Query, answer: Answer, some: Sequence[Found]) -> Iterator[TalkHits]:
    """Yield some notes of an answer grouped by talk, that of the best one first; it holds the notes around them."""
    groups: dict[str, list[Found]] = {}
    for found in some:
        groups.setdefault(place(found.note), []).append(found)
    for value, hits in groups.items():
        first = hits[0].note
        near = answer.around[value]
        chosen = {hit.note.id for hit in hits}
        others = [note for note in near if note.id not in chosen]
        shown = {hit.note.id: belonging(domain, hit.note, others, hit) for hit in hits}
        in_order = [note for note in near if note.id in chosen]
        more = answer.found_in[value] - len(hits) if first.talk and some is answer.found else 0
        url = address_of(query.select("talk" if first.talk else "report", value))
        yield TalkHits(first.talk, first, tree(in_order), shown, more, url)


def belonging(domain: Domain, note: Note, others: Sequence[Note], found: Found | None = None) -> Shown:
    """Return a note with those of the others that belong to it, and how it was found if it was searched for."""
    others = [other for other in others if other.id != note.id]
    above = {crumb.note for crumb in note.trail}  # shown as its trail already
    problem, question = (
        _one(others, other) if other not in above else None for other in (note.remedy_of, note.answers)
    )
    return Shown(
        note=note,
        marks=found.marks if found else (),
        reasons=found.shown_reasons if found else (),
        changes=domain.changes_for(note),
        below=below(note, others),
        problem=problem,
        remedies=tuple(other for other in others if other.remedy_of == note.id),
        question=question,
        answers=tuple(other for other in others if other.answers == note.id),
    )


def _one(notes: Iterable[Note], note_id: str | None) -> Note | None:
    return next((note for note in notes if note.id == note_id), None)
