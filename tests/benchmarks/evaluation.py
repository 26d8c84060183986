"""One contact: our evaluator against a plain walk of the trees and three rule libraries, on the same 200 segments.

The libraries get their rules parsed beforehand and the profile as plain dicts, each event with its age, newest first
(`languages.document`), so that a window is one comparison for them. All have to give the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pydantic import TypeAdapter

from shared.domain.conditions import All, Any_, Condition, Member, Not, Segment
from shared.domain.conditions.events import Cart, EventCount, Latest
from shared.domain.conditions.orders import LastOrder, Orders
from shared.domain.conditions.shorthand import plain
from shared.domain.conditions.traits import ConsentIs, FirstSeen, TraitIs
from shared.domain.evaluation import compared_value, comparison
from shared.domain.events import DAY, HOUR, Event, Instant, Json, Type
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold, trim
from shared.domain.profiles.histories import Occurrence
from shared.domain.properties import CARTS
from shared.domain.segments import Definitions, compile_segments, decide
from tests.benchmarks import languages
from tests.benchmarks.measuring import Row, side_by_side

NOW: Instant = 1_795_500_000_000
CATEGORIES = ("candles", "mugs", "tea", "cards", "toys", "bags", "lamps", "garden")
COUNTRIES = ("gb", "ie", "de", "fr", "nl", "es")
CUSTOM = tuple(f"Custom {number}" for number in range(12))
"""Names of a shop's own events: quizzes, wish lists, store visits, …"""
OTHER = ("orders", "subscribers", "spenders", "clickers", "travellers", "loyal", "lapsed")
"""Kinds that no view of a product can move."""


