"""Finding places: a kind, a place, and what the directory holds."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.kit import (
    STOPPED,
    Events,
    KitAction,
    entities,
    intent_of,
    loop_of,
    message_id,
    say,
    sureness,
)
from bot.resources.directory import Found
from bot.resources.places import Place

FORM = "search_form"
KINDS = {"find_shelter": "shelter", "find_legal_help": "legal", "find_counseling": "counseling"}
PAGE = 3
FITS_SAID = 3
"""Of whom a place takes, this much is said, what was wished for first: a text is short."""
WISHES = {"pet": "pets", "child": "children"}
LEAVES = frozenset({"skip", "go_back", "deny", "unsure"})
"""Said where a place was asked: no place is wanted now."""
STATES_OFFERED = 5
SURE_OF_INTENT = 0.5
LONGEST_PLACE = 5
"""Words in a message that may be a place that was not found."""
ROUND_MILES = 5
"""Distances are rounded to 5 miles: repeated searches must not triangulate a place."""


class Seek(KitAction):
    """Notes which kind of help is looked for, and starts at the top of the list."""

    action_name = "action_seek"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        kind = KINDS.get(intent_of(tracker)) or tracker.get_slot("seeking")
        # Whether a place is known decides if search_form asks or is done at once.
        place = tracker.get_slot("place")
        if intent_of(tracker) == "find_counseling" and "_search" not in entities(tracker, "choice"):
            say(dispatcher, "utter_find_counseling")
            return [*STOPPED, FollowupAction("action_listen")]
        return [
            SlotSet("seeking", kind),
            SlotSet("shown", []),
            SlotSet("search_place", place["label"] if place else None),
        ]


class AskPlace(KitAction):
    """Asks for the place, or for the state of a city named."""

    action_name = "action_ask_search_place"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        options = tracker.get_slot("place_options")
        if options:
            states = [self.kit.gazetteer.of_state(s) for s in options["states"][:STATES_OFFERED]]
            buttons = [f"literal:{options['city']}, {s.state}:{s.label}" for s in states]
            say(dispatcher, "utter_ask_place_state", buttons, city=options["city"])
        elif intent_of(tracker) in {*KINDS, "refine_search"} and not self._not_found(tracker):
            say(dispatcher, "utter_ask_place", self._around(tracker, "utter_ask_place"))
        else:
            say(dispatcher, "utter_place_unknown", self._around(tracker, "utter_place_unknown"))
        return []

    def _around(self, tracker: Tracker, key: str) -> list[str]:
        """The entry's own buttons, after the way back to a plan that waits."""
        own = list(self.kit.book.sentences[key].buttons)
        return ["continue_plan", *own[:3]] if self.plan(tracker).step is not None else own

    def _not_found(self, tracker: Tracker) -> bool:
        return self.kit.gazetteer.names_unknown_place(str(tracker.latest_message.get("text") or ""))


