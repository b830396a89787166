"""The ladder by itself, over documents that are told to it: which step is taken, which is told, when it ends."""

from collections.abc import Mapping, Sequence

import pytest
from msgspec.structs import replace

from index.ladder import Ascent, climb
from index.likeness import Likest
from index.query import Step, StepName
from index.tree import Alternative, Key, QueryPiece, QueryWord


def word(text: str, *, function: bool = False, part: str = "") -> QueryWord:
    parts = (Alternative((Key(part),), 0.5),) if part else ()
    return QueryWord(text, (Alternative((Key(text),)),), parts, function)


class Told:
    """Documents as a test tells them, and words that are related to others by adding 〜 to them."""

    def __init__(self, counts: Mapping[str, int], share: float, likest: Likest | None) -> None:
        self.counts, self.share, self.closest = counts, share, likest

    def has(self, _word: QueryWord) -> bool:
        return True

    def beginning(self, _text: str) -> Sequence[str]:
        return ()

    def similar(self, _text: str) -> str | None:
        return None

    def count(self, words: Sequence[QueryWord]) -> int:
        """Return how many are told to have these words, each with what else may stand for it: 監視/見張り."""
        return self.counts.get(" ".join(written(word) for word in words), 0)

    def best_share(self, _words: Sequence[QueryWord]) -> float:
        return self.share

    def likest(self, _pieces: Sequence[QueryPiece]) -> Likest | None:
        return self.closest

    def with_related(self, word: QueryWord) -> QueryWord:
        return replace(word, alternatives=(*word.alternatives, Alternative((Key(f"{word.text}〜"),))))


def written(word: QueryWord) -> str:
    return "/".join(alternative.terms[0].text for alternative in word.alternatives)


A, B, C, D, WAY = (word(text) for text in "天地人鳥方")
ASK = word("方法", function=True)


def climbed(
    *words: QueryWord,
    counts: Mapping[str, int] = {},  # it is only read
    share: float = 0.0,
    likest: Likest | None = None,
    without: Sequence[StepName] = (),
) -> Ascent:
    told = Told(counts, share, likest)
    pieces = [QueryPiece(one.text, (one,)) for one in words]
    return climb(pieces, told, told, without)  # type: ignore[arg-type]  # no words but those that are related


def outcome(ascent: Ascent) -> tuple[list[str], bool, list[tuple[str, str]]]:
    """Return the words wanted, whether some are enough, and the steps."""
    return [written(one) for one in ascent.words], ascent.some, [(step.name, step.text) for step in ascent.steps]


def test_where_three_documents_have_every_word_nothing_is_done() -> None:
    assert outcome(climbed(A, ASK, counts={"天 方法": 3, "天": 9})) == (["天", "方法"], False, [])


def test_with_two_the_next_step_is_taken_and_told() -> None:
    assert outcome(climbed(A, ASK, counts={"天 方法": 2, "天": 3})) == (["天"], False, [("function", "方法")])


def test_a_step_that_finds_no_more_is_neither_taken_nor_told() -> None:
    assert outcome(climbed(A, ASK, counts={"天 方法": 2, "天": 2})) == (["天", "方法"], False, [])


def test_of_a_query_of_such_words_alone_none_is_left_out() -> None:
    assert outcome(climbed(ASK, counts={"方法/方法〜": 1})) == (
        ["方法/方法〜"],
        False,
        [("related", "方法")],
    )


def test_a_step_that_leads_to_one_that_finds_more_is_told_with_it() -> None:
    ascent = climbed(word("天気", part="天"), ASK, counts={"天気/天/天気〜": 1})

    assert outcome(ascent) == (
        ["天気/天/天気〜"],
        False,
        [("function", "方法"), ("parts", "天気"), ("related", "天気")],
    )


def test_parts_and_related_words_may_stand_for_a_word() -> None:
    whole = word("天気図", part="天気")

    assert outcome(climbed(whole, counts={"天気図/天気": 1, "天気図/天気/天気図〜": 1})) == (
        ["天気図/天気"],
        False,
        [("parts", "天気図")],
    )


def test_what_is_lost_of_one_character_is_not_told() -> None:
    short = word("性", function=True)

    assert outcome(climbed(A, short, counts={"天": 1})) == (["天"], False, [])


