"""Walks the safety plan: pure functions over a small state, no words, no transport.

The state is what a talk's slot `plan` holds:
    {"section": id or None, "step": id or None, "opened_by": message id or None, "note": str or None,
     "answers": {section id: {step id: {"choice": id} or {"own": text} or {"skipped": True}}}}
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.plan.facts import offered_order, unasked
from bot.sentences import Section, Step

LONGEST_OWN_WORDS = 280
"""Characters kept of an answer in the person's own words; a plan is read back on a small screen."""

Answer = Mapping[str, Any]


@dataclass
class Plan:
    """A person's plan while the talk lives."""

    sections: Mapping[str, Section]
    state: dict[str, Any]
    facts: frozenset[str] = frozenset()
    """What is known of the person (facts.py): it decides what is offered, and in which order."""

    @classmethod
    def of(
        cls,
        sections: Mapping[str, Section],
        slot: Mapping[str, Any] | None,
        facts: frozenset[str] = frozenset(),
    ) -> Plan:
        """The plan a slot holds, or an empty one; unknown sections and steps are left out."""
        state = copy.deepcopy(dict(slot or {}))
        for key, value in (("section", None), ("step", None), ("note", None), ("opened_by", None)):
            state.setdefault(key, value)
        known = {s: {step.id for step in section.steps} for s, section in sections.items()}
        state["answers"] = {
            section: {step: a for step, a in steps.items() if step in known[section]}
            for section, steps in state.get("answers", {}).items()
            if section in known
        }
        plan = cls(sections, state, facts)
        if plan.section is not None and plan.step is None and state["step"] is not None:
            plan._leave()
        return plan

    @property
    def section(self) -> Section | None:
        """The section under way."""
        return self.sections.get(self.state["section"] or "")

    @property
    def step(self) -> Step | None:
        """The step that waits for an answer."""
        if self.section is None:
            return None
        return next((s for s in self.section.steps if s.id == self.state["step"]), None)

    @property
    def position(self) -> tuple[int, int]:
        """The step's number and how many there are."""
        assert self.section is not None and self.step is not None
        return self.section.steps.index(self.step) + 1, len(self.section.steps)

    def open(self, section: str, message_id: str | None = None) -> None:
        """Starts a section, or goes on with it at its first unanswered step."""
        steps = self.sections[section].steps
        done = self.state["answers"].get(section, {})
        first = next((s for s in steps if s.id not in done), steps[0])
        self.state |= {"section": section, "step": first.id, "opened_by": message_id, "note": None}

    def answer(self, answer: Answer) -> None:
        """Puts the answer to the current step into the plan and goes to the next."""
        assert self.section is not None and self.step is not None
        note = "skipped" if answer.get("skipped") else "noted"
        given = self.state["answers"].setdefault(self.section.id, {})
        if not (answer.get("skipped") and self.step.id in given):
            given[self.step.id] = dict(answer)  # skipping keeps what was answered before
        self._go(+1)
        self.state["note"] = note

    def back(self) -> bool:
        """Goes to the step before. False when there is none."""
        moved = self.position[0] > 1
        if moved:
            self._go(-1)
        self.state["note"] = "back" if moved else "first"
        return moved

    def pause(self) -> None:
        """Stops for now; `section` and `step` stay, to go on later."""
        self.state["note"] = None

    def answered(self, section: str) -> Mapping[str, Answer]:
        """The answers of a section that are in the plan, skipped ones left out."""
        steps = self.state["answers"].get(section, {})
        return {step: a for step, a in steps.items() if not a.get("skipped")}

    def is_empty(self) -> bool:
        """True while nothing was answered."""
        return not any(self.answered(section) for section in self.state["answers"])

    def finished(self) -> list[str]:
        """Sections in which every step was answered or skipped."""
        answers = self.state["answers"]
        return [
            s for s in self.order() if all(step.id in answers.get(s, {}) for step in self.sections[s].steps)
        ]

    def remaining(self) -> list[str]:
        """Sections not finished, in the order they are offered."""
        finished = set(self.finished())
        return [s for s in self.order() if s not in finished]

    def is_whole(self) -> bool:
        """Whether every section that this person was to be offered unasked is finished."""
        return not unasked(self.facts) & set(self.remaining())

    def order(self) -> Sequence[str]:
        """The section ids that have content, in the order they are offered to this person."""
        return [s for s in offered_order(self.facts) if s in self.sections]

    def _go(self, by: int) -> None:
        assert self.section is not None and self.step is not None
        index = self.section.steps.index(self.step) + by
        if 0 <= index < len(self.section.steps):
            self.state["step"] = self.section.steps[index].id
        else:
            self.state["step"] = None

    def _leave(self) -> None:
        self.state |= {"section": None, "step": None}
