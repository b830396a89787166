"""Messages to people, as values: a sentence in English, and what varies in it; each face says it in its language.

Errors are made with one, and what is wrong with a file is one: as text they are English.
"""

from collections.abc import Callable
from typing import TypeAlias, Union

from msgspec import Struct

Value: TypeAlias = Union[str, int, float, "Sentence"]


class Sentence(Struct, frozen=True):
    """A message: the text as `str.format` has it, by which a catalogue of translations knows it, and its values."""

    english: str
    values: tuple[Value, ...] = ()

    def __str__(self) -> str:
        return self.spoken(str)

    def spoken(self, translated: Callable[[str], str]) -> str:
        """Return the text with its values; `translated` translates an English text, also those in the values."""
        values = (one.spoken(translated) if isinstance(one, Sentence) else one for one in self.values)
        return translated(self.english).format(*values)


def said(english: str, *values: object) -> Sentence:
    """Return a sentence with these values; an error among them stands for what it says."""
    return Sentence(english, tuple(map(_value, values)))


def sentence_of(error: BaseException) -> Sentence:
    """Return the sentence that an error was made with, or one of what it says in English, its sort where nothing."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, Sentence) else said("{0}", str(error) or repr(error))


def system_says(error: OSError) -> Sentence:
    """Return what the operating system says of an error, such as `No space left on device`."""
    return said(error.strerror) if error.strerror else said("{0}", str(error))


def _value(value: object) -> Value:
    if isinstance(value, BaseException):
        return sentence_of(value)
    return value if isinstance(value, str | int | float | Sentence) else str(value)
