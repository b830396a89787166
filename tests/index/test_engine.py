"""The contract of searching, for every engine: matches, counts and order."""

from dataclasses import replace
from pathlib import Path

import pytest
from engines import NOTES, PARSER, SCHEMA, Make, document, filled, ids
from msgspec.structs import replace as changed

from index.engine import FacetCount, Publication, TitledCount
from index.query import Query, Sort
from index.query_ast import FacetIs
from index.whoosh_engine import WhooshEngine


def test_every_word_must_be_in_some_field(make: Make) -> None:
    engine = filled(make(), NOTES)

    assert ids(engine.search(Query("SQS　監視", without=("near",)))) == ["1"]


def test_a_document_with_some_of_the_words_is_near_but_not_found(make: Make) -> None:
    engine = filled(make(), NOTES)

    results = engine.search(Query("順番 集約"))

    assert (results.total, sorted(hit.id for hit in results.near)) == (0, ["0", "2"])


@pytest.mark.parametrize("sort", ["relevance", "new", "old", "position", "boost"])
def test_equally_near_documents_come_newest_first_whatever_the_sort(make: Make, sort: Sort) -> None:
    dates = ["2017", None, "2019", "2018"]
    engine = filled(make(), [*NOTES, *(document(n, "順番の通知", date=date) for n, date in enumerate(dates, start=4))])

    results = engine.search(Query("通知 集約", sort=sort))

    assert [hit.id for hit in results.near if hit.id > "3"] == ["6", "7", "4", "5"]


def test_a_filter_does_not_cause_relaxation(make: Make) -> None:
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
def test_with_few_hits_each_part_of_the_query_has_its_count(
    make: Make, text: str, words: list[tuple[str, int]], conditions: list[tuple[str, str, int]]
) -> None:
    engine = filled(make(), NOTES)

    results = engine.search(Query(text, without=("near",)))

    assert [(word.word, word.count) for word in results.words] == words
    assert [(each.condition, each.rest, each.count) for each in results.conditions] == conditions


def test_word_counts_obey_selections(make: Make) -> None:
    engine = filled(make(), NOTES)

    results = engine.search(Query("監視 順番", without=("near",)).select("year", "2019"))

    assert [(word.word, word.count) for word in results.words] == [("監視", 1), ("順番", 0)]


@pytest.mark.parametrize("text", ["！？", "存在しない語句", "\ud800", "\x00", '"メトリクスの"', "asdfghjkl"])
def test_unknown_words_find_nothing(make: Make, text: str) -> None:
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


@pytest.mark.parametrize(("again", "times"), [("監視する。", 2_000_000), ("a", 10_000_000), ("あ", 1_000_000)])
def test_a_huge_document_is_stored_whole_and_found_by_its_beginning_and_its_end(
    make: Make, again: str, times: int
) -> None:
    text = "監視 " + again * times
    engine = filled(make(), [document(0, text + "終"), document(1, "監視")])

    found = ids(engine.search(Query("監視", sort="position"))), ids(engine.search(Query(f'"{text[-9:]}終"')))

    assert (*found, engine.snapshot().stored("0")) == (["0", "1"], ["0"], f"0: {text}終")


def test_an_empty_query_finds_everything_newest_first_undated_last(make: Make) -> None:
    engine = filled(make(), NOTES)

    assert [(hit.id, hit.score) for hit in engine.search(Query("　 ")).hits] == [("1", 0), ("0", 0), ("2", 0), ("3", 0)]


@pytest.mark.parametrize(
    ("sort", "order"),
    [("relevance", ["1", "0", "3"]), ("new", ["1", "0", "3"]), ("old", ["0", "1", "3"]), ("position", ["0", "1", "3"])],
)
def test_hits_are_sorted_as_requested(make: Make, sort: str, order: list[str]) -> None:
    engine = make()
    same = [document(n, "監視", date=date) for n, date in enumerate(["2018", "2018-03", "2017", None])]
    filled(engine, [same[0], same[1], same[3]])

    assert ids(engine.search(Query("監視", sort=sort))) == order  # type: ignore[arg-type]


