"""Samples: how much segments have in common, from the first so many members of each.

Members stand in the order of what is as good as drawn: the hash of a contact's id. So the first thousand who are in
either of two segments are a fair sample of all who are: a share of 90 % in them is right to one percent, give or take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

Place = tuple[int, str]
"""A contact's shard and id: the order in which members stand."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The first members of a segment, in their order; `whole` when that is all of them. `size`: how many it has."""

    members: tuple[Place, ...]
    whole: bool
    size: int


def overlaps(samples: Mapping[str, Sample]) -> dict[tuple[str, str], int]:
    """How many contacts are in both of two segments, for the pairs that have any in common.

    Exact where both samples are whole, else taken from what both samples reach.
    """
    sets = {name: frozenset(sample.members) for name, sample in samples.items()}
    found = {}
    for one, other in combinations(samples, 2):
        both = len(sets[one] & sets[other])
        if not both:
            continue
        reach = [samples[each].members[-1] for each in (one, other) if not samples[each].whole]
        if reach:
            end = min(reach)
            either = sum(1 for place in sets[one] | sets[other] if place <= end)
            share = both / either
            both = round(share / (1 + share) * (samples[one].size + samples[other].size))
        found[one, other] = both
    return found
