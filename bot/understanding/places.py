"""The places a message names, by the gazetteer of bot/resources."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.resources.places import gazetteer

ENTITY = "location"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class PlaceExtractor(GraphComponent, EntityExtractorMixin):
    """Adds an entity location, as written, for each place."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PlaceExtractor:
        """Creates the component (see parent class); loads the gazetteer once for the process."""
        gazetteer()
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the places to each message's entities."""
        for message in messages:
            text = message.get(TEXT)
            if not text:
                continue
            entities = [
                {"entity": ENTITY, "value": m.text, "start": m.start, "end": m.end}
                for m in gazetteer().find(text)
            ]
            entities = self.add_extractor_name(entities)
            message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
        return messages
