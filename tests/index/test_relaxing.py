"""Relaxation by itself, over counts of documents: which step is taken, which is shown, when it ends."""

from collections.abc import Mapping, Sequence

import pytest
from msgspec.structs import replace

from index.query import StepName
from index.relaxation import Relaxation, relax
from index.tree import Alternative, Key, QueryPiece, QueryWord


def word(text: str, *, is_function_word: bool = False, part: str = "") -> QueryWord:
    parts = (Alternative((Key(part),), 0.5),) if part else ()
    return QueryWord(text, (Alternative((Key(text),)),), parts, is_function_word)


class Counts:
    """How many documents have which words, and words that are related to others by adding 〜 to them."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self.counts = counts

    def has(self, _word: QueryWord) -> bool:
        return True

    def beginning(self, _text: str) -> Sequence[str]:
        return ()

    def similar(self, _text: str) -> str | None:
        return None

    def count(self, words: Sequence[QueryWord]) -> int:
        """Return how many have these words, each with what else may stand for it: 監視/見張り."""
        return self.counts.get(written_all(words), 0)

    def with_related(self, word: QueryWord) -> QueryWord:
        return replace(word, alternatives=(*word.alternatives, Alternative((Key(f"{word.text}〜"),))))


def written(word: QueryWord) -> str:
    return "/".join(alternative.terms[0].text for alternative in word.alternatives)


A, B = (word(text) for text in "天地")
ASK = word("方法", is_function_word=True)


def relaxed(
    *words: QueryWord,
    counts: Mapping[str, int] = {},  # it is only read
    without: Sequence[StepName] = (),
) -> Relaxation:
    source = Counts(counts)
    pieces = [QueryPiece(one.text, (one,)) for one in words]
    return relax(pieces, source, source, without)  # type: ignore[arg-type]  # no words but those that are related


def written_all(words: Sequence[QueryWord]) -> str:
    return " ".join(map(written, words))


def outcome(relaxation: Relaxation) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the words wanted, and the steps."""
    return [written(one) for one in relaxation.words], [(step.name, step.text) for step in relaxation.steps]


def test_where_three_documents_have_every_word_nothing_is_done() -> None:
    assert outcome(relaxed(A, ASK, counts={"天 方法": 3, "天": 9})) == (["天", "方法"], [])


def test_with_two_the_next_step_is_taken_and_told() -> None:
    assert outcome(relaxed(A, ASK, counts={"天 方法": 2, "天": 3})) == (["天"], [("function", "方法")])


def test_a_step_that_finds_no_more_is_neither_taken_nor_told() -> None:
    assert outcome(relaxed(A, ASK, counts={"天 方法": 2, "天": 2})) == (["天", "方法"], [])


def test_of_a_query_of_such_words_alone_none_is_left_out() -> None:
    assert outcome(relaxed(ASK, counts={"方法/方法〜": 1})) == (
        ["方法/方法〜"],
        [("related", "方法")],
    )


def test_a_step_that_leads_to_one_that_finds_more_is_told_with_it() -> None:
    relaxation = relaxed(word("天気", part="天"), ASK, counts={"天気/天/天気〜": 1})

    assert outcome(relaxation) == (
        ["天気/天/天気〜"],
        [("function", "方法"), ("parts", "天気"), ("related", "天気")],
    )


def test_parts_and_related_words_may_stand_for_a_word() -> None:
    whole = word("天気図", part="天気")

    assert outcome(relaxed(whole, counts={"天気図/天気": 1, "天気図/天気/天気図〜": 1})) == (
        ["天気図/天気"],
        [("parts", "天気図")],
    )


def test_what_is_lost_of_one_character_is_not_told() -> None:
    short = word("性", is_function_word=True)

    assert outcome(relaxed(A, short, counts={"天": 1})) == (["天"], [])


def test_once_three_are_found_no_further_step_is_taken() -> None:
    counts = {"天": 3, "天/天〜": 9}

    assert outcome(relaxed(A, ASK, counts=counts))[0] == ["天"]


@pytest.mark.parametrize("name", ["function", "related"])
def test_a_step_that_is_refused_is_not_taken(name: StepName) -> None:
    counts = {"天": 1, "天/天〜 方法/方法〜": 1, "天/天〜": 2}

    assert name not in [step.name for step in relaxed(A, ASK, counts=counts, without=(name,)).steps]


def test_what_is_near_is_told_by_the_loosest_words_whatever_is_found() -> None:
    found = relaxed(word("天気", part="天"), ASK, counts={"天気 方法": 9})
    nothing = relaxed(A, B, ASK)

    assert (written_all(found.words), written_all(found.loosest)) == ("天気 方法", "天気/天/天気〜")
    assert (written_all(nothing.words), written_all(nothing.loosest)) == ("天 地 方法", "天/天〜 地/地〜")


def test_a_step_that_is_refused_does_not_loosen_what_is_near_either() -> None:
    assert written_all(relaxed(A, ASK, without=("related",)).loosest) == "天"


def test_a_query_without_words_is_not_looked_for() -> None:
    assert relaxed(counts={"": 0}) == Relaxation((), (), (), ())


def test_a_word_that_stands_twice_is_wanted_once_and_a_title_needs_no_word_of_the_question() -> None:
    relaxation = relaxed(A, B, A, ASK, counts={"天 地 方法": 3})

    assert (relaxation.words, relaxation.corrected, relaxation.title_words) == ((A, B, ASK), (A, B, ASK), (A, B))
