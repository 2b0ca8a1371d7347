"""The rules for everything the assistant says: bot/content_rules.yml, typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

RULES = Path(__file__).parents[1] / "content_rules.yml"
ANY = "any"
"""Stands for the language or channel where a finding has none of its own."""


@dataclass(frozen=True, order=True)
class Finding:
    """Something that must be mended, and where."""

    file: str
    key: str
    language: str
    channel: str
    reason: str


@dataclass(frozen=True)
class Rule:
    """Words that must not be said. `example` is found by `pattern`, what is `fine` is not."""

    id: str
    languages: tuple[str, ...]
    pattern: re.Pattern[str]
    reason: str
    example: str
    fine: tuple[str, ...]


@dataclass(frozen=True)
class AllowedNumber:
    """Digits that may stand in some files, and why."""

    files: tuple[str, ...]
    digits: re.Pattern[str]
    reason: str


@dataclass(frozen=True)
class Rules:
    """content_rules.yml, typed."""

    limits: Mapping[str, int]
    values: Mapping[str, tuple[Mapping[str, Any], ...]]
    unmeasured: Mapping[str, str]
    forbidden: tuple[Rule, ...]
    numbers: tuple[AllowedNumber, ...]


@cache
def load_rules(path: Path = RULES) -> Rules:
    """Reads the rules."""
    raw: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Rules(
        limits=raw["limits"],
        values={key: tuple(samples) for key, samples in raw["values"].items()},
        unmeasured=raw["unmeasured"],
        forbidden=tuple(_rule(entry) for entry in raw["forbidden"]),
        numbers=tuple(
            AllowedNumber(tuple(entry["files"]), re.compile(entry["digits"]), entry["reason"])
            for entry in raw["numbers"]
        ),
    )


def _rule(raw: Mapping[str, Any]) -> Rule:
    return Rule(
        id=raw["id"],
        languages=tuple(raw["languages"]),
        pattern=re.compile(raw["pattern"], re.IGNORECASE),
        reason=raw["reason"],
        example=raw["example"],
        fine=tuple(raw["fine"]),
    )
