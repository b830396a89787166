"""Messages to people, as values: an English text and its arguments, translated where they are shown.

Errors carry one as their first argument, and an index stores them. `str()` of one is English.
"""

from collections.abc import Callable
from typing import TypeAlias, Union

from msgspec import Struct

Value: TypeAlias = Union[str, int, float, "Message"]


class Message(Struct, frozen=True):
    """A text in the syntax of `str.format`, which is its id in the catalogue, and its arguments."""

    english: str
    values: tuple[Value, ...] = ()

    def __str__(self) -> str:
        return self.translated(str)

    def translated(self, gettext: Callable[[str], str]) -> str:
        """Return the text with its arguments; `gettext` translates it and the messages among them."""
        values = (one.translated(gettext) if isinstance(one, Message) else one for one in self.values)
        return gettext(self.english).format(*values)


class MessageError(Exception):
    """An error for people: its English text in the catalogue with the arguments, or a whole message."""

    def __init__(self, text: str | Message, *values: object) -> None:
        super().__init__(text if isinstance(text, Message) else translatable(text, *values))


def translatable(english: str, *values: object) -> Message:
    """Return a message for the catalogue; an error among its arguments becomes the error's message."""
    return Message(english, tuple(map(_value, values)))


def message_of(error: BaseException) -> Message:
    """Return the message that an error carries, else its text, else its type; of a system error its file and reason."""
    first = error.args[0] if error.args else None
    if isinstance(first, Message):
        return first
    if isinstance(error, OSError) and error.strerror:  # its text would begin with `[Errno 13]`
        name = str(error.filename or "").encode(errors="backslashreplace").decode()  # it may not be UTF-8
        return translatable("{0}: {1}", name, os_message(error)) if name else os_message(error)
    return translatable("{0}", str(error) or repr(error))


def os_message(error: OSError) -> Message:
    """Return the operating system's description of an error, such as `No space left on device`."""
    return translatable(error.strerror) if error.strerror else translatable("{0}", str(error))


def _value(value: object) -> Value:
    if isinstance(value, BaseException):
        return message_of(value)
    return value if isinstance(value, str | int | float | Message) else str(value)
