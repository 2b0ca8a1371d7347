"""Whole talks, written as files in tests/talks, through the real assistant.

A file: title, language, channel, turns. A turn: `say` (own words) or `press` (a button's title), and
what must be so of the answer: `hears` (each stands in it), `never` (none does), `buttons` (each is
offered), `signals` (exactly these were heard), `intent`. `{line.mode}` is a national line's number.
What holds of every answer of every talk is checked besides: see `holds`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import Person

from bot.channels.text_form import as_texts
from bot.resources.lines import read_lines
from bot.talk import Assistant
from bot.understanding.language import guess_language

TALKS = sorted((Path(__file__).parent / "talks").glob("*.yml"))
FORBIDDEN = re.compile(
    r"\b((?<!tell you that )you are safe|you'll be safe|you should|you must|why don't you|your fault\?|score|"
    r"estás a salvo|debes|tienes que|por qué no)\b",
    re.IGNORECASE,
)
LINES = read_lines()
LONGEST_BUBBLE = 420
"""A bubble of 320 characters with the person's own words or a listing's in it."""


def filled(text: str) -> str:
    return re.sub(r"\{(\w+)\.(\w+)\}", lambda m: LINES[m.group(1)].modes[m.group(2)], text)


def holds(person: Person, before: list[str]) -> None:
    """What is true of every answer: it is there, in one language, plain, and no loop."""
    assert person.answer.replies, "an empty answer"
    for reply in person.answer.replies:
        assert reply["text"].strip(), "an empty bubble"
        assert len(reply["text"]) <= LONGEST_BUBBLE or "\n" in reply["text"], reply["text"]
        assert not FORBIDDEN.search(reply["text"]), reply["text"]
        assert not re.search(r"\{[a-z_.]+\}", reply["text"]), "a placeholder was left"
        guess = guess_language(reply["text"])
        both = re.search(r"int[eé]rpretes|Español|in Spanish", reply["text"])
        if guess.words >= 6 and not both:
            assert guess.code == person.answer.language, f"not in {person.answer.language}: {reply['text']}"
        assert reply["text"].count("?") <= 1 or "\n" in reply["text"], reply["text"]
    assert before[-2:].count(person.heard) < 2, "the same answer three times"
    if person.channel == "sms":
        for text in as_texts(person.answer.replies):
            assert text["segments"] <= 2 or "555-01" in text["text"] or "\n" in text["text"], text


def test_there_are_talks_in_both_languages_on_both_channels() -> None:
    kinds = {(t["language"], t["channel"]) for t in map(_read, TALKS)}
    assert kinds == {(language, channel) for language in ("en", "es") for channel in ("web", "sms")}
    long = {t["language"] for t in map(_read, TALKS) if len(t["turns"]) >= 25}
    assert long == {"en", "es"}


def _read(path: Path) -> dict[str, Any]:
    talk: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return talk


@pytest.mark.parametrize("path", TALKS, ids=lambda p: p.stem)
def test_talk(path: Path, assistant: Assistant) -> None:
    talk = _read(path)
    person = Person(assistant, talk["channel"], talk["language"])
    before: list[str] = []
    for number, turn in enumerate(talk["turns"], 1):
        where = f"{path.name}, turn {number}: {turn.get('say') or turn.get('press')}"
        if "press" in turn:
            assert turn["press"] in person.titles, f"{where}: offered were {person.titles}"
            person.presses(turn["press"])
        else:
            person.says(turn["say"])
        said = person.heard
        holds(person, before)
        before.append(said)
        for words in turn.get("hears", ()):
            assert filled(words).lower() in said.lower(), f"{where}: {words!r} is not in\n{said}"
        for words in turn.get("never", ()):
            assert filled(words).lower() not in said.lower(), f"{where}: {words!r} is in\n{said}"
        for title in turn.get("buttons", ()):
            assert title in person.titles, f"{where}: {title!r} is not among {person.titles}"
        if "signals" in turn:
            assert person.answer.danger_signals == sorted(turn["signals"]), where
        if "intent" in turn:
            assert person.answer.intent == turn["intent"], where
        assert person.answer.language == turn.get("language", talk["language"]), f"{where}: language"


def test_the_language_check_can_see() -> None:
    """The control for the last check: the two languages are told apart."""
    assert guess_language("Which room could you stay out of?").code == "en"
    assert guess_language("¿Qué cuarto podrías evitar?").code == "es"
