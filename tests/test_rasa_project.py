"""It is a proper Rasa project: Rasa's own commands work on it, with the flags of README.md."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

RASA = Path(sys.executable).parent / "rasa"
ENVIRONMENT = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "TF_CPP_MIN_LOG_LEVEL": "3"}


def readme_commands() -> list[list[str]]:
    """The rasa commands that README.md shows."""
    return [
        line.split()[1:]
        for line in re.findall(r"^    (\.venv/bin/rasa .*)$", (ROOT / "README.md").read_text(), re.M)
    ]


def rasa(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RASA, *arguments], input=text, capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT, timeout=500
    )


def test_readme_shows_the_four_commands() -> None:
    assert [" ".join(command[:2]) for command in readme_commands()] == [
        "data validate", "train --domain", "shell nlu", "test core",
    ]  # fmt: skip


def test_rasa_test_core(model: Path, tmp_path: Path) -> None:
    command = next(c for c in readme_commands() if c[0] == "test")
    command[command.index("models")] = str(model)
    done = rasa(*command, "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    assert "5 / 5" in done.stdout + done.stderr or "Correct:          5 / 5" in done.stdout + done.stderr, (
        done.stderr[-2000:]
    )


def test_rasa_shell_nlu(model: Path) -> None:
    command = next(c for c in readme_commands() if c[:2] == ["shell", "nlu"])
    command[command.index("models")] = str(model)
    done = rasa(*command, text="is there a shelter in Tacoma\n/stop\n")
    assert '"find_shelter"' in done.stdout, done.stderr[-2000:]
    assert "Tacoma" in done.stdout


def test_rasa_train_command_is_the_one_in_readme() -> None:
    """Training itself runs by `quietline train`, which every test here waits for; the flags must be real."""
    done = rasa("train", "--help")
    for flag in (a for a in next(c for c in readme_commands() if c[0] == "train") if a.startswith("--")):
        assert flag in done.stdout


@pytest.mark.parametrize("name", ["config.yml", "endpoints.yml", "credentials.yml"])
def test_files_any_rasa_project_has(name: str) -> None:
    assert (ROOT / name).is_file()
