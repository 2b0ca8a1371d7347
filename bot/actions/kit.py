"""What the actions work with, and the few things every one of them does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.plan.engine import Plan
from bot.plan.facts import known_facts
from bot.resources.directory import Directory
from bot.resources.places import Gazetteer
from bot.sentences import Book

Events = list[dict[str, Any]]
STOPPED: Events = [ActiveLoop(None), SlotSet("requested_slot", None)]
"""Leaves whatever form was under way."""


@dataclass(frozen=True)
class Kit:
    """The rooms that actions ask."""

    book: Book
    directory: Directory
    gazetteer: Gazetteer


class KitAction(Action):
    """A custom action that was handed its kit."""

    action_name = ""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit

    def name(self) -> str:
        """The action's name in the domain."""
        return self.action_name

    def plan(self, tracker: Tracker) -> Plan:
        """The talk's safety plan."""
        facts = known_facts(tracker.get_slot("wishes") or {}, tracker.get_slot("heard") or [])
        return Plan.of(self.kit.book.sections, tracker.get_slot("plan"), facts)


def say(
    dispatcher: CollectingDispatcher,
    key: str,
    offer: Sequence[str] | None = None,
    in_language: str | None = None,
    **params: Any,
) -> None:
    """Utters an entry of bot/content: bot/voice.py finds the words.

    `in_language` is for what is said before the talk's language is set in this same turn.
    """
    extra: dict[str, Any] = {"in_language": in_language} if in_language else {}
    if params:
        extra["params"] = params
    if offer is not None:
        extra["offer"] = list(offer)
    dispatcher.utter_message(response=key, **extra)


def entities(tracker: Tracker, kind: str) -> list[str]:
    """The values of one kind of entity in the latest message, in its order."""
    found: Iterable[Mapping[str, Any]] = tracker.latest_message.get("entities") or ()
    return [str(e["value"]) for e in found if e["entity"] == kind]


def intent_of(tracker: Tracker) -> str:
    """The latest message's intent."""
    return str((tracker.latest_message.get("intent") or {}).get("name"))


def sureness(tracker: Tracker) -> float:
    """How sure the latest message's intent is, 0 to 1; a pressed button is sure."""
    return float((tracker.latest_message.get("intent") or {}).get("confidence") or 0.0)


def message_id(tracker: Tracker) -> str | None:
    """The latest message's id."""
    found = tracker.latest_message.get("message_id")
    return str(found) if found else None


def loop_of(tracker: Tracker) -> str | None:
    """The active form's name."""
    name = (tracker.active_loop or {}).get("name")
    return str(name) if name else None
