"""The safety plan in the talk: opening, walking, stopping and reading it back."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.kit import STOPPED, Events, KitAction, entities, intent_of, loop_of, message_id, say
from bot.plan.answers import read_answer
from bot.plan.engine import Plan

FORM = "plan_form"
OFFERED = 3
"""Sections offered as buttons at once, with one for more parts: more is a wall on a phone."""


def offered_sections(plan: Plan, most: int = OFFERED) -> list[str]:
    """Buttons for the next sections to do, as references, and for more parts where there are more."""
    plan.state["shown"] = 0
    return more_sections(plan, most)


def more_sections(plan: Plan, most: int = OFFERED) -> list[str]:
    """The next few sections after those shown last; after the last ones it begins again."""
    remaining = plan.remaining()
    start = int(plan.state.get("shown") or 0)
    start = start if start < len(remaining) else 0
    plan.state["shown"] = start + most
    more = ["more_parts"] if len(remaining) > most else []
    return [*(f"section:{section}" for section in remaining[start : start + most]), *more]


class OpenPlan(KitAction):
    """Says what a plan is and offers its sections, or goes on where it stopped."""

    action_name = "action_open_plan"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        plan, choices = self.plan(tracker), entities(tracker, "choice")
        for section in (c.removeprefix(SECTION) for c in choices if c.startswith(SECTION)):
            if section in plan.sections:
                return _open(dispatcher, tracker, plan, section)
        if "_more_parts" in choices:
            say(dispatcher, "utter_plan_more_parts", more_sections(plan))
            return [*STOPPED, SlotSet("plan", plan.state)]
        if loop_of(tracker) == FORM:
            return []
        if "_continue" in choices and plan.step is not None:
            plan.state |= {"opened_by": message_id(tracker), "note": "resumed"}
            return [SlotSet("plan", plan.state), FollowupAction(FORM)]
        going_on = ["continue_plan"] if plan.step is not None else []
        if plan.is_whole():
            say(dispatcher, "utter_plan_all_done", ["my_plan", "more_parts", "find_help", "person"])
        elif plan.is_empty():
            say(dispatcher, "utter_plan_open", [*going_on, *offered_sections(plan, OFFERED - len(going_on))])
        else:
            offer = offered_sections(plan, OFFERED - 1 - len(going_on))
            say(dispatcher, "utter_plan_open_again", [*going_on, *offer, "my_plan"])
        return [SlotSet("plan", plan.state)]


OFFERED_ANYWAY = ("plan", "person")
"""Left out of an answer's own buttons where a section stands beside them."""
SECTION = "section_"
"""What the choice of a section's button begins with."""


def _open(dispatcher: CollectingDispatcher, tracker: Tracker, plan: Plan, section: str) -> Events:
    """Opens a section: the form asks its step now, or after this message when it is under way."""
    if loop_of(tracker) != FORM or plan.section is not plan.sections[section]:
        say(dispatcher, f"{section}/opening")
    plan.open(section, message_id(tracker))
    under_way = loop_of(tracker) == FORM
    return [SlotSet("plan", plan.state), *([] if under_way else [FollowupAction(FORM)])]


class OpenSection(KitAction):
    """Opens the section that the message's intent names.

    Where bot/content has an answer of its own for the intent, it is said first, with the section as
    a button: somebody who asks how to calm down wants no form.
    """

    action_name = "action_open_section"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        intent, plan = intent_of(tracker), self.plan(tracker)
        section = next(s for s in self.kit.book.sections.values() if intent in s.intents)
        if f"utter_{intent}" in self.kit.book.sentences:
            going_on = ["continue_plan"] if plan.step is not None else []
            own = [b for b in self.kit.book.sentences[f"utter_{intent}"].buttons if b not in OFFERED_ANYWAY]
            offer = [f"section:{section.id}", *going_on, *own[:1], "person"]
            say(dispatcher, f"utter_{intent}", offer)
            return [*STOPPED, FollowupAction("action_listen")]
        return [e for e in _open(dispatcher, tracker, plan, section.id) if e["event"] == "slot"]


