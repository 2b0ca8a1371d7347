"""Everything the assistant can say on one page to read, by topic, both languages, with where it is used."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape

from bot.editing.files import ONE_TEXT, Row

TEMPLATES = Path(__file__).parent / "templates"
LANGUAGE_NAMES = {"en": "English", "es": "Spanish"}


def write_page(rows: Iterable[Row], path: Path, today: date) -> None:
    """Writes the page: one file that needs nothing beside it."""
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=select_autoescape(default=True))
    topics = [
        (file.removesuffix(".yml").replace("_", " "), [_shown(row) for row in group])
        for file, group in groupby(rows, key=lambda row: row.file)
    ]
    page = environment.get_template("content.html").render(
        topics=topics, languages=LANGUAGE_NAMES, today=today.isoformat()
    )
    path.write_text(page, encoding="utf-8")


def _shown(row: Row) -> dict[str, object]:
    """A row as the page shows it: the text-message form only where it differs from the web's."""
    texts = {}
    for language in LANGUAGE_NAMES:
        web = row.texts.get((language, "web")) or row.texts.get((language, ONE_TEXT), "")
        sms = row.texts.get((language, "sms"), "")
        texts[language] = {"web": web, "sms": sms if sms != web else ""}
    review = row.review or {}
    return {
        "key": row.key,
        "used": row.used,
        "texts": texts,
        "status": review.get("status", ""),
        "source": review.get("source", ""),
        "reviewed": " ".join(filter(None, (review.get("reviewed_by"), review.get("reviewed_on")))),
    }
