"""Who comes along (pets, children), what is needed, and whom the help should fit.

Plain expressions (data/people_and_needs.yml) on the text in small letters without accents; the
entity's value is what was written, for a community its name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

EXPRESSIONS = Path(__file__).parent / "data" / "people_and_needs.yml"
KINDS = ("pet", "child", "need")
LONGEST = 600
"""Characters read: who comes along is told early."""


@dataclass(frozen=True)
class Named:
    """Something a text names: entity, value, and where it stands."""

    entity: str
    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Expressions:
    """The expressions of the data file, ready to use."""

    kinds: dict[str, re.Pattern[str]]
    communities: dict[str, re.Pattern[str]]
    quiet: re.Pattern[str]

    def find(self, text: str) -> Iterator[Named]:
        """What a text names, kind by kind, without overlap inside a kind."""
        text = text[:LONGEST]
        folded = self.quiet.sub(lambda m: " " * len(m.group()), same_length(text))
        for kind, pattern in self.kinds.items():
            for match in pattern.finditer(folded):
                yield Named(kind, text[match.start() : match.end()].strip(), *match.span())
        for name, pattern in self.communities.items():
            found = pattern.search(folded)
            if found:
                yield Named("community", name, *found.span())


def same_length(text: str) -> str:
    """Small letters without accents, character for character, so that places in it are places in the text."""
    return "".join(_bare(c) for c in text)


def _bare(character: str) -> str:
    if character in "’‘`":
        return "'"
    small = unicodedata.normalize("NFD", character)[0].lower()
    return small if len(small) == 1 else character


@cache
def expressions() -> Expressions:
    """The expressions of data/people_and_needs.yml."""
    data = yaml.safe_load(EXPRESSIONS.read_text(encoding="utf-8"))
    return Expressions(
        {kind: _any_of(data[kind], data["count"]) for kind in KINDS},
        {name: _any_of(parts, data["count"]) for name, parts in data["community"].items()},
        _any_of(data["quiet"], ""),
    )


def _any_of(parts: list[str], count: str) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{part.replace('{count}', count)})\b" for part in parts))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PeopleAndNeeds(GraphComponent, EntityExtractorMixin):
    """Adds the entities pet, child, need and community."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PeopleAndNeeds:
        """Creates the component (see parent class)."""
        expressions()
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds what each message names to its entities."""
        for message in messages:
            named = expressions().find(message.get(TEXT) or "")
            entities = [{"entity": n.entity, "value": n.value, "start": n.start, "end": n.end} for n in named]
            if entities:
                entities = self.add_extractor_name(entities)
                message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
        return messages