def test_sort_by_boost_puts_the_newest_first_among_equals(make: Make) -> None:
    dated = [("2018", 1.05), ("2017", 1.1), ("2019", 1.05), (None, 0.8)]
    engine = filled(make(), [document(n, "監視", date=date, boost=boost) for n, (date, boost) in enumerate(dated)])

    assert ids(engine.search(Query("監視", sort="boost"))) == ["1", "2", "0", "3"]
    assert ids(engine.search(Query("監視", sort="boost", limit=2))) == ["1", "2"]


@pytest.mark.parametrize("sort", ["relevance", "new", "old", "boost", "position"])
@pytest.mark.parametrize("text", ["監視", ""])
def test_documents_with_a_last_value_come_after_all_others(make: Make, sort: Sort, text: str) -> None:
    engine = filled(make(), NOTES)
    every = ids(engine.search(Query(text, sort=sort)))
    last = Query(text, sort=sort, last=("service", ("cloudwatch", "unknown")))

    assert ids(engine.search(last)) == [*(one for one in every if one in "23"), *(one for one in every if one in "01")]
    pages = [engine.search(replace(last, offset=offset, limit=1)) for offset in range(len(every))]
    assert [one for page in pages for one in ids(page)] == ids(engine.search(last))


def test_a_window_is_a_slice_of_all_hits(make: Make) -> None:
    engine = filled(make(), NOTES)

    every = engine.search(Query("監視", limit=None))

    assert engine.search(Query("監視", offset=1, limit=1)) == changed(every, hits=every.hits[1:2])


def test_facet_counts_ignore_their_own_group_and_obey_the_others(make: Make) -> None:
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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("before:2018", ["2017"]),
        ("before:2018-01-02", ["2017"]),
        ("before:2018-03-10", ["2017", "2018-01", "2018-03-01"]),
        ("before:2018-12", ["2017", "2018-01", "2018-03", "2018-03-01", "2018-03-10"]),
        ("before:2019", ["2017", "2018", "2018-01", "2018-03", "2018-03-01", "2018-03-10", "2018-12"]),
        ("after:2018", ["2018", "2018-01", "2018-03", "2018-03-01", "2018-03-10", "2018-12", "2019"]),
        ("after:2018-01-01", ["2018", "2018-01", "2018-03", "2018-03-01", "2018-03-10", "2018-12", "2019"]),
        ("after:2018-01", ["2018", "2018-01", "2018-03", "2018-03-01", "2018-03-10", "2018-12", "2019"]),
        ("after:2018-01-02", ["2018-03", "2018-03-01", "2018-03-10", "2018-12", "2019"]),
        ("after:2018-03-01", ["2018-03", "2018-03-01", "2018-03-10", "2018-12", "2019"]),
        ("after:2018-03-02", ["2018-03-10", "2018-12", "2019"]),
        ("after:2018-12-30", ["2019"]),
        ("after:2018-03 before:2018-12", ["2018-03", "2018-03-01", "2018-03-10"]),
        ("-before:2018-03 -after:2018-03", ["", "2018"]),
    ],
)
def test_a_year_or_month_is_before_or_after_a_date_with_all_its_days(
    make: Make, text: str, expected: list[str]
) -> None:
    dates = ("", "2017", "2018", "2018-01", "2018-03", "2018-03-01", "2018-03-10", "2018-12", "2019")
    documents = [changed(document(0, "監視", date=date or None), id=date) for date in dates]

    results = filled(make(), documents).search(Query(text, sort="position"))

    assert ids(results) == expected


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("old", ["2017-12-31", "2018", "2018-01", "2018-01-01", "2018-03", "2018-03-10", ""]),
        ("new", ["2018-03-10", "2018-03", "2018-01-01", "2018-01", "2018", "2017-12-31", ""]),
    ],
)
def test_a_year_or_month_is_sorted_as_its_first_day(make: Make, sort: Sort, expected: list[str]) -> None:
    documents = [changed(document(0, "監視", date=date or None), id=date) for date in expected[::2] + expected[1::2]]

    assert ids(filled(make(), documents).search(Query("監視", sort=sort))) == expected


