"""A message's way through the house, the same for every channel.

Text or button -> the talk's key and lock -> what was offered -> understanding -> Rasa's rules,
forms and actions -> replies. Whatever breaks on that way, the person is answered with a line to
somebody who can help, and nothing of what they wrote is logged.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.processor import MessageProcessor

from bot.logs import log
from bot.memory.seal import TalkKey, current_key, is_secret, key_of
from bot.memory.tracker_store import SealedTrackerStore
from bot.sentences import LANGUAGES
from bot.understanding.in_context import (
    is_payload,
    offered_in,
    pressed,
    read_in_context,
    with_danger,
    with_own_behavior,
    with_third_language,
)
from bot.understanding.signals import ENTITY as SIGNAL
from bot.understanding.steering import named_part, steered
from bot.voice import BUBBLE_BREAK, SAFE_LINE, Speaker, Spoken

PATIENCE = 20.0
"""Seconds after which a person gets the safe line instead of going on to wait."""
WAITING = 5
"""Messages of one talk that may wait for their turn; more are a machine's, or a stuck key."""


@dataclass(frozen=True)
class Said:
    """One message from a person. Exactly one of text and payload is set."""

    secret: str
    text: str | None = None
    payload: str | None = None
    language: str | None = None
    channel: str = "web"


@dataclass
class Answer:
    """What goes back. `problem` names what was wrong with the message, for a channel's status."""

    replies: list[dict[str, Any]]
    intent: str | None = None
    danger_signals: list[str] = field(default_factory=list)
    language: str | None = None
    problem: str | None = None


