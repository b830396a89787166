"""What the columns of a segment are called, and the file they lie in."""

FILE = "columns"
ID, DATE, WHOLE, BOOST, PASSAGE = "id", "date", "whole", "boost", "passage"
KEYS = (ID, WHOLE, PASSAGE)
NO_KEY = 0


def length_column(name: str) -> str:
    """Return the column that holds how many words a text has."""
    return f"length.{name}"


def facet_column(group: str) -> str:
    """Return the column of a facet group."""
    return f"facet.{group}"


def key_array(column: str) -> str:
    """Return the array that holds a column of keys."""
    return f"key {column}"
