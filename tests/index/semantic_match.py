"""Documents, some of them similar, and engines filled with them and their vectors."""

from collections.abc import Sequence
from pathlib import Path
from random import Random

from hypothesis import strategies as st
from models import Characters

from index.analysis import Analyzer
from index.engine import Engine, Publication
from index.query import Query
from index.query_ast import FacetIs
from index.query_parser import QueryParser
from index.query_words import QueryWords
from index.schema import Document, Schema, TextField
from index.whoosh_engine import WhooshEngine

ANALYZER = Analyzer()
NAMES = {
    "lambda": FacetIs("service", "lambda", ("lambda",)),
    "zxwv": FacetIs("service", "zxwv", ("zxwv",)),
    "信頼性": FacetIs("service", "reliability", ("reliability",)),
}
PARSER = QueryParser(QueryWords(ANALYZER), named=lambda text: NAMES.get(text.casefold()))
SCHEMA = Schema(
    texts=(TextField("own", 1.0, length=0.75), TextField("talk", 0.3, score_only=True)),
    facets=("service", "name", "section", "talk"),
    titles=("talk", "talk"),
    names="name",
    sections="section",
)
SUBJECTS = ["監視", "通知", "課金", "権限", "冪等", "遅延", "再送", "分割", "移行", "暗号", "容量", "索引"]


def document(
    number: int,
    text: str,
    passage: str | None = None,
    *,
    service: str = "",
    names: tuple[str, ...] = (),
    section: str = "",
    talk: str = "",
) -> Document:
    single = {"service": service, "section": section, "talk": talk}
    given = {"name": names, **{group: (value,) if value else () for group, value in single.items()}}
    return Document(
        str(number),
        {name: ANALYZER.terms(ANALYZER.morphemes(own)) for name, own in {"own": text, "talk": talk}.items()},
        facets={group: values for group, values in given.items() if values},
        stored=text,
        literal=text,
        passage=text if passage is None else passage,
    )


def library(*own: Document) -> list[Document]:
    """Return these documents among many random ones."""
    rng = Random(12)  # noqa: S311
    others = [document(100 + n, "と".join(rng.sample(SUBJECTS, 3)), _anything(rng)) for n in range(60)]
    return [*own, *others]


def _anything(rng: Random) -> str:
    return "".join(chr(rng.randrange(0x5000, 0x6000)) for _ in range(8))


def filled(engine: Engine, documents: Sequence[Document]) -> Engine:
    engine.publish(Publication({"only": documents}, ["only"], {}))
    engine.embed(lambda _done, _total: None)
    return engine


def whoosh(folder: Path, model: Characters) -> WhooshEngine:
    return WhooshEngine(folder, SCHEMA, lambda _meta: PARSER, lambda: model)


def _documents(notes: list[tuple[list[str], str, tuple[str, ...], str]]) -> list[Document]:
    given = enumerate(notes)
    return library(*(document(n, "と".join(words), service=a, names=b, section=c) for n, (words, a, b, c) in given))


libraries = st.lists(
    st.tuples(
        st.lists(st.sampled_from(SUBJECTS), max_size=4),
        st.sampled_from(["", "lambda"]),
        st.sampled_from([(), ("監視",), ("監視通知", "鍵")]),
        st.sampled_from(["", "a", "b"]),
    ),
    max_size=20,
).map(_documents)
_texts = st.lists(
    st.sampled_from([*SUBJECTS, "lambda", "-監視", "鍵", "洗濯機", "ｄｋｆじゃ"]), min_size=1, max_size=4
).map(" ".join)
asked = st.lists(
    st.builds(Query, text=_texts, explain=st.booleans(), facets=st.just(("service",))), min_size=5, max_size=8
)
