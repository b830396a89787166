"""Fit how likely a note is useful and answers a search: python tests/fitting/relevance.py LABELS (see `make fit`).

The examples are the judged notes among the first of each labelled query, which the reranking model has not learned
from; grade 2 is an answer, grade 1 useful. Queries are held out.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from learner import draw_reliability, fitted_trees, folds_of, write
from numpy.typing import NDArray
from search import judged_library

from index.query import Query
from kb.search.quotes import can_answer
from kb.search.relevance import features
from kb.search.results import FoundNote
from kb.storage.caches import cache_folder

LABELS = ("other", "useful", "answer")
FOLDS = 8
LISTED = {"any": 0.18, "each": 0.05}  # the least probability of near notes to be useful: of the best one, and of each
PRECISION = {"first": 0.9, "further": 0.85}  # required share of useful quotes


def main(shared: Path) -> None:
    queries, rows, grades, quotable = zip(*_examples(shared), strict=True)
    rows, grades, folds = np.array(rows), np.array(grades), np.array(folds_of(queries, FOLDS))
    judged, predicted = grades >= 0, np.zeros((len(rows), len(LABELS)))
    for fold in range(FOLDS):
        learned = judged & (folds != fold)
        model = fitted_trees(rows[learned], grades[learned], LABELS, {})
        predicted[folds == fold] = model.probabilities(rows[folds == fold])
    answers = predicted[:, 2] * np.array(quotable)
    by_query: dict[str, list[int]] = {}
    for row, query in enumerate(queries):
        by_query.setdefault(query, []).append(row)
    ranked = [sorted(rows, key=lambda row: -answers[row]) for rows in by_query.values()]
    first = [rows[0] for rows in ranked]
    thresholds = {**LISTED, "first": _threshold(answers, grades, first, PRECISION["first"])}
    shown = [rows for rows in ranked if answers[rows[0]] >= thresholds["first"]]
    thresholds["further"] = _threshold(
        answers, grades, [row for rows in shown for row in rows[1:3]], PRECISION["further"]
    )
    useful = grades > 0
    chances = predicted[:, 1:].sum(axis=1)
    is_empty = {query: chances[rows].max() < LISTED["any"] for query, rows in by_query.items()}
    listed = (chances >= LISTED["each"]) & [not is_empty[query] for query in queries]
    empty = [is_empty[query] for query, rows in by_query.items() if not useful[rows].any()]
    emptied = [is_empty[query] for query, rows in by_query.items() if useful[rows].any()]
    figures = {
        "queries": len(ranked),
        "answered": sum(2 in [grades[row] for row in rows] for rows in ranked),
        "quoted": len(shown),
        "first quote answers": float(np.mean([grades[rows[0]] == 2 for rows in shown])),
        "first quote is useful": float(np.mean([grades[rows[0]] > 0 for rows in shown])),
        "useful notes listed": float(listed[useful].mean()),
        "listed notes useful": float(useful[listed & judged].mean()),
        "nothing useful": len(empty),
        "nothing listed of these": sum(empty),
        "nothing listed though a note is useful": sum(emptied),
    }
    write("relevance", fitted_trees(rows[judged], grades[judged], LABELS, thresholds), {"queries left out": figures})
    draw_reliability("relevance", {"useful": (chances[judged], useful[judged])})


def _examples(shared: Path) -> Iterator[tuple[str, NDArray[np.float64], int, bool]]:
    """Yield the first notes of each query: its id, their features, grades or -1, and whether they can be quoted."""
    kb, named, queries = judged_library(shared, cache_folder("model") / "fitting_search")
    snapshot, reader = kb.collection.snapshot(), kb.collection.passage_reader()
    for _, query in queries:
        results = snapshot.reader.search(Query(query.text, explain=True))
        hits = [*results.hits, *results.near]
        first = [FoundNote(hit.id, hit.score, hit.stored, hit.reasons, note=snapshot.note(hit.stored)) for hit in hits]
        if not first or not results.text:
            continue
        compared = reader.compare(results.text, [found.note.passage for found in first])
        for found, row in zip(first, features(first, compared), strict=True):
            yield query.id, row, query.grades.get(named(found.note), -1), can_answer(found)


def _threshold(predicted: np.ndarray, grades: np.ndarray, rows: list[int], useful: float) -> float:
    """Return the lowest threshold from which a share of the rows is useful; 1.01 if there is none."""
    order = sorted(rows, key=lambda row: -predicted[row])
    share = np.cumsum([grades[row] > 0 for row in order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share >= useful)
    return float(np.ceil(predicted[order[enough[-1]]] * 100) / 100) if len(enough) else 1.01


if __name__ == "__main__":
    main(Path(sys.argv[1]))
