"""Every trap of Rasa's that is known to this project stays closed."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from conftest import ROOT, Person
from rasa.core.actions.action import RemoteAction
from rasa.core.tracker_store import FailSafeTrackerStore, InMemoryTrackerStore
from rasa.core.utils import AvailableEndpoints
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.actions.registry import ACTIONS
from bot.memory.tracker_store import SealedTrackerStore
from bot.resources.lines import read_lines
from bot.serve import StartError, _check_endpoints
from bot.talk import Assistant, Said

HOTLINE = read_lines()["ndvh"].modes["call"]

# A message that makes each action run.
REACHES: dict[str, list[str]] = {
    "action_validate_slot_mappings": ["hello"],
    "action_ask_plan_answer": ["/plan_home_safety"],
    "action_close_section": ["/plan_home_safety", '/affirm{"choice":"_stop"}'],
    "action_open_plan": ["/make_safety_plan"],
    "action_open_section": ["/plan_packing"],
    "validate_plan_form": ["/plan_home_safety", "/skip"],
    "action_open_questions": ["/check_my_danger"],
    "action_ask_danger_answer": ['/check_my_danger{"choice":"_questions"}'],
    "validate_danger_form": ['/check_my_danger{"choice":"_questions"}', "/skip"],
    "action_close_questions": ['/check_my_danger{"choice":"_questions"}', '/affirm{"choice":"_stop"}'],
    "action_show_plan": ["/show_plan"],
    "action_ask_search_place": ["/find_shelter"],
    "validate_search_form": ["/find_shelter", "98402"],
    "action_refine_search": ["/refine_search"],
    "action_seek": ["/find_shelter"],
    "action_show_places": ["i need a shelter in Tacoma"],
    "action_change_language": ["/change_language"],
    "action_confirm_language": ['/change_language{"choice":"_es"}'],
    "action_danger_now": ["/in_danger_now"],
    "action_exit_now": ["/exit_now"],
    "action_forget": ["/delete_everything"],
    "action_menu": ["/menu"],
    "action_offer_meanings": ["about the kids and the money and the court and the doctor"],
    "action_pause": ["/goodbye"],
    "action_repeat": ["/repeat"],
    "action_resume": ["/thank"],
}


def send(person: Person, message: str) -> str:
    (person.sends if message.startswith("/") else person.says)(message)
    return person.heard


def test_a_way_to_reach_every_action_is_known() -> None:
    assert set(REACHES) == {action.action_name for action in ACTIONS}


@pytest.mark.parametrize("action", ACTIONS, ids=lambda a: a.action_name)
def test_an_action_that_raises_is_answered_with_a_person_to_reach(
    action: Any, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def crash(*_: Any, **__: Any) -> None:
        calls.append(1)
        raise RuntimeError("a secret sentence")

    executor = person.assistant._processor.action_endpoint._executor
    monkeypatch.setitem(executor.actions, action.action_name, crash)
    heard = [send(person, message) for message in REACHES[action.action_name]]
    assert calls, "the message did not reach the action"
    assert any(HOTLINE in text for text in heard)
    assert all(heard)
    monkeypatch.undo()
    assert send(person, "/menu"), "the talk goes on when the action works again"


def test_a_crash_in_the_voice_is_answered(
    assistant: Assistant, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    speaker = assistant._speaker
    whole = speaker.speak

    def crash(key: str, *args: Any, **kwargs: Any) -> Any:
        if key != "utter_safe_line":
            raise KeyError(key)
        return whole(key, *args, **kwargs)

    monkeypatch.setattr(speaker, "speak", crash)
    assert HOTLINE in send(person, "hello")


@pytest.mark.parametrize("method", ["save", "retrieve"])
def test_a_store_that_fails_is_answered_and_nothing_falls_back_to_plain_memory(
    assistant: Assistant, person: Person, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    async def crash(*_: Any) -> None:
        raise OSError("disk")

    monkeypatch.setattr(assistant._store, method, crash)
    assert HOTLINE in send(person, "hello")
    assert not isinstance(assistant._processor.tracker_store, (InMemoryTrackerStore, FailSafeTrackerStore))


def test_the_store_is_ours_and_not_wrapped(assistant: Assistant) -> None:
    assert type(assistant._processor.tracker_store) is SealedTrackerStore
    assert assistant._processor.tracker_store is assistant._store


@pytest.mark.parametrize("part", ["tracker_store", "lock_store", "nlg"])
def test_a_mistyped_class_in_endpoints_refuses_to_start(part: str, tmp_path: Path) -> None:
    """Rasa takes plain memory in silence for a store it cannot find."""
    data = yaml.safe_load((ROOT / "endpoints.yml").read_text())
    _check_endpoints(AvailableEndpoints.read_endpoints(str(ROOT / "endpoints.yml")))
    data[part]["type"] += "x"
    (tmp_path / "endpoints.yml").write_text(yaml.safe_dump(data))
    with pytest.raises(StartError, match=part):
        _check_endpoints(AvailableEndpoints.read_endpoints(str(tmp_path / "endpoints.yml")))


def test_answers_of_actions_are_checked_by_a_validator_built_once(assistant: Assistant) -> None:
    action = RemoteAction("any", EndpointConfig("http://127.0.0.1"))
    good = {"events": [{"event": "slot", "timestamp": None, "name": "plan", "value": {}}], "responses": []}
    assert action._validate_action_result(good)
    with pytest.raises(jsonschema.ValidationError):
        action._validate_action_result({"events": "none", "responses": []})
    started = time.perf_counter()
    for _ in range(50):
        action._validate_action_result(good)
    ours = time.perf_counter() - started
    started = time.perf_counter()
    for _ in range(50):
        jsonschema.validate(good, RemoteAction.action_response_format_spec())
    assert ours < time.perf_counter() - started


def test_rasa_is_not_imported_before_its_telemetry_is_off() -> None:
    code = (
        "import sys, bot.cli\n"
        "assert 'rasa' not in sys.modules and 'tensorflow' not in sys.modules\n"
        "bot.cli.quiet_environment()\n"
        "import rasa.telemetry\n"
        "print(rasa.telemetry.is_telemetry_enabled())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "False", done.stderr[-500:]


@pytest.mark.parametrize(
    "typed",
    [
        "/restart",
        "/back",
        '/greet{"x":"y"}',
        "/session_start",
        ' /restart{"a":1}',
        "//restart",
        "EXTERNAL: greet",
    ],
)
def test_people_cannot_type_commands(person: Person, typed: str) -> None:
    send(person, "/plan_home_safety")
    send(person, "the canary closet")
    assert send(person, typed)
    send(person, "/show_plan")
    assert "the canary closet" in person.heard or "/restart" in typed, "the talk was not reset from outside"


@pytest.mark.parametrize(
    "payload",
    [
        "/restart",
        "/back",
        "/session_start",
        '/greet{"plan":"x"}',
        '/greet{"choice":{"a":1}}',
        "greet",
        "/nonsense",
        '/give_location{"choice":"<script>"}',
        "/greet{",
        "/" + "a" * 500,
    ],
)
def test_payloads_that_no_button_of_ours_sends_are_refused(person: Person, payload: str) -> None:
    answer = person.sends(payload)
    assert answer.problem == "no_button"
    assert HOTLINE in person.heard


def test_nobody_shares_a_talk_without_a_key(assistant: Assistant) -> None:
    """Rasa's REST channel puts everyone without a sender into one shared conversation."""
    for secret in ("", "default", "a" * 40, "short-key-1", "x" * 500):
        answer = asyncio.run(assistant.answer(Said(secret, text="hello")))
        assert answer.problem == "no_key", secret
    assert len(assistant._store) == 0 or "default" not in assistant._store._talks


