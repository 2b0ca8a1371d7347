"""quietline talk"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import sys
from collections.abc import Iterator
from typing import Any

from bot.channels.text_form import as_texts
from bot.commands.house import build
from bot.commands.model import ready_model
from bot.logs import configure_logs
from bot.settings import Settings
from bot.talk import Answer, Assistant, Said


class TalkCommand:
    """A whole talk in the terminal."""

    about = "a whole talk in the terminal; with --json a line in and a line out for each message"

    def options(self, parser: argparse.ArgumentParser) -> None:
        """--channel, --language, --json"""
        parser.add_argument("--channel", choices=("web", "sms"), default="web")
        parser.add_argument("--language", choices=("en", "es"), default=None)
        parser.add_argument("--json", action="store_true", help="JSON lines instead of plain text")

    def run(self, settings: Settings, options: argparse.Namespace) -> int:
        """Reads messages until the input ends; the talk is forgotten then."""
        model = ready_model(settings)
        configure_logs()
        assistant = build(settings, model)
        asyncio.run(_converse(assistant, options))
        return 0


async def _converse(assistant: Assistant, options: argparse.Namespace) -> None:
    secret = secrets.token_urlsafe(32)
    show = _show_json if options.json else _show
    if not options.json:
        greeting = Said(secret, payload="/greet", language=options.language, channel=options.channel)
        show(await assistant.answer(greeting), options.channel)
    for text, payload in _lines(options.json):
        said = Said(secret, text, payload, options.language, options.channel)
        show(await assistant.answer(said), options.channel)
    assistant.forget(secret)


def _lines(as_json: bool) -> Iterator[tuple[str | None, str | None]]:
    """Each line as (text, payload): {"payload": ...} presses a button, {"text": ...} says something."""
    while True:
        if not as_json and sys.stdin.isatty():
            print("> ", end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        line = line.rstrip("\r\n")
        if not line.strip() and not as_json:
            continue
        yield _message(line) if as_json else (line, None)


def _message(line: str) -> tuple[str | None, str | None]:
    if line.lstrip().startswith("{"):
        try:
            body = json.loads(line)
        except ValueError:
            return line, None
        if isinstance(body, dict) and isinstance(body.get("payload"), str):
            return None, body["payload"]
        if isinstance(body, dict) and isinstance(body.get("text"), str):
            return body["text"], None
    return line, None


def _replies(answer: Answer, channel: str) -> list[dict[str, Any]]:
    return as_texts(answer.replies) if channel == "sms" else answer.replies


def _show_json(answer: Answer, channel: str) -> None:
    line = {
        "replies": _replies(answer, channel),
        "intent": answer.intent,
        "danger_signals": answer.danger_signals,
    }
    print(json.dumps(line, ensure_ascii=False), flush=True)


def _show(answer: Answer, channel: str) -> None:
    count = 0
    for reply in _replies(answer, channel):
        print(f"\n{reply['text']}")
        if channel == "web":
            for button in reply["buttons"]:
                count += 1
                print(f"   [{count}] {button['title']}")
    print(flush=True)
