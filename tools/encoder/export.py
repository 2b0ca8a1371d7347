"""Writes the tuned encoder for use: python -m tools.encoder.export PACKED TUNED OUT

encoder.onnx takes `tokens` and `mask`, both (batch, tokens), and gives `vector` (batch, 384);
heads.npz holds what reads intents and signals in it. Weights are whole numbers of a byte with a
scale a column: a quarter of the size. What flows through is rounded token by token: one scale
for a whole batch, as ONNX Runtime's own dynamic quantisation has it, moved vectors by 0.015 (mean
cosine 0.985), this by 0.004.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from tools.encoder.network import SCALE, Reader, from_packed
from tools.encoder.packed import Array, read
from tools.encoder.pieces import tokenizer

OPSET = 17
WEIGHT_STEPS = 63
"""Seven bits: with eight, processors without VNNI cut off sums of two products."""


class Graph:
    """An ONNX graph as it is written down, node by node."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self._rounded: dict[str, tuple[str, str]] = {}

    def constant(self, value: object) -> str:
        """Keeps an array; gives its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(self, kind: str, *inputs: str, **attributes: object) -> str:
        """Adds a node with one output; gives the output's name."""
        name = f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def rounded(self, x: str) -> tuple[str, str]:
        """x in whole numbers of a byte, around 128, and the scale of each token; once for each x."""
        if x not in self._rounded:
            scale = self.add("ReduceMax", self.add("Abs", x), axes=[-1], keepdims=1)
            scale = self.add(
                "Max", self.add("Div", scale, self.constant(np.float32(127))), self.constant(np.float32(1e-9))
            )
            steps = self.add(
                "Add", self.add("Round", self.add("Div", x, scale)), self.constant(np.float32(128))
            )
            self._rounded[x] = self.add("Cast", steps, to=TensorProto.UINT8), scale
        return self._rounded[x]

    def linear(self, x: str, module: nn.Linear) -> str:
        """x times the module's weights, plus its bias."""
        steps, scale = self.rounded(x)
        weights = _array(module.weight).T
        column = np.abs(weights).max(0) / WEIGHT_STEPS
        whole = self.constant(np.rint(weights / column).astype(np.int8))
        product = self.add("MatMulInteger", steps, whole, self.constant(np.uint8(128)))
        product = self.add("Mul", self.add("Cast", product, to=TensorProto.FLOAT), scale)
        product = self.add("Mul", product, self.constant(column.astype(np.float32)))
        return self.add("Add", product, self.constant(_array(module.bias)))

    def normalised(self, x: str, module: nn.LayerNorm) -> str:
        """Layer normalisation."""
        weight, bias = self.constant(_array(module.weight)), self.constant(_array(module.bias))
        return self.add("LayerNormalization", x, weight, bias, axis=-1, epsilon=float(module.eps))


def _array(parameter: torch.Tensor) -> Array:
    return parameter.detach().numpy().astype(np.float32)


