"""What every message does before its request is answered.

Rasa runs action_validate_slot_mappings after each message and before any policy decides. Here
the talk's language is kept, what was said about place and people is remembered, and danger
signals are answered first, once for each kind in a talk.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.kit import Events, KitAction, entities, intent_of, loop_of, message_id, say, sureness
from bot.plan.answers import RATHER_SURE
from bot.resources.places import plain
from bot.sentences import LANGUAGES
from bot.understanding.in_context import OWN_BEHAVIOR

ORDER = Path(__file__).parent / "danger_order.yml"
SURE_OF_LANGUAGE = 0.7
WORDS_FOR_A_SWITCH = 2
SURE_OF_INTENT = 0.4
SHORT_ANSWER, PLAIN = 12, 0.995
SURE_OF_OWN = 0.6
HURT_TOO = re.compile(
    r"\b(?:(?:hits?|beats?|chok\w+|hurts?|punch\w*|slaps?|kicks?|shoves?|threatens?|abuses?) me"
    r"|hit (?:him|her|them) back|(?:hits|hit) me (?:first|back|too)|self defen[sc]e|defend\w*"
    r"|me (?:pega|pego|golpea|ahorca|lastima|empuja|amenaza|patea)|defender\w*|defiendo)\b"
)
HURT_THEMSELVES = frozenset(
    "disclose_physical_abuse disclose_sexual_abuse disclose_emotional_abuse in_danger_now".split()
)
LOOKING = ("find_", "give_location", "refine_search")


@cache
def danger_order() -> Mapping[str, Any]:
    """Order, number at once and cover of the danger signals' answers."""
    data: Mapping[str, Any] = yaml.safe_load(ORDER.read_text(encoding="utf-8"))
    return data


