"""AWS as moto plays it, with the tables, the queue and the secrets a handler needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

import boto3
import pytest
from moto import mock_aws

from shared.adapters import clock, contact_runs, contacts, journey_files
from shared.adapters.caches import forget_all
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.runs import Run

NOW = 1_795_500_000_000  # 2026-11-24T06:00:00Z

TABLES = {
    "Contacts": {
        "KeySchema": [{"AttributeName": "contact", "KeyType": "HASH"}, {"AttributeName": "kind", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "contact", "AttributeType": "S"},
            {"AttributeName": "kind", "AttributeType": "S"},
            {"AttributeName": "contact_shard", "AttributeType": "N"},
            {"AttributeName": "wake_at", "AttributeType": "N"},
            {"AttributeName": "asked_for", "AttributeType": "S"},
            {"AttributeName": "place", "AttributeType": "S"},
            {"AttributeName": "seen", "AttributeType": "S"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "wake",
                "KeySchema": [
                    {"AttributeName": "contact_shard", "KeyType": "HASH"},
                    {"AttributeName": "wake_at", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "contacts",
                "KeySchema": [
                    {"AttributeName": "contact_shard", "KeyType": "HASH"},
                    {"AttributeName": "contact", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "seen",
                "KeySchema": [
                    {"AttributeName": "contact_shard", "KeyType": "HASH"},
                    {"AttributeName": "seen", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "asked",
                "KeySchema": [
                    {"AttributeName": "asked_for", "KeyType": "HASH"},
                    {"AttributeName": "place", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
        ],
    },
    "Identities": {
        "KeySchema": [{"AttributeName": "identity", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "identity", "AttributeType": "S"}],
    },
    "Members": {
        "KeySchema": [
            {"AttributeName": "segment_shard", "KeyType": "HASH"},
            {"AttributeName": "contact", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "segment_shard", "AttributeType": "S"},
            {"AttributeName": "contact", "AttributeType": "S"},
        ],
    },
    "Flows": {
        "KeySchema": [{"AttributeName": "place", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "place", "AttributeType": "S"},
            {"AttributeName": "id", "AttributeType": "S"},
        ],
    },
    "Search": {
        "KeySchema": [{"AttributeName": "token", "KeyType": "HASH"}, {"AttributeName": "contact", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "token", "AttributeType": "S"},
            {"AttributeName": "contact", "AttributeType": "S"},
        ],
    },
    "Runs": {
        "KeySchema": [
            {"AttributeName": "journey_shard", "KeyType": "HASH"},
            {"AttributeName": "id", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "journey_shard", "AttributeType": "S"},
            {"AttributeName": "id", "AttributeType": "S"},
        ],
    },
    "Campaigns": {
        "KeySchema": [
            {"AttributeName": "campaign", "KeyType": "HASH"},
            {"AttributeName": "item", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "campaign", "AttributeType": "S"},
            {"AttributeName": "item", "AttributeType": "S"},
        ],
    },
    "Coupons": {
        "KeySchema": [{"AttributeName": "pool", "KeyType": "HASH"}, {"AttributeName": "item", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "pool", "AttributeType": "S"},
            {"AttributeName": "item", "AttributeType": "S"},
        ],
    },
    "Operators": {
        "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "kind", "AttributeType": "S"},
            {"AttributeName": "id", "AttributeType": "S"},
        ],
    },
    "Definitions": {
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "version", "KeyType": "RANGE"}],
        "AttributeDefinitions": [
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "version", "AttributeType": "N"},
        ],
    },
}
SECRETS = {
    "shopify_secret": json.dumps(["shopify-secret", "older-shopify-secret"]),
    "woocommerce_secret": json.dumps(["woocommerce-secret"]),
    "write_keys": json.dumps(["write-key"]),
    "token_key": "token-key",
    "identity_key": "identity-key",
}


@cache
def session() -> boto3.Session:
    """One for all tests: to read botocore's models of the services takes longer than most tests do."""
    return boto3.Session()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A fresh account with everything in it, on a clock that stands at `NOW`."""
    monkeypatch.setenv("SECRETS_PATH", "/beckon")
    monkeypatch.setenv("SHOP_TIME_ZONE", "UTC")
    monkeypatch.setenv("CURRENCY", "")  # amounts in any are the shop's
    monkeypatch.setenv("WEBSITE_ORDERS", "ignore")
    clock.use(lambda: NOW)
    with mock_aws():
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", session())
        dynamodb, sqs, ssm = boto3.client("dynamodb"), boto3.client("sqs"), boto3.client("ssm")
        for name, definition in TABLES.items():
            dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **definition)
            monkeypatch.setenv(f"{name.upper()}_TABLE", name)
        for name in ("events_queue", "prompt_queue", "messages_queue", "confirmations_queue", "events_dlq"):
            url = sqs.create_queue(QueueName=name)["QueueUrl"]
            monkeypatch.setenv(f"{name.upper()}_URL", url)
        for name, value in SECRETS.items():
            ssm.put_parameter(Name=f"/beckon/{name}", Value=value, Type="SecureString")
        forget_all()
        yield
    forget_all()
    clock.use(None)


def goes_on(contact: str, journey: Journey | None = None, outcome: str | None = None) -> None:
    """Stores the contact's seventh run (of win-back, unless another is named), which Step Functions moves: where it is,
    we are told only afterwards."""
    journey = journey or journey_files.shipped()["win_back"]
    begun = Run(contact, journey.id, 7, 1, began=NOW, started=NOW, cause="e1", outcome=outcome)
    contacts.commit([contact_runs.write(begun, journey, (), 1, 1)])
