"""What a night leaves for the admin, as values: a shop of 812 customers whose scores hold but for one, and one that is
too small."""

from __future__ import annotations

from typing import Any

from shared.domain.events import DAY, Instant
from shared.domain.insight import (
    CATALOGUE,
    Bin,
    Captured,
    Gate,
    Measures,
    Proposal,
    Proposals,
    Reason,
    Result,
    RfmCell,
    RfmGrid,
    Validation,
    Verdict,
    score_of,
    sentence_of,
)
from shared.domain.insight.proposals import Caution

CUSTOMERS = 812
GATES = (
    Gate(need=100, have=CUSTOMERS, what="customers with an order"),
    Gate(need=180, have=365, what="days since the first order"),
)
REASONS = (
    Reason(code="last_order", value=12, effect=23),
    Reason(code="orders", value=5, effect=11),
    Reason(code="own_gap", value=31, effect=-4),
    Reason(code="after_order", value=0.93),
)


def night(at: Instant, bands: dict[str, int] | None = None) -> dict[str, Any]:
    """Of a shop with enough: the model gives all but the next order, which the simple rule does."""
    told = {each.id: _result(each.id, at, bands) for each in CATALOGUE if each.id != "sentiment"}
    return {
        "at": at,
        **{id_: result.model_dump(mode="json") for id_, result in told.items()},
        "rfm": grid(at).model_dump(mode="json"),
        "proposals": proposals(at).model_dump(mode="json"),
    }


def small_night(at: Instant, customers: int = 63) -> dict[str, Any]:
    """Of a shop with too few customers: nobody has a score."""
    gate = Gate(need=100, have=customers, what="customers with an order")
    none = Proposals(as_of=at, cut=at - 90 * DAY, horizon_days=90, tried=0, why_none=f"Not enough: {gate.have} of 100.")
    return {
        "at": at,
        **{each.id: Result(score=each.id, as_of=at, gates=(gate,)).model_dump(mode="json") for each in CATALOGUE},
        "proposals": none.model_dump(mode="json"),
    }


def _result(id_: str, at: Instant, bands: dict[str, int] | None) -> Result:
    score = score_of(id_)
    three = bands or {"low": 402, "medium": 251, "high": 159}
    return Result(
        score=id_,
        as_of=at,
        gates=GATES,
        validation=_checked(id_, at),
        contacts=sum(three.values()) if score.bands is not None else 640,
        bands=three if score.bands is not None else {},
        since=at - 40 * DAY,
    )


def _checked(id_: str, at: Instant) -> Validation:
    score, cut = score_of(id_), at - 90 * DAY
    verdict: Verdict = "simple rule" if id_ == "next_order" else "model"
    model, rule = Measures(auc=0.801, brier=0.162, capture=0.31), Measures(auc=0.764, brier=0.181, capture=0.27)
    if score.unit in ("date", "dates"):
        model, rule = Measures(error=23.9), Measures(error=17.7)
    elif score.unit == "money":
        model, rule = Measures(error=84.2, capture=0.44), Measures(error=97.5, capture=0.41)
    elif score.unit in ("list", "hour"):
        model, rule = Measures(hits=0.52), Measures(hits=0.37)
    graded = score.unit in ("chance", "word", "money")
    scale = 300.0 if score.unit == "money" else 1.0
    return Validation(
        score=id_,
        cut=cut,
        horizon_days=90,
        customers=CUSTOMERS - 90,
        events=214,
        verdict=verdict,
        sentence=sentence_of(score, verdict, cut, 90, model, rule, 214),
        model=model,
        rule=rule,
        base_rate=0.296,
        base_brier=0.208,
        calibration=tuple(
            Bin(predicted=scale * (n / 10 + 0.05), observed=scale * seen, customers=140 - 14 * n)
            for n, seen in enumerate((0.04, 0.13, 0.24, 0.37, 0.43, 0.58, 0.62, 0.79, 0.83, 0.92))
        )
        if graded
        else (),
        gain=tuple(
            Captured(share=n / 10, model=1 - (1 - n / 10) ** 2.4, rule=1 - (1 - n / 10) ** 1.8) for n in range(1, 11)
        )
        if graded
        else (),
    )


def grid(at: Instant) -> RfmGrid:
    return RfmGrid(
        as_of=at,
        customers=CUSTOMERS,
        cells=tuple(
            RfmCell(recency=r, frequency=f, customers=n, monetary=(r + f) / 2, spent=round(n * 38.5 * f, 2))
            for r in range(1, 6)
            for f in range(1, 6)
            if f != 2 and (n := 55 - 9 * abs(r - f)) > 0
        ),
        recency_edges=(180, 95, 41, 14),
        frequency_edges=(1, 2, 3, 6),
        monetary_edges=(24.5, 60, 130, 310),
        monetary=(163, 162, 163, 162, 162),
    )


def proposals(at: Instant) -> Proposals:
    when = {
        "kind": "all",
        "of": [
            {"kind": "orders", "at_least": 2, "within": "180d"},
            {"kind": "last_order", "at_least": 30, "at_most": 60},
        ],
    }
    segment = {
        "id": "found_second_order_due",
        "name": "Two orders, a month ago",
        "sentence": "Customers with two orders or more in half a year, the last of them one to two months ago.",
        "group": "behavioural",
        "when": when,
    }
    told = (
        "Of 96 customers, 54 % ordered in the 90 days after it, against 24 % of all others; they spent 61.20 "
        "on average, the others 22.80."
    )
    return Proposals(
        as_of=at,
        cut=at - 90 * DAY,
        horizon_days=90,
        tried=42,
        proposals=(
            Proposal(
                segment=segment,
                customers=96,
                share=0.118,
                rate=0.54,
                rate_of_others=0.24,
                spent=61.2,
                spent_by_others=22.8,
                chance=0.0004,
                sentence=told,
            ),
        ),
        cautions=(
            Caution(
                kind="too alike",
                about=("customers", "repeat_customers"),
                sentence="“Customers” and “Repeat customers” have 94 % of the same people: one of the two is enough.",
            ),
        ),
    )
