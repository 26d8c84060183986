"""SES (API version 2) as the local run needs it: a mailbox instead of the world's mail servers, and SES's own notices.

Every mail that SES would accept is kept in the table `mailbox`; every one it would refuse is refused with its error.
A Send notice is due at once and its outcome a second later; opens, clicks and complaints come when somebody makes them
`happen`. Notices look as in "Examples of event data that Amazon SES publishes to Amazon SNS" (SES developer guide).
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import formataddr, getaddresses
from functools import lru_cache
from typing import Any, NamedTuple

from infra.local.aws import names, sns
from infra.local.aws.calls import ACCOUNT, REGION, AwsError, Operation, Parameters
from infra.local.aws.world import World

SCHEMA = (
    """CREATE TABLE IF NOT EXISTS mailbox (
        id TEXT PRIMARY KEY, sent_at INTEGER NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL,
        subject TEXT NOT NULL, html TEXT, text TEXT, headers TEXT NOT NULL, tags TEXT NOT NULL,
        configuration_set TEXT, state TEXT NOT NULL
    )""",
    # With the recipients, which are counted at every email: so no row, of which each has a whole email, is read for it.
    "CREATE INDEX IF NOT EXISTS mailbox_sent_to ON mailbox (sent_at, recipients)",
    "CREATE TABLE IF NOT EXISTS mail_identities (identity TEXT PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS mail_configuration_sets (name TEXT PRIMARY KEY)",
    """CREATE TABLE IF NOT EXISTS mail_event_destinations (
        configuration_set TEXT NOT NULL, name TEXT NOT NULL, topic TEXT NOT NULL, kinds TEXT NOT NULL,
        PRIMARY KEY (configuration_set, name)
    )""",
    """CREATE TABLE IF NOT EXISTS mail_suppressed (
        address TEXT PRIMARY KEY, reason TEXT NOT NULL, updated_at INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS mail_attachments (
        id TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL, form TEXT NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (id, number)
    )""",
    "CREATE TABLE IF NOT EXISTS mail_untracked (id TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (id, kind))",
)

# How the API names the kinds of notices, and how the notices themselves do.
KINDS = {
    "SEND": "Send",
    "REJECT": "Reject",
    "BOUNCE": "Bounce",
    "COMPLAINT": "Complaint",
    "DELIVERY": "Delivery",
    "OPEN": "Open",
    "CLICK": "Click",
    "RENDERING_FAILURE": "Rendering Failure",
    "DELIVERY_DELAY": "DeliveryDelay",
}
# What one may tell about each kind of notice.
DETAILS = {
    "Send": set[str](),
    "Reject": {"reason"},
    "Bounce": {"recipients", "bounce_type", "bounce_sub_type", "diagnostic_code"},
    "Complaint": {"recipients", "feedback_type", "sub_type"},
    "Delivery": {"recipients"},
    "Open": {"bot", "ip_address", "user_agent"},
    "Click": {"bot", "ip_address", "user_agent", "link", "link_tags"},
    "Rendering Failure": {"error_message", "template_name"},
    "DeliveryDelay": {"recipients", "delay_type"},
}
OUTCOME_AFTER = 1_000  # milliseconds from sending to the receiving server's answer
UNLIMITED_RATE = 10_000.0  # what GetAccount says when no rate is set

TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")
HEADER_NAME = re.compile(r"[!-9;-@A-~]{1,126}")
# The API reference says 870; its machine-readable model has since come to say 995. The stricter is safe in both.
HEADER_VALUE = re.compile(r"[ -~]{1,870}")
ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@(?=.{1,255}$)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
FEEDBACK_TAGS = ("ses:feedback-id-a", "ses:feedback-id-b")
"""Become parts of the header Feedback-ID."""
MAX_TAGS, MAX_HEADERS, MAX_RECIPIENTS = 50, 15, 50
# Headers a mail has at most once ("Amazon SES header fields"), of those somebody might set.
SINGLE_HEADERS = {
    "auto-submitted", "content-transfer-encoding", "content-type", "date", "from", "importance", "in-reply-to",
    "list-archive", "list-help", "list-id", "list-owner", "list-post", "list-subscribe", "list-unsubscribe",
    "list-unsubscribe-post", "message-id", "mime-version", "organization", "precedence", "priority", "references",
    "reply-to", "return-path", "sender", "subject",
}  # fmt: skip
SIMULATOR = re.compile(r"(success|bounce|complaint|ooto|suppressionlist)(\+[^@]*)?@simulator\.amazonses\.com")
HUMAN_AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
)


class Mail(NamedTuple):
    """A row of `mailbox`; `recipients`, `headers` (name and value) and `tags` are JSON there, and values here.

    `state` is "Sent", and later the kind of the newest notice.
    """

    id: str
    sent_at: int
    sender: str
    recipients: list[str]
    subject: str
    html: str | None
    text: str | None
    headers: list[list[str]]
    tags: dict[str, str]
    configuration_set: str | None
    state: str


class Attachment(NamedTuple):
    name: str
    form: str
    body: bytes


# ── what the local run calls ──


def set_send_rate(world: World, rate: float | None) -> None:
    """How many mails a second SES accepts; None takes the limit away (as it is in a new world)."""
    world.set_setting("ses.rate", json.dumps(rate))


def set_quota(world: World, quota: int | None) -> None:
    """How many mails SES accepts in 24 hours; None takes the limit away (as it is in a new world)."""
    world.set_setting("ses.quota", json.dumps(quota))


def set_sending(world: World, *, enabled: bool) -> None:
    """Whether the account may send; AWS pauses one whose mail bounces or is complained about too often."""
    world.set_setting("ses.enabled", json.dumps(enabled))


def has_sent(world: World, since: int) -> bool:
    """Whether a mail was sent after an instant."""
    return _db(world).execute("SELECT 1 FROM mailbox WHERE sent_at > ? LIMIT 1", (since,)).fetchone() is not None


def mail(world: World, message_id: str) -> Mail:
    """One mail of the mailbox, or KeyError."""
    row = _db(world).execute("SELECT * FROM mailbox WHERE id = ?", (message_id,)).fetchone()
    if row is None:
        raise KeyError(message_id)
    recipients, headers, tags = (json.loads(row[i]) for i in (3, 7, 8))
    return Mail._make((*row[:3], recipients, *row[4:7], headers, tags, *row[9:]))


def attachments(world: World, message_id: str) -> list[Attachment]:
    """Those of a message as SES puts it together; of a raw one they are in its text."""
    rows = _db(world).execute(
        "SELECT name, form, body FROM mail_attachments WHERE id = ? ORDER BY number", (message_id,)
    )
    return [Attachment(*row) for row in rows]


def notice(world: World, message_id: str, kind: str, **details: Any) -> dict[str, Any]:
    """The notice of `kind` (one of DETAILS) that SES publishes now about a mail.

    `details` are those DETAILS names; each has a likely default (all recipients, for one), but a click's link has none.
    """
    sent, at = mail(world, message_id), world.now()
    if unknown := details.keys() - DETAILS[kind]:
        raise TypeError(f"a notice of the kind {kind} does not tell {sorted(unknown)}")
    name, about = _about(sent, kind, at, details)
    return {"eventType": kind, "mail": _mail_object(sent, kind), name: about}


def happen(world: World, message_id: str, kind: str, **details: Any) -> dict[str, Any]:
    """Lets something happen to a mail: its state changes and the notice goes out, as `notice` makes it."""
    made = notice(world, message_id, kind, **details)
    if _db(world).execute("SELECT 1 FROM mail_untracked WHERE id = ? AND kind = ?", (message_id, kind)).fetchone():
        return made  # SES does not know: it was told to watch neither the picture nor the links
    if kind != "Send":  # a mail is "Sent" from the beginning
        world.db.execute("UPDATE mailbox SET state = ? WHERE id = ?", (kind, message_id))
    if kind in ("Bounce", "Complaint"):
        _suppress_after(world, made)
    destinations = world.db.execute(
        """SELECT topic, kinds FROM mail_event_destinations
            WHERE configuration_set = (SELECT configuration_set FROM mailbox WHERE id = ?) ORDER BY name""",
        (message_id,),
    ).fetchall()
    for topic, kinds in destinations:
        if kind in json.loads(kinds):
            sns.send(world, topic, json.dumps(made), "Amazon SES Email Event Notification")
    return made


def resume(world: World, payload: dict[str, Any]) -> None:
    """Handles what this module put on the world's due list under the kind `ses`."""
    happen(world, payload["message"], payload["kind"], **payload["details"])


# ── sending ──


def send_email(world: World, parameters: Parameters) -> dict[str, Any]:
    db = _db(world)
    if "ListManagementOptions" in parameters:
        name = parameters["ListManagementOptions"]["ContactListName"]
        raise AwsError("NotFoundException", f"List with name: {name} doesn't exist.", 404)
    tags = _checked_tags(parameters.get("EmailTags", []))
    configuration_set = parameters.get("ConfigurationSetName")
    if configuration_set is not None:
        _require_configuration_set(db, configuration_set)
    content = parameters["Content"]
    if "Simple" in content:
        sender, recipients, subject, html, text, headers = _simple(parameters)
    elif "Raw" in content:
        sender, recipients, subject, html, text, headers = _raw(parameters)
    else:
        raise NotImplementedError("the local run does not stand in for SES templates")
    _check_sender(db, sender)
    if not recipients:
        raise _bad_request("Destination must have at least one recipient.")
    if len(recipients) > MAX_RECIPIENTS:
        raise AwsError("MessageRejected", f"Recipient count exceeds {MAX_RECIPIENTS}.")
    _check_rate(world, len(recipients))
    now = world.now()
    message_id = f"0102{now:012x}-{world.number('mail'):08x}-0000-4000-8000-000000000000-000000"
    db.execute(
        "INSERT INTO mailbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'Sent')",
        (message_id, now, sender, json.dumps(recipients), subject, html, text, json.dumps(headers), json.dumps(tags),
         configuration_set),
    )  # fmt: skip
    for number, each in enumerate(content.get("Simple", {}).get("Attachments", [])):
        form = each.get("ContentType", "application/octet-stream")
        db.execute(
            "INSERT INTO mail_attachments VALUES (?, ?, ?, ?, ?)",
            (message_id, number, each["FileName"], form, each["RawContent"]),
        )
    tracking = parameters.get("ConfigurationOverrides", {}).get("Tracking", {})
    for kind in ("Open", "Click"):
        if tracking.get(f"{kind}TrackingEnabled") == "DISABLED":
            db.execute("INSERT INTO mail_untracked VALUES (?, ?)", (message_id, kind))
    world.schedule(now, "ses", {"message": message_id, "kind": "Send", "details": {}})
    for after, kind, details in _outcomes(db, recipients):
        world.schedule(now + after, "ses", {"message": message_id, "kind": kind, "details": details})
    return {"MessageId": message_id}


Parts = tuple[str, list[str], str, str | None, str | None, list[list[str]]]


def _simple(parameters: Parameters) -> Parts:
    if "FromEmailAddress" not in parameters:
        raise _bad_request("Missing required field: FromEmailAddress")
    message, sender = parameters["Content"]["Simple"], parameters["FromEmailAddress"]
    destination = parameters.get("Destination", {})
    to, cc, bcc = (destination.get(name, []) for name in ("ToAddresses", "CcAddresses", "BccAddresses"))
    reply_to = parameters.get("ReplyToAddresses", [])
    for address in (sender, *to, *cc, *bcc, *reply_to):
        _check_address(address)
    subject = message["Subject"]["Data"]
    if any(ord(character) < 32 or ord(character) == 127 for character in subject):
        raise _bad_request("Subject contains control characters.")
    html, text = (message["Body"].get(part, {}).get("Data") for part in ("Html", "Text"))
    if html is None and text is None:
        raise _bad_request("Body must have at least one of Text and Html.")
    form = "multipart/alternative" if html is not None and text is not None else f"text/{'plain' if text else 'html'}"
    headers = [["From", sender], ["To", ", ".join(to)]]
    headers += [["Cc", ", ".join(cc)]] if cc else []
    headers += [["Reply-To", ", ".join(reply_to)]] if reply_to else []
    headers += [["Subject", subject]]
    headers += _checked_headers(message.get("Headers", []), {name.lower() for name, _ in headers})
    headers += [["MIME-Version", "1.0"], ["Content-Type", f"{form}; charset=UTF-8"]]
    return sender, [*to, *cc, *bcc], subject, html, text, headers


def _raw(parameters: Parameters) -> Parts:
    message = email.message_from_bytes(parameters["Content"]["Raw"]["Data"], policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    sender = parameters.get("FromEmailAddress") or str(message.get("From", ""))
    destination = parameters.get("Destination", {})
    named = [
        address for name in ("ToAddresses", "CcAddresses", "BccAddresses") for address in destination.get(name, [])
    ]
    written = [str(message[name]) for name in ("To", "Cc", "Bcc") if message[name]]
    recipients = named or [each for header in written for each in _mailboxes(header)]
    for address in (sender, *recipients):
        _check_address(address)
    html, text = (message.get_body((kind,)) for kind in ("html", "plain"))
    headers = [[name, str(value)] for name, value in message.items() if name.lower() != "bcc"]
    return (
        sender,
        recipients,
        str(message.get("Subject", "")),
        html.get_content() if html else None,
        text.get_content() if text else None,
        headers,
    )


def _outcomes(db: sqlite3.Connection, recipients: Sequence[str]) -> list[tuple[int, str, dict[str, Any]]]:
    """What becomes of a mail, one notice for each way it can go: milliseconds after sending, kind, details.

    An address on the account's suppression list is not tried. The mailbox simulator's addresses behave as documented
    ("Using the mailbox simulator manually"); an out-of-office answer goes to the sender's mailbox, so it is no notice.
    """
    groups: dict[str, list[str]] = {}
    for recipient in recipients:
        address = _bare(recipient)
        reason = db.execute("SELECT reason FROM mail_suppressed WHERE address = ?", (address.lower(),)).fetchone()
        simulated = SIMULATOR.fullmatch(address.lower())
        way = f"suppressed {reason[0]}" if reason else simulated[1] if simulated else "success"
        groups.setdefault(way, []).append(recipient)
    suppressed = {"bounce_sub_type": "OnAccountSuppressionList", "diagnostic_code": SUPPRESSED_CODE}
    outcomes: list[tuple[int, str, dict[str, Any]]] = []
    for way, named in groups.items():
        one = {"recipients": named}
        match way:
            case "suppressed BOUNCE":
                outcomes.append((OUTCOME_AFTER, "Bounce", one | suppressed))
            case "suppressed COMPLAINT":
                outcomes.append((OUTCOME_AFTER, "Complaint", one | {"sub_type": "OnAccountSuppressionList"}))
            case "bounce":
                outcomes.append((OUTCOME_AFTER, "Bounce", one))
            case "suppressionlist":
                outcomes.append((OUTCOME_AFTER, "Bounce", one | {"diagnostic_code": SUPPRESSED_CODE}))
            case "complaint":
                outcomes += [(OUTCOME_AFTER, "Delivery", one), (2 * OUTCOME_AFTER, "Complaint", one)]
            case _:
                outcomes.append((OUTCOME_AFTER, "Delivery", one))
    return outcomes


SUPPRESSED_CODE = "Amazon SES did not send the message to this address because it is on the suppression list."


def _check_address(address: str) -> None:
    """As SES does: one mailbox, with or without a name, in ASCII (a name in other letters comes as encoded words)."""
    if not address.isascii() or not address.isprintable():
        raise _bad_request("Address contains control or non-ASCII characters.")
    unquoted = re.sub(r'"(?:[^"\\]|\\.)*"', "", address)
    if len(_mailboxes(address)) != 1 or "@" not in _bare(address) or ":" in unquoted or ";" in unquoted:
        raise _bad_request("Missing final '@domain'")
    if not ADDRESS.fullmatch(_bare(address)) or (" " in unquoted and "<" not in unquoted) or ".." in _bare(address):
        raise _bad_request("Address is not well formed.")


@lru_cache(maxsize=4096)
def _mailboxes(header: str) -> tuple[str, ...]:
    """The mailboxes (`Name <address>`) in the value of a header such as To."""
    if ADDRESS.fullmatch(header):  # most are; the parser proper is slow
        return (header,)
    return tuple(formataddr(pair) for pair in getaddresses([header]))


@lru_cache(maxsize=4096)
def _bare(mailbox: str) -> str:
    """The address of a mailbox, without its name."""
    return mailbox if ADDRESS.fullmatch(mailbox) else getaddresses([mailbox])[0][1]


def _check_sender(db: sqlite3.Connection, sender: str) -> None:
    """The address, its domain or a domain above it has to be an identity of the account."""
    address = _bare(sender)
    parts = address.rsplit("@", 1)[1].lower().split(".")
    names = (address, *(".".join(parts[i:]) for i in range(len(parts) - 1)))
    marks = ", ".join("?" * len(names))
    if not db.execute(f"SELECT 1 FROM mail_identities WHERE identity IN ({marks})", names).fetchone():
        raise AwsError(
            "MessageRejected",
            "Email address is not verified. The following identities failed the check in region "
            f"{REGION.upper()}: {address}",
        )


def _check_rate(world: World, recipients: int) -> None:
    """SES counts recipients, over the last second and over the last 24 hours."""
    if not _is_enabled(world):
        raise AwsError("SendingPausedException", "Email sending is disabled for your account.")
    quota = _quota(world)
    if quota is not None and _sent_in_a_day(world) + recipients > quota:
        raise AwsError("TooManyRequestsException", "Daily message quota exceeded.", 429)
    rate = _rate(world)
    if rate is None:
        return
    (lately,) = world.db.execute(
        "SELECT COALESCE(SUM(json_array_length(recipients)), 0) FROM mailbox WHERE sent_at > ?", (world.now() - 1000,)
    ).fetchone()
    if lately + recipients > rate:
        raise AwsError("TooManyRequestsException", "Maximum sending rate exceeded.", 429)


def _checked_tags(tags: Sequence[dict[str, str]]) -> dict[str, str]:
    if len(tags) > MAX_TAGS:
        raise _bad_request(f"The number of tags exceeds {MAX_TAGS}.")
    for tag in tags:
        for part in ("Name", "Value"):
            if not TAG.fullmatch(tag[part]) and not (part == "Name" and tag[part] in FEEDBACK_TAGS):
                raise _bad_request(
                    f"Invalid tag {part.lower()} <{tag[part]}>: only alphanumeric ASCII characters, '_', and '-' are "
                    "allowed, and at most 256 of them."
                )
    return {tag["Name"]: tag["Value"] for tag in tags}


def _checked_headers(headers: Sequence[dict[str, str]], taken: set[str]) -> list[list[str]]:
    """`List-Unsubscribe` and `List-Unsubscribe-Post` may be given; what SES writes, or a single one twice, not."""
    if len(headers) > MAX_HEADERS:
        raise _bad_request(f"The number of headers exceeds {MAX_HEADERS}.")
    seen = {*taken, "mime-version", "content-type"}
    for header in headers:
        name = header["Name"].lower()
        if not HEADER_NAME.fullmatch(name):
            raise _bad_request("Invalid header name: only printable ASCII characters other than the colon are allowed.")
        if not HEADER_VALUE.fullmatch(header["Value"]):
            raise _bad_request(
                f"Invalid value of header {header['Name']}: only printable ASCII characters, at most 870 of them."
            )
        if name in seen and name in SINGLE_HEADERS:
            raise _bad_request(f"Duplicate header '{header['Name']}'.")
        seen.add(name)
    return [[header["Name"], header["Value"]] for header in headers]


# ── notices ──


def _about(sent: Mail, kind: str, at: int, given: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The part of a notice that says what happened: its name, and what it holds."""
    recipients: list[str] = [_bare(each) for each in given.get("recipients", sent.recipients)]
    when = {"timestamp": sns.timestamp(at)}
    feedback = {"feedbackId": f"0102{at:012x}-{sent.id[17:-7]}-000000"}
    match kind:
        case "Send":
            return "send", {}
        case "Delivery":
            return "delivery", when | {
                "processingTimeMillis": at - sent.sent_at,
                "recipients": recipients,
                "smtpResponse": "250 2.6.0 Message received",
                "remoteMtaIp": "192.0.2.2",
                "reportingMTA": "mta.example.com",
            }
        case "DeliveryDelay":
            return "deliveryDelay", when | {
                "delayType": given.get("delay_type", "TransientCommunicationFailure"),
                "expirationTime": sns.timestamp(sent.sent_at + 14 * 3_600_000),
                "delayedRecipients": [
                    {
                        "emailAddress": recipient,
                        "status": "4.4.1",
                        "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host",
                    }
                    for recipient in recipients
                ],
            }
        case "Bounce":
            return "bounce", feedback | _bounce(recipients, given) | when | {"reportingMTA": "dsn; mta.example.com"}
        case "Complaint":
            complained = [{"emailAddress": recipient} for recipient in recipients]
            complaint = (
                feedback | {"complaintSubType": given.get("sub_type"), "complainedRecipients": complained} | when
            )
            if "sub_type" in given:  # SES itself complains: there is no report of a receiving server
                return "complaint", complaint
            return "complaint", complaint | {
                "userAgent": "Amazon SES Mailbox Simulator",
                "complaintFeedbackType": given.get("feedback_type", "abuse"),
                "arrivalDate": when["timestamp"],
            }
        case "Open" | "Click":
            what = when | {
                "userAgent": given.get("user_agent", HUMAN_AGENT),
                "ipAddress": given.get("ip_address", "192.0.2.1"),
                # Since August 2026, and a word: not a boolean.
                "isBotEvent": "Likely" if given.get("bot", False) else "Unlikely",
            }
            if kind == "Open":
                return "open", what
            return "click", what | {"link": given["link"], "linkTags": given.get("link_tags")}
        case "Reject":
            return "reject", {"reason": given.get("reason", "Bad content")}
        case "Rendering Failure":
            return "failure", {
                "errorMessage": given.get("error_message", "Attribute 'name' is not present in the rendering data."),
                "templateName": given.get("template_name", "Template"),
            }
    raise ValueError(f"SES has no notices of the kind {kind!r}")


def _bounce(recipients: list[str], given: dict[str, Any]) -> dict[str, Any]:
    bounce_type = given.get("bounce_type", "Permanent")
    status, code = {
        "Permanent": ("5.1.1", "smtp; 550 5.1.1 user unknown"),
        "Transient": ("4.2.2", "smtp; 452 4.2.2 mailbox full"),
    }.get(bounce_type, ("5.0.0", "smtp; 554 delivery error"))
    return {
        "bounceType": bounce_type,
        "bounceSubType": given.get("bounce_sub_type", "Undetermined" if bounce_type == "Undetermined" else "General"),
        "bouncedRecipients": [
            {
                "emailAddress": recipient,
                "action": "failed",
                "status": status,
                "diagnosticCode": given.get("diagnostic_code", code),
            }
            for recipient in recipients
        ],
    }


def _mail_object(sent: Mail, kind: str) -> dict[str, Any]:
    address = _bare(sent.sender)
    domain = address.rsplit("@", 1)[1]
    made = {
        "timestamp": sns.timestamp(sent.sent_at),
        "source": sent.sender,
        "sourceArn": f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/{domain}",
        "sendingAccountId": ACCOUNT,
        "messageId": sent.id,
        "destination": [_bare(recipient) for recipient in sent.recipients],
        "headersTruncated": False,
    }
    tags = {
        "ses:source-tls-version": ["TLSv1.3"],
        "ses:operation": ["SendEmail"],
        **({"ses:configuration-set": [sent.configuration_set]} if sent.configuration_set else {}),
        "ses:source-ip": ["192.0.2.0"],
        "ses:from-domain": [domain],
        "ses:caller-identity": ["local"],
        **({"ses:outgoing-ip": ["192.0.2.0"]} if kind == "Delivery" else {}),
        **{name: [value] for name, value in sent.tags.items()},
    }
    if kind in ("Rendering Failure", "DeliveryDelay"):  # these two are documented without the headers
        return made | {"tags": tags}
    written = {name.lower(): value for name, value in sent.headers}
    lists = {
        name: list(_mailboxes(written[header]))
        for name, header in (("from", "from"), ("replyTo", "reply-to"), ("to", "to"), ("cc", "cc"))
        if written.get(header)
    }
    return made | {
        "headers": [{"name": name, "value": value} for name, value in sent.headers],
        "commonHeaders": {**lists, "messageId": sent.id, "subject": sent.subject},
        "tags": tags,
    }


def _suppress_after(world: World, made: dict[str, Any]) -> None:
    """The account's suppression list takes hard bounces and complaints by itself, but not the simulator's addresses."""
    if made["eventType"] == "Bounce":
        reason, recipients = "BOUNCE", made["bounce"]["bouncedRecipients"]
        counts = made["bounce"]["bounceType"] == "Permanent"
    else:
        reason, recipients = "COMPLAINT", made["complaint"]["complainedRecipients"]
        counts = made["complaint"].get("complaintFeedbackType") != "not-spam"
    for recipient in recipients if counts else []:
        address = recipient["emailAddress"].lower()
        if not SIMULATOR.fullmatch(address):
            world.db.execute(
                "INSERT INTO mail_suppressed VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (address, reason, world.now())
            )


# ── identities, configuration sets, the account, suppression ──


def create_email_identity(world: World, parameters: Parameters) -> dict[str, Any]:
    """An identity is verified at once: there is no DNS here to ask."""
    name = parameters["EmailIdentity"].lower()
    if not names.fits("AWS::SES::EmailIdentity", name):
        raise _bad_request(f"Invalid email address or domain name <{name}>.")
    if _db(world).execute("SELECT 1 FROM mail_identities WHERE identity = ?", (name,)).fetchone():
        raise AwsError("AlreadyExistsException", f"Email identity {name} already exist.")
    world.db.execute("INSERT INTO mail_identities VALUES (?)", (name,))
    return _identity(name)


def get_email_identity(world: World, parameters: Parameters) -> dict[str, Any]:
    name = parameters["EmailIdentity"].lower()
    if not _db(world).execute("SELECT 1 FROM mail_identities WHERE identity = ?", (name,)).fetchone():
        raise AwsError("NotFoundException", f"Email identity {name} does not exist.", 404)
    return _identity(name) | {"FeedbackForwardingStatus": True, "VerificationStatus": "SUCCESS", "Policies": {}}


def _identity(name: str) -> dict[str, Any]:
    return {
        "IdentityType": "EMAIL_ADDRESS" if "@" in name else "DOMAIN",
        "VerifiedForSendingStatus": True,
        "DkimAttributes": {
            "SigningEnabled": True,
            "Status": "SUCCESS",
            "SigningAttributesOrigin": "AWS_SES",
            "Tokens": [] if "@" in name else list(dkim_tokens(name)),
        },
        "MailFromAttributes": {
            "MailFromDomain": f"bounce.{name.rpartition('@')[2]}",
            "MailFromDomainStatus": "SUCCESS",
            "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
        },
    }


def dkim_tokens(domain: str) -> Iterator[str]:
    """The three that SES makes up for a domain, whose records prove whose it is."""
    return (hashlib.sha256(f"{domain} {number}".encode()).hexdigest()[:32] for number in range(3))


def create_configuration_set(world: World, parameters: Parameters) -> dict[str, Any]:
    name = parameters["ConfigurationSetName"]
    if not names.fits("AWS::SES::ConfigurationSet", name):
        raise _bad_request(
            f"Invalid configuration set name <{name}>: only alphanumeric ASCII characters, '_', and '-'."
        )
    if _db(world).execute("SELECT 1 FROM mail_configuration_sets WHERE name = ?", (name,)).fetchone():
        raise AwsError("AlreadyExistsException", f"Configuration set <{name}> already exists.")
    world.db.execute("INSERT INTO mail_configuration_sets VALUES (?)", (name,))
    return {}


def create_event_destination(world: World, parameters: Parameters) -> dict[str, Any]:
    name, given = parameters["ConfigurationSetName"], parameters["EventDestination"]
    _require_configuration_set(_db(world), name)
    if "SnsDestination" not in given:
        raise NotImplementedError("the local run publishes SES notices to SNS only")
    kinds = [
        KINDS[kind] for kind in given.get("MatchingEventTypes", []) if kind in KINDS and given.get("Enabled", False)
    ]
    try:
        world.db.execute(
            "INSERT INTO mail_event_destinations VALUES (?, ?, ?, ?)",
            (name, parameters["EventDestinationName"], given["SnsDestination"]["TopicArn"], json.dumps(kinds)),
        )
    except sqlite3.IntegrityError:
        raise AwsError("AlreadyExistsException", "An event destination with this name already exists.") from None
    return {}


def get_account(world: World, parameters: Parameters) -> dict[str, Any]:
    rate, quota, enabled = _rate(world), _quota(world), _is_enabled(world)
    return {
        "DedicatedIpAutoWarmupEnabled": False,
        "EnforcementStatus": "HEALTHY" if enabled else "SHUTDOWN",
        "ProductionAccessEnabled": True,
        "SendQuota": {
            "Max24HourSend": -1.0 if quota is None else float(quota),  # -1: unlimited
            "MaxSendRate": UNLIMITED_RATE if rate is None else rate,
            "SentLast24Hours": float(_sent_in_a_day(world)),
        },
        "SendingEnabled": enabled,
        "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    }


def put_suppressed_destination(world: World, parameters: Parameters) -> dict[str, Any]:
    address = parameters["EmailAddress"].lower()
    _check_address(address)
    _db(world).execute(
        "INSERT OR REPLACE INTO mail_suppressed VALUES (?, ?, ?)", (address, parameters["Reason"], world.now())
    )
    return {}


def get_suppressed_destination(world: World, parameters: Parameters) -> dict[str, Any]:
    address = parameters["EmailAddress"].lower()
    row = _db(world).execute("SELECT reason, updated_at FROM mail_suppressed WHERE address = ?", (address,)).fetchone()
    if row is None:
        raise _not_suppressed(address)
    updated_at = datetime.fromtimestamp(row[1] / 1000, UTC)
    return {"SuppressedDestination": {"EmailAddress": address, "Reason": row[0], "LastUpdateTime": updated_at}}


def delete_suppressed_destination(world: World, parameters: Parameters) -> dict[str, Any]:
    address = parameters["EmailAddress"].lower()
    if not _db(world).execute("DELETE FROM mail_suppressed WHERE address = ?", (address,)).rowcount:
        raise _not_suppressed(address)
    return {}


# ── the rest ──


def _db(world: World) -> sqlite3.Connection:
    return world.with_tables(SCHEMA)


def _sent_in_a_day(world: World) -> int:
    (sent,) = (
        _db(world)
        .execute(
            "SELECT COALESCE(SUM(json_array_length(recipients)), 0) FROM mailbox WHERE sent_at > ?",
            (world.now() - 86_400_000,),
        )
        .fetchone()
    )
    return int(sent)


def _quota(world: World) -> int | None:
    stored = world.setting("ses.quota")
    return None if stored is None else json.loads(stored)


def _is_enabled(world: World) -> bool:
    stored = world.setting("ses.enabled")
    return stored is None or bool(json.loads(stored))


def _rate(world: World) -> float | None:
    stored = world.setting("ses.rate")
    return None if stored is None else json.loads(stored)


def _require_configuration_set(db: sqlite3.Connection, name: str) -> None:
    if not db.execute("SELECT 1 FROM mail_configuration_sets WHERE name = ?", (name,)).fetchone():
        raise AwsError("NotFoundException", f"Configuration set <{name}> does not exist.", 404)


def _bad_request(message: str) -> AwsError:
    return AwsError("BadRequestException", message)


def _not_suppressed(address: str) -> AwsError:
    return AwsError("NotFoundException", f"Email address {address} does not exist on your suppression list.", 404)


OPERATIONS: dict[str, Operation] = {
    "CreateConfigurationSet": create_configuration_set,
    "CreateConfigurationSetEventDestination": create_event_destination,
    "CreateEmailIdentity": create_email_identity,
    "DeleteSuppressedDestination": delete_suppressed_destination,
    "GetAccount": get_account,
    "GetEmailIdentity": get_email_identity,
    "GetSuppressedDestination": get_suppressed_destination,
    "PutSuppressedDestination": put_suppressed_destination,
    "SendEmail": send_email,
}
