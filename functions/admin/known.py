"""What a journey can refer to in this shop, and what is to be done before it is switched on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING

from functions.admin.rest import left_out
from shared.adapters import (
    contacts,
    definitions,
    experiments,
    journey_definitions,
    journey_files,
    template_definitions,
)
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.adapters.shop_settings import settings
from shared.domain.conditions import Member
from shared.domain.events import MINUTE, Instant, Json
from shared.domain.journeys import wording
from shared.domain.journeys.compiling import conditions_in, occasions_in
from shared.domain.journeys.definition import Arms, Journey, SegmentChange, Send, StartJourney

if TYPE_CHECKING:
    from shared.domain.journeys.checking import Known

MAX_READ = 500
"""Profiles from which it is learnt which events come in; an event that none of these has had may come in all the same,
so whoever publishes can say that it does."""
KEPT = 10 * MINUTE

_events: tuple[Instant, frozenset[str]] | None = None


class SenderSettings(Settings):
    sender: str
    postal_address: str


class _Every(frozenset[str]):
    """All events there can be."""

    def __contains__(self, name: object) -> bool:
        return True


def known(id_: str, unknown_events: bool = False, arms: Mapping[str, Arms] | None = None) -> Known:
    """For the journey of this id. `unknown_events`: every event is known. `arms`: of the experiments in it, by their
    steps, as they are to be (None: as they are under way). Journeys that are only drafts are known, too:
    those that name each other are published one after the other."""
    from shared.domain.journeys.checking import Known  # which most requests do not wait for

    published = {name: each.journey for name, each in journey_definitions.publication().journeys.items()}
    drafted = {name: each.form for name, each in journey_definitions.drafts.all().items()}
    others = journey_files.shipped() | drafted | published
    return Known(
        templates=template_definitions.numbers(),
        segments=definitions.segments().segments,
        models=definitions.segments().models,
        events=_Every() if unknown_events else events(),
        journeys={name: journey for name, journey in others.items() if name != id_},
        topics=[topic.id for topic in settings().topics],
        class_of=lambda template, pin: template_definitions.template(template, pin).template.class_,
        arms=experiments.arms_under_way(id_) if arms is None else arms,
        ways=experiments.ways_under_way(id_),
        machines={name: each for name, each in journey_files.shipped().items() if each.runs_on == "step_functions"},
    )


def events() -> frozenset[str]:
    """The types of events that some contacts have had, as they were at most ten minutes ago."""
    global _events  # noqa: PLW0603 - what a Lambda keeps while it lives
    instant = now()
    if _events is None or not 0 <= instant - _events[0] < KEPT:
        read, _ = contacts.page(contacts.Place(), MAX_READ)
        profiles = (stored.profile for stored in contacts.read_all(read, left_out))
        _events = instant, frozenset(name for profile in profiles for name in profile.histories)
    return _events[1]


def forget() -> None:
    global _events  # noqa: PLW0603
    _events = None


def segments_of(journey: Journey) -> set[str]:
    """The segments that it asks about."""
    occasions = [journey.trigger, *occasions_in(journey)]
    asked = {each.segment for each in occasions if isinstance(each, SegmentChange)}
    return asked | {part.segment for part in conditions_in(journey) if isinstance(part, Member)}


def started_by(journey: Journey) -> set[str]:
    """The journeys that it starts."""
    steps = {step.journey for step in journey.steps if isinstance(step, StartJourney)}
    return steps | {exit_.start for exit_ in journey.exits if exit_.start is not None}


def in_words(journey: Journey) -> dict[str, Json]:
    return asdict(wording.in_words(journey, definitions.segments().segments))


def templates_of(journey: Journey) -> dict[str, str | None]:
    """The templates of its emails, each with its subject (None: there is no such template)."""
    sends = (step for step in journey.steps if isinstance(step, Send))
    there = template_definitions.numbers()
    named: dict[str, int | None] = {}
    for step in sends:
        own, *others = step.templates
        named |= {own: step.pin, **dict.fromkeys(others)}
    return {
        id_: template_definitions.template(id_, pin).template.subject if id_ in there else None
        for id_, pin in named.items()
    }


def checklist(journey: Journey) -> list[Json]:
    """What has to be so before it is switched on: `item`, whether it is `ok` (None: for a person to see), and what is
    `todo`."""
    return [{"item": item, "ok": ok, "todo": None if ok else todo} for item, ok, todo in _checked(journey)]


def _checked(journey: Journey) -> Iterator[tuple[str, bool | None, str]]:
    from shared.domain.journeys import checking

    stack, shop = environment(SenderSettings), known(journey.id)
    yield f"Emails come from {stack.sender}", bool(stack.sender), "Set the parameter Sender."
    yield f"Emails name the address {stack.postal_address}", bool(stack.postal_address), "Set PostalAddress."
    emails = templates_of(journey)
    missing = [name for name, subject in emails.items() if subject is None]
    yield f"Its {len(emails)} emails have their templates", not missing, f"Write {', '.join(missing)}."
    every = checking.problems(journey, known(journey.id, unknown_events=True))
    wrong = [each for each in every if not any(name in each.text for name in missing)]
    yield "Its definition is in order", not wrong, "; ".join(each.text for each in islice(wrong, 3))
    unheard = [each.text for each in checking.problems(journey, shop) if each not in every]
    yield "The events it asks for come in", not unheard, "; ".join(dict.fromkeys(unheard))
    off = sorted(started_by(journey) - journey_definitions.publication().journeys.keys())
    yield "The journeys it starts are switched on", not off, f"Publish {', '.join(off)}."
    if emails:
        yield "A person has looked at its emails", None, "Look at each as it will arrive."
