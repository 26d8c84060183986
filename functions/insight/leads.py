"""What points of lead models have come to: of people who had not ordered, by the points they had, who ordered then.

See `shared.domain.insight.calibration` for what is looked at and why.
"""

from __future__ import annotations

import numpy as np

from functions.insight.seam import Data, Found, Orders, Points, Whole
from shared.domain.events import NEVER, Instant
from shared.domain.insight.calibration import WITHIN, calibrated


def work_out(data: Data) -> Found:
    found = {
        model: calibrated(model, points.since, data.at, seen(points, data.orders)).model_dump(mode="json")
        for model, points in data.points.items()
    }
    return Found(results={"lead_scores": found})


def seen(points: Points, orders: Orders) -> list[tuple[int, int, int]]:
    """By whole points, ascending: how many people had so many at one of the instants, not having ordered by then, and
    how many of them ordered within the 30 days after. Of whom events had given nothing, nothing is known."""
    first = _first_orders(points.contact, orders)
    had, then = [], []
    for number, cut in enumerate(points.cuts):
        looked_at = (points.parts[:, number] != 0) & (first > cut)
        had.append(points.parts[looked_at, number] // points.one)
        then.append(_within(first[looked_at], cut))
    whole, which = np.unique(np.concatenate(had), return_inverse=True)
    people = np.bincount(which, minlength=len(whole))
    ordered = np.bincount(which, weights=np.concatenate(then), minlength=len(whole))
    return [(int(each), int(some), int(of_them)) for each, some, of_them in zip(whole, people, ordered, strict=True)]


def _first_orders(contact: Whole, orders: Orders) -> Whole:
    """When each contact ordered first; NEVER."""
    several, at = np.unique(orders.contact, return_index=True)  # orders are sorted by contact, then time
    if not len(several):
        return np.full(len(contact), NEVER, np.int64)
    place = np.minimum(np.searchsorted(several, contact), len(several) - 1)
    return np.where(several[place] == contact, orders.time[at][place], NEVER)


def _within(first: Whole, cut: Instant) -> Whole:
    return (first <= cut + WITHIN).astype(np.int64)
