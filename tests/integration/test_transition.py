"""Transition: repeats and reordering change nothing; what the contact has moved past starts nothing."""

from __future__ import annotations

import itertools
import json
from typing import Any

import boto3
import pytest
from boto3.dynamodb.types import TypeSerializer

from functions.transition import app
from shared.adapters import clients, clock, contacts, dead_letters, environment, members
from shared.domain.events import DAY, MINUTE, NEVER, SECOND, Event, Identity, IdentityKind, Type
from shared.domain.journeys import Run
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


def runs(machines: dict[str, str], journey: str) -> dict[str, str]:
    listed = boto3.client("stepfunctions").list_executions(stateMachineArn=machines[journey])["executions"]
    return {execution["name"]: execution["status"] for execution in listed}


def test_an_entry_starts_one_run_however_often_it_comes(machines: dict[str, str]) -> None:
    now_is(ENTERED)
    assert deliver(ENTERED) == deliver(ENTERED, ENTERED) == []
    assert runs(machines, "win_back") == {"c1-inactive-1": "RUNNING"}
    assert [member.contact for member in members.members("inactive")] == ["c1"]


def test_of_transitions_in_one_item_each_is_followed_once(
    machines: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed = Transition("c1", 2, "new_subscribers", True, NOW, "e1", 0)
    other = Transition("c1", 3, "customers", True, NOW, "e1", 0)
    now_is(ENTERED, subscribed, other)
    start, failed = app.state_machines.start, []

    def fail_at_the_second(run: Run, now: int) -> None:
        if run.journey == "onboarding" and not failed:
            failed.append(run)
            raise RuntimeError
        start(run, now)

    monkeypatch.setattr(app.state_machines, "start", fail_at_the_second)
    assert deliver(ENTERED, subscribed, other, items=1) == ["0"]
    assert deliver(ENTERED, subscribed, other, items=1) == []
    assert deliver(ENTERED, subscribed, other, items=1) == []
    assert runs(machines, "win_back") == {"c1-inactive-1": "RUNNING"}
    assert runs(machines, "onboarding") == {"c1-new_subscribers-2": "RUNNING"}
    assert [members.count(each.segment) for each in (ENTERED, subscribed, other)] == [1, 1, 1]


def test_a_run_is_started_with_ids_only(machines: dict[str, str]) -> None:
    now_is(ENTERED)
    deliver(ENTERED)
    arn = boto3.client("stepfunctions").list_executions(stateMachineArn=machines["win_back"])["executions"][0]
    given = json.loads(boto3.client("stepfunctions").describe_execution(executionArn=arn["executionArn"])["input"])
    assert given == {
        "contact": "c1",
        "journey": "win_back",
        "segment": "inactive",
        "number": 1,
        "path": "begin",
        "run": "c1-inactive-1",
    }


@pytest.mark.parametrize("order", sorted({*itertools.permutations([ENTERED, LEFT, ENTERED, LEFT])}, key=str))
def test_repeats_in_any_order_leave_the_contact_out_with_no_run_going(
    machines: dict[str, str], order: tuple[Transition, ...]
) -> None:
    now_is(ENTERED, LEFT)
    assert deliver(*order) == []
    assert "RUNNING" not in runs(machines, "win_back").values()
    assert list(members.members("inactive")) == []


def test_leaving_stops_the_run_and_starts_the_exit_path(machines: dict[str, str]) -> None:
    now_is(ENTERED)
    deliver(ENTERED)
    held = contacts.read("c1")
    assert held is not None
    held.profile.memberships["inactive"] = Membership(False, 2, NOW, NEVER)
    store(held.profile)
    assert deliver(LEFT, LEFT) == []
    assert runs(machines, "win_back") == {"c1-inactive-1": "ABORTED", "c1-inactive-2": "RUNNING"}


def test_a_run_that_step_functions_has_forgotten_is_no_obstacle(machines: dict[str, str]) -> None:
    now_is(ENTERED, LEFT)
    item = {"execution": "arn:aws:states:eu-west-1:123456789012:execution:win_back:gone", "run": "c1-inactive-1"}
    clients.client("dynamodb").put_item(
        TableName="Contacts",
        Item={
            **contacts.key("c1", "RUN#win_back#0000000001"),
            **{k: TypeSerializer().serialize(v) for k, v in item.items()},
        },
    )
    assert deliver(LEFT) == []


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


def test_nothing_is_started_for_an_erased_contact(machines: dict[str, str]) -> None:
    store(Profile("c1", erased=True, identities=()))
    assert deliver(ENTERED) == []
    assert runs(machines, "win_back") == {}


def test_the_runs_of_who_has_joined_another_end(machines: dict[str, str]) -> None:
    now_is(ENTERED)
    deliver(ENTERED)
    assert set(runs(machines, "win_back").values()) == {"RUNNING"}
    app.end("c1", "c2", NOW)
    assert set(runs(machines, "win_back").values()) == {"ABORTED"}
    assert list(contacts.items("c1", "RUN#")) == []


def down() -> pytest.MonkeyPatch:
    """Step Functions starts nothing, until this is undone."""

    def refused(*_: object) -> None:
        raise RuntimeError

    patch = pytest.MonkeyPatch()
    patch.setattr(app.state_machines, "start", refused)
    return patch


def stuck() -> Any:
    """The item of ENTERED as it stands in the table."""
    item = contacts.read_item("c1", "TRANSITION#0000000001")
    assert item is not None
    return item


def bring(item: Any, at: int) -> list[Any]:
    change = {"SequenceNumber": "1", "ApproximateCreationDateTime": at // SECOND, "NewImage": item}
    answer: dict[str, list[Any]] = app.handler({"Records": [{"dynamodb": change}]}, None)
    return answer["batchItemFailures"]


@pytest.mark.parametrize(("days", "started"), [(2, {"c1-inactive-1": "RUNNING"}), (4, {})])
def test_what_fails_for_long_is_put_aside_and_a_replay_starts_its_run_within_three_days(
    machines: dict[str, str], days: int, started: dict[str, str]
) -> None:
    now_is(ENTERED)
    patch = down()
    assert len(bring(stuck(), NOW)) == 1, "young: it comes again"
    clock.use(lambda: NOW + 11 * MINUTE)
    assert bring(stuck(), NOW) == [], "put aside: it holds up nothing any more"
    patch.undo()
    assert runs(machines, "win_back") == {}
    clock.use(lambda: NOW + days * DAY)
    (letter,) = dead_letters.peek(dead_letters.queues()["transition"])
    assert (letter.id, letter.type, letter.reason) == ("c1", "TRANSITION", "RuntimeError")
    assert dead_letters.replay("transition") == 1
    assert "again" in stuck(), "a change that the stream brings"
    assert bring(stuck(), NOW + days * DAY) == []
    assert runs(machines, "win_back") == started
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
