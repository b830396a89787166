"""Fits how likeness finds and orders, in cross-validation over queries: python tests/fitting/likeness.py LABELS WORK.

LABELS holds gold/judged and the reports that it names; WORK is a folder that keeps their vectors, whose making takes
some minutes the first time. For each tenth of the queries the setting is chosen on all others, and scored on it.
"""

import csv
import hashlib
import math
import re
import shutil
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from index import likeness, ranking
from index.query import Query
from kb.evaluation import DEPTH, JudgedQuery, read_queries
from kb.knowledge_base import KnowledgeBase
from kb.library.places import EVALUATION, SAMPLES
from kb.report.model import Note

FOLDS = 10
MOST_ANSWERED = 0.2  # of the queries without an answer
WEIGHTS, GATES, LEAST = (1.0, 1.5, 2.0, 3.0), (0.1, 0.105, 0.112, 0.118), (0.2, 0.25, 0.3)


@dataclass(frozen=True, slots=True)
class Setting:
    """What is fitted: how much likeness counts, how like the best must be, and how like any."""

    weight: float
    gate: float
    least: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A query of a set, with its search, and how a found note is named in its grades."""

    query: JudgedQuery
    search: Callable[[str], Sequence[Note]]
    name: Callable[[Note], str]

    @property
    def fold(self) -> int:
        return hashlib.sha256(self.query.text.encode()).digest()[0] % FOLDS


def main(labels: Path, work: Path) -> None:
    queries = [*_samples(work / "samples"), *_judged(labels, work / "library", work / "index")]
    settings = [Setting(*values) for values in product(WEIGHTS, GATES, LEAST)]
    reached = {setting: _reached(setting, queries) for setting in settings}
    held_out: list[float] = []
    answered: list[float] = []
    for fold in range(FOLDS):
        best = max(settings, key=lambda one: _objective(reached[one], [q for q in queries if q.fold != fold]))
        left_out = [q for q in queries if q.fold == fold]
        held_out += [reached[best][q.query.id] for q in left_out if q.query.grades]
        answered += [reached[best][q.query.id] for q in left_out if not q.query.grades]
        sys.stdout.write(f"without the {fold}. tenth: {best}\n")
    chosen = max(settings, key=lambda one: _objective(reached[one], queries))
    sys.stdout.write(
        f"held out: nDCG@10 {statistics.mean(held_out):.3f}, {sum(answered):.0f} of {len(answered)} answered\n"
    )
    sys.stdout.write(f"chosen on all: {chosen}\n")


def _objective(reached: Mapping[str, float], queries: Sequence[Judged]) -> float:
    """Return the mean nDCG over the sets' queries, less where too many without an answer are answered."""
    nothing = [reached[q.query.id] for q in queries if not q.query.grades]
    gains = [reached[q.query.id] for q in queries if q.query.grades]
    return statistics.mean(gains) - max(0.0, statistics.mean(nothing) - MOST_ANSWERED)


def _reached(setting: Setting, queries: Sequence[Judged]) -> dict[str, float]:
    """Return the nDCG@10 of each query, of one without an answer whether it was answered."""
    likeness.LEAST_COSINE, likeness._GATE = setting.least, setting.gate  # noqa: SLF001  # what is fitted
    ranking.SIGNALS = tuple(
        replace(signal, weight=setting.weight) if signal.name == "likeness" else signal for signal in ranking.SIGNALS
    )
    reached = {}
    for one in queries:
        found = one.search(one.query.text)
        names = list(dict.fromkeys(map(one.name, found)))
        grades = [one.query.grades.get(name, 0) for name in names]
        ideal = _gain(sorted(one.query.grades.values(), reverse=True)[:DEPTH])
        reached[one.query.id] = _gain(grades) / ideal if ideal else float(bool(found))
    return reached


def _gain(grades: Sequence[int]) -> float:
    return sum((2**grade - 1) / math.log2(rank + 2) for rank, grade in enumerate(grades))


def _samples(index: Path) -> Iterator[Judged]:
    search = _search(SAMPLES, index)
    for query in read_queries(EVALUATION):
        yield Judged(query, search, lambda note: f"{note.source}:{note.line}")


def _judged(labels: Path, library: Path, index: Path) -> Iterator[Judged]:
    folder = labels / "gold" / "judged"
    for report in filter(None, (folder / "docs.txt").read_text("utf-8").splitlines()):
        (library / report).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(labels / report, library / report)
    search = _search(library, index)
    grades: dict[str, dict[str, int]] = {}
    for row in _rows(folder / "qrels.tsv"):
        grades.setdefault(row["qid"], {})[f"{row['doc']}:{row['text_sha1']}"] = int(row["grade"])
    for row in _rows(folder / "queries.tsv"):
        own = {} if row["type"] == "none" else grades.get(row["qid"], {})
        if row["type"] == "none" or any(own.values()):
            yield Judged(JudgedQuery(row["qid"], row["query"], row["type"], own), search, _name)


def _name(note: Note) -> str:
    digest = hashlib.sha1(re.sub(r"\s+", "", note.text).encode()).hexdigest()[:16]  # noqa: S324  # as graded
    return f"{note.source}:{digest}"


def _search(library: Path, index: Path) -> Callable[[str], Sequence[Note]]:
    kb = KnowledgeBase.open(library, index)
    kb.keeper.sync()
    kb.keeper.embed()
    return lambda text: [found.note for found in kb.searcher.search(Query(text, limit=DEPTH)).found]


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
