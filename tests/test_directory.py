"""The directory: its tables, the lists that come with it, the numbers, and the search."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
import yaml
import zipcodes
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from conftest import skip
from sqlalchemy import MetaData, func, inspect, select, text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.resources.database import open_database
from bot.resources.directory import NEAR_MILES, Directory
from bot.resources.lines import DIALS, HOME, digits, read_lines
from bot.resources.model import Base, Location, Organization, Phone, Service, ServiceArea
from bot.resources.places import Place, gazetteer, plain
from bot.resources.seed import demonstration_listings, seed
from bot.sentences import load_book
from bot.settings import Settings
from bot.voice import Speaker

ROOT = Path(__file__).parent.parent
HOTLINES = ROOT.parent / "shared" / "facts" / "hotlines.yml"
TEXT_FILES = {".py", ".yml", ".html", ".js", ".css", ".mako", ".md", ".txt", ".json", ".svg"}
LINES = read_lines()
BOOK = load_book()
KINDS = ("shelter", "legal", "counseling", "hotline")
FICTION = re.compile(r"\d{3}-555-01\d\d")
STREET = re.compile(
    r"\b\d{1,6}\s+(?:[NSEW]\.?\s+)?(?:\w+\s+){1,3}"
    r"(?:st|street|ave|avenue|rd|road|blvd|boulevard|ln|lane|dr|drive|way|ct|court|pl|place|hwy|highway)\b"
    r"|\bp\.? ?o\.? ?box\b|\b(?:suite|apt|apartment|unit|calle|avenida)\s+#?\d",
    re.IGNORECASE,
)


def fresh(tmp_path: Path) -> Engine:
    return open_database(Settings(data_dir=tmp_path / "data"))


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """An empty directory."""
    return fresh(tmp_path)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A directory with all that comes with the program. Only read."""
    engine = fresh(tmp_path_factory.mktemp("seeded"))
    seed(engine, production=False)
    return engine


@pytest.fixture(scope="module")
def demonstration(seeded: Engine) -> Directory:
    return Directory(seeded, gazetteer())


def rows(engine: Engine) -> dict[str, list[Any]]:
    """Every row of every table."""
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        return {
            name: sorted(map(repr, connection.execute(select(table)).all()))
            for name, table in tables.tables.items()
        }


def shape(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return sorted(str(sql) for (sql,) in connection.execute(text("select sql from sqlite_master")))


def city(name: str, state: str) -> Place:
    place = gazetteer().of_city(name, state)
    assert place is not None
    return place


@cache
def codes() -> dict[tuple[str, str], list[str]]:
    """The ZIP codes of every city."""
    cities: dict[tuple[str, str], list[str]] = {}
    for row in zipcodes.list_all():
        cities.setdefault((plain(row["city"]), row["state"]), []).append(row["zip_code"])
    return cities


def codes_of(name: str, state: str) -> list[str]:
    return codes()[plain(name), state]


def add(engine: Engine, name: str, **how: Any) -> None:
    """Adds a listing of a program's own."""
    areas = [
        ServiceArea(name=area, extent_type=kind, state=state) for area, kind, state in how.pop("areas", ())
    ]
    where, state = how.pop("city", None), how.pop("state", None)
    service = Service(
        id=name,
        name=name,
        kind=how.pop("kind", "shelter"),
        areas=areas,
        locations=[Location(id=name, city=where, state=state)],
        phones=[Phone(id=name, number="253-555-0199")],
        **how,
    )
    with Session(engine, future=True) as session, session.begin():
        session.add(Organization(id=name, name=name, services=[service]))


def found(engine: Engine, where: Place, kind: str = "shelter", **how: Any) -> list[str]:
    pets = how.pop("pets", False)
    return [f.listing.id for f in Directory(engine, gazetteer(), **how).search(where, kind, pets)]


# --- the tables


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        fresh(tmp_path)
        (tmp_path / "control").touch()
    finally:
        os.umask(before)
    files = [path for path in (tmp_path / "data").iterdir() if path.is_file()]
    assert files
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "control").stat().st_mode) == 0o644  # the control: others could read


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    engine = fresh(tmp_path)
    assert len(inspect(engine).get_table_names()) > 5
    seed(engine, production=False)
    before = shape(engine), rows(engine)
    engine.dispose()
    again = fresh(tmp_path)
    assert (shape(again), rows(again)) == before


