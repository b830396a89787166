"""Two values of a facet beside each other: what each has, what both have, and what is clearly more."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.query import Query
from kb.knowledge_base import KnowledgeBase
from kb.report.model import LineReading
from kb.search.comparison import Group, compared, log_likelihood
from kb.talks import line_keys, lines_of

QUEUE = """# 箱の会 2018 参加レポート

- 開場前に名札を受け取る

## 【A】11:10~12:00:列の話 山田 花子

- SQS は冪等に処理する
- SQS は順番を守らない
  - 並べ直す
- S3 に置く
"""
BOXES = """# 箱の会 2019 参加レポート

## 【A】11:10~12:00:箱の話 海野 太郎

- ECS は小さく分ける
- S3 を消さない
- S3 を二つ持つ
"""
MEETUP = "# 窓の会 2019 参加レポート\n\n- 窓を開ける\n"
SAID: dict[str, dict[str, Any]] = {
    "SQS は冪等に処理する": {"kind": "advice"},
    "SQS は順番を守らない": {"kind": "problem"},
    "並べ直す": {"kind": "advice", "remedy_of": "SQS は順番を守らない"},
    "開場前に名札を受け取る": {"kind": "advice", "about": "event"},
}
TOTALS = st.integers(0, 500)


@pytest.fixture(scope="module")
def kb(tmp_path_factory: pytest.TempPathFactory) -> KnowledgeBase:
    folder = tmp_path_factory.mktemp("comparison")
    (folder / "library").mkdir()
    for name, text in {"a.md": QUEUE, "b.md": BOXES, "c.md": MEETUP}.items():
        (folder / "library" / name).write_text(text, "utf-8")
    knowledge_base = KnowledgeBase.open(folder / "library", folder / "index")
    knowledge_base.indexer.sync()
    outline = knowledge_base.browser.outline(
        next(one.id for one in knowledge_base.browser.reports() if "a.md" in one.source)
    )
    lines = lines_of(outline.blocks)
    keys = {line.text: key for line, key in zip(lines, line_keys(lines), strict=True)}
    readings = {}
    for text, said in SAID.items():
        fields = {field: keys.get(value, value) for field, value in said.items()}
        readings[keys[text]] = LineReading(keys[text], by="Anna", at="2026-12-01T09:00:00Z", **fields)
    knowledge_base.collection.library.keep_readings("a.md", lambda _before: readings)
    knowledge_base.indexer.sync()
    return knowledge_base


def names(group: Group) -> list[list[tuple[str, tuple[int, ...]]]]:
    """Return the labels and numbers of the shared values, and of those of each side."""
    return [
        [(one.label, tuple(cell.number for cell in one.cells)) for one in values]
        for values in (group.shared, *group.own)
    ]


def test_what_both_years_have_and_what_only_one_has(kb: KnowledgeBase) -> None:
    comparison = compared(kb.searcher, Query(), "year", ("2018", "2019"))

    assert {group.key: names(group) for group in comparison.groups} == {
        "service": [[("Amazon S3", (1, 2))], [("Amazon SQS", (3, 0))], [("Amazon ECS", (0, 1))]],
        "series": [[("箱の会", (5, 3))], [], [("窓の会", (0, 1))]],
    }


def test_services_are_compared_by_those_named_together_with_them(kb: KnowledgeBase) -> None:
    comparison = compared(kb.searcher, Query(), "service", ("s3", "sqs"))

    assert {group.key: names(group) for group in comparison.groups} == {
        "year": [[("2018", (1, 3))], [("2019", (2, 0))], []],
        "event": [[("箱の会 2018", (1, 3))], [("箱の会 2019", (2, 0))], []],
        "speaker": [[("山田 花子", (1, 3))], [("海野 太郎", (2, 0))], []],
    }


def test_a_condition_holds_on_both_sides_and_is_no_group(kb: KnowledgeBase) -> None:
    query = Query(sort="old", offset=20).select("service", "s3")
    comparison = compared(kb.searcher, query, "year", ("2018", "2019"))

    assert [(side.value, side.answer.total) for side in comparison.sides] == [("2018", 1), ("2019", 2)]
    assert [side.query.selections for side in comparison.sides] == [
        (("service", ("s3",)), ("year", ("2018",))),
        (("service", ("s3",)), ("year", ("2019",))),
    ]


def test_the_advice_is_sure_and_on_the_matter_and_problems_have_their_remedies(kb: KnowledgeBase) -> None:
    first, _ = compared(kb.searcher, Query(), "year", ("2018", "2019")).sides

    assert {
        part: [(pair.note.text, [reply.text for reply in pair.replies]) for pair in pairs]
        for part, pairs in first.parts.items()
    } == {
        "advice": [("SQS は冪等に処理する", [])],
        "solved": [("SQS は順番を守らない", ["並べ直す"])],
        "unsolved": [],
    }


def test_kinds_are_compared_by_their_own_notes(kb: KnowledgeBase) -> None:
    comparison = compared(kb.searcher, Query(), "kind", ("advice", "problem"))

    assert [sorted(side.parts) for side in comparison.sides] == [
        ["advice", "solved", "unsolved"],
        ["solved", "unsolved"],
    ]


def test_an_empty_library_has_two_empty_sides(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    kb = KnowledgeBase.open(tmp_path / "library", tmp_path / "index")
    comparison = compared(kb.searcher, Query(), "year", ("2018", "2019"))

    assert ([side.answer.total for side in comparison.sides], comparison.groups) == ([0, 0], ())


def test_the_log_likelihood_of_ten_of_a_hundred_against_none() -> None:
    # 2 (10 ln 10/5 + 90 ln 90/95 + 100 ln 100/95), by hand
    assert log_likelihood((10, 0), (100, 100)) == pytest.approx(14.3895, abs=0.0001)


@given(TOTALS, TOTALS, st.integers(1, 500), st.integers(1, 500))
def test_the_log_likelihood_is_symmetric_and_not_below_zero(a: int, b: int, more: int, others: int) -> None:
    first, second = a + more, b + others
    likelihood = log_likelihood((a, b), (first, second))

    assert likelihood == pytest.approx(log_likelihood((b, a), (second, first)), abs=1e-6)
    assert likelihood > -1e-6


@given(TOTALS, st.integers(1, 500), st.integers(1, 20))
def test_equal_shares_have_no_log_likelihood(count: int, more: int, times: int) -> None:
    likelihood = log_likelihood((count, times * count), (count + more, times * (count + more)))

    assert likelihood == pytest.approx(0, abs=1e-6)
