"""How a score was checked on this shop's own history, beside the simple rule, and what came out of a night."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

from shared.domain.events import DAY, Instant
from shared.domain.insight.catalogue import Score
from shared.domain.insight.gates import Gate
from shared.domain.insight.values import Value

Verdict = Literal["model", "simple rule", "too few data"]


class Measures(Value):
    """How well one of the two did. What does not fit the score is None.

    `auc`: of one who did and one who did not, how often the right one was first (0.5: by chance). `brier`: the mean
    squared difference between the chance and what happened (0: perfect). `capture`: the share of all orders (of all
    money, for a value) that the top tenth of customers gave. `error`: the mean absolute difference, in days, or in the
    shop's currency. `hits`: the share of people for whom one of the things that were named came.
    """

    auc: float | None = None
    brier: float | None = None
    capture: float | None = None
    error: float | None = None
    hits: float | None = None


class Bin(Value):
    """Customers of like prediction: what was `predicted` of them on average, and what was `observed`."""

    predicted: float
    observed: float
    customers: int


class Captured(Value):
    """Of the `share` of customers who come first, the share of all there was that they gave: by the model, and by the
    simple rule."""

    share: float
    model: float
    rule: float


class Validation(Value):
    """`cut`: all that was known was known until then, and what was foreseen is the `horizon_days` after it. `events`:
    how many of the `customers` did what was foreseen. `base_brier`: what the same chance for everybody gives; a score
    below it knows something. `calibration` is of the one that gives the score."""

    score: str
    cut: Instant
    horizon_days: int
    customers: int
    events: int
    verdict: Verdict
    sentence: str
    model: Measures = Measures()
    rule: Measures = Measures()
    base_rate: float | None = None
    base_brier: float | None = None
    calibration: tuple[Bin, ...] = ()
    gain: tuple[Captured, ...] = ()


class Result(Value):
    """Of one score and one night: who has it. `contacts`: how many have it; `bands`: how many are in each. `since`: the
    night from which on the shop has had it without a break (None: it has not). A closed gate, or the verdict `too few
    data`: nobody has it."""

    score: str
    as_of: Instant
    gates: tuple[Gate, ...] = ()
    validation: Validation | None = None
    contacts: int = 0
    bands: Mapping[str, int] = {}
    since: Instant | None = None

    @property
    def given(self) -> bool:
        checked = self.validation is not None and self.validation.verdict != "too few data"
        return checked and all(gate.is_open for gate in self.gates)


def sentence_of(
    score: Score, verdict: Verdict, cut: Instant, horizon_days: int, model: Measures, rule: Measures, events: int
) -> str:
    """The verdict in a sentence or two, with the figures it goes by."""
    when = f"the {horizon_days} days from {_day(cut)} to {_day(cut + horizon_days * DAY)}"
    if verdict == "too few data":
        return (
            f"Too few data: in {when}, what had to be foreseen happened to {events:,} customers. Nobody has this score."
        )
    found = _compared(score, model, rule)
    if verdict == "model":
        return f"In {when}, {found}."
    return f"In {when}, {found}. So the simple rule gives this score, set to what was observed."


def _day(t: Instant) -> str:
    return datetime.fromtimestamp(t / 1000, UTC).date().isoformat()


def _compared(score: Score, model: Measures, rule: Measures) -> str:
    if score.unit == "money" and model.capture is not None and rule.capture is not None:
        return (
            f"the tenth of customers who come first by the model gave {100 * model.capture:.1f} % of all the money, "
            f"and those who come first by {score.rule} {100 * rule.capture:.1f} %"
        )
    if model.error is not None and rule.error is not None:
        return f"the model was {model.error:.1f} days off on average, and {score.rule} {rule.error:.1f}"
    if model.auc is not None and rule.auc is not None:
        return (
            f"of one customer who ordered and one who did not, the model put the right one first {_of_100(model.auc)}, "
            f"and {score.rule} {_of_100(rule.auc)}"
        )
    if model.hits is not None and rule.hits is not None:
        return (
            f"the model was right about {100 * model.hits:.1f} % of customers, and {score.rule} about "
            f"{100 * rule.hits:.1f} %"
        )
    return "there was nothing to compare"


def _of_100(share: float) -> str:
    return f"{100 * share:.1f} times of 100"
