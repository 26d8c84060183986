"""The numeric scores of customers: the chance of an order, the risk of losing them, their value, the date of the next
order and of what they buy again, and the RFM grid.

Each model is checked on the shop's own last months, beside the simple rule it must beat: it is given what was known at
a cut and asked what came after. Where it does not beat the rule, the rule gives the score, set to what was observed.
The check is made anew on the first of each month, so that a score does not change its maker from night to night.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from functions.insight import purchases, rfm, spending, validating
from functions.insight.frames import LEAST_CUSTOMERS, LIKELY_IN, LIKELY_OUT, Frame, Level, Shop
from functions.insight.histories import YEAR, Histories, Paid, paid
from functions.insight.rows import Rows
from functions.insight.seam import Data, Found, Numbers, Real, Scores, Told, Whole
from functions.insight.validating import Flags
from shared.domain.events import Json
from shared.domain.insight import Bands, Gate, Measures, Result, Score, Validation, Verdict, score_of, sentence_of
from shared.domain.insight.catalogue import LISTED, ORDER_DAYS, VALUE_DAYS
from shared.domain.insight.gates import CUSTOMERS, HISTORY_DAYS

LEAST_EVENTS = 10
"""Of those to whom it happened, and of those to whom it did not: fewer are too few to check a chance by."""
LEAST_AGAIN = 20
"""People who ordered again, or things that were bought again: what is foreseen from rhythms needs some."""
MOST_OFF = 2.0
"""What the simple rule for a value was off is trusted up to twice or half."""
CHANGING = 0.01
"""The share of all who have a score, who change its band in a night without having ordered. A month that begins with
another maker of the score, or a season that ends, would change a fifth of them at once, and start as many journeys."""
AHEAD = 400
"""Days within which silence is looked for that changes a band."""
EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Fact:
    """Of each customer: a reason's value and by how much it moves the score (nan: it is none of theirs)."""

    code: str
    value: Real | Numbers
    effect: Real | None = None
    about: Callable[[int], str] | None = None


Reasons = Rows[Sequence[Mapping[str, Json]]]


def _reasons(facts: Sequence[Fact], outlook: Sequence[Fact] = ()) -> Reasons:
    """The three facts that move it most, the first of equal ones first; and after them what would change it."""
    none = np.zeros(len(facts[0].value))
    effects = np.stack([none if fact.effect is None else fact.effect for fact in facts])
    order = np.argsort(-np.abs(np.nan_to_num(effects)), axis=0, kind="stable").astype(np.int8)
    # Kept until all is told, so no more of it than it takes.
    values = [np.asarray(fact.value, np.float64) for fact in (*facts, *outlook)]
    named = [(fact.code, fact.about) for fact in (*facts, *outlook)]
    later = range(len(facts), len(named))

    def one(n: int, at: int, effect: float) -> Mapping[str, Json]:
        code, about = named[n]
        return {
            "code": code,
            "value": round(float(values[n][at]), 4),
            "effect": round(effect, 2),
            "about": "" if about is None else about(at),
        }

    def of(at: int) -> Sequence[Mapping[str, Json]]:
        told = [n for n in order[:, at].tolist() if values[n][at] == values[n][at]][:3]
        return [
            *(one(n, at, float(effects[n, at])) for n in told),
            *(one(n, at, 0.0) for n in later if values[n][at] == values[n][at]),
        ]

    return Rows(len(none), of)


def _before(bands: Bands, told: Told | None, contact: Whole) -> Whole:
    """The number of the band that each was told to be in last (-1: none)."""
    found = np.full(len(contact), -1, np.int64)
    if told is not None and len(told.contact):
        at = np.minimum(np.searchsorted(told.contact, contact), len(told.contact) - 1)
        same = told.contact[at] == contact
        for number, name in enumerate(bands.names):
            found[same & (told.band[at] == name)] = number
    return found


def _told(told: Told | None, contact: Whole) -> Flags:
    return np.isin(contact, told.contact) if told is not None else np.zeros(len(contact), bool)


