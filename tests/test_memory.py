"""Memory: a talk is sealed while it lives, dies in time, and stays flat however long it gets."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from conftest import Person
from hypothesis import given
from hypothesis import strategies as st
from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.memory import tracker_store
from bot.memory.locks import TalkLocks
from bot.memory.seal import CannotOpenError, TalkKey, current_key, is_secret, key_of
from bot.memory.tracker_store import NoTalkKeyError, SealedTrackerStore
from bot.memory.trim import KEPT_TURNS, trimmed

DOMAIN_DIR = Path(__file__).parent.parent / "bot" / "domain"
CANARY = "plumtreecanary"
SECRET, OTHER_SECRET = "kVb3-first-secret-of-a-talk-8Qz", "mXp7-other-secret-of-a-talk-2Wd"
MINUTE, HOUR = 60, 3600


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.load(str(DOMAIN_DIR))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(domain: Domain, clock: Clock) -> SealedTrackerStore:
    return SealedTrackerStore(domain, talk_minutes=30, talk_hours=12, clock=clock)


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += seconds


@contextmanager
def talking(key: TalkKey | None) -> Iterator[None]:
    """Serves the talk of a key, as bot/talk.py does."""
    token = current_key.set(key)
    try:
        yield
    finally:
        current_key.reset(token)


def turn(number: int, said: str = CANARY) -> list[Event]:
    """The events of one turn of a talk."""
    return [
        ActionExecuted("action_listen"),
        UserUttered(f"{said} {number}", intent={"name": "greet", "confidence": 1.0}),
        SlotSet("heard", [f"{said} heard"]),
        ActionExecuted("utter_greet"),
        BotUttered(f"answer {number} to {said}"),
    ]


def talk(domain: Domain, key: TalkKey, events: list[Event]) -> DialogueStateTracker:
    return DialogueStateTracker.from_events(key.name, events, slots=domain.slots)


def save(store: Any, key: TalkKey, tracker: DialogueStateTracker) -> None:
    with talking(key):
        asyncio.run(store.save(tracker))


def find(store: SealedTrackerStore, key: TalkKey) -> DialogueStateTracker | None:
    with talking(key):
        return asyncio.run(store.retrieve(key.name))


def at_rest(store: Any) -> str:
    """Everything that a store holds, as somebody reading the memory would see it."""
    return " ".join(repr(value) for name, value in vars(store).items() if name != "domain")


# --- the key


def test_name_and_seal_come_from_the_secret_alone() -> None:
    assert key_of(SECRET) == key_of(SECRET)
    assert key_of(SECRET).name != key_of(OTHER_SECRET).name
    opened = key_of(SECRET).open(key_of(SECRET).seal(b"words"))
    assert opened == b"words"


def test_neither_secret_nor_key_shows() -> None:
    key = key_of(SECRET)
    shown = f"{key!r} {key!s}"
    assert key.name in shown  # the control: this test can see what is shown
    assert SECRET not in shown
    assert key._key.hex() not in shown and repr(key._key) not in shown
    assert SECRET not in key.name


def test_sealing_twice_gives_different_bytes() -> None:
    key = key_of(SECRET)
    assert key.seal(b"words") != key.seal(b"words")


@pytest.mark.parametrize(
    "stranger",
    [
        key_of(OTHER_SECRET),
        TalkKey(key_of(SECRET).name, key_of(OTHER_SECRET)._key),
        TalkKey(key_of(OTHER_SECRET).name, key_of(SECRET)._key),
    ],
    ids=["another talk", "right name, wrong key", "right key, wrong name"],
)
def test_another_key_opens_nothing(stranger: TalkKey) -> None:
    sealed = key_of(SECRET).seal(CANARY.encode())
    assert key_of(SECRET).open(sealed) == CANARY.encode()
    with pytest.raises(CannotOpenError) as raised:
        stranger.open(sealed)
    assert CANARY not in str(raised.value) and raised.value.__cause__ is None


def test_changed_bytes_open_nothing() -> None:
    key = key_of(SECRET)
    sealed = key.seal(CANARY.encode())
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(CannotOpenError):
            key.open(bytes(changed))
    for length in range(len(sealed)):
        with pytest.raises(CannotOpenError):
            key.open(sealed[:length])
    with pytest.raises(CannotOpenError):
        key.open(sealed + b"\0")


@given(st.binary(max_size=200))
def test_no_bytes_of_somebody_elses_making_open(blob: bytes) -> None:
    with pytest.raises(CannotOpenError):
        key_of(SECRET).open(blob)


@pytest.mark.parametrize(
    ("value", "good"),
    [
        (SECRET, True),
        ("A" * 21 + "bcdefg", True),
        ("aB3-_=+/.~xyzaB3-_=+/.~xyz", True),
        ("", False),
        ("short", False),
        (SECRET[:21], False),
        ("a" * 40, False),
        ("ab" * 20, False),
        ("x y" + SECRET, False),
        (SECRET + "\n", False),
        (SECRET + "ñ", False),
        ("abcdefghij" * 30, False),
        (None, False),
        (12345678901234567890123456, False),
        (SECRET.encode(), False),
        ([SECRET], False),
    ],
)
def test_what_can_be_a_secret(value: object, good: bool) -> None:
    assert is_secret(value) is good


# --- the store


def test_a_talk_comes_back_whole(store: SealedTrackerStore, domain: Domain) -> None:
    key = key_of(SECRET)
    save(store, key, talk(domain, key, [*turn(1), SlotSet("place", {"label": "Tacoma, WA"})]))
    found = find(store, key)
    assert found is not None
    assert found.get_slot("place") == {"label": "Tacoma, WA"}
    assert found.latest_message is not None and found.latest_message.text == f"{CANARY} 1"
    with talking(key):
        full = asyncio.run(store.retrieve_full_tracker(key.name))
    assert full is not None and full.get_slot("place") == {"label": "Tacoma, WA"}


def test_what_is_stored_is_noise(store: SealedTrackerStore, domain: Domain) -> None:
    key = key_of(SECRET)
    tracker = talk(domain, key, turn(1))
    save(store, key, tracker)
    held = at_rest(store)
    assert len(store) == 1 and key.name in held
    assert CANARY not in held and SECRET not in held and repr(key._key)[2:-1] not in held
    assert "greet" not in held

    plain = InMemoryTrackerStore(domain)  # the control: Rasa's own store shows all of it
    asyncio.run(plain.save(tracker))
    assert CANARY in at_rest(plain) and "greet" in at_rest(plain)


def test_the_running_assistant_keeps_only_noise(person: Person) -> None:
    said = f"hello {CANARY}"
    person.says(said)
    store = person.assistant._store
    assert isinstance(store, SealedTrackerStore)
    assert key_of(person.secret).name in at_rest(store)
    assert CANARY not in at_rest(store) and person.secret not in at_rest(store)
    found = find(store, key_of(person.secret))  # the control: it is there, for who has the key
    assert found is not None and any(getattr(e, "text", None) == said for e in found.events)


def test_a_stranger_finds_nothing_in_the_store(store: SealedTrackerStore, domain: Domain) -> None:
    key, other = key_of(SECRET), key_of(OTHER_SECRET)
    save(store, key, talk(domain, key, turn(1)))
    assert find(store, key) is not None
    assert find(store, other) is None
    assert find(store, TalkKey(key.name, other._key)) is None
    store._talks[other.name] = store._talks[key.name]  # filed under another talk's name
    assert find(store, other) is None


def test_a_changed_talk_is_no_talk(store: SealedTrackerStore, domain: Domain) -> None:
    key = key_of(SECRET)
    save(store, key, talk(domain, key, turn(1)))
    sealed = store._talks[key.name]
    changed = sealed.blob[:-1] + bytes([sealed.blob[-1] ^ 1])
    store._talks[key.name] = tracker_store.Sealed(changed, sealed.started, sealed.dies)
    assert find(store, key) is None
    store._talks[key.name] = sealed
    assert find(store, key) is not None


@pytest.mark.parametrize("key", [None, key_of(OTHER_SECRET)], ids=["no key", "another talk's key"])
def test_without_the_talks_key_nothing_is_read_or_written(
    store: SealedTrackerStore, domain: Domain, key: TalkKey | None
) -> None:
    mine = key_of(SECRET)
    save(store, mine, talk(domain, mine, turn(1)))
    before = dict(store._talks)
    with talking(key):
        with pytest.raises(NoTalkKeyError):
            asyncio.run(store.save(talk(domain, mine, turn(2))))
        with pytest.raises(NoTalkKeyError):
            asyncio.run(store.retrieve(mine.name))
        with pytest.raises(NoTalkKeyError):
            asyncio.run(store.retrieve_full_tracker(mine.name))
    assert store._talks == before


def test_nobody_lists_talks(store: SealedTrackerStore, domain: Domain) -> None:
    key = key_of(SECRET)
    tracker = talk(domain, key, turn(1))
    save(store, key, tracker)
    assert list(asyncio.run(store.keys())) == []
    plain = InMemoryTrackerStore(domain)  # the control
    asyncio.run(plain.save(tracker))
    assert list(asyncio.run(plain.keys())) == [key.name]


# --- its end


def test_a_silent_talk_dies(store: SealedTrackerStore, domain: Domain, clock: Clock) -> None:
    key = key_of(SECRET)
    save(store, key, talk(domain, key, turn(1)))
    clock.passes(30 * MINUTE - 1)
    assert find(store, key) is not None
    clock.passes(1)
    assert find(store, key) is None
    assert len(store) == 0


def test_speaking_keeps_a_talk_alive_but_not_for_ever(
    store: SealedTrackerStore, domain: Domain, clock: Clock
) -> None:
    key = key_of(SECRET)
    began = clock.now
    while clock.now - began < 12 * HOUR:
        save(store, key, talk(domain, key, turn(1)))
        clock.passes(20 * MINUTE)
        alive = clock.now - began < 12 * HOUR
        assert (find(store, key) is not None) is alive
    assert len(store) == 0


def test_somebody_elses_talk_sweeps_out_the_dead(
    store: SealedTrackerStore, domain: Domain, clock: Clock
) -> None:
    key, other = key_of(SECRET), key_of(OTHER_SECRET)
    save(store, key, talk(domain, key, turn(1)))
    clock.passes(31 * MINUTE)
    save(store, other, talk(domain, other, turn(1)))
    assert len(store) == 1 and key.name not in at_rest(store)


def test_forgetting_drops_that_talk_at_once(store: SealedTrackerStore, domain: Domain) -> None:
    key, other = key_of(SECRET), key_of(OTHER_SECRET)
    save(store, key, talk(domain, key, turn(1)))
    save(store, other, talk(domain, other, turn(1)))
    store.forget(key)
    assert find(store, key) is None and find(store, other) is not None
    store.forget(key)  # a second time is no error


def test_saving_a_talk_that_asked_to_be_forgotten_drops_it(store: SealedTrackerStore, domain: Domain) -> None:
    key = key_of(SECRET)
    save(store, key, talk(domain, key, turn(1)))
    save(store, key, talk(domain, key, [*turn(1), SlotSet("forget", True)]))
    assert find(store, key) is None and len(store) == 0


def test_leaving_the_page_drops_the_talk(person: Person) -> None:
    person.says("hello")
    store, key = person.assistant._store, key_of(person.secret)
    assert find(store, key) is not None
    person.assistant.forget(person.secret)
    assert find(store, key) is None
    person.assistant.forget("no secret at all")  # nobody's: no error, nothing dropped


# --- a long talk


def test_a_short_talk_is_kept_as_it_is(domain: Domain) -> None:
    tracker = talk(domain, key_of(SECRET), [event for n in range(5) for event in turn(n)])
    assert trimmed(tracker) == list(tracker.events)


def test_trimming_keeps_what_matters(domain: Domain) -> None:
    key = key_of(SECRET)
    early = [
        SlotSet("language", "es"),
        SlotSet("place", {"label": "Tacoma, WA"}),
        SlotSet("plan", {"section": "home", "step": "room", "answers": {"home": {"door": {"own": "x"}}}}),
        ActionExecuted("plan_form"),
        ActiveLoop("plan_form"),
        SlotSet("requested_slot", "plan_answer"),
    ]
    tracker = talk(domain, key, [*turn(0), *early, *[e for n in range(1, 41) for e in turn(n)]])
    kept = trimmed(tracker)
    assert len(kept) < len(tracker.events) / 2
    again = talk(domain, key, kept)
    assert again.current_slot_values() == tracker.current_slot_values()
    assert again.active_loop_name == tracker.active_loop_name == "plan_form"
    said = [event.text for event in kept if isinstance(event, UserUttered)]
    assert said == [f"{CANARY} {n}" for n in range(41 - KEPT_TURNS, 41)]
    answers = [event.text for event in kept if isinstance(event, BotUttered)]
    assert answers == [f"answer {n} to {CANARY}" for n in range(41 - KEPT_TURNS, 41)]


def test_a_slot_that_was_emptied_stays_empty(domain: Domain) -> None:
    key = key_of(SECRET)
    events = [SlotSet("place", {"label": "Tacoma, WA"}), ActiveLoop("plan_form"), *turn(0)]
    events += [SlotSet("place", None), ActiveLoop(None), *[e for n in range(1, 41) for e in turn(n)]]
    again = talk(domain, key, trimmed(talk(domain, key, events)))
    assert again.get_slot("place") is None and again.active_loop_name is None


def sizes(store: SealedTrackerStore, domain: Domain, turns: int) -> list[int]:
    """How many bytes the talk takes after each of many turns."""
    key, taken = key_of(SECRET), []
    for number in range(turns):
        tracker = find(store, key) or talk(domain, key, [])
        for event in turn(number + 1000):
            tracker.update(event, domain)
        save(store, key, tracker)
        taken.append(len(store._talks[key.name].blob))
    return taken


def test_a_talk_of_300_turns_stays_flat(
    store: SealedTrackerStore, domain: Domain, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    flat = sizes(store, domain, 300)
    assert max(flat[200:]) <= 1.1 * max(flat[:30])

    monkeypatch.setattr(tracker_store, "trimmed", lambda tracker: list(tracker.events))
    grown = sizes(SealedTrackerStore(domain, clock=clock), domain, 100)  # the control
    assert max(grown[70:]) > 2 * max(grown[:30])


def test_a_trimmed_talk_can_be_written_down(domain: Domain) -> None:
    tracker = talk(domain, key_of(SECRET), [e for n in range(40) for e in turn(n)])
    assert json.loads(json.dumps([event.as_dict() for event in trimmed(tracker)]))


# --- one message at a time


def test_waiters_come_in_the_order_they_came() -> None:
    async def scene() -> list[int]:
        locks, order = TalkLocks(), []

        async def visitor(number: int) -> None:
            async with locks.lock("talk"):
                order.append(number)
                await asyncio.sleep(0.01 if number % 2 else 0)

        async with locks.lock("talk"):
            waiters = []
            for number in range(6):
                waiters.append(asyncio.create_task(visitor(number)))
                await asyncio.sleep(0)  # lets it take its ticket
            await asyncio.sleep(0.1)
            assert order == []  # nobody is in while the first one is
        await asyncio.wait_for(asyncio.gather(*waiters), 30)
        return order

    assert asyncio.run(scene()) == list(range(6))


async def waiting_time(locks: InMemoryLockStore) -> float:
    """Seconds from when a lock is free until the one who waits for it is in."""
    came = 0.0

    async def visitor() -> None:
        nonlocal came
        async with locks.lock("talk"):
            came = time.monotonic()

    async with locks.lock("talk"):
        waiter = asyncio.create_task(visitor())
        await asyncio.sleep(0.05)
        freed = time.monotonic()
    await asyncio.wait_for(waiter, 30)
    return came - freed


def test_who_waits_is_let_in_quickly() -> None:
    assert asyncio.run(waiting_time(TalkLocks())) < 0.5
    assert asyncio.run(waiting_time(InMemoryLockStore())) > 0.5  # the control: Rasa's own


def test_an_error_inside_frees_the_lock() -> None:
    async def scene() -> None:
        locks = TalkLocks()
        with pytest.raises(RuntimeError):
            async with locks.lock("talk"):
                raise RuntimeError
        async with asyncio.timeout(10), locks.lock("talk"):
            pass

    asyncio.run(scene())


def test_two_talks_do_not_wait_for_each_other() -> None:
    async def scene() -> None:
        locks = TalkLocks()
        async with locks.lock("one"):
            async with asyncio.timeout(10), locks.lock("two"):
                pass
            with pytest.raises(TimeoutError):  # the control: the same talk does wait
                async with asyncio.timeout(0.2), locks.lock("one"):
                    pass

    asyncio.run(scene())
