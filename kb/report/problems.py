"""Problems of files, grouped by cause, and findings: facts that a report does not state clearly."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import asdict, replace

from index.messages import Message, MessageError, Value, translatable

# Categories of characters that are escaped in names, as `\x1b` or `\udcff`: controls, formats, surrogates and line
# separators. They can drive a terminal (OSC 52), reverse a line (U+202E), or cannot be encoded (a name that is not
# UTF-8 has lone surrogates).
_ESCAPED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))

_MAX_PLACES = 3  # shown for each cause
_VARYING = "…"  # in place of a value that differs between messages of one cause


class FileProblem(Struct, frozen=True):
    """A problem of a file that was not read completely: the place, the reason and the remedy."""

    source: str
    line: int | None
    message: Message

    def __str__(self) -> str:
        return str(self.sentence)

    @property
    def sentence(self) -> Message:
        """The place and the message in one sentence."""
        return translatable("{0}: {1}", self.place, self.message)

    def record(self) -> dict[str, Any]:
        """Return the problem for JSON, in English."""
        return {**asdict(self), "message": str(self.message)}

    @property
    def place(self) -> str:
        """The file, and the line if it is known."""
        name = "".join(
            character.encode("unicode_escape").decode() if unicodedata.category(character) in _ESCAPED else character
            for character in self.source
        )
        return f"{name}:{self.line}" if self.line else name


class ProblemGroup(Struct, frozen=True):
    """The problems with one cause, perhaps in several files."""

    cause: Message  # with `…` in place of values that differ
    problems: tuple[FileProblem, ...]

    @property
    def files(self) -> int:
        """The number of files."""
        return len({problem.source for problem in self.problems})

    @property
    def places(self) -> Sequence[str]:
        """The first place in each file, at most three."""
        first: dict[str, str] = {}
        for problem in self.problems:
            first.setdefault(problem.source, problem.place)
        return [*first.values()][:_MAX_PLACES]


def grouped(problems: Iterable[FileProblem]) -> tuple[ProblemGroup, ...]:
    """Return problems grouped by cause, in the order of the first problem of each cause."""
    by_cause: dict[object, list[FileProblem]] = {}
    for problem in problems:
        by_cause.setdefault(_cause(problem.message), []).append(problem)
    groups = by_cause.values()
    return tuple(ProblemGroup(_common([problem.message for problem in group]), tuple(group)) for group in groups)


def _cause(message: Message) -> object:
    """Return a message without its values, as a key that all messages of one cause share."""
    return message.english, *(_cause(value) for value in message.values if isinstance(value, Message))


def _common(messages: Sequence[Message]) -> Message:
    """Return the message of one cause, with `…` in place of values that differ."""
    common: list[Value] = []
    for values in zip(*(message.values for message in messages), strict=True):
        inner = [value for value in values if isinstance(value, Message)]
        common.append(_common(inner) if inner else values[0] if len(set(values)) == 1 else _VARYING)
    return replace(messages[0], values=tuple(common))


Missing = Literal["event", "date", "talk", "speaker", "service", "advice", "problem"]


class Finding(Struct, frozen=True):
    """A fact that a report does not state clearly, for a person to decide.

    The event or date is missing, a heading may be a talk, a name may be a speaker, words may be an unknown service, or
    a note may be advice or a problem.
    """

    what: Missing
    line: int | None = None
    text: str = ""
    likely: float = 0.0  # its probability, 0 if unknown
    about: str = ""  # the id by which kb.toml decides it; for a note, the part after the report's id


class LibraryError(MessageError, ValueError):
    """The library or one of its files cannot be used. The message names it and says what to do."""


class UnreadableError(ValueError):
    """A file that cannot be read. The message names the file, perhaps the line, the reason and what to do."""

    def __init__(self, problem: FileProblem) -> None:
        super().__init__(problem.sentence)
        self.problem = problem
