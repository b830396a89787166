"""Relaxation over counts of documents, the number of near documents, the order of reasons, and the weight of words."""

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from msgspec.structs import replace

from index.engine import MAX_NEAR_HITS, Reason, near_limit
from index.interpretation import Relaxation, interpret, reasons, relax
from index.query import Query, StepName
from index.query_ast import Alternative, InField, Key, QueryPiece, QueryWord
from index.query_parser import QueryParser
from index.ranking import length_strength, max_points, word_weight
from index.readings import NamesByReading
from index.schema import Schema, TextField


def word(text: str, *, is_function_word: bool = False, part: str = "") -> QueryWord:
    parts = (Alternative((Key(part),), 0.5),) if part else ()
    return QueryWord(text, (Alternative((Key(text),)),), parts, is_function_word)


A, B = (word(text) for text in "天地")
ASK = word("方法", is_function_word=True)


class Words:
    """Query words between spaces; a related word has 〜 appended."""

    def pieces(self, text: str) -> tuple[QueryPiece, ...]:
        return tuple(QueryPiece(one, (word(one, is_function_word=one == ASK.text),)) for one in text.split())

    def with_related(self, word: QueryWord) -> QueryWord:
        return replace(word, alternatives=(*word.alternatives, Alternative((Key(f"{word.text}〜"),))))

    def shingles(self, _text: str) -> tuple[Key, ...]:
        return ()

    names = NamesByReading()  # none


class Counts:
    """A term index that has every word and no title, and knows how many documents match which words."""

    schema = Schema((TextField("own", 1.0),), (), titles=("talk", "trail"))

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = counts

    def exists(self, node: QueryWord | InField) -> bool:
        return not isinstance(node, InField)

    def count(self, words: Sequence[QueryWord]) -> int:
        """Return how many documents match these words, each written with its alternatives: 監視/見張り."""
        return self.counts.get(written_all(words), 0)


def written(word: QueryWord) -> str:
    return "/".join(alternative.terms[0].text for alternative in word.alternatives)


def written_all(words: Sequence[QueryWord]) -> str:
    return " ".join(map(written, words))


PARSER = QueryParser(Words())  # type: ignore[arg-type]  # no analysis


def relaxed(
    *words: QueryWord,
    counts: Mapping[str, int] = {},  # it is only read
    without: Sequence[StepName] = (),
) -> Relaxation:
    return relax(words, (), PARSER, Counts(counts), without)  # type: ignore[arg-type]  # relaxation needs no more


def outcome(relaxation: Relaxation) -> tuple[list[str], list[tuple[str, str]]]:
    return [written(one) for one in relaxation.words], [(step.name, step.text) for step in relaxation.steps]


def test_no_step_is_taken_if_three_documents_match() -> None:
    assert outcome(relaxed(A, ASK, counts={"天 方法": 3, "天": 9})) == (["天", "方法"], [])


def test_a_step_is_taken_if_two_documents_match() -> None:
    assert outcome(relaxed(A, ASK, counts={"天 方法": 2, "天": 3})) == (["天"], [("function", "方法")])


def test_a_step_that_finds_no_more_is_not_taken() -> None:
    assert outcome(relaxed(A, ASK, counts={"天 方法": 2, "天": 2})) == (["天", "方法"], [])


def test_function_words_stay_if_there_are_no_other_words() -> None:
    assert outcome(relaxed(ASK, counts={"方法/方法〜": 1})) == (
        ["方法/方法〜"],
        [("related", "方法")],
    )


def test_a_step_without_effect_is_shown_with_the_later_step_that_finds_more() -> None:
    relaxation = relaxed(word("天気", part="天"), ASK, counts={"天気/天/天気〜": 1})

    assert outcome(relaxation) == (
        ["天気/天/天気〜"],
        [("function", "方法"), ("parts", "天気"), ("related", "天気")],
    )


def test_parts_are_alternatives_of_a_word() -> None:
    whole = word("天気図", part="天気")

    assert outcome(relaxed(whole, counts={"天気図/天気": 1, "天気図/天気/天気図〜": 1})) == (
        ["天気図/天気"],
        [("parts", "天気図")],
    )


