"""What is wrong with a file, told so that any terminal, page or log can show it."""

import unicodedata
from typing import Literal

from msgspec import Struct

# Control, format and surrogate characters, line and paragraph separators: a name made of them can drive a terminal (OSC
# 52), turn a line around (U+202E), or cannot be written at all (a name that is no UTF-8 comes as lone surrogates).
_UNSHOWN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


class FileProblem(Struct, frozen=True):
    """A file that was not read, or not wholly: which, where, what is wrong and what to do."""

    source: str
    line: int | None
    message: str

    def __str__(self) -> str:
        name = _printable(self.source)
        return f"{name}:{self.line}: {self.message}" if self.line else f"{name}: {self.message}"


Missing = Literal["event", "date", "talk", "speaker", "service"]


class Doubt(Struct, frozen=True):
    """Something that a report does not tell, or not plainly: its event or date; or, on a line, which words may do so.

    A heading may be a talk, a name may be who speaks, words may be a service that the catalogue does not know.
    """

    what: Missing
    line: int | None = None
    text: str = ""


class UnreadableError(ValueError):
    """A file that no reader can take; the message names it, the line if one is to blame, the reason, the remedy."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _printable(name: str) -> str:
    """Return a name as it can be shown: what cannot is written as Python escapes it, `\\x1b`, `\\udcff`."""
    return "".join(
        character.encode("unicode_escape").decode() if unicodedata.category(character) in _UNSHOWN else character
        for character in name
    )