def _banded(score: Score, value: Real, data: Data, h: Histories) -> Whole:
    """Whoever has ordered since the night before changes their band at once; of all others, CHANGING a night."""
    assert score.bands is not None
    bands = score.bands
    before = _before(bands, data.told.get(score.id), h.contact)
    band = validating.banded(bands.names, bands.enter, bands.leave, value, before)
    silent = (before >= 0) & (band != before) & (h.last <= data.before)
    return validating.eased(bands.enter, bands.leave, value, before, band, silent, int(CHANGING * len(h)))


# ── the scores of a night ──

Made = tuple[Scores | None, Validation]


def work_out(data: Data) -> Found:
    """Scores `order`, `churn`, `value`, `next_order`, `reorder` and, for the lake only, `rfm`; the results of each."""
    shop = Shop(data)
    now = shop.frame(shop.data.at)
    level = shop.level(shop.data.at)
    gates = (
        Gate(need=CUSTOMERS, have=len(now.h), what="customers with an order"),
        Gate(need=HISTORY_DAYS, have=shop.history, what="days of orders"),
    )
    is_open = all(gate.is_open for gate in gates)
    found = [_rfm(now)] if len(now.h) else []
    results: dict[str, Json] = {"rfm": rfm.grid(now.h, data.at).model_dump(mode="json")}
    for name, of in MAKERS.items():
        asked = (*gates, *_gates(name, now)) if is_open else gates
        scores, validation = None, None
        if all(gate.is_open for gate in asked):
            scores, validation = of(shop, score_of(name), now, level)
        if scores is not None:
            found.append(scores)
        results[name] = Result(
            score=name,
            as_of=data.at,
            gates=asked,
            validation=validation,
            contacts=0 if scores is None else len(scores),
            bands={} if scores is None else _counted(scores),
        ).model_dump(mode="json")
    shop.forget()
    return Found(scores=found, results=results)


def _counted(scores: Scores) -> dict[str, int]:
    names, count = np.unique(scores.band, return_counts=True)
    return {str(band): int(number) for band, number in zip(names, count, strict=True) if band}


def _gates(name: str, now: Frame) -> tuple[Gate, ...]:
    """What the score needs beside customers and history."""
    if name in ("value", "next_order"):
        again = int((now.h.repeats > 0).sum())
        return (Gate(need=LEAST_AGAIN, have=again, what="customers who have ordered again"),)
    if name == "reorder":
        again = int((now.things.gaps > 0).sum())
        return (Gate(need=LEAST_AGAIN, have=again, what="products or categories that somebody has bought again"),)
    return ()


# ── the chance of an order, and the risk of losing them ──


def _checked_chance(shop: Shop, score: Score) -> Validation:
    cut = shop.checked_at(ORDER_DAYS)
    then = shop.frame(cut)
    level = shop.level(cut)
    ordered = then.done.ordered
    number, events = len(then.h), int(ordered.sum())
    if number < LEAST_CUSTOMERS or min(events, number - events) < LEAST_EVENTS:
        return _too_few(score, cut, ORDER_DAYS, number, events)
    by_model = validating.at_level(then.chance, level.added)
    silent = then.h.silent.astype(float)
    by_rule = level.by_rule(silent) if level.curves else None
    flags = ordered.astype(float)
    model = Measures(
        auc=validating.auc(by_model, ordered),
        brier=validating.brier(by_model, ordered),
        capture=validating.captured(by_model, flags, 0.1)[0],
    )
    rule = Measures(
        auc=validating.auc(-silent, ordered),
        brier=None if by_rule is None else validating.brier(by_rule, ordered),
        capture=validating.captured(-silent, flags, 0.1)[0],
    )
    better = (model.auc or 0) > (rule.auc or 0)
    shown = by_model if better or by_rule is None else by_rule
    rate = events / number
    if score.id == "churn":
        shown, flags = 1 - shown, 1 - flags
    return _validation(
        score,
        "model" if better else "simple rule",
        cut,
        ORDER_DAYS,
        (number, events),
        model,
        rule,
        base_rate=round(rate, 6),
        base_brier=round(rate * (1 - rate), 6),
        calibration=validating.calibration(shown, flags),
        gain=validating.gain(by_model, -silent, ordered.astype(float)),
    )


