"""Picks the sentence for key, language and channel: Rasa's NLG hook over bot/content.

Nothing is generated. A key names an entry of the book; its placeholders are filled with
numbers from the directory's national lines, with values an action found (a place, a listing),
or with other entries. Buttons are named by reference and rendered here too, so that no room
but bot/content holds a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.logs import log
from bot.resources.lines import Line, UnknownPlaceholderError, number, read_lines
from bot.sentences import CHANNELS, LANGUAGES, PLACEHOLDER, Book, Button, Sentence, load_book

SAFE_LINE = "utter_safe_line"
AGAIN = ".again"
"""An entry of this name is said instead of saying the same thing twice in a row."""
BUBBLE_BREAK = "\n\n"
"""Rasa's own mark between the messages of one answer; the channels split on it."""

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Spoken:
    """A rendered answer: one text a bubble, and the buttons under the last."""

    bubbles: tuple[str, ...]
    buttons: tuple[dict[str, str], ...] = ()


class Speaker:
    """Renders entries of the book. Holds no talk."""

    def __init__(
        self,
        book: Book,
        lines: Mapping[str, Line],
        today: Callable[[], date] = date.today,
    ) -> None:
        self.book = book
        self.lines = lines
        self._today = today

    def speak(
        self,
        key: str,
        language: str,
        channel: str,
        params: Params | None = None,
        offer: Iterable[str] | None = None,
    ) -> Spoken:
        """The entry `key` with its placeholders filled.

        `offer` names the buttons; without it the entry's own are shown.

        Raises:
            KeyError: the book has no such entry, or a placeholder has no value.
        """
        sentence = self._sentence(key)
        form = sentence.forms[language][channel if channel in CHANNELS else "web"]
        bubbles = tuple(self.fill(text, language, channel, params or {}) for text in form)
        names = sentence.buttons if offer is None else tuple(offer)
        return Spoken(
            tuple(bubble for bubble in bubbles if bubble),
            tuple(self.button(name, language) for name in names),
        )

    def fill(self, text: str, language: str, channel: str, params: Params) -> str:
        """`text` with every {placeholder} replaced."""

        def value(match: Any) -> str:
            name = match.group(1)
            if name in params:
                return self._value(params[name], language, channel)
            return self._number(name, language, channel)

        return PLACEHOLDER.sub(value, text).strip()

    def button(self, name: str, language: str) -> dict[str, str]:
        """The button that a reference names, as {"title", "payload"}.

        References: an id of buttons.yml; "section:ID"; "choice:SECTION/STEP/CHOICE";
        "meaning:INTENT"; "literal:PAYLOAD VALUE:TITLE" for names of places, which are data.
        """
        kind, _, rest = name.partition(":")
        if kind == "section":
            section = self.book.sections[rest]
            return _button(section.titles[language], f'/make_safety_plan{{"choice":"section_{rest}"}}')
        if kind == "choice":
            titles, value = self._choice_titles(rest), rest.rpartition("/")[2]
            return _button(titles[language], f'/affirm{{"choice":"{value}"}}')
        if kind == "meaning":
            return _button(self.book.meanings[rest][language], f"/{rest}")
        if kind == "literal":
            value, _, title = rest.partition(":")
            return _button(title, f'/give_location{{"choice":"{value}"}}')
        button: Button = self.book.buttons[name]
        return _button(button.titles[language], button.payload)

    def page_words(self, language: str) -> dict[str, str]:
        """The words of the web page, numbers filled in."""
        return {key: self.fill(both[language], language, "web", {}) for key, both in self.book.page.items()}

    def first_choices(self, language: str) -> list[dict[str, str]]:
        """The buttons that stand on the page before the first message."""
        return list(self.speak("utter_greet", language, "web").buttons)

    def _sentence(self, key: str) -> Sentence:
        if "/" not in key:
            return self.book.sentences[key]
        section_id, _, part = key.partition("/")
        section = self.book.sections[section_id]
        if part in {"opening", "closing"}:
            return section.opening if part == "opening" else section.closing
        return next(step.ask for step in section.steps if step.id == part)

    def _choice_titles(self, ref: str) -> Mapping[str, str]:
        section, step, choice = ref.split("/")
        steps = {s.id: s for s in self.book.sections[section].steps}
        return next(c.titles for c in steps[step].choices if c.id == choice)

    def _value(self, value: Any, language: str, channel: str) -> str:
        if isinstance(value, list):
            return "\n".join(filter(None, (self._value(v, language, channel) for v in value)))
        if isinstance(value, Mapping):
            return self._nested(value, language, channel)
        return str(value)

    def _nested(self, value: Mapping[str, Any], language: str, channel: str) -> str:
        if "say" in value:
            inner = {k: v for k, v in value.items() if k != "say"}
            return BUBBLE_BREAK.join(self.speak(value["say"], language, channel, inner).bubbles)
        if "words" in value:
            return " ".join(self._value(word, language, channel) for word in value["words"])
        if "section" in value:
            return self.book.sections[value["section"]].titles[language]
        section, step_id = str(value["step"]).split("/")
        step = next(s for s in self.book.sections[section].steps if s.id == step_id)
        if "own" in value:
            return self.fill(step.own[language], language, channel, {"own": value["own"]})
        line = next(c.plan[language] for c in step.choices if c.id == value["choice"])
        return self.fill(line, language, channel, {})

    def _number(self, name: str, language: str, channel: str) -> str:
        digits, stale = number(self.lines, name, self._today())
        if stale is None:
            return digits
        checked = self.speak("utter_number_stale", language, channel, {"date": stale.isoformat()})
        return f"{digits} {checked.bubbles[0]}"


