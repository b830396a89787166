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
from kb.search.relevance import LEAST_USEFUL, features
from kb.search.results import FoundNote
from kb.storage.caches import cache_folder

LABELS = ("other", "useful", "answer")
FOLDS = 8
QUOTED = {"first": 0.65, "further": 0.38}  # probabilities; of the first quotes of new queries 9 in 10 are useful


def main(shared: Path) -> None:
    queries, rows, grades, quotable = zip(*_examples(shared), strict=True)
    rows, grades, folds = np.array(rows), np.array(grades), np.array(folds_of(queries, FOLDS))
    judged, predicted = grades >= 0, np.zeros((len(rows), len(LABELS)))
    for fold in range(FOLDS):
        learned = judged & (folds != fold)
        model = fitted_trees(rows[learned], grades[learned], LABELS, {})
        predicted[folds == fold] = model.probabilities(rows[folds == fold])
    answers, chances = predicted[:, 2] * np.array(quotable), predicted[:, 1:].sum(axis=1)
    by_query: dict[str, list[int]] = {}
    for row, query in enumerate(queries):
        by_query.setdefault(query, []).append(row)
    first = [max(rows, key=answers.__getitem__) for rows in by_query.values()]
    quoted = grades[[row for row in first if answers[row] >= QUOTED["first"]]]
    listed, useful = chances >= LEAST_USEFUL, grades > 0
    figures = {
        "queries": len(by_query),
        "answered": sum(2 in grades[rows] for rows in by_query.values()),
        "quoted": len(quoted),
        "first quote answers": float((quoted == 2).mean()),
        "first quote is useful": float((quoted > 0).mean()),
        "useful notes listed": float(listed[useful].mean()),
        "listed notes useful": float(useful[listed & judged].mean()),
    }
    write("relevance", fitted_trees(rows[judged], grades[judged], LABELS, QUOTED), {"queries left out": figures})
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


if __name__ == "__main__":
    main(Path(sys.argv[1]))
