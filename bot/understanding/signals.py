"""Danger signals: what a message says is going on, whatever the person wants.

Three readers together: patterns (data/signals.yml), which know the plain words and their
negations; a classifier over words and characters, fitted on the training messages that mark a
signal; and the head of the sentence encoder, which was tuned on the same marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from bot.resources.places import plain
from bot.understanding.encoder import head
from bot.understanding.features import Counts, sentence_vector
from bot.understanding.linear import LinearReading
from bot.understanding.model_file import fetch, keep

PATTERNS = Path(__file__).parent / "data" / "signals.yml"
ENTITY = "danger_signal"


@dataclass(frozen=True)
class Patterns:
    """For each signal: what says it, and what takes it back."""

    says: dict[str, re.Pattern[str]]
    unsays: dict[str, re.Pattern[str]]
    quiet: re.Pattern[str]

    def read(self, text: str) -> set[str]:
        """The signals a text states in plain words."""
        kept = self.quiet.sub(" ", plain(text))
        found = set()
        for signal, says in self.says.items():
            rest = self.unsays[signal].sub(" ", kept) if signal in self.unsays else kept
            if says.search(rest):
                found.add(signal)
        return found

    def denies(self, signal: str, text: str) -> bool:
        """Whether a text takes a signal back: "he never choked me"."""
        return signal in self.unsays and self.unsays[signal].search(plain(text)) is not None


@cache
def patterns() -> Patterns:
    """The patterns of data/signals.yml."""
    data = yaml.safe_load(PATTERNS.read_text(encoding="utf-8"))
    return Patterns(
        {signal: _any_of(entry["says"]) for signal, entry in data["signals"].items()},
        {s: _any_of(entry["unsays"]) for s, entry in data["signals"].items() if entry.get("unsays")},
        _any_of(data["quiet"]),
    )


def _any_of(parts: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{part})\b" for part in parts))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class DangerSignals(GraphComponent, EntityExtractorMixin):
    """Adds an entity danger_signal for each signal heard."""

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
        """From which chance the classifiers are believed, without a plain word for it.

        threshold: in any message; threshold_in_small_talk: in messages of the intents small_talk, where
        danger is seldom told; threshold_denied: where the message takes the signal back. strength:
        inverse of the regularisation.
        """
        return {
            "threshold": 0.4,
            "threshold_in_small_talk": 0.7,
            "threshold_denied": 0.9,
            "small_talk": [],
            "strength": 1.0,
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DangerSignals:
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
    ) -> DangerSignals:
        """Loads a trained component (see parent class)."""
        return cls(config, model_storage, resource, fetch(model_storage, resource))

    def train(self, training_data: TrainingData) -> Resource:
        """Fits one classifier a signal on the marked training messages."""
        examples = [e for e in training_data.intent_examples if e.get(TEXT)]
        marked = [{e["value"] for e in m.get(ENTITIES, []) if e["entity"] == ENTITY} for m in examples]
        names = sorted(set().union(*marked))
        wanted = np.array([[name in signals for name in names] for signals in marked], dtype=int)
        single = LogisticRegression(
            C=self._config["strength"], class_weight="balanced", solver="liblinear", tol=1e-3
        )
        counts = Counts()
        fitted = OneVsRestClassifier(single).fit(counts.fit(examples), wanted).estimators_
        weights = np.vstack([one.coef_ for one in fitted])
        biases = np.concatenate([one.intercept_ for one in fitted])
        self._estimator = (counts, LinearReading.of(names, weights, biases))
        keep(self._estimator, self._storage, self._resource)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the signals to each message's entities."""
        for message in messages:
            text = message.get(TEXT)
            if not text:
                continue
            heard = self._heard(message, text)
            entities = [
                {
                    "entity": ENTITY,
                    "value": signal,
                    "start": 0,
                    "end": len(text),
                    "confidence_entity": chance,
                }
                for signal, chance in sorted(heard.items())
            ]
            entities = self.add_extractor_name(entities)
            message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
        return messages

    def _heard(self, message: Message, text: str) -> dict[str, float]:
        chances = self._chances(message)
        small_talk = (message.get(INTENT) or {}).get("name") in self._config["small_talk"]
        threshold = self._config["threshold_in_small_talk" if small_talk else "threshold"]
        heard = dict.fromkeys(patterns().read(text), 1.0)
        for name, chance in chances.items():
            surely = chance >= max(threshold, self._config["threshold_denied"])
            if surely or (chance >= threshold and not patterns().denies(name, text)):
                heard.setdefault(name, chance)
        return heard

    def _chances(self, message: Message) -> dict[str, float]:
        """For each signal the mean of the two classifiers' chances."""
        counts, words = self._estimator
        chances = dict(zip(words.names, _chances(words.distances(counts.rows([message]))), strict=True))
        vector = sentence_vector(message)
        if vector is not None:
            of_vector = _chances(head("signals").read(vector))
            for name, chance in zip(head("signals").names, of_vector, strict=True):
                if name in chances:
                    chances[name] = (chances[name] + chance) / 2
        return chances


def _chances(distances: npt.NDArray[np.float32]) -> list[float]:
    found: list[float] = (1 / (1 + np.exp(-distances))).tolist()
    return found
