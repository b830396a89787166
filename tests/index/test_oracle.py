"""Whatever is published and asked, the embedded engine answers as the oracle does."""

from dataclasses import replace

import pytest
from engines import LANGUAGE, SCHEMA, document, filled, whoosh
from hypothesis import given, settings
from hypothesis import strategies as st
from scan_engine import ScanEngine

from index.engine import Engine, Hit, Results
from index.query import Query
from index.schema import Document
from index.whoosh_engine import WhooshEngine

WORDS = [
    "監視",
    "モニタリング",
    "キュー",
    "サーバーレス",
    "SQS",
    "EC2",
    "信頼性",
    "信頼",
    "遅い",
    "15分",
    "の",
    "。",
    "メトリクス",
    "冪統制",
    "冪等",
    "lambda",
    "結果整合性",
]
ASKED = [*WORDS, "なぜ", "方法", "口腔内", "lamda", "めとりくす", "ぁmbだ", "しんらいせい", "料金", "遅いのはなぜ"]
MARKS = ["-", "OR", "(", ")", '"信頼性の"', '"', "year:2018", "talk:監視", "before:2020", "年:x", "ー"]
texts = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
values = st.lists(st.sampled_from(["sqs", "ec2", "lambda", "日本 語,"]), max_size=3, unique=True)
selected = st.lists(st.sampled_from(["sqs", "ec2", "lambda", "日本 語,", "nobody's"]), max_size=3, unique=True)
dates = st.sampled_from([None, "2018", "2018-03", "2018-03-10", "2024"])
others = st.lists(st.sampled_from(["0", "1", "2", "gone"]), max_size=2)
documents = st.lists(
    st.builds(
        lambda own, trail, below, date, services, boost, belongs: document(
            0, own, trail, below, date=date, services=services, year=date and date[:4], boost=boost, belongs=belongs
        ),
        texts, texts, texts, dates, values, st.sampled_from([0.5, 1.0, 1.25]), others,
    ),
    max_size=12,
).map(lambda made: [replace(each, id=str(number)) for number, each in enumerate(made)])  # fmt: skip
asked_texts = st.lists(st.sampled_from(ASKED + MARKS), max_size=6).map(" ".join)
queries = st.builds(
    Query,
    text=asked_texts,
    sort=st.sampled_from(["relevance", "new", "old", "position"]),
    offset=st.integers(0, 4),
    limit=st.one_of(st.none(), st.integers(0, 5)),
    facets=st.just(("service", "year")),
    most_values=st.sampled_from([(), (("service", 1),), (("service", 2), ("year", 0))]),
    without=st.lists(st.sampled_from(["some", "parts", "spelling"]), max_size=2).map(tuple),
    every=st.sampled_from([(), ("service",)]),
    context=st.sampled_from([None, "service", "year", "x"]),
    typing=st.booleans(),
)
selections = st.tuples(selected, st.lists(st.sampled_from(["2018", "2024"]), max_size=2, unique=True))
selecting = st.builds(
    lambda query, chosen: replace(query.select("service", *chosen[0]).select("year", *chosen[1]), offset=query.offset),
    queries,
    selections,
)


def about(results: Results) -> Results:
    """Return results that equal those whose scores differ by the order of addition, which rounding may not hide."""
    hits = (replace(hit, score=pytest.approx(hit.score, abs=2e-6)) for hit in results.hits)
    return replace(results, hits=tuple(hits))


@settings(max_examples=200)
@given(documents, st.lists(selecting, min_size=10, max_size=12))
def test_the_engine_answers_as_the_oracle_does(
    tmp_path_factory: pytest.TempPathFactory, notes: list[Document], asked: list[Query]
) -> None:
    engine, oracle = (
        WhooshEngine(tmp_path_factory.mktemp("index"), SCHEMA, lambda: LANGUAGE),
        ScanEngine(SCHEMA, LANGUAGE),
    )
    filled(engine, notes)
    filled(oracle, notes)

    answers = [engine.search(query) for query in asked]

    assert answers == [about(oracle.search(query)) for query in asked]


SOURCES = ("a", "b", "c", "d")


Given = dict[str, list[Document]]


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Given, list[Given], list[str], list[str]]]:
    """Draw what is replaced, what is written ahead, what is removed and the order of each of several publishes."""
    held: set[str] = set()
    history = []
    for publish in range(draw(st.integers(1, 5))):
        one, other, replaced = (
            {
                source: [replace(each, id=f"{source}{publish}{part}-{each.id}") for each in draw(documents)[:4]]
                for source in draw(st.lists(st.sampled_from(SOURCES), max_size=3 if part else 1, unique=True))
            }
            for part in range(3)
        )
        drafts = [one, {source: given for source, given in other.items() if source not in one}]
        removed = draw(st.lists(st.sampled_from(SOURCES), max_size=2, unique=True))
        held = held - set(removed) | replaced.keys() | one.keys() | other.keys()
        order = draw(st.permutations(sorted(held)))
        if not replaced and len(order) > 1 and draw(st.booleans()):
            held.remove(order.pop())
        history.append((replaced, drafts, removed, order))
    return history


def publish(engine: Engine, replaced: Given, drafts: list[Given], removed: list[str], order: list[str]) -> None:
    with engine.drafting() as drafting:
        written = [drafting.write(draft.items()) for draft in drafts]
        engine.publish(replaced, removed, order, {}, drafts=written)


@settings(max_examples=100, deadline=None)
@given(histories(), st.lists(selecting, min_size=6, max_size=8))
def test_any_sequence_of_publishes_equals_one_rebuild(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[Given, list[Given], list[str], list[str]]],
    asked: list[Query],
) -> None:
    grown, rebuilt = whoosh(tmp_path_factory.mktemp("index")), whoosh(tmp_path_factory.mktemp("index"))
    oracle = ScanEngine(SCHEMA, LANGUAGE)
    newest: Given = {}
    for replaced, drafts, removed, order in history:
        newest |= {source: given for draft in (*drafts, replaced) for source, given in draft.items()}
        publish(grown, replaced, drafts, removed, order)
        grown.merge()
        publish(oracle, replaced, drafts, removed, order)
    rebuilt.publish({source: newest[source] for source in order}, (), order, {})
    asked = [replace(query, explain=explain) for query in asked for explain in (False, True)]

    answers = [grown.search(query) for query in asked]

    assert answers == [rebuilt.search(query) for query in asked]
    assert answers[::2] == [about(oracle.search(query)) for query in asked[::2]]


@settings(max_examples=100, deadline=None)
@given(documents, st.lists(selecting, min_size=5, max_size=5))
def test_a_score_is_the_sum_of_its_reasons_and_they_are_those_of_the_oracle(
    tmp_path_factory: pytest.TempPathFactory, notes: list[Document], asked: list[Query]
) -> None:
    engine, oracle = (
        filled(whoosh(tmp_path_factory.mktemp("index")), notes),
        filled(ScanEngine(SCHEMA, LANGUAGE), notes),
    )
    asked = [replace(query, explain=True) for query in asked]

    hits = [hit for query in asked for hit in engine.search(query).hits]

    assert [sum(reason.points for reason in hit.reasons) for hit in hits] == pytest.approx(
        [h.score for h in hits], abs=2e-6
    )
    assert list(map(by_signal, hits)) == [
        pytest.approx(by_signal(hit), abs=2e-6) for query in asked for hit in oracle.search(query).hits
    ]


def by_signal(hit: Hit) -> dict[tuple[str, str], float]:
    return {(reason.signal, reason.word): reason.points for reason in hit.reasons}
