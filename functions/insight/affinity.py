"""Which categories somebody is most likely to buy from next, and what is popular.

The products that a contact bought, each counting half as much after HALF_LIFE, tell nearly all that a model would; a
category that they have bought nothing of is not foreseen. All decay alike, so nobody's order of categories changes
while they buy nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from functions.insight.rows import Rows
from functions.insight.seam import Data, Found, Lines, Named, Real, Scores, Whole
from shared.domain.events import DAY, Instant, Json
from shared.domain.insight import (
    Gate,
    Measures,
    Reason,
    Result,
    Validation,
    Verdict,
    first_closed,
    score_of,
    sentence_of,
)
from shared.domain.insight.catalogue import LISTED
from shared.domain.insight.gates import CUSTOMERS, HISTORY_DAYS
from shared.domain.properties import fold_case
from shared.domain.recommendations import HALF_LIFE, IN_WHOLE_SHOP, LATELY, LEAST, MAX_LISTED

LATEST = 30 * DAY
"""What is popular is what was bought within it; where that is too little, within LATELY."""
LEAST_CHECKED = 50
"""Customers, or orders, of which it has to be known what came of them, before either rule is believed."""
HORIZON = 90 * DAY
OLDEST = 20 * HALF_LIFE
SCORE = score_of("categories")
REASONS = 3


# ── what is popular ──


def popular(lines: Lines, t: Instant) -> dict[str, list[str]]:
    """By category (IN_WHOLE_SHOP: of all), the products that most people bought within LATEST, then LATELY; of what
    fewer than LEAST people bought, nothing."""
    products, product = lines.product.used()
    ranked: list[str] = []
    for since in (LATEST, LATELY):
        people = _people(lines.contact, product, (lines.time > t - since) & (lines.time <= t), len(products))
        order = np.lexsort((np.arange(len(products)), -people))
        ranked += [str(products[each]) for each in order if people[each] >= LEAST]
    category_of = np.zeros(len(products), np.int64)
    category_of[product] = lines.category.which  # the last row's
    category = dict(zip(products.tolist(), lines.category.names[category_of].tolist(), strict=True))
    found: dict[str, list[str]] = {}
    for each in dict.fromkeys(ranked):
        for name in dict.fromkeys((IN_WHOLE_SHOP, fold_case(category[each]))):
            of_it = found.setdefault(name, [])
            if len(of_it) < MAX_LISTED:
                of_it.append(each)
    return found


def _people(contact: Whole, what: NDArray[np.intp], kept: NDArray[np.bool_], many: int) -> Whole:
    """How many people there are of each thing."""
    if not kept.any():
        return np.zeros(many, np.int64)
    _, who = np.unique(contact[kept], return_inverse=True)
    return np.bincount(np.unique(who * many + what[kept]) % many, minlength=many)


# ── categories ──


@dataclass(frozen=True)
class Liked:
    """Of each `contact` (ascending) and `category` that they bought from, the decayed count of products (each once an
    order), and how many there were; a contact's strongest first."""

    contact: Whole
    category: Named
    weight: Real
    products: Whole


def liked(lines: Lines, t: Instant) -> Liked:
    """As of `t`: nothing later is read."""
    kept = np.flatnonzero((lines.time <= t) & lines.category.told)
    category = lines.category[kept]
    contact, age = lines.contact[kept], t - lines.time[kept]
    if not len(kept):
        return Liked(contact, category, np.empty(0), np.empty(0, np.int64))
    order = np.lexsort((age, category.which, contact))
    contact, which = contact[order], category.which[order]
    weights = 0.5 ** (np.minimum(age[order], OLDEST) / HALF_LIFE)
    begins = np.flatnonzero(np.r_[True, (contact[1:] != contact[:-1]) | (which[1:] != which[:-1])])
    sums = np.add.reduceat(weights, begins)
    products = np.diff(np.r_[begins, len(weights)])
    contact, which = contact[begins], which[begins]
    order = np.lexsort((which, -sums, contact))
    named = Named(category.names, which[order])
    return Liked(contact[order], named, sums[order], products[order].astype(np.int64))


