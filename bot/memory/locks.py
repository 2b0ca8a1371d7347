"""One message at a time for each talk; the next waits its turn.

Rasa's own lock in memory is asked again once a second by whoever waits; here a waiting message
looks again after a few milliseconds.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from rasa.core.lock import TicketLock
from rasa.core.lock_store import LOCK_LIFETIME, InMemoryLockStore

WAIT = 0.02


class TalkLocks(InMemoryLockStore):
    """Named in endpoints.yml by class path."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__()

    @asynccontextmanager
    async def lock(
        self,
        conversation_id: str,
        lock_lifetime: float = LOCK_LIFETIME,
        wait_time_in_seconds: float = WAIT,
    ) -> AsyncGenerator[TicketLock, None]:
        """The talk's lock."""
        async with super().lock(conversation_id, lock_lifetime, wait_time_in_seconds) as lock:
            yield lock
