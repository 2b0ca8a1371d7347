"""What the tests share: one real assistant, one real server, one real browser."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.cli import quiet_environment

quiet_environment()

from bot.commands.model import ready_model  # noqa: E402
from bot.settings import Settings, load_settings  # noqa: E402
from bot.talk import Answer, Assistant, Said  # noqa: E402

ROOT = Path(__file__).parent.parent
NO_SKIPS = os.environ.get("QUIETLINE_NO_SKIPS") == "1"
START_SECONDS = 180


def skip(reason: str) -> None:
    """Skips a test for what this machine lacks; where skips are failures, fails."""
    if NO_SKIPS:
        pytest.fail(f"may not be skipped here: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def model() -> Path:
    """The current model, trained if need be."""
    return ready_model(load_settings({}))


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings with a data folder of this run's own."""
    return Settings(data_dir=tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="session")
def assistant(model: Path, settings: Settings) -> Assistant:
    """The real assistant: real model, rules, actions, store and directory."""
    from bot.logs import configure_logs
    from bot.serve import build_assistant

    configure_logs()
    return build_assistant(settings, model)[0]


class Person:
    """Somebody in a talk of their own."""

    def __init__(self, assistant: Assistant, channel: str = "web", language: str | None = None) -> None:
        self.assistant = assistant
        self.channel = channel
        self.language = language
        self.secret = secrets.token_urlsafe(32)
        self.answer: Answer = Answer([])

    def says(self, text: str) -> Answer:
        """Sends a text."""
        return self._send(Said(self.secret, text=text, language=self.language, channel=self.channel))

    def presses(self, title: str) -> Answer:
        """Presses a button of the last answer, by its title."""
        button = next(b for b in self.buttons if b["title"] == title)
        return self.sends(button["payload"])

    def sends(self, payload: str) -> Answer:
        """Sends a payload."""
        return self._send(Said(self.secret, payload=payload, language=self.language, channel=self.channel))

    @property
    def buttons(self) -> list[dict[str, str]]:
        """The buttons of the last answer."""
        return [button for reply in self.answer.replies for button in reply["buttons"]]

    @property
    def titles(self) -> list[str]:
        """Their titles."""
        return [button["title"] for button in self.buttons]

    @property
    def heard(self) -> str:
        """All that the last answer said."""
        return "\n".join(reply["text"] for reply in self.answer.replies)

    def _send(self, said: Said) -> Answer:
        self.answer = asyncio.run(self.assistant.answer(said))
        return self.answer


@pytest.fixture
def person(assistant: Assistant) -> Person:
    """Somebody on the web."""
    return Person(assistant)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """The program as a person starts it, in a process of its own."""

    def __init__(self, port: int, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.process = process
        self.out = out
        self.err = err


def clean_environment() -> dict[str, str]:
    """The environment without the tests' own switches, which are no settings of the program."""
    own = {"QUIETLINE_NO_SKIPS", "QUIETLINE_WALKS", "QUIETLINE_CLONE_TEST"}
    return {name: value for name, value in os.environ.items() if name not in own}


def start_server(data: Path, port: int, **environment: str) -> Server:
    """Starts `quietline run` and waits until it is healthy."""
    import httpx

    out, err = data / "stdout.txt", data / "stderr.txt"
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.cli", "run", "--port", str(port)],
        cwd=ROOT,
        env={**clean_environment(), "QUIETLINE_DATA_DIR": str(data), **environment},
        stdout=out.open("wb"),
        stderr=err.open("wb"),
    )
    server = Server(port, process, out, err)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the server ended: {err.read_text()}")
        try:
            if httpx.get(f"{server.url}/health").status_code == 200:
                return server
        except httpx.TransportError:
            time.sleep(0.2)
    process.kill()
    raise AssertionError("the server did not come up")


@pytest.fixture(scope="session")
def server(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The running program."""
    running = start_server(tmp_path_factory.mktemp("server"), free_port())
    yield running
    running.process.terminate()
    running.process.wait(20)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A real Chromium of the system's, driven by Playwright.

    Not for the whole session: while Playwright is open, its event loop runs in the tests' thread,
    and no later test could run one of its own.
    """
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=[
                "--no-sandbox",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-quic",
            ],
        )
        yield browser
        browser.close()