def work_out(data: Data) -> Found:
    """The score `categories`."""
    now = liked(data.lines, data.at)
    people = len(np.unique(now.contact))
    first = int(data.lines.time.min()) if len(data.lines) else data.at
    gates = (
        Gate(need=CUSTOMERS, have=people, what="customers with an order of a known category"),
        Gate(need=HISTORY_DAYS, have=int((data.at - first) // DAY), what="days since the first order"),
    )
    if first_closed(gates) is not None:
        return Found(results={SCORE.id: Result(score=SCORE.id, as_of=data.at, gates=gates).model_dump(mode="json")})
    checked = check(data.lines, data.at)
    scores = [] if checked.verdict == "too few data" else [_scores(now, checked.verdict, _usual(data.lines, data.at))]
    contacts = sum(map(len, scores))
    result = Result(score=SCORE.id, as_of=data.at, gates=gates, validation=checked, contacts=contacts)
    return Found(scores, {SCORE.id: result.model_dump(mode="json")})


def check(lines: Lines, t: Instant) -> Validation:
    """Of who had bought something of a known category by 90 days ago and has since: how often the category that is
    named first was the one that they then bought most products of; beside the one that most people bought from in the
    90 days before."""
    cut = t - HORIZON
    before = liked(lines, cut)
    contacts, firsts = np.unique(before.contact, return_index=True)
    later, most = _bought_most(lines, (lines.time > cut) & (lines.time <= t))
    both, of_before, of_later = np.intersect1d(contacts, later, assume_unique=True, return_indices=True)
    many = len(lines.category.names)
    named = before.category.which[firsts[of_before]]
    model = int(np.isin(of_later * many + named, most).sum())
    usual = np.flatnonzero(np.isin(lines.category.names, _usual(lines, cut)[:1]))
    rule = sum(int(np.isin(of_later * many + each, most).sum()) for each in usual)
    verdict: Verdict = "too few data" if len(both) < LEAST_CHECKED else "model" if model > rule else "simple rule"
    measures = [Measures(hits=round(each / max(len(both), 1), 6)) for each in (model, rule)]
    days = HORIZON // DAY
    return Validation(
        score=SCORE.id,
        cut=cut,
        horizon_days=days,
        customers=len(contacts),
        events=len(both),
        verdict=verdict,
        sentence=sentence_of(SCORE, verdict, cut, days, measures[0], measures[1], len(both)),
        model=measures[0],
        rule=measures[1],
    )


def _bought_most(lines: Lines, kept: NDArray[np.bool_]) -> tuple[Whole, Whole]:
    """Who bought something of a known category, ascending; and of which they bought most products, the number of each
    of these times that of all categories, and the category (of equal ones, each)."""
    rows = np.flatnonzero(kept & lines.category.told)
    if not len(rows):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    many = len(lines.category.names)
    contacts, who = np.unique(lines.contact[rows], return_inverse=True)
    pairs, count = np.unique(who * many + lines.category.which[rows], return_counts=True)
    most = np.maximum.reduceat(count, np.searchsorted(pairs // many, np.arange(len(contacts))))
    return contacts, pairs[count == most[pairs // many]]


def _usual(lines: Lines, t: Instant) -> list[str]:
    """The categories that most people bought from within HORIZON of `t`: at most LISTED."""
    names, which = lines.category.used()
    kept = (lines.time > t - HORIZON) & (lines.time <= t) & lines.category.told
    people = _people(lines.contact, which, kept, len(names))
    order = np.lexsort((np.arange(len(names)), -people))
    return [str(names[each]) for each in order[:LISTED] if people[each] > 0]


def _scores(now: Liked, verdict: Verdict, usual: list[str]) -> Scores:
    begins = np.flatnonzero(np.r_[True, now.contact[1:] != now.contact[:-1]])
    ends = np.r_[begins[1:], len(now.contact)]
    contact = now.contact[begins]
    share = now.weight[begins] / np.add.reduceat(now.weight, begins)

    def few(at: int, most: int) -> range:
        return range(int(begins[at]), min(int(ends[at]), int(begins[at]) + most))

    def told(at: int) -> Json:
        return [str(names[which[each]]) for each in few(at, LISTED)]

    def reasons(at: int) -> Sequence[Mapping[str, Json]]:
        return [
            Reason(code="bought", value=int(products[each]), about=str(names[which[each]])).model_dump()
            for each in few(at, REASONS)
        ]

    names, which, products = now.category.names, now.category.which, now.products
    by_model, shop = verdict == "model", [Reason(code="shop", value=0).model_dump()]
    return Scores(
        score=SCORE.id,
        trait=SCORE.trait,
        contact=contact,
        told=Rows(len(contact), told if by_model else lambda _: usual),
        value=np.round(share, 6),
        band=np.full(len(contact), "", "U1"),
        rank=_out_of_100(share),
        place=np.zeros(len(contact)),  # told again when it names others, or in another order
        reasons=Rows(len(contact), reasons if by_model else lambda _: shop),
        basis="model" if by_model else "simple",
    )


def _out_of_100(values: Real) -> Whole:
    """So many percent have at most as much."""
    return np.maximum(np.searchsorted(np.sort(values), values, side="right") * 100 // max(len(values), 1), 1)
