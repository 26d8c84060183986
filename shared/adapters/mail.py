"""Sending one mail through SES, and what its answers mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr

from botocore.exceptions import ClientError

from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment

_REJECTIONS = frozenset({"MessageRejected", "BadRequestException"})
"""SES will never take this mail, as it is, to this address."""


class MailSettings(Settings):
    sender: str
    configuration_set: str


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one recipient. `unsubscribe` is the one-click URL of RFC 8058; `tags` come back in SES's notices."""

    to: str
    subject: str
    html: str
    text: str
    unsubscribe: str
    tags: Mapping[str, str]


class RejectedError(Exception):
    """SES has refused this mail for good."""


class NotSentError(Exception):
    """SES has not taken the mail now (too fast, paused, not set up): it can be tried again later."""


def send(mail: Mail) -> str:
    """Has SES send the mail; gives SES's id of it. RejectedError, NotSentError: it was not sent.

    After any other exception (a time-out, a broken connection, a 5xx) nobody knows yet whether it was. That is why
    the SES client never tries again by itself (see `clients`): SendEmail knows no idempotency, and a second try after
    an answer that was lost would be a second mail.
    """
    settings = environment(MailSettings)
    try:
        answer = client("sesv2").send_email(
            FromEmailAddress=settings.sender,
            Destination={"ToAddresses": [mail.to]},
            Content={
                "Simple": {
                    "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
                    "Body": {
                        "Html": {"Data": mail.html, "Charset": "UTF-8"},
                        "Text": {"Data": mail.text, "Charset": "UTF-8"},
                    },
                    "Headers": [
                        {"Name": "List-Unsubscribe", "Value": f"<{mail.unsubscribe}>"},
                        {"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"},
                    ],
                }
            },
            EmailTags=[{"Name": name, "Value": value} for name, value in mail.tags.items()],
            ConfigurationSetName=settings.configuration_set,
        )
    except ClientError as error:
        _raise_if_not_sent(error, settings.sender)
        raise
    return answer["MessageId"]


def _raise_if_not_sent(error: ClientError, sender: str) -> None:
    """A 4xx is SES's word that it has not taken the mail. Its text is left out: it can hold the address."""
    code = error.response["Error"]["Code"]
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    # An unverified sender is rejected too, but that is the shop's to mend, and no fault of the mail.
    of_the_sender = parseaddr(sender)[1].lower() in error.response["Error"].get("Message", "").lower()
    if code in _REJECTIONS and not of_the_sender:
        raise RejectedError(code) from error
    if 400 <= status < 500 and status != 408:
        raise NotSentError(code) from error
