"""Sign-ups that wait for their confirmation, and how often somebody may be written to because of one.

Who signs up has not shown yet that the address is theirs, so they are nobody's contact: all of it stands in a partition
of the Contacts table that is called after the keyed hash of the address (`place`), and expires: `SIGN_UP#id`, what was
filled in, `ADDRESS#hash` (see `pending_addresses`), and `MESSAGE#key`, what was sent because of it. An item
`signups#hash` of the Identities table counts what was sent to a mailbox where nobody has confirmed it; partitions
`reminders-day` say whom to remind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from shared.adapters import contacts, identities, pending_addresses
from shared.adapters.clients import client
from shared.domain.events import DAY, SECOND, Instant, Json
from shared.domain.forms import SignUp

KEPT_FOR = 7 * DAY
"""Then a sign-up that was not confirmed is deleted, and its link does not work any more."""
APART = DAY
MOST = 3
"""To an address that confirms none of them, at most one email in a day goes, and so many ever."""
REMINDED_AFTER = DAY
_KIND = "SIGN_UP#"


@dataclass(frozen=True, slots=True)
class Kept:
    """A sign-up, as it is kept. `filled_in` None: it was confirmed, and what was filled in is the contact's. `mailbox`:
    the hash of where its address is read, which what is sent is counted by (None: of the address itself)."""

    id: str
    hashed: str
    form: str
    version: int
    at: Instant
    filled_in: SignUp | None
    confirmed: Instant | None = None
    mailbox: str | None = None

    @property
    def counted_by(self) -> str:
        return self.mailbox or self.hashed


def place(hashed: str) -> str:
    """What stands in the place of a contact's id for a sign-up at the address with this hash."""
    return f"{contacts.SIGN_UPS}{hashed}"


