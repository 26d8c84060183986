"""What the nights have found and mended: memberships that had drifted, lists of members that were wrong, runs that had
outlived their plan. Routes of the
admin's API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from functions.admin import views
from functions.admin.rest import Request, left_out, route
from functions.admin.shapes import reports as shapes
from shared.adapters import comparisons, contact_runs, contacts, definitions, journey_definitions, outlived
from shared.adapters.outlived import Stuck
from shared.domain.events import Json
from shared.domain.operators import Role
from shared.domain.profiles import Profile


@route("GET", "/drift", role=Role.VIEWER, gives=shapes.Drift)
def drift(request: Request) -> Json:
    """What the last night found that compared every stored membership with the same definition in SQL: of how many
    `contacts` some differed, how many `memberships` in which `segments`, and some of the `people`. All of those
    contacts were looked at again. `at` is null before the first night."""
    found = comparisons.last()
    if found is None:
        return {"at": None, "contacts": 0, "memberships": 0, "segments": [], "people": [], "rolling_out": False}
    return {
        "at": found.at,
        "contacts": found.contacts,
        "memberships": sum(found.memberships.values()),
        "segments": [
            {**told, "by_rank": told["segment"] in found.ranked}
            for told in _by_segment(found.memberships, "memberships")
        ],
        "people": [views.person(profile) for profile in _read(found.people).values()],
        "rolling_out": not found.is_filled,
    }


@route("GET", "/wrong-members", role=Role.VIEWER, gives=shapes.WrongMembers)
def wrong_members(request: Request) -> Json:
    """What the last night found that compared the lists of segments' members with the profiles they are made from: how
    many `members` were wrong, or missing, in which `segments`. They were corrected at once. `at` is null before the
    first night."""
    found = comparisons.last()
    if found is None or found.corrected is None:
        return {"at": None, "members": 0, "segments": []}
    return {
        "at": found.at,
        "members": sum(found.corrected.values()),
        "segments": _by_segment(found.corrected, "members"),
    }


@route("GET", "/stuck-runs", role=Role.VIEWER, gives=shapes.StuckRuns)
def stuck_runs(request: Request) -> Json:
    """What the last night found of runs that should have gone on: how many `runs`, at which `steps`, and the first of
    their `people`, with what has become of each run since. What they wait for was asked for again. `at` is null before
    the first night."""
    found = outlived.last()
    if found is None:
        return {"at": None, "runs": 0, "steps": [], "people": []}
    journeys = journey_definitions.publication().journeys
    names = {id_: each.journey.name for id_, each in journeys.items()}
    profiles = _read({each.contact: None for each in found.runs})
    return {
        "at": found.at,
        "runs": sum(found.steps.values()),
        "steps": [
            {"journey": journey, "name": names.get(journey, journey), "step": step, "runs": number}
            for (journey, step), number in sorted(found.steps.items(), key=lambda each: (-each[1], each[0]))
        ],
        "people": [_stuck(each, profiles[each.contact]) for each in found.runs if each.contact in profiles],
    }


def _by_segment(numbers: Mapping[str, int], what: str) -> list[dict[str, Json]]:
    """Of each segment its name and its number (named `what`), the greatest first."""
    segments = definitions.segments().segments
    return [
        {"segment": id_, "name": segments[id_].name if id_ in segments else id_, what: number}
        for id_, number in sorted(numbers.items(), key=lambda each: (-each[1], each[0]))
    ]


def _stuck(stuck: Stuck, profile: Profile) -> dict[str, Json]:
    return {**views.person(profile), **stuck._asdict(), "now": _now(stuck)}


def _now(stuck: Stuck) -> str:
    kept = contact_runs.read(stuck.contact, stuck.journey, stuck.number)
    if kept is None or not kept.run.goes_on:
        return "ended"
    return "there" if kept.run.step == stuck.step else "gone_on"


def _read(several: Iterable[str]) -> dict[str, Profile]:
    """Those of the contacts who are still there, by id, in order."""
    wanted = list(several)
    read = {stored.profile.contact: stored.profile for stored in contacts.read_all(wanted, left_out)}
    return {each: read[each] for each in wanted if each in read}