def write_graph(reader: Reader, heads: int, path: Path) -> None:
    """Writes the encoder."""
    graph, encoder = Graph(), reader.encoder
    table = _array(encoder.word.weight)
    scale = np.abs(table).max(1, keepdims=True) / 127
    rows = graph.add("Gather", graph.constant(np.rint(table / scale).astype(np.int8)), "tokens")
    rows = graph.add("Cast", rows, to=TensorProto.FLOAT)
    rows = graph.add("Mul", rows, graph.add("Gather", graph.constant(scale.astype(np.float32)), "tokens"))
    length = graph.add(
        "Slice", graph.add("Shape", "tokens"), *(graph.constant(np.array([n])) for n in (1, 2))
    )
    zero = graph.constant(np.array([0]))
    places = graph.add("Slice", graph.constant(_array(encoder.place.weight)[:128]), zero, length, zero)
    x = graph.normalised(graph.add("Add", rows, places), encoder.eln)
    ones = graph.add("Sub", graph.constant(np.float32(1)), "mask")
    blocked = graph.add(
        "Mul",
        graph.add("Unsqueeze", ones, graph.constant(np.array([1, 2]))),
        graph.constant(np.float32(-1e4)),
    )
    for layer in encoder.layers:
        x = _layer(graph, x, blocked, layer, heads)
    weights = graph.add("Unsqueeze", "mask", graph.constant(np.array([2])))
    total = graph.add("ReduceSum", graph.add("Mul", x, weights), graph.constant(np.array([1])), keepdims=0)
    length_of = graph.add("ReduceL2", total, axes=[1], keepdims=1)
    graph.nodes.append(helper.make_node("Div", [total, length_of], ["vector"], name="vector"))
    batch_by = ["batch", "token"]
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "encoder",
            [
                helper.make_tensor_value_info("tokens", TensorProto.INT64, batch_by),
                helper.make_tensor_value_info("mask", TensorProto.FLOAT, batch_by),
            ],
            [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["batch", table.shape[1]])],
            graph.constants,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=8,
    )
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _layer(graph: Graph, x: str, blocked: str, layer: nn.Module, heads: int) -> str:
    width = layer.q.in_features
    split = graph.constant(np.array([0, 0, heads, width // heads]))

    def part(module: nn.Linear, *order: int) -> str:
        return graph.add("Transpose", graph.add("Reshape", graph.linear(x, module), split), perm=list(order))

    near = graph.add("MatMul", part(layer.q, 0, 2, 1, 3), part(layer.k, 0, 2, 3, 1))
    near = graph.add("Mul", near, graph.constant(np.float32((width // heads) ** -0.5)))
    mixed = graph.add("Softmax", graph.add("Add", near, blocked), axis=-1)
    mixed = graph.add("Transpose", graph.add("MatMul", mixed, part(layer.v, 0, 2, 1, 3)), perm=[0, 2, 1, 3])
    mixed = graph.add("Reshape", mixed, graph.constant(np.array([0, 0, width])))
    x = graph.normalised(graph.add("Add", x, graph.linear(mixed, layer.ao)), layer.aln)
    inner = graph.linear(x, layer.fi)
    half = graph.add("Mul", inner, graph.constant(np.float32(0.5)))
    curve = graph.add("Erf", graph.add("Mul", inner, graph.constant(np.float32(2**-0.5))))
    inner = graph.add("Mul", half, graph.add("Add", curve, graph.constant(np.float32(1))))
    return graph.normalised(graph.add("Add", x, graph.linear(inner, layer.fo)), layer.oln)


def main() -> None:
    """Reads the arguments and writes encoder.onnx, heads.npz and tokenizer.json."""
    ask = argparse.ArgumentParser(description=__doc__)
    for name in ("packed", "tuned", "out"):
        ask.add_argument(name, type=Path)
    args = ask.parse_args()
    packed = read(args.packed)
    names = json.loads((args.tuned / "names.json").read_text())
    kept = json.loads((args.tuned / "kept.json").read_text())
    reader = Reader(
        from_packed(packed, kept), packed.shape.width, len(names["intents"]), len(names["signals"])
    )
    reader.load_state_dict(torch.load(args.tuned / "weights.pt"))
    args.out.mkdir(parents=True, exist_ok=True)
    write_graph(reader, packed.shape.heads, args.out / "encoder.onnx")
    heads: dict[str, object] = {}
    for name, module in (("intents", reader.intents), ("signals", reader.signals)):
        heads[f"{name}_names"] = np.array(names[name])
        heads[f"{name}_weights"] = _array(module.weight) * np.float32(SCALE)
        heads[f"{name}_biases"] = _array(module.bias)
    np.savez_compressed(args.out / "heads.npz", **heads)
    pieces = tokenizer([packed.pieces[i] for i in kept], [packed.scores[i] for i in kept])
    pieces.save(str(args.out / "tokenizer.json"), pretty=False)


if __name__ == "__main__":
    main()
