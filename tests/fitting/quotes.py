"""Fit which notes are quoted as answers to a search: python tests/fitting/quotes.py SHARED (see `make fit`).

The examples are the first ten notes of each labelled query; grade 2 is an answer. Queries are held out. A note
without a grade is no example and counts as wrong.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from learner import Example, calibrated, draw_reliability, fitted, held_out, write
from search import judged_library

from index.query import Query
from kb.search.quotes import FIRST, features
from kb.storage.caches import cache_folder

LABELS = ("other", "answer")
SCALE = 1.0  # of the vectors, which hold four features and no sentence
PRECISION = {"first": 0.9, "further": 0.85}  # required share of useful quotes


def main(shared: Path) -> None:
    examples, grades = zip(*_examples(shared), strict=True)
    predicted = calibrated(held_out(examples, LABELS, SCALE), examples, LABELS)[:, 1]
    by_query: dict[str, list[int]] = {}
    for row, one in enumerate(examples):
        by_query.setdefault(one.document, []).append(row)
    ranked = [sorted(rows, key=lambda row: -predicted[row]) for rows in by_query.values()]
    first = [rows[0] for rows in ranked]
    thresholds = {"first": _threshold(predicted, grades, first, PRECISION["first"])}
    shown = [rows for rows in ranked if predicted[rows[0]] >= thresholds["first"]]
    thresholds["further"] = _threshold(
        predicted, grades, [row for rows in shown for row in rows[1:3]], PRECISION["further"]
    )
    answered = sum(2 in [grades[row] for row in rows] for rows in ranked)
    query_figures = {
        "queries": len(ranked),
        "answered among the first ten": answered,
        "quoted": len(shown),
        "first quote answers": float(np.mean([grades[rows[0]] == 2 for rows in shown])),
        "first quote is useful": float(np.mean([grades[rows[0]] > 0 for rows in shown])),
    }
    write("quotes", fitted(examples, LABELS, thresholds, SCALE), {"queries left out": query_figures})
    rows = [row for row, one in enumerate(examples) if one.label]
    draw_reliability("quotes", {"answer": (predicted[rows], [grades[row] == 2 for row in rows])})


def _examples(shared: Path) -> Iterator[tuple[Example, int]]:
    """Yield the first ten notes of each query, with their grades or -1."""
    kb, named, queries = judged_library(shared, cache_folder("model") / "fitting_search")
    for _, query in queries:
        answer = kb.searcher.search(Query(query.text, limit=FIRST, explain=True))
        first = (*answer.hits, *answer.near)[:FIRST]
        for found, row in zip(first, features(first), strict=True):
            grade = query.grades.get(named(found.note), -1)
            label = "" if grade < 0 else LABELS[grade == 2]
            yield Example((), label, query.id, query.id, vector=row), grade


def _threshold(predicted: np.ndarray, grades: tuple[int, ...], rows: list[int], useful: float) -> float:
    """Return the lowest threshold from which a share of the rows is useful; 1.01 if there is none."""
    order = sorted(rows, key=lambda row: -predicted[row])
    share = np.cumsum([grades[row] > 0 for row in order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(share >= useful)
    return float(np.ceil(predicted[order[enough[-1]]] * 100) / 100) if len(enough) else 1.01


if __name__ == "__main__":
    main(Path(sys.argv[1]))
