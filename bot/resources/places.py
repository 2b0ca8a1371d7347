"""Places in the United States: what a person wrote, and where that is.

Built on data/zip_codes.csv (from the package zipcodes by tools/places.py) and the package us. A place is
never finer than its city: positions are the mean of a city's ZIP codes, so that no distance
computed from them can point at a street. Source of the traps handled here: 872 ZIP rows stand
at (0, 0) and mean "unknown"; 4,937 city names stand in more than one state; USPS spells some
cities in its own way (data/place_names.yml).
"""

from __future__ import annotations

import csv
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import us
import yaml
from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

NAMES = Path(__file__).parent / "data" / "place_names.yml"
ZIP_CODES = NAMES.with_name("zip_codes.csv")
EARTH_MILES = 3958.8
MILITARY = frozenset({"AA", "AE", "AP"})
LETTERS = 3
"""A state's name is longer; so many letters or fewer are an abbreviation."""
SHORTEST_MISSPELT = 6
"""Shorter names have too many neighbours: "salem" and "salam"."""
LONG_NAME = 9
"""From this length on a name may be two slips away, below it one."""
KNOWN_ZIPS = 2
"""A bare name in small letters after "in" or "near" is a place from this many ZIP codes on."""
LARGE_ZIPS = 8
"""Such a city is meant even in small letters, when it ends a message or stands before a comma."""
DOMINANT_ZIPS, DOMINANT_RATIO = 5, 5
"""A city name means its largest city when that has 5 ZIP codes and 5 times those of the next."""


_NOT_PLAIN = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Place:
    """A ZIP's city, a city, a county or a state. lat and lon are degrees, None when unknown."""

    label: str
    state: str
    city: str | None = None
    county: str | None = None
    lat: float | None = None
    lon: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """For a slot."""
        return asdict(self)


@dataclass(frozen=True)
class Mention:
    """A place found in a text, as written. `states` holds the candidates when it is ambiguous."""

    text: str
    start: int
    end: int
    place: Place | None
    states: tuple[str, ...] = ()
    city: str | None = None


def plain(text: str) -> str:
    """Lower case without marks or punctuation: "St. Louis" and "Peñasco" as "st louis", "penasco"."""
    kept = text.casefold()
    if not kept.isascii():
        decomposed = unicodedata.normalize("NFKD", kept)
        kept = "".join(c for c in decomposed if not unicodedata.combining(c))
    return _NOT_PLAIN.sub(" ", kept).strip()


def miles_between(a: Place, b: Place) -> float | None:
    """Great-circle distance in miles, None when either position is unknown."""
    if a.lat is None or a.lon is None or b.lat is None or b.lon is None:
        return None
    lat1, lon1, lat2, lon2 = map(math.radians, (a.lat, a.lon, b.lat, b.lon))
    h = math.sin((lat2 - lat1) / 2) ** 2
    h += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_MILES * math.asin(min(1.0, math.sqrt(h)))