def differences(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, Base.metadata)


def test_the_migrations_make_what_the_model_says(engine: Engine) -> None:
    assert differences(engine) == []
    with engine.begin() as connection:  # the control
        connection.execute(text("alter table phone add column street text"))
    assert differences(engine) != []


def test_no_table_has_room_for_an_address(engine: Engine) -> None:
    telling = re.compile(
        r"address|street|latitude|longitude|^lat$|^lon$|^lng$|geo|coord|zip|postal|directions"
    )
    columns = {(table, column["name"]) for table in inspect(engine).get_table_names()
               for column in inspect(engine).get_columns(table)}  # fmt: skip
    assert ("location", "city") in columns
    assert not [pair for pair in columns if telling.search(pair[0]) or telling.search(pair[1])]
    assert telling.search("street_address") and telling.search("latitude")  # the control


def test_no_text_reads_like_a_street(seeded: Engine) -> None:
    values = [value for table in rows(seeded).values() for value in table]
    values += [repr(listing) for listing in demonstration_listings()]
    assert len(values) > 300
    assert [value for value in values if STREET.search(value)] == []
    for control in ("12 Main Street", "4410 N. Old Mill Rd", "PO Box 7", "Calle 5", "Suite 200"):
        assert STREET.search(f"('x', '{control}')"), control


# --- what comes with the program


def test_seeding_twice_changes_nothing(engine: Engine) -> None:
    seed(engine, production=False)
    before = rows(engine)
    seed(engine, production=False)
    assert rows(engine) == before
    assert before["service"] and before["phone"] and before["service_area"]


def test_seeding_puts_a_changed_line_right(engine: Engine) -> None:
    seed(engine, production=False)
    before = rows(engine)
    with engine.begin() as connection:
        connection.execute(text("update phone set number = '1' where id = 'national-ndvh-call'"))
    assert rows(engine) != before
    seed(engine, production=False)
    assert rows(engine) == before


def test_production_has_no_made_up_listing(engine: Engine) -> None:
    seed(engine, production=True)
    with Session(engine, future=True) as session:
        assert session.scalar(select(func.count()).select_from(Service).where(Service.demonstration)) == 0
        assert session.scalar(select(func.count()).select_from(Service)) == len(LINES)
    assert "555-01" not in repr(rows(engine))


def test_production_takes_made_up_listings_out_and_leaves_the_others(engine: Engine) -> None:
    seed(engine, production=False)
    add(engine, "own", city="Tacoma", state="WA")
    assert "555-0101" in repr(rows(engine))
    seed(engine, production=True)
    left = rows(engine)
    assert "demo-" not in repr(left) and "555-0101" not in repr(left)
    assert found(engine, city("Tacoma", "WA"), production=True) == ["own"]


def test_a_search_in_production_refuses_made_up_listings(seeded: Engine) -> None:
    assert found(seeded, city("Tacoma", "WA")) != []  # the control
    for listing in demonstration_listings():
        where = city(listing["city"], listing["state"])
        assert found(seeded, where, listing["kind"], production=True) == []


def test_the_demonstration_set() -> None:
    listings = demonstration_listings()
    assert len(listings) == 60
    assert set(Counter(listing["state"] for listing in listings).values()) == {10}
    assert len({listing["state"] for listing in listings}) == 6
    assert {listing["kind"] for listing in listings} == set(KINDS)
    for what in ("id", "phone", "organization"):
        assert len({listing[what] for listing in listings}) == 60, what
    for listing in listings:
        assert FICTION.fullmatch(listing["phone"]), listing["id"]
        assert gazetteer().of_city(listing["city"], listing["state"]) is not None, listing["id"]


