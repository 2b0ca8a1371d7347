"""The book of everything the assistant can say, read from bot/content.

The only place for sentences is bot/content; this module gives them a typed shape and refuses
a file that is incomplete, so that a mistake is found at start and not by a person in danger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

CONTENT_DIR = Path(__file__).parent / "content"
LANGUAGES = ("en", "es")
CHANNELS = ("web", "sms")
STATUSES = ("draft", "reviewed")
PLACEHOLDER = re.compile(r"\{([a-z0-9_.]+)\}")


class ContentError(ValueError):
    """A content file cannot be used. The message names file, entry and reason."""


@dataclass(frozen=True)
class Review:
    """Where a sentence comes from and which advocate stands for it."""

    source: str
    status: str
    reviewed_by: str | None
    reviewed_on: date | None


@dataclass(frozen=True)
class Sentence:
    """What is said under one key: forms[language][channel] is a tuple of bubbles or texts."""

    key: str
    file: str
    forms: Mapping[str, Mapping[str, tuple[str, ...]]]
    buttons: tuple[str, ...] = ()
    used: str = ""
    review: Review | None = None


@dataclass(frozen=True)
class Button:
    """A button: its title in each language and the payload that pressing it sends."""

    titles: Mapping[str, str]
    payload: str


@dataclass(frozen=True)
class Choice:
    """A ready answer to a plan step, and the line it leaves in the plan."""

    id: str
    titles: Mapping[str, str]
    plan: Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """One step of a plan section. `own` frames an answer in the person's own words."""

    id: str
    ask: Sentence
    own: Mapping[str, str]
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Section:
    """One part of the safety plan."""

    id: str
    titles: Mapping[str, str]
    intents: tuple[str, ...]
    opening: Sentence
    closing: Sentence
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Question:
    """One of the danger questions: the keys of what is asked and of what a yes gets, and the signal it is.

    Without a signal nothing told before stands for its answer.
    """

    id: str
    ask: str
    yes: str
    signal: str | None


@dataclass(frozen=True)
class Book:
    """All content. Keys are those of bot/content."""

    sentences: Mapping[str, Sentence]
    buttons: Mapping[str, Button]
    sections: Mapping[str, Section]
    meanings: Mapping[str, Mapping[str, str]]
    page: Mapping[str, Mapping[str, str]]
    questions: tuple[Question, ...] = ()

    def everything(self) -> Iterator[Sentence]:
        """Every sentence, those of the plan's steps too."""
        yield from self.sentences.values()
        for section in self.sections.values():
            yield section.opening
            yield section.closing
            yield from (step.ask for step in section.steps)


def load_book(directory: Path = CONTENT_DIR) -> Book:
    """Reads every content file.

    Raises:
        ContentError: a file is not YAML, misses a language or a channel, or repeats a key.
    """
    sentences: dict[str, Sentence] = {}
    buttons: dict[str, Button] = {}
    sections: dict[str, Section] = {}
    meanings: dict[str, Mapping[str, str]] = {}
    page: dict[str, Mapping[str, str]] = {}
    questions: list[Question] = []
    for path in sorted(directory.glob("*.yml")):
        data = _read(path)
        where = path.name
        for key, raw in data.get("sentences", {}).items():
            _once(sentences, key, where)
            sentences[key] = _sentence(key, raw, where)
        for key, raw in data.get("buttons", {}).items():
            _once(buttons, key, where)
            buttons[key] = Button(_both(raw, f"{where}: {key}"), str(raw["payload"]))
        for key, raw in data.get("sections", {}).items():
            _once(sections, key, where)
            sections[key] = _section(key, raw, where)
        for key, raw in data.get("meanings", {}).items():
            meanings[key] = _both(raw, f"{where}: {key}")
        for key, raw in data.get("page", {}).items():
            page[key] = _both(raw, f"{where}: {key}")
        for raw in data.get("questions", ()):
            questions.append(_question(raw, where, sentences))
    if not sentences:
        raise ContentError(f"no content found in {directory.name}/")
    return Book(sentences, buttons, sections, meanings, page, tuple(questions))


