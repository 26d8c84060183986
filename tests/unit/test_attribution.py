"""Attribution: six ways to divide what orders are worth, held against hand-computed examples, a solution by numpy, and
paths that are put together in Python from the same orders and clicks."""

from __future__ import annotations

import csv
import gzip
import random
from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise, permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

from shared.adapters import queries
from shared.adapters.queries import Question
from shared.domain.events import DAY, HOUR, Event, Identity, IdentityKind, Type, iso, parse_instant
from shared.domain.experiments.rates import Arm
from shared.domain.reports import attribution as reports
from shared.domain.reports.attribution import (
    MAX_CHANNELS,
    MODELS,
    OTHERS,
    Attribution,
    Credit,
    Lost,
    Path,
    Stop,
    attribution,
    credits,
    linear,
    position_based,
    read,
    removal_effects,
    time_decay,
)
from shared.domain.reports.direct_effect import Beside, effect
from shared.domain.reports.direct_effect import read as read_effects
from shared.domain.segments import compile_segments
from tests.unit.online_retail import SAMPLE
from tests.unit.sql_lake import Lake

CHANNELS = ["campaign:a", "campaign:b", "journey:c", "coupon:d"]


def stops(*channels: str) -> tuple[Stop, ...]:
    return tuple(Stop(channel, len(channels) - 1 - n) for n, channel in enumerate(channels))


@st.composite
def some_stops(draw: st.DrawFn, least: int = 0) -> tuple[Stop, ...]:
    days = sorted(draw(st.lists(st.integers(0, 29), min_size=least, max_size=6)), reverse=True)
    return tuple(Stop(draw(st.sampled_from(CHANNELS)), each) for each in days)


@st.composite
def some_paths(draw: st.DrawFn, least: int = 0) -> list[Path]:
    path = st.builds(Path, some_stops(least), st.integers(1, 9), st.integers(-500, 10**9))
    return draw(st.lists(path, max_size=8))


some_lost = st.lists(
    st.builds(Lost, st.lists(st.sampled_from(CHANNELS), min_size=1, max_size=6).map(tuple), st.integers(1, 9)),
    max_size=8,
)


def by_model(found: Attribution, model: str) -> dict[str, Credit]:
    return {each.channel: each.by[model] for each in found.channels}


# ── the models ──


def test_each_model_divides_one_order_as_it_says() -> None:
    path = Path((Stop("a:1", 4), Stop("a:2", 2), Stop("a:3", 2), Stop("a:1", 0)), 1, 10_000)
    found = attribution([path], [], half_life=2)
    told = {model: {name: credit.revenue for name, credit in by_model(found, model).items()} for model in MODELS}
    assert told == {
        "first": {"a:1": 10_000, "a:2": 0, "a:3": 0},
        "last": {"a:1": 10_000, "a:2": 0, "a:3": 0},
        "linear": {"a:1": 5_000, "a:2": 2_500, "a:3": 2_500},
        "position": {"a:1": 8_000, "a:2": 1_000, "a:3": 1_000},
        # 1/4, 1/2, 1/2 and 1 of 2 1/4.
        "decay": {"a:1": 5_556, "a:2": 2_222, "a:3": 2_222},
        # A chain remembers nothing: of who is at 1 half order, and half go on to 2, without whom they would be lost.
        "data": {"a:1": 5_000, "a:2": 2_500, "a:3": 2_500},
    }


@given(some_paths(), some_lost, st.sampled_from([2, 7]))
@example([Path((), 3, 700)], [], 2)
@example([Path(stops("a:1", "a:2"), 1, -3)], [], 2)
def test_channels_and_none_add_up_to_what_orders_are_worth(paths: list[Path], lost: list[Lost], half_life: int) -> None:
    found = attribution(paths, lost, half_life)
    assert found.revenue == sum(path.revenue for path in paths)
    for model in MODELS:
        given_ = by_model(found, model).values()
        assert found.none_revenue + sum(each.revenue for each in given_) == found.revenue
        assert 100 * found.none_orders + sum(each.orders for each in given_) == 100 * found.orders
        assert all(each.orders >= 0 for each in given_)


@given(st.lists(st.builds(Path, some_stops(1).map(lambda each: each[:1]), st.integers(1, 9), st.integers(0, 10**9))),
       some_lost)  # fmt: skip
