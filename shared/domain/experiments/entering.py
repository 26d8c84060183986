"""Who comes to take part in an experiment with a segment's criteria, when, and in which arm.

By the name of the segment that is its own a transition says that (`trials`): whoever follows transitions need read no
definitions, which may be others by then than those it was decided by.
"""

from __future__ import annotations

from shared.domain.events import Event, Identity, IdentityKind, Instant, Type, event_id
from shared.domain.profiles.transitions import BY_LAUNCH, Transition, is_act
from shared.domain.trials import arm_of, experiment_of


def entered(transition: Transition, now: Instant) -> Event | None:
    """That a contact comes to take part, by their first entry into an experiment's own segment, at its instant.

    Until then neither definition has held for them since it began, so that nothing of it can have reached them: who
    comes is the same in both arms. It has to be an act, as for journeys. Whom the publication that began it has found
    there already was decided by one definition for long, and does not count, nor when they come again. Told again, it
    is the same event.
    """
    experiment = experiment_of(transition.segment)
    if experiment is None or not transition.entered or transition.before != 0:
        return None
    if transition.cause == BY_LAUNCH or not is_act(transition):
        return None
    return Event(
        id=event_id("experiment", experiment, transition.contact),
        type=Type.EXPERIMENT_ENTERED,
        time=transition.time,
        received=max(transition.time, now),
        source="refresh",
        identities=(Identity(kind=IdentityKind.CONTACT, value=transition.contact),),
        properties={"experiment": experiment, "variant": arm_of(experiment, transition.contact)},
    )


def is_of_segment(event: Event) -> bool:
    """Whether it tells of taking part in an experiment with a segment, and not of a journey's."""
    return event.type == Type.EXPERIMENT_ENTERED and "journey" not in event.properties


def is_anothers(event: Event, contact: str) -> bool:
    """Whether it tells that of somebody who has joined this contact since: they took part in an arm that was drawn of
    another id, and by what the contact does come to take part in their own."""
    return is_of_segment(event) and Identity(kind=IdentityKind.CONTACT, value=contact) not in event.identities
