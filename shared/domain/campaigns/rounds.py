"""What comes of a campaign: its next round, and the one that follows it up. Each is a campaign of its own, with its own
audience, ledger and name, made as it is scheduled; so it can be looked at, paused or cancelled before it begins."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from shared.domain.campaigns.definition import Now
from shared.domain.campaigns.states import Kept, State
from shared.domain.campaigns.timing import begins_at, next_round
from shared.domain.events import Instant


def next_round_of(kept: Kept, t: Instant, shop: ZoneInfo) -> Kept | None:
    """The round after one that begins now, scheduled; None: there is none."""
    if kept.follows is not None:
        return None
    schedule = next_round(kept.campaign, t, kept.day_of_month, shop)
    if schedule is None:
        return None
    root, number = kept.parent or kept.id, kept.round + 1
    return _child(kept, t).model_copy(
        update={
            "id": f"{root}-{number}",
            "campaign": kept.campaign.model_copy(update={"schedule": schedule}),
            "begins": begins_at(schedule, t, shop),
            "parent": root,
            "round": number,
            "day_of_month": kept.day_of_month,
        }
    )


def follow_up_of(kept: Kept, t: Instant) -> Kept | None:
    """What follows up a campaign that has just been sent, scheduled; None: nothing does."""
    wanted = kept.campaign.follow_up
    if wanted is None or kept.follows is not None:
        return None
    # Those who got it, whichever segment they are in by now: they are chosen by what they did with it.
    campaign = kept.campaign.model_copy(
        update={
            "name": f"{kept.campaign.name}: once more"[:128],
            "template": wanted.template or kept.campaign.template,
            "subject": wanted.subject,
            "schedule": Now(),
            "repeat": None,
            "follow_up": None,
            "variants": (),
            "holdout": 0,
            "winner": None,
            "recheck": False,
        }
    )
    return _child(kept, t).model_copy(
        update={"id": f"{kept.id}-f", "campaign": campaign, "begins": t + wanted.after, "follows": kept.id}
    )


def _child(kept: Kept, t: Instant) -> Kept:
    return Kept(campaign=kept.campaign, id=kept.id, state=State.SCHEDULED, since=t, by=kept.by, run=1, parent=kept.id)
