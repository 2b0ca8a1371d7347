"""Logs hold allow-listed fields alone, at any level, also when something breaks."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
import warnings
from collections.abc import Iterator

import pytest
import structlog
from conftest import Person

from bot.logs import FIELDS, AllowListFormatter, configure_logs, log
from bot.talk import Assistant

CANARY = "canary-under-the-blue-stairs"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What the log writes, at its loudest."""
    out = io.StringIO()
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    configure_logs(logging.DEBUG, out)
    yield out
    configure_logs(logging.WARNING)
    root.handlers[:], level = before
    root.setLevel(level)


def test_a_plain_handler_would_have_shown_it() -> None:
    """The control: what the allow-list is for."""
    out = io.StringIO()
    logger = logging.getLogger("a.naive.one")
    handler = logging.StreamHandler(out)
    logger.addHandler(handler)
    logger.error("failed for %s", CANARY)
    logger.removeHandler(handler)
    assert CANARY in out.getvalue()


def test_records_of_libraries_lose_their_words(stream: io.StringIO) -> None:
    local = CANARY
    logging.getLogger("rasa.core").debug("user said %s", local)
    logging.getLogger("sanic.error").error("Exception occurred while handling uri: 'http://x/%s'", local)
    try:
        raise ValueError(local)
    except ValueError:
        logging.getLogger("any").exception("it broke: %s", local)
    structlog.get_logger().error("processor.message.parse", text=local, exc_info=True)
    structlog.get_logger().debug(local)
    warnings.warn(local, stacklevel=1)
    written = stream.getvalue()
    assert written, "the log is not simply off"
    assert CANARY not in written
    assert "ValueError" in written, "the kind of an error is kept"
    for line in written.splitlines():
        assert set(json.loads(line)) <= {"time", "level", "logger", "at", "error", "event"} | FIELDS


def test_our_own_events_take_allowed_fields_alone(stream: io.StringIO) -> None:
    log("talk_failed", error=ValueError(CANARY), stage="save")
    assert CANARY not in stream.getvalue()
    with pytest.raises(ValueError, match="text"):
        log("talk_failed", text=CANARY)


def test_failures_outside_any_handler_are_quiet_too(
    stream: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    def crash() -> None:
        raise RuntimeError(CANARY)

    thread = threading.Thread(target=crash)
    thread.start()
    thread.join()

    async def lost() -> None:
        task = asyncio.ensure_future(_fail())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    asyncio.run(lost())
    logging.getLogger("x").error("%d", CANARY)  # a record that cannot even be formatted
    captured = capfd.readouterr()
    assert CANARY not in stream.getvalue() + captured.out + captured.err
    assert "RuntimeError" in stream.getvalue()


async def _fail() -> None:
    raise KeyError(CANARY)


def test_a_whole_talk_at_debug_leaves_no_word(
    stream: io.StringIO,
    assistant: Assistant,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    person = Person(assistant)
    person.sends("/plan_home_safety")
    person.says(f"I go to the {CANARY}")
    person.says("i live in Tacoma and need a shelter")
    person.sends("/show_plan")
    assert CANARY in person.heard

    async def crash(*_: object) -> None:
        raise OSError(CANARY)

    monkeypatch.setattr(assistant._store, "save", crash)
    person.says(f"my number is 253-555-0144 and {CANARY}")
    captured = capfd.readouterr()
    written = stream.getvalue() + captured.out + captured.err
    assert "talk_failed" in written, "the failure itself is told"
    for word in (CANARY, "253-555-0144", "Tacoma", person.secret, "blue-stairs"):
        assert word not in written
    from bot.memory.seal import key_of

    assert key_of(person.secret).name not in written


def test_the_formatter_survives_anything() -> None:
    record = logging.LogRecord("x", logging.ERROR, "a.py", 1, object(), (object(),), None)
    assert json.loads(AllowListFormatter().format(record))["level"] == "ERROR"
