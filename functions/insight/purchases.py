"""How often customers order, and whether they still do: MBG/NBD.

Batislam, Denizel and Filiztekin, "Empirical validation and comparison of models for customer base analysis"
(International Journal of Research in Marketing 24, 2007): while they are customers they order at random at a rate of
their own (gamma, r and α), and after each order, the first too, they may have been lost (beta, a and b). BG/NBD, which
it modifies, holds everybody who ordered once for a customer for ever. What is asked for is the chance of an order
within a time, not the chance of being "alive": P(alive) · (1 − ((α + T) / (α + T + h))^(r + x)).

Time is in weeks. The fit rounds down to whole weeks and counts equal customers once, so that a million of them are some
ten thousand rows; scores are worked out to the day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaincinv, expit, gammaln, psi

from functions.insight.histories import Histories
from functions.insight.seam import Real, Whole

WEEK = 7.0
LIKELY = (0.7, 10.0, 0.7, 2.0)
"""Where the prior's middle is: r, α (weeks), a, b of shops like those of the papers."""
SPREAD = 1.5
"""The prior's standard deviation, of the logarithms: between a twentieth and twenty times as much, 19 times of 20. A
hundred customers outweigh it."""
FLOOR, CEILING = np.log(1e-4), np.log(1e5)
NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)


@dataclass(frozen=True)
class Purchases:
    r: float
    alpha: float
    a: float
    b: float


def grouped(repeats: Whole, recency: Whole, age: Whole) -> tuple[Real, Real, Real, Real]:
    """x, t_x and T in whole weeks, and how many customers are alike in these. The order is one of theirs, not that of
    the rows."""
    weeks = np.stack((repeats, recency // 7, age // 7)).astype(np.int64)
    # One number instead of three sorts many times as fast; each part is far below its room.
    key = (weeks[0] << 32) | (weeks[1] << 16) | weeks[2]
    found, count = np.unique(key, return_counts=True)
    x, t_x, age_ = found >> 32, (found >> 16) & 0xFFFF, found & 0xFFFF
    return x.astype(float), t_x.astype(float), age_.astype(float), count.astype(float)


def log_likelihood(logs: Real, x: Real, t_x: Real, age: Real) -> tuple[Real, Real]:
    """Of each customer, and its derivatives by the logarithms of r, α, a and b (four rows)."""
    r, alpha, a, b = np.exp(logs)
    rates, at = np.unique(x, return_inverse=True)
    now, then = np.log(alpha + age), np.log(alpha + t_x)
    lost = np.log(a) - np.log(b + x) + (r + x) * (now - then)
    of_x = (
        gammaln(r + rates)
        - gammaln(r)
        + gammaln(b + rates + 1)
        + gammaln(a + b)
        - gammaln(a + b + rates + 1)
        - gammaln(b)
    )
    value = of_x[at] + r * np.log(alpha) - (r + x) * now + np.logaddexp(0.0, lost)
    gone = expit(lost)
    by_r = (psi(r + rates) - psi(r))[at] + np.log(alpha) - now + gone * (now - then)
    by_alpha = r / alpha - (r + x) / (alpha + age) + gone * (r + x) * (1 / (alpha + age) - 1 / (alpha + t_x))
    by_a = (psi(a + b) - psi(a + b + rates + 1))[at] + gone / a
    by_b = (psi(b + rates + 1) + psi(a + b) - psi(a + b + rates + 1) - psi(b))[at] - gone / (b + x)
    return value, np.stack((r * by_r, alpha * by_alpha, a * by_a, b * by_b))


def fitted(of: Histories) -> Purchases:
    """The parameters that are likeliest, under the weak prior; of nobody, the prior's middle."""
    x, t_x, age, count = grouped(of.repeats, of.recency, of.age)
    middle = np.log(np.array(LIKELY))

    def loss(logs: Real) -> tuple[float, Real]:
        value, slope = log_likelihood(logs, x, t_x, age)
        off = (logs - middle) / SPREAD
        scale = 1 / max(count.sum(), 1.0)
        return (
            float((-(count * value).sum() + (off * off).sum() / 2) * scale),
            (-(slope * count).sum(axis=1) + off / SPREAD) * scale,
        )

    found = minimize(
        loss,
        middle,
        jac=True,
        method="L-BFGS-B",
        bounds=[(FLOOR, CEILING)] * 4,
        options={"maxiter": 300, "ftol": 1e-11},
    )
    r, alpha, a, b = (float(each) for each in np.exp(found.x))
    return Purchases(r, alpha, a, b)


def alive(model: Purchases, x: Real | Whole, t_x: Real | Whole, age: Real | Whole) -> Real:
    """The chance that they are customers still. Times in days."""
    shrink = np.log(model.alpha + age / WEEK) - np.log(model.alpha + t_x / WEEK)
    return np.asarray(expit(np.log(model.b + x) - np.log(model.a) - (model.r + x) * shrink))


def buys(model: Purchases, x: Real | Whole, t_x: Real | Whole, age: Real | Whole, days: float) -> Real:
    """The chance of an order within so many days."""
    now = model.alpha + age / WEEK
    return np.asarray(alive(model, x, t_x, age) * -np.expm1((model.r + x) * np.log(now / (now + days / WEEK))))


def expected(model: Purchases, x: Whole, t_x: Whole, age: Whole, days: float) -> Real:
    """How many orders are to be expected within so many days.

    While alive: the integral of (1 − ((α + T) / (α + T + p h))^(r + x)) / p over the chance p of being lost at an
    order, which is beta with a and b + x + 1. By Gauss-Legendre over its quantiles, since the closed form (a
    hypergeometric function) has a pole at a = 1 and runs over for thousands of orders.
    """
    if not len(x):
        return np.zeros(0)
    pairs, at = np.unique(x.astype(np.int64) << 20 | age.astype(np.int64), return_inverse=True)
    orders, ages = pairs >> 20, (pairs & 0xFFFFF) / WEEK + model.alpha
    rates, of = np.unique(orders, return_inverse=True)
    lost = betaincinv(model.a, model.b + rates[:, None] + 1, (NODES + 1) / 2)
    lost = np.maximum(lost, 1e-12)
    total = np.zeros(len(pairs))
    shape = model.r + orders
    for node, weight in enumerate(WEIGHTS):
        p = lost[of, node]
        total += weight / 2 * -np.expm1(-shape * np.log1p(p * (days / WEEK) / ages)) / p
    return np.asarray(alive(model, x, t_x, age) * total[at])
