"""Searches the directory: what helps near a place, nearest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import us
import yaml
from sqlalchemy import or_, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, selectinload

from bot.resources.model import Location, Service, ServiceArea
from bot.resources.places import Gazetteer, Place, miles_between, plain
from bot.resources.seed import EVERY_DAY

NEIGHBOURS = Path(__file__).parent / "data" / "state_neighbours.yml"
NEAR_MILES = 75
"""Farther than this a place is listed as one of the state's, not as near."""


@cache
def _neighbours() -> dict[str, list[str]]:
    data: dict[str, list[str]] = yaml.safe_load(NEIGHBOURS.read_text(encoding="utf-8"))
    return data


@dataclass(frozen=True)
class Listing:
    """A live listing, ready to be said. It has no address: none is stored."""

    id: str
    name: str
    kind: str
    phone: str
    hours_params: Any
    takes: tuple[str, ...]
    city: str | None
    state: str | None
    counties: tuple[str, ...]
    statewide: bool
    confidential: bool
    demonstration: bool
    checked_on: date | None
    expires_on: date | None

    @property
    def area_label(self) -> str:
        """The area served, in words."""
        if self.statewide or not self.counties:
            return str(us.states.lookup(self.state).name) if self.state else ""
        return f"{', '.join(self.counties)}, {self.state}"


@dataclass(frozen=True)
class Found:
    """A listing with its distance in miles between city centres (None: unknown or a whole state)."""

    listing: Listing
    miles: float | None
    serves: bool
    fresh: bool

    @property
    def near(self) -> bool:
        """Whether it may be called near."""
        return self.serves or (self.miles is not None and self.miles <= NEAR_MILES)


class Directory:
    """Read access to the listings. Holds no search and no person."""

    def __init__(
        self,
        engine: Engine,
        gazetteer: Gazetteer,
        production: bool = False,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._engine = engine
        self._gazetteer = gazetteer
        self._production = production
        self._today = today

    def search(self, where: Place, kind: str, pets: bool = False) -> list[Found]:
        """Listings of a kind for a place: those that serve it first, then the nearest.

        Near ones come alone when there are any; else those of the same state. An overdue listing
        stands below the fresh ones. With `pets`, places that take pets come first.
        """
        found = [self._found(listing, where) for listing in self._candidates(where, kind)]
        near = [f for f in found if f.near]
        in_state = [f for f in found if f.listing.state == where.state]

        def rank(f: Found) -> tuple[Any, ...]:
            lacks_pets = pets and "pets" not in f.listing.takes
            return (
                lacks_pets,
                not f.fresh,
                not f.serves,
                f.miles if f.miles is not None else 1e6,
                f.listing.id,
            )

        return sorted(near or in_state, key=rank)

    def _candidates(self, where: Place, kind: str) -> list[Listing]:
        states = self._states_around(where)
        here = select(Location.service_id).where(Location.state.in_(states))
        serving = select(ServiceArea.service_id).where(ServiceArea.state.in_(states))
        query = (
            select(Service)
            .where(Service.kind == kind, Service.listing_state == "live", Service.status == "active")
            .where(or_(Service.id.in_(here), Service.id.in_(serving)))
            .options(
                *(
                    selectinload(relation)
                    for relation in (
                        Service.organization, Service.locations, Service.phones, Service.schedules,
                        Service.areas, Service.languages, Service.accessibility,
                    )
                )
            )
        )  # fmt: skip
        if self._production:
            query = query.where(Service.demonstration.is_(False))
        with Session(self._engine, future=True) as session:
            return [_listing(service) for service in session.scalars(query)]

    def _states_around(self, where: Place) -> list[str]:
        return [where.state, *_neighbours().get(where.state, ())]

    def _found(self, listing: Listing, where: Place) -> Found:
        place = (
            self._gazetteer.of_city(listing.city, listing.state) if listing.city and listing.state else None
        )
        miles = miles_between(where, place) if place is not None else None
        same_state = listing.state == where.state
        county = plain(where.county or "")
        serves = same_state and (
            listing.statewide or (bool(county) and county in {plain(c) for c in listing.counties})
        )
        fresh = listing.expires_on is None or self._today() <= listing.expires_on
        return Found(listing, miles, serves, fresh)


def _listing(service: Any) -> Listing:
    location = service.locations[0] if service.locations else None
    return Listing(
        id=service.id,
        name=service.organization.name,
        kind=service.kind,
        phone=service.phones[0].number if service.phones else "",
        hours_params=_hours(service.schedules),
        takes=_takes(service),
        city=location.city if location else None,
        state=location.state if location else None,
        counties=tuple(a.name for a in service.areas if a.extent_type == "county"),
        statewide=any(a.extent_type == "state" for a in service.areas),
        confidential=service.confidential,
        demonstration=service.demonstration,
        checked_on=service.checked_on,
        expires_on=service.expires_on,
    )


def _takes(service: Any) -> tuple[str, ...]:
    takes = [word for word in service.takes.split(",") if word]
    takes += [a.description for a in service.accessibility if a.description == "wheelchair"]
    takes += ["spanish" for language in service.languages if language.code == "es"]
    return tuple(takes)


def _hours(schedules: list[Any]) -> Any:
    """The schedule as parameters for the sentences about hours."""
    if not schedules:
        return ""
    row = schedules[0]
    days = tuple(row.byday.split(","))
    if days == EVERY_DAY and (row.opens_at, row.closes_at) == ("00:00", "23:59"):
        return {"say": "utter_hours_always"}
    times = {"opens": row.opens_at, "closes": row.closes_at}
    if days == EVERY_DAY[:5]:
        return {"say": "utter_hours_weekdays", **times}
    return {
        "say": "utter_hours_days",
        "days": {"words": [{"say": f"utter_day_{day}"} for day in days]},
        **times,
    }
