"""The safety plan: its sections walked in every way, and what counts as an answer to a step."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import yaml
from conftest import ROOT, Person
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.actions.planning import more_sections, offered_sections
from bot.plan.answers import read_answer
from bot.plan.engine import LONGEST_OWN_WORDS, Plan
from bot.plan.facts import SECTIONS as SECTIONS_FILE
from bot.plan.facts import known_facts, offered_order, places, section_order, unasked
from bot.sentences import Section, Step, load_book

SECTIONS: Mapping[str, Section] = load_book().sections
NAMES = sorted(SECTIONS)
HOME = SECTIONS["home"]


def new_plan() -> Plan:
    return Plan.of(SECTIONS, None)


def message(text: str, intent: str, sure: float = 0.9, choice: str | None = None) -> dict[str, Any]:
    """A message as Rasa's tracker has it."""
    entities = [{"entity": "choice", "value": choice}] if choice else []
    return {"text": text, "intent": {"name": intent, "confidence": sure}, "entities": entities}


def by_button(step: Step, number: int = 0) -> dict[str, Any]:
    choice = step.choices[number].id
    return message(f'/affirm{{"choice":"{choice}"}}', "affirm", 1.0, choice)


def by_own_words(step: Step) -> dict[str, Any]:
    return message("my neighbor two doors down", "out_of_scope", 0.3)


def by_skip(step: Step) -> dict[str, Any]:
    return message("/skip", "skip", 1.0)


def read(said: Mapping[str, Any], step: Step, section: Section = HOME) -> dict[str, Any] | None:
    return read_answer(said, step, section.intents)


# --- the engine


def test_every_section_is_in_the_order() -> None:
    assert sorted(section_order()) == NAMES
    assert len(set(section_order())) == len(section_order())
    assert sorted(new_plan().remaining()) == NAMES, "every section can be reached by everybody"


def test_what_is_known_decides_what_is_offered_first() -> None:
    nothing, mother = known_facts({}, []), known_facts({"child": ["my kids"], "pet": ["the dog"]}, [])
    assert offered_order(nothing)[:4] == ["home", "leaving", "contacts", "packing"]
    assert offered_order(mother)[:2] == ["children", "pets"]
    assert "children" not in unasked(nothing) and "children" in unasked(mother)
    assert offered_order(nothing).index("children") > offered_order(nothing).index("housing")


def test_after_leaving_the_home_shared_before_comes_last_of_what_fits() -> None:
    order = offered_order(known_facts({}, ["separation"]))
    assert order[:2] == ["after", "court"] and order.index("home") > order.index("contacts")


@pytest.mark.parametrize(
    ("wishes", "signals", "section"),
    [
        ({"community": ["teen"]}, [], "teens"),
        ({"community": ["deaf"]}, [], "disability"),
        ({"community": ["trans"]}, [], "lgbtq"),
        ({"community": ["military"]}, [], "military"),
        ({}, ["pregnant"], "pregnancy"),
        ({}, ["forced_sex"], "care"),
        ({}, ["child_harm"], "children"),
    ],
)
def test_each_fact_brings_its_section(wishes: dict[str, list[str]], signals: list[str], section: str) -> None:
    assert offered_order(known_facts(wishes, signals))[0] == section


def test_every_condition_of_a_section_can_be_known() -> None:
    data = yaml.safe_load(SECTIONS_FILE.read_text(encoding="utf-8"))
    people = (ROOT / "bot/understanding/data/people_and_needs.yml").read_text(encoding="utf-8")
    known = {*data["facts"], *yaml.safe_load(people)["community"]}
    wanted = {fact for place in places() for fact in place.when | place.later_when}
    assert wanted <= known, wanted - known


def test_a_plan_is_whole_without_what_concerns_others() -> None:
    plan = new_plan()
    for name in section_order():
        if name in unasked(frozenset()):
            assert not plan.is_whole()
            plan.open(name)
            while plan.step is not None:
                plan.answer({"skipped": True})
    assert plan.is_whole() and "military" in plan.remaining()


@pytest.mark.parametrize(
    ("way", "kind"),
    [(by_button, "choice"), (by_own_words, "own"), (by_skip, "skipped")],
    ids=["choices", "own words", "skips"],
)
@pytest.mark.parametrize("name", NAMES)
def test_a_section_is_walked_to_its_end(name: str, way: Callable[[Step], dict[str, Any]], kind: str) -> None:
    plan, section = new_plan(), SECTIONS[name]
    plan.open(name)
    met = []
    for number, step in enumerate(section.steps, 1):
        assert plan.step == step and plan.position == (number, len(section.steps))
        assert name not in plan.finished()
        answer = read(way(step), step, section)
        assert answer is not None and kind in answer
        plan.answer(answer)
        met.append(step.id)
    assert plan.step is None
    assert plan.finished() == [name] and name not in plan.remaining()
    assert list(plan.state["answers"][name]) == met
    kept = plan.answered(name)
    assert list(kept) == ([] if kind == "skipped" else met)
    assert plan.is_empty() is (kind == "skipped")


