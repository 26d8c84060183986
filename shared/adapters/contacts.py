"""The Contacts table: a contact's partition holds all that is known of them.

Items by `kind`: `PROFILE`, `EVENT#time#id`, `TRANSITION#number`, `MESSAGE#key`, `RUN#journey#number`, `CONSENT#number`,
`ASKED#queue`, `WORDS`.
A transition's item is its own, unless one write makes more than fit a transaction: then it holds those after it, too.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.adapters.clients import client
from shared.adapters.clock import pause
from shared.adapters.environment import Settings, environment
from shared.adapters.shop import shop
from shared.domain.events import NEVER, Event, Instant, Json, event_key, iso
from shared.domain.identities import is_anonymous
from shared.domain.profiles import Profile, wake_at
from shared.domain.profiles.consent import Entry
from shared.domain.profiles.stored import dump, load
from shared.domain.profiles.transitions import Transition
from shared.domain.searching import place
from shared.domain.shop import as_counted

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

SHARDS = 10
"""Partitions of the indexes, so that a shop's nightly peak of wake-ups is not one hot partition."""
MAX_READS = 100  # of one BatchGetItem
MAX_KEY = 2_048  # bytes of a partition's key
MAX_DELETES = 25  # of one BatchWriteItem
MAX_WRITES = 100  # of one TransactWriteItems
PROFILE = "PROFILE"
NUMBER_WIDTH = 10
SIGN_UPS = "signup-"
"""Begins what stands in the place of a contact's id for who has signed up and not confirmed it (`sign_ups.place`)."""
SEEN_WIDTH = 8


class ContactsSettings(Settings):
    contacts_table: str


def table() -> str:
    return environment(ContactsSettings).contacts_table


class Stored(NamedTuple):
    """A profile as it was read, and the wake-up that stands beside it."""

    profile: Profile
    wake_at: Instant


def key(contact: str, kind: str) -> dict[str, Any]:
    return {"contact": {"S": contact}, "kind": {"S": kind}}


def numbered(kind: str, number: int) -> str:
    """`TRANSITION#0000000007`: in the order of numbers."""
    return f"{kind}#{number:0{NUMBER_WIDTH}d}"


def shard_of(contact: str) -> int:
    return zlib.crc32(contact.encode()) % SHARDS


# ── reading ──


def read(contact: str) -> Stored | None:
    """The contact's profile, read consistently; None when there is no such contact."""
    if not _can_be_a_key(contact):
        return None
    answer = client("dynamodb").get_item(TableName=table(), Key=key(contact, PROFILE), ConsistentRead=True)
    return _stored(answer["Item"]) if "Item" in answer else None


def _can_be_a_key(contact: str) -> bool:
    """DynamoDB refuses the whole call for one that cannot; of none there is a contact."""
    return 0 < len(contact.encode()) <= MAX_KEY


def read_all(
    contacts: Iterable[str], unreadable: Callable[[str, Exception], object] | None = None, *, ended: bool = False
) -> Iterator[Stored]:
    """The profiles of many contacts, in no order; those that are gone are left out, and, unless `ended`, those that are
    merged or erased.

    `unreadable` is told of a contact whose profile cannot be loaded, which then holds up no other; without it, that
    raises. Whoever goes through everybody gives it.
    """
    for item in _read_many((contact, PROFILE) for contact in contacts):
        try:
            stored = _stored(item)
        except Exception as error:
            if unreadable is None:
                raise
            unreadable(item["contact"]["S"], error)
            continue
        if ended or not stored.profile.has_ended:
            yield stored


