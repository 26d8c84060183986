"""Admin: what depends on more than one contact's partition, each test in a shop of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from functions.admin import reports
from infra.local.aws import athena as local_athena
from infra.local.aws import dynamodb as local_dynamodb
from infra.local.aws import s3 as local_s3
from infra.local.aws import sqs as local_sqs
from infra.local.aws import stepfunctions as local_stepfunctions
from infra.local.aws.calls import connect
from infra.local.aws.world import World
from shared.adapters import clients, clock, contacts, environment, identities, subscribers
from shared.domain.events import DAY, HOUR, Event, Identity, IdentityKind, Type, iso, parse_instant
from shared.domain.lake_rows import COLUMNS, row
from shared.domain.profiles import Profile
from tests.integration import admin_stack
from tests.integration.admin_stack import ADA, IRELAND, Admin, deliver, event, order, sign_up
from tests.integration.conftest import NOW, TABLES


@pytest.fixture
def admin() -> Iterator[Admin]:
    with admin_stack.admin_stack() as stack:
        yield stack


@pytest.fixture
def ada(admin: Admin) -> str:
    return admin_stack.ada(admin)


# ── health ──


def test_health_is_ok_when_nothing_is_wrong(admin: Admin) -> None:
    boto3.client("s3").put_object(Bucket="lake", Key=f"events/month={iso(NOW)[:7]}/type=email_sent/a.parquet", Body=b"")
    told = admin.get("/health").json
    assert (told["status"], told["problems"], told["now"]) == ("ok", [], NOW)
    assert told["queues"] == {"events": 0, "prompt": 0, "feedback": 0, "messages": 0, "notices": 0}
    assert told["late_wake_ups"] == 0
    assert told["outlived_runs"] == {}
    assert told["refused_events"] == 0
    assert told["last_lake_write"] > 0
    assert told["definitions"] == 1


def test_health_says_in_words_what_is_wrong(admin: Admin) -> None:
    deliver(sign_up("1", ADA, NOW - 10 * DAY))
    put_aside("events", {"id": "e1"})
    clock.use(lambda: NOW + 100 * DAY)  # and nobody was woken since
    told = admin.get("/health").json
    assert told["status"] == "attention"
    assert told["problems"] == [
        "1 message of events could not be processed.",
        "1 contact should have been looked at again by now: is the schedule on?",
    ]


def test_a_setting_that_is_wrong_is_one_problem_in_words_and_no_fault_of_an_event(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_TIME_ZONE", "Europe/Londn")
    ssm = boto3.client("ssm")
    ssm.put_parameter(Name="/beckon/shopify_secret", Value="no list", Type="SecureString", Overwrite=True)
    ssm.delete_parameter(Name="/beckon/token_key")
    admin_stack.forget()
    deliver(sign_up("1", ADA, NOW))
    assert admin.get("/health").json["problems"] == [
        'The secret shopify_secret: has to be a JSON list of texts, such as ["…"].',
        "The secret token_key: there is none.",
        "There is no time zone “Europe/Londn”: days are counted in UTC until TimeZone is corrected.",
    ]


def test_health_says_that_nobody_can_send_events(admin: Admin) -> None:
    for name in ("shopify_secret", "woocommerce_secret", "write_keys"):
        boto3.client("ssm").delete_parameter(Name=f"/beckon/{name}")
    assert admin.get("/health").json["problems"] == [
        "None of the secrets shopify_secret, woocommerce_secret, write_keys is stored: nobody can send events."
    ]


def test_health_tells_of_what_does_not_answer(admin: Admin) -> None:
    boto3.client("s3").delete_bucket(Bucket="lake")
    told = admin.get("/health").json
    assert told["problems"] == ["The lake could not be looked at: NoSuchBucket."]
    assert told["queues"] == {"events": 0, "prompt": 0, "feedback": 0, "messages": 0, "notices": 0}


def test_memberships_are_explained_of_more_than_the_profile_keeps(admin: Admin) -> None:
    deliver(sign_up("1", ADA, NOW - 200 * DAY).model_copy(update={"received": NOW - 200 * DAY}))
    for start in range(0, 60, 20):
        deliver(*(event(f"v{n}", Type.EMAIL_OPENED, "1", NOW - n * HOUR) for n in range(start, start + 20)))
    contact = admin.post("/contacts/find", {"email": ADA}).json["contact"]
    told = {each["segment"]: each for each in admin.get(f"/contacts/{contact}").json["memberships"]}
    assert told["inactive"]["member"] is True  # none of the 60 opens was a person's


def test_suppression_is_told_with_its_reason(admin: Admin, ada: str) -> None:
    contacts.commit([identities.suppression_write(identities.address_hash(ADA), "complaint", NOW)])
    assert admin.get(f"/contacts/{ada}").json["suppression"] == {"reason": "complaint", "since": NOW}


def test_who_is_unknown_or_erased_is_not_found(admin: Admin, ada: str) -> None:
    deliver(event("erasure", Type.ERASURE_REQUESTED, "1", NOW))
    for part in ("", "/timeline", "/messages", "/runs", "/export"):
        assert admin.get(f"/contacts/c0{part}").error["code"] == "not_found"
        answer = admin.get(f"/contacts/{ada}{part}")
        assert (answer.status, answer.error["code"]) == (404, "erased")


def test_runs_are_shown_newest_first_with_all_that_is_on_record(admin: Admin, ada: str) -> None:
    newer, older = admin.get(f"/contacts/{ada}/runs").json["runs"]
    assert (newer["journey"], newer["started"], newer["outcome"]) == ("onboarding", NOW, None)
    assert (older["journey"], older["started"]) == ("win_back", NOW - 7 * DAY)
    assert [each["words"] for each in newer["records"]] == ["Began by a change of segment.", "Came to this step."]


def test_who_has_joined_another_contact_is_shown_as_that_one(admin: Admin, ada: str) -> None:
    joined = contacts.Profile("c-anonymous", merged_into=ada)
    contacts.commit([contacts.profile_write(joined, NOW, NOW)])
    assert admin.get("/contacts/c-anonymous").json["contact"] == ada
    assert admin.post("/contacts/find", {"contact": "c-anonymous"}).json == {"contact": ada}


# ── segments and journeys ──


def test_segments_are_listed_in_words_with_how_many_are_in_them(admin: Admin, ada: str) -> None:
    listed = {each["segment"]: each for each in admin.get("/segments").json["segments"]}
    assert listed["active_customers"]["members"] == 1
    assert listed["inactive"]["members"] == 0
    assert listed["customers"]["sentence"] == "People who have ordered, whenever that was."
    shown = admin.get("/segments/first_time_buyers").json
    assert shown["members"] == 0  # entered with the first order, left with the second
    assert shown["definition"]["when"]["kind"] == "all"
    assert admin.get("/segments/none").error["field"] == "segment"
    assert admin.get("/segments/none/members").status == 404


# ── dead letters ──


def put_aside(queue: str, body: Any, reason: str | None = None) -> None:
    given: dict[str, Any] = {}
    if reason is not None:
        given["MessageAttributes"] = {"reason": {"DataType": "String", "StringValue": reason}}
    url = boto3.client("sqs").get_queue_url(QueueName=f"{queue}_dead_letters")["QueueUrl"]
    text = body if isinstance(body, str) else json.dumps(body)
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody=text, **given)


def test_dead_letters_say_which_message_and_why_but_nothing_personal(admin: Admin) -> None:
    broken = sign_up("1", ADA).model_dump(mode="json") | {"type": ADA}
    put_aside("events", broken, "not an event: type: too long")
    notice = {"eventType": "Bounce", "mail": {"messageId": "0102", "timestamp": iso(NOW), "destination": [ADA]}}
    put_aside("feedback", {"Type": "Notification", "Message": json.dumps(notice)})
    put_aside("feedback", f"not JSON of {ADA}")
    lost = {
        "requestContext": {"condition": "RetryAttemptsExhausted", "functionArn": "arn:aws:lambda:r:1:function:f"},
        "timestamp": iso(NOW),
        "DDBStreamBatchInfo": {"startSequenceNumber": "800"},
    }
    put_aside("transition", lost)
    answer = admin.get("/dead-letters")
    assert "example.com" not in answer.text
    queues = {queue["queue"]: queue for queue in answer.json["queues"]}
    (aside,) = queues["events"]["messages"]
    assert aside["reason"] == "not an event: type: too long"
    assert (aside["id"], aside["type"], aside["source"]) == (broken["id"], None, "shopify")
    assert (aside["received"], aside["receives"]) == (NOW, 1)
    told = {letter["id"]: letter for letter in queues["feedback"]["messages"]}
    assert (told["0102"]["type"], told["0102"]["source"], told["0102"]["received"]) == ("Bounce", "ses", NOW)
    assert told["0102"]["reason"] == "Its function failed every time it tried; the function's log says why."
    assert told[None]["type"] is None
    (stream,) = queues["transition"]["messages"]
    assert (stream["reason"], stream["id"]) == ("Lambda gave up: RetryAttemptsExhausted.", "800")
    assert [queues[name]["depth"] for name in ("events", "feedback", "transition")] == [1, 2, 1]
    assert [queues[name]["replayable"] for name in ("events", "feedback", "transition")] == [True, True, True]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """The local run's stand-ins, for what moto does not play: moving messages, histories of runs, Athena."""
    world = World(tmp_path / "world.sqlite", now=NOW)
    services = {
        "athena": local_athena.OPERATIONS,
        "dynamodb": local_dynamodb.OPERATIONS,
        "s3": local_s3.OPERATIONS,
        "sqs": local_sqs.OPERATIONS,
        "stepfunctions": local_stepfunctions.OPERATIONS,
    }
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", connect(world, services))
    admin_stack.forget()
    clock.use(world.now)
    boto3.client("dynamodb").create_table(TableName="Operators", BillingMode="PAY_PER_REQUEST", **TABLES["Operators"])
    monkeypatch.setenv("OPERATORS_TABLE", "Operators")
    yield world
    clock.use(None)
    admin_stack.forget()


