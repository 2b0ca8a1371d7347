"""The numbers a classifier sees: each featurizer's block, weighted so that none drowns another.

Counts of words and of character n-grams become TF-IDF rows of length one; sentence features are
standardised and scaled down. The scale was measured on messages kept apart: 0.05 gave 4 points
more intents right than n-grams alone, 0.15 gave 3 points fewer.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.message import Message
from scipy.sparse import csr_matrix, hstack, vstack
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import StandardScaler

DENSE_SCALE = 0.05


class Blocks:
    """Learns the weighting from training messages and applies it."""

    def __init__(self) -> None:
        self._weights: dict[str, TfidfTransformer] = {}
        self._scalers: dict[str, StandardScaler] = {}

    def fit(self, messages: list[Message]) -> csr_matrix:
        """Learns from messages and gives their rows."""
        for origin, block in _sparse(messages):
            self._weights[origin] = TfidfTransformer(sublinear_tf=True).fit(block)
        for origin, dense in _dense(messages):
            self._scalers[origin] = StandardScaler().fit(dense)
        return self.rows(messages)

    def rows(self, messages: list[Message]) -> csr_matrix:
        """One row a message."""
        parts = [self._weights[origin].transform(block) for origin, block in _sparse(messages)]
        parts += [
            csr_matrix(self._scalers[origin].transform(dense) * DENSE_SCALE)
            for origin, dense in _dense(messages)
        ]
        return hstack(parts, format="csr")


def _origins(messages: list[Message], sparse: bool) -> list[str]:
    return [
        feature.origin
        for feature in messages[0].features
        if feature.attribute == TEXT
        and feature.type == FEATURE_TYPE_SENTENCE
        and feature.is_sparse() == sparse
    ]


def _sparse(messages: list[Message]) -> Iterator[tuple[str, csr_matrix]]:
    for origin in _origins(messages, sparse=True):
        yield origin, vstack([csr_matrix(_of(m, origin)) for m in messages], format="csr")


def _dense(messages: list[Message]) -> Iterator[tuple[str, npt.NDArray[np.float32]]]:
    for origin in _origins(messages, sparse=False):
        yield origin, np.vstack([_of(m, origin) for m in messages])


def _of(message: Message, origin: str) -> object:
    return next(
        f.features
        for f in message.features
        if f.origin == origin and f.type == FEATURE_TYPE_SENTENCE and f.attribute == TEXT
    )
