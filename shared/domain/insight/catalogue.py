"""The catalogue of scores: what each means, in which trait it is, and the simple rule it has to beat."""

from __future__ import annotations

from typing import Literal

from shared.domain.events import Json
from shared.domain.insight.bands import Bands
from shared.domain.insight.values import Value

ORDER_DAYS = 90
VALUE_DAYS = 365
LISTED = 5
"""At most so many dates or categories are told of a contact."""

Unit = Literal["chance", "money", "date", "dates", "list", "hour", "word"]

_BY_CHANCE = (0.33, 0.66), (0.28, 0.61)
"""Klaviyo's thirds (Help Center 360020919731), and five points below each, where a band is left again."""


class Score(Value):
    """`sentence`: what it means, for a marketer. `horizon_days`: how far it looks ahead (0: it does not). `rule`: the
    simple rule that it must beat on this shop's own history, as it stands in "…, beside {rule}" ("": nothing is
    foreseen, so there is none). `bands`: none where a value is not on a scale. `when`: the condition of a segment that
    uses it, `journey`: the shipped journey that goes with it ("": none does). `segments`, `journeys`: the shipped ones
    that read it."""

    id: str
    name: str
    sentence: str
    trait: str
    unit: Unit
    horizon_days: int
    rule: str
    bands: Bands | None = None
    when: Json = None
    journey: str = ""
    segments: tuple[str, ...] = ()
    journeys: tuple[str, ...] = ()


CATALOGUE: tuple[Score, ...] = (
    Score(
        id="order",
        name="Chance of an order",
        sentence="How likely a customer is to order again within the next 90 days.",
        trait="propensity.order",
        unit="chance",
        horizon_days=ORDER_DAYS,
        rule="the time since the last order",
        bands=Bands(names=("low", "medium", "high"), enter=_BY_CHANCE[0], leave=_BY_CHANCE[1]),
        when={
            "kind": "all",
            "of": [
                {"kind": "rank", "by": {"kind": "trait", "trait": "propensity.order"}, "top": 20},
                {"kind": "trait", "trait": "propensity.order", "is": "exists", "fresh": "30d"},
            ],
        },
        segments=("likely_to_buy",),
    ),
    Score(
        id="churn",
        name="Risk of losing them",
        sentence="How likely a customer is to order nothing in the next 90 days: the chance of an order, from the "
        "other side.",
        trait="predicted_churn",
        unit="word",
        horizon_days=ORDER_DAYS,
        rule="the time since the last order",
        bands=Bands(names=("low", "medium", "high"), enter=_BY_CHANCE[0], leave=_BY_CHANCE[1]),
        when={"kind": "trait", "trait": "predicted_churn", "is": "equal", "value": "high", "fresh": "30d"},
        journey="churn_prevention",
        segments=("likely_to_churn",),
    ),
    Score(
        id="value",
        name="Predicted value",
        sentence="How much a customer is expected to spend in the next 12 months, refunds taken off.",
        trait="predicted_value",
        unit="money",
        horizon_days=VALUE_DAYS,
        rule="what they spent in the last 12 months",
        bands=Bands(names=("low", "medium", "high"), enter=(0.5, 0.8), leave=(0.46, 0.76), by="rank"),
        when={"kind": "rank", "by": {"kind": "trait", "trait": "predicted_value"}, "top": 20, "among": "customers"},
        journey="vip",
        segments=("high_value",),
    ),
    Score(
        id="next_order",
        name="Next order",
        sentence="The day on which a customer's next order is to be expected, by their own rhythm and that of those "
        "who buy alike.",
        trait="predicted_order",
        unit="date",
        horizon_days=ORDER_DAYS,
        rule="the usual time between two orders in the category",
        when={"kind": "date", "trait": "predicted_order", "from": "-7d", "to": "3d"},
        journey="replenishment",
        segments=("due_to_reorder",),
        journeys=("replenishment",),
    ),
    Score(
        id="reorder",
        name="Due to reorder",
        sentence="What a customer buys again and again, and the day on which each is to be expected next: at most "
        "five, the soonest first.",
        trait="predicted_reorder",
        unit="dates",
        horizon_days=ORDER_DAYS,
        rule="the usual time between two purchases of the product or category",
        when={"kind": "date", "trait": "predicted_reorder.date", "from": "-7d", "to": "3d"},
        journey="replenishment",
    ),
    Score(
        id="categories",
        name="Favorite categories",
        sentence="The categories a customer is most likely to buy from, the strongest first: at most five.",
        trait="predicted_categories",
        unit="list",
        horizon_days=ORDER_DAYS,
        rule="the shop's most popular categories",
    ),
    Score(
        id="hour",
        name="Best hour",
        sentence="The hour, where they are, at which an email is most likely to find a contact looking.",
        trait="best_hour",
        unit="hour",
        horizon_days=0,
        rule="the shop's best hour",
    ),
    Score(
        id="sentiment",
        name="Sentiment",
        sentence="Whether what a contact wrote last was positive, neutral or negative.",
        trait="sentiment",
        unit="word",
        horizon_days=0,
        rule="",
        when={"kind": "trait", "trait": "sentiment", "is": "equal", "value": "negative", "fresh": "30d"},
        segments=("unhappy",),
    ),
)

_BY_ID = {score.id: score for score in CATALOGUE}


def score_of(name: str) -> Score:
    """KeyError: there is no such score."""
    return _BY_ID[name]
