"""quietline content"""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands.base import CommandError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.editing.changes import Plan
    from bot.editing.rules import Finding

SHEET, PAGE = "content.xlsx", "content.html"
BROKEN = 1
SHOWN = 70
"""Characters of a text shown in a list of changes."""


class ContentCommand:
    """Everything the assistant can say, for the advocates who own it."""

    about = "write out, take back and check everything the assistant says"

    def options(self, parser: argparse.ArgumentParser) -> None:
        """export FOLDER, import SHEET [--apply], check"""
        what = parser.add_subparsers(dest="what", required=True, metavar="WHAT")
        out = what.add_parser("export", help="write one spreadsheet to edit and one page to read")
        out.add_argument("folder", type=Path, help="where to put them")
        back = what.add_parser("import", help="say what an edited spreadsheet would change")
        back.add_argument("sheet", type=Path, help="the spreadsheet, XLSX or CSV")
        back.add_argument("--apply", action="store_true", help="change the content files")
        what.add_parser("check", help="check every sentence against the rules, with line and reason")

    def run(self, settings: Settings, options: argparse.Namespace) -> int:
        """0 when all is well, 1 when something breaks a rule or was refused."""
        from bot.sentences import ContentError

        try:
            if options.what == "export":
                return _export(options.folder)
            return _import(options.sheet, options.apply) if options.what == "import" else _check()
        except ContentError as error:
            raise CommandError(f"The content files cannot be used: {error}") from None


def _export(folder: Path) -> int:
    from bot.editing.files import read_rows
    from bot.editing.page import write_page
    from bot.editing.sheet import write_sheet
    from bot.sentences import CONTENT_DIR, load_book

    load_book()  # a broken file is told before anything is written
    rows = read_rows(CONTENT_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_sheet(rows, folder / SHEET)
        write_page(rows, folder / PAGE, date.today())
    except OSError as error:
        raise CommandError(f"The folder {folder} cannot be used: {error.strerror}.") from None
    print(f"{len(rows)} entries: {folder / SHEET} to edit, {folder / PAGE} to read.")
    return 0


def _import(sheet: Path, wanted: bool) -> int:
    from bot.editing.changes import apply, plan_import
    from bot.editing.check import textstat_grader
    from bot.editing.sheet import SheetError, read_sheet
    from bot.resources.lines import read_lines
    from bot.sentences import CONTENT_DIR

    try:
        plan = plan_import(CONTENT_DIR, read_sheet(sheet), read_lines(), textstat_grader())
    except SheetError as error:
        raise CommandError(str(error)) from None
    _tell(plan)
    if plan.refused or plan.findings:
        print("Nothing was changed.")
        return BROKEN
    if wanted and plan.changes:
        try:
            apply(CONTENT_DIR, plan)
        except OSError as error:
            raise CommandError(f"The content files cannot be written: {error.strerror}.") from None
        print("Changed. It is said from the next start on.")
    elif plan.changes:
        print("Nothing was changed yet: this was a dry run. Add --apply to change it.")
    return 0


def _tell(plan: Plan) -> None:
    for change in plan.changes:
        print(f"line {change.number}: {change.key} [{change.where}]")
        print(f"  was: {_short(change.old)}\n  now: {_short(change.new)}")
    for refusal in plan.refused:
        print(f"line {refusal.number}: {refusal.key or '(no key)'} refused: {refusal.reason}")
    for finding in plan.findings:
        print(f"breaks a rule: {finding.key} [{finding.language} {finding.channel}] {finding.reason}")
    print(f"{len(plan.changes)} changes, {len(plan.refused)} refused, {len(plan.findings)} break a rule.")


def _check() -> int:
    from bot.editing.check import check, textstat_grader
    from bot.editing.files import read_rows
    from bot.resources.lines import read_lines
    from bot.sentences import CONTENT_DIR, load_book

    found = check(load_book(), read_lines(), grader=textstat_grader())
    lines = {(row.file, row.key): row.line for row in read_rows(CONTENT_DIR)}
    for finding in found:
        print(f"bot/content/{finding.file}:{_line(lines, finding)}: {finding.key} "
              f"[{finding.language} {finding.channel}] {finding.reason}")  # fmt: skip
    print(f"{len(lines)} entries, {len(found)} break a rule.")
    return BROKEN if found else 0


def _line(lines: dict[tuple[str, str], int], finding: Finding) -> int:
    """The line of a finding's entry; what is told of a whole step stands at the step."""
    from bot.editing.files import LABELS

    key = finding.key
    names = (key, key.removesuffix(" plan"), *(f"{group}/{key}" for group in LABELS), f"{key}/title")
    return next((lines[finding.file, name] for name in names if (finding.file, name) in lines), 1)


def _short(text: str) -> str:
    one_line = " / ".join(text.split("\n")) or "(empty)"
    return one_line if len(one_line) <= SHOWN else f"{one_line[: SHOWN - 3]}..."
