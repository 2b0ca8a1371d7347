"""Checks everything the assistant can say against the rules in content_rules.yml.

`check` takes the book of bot/content and the national lines and returns what is wrong: words that
must not be said, lengths, digits, placeholders and buttons, reading grade, review marks.
Nothing here prints or writes, and nothing here is needed to answer a message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import smsutil
from smsutil.codecs import is_valid_gsm

from bot.channels.text_form import PLAIN
from bot.editing.numbers import SHORT_CODE, number_pattern
from bot.editing.rules import ANY, Finding, Rules, load_rules
from bot.resources.lines import Line
from bot.sentences import CHANNELS, LANGUAGES, PLACEHOLDER, STATUSES, Book, Section, Sentence
from bot.voice import BUBBLE_BREAK, Speaker

DANGER = "danger."
STEP_SETS = {"each step": None, "each first step": 1}
"""Values in content_rules.yml that stand for steps of the plan, and how many of each section."""
EACH_QUESTION = "each question"
"""Stands for the danger questions, one after the other."""

Grader = Callable[[str, str], float]
"""Gives a text's reading grade: (language, text) -> Flesch-Kincaid grade, or Fernandez-Huerta ease."""


@dataclass(frozen=True)
class _Label:
    """A short text outside the sentences: a title, a line of the plan, a word of the page."""

    file: str
    key: str
    words: Mapping[str, str]
    at_most: int | None
    params: Mapping[str, str]


def textstat_grader() -> Grader:
    """Grades by textstat.

    Each language has an instance of its own because a textstat instance holds one language; both
    count syllables by pyphen's own dictionaries, so nothing is downloaded.
    """
    from textstat.textstat import textstatistics

    english, spanish = textstatistics(), textstatistics()
    english.set_lang("en_US")
    spanish.set_lang("es")

    def grade(language: str, text: str) -> float:
        return float(
            english.flesch_kincaid_grade(text) if language == "en" else spanish.fernandez_huerta(text)
        )

    return grade


def check(
    book: Book, lines: Mapping[str, Line], rules: Rules | None = None, grader: Grader | None = None
) -> list[Finding]:
    """Everything in the book that breaks a rule, sorted. Without a grader no text is graded."""
    checker = _Checker(book, lines, rules or load_rules(), grader)
    found: set[Finding] = set()
    for sentence in book.everything():
        found.update(checker.sentence(sentence))
    for label in _labels(book, checker.rules):
        found.update(checker.label(label))
    for section in book.sections.values():
        found.update(checker.plan_lines(section))
    return sorted(found)


