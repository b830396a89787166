"""Search by similarity: the documents, their order, and their reasons."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
from clustered import on_a_cluster
from hypothesis import given, settings
from models import Characters, Silent
from scan_engine import ScanEngine
from semantic_match import PARSER, SCHEMA, asked, document, filled, libraries, library, whoosh

from index.engine import Coverage, Engine, Publication, Results
from index.messages import translatable
from index.query import Query, Sort
from index.query_ast import Notice
from index.schema import Document
from index.whoosh_engine import WhooshEngine

Make = Callable[..., Engine]


@pytest.fixture(params=["whoosh", "scan", pytest.param("cluster", marks=pytest.mark.cluster)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Return a function that makes an engine of one kind with a model, always in the same folder."""
    if request.param == "cluster":
        return lambda model: on_a_cluster(tmp_path, SCHEMA, PARSER, embedder=lambda: model)
    if request.param == "scan":
        return lambda model: ScanEngine(SCHEMA, PARSER, lambda: model)
    return lambda model: WhooshEngine(tmp_path / "index", SCHEMA, lambda _meta: PARSER, lambda: model)


def found(results: Results) -> tuple[list[str], list[str]]:
    """Return the ids of the hits and of the near documents."""
    return [hit.id for hit in results.hits], [hit.id for hit in results.near]


def test_a_similar_document_is_near_without_the_words(make: Make) -> None:
    engine = filled(make(Characters()), library(document(1, "別の話", "重複排除鍵"), document(2, "鍵束")))

    results = engine.search(Query("重複排除鍵束"))

    assert (results.total, [hit.id for hit in results.near][:1], results.steps) == (0, ["1"], ())


def test_near_documents_can_be_refused(make: Make) -> None:
    engine = filled(make(Characters()), library(document(1, "別の話", "重複排除鍵"), document(2, "鍵束")))

    assert found(engine.search(Query("重複排除鍵束", without=("near",)))) == ([], [])


@pytest.mark.parametrize(
    ("text", "near"),
    [("洗濯機", ["1"]), ("洗濯機 -鍵", ["1"]), ("zxwv", ["4"]), ("ｄｋｆじゃ", []), ("asdfgh", [])],
)
def test_a_real_word_that_no_document_has_is_searched_by_meaning_and_noise_is_not(
    make: Make, text: str, near: list[str]
) -> None:
    documents = (
        document(1, "別の話", "洗濯機の話"),
        document(2, "別の話", "ｄｋｆじゃ"),
        document(3, "別の話", "asdfgh"),
        document(4, "別の話", "zxwv"),
    )
    engine = filled(make(Characters()), library(*documents))

    assert found(engine.search(Query(text))) == ([], near)


def test_without_vectors_nothing_is_near_to_a_real_word_that_no_document_has(make: Make) -> None:
    engine = make(Characters())
    engine.publish(Publication({"only": library(document(1, "別の話", "洗濯機の話"))}, ["only"], {}))

    assert found(engine.search(Query("洗濯機"))) == ([], [])


@pytest.mark.parametrize("named", ["lambda", "JAWS DAYS", "jaws days 2018", "山田 太郎"])
def test_a_name_matches_by_its_words_or_its_facet_value(make: Make, named: str) -> None:
    names = ("jawsdays", "jawsdays2018", "山田太郎")
    engine = filled(
        make(Characters()),
        library(
            document(1, "重複排除の鍵"),
            document(2, "重複排除の鍵", names=names, service="lambda"),
            document(3, f"{named}の重複排除の鍵"),
            document(4, "別の話", names=names, service="lambda"),
        ),
    )

    results = engine.search(Query(f"{named} 重複排除の鍵"))

    assert {hit.id for hit in results.hits} == {"2", "3"}


def test_a_name_does_not_match_by_looser_words(make: Make) -> None:
    engine = filled(
        make(Characters()), [document(1, "信頼を得る"), document(2, "信頼性"), document(3, "信頼", service="x")]
    )

    assert found(engine.search(Query("信頼性")))[0] == ["2"]


def test_near_documents_meet_the_conditions(make: Make) -> None:
    engine = filled(make(Characters()), library(document(1, "別の話", "重複排除鍵"), document(2, "鍵束")))

    assert "1" not in found(engine.search(Query("重複排除鍵束 -別")))[1]


def test_similar_documents_obey_the_selections(make: Make) -> None:
    alike = [document(1, "別の話", "重複排除鍵", service="sqs"), document(2, "別の話", "重複排除鍵", service="sns")]
    engine = filled(make(Characters()), library(*alike, document(3, "鍵束")))

    near = engine.search(Query("重複排除鍵束").select("service", "sqs")).near

    assert [hit.id for hit in near] == ["1"]


