"""Pairs problems with remedies, questions with answers, and notes with their continuations.

Input: each note with its candidates: the problems and questions above and before it.
Features: those of both texts, the relation of the two notes, and what the sentence model reads in them.
Model: two logistic regressions, for remedies and for answers.
Output: each note's most probable candidate, if its probability reaches the threshold. Marks (`kb.kinds.marks`) win.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from msgspec.structs import replace

from kb.kinds.features import Analysis, NoteTree, text_features
from kb.kinds.marks import Mark, begins_with_arrow, has_own_reply, marked_replies
from kb.kinds.readings import READ, Scores, kind_shares
from kb.learning import load
from kb.report.model import Kind, LineReading, Note, State

PROBLEM_STATES: tuple[State, State] = ("solved", "unsolved")
QUESTION_STATES: tuple[State, State] = ("answered", "unanswered")

KindProbabilities: TypeAlias = Mapping[str, Mapping[Kind, float]]
"""The probability of each kind of each note, by its id."""

_MIN_PROBLEM = 0.3  # probability of a problem from which a note is a candidate
_MAX_DISTANCE = 20  # notes before an answer in which its question is looked for
_LEVELS = 4  # of what the sentence model reads
_MAX_COUNTED_BETWEEN = 4  # notes between a question and its answer
_TEXT_FEATURES = ("begins", "ends", "has", "says", "first", "last", "word", "length", "shape", "past")


@dataclass(frozen=True, slots=True)
class Pair:
    """A problem and its remedies, or a question and its answers."""

    note: Note
    replies: tuple[Note, ...]
    is_open: bool  # neither it nor a note below it has a reply


def problems(notes: Sequence[Note]) -> tuple[Pair, ...]:
    """Return the problems among notes, each with its remedies, in reading order."""
    return _pairs(notes, PROBLEM_STATES, [note.remedy_of for note in notes])


def questions(notes: Sequence[Note]) -> tuple[Pair, ...]:
    """Return the questions among notes, each with its answers, in reading order."""
    return _pairs(notes, QUESTION_STATES, [note.answers for note in notes])


def _pairs(notes: Sequence[Note], states: tuple[State, State], targets: Sequence[str | None]) -> tuple[Pair, ...]:
    replies: dict[str | None, list[Note]] = defaultdict(list)
    for note, target in zip(notes, targets, strict=True):
        replies[target].append(note)
    return tuple(
        Pair(note, tuple(replies[note.id]), states[1] in note.states)
        for note in notes
        if not set(states).isdisjoint(note.states)
    )


def paired(
    notes: Sequence[Note],
    analysis: Analysis,
    probabilities: KindProbabilities,
    marks: Mapping[str, Mark],
    readings: Scores | None = None,
    *,
    assisted: Mapping[str, LineReading] = {},
) -> tuple[Note, ...]:
    """Return classified notes with `remedy_of`, `answers` and `states` set.

    What assistants read (`assisted`, by note id) decides before a mark, and a mark before the models. `readings` are
    what the sentence model reads in the notes, (notes, READ).
    """
    read = read_features(notes, readings)
    tree = NoteTree(notes)
    marked = [*marked_replies(notes, marks)]
    near = [(note, *found) for note in notes for found in problem_candidates(note, tree, probabilities)]
    remedies, likely = _replies("remedies", near, analysis, read)
    remedies |= {note.id: other.id for note, other in marked if other.kind != "question"}
    near = [(note, *found) for note in notes for found in question_candidates(note, tree)]
    answers, _ = _replies("answers", near, analysis, read)
    answers |= {note.id: other.id for note, other in marked if other.kind == "question"}
    for note_id, said in assisted.items():
        for replies, other in ((remedies, said.remedy_of), (answers, said.answers)):
            if other is not None:
                replies.pop(note_id, None)
            if other:
                replies[note_id] = other
    solved = _states(notes, "problem", PROBLEM_STATES, remedies, marks)
    # A problem that likely has a remedy has no state.
    likely |= {note.id for note in notes if note.id not in marks and _may_be_remedied(note, tree)}
    solved = {note: state for note, state in solved.items() if state == PROBLEM_STATES[0] or note not in likely}
    answered = _states(notes, "question", QUESTION_STATES, answers, marks)
    changed = []
    for note in notes:
        states = tuple(found[note.id] for found in (solved, answered) if note.id in found)
        fields = (remedies.get(note.id), answers.get(note.id), states)
        is_changed = fields != (note.remedy_of, note.answers, note.states)  # few are: copying is a sixth of the time
        changed.append(replace(note, remedy_of=fields[0], answers=fields[1], states=states) if is_changed else note)
    return tuple(changed)


def _may_be_remedied(note: Note, tree: NoteTree) -> bool:
    """Return whether notes below a problem, or the two after it, may say its remedy, although no model says so.

    On ten reports by others and ten written ones, 11 of the 19 problems that are left without a remedy have none; with
    those that this leaves out it was 11 of 23.
    """
    siblings, place = tree.place(note)
    after = siblings[place + 1 : place + 3]
    return bool(tree.children(note)) or any(
        "advice" in (other.kind, other.likely) or begins_with_arrow(other.text) for other in after
    )


def problem_candidates(note: Note, tree: NoteTree, probabilities: KindProbabilities) -> list[tuple[Note, str]]:
    """Return the candidate problems that a note may remedy, each with its relation to the note."""
    found = []
    for relation, other in (("above", tree.parent(note)), ("before", tree.previous(note))):
        if other is None:
            continue
        problem = 1.0 if other.kind == "problem" else probabilities[other.id]["problem"]
        if problem >= _MIN_PROBLEM:
            advice = probabilities[note.id]["advice"]
            found.append((other, f"{relation}, a problem by {int(problem * 5)}, advice by {int(advice * 5)}"))
    return found


def question_candidates(note: Note, tree: NoteTree) -> list[tuple[Note, str]]:
    """Return the question that a note may answer, with their relation: the nearest above, else the last before it."""
    if note.kind in ("question", "label"):
        return []
    above = tree.parent(note)
    while above and above.kind != "question":
        above = tree.parent(above)
    if above:
        return [(above, "above" if above.id == note.parent else "further above")]
    siblings, position = tree.place(note)
    for between, other in enumerate(reversed(siblings[max(position - _MAX_DISTANCE, 0) : position])):
        if other.kind == "question":
            return [(other, f"before, {min(between, _MAX_COUNTED_BETWEEN)} between")]
    return []


def read_features(notes: Sequence[Note], readings: Scores | None) -> Mapping[str, str]:
    """Return how surely each note reads as a remedy, an answer and a problem, in quarters, by its id."""
    if readings is None:
        return {}
    columns = [READ.index(name) for name in ("remedy", "answer")]
    shares = np.hstack([1 / (1 + np.exp(-readings[:, columns])), kind_shares(readings)[:, [READ.index("problem")]]])
    names = (",".join(map(str, row)) for row in np.minimum(shares * _LEVELS, _LEVELS - 1).astype(int).tolist())
    return {note.id: name for note, name in zip(notes, names, strict=True)}


def pair_features(
    note: Note, other: Note, relation: str, analysis: Analysis, read: Mapping[str, str] = {}
) -> list[str]:
    """Return the features of a note and a candidate that it may reply to. `read` are those of `read_features`."""
    place = relation.partition(",")[0]
    of_note, of_other = (
        [name for name in text_features(one.text, analysis[one.text]) if name.startswith(_TEXT_FEATURES)]
        for one in (note, other)
    )
    return [
        relation,
        *(f"{place}: {part}" for part in relation.split(", ")),
        *(f"it {name}" for name in of_note),
        *(f"{place} it {name}" for name in of_note if name.startswith(("begins", "says"))),
        *(f"the other {name}" for name in of_other),
        f"it is {note.kind}",
        f"the other is {other.kind}",
        *(f"under {crumb.text.strip()[-4:]}" for crumb in note.trail[-2:]),
        *_read_features(note, other, place, read),
    ]


def _read_features(note: Note, other: Note, place: str, read: Mapping[str, str]) -> Iterator[str]:
    if note.id in read:
        (remedy, answer, _), (_, _, problem) = read[note.id].split(","), read[other.id].split(",")
        yield f"reads as a remedy by {remedy}, of a problem by {problem}"
        yield f"{place}: reads as a remedy by {remedy}"
        yield f"{place}: reads as an answer by {answer}"


def _replies(
    model_name: str, near: Sequence[tuple[Note, Note, str]], analysis: Analysis, read: Mapping[str, str]
) -> tuple[dict[str, str], frozenset[str]]:
    """Return the id of the most probable candidate of each note that has one above the threshold.

    Return also the ids of all candidates that likely have a reply.
    """
    model = load(model_name)
    sure, likely = model.thresholds["yes"], model.likely["yes"]
    if not read:
        sure, likely = model.thresholds["yes, by words"], 1.0
    probabilities = model.probabilities(pair_features(*pair, analysis, read) for pair in near)[:, 1].tolist()
    best: dict[str, tuple[float, str]] = {}
    for (note, other, _), probability in zip(near, probabilities, strict=True):
        if probability >= sure and probability > best.get(note.id, (0.0, ""))[0]:
            best[note.id] = probability, other.id
    may_have = (
        other.id for (_, other, _), probability in zip(near, probabilities, strict=True) if probability >= likely
    )
    return {note: other for note, (_, other) in best.items()}, frozenset(may_have)


def _states(
    notes: Sequence[Note],
    kind: Kind,
    states: tuple[State, State],
    replies: Mapping[str, str],
    marks: Mapping[str, Mark],
) -> Mapping[str, State]:
    """Return the state of each note of a kind, and of each note with a reply, by id."""
    targets = set(replies.values())
    settled = targets | {note.id for note in notes if note.kind == kind and has_own_reply(note, marks)}
    for note in reversed(notes):  # a problem is solved if a problem below it is solved
        if note.id in settled and note.parent:
            settled.add(note.parent)
    return {note.id: states[note.id not in settled] for note in notes if note.kind == kind or note.id in targets}


def continued_notes(notes: Iterable[Note]) -> dict[str, str]:
    """Map each note that begins with an arrow to the note that it continues, by id.

    It continues the note on the line before, else its parent. Arrows in a row all continue the note before the first.
    A note is left out if the note that it continues is not in `notes`.
    """
    ordered = sorted(notes, key=lambda note: (note.report, note.line))
    known = {note.id for note in ordered}
    last: dict[object, Note] = {}  # by report, talk and trail
    starts: dict[str, str] = {}
    for note in ordered:
        place = (note.report, note.talk, note.trail)
        previous, last[place] = last.get(place), note
        if begins_with_arrow(note.text):
            start = previous.id if previous and previous.line == note.line - 1 else note.parent
            if start in known:
                starts[note.id] = starts.get(start, start)
    return starts
