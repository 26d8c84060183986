"""Preference: the links in our mails. Unsubscribes with one click, and shows and saves what a contact wants to get;
and the answers to a mail's question.

GET and HEAD change nothing: mail scanners follow every link. Every answer is recorded as it was given. It is confirmed
once its event is on the queue and it stands at the contact's address (see `addresses`), where the next page and the
gate read it: the profile, which is behind by all that still waits on the queue, is never compared with.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from urllib.parse import parse_qs

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import BotoCoreError, ClientError

from functions.preference import pages
from shared.adapters import addresses, contacts, identities, messages, tokens
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.adapters.events_queue import NotQueuedError, put_events
from shared.adapters.secrets import UnreadableSecretError
from shared.adapters.shop_settings import settings
from shared.adapters.tokens import Token
from shared.domain.addresses import Address, newest_answer
from shared.domain.events import ConsentChange, Event, Identity, IdentityKind, Instant, Type, event_id
from shared.domain.messages.gate import suppressed
from shared.domain.messages.refusals import Refusal
from shared.domain.profiles import Profile, Stamped

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",  # the token stands in the URL
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex",
}

MAX_TRIES = 5
"""How often an answer is given a later instant, because another one came to its address meanwhile."""

logger = Logger()


class PreferenceSettings(Settings):
    shop_name: str
    shop_url: str


class Request(NamedTuple):
    """A request with a good token: `text` is the token as it stands in the URL, `id` the request's own; `answer`, to a
    mail's question, and whether it is to be confirmed."""

    token: Token
    text: str
    id: str
    body: str
    answer: str = ""
    confirm: bool = False

    @property
    def preferences(self) -> str:
        """The preference page, from beside it: whatever stands before in the path, it works."""
        return f"../preferences/{self.text}"


class GoneError(Exception):
    """The contact was erased: nothing is known of them, and nothing can be changed."""


class ChangingError(Exception):
    """Others change the contact's answers all the time."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom the token is for: their profile, what holds for its address, and what was said at the addresses (by their
    hashes) that an answer of theirs is about: the profile's, and the one that the mail with the link went to."""

    profile: Profile
    address: Address
    said: Mapping[str, Mapping[str, Stamped]]

    def answer(self, topic: str) -> Stamped | None:
        return newest_answer(self.profile, topic, self.address.consent)

    def later_than_others(self, answers: Mapping[str, str], heard: Instant) -> Instant:
        """The instant of what was `heard` now: later than that of every other answer, wherever it stands."""
        for held in (self.profile.consent, *self.said.values()):
            for topic in answers.keys() & held.keys():
                heard = max(heard, held[topic].time + (held[topic].value != answers[topic]))
        return heard

    def subscribed(self) -> set[str]:
        """The topics that they get mails about."""
        answers = {topic.id: self.answer(topic.id) for topic in settings().topics}
        return {
            topic
            for topic, answer in answers.items()
            if answer is not None
            and answer.value == "subscribed"
            and suppressed(self.address.suppression, answer) is None
        }

    @property
    def unreachable(self) -> Refusal | None:
        """Why no answer of theirs can bring them mail."""
        refusal = suppressed(self.address.suppression, None)
        return None if refusal is Refusal.SUPPRESSED_ERASURE else refusal


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """One request of the HTTP API (payload format 2.0), answered with a page; HEAD as GET, without the page."""
    show = ROUTES.get(event["routeKey"].replace("HEAD ", "GET ", 1))
    # A link is picked out of a text with what stands behind it: a full stop, a bracket, the end of a quotation.
    text = re.match(r"[A-Za-z0-9_-]*", (event.get("pathParameters") or {}).get("token", ""))[0]  # type: ignore[index]
    try:
        token = tokens.read(text)
        said = re.match(r"[a-z0-9_]{0,40}", (event.get("pathParameters") or {}).get("answer", ""))[0]  # type: ignore[index]
        if show is None or token is None or ("{answer}" in event["routeKey"] and not said):
            answer = _answer(404, "This link does not work", pages.BAD_LINK)
        else:
            id_, confirm = event["requestContext"]["requestId"], event.get("rawQueryString") == "confirm"
            answer = _answer(200, *show(Request(token, text, id_, _body(event), said, confirm)))
    except GoneError:
        answer = _answer(200, "We no longer know you", pages.GONE)
    except (ChangingError, NotQueuedError, UnreadableSecretError, BotoCoreError, ClientError) as error:
        logger.error("not stored", reason=type(error).__name__)
        answer = _answer(503, "Please try again", pages.TRY_AGAIN)
    return {**answer, "body": ""} if event["routeKey"].startswith("HEAD ") else answer


def ask_to_unsubscribe(request: Request) -> tuple[str, str]:
    _reader(request.token)
    return "Unsubscribe?", pages.confirm_unsubscribe(_name(request.token.topic), request.preferences)


