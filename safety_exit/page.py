"""Renders the one document and its assets, and answers what went wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from sanic.request import Request
from sanic.response import HTTPResponse

from safety_exit.headers import secure

HERE = Path(__file__).parent
KINDS = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
LANGUAGES = ("en", "es")
NUMBER = re.compile(r"(\b(?:1-)?\d{3}-\d{3}-\d{4}\b|\b[0-9]11\b|\b988\b)")
NOT_FOUND, WRONG_METHOD, TOO_LARGE = 404, 405, 413


class Words(Protocol):
    """Gives the page's words: its keys in a language, numbers filled in."""

    def page_words(self, language: str) -> Mapping[str, str]:
        """Every key of the page's content."""

    def first_choices(self, language: str) -> list[dict[str, str]]:
        """Buttons, as {"title", "payload"}, before the first message."""


class PageSettings(Protocol):
    """The settings the page reads."""

    @property
    def leave_to(self) -> str:
        """Where leaving goes."""

    @property
    def page_title(self) -> str:
        """A title instead of the content's, or nothing."""

    @property
    def production(self) -> bool:
        """Whether the demonstration mark is left out."""

    @property
    def default_language(self) -> str:
        """The language of a visitor who asks for none."""


class Refuses(Protocol):
    """Gives the answer to a request that cannot be taken."""

    def refuse(self, problem: str, language: str, channel: str = "web") -> Any:
        """An answer with replies."""


class Page:
    """The document, ready for both languages, and the assets, read once."""

    def __init__(self, words: Words, settings: PageSettings) -> None:
        self._settings = settings
        templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
        )
        templates.filters["linked"] = linked
        template = templates.get_template("page.html")
        both = {language: dict(words.page_words(language)) for language in LANGUAGES}
        choices = {language: words.first_choices(language) for language in LANGUAGES}
        if settings.page_title:
            for language in LANGUAGES:
                both[language]["title"] = settings.page_title
        self._documents = {
            language: template.render(
                language=language,
                words=both[language],
                other=both[_other(language)],
                other_language=_other(language),
                both=json.dumps(both, ensure_ascii=False),
                choices=json.dumps(choices, ensure_ascii=False),
                leave_to=settings.leave_to,
                demonstration=not settings.production,
            )
            for language in LANGUAGES
        }
        self._assets = {path.name: path.read_text(encoding="utf-8") for path in (HERE / "assets").iterdir()}

    def document(self, request: Request) -> HTTPResponse:
        """The page, in the language that the browser asks for first."""
        asked = str(request.headers.get("accept-language", ""))[:100].lower()
        spanish, english = (_first(asked, language) for language in ("es", "en"))
        language = self._settings.default_language
        if spanish != english:
            language = "es" if spanish < english else "en"
        response = HTTPResponse(self._documents[language], content_type="text/html; charset=utf-8")
        response.headers["Vary"] = "Accept-Language"
        return secure(response, document=True)

    def asset(self, name: str) -> HTTPResponse:
        """A script or style of the page."""
        text = self._assets.get(name)
        if text is None:
            return secure(HTTPResponse("", status=NOT_FOUND, content_type="text/plain"))
        return secure(HTTPResponse(text, content_type=KINDS[Path(name).suffix]))

    def problem(self, request: Request | None, assistant: Refuses, status: int) -> HTTPResponse:
        """The answer to a request that no route took: a way to a person, in JSON."""
        names: Mapping[int, str] = {
            NOT_FOUND: "not_found",
            WRONG_METHOD: "wrong_method",
            TOO_LARGE: "too_long",
        }
        name = names.get(status, "broken" if status >= 500 else "bad_request")
        answer = assistant.refuse(name, self._settings.default_language)
        body = json.dumps({"error": name, "replies": answer.replies}, ensure_ascii=False)
        return secure(HTTPResponse(body, status=status, content_type="application/json"))


def linked(text: str) -> Markup:
    """A text with its numbers as links to call, for a page whose scripts are off."""
    parts = NUMBER.split(text)
    made = [
        Markup('<a href="tel:{}">{}</a>').format(part.replace("-", ""), part) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    ]
    return Markup("").join(made)


def _first(asked: str, language: str) -> int:
    """Where a language stands in the browser's list; far behind when it is not there."""
    wanted: Callable[[str], bool] = lambda part: part.strip().startswith(language)  # noqa: E731
    return next((i for i, part in enumerate(asked.split(",")) if wanted(part)), 999)


def _other(language: str) -> str:
    return "es" if language == "en" else "en"
