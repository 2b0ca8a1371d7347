"""The danger questions: which one is next, and what a message answers. Pure functions; no words, no score.

The state is what a talk's slot `questions` holds:
    {"at": id or None, "opened_by": message id or None,
     "answers": {id: "yes" | "no" | "skipped" | "told"}}
Nothing is counted: one yes is reason enough to speak with an advocate, and no number of noes says
that there is no danger (facts: risk_facts).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.resources.places import plain
from bot.sentences import Question

YES_WORDS = frozenset("yes yeah yep yea yup si sip simon claro once sometimes aveces".split())
NO_WORDS = frozenset("no nope nah never nunca jamas tampoco not".split())
STOP_WORDS = frozenset("stop pause quit enough parar para pausa basta later luego".split())
NO_MORE = re.compile(
    r"\b(?:no more|stop (?:the|these|asking)|enough"
    r"|(?:don t|dont|do not) (?:want|wanna) (?:to )?(?:answer|keep|go on|do)"
    r"|ya basta|basta de|ya no (?:quiero|kiero|mas)|no (?:quiero|kiero) (?:contestar|seguir|responder|mas|ya)"
    r"|mejor (?:ya )?no|(?:parar?|deja) (?:las|de) (?:preguntas|preguntar))\b"
)
"""Asks for no further question; a talk of dying is not among it: that is read before."""
BY_INTENT = {
    "affirm": "yes",
    "deny": "no",
    "skip": "skipped",
    "unsure": "skipped",
    "go_back": "back",
    "repeat": "again",
}
URGENT = frozenset({"happening_now", "self_harm"})
URGENT_INTENTS = frozenset({"in_danger_now", "feel_suicidal", "exit_now"})
SURE = 0.5
SHORT = 4
LONGEST_STOP = 7


@dataclass
class Questions:
    """The questions of one talk."""

    order: Sequence[Question]
    state: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, order: Sequence[Question], slot: Mapping[str, Any] | None) -> Questions:
        """The state that a slot holds; answers to questions that are no more are left out."""
        known = {q.id for q in order}
        slot = slot or {}
        at = slot.get("at")
        return cls(
            order,
            {
                "at": at if at in known else None,
                "opened_by": slot.get("opened_by"),
                "answers": {q: a for q, a in (slot.get("answers") or {}).items() if q in known},
            },
        )

    @property
    def current(self) -> Question | None:
        """The question that waits for an answer."""
        return next((q for q in self.order if q.id == self.state["at"]), None)

    @property
    def position(self) -> tuple[int, int]:
        """The current question's number and how many there are."""
        assert self.current is not None
        return list(self.order).index(self.current) + 1, len(self.order)

    def open(self, message_id: str | None, heard: Iterable[str]) -> None:
        """Starts at the first question whose answer is not known; what was told before is not asked."""
        told = set(heard)
        for question in self.order:
            if question.signal in told:
                self.state["answers"][question.id] = "told"
        self.state |= {"opened_by": message_id, "at": None}
        self._next(0)

    def answer(self, value: str) -> None:
        """Takes "yes", "no" or "skipped", and goes on."""
        assert self.current is not None
        number, _ = self.position
        self.state["answers"][self.current.id] = value
        self._next(number)

    def back(self) -> None:
        """To the question before that was asked; stays at the first."""
        assert self.current is not None
        number, _ = self.position
        for question in reversed(list(self.order)[: number - 1]):
            if self.state["answers"].get(question.id) != "told":
                self.state["at"] = question.id
                return

    def any_sign(self) -> bool:
        """Whether one sign was told or answered with yes."""
        return bool({"yes", "told"} & set(self.state["answers"].values()))

    def _next(self, start: int) -> None:
        rest = list(self.order)[start:]
        self.state["at"] = next((q.id for q in rest if q.id not in self.state["answers"]), None)


def read(message: Mapping[str, Any], question: Question) -> str | None:
    """What it does: "yes", "no", "skipped", "back", "again", "stop"; None: it means another thing."""
    entities = message.get("entities") or ()
    button = next((str(e["value"]) for e in entities if e["entity"] == "choice"), None)
    if button is not None:
        return {"_yes": "yes", "_no": "no", "_stop": "stop"}.get(button)
    text = str(message.get("text") or "")
    words = plain(text).split()
    intent = message.get("intent") or {}
    name, sure = str(intent.get("name")), float(intent.get("confidence") or 0.0)
    signals = {str(e["value"]) for e in entities if e["entity"] == "danger_signal"}
    if "".join(words) in STOP_WORDS:
        return "stop"
    if signals & URGENT or (name in URGENT_INTENTS and sure >= SURE):
        return None  # "he's choking me right now" is no yes: help comes first
    if text.startswith("/") or not words:
        return BY_INTENT.get(name)
    no_more = NO_MORE.search(" ".join(words)) and len(words) <= LONGEST_STOP and name != "feel_suicidal"
    if no_more:
        return "stop"
    if question.signal in signals:
        return "yes"
    if words[0] in YES_WORDS or words[:2] in (["a", "veces"], ["i", "think"], ["creo", "que"]):
        return "yes"
    if words[0] in NO_WORDS and (len(words) <= SHORT or name == "deny"):
        return "no"
    return BY_INTENT.get(name) if sure >= SURE and len(words) <= SHORT else None
