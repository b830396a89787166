"""Whatever is published and asked, a cluster finds and counts as the oracle does, on one shard or several."""

from dataclasses import replace

import pytest
from clustered import on_a_cluster
from engines import PARSER, SCHEMA, filled
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from scan_engine import ScanEngine
from strategies import Sources, documents, histories, publish, selecting

from index.engine import Engine, Hit, Results
from index.query import Query
from index.schema import Document

pytestmark = pytest.mark.cluster

MAX_DIFFERENCE = 0.001  # of a score in single precision


@pytest.fixture(scope="module", params=[1, 3])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Return an engine with one shard, and one with several."""
    return on_a_cluster(tmp_path_factory.mktemp("index"), shards=request.param)


def but_hits(results: Results) -> Results:
    """Return the parts of some results that do not depend on the order of hits."""
    return structs.replace(results, hits=(), near=(), context={}, found_in={})


def stored(hits: tuple[Hit, ...]) -> set[tuple[str, str]]:
    return {(hit.id, hit.stored) for hit in hits}


def check(engine: Engine, oracle: ScanEngine, query: Query) -> None:
    """Assert that both find and count the same, and that the scores of the engine are in order."""
    ours, oracles = engine.search(query), oracle.search(query)
    whole = replace(query, offset=0, limit=None)
    every, oracles_every = engine.search(whole).hits, oracle.search(whole).hits

    assert but_hits(ours) == but_hits(oracles), query
    assert stored(every) == stored(oracles_every), query
    assert len(ours.hits) == len(oracles.hits)
    assert stored(ours.hits) <= stored(every)
    assert not stored(ours.near) & stored(every)
    assert ours.near or not oracles.near, query  # a loose form of a word makes a document near earlier
    if query.sort != "relevance":
        assert [hit.id for hit in ours.hits] == [hit.id for hit in oracles.hits], query
    else:
        group, values = query.last or ("", ())
        last = {one.document.id for one in oracle.documents if {*values} & {*one.document.facets.get(group, ())}}
        order = [(hit.id in last, -hit.score) for hit in ours.hits]
        assert order == sorted(order), query
    assert [hit.score > 0 for hit in every] == [hit.score > 0 for hit in oracles_every]
    if {hit.id for hit in ours.hits + ours.near} == {hit.id for hit in oracles.hits + oracles.near}:
        assert (ours.context, ours.found_in) == (oracles.context, oracles.found_in), query


@settings(max_examples=20, deadline=None)
@given(documents, st.lists(selecting, min_size=20, max_size=20))
def test_it_answers_as_the_oracle_does(engine: Engine, notes: list[Document], queries: list[Query]) -> None:
    oracle = filled(ScanEngine(SCHEMA, PARSER), notes)
    filled(engine, notes)

    for query in queries:
        check(engine, oracle, query)


@settings(max_examples=10, deadline=None)
@given(histories(), st.lists(selecting, min_size=4, max_size=4))
def test_after_any_sequence_of_publishes_it_answers_as_the_oracle_does(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[Sources, list[Sources], list[str], list[str]]],
    queries: list[Query],
) -> None:
    grown, oracle = on_a_cluster(tmp_path_factory.mktemp("index")), ScanEngine(SCHEMA, PARSER)
    for replaced, staged, order in history:
        publish(grown, replaced, staged, order)
        publish(oracle, replaced, staged, order)
        for query in (*queries, Query(sort="position", limit=None)):
            check(grown, oracle, query)


@settings(max_examples=8, deadline=None)
@given(documents, st.lists(selecting, min_size=5, max_size=5))
def test_a_score_is_the_sum_of_its_reasons(engine: Engine, notes: list[Document], queries: list[Query]) -> None:
    oracle = filled(ScanEngine(SCHEMA, PARSER), notes)
    filled(engine, notes)

    for query in queries:
        hits = engine.search(replace(query, explain=True)).hits
        every = {hit.id: hit for hit in oracle.search(replace(query, explain=True, offset=0, limit=None)).hits}

        assert [sum(reason.points for reason in hit.reasons) for hit in hits] == pytest.approx(
            [hit.score for hit in hits], abs=MAX_DIFFERENCE
        )
        assert [signals(hit) for hit in hits] == [signals(every[hit.id]) for hit in hits]


def signals(hit: Hit) -> set[tuple[str, str]]:
    return {(reason.signal, reason.word) for reason in hit.reasons if abs(reason.points) > MAX_DIFFERENCE}
