"""Short answers are read by what was asked.

The same "2", "yes" or "atrás" means what the last message offered. Pure functions over what was
offered and what was understood; the talk (bot/talk.py) brings both together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.resources.places import plain

Offer = Mapping[str, str]
PAYLOAD = re.compile(r"/([a-z_]{2,40})(\{.{0,200}\})?")
NUMBER = re.compile(r"(?:la|el|los|number|no|num|numero|option|opcion|choice)? ?(\d{1,2})")
CHOICE = re.compile(r"[\w .,:'/-]{1,80}")
SMALL_TALK = frozenset(
    "out_of_scope repeat skip go_back unsure deny affirm thank greet start_over delete_everything "
    "change_language show_plan".split()
)
OWN_BEHAVIOR = "worried_about_own_behavior"
NOT_FOR_THE_ONE_WHO_HURTS = frozenset(
    "help_someone_else make_safety_plan plan_phone_tech plan_after_leaving plan_leaving disclose_stalking "
    "disclose_tech_abuse ask_protection_order getting_worse".split()
)
FINDS_SOMEBODY = re.compile(
    r"\b(?:find|finding|track|locate|look up|see|know|figure)(?: out)? where"
    r"|\bfind (?:her|him|out where|my (?:wife|girl|ex))"
    r"|\bwhere (?:she|he) (?:is|went|lives|s at|stays|staying)"
    r"|\b(?:donde|adonde) (?:esta|se fue|vive|anda|se quedo)\b"
    r"|\b(?:encontrarla|encontrarlo|ubicarla|ubicarlo|buscarla|buscarlo|rastrear)\b"
)
NOT_FROM_PEOPLE = frozenset({"restart", "back", "session_start", "nlu_fallback", "out_of_scope"})


def offered_in(events: Sequence[Any]) -> list[Offer]:
    """The buttons of the assistant's last turn, in the order shown."""
    offers: list[Offer] = []
    for event in reversed(list(events)):
        kind = event.type_name
        if kind == "user":
            break
        if kind == "bot":
            offers = [*(event.data.get("buttons") or []), *offers]
    return offers


def pressed(text: str, offered: Sequence[Offer]) -> str | None:
    """The payload of the button that a typed text names by its number or its title."""
    words = plain(text)
    number = NUMBER.fullmatch(words)
    if number and 1 <= int(number.group(1)) <= len(offered):
        return offered[int(number.group(1)) - 1]["payload"]
    return next((o["payload"] for o in offered if words and plain(o["title"]) == words), None)


def is_payload(value: object, intents: frozenset[str]) -> bool:
    """Whether a payload could come from a button of ours: a known intent, at most one choice."""
    match = PAYLOAD.fullmatch(value) if isinstance(value, str) else None
    if match is None or match.group(1) not in intents - NOT_FROM_PEOPLE:
        return False
    if match.group(2) is None:
        return True
    try:
        carried = json.loads(match.group(2))
    except ValueError:
        return False
    return (
        isinstance(carried, dict)
        and set(carried) == {"choice"}
        and isinstance(carried["choice"], str)
        and bool(CHOICE.fullmatch(carried["choice"]))
    )


def read_in_context(parsed: Mapping[str, Any], offered: Sequence[Offer]) -> str | None:
    """The payload that a plain yes means: the one thing offered, if there was one thing."""
    if (parsed.get("intent") or {}).get("name") != "affirm" or len(str(parsed.get("text")).split()) > 4:
        return None
    real = [o for o in offered if not o["payload"].startswith(("/deny", "/menu", "/skip", "/talk_to_person"))]
    return real[0]["payload"] if len(real) == 1 else None


def with_danger(parsed: dict[str, Any]) -> dict[str, Any]:
    """Words that tell of danger are no small talk: "he choked me again" does not ask to say it again."""
    if not any(e["entity"] == "danger_signal" for e in parsed.get("entities") or ()):
        return parsed
    if (parsed.get("intent") or {}).get("name") not in SMALL_TALK:
        return parsed
    return {**parsed, "intent": {"name": "nlu_fallback", "confidence": 1.0}}


def with_third_language(parsed: dict[str, Any]) -> dict[str, Any]:
    """A message in another language is taken as asking for that language, whatever its words say."""
    if (parsed.get("language") or {}).get("code") != "other":
        return parsed
    intent = {"name": "change_language", "confidence": 1.0}
    return {**parsed, "intent": intent}


def with_own_behavior(parsed: dict[str, Any], told: bool) -> dict[str, Any]:
    """After somebody said that they hurt their partner: nothing that helps to find or outwit them."""
    intent = parsed.get("intent") or {}
    finds = FINDS_SOMEBODY.search(plain(str(parsed.get("text") or "")))
    if not told or not (finds or intent.get("name") in NOT_FOR_THE_ONE_WHO_HURTS):
        return parsed
    return {**parsed, "intent": {"name": OWN_BEHAVIOR, "confidence": 1.0}}
