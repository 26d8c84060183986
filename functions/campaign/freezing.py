"""Freezing: a campaign's audience is read once, a shard of contacts at a time, and kept."""

from __future__ import annotations

from collections.abc import Callable

from functions.campaign.going_on import Next, Work
from shared.adapters import audiences, campaign_runs, campaigns, template_definitions
from shared.adapters.contacts import SHARDS
from shared.adapters.definitions import shop_zone
from shared.domain.campaigns.definition import templates_of
from shared.domain.campaigns.ledger import Chunk, chunk_size, chunked
from shared.domain.campaigns.rounds import next_round_of
from shared.domain.campaigns.states import Kept, after
from shared.domain.campaigns.timing import due_of, first_day
from shared.domain.events import Instant


def begin(work: Work, kept: Kept, t: Instant) -> Next:
    """Begins to freeze; of a campaign that is repeated, the next round is scheduled first: so none is missed."""
    shop = shop_zone()
    held = kept.model_copy(update={"day_of_month": kept.day_of_month or first_day(kept.campaign.schedule, t, shop)})
    following = next_round_of(held, t, shop)
    if following is not None:
        campaign_runs.begin_child(following)
    versions = template_definitions.publication().templates
    pins = {template: versions.get(template, 0) for template in templates_of(held.campaign)}
    campaigns.change(after(held, "freeze", t, kept.by, began=t, day_of_month=held.day_of_month, pins=pins))
    return Next(work, "freeze")


def freeze(work: Work, kept: Kept, t: Instant, goes_on: Callable[[], bool]) -> Next:
    """Freezes shard after shard. An attempt has chunks of its own, which count once it is told that they do: whoever
    dies over one, or was overtaken, leaves chunks that nobody looks at."""
    while len(kept.frozen) < SHARDS:
        if not goes_on():
            return Next(work, "freeze")
        shard = len(kept.frozen)
        attempt = kept.changed()
        campaigns.change(attempt)
        found = audiences.of_shard(kept, shard)
        campaigns.freeze(kept.id, _chunks(kept, attempt.number, shard, found, t), t)
        kept = attempt.changed(frozen=(*kept.frozen, attempt.number), audience=kept.audience + len(found))
        campaigns.change(kept)
    campaigns.change(after(kept, "frozen", t, kept.by))
    return Next(work, "again", shows={"audience": kept.audience})


def _chunks(kept: Kept, attempt: int, shard: int, found: list[str], t: Instant) -> list[tuple[Chunk, tuple[str, ...]]]:
    spread = kept.campaign.spread
    parts = chunked(found, chunk_size(len(found) * SHARDS, spread))
    # The shards' parts lie between each other in time: the first of each, then the second of each, …
    return [
        (
            Chunk(
                number=campaigns.of_attempt(attempt, place),
                size=len(ids),
                due=due_of(place * SHARDS + shard, len(parts) * SHARDS, kept.began or t, spread),
            ),
            ids,
        )
        for place, ids in enumerate(parts)
    ]
