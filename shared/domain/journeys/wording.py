"""A journey in plain words, made from its definition: what starts it, for whom, what its steps do, what ends it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from shared.domain.conditions import Segment
from shared.domain.conditions.comparing import SHOP, TRIGGER
from shared.domain.journeys.definition import (
    EVERY_DAY,
    AnyStep,
    Arms,
    Branch,
    ByHand,
    DateComes,
    End,
    EventHappens,
    Exit,
    Hours,
    Journey,
    Notify,
    SegmentChange,
    Send,
    Split,
    StartJourney,
    Unsubscribes,
    Update,
    Wait,
    WaitFor,
)
from shared.domain.wording import sentence
from shared.domain.wording.calendar import DAYS
from shared.domain.wording.events import event_phrase
from shared.domain.wording.texts import duration, label, listed, named, plural, quoted, word


@dataclass(frozen=True, slots=True)
class StepWords:
    """What a step does, and what each of its ways asks: those of a branch in their order, of a `wait_for` that it
    happens, and that it does not."""

    text: str
    ways: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JourneyWords:
    """`entry` and `hours` (None where there are none) are sentences, `trigger` and `exits` what somebody has done."""

    trigger: str
    entry: tuple[str, ...]
    exits: tuple[str, ...]
    hours: str | None
    steps: Mapping[str, StepWords]


def in_words(journey: Journey, segments: Mapping[str, Segment]) -> JourneyWords:
    """The journey; segments are called by their names in `segments`."""
    return JourneyWords(
        trigger=_trigger(journey, segments),
        entry=tuple(_entry(journey, segments)),
        exits=tuple(_exit(each, segments) for each in journey.exits),
        hours=None if journey.hours is None else _hours(journey.hours),
        steps={step.id: _step(step, segments) for step in journey.steps},
    )


# ── what happens ──


def _trigger(journey: Journey, segments: Mapping[str, Segment]) -> str:
    match journey.trigger:
        case ByHand():
            return "Started by hand, by the API or by another journey"
        case DateComes() as comes:
            day = f"The date in {label(comes.trait)}"
            each = f"{day} comes round again each year" if comes.yearly else f"{day} comes"
            away = plural(abs(comes.offset), "day")
            shifted = "" if not comes.offset else f", {away} {'later' if comes.offset > 0 else 'before'}"
            return f"{each}{shifted}, at {comes.at}"
        case trigger:
            return f"Somebody {_occasion(trigger, segments, 'has')}"


def _occasion(occasion: SegmentChange | EventHappens | Unsubscribes, segments: Mapping[str, Segment], has: str) -> str:
    """After "somebody" (`has`) or "they" (`have`)."""
    match occasion:
        case SegmentChange():
            verb = {"enters": "entered", "leaves": "left"}[occasion.when]
            because = f" by having {_done(occasion.by)}" if occasion.by else ""
            return f"{has} {verb} {named(segments, occasion.segment)}{because}"
        case EventHappens():
            done = _of_trigger(listed([event_phrase(event, occasion.where)[1] for event in occasion.events], "or"))
            return f"{has} {done}{' for the first time' if occasion.first else ''}"
        case Unsubscribes():
            return f"{has} unsubscribed from {occasion.topic}"


def _of_trigger(text: str) -> str:
    text = re.sub(rf"“{re.escape(TRIGGER)}[^”]+”", "the one that started it", text)
    return re.sub(rf"“{re.escape(SHOP)}([^”]+)”", r"“\1” of the shop’s settings", text)


def _done(events: Iterable[str]) -> str:
    return listed(["let time pass" if event == "time" else event_phrase(event)[1] for event in events], "or")


def _exit(exit_: Exit, segments: Mapping[str, Segment]) -> str:
    after = [
        "" if exit_.go_to is None else f"goes on at {_title(exit_.go_to)}",
        "" if exit_.start is None else f"starts the journey {_title(exit_.start)}",
    ]
    leads = listed([each for each in after if each], "and")
    return f"Somebody {_occasion(exit_.on, segments, 'has')}{': ' if leads else ''}{leads}"


# ── for whom, and when ──


def _entry(journey: Journey, segments: Mapping[str, Segment]) -> Iterable[str]:
    entry = journey.entry
    each = f" for each {label(entry.per)}" if entry.per else ""
    match entry.again:
        case "once":
            yield f"Once{each or ' ever'}."
        case "each":
            yield f"Once{each}." if each else "Each time."
        case int() as apart:
            yield f"At most once in {duration(apart)}{each}."
    if entry.only_if is not None:
        yield f"Only for somebody who {_of_trigger(sentence(segments, entry.only_if))}."
    if entry.not_during:
        yield f"Not while they are in {listed([_title(each) for each in entry.not_during], 'or')}."
    if entry.apart is not None:
        yield f"At least {duration(entry.apart)} after they began another journey of the group {journey.group}."
    if entry.per_hour is not None:
        yield f"{entry.per_hour:,} start in an hour at most; the others wait in line."


def _hours(hours: Hours) -> str:
    days = "" if set(hours.weekdays) == set(EVERY_DAY) else f" on {_days(hours.weekdays)}"
    whole = hours.begin == hours.to
    clock = "" if whole else f" from {hours.begin} to {hours.to}"
    closed = f", and not on {listed([each.removeprefix('--') for each in hours.closed], 'or')}" if hours.closed else ""
    return f"Emails go out{clock}{days}{closed}, in the contact's local time."


def _days(weekdays: Iterable[str]) -> str:
    given = set(weekdays)
    for names, word_ in ((tuple(DAYS)[:5], "workdays"), (tuple(DAYS)[5:], "weekends")):
        if given == set(names):
            return word_
    return listed([name for day, name in DAYS.items() if day in given], "or")


# ── steps ──


def _step(step: AnyStep, segments: Mapping[str, Segment]) -> StepWords:
    match step:
        case Send():
            pinned = "" if step.pin is None else f", always version {step.pin} of it"
            late = (
                ""
                if step.best_before is None
                else f", unless it is more than {duration(step.best_before)} late by then"
            )
            kind = "" if step.class_ is None else f", as a {step.class_} email"
            before = "" if step.priority is None else f", with priority {step.priority} of those that wait"
            arms = "" if step.arms is None else f", {_of_arms(step.arms)}"
            return StepWords(f"Sends the email {_title(step.template or step.id)}{pinned}{kind}{before}{late}{arms}")
        case Wait():
            return StepWords(_wait(step))
        case WaitFor():
            happens = listed([_occasion(each, segments, "have") for each in step.on], "or")
            since = "; what they did since this journey began counts" if step.since_start else ""
            until = duration(step.within)
            return StepWords(
                f"Waits until they {happens}, for {until} at most{since}", (f"they {happens}", f"not within {until}")
            )
        case Branch():
            return StepWords(
                "Goes the first way that holds for them by now",
                tuple(_of_trigger(sentence(segments, way.when)) for way in step.ways),
            )
        case Split():
            same = "run" if step.arms is None else "contact"
            arms = "" if step.arms is None else f": {_of_arms(step.arms)}"
            return StepWords(
                f"Goes one of {len(step.ways)} ways by lot, and always the same one for the same {same}{arms}"
            )
        case Update():
            return StepWords(_update(step))
        case Notify():
            return StepWords(f"Tells {'the shop' if step.to == 'shop' else step.to}: {step.subject}")
        case StartJourney():
            return StepWords(f"Starts the journey {_title(step.journey)}, and goes on")
        case End():
            return StepWords(f"Ends, counted as {_title(step.outcome)}")


def _of_arms(arms: Arms) -> str:
    of = f"the experiment {_title(arms.experiment)}"
    if arms.winner is not None:
        return f"as {of} was decided: {arms.winner} for everybody"
    several = f"in {len(arms.variants)} versions" if len(arms.variants) > 1 else ""
    held_out = f"{arms.holdout} % held out" if arms.holdout else ""
    told = listed([each for each in (several, held_out) if each], "and")
    return f"{told} by {of}" if told else of


def _wait(step: Wait) -> str:
    parts = []
    if step.trait is not None:
        side = "" if not step.offset else f"{duration(abs(step.offset))} {'after' if step.offset > 0 else 'before'} "
        parts.append(f"until {side}the date in {label(step.trait)}")
    if step.for_ is not None:
        parts.append(duration(step.for_))
    day = "" if set(step.weekdays) == set(EVERY_DAY) else f" on {_days(step.weekdays)}"
    if step.at is not None:
        parts.append(f"until it is {step.at}{day}")
    elif step.best_hour:
        parts.append(f"until their best hour{day}, where it is known")
    elif day:
        parts.append(f"until it is {_days(step.weekdays)}")
    return f"Waits {', then '.join(parts)}"


def _update(step: Update) -> str:
    parts = [
        f"forgets {label(trait)}" if value is None else f"sets {label(trait)} to {word(value)}"
        for trait, value in step.traits.items()
    ]
    for verb, tags in (("adds", step.add_tags), ("takes off", step.remove_tags)):
        if tags:
            parts.append(
                f"{verb} the {'tag' if len(tags) == 1 else 'tags'} {listed([quoted(tag) for tag in tags], 'and')}"
            )
    for verb, lists in (("puts them on", step.add_lists), ("takes them off", step.remove_lists)):
        if lists:
            parts.append(
                f"{verb} the {'list' if len(lists) == 1 else 'lists'} {listed([quoted(each) for each in lists], 'and')}"
            )
    text = listed(parts, "and") or "changes nothing"
    return text[0].upper() + text[1:]


def _title(id_: str) -> str:
    """A step, a template or a journey by its id, as people read it: `cart_reminder` as “Cart reminder”."""
    text = id_.replace("_", " ")
    return quoted(text[:1].upper() + text[1:])