class _UniqueKeys(yaml.SafeLoader):
    """YAML takes the last of two equal keys in silence; an advocate's edit would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key_node, _ in node.value:
            key = str(key_node.value)
            if key in seen:
                line = key_node.start_mark.line + 1
                raise ContentError(f"line {line}: {key} stands twice")
            seen.add(key)
        return super().construct_mapping(node, deep)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)  # noqa: S506
    except (yaml.YAMLError, ContentError, UnicodeDecodeError) as error:
        raise ContentError(f"{path.name}: {error}") from None
    if not isinstance(data, dict):
        raise ContentError(f"{path.name}: not a content file")
    return data


def _once(known: Mapping[str, object], key: str, where: str) -> None:
    if key in known:
        raise ContentError(f"{where}: {key} stands in another file already")


def _both(raw: Mapping[str, Any], where: str) -> dict[str, str]:
    for language in LANGUAGES:
        if not str(raw.get(language) or "").strip():
            raise ContentError(f"{where}: {language} is missing")
    return {language: str(raw[language]).strip() for language in LANGUAGES}


def _forms(raw: Mapping[str, Any], where: str) -> dict[str, dict[str, tuple[str, ...]]]:
    forms: dict[str, dict[str, tuple[str, ...]]] = {}
    for language in LANGUAGES:
        words = raw.get(language)
        if not isinstance(words, dict) or not words.get("web"):
            raise ContentError(f"{where}: {language} web is missing")
        web = _bubbles(words["web"])
        # One text may serve both channels where it fits both.
        forms[language] = {"web": web, "sms": _bubbles(words.get("sms") or words["web"])}
    return forms


def _bubbles(raw: str | list[str]) -> tuple[str, ...]:
    parts = raw if isinstance(raw, list) else [raw]
    return tuple(str(part).strip() for part in parts)


def _review(raw: Mapping[str, Any], where: str) -> Review:
    status = raw.get("status")
    if status not in STATUSES:
        raise ContentError(f"{where}: status must be one of {', '.join(STATUSES)}")
    if status == "reviewed" and not (raw.get("reviewed_by") and raw.get("reviewed_on")):
        raise ContentError(f"{where}: reviewed, but not by whom and when")
    if not raw.get("source"):
        raise ContentError(f"{where}: source is missing")
    return Review(str(raw["source"]), status, raw.get("reviewed_by"), raw.get("reviewed_on"))


def _sentence(key: str, raw: Mapping[str, Any], file: str) -> Sentence:
    where = f"{file}: {key}"
    return Sentence(
        key=key,
        file=file,
        forms=_forms(raw, where),
        buttons=tuple(raw.get("buttons") or ()),
        used=str(raw.get("used", "")),
        review=_review(raw, where),
    )


def _section(key: str, raw: Mapping[str, Any], file: str) -> Section:
    where = f"{file}: {key}"
    steps = tuple(_step(key, step, file) for step in raw["steps"])
    if len({step.id for step in steps}) != len(steps):
        raise ContentError(f"{where}: a step stands twice")
    return Section(
        id=key,
        titles=_both(raw["title"], where),
        intents=tuple(raw["intents"]),
        opening=Sentence(f"{key}/opening", file, _forms(raw["opening"], f"{where} opening")),
        closing=Sentence(f"{key}/closing", file, _forms(raw["closing"], f"{where} closing")),
        steps=steps,
    )


def _step(section: str, raw: Mapping[str, Any], file: str) -> Step:
    key = f"{section}/{raw['id']}"
    where = f"{file}: {key}"
    choices = tuple(
        Choice(c["id"], _both(c["title"], f"{where} {c['id']}"), _both(c["plan"], f"{where} {c['id']}"))
        for c in raw["choices"]
    )
    ask = Sentence(key, file, _forms(raw["ask"], where), review=_review(raw, where))
    return Step(str(raw["id"]), ask, _both(raw["own"], f"{where} own"), choices)


def _question(raw: Mapping[str, Any], file: str, sentences: dict[str, Sentence]) -> Question:
    """Puts what is asked and what a yes gets among the sentences, under keys of their own."""
    key = f"question.{raw['id']}"
    question = Question(str(raw["id"]), key, f"{key}.yes", raw["signal"])
    for key, part in ((question.ask, "ask"), (question.yes, "yes")):
        _once(sentences, key, file)
        where = f"{file}: {key}"
        sentences[key] = Sentence(key, file, _forms(raw[part], where), review=_review(raw, where))
    return question
