"""Orders the first results of a search by how likely each is useful, and drops near ones that hardly are.

The sentence model compares the query with each of the first notes (`index.embedding.onnx_model`). Boosted trees over
its result and the signals of the engine give the probabilities (`tests/fitting/relevance.py`). Without the model the
order is the engine's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from msgspec.structs import replace as replace_fields
from numpy.typing import NDArray

from index.engine import MAX_NEAR_HITS, Results, near_limit
from index.query import Query
from index.ranking import SIGNALS, WEIGHTS, SignalName
from kb.learning import load_trees
from kb.report.model import Note
from kb.search.facets import by_strength
from kb.search.results import FoundNote, Relevance

if TYPE_CHECKING:
    from index.embedding import PassageReader

FIRST = MAX_NEAR_HITS  # notes of each tier that are compared
_SCORE_WEIGHT = 4.0  # of the engine's score, next to the logarithm of the odds that a note is useful
_LEAST = 1e-3  # a probability
LEAST_USEFUL = 0.05  # the probability of near notes that are listed
_LEAST_COSINE = 0.3  # of the most similar note where no note has all words; below it hardly any is useful

Compared: TypeAlias = NDArray[np.floating[Any]]
"""The similarity of a query to each note with the text above it, and to its own text alone: (notes, 2)."""


def comparison(reader: "PassageReader", text: str, known: dict[str, Compared]) -> Callable[[Sequence[Note]], Compared]:
    """Return the function that compares a text with notes; `known` caches its results by the ids of notes."""

    def compare(notes: Sequence[Note]) -> Compared:
        if new := [note for note in notes if note.id not in known]:
            compared = reader.compare(text, [note.passage for note in new])
            known.update(zip((note.id for note in new), compared, strict=True))
        return np.array([known[note.id] for note in notes])

    return compare


def decides(query: Query) -> bool:
    """Return whether relevance orders the first hits of a query: not while typing, nor on later pages."""
    by_words = query.text and query.sort == "relevance" and not query.typing
    return bool(by_words) and query.limit != 0 and query.offset < FIRST


def widened(query: Query) -> Query:
    """Return the query for all hits that are compared, with their reasons."""
    limit = None if query.limit is None else max(query.offset + query.limit, FIRST)
    return replace(query, offset=0, limit=limit, explain=True)


def ordered(
    query: Query,
    found: Results,
    hits: Sequence[FoundNote],
    near: Sequence[FoundNote],
    compare: Callable[[Sequence[Note]], Compared],
) -> tuple[tuple[FoundNote, ...], tuple[FoundNote, ...]]:
    """Return the hits in the window of a query and the near notes, best first.

    They are chosen from those of the `widened` query. Notes that only likely are of a selected kind come last. Before
    the notes have vectors, the order is the engine's.
    """
    end, most_near = None if query.limit is None else query.offset + query.limit, near_limit(query, found.total)
    first, others, near = hits[:FIRST], hits[FIRST:], near if most_near else ()
    if any(map(_cosine, (*first, *near))):
        rated = _rated((*first, *near), compare)
        useful = [one for one in rated[len(first) :] if one.relevance and one.relevance.useful >= LEAST_USEFUL]
        first, near = _best_first(query, rated[: len(first)]), _best_first(query, useful)
    return (*first, *others)[query.offset : end], tuple(near[:most_near])


def are_far(near: Sequence[FoundNote]) -> bool:
    """Return whether not even the most similar of the near notes is similar enough to be useful; they need vectors."""
    return max(map(_cosine, near), default=0.0) < _LEAST_COSINE


def _rated(notes: Sequence[FoundNote], compare: Callable[[Sequence[Note]], Compared]) -> list[FoundNote]:
    model = load_trees("relevance")
    rows = features(notes, compare([one.note for one in notes]))
    chances = model.probabilities(rows)
    answers, useful = (chances[:, model.labels.index(label)] for label in ("answer", "useful"))
    useful = answers + useful
    scores = np.array([one.score for one in notes])
    odds = np.log((useful + answers + _LEAST) / (1 - useful + _LEAST))
    gains = odds + _SCORE_WEIGHT * scores / (scores.max() or 1.0)
    relevances = map(Relevance, answers.tolist(), useful.tolist(), gains.tolist())
    return [replace_fields(one, relevance=own) for one, own in zip(notes, relevances, strict=True)]


def _best_first(query: Query, notes: Sequence[FoundNote]) -> tuple[FoundNote, ...]:
    def gain(one: FoundNote) -> float:
        return one.relevance.gain if one.relevance else 0.0

    return tuple(
        one for part in by_strength(query, notes, lambda one: one.note) for one in sorted(part, key=gain, reverse=True)
    )


def features(notes: Sequence[FoundNote], compared: Compared) -> NDArray[np.float64]:
    """Return the features of the first notes that a search found, (notes, features); they need reasons.

    `compared` is the similarity of the query to each note and to its own text, (notes, 2). Columns: these two; the same
    less the greatest of all; the part of each signal in the highest score; the score as a part of it, and its distance
    from the lowest; the cosine, and that less the greatest; the share of the query's word weight; the logarithm of the
    length; whether the note is a label, and whether it is an impression or a question.
    """
    points = [_points(one) for one in notes]
    scores, cosines = np.array([one.score for one in notes]), np.array([_cosine(one) for one in notes])
    highest, kinds = scores.max() or 1.0, [one.note.kind for one in notes]
    columns = (
        *compared.T,
        *(compared - compared.max(axis=0)).T,
        *([own[signal.name] / highest for own in points] for signal in SIGNALS),
        scores / highest,
        (scores - scores.min()) / highest,
        cosines,
        cosines - cosines.max(),
        [_share(own) for own in points],
        np.log1p([len(one.note.text) for one in notes]),
        [kind == "label" for kind in kinds],
        [kind in ("impression", "question") for kind in kinds],
    )
    return np.array(columns, np.float64).T


def _points(found: FoundNote) -> dict[SignalName, float]:
    points = {signal.name: 0.0 for signal in SIGNALS}
    for reason in found.reasons:
        points[reason.signal] += reason.points
    return points


def _cosine(found: FoundNote) -> float:
    return next((reason.cosine for reason in found.reasons if reason.cosine is not None), 0.0)


def _share(points: Mapping[SignalName, float]) -> float:
    """Return the share of the query's word weight that a note has, computed from its points."""
    raised = WEIGHTS["coverage"] * (points["words"] + points["nearness"])
    return points["coverage"] / raised if raised else 0.0