def _order(shop: Shop, score: Score, now: Frame, level: Level) -> Made:
    """The chance of an order within 90 days (`order`), or that there is none (`churn`)."""
    checked = _checked_chance(shop, score)
    if checked.verdict == "too few data":
        return None, checked
    h = now.h
    typical = [np.full(len(h), round(float(np.median(each))), np.int64) for each in (h.repeats, h.silent, h.age)]
    if checked.verdict == "model":

        def chance(x: Whole, silent: Whole, age: Whole) -> Real:
            recency = np.where(x > 0, np.maximum(age - silent, 0), 0)
            return validating.at_level(now.chance_of(x, recency, age), level.added)

    else:
        if not level.curves:
            then = shop.frame(checked.cut)
            curve = validating.rising(-then.h.silent.astype(float), then.done.ordered.astype(float))
            level = Level(curves=((1.0, curve),))

        def chance(x: Whole, silent: Whole, age: Whole) -> Real:
            return level.by_rule(silent)

    p = chance(h.repeats, h.silent, h.age)
    once = h.repeats == 0  # their first order is their last
    facts = [
        Fact("last_order", h.silent, p - chance(h.repeats, typical[1], np.where(once, typical[1], h.age))),
        Fact("orders", h.orders, p - chance(typical[0], h.silent, h.age)),
        Fact("first_order", h.age, p - chance(h.repeats, h.silent, np.maximum(typical[2], h.silent))),
    ]
    if checked.verdict == "simple rule":
        facts = facts[:1]
    else:
        facts[2] = Fact("first_order", np.where(once, np.nan, h.age), facts[2].effect)
    churn = score.id == "churn"
    sign = -100 if churn else 100
    value = 1 - p if churn else p
    band = _banded(score, value, shop.data, h)
    assert score.bands is not None
    names = np.array(score.bands.names)
    after = chance(h.repeats + 1, np.zeros(len(h), np.int64), h.age)
    outlook = [
        Fact("after_order", np.where(h.silent > 0, 1 - after if churn else after, np.nan)),
        _silence(score, band, lambda days: chance(h.repeats, h.silent + days, h.age + days)),
    ]
    places = names[band]
    return Scores(
        score=score.id,
        trait=score.trait,
        contact=h.contact,
        told=Rows(len(h), lambda at: str(places[at])) if churn else Rows(len(h), lambda at: round(float(p[at]), 3)),
        value=value,
        band=places,
        rank=validating.out_of_100(value),
        place=100 * value,
        reasons=_reasons(
            [Fact(fact.code, fact.value, None if fact.effect is None else sign * fact.effect) for fact in facts],
            outlook,
        ),
        basis="model" if checked.verdict == "model" else "simple",
    ), checked


def _silence(score: Score, band: Whole, chance: Callable[[Whole], Real]) -> Fact:
    """In how many days without an order another band begins, and which. A chance falls with silence, a risk grows."""
    assert score.bands is not None
    names = score.bands.names
    if score.id == "churn":
        edges = np.array([*score.bands.enter, 2.0])[band]
        another = np.minimum(band + 1, len(names) - 1)

        def crossed(days: Whole) -> Flags:
            return np.asarray(1 - chance(days) >= edges)

    else:
        edges = np.array([-1.0, *score.bands.leave])[band]
        another = np.maximum(band - 1, 0)

        def crossed(days: Whole) -> Flags:
            return np.asarray(chance(days) < edges)

    low, high = np.zeros(len(band), np.int64), np.full(len(band), AHEAD, np.int64)
    ever = crossed(high)
    while (high - low > 1).any():
        middle = (low + high) // 2
        over = crossed(middle)
        low, high = np.where(over, low, middle), np.where(over, middle, high)
    return Fact("silence", np.where(ever, high, np.nan), about=lambda at: names[int(another[at])])


