"""What is told to people, as values: a sentence in English, and what varies in it; each face says it in its language.

Errors are made with one, and what is wrong with a file is one: as text they are English.
"""

from collections.abc import Callable
from typing import TypeAlias, Union

from msgspec import Struct

Value: TypeAlias = Union[str, int, float, "Sentence"]


class Sentence(Struct, frozen=True):
    """A sentence as `str.format` has it, by which a catalogue of another language knows it, and the values in it."""

    english: str
    values: tuple[Value, ...] = ()

    def __str__(self) -> str:
        return self.spoken(str)

    def spoken(self, translated: Callable[[str], str]) -> str:
        """Return it as a catalogue has it, and the sentences in it."""
        values = (one.spoken(translated) if isinstance(one, Sentence) else one for one in self.values)
        return translated(self.english).format(*values)


def said(english: str, *values: object) -> Sentence:
    """Return a sentence with values, of an error what that says."""
    return Sentence(english, tuple(map(_value, values)))


def told_by(error: BaseException) -> Sentence:
    """Return what an error says: the sentence that it was made with, or what it says in English."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, Sentence) else said("{0}", str(error))


def system_says(error: OSError) -> Sentence:
    """Return what the system says of an error."""
    return said(error.strerror or str(error))


def _value(value: object) -> Value:
    if isinstance(value, BaseException):
        return told_by(value)
    return value if isinstance(value, str | int | float | Sentence) else str(value)
