"""One event over many segments: what the index picks, against a walk over every segment's tree."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import TypeAdapter

from shared.domain.events import DAY, HOUR, ORDER_TYPES, Event, Instant, Json, Type
from shared.domain.profiles import Profile, fold, trim
from shared.domain.segments import (
    All,
    Any_,
    Condition,
    ConsentIs,
    Definitions,
    EventCount,
    FirstSeen,
    Not,
    Orders,
    Segment,
    TraitIs,
    comparison,
    compile_segments,
    decide,
    evaluate,
)
from tests.benchmarks.measuring import Row, side_by_side

NOW: Instant = 1_795_500_000_000
CATEGORIES = ("candles", "mugs", "tea", "cards", "toys", "bags", "lamps", "garden")
COUNTRIES = ("GB", "IE", "DE", "FR", "NL", "ES")
CUSTOM = tuple(f"Custom {number}" for number in range(12))
"""Names of a shop's own events: quizzes, wish lists, store visits, …"""


def segments(count: int) -> list[Segment]:
    """As a shop's marketers write them: by orders, visits, goods looked at, mails, traits, age, and mixtures."""
    return TypeAdapter(list[Segment]).validate_python(
        [{"id": f"s{n}", "name": f"S{n}", "sentence": "Made up.", "when": _condition(n)} for n in range(count)]
    )


def _condition(number: int) -> Json:
    kind, variant = number % 10, number // 10
    window, category = f"{7 + variant * 5}d", CATEGORIES[variant % len(CATEGORIES)]
    subscribed = {"kind": "consent", "is": "subscribed"}
    ordered = {"kind": "orders", "at_least": 1 + variant % 4, "within": window}
    spent = {"kind": "orders", "measure": "sum", "at_least": 50 * (1 + variant), "within": "365d"}
    clicked = {"kind": "event", "event": "Email Clicked", "within": window, "where": [_where("human", True)]}
    viewed = {"kind": "event", "event": "Product Viewed", "within": window, "where": [_where("category", category)]}
    visited = {"kind": "event", "event": "Page Viewed", "at_least": 1 + variant % 5, "within": window}
    own = {"kind": "event", "event": CUSTOM[variant % len(CUSTOM)], "within": window}
    country = {"kind": "trait", "trait": "country", "is": "in", "value": list(COUNTRIES[: 1 + variant % 5])}
    interest = {"kind": "trait", "trait": "interest", "value": category}
    age = {"kind": "first_seen", "before": window}
    return (
        ordered,
        _all(subscribed, interest),
        _all(spent, country),
        _all(viewed, _not(ordered)),
        _all(subscribed, _not(clicked), age),
        _all(own, subscribed),
        _any(country, interest, spent),
        _all(age, _not(_any(ordered, clicked, own))),
        _all(visited, _not(ordered), subscribed),
        _all(ordered, clicked),
    )[kind]


def _where(property_: str, value: Json) -> Json:
    return {"property": property_, "value": value}


def _all(*of: Json) -> Json:
    return {"kind": "all", "of": of}


def _any(*of: Json) -> Json:
    return {"kind": "any", "of": of}


def _not(of: Json) -> Json:
    return {"kind": "not", "of": of}


