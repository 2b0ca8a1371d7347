"""Takes edited rows back: what changes, what breaks a rule, and then, all or nothing, into the files.

A text that was changed is a draft again, unless the same row names who reviewed it and when: nobody
has stood for the new words yet.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ruamel.yaml.scalarstring import DoubleQuotedScalarString

from bot.editing.check import Grader, check
from bot.editing.files import BUBBLE_GAP, ONE_TEXT, REVIEW, Cell, Row, read_rows, written
from bot.editing.rules import Finding
from bot.resources.lines import Line
from bot.sentences import STATUSES, ContentError, load_book


@dataclass(frozen=True)
class Edited:
    """One row as it came back. `number` is its line in the sheet; `mark` the row's as it was given out."""

    number: int
    key: str
    mark: str
    texts: Mapping[Cell, str]
    review: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """One cell that differs: `where` is "en web", "status" and the like."""

    number: int
    key: str
    file: str
    where: str
    old: str
    new: str


@dataclass(frozen=True)
class Refusal:
    """A row of the sheet that cannot be taken, and why."""

    number: int
    key: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """What an import would do. It may be applied when nothing was refused and no rule is broken."""

    changes: tuple[Change, ...]
    refused: tuple[Refusal, ...]
    findings: tuple[Finding, ...]
    files: Mapping[str, str]
    """File name: its new text."""

    @property
    def may_apply(self) -> bool:
        """Whether it can be applied."""
        return bool(self.changes) and not self.refused and not self.findings


def plan_import(
    directory: Path, edited: Sequence[Edited], lines: Mapping[str, Line], grader: Grader | None
) -> Plan:
    """Compares edited rows with the files and checks what the book would be with them."""
    rows = {row.key: row for row in read_rows(directory)}
    changes: list[Change] = []
    refused: list[Refusal] = []
    wanted: dict[str, list[tuple[tuple[str | int, ...], Any]]] = {}
    met: set[str] = set()
    for entry in edited:
        row = rows.get(entry.key)
        reason = _unfit(row, entry, met)
        met.add(entry.key)
        if row is None or reason:
            refused.append(Refusal(entry.number, entry.key, reason or "no entry has this key"))
            continue
        found = _differences(row, entry)
        if found and entry.mark != row.mark:
            refused.append(Refusal(entry.number, entry.key, "somebody changed it since this sheet was made"))
            continue
        changes += found
        wanted.setdefault(row.file, []).extend(_edits(row, entry, found))
    files = {
        name: written((directory / name).read_text(encoding="utf-8"), edits)
        for name, edits in wanted.items()
        if edits
    }
    return Plan(tuple(changes), tuple(refused), _findings(directory, files, lines, grader), files)


def apply(directory: Path, plan: Plan) -> None:
    """Writes the files: each whole beside its place first, then put in place.

    Raises:
        ValueError: the plan may not be applied.
        OSError: a file cannot be written; then none is changed.
    """
    if not plan.may_apply:
        raise ValueError("something was refused or breaks a rule")
    ready: list[tuple[Path, Path]] = []
    try:
        for name, text in plan.files.items():
            fresh = directory / f".{name}.new"
            ready.append((fresh, directory / name))
            fresh.write_text(text, encoding="utf-8")
            shutil.copymode(directory / name, fresh)
        for fresh, place in ready:
            os.replace(fresh, place)
    finally:
        for fresh, _ in ready:
            fresh.unlink(missing_ok=True)


def _unfit(row: Row | None, entry: Edited, met: set[str]) -> str | None:
    if row is None:
        return "no entry has this key"
    if entry.key in met:
        return "this key stands twice in the sheet"
    for (language, channel), text in entry.texts.items():
        if not text and channel != "sms" and (language, channel) in row.texts:
            return f"{language} {'' if channel == ONE_TEXT else channel} is empty".replace("  ", " ")
    if row.review is not None:
        return _unfit_review(entry.review)
    return None


def _unfit_review(review: Mapping[str, str]) -> str | None:
    if review["status"] not in STATUSES:
        return f"status must be one of {', '.join(STATUSES)}"
    if review["status"] == "reviewed" and not (review["reviewed_by"] and review["reviewed_on"]):
        return "reviewed, but not by whom and when"
    if review["reviewed_on"]:
        try:
            date.fromisoformat(review["reviewed_on"])
        except ValueError:
            return "reviewed_on must be a day like 2026-01-31"
    return None if review["source"] else "source is empty"


def _differences(row: Row, entry: Edited) -> list[Change]:
    found = []
    for cell, old in row.texts.items():
        new = entry.texts.get(cell, old)
        if new != old:
            found.append(Change(entry.number, row.key, row.file, " ".join(cell), old, new))
    for name, old in (row.review or {}).items():
        new = entry.review.get(name, old)
        if new != old:
            found.append(Change(entry.number, row.key, row.file, name, old, new))
    return found


def _edits(row: Row, entry: Edited, found: Sequence[Change]) -> list[tuple[tuple[str | int, ...], Any]]:
    edits: list[tuple[tuple[str | int, ...], Any]] = []
    by_where = {change.where: change for change in found}
    for language, channel in row.texts:
        change = by_where.get(f"{language} {channel}")
        if change:
            end = (language,) if channel == ONE_TEXT else (language, channel)
            edits.append(((*row.spot, *end), _value(change.new, channel)))
    if row.review_spot is not None:
        edits += [((*row.review_spot, name), _mark(name, value)) for name, value in _review(entry, by_where)]
    return edits


def _review(entry: Edited, by_where: Mapping[str, Change]) -> list[tuple[str, str]]:
    words_changed = any(where not in REVIEW for where in by_where)
    reviewed_anew = {"reviewed_by", "reviewed_on"} & set(by_where)
    if words_changed and not reviewed_anew:
        marks = {"status": "draft", "reviewed_by": "", "reviewed_on": ""}
        return [*marks.items(), *([("source", entry.review["source"])] if "source" in by_where else [])]
    return [(where, change.new) for where, change in by_where.items() if where in REVIEW]


def _mark(name: str, value: str) -> Any:
    if not value:
        return None
    if name == "reviewed_on":
        return date.fromisoformat(value)
    return value if name == "status" else DoubleQuotedScalarString(value)


def _value(text: str, channel: str) -> Any:
    if not text:
        return None
    bubbles = [part.strip() for part in text.split(BUBBLE_GAP) if part.strip()]
    if len(bubbles) == 1 or channel == ONE_TEXT:
        return DoubleQuotedScalarString(text.strip())
    return [DoubleQuotedScalarString(bubble) for bubble in bubbles]


def _findings(
    directory: Path, files: Mapping[str, str], lines: Mapping[str, Line], grader: Grader | None
) -> tuple[Finding, ...]:
    """What the new book would break that the book of today does not."""
    if not files:
        return ()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for path in directory.glob("*.yml"):
            (copy / path.name).write_text(files.get(path.name) or path.read_text(encoding="utf-8"), "utf-8")
        try:
            new = check(load_book(copy), lines, grader=grader)
        except ContentError as error:
            return (Finding("", "", "any", "any", str(error)),)
    known = set(check(load_book(directory), lines, grader=grader))
    return tuple(finding for finding in new if finding not in known)
