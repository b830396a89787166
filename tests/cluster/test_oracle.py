"""Whatever is published and asked, the engine on a cluster answers as the oracle does, on one shard or several."""

from dataclasses import replace

import pytest
from clustered import TOLERANCE, on_a_cluster
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


@pytest.fixture(scope="module", params=[1, 3])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """Give an engine of one shard, and one of several: the frequency of a term is that of all of them."""
    return on_a_cluster(tmp_path_factory.mktemp("index"), shards=request.param)


def but_hits(results: Results) -> Results:
    """Return all of some results but their hits."""
    return structs.replace(results, hits=(), near=())


def scores(results: Results) -> list[tuple[str, float]]:
    return [(hit.id, hit.score) for hit in results.hits]


def agree(ours: Results, oracles: Results, every: Results) -> None:
    """Hold the hits of a window against the oracle's, whose order is of every hit; ties may change about."""
    wanted = {hit.id: hit for hit in every.hits}
    assert [hit.score for hit in ours.hits] == pytest.approx([hit.score for hit in oracles.hits], abs=TOLERANCE)
    assert [(hit.id, hit.stored) for hit in ours.hits] == [(hit.id, wanted[hit.id].stored) for hit in ours.hits]
    assert [hit.score for hit in ours.hits] == pytest.approx([wanted[hit.id].score for hit in ours.hits], abs=TOLERANCE)
    near = {hit.id: hit.score for hit in oracles.near}
    assert [hit.score for hit in ours.near] == pytest.approx([hit.score for hit in oracles.near], abs=TOLERANCE)
    assert [hit.score for hit in ours.near] == pytest.approx([near[hit.id] for hit in ours.near], abs=TOLERANCE)


@settings(max_examples=20, deadline=None)
@given(documents, st.lists(selecting, min_size=20, max_size=20))
def test_it_answers_as_the_oracle_does(engine: Engine, notes: list[Document], asked: list[Query]) -> None:
    oracle = filled(ScanEngine(SCHEMA, PARSER), notes)
    filled(engine, notes)

    for query in asked:
        ours, oracles = engine.search(query), oracle.search(query)

        same_hits = [hit.id for hit in ours.hits] == [hit.id for hit in oracles.hits]
        compared = (
            but_hits
            if same_hits or not query.context
            else lambda results: structs.replace(but_hits(results), context={}, found_in={})
        )
        assert compared(ours) == compared(oracles), query
        agree(ours, oracles, oracle.search(replace(query, offset=0, limit=None)))


@settings(max_examples=10, deadline=None)
@given(histories(), st.lists(selecting, min_size=4, max_size=4))
def test_any_sequence_of_publishes_answers_as_the_oracle_does(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[Sources, list[Sources], list[str], list[str]]],
    asked: list[Query],
) -> None:
    grown, oracle = on_a_cluster(tmp_path_factory.mktemp("index")), ScanEngine(SCHEMA, PARSER)
    for replaced, staged, removed, order in history:
        publish(grown, replaced, staged, removed, order)
        publish(oracle, replaced, staged, removed, order)
        for query in asked:
            ours, oracles = grown.search(replace(query, context=None)), oracle.search(replace(query, context=None))

            assert but_hits(ours) == but_hits(oracles), query
            agree(ours, oracles, oracle.search(replace(query, offset=0, limit=None)))


@settings(max_examples=8, deadline=None)
@given(documents, st.lists(selecting, min_size=5, max_size=5))
def test_a_score_is_the_sum_of_its_reasons_and_they_are_those_of_the_oracle(
    engine: Engine, notes: list[Document], asked: list[Query]
) -> None:
    oracle = filled(ScanEngine(SCHEMA, PARSER), notes)
    filled(engine, notes)

    for query in asked:
        hits = engine.search(replace(query, explain=True)).hits
        every = {hit.id: hit for hit in oracle.search(replace(query, explain=True, offset=0, limit=None)).hits}

        assert [sum(reason.points for reason in hit.reasons) for hit in hits] == pytest.approx(
            [hit.score for hit in hits], abs=TOLERANCE
        )
        assert [by_signal(hit) for hit in hits] == [
            pytest.approx(by_signal(every[hit.id]), abs=TOLERANCE) for hit in hits
        ]


def by_signal(hit: Hit) -> dict[tuple[str, str], float]:
    # What is below the tolerance may be a reason, or not.
    points = {(reason.signal, reason.word): reason.points for reason in hit.reasons}
    return {key: value for key, value in points.items() if abs(value) > TOLERANCE}
