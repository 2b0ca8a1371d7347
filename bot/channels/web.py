"""The web channel: the page's own routes, and the only room that knows HTTP."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.settings import Settings
from bot.talk import Answer, Assistant, Said
from safety_exit.headers import secure
from safety_exit.page import Page

STATUS = {
    None: 200,
    "too_long": 200,  # a person's long message is no mistake of a program's
    "empty": 400,
    "no_key": 400,
    "no_button": 400,
    "bad_json": 400,
    "too_many": 429,
    "broken": 200,  # the person gets the safe line; the page shows it as any answer
    "silent": 200,
}


class WebChannel(InputChannel):
    """Rasa's input channel for the page. Named in credentials.yml by class path."""

    def __init__(self, assistant: Assistant, page: Page, settings: Settings) -> None:
        self._assistant = assistant
        self._page = page
        self._settings = settings

    @classmethod
    def name(cls) -> str:
        """The channel's name."""
        return "web"

    def url_prefix(self) -> str:
        """Serves at the root of the site."""
        return "/"

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes. Messages go to bot/talk.py, which owns locks, memory and the safe line."""
        routes = Blueprint("web")

        @routes.get("/")
        async def page(request: Request) -> HTTPResponse:
            return self._page.document(request)

        @routes.get("/health")
        async def health(_: Request) -> HTTPResponse:
            return _json({"status": "ok"})

        @routes.post("/chat")
        async def chat(request: Request) -> HTTPResponse:
            body = _object(request)
            if body is None:
                return self._refused("bad_json", None)
            said = _said(body)
            if said is None:
                return self._refused("bad_json", body.get("language"))
            return _answered(await self._assistant.answer(said))

        @routes.post("/forget")
        async def forget(request: Request) -> HTTPResponse:
            body = _object(request) or {}
            self._assistant.forget(str(body.get("key")))
            return _json({"status": "forgotten"})

        @routes.get("/assets/<name:str>")
        async def asset(request: Request, name: str) -> HTTPResponse:
            return self._page.asset(name)

        return routes

    def _refused(self, problem: str, language: Any) -> HTTPResponse:
        return _answered(self._assistant.refuse(problem, language if isinstance(language, str) else ""))


def _object(request: Request) -> dict[str, Any] | None:
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _said(body: dict[str, Any]) -> Said | None:
    """The message in a request's body, or None when a field is of the wrong kind."""
    fields = {name: body.get(name) for name in ("key", "message", "payload", "language")}
    if any(value is not None and not isinstance(value, str) for value in fields.values()):
        return None
    return Said(
        secret=fields["key"] or "",
        text=fields["message"],
        payload=fields["payload"],
        language=fields["language"],
    )


def _answered(answer: Answer) -> HTTPResponse:
    body: dict[str, Any] = {"replies": answer.replies, "language": answer.language}
    if answer.problem:
        body["error"] = answer.problem
    return _json(body, STATUS[answer.problem])


def _json(body: dict[str, Any], status: int = 200) -> HTTPResponse:
    text = json.dumps(body, ensure_ascii=False)
    return secure(HTTPResponse(text, status=status, content_type="application/json"))
