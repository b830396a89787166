"""Nodes are killed, stopped and started again: nothing acknowledged is lost, and a node or the stand-in answers."""

import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from clustered import on_a_cluster
from engines import document, filled, whoosh
from nodes import Cluster, asked, given

from index.engine import Engine, EngineAwayError, Publication, SearchIndexError
from index.opensearch_engine import OpenSearchEngine, publishing
from index.query import Query
from index.schema import Document
from index.stand_in import WithStandIn

pytestmark = pytest.mark.cluster

SOURCES = [f"report {number}" for number in range(12)]
NOTES = 25  # of a source


@pytest.fixture
def nodes() -> Iterator[Cluster]:
    """Return the nodes, and start all of them again afterwards."""
    nodes = given()
    yield nodes
    for number in nodes.numbers:
        nodes.signal(number, signal.SIGCONT)
        nodes.start_node(number)
    nodes.wait(len(nodes.numbers))


def of(source: str, version: int) -> list[Document]:
    number = SOURCES.index(source)
    return [document(number * 1000 + note, f"監視の記録 版{version}", services=["sqs"]) for note in range(NOTES)]


def held(engine: Engine) -> list[str]:
    return [hit.stored for hit in engine.search(Query("監視", sort="position", limit=None)).hits]


def wanted(versions: dict[str, int]) -> list[str]:
    return [one.stored for source in SOURCES for one in of(source, versions[source])]


def primary(nodes: Cluster, index: str) -> int:
    """Return the node with the primary shard of an index."""
    shards = next(answer for url in nodes.urls if (answer := asked(f"{url}/_cat/shards/{index}?format=json")))
    name = next(shard["node"] for shard in shards if shard["prirep"] == "p")
    return int(name.removeprefix("n"))


def kill_in_mid_bulk(nodes: Cluster, folder: Path, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311
    engine = on_a_cluster(folder)
    assert isinstance(engine, OpenSearchEngine)
    versions = dict.fromkeys(SOURCES, 1)
    engine.publish(Publication({source: of(source, 1) for source in SOURCES}, SOURCES, {"version": 1}))
    nodes.wait(len(nodes.numbers))  # until the copy is made
    changed = sorted(rng.sample(SOURCES, 8), key=SOURCES.index)
    victim, after = primary(nodes, engine.stamp()[0]), rng.randrange(1, len(changed) * NOTES)

    def killing(source: str) -> Iterator[Document]:
        for number, one in enumerate(of(source, 2), start=changed.index(source) * NOTES):
            if number == after:
                nodes.signal(victim, signal.SIGKILL)
            yield one

    try:
        engine.publish(
            Publication({source: killing(source) for source in changed}, SOURCES, {"version": 2}), engine.stamp()
        )
        versions |= dict.fromkeys(changed, 2)
    except SearchIndexError:  # then all of it is as before
        pass
    assert held(engine) == wanted(versions)
    assert engine.meta() == {"version": max(versions.values())}
    nodes.start_node(victim)
    nodes.wait(len(nodes.numbers))
    engine.publish(Publication({source: of(source, 3) for source in changed[:2]}, SOURCES, {"version": 3}))
    assert held(engine) == wanted(versions | dict.fromkeys(changed[:2], 3))


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 21))
def test_nothing_is_lost_when_the_primary_is_killed_during_a_publish(
    nodes: Cluster, tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.opensearch_engine.bulk._BATCH_DOCUMENTS", 10)  # many batches, of which one is cut
    kill_in_mid_bulk(nodes, tmp_path, seed)


@pytest.mark.soak
def test_while_a_node_is_stopped_another_answers(nodes: Cluster, tmp_path: Path) -> None:
    engine = filled(on_a_cluster(tmp_path), of(SOURCES[0], 1))
    nodes.wait(len(nodes.numbers))  # until the copy is made, which may be all that answers
    nodes.signal(1, signal.SIGSTOP)

    answers = [engine.search(Query("監視")).total for _ in range(6)]

    assert answers == [NOTES] * 6


@pytest.mark.soak
def test_restarted_nodes_answer_as_before(nodes: Cluster, tmp_path: Path) -> None:
    engine = on_a_cluster(tmp_path)
    engine.publish(Publication({source: of(source, 1) for source in SOURCES}, SOURCES, {}))
    before = engine.search(Query("監視", facets=("service",), limit=None))
    nodes.stop()
    for number in nodes.numbers:
        nodes.start_node(number)
    nodes.wait(len(nodes.numbers))

    assert engine.search(Query("監視", facets=("service",), limit=None)) == before


def test_readers_see_whole_generations_while_the_index_is_rebuilt_twenty_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "_NEW_INDEX", 0)  # each publish that keeps nothing makes a new index
    engine = on_a_cluster(tmp_path)
    assert isinstance(engine, OpenSearchEngine)
    versions = list[int]()
    ended = threading.Event()
    wrong = list[str]()
    asked_of = 0

    def ask() -> None:
        nonlocal asked_of
        while not ended.wait(0.1):  # by two at once: twenty a second
            asked_of += 1
            try:
                reader = engine.snapshot()
                version = (reader.meta() or {})["version"]
                stored = {hit.stored for hit in reader.search(Query("監視", limit=None)).hits}
                one = {each.stored for each in of(SOURCES[0], int(str(version)))}
                if stored != one:
                    wrong.append(f"{version}: {sorted(stored - one)[:2]}")
            except Exception as error:  # noqa: BLE001  # whatever it is counts
                wrong.append(repr(error))

    engine.publish(Publication({"a": of(SOURCES[0], 0)}, ["a"], {"version": 0}))
    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    names = {engine.stamp()[0]}
    try:
        for version in range(1, 21):
            engine.publish(Publication({"a": of(SOURCES[0], version)}, ["a"], {"version": version}))
            versions.append(version)
            names.add(engine.stamp()[0])
    finally:
        ended.set()
        for thread in threads:
            thread.join()

    assert wrong == []
    assert (len(versions), len(names), asked_of > 20) == (20, 21, True)


