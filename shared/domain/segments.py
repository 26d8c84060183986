"""Segments: named conditions over a profile at an instant, and the instant until which their answer holds.

A condition is evaluated to one signed instant: `+until` where it is true, `-until` where it is false, and with no new
event the answer cannot change before `until`. Composed in one pass: `all` is the minimum, `any` the maximum, `not` the
negation. The bound is sound; asking again at the bound until the sign changes makes it exact (`next_change`).
Windows are half-open, `(t - W, t]`: an event leaves its window exactly W after it happened.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from shared.domain.events import DAY, HOUR, MARKETING, MINUTE, NEVER, SECOND, Event, Instant, Json
from shared.domain.profiles import (
    KEPT_PROPERTIES,
    UNDECIDED,
    Membership,
    Occurrence,
    Profile,
    fold,
    needs_rebuild,
    trim,
)

Signed = int
Evaluator = Callable[[Profile, Instant], Signed]

UNITS = {"s": SECOND, "min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}


def parse_duration(text: Any) -> Any:
    """`"60d"` → milliseconds; units s, min, h, d, w. Numbers pass (they are milliseconds already)."""
    if not isinstance(text, str):
        return text
    match = re.fullmatch(r"(\d{1,6})\s*(s|min|h|d|w)", text.strip())
    if match is None or int(match[1]) == 0:
        raise ValueError("not a duration: write a number and one of s, min, h, d, w, such as 60d")
    return int(match[1]) * UNITS[match[2]]


def format_duration(milliseconds: int) -> str:
    """The shortest text that `parse_duration` reads back."""
    unit = next(unit for unit in ("d", "h", "min", "s") if milliseconds % UNITS[unit] == 0)
    return f"{milliseconds // UNITS[unit]}{unit}"


Duration = Annotated[int, BeforeValidator(parse_duration), PlainSerializer(format_duration), Field(gt=0)]
Comparison = Literal["equal", "not_equal", "in", "contains", "prefix", "less", "at_most", "more", "at_least", "exists"]
Name = Annotated[str, Field(min_length=1, max_length=128)]


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class All(Strict):
    """True when every one of its conditions is."""

    kind: Literal["all"] = "all"
    of: tuple[Condition, ...] = Field(min_length=1)


class Any_(Strict):  # noqa: N801 - `Any` is typing's
    """True when at least one of its conditions is."""

    kind: Literal["any"] = "any"
    of: tuple[Condition, ...] = Field(min_length=1)


class Not(Strict):
    """True when its condition is false."""

    kind: Literal["not"] = "not"
    of: Condition


class Compared(Strict):
    """A comparison of a value with `value`. Text compares without regard to case; dates are ISO text."""

    is_: Comparison = Field(default="equal", alias="is")
    value: Json = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        match self.is_:
            case "in" if not isinstance(self.value, list | tuple):
                raise ValueError("`in` needs a list as its value")
            case "contains" | "prefix" if not isinstance(self.value, str):
                raise ValueError(f"`{self.is_}` needs a text as its value")
            case "less" | "at_most" | "more" | "at_least" if not isinstance(self.value, str | int | float):
                raise ValueError(f"`{self.is_}` needs a number or a date as its value")
            case "equal" | "not_equal" if self.value is None:
                raise ValueError(f"`{self.is_}` needs a value; ask `exists` whether there is one")
        return self


class Where(Compared):
    """A filter on one property of an event. A property that is missing passes no filter but `not_equal`'s.

    A list (the categories of an order's products) passes when one of its values does.
    """

    property: Literal[KEPT_PROPERTIES]  # type: ignore[valid-type]


class TraitIs(Compared):
    """Compares a trait. A missing trait is false for every comparison; ask `not` of `exists` for missing."""

    kind: Literal["trait"] = "trait"
    trait: Name


class ConsentIs(Strict):
    """The contact's newest recorded answer to a topic, given within the last `within` (ever, when left out).

    `never_asked` is true when there is no answer, and takes no `within`.
    """

    kind: Literal["consent"] = "consent"
    topic: str = MARKETING
    is_: Literal["subscribed", "unsubscribed", "pending", "never_asked"] = Field(default="subscribed", alias="is")
    within: Duration | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.is_ == "never_asked" and self.within is not None:
            raise ValueError("`never_asked` takes no `within`: nothing was said at any instant")
        return self


class EventCount(Strict):
    """At least `at_least` events of a type within the last `within` (ever, when left out). No history counts 0."""

    kind: Literal["event"] = "event"
    event: Name
    at_least: int = Field(default=1, ge=1, le=1000)
    within: Duration | None = None
    where: tuple[Where, ...] = ()


class Orders(Strict):
    """A number over the contact's orders placed within the last `within` (ever, when left out); no order gives 0.

    `count` and `sum` in the shop's currency: cancelled orders and wholly refunded ones do not count, and refunds are
    taken off the sum.
    """

    kind: Literal["orders"] = "orders"
    measure: Literal["count", "sum"] = "count"
    at_least: float = Field(gt=0, le=1e9)
    within: Duration | None = None


class FirstSeen(Strict):
    """The contact's first event was at least `before` ago. A contact without events was never seen: false."""

    kind: Literal["first_seen"] = "first_seen"
    before: Duration


Condition = Annotated[
    All | Any_ | Not | TraitIs | ConsentIs | EventCount | Orders | FirstSeen, Field(discriminator="kind")
]


class Segment(Strict):
    """A named condition. `sentence` says in plain words who is in it, for the marketer."""

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")
    name: str = Field(min_length=1, max_length=80)
    sentence: str = Field(min_length=1, max_length=400)
    when: Condition


class HistoryNeededError(Exception):
    """The profile's bounded history cannot answer this; evaluate on `profiles.rebuild` of all the contact's events."""


# ── evaluation of one condition ──


def compile_condition(condition: Condition) -> Evaluator:
    """A function that gives the condition's signed instant for a profile. Built once for a version of a segment."""
    match condition:
        case All():
            return _compose(min, [compile_condition(part) for part in condition.of])
        case Any_():
            return _compose(max, [compile_condition(part) for part in condition.of])
        case Not():
            part = compile_condition(condition.of)
            return lambda profile, t: -part(profile, t)
        case TraitIs():
            return _trait(condition)
        case ConsentIs():
            return _consent(condition)
        case EventCount():
            return _event_count(condition)
        case Orders():
            return _orders(condition)
        case FirstSeen():
            return _first_seen(condition)


def _compose(choose: Callable[[Iterable[int]], int], parts: Sequence[Evaluator]) -> Evaluator:
    return lambda profile, t: choose([part(profile, t) for part in parts])


def _trait(condition: TraitIs) -> Evaluator:
    name, holds = condition.trait, comparison(condition.is_, condition.value)

    def evaluate_trait(profile: Profile, t: Instant) -> Signed:
        stamped = profile.traits.get(name)
        return NEVER if stamped is not None and stamped.value is not None and holds(stamped.value) else -NEVER

    return evaluate_trait


def _consent(condition: ConsentIs) -> Evaluator:
    topic, state, window = condition.topic, condition.is_, condition.within

    def evaluate_consent(profile: Profile, t: Instant) -> Signed:
        stamped = profile.consent.get(topic)
        if (stamped.value if stamped is not None else "never_asked") != state:
            return -NEVER
        if stamped is None or window is None:
            return NEVER
        if stamped.time > t:
            return -stamped.time
        return stamped.time + window if t < stamped.time + window else -NEVER

    return evaluate_consent


def _event_count(condition: EventCount) -> Evaluator:
    event, least, window = condition.event, condition.at_least, condition.within
    filters = [(where.property, comparison(where.is_, where.value)) for where in condition.where]

    def passes(occurrence: Occurrence) -> bool:
        return all(holds(occurrence.properties.get(name)) for name, holds in filters)

    def evaluate_count(profile: Profile, t: Instant) -> Signed:
        history = profile.histories.get(event)
        if history is None:
            return -NEVER
        start = -1 if window is None else t - window
        found, ahead = 0, NEVER
        for occurrence in reversed(history.newest):
            if occurrence.time <= start:
                break
            if filters and not passes(occurrence):
                continue
            if occurrence.time > t:
                ahead = occurrence.time
                continue
            found += 1
            if found == least:
                return NEVER if window is None else occurrence.time + window
        older = history.total - len(history.newest)
        if older and start < history.newest[0].time:  # the window reaches past what is kept
            if filters or window is not None or t < history.newest[0].time:
                raise HistoryNeededError(event)
            return NEVER if found + older >= least else -ahead
        return -ahead

    return evaluate_count


def _orders(condition: Orders) -> Evaluator:
    window = condition.within
    of_money = condition.measure == "sum"
    least = round(condition.at_least * 100) if of_money else condition.at_least

    def evaluate_orders(profile: Profile, t: Instant) -> Signed:
        start = -1 if window is None else t - window
        placed = sorted(
            ((order.placed, order.net if of_money else 1) for order in profile.counting_orders()), reverse=True
        )
        if profile.older_orders and (not placed or start < placed[-1][0]):
            raise HistoryNeededError("orders")
        total, ahead = 0, NEVER
        for time, worth in placed:
            if time <= start:
                break
            if time > t:
                ahead = time
                continue
            total += worth
            if total >= least:
                return min(ahead, NEVER if window is None else time + window)
        return -ahead

    return evaluate_orders


def _first_seen(condition: FirstSeen) -> Evaluator:
    age = condition.before

    def evaluate_first_seen(profile: Profile, t: Instant) -> Signed:
        if profile.first_seen == NEVER:
            return -NEVER
        reached = profile.first_seen + age
        return NEVER if t >= reached else -reached

    return evaluate_first_seen


def comparison(name: Comparison, wanted: Json) -> Callable[[Json], bool]:
    """A test of one value. Of a list, one of its values must pass. Text compares without regard to case."""
    if name == "exists":
        return lambda value: value is not None
    if name == "not_equal":
        equal = comparison("equal", wanted)
        return lambda value: not equal(value)
    one = _compare_one(name, wanted)

    def compare(value: Json) -> bool:
        if isinstance(value, list | tuple):
            return any(one(item) for item in value)
        return one(value)

    return compare


def _compare_one(name: Comparison, wanted: Json) -> Callable[[Json], bool]:
    target = _comparable(wanted)
    match name:
        case "in":
            targets = [_comparable(item) for item in wanted]
            return lambda value: _comparable(value) in targets
        case "contains":
            return lambda value: isinstance(value, str) and target in value.casefold()
        case "prefix":
            return lambda value: isinstance(value, str) and value.casefold().startswith(target)
        case "less":
            return lambda value: _same_kind(value, target) and _comparable(value) < target
        case "at_most":
            return lambda value: _same_kind(value, target) and _comparable(value) <= target
        case "more":
            return lambda value: _same_kind(value, target) and _comparable(value) > target
        case "at_least":
            return lambda value: _same_kind(value, target) and _comparable(value) >= target
        case _:
            return lambda value: _same_kind(value, target) and _comparable(value) == target


def _comparable(value: Json) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _same_kind(value: Json, target: Any) -> bool:
    """Text compares with text (ISO dates in the order of time), numbers with numbers, yes and no with themselves."""
    if isinstance(value, bool) or isinstance(target, bool):
        return isinstance(value, bool) and isinstance(target, bool)
    return isinstance(value, str) == isinstance(target, str) and isinstance(value, str | int | float)


# ── all the shop's segments ──


def dependencies(condition: Condition) -> set[str]:
    """What of a profile the condition looks at, named as `profiles.fold` names what it touches."""
    match condition:
        case All() | Any_():
            return set().union(*(dependencies(part) for part in condition.of))
        case Not():
            return dependencies(condition.of)
        case TraitIs():
            return {f"trait:{condition.trait}"}
        case ConsentIs():
            return {"consent"}
        case EventCount():
            return {f"event:{condition.event}"}
        case Orders():
            return {"orders"}
        case FirstSeen():
            return {"first_seen"}


@dataclass(frozen=True, slots=True)
class Definitions:
    """The shop's segments, compiled: an evaluator each, and an index from what an event touches to what it can move."""

    segments: Mapping[str, Segment]
    evaluators: Mapping[str, Evaluator]
    index: Mapping[str, tuple[str, ...]]
    version: str

    def moved_by(self, touched: Iterable[str]) -> list[str]:
        """The segments whose answer may differ after something of this was touched, in the order of definition."""
        moved = {segment for name in touched for segment in self.index.get(name, ())}
        return [segment for segment in self.segments if segment in moved] if moved else []


def compile_segments(segments: Iterable[Segment]) -> Definitions:
    """Compiles the shop's segments. ValueError when two have one id."""
    by_id: dict[str, Segment] = {}
    index: dict[str, tuple[str, ...]] = {}
    for segment in segments:
        if segment.id in by_id:
            raise ValueError(f"two segments have the id {segment.id}")
        by_id[segment.id] = segment
        for name in dependencies(segment.when):
            index[name] = (*index.get(name, ()), segment.id)
    text = "\n".join(segment.model_dump_json(by_alias=True) for segment in by_id.values())
    evaluators = {segment.id: compile_condition(segment.when) for segment in by_id.values()}
    return Definitions(by_id, evaluators, index, hashlib.sha256(text.encode()).hexdigest()[:12])


def evaluate(definitions: Definitions, segment: str, profile: Profile, t: Instant) -> tuple[bool, Instant]:
    """Whether the contact is in the segment at `t`, and until when that cannot change with no new event.

    HistoryNeededError when the profile's bounded history cannot tell.
    """
    signed = definitions.evaluators[segment](profile, t)
    return signed > 0, abs(signed)


@dataclass(frozen=True, slots=True)
class Transition:
    """A contact entering or leaving a segment: the contact's `number`-th, at `time`, because of `cause`.

    `cause` is an event's id, or `time` (nothing happened, and that was it), or `definition` (the segment is new or was
    edited). `before` is the number of the transition before it of the same segment, 0 if none.
    """

    contact: str
    number: int
    segment: str
    entered: bool
    time: Instant
    cause: str
    before: int


BY_TIME = "time"
BY_DEFINITION = "definition"


def decide(
    definitions: Definitions, profile: Profile, segments: Iterable[str], t: Instant, cause: str
) -> list[Transition]:
    """Evaluates these segments at `t`, records their memberships in the profile, and gives what changed."""
    transitions = []
    for segment in segments:
        member, until = evaluate(definitions, segment, profile, t)
        held = profile.memberships.get(segment, Membership(False, 0, t, NEVER))
        if member == held.member:
            membership = held._replace(until=until)
        else:
            profile.transitions += 1
            membership = Membership(member, profile.transitions, t, until)
            transitions.append(
                Transition(profile.contact, profile.transitions, segment, member, t, cause, before=held.number)
            )
        if membership.number or membership.until != NEVER:
            profile.memberships[segment] = membership
        else:
            profile.memberships.pop(segment, None)
    return transitions


def catch_up(definitions: Definitions, profile: Profile, now: Instant) -> list[Transition]:
    """Decides what time alone has changed up to and including `now`, each change at its own instant, in order."""
    transitions = []
    while (due := wake_at(profile)) <= now:
        segments = [segment for segment in definitions.segments if _until(profile, segment) <= due]
        transitions += decide(definitions, profile, segments, due, BY_TIME)
    return transitions


def adopt(definitions: Definitions, profile: Profile, now: Instant) -> list[Transition]:
    """Brings the memberships to these definitions when they were decided by others; removed segments are left."""
    if profile.definitions in (definitions.version, UNDECIDED):
        return []
    profile.definitions = definitions.version
    transitions = []
    for segment in [segment for segment in profile.memberships if segment not in definitions.segments]:
        removed = profile.memberships.pop(segment)
        if removed.member:
            profile.transitions += 1
            transitions.append(
                Transition(profile.contact, profile.transitions, segment, False, now, BY_DEFINITION, removed.number)
            )
    return transitions + decide(definitions, profile, definitions.segments, now, BY_DEFINITION)


def absorb(definitions: Definitions, profile: Profile, events: Iterable[Event], now: Instant) -> list[Transition]:
    """Everything that `events`, received by `now`, change in a profile (in place), and the transitions, in order.

    Each event is decided at the instant it was received, after what time alone had changed by then, so that a queue's
    delays change nothing; only, a contact's time never goes back. HistoryNeededError when the profile's bounds do not
    let it be exact: do it again with `profiles.rebuild` of all the contact's stored events.
    """
    transitions = adopt(definitions, profile, now)
    for event in sorted(events, key=lambda event: event.received):
        if needs_rebuild(profile, event):
            raise HistoryNeededError(event.type)
        t = profile.decided = max(profile.decided, event.received)
        transitions += catch_up(definitions, profile, t)
        touched = fold(profile, event)
        moved: Iterable[str] = definitions.moved_by(touched)
        if profile.definitions == UNDECIDED:  # a new contact may be in segments that no event of theirs is about
            profile.definitions, moved = definitions.version, definitions.segments
        transitions += decide(definitions, profile, moved, t, event.id)
    profile.decided = max(profile.decided, now)
    transitions += catch_up(definitions, profile, profile.decided)
    trim(profile)
    return transitions


def wake_at(profile: Profile) -> Instant:
    """The earliest instant at which time alone may change one of the contact's memberships (NEVER: none)."""
    return min((membership.until for membership in profile.memberships.values()), default=NEVER)


def drift(definitions: Definitions, profile: Profile, now: Instant) -> list[str]:
    """The segments whose stored membership is not what a full evaluation gives, and is not about to be decided.

    What these definitions have not decided yet, what a wake-up is due for, and what the bounds hide is no drift.
    """
    if profile.definitions != definitions.version or wake_at(profile) <= now:
        return []
    drifted = []
    for segment in definitions.segments:
        held = profile.memberships.get(segment)
        try:
            member, _ = evaluate(definitions, segment, profile, now)
        except HistoryNeededError:
            continue
        if member != (held is not None and held.member):
            drifted.append(segment)
    return drifted


def next_change(definitions: Definitions, segment: str, profile: Profile, t: Instant) -> Instant:
    """The exact instant after `t` at which the answer changes with no new event (NEVER: it does not)."""
    member, until = evaluate(definitions, segment, profile, t)
    while until != NEVER:
        changed, later = evaluate(definitions, segment, profile, until)
        if changed != member:
            return until
        until = later
    return NEVER


def _until(profile: Profile, segment: str) -> Instant:
    membership = profile.memberships.get(segment)
    return NEVER if membership is None else membership.until
