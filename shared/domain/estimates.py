"""How many a draft would bring in and take out: exactly, or from contacts that are as good as drawn by lot.

A contact's id is a hash, so the contacts with the smallest ids of each shard are such a part; and how dense the ids lie
there says how many contacts there are in all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

HASHES = 16**15
"""Contact ids are `c` and 15 hexadecimal digits."""
SURE = 1.96
"""Standard errors: 19 of 20 times the true number is within as many."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn of a shard: `contacts` ids from the smallest on, the last of them `last`; all of it if `whole`."""

    contacts: int
    last: str
    whole: bool

    @property
    def in_all(self) -> float:
        """How many the shard has, as far as one can tell."""
        if self.whole or self.contacts < 2:
            return self.contacts
        share = (int(self.last[1:16], 16) + 1) / HASHES
        return (self.contacts - 1) / share


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number, and by how much it may be off (0: it is exact): right 19 times of 20."""

    number: int
    give_or_take: int


def contacts(drawn: Sequence[Drawn]) -> Estimate:
    """How many contacts there are."""
    everybody = sum(each.in_all for each in drawn)
    # The relative error of a density that was read off k points is one by the root of k.
    variance = sum(each.in_all**2 / (each.contacts - 1) for each in drawn if not each.whole and each.contacts > 1)
    return Estimate(round(everybody), round(SURE * sqrt(variance)))


def share(found: int, looked_at: int, everybody: Estimate, whole: bool) -> Estimate:
    """How many of all contacts are like the `found` of those `looked_at`. Wilson's interval (1927), since it is right
    for few and for none, too; the doubt about how many there are in all is added to it."""
    if whole or looked_at == 0:
        return Estimate(found, 0)
    of_all, n, z = found / looked_at, looked_at, SURE
    half = z * sqrt(of_all * (1 - of_all) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    middle = (of_all + z * z / (2 * n)) / (1 + z * z / n)
    widest = max(middle + half - of_all, of_all - (middle - half))
    off = sqrt((widest * everybody.number) ** 2 + (of_all * everybody.give_or_take) ** 2)
    return Estimate(round(of_all * everybody.number), max(round(off), 1))
