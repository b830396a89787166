"""Picks the notes that almost certainly answer a query; the page quotes them above the results."""

import re
from collections.abc import Sequence

from kb.learning import load_trees
from kb.search.results import FoundNote

_MAX_QUOTED = 3  # more would push the results off the first screen
_NO_ANSWERS = ("label", "impression", "question")
# Labels of facts about a talk, such as 「登壇者: …」「資料: …」, which answer nothing.
_PARTICULAR = re.compile(
    r"\W*(?:登壇者?|発表者?|講演者?|スピーカー|speakers?|(?:発表)?資料|スライド|slides?|動画|video)\s*[:：]",
    re.IGNORECASE,
)
# A question mark, a question word, or an open ending: 「冪等とは」「止めるには」.
_QUESTION = re.compile(
    "[?？]$|なぜ|なんで|どう(?:や|す|し|い|な)|どの|どこ|いつ|いくつ|何|(?:か|とは|には|たい)[?？。]?$"
)


def quoted(results: Sequence[FoundNote]) -> tuple[FoundNote, ...]:
    """Return the results that almost certainly answer their query, most certain first.

    Notes that a change has overtaken follow the others; alone they are no answer. Without the model that compares notes
    with the query (`relevance`) there is no quote.
    """
    rated = [(one.relevance.answers, one) for one in results if one.relevance and can_answer(one)]
    if not rated:
        return ()
    (chance, best), *others = sorted(rated, key=lambda pair: (bool(pair[1].overtaken), -pair[0]))
    thresholds = load_trees("relevance").thresholds
    if best.overtaken or chance < thresholds["first"]:
        return ()
    return (best, *(one for chance, one in others if chance >= thresholds["further"]))[:_MAX_QUOTED]


def can_answer(found: FoundNote) -> bool:
    """Return whether a note may answer a question at all."""
    return found.note.kind not in _NO_ANSWERS and _PARTICULAR.match(found.note.text) is None


def is_question(text: str) -> bool:
    """Return whether a query reads as a question."""
    return bool(_QUESTION.search(text.strip()))
