"""Checking: what is wrong with a journey, each mistake with the step it is at and what to do about it.

A journey that can be read is checked as a whole before it is published: what it refers to exists, every step can be
reached, nothing goes round without end, nobody is emailed more than daily, and no journeys start each other for ever.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from shared.domain import calendars
from shared.domain.conditions import parts_of
from shared.domain.conditions.comparing import SHOP, SHOP_VALUES, TRIGGER, names_the_shop, names_the_trigger
from shared.domain.conditions.fields import condition_key, format_duration
from shared.domain.conditions.shorthand import members_of, plain
from shared.domain.conditions.windows import THIS_RUN
from shared.domain.events import DAY, GATHERED, HOUR, MailClass, Type
from shared.domain.journeys import asl
from shared.domain.journeys.acts import STATES
from shared.domain.journeys.arms import HOLDOUT, behind
from shared.domain.journeys.compiling import Path
from shared.domain.journeys.definition import (
    END,
    AnyStep,
    Arms,
    Branch,
    ByHand,
    DateComes,
    EventHappens,
    Hours,
    Journey,
    Notify,
    SegmentChange,
    Send,
    Share,
    Split,
    StartJourney,
    Unsubscribes,
    Update,
    Wait,
    WaitFor,
    Way,
)
from shared.domain.journeys.legs import Leg, comes_again, legs, shortest
from shared.domain.lead_models import models_of
from shared.domain.properties import KEPT_PROPERTIES, may_be_asked

LONGEST_WAIT = 366 * DAY
APART = 22 * HOUR
"""Two emails of one journey are further apart than this. A local day has 23 hours at least, and an answer takes some
time: what comes again each day passes."""
MAX_HISTORY = 25_000
"""Events of one execution of Step Functions: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html"""
EVENTS_OF_AN_EMAIL = 1_000
"""That one email may make of those: tried each hour through an outage of a week (`asl.RETRY_SEND`), four a try."""
EVENTS_OF_A_STEP = 12
CONSENTS = re.compile(r"consent|subscri|opt[ _-]?(in|out)|accepts|marketing|unsub|gdpr", re.IGNORECASE)
IDENTITIES = ("email", "user_id", "contact", "phone")


NOT_OF_CLASS = {
    True: "the template {0} is {1}: no email of it goes out without the contact's consent, or in quiet hours. Make the "
    "template transactional, if it is nothing but what they have asked for",
    False: "the template {0} is {1}: it has no unsubscribe link, so it cannot be an email that needs consent",
}
"""Of a step whose email is to be transactional, or not to be, against what its template is."""


class Problem(NamedTuple):
    """`path`: where in the definition, as keys and places (`("steps", 2, "next")`); `step`: the id of the step, None
    where it is of the journey as a whole."""

    path: tuple[str | int, ...]
    step: str | None
    text: str


@dataclass(frozen=True)
class Known:
    """What a journey can refer to: templates (with the newest version of each), the shop's segments, the event types
    that have come in, the other journeys, the lead `models`, and the topics that contacts can say yes or no to.
    `arms`: of the experiments that are under way in this journey, what each does there, by its step; None: they are no
    matter. `ways`: of the splits among these, as they began. `machines`: the journeys whose state machines are
    deployed, as they were compiled (None: that is no matter). `class_of`: the class of a version of a template (None:
    the newest), where it is known."""

    templates: Mapping[str, int]
    segments: Collection[str]
    events: Collection[str] = ()
    journeys: Mapping[str, Journey] = field(default_factory=dict)
    topics: Collection[str] = ("marketing",)
    machines: Mapping[str, Journey] | None = None
    models: Collection[str] = ("lead",)
    class_of: Callable[[str, int | None], MailClass | None] = lambda template, pin: None
    arms: Mapping[str, Arms] | None = None
    ways: Mapping[str, tuple[Share, ...]] = field(default_factory=dict)


def problems(journey: Journey, known: Known) -> list[Problem]:
    """Everything that speaks against publishing it, in the order of the definition."""
    found = [*_of_steps(journey, known), *_of_head(journey, known)]
    if not found:  # the way through it makes sense only where every step is one
        found += [
            *_of_arms(journey, known),
            *_of_ways(journey),
            *_of_pace(journey),
            *_of_driver(journey, known),
            *_of_circles(journey, known),
        ]
    return sorted(dict.fromkeys(found), key=lambda problem: _order(journey, problem))


def _order(journey: Journey, problem: Problem) -> tuple[int, tuple[str, ...]]:
    place = problem.path[1] if problem.path[:1] == ("steps",) and len(problem.path) > 1 else -1
    return int(place), tuple(map(str, problem.path))


def unreadable(error: ValidationError, definition: Any) -> list[Problem]:
    """What cannot be read of a definition (as it was written, JSON), where and why."""
    found = []
    for each in error.errors(include_url=False, include_context=False):
        path, at = [], definition
        for part in each["loc"]:  # beside keys and places it names the kinds that were tried
            if _has(at, part):
                at = at[part]
            elif each["type"] != "missing" or part != each["loc"][-1]:
                continue
            path.append(part)
        found.append(Problem(tuple(path), _step_at(definition, path), _said(each, at)))
    return found


def _has(at: Any, part: str | int) -> bool:
    if isinstance(at, Mapping):
        return part in at
    return isinstance(at, list | tuple) and isinstance(part, int) and part < len(at)


def _step_at(definition: Any, path: Sequence[str | int]) -> str | None:
    if len(path) < 2 or path[0] != "steps" or not isinstance(path[1], int):
        return None
    step = definition["steps"][path[1]]
    return str(step["id"]) if isinstance(step, Mapping) and "id" in step else f"step {path[1] + 1}"


def _said(error: Any, at: Any) -> str:
    match error["type"]:
        case "missing":
            return f"`{error['loc'][-1]}` is required"
        case "extra_forbidden":
            return f"`{error['loc'][-1]}` is not a field of it: see docs/journeys.md for those there are"
        case "union_tag_invalid" | "union_tag_not_found":
            kind = at.get("kind") if isinstance(at, Mapping) else None
            return f"`kind` {kind!r} is not one there is: see docs/journeys.md" if kind else "`kind` is required"
    return str(error["msg"]).removeprefix("Value error, ")


# ── what it refers to ──


def _of_steps(journey: Journey, known: Known) -> Iterator[Problem]:
    ids = [step.id for step in journey.steps]
    for place, step in enumerate(journey.steps):
        at = ("steps", place)
        if step.id == END:
            yield Problem((*at, "id"), step.id, "`end` is where a run ends: call the step something else")
        if ids.index(step.id) != place:
            yield Problem((*at, "id"), step.id, f"two steps are called {step.id}: give this one another id")
        for path, to in _destinations(step):
            if to not in ids and to != END:
                yield Problem((*at, *path), step.id, f"goes to {to}, which is no step{_near(to, [*ids, END])}")
        for path, occasion in _occasions(step):
            yield from _of_occasion(journey, known, occasion, (*at, *path), step.id)
        for path, condition in _conditions(step):
            yield from _of_condition(journey, known, condition, (*at, *path), step.id)
        for path, text in _of_step(journey, known, step):
            yield Problem((*at, *path), step.id, text)
    if not any(isinstance(step, Send | Update | Notify | StartJourney) for step in journey.steps):
        yield Problem(("steps",), None, "does nothing: it has no email, update, notice or start of another journey")


def _destinations(step: AnyStep) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if step.next is not None:
        yield ("next",), step.next
    if isinstance(step, WaitFor) and step.otherwise is not None:
        yield ("otherwise",), step.otherwise
    ways: Sequence[Way | Share] = step.ways if isinstance(step, Branch | Split) else ()
    yield from ((("ways", place, "next"), way.next) for place, way in enumerate(ways))


def _occasions(step: AnyStep) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    yield from ((("on", place), on) for place, on in enumerate(step.on if isinstance(step, WaitFor) else ()))


def _conditions(step: AnyStep) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    for place, way in enumerate(step.ways if isinstance(step, Branch) else ()):
        yield ("ways", place, "when"), way.when


def _of_step(journey: Journey, known: Known, step: AnyStep) -> Iterator[tuple[tuple[str | int, ...], str]]:
    match step:
        case Send():
            template = step.template or step.id
            if template not in known.templates:
                near = _near(template, known.templates)
                yield (
                    ("template" if step.template else "id",),
                    f"there is no template {template}{near or ': write it first, or name one with `template`'}",
                )
            elif step.pin is not None and step.pin > known.templates[template]:
                newest = known.templates[template]
                yield ("pin",), f"the template {template} has no version {step.pin}: its newest is {newest}"
            elif step.class_ is not None:
                of_template = known.class_of(template, step.pin) or step.class_
                if of_template != step.class_ and "transactional" in (step.class_, of_template):
                    yield ("class",), NOT_OF_CLASS[step.class_ == "transactional"].format(template, of_template)
            if step.arms is not None:
                yield from _of_variants(step, step.arms, known)
        case Wait() if (step.for_ or 0) > LONGEST_WAIT or abs(step.offset) > LONGEST_WAIT:
            yield (
                ("for" if step.for_ else "offset",),
                f"waits {format_duration(step.for_ or step.offset)}: a year (366d) is the longest",
            )
        case WaitFor() if step.within > LONGEST_WAIT:
            yield ("within",), f"waits {format_duration(step.within)}: a year (366d) is the longest"
        case Branch():
            asked = [condition_key(way.when) for way in step.ways]
            for place, key in enumerate(asked):
                if asked.index(key) != place:
                    yield ("ways", place), "asks what a way above it asks already, so nobody ever goes this way"
        case Split() if len({way.next for way in step.ways}) == 1:
            yield ("ways",), "all its ways lead to one step: a split needs two"
        case Split() if step.arms is not None:
            yield from _of_ways_of_experiment(step, step.arms)
        case Update():
            if not (step.traits or step.add_tags or step.remove_tags or step.add_lists or step.remove_lists):
                yield (), "changes nothing: it needs `traits`, `add_tags`, `remove_tags`, `add_lists` or `remove_lists`"
            for trait in step.traits:
                if CONSENTS.search(trait):
                    yield ("traits", trait), f"{trait} looks like consent, which is the contact's own to give"
                elif trait in IDENTITIES:
                    yield ("traits", trait), f"{trait} says who the contact is: a journey cannot change it"
            for tag in {*step.add_tags} & {*step.remove_tags}:
                yield ("remove_tags",), f"the tag {tag} is put on and taken off: leave out one of both"
            for name in {*step.add_lists} & {*step.remove_lists}:
                yield ("remove_lists",), f"the contact is put on the list {name} and taken off: leave out one of both"
        case StartJourney():
            yield from _of_start(journey, known, step.journey, ("journey",))


# ── experiments ──


def _of_variants(step: Send, arms: Arms, known: Known) -> Iterator[tuple[tuple[str | int, ...], str]]:
    names = [each.id for each in arms.variants]
    if len(set(names)) < len(names) or HOLDOUT in names:
        yield ("arms", "variants"), f"each variant needs an id of its own, and none is called {HOLDOUT}"
    if not names or (len(names) == 1 and not arms.holdout and arms.winner is None):
        yield ("arms", "variants"), "an experiment has at least two variants, or one and a holdout"
    if arms.winner is not None and arms.winner not in names:
        yield ("arms", "winner"), f"{arms.winner} is none of its variants: {', '.join(names)}"
    usual = (
        known.class_of(step.template or step.id, step.pin) if (step.template or step.id) in known.templates else None
    )
    if arms.holdout and arms.winner is None and (step.class_ or usual) == "transactional":
        yield ("arms", "holdout"), "who waits for a transactional email gets it: nobody is held out of one"
    for place, each in enumerate(arms.variants):
        at = "arms", "variants", place, "template"
        if each.template is not None and each.template not in known.templates:
            yield at, f"there is no template {each.template}{_near(each.template, known.templates)}"
        elif each.template is not None and known.class_of(each.template, None) != usual:
            yield at, f"the template {each.template} is of another class than the others: they would not pass one gate"


def _of_ways_of_experiment(step: Split, arms: Arms) -> Iterator[tuple[tuple[str | int, ...], str]]:
    names = [way.next for way in step.ways]
    if arms.variants:
        yield ("arms", "variants"), "the variants at a split are its ways: leave this out"
    if len(set(names)) < len(names) or HOLDOUT in names:
        yield ("ways",), f"each way of an experiment leads to a step of its own, and none is called {HOLDOUT}"
    if arms.adaptive and arms.winner is None and len({way.weight for way in step.ways}) > 1:
        yield ("ways",), f"the experiment {arms.experiment} sets the weights itself: give all its ways the same"
    if arms.winner is not None and arms.winner not in names:
        yield ("arms", "winner"), f"{arms.winner} is none of its ways: {', '.join(names)}"


def _of_arms(journey: Journey, known: Known) -> Iterator[Problem]:
    """No email is in two experiments at once, and what is under way stays as it was begun."""
    under_way = {step.id: step for step in journey.steps if _under_way(step)}
    places = {step.id: place for place, step in enumerate(journey.steps)}
    for id_, step in under_way.items():
        if isinstance(step, Split):
            for other in sorted(behind(journey, id_) & under_way.keys() - {id_}, key=lambda each: places[each]):
                text = (
                    f"is behind the experiment at {id_}: decide that one first, or nobody knows which made a difference"
                )
                yield Problem(("steps", places[other], "arms"), other, text)
    for id_, step in under_way.items():
        arms = step.arms if isinstance(step, Send | Split) else None
        if arms is not None and known.arms is not None and known.arms.get(id_) != arms:
            told = "is not under way here like this: the page Experiments starts and decides it"
            text = f"the experiment {arms.experiment} {told}"
            yield Problem(("steps", places[id_], "arms"), id_, text)
        if isinstance(step, Split) and arms is not None and step.ways != known.ways.get(id_, step.ways):
            text = (
                f"the experiment {arms.experiment} is between these ways: decide it first, or leave them as they were"
            )
            yield Problem(("steps", places[id_], "ways"), id_, text)
    for id_, arms in (known.arms or {}).items():
        if id_ not in under_way:
            text = f"the experiment {arms.experiment} is under way at {id_}: decide it first, or keep the step's `arms`"
            yield Problem(("steps", places[id_]) if id_ in places else ("steps",), id_ if id_ in places else None, text)


def _under_way(step: AnyStep) -> bool:
    return isinstance(step, Send | Split) and step.arms is not None and step.arms.winner is None


def _of_start(
    journey: Journey, known: Known, other: str, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if other not in known.journeys and other != journey.id:
        near = _near(other, known.journeys)
        yield path, f"there is no published journey {other}{near or ': publish it first'}"


def _of_head(journey: Journey, known: Known) -> Iterator[Problem]:
    entry, trigger = journey.entry, journey.trigger
    if journey.topic not in known.topics:
        near = _near(journey.topic, known.topics)
        yield Problem(("topic",), None, f"there is no topic {journey.topic}{near}")
    if not isinstance(trigger, DateComes | ByHand):
        yield from _of_occasion(journey, known, trigger, ("trigger",), None)
    if isinstance(trigger, EventHappens) and any(names_the_trigger(each.value) for each in trigger.where):
        yield Problem(("trigger", "where"), None, "`$trigger` is this very event: compare with a value")
    if isinstance(trigger, DateComes) and trigger.yearly and entry.again == "once":
        yield Problem(
            ("entry", "again"), None, "a date that comes each year would begin once ever: write `again: 300d` or `each`"
        )
    if entry.per is not None and not isinstance(trigger, EventHappens | ByHand):
        yield Problem(("entry", "per"), None, "`per` is a property of an event, and no event begins this journey")
    elif entry.per is not None and not _is_kept(entry.per):
        yield Problem(("entry", "per"), None, f"{entry.per} is not kept of events: it may say who somebody is")
    if entry.only_if is not None:
        yield from _of_condition(journey, known, entry.only_if, ("entry", "only_if"), None)
        if _uses(entry.only_if, THIS_RUN):
            yield Problem(("entry", "only_if"), None, "`this_run` has not begun when this is asked: use a duration")
    for place, other in enumerate(entry.not_during):
        if other == journey.id:
            text = "never runs twice at a time for one contact anyway: leave it out"
            yield Problem(("entry", "not_during", place), None, text)
        elif other not in known.journeys:
            near = _near(other, known.journeys)
            yield Problem(("entry", "not_during", place), None, f"there is no published journey {other}{near}")
    yield from _of_exits(journey, known)
    if journey.hours is not None:
        yield from (Problem(("hours", *path), None, text) for path, text in _of_hours(journey.hours))


def _of_exits(journey: Journey, known: Known) -> Iterator[Problem]:
    ids = [step.id for step in journey.steps]
    seen: list[Any] = []
    for place, exit_ in enumerate(journey.exits):
        at: tuple[str | int, ...] = ("exits", place)
        yield from _of_occasion(journey, known, exit_.on, (*at, "on"), None)
        if exit_.go_to is not None and exit_.go_to not in ids:
            end = ": leave `go_to` out, and the run ends" if exit_.go_to == END else ""
            near = end or _near(exit_.go_to, ids)
            yield Problem((*at, "go_to"), None, f"goes to {exit_.go_to}, which is no step{near}")
        if exit_.start is not None:
            for path, text in _of_start(journey, known, exit_.start, ("start",)):
                yield Problem((*at, *path), None, text)
        if isinstance(exit_.on, Unsubscribes) and exit_.on.topic == journey.topic and exit_.go_to is not None:
            text = "who says no to what the emails are about is out: leave `go_to` out"
            yield Problem((*at, "go_to"), None, text)
        if exit_.on == journey.trigger and isinstance(exit_.on, SegmentChange):
            yield Problem((*at, "on"), None, "is what begins the journey, so it never ends it")
        if exit_.on in seen:
            yield Problem((*at, "on"), None, "an exit above it answers the same already")
        if exit_.go_to is None:
            seen.append(exit_.on)


def _of_hours(hours: Hours) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for place, day in enumerate(hours.closed):
        if calendars.date_in(day) is None:
            yield ("closed", place), f"{day} is no day of the calendar"


def _of_occasion(
    journey: Journey, known: Known, occasion: Any, at: tuple[str | int, ...], step: str | None
) -> Iterator[Problem]:
    match occasion:
        case SegmentChange():
            if occasion.segment not in known.segments:
                yield Problem((*at, "segment"), step, _no_segment(occasion.segment, known))
            for place, name in enumerate(occasion.by):
                if name != "time":
                    yield from _of_event(name, known, (*at, "by", place), step)
        case EventHappens():
            for place, name in enumerate(occasion.events):
                yield from _of_event(name, known, (*at, "events", place), step)
                if name in STATES:
                    text = f"{name} tells how something is, and nothing happens by it: ask for a segment instead"
                    yield Problem((*at, "events", place), step, text)
            yield from _of_references(journey, occasion, (*at, "where"), step)
        case Unsubscribes():
            if occasion.topic not in known.topics:
                near = _near(occasion.topic, known.topics)
                yield Problem((*at, "topic"), step, f"there is no topic {occasion.topic}{near}")
            if step is not None and occasion.topic == journey.topic:
                yield Problem(at, step, "who says no to what the emails are about is out: nobody waits for that here")


def _of_condition(
    journey: Journey, known: Known, condition: Any, at: tuple[str | int, ...], step: str | None
) -> Iterator[Problem]:
    for segment in sorted(members_of(condition)):
        if segment not in known.segments:
            yield Problem(at, step, _no_segment(segment, known))
    for model in sorted(models_of(plain(condition)) - set(known.models)):
        yield Problem(at, step, f"there is no lead model {model}{_near(model, known.models)}")
    named = {name for part in parts_of(plain(condition)) for name in _events_in(part)}
    for name in sorted(named):
        yield from _of_event(name, known, at, step)
    yield from _of_references(journey, condition, at, step)


def _of_references(journey: Journey, part: Any, at: tuple[str | int, ...], step: str | None) -> Iterator[Problem]:
    for name in sorted({str(value).removeprefix(TRIGGER) for value in _values(part) if names_the_trigger(value)}):
        if not isinstance(journey.trigger, EventHappens | ByHand):
            text = f"`{TRIGGER}{name}` is a property of the event that begins the journey, and no event does"
            yield Problem(at, step, text)
        elif not _is_kept(name):
            yield Problem(at, step, f"`{TRIGGER}{name}` is not kept of events: it may say who somebody is")
    for name in sorted({str(value).removeprefix(SHOP) for value in _values(part) if names_the_shop(value)}):
        if name not in SHOP_VALUES:
            text = f"`{SHOP}{name}` is none of the shop's settings that can be asked for: {', '.join(SHOP_VALUES)}"
            yield Problem(at, step, text)


def _is_kept(name: str) -> bool:
    return name in KEPT_PROPERTIES or may_be_asked(name)


def _of_event(name: str, known: Known, at: tuple[str | int, ...], step: str | None) -> Iterator[Problem]:
    if name not in known.events and name not in NAMES:
        near = _near(name, [*known.events, *sorted(NAMES)])
        yield Problem(at, step, f"no event {name} has come in yet{near or ': send one first'}")


NAMES = frozenset({*map(str, Type), *map(str, GATHERED)})
"""Of events that need not have come in."""


def _no_segment(segment: str, known: Known) -> str:
    return f"there is no segment {segment}{_near(segment, known.segments)}"


def _near(name: str, others: Iterable[str]) -> str:
    by_fold = {other.casefold(): other for other in others}
    found = get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.7)
    return f": did you mean {by_fold[found[0]]}?" if found else ""


def _values(part: Any) -> Iterator[Any]:
    match part:
        case BaseModel():
            for name in type(part).model_fields:
                yield from _values(getattr(part, name))
        case tuple() | list():
            for each in part:
                yield from _values(each)
        case _:
            yield part


def _events_in(part: Any) -> Iterator[str]:
    """The event types that a part of a definition names."""
    match part:
        case BaseModel():
            for name in type(part).model_fields:
                value = getattr(part, name)
                if name == "event" and isinstance(value, str):
                    yield value
                elif name == "events" and isinstance(value, tuple):
                    yield from value
                else:
                    yield from _events_in(value)
        case tuple():
            for each in part:
                yield from _events_in(each)


def _uses(part: Any, text: str) -> bool:
    return any(value == text for value in _values(part) if isinstance(value, str))


# ── the ways through it ──


def _of_ways(journey: Journey) -> Iterator[Problem]:
    found = legs(journey)
    seen: set[str] = set()
    ahead = [journey.steps[0].id, *(exit_.go_to for exit_ in journey.exits if exit_.go_to is not None)]
    while ahead:
        step = ahead.pop()
        if step in seen or step == END:
            continue
        seen.add(step)
        ahead += [way.to for way in found[step]]
    for place, each in enumerate(journey.steps):
        if each.id not in seen:
            text = "no way leads here: name it as the `next` of a step, or delete it"
            yield Problem(("steps", place), each.id, text)
    for place, each in enumerate(journey.steps):
        again = comes_again(journey, each.id, answered=False)
        if again is not None and again < DAY - 2 * HOUR:
            text = f"comes round again after {format_duration(again)}: a circle has to wait a day at least"
            yield Problem(("steps", place), each.id, text if again else "comes round again without a wait: put one in")
            return  # the others of the circle say the same


# ── how often somebody is emailed ──


def _of_pace(journey: Journey) -> Iterator[Problem]:
    emails = {step.id for step in journey.steps if isinstance(step, Send)}
    first, found = journey.steps[0].id, legs(journey)
    for place, step in enumerate(journey.steps):
        if step.id not in emails:
            continue
        again = comes_again(journey, step.id, answered=True)
        if again is not None and again < APART:
            text = f"is sent again after {_length(again)}: nobody is emailed more than daily, so wait a day in between"
            yield Problem(("steps", place), step.id, text)
            continue
        following = shortest(found, step.id, emails, answered=False)
        if following is not None and following < APART:
            text = f"the next email follows {_length(following)} after this one: wait a day (`for: 1d`) in between"
            yield Problem(("steps", place), step.id, text)
    rule = journey.entry.again
    if rule == "once" or journey.entry.per is not None or isinstance(journey.trigger, DateComes | ByHand) or not emails:
        return
    to_first = 0 if first in emails else shortest(found, first, emails, answered=True)
    to_end = min(shortest(found, email, {END}, answered=True) or 0 for email in emails)
    if to_first is not None and max(0 if rule == "each" else rule, to_first + to_end) < APART:
        text = "may email somebody more than daily: write `again: 1d` or longer, or `per` a property of the event"
        yield Problem(("entry", "again"), None, text)


def _length(milliseconds: int) -> str:
    return format_duration(milliseconds) if milliseconds else "at once"


# ── what moves it, and what it starts ──


def _of_driver(journey: Journey, known: Known) -> Iterator[Problem]:
    if journey.runs_on != "step_functions":
        return
    places = {step.id: place for place, step in enumerate(journey.steps)}
    refused = list(asl.not_compilable(journey))
    yield from (Problem(("steps", places[step]), step, text) for step, text in refused)
    if not refused:
        events = _longest(Path(journey), legs(journey), journey.steps[0].id, {})
        if events > MAX_HISTORY * 4 // 5:
            text = (
                f"a run may make {events:,} events of history, and Step Functions takes {MAX_HISTORY:,}: "
                "write `runs_on: wake_ups`, or two journeys of it"
            )
            yield Problem(("runs_on",), None, text)
        if known.machines is not None and not _is_deployed(journey, known.machines.get(journey.id)):
            text = (
                "its steps are not those of a state machine that is deployed: write `runs_on: wake_ups`, or change its "
                "file, run `make machines` and deploy"
            )
            yield Problem(("runs_on",), None, text)


def _is_deployed(journey: Journey, machine: Journey | None) -> bool:
    return machine is not None and asl.compiled(machine)["States"] == asl.compiled(journey)["States"]


def _longest(path: Path, found: Mapping[str, list[Leg]], start: str, known: dict[str, int]) -> int:
    """Events of history on the longest way from a step on; nothing goes round in it."""
    if start == END:
        return 0
    if start not in known:
        own = EVENTS_OF_AN_EMAIL if isinstance(path.steps[start], Send) else EVENTS_OF_A_STEP
        known[start] = own + max((_longest(path, found, leg.to, known) for leg in found[start]), default=0)
    return known[start]


def _of_circles(journey: Journey, known: Known) -> Iterator[Problem]:
    """Journeys that start each other would never end."""
    all_ = {**known.journeys, journey.id: journey}
    for path, step, other in _started_by(journey):
        seen: set[str] = set()
        ahead = [other]
        while ahead:
            id_ = ahead.pop()
            if id_ == journey.id:
                way = f"{journey.id} starts {other}"
                text = "starts itself" if other == journey.id else f"{way}, which leads to {journey.id} again"
                yield Problem(path, step, f"{text}: journeys that start each other never end")
                break
            if id_ not in seen and id_ in all_:
                seen.add(id_)
                ahead += [each for _, _, each in _started_by(all_[id_])]


def _started_by(journey: Journey) -> Iterator[tuple[tuple[str | int, ...], str | None, str]]:
    for place, step in enumerate(journey.steps):
        if isinstance(step, StartJourney):
            yield ("steps", place, "journey"), step.id, step.journey
    for place, exit_ in enumerate(journey.exits):
        if exit_.start is not None:
            yield ("exits", place, "start"), None, exit_.start
