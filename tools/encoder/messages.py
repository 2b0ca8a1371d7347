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


RESPELT = 0.3
EACH_HABIT = 0.4
HABITS: dict[str, tuple[tuple[str, str], ...]] = {
    "es": (
        (r"qu(?=[eiéí])", "k"), (r"z", "s"), (r"v", "b"), (r"(?<!c)h", ""), (r"ll", "y"),
        (r"c(?=[eiéí])", "s"), (r"\bque\b", "q"), (r"\bpor\b", "x"), (r"\bporque\b", "xq"),
        (r"m(?=[bp])", "n"), (r"\bde\b", "d"), (r"\bpara\b", "pa"), (r"\bmuy\b", "mui"),
        (r"g(?=[eiéí])", "j"), (r"ñ", "n"), (r"\best(?=[aoáé])", "t"), (r"ado\b", "ao"), (r"\bhay\b", "ai"),
        (r"r\b", ""), (r"c(?=[aou])", "k"),
    ),
    "en": (
        (r"\byou\b", "u"), (r"\byour\b", "ur"), (r"\bare\b", "r"), (r"\bbecause\b", "bc"),
        (r"\bwith\b", "w"), (r"\bbefore\b", "b4"), (r"\bto\b", "2"), (r"ing\b", "in"), (r"\bthe\b", "da"),
        (r"\bthough\b", "tho"), (r"\bpeople\b", "ppl"), (r"\bplease\b", "pls"), (r"\bgoing to\b", "gonna"),
        (r"\bwant to\b", "wanna"), (r"ight\b", "ite"), (r"\bhis\b", "hes"), (r"\bthere\b", "their"),
        (r"([a-z])\1", r"\1"),
    ),
}  # fmt: skip
"""How people spell by ear and in a hurry: what is written so, and what is typed for it."""


def varied(text: str, language: str, chance: random.Random) -> str:
    """The text as another thumb would type it: by ear, case, accents, points, a slip or two."""
    if chance.random() < RESPELT:
        for written, typed in HABITS.get(language, ()):
            if chance.random() < EACH_HABIT:
                text = re.sub(written, typed, text)
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
