"""What a newcomer does: a fresh clone, `make run`, and it answers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import httpx
import pytest
from conftest import NO_SKIPS, ROOT, free_port, skip

LONGEST = 600


@pytest.mark.timeout(900)
def test_make_run_in_a_fresh_clone(tmp_path: Path) -> None:
    if not NO_SKIPS and os.environ.get("QUIETLINE_CLONE_TEST") != "1":
        skip("takes minutes; .ci/run and QUIETLINE_CLONE_TEST=1 run it")
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        skip("not a git checkout")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    port = free_port()
    out = (tmp_path / "out.txt").open("wb")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("QUIETLINE_", "MAKE"))}
    started = time.monotonic()
    made = subprocess.Popen(
        ["make", "run", f"PORT={port}"],
        cwd=clone,
        stdout=out,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    try:
        _wait_until_healthy(made, port, tmp_path / "out.txt")
        first = time.monotonic() - started
        body = {
            "key": "c" + "0f9e8d7c6b5a4321" * 3,
            "message": "i need a shelter in Tacoma",
            "language": "en",
        }
        answer = httpx.post(f"http://127.0.0.1:{port}/chat", json=body, timeout=30).json()
        assert "Tacoma" in str(answer["replies"])
        said = (tmp_path / "out.txt").read_text()
        assert f"Ready: http://127.0.0.1:{port}/" in said
        assert "Installing" in said, "progress is shown"
        assert "Training" in said, "progress is shown"
        assert "demonstration" in said
        assert "Traceback" not in said, said
        print(f"first run in a fresh clone: {first:.0f} s")
        changed = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True)
        assert changed.stdout == "", "running leaves nothing that git sees"
    finally:
        os.killpg(made.pid, signal.SIGTERM)
        made.wait(30)


def _wait_until_healthy(made: subprocess.Popen[bytes], port: int, out: Path) -> None:
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        assert made.poll() is None, out.read_text()
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.5)
    raise AssertionError(out.read_text())
