"""Phone numbers: what looks like one, and where one stands in the repository outside its one home."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bot.editing.rules import ANY, AllowedNumber, Finding, Rules, load_rules
from bot.resources.lines import DIALS, HOME, Line, digits

REPOSITORY = Path(__file__).parents[2]
PHONE = (
    r"(?:\+?1[-. ]?)?(?:\([2-9]\d\d\) ?|[2-9]\d\d[-. ])[2-9]\d\d[-. ]\d{4}"  # with an area code
    r"|\+?1?[2-9]\d{2}[2-9]\d{6}"  # the same without marks between
    r"|\d{3}-\d{4}"  # local
)
SHORT_CODE = r"\d{5,6}"
LONGEST_SHORT_CODE = 6


def number_pattern(lines: Mapping[str, Line], *more: str) -> re.Pattern[str]:
    """Finds what looks like a phone number, the national lines' short numbers, and `more`."""
    known = digits(line.modes[mode] for line in lines.values() for mode in DIALS if mode in line.modes)
    short = sorted(number for number in known if len(number) <= LONGEST_SHORT_CODE)
    # Digits inside a word, a decimal or a longer row of groups are versions, hashes and dates.
    return re.compile(rf"(?<![\w.-])(?:{'|'.join([PHONE, *short, *more])})(?!\w|[.-]\d)")


def stray_numbers(root: Path, lines: Mapping[str, Line], rules: Rules | None = None) -> list[Finding]:
    """Phone numbers in the repository's text files outside their one home, but for those allowed."""
    allowed = (rules or load_rules()).numbers
    pattern = number_pattern(lines)
    home = HOME.relative_to(REPOSITORY).as_posix()
    found: list[Finding] = []
    for path in text_files(root):
        name = path.relative_to(root).as_posix()
        if name == home:
            continue
        for row, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for number in pattern.findall(text):
                if not any(_allows(entry, name, number) for entry in allowed):
                    reason = f'"{number}" looks like a phone number; {home} is the one home of numbers'
                    found.append(Finding(name, f"line {row}", ANY, ANY, reason))
    return found


def _allows(entry: AllowedNumber, name: str, number: str) -> bool:
    fits = any(fnmatch.fnmatch(name, pattern) for pattern in entry.files)
    return fits and entry.digits.fullmatch(number) is not None


def text_files(root: Path) -> Iterator[Path]:
    """The repository's text files, in order.

    Git is not asked, so that a copy without its history is checked too: what .gitignore names is
    left out, and so is what is not UTF-8.
    """
    ignored = [".git", *_ignored(root / ".gitignore")]
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(name for name in folders if not _matches(name, ignored))
        for name in sorted(names):
            path = Path(folder, name)
            if not _matches(name, ignored) and _is_text(path):
                yield path


def _ignored(path: Path) -> list[str]:
    """The bare names of a .gitignore; ours has no other kind of line."""
    if not path.exists():
        return []
    rows = (row.strip() for row in path.read_text(encoding="utf-8").splitlines())
    return [row.strip("/") for row in rows if row and not row.startswith(("#", "!"))]


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def _is_text(path: Path) -> bool:
    try:
        path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError):
        return False
    return True
