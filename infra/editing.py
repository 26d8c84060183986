"""Editing: what an edit of a journey does to people under way, played; docs/journeys.md has the table of it.

A series of emails is edited while somebody is before the edited place, at it, or past it, and played on with each of
the choices that publishing offers. What comes of it is told as the emails of that person from then on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from shared.domain.events import DAY, NEVER, Instant
from shared.domain.journeys.compiling import Journeys
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.following import follow
from shared.domain.journeys.publications import Publication, UnderWay, Version, with_journey
from shared.domain.journeys.runs import Begin, Happening, Run, SendEmail, Settled
from shared.domain.profiles import Profile
from shared.domain.segments import compile_segments

START: Instant = 1_800_000_000_000
Definition = dict[str, Any]

SERIES: Definition = {
    "id": "series",
    "name": "Series",
    "sentence": "Four emails.",
    "trigger": {"kind": "hand"},
    "steps": [
        {"id": "welcome", "kind": "send"},
        {"id": "first_days", "kind": "wait", "for": "2d"},
        {"id": "tips", "kind": "send"},
        {"id": "pause", "kind": "wait", "for": "4d"},
        {
            "id": "which",
            "kind": "branch",
            "ways": [{"when": {"kind": "trait", "trait": "vip", "value": True}, "next": "thanks"}],
        },
        {"id": "offer", "kind": "send", "next": "last_days"},
        {"id": "thanks", "kind": "send"},
        {"id": "last_days", "kind": "wait", "for": "3d"},
        {"id": "last_call", "kind": "send"},
    ],
}
"""Sent on day 0, 2, 6 and 9; the edited place is the pause of four days, or what comes after it."""
PLACES: Mapping[str, int] = {"before it": 1, "at it": 4, "past it": 7}
"""On which day the edit is published, by where somebody is then who began on day 0."""


@dataclass(frozen=True)
class Edit:
    name: str
    change: Mapping[str, Any]
    """By the id of a step: its new fields; None deletes it; a list is put after it."""

    def apply(self) -> Journey:
        definition = deepcopy(SERIES)
        for id_, new in self.change.items():
            place = [step["id"] for step in definition["steps"]].index(id_)
            if new is None:
                del definition["steps"][place]
            elif isinstance(new, list):
                definition["steps"][place + 1 : place + 1] = new
            else:
                definition["steps"][place] |= new
        return Journey.model_validate(definition)


NO_EDIT = Edit("nothing", {})
EDITS = (
    Edit("the pause is shortened to 1 day", {"pause": {"for": "1d"}}),
    Edit("the pause is lengthened to 10 days", {"pause": {"for": "10d"}}),
    Edit(
        "the branch asks for something that is true of them",
        {"which": {"ways": [{"when": {"kind": "not", "of": {"kind": "orders"}}, "next": "thanks"}]}},
    ),
    Edit("the offer gets another template", {"offer": {"template": "summer_offer"}}),
    Edit(
        "an email and a day are added after the pause",
        {"pause": [{"id": "extra", "kind": "send"}, {"id": "a_day", "kind": "wait", "for": "1d"}]},
    ),
    Edit("the offer is removed", {"which": {"next": "last_days"}, "offer": None}),
    Edit("the tips lead past the pause to the thanks", {"tips": {"next": "thanks"}}),
    Edit("the pause, where people wait, is deleted", {"pause": None}),
    Edit(
        "the pause is deleted with all that comes after it",
        dict.fromkeys(("pause", "which", "offer", "thanks", "last_days", "last_call")),
    ),
)


def rows() -> Iterable[tuple[str, ...]]:
    """Each edit, and what somebody gets from then on who is moved to it, by where they are. At first, what they get who
    finish on the old."""
    yield ("(they finish on the old)", *(outcome(NO_EDIT, day, "finish") for day in PLACES.values()))
    for edit in EDITS:
        yield (edit.name, *(outcome(edit, day, "move") for day in PLACES.values()))


def outcome(edit: Edit, day: int, choice: UnderWay) -> str:
    """`tips on day 2, offer on day 6`: the emails that are sent once the edit is published on that day."""
    first = with_journey(Publication(), _version(Journey.model_validate(SERIES), 1))
    second = with_journey(first, _version(edit.apply(), 2), choice)
    versions = {1: first.journeys["series"].journey, 2: second.journeys["series"].journey}
    old, new = (
        Journeys(compile_segments([]), each.journeys, lambda _, version: versions[version]) for each in (first, second)
    )
    edited = START + day * DAY
    runs, _ = _play(old, [], START, edited)
    _, emails = _play(new, runs, edited, START + 40 * DAY)
    return ", ".join(f"{email} on day {(t - START) // DAY}" for t, email in emails) or "nothing more"


def _version(journey: Journey, number: int) -> Version:
    return Version(version=number, journey=journey, published=0, by="", why="")


def _play(
    shop: Journeys, runs: Sequence[Run], t: Instant, until: Instant
) -> tuple[Sequence[Run], list[tuple[Instant, str]]]:
    """Plays a contact's only run from one instant to another, from its beginning where there is none; every email is
    sent as it is asked for. Gives the run and the emails."""
    profile, emails = Profile("c1"), []
    told: list[Happening] = [] if runs else [Begin(t, "series", "by hand")]
    while t < until:
        for run, effects, _ in follow(shop, profile, runs, told, t, t):
            runs = [run]
            emails += [(t, effect.template) for effect in effects if isinstance(effect, SendEmail)]
        (run,) = runs
        waits = run.goes_on and run.asked != NEVER
        told = [Settled(t, run.id, run.step, run.passes[run.step], "sent")] if waits else []
        t = t if waits else min(run.wake_at, until)
    return runs, emails