class _Checker:
    """One run over one book."""

    def __init__(self, book: Book, lines: Mapping[str, Line], rules: Rules, grader: Grader | None) -> None:
        self.rules = rules
        self._book = book
        self._grader = grader
        # A day on which every number still counts as checked: what a stale number adds is no
        # fault of the sentence.
        self._speaker = Speaker(book, lines, today=lambda: date.min)
        # A line's chat is an address, and no address is said.
        self._known = {
            f"{line.id}.{mode}" for line in lines.values() for mode in line.modes if mode != "chat"
        }
        self._numbers = number_pattern(lines, SHORT_CODE)

    def sentence(self, sentence: Sentence) -> Iterator[Finding]:
        """What is wrong with an entry."""
        yield from _missing(sentence)
        yield from self._review(sentence)
        yield from self._buttons(sentence)
        params = {name for sample in self.rules.values.get(sentence.key, ()) for name in sample}
        for language, channel, bubbles in _spoken(sentence):
            for text in bubbles:
                unknown = list(self._placeholders(text, params))
                reasons = [*self._words(language, text), *unknown]
                if not unknown and sentence.key not in self.rules.unmeasured:
                    reasons += self._lengths(sentence.key, language, channel, text)
                for reason in reasons:
                    yield Finding(sentence.file, sentence.key, language, channel, reason)
            for reason in self._grade(language, " ".join(bubbles)):
                yield Finding(sentence.file, sentence.key, language, channel, reason)

    def label(self, label: _Label) -> Iterator[Finding]:
        """What is wrong with a short text."""
        for language in LANGUAGES:
            text = label.words.get(language, "")
            for reason in self._label_reasons(label, language, text) if text else ["missing"]:
                yield Finding(label.file, label.key, language, ANY, reason)

    def plan_lines(self, section: Section) -> Iterator[Finding]:
        """What is wrong with the grade of the lines a section leaves in the plan.

        They are graded a step at a time: a single line is too short for a fair grade.
        """
        for step in section.steps:
            for language in LANGUAGES:
                together = " ".join(choice.plan.get(language, "") for choice in step.choices)
                for reason in self._grade(language, together):
                    yield Finding(section.opening.file, f"{section.id}/{step.id} plan", language, ANY, reason)

    def _label_reasons(self, label: _Label, language: str, text: str) -> Iterator[str]:
        yield from self._words(language, text)
        unknown = list(self._placeholders(text, label.params))
        yield from unknown
        yield from (f"{{{name}}} is missing" for name in label.params if f"{{{name}}}" not in text)
        if label.at_most is None:
            yield from self._grade(language, text)
        elif not unknown:
            length = len(self._speaker.fill(text, language, "web", label.params))
            if length > label.at_most:
                yield f"{length} characters, at most {label.at_most}"

    def _words(self, language: str, text: str) -> Iterator[str]:
        """Words, marks and digits that must not stand in a text."""
        for rule in self.rules.forbidden:
            hit = rule.pattern.search(text) if language in rule.languages else None
            if hit:
                yield f'"{hit.group().strip()}" ({rule.id}): {rule.reason}'
        # Placeholders are taken out first: a line may have digits in its name.
        for number in self._numbers.findall(PLACEHOLDER.sub("", text)):
            yield f'"{number}" looks like a number to call or text; numbers come by placeholders only'
        if text.count("?") > self.rules.limits["questions"]:
            yield f"{text.count('?')} question marks, at most {self.rules.limits['questions']} a bubble"

    def _placeholders(self, text: str, params: Iterable[str]) -> Iterator[str]:
        known = {*self._known, *params}
        for name in PLACEHOLDER.findall(text):
            if name not in known:
                yield f"unknown placeholder {{{name}}}"
        # What only looks like a placeholder would be said as it stands.
        if re.search(r"[{}]", PLACEHOLDER.sub("", text)):
            yield "a brace outside a placeholder"

    def _lengths(self, key: str, language: str, channel: str, text: str) -> Iterator[str]:
        """Lengths as they are shown or sent, with every placeholder filled."""
        for about, params in self._samples(key):
            try:
                filled = self._speaker.fill(text, language, channel, params)
            except KeyError as error:
                yield f"cannot be filled: no {error}{about}"
                continue
            for bubble in filled.split(BUBBLE_BREAK):
                measured = self._web(bubble) if channel == "web" else self._text_message(key, bubble)
                yield from (reason + about for reason in measured)

    def _web(self, bubble: str) -> Iterator[str]:
        if len(bubble) > self.rules.limits["web"]:
            yield f"{len(bubble)} characters, at most {self.rules.limits['web']} a bubble"

    def _text_message(self, key: str, bubble: str) -> Iterator[str]:
        sent = bubble.translate(PLAIN)
        strange = sorted({letter for letter in sent if not is_valid_gsm(letter)})
        if strange:
            yield f"not in GSM-7: {' '.join(strange)}"
        segments = len(smsutil.split(sent).parts)
        most = self.rules.limits["danger_segments" if key.startswith(DANGER) else "sms_segments"]
        if segments > most:
            yield f"{segments} segments ({len(sent)} characters), at most {most}"

    def _samples(self, key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Sets of values to fill an entry with, and what to say of the set in a finding."""
        for sample in self.rules.values.get(key, ({},)):
            yield from self._of_questions(sample)
            if EACH_QUESTION in sample.values():
                continue
            steps = [name for name, value in sample.items() if isinstance(value, str) and value in STEP_SETS]
            if not steps:
                yield "", sample
            for name in steps:
                for section in self._book.sections.values():
                    for step in section.steps[: STEP_SETS[sample[name]]]:
                        note = sample.get("note", {}).get("say")
                        about = f" ({step.ask.key}{f' after {note}' if note else ''})"
                        yield about, {**sample, name: {"say": step.ask.key}}

    def _of_questions(self, sample: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for name in (name for name, value in sample.items() if value == EACH_QUESTION):
            for question in self._book.questions:
                yield f" ({question.ask})", {**sample, name: {"say": question.ask}}

    def _grade(self, language: str, text: str) -> Iterator[str]:
        # A number stands as one short word: it is dialled and not read.
        plain = PLACEHOLDER.sub("X", text)
        if self._grader is None or len(plain.split()) < self.rules.limits["words_to_grade"]:
            return
        grade = self._grader(language, plain)
        if language == "en" and grade > self.rules.limits["grade_en"]:
            yield f"reading grade {grade}, at most {self.rules.limits['grade_en']}"
        if language == "es" and grade < self.rules.limits["ease_es"]:
            yield f"reading ease {grade}, at least {self.rules.limits['ease_es']}"

    def _buttons(self, sentence: Sentence) -> Iterator[Finding]:
        for name in sentence.buttons:
            if name not in self._book.buttons:
                yield Finding(sentence.file, sentence.key, ANY, ANY, f"unknown button {name}")
        if len(sentence.buttons) > self.rules.limits["buttons"]:
            reason = f"{len(sentence.buttons)} buttons, at most {self.rules.limits['buttons']}"
            yield Finding(sentence.file, sentence.key, ANY, ANY, reason)

    def _review(self, sentence: Sentence) -> Iterator[Finding]:
        """A section's opening and closing are reviewed with its steps and have no mark of their own."""
        section, _, part = sentence.key.partition("/")
        if section in self._book.sections and part in {"opening", "closing"}:
            return
        review, reasons = sentence.review, []
        if review is None:
            reasons = ["no source and no status"]
        else:
            if not review.source.strip():
                reasons.append("no source")
            if review.status not in STATUSES:
                reasons.append(f"unknown status {review.status}")
            if review.status == "reviewed" and not (review.reviewed_by and review.reviewed_on):
                reasons.append("reviewed, but not by whom and when")
        for reason in reasons:
            yield Finding(sentence.file, sentence.key, ANY, ANY, reason)


def _missing(sentence: Sentence) -> Iterator[Finding]:
    for language in LANGUAGES:
        for channel in CHANNELS:
            bubbles = sentence.forms.get(language, {}).get(channel, ())
            if not bubbles or not all(bubbles):
                yield Finding(sentence.file, sentence.key, language, channel, "missing")


def _spoken(sentence: Sentence) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for language in LANGUAGES:
        for channel in CHANNELS:
            yield language, channel, sentence.forms.get(language, {}).get(channel, ())


def _labels(book: Book, rules: Rules) -> Iterator[_Label]:
    """Every text that is no sentence."""
    title, meaning, line = (rules.limits[name] for name in ("title", "meaning", "plan_line"))
    for key, button in book.buttons.items():
        yield _Label("buttons.yml", key, button.titles, title, {})
    for key, both in book.meanings.items():
        yield _Label("meanings.yml", key, both, meaning, {})
    for key, both in book.page.items():
        yield _Label("page.yml", key, both, None, {})
    for section in book.sections.values():
        file = section.opening.file
        yield _Label(file, section.id, section.titles, title, {})
        for step in section.steps:
            key = f"{section.id}/{step.id}"
            # The person's own words have a limit of their own; here the frame around them counts.
            yield _Label(file, f"{key} own", step.own, line, {"own": ""})
            for choice in step.choices:
                yield _Label(file, f"{key}/{choice.id}", choice.titles, title, {})
                yield _Label(file, f"{key}/{choice.id} plan", choice.plan, line, {})
