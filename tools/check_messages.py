"""Checks the training messages: repeats, near repeats, counts, languages, and distance from the yardstick.

python tools/check_messages.py [YARDSTICK]   prints what is wrong, a line each, and exits 1 if anything is.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process

from bot.resources.places import plain
from bot.understanding.language import guess_language
from tools.encoder.messages import Told, read_messages

ROOT = Path(__file__).parent.parent
YARDSTICK = ROOT.parent / "shared" / "language" / "yardstick.jsonl"
PER_INTENT = 60
"""Messages of an intent in each language."""
PER_SIGNAL = 150
"""Marked messages of a danger signal over both languages."""
QUIET = 600
"""Messages that mark nothing, in intents where danger is told."""
ALIKE = 92
"""Of 100: from here on two messages of five words or more are the same one typed twice."""
NEAR = 80
"""Of 100: as near as a training message may come to one of the yardstick, of four words or more."""
WRONG_LANGUAGE = 0.02
"""The share of messages that may look like the other language: mixtures are part of the data."""


def problems(told: list[Told], yardstick: list[str]) -> list[str]:
    """What is wrong with the messages, in words."""
    return [*_repeats(told), *_counts(told), *_languages(told), *_near(told, yardstick)]


def _repeats(told: list[Told]) -> Iterator[str]:
    seen: dict[str, Told] = {}
    for message in told:
        words = plain(message.text) or message.text
        if words in seen:
            yield f"twice, as {seen[words].intent} and as {message.intent}: {message.text}"
        seen[words] = message
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for words, message in seen.items():
        if len(words.split()) >= 5:
            groups[message.intent, message.language].append(words)
    for texts in groups.values():
        alike = np.triu(process.cdist(texts, texts, scorer=fuzz.ratio, score_cutoff=ALIKE), 1)
        for i, j in np.argwhere(alike >= ALIKE):
            yield f"nearly twice: {texts[i]} / {texts[j]}"


def _counts(told: list[Told]) -> Iterator[str]:
    intents = Counter((t.language, t.intent) for t in told)
    for language in sorted({t.language for t in told}):
        for intent in sorted({t.intent for t in told}):
            if intents[language, intent] < PER_INTENT:
                yield f"{intent} has {intents[language, intent]} messages in {language}"
    signals = Counter(s for t in told for s in t.signals)
    yield from (f"{s} is marked in {n} messages" for s, n in signals.items() if n < PER_SIGNAL)
    dangerous = {t.intent for t in told if t.signals}
    quiet = sum(not t.signals and t.intent in dangerous for t in told)
    if quiet < QUIET:
        yield f"only {quiet} messages mark nothing where danger is told"


def _languages(told: list[Told]) -> Iterator[str]:
    guesses = [(t, guess_language(t.text)) for t in told]
    wrong = [t for t, guess in guesses if guess.sure > 0.7 and guess.words >= 3 and guess.code != t.language]
    if len(wrong) > WRONG_LANGUAGE * len(told):
        yield f"{len(wrong)} messages look like another language, such as: {wrong[0].text}"


def _near(told: list[Told], yardstick: list[str]) -> Iterator[str]:
    asked = [words for words in map(plain, yardstick) if len(words.split()) >= 4]
    if not asked:
        return
    known = [plain(t.text) for t in told]
    scores = process.cdist(known, asked, scorer=fuzz.ratio, score_cutoff=NEAR)
    for i, j in np.argwhere(scores >= NEAR):
        yield f"too near the yardstick ({scores[i, j]:.0f}): {known[i]} / {asked[j]}"


def yardstick_texts(path: Path = YARDSTICK) -> list[str]:
    """The texts of the yardstick; none when it is not there."""
    if not path.is_file():
        return []
    return [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines() if line]


def main() -> int:
    """Prints the problems."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else YARDSTICK
    told = read_messages(ROOT / "bot" / "data" / "nlu")
    found = problems(told, yardstick_texts(path))
    print(*found, sep="\n")
    print(f"{len(told)} messages, {len(found)} problems", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
