"""The command line in its fixed forms, and one clear sentence for each thing that can go wrong."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import ROOT, clean_environment, free_port, start_server

SECONDS = 120


def quietline(*arguments: str, text: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *arguments],
        input=text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=SECONDS,
        env={**clean_environment(), **environment},
    )


def one_sentence(done: subprocess.CompletedProcess[str], *words: str) -> None:
    """It failed, and said why in one line without a traceback."""
    assert done.returncode != 0
    said = done.stderr.strip().splitlines()
    assert "Traceback" not in done.stderr
    assert said
    for word in words:
        assert word in said[-1], done.stderr


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_parse_answers_in_its_fixed_form(model: Path, tmp_path: Path) -> None:
    texts = [
        "he choked me last night, is there a shelter in Tacoma",
        "kiero aser un plan",
        "",
        "\u0000 \u202e😀",
    ]
    text = "".join(json.dumps({"text": t}) + "\n" for t in texts)
    parsed = lines(quietline("parse", text=text, QUIETLINE_DATA_DIR=str(tmp_path)))
    assert [p["text"] for p in parsed] == texts
    for entry in parsed:
        assert set(entry) == {
            "text", "language", "intent", "confidence", "ranking", "danger_signals", "entities",
        }  # fmt: skip
        assert isinstance(entry["entities"], dict)
    first, second = parsed[:2]
    assert first["intent"] == first["ranking"][0][0] == "find_shelter"
    assert len(first["ranking"]) >= 5
    assert first["danger_signals"] == ["strangulation"]
    assert first["entities"]["location"] == ["Tacoma"]
    assert (second["language"], second["intent"]) == ("es", "make_safety_plan")


@pytest.mark.parametrize("bad", ["not json", "[1]", '{"text": 5}', '{"words": "x"}'])
def test_parse_says_which_line_is_wrong_and_not_what_it_holds(model: Path, tmp_path: Path, bad: str) -> None:
    done = quietline("parse", text=bad + "\n", QUIETLINE_DATA_DIR=str(tmp_path))
    one_sentence(done, "ine 1")
    assert bad not in done.stderr


@pytest.mark.parametrize("channel", ["web", "sms"])
def test_talk_in_json_in_its_fixed_form(model: Path, tmp_path: Path, channel: str) -> None:
    said = 'hola\nmi esposo me ahorcó anoche\n{"payload": "/plan_home_safety"}\nla puerta de atrás\n'
    done = quietline(
        "talk",
        "--json",
        "--channel",
        channel,
        "--language",
        "es",
        text=said,
        QUIETLINE_DATA_DIR=str(tmp_path),
    )
    answers = lines(done)
    assert len(answers) == 4
    for answer in answers:
        assert set(answer) == {"replies", "intent", "danger_signals"}
        for reply in answer["replies"]:
            assert isinstance(reply["text"], str)
            assert all(set(b) == {"title", "payload"} for b in reply["buttons"])
            assert ("segments" in reply) == (channel == "sms")
    assert "strangulation" in answers[1]["danger_signals"]


def test_talk_in_plain_text_greets_and_ends_with_the_input(model: Path, tmp_path: Path) -> None:
    done = quietline("talk", text="is this private\n", QUIETLINE_DATA_DIR=str(tmp_path))
    assert done.returncode == 0
    assert "automated service" in done.stdout
    assert "[1]" in done.stdout


def test_a_taken_port_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        one_sentence(quietline("run", "--port", port), port, "taken")


@pytest.mark.parametrize("port", ["0", "70000", "x", "-1"])
def test_a_wrong_port_is_one_sentence(port: str) -> None:
    one_sentence(quietline("run", f"--port={port}"), "port")


def test_an_unknown_setting_is_one_sentence() -> None:
    one_sentence(quietline("run", QUIETLINE_LEAVETO="x"), "QUIETLINE_LEAVETO")


def test_a_models_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one_sentence(quietline("train", QUIETLINE_MODELS_DIR=str(tmp_path / "file" / "models")), "models")


def test_no_space_on_the_disk_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.commands import model as model_command
    from bot.commands.base import CommandError
    from bot.settings import Settings

    monkeypatch.setattr(model_command, "NEEDED_BYTES", 2**62)
    with pytest.raises(CommandError, match="free disk"):
        model_command.train(Settings(models_dir=tmp_path))


def test_a_data_folder_that_cannot_be_written_is_one_sentence(model: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = quietline("directory", "check", QUIETLINE_DATA_DIR=str(tmp_path / "file" / "data"))
    one_sentence(done, "file")


def test_the_wrong_python_is_one_sentence(tmp_path: Path) -> None:
    """The installer runs before anything is there, under whatever Python a machine has."""
    script = (ROOT / "tools" / "install.py").read_text().replace("WANTED = (3, 11)", "WANTED = (3, 99)")
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "install.py").write_text(script)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "tools" / "install.py"), "requirements.txt"],
        capture_output=True,
        text=True,
    )
    one_sentence(done, "Python 3.11 is needed")


def test_a_broken_install_is_said(tmp_path: Path) -> None:
    (tmp_path / "tools").mkdir()
    for name in ("install.py", "requirements-uv.txt"):
        (tmp_path / "tools" / name).write_text((ROOT / "tools" / name).read_text())
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "requirements.txt").write_text("no-such-package-of-anyone==0.0.1 --hash=sha256:" + "0" * 64)
    done = subprocess.run(
        [sys.executable, str(tmp_path / "tools" / "install.py"), "requirements.txt"],
        capture_output=True,
        text=True,
        env={**os.environ, "UV_OFFLINE": "1"},
    )
    assert done.returncode != 0
    assert "could not be installed" in done.stderr
    assert "Traceback" not in done.stderr


def test_killed_in_the_middle_it_starts_again_and_has_forgotten(model: Path, tmp_path: Path) -> None:
    key = "k" + "3f9a7c1e5b2d8046" * 3
    port = free_port()
    first = start_server(tmp_path, port)
    httpx.post(f"{first.url}/chat", json={"key": key, "payload": "/plan_home_safety"})
    httpx.post(f"{first.url}/chat", json={"key": key, "message": "the canary closet"})
    first.process.kill()
    first.process.wait(10)
    started = time.monotonic()
    second = start_server(tmp_path, port)
    try:
        assert time.monotonic() - started < SECONDS / 2
        shown = httpx.post(f"{second.url}/chat", json={"key": key, "payload": "/show_plan"})
        assert shown.status_code == 200
        assert "the canary closet" not in shown.text
        for path in tmp_path.rglob("*"):
            if path.is_file():
                assert b"canary closet" not in path.read_bytes(), path.name
                assert path.stat().st_mode & 0o077 == 0 or path.name.startswith("std"), path.name
        assert "Ready: http://127.0.0.1" in second.out.read_text()
        assert "demonstration" in second.out.read_text()
    finally:
        second.process.terminate()
        second.process.wait(20)
