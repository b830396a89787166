"""Questions and answers that say so: lines that begin with Q: and A:."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from kb.report.model import Note

_QUESTION = re.compile(r"[\s「]*(?:[QＱ]|質問)\s*(\d*)\s*[.:：．、)）]\s*\S")
_ANSWER = re.compile(r"[\s「]*(?:[AＡ]|回答|答え?)\s*(\d*)\s*[.:：．、)）]\s*\S")


def with_answers(notes: Iterable[Note]) -> Iterator[Note]:
    """Yield the notes of one place, their Q: lines as questions, each A: line with the question that it answers.

    That is the last one before it or, where both have numbers, the last one with its number.
    """
    questions: dict[str, str] = {}
    for note in notes:
        if match := _QUESTION.match(note.text):
            questions[""] = questions[match[1]] = note.id
            yield replace(note, kind="question")
        elif match := _ANSWER.match(note.text):
            yield replace(note, answers=questions.get(match[1], questions.get("")))
        else:
            yield note
