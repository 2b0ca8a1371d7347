"""Reads a message as the answer to a plan step, or as something else that was meant.

Inside a step the same words mean another thing than outside: "the police station" is an answer,
"what do the police do" is not. Buttons decide first, then words that steer, then whether the
message plainly asks or tells something (its intent, how sure, how it is put, danger in it); all
else is an answer in the person's own words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.plan.engine import LONGEST_OWN_WORDS
from bot.resources.places import plain
from bot.sentences import Step

STEERING = frozenset({"skip", "go_back", "repeat", "deny", "unsure"})
NEVER_AN_ANSWER = frozenset({"in_danger_now", "exit_now", "feel_suicidal"})
CONTROL = frozenset(
    {"menu", "show_plan", "change_language", "goodbye", "thank", "make_safety_plan", "ask_bot"}
)
DESTRUCTIVE = frozenset({"delete_everything", "start_over"})
ASKS = frozenset(
    "talk_to_person ask_privacy find_shelter find_legal_help find_counseling find_hotline find_medical_help "
    "find_other_help ask_protection_order ask_police ask_custody ask_immigration ask_warning_signs "
    "check_my_danger is_this_abuse ask_check_in help_someone_else worried_about_own_behavior "
    "refine_search".split()
)
TELLS = frozenset({"feel_overwhelmed", "getting_worse", "children_at_risk", "cannot_leave"})
SOMEBODY = frozenset(
    "he she they hes shes theyre i im me my el ella ellos yo mi esta ya help now ayuda auxilio".split()
)
HURT = frozenset({"disclose_physical_abuse", "disclose_sexual_abuse"})
ASKS_PLAINLY = re.compile(
    r"(?:and |but |so |y |pero )?(?:"
    r"(?:do|does|did|will|would|can|could|should|is|are|am) (?:i|he|she|they|it|we|you|the|my|a|there|adult)"
    r"|what (?:if|do|does|is|are|happens|about)|how (?:do|does|can|would|will|long|much|far)"
    r"|que (?:hago|pasa|es)|como (?:le hago|puedo|hago|llamo)|puedo|puede|pueden|me pueden|tengo que|y si)\b"
)
"""A question without its mark. "when he goes quiet" and "como a las tres" are answers."""
QUESTION_WORDS = frozenset(
    "what whats how where when who why which can could is are do does should will would "
    "que q k como cuando donde quien cual puedo puede hay es sera".split()
)
REQUEST_WORDS = frozenset(
    "need want find looking look get give show tell help search connect let talk please "
    "necesito nesesito quiero kiero busco buscar dame hablar favor porfa ayuda ayudame ayudeme "
    "digame dime consigo".split()
)
STOP_WORDS = frozenset("pause pausa pausar parar para stop basta quit later luego".split())
GO_ON = re.compile(r"(?:go on|continue|keep going|seguir|sigamos|seguimos|continuar)(?: please| por favor)?")
NUMBERS = re.compile(r"[0-9]+(?: (?:and |or |y |o )?[0-9]+)*")
SURE_WITH_DANGER = 0.3
SURE, RATHER_SURE, VERY_SURE, ALMOST_CERTAIN, CERTAIN = 0.5, 0.65, 0.75, 0.85, 0.9
WRITTEN_OUT = 0.995
"""Only a pattern is so sure: a classifier's guess about two words is not enough."""
SHORT, TELLING, SHORT_ANSWER = 4, 6, 7
"""Words: a short message is rather an answer; so many tell something."""


def read_answer(
    message: Mapping[str, Any], step: Step, section_intents: Sequence[str]
) -> dict[str, Any] | None:
    """What the message does to the step.

    Returns {"choice": id}, {"own": text}, {"skipped": True}, {"back": True}, {"stop": True},
    {"again": True}, or None when it is no answer and the rest of the assistant should take it.
    """
    button = _pressed(message)
    if button is not None:
        if button == "_stop":
            return {"stop": True}
        return {"choice": button} if any(c.id == button for c in step.choices) else None
    text = str(message.get("text") or "").strip()
    intent = message.get("intent") or {}
    name, sure = str(intent.get("name")), float(intent.get("confidence") or 0.0)
    if text.startswith("/") or not text:
        return _steer(name)
    words = plain(text)
    if words in STOP_WORDS:
        return {"stop": True}
    if NUMBERS.fullmatch(words) or GO_ON.fullmatch(words):
        return {"again": True}  # a number that no choice has, several, or a wish to go on
    count = len(text.split())
    if name in STEERING and sure >= SURE and count <= TELLING:
        return _steer(name)
    if name == "affirm" and sure >= SURE and count <= SHORT:
        return {"again": True}
    if _means_something_else(message, name, sure, text, section_intents):
        return None
    return {"own": text[:LONGEST_OWN_WORDS]}