def test_demonstration_numbers_in_the_database_are_fiction(seeded: Engine) -> None:
    with Session(seeded, future=True) as session:
        numbers = session.scalars(select(Phone.number).join(Service).where(Service.demonstration)).all()
    assert len(numbers) == len(set(numbers)) == 60
    assert all(FICTION.fullmatch(number) for number in numbers)


# --- the national lines


def test_the_national_lines_are_those_of_the_data_file(seeded: Engine) -> None:
    written = yaml.safe_load(HOME.read_text(encoding="utf-8"))["lines"]
    assert len({line["id"] for line in written}) == len(written) == len(LINES)
    wanted = {
        (f"national-{line['id']}", str(line[dial])) for line in written for dial in DIALS if dial in line
    }
    with Session(seeded, future=True) as session:
        national = select(Phone.service_id, Phone.number).join(Service).where(Service.kind == "national")
        assert {tuple(row) for row in session.execute(national)} == wanted
        services = session.scalars(select(Service).where(Service.kind == "national")).all()
        assert {service.id for service in services} == {f"national-{line['id']}" for line in written}
        assert all(service.source and service.checked_on and service.expires_on for service in services)
        assert all([area.extent_type for area in service.areas] == ["country"] for service in services)


@pytest.mark.parametrize("name", sorted(LINES))
def test_a_line_says_where_it_was_read_and_until_when(name: str) -> None:
    line = LINES[name]
    assert line.source.strip() and line.name.strip() and line.hours.strip()
    assert line.checked_on is not None and line.expires_on is not None
    assert line.checked_on <= date.today()
    assert timedelta(0) < line.expires_on - line.checked_on <= timedelta(days=90)
    assert any(dial in line.modes for dial in DIALS)


@pytest.mark.parametrize("name", sorted(LINES))
def test_its_numbers_can_be_dialled(name: str) -> None:
    for dial in DIALS:
        number = LINES[name].modes.get(dial)
        if number is None:
            continue
        if len(number) == 3:
            assert number in {"911", "988"}
        elif "-" not in number:
            assert dial == "text_to" and re.fullmatch(r"\d{5,6}", number)
        else:
            parsed = phonenumbers.parse(number, "US")
            assert phonenumbers.is_valid_number(parsed), number
            assert phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.TOLL_FREE
    assert not phonenumbers.is_valid_number(phonenumbers.parse("1-555-" + "555-0123", "US"))  # the control


def program_texts() -> Iterable[tuple[str, str]]:
    for room in ("bot", "safety_exit"):
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in TEXT_FILES and path.is_file():
                yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def spelled(number: str) -> re.Pattern[str]:
    """A number however it is written; a phrase as it stands."""
    if re.search(r"[a-z]", number):
        return re.compile(rf"\b{re.escape(number)}\b", re.IGNORECASE)
    return re.compile(r"(?<!\d)(?:1[\s().-]*)?" + r"[\s().-]*".join(re.sub(r"\D", "", number)) + r"(?!\d)")


def test_no_obsolete_number_stands_anywhere() -> None:
    if not HOTLINES.exists():
        skip("the list of obsolete numbers (shared/facts/hotlines.yml) is not on this machine")
    never = yaml.safe_load(HOTLINES.read_text(encoding="utf-8"))["never_show"]
    assert never
    texts = list(program_texts())
    assert len(texts) > 60
    for number in never:
        assert [name for name, words in texts if spelled(number).search(words)] == [], number
        assert spelled(number).search(f"call {number}.")  # the control
    assert spelled("800-555-" + "0124").search("+1 (800) 555 0124")  # the controls
    assert not spelled("77" + "054").search("1770541")


