"""Understanding: language, danger signals, short answers in context, vectors, and the training data."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from conftest import skip
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.nlu.training_data.loading import load_data

from bot.talk import Assistant
from bot.understanding.encoder import encoder, head
from bot.understanding.in_context import is_payload, pressed, read_in_context, with_third_language
from bot.understanding.language import guess_language
from bot.understanding.people import expressions
from bot.understanding.signals import patterns
from tools.check_messages import YARDSTICK, problems, yardstick_texts
from tools.encoder.messages import read_messages

ROOT = Path(__file__).parent.parent
SIGNALS = sorted(patterns().says)


# --- language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        # English
        ("I need help", "en"),
        ("he hit me last night", "en"),
        ("is there a shelter near me", "en"),
        ("Where can I get a lawyer?", "en"),
        ("hello", "en"),
        ("shelter", "en"),
        # as people text it
        ("idk what to do", "en"),
        ("thx", "en"),
        ("u there", "en"),
        ("im scared rn", "en"),
        ("pls help me", "en"),
        # Spanish, with accents and without
        ("necesito ayuda", "es"),
        ("tengo miedo", "es"),
        ("mi esposo me pega", "es"),
        ("me pegó anoche", "es"),
        ("no se que hacer", "es"),
        ("Español por favor", "es"),
        ("¿Dónde hay un refugio?", "es"),
        ("necesito un refugio en Tacoma", "es"),
        ("hola", "es"),
        ("sí", "es"),
        ("refugio", "es"),
        ("q hago", "es"),
        ("xq no se", "es"),
        ("ayudame porfa", "es"),
        ("kiero salirme de la casa", "es"),
        # other languages
        ("J'ai besoin d'aide, mon mari me frappe", "other"),
        ("eu preciso de ajuda, meu marido me bateu", "other"),
        ("Mwen bezwen ed tanpri mari m ap bat mwen", "other"),
        ("toi can giup chong toi danh toi", "other"),
        ("kailangan ko ng tulong natatakot ako", "other"),
        ("ich brauche hilfe mein mann", "other"),
        # other scripts
        ("помогите мне", "other"),
        ("我需要帮助", "other"),
        ("مساعدة من فضلك", "other"),
        ("도와주세요", "other"),
        ("助けてください", "other"),
        ("मुझे मदद चाहिए", "other"),
        ("βοήθεια παρακαλώ", "other"),
        # no sign of any
        ("", ""),
        ("   ", ""),
        ("98402", ""),
        ("🙂", ""),
        ("Tacoma", ""),
        ("!!!", ""),
        ("д", ""),
    ],
)
def test_language(text: str, code: str) -> None:
    assert guess_language(text).code == code


@pytest.mark.parametrize(
    "text",
    [
        "he hit me pero no quiero llamar a la policia",
        "mi ex is stalking me and tengo miedo",
        "i need un refugio please",
        "can you ayudarme con un lawyer",
    ],
)
def test_a_mixture_is_one_of_the_two_and_not_surely(text: str) -> None:
    guess = guess_language(text)
    assert guess.code in {"en", "es"} and guess.sure < 0.8


@pytest.mark.parametrize("text", ["no", "me", "ok", "a la", "yes no", "eso"])
def test_a_word_or_two_of_ours_is_no_third_language(text: str) -> None:
    assert guess_language(text).code in {"en", "es", ""}


@given(st.text(max_size=300))
def test_no_text_breaks_the_guess(text: str) -> None:
    guess = guess_language(text)
    assert guess.code in {"en", "es", "other", ""} and 0 <= guess.sure <= 1 and guess.words >= 0
    assert (guess.code == "") is (guess.sure == 0)


# --- danger signals in plain words

SAID = {
    "strangulation": ["he choked me", "he put his hands around my neck", "me ahorcó", "me agarró del cuello"],
    "gun": [
        "he has a gun",
        "he pointed a pistol at me",
        "me apuntó con una pistola",
        "tiene un arma de fuego",
    ],
    "other_weapon": ["he pulled a knife on me", "me amenazó con un cuchillo"],
    "threat_to_kill": ["he said he will kill me", "dijo que me va a matar"],
    "self_harm": ["i want to die", "i want to kill myself", "me quiero morir"],
    "partner_suicidal": ["he said he'll kill himself if i leave", "dice que se va a matar si lo dejo"],
    "child_harm": ["he hit my kids", "le pega a mis hijos"],
    "happening_now": ["he is here right now", "está tumbando la puerta"],
    "injury": ["i am bleeding", "estoy sangrando"],
    "forced_sex": ["he raped me", "me violó"],
    "stalking": ["he follows me everywhere", "me sigue a todas partes"],
    "escalation": ["it's getting worse every week", "cada vez es peor"],
    "separation": ["i left him last week", "lo dejé la semana pasada"],
    "pregnant": ["i'm pregnant", "estoy embarazada"],
    "controlled": ["he won't let me leave the house", "no me deja salir"],
    "device_monitored": ["he tracks my phone", "me revisa el celular"],
}


def test_every_signal_has_plain_sentences_here() -> None:
    assert sorted(SAID) == SIGNALS


@pytest.mark.parametrize(("signal", "text"), [(s, t) for s, texts in SAID.items() for t in texts])
def test_plain_sentences_raise_their_signal(signal: str, text: str) -> None:
    assert signal in patterns().read(text)
    assert signal in patterns().read(text.upper() + "!!!")


@pytest.mark.parametrize("text", ["le pega a mis hijos", "me pegó anoche", "nunca le ha pegado a los niños"])
def test_a_bare_blow_is_no_weapon(text: str) -> None:
    assert "other_weapon" not in patterns().read(text)


@pytest.mark.parametrize(
    "text",
    [
        # negations
        "he never choked me",
        "he has never put his hands around my neck",
        "he doesn't have a gun",
        "there are no guns in the house",
        "he never said he would kill me",
        "i don't want to die",
        "i'm not suicidal",
        "i am not pregnant",
        "he never raped me",
        "he never hit the kids",
        "it is not getting worse",
        "nobody is bleeding",
        "nunca me ha ahorcado",
        "no tiene pistola",
        "no me quiero morir",
        "no estoy embarazada",
        "nunca me violó",
        "nunca le ha pegado a los niños",
        # idioms
        "i choked on my food",
        "my feet are killing me",
        "this job is killing me",
        "the traffic is killing me",
        "i'm dying laughing",
        "killing time",
        "son of a gun",
        "sticking to my guns",
        "shoot me a text",
        "i left him a note",
        "i left my phone at home",
        "me muero de risa",
        "me muero de hambre",
        "la renta me está ahorcando",
        # neither
        "is there a shelter in Tacoma",
        "hello",
        "hola",
        "",
    ],
)
def test_negations_and_idioms_raise_none(text: str) -> None:
    assert patterns().read(text) == set()


def test_one_message_may_say_several() -> None:
    heard = patterns().read("he choked me and he has a gun, and i'm pregnant")
    assert {"strangulation", "gun", "pregnant"} <= heard
    assert "gun" in patterns().read("he never choked me but he has a gun")


# --- short answers in context

OFFERED = [
    {"title": "Make a plan", "payload": "/make_safety_plan"},
    {"title": "Find a shelter", "payload": "/find_shelter"},
    {"title": "Atrás", "payload": "/go_back"},
]


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        ("1", "/make_safety_plan"),
        ("2", "/find_shelter"),
        (" 2 ", "/find_shelter"),
        ("#2", "/find_shelter"),
        ("2.", "/find_shelter"),
        ("2)", "/find_shelter"),
        ("find a shelter", "/find_shelter"),
        ("FIND A SHELTER!", "/find_shelter"),
        ("atras", "/go_back"),
        ("Atrás", "/go_back"),
        ("ATRÁS", "/go_back"),
        ("0", None),
        ("4", None),
        ("98402", None),
        ("2 kids", None),
        ("a shelter", None),
        ("", None),
        ("🙂", None),
    ],
)
def test_a_button_named_by_number_or_title(text: str, payload: str | None) -> None:
    assert pressed(text, OFFERED) == payload


def test_without_buttons_a_number_is_a_number() -> None:
    assert pressed("1", []) is None
    assert pressed("", [{"title": "🙂", "payload": "/menu"}]) is None


def meant(text: str, intent: str, *payloads: str) -> str | None:
    return read_in_context({"text": text, "intent": {"name": intent}}, [{"payload": p} for p in payloads])


def test_yes_means_the_one_thing_offered() -> None:
    assert meant("yes", "affirm", "/make_safety_plan") == "/make_safety_plan"
    assert meant("sí por favor", "affirm", "/make_safety_plan", "/deny") == "/make_safety_plan"
    assert meant("ok", "affirm", "/find_shelter", "/menu", "/talk_to_person") == "/find_shelter"


def test_yes_to_several_things_or_none_means_none_of_them() -> None:
    assert meant("yes", "affirm", "/make_safety_plan", "/find_shelter") is None
    assert meant("yes", "affirm") is None
    assert meant("yes", "affirm", "/deny") is None
    assert meant("no", "deny", "/make_safety_plan") is None
    assert meant("yes he did that to me too", "affirm", "/make_safety_plan") is None


INTENTS = frozenset({"affirm", "give_location", "menu", "restart", "out_of_scope", "session_start"})


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("/affirm", True),
        ("/menu", True),
        ('/affirm{"choice":"x"}', True),
        ('/give_location{"choice":"Tacoma, WA"}', True),
        ('/give_location{"choice":"Peñasco, NM"}', True),
        ("/restart", False),
        ("/session_start", False),
        ("/out_of_scope", False),
        ("/unknown", False),
        ("affirm", False),
        ("//affirm", False),
        ("/affirm ", False),
        ("/affirm\n", False),
        ("/affirm@0.1", False),
        ('/affirm{"choice":"a","b":1}', False),
        ('/affirm{"location":"x"}', False),
        ('/affirm{"choice":1}', False),
        ('/affirm{"choice":null}', False),
        ('/affirm{"choice":["x"]}', False),
        ('/affirm{"choice":"<b>"}', False),
        ('/affirm{"choice":""}', False),
        ('/affirm{"choice":"x"}\n', False),
        ('/affirm{"choice":"' + "a" * 81 + '"}', False),
        ("/affirm{}", False),
        ("/affirm{", False),
        ("/affirm[1]", False),
        ("", False),
        (None, False),
        (5, False),
        (["/affirm"], False),
    ],
)
def test_what_can_be_a_button(value: object, good: bool) -> None:
    assert is_payload(value, INTENTS) is good


def test_a_third_language_asks_for_that_language() -> None:
    other = with_third_language({"language": {"code": "other"}, "intent": {"name": "greet"}})
    assert other["intent"]["name"] == "change_language"
    ours: dict[str, Any] = {"language": {"code": "es"}, "intent": {"name": "greet"}}
    assert with_third_language(ours) == ours


# --- the encoder


def test_vectors_are_of_length_one_and_tell_meanings_apart() -> None:
    said, other, football = (
        encoder().vector(t) for t in ("he choked me", "me ahorcó anoche", "who won the football game")
    )
    assert said.shape == (384,)
    assert abs(float(said @ said) - 1) < 1e-3
    assert float(said @ other) > float(said @ football)  # across languages


@pytest.mark.parametrize("text", ["", " ", "\x00", "\u202e", "😭" * 50, "palabra " * 300])
def test_any_text_has_a_vector(text: str) -> None:
    assert np.isfinite(encoder().vector(text)).all()


def test_the_heads_read_what_the_assistant_knows() -> None:
    assert set(head("intents").names) <= set(intents())
    assert head("signals").names == SIGNALS
    read = head("signals").read(encoder().vector("his hands were round my throat"))
    assert head("signals").names[int(np.argmax(read))] == "strangulation"


# --- who comes along, what is needed


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("w/ 2 kids n a cat", "child", ["2 kids"]),
        ("w/ 2 kids n a cat", "pet", ["a cat"]),
        ("somewhere for me, my baby and three dogs", "child", ["my baby"]),
        ("somewhere for me, my baby and three dogs", "pet", ["three dogs"]),
        ("con mis dos niñas y un perrito", "child", ["dos niñas"]),
        ("con mis dos niñas y un perrito", "pet", ["un perrito"]),
        ("tengo 4 hijos", "child", ["4 hijos"]),
        ("I use a wheelchair", "need", ["wheelchair"]),
        ("I use a wheelchair", "community", ["disabled"]),
        ("ocupo intérprete de mixteco", "need", ["intérprete", "mixteco"]),
        ("no tengo carro", "need", ["no tengo carro"]),
        ("im a guy and its my wife", "community", ["man"]),
        ("soy hombre", "community", ["man"]),
        ("soy trans y no tengo papeles", "community", ["trans", "immigrant"]),
        ("I'm 15", "community", ["teen"]),
        ("im 15 weeks", "community", []),
        ("I am 78 years old", "community", ["older"]),
        ("my husband is in the army", "community", ["military"]),
        ("we fight like cats and dogs over the dishes", "pet", []),
        ("hot dogs for dinner", "pet", []),
        ("I was at a baby shower", "child", []),
        ("I blacked out", "community", []),
        ("court papers", "community", []),
    ],
)
def test_who_and_what_a_text_names(text: str, kind: str, values: list[str]) -> None:
    assert [n.value for n in expressions().find(text) if n.entity == kind] == values


def test_what_is_named_stands_where_it_says() -> None:
    text = "Mi Niña, dos PERROS y una silla de ruedas"
    assert {text[n.start : n.end].strip() for n in expressions().find(text)} >= {
        "dos PERROS",
        "silla de ruedas",
    }


@given(st.text())
def test_no_text_breaks_the_names(text: str) -> None:
    assert all(0 <= n.start <= n.end <= len(text) for n in expressions().find(text))


# --- the whole pipeline


def parse(assistant: Assistant, text: str) -> dict[str, Any]:
    return asyncio.run(assistant.parse(text))


def of_kind(parsed: dict[str, Any], kind: str) -> list[str]:
    return [entity["value"] for entity in parsed["entities"] if entity["entity"] == kind]


ODD = {
    "empty": "",
    "blank": " \n\t ",
    "emoji": "😭😭😭",
    "2000 characters": "he hit me and i am scared " * 80,
    "one long word": "x" * 5000,
    "mixed scripts": "help помогите 帮助 مساعدة ayuda",
    "right to left": "\u202eplease help me\u202c",
    "control characters": "he\0lp\x07 me\x1b[31m",
    "combining marks": "h" + "\u0301" * 300 + "elp",
    "lone surrogate": "help \ud83d me",
    "base64": base64.b64encode(bytes(range(256))).decode(),
    "json": '{"intent": "greet"}',
    "a payload": '/restart{"choice": "x"}',
    "slashes": "////",
    "markup": "<script>alert(1)</script>",
    "training marks": "[he](danger_signal:gun) {\"a\"}",
    "brackets": "[[[(((" * 50,
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_nothing_odd_breaks_the_understanding(assistant: Assistant, name: str) -> None:
    parsed = parse(assistant, ODD[name])
    assert isinstance(parsed["entities"], list)
    assert 0 <= float(parsed["intent"].get("confidence") or 0) <= 1
    assert parsed["intent"].get("name") != "restart"


@pytest.mark.parametrize(
    ("text", "intent", "signal", "place"),
    [
        ("he choked me, I need a shelter in Tacoma", "find_shelter", "strangulation", "Tacoma"),
        ("me ahorcó anoche, necesito un refugio en Yakima", "find_shelter", "strangulation", "Yakima"),
        ("he has a gun and i need a lawyer in Spokane, WA", "find_legal_help", "gun", "Spokane, WA"),
        ("necesito un refugio cerca de 98402, estoy embarazada", "find_shelter", "pregnant", "98402"),
    ],
)
def test_several_things_in_one_message_are_all_kept(
    assistant: Assistant, text: str, intent: str, signal: str, place: str
) -> None:
    parsed = parse(assistant, text)
    assert parsed["intent"]["name"] == intent
    assert signal in of_kind(parsed, "danger_signal")
    assert place in of_kind(parsed, "location")


def test_a_plain_request_raises_no_signal_and_no_place(assistant: Assistant) -> None:
    """The control to the test above."""
    parsed = parse(assistant, "is there a shelter near me?")
    assert parsed["intent"]["name"] == "find_shelter"
    assert of_kind(parsed, "danger_signal") == [] and of_kind(parsed, "location") == []


# --- the training data


@cache
def training_messages() -> list[tuple[str, str, str, frozenset[str]]]:
    """Language, text, intent and marked signals of every training message."""
    messages = []
    for language in ("en", "es"):
        for example in load_data(str(ROOT / "bot" / "data" / "nlu" / language)).intent_examples:
            marked = {e["value"] for e in example.get("entities", []) if e["entity"] == "danger_signal"}
            messages.append((language, example.get("text"), example.get("intent"), frozenset(marked)))
    return messages


def intents() -> list[str]:
    data = yaml.safe_load((ROOT / "bot" / "domain" / "intents.yml").read_text(encoding="utf-8"))
    return [str(intent) for intent in data["intents"]]


def test_the_training_messages_are_as_they_should_be() -> None:
    told = read_messages(ROOT / "bot" / "data" / "nlu")
    assert {t.intent for t in told} == set(intents())
    assert sorted({s for t in told for s in t.signals}) == SIGNALS
    assert problems(told, []) == []


def test_the_check_sees_what_is_wrong() -> None:
    """The control to the test above: each kind of fault is found."""
    told = read_messages(ROOT / "bot" / "data" / "nlu")
    one = next(t for t in told if len(t.text.split()) > 7)
    assert any("twice" in p for p in problems([*told, replace(one, intent="thank")], []))
    assert any("nearly twice" in p for p in problems([*told, replace(one, text=f"{one.text} x")], []))
    assert any("near the yardstick" in p for p in problems(told, [f"{one.text} ok"]))
    few = [t for t in told if t.intent != "skip" and "gun" not in t.signals]
    assert any("skip" in p for p in problems([*few, next(t for t in told if t.intent == "skip")], []))
    spanish = [replace(t, language="en") if t.language == "es" else t for t in told]
    assert any("another language" in p for p in problems(spanish, []))


def test_messages_are_read_as_rasa_reads_them() -> None:
    told = read_messages(ROOT / "bot" / "data" / "nlu")
    ours = {(t.language, t.text, t.intent, t.signals) for t in told}
    assert len(set(training_messages()) ^ ours) <= 5  # Rasa reads marks in quotes of its own as well


def test_the_training_data_does_not_know_the_yardstick() -> None:
    if not YARDSTICK.exists():
        skip("the yardstick (shared/language/yardstick.jsonl) is not on this machine")
    told = read_messages(ROOT / "bot" / "data" / "nlu")
    asked = yardstick_texts()
    assert len(asked) > 100
    assert [p for p in problems(told, asked) if "yardstick" in p] == []
