"""What points of a lead model have come to: bands that can carry a share, nothing of what came after, or silence."""

from __future__ import annotations

from math import exp
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.insight import leads
from functions.insight.seam import Acts, Data, Lines, Named, Orders, Points
from shared.domain.conditions.points import Points as Asked
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, Event, Type
from shared.domain.insight.calibration import NEEDED, WITHIN, Calibration, calibrated, cuts
from shared.domain.lead_models import MODELS, LeadModel
from shared.domain.lead_scores import lead_score
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold
from shared.domain.questions import points_at
from shared.domain.segments import compile_segments
from tests.unit.profile_histories import AFTER, CONTACT, EVERY_OTHER, events
from tests.unit.sql_lake import Lake
from tests.unit.test_points import models

AT = 2_000_000_000_000


def chance(points: int) -> float:
    return 1 / (1 + exp(-(points - 30) / 6))


def simulated(people: int, seed: int = 1) -> list[tuple[int, int, int]]:
    draws, told = Random(seed), dict[int, list[int]]()
    for _ in range(people):
        points = int(draws.expovariate(1 / 12))
        each = told.setdefault(points, [0, 0])
        each[0] += 1
        each[1] += draws.random() < chance(points)
    return [(points, *told[points]) for points in sorted(told)]  # type: ignore[misc]


def test_the_shares_are_those_that_the_people_were_made_with() -> None:
    seen = simulated(20_000)
    found = calibrated("lead", 1, AT, seen)
    assert len(found.bands) == 5
    assert found.rises
    for band in found.bands:
        inside = [each for each in seen if band.least <= each[0] and (band.most is None or each[0] <= band.most)]
        true = sum(chance(points) * people for points, people, _ in inside) / band.people
        assert band.low <= true <= band.high
        assert band.ordered >= 10


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    hits = total = 0
    for seed in range(60):
        seen = simulated(2_000, seed)
        for band in calibrated("lead", 1, AT, seen).bands:
            inside = [each for each in seen if band.least <= each[0] and (band.most is None or each[0] <= band.most)]
            true = sum(chance(points) * people for points, people, _ in inside) / band.people
            hits, total = hits + (band.low <= true <= band.high), total + 1
    assert 0.9 <= hits / total <= 0.995


@settings(max_examples=200)
@given(st.dictionaries(st.integers(-20, 80), st.tuples(st.integers(1, 60), st.integers(0, 60)), max_size=40))
def test_every_band_can_carry_its_share_and_each_person_is_in_one(told: dict[int, tuple[int, int]]) -> None:
    seen = [(points, people, min(people, ordered)) for points, (people, ordered) in sorted(told.items())]
    found = calibrated("lead", 1, AT, seen)
    assert found.people == sum(each[1] for each in seen)
    assert found.gate.have == sum(each[2] for each in seen)
    if found.gate.have < NEEDED:
        assert found.bands == ()
        assert found.sentence.startswith(f"not enough: {found.gate.have} of 50 first orders within 30 days")
        return
    assert all(band.ordered >= 10 and band.low <= band.share <= band.high for band in found.bands)
    assert sum(band.people for band in found.bands) == found.people
    assert sum(band.ordered for band in found.bands) == found.gate.have
    for one, other in zip(found.bands, found.bands[1:], strict=False):
        assert one.most == other.least - 1
    assert found.bands[-1].most is None
    assert Calibration.model_validate_json(found.model_dump_json()) == found


def test_a_shop_without_anybody_has_nothing_to_say() -> None:
    assert calibrated("lead", 1, AT, []).gate.have == 0


# ── what is looked at ──


def data(points: dict[int, list[int]], orders: dict[int, list[int]]) -> Data:
    told = [(contact, time) for contact, times in sorted(orders.items()) for time in sorted(times)]
    whole = [np.array([each[n] for each in told], np.int64) for n in (0, 1)]
    of = Points(np.array(sorted(points)), np.array([points[each] for each in sorted(points)]), cuts(AT), 2, 3)
    none = np.empty(0, np.int64)
    return Data(
        AT,
        "GBP",
        "UTC",
        Orders(whole[0], whole[1], np.full(len(told), 1, np.int64)),
        Lines(none, none, Named.of([]), Named.of([]), none),
        Acts(none, none, none, Named.of([]), none),
        points={"lead": of},
    )


