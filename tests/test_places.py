"""Places: what people write, where that is, and which words are no places at all."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
import us
import zipcodes
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.resources.places import Mention, Place, gazetteer, miles_between, plain

ROWS = zipcodes.list_all()
UNPLACED = [row for row in ROWS if not float(row["lat"]) and not float(row["long"])]
MILITARY = [row for row in ROWS if row["state"] in {"AA", "AE", "AP"}]


def one(text: str) -> Mention:
    """The one place that a text names."""
    found = gazetteer().find(text)
    assert len(found) == 1, f"{text!r} names {[m.text for m in found]}"
    return found[0]


def label(text: str) -> str | None:
    place = one(text).place
    return place.label if place else None


# --- ZIP codes


@pytest.mark.parametrize(
    "text",
    ["98402", "98402-1234", "98402.", "zip is 98402", "(98402)", "mi zip es 98402, gracias", "98402 please"],
)
def test_zip_codes(text: str) -> None:
    assert label(text) == "Tacoma, WA"
    place = one(text).place
    assert place is not None and place.county == "Pierce County"


@pytest.mark.parametrize(
    "text", ["1234", "123456", "98402-12", "253-555-98402", "984021234", "9840", "5550123"]
)
def test_other_numbers_are_no_zip_codes(text: str) -> None:
    assert gazetteer().find(text) == []


@pytest.mark.parametrize("text", ["00000", "99999"])
def test_a_zip_that_does_not_exist_has_no_place(text: str) -> None:
    assert one(text).place is None


def test_a_zip_at_zero_zero_stands_where_its_city_stands() -> None:
    row = next(row for row in ROWS if row["zip_code"] == "77352")
    assert (float(row["lat"]), float(row["long"])) == (0.0, 0.0)  # the trap is there
    place = gazetteer().of_zip("77352")
    assert place is not None and place.label == "Livingston, TX"
    assert place.lat == pytest.approx(30.7, abs=0.3) and place.lon == pytest.approx(-94.9, abs=0.3)


def test_no_place_stands_at_zero_zero() -> None:
    assert len(UNPLACED) > 500
    assert any(float(row["lat"]) == 0 for row in UNPLACED)
    for row in ROWS:
        place = gazetteer().of_zip(row["zip_code"])
        assert place is not None
        assert (place.lat is None) is (place.lon is None)
        if place.lat is not None and place.lon is not None:
            assert abs(place.lat) > 5 and abs(place.lon) > 5, row["zip_code"]


def test_military_zips_have_no_position() -> None:
    assert len(MILITARY) > 500
    wrong = [row["zip_code"] for row in MILITARY if gazetteer().of_zip(row["zip_code"]).lat is not None]
    assert wrong == []  # 96350 is Japan, and no listing is so many miles from it


def test_a_zip_is_known_no_finer_than_its_city() -> None:
    codes = [row["zip_code"] for row in ROWS if (plain(row["city"]), row["state"]) == ("tacoma", "WA")]
    own = {(row["lat"], row["long"]) for row in ROWS if row["zip_code"] in codes}
    assert len(own) > 5  # the control: the ZIP codes themselves do have positions of their own
    places = [gazetteer().of_zip(code) for code in codes]
    assert len({(place.lat, place.lon) for place in places if place}) == 1


# --- cities


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Saint Louis", "Saint Louis, MO"),
        ("St. Louis", "Saint Louis, MO"),
        ("st louis mo", "Saint Louis, MO"),
        ("St Louis, MO", "Saint Louis, MO"),
        ("ST. LOUIS MO", "Saint Louis, MO"),
        ("i'm in st louis", "Saint Louis, MO"),
        ("St. Louis, Missouri", "Saint Louis, MO"),
        ("saint louis missouri", "Saint Louis, MO"),
        ("Winston-Salem", "Winston Salem, NC"),
        ("winston salem nc", "Winston Salem, NC"),
        ("Winston-Salem, NC", "Winston Salem, NC"),
        ("Winston-Salem, North Carolina", "Winston Salem, NC"),
        ("NYC", "New York, NY"),
        ("nyc", "New York, NY"),
        ("New York City", "New York, NY"),
        ("Nueva York", "New York, NY"),
        ("Manhattan", "New York, NY"),
        ("shelter in manhattan", "New York, NY"),
        ("Queens", "Jamaica, NY"),
        ("queens ny", "Jamaica, NY"),
        ("i live in queens", "Jamaica, NY"),
        ("Bronx", "Bronx, NY"),
        ("the Bronx", "Bronx, NY"),
        ("vivo en el bronx", "Bronx, NY"),
        ("Brooklyn", "Brooklyn, NY"),
        ("Washington DC", "Washington, DC"),
        ("washington d.c.", "Washington, DC"),
        ("D.C.", "Washington, DC"),
        ("Tacoma", "Tacoma, WA"),
        ("tacoma wa", "Tacoma, WA"),
        ("Tacoma, WA", "Tacoma, WA"),
        ("tacoma,wa", "Tacoma, WA"),
        ("TACOMA WA", "Tacoma, WA"),
        ("Tacoma, Wash.", "Tacoma, WA"),
        ("Tacoma, Washington", "Tacoma, WA"),
        ("tacoma washington", "Tacoma, WA"),
        ("Tacoma (WA)", "Tacoma, WA"),
        ("near tacoma", "Tacoma, WA"),
        ("is there a shelter in Tacoma that takes dogs", "Tacoma, WA"),
        ("Portland, OR", "Portland, OR"),
        ("portland or", "Portland, OR"),
        ("Portland Oregon", "Portland, OR"),
        ("portland, maine", "Portland, ME"),
        ("portland me", "Portland, ME"),
        ("Gary, IN", "Gary, IN"),
        ("gary in", "Gary, IN"),
        ("honolulu hi", "Honolulu, HI"),
        ("Springfield, IL", "Springfield, IL"),
        ("springfield massachusetts", "Springfield, MA"),
        ("Mobile, AL", "Mobile, AL"),
        ("mobile al", "Mobile, AL"),
        ("Hope, AR", "Hope, AR"),
        ("Mesa, AZ", "Mesa, AZ"),
        ("Paris TX", "Paris, TX"),
        ("Coeur d'Alene", "Coeur D Alene, ID"),
        ("O'Fallon MO", "O Fallon, MO"),
        ("Ft Worth", "Fort Worth, TX"),
        ("philly", "Philadelphia, PA"),
        ("Vancouver, Washington", "Vancouver, WA"),
        ("San Juan, Puerto Rico", "San Juan, PR"),
        # Spanish
        ("vivo en Los Ángeles", "Los Angeles, CA"),
        ("Filadelfia", "Philadelphia, PA"),
        ("Nueva Orleans", "New Orleans, LA"),
        ("estoy en San Antonio", "San Antonio, TX"),
        ("cerca de Seattle", "Seattle, WA"),
        ("un refugio en Yakima por favor", "Yakima, WA"),
        ("de El Paso", "El Paso, TX"),
        ("Peñasco, Nuevo México", "Penasco, NM"),
        ("Española NM", "Espanola, NM"),
    ],
)
def test_cities(text: str, expected: str) -> None:
    assert label(text) == expected


@pytest.mark.parametrize("text", ["St. Louis, MO", "Los Ángeles", "Winston-Salem, NC", "98402-1234", "D.C."])
def test_a_place_is_given_as_written(text: str) -> None:
    mention = one(f"  {text} ")
    assert mention.text == f"  {text} "[mention.start : mention.end]
    assert mention.text in text and len(mention.text) >= len(text) - 1


@pytest.mark.parametrize(
    ("text", "city", "states"),
    [
        ("Springfield", "Springfield", {"IL", "MA", "MO", "OR", "OH"}),
        ("i'm in springfield", "Springfield", {"IL", "MA", "MO"}),
        ("Columbus", "Columbus", {"OH", "GA", "IN"}),
        ("Aurora", "Aurora", {"CO", "IL"}),
        ("Jackson", "Jackson", {"MS", "TN", "MI"}),
        ("Mt Vernon", "Mount Vernon", {"NY", "WA"}),
        ("Pierce County", "Pierce County", {"WA", "WI", "GA"}),
        ("condado de Pierce", "Pierce County", {"WA", "WI", "GA"}),
    ],
)
def test_a_name_of_many_places_gives_the_candidates(text: str, city: str, states: set[str]) -> None:
    mention = one(text)
    assert mention.place is None
    assert mention.city == city
    assert states <= set(mention.states) and len(set(mention.states)) == len(mention.states)


def test_every_candidate_can_then_be_resolved() -> None:
    for state in one("Springfield").states:
        place = gazetteer().of_city("Springfield", state)
        assert place is not None and place.label == f"Springfield, {state}"
        assert label(f"Springfield, {state}") == place.label


def test_several_places_come_in_their_order() -> None:
    found = gazetteer().find("between Seattle and Tacoma, or 97201")
    assert [m.place.label for m in found if m.place] == ["Seattle, WA", "Tacoma, WA", "Portland, OR"]


# --- counties and states


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pierce county wa", "Pierce County, WA"),
        ("Pierce County, WA", "Pierce County, WA"),
        ("Pierce County, Washington", "Pierce County, WA"),
        ("i am in pierce county washington now", "Pierce County, WA"),
        ("Orleans Parish", "Orleans Parish, LA"),
        ("condado de Los Angeles", "Los Angeles County, CA"),
        ("vivo en el condado de Maricopa", "Maricopa County, AZ"),
        ("Miami-Dade County", "Miami-Dade County, FL"),
        ("St. Louis County, MO", "St. Louis County, MO"),
    ],
)
def test_counties(text: str, expected: str) -> None:
    mention = one(text)
    assert mention.place is not None
    assert (mention.place.county, mention.place.state) == tuple(expected.split(", "))


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("California", "CA"),
        ("texas", "TX"),
        ("i live in texas", "TX"),
        ("TX", "TX"),
        ("WA", "WA"),
        ("NM", "NM"),
        ("New Mexico", "NM"),
        ("north carolina", "NC"),
        ("West Virginia", "WV"),
        ("Washington", "WA"),
        ("Washington state", "WA"),
        ("puerto rico", "PR"),
        ("Nuevo México", "NM"),
        ("Carolina del Norte", "NC"),
        ("vivo en Tejas", "TX"),
        ("Luisiana", "LA"),
        ("Pensilvania", "PA"),
        ("Nueva Jersey", "NJ"),
        ("Virginia Occidental", "WV"),
    ],
)
def test_states(text: str, state: str) -> None:
    place = one(text).place
    assert place is not None and place.state == state and place.city is None
    assert place.lat is None  # a state has no single position


@pytest.mark.parametrize(
    "frame", ["{}", "i live in {}", "live in {}", "shelter in {} please", "yo vivo en {}", "vivo en {}"]
)
@pytest.mark.parametrize("change", [str, str.lower, str.upper], ids=["as written", "lower", "upper"])
def test_every_state_is_known_by_its_name(frame: str, change: Callable[[str], str]) -> None:
    heard = {}
    for state in us.states.STATES:
        found = gazetteer().find(frame.format(change(str(state.name))))
        heard[state.abbr] = [m.place.label if m.place else m.text for m in found]
    # "New York" alone may mean the city.
    wanted = {state.abbr: [state.name] for state in us.states.STATES}
    wrong = {abbr: labels for abbr, labels in heard.items() if labels != wanted[abbr]}
    assert {abbr: labels for abbr, labels in wrong.items() if labels != ["New York, NY"]} == {}


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("i need help in north carolina", "NC"),
        ("yo vivo en Carolina del Norte", "NC"),
        ("estoy en carolina del sur", "SC"),
        ("estoy aqui en Nueva Jersey", "NJ"),
        ("ahora vivo en Nuevo México", "NM"),
        ("mi hermana vive en Virginia Occidental", "WV"),
    ],
)
def test_states_of_several_words_anywhere_in_a_sentence(text: str, state: str) -> None:
    place = one(text).place
    assert place is not None and (place.state, place.city) == (state, None)


# --- what is no place


@pytest.mark.parametrize(
    "text",
    [
        "I live in hope",
        "hope",
        "i need help at home",
        "i want to stay safe",
        "reading a book",
        "call the police",
        "paradise",
        "he is in paradise now",
        "i'm in trouble",
        "my mobile",
        "mobile",
        "he took my truck",
        "go back",
        "mi casa",
        "en mi casa",
        "en la noche",
        "mesa",
        "esperanza",
        "i love paris",
        "my friend is in college",
        "i want justice",
        "he has a gun in the bed",
        "the dog and the cat",
        "in the morning",
        "in may",
        "from work",
        "for money",
        "a la escuela",
        "mi amor",
        "no",
        "si",
        "yes",
        "maybe",
        "hola",
        "hello",
        "gracias",
        "thank you so much",
        "what should i do",
        "que hago",
        "he hit me last night",
        "me pegó anoche",
        "i'm scared of him",
        "tengo miedo de el",
    ],
)
def test_everyday_words_are_no_places(text: str) -> None:
    assert [m.text for m in gazetteer().find(text)] == []
    assert [m.text for m in gazetteer().find(text.capitalize())] == []


@pytest.mark.parametrize(
    "text",
    [
        "OK",
        "ok",
        "HELP ME",
        "HELP ME OR I DIE",
        "OK I AM IN",
        "HI CAN YOU HELP ME",
        "IS IT SAFE OR NOT",
        "HE IS IN MY ROOM",
        "MY MA IS HERE",
        "MI ESPOSO ME PEGA",
        "LA POLICIA NO ME AYUDA",
        "TELL ME",
        "COME IN OR GO",
        "in",
        "or",
        "me",
        "hi",
        "give me a minute",
        "he yelled at me",
        "my ex is in jail",
        "no me or him",
    ],
)
def test_words_like_states_are_no_states(text: str) -> None:
    assert [m.text for m in gazetteer().find(text)] == []


def test_the_same_letters_are_states_where_a_state_stands() -> None:
    """The control to the test above."""
    assert label("Tulsa, OK") == "Tulsa, OK"
    assert label("gary in") == "Gary, IN"
    assert label("portland me") == "Portland, ME"
    assert label("honolulu hi") == "Honolulu, HI"


# --- odd input


@pytest.mark.parametrize(
    "text",
    ["", " ", "???", "🙂", "🙂🙂🙂", "\0", "-", "12345678901234567890", "St.", "county", "condado de",
     "a county", "TacomaTacoma", ",,,", "\n\n", "помогите", "我需要帮助", "' OR 1=1 --", "<script>"],
)  # fmt: skip
def test_odd_input_names_no_place(text: str) -> None:
    assert gazetteer().find(text) == []


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_it(text: str) -> None:
    last = 0
    for mention in gazetteer().find(text):
        assert mention.text == text[mention.start : mention.end] and mention.text.strip()
        assert last <= mention.start < mention.end <= len(text)
        last = mention.end
        assert mention.place is None or not mention.states


@pytest.mark.parametrize(
    "unit",
    ["Tacoma ", "Saint Louis, ", "in a ", "county ", "condado de ", "a county ", "New ", "x", "1", "ñ",
     "St. ", "IN OR ME ", "98402-", "north "],
)  # fmt: skip
def test_2000_characters_are_read_quickly(unit: str) -> None:
    gazetteer()
    text = (unit * 2000)[:2000]
    began = time.perf_counter()
    gazetteer().find(text)
    assert time.perf_counter() - began < 1.0  # measured: 0.04


# --- distances


def test_distances() -> None:
    tacoma, seattle = gazetteer().of_city("Tacoma", "WA"), gazetteer().of_city("seattle", "WA")
    miami = gazetteer().of_city("Miami", "FL")
    assert tacoma and seattle and miami
    assert miles_between(tacoma, seattle) == pytest.approx(27, abs=6)
    assert miles_between(tacoma, miami) == pytest.approx(2730, abs=60)
    assert miles_between(tacoma, tacoma) == 0
    assert miles_between(tacoma, gazetteer().of_state("FL")) is None
    assert miles_between(Place("x", "TX"), tacoma) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("St. Louis", "st louis"),
        ("Peñasco", "penasco"),
        ("  A--B  ", "a b"),
        ("", ""),
        ("¡Sí!", "si"),
        ("🙂", ""),
    ],
)
def test_plain(text: str, words: str) -> None:
    assert plain(text) == words


# --- one slip away, small letters, abroad


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a license in ilinois", "Illinois"),
        ("estoy en kennewick", "Kennewick, WA"),
        ("busco refugio x salinas", "Salinas, CA"),
        ("anything near albuqerque", "Albuquerque, NM"),
    ],
)
def test_a_place_one_slip_away_or_in_small_letters(text: str, meant: str) -> None:
    assert label(text) == meant


@pytest.mark.parametrize(
    "text", ["in danger", "i live in fear", "near the school", "en peligro", "ilinois nobody"]
)
def test_other_words_after_in_are_no_places(text: str) -> None:
    """The control to the test above."""
    assert gazetteer().find(text) == []


def test_a_country_is_named_but_has_no_place_here() -> None:
    found = one("which number for Northern Ireland?")
    assert found.text == "Northern Ireland" and found.place is None