def test_where_every_path_has_one_stop_all_models_say_the_same(paths: list[Path], lost: list[Lost]) -> None:
    found = attribution(paths, lost, 2)
    assert len({tuple(sorted(by_model(found, model).items())) for model in MODELS}) <= 1


@given(some_paths(1))
def test_linear_asks_for_no_order_of_stops_or_of_paths(paths: list[Path]) -> None:
    turned = [path._replace(stops=path.stops[::-1]) for path in reversed(paths)]
    assert credits(paths, linear) == credits(turned, linear)


@given(st.lists(st.integers(0, 29), min_size=2, max_size=8, unique=True), st.sampled_from([2, 7]))
def test_time_decay_gives_the_later_more_and_half_as_much_a_half_life_before(days: list[int], half_life: int) -> None:
    path = tuple(Stop(f"a:{each}", each) for each in sorted(days, reverse=True))
    shares = time_decay(path, half_life)
    assert [stop.channel for stop in path] == sorted(shares, key=lambda channel: shares[channel])
    for one, other in permutations(path, 2):
        if one.days - other.days == half_life:
            assert shares[one.channel] == pytest.approx(shares[other.channel] / 2)


@pytest.mark.parametrize(
    ("number", "shares"), [(1, [1.0]), (2, [0.5, 0.5]), (3, [0.4, 0.2, 0.4]), (4, [0.4, 0.1, 0.1, 0.4])]
)
def test_position_gives_40_20_40(number: int, shares: list[float]) -> None:
    assert list(position_based(stops(*(f"a:{n}" for n in range(number)))).values()) == pytest.approx(shares)


# ── the chain ──


def test_removal_effects_are_those_of_a_chain_one_can_work_out_by_hand() -> None:
    """Three people: one by 1, 2 and 3 to an order, one by 1 and one by 2 and 3 to none. Two of three begin at 1, of
    whom one of two goes on to 2; who is at 2 goes on to 3, and from there every other orders: 2/3 · 1/2 · 1/2 + 1/3 ·
    1/2 = 1/3 of all. Without 1 one of six is left, half of them; without 2 or 3 nobody."""
    paths, lost = [Path(stops("a:1", "a:2", "a:3"), 1, 100)], [Lost(("a:1",), 1), Lost(("a:2", "a:3"), 1)]
    assert removal_effects(paths, lost) == pytest.approx({"a:1": 0.5, "a:2": 1.0, "a:3": 1.0})
    found = attribution(paths, lost, 2)
    assert {name: credit.revenue for name, credit in by_model(found, "data").items()} == {
        "a:1": 20, "a:2": 40, "a:3": 40,
    }  # fmt: skip


def test_a_chain_that_goes_in_circles() -> None:
    """From 1 half go on to 2 and half order; from 2 half go back to 1 and half are lost. 2/3 of all order: all by 1,
    and of those who come to 2, who are half of all, a third do."""
    paths = [Path(stops("a:1"), 1, 0), Path(stops("a:1", "a:2", "a:1"), 1, 0)]
    lost = [Lost(("a:1", "a:2"), 1)]
    assert removal_effects(paths, lost) == pytest.approx({"a:1": 1.0, "a:2": 0.5 * (1 / 3) / (2 / 3)})


def without(paths: list[Path], lost: list[Lost], gone: str | None) -> float:
    """The chance of an order by numpy, of the chain in which whoever comes to `gone` is lost."""
    states = ["start", *CHANNELS, "order", "nothing"]
    place = {state: n for n, state in enumerate(states)}
    times = np.zeros((len(states), len(states)))
    walks = [(["start", *(stop.channel for stop in path.stops), "order"], path.orders) for path in paths if path.stops]
    for walk, n in [*walks, *((["start", *each.channels, "nothing"], each.times) for each in lost)]:
        for one, other in pairwise(walk):
            times[place[one], place["nothing" if other == gone else other]] += n
    inner = len(states) - 2
    chances = times / np.maximum(times.sum(axis=1, keepdims=True), 1)
    return float(np.linalg.solve(np.eye(inner) - chances[:inner, :inner], chances[:inner, inner])[0])


