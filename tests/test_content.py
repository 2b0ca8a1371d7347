"""What the assistant can say: the real book keeps the rules, and the rules see what they are for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.actions.hearing import danger_order
from bot.actions.registry import ACTIONS
from bot.actions.searching import KINDS
from bot.editing.check import check, textstat_grader
from bot.editing.numbers import REPOSITORY, stray_numbers, text_files
from bot.editing.rules import Finding, Rule, load_rules
from bot.plan.facts import section_order
from bot.resources.lines import read_lines
from bot.resources.seed import EVERY_DAY, FITS, demonstration_listings
from bot.sentences import Book, ContentError, load_book
from bot.understanding.in_context import CHOICE
from bot.voice import AGAIN

BOT = REPOSITORY / "bot"
LINES = read_lines()
RULES = load_rules()
KEY = re.compile(r"utter_\w*[A-Za-z]")
GOOD = {"en": "You can take your time.", "es": "Puedes tomarte tu tiempo."}


# ---------------------------------------------------------------- the real book


@pytest.fixture(scope="module")
def book() -> Book:
    return load_book()


def told(findings: list[Finding]) -> str:
    return "\n".join(f"{f.file}: {f.key} [{f.language} {f.channel}] {f.reason}" for f in findings)


def test_the_book_keeps_the_rules(book: Book) -> None:
    found = check(book, LINES, grader=textstat_grader())
    assert not found, f"{len(found)} findings\n{told(found)}"


def test_no_number_stands_outside_its_home() -> None:
    found = stray_numbers(REPOSITORY, LINES)
    assert not found, told(found)


# ---------------------------------------------------------------- small books, to see the check see


def entry(**changes: Any) -> dict[str, Any]:
    """A good entry, with changes."""
    good = {
        "en": {"web": GOOD["en"]},
        "es": {"web": GOOD["es"]},
        "source": "program wording",
        "status": "draft",
    }
    return {**good, **changes}


def write(folder: Path, content: dict[str, Any] | str, name: str = "a.yml") -> Path:
    text = content if isinstance(content, str) else yaml.safe_dump(content, allow_unicode=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def reasons(folder: Path, key: str = "utter_x", graded: bool = False, **changes: Any) -> str:
    """What the check says of a book with one entry."""
    small = load_book(write(folder, {"sentences": {key: entry(**changes)}}))
    return told(check(small, LINES, grader=textstat_grader() if graded else None))


def in_language(language: str, words: Any) -> dict[str, Any]:
    return {language: {"web": words}}


def test_a_good_sentence_is_not_found(tmp_path: Path) -> None:
    assert reasons(tmp_path, graded=True) == ""


RULE_CASES = [(rule, language) for rule in RULES.forbidden for language in rule.languages]


@pytest.mark.parametrize(("rule", "language"), RULE_CASES, ids=lambda x: x.id if isinstance(x, Rule) else x)
def test_a_rule_sees_its_example(tmp_path: Path, rule: Rule, language: str) -> None:
    assert f"({rule.id})" in reasons(tmp_path, **in_language(language, rule.example))
    assert rule.fine
    for words in rule.fine:
        assert f"({rule.id})" not in reasons(tmp_path, **in_language(language, words)), words


def test_rules_are_told_apart_and_give_a_reason() -> None:
    assert len({rule.id for rule in RULES.forbidden}) == len(RULES.forbidden)
    assert all(rule.reason for rule in RULES.forbidden)
    assert all(allowed.reason for allowed in RULES.numbers)
    assert {language for rule in RULES.forbidden for language in rule.languages} == {"en", "es"}


def test_a_missing_language_is_found(tmp_path: Path) -> None:
    whole = entry()
    del whole["es"]
    with pytest.raises(ContentError, match="utter_x: es web is missing"):
        load_book(write(tmp_path, {"sentences": {"utter_x": whole}}))


def test_a_form_without_words_is_found(tmp_path: Path) -> None:
    assert "[es web] missing" in reasons(tmp_path, es={"web": ["Puedes parar.", " "], "sms": "Puedes."})


def test_a_repeated_key_is_found(tmp_path: Path) -> None:
    one = yaml.safe_dump({"utter_x": entry()}, allow_unicode=True)
    twice = "sentences:\n" + "".join(f"  {row}\n" for row in (one + one).splitlines())
    with pytest.raises(ContentError, match="utter_x stands twice"):
        load_book(write(tmp_path, twice))


def test_a_key_of_two_files_is_found(tmp_path: Path) -> None:
    for name in ("a.yml", "b.yml"):
        write(tmp_path, {"sentences": {"utter_x": entry()}}, name)
    with pytest.raises(ContentError, match="stands in another file already"):
        load_book(tmp_path)


@pytest.mark.parametrize("name", ["ndvh.fax", "nobody.call", "place", "own", "ndvh.chat"])
def test_an_unknown_placeholder_is_found(tmp_path: Path, name: str) -> None:
    found = reasons(tmp_path, en={"web": f"You can ask: {{{name}}}."})
    assert f"unknown placeholder {{{name}}}" in found


@pytest.mark.parametrize("name", ["ndvh.call", "emergency.call", "lifeline988.press_es"])
def test_a_known_placeholder_is_not(tmp_path: Path, name: str) -> None:
    assert reasons(tmp_path, en={"web": f"You can ask: {{{name}}}."}) == ""


def test_a_broken_placeholder_is_found(tmp_path: Path) -> None:
    assert "brace outside" in reasons(tmp_path, en={"web": "You can ask: {Ndvh call}."})


def test_an_unknown_button_is_found(tmp_path: Path) -> None:
    assert "unknown button nowhere" in reasons(tmp_path, buttons=["nowhere"])


def test_a_long_bubble_is_found(tmp_path: Path) -> None:
    words = "You can rest. " * 23  # 321 characters
    found = reasons(tmp_path, en={"web": words, "sms": GOOD["en"]})
    assert "[en web] 321 characters, at most 320" in found
    assert "sms" not in found


def test_a_bubble_is_measured_with_its_numbers(tmp_path: Path) -> None:
    words = "a" * 306 + " {ndvh.call}"  # 318 characters as written, 321 as shown
    assert "[en web] 321 characters" in reasons(tmp_path, en={"web": words, "sms": GOOD["en"]})


def test_two_questions_in_a_bubble_are_found(tmp_path: Path) -> None:
    assert "2 question marks" in reasons(tmp_path, en={"web": "Is it now? Can you talk?"})
    assert reasons(tmp_path, en={"web": ["Is it now?", "Can you talk?"]}) == ""


@pytest.mark.parametrize(
    ("key", "length", "found"),
    [
        ("utter_x", 306, ""),
        ("utter_x", 307, "3 segments"),
        ("danger.x", 160, ""),
        ("danger.x", 161, "2 segments"),
    ],
)
def test_segments_are_counted(tmp_path: Path, key: str, length: int, found: str) -> None:
    told_of = reasons(tmp_path, key, en={"web": GOOD["en"], "sms": "a" * length})
    assert (found in told_of) if found else told_of == ""


def test_letters_outside_gsm_7_are_found_and_spanish_accents_are_made_plain(tmp_path: Path) -> None:
    assert "not in GSM-7: ô" in reasons(tmp_path, es={"web": GOOD["es"], "sms": "Puedes ir al hôtel."})
    accents = "áíóúñé " * 40  # 280 letters: five segments if an accent stayed
    assert reasons(tmp_path, es={"web": GOOD["es"], "sms": accents}) == ""


def test_hard_words_are_found(tmp_path: Path) -> None:
    english = "Considerable organizational documentation facilitates all subsequent institutional decisions."
    spanish = "La documentación organizacional posibilita considerablemente determinaciones institucionales."
    found = reasons(tmp_path, graded=True, en={"web": english}, es={"web": spanish + " Luego esto."})
    assert re.search(r"\[en web\] reading grade [\d.]+, at most 6", found)
    assert re.search(r"\[es web\] reading ease [-\d.]+, at least 70", found)
    assert "reading" not in reasons(tmp_path, graded=False, en={"web": english})


@pytest.mark.parametrize(
    "mode", [(i, m) for i, line in LINES.items() for m in line.modes if m in ("call", "text_to")]
)
def test_digits_of_a_line_are_found(tmp_path: Path, mode: tuple[str, str]) -> None:
    number = LINES[mode[0]].modes[mode[1]]
    assert f'"{number}" looks like a number' in reasons(tmp_path, en={"web": f"You can reach {number}."})


@pytest.mark.parametrize("number", ["555-0123", "253-555-0123", "(253) 555-0123", "12345", "2535550123"])
def test_digits_like_a_number_are_found(tmp_path: Path, number: str) -> None:
    assert "looks like a number" in reasons(tmp_path, en={"web": f"You can reach {number}."})


@pytest.mark.parametrize("words", ["Open 24/7.", "Step 1 of 10.", "In 2026 it was so.", "Press 2."])
def test_other_digits_are_not(tmp_path: Path, words: str) -> None:
    assert reasons(tmp_path, en={"web": words}) == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"source": ""}, "source is missing"),
        ({"status": "good"}, "status must be one of"),
        ({"status": "reviewed"}, "not by whom and when"),
        ({"status": "reviewed", "reviewed_by": "A. Advocate"}, "not by whom and when"),
    ],
)
def test_review_marks_are_asked_for(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ContentError, match=reason):
        load_book(write(tmp_path, {"sentences": {"utter_x": entry(**changes)}}))


SECTION: dict[str, Any] = {
    "title": {"en": "At home", "es": "En casa"},
    "intents": ["plan_home_safety"],
    "opening": {"en": {"web": GOOD["en"]}, "es": {"web": GOOD["es"]}},
    "closing": {"en": {"web": GOOD["en"]}, "es": {"web": GOOD["es"]}},
}


def test_titles_and_plan_lines_are_measured(tmp_path: Path) -> None:
    choice = {
        "id": "door",
        "title": {"en": "a" * 25, "es": "b" * 24},
        "plan": {"en": "a" * 141, "es": "b" * 140},
    }
    step = {"id": "rooms", "ask": SECTION["opening"], "choices": [choice], "source": "x", "status": "draft"}
    step["own"] = {"en": "I can go.", "es": "Puedo ir a: {own}"}
    content = {
        "sections": {"home": {**SECTION, "steps": [step]}},
        "sentences": {"utter_x": entry(buttons=["long"])},
        "buttons": {"long": {"en": "a" * 24, "es": "b" * 25, "payload": "/menu"}},
        "meanings": {"menu": {"en": "a" * 26, "es": "b" * 27}},
        "page": {"send": {"en": "You must send.", "es": "Enviar"}},
    }
    found = check(load_book(write(tmp_path, content)), LINES)
    assert [(f.key, f.language, f.reason.partition(",")[0]) for f in found] == [
        ("home/rooms own", "en", "{own} is missing"),
        ("home/rooms/door", "en", "25 characters"),
        ("home/rooms/door plan", "en", "141 characters"),
        ("long", "es", "25 characters"),
        ("menu", "es", "27 characters"),
        ("send", "en", '"You must" (order): an order; say "you can"'),
    ]


def test_a_step_is_measured_as_it_is_shown(tmp_path: Path) -> None:
    words = "You can rest. " * 22 + "Right?"  # 314 characters: fits alone, not with a line above
    ask = {"en": {"web": words, "sms": "You can rest."}, "es": {"web": GOOD["es"]}}
    step = {"id": "rooms", "ask": ask, "choices": [], "source": "x", "status": "draft"}
    step["own"] = {"en": "I can: {own}", "es": "Puedo: {own}"}
    frame = {"web": "{progress}\n{ask}"}
    sentences = {"utter_plan_step": entry(en=frame, es=frame)}
    content = {"sections": {"home": {**SECTION, "steps": [step]}}, "sentences": sentences}
    found = told(check(load_book(write(tmp_path, content)), LINES))
    assert "cannot be filled: no 'utter_plan_progress' (home/rooms)" in found
    above = {"web": "Step {step} of {steps}"}
    sentences["utter_plan_progress"] = entry(en=above, es=above)
    found = told(check(load_book(write(tmp_path, content)), LINES))
    assert found == "a.yml: utter_plan_step [en web] 326 characters, at most 320 a bubble (home/rooms)"


# ---------------------------------------------------------------- numbers in the repository


def test_a_stray_number_is_found_and_made_up_ones_are_not(tmp_path: Path) -> None:
    real, code = LINES["ndvh"].modes["call"], LINES["ndvh"].modes["text_to"]
    (tmp_path / "tests").mkdir()
    (tmp_path / "skipped").mkdir()
    (tmp_path / ".gitignore").write_text("skipped/\n")
    (tmp_path / "README.md").write_text(f"Call {real}\nor {code}.\nVersion 0.911, ZIP 98402, 253-555-0123\n")
    (tmp_path / "tests" / "a.py").write_text(f"'253-555-0123', '{real}'")
    (tmp_path / "skipped" / "a.md").write_text(real)
    (tmp_path / "picture.png").write_bytes(b"\xff\xd8\xff" + real.encode())
    found = [(f.file, f.key, f.reason.split('"')[1]) for f in stray_numbers(tmp_path, LINES)]
    assert found == [
        ("README.md", "line 1", real),
        ("README.md", "line 2", code),
        ("README.md", "line 3", "253-555-0123"),
        ("tests/a.py", "line 1", real),
    ]


def test_the_scan_reads_the_repository() -> None:
    names = {path.relative_to(REPOSITORY).as_posix() for path in text_files(REPOSITORY)}
    assert {
        "bot/voice.py",
        "bot/content/danger.yml",
        "safety_exit/assets/talk.js",
        "tests/test_content.py",
    } <= names
    assert not any(name.startswith((".venv/", ".git/", "var/")) for name in names)


# ---------------------------------------------------------------- keys: named, there, used

FAMILIES: dict[str, list[str]] = {
    "utter_results_": list(KINDS.values()),
    "utter_kind_": sorted({listing["kind"] for listing in demonstration_listings()}),
    "utter_takes_": [*FITS, "wheelchair", "spanish"],
    "utter_day_": list(EVERY_DAY),
    "danger.": [f"{signal}{again}" for signal in danger_order()["order"] for again in ("", ".again")],
}
"""The f-strings that name keys, and what can stand in them."""


def strings(tree: ast.AST) -> Iterator[str]:
    """The strings of a program that are no part of an f-string."""
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def openings(tree: ast.AST) -> Iterator[str]:
    """What f-strings begin with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            yield str(node.values[0].value)


