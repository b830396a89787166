"""Documents as a cluster stores them: ranks order sources, terms have names of one length, and each has a weight."""

from math import log
from pathlib import Path
from struct import pack, unpack

import pytest
from engines import SCHEMA, document
from hypothesis import given
from hypothesis import strategies as st

from index.opensearch_engine.layout import Layout, received, sendable, token
from index.opensearch_engine.publishing import ranks_of, rows_of, staging
from index.query_ast import Key
from index.schema import Document

names = st.lists(st.sampled_from("abcdefghij"), unique=True)


@given(st.lists(names, min_size=1, max_size=6))
def test_ranks_rise_in_the_order_of_sources_after_any_publishes(orders: list[list[str]]) -> None:
    held: dict[str, int] = {}
    for order in orders:
        ranks = ranks_of(order, {source: rank for source, rank in held.items() if source in order})
        held = dict(ranks)

        assert sorted(order, key=ranks.__getitem__) == order
        assert len(set(ranks.values())) == len(order)


@given(names, st.data())
def test_sources_that_stay_in_order_keep_their_ranks(order: list[str], data: st.DataObject) -> None:
    stay = [source for source in order if data.draw(st.booleans())]
    held = ranks_of(stay, {})

    ranks = ranks_of(order, held)

    assert {source: ranks[source] for source in stay} == held


def test_without_room_between_two_ranks_all_sources_get_new_ones() -> None:
    ranks = ranks_of(["a", "new", "b"], {"a": 1, "b": 2})

    assert ranks["a"] < ranks["new"] < ranks["b"]


@given(st.text(), st.sampled_from(["word", "pair"]))
def test_the_name_of_a_term_has_one_length_and_no_special_characters(text: str, kind: str) -> None:
    assert len(token(text, kind)) == 12
    assert token(text, kind).replace("-", "").replace("_", "").isalnum()
    assert token(text, kind) != token(text, "sound")


def test_a_term_weighs_as_much_as_its_fields_and_less_in_a_long_text() -> None:
    row = Layout(SCHEMA).row(document(1, "監視 監視 集約", "監視", "監視"))
    weights = row.fields["weights"]
    norm = 0.25 + 0.75 * 12 / 13  # three words count as twelve, and the mean is thirteen

    assert weights[token("監視", "word")] == pytest.approx(2 / norm + 0.5 + 0.3, rel=1 / 256)  # in the trail, and below
    assert weights[token("集約", "word")] == pytest.approx(1 / norm, rel=1 / 256)
    assert (row.fields["length"], row.fields["factor"]) == (3.0, pytest.approx(1 + 0.12 * log(3)))
    assert row.words == {Key("監視"), Key("集約"), Key("カンシ", "sound"), Key("シュウヤク", "sound")}


def test_a_weight_has_the_bits_that_a_rank_feature_keeps() -> None:
    weights = Layout(SCHEMA).row(document(1, "監視 集約", "通知")).fields["weights"].values()

    assert all(unpack("<I", pack("<f", weight))[0] & 0x7FFF == 0 for weight in weights)


def test_a_term_of_a_score_only_field_weighs_and_does_not_find() -> None:
    fields = Layout(SCHEMA).row(document(1, "監視", below="集約")).fields
    words = {token("監視", "word"), token("集約", "word")}

    assert (words & {*fields["finds"]}, words & fields["weights"].keys()) == ({token("監視", "word")}, words)
    assert fields["in"]["below"] == [token("集約", "word")]


def test_a_field_that_is_not_in_the_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="no field 'x'"):
        Layout(SCHEMA).row(Document("1", {"x": ()}))


def test_a_staged_segment_returns_its_documents_source_by_source(tmp_path: Path) -> None:
    sources = {"a": [document(1, "監視"), document(2, "集約")], "b": [], "c": [document(3, "通知")]}
    with staging(tmp_path, SCHEMA) as writer:
        staged = [writer.write(sources.items()), writer.write([("d", [document(4, "順番")])])]
        rows = {source: [row.fields["key"] for row in rows] for source, rows in rows_of(staged).items()}

    assert rows == {"a": ["1", "2"], "b": [], "c": ["3"], "d": ["4"]}
    assert list(tmp_path.iterdir()) == []


@given(st.text(st.characters(exclude_categories=()) | st.sampled_from("\ud800\udfff\ufdd0d8f0")))
def test_a_stored_text_can_be_sent_and_comes_back_unchanged(text: str) -> None:
    assert received(sendable(text).encode("utf-8").decode("utf-8")) == text