def _button(title: str, payload: str) -> dict[str, str]:
    return {"title": title, "payload": payload}


class Voice(NaturalLanguageGenerator):
    """Rasa's NLG hook: named in endpoints.yml by class path."""

    def __init__(
        self,
        endpoint_config: EndpointConfig | None = None,
        domain: Domain | None = None,
        speaker: Speaker | None = None,
    ) -> None:
        self.speaker = speaker or Speaker(load_book(), read_lines())

    async def generate(
        self,
        utter_action: str,
        tracker: DialogueStateTracker,
        output_channel: str,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """The message for a response key, in Rasa's form. Never raises: a person is waiting."""
        language = kwargs.get("in_language") or language_of(tracker)
        try:
            spoken = self._spoken(utter_action, language, output_channel, kwargs)
            again = f"{utter_action}{AGAIN}"
            if again in self.speaker.book.sentences and _was_last(as_message(spoken), tracker):
                spoken = self._spoken(again, language, output_channel, kwargs)
        except Exception as error:
            log("voice_failed", error=error, key=utter_action)
            spoken = self.speaker.speak(SAFE_LINE, language, output_channel)
        return as_message(spoken)

    def _spoken(self, key: str, language: str, channel: str, asked: Params) -> Spoken:
        return self.speaker.speak(
            key, language, channel, params=asked.get("params") or {}, offer=asked.get("offer")
        )


def _was_last(message: Params, tracker: DialogueStateTracker) -> bool:
    """Whether the person has just heard this very text."""
    last = next((e for e in reversed(tracker.events) if isinstance(e, BotUttered)), None)
    return last is not None and last.text == message.get("text")


def as_message(spoken: Spoken) -> dict[str, Any]:
    """A spoken answer in the form of Rasa's bot messages."""
    return {"text": BUBBLE_BREAK.join(spoken.bubbles), "buttons": list(spoken.buttons)}


def language_of(tracker: DialogueStateTracker) -> str:
    """The talk's language, English where none is known yet."""
    language = tracker.slots["language"].value if "language" in tracker.slots else None
    return language if language in LANGUAGES else "en"


__all__ = ["SAFE_LINE", "Speaker", "Spoken", "UnknownPlaceholderError", "Voice", "as_message"]
