"""The numbers the classifiers see.

Counts of words and of character n-grams become TF-IDF rows of length one, for the classifiers
that training fits. The sentence vector is read by the encoder's own two heads (encoder.py):
fitted anew on the messages it was tuned with it would only learn them by heart (measured: 5
points fewer intents right).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.feature_extraction.text import TfidfTransformer


class Counts:
    """Learns the weighting of each featurizer's counts from training messages and applies it."""

    def __init__(self) -> None:
        self._weights: dict[str, TfidfTransformer] = {}

    def fit(self, messages: list[Message]) -> csr_matrix:
        """Learns from messages and gives their rows."""
        for origin, block in _blocks(messages):
            self._weights[origin] = TfidfTransformer(sublinear_tf=True).fit(block)
        return self.rows(messages)

    def rows(self, messages: list[Message]) -> csr_matrix:
        """One row a message."""
        parts = [self._weights[origin].transform(block) for origin, block in _blocks(messages)]
        return hstack(parts, format="csr")


def sentence_vector(message: Message) -> npt.NDArray[np.float32] | None:
    """The encoder's vector of a message (384), None when there is none."""
    dense = next((f for f in _of_sentences(message) if not f.is_sparse()), None)
    return None if dense is None else np.asarray(dense.features, dtype=np.float32).reshape(-1)


def _of_sentences(message: Message) -> Iterator[Features]:
    return (f for f in message.features if f.attribute == TEXT and f.type == FEATURE_TYPE_SENTENCE)


def _blocks(messages: list[Message]) -> Iterator[tuple[str, csr_matrix]]:
    for origin in [f.origin for f in _of_sentences(messages[0]) if f.is_sparse()]:
        yield origin, vstack([csr_matrix(_of(m, origin)) for m in messages], format="csr")


def _of(message: Message, origin: str) -> object:
    return next(f.features for f in _of_sentences(message) if f.origin == origin)