@pytest.mark.parametrize("name", NAMES)
def test_every_choice_of_every_step_is_an_answer(name: str) -> None:
    section = SECTIONS[name]
    for step in section.steps:
        assert step.choices
        for number, choice in enumerate(step.choices):
            assert read(by_button(step, number), step, section) == {"choice": choice.id}


def test_all_sections_together_make_a_whole_plan() -> None:
    plan = new_plan()
    for name in section_order():
        plan.open(name)
        while plan.step is not None:
            plan.answer({"choice": plan.step.choices[0].id})
    assert plan.remaining() == [] and sorted(plan.finished()) == NAMES
    assert not plan.is_empty()


def test_back_goes_one_step_back_and_not_before_the_first() -> None:
    plan = new_plan()
    plan.open("home")
    assert plan.back() is False
    assert plan.step == HOME.steps[0] and plan.state["note"] == "first"
    plan.answer({"own": "one"})
    assert plan.back() is True
    assert plan.step == HOME.steps[0] and plan.state["note"] == "back"


def test_a_changed_answer_replaces_the_old_one() -> None:
    plan = new_plan()
    plan.open("home")
    plan.answer({"own": "the kitchen"})
    plan.back()
    plan.answer({"own": "the bathroom"})
    assert plan.answered("home") == {HOME.steps[0].id: {"own": "the bathroom"}}
    assert plan.step == HOME.steps[1]


def test_a_skip_keeps_what_was_answered_before() -> None:
    plan = new_plan()
    plan.open("home")
    plan.answer({"own": "the kitchen"})
    plan.back()
    plan.answer({"skipped": True})
    assert plan.answered("home") == {HOME.steps[0].id: {"own": "the kitchen"}}
    assert plan.step == HOME.steps[1]


def test_an_answer_replaces_a_skip() -> None:
    plan = new_plan()
    plan.open("home")
    plan.answer({"skipped": True})
    assert plan.is_empty()
    plan.back()
    plan.answer({"own": "the kitchen"})
    assert plan.answered("home") == {HOME.steps[0].id: {"own": "the kitchen"}}


def test_after_a_pause_the_same_step_waits() -> None:
    plan = new_plan()
    plan.open("home")
    plan.answer({"own": "the kitchen"})
    plan.pause()
    later = Plan.of(SECTIONS, json.loads(json.dumps(plan.state)))
    assert later.section == HOME and later.step == HOME.steps[1]
    later.answer({"own": "the back door"})
    assert list(later.answered("home")) == [HOME.steps[0].id, HOME.steps[1].id]


def test_opening_again_goes_on_at_the_first_open_step() -> None:
    plan = new_plan()
    plan.open("home")
    plan.answer({"own": "the kitchen"})
    plan.answer({"skipped": True})
    plan.open("pets")
    assert plan.step == SECTIONS["pets"].steps[0]
    plan.open("home")
    assert plan.step == HOME.steps[2]


def test_opening_a_finished_section_starts_it_over_and_keeps_its_answers() -> None:
    plan = new_plan()
    plan.open("pets")
    while plan.step is not None:
        plan.answer({"own": "the dog"})
    before = copy.deepcopy(plan.answered("pets"))
    plan.open("pets")
    assert plan.step == SECTIONS["pets"].steps[0] and plan.answered("pets") == before


@pytest.mark.parametrize(
    "state",
    [
        None,
        {},
        {"section": "gone", "step": "gone"},
        {"section": "home", "step": "gone"},
        {"section": None, "step": "gone"},
        {"answers": {"gone": {"gone": {"own": "x"}}}},
        {"answers": {"home": {f"gone{n}": {"own": "x"} for n in range(20)}}},
        {"answers": {"gone": {"gone": {"own": "x"}}}, "section": "gone", "step": "gone"},
    ],
)
def test_what_the_plan_does_not_know_is_left_out(state: dict[str, Any] | None) -> None:
    given_state = copy.deepcopy(state)
    plan = Plan.of(SECTIONS, state)
    assert state == given_state  # the slot's own value is not touched
    assert plan.step is None
    assert plan.is_empty()
    assert plan.finished() == [] and sorted(plan.remaining()) == NAMES
    plan.open("home")
    assert plan.step == HOME.steps[0]


