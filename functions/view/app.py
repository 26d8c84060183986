"""View: an email in the browser, as it was sent, for whoever has its link.

The link is signed and names nobody; it may be passed on. So in what it shows nothing acts for the contact: where an
email unsubscribes, or answers a question, the copy leads to a page that says where that can be done.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from shared.adapters import contacts, copies, messages, tokens
from shared.adapters.copies import Copy
from shared.adapters.environment import Settings, environment
from shared.adapters.secrets import UnreadableSecretError

logger = Logger()

_PAGE = Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "private, no-store",
    # An email is HTML that a template made: it shows pictures, and does nothing.
    "content-security-policy": "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",  # the token stands in the URL
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
}
GONE = (
    "This email cannot be shown",
    "The link is not complete, or the email is not kept any more. Open the link from the email itself once more; what "
    "it was about may still be on our site. To unsubscribe or to choose what you get, use the links at the end of any "
    "email of ours: they never expire, or offer to send you a new one.",
)
LINKS = (
    "This is a copy of an email",
    "A copy can be passed on, so it changes nothing for the person it was sent to. To unsubscribe, to choose what you "
    "get, or to answer a question, open the email itself and use the link in it.",
)


class ViewSettings(Settings):
    shop_name: str
    shop_url: str


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """One request of the HTTP API (payload format 2.0); HEAD as GET, without the page."""
    # A link is picked out of a text with what stands behind it: a full stop, a bracket, the end of a quotation.
    text = re.match(r"[A-Za-z0-9_-]*", (event.get("pathParameters") or {}).get("token", ""))[0]  # type: ignore[index]
    try:
        answer = _page(200, *LINKS) if event["routeKey"].endswith("/links") else _shown(text)
    except (UnreadableSecretError, BotoCoreError, ClientError) as error:
        logger.error("not shown", reason=type(error).__name__)
        answer = _page(503, "Please try again", "Something went wrong here. Please try again in a minute.")
    return {**answer, "body": ""} if event["routeKey"].startswith("HEAD ") else answer


def _shown(text: str) -> dict[str, Any]:
    token = tokens.read(text, "view")
    copy = _copy(token.contact, token.message) if token is not None else None
    if copy is None:
        return _page(404, *GONE)
    return _answer(200, copies.with_links_to(copy.html, f"./{text}/links"))


def _copy(contact: str, message: str) -> Copy | None:
    """Of the contact's, or of whom they have joined since."""
    copy = messages.copy(contact, message)
    while copy is None and (stored := contacts.read(contact)) is not None and stored.profile.merged_into is not None:
        contact = stored.profile.merged_into
        copy = messages.copy(contact, message)
    return copy


def _page(status: int, title: str, said: str) -> dict[str, Any]:
    shop = environment(ViewSettings)
    words = {"shop": shop.shop_name, "shop_url": shop.shop_url, "title": title, "said": said}
    return _answer(status, _PAGE.substitute({name: escape(value) for name, value in words.items()}))


def _answer(status: int, body: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": HEADERS, "body": body}