def test_a_limited_group_lists_the_commonest_and_the_selected_values_and_counts_the_rest(make: Make) -> None:
    engine = filled(make(), NOTES)

    results = engine.search(Query(facets=("service",), most_values=(("service", 1),)).select("service", "lambda"))

    assert (results.facets["service"], results.unlisted) == (
        (FacetCount("cloudwatch", 2, selected=False), FacetCount("lambda", 1, selected=True)),
        {"service": 1},
    )


def test_a_selected_value_without_hits_is_none_of_the_values_that_are_not_listed(make: Make) -> None:
    engine = filled(make(), NOTES)
    query = Query(facets=("service",), most_values=(("service", 1),)).select("service", "lambda").select("year", "2018")

    results = engine.search(query)

    assert (results.facets["service"], results.unlisted) == (
        (FacetCount("cloudwatch", 1, selected=False), FacetCount("lambda", 0, selected=True)),
        {"service": 1},
    )


def test_a_phrase_is_found_at_the_beginning_and_at_the_end_of_a_text(make: Make) -> None:
    texts = ["鍵は箱に入れる", "夜の窓を閉めた", "朝の扉が開かず", "棚に札を置くよ", "錠前の油が古い", "机と椅子の並び"]
    engine = filled(make(), [document(number, text) for number, text in enumerate(texts)])

    for size in (1, 3, 7):
        assert [ids(engine.search(Query(f'"{text[:size]}"'))) for text in texts] == [[str(n)] for n in range(6)]
        assert [ids(engine.search(Query(f'"{text[-size:]}"'))) for text in texts] == [[str(n)] for n in range(6)]


def test_the_reasons_of_a_hit_add_up_to_its_score_by_the_best_spelling_of_each_word(make: Make) -> None:
    texts = ("料金とコスト", "料金", "コスト", "監視", "通知")
    engine = filled(make(), [document(number, text) for number, text in enumerate(texts)])

    hits = engine.search(Query("料金", explain=True)).hits

    assert {hit.id: sum(one.points for one in hit.reasons) for hit in hits} == {
        hit.id: pytest.approx(hit.score, abs=1e-4) for hit in hits
    }
    assert {hit.id for hit in hits} == {"0", "1", "2"}
    assert not any(one.signal == "exact" for hit in hits for one in hit.reasons)  # one word is a subject, not a note


def test_a_group_missing_from_the_schema_selects_nothing(make: Make) -> None:
    engine = filled(make(), NOTES)

    results = engine.search(Query(facets=("x",)).select("x", "y"))

    assert (results.total, results.facets) == (0, {"x": (FacetCount("y", 0, selected=True),)})


def test_results_have_the_total_without_each_selected_value_and_the_unknown_values(make: Make) -> None:
    engine = filled(make(), NOTES)

    results = engine.search(Query("監視").select("service", "sqs", "lambda", "ecs").select("year", "2019"))

    assert (results.total, results.without, results.unknown) == (
        1,
        {("service", "sqs"): 0, ("service", "lambda"): 1, ("service", "ecs"): 1, ("year", "2019"): 2},
        (("service", "ecs"),),
    )


def test_the_context_of_a_hit_is_its_related_documents_in_its_place_by_position(make: Make) -> None:
    engine = make()
    above, hit, beside, under = (
        document(number, text, services=["sqs"], parents=parents)
        for number, text, parents in ((0, "監視", ()), (1, "集約", ["0"]), (2, "通知", ["0"]), (3, "順番", ["1"]))
    )
    strange, elsewhere = document(4, "料金", services=["sqs"]), document(5, "信頼", services=["ec2"], parents=["1"])
    engine.publish(
        Publication({"a": [above, strange], "b": [hit, under], "c": [beside, elsewhere]}, ["a", "b", "c"], {})
    )
    engine.publish(Publication({}, ["c", "b", "a"], {}))

    results = engine.search(Query("集約", context="service"))

    assert (results.context, results.found_in) == ({"sqs": ("1: 集約", "3: 順番", "0: 監視")}, {"sqs": 1})


