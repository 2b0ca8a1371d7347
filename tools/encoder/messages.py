"""The training messages, and how their spelling is varied while tuning."""

from __future__ import annotations

import random
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import yaml

MARK = re.compile(r"\[([^\]]+)\]\(([a-z_]+)(?::([a-z_]+))?\)")


@dataclass(frozen=True)
class Told:
    """A message with what it means."""

    text: str
    intent: str
    signals: frozenset[str]
    language: str


def read_messages(data: Path) -> list[Told]:
    """All messages of data/<language>/<topic>.yml."""
    told = []
    for path in sorted(data.glob("*/*.yml")):
        for block in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = str(block.get("examples", "")).splitlines() if "intent" in block else []
            for line in (line[2:].strip() for line in lines if line.startswith("- ")):
                signals = frozenset(m[3] for m in MARK.finditer(line) if m[2] == "danger_signal")
                told.append(Told(MARK.sub(r"\1", line), block["intent"], signals, path.parent.name))
    return told


def varied(text: str, chance: random.Random) -> str:
    """The text as another thumb would type it: case, accents, points, a slip or two."""
    if chance.random() < 0.3:
        text = text.lower()
    elif chance.random() < 0.05:
        text = text.upper()
    if chance.random() < 0.3:
        text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    if chance.random() < 0.3:
        text = re.sub(r"[.,;:!?¿¡'’\"-]+", "", text)
    for _ in range(len(text) // 25):
        if chance.random() < 0.3:
            text = _slip(text, chance)
    return text.strip() or text


def _slip(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text))
    if not text[at].isalpha():
        return text
    kind = chance.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    return text[:at] + text[at + 1 : at + 2] + text[at] + text[at + 2 :]