def programs() -> list[ast.AST]:
    return [ast.parse(path.read_text(encoding="utf-8")) for path in sorted(BOT.rglob("*.py"))]


def rule_steps() -> Iterator[tuple[list[str], list[str]]]:
    """Each rule's intents and actions."""
    for path in sorted((BOT / "data" / "rules").glob("*.yml")):
        for rule in yaml.safe_load(path.read_text(encoding="utf-8"))["rules"]:
            flat = [part for step in rule["steps"] for part in step.get("or", [step])]
            yield [s["intent"] for s in flat if "intent" in s], [s["action"] for s in flat if "action" in s]


def domain() -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for path in sorted((BOT / "domain").glob("*.yml")):
        merged |= yaml.safe_load(path.read_text(encoding="utf-8"))
    return merged


def named_keys(book: Book) -> set[str]:
    """Every key of a sentence that a program or a rule can say."""
    named = {text for tree in programs() for text in strings(tree) if KEY.fullmatch(text)}
    named |= {action for _, actions in rule_steps() for action in actions if action.startswith("utter_")}
    named |= {opening + end for opening, ends in FAMILIES.items() for end in ends}
    # action_open_section says utter_<intent> where there is one.
    by_section = {f"utter_{intent}" for section in book.sections.values() for intent in section.intents}
    named |= {key for question in book.questions for key in (question.ask, question.yes)}
    return named | (by_section & set(book.sentences))