def test_while_typing_the_last_word_is_a_prefix(make: Make) -> None:
    engine = filled(make(), [document(1, "lambda の監視"), document(2, "通知")])

    totals = [engine.search(Query("lambda"[:length], typing=True)).total for length in range(1, 7)]

    assert totals == [1] * 6


def test_while_typing_a_word_before_a_condition_is_no_prefix(make: Make) -> None:
    engine = filled(make(), [document(1, "lambda の監視"), document(2, "通知")])

    assert ids(engine.search(Query("lamb -通知", typing=True, without=("spelling", "near")))) == []


def test_a_document_equal_to_the_query_comes_first_whatever_the_conditions(make: Make) -> None:
    engine = filled(make(), [document(1, "監視と通知", year="2018"), document(2, "監視と通知を", year="2018")])

    texts = ("監視と通知", "監視と通知 year:2018", '監視と通知 -"集約"')
    scores = [{hit.id: hit.score for hit in engine.search(Query(text)).hits} for text in texts]

    assert scores == [scores[0]] * 3
    assert scores[0]["1"] > 1.4 * scores[0]["2"]


def test_a_title_with_every_word_is_found_with_its_counts(make: Make) -> None:
    engine = make()
    own = ((0, "通知"), (1, "通知"), (1, "通知の方法"))
    filled(engine, [document(n, text, below="監視の話", services=["sqs"][:n], year=f"20{n}") for n, text in own])

    titled = engine.search(Query("監視 方法", without=("function", "near")).select("service", "sqs")).titled

    assert titled == (TitledCount("201", 2, 1),)


def test_a_rare_word_of_titles_finds_their_documents(make: Make) -> None:
    under = [document(n, text, below="キューの話 @kagi_h ガノシー") for n, text in enumerate(("通知", "集約"))]
    engine = filled(make(), [*under, document(2, "通知の方法")])

    found = [
        ids(engine.search(Query(text, without=("near",))))
        for text in ("kagi_h", "ガノシー", "ガノシー 通知", "ガノシー キュー")
    ]

    assert found == [["0", "1"], ["0", "1"], ["0"], ["0", "1"]]


@pytest.mark.parametrize(("titles", "having", "found"), [(6, 1, 7), (5, 1, 1), (300, 0, 300), (301, 0, 0)])
def test_a_common_word_of_titles_finds_none_of_their_documents(
    make: Make, titles: int, having: int, found: int
) -> None:
    under = [document(n, "通知", below="キュー") for n in range(titles)]
    engine = filled(make(), [*under, *(document(titles + n, "キュー") for n in range(having))])

    assert engine.search(Query("キュー", limit=0)).total == found


def test_a_word_of_titles_is_not_corrected(make: Make) -> None:
    engine = filled(make(), [document(0, "通知", below="gunosy"), document(1, "gunoss")])

    results = engine.search(Query("gunosy", without=("near",)))

    assert (ids(results), results.steps) == (["0"], ())


def test_words_of_titles_still_find_by_the_facet_value_that_one_of_them_names(tmp_path: Path) -> None:
    value = FacetIs("service", "sqs", ("sqs",))
    parser = changed(PARSER, named=lambda text: value if text == "SQS" else None)
    under = [document(n, "通知", below="SQSの監視") for n in range(6)]
    notes = [*under, document(6, "監視", services=["sqs"]), document(7, "監視")]
    engine = filled(WhooshEngine(tmp_path, SCHEMA, lambda _meta: parser), notes)

    assert sorted(ids(engine.search(Query("SQS 監視", without=("near",))))) == [*"0123456"]
