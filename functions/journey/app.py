"""Journey: what a state machine cannot do itself. Chooses ways, works out waits, does what is not an email, and tells
the run what became of each step.

Each task is safe to repeat: what it does has a key, and what it tells has, too.
"""

from typing import Any, Literal

from shared.adapters import contact_runs, contacts, definitions, effects, journeys, kept_arms
from shared.adapters.clock import now, pause
from shared.adapters.contacts import VersionConflictError
from shared.adapters.events_queue import put_events
from shared.adapters.histories import with_history
from shared.domain.events import Instant, Strict, iso, parse_instant
from shared.domain.journeys.advancing import choose, effect_of, taken_part, wakes_at
from shared.domain.journeys.compiling import Journeys, Path
from shared.domain.journeys.definition import END, Branch, Notify, Split, StartJourney, Update
from shared.domain.journeys.runs import Run, Settled, TakePart
from shared.domain.journeys.telling import tell
from shared.domain.profiles import Profile


class Task(Strict):
    """What a step of a run asks for, that `entered` it at an ISO 8601 time, by a version of its journey.

    `choose`: which way a branch or a split goes. `until`: until when to wait. `do`: to have the step done; when that
    has to be `seen`, until the contact's profile has it. `end`: to end the run with an `outcome` (`step` is empty
    behind the last one).
    """

    action: Literal["choose", "until", "do", "end"]
    contact: str
    journey: str
    version: int
    run: str
    step: str
    entered: str
    seen: bool = False
    outcome: str = "completed"


class NotSeenError(Exception):
    """What was asked for is on its way to the contact's profile: ask again soon."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """One task of a state machine."""
    asked, t = Task.model_validate(event), now()
    kept = contact_runs.read(asked.contact, asked.journey, int(asked.run.rpartition("-")[2]))
    stored = contacts.read(asked.contact)
    if kept is None or not kept.run.goes_on or stored is None:
        return {"next": END, "until": iso(t)}  # an exit, and its machine is about to be stopped
    run, profile = kept.run, stored.profile
    shop = journeys.of(definitions.segments())
    path = shop.path(asked.journey, asked.version)
    match asked.action:
        case "choose":
            return {"next": chosen(shop, path, run, profile, asked, t)}
        case "until":
            entered = parse_instant(asked.entered)
            return {"until": iso(wakes_at(shop, path.journey, run, profile, entered, asked.step))}
        case "do":
            do(path, run, asked, t)
        case "end":
            settle(asked, "ended", asked.outcome, t)
    return {}


TRIES = 5
"""Of one choice, while others write of its contact."""


def chosen(shop: Journeys, path: Path, run: Run, profile: Profile, asked: Task, t: Instant) -> str:
    """Where the run goes, which is told, and kept where later shares would say another, before it goes there."""
    for tries in range(TRIES):
        try:
            to, why, part = _chosen(shop, path, run, profile, asked, t)
        except VersionConflictError:
            pause(tries)
        else:
            if part is not None:
                effects.carry_out(run, part, t)
            settle(asked, "passed", why, t)
            return to
    raise VersionConflictError(f"still conflicting after {TRIES} attempts")


def _chosen(
    shop: Journeys, path: Path, run: Run, profile: Profile, asked: Task, t: Instant
) -> tuple[str, str, TakePart | None]:
    step, shares_of = path.steps[asked.step], kept_arms.shares_of(run.contact)
    to, why = with_history(
        profile, shop.definitions.asked, lambda held: choose(shop, path.journey, run, held, t, step.id, shares_of)
    )
    part = taken_part(step, run, profile, 0, shares_of) if isinstance(step, Branch | Split) else None
    if part is not None:
        kept_arms.keep(run.contact, part)
    return to, why, part


def do(path: Path, run: Run, asked: Task, t: Instant) -> None:
    """NotSeenError: it is done, and not in the profile yet."""
    step = path.steps[asked.step]
    assert isinstance(step, Update | Notify | StartJourney)
    effects.carry_out(run, effect_of(step, 0, run), t)
    if not isinstance(step, Update):
        settle(asked, "passed", step.journey if isinstance(step, StartJourney) else None, t)
    elif asked.seen and not any(record.step == step.id and record.what == "passed" for record in run.records):
        raise NotSeenError(asked.step)  # whoever folds it tells the run


def settle(asked: Task, outcome: Literal["passed", "ended"], reason: str | None, t: Instant) -> None:
    put_events([tell(asked.contact, Settled(t, asked.run, asked.step, 0, outcome, reason), t)])
