"""The admin as API Gateway calls it, on tables that the real handlers have filled, on moto."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto import mock_aws

from functions.admin import page
from functions.admin.app import app, handler
from functions.profile import app as profile
from functions.transition import app as transition
from infra.local.routes import Route
from infra.local.system import Context
from shared.adapters import clock, contact_runs, contacts, journey_files, messages
from shared.adapters.caches import forget_all
from shared.domain.events import (
    DAY,
    MINUTE,
    ConsentChange,
    Event,
    Identity,
    IdentityKind,
    Instant,
    Json,
    Type,
    event_id,
)
from shared.domain.journeys.runs import Record, Run
from shared.domain.messages.asked import RunMessage
from shared.domain.messages.refusals import Refusal
from tests.documented import conforms
from tests.integration.conftest import NOW, SECRETS, TABLES, session

REQUESTS = count()
DEAD_LETTERS = ("events", "feedback", "transition", "refresh")
ROUTES = [
    Route(method, path, "AdminFunction")
    for path, methods in sorted(app.routes.items(), key=lambda entry: entry[0].count("{"))
    for method in methods
]


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> dict[str, Any]:
        """A problem's code, message and field."""
        told = self.json
        assert self.headers["Content-Type"] == "application/problem+json"
        assert (told["status"], told["type"]) == (self.status, f"urn:problem-type:beckon:{told['code']}")
        field = {"field": told["field"]} if "field" in told else {}
        return {"code": told["code"], "message": told["detail"], **field}


class Admin:
    """Sends requests, as an operator of these groups."""

    groups = "owner"

    def get(self, url: str) -> Answer:
        return self.request("GET", url)

    def post(self, url: str, body: Json = None) -> Answer:
        return self.request("POST", url, b"" if body is None else json.dumps(body).encode())

    def request(self, method: str, url: str, body: bytes = b"", **headers: str) -> Answer:
        path = urlsplit(url).path
        route = next(route for route in ROUTES if route.match(method, path) is not None)
        answer = handler(payload(route, url, body, self.groups, **headers), object())
        assert "isBase64Encoded" not in answer
        if not path.startswith("/assets/"):
            conforms(method, path, answer["statusCode"], answer["headers"]["Content-Type"], answer["body"])
        return Answer(answer["statusCode"], answer["headers"], answer["body"])

    def all(self, url: str, name: str, limit: int) -> list[Any]:
        """All items of a list, page by page."""
        found, cursor = [], ""
        while True:
            answer = self.get(f"{url}?limit={limit}{cursor}").json
            assert len(answer[name]) <= limit
            found += answer[name]
            if answer["cursor"] is None:
                return found
            assert answer[name]
            cursor = f"&cursor={answer['cursor']}"


def payload(route: Route, url: str, body: bytes, groups: str = "owner", **extra: str) -> dict[str, Any]:
    """As a REST API makes it (format 1.0); `extra` headers have _ for -."""
    parts = urlsplit(url)
    query = parse_qs(parts.query, keep_blank_values=True)
    headers = {"content-type": "application/json", "authorization": "a token that API Gateway has checked"}
    headers |= {name.replace("_", "-"): value for name, value in extra.items()}
    return {
        "version": "1.0",
        "resource": route.path,
        "path": parts.path,
        "httpMethod": route.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": route.match(route.method, parts.path) or None,
        "stageVariables": None,
        "requestContext": {
            "authorizer": {"claims": {"sub": "operator-1", "cognito:groups": groups}},
            "httpMethod": route.method,
            "path": f"/admin{parts.path}",
            "requestId": f"request-{next(REQUESTS):06d}",
            "resourcePath": route.path,
            "stage": "admin",
        },
        "body": body.decode() if body else None,
        "isBase64Encoded": False,
    }


CAMPAIGNS = {
    "KeySchema": [{"AttributeName": "campaign", "KeyType": "HASH"}, {"AttributeName": "item", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "campaign", "AttributeType": "S"},
        {"AttributeName": "item", "AttributeType": "S"},
    ],
}


