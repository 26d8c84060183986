"""How a score is used: a segment of those it means, and a journey that begins with it and leaves every tenth alone, so
that what it brings can be seen. As data: whoever keeps them reads them as any other definition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from shared.domain.events import Json
from shared.domain.insight.catalogue import Score

LEFT_ALONE = 10
"""Percent of those who begin, by lot: the holdout."""
LOOKED_AT = "30d"
"""How long both go on, so that both are looked at for equally long: an order meanwhile is the goal of either."""


class _Use(NamedTuple):
    segment: str
    sentence: str
    template: str
    journey: str


_USES: Mapping[str, _Use] = {
    "order": _Use(
        "Likely to buy",
        "The fifth of customers who are most likely to order within the next 90 days.",
        "goes_well_with",
        "Shows what goes well with their last order to customers who are likely to buy.",
    ),
    "churn": _Use(
        "High risk of losing them",
        "Customers who will probably order nothing in the next 90 days.",
        "churn_advice",
        "Offers help to customers whom the shop will probably lose.",
    ),
    "value": _Use(
        "High value",
        "The fifth of customers with the highest predicted value.",
        "vip_thanks",
        "Thanks customers who have just become some of those with the highest predicted value.",
    ),
    "next_order": _Use(
        "Due to reorder",
        "People whose next order is predicted for the coming week or the last three days.",
        "time_to_reorder",
        "Reminds customers when their next order is to be expected.",
    ),
    "reorder": _Use(
        "Due to buy something again",
        "People who will want something that they buy again and again, in the coming week or since three days ago.",
        "time_to_reorder",
        "Reminds customers when something that they buy again and again is due.",
    ),
}
_TO_A_PERSON = _Use(
    "Unhappy",
    "People whose last words to the shop were negative.",
    "",
    "Tells the support when somebody says that they are unhappy.",
)
"""An email by itself is no answer to somebody who is unhappy; and nobody of them is left alone for a test."""


def is_usable(score: Score) -> bool:
    return score.id in _USES or score.id == "sentiment"


def segment_for(score: Score) -> str:
    """The id of the segment that it is used by: one that ships, where there is one for it."""
    return score.segments[0] if score.segments else f"insight_{score.id}"


def journey_for(score: Score) -> str:
    return f"use_{score.id}"


def segment_of(score: Score) -> dict[str, Json]:
    """The segment's definition. KeyError: the score is not for segments (`is_usable`)."""
    use = _use(score)
    return {
        "id": segment_for(score),
        "name": use.segment,
        "sentence": use.sentence,
        "group": "behavioural",
        "when": score.when,
    }


def journey_of(score: Score) -> dict[str, Json]:
    """The journey's definition: of those who enter the segment, a tenth by lot gets nothing. KeyError: as above."""
    use = _use(score)
    shipped = {each for each in (score.journey, *score.journeys) if each}
    entry: dict[str, Any] = {"again": "90d", "only_if": {"kind": "consent"}}
    if shipped:
        entry["not_during"] = sorted(shipped)  # two emails about one thing
    journey: dict[str, Json] = {
        "id": journey_for(score),
        "name": f"{use.segment}: try it out",
        "sentence": use.journey,
        "group": "lifecycle",
        "trigger": {"kind": "segment", "segment": segment_for(score)},
    }
    if not use.template:
        told = {"id": "tell_support", "kind": "notify", "subject": "Somebody is unhappy", "to": "support"}
        return {**journey, "entry": {"again": "30d"}, "steps": [told]}
    return {
        **journey,
        "entry": entry,
        "exits": [{"on": {"kind": "event", "events": ["Order Completed"]}, "goal": True}],
        "steps": [
            {
                "id": "holdout",
                "kind": "split",
                "ways": [
                    {"weight": LEFT_ALONE, "next": "left_alone"},
                    {"weight": 100 - LEFT_ALONE, "next": use.template},
                ],
            },
            {"id": use.template, "kind": "send"},
            {"id": "after_email", "kind": "wait", "for": LOOKED_AT},
            {"id": "emailed", "kind": "end", "outcome": "emailed"},
            {"id": "left_alone", "kind": "wait", "for": LOOKED_AT},
            {"id": "held_out", "kind": "end", "outcome": "held_out"},
        ],
    }


def cell_segment(recency: int, frequency: int) -> dict[str, Json]:
    """The customers of a cell of the RFM grid, as a segment that goes on with them: its fifths are those of tonight,
    whenever that is."""
    of = (("recency", recency), ("frequency", frequency))
    parts: list[Json] = [{"kind": "rfm", "score": name, "at_least": fifth, "at_most": fifth} for name, fifth in of]
    return {
        "id": f"rfm_r{recency}_f{frequency}",
        "name": f"Ordered {RECENCY[recency - 1]}, {FREQUENCY[frequency - 1]}",
        "sentence": f"Customers in fifth {recency} of 5 by how recently they have ordered, "
        f"and in fifth {frequency} of 5 by how often.",
        "group": "lifecycle",
        "when": {"kind": "all", "of": parts},
    }


RECENCY = ("longest ago", "long ago", "some time ago", "lately", "most lately")
FREQUENCY = ("the fewest times", "few times", "some times", "often", "the most often")
"""The fifths in words, the lowest first."""


def _use(score: Score) -> _Use:
    return _TO_A_PERSON if score.id == "sentiment" else _USES[score.id]
