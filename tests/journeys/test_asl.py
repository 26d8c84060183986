"""Journeys as state machines: what the compiler makes of every kind of step, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from infra.local.aws.states_language import machine
from shared.domain.events import DAY, HOUR, MINUTE, SECOND
from shared.domain.journeys.asl import NotCompilableError, compiled, not_compilable, state_name, targets, transitions
from shared.domain.journeys.definition import Journey
from tests.journeys.at_once import executing


def journey(*steps: dict[str, Any], **parts: Any) -> Journey:
    return Journey.model_validate_json(
        json.dumps(
            {
                "id": "trying",
                "name": "Trying",
                "sentence": "Tries every step.",
                "trigger": {"kind": "segment", "segment": "subscribers"},
                "runs_on": "step_functions",
                "steps": steps,
                **parts,
            }
        )
    )


MEMBER = {"kind": "member", "segment": "customers"}
EVERYTHING = journey(
    {"kind": "send", "id": "hello"},
    {"kind": "wait", "id": "two_days", "for": "2d"},
    {"kind": "wait", "id": "monday", "at": "09:30", "weekdays": ["mon"]},
    {"kind": "branch", "id": "customer", "ways": [{"when": MEMBER, "next": "thanks"}], "next": "draw"},
    {"kind": "split", "id": "draw", "ways": [{"weight": 1, "next": "tag"}, {"weight": 2, "next": "call"}]},
    {"kind": "update", "id": "tag", "add_tags": ["drawn"], "next": "stop"},
    {"kind": "notify", "id": "call", "subject": "Call them", "to": "sales"},
    {"kind": "start", "id": "other", "journey": "win_back", "next": "end"},
    {"kind": "end", "id": "stop", "outcome": "drawn"},
    {
        "kind": "send",
        "id": "thanks",
        "template": "thank_you",
        "pin": 3,
        "best_before": "1d",
        "class": "lifecycle",
        "priority": 4,
    },
    exits=[{"on": {"kind": "event", "events": ["Order Completed"]}, "go_to": "thanks"}],
)


def test_every_step_is_a_state_called_like_it_of_at_most_one_task_and_one_wait() -> None:
    states = compiled(EVERYTHING)["States"]
    for step in EVERYTHING.steps:
        name = step.id.replace("_", " ").capitalize()
        own = {each: state for each, state in states.items() if each == name or each.startswith(f"{name}: ")}
        assert name in own
        types = [state["Type"] for state in own.values()]
        assert types.count("Task") <= 1
        assert types.count("Wait") <= 1
    assert all(state["Comment"] for state in states.values())


def test_what_is_compiled_is_what_the_service_takes_and_every_state_is_reached() -> None:
    definition = compiled(EVERYTHING)
    machine(json.dumps(definition))
    with executing():
        boto3.client("stepfunctions", region_name="eu-west-1").create_state_machine(
            name="trying", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/r"
        )
    reached, ahead = set[str](), [definition["StartAt"]]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += targets(definition["States"][name])
    assert reached == definition["States"].keys()


def test_a_run_that_something_has_led_elsewhere_begins_there() -> None:
    definition = compiled(EVERYTHING)
    assert definition["StartAt"] == "Where to?"
    first = definition["States"]["Where to?"]
    later, *steps = first["Choices"]
    assert (later["TimestampLessThanPath"], later["Next"]) == ("$.at", "Until then")
    assert definition["States"]["Until then"]["Next"] == "Where to?"
    destinations = {rule["StringEquals"]: rule["Next"] for rule in steps}
    assert destinations == {
        **{step.id: state_name(step.id) for step in EVERYTHING.steps[1:]},
        **({"end": "Completed"} if "Completed" in definition["States"] else {}),
    }
    assert first["Default"] == "Hello"


def test_inputs_are_ids_only() -> None:
    for state in compiled(EVERYTHING)["States"].values():
        if state["Type"] == "Task":
            payload = state["Parameters"]["Payload"]
            given = {name.removesuffix(".$") for name in payload}
            assert {"contact", "journey", "version", "run", "step", "entered"} <= given
            assert given <= {
                *("contact", "journey", "version", "run", "step", "entered", "action", "outcome"),
                *("template", "topic", "pin", "best_before", "mail_class", "priority"),
            }
    thanks = compiled(EVERYTHING)["States"]["Thanks"]["Parameters"]["Payload"]
    assert (thanks["template"], thanks["pin"], thanks["best_before"]) == ("thank_you", 3, DAY)
    assert (thanks["mail_class"], thanks["priority"]) == ("lifecycle", 4)


def test_an_email_that_may_not_go_yet_waits_and_is_asked_for_again() -> None:
    held = compiled(journey({"kind": "send", "id": "hello"}))["States"]
    assert held["Hello"]["Next"] == "Hello: sent?"
    assert held["Hello: sent?"]["Choices"][0]["Next"] == "Hello: until it may go"
    assert held["Hello: until it may go"] == {
        "Comment": "Waits until the email may go out.",
        "Type": "Wait",
        "TimestampPath": "$.last.until",
        "Next": "Hello",
    }


def test_what_follows_an_update_sees_it() -> None:
    """Else who is welcomed back is dormant still, and has had an email within the month."""
    wait, end = {"kind": "wait", "id": "rest", "for": "1d"}, {"kind": "end", "id": "over"}
    for following, sees in (({"kind": "send", "id": "hello"}, True), (wait, False), (end, False)):
        states = compiled(journey({"kind": "update", "id": "mark", "traits": {"a": 1}}, following))["States"]
        assert states["Mark"]["Parameters"]["Payload"].get("seen", False) is sees
        assert any("NotSeenError" in retrier["ErrorEquals"] for retrier in states["Mark"]["Retry"]) is sees


def lasts(retrier: dict[str, Any]) -> float:
    """Milliseconds, on average where pauses are drawn by lot."""
    pause, total = float(retrier["IntervalSeconds"]), 0.0
    for _ in range(retrier["MaxAttempts"]):
        total += min(pause, retrier.get("MaxDelaySeconds", pause))
        pause *= retrier["BackoffRate"]
    return total * SECOND / (2 if "JitterStrategy" in retrier else 1)


@pytest.mark.parametrize(
    ("error", "least", "most"),
    [
        ("OutcomePendingError", 15 * MINUTE, HOUR),
        ("SendingStoppedError", 7 * DAY, 30 * DAY),
        ("UnansweredError", 7 * DAY, 30 * DAY),
        ("AddressToComeError", HOUR, 3 * HOUR),
        ("NotSentError", 30 * MINUTE, 3 * HOUR),
        ("NotYetError", 99 * DAY, 101 * DAY),
    ],
)
def test_an_email_that_cannot_be_sent_yet_is_tried_again_for_as_long_as_it_takes(
    error: str, least: int, most: int
) -> None:
    tried = [
        lasts(retrier)
        for state in compiled(EVERYTHING)["States"].values()
        if "template" in state.get("Parameters", {}).get("Payload", {})
        for retrier in state["Retry"]
        if error in retrier["ErrorEquals"]
    ]
    assert len(tried) == 2
    assert all(least < each <= most for each in tried)


def test_what_it_cannot_walk_is_refused_with_the_step_and_the_reason() -> None:
    waiting = {"kind": "wait_for", "id": "order", "on": [{"kind": "event", "events": ["A"]}], "within": "1d"}
    assert [*not_compilable(journey(waiting))] == [
        ("order", "waits for an event, which only a journey that runs on wake_ups can do")
    ]
    with pytest.raises(NotCompilableError, match="order: waits for an event"):
        compiled(journey(waiting))
    round_ = journey({"kind": "wait", "id": "rest", "for": "2d"}, {"kind": "send", "id": "again", "next": "rest"})
    assert [step for step, _ in not_compilable(round_)] == ["rest"]
    twice = journey({"kind": "send", "id": "failed"}, {"kind": "send", "id": "a_b"}, {"kind": "send", "id": "a__b"})
    assert [step for step, _ in not_compilable(twice)] == ["failed"]


def test_what_a_run_costs_is_its_longest_way() -> None:
    assert transitions(compiled(EVERYTHING)) == 13
    # Where it begins, the email, whether that has to wait, and the end.
    assert transitions(compiled(journey({"kind": "send", "id": "hello"}))) == 4
