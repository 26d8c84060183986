"""Preference: the links in our mails. Unsubscribes with one click; shows and saves what a contact wants to get, and
what is theirs to decide besides (`centre`); and takes the answers to a mail's question.

GET and HEAD change nothing: mail scanners follow every link.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from functions.preference import centre, pages
from functions.preference.requests import Request
from shared.adapters import answering, messages, tokens
from shared.adapters.answering import ChangingError, GoneError
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.adapters.events_queue import NotQueuedError
from shared.adapters.secrets import UnreadableSecretError
from shared.adapters.shop_settings import settings
from shared.adapters.tokens import Purpose
from shared.domain.events import Type

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


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """One request of the HTTP API (payload format 2.0), answered with a page; HEAD as GET, without the page."""
    route = event["routeKey"].replace("HEAD ", "GET ", 1)
    show = ROUTES.get(route)
    # A link is picked out of a text with what stands behind it: a full stop, a bracket, the end of a quotation.
    text = re.match(r"[A-Za-z0-9_-]*", (event.get("pathParameters") or {}).get("token", ""))[0]  # type: ignore[index]
    try:
        token = tokens.read(text, PURPOSES.get(route, "consent"))
        said = re.match(r"[a-z0-9_-]{0,40}", (event.get("pathParameters") or {}).get("answer", ""))[0]  # type: ignore[index]
        if show is None or token is None or ("{answer}" in route and not said):
            answer = _answer(404, "This link does not work", pages.BAD_LINK)
        elif token.has_expired(now()):
            answer = _answer(200, "This link is too old", pages.TOO_OLD)
        else:
            id_, confirm = event["requestContext"]["requestId"], event.get("rawQueryString") == "confirm"
            shown = show(Request(token, text, id_, _body(event), said, confirm, _network(event)))
            answer = shown if isinstance(shown, dict) else _answer(200, *shown)
    except GoneError:
        answer = _answer(200, "We no longer know you", pages.GONE)
    except (ChangingError, NotQueuedError, UnreadableSecretError, BotoCoreError, ClientError) as error:
        logger.error("not stored", reason=type(error).__name__)
        answer = _answer(503, "Please try again", pages.TRY_AGAIN)
    return {**answer, "body": ""} if event["routeKey"].startswith("HEAD ") else answer


def ask_to_unsubscribe(request: Request) -> tuple[str, str]:
    answering.read(request.token)
    return "Unsubscribe?", pages.confirm_unsubscribe(_name(request.token.topic), request.preferences)


def unsubscribe(request: Request) -> tuple[str, str]:
    """Whatever the body says: nobody posts here by accident, and nobody who wants to leave is to be kept."""
    answering.record(request.token, request.id, {request.token.topic: "unsubscribed"}, network=request.network)
    return "You are unsubscribed", pages.unsubscribed(_name(request.token.topic), request.preferences)


def show_answer(request: Request) -> tuple[str, str]:
    """The click on the link is the answer, once SES has told of it and it was a person's (functions/feedback): asking
    for this page records nothing, because scanners do. Links in a mail's text SES cannot see; those ask to confirm."""
    answering.read(request.token)
    if request.confirm:
        return "Your answer", pages.confirm_answer(request.answer)
    return "Thank you", pages.ANSWERED


def save_answer(request: Request) -> tuple[str, str]:
    """What was confirmed is told as the click that it is."""
    said = {"answer": request.answer, "human": True}
    reader = answering.read(request.token)
    answering.tell(request.token, request.id, reader, Type.EMAIL_CLICKED, properties=said)
    trait = messages.trait_answered(request.token.contact, request.token.message, request.answer)
    if trait is not None:
        answering.tell(request.token, request.id, reader, Type.CONTACT_UPDATED, traits={trait: request.answer})
    return "Thank you", pages.ANSWERED


Shown = tuple[str, str] | dict[str, Any]
"""A page's title and content, or a whole answer."""
ROUTES: Mapping[str, Callable[[Request], Shown]] = {
    "GET /unsubscribe/{token}": ask_to_unsubscribe,
    "POST /unsubscribe/{token}": unsubscribe,
    "GET /preferences/{token}": centre.show,
    "POST /preferences/{token}": centre.act,
    "GET /answers/{token}/{answer}": show_answer,
    "POST /answers/{token}/{answer}": save_answer,
    "GET /address/{token}": centre.ask_for_address,
    "POST /address/{token}": centre.change_address,
    "GET /download/{token}": centre.ask_to_download,
    "POST /download/{token}": centre.download,
}
PURPOSES: Mapping[str, Purpose] = {
    "GET /address/{token}": "address",
    "POST /address/{token}": "address",
    "GET /download/{token}": "download",
    "POST /download/{token}": "download",
}
"""What a token has to be for, where that is not consent."""


def _name(topic: str) -> str:
    known = settings().topic(topic)
    return known.name if known is not None else topic


def _network(event: Mapping[str, Any]) -> str | None:
    if not settings().keep_network_address:
        return None
    return str(event["requestContext"].get("http", {}).get("sourceIp", ""))[:45] or None


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