def test_numbers_stand_in_their_one_home_alone() -> None:
    said = {n for n in digits(n for line in LINES.values() for n in line.modes.values()) if len(n) > 4}
    assert len(said) > 10
    home = str(HOME.relative_to(ROOT))
    patterns = [spelled(number.removeprefix("1")) for number in said]
    places = {name for name, words in program_texts() if any(p.search(words) for p in patterns)}
    assert places == {home}


# --- a number past its date

DIALLED = [(name, dial) for name, line in sorted(LINES.items()) for dial in DIALS if dial in line.modes]


def said_on(day: date, name: str, dial: str, language: str, channel: str) -> str:
    speaker = Speaker(BOOK, LINES, lambda: day)
    return speaker.fill(f"({{{name}.{dial}}})", language, channel, {})[1:-1]


@pytest.mark.parametrize("channel", ["web", "sms"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_an_expired_number_is_not_shown_as_good(language: str, channel: str) -> None:
    stale = 0
    for name, dial in DIALLED:
        line = LINES[name]
        assert line.expires_on is not None and line.checked_on is not None
        number = line.modes[dial]
        assert said_on(line.expires_on, name, dial, language, channel) == number
        after = said_on(line.expires_on + timedelta(days=1), name, dial, language, channel)
        if line.always:
            assert after == number
            continue
        stale += 1
        assert after.startswith(f"{number} ") and line.checked_on.isoformat() in after
        assert {"en": "may have changed", "es": "puede haber cambiado"}[language] in after
    assert stale > 10


def test_911_and_988_are_always_good() -> None:
    always = {line.modes["call"] for line in LINES.values() if line.always}
    assert always == {"911", "988"}
    for name in ("emergency", "lifeline988"):
        assert said_on(date(2099, 1, 1), name, "call", "en", "web") in {"911", "988"}


# --- the search


def test_the_nearest_come_first(engine: Engine) -> None:
    add(engine, "spokane", city="Spokane", state="WA")
    add(engine, "tacoma", city="Tacoma", state="WA")
    add(engine, "seattle", city="Seattle", state="WA")
    add(engine, "olympia", city="Olympia", state="WA")
    assert found(engine, city("Tacoma", "WA")) == ["tacoma", "olympia", "seattle"]
    assert found(engine, city("Seattle", "WA")) == ["seattle", "tacoma", "olympia"]


def test_who_serves_the_county_comes_first(engine: Engine) -> None:
    add(engine, "tacoma", city="Tacoma", state="WA")
    add(engine, "seattle", city="Seattle", state="WA", areas=[("Pierce County", "county", "WA")])
    add(engine, "namesake", city="Madison", state="WI", areas=[("Pierce County", "county", "WI")])
    where = gazetteer().of_zip("98402")
    assert where is not None and where.county == "Pierce County"
    assert found(engine, where) == ["seattle", "tacoma"]


def test_a_wish_for_pets_comes_before_nearness(engine: Engine) -> None:
    add(engine, "near", city="Tacoma", state="WA")
    add(engine, "pets", city="Seattle", state="WA", takes="pets,children")
    where = city("Tacoma", "WA")
    assert found(engine, where) == ["near", "pets"]
    assert found(engine, where, pets=True) == ["pets", "near"]


def test_an_overdue_listing_stands_below_the_fresh(engine: Engine) -> None:
    day = date(2026, 6, 1)
    add(engine, "near", city="Tacoma", state="WA", checked_on=day, expires_on=day + timedelta(days=90))
    add(engine, "far", city="Seattle", state="WA", checked_on=day, expires_on=day + timedelta(days=900))
    where = city("Tacoma", "WA")
    assert found(engine, where, today=lambda: day + timedelta(days=90)) == ["near", "far"]
    assert found(engine, where, today=lambda: day + timedelta(days=91)) == ["far", "near"]


def test_what_is_not_live_is_not_found(engine: Engine) -> None:
    add(engine, "draft", city="Tacoma", state="WA", listing_state="draft")
    add(engine, "closed", city="Tacoma", state="WA", status="inactive")
    add(engine, "legal", city="Tacoma", state="WA", kind="legal")
    add(engine, "live", city="Tacoma", state="WA")
    assert found(engine, city("Tacoma", "WA")) == ["live"]


def test_a_search_goes_across_a_state_border(engine: Engine) -> None:
    add(engine, "las-cruces", city="Las Cruces", state="NM")
    add(engine, "albuquerque", city="Albuquerque", state="NM")
    add(engine, "houston", city="Houston", state="TX")
    assert found(engine, city("El Paso", "TX")) == ["las-cruces"]
    assert found(engine, city("Albuquerque", "NM")) == ["albuquerque"]


def test_with_nothing_near_the_states_are_listed(engine: Engine, demonstration: Directory) -> None:
    add(engine, "houston", city="Houston", state="TX")
    add(engine, "el-paso", city="El Paso", state="TX")
    add(engine, "oklahoma", city="Oklahoma City", state="OK")
    assert found(engine, city("Amarillo", "TX")) == ["el-paso", "houston"]
    for f in demonstration.search(city("Amarillo", "TX"), "shelter"):
        assert not f.near and f.miles is not None and f.miles > NEAR_MILES and f.listing.state == "TX"


def test_with_nothing_at_all_nothing_is_given(demonstration: Directory) -> None:
    for kind in KINDS:
        assert demonstration.search(city("Honolulu", "HI"), kind) == []
    assert demonstration.search(city("Tacoma", "WA"), "no such kind") == []


def test_a_whole_state_gives_its_listings(demonstration: Directory) -> None:
    for state in ("WA", "TX", "NY", "FL", "IL", "NM"):
        listed = demonstration.search(gazetteer().of_state(state), "shelter")
        assert len(listed) == 5 and {f.listing.state for f in listed} == {state}


def test_national_lines_are_no_places_near(demonstration: Directory) -> None:
    where = city("Tacoma", "WA")
    shown = [f.listing.id for kind in KINDS for f in demonstration.search(where, kind)]
    assert shown and not [name for name in shown if name.startswith("national-")]


@pytest.mark.parametrize("listing", demonstration_listings(), ids=lambda listing: str(listing["id"]))
def test_help_in_ones_own_city_comes_first(demonstration: Directory, listing: dict[str, Any]) -> None:
    """By the city's name as people write it, or by a ZIP code of it."""
    name, state = listing["city"], listing["state"]
    codes = codes_of(name, state)
    for where in (city(name, state), gazetteer().of_zip(codes[0])):
        assert where is not None
        first = demonstration.search(where, listing["kind"])[0]
        assert (first.listing.city, first.listing.state) == (name, state)


@pytest.mark.parametrize("kind", ["shelter", "legal"])
@pytest.mark.parametrize(
    ("name", "state"),
    [("Tacoma", "WA"), ("Houston", "TX"), ("El Paso", "TX"), ("Miami", "FL"), ("Orlando", "FL"),
     ("Chicago", "IL"), ("Bronx", "NY"), ("Albuquerque", "NM"), ("Livingston", "TX")],
)  # fmt: skip
def test_every_zip_of_a_city_gets_the_same_answer(
    demonstration: Directory, name: str, state: str, kind: str
) -> None:
    """Else answers to many ZIP codes would point at a place; and its name gets that answer too."""
    codes = codes_of(name, state)
    assert len(codes) > 1
    answers: dict[tuple[Any, ...], list[str]] = {}
    for code in [*codes, name]:
        where = gazetteer().of_zip(code) if code != name else city(name, state)
        assert where is not None
        answer = tuple((f.listing.id, f.miles) for f in demonstration.search(where, kind))
        answers.setdefault(answer, []).append(code)
    assert len(answers) == 1, [(codes[:3], [i for i, _ in answer]) for answer, codes in answers.items()]