def test_replaying_sends_messages_back_to_their_queue(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    sqs = clients.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
    events = sqs.create_queue(QueueName="events", Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    monkeypatch.setenv("DEAD_LETTER_QUEUES", json.dumps({"events": dead}))
    monkeypatch.setenv("EVENTS_QUEUE_URL", events)
    monkeypatch.setenv("PROMPT_QUEUE_URL", events)
    monkeypatch.setenv("FEEDBACK_QUEUE_URL", events)
    monkeypatch.setenv("MESSAGES_QUEUE_URL", events)
    monkeypatch.setenv("NOTICES_QUEUE_URL", events)
    environment.forget()
    sqs.send_message(QueueUrl=dead, MessageBody="an event")
    answer = Admin().post("/dead-letters/events/replay")
    assert (answer.status, answer.json) == (202, {"queue": "events", "status": "replaying"})
    assert [message["Body"] for message in sqs.receive_message(QueueUrl=events)["Messages"]] == ["an event"]
    assert Admin().get("/dead-letters").json["queues"][0]["depth"] == 0


@pytest.fixture
def lake(world: World, monkeypatch: pytest.MonkeyPatch) -> Admin:
    """A lake with a few days in it, and the query over it."""
    from shared.adapters import lake

    monkeypatch.setenv("LAKE_BUCKET", "lake")
    monkeypatch.setenv("ATHENA_DATABASE", "beckon")
    monkeypatch.setenv("ATHENA_WORKGROUP", "primary")
    environment.forget()
    clients.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration=IRELAND)
    keys = {"month": "string", "type": "string"}
    local_athena.register_table(world, "beckon", "events", COLUMNS, "s3://lake/events/", keys)
    sent = [event(f"s{n}", Type.EMAIL_SENT, "1", NOW - DAY, properties={"message": f"m{n}"}) for n in range(3)]
    clicked = [event("c", Type.EMAIL_CLICKED, "1", NOW, properties={"message": "m1", "human": True})]
    told: list[Event] = [*sent, *clicked, order("1", "1", NOW - DAY, 30), order("2", "1", NOW, 12.5)]
    lake.write((row("c1", each) for each in told), "file")
    return Admin()


def test_the_daily_report_is_the_committed_query_over_the_lake(lake: Admin) -> None:
    answer = lake.get("/reports/daily")
    assert answer.json == {
        "as_of": NOW,
        "from": "2026-10-26",
        "to": "2026-11-24",
        "days": [
            {"day": "2026-11-23", "sends": 3, "clicks": 0, "orders": 1, "revenue": 30.0},
            {"day": "2026-11-24", "sends": 0, "clicks": 1, "orders": 1, "revenue": 12.5},
        ],
    }
    one = lake.get("/reports/daily?from=2026-11-24&to=2026-11-24").json["days"]
    assert [day["day"] for day in one] == ["2026-11-24"]
    assert lake.get("/reports/daily?from=2026-01-01&to=2026-01-02").json["days"] == []


def test_a_query_that_takes_long_is_asked_for_again(lake: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "QUERY_LOOKS", 0)
    answer = lake.get("/reports/daily")
    assert answer.status == 202
    monkeypatch.undo()
    monkeypatch.setenv("ATHENA_DATABASE", "beckon")
    answer = lake.get(f"/reports/daily?query={answer.json['query']}")
    assert len(answer.json["days"]) == 2


def test_the_figures_have_the_revenue_of_who_clicked_and_the_period_before(
    lake: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The click was after the first order, and before the second; 40 days ago both were the other way."""
    before = [
        event("d0", Type.EMAIL_DELIVERED, "1", NOW - 40 * DAY, properties={"message": "m7"}),
        event("c0", Type.EMAIL_CLICKED, "1", NOW - 40 * DAY, properties={"message": "m7", "human": True}),
        order("8", "1", NOW - 36 * DAY, 20),
        order("9", "1", NOW - 34 * DAY, 5),  # six days after it
        event("c9", Type.EMAIL_CLICKED, "1", NOW - 35 * DAY, properties={"message": "m7", "human": False}),
    ]
    now_ = [event(f"d{n}", Type.EMAIL_DELIVERED, "1", NOW - DAY, properties={"message": f"m{n}"}) for n in (1, 2)]
    write_rows("c1", [*before, *now_], "more")
    write_rows("c2", [event("d3", Type.EMAIL_DELIVERED, "2", NOW - DAY, properties={"message": "m3"})], "others")
    monkeypatch.setattr(subscribers, "joined", lambda several, at, most: None)  # there are no tables beside this lake
    told = lake.get("/reports/figures").json
    assert told["before"].items() >= {"delivered": 1, "reached": 1, "email_revenue": 20.0}.items()
    assert told["now"].items() >= {"delivered": 3, "reached": 2, "email_revenue": 12.5}.items()


@pytest.mark.parametrize(("figure", "total"), [("sends", 3), ("clicks", 1), ("orders", 2), ("revenue", 42.5)])
def test_a_number_leads_to_as_many_and_as_much(
    lake: Admin, monkeypatch: pytest.MonkeyPatch, figure: str, total: float
) -> None:
    """Page by page, of one query."""

    def read_all(several: Iterable[str], _: Any) -> list[contacts.Stored]:
        return [contacts.Stored(Profile(each), 0) for each in several]

    monkeypatch.setattr(contacts, "read_all", read_all)
    write_rows("c2", [event("s9", Type.EMAIL_SENT, "2", NOW - 40 * DAY, properties={"message": "m9"})], "before")
    found = lake.get(f"/reports/people?figure={figure}").json
    assert (found["total"], found["contacts"], found["cursor"]) == (total, 1, None)
    assert [(each["contact"], each["n"]) for each in found["people"]] == [("c000000000000001", total)]
    write_rows("c3", [event("s3", Type.EMAIL_SENT, "3", NOW, properties={"message": "m3"})], "more")
    first = lake.get("/reports/people?figure=sends&limit=1").json
    second = lake.get(f"/reports/people?figure=sends&limit=1&cursor={first['cursor']}").json
    assert [each["total"] for each in (first, second)] == [4, 4]
    assert [each["n"] for page in (first, second) for each in page["people"]][:1] == [3]
    assert second["cursor"] is None
    assert lake.get("/reports/people?figure=opens").status == 400


def test_an_order_of_a_month_s_first_day_follows_a_click_of_the_month_before(
    lake: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    click, placed = parse_instant("2026-09-28T12:00:00Z"), parse_instant("2026-10-01T12:00:00Z")
    clicked = event("c0", Type.EMAIL_CLICKED, "1", click, properties={"message": "m7", "human": True})
    write_rows("c1", [clicked, order("8", "1", placed, 100)], "more")
    monkeypatch.setattr(subscribers, "joined", lambda several, at, most: None)
    for day in ("2026-11-28", "2026-11-29"):  # the period before begins on 30 September, and on 1 October
        monkeypatch.setattr(reports, "now", lambda day=day: parse_instant(f"{day}T12:00:00Z"))
        assert lake.get("/reports/figures").json["before"]["email_revenue"] == 100


def test_a_day_has_the_same_revenue_whichever_days_are_asked_for_beside_it(lake: Admin) -> None:
    """The order was cancelled before the day on which its money went back."""
    told = {"order_id": "5", "total": 30}
    back = [
        order("5", "1", NOW - 4 * DAY, 30),
        event("x5", Type.ORDER_CANCELLED, "1", NOW - 3 * DAY, properties=told),
        event("r5", Type.ORDER_REFUNDED, "1", NOW, properties={"order_id": "5", "amount": 30, "refund_id": "r5"}),
    ]
    write_rows("c1", back, "more")
    whole = {each["day"]: each["revenue"] for each in lake.get("/reports/daily").json["days"]}
    (alone,) = lake.get("/reports/daily?from=2026-11-24&to=2026-11-24").json["days"]
    assert alone["revenue"] == whole["2026-11-24"] == 12.5


def write_rows(contact: str, events: list[Event], name: str) -> None:
    from shared.adapters import lake

    lake.write((row(contact, each) for each in events), name)


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("from=yesterday", 400, "from"),
        ("to=2026-11-31", 400, "to"),
        ("to=2026-11-24T10:00:00Z", 400, "to"),
        ("from=2026-11-24&to=2026-11-23", 400, "from"),
        ("from=2020-01-01&to=2026-11-24", 400, "from"),
        ("query='; DROP", 400, "query"),
        ("query=00000000-0000-4000-8000-000000000000", 404, "query"),
    ],
)
def test_a_report_that_cannot_be_is_refused(lake: Admin, query: str, status: int, field: str) -> None:
    answer = lake.get(f"/reports/daily?{query}")
    assert (answer.status, answer.error["field"]) == (status, field)


# ── two contacts, one person ──

ADDRESS = Identity(kind=IdentityKind.EMAIL, value="ada@work.example.com")


def test_a_conflict_is_shown_and_merged_by_hand(admin: Admin) -> None:
    deliver(sign_up("1", ADA, NOW - 10 * DAY), sign_up("2", "ada@work.example.com", NOW - 9 * DAY))
    both = event("both", Type.CONTACT_UPDATED, "1", NOW - DAY, identities=(ADDRESS,))
    assert admin.get("/conflicts").json == {"conflicts": [], "more": False}
    deliver(both)
    (told,) = admin.get("/conflicts").json["conflicts"]
    assert {each["email"] for each in told["contacts"]} == {ADA, "ada@work.example.com"}
    kept, gone = sorted(told["contacts"], key=lambda each: each["email"] != ADA)
    assert admin.post(f"/contacts/{kept['contact']}/merge", {"other": kept["contact"]}).status == 409
    assert admin.post(f"/contacts/{kept['contact']}/merge", {}).status == 400
    assert admin.post(f"/contacts/{kept['contact']}/merge", {"other": "c-none"}).status == 404
    assert admin.post(f"/contacts/{kept['contact']}/merge", {"other": gone["contact"]}).status == 202
    (message,) = boto3.client("sqs").receive_message(QueueUrl=os.environ["PROMPT_QUEUE_URL"])["Messages"]
    deliver(Event.model_validate_json(message["Body"]))
    assert admin.get("/conflicts").json == {"conflicts": [], "more": False}
    assert admin.get(f"/contacts/{gone['contact']}").json["contact"] == kept["contact"]
    assert identities.find([ADDRESS]) == {ADDRESS: kept["contact"]}
