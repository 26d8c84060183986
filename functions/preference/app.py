"""Preference: the links in our mails. Unsubscribes with one click, and shows and saves what a contact wants to get.

GET changes nothing: mail scanners follow every link. An answer is 200 once the change is on the queue.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from functions.preference import pages
from shared.adapters import contacts, tokens
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.adapters.events_queue import NotQueuedError, put_events
from shared.adapters.secrets import UnreadableSecretError
from shared.adapters.tokens import Token
from shared.domain.events import ConsentChange, Event, Identity, IdentityKind, Type, event_id
from shared.domain.messages import TOPICS

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",  # the token stands in the URL
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}

logger = Logger()


class PreferenceSettings(Settings):
    shop_name: str
    shop_url: str


class Request(NamedTuple):
    """A request with a good token: `text` is the token as it stands in the URL, `id` the request's own."""

    token: Token
    text: str
    id: str
    body: str

    @property
    def preferences(self) -> str:
        """The preference page, from beside it: whatever stands before in the path, it works."""
        return f"../preferences/{self.text}"


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """One request of the HTTP API (payload format 2.0), answered with a page."""
    show = ROUTES.get(event["routeKey"])
    text = (event.get("pathParameters") or {}).get("token", "")
    try:
        token = tokens.read(text)
        if show is None or token is None:
            return _answer(404, "This link does not work", pages.BAD_LINK)
        return _answer(200, *show(Request(token, text, event["requestContext"]["requestId"], _body(event))))
    except (NotQueuedError, UnreadableSecretError, BotoCoreError, ClientError) as error:
        logger.error("not stored", reason=type(error).__name__)
        return _answer(503, "Please try again", pages.TRY_AGAIN)


def ask_to_unsubscribe(request: Request) -> tuple[str, str]:
    return "Unsubscribe?", pages.confirm_unsubscribe(_name(request.token.topic), request.preferences)


def unsubscribe(request: Request) -> tuple[str, str]:
    """Whatever the body says: nobody posts here by accident, and nobody who wants to leave is to be kept."""
    _change(request, {request.token.topic: False})
    return "You are unsubscribed", pages.unsubscribed(_name(request.token.topic), request.preferences)


def ask_for_preferences(request: Request) -> tuple[str, str]:
    return "What would you like to get?", pages.preferences(TOPICS, _subscribed(request.token.contact))


def save_preferences(request: Request) -> tuple[str, str]:
    """Only what is different is a change: an old yes that is said again is not a new sign-up."""
    chosen = set(parse_qs(request.body).get("topic", []))
    held = _subscribed(request.token.contact)
    changes = {topic.id: topic.id in chosen for topic in TOPICS if (topic.id in chosen) != (topic.id in held)}
    if changes:
        _change(request, changes)
    return "Saved", pages.saved(chosen, request.preferences)


ROUTES: Mapping[str, Callable[[Request], tuple[str, str]]] = {
    "GET /unsubscribe/{token}": ask_to_unsubscribe,
    "POST /unsubscribe/{token}": unsubscribe,
    "GET /preferences/{token}": ask_for_preferences,
    "POST /preferences/{token}": save_preferences,
}


def _change(request: Request, wanted: Mapping[str, bool]) -> None:
    """Puts the change on the queue.

    The event's id is of the request, not of the token: who unsubscribes, comes back and unsubscribes again has done
    three things. A mail program that posts twice makes two events that say the same, and the last one holds.
    """
    instant = now()
    put_events(
        [
            Event(
                id=event_id("preference", request.id),
                type=Type.CONSENT_CHANGED,
                time=instant,
                stated=instant,
                received=instant,
                source="preference",
                identities=(Identity(kind=IdentityKind.CONTACT, value=request.token.contact),),
                consent=tuple(
                    ConsentChange(topic=topic, state="subscribed" if subscribed else "unsubscribed")
                    for topic, subscribed in wanted.items()
                ),
                properties={"message": request.token.message},
            )
        ]
    )
    for subscribed in wanted.values():
        name = "Resubscribed" if subscribed else "Unsubscribed"
        with single_metric(name=name, unit=MetricUnit.Count, value=1):
            pass


def _subscribed(contact: str) -> set[str]:
    """The topics the contact has said yes to."""
    stored = contacts.read(contact)
    if stored is None or stored.profile.erased:
        return set()
    return {topic for topic, consent in stored.profile.consent.items() if consent.value == "subscribed"}


def _name(topic: str) -> str:
    return next((known.name for known in TOPICS if known.id == topic), topic)


def _body(event: Mapping[str, Any]) -> str:
    body = event.get("body") or ""
    try:
        return base64.b64decode(body).decode("utf-8", "replace") if event.get("isBase64Encoded") else body
    except binascii.Error:
        return ""


def _answer(status: int, title: str, content: str) -> dict[str, Any]:
    shop = environment(PreferenceSettings)
    return {
        "statusCode": status,
        "headers": HEADERS,
        "body": pages.page(shop.shop_name, shop.shop_url, title, content),
    }
