"""Campaign: the steps of a campaign's execution (infra/statemachines/campaign.asl.json): freezes the audience, lets a
minute pass, and sends.

What a step does is read off the campaign as it stands in the table, not off the execution: so a step can be done again,
several executions can work on one campaign, and one that the campaign has gone on without ends at its next step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from functions.campaign import counting, freezing, sending, testing
from functions.campaign.going_on import Next, Work, wait
from shared.adapters import campaign_runs, campaigns
from shared.adapters.clock import now
from shared.adapters.definitions_table import PublishedMeanwhileError
from shared.domain.campaigns.states import GRACE, UNDER_WAY, Kept, State, after
from shared.domain.events import MINUTE, SECOND, Instant

ENOUGH = 45 * SECOND
"""Before the end of the function's time it begins nothing more: a shard of half a million contacts takes half of it."""


MAX_STEPS = 2_000
"""Of an execution, whose history has room for 25,000 entries; then another goes on."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Does the next step of the campaign; gives where the execution goes from there (`next`), when (`until`), and for
    whoever looks at it in the console, how the campaign stands."""
    left = getattr(context, "get_remaining_time_in_millis", lambda: 15 * MINUTE)

    def goes_on() -> bool:
        return bool(left() > ENOUGH)

    if "test" in event:
        return testing.step(testing.Test.model_validate(event), now())
    if "count" in event:
        return counting.step(counting.Count.model_validate(event), now(), goes_on)
    return step(Work.model_validate(event), now(), goes_on).told()


def step(work: Work, t: Instant, goes_on: Callable[[], bool]) -> Next:
    kept = campaigns.read(work.campaign)
    if kept is None or kept.run != work.run:
        return Next(work, "done")  # it was begun anew, or called off, since this execution was started
    try:
        if work.steps >= MAX_STEPS and kept.state in UNDER_WAY:
            return _hand_over(work, kept)
        match kept.state:
            case State.SCHEDULED if t < (kept.begins or t):
                return wait(work, kept.begins or t)
            case State.SCHEDULED | State.FREEZING if work.worker > 1:
                return wait(work, t + 10 * SECOND)
            case State.SCHEDULED:
                return freezing.begin(work, kept, t)
            case State.FREEZING:
                return freezing.freeze(work, kept, t, goes_on)
            case State.GRACE if t < kept.since + GRACE:
                return wait(work, kept.since + GRACE)
            case State.GRACE:
                campaigns.change(after(kept, "begin", t, kept.by, began=kept.began or t))
                return Next(work, "send")
            case State.SENDING:
                return sending.send(work, kept, goes_on)
            case _:
                return Next(work, "done")
    except PublishedMeanwhileError:
        return Next(work, "again")  # somebody has changed it just now: look what it is by now


def _hand_over(work: Work, kept: Kept) -> Next:
    """Has another execution go on, of a change of its own: where this dies over it, it does so again."""
    held = kept.changed(run=kept.number + 1)
    campaigns.change(held)
    campaign_runs.begin(held)
    return Next(work, "done")
