"""Our pipeline beside Rasa's stock one (DIET), on the same messages, scored on the yardstick in one run.

    PYTHONPATH=. python tools/bench_understanding.py [--epochs N] [--only NAME ...]

Each pipeline is trained and asked in a process of its own, one after the other, so that neither
lends the other memory or warm caches. "bare" is Rasa with a tokenizer alone: what a pipeline
takes in memory is told as what it takes beyond that. The learning curve is of the words
and characters, with and without the encoder beside them; the encoder itself was tuned on all messages.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import yaml

from bot.cli import quiet_environment

quiet_environment()

ROOT = Path(__file__).parent.parent
LANGUAGE = ROOT.parent / "shared" / "language"
YARDSTICK = LANGUAGE / "yardstick.jsonl"
SIGNAL_MARK = re.compile(r"\(danger_signal:([a-z_]+)\)")
OUR_ENTITIES = ("location", "pet", "child", "need", "community")
SHARES = (25, 50, 75)

BARE = [{"name": "WhitespaceTokenizer"}]


def stock(epochs: int) -> list[dict[str, Any]]:
    """The pipeline that `rasa init` writes; its response selector is left out: nothing to learn here."""
    return [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
        {"name": "DIETClassifier", "epochs": epochs, "constrain_similarities": True, "random_seed": 1},
        {"name": "EntitySynonymMapper"},
        {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
    ]


def ours(encoder: bool) -> list[dict[str, Any]]:
    """The pipeline of config.yml, with or without the sentence encoder."""
    parts = yaml.safe_load((ROOT / "config.yml").read_text(encoding="utf-8"))["pipeline"]
    return [p for p in parts if encoder or not p["name"].endswith("SentenceFeatures")]


def pipelines(epochs: int) -> dict[str, tuple[list[dict[str, Any]], int]]:
    """Name: pipeline and share of the messages, in per cent."""
    table = {"bare": (BARE, 100), "ours": (ours(encoder=True), 100), "words": (ours(encoder=False), 100)}
    for share in SHARES:
        table[f"ours-{share}"] = (ours(encoder=True), share)
        table[f"words-{share}"] = (ours(encoder=False), share)
    return {**table, "stock": (stock(epochs), 100)}


# ------------------------------------------------------------------ in a process of its own


def one(name: str, epochs: int, answers: Path) -> dict[str, float]:
    """Trains and asks one pipeline; writes its answers as `quietline parse` would; gives its figures."""
    pipeline, share = pipelines(epochs)[name]
    with tempfile.TemporaryDirectory() as folder:
        data = _messages(Path(folder), share, signals_as_entities=name == "stock")
        config = Path(folder) / "config.yml"
        config.write_text(yaml.safe_dump({"recipe": "default.v1", "language": "en", "pipeline": pipeline}))
        started = time.monotonic()
        with contextlib.redirect_stdout(io.StringIO()):
            from rasa.model_training import train_nlu

            model = train_nlu(str(config), str(data), folder)
        trained = time.monotonic() - started
        figures = json.loads(
            subprocess.run(
                [sys.executable, __file__, "--ask", name, "--model", str(model), "--answers", str(answers)],
                capture_output=True,
                text=True,
                check=True,
                cwd=ROOT,
            ).stdout.splitlines()[-1]
        )
    return {**figures, "train_s": trained}


def _messages(folder: Path, share: int, signals_as_entities: bool) -> Path:
    """The training messages, every so many left out; for DIET each danger signal is an entity of its own."""
    out = folder / "nlu"
    out.mkdir()
    for path in sorted((ROOT / "bot" / "data" / "nlu").glob("*/*.yml")):
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        blocks = [b for b in data["nlu"] if "intent" in b]
        for block in blocks:
            lines = block["examples"].splitlines()
            kept = [line for i, line in enumerate(lines) if (i * share) // 100 != ((i + 1) * share) // 100]
            text = "\n".join(kept or lines[:1])
            block["examples"] = SIGNAL_MARK.sub(r"(\1)", text) if signals_as_entities else text
        text = yaml.safe_dump({"version": "3.1", "nlu": blocks}, allow_unicode=True, width=10_000)
        (out / f"{path.parent.name}_{path.name}").write_text(text, encoding="utf-8")
    return out


def ask(name: str, model: Path, answers: Path) -> dict[str, float]:
    """Asks the yardstick's messages one at a time."""
    from rasa.core.agent import Agent

    agent = Agent.load(str(model))
    texts = [json.loads(line)["text"] for line in YARDSTICK.read_text(encoding="utf-8").splitlines()]
    spent, lines = [], []
    for text in texts:
        started = time.perf_counter()
        parsed = asyncio.run(agent.parse_message(text))
        spent.append(time.perf_counter() - started)
        lines.append(json.dumps(_shape(text, parsed, signals_as_entities=name == "stock")))
    answers.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {"ms": median(spent) * 1000, "memory_mb": _resident_mb()}


