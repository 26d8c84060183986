"""What is bought together, and what is bought again: items by items out of the shop's orders.

Two products are as near as the cosine of the orders that they are in, shrunk (Sarwar et al., 2001; the shrinkage as in
Bell and Koren, 2007), since two orders out of two say little. Of not too many products EASE (Steck, 2019) tells more:
the linear weights with which the products of an order foretell each other, all at once, with a ridge. Which of the two
a shop gets, and whether either is better than what is popular, its own last orders say (`recommending`).

People count, not pieces: of one customer the newest orders only, so that nobody's are the shop's; and what fewer than
LEAST people bought both of goes with nothing, whatever it comes to.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg
from scipy.sparse import csr_matrix

from functions.insight.seam import Lines, Real, Texts, Whole
from shared.domain.events import DAY, Instant
from shared.domain.recommendations import LEAST, MAX_WITH

HISTORY = 730 * DAY
"""Orders before that say nothing of what is bought together now."""
MAX_ORDERS = 200
"""Of one customer: the newest."""
MAX_PRODUCTS = 100
"""Of one order: the first by their ids. The lake keeps thirty."""
SHRINKAGE = 10
RIDGE = 100
EASE_PRODUCTS = 5_000
"""Of more, their matrix takes too long (its time grows by the third power) and too much room (by the second)."""
PAIRS_AT_A_TIME = 4_000_000
CANDIDATES = 30
"""Of each product, of which as many people are counted: some are of too few."""
DAYS_OF_REPEAT = 365
"""Within which somebody who has bought a product can buy it again, to count."""
AGAIN_SHARE = 0.15
"""Of a product's buyers, those who have to buy it again for it to be something that is bought again."""
AGAIN_PRIOR = 10
"""Buyers at the shop's own rate, which a product's own are added to."""


@dataclass(frozen=True)
class Baskets:
    """Orders as a matrix: `bought[order, product]`, 1 or nothing; whose each is (`contact`, as a number from 0 on) and
    of when; and the `products` in order of their ids. Orders ascend by contact and time."""

    bought: csr_matrix
    contact: Whole
    time: Whole
    products: Texts

    def __len__(self) -> int:
        return len(self.time)

    def of(self, orders: NDArray[np.bool_]) -> Baskets:
        """Some of the orders, of the same products."""
        return Baskets(self.bought[np.flatnonzero(orders)], self.contact[orders], self.time[orders], self.products)


@dataclass(frozen=True)
class Goods:
    """What goes with what: of product `first`, `other` with this `weight` (0 to 1), the greatest first; at most
    MAX_WITH of each."""

    first: Whole
    other: Whole
    weight: Real

    def matrix(self, products: int) -> csr_matrix:
        return csr_matrix((self.weight, (self.first, self.other)), shape=(products, products))