def _read_many(keys: Iterable[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """The items of contacts and kinds, in no order; what is not there is left out."""
    several = ((contact, kind) for contact, kind in keys if _can_be_a_key(contact))
    while batch := list(dict.fromkeys(islice(several, MAX_READS))):
        wanted: Any = {table(): {"Keys": [key(contact, kind) for contact, kind in batch]}}
        for tries in count():
            answer = client("dynamodb").batch_get_item(RequestItems=wanted)
            yield from answer["Responses"].get(table(), [])
            if not (wanted := answer.get("UnprocessedKeys")):
                break
            pause(tries)


def events_at(keys: Iterable[tuple[str, str]]) -> Iterator[tuple[tuple[str, str], Event]]:
    """Events by contact and key (`event_key`), with those, in no order; what is not there is left out."""
    for item in _read_many(keys):
        yield (item["contact"]["S"], item["kind"]["S"]), event_of(item)


def profile_of(item: Mapping[str, Any]) -> Profile:
    """The profile that a `PROFILE` item holds."""
    return load(bytes(item["profile"]["B"]))


def _stored(item: Mapping[str, Any]) -> Stored:
    return Stored(profile_of(item), int(item["wake_at"]["N"]) if "wake_at" in item else NEVER)


def items(contact: str, prefix: str = "") -> Iterator[dict[str, Any]]:
    """The contact's items whose kind starts with `prefix`, in the order of their kinds; read page by page."""
    condition, values = "contact = :contact", {":contact": {"S": contact}}
    if prefix:
        condition, values = condition + " AND begins_with(kind, :prefix)", {**values, ":prefix": {"S": prefix}}
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=table(),
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ConsistentRead=True,
        )
    )
    for page in pages:
        yield from page["Items"]


# ── contacts who have become one: the events of the other come to this one (functions/transition); what carries the
#    other's name in its key, such as emails and codes, stays in their partition, and is found by an item here ──

JOINED = "JOINED#"
"""Of an item's kind: whoever has joined the contact, by their id."""


def joined_write(contact: str, other: str, now: Instant) -> TransactWriteItemTypeDef:
    """Writes down that another has joined the contact, as a part of the transaction in which they do."""
    return {"Put": {"TableName": table(), "Item": {**key(contact, f"{JOINED}{other}"), "at": {"N": str(now)}}}}


def one_with(contact: str) -> Iterator[str]:
    """The contact, and whoever has joined them, or somebody who has: all partitions that something of them is in."""
    waiting, known = [contact], {contact}
    while waiting:
        each = waiting.pop()
        yield each
        others = [item["kind"]["S"].removeprefix(JOINED) for item in items(each, JOINED)]
        waiting += [other for other in others if other not in known]
        known.update(others)


_NOT_LEFT = frozenset(("PROFILE", "TRANSITION", "RUN", "CAP", "JOINED"))


def left_by_joined(contact: str) -> Iterator[dict[str, Any]]:
    """Of whoever has joined the contact, what is still in their partitions and tells of a person: emails, codes,
    addresses that wait; and what their ledgers prove that was not entered anew when their events came here."""
    proved: set[tuple[str, str]] = set()
    for each in one_with(contact):
        for item in items(each, "CONSENT#" if each == contact else ""):
            kind = item["kind"]["S"].partition("#")[0]
            if kind == "CONSENT":
                entry = item["cause"]["S"], item["topic"]["S"]
                if entry in proved:
                    continue
                proved.add(entry)
            if each != contact and kind not in _NOT_LEFT:
                yield item


def items_of_all(contact: str, prefix: str) -> Iterator[dict[str, Any]]:
    """As `items`, of the contact and whoever has joined them."""
    for each in one_with(contact):
        yield from items(each, prefix)


def events(contact: str) -> Iterator[Event]:
    """All events recorded of the contact."""
    return (event_of(item) for item in items(contact, "EVENT#"))


def told(contact: str, begin: Instant, end: Instant, most: int = 200) -> list[Event]:
    """The newest `most` events that are dated from `begin` to `end`, the newest first. Without those that a public
    write key told, which are kept undated."""
    answer = client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="contact = :contact AND kind BETWEEN :begin AND :end",
        ExpressionAttributeValues={
            ":contact": {"S": contact},
            ":begin": {"S": f"EVENT#{iso(max(begin, 0))}"},
            ":end": {"S": f"EVENT#{iso(end)}~"},
        },
        ConsistentRead=True,
        ScanIndexForward=False,
        Limit=most,
    )
    return [event_of(item) for item in answer["Items"]]


