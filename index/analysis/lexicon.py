"""The words that an analysis knows beyond Sudachi's dictionary, as values."""

from msgspec import Struct


class LexiconEntry(Struct, frozen=True):
    """A word to know: as it is written, what it is found as (else itself), its short units, its reading in katakana.

    The units concatenate to the surface. A name is a proper noun.
    """

    surface: str
    normalized: str = ""
    units: tuple[str, ...] = ()
    reading: str = ""
    name: bool = False
