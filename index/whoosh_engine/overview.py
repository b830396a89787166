"""What is told of a generation that is not opened: how much memory answering takes, how many documents have a vector.

Neither needs numpy, which takes longer to import than all that `kb status` does.
"""

from array import array
from collections.abc import Container, Iterator

from index.engine import Coverage
from index.whoosh_engine import arrays_file
from index.whoosh_engine.column_names import FILE, NO_KEY, PASSAGE, key_array
from index.whoosh_engine.generations import Generation, Segment
from index.whoosh_engine.manifest import DamageError

# Bytes of terms kept: of 100,000 documents the forty commonest pairs of characters, which most of them have.
MOST_KEPT = 64 * 1024 * 1024
_A_DOCUMENT = 250  # bytes: its signature, its places in both orders, its boost and norms, ends and documents of facets
_KEY = 8  # bytes


def most_memory(generation: Generation) -> int:
    """Return the bytes that a snapshot of a generation takes at most: its columns as read and joined, terms, places."""
    columns = sum((segment.folder / FILE).stat().st_size for segment in generation.segments)
    return MOST_KEPT + 2 * columns + _A_DOCUMENT * sum(segment.size for segment in generation.segments)


def coverage(generation: Generation, kept: Container[int]) -> Coverage:
    """Return how many documents have a vector, given the keys of those kept, of how many that could have one."""
    wanted = [key for segment in generation.segments for key in _passage_keys(segment) if key != NO_KEY]
    return Coverage(sum(key in kept for key in wanted), len(wanted))


def _passage_keys(segment: Segment) -> Iterator[int]:
    """Yield the key of the vector of each document that is meant. Raises DamageError."""
    file = segment.folder / FILE
    try:
        keys = array("Q", arrays_file.part(file, key_array(PASSAGE), _KEY))
    except (OSError, ValueError, KeyError) as error:
        raise DamageError(f"{file} cannot be read ({error}); make the index anew: kb sync") from error
    dead = frozenset(segment.dead)
    return (key for number, key in enumerate(keys) if number not in dead)