# ── value ──


def _horizon(shop: Shop) -> int:
    """How far ahead a value can be checked: so far that half as long is left to learn from, and enough customers."""
    for days in (VALUE_DAYS, 180):
        if 2 * shop.history >= 3 * days and len(shop.frame(shop.checked_at(days)).h) >= LEAST_CUSTOMERS:
            return days
    return ORDER_DAYS


@dataclass(frozen=True)
class Worth:
    """Orders to come, what each is worth, and both multiplied; and what was `paid` until then."""

    orders: Real
    each: Real
    paid: Paid

    @property
    def all(self) -> Real:
        return self.orders * self.each


def _worth(frame: Frame, days: int) -> Worth:
    h, until = frame.h, paid(frame.orders)
    model = spending.fitted(until.days, until.mean)
    return Worth(
        purchases.expected(frame.model, h.repeats, h.recency, h.age, days),
        spending.expected(model, until.days, until.mean),
        until,
    )


def _value(shop: Shop, score: Score, now: Frame, level: Level) -> Made:
    days = _horizon(shop)
    cut = shop.checked_at(days)
    then = shop.frame(cut)
    came = then.done_in(days)
    number, events = len(then.h), int((came.spent > 0).sum())
    if number < LEAST_CUSTOMERS or events < LEAST_EVENTS:
        return None, _too_few(score, cut, days, number, events)
    by_model, by_rule = _worth(then, days).all, then.h.last_year * days / YEAR
    model, rule = (
        Measures(
            capture=validating.captured(each, came.spent, 0.1)[0],
            error=validating.error(each, came.spent),
        )
        for each in (by_model, by_rule)
    )
    better = (model.capture or 0) > (rule.capture or 0)
    observed = float(np.sort(came.spent).sum())
    shown = by_model if better else by_rule
    checked = _validation(
        score,
        "model" if better else "simple rule",
        cut,
        days,
        (number, events),
        model,
        rule,
        calibration=validating.calibration(shown, came.spent),
        gain=validating.gain(by_model, by_rule, came.spent),
    )
    # A year holds every season; what was off over less may be the season.
    power, off = 1.0, observed / max(float(np.sort(shown).sum()), 1e-9)
    if better:
        power, off = validating.powered(by_model, came.spent) if days == VALUE_DAYS else (1.0, 1.0)
    h = now.h
    if better:
        worth = _worth(now, VALUE_DAYS)

        def told(orders: Real, each: Real) -> Real:
            return np.asarray(off * np.maximum(orders * each, 0.0) ** power)

        value = told(worth.orders, worth.each)
        silent = np.minimum(round(float(np.median(h.silent))), h.age)
        still = purchases.alive(now.model, h.repeats, np.where(h.repeats > 0, h.age - silent, 0), h.age)
        is_ = purchases.alive(now.model, h.repeats, h.recency, h.age)
        typical = np.full(len(h), np.median(worth.orders)), np.full(len(h), np.median(worth.each))
        facts = [
            Fact("expected_orders", worth.orders, value - told(typical[0], worth.each)),
            Fact(
                "average_order",
                np.where(worth.paid.days > 0, worth.paid.mean, np.nan),
                value - told(worth.orders, typical[1]),
            ),
            Fact("last_order", h.silent, value - told(worth.orders * still / np.maximum(is_, 1e-12), worth.each)),
        ]
    else:
        value = h.last_year * float(np.clip(off, 1 / MOST_OFF, MOST_OFF))
        facts = [Fact("spent_last_year", h.last_year, value - float(np.median(value)))]
    rank = validating.ranks(value, "max") / len(h)
    band = _banded(score, rank, shop.data, h)
    assert score.bands is not None
    return Scores(
        score=score.id,
        trait=score.trait,
        contact=h.contact,
        told=Rows(len(h), lambda at: round(float(value[at]), 2)),
        value=np.asarray(value, np.float64),
        band=np.array(score.bands.names)[band],
        rank=validating.out_of_100(value),
        place=100 * rank,
        reasons=_reasons(facts),
        basis="model" if better else "simple",
    ), checked


