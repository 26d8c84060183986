"""The data audit: of each field of contacts how complete and how right it is and what uses it, of each source what it
tells and how late; and what to do about it. Of what says who somebody is, only how many have it: no value is in it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from statistics import median
from typing import NamedTuple
from zoneinfo import ZoneInfo

from shared.domain import calendars
from shared.domain.countries import country_code
from shared.domain.estimates import Estimate, share
from shared.domain.events import DAY, HOUR, Event, Instant, Json, Type, normal_email
from shared.domain.language import event_title, trait_title
from shared.domain.personal import in_lake
from shared.domain.profiles import Profile
from shared.domain.profiles.traits import KNOWN_TRAITS
from shared.domain.properties import fold_case

DAYS = 90
"""Of which the sources' events are."""
STALE = 730 * DAY
"""What was told longer ago may have changed since."""
LAST_FOR_GOOD = frozenset({"email", "first_name", "last_name", "birthday", "signup_source"})
"""Fields that mostly stay as they are."""
USED_BY_US = frozenset({"email", "locale", "language", "timezone", "country", "promised_code", "tags", "lists"})
"""Fields that the product itself asks for, whatever the shop has defined."""
MADE_BY_US = re.compile(r"(propensity|scores?|predicted_[^.]*|best_hour|sentiment|dormant|sunset|topics)(\..*)?")
"""Fields that the nights make of the others: nobody collects them."""
SILENT = 3
"""A source that was silent for so many times its usual pause, and for a day at least, has perhaps stopped."""
OLDEST = 120


class Use(NamedTuple):
    """What asks for a field or an event: a `segment`, `journey`, `email` or `lead score`, by its name."""

    kind: str
    name: str


class Uses(NamedTuple):
    fields: Mapping[str, set[Use]]
    events: Mapping[str, set[Use]]


def uses(definitions: Iterable[tuple[Use, Json]]) -> Uses:
    """By field and by event, which definitions (as JSON) name it: in a condition, a question, or in Liquid."""
    fields: dict[str, set[Use]] = defaultdict(set)
    events: dict[str, set[Use]] = defaultdict(set)
    for use, tree in definitions:
        for kind, name in _named(tree):
            (fields if kind == "field" else events)[name].add(use)
    return Uses(fields, events)


_LIQUID = re.compile(r"\b(traits|contact)(?:\.(\w+)|\[['\"]([^'\"]+)['\"]\])")


def _named(tree: Json) -> Iterator[tuple[str, str]]:
    if isinstance(tree, list | tuple):
        for each in tree:
            yield from _named(each)
    elif isinstance(tree, Mapping):
        for name, value in tree.items():
            if name == "trait" and isinstance(value, str):
                yield "field", value.partition(".")[0]
            elif name in ("event", "events"):
                yield from (("event", each) for each in _texts(value))
            yield from _named(value)
    elif isinstance(tree, str):
        for of, one, other in _LIQUID.findall(tree):
            if of == "traits" or one in KNOWN_TRAITS:  # `contact.ordered` is no field
                yield "field", one or other


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (each for each in value if isinstance(each, str))


# ── fields ──


def _is_email(value: str) -> bool:
    try:
        normal_email(value)
    except ValueError:
        return False
    return True


def _is_birthday(value: str, t: Instant) -> bool:
    try:
        born = date.fromisoformat(value[:10])
    except ValueError:
        return re.fullmatch(r"-{0,2}\d{2}-\d{2}", value) is not None
    today = calendars.local(t, ZoneInfo("UTC")).date()
    return born <= today and today.year - born.year <= OLDEST


_CHECKS: Mapping[str, tuple[Callable[[str, Instant], bool], str]] = {
    "email": (lambda value, t: _is_email(value), "no address that an email could go to"),
    "birthday": (_is_birthday, "no day, or one in the future or more than 120 years ago"),
    "country": (lambda value, t: country_code(value) is not None, "no country that we know"),
    "timezone": (lambda value, t: calendars.zone(value) is not None, "no time zone, such as Europe/London"),
    "locale": (
        lambda value, t: re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,4})*", value) is not None,
        "no language",
    ),
    "language": (
        lambda value, t: re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,4})*", value) is not None,
        "no language",
    ),
    "phone": (lambda value, t: len(re.sub(r"\D", "", value)) >= 8, "fewer digits than a phone number has"),
}
"""Of fields whose form is known: whether a text is one, and what it is where it is not."""