def _shape(text: str, parsed: dict[str, Any], signals_as_entities: bool) -> dict[str, Any]:
    found = parsed.get("entities") or []
    if signals_as_entities:
        signals = {e["entity"] for e in found} - set(OUR_ENTITIES)
    else:
        signals = {e["value"] for e in found if e["entity"] == "danger_signal"}
    ranking = [
        [r["name"], r["confidence"]]
        for r in parsed.get("intent_ranking") or []
        if r["name"] != "nlu_fallback"
    ]
    return {
        "text": text,
        "intent": ranking[0][0] if ranking else None,
        "ranking": ranking,
        "danger_signals": sorted(signals),
        "entities": {"location": [e["value"] for e in found if e["entity"] == "location"]},
    }


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


# ------------------------------------------------------------------ the one that runs them and prints


def scored(answers: Path) -> dict[str, Any]:
    """The yardstick's figures."""
    command = [sys.executable, str(LANGUAGE / "score.py"), str(YARDSTICK), str(answers), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    figures: dict[str, Any] = json.loads(done.stdout)
    return figures


def main() -> None:
    """Reads the arguments, runs what they ask and prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--epochs", type=int, default=100, help="rounds of DIET; rasa init writes 100")
    parser.add_argument("--only", nargs="+", default=None)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    parser.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--answers", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.ask:
        print(json.dumps(ask(args.ask, args.model, args.answers)))
    elif args.one:
        print(json.dumps(one(args.one, args.epochs, args.answers)))
    elif not YARDSTICK.is_file():
        sys.exit("The yardstick of labelled messages is not beside the project.")
    else:
        compare(args.only or list(pipelines(args.epochs)), args.epochs)


def compare(names: list[str], epochs: int) -> None:
    """Runs each pipeline and prints a line for it."""
    head = (
        "pipeline",
        "first",
        "in 3",
        "recall",
        "precision",
        "missed",
        "alarms",
        "train s",
        "ms",
        "MB over bare",
    )
    print("".join(f"{word:>13}" for word in head), flush=True)
    bare = 0.0
    for name in names:
        with tempfile.NamedTemporaryFile(suffix=".jsonl") as answers:
            command = [
                sys.executable,
                __file__,
                "--one",
                name,
                "--epochs",
                str(epochs),
                "--answers",
                answers.name,
            ]
            done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
            if done.returncode:
                sys.exit(f"{name}: {done.stderr.strip().splitlines()[-1]}")
            figures = json.loads(done.stdout.splitlines()[-1])
            score = scored(Path(answers.name))
        if name == "bare":
            bare = figures["memory_mb"]
        print(_row(name, score, figures, bare), flush=True)


def _row(name: str, score: dict[str, Any], figures: dict[str, float], bare: float) -> str:
    numbers = (
        f"{score['intent']['all']:.3f}",
        f"{score['intent_in_3']['all']:.3f}",
        *(
            f"{score[key] or 0:.3f}"
            for key in ("signal_recall", "signal_precision", "life_signal_missed", "false_alarms")
        ),
        f"{figures['train_s']:.0f}",
        f"{figures['ms']:.1f}",
        f"{figures['memory_mb'] - bare:.0f}",
    )
    return f"{name:>13}" + "".join(f"{number:>13}" for number in numbers)


if __name__ == "__main__":
    main()
