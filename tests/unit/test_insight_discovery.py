"""Segments that are proposed: those that differ, by more than chance and twice, and hold whom the language says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from functions.insight.discovery import tried_at, work_out
from functions.insight.frames import Shop
from functions.insight.seam import Data, Lines, Named, Orders
from shared.domain.conditions import Segment, parts_of
from shared.domain.conditions.orders import Rank
from shared.domain.conditions.shorthand import plain
from shared.domain.events import DAY, Event, Identity, IdentityKind, Type, iso
from shared.domain.insight import Proposals
from shared.domain.insight.proposals import MOST
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold
from shared.domain.segments import compile_segments, evaluate
from tests.unit.insight_shops import HAS_WHOLE, MILLION, online_retail, sample, shop, simulated

BEGIN = 1_704_067_200_000


def proposed(data: Data) -> Proposals:
    return Proposals.model_validate(work_out(data).results["proposals"])


def by_the_clock(draw: np.random.Generator, customers: int, days: int) -> Data:
    """Everybody orders at one rate, and nobody is ever lost: what they did says nothing of what they do next."""
    orders = []
    for contact in range(customers):
        time = draw.exponential(60) - 60  # as if the shop had been there before
        while time < days:
            if time >= 0:
                orders.append((contact, BEGIN + round(time * DAY), round(draw.gamma(6, 5) * MILLION) + 1))
            time += draw.exponential(60)
    return shop(orders, BEGIN + days * DAY - 1)


def test_a_shop_whose_customers_differ_is_shown_in_what():
    found = proposed(simulated(800, 500, seed=3))
    assert 1 <= len(found.proposals) <= MOST and found.tried > 20 and found.why_none == ""
    for each in found.proposals:
        assert Segment.model_validate(each.segment)
        assert each.chance <= 0.05 and abs(each.rate - each.rate_of_others) >= 0.08
        assert each.customers >= 50 and each.share <= 0.6
        assert f"{100 * each.rate:.0f} % ordered" in each.sentence
    assert len({each.segment["id"] for each in found.proposals}) == len(found.proposals)


def test_where_nobody_differs_nothing_is_found():
    """One shop in twenty may be wrong; of the forty here, with forty conditions each, two are."""
    shops = [by_the_clock(np.random.default_rng(seed), 400, 420) for seed in range(40)]
    wrong = [data for data in shops if proposed(data).proposals]
    assert len(wrong) <= 3
    assert "none is large enough" in proposed(next(each for each in shops if each not in wrong)).why_none


@pytest.mark.parametrize(
    "data", [shop([], BEGIN), shop([(1, BEGIN, MILLION)], BEGIN + DAY), simulated(90, 500, seed=1)]
)
def test_too_few_customers_are_said_to_be(data: Data):
    found = proposed(data)
    assert found.proposals == () and found.tried == 0
    assert found.why_none.startswith("Not enough: ") and "of 100 customers" in found.why_none


def test_a_short_history_is_said_to_be():
    assert "of 270 days of orders" in proposed(simulated(300, 200, seed=1)).why_none


def test_what_is_proposed_does_not_depend_on_the_order_of_the_rows():
    data = sample()
    by = np.random.default_rng(1).permutation(len(data.orders))
    mixed = replace(data, orders=Orders(*(getattr(data.orders, name)[by] for name in ("contact", "time", "amount"))))
    assert proposed(mixed) == proposed(data)


def test_too_many_too_alike_and_too_small_are_warned_of():
    """Two categories that the same people buy in are one segment."""
    data = simulated(900, 500, seed=8)
    keen = np.isin(data.orders.contact, np.flatnonzero(np.bincount(data.orders.contact) >= 3))
    contact, time = (np.repeat(each[keen], 2) for each in (data.orders.contact, data.orders.time))
    names = np.tile(np.array(["tea", "teapots"]), int(keen.sum()))
    lines = Lines(contact, time, Named.of(names), Named.of(names), np.full(len(contact), MILLION))
    found = proposed(replace(data, lines=lines))
    ids = [each.segment["id"] for each in found.proposals]
    assert not {"found_bought_tea", "found_bought_teapots"} <= set(ids)
    alike = [each for each in found.cautions if each.kind == "too alike"]
    assert alike and "more than half of their people" in alike[0].sentence


@pytest.mark.skipif(not HAS_WHOLE, reason="Online Retail II is not here (ONLINE_RETAIL_II)")
def test_the_whole_shop_has_a_handful():
    found = proposed(online_retail())
    assert len(found.proposals) == MOST
    assert {each.kind for each in found.cautions} >= {"too many", "too alike"}


def test_each_condition_that_is_tried_holds_those_whom_the_segment_language_says():
    data = sample()
    people = np.unique(data.orders.contact)[:60]
    of, in_ = np.isin(data.orders.contact, people), np.isin(data.lines.contact, people)
    few = replace(
        data,
        orders=Orders(*(getattr(data.orders, name)[of] for name in ("contact", "time", "amount"))),
        lines=Lines(*(getattr(data.lines, name)[in_] for name in ("contact", "time", "product", "category", "price"))),
    )
    frame = Shop(few).frame(few.at)
    tried = tried_at(frame, frame, frame)
    segments = [
        Segment.model_validate(
            {"id": f"s{n}", "name": "S", "sentence": "S.", "group": "behavioural", "when": candidate.when}
        )
        for n, candidate in enumerate(tried.candidates)
    ]
    ranked = [any(isinstance(part, Rank) for part in parts_of(plain(segment.when))) for segment in segments]
    asked = compile_segments([segment for segment, by_rank in zip(segments, ranked, strict=True) if not by_rank])
    for row, contact in enumerate(frame.h.contact):
        profile = Profile(f"c{contact}")
        for event in orders_of(few, int(contact)):
            fold(profile, event, asked.asked)
        for n, segment in enumerate(segments):
            if not ranked[n]:
                assert evaluate(asked, segment.id, profile, few.at)[0] == tried.held[n][0][row], segment.when


def orders_of(data: Data, contact: int) -> list[Event]:
    found = []
    mine = data.lines.contact == contact
    product, category = data.lines.product.texts, data.lines.category.texts
    for time, amount in zip(
        *(each[data.orders.contact == contact] for each in (data.orders.time, data.orders.amount)), strict=True
    ):
        here = np.flatnonzero(mine & (data.lines.time == time))
        products = [
            {
                "product_id": str(product[n]),
                "category": str(category[n]),
                "price": 1,
                "quantity": 1,
            }
            for n in here
        ]
        at = int(time)
        found.append(
            Event(
                id=f"{contact} {at}",
                type=Type.ORDER_COMPLETED,
                time=at,
                stated=at,
                received=at,
                source="shopify",
                identities=(Identity(kind=IdentityKind.SHOPIFY, value=str(contact)),),
                properties={
                    "order_id": f"{contact} {at}",
                    "total": int(amount) / MILLION,
                    "ordered_at": iso(at),
                    "products": [{key: value for key, value in each.items() if value != ""} for each in products],
                },
            )
        )
    return found
