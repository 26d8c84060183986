"""SES's notices as events (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html).

Only what the product needs is kept: no address, no IP address, no user agent, no header, and of a link no query.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from shared.domain.events import (
    Event,
    Identity,
    IdentityKind,
    Instant,
    Json,
    Type,
    counted_time,
    event_id,
    normal_email,
    parse_instant,
)
from shared.domain.refusals import RefusedError
from shared.domain.sources.payload import clean

Notice = Mapping[str, Any]

_TYPES = {
    "Send": Type.EMAIL_SENT,
    "Delivery": Type.EMAIL_DELIVERED,
    "Open": Type.EMAIL_OPENED,
    "Click": Type.EMAIL_CLICKED,
    "Bounce": Type.EMAIL_BOUNCED,
    "Complaint": Type.EMAIL_COMPLAINED,
    "Reject": Type.EMAIL_REJECTED,
    "Rendering Failure": Type.EMAIL_FAILED,
    "DeliveryDelay": Type.EMAIL_DELAYED,
}
_SECTIONS = {"Rendering Failure": "failure", "DeliveryDelay": "deliveryDelay"}
"""Where a notice tells its particulars, when that is not called like the notice."""
_TAGS = (
    *("journey", "step", "campaign", "experiment", "variant", "shares", "segments"),
    *("template", "version", "language", "topic", "holdout"),
)
_VALIDATION = "Successfully validated SNS topic"
"""What SES sends once, as plain text, when it is set up to publish to a topic."""
_OWN_PAGES = (
    *("/unsubscribe/", "/preferences/", "/answers/", "/address/", "/download/", "/confirm/", "/surveys/", "/view/"),
)
"""Behind them stands a token, which is nobody else's to know."""
_ANSWER = re.compile(r"/answers/[\w-]+/([a-z0-9_-]{1,40})/?")
_PLACE = re.compile(r"[0-9]{1,4}(?:-[0-9]{1,4})?")
_MAX_LINK = 500
_NO_COMPLAINT = "auth-failure"
"""A report of a server about a signature, by the same way as complaints (RFC 6591): nobody complained."""


class MalformedError(Exception):
    """This is no notice that we understand; the text says why, with nothing of the notice in it."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a notice says: the event, the mail it is about and when SES took it, the link that was clicked (its hash),
    and why an address is to be suppressed, if one is. `soft`: the mail came back, and not for good."""

    event: Event
    message: str
    ses_id: str
    sent: Instant
    link: str | None
    address: str
    suppress: str | None
    soft: bool = False

    @property
    def contact(self) -> str:
        return self.event.identities[0].value


def read(body: str) -> Notice | None:
    """The notice in a queue's message, with SNS's envelope or without; None when SES only tries out the topic."""
    try:
        notice = json.loads(body)
        if isinstance(notice, dict) and isinstance(notice.get("Message"), str):
            body = notice["Message"]
            notice = None if body.startswith(_VALIDATION) else json.loads(body)
    except ValueError:
        if body.startswith(_VALIDATION):
            return None
        raise MalformedError("not JSON") from None
    if notice is not None and not isinstance(notice, dict):
        raise MalformedError("not a JSON object")
    try:
        return clean(notice)  # type: ignore[no-any-return]
    except RefusedError:
        raise MalformedError("nested too deeply") from None


_AUTOMATIC = {"auto-submitted": "auto-replied", "precedence": "auto_reply"}


@dataclass(frozen=True, slots=True)
class Received:
    """An email that came in at one of our addresses: its id, and what stands before the @ of each it was sent to."""

    id: str
    local_parts: tuple[str, ...]


def received(notice: Notice) -> Received | None:
    """The email that SES tells of having received, to nobody where a machine has answered; None: it tells of something
    else. Of what stands in it, nothing is read.
    https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html
    """
    if notice.get("notificationType") != "Received":
        return None
    try:
        mail, receipt = notice["mail"], notice["receipt"]
        headers = {str(each["name"]).lower(): str(each["value"]).lower() for each in mail.get("headers", ())}
        automatic = any(headers.get(name, "").startswith(value) for name, value in _AUTOMATIC.items())
        recipients = [] if automatic or "x-autoreply" in headers else receipt["recipients"]
        return Received(str(mail["messageId"]), tuple(str(each).rpartition("@")[0] for each in recipients))
    except (KeyError, TypeError, AttributeError):
        raise MalformedError("an email that came in, without its recipients") from None


