"""The national lines: the one home of every phone number that the assistant says.

Digits stand in data/national_lines.yml and nowhere else. A sentence names a line by a
placeholder such as {ndvh.call}; `Lines.fill` puts the number there, and once the line's
check has run out it says so beside the number instead of showing it as good.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

HOME = Path(__file__).parent / "data" / "national_lines.yml"
DIALS = ("call", "text_to", "call_video")
MODES = (*DIALS, "text_word", "text_word_es", "press", "press_es", "chat")


@dataclass(frozen=True)
class Line:
    """One national line: how it is reached, where that was read, until when it counts as checked."""

    id: str
    name: str
    modes: Mapping[str, str]
    hours: str
    source: str
    checked_on: date | None
    expires_on: date | None
    notes: str = ""
    audience: tuple[str, ...] = ()
    always: bool = False

    def fresh(self, today: date) -> bool:
        """True while the number may be shown as good. Emergency numbers fixed by law always are."""
        return self.always or (self.expires_on is not None and today <= self.expires_on)


class UnknownPlaceholderError(KeyError):
    """A sentence names a line or a way to reach it that does not exist."""


def read_lines(path: Path = HOME) -> dict[str, Line]:
    """The lines as their data file has them, by id."""
    raw: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))["lines"]
    return {entry["id"]: _line(entry) for entry in raw}


def _line(raw: Mapping[str, Any]) -> Line:
    return Line(
        id=raw["id"],
        name=raw["name"],
        modes={mode: str(raw[mode]) for mode in MODES if raw.get(mode)},
        hours=raw["hours"],
        source=raw["source"],
        checked_on=raw.get("checked_on"),
        expires_on=raw.get("expires_on"),
        notes=raw.get("notes", ""),
        audience=tuple(raw.get("for", ())),
        always=bool(raw.get("always", False)),
    )


def number(lines: Mapping[str, Line], placeholder: str, today: date) -> tuple[str, date | None]:
    """What stands for a placeholder such as "ndvh.call", and its check date if that has run out.

    Raises:
        UnknownPlaceholderError: no such line, or it cannot be reached in that way.
    """
    name, _, mode = placeholder.partition(".")
    if name not in lines or mode not in lines[name].modes:
        raise UnknownPlaceholderError(placeholder)
    line = lines[name]
    stale = None if line.fresh(today) or mode not in DIALS else line.checked_on or date.min
    return line.modes[mode], stale


def digits(values: Iterable[str]) -> set[str]:
    """The values' bare digits, for checks that no number stands anywhere else."""
    return {re.sub(r"\D", "", value) for value in values} - {""}
