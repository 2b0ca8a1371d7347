"""Reads the weights back from what export.py wrote, so that a tuning can go on from the encoder in use.

They come back as they were rounded: cosine to the unrounded vectors 0.996, which the first
hundred steps of a tuning make good.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from tools.encoder.network import SCALE, Reader
from tools.encoder.packed import Array

LINEAR = ("q", "k", "v", "ao", "fi", "fo")
"""The order in which export.py writes the matrices of a layer."""
NORMS = ("aln", "oln")


def kept_pieces(folder: Path, pieces: list[str]) -> list[int]:
    """The numbers, among all pieces of the packed model, of those that the shipped tokenizer kept."""
    vocabulary = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    number_of = {piece: number for number, piece in enumerate(pieces)}
    return [number_of[piece] for piece, _ in vocabulary]


def load(reader: Reader, folder: Path, names: dict[str, list[str]]) -> None:
    """Sets the reader's weights to the shipped ones; what is new since then starts from nothing."""
    model = onnx.load(str(folder / "encoder.onnx"))
    constants = {c.name: numpy_helper.to_array(c) for c in model.graph.initializer}
    nodes = list(model.graph.node)
    with torch.no_grad():
        _embeddings(reader, nodes, constants)
        _layers(reader, nodes, constants)
        _heads(reader, folder, names)


def _embeddings(reader: Reader, nodes: list[onnx.NodeProto], constants: dict[str, Array]) -> None:
    table, scale = (constants[n.input[0]] for n in nodes if n.op_type == "Gather")
    reader.encoder.word.weight.copy_(_tensor(table.astype(np.float32) * scale))
    places = next(
        constants[n.input[0]]
        for n in nodes
        if n.op_type == "Slice" and n.input[0] in constants and constants[n.input[0]].ndim == 2
    )
    reader.encoder.place.weight[: len(places)] = _tensor(places)


def _layers(reader: Reader, nodes: list[onnx.NodeProto], constants: dict[str, Array]) -> None:
    matrices = _matrices(nodes, constants)
    norms = iter([n for n in nodes if n.op_type == "LayerNormalization"])
    _set_norm(reader.encoder.eln, next(norms), constants)
    for layer in reader.encoder.layers:
        for name in LINEAR:
            weights, bias = next(matrices)
            getattr(layer, name).weight.copy_(_tensor(weights.T))
            getattr(layer, name).bias.copy_(_tensor(bias))
        for name in NORMS:
            _set_norm(getattr(layer, name), next(norms), constants)


def _matrices(nodes: list[onnx.NodeProto], constants: dict[str, Array]) -> Iterator[tuple[Array, Array]]:
    """Weights (inputs, outputs) and bias of each matrix, in the order of the graph."""
    for at, node in enumerate(nodes):
        if node.op_type == "MatMulInteger":
            column, bias = (
                next(constants[i] for n in nodes[at:] if n.op_type == kind for i in n.input if i in constants)
                for kind in ("Mul", "Add")
            )
            yield constants[node.input[1]].astype(np.float32) * column, bias


def _set_norm(module: nn.LayerNorm, node: onnx.NodeProto, constants: dict[str, Array]) -> None:
    module.weight.copy_(_tensor(constants[node.input[1]]))
    module.bias.copy_(_tensor(constants[node.input[2]]))


def _heads(reader: Reader, folder: Path, names: dict[str, list[str]]) -> None:
    with np.load(folder / "heads.npz") as kept:
        for of in ("intents", "signals"):
            module = getattr(reader, of)
            for row, name in enumerate(kept[f"{of}_names"].tolist()):
                if name in names[of]:
                    module.weight[names[of].index(name)] = _tensor(kept[f"{of}_weights"][row] / SCALE)
                    module.bias[names[of].index(name)] = float(kept[f"{of}_biases"][row])


def _tensor(array: Array) -> Tensor:
    return torch.from_numpy(np.array(array, dtype=np.float32, order="C"))
