"""What is wrong with a file, so that any terminal, page or log can show it; and what a report leaves open."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import asdict, replace

from index.messages import Message, Value, translatable

# Control, format and surrogate characters, line and paragraph separators: a name made of them can drive a terminal (OSC
# 52), turn a line around (U+202E), or cannot be written at all (a name that is no UTF-8 comes as lone surrogates).
_UNSHOWN = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))

_FEW = 3  # places of what is wrong time and again: enough to see what it is
_VARYING = "…"  # what stands for a value that differs between sentences of one cause


class FileProblem(Struct, frozen=True):
    """A file that was not read, or not wholly: which, where, what is wrong and what to do."""

    source: str
    line: int | None
    message: Message

    def __str__(self) -> str:
        return str(self.sentence)

    @property
    def sentence(self) -> Message:
        """All of it in one sentence."""
        return translatable("{0}: {1}", self.place, self.message)

    def record(self) -> dict[str, Any]:
        """Return it as JSON, in English."""
        return {**asdict(self), "message": str(self.message)}

    @property
    def place(self) -> str:
        """The file, and the line where one is known."""
        name = _printable(self.source)
        return f"{name}:{self.line}" if self.line else name


class ProblemGroup(Struct, frozen=True):
    """What is wrong for one cause, be it in several files; what varies in the words of the cause is `…`."""

    cause: Message
    problems: tuple[FileProblem, ...]

    @property
    def files(self) -> int:
        """In how many files it is so."""
        return len({problem.source for problem in self.problems})

    @property
    def places(self) -> Sequence[str]:
        """Where it is so, a few places, each in another file."""
        first: dict[str, str] = {}
        for problem in self.problems:
            first.setdefault(problem.source, problem.place)
        return [*first.values()][:_FEW]


def grouped(problems: Iterable[FileProblem]) -> tuple[ProblemGroup, ...]:
    """Return what is wrong by its cause, in the order in which each is met first."""
    by_cause: dict[object, list[FileProblem]] = {}
    for problem in problems:
        by_cause.setdefault(_cause(problem.message), []).append(problem)
    return tuple(ProblemGroup(_common([one.message for one in every]), tuple(every)) for every in by_cause.values())


def _cause(sentence: Message) -> object:
    """Return what a sentence has in common with those of the same cause: all but its values."""
    return sentence.english, *(_cause(value) for value in sentence.values if isinstance(value, Message))


def _common(sentences: Sequence[Message]) -> Message:
    """Return the sentence of one cause, without the values in which several differ."""
    common: list[Value] = []
    for values in zip(*(one.values for one in sentences), strict=True):
        inner = [value for value in values if isinstance(value, Message)]
        common.append(_common(inner) if inner else values[0] if len(set(values)) == 1 else _VARYING)
    return replace(sentences[0], values=tuple(common))


Missing = Literal["event", "date", "talk", "speaker", "service", "advice", "problem"]


class Finding(Struct, frozen=True):
    """Something that a report does not say, or not plainly: its event or date; or, on a line, which words may do so.

    A heading may be a talk, a name may be who speaks, words may be a service that the catalogue does not know, a
    note may be advice or a problem. Where it is known how `likely` that is, from 0 to 1, `about` is the id under which
    kb.toml may settle it, of a note its own part of that.
    """

    what: Missing
    line: int | None = None
    text: str = ""
    likely: float = 0.0
    about: str = ""


class LibraryError(ValueError):
    """The library, or a file of it, cannot be used; the message names it and says what to do."""


class UnreadableError(ValueError):
    """A file that no reader can take; the message names it, the line if one is to blame, the reason, the remedy."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem


def _printable(name: str) -> str:
    """Return a name as it can be shown: what cannot is written as Python escapes it, `\\x1b`, `\\udcff`."""
    return "".join(
        character.encode("unicode_escape").decode() if unicodedata.category(character) in _UNSHOWN else character
        for character in name
    )
