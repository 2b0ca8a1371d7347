"""The danger questions: asked one at a time, nothing counted, nothing reassured, left at any time."""

from __future__ import annotations

import re
from typing import Any

import pytest
from conftest import Person

from bot.actions.hearing import danger_order
from bot.questions.engine import Questions, read
from bot.sentences import load_book
from bot.talk import Assistant

BOOK = load_book()
ORDER = BOOK.questions
CHOKED = ORDER[0]


def started(heard: tuple[str, ...] = ()) -> Questions:
    questions = Questions.of(ORDER, None)
    questions.open("m1", heard)
    return questions


def message(text: str, intent: str, sure: float = 0.9, *signals: str, choice: str = "") -> dict[str, Any]:
    entities = [{"entity": "danger_signal", "value": signal} for signal in signals]
    entities += [{"entity": "choice", "value": choice}] if choice else []
    return {"text": text, "intent": {"name": intent, "confidence": sure}, "entities": entities}


# --- the engine


def test_every_question_is_a_signal_that_is_answered() -> None:
    assert len(ORDER) == 10
    signals = [q.signal for q in ORDER if q.signal is not None]
    assert set(signals) <= set(danger_order()["order"]) and len(set(signals)) == len(signals) == 9


def test_all_are_asked_in_order_and_then_it_ends() -> None:
    questions, met = started(), []
    while questions.current is not None:
        met.append(questions.current.id)
        questions.answer("no")
    assert met == [q.id for q in ORDER]
    assert not questions.any_sign()


def test_what_was_told_is_not_asked_again_and_counts_as_a_sign() -> None:
    questions = started(("strangulation", "gun"))
    assert questions.current == ORDER[2]
    questions.back()
    assert questions.current == ORDER[2], "there is nothing before it to go back to"
    while questions.current is not None:
        questions.answer("no")
    assert questions.any_sign()


def test_to_be_pregnant_is_no_answer_to_harm_in_pregnancy() -> None:
    questions = started((*(q.signal for q in ORDER if q.signal), "pregnant"))
    assert questions.current is not None and questions.current.id == "pregnant_hurt"


def test_back_goes_to_the_question_before_and_changes_its_answer() -> None:
    questions = started()
    questions.answer("yes")
    assert questions.any_sign()
    questions.back()
    assert questions.current == CHOKED
    questions.answer("no")
    assert not questions.any_sign()


def test_a_skip_is_no_sign() -> None:
    questions = started()
    while questions.current is not None:
        questions.answer("skipped")
    assert not questions.any_sign()


@pytest.mark.parametrize(
    "slot",
    [None, {}, {"at": "gone", "answers": {"gone": "yes"}}, {"at": None, "answers": None, "opened_by": 3}],
)
def test_an_odd_slot_is_survived(slot: dict[str, Any] | None) -> None:
    questions = Questions.of(ORDER, slot)
    assert questions.current is None and not questions.any_sign()


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (message('/affirm{"choice":"_yes"}', "affirm", 1.0, choice="_yes"), "yes"),
        (message('/deny{"choice":"_no"}', "deny", 1.0, choice="_no"), "no"),
        (message('/affirm{"choice":"_stop"}', "affirm", 1.0, choice="_stop"), "stop"),
        (message('/affirm{"choice":"kitchen"}', "affirm", 1.0, choice="kitchen"), None),
        (message("/skip", "skip", 1.0), "skipped"),
        (message("yes last year", "disclose_physical_abuse", 0.6), "yes"),
        (message("Sí, una vez", "affirm"), "yes"),
        (message("a veces", "unsure", 0.4), "yes"),
        (message("he did that in march", "disclose_physical_abuse", 0.8, "strangulation"), "yes"),
        (message("no", "deny"), "no"),
        (message("nunca", "deny", 0.4), "no"),
        (message("never did", "deny", 0.4), "no"),
        (message("idk", "unsure", 0.9), "skipped"),
        (message("back", "go_back"), "back"),
        (message("ya no quiero preguntas", "deny", 0.5), "stop"),
        (message("ya basta de preguntas", "deny", 0.5), "stop"),
        (message("mejor ya no", "deny", 0.5), "stop"),
        (message("i dont want to answer more", "deny", 0.5), "stop"),
        (message("ya no quiero vivir", "feel_suicidal", 0.9, "self_harm"), None),
        (message("ya", "affirm", 0.4), None),
        (message("say it again", "repeat"), "again"),
        (message("stop", "exit_now", 0.4), "stop"),
        (message("no puedo mas me quiero morir", "feel_suicidal", 0.9, "self_harm"), None),
        (message("no one believes me and i am scared", "feel_overwhelmed", 0.8), None),
        (message("is there a shelter in tacoma", "find_shelter"), None),
        (message("he has a gun", "disclose_emotional_abuse", 0.7, "gun"), None),
        (message("", "nlu_fallback"), None),
    ],
)
def test_what_counts_as_an_answer(said: dict[str, Any], meant: str | None) -> None:
    assert read(said, CHOKED) == meant


# --- in the talk

SCORES = re.compile(
    r"\b(score|points|level|high risk|low risk|riesgo alto|puntaje|nivel|\d+ (yes|s[ií]))\b", re.I
)
REASSURES = re.compile(r"\b(you are safe|you're safe|no danger|est[aá]s a salvo)\b", re.I)
WORDS = {
    "en": {"open": "Ask me questions", "no": "No", "yes": "Yes", "none": "can't tell you that you are safe",
           "some": "reason enough", "stop": "Stop the questions"},
    "es": {"open": "Hazme preguntas", "no": "No", "yes": "Sí", "none": "no pueden decirte que no hay peligro",
           "some": "basta para hablar", "stop": "Parar las preguntas"},
}  # fmt: skip
ASKED = {"en": "how dangerous is he, am i at risk", "es": "qué tan peligroso es, estoy en riesgo?"}


def begun(assistant: Assistant, channel: str, language: str) -> Person:
    person = Person(assistant, channel, language)
    person.says(ASKED[language])
    person.presses(WORDS[language]["open"])
    return person


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("channel", ["web", "sms"])
def test_all_no_is_not_safety(assistant: Assistant, channel: str, language: str) -> None:
    words, person = WORDS[language], begun(assistant, channel, language)
    for number in range(1, len(ORDER) + 1):
        assert f"{number} " in person.heard, person.heard
        assert not SCORES.search(person.heard), person.heard
        person.presses(words["no"])
    assert words["none"] in person.heard, person.heard
    assert not REASSURES.search(person.heard.replace(words["none"], "")), person.heard
    assert any("person" in title for title in person.titles)


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_yes_is_answered_and_ends_with_a_person(assistant: Assistant, language: str) -> None:
    words, person = WORDS[language], begun(assistant, "web", language)
    person.presses(words["yes"])
    assert BOOK.sentences[CHOKED.yes].forms[language]["web"][0][:30] in person.heard
    assert "2 " in person.heard
    person.presses(words["stop"])
    assert words["some"] in person.heard and not SCORES.search(person.heard), person.heard
    person.says({"en": "he choked me again", "es": "me apretó el cuello otra vez"}[language])
    assert person.answer.danger_signals == ["strangulation"]


def test_other_things_are_answered_and_the_question_comes_again(assistant: Assistant) -> None:
    person = begun(assistant, "web", "en")
    person.says("is this private")
    assert "Question 1 of 10" in person.heard and "history" in person.heard
    person.says("i want to die")
    assert "988" in person.heard and "Question" not in person.heard
    person = begun(assistant, "web", "en")
    person.says("he is breaking the door down right now")
    assert "911" in person.heard and "Question" not in person.heard
