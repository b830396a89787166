"""Which of the notes that a search gives surely answer what was asked: they are quoted above all others."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.ranking import SIGNALS
from kb.learning import load
from kb.report.model import Note
from kb.search.answers import Found

FIRST = 10  # notes of a search that are looked at
_MOST_QUOTED = 3
_COVERAGE = next(signal.weight for signal in SIGNALS if signal.name == "coverage")
_NO_ANSWERS = ("label", "impression", "question")
_PARTICULAR = re.compile(
    r"\W*(?:登壇者?|発表者?|講演者?|スピーカー|speakers?|(?:発表)?資料|スライド|slides?|動画|video)\s*[:：]",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    "[?？]$|なぜ|なんで|どう(?:や|す|し|い|な)|どの|どこ|いつ|いくつ|何|(?:か|とは|には|たい)[?？。]?$"
)


def quoted(every: Sequence[Found]) -> tuple[Found, ...]:
    """Return those of a search's notes, best first and with their reasons, that surely answer it, the surest first.

    How sure that is was fitted with the vectors of the model that comes along: where notes have none, none is quoted.
    """
    first = every[:FIRST]
    told = figures(first)
    may = [_may_answer(found.note) for found in first]
    if not len(told) or not told[:, 0].any():
        return ()
    model = load("quotes")
    likely = (model.probabilities([()] * len(first), told)[:, model.labels.index("answer")] * may).tolist()
    best, *others = sorted(zip(likely, first, strict=True), key=lambda one: -one[0])
    if best[0] < model.thresholds["first"]:
        return ()
    further = [found for sure, found in others if sure >= model.thresholds["further"]]
    return (best[1], *further)[:_MOST_QUOTED]


def _may_answer(note: Note) -> bool:
    """Tell whether a note says something: no label, feeling or question, nor who speaks where."""
    return note.kind not in _NO_ANSWERS and _PARTICULAR.match(note.text) is None


def is_question(text: str) -> bool:
    """Tell whether a query reads as a question."""
    return bool(_QUESTION.search(text.strip()))


def figures(first: Sequence[Found]) -> NDArray[np.float64]:
    """Return what tells how surely each of the first notes of a search answers it, (notes, 4).

    They are how near its meaning is, what share of the words it has, how long it is, and how far above the last its
    score is.
    """
    scores = [found.score for found in first]
    best, last = max(scores, default=0.0), min(scores, default=0.0)
    rows = [
        (_cosine(one), _share(one), np.log1p(len(one.note.text)), (one.score - last) / best if best else 0.0)
        for one in first
    ]
    return np.array(rows).reshape(len(rows), 4)


def _cosine(found: Found) -> float:
    return next((reason.cosine for reason in found.reasons if reason.cosine is not None), 0.0)


def _share(found: Found) -> float:
    """Return the share of the words' weight that a note has, from the points that it got for it."""
    points = {"coverage": 0.0, "words": 0.0, "nearness": 0.0}
    for reason in found.reasons:
        if reason.signal in points:
            points[reason.signal] += reason.points
    raised = _COVERAGE * (points["words"] + points["nearness"])
    return points["coverage"] / raised if raised else 0.0
