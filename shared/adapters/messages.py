"""MESSAGE items: what has become of each message. Claimed before SES is called, settled after.

`contact`, `kind` (`MESSAGE#key`), `status`, `attempt`, `claimed_at`, and what it is `about` (journey, run, step, or
campaign; template, topic); when claimed `address` (the hash of where it goes),
`template_version` and `copy` (the email as it is sent, see `copies`); when sent `ses_id` and `sent_at`, when
refused `reason` and `refused_at`; when a digest lists it, `digest` (that one's
key) and the `copy`; `delivered_at`, `clicks` (time and link's hash of each), and `answers` (by what a one-click answer
says, the trait it becomes). Of a sign-up that waits, it expires with that (`expires`): nobody's is kept for good.
Every write but `settle` is conditional on what its writer has read, so of several that act at once one wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from shared.adapters import caps, clock, copies
from shared.adapters.clients import client
from shared.adapters.contacts import SIGN_UPS, numbered, table
from shared.adapters.contacts import key as item_key
from shared.adapters.copies import Copy
from shared.domain.events import DAY, SECOND, Instant
from shared.domain.messages.asked import Message, RunMessage
from shared.domain.messages.caps import given_back
from shared.domain.messages.held import Held, Status
from shared.domain.messages.refusals import Refusal

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

    from shared.adapters.mail import Mail


SIGN_UP_KEPT = 7 * DAY
"""As long as the sign-up that an email asks to confirm (`sign_ups.KEPT_FOR`), at most."""


class ClaimLostError(Exception):
    """The message is not as it was read: somebody else acts on it."""


class CapChangedError(ClaimLostError):
    """Another message of the contact's was counted meanwhile: ask the cap again."""


class NotWantedError(Exception):
    """Its run has ended, or is at another step by now: it does not want the message any more."""


def read(message: Message) -> Held | None:
    """What is stored of the message, read consistently; None when nothing is."""
    answer = client("dynamodb").get_item(
        TableName=table(), Key=item_key(message.contact, _kind(message.key)), ConsistentRead=True
    )
    item = answer.get("Item")
    if item is None:
        return None
    return Held(
        Status(item["status"]["S"]),
        int(item["attempt"]["N"]),
        int(item["claimed_at"]["N"]),
        item["reason"]["S"] if "reason" in item else None,
    )


def address(contact: str, key: str) -> str | None:
    """The hash of the address that a message went to; None when the message is not there."""
    answer = client("dynamodb").get_item(
        TableName=table(), Key=item_key(contact, _kind(key)), ProjectionExpression="address"
    )
    return answer["Item"]["address"]["S"] if "address" in answer.get("Item", {}) else None


def trait_answered(contact: str, key: str, word: str) -> str | None:
    """The trait that a one-click answer in a message becomes: as the email that was sent has it, and no link."""
    answer = client("dynamodb").get_item(
        TableName=table(), Key=item_key(contact, _kind(key)), ProjectionExpression="answers"
    )
    trait = answer.get("Item", {}).get("answers", {"M": {}})["M"].get(word)
    return None if trait is None else trait["S"]


def claim(
    message: Message,
    held: Held | None,
    now: Instant,
    hashed_address: str | None = None,
    counted: TransactWriteItemTypeDef | None = None,
    mail: Mail | None = None,
    together: Sequence[TransactWriteItemTypeDef] = (),
) -> Held:
    """Claims the message for one more attempt: from here on, only one sender acts. ClaimLostError, NotWantedError.

    In one transaction it makes sure that its run, if it is a run's, wants it still: so an exit that is recorded is
    final; and counts it towards its cap (`caps.write`; CapChangedError). `together`: what else holds from then on, or
    the whole is to be asked again (CapChangedError).
    """
    claimed = Held(Status.CLAIMED, held.attempt + 1 if held is not None else 1, now)
    more: dict[str, Any] = {"address": {"S": hashed_address}} if hashed_address else {}
    if mail is not None:
        more["template_version"] = {"N": str(mail.version)}
        more |= {"copy": {"B": mail.copy}} if mail.copy else {}
        more |= {"answers": {"M": {word: {"S": trait} for word, trait in mail.answers.items()}}} if mail.answers else {}
    put = _replacement(message, held, claimed, more)
    writes: list[TransactWriteItemTypeDef] = [{"Put": put}]
    conditions: list[tuple[TransactWriteItemTypeDef, type[Exception]]] = []
    if isinstance(message, RunMessage):
        conditions.append((_run_is_at(message), NotWantedError))
    if counted is not None:
        conditions.append((counted, CapChangedError))
    conditions += [(write, CapChangedError) for write in together]
    try:
        client("dynamodb").transact_write_items(TransactItems=[*writes, *(write for write, _ in conditions)])
    except client("dynamodb").exceptions.TransactionCanceledException as canceled:
        own, *others = (reason.get("Code") for reason in canceled.response["CancellationReasons"])
        for code, (_, error) in zip(others, conditions, strict=True):
            if code == "ConditionalCheckFailed" and (own != code or error is NotWantedError):
                raise error(message.key) from canceled
        raise ClaimLostError(message.key) from canceled  # somebody acts on the message, or moves the run, just now
    return claimed


