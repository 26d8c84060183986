"""Simulating a journey: the sums agree, the same seed draws the same, and nothing is touched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from shared.adapters import definitions
from shared.adapters.journey_files import shipped
from shared.domain.events import DAY, HOUR, iso
from shared.domain.journeys.arms import Arm, of_email
from shared.domain.journeys.definition import Hours, Journey, Send
from shared.domain.journeys.playing import OPEN
from shared.domain.journeys.simulating import Rates, Simulation, answers_of, as_json, simulate
from shared.domain.profiles import Profile
from shared.domain.profiles.stored import dump
from shared.domain.segments import absorb, compile_segments
from tests.unit.journey_player import NOW, consent, journey, order, traits

JOURNEYS = shipped()
DEFINITIONS = compile_segments(definitions.shipped(), zone="Europe/London", models=definitions.shipped_models())


def contacts(number: int, *, agreed: bool = True) -> list[Profile]:
    """Who agreed long ago; every third has ordered."""
    found = []
    for each in range(number):
        profile = Profile(f"c{each:04}")
        events = [traits(NOW - 400 * DAY, email=f"a{each}@example.com")]
        events += [consent("subscribed", NOW - 400 * DAY)] if agreed else []
        events += [order(NOW - (30 + each) * DAY)] if each % 3 == 0 else []
        absorb(DEFINITIONS, profile, events, NOW - 20 * DAY)
        found.append(profile)
    return found


PEOPLE = contacts(30)


def played(of: Journey, people: Iterable[Profile] = PEOPLE, **more: object) -> Simulation:
    return simulate(DEFINITIONS, of, people, NOW, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("by_itself", [False, True])
@pytest.mark.parametrize("of", JOURNEYS.values(), ids=JOURNEYS)
def test_every_sum_agrees(of: Journey, by_itself: bool) -> None:
    result = played(of, by_itself=by_itself)
    assert result.contacts == len(PEOPLE)
    assert result.began == result.waiting + sum(result.ended.values())
    assert by_itself or result.began >= len(PEOPLE)
    for step in result.steps.values():
        assert step.entered == step.waiting + step.left
        assert step.people[-1] == step.waiting
        assert len(step.people) == result.days
    sends = [result.steps[step.id] for step in of.steps if isinstance(step, Send)]
    assert sum(result.emails) == sum(step.sent for step in sends)
    assert [step.entered for step in sends] == [
        step.sent + sum(step.skipped.values()) + step.waiting + _moved_on(result, id_)
        for id_, step in zip((step.id for step in of.steps if isinstance(step, Send)), sends, strict=True)
    ]


def _moved_on(result: Simulation, step: str) -> int:
    """How many left a step for another reason than an email."""
    records = [each for path in result.paths for several in path.records.values() for each in several]
    return sum(each.step == step and each.what in ("moved", "ended", "passed") for each in records)


def test_the_same_seed_draws_the_same_and_another_does_not() -> None:
    first, again, other = (as_json(played(JOURNEYS["win_back"], seed=seed)) for seed in ("1", "1", "2"))
    assert first == again != other


def test_nobody_is_changed() -> None:
    before = [dump(profile) for profile in PEOPLE]
    played(JOURNEYS["win_back"])
    assert [dump(profile) for profile in PEOPLE] == before


def test_who_has_not_agreed_gets_nothing_and_it_is_said_why() -> None:
    result = played(JOURNEYS["win_back"], contacts(5, agreed=False))
    assert sum(result.emails) == 0
    assert result.steps["we_miss_you"].skipped == {"no_consent": 5}


def test_with_nobody_reacting_all_go_the_whole_way() -> None:
    rates = Rates(open=0, unsubscribe=0, visits=0, orders=0)
    result = played(JOURNEYS["win_back"], rates=rates)
    assert result.ended == {"dormant": len(PEOPLE)}
    assert {day: emails for day, emails in enumerate(result.emails) if emails} == dict.fromkeys((0, 5, 10, 15), 30)
    assert result.steps["after_we_miss_you"].people[:6] == [30] * 5 + [0]
    inactive = [profile for profile in PEOPLE if not profile.orders]
    everybody = played(JOURNEYS["win_back"], inactive, rates=replace(rates, visits=300))
    assert everybody.ended == {"returned": len(inactive)}
    assert everybody.goals == len(inactive)


def test_starts_are_spread_and_emails_wait_for_their_hours() -> None:
    spread = played(JOURNEYS["birthday"], over=10 * DAY)
    assert spread.emails[:10] == [3] * 10
    late = journey({"kind": "hand"}, {"kind": "send", "id": "hello"}, hours={"from": "09:00", "to": "17:00"})
    result = played(late, days=2)
    assert result.delayed == len(PEOPLE)  # it begins at a quarter past ten in the evening
    assert {email.time - NOW < 12 * HOUR for path in result.paths for email in path.emails} == {True}


def test_emails_wait_for_the_hours_that_the_shop_has_set() -> None:
    quiet = Hours.model_validate({"from": "09:00", "to": "17:00"})
    tomorrow = iso(NOW + DAY)[:10]
    closed = Hours.model_validate({"from": "00:00", "to": "00:00", "closed": [iso(NOW)[:10], tomorrow]})
    at_once = journey({"kind": "hand"}, {"kind": "send", "id": "hello"})
    result = played(at_once, days=2, gate=OPEN._replace(hours=lambda email: quiet))
    assert (result.delayed, sum(result.emails)) == (len(PEOPLE), len(PEOPLE))
    assert {email.time - NOW < 12 * HOUR for path in result.paths for email in path.emails} == {True}
    assert played(at_once, days=2, gate=OPEN).delayed == 0
    assert played(at_once, days=3, gate=OPEN._replace(hours=lambda email: closed)).emails == [0, len(PEOPLE), 0]
    nobody = played(at_once, contacts(5, agreed=False), days=2, gate=OPEN._replace(hours=lambda email: quiet))
    assert (nobody.delayed, nobody.steps["hello"].skipped) == (0, {"no_consent": 5})


def test_answers_are_those_that_the_journey_listens_for() -> None:
    assert answers_of(JOURNEYS["churn_prevention"]) == ["price", "product", "service"]
    assert answers_of(JOURNEYS["onboarding"]) == ["stuck", "fine"]
    answered = played(JOURNEYS["churn_prevention"], rates=Rates(open=1, answer=1, unsubscribe=0, orders=0))
    assert answered.steps["what_was_wrong"].entered == len(PEOPLE)


def test_a_run_that_is_not_over_is_waiting() -> None:
    result = played(JOURNEYS["win_back"], days=3, rates=Rates(open=0, unsubscribe=0, visits=0, orders=0))
    assert (result.waiting, result.steps["after_we_miss_you"].waiting) == (30, 30)


@pytest.mark.parametrize("days", [0, 401])
def test_days_have_a_bound(days: int) -> None:
    with pytest.raises(ValueError, match="400"):
        played(JOURNEYS["birthday"], days=days)


def test_each_gets_the_email_of_their_arm_and_who_is_held_out_none() -> None:
    """As `of_email` draws them, which the gate asks as well."""
    arms = {
        "experiment": "greeting",
        "holdout": 30,
        "variants": [{"id": "as_now"}, {"id": "short", "template": "hi", "weight": 2}],
    }
    made = journey(
        {"kind": "hand"},
        {"kind": "send", "id": "hello", "arms": arms},
        {"kind": "send", "id": "bye"},
    )
    result = played(made, days=2)
    assert {path.contact: [(email.template, email.outcome) for email in path.emails] for path in result.paths} == {
        person.contact: [_hello(of_email(made, "hello", person.contact)), ("bye", "sent")] for person in PEOPLE
    }
    step = result.steps["hello"]
    assert set(step.variants) == {"as_now", "short"}
    assert step.sent + step.skipped["held_out"] == len(PEOPLE)
    assert step.sent == sum(step.variants.values())
    held = played(made, days=2, gate=OPEN._replace(keeps=lambda profile, email: email.template == "hi"))
    assert held.steps["hello"].skipped["shop_holdout"] == step.variants["short"]


def _hello(arm: Arm | None) -> tuple[str, str]:
    assert arm is not None
    return (arm.template or "hello", "held_out" if arm.held_out else "sent")