def told_by(source: str, contact: str, begin: Instant, end: Instant) -> Iterator[Event]:
    """All events that this source told and that are dated from `begin` to `end`, the newest first."""
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=table(),
            KeyConditionExpression="contact = :contact AND kind BETWEEN :begin AND :end",
            FilterExpression="#source = :source",
            ExpressionAttributeNames={"#source": "source"},
            ExpressionAttributeValues={
                ":contact": {"S": contact},
                ":begin": {"S": f"EVENT#{iso(max(begin, 0))}"},
                ":end": {"S": f"EVENT#{iso(end)}~"},
                ":source": {"S": source},
            },
            ConsistentRead=True,
            ScanIndexForward=False,
        )
    )
    for page in pages:
        yield from map(event_of, page["Items"])


def event_of(item: dict[str, Any]) -> Event:
    """The event an `EVENT#…` item holds, marked as the shop counts it now."""
    return as_counted(Event.model_validate_json(zlib.decompress(bytes(item["body"]["B"]))), shop())


def transitions_of(item: Mapping[str, Any]) -> list[Transition]:
    """The transitions a `TRANSITION#…` item holds, in order: mostly one."""
    contact, first = item["contact"]["S"], int(item["kind"]["S"].split("#")[1])
    several = [item, *(each["M"] for each in item.get("followed_by", {"L": []})["L"])]
    return [
        Transition(
            contact=contact,
            number=number,
            segment=each["segment"]["S"],
            entered=each["entered"]["BOOL"],
            time=int(each["time"]["N"]),
            cause=each["cause"]["S"],
            before=int(each["before"]["N"]),
            event=each["event"]["S"] if "event" in each else None,
            happened=int(each["happened"]["N"]) if "happened" in each else None,
        )
        for number, each in enumerate(several, start=first)
    ]


def transitions_around(contact: str, first: int, last: int, more: int = 100) -> list[Transition]:
    """The contact's transitions from a number to another, and up to so many before and behind these."""
    between = {
        ":contact": {"S": contact},
        ":first": {"S": numbered("TRANSITION", max(first - more, 0))},
        ":last": {"S": numbered("TRANSITION", last + more)},
    }
    found = client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="contact = :contact AND kind BETWEEN :first AND :last",
        ExpressionAttributeValues=between,
    )["Items"]
    return [each for item in found for each in transitions_of(item)]


class Wake(NamedTuple):
    """A contact's wake-up. They are in the order of `shard`, then earliest first."""

    shard: int
    wake_at: Instant
    contact: str


def due(shard: int, by: Instant, since: Instant = 0) -> Iterator[Wake]:
    """The wake-ups of a shard that are due from `since` on, and by an instant."""
    return _wakes(shard, by, None, since) if since <= by else iter(())


def wakes(until: Instant, after: Wake | None = None) -> Iterator[Wake]:
    """All wake-ups up to an instant that come after one of them, read as far as they are asked for."""
    for shard in range(after.shard if after else 0, SHARDS):
        yield from _wakes(shard, until, after if after and after.shard == shard else None)


def _wakes(shard: int, until: Instant, after: Wake | None, since: Instant = 0) -> Iterator[Wake]:
    start: Any = {}
    if after is not None:
        place = {"contact_shard": {"N": str(shard)}, "wake_at": {"N": str(after.wake_at)}}
        start = {"ExclusiveStartKey": {**key(after.contact, PROFILE), **place}}
    while True:
        page = client("dynamodb").query(
            TableName=table(),
            IndexName="wake",
            KeyConditionExpression="contact_shard = :shard AND wake_at BETWEEN :since AND :until",
            ExpressionAttributeValues={
                ":shard": {"N": str(shard)},
                ":since": {"N": str(since)},
                ":until": {"N": str(until)},
            },
            **start,
        )
        for item in page["Items"]:
            yield Wake(shard, int(item["wake_at"]["N"]), item["contact"]["S"])
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


class Seen(NamedTuple):
    """Somebody's place among people: the hour (since 1970) in which they were last there (`searching.place`)."""

    hour: int
    contact: str


