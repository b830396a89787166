"""Picks the notes that almost certainly answer a query; the page quotes them above the results."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.ranking import SIGNALS
from kb.learning import load
from kb.search.results import FoundNote

FIRST = 10  # candidates; the weights were fitted on this number (tests/fitting/quotes.py)
_MAX_QUOTED = 3  # more would push the results off the first screen
_COVERAGE = next(signal.weight for signal in SIGNALS if signal.name == "coverage")
_NO_ANSWERS = ("label", "impression", "question")
# Labels of facts about a talk, such as 「登壇者: …」「資料: …」, which answer nothing.
_PARTICULAR = re.compile(
    r"\W*(?:登壇者?|発表者?|講演者?|スピーカー|speakers?|(?:発表)?資料|スライド|slides?|動画|video)\s*[:：]",
    re.IGNORECASE,
)
# A question mark, a question word, or an open ending: 「冪等とは」「止めるには」.
_QUESTION = re.compile(
    "[?？]$|なぜ|なんで|どう(?:や|す|し|い|な)|どの|どこ|いつ|いくつ|何|(?:か|とは|には|たい)[?？。]?$"
)


def quoted(results: Sequence[FoundNote]) -> tuple[FoundNote, ...]:
    """Return the results that almost certainly answer their query, most certain first; results need reasons.

    Notes that a change has overtaken follow the others; alone they are no answer. The probabilities were fitted with
    the bundled model: without its vectors there is no quote.
    """
    first = results[:FIRST]
    rows = features(first)
    if not len(rows) or not rows[:, 0].any():
        return ()
    model = load("quotes")
    can_answer = [found.note.kind not in _NO_ANSWERS and _PARTICULAR.match(found.note.text) is None for found in first]
    probabilities = model.probabilities([()] * len(first), rows)[:, model.labels.index("answer")] * can_answer
    pairs = zip(probabilities.tolist(), first, strict=True)
    best, *others = sorted(pairs, key=lambda pair: (bool(pair[1].overtaken), -pair[0]))
    if best[1].overtaken or best[0] < model.thresholds["first"]:
        return ()
    further = [found for probability, found in others if probability >= model.thresholds["further"]]
    return (best[1], *further)[:_MAX_QUOTED]


def is_question(text: str) -> bool:
    """Return whether a query reads as a question."""
    return bool(_QUESTION.search(text.strip()))


def features(first: Sequence[FoundNote]) -> NDArray[np.float64]:
    """Return the features of the first results, shape (notes, 4).

    Columns: cosine to the query; share of the query's word weight; log of the length; (score - last score) / best
    score.
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
    """Return the share of the query's word weight that a note has, computed from its points."""
    points = {"coverage": 0.0, "words": 0.0, "nearness": 0.0}
    for reason in found.reasons:
        if reason.signal in points:
            points[reason.signal] += reason.points
    raised = _COVERAGE * (points["words"] + points["nearness"])
    return points["coverage"] / raised if raised else 0.0