def test_while_the_cluster_is_away_the_last_index_of_this_machine_answers(nodes: Cluster, tmp_path: Path) -> None:
    here = filled(whoosh(tmp_path / "here"), of(SOURCES[0], 1), {"of": "here"})
    there = on_a_cluster(tmp_path / "there")
    engine = WithStandIn(there, here)
    filled(engine, [*of(SOURCES[0], 2), *of(SOURCES[1], 2)], {"of": "there"})
    assert (engine.search(Query("監視")).total, engine.away()) == (2 * NOTES, None)
    for number in nodes.numbers:
        nodes.kill(number)

    with pytest.raises(EngineAwayError, match="reach"):
        engine.stamp()
    begun = time.monotonic()
    reader = engine.snapshot()
    answer = reader.search(Query("監視"))
    took = time.monotonic() - begun

    assert (answer.total, reader.meta(), took < 1) == (NOTES, {"of": "here"}, True)
    assert "cannot be reached" in (engine.away() or "")
    for number in nodes.numbers:
        nodes.start_node(number)
    nodes.wait(len(nodes.numbers))
    begun = time.monotonic()
    while engine.meta() != {"of": "there"} and time.monotonic() - begun < 10:
        time.sleep(0.1)
    assert (engine.search(Query("監視")).total, engine.away()) == (2 * NOTES, None)


def test_a_writer_that_was_silent_too_long_publishes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, other = on_a_cluster(tmp_path, name="silent"), on_a_cluster(tmp_path, name="silent")
    filled(engine, of(SOURCES[0], 1), {"version": 1})
    monkeypatch.setattr("index.opensearch_engine.generations.LEASE", 0.0)

    def slowly() -> Iterator[Document]:
        yield from of(SOURCES[0], 2)
        filled(other, of(SOURCES[0], 3), {"version": 3})  # takes over, for a lease of no time has ended

    with pytest.raises(SearchIndexError, match="took over"):
        filled(engine, slowly(), {"version": 2})

    assert (engine.meta(), held(engine)) == ({"version": 3}, [one.stored for one in of(SOURCES[0], 3)])


def test_documents_of_no_generation_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.opensearch_engine.publishing.GRACE", 0.0)
    engine = on_a_cluster(tmp_path)
    assert isinstance(engine, OpenSearchEngine)
    for version in range(1, 4):
        engine.publish(
            Publication({source: of(source, version) for source in SOURCES[:2]}, SOURCES[:2], {"version": version})
        )
    before = held(engine)

    engine.merge()

    url = given().urls[0]
    index = engine.stamp()[0]
    asked(f"{url}/{index}/_refresh")
    count = asked(f"{url}/{index}/_count?q=place:*")["count"]
    assert (count, held(engine), engine.meta()) == (2 * NOTES, before, {"version": 3})