def test_a_hit_has_its_cosine_as_a_reason(make: Make) -> None:
    engine = filled(make(Characters()), library(document(1, "別の話", "重複排除鍵"), document(2, "鍵束")))

    hit = next(hit for hit in engine.search(Query("重複排除鍵束", explain=True)).near if hit.id == "1")

    assert [(reason.signal, reason.cosine and reason.cosine > 0.5) for reason in hit.reasons] == [
        ("likeness", True),
        ("around", None),
        ("length", None),
    ]
    assert sum(reason.points for reason in hit.reasons) == pytest.approx(hit.score, abs=1e-5)


def test_a_hit_without_a_vector_has_no_points_for_similarity(make: Make) -> None:
    old = [*library(), *(document(n, "鍵束", f"鍵束の話{n}") for n in range(1, 5))]
    new = [document(n, "鍵束", f"鍵束の話{n}") for n in range(5, 9)]  # with vectors these would be similar too
    engine = filled(make(Characters()), old)
    engine.publish(Publication({"new": new}, ["only", "new"], {}))

    hits = engine.search(Query("鍵束", explain=True, limit=None)).hits
    likeness = {hit.id: sum(one.points for one in hit.reasons if one.signal == "likeness") for hit in hits}

    assert {key: points > 0 for key, points in likeness.items()} == {str(n): n < 5 for n in range(1, 9)}


def test_a_document_without_a_vector_is_compared_with_none_and_changes_no_comparison(make: Make) -> None:
    talk = [
        document(n, "鍵", passage, talk="鍵の話") for n, passage in enumerate(("重複排除鍵", "鍵束交換", "鍵束の鍵"))
    ]
    engine = filled(make(Characters()), [*library(), *talk])
    before = engine.snapshot().similarity(("0", "1"), ("1", "2"), "talk")
    engine.publish(Publication({"new": [document(3, "鍵", "窓", talk="鍵の話")]}, ["only", "new"], {}))
    snapshot = engine.snapshot()

    assert snapshot.similarity(("0", "1"), ("1", "2"), "talk") == before
    assert [snapshot.similarity(*pair, "talk") for pair in ((("0",), ("3",)), (("3",), ("0",)))] == [(), ()]


def test_similar_documents_of_a_section_boost_each_other(make: Make) -> None:
    alike = [
        document(1, "別の話", "重複排除鍵の話"),
        document(2, "別の話", "重複排除鍵の話", section="a"),
        document(3, "別の話", "重複排除鍵", section="a"),
        document(4, "別の話", "重複排除鍵", section="b"),
        document(5, "鍵束"),
    ]
    engine = filled(make(Characters()), library(*alike))

    hits = [hit for hit in engine.search(Query("重複排除鍵束", explain=True)).near if hit.id in "1234"]

    around = {hit.id: reason.points for hit in hits for reason in hit.reasons if reason.signal == "around"}
    assert [hit.id for hit in hits] == ["3", "2", "4", "1"]
    assert around["2"] == pytest.approx(around["3"])
    assert around["3"] > around["4"] > around["1"]


def test_similar_documents_have_other_values_and_are_not_copies(make: Make) -> None:
    alike = [
        document(1, "重複排除の鍵", service="sqs"),
        document(2, "重複排除の錠", service="lambda"),
        document(3, "重複排除の鍵束", service="sqs"),
        document(4, "重複排除の鍵", service="sns"),
    ]
    engine = filled(make(Characters()), library(*alike))

    hits = engine.snapshot().more_like(("1",), "service", 3)

    assert [(hit.id, hit.stored, hit.score > 0.5) for hit in hits] == [("2", "重複排除の錠", True)]


def test_each_document_is_compared_with_each_of_the_others(make: Make) -> None:
    engine = filled(
        make(Characters()), library(document(1, "重複排除"), document(2, "鍵束交換"), document(3, "鍵束の交換"))
    )

    ((far,), (near,)) = engine.snapshot().similarity(("1", "2"), ("3",), "service")

    assert (near > 0.5, far < 0) == (True, True)
    assert (
        engine.snapshot().similarity(("1",), ("nowhere",), "service"),
        engine.snapshot().similarity((), ("3",), "service"),
    ) == ((), ())


def test_documents_are_compared_less_the_mean_of_their_context(make: Make) -> None:
    said = ("遅い", "高い", "重複"), ("重複", "安い", "短い")
    talks = [
        document(3 * number + place, f"{words}は{topic}の話", service=topic)
        for number, (topic, notes) in enumerate(zip(("鍵束交換", "通信経路"), said, strict=True))
        for place, words in enumerate(notes)
    ]
    engine = filled(make(Characters()), library(*talks))

    (of_its_talk, says_the_same) = engine.snapshot().similarity(("2",), ("1", "3"), "nowhere")[0]
    (beside_its_talk, says_it_beside) = engine.snapshot().similarity(("2",), ("1", "3"), "service")[0]

    assert of_its_talk > says_the_same
    assert says_it_beside > beside_its_talk


