"""The tables of docs/journeys.md about the journeys that ship: what is sent when, and what a run costs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from shared.adapters import definitions, sandbox, template_definitions, templates
from shared.adapters.journey_files import shipped
from shared.adapters.ready_templates import source
from shared.domain.conditions import Segment
from shared.domain.coupons import Coupon
from shared.domain.events import DAY, ConsentChange, Event, Instant, Type, parse_instant
from shared.domain.journeys.asl import DOLLARS_PER_TRANSITION, compiled, transitions
from shared.domain.journeys.compiling import Path
from shared.domain.journeys.definition import (
    EVERY_DAY,
    Branch,
    End,
    Journey,
    Send,
    Split,
    Wait,
    WaitFor,
)
from shared.domain.journeys.simulating import Rates, simulate
from shared.domain.journeys.wording import JourneyWords, in_words
from shared.domain.messages.variables import Moment
from shared.domain.profiles import Profile
from shared.domain.segments import absorb, compile_segments
from shared.domain.wording.texts import duration, label

ORDER = (
    *("onboarding", "first_wishlist", "profile_completed", "win_back", "abandoned_cart", "browse_interest"),
    *("post_purchase", "replenishment", "birthday", "signup_anniversary", "vip", "churn_prevention", "lead_nurturing"),
    *("free_trial", "back_in_stock", "price_drop", "low_stock", "incomplete_form", "sunset"),
)
"""As the docs show them; one that is not named comes last."""


def tables() -> dict[str, str]:
    """Each table by its name."""
    journeys = sorted(shipped().values(), key=lambda journey: (*ORDER, journey.id).index(journey.id))
    segments = {segment.id: segment for segment in definitions.shipped()}
    return {
        "shipped_journeys": "\n".join(_shown(journey, in_words(journey, segments)) for journey in journeys),
        "variables": _table(
            ("variable", "what it is", "for example"),
            ((f"`{name}`", told, _example(example)) for name, (example, told) in templates.VARIABLES.items()),
        ),
        "filters": ", ".join(f"`{name}`" for name in sorted(sandbox.TEXT.filters)) + ".",
        "costs": _table(("journey", "emails", "turns", "on wake-ups", "on Step Functions"), map(_cost, journeys)),
    }


def _example(value: Any) -> str:
    if isinstance(value, str | int | Moment | Coupon):
        return f"`{value}`"
    return "a product" if isinstance(value, dict) else "a list"


def _shown(journey: Journey, words: JourneyWords) -> str:
    lines = [f"### {journey.name}\n", f"`{journey.id}`. {journey.sentence}\n"]
    lines += [
        f"- **Starts**: {words.trigger}. {' '.join(words.entry)}",
        *(f"- **Ends**: {each}." for each in words.exits),
    ]
    lines += [f"- **Hours**: {words.hours}"] if words.hours else []
    rows = (
        (stop.when, f"`{stop.template}`: {_subject(stop.template)}", stop.whom) for stop in schedule(journey, words)
    )
    return "\n".join(lines) + "\n\n" + _table(("when", "email", "to whom"), rows)


def _subject(template: str) -> str:
    (compiled, *_) = template_definitions.shipped(template).compiled.values()
    return templates.render(templates.parse(source(compiled)), templates.example()).subject


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (heading, ("---",) * len(heading), *rows)
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


# ── what is sent when ──


@dataclass(frozen=True, slots=True)
class _Place:
    """Somewhere on the way: so long after `base` ("": the start; `date` is one, and may be later), and by which way of
    the last fork that parted people."""

    low: int = 0
    high: int = 0
    base: str = ""
    date: bool = False
    fork: str = ""
    way: str = ""
    clock: str = ""

    def later(self, low: int, high: int) -> _Place:
        return replace(self, low=self.low + low, high=self.high + high)


@dataclass(frozen=True, slots=True)
class Stop:
    when: str
    template: str
    whom: str


def schedule(journey: Journey, words: JourneyWords) -> list[Stop]:
    """The emails, in the order of the steps: when each goes out by the shortest and the longest way, and the last
    choice that leads to it."""
    path = Path(journey)
    found: dict[str, list[_Place]] = {}
    _walk(path, words, path.first, _Place(), found, ())
    for exit_, said in zip(journey.exits, words.exits, strict=True):
        if exit_.go_to is not None:
            base = re.split(": | by having ", said.removeprefix("Somebody has "))[0]
            _walk(path, words, exit_.go_to, _Place(base=f"they have {base}"), found, ())
    sends = [step for step in journey.steps if isinstance(step, Send)]
    return [
        Stop(_when(found[step.id]), step.template or step.id, _whom(path, found[step.id]))
        for step in sends
        if step.id in found
    ]


def _walk(
    path: Path, words: JourneyWords, name: str, at: _Place, found: dict[str, list[_Place]], seen: tuple[str, ...]
) -> None:
    step = path.steps.get(name)
    if step is None or name in seen:
        return
    for following, place in _onwards(path, words, name, at, found):
        _walk(path, words, following, place, found, (*seen, name))


def _onwards(
    path: Path, words: JourneyWords, name: str, at: _Place, found: dict[str, list[_Place]]
) -> Iterator[tuple[str, _Place]]:
    step, following = path.steps[name], path.following[name]
    ways = words.steps[name].ways
    match step:
        case Send():
            found.setdefault(name, []).append(at)
            yield following, replace(at, clock="")
        case Wait(trait=str() as trait):
            dated = _Place(step.offset, step.offset, f"the date in {label(trait)}", date=True)
            yield following, replace(dated, fork=at.fork, way=at.way)
        case Wait():
            clock = f"at {step.at}" if step.at else "at their best hour" if step.best_hour else ""
            clock += "" if set(step.weekdays) == set(EVERY_DAY) else f" on {', '.join(step.weekdays)}"
            yield following, replace(at.later(step.for_ or 0, step.for_ or 0), clock=clock.strip())
        case WaitFor():
            yield following, replace(at.later(0, step.within), fork=name, way="whoever did")
            parted = step.otherwise not in (None, following) and following != name
            late = at.later(step.within, step.within)
            told = f"whoever did not, within {duration(step.within)}"
            yield step.otherwise or following, replace(late, fork=name, way=told) if parted else late
        case Branch():
            for way, text in zip(step.ways, ways, strict=True):
                yield way.next, replace(at, fork=name, way=f"whoever {text}")
            others = f"all but whoever {ways[0]}" if len(ways) == 1 else "all others"
            yield following, replace(at, fork=name, way=others)
        case Split():
            total = sum(way.weight for way in step.ways)
            for share in step.ways:
                yield share.next, replace(at, fork=name, way=f"{100 * share.weight / total:.0f} % of them, by lot")
        case End():
            return
        case _:
            yield following, at


def _when(places: list[_Place]) -> str:
    by_base: dict[str, _Place] = {}
    for place in places:
        held = by_base.get(place.base, place)
        by_base[place.base] = replace(place, low=min(held.low, place.low), high=max(held.high, place.high))
    return "; ".join(map(_instant, by_base.values()))


def _instant(place: _Place) -> str:
    low, high = place.low, place.high
    if place.date:
        side = "before" if high < 0 else "after"
        when = f"{_span(*sorted((abs(low), abs(high))))} {side} {place.base}" if low or high else f"on {place.base}"
    elif not high:
        when = f"once {place.base}" if place.base else "at once"
    else:
        span = _span(low, high)
        when = f"{span} {'of when' if not low else 'after'} {place.base}" if place.base else span
        when = when if place.base or not low else f"after {span}"
    return f"{when}, {place.clock}" if place.clock else when


def _span(low: int, high: int) -> str:
    if not low:
        return f"within {_long(high)}"
    return _long(low) if low == high else f"{_long(low)} to {_long(high)}"


def _long(milliseconds: int) -> str:
    days, rest = divmod(milliseconds, DAY)
    return f"{duration(days * DAY)} and {duration(rest)}" if days and rest else duration(milliseconds)


def _whom(path: Path, places: list[_Place]) -> str:
    """All whom the forks have not parted, or who have come together again."""
    ways: dict[str, dict[str, None]] = {}
    for place in places:
        ways.setdefault(place.fork, {})[place.way] = None
    if "" in ways or any(len(several) > 1 and len(several) == _forks(path, fork) for fork, several in ways.items()):
        return "all"
    return "; ".join(way for several in ways.values() for way in several)


def _forks(path: Path, name: str) -> int:
    step = path.steps[name]
    return len(step.ways) + isinstance(step, Branch) if isinstance(step, Branch | Split) else 2


# ── what a run costs ──

TURN = 0.000014
"""Dollars of one turn of a run: see docs/journeys.md."""
EMAIL = 0.0001
NOW: Instant = parse_instant("2026-11-24T10:00:00Z")


def _cost(journey: Journey) -> tuple[str, str, str, str, str]:
    """Of a run in which nobody reacts: it goes the longest way."""
    segments: Mapping[str, Segment] = {segment.id: segment for segment in definitions.shipped()}
    compiled_segments = compile_segments(segments.values(), models=definitions.shipped_models())
    contact = Profile("c")
    absorb(compiled_segments, contact, [_known()], NOW)
    nobody = Rates(open=0, unsubscribe=0, visits=0, orders=0)
    always = journey.model_copy(update={"entry": journey.entry.model_copy(update={"only_if": None})})
    (path,) = simulate(compiled_segments, always, [contact], NOW, days=400, rates=nobody).paths
    records = next(iter(path.records.values()))
    # What follows at the same instant is one turn, but for what has to be heard of first: an email, an update.
    turns = len({record.time for record in records}) + sum(record.what == "sent" for record in records)
    turns += sum(record.what == "passed" and record.step in _updates(journey) for record in records)
    emails = sum(email.outcome == "sent" for email in path.emails)
    machine = "" if journey.runs_on == "wake_ups" else _on_step_functions(journey)
    return f"`{journey.id}`", str(emails), str(turns), f"${100_000 * turns * TURN:.2f}", machine


def _known() -> Event:
    return Event(
        id="a",
        type=Type.CONTACT_UPDATED,
        time=NOW,
        stated=NOW,
        received=NOW,
        source="admin",
        traits={"email": "ada@example.com", "trial_ends": "2026-12-08"},
        consent=(ConsentChange(state="subscribed"),),
    )


def _updates(journey: Journey) -> set[str]:
    return {step.id for step in journey.steps if step.kind == "update"}


def _on_step_functions(journey: Journey) -> str:
    most = transitions(compiled(journey))
    return f"${100_000 * most * DOLLARS_PER_TRANSITION:.2f} more ({most} transitions)"
