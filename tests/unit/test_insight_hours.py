"""The hour at which an email finds a contact looking."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from functions.insight.hours import CONTACTS, best_hours, of_shop, work_out, worth
from functions.insight.seam import Acts, Data, Found, Named, Scores
from shared.domain.insight import Result
from tests.unit.insight_shops import shop

AT = int(datetime(2026, 4, 10, 3, tzinfo=UTC).timestamp() * 1000)
MONTHS = (202601, 202602, 202603)


def acts(*rows: tuple[int, int, int, str, int]) -> Acts:
    """Of (contact, month, hour, kind, count)."""
    contact, month, hour, kind, count = zip(*sorted(rows), strict=True) if rows else ((),) * 5
    whole = (np.array(each, dtype=np.int64) for each in (contact, month, hour))
    return Acts(*whole, Named.of(kind), np.array(count, dtype=np.int64))


def people(number: int, seed: int, own: bool = True, kind: str = "visit") -> Acts:
    """Each does twelve things a month, mostly around an hour of their own, or all of them around the shop's."""
    rng = np.random.default_rng(seed)
    rows = []
    for contact in range(1, number + 1):
        peak = int(rng.integers(0, 24)) if own else 19
        for month in MONTHS:
            hours = np.where(rng.random(12) < 0.7, peak + rng.integers(-1, 2, 12), rng.integers(0, 24, 12)) % 24
            for hour, count in zip(*np.unique(hours, return_counts=True), strict=True):
                rows.append((contact, month, int(hour), kind, int(count)))
    return acts(*rows)


def night(done: Acts, at: int = AT) -> Data:
    return replace(shop([], at), acts=done)


def told(found: Found) -> Scores:
    (scores,) = found.scores
    return scores


def result(found: Found) -> Result:
    return Result.model_validate(found.results["hour"])


def test_an_hour_is_worth_what_is_done_after_it_around_the_clock() -> None:
    at_eleven = np.zeros(24)
    at_eleven[23] = 1.0
    assert int(np.argmax(worth(at_eleven))) == 23
    both = np.zeros(24)
    both[[23, 1]] = 0.5  # sent at 23 it is there for both; sent at 1, for one of them
    assert int(np.argmax(worth(both))) == 23
    assert np.allclose(np.roll(worth(both), 5), worth(np.roll(both, 5)))


def test_who_did_little_is_taken_for_one_of_many() -> None:
    done = acts(*((contact, 202603, 19, "visit", 1) for contact in range(1, 40)), (50, 202603, 7, "visit", 1))
    contacts, hours = best_hours(done, of_shop(done))
    assert hours[contacts == 50] in (18, 19)
    much = acts(
        *((contact, 202603, 19, "visit", 1) for contact in range(1, 40)),
        *((50, month, 7, "visit", 4) for month in MONTHS),
    )
    contacts, hours = best_hours(much, of_shop(much))
    assert hours[contacts == 50] in (6, 7)


def test_people_with_hours_of_their_own_are_told_them_and_it_is_checked_beside_the_shop_s_best() -> None:
    found = work_out(night(people(200, seed=1)))
    checked = result(found).validation
    assert checked is not None
    assert checked.verdict == "model"
    assert checked.model.hits > 2 * checked.rule.hits
    assert checked.customers == 200
    assert checked.cut == int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
    peaks = np.array([int(np.random.default_rng(1).integers(0, 24))])
    assert told(found).told[0] in {int(peaks[0] - 1) % 24, int(peaks[0]), int(peaks[0] - 2) % 24}
    (reason,) = told(found).reasons[0]
    assert reason["code"] == "acts_at_hour"
    assert result(found).contacts == 200


def test_where_everybody_is_alike_the_shop_s_best_hour_is_told() -> None:
    """Whom a few things by chance would send elsewhere."""
    rng = np.random.default_rng(4)
    rows = [
        (contact, month, int(hour), "visit", 1)
        for contact in range(1, 300)
        for month in MONTHS
        for hour in {int(each) % 24 for each in rng.normal(19, 3, 1)}
    ]
    found = work_out(night(acts(*rows)))
    verdict = result(found).validation
    assert verdict is not None
    if verdict.verdict == "simple rule":
        assert len(set(told(found).told)) == 1
        assert told(found).basis == "simple"
    assert verdict.rule.hits > 0.3


def test_the_month_that_is_foreseen_is_not_looked_at_and_the_one_under_way_is_not_foreseen() -> None:
    done = people(80, seed=2)
    checked = result(work_out(night(done))).validation
    turned = replace(done, hour=np.where(done.month == 202603, (done.hour + 12) % 24, done.hour))
    other = result(work_out(night(turned))).validation
    assert checked is not None
    assert other is not None
    # Told of what came before, so what came after agrees with it no more.
    assert other.model.hits < checked.model.hits / 2
    with_april = acts(
        *zip(
            *(each.tolist() for each in (done.contact, done.month, done.hour, done.kind.texts, done.count)), strict=True
        ),
        *((contact, 202604, 3, "visit", 9) for contact in range(1, 81)),
    )
    assert result(work_out(night(with_april))).validation == checked


@pytest.mark.parametrize("number", [0, 1, CONTACTS - 1])
def test_of_too_few_nobody_is_told_an_hour(number: int) -> None:
    found = work_out(night(people(number, seed=3)))
    assert found.scores == ()
    assert "not enough" in result(found).gates[0].sentence


def test_who_only_clicks_is_tried_at_another_hour_now_and_then() -> None:
    found = work_out(night(people(600, seed=5, kind="click")))
    tried = [row for row, reasons in enumerate(told(found).reasons) if reasons[0]["code"] == "hour_tried"]
    assert 0.05 < len(tried) / 600 < 0.12
    assert all(8 <= told(found).told[row] <= 21 for row in tried)
    assert list(told(work_out(night(people(600, seed=5, kind="click")))).told) == list(told(found).told)
    # Whoever visits is told their own, always.
    seen = work_out(night(people(600, seed=5)))
    assert all(reasons[0]["code"] != "hour_tried" for reasons in told(seen).reasons)


def test_some_contacts_at_a_time_come_to_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    done = people(90, seed=7)
    usual, (contacts, told_) = of_shop(done), best_hours(done, of_shop(done))
    monkeypatch.setattr("functions.insight.hours.AT_A_TIME", 7)
    assert of_shop(done) == pytest.approx(usual, abs=1e-12)
    assert [each.tolist() for each in best_hours(done, usual)] == [contacts.tolist(), told_.tolist()]
