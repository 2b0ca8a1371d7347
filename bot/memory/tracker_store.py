"""Where a talk lives while it lives: in this process's memory, sealed, expiring.

Named in endpoints.yml by class path as Rasa's tracker store. It fails closed: without the talk's
key it neither saves nor opens, and the person is still answered (bot/talk.py).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import deserialise_events
from rasa.shared.core.trackers import DialogueStateTracker

from bot.memory.seal import CannotOpenError, TalkKey, current_key
from bot.memory.trim import trimmed

MINUTE, HOUR = 60.0, 3600.0


class NoTalkKeyError(Exception):
    """The store was used outside a talk: nothing is read or written."""


@dataclass(frozen=True)
class Sealed:
    """A talk at rest, and when it dies (seconds of the monotonic clock)."""

    blob: bytes
    started: float
    dies: float


class SealedTrackerStore(TrackerStore):
    """Rasa's tracker store, with every talk sealed under its own key."""

    def __init__(
        self,
        domain: Domain | None = None,
        event_broker: EventBroker | None = None,
        talk_minutes: float = 30,
        talk_hours: float = 12,
        clock: Callable[[], float] = time.monotonic,
        **_: Any,
    ) -> None:
        super().__init__(domain, event_broker)
        self.silence = talk_minutes * MINUTE
        self.longest = talk_hours * HOUR
        self._clock = clock
        self._talks: dict[str, Sealed] = {}

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Seals the talk, or drops it when the person asked for that (slot `forget`).

        Raises:
            NoTalkKeyError: outside a talk, or for another talk than the one being served.
        """
        key = self._key(tracker.sender_id)
        self.sweep()
        if tracker.get_slot("forget"):
            self.forget(key)
            return
        events = [event.as_dict() for event in trimmed(tracker)]
        now = self._clock()
        known = self._talks.get(key.name)
        started = known.started if known else now
        dies = min(now + self.silence, started + self.longest)
        self._talks[key.name] = Sealed(key.seal(json.dumps(events).encode()), started, dies)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The talk, or None when there is none, it has died, or this key does not open it."""
        key = self._key(sender_id)
        self.sweep()
        sealed = self._talks.get(key.name)
        if sealed is None:
            return None
        try:
            events = deserialise_events(json.loads(key.open(sealed.blob)))
        except CannotOpenError:
            return None
        return DialogueStateTracker.from_events(sender_id, events, slots=self.domain.slots)

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The same: a talk has one session."""
        return await self.retrieve(conversation_id)

    async def keys(self) -> Iterable[str]:
        """Nobody lists talks."""
        return []

    def forget(self, key: TalkKey) -> None:
        """Drops a talk at once."""
        self._talks.pop(key.name, None)

    def sweep(self) -> None:
        """Drops every talk whose time is over."""
        now = self._clock()
        for name in [name for name, sealed in self._talks.items() if sealed.dies <= now]:
            del self._talks[name]

    def __len__(self) -> int:
        """How many talks live."""
        return len(self._talks)

    def _key(self, sender_id: str) -> TalkKey:
        key = current_key.get()
        if key is None or key.name != sender_id:
            raise NoTalkKeyError
        return key