class Gazetteer:
    """Finds and resolves places. Immutable once built; about 0.6 s to build."""

    def __init__(self, rows: Iterable[Mapping[str, str]], names: dict[str, Any]) -> None:
        self._words: dict[str, str] = names["words"]
        self._not_places = {plain(word) for word in names["not_places"]}
        self._after_in = {plain(word) for word in names["after_in"]}
        self._never_misspelt = self._not_places | self._after_in | {plain(w) for w in names["not_misspelt"]}
        self._abroad = re.compile(rf"\b(?:{'|'.join(names['abroad'])})\b", re.IGNORECASE)
        self._states = _state_names(names["states_said"])
        self._zips: dict[str, Place] = {}
        self._cities: dict[str, dict[str, Place]] = defaultdict(dict)
        self._sizes: dict[tuple[str, str], int] = {}
        self._counties: dict[str, dict[str, Place]] = defaultdict(dict)
        self._index(rows)
        self._aliases = {
            said: self._cities[plain(city)][state]
            for said, pair in names["aliases"].items()
            if pair
            for city, state in [pair]
        }
        names_ = [*self._cities, *self._states, *self._aliases]
        self._beginnings = {name.split()[0] for name in names_ if " " in name}
        # What a misspelt word may have meant: states, and cities that many people write.
        self._spellings = [name for name in self._states if len(name) >= SHORTEST_MISSPELT]
        self._spellings += [
            name
            for name, states in self._cities.items()
            if len(name) >= SHORTEST_MISSPELT and max(self._sizes[name, s] for s in states) >= KNOWN_ZIPS
        ]

    def _index(self, rows: Iterable[Mapping[str, str]]) -> None:
        points: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
        named: dict[tuple[str, str], str] = {}
        lying: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        counties: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
        codes: dict[str, tuple[str, str]] = {}
        for row in rows:
            key = codes[row["zip_code"]] = (plain(row["city"]), row["state"])
            named.setdefault(key, row["city"])
            self._sizes[key] = self._sizes.get(key, 0) + 1
            if row["county"]:
                lying[key][row["county"]] += 1
            lat, lon = float(row["lat"]), float(row["long"])
            # (0, 0) means unknown, not the Gulf of Guinea; a military office is nowhere near.
            if (lat or lon) and row["state"] not in MILITARY:
                points[key].append((lat, lon))
                counties[row["county"], row["state"]].append((lat, lon))
        for (name, state), city in named.items():
            county = lying[name, state].most_common(1)[0][0] if lying[name, state] else None
            lat_, lon_ = _mean(points[name, state])
            self._cities[name][state] = Place(f"{city}, {state}", state, city, county, lat_, lon_)
        # Two spellings of one county: the commoner comes last and stays.
        for (county_, state), where in sorted(counties.items(), key=lambda item: len(item[1])):
            if county_:
                lat_, lon_ = _mean(where)
                place = Place(f"{county_}, {state}", state, None, county_, lat_, lon_)
                self._counties[self._expanded(plain(county_))][state] = place
        # A ZIP code is its city: the same answer for every ZIP of a city.
        self._zips = {code: self._cities[name][state] for code, (name, state) in codes.items()}

    def find(self, text: str) -> list[Mention]:
        """The places named in a text, in its order, without overlap."""
        found: list[Mention] = []
        patterns = (self._find_zips, self._find_counties, self._find_abroad, self._find_names,
                    self._find_states, self._find_misspelt)  # fmt: skip
        for pattern in patterns:
            for mention in pattern(text):
                if all(mention.end <= m.start or mention.start >= m.end for m in found):
                    found.append(mention)
        return sorted(found, key=lambda m: m.start)

    def names_unknown_place(self, text: str) -> bool:
        """Whether a text ends in what must be a place and is none that is known: "... in grumbleford"."""
        match = re.search(r"\b(?:in|near|around|en|cerca de) ([a-z]{4,})$", plain(text))
        return match is not None and match.group(1) not in self._after_in and not self.find(text)

    def of_zip(self, code: str) -> Place | None:
        """The city of a ZIP or ZIP+4 code."""
        return self._zips.get(code[:5])

    def of_city(self, city: str, state: str) -> Place | None:
        """A city in a state given by its two letters."""
        return self._cities.get(self._spelled(plain(city)), {}).get(state)

    def of_state(self, state: str) -> Place:
        """A whole state, by its two letters; it has no single position."""
        return Place(us.states.lookup(state).name, state)

    def _find_zips(self, text: str) -> Iterable[Mention]:
        for match in re.finditer(r"(?<![\d-])(\d{5})(?:-\d{4})?(?![\d-])", text):
            place = self.of_zip(match.group(1))
            yield Mention(match.group(), match.start(), match.end(), place)

    def _find_counties(self, text: str) -> Iterable[Mention]:
        word = r"[^\W\d]+(?:[-.'’][^\W\d]*)*"
        patterns = (rf"\b((?:{word}\s+){{1,3}})(county|parish)\b", rf"\bcondado de ((?:{word}\s*){{1,3}})")
        for pattern in patterns:
            for match in re.finditer(pattern, text, re.IGNORECASE):
                mention = self._county_at(text, match)
                if mention:
                    yield mention

    def _county_at(self, text: str, match: re.Match[str]) -> Mention | None:
        words = list(re.finditer(r"\S+", match.group(1)))
        suffix = "parish" if match.re.groups > 1 and match.group(2).lower() == "parish" else "county"
        for first in range(len(words)):
            lasts = [len(words)] if match.re.groups > 1 else range(len(words), first, -1)
            for last in lasts:
                name = " ".join(w.group() for w in words[first:last])
                states = self._counties.get(f"{self._expanded(plain(name))} {suffix}")
                if not states:
                    continue
                start = match.start(1) + words[first].start()
                start = start if match.re.groups > 1 else match.start()
                end = match.end() if match.re.groups > 1 else match.start(1) + words[last - 1].end()
                said, end = self._state_after(text, end)
                return self._mention(text, start, end, states, said)
        return None

    def _find_abroad(self, text: str) -> Iterable[Mention]:
        """Countries: a place that was named, though none that a program here is near to."""
        for match in self._abroad.finditer(text):
            yield Mention(match.group(), match.start(), match.end(), None)

    def _find_names(self, text: str) -> Iterable[Mention]:
        words = list(re.finditer(r"[^\W_]+(?:['’][^\W_]+)*", text))
        position = 0
        while position < len(words):
            step = 1
            most = 4 if self._begins_a_name(words[position].group()) else 1
            for length in range(min(most, len(words) - position), 0, -1):
                if length > 1 and self._is_state(text, words, position, length):
                    step = length  # "New York" holds no York
                    break
                mention = self._name_at(text, words, position, length)
                if mention:
                    yield mention
                    step = sum(1 for w in words[position:] if w.start() < mention.end)
                    break
            position += step

    def _begins_a_name(self, word: str) -> bool:
        """Whether a name of several words may start with this one: "los", "st", "winston"."""
        first = plain(word).split()[:1]
        return any(self._words.get(w, w) in self._beginnings or w in self._beginnings for w in first)

    def _is_state(self, text: str, words: list[re.Match[str]], position: int, length: int) -> bool:
        """Whether these words are a state's whole name, with no state behind them."""
        end = words[position + length - 1].end()
        name = plain(text[words[position].start() : end])
        return name in self._states and self._state_after(text, end)[0] is None

    def _name_at(self, text: str, words: list[re.Match[str]], position: int, length: int) -> Mention | None:
        span = words[position : position + length]
        start, end = span[0].start(), span[-1].end()
        name = self._spelled(plain(text[start:end]))
        alias = self._aliases.get(name)
        states = {alias.state: alias} if alias else self._cities.get(name)
        if not states:
            return None
        said, after = self._state_after(text, end)
        if said and said in states:
            return self._mention(text, start, after, states, said)
        if alias or self._stands_alone(text, words, position, length, name, states):
            return self._mention(text, start, end, states, None)
        return None

    def _stands_alone(
        self,
        text: str,
        words: list[re.Match[str]],
        position: int,
        length: int,
        name: str,
        states: dict[str, Place],
    ) -> bool:
        """Whether a bare city name is meant as a place: it must stand where a place stands."""
        if name in self._not_places or name in self._states:
            return False
        if len(words) == length:
            return True
        before = plain(words[position - 1].group()) if position else ""
        placed = before in _BEFORE_A_PLACE
        capital = text[words[position].start()].isupper() and position > 0 and not text.isupper()
        size = max(self._sizes[name, state] for state in states)
        large = size >= 4 or (
            len(name) >= SHORTEST_MISSPELT and size >= KNOWN_ZIPS and before in _RIGHT_BEFORE
        )
        followed = text[words[position + length - 1].end() :].lstrip()[:1]
        at_an_edge = size >= LARGE_ZIPS and (position + length == len(words) or followed in {",", ";"})
        return (placed and (large or capital)) or (large and (capital or length > 1)) or at_an_edge

    def _state_after(self, text: str, end: int) -> tuple[str | None, int]:
        """The state written right after a name, and where it ends."""
        for words in (3, 2, 1):
            match = re.match(r"[\s,.(]*" + r"([^\W\d_]+\.?)" + r"[\s.]+([^\W\d_]+)" * (words - 1), text[end:])
            if not match:
                continue
            said = plain(match.group())
            state = self._states.get(said)
            two_letters = len(said) == 2
            last = not text[end + match.end() :].strip(" .,!?")
            if state and (
                not two_letters or said not in _WORDS_LIKE_STATES or last or _reads_as_state(match)
            ):
                return state, end + match.end()
        return None, end

    def _find_states(self, text: str) -> Iterable[Mention]:
        words = list(re.finditer(r"[^\W\d_]+", text))
        for length in (3, 2, 1):
            for position in range(len(words) - length + 1):
                start, end = words[position].start(), words[position + length - 1].end()
                written = text[start:end]
                state = self._states.get(plain(written))
                if plain(written) in self._not_places:
                    continue
                if state and (len(plain(written)) > LETTERS or self._reads_alone(written, text)):
                    yield Mention(written, start, end, self.of_state(state))

    def _find_misspelt(self, text: str) -> Iterable[Mention]:
        """A word that stands where a place stands, one slip away from a place: "in ilinois"."""
        words = list(re.finditer(r"[^\W\d_]+", text))
        for position, word in enumerate(words):
            before = plain(words[position - 1].group()) if position else ""
            if before not in _RIGHT_BEFORE and len(words) > 1:
                continue
            meant = self._meant(plain(word.group()))
            if meant in self._states:
                yield Mention(word.group(), word.start(), word.end(), self.of_state(self._states[meant]))
            elif meant:
                said, end = self._state_after(text, word.end())
                yield self._mention(text, word.start(), end, self._cities[meant], said)

    def _meant(self, name: str) -> str | None:
        if len(name) < SHORTEST_MISSPELT or name in self._never_misspelt:
            return None
        slips = 2 if len(name) >= LONG_NAME else 1
        found = process.extractOne(
            name, self._spellings, scorer=DamerauLevenshtein.distance, score_cutoff=slips
        )
        # People slip inside a word; another first letter is another word.
        return found[0] if found and found[0][0] == name[0] else None

    def _reads_alone(self, written: str, text: str) -> bool:
        """Whether two or three letters stand for a state: in capitals, and not shouted or a word."""
        if not written.isupper():
            return False
        return written not in _SHOUTED or (plain(text) == plain(written) and written != "OK")

    def _mention(
        self, text: str, start: int, end: int, states: dict[str, Place], said: str | None
    ) -> Mention:
        written = text[start:end].rstrip(" ,.")
        end = start + len(written)
        if said and said in states:
            return Mention(written, start, end, states[said], city=states[said].city)
        ranked = sorted(states, key=lambda s: -self._size(states[s]))
        first = states[ranked[0]]
        if len(ranked) == 1 or self._dominates(states, ranked):
            return Mention(written, start, end, first, city=first.city)
        return Mention(written, start, end, None, tuple(ranked), first.city or first.county)

    def _dominates(self, states: dict[str, Place], ranked: list[str]) -> bool:
        top, second = (self._size(states[s]) for s in ranked[:2])
        return top >= DOMINANT_ZIPS and top >= DOMINANT_RATIO * second

    def _size(self, place: Place) -> int:
        return self._sizes.get((plain(place.city or ""), place.state), 0)

    def _expanded(self, name: str) -> str:
        return " ".join(self._words.get(word, word) for word in name.split())

    def _spelled(self, name: str) -> str:
        """A name as USPS spells it: "st louis" as "saint louis"."""
        if name in self._cities:
            return name
        return self._expanded(name)