class Field:
    """What is found of one field, contact by contact."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.have = self.invalid = self.stale = 0
        self.types: Counter[str] = Counter()
        self.spellings: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, value: Json, told: Instant, t: Instant) -> None:
        self.have += 1
        self.types[_type(value)] += 1
        check = _CHECKS.get(self.name)
        if check is not None and not (isinstance(value, str) and check[0](value.strip(), t)):
            self.invalid += 1
        if self.name not in LAST_FOR_GOOD and told < t - STALE:
            self.stale += 1
        if isinstance(value, str) and in_lake(self.name) and len(value) <= 60:
            self.spellings[" ".join(fold_case(value).split())][value] += 1

    @property
    def inconsistent(self) -> int:
        """Contacts with another type of value than most, or with another spelling of what most spell in one way."""
        of_types = self.have - max(self.types.values(), default=0)
        return of_types + sum(found.total() - max(found.values()) for found in self.spellings.values())


def _type(value: Json) -> str:
    match value:
        case bool():
            return "yes or no"
        case int() | float():
            return "number"
        case str():
            return "text"
        case list():
            return "list"
    return "object"


def fields(profiles: Iterable[Profile], t: Instant) -> tuple[int, list[Field]]:
    """How many contacts there were, and what was found of each of their fields."""
    found: dict[str, Field] = {name: Field(name) for name in KNOWN_TRAITS}
    looked_at = 0
    for profile in profiles:
        looked_at += 1
        for name, stamped in profile.traits.items():
            if stamped.value not in (None, "", []):
                found.setdefault(name, Field(name)).add(stamped.value, stamped.time, t)
    return looked_at, sorted(found.values(), key=lambda each: (-each.have, each.name))


def _field_told(field: Field, looked_at: int, everybody: Estimate, whole: bool, used: Iterable[Use]) -> dict[str, Json]:
    several, ours = sorted(used), MADE_BY_US.fullmatch(field.name) is not None
    counted = {
        name: share(getattr(field, name), looked_at, everybody, whole)
        for name in ("have", "invalid", "inconsistent", "stale")
    }
    return {
        "field": field.name,
        "title": trait_title(field.name),
        "personal": not in_lake(field.name),
        "made_by_us": ours,
        **{name: each.number for name, each in counted.items()},
        "give_or_take": counted["have"].give_or_take,
        "share": field.have / looked_at if looked_at else 0.0,
        "used_by": [each._asdict() for each in several[:MAX_USES]],
        "uses": len(several),
        "used_by_us": field.name in USED_BY_US or ours,
        "to_fix": list(_mended(field, looked_at, several, ours)),
    }


MAX_USES = 10


def _mended(field: Field, looked_at: int, used: list[Use], ours: bool) -> Iterator[str]:
    """What to do about a field, in words; nothing where nothing is wrong."""
    if ours:
        return
    wanted = bool(used) or field.name in USED_BY_US
    if field.invalid:
        yield (
            f"{_part(field.invalid, field.have)} of those who have it have {_CHECKS[field.name][1]}: check what your "
            "forms and your storefront let through, and correct it there."
        )
    if field.inconsistent:
        yield (
            f"{_part(field.inconsistent, field.have)} of those who have it have it in another form or spelling than "
            "most: offer a choice instead of a free text, and let one system tell it."
        )
    if field.stale:
        yield (
            f"{_part(field.stale, field.have)} of those who have it told it more than two years ago: ask again, by a "
            "survey or on the preference page."
        )
    if used and looked_at and field.have < looked_at / 2:
        yield (
            f"It is asked for by {_plural(len(used), 'definition')}, and {_part(looked_at - field.have, looked_at)} of "
            "all do not have it: ask for it in a form or a survey, or say what goes for them."
        )
    if field.have and not wanted:
        yield "Nothing that you have defined asks for it: use it, or stop collecting it."


def _part(n: int, of: int) -> str:
    """As a share, since what was looked at may be a part of all."""
    part = 100 * n / of
    return f"{part:.0f} %" if part >= 1 else "Fewer than 1 %"


def _plural(n: int, word: str) -> str:
    return f"{n:,} {word}{'' if n == 1 else 's'}"


# ── events and sources ──


class Lag(NamedTuple):
    """How much later than it happened an event was heard of, in milliseconds: the middle one of `of`, and the longest
    but one in twenty."""

    of: int
    middle: Instant
    late: Instant


def lags(events: Iterable[Event]) -> dict[str, Lag]:
    """By source. What states no instant of its own is not late."""
    found: dict[str, list[Instant]] = defaultdict(list)
    for event in events:
        if event.stated is not None and event.received >= event.stated:
            found[event.source].append(event.received - event.stated)
    return {
        source: Lag(len(several), round(median(several)), sorted(several)[(19 * (len(several) - 1)) // 20])
        for source, several in found.items()
    }


_OURS = frozenset({"ses", "refresh", "journey", "form", "preference", "admin", "crm", "import"})
"""Sources that are silent when nobody acts: emails, people and operators tell by them."""


def _sources(rows: Iterable[Mapping[str, Json]], late: Mapping[str, Lag], t: Instant) -> list[dict[str, Json]]:
    several: dict[str, list[Mapping[str, Json]]] = defaultdict(list)
    for row in rows:
        several[str(row["source"])].append(row)
    return [_source(source, told, late.get(source), t) for source, told in sorted(several.items())]


def _source(source: str, rows: list[Mapping[str, Json]], lag: Lag | None, t: Instant) -> dict[str, Json]:
    events, newest = sum(int(str(row["events"])) for row in rows), max(int(str(row["newest"])) for row in rows)
    currencies = Counter[str]()
    for row in rows:
        if row["currency"]:
            currencies[str(row["currency"])] += int(str(row["events"]))
    without = sum(int(str(row["without_amount"])) for row in rows)
    pause = DAYS * DAY / events
    mend = []
    if source not in _OURS and t - newest > max(DAY, SILENT * pause) and events >= DAYS:
        mend.append(
            f"It has been silent for {_plural(round((t - newest) / DAY), 'day')}, and told {events / DAYS:,.0f} events "
            "a day before: look whether it is still connected."
        )
    if lag is not None and lag.late > HOUR:
        mend.append("One event in twenty comes more than an hour late: journeys that wait for it are late by as much.")
    if without:
        mend.append(
            f"{_plural(without, 'order')} came without an amount in the shop's currency: where nothing else tells it, "
            "they count as orders and add nothing to revenue. Let the source tell totals, in the shop's currency."
        )
    return {
        "source": source,
        "events": events,
        "newest": newest,
        "currencies": [{"currency": name, "events": number} for name, number in currencies.most_common()],
        "without_amount": without,
        "lag": lag._asdict() if lag is not None else None,
        "to_fix": mend,
    }


def _events(rows: Iterable[Mapping[str, Json]], used: Mapping[str, set[Use]]) -> list[dict[str, Json]]:
    found: Counter[str] = Counter()
    sources: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        found[str(row["event"])] += int(str(row["events"]))
        sources[str(row["event"])].add(str(row["source"]))
    told = []
    for event, number in found.most_common():
        several = sorted(used.get(event, ()))
        by_us = sources[event] <= _OURS or event in KNOWN_EVENTS
        told.append(
            {
                "event": event,
                "title": event_title(event),
                "events": number,
                "sources": sorted(sources[event]),
                "used_by": [each._asdict() for each in several[:MAX_USES]],
                "uses": len(several),
                "used_by_us": by_us,
                "to_fix": []
                if several or by_us
                else ["Nothing that you have defined asks for it: use it, or stop sending it."],
            }
        )
    return told


KNOWN_EVENTS = frozenset(Type)
"""Of which the product makes orders, carts, catalogues and figures by itself."""


def report(
    t: Instant,
    profiles: Iterable[Profile],
    everybody: Estimate,
    whole: bool,
    found: Uses,
    rows: Iterable[Mapping[str, Json]],
    late: Mapping[str, Lag],
) -> dict[str, Json]:
    """`everybody`: how many contacts there are; `whole`: `profiles` are all of them. `rows`: of
    `infra/athena/audit_sources.sql`."""
    looked_at, several = fields(profiles, t)
    several += [Field(name) for name in sorted(found.fields.keys() - {each.name for each in several})]
    told = list(rows)
    return {
        "days": DAYS,
        "contacts": everybody.number,
        "looked_at": looked_at,
        "exact": whole,
        "fields": [_field_told(each, looked_at, everybody, whole, found.fields.get(each.name, ())) for each in several],
        "events": _events(told, found.events),
        "sources": _sources(told, late, t),
    }