def test_a_step_is_not_shown_if_only_one_character_was_dropped() -> None:
    short = word("性", is_function_word=True)

    assert outcome(relaxed(A, short, counts={"天": 1})) == (["天"], [])


def test_relaxation_stops_at_three_documents() -> None:
    counts = {"天": 3, "天/天〜": 9}

    assert outcome(relaxed(A, ASK, counts=counts))[0] == ["天"]


@pytest.mark.parametrize("name", ["function", "related"])
def test_a_refused_step_is_not_taken(name: StepName) -> None:
    counts = {"天": 1, "天/天〜 方法/方法〜": 1, "天/天〜": 2}

    assert name not in [step.name for step in relaxed(A, ASK, counts=counts, without=(name,)).steps]


def test_the_loosest_words_do_not_depend_on_the_number_of_hits() -> None:
    found = relaxed(word("天気", part="天"), ASK, counts={"天気 方法": 9})
    nothing = relaxed(A, B, ASK)

    assert (written_all(found.words), written_all(found.loosest)) == ("天気 方法", "天気/天/天気〜")
    assert (written_all(nothing.words), written_all(nothing.loosest)) == ("天 地 方法", "天/天〜 地/地〜")


def test_a_refused_step_does_not_change_the_loosest_words() -> None:
    assert written_all(relaxed(A, ASK, without=("related",)).loosest) == "天"


def test_a_query_without_words_is_not_counted() -> None:
    assert relaxed(counts={"": 0}) == Relaxation((), (), ())


def test_repeated_words_count_once_and_a_title_needs_no_function_words() -> None:
    counts = Counts({"天 地 方法": 3})

    interpretation = interpret(Query("天 地 天 方法"), PARSER, counts)  # type: ignore[arg-type]  # all words exist

    assert (interpretation.relaxation.words, interpretation.corrected) == ((A, B, ASK), (A, B, ASK))
    assert interpretation.title == InField("trail", (A, B))


@pytest.mark.parametrize(
    ("query", "total", "limit"),
    [
        (Query(), 0, 20),
        (Query(limit=3), 3, 3),
        (Query(limit=3), 4, 0),
        (Query(offset=3, limit=3), 4, 3),
        (Query(offset=3, limit=3), 6, 3),
        (Query(offset=3, limit=3), 3, 0),
        (Query(limit=0), 0, 0),
        (Query(limit=None), 5, 0),
        (Query(limit=MAX_NEAR_HITS + 1), 1, MAX_NEAR_HITS),
    ],
)
def test_near_documents_follow_only_the_last_hit(query: Query, total: int, limit: int) -> None:
    assert near_limit(query, total) == limit


def test_reasons_are_sorted_by_points_and_only_similarity_has_a_cosine() -> None:
    words = [Reason("words", 1.0, "監視", "監視", ("own",)), Reason("words", 0.0, "集約")]

    given = reasons(words, {"words": 1.0, "likeness": 2.0, "length": -0.5, "boost": 0.0}, 0.7)

    assert given == (Reason("likeness", 2.0, cosine=0.7), words[0], Reason("length", -0.5))


def test_a_rarer_word_weighs_more_and_an_unknown_one_most() -> None:
    weights = [word_weight(100, having) for having in range(101)]

    assert weights == sorted(weights, reverse=True)
    assert (weights[0] > 1.5 * weights[1], weights[-1] > 0) == (True, True)


def test_an_unknown_word_has_the_points_of_a_word_of_one_document() -> None:
    points = [max_points(100, having) for having in range(101)]

    assert points == sorted(points, reverse=True)
    assert (points[0] == points[1], points[1] > points[2]) == (True, True)


def test_a_longer_note_is_stronger_up_to_forty_words_and_an_empty_one_as_weak_as_one_word() -> None:
    strengths = [float(length_strength(np.float64(words))) for words in range(100)]

    assert strengths[:2] == [0.0, 0.0]
    assert strengths[1:41] == sorted(set(strengths[1:41]))
    assert set(strengths[40:]) == {strengths[40]}