@contextmanager
def admin_stack() -> Iterator[Admin]:
    """A fresh account: tables, queues, state machines, a lake and the settings, on a clock that stands at `NOW`."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(boto3, "DEFAULT_SESSION", session())
        forget()
        dynamodb, sqs, ssm = boto3.client("dynamodb"), boto3.client("sqs"), boto3.client("ssm")
        for name, definition in {**TABLES, "Campaigns": CAMPAIGNS}.items():
            dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **definition)
            patch.setenv(f"{name.upper()}_TABLE", name)
        for name, value in SECRETS.items():
            ssm.put_parameter(Name=f"/beckon/{name}", Value=value, Type="SecureString")
        queues = {name: sqs.create_queue(QueueName=f"{name}_dead_letters")["QueueUrl"] for name in DEAD_LETTERS}
        machines = {
            journey: boto3.client("stepfunctions").create_state_machine(
                name=journey, definition='{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}', roleArn=ROLE
            )["stateMachineArn"]
            for journey in ("onboarding", "win_back")
        }
        boto3.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration=IRELAND)
        settings = {
            "ATHENA_DATABASE": "beckon",
            "ATHENA_WORKGROUP": "primary",
            "CURRENCY": "EUR",
            "WEBSITE_ORDERS": "ignore",
            "DEAD_LETTER_QUEUES": json.dumps(queues),
            "EVENTS_DLQ_URL": queues["events"],
            "EVENTS_QUEUE_URL": sqs.create_queue(QueueName="events")["QueueUrl"],
            "PROMPT_QUEUE_URL": sqs.create_queue(QueueName="prompt")["QueueUrl"],
            "FEEDBACK_QUEUE_URL": sqs.create_queue(QueueName="feedback")["QueueUrl"],
            "MESSAGES_QUEUE_URL": sqs.create_queue(QueueName="messages")["QueueUrl"],
            "NOTICES_QUEUE_URL": sqs.create_queue(QueueName="notices")["QueueUrl"],
            "LAKE_BUCKET": "lake",
            "SECRETS_PATH": "/beckon",
            "IMAGES_URL": "https://images.example.com/images",
            "SENDER": "A Shop <hello@shop.example>",
            "POSTAL_ADDRESS": "1 Example Street, London",
            "SHOP_TIME_ZONE": "UTC",
            "STATE_MACHINES": json.dumps(machines),
        }
        for name, value in settings.items():
            patch.setenv(name, value)
        clock.use(lambda: NOW)
        yield Admin()
    clock.use(None)
    forget()


def forget() -> None:
    """As a new Lambda of the admin begins."""
    forget_all()
    page.assets.cache_clear()


IRELAND: Any = {"LocationConstraint": "eu-west-1"}
ROLE = "arn:aws:iam::123456789012:role/journeys"


def event(name: str, type_: str, customer: str, time: Instant, **fields: Any) -> Event:
    """An event of the contact that Shopify knows as `customer`."""
    return Event(
        id=event_id(name, customer),
        type=type_,
        time=time,
        stated=time,
        received=NOW,
        source=fields.pop("source", "shopify"),
        identities=(Identity(kind=IdentityKind.SHOPIFY, value=customer), *fields.pop("identities", ())),
        **fields,
    )


def sign_up(customer: str, email: str, time: Instant = NOW - 10 * DAY, **traits: Json) -> Event:
    return event(
        "sign-up",
        Type.CONTACT_CREATED,
        customer,
        time,
        identities=(Identity(kind=IdentityKind.EMAIL, value=email),),
        traits={"email": email, **traits},
        consent=(ConsentChange(state="subscribed"),),
    )


def order(number: str, customer: str, time: Instant, total: float) -> Event:
    return event(number, Type.ORDER_COMPLETED, customer, time, properties={"order_id": number, "total": total})


def deliver(*events: Event) -> None:
    """Has the profile function take the events, and the transition function what comes of them."""
    before = _items()
    records = [
        {"messageId": str(n), "body": each.model_dump_json(), "attributes": {"ApproximateReceiveCount": "1"}}
        for n, each in enumerate(events)
    ]
    assert profile.handler({"Records": records}, Context("ProfileFunction", "arn", "request")) == {
        "batchItemFailures": []
    }
    after = _items()
    news = [item for key, item in after.items() if key not in before and item["kind"]["S"].startswith("TRANSITION#")]
    news += [item for item in after.values() if "todo" in item]
    stream = [{"dynamodb": {"NewImage": item, "SequenceNumber": str(n)}} for n, item in enumerate(news)]
    assert transition.handler({"Records": stream}, object()) == {"batchItemFailures": []}


def _items() -> dict[tuple[str, str], dict[str, Any]]:
    found = boto3.client("dynamodb").scan(TableName=contacts.table())["Items"]
    return {(item["contact"]["S"], item["kind"]["S"]): item for item in found}


ADA = "ada@example.com"


def ada(admin: Admin) -> str:
    """A contact who signed up ten days ago, ordered twice, has two runs, and was sent one mail of three."""
    deliver(
        sign_up("1", ADA, first_name="Ada", last_name="Lovelace", country="GB"),
        order("1001", "1", NOW - 5 * DAY, 30),
        order("1002", "1", NOW - 2 * DAY, 19.99),
        event("visit", Type.PAGE_VIEWED, "1", NOW - DAY, properties={"path": "/tea"}),
    )
    contact = str(admin.post("/contacts/find", {"email": ADA}).json["contact"])
    for number, (id_, began) in enumerate((("win_back", NOW - 7 * DAY), ("onboarding", NOW)), 1):
        journey = journey_files.shipped()[id_]
        records = (Record(began, "", "began", "segment"), Record(began, journey.steps[0].id, "entered"))
        step = journey.steps[0].id
        run = Run(contact, id_, number, 1, began, began, "cause", step=step, since=began, records=records)
        contacts.commit([contact_runs.write(run, journey, (), len(records), 1)])
    sent, refused, claimed = (message(contact, step) for step in ("welcome", "getting_started", "check_in"))
    messages.claim(sent, None, NOW - 9 * DAY)
    messages.settle(contact, sent.key, "ses-1", NOW - 9 * DAY)
    messages.refuse(refused, None, Refusal.NO_CONSENT, NOW - 4 * DAY)
    messages.claim(claimed, None, NOW - MINUTE)
    told = {"message": sent.key, "human": True}
    deliver(event("click", Type.EMAIL_CLICKED, "1", NOW - 8 * DAY, source="ses", properties=told))
    return contact


def message(contact: str, step: str) -> RunMessage:
    return RunMessage(contact=contact, journey="onboarding", run=f"{contact}-onboarding-2", version=1, step=step)
