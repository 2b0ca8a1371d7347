"""Whole messages that steer the talk, and the same words inside a sentence that do not."""

from __future__ import annotations

import pytest

from bot.sentences import load_book
from bot.understanding.in_context import OWN_BEHAVIOR, is_payload, with_own_behavior
from bot.understanding.steering import named_part, steered

CONTINUE = '/make_safety_plan{"choice":"_continue"}'
MORE = '/make_safety_plan{"choice":"_more_parts"}'
TITLES = {name: section.titles for name, section in load_book().sections.items()}
PARTS = [{"title": "More parts", "payload": MORE}]


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("Where was I?", CONTINUE),
        ("whered we stop", CONTINUE),
        ("go on with my plan", CONTINUE),
        ("¿dónde iba?", CONTINUE),
        ("en qué íbamos", CONTINUE),
        ("seguir con mi plan", CONTINUE),
        ("more parts please", MORE),
        ("más partes", MORE),
        ("so im safe then?", "/check_my_danger"),
        ("so that means i'm safe right", "/check_my_danger"),
        ("entonces estoy a salvo?", "/check_my_danger"),
        ("shit my moms coming", "/exit_now"),
        ("shes gonna be home any sec", "/exit_now"),
        ("viene otra vez", "/exit_now"),
        ("ya llegó", "/exit_now"),
        ("im deaf how do i call 911", "/in_danger_now"),
        ("¿cómo llamo al 911 si no oigo?", "/in_danger_now"),
        ("soy sorda como llamo al 911", "/in_danger_now"),
        ("i called 911 and they did nothing", None),
        ("a person please", "/talk_to_person"),
        ("where was he when it happened", None),
        ("im safe now thanks", None),
        ("ya estoy a salvo, gracias", None),
        ("he is coming at me with a knife", None),
        ("viene con un cuchillo", None),
        ("back", None),
        ("a person who listens", None),
        ("", None),
    ],
)
def test_steering(text: str, means: str | None) -> None:
    assert steered(text) == means


def test_every_meaning_is_a_payload() -> None:
    intents = frozenset({"make_safety_plan", "check_my_danger", "exit_now", "talk_to_person"})
    for payload in (CONTINUE, MORE, "/check_my_danger", "/exit_now", "/talk_to_person"):
        assert is_payload(payload, intents)


@pytest.mark.parametrize(
    ("text", "section"),
    [
        ("housing", "housing"),
        ("the part about money", "money"),
        ("a plan for pregnancy", "pregnancy"),
        ("vivienda", "housing"),
        ("la parte de celular y cuentas", "phone"),
        ("military please", "military"),
        ("something else", None),
    ],
)
def test_a_part_is_opened_by_its_name_while_parts_are_offered(text: str, section: str | None) -> None:
    expected = f'/make_safety_plan{{"choice":"section_{section}"}}' if section else None
    assert named_part(text, PARTS, TITLES) == expected
    assert named_part(text, [{"title": "Skip this", "payload": "/skip"}], TITLES) is None


@pytest.mark.parametrize(
    ("text", "intent", "turned"),
    [
        ("she took off, how do i find out where she went", "plan_phone_tech", True),
        ("¿dónde está mi esposa? quiero encontrarla", "out_of_scope", True),
        ("i need a plan so i dont do it again", "make_safety_plan", True),
        ("is there a number i can call", "find_hotline", False),
        ("he is hitting me right now", "in_danger_now", False),
    ],
)
def test_whoever_hurt_their_partner_gets_no_help_to_find_them(text: str, intent: str, turned: bool) -> None:
    parsed = {"text": text, "intent": {"name": intent, "confidence": 0.9}}
    assert with_own_behavior(parsed, told=False) == parsed, "somebody else may ask this"
    name = with_own_behavior(parsed, told=True)["intent"]["name"]
    assert name == (OWN_BEHAVIOR if turned else intent)
