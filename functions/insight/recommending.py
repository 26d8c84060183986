"""What is recommended: which list is the better one in this shop, and the lists that emails look up
(`shared.domain.recommendations`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from functions.insight import affinity
from functions.insight.affinity import HORIZON, LATEST, LEAST_CHECKED
from functions.insight.baskets import EASE_PRODUCTS, MAX_PRODUCTS, Baskets, Goods, again, baskets, cosine, ease
from functions.insight.seam import Data, Found, Numbers, Real, Whole
from shared.domain.events import DAY, Instant, Json
from shared.domain.insight import Gate, Measures, Result, Validation, Verdict

NAME = "recommendations"
NAMED = 10
"""Products that each rule may name for an order."""
MAX_CHECKED = 3_000
"""Orders: the newest."""
MIXED = 0x9E3779B97F4A7C15
"""2^64 by the golden ratio, by which the product that is taken out of an order is drawn."""
METHODS: dict[str, Callable[[Baskets], Goods]] = {"cosine": cosine, "ease": ease}


def work_out(data: Data) -> Found:
    """The list `recommended`, and how it was checked."""
    of = baskets(data.lines, data.at)
    checked, method = check(of, data.at)
    goods = METHODS[method](of)
    by_product: dict[str, Json] = {}
    score = np.maximum(np.rint(1000 * goods.weight), 1).astype(np.int64)
    first, other = of.products[goods.first].tolist(), of.products[goods.other].tolist()
    for each, with_it, how_well in zip(first, other, score.tolist(), strict=True):
        by_product.setdefault(each, []).append([with_it, how_well])
    lately = popularity(of, data.at)
    most = max(float(lately.max(initial=0)), 1)
    consumables: dict[str, Json] = {
        str(of.products[each]): [days, round(1000 * float(lately[each]) / most)]
        for each, days in again(of, data.at).items()
    }
    found = {
        "by_category": affinity.popular(data.lines, data.at),
        "by_product": by_product,
        "again": consumables,
        "better": checked.verdict == "model",
    }
    gate = Gate(need=LEAST_CHECKED, have=checked.events, what="orders of several products in the last 90 days")
    result = Result(score=NAME, as_of=data.at, gates=(gate,), validation=checked).model_dump(mode="json")
    figures = {"method": method, "products": len(of.products), "with": len(by_product), "again": len(consumables)}
    return Found(results={NAME: {**result, **figures}}, lists={"recommended": found})


# ── which is better ──


class Orders(NamedTuple):
    """Orders of which one product is taken out, to be foreseen: the rest of each, and which it is."""

    rest: csr_matrix
    taken: Whole


def check(of: Baskets, t: Instant) -> tuple[Validation, str]:
    """Of the orders of the last 90 days with two products and more: in how many the one that is taken out is among the
    ten that go best with the rest, by what was bought before; beside the ten that most people bought in the 30 days
    before. And the better of METHODS."""
    cut = t - HORIZON
    before, after = of.of(of.time <= cut), of.of(of.time > cut)
    orders = taken_out(after)
    events = len(orders.taken)
    model, rule, method = 0.0, 0.0, "cosine"
    if events >= LEAST_CHECKED:
        rule = hit_rate(orders, popularity(before, cut))
        small = len(before.products) <= EASE_PRODUCTS
        rates = {
            name: hit_rate(orders, fitted(before).matrix(len(of.products)))
            for name, fitted in METHODS.items()
            if small or name != "ease"
        }
        method = max(rates, key=lambda name: rates[name])
        model = rates[method]
    verdict: Verdict = "too few data" if events < LEAST_CHECKED else "model" if model > rule else "simple rule"
    return Validation(
        score=NAME,
        cut=cut,
        horizon_days=HORIZON // DAY,
        customers=len(np.unique(after.contact)),
        events=events,
        verdict=verdict,
        sentence=_sentence(verdict, cut, t, events, model, rule),
        model=Measures(hits=round(model, 6)),
        rule=Measures(hits=round(rule, 6)),
    ), method


def _sentence(verdict: Verdict, cut: Instant, t: Instant, events: int, model: float, rule: float) -> str:
    begin, end = (datetime.fromtimestamp(each / 1000, UTC).date() for each in (cut, t))
    when = f"from {begin} to {end}"
    if verdict == "too few data":
        return (
            f"Too few data: {events} orders {when} have two products or more, of {LEAST_CHECKED} that it takes to say "
            "whether what goes with a customer's products is better than what is popular. Until then what is popular "
            "is recommended."
        )
    found = (
        f"Of {events:,} orders {when}, each without one of its products: that was among the ten that go best with the "
        f"rest {model:.1%} of the time, and among the ten most popular {rule:.1%}."
    )
    return found if verdict == "model" else f"{found} So what is popular is recommended."


def taken_out(of: Baskets) -> Orders:
    """The newest MAX_CHECKED orders with two products and more, each without one that is drawn, the same each time."""
    sizes = np.diff(of.bought.indptr)
    several = np.flatnonzero(sizes >= 2)
    newest = np.sort(several[np.lexsort((several, of.time[several]))][-MAX_CHECKED:])
    some = of.bought[newest]
    some.sort_indices()
    drawn = (np.arange(1, len(newest) + 1, dtype=np.uint64) * np.uint64(MIXED)) >> np.uint64(33)
    at = some.indptr[:-1] + (drawn % np.maximum(sizes[newest], 1).astype(np.uint64)).astype(np.int64)
    taken = some.indices[at].astype(np.int64)
    rest = some.copy()
    rest.data[at] = 0
    rest.eliminate_zeros()
    return Orders(rest, taken)


def popularity(of: Baskets, t: Instant) -> Real:
    """How many people bought each product within LATEST of `t`."""
    lately = of.of(of.time > t - LATEST)
    entries = lately.bought.tocoo()
    products = len(of.products)
    held = np.unique(lately.contact[entries.row] * products + entries.col)
    return np.bincount(held % products, minlength=products).astype(float) if products else np.empty(0)


def hit_rate(orders: Orders, by: csr_matrix | Real) -> float:
    """The share of orders of which the product that was taken out is among the NAMED first, of those that are not in
    the order: by the sum of what goes with each product of it, or by one weight for all."""
    rest = orders.rest
    goes = None if isinstance(by, np.ndarray) else (rest @ by).tocsr()
    usual = np.lexsort((np.arange(len(by)), -by))[: NAMED + MAX_PRODUCTS] if isinstance(by, np.ndarray) else None
    hits = 0
    for row, taken in enumerate(orders.taken.tolist()):
        own = rest.indices[rest.indptr[row] : rest.indptr[row + 1]]
        if goes is None:
            assert usual is not None
            named: Numbers = usual[~np.isin(usual, own)][:NAMED]
        else:
            begin, end = goes.indptr[row], goes.indptr[row + 1]
            named = first_of(goes.indices[begin:end], goes.data[begin:end], own)
        hits += taken in named
    return hits / max(len(orders.taken), 1)


def first_of(products: Numbers, weights: Real, own: Numbers, most: int = NAMED) -> Numbers:
    """Those of the greatest weight that are not their own; of equal ones the first by their number."""
    best = np.lexsort((products, -weights))[: most + len(own)]
    return products[best[~np.isin(products[best], own)]][:most]
