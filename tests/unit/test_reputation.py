"""When marketing pauses, and how the emails of a new domain become more."""

from __future__ import annotations

import pytest

from shared.domain.messages.reputation import TIERS, Day, Warming, rates, warmed

TODAY = 20_000


@pytest.mark.parametrize(
    ("day", "problem", "warns"),
    [
        (Day(TODAY, 999, 0, 999), False, False),  # too few to judge
        (Day(TODAY, 1_000, 0, 0), False, False),
        (Day(TODAY, 1_000, 0, 1), False, True),
        (Day(TODAY, 1_000, 0, 2), False, True),
        (Day(TODAY, 1_000, 0, 3), True, True),
        (Day(TODAY, 199, 199, 0), False, False),
        (Day(TODAY, 200, 9, 0), False, False),
        (Day(TODAY, 200, 10, 0), True, False),
    ],
)
def test_marketing_pauses_at_rates_that_mean_something(day: Day, problem: bool, warns: bool) -> None:
    found = rates([day], TODAY)
    assert (found.problem is not None, found.warning is not None) == (problem, warns)


def test_only_thirty_days_count_and_none_before_a_pause_was_lifted() -> None:
    days = [Day(TODAY - 31, 5_000, 0, 500), Day(TODAY - 2, 5_000, 0, 500), Day(TODAY, 2_000, 0, 0)]
    assert rates(days, TODAY).sent == 7_000
    assert rates(days, TODAY).problem is not None
    assert rates(days, TODAY, since=TODAY - 1).problem is None


def test_thirty_days_are_thirty_today_among_them() -> None:
    assert rates([Day(TODAY - ago, 1) for ago in range(60)], TODAY).sent == 30


def climbs(share: float, bounced: float, days: int) -> list[int]:
    """The tier of each day of a domain that sends so much of what it may."""
    now, sent, tiers = Warming(0, TODAY), [], []
    for day in range(TODAY, TODAY + days):
        now = warmed(now, sent, day)
        assert warmed(now, sent, day) == now  # asked again
        tiers.append(now.tier)
        a_day = round((now.a_day or 2_000_000) * share)
        sent.append(Day(day, a_day, round(a_day * bounced), 0))
    return tiers


def test_a_domain_that_is_used_with_clean_rates_is_warm_in_about_five_weeks() -> None:
    tiers = climbs(1, 0.005, 60)
    assert tiers == sorted(tiers)
    assert 30 <= tiers.index(len(TIERS)) <= 45
    assert Warming(len(TIERS), 0).a_day is None


def test_what_was_not_tried_is_not_earned() -> None:
    assert set(climbs(0.4, 0, 60)) == {0}


def test_bounces_hold_a_domain_back() -> None:
    assert set(climbs(1, 0.03, 60)) == {0}
