"""What every engine promises, held against each of them, and all of them against the oracle."""

import gc
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scan_engine import ScanEngine

from index.analysis import Analyzer
from index.engine import Engine, FacetCount, Hit, OutdatedError, Results, SearchIndexError, TitledCount, WriterBusyError
from index.language import FieldMeaning, Language
from index.query import Query, Step
from index.schema import Document, Schema, TextField
from index.whoosh_engine import WhooshEngine, generations, publishing, write_lock
from index.words import QueryWords

ANALYZER = Analyzer()
LANGUAGE = Language(
    QueryWords(
        ANALYZER,
        slips=[("冪統制", "冪等")],
        related=[("監視", "モニタリング"), ("モニタリング", "監視"), ("料金", "コスト")],
    ),
    fields={
        "year": FieldMeaning("facet", "year"),
        "talk": FieldMeaning("text", "trail"),
        "before": FieldMeaning("before"),
    },
)
SCHEMA = Schema(
    texts=(TextField("own", 1.0, length=0.75), TextField("trail", 0.5), TextField("below", 0.3, finds=False)),
    facets=("service", "year"),
    titles=("year", "trail"),
)

Make = Callable[[], Engine]


@pytest.fixture(params=["whoosh", "scan"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Return what makes engines of one sort, each without documents."""
    folders = (tmp_path / f"index-{number}" for number in count())
    if request.param == "scan":
        return lambda: ScanEngine(SCHEMA, LANGUAGE)
    return lambda: WhooshEngine(next(folders), SCHEMA, lambda: LANGUAGE)


def filled(engine: Engine, documents: Iterable[Document], meta: Mapping[str, object] | None = None) -> Engine:
    """Fill an engine with documents of one source, and return it."""
    engine.publish({"only": documents}, (), ["only"], meta or {})
    return engine


def document(
    number: int,
    own: str,
    trail: str = "",
    below: str = "",
    *,
    date: str | None = None,
    services: Sequence[str] = (),
    year: str | None = None,
    boost: float = 1.0,
    belongs: Sequence[str] = (),
) -> Document:
    morphemes = ANALYZER.morphemes(own)
    texts = {
        "own": (*ANALYZER.terms(morphemes), *ANALYZER.helpers(morphemes)),
        "trail": ANALYZER.terms(ANALYZER.morphemes(trail)),
        "below": ANALYZER.terms(ANALYZER.morphemes(below)),
    }
    facets = {"service": tuple(services), "year": (year,) if year else ()}
    facets = {group: values for group, values in facets.items() if values}
    return Document(str(number), texts, facets, date, f"{number}: {own}", own, boost, belongs=tuple(belongs))


def ids(results: Results) -> list[str]:
    return [hit.id for hit in results.hits]


NOTES = (
    document(0, "監視はメトリクスを集約する", "監視", date="2018-03-10", services=["cloudwatch"], year="2018"),
    document(1, "キューの監視", "SQS", date="2019", services=["sqs", "cloudwatch"], year="2019"),
    document(2, "キューは順番を保証しない", "SQS", date="2018", services=["sqs"], year="2018"),
    document(3, "サーバレスの監視", services=["lambda"]),
)


def test_every_word_is_wanted_in_any_field(make: Make) -> None:
    engine = filled(make(), NOTES)

    assert ids(engine.search(Query("SQS　監視", without=("some",)))) == ["1"]


def test_where_nothing_has_every_word_some_are_enough_and_it_is_said(make: Make) -> None:
    engine = filled(make(), NOTES)

    results = engine.search(Query("順番 集約", sort="position"))

    assert (results.steps, ids(results)) == ((Step("some", ""),), ["0", "2"])


def test_a_filter_does_not_loosen_the_words(make: Make) -> None:
    engine = filled(make(), NOTES)

    results = engine.search(Query("監視").select("service", "ecs"))

    assert (results.steps, results.total, results.without_group) == ((), 0, {"service": 3})


@pytest.mark.parametrize(
    ("text", "words", "conditions"),
    [
        ("監視 順番", [("監視", 3), ("順番", 1)], []),
        ('監視 "順番"  -SQS', [("監視", 3)], [('"順番"', "監視 -SQS", 2), ("-SQS", '監視 "順番"', 0)]),
        (
            "集約 (SQS OR 順番) year：2019",
            [("集約", 1)],
            [("(SQS OR 順番)", "集約 year:2019", 0), ("year:2019", "集約 (SQS OR 順番)", 0)],
        ),
        ("集約 SQS OR 順番", [("集約", 1)], [("SQS OR 順番", "集約", 1)]),
        ("監視", [], []),
    ],
)
def test_where_little_is_found_each_part_of_the_query_tells_its_share(
    make: Make, text: str, words: list[tuple[str, int]], conditions: list[tuple[str, str, int]]
) -> None:
    engine = filled(make(), NOTES)

    results = engine.search(Query(text, without=("some",)))

    assert [(one.word, one.count) for one in results.words] == words
    assert [(one.condition, one.rest, one.count) for one in results.conditions] == conditions


def test_a_word_alone_is_counted_among_what_is_selected(make: Make) -> None:
    engine = filled(make(), NOTES)

    results = engine.search(Query("監視 順番", without=("some",)).select("year", "2019"))

    assert [(one.word, one.count) for one in results.words] == [("監視", 1), ("順番", 0)]


@pytest.mark.parametrize("text", ["！？", "存在しない語句", "\ud800", "\x00", '"メトリクスの"', "asdfghjkl"])
def test_what_stands_nowhere_finds_nothing(make: Make, text: str) -> None:
    engine = filled(make(), NOTES)

    assert engine.search(Query(text)).total == 0


@pytest.mark.parametrize(
    "text",
    [
        mark * 600
        for mark in (
            '"',
            "(",
            "-",
            "ー",
            "a",
            "あ",
            "漢",
            "９",
            "：",
            "\x00",
            "\ud800",
            "OR ",
            "a:b ",
            "*n*",
            "監視~9 ",
        )
    ]
    + ["NOT OR x", "(" * 1000 + "監視" + ")" * 1000, "[a TO z]", " OR ".join(f"監視{n}" for n in range(200))],
)
def test_a_hostile_query_is_answered(make: Make, text: str) -> None:
    engine = filled(make(), NOTES)

    assert engine.search(Query(text, facets=("year",), explain=True)).total <= len(NOTES)


@pytest.mark.parametrize("text", ["監視する。" * 2_000_000, "監視 " + "a" * 10_000_000, "監視 " + "あ" * 1_000_000])
def test_a_document_without_measure_is_kept_whole_and_found_by_its_beginning_and_its_end(make: Make, text: str) -> None:
    engine = filled(make(), [document(0, text + "終"), document(1, "監視")])

    found = ids(engine.search(Query("監視", sort="position"))), ids(engine.search(Query(f'"{text[-9:]}終"')))

    assert (*found, engine.stored("0")) == (["0", "1"], ["0"], f"0: {text}終")


def test_no_words_find_everything_newest_first_undated_last(make: Make) -> None:
    engine = filled(make(), NOTES)

    assert [(hit.id, hit.score) for hit in engine.search(Query("　 ")).hits] == [("1", 0), ("0", 0), ("2", 0), ("3", 0)]


@pytest.mark.parametrize(
    ("sort", "order"),
    [("relevance", ["1", "0", "3"]), ("new", ["1", "0", "3"]), ("old", ["0", "1", "3"]), ("position", ["0", "1", "3"])],
)
def test_hits_come_in_the_order_asked_for(make: Make, sort: str, order: list[str]) -> None:
    engine = make()
    same = [document(n, "監視", date=date) for n, date in enumerate(["2018", "2018-03", "2017", None])]
    filled(engine, [same[0], same[1], same[3]])

    assert ids(engine.search(Query("監視", sort=sort))) == order  # type: ignore[arg-type]


def test_by_boost_the_most_boosted_come_first_and_the_newest_among_equals(make: Make) -> None:
    told = [("2018", 1.05), ("2017", 1.1), ("2019", 1.05), (None, 0.8)]
    engine = filled(make(), [document(n, "監視", date=date, boost=boost) for n, (date, boost) in enumerate(told)])

    assert ids(engine.search(Query("監視", sort="boost"))) == ["1", "2", "0", "3"]
    assert ids(engine.search(Query("監視", sort="boost", limit=2))) == ["1", "2"]


def test_the_window_is_part_of_the_whole_order(make: Make) -> None:
    engine = filled(make(), NOTES)

    every = engine.search(Query("監視", limit=None))

    assert engine.search(Query("監視", offset=1, limit=1)) == replace(every, hits=every.hits[1:2])


def test_counts_ignore_their_own_group_and_obey_the_others(make: Make) -> None:
    engine = filled(make(), NOTES)

    results = engine.search(Query(facets=("service", "year")).select("service", "sqs", "ecs").select("year", "2018"))

    assert (ids(results), results.facets) == (
        ["2"],
        {
            "service": (
                FacetCount("cloudwatch", 1, selected=False),
                FacetCount("sqs", 1, selected=True),
                FacetCount("ecs", 0, selected=True),
            ),
            "year": (FacetCount("2018", 1, selected=True), FacetCount("2019", 1, selected=False)),
        },
    )


def test_of_many_values_the_commonest_and_the_selected_are_listed_and_the_others_counted(make: Make) -> None:
    engine = filled(make(), NOTES)

    results = engine.search(Query(facets=("service",), most_values=(("service", 1),)).select("service", "lambda"))

    assert (results.facets["service"], results.unlisted) == (
        (FacetCount("cloudwatch", 2, selected=False), FacetCount("lambda", 1, selected=True)),
        {"service": 1},
    )


def test_a_group_the_schema_has_not_selects_nothing(make: Make) -> None:
    engine = filled(make(), NOTES)

    results = engine.search(Query(facets=("x",)).select("x", "y"))

    assert (results.total, results.facets) == (0, {"x": (FacetCount("y", 0, selected=True),)})


def test_one_search_tells_what_each_selected_value_costs_and_which_nobody_has(make: Make) -> None:
    engine = filled(make(), NOTES)

    results = engine.search(Query("監視").select("service", "sqs", "lambda", "ecs").select("year", "2019"))

    assert (results.total, results.without, results.unknown) == (
        1,
        {("service", "sqs"): 0, ("service", "lambda"): 1, ("service", "ecs"): 1, ("year", "2019"): 2},
        (("service", "ecs"),),
    )


def test_the_context_of_a_hit_is_its_kin_in_its_place_in_position_order(make: Make) -> None:
    engine = make()
    above, hit, beside, under = (
        document(number, text, services=["sqs"], belongs=belongs)
        for number, text, belongs in ((0, "監視", ()), (1, "集約", ["0"]), (2, "通知", ["0"]), (3, "順番", ["1"]))
    )
    strange, elsewhere = document(4, "料金", services=["sqs"]), document(5, "信頼", services=["ec2"], belongs=["1"])
    engine.publish({"a": [above, strange], "b": [hit, under], "c": [beside, elsewhere]}, (), ["a", "b", "c"], {})
    engine.publish({}, (), ["c", "b", "a"], {})

    results = engine.search(Query("集約", context="service"))

    assert (results.context, results.found_in) == ({"sqs": ("1: 集約", "3: 順番", "0: 監視")}, {"sqs": 1})


def test_what_was_stored_comes_back_untouched(make: Make) -> None:
    engine = make()
    filled(engine, [Document("a/b-2", {}, stored='{"x": "\ud800\\n\u0000 "}')])

    assert (engine.stored("a/b-2"), engine.stored("a"), ids(engine.search(Query()))) == (
        '{"x": "\ud800\\n\u0000 "}',
        None,
        ["a/b-2"],
    )


def test_before_the_first_generation_there_is_nothing(make: Make) -> None:
    engine = make()

    found = engine.search(Query("監視", facets=("service",)).select("service", "sqs"))
    sqs = FacetCount("sqs", 0, selected=True)

    assert (found.total, found.facets, engine.meta(), engine.stored("0")) == (0, {"service": (sqs,)}, None, None)


def test_an_index_of_no_documents_is_an_index(make: Make) -> None:
    engine = make()
    filled(engine, [], {"version": 1})

    found = engine.search(Query("監視 結果", facets=("year",)))

    assert (found.total, found.facets, engine.meta()) == (0, {"year": ()}, {"version": 1})


def test_a_new_generation_replaces_the_old_one(make: Make) -> None:
    engine = make()
    filled(engine, NOTES[:1], {"version": 1})
    engine.search(Query("監視"))
    filled(engine, NOTES[1:], {"version": 2, "名前": ["値"]})

    assert (ids(engine.search(Query("監視", sort="position"))), engine.meta()) == (
        ["1", "3"],
        {"version": 2, "名前": ["値"]},
    )


def test_a_snapshot_answers_from_its_generation_whatever_is_published_after(make: Make) -> None:
    engine = make()
    filled(engine, NOTES[:1], {"version": 1})
    before = engine.snapshot()
    for number in range(2, 5):
        filled(engine, NOTES[1:], {"version": number})
    after = engine.snapshot()

    assert [(ids(one.search(Query(sort="position"))), one.meta(), one.stored("0")) for one in (before, after)] == [
        (["0"], {"version": 1}, "0: 監視はメトリクスを集約する"),
        (["1", "2", "3"], {"version": 4}, None),
    ]


def test_a_whole_index_has_no_damage_to_tell(make: Make) -> None:
    engine = make()
    before = engine.damage()
    filled(engine, NOTES)

    assert (before, engine.damage()) == (None, None)


def test_each_source_keeps_what_is_not_replaced_in_the_order_given(make: Make) -> None:
    engine = make()
    engine.publish({"a": NOTES[:2], "b": NOTES[2:3], "c": []}, (), ["a", "b", "c"], {})
    engine.publish({"d": NOTES[3:], "b": [document(9, "監視")]}, ("c",), ["d", "b", "a"], {"version": 2})

    assert (ids(engine.search(Query(sort="position"))), engine.stored("2"), engine.meta()) == (
        ["3", "9", "0", "1"],
        None,
        {"version": 2},
    )


def test_what_is_not_in_the_order_is_gone_as_if_it_had_never_been(make: Make) -> None:
    engine = make()
    engine.publish({"a": NOTES[:2], "b": NOTES[2:]}, (), ["a", "b"], {})
    engine.publish({}, (), ["b"], {})
    query = Query("-監視 OR 集約", facets=("service", "year"), limit=None)

    assert engine.search(query) == filled(make(), NOTES[2:]).search(query)


@pytest.mark.parametrize(
    ("replaced", "removed", "order"),
    [({}, (), ["a", "x"]), ({}, ("a",), ["a"]), ({"x": NOTES[2:]}, (), ["a"])],
    ids=["never given", "removed", "without a place"],
)
def test_a_source_without_documents_or_place_is_told_and_changes_nothing(
    make: Make, replaced: Mapping[str, Sequence[Document]], removed: Sequence[str], order: Sequence[str]
) -> None:
    engine = make()
    engine.publish({"a": NOTES[:2]}, (), ["a"], {"version": 1})

    with pytest.raises(SearchIndexError):
        engine.publish(replaced, removed, order, {"version": 2})

    assert (engine.search(Query()).total, engine.meta()) == (2, {"version": 1})


def test_what_builds_on_a_generation_that_is_no_longer_the_newest_is_refused(make: Make) -> None:
    engine = make()
    before = engine.stamp()
    engine.publish({"a": NOTES[:2]}, (), ["a"], {"version": 1}, before)

    with pytest.raises(OutdatedError):
        engine.publish({"b": NOTES[2:]}, (), ["b"], {"version": 2}, before)

    assert (engine.search(Query()).total, engine.meta()) == (2, {"version": 1})


# Against the oracle

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


def test_while_one_types_the_last_word_is_a_beginning(make: Make) -> None:
    engine = filled(make(), [document(1, "lambda の監視"), document(2, "通知")])

    totals = [engine.search(Query("lambda"[:length], typing=True)).total for length in range(1, 7)]

    assert totals == [1] * 6


def test_a_title_with_every_word_is_found_with_how_many_documents_stand_under_it(make: Make) -> None:
    engine = make()
    own = ((0, "通知"), (1, "通知"), (1, "通知の方法"))
    filled(engine, [document(n, text, "監視の話", services=["sqs"][:n], year=f"20{n}") for n, text in own])

    titled = engine.search(Query("監視 方法", without=("function", "some")).select("service", "sqs")).titled

    assert titled == (TitledCount("201", 2, 1),)


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


# Generations of the embedded engine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "index"


def whoosh(folder: Path) -> WhooshEngine:
    return WhooshEngine(folder, SCHEMA, lambda: LANGUAGE)


def test_a_reader_notices_what_another_process_wrote(folder: Path) -> None:
    reader = whoosh(folder)
    filled(whoosh(folder), NOTES[:1])
    before = reader.search(Query()).total
    filled(whoosh(folder), NOTES)

    assert (before, reader.search(Query()).total) == (1, 4)


def test_only_the_current_generation_and_the_one_before_are_kept(folder: Path) -> None:
    for _ in range(4):
        filled(whoosh(folder), NOTES)

    assert sorted(path.name for path in folder.iterdir()) == ["CURRENT", "WRITER.lock", "gen-000003", "gen-000004"]


def test_what_did_not_change_is_neither_read_nor_written_again(folder: Path) -> None:
    engine = whoosh(folder)
    engine.publish({"a": NOTES[:3]}, (), ["a"], {})
    before = {path.name: path.stat().st_ino for path in (folder / "gen-000001" / "seg-000001").iterdir()}
    engine.publish({"b": NOTES[3:]}, (), ["b", "a"], {})

    assert {path.name: path.stat().st_ino for path in (folder / "gen-000002" / "seg-000001").iterdir()} == before


def test_many_small_publishes_leave_few_segments(folder: Path) -> None:
    engine = whoosh(folder)
    for number in range(16):
        engine.publish({str(number): [NOTES[0]]}, (), [str(n) for n in range(number + 1)], {})

    assert (engine.search(Query()).total, len(list((folder / "gen-000016").glob("seg-*")))) == (16, 1)


def test_what_a_publish_leaves_apart_is_merged_beside_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "SMALL", 0)
    engine = whoosh(folder)
    for number in range(4):
        order = [str(n) for n in range(number + 1)]
        engine.publish({str(number): [document(number, "監視")]}, (), order, {"version": number})
    publish = generations.publish

    def overtaken(*given: Any) -> None:  # noqa: ANN401
        monkeypatch.setattr(generations, "publish", publish)
        engine.publish({"1": [document(9, "冪等")]}, ("2",), ["3", "1", "0"], {"version": 5})
        publish(*given)

    monkeypatch.setattr(generations, "publish", overtaken)
    engine.merge()

    assert ids(engine.search(Query(sort="position"))) == ["3", "9", "0"]
    assert (engine.meta(), len(list(folder.glob("gen-000006/seg-*")))) == ({"version": 5}, 2)
    assert not (folder / "merging").exists()


def test_what_searching_takes_is_bounded_by_what_there_is(folder: Path) -> None:
    engine = whoosh(folder)
    before = engine.memory()
    filled(engine, NOTES)
    few = engine.memory()
    filled(engine, [document(number, "監視") for number in range(100)])

    assert before == 0 < few < engine.memory()


def test_a_failure_while_writing_leaves_the_old_generation_alone(folder: Path) -> None:
    engine = whoosh(folder)
    filled(engine, NOTES, {"version": 1})

    with pytest.raises(ValueError, match="no field 'unknown'"):
        filled(engine, [*NOTES, Document("4", {}, {"unknown": ("x",)})], {"version": 2})

    assert (engine.search(Query()).total, engine.meta(), len(list(folder.glob("gen-*")))) == (4, {"version": 1}, 1)


def _write_slowly(folder: Path, started: Path) -> None:
    def endless() -> Iterator[Document]:
        started.touch()
        while True:
            yield NOTES[0]

    filled(whoosh(folder), endless())


def test_a_second_writer_is_told_and_takes_over_when_the_first_is_killed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_lock, "PATIENCE", 0.1)
    filled(whoosh(folder), NOTES)
    writer = multiprocessing.get_context("spawn").Process(target=_write_slowly, args=(folder, tmp_path / "started"))
    writer.start()
    while not (tmp_path / "started").exists():
        writer.join(0.02)

    with pytest.raises(WriterBusyError, match=f"{folder}.*process {writer.pid} since 20.*"):
        filled(whoosh(folder), NOTES[:1])
    writer.kill()
    writer.join()
    answered = whoosh(folder).search(Query()).total
    filled(whoosh(folder), NOTES[:1])

    assert (answered, whoosh(folder).search(Query()).total, len(list(folder.glob("gen-*")))) == (4, 1, 2)


def test_a_second_writer_waits_for_the_first(folder: Path) -> None:
    filled(whoosh(folder), NOTES)
    with ThreadPoolExecutor(4) as threads:
        for _ in threads.map(lambda count: filled(whoosh(folder), NOTES[:count]), [1, 2, 3, 3]):
            pass

    assert [path.name for path in sorted(folder.glob("gen-*"))] == ["gen-000004", "gen-000005"]


STOCK = """
import sys
from whoosh import index, query
searcher = index.open_dir(sys.argv[1]).searcher()
for term in sys.argv[2:]:
    print(sorted(hit["key"] for hit in searcher.search(query.Term("word.own", term), limit=None, scored=False)))
assert not any(name.startswith("index") for name in sys.modules)
"""


def test_whoosh_as_published_reads_what_is_written(folder: Path) -> None:
    whoosh(folder).publish({"a": NOTES[:3]}, (), ["a"], {})
    whoosh(folder).publish({"b": NOTES[1:], "a": [document(9, "監視 監視")]}, (), ["a", "b"], {})
    (segment,) = (folder / "gen-000002").glob("seg-*")

    found = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", STOCK, segment, "監視", "順番"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONIOENCODING": "utf-8"},
    )

    assert found.stdout.splitlines() == ["['1', '3', '9']", "['2']"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "CURRENT names ''"),
        (b"gen-000009\n", "gen-000009: MANIFEST is missing"),
        (b"../../etc\n", "CURRENT names '../../etc'"),
        (b"\xff\xfe", "CURRENT names '\ufffd\ufffd'"),
        (b"\x00" * 11, "CURRENT names '" + "\\x00" * 11 + "'"),
        (None, "CURRENT is missing"),
    ],
)
def test_a_damaged_pointer_is_told_and_written_over(folder: Path, content: bytes | None, told: str) -> None:
    filled(whoosh(folder), NOTES)
    (folder / "CURRENT").unlink() if content is None else (folder / "CURRENT").write_bytes(content)

    before = whoosh(folder).search(Query()).total, whoosh(folder).damage()
    filled(whoosh(folder), NOTES[:3])

    assert (before, whoosh(folder).search(Query()).total, whoosh(folder).damage()) == ((4, told), 3, None)


@pytest.mark.parametrize("content", [b"", b"\x00" * 4000, b"garbage"])
def test_damaged_files_are_told_and_written_over(folder: Path, content: bytes) -> None:
    filled(whoosh(folder), NOTES)
    for path in (folder / "gen-000001").rglob("*"):
        if path.is_file():
            path.write_bytes(content)

    with pytest.raises(SearchIndexError, match=f"{folder}.*kb sync"):
        whoosh(folder).search(Query("監視"))
    filled(whoosh(folder), NOTES)

    assert whoosh(folder).search(Query()).total == 4


def flipped(data: bytes, place: float) -> bytes:
    """Return data with one bit another, at this share of its length."""
    at = min(int(len(data) * place), len(data) - 1)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "its first bits flipped": lambda data: flipped(data, 0),
    "a bit in the middle flipped": lambda data: flipped(data, 0.5),
    "its last byte flipped": lambda data: flipped(data, 1),
    "cut by one byte": lambda data: data[:-1],
    "cut by half": lambda data: data[: len(data) // 2],
    "empty": lambda _data: b"",
    "zeroed": lambda data: bytes(len(data)),
    "longer": lambda data: data + b"\0",
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES.keys())
def test_a_generation_that_is_not_as_it_was_written_never_answers_but_the_one_before_does(
    folder: Path, damage: Callable[[bytes], bytes]
) -> None:
    filled(whoosh(folder), NOTES)
    whoosh(folder).publish({"more": [document(9, "監視")]}, (), ["only", "more"], {})
    answers = {}
    for path in sorted((folder / "gen-000002").rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            path.write_bytes(damage(data))
            os.utime(path, ns=(0, 0))  # the clock of files may be too coarse to tell two writes apart
            answers[path.relative_to(folder / "gen-000002").parts[0]] = outcome(folder)
            path.write_bytes(data)
            os.utime(path, ns=(1, 1))

    assert (answers, outcome(folder)) == (
        {
            "MANIFEST": "4 documents, damaged",
            "seg-000001": "damaged",  # both generations link it
            "seg-000002": "4 documents, damaged",
        },
        "5 documents",
    )


def test_a_file_that_is_missing_is_told(folder: Path) -> None:
    for notes in (NOTES[:1], NOTES):
        filled(whoosh(folder), notes)
    before = outcome(folder)
    segment = next((folder / "gen-000002").rglob("*.seg"))
    segment.unlink()

    told = whoosh(folder).damage()

    assert (before, outcome(folder), told) == (
        "4 documents",
        "1 documents, damaged",
        f"gen-000002: seg-000002/{segment.name} is missing",
    )


def test_a_manifest_of_another_generation_is_told(folder: Path) -> None:
    for notes in (NOTES[:1], NOTES):
        filled(whoosh(folder), notes)
    (folder / "gen-000002" / "MANIFEST").write_bytes((folder / "gen-000001" / "MANIFEST").read_bytes())

    assert (outcome(folder), whoosh(folder).damage()) == (
        "1 documents, damaged",
        "gen-000002: MANIFEST is that of gen-000001",
    )


def test_a_pointer_to_an_older_generation_hides_no_newer_one(folder: Path) -> None:
    for notes in (NOTES[:1], NOTES):
        filled(whoosh(folder), notes)
    (folder / "CURRENT").write_text("gen-000001\n", "ascii")

    assert outcome(folder) == "4 documents"


def test_what_was_never_published_is_no_damage(folder: Path) -> None:
    filled(whoosh(folder), NOTES)
    (folder / "gen-000002").mkdir()
    (folder / "gen-000002" / "MANIFEST").write_bytes(b"half of a")

    assert outcome(folder) == "4 documents"


def test_a_damaged_generation_is_made_anew_from_the_one_before(folder: Path) -> None:
    whoosh(folder).publish({"a": NOTES[:2]}, (), ["a"], {"version": 1})
    whoosh(folder).publish({"a": NOTES[:1], "b": NOTES[2:]}, (), ["a", "b"], {"version": 2})
    (folder / "gen-000002" / "MANIFEST").unlink()
    held = whoosh(folder).meta()
    whoosh(folder).publish({"b": NOTES[2:]}, (), ["a", "b"], {"version": 3})

    assert (held, outcome(folder), [path.name for path in sorted(folder.glob("gen-*"))]) == (
        {"version": 1},
        "4 documents",
        ["gen-000001", "gen-000003"],
    )


def outcome(folder: Path) -> str:
    engine = whoosh(folder)
    try:
        return f"{engine.search(Query()).total} documents{', damaged' if engine.damage() else ''}"
    except SearchIndexError:
        return "damaged"


def test_a_folder_of_something_else_is_left_alone(folder: Path) -> None:
    folder.mkdir()
    (folder / "letter.txt").write_text("x")

    with pytest.raises(SearchIndexError, match=r"letter\.txt"):
        filled(whoosh(folder), NOTES)

    assert [path.name for path in folder.iterdir()] == ["letter.txt"]


def test_threads_share_an_engine(folder: Path) -> None:
    rng = Random(7)  # noqa: S311
    notes = [document(n, " ".join(rng.choices(WORDS, k=5)), date=f"20{rng.randint(10, 25)}") for n in range(300)]
    engine = whoosh(folder)
    filled(engine, notes)
    asked = [Query(" ".join(rng.choices(WORDS, k=2)), limit=3) for _ in range(200)]
    expected = [engine.search(query) for query in asked]
    fresh = whoosh(folder)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(fresh.search, asked))

    assert answers == expected


def test_a_generation_let_go_closes_without_a_warning(folder: Path) -> None:
    engine = whoosh(folder)
    for _ in range(3):
        filled(engine, NOTES)
        engine.search(Query("監視"))
    engine.close()
    gc.collect()

    assert ids(engine.search(Query("順番"))) == ["2"]
