"""The content files as rows an advocate can read: one row an entry, English and Spanish side by side.

A row knows where each of its texts stands in its file, so that a changed cell goes back to that
very place and nothing else in the file moves: comments, order and quotes stay (ruamel.yaml).
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot.sentences import CHANNELS, LANGUAGES

BUBBLE_GAP = "\n\n"
"""Between the bubbles of one entry in a cell: an empty line."""
ONE_TEXT = "any"
"""The channel of a text that is the same on the web and by text message: a button, a line of the plan."""
REVIEW = ("source", "status", "reviewed_by", "reviewed_on")

Cell = tuple[str, str]
"""Language and channel."""


@dataclass(frozen=True)
class Row:
    """One entry: its texts by (language, channel), empty where none is given, and its review."""

    key: str
    file: str
    line: int
    used: str
    texts: Mapping[Cell, str]
    review: Mapping[str, str] | None
    spot: tuple[str | int, ...]
    review_spot: tuple[str | int, ...] | None

    @property
    def mark(self) -> str:
        """Eight letters that change with any text or review mark: tells an old sheet from a fresh one."""
        parts = [f"{cell}{text}" for cell, text in sorted(self.texts.items())]
        parts += [f"{k}{v}" for k, v in sorted((self.review or {}).items())]
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:8]


def open_yaml() -> YAML:
    """A reader and writer that leaves a file as it was but for what is changed."""
    made = YAML()
    made.preserve_quotes = True
    made.width = 100_000
    made.indent(mapping=2, sequence=4, offset=2)
    made.representer.add_representer(
        type(None), lambda writer, _: writer.represent_scalar("tag:yaml.org,2002:null", "null")
    )
    return made


def read_rows(directory: Path) -> list[Row]:
    """Every entry of every content file, in the order of the files."""
    rows: list[Row] = []
    for path in sorted(directory.glob("*.yml")):
        rows += _rows_of(path.name, open_yaml().load(path.read_text(encoding="utf-8")))
    return rows


def written(text: str, changes: Sequence[tuple[tuple[str | int, ...], Any]]) -> str:
    """A file's text with the value at each spot replaced; None removes it."""
    data = open_yaml().load(text)
    for spot, value in changes:
        holder = data
        for part in spot[:-1]:
            holder = holder[part]
        if value is None and spot[-1] not in REVIEW:
            holder.pop(spot[-1], None)
        else:
            holder[spot[-1]] = value
    out = io.StringIO()
    open_yaml().dump(data, out)
    return out.getvalue()


def _rows_of(file: str, data: Any) -> Iterator[Row]:
    for key, raw in (data.get("sentences") or {}).items():
        yield _forms(key, file, raw, ("sentences", key), _line(data["sentences"], key), raw.get("used", ""))
    for number, raw in enumerate(data.get("questions") or ()):
        for part, ending, used in (("ask", "", "a danger question"), ("yes", ".yes", "said after a yes")):
            spot = ("questions", number, part)
            yield _forms(f"question.{raw['id']}{ending}", file, raw[part], spot, _line(raw, part), used, raw)
    for section, raw in (data.get("sections") or {}).items():
        yield from _section(section, file, raw, ("sections", section))
    for group in ("buttons", "meanings", "page"):
        for key, raw in (data.get(group) or {}).items():
            yield _label(f"{group}/{key}", file, raw, (group, key), _line(data[group], key), LABELS[group])


LABELS = {"buttons": "on a button", "meanings": "a likely meaning, on a button", "page": "on the web page"}
"""The groups of short texts; a group's name stands before their keys, which other groups may have too."""


def _section(section: str, file: str, raw: Any, spot: tuple[str | int, ...]) -> Iterator[Row]:
    yield _label(
        f"{section}/title", file, raw["title"], (*spot, "title"), _line(raw, "title"), "a part of the plan"
    )
    for part in ("opening", "closing"):
        line = _line(raw, part)
        yield _forms(f"{section}/{part}", file, raw[part], (*spot, part), line, f"the part's {part}")
    for number, step in enumerate(raw["steps"]):
        here, key = (*spot, "steps", number), f"{section}/{step['id']}"
        yield _forms(key, file, step["ask"], (*here, "ask"), _line(step, "ask"), "a step of the plan", step)
        yield _label(
            f"{key} own", file, step["own"], (*here, "own"), _line(step, "own"), "an answer in own words"
        )
        for at, choice in enumerate(step["choices"]):
            there, name = (*here, "choices", at), f"{key}/{choice['id']}"
            yield _label(
                name, file, choice["title"], (*there, "title"), _line(choice, "title"), "on a button"
            )
            yield _label(
                f"{name} plan", file, choice["plan"], (*there, "plan"), _line(choice, "plan"), "in the plan"
            )


def _forms(
    key: str, file: str, raw: Any, spot: tuple[str | int, ...], line: int, used: str, review: Any = None
) -> Row:
    texts = {
        (language, channel): _joined((raw.get(language) or {}).get(channel))
        for language in LANGUAGES
        for channel in CHANNELS
    }
    holder = raw if review is None else review
    marked = {name: str(holder.get(name) or "") for name in REVIEW} if "status" in holder else None
    review_spot = spot if review is None else spot[:-1]
    return Row(key, file, line, used, texts, marked, spot, review_spot if marked else None)


def _label(key: str, file: str, raw: Any, spot: tuple[str | int, ...], line: int, used: str) -> Row:
    texts = {(language, ONE_TEXT): str(raw.get(language) or "") for language in LANGUAGES}
    return Row(key, file, line, used, texts, None, spot, None)


def _joined(words: Any) -> str:
    if words is None:
        return ""
    return BUBBLE_GAP.join(str(w) for w in words) if isinstance(words, list) else str(words)


def _line(holder: Any, key: str) -> int:
    return int(holder.lc.key(key)[0]) + 1
