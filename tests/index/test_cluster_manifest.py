"""What an index of a cluster remembers of itself: how it is written, and what is read of it."""

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from clusters import Asked, cluster

from index.opensearch_engine.connection import ClusterError
from index.opensearch_engine.manifest import (
    LEASE,
    NOTHING,
    Manifest,
    Run,
    Standing,
    State,
    document_id,
    manifest_id,
    read_manifest,
    read_state,
    record,
    run_name,
)

RUNS = {"a": Run("1-a", 10, 2, 2, 6.0), "b": Run("2-b", 20, 0), "c": Run("1-c", 30, 3, 1, 3.0)}
WHOLE = Manifest(2, RUNS, {"名": "値"}, ["1-b"], [3], {"1-c": 30}, [1])


def test_a_manifest_counts_its_documents_and_how_long_they_are() -> None:
    assert (WHOLE.documents, WHOLE.mean_length) == (5, 3.0)
    assert (NOTHING.documents, NOTHING.mean_length, NOTHING.token) == (0, 1.0, 0)


def test_a_document_is_called_after_its_run_and_its_place_there() -> None:
    assert list(WHOLE.ids([0, 1, 2, 4])) == ["1-a-0", "1-a-1", "1-c-0", "1-c-2"]
    assert list(WHOLE.ids([3])) == ["1-c-1"]
    assert document_id("1-a", 7) == "1-a-7"


def test_a_run_is_called_after_its_token_and_its_source_whatever_that_is_called() -> None:
    names = {run_name(source, token) for source in ("a.md", "b.md", "\udcff.md") for token in (1, 2)}

    assert len(names) == 6
    assert {len(name) for name in names} == {20}
    assert run_name("a.md", 12) == "12-" + run_name("a.md", 1).removeprefix("1-")


def test_what_a_generation_holds_is_all_that_was_born_by_then_but_the_dead_and_the_aborted() -> None:
    born = [{"range": {"born": {"lte": 2}}}]

    assert WHOLE.documents_filter == {
        "bool": {"filter": born, "must_not": [{"terms": {"run": ["1-b"]}}, {"terms": {"born": [3]}}]}
    }
    assert Manifest(2, RUNS, {}).documents_filter == {"bool": {"filter": born}}
    assert Manifest(2, RUNS, {}, dead=("x",)).documents_filter["bool"]["must_not"] == [{"terms": {"run": ["x"]}}]
    assert Manifest(2, RUNS, {}, aborted=(1,)).documents_filter["bool"]["must_not"] == [{"terms": {"born": [1]}}]


def test_a_new_index_has_no_generation_and_no_writer() -> None:
    assert State() == State(generation=0, token=0, holder="", until=0.0, aborted=(), since=0.0)
    assert not State().is_held


def test_a_writer_has_the_right_to_write_until_its_lease_ends() -> None:
    now = time.time()

    assert State(holder="a", until=now + LEASE).is_held
    assert not State(holder="a", until=now - 1).is_held
    assert not State(holder="", until=now + LEASE).is_held
    assert LEASE == 60


def replying(status: int, body: Mapping[str, Any], asked: list[str]) -> Asked:
    def answer(path: str, _body: bytes) -> tuple[int, bytes]:
        asked.append(path)
        return status, json.dumps(body).encode()

    return answer


def test_a_manifest_is_read_as_it_was_recorded() -> None:
    asked: list[str] = []
    with cluster(replying(200, {"_source": record(WHOLE)}, asked)) as connection:
        found = read_manifest(connection, "notes-1", 2)

    assert (found, asked) == (WHOLE, ["/notes-1/_doc/manifest-2"])
    assert manifest_id(2) == "manifest-2"
    assert record(WHOLE)["record"].isascii()


def test_a_state_is_read_with_its_index_and_its_change() -> None:
    asked: list[str] = []
    state = State(3, 5, "w", 7.5, (4,), 6.5)
    body = {"_index": "notes-1", "_seq_no": 8, "_primary_term": 9, "_source": record(state)}
    with cluster(replying(200, body, asked)) as connection:
        found = read_state(connection, "notes")

    assert (found, asked) == (Standing("notes-1", state, (8, 9)), ["/notes/_doc/state"])


@pytest.mark.parametrize("body", [{"found": False}, {"status": 404, "error": {"type": "index_not_found_exception"}}])
def test_where_there_is_no_index_there_is_no_state(body: Mapping[str, Any]) -> None:
    with cluster(replying(404, body, [])) as connection:
        assert read_state(connection, "notes") is None


@pytest.mark.parametrize(
    "source", [{}, {"record": "{"}, {"record": '{"token": "x"}'}, {"record": "[]"}, {"record": None}]
)
def test_what_somebody_else_wrote_is_told_with_the_remedy(source: Mapping[str, Any]) -> None:
    with cluster(replying(200, {"_source": source}, [])) as connection, pytest.raises(ClusterError) as raised:
        read_manifest(connection, "notes-1", 1)

    message = str(raised.value)
    assert message.startswith("notes-1: holds what no kb of this version wrote (")
    assert message.endswith("); give another name to kb's own")
