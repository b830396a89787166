"""By similarity a cluster finds the same documents as the oracle, on one shard and on several."""

from dataclasses import replace
from pathlib import Path

import pytest
from clustered import on_a_cluster
from hypothesis import given, settings
from models import Characters
from msgspec import structs
from scan_engine import ScanEngine
from semantic_match import PARSER, SCHEMA, asked, document, filled, libraries, library

from index.embedder import EmbeddingError
from index.engine import MAX_NEAR_HITS, Coverage, Engine, Hit, Publication
from index.messages import translatable
from index.opensearch_engine import publishing, vectors
from index.query import Query
from index.query_ast import Notice
from index.schema import Document

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module", params=[1, 3])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder = tmp_path_factory.mktemp("index")
    return on_a_cluster(folder, SCHEMA, PARSER, embedder=Characters, shards=request.param)


def cosines(hits: tuple[Hit, ...]) -> dict[str, float | None]:
    """Return the cosine in the reasons of each hit."""
    return {hit.id: one.cosine for hit in hits for one in hit.reasons if one.signal == "likeness"}


class Unsaid(Characters):
    """A model behind an address that does not answer, so that its vectors are unknown."""

    @property
    def dimensions(self) -> int:  # type: ignore[override]
        raise EmbeddingError("nobody answers")

    @dimensions.setter
    def dimensions(self, _: int) -> None:
        pass


@settings(max_examples=8, deadline=None)
@given(libraries, asked)
def test_by_similarity_a_cluster_finds_what_the_oracle_finds(
    engine: Engine, documents: list[Document], queries: list[Query]
) -> None:
    oracle = filled(ScanEngine(SCHEMA, PARSER, Characters), documents)
    filled(engine, documents)

    for query in queries:
        ours, oracles = engine.search(query), oracle.search(query)
        every = cosines(oracle.search(replace(query, offset=0, limit=None, explain=True)).hits + oracles.near)

        assert structs.replace(ours, hits=(), near=()) == structs.replace(oracles, hits=(), near=()), query
        assert (len(ours.hits), len(ours.near)) == (len(oracles.hits), len(oracles.near)), query
        if len(oracles.near) < MAX_NEAR_HITS:
            assert {hit.id for hit in ours.near} == {hit.id for hit in oracles.near}, query
        assert cosines(ours.hits) == {key: pytest.approx(every[key], abs=1e-5) for key in cosines(ours.hits)}, query


def test_only_the_nearest_documents_score_by_similarity(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(engine, library(*(document(n, "鍵", f"{'重複排除' * (n % 3)}鍵") for n in range(9))))
    monkeypatch.setattr("index.opensearch_engine.vectors.MAX_RANKED", 3)

    hits = engine.search(Query("鍵", explain=True, limit=None)).hits

    assert [any(reason.signal == "likeness" for reason in hit.reasons) for hit in hits].count(True) == 3
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_of_too_many_documents_those_with_a_word_are_compared(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    alike = [document(1, "別の話", "重複排除鍵"), document(2, "鍵束", "重複排除鍵")]
    filled(engine, library(*alike))
    found = []
    for most in (100, 10, 0):
        monkeypatch.setattr("index.opensearch_engine.vectors.MAX_COMPARED", most)
        near = engine.search(Query("重複排除鍵の鍵束", explain=True)).near
        found.append({hit.id for hit in near} & {"1", "2"})

    assert found == [{"1", "2"}, {"2"}, {"2"}]


def test_vectors_of_unchanged_texts_are_copied_from_the_generation_before(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(engine, library(document(1, "鍵束")))
    made = list[str]()
    monkeypatch.setattr(
        Characters, "passages", lambda self, texts: [made.append(t) for t in texts] and self.queries(texts)
    )
    for worth in (1000, 0):  # beside what stays, and in an index of its own
        monkeypatch.setattr(publishing, "_NEW_INDEX", worth)

        filled(engine, library(document(1, "鍵束"), document(2, f"錠前 {worth}")))

        assert (made.pop(), made, engine.coverage()) == (f"錠前 {worth}", [], Coverage(62, 62))


def test_vectors_are_made_in_portions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "_EMBEDDED_AT_ONCE", 20)
    engine = on_a_cluster(tmp_path, SCHEMA, PARSER, embedder=Characters)
    engine.publish(Publication({"only": [document(n, f"鍵{n}") for n in range(100)]}, ["only"], {}))

    made = [(engine.embed(lambda *_: None, 40), engine.coverage()) for _ in range(3)]

    assert made == [(False, Coverage(40, 100)), (False, Coverage(80, 100)), (True, Coverage(100, 100))]


def test_a_model_that_does_not_answer_is_a_notice_and_words_still_find(tmp_path: Path) -> None:
    engine = on_a_cluster(tmp_path, SCHEMA, PARSER, embedder=Unsaid)
    engine.publish(Publication({"only": [document(1, "鍵"), document(2, "錠")]}, ["only"], {}))

    results = engine.search(Query("鍵"))

    assert ([hit.id for hit in results.hits], results.notices) == (
        ["1"],
        (Notice("no likeness", translatable("nobody answers")),),
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
