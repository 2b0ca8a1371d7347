"""Random walks of buttons and messages over the real assistant; what must hold in every state does.

QUIETLINE_WALKS sets how many (20 in the tests, 2,000 by `make fuzz`). Each invariant has a broken
answer that it must catch.
"""

from __future__ import annotations

import os
import random
import re

import pytest
from conftest import Person

from bot.resources.lines import read_lines
from bot.talk import Answer, Assistant

WALKS = int(os.environ.get("QUIETLINE_WALKS", "20"))
STEPS = 14
LINES = read_lines()
EMERGENCY, SUICIDE, HOTLINE = (LINES[name].modes["call"] for name in ("emergency", "lifeline988", "ndvh"))
SAYINGS = {
    "en": [
        "hi", "no", "yes", "idk", "skip", "back", "2", "98402", "Springfield", "my sister", "what to pack",
        "is this private?", "a shelter in Yakima", "more", "he took my money", "asdf",
        "are you a real person", "show my plan", "thank you", "stop", "menu", "say that again", "El Paso",
    ],
    "es": [
        "hola", "no", "si", "no se", "saltar", "atras", "3", "79901", "mi hermana", "es privado?",
        "busco un refugio en Houston", "otro", "me quita el dinero", "asdf", "eres un robot", "ver mi plan",
        "gracias", "menu", "repite", "donde consigo un abogado", "Springfield",
    ],
}  # fmt: skip
NEVER = re.compile(r"you are safe|estás a salvo|you should|debes |\{[a-z_.]+\}|Traceback", re.IGNORECASE)


def faults(answers: list[Answer], language: str) -> list[str]:
    """What is wrong with a walk's answers."""
    found = []
    heard = ["\n".join(reply["text"] for reply in answer.replies) for answer in answers]
    for number, (answer, text) in enumerate(zip(answers, heard, strict=True)):
        if not text.strip() or any(not reply["text"].strip() for reply in answer.replies):
            found.append(f"{number}: empty")
        if answer.problem:
            found.append(f"{number}: {answer.problem}")
        if NEVER.search(text):
            found.append(f"{number}: forbidden words")
        if answer.language != language:
            found.append(f"{number}: language flipped")
    return found


def walk(person: Person, chance: random.Random) -> list[Answer]:
    answers = []
    for _ in range(STEPS):
        if person.buttons and chance.random() < 0.6:
            button = chance.choice(person.buttons)
            if button["payload"].startswith(("/change_language", "/start_over")):
                continue
            answers.append(person.sends(button["payload"]))
        else:
            answers.append(person.says(chance.choice(SAYINGS[person.language or "en"])))
    return answers


@pytest.mark.parametrize("seed", range(WALKS))
def test_a_random_walk(assistant: Assistant, seed: int) -> None:
    chance = random.Random(seed)
    language = ("en", "es")[seed % 2]
    person = Person(assistant, ("web", "sms")[seed // 2 % 2], language)
    answers = [person.sends("/greet"), *walk(person, chance)]
    assert not faults(answers, language)
    dying = {"en": "i want to kill myself tonight", "es": "me quiero matar esta noche"}[language]
    person.says(dying)
    assert SUICIDE in person.heard, "suicide is answered in every state"
    now = {"en": "he is breaking down the door right now", "es": "esta tumbando la puerta ahorita"}[language]
    person.says(now)
    assert EMERGENCY in person.heard, "danger now is answered in every state"
    person.sends("/talk_to_person")
    assert HOTLINE in person.heard, "a person is one step away"


@pytest.mark.parametrize(
    ("broken", "fault"),
    [
        (Answer([], language="en"), "empty"),
        (Answer([{"text": " ", "buttons": []}], language="en"), "empty"),
        (Answer([{"text": "You are safe now.", "buttons": []}], language="en"), "forbidden"),
        (Answer([{"text": "Call {ndvh.call}", "buttons": []}], language="en"), "forbidden"),
        (Answer([{"text": "Hola", "buttons": []}], language="es"), "language"),
        (Answer([{"text": "x", "buttons": []}], language="en", problem="broken"), "broken"),
    ],
)
def test_each_fault_is_seen(broken: Answer, fault: str) -> None:
    assert any(fault in found for found in faults([broken], "en"))