def test_the_only_documents_of_their_talks_are_as_similar_as_their_texts(make: Make) -> None:
    alone = [
        document(n, "鍵", passage, talk=f"{n}の話") for n, passage in ((1, "重複排除鍵"), (2, "重複排除鍵"), (3, "窓"))
    ]
    engine = filled(make(Characters()), library(*alone))

    ((same, other),) = engine.snapshot().similarity(("1",), ("2", "3"), "talk")

    assert (same, other < 0.5) == (pytest.approx(1, abs=0.01), True)


def test_documents_similar_to_several_are_similar_to_their_mean(make: Make) -> None:
    alike = [
        document(1, "重複排除", service="sqs"),
        document(2, "鍵束交換", service="sns"),
        document(3, "重複排除と鍵束交換", service="lambda"),
        document(4, "重複排除の話", service="sns"),
        document(5, "無関係", service="lambda"),
    ]
    engine = filled(make(Characters()), library(*alike))

    hits = engine.snapshot().more_like(("1", "2", "nowhere"), "service", 3)

    assert ([hit.id for hit in hits], engine.snapshot().more_like(("nowhere",), "service", 3)) == (["3"], ())


def test_similar_documents_share_no_value_even_with_one_without_a_vector(make: Make) -> None:
    engine = filled(
        make(Characters()),
        library(
            document(1, "重複排除"),
            document(2, "鍵束交換"),
            document(3, "箱", "", service="sns"),
            document(4, "重複排除と鍵束交換", service="sns"),
            document(5, "重複排除と鍵束交換の話", service="sqs"),
        ),
    )

    hits = engine.snapshot().more_like(("1", "2", "3"), "service", 9)

    assert [hit.id for hit in hits] == ["5"]


def test_a_failed_model_gives_a_notice_and_words_still_match(make: Make) -> None:
    engine = filled(make(Silent()), library(document(1, "鍵")))

    results = engine.search(Query("鍵"))

    assert (found(results), results.notices) == (
        (["1"], []),
        (Notice("no likeness", translatable("{0} did not answer a moment ago", "model 1")),),
    )


def test_counting_needs_no_vector(make: Make) -> None:
    results = filled(make(Silent()), library(document(1, "鍵"))).search(Query("鍵", limit=0))

    assert (results.total, results.notices) == (1, ())


def test_words_match_without_vectors(make: Make) -> None:
    engine = make(Characters())
    engine.publish(Publication({"only": library(document(1, "鍵"))}, ["only"], {}))

    results = engine.search(Query("鍵"))

    assert (found(results), engine.coverage()) == ((["1"], []), Coverage(0, 61))


def test_embedding_reports_its_progress(make: Make) -> None:
    engine = make(Characters())
    engine.publish(Publication({"only": library()}, ["only"], {}))
    progress: list[tuple[int, int]] = []

    engine.embed(lambda done, total: progress.append((done, total)))

    assert (progress[-1], engine.coverage()) == ((60, 60), Coverage(60, 60))


@settings(max_examples=30)
@given(libraries, asked)
def test_the_engine_answers_by_similarity_like_the_oracle(
    tmp_path_factory: pytest.TempPathFactory, documents: list[Document], queries: list[Query]
) -> None:
    engine = filled(whoosh(tmp_path_factory.mktemp("index"), Characters()), documents)
    oracle = filled(ScanEngine(SCHEMA, PARSER, Characters), documents)

    answers = [engine.search(replace(query, explain=False)) for query in queries]

    assert answers == [oracle.search(replace(query, explain=False)) for query in queries]


def _untouched(_engine: Engine) -> None:
    """Publish nothing, so that there is no generation."""


def _of_no_source(engine: Engine) -> None:
    engine.publish(Publication({}, [], {"kept": 1}))


def _of_an_empty_source(engine: Engine) -> None:
    engine.publish(Publication({"only": []}, ["only"], {"kept": 1}))


def _emptied(engine: Engine) -> None:
    filled(engine, library(document(1, "別の話", "重複排除鍵")))
    engine.publish(Publication({}, [], {"kept": 1}))


@pytest.mark.parametrize("published", [_untouched, _of_no_source, _of_an_empty_source, _emptied])
@pytest.mark.parametrize("sort", get_args(Sort))
def test_a_generation_without_documents_answers_like_any_other(
    make: Make, published: Callable[[Engine], None], sort: Sort
) -> None:
    engine = make(Characters())
    published(engine)
    engine.embed(lambda _done, _total: None)
    engine.merge()
    groups = {"facets": SCHEMA.facets, "context": "talk", "explain": True}
    queries = [Query(text, sort=sort, **groups) for text in ("", "重複排除鍵束", '"重複" (鍵 OR 束) -箱')]

    answers = [engine.search(query.select("service", "sqs")) for query in queries]

    assert [(results.total, results.hits, results.context) for results in answers] == [(0, (), {})] * len(queries)
    assert (engine.snapshot().stored("1"), engine.snapshot().more_like(["1"], "talk", 9)) == (None, ())
    assert engine.snapshot().similarity(["1"], ["1"], "talk") == ()
    assert (engine.coverage(), engine.damage()) == (Coverage(0, 0), None)
