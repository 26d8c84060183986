"""Transition: repeats and reordering change nothing; a run has one execution, and none once it has ended."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError

from functions.transition import app
from shared.adapters import clock, contact_runs, contacts, dead_letters, environment, flows, members, run_counts
from shared.domain.events import DAY, MINUTE, NEVER, SECOND, Event, Identity, IdentityKind, Type, iso, parse_instant
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.runs import Record, Run
from shared.domain.profiles import Profile
from shared.domain.profiles.transitions import Membership, Transition
from tests.integration.conftest import NOW

ROLE = "arn:aws:iam::123456789012:role/journeys"
ENDLESS = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 999999, "End": True}}}
ENTERED = Transition("c1", 1, "inactive", True, NOW - DAY, "time", 0)
LEFT = Transition("c1", 2, "inactive", False, NOW, "e1", 1)


@pytest.fixture(autouse=True)
def machines(aws: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    created = {
        name: boto3.client("stepfunctions").create_state_machine(
            name=name, definition=json.dumps(ENDLESS), roleArn=ROLE
        )["stateMachineArn"]
        for name in ("onboarding", "win_back")
    }
    monkeypatch.setenv("STATE_MACHINES", json.dumps(created))
    url = boto3.client("sqs").create_queue(QueueName="transition_dlq")["QueueUrl"]
    monkeypatch.setenv("TRANSITION_DLQ_URL", url)
    monkeypatch.setenv("DEAD_LETTER_QUEUES", json.dumps({"transition": url}))
    monkeypatch.setenv("FEEDBACK_QUEUE_URL", url)
    monkeypatch.setenv("NOTICES_QUEUE_URL", url)
    environment.forget()
    return created


def store(profile: Profile, *writes: Any) -> None:
    contacts.commit([contacts.profile_write(profile, NEVER, NOW), *writes])


def now_is(*transitions: Transition) -> None:
    """Stores a profile that has come to be by these transitions."""
    newest = {t.segment: Membership(t.entered, t.number, t.time, NEVER) for t in transitions}
    profile = Profile("c1", memberships=newest, transitions=len(transitions), identities=("shopify#1",))
    store(profile, *contacts.transition_writes(transitions, NOW, len(transitions)))


def deliver(*transitions: Transition, items: int | None = None) -> list[str]:
    """Has the function take them as the stream brings them: an item each, or in so many items."""
    writes = [write for each in transitions for write in contacts.transition_writes([each], NOW, 1)]
    if items is not None:
        writes = contacts.transition_writes(transitions, NOW, items)
    records = [
        {
            "dynamodb": {
                "SequenceNumber": str(number),
                "ApproximateCreationDateTime": NOW // SECOND,
                "NewImage": write["Put"]["Item"],
            }
        }
        for number, write in enumerate(writes)
    ]
    answer = app.handler({"Records": records}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def test_of_transitions_in_one_item_each_is_followed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    subscribed = Transition("c1", 2, "new_subscribers", True, NOW, "e1", 0)
    other = Transition("c1", 3, "customers", True, NOW, "e1", 0)
    now_is(ENTERED, subscribed, other)
    record, failed = members.record, []

    def fail_at_the_second(transition: Transition, now: int) -> int:
        if transition is not ENTERED and not failed:
            failed.append(transition)
            raise RuntimeError
        return record(transition, now)

    with monkeypatch.context() as patch:
        patch.setattr(members, "record", fail_at_the_second)
        assert deliver(ENTERED, subscribed, other, items=1) == ["0"]
    assert deliver(ENTERED, subscribed, other, items=1) == []
    assert deliver(ENTERED, subscribed, other, items=1) == []
    for each in (ENTERED, subscribed, other):
        assert [member.contact for member in members.members(each.segment)] == ["c1"]


def test_a_move_whose_parts_come_apart_and_again_is_counted_once_and_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    bought = Transition("c1", 3, "customers", True, NOW, "e1", 0, "Order Completed", NOW)
    left = replace(LEFT, event="Order Completed", happened=NOW)
    now_is(ENTERED, left, bought)
    record = flows.record

    def fail(steps: Any, now: int) -> None:
        record(steps, now)  # and its answer is lost
        raise ConnectionClosedError(endpoint_url="dynamodb")

    with monkeypatch.context() as patch:
        patch.setattr(flows, "record", fail)
        assert deliver(bought) == ["0"]
    for batch in ([bought], [left], [ENTERED, left], [bought, left]):
        assert deliver(*batch) == []
    day = iso(NOW)[:10]
    assert {each.name: each.n for each in flows.counts(day, day)} == {
        ("inactive", "left", "event"): 1,
        ("customers", "entered", "event"): 1,
        ("inactive", "to", "customers"): 1,
    }


def test_moves_that_cannot_be_counted_for_long_are_put_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(steps: Any, now: int) -> None:
        raise ConnectionClosedError(endpoint_url="dynamodb")

    now_is(ENTERED)
    monkeypatch.setattr(flows, "record", fail)
    assert deliver(ENTERED) == ["0"]
    clock.use(lambda: NOW + app.PATIENCE + SECOND)
    assert deliver(ENTERED) == []
    assert [each.contact for each in members.members("inactive")] == ["c1"]


# ── runs that Step Functions moves ──

JOURNEY = Journey.model_validate(
    {
        "id": "win_back",
        "name": "Win-back",
        "sentence": "Asks them back.",
        "trigger": {"kind": "segment", "segment": "inactive"},
        "runs_on": "step_functions",
        "steps": [{"kind": "send", "id": "we_miss_you"}, {"kind": "send", "id": "welcome_back"}],
    }
)
BEGUN = Run(
    contact="c1",
    journey="win_back",
    number=1,
    version=3,
    began=NOW - DAY,
    started=NOW - DAY,
    cause="time inactive 1",
    step="we_miss_you",
    since=NOW - DAY,
    passes={"we_miss_you": 0},
    records=(Record(NOW - DAY, "", "began"), Record(NOW - DAY, "we_miss_you", "entered")),
)
MOVED = replace(
    BEGUN,
    step="welcome_back",
    since=NOW,
    passes={"we_miss_you": 0, "welcome_back": 0},
    records=(
        *BEGUN.records,
        Record(NOW, "we_miss_you", "moved", "left inactive"),
        Record(NOW, "welcome_back", "entered"),
    ),
)
ENDED = replace(MOVED, outcome="goal", ended=NOW, records=(*MOVED.records, Record(NOW, "", "ended", "goal")))


def tell(*runs: Run) -> list[str]:
    """Has the function take runs as the stream brings them."""
    return [
        failure["itemIdentifier"]
        for run in runs
        for failure in app.handler(
            {
                "Records": [
                    {
                        "dynamodb": {
                            "SequenceNumber": str(len(run.records)),
                            "ApproximateCreationDateTime": NOW // SECOND,
                            "NewImage": item_of(run),
                        }
                    }
                ]
            },
            None,
        )["batchItemFailures"]
    ]


def item_of(run: Run) -> Any:
    return contact_runs.write(run, JOURNEY, (), len(run.records), len(run.records))["Put"]["Item"]


def executions(machines: dict[str, str]) -> dict[str, str]:
    listed = boto3.client("stepfunctions").list_executions(stateMachineArn=machines["win_back"])["executions"]
    return {execution["name"]: execution["status"] for execution in listed}


def test_a_run_has_one_execution_however_often_it_comes_and_ids_are_all_it_is_told(machines: dict[str, str]) -> None:
    assert tell(BEGUN, BEGUN) == []
    assert executions(machines) == {"c1-win_back-1": "RUNNING"}
    (listed,) = boto3.client("stepfunctions").list_executions(stateMachineArn=machines["win_back"])["executions"]
    given = json.loads(boto3.client("stepfunctions").describe_execution(executionArn=listed["executionArn"])["input"])
    ids = {"contact": "c1", "journey": "win_back", "version": 3, "run": "c1-win_back-1"}
    assert given == {**ids, "step": "", "at": "1970-01-01T00:00:00.000Z"}


def test_an_exit_that_leads_on_stops_the_one_and_goes_on_with_another(machines: dict[str, str]) -> None:
    assert tell(BEGUN, MOVED, BEGUN, MOVED) == []
    assert executions(machines) == {"c1-win_back-1": "ABORTED", "c1-win_back-1-1": "RUNNING"}


@pytest.mark.parametrize("order", [*itertools.permutations([BEGUN, MOVED, ENDED])])
def test_repeats_in_any_order_leave_no_execution_going_once_the_end_has_come_last(
    machines: dict[str, str], order: tuple[Run, ...]
) -> None:
    assert tell(*order, ENDED) == []
    assert "RUNNING" not in executions(machines).values()


def test_what_is_recorded_counts_on_the_shop_s_own_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TIME_ZONE", "America/Los_Angeles")
    environment.forget()
    for number, told in enumerate(("2026-11-01T06:59:00Z", "2026-11-01T07:01:00Z", "2026-12-01T07:59:00Z"), start=1):
        t = parse_instant(told)
        run = replace(BEGUN, number=number, records=(Record(t, "", "began"),))
        run_counts.record(contact_runs.Kept(run, 1, 1, "wake_ups", "marketing", ()), t)
    days = {each.day: each.n for each in run_counts.counts("win_back")}
    assert days == {"2026-10-31": 1, "2026-11-01": 1, "2026-11-30": 1}
    # The clocks go back in the night of the first of November: no day is there twice, and none is left out.
    shown = [run_counts.day_of(parse_instant("2026-11-02T07:30:00Z"), ago) for ago in range(3)]
    assert shown == ["2026-11-01", "2026-10-31", "2026-10-30"]


def test_an_execution_that_step_functions_has_forgotten_is_no_obstacle(machines: dict[str, str]) -> None:
    assert tell(ENDED) == []
    assert executions(machines) == {}


def test_the_first_that_fails_comes_again_with_all_after_it(
    machines: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now_is(ENTERED)

    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(members, "record", fail)
    assert deliver(ENTERED, ENTERED) == ["0"]


def test_an_anonymous_contacts_events_are_brought_over_and_deleted() -> None:
    who = (Identity(kind=IdentityKind.ANONYMOUS, value="browser"),)
    visits = [
        Event(
            id=f"v{n}",
            type=Type.PAGE_VIEWED,
            time=n,
            stated=n,
            received=NOW - n,
            source="segment",
            public=n % 2 == 0,
            identities=who,
        )
        for n in range(12)
    ]
    closed = Profile("a1", merged_into="c1")
    store(closed, *(contacts.event_write("a1", visit) for visit in visits))
    image = contacts.profile_write(closed, NEVER, NOW)["Put"]["Item"]
    for _ in range(2):
        assert app.handler({"Records": [{"dynamodb": {"SequenceNumber": "1", "NewImage": image}}]}, None) == {
            "batchItemFailures": []
        }
    url = boto3.client("sqs").get_queue_url(QueueName="events_queue")["QueueUrl"]
    received: list[Event] = []
    while messages := boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        received += [Event.model_validate_json(message["Body"]) for message in messages]
    assert {event.id for event in received} == {visit.id for visit in visits}
    assert {event.identity(IdentityKind.CONTACT) for event in received} == {"c1"}
    told = {visit.id: (visit.public, visit.received) for visit in visits}
    assert {event.id: (event.public, event.received) for event in received} == told  # who said it, and when we heard it
    assert [item["kind"]["S"] for item in contacts.items("a1")] == ["PROFILE"]


def stuck() -> Any:
    """The item of ENTERED as it stands in the table."""
    item = contacts.read_item("c1", "TRANSITION#0000000001")
    assert item is not None
    return item


def bring(item: Any, at: int) -> list[Any]:
    change = {"SequenceNumber": "1", "ApproximateCreationDateTime": at // SECOND, "NewImage": item}
    answer: dict[str, list[Any]] = app.handler({"Records": [{"dynamodb": change}]}, None)
    return answer["batchItemFailures"]


def test_what_fails_for_long_is_put_aside_and_a_replay_brings_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now_is(ENTERED)

    def refused(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(members, "record", refused)
        assert len(bring(stuck(), NOW)) == 1, "young: it comes again"
        clock.use(lambda: NOW + 11 * MINUTE)
        assert bring(stuck(), NOW) == [], "put aside: it holds up nothing any more"
    clock.use(lambda: NOW + 2 * DAY)
    (letter,) = dead_letters.peek(dead_letters.queues()["transition"])
    assert (letter.id, letter.type, letter.reason) == ("c1", "TRANSITION", "RuntimeError")
    assert dead_letters.replay("transition") == 1
    assert "again" in stuck(), "a change that the stream brings"
    assert bring(stuck(), NOW + 2 * DAY) == []
    assert [member.contact for member in members.members("inactive")] == ["c1"]
    assert dead_letters.depth(dead_letters.queues()["transition"]) == 0


def test_what_lambda_gave_up_on_stays_when_the_others_are_replayed() -> None:
    url = dead_letters.queues()["transition"]
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody='{"DDBStreamBatchInfo": {}}')
    assert dead_letters.replay("transition") == 0
    assert dead_letters.depth(url) == 1


def test_the_end_of_a_contact_can_be_brought_again() -> None:
    store(Profile("a1", merged_into="c1"))
    assert contacts.bring_again("a1", "PROFILE", NOW)
    assert "again" in (contacts.read_item("a1", "PROFILE") or {})
    assert not contacts.bring_again("a1", "TRANSITION#0000000001", NOW), "gone: nothing is made anew"
    assert contacts.read_item("a1", "TRANSITION#0000000001") is None
