"""How well messages are understood and how fast answers come, printed as ratios in one run.

The yardstick of labelled messages is looked for beside the project; without it that part is left out.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from bot.cli import quiet_environment

quiet_environment()

from bot.commands.model import ready_model  # noqa: E402
from bot.logs import configure_logs  # noqa: E402
from bot.settings import Settings, load_settings  # noqa: E402

ROOT = Path(__file__).parent.parent
LANGUAGE = ROOT.parent / "shared" / "language"
TURNS = 60


def understanding() -> None:
    """Scores `quietline parse` on the yardstick."""
    yardstick = LANGUAGE / "yardstick.jsonl"
    if not yardstick.is_file():
        print("understanding: no yardstick beside the project, left out")
        return
    texts = [json.loads(line)["text"] for line in yardstick.read_text(encoding="utf-8").splitlines()]
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    command = [sys.executable, "-m", "bot.cli", "parse"]
    parsed = subprocess.run(command, input=lines, capture_output=True, text=True, cwd=ROOT, check=True)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as answers:
        answers.write(parsed.stdout)
        answers.flush()
        subprocess.run([sys.executable, LANGUAGE / "score.py", yardstick, answers.name], check=True)


def speed() -> None:
    """Time a turn, beside the bare parse of the same text, early and late in a long talk."""
    from bot.serve import build_assistant
    from bot.talk import Said

    configure_logs()
    with tempfile.TemporaryDirectory() as data:
        assistant, _ = build_assistant(Settings(data_dir=Path(data)), ready_model(load_settings({})))
        text, secret = "is there a shelter in Tacoma that takes dogs", secrets.token_urlsafe(32)

        def timed(work: object) -> float:
            started = time.perf_counter()
            asyncio.run(work)  # type: ignore[arg-type]
            return time.perf_counter() - started

        parses = [timed(assistant.parse(text)) for _ in range(TURNS)]
        turns = [timed(assistant.answer(Said(secret, text=text))) for _ in range(TURNS)]
    third = TURNS // 3
    print(f"one parse: median {median(parses) * 1000:.0f} ms")
    print(f"one turn: {median(turns) / median(parses):.1f} times the parse of its text alone")
    late = median(turns[-third:]) / median(turns[:third])
    print(f"late turns of a long talk: {late:.2f} times the early ones")


if __name__ == "__main__":
    understanding()
    speed()
