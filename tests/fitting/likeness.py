"""Fits how likeness finds and orders, in cross-validation over queries: python tests/fitting/likeness.py LABELS WORK.

LABELS holds gold/judged with the reports that it names, and irdata/jaquad-dev; WORK is a folder that keeps their
vectors, whose making takes some minutes the first time. For each tenth of the queries the setting is chosen on all
others, and scored on it. The setting that is shipped is scored on each tenth, too.
"""

import csv
import hashlib
import math
import re
import shutil
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from msgspec import structs

from index import ladder, ranking
from index.query import Query
from index.whoosh_engine import WhooshEngine
from kb.evaluation import DEPTH, JudgedQuery, passage_engine, read_queries
from kb.knowledge_base import KnowledgeBase
from kb.library.places import EVALUATION, SAMPLES
from kb.report.model import Note

FOLDS = 10
MOST_ANSWERED = 0.2  # of the queries of a set without an answer
LIKENESS, AROUND = (1.5, 2.0, 2.5), (0.0, 0.5, 1.0, 1.5)
COUNTS, NEEDED = (1.0, 1.25, 1.5, 2.0), (0.5, 0.55, 0.6, 0.65, 0.7, 0.75)
EACH_OF_JAQUAD = 20  # of its questions; there are thousands

Weights = tuple[float, float]  # of likeness, and of what is around
Gate = tuple[float, float]  # how much likeness counts beside the words, and how much is needed of both
Setting = tuple[Weights, Gate]


@dataclass(frozen=True, slots=True)
class Judged:
    """A query of a set, with its search, which gives the names that its grades are told by."""

    set: str
    query: JudgedQuery
    search: Callable[[str], Sequence[str]]

    @property
    def fold(self) -> int:
        return hashlib.sha256(self.query.text.encode()).digest()[0] % FOLDS


@dataclass(frozen=True, slots=True)
class Reached:
    """What a query reaches if it is answered and if not, in nDCG@10 or whether anything is found; and what told."""

    answered: float
    refused: float
    share: float
    cosine: float

    def at(self, gate: Gate) -> float:
        counts, needed = gate
        return self.answered if self.share + counts * self.cosine >= needed else self.refused


def main(labels: Path, work: Path) -> None:
    queries = [
        *_samples(work / "samples"),
        *_judged(labels, work / "library", work / "index"),
        *_jaquad(labels / "irdata" / "jaquad-dev", work / "jaquad"),
    ]
    shipped: Setting = (_shipped_weights(), (ladder.LIKENESS_COUNTS, ladder.NEEDED))
    reached = {weights: [_reached(weights, query) for query in queries] for weights in product(LIKENESS, AROUND)}
    settings = list(product(reached, product(COUNTS, NEEDED)))
    every = {(w, gate): [one.at(gate) for one in reached[w]] for w, gate in settings}

    def best(without: int | None) -> Setting:
        def objective(setting: Setting) -> float:
            return _objective([pair for pair in zip(queries, every[setting], strict=True) if pair[0].fold != without])

        return max(settings, key=objective)

    held_out: dict[int, list[tuple[Judged, float]]] = {}
    for fold in range(FOLDS):
        setting = best(without=fold)
        held_out[fold] = [(q, v) for q, v in zip(queries, every[setting], strict=True) if q.fold == fold]
        sys.stdout.write(f"without the {fold}. tenth: {setting}\n")
    _tell("held out", held_out)
    own = {
        fold: [(q, v) for q, v in zip(queries, every[shipped], strict=True) if q.fold == fold] for fold in range(FOLDS)
    }
    _tell("shipped", own)
    sys.stdout.write(f"chosen on all: {best(without=None)}\n")


def _tell(name: str, by_fold: Mapping[int, Sequence[tuple[Judged, float]]]) -> None:
    every = [pair for pairs in by_fold.values() for pair in pairs]
    for kind in dict.fromkeys(q.set for q, _ in every):
        means = [_mean(pair for pair in pairs if pair[0].set == kind) for pairs in by_fold.values()]
        answered = [value for q, value in every if q.set == kind and not q.query.grades]
        sys.stdout.write(
            f"{name}, {kind}: nDCG@10 {_mean(pair for pair in every if pair[0].set == kind):.3f}, "
            f"worst tenth {min(means):.3f}, {sum(answered):.0f} of {len(answered)} answered\n"
        )
    worst = min(_mean(pair for pair in pairs if pair[0].set != "jaquad") for pairs in by_fold.values())
    mean = _mean(pair for pair in every if pair[0].set != "jaquad")
    sys.stdout.write(f"{name}, judged and samples: nDCG@10 {mean:.3f}, worst tenth {worst:.3f}\n")