class ReadPlace(KitAction):
    """search_form's validation: takes the place that the message gave."""

    action_name = "validate_search_form"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class. No events means: no place in it, so the form lets the rules take it."""
        if loop_of(tracker) != FORM:
            return []
        place, options = tracker.get_slot("place"), tracker.get_slot("place_options")
        if place:
            # "a lawyer in El Paso", when a shelter was asked for before: the last wish counts.
            kind = KINDS.get(intent_of(tracker)) if sureness(tracker) >= SURE_OF_INTENT else None
            wished = [SlotSet("seeking", kind)] if kind else []
            return [*wished, SlotSet("search_place", place["label"])]
        if intent_of(tracker) in LEAVES and sureness(tracker) >= SURE_OF_INTENT:
            return [SlotSet("requested_slot", None)]
        if self._tries_a_place(tracker):
            return [SlotSet("search_place", None), SlotSet("place_options", options)]
        return []

    def _tries_a_place(self, tracker: Tracker) -> bool:
        """A short message that asks for nothing is an answer to "where", though not found."""
        message = tracker.latest_message
        text = str(message.get("text") or "")
        intent = message.get("intent") or {}
        unsure = intent.get("name") in {"nlu_fallback", "give_location", "out_of_scope"}
        unsure = unsure or float(intent.get("confidence") or 0.0) < SURE_OF_INTENT
        return unsure and not text.startswith("/") and len(text.split()) <= LONGEST_PLACE and "?" not in text


class ShowPlaces(KitAction):
    """Lists what the directory has, nearest first, a few at a time."""

    action_name = "action_show_places"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        place, kind = tracker.get_slot("place"), tracker.get_slot("seeking")
        if place is None and intent_of(tracker) in LEAVES:
            return self._left(dispatcher, tracker)
        if place is None:  # the form was left without one
            say(dispatcher, "utter_place_unknown")
            return STOPPED_SEARCH
        where = Place(**place)
        if kind is None:
            say(dispatcher, "utter_place_kept", [], place=where.label)
            say(dispatcher, "utter_ask_kind")
            return STOPPED_SEARCH
        shown = list(tracker.get_slot("shown") or [])
        wishes = tracker.get_slot("wishes") or {}
        found = self.kit.directory.search(where, kind, pets=bool(wishes.get("pet")))
        page = [f for f in found if f.listing.id not in shown][:PAGE]
        if not page:
            say(dispatcher, "utter_no_more_results" if shown else "utter_no_results", place=where.label)
            return STOPPED_SEARCH
        if not shown:
            near = page[0].near
            say(dispatcher, f"utter_results_{kind}" if near else "utter_results_other_state", [],
                place=where.label)  # fmt: skip
        self._list(dispatcher, page, where, wished={WISHES[kind] for kind in wishes if kind in WISHES})
        shown += [f.listing.id for f in page]
        more = len(found) > len(shown)
        going_on = ["continue_plan"] if self.plan(tracker).step is not None else ["plan"]
        say(dispatcher, "utter_results_after", [*(["more"] if more else []), *going_on, "person"])
        return [SlotSet("shown", shown), *STOPPED_SEARCH]

    def _left(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """No place was wanted: back to the plan that waits, or to the choices."""
        plan = self.plan(tracker)
        if plan.step is None:
            say(dispatcher, "utter_menu")
            return STOPPED_SEARCH
        plan.state |= {"opened_by": message_id(tracker), "note": "resumed"}
        return [*STOPPED_SEARCH, SlotSet("plan", plan.state), FollowupAction("plan_form")]

    def _list(
        self, dispatcher: CollectingDispatcher, page: list[Found], where: Place, wished: set[str]
    ) -> None:
        for found in page:
            listing = found.listing
            fits = sorted(listing.takes, key=lambda fit: fit not in wished)[:FITS_SAID]
            if listing.city is not None and (listing.city, listing.state) == (where.city, where.state):
                distance: dict[str, Any] = {"say": "utter_listing_here", "place": where.label}
            elif found.miles is None:
                distance = {"say": "utter_listing_area", "area": listing.area_label}
            else:
                miles = max(ROUND_MILES, round(found.miles / ROUND_MILES) * ROUND_MILES)
                distance = {"say": "utter_listing_far", "miles": miles, "place": where.label}
            notes: list[dict[str, Any]] = [distance]
            if listing.demonstration:
                notes.append({"say": "utter_demonstration"})
            elif listing.checked_on is not None:
                checked = "utter_listing_checked" if found.fresh else "utter_listing_stale"
                notes.append({"say": checked, "date": listing.checked_on.isoformat()})
            say(
                dispatcher,
                "utter_listing",
                [],
                name=listing.name,
                what=[
                    {"say": f"utter_kind_{listing.kind}"},
                    {"words": [{"say": f"utter_takes_{fit}"} for fit in fits]},
                ],
                phone=listing.phone,
                hours=listing.hours_params,
                distance=notes,
            )


STOPPED_SEARCH: Events = [*STOPPED, SlotSet("search_place", None)]


class RefineSearch(KitAction):
    """More places, or first of all: which kind of help."""

    action_name = "action_refine_search"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        elsewhere = tracker.get_slot("seeking") and entities(tracker, "location")
        if tracker.get_slot("place") and (tracker.get_slot("shown") or elsewhere):
            events: Events = ShowPlaces(self.kit).run(dispatcher, tracker, domain)
            return events
        if "_more" in entities(tracker, "choice"):
            say(dispatcher, "utter_no_search_yet")
            return []
        say(dispatcher, "utter_ask_kind")
        return []
