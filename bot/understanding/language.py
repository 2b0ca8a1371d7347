"""Which language a short text is written in: English, Spanish or another one.

Texts are short and without accents, so the everyday words decide (data/languages.yml); letters
that only one language has count too. An unsure answer is said as such: the talk then keeps
the language it has.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.resources.places import plain

WORDS = Path(__file__).parent / "data" / "languages.yml"
LANGUAGE = "language"
OTHER = "other"


@dataclass(frozen=True)
class Guess:
    """code is "en", "es", "other" or "" (no sign at all); sure runs from 0 to 1; words were known."""

    code: str
    sure: float
    words: int


@cache
def _words() -> dict[str, frozenset[str]]:
    data = yaml.safe_load(WORDS.read_text(encoding="utf-8"))
    return {language: frozenset(str(words).split()) for language, words in data.items()}


def guess_language(text: str) -> Guess:
    """The language of a text, by its everyday words and letters."""
    if _foreign_script(text):
        return Guess(OTHER, 1.0, 1)
    lists = _words()
    tokens = plain(text).split()
    hits = {language: sum(t in words for t in tokens) for language, words in lists.items()}
    hits["es"] += 2 * sum(c in "ñ¿¡" for c in text.casefold())
    hits["es"] += sum(t.endswith(("cion", "ando", "iendo", "aron", "mente", "arme")) for t in tokens)
    best = max(hits, key=lambda language: hits[language])
    total = sum(hits.values())
    if not total:
        return Guess("", 0.0, 0)
    sure = hits[best] / total
    if best not in {"en", "es"}:
        # Neighbours of Spanish share its words: another language is believed only when it is plain.
        other = hits[best] >= 3 and hits[best] >= 2 * max(hits["en"], hits["es"])
        return Guess(OTHER, sure, hits[best]) if other else Guess("", 0.0, 0)
    # Neighbours share words with both; between the two of ours they have no say.
    return Guess(best, hits[best] / (hits["en"] + hits["es"]), hits[best])


def _foreign_script(text: str) -> bool:
    letters = [c for c in text if c.isalpha()]
    if len(letters) < 2:
        return False
    foreign = sum(not unicodedata.name(c, "LATIN").startswith(("LATIN", "FULLWIDTH LATIN")) for c in letters)
    return foreign / len(letters) > 0.6


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER], is_trainable=False)
class LanguageOfText(GraphComponent):
    """Sets the message's `language` property, which the parse answer carries on."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageOfText:
        """Creates the component (see parent class)."""
        return cls()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training needs no language: one model serves both."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds {"code", "sure", "words"} to each message."""
        for message in messages:
            guess = guess_language(message.get(TEXT) or "")
            value = {"code": guess.code, "sure": round(guess.sure, 3), "words": guess.words}
            message.set(LANGUAGE, value, add_to_output=True)
        return messages