def _mean(pairs: Iterator[tuple[Judged, float]]) -> float:
    gains = [value for q, value in pairs if q.query.grades]
    return statistics.mean(gains) if gains else math.nan


def _objective(pairs: Sequence[tuple[Judged, float]]) -> float:
    """Return the mean over the sets of their nDCG, less where too many without an answer are answered."""
    total = 0.0
    kinds = dict.fromkeys(q.set for q, _ in pairs)
    for kind in kinds:
        own = [(q, value) for q, value in pairs if q.set == kind]
        nothing = [value for q, value in own if not q.query.grades]
        total += _mean(iter(own)) - max(0.0, statistics.mean(nothing or [0.0]) - MOST_ANSWERED)
    return total / len(kinds)


def _reached(weights: Weights, one: Judged) -> Reached:
    given = dict(zip(("likeness", "around"), weights, strict=True))
    ranking.SIGNALS = tuple(
        structs.replace(signal, weight=given.get(signal.name, signal.weight)) for signal in ranking.SIGNALS
    )
    told: list[tuple[float, float]] = []

    def searched(*, answered: bool) -> float:
        def is_answered(pieces, words, source) -> bool:  # type: ignore[no-untyped-def]  # noqa: ANN001
            likest = source.likest(pieces)
            told.append((source.best_share(words), likest.cosine if likest else 0.0))
            return answered

        ladder._is_answered = is_answered  # noqa: SLF001  # what is fitted
        found = list(dict.fromkeys(one.search(one.query.text)))
        ideal = _gain(sorted(one.query.grades.values(), reverse=True)[:DEPTH])
        return _gain([one.query.grades.get(name, 0) for name in found]) / ideal if ideal else float(bool(found))

    values = searched(answered=True), searched(answered=False)
    return Reached(*values, *(told[0] if told else (0.0, 0.0)))


def _shipped_weights() -> Weights:
    given = {signal.name: signal.weight for signal in ranking.SIGNALS}
    return given["likeness"], given["around"]


def _gain(grades: Sequence[int]) -> float:
    return sum((2**grade - 1) / math.log2(rank + 2) for rank, grade in enumerate(grades))


def _samples(index: Path) -> Iterator[Judged]:
    search = _search(SAMPLES, index, lambda note: f"{note.source}:{note.line}")
    yield from (Judged("samples", query, search) for query in read_queries(EVALUATION))


def _judged(labels: Path, library: Path, index: Path) -> Iterator[Judged]:
    folder = labels / "gold" / "judged"
    for report in filter(None, (folder / "docs.txt").read_text("utf-8").splitlines()):
        (library / report).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(labels / report, library / report)
    search = _search(library, index, _name)
    grades: dict[str, dict[str, int]] = {}
    for row in _rows(folder / "qrels.tsv"):
        grades.setdefault(row["qid"], {})[f"{row['doc']}:{row['text_sha1']}"] = int(row["grade"])
    for row in _rows(folder / "queries.tsv"):
        own = {} if row["type"] == "none" else grades.get(row["qid"], {})
        if row["type"] == "none" or any(own.values()):
            yield Judged("judged", JudgedQuery(row["qid"], row["query"], row["type"], own), search)


def _jaquad(folder: Path, index: Path) -> Iterator[Judged]:
    engine = passage_engine(folder, index, WhooshEngine)
    for query in read_queries(folder)[::EACH_OF_JAQUAD]:
        yield Judged("jaquad", query, lambda text: [hit.id for hit in engine.search(Query(text, limit=DEPTH)).hits])


def _name(note: Note) -> str:
    digest = hashlib.sha1(re.sub(r"\s+", "", note.text).encode()).hexdigest()[:16]  # noqa: S324  # as graded
    return f"{note.source}:{digest}"


def _search(library: Path, index: Path, name: Callable[[Note], str]) -> Callable[[str], Sequence[str]]:
    kb = KnowledgeBase.open(library, index)
    kb.keeper.sync()
    kb.keeper.embed()
    return lambda text: [name(found.note) for found in kb.searcher.search(Query(text, limit=DEPTH)).found]


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
