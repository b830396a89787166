"""What similarity costs: OPENBLAS_NUM_THREADS=1 python tests/benchmarks/similarity.py [NOTES] [QUERIES].

The notes are those of `searching`, their vectors generated, so that no model's time is measured: the same queries are
asked with similarity and without, and both without what is near, every other one the other way round, for whoever comes
first warms what is kept of its words.
Then all of them again, warm. One thread, as commands have it: the time of several would be added up.
"""

import random
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import process_time

import numpy as np
from comparing import resident
from msgspec import structs
from searching import SAMPLES, a_query, varied

from index.embedder import Vectors
from index.engine import Publication
from index.query import Query
from index.whoosh_engine import WhooshEngine
from index.whoosh_engine.rows import key_of
from kb.library.files import Library
from kb.pipeline.reports import Tools, finish_report
from kb.readers.formats import read_outline
from kb.search.documents import SCHEMA
from kb.search.search_box import query_parser

DIMENSIONS = 384


class Generated:
    """An Embedder whose vectors mean nothing and are made in no time; all have a part in common, as real ones do."""

    name, dimensions = "generated", DIMENSIONS

    def queries(self, texts: Sequence[str]) -> Vectors:
        vectors = np.array([np.random.default_rng(key_of(text)).normal(size=DIMENSIONS) for text in texts])
        vectors += 2
        unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return unit

    passages = queries


def main() -> None:
    count, asked = map(int, (*sys.argv[1:3], *("100000", "200")[len(sys.argv) - 1 :]))
    rng = random.Random(2018)  # noqa: S311  # the same notes each time
    tools = Tools()
    readings = [finish_report(read_outline(file.data, file.source), tools) for file in Library(SAMPLES).scan().files]
    words = sorted({m.surface for r in readings for ms in r.morphemes.values() for m in ms if m.is_content})
    with tempfile.TemporaryDirectory() as folder:
        engine = WhooshEngine(Path(folder), SCHEMA, lambda _meta: query_parser(tools), Generated)
        documents = varied(readings, count, words, rng, tools)
        numbered = (structs.replace(each, passage=f"{each.passage} {n}") for n, each in enumerate(documents))
        engine.publish(Publication({"notes": numbered}, ["notes"], {}))
        queries = [replace(a_query(rng, words), limit=20) for _ in range(asked)]
        words_alone = WhooshEngine(Path(folder), SCHEMA, lambda _meta: query_parser(tools))
        for query in queries[:5]:
            words_alone.search(query)
        started = process_time()
        engine.embed(lambda _done, _total: None)
        made = process_time() - started
        before, started = resident(), process_time()
        engine.search(Query("監視"))
        tell("vectors made and kept, a second", count / made)
        tell("the first query with them, ms", 1000 * (process_time() - started))
        tell("memory more, kB a note", 1000 * (resident() - before) / count)
        for state in ("first", "again"):
            ways = [
                (f"{name}{', and what is near' if near else ''}", one, () if near else ("near",))
                for name, one in (("words alone", words_alone), ("with similarity", engine))
                for near in (False, True)
            ]
            times: dict[str, list[float]] = {name: [] for name, _, _ in ways}
            for number, query in enumerate(queries):
                for name, one, without in ways[:: -1 if number % 2 else 1]:
                    started = process_time()
                    one.search(replace(query, without=without))
                    times[name].append(process_time() - started)
            for name, own in times.items():
                tell(f"{name}, {state}, ms", 1000 * median(own))


def tell(name: str, figure: float) -> None:
    sys.stdout.write(f"{name:40s} {figure:10.2f}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
