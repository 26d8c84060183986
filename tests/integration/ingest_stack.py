"""The ingest handler on moto's SQS and Parameter Store, called with the HTTP API's payloads (format 2.0)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.ingest.app import handler
from shared.adapters import clock
from shared.adapters.caches import forget_all
from shared.adapters.clients import client
from shared.domain.events import Event, Instant, parse_instant
from tests.integration.conftest import session

NOW = parse_instant("2026-03-20T12:00:00Z")
SHOPIFY_SECRETS = ["new-shopify-secret", "old-shopify-secret"]
WOO_SECRETS = ["woo-secret"]
WRITE_KEYS = ["write-key-1", "write-key-2"]


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
        return dict(self.json["error"])


@dataclass
class IngestStack:
    """Sends requests to the handler and reads what arrived on the queue."""

    queue_url: str
    prompt_url: str
    now: Instant = NOW

    def request(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        answer = handler(http_payload(method, path, body, headers or {}), object())
        return Answer(answer["statusCode"], answer["headers"], answer["body"])

    def shopify(self, topic: str, payload: Any, secret: str = SHOPIFY_SECRETS[0], **headers: str) -> Answer:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        signed = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": topic,
            "X-Shopify-Shop-Domain": "made-up-teas.myshopify.com",
            "X-Shopify-Hmac-SHA256": signature(body, secret),
        }
        return self.request("POST", "/webhooks/shopify", body, {**signed, **headers})

    def woocommerce(self, topic: str, payload: Any, secret: str = WOO_SECRETS[0]) -> Answer:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        headers = {
            "Content-Type": "application/json",
            "X-WC-Webhook-Topic": topic,
            "X-WC-Webhook-Source": "https://woo.example.com/",
            "X-WC-Webhook-Signature": signature(body, secret),
        }
        return self.request("POST", "/webhooks/woocommerce", body, headers)

    def track(self, call: str, payload: Any, key: str | None = WRITE_KEYS[0], **headers: str) -> Answer:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        basic = {} if key is None else {"Authorization": basic_authorization(key)}
        return self.request("POST", f"/v1/{call}", body, {"Content-Type": "application/json", **basic, **headers})

    def events(self) -> list[Event]:
        """What came on the two lanes since the last time: what a person waits for first, each in the order sent."""
        return [*self.awaited(), *_taken(self.queue_url)]

    def awaited(self) -> list[Event]:
        """What came on the lane of what a person waits for."""
        return _taken(self.prompt_url)


def _taken(queue_url: str) -> list[Event]:
    found = []
    sqs = client("sqs")
    while messages := sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(Event.model_validate_json(message["Body"]))
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
    return found


def http_payload(method: str, path: str, body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    """As API Gateway makes it: header names in lower case; a body that is no text (or is packed) in base64."""
    lower = {name.lower(): value for name, value in headers.items()}
    packed = "content-encoding" in lower
    try:
        text = body.decode()
    except UnicodeDecodeError:
        packed = True
    return {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": lower,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "api.example.com",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": lower.get("user-agent", ""),
            },
            "requestId": "request",
            "routeKey": f"{method} {path}",
            "stage": "$default",
            "timeEpoch": NOW,
        },
        **({"body": base64.b64encode(body).decode() if packed else text} if body else {}),
        "isBase64Encoded": packed,
    }


def signature(body: bytes, secret: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def basic_authorization(key: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


@contextmanager
def ingest_stack() -> Iterator[IngestStack]:
    """A queue, the secrets, and a clock that stands at NOW."""
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        patch.setattr(boto3, "DEFAULT_SESSION", session())
        queue_url = boto3.client("sqs").create_queue(QueueName="events")["QueueUrl"]
        prompt_url = boto3.client("sqs").create_queue(QueueName="prompt")["QueueUrl"]
        store = boto3.client("ssm")
        for name, values in (
            ("shopify_secret", SHOPIFY_SECRETS),
            ("woocommerce_secret", WOO_SECRETS),
            ("write_keys", WRITE_KEYS),
        ):
            store.put_parameter(Name=f"/beckon/test/{name}", Value=json.dumps(values), Type="SecureString")
        patch.setenv("EVENTS_QUEUE_URL", queue_url)
        patch.setenv("PROMPT_QUEUE_URL", prompt_url)
        patch.setenv("DEFINITIONS_TABLE", "Definitions")  # which is not there: to count is not worth an event
        patch.setenv("SECRETS_PATH", "/beckon/test")
        forget_all()
        stack = IngestStack(queue_url, prompt_url)
        clock.use(lambda: stack.now)
        yield stack
        clock.use(None)
    forget_all()
