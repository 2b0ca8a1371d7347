"""What the person wants, in both languages: two readers together.

A linear support vector machine over words and characters, fitted on the training messages, and
the head of the sentence encoder, which was tuned on them. The first knows the words, the second
what is meant by others; together they are right more often than either (docs/understanding.md).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier as RasaIntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.svm import LinearSVC

from bot.understanding.encoder import head
from bot.understanding.features import Counts, sentence_vector
from bot.understanding.linear import LinearReading
from bot.understanding.model_file import fetch, keep

RANKING = 10
SHARPNESS = 5.0
"""Turns the distances of the machine into chances (softmax)."""
CONTRAST = 1.3
"""The mixture of two readers is too modest: raised to this power, of 100 intents at 0.65 and above 98
were right, from 0.5 on 80, below 0.25 fewer than 30 (measured on messages kept apart)."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(RasaIntentClassifier, GraphComponent):
    """Answers the intent and the ranking of the ten likeliest."""

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, estimator: Any = None
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._estimator = estimator

    @classmethod
    def required_components(cls) -> list[type]:
        """Needs features."""
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """strength: inverse of the regularisation; rounds: most iterations of the solver.

        share_of_encoder: how much of the answer is the encoder's, from 0 to 1.
        """
        return {"strength": 0.3, "rounds": 300, "share_of_encoder": 0.4}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentClassifier:
        """Creates an untrained component (see parent class)."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> IntentClassifier:
        """Loads a trained component (see parent class)."""
        return cls(config, model_storage, resource, fetch(model_storage, resource))

    def train(self, training_data: TrainingData) -> Resource:
        """Fits the classifier on every example that has a text and an intent."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        counts = Counts()
        machine = LinearSVC(
            C=self._config["strength"],
            max_iter=self._config["rounds"],
            class_weight="balanced",
            tol=1e-3,
            random_state=0,
        )
        machine.fit(counts.fit(examples), [e.get(INTENT) for e in examples])
        self._estimator = (counts, LinearReading.of(machine.classes_, machine.coef_, machine.intercept_))
        keep(self._estimator, self._storage, self._resource)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets intent and intent_ranking."""
        for message in messages:
            ranking = self._ranking(message) if message.get(TEXT) else []
            first = ranking[0] if ranking else {"name": None, "confidence": 0.0}
            message.set(INTENT, first, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _ranking(self, message: Message) -> list[dict[str, Any]]:
        counts, words = self._estimator
        names = words.names
        chances = _softmax(words.distances(counts.rows([message])) * SHARPNESS)
        vector = sentence_vector(message)
        if vector is not None:
            share = self._config["share_of_encoder"]
            read = dict(zip(head("intents").names, _softmax(head("intents").read(vector)), strict=True))
            # An intent younger than the encoder is known by its words alone.
            chances = (1 - share) * chances + share * np.array([read.get(name, 0.0) for name in names])
        chances = chances**CONTRAST / (chances**CONTRAST).sum()
        order = np.argsort(-chances)[:RANKING]
        return [{"name": names[i], "confidence": float(chances[i])} for i in order]


def _softmax(distances: Any) -> Any:
    chances = np.exp(distances - distances.max())
    return chances / chances.sum()
