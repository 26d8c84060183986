"""Calibration: what points of a lead model have come to on the shop's own history.

Looked at are people who had not ordered yet, on several days a month apart: how many points events had given them by
then, and whether they ordered within the 30 days after. States are left out, since nobody has recorded how they were on
that day; nothing after the day is read but the orders. Bands of points are cut so that each has ten orders at least:
with fewer the share is anybody's guess. For each the interval is Wilson's score interval of 95 %: it keeps within 0 and
1, and holds for small shares (https://doi.org/10.1080/01621459.1927.10502953). Who did not order is counted again on
the next day, so that the intervals are somewhat too narrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import sqrt

from shared.domain.events import DAY, Instant
from shared.domain.insight.gates import Gate
from shared.domain.insight.values import Value

WITHIN = 30 * DAY
CUTS = 6
"""Days that are looked at: the newest is 30 days ago, each other 30 days before the next."""
NEEDED = 50
"""Orders, before any band is told: five bands of ten."""
IN_A_BAND = 10
MAX_BANDS = 5
Z = 1.959963984540054


class Share(Value):
    """Of `people` with `least` to `most` points (None: and more), how many `ordered`, and between which shares the
    truth lies (`low`, `high`)."""

    least: int
    most: int | None
    people: int
    ordered: int
    share: float
    low: float
    high: float


class Calibration(Value):
    """Of a lead model as it was by a publication. `gate`: how many orders there are of those that are needed; while it
    is closed there are no bands. `rises`: whether no band with more points has ordered less."""

    model: str
    publication: int
    as_of: Instant
    gate: Gate
    people: int
    bands: tuple[Share, ...] = ()
    rises: bool = False

    @property
    def sentence(self) -> str:
        if not self.gate.is_open:
            return f"{self.gate.sentence}. Until then points say who is ahead, and not how likely an order is."
        if self.rises:
            return "On this shop's own history, who had more points ordered more often."
        return "On this shop's own history, more points did not always mean more orders: look at the weights."


def cuts(at: Instant) -> list[Instant]:
    """The instants that are looked at, oldest first."""
    return [at - number * WITHIN for number in range(CUTS, 0, -1)]


def calibrated(model: str, publication: int, at: Instant, seen: Sequence[tuple[int, int, int]]) -> Calibration:
    """`seen`: by whole points, ascending, how many people had so many, and how many of them ordered."""
    people, ordered = sum(each[1] for each in seen), sum(each[2] for each in seen)
    gate = Gate(need=NEEDED, have=ordered, what="first orders within 30 days")
    if not gate.is_open:
        return Calibration(model=model, publication=publication, as_of=at, gate=gate, people=people)
    bands = _bands(seen, max(IN_A_BAND, -(-ordered // MAX_BANDS)))
    rises = all(one.share <= other.share for one, other in pairwise(bands))
    return Calibration(
        model=model, publication=publication, as_of=at, gate=gate, people=people, bands=tuple(bands), rises=rises
    )


def _bands(seen: Sequence[tuple[int, int, int]], orders: int) -> list[Share]:
    """From most points down, a band each time so many orders have come together; the last takes the rest."""
    groups: list[list[tuple[int, int, int]]] = [[]]
    for each in reversed(seen):
        if sum(other[2] for other in groups[-1]) >= orders:
            groups.append([])
        groups[-1].append(each)
    if len(groups) > 1 and sum(each[2] for each in groups[-1]) < IN_A_BAND:
        last = groups.pop()
        groups[-1] += last
    bands: list[Share] = []
    for group in reversed(groups):
        least = group[-1][0] if bands else min(group[-1][0], 0)
        bands.append(_share(least, None, sum(each[1] for each in group), sum(each[2] for each in group)))
    edges = [*(each.least - 1 for each in bands[1:]), None]
    return [each.model_copy(update={"most": most}) for each, most in zip(bands, edges, strict=True)]


def _share(least: int, most: int | None, people: int, ordered: int) -> Share:
    share = ordered / people
    middle = (share + Z * Z / (2 * people)) / (1 + Z * Z / people)
    half = Z / (1 + Z * Z / people) * sqrt(share * (1 - share) / people + Z * Z / (4 * people * people))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Share(
        least=least,
        most=most,
        people=people,
        ordered=ordered,
        share=round(share, 4),
        low=round(low, 4),
        high=round(high, 4),
    )
