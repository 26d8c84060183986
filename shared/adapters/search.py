"""The Search table: by which beginnings of words people are found. Made from profiles, never the source of truth.

An item is a prefix, as a keyed hash (`token`), and a contact: without the key nobody can say which words there are, nor
try one. What somebody is found by stands in their own partition, as the item `WORDS`: `words`, those they have now;
`told`, those the table has for certain; `earlier`, those that it may have heard of since; `todo`, while there are
such. It is written in the transaction that
changes the profile, and followed from the table's stream (`follow`); so the words that have to go are known, and an
erasure takes them out before it takes the item (`forget`).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice
from typing import TYPE_CHECKING, Any

from shared.adapters import contacts
from shared.adapters.clients import client
from shared.adapters.clock import pause
from shared.adapters.environment import Settings, environment
from shared.adapters.secrets import secret
from shared.domain.profiles import Profile
from shared.domain.searching import prefixes, words_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import TransactWriteItemTypeDef

KIND = "WORDS"
CHANGED, ANEW = 1, 2
"""In `todo`: only what has changed is to be told, or all of it, since the table may have lost it."""
PAGE = 500
"""Items of a Query: who looks for somebody reads no further than they ask."""


class SearchSettings(Settings):
    search_table: str


def words_write(profile: Profile, *, anew: bool = False) -> TransactWriteItemTypeDef:
    """Has the table follow what the profile's contact is found by now."""
    words = words_of(profile)
    return {
        "Update": {
            "TableName": contacts.table(),
            "Key": contacts.key(profile.contact, KIND),
            "UpdateExpression": "SET #words = :words, todo = :todo, "
            "earlier = list_append(if_not_exists(earlier, :none), if_not_exists(#words, :none))",
            "ExpressionAttributeNames": {"#words": "words"},
            "ExpressionAttributeValues": {
                ":words": {"L": [{"S": word} for word in words]},
                ":none": {"L": []},
                ":todo": {"N": str(ANEW if anew else CHANGED)},
            },
        }
    }


def follow(contact: str) -> None:
    """Has the table say what the contact's item says. Repeating it does no harm; nor does an item that has gone: then
    whoever took it has told the table, or does."""
    while (item := contacts.read_item(contact, KIND)) is not None and "todo" in item:
        wanted, there = _tokens(_texts(item, "words")), _tokens(_texts(item, "told"))
        perhaps = there | _tokens(_texts(item, "earlier"))
        anew = int(item["todo"]["N"]) == ANEW
        _write(contact, put=wanted if anew else wanted - there, delete=perhaps - wanted)
        if _is_told(contact, item["words"]):
            return
        if contacts.read_item(contact, KIND) is None:  # erased meanwhile, by whoever knew of none of these
            _write(contact, put=set(), delete=wanted)


def forget(contact: str, item: dict[str, Any] | None = None) -> None:
    """Takes the contact out of the table, and then their item, which is read where it is not given."""
    item = item or contacts.read_item(contact, KIND)
    if item is not None:
        _write(
            contact,
            put=set(),
            delete=_tokens(word for name in ("words", "told", "earlier") for word in _texts(item, name)),
        )
        contacts.delete(contact, [KIND])


def found(keys: Sequence[str], after: str = "") -> Iterator[str]:
    """The contacts under all of these prefixes that come after one, in the order of their ids, read as far as they are
    asked for.

    Where one of the prefixes has few contacts, they are all candidates, whatever the others have: their profiles are
    read sooner than the rest of the others.
    """
    few = min((list(islice(_under(key, after), PAGE)) for key in keys), key=len)
    if len(few) < PAGE:
        return iter(few)
    return _in_all([_under(key, after) for key in keys])


def _in_all(several: Sequence[Iterator[str]]) -> Iterator[str]:
    """What all of several sorted iterators have."""
    heads = [next(each, None) for each in several]
    while True:
        sought = max((head for head in heads if head is not None), default=None)
        if sought is None or None in heads:
            return
        if all(head == sought for head in heads):
            yield sought
            heads = [next(each, None) for each in several]
            continue
        for at, each in enumerate(several):
            while (head := heads[at]) is not None and head < sought:
                heads[at] = next(each, None)


def _under(prefix: str, after: str) -> Iterator[str]:
    condition, values = "#token = :token", {":token": {"S": token(prefix)}}
    if after:
        condition, values = condition + " AND contact > :after", {**values, ":after": {"S": after}}
    pages = (
        client("dynamodb")
        .get_paginator("query")
        .paginate(
            TableName=environment(SearchSettings).search_table,
            KeyConditionExpression=condition,
            ExpressionAttributeNames={"#token": "token"},
            ExpressionAttributeValues=values,
            PaginationConfig={"PageSize": PAGE},
        )
    )
    for page in pages:
        yield from (item["contact"]["S"] for item in page["Items"])


def token(prefix: str) -> str:
    """A prefix as it stands in the table. The key is that of addresses, and what is hashed can be none of those."""
    digest = hmac.new(secret("identity_key").encode(), f"search\n{prefix}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:12]).decode()


def _tokens(words: Iterable[str]) -> set[str]:
    return {token(prefix) for prefix in {prefix for word in words for prefix in prefixes(word)}}


def _texts(item: dict[str, Any], name: str) -> list[str]:
    return [each["S"] for each in item.get(name, {"L": []})["L"]]


def _is_told(contact: str, words: dict[str, Any]) -> bool:
    """Notes that the table says these words; False where the item says others by now, or has gone."""
    try:
        client("dynamodb").update_item(
            TableName=contacts.table(),
            Key=contacts.key(contact, KIND),
            UpdateExpression="SET told = :words REMOVE todo, earlier",
            ConditionExpression="#words = :words",
            ExpressionAttributeNames={"#words": "words"},
            ExpressionAttributeValues={":words": words},
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return False
    return True


def _write(contact: str, put: set[str], delete: set[str]) -> None:
    table = environment(SearchSettings).search_table

    def key(each: str) -> dict[str, Any]:
        return {"token": {"S": each}, "contact": {"S": contact}}

    requests: list[Any] = [{"PutRequest": {"Item": key(each)}} for each in sorted(put)]
    requests += [{"DeleteRequest": {"Key": key(each)}} for each in sorted(delete)]
    for start in range(0, len(requests), contacts.MAX_DELETES):
        wanted: Any = {table: requests[start : start + contacts.MAX_DELETES]}
        for tries in count():
            wanted = client("dynamodb").batch_write_item(RequestItems=wanted).get("UnprocessedItems")
            if not wanted:
                break
            pause(tries)
