"""How notes belong together: which remedies which problem, answers which question, and goes on from which.

What the learner is asked of each note: does it remedy a problem that it stands under or right behind, and does it
answer the question that it stands under or that was asked last in its list.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec.structs import replace

from kb.kinds.features import Analysis, NoteLists, text_features
from kb.learning import load
from kb.report.model import Kind, Note, State

_LEAST = 0.3  # how likely a problem must be to be asked about
_SHARED = ("begins", "ends", "has", "says", "first", "last", "word", "length", "shape", "past")
_FARTHEST = 20  # notes before a note among which the question is that it answers
_MOST_BETWEEN = 4  # notes between a question and its answer that are counted
# What goes on from the note before: 「→ コンテナにする」 says nothing without it.
_ARROW_FIRST = re.compile(r"\s*(?:[-ー=]{1,2}[>＞]|[→⇒➡⇨]\ufe0f?)")  # U+FE0F makes ➡ a picture

PROBLEMS: tuple[State, State] = ("solved", "unsolved")
QUESTIONS: tuple[State, State] = ("answered", "unanswered")
"""What a problem and what a question may be: settled, or open."""

_Reply: TypeAlias = Callable[[Note], str | None]  # what a note replies to


@dataclass(frozen=True, slots=True)
class Pair:
    """A problem and its remedies, or a question and its answers."""

    note: Note
    replies: tuple[Note, ...]
    is_open: bool  # 未解決: nothing replies to it, nor to a note that stands under it


def problems(notes: Sequence[Note]) -> tuple[Pair, ...]:
    """Return the problems among notes, each with its remedies, in reading order."""
    return _pairs(notes, *PROBLEMS, lambda note: note.remedy_of)


def questions(notes: Sequence[Note]) -> tuple[Pair, ...]:
    """Return the questions among notes, each with its answers, in reading order."""
    return _pairs(notes, *QUESTIONS, lambda note: note.answers)


def _pairs(notes: Sequence[Note], settled: State, unsettled: State, replies_to: _Reply) -> tuple[Pair, ...]:
    replies: dict[str | None, list[Note]] = defaultdict(list)
    for note in notes:
        replies[replies_to(note)].append(note)
    return tuple(
        Pair(note, tuple(replies[note.id]), unsettled in note.states)
        for note in notes
        if settled in note.states or unsettled in note.states
    )


KindProbabilities: TypeAlias = Mapping[str, Mapping[str, float]]
"""The probability of each kind of each note, by its id."""


def paired(notes: Sequence[Note], analysis: Analysis, probabilities: KindProbabilities) -> tuple[Note, ...]:
    """Return notes, whose kinds are known, with `remedy_of` and `answers` set, and `states` on what they reply to."""
    lists = NoteLists(notes)
    near = [(one, *asked) for one in notes for asked in problems_near(one, lists, probabilities)]
    remedies = _best("remedies", near, analysis)
    near = [(one, *asked) for one in notes for asked in questions_near(one, lists)]
    answers = _best("answers", near, analysis)
    replying = [_replying(note, remedies.get(note.id), note.answers or answers.get(note.id)) for note in notes]
    remedied = _states(replying, "problem", *PROBLEMS, lambda note: note.remedy_of)
    answered = _states(replying, "question", *QUESTIONS, lambda note: note.answers)

    def with_states(note: Note) -> Note:
        states = tuple(found[note.id] for found in (remedied, answered) if note.id in found)
        return replace(note, states=states) if states else note

    return tuple(map(with_states, replying))


def problems_near(note: Note, lists: NoteLists, probabilities: KindProbabilities) -> Iterator[tuple[Note, str]]:
    """Yield the notes that may state a problem which a note remedies, and how they stand to it."""
    for relation, other in (("above", lists.parent(note)), ("before", lists.previous(note))):
        trouble = 0.0 if other is None else 1.0 if other.kind == "problem" else probabilities[other.id]["problem"]
        if other and trouble >= _LEAST:
            sure = int(trouble * 5), int(probabilities[note.id]["advice"] * 5)
            yield other, f"{relation}, a problem by {sure[0]}, advice by {sure[1]}"


def questions_near(note: Note, lists: NoteLists) -> Iterator[tuple[Note, str]]:
    """Yield the question that a note may answer and how it stands to it: the nearest above, else the last before it."""
    if note.kind in ("question", "label"):
        return
    above = lists.parent(note)
    while above and above.kind != "question":
        above = lists.parent(above)
    if above:
        yield above, "above" if above.id == note.parent else "further above"
        return
    beside = lists.beside(note)
    for gap, place in enumerate(range(lists.at(note) - 1, max(lists.at(note) - _FARTHEST, 0) - 1, -1)):
        if beside[place].kind == "question":
            yield beside[place], f"before, {min(gap, _MOST_BETWEEN)} between"
            return


def pair_features(note: Note, other: Note, how: str, analysis: Analysis) -> list[str]:
    """Return what is true of a note and another that it may reply to; `how` is how they stand to each other."""
    relation = how.partition(",")[0]
    own, of_other = (
        [name for name in text_features(one.text, analysis[one.text]) if name.startswith(_SHARED)]
        for one in (note, other)
    )
    return [
        how,
        *(f"{relation}: {part}" for part in how.split(", ")),
        *(f"it {name}" for name in own),
        *(f"{relation} it {name}" for name in own if name.startswith(("begins", "says"))),
        *(f"the other {name}" for name in of_other),
        f"it is {note.kind}",
        f"the other is {other.kind}",
        *(f"under {crumb.text.strip()[-4:]}" for crumb in note.trail[-2:]),
    ]


def _best(claim: str, asked: Sequence[tuple[Note, Note, str]], analysis: Analysis) -> dict[str, str]:
    """Return for each note the id of what it most likely replies to, where that is likely enough."""
    model = load(claim)
    examples = (pair_features(note, other, how, analysis) for note, other, how in asked)
    found: dict[str, tuple[float, str]] = {}
    for (note, other, _), share in zip(asked, model.probabilities(examples)[:, 1].tolist(), strict=True):
        if share >= model.thresholds["yes"] and share > found.get(note.id, (0.0, ""))[0]:
            found[note.id] = share, other.id
    return {note: other for note, (_, other) in found.items()}


def _replying(note: Note, remedied: str | None, answered: str | None) -> Note:
    if (remedied, answered) == (note.remedy_of, note.answers):
        return note  # as nearly all are: to make each anew takes a sixth of the time
    return replace(note, remedy_of=remedied, answers=answered)


def _states(
    notes: Sequence[Note], kind: Kind, settled: State, unsettled: State, replies_to: _Reply
) -> Mapping[str, State]:
    """Return the state of each note of a kind, and of each that another replies to, by id."""
    asked = {reply for note in notes if (reply := replies_to(note))}
    done = set(asked)
    for note in reversed(notes):  # a problem is solved when one under it is
        if note.id in done and note.parent:
            done.add(note.parent)
    return {
        note.id: settled if note.id in done else unsettled for note in notes if note.kind == kind or note.id in asked
    }


def without_arrow(text: str) -> str:
    """Return a text without the arrow that it begins with, if it does."""
    arrow = _ARROW_FIRST.match(text)
    return text[arrow.end() :].lstrip() if arrow else text


def leads_from(notes: Iterable[Note]) -> dict[str, str]:
    """Return which note each that begins with an arrow goes on from, by their ids.

    It is the one on the line before, else the one that it stands under; of several arrows in a row all go on from what
    stands before the first. Where that is not among the notes, it is left out.
    """
    ordered = sorted(notes, key=lambda note: (note.report, note.line))
    known = {note.id for note in ordered}
    last: dict[object, Note] = {}  # by what it stands in
    starts: dict[str, str] = {}
    for note in ordered:
        place = (note.report, note.talk, note.trail)
        previous, last[place] = last.get(place), note
        if _ARROW_FIRST.match(note.text):
            start = previous.id if previous and previous.line == note.line - 1 else note.parent
            if start in known:
                starts[note.id] = starts.get(start, start)
    return starts
