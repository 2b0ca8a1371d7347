"""What is known of a person that shapes the plan: told once, used until the talk ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

SECTIONS = Path(__file__).parent / "sections.yml"


@dataclass(frozen=True)
class Place:
    """Where a section stands in the offer, by what is known."""

    id: str
    when: frozenset[str]
    later_when: frozenset[str]


@cache
def places() -> tuple[Place, ...]:
    """The sections in the order of sections.yml."""
    data = yaml.safe_load(SECTIONS.read_text(encoding="utf-8"))
    return tuple(
        Place(entry["id"], frozenset(entry.get("when", ())), frozenset(entry.get("later_when", ())))
        for entry in data["sections"]
    )


def section_order() -> tuple[str, ...]:
    """The section ids in the order of sections.yml."""
    return tuple(place.id for place in places())


def known_facts(wishes: Mapping[str, Sequence[str]], signals: Iterable[str]) -> frozenset[str]:
    """The facts told so far.

    wishes: kinds of sections.yml ("pet", "child") and "community" with their values; signals: the
    danger signals heard in this talk.
    """
    heard = set(signals)
    facts = set(wishes.get("community", ()))
    for name, told_by in _sources().items():
        if heard & told_by["signals"] or any(wishes.get(kind) for kind in told_by["wishes"]):
            facts.add(name)
    return frozenset(facts)


def offered_order(facts: frozenset[str]) -> list[str]:
    """All sections: those that fit what is known first, those for others last."""
    rank = {"fits": 0, "general": 1, "later": 2, "others": 3}

    def group(place: Place) -> int:
        if place.later_when & facts:
            return rank["later"]
        if not place.when:
            return rank["general"]
        return rank["fits"] if place.when & facts else rank["others"]

    return [place.id for place in sorted(places(), key=group)]


def unasked(facts: frozenset[str]) -> set[str]:
    """The sections that make a whole plan for this person: the general ones and those that fit."""
    return {place.id for place in places() if not place.when or place.when & facts}


@cache
def _sources() -> dict[str, dict[str, frozenset[str]]]:
    data = yaml.safe_load(SECTIONS.read_text(encoding="utf-8"))
    return {
        name: {kind: frozenset(told_by.get(kind, ())) for kind in ("signals", "wishes")}
        for name, told_by in data["facts"].items()
    }
