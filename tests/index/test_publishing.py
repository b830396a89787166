"""The contract of `Engine.publish`, for every engine: sources, their order, generations and snapshots."""

from collections.abc import Mapping, Sequence

import pytest
from engines import NOTES, Make, document, filled, ids

from index.engine import FacetCount, OutdatedError, Publication, SearchIndexError
from index.query import Query
from index.schema import Document


def test_stored_text_comes_back_unchanged(make: Make) -> None:
    engine = make()
    filled(engine, [Document("a/b-2", {}, stored='{"x": "\ud800\\n\u0000 "}')])

    assert (engine.snapshot().stored("a/b-2"), engine.snapshot().stored("a"), ids(engine.search(Query()))) == (
        '{"x": "\ud800\\n\u0000 "}',
        None,
        ["a/b-2"],
    )


def test_an_index_without_a_generation_is_empty(make: Make) -> None:
    engine = make()

    found = engine.search(Query("監視", facets=("service",)).select("service", "sqs"))
    sqs = FacetCount("sqs", 0, selected=True)

    assert (found.total, found.facets, engine.meta(), engine.snapshot().stored("0")) == (
        0,
        {"service": (sqs,)},
        None,
        None,
    )


def test_a_generation_may_have_no_documents(make: Make) -> None:
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


def test_a_snapshot_keeps_answering_from_its_generation(make: Make) -> None:
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


def test_an_undamaged_index_reports_no_damage(make: Make) -> None:
    engine = make()
    before = engine.damage()
    filled(engine, NOTES)

    assert (before, engine.damage()) == (None, None)


def test_sources_that_are_not_replaced_keep_their_documents_in_the_new_order(make: Make) -> None:
    engine = make()
    engine.publish(Publication({"a": NOTES[:2], "b": NOTES[2:3], "c": []}, ["a", "b", "c"], {}))
    engine.publish(Publication({"d": NOTES[3:], "b": [document(9, "監視")]}, ["d", "b", "a"], {"version": 2}))

    assert (ids(engine.search(Query(sort="position"))), engine.snapshot().stored("2"), engine.meta()) == (
        ["3", "9", "0", "1"],
        None,
        {"version": 2},
    )


def test_a_source_missing_from_the_order_is_dropped(make: Make) -> None:
    engine = make()
    engine.publish(Publication({"a": NOTES[:2], "b": NOTES[2:]}, ["a", "b"], {}))
    engine.publish(Publication({}, ["b"], {}))
    query = Query("-監視 OR 集約", facets=("service", "year"), limit=None)

    assert engine.search(query) == filled(make(), NOTES[2:]).search(query)


@pytest.mark.parametrize(
    ("replaced", "order"),
    [({}, ["a", "x"]), ({"x": NOTES[2:]}, ["a"])],
    ids=["not indexed", "not in the order"],
)
def test_a_source_without_documents_or_place_is_refused(
    make: Make, replaced: Mapping[str, Sequence[Document]], order: Sequence[str]
) -> None:
    engine = make()
    engine.publish(Publication({"a": NOTES[:2]}, ["a"], {"version": 1}))

    with pytest.raises(SearchIndexError):
        engine.publish(Publication(replaced, order, {"version": 2}))

    assert (engine.search(Query()).total, engine.meta()) == (2, {"version": 1})


def test_a_publish_based_on_an_outdated_generation_is_refused(make: Make) -> None:
    engine = make()
    before = engine.stamp()
    engine.publish(Publication({"a": NOTES[:2]}, ["a"], {"version": 1}), before)

    with pytest.raises(OutdatedError):
        engine.publish(Publication({"b": NOTES[2:]}, ["b"], {"version": 2}), before)

    assert (engine.search(Query()).total, engine.meta()) == (2, {"version": 1})
