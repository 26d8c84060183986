"""Simulating: what happens if a journey is published, before it is.

Plays a journey by `advance`, as the profile function does, for copies of contacts over the days to come. What they do
is drawn from stated rates, by a seed: the same seed draws the same. Nobody's profile is changed, and nothing is sent.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field, fields
from itertools import count
from math import log

from shared.domain.conditions import Member, parts_of
from shared.domain.conditions.comparing import Where
from shared.domain.conditions.shorthand import plain
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import (
    DAY,
    HOUR,
    MINUTE,
    NEVER,
    SECOND,
    ConsentChange,
    Event,
    Instant,
    Json,
    OrderState,
    Type,
    event_id,
)
from shared.domain.journeys.compiling import Journeys, Versions, conditions_in, occasions_in
from shared.domain.journeys.definition import EventHappens, Journey, Published, SegmentChange
from shared.domain.journeys.filling import OfShop, as_shipped
from shared.domain.journeys.playing import OPEN, Gate, asked, made_up_event, played
from shared.domain.journeys.runs import (
    LEAVING,
    Begin,
    Happening,
    NotifyOthers,
    Record,
    Run,
    SendEmail,
    Settled,
    StartAnother,
    TakePart,
    UpdateContact,
)
from shared.domain.profiles import Profile, wake_at
from shared.domain.properties import WHOLE_CARTS
from shared.domain.segments import Definitions, absorb, compile_segments

MAX_DAYS = 400

Look = Callable[[Profile, Run, Sequence[Record]], None]
"""Is shown what a turn has brought: the contact as they are after it, the run, and what is on record of it since."""

MAX_TURNS = 5_000
"""Of one contact: what turns longer than that is a fault of the definition, and shown as far as it came."""


@dataclass(frozen=True, slots=True)
class Rates:
    """What contacts do: shares from 0 to 1, and how often by themselves.

    `open`: of the emails; `click` and `answer` (where the journey asks something): of those opened; `order`: of those
    clicked, with `worth` in the shop's currency; `unsubscribe`: of the emails. `visits` a month (30 days) and `orders`
    a year, email or not.
    """

    open: float = 0.35
    click: float = 0.1
    answer: float = 0.1
    order: float = 0.05
    unsubscribe: float = 0.002
    visits: float = 1
    orders: float = 1
    worth: float = 40


@dataclass(frozen=True, slots=True)
class Sent:
    """An email of a run: `outcome` is `sent`, or why it was not; `variant`, of an experiment, as which."""

    time: Instant
    step: str
    template: str
    outcome: str
    variant: str | None = None


@dataclass(slots=True)
class Path:
    """What became of one contact: their emails, and what was recorded of each of their runs."""

    contact: str
    emails: list[Sent] = field(default_factory=list)
    runs: dict[int, Run] = field(default_factory=dict)
    records: dict[int, list[Record]] = field(default_factory=dict)
    told: int = 0
    """How often somebody else was notified."""


@dataclass(slots=True)
class StepSums:
    """Of one step: entered = waiting + left."""

    entered: int = 0
    waiting: int = 0
    left: int = 0
    sent: int = 0
    variants: Counter[str] = field(default_factory=Counter)
    """Of those sent, how many as which variant of an experiment."""
    skipped: Counter[str] = field(default_factory=Counter)
    people: list[int] = field(default_factory=list)
    """How many are at it, at the end of each day."""


@dataclass(slots=True)
class Simulation:
    """`began` = `waiting` + all that `ended`, by outcome. `emails`: sent on each day. `delayed`: how many had to wait
    for the journey's hours or the shop's. `left_out`: contacts of whom the profile alone does not tell what the journey
    asks."""

    begin: Instant
    days: int
    contacts: int = 0
    began: int = 0
    waiting: int = 0
    ended: Counter[str] = field(default_factory=Counter)
    goals: int = 0
    delayed: int = 0
    notified: int = 0
    left_out: int = 0
    emails: list[int] = field(default_factory=list)
    steps: dict[str, StepSums] = field(default_factory=dict)
    paths: list[Path] = field(default_factory=list)


def simulate(
    definitions: Definitions,
    journey: Journey,
    profiles: Iterable[Profile],
    begin: Instant,
    *,
    days: int = 90,
    rates: Rates = Rates(),
    seed: str = "1",
    by_itself: bool = False,
    over: int = 0,
    of_shop: OfShop = as_shipped,
    gate: Gate = OPEN,
    look: Look = lambda profile, run, records: None,
) -> Simulation:
    """Plays the journey for copies of these contacts, as they are at `begin`, for so many days.

    Each begins it once, now or spread evenly over the first `over` milliseconds, as far as its entry rule lets them (a
    cart, an order or whatever starts it is made up), and is followed to the end of that; `by_itself`: whenever its
    trigger does, by what the rates have them do and by time alone. `gate`: what the shop's settings do with emails.
    `look` is shown each turn of each contact. ValueError: `days`. LookupError: it asks about a segment there is none
    of.
    """
    if not 1 <= days <= MAX_DAYS:
        raise ValueError(f"`days` is from 1 to {MAX_DAYS}")
    # Whatever walks its steps, it means the same; and of segments, those that it asks about are all it takes.
    journey = journey.model_copy(update={"runs_on": "wake_ups"})
    shop = _shop(definitions, journey, of_shop)
    result = nothing_yet(journey, begin, days)
    copies = [_copy(shop, profile, begin) for profile in profiles]
    for place, profile in enumerate(copies):
        life = _Life(shop, journey, profile, begin, begin + days * DAY, rates, seed, gate, look)
        start = begin + over * place // max(len(copies), 1)
        try:
            life.play(None if by_itself else start)
        except HistoryNeededError:
            result.left_out += 1
            continue
        result.paths.append(life.path)
    return summed(result)


def nothing_yet(journey: Journey, begin: Instant, days: int) -> Simulation:
    return Simulation(begin, days, emails=[0] * days, steps={step.id: StepSums() for step in journey.steps})


def _shop(definitions: Definitions, journey: Journey, of_shop: OfShop) -> Journeys:
    names = segments_asked(definitions, journey)
    narrowed = compile_segments(
        [definitions.segments[name] for name in names],
        sequence=definitions.sequence,
        changed={name: definitions.changed.get(name, definitions.sequence) for name in names},
        cutoffs=definitions.compiler.cutoffs,
        models=definitions.models.values(),
        zone=definitions.compiler.zone.key,
    )
    published = Published(journey=journey, version=1, state="live")
    return Journeys(narrowed, {journey.id: published}, _only(journey), shop=of_shop)


def _only(journey: Journey) -> Versions:
    def version(id_: str, number: int) -> Journey:
        if id_ != journey.id:
            raise LookupError(id_)
        return journey

    return version


def segments_asked(definitions: Definitions, journey: Journey) -> Collection[str]:
    """The segments that a journey asks about, and those that these are made of. LookupError: there is no such one."""
    occasions = [journey.trigger, *occasions_in(journey)]
    ahead = [occasion.segment for occasion in occasions if isinstance(occasion, SegmentChange)]
    ahead += [part.segment for part in conditions_in(journey) if isinstance(part, Member)]
    found: dict[str, None] = {}
    while ahead:
        name = ahead.pop()
        if name not in found:
            found[name] = None
            condition = plain(definitions.segments[name].when)
            ahead += [part.segment for part in parts_of(condition) if isinstance(part, Member)]
    return found.keys()


def _copy(shop: Journeys, profile: Profile, begin: Instant) -> Profile:
    """As the contact is at `begin`: what time has changed by then starts nothing."""
    copied = deepcopy(profile)
    copied.memberships = {name: held for name, held in copied.memberships.items() if name in shop.segments.segments}
    copied.runs = {}
    absorb(shop.definitions, copied, (), begin)
    return copied


def answers_of(journey: Journey) -> list[str]:
    """The answers to its questions that a journey listens for."""
    wheres: list[Where] = []
    for occasion in occasions_in(journey):
        wheres += occasion.where if isinstance(occasion, EventHappens) else ()
    for condition in conditions_in(journey):
        wheres += getattr(condition, "where", ())
    told = [each.value for each in wheres if each.property == "answer"]
    several = [value for each in told for value in (each if isinstance(each, list | tuple) else [each])]
    return list(dict.fromkeys(value for value in several if isinstance(value, str)))


def made_up(journey: Journey, trigger: EventHappens, worth: float) -> dict[str, Json]:
    """Properties of an event that starts the journey: a cart or a product, and what its filters ask for."""
    asked = {each.property: each.value for each in trigger.where if each.is_ == "equal"}
    product: dict[str, Json] = {"product_id": "p1", "price": worth}
    about: dict[str, Json] = {"products": [product]} if trigger.events[0] in WHOLE_CARTS else product
    return {**about, journey.entry.per or "cart_id": "simulated", **asked}


def _types_asked(shop: Journeys, journey: Journey) -> frozenset[str]:
    """The types of events that move anything: a day has many others."""
    found = {name for each in (journey.trigger, *occasions_in(journey)) for name in getattr(each, "events", ())}
    touched = [*shop.segments.index, *(name for part in conditions_in(journey) for name in part.moved_by())]
    found |= {name.split(":")[1] for name in touched if name.startswith("event:")}
    return frozenset(found | ({Type.ORDER_COMPLETED} if "orders" in touched else set()))


# ── one contact ──


class _Life:
    def __init__(
        self,
        shop: Journeys,
        journey: Journey,
        profile: Profile,
        begin: Instant,
        end: Instant,
        rates: Rates,
        seed: str,
        gate: Gate,
        look: Look,
    ) -> None:
        self.shop, self.journey, self.profile, self.end, self.rates = shop, journey, profile, end, rates
        self.gate, self.look = gate, look
        self.answers = answers_of(journey)
        self.asked = _types_asked(shop, journey)
        self.seed = f"{seed} {profile.contact}"
        self.path = Path(profile.contact)
        self.ahead: list[tuple[Instant, int, Event]] = []
        self.numbers = count()
        self.now = max(begin, profile.decided)
        for time in self._by_itself("visits", rates.visits / 30):
            self._plan(time, Type.PAGE_VIEWED)
            self._plan(time, Type.PRODUCT_VIEWED, {"product_id": f"p{1 + int(self._draw(f'product {time}') * 5)}"})
        for time in self._by_itself("orders", rates.orders / 365):
            self._order(time)

    def play(self, start: Instant | None) -> None:
        hand: list[Happening] = []
        if start is not None and isinstance(self.journey.trigger, EventHappens):
            self._cause(max(start, self.now), self.journey.trigger)
        elif start is not None:
            hand.append(Begin(self.now, self.journey.id, "simulated", at=max(start, self.now)))
        self._turn(self.now, [], hand)
        by_hand = bool(self.path.runs)
        for _ in range(MAX_TURNS):
            due = wake_at(self.profile)
            time = min(due, self.ahead[0][0] if self.ahead else NEVER)
            if time > self.end or (by_hand and not any(run.goes_on for run in self.path.runs.values())):
                return
            events = []
            while self.ahead and self.ahead[0][0] <= time:
                events.append(heapq.heappop(self.ahead)[2])
            self._turn(max(time, self.now), events, [])

    def _turn(self, now: Instant, events: Sequence[Event], told: Sequence[Happening]) -> None:
        """As one batch; and what it asks for has its outcome at once."""
        self.now = now
        for _ in range(MAX_TURNS):
            settled = self._follow(now, events, told)
            if not settled:
                return
            events, told = [event for event, _ in settled if event is not None], [each for _, each in settled]

    def _follow(
        self, now: Instant, events: Sequence[Event], told: Sequence[Happening]
    ) -> list[tuple[Event | None, Settled]]:
        path = self.path
        settled: list[tuple[Event | None, Settled]] = []
        _, followed = played(self.shop, self.profile, path.runs.values(), events, told, now, self.gate)
        for run, effects, records in followed:
            path.runs[run.number] = run
            path.records.setdefault(run.number, []).extend(records)
            self.look(self.profile, run, records)
            for effect in effects:
                match effect:
                    case SendEmail():
                        settled.append((None, self._send(run, effect)))
                    case UpdateContact():
                        settled.append(self._update(run, effect))
                    case NotifyOthers():
                        path.told += 1
                    case StartAnother() | TakePart():
                        pass  # another journey, simulated by itself; and nothing that happens to them
        return settled

    def _send(self, run: Run, email: SendEmail) -> Settled:
        email, variant, held = asked(self.shop, self.profile, run, email, self.gate, self.now)
        if held is not None:
            if held.outcome == "skipped":
                self.path.emails.append(Sent(self.now, email.step, email.template, held.reason or "", variant))
            return held
        self.path.emails.append(Sent(self.now, email.step, email.template, "sent", variant))
        self._react(f"{run.number} {email.step} {email.occurrence}", email)
        return Settled(self.now, run.id, email.step, email.occurrence, "sent")

    def _update(self, run: Run, update: UpdateContact) -> tuple[Event, Settled]:
        event = self._event(self.now, Type.CONTACT_UPDATED, update.told)
        event = event.model_copy(update={"traits": dict(update.traits)})
        return event, Settled(self.now, run.id, update.step, update.occurrence, "passed")

    # ── what they do ──

    def _cause(self, time: Instant, trigger: EventHappens) -> None:
        if trigger.events[0] == Type.ORDER_COMPLETED:
            self._order(time)
        else:
            self._plan(time, trigger.events[0], made_up(self.journey, trigger, self.rates.worth))

    def _draw(self, what: str) -> float:
        """From 0 to below 1: the same for the same, whatever else is drawn."""
        drawn = hashlib.md5(f"{self.seed} {what}".encode(), usedforsecurity=False).digest()
        return int.from_bytes(drawn[:6]) / 2**48

    def _by_itself(self, what: str, a_day: float) -> Iterator[Instant]:
        """At no time rather than at another, so many times a day on average."""
        time = float(self.now)
        for number in count():
            if a_day <= 0:
                return
            time += -log(1 - self._draw(f"{what} {number}")) / a_day * DAY
            if time > self.end:
                return
            yield int(time)

    def _react(self, key: str, email: SendEmail) -> None:
        rates = self.rates
        told: dict[str, Json] = {"journey": self.journey.id, "template": email.template, "message": key, "human": True}
        self._plan(self.now, Type.EMAIL_SENT, {**told, "human": None})
        if self._draw(f"{key} unsubscribe") < rates.unsubscribe:
            no = self._event(self.now + HOUR, Type.CONSENT_CHANGED, {})
            consent = (ConsentChange(topic=self.journey.topic, state="unsubscribed"),)
            self._add(no.model_copy(update={"consent": consent}))
        if self._draw(f"{key} open") >= rates.open:
            return
        opened = self.now + MINUTE + int(self._draw(f"{key} when") ** 3 * DAY)
        self._plan(opened, Type.EMAIL_OPENED, told)
        if self.answers and self._draw(f"{key} answer") < rates.answer:
            answer = self.answers[int(self._draw(f"{key} which") * len(self.answers))]
            self._plan(opened + MINUTE, Type.EMAIL_CLICKED, {**told, "answer": answer})
        elif self._draw(f"{key} click") < rates.click:
            self._plan(opened + MINUTE, Type.EMAIL_CLICKED, told)
            self._plan(opened + MINUTE + 5 * SECOND, Type.PAGE_VIEWED)
            if self._draw(f"{key} order") < rates.order:
                self._order(opened + 20 * MINUTE)

    def _order(self, time: Instant) -> None:
        id_ = event_id(self.seed, "order", str(time))
        order = self._event(time, Type.ORDER_COMPLETED, {"order_id": id_, "total": self.rates.worth})
        self._add(order.model_copy(update={"order": OrderState(id=id_, stands=True)}))

    def _plan(self, time: Instant, type_: str, properties: Mapping[str, Json] | None = None) -> None:
        self._add(self._event(time, type_, properties or {}))

    def _event(self, time: Instant, type_: str, properties: Mapping[str, Json]) -> Event:
        id_ = event_id(self.seed, type_, str(time), str(next(self.numbers)))
        return made_up_event(id_, type_, time, properties)

    def _add(self, event: Event) -> None:
        if event.time <= self.end and (event.type in self.asked or event.consent):
            heapq.heappush(self.ahead, (event.time, next(self.numbers), event))


# ── in sum ──


def summed(result: Simulation) -> Simulation:
    """The simulation with all its sums, made of its paths."""
    result.contacts = len(result.paths) + result.left_out
    for path in result.paths:
        result.notified += path.told
        for email in path.emails:
            step = result.steps[email.step]
            if email.outcome == "sent":
                step.sent += 1
                step.variants.update([email.variant] if email.variant is not None else [])
                result.emails[min((email.time - result.begin) // DAY, result.days - 1)] += 1
            else:
                step.skipped[email.outcome] += 1
        for number, run in path.runs.items():
            result.began += 1
            result.goals += run.reached_goal
            if run.outcome is None:
                result.waiting += 1
            else:
                result.ended[run.outcome] += 1
            _sum_steps(result, path.records[number])
    for sums in result.steps.values():
        sums.people = _people(sums.people, result.days)
    return result


def _sum_steps(result: Simulation, records: Iterable[Record]) -> None:
    """`people` holds the changes from day to day, until all are counted."""
    at: tuple[str, Instant] | None = None
    for record in records:
        if record.what == "delayed":
            result.delayed += 1
        elif record.what == "entered" and record.step in result.steps:
            sums = result.steps[record.step]
            sums.entered += 1
            sums.waiting += 1
            at = record.step, record.time
        elif record.what in LEAVING and at is not None and record.step == at[0]:
            sums = result.steps[at[0]]
            sums.waiting -= 1
            sums.left += 1
            _count_days(result, at, record.time)
            at = None
    if at is not None:
        _count_days(result, at, NEVER)


def _count_days(result: Simulation, at: tuple[str, Instant], until: Instant) -> None:
    step, since = at
    first, last = ((min(t, result.begin + result.days * DAY) - result.begin) // DAY for t in (since, until))
    if first == last:
        return
    changes = result.steps[step].people
    changes.extend([0] * (result.days + 2 - len(changes)))
    changes[first] += 1
    changes[last] -= 1


def _people(changes: Sequence[int], days: int) -> list[int]:
    found, people = [], 0
    for day in range(days):
        people += changes[day] if day < len(changes) else 0
        found.append(people)
    return found


def as_json(result: Simulation, paths: int = 50) -> dict[str, Json]:
    """The simulation for who asks over the API, with the paths of so many contacts; times in milliseconds."""
    told: dict[str, Json] = {each.name: getattr(result, each.name) for each in fields(result)}
    told["ended"] = dict(result.ended)  # `asdict` makes no counter of a counter
    told["steps"] = {
        step: {each.name: getattr(sums, each.name) for each in fields(sums)}
        | {"skipped": dict(sums.skipped), "variants": dict(sums.variants)}
        for step, sums in result.steps.items()
    }
    told["paths"] = [
        {
            "contact": path.contact,
            "emails": [asdict(email) for email in path.emails],
            "runs": [
                {
                    "outcome": run.outcome,
                    "goal": run.reached_goal,
                    "records": [*map(Record._asdict, path.records[number])],
                }
                for number, run in path.runs.items()
            ],
        }
        for path in result.paths[:paths]
    ]
    return told
