"""Keeps a long talk flat: Rasa rebuilds a tracker from all its events at every message.

A trimmed history would lose slots and the active form; both are put back at its head.
"""

from __future__ import annotations

from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

KEPT_TURNS = 3
LONGEST = 60
"""Events before anything is cut: about ten turns."""


def trimmed(tracker: DialogueStateTracker) -> list[Event]:
    """The tracker's events: all of them while few, else its state and the last turns."""
    events = list(tracker.events)
    if len(events) <= LONGEST:
        return events
    starts = [i for i, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(starts) <= KEPT_TURNS:
        return events
    tail = events[starts[-KEPT_TURNS] :]
    return [*_head(tracker, events[: starts[-KEPT_TURNS]]), *tail]


def _head(tracker: DialogueStateTracker, dropped: list[Event]) -> list[Event]:
    before = DialogueStateTracker.from_events(tracker.sender_id, dropped, slots=list(tracker.slots.values()))
    slots = [SlotSet(name, slot.value) for name, slot in before.slots.items() if slot.value is not None]
    loop = [ActiveLoop(before.active_loop_name)] if before.active_loop_name else []
    return [*slots, *loop, ActionExecuted(ACTION_LISTEN_NAME)]
