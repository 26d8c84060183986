"""Moves the runs of one contact, as a part of the transaction that stores what has moved them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shared.adapters import contact_runs, contacts, kept_arms
from shared.domain.events import HEARD_AFTER, Event, Instant, Type
from shared.domain.journeys.acts import acts
from shared.domain.journeys.advancing import ended
from shared.domain.journeys.compiling import Journeys
from shared.domain.journeys.following import follow
from shared.domain.journeys.runs import Happening, Moved, Settled, TakePart
from shared.domain.journeys.starting import needed
from shared.domain.journeys.telling import Told
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import trim
from shared.domain.profiles.transitions import Transition
from shared.domain.segments import absorb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef


def move(
    shop: Journeys, profile: Profile, events: Sequence[Event], told: Sequence[Told], now: Instant, anew: bool
) -> tuple[list[Transition], list[TransactWriteItemTypeDef]]:
    """Folds the events into the profile, and moves its runs by all of it, in place; the transitions, and the writes of
    the runs."""
    heard = now - HEARD_AFTER
    happened = acts(profile, events)  # before they are folded: then all are known
    transitions = absorb(shop.definitions, profile, events, now, heard=heard, anew=anew, trimmed=False)
    told = [*told, *(settled for event in events if (settled := _settled_by(event, now)) is not None)]
    happenings: list[Happening] = [*happened, *transitions, *told]
    about = {each.run.partition("-")[2].replace("-", "#") for each in told if isinstance(each, Settled | Moved)}
    kept = contact_runs.concerned(profile.contact, {*profile.runs, *about}, needed(shop, profile, happenings, heard))
    shares_of = kept_arms.shares_of(profile.contact)
    moved = follow(shop, profile, [each.run for each in kept.values()], happenings, now, heard, shares_of)
    trim(profile, lines=shop.definitions.lines)
    parts = [effect for each in moved for effect in each.effects if isinstance(effect, TakePart)]
    writes = kept_arms.of_parts(profile.contact, parts)
    for run, effects, records in moved:
        before = kept.get(run.place)
        recorded = len(records) + (before.recorded if before is not None else 0)
        journey = shop.path(run.journey, run.version).journey
        writes.append(contact_runs.write(run, journey, effects, recorded, profile.version + 1, before))
    return transitions, writes


def _settled_by(event: Event, now: Instant) -> Settled | None:
    """What a run waits for that has asked for this change of its contact's."""
    if event.source != "journey" or event.type != Type.CONTACT_UPDATED:
        return None
    run, step, occurrence = (event.properties[name] for name in ("run", "step", "occurrence"))
    return Settled(max(event.received, now), run, step, occurrence, "passed")


def end_runs(profile: Profile, outcome: str, now: Instant) -> list[TransactWriteItemTypeDef]:
    """Ends the runs of a contact who is no more. Whose item tells nobody of theirs: they end as they are."""
    return [
        contact_runs.end(kept, ended(kept.run, now, outcome), profile.version + 1)
        for kept in contact_runs.concerned(profile.contact, profile.runs, ()).values()
        if kept.run.goes_on
    ]


def end_runs_begun_by(profile: Profile, gone: Sequence[Event], now: Instant) -> list[TransactWriteItemTypeDef]:
    """Ends the runs that began by events which are erased, in the profile too; those that had ended go at once."""
    causes = {event.id for event in gone}
    begun = [kept for kept in contact_runs.of_contact(profile.contact) if kept.run.cause in causes]
    contacts.delete(
        profile.contact,
        [contact_runs.kind_of(each.run.journey, each.run.number) for each in begun if not each.run.goes_on],
    )
    writes = []
    for kept in begun:
        if kept.run.goes_on:
            profile.runs.pop(kept.run.place, None)
            writes.append(contact_runs.end(kept, ended(kept.run, now, "erased"), profile.version + 1))
    return writes