@given(some_paths(), some_lost)
def test_removal_effects_are_those_of_the_chain_with_the_channel_taken_out(paths: list[Path], lost: list[Lost]) -> None:
    whole = without(paths, lost, None)
    found = removal_effects(paths, lost)
    for channel, of in found.items():
        expected = 1 - without(paths, lost, channel) / whole if whole > 0 else 0.0
        assert of == pytest.approx(expected, abs=1e-9)


def test_of_very_many_channels_the_rarest_are_one() -> None:
    often = [Path(stops(f"a:{n}"), 2, 100) for n in range(MAX_CHANNELS)]
    found = attribution([*often, Path(stops("a:900"), 1, 7), Path(stops("a:901", "a:902"), 1, 8)], [], 2)
    assert len(found.channels) == MAX_CHANNELS + 1
    assert by_model(found, "last")[OTHERS] == Credit(200, 15)


# ── the paths, out of the lake ──

NOW = parse_instant("2026-11-29T03:00:00Z")


def event(n: int, type_: str, time: int, contact: str, **properties: object) -> Event:
    return Event(
        id=f"{n:032x}",
        type=type_,
        time=time,
        stated=time,
        received=time,
        source="ses" if type_.startswith("Email") else "shopify",
        identities=(Identity(kind=IdentityKind.CONTACT, value=contact),),
        properties=properties,
    )


TODAY = date(2026, 11, 29)


def question(now: int, today: date, window: int) -> Question:
    asked = (str(window * DAY), *(day.isoformat() for day in reports.first_days(today)), str(now))
    return queries.question("attribution", *asked, over=(now - 400 * DAY, now))


def answered(asked: Question, events: dict[str, list[Event]], now: int) -> list[dict[str, Any]]:
    """The rows of a query, as Athena gives them."""
    sql = asked.sql
    for text in asked.texts:
        sql = sql.replace("?", f"'{text}'", 1)
    return Lake([], events, compile_segments([]), now).rows(sql)


def found_paths(
    events: dict[str, list[Event]], window: int, now: int = NOW, today: date = TODAY
) -> list[dict[str, Any]]:
    found = answered(question(now, today, window), events, now)
    return [{**row, "path": None if row["path"] is None else f"[{', '.join(row['path'])}]"} for row in found]


def contact_of(n: int) -> str:
    return f"c{n:015x}{0:016x}"


def test_a_path_is_of_the_emails_people_clicked_in_within_the_window_and_of_codes() -> None:
    one, two, three = contact_of(1), contact_of(2), contact_of(3)
    at = NOW - 10 * DAY

    def click(n: int, contact: str, before: int, message: str, human: bool = True, **tags: str) -> Event:
        return event(n, Type.EMAIL_CLICKED, at - before, contact, message=message, human=human, **tags)

    events = {
        one: [
            click(1, one, 5 * DAY, "m0", campaign="too_early"),
            click(2, one, 5 * DAY - 1, "m1", campaign="spring"),
            click(3, one, DAY, "m2", journey="welcome"),
            click(4, one, HOUR, "m2", journey="welcome"),  # the same email: one stop, at its last click
            click(5, one, HOUR, "m3", human=False, campaign="by_a_machine"),
            click(6, one, -HOUR, "m4", campaign="after"),
            event(7, Type.ORDER_COMPLETED, at, one, order_id="1", total="30.00", coupon_pool=["back"]),
            event(8, Type.ORDER_REFUNDED, at + DAY, one, order_id="1", amount="10.00"),
        ],
        two: [
            click(9, two, HOUR, "m5", campaign="spring"),
            event(10, Type.ORDER_COMPLETED, at, two, order_id="2", total="99.00"),
            event(11, Type.ORDER_CANCELLED, at + HOUR, two, order_id="2", total="99.00"),
        ],
        three: [
            event(12, Type.ORDER_COMPLETED, at, three, order_id="3", total="7.00"),
            event(13, Type.ORDER_COMPLETED, at - 60 * DAY, three, order_id="4", total="8.00"),
            click(14, three, 59 * DAY, "m6", campaign="spring"),
            click(15, three, 57 * DAY, "m7"),
            click(16, three, -9 * DAY, "m8", campaign="may_yet_be_followed"),
        ],
    }
    rows = found_paths(events, 5)
    told = {(row["came_to"], row["period"], row["path"], row["orders"], row["revenue"]) for row in rows}
    assert told == {
        ("order", 30, "[campaign:spring@4, journey:welcome@0, coupon:back@0]", 1, 2000),
        ("order", 30, None, 1, 700),
        ("order", 90, None, 1, 800),
        ("lost", 30, "[campaign:too_early@0]", 1, 0),
        ("lost", 30, "[campaign:after@0]", 1, 0),
        # Their own order was before it, and what was cancelled is none.
        ("lost", 30, "[campaign:spring@0]", 1, 0),
        ("lost", 90, "[campaign:spring@0, other:emails@0]", 1, 0),
    }
    assert read(rows, 30)[0] == [
        Path((Stop("campaign:spring", 4), Stop("journey:welcome", 0), Stop("coupon:back", 0)), 1, 2000),
        Path((), 1, 700),
    ]