def test_spanish_by_text_is_spanish_and_short(assistant: Assistant) -> None:
    """A stock assistant's channel-specific English beats the language."""
    spanish = Person(assistant, "sms", "es")
    spanish.sends("/ask_privacy")
    speaker = assistant._speaker
    assert spanish.heard == "\n".join(speaker.speak("utter_ask_privacy", "es", "sms").bubbles)
    assert spanish.heard != "\n".join(speaker.speak("utter_ask_privacy", "en", "sms").bubbles)


def test_long_input_does_not_hold_others_up(assistant: Assistant, person: Person) -> None:
    started = time.perf_counter()
    answer = person.says("help me " * 12_500)
    assert answer.problem == "too_long"
    assert time.perf_counter() - started < 0.5


def test_only_our_own_channel_is_open() -> None:
    assert list(yaml.safe_load((ROOT / "credentials.yml").read_text())) == ["bot.channels.web.WebChannel"]


def test_a_talk_lives_on_when_its_history_is_cut(person: Person, assistant: Assistant) -> None:
    send(person, "/plan_home_safety")
    send(person, "the canary closet")
    for _ in range(25):
        send(person, "/ask_privacy")
    send(person, "/show_plan")
    assert "the canary closet" in person.heard
    assert len(person.titles) > 0


def test_a_control_that_must_fail_the_plain_store_keeps_what_was_said() -> None:
    """So that we know the checks of the sealed store can see."""

    async def kept() -> str:
        from rasa.shared.core.domain import Domain
        from rasa.shared.core.events import UserUttered

        store = InMemoryTrackerStore(Domain.empty())
        tracker = DialogueStateTracker.from_events("x", [UserUttered("the canary closet")])
        await store.save(tracker)
        return str(store.store)

    assert "the canary closet" in asyncio.run(kept())


def test_no_reminders_are_scheduled() -> None:
    """Rasa's live in one process's memory under names that users share."""
    sources = [p.read_text() for p in (ROOT / "bot").rglob("*.py")]
    assert not any("ReminderScheduled" in source for source in sources)


def test_logging_is_quiet_by_default() -> None:
    assert logging.getLogger("rasa").handlers == []