# ── dates ──


def _iso(day: int) -> str:
    return date.fromordinal(EPOCH + day).isoformat()


def _next_order(shop: Shop, score: Score, now: Frame, level: Level) -> Made:
    cut = shop.checked_at(ORDER_DAYS)
    then, was = shop.frame(cut), shop.level(cut)
    days = then.days * was.stretch
    asked = then.expected_orders(then.chance >= LIKELY_IN)
    came = asked & then.done.ordered
    number, events = int(asked.sum()), int(came.sum())
    if len(then.h) < LEAST_CUSTOMERS or events < LEAST_AGAIN:
        return None, _too_few(score, cut, ORDER_DAYS, number, events)
    took = (then.h.silent + then.done.first)[came].astype(float)
    by_model, by_rule = days[came], then.rhythm.usual[came] * was.stretch_usual
    checked = _dated(score, cut, (number, events), by_model, by_rule, took)
    better = checked.verdict == "model"
    h, rhythm = now.h, now.rhythm
    days = now.days * level.stretch if better else rhythm.usual * level.stretch_usual
    likely = now.chance >= np.where(_told(shop.data.told.get(score.id), h.contact), LIKELY_OUT, LIKELY_IN)
    have = np.flatnonzero(now.expected_orders(likely))
    due = rhythm.last[have] + np.rint(days[have]).astype(np.int64)
    categories, of = shop.bought.categories, now.category[have]
    own = np.where((rhythm.gaps[have] > 0) & better, rhythm.own[have], np.nan)
    return Scores(
        score=score.id,
        trait=score.trait,
        contact=h.contact[have],
        told=Rows(len(have), lambda at: _iso(int(due[at]))),
        value=due.astype(np.float64) - now.today,
        band=np.full(len(have), "", "U1"),
        rank=validating.out_of_100(now.today - due.astype(float)),
        place=due.astype(float),
        reasons=_reasons(
            [
                Fact("own_gap", own),
                Fact(
                    "typical_gap",
                    rhythm.usual[have],
                    about=lambda at: str(categories[of[at]]) if of[at] >= 0 else "",
                ),
                Fact("last_order", h.silent[have]),
            ]
        ),
        basis="model" if better else "simple",
    ), checked


