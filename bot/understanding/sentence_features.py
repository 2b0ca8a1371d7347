"""Sentence features: one vector a message, by the encoder of bot/understanding/encoder.py."""

from __future__ import annotations

from typing import Any

import numpy as np
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

from bot.understanding.encoder import encoder

LONGEST = 400
"""Characters embedded: time grows with length, and what a person wants stands in the first lines."""


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
        """Training needs no vectors: the encoder's heads are ready (see features.py)."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds features to messages with text."""
        for message in messages:
            text = message.get(TEXT)
            if text:
                readable = text[:LONGEST].encode("utf-8", "replace").decode()
                row = encoder().vector(readable)[np.newaxis, :]
                message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages
