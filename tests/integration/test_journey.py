"""The function that journeys' state machines ask and tell."""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
import pytest
from pydantic import ValidationError

from functions.journey import app
from functions.journey.app import NotSeenError
from shared.adapters import contact_runs, contacts, journey_definitions, kept_arms, shares
from shared.adapters.contacts import VersionConflictError
from shared.domain.events import DAY, NEVER, Event, Identity, IdentityKind, Type, iso
from shared.domain.experiments.adapting import WHOLE
from shared.domain.experiments.moves import Moved
from shared.domain.journeys.definition import Journey, Split
from shared.domain.journeys.publications import Version, with_journey
from shared.domain.journeys.runs import Record, Run, Settled, TakePart
from shared.domain.journeys.telling import told_by
from shared.domain.profiles import Profile
from shared.domain.profiles.bounds import MAX_ORDERS
from shared.domain.profiles.folding import fold, trim
from tests.integration.conftest import NOW

CONTACT = "c0ffee"
RUN = f"{CONTACT}-trying-7"
JOURNEY = Journey.model_validate(
    {
        "id": "trying",
        "name": "Trying",
        "sentence": "Tries every task.",
        "trigger": {"kind": "segment", "segment": "inactive"},
        "runs_on": "step_functions",
        "steps": [
            {
                "id": "spends",
                "kind": "branch",
                "ways": [
                    {"when": {"kind": "member", "segment": "high_spenders"}, "next": "mark"},
                    {"when": {"kind": "orders"}, "next": "tell"},
                ],
                "next": "monday",
            },
            {"id": "mark", "kind": "update", "traits": {"spends": True}, "add_tags": ["big"]},
            {"id": "tell", "kind": "notify", "subject": "Call them", "to": "sales"},
            {"id": "monday", "kind": "wait", "at": "09:00", "weekdays": ["mon"]},
            {"id": "other", "kind": "start", "journey": "win_back"},
        ],
    }
)


LOT = JOURNEY.model_copy(
    update={
        "steps": (
            Split.model_validate(
                {
                    "id": "lot",
                    "ways": [{"weight": 1, "next": "mark"}, {"weight": 1, "next": "tell"}],
                    "arms": {"experiment": "way", "adaptive": True},
                }
            ),
            *JOURNEY.steps[1:],
        )
    }
)


@pytest.fixture(autouse=True)
def published(aws: None) -> None:
    version = Version(version=1, journey=JOURNEY, published=NOW, by="a test", why="it is tried")
    journey_definitions.publish(with_journey(journey_definitions.publication(), version), version)


def order(number: int, time: int) -> Event:
    return Event(
        id=f"o{number}",
        type=Type.ORDER_COMPLETED,
        time=time,
        stated=time,
        received=time,
        source="shopify",
        identities=(Identity(kind=IdentityKind.CONTACT, value=CONTACT),),
        properties={"order_id": str(number), "total": "10.00"},
    )


def store(*events: Event) -> None:
    profile = Profile(CONTACT)
    for event in events:
        fold(profile, event)
    trim(profile)
    writes = [contacts.event_write(CONTACT, event) for event in events]
    for write in [*writes, contacts.profile_write(profile, NEVER, NOW)]:
        boto3.client("dynamodb").transact_write_items(TransactItems=[write])
    goes_on()


def goes_on(*records: Record, outcome: str | None = None) -> None:
    run = Run(CONTACT, "trying", 7, 1, began=NOW, started=NOW, cause="e1", records=records, outcome=outcome)
    contacts.commit([contact_runs.write(run, JOURNEY, (), len(records), 1)])


def ask(action: str, step: str, **more: Any) -> Any:
    given = {"contact": CONTACT, "journey": "trying", "version": 1, "run": RUN, "step": step, "entered": iso(NOW)}
    return app.handler({"action": action, **given, **more}, None)


def queued(queue: str = "PROMPT") -> list[Event]:
    url = os.environ[f"{queue}_QUEUE_URL"]
    answer = boto3.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [Event.model_validate(json.loads(message["Body"])) for message in answer.get("Messages", [])]


def test_a_branch_asks_the_profile_at_this_instant_and_tells_which_way_it_went() -> None:
    store(order(1, NOW - 200 * DAY))
    assert ask("choose", "spends") == {"next": "tell"}
    (event,) = queued()
    assert event.identities == (Identity(kind=IdentityKind.CONTACT, value=CONTACT),)
    assert told_by(event) == Settled(NOW, RUN, "spends", 0, "passed", "tell")


def test_a_branch_that_the_bounded_history_cannot_answer_reads_all_events() -> None:
    store(*(order(number, NOW - 60 * DAY + number) for number in range(MAX_ORDERS + 5)))
    assert ask("choose", "spends") == {"next": "mark"}


def test_the_way_that_shares_have_drawn_is_kept_before_the_machine_goes_it_and_is_the_same_when_asked_again() -> None:
    version = Version(version=2, journey=LOT, published=NOW, by="a test", why="its ways adapt")
    journey_definitions.publish(with_journey(journey_definitions.publication(), version), version)
    store(order(1, NOW))

    def moved(to: str, other: str) -> None:
        shares.move({"way": Moved(at=NOW, weights={to: WHOLE, other: 0}, of={})})

    moved("tell", "mark")
    assert ask("choose", "lot", version=2) == {"next": "tell"}
    (part,), (settled,) = queued("EVENTS"), queued()
    assert (part.type, part.properties["variant"], part.properties["shares"]) == (Type.EXPERIMENT_ENTERED, "tell", "1")
    assert told_by(settled) == Settled(NOW, RUN, "lot", 0, "passed", "tell")
    moved("mark", "tell")
    assert ask("choose", "lot", version=2) == {"next": "tell"}
    contacts.delete(CONTACT, ["ARM#way"])
    assert ask("choose", "lot", version=2) == {"next": "mark"}


def test_where_another_is_kept_meanwhile_or_the_contact_is_erased_it_is_chosen_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    version = Version(version=2, journey=LOT, published=NOW, by="a test", why="its ways adapt")
    journey_definitions.publish(with_journey(journey_definitions.publication(), version), version)
    store(order(1, NOW))
    shares.move({"way": Moved(at=NOW, weights={"mark": WHOLE, "tell": 0}, of={})})
    keep, meanwhile = kept_arms.keep, [TakePart("lot", 0, "way", "tell", shares=7)]

    def overtaken(contact: str, part: TakePart) -> None:
        while meanwhile:
            keep(contact, meanwhile.pop())
        keep(contact, part)

    monkeypatch.setattr(kept_arms, "keep", overtaken)
    assert ask("choose", "lot", version=2) == {"next": "tell"}
    (part,) = queued("EVENTS")
    assert (part.properties["variant"], part.properties["shares"]) == ("tell", "7")
    contacts.delete(CONTACT, ["ARM#way"])
    contacts.commit([contacts.profile_write(Profile(CONTACT, merged_into="c02", version=1), NEVER, NOW)])
    with pytest.raises(VersionConflictError):
        ask("choose", "lot", version=2)
    assert list(contacts.items(CONTACT, "ARM#")) == []


def test_until_when_to_wait_is_by_the_contacts_clock_and_the_same_when_asked_again() -> None:
    store(order(1, NOW))
    first = ask("until", "monday")
    assert first == ask("until", "monday")
    assert first["until"].endswith("T09:00:00.000Z")
    assert queued() == []


def test_an_update_is_one_event_however_often_it_is_tried_and_is_waited_for_where_it_has_to_be_seen() -> None:
    store(order(1, NOW))
    with pytest.raises(NotSeenError):
        ask("do", "mark", seen=True)
    assert ask("do", "mark") == {}
    first, second = queued()
    assert first == second
    assert (first.type, first.traits, first.properties["tags_added"]) == (
        Type.CONTACT_UPDATED,
        {"spends": True},
        ["big"],
    )
    goes_on(Record(NOW, "mark", "passed"))
    assert ask("do", "mark", seen=True) == {}


def test_a_notice_is_told_on_the_bus_and_another_journey_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    store(order(1, NOW))
    ask("do", "tell")
    ask("do", "other")
    told = {event.type: told_by(event) for event in queued()}
    assert set(told) == {Type.STEP_SETTLED, Type.JOURNEY_BEGUN}
    assert getattr(told[Type.JOURNEY_BEGUN], "journey", None) == "win_back"


def test_the_end_of_a_run_is_told_once() -> None:
    store(order(1, NOW))
    ask("end", "", outcome="completed")
    ask("end", "", outcome="completed")
    first, second = queued()
    assert first == second
    assert told_by(first) == Settled(NOW, RUN, "", 0, "ended", "completed")


def test_of_a_run_that_has_ended_nothing_is_done() -> None:
    store(order(1, NOW))
    goes_on(outcome="unsubscribed")
    assert ask("choose", "spends")["next"] == "end"
    ask("do", "mark", seen=True)
    ask("end", "", outcome="completed")
    assert queued() == []


@pytest.mark.parametrize("broken", [{"action": "dance"}, {"action": "choose", "contact": CONTACT}])
def test_a_task_that_nobody_knows_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        app.handler(broken, None)
