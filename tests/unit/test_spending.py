"""What people spend, compared: the permutation test, held against every way in which the arms could have fallen, scipy,
and simulated shops, with Welch's test beside it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from shared.domain.experiments import spending
from shared.domain.experiments.power import (
    least_difference_of_means,
    people_needed_of_means,
)
from shared.domain.experiments.rates import p_value
from shared.domain.experiments.spending import Difference, Spent, adjusting, pooled
from shared.domain.experiments.verdicts import Word, verdicts

Z = 1.959964


def spent(*nets: int) -> Spent:
    return Spent(Counter((net, 0) for net in nets))


def shop(rng: np.random.Generator, people: int, rate: float, factor: float = 1.0) -> Spent:
    """Of so many people, this share spends: amounts with a long tail."""
    spenders = int(rng.binomial(people, rate))
    nets = np.rint(factor * rng.lognormal(8, 1, spenders)).astype(int)
    return Spent(Counter({(0, 0): people - spenders}) + Counter((int(net), 0) for net in nets))


def as_array(arm: Spent) -> np.ndarray:
    return np.repeat([net for net, _ in arm.cells], list(arm.cells.values()))


@pytest.fixture
def few_permutations(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The test is as exact with few as with many; they only make its p finer."""
    monkeypatch.setattr(spending, "PERMUTATIONS", 119)
    return


# ── the test ──


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.sampled_from([0, 0, 0, 500, 1999, 12000]), min_size=2, max_size=6),
    st.lists(st.sampled_from([0, 0, 0, 500, 1999, 12000]), min_size=2, max_size=6),
)
def test_p_is_the_share_of_all_ways_in_which_the_arms_could_have_fallen(one: list[int], two: list[int]) -> None:
    everybody = one + two
    sums = [sum(everybody[at] for at in arm) for arm in combinations(range(len(everybody)), len(two))]
    at_least = np.mean([total >= sum(two) for total in sums])
    at_most = np.mean([total <= sum(two) for total in sums])
    expected = min(1.0, 2 * min(at_least, at_most))
    assert Difference(spent(*one), spent(*two), "x").p == pytest.approx(expected, abs=0.04)


