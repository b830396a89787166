"""A cluster beside the engine of this machine: python tests/benchmarks/cluster.py [NOTES [NODES]].

Both are given the same documents (generated notes in reports of 500) and asked the same, without a model; each query is
asked once, when others have been. The nodes run on this machine too, so that they and who asks share its processors.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from time import perf_counter

sys.path.append(str(Path(__file__).parents[1] / "cluster"))
from generated import notes
from nodes import Cluster, asked, running
from rivals import Kb
from shapes import SHOWN, Asked, shapes

from index.engine import Publication
from index.opensearch_engine import Address, OpenSearchEngine
from index.query import Query

_REPORT = 500  # notes
_WARMING, _QUERIES = 100, 100  # of each shape
_LISTED = (("event", 16), ("service", 36), ("talk", 12), ("speaker", 12))  # values, as a page lists them
_OPTIONS = ("-Xms1g", "-Xmx1g")  # of a node


def main() -> None:
    """Fill and ask both engines, and tell how long that took."""
    count, nodes = map(int, (*sys.argv[1:3], *("100000", "1")[len(sys.argv) - 1 :]))
    begun = perf_counter()
    for _ in map(Kb.document, notes(count)):
        pass
    making = perf_counter() - begun
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "nodes", nodes, shift=50, options=_OPTIONS) as cluster,
    ):
        address = Address(cluster.urls, "benchmark")
        here = Kb(Path(folder) / "here")
        there = Kb(Path(folder) / "there", lambda *given: OpenSearchEngine(address, *given))
        for name, one in (("in the folder", here), (f"{nodes} nodes", there)):
            report(name, one, count, making)
        size = sum(path.stat().st_size for path in (Path(folder) / "here").rglob("*") if path.is_file())
        told(f"size: {size / 1e6:.0f} MB in the folder, {size_there(cluster) / 1e6:.0f} MB there, without copies")


def report(name: str, one: Kb, count: int, making: float) -> None:
    """Fill an engine and ask it, and tell how long that took; what it takes to make the documents is taken off."""
    order = [f"report {number}" for number in range(-(-count // _REPORT))]
    documents = map(Kb.document, notes(count))
    begun = perf_counter()
    one.engine.publish(Publication({source: islice(documents, _REPORT) for source in order}, order, {}))
    took = perf_counter() - begun - making
    told(f"{name}: {count} notes written, {took:.1f} s, {count / took:.0f} notes/s")
    times(f"{name}: a report changed, until it is found", changing(one, order))
    browse = Asked(facets=True)
    pages = [lambda page=page: one.ask(browse, offset=SHOWN * page, most_values=_LISTED) for page in range(200)]
    times(f"{name}: browse all, facets", timed(pages))
    for shape, queries in shapes(notes(2000), _WARMING + _QUERIES).items():
        if shape != "browse all, facets":
            times(
                f"{name}: {shape}",
                timed([lambda query=query: one.ask(query, most_values=_LISTED) for query in queries]),
            )


def changing(one: Kb, order: Sequence[str]) -> Iterator[float]:
    """Yield how long it takes until a changed report is found, some times."""
    for number in range(10):
        changed = [Kb.document(note) for note in islice(notes(_REPORT, number), 100)]
        begun = perf_counter()
        one.engine.publish(Publication({order[number]: changed}, order, {"number": number}))
        one.engine.search(Query("", limit=1))
        yield perf_counter() - begun


def timed(asking: Iterable[Callable[[], object]]) -> Iterator[float]:
    """Yield how long each question takes but those that warm up."""
    for number, ask in enumerate(asking):
        begun = perf_counter()
        ask()
        if number >= _WARMING:
            yield perf_counter() - begun


def times(what: str, seconds: Iterable[float]) -> None:
    """Print the median and the 95th percentile of some times, in milliseconds."""
    every = sorted(seconds)
    middle, late = statistics.median(every), every[min(int(len(every) * 0.95), len(every) - 1)]
    told(f"{what + ':':50s} {middle * 1e3:9.1f} ms p50 {late * 1e3:9.1f} ms p95")


def size_there(cluster: Cluster) -> int:
    """Return how many bytes the indexes take."""
    return int(asked(f"{cluster.urls[0]}/_stats/store")["_all"]["primaries"]["store"]["size_in_bytes"])


def told(line: str) -> None:
    """Print a line at once, with the machine's load."""
    sys.stdout.write(f"{line}   (load {os.getloadavg()[0]:.1f})\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
