"""The models of customers against what they are said to be: numerical integration, simulated shops of known parameters,
and brute force."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaincinv, gammaincinv, hyp2f1
from scipy.stats import gamma

from functions.insight import intervals, purchases, rfm, spending, validating
from functions.insight.histories import Dated, dated, done, histories, known, local_day, local_days, paid
from functions.insight.purchases import Purchases
from functions.insight.seam import NOT_TOLD, Data
from functions.insight.spending import Spending
from shared.domain.events import DAY
from shared.domain.insight import band_of, score_of
from tests.unit.insight_shops import MILLION, shop, simulated

MODEL = Purchases(0.8, 8.0, 0.6, 2.4)
HISTORIES = [(0, 0.0, 30.0), (1, 12.0, 30.0), (4, 25.0, 26.0), (7, 10.0, 90.0)]
"""x, t_x and T in weeks."""


@pytest.mark.parametrize("x, t_x, age", HISTORIES)
def test_the_likelihood_of_orders_is_that_of_the_story_told(x: int, t_x: float, age: float):
    """Alive after x + 1 tosses and silent since, or lost at the last order: integrated over rates and chances."""
    m = MODEL

    def of_rates(time: float) -> float:
        return quad(lambda u: _rate(u) ** x * np.exp(-_rate(u) * time), 0, 1, epsrel=1e-6)[0]

    def _rate(u: float) -> float:
        return float(gammaincinv(m.r, u) / m.alpha)

    def of_chances(lost: int) -> float:
        def toss(u: float) -> float:
            p = float(betaincinv(m.a, m.b, u))
            return p * (1 - p) ** x if lost else (1 - p) ** (x + 1)

        return quad(toss, 0, 1, epsrel=1e-8)[0]

    integral = of_chances(0) * of_rates(age) + of_chances(1) * of_rates(t_x)
    logs = np.log(np.array([m.r, m.alpha, m.a, m.b]))
    value, _ = purchases.log_likelihood(logs, *(np.array([each], float) for each in (x, t_x, age)))
    assert np.exp(value[0]) == pytest.approx(integral, rel=1e-4)


@pytest.mark.parametrize("x, t_x, age", HISTORIES)
def test_an_order_within_a_time_and_orders_to_be_expected_by_integration(x: int, t_x: float, age: float):
    m, weeks = MODEL, 13.0
    days = [np.array([each * 7], float) for each in (t_x, age)]
    still = purchases.alive(m, np.array([x]), *days)[0]
    waits, _ = quad(lambda rate: np.exp(-rate * weeks) * gamma.pdf(rate, m.r + x, scale=1 / (m.alpha + age)), 0, 6)
    assert purchases.buys(m, np.array([x]), *days, weeks * 7)[0] == pytest.approx(still * (1 - waits), rel=1e-5)
    # The closed form, with Gauss's hypergeometric function.
    a, b, r, now = m.a, m.b, m.r, m.alpha + age
    power = (now / (now + weeks)) ** (r + x)
    closed = (a + b + x) / (a - 1) * (1 - power * hyp2f1(r + x, b + x + 1, a + b + x, weeks / (now + weeks)))
    found = purchases.expected(m, np.array([x]), *(each.astype(np.int64) for each in days), weeks * 7)[0]
    assert found == pytest.approx(still * closed, rel=1e-4)


def test_one_order_long_ago_is_not_held_for_a_customer():
    """BG/NBD says 1."""
    once = np.array([0]), np.array([0]), np.array([700])
    assert purchases.alive(MODEL, *once)[0] < 0.6
    assert purchases.buys(MODEL, *once, 90)[0] < 0.05


def test_silence_only_ever_lowers_the_chance_of_an_order():
    silent = np.arange(0, 400)
    for x, recency in ((0, 0), (3, 100), (20, 300)):
        chance = purchases.buys(MODEL, np.full(400, x), np.full(400, recency), recency + silent, 90)
        assert (np.diff(chance) < 0).all()


@pytest.mark.parametrize("function, at, rows", [
    (purchases.log_likelihood, [0.3, 2.0, -0.5, 0.8], ([0.0, 3.0, 9.0], [0.0, 5.0, 40.0], [2.0, 30.0, 41.0])),
    (spending.log_likelihood, [1.5, 1.2, 3.0], ([1.0, 2.0, 9.0], [10.0, 35.5, 20.0])),
])  # fmt: skip
def test_slopes_are_the_differences(function, at, rows):
    logs, data = np.array(at), [np.array(row) for row in rows]
    _, slope = function(logs, *data)
    for n in range(len(at)):
        step = np.zeros(len(at))
        step[n] = 1e-6
        difference = (function(logs + step, *data)[0] - function(logs - step, *data)[0]) / 2e-6
        assert slope[n] == pytest.approx(difference, rel=1e-5, abs=1e-7)


def test_parameters_are_found_again_in_a_simulated_shop():
    data = simulated(6_000, 700, seed=5, r=0.8, alpha=8.0, a=0.6, b=2.4)
    orders = known(dated(data.orders, "UTC"), data.at)
    h, money = histories(orders, local_day(data.at, "UTC")), paid(orders)
    found = purchases.fitted(h)
    assert found.r / found.alpha == pytest.approx(0.1, rel=0.1)
    assert found.r == pytest.approx(0.8, rel=0.15)
    assert found.a / (found.a + found.b) == pytest.approx(0.2, rel=0.2)
    worth = spending.fitted(money.days, money.mean)
    assert worth.p == pytest.approx(6, rel=0.15) and worth.q == pytest.approx(4, rel=0.15)
    assert worth.p * worth.v / (worth.q - 1) == pytest.approx(30, rel=0.05)


def test_what_is_foreseen_comes_in_a_simulated_shop():
    data = simulated(6_000, 500, seed=9, ahead=365)
    whole, today = dated(data.orders, "UTC"), local_day(data.at, "UTC")
    orders = known(whole, data.at)
    h, money = histories(orders, today), paid(orders)
    model = purchases.fitted(h)
    came = done(whole, data.at, today, 90, h.contact)
    chance = purchases.buys(model, h.repeats, h.recency, h.age, 90)
    assert chance.mean() == pytest.approx(came.ordered.mean(), rel=0.06)
    for group in validating.calibration(chance, came.ordered.astype(float)):
        assert group.observed == pytest.approx(group.predicted, abs=0.06)
    year = done(whole, data.at, today, 365, h.contact)
    coming = purchases.expected(model, h.repeats, h.recency, h.age, 365)
    assert coming.sum() == pytest.approx(year.orders.sum(), rel=0.08)
    value = coming * spending.expected(spending.fitted(money.days, money.mean), money.days, money.mean)
    assert value.sum() == pytest.approx(year.spent.sum(), rel=0.12)


@pytest.mark.parametrize("number, mean", [(1, 20.0), (5, 33.0)])
def test_the_likelihood_of_amounts_is_that_of_the_story_told(number: int, mean: float):
    m = Spending(6.0, 4.0, 15.0)

    def density(scale: float) -> float:
        of_mean = gamma.pdf(mean, m.p * number, scale=1 / (number * scale))
        return float(of_mean * gamma.pdf(scale, m.q, scale=1 / m.v))

    integral, _ = quad(density, 0, 10, epsabs=1e-13)
    logs = np.log(np.array([m.p, m.q, m.v]))
    value, _ = spending.log_likelihood(logs, np.array([float(number)]), np.array([mean]))
    assert np.exp(value[0]) == pytest.approx(integral, rel=1e-5)


def test_an_amount_of_few_orders_is_drawn_to_the_shop_s():
    m = Spending(6.0, 4.0, 15.0)
    usual = m.p * m.v / (m.q - 1)
    drawn = spending.expected(m, np.array([0, 1, 5, 500]), np.array([0.0, 100.0, 100.0, 100.0]))
    assert drawn[0] == pytest.approx(usual)
    assert usual < drawn[1] < drawn[2] < drawn[3] < 100 and drawn[3] == pytest.approx(100, rel=0.01)


def test_a_rhythm_of_ones_own_weighs_by_how_much_of_it_there_is():
    usual = np.full(4, 30.0)
    found = intervals.interval(np.array([np.nan, 10.0, 10.0, 10.0]), np.array([0, 1, 4, 400]), usual)
    assert found == pytest.approx([30, np.exp((np.log(10) + 4 * np.log(30)) / 5), np.sqrt(300), 10], rel=0.02)


def test_rhythms_count_a_day_once_and_what_is_usual_needs_twenty_gaps():
    key, day = np.array([1, 1, 1, 1, 2, 2, 3]), np.array([5, 5, 15, 45, 0, 7, 9])
    found = intervals.rhythms(key, day, np.array([-1, 0, 1, -1]))
    assert found.key.tolist() == [1, 2, 3] and found.last.tolist() == [45, 7, 9]
    assert found.gaps.tolist() == [2, 1, 0] and found.own[:2].tolist() == [20, 7] and np.isnan(found.own[2])
    assert found.usual.tolist() == [10, 10, 10]
    many = np.repeat(np.arange(30), 2)
    of_30 = intervals.rhythms(many, np.tile([0, 4], 30), np.full(30, 7))
    assert (of_30.usual == 4).all()
    mixed = intervals.rhythms(
        np.append(many, many + 30), np.append(np.tile([0, 4], 30), np.tile([0, 90], 30)), np.repeat([7, -1], 30)
    )
    assert mixed.usual[0] == 4 and mixed.usual[-1] == 47  # who is like nobody has the whole shop's


def test_who_has_been_silent_for_twice_their_rhythm_is_expected_no_longer():
    likely = np.array([True, True, False])
    assert intervals.expected(np.array([60, 61, 0]), np.full(3, 30.0), likely).tolist() == [True, False, False]


# ── measures ──

SCORES = st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=40)


@given(SCORES)
@settings(max_examples=60)
def test_auc_is_the_share_of_pairs_in_the_right_order(rows):
    score, flags = np.array([row[0] for row in rows], float), np.array([row[1] for row in rows])
    pairs = [(a > b) + (a == b) / 2 for a in score[flags] for b in score[~flags]]
    found = validating.auc(score, flags)
    assert found is None if not pairs else found == pytest.approx(np.mean(pairs))


@given(SCORES, st.sampled_from([0.1, 0.25, 0.5, 1.0]))
@settings(max_examples=60)
def test_what_the_first_captured_is_the_mean_over_orders_of_equal_ones(rows, share):
    score, worth = np.array([row[0] for row in rows], float), np.array([row[1] for row in rows], float)
    if not worth.sum():
        assert validating.captured(score, worth, share)[0] == 0
        return
    left, total = share * len(score), 0.0
    for each in sorted(set(score), reverse=True):
        group = worth[score == each]
        part = min(max(left / len(group), 0), 1)
        total += part * group.sum()
        left -= len(group)
    assert validating.captured(score, worth, share)[0] == pytest.approx(total / worth.sum())


@given(st.lists(st.tuples(st.integers(0, 300), st.floats(0, 1)), min_size=1, max_size=300))
@settings(max_examples=40)
def test_a_curve_never_falls_and_comes_to_the_whole(rows):
    x, y = (np.array([row[n] for row in rows], float) for n in range(2))
    curve = validating.rising(x, y)
    assert all(low <= high + 1e-12 for low, high in pairwise(curve[1]))
    assert y.min() - 1e-9 <= curve[1][0] and curve[1][-1] <= y.max() + 1e-9


def test_a_level_makes_chances_come_to_what_happened():
    chance = np.linspace(0.05, 0.9, 4_000)
    happened = np.arange(4_000) % 10 < 7
    at = validating.at_level(chance, validating.level(chance, happened))
    assert at.mean() == pytest.approx(0.7, abs=0.005)
    assert (np.argsort(at, kind="stable") == np.arange(4_000)).all()
    few = validating.level(np.array([0.5, 0.5]), np.array([True, True]))
    assert 0 < few < 1.2  # two customers move it little
    assert validating.level(np.zeros(0), np.zeros(0, bool)) == 0


def test_a_power_and_a_level_come_to_what_was_observed():
    value = np.geomspace(1, 1e4, 500)
    power, level = validating.powered(value, 0.2 * value**1.2)
    assert (power, level) == pytest.approx((1.2, 0.2), rel=1e-3)
    assert validating.powered(np.zeros(3), np.zeros(3)) == (1, 1)
    assert validating.powered(value, value**3)[0] == pytest.approx(1.5, abs=1e-6)


def test_the_calibration_keeps_equal_ones_together():
    groups = validating.calibration(np.array([0.1] * 50 + [0.9] * 50), np.array([0.0] * 100))
    assert [(group.predicted, group.customers) for group in groups] == [(0.1, 50), (0.9, 50)]
    assert validating.calibration(np.zeros(0), np.zeros(0)) == ()


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(-1, 2)), min_size=1, max_size=30))
@settings(max_examples=60)
def test_bands_of_many_are_those_of_each(rows):
    bands = score_of("churn").bands
    assert bands is not None
    value, before = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    found = validating.banded(bands.names, bands.enter, bands.leave, value, before)
    names = [bands.names[n] if n >= 0 else "" for n in before]
    assert [bands.names[n] for n in found] == [
        band_of(bands, float(each), was) for each, was in zip(value, names, strict=True)
    ]


def test_ranks_out_of_100_keep_equal_ones_together():
    assert validating.out_of_100(np.array([1.0, 1.0, 2.0, 3.0])).tolist() == [50, 50, 75, 100]
    assert validating.out_of_100(np.arange(1_000.0)).min() == 1
    assert validating.out_of_100(np.zeros(0)).tolist() == []


# ── what is known ──


def dated_of(data: Data, zone: str = "UTC") -> Dated:
    return dated(data.orders, zone)


def test_days_are_the_shop_s_and_count_once():
    new_year = 1_704_067_200_000  # 2024-01-01, in London; in New York it is still 2023
    orders = [(1, new_year - DAY // 2, MILLION), (1, new_year - DAY // 3, 2 * MILLION), (1, new_year + 1, MILLION)]
    data = shop([*orders, (2, new_year, NOT_TOLD)], new_year + 10 * DAY)
    london = dated_of(data, "Europe/London")
    h, money = histories(london, local_day(data.at, "Europe/London")), paid(london)
    assert h.repeats.tolist() == [1, 0] and h.orders.tolist() == [3, 1] and h.recency.tolist() == [1, 0]
    assert money.mean.tolist() == [2, 0] and money.days.tolist() == [2, 0] and h.spent.tolist() == [4, 0]
    assert histories(dated_of(data, "America/New_York"), 20_000).repeats.tolist() == [0, 0]
    zones = "America/New_York", "Europe/London", "Australia/Lord_Howe"
    times = np.random.default_rng(3).integers(0, data.at, 300)  # each by itself, and all at once
    for zone in zones:
        assert local_days(times, zone).tolist() == [local_day(int(each), zone) for each in times]
    assert local_days(data.orders.time[:1], "America/New_York")[0] == local_days(data.orders.time[:1], "UTC")[0]


def test_one_huge_order_counts_as_the_shop_s_largest_usual_one_and_a_wholesaler_s_as_they_are():
    orders = [(n, n * DAY, 50 * MILLION) for n in range(1, 400)]
    wholesale = [(1_000, day * DAY, 9_000 * MILLION) for day in (5, 50, 90)]
    data = dated_of(shop([*orders, *wholesale, (7, 300 * DAY, 10**13)], 400 * DAY))
    h, money = histories(data, 400), paid(data)
    assert money.mean[h.contact == 7][0] < 5_000
    assert money.mean[h.contact == 1_000][0] == 9_000
    assert h.spent[h.contact == 7][0] == 10_000_050


def test_done_begins_after_the_cut_and_ends_with_its_last_day():
    cut = 100 * DAY - 1
    orders = [(1, 50 * DAY, MILLION), (1, 100 * DAY, MILLION), (1, 190 * DAY - 1, MILLION), (2, 0, 1), (3, 99 * DAY, 1)]
    late = [(2, 190 * DAY, MILLION), (4, 120 * DAY, MILLION), (3, cut, 1)]
    found = done(dated_of(shop([*orders, *late], 300 * DAY)), cut, 99, 90, np.array([1, 2, 3]))
    assert found.orders.tolist() == [2, 0, 0] and found.first.tolist() == [1, -1, -1]
    assert found.spent.tolist() == [2, 0, 0]


def test_fifths_are_those_of_the_condition_rfm():
    """A score of s or more is being among the top 20 · (6 - s) percent: less than as many are better."""
    values = np.array([1] * 7 + [2] * 3 + [3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    found = rfm.fifths(values)
    for value, score in zip(values, found, strict=True):
        better = (values > value).sum()
        assert score == max(s for s in range(1, 6) if better * 100 < 20 * (6 - s) * len(values))
    assert rfm.fifths(np.full(9, 3)).tolist() == [5] * 9


def test_the_grid_counts_everybody_once():
    data = simulated(300, 300, seed=3)
    h = histories(dated_of(data), local_day(data.at, "UTC"))
    found = rfm.grid(h, data.at)
    assert sum(cell.customers for cell in found.cells) == found.customers == sum(found.monetary) == 300
    assert sum(cell.spent for cell in found.cells) == pytest.approx(h.spent.sum(), abs=1)
    assert list(found.frequency_edges) == sorted(found.frequency_edges)
    assert list(found.recency_edges) == sorted(found.recency_edges, reverse=True)
    assert rfm.grid(histories(dated_of(shop([], 1)), 1), 1).cells == ()
