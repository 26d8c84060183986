"""DIGEST items of the contact's partition: the emails that are kept of a topic, for the one that they go into.

`contact`, `kind` (`DIGEST#topic`), `version`, `day` (of the digest that they wait for; empty where none does), `sent`
(that of the newest that went out), `kept` (the messages, as JSON), and `going` while a digest is on its way: its `key`,
and the keys of the messages that it lists (`names`). Each message's own item says `in_digest` from the write on that
keeps it here, so that it is one or the other: sent, refused, or kept. The contact is woken for it by their own wake-up
(`Profile.digests`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from shared.adapters import (
    catalogue,
    clock,
    composing,
    contact_runs,
    contacts,
    events_queue,
    kept_arms,
    messages,
    shop_settings,
)
from shared.adapters.clients import client
from shared.adapters.composing import Entry
from shared.adapters.coupons import NoCodeError
from shared.adapters.definitions import shop_zone
from shared.adapters.messages import CapChangedError
from shared.adapters.template_definitions import NoTemplateError
from shared.adapters.templates import TemplateFailedError
from shared.domain.evaluation.calendar import zone_of
from shared.domain.events import Frequency, Instant, Json, digest_due
from shared.domain.messages.asked import CampaignMessage, DigestMessage, Message, RunMessage, message_of
from shared.domain.messages.digests import digest_at, digest_day, fits
from shared.domain.messages.held import Held, Status
from shared.domain.messages.refusals import Refusal
from shared.domain.profiles import Profile

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

KIND = "DIGEST#"
MOST = 25
"""Emails that are kept of a topic: for one more, the oldest is left out, as too late. A digest is to be read."""
TRIES = 8


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is kept of a topic for a contact, in the order in which it came; `going` is by the digest's key."""

    contact: str
    topic: str
    version: int = 0
    day: str = ""
    sent: str = ""
    kept: tuple[Message, ...] = ()
    going: tuple[str, tuple[str, ...]] = ("", ())


def read(contact: str, topic: str) -> Waiting:
    """Read consistently; of a topic of which nothing was ever kept, an empty one."""
    item = contacts.read_item(contact, f"{KIND}{topic}")
    return Waiting(contact, topic) if item is None else of_item(item)


def of_item(item: Mapping[str, Any]) -> Waiting:
    key, names = json.loads(item["going"]["S"]) if "going" in item else ("", ())
    return Waiting(
        contact=item["contact"]["S"],
        topic=item["kind"]["S"].removeprefix(KIND),
        version=int(item["version"]["N"]),
        day=item["day"]["S"],
        sent=item["sent"]["S"],
        kept=tuple(message_of(told) for told in json.loads(item["kept"]["S"])),
        going=(key, tuple(names)),
    )


def write(waiting: Waiting) -> TransactWriteItemTypeDef:
    """Stores it, on the condition that nobody has since it was read."""
    kept = [message.model_dump(mode="json", exclude_none=True) for message in waiting.kept]
    item: dict[str, Any] = {
        **contacts.key(waiting.contact, f"{KIND}{waiting.topic}"),
        "version": {"N": str(waiting.version + 1)},
        "day": {"S": waiting.day},
        "sent": {"S": waiting.sent},
        "kept": {"S": json.dumps(kept, separators=(",", ":"))},
    }
    if waiting.going[0]:
        item["going"] = {"S": json.dumps(waiting.going)}
    put: Any = {"TableName": contacts.table(), "Item": item, "ConditionExpression": "attribute_not_exists(contact)"}
    if waiting.version:
        put["ConditionExpression"] = "version = :version"
        put["ExpressionAttributeValues"] = {":version": {"N": str(waiting.version)}}
    return {"Put": put}


# ── when ──


def due_at(waiting: Waiting, profile: Profile) -> Instant:
    """When the digest that they wait for is due, where the contact is now."""
    when = shop_settings.settings().digest
    return digest_at(date.fromisoformat(waiting.day), when, zone_of(profile, shop_zone()))


def _next_day(often: Frequency, instant: Instant, profile: Profile, sent: str) -> str:
    """Of what is kept for whom who wants every email again, too: it waits for a week at most."""
    when, zone = shop_settings.settings().digest, zone_of(profile, shop_zone())
    last = date.fromisoformat(sent) if sent else None
    return digest_day(often if often != "all" else "weekly", instant, when, zone, last).isoformat()


