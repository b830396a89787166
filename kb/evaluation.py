"""How good the search is, measured on judged queries: over the samples, or over any set of passages."""

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from index.engine import Engine
from index.messages import translatable
from index.query import Query
from index.schema import Document
from index.whoosh_engine import WhooshEngine
from kb.knowledge_base import KnowledgeBase
from kb.library.places import EVALUATION, SAMPLES
from kb.pipeline.reports import Tools
from kb.search.collection import embedder_of
from kb.search.documents import SCHEMA
from kb.search.search_box import query_parser

MEASURES = {
    "nDCG@10": "nDCG@10",
    "Recall@5": "R@5",
    "MRR@10": "RR@10",
    "R@1": "Success@1",  # the first hit is relevant
}
"""Each measure, and what ir-measures calls it."""

DEPTH = 10  # hits that are scored: the cut of nDCG@10, which no measure here looks below


class EvaluationError(ValueError):
    """A set that cannot be scored; the message names the file and what is wrong."""


Search: TypeAlias = Callable[[str], tuple[Sequence[str], Sequence[str]]]
"""From a text to the ids of what is found, and of what is near after it, each best first."""


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A query, its type (empty where the set tells none), and the grades of what is relevant to it."""

    id: str
    text: str
    type: str
    grades: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What a search reached: the mean of each measure over the queries with an answer, and over those of each type.

    The queries without an answer count apart: to which of them a note was found that says what was asked.
    """

    queries: int
    measures: Mapping[str, float]
    by_type: Mapping[str, Mapping[str, float]]
    without_answer: int
    answered_all_the_same: tuple[str, ...]
    seconds: float


def evaluate(folder: Path = EVALUATION) -> Evaluation:
    """Score the search on a folder with `queries.jsonl` and `qrels.tsv`.

    With a `passages.jsonl` those are searched, else the bundled samples, whose notes are named `<file>:<line>`. Raises
    EvaluationError where the folder holds no such files, or what measures (the extra `evaluate`) is not installed.
    """
    if find_spec("ir_measures") is None:
        raise EvaluationError(
            translatable("what scores a search is not installed: pip install 'talk-notes-kb[evaluate]'")
        )
    queries = read_queries(folder)
    with tempfile.TemporaryDirectory(prefix="kb-evaluate-") as index:
        search = _passage_search if (folder / "passages.jsonl").exists() else _sample_search
        return score(queries, search(folder, Path(index)))


def score(queries: Sequence[JudgedQuery], search: Search) -> Evaluation:
    """Return what a search reaches on judged queries; `seconds` is how long it took for all of them."""
    started = time.monotonic()
    ranked = {query.id: search(query.text) for query in queries}
    seconds = time.monotonic() - started
    found = {key: [*hits, *near][:DEPTH] for key, (hits, near) in ranked.items()}
    judged = [query for query in queries if query.grades]
    types = dict.fromkeys(query.type for query in judged if query.type)
    nothing = [query for query in queries if not query.grades]
    return Evaluation(
        queries=len(queries),
        measures=_means(judged, found),
        by_type={name: _means([query for query in judged if query.type == name], found) for name in types},
        without_answer=len(nothing),
        answered_all_the_same=tuple(query.text for query in nothing if ranked[query.id][0]),
        seconds=seconds,
    )


def read_queries(folder: Path) -> tuple[JudgedQuery, ...]:
    """Return the queries of a folder with their grades. Raises EvaluationError where its files cannot be used."""
    grades: dict[str, dict[str, int]] = {}
    try:
        for line in (folder / "qrels.tsv").read_text("utf-8").splitlines():
            query, document, grade = line.split("\t")[:3]
            grades.setdefault(query, {})[document] = int(grade)
        return tuple(
            JudgedQuery(query["id"], query["text"], query.get("type", ""), grades.get(query["id"], {}))
            for query in _lines(folder / "queries.jsonl")
        )
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise EvaluationError(
            translatable("{0}: no set of judged queries (queries.jsonl, qrels.tsv): {1}", folder, error)
        ) from error


def _means(queries: Sequence[JudgedQuery], found: Mapping[str, Sequence[str]]) -> dict[str, float]:
    import ir_measures

    measures = {name: ir_measures.parse_measure(called) for name, called in MEASURES.items()}
    qrels = {query.id: dict(query.grades) for query in queries}
    run = {
        query.id: {document: 1 / rank for rank, document in enumerate(found[query.id], start=1)} for query in queries
    }
    means = ir_measures.calc_aggregate(measures.values(), qrels, run)
    return {name: round(float(means[measure]), 4) for name, measure in measures.items()}


def _sample_search(_: Path, index: Path) -> Search:
    kb = KnowledgeBase.open(SAMPLES, index, WhooshEngine)
    kb.indexer.sync()
    kb.collection.engine.embed(_silent)

    def search(text: str) -> tuple[Sequence[str], Sequence[str]]:
        answer = kb.searcher.search(Query(text, limit=DEPTH))
        found, near = ([f"{one.note.source}:{one.note.line}" for one in some] for some in (answer.hits, answer.near))
        return found, near

    return search


def _passage_search(folder: Path, index: Path) -> Search:
    passages = passage_engine(folder, index)

    def search(text: str) -> tuple[Sequence[str], Sequence[str]]:
        results = passages.search(Query(text, limit=DEPTH))
        return [hit.id for hit in results.hits], [hit.id for hit in results.near]

    return search


def passage_engine(folder: Path, index: Path) -> Engine:
    """Return an engine over the passages of a folder, with their vectors."""
    tools = Tools()
    passages = WhooshEngine(index, SCHEMA, lambda: query_parser(tools), embedder_of(tools.configuration))
    passages.publish({"passages": _passages(_lines(folder / "passages.jsonl"), tools)}, (), ("passages",), {})
    passages.embed(_silent)
    return passages


def _silent(_done: int, _total: int) -> None:
    """Show nobody how many vectors are made."""


def _passages(passages: Iterable[Mapping[str, str]], tools: Tools) -> Iterator[Document]:
    """Yield each passage as a note under its title."""
    analyzer = tools.analyzer
    for passage in passages:
        text = analyzer.morphemes(passage["text"])
        title = analyzer.morphemes(passage.get("title", ""))
        yield Document(
            id=passage["id"],
            texts={
                "text": (*analyzer.terms(text), *analyzer.shingles(text), *analyzer.phonetic_keys(text)),
                "talk": analyzer.terms(title),
            },
            literal=passage["text"],
            passage=" > ".join(filter(None, (passage.get("title"), passage["text"]))),
        )


def _lines(file: Path) -> Iterator[Any]:
    with file.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)
