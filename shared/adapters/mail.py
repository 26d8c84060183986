"""Sending one mail through SES, and what its answers mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.header import Header
from email.utils import formataddr
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import AttachmentTypeDef, MessageHeaderTypeDef

# A dot-atom in ASCII at a domain of labels: what SES takes for an address. It says of none that it refuses which one it
# means, the recipient's or the sender's, so the recipient's is looked at before.
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_TAKEN = re.compile(rf"(?=[^@]{{1,64}}@)(?=.{{1,254}}$){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+")

_TOO_FAST = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})
_OF_THE_SHOP = re.compile(r"not verified|failed the check|suspend|paus|shut ?down|disabled|quota", re.IGNORECASE)
"""What a MessageRejected says when it is not about this mail: the sender is not verified, or in the sandbox the
recipient is not (so SES would take no customer's mail); the account must not send."""


_STOPPED = frozenset({"AccountSuspendedException", "SendingPausedException"})
_OF_THE_ACCOUNT = re.compile(r"\b(suspend|shut ?down|paus|quota)", re.IGNORECASE)


class MailSettings(Settings):
    sender: str
    configuration_set: str


class Attached(NamedTuple):
    """A file: its name, its media type, and what is in it."""

    name: str
    form: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one recipient. `unsubscribe` is the one-click URL of RFC 8058 (empty: it is none that one subscribes
    to); `tags` come back in SES's notices. `sender` and `reply_to` are mailboxes as `mailbox` writes them; without them
    it comes from the stack's `Sender`. `list_id`: what mail programs sort by (RFC 2919). `opens`, `clicks`: whether SES
    is to tell of them; `feedback`: what receivers tell us of by (the header Feedback-ID), of the class and the sender.
    `unsubscribe_by_email`: the address that unsubscribes, too (empty: none). `copy`: as it is kept (see `copies`), and
    of which `version` of its template it is made. `answers`: by what a one-click answer in it says, the trait that it
    becomes.
    """

    to: str
    subject: str
    html: str
    text: str
    unsubscribe: str
    tags: Mapping[str, str]
    unsubscribe_by_email: str = ""
    sender: str | None = None
    reply_to: str | None = None
    list_id: str | None = None
    opens: bool = False
    clicks: bool = False
    feedback: tuple[str, ...] = ()
    version: int = 0
    copy: bytes = b""
    answers: Mapping[str, str] = field(default_factory=dict)
    attached: tuple[Attached, ...] = ()


class RejectedError(Exception):
    """SES will never take this mail to this address."""


class NotSentError(Exception):
    """SES has not taken the mail now. Where it is not of the kind below, too many come at once: again in seconds."""


class SendingStoppedError(NotSentError):
    """SES takes no mail of the shop's for now: the sender is not verified, the account is in the sandbox, sending is
    paused, the day's quota used up, something is not set up or not allowed. No fault of the mail, which is tried again
    for days; the shop has to fix it, or to wait. `everything`: it is said of the whole account, not of a sender."""

    def __init__(self, reason: str, *, everything: bool = False) -> None:
        super().__init__(reason)
        self.everything = everything


def send(mail: Mail) -> str:
    """Has SES send the mail; gives SES's id of it. RejectedError, NotSentError, SendingStoppedError: it was not sent.

    After any other exception (a time-out, a broken connection, a 5xx) nobody knows yet whether it was. That is why
    the SES client never tries again by itself (see `clients`): SendEmail knows no idempotency, and a second try after
    an answer that was lost would be a second mail.
    """
    settings = environment(MailSettings)
    if not _TAKEN.fullmatch(mail.to):
        raise RejectedError("no address that SES takes")
    try:
        answer = client("sesv2").send_email(
            FromEmailAddress=mail.sender or mailbox(settings.sender),
            ReplyToAddresses=[mail.reply_to] if mail.reply_to else [],
            Destination={"ToAddresses": [mail.to]},
            Content={
                "Simple": {
                    "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                    "Body": {
                        "Html": {"Data": mail.html, "Charset": "UTF-8"},
                        "Text": {"Data": mail.text, "Charset": "UTF-8"},
                    },
                    "Headers": _headers(mail),
                    "Attachments": _attachments(mail),
                }
            },
            EmailTags=[{"Name": name, "Value": value} for name, value in {**mail.tags, **_feedback(mail)}.items()],
            ConfigurationOverrides={
                "Tracking": {
                    "OpenTrackingEnabled": "ENABLED" if mail.opens else "DISABLED",
                    "ClickTrackingEnabled": "ENABLED" if mail.clicks else "DISABLED",
                }
            },
            ConfigurationSetName=settings.configuration_set,
        )
    except ClientError as error:
        _raise_if_not_sent(error, mail.to)
        raise
    return answer["MessageId"]


def _headers(mail: Mail) -> list[MessageHeaderTypeDef]:
    headers: list[MessageHeaderTypeDef] = []
    if mail.unsubscribe:
        by_email = f", <mailto:{mail.unsubscribe_by_email}>" if mail.unsubscribe_by_email else ""
        headers.append({"Name": "List-Unsubscribe", "Value": f"<{mail.unsubscribe}>{by_email}"})
        headers.append({"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"})
    if mail.list_id is not None:
        headers.append({"Name": "List-Id", "Value": f"<{mail.list_id}>"})
    return headers


def _attachments(mail: Mail) -> list[AttachmentTypeDef]:
    return [{"FileName": each.name, "ContentType": each.form, "RawContent": each.body} for each in mail.attached]


def _feedback(mail: Mail) -> dict[str, str]:
    return {f"ses:feedback-id-{letter}": value for letter, value in zip("ab", mail.feedback, strict=False)}


def address_of(sender: str) -> str:
    """The address of a sender as a person writes it."""
    _, separator, address = sender.rpartition("<")
    return (address.strip().removesuffix(">") if separator else sender).strip()


@cache
def mailbox(sender: str) -> str:
    """The sender as a mailbox of RFC 5322: a name with commas, dots or colons is quoted, one in letters beyond ASCII is
    written in encoded words. `sender` is as a person writes it: `Café Müller, Ltd. <hello@example.com>`."""
    name, separator, address = sender.rpartition("<")
    if not separator:
        return sender.strip()
    name, address = name.strip().strip('"').strip(), address.strip().removesuffix(">").strip()
    if name.isascii():
        return formataddr((name, address))
    return f"{Header(name, 'utf-8', maxlinelen=75).encode(linesep='')} <{address}>"


def _raise_if_not_sent(error: ClientError, to: str) -> None:
    """A 4xx is SES's word that it has not taken the mail. Its text is left out: it can hold the address.

    It is the mail's fault only where SES says so of the mail or of its address: all else (the sender's identity, the
    configuration set, the headers and tags that every mail has, the account) would refuse any other mail as well.
    """
    code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    of_the_mail = code == "MessageRejected" or (code == "BadRequestException" and to in text.lower())
    if of_the_mail and not _OF_THE_SHOP.search(text):
        raise RejectedError(code) from error
    if code in _TOO_FAST and not re.search("daily|quota", text, re.IGNORECASE):
        raise NotSentError(code) from error
    if 400 <= status < 500 and status != 408:
        everything = code in _TOO_FAST or code in _STOPPED or bool(_OF_THE_ACCOUNT.search(text))
        raise SendingStoppedError(code, everything=everything) from error


def let_in_again(address: str) -> None:
    """Takes an address from the account's list of those that SES does not write to; it need not be on it."""
    with suppress(client("sesv2").exceptions.NotFoundException):
        client("sesv2").delete_suppressed_destination(EmailAddress=address)