def understand(notice: Notice, received: Instant) -> Feedback | None:
    """What a notice says; None when it is about a mail that is not ours (or does not say about which), or of a kind we
    have no use for. MalformedError when it is about one of ours, and does not say what is needed."""
    kind = notice.get("eventType", notice.get("notificationType"))
    type_ = _TYPES.get(kind) if isinstance(kind, str) else None
    tags = _tags(notice.get("mail"))
    if type_ is None or not tags.get("message") or not tags.get("contact"):
        return None
    try:
        mail = notice["mail"]
        details = notice.get(_SECTIONS.get(kind, kind.lower())) or {}
        if kind == "Complaint" and details.get("complaintFeedbackType") == _NO_COMPLAINT:
            return None
        sent = parse_instant(mail["timestamp"])
        stated = parse_instant(details["timestamp"]) if details.get("timestamp") else sent
        suppress = _suppress(kind, details)
        event = Event(
            id=event_id("ses", mail["messageId"], kind, _which(kind, details)),
            type=type_,
            time=counted_time(stated, received),
            stated=stated,
            received=received,
            source="ses",
            identities=(Identity(kind=IdentityKind.CONTACT, value=tags["contact"]),),
            properties={
                "message": tags["message"],
                **{name: tags[name] for name in _TAGS if name in tags},
                **_properties(kind, details),
            },
        )
        return Feedback(
            event=event,
            message=tags["message"],
            ses_id=mail["messageId"],
            sent=sent,
            link=hashlib.sha256(str(details["link"]).encode()).hexdigest()[:8] if kind == "Click" else None,
            address=normal_email(mail["destination"][0]) if kind in ("Bounce", "Complaint") else "",
            suppress=suppress,
            soft=kind == "Bounce" and details["bounceType"] != "Permanent",
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise MalformedError(f"{type_ or 'a notice'} in an unknown form: {type(error).__name__}") from None


def _tags(mail: Json) -> dict[str, str]:
    """The tags that a mail was sent with; none when it does not say."""
    tags = mail.get("tags") if isinstance(mail, dict) else None
    if not isinstance(tags, dict):
        return {}
    first = {name: values[0] for name, values in tags.items() if isinstance(values, list) and values}
    return {name: value for name, value in first.items() if isinstance(value, str)}


def _which(kind: str, details: Notice) -> str:
    """What tells two notices of a kind about one mail apart; the same when SES or SNS repeats one."""
    match kind:
        case "Bounce" | "Complaint":
            return str(details["feedbackId"])
        case "Click":
            return f"{details['timestamp']} {details['link']}"
        case "Open" | "DeliveryDelay":
            return str(details["timestamp"])
    return ""  # at most one a mail


def _properties(kind: str, details: Notice) -> dict[str, Json]:
    match kind:
        case "Bounce":
            return {
                "bounce_type": details["bounceType"],
                "bounce_subtype": details["bounceSubType"],
                "permanent": details["bounceType"] == "Permanent",
            }
        case "Complaint":
            return {"complaint_type": details.get("complaintFeedbackType") or "unknown"}
        case "Open" | "Click":
            return {**_reader(details), **(_clicked(details) if kind == "Click" else {})}
        case "Reject":
            return {"reason": details.get("reason")}
        case "DeliveryDelay":
            return {"delay_type": details.get("delayType")}
    return {}


def _suppress(kind: str, details: Notice) -> str | None:
    """A bounce for good suppresses, and so does a complaint, unless the contact took it back ("this is not spam")."""
    if kind == "Bounce" and details["bounceType"] == "Permanent":
        return "bounce"
    if kind == "Complaint" and details.get("complaintFeedbackType") != "not-spam":
        return "complaint"
    return None


def _clicked(details: Notice) -> dict[str, Json]:
    """Where the link led, and the `place` of the email at which it stands, where its tags tell (`templates.places`)."""
    tags = details.get("linkTags")
    told = tags.get("place") if isinstance(tags, dict) else None
    place = str(told[0]) if isinstance(told, list) and told else ""
    return {**_link(str(details["link"])), **({"place": place} if _PLACE.fullmatch(place) else {})}


def _link(link: str) -> dict[str, Json]:
    """Where the link led: no query, no address (which may stand in a path, too), no token of our own pages; and the
    `answer` that it gives, if it is one of a question's (`links.answer` of a template).

    Nothing of a link that cannot be read: it was clicked all the same.
    """
    try:
        parts = urlsplit(link)
        host = parts.hostname
    except ValueError:
        return {}
    if parts.scheme not in ("http", "https"):
        return {"link": parts.scheme[:_MAX_LINK]}
    path = next((page for page in _OWN_PAGES if page in parts.path), parts.path)
    answer = _ANSWER.search(parts.path)
    return {
        "link": f"{parts.scheme}://{host}{'/' if '@' in unquote(path) else path}"[:_MAX_LINK],
        **({"answer": answer[1]} if answer is not None else {}),
    }


# Mail services that load the pictures of a mail themselves, by what their requests say of themselves:
# - Apple Mail Privacy Protection loads them all when the mail comes in, with a user agent cut down to this one word.
# - Gmail's proxy names itself. It mostly loads on opening, but one cannot tell, and it hides all later openings.
# - Gmail also loads ahead, for who has it open when the mail comes in; this oddly spelled browser is only ever it
#   (found by SparkPost: https://bird.com/blog/gmail-prefetching-images).
# - Yahoo's proxy names itself.
_PROXY_EXACTLY = {
    "Mozilla/5.0": "apple",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0": "gmail",
}
_PROXY_NAMED = {"GoogleImageProxy": "gmail", "YahooMailProxy": "yahoo"}


def _reader(details: Notice) -> dict[str, Json]:
    """`human`: whether a person opened or clicked, as far as one can tell; `proxy`: which mail service did instead.

    SES judges by itself (`isBotEvent` is Likely or Unlikely, since August 2026); proxies of mail services, which it
    does not count as bots, are ours to find. So that an open that may be a machine's never passes for a reaction, a
    proxy is not a person, though a person may stand behind it.
    """
    agent = str(details.get("userAgent") or "").strip()
    proxy = _PROXY_EXACTLY.get(agent) or next((of for name, of in _PROXY_NAMED.items() if name in agent), None)
    bot = str(details.get("isBotEvent", "")).lower() in ("likely", "true")
    return {"human": not bot and proxy is None, **({"proxy": proxy} if proxy else {})}
