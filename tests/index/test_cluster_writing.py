"""Whatever errors a cluster answers with, each document is written once in its newest version, or reported."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from clusters import Answer, cluster

from index.engine import EngineAwayError, SearchIndexError
from index.opensearch_engine.bulk import Bulk, action


def written(document_id: str, version: int, body: Mapping[str, Any]) -> bytes:
    return action("index", document_id, body, version)


class Node:
    """A node that fails as its moods say; `kept` has the newest version of each document."""

    def __init__(self, moods: list[str]) -> None:
        self.moods = moods
        self.kept: dict[str, tuple[int, str]] = {}
        self.requests: list[int] = []

    def __call__(self, _path: str, body: bytes) -> Answer:
        lines = [json.loads(line) for line in body.splitlines()]
        pairs = list(zip(lines[::2], lines[1::2], strict=True))
        self.requests.append(len(pairs))
        mood = self.moods.pop(0) if self.moods else "well"
        match mood:
            case "busy":
                return 429, b'{"error": {"type": "rejected", "reason": "busy"}}'
            case "gone":
                return 503, b'{"error": {"type": "unavailable", "reason": "no primary"}}'
            case "full" if len(pairs) > 3:
                return 413, b""
        items = [self._take(*pair, refuses=mood == "half" and number % 2 == 1) for number, pair in enumerate(pairs)]
        if mood == "cut":
            items = items[: len(items) // 2]
        return 200, json.dumps({"errors": True, "items": items}).encode()

    def _take(self, head: Mapping[str, Any], document: Mapping[str, Any], *, refuses: bool) -> Mapping[str, Any]:
        key, version = head["index"]["_id"], head["index"]["version"]
        if refuses:
            return {"index": {"_id": key, "status": 429}}
        if document["key"].startswith("poison"):
            return {"index": {"_id": key, "status": 400, "error": {"reason": "mapping"}}}
        if key in self.kept and self.kept[key][0] > version:
            return {"index": {"_id": key, "status": 409}}
        self.kept[key] = version, document["key"]
        return {"index": {"_id": key, "status": 201}}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.opensearch_engine.bulk._pause", lambda _failures: None)


@pytest.mark.parametrize(
    "moods",
    [[], ["busy"], ["gone", "gone", "busy"], ["half", "half", "half"], ["cut"], ["cut", "gone", "half"], ["full"] * 9],
)
def test_every_document_is_written_in_spite_of_errors(moods: list[str]) -> None:
    node = Node(moods)
    with cluster(node) as connection:
        Bulk(connection, "notes-1", lambda: None).write(
            written(str(number), 7, {"key": f"k{number}"}) for number in range(20)
        )

    assert node.kept == {str(number): (7, f"k{number}") for number in range(20)}


def test_a_batch_that_is_too_large_is_halved() -> None:
    node = Node(["full"] * 9)
    with cluster(node) as connection:
        Bulk(connection, "notes-1", lambda: None).write(written(str(n), 1, {"key": str(n)}) for n in range(8))

    assert node.requests == [8, 4, 2, 2, 2, 2]


def test_after_a_cluster_was_busy_batches_are_as_large_as_before() -> None:
    node = Node(["busy", "well"])
    with cluster(node) as connection:
        Bulk(connection, "notes-1", lambda: None).write(written(str(n), 1, {"key": str(n)}) for n in range(8))

    assert node.requests == [8, 8]


def test_an_older_version_does_not_replace_a_newer_one() -> None:
    node = Node([])
    with cluster(node) as connection:
        bulk = Bulk(connection, "notes-1", lambda: None)
        bulk.write([written("a", 2, {"key": "new"})])
        bulk.write([written("a", 1, {"key": "old"})])

    assert (node.kept, node.requests) == ({"a": (2, "new")}, [1, 1])


def test_invalid_documents_are_named_and_all_valid_ones_written() -> None:
    node = Node([])
    keys = ["a", "poison 1", "b", "poison 2", "c"]
    with cluster(node) as connection, pytest.raises(SearchIndexError, match=r"poison 1 \(mapping\); poison 2"):
        Bulk(connection, "notes-1", lambda: None).write(written(str(n), 1, {"key": key}) for n, key in enumerate(keys))

    assert [key for _, key in node.kept.values()] == ["a", "b", "c"]


def test_a_cluster_that_is_busy_for_minutes_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.opensearch_engine.bulk._PATIENCE", 0.0)
    with cluster(Node(["busy"] * 99)) as connection, pytest.raises(EngineAwayError, match="busy"):
        Bulk(connection, "notes-1", lambda: None).write([written("a", 1, {"key": "a"})])


def test_a_deletion_has_its_version() -> None:
    assert json.loads(action("delete", "a", version=3)) == {
        "delete": {"_id": "a", "version": 3, "version_type": "external_gte"}
    }