def tell(contact: str, topic: str, due: Instant, instant: Instant, was: Instant = 0) -> None:
    """Has the contact woken for it at an instant (0: not any more; see `digest_due`)."""
    events_queue.put_events([digest_due(contact, topic, due, instant, was)])


# ── keeping ──


def keep(message: Message, held: Held | None, profile: Profile, often: Frequency, instant: Instant) -> Held:
    """Keeps the message for the next digest of its topic. ClaimLostError, CapChangedError: others act on it, or keep
    something just now.

    That the contact is to be woken is told before the first is kept, so that none is kept for ever.
    """
    before = read(profile.contact, message.topic)
    kept, pushed_out = (*before.kept, message)[-MOST:], (*before.kept, message)[:-MOST]
    day = before.day if before.kept else _next_day(often, instant, profile, before.sent)
    after = replace(before, day=day, kept=kept)
    if not before.kept:
        tell(profile.contact, message.topic, due_at(after, profile), instant)
    left_out = [messages.left_out_write(profile.contact, each.key, Refusal.TOO_LATE, instant) for each in pushed_out]
    arm = kept_arms.of_message(message) if isinstance(message, RunMessage) else []
    return messages.refuse_with(message, held, Refusal.IN_DIGEST, [write(after), *left_out, *arm], instant)


# ── what is in it ──


@dataclass(frozen=True, slots=True)
class Contents:
    """What a digest lists, and what of the kept it leaves out for good, and why. What is in neither stays for the next:
    its campaign is paused, its template is not there, or there is no code to give."""

    entries: Mapping[str, Entry] = field(default_factory=dict)
    left_out: Mapping[str, Refusal] = field(default_factory=dict)


def contents(waiting: Waiting, profile: Profile, instant: Instant) -> Contents:
    entries, left_out = dict[str, Entry](), dict[str, Refusal]()
    for message in waiting.kept:
        held = messages.read(message)
        if held is None or held.reason != Refusal.IN_DIGEST:
            continue  # SES has told, late, that it was sent before it was kept
        refusal, stays, trigger = _asked(message, profile, instant)
        if refusal is not None:
            left_out[message.key] = refusal
        elif not stays:
            try:
                entries[message.key] = composing.entry(message, profile, trigger, instant)
            except (NoCodeError, NoTemplateError):
                continue
            except TemplateFailedError:
                left_out[message.key] = Refusal.TEMPLATE_FAILED
    return Contents(entries, left_out)


def _asked(message: Message, profile: Profile, instant: Instant) -> tuple[Refusal | None, bool, Mapping[str, Json]]:
    """What speaks against listing it now, whether it is to stay for the next digest, and what it is about."""
    if instant > message.stale_after:
        return Refusal.TOO_LATE, False, {}
    if isinstance(message, CampaignMessage):
        return *_of_campaign(message, profile), {}
    if not isinstance(message, RunMessage):
        return None, False, {}
    kept = contact_runs.read(message.contact, message.journey, message.run_number)
    if kept is None or kept.run.reached_goal or (kept.run.outcome or "").partition(" ")[0] in _LEFT:
        return Refusal.RUN_ENDED, False, {}
    sold_out = catalogue.is_sold_out(kept.run.trigger)
    return Refusal.SOLD_OUT if sold_out else None, False, kept.run.trigger


_LEFT = frozenset({"goal", "unsubscribed", "left", "stopped", "erased", "joined"})
"""Outcomes of runs that did not come to their own end: what they had asked for is not wanted any more."""


def _of_campaign(message: CampaignMessage, profile: Profile) -> tuple[Refusal | None, bool]:
    from shared.adapters import campaigns  # what no other email needs
    from shared.domain.campaigns.audience import is_member
    from shared.domain.campaigns.states import State

    kept = campaigns.read(message.campaign)
    if kept is None or kept.state is State.PAUSED:
        return None, kept is not None
    if kept.state is State.CANCELLED:
        return Refusal.CALLED_OFF, False
    campaign = kept.campaign
    left = campaign.recheck and not is_member(profile, campaign.segments, campaign.without)
    return (Refusal.LEFT_SEGMENT if left else None), False


# ── its end ──