ACTS = st.one_of(
    st.tuples(st.just("open"), st.sampled_from(NAMES)),
    st.tuples(st.just("choose"), st.integers(0, 9)),
    st.tuples(st.just("own"), st.text(min_size=1, max_size=20)),
    st.tuples(st.sampled_from(["skip", "back", "pause", "sleep"]), st.none()),
)


def act(plan: Plan, kind: str, value: Any) -> tuple[Plan, dict[str, Any] | None]:
    """Does one thing a person can do; gives the answer that was given by it, if one was."""
    if kind == "open":
        plan.open(value)
    elif kind == "sleep":
        plan = Plan.of(SECTIONS, json.loads(json.dumps(plan.state)))
    elif kind == "pause":
        plan.pause()
    elif plan.step is not None and kind == "back":
        plan.back()
    elif plan.step is not None:
        step = plan.step
        answer = {"skip": {"skipped": True}, "own": {"own": value}}.get(kind)
        if answer is None:
            answer = {"choice": step.choices[value % len(step.choices)].id}
        plan.answer(answer)
        return plan, answer
    return plan, None


@given(st.lists(ACTS, max_size=60))
@settings(max_examples=300, deadline=None)
def test_whatever_a_person_does_no_answer_is_lost(acts: list[tuple[str, Any]]) -> None:
    plan = new_plan()
    wanted: dict[str, dict[str, Any]] = {}
    for kind, value in acts:
        where = (plan.state["section"], plan.state["step"])
        plan, answer = act(plan, kind, value)
        if answer and not answer.get("skipped"):
            wanted.setdefault(str(where[0]), {})[str(where[1])] = answer
        if plan.state["step"] is not None:
            assert plan.section is not None and plan.step in plan.section.steps
            number, total = plan.position
            assert 1 <= number <= total
        assert {name: plan.answered(name) for name in wanted} == wanted
        assert plan.is_empty() is (not wanted)
        assert sorted(plan.finished() + plan.remaining()) == NAMES
        for name, given_answers in plan.state["answers"].items():
            assert set(given_answers) <= {step.id for step in SECTIONS[name].steps}
        assert json.loads(json.dumps(plan.state)) == plan.state


# --- what counts as an answer

STEP = HOME.steps[1]
SECTION_INTENT = HOME.intents[0]


def test_a_button_of_another_step_is_no_answer() -> None:
    ours = {choice.id for choice in STEP.choices}
    other = next(c for s in SECTIONS.values() for t in s.steps for c in t.choices if c.id not in ours)
    assert read(message(f'/affirm{{"choice":"{other.id}"}}', "affirm", 1.0, other.id), STEP) is None
    assert read(message('/affirm{"choice":"_stop"}', "affirm", 1.0, "_stop"), STEP) == {"stop": True}


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        (message("/skip", "skip", 1.0), {"skipped": True}),
        (message("skip", "skip"), {"skipped": True}),
        (message("i'd rather not say", "skip"), {"skipped": True}),
        (message("no", "deny"), {"skipped": True}),
        (message("no sé", "unsure"), {"skipped": True}),
        (message("/go_back", "go_back", 1.0), {"back": True}),
        (message("atrás", "go_back"), {"back": True}),
        (message("what?", "repeat"), {"again": True}),
        (message("otra vez", "repeat"), {"again": True}),
        (message("ok", "affirm"), {"again": True}),
    ],
)
def test_words_that_steer(said: dict[str, Any], answer: dict[str, Any]) -> None:
    assert read(said, STEP) == answer


@pytest.mark.parametrize(
    "said",
    [
        message("my sister", "plan_contacts", 0.6),
        message("the window in the back", "plan_leaving", 0.6),
        message("police", "ask_police", 0.6),
        message("he hits the walls", "disclose_physical_abuse", 0.9),
        message("no quiero decirle a nadie mas que a mi hermana", "deny", 0.9),
        message("yes the spare keys are with her", "affirm", 0.9),
        message("the closet", "nlu_fallback", 0.9),
        message("gibberish asdf", "out_of_scope", 0.99),
        message("in the kitchen, near the door", SECTION_INTENT, 0.99),
        message("i want to die of shame", "feel_suicidal", 0.3),
        message("he is at the door a lot", "in_danger_now", 0.3),
        message("maybe the shelter downtown", "find_shelter", 0.4),
    ],
)
def test_own_words_are_an_answer(said: dict[str, Any]) -> None:
    assert read(said, STEP) == {"own": said["text"]}


def test_own_words_are_kept_to_a_length() -> None:
    answer = read(message("  " + "word " * 300, "out_of_scope", 0.2), STEP)
    assert answer is not None
    assert len(answer["own"]) == LONGEST_OWN_WORDS and answer["own"].startswith("word word")


