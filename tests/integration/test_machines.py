"""Journeys on Step Functions, on the local run: who is taken in under way, and whose execution has failed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from functions.journey import app as journey_function
from functions.message import app as message_function
from infra.local.aws.calls import AwsError, Call
from shared.adapters import journey_definitions, run_counts
from shared.domain.events import DAY, HOUR, MINUTE
from shared.domain.journeys.runs import Run
from tests.integration.test_runs import ADA, GRACE, Journeys


class Machines(Journeys):
    """A shop with `onboarding` only."""

    def onboarding(self, number: int) -> Run:
        (run,) = self.runs_of(number, "onboarding")
        return run

    def take_in(self) -> None:
        status, told = self.ask(
            "POST", "/journeys/onboarding/publish", {"include_present": True, "unknown_events": True, "why": "now"}
        )
        assert status == 200, told
        self.passes(5 * MINUTE)

    def executions(self, status: str) -> list[str]:
        machine = self.system.template.reference("OnboardingJourney")
        listed = self.system.session.client("stepfunctions").list_executions(
            stateMachineArn=machine, statusFilter=status
        )
        return [each["name"] for each in listed["executions"]]

    def fails(self, patch: pytest.MonkeyPatch, part: Any, *, after: bool = False) -> None:
        """Has a function fail at whatever it is asked, `after` it has done it."""
        whole = part.handler

        def broken(event: dict[str, Any], context: object) -> Any:
            if after:
                whole(event, context)
            raise RuntimeError

        patch.setattr(part, "handler", broken)


@pytest.fixture
def shop() -> Iterator[Machines]:
    yield Machines()


def test_who_is_taken_in_stands_where_they_would_by_now_and_their_machine_goes_on_from_there(shop: Machines) -> None:
    shop.customer(ADA)
    shop.passes(DAY)
    shop.customer(GRACE)
    shop.passes(HOUR)
    shop.take_in()
    ada, grace = shop.onboarding(ADA), shop.onboarding(GRACE)
    assert (ada.step, grace.step) == ("look_round", "look_round")
    assert ada.wake_at - grace.wake_at == -DAY, "each wait ends when it would have"
    assert shop.mails(ADA) == shop.mails(GRACE) == []
    shop.passes(DAY)
    assert shop.mails(ADA) == ["getting_started"], "its wait of two days had a day left"
    assert shop.mails(GRACE) == []
    shop.passes(DAY)
    assert shop.mails(GRACE) == ["getting_started"]
    shop.passes(40 * DAY)
    assert not shop.onboarding(ADA).goes_on
    assert shop.executions("RUNNING") == shop.executions("FAILED") == []
    shop.assert_sums("onboarding")


def test_where_a_run_waits_and_until_when_is_known_of_machines_too(shop: Machines) -> None:
    shop.take_in()
    shop.customer(ADA)
    shop.passes(MINUTE)
    (row,) = run_counts.rows("onboarding")
    assert (row.step, row.wake_at - row.since) == ("look_round", 2 * DAY)
    shop.passes(2 * DAY)
    (row,) = run_counts.rows("onboarding")
    assert row.step not in ("look_round", "welcome")


def test_a_machine_that_could_not_be_started_before_its_run_went_on_is_started_by_a_replay(shop: Machines) -> None:
    shop.customer(ADA)
    shop.passes(2 * DAY - HOUR)
    ends = shop.now() + 3 * HOUR

    def fault(call: Call, perform: Any) -> Any:
        if call.operation == "StartExecution" and "Onboarding" in str(call.parameters) and shop.now() < ends:
            raise AwsError("InternalError", "Not now.", 500)
        return perform()

    shop.fault = fault
    shop.take_in()
    shop.passes(3 * HOUR)
    assert (shop.onboarding(ADA).step, shop.mails(ADA)) == ("which_guide", []), "its wait is over"
    assert shop.ask("POST", "/dead-letters/transition/replay")[0] == 202
    shop.passes(MINUTE)
    assert shop.mails(ADA) == ["getting_started"]
    shop.passes(40 * DAY)
    assert not shop.onboarding(ADA).goes_on
    shop.assert_sums("onboarding")


def test_a_run_whose_machine_failed_goes_on_where_it_stood(shop: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.take_in()
    with monkeypatch.context() as patch:
        shop.fails(patch, journey_function)
        shop.customer(ADA)
        shop.passes(HOUR)
        (failed,) = shop.executions("FAILED")
        assert shop.mails(ADA) == []
        assert shop.mend() == 1
        shop.passes(HOUR)  # it fails once more, and is found the next night, too
        assert len(shop.executions("FAILED")) == 2
    assert shop.mend() == 1
    shop.passes(MINUTE)
    assert shop.mails(ADA) == ["welcome"]
    assert shop.executions("RUNNING") == [f"{failed}-2"]
    assert shop.mend() == 0
    shop.passes(40 * DAY)
    assert not shop.onboarding(ADA).goes_on
    assert [each.why for each in shop.onboarding(ADA).records if each.what == "moved"] == ["machine_failed"] * 2
    shop.assert_sums("onboarding")


def test_what_the_failed_step_had_done_is_not_done_twice(shop: Machines, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.take_in()
    with monkeypatch.context() as patch:
        shop.fails(patch, message_function, after=True)
        shop.customer(ADA)
        shop.passes(HOUR)
        assert len(shop.executions("FAILED")) == 1
    assert shop.mend() == 1
    shop.passes(3 * DAY)
    assert shop.mails(ADA) == ["welcome", "getting_started"]
    shop.assert_sums("onboarding")


def test_a_machine_that_failed_after_its_run_has_ended_is_left_alone(
    shop: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.take_in()
    with monkeypatch.context() as patch:
        shop.fails(patch, journey_function)
        shop.customer(ADA)
        shop.passes(HOUR)
    shop.unsubscribe(ADA)
    shop.passes(MINUTE)
    assert shop.onboarding(ADA).outcome == "unsubscribed"
    assert shop.mend() == 0
    assert journey_definitions.journeys()["onboarding"].journey.runs_on == "step_functions"
