"""Carries out what a step of a run asks for, besides its emails: a change of the contact, a notice, another journey,
and that they take part in an experiment.

Each has a key made of the run, the step and its occurrence: carried out again it is the same.
"""

from __future__ import annotations

from shared.adapters import events_queue, notices
from shared.domain.events import NEVER, Event, Identity, IdentityKind, Instant, Type, event_id
from shared.domain.journeys.runs import Begin, NotifyOthers, Run, StartAnother, TakePart, UpdateContact
from shared.domain.journeys.telling import tell


def carry_out(run: Run, effect: UpdateContact | NotifyOthers | StartAnother | TakePart, now: Instant) -> None:
    """When it returns, it is done, or its event is stored on the queue."""
    match effect:
        case UpdateContact():
            events_queue.put_events([_change(run, effect, now)])
        case NotifyOthers():
            notices.tell(run, effect, now)
        case StartAnother():
            cause = f"{run.id} {effect.step} {effect.occurrence}"
            begin = Begin(now, effect.journey, cause, trigger=effect.trigger)
            events_queue.put_events([tell(run.contact, begin, now)])
        case TakePart():
            events_queue.put_events([_entered(run, effect, now)])


def _change(run: Run, effect: UpdateContact, now: Instant) -> Event:
    """The event by which a step changes its contact. It names the step: whoever folds it tells the run that this has
    passed. It is undated, so that asked for again it is the same event."""
    return Event(
        id=event_id("journey", run.id, effect.step, str(effect.occurrence)),
        type=Type.CONTACT_UPDATED,
        time=now if run.asked == NEVER else min(run.asked, now),
        received=now,
        source="journey",
        identities=(Identity(kind=IdentityKind.CONTACT, value=run.contact),),
        traits=effect.traits,
        properties={
            "journey": run.journey,
            "run": run.id,
            "step": effect.step,
            "occurrence": effect.occurrence,
            **effect.told,
        },
    )


def _entered(run: Run, effect: TakePart, now: Instant) -> Event:
    """That the contact takes part in an experiment. However often they come to it, it is once, and from the first time
    on."""
    return Event(
        id=event_id("experiment", effect.experiment, run.contact),
        type=Type.EXPERIMENT_ENTERED,
        time=now,
        received=now,
        source="journey",
        identities=(Identity(kind=IdentityKind.CONTACT, value=run.contact),),
        properties={
            "experiment": effect.experiment,
            "variant": effect.variant,
            **({"segments": effect.segments} if effect.segments else {}),
            **({"shares": str(effect.shares)} if effect.shares is not None else {}),
            "journey": run.journey,
            "step": effect.step,
        },
    )


def completed(run: Run, now: Instant) -> Event:
    """The event of the end of a run, which segments and other journeys may ask for."""
    return Event(
        id=event_id("journey", run.id, run.outcome or ""),
        type=Type.JOURNEY_COMPLETED,
        time=min(run.ended, now),
        received=now,
        source="journey",
        identities=(Identity(kind=IdentityKind.CONTACT, value=run.contact),),
        properties={"journey": run.journey, "outcome": run.outcome, "run": run.id},
    )
