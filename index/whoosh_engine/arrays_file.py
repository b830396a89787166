"""Arrays by name in one file, read without copies: a line of JSON that says where each lies, then the arrays.

numpy's own .npz is an archive: it copies what it reads and sums it once more, though its digest was compared already.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import NDArray

Arrays: TypeAlias = "dict[str, NDArray[Any]]"

_ALIGNED = 8  # bytes: numpy is slow with numbers that begin elsewhere


def write(path: Path, arrays: Arrays) -> None:
    """Write arrays of one dimension."""
    places, place = {}, 0
    for name, array in arrays.items():
        places[name] = (array.dtype.str, place, len(array))
        place += array.nbytes + -array.nbytes % _ALIGNED
    head = json.dumps(places).encode()
    with path.open("wb") as file:
        file.write(head + b" " * (-(len(head) + 1) % _ALIGNED) + b"\n")
        for array in arrays.values():
            file.write(array.tobytes() + bytes(-array.nbytes % _ALIGNED))


def read(path: Path) -> Arrays:
    """Return the arrays of a file. Raises OSError, ValueError where they are not as they were written."""
    import numpy as np  # noqa: PLC0415  # `part` is for who does without

    data, places = _parted(path)
    return {name: np.frombuffer(data, kind, count, begin) for name, (kind, begin, count) in places.items()}


def part(path: Path, name: str, size: int) -> bytes:
    """Return the bytes of one array of a file, whose numbers have a size. Raises OSError, ValueError, KeyError."""
    data, places = _parted(path)
    _, begin, count = places[name]
    return data[begin : begin + count * size]


def _parted(path: Path) -> tuple[bytes, dict[str, tuple[str, int, int]]]:
    """Return what a file holds, and of each array its type, where it begins and how many numbers it has."""
    data = path.read_bytes()
    begin = data.index(b"\n") + 1
    places = json.loads(data[:begin])
    return data, {name: (kind, begin + place, count) for name, (kind, place, count) in places.items()}