def test_once_three_are_found_no_further_step_is_taken() -> None:
    counts = {"天": 3, "天/天〜": 9}

    assert outcome(climbed(A, ASK, counts=counts))[0] == ["天"]


@pytest.mark.parametrize("name", ["function", "related"])
def test_a_step_that_is_refused_is_not_taken(name: StepName) -> None:
    counts = {"天": 1, "天/天〜 方法/方法〜": 1, "天/天〜": 2}

    assert name not in [step.name for step in climbed(A, ASK, counts=counts, without=(name,)).steps]


@pytest.mark.parametrize(
    ("words", "share", "some"),
    [
        ((A, B), 0.45, True),
        ((A, B), 0.44, False),
        ((A, B, C), 0.45, True),
        ((A, B, C), 0.44, False),
        ((A, B, C, D), 0.31, True),
        ((A, B, C, D), 0.29, False),
        ((A, B, C, D, WAY), 0.226, True),
        ((A, B, C, D, WAY), 0.224, False),
        ((A,), 1.0, False),
    ],
)
def test_some_of_several_words_are_enough_where_one_document_has_enough_of_them(
    words: Sequence[QueryWord],
    share: float,
    some: bool,  # noqa: FBT001
) -> None:
    ascent = climbed(*words, share=share)

    assert (ascent.some, Step("some") in ascent.steps) == (some, some)


def test_then_the_steps_that_led_there_are_told() -> None:
    ascent = climbed(A, B, ASK, share=1.0)

    assert outcome(ascent) == (["天/天〜", "地/地〜"], True, [("function", "方法"), ("related", "天 地"), ("some", "")])
    assert ascent.alike


@pytest.mark.parametrize(("found", "some"), [(2, True), (3, False)])
def test_some_are_not_enough_where_three_documents_have_all(found: int, some: bool) -> None:  # noqa: FBT001
    assert climbed(A, B, counts={"天 地": found}, share=1.0).some is some


def test_that_some_are_enough_can_be_refused() -> None:
    assert climbed(A, B, share=1.0, without=("some",)) == Ascent(
        (QueryPiece("天", (A,)), QueryPiece("地", (B,))), (A, B), alike=True
    )


@pytest.mark.parametrize(("share", "some"), [(0.1, True), (0.09, False)])
def test_any_document_must_have_a_tenth_of_the_weight(share: float, some: bool) -> None:  # noqa: FBT001
    assert climbed(A, B, share=share, likest=Likest(0.9, of_all=True)).some is some


@pytest.mark.parametrize(
    ("share", "likest", "answered"),
    [
        (0.1, Likest(0.41, of_all=True), True),
        (0.1, Likest(0.4, of_all=True), False),
        (0.5, Likest(0.0, of_all=True), False),  # it would be without a model
        (0.5, Likest(0.0, of_all=False), True),
        (0.4, Likest(0.0, of_all=False), False),
        (0.0, Likest(0.49, of_all=False), True),
        (0.5, None, True),
        (0.4, None, False),
    ],
)
def test_likeness_counts_beside_the_words_where_all_documents_were_looked_at(
    share: float,
    likest: Likest | None,
    answered: bool,  # noqa: FBT001
) -> None:
    assert climbed(A, B, share=share, likest=likest, without=("some",)).alike is answered


@pytest.mark.parametrize(
    ("words", "counts", "alike"),
    [
        ((A,), {"天": 3}, False),
        ((A,), {"天": 2}, True),
        ((A, B), {"天 地": 3}, True),
        ((A, ASK), {"天": 3}, True),
    ],
)
def test_what_is_like_a_single_word_is_wanted_only_where_the_word_finds_little(
    words: Sequence[QueryWord],
    counts: Mapping[str, int],
    alike: bool,  # noqa: FBT001
) -> None:
    assert climbed(*words, counts=counts, share=1.0).alike is alike


def test_a_query_without_words_is_not_looked_for() -> None:
    assert climbed(counts={"": 0}) == Ascent((), ())


def test_a_word_that_stands_twice_is_wanted_once_and_a_title_needs_no_word_of_the_question() -> None:
    ascent = climbed(A, B, A, ASK, counts={"天 地 方法": 3})

    assert (ascent.words, ascent.mended, ascent.titles_words) == ((A, B, ASK), (A, B, ASK), (A, B))
