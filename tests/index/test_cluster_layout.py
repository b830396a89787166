"""How documents lie on a cluster: ranks order sources, terms have names of one length, frequencies are packed."""

from pathlib import Path

import pytest
from engines import SCHEMA, document
from hypothesis import given
from hypothesis import strategies as st

from index.engine import SearchIndexError
from index.opensearch_engine.manifest import Manifest, Run
from index.opensearch_engine.mapping import PACK, Layout, received, sendable, token, tokens_of
from index.opensearch_engine.publishing import ranks_of, rows_of, staging
from index.query_ast import Key
from index.schema import Document, Schema, TextField

names = st.lists(st.sampled_from("abcdefghij"), unique=True)


@given(st.lists(names, min_size=1, max_size=6))
def test_ranks_rise_in_the_order_of_sources_whatever_came_before(orders: list[list[str]]) -> None:
    held: dict[str, int] = {}
    for order in orders:
        ranks = ranks_of(order, {source: rank for source, rank in held.items() if source in order})
        held = dict(ranks)

        assert sorted(order, key=ranks.__getitem__) == order
        assert len(set(ranks.values())) == len(order)


@given(names, st.data())
def test_what_stays_in_order_keeps_its_rank_when_others_come(order: list[str], data: st.DataObject) -> None:
    stay = [source for source in order if data.draw(st.booleans())]
    held = ranks_of(stay, {})

    ranks = ranks_of(order, held)

    assert {source: ranks[source] for source in stay} == held


def test_where_no_room_is_left_all_are_given_new_ranks() -> None:
    ranks = ranks_of(["a", "new", "b"], {"a": 1, "b": 2})

    assert ranks["a"] < ranks["new"] < ranks["b"]


@given(st.text(), st.sampled_from(["word", "pair"]))
def test_a_term_has_a_name_of_one_length_that_is_one_word_anywhere(text: str, kind: str) -> None:
    assert len(token(text, kind)) == 12
    assert token(text, kind).replace("-", "").replace("_", "").isalnum()
    assert token(text, kind) != token(text, "sound")


def test_frequencies_are_packed_by_what_their_fields_count() -> None:
    row = Layout(SCHEMA).row(document(1, "監視 監視 集約", "監視", "監視"))
    packed = dict(one.split("|") for one in row.fields["terms"].split())

    assert int(packed[token("監視", "word")]) == 2 * PACK + 5 + 3  # 0.5 in the trail and 0.3 below, in units of 0.1
    assert int(packed[token("集約", "word")]) == PACK
    assert row.length == 3
    assert row.words == {Key("監視"), Key("集約"), Key("カンシ", "sound"), Key("シュウヤク", "sound")}


def test_a_term_that_stands_only_where_it_finds_nothing_has_another_name() -> None:
    row = Layout(SCHEMA).row(document(1, "監視", below="集約"))

    assert {one.partition("|")[0] for one in row.fields["terms"].split()} >= {
        token("監視", "word"),
        f"{token('集約', 'word')}~",
    }
    assert set(tokens_of(Key("集約"))) == {token("集約", "word"), f"{token('集約', 'word')}~"}


def test_a_word_without_end_is_counted_as_far_as_there_is_room() -> None:
    row = Layout(SCHEMA).row(document(1, "監視 " * 3000, "監視 " * 9000))
    packed = dict(one.split("|") for one in row.fields["terms"].split())

    assert int(packed[token("監視", "word")]) == 2047 * PACK + PACK - 1 < 1 << 24


def test_a_schema_of_two_lengths_is_refused() -> None:
    with pytest.raises(SearchIndexError, match="length"):
        Layout(Schema((TextField("a", 1.0, length=0.5), TextField("b", 1.0, length=0.5)), ()))


def test_a_field_that_the_schema_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no field 'x'"):
        Layout(SCHEMA).row(Document("1", {"x": ()}))


def test_drafts_give_back_what_was_written_source_by_source(tmp_path: Path) -> None:
    sources = {"a": [document(1, "監視"), document(2, "集約")], "b": [], "c": [document(3, "通知")]}
    with staging(tmp_path, SCHEMA) as writer:
        staged = [writer.write(sources.items()), writer.write([("d", [document(4, "順番")])])]
        rows = {source: [row.fields["key"] for row in read()] for source, read in rows_of(staged).items()}

    assert rows == {"a": ["1", "2"], "b": [], "c": ["3"], "d": ["4"]}
    assert list(tmp_path.iterdir()) == []


@given(st.text(st.characters(exclude_categories=()) | st.sampled_from("\ud800\udfff\ufdd0d8f0")))
def test_what_is_stored_can_be_sent_and_comes_back_untouched(text: str) -> None:
    assert received(sendable(text).encode("utf-8").decode("utf-8")) == text


def test_a_manifest_tells_what_the_documents_at_its_positions_are_called() -> None:
    runs = {name: Run(name, rank, documents) for rank, (name, documents) in enumerate({"a": 2, "b": 0, "c": 3}.items())}

    assert list(Manifest(1, runs, {}).ids([0, 1, 2, 4])) == ["a-0", "a-1", "c-0", "c-2"]
