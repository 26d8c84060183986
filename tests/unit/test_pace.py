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


def refused(calls: list[float], rate: int) -> int:
    """How many SES would refuse, by the sliding second of its stand-in (infra/local/aws/ses.py), where what is refused
    does not count."""
    taken: list[float] = []
    begin = several = 0
    for time in sorted(calls):
        while begin < len(taken) and taken[begin] <= time - 1:
            begin += 1
        if len(taken) - begin + 1 > rate:
            several += 1
        else:
            taken.append(time)
    return several


@pytest.mark.parametrize(("rate", "workers"), [(14, 4), (14, 12), (200, 40), (200, 80)])
@pytest.mark.parametrize("lane", ["journeys", "campaigns"])
def test_the_rate_is_used_and_not_exceeded(rate: int, workers: int, lane: Lane) -> None:
    calls = simulate(rate, {lane: workers}, 60, seed=workers)[lane]
    assert refused(calls, rate) == 0
    assert worst_second(calls) <= rate
    assert len([time for time in calls if 1 <= time < 59]) >= 0.97 * rate * 58


@pytest.mark.parametrize(("rate", "workers"), [(1, 2), (2, 3), (50, 20), (500, 120)])
def test_any_rate_is_used_and_not_exceeded(rate: int, workers: int) -> None:
    calls = simulate(rate, {"campaigns": workers}, 30, seed=rate)["campaigns"]
    assert (refused(calls, rate), worst_second(calls) <= rate) == (0, True)
    assert len([time for time in calls if 1 <= time < 29]) >= 0.95 * rate * 28 - 1


def test_a_confirmation_leaves_within_five_seconds_while_100_000_campaign_emails_wait() -> None:
    """At 200 a second they take eight and a half minutes; people sign up all the while, at times several at once."""
    draw, pace, waiting, now = random.Random(11), Pace(interval(200)), 100_000, 0
    calls: list[float] = []
    waits: list[float] = []
    while waiting:
        while waiting and not isinstance(answer := take(pace, "campaigns", now, marketing=True), Wait):
            pace, waiting = answer[0], waiting - 1
            calls.append(answer[1] / SECOND + draw.uniform(0.002, 0.008))
        if draw.random() < 0.01:
            for _ in range(draw.choice((1, 1, 1, 40))):
                answer = take(pace, "confirm", now, marketing=False)
                assert not isinstance(answer, Wait)
                pace = answer[0]
                calls.append(answer[1] / SECOND + draw.uniform(0.002, 0.008))
                waits.append(answer[1] - now)
        now += 10
    assert len(waits) > 1_000
    assert max(waits) <= SECOND, "5 seconds are asked for, of which a cold start may take some"
    assert refused(calls, 200) == 0
    assert worst_second(calls) <= 200
    assert now <= 1.01 * (len(calls) / (0.98 * 200)) * SECOND, "all of the rate, but for the margin"


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
    both = [*calls["journeys"], *calls["campaigns"]]
    assert (refused(both, 200), worst_second(both) <= 200) == (0, True)
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
