"""The state and manifests of an index on a cluster, as they are written and read."""

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest
from clusters import Asked, cluster

from index.opensearch_engine.connection import ClusterError
from index.opensearch_engine.generations import (
    EMPTY,
    LEASE,
    Manifest,
    Run,
    State,
    StoredState,
    manifest_id,
    read_manifest,
    read_state,
    record,
    run_name,
)

RUNS = {"a": Run("1-a", 10, 2), "b": Run("2-b", 20, 0), "c": Run("1-c", 30, 3)}
WHOLE = Manifest(2, RUNS, {"名": "値"}, ["1-b"], [3], [1])


def test_a_manifest_counts_its_documents() -> None:
    assert (WHOLE.documents, EMPTY.documents, EMPTY.token) == (5, 0, 0)


def test_the_name_of_a_run_depends_on_its_token_and_its_source() -> None:
    names = {run_name(source, token) for source in ("a.md", "b.md", "\udcff.md") for token in (1, 2)}

    assert len(names) == 6
    assert {len(name) for name in names} == {20}
    assert run_name("a.md", 12) == "12-" + run_name("a.md", 1).removeprefix("1-")


def test_a_generation_has_all_documents_written_so_far_but_the_dead_and_the_aborted() -> None:
    born = [{"range": {"born": {"lte": 2}}}]

    assert WHOLE.filter == {
        "bool": {"filter": born, "must_not": [{"terms": {"run": ["1-b"]}}, {"terms": {"born": [3]}}]}
    }
    assert Manifest(2, RUNS, {}).filter == {"bool": {"filter": born}}
    assert Manifest(2, RUNS, {}, dead=("x",)).filter["bool"]["must_not"] == [{"terms": {"run": ["x"]}}]
    assert Manifest(2, RUNS, {}, aborted=(1,)).filter["bool"]["must_not"] == [{"terms": {"born": [1]}}]


def test_a_new_index_has_no_generation_and_no_writer() -> None:
    assert State() == State(generation=0, token=0, holder="", until=0.0, aborted=(), since=0.0)
    assert not State().is_held


def test_a_writer_holds_the_lease_until_it_ends() -> None:
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


def test_a_state_is_read_with_its_index_and_its_last_change() -> None:
    asked: list[str] = []
    state = State(3, 5, "w", 7.5, (4,), 6.5)
    body = {"_index": "notes-1", "_seq_no": 8, "_primary_term": 9, "_source": record(state)}
    with cluster(replying(200, body, asked)) as connection:
        found = read_state(connection, "notes")

    assert (found, asked) == (StoredState("notes-1", state, (8, 9)), ["/notes/_doc/state"])


@pytest.mark.parametrize("body", [{"found": False}, {"status": 404, "error": {"type": "index_not_found_exception"}}])
def test_without_an_index_there_is_no_state(body: Mapping[str, Any]) -> None:
    with cluster(replying(404, body, [])) as connection:
        assert read_state(connection, "notes") is None


@pytest.mark.parametrize(
    "source", [{}, {"record": "{"}, {"record": '{"token": "x"}'}, {"record": "[]"}, {"record": None}]
)
def test_a_record_of_another_program_is_an_error_with_a_remedy(source: Mapping[str, Any]) -> None:
    with cluster(replying(200, {"_source": source}, [])) as connection, pytest.raises(ClusterError) as raised:
        read_manifest(connection, "notes-1", 1)

    message = str(raised.value)
    assert message.startswith("notes-1: holds what no kb of this version wrote (")
    assert message.endswith("); give another name to kb's own")