def keep(sign_up: Kept, address: str) -> None:
    """Keeps a sign-up until it is confirmed, or `KEPT_FOR` is over; and whom to remind."""
    assert sign_up.filled_in is not None
    filled_in = sign_up.filled_in
    until = sign_up.at + KEPT_FOR
    pending_addresses.put(place(sign_up.hashed), address, until)
    item: dict[str, Any] = {
        **contacts.key(place(sign_up.hashed), f"{_KIND}{sign_up.id}"),
        "form": {"S": sign_up.form},
        "form_version": {"N": str(sign_up.version)},
        "at": {"N": str(sign_up.at)},
        "traits": {"S": json.dumps(dict(filled_in.traits), ensure_ascii=False)},
        "topics": {"L": [{"S": topic} for topic in filled_in.topics]},
        "tracking": {"BOOL": filled_in.tracking},
        "mailbox": {"S": sign_up.counted_by},
        "expires": {"N": str(until // SECOND)},
    }
    reminder: dict[str, Any] = {
        **contacts.key(_reminders(sign_up.at), _reminder(sign_up.at, sign_up.hashed, sign_up.id)),
        "expires": {"N": str(until // SECOND)},
    }
    for each in (item, reminder):
        client("dynamodb").put_item(TableName=contacts.table(), Item=each)


def read(hashed: str, id_: str, now: Instant) -> Kept | None:
    """The sign-up of this id; None where there is none, or it has expired: the table deletes it only later."""
    item = contacts.read_item(place(hashed), f"{_KIND}{id_}")
    kept = None if item is None else _of(hashed, item)
    return kept if kept is not None and now < kept.at + KEPT_FOR else None


def _of(hashed: str, item: dict[str, Any]) -> Kept:
    filled_in = None
    if "traits" in item:
        traits: dict[str, Json] = json.loads(item["traits"]["S"])
        topics = tuple(topic["S"] for topic in item["topics"]["L"])
        filled_in = SignUp(None, traits, topics, item["tracking"]["BOOL"])
    return Kept(
        id=item["kind"]["S"].removeprefix(_KIND),
        hashed=hashed,
        form=item["form"]["S"],
        version=int(item["form_version"]["N"]),
        at=int(item["at"]["N"]),
        filled_in=filled_in,
        confirmed=int(item["confirmed"]["N"]) if "confirmed" in item else None,
        mailbox=item["mailbox"]["S"] if "mailbox" in item else None,
    )


def confirm(sign_up: Kept, now: Instant) -> Kept:
    """Writes down when it was confirmed, the first time only: whoever does it again gets that instant, too."""
    answer = client("dynamodb").update_item(
        TableName=contacts.table(),
        Key=contacts.key(place(sign_up.hashed), f"{_KIND}{sign_up.id}"),
        UpdateExpression="SET confirmed = if_not_exists(confirmed, :now)",
        ConditionExpression="attribute_exists(contact)",
        ExpressionAttributeValues={":now": {"N": str(now)}},
        ReturnValues="ALL_NEW",
    )
    return replace(sign_up, confirmed=int(answer["Attributes"]["confirmed"]["N"]))


def done(sign_up: Kept) -> None:
    """Once what was filled in is on its way to the contact: here it stands no more, and the address may be asked again
    another time."""
    client("dynamodb").update_item(
        TableName=contacts.table(),
        Key=contacts.key(place(sign_up.hashed), f"{_KIND}{sign_up.id}"),
        UpdateExpression="REMOVE traits, topics, tracking",
        ConditionExpression="attribute_exists(contact)",
    )
    client("dynamodb").delete_item(TableName=identities.table(), Key=_asked(sign_up.counted_by))


# ── how often an address may be written to ──


def may_write(hashed: str, now: Instant) -> bool:
    """Takes one of the emails that may still go to a mailbox that has not confirmed any; False: none may now."""
    try:
        client("dynamodb").update_item(
            TableName=identities.table(),
            Key=_asked(hashed),
            UpdateExpression="SET #last = :now ADD #sent :one",
            ConditionExpression=(
                "(attribute_not_exists(#last) OR #last <= :before) AND (attribute_not_exists(#sent) OR #sent < :most)"
            ),
            ExpressionAttributeNames={"#last": "last", "#sent": "sent"},
            ExpressionAttributeValues={
                ":now": {"N": str(now)},
                ":one": {"N": "1"},
                ":before": {"N": str(now - APART)},
                ":most": {"N": str(MOST)},
            },
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return False
    return True


def give_back(hashed: str) -> None:
    """What `may_write` has taken, of an email that could not be asked for."""
    client("dynamodb").update_item(
        TableName=identities.table(),
        Key=_asked(hashed),
        UpdateExpression="REMOVE #last ADD #sent :less",
        ExpressionAttributeNames={"#last": "last", "#sent": "sent"},
        ExpressionAttributeValues={":less": {"N": "-1"}},
    )


def _asked(hashed: str) -> dict[str, Any]:
    return {"identity": {"S": f"signups#{hashed}"}}


# ── whom to remind ──


@dataclass(frozen=True, slots=True)
class Reminder:
    """Of the sign-up `id` at the address with this hash."""

    hashed: str
    id: str
    partition: str
    kind: str


def reminders(now: Instant) -> Iterator[Reminder]:
    """Whose sign-ups are `REMINDED_AFTER` old, of the last days."""
    last = now - REMINDED_AFTER
    for partition in dict.fromkeys(_reminders(last - days * DAY) for days in (2, 1, 0)):
        for item in contacts.items(partition):
            at, hashed, id_ = item["kind"]["S"].split("#")
            if int(at) <= last:
                yield Reminder(hashed, id_, partition, item["kind"]["S"])


def reminded(reminder: Reminder) -> None:
    contacts.delete(reminder.partition, [reminder.kind])


def _reminder(at: Instant, hashed: str, id_: str) -> str:
    return f"{at:014d}#{hashed}#{id_}"


def _reminders(at: Instant) -> str:
    return f"reminders-{at // DAY}"


# ── erasure ──


def forget(hashed: str) -> None:
    """Deletes the sign-ups at an address: whoever is erased has none that waits."""
    for item in [*contacts.items(place(hashed))]:
        kind = item["kind"]["S"]
        if kind.startswith(_KIND):
            at = int(item["at"]["N"])
            contacts.delete(_reminders(at), [_reminder(at, hashed, kind.removeprefix(_KIND))])
        contacts.delete(place(hashed), [kind])
