"""What an order of each customer is worth: Gamma-Gamma.

Fader and Hardie, "The Gamma-Gamma Model of Monetary Value" (2013): a customer's orders vary about a mean of their own,
and the means about one another; so the mean of few orders is drawn to the shop's. Fitted to those who ordered again,
as one order says nothing of how orders vary.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import gammaln, psi

from functions.insight.seam import Real, Whole

LIKELY = (4.0, 4.0)
"""The prior's middle of p and q, and of v what makes the shop's mean of it."""
SPREAD = 1.5


@dataclass(frozen=True)
class Spending:
    p: float
    q: float
    v: float


def log_likelihood(logs: Real, number: Real, mean: Real) -> tuple[Real, Real]:
    """Of each customer's mean of so many orders, and its derivatives by the logarithms of p, q and v (three rows)."""
    p, q, v = np.exp(logs)
    n = number
    total = v + n * mean
    value = (
        gammaln(p * n + q) - gammaln(p * n) - gammaln(q) + q * np.log(v) + (p * n - 1) * np.log(mean)
        + p * n * np.log(n) - (p * n + q) * np.log(total)
    )  # fmt: skip
    by_p = n * (psi(p * n + q) - psi(p * n) + np.log(mean) + np.log(n) - np.log(total))
    by_q = psi(p * n + q) - psi(q) + np.log(v) - np.log(total)
    by_v = q / v - (p * n + q) / total
    return value, np.stack((p * by_p, q * by_q, v * by_v))


def fitted(number: Whole, mean: Real) -> Spending:
    """`mean` of `number` paid orders each, in the shop's currency. Without anybody who paid twice: the prior's middle
    at the mean of the rest."""
    paid = number > 0
    typical = float(np.median(mean[paid])) if paid.any() else 1.0
    typical = max(typical, 1e-6)
    middle = np.log(np.array([*LIKELY, typical * (LIKELY[1] - 1) / LIKELY[0]]))
    again = (number > 1) & (mean > 0)
    if again.any():
        # What is alike is counted in one order, so that the sums do not depend on that of the rows.
        by = np.lexsort((mean[again], number[again]))
        n, m = number[again][by].astype(float), mean[again][by]

        def loss(logs: Real) -> tuple[float, Real]:
            value, slope = log_likelihood(logs, n, m)
            off = (logs - middle) / SPREAD
            return (
                float((-value.sum() + (off * off).sum() / 2) / len(n)),
                (-slope.sum(axis=1) + off / SPREAD) / len(n),
            )

        # q above 1, or the shop's mean is not finite.
        low = [(np.log(1e-2), np.log(1e3)), (np.log(1.05), np.log(1e3)), (np.log(1e-9), np.log(1e12))]
        middle = minimize(loss, middle, jac=True, method="L-BFGS-B", bounds=low, options={"maxiter": 300}).x
    p, q, v = (float(each) for each in np.exp(middle))
    return Spending(p, q, v)


def expected(model: Spending, number: Whole, mean: Real) -> Real:
    """What the next order of each is worth; of who has paid none, what is usual in the shop."""
    return np.asarray(model.p * (model.v + number * mean) / (model.p * number + model.q - 1))
