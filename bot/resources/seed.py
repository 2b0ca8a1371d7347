"""Puts the lists that come with the program into the directory: national lines, demonstration.

Runs at every start and changes nothing that is there already and equal. The demonstration set is
removed again when the program runs in production.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from bot.resources.lines import DIALS, Line, read_lines
from bot.resources.model import (
    Accessibility,
    Language,
    Location,
    Organization,
    Phone,
    Schedule,
    Service,
    ServiceArea,
)

DEMONSTRATION = Path(__file__).parent / "data" / "demonstration.yml"
EVERY_DAY = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FITS = ("pets", "children", "men", "teens")


def seed(engine: Engine, production: bool) -> None:
    """Writes the national lines, and the demonstration listings unless in production."""
    with Session(engine, future=True) as session, session.begin():
        for line in read_lines().values():
            session.merge(_line_organization(line))
        if production:
            for service in session.query(Service).filter_by(demonstration=True):
                session.delete(service.organization)
        else:
            for raw in demonstration_listings():
                _replace(session, raw)


def demonstration_listings() -> list[dict[str, Any]]:
    """The made-up listings, as their file has them."""
    data = yaml.safe_load(DEMONSTRATION.read_text(encoding="utf-8"))
    listings: list[dict[str, Any]] = data["listings"]
    return listings


def _line_organization(line: Line) -> Organization:
    ident = f"national-{line.id}"
    phones = [
        Phone(id=f"{ident}-{mode}", number=line.modes[mode], type=_phone_type(mode),
              description=line.modes.get("text_word", "") if mode == "text_to" else "")
        for mode in DIALS
        if mode in line.modes
    ]  # fmt: skip
    service = Service(
        id=ident,
        name=line.name,
        kind="national",
        confidential=False,
        source=line.source,
        checked_on=line.checked_on,
        expires_on=line.expires_on,
        phones=phones,
        areas=[ServiceArea(id=_area_id(ident), name="United States", extent_type="country")],
        locations=[Location(id=ident, location_type="virtual")],
    )
    return Organization(id=ident, name=line.name, description=line.name, services=[service])


def _phone_type(mode: str) -> str:
    return {"call": "voice", "text_to": "text", "call_video": "video"}[mode]


def _area_id(ident: str) -> int:
    """A stable number, so that seeding again changes the same row."""
    return int.from_bytes(ident.encode()[-7:], "big") % 2_000_000_000


def _replace(session: Session, raw: Mapping[str, Any]) -> None:
    known = session.get(Organization, f"demo-{raw['id']}")
    if known is None:
        session.add(_listing_organization(raw))


def _listing_organization(raw: Mapping[str, Any]) -> Organization:
    ident = f"demo-{raw['id']}"
    hours = raw["hours"]
    days, opens, closes = (
        (EVERY_DAY, "00:00", "23:59")
        if hours == "always"
        else (tuple(hours["days"]), hours["opens"], hours["closes"])
    )
    service = Service(
        id=ident,
        name=raw["service"],
        kind=raw["kind"],
        confidential=bool(raw["confidential"]),
        demonstration=True,
        takes=",".join(fit for fit in FITS if fit in raw["accepts"]),
        source="made up for demonstration",
        locations=[
            Location(id=ident, location_type="virtual" if raw["confidential"] else "physical",
                     city=raw["city"], county=raw["county"], state=raw["state"])
        ],
        phones=[Phone(id=ident, number=raw["phone"])],
        schedules=[Schedule(id=ident, byday=",".join(days), opens_at=opens, closes_at=closes)],
        areas=[_area(name, raw["state"]) for name in raw["area"]],
        languages=[Language(code=code) for code in raw["languages"]],
        accessibility=[Accessibility(description=word) for word in raw["accessibility"]],
    )  # fmt: skip
    return Organization(id=ident, name=raw["organization"], services=[service])


def _area(name: str, state: str) -> ServiceArea:
    if name == "statewide":
        return ServiceArea(name=state, extent_type="state", state=state)
    return ServiceArea(name=name, extent_type="county", state=state)