_BEFORE_A_PLACE = frozenset(
    "in near around from by outside to for of cerca en de desde por x a vivo live downtown".split()
)
_RIGHT_BEFORE = frozenset("in near around outside x en cerca por".split())
_STATE_LETTERS = frozenset(state.abbr for state in us.states.STATES_AND_TERRITORIES) | {"DC"}
_WORDS_LIKE_STATES = frozenset("in or me hi ok oh pa ma la id al de co mi va ne so mo".split())
_SHOUTED = frozenset("IN OR ME HI OK OH PA MA LA ID AL DE CO MI NE".split())


def _reads_as_state(match: re.Match[str]) -> bool:
    """Two letters that are also a word count as a state when shouted or after a comma."""
    return match.group(1).isupper() or "," in match.group()


def _state_names(said: dict[str, str]) -> dict[str, str]:
    names = {plain(word): state for word, state in said.items()}
    for state in [*us.states.STATES_AND_TERRITORIES, us.states.DC]:
        names[plain(state.name)] = state.abbr
        names[state.abbr.lower()] = state.abbr
    return names


def _mean(points: list[tuple[float, float]]) -> tuple[float | None, float | None]:
    if not points:
        return None, None
    return sum(p[0] for p in points) / len(points), sum(p[1] for p in points) / len(points)


@cache
def gazetteer() -> Gazetteer:
    """The one gazetteer of this process."""
    names = yaml.safe_load(NAMES.read_text(encoding="utf-8"))
    with ZIP_CODES.open(encoding="utf-8", newline="") as rows:
        return Gazetteer(csv.DictReader(rows), names)
