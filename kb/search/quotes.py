"""Which of the notes that a search gives surely answer what was asked: they are quoted above all others."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.ranking import SIGNALS
from kb.learning import load
from kb.search.results import FoundNote

FIRST = 10  # notes of a search that are looked at: the weights were fitted on so many (tests/fitting/quotes.py)
_MOST_QUOTED = 3  # above all others: more push these off the first screen
_COVERAGE = next(signal.weight for signal in SIGNALS if signal.name == "coverage")
_NO_ANSWERS = ("label", "impression", "question")
# What stands beside a talk, and tells nothing of what was said in it: 「登壇者: …」「資料: …」.
_PARTICULAR = re.compile(
    r"\W*(?:登壇者?|発表者?|講演者?|スピーカー|speakers?|(?:発表)?資料|スライド|slides?|動画|video)\s*[:：]",
    re.IGNORECASE,
)
# By its mark, by what asks in it, or by an ending that leaves the rest to who answers: 「冪等とは」「止めるには」.
_QUESTION = re.compile(
    "[?？]$|なぜ|なんで|どう(?:や|す|し|い|な)|どの|どこ|いつ|いくつ|何|(?:か|とは|には|たい)[?？。]?$"
)


def quoted(every: Sequence[FoundNote]) -> tuple[FoundNote, ...]:
    """Return those of a search's notes, best first and with their reasons, that surely answer it, the surest first.

    How sure that is was fitted with the vectors of the model that comes along: where notes have none, none is quoted.
    """
    first = every[:FIRST]
    rows = figures(first)
    if not len(rows) or not rows[:, 0].any():
        return ()
    model = load("quotes")
    says_something = [
        found.note.kind not in _NO_ANSWERS and _PARTICULAR.match(found.note.text) is None for found in first
    ]
    likely = model.probabilities([()] * len(first), rows)[:, model.labels.index("answer")] * says_something
    best, *others = sorted(zip(likely.tolist(), first, strict=True), key=lambda one: -one[0])
    if best[0] < model.thresholds["first"]:
        return ()
    further = [found for sure, found in others if sure >= model.thresholds["further"]]
    return (best[1], *further)[:_MOST_QUOTED]


def is_question(text: str) -> bool:
    """Tell whether a query reads as a question."""
    return bool(_QUESTION.search(text.strip()))


def figures(first: Sequence[FoundNote]) -> NDArray[np.float64]:
    """Return what tells how surely each of the first notes of a search answers it, (notes, 4).

    They are how near its meaning is, what share of the words it has, how long it is, and how far above the last its
    score is.
    """
    scores = [found.score for found in first]
    best, last = max(scores, default=0.0), min(scores, default=0.0)
    rows = [
        (
            next((reason.cosine for reason in one.reasons if reason.cosine is not None), 0.0),
            _share(one),
            np.log1p(len(one.note.text)),
            (one.score - last) / best if best else 0.0,
        )
        for one in first
    ]
    return np.array(rows).reshape(len(rows), 4)


def _share(found: FoundNote) -> float:
    """Return the share of the words' weight that a note has, from the points that it got for it."""
    points = {"coverage": 0.0, "words": 0.0, "nearness": 0.0}
    for reason in found.reasons:
        if reason.signal in points:
            points[reason.signal] += reason.points
    raised = _COVERAGE * (points["words"] + points["nearness"])
    return points["coverage"] / raised if raised else 0.0
