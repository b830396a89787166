"""Scores of the search on judged queries: over the samples, or over a set of passages."""

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeAlias

from index.engine import Engine, Publication
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
"""The name of each measure, and its name in ir-measures."""

DEPTH = 10  # hits that are scored; no measure looks further


class EvaluationError(ValueError):
    """A set that cannot be scored; the message names the file and the mistake."""


Search: TypeAlias = Callable[[str], tuple[Sequence[str], Sequence[str]]]
"""A function from a text to the ids of the found and of the near documents, best first."""


@dataclass(frozen=True, slots=True)
class JudgedQuery:
    """A query, its type (empty if the set has none), and the grades of its relevant documents by id."""

    id: str
    text: str
    type: str
    grades: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The scores of a search: the mean of each measure over the queries that have an answer, and by their type.

    Queries without an answer are counted separately; `answered_all_the_same` lists those that found a document.
    """

    queries: int
    measures: Mapping[str, float]
    by_type: Mapping[str, Mapping[str, float]]
    without_answer: int
    answered_all_the_same: tuple[str, ...]
    seconds: float


def evaluate(folder: Path = EVALUATION) -> Evaluation:
    """Score the search on a folder with `queries.jsonl` and `qrels.tsv`.

    The passages of a `passages.jsonl` are searched, else the bundled samples, whose notes have the ids `<file>:<line>`.
    Raises EvaluationError if the files are missing or malformed, or if ir-measures (the extra `evaluate`) is missing.
    """
    if find_spec("ir_measures") is None:
        raise EvaluationError(
            translatable("ir-measures, which scores a search, is missing: pip install 'talk-notes-kb[evaluate]'")
        )
    queries = read_queries(folder)
    with tempfile.TemporaryDirectory(prefix="kb-evaluate-") as name:
        index, has_passages = Path(name), (folder / "passages.jsonl").exists()
        return score(queries, _passage_search(folder, index) if has_passages else _sample_search(index))


def score(queries: Sequence[JudgedQuery], search: Search) -> Evaluation:
    """Return the scores of a search on judged queries; `seconds` is the time of all searches."""
    started = time.monotonic()
    results = {query.id: search(query.text) for query in queries}
    seconds = time.monotonic() - started
    ranked = {key: [*found, *near][:DEPTH] for key, (found, near) in results.items()}
    judged = [query for query in queries if query.grades]
    unanswered = [query for query in queries if not query.grades]
    types = dict.fromkeys(query.type for query in judged if query.type)
    return Evaluation(
        queries=len(queries),
        measures=_means(judged, ranked),
        by_type={name: _means([query for query in judged if query.type == name], ranked) for name in types},
        without_answer=len(unanswered),
        answered_all_the_same=tuple(query.text for query in unanswered if results[query.id][0]),
        seconds=seconds,
    )


def read_queries(folder: Path) -> tuple[JudgedQuery, ...]:
    """Return the queries of a folder with their grades. Raises EvaluationError if a file is missing or malformed."""
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


def _means(queries: Sequence[JudgedQuery], ranked: Mapping[str, Sequence[str]]) -> dict[str, float]:
    import ir_measures

    measures = {name: ir_measures.parse_measure(theirs) for name, theirs in MEASURES.items()}
    qrels = {query.id: dict(query.grades) for query in queries}
    run = {
        query.id: {document: 1 / rank for rank, document in enumerate(ranked[query.id], start=1)} for query in queries
    }
    means = ir_measures.calc_aggregate(measures.values(), qrels, run)
    return {name: round(float(means[measure]), 4) for name, measure in measures.items()}


def _sample_search(index: Path) -> Search:
    kb = KnowledgeBase.open(SAMPLES, index, WhooshEngine)
    kb.indexer.sync()
    kb.collection.engine.embed(lambda _done, _total: None)

    def search(text: str) -> tuple[Sequence[str], Sequence[str]]:
        answer = kb.searcher.search(Query(text, limit=DEPTH))
        found, near = ([f"{hit.note.source}:{hit.note.line}" for hit in hits] for hits in (answer.hits, answer.near))
        return found, near

    return search


def _passage_search(folder: Path, index: Path) -> Search:
    engine = passage_engine(folder, index)

    def search(text: str) -> tuple[Sequence[str], Sequence[str]]:
        results = engine.search(Query(text, limit=DEPTH))
        return [hit.id for hit in results.hits], [hit.id for hit in results.near]

    return search


def passage_engine(folder: Path, index: Path) -> Engine:
    """Return an engine over the passages of a folder, with their vectors."""
    tools = Tools()
    engine = WhooshEngine(index, SCHEMA, lambda _meta: query_parser(tools), embedder_of(tools.configuration))
    engine.publish(Publication({"passages": _documents(_lines(folder / "passages.jsonl"), tools)}, ("passages",), {}))
    engine.embed(lambda _done, _total: None)
    return engine


def _documents(passages: Iterable[Mapping[str, str]], tools: Tools) -> Iterator[Document]:
    """Yield each passage as a note below its title."""
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