def _reorder(shop: Shop, score: Score, now: Frame, level: Level) -> Made:
    cut = shop.checked_at(ORDER_DAYS)
    then, was = shop.frame(cut), shop.level(cut)
    days = then.days_of_things * was.things
    asked = then.expected_things(then.chance >= LIKELY_IN)
    came = asked & (then.bought_after <= ORDER_DAYS)
    number = len(np.unique(shop.bought.whose[then.things.key[asked]]))
    if len(then.h) < LEAST_CUSTOMERS or int(came.sum()) < LEAST_AGAIN:
        return None, _too_few(score, cut, ORDER_DAYS, number, int(came.sum()))
    took = (then.today - then.things.last + then.bought_after)[came].astype(float)
    checked = _dated(
        score, cut, (number, int(came.sum())), days[came], then.things.usual[came] * was.things_usual, took
    )
    better = checked.verdict == "model"
    things, bought = now.things, shop.bought
    days = now.days_of_things * level.things if better else things.usual * level.things_usual
    likely = now.chance >= np.where(_told(shop.data.told.get(score.id), now.h.contact), LIKELY_OUT, LIKELY_IN)
    rows = np.flatnonzero(now.expected_things(likely))
    # A category says nothing more where one of its products is told.
    product, category, whose = (each[things.key[rows]] for each in (bought.product, bought.category, bought.whose))
    here = np.searchsorted(now.h.contact, whose) * (len(bought.categories) + 1) + category + 1
    rows = rows[(product >= 0) | ~np.isin(here, here[product >= 0])]
    if not len(rows):
        return None, checked
    due = things.last[rows] + np.rint(days[rows]).astype(np.int64)
    whose, key = bought.whose[things.key[rows]], things.key[rows]
    by = np.lexsort((key, due, whose))
    rows, due, whose, key = rows[by], due[by], whose[by], key[by]
    contact, begins = np.unique(whose, return_index=True)
    ends = np.minimum(np.append(begins[1:], len(whose)), begins + LISTED)

    products, categories = bought.products, bought.categories
    product, category = bought.product[key], bought.category[key]

    def name(at: int) -> tuple[str, str]:
        if product[at] >= 0:
            return "product", str(products[product[at]])
        return "category", str(categories[category[at]])

    def told(at: int) -> Json:
        return [dict([name(n)], date=_iso(int(due[n]))) for n in range(begins[at], ends[at])]

    first = begins
    soonest = due[first].astype(float)
    return Scores(
        score=score.id,
        trait=score.trait,
        contact=contact,
        told=Rows(len(contact), told),
        value=soonest - now.today,
        band=np.full(len(contact), "", "U1"),
        rank=validating.out_of_100(now.today - soonest),
        place=soonest,
        reasons=_reasons(
            [
                Fact("product_gap", np.rint(days[rows][first]), about=lambda at: name(int(first[at]))[1]),
                Fact("bought", things.gaps[rows][first] + 1, about=lambda at: name(int(first[at]))[1]),
                Fact("last_order", now.h.silent[np.searchsorted(now.h.contact, contact)]),
            ]
        ),
        basis="model" if better else "simple",
    ), checked


# ── how each was checked ──


def _too_few(score: Score, cut: int, days: int, customers: int, events: int) -> Validation:
    none = Measures()
    return _validation(score, "too few data", cut, days, (customers, events), none, none)


def _dated(score: Score, cut: int, of: tuple[int, int], model: Real, rule: Real, took: Real) -> Validation:
    """Of days that were foreseen, and how many it took."""
    off = [validating.error(each, took) for each in (model, rule)]
    better = (off[0] or 0) < (off[1] or 0)
    return _validation(
        score,
        "model" if better else "simple rule",
        cut,
        ORDER_DAYS,
        of,
        Measures(error=off[0]),
        Measures(error=off[1]),
        calibration=validating.calibration(model if better else rule, took),
    )


def _validation(
    score: Score,
    verdict: Verdict,
    cut: int,
    days: int,
    of: tuple[int, int],
    model: Measures,
    rule: Measures,
    **more: object,
) -> Validation:
    """`of`: how many customers, and to how many of them it happened."""
    return Validation(
        score=score.id,
        cut=cut,
        horizon_days=days,
        customers=of[0],
        events=of[1],
        verdict=verdict,
        sentence=sentence_of(score, verdict, cut, days, model, rule, of[1]),
        model=model,
        rule=rule,
        **more,  # type: ignore[arg-type]
    )


# ── what all have ──


def _rfm(now: Frame) -> Scores:
    """For the lake: the three digits of each customer, such as 543."""
    recency, frequency, monetary = rfm.scores(now.h)
    value = 100 * recency + 10 * frequency + monetary
    return Scores(
        score="rfm",
        trait=None,
        contact=now.h.contact,
        told=Rows(len(now.h), lambda at: str(value[at])),
        value=value.astype(float),
        band=value.astype("U3"),
        rank=validating.out_of_100(value.astype(float)),
        place=value.astype(float),
        reasons=Rows(len(now.h), lambda at: ()),
        basis="simple",
    )


MAKERS: Mapping[str, Callable[[Shop, Score, Frame, Level], Made]] = {
    "order": _order,
    "churn": _order,
    "value": _value,
    "next_order": _next_order,
    "reorder": _reorder,
}