def test_every_family_of_keys_is_known() -> None:
    known = {*FAMILIES, "utter_"}  # utter_<intent> of action_open_section, see named_keys
    met = {o for tree in programs() for o in openings(tree) if o.startswith(("utter_", "danger."))}
    assert met <= known, met - known
    assert met == known, f"no longer in the program: {known - met}"


def test_every_key_named_exists(book: Book) -> None:
    assert sorted(named_keys(book) - set(book.sentences)) == []


def test_no_entry_is_unused(book: Book) -> None:
    named = named_keys(book)
    repeats = {f"{key}{AGAIN}" for key in named}  # the voice's own second way of saying it
    assert sorted(set(book.sentences) - named - repeats) == []


def test_the_rules_of_the_check_name_entries(book: Book) -> None:
    assert sorted({*RULES.values, *RULES.unmeasured} - set(book.sentences)) == []


def test_the_domain_names_the_keys_of_the_rules(book: Book) -> None:
    responses = set(domain()["responses"])
    in_rules = {action for _, actions in rule_steps() for action in actions if action.startswith("utter_")}
    assert in_rules <= responses <= set(book.sentences)


def test_every_intent_has_an_answer(book: Book) -> None:
    ours = {action.action_name for action in ACTIONS}
    answered = set()
    for intents, actions in rule_steps():
        if any(action in book.sentences or action in ours for action in actions):
            answered |= set(intents)
    assert sorted(set(domain()["intents"]) - answered) == []


