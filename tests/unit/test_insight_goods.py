"""What goes with what, what is bought again, what is popular and which categories somebody likes: against counting by
hand, at the bounds, and as good as it was measured to be on a real shop's history."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from itertools import permutations
from math import sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.insight import affinity, baskets, recommending
from functions.insight.seam import Acts, Data, Lines, Named, Orders
from shared.domain.events import DAY, Instant, parse_instant
from shared.domain.insight import Result
from shared.domain.profiles import Profile
from shared.domain.profiles.orders import Order
from shared.domain.recommendations import (
    LEAST,
    MAX_LISTED,
    MAX_WITH,
    Again,
    Goes,
    Reason,
    Recommendations,
    recommended,
)
from tests.unit.online_retail import sample_lines, whole_lines

NOW = parse_instant("2026-11-28T03:00:00Z")
Row = tuple[int, Instant, str]


def lines(rows: Iterable[Row], categories: dict[str, str] | None = None) -> Lines:
    several = sorted(set(rows))
    contact, when, product = zip(*several, strict=True) if several else ((), (), ())
    return Lines(
        np.array(contact, np.int64),
        np.array(when, np.int64),
        Named.of(product),
        Named.of([(categories or {}).get(each, "") for each in product]),
        np.full(len(several), 1_000_000, np.int64),
    )


def order(contact: int, ago: Instant, *products: str) -> list[Row]:
    return [(contact, NOW - ago, each) for each in products]


def goods(of: Lines, t: Instant = NOW, method: str = "cosine") -> dict[str, list[str]]:
    orders = baskets.baskets(of, t)
    found = recommending.METHODS[method](orders)
    listed: dict[str, list[str]] = {}
    for first, other in zip(orders.products[found.first].tolist(), orders.products[found.other].tolist(), strict=True):
        listed.setdefault(first, []).append(other)
    return listed


def data(of: Lines, t: Instant = NOW) -> Data:
    nothing = np.empty(0, np.int64)
    acts = Acts(nothing, nothing, nothing, Named.of([]), nothing)
    return Data(t, "GBP", "UTC", Orders(nothing, nothing, nothing), of, acts)


# ── together ──

some_orders = st.lists(
    st.tuples(st.integers(1, 6), st.integers(1, 9), st.sets(st.sampled_from("abcde"), min_size=1, max_size=4)),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(some_orders)
def test_what_goes_together_is_what_counting_by_hand_gives(several: list[tuple[int, int, set[str]]]) -> None:
    of = {(contact, day): products for contact, day, products in several}
    alone = Counter(product for products in of.values() for product in products)
    both = Counter(pair for products in of.values() for pair in permutations(sorted(products), 2))
    bought = {(contact, product) for (contact, _), products in of.items() for product in products}
    people = {one: {contact for contact, product in bought if product == one} for one in alone}
    expected: dict[str, list[str]] = {}
    for one in sorted(alone):
        near = {
            two: both[one, two] / (sqrt(alone[one] * alone[two]) + baskets.SHRINKAGE)
            for two in alone
            if both[one, two] >= LEAST and len(people[one] & people[two]) >= LEAST
        }
        if near:
            expected[one] = sorted(near, key=lambda two: (-near[two], two))
    rows = [row for (contact, day), products in of.items() for row in order(contact, day * DAY, *products)]
    assert goods(lines(rows)) == expected


@pytest.mark.parametrize("method", recommending.METHODS)
def test_what_one_customer_buys_all_the_time_goes_with_nothing(method: str) -> None:
    """Of ten thousand orders of theirs, the newest count, and they are one of the LEAST people."""
    rows = [row for number in range(10_000) for row in order(1, number * DAY // 20, "a", "b")]
    of = lines([*rows, *order(2, DAY, "a", "b")])
    assert len(baskets.baskets(of, NOW)) == baskets.MAX_ORDERS + 1
    assert goods(of, method=method) == {}


@pytest.mark.parametrize("method", recommending.METHODS)
def test_a_product_in_every_order_goes_with_nothing_better_than_what_belongs_together(method: str) -> None:
    rows = []
    for contact in range(300):
        pair = (f"p{contact % 10}", f"q{contact % 10}")
        rows += order(contact, (1 + contact % 80) * DAY, "bag", *pair, f"r{contact % 7}")
    found = goods(lines(rows), method=method)
    assert all(found[f"p{n}"][0] == f"q{n}" for n in range(10))


def test_a_hundred_thousand_products_take_seconds() -> None:
    draw = np.random.default_rng(5)
    orders, of_each = 40_000, 5
    contact = np.repeat(np.arange(orders) % 20_000, of_each)
    when = NOW - np.repeat(draw.integers(1, 700, orders) * DAY + np.arange(orders), of_each)
    product = np.char.add("p", draw.integers(0, 100_000, orders * of_each).astype(str))
    product[::of_each] = "bag"  # in every order
    by = np.lexsort((product, when, contact))
    of = Lines(
        contact[by], when[by], Named.of(product[by]), Named.of(np.full(len(by), "")), np.full(len(by), 1, np.int64)
    )
    begun = time.process_time()
    found = recommending.work_out(data(of)).lists["recommended"]
    assert time.process_time() - begun < 30
    assert isinstance(found, dict)
    assert max(len(each) for each in found["by_product"].values()) <= MAX_WITH


@pytest.mark.parametrize("method", recommending.METHODS)
def test_nothing_comes_of_nothing(method: str) -> None:
    assert goods(lines([]), method=method) == {}
    assert goods(lines(order(1, DAY, "a")), method=method) == {}
    assert recommending.work_out(data(lines([]))).lists["recommended"] == {
        "by_category": {},
        "by_product": {},
        "again": {},
        "better": False,
    }
    assert affinity.work_out(data(lines([]))).scores == ()


# ── again ──


def test_what_people_buy_again_is_a_consumable_and_says_after_how_long() -> None:
    rows = []
    for contact in range(40):
        rows += order(contact, 300 * DAY, "pot", "tea")
        rows += order(contact, (300 - 20 - contact % 21) * DAY, "tea")
    of = baskets.baskets(lines(rows), NOW)
    assert {str(of.products[each]): days for each, days in baskets.again(of, NOW).items()} == {"tea": 29}


def test_one_who_orders_twice_on_a_day_and_two_people_make_no_consumable() -> None:
    rows = [row for contact in range(9) for row in (*order(contact, DAY, "a"), *order(contact, DAY + 9, "a"))]
    rows += [row for contact in range(2) for row in (*order(contact, 200 * DAY, "b"), *order(contact, DAY, "b"))]
    assert baskets.again(baskets.baskets(lines(rows), NOW), NOW) == {}


def test_in_a_shop_where_nothing_repeats_nothing_is_bought_again() -> None:
    rows = [row for contact in range(500) for row in order(contact, (1 + contact % 400) * DAY, "sofa")]
    assert baskets.again(baskets.baskets(lines(rows), NOW), NOW) == {}


# ── popular ──


def test_what_most_people_bought_in_thirty_days_comes_first_and_then_in_ninety() -> None:
    rows = [row for contact in range(3) for row in order(contact, DAY, "new")]
    rows += [row for contact in range(9) for row in order(contact, 60 * DAY, "old", "new")]
    rows += [row for contact in range(2) for row in order(contact, DAY, "two people's")]
    rows += [row for contact in range(9) for row in order(contact, 91 * DAY, "long ago")]
    rows += [(1, NOW - each * DAY, "often") for each in range(1, 30)]
    found = affinity.popular(lines(rows, {"new": "Tea", "old": "Cups"}), NOW)
    assert found == {"": ["new", "old"], "tea": ["new"], "cups": ["old"]}


def test_a_list_has_no_more_than_it_may() -> None:
    rows = [row for contact in range(3) for row in order(contact, DAY, *(f"p{n:02}" for n in range(40)))]
    assert affinity.popular(lines(rows), NOW) == {"": [f"p{n:02}" for n in range(MAX_LISTED)]}


# ── categories ──

CATEGORIES = {"assam": "Tea", "mug": "Cups", "cake": "Cakes"}


def shop_of(customers: int) -> list[Row]:
    """Half of them buy tea, and half of them cups, and keep to it; nobody's are the most people's."""
    rows = []
    for contact in range(customers):
        product = ("assam", "mug")[contact % 2]
        rows += order(contact, (100 + contact % 90) * DAY, product) + order(contact, (1 + contact % 60) * DAY, product)
    return rows


def test_the_category_of_the_newest_orders_comes_first_and_many_old_ones_outweigh_one() -> None:
    rows = [*order(1, 10 * DAY, "assam"), *order(1, 100 * DAY, "mug"), *order(1, 120 * DAY, "mug")]
    found = affinity.liked(lines(rows, CATEGORIES), NOW)
    assert found.category.texts.tolist() == ["Cups", "Tea"]
    assert found.products.tolist() == [2, 1]
    assert found.weight == pytest.approx([2 ** (-100 / 180) + 2 ** (-120 / 180), 2 ** (-10 / 180)])
    old = affinity.liked(lines(rows[:2], CATEGORIES), NOW)
    assert old.category.texts.tolist() == ["Tea", "Cups"]


def test_each_product_of_an_order_counts_for_its_category() -> None:
    rows = order(1, DAY, "assam", "sencha", "mug")
    found = affinity.liked(lines(rows, {**CATEGORIES, "sencha": "Tea"}), NOW)
    assert (found.category.texts.tolist(), found.products.tolist()) == (["Tea", "Cups"], [2, 1])


def test_everybody_is_told_their_categories_once_they_are_foreseen_better_than_by_what_is_popular() -> None:
    found = affinity.work_out(data(lines(shop_of(120), CATEGORIES)))
    (scores,) = found.scores
    assert (scores.score, scores.trait, scores.basis) == ("categories", "predicted_categories", "model")
    assert [scores.told[at] for at in (0, 1)] == [["Tea"], ["Cups"]]
    assert scores.reasons[0] == [{"code": "bought", "value": 2.0, "effect": 0.0, "about": "Tea"}]
    assert scores.contact.tolist() == list(range(120))
    result = Result.model_validate(found.results["categories"])
    assert result.given
    assert result.validation is not None
    assert (result.validation.model.hits, result.validation.rule.hits) == (1.0, 0.5)
    assert "100.0 %" in result.validation.sentence


def test_where_all_buy_the_same_the_simple_rule_gives_the_score() -> None:
    rows = [(contact, when, "assam") for contact, when, _ in shop_of(120)]
    (scores,) = affinity.work_out(data(lines(rows, CATEGORIES))).scores
    assert scores.basis == "simple"
    assert set(map(tuple, scores.told)) == {("Tea",)}


def test_the_check_of_categories_counts_as_one_would_by_hand() -> None:
    """Of sixty people who bought at random, contact by contact."""
    draw = np.random.default_rng(5)
    goods = {f"g{n}": ("", "Tea", "Cups", "Cakes")[n % 4] for n in range(12)}
    rows = [
        row
        for n in range(60)
        for _ in range(int(draw.integers(1, 9)))
        for row in order(n, int(draw.integers(1, 200)) * DAY, *(f"g{each}" for each in draw.integers(0, 12, 3)))
    ]
    of, cut = lines(rows, goods), NOW - affinity.HORIZON
    first: dict[int, str] = {}
    before = affinity.liked(of, cut)
    for contact, name in zip(before.contact.tolist(), before.category.texts.tolist(), strict=True):
        first.setdefault(contact, name)
    then: dict[int, Counter[str]] = {}
    for contact, when, name in zip(of.contact.tolist(), of.time.tolist(), of.category.texts.tolist(), strict=True):
        if when > cut and name:
            then.setdefault(contact, Counter())[name] += 1
    most = {contact: {name for name, n in each.items() if n == max(each.values())} for contact, each in then.items()}
    both = [contact for contact in first if contact in most]
    checked = affinity.check(of, NOW)
    assert (checked.customers, checked.events) == (len(first), len(both))
    assert checked.model.hits == round(sum(first[each] in most[each] for each in both) / len(both), 6)
    assert len({frozenset(each) for each in most.values()}) > 3 and 0 < (checked.rule.hits or 0) < 1


@pytest.mark.parametrize("customers", [0, 1, 20, 99])
def test_a_small_shop_is_told_how_many_customers_it_lacks(customers: int) -> None:
    found = affinity.work_out(data(lines(shop_of(customers), CATEGORIES)))
    assert found.scores == ()
    result = Result.model_validate(found.results["categories"])
    assert not result.given
    assert result.gates[0].sentence == f"not enough: {customers} of 100 customers with an order of a known category"


def test_nobodys_categories_change_while_they_buy_nothing() -> None:
    of = lines(
        [row for n in range(40) for row in order(n % 7, n * 11 * DAY, ("assam", "mug", "cake")[n % 3])], CATEGORIES
    )
    now, later = (affinity.liked(of, t) for t in (NOW, NOW + 200 * DAY))
    assert now.category.texts.tolist() == later.category.texts.tolist()


# ── checked, and the same each time ──


def test_nothing_after_the_cut_is_read() -> None:
    of = sample_lines()
    cut = int(of.time.max()) - 90 * DAY
    until = np.flatnonzero(of.time <= cut)
    before = Lines(*(getattr(of, name)[until] for name in ("contact", "time", "product", "category", "price")))
    whole, known = (recommending.work_out(data(each, cut)) for each in (of, before))
    assert whole.lists == known.lists
    assert whole.results == known.results
    assert affinity.liked(of, cut).weight.tolist() == affinity.liked(before, cut).weight.tolist()


def test_it_comes_out_the_same_each_time_and_whatever_the_order_of_the_rows() -> None:
    of = sample_lines()
    t = int(of.time.max())
    shuffled = np.random.default_rng(3).permutation(len(of))
    other = Lines(*(getattr(of, name)[shuffled] for name in ("contact", "time", "product", "category", "price")))
    first, second, third = (recommending.work_out(data(each, t)) for each in (of, of, other))
    assert first.lists == second.lists == third.lists
    assert first.results == second.results == third.results


def test_with_too_few_orders_to_say_what_is_popular_is_recommended() -> None:
    found = recommending.work_out(data(lines(row for n in range(9) for row in order(n, DAY, "a", "b"))))
    listed: Any = found.lists["recommended"]
    assert listed["better"] is False
    assert listed["by_product"] == {"a": [["b", 474]], "b": [["a", 474]]}  # for who asks what goes with an order
    assert found.results["recommendations"]["validation"]["verdict"] == "too few data"


def test_where_all_buy_what_is_popular_it_is_recommended_and_the_result_says_so() -> None:
    draw = np.random.default_rng(2)
    rows: list[Row] = []
    for number in range(600):
        several = draw.choice(12, size=3, replace=False, p=np.r_[np.full(10, 0.099), 0.005, 0.005])
        rows += order(number % 200, (1 + number % 180) * DAY, *(f"p{each}" for each in several))
    result: Any = recommending.work_out(data(lines(rows))).results["recommendations"]
    validation = result["validation"]
    assert validation["verdict"] == (
        "model" if validation["model"]["hits"] > validation["rule"]["hits"] else "simple rule"
    )
    assert ("So what is popular is recommended." in validation["sentence"]) == (validation["verdict"] == "simple rule")


# ── bars ──


def recalls(of: Lines) -> dict[str, float]:
    """`hits`: of orders without one of their products, how often that is among the ten that go best with the rest. Of
    who had bought before the last 90 days and has since: `again`, the mean share of their next order that the ten
    first of what they had bought had; `new`, the mean share of all that they had not had and then bought that the ten
    first of what goes with theirs had; each beside the ten most popular. As emails choose them, of whole histories."""
    t = int(of.time.max())
    cut = t - 90 * DAY
    whole = baskets.baskets(of, t)
    before, after = whole.of(whole.time <= cut), whole.of(whole.time > cut)
    names = whole.products.tolist()
    goes, usual = baskets.ease(before), recommending.popularity(before, cut)
    orders = recommending.taken_out(after)
    hits = {
        "hits": recommending.hit_rate(orders, goes.matrix(len(names))),
        "hits_popular": recommending.hit_rate(orders, usual),
    }
    found_again = baskets.again(before, cut).items()
    by_product: dict[str, list[Goes]] = {}
    for one, two, weight in zip(goes.first.tolist(), goes.other.tolist(), goes.weight.tolist(), strict=True):
        by_product.setdefault(names[one], []).append(Goes(names[two], round(1000 * weight)))
    lately = 1000 / usual.max()
    consumables = {names[each]: Again(days, round(lately * float(usual[each]))) for each, days in found_again}
    popular = [names[each] for each in np.lexsort((np.arange(len(usual)), -usual))[:1000]]
    known = Recommendations(cut, {"": popular}, by_product, consumables, better=True)
    had, then = of_each(before), of_each(after)
    shares: dict[str, list[float]] = {"again": [], "again_popular": [], "new": [], "new_popular": []}
    for contact in sorted(had.keys() & then.keys()):
        profile = Profile(f"c{contact}", orders=had[contact])
        own = {product for order in had[contact].values() for product in order.properties["product_id"]}
        following = min(then[contact].values(), key=lambda order: order.placed).properties["product_id"]
        chosen = recommended(profile, known, cut)
        again = [each.product for each in chosen if each.reason == Reason.AGAIN][:10]
        shares["again"].append(len({*following} & {*again}) / len(following))
        shares["again_popular"].append(len({*following} & {*popular[:10]}) / len(following))
        new = {product for order in then[contact].values() for product in order.properties["product_id"]} - own
        if new:
            goes_with = [each.product for each in chosen if each.reason == Reason.WITH and each.product not in own]
            shares["new"].append(len(new & {*goes_with[:10]}) / len(new))
            others = [each for each in popular if each not in own]
            shares["new_popular"].append(len(new & {*others[:10]}) / len(new))
    return hits | {name: float(np.mean(several)) for name, several in shares.items()}


def of_each(of: baskets.Baskets) -> dict[int, dict[str, Order]]:
    """The orders of each contact, as a profile has them: the newest forty, to be quick."""
    found: dict[int, dict[str, Order]] = {}
    for row in range(len(of) - 1, -1, -1):
        held = found.setdefault(int(of.contact[row]), {})
        if len(held) < 40:
            several = of.bought.indices[of.bought.indptr[row] : of.bought.indptr[row + 1]]
            told = {"product_id": of.products[several].tolist()}
            held[str(row)] = Order(placed=int(of.time[row]), value=1, properties=told)
    return found


def test_on_the_sample_of_a_real_shop_it_is_better_than_what_is_popular() -> None:
    of = sample_lines()
    t = int(of.time.max())
    result: Any = recommending.work_out(data(of, t)).results["recommendations"]
    validation = result["validation"]
    assert (validation["verdict"], result["method"]) == ("model", "ease")
    assert validation["model"]["hits"] > 0.18
    assert validation["model"]["hits"] > 5 * validation["rule"]["hits"]
    found = recalls(of)
    assert found["again"] > 0.1
    assert found["again"] > 3 * found["again_popular"]


def test_on_a_real_shops_history_it_is_as_good_as_was_measured() -> None:
    """On Online Retail II: docs/insight.md has the figures."""
    of = whole_lines()
    t = int(of.time.max())
    found = recalls(of)
    assert found["hits"] > 0.27
    assert 0.02 < found["hits_popular"] < 0.045
    assert found["again"] >= 0.14
    assert found["again"] > 4 * found["again_popular"]
    assert found["new"] > 2 * found["new_popular"]
    categories = affinity.check(of, t)
    assert categories.verdict == "model"
    assert categories.model.hits is not None
    assert categories.rule.hits is not None
    assert categories.model.hits > 0.49
    assert categories.model.hits > categories.rule.hits + 0.05
