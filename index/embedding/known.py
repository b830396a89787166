"""An embedder that knows the vectors of some texts by heart: those of texts that come along with a program."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from index.embedder import Embedder, EmbeddingError, Vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Known:
    """An Embedder that makes only the vectors of passages that a file does not hold; the file may be absent."""

    def __init__(self, embedder: Embedder, file: Path) -> None:
        self.name = embedder.name
        self.runtime = embedder.runtime
        self.earlier = embedder.earlier
        self._embedder = embedder
        self._file = file

    @property
    def dimensions(self) -> int:
        """How many numbers a vector has."""
        return self._embedder.dimensions

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of what is looked for."""
        return self._embedder.queries(texts)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of what is found."""
        import numpy as np

        keys = [_key(self.name, text) for text in texts]
        new = [text for text, key in zip(texts, keys, strict=True) if key not in self._known]
        made = iter(self._embedder.passages(new)) if new else iter(())
        return np.stack([self._known[key] if key in self._known else next(made) for key in keys])

    @cached_property
    def _known(self) -> dict[bytes, Vectors]:
        import numpy as np

        try:
            file = read_arrays(self._file)
            keys, numbers, scales = file["keys"], file["numbers"], file["scales"]
        except (EmbeddingError, KeyError):
            return {}  # then all are made
        vectors = numbers.astype(np.float32) * scales[:, None]
        return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}


def read_arrays(path: Path) -> "Mapping[str, NDArray[Any]]":
    """Return the arrays of a file of numpy's by their names. Raises EmbeddingError where it is absent or damaged."""
    import numpy as np

    try:
        with path.open("rb") as data, np.load(data, allow_pickle=False) as file:
            return {name: file[name] for name in file}
    except Exception as error:  # damaged bytes raise many sorts (numpy, zipfile, zlib)
        raise EmbeddingError(f"{path} is damaged ({error}); install kb anew") from error


def learn(embedder: Embedder, texts: Iterable[str], file: Path) -> None:
    """Write the vectors of texts to a file that `Known` reads."""
    import numpy as np

    from index.similarity import quantised

    every = list(dict.fromkeys(texts))
    made = quantised(embedder.passages(every))  # as engines keep them: more would be lost there
    keys = np.array([np.frombuffer(_key(embedder.name, text), np.uint8) for text in every])
    np.savez_compressed(file, keys=keys, numbers=made.numbers, scales=made.scales.astype(np.float32))


def _key(model: str, text: str) -> bytes:
    return hashlib.sha256(f"{model}\0{text}".encode("utf-8", "surrogatepass")).digest()[:16]
