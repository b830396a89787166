"""How long queries take over 20,000 notes: python tests/benchmarks/searching.py [NOTES [QUERIES]].

The notes are those of the samples again and again, each with words of others put in, so that terms are as frequent as
in life and no two notes are alike. Asked are generated queries and hostile ones.
"""

import random
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from time import perf_counter

from msgspec.structs import replace

from index.engine import Publication
from index.query import Query
from index.schema import Document
from index.whoosh_engine import WhooshEngine
from kb.library.files import Library
from kb.pipeline.reports import FinishedReport, Tools, finish_report
from kb.readers.formats import read_outline
from kb.search.documents import SCHEMA, documents
from kb.search.search_box import query_parser

SAMPLES = Path(__file__).parents[2] / "data/samples"
FILTERED = 0.2  # the share of queries with a filter
FACETS = ("service", "category", "kind", "event", "year", "talk")
HOSTILE = (
    *(mark * 600 for mark in ('"', "(", "-", "ー", "a", "あ", "漢", "９", "：", "　", "\x00", "\ud800", "👨\u200d👩")),
    *(
        " ".join([word] * 300)
        for word in ("OR", "NOT", "-監視", "a:b", "service:x", '"の"', "監視~9", "*n*", "[a TO z]")
    ),
    " ".join(f"w{number}" for number in range(1000)),
    " OR ".join(f"監視{number}" for number in range(200)),
    "(" * 1000 + "監視" + ")" * 1000,
    "NOT OR x",
    "の は が を に で と",
    " ".join("lambda fargate dynamodb cloudwatch kubernetes".replace("a", "e") for _ in range(6)),
)


def main() -> None:
    count, asked = map(int, (*sys.argv[1:3], *("20000", "20000")[len(sys.argv) - 1 :]))
    rng = random.Random(2018)  # noqa: S311  # the same notes each time
    tools = Tools()
    readings = [finish_report(read_outline(file.data, file.source), tools) for file in Library(SAMPLES).scan().files]
    words = sorted({m.surface for r in readings for ms in r.morphemes.values() for m in ms if m.is_content})
    with tempfile.TemporaryDirectory() as folder:
        engine = WhooshEngine(Path(folder), SCHEMA, lambda _meta: query_parser(tools))
        started = perf_counter()
        engine.publish(Publication({"notes": varied(readings, count, words, rng, tools)}, ["notes"], {}))
        tell(f"writing {count} notes", [perf_counter() - started])
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        sys.stdout.write(f"{'size of the index':44s} {size / 1e6:9.1f} MB\n")
        tell("the first query", list(timed(engine, [Query("監視", facets=FACETS)])))
        tell("the first phrase", list(timed(engine, [Query('"監視"')])))
        tell("the first slip", list(timed(engine, [Query("fargte")])))
        tell("all notes, six facets", list(timed(engine, [Query(facets=FACETS)] * 20)))
        tell(f"{asked} generated queries", list(timed(engine, (a_query(rng, words) for _ in range(asked)))))
        tell(f"{len(HOSTILE)} hostile queries", list(timed(engine, [Query(text, facets=FACETS) for text in HOSTILE])))


def varied(
    readings: Sequence[FinishedReport], count: int, words: Sequence[str], rng: random.Random, tools: Tools
) -> Iterator[Document]:
    """Yield documents of so many notes, in each round with other words put into them."""
    made = 0
    while made < count:
        for reading in readings:
            notes = tuple(
                replace(
                    note, id=f"{note.id}-{made}", text=f"{note.text} {rng.choice(words)}と{rng.choice(words)}{made}"
                )
                for note in reading.report.notes
            )
            report = replace(reading.report, notes=notes[: count - made])
            analysed = {note.text: tools.analyzer.morphemes(note.text) for note in report.notes}
            yield from documents(report, {**reading.morphemes, **analysed}, tools.analyzer, tools.domain)
            made += len(report.notes)


def a_query(rng: random.Random, words: Sequence[str]) -> Query:
    """Return a query as people type them: words or a sentence, maybe with a slip, a phrase, an exclusion, a filter."""
    between = rng.choice((" ", " ", "", "の", "が"))
    text = between.join(rng.choices(words, k=rng.choice((1, 1, 2, 2, 3, 5, 8))))
    match rng.randrange(10):
        case 0:
            text = text[: len(text) // 2] + text[len(text) // 2 + 1 :]
        case 1:
            text = f'"{text}" -{rng.choice(words)}'
        case 2:
            text = f"{text} OR {rng.choice(words)}はなぜ"
    query = Query(text, facets=FACETS)
    return query.select("year", "2018", "2019") if rng.random() < FILTERED else query


def timed(engine: WhooshEngine, queries: Iterable[Query]) -> Iterator[float]:
    for query in queries:
        started = perf_counter()
        engine.search(query)
        yield perf_counter() - started


def tell(name: str, seconds: Sequence[float]) -> None:
    times = sorted(seconds)
    middle, late = times[len(times) // 2], times[len(times) * 99 // 100]
    sys.stdout.write(
        f"{name:44s} {1e3 * middle:9.1f} ms median {1e3 * late:9.1f} ms p99 {1e3 * times[-1]:9.1f} ms most\n"
    )


if __name__ == "__main__":
    sys.exit(main())
