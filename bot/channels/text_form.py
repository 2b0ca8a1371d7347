"""How an answer looks as a text message: plain letters, numbered choices, counted segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import smsutil

PLAIN = str.maketrans("áíóúÁÍÓÚ“”‘’–—", "aiouAIOU\"\"''--")
"""á í ó ú are outside GSM-7: one of them makes a segment 70 characters long instead of 160."""
TWO_SEGMENTS = 306


def as_texts(replies: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Replies as texts: {"text", "buttons", "segments"}; choices numbered through the answer."""
    texts: list[dict[str, Any]] = []
    count = 0
    for reply in replies:
        text = reply["text"].translate(PLAIN)
        lines = []
        for button in reply["buttons"]:
            count += 1
            lines.append(f"{count} {button['title'].translate(PLAIN)}")
        choices = "\n".join(lines)
        together = f"{text}\n{choices}" if choices else text
        if len(together) <= TWO_SEGMENTS or not choices:
            texts.append(_text(together, reply["buttons"]))
        else:
            texts += [_text(text, []), _text(choices, reply["buttons"])]
    return texts


def _text(text: str, buttons: list[dict[str, str]]) -> dict[str, Any]:
    return {"text": text, "buttons": buttons, "segments": len(smsutil.split(text).parts)}