def test_orders_of_a_real_shop_with_made_clicks_come_to_the_figures_worked_out_one_by_one() -> None:
    """Online Retail II's orders; before every third one or more emails, and as many that nobody ordered after."""
    draw = random.Random(2012)
    worth: Counter[tuple[str, int]] = Counter()
    with gzip.open(SAMPLE / "order_lines.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if int(row["quantity"]) > 0:
                cents = round(100 * int(row["quantity"]) * float(row["price"]))
                worth[contact_of(int(row["customer"])), parse_instant(row["time"])] += cents
    now = max(time for _, time in worth) + DAY
    today = date.fromisoformat(iso(now)[:10])
    channels = [("campaign", "spring"), ("campaign", "sale"), ("journey", "welcome"), ("journey", "win_back")]
    clicks: dict[str, list[tuple[int, str, str]]] = defaultdict(list)  # time, message, channel
    for n, (contact, time) in enumerate(sorted(worth)):
        for k in range(draw.choice([0, 0, 1, 2, 3]) if n % 3 == 0 else 0):
            kind, name = draw.choice(channels)
            clicks[contact].append((time - draw.randrange(40 * DAY), f"m{n}-{k}", f"{kind}:{name}"))
        if draw.random() < 0.1:
            clicks[contact].append((time + draw.randrange(1, 40 * DAY), f"n{n}", "campaign:sale"))
    events: dict[str, list[Event]] = defaultdict(list)
    number = 0
    for contact, several in clicks.items():
        for time, message, channel in several:
            kind, _, name = channel.partition(":")
            tags = {kind: name, "message": message}
            events[contact].append(event(number := number + 1, Type.EMAIL_CLICKED, time, contact, human=True, **tags))
    for n, ((contact, time), cents) in enumerate(sorted(worth.items())):
        told = {"order_id": f"o{n}", "total": f"{cents / 100:.2f}"}
        events[contact].append(event(number := number + 1, Type.ORDER_COMPLETED, time, contact, **told))
    for window, half_life in reports.WINDOWS.items():
        expected: Counter[tuple[tuple[Stop, ...], int]] = Counter()
        revenue = 0
        first = parse_instant(f"{reports.first_days(today)[0]}T00:00:00Z")
        for (contact, time), cents in worth.items():
            before = sorted((t, m, c) for t, m, c in clicks[contact] if 0 <= time - t < window * DAY)
            if time >= first:
                expected[tuple(Stop(c, (time - t) // DAY) for t, _, c in before), cents] += 1
                revenue += cents
        paths, lost = read(found_paths(events, window, now, today), 365)
        assert sum(path.revenue for path in paths) == revenue
        by_path: Counter[tuple[Stop, ...]] = Counter()
        for (path, cents), times in expected.items():
            by_path[path] += cents * times
        assert sum((Counter({path.stops: path.revenue}) for path in paths), Counter()) == by_path
        followed = {
            m
            for contact, several in clicks.items()
            for t, m, _ in several
            if any(0 <= time - t < window * DAY for of, time in worth if of == contact)
        }
        ended = [
            m
            for several in clicks.values()
            for t, m, _ in several
            if m not in followed and first <= t <= now - window * DAY
        ]
        assert sum(len(each.channels) * each.times for each in lost) >= len(ended) > 0
        found = attribution(paths, lost, half_life)
        last_click: Counter[str] = Counter()
        for (path, cents), times in expected.items():
            if path:
                last_click[path[-1].channel] += cents * times
        assert {name: credit.revenue for name, credit in by_model(found, "last").items()} == last_click
        assert found.none_revenue + sum(last_click.values()) == revenue
        assert 0 < found.none_revenue < revenue


def test_today_is_one_of_the_days() -> None:
    assert [str(day) for day in reports.first_days(TODAY)] == ["2025-11-30", "2026-09-01", "2026-10-31"]


# ── what would not have come without ──


def test_who_got_the_emails_is_compared_with_who_was_held_out_of_them() -> None:
    found = effect(Beside("campaign:a", Arm(900, 90), Arm(100, 2), 45), 10, 5)
    low, high = confint_proportions_2indep(90, 900, 2, 100, method="newcomb", compare="diff")
    assert (found.incremental, found.between) == (72, (round(900 * low), round(900 * high)))
    assert found.words == (
        "Of 900 people who got the email, 90 ordered within 5 days, 45 of them after a click (attributed). Beside who "
        "is held out, 72 of them would not have ordered without the email, between 24 and 95 (95 %)."
    )


@pytest.mark.parametrize(
    ("sent", "held_out", "attributed", "words"),
    [
        (Arm(900, 90), Arm(100, 9), 45, "it cannot be said whether any of them would have stayed away"),
        (Arm(9_000, 900), Arm(1_000, 50), 880, "fewer than are attributed"),
        (Arm(9_000, 900), Arm(1_000, 50), 20, "more than are attributed"),
        (Arm(900, 9), Arm(100, 20), 5, "fewer ordered than would have without the email"),
        (Arm(900, 90), Arm(300, 2), 45, "are not what the draw would give"),
        (Arm(0, 0), Arm(3, 0), 0, "Nothing can be said yet"),
    ],
)
def test_what_can_be_said_of_it_is_said_in_words(sent: Arm, held_out: Arm, attributed: int, words: str) -> None:
    assert words in effect(Beside("campaign:a", sent, held_out, attributed), 10, 5).words


def test_both_sides_are_counted_of_a_campaign_and_of_the_shops_holdout() -> None:
    at, events, n = NOW - 60 * DAY, defaultdict[str, list[Event]](list), 0

    def told(contact: str, type_: str, time: int, **properties: object) -> None:
        nonlocal n
        events[contact].append(event(n := n + 1, type_, time, contact, **properties))

    for who in range(10):
        contact = contact_of(who)
        told(contact, Type.EMAIL_HELD_OUT if who >= 7 else Type.EMAIL_SENT, at, campaign="spring", message=f"m{who}")
        told(
            contact,
            Type.EMAIL_HELD_OUT if who == 0 else Type.EMAIL_SENT,
            at,
            journey="welcome",
            holdout="h",
            message=f"w{who}",
        )
        if who in (1, 2, 8):  # the first of them after a click in the campaign, the second after one in the journey
            told(contact, Type.ORDER_COMPLETED, at + 2 * DAY, order_id=str(who), total="5.00")
    told(contact_of(1), Type.EMAIL_CLICKED, at + DAY, campaign="spring", message="m1", human=True)
    told(contact_of(2), Type.EMAIL_CLICKED, at + DAY, journey="welcome", message="w2", human=True)
    told(contact_of(3), Type.ORDER_COMPLETED, at + 6 * DAY, order_id="late", total="5.00")
    told(contact_of(3), Type.EMAIL_SENT, NOW - DAY, campaign="too_new", message="x")
    told(contact_of(4), Type.EMAIL_HELD_OUT, NOW - DAY, campaign="too_new", message="y")
    told(contact_of(5), Type.EMAIL_HELD_OUT, at, campaign="spring", holdout="other", message="z")
    instants = (str(at), str(at), str(5 * DAY), str(30 * DAY), str(NOW))
    asked = queries.question("direct_effect", "holdout=th", *instants, over=(at, NOW))
    assert sorted(read_effects(answered(asked, events, NOW))) == [
        Beside("campaign:spring", Arm(7, 2), Arm(3, 1), 1),
        Beside("shop", Arm(9, 4), Arm(1, 0), 2),
    ]
