"""The sentence encoder: a message to one vector of 384 numbers, and what its two heads read in it.

multilingual-e5-small (MIT licence), cut to the pieces that the two languages need and tuned to
the training messages by tools/encoder; eight-bit weights, kept in encoder/ and run by ONNX
Runtime on the CPU. Nothing is fetched.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

FOLDER = Path(__file__).parent / "encoder"
MODEL, PIECES, HEADS = FOLDER / "encoder.onnx", FOLDER / "tokenizer.json", FOLDER / "heads.npz"
PAD = 1
LONGEST = 64
"""Tokens read: 97 of 100 messages have fewer, and time grows with them."""
THREADS = min(2, os.cpu_count() or 1)


class Encoder:
    """The tokenizer and the network, loaded once; safe to share between threads."""

    def __init__(self) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        self._session = onnxruntime.InferenceSession(str(MODEL), options, providers=["CPUExecutionProvider"])
        self._pieces = Tokenizer.from_file(str(PIECES))
        self._pieces.enable_truncation(LONGEST)

    def vector(self, text: str) -> npt.NDArray[np.float32]:
        """The unit vector of a text, of 384 numbers; an empty text has one too."""
        pieces = self._pieces.encode(text).ids
        tokens = np.array([pieces], dtype=np.int64)
        vectors = self._session.run(
            ["vector"], {"tokens": tokens, "mask": (tokens != PAD).astype(np.float32)}
        )[0]
        found: npt.NDArray[np.float32] = vectors[0]
        return found


@dataclass(frozen=True)
class Head:
    """One linear reading of a vector: names, weights (names, 384) and biases."""

    names: list[str]
    weights: npt.NDArray[np.float32]
    biases: npt.NDArray[np.float32]

    def read(self, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """A number for each name, the higher the likelier."""
        found: npt.NDArray[np.float32] = self.weights @ vector + self.biases
        return found


@cache
def encoder() -> Encoder:
    """The one encoder of this process."""
    return Encoder()


@cache
def head(of: str) -> Head:
    """The head of "intents" or of "signals"."""
    with np.load(HEADS) as kept:
        return Head([str(n) for n in kept[f"{of}_names"]], kept[f"{of}_weights"], kept[f"{of}_biases"])
