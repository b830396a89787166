"""Measure the search on judged queries, also with other weights: python tests/fitting/search.py SHARED WORK.

SHARED holds gold/judged, the labelled reports, and irdata/jaquad-dev. WORK caches their vectors, which take a quarter
of an hour the first time. The output is nDCG@10 of each set, and the share of queries with a useful first hit. A hit
without a grade counts as useless.
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

from index import ranking
from index.query import Query
from kb.evaluation import DEPTH, JudgedQuery, passage_engine, read_queries
from kb.knowledge_base import KnowledgeBase
from kb.library.places import EVALUATION, SAMPLES
from kb.report.model import Note

LABELS = Path(__file__).parents[2] / "data" / "labels"
NEARNESS, LIKENESS, AROUND = (0.0, 0.4), (1.5, 2.0, 2.5), (0.5, 1.0, 1.5)
EACH_OF_JAQUAD = 20  # of its questions; there are thousands


@dataclass(frozen=True, slots=True)
class Judged:
    """A query of a set, with a search that returns the names of hits as in the grades."""

    set: str
    query: JudgedQuery
    search: Callable[[str], Sequence[str]]


def main(shared: Path, work: Path) -> None:
    kb, named, queries = judged_library(shared, work / "labelled")
    every = [
        *_samples(work / "samples"),
        *_judged(shared, work / "judged"),
        *(Judged(name, query, _search(kb, named)) for name, query in queries),
        *_jaquad(shared / "irdata" / "jaquad-dev", work / "jaquad"),
    ]
    shipped: tuple[ranking.Signal, ...] = ranking.SIGNALS
    _print_figures("shipped", every)
    for weights in product(NEARNESS, LIKENESS, AROUND):
        changed = dict(zip(("nearness", "likeness", "around"), weights, strict=True))
        ranking.SIGNALS = tuple(  # type: ignore[assignment]  # as many, with other weights
            structs.replace(signal, weight=changed.get(signal.name, signal.weight)) for signal in shipped
        )
        _print_figures(str(changed), every)


def _print_figures(name: str, queries: Sequence[Judged]) -> None:
    figures = []
    for kind in dict.fromkeys(one.set for one in queries):
        reached = [_reached(one) for one in queries if one.set == kind and any(one.query.grades.values())]
        gains, first = zip(*reached, strict=True)
        figures.append(f"{kind} {statistics.mean(gains):.3f} ({statistics.mean(first):.3f})")
    sys.stdout.write(f"{name}: {', '.join(figures)}\n")


def _reached(one: Judged) -> tuple[float, bool]:
    """Return the nDCG@10 of a query, and whether its first hit is useful."""
    grades = one.query.grades
    found = [grades.get(name, 0) for name in dict.fromkeys(one.search(one.query.text))]
    return _gain(found[:DEPTH]) / _gain(sorted(grades.values(), reverse=True)[:DEPTH]), bool(found and found[0])


def _gain(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1) / math.log2(rank + 2) for rank, grade in enumerate(grades))


def _samples(index: Path) -> Iterator[Judged]:
    search = _search(_opened(SAMPLES, index), lambda note: f"{note.source}:{note.line}")
    yield from (Judged("samples", query, search) for query in read_queries(EVALUATION))


def _judged(shared: Path, work: Path) -> Iterator[Judged]:
    folder = shared / "gold" / "judged"
    _copied(shared, filter(None, (folder / "docs.txt").read_text("utf-8").splitlines()), work / "library")
    search = _search(_opened(work / "library", work / "index"), _digested)
    grades: dict[str, dict[str, int]] = {}
    for row in rows(folder / "qrels.tsv"):
        grades.setdefault(row["qid"], {})[f"{row['doc']}:{row['text_sha1']}"] = int(row["grade"])
    for row in rows(folder / "queries.tsv"):
        yield Judged("judged", JudgedQuery(row["qid"], row["query"], row["type"], grades.get(row["qid"], {})), search)


def judged_library(
    shared: Path, work: Path
) -> tuple[KnowledgeBase, Callable[[Note], str], list[tuple[str, JudgedQuery]]]:
    """Return the labelled reports, the function that names a note as in grades, and the queries with their sets."""
    documents = csv.reader((LABELS / "documents.tsv").open(), "excel-tab")
    numbers = {f"notes/{path}": number for number, path in documents if (shared / "notes" / path).is_file()}
    _copied(shared, numbers, work / "library")
    written = [path for path in (LABELS / "reports").iterdir() if not path.name.endswith(".labels.tsv")]
    for path in written:
        shutil.copy(path, work / "library")
    names = numbers | {path.name: path.stem for path in written}
    queries = []
    for name in ("kept", "search"):
        judged = graded(LABELS / f"{name}_judgements.tsv")
        for number, row in enumerate(rows(LABELS / f"{name}_queries.tsv"), start=1):
            grades = judged.get(str(number), {})
            queries.append((name, JudgedQuery(f"{name} {number}", row["query"], row["type"], grades)))
    kb = _opened(work / "library", work / "index")
    return kb, lambda note: f"{names.get(note.source)}:{note.line}", queries


def graded(file: Path) -> dict[str, dict[str, int]]:
    """Return the grades of notes by the number of the query; a note is document:line."""
    return {row["query"]: _grades(row) for row in rows(file)}


def _grades(row: Mapping[str, str | list[str]]) -> dict[str, int]:
    """Return the grade of each note of a row; a note is document:line and a digest of its text."""
    cells = " ".join([str(row["notes"]), *row.get("rest", ())])
    grades = re.findall(r"([012]): ([^\t]*?)(?= [012]: |$)", cells)
    return {":".join(note.split(":")[:2]): int(grade) for grade, notes in grades for note in notes.split()}


def _jaquad(folder: Path, index: Path) -> Iterator[Judged]:
    engine = passage_engine(folder, index)

    def search(text: str) -> Sequence[str]:
        results = engine.search(Query(text, limit=DEPTH))
        return [hit.id for hit in (*results.hits, *results.near)]

    yield from (Judged("jaquad", query, search) for query in read_queries(folder)[::EACH_OF_JAQUAD])


def _copied(shared: Path, reports: Iterator[str] | Mapping[str, str], library: Path) -> None:
    for report in reports:
        (library / report).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(shared / report, library / report)


def _digested(note: Note) -> str:
    digest = hashlib.sha1(re.sub(r"\s+", "", note.text).encode()).hexdigest()[:16]  # noqa: S324  # as graded
    return f"{note.source}:{digest}"


def _opened(library: Path, index: Path) -> KnowledgeBase:
    kb = KnowledgeBase.open(library, index)
    kb.indexer.sync()
    kb.indexer.embed()
    return kb


def _search(kb: KnowledgeBase, name: Callable[[Note], str]) -> Callable[[str], Sequence[str]]:
    def search(text: str) -> Sequence[str]:
        answer = kb.searcher.search(Query(text, limit=DEPTH))
        return [name(one.note) for one in (*answer.hits, *answer.near)]

    return search


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, restkey="rest"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