@pytest.mark.parametrize(
    "said",
    [
        message("is there a shelter in Tacoma", "find_shelter", 0.6),
        message("what is a protection order", "ask_protection_order", 0.6),
        message("qué es una orden de protección", "ask_protection_order", 0.6),
        message("i need a shelter tonight", "find_shelter", 0.6),
        message("can he find out i was here", "ask_privacy", 0.6),
        message("and the dog?", "out_of_scope", 0.3),
        message("do you keep this?", "nlu_fallback", 0.3),
        message("let me talk to a real person", "talk_to_person", 0.7),
        message("erase all of this please", "delete_everything", 0.8),
        message("show me my plan", "show_plan", 0.7),
        message("what should i pack", "plan_packing", 0.9),
        message("he threw me against the wall last night again", "disclose_physical_abuse", 0.8),
        message("ayer me aventó contra la pared otra vez", "disclose_physical_abuse", 0.8),
        message("i am so scared i cannot think", "feel_overwhelmed", 0.8),
    ],
)
def test_questions_requests_and_disclosures_are_no_answer(said: dict[str, Any]) -> None:
    assert read(said, STEP) is None


@pytest.mark.parametrize("intent", ["in_danger_now", "exit_now", "feel_suicidal"])
@pytest.mark.parametrize("text", ["now", "he is here", "a much longer message with many words in it"])
def test_danger_is_never_an_answer(intent: str, text: str) -> None:
    assert read(message(text, intent, 0.8), STEP) is None
    assert read(message(f"/{intent}", intent, 1.0), STEP) is None


@pytest.mark.parametrize("said", [message("", "greet"), message("   ", "greet"), {}, {"text": None}])
def test_nothing_said_is_no_answer(said: dict[str, Any]) -> None:
    assert read(said, STEP) is None


@pytest.mark.parametrize(
    "text",
    [
        "do i have to shower or not",
        "what if the lift breaks",
        "will it show on the bill",
        "puedo llevar a mi perro",
    ],
)
def test_a_question_without_its_mark_is_no_answer(text: str) -> None:
    assert read(message(text, "out_of_scope", 0.3), STEP) is None


@pytest.mark.parametrize(
    "text", ["when he goes quiet", "como a las tres", "what my sister gave me", "where the dogs sleep"]
)
def test_an_answer_that_begins_like_a_question_is_an_answer(text: str) -> None:
    assert read(message(text, "out_of_scope", 0.3), STEP) == {"own": text}


def test_harm_told_in_a_step_is_not_written_into_the_plan() -> None:
    assert read(message("he hit me again last night", "disclose_physical_abuse", 0.8), STEP) is None
    told = message("i cant do this", "feel_overwhelmed", 0.4)
    told["entities"] = [{"entity": "danger_signal", "value": "self_harm", "confidence_entity": 0.7}]
    assert read(told, STEP) is None
    # In the very part that asks for it too: a wish to die is not a line of a plan.
    wish = message("i want to die", "plan_emotional", 0.9)
    wish["entities"] = [{"entity": "danger_signal", "value": "self_harm", "confidence_entity": 1.0}]
    assert read(wish, STEP, SECTIONS["feelings"]) is None


def test_more_parts_leave_none_out() -> None:
    plan = new_plan()
    shown = offered_sections(plan, 1)
    while len(shown) < 3 * len(NAMES) and not (len(shown) > 3 and shown[-3:-1] == shown[:2]):
        page = more_sections(plan)
        assert page[-1] == "more_parts" and len(page) <= 4
        shown += page
        if plan.state["shown"] >= len(NAMES):
            break
    offered = [s.removeprefix("section:") for s in shown if s.startswith("section:")]
    assert offered == list(plan.order())
    assert more_sections(plan)[0] == f"section:{plan.order()[0]}", "then it begins again"


# --- in a real talk


@pytest.mark.parametrize("name", NAMES)
def test_a_section_is_walked_in_a_talk(person: Person, name: str) -> None:
    section = SECTIONS[name]
    person.sends(f'/make_safety_plan{{"choice":"section_{name}"}}')
    for number, step in enumerate(section.steps):
        way = number % 3
        assert step.choices[0].titles["en"] in person.titles
        if way == 0:
            person.presses(step.choices[-1].titles["en"])
        elif way == 1:
            person.says("1")
        else:
            person.sends("/skip")
    assert not any(choice.titles["en"] in person.titles for choice in section.steps[-1].choices)
    person.sends("/show_plan")
    for number, step in enumerate(section.steps):
        if number % 3 == 0:
            assert step.choices[-1].plan["en"].split("{")[0] in person.heard
        elif number % 3 == 1:
            assert step.choices[0].plan["en"].split("{")[0] in person.heard