def people(most: int, after: Seen | None = None) -> list[Seen]:
    """Whoever is known by more than a browser or a cart, who was there last coming first: at most so many of those who
    come after one. Who moves meanwhile moves to the front."""
    condition, values = "contact_shard = :shard", {}
    if after is not None:
        condition += " AND seen < :after"
        values[":after"] = {"S": f"{after.hour:0{SEEN_WIDTH}d}#{after.contact}"}
    found: list[str] = []
    for shard in range(SHARDS):
        page = client("dynamodb").query(
            TableName=table(),
            IndexName="seen",
            KeyConditionExpression=condition,
            ExpressionAttributeValues={**values, ":shard": {"N": str(shard)}},
            ScanIndexForward=False,
            Limit=most,
        )
        found += [item["seen"]["S"] for item in page["Items"]]
    placed = (text.split("#", 1) for text in sorted(found, reverse=True)[:most])
    return [Seen(int(hour), contact) for hour, contact in placed]


class Place(NamedTuple):
    """Where a walk through all contacts stands: behind a contact of a shard."""

    shard: int = 0
    after: str = ""


class Stretch(NamedTuple):
    """The part of a shard that a page of contacts is about: those after one, up to another (None: to its end)."""

    shard: int
    after: str
    up_to: str | None


def stretches(place: Place, following: Place | None) -> list[Stretch]:
    """What lies between the place of a page and that of the one after it (None: the end)."""
    last = Place(SHARDS - 1) if following is None else following
    return [
        Stretch(
            shard,
            place.after if shard == place.shard else "",
            last.after if following is not None and shard == last.shard else None,
        )
        for shard in range(place.shard, last.shard + 1)
    ]


def page(place: Place, most: int) -> tuple[list[str], Place | None]:
    """At most so many contacts from a place on, and the place of the next page (None: that was the last).

    Whoever is there from the first page to the last is on one page, and on one only.
    """
    found: list[str] = []
    for shard in range(place.shard, SHARDS):
        after = place.after if shard == place.shard else ""
        left = most - len(found)
        found += islice(_in_shard(shard, after, left), left)
        if len(found) == most:
            return found, Place(shard, found[-1])
    return found, None


def first_of_shard(shard: int, after: str, most: int) -> list[str]:
    """The contacts of a shard with the smallest ids after one: as good as drawn by lot, since ids are hashes."""
    return list(islice(_in_shard(shard, after, most), most))


def _in_shard(shard: int, after: str, most: int) -> Iterator[str]:
    condition, values = "contact_shard = :shard", {":shard": {"N": str(shard)}}
    if after:
        condition, values = condition + " AND contact > :after", {**values, ":after": {"S": after}}
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=table(),
            IndexName="contacts",
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            PaginationConfig={"PageSize": most},
        )
    )
    for page in pages:
        yield from (item["contact"]["S"] for item in page["Items"])


# ── writing: parts of one transaction ──


def profile_write(profile: Profile, held_wake: Instant, now: Instant) -> TransactWriteItemTypeDef:
    """Stores the profile as its next version, on the condition that nobody has stored it since it was read.

    `held_wake` is the wake-up that stood beside it (`Stored.wake_at`).
    """
    read_version = profile.version
    profile.version = read_version + 1
    item = {**key(profile.contact, PROFILE), "version": {"N": str(profile.version)}, "profile": {"B": dump(profile)}}
    if profile.has_ended:
        item["ended"] = {"S": iso(now)}  # the stream's filter asks for it (template.yaml)
        if profile.merged_into is not None:
            item["merged_into"] = {"S": profile.merged_into}
    else:
        item["contact_shard"] = {"N": str(shard_of(profile.contact))}
        if not is_anonymous(profile.identities):
            item["seen"] = {"S": f"{place(profile):0{SEEN_WIDTH}d}#{profile.contact}"}
    wake = wake_to_store(wake_at(profile), held_wake, now)
    if wake != NEVER:
        item["wake_at"] = {"N": str(wake)}
    put: dict[str, Any] = {"TableName": table(), "Item": item, "ConditionExpression": "attribute_not_exists(contact)"}
    if read_version:
        put |= {
            "ConditionExpression": "version = :version",
            "ExpressionAttributeValues": {":version": {"N": str(read_version)}},
        }
    return {"Put": put}  # type: ignore[typeddict-item]