class Replies(OutputChannel):
    """Collects what the assistant says, under the name of the channel it is for."""

    def __init__(self, channel: str) -> None:
        self._channel = channel
        self.messages: list[dict[str, Any]] = []

    def name(self) -> str:
        """The channel's name: bot/voice.py picks the form by it."""
        return self._channel

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Takes one bot message; each of its bubbles becomes a reply."""
        self.messages += as_replies(message.get("text") or "", message.get("buttons") or [])


def as_replies(text: str, buttons: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """One reply a bubble; the buttons stand under the last."""
    bubbles = [bubble for bubble in text.split(BUBBLE_BREAK) if bubble.strip()]
    replies: list[dict[str, Any]] = [{"text": bubble, "buttons": []} for bubble in bubbles]
    if replies:
        replies[-1]["buttons"] = [{"title": b["title"], "payload": b["payload"]} for b in buttons]
    return replies


class Assistant:
    """Serves talks. Made once by bot/serve.py."""

    def __init__(self, agent: Agent, speaker: Speaker, max_message: int, default_language: str) -> None:
        assert agent.processor is not None and isinstance(agent.tracker_store, SealedTrackerStore)
        self._processor: MessageProcessor = agent.processor
        self._store = agent.tracker_store
        self._locks = agent.lock_store
        self._speaker = speaker
        self._parts = {name: section.titles for name, section in speaker.book.sections.items()}
        self._max_message = max_message
        self._default_language = default_language
        self._intents = frozenset(self._processor.domain.intents)
        self._waiting: Counter[str] = Counter()
        self._forgotten: set[str] = set()

    async def parse(self, text: str) -> dict[str, Any]:
        """What a text means, outside any talk."""
        return await self._processor.parse_message(UserMessage(_clean(text)[: self._max_message]))

    async def answer(self, said: Said) -> Answer:
        """Answers one message. Never raises but when the task itself is cancelled."""
        language = said.language if said.language in LANGUAGES else self._default_language
        problem = self._problem(said)
        if problem:
            return self.refuse(problem, language, said.channel)
        key = key_of(said.secret)
        if self._waiting[key.name] >= WAITING:
            return self.refuse("too_many", language, said.channel)
        self._waiting[key.name] += 1
        token = current_key.set(key)
        try:
            return await asyncio.wait_for(self._converse(said, key, language), PATIENCE)
        except Exception as error:
            log("talk_failed", error=error)
            return self.refuse("broken", language, said.channel)
        finally:
            current_key.reset(token)
            self._waiting[key.name] -= 1
            if key.name in self._forgotten:
                self._store.forget(key)
            if not self._waiting[key.name]:
                del self._waiting[key.name]
                self._forgotten.discard(key.name)

    def forget(self, secret: str) -> None:
        """Drops a talk. A secret that cannot be one is nobody's."""
        if not is_secret(secret):
            return
        key = key_of(secret)
        self._store.forget(key)
        if self._waiting[key.name]:
            self._forgotten.add(key.name)  # a message still under way must not bring it back

    def refuse(self, problem: str, language: str, channel: str = "web") -> Answer:
        """The answer to a message that cannot be taken: why, and a person to reach."""
        language = language if language in LANGUAGES else self._default_language
        said = {"too_long": "utter_too_long", "too_many": "utter_slow_down"}.get(problem, SAFE_LINE)
        spoken = self._speak(said, language, channel)
        return Answer(
            as_replies(BUBBLE_BREAK.join(spoken.bubbles), spoken.buttons), language=language, problem=problem
        )

    def _speak(self, key: str, language: str, channel: str) -> Spoken:
        return self._speaker.speak(key, language, channel)

    def _problem(self, said: Said) -> str | None:
        if not is_secret(said.secret):
            return "no_key"
        if said.payload is not None:
            return None if is_payload(said.payload, self._intents) else "no_button"
        if said.text is None or not _clean(said.text):
            return "empty"
        return "too_long" if len(said.text) > self._max_message else None

    async def _converse(self, said: Said, key: TalkKey, language: str) -> Answer:
        async with self._locks.lock(key.name):
            tracker = await self._store.retrieve(key.name)
            offered = offered_in(tracker.events) if tracker else []
            told = bool(tracker and tracker.get_slot("own_behavior"))
            text, parsed = await self._understand(said, offered, told)
            out = Replies(said.channel)
            message = UserMessage(
                text,
                out,
                key.name,
                parse_data=parsed,
                input_channel=said.channel,
                message_id=uuid.uuid4().hex,
                metadata={"language": language},
            )
            await self._processor.handle_message(message)
            after = await self._store.retrieve(key.name)
        spoken_language = after.get_slot("language") if after else None
        replies = out.messages or self.refuse("silent", language, said.channel).replies
        return Answer(
            replies,
            intent=_first_intent(parsed),
            danger_signals=sorted({e["value"] for e in parsed["entities"] if e["entity"] == SIGNAL}),
            language=spoken_language or language,
        )

    async def _understand(
        self, said: Said, offered: Sequence[Any], own_behavior: bool
    ) -> tuple[str, dict[str, Any]]:
        words = _clean(said.text or "")
        payload = said.payload or pressed(words, offered) or named_part(words, offered, self._parts)
        payload = payload or steered(words)
        if payload is None:
            parsed = await self._processor.parse_message(UserMessage(words))
            payload = read_in_context(parsed, offered)
            if payload is None:
                parsed = with_own_behavior(parsed, own_behavior)
                return words, with_danger(with_third_language(parsed))
        return payload, await self._processor.parse_message(UserMessage(payload))


def _first_intent(parsed: dict[str, Any]) -> str | None:
    """The best intent of the taxonomy; Rasa's fallback is no meaning."""
    ranking = [entry["name"] for entry in parsed.get("intent_ranking") or []]
    names = [parsed["intent"].get("name"), *ranking]
    return next((name for name in names if name and name != "nlu_fallback"), None)


def _clean(text: str) -> str:
    """Without control characters; a leading slash is no way into Rasa for people."""
    kept = "".join(" " if c in "\n\r\t" else c for c in text if c in "\n\r\t" or c.isprintable())
    return kept.strip().lstrip("/").strip()
