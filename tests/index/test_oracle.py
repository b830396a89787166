"""The folder engine answers like the oracle, for any documents and queries."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest
from engines import PARSER, SCHEMA, document, filled, whoosh
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as changed
from scan_engine import ScanEngine
from strategies import Sources, documents, histories, publish, selecting

from index.engine import Hit, Publication, Results
from index.query import Query
from index.schema import Document
from index.whoosh_engine import WhooshEngine

HERE = Path(__file__).parent
ORACLE = (HERE / "counted.py", *HERE.glob("scan*.py"))
# Data types, folding and the analyser. The parser is handed over; it makes the query AST.
SHARED = {
    "index.analysis": {"TermKind", "folded_reading", "phonetic_key"},
    "index.embedder": {"EmbedderMaker", "EmbeddingError", "no_embedder"},
    "index.engine": {
        *("Engine", "OutdatedError", "Publication", "SearchIndexError", "StagedSegment"),
        *("ConditionCount", "Coverage", "FacetCount", "Hit", "MeantCount", "Reason", "Results"),
        *("TitledCount", "WordCount"),
    },
    "index.messages": {"message_of"},
    "index.query": {"Query", "Step", "StepName"},
    "index.query_ast": {
        *("AllOf", "Alternative", "AnyOf", "Dated", "FacetIs", "InField", "Key", "Node", "Not", "Notice"),
        *("QueryPhrase", "QueryPiece", "QueryWord"),
    },
    "index.query_parser": {"QueryParser"},
    "index.schema": {"Document", "Schema", "TextField"},
    "index.text": {"folded", "folded_case", "folded_name", "hiragana", "katakana", "letters"},
}


def imported(module: Path) -> set[tuple[str, str]]:
    """Return the modules that a module imports, each with a name from it."""
    nodes = list(ast.walk(ast.parse(module.read_text("utf-8"))))
    froms = {
        (node.module or "", each.name) for node in nodes if isinstance(node, ast.ImportFrom) for each in node.names
    }
    return froms | {(each.name, "") for node in nodes if isinstance(node, ast.Import) for each in node.names}


def test_the_oracle_shares_no_rule_with_the_engines() -> None:
    imports = {each for module in ORACLE for each in imported(module)}

    of_the_product = {(module, name) for module, name in imports if module.split(".")[0] in ("index", "kb", "webui")}
    assert of_the_product == {(module, name) for module, names in SHARED.items() for name in names}


def approximately(results: Results) -> Results:
    """Return results that equal others whose scores differ by the order of addition, despite rounding."""
    hits, near = (
        tuple(changed(hit, score=pytest.approx(hit.score, abs=2e-6)) for hit in listed)
        for listed in (results.hits, results.near)
    )
    return changed(results, hits=hits, near=near)


# In as many documents a word may be rare, and another may be meant.
MANY = [document(100 + number, "lambda 信頼性" if number < 45 else "lamda 冪統制") for number in range(47)]


@settings(max_examples=200)
@given(documents, st.sampled_from([[], [], [], MANY]), st.lists(selecting, min_size=10, max_size=12))
def test_the_engine_answers_like_the_oracle(
    tmp_path_factory: pytest.TempPathFactory, notes: list[Document], others: list[Document], queries: list[Query]
) -> None:
    engine, oracle = (
        WhooshEngine(tmp_path_factory.mktemp("index"), SCHEMA, lambda _meta: PARSER),
        ScanEngine(SCHEMA, PARSER),
    )
    filled(engine, [*notes, *others])
    filled(oracle, [*notes, *others])

    answers = [engine.search(query) for query in queries]

    assert answers == [approximately(oracle.search(query)) for query in queries]


@settings(max_examples=100, deadline=None)
@given(histories(), st.lists(selecting, min_size=6, max_size=8))
def test_any_sequence_of_publishes_answers_like_one_rebuild(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[Sources, list[Sources], list[str], list[str]]],
    queries: list[Query],
) -> None:
    grown, rebuilt = whoosh(tmp_path_factory.mktemp("index")), whoosh(tmp_path_factory.mktemp("index"))
    oracle = ScanEngine(SCHEMA, PARSER)
    newest: Sources = {}
    for replaced, staged, order in history:
        newest |= {source: given for stage in (*staged, replaced) for source, given in stage.items()}
        publish(grown, replaced, staged, order)
        grown.merge()
        publish(oracle, replaced, staged, order)
    rebuilt.publish(Publication({source: newest[source] for source in order}, order, {}))
    queries = [replace(query, explain=explain) for query in queries for explain in (False, True)]

    answers = [grown.search(query) for query in queries]

    assert answers == [rebuilt.search(query) for query in queries]
    assert answers[::2] == [approximately(oracle.search(query)) for query in queries[::2]]


@settings(max_examples=100, deadline=None)
@given(documents, st.lists(selecting, min_size=5, max_size=5))
def test_a_score_is_the_sum_of_its_reasons_which_equal_the_oracles(
    tmp_path_factory: pytest.TempPathFactory, notes: list[Document], queries: list[Query]
) -> None:
    engine, oracle = (
        filled(whoosh(tmp_path_factory.mktemp("index")), notes),
        filled(ScanEngine(SCHEMA, PARSER), notes),
    )
    queries = [replace(query, explain=True) for query in queries]

    hits = [hit for query in queries for hit in engine.search(query).hits]

    assert [sum(reason.points for reason in hit.reasons) for hit in hits] == pytest.approx(
        [h.score for h in hits], abs=2e-6
    )
    assert list(map(by_signal, hits)) == [
        pytest.approx(by_signal(hit), abs=2e-6) for query in queries for hit in oracle.search(query).hits
    ]


def by_signal(hit: Hit) -> dict[tuple[str, str], float]:
    return {(reason.signal, reason.word): reason.points for reason in hit.reasons}
