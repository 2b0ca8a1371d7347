"""The danger questions in the talk: asked one at a time, and ended with a person."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.kit import Events, KitAction, entities, loop_of, message_id, say
from bot.questions.engine import Questions, read

FORM = "danger_form"


class _Asking(KitAction):
    """What the actions of the danger questions share."""

    def questions(self, tracker: Tracker) -> Questions:
        """The talk's questions."""
        return Questions.of(self.kit.book.questions, tracker.get_slot("questions"))


class OpenQuestions(_Asking):
    """Says which signs there are, or starts the questions when they were chosen."""

    action_name = "action_open_questions"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        if "_questions" not in entities(tracker, "choice") or loop_of(tracker) == FORM:
            say(dispatcher, "utter_check_my_danger")
            return []
        questions = self.questions(tracker)
        if questions.current is None:
            questions = Questions.of(self.kit.book.questions, None)
            questions.open(message_id(tracker), tracker.get_slot("heard") or [])
        questions.state["opened_by"] = message_id(tracker)
        if questions.current is None:  # everything asked here was told before
            say(dispatcher, "utter_questions_some")
            return [SlotSet("questions", questions.state)]
        say(dispatcher, "utter_questions_open", [])
        return [SlotSet("questions", questions.state), FollowupAction(FORM)]


class AskQuestion(_Asking):
    """Asks the question that is next."""

    action_name = "action_ask_danger_answer"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        questions = self.questions(tracker)
        if questions.current is None:
            return [SlotSet("requested_slot", None)]
        number, count = questions.position
        say(
            dispatcher,
            "utter_question",
            ["yes", "no", "skip", "stop_questions"],
            progress={"say": "utter_question_progress", "question": number, "questions": count},
            ask={"say": questions.current.ask},
        )
        return []


class ReadQuestionAnswer(_Asking):
    """danger_form's validation: takes the answer, or leaves the message to the rules."""

    action_name = "validate_danger_form"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class. No events means: no answer to the question."""
        questions = self.questions(tracker)
        question = questions.current
        if loop_of(tracker) != FORM or questions.state["opened_by"] == message_id(tracker):
            return []
        if question is None:
            return [SlotSet("requested_slot", None)]
        answer = read(tracker.latest_message, question)
        if answer is None:
            return []
        events: Events = []
        if answer == "stop":
            questions.state["at"] = None
        elif answer == "back":
            questions.back()
        elif answer != "again":
            questions.answer(answer)
        if answer == "yes":
            events = _heard(dispatcher, tracker, question.signal, question.yes)
        questions.state["opened_by"] = message_id(tracker)
        done: Events = [SlotSet("requested_slot", None)] if questions.current is None else []
        return [*events, SlotSet("questions", questions.state), SlotSet("danger_answer", None), *done]


def _heard(dispatcher: CollectingDispatcher, tracker: Tracker, signal: str | None, words: str) -> Events:
    """A yes is believed and answered; told in words, the signal's own answer has just been said."""
    if signal not in entities(tracker, "danger_signal"):
        say(dispatcher, words, [])
    heard = list(tracker.get_slot("heard") or [])
    known = signal is None or signal in heard
    return [SlotSet("heard", heard if known else [*heard, signal])]


class CloseQuestions(_Asking):
    """The questions have ended: what they can say, what they cannot, and a person."""

    action_name = "action_close_questions"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> Events:
        """See class."""
        questions = self.questions(tracker)
        say(dispatcher, "utter_questions_some" if questions.any_sign() else "utter_questions_none")
        return [SlotSet("questions", {**questions.state, "at": None})]
