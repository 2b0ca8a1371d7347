"""Whole messages that steer the talk: "where was I", "more parts", the name of a part that was offered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import yaml

from bot.resources.places import plain

EXPRESSIONS = Path(__file__).parent / "data" / "steering.yml"
PART = re.compile(
    r"(?:(?:the|a|my|la|el|mi|lo) )?(?:(?:plan|part|section|parte|seccion) )?"
    r"(?:(?:about|for|on|of|de|del|sobre|para|con) )?(?:(?:the|la|el|las|los|my|mi) )?"
    r"(?P<name>.+?)(?: part| please| por favor| porfa)?"
)
"""A part of the plan as people name it: "the part about housing", "plan para vivienda", "money please"."""
OFFERS_PARTS = ("section_", "_more_parts")


def steered(text: str) -> str | None:
    """The payload that a whole message stands for, None when it is no steering."""
    words = plain(text)
    return next((means for pattern, means in _expressions() if pattern.fullmatch(words)), None)


def named_part(
    text: str, offered: Sequence[Mapping[str, str]], titles: Mapping[str, Mapping[str, str]]
) -> str | None:
    """The payload of a part of the plan named by its title, while parts are on offer.

    titles: section id: language: title. Elsewhere "money" may be an answer.
    """
    if not any(part in offer["payload"] for offer in offered for part in OFFERS_PARTS):
        return None
    match = PART.fullmatch(plain(text))
    wanted = {plain(text), match.group("name") if match else ""}
    found = (
        section for section, both in titles.items() if wanted & {plain(title) for title in both.values()}
    )
    section = next(found, None)
    return f'/make_safety_plan{{"choice":"section_{section}"}}' if section else None


@cache
def _expressions() -> tuple[tuple[re.Pattern[str], str], ...]:
    data = yaml.safe_load(EXPRESSIONS.read_text(encoding="utf-8"))["steering"]
    return tuple((re.compile(says), entry["means"]) for entry in data for says in entry["says"])
