"""Sentence vectors of the training messages, kept so that a first training is quick.

Computing them takes about 12 ms a message on two cores, two minutes in all; everything else that
training does takes one. `make vectors` computes what is missing; a message without a kept vector
is computed while training, so an advocate's new phrase needs nothing.

Files: bot/understanding/vectors/<language>-<topic>.npz with `keys` (n, 8) uint8, the head of the
text's SHA-256, and `rows` (n, 384) int8, the quantised vector (see `quantise`).
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

VECTORS = Path(__file__).parent / "vectors"
STEPS = 400.0
LIMIT = 127

Rows = Any
"""A float32 array, a row of 384 a text."""
Known = dict[bytes, Any]
"""Quantised rows by key."""


def quantise(rows: Rows) -> Any:
    """Eight bits a number: steps of 1/400, cut at +-0.3175 (components of unit vectors are small)."""
    return np.clip(np.rint(rows * STEPS), -LIMIT, LIMIT).astype(np.int8)


def restore(quantised: Any) -> Rows:
    """The numbers again. What is served goes the same way, so both sides see equal features."""
    return quantised.astype(np.float32) / np.float32(STEPS)


def key_of_text(text: str) -> bytes:
    """Under which a text's vector is kept."""
    return hashlib.sha256(text.encode()).digest()[:8]


def known_vectors(directory: Path = VECTORS) -> Known:
    """All kept vectors."""
    known: Known = {}
    for path in sorted(directory.glob("*.npz")):
        with np.load(path) as stored:
            known.update((bytes(k), row) for k, row in zip(stored["keys"], stored["rows"], strict=True))
    return known


def with_known(texts: list[str], compute: Callable[[list[str]], Rows], known: Known) -> Rows:
    """Rows for texts, computing only those that are not kept."""
    keys = [key_of_text(text) for text in texts]
    missing = sorted({t for t, k in zip(texts, keys, strict=True) if k not in known})
    if missing:
        fresh = quantise(compute(missing))
        known = known | {key_of_text(t): row for t, row in zip(missing, fresh, strict=True)}
    return restore(np.stack([known[k] for k in keys]))


def write_vectors(data: Path, directory: Path = VECTORS) -> int:
    """Writes one file for each training file; returns how many vectors had to be computed."""
    from rasa.shared.nlu.training_data.loading import load_data

    from bot.understanding.sentence_features import embed_exactly

    known, computed = known_vectors(directory), 0
    directory.mkdir(exist_ok=True)
    for path in sorted(data.glob("*/*.yml")):
        texts = sorted({str(e.get("text")) for e in load_data(str(path)).intent_examples})
        computed += sum(key_of_text(text) not in known for text in texts)
        rows = quantise(with_known(texts, embed_exactly, known))
        keys = np.array([list(key_of_text(text)) for text in texts], dtype=np.uint8)
        np.savez_compressed(directory / f"{path.parent.name}-{path.stem}.npz", keys=keys, rows=rows)
    return computed


if __name__ == "__main__":
    print(f"{write_vectors(Path(__file__).parent.parent / 'data' / 'nlu')} vectors computed", file=sys.stderr)