NO_GOODS = Goods(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


def baskets(lines: Lines, t: Instant) -> Baskets:
    """The orders of the lines within HISTORY of `t`, the newest MAX_ORDERS of each contact."""
    kept = np.flatnonzero((lines.time > t - HISTORY) & (lines.time <= t) & lines.product.told)
    products, product = lines.product[kept].used()
    contact, time = lines.contact[kept], lines.time[kept]
    if not len(kept):
        return Baskets(csr_matrix((0, 0)), np.empty(0, np.int64), np.empty(0, np.int64), products)
    order = np.lexsort((product, time, contact))
    contact, time, product = contact[order], time[order], product[order]
    begins = np.r_[True, (contact[1:] != contact[:-1]) | (time[1:] != time[:-1])]
    basket = np.cumsum(begins) - 1
    distinct = np.r_[True, (basket[1:] != basket[:-1]) | (product[1:] != product[:-1])]
    basket, product = basket[distinct], product[distinct]
    starts = np.searchsorted(basket, np.arange(basket[-1] + 1))
    few = np.arange(len(basket)) - starts[basket] < MAX_PRODUCTS
    basket, product = basket[few], product[few]
    bought = csr_matrix((np.ones(len(basket)), (basket, product)), shape=(int(basket[-1]) + 1, len(products)))
    whose, when = contact[begins], time[begins]
    _, number = np.unique(whose, return_inverse=True)
    upto = np.searchsorted(number, number, side="right")
    return Baskets(bought, number, when, products).of(upto - np.arange(len(number)) <= MAX_ORDERS)


# ── together ──


def cosine(of: Baskets) -> Goods:
    """By how many of the orders with one have the other, and the other way round."""
    orders: Real = np.asarray(of.bought.sum(axis=0), np.float64).ravel()
    parts = [
        _best(first, other, both / (np.sqrt(orders[first] * orders[other]) + SHRINKAGE), CANDIDATES)
        for first, other, both in _pairs(of.bought, orders)
    ]
    return _of_people(of, _together(parts))


def _pairs(bought: csr_matrix, orders: Real) -> Iterator[tuple[Whole, Whole, Real]]:
    """Of some products at a time, each other one that is in LEAST orders with one of them, and in how many."""
    by_product = bought.T.tocsr()
    in_all = np.asarray(by_product @ np.asarray(bought.sum(axis=1)).ravel()).ravel()
    blocks = np.cumsum(in_all) // PAIRS_AT_A_TIME
    for block in np.unique(blocks):
        rows = np.flatnonzero(blocks == block)
        counted = (by_product[rows] @ bought).tocoo()
        first = rows[counted.row]
        kept = (counted.data >= LEAST) & (first != counted.col)
        yield first[kept].astype(np.int64), counted.col[kept].astype(np.int64), counted.data[kept]


def ease(of: Baskets) -> Goods:
    """By the weights that foretell a product of the others in an order. Of up to EASE_PRODUCTS, the most bought."""
    orders: Real = np.asarray(of.bought.sum(axis=0), np.float64).ravel()
    ranked = np.lexsort((np.arange(len(orders)), -orders))
    kept = np.sort(ranked[orders[ranked] >= LEAST][:EASE_PRODUCTS])
    if len(kept) < 2:
        return NO_GOODS
    some = of.bought[:, kept].astype(np.float32)  # whole numbers, and weights of which three digits are kept
    gram = np.asfortranarray((some.T @ some).toarray())
    gram[np.diag_indices_from(gram)] += RIDGE
    factor, failed = linalg.lapack.spotrf(gram, lower=1, overwrite_a=1)
    inverse, failed_too = linalg.lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or failed_too:
        return NO_GOODS
    weights = np.tril(inverse)
    weights += np.tril(inverse, -1).T
    weights /= -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    parts = []
    for begin in range(0, len(kept), 500):
        rows = weights[begin : begin + 500]
        most = min(CANDIDATES, len(kept) - 1)
        best = np.argpartition(-rows, most - 1, axis=1)[:, :most]
        first = np.repeat(np.arange(begin, begin + len(rows)), most)
        weight = np.take_along_axis(rows, best, axis=1).ravel()
        some_ = weight > 0
        parts.append((kept[first[some_]], kept[best.ravel()[some_]], weight[some_]))
    return _of_people(of, _together(parts))


Parts = tuple[Whole, Whole, Real]


def _together(parts: list[Parts]) -> Parts:
    if not parts:
        return NO_GOODS.first, NO_GOODS.other, NO_GOODS.weight
    first, other, weight = (np.concatenate(each) for each in zip(*parts, strict=True))
    return first, other, weight


def _best(first: Whole, other: Whole, weight: Real, most: int) -> Parts:
    """Of each `first`, the greatest weights; of equal ones the first by their number."""
    order = np.lexsort((other, -weight, first))
    first, other, weight = first[order], other[order], weight[order]
    starts = np.searchsorted(first, first)
    kept = np.arange(len(first)) - starts < most
    return first[kept], other[kept], weight[kept]


def _of_people(of: Baskets, parts: Parts) -> Goods:
    """Those pairs that LEAST people bought both of; the MAX_WITH best of each product."""
    first, other, weight = parts
    entries = of.bought.tocoo()
    contacts = int(of.contact.max()) + 1 if len(of) else 0
    held = np.unique(entries.col.astype(np.int64) * contacts + of.contact[entries.row])  # who has bought what
    begin = np.searchsorted(held, np.arange(len(of.products) + 1) * contacts)
    people = np.diff(begin)
    swapped = people[first] > people[other]
    rarer, commoner = np.where(swapped, other, first), np.where(swapped, first, other)
    order = np.lexsort((rarer, commoner))  # so that what is looked for lies close to what was looked for last
    many = np.empty(len(first), np.int64)
    upto = np.cumsum(people[rarer[order]])
    at = 0
    while at < len(order):
        done = int(upto[at - 1]) if at else 0
        end = max(int(np.searchsorted(upto, done + PAIRS_AT_A_TIME, side="right")), at + 1)
        some = order[at:end]
        sizes = people[rarer[some]]
        pair = np.repeat(np.arange(len(some)), sizes)
        place = np.arange(len(pair)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + begin[rarer[some]][pair]
        key = commoner[some][pair] * contacts + held[place] % contacts
        found = np.minimum(np.searchsorted(held, key), len(held) - 1)
        many[some] = np.bincount(pair, weights=held[found] == key, minlength=len(some))
        at = end
    kept = many >= LEAST
    return Goods(*_best(first[kept], other[kept], np.minimum(weight[kept], 1.0), MAX_WITH))


# ── again ──


def again(of: Baskets, t: Instant) -> dict[int, int]:
    """The products that people buy again, and the days after which half of those who do have done so.

    Of who bought a product a while ago (half of DAYS_OF_REPEAT, so that there was time), those count who bought it on
    another day within DAYS_OF_REPEAT; together with AGAIN_PRIOR buyers at the shop's own rate they have to be
    AGAIN_SHARE of all, and LEAST people."""
    entries = of.bought.tocoo()
    contact, product, time = of.contact[entries.row], entries.col.astype(np.int64), of.time[entries.row]
    order = np.lexsort((time, product, contact))
    contact, product, time = contact[order], product[order], time[order]
    same = (contact[1:] == contact[:-1]) & (product[1:] == product[:-1])
    gap = (time[1:] - time[:-1]) // DAY
    repeats = same & (gap >= 1) & (gap <= DAYS_OF_REPEAT)
    firsts = np.r_[True, ~same] if len(contact) else np.empty(0, bool)
    had_time = firsts & (time <= t - DAYS_OF_REPEAT * DAY // 2)
    products = len(of.products)
    buyers = np.bincount(product[had_time], minlength=products)
    who = np.unique(contact[1:][repeats] * products + product[1:][repeats])
    repeaters = np.bincount(who % products, minlength=products) if products else np.empty(0, np.int64)
    able = np.maximum(buyers, repeaters)
    rate = repeaters.sum() / max(able.sum(), 1)
    share = (repeaters + AGAIN_PRIOR * rate) / (able + AGAIN_PRIOR)
    found = np.flatnonzero((repeaters >= LEAST) & (share >= AGAIN_SHARE))
    by = np.lexsort((gap[repeats], product[1:][repeats]))
    of_product, gaps = product[1:][repeats][by], gap[repeats][by]
    begin, end = np.searchsorted(of_product, found), np.searchsorted(of_product, found, side="right")
    return {int(each): int(gaps[(b + e - 1) // 2]) for each, b, e in zip(found, begin, end, strict=True)}
