"""The faces that must agree over the samples (page, command, oracle), and random queries for them."""

import random
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from flask.testing import FlaskClient
from scan_engine import ScanEngine

from index.engine import Publication
from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.library.files import Library
from kb.pipeline.reports import finish_report
from kb.readers.formats import read_outline
from kb.search.documents import SCHEMA, documents
from kb.search.facets import keys
from kb.search.search_box import query_parser
from webui.app import create_app

SAMPLES = Path(__file__).resolve().parents[2] / "data" / "samples"
FACETS = keys("table")
MARKERS = ("likely advice", "likely problem")  # values that order the hits, and are no choice of a reader


class Faces(NamedTuple):
    """The page and the oracle, the places for the command, and the words and values of queries."""

    page: FlaskClient
    places: tuple[str, ...]
    oracle: ScanEngine
    words: list[str]
    values: dict[str, list[str]]


def faces_over(index: Path) -> Faces:
    """Return the faces over the samples, indexed in a folder."""
    kb = KnowledgeBase.open(SAMPLES, index)
    kb.indexer.sync()
    every = [
        finish_report(read_outline(file.data, file.source), kb.collection.tools)
        for file in Library(SAMPLES).scan().files
    ]
    oracle = ScanEngine(SCHEMA, query_parser(kb.collection.tools))
    analyzer, domain = kb.collection.tools.analyzer, kb.collection.domain
    replaced = {one.report.source: documents(one.report, one.morphemes, analyzer, domain) for one in every}
    oracle.publish(Publication(replaced, tuple(replaced), {}))
    morphemes = [m for one in every for ms in one.morphemes.values() for m in ms]
    words = sorted({m.surface for m in morphemes if m.part_of_speech[0] in ("名詞", "動詞")})
    counts = oracle.search(Query(limit=0, facets=FACETS)).facets
    values = {group: [count.value for count in counts[group] if count.value not in MARKERS] for group in FACETS}
    places = ("--library", str(SAMPLES), "--index", str(index))
    return Faces(create_app(kb).test_client(), places, oracle, words, values)


def a_query(rng: random.Random, faces: Faces) -> Query:
    """Return a query of up to three words and up to three selections."""
    query = Query(text=" ".join(rng.sample(faces.words, rng.choice([0, 1, 1, 1, 2, 3]))), facets=FACETS)
    for group in rng.sample(FACETS, rng.choice([0, 0, 1, 1, 2, 3])):
        values = faces.values[group]
        query = query.select(group, *sorted(rng.sample(values, min(len(values), rng.choice([1, 1, 2])))))
    return query


def answer_of_the_oracle(faces: Faces, query: Query) -> tuple[Any, ...]:
    likely = tuple(f"likely {kind}" for kind in query.selected("kind") if f"likely {kind}" in MARKERS)
    results = faces.oracle.search(replace(query, last=("kind", likely)) if likely else query)
    counts = {
        group: {c.value: c.count for c in results.facets[group] if c.value not in MARKERS} for group in query.facets
    }
    return results.total, [hit.id for hit in (*results.hits, *results.near)], counts