def test_p_is_scipys() -> None:
    rng = np.random.default_rng(1)
    one, two = shop(rng, 900, 0.03), shop(rng, 100, 0.06, 2)

    def mean_difference(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
        return b.mean(axis=axis) - a.mean(axis=axis)

    theirs = stats.permutation_test(
        (as_array(one), as_array(two)), mean_difference, n_resamples=5_000, vectorized=True, rng=rng, batch=500
    )
    ours = Difference(one, two, "x")
    assert ours.value == pytest.approx(theirs.statistic)
    assert ours.p == pytest.approx(theirs.pvalue, abs=0.02)


def test_the_same_test_says_the_same_however_often_it_is_asked() -> None:
    rng = np.random.default_rng(2)
    one, two = shop(rng, 500, 0.05), shop(rng, 500, 0.05)
    p = Difference(one, two, "spring").p
    turned = Spent(dict(reversed(two.cells.items())))
    assert Difference(one, turned, "spring").p == p
    assert Difference(one, two, "autumn").p != p


@given(st.integers(0, 10_000), st.floats(0, 0.2), st.integers(20, 200), st.sampled_from([1.0, 1.645, Z, 2.5]))
@settings(max_examples=15, deadline=None)
def test_the_interval_leaves_out_nothing_just_where_the_test_does(seed: int, rate: float, n: int, z: float) -> None:
    rng = np.random.default_rng(seed)
    difference = Difference(shop(rng, n, rate), shop(rng, 3 * n, rate, 1.5), str(seed))
    interval = difference.interval(z)
    assert interval is not None
    assert interval.low <= difference.value <= interval.high
    assert (not interval.low <= 0 <= interval.high) == (difference.p <= p_value(z) and difference.value != 0)


def test_of_nobody_and_of_nothing_spent_nothing_is_said() -> None:
    for difference in (Difference(spent(), spent(), "x"), Difference(spent(0, 0), spent(0), "x")):
        assert (difference.value, difference.p) == (0, 1)


def test_what_is_too_rare_for_so_many_permutations_is_not_said(few_permutations: None) -> None:
    rng = np.random.default_rng(4)
    difference = Difference(shop(rng, 300, 0.1), shop(rng, 300, 0.1), "x")
    assert difference.interval(3.22) is None
    assert difference.interval(Z) is not None


def test_of_many_who_spend_the_sum_is_taken_for_normal(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    one, two = shop(rng, 2_000, 0.5), shop(rng, 6_000, 0.5, 1.07)
    normal = Difference(one, two, "x")
    monkeypatch.setattr(spending, "NORMAL_FROM", 10**9)
    drawn = Difference(one, two, "x")
    assert normal.p == pytest.approx(drawn.p, abs=0.02)
    low, high = drawn.interval(Z) or (0, 0)
    assert normal.interval(Z) == pytest.approx((low, high), abs=0.15 * (high - low))


# ── false positives, with the naive test beside them ──


@pytest.mark.parametrize(("people", "rate", "share"), [(2_000, 0.02, 0.05), (500, 0.08, 0.5)])
def test_spending_finds_a_difference_that_is_not_there_in_one_test_in_twenty_at_most(
    few_permutations: None, people: int, rate: float, share: float
) -> None:
    """Welch's test finds one in far more, where the holdout is small."""
    rng = np.random.default_rng(people)
    shops, ours, welch = 1_000, 0, 0
    for number in range(shops):
        held = round(share * people)
        one, two = shop(rng, held, rate), shop(rng, people - held, rate)
        ours += Difference(one, two, str(number)).p <= 0.05
        if max(one.total, two.total):
            welch += stats.ttest_ind(as_array(one), as_array(two), equal_var=False).pvalue <= 0.05
    assert ours / shops <= 0.055 + math.sqrt(0.05 * 0.95 / shops)  # a standard error of the simulation
    if share == 0.05:
        assert welch / shops > 0.15


def test_many_who_spend_find_no_more_that_is_false() -> None:
    rng = np.random.default_rng(6)
    shops = 150
    false = 0
    for number in range(shops):
        one, two = shop(rng, 400, 0.9), shop(rng, 3_600, 0.9)
        false += Difference(one, two, str(number)).p <= 0.05
    assert false / shops <= 0.055 + 0.018  # a standard error of so few shops


# ── what was spent before ──


def regulars(rng: np.random.Generator, people: int, factor: float = 1.0, follows: float = 1.0) -> Spent:
    """Whoever spent much before spends much again: as far as `follows` says."""
    before = np.where(rng.random(people) < 0.5, rng.lognormal(4, 0.6, people), 0)
    mean = follows * before * 40 + (1 - follows) * 40 * 0.5 * math.exp(4.18)
    net = np.where(rng.random(people) < 0.7, factor * mean * rng.lognormal(0, 0.3, people), 0)
    return Spent(Counter((int(n), int(b)) for n, b in zip(np.rint(net), np.rint(before), strict=True)))


def test_what_was_spent_before_is_taken_off_where_it_explains_enough() -> None:
    rng = np.random.default_rng(7)
    one, two = regulars(rng, 1_000), regulars(rng, 1_000)
    both = pooled((one, two))
    y, x = (np.repeat([cell[at] for cell in both.cells], list(both.cells.values())) for at in (0, 1))
    found = adjusting(both)
    regressed = stats.linregress(x, y)
    assert found.slope == pytest.approx(regressed.slope)
    assert found.explained == pytest.approx(regressed.rvalue**2)
    assert found.explained > 0.4
    assert Difference(one, two, "x").variance == pytest.approx((1 - found.explained) * np.var(y, ddof=1), rel=0.01)
    assert adjusting(pooled((regulars(rng, 1_000, follows=0), regulars(rng, 1_000, follows=0)))).slope == 0


def test_with_what_was_spent_before_a_difference_is_found_sooner_and_none_that_is_not_there(
    few_permutations: None,
) -> None:
    rng = np.random.default_rng(8)
    shops, false, seen, without = 120, 0, 0, 0
    for number in range(shops):
        one, same, more = (regulars(rng, 150, factor) for factor in (1, 1, 1.3))
        false += Difference(one, same, str(number)).p <= 0.05
        seen += Difference(one, more, str(number)).p <= 0.05
        plain = (Spent(_without_before(arm)) for arm in (one, more))
        without += Difference(*plain, str(number)).p <= 0.05
    assert false / shops <= 0.055 + 0.02
    assert seen > 1.3 * without


def _without_before(arm: Spent) -> Counter[tuple[int, int]]:
    cells: Counter[tuple[int, int]] = Counter()
    for (net, _), people in arm.cells.items():
        cells[net, 0] += people
    return cells


# ── how many it takes ──


def variance(rate: float) -> float:
    """Of `shop`."""
    mean = rate * math.exp(8.5)
    return rate * math.exp(18) - mean * mean


def test_four_in_five_tests_of_that_size_see_it(few_permutations: None) -> None:
    rng = np.random.default_rng(9)
    rate, factor = 0.1, 2.0
    difference = (factor - 1) * rate * math.exp(8.5)
    mixed = (variance(rate) + factor**2 * variance(rate)) / 2
    people = people_needed_of_means(mixed, difference)
    assert least_difference_of_means(mixed, people) == pytest.approx(difference, rel=0.01)
    shops = 300
    seen = 0
    for number in range(shops):
        seen += Difference(shop(rng, people // 2, rate), shop(rng, people // 2, rate, factor), str(number)).p <= 0.05
    assert seen / shops == pytest.approx(0.8, abs=0.03 + 0.023)  # and a standard error of so few shops


def test_the_words_of_spending(few_permutations: None) -> None:
    rng = np.random.default_rng(10)

    def word(factor: float, people: int, least: float) -> Word:
        arms = [shop(rng, people, 0.1), shop(rng, people, 0.1, factor)]
        return verdicts(arms, (1, 1), (1.0,), least, "x")[0].word

    assert word(3, 3_000, 50) is Word.BETTER
    assert word(0.3, 3_000, 50) is Word.WORSE
    assert word(1, 3_000, 300) is Word.NO_DIFFERENCE
    assert word(1.1, 300, 50) is Word.NOT_ENOUGH
    assert verdicts([shop(rng, 900, 0.1), shop(rng, 500, 0.1)], (1, 1), (1.0,), 50, "x")[0].word is Word.BROKEN


def test_how_many_more_is_about_right_from_half_of_them_on(few_permutations: None) -> None:
    rng = np.random.default_rng(11)
    needed = people_needed_of_means(variance(0.1), 0.25 * 0.1 * math.exp(8.5))
    told = []
    for number in range(40):
        arms = [shop(rng, needed // 4, 0.1), shop(rng, needed // 4, 0.1)]
        (verdict,) = verdicts(arms, (1, 1), (0.5,), 0.25 * 0.1 * math.exp(8.5), str(number))
        told.append(verdict.more + needed // 4 * 2)
    assert np.median(told) == pytest.approx(needed, rel=0.2)


def test_the_interval_covers_what_is_true(few_permutations: None) -> None:
    """In 93 to 97 of 100 shops, of which the emails bring more."""
    rng = np.random.default_rng(12)
    shops, covered = 400, 0
    true = 0.15 * 0.1 * math.exp(8.5)
    for number in range(shops):
        interval = Difference(shop(rng, 200, 0.1), shop(rng, 800, 0.115), str(number)).interval(Z)
        assert interval is not None
        covered += interval.low <= true <= interval.high
    assert 0.93 <= covered / shops <= 0.97 + 0.01
