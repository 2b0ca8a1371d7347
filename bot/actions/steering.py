"""Steering the talk: options, once more, language, leaving, forgetting, going on."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, AllSlotsReset, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.kit import STOPPED, Events, KitAction, entities, intent_of, loop_of, say, sureness

LIKELY = 3
LEAST_CHANCE = 0.08
SURE_TO_FORGET = 0.7


class Menu(KitAction):
    """The options; whatever was under way stops, and can be gone on with."""

    action_name = "action_menu"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        under_way = self.plan(tracker).step is not None
        say(
            dispatcher, "utter_menu", ["continue_plan", "find_help", "signs", "person"] if under_way else None
        )
        return STOPPED


class OfferMeanings(KitAction):
    """Not sure what was meant: the likeliest meanings as buttons, and a way to a person."""

    action_name = "action_offer_meanings"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        if entities(tracker, "danger_signal"):
            if not loop_of(tracker):
                say(dispatcher, "utter_what_now")
            return []
        ranking = tracker.latest_message.get("intent_ranking") or []
        likely = [
            str(entry["name"])
            for entry in ranking
            if entry["name"] in self.kit.book.meanings and float(entry["confidence"]) >= LEAST_CHANCE
        ][:LIKELY]
        if len(likely) < 2:
            say(dispatcher, "utter_not_understood")
        else:
            person = [] if "talk_to_person" in likely else ["person"]
            say(
                dispatcher,
                "utter_offer_meanings",
                [*(f"meaning:{name}" for name in likely), *person, "none_of_these"],
            )
        return []


class Repeat(KitAction):
    """Says the last answer again."""

    action_name = "action_repeat"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class. A form under way asks its question again by itself."""
        if loop_of(tracker):
            return []
        said: list[dict[str, Any]] = []
        asked = False
        for event in reversed(tracker.events):
            if event["event"] == "user":
                if said:
                    break
                asked = True
            elif event["event"] == "bot" and asked and event.get("text"):
                said.insert(0, event)
        for event in said:
            dispatcher.utter_message(
                text=event["text"], buttons=(event.get("data") or {}).get("buttons") or []
            )
        if not said:
            say(dispatcher, "utter_repeat")
        return []


class ChangeLanguage(KitAction):
    """Changes the talk's language, or says which languages there are."""

    action_name = "action_change_language"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        chosen = next((c[1:] for c in entities(tracker, "choice") if c in {"_en", "_es"}), None)
        if chosen:
            return [SlotSet("language", chosen)]  # the next action speaks, in the new language
        guess = (tracker.latest_message.get("language") or {}).get("code")
        say(dispatcher, "utter_third_language" if guess == "other" else "utter_change_language")
        return []


class ConfirmLanguage(KitAction):
    """Says in the new language that it is the new language."""

    action_name = "action_confirm_language"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class. A form under way asks its question again by itself."""
        if set(entities(tracker, "choice")) & {"_en", "_es"}:
            going_on = ["continue_plan"] if self.plan(tracker).step is not None else ["plan"]
            say(
                dispatcher,
                "utter_language_changed",
                [] if loop_of(tracker) else [*going_on, "find_help", "person"],
            )
        return []


class ExitNow(KitAction):
    """Someone is coming: one short neutral answer, and nothing goes on by itself."""

    action_name = "action_exit_now"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        say(dispatcher, "utter_exit_now")
        return STOPPED


class DangerNow(KitAction):
    """Danger in this minute: nothing but what helps in this minute."""

    action_name = "action_danger_now"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        say(dispatcher, "utter_in_danger_now")
        return STOPPED


class Forget(KitAction):
    """Drops the talk. The channel's end of it (bot/talk.py) drops what memory holds."""

    action_name = "action_forget"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class. What cannot be undone is done on a plain word, or asked once more."""
        intent = intent_of(tracker)
        if sureness(tracker) < SURE_TO_FORGET:
            say(dispatcher, "utter_offer_meanings", [f"meaning:{intent}", "person", "none_of_these"])
            return []
        key = "utter_start_over" if intent_of(tracker) == "start_over" else "utter_delete_everything"
        say(dispatcher, key)
        language = tracker.get_slot("language")
        return [ActiveLoop(None), AllSlotsReset(), SlotSet("language", language), SlotSet("forget", True)]


class Pause(KitAction):
    """Leaves what was under way: after a goodbye, or when a life is at stake, no next question."""

    action_name = "action_pause"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        return STOPPED


class Resume(KitAction):
    """After an answer, a form that was under way goes on with its question."""

    action_name = "action_resume"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        loop = loop_of(tracker)
        return [FollowupAction(loop)] if loop else []
