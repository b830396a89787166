"""Which reader reads a file: its bytes decoded, its format told from its content."""

from kb.outline import Outline


class UnreadableError(ValueError):
    """A file that no reader can take; the message names the file, what is wrong and the remedy."""


def read_outline(data: bytes, source: str) -> Outline:
    """Return the outline of a file's bytes; `source` is its path as shown to people. Raises UnreadableError."""
    raise NotImplementedError
