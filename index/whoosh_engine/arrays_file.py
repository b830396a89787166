"""Arrays by name in one file, read without copies: a line of JSON that says where each lies, then the arrays.

numpy's own .npz is an archive: it copies what it reads and sums it once more, when its digest has been compared already.
"""

import json
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Arrays: TypeAlias = dict[str, NDArray[Any]]

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
    data = path.read_bytes()
    begin = data.index(b"\n") + 1
    return {
        name: np.frombuffer(data, kind, count, begin + place)
        for name, (kind, place, count) in json.loads(data[:begin]).items()
    }
