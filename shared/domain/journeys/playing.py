"""Playing journeys on a copy of a contact's profile, where nothing is done: what the morning page foresees and what a
simulation tries out are played by the same steps as what happens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from shared.domain.events import Event, Instant, Json, iso
from shared.domain.journeys.acts import acts
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

HoursOf = Callable[[str], Hours | None]
"""The shop's hours in which the emails made of a template go out; None: at any time."""


def played(
    shop: Journeys,
    profile: Profile,
    runs: Iterable[Run],
    events: Sequence[Event],
    told: Sequence[Happening],
    now: Instant,
) -> tuple[list[Transition], list[Followed]]:
    """What becomes of the profile, which changes, and of the runs that the contact has had, by one batch."""
    happened = acts(profile, events)
    transitions = absorb(shop.definitions, profile, events, now, trimmed=False)
    happenings = [*happened, *transitions, *told]
    names = needed(shop, profile, happenings, now)
    about = {each.run for each in told if isinstance(each, Settled)}
    asked = [run for run in runs if run.goes_on or run.journey in names or run.id in about]
    followed = follow(shop, profile, asked, happenings, now, now)
    trim(profile, lines=shop.definitions.lines)
    return transitions, followed


def held_back(
    shop: Journeys, profile: Profile, topic: str, run: Run, email: SendEmail, hours_of: HoursOf, now: Instant
) -> Settled | None:
    """That the email is skipped or delayed, as far as the profile and the shop's hours tell; None: it goes out."""
    reason = refused(profile, topic)
    if reason is not None:
        return Settled(now, run.id, email.step, email.occurrence, "skipped", reason)
    opens = opens_at(hours_of(email.template), profile, now, shop.zone)
    if opens > now:
        return Settled(now, run.id, email.step, email.occurrence, "delayed", iso(opens))
    return None


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