def release(message: Message, claimed: Held, mail_class: str | None = None) -> None:
    """Gives up a claim by which nothing was sent, and what was counted for it towards the cap of a class.
    ClaimLostError."""
    _not_sent(message, claimed, Held(Status.RELEASED, claimed.attempt, claimed.claimed_at), {}, mail_class)


def refuse(message: Message, held: Held | None, reason: Refusal, now: Instant, mail_class: str | None = None) -> Held:
    """Stores that the message is not sent, and why, and gives back what a claim has counted for it. ClaimLostError."""
    refused = (
        Held(Status.REFUSED, held.attempt, held.claimed_at, reason) if held else Held(Status.REFUSED, 0, now, reason)
    )
    _not_sent(message, held, refused, {"refused_at": {"N": str(now)}}, mail_class)
    return refused


def refuse_with(
    message: Message,
    held: Held | None,
    reason: Refusal,
    together: Sequence[TransactWriteItemTypeDef],
    now: Instant,
) -> Held:
    """Stores that the message is not sent by itself, with the writes that say so elsewhere: it is kept for a digest, or
    held out and counted. ClaimLostError; CapChangedError: one of those is to be made of something newer."""
    before = held or Held(Status.REFUSED, 0, now)
    kept = Held(Status.REFUSED, before.attempt, before.claimed_at, reason)
    put = _replacement(message, held, kept, {"refused_at": {"N": str(now)}})
    try:
        client("dynamodb").transact_write_items(TransactItems=[{"Put": put}, *together])
    except client("dynamodb").exceptions.TransactionCanceledException as canceled:
        own = canceled.response["CancellationReasons"][0].get("Code")
        raise (ClaimLostError if own == "ConditionalCheckFailed" else CapChangedError)(message.key) from canceled
    return kept


def listed_write(contact: str, key: str, digest: str, copy: bytes) -> TransactWriteItemTypeDef:
    """That a kept message is in the digest with this key, as it reads there, on the condition that it is kept still."""
    values = {":digest": {"S": digest}, ":copy": {"B": copy}}
    return _of_kept(contact, key, "SET digest = :digest, #copy = :copy", values)


def left_out_write(contact: str, key: str, reason: Refusal, now: Instant) -> TransactWriteItemTypeDef:
    """That a kept message is in no digest, and why, on the condition that it is kept still."""
    values = {":reason": {"S": reason}, ":now": {"N": str(now)}}
    return _of_kept(contact, key, "SET reason = :reason, refused_at = :now REMOVE digest, #copy", values)


def _of_kept(contact: str, key: str, update: str, values: dict[str, Any]) -> TransactWriteItemTypeDef:
    return {
        "Update": {
            "TableName": table(),
            "Key": item_key(contact, _kind(key)),
            "UpdateExpression": update,
            "ConditionExpression": "reason = :kept",
            "ExpressionAttributeNames": {"#copy": "copy"},
            "ExpressionAttributeValues": {**values, ":kept": {"S": Refusal.IN_DIGEST}},
        }
    }


def _not_sent(message: Message, held: Held | None, new: Held, more: dict[str, Any], mail_class: str | None) -> None:
    put = _replacement(message, held, new, more)
    for tries in range(GIVES_BACK):
        counted = caps.read(message.contact, mail_class) if mail_class is not None else None
        name = caps.name(message.key)
        if counted is None or name not in counted.counted.sent:
            return _put(message, put)
        back = caps.write(counted, given_back(counted.counted, name), new.claimed_at)
        try:
            client("dynamodb").transact_write_items(TransactItems=[{"Put": put}, back])
        except client("dynamodb").exceptions.TransactionCanceledException as canceled:
            own, _ = (reason.get("Code") for reason in canceled.response["CancellationReasons"])
            if own == "ConditionalCheckFailed":
                raise ClaimLostError(message.key) from canceled
            clock.pause(tries)  # another message of the contact's is just being counted
            continue
        return None
    raise ClaimLostError(message.key)


GIVES_BACK = 8
"""Tries to give back what was counted, while others of the contact's are counted."""


