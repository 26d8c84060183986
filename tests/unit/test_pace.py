"""The pace, simulated: senders of all lanes, with calls that take their time, and SES's rate as SES counts it."""

from __future__ import annotations

import heapq
import random
from dataclasses import replace

import pytest

from shared.domain.events import MINUTE, SECOND
from shared.domain.messages.pace import ASK_AGAIN, LEAD, UNLIMITED, Lane, Pace, Wait, interval, kept, take


def simulate(rate: float, senders: dict[Lane, int], seconds: int, seed: int) -> dict[Lane, list[float]]:
    """When SES is called, by lane, in seconds: senders that always have an email, and take 30 to 120 ms for each."""
    draw = random.Random(seed)
    pace = Pace(interval(rate))
    calls: dict[Lane, list[float]] = {lane: [] for lane in senders}
    due = [(draw.random() / 10, number, lane) for lane, many in senders.items() for number in range(many)]
    heapq.heapify(due)
    while due:
        at, number, lane = heapq.heappop(due)
        if at > seconds:
            break
        answer = take(pace, lane, int(at * SECOND), marketing=False)
        if isinstance(answer, Wait):
            again = max(answer.until / SECOND, at + 0.001) + draw.uniform(0, 0.005)
            heapq.heappush(due, (again, number, lane))
            continue
        pace, slot = answer
        prepared = at + draw.uniform(0.010, 0.035)  # composing and the claim
        called = max(slot / SECOND, prepared) + draw.uniform(0.002, 0.008)
        calls[lane].append(called)
        heapq.heappush(due, (called + draw.uniform(0.030, 0.120), number, lane))
    return calls


def worst_second(calls: list[float]) -> int:
    times, begin, worst = sorted(calls), 0, 0
    for end, time in enumerate(times):
        while times[begin] <= time - 1:
            begin += 1
        worst = max(worst, end - begin + 1)
    return worst


@pytest.mark.parametrize(("rate", "workers"), [(14, 4), (14, 12), (200, 40), (200, 80)])
@pytest.mark.parametrize("lane", ["journeys", "campaigns"])
def test_the_rate_is_used_and_not_exceeded(rate: int, workers: int, lane: Lane) -> None:
    calls = simulate(rate, {lane: workers}, 60, seed=workers)[lane]
    assert worst_second(calls) <= rate * 1.02
    assert len([time for time in calls if 1 <= time < 59]) >= 0.97 * rate * 58


def test_a_higher_lane_does_not_wait_behind_a_lower_one() -> None:
    """A campaign of as many as there is time for, and a confirmation now and then."""
    pace, draw = Pace(interval(14)), random.Random(7)
    now, waits = 0, []
    while now < 10 * MINUTE:
        while not isinstance(answer := take(pace, "campaigns", now, marketing=True), Wait):
            pace = answer[0]
        if draw.random() < 0.05:
            answer = take(pace, "confirm", now, marketing=False)
            assert not isinstance(answer, Wait)
            pace = answer[0]
            waits.append(answer[1] - now)
        now += 10
    assert len(waits) > 100
    assert max(waits) <= 5 * SECOND


def test_with_all_lanes_at_once_the_higher_ones_get_what_there_is_and_the_rate_holds() -> None:
    calls = simulate(200, {"journeys": 8, "campaigns": 60}, 30, seed=3)
    assert worst_second([*calls["journeys"], *calls["campaigns"]]) <= 204
    assert len(calls["journeys"]) >= 8 * 29 / (0.5 + 0.17)  # each waits behind the campaign for half a second at most
    assert len(calls["journeys"]) + len(calls["campaigns"]) >= 0.97 * 200 * 29


def test_a_slot_leaves_time_to_get_the_email_ready() -> None:
    answer = take(Pace(interval(14)), "journeys", 1_000, marketing=False)
    assert not isinstance(answer, Wait)
    assert answer[1] == 1_000 + LEAD


def test_of_the_day_s_quota_campaigns_leave_what_people_wait_for() -> None:
    assert (kept(200), kept(3_000), kept(50_000)) == (100, 1_000, 5_000)
    pace = Pace(interval(14), left=1_000, kept=1_000)
    assert take(pace, "campaigns", 0, marketing=True) == Wait(ASK_AGAIN, "quota")
    assert not isinstance(take(pace, "journeys", 0, marketing=True), Wait)
    gone = replace(pace, left=0)
    assert take(gone, "confirm", 0, marketing=False) == Wait(ASK_AGAIN, "quota")


def test_the_warm_up_holds_back_all_but_what_people_wait_for() -> None:
    pace = Pace(interval(14), left=UNLIMITED, warm=0)
    assert take(pace, "journeys", 0, marketing=False) == Wait(ASK_AGAIN, "warm_up")
    assert not isinstance(take(pace, "confirm", 0, marketing=False), Wait)


def test_a_pause_holds_back_marketing_and_a_stop_everything() -> None:
    pace = Pace(interval(14), paused="complaints")
    assert take(pace, "campaigns", 0, marketing=True) == Wait(ASK_AGAIN, "paused")
    assert not isinstance(take(pace, "journeys", 0, marketing=False), Wait)
    stopped = replace(pace, stopped_until=5_000, stopped="account")
    assert take(stopped, "confirm", 4_999, marketing=False) == Wait(5_000, "stopped")
    assert not isinstance(take(stopped, "confirm", 5_000, marketing=False), Wait)