def _pressed(message: Mapping[str, Any]) -> str | None:
    found = (str(e["value"]) for e in message.get("entities") or () if e["entity"] == "choice")
    return next(found, None)


def _steer(name: str) -> dict[str, Any] | None:
    return {
        "skip": {"skipped": True},
        "deny": {"skipped": True},
        "unsure": {"skipped": True},
        "go_back": {"back": True},
        "repeat": {"again": True},
    }.get(name)


def _means_something_else(
    message: Mapping[str, Any], name: str, sure: float, text: str, section_intents: Sequence[str]
) -> bool:
    signals = _plain_signals(message)
    if "?" in text or ASKS_PLAINLY.match(plain(text)):
        return True  # a question is no answer; when it is not plain what it asks, meanings are offered
    if _self_harm(message) >= RATHER_SURE:
        return True
    if signals & {
        "happening_now",
        "self_harm",
        "strangulation",
        "threat_to_kill",
        "forced_sex",
        "child_harm",
    }:
        return True  # told in the middle of a step: answered, and not written into the plan
    if name in section_intents:
        return False
    if _leaves(message) >= ALMOST_CERTAIN:
        return True
    if _chance(message, NEVER_AN_ANSWER) >= CERTAIN and SOMEBODY & set(plain(text).split()):
        return True  # "hes pulling in the driveway" is half danger, half somebody coming
    if name == "in_danger_now" and len(text.split()) <= SHORT and not SOMEBODY & set(plain(text).split()):
        return sure >= ALMOST_CERTAIN  # "bathroom w the window"
    if name in NEVER_AN_ANSWER:
        return sure >= (VERY_SURE if name == "exit_now" else RATHER_SURE)
    if name in DESTRUCTIVE:
        return sure >= CERTAIN or (_asking(text) and sure >= VERY_SURE)
    return _asks_or_tells(name, sure, text, bool(signals))


def _asks_or_tells(name: str, sure: float, text: str, danger: bool) -> bool:
    words, asking = plain(text).split(), _asking(text)
    if name in CONTROL:
        return sure >= VERY_SURE or (asking and sure >= SURE)
    if name in ASKS:
        return asking and sure >= SURE
    if name in TELLS or name.startswith("disclose_"):
        told_of_me = name in HURT and sure >= VERY_SURE and {"me", "my", "mi"} & set(words)
        needed = SURE_WITH_DANGER if danger else SURE
        return bool(told_of_me) or (sure >= needed and (danger or len(words) >= TELLING))
    if name.startswith("plan_"):
        return sure >= VERY_SURE and asking
    return False


def _asking(text: str) -> bool:
    """Whether it is put as a question or a wish."""
    words = plain(text).split()
    return bool(words) and (words[0] in QUESTION_WORDS or bool(REQUEST_WORDS & set(words)))


def _leaves(message: Mapping[str, Any]) -> float:
    """The chance that somebody says goodbye in one of its ways: "thanks gotta go bye" is all three."""
    return _chance(message, frozenset({"goodbye", "thank", "exit_now"}))


def _chance(message: Mapping[str, Any], names: frozenset[str]) -> float:
    ranking = message.get("intent_ranking") or ()
    return sum(float(e["confidence"]) for e in ranking if e["name"] in names)


def _self_harm(message: Mapping[str, Any]) -> float:
    found = (e for e in message.get("entities") or () if e.get("value") == "self_harm")
    return max((float(e.get("confidence_entity") or 0.0) for e in found), default=0.0)


def _plain_signals(message: Mapping[str, Any]) -> set[str]:
    """Danger told in plain words: what a classifier hears in a few words alone does not count here."""
    entities = [e for e in message.get("entities") or () if e["entity"] == "danger_signal"]
    needed = CERTAIN if len(str(message.get("text") or "").split()) > SHORT_ANSWER else WRITTEN_OUT
    return {str(e["value"]) for e in entities if float(e.get("confidence_entity") or 0.0) >= needed}