def unaffected(count: int) -> Iterator[Segment]:
    """Segments that no view of a product can move: on orders, clicks and traits."""
    kinds = (0, 1, 2, 4, 6, 9)
    for number in range(count):
        when = _condition(10 * (number // len(kinds)) + kinds[number % len(kinds)])
        yield Segment.model_validate({"id": f"u{number}", "name": "U", "sentence": "Made up.", "when": when})


def contact() -> Profile:
    """A customer with histories of thirty occurrences, and ten orders."""
    profile = Profile("c1", definitions="made up")
    for number in range(30):
        time = NOW - (30 - number) * 3 * DAY
        fold(profile, _event(number, Type.PAGE_VIEWED, time, path=f"/collections/{number % 7}"))
        category = CATEGORIES[number % 5]
        fold(profile, _event(number, Type.PRODUCT_VIEWED, time + HOUR, category=category, price=12.5))
        fold(profile, _event(number, Type.EMAIL_CLICKED, time + 2 * HOUR, human=number % 3 > 0))
        if number % 3 == 0:
            order: dict[str, Json] = {"order_id": f"o{number}", "total": "42.00"}
            fold(profile, _event(number, Type.ORDER_COMPLETED, time + 3 * HOUR, **order))
    signed_up = _event(99, Type.CONTACT_CREATED, NOW - 100 * DAY)
    traits = {"country": "IE", "interest": "tea"}
    consent = ({"topic": "marketing", "state": "subscribed"},)
    fold(profile, Event.model_validate({**signed_up.model_dump(), "traits": traits, "consent": consent}))
    trim(profile)
    return profile


def _event(number: int, type_: str, time: Instant, **properties: Json) -> Event:
    return Event(id=f"{type_}-{number}", type=type_, time=time, received=time, source="segment", properties=properties)


def holds(condition: Condition, profile: Profile, t: Instant) -> bool:
    """The plain way: walks the tree, and answers yes or no."""
    match condition:
        case All():
            return all(holds(part, profile, t) for part in condition.of)
        case Any_():
            return any(holds(part, profile, t) for part in condition.of)
        case Not():
            return not holds(condition.of, profile, t)
        case TraitIs():
            held = profile.traits.get(condition.trait)
            return held is not None and comparison(condition.is_, condition.value)(held.value)
        case ConsentIs():
            consent = profile.consent.get(condition.topic)
            return consent is not None and consent.value == condition.is_
        case FirstSeen():
            return t >= profile.first_seen + condition.before
        case Orders():
            start = -1 if condition.within is None else t - condition.within
            orders = [order for order in profile.orders.values() if order.counts and start < order.placed <= t]
            if condition.measure == "count":
                return len(orders) >= condition.at_least
            return sum(order.net for order in orders) >= condition.at_least * 100
        case EventCount():
            start = -1 if condition.within is None else t - condition.within
            history = profile.histories.get(condition.event)
            found = sum(
                start < occurrence.time <= t
                and all(comparison(w.is_, w.value)(occurrence.properties.get(w.property)) for w in condition.where)
                for occurrence in (history.newest if history is not None else ())
            )
            return found >= condition.at_least


def walk(definitions: Definitions, profile: Profile, t: Instant) -> dict[str, bool]:
    return {segment.id: holds(segment.when, profile, t) for segment in definitions.segments.values()}


def by_index(definitions: Definitions, profile: Profile, touched: set[str], t: Instant) -> int:
    """What `segments.absorb` does for one event once it is folded; gives how many segments it looked at."""
    moved = definitions.moved_by(touched)
    decide(definitions, profile, moved, t, "event")
    return len(moved)


def measure(rounds: int = 7, times: int = 60) -> list[Row]:
    base = segments(200)
    many = compile_segments([*base, *unaffected(1800)])
    few = compile_segments(base)
    profile, event = contact(), _event(1000, Type.PRODUCT_VIEWED, NOW, category="tea", price=9.0)
    assert event.type not in ORDER_TYPES
    touched = fold(profile, event)
    trim(profile)
    for definitions in (few, many):  # the two ways have to say the same
        answers = {name: evaluate(definitions, name, profile, NOW)[0] for name in definitions.segments}
        assert answers == walk(definitions, profile, NOW)
        decide(definitions, profile, definitions.segments, NOW, "before")

    seconds = side_by_side(
        {
            "index of 200": lambda: by_index(few, profile, touched, NOW),
            "index of 2000": lambda: by_index(many, profile, touched, NOW),
            "compiled, all 200": lambda: decide(few, profile, few.segments, NOW, "event"),
            "walk of 200": lambda: walk(few, profile, NOW),
            "walk of 2000": lambda: walk(many, profile, NOW),
        },
        rounds,
        times,
    )
    micro = {name: value * 1e6 for name, value in seconds.items()}
    moved = by_index(few, profile, touched, NOW)
    times_less = micro["walk of 200"] / micro["index of 200"]
    growth = micro["index of 2000"] / micro["index of 200"]
    return [
        Row(
            "one event over 200 segments, by the index",
            f"{micro['index of 200']:.0f} µs ({moved} can move); a walk over all {micro['walk of 200']:.0f} µs: "
            f"{times_less:.0f} times as long",
        ),
        Row("all 200 evaluated, compiled", f"{micro['compiled, all 200']:.0f} µs"),
        Row(
            "with 1,800 more that it cannot move",
            f"{micro['index of 2000']:.0f} µs, {growth:.1f} times; the walk {micro['walk of 2000']:.0f} µs",
            "≤ 3 times",
            growth <= 3,
        ),
    ]