class AskStep(KitAction):
    """Asks the current step, with its choices and the ways around it."""

    action_name = "action_ask_plan_answer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        plan = self.plan(tracker)
        if plan.section is None or plan.step is None:
            say(dispatcher, "utter_plan_open", offered_sections(plan))
            return [SlotSet("requested_slot", None)]
        ref = f"{plan.section.id}/{plan.step.id}"
        step, steps = plan.position
        choices = [f"choice:{ref}/{choice.id}" for choice in plan.step.choices]
        back = ["back"] if step > 1 else []
        note = plan.state["note"]
        key = "utter_plan_step_after_note" if note in NOTES else "utter_plan_step"
        say(
            dispatcher,
            key,
            [*choices, *back, "skip", "stop"],
            note={"say": NOTES[note]} if note in NOTES else "",
            progress={"say": "utter_plan_progress", "step": step, "steps": steps},
            ask={"say": ref},
        )
        plan.state["note"] = None
        return [SlotSet("plan", plan.state)]


NOTES = {
    "noted": "utter_plan_noted",
    "skipped": "utter_plan_skipped",
    "back": "utter_plan_back",
    "first": "utter_plan_first_step",
    "resumed": "utter_plan_resumed",
}


class ReadAnswer(KitAction):
    """plan_form's validation: takes the message as an answer, or leaves it to the rules."""

    action_name = "validate_plan_form"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class. No events means: not an answer, so the form lets the rules take it."""
        plan = self.plan(tracker)
        if loop_of(tracker) != FORM or plan.state["opened_by"] == message_id(tracker):
            return []
        if plan.section is None or plan.step is None:
            return [SlotSet("requested_slot", None)]
        answer = read_answer(tracker.latest_message, plan.step, plan.section.intents)
        if answer is None:
            return []
        if answer.get("stop"):
            plan.pause()
            return [SlotSet("plan", plan.state), SlotSet("requested_slot", None)]
        if answer.get("back"):
            plan.back()
        elif not answer.get("again"):
            plan.answer(answer)
        # A form may be asked to validate one message twice; the second time it is no answer.
        plan.state["opened_by"] = message_id(tracker)
        events: Events = [SlotSet("plan", plan.state), SlotSet("plan_answer", None)]
        return events if plan.step is not None else [*events, SlotSet("requested_slot", None)]


class CloseSection(KitAction):
    """The form has ended: the section is done, or the person stopped."""

    action_name = "action_close_section"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        plan = self.plan(tracker)
        if plan.step is not None:
            say(dispatcher, "utter_plan_stopped")
            return []
        if plan.section is not None:
            say(dispatcher, f"{plan.section.id}/closing")
        plan.state |= {"section": None, "note": None}
        if plan.is_whole():
            say(dispatcher, "utter_plan_all_done", ["my_plan", "more_parts", "find_help", "person"])
        else:
            say(dispatcher, "utter_plan_section_done", [*offered_sections(plan, OFFERED - 1), "my_plan"])
        return [SlotSet("plan", plan.state)]


class ShowPlan(KitAction):
    """Reads the whole plan back."""

    action_name = "action_show_plan"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        plan = self.plan(tracker)
        if plan.is_empty():
            say(dispatcher, "utter_plan_empty", offered_sections(plan))
            return STOPPED
        say(dispatcher, "utter_plan_head")
        for section in plan.order():
            answers = plan.answered(section)
            steps = [s.id for s in self.kit.book.sections[section].steps if s.id in answers]
            lines = [{"step": f"{section}/{step}", **answers[step]} for step in steps]
            if lines:
                say(dispatcher, "utter_plan_part", part={"section": section}, lines=lines)
        going_on = ["continue_plan"] if plan.step is not None else offered_sections(plan)[:1]
        say(dispatcher, "utter_plan_foot", [*going_on, "find_help", "person"])
        return STOPPED
