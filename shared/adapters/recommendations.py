"""What is recommended, as it was last counted: lists of products in the Definitions table.

Of a hundred thousand products the lists are some ten megabytes, so they are in chunks, each an item: a product's or a
category's name says in which. An email looks up the few chunks that its contact's products and categories are in.
Item `recommended` (version 0) says which chunks hold: those of one of two halves, `recommended#0` and `recommended#1`,
which the nights fill in turn. So what holds is there as a whole, while the next is written and however that ends.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from itertools import count, islice
from typing import Any, NamedTuple

from shared.adapters.clients import client
from shared.adapters.clock import pause
from shared.adapters.definitions_table import items, table
from shared.domain.events import HOUR, Instant, Json
from shared.domain.recommendations import NOTHING, Again, Asked, Goes, Recommendations

NAMES_A_CHUNK = 100
"""Products and categories in a chunk, about: some 8 KB, compressed."""
MAX_CHUNKS = 5_000
CACHE_TTL = HOUR
"""It is counted once a night."""
MAX_HELD = 2_000
"""Chunks that a Lambda keeps as it read them."""
MAX_READS = 100  # of one BatchGetItem
MAX_WRITES = 25  # of one BatchWriteItem


class Head(NamedTuple):
    """Which lists hold: of when, in which half, in how many chunks; and whether they are `better` (0 or 1)."""

    at: Instant
    half: int
    chunks: int
    better: int


_head: tuple[Head | None, Instant] | None = None
_chunks: dict[tuple[Head, int], bytes | None] = {}


def record(found: Recommendations) -> None:
    """In the place of what there was. Done again, after it was broken off as well, it comes to the same."""
    held = _stored_head()
    half = 0 if held is None else held.half if held.at == found.at else 1 - held.half
    several = _chunked(found)
    head = Head(found.at, half, len(several), int(found.better))
    puts = ({"PutRequest": {"Item": _item(head, number, told)}} for number, told in enumerate(several))
    _write(puts)
    client("dynamodb").put_item(
        TableName=table(),
        Item={**_key("recommended", 0), **{name: {"N": str(value)} for name, value in head._asdict().items()}},
    )
    left = (int(item["version"]["N"]) for item in items(_half(half)))
    _write({"DeleteRequest": {"Key": _key(_half(half), number)}} for number in left if number >= len(several))
    forget()


def record_found(found: Mapping[str, Any], at: Instant) -> None:
    """The same, of what a night has found (`functions/insight/recommending.py`)."""
    record(
        Recommendations(
            at,
            found["by_category"],
            {product: [Goes(*each) for each in several] for product, several in found["by_product"].items()},
            {product: Again(*each) for product, each in found["again"].items()},
            found["better"],
        )
    )


def known(asked: Asked, now: Instant) -> Recommendations:
    """Of what was counted last, the lists that are asked for; as it stood within the hour."""
    global _head  # noqa: PLW0603 - what a Lambda keeps while it lives
    if _head is None or not 0 <= now - _head[1] < CACHE_TTL:
        _head = _stored_head(), now
    head = _head[0]
    if head is None:
        return NOTHING
    names = {*(f"p{each}" for each in asked.products), *(f"c{each}" for each in asked.categories)}
    told: dict[str, Json] = {}
    for number in _read(head, {_place(name, head.chunks) for name in names}):
        told |= json.loads(zlib.decompress(_chunks[head, number] or _EMPTY))
    return _of({name: told[name] for name in names & told.keys()}, head)


def counted_at(now: Instant) -> Instant | None:
    """When what holds was counted; None: it never was."""
    known(Asked((), ()), now)
    return None if _head is None or _head[0] is None else _head[0].at


_EMPTY = zlib.compress(b"{}")


def _chunked(found: Recommendations) -> list[bytes]:
    told: dict[str, Json] = {f"c{name}": list(several) for name, several in found.by_category.items()}
    for product in found.by_product.keys() | found.again.keys():
        goes: Json = [list(each) for each in found.by_product.get(product, ())]
        again: Json = list(found.again[product]) if product in found.again else None
        told[f"p{product}"] = {"with": goes, "again": again}
    chunks: list[dict[str, Json]] = [{} for _ in range(min(-(-len(told) // NAMES_A_CHUNK), MAX_CHUNKS) or 1)]
    for name in sorted(told):
        chunks[_place(name, len(chunks))][name] = told[name]
    return [zlib.compress(json.dumps(each, ensure_ascii=False, separators=(",", ":")).encode()) for each in chunks]


def _of(told: Mapping[str, Any], head: Head) -> Recommendations:
    products = {name[1:]: each for name, each in told.items() if name.startswith("p")}
    return Recommendations(
        head.at,
        by_category={name[1:]: each for name, each in told.items() if name.startswith("c")},
        by_product={id_: [Goes(*goes) for goes in each["with"]] for id_, each in products.items() if each["with"]},
        again={id_: Again(*each["again"]) for id_, each in products.items() if each["again"] is not None},
        better=bool(head.better),
    )


def _place(name: str, chunks: int) -> int:
    return zlib.crc32(name.encode()) % chunks


def _half(half: int) -> str:
    return f"recommended#{half}"


def _key(id_: str, version: int) -> dict[str, Any]:
    return {"id": {"S": id_}, "version": {"N": str(version)}}


def _item(head: Head, number: int, body: bytes) -> dict[str, Any]:
    return {**_key(_half(head.half), number), "at": {"N": str(head.at)}, "body": {"B": body}}


def _stored_head() -> Head | None:
    answer = client("dynamodb").query(
        TableName=table(),
        KeyConditionExpression="id = :id AND version = :version",
        ExpressionAttributeValues={":id": {"S": "recommended"}, ":version": {"N": "0"}},
    )["Items"]
    return Head(*(int(answer[0][name]["N"]) for name in Head._fields)) if answer else None


def _read(head: Head, numbers: set[int]) -> set[int]:
    """Has these chunks in `_chunks`; one that is being written anew counts as empty."""
    missing = sorted(number for number in numbers if (head, number) not in _chunks)
    if len(_chunks) + len(missing) > MAX_HELD:
        _chunks.clear()
        missing = sorted(numbers)
    several = iter(missing)
    while some := list(islice(several, MAX_READS)):
        _chunks.update(dict.fromkeys(((head, number) for number in some), None))
        wanted: Any = {table(): {"Keys": [_key(_half(head.half), number) for number in some]}}
        for tries in count():
            answer = client("dynamodb").batch_get_item(RequestItems=wanted)
            for item in answer["Responses"].get(table(), []):
                if int(item["at"]["N"]) == head.at:
                    _chunks[head, int(item["version"]["N"])] = bytes(item["body"]["B"])
            if not (wanted := answer.get("UnprocessedKeys")):
                break
            pause(tries)
    return numbers


def _write(requests: Iterable[Any]) -> None:
    several = iter(requests)
    while some := list(islice(several, MAX_WRITES)):
        wanted: Any = {table(): some}
        for tries in count():
            wanted = client("dynamodb").batch_write_item(RequestItems=wanted).get("UnprocessedItems")
            if not wanted:
                break
            pause(tries)


def forget() -> None:
    """As a new process begins."""
    global _head  # noqa: PLW0603
    _head = None
    _chunks.clear()