def segments(count: int) -> list[Segment]:
    """As a shop's marketers write them: on orders, visits, goods looked at, carts, mails, traits, age, and mixtures."""
    kinds = list(_kinds(0))
    return [_segment(f"s{n}", _kinds(n // len(kinds))[kinds[n % len(kinds)]]) for n in range(count)]


def unaffected(count: int) -> Iterator[Segment]:
    """Segments that no view of a product can move."""
    for n in range(count):
        yield _segment(f"u{n}", _kinds(n // len(OTHER))[OTHER[n % len(OTHER)]])


def _segment(name: str, when: Json) -> Segment:
    return SEGMENT.validate_python({"id": name, "name": name, "sentence": "Made up.", "when": when})


SEGMENT: TypeAdapter[Segment] = TypeAdapter(Segment)


def _kinds(variant: int) -> dict[str, Json]:
    window, category = f"{7 + variant * 5}d", CATEGORIES[variant % len(CATEGORIES)]
    subscribed = {"kind": "consent", "is": "subscribed"}
    ordered = {"kind": "orders", "at_least": 1 + variant % 4, "within": window}
    spent = {"kind": "orders", "measure": "sum", "at_least": 50 * (1 + variant), "within": "365d"}
    clicked = _event_is("Email Clicked", window, where=[_where("human", True)])
    viewed = _event_is("Product Viewed", window, where=[_where("category", category)])
    often = _event_is("Product Viewed", window, 2 + variant % 3, [_where("category", category)])
    visited = _event_is("Page Viewed", window, 1 + variant % 5)
    own = _event_is(CUSTOM[variant % len(CUSTOM)], window)
    country = {"kind": "trait", "trait": "country", "is": "in", "value": list(COUNTRIES[: 1 + variant % 5])}
    interest = {"kind": "trait", "trait": "interest", "value": category}
    points = {"kind": "trait", "trait": "points", "is": "at_least", "value": 20 * variant}
    age = {"kind": "first_seen", "before": window}
    device = {"kind": "latest", "where": [_where("device", "mobile")]}
    cart = {"kind": "cart", "older": f"{1 + variant}h", "within": window, "where": [_where("total", 10, "at_least")]}
    return {
        "orders": ordered,
        "subscribers": _all(subscribed, interest),
        "spenders": _all(spent, country),
        "viewers": _all(viewed, _not(ordered)),
        "clickers": _all(subscribed, _not(clicked), age),
        "players": _all(own, subscribed),
        "travellers": _any(country, interest, points),
        "silent": _all(age, _not(_any(ordered, clicked, own, visited))),
        "visitors": _all(visited, _not(ordered), subscribed),
        "loyal": _all(ordered, clicked),
        "fans": _all(often, device),
        "abandoned": _all(cart, subscribed),
        "lapsed": {"kind": "last_order", "at_least": 30 + variant, "at_most": 60 + 10 * variant},
        "engaged": {"kind": "engagement", "tier": ("highly", "moderately", "disengaged")[variant % 3]},
    }


def _event_is(event: str, within: str, at_least: int = 1, where: Sequence[Json] = ()) -> Json:
    return {"kind": "event", "event": event, "within": within, "at_least": at_least, "where": where}


def _where(property_: str, value: Json, is_: str = "equal") -> Json:
    return {"property": property_, "is": is_, "value": value}


def _all(*of: Json) -> Json:
    return {"kind": "all", "of": of}


def _any(*of: Json) -> Json:
    return {"kind": "any", "of": of}


def _not(of: Json) -> Json:
    return {"kind": "not", "of": of}


def contact() -> Profile:
    """A customer with histories of thirty occurrences, and ten orders."""
    profile = Profile("c1", definitions=1)
    for number in range(30):
        time = NOW - (30 - number) * 3 * DAY
        device = ("mobile", "desktop")[number % 2]
        goods: dict[str, Json] = {"product_id": f"p{number % 9}", "category": CATEGORIES[number % 5], "price": 12.5}
        fold(profile, _event(number, Type.PAGE_VIEWED, time, path=f"/collections/{number % 7}", device=device))
        fold(profile, _event(number, Type.PRODUCT_VIEWED, time + HOUR, device=device, **goods))
        fold(profile, _event(number, Type.EMAIL_SENT, time, journey="onboarding", topic="marketing"))
        fold(profile, _event(number, Type.EMAIL_CLICKED, time + 2 * HOUR, human=number % 3 > 0, topic="marketing"))
        if number % 3 == 0:
            bought: dict[str, Json] = {"products": [{**goods, "quantity": 2}], "total": "42.00"}
            fold(profile, _event(number, Type.CART_UPDATED, time + 2 * HOUR, products=bought["products"]))
            fold(profile, _event(number, Type.ORDER_COMPLETED, time + 3 * HOUR, order_id=f"o{number}", **bought))
    fold(profile, _event(98, Type.CART_UPDATED, NOW - 5 * HOUR, products=[{"product_id": "p1", "price": 15}]))
    signed_up = _event(99, Type.CONTACT_CREATED, NOW - 100 * DAY)
    traits = {"country": "ie", "interest": "tea", "points": 90}
    consent = ({"topic": "marketing", "state": "subscribed"},)
    fold(profile, Event.model_validate({**signed_up.model_dump(), "traits": traits, "consent": consent}))
    trim(profile)
    return profile


def view() -> Event:
    return _event(1000, Type.PRODUCT_VIEWED, NOW, category="tea", product_id="p3", price=9.0, device="mobile")


def _event(number: int, type_: str, time: Instant, **properties: Json) -> Event:
    return Event(id=f"{type_}-{number}", type=type_, time=time, received=time, source="segment", properties=properties)


# ── the plain way ──


def holds(condition: Condition, profile: Profile, t: Instant, all_: Definitions) -> bool:
    """Walks the tree, and answers yes or no."""
    match condition:
        case All():
            return all(holds(part, profile, t, all_) for part in condition.of)
        case Any_():
            return any(holds(part, profile, t, all_) for part in condition.of)
        case Not():
            return not holds(condition.of, profile, t, all_)
        case Member():
            return holds(all_.segments[condition.segment].when, profile, t, all_)
        case TraitIs():
            held = profile.traits.get(condition.trait)
            return held is not None and comparison(condition.is_, condition.value)(held.value)
        case ConsentIs():
            consent = profile.consent.get(condition.topic)
            return consent is not None and consent.value == condition.is_
        case FirstSeen():
            return t >= profile.first_seen + condition.before
        case LastOrder():
            newest = max((order.placed for order in profile.counting_orders()), default=None)
            least, most = condition.at_least or 0, condition.at_most or 10**6
            return newest is not None and least * DAY <= t - newest <= most * DAY
        case Orders():
            start = -1 if condition.within is None else t - condition.within
            orders = [order for order in profile.counting_orders() if start < order.placed <= t]
            if condition.measure == "count":
                return len(orders) >= (condition.at_least or 1)
            return sum(order.net for order in orders) >= (condition.at_least or 1) * 100
        case EventCount():
            start = -1 if condition.within is None else t - condition.within
            found = sum(start < each.time <= t and _passes(condition, each) for each in _of(profile, condition.event))
            return found >= (condition.at_least or 1)
        case Latest():
            newest_ = max((each for event in condition.events for each in _of(profile, event)), default=None, key=_time)
            return newest_ is not None and _passes(condition, newest_)
        case Cart():
            cart = max((each for event in CARTS for each in _of(profile, event)), default=None, key=_time)
            ordered = max((each.time for each in _of(profile, Type.ORDER_COMPLETED)), default=-1)
            return (
                cart is not None
                and ordered < cart.time
                and cart.properties.get("total", 0) > 0
                and condition.older <= t - cart.time < condition.within
                and _passes(condition, cart)
            )
    raise TypeError(condition.kind)


def _of(profile: Profile, event: str) -> Sequence[Occurrence]:
    history = profile.histories.get(event)
    return history.newest if history is not None else ()


def _time(occurrence: Occurrence) -> Instant:
    return occurrence.time


def _passes(condition: EventCount | Latest | Cart, occurrence: Occurrence) -> bool:
    return all(
        comparison(each.is_, compared_value(each))(occurrence.properties.get(each.property)) for each in condition.where
    )


def walk(definitions: Definitions, wanted: Sequence[Condition], profile: Profile, t: Instant) -> list[bool]:
    return [holds(condition, profile, t, definitions) for condition in wanted]


# ── measuring ──


REPEATED = 50
"""How often ours are called for each call of a library, which takes many times as long."""


def measure(rounds: int = 9) -> list[Row]:
    base = segments(200)
    few, many = compile_segments(base), compile_segments([*base, *unaffected(1800)])
    profile = contact()
    touched = fold(profile, view())
    trim(profile)
    wanted = [plain(segment.when) for segment in base]
    answers = [signed > 0 for signed in few.signed(few.segments, profile, NOW)]
    assert 40 < sum(answers) < 160, "segments that say something"
    assert answers == walk(few, wanted, profile, NOW)
    document = languages.document(profile, NOW, wanted)
    libraries: dict[str, Callable[[], object]] = {}
    missing = []
    for name, prepare in languages.LIBRARIES.items():
        try:
            ask = prepare(wanted)
        except ImportError:
            missing.append(name)
            continue
        assert ask(document) == answers, f"{name} gives other answers"
        libraries[name] = lambda ask=ask: ask(document)  # type: ignore[misc]
    for definitions in (few, many):
        decide(definitions, profile, tuple(definitions.segments), NOW, "before")
    ours: dict[str, Callable[[], object]] = {
        "all": lambda: few.signed(few.segments, profile, NOW),
        "event": lambda: _by_index(few, profile, touched),
        "event of many": lambda: _by_index(many, profile, touched),
    }
    often = {name: lambda call=call: [call() for _ in range(REPEATED)] for name, call in ours.items()}  # type: ignore[misc]
    seconds = side_by_side({**often, "walk": lambda: walk(few, wanted, profile, NOW), **libraries}, rounds, times=1)
    for name in ours:
        seconds[name] /= REPEATED
    return [*_against_libraries(seconds, libraries, missing), *_by_event(seconds, len(few.moved_by(touched)))]


def _by_index(definitions: Definitions, profile: Profile, touched: set[str]) -> None:
    """What `segments.absorb` does for one event once it is folded."""
    decide(definitions, profile, definitions.moved_by(touched), NOW, "event")


def _against_libraries(seconds: dict[str, float], libraries: dict[str, object], missing: list[str]) -> list[Row]:
    rows = [Row("200 segments of one contact", f"{seconds['all'] * 1e6:.0f} µs, with until when each answer holds")]
    fastest = min(libraries, key=lambda name: seconds[name], default=None)
    for name in ("walk", *libraries):
        ratio = seconds[name] / seconds["all"]
        aim = ("≥ 20 times", ratio >= 20) if name == fastest else ("", None)
        title = "a walk over the trees" if name == "walk" else name
        rows.append(Row(f"— the same by {title}", f"{seconds[name] * 1e6:,.0f} µs, {ratio:.0f} times as long", *aim))
    rows.extend(Row(f"— the same by {name}", f"not measured: {languages.INSTALL}") for name in missing)
    return rows


def _by_event(seconds: dict[str, float], moved: int) -> list[Row]:
    growth = seconds["event of many"] / seconds["event"]
    return [
        Row(
            "one event, 200 segments",
            f"{seconds['event'] * 1e6:.0f} µs for the {moved} that it can move; a walk over all takes "
            f"{seconds['walk'] / seconds['event']:.0f} times as long",
        ),
        Row(
            "— with 1,800 more that it cannot move",
            f"{seconds['event of many'] * 1e6:.0f} µs, {growth:.2f} times",
            "≤ 1.2 times",
            growth <= 1.2,
        ),
    ]
