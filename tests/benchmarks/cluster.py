"""The engine on a cluster beside that on this machine: python tests/benchmarks/cluster.py [NOTES [NODES [QUERIES]]].

Both are filled with the same notes (those of `searching.py`, in reports of 500) and asked the same, without a model.
The nodes run on this machine too, so that they and who asks share its processors.
"""

import random
import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from time import perf_counter

sys.path.append(str(Path(__file__).parents[1] / "cluster"))
from nodes import asked, running
from searching import FACETS, SAMPLES, a_query, varied

from index.engine import Engine
from index.opensearch_engine import Address, OpenSearchEngine
from index.query import Query
from index.schema import Document
from index.whoosh_engine import WhooshEngine
from kb.library.files import Library
from kb.search.schema import SCHEMA
from kb.search.search_box import language
from kb.understanding import Tools, understand_all

_REPORT = 500  # notes


def main() -> None:
    """Fill and ask both engines, and tell how long that took."""
    count, nodes, queries = map(int, (*sys.argv[1:4], *("100000", "1", "300")[len(sys.argv) - 1 :]))
    tools = Tools()
    readings = understand_all(Library(SAMPLES).scan().files, tools)[0]
    words = sorted({m.surface for r in readings for ms in r.morphemes.values() for m in ms if m.is_content})
    order = [f"report {number}" for number in range(-(-count // _REPORT))]
    rng = random.Random(2018)  # noqa: S311  # the same queries for both
    searches = [replace(a_query(rng, words), limit=20) for _ in range(queries)]
    browses = [Query(facets=FACETS, offset=20 * page) for page in range(queries // 3)]

    every = list(varied(readings, count, words, random.Random(7), tools))  # noqa: S311  # made before anything is timed
    given = {source: every[number * _REPORT : (number + 1) * _REPORT] for number, source in enumerate(order)}
    with tempfile.TemporaryDirectory() as folder, running(Path(folder) / "nodes", nodes, shift=50) as cluster:
        address = Address(cluster.urls, "benchmark")
        here = WhooshEngine(Path(folder) / "here", SCHEMA, lambda: language(tools))
        there = OpenSearchEngine(address, Path(folder) / "there", SCHEMA, lambda: language(tools))
        for name, engine in (("here", here), (f"{nodes} nodes", there)):
            begun = perf_counter()
            engine.publish(given, (), order, {})
            took = perf_counter() - begun
            sys.stdout.write(f"{name + ': written':36s} {took:9.1f} s   {count / took:9.0f} notes/s\n")
            changed = list(islice(varied(readings, 100, words, random.Random(8), tools), 100))  # noqa: S311
            tell(f"{name}: a report of 100 notes changed", list(_changed(engine, changed, order)))
            for what, several in (("searches", searches), ("the same again", searches), ("all notes", browses)):
                tell(f"{name}: {what}", list(_timed(engine, several)))
        size = sum(path.stat().st_size for path in (Path(folder) / "here").rglob("*") if path.is_file())
        stats = asked(f"{cluster.urls[0]}/_stats/store")["_all"]["primaries"]["store"]["size_in_bytes"]
        sys.stdout.write(f"{'size':36s} {size / 1e6:9.0f} MB here {stats / 1e6:9.0f} MB there, without copies\n")


def _changed(engine: Engine, documents: Sequence[Document], order: Sequence[str]) -> Iterator[float]:
    """Yield how long it takes until a changed report is found, some times."""
    for number in range(5):
        begun = perf_counter()
        engine.publish({order[number]: documents}, (), order, {"number": number})
        engine.search(Query("監視", limit=1))
        yield perf_counter() - begun


def _timed(engine: Engine, queries: Iterable[Query]) -> Iterator[float]:
    for query in queries:
        begun = perf_counter()
        engine.search(query)
        yield perf_counter() - begun


def tell(what: str, seconds: Sequence[float]) -> None:
    """Print the median and the 95th percentile of some times, in milliseconds."""
    every = sorted(seconds)
    middle, late = statistics.median(every), every[min(int(len(every) * 0.95), len(every) - 1)]
    sys.stdout.write(f"{what:36s} {middle * 1e3:9.1f} ms p50 {late * 1e3:9.1f} ms p95\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "cluster"))
    main()
