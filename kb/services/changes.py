"""A dated change, and which notes it has overtaken: about its service, of what it says, and from before its day."""

import re
from dataclasses import dataclass
from functools import cache

from index.text import folded_for_sudachi
from kb.report.model import Note

_SENTENCE_END = re.compile(r"[。!?\n]")
# A pattern such as 「直接.*起動」 takes time that grows with the square of a sentence. The longest note that we have seen has
# 2,300 characters, so a note is read so far and no further.
_READ_SO_FAR = 3_000


@dataclass(frozen=True, slots=True)
class Change:
    """One dated fact; README.md beside the tables of a domain tells what each field is."""

    id: str
    services: tuple[str, ...]
    says: tuple[str, ...]
    unless: tuple[str, ...]
    old: str
    new: str
    changed_on: str
    source: str
    checked_on: str
    marks: str
    near: str

    @property
    def statement(self) -> str:
        """What a reader is told: 「2018年10月以降は最大15分」."""
        year, month = self.changed_on.split("-")[:2]
        return f"{year}年{int(month)}月以降は{self.new}"

    def overtakes(self, note: Note) -> bool:
        """Tell whether a note on one of the services says what no longer holds, and may be from before the change.

        Dates are compared as far as both are known: a note of 2018 may be from before 2018-10-10.
        An undated note is never marked.
        """
        if note.held_on is None or note.held_on >= self.changed_on:
            return False
        return any(map(self._is_said_in, _SENTENCE_END.split(folded_for_sudachi(note.text[:_READ_SO_FAR]))))

    def _is_said_in(self, sentence: str) -> bool:
        says, unless = map(_compiled, self.says), map(_compiled, self.unless)
        return all(one.search(sentence) for one in says) and not any(one.search(sentence) for one in unless)


@cache  # those of a domain take a third of the start of a command that shows no note of before a change
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
