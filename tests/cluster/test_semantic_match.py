"""By similarity a cluster finds, orders and explains as the oracle does, on one shard and on several."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from clustered import TOLERANCE, on_a_cluster
from hypothesis import given, settings
from models import Characters
from msgspec import structs
from scan_engine import ScanEngine
from semantic_match import PARSER, SCHEMA, asked, document, filled, libraries, library

from index.embedder import EmbeddingError
from index.engine import Coverage, Engine, Hit
from index.messages import message_of
from index.opensearch_engine import embedding
from index.opensearch_engine import engine as of_engine
from index.query import Query
from index.query_ast import Notice
from index.schema import Document

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module", params=[1, 3])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("index")
    return on_a_cluster(folder, SCHEMA, PARSER, embedder=Characters, shards=request.param)


def shown_of(hit: Hit) -> tuple[object, ...]:
    """Return what a hit says of similarity, as it is shown."""
    shown = [reason for reason in hit.reasons if reason.signal in ("likeness", "around") and abs(reason.points) > 0.01]
    return hit.id, [(one.signal, pytest.approx(one.points, abs=1e-3), one.cosine) for one in shown]


class Unsaid(Characters):
    """A model behind an address that does not answer: which vectors are its own it cannot tell."""

    @property
    def dimensions(self) -> int:  # type: ignore[override]
        raise EmbeddingError("nobody answers")

    @dimensions.setter
    def dimensions(self, _: int) -> None:
        pass


@settings(max_examples=8, deadline=None)
@given(libraries, asked)
def test_a_cluster_finds_by_likeness_as_the_oracle_does(
    engine: Engine, documents: list[Document], queries: list[Query]
) -> None:
    oracle = filled(ScanEngine(SCHEMA, PARSER, Characters), documents)
    filled(engine, documents)

    for query in queries:
        ours, oracles = engine.search(query), oracle.search(query)

        assert structs.replace(ours, hits=(), near=()) == structs.replace(oracles, hits=(), near=()), query
        every = {hit.id: hit for hit in oracle.search(replace(query, offset=0, limit=None)).hits}
        every |= {hit.id: hit for hit in oracles.near}
        for theirs, wanted in ((ours.hits, oracles.hits), (ours.near, oracles.near)):
            assert [hit.score for hit in theirs] == pytest.approx([hit.score for hit in wanted], abs=TOLERANCE)
            assert [shown_of(hit) for hit in theirs] == [shown_of(every[hit.id]) for hit in theirs], query


def test_beyond_the_best_words_alone_give_the_order(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(engine, library(*(document(n, "鍵", f"{'重複排除' * (n % 3)}鍵") for n in range(9))))
    monkeypatch.setattr("index.opensearch_engine.semantic_match.MOST_RANKED", 3)

    hits = engine.search(Query("鍵", explain=True, limit=None)).hits

    assert [any(reason.signal == "likeness" for reason in hit.reasons) for hit in hits].count(True) == 3
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_where_there_are_too_many_those_with_a_word_are_looked_at(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    alike = [document(1, "別の話", "重複排除鍵"), document(2, "鍵束", "重複排除鍵")]
    filled(engine, library(*alike))
    found = []
    for most in (100, 10, 0):
        monkeypatch.setattr("index.opensearch_engine.semantic_match.MOST_LOOKED_AT", most)
        near = engine.search(Query("重複排除鍵の鍵束", explain=True)).near
        found.append({hit.id for hit in near} & {"1", "2"})

    assert found == [{"1", "2"}, {"2"}, {"2"}]


def test_vectors_of_the_same_texts_are_taken_over_from_what_was_there_before(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(engine, library(document(1, "鍵束")))
    made = list[str]()
    monkeypatch.setattr(
        Characters, "passages", lambda self, texts: [made.append(t) for t in texts] and self.queries(texts)
    )
    for worth in (1000, 0):  # beside what stays, and in an index of its own
        monkeypatch.setattr(of_engine, "_WORTH_AN_INDEX", worth)

        filled(engine, library(document(1, "鍵束"), document(2, f"錠前 {worth}")))

        assert (made.pop(), made, engine.coverage()) == (f"錠前 {worth}", [], Coverage(62, 62))


def test_the_model_that_made_most_vectors_answers_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "_PAGE", 60)
    name, before = f"test-{uuid4().hex[:12]}", Characters("before")
    documents = [document(n, f"鍵{n}") for n in range(100)]
    filled(on_a_cluster(tmp_path, SCHEMA, PARSER, name=name, embedder=lambda: before), documents)
    new, asked = Characters("new", earlier=before), list[tuple[int, bool, bool]]()

    def ask(done: int, _total: int) -> None:
        before.queries_made, new.queries_made = [], []
        on_a_cluster(tmp_path, SCHEMA, PARSER, name=name, embedder=lambda: new).search(Query("鍵束"))
        asked.append((done, bool(before.queries_made), bool(new.queries_made)))

    on_a_cluster(tmp_path, SCHEMA, PARSER, name=name, embedder=lambda: new).embed(ask)

    assert (asked[0], asked[-1]) == ((0, True, False), (100, False, True))
    assert {(old, ours) for _, old, ours in asked} == {(True, False), (False, True)}


def test_a_model_that_cannot_tell_its_vectors_is_told_and_words_still_find(tmp_path: Path) -> None:
    engine = on_a_cluster(tmp_path, SCHEMA, PARSER, embedder=Unsaid)
    engine.publish({"only": [document(1, "鍵"), document(2, "錠")]}, (), ["only"], {})

    results = engine.search(Query("鍵"))

    assert ([hit.id for hit in results.hits], results.notices) == (
        ["1"],
        (Notice("no likeness", message_of(ValueError("nobody answers"))),),
    )
    assert (
        engine.coverage(),
        engine.snapshot().more_like(("1",), "service", 3),
        engine.snapshot().similarity(("1",), ("2",), "service"),
    ) == (
        Coverage(0, 2),
        (),
        (),
    )
