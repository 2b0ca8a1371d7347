"""The spreadsheet that advocates edit: written as XLSX, read back from XLSX or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from bot.editing.changes import Edited
from bot.editing.files import ONE_TEXT, REVIEW, Cell, Row

MOST_BYTES = 20 * 1024 * 1024
COLUMNS: Mapping[str, tuple[str, int]] = {
    "key": ("Key (leave as it is)", 30),
    "used": ("Where it is said", 28),
    "en web": ("English, web", 60),
    "en sms": ("English, text message (empty: as on the web)", 60),
    "es web": ("Spanish, web", 60),
    "es sms": ("Spanish, text message (empty: as on the web)", 60),
    "source": ("Source", 30),
    "status": ("Status (draft or reviewed)", 14),
    "reviewed_by": ("Reviewed by", 18),
    "reviewed_on": ("Reviewed on (2026-01-31)", 14),
    "mark": ("Mark (leave as it is)", 12),
}
TEXTS: Mapping[str, Cell] = {
    "en web": ("en", "web"), "en sms": ("en", "sms"), "es web": ("es", "web"), "es sms": ("es", "sms"),
}  # fmt: skip


class SheetError(ValueError):
    """A sheet cannot be read; says which line and why."""


def write_sheet(rows: Iterable[Row], path: Path) -> None:
    """Writes the workbook: one row an entry, the head frozen, texts wrapped."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Content"
    for at, (title, width) in enumerate(COLUMNS.values(), 1):
        head = sheet.cell(1, at, title)
        head.font, head.fill = Font(bold=True), PatternFill("solid", fgColor="DDE7E4")
        head.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[get_column_letter(at)].width = width
    for number, row in enumerate(rows, 2):
        for at, value in enumerate(_cells(row), 1):
            cell = sheet.cell(number, at)
            cell.value = value or None
            if value:
                cell.data_type = "s"  # a text is a text, also when it begins like a formula
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = sheet.dimensions
    book.save(path)


def read_sheet(path: Path) -> list[Edited]:
    """The rows of an edited sheet.

    Raises:
        SheetError: no spreadsheet, too large, a column missing, or a formula in a cell.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SheetError(f"{path.name} is larger than {MOST_BYTES // 2**20} MB.")
        table = list(_csv_rows(path) if path.suffix.lower() == ".csv" else _xlsx_rows(path))
    except OSError as error:
        raise SheetError(f"{path.name} cannot be read: {error.strerror}.") from None
    if not table:
        raise SheetError(f"{path.name} is empty.")
    places = _places(table[0], path.name)
    return [
        _edited(number, cells, places)
        for number, cells in enumerate(table[1:], 2)
        if any(cell.strip() for cell in cells)
    ]


def _cells(row: Row) -> list[str]:
    values = {"key": row.key, "used": row.used, "mark": row.mark, **(row.review or {})}
    for name, (language, channel) in TEXTS.items():
        one = row.texts.get((language, ONE_TEXT), "") if channel == "web" else ""
        values[name] = row.texts.get((language, channel), one)
    return [values.get(name, "") for name in COLUMNS]


def _edited(number: int, cells: Sequence[str], places: Mapping[str, int]) -> Edited:
    def at(name: str) -> str:
        place = places[name]
        return cells[place].replace("\r\n", "\n").strip() if place < len(cells) else ""

    texts = {cell: at(name) for name, cell in TEXTS.items()}
    # A text that both channels share stands in the web's column.
    texts |= {(language, ONE_TEXT): text for (language, channel), text in texts.items() if channel == "web"}
    return Edited(number, at("key"), at("mark"), texts, {name: at(name) for name in REVIEW})


def _places(head: Sequence[str], file: str) -> dict[str, int]:
    titles = [cell.strip().casefold() for cell in head]
    places = {}
    for name, (title, _) in COLUMNS.items():
        if title.casefold() not in titles:
            raise SheetError(f'{file}: the column "{title}" is missing in line 1.')
        places[name] = titles.index(title.casefold())
    return places


def _xlsx_rows(path: Path) -> Iterator[list[str]]:
    try:
        book = load_workbook(path, read_only=True)
    except (InvalidFileException, KeyError, ValueError, OSError, EOFError) as error:
        if isinstance(error, FileNotFoundError | PermissionError | IsADirectoryError):
            raise
        raise SheetError(f"{path.name} is no spreadsheet that can be read (XLSX or CSV).") from None
    except Exception:  # a damaged archive raises what zipfile and the XML parser please
        raise SheetError(f"{path.name} is no spreadsheet that can be read (XLSX or CSV).") from None
    sheet = book.worksheets[0]
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells = []
        for cell in row:
            if getattr(cell, "data_type", None) == "f":
                raise SheetError(f"{path.name}, line {number}: a formula stands in a cell.")
            cells.append(_as_text(cell.value))
        yield cells


def _csv_rows(path: Path) -> Iterator[list[str]]:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    except csv.Error:
        raise SheetError(f"{path.name} is no CSV file that can be read.") from None


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
