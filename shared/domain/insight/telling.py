"""What is said of a score as it stands: to whom it was told and by what, or why nobody has it; and of one contact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from math import ceil
from typing import Literal, NamedTuple

from shared.domain.events import Json
from shared.domain.insight.catalogue import ORDER_DAYS, Score
from shared.domain.insight.gates import CUSTOMERS, Gate, first_closed
from shared.domain.insight.reasons import Reason, in_words
from shared.domain.insight.results import Measures, Result, Validation
from shared.domain.wording.texts import plural

State = Literal["model", "simple", "closed", "told"]

NOT_YET = "nothing has been worked out yet"
OF_CUSTOMERS = frozenset({"order", "churn", "value", "next_order", "reorder"})
"""Scores that only somebody with an order can have."""
AS_IT_COMES = frozenset({"sentiment"})
"""Told of whoever does something, at once: no night works it out, and nothing of it is foreseen."""
NOT_TOLD: Mapping[str, str] = {
    "next_order": "no next order is to be expected: too few orders for a rhythm, or twice that time has passed",
    "reorder": "there is nothing that they buy again and again",
    "categories": "they have bought nothing and looked at nothing whose category is known",
    "hour": "they have not clicked, visited or opened anything lately",
    "sentiment": "they have written nothing that can be read, or not last",
}
"""What a contact lacks who has not the score while others do."""


def state_of(score: Score, result: Result | None) -> State:
    """`told`: as it comes. `simple`: the model does not beat the simple rule here, so that gives the score. `closed`:
    nobody has it."""
    if score.id in AS_IT_COMES:
        return "told"
    if result is None or why_nobody(result) is not None:
        return "closed"
    checked = result.validation
    return "simple" if checked is not None and checked.verdict == "simple rule" else "model"


def why_nobody(result: Result | None) -> str | None:
    """Why nobody has the score; None: it is told."""
    if result is None:
        return NOT_YET
    closed = first_closed(result.gates)
    if closed is not None:
        return closed.sentence
    if result.validation is not None and result.validation.verdict == "too few data":
        return result.validation.sentence.removesuffix(".")
    return None


def standing(score: Score, result: Result | None) -> str:
    """`63 of 100 customers with an order; nobody has this score yet.`, or how many have it."""
    if score.id in AS_IT_COMES:
        return "Told at once of whoever writes a review, an answer, a reply or a ticket."
    why = why_nobody(result)
    if result is None or why is not None:
        text = (why or NOT_YET).removeprefix("not enough: ")
        said = f"{text[:1].upper()}{text[1:]}"
        return f"{said}." if "Nobody has" in said else f"{said}; nobody has this score yet."
    if not score.trait:
        return "Worked out for each email when it is made, for whom it goes to."
    if result.contacts == 0:
        return "Nobody has it at the moment."
    has = "person has" if result.contacts == 1 else "people have"
    return f"{result.contacts:,} {has} it."


def verdict(score: Score, result: Result | None) -> str | None:
    """How it did on this shop's own history, beside the simple rule; None where it was not checked."""
    if result is None or result.validation is None or why_nobody(result) is not None:
        return None
    return result.validation.sentence


RECOMMENDATIONS = Score(
    id="recommendations",
    name="Recommendations",
    sentence="Which products somebody will buy next: what they buy again, what goes with what they bought, and what is "
    "bought in their categories.",
    trait="",
    unit="list",
    horizon_days=ORDER_DAYS,
    rule="the shop's bestsellers",
)
"""Worked out for an email when it is made, and not told of anybody: checked as a score, but no trait."""


class Figure(NamedTuple):
    """One measure of how well it did: by the model, and by the simple rule."""

    name: str
    says: str
    model: float | None
    simple: float | None


_MEASURES: Mapping[str, tuple[str, str]] = {
    "auc": ("Right order (AUC)", "of one who did and one who did not, how often the right one came first; 0.5: by lot"),
    "brier": ("Error of the chance (Brier)", "the mean squared difference from what happened; 0: perfect"),
    "capture": ("Found in the first tenth", "the share of all that came which the best tenth brought"),
    "error": ("Off by", "the mean difference from what happened"),
    "hits": ("Right", "the share of people for whom something that was named came"),
}


def figures(checked: Validation | None) -> list[Figure]:
    """Those that there are."""
    if checked is None:
        return []
    found = [
        Figure(name, says, _measured(checked.model, each), _measured(checked.rule, each))
        for each, (name, says) in _MEASURES.items()
    ]
    return [each for each in found if each.model is not None or each.simple is not None]


def _measured(of: Measures, name: str) -> float | None:
    value: float | None = getattr(of, name)
    return value


def band_names(score: Score, result: Result | None) -> list[tuple[str, int]]:
    """The bands, the highest first, each with how many are in it."""
    names = score.bands.names if score.bands is not None else ()
    told = result.bands if result is not None else {}
    return [(each, told.get(each, 0)) for each in (*reversed(names), *sorted(set(told) - set(names)))]


def gate_of(result: Result | None) -> Gate:
    """The one that says why nobody has it, or the first; where nothing is known, none of the customers there have to
    be."""
    if result is None or not result.gates:
        return Gate(need=CUSTOMERS, have=0, what="customers with an order")
    return first_closed(result.gates) or result.gates[0]


# ── the grid ──


def recency_in_words(edges: Sequence[float]) -> list[str]:
    """Of each fifth by how recently they have ordered, the lowest first: `over 180 days ago`, …, `within 14 days`; ""
    of one that nobody is in. `edges`: as in RfmGrid."""
    if not edges:
        return []
    days = [ceil(each) for each in edges]
    between = ["" if most <= least else f"{least + 1:,} to {most:,} days ago" for most, least in pairwise(days)]
    return [f"over {plural(days[0], 'day')} ago", *between, f"within {plural(max(days[-1], 1), 'day')}"]


def frequency_in_words(edges: Sequence[float]) -> list[str]:
    """Of each fifth by how often: `1 order`, `2 to 5 orders`, …, `6 orders or more`."""
    if not edges:
        return []
    orders = [1, *(int(each) for each in edges)]
    between = [
        "" if more <= least else plural(least, "order") if more == least + 1 else f"{least:,} to {more - 1:,} orders"
        for least, more in pairwise(orders)
    ]
    return [*between, f"{plural(orders[-1], 'order')} or more"]


# ── of one contact ──


def overdue(value: Json, today: date) -> int | None:
    """By how many days the date in a score has passed; below zero, in how many it comes. None: it is no date."""
    try:
        return (today - date.fromisoformat(str(value)[:10])).days
    except ValueError:
        return None


def overdue_in_words(days: int) -> str:
    if days == 0:
        return "due today"
    return f"overdue by {plural(days, 'day')}" if days > 0 else f"in {plural(-days, 'day')}"


def reasons_in_words(score: Score, reasons: Iterable[Reason]) -> list[str]:
    return [in_words(each, score) for each in reasons]


OUTLOOK = frozenset({"after_order", "silence"})
"""Codes that say what would change it, and not why it is so."""


def facts(reasons: Iterable[Reason]) -> list[Reason]:
    return [each for each in reasons if each.code not in OUTLOOK]


def outlook(reasons: Iterable[Reason]) -> list[Reason]:
    return [each for each in reasons if each.code in OUTLOOK]


def note(score: Score, told: Sequence[Reason], by_rule: bool) -> str:
    """For *why*: what has moved the value, or that it is the simple rule's."""
    said = [text[:1].lower() + text[1:] for text in reasons_in_words(score, facts(told))]
    if by_rule:
        said.append(f"by the simple rule: {score.rule}")
    return "; ".join(said)