def settle(contact: str, key: str, ses_id: str, sent_at: Instant) -> bool:
    """Stores that SES has accepted the message; whether that was news.

    Both the sender and SES's Send notice say so, and whoever is first is right. It holds against any other status:
    even a refusal can come, by mistake, after a claim whose notice was very late. An erased message stays erased.
    """
    try:
        client("dynamodb").update_item(
            TableName=table(),
            Key=item_key(contact, _kind(key)),
            UpdateExpression="SET #status = :sent, ses_id = :ses_id, sent_at = :sent_at REMOVE reason, refused_at",
            ConditionExpression="attribute_exists(contact) AND #status <> :sent",
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues={
                ":sent": {"S": Status.SENT},
                ":ses_id": {"S": ses_id},
                ":sent_at": {"N": str(sent_at)},
            },
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return False
    return True


def delivered(contact: str, key: str, time: Instant) -> None:
    """Stores when the message came in at its recipient's; nothing of one that is not there."""
    with suppress(client("dynamodb").exceptions.ConditionalCheckFailedException):
        client("dynamodb").update_item(
            TableName=table(),
            Key=item_key(contact, _kind(key)),
            UpdateExpression="SET delivered_at = :time",
            ConditionExpression="attribute_exists(contact)",
            ExpressionAttributeValues={":time": {"N": str(time)}},
        )


def noted(contact: str, key: str, what: str, time: Instant) -> bool:
    """Stores when the message came back or was reported (`bounced_at`, `complained_at`); whether that was news."""
    try:
        client("dynamodb").update_item(
            TableName=table(),
            Key=item_key(contact, _kind(key)),
            UpdateExpression="SET #what = :time",
            ConditionExpression="attribute_exists(contact) AND attribute_not_exists(#what)",
            ExpressionAttributeNames={"#what": what},
            ExpressionAttributeValues={":time": {"N": str(time)}},
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return False
    return True


MAX_CLICKS = 200
"""Of one message, that are kept: nobody clicks as often."""


def clicked(contact: str, key: str, time: Instant, link: str) -> None:
    """Stores a click; a repeat of it changes nothing, and nothing is stored of a message that is not there."""
    with suppress(client("dynamodb").exceptions.ConditionalCheckFailedException):
        client("dynamodb").update_item(
            TableName=table(),
            Key=item_key(contact, _kind(key)),
            UpdateExpression="ADD clicks :click",
            ConditionExpression="attribute_exists(contact) AND (attribute_not_exists(clicks) OR size(clicks) < :most)",
            ExpressionAttributeValues={":click": {"SS": [f"{time}#{link}"]}, ":most": {"N": str(MAX_CLICKS)}},
        )


def clicks(contact: str, key: str) -> tuple[list[tuple[Instant, str]], Instant]:
    """The message's clicks (time and link), and when it was delivered; -1 when that is not known."""
    answer = client("dynamodb").get_item(
        TableName=table(),
        Key=item_key(contact, _kind(key)),
        ProjectionExpression="clicks, delivered_at",
        ConsistentRead=True,
    )
    item = answer.get("Item", {})
    pairs = (click.split("#") for click in item.get("clicks", {"SS": []})["SS"])
    return [(int(time), link) for time, link in pairs], int(item["delivered_at"]["N"]) if "delivered_at" in item else -1


def copy(contact: str, key: str) -> Copy | None:
    """The email as it was sent, or as a digest lists it; None: there is no copy of it, or no such message."""
    answer = client("dynamodb").get_item(
        TableName=table(),
        Key=item_key(contact, _kind(key)),
        ProjectionExpression="#copy, ses_id, digest",
        ExpressionAttributeNames={"#copy": "copy"},
    )
    item = answer.get("Item", {})
    return (
        copies.read(bytes(item["copy"]["B"]))
        if item.get("copy", {}).get("B") and ("ses_id" in item or "digest" in item)
        else None
    )


def _run_is_at(message: RunMessage) -> TransactWriteItemTypeDef:
    """That its run wants the message still, as a part of a transaction (`contact_runs.wants` of the run's item)."""
    return {
        "ConditionCheck": {
            "TableName": table(),
            "Key": item_key(message.contact, numbered(f"RUN#{message.journey}", message.run_number)),
            "ConditionExpression": "attribute_exists(contact) AND attribute_not_exists(outcome) "
            "AND (runs_on = :machines OR (step = :step AND occurrence = :occurrence))",
            "ExpressionAttributeValues": {
                ":machines": {"S": "step_functions"},
                ":step": {"S": message.step},
                ":occurrence": {"N": str(message.occurrence)},
            },
        }
    }


def _put(message: Message, put: Any) -> None:
    try:
        client("dynamodb").put_item(**put)
    except client("dynamodb").exceptions.ConditionalCheckFailedException as error:
        raise ClaimLostError(message.key) from error


def _replacement(message: Message, held: Held | None, new: Held, more: dict[str, Any] | None = None) -> Any:
    item: dict[str, Any] = {
        **item_key(message.contact, _kind(message.key)),
        "status": {"S": new.status},
        "attempt": {"N": str(new.attempt)},
        "claimed_at": {"N": str(new.claimed_at)},
        **{name: {"S": value} for name, value in message.about.items()},
        **(more or {}),
    }
    if new.reason is not None:
        item["reason"] = {"S": new.reason}
    if message.contact.startswith(SIGN_UPS):
        item["expires"] = {"N": str(min(message.stale_after, new.claimed_at + SIGN_UP_KEPT) // SECOND)}
    condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(contact)"}
    if held is not None:
        condition = {
            "ConditionExpression": "#status = :status AND attempt = :attempt",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":status": {"S": held.status}, ":attempt": {"N": str(held.attempt)}},
        }
    return {"TableName": table(), "Item": item, **condition}


def _kind(key: str) -> str:
    return f"MESSAGE#{key}"
