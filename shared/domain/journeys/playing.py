"""Playing journeys on a copy of a contact's profile, where nothing is done: what the morning page foresees and what a
simulation tries out are played by the same steps as what happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from shared.domain.events import Event, Instant, Json, iso
from shared.domain.journeys.acts import acts
from shared.domain.journeys.arms import HOLDOUT, SharesOf, at_first, of_email
from shared.domain.journeys.compiling import Journeys
from shared.domain.journeys.definition import Hours
from shared.domain.journeys.following import Followed, follow
from shared.domain.journeys.runs import Happening, Run, SendEmail, Settled
from shared.domain.journeys.starting import needed
from shared.domain.journeys.timing import opens_at
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import trim
from shared.domain.profiles.transitions import Transition
from shared.domain.segments import absorb


class Gate(NamedTuple):
    """What the shop does with an email: the `hours` in which it goes out (None: at any time), whether its holdout
    `keeps` it from a contact, and by which shares of adaptive experiments a contact is drawn."""

    hours: Callable[[SendEmail], Hours | None]
    keeps: Callable[[Profile, SendEmail], bool]
    shares_of: Callable[[str], SharesOf]


OPEN = Gate(lambda email: None, lambda profile, email: False, lambda contact: at_first)


def played(
    shop: Journeys,
    profile: Profile,
    runs: Iterable[Run],
    events: Sequence[Event],
    told: Sequence[Happening],
    now: Instant,
    gate: Gate,
) -> tuple[list[Transition], list[Followed]]:
    """What becomes of the profile, which changes, and of the runs that the contact has had, by one batch."""
    happened = acts(profile, events)
    transitions = absorb(shop.definitions, profile, events, now, trimmed=False)
    happenings = [*happened, *transitions, *told]
    names = needed(shop, profile, happenings, now)
    about = {each.run for each in told if isinstance(each, Settled)}
    asked = [run for run in runs if run.goes_on or run.journey in names or run.id in about]
    followed = follow(shop, profile, asked, happenings, now, now, gate.shares_of(profile.contact))
    trim(profile, lines=shop.definitions.lines)
    return transitions, followed


class Asked(NamedTuple):
    """An email as it is asked for in its contact's arm, which is its `variant` (None: no experiment has to do with it).
    `held`: that it is skipped or delayed (None: it goes out)."""

    email: SendEmail
    variant: str | None
    held: Settled | None


def asked(shop: Journeys, profile: Profile, run: Run, email: SendEmail, gate: Gate, now: Instant) -> Asked:
    """What becomes of an email, as far as the profile, its arm and the shop's settings tell."""
    journey = shop.path(run.journey, run.version).journey
    arm = of_email(journey, email.step, run.contact, gate.shares_of(run.contact))
    if arm is not None and arm.template is not None:
        email = email._replace(template=arm.template, pin=None)
    variant = arm.variant if arm is not None else None
    reason = refused(profile, journey.topic)
    if reason is None and (opens := opens_at(gate.hours(email), profile, now, shop.zone)) > now:
        return Asked(email, variant, Settled(now, run.id, email.step, email.occurrence, "delayed", iso(opens)))
    if reason is None and gate.keeps(profile, email):
        reason = "shop_holdout"
    if reason is None and variant == HOLDOUT:
        reason = "held_out"
    skipped = Settled(now, run.id, email.step, email.occurrence, "skipped", reason) if reason is not None else None
    return Asked(email, variant, skipped)


def refused(profile: Profile, topic: str) -> str | None:
    """Why an email would not go out, as far as the profile tells."""
    answer = profile.consent.get(topic)
    if profile.erased:
        return "erased"
    if answer is None or answer.value != "subscribed":
        return "no_consent"
    return None if profile.email is not None else "no_address"


def made_up_event(id_: str, type_: str, time: Instant, properties: Mapping[str, Json]) -> Event:
    """Not validated: thousands are made, of nothing that anybody has told."""
    return Event.model_construct(
        id=id_,
        type=type_,
        time=time,
        stated=time,
        received=time,
        as_of=None,
        told=None,
        source="journey",
        public=False,
        claimed=False,
        identities=(),
        traits={},
        consent=(),
        properties={name: value for name, value in properties.items() if value is not None},
        order=None,
        other_currency=False,
        counts=True,
    )
