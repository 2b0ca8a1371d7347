"""quietline parse"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any

from bot.commands.base import CommandError
from bot.commands.house import build
from bot.commands.model import ready_model
from bot.logs import configure_logs
from bot.settings import Settings

SHOWN = 10


class ParseCommand:
    """What messages mean."""

    about = 'read JSON lines {"text": ...} and write what each means'

    def options(self, parser: argparse.ArgumentParser) -> None:
        """No options."""

    def run(self, settings: Settings, options: argparse.Namespace) -> int:
        """One JSON line out for each line in, in order."""
        model = ready_model(settings)
        configure_logs()
        assistant = build(settings, model)
        for number, line in enumerate(sys.stdin, 1):
            if line.strip():
                parsed = asyncio.run(assistant.parse(_text(line, number)))
                print(json.dumps(_shape(_text(line, number), parsed), ensure_ascii=False), flush=True)
        return 0


def _text(line: str, number: int) -> str:
    try:
        text = json.loads(line)["text"]
    except (ValueError, KeyError, TypeError):
        raise CommandError(f'Line {number} is not of the form {{"text": "..."}}.') from None
    if not isinstance(text, str):
        raise CommandError(f"Line {number}: text must be a string.")
    return text


def _shape(text: str, parsed: dict[str, Any]) -> dict[str, Any]:
    ranking = [
        [entry["name"], round(float(entry["confidence"]), 4)]
        for entry in parsed.get("intent_ranking") or []
        if entry["name"] != "nlu_fallback"
    ]
    entities: dict[str, list[str]] = {}
    for entity in parsed.get("entities") or []:
        values = entities.setdefault(entity["entity"], [])
        if entity["value"] not in values:
            values.append(entity["value"])
    best = ranking[0] if ranking else [None, 0.0]
    return {
        "text": text,
        "language": (parsed.get("language") or {}).get("code") or "en",
        "intent": best[0],
        "confidence": best[1],
        "ranking": ranking[:SHOWN],
        "danger_signals": sorted(entities.pop("danger_signal", [])),
        "entities": entities,
    }
