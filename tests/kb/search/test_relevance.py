"""The first results are ordered by how likely they are useful, and near ones that hardly are useful are dropped."""

from collections.abc import Sequence

import numpy as np
import pytest

from index.engine import Reason, Results
from index.query import Query
from kb.learning import BoostedTrees
from kb.report.model import Claim, Note
from kb.search import relevance
from kb.search.relevance import Compared
from kb.search.results import FoundNote


def found_note(name: str, *, cosine: float = 0.4, likely: Claim | None = None) -> FoundNote:
    note = Note(name, "report", "a.md", 1, "bullet", 1, f"本文 {name}", likely=likely)
    return FoundNote(name, 10.0, "", (Reason("words", 5.0), Reason("likeness", 5.0, cosine=cosine)), note=note)


def by_name(notes: Sequence[Note]) -> Compared:
    """Compare so that a later letter is nearer."""
    return np.array([(ord(note.id[0]), ord(note.id[0])) for note in notes], np.float64) / 100


@pytest.fixture(autouse=True)
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Useful is what is compared with more than 1.01: a letter from f on, the later the more."""
    bounds = np.linspace(0.9, 1.3, 81, dtype=np.float32)[:, None]  # a tree of one bound each, of the label `useful`
    columns = np.zeros((3 * len(bounds), 1), np.int8)
    every = np.full((3 * len(bounds), 1), np.inf, np.float32)
    every[1::3] = bounds
    leaves = np.zeros((3 * len(bounds), 2))
    leaves[1::3, 1] = 0.5
    arrays = {"columns": columns, "bounds": every, "leaves": leaves, "biases": np.array([0, -11.25, -99])}
    fitted = BoostedTrees(("other", "useful", "answer"), arrays, {})
    monkeypatch.setattr(relevance, "load_trees", lambda _name: fitted)


def ordered(query: Query, hits: str, near: str = "") -> tuple[str, str]:
    notes = [[found_note(name) for name in names] for names in (hits, near)]
    found = Results(total=len(hits), hits=())
    first, others = relevance.ordered(query, found, *notes, by_name)
    return "".join(one.id for one in first), "".join(one.id for one in others)


def test_the_nearest_come_first_and_near_notes_that_are_hardly_useful_are_dropped() -> None:
    assert ordered(Query("冪等"), "acb", "xazg") == ("cba", "zxg")


def test_near_notes_are_far_if_not_even_the_most_similar_is_similar_enough() -> None:
    assert not relevance.are_far([found_note("x", cosine=0.1), found_note("z", cosine=0.3)])
    assert relevance.are_far([found_note("x", cosine=0.1), found_note("z", cosine=0.29)])


def test_a_page_is_cut_out_of_all_hits_that_were_compared() -> None:
    assert ordered(Query("冪等", limit=2), "abcd") == ("dc", "")
    assert ordered(Query("冪等", limit=2, offset=2), "abcd", "zy") == ("ba", "zy")
    assert ordered(Query("冪等", limit=2), "", "xyz") == ("", "zy")
    assert ordered(Query("冪等", limit=None), "abcd", "xyz") == ("dcba", "")


@pytest.mark.parametrize(("offset", "limit", "asked"), [(0, 5, 20), (5, 5, 20), (15, 20, 35), (0, None, None)])
def test_the_engine_is_asked_for_all_hits_that_are_compared_and_for_the_page(
    offset: int, limit: int | None, asked: int | None
) -> None:
    query = relevance.widened(Query("冪等", offset=offset, limit=limit))

    assert (query.offset, query.limit, query.explain) == (0, asked, True)


def test_hits_after_the_first_stay_as_they_are() -> None:
    hits = "b" * relevance.FIRST + "az"
    assert ordered(Query("冪等", limit=None), hits) == (hits, "")


def test_notes_that_only_likely_are_of_the_kind_come_last() -> None:
    query = Query("冪等").select("kind", "advice")
    hits = [found_note("a"), found_note("z", likely="advice"), found_note("b")]

    first, _ = relevance.ordered(query, Results(total=3, hits=()), hits, (), by_name)

    assert [one.id for one in first] == ["b", "a", "z"]


def test_each_compared_note_says_how_likely_it_is_useful() -> None:
    (one, other), _ = relevance.ordered(
        Query("冪等"), Results(total=2, hits=()), [found_note("z"), found_note("a")], (), by_name
    )
    assert [round(each.relevance.useful) for each in (one, other) if each.relevance] == [1, 0]


def test_before_there_are_vectors_the_order_is_the_engines() -> None:
    hits = [found_note(name, cosine=0.0) for name in "abc"]
    first, near = relevance.ordered(Query("冪等", limit=2), Results(total=3, hits=()), hits, (), by_name)
    assert ([one.id for one in first], near) == (["a", "b"], ())


@pytest.mark.parametrize(
    "query",
    [
        Query(""),
        Query("冪等", sort="new"),
        Query("冪等", limit=0),
        Query("冪等", offset=relevance.FIRST),
        Query("冪等", typing=True),
    ],
)
def test_relevance_decides_neither_while_typing_nor_in_another_order(query: Query) -> None:
    assert not relevance.decides(query)
    assert relevance.decides(Query("冪等", offset=5))


def test_a_note_is_compared_once_for_a_text() -> None:
    class Reader:
        def __init__(self) -> None:
            self.compared: list[str] = []

        def compare(self, _text: str, passages: Sequence[str]) -> Compared:
            self.compared += passages
            return np.ones((len(passages), 2))

    reader, known = Reader(), dict[str, Compared]()
    compare = relevance.comparison(reader, "冪等", known)  # type: ignore[arg-type]  # what it needs of one

    compare([found_note("a").note])
    assert compare([found_note("a").note, found_note("b").note]).shape == (2, 2)
    assert reader.compared == [found_note("a").note.passage, found_note("b").note.passage]