def unsubscribe(request: Request) -> tuple[str, str]:
    """Whatever the body says: nobody posts here by accident, and nobody who wants to leave is to be kept."""
    _record(request, {request.token.topic: "unsubscribed"})
    return "You are unsubscribed", pages.unsubscribed(_name(request.token.topic), request.preferences)


def ask_for_preferences(request: Request) -> tuple[str, str]:
    reader = _reader(request.token)
    return "What would you like to get?", pages.preferences(settings().topics, reader.subscribed(), reader.unreachable)


def save_preferences(request: Request) -> tuple[str, str]:
    """What is ticked is a yes and what is not is a no, whatever held before. An old yes that is said again is recorded
    again; that it is no new sign-up is the segments' to know."""
    chosen = set(parse_qs(request.body).get("topic", []))
    topics = [topic.id for topic in settings().topics]
    reader = _record(request, {topic: "subscribed" if topic in chosen else "unsubscribed" for topic in topics})
    return "Saved", pages.saved(chosen & {*topics}, request.preferences, reader.unreachable)


def show_answer(request: Request) -> tuple[str, str]:
    """The click on the link is the answer, once SES has told of it and it was a person's (functions/feedback): asking
    for this page records nothing, because scanners do. Links in a mail's text SES cannot see; those ask to confirm."""
    _reader(request.token)
    if request.confirm:
        return "Your answer", pages.confirm_answer(request.answer)
    return "Thank you", pages.ANSWERED


def save_answer(request: Request) -> tuple[str, str]:
    """What was confirmed is told as the click that it is."""
    contact, instant = _reader(request.token).profile.contact, now()
    click = Event(
        id=event_id("answer", request.id),
        type=Type.EMAIL_CLICKED,
        time=instant,
        stated=instant,
        received=instant,
        source="preference",
        identities=(Identity(kind=IdentityKind.CONTACT, value=contact),),
        properties={"message": request.token.message, "answer": request.answer, "human": True},
    )
    put_events([click])
    return "Thank you", pages.ANSWERED


ROUTES: Mapping[str, Callable[[Request], tuple[str, str]]] = {
    "GET /unsubscribe/{token}": ask_to_unsubscribe,
    "POST /unsubscribe/{token}": unsubscribe,
    "GET /preferences/{token}": ask_for_preferences,
    "POST /preferences/{token}": save_preferences,
    "GET /answers/{token}/{answer}": show_answer,
    "POST /answers/{token}/{answer}": save_answer,
}


def _record(request: Request, answers: Mapping[str, Literal["subscribed", "unsubscribed"]]) -> Reader:
    """Puts the answers on the queue, and stores them at the contact's address; gives the reader as they were before.

    Their instant is later than that of every answer there is, whatever the clocks of other Lambdas say, so that what
    is said last holds. The event comes first: a yes holds only if its record is safe. Its id is of the request, not of
    the token: who unsubscribes, comes back and unsubscribes again has done three things.
    """
    for _ in range(MAX_TRIES):
        reader = _reader(request.token)
        heard = now()
        instant = reader.later_than_others(answers, heard)
        put_events([_event(request, reader.profile.contact, answers, instant, heard)])
        newest = [addresses.answer(hashed, answers, instant, "preference") for hashed in reader.said]
        if all(newest):
            break
    else:
        raise ChangingError
    for topic, state in answers.items():
        held = reader.answer(topic)
        if held is None or held.value != state:
            name = "Resubscribed" if state == "subscribed" else "Unsubscribed"
            with single_metric(name=name, unit=MetricUnit.Count, value=1):
                pass
    return reader


def _event(
    request: Request,
    contact: str,
    answers: Mapping[str, Literal["subscribed", "unsubscribed"]],
    instant: Instant,
    heard: Instant,
) -> Event:
    return Event(
        id=event_id("preference", request.id, str(instant)),
        type=Type.CONSENT_CHANGED,
        time=instant,
        stated=instant,
        received=heard,
        source="preference",
        identities=(Identity(kind=IdentityKind.CONTACT, value=contact),),
        consent=tuple(ConsentChange(topic=topic, state=state) for topic, state in answers.items()),
        properties={"message": request.token.message},
    )


def _reader(token: Token) -> Reader:
    """GoneError when the contact was erased."""
    contact = token.contact
    while (stored := contacts.read(contact)) is not None and stored.profile.merged_into is not None:
        contact = stored.profile.merged_into
    profile = stored.profile if stored is not None else Profile(contact)
    if profile.erased:
        raise GoneError
    # Whose address was taken away has no other place for what they say.
    own = identities.address_hash(profile.email) if profile.email is not None else profile.contact
    address = addresses.read(own)
    said = {own: address.consent}
    mailed = messages.address(token.contact, token.message)
    if mailed is not None and mailed != own:
        said[mailed] = addresses.consent(mailed)
    return Reader(profile, address, said)


def _name(topic: str) -> str:
    known = settings().topic(topic)
    return known.name if known is not None else topic


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