def test_every_section_is_offered_and_can_be_asked_for(book: Book) -> None:
    assert set(section_order()) == set(book.sections)
    opening = {i for intents, actions in rule_steps() if "action_open_section" in actions for i in intents}
    assert {intent for section in book.sections.values() for intent in section.intents} == opening
    for section in book.sections:
        assert len(f"section_{section}") <= 40 and CHOICE.fullmatch(f"section_{section}")


def test_every_signal_has_an_answer(book: Book) -> None:
    understood = yaml.safe_load((BOT / "understanding/data/signals.yml").read_text(encoding="utf-8"))[
        "signals"
    ]
    answered = {key.split(".")[1] for key in book.sentences if key.startswith("danger.")}
    assert set(understood) <= answered
    assert answered == set(danger_order()["order"])


def test_buttons_are_used_and_mean_something(book: Book) -> None:
    named = {text for tree in programs() for text in strings(tree)}
    offered = {name for sentence in book.everything() for name in sentence.buttons} | named
    assert sorted(set(book.buttons) - offered) == []
    intents = set(domain()["intents"])
    payloads = {key: re.fullmatch(r"/(\w+)(\{.*\})?", b.payload) for key, b in book.buttons.items()}
    assert [key for key, payload in payloads.items() if not payload or payload[1] not in intents] == []
    assert sorted(set(book.meanings) - intents) == []


def test_the_words_of_the_page_exist_and_are_used(book: Book) -> None:
    page = REPOSITORY / "safety_exit"
    text = "\n".join(
        path.read_text(encoding="utf-8")
        for path in sorted(page.rglob("*"))
        if path.suffix in {".html", ".js"}
    )
    used = set(re.findall(r"(?:words(?:\(\))?|other)\.(\w+)|data-word=\"(\w+)\"", text))
    names = {name for pair in used for name in pair if name}
    assert {"leave", "typing", "leaving_spoken"} <= names
    assert sorted(names - set(book.page)) == []
    assert sorted(set(book.page) - names) == []
