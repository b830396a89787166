"""The engines under comparison, their shared query parser and schema, and sample documents."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from index.analysis import Analyzer
from index.engine import Engine, Publication, Results
from index.query_parser import QueryField, QueryParser
from index.query_words import QueryWords
from index.schema import Document, Schema, TextField
from index.whoosh_engine import WhooshEngine
from kb.report.dates import date_or_none

ANALYZER = Analyzer()
PARSER = QueryParser(
    QueryWords(
        ANALYZER,
        slips=[("冪統制", "冪等")],
        related=[("監視", "モニタリング"), ("モニタリング", "監視"), ("料金", "コスト")],
        readings=lambda: [
            *(("ラムダ", "lambda"), ("ラムダ式", "lambda"), ("エスキューエス", "SQS"), ("アールエヌジー", "RNG")),
            ("ラスト", "kubernetes"),  # also a word
        ],
    ),
    fields={
        "year": QueryField("facet", "year"),
        "talk": QueryField("text", "trail"),
        "before": QueryField("before", date=date_or_none),
        "after": QueryField("after", date=date_or_none),
    },
)
SCHEMA = Schema(
    texts=(TextField("own", 1.0, length=0.75), TextField("trail", 0.5), TextField("below", 0.3, score_only=True)),
    facets=("service", "year"),
    titles=("year", "below"),
)

Make = Callable[[], Engine]


def filled(engine: Engine, documents: Iterable[Document], meta: Mapping[str, object] | None = None) -> Engine:
    """Fill an engine with documents of one source, and return it."""
    engine.publish(Publication({"only": documents}, ["only"], meta or {}))
    return engine


def document(
    number: int,
    own: str,
    trail: str = "",
    below: str = "",
    *,
    date: str | None = None,
    services: Sequence[str] = (),
    year: str | None = None,
    boost: float = 1.0,
    parents: Sequence[str] = (),
) -> Document:
    morphemes = ANALYZER.morphemes(own)
    texts = {
        "own": (*ANALYZER.terms(morphemes), *ANALYZER.shingles(morphemes), *ANALYZER.phonetic_keys(morphemes)),
        "trail": ANALYZER.terms(ANALYZER.morphemes(trail)),
        "below": ANALYZER.terms(ANALYZER.morphemes(below)),
    }
    facets = {"service": tuple(services), "year": (year,) if year else ()}
    facets = {group: values for group, values in facets.items() if values}
    return Document(str(number), texts, facets, date, f"{number}: {own}", own, boost, parents=tuple(parents))


def ids(results: Results) -> list[str]:
    return [hit.id for hit in results.hits]


NOTES = (
    document(0, "監視はメトリクスを集約する", "監視", date="2018-03-10", services=["cloudwatch"], year="2018"),
    document(1, "キューの監視", "SQS", date="2019", services=["sqs", "cloudwatch"], year="2019"),
    document(2, "キューは順番を保証しない", "SQS", date="2018", services=["sqs"], year="2018"),
    document(3, "サーバレスの監視", services=["lambda"]),
)


def whoosh(folder: Path) -> WhooshEngine:
    return WhooshEngine(folder, SCHEMA, lambda _meta: PARSER)