def listed_writes(waiting: Waiting, listed: Contents, key: str, instant: Instant) -> list[TransactWriteItemTypeDef]:
    """That a digest with this key goes out with what it lists: a part of the transaction that claims it."""
    kept = tuple(message for message in waiting.kept if message.key not in listed.left_out)
    return [
        write(replace(waiting, kept=kept, going=(key, tuple(listed.entries)))),
        *(messages.listed_write(waiting.contact, name, key, entry.copy) for name, entry in listed.entries.items()),
        *left_out_writes(waiting, listed, instant),
    ]


def left_out_writes(waiting: Waiting, listed: Contents, instant: Instant) -> list[TransactWriteItemTypeDef]:
    return [messages.left_out_write(waiting.contact, name, why, instant) for name, why in listed.left_out.items()]


def leave_out(waiting: Waiting, listed: Contents, instant: Instant) -> None:
    """Stores what is left out where nothing is left to be sent. CapChangedError."""
    kept = tuple(message for message in waiting.kept if message.key not in listed.left_out)
    _commit([write(replace(waiting, kept=kept)), *left_out_writes(waiting, listed, instant)])


STAYS = frozenset({Refusal.FREQUENCY_CAP, Refusal.TEMPLATE_FAILED})
"""Why a digest is not sent, for which what was kept for it waits for the next: the contact is dormant, and had another
email; it is the digest's own template that fails."""
EMPTY = "empty"
"""Nothing was left to be sent."""


def settle(message: DigestMessage, held: Held, profile: Profile, often: Frequency, instant: Instant) -> Instant:
    """Takes off what has gone out with a digest, or is not to; gives when the next is due (0: nothing waits). Done
    again, it does no harm."""
    for tries in range(TRIES):
        waiting = read(message.contact, message.topic)
        try:
            after = _settled(waiting, message, held, often, profile, instant)
        except CapChangedError:
            clock.pause(tries)
        else:
            return due_at(after, profile) if after.kept else 0
    raise CapChangedError(message.key)


def _settled(
    waiting: Waiting, message: DigestMessage, held: Held, often: Frequency, profile: Profile, instant: Instant
) -> Waiting:
    if waiting.day != message.day:
        return waiting  # it was done before
    key, names = waiting.going
    writes: list[TransactWriteItemTypeDef] = []
    kept, sent = waiting.kept, waiting.sent
    if held.status is Status.SENT:
        sent = message.day
        if key == message.key:
            kept = tuple(each for each in kept if each.key not in names)
    elif held.reason not in (EMPTY, *STAYS):
        here = [each for each in kept if _is_kept(each)]
        why = Refusal(held.reason or Refusal.REJECTED)
        writes = [messages.left_out_write(waiting.contact, each.key, why, instant) for each in here]
        kept = ()
    kept = tuple(each for each in kept if _is_kept(each))
    day = _next_day(often, instant, profile, sent) if kept else ""
    after = replace(waiting, day=day, sent=sent, kept=kept, going=("", ()))
    if waiting.version:
        _commit([write(after), *writes])
    return replace(after, version=after.version + 1)


def _is_kept(message: Message) -> bool:
    held = messages.read(message)
    return held is not None and held.reason == Refusal.IN_DIGEST


def put_off(waiting: Waiting, often: Frequency, profile: Profile, instant: Instant) -> Waiting:
    """What was kept for a week's digest waits for the month's, once that is what they want. CapChangedError."""
    if fits(often, date.fromisoformat(waiting.day)):
        return waiting
    after = replace(waiting, day=_next_day(often, instant, profile, waiting.sent))
    _commit([write(after)])
    return replace(after, version=after.version + 1)


def bring_over(waiting: Waiting, joined: Profile, often: Frequency, instant: Instant) -> None:
    """What was kept for a contact who has joined another is that one's, unless they have had it by their own name. What
    their runs had asked for ended with them."""
    for message in waiting.kept:
        if isinstance(message, CampaignMessage):
            theirs = message.model_copy(update={"contact": joined.contact})
            if messages.read(theirs) is None:
                keep(theirs, None, joined, often, instant)
    why = {
        each.key: Refusal.JOINED if isinstance(each, CampaignMessage) else Refusal.RUN_ENDED
        for each in waiting.kept
        if _is_kept(each)
    }
    _commit([write(replace(waiting, day="", kept=())), *left_out_writes(waiting, Contents({}, why), instant)])


def _commit(writes: Sequence[TransactWriteItemTypeDef]) -> None:
    try:
        client("dynamodb").transact_write_items(TransactItems=writes)
    except client("dynamodb").exceptions.TransactionCanceledException as canceled:
        raise CapChangedError("digest") from canceled