def seen(points: dict[int, list[int]], orders: dict[int, list[int]]) -> list[tuple[int, int, int]]:
    told = data(points, orders)
    return leads.seen(told.points["lead"], told.orders)


FIRST = cuts(AT)[0]


def test_whole_points_are_counted_of_who_has_some_and_has_not_ordered() -> None:
    assert cuts(AT)[-1] == AT - WITHIN
    assert seen({1: [7, 0, 0, 0, 0, 0]}, {}) == [(3, 1, 0)]
    assert seen({1: [7, 4, 0, 0, 0, 0]}, {1: [FIRST + DAY]}) == [(3, 1, 1)]  # a customer, the month after
    assert seen({1: [7, 0, 0, 0, 0, 0]}, {1: [FIRST]}) == []
    assert seen({1: [-3, 0, 0, 0, 0, 0]}, {2: [FIRST + DAY]}) == [(-2, 1, 0)]


@pytest.mark.parametrize(("later", "ordered"), [(1, 1), (WITHIN, 1), (WITHIN + 1, 0)])
def test_an_order_counts_within_thirty_days(later: int, ordered: int) -> None:
    assert seen({1: [8, 0, 0, 0, 0, 0]}, {1: [FIRST + later, FIRST + 90 * DAY]}) == [(4, 1, ordered)]


def test_a_night_gives_a_calibration_of_each_model() -> None:
    found = leads.work_out(data({1: [8] * 6}, {}))
    told = Calibration.model_validate(found.results["lead_scores"]["lead"])
    assert (told.people, told.publication, told.gate.have) == (6, 3, 0)


# ── what the lake is asked ──


@settings(max_examples=60, deadline=None)
@given(models, st.lists(events(), min_size=1, max_size=4), st.integers(0, 20))
def test_the_lake_gives_the_points_of_events_as_they_were(
    model: LeadModel, histories: list[list[Event]], step: int
) -> None:
    """Of rules on events, but for orders: and nothing of what came after the instant."""
    rules = [rule for rule in model.rules if rule.kind == "event" and rule.event != Type.ORDER_COMPLETED]
    instants = (AFTER - 2 * DAY, AFTER, AFTER + step * 7 * HOUR + 40 * MINUTE)
    query = points_at(model, instants)
    if query is None:
        assert rules == []
        return
    of_events = model.model_copy(update={"rules": tuple(rules)})
    definitions = compile_segments([], models=[of_events])
    told = {f"c{number:015x}": history for number, history in enumerate(histories)}
    lake = Lake([], told, definitions, AFTER)
    rows = {row["contact_number"]: row for row in lake.rows(query)}
    for contact, history in told.items():
        row = rows.get(int(contact[1:], 16), {})
        for number, t in enumerate(instants):
            profile = Profile(contact)
            for event in history:
                if event.time <= t:
                    fold(profile, event, EVERY_OTHER)
            expected = lead_score(definitions, "lead", profile, t).points
            assert int(row.get(f"p{number}") or 0) * 100 // model.decay.one / 100 == expected


def test_an_event_leaves_each_window_at_its_own_edge() -> None:
    rule = {"kind": "event", "event": "Page Viewed", "points": 1}
    raw = {"id": "lead", "name": "Lead", "threshold": 1, "rules": [{**rule, "within": each} for each in ("6h", "2d")]}
    (model,) = MODELS.validate_python([raw])
    event = Event(id="e", type="Page Viewed", time=AFTER, received=AFTER, source="segment", identities=CONTACT)
    definitions = compile_segments([], models=[model])
    query = points_at(model, [AFTER + 6 * HOUR - 1, AFTER + 6 * HOUR, AFTER + 2 * DAY])
    (row,) = Lake([], {"c" + "0" * 15: [event]}, definitions, AFTER).rows(str(query))
    assert [row["p0"], row["p1"], row["p2"]] == [2, 1, 0]


def test_nobody_is_never() -> None:
    assert seen({5: [2] * 6}, {5: [NEVER - 1]}) == [(1, 6, 0)]
    assert Asked(model="lead").moved_by() == set()