def wake_to_store(wanted: Instant, held: Instant, now: Instant) -> Instant:
    """An index entry that moves costs two writes. So one that is early stays: it wakes once in vain, and then moves."""
    return held if now < held <= wanted else wanted


def event_write(contact: str, event: Event, conflicts: Sequence[str] = ()) -> TransactWriteItemTypeDef:
    """Records the event, unless it is recorded already."""
    item = {
        **key(contact, event_key(event)),
        "type": {"S": event.type},
        "time": {"N": str(event.time)},
        "source": {"S": event.source},
        "body": {"B": zlib.compress(event.model_dump_json(exclude_defaults=True).encode(), level=6)},
    }
    if conflicts:
        item["conflicts"] = {"SS": list(conflicts)}
    return _put_new(item)


def transition_writes(transitions: Sequence[Transition], now: Instant, room: int) -> list[TransactWriteItemTypeDef]:
    """Records a contact's next transitions, in at most `room` items: an item each, or as many in each as it takes.

    `recorded` is when they were found out; `time` is when one became true.
    """
    of_one = max(-(-len(transitions) // max(room, 1)), 1)
    return [_transition_write(transitions[at : at + of_one], now) for at in range(0, len(transitions), of_one)]


def _transition_write(transitions: Sequence[Transition], now: Instant) -> TransactWriteItemTypeDef:
    first = transitions[0]
    item = {**key(first.contact, numbered("TRANSITION", first.number)), **_change(first), "recorded": {"N": str(now)}}
    if len(transitions) > 1:
        item["followed_by"] = {"L": [{"M": _change(each)} for each in transitions[1:]]}
    return _put_new(item)


def _change(transition: Transition) -> dict[str, Any]:
    """A transition without its contact and number."""
    by_event = {"event": {"S": transition.event}} if transition.event is not None else {}
    if transition.happened is not None:
        by_event["happened"] = {"N": str(transition.happened)}
    return {
        "segment": {"S": transition.segment},
        "entered": {"BOOL": transition.entered},
        "time": {"N": str(transition.time)},
        "cause": {"S": transition.cause},
        "before": {"N": str(transition.before)},
        **by_event,
    }


def consent_writes(profile: Profile, entries: Iterable[Entry]) -> list[TransactWriteItemTypeDef]:
    """Adds these entries to the contact's ledger of consent, which is only ever added to."""
    writes = []
    for change, event, holds in entries:
        profile.consents += 1
        told = {
            "topic": change.topic,
            "state": change.state,
            "holds": holds if holds != change.state else None,
            "source": event.source,
            "cause": event.id,
            "wording": change.wording,
            "level": change.level,
            "actor": change.actor,
            "network": change.network,
        }
        item: dict[str, Any] = {
            **key(profile.contact, numbered("CONSENT", profile.consents)),
            **{name: {"S": value} for name, value in told.items() if value is not None},
            "time": {"N": str(event.time)},
            "heard": {"N": str(event.received)},
        }
        if change.undated:
            item["undated"] = {"BOOL": True}
        writes.append(_put_new(item))
    return writes


def entry_of(item: Mapping[str, Any]) -> dict[str, Json]:
    """The entry of the ledger that a `CONSENT#…` item holds: `at` is when it was said, `heard` when we heard it, and
    `holds` what holds of the topic since."""
    told: dict[str, Json] = {name: item[name]["S"] for name in _OF_ENTRY if name in item}
    return {
        "number": int(item["kind"]["S"].split("#")[1]),
        "at": int(item["time"]["N"]),
        "heard": int(item.get("heard", item["time"])["N"]),
        "undated": "undated" in item,
        **dict.fromkeys(_OF_ENTRY),
        **told,
        "holds": told.get("holds", told["state"]),
    }


_OF_ENTRY = ("topic", "state", "source", "cause", "wording", "level", "actor", "network", "holds")


def _put_new(item: dict[str, Any]) -> TransactWriteItemTypeDef:
    return {"Put": {"TableName": table(), "Item": item, "ConditionExpression": "attribute_not_exists(contact)"}}


class VersionConflictError(Exception):
    """Somebody else has stored the profile, or taken one of the identities, since they were read: read again."""


class RepeatedEventsError(Exception):
    """Nothing was stored, because `keys` are recorded already: the keys of events that have come before."""

    def __init__(self, keys: frozenset[str]) -> None:
        super().__init__(f"{len(keys)} events are recorded already")
        self.keys = keys


def commit(writes: Sequence[TransactWriteItemTypeDef]) -> None:
    """Stores all of `writes` (MAX_WRITES) or none: VersionConflictError, RepeatedEventsError."""
    try:
        client("dynamodb").transact_write_items(TransactItems=writes)
    except client("dynamodb").exceptions.TransactionCanceledException as canceled:
        codes = [reason.get("Code") for reason in canceled.response["CancellationReasons"]]
        refused = [write for write, code in zip(writes, codes, strict=True) if code == "ConditionalCheckFailed"]
        kinds = [_kind(write["Put"]["Item"]) for write in refused if "Put" in write]
        repeated = frozenset(kind for kind in kinds if kind.startswith("EVENT#"))
        if repeated:
            raise RepeatedEventsError(repeated) from canceled
        if refused or "TransactionConflict" in codes:
            raise VersionConflictError(f"{len(refused)} conditions failed") from canceled
        raise


def _kind(item: Mapping[str, Any]) -> str:
    """The kind of an item of this table; empty for an item of another."""
    return str(item["kind"]["S"]) if "kind" in item else ""


def bring_again(contact: str, kind: str, now: Instant) -> bool:
    """Has the table's stream bring an item again, as a change of it: False when it is there no more."""
    try:
        client("dynamodb").update_item(
            TableName=table(),
            Key=key(contact, kind),
            UpdateExpression="SET #again = :now",
            ConditionExpression="attribute_exists(contact)",
            ExpressionAttributeNames={"#again": "again"},
            ExpressionAttributeValues={":now": {"N": str(now)}},
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return False
    return True


def read_item(contact: str, kind: str) -> dict[str, Any] | None:
    """One item of the contact; None when it is not there."""
    answer = client("dynamodb").get_item(TableName=table(), Key=key(contact, kind), ConsistentRead=True)
    return answer.get("Item")


def still_there(contact: str) -> TransactWriteItemTypeDef:
    """Of a transaction, the condition that the contact has not been erased, and has joined nobody."""
    check: Any = {
        "TableName": table(),
        "Key": key(contact, PROFILE),
        "ConditionExpression": "attribute_not_exists(ended)",
    }
    return {"ConditionCheck": check}


def move(contact: str, prefix: str, to: str) -> None:
    """Brings the contact's items of a kind to the contact they have joined (or whom that one has joined by now): there
    before they go here. Who is erased gets none."""
    found = list(items(contact, prefix))
    if not found:
        return
    stored = read(to)
    while stored is not None and stored.profile.merged_into is not None:
        to = stored.profile.merged_into
        stored = read(to)
    for item in found:
        writes: list[Any] = [
            _put_new({**item, **key(to, item["kind"]["S"])}),
            still_there(to),
        ]
        try:
            client("dynamodb").transact_write_items(TransactItems=writes)
        except client("dynamodb").exceptions.TransactionCanceledException as canceled:
            codes = {reason.get("Code") for reason in canceled.response["CancellationReasons"]}
            if "TransactionConflict" in codes:
                raise VersionConflictError("others write of the contact") from canceled
    delete(contact, [item["kind"]["S"] for item in found])


def delete(contact: str, kinds: Iterable[str]) -> None:
    """Deletes items of the contact; those that are gone already do no harm."""
    requests: list[Any] = [{"DeleteRequest": {"Key": key(contact, kind)}} for kind in kinds]
    for start in range(0, len(requests), MAX_DELETES):
        wanted: Any = {table(): requests[start : start + MAX_DELETES]}
        for tries in count():
            wanted = client("dynamodb").batch_write_item(RequestItems=wanted).get("UnprocessedItems")
            if not wanted:
                break
            pause(tries)