class Hear(KitAction):
    """Runs on every message, before anything else."""

    action_name = "action_validate_slot_mappings"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See module."""
        if tracker.get_slot("heard_message") == message_id(tracker):
            return []  # Rasa runs this again when a form starts
        language = self._language(tracker)
        events: Events = [
            SlotSet("heard_message", message_id(tracker)),
            SlotSet("language", language),
            SlotSet("client_language", _asked_language(tracker)),
        ]
        events += _own_behavior(tracker)
        events += self._place(tracker)
        events += self._wishes(tracker)
        events += self._danger(dispatcher, tracker, language)
        return events

    def _language(self, tracker: Tracker) -> str:
        known, asked = tracker.get_slot("language"), _asked_language(tracker)
        guess = tracker.latest_message.get("language") or {}
        if guess.get("code") in LANGUAGES and _plainly(guess, first=known is None):
            return str(guess["code"])
        if asked and asked != tracker.get_slot("client_language"):
            return asked
        return str(known or asked or "en")

    def _place(self, tracker: Tracker) -> Events:
        chosen = entities(tracker, "choice") if intent_of(tracker) == "give_location" else []
        looking = intent_of(tracker).startswith(LOOKING) or loop_of(tracker) == "search_form"
        said = chosen or (entities(tracker, "location") if looking else [])
        if not said:
            text = str(tracker.latest_message.get("text") or "")
            elsewhere = looking and self.kit.gazetteer.names_unknown_place(text)
            if elsewhere or (intent_of(tracker) == "give_location" and not loop_of(tracker)):
                # A new place that is not found must not be searched as the old one.
                return [SlotSet("place", None), SlotSet("place_options", None)]
            return self._state_of_options(tracker)
        mentions = self.kit.gazetteer.find(", ".join(said[:2]))
        for mention in mentions:
            if mention.place is not None:
                options = tracker.get_slot("place_options")
                if options and mention.place.city is None and mention.place.state in options["states"]:
                    return self._settle(options["city"], mention.place.state)
                known = tracker.get_slot("place") or {}
                anew = [] if known.get("label") == mention.place.label else [SlotSet("shown", [])]
                return [*anew, SlotSet("place", mention.place.as_dict()), SlotSet("place_options", None)]
            if mention.states:
                options = {"city": mention.city, "states": list(mention.states)}
                return [SlotSet("place_options", options), SlotSet("place", None)]
        return []

    def _state_of_options(self, tracker: Tracker) -> Events:
        """A bare state letter pair or name, when a city's state was asked."""
        options = tracker.get_slot("place_options")
        text = str(tracker.latest_message.get("text") or "")
        if not options or loop_of(tracker) != "search_form" or text.startswith("/"):
            return []
        for mention in self.kit.gazetteer.find(f"{options['city']}, {text.strip().upper()}"):
            if mention.place is not None and mention.place.state in options["states"]:
                return self._settle(options["city"], mention.place.state)
        return []

    def _settle(self, city: str, state: str) -> Events:
        place = self.kit.gazetteer.of_city(city, state)
        if place is None:
            return []
        return [SlotSet("place", place.as_dict()), SlotSet("place_options", None)]

    def _wishes(self, tracker: Tracker) -> Events:
        wishes = dict(tracker.get_slot("wishes") or {})
        for kind in ("pet", "child", "need", "community"):
            said = entities(tracker, kind)
            if said:
                wishes[kind] = sorted({*wishes.get(kind, []), *said})
        return [SlotSet("wishes", wishes)] if wishes else []

    def _danger(self, dispatcher: CollectingDispatcher, tracker: Tracker, language: str) -> Events:
        rules = danger_order()
        said = _signals(tracker)
        heard = list(tracker.get_slot("heard") or [])
        intent = intent_of(tracker) if sureness(tracker) >= SURE_OF_INTENT else ""
        covered = set(rules["covered_by"].get(intent, ()))
        fresh = [s for s in rules["order"] if s in said and s not in heard]
        spoken = [s for s in fresh if s not in covered][: rules["at_once"]]
        for signal in spoken:
            say(dispatcher, f"danger.{signal}", [], in_language=language)
        again = [s for s in rules["order"] if s in said and s in heard and s not in covered]
        if again and not spoken:
            say(dispatcher, f"danger.{again[0]}.again", [], in_language=language)
        answered = [s for s in fresh if s in covered] if intent in rules["answers_itself"] else []
        return [SlotSet("heard", [*heard, *spoken, *answered])]


def _own_behavior(tracker: Tracker) -> Events:
    """Whether the person hurts their partner. Somebody hurt who hits back is told nothing less for it."""
    intent = intent_of(tracker)
    if HURT_TOO.search(plain(str(tracker.latest_message.get("text") or ""))) or intent in HURT_THEMSELVES:
        return [SlotSet("own_behavior", None)]
    return (
        [SlotSet("own_behavior", True)] if intent == OWN_BEHAVIOR and sureness(tracker) >= SURE_OF_OWN else []
    )


def _signals(tracker: Tracker) -> set[str]:
    """The signals of the latest message; of a short answer to a plan step only the plain ones.

    "bathroom with the window" is an answer; what a classifier hears in three words is not enough.
    """
    found = [e for e in tracker.latest_message.get("entities") or () if e["entity"] == "danger_signal"]
    text = str(tracker.latest_message.get("text") or "")
    if loop_of(tracker) == "plan_form" and len(text.split()) <= SHORT_ANSWER:
        needed = {"self_harm": RATHER_SURE}
        found = [e for e in found if float(e.get("confidence_entity") or 0) >= needed.get(e["value"], PLAIN)]
    return {str(e["value"]) for e in found}


def _asked_language(tracker: Tracker) -> str | None:
    asked = (tracker.latest_message.get("metadata") or {}).get("language")
    return str(asked) if asked in LANGUAGES else None


def _plainly(guess: Mapping[str, Any], first: bool) -> bool:
    """Whether the text's language is plain enough to answer in it."""
    needed = 1 if first else WORDS_FOR_A_SWITCH
    return float(guess["sure"]) >= SURE_OF_LANGUAGE and int(guess["words"]) >= needed
