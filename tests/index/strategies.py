"""Random documents, queries and histories of publishes, for comparing engines with the oracle."""

from dataclasses import replace

from engines import document
from hypothesis import strategies as st
from msgspec.structs import replace as changed

from index.engine import Engine, Publication
from index.query import Query
from index.schema import Document

WORDS = [
    "監視",
    "モニタリング",
    "キュー",
    "サーバーレス",
    "SQS",
    "EC2",
    "信頼性",
    "信頼",
    "遅い",
    "15分",
    "の",
    "。",
    "メトリクス",
    "冪統制",
    "冪等",
    "lambda",
    "結果整合性",
    "kubernetes",
    "ラスト",
]
QUERY_WORDS = [
    *WORDS,
    "なぜ",
    "方法",
    "口腔内",
    "lamda",
    "めとりくす",
    "ぁmbだ",
    "しんらいせい",
    "料金",
    "遅いのはなぜ",
]
QUERY_WORDS += [
    "らむ",
    "らむだ",
    "らm",
    "ramu",
    "えすきゅー",
    "えすきゅえつ",
    "て",
    "めとりk",
    "もにたりんづ",
    "いーしー",
    "メトリクソ",
    "kubenets",
    "lamdba",
    "らむたの料金",
    "監視とらむだで",
    "らすとの監視",
    "えすきゅー えす",
    "えすきゆーえす",
    "ラストキュー",
    "ラムダ",
]
MARKS = ["-", "OR", "(", ")", '"信頼性の"', '"', "year:2018", "talk:監視", "before:2020", "年:x", "ー"]
MARKS += ["before:2018-03", "before:2018-03-10", "after:2018-01", "after:2018-03-01", "-after:2018"]
# A query of these often finds fewer than three documents, and more after each step of relaxation.
RELAXED = ["監視", "モニタリング", "信頼性", "信頼", "料金", "コスト", "結果整合性", "整合"]
texts = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=6), st.lists(st.sampled_from(RELAXED), min_size=1, max_size=2)
).map(" ".join)
values = st.lists(st.sampled_from(["sqs", "ec2", "lambda", "日本 語,"]), max_size=3, unique=True)
selected = st.lists(st.sampled_from(["sqs", "ec2", "lambda", "日本 語,", "nobody's"]), max_size=3, unique=True)
dates = st.sampled_from([None, "2018", "2018-03", "2018-03-01", "2018-03-10", "2024"])
others = st.lists(st.sampled_from(["0", "1", "2", "gone"]), max_size=2)
documents = st.lists(
    st.builds(
        lambda own, trail, below, date, services, boost, parents: document(
            0, own, trail, below, date=date, services=services, year=date and date[:4], boost=boost, parents=parents
        ),
        texts, texts, texts, dates, values, st.sampled_from([0.5, 1.0, 1.25]), others,
    ),
    max_size=12,
).map(lambda made: [changed(each, id=str(number)) for number, each in enumerate(made)])  # fmt: skip
query_texts = st.one_of(
    st.lists(st.sampled_from([*RELAXED, "なぜ", "lamda"]), min_size=1, max_size=2),
    st.lists(st.sampled_from(QUERY_WORDS + MARKS), max_size=6),
).map(" ".join)
queries = st.builds(
    Query,
    text=query_texts,
    sort=st.sampled_from(["relevance", "new", "old", "position", "boost"]),
    last=st.sampled_from([None, ("service", ("sqs",)), ("year", ("2018", "2024")), ("x", ("y",))]),
    offset=st.integers(0, 4),
    limit=st.one_of(st.none(), st.integers(0, 5)),
    facets=st.just(("service", "year")),
    most_values=st.sampled_from([(), (("service", 1),), (("service", 2), ("year", 0))]),
    without=st.lists(st.sampled_from(["near", "parts", "spelling"]), max_size=2).map(tuple),
    match_all=st.sampled_from([(), ("service",)]),
    context=st.sampled_from([None, "service", "year", "x"]),
    typing=st.booleans(),
)
selections = st.tuples(selected, st.lists(st.sampled_from(["2018", "2024"]), max_size=2, unique=True))
selecting = st.builds(
    lambda query, chosen: replace(query.select("service", *chosen[0]).select("year", *chosen[1]), offset=query.offset),
    queries,
    selections,
)


SOURCES = ("a", "b", "c", "d")


Sources = dict[str, list[Document]]


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Sources, list[Sources], list[str]]]:
    """Draw several publishes: the replaced and staged sources, and the order."""
    held: set[str] = set()
    history = []
    for publish in range(draw(st.integers(1, 5))):
        one, other, replaced = (
            {
                source: [changed(each, id=f"{source}{publish}{part}-{each.id}") for each in draw(documents)[:4]]
                for source in draw(st.lists(st.sampled_from(SOURCES), max_size=3 if part else 1, unique=True))
            }
            for part in range(3)
        )
        staged = [one, {source: given for source, given in other.items() if source not in one}]
        removed = draw(st.lists(st.sampled_from(SOURCES), max_size=2, unique=True))  # unless they are written again
        held = held - set(removed) | replaced.keys() | one.keys() | other.keys()
        order = draw(st.permutations(sorted(held)))
        if not replaced and len(order) > 1 and draw(st.booleans()):
            held.remove(order.pop())
        history.append((replaced, staged, order))
    return history


def publish(engine: Engine, replaced: Sources, staged: list[Sources], order: list[str]) -> None:
    with engine.staging() as staging:
        written = [staging.write(stage.items()) for stage in staged]
        engine.publish(Publication(replaced, order, {}, written))
