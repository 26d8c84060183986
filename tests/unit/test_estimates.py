"""Estimates are right as often as they say, whatever the share and however many contacts there are."""

from __future__ import annotations

import hashlib
import random

import pytest

from shared.domain import estimates
from shared.domain.estimates import Drawn, Estimate

SHARDS = 10


def shop(seed: int, many: int) -> list[list[str]]:
    """The ids of a shop's contacts, by shard, in order."""
    shards: list[list[str]] = [[] for _ in range(SHARDS)]
    for number in range(many):
        digest = hashlib.sha256(f"{seed}/{number}".encode()).hexdigest()
        shards[int(digest[-4:], 16) % SHARDS].append(f"c{digest[:15]}")
    return [sorted(shard) for shard in shards]


def draw(shards: list[list[str]], most: int) -> tuple[list[str], list[Drawn]]:
    drawn = [Drawn(len(ids[:most]), ids[:most][-1] if ids else "", len(ids) <= most) for ids in shards]
    return [id_ for ids in shards for id_ in ids[:most]], drawn


def test_a_small_shop_is_counted() -> None:
    looked_at, drawn = draw(shop(1, 950), 200)
    assert estimates.contacts(drawn) == Estimate(950, 0)
    assert estimates.share(7, len(looked_at), Estimate(950, 0), whole=True) == Estimate(7, 0)
    assert estimates.contacts([Drawn(0, "", True)] * SHARDS) == Estimate(0, 0)
    assert estimates.share(0, 0, Estimate(0, 0), whole=True) == Estimate(0, 0)


@pytest.mark.parametrize("share", [0.5, 0.1, 0.01, 0.0])
def test_the_true_number_is_within_19_times_of_20(share: float) -> None:
    many, right, right_of_all = 6_000, 0, 0
    runs = 200
    for seed in range(runs):
        shards = shop(seed, many)
        drawn_by_lot = random.Random(seed)
        members = {id_ for ids in shards for id_ in ids if drawn_by_lot.random() < share}
        looked_at, drawn = draw(shards, 100)
        everybody = estimates.contacts(drawn)
        found = estimates.share(len(members.intersection(looked_at)), len(looked_at), everybody, whole=False)
        right += abs(found.number - len(members)) <= found.give_or_take
        right_of_all += abs(everybody.number - many) <= everybody.give_or_take
    assert right >= 0.91 * runs  # of 200 at 95 %, fewer than 182 happen once in 200 times, and the seeds are fixed
    assert right_of_all >= 0.91 * runs
