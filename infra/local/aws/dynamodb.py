"""DynamoDB for the local run: conditions, transactions, queries, streams, TTL, all on the world's clock and file.

Rules are those of the DynamoDB developer guide and API reference. Reads are always up to date, also where the
caller allowed them not to be; an answer beyond 1 MB is paged as the service pages it. What a table is, and where
an item stands in it, is in `dynamodb_tables`; what an expression means, in `dynamodb_expressions`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from infra.local.aws.calls import REGION, AwsError, Operation, Parameters
from infra.local.aws.dynamodb_expressions import (
    Condition,
    KeyCondition,
    KeyTerm,
    Projection,
    Values,
    condition_in,
    key_condition_in,
    project,
    projection_in,
    update_in,
    values_in,
)
from infra.local.aws.dynamodb_tables import (
    EVENTUAL,
    STRONG,
    TRANSACTIONAL,
    Answer,
    Attribute,
    Capacity,
    Index,
    Key,
    KeyValue,
    Place,
    Stored,
    Table,
    Units,
    capacity,
    count,
    create_table,
    decode,
    describe_table,
    encode,
    expiry,
    index_write_units,
    key_part,
    key_values,
    place_in_index,
    place_of_item,
    place_of_key,
    read_units,
    state_of,
    stored,
    stream_arn,
    table_named,
    update_time_to_live,
    with_all_consumed,
    with_consumed,
    write_units,
)
from infra.local.aws.dynamodb_values import (
    ITEM_LIMIT,
    Item,
    Value,
    after_prefix,
    invalid,
    item_size,
    sortable,
    spell_item,
)
from infra.local.aws.world import World

__all__ = [
    "OPERATIONS",
    "Capacity",
    "Record",
    "capacity",
    "earliest",
    "expire",
    "filtered_after",
    "records_after",
    "trim",
]

Record = dict[str, Any]

TOKEN_LIFE = 10 * 60_000  # ms
PAGE = 1024 * 1024  # bytes looked at by one Query or Scan
BATCH_ANSWER = 16 * 1024 * 1024  # bytes
TRANSACTION_ACTIONS = 100
TRANSACTION_SIZE = 4 * 1024 * 1024  # bytes
_TTL_PAST = 5 * 365 * 86_400  # s; what expired longer ago than this the service leaves alone


# ── writing ──


@dataclass(frozen=True)
class Action:
    """One write, checked as far as it can be before the item is seen.

    `result(what was there, or None)` gives the item after it and its size, None for no item.
    """

    table: Table
    place: Place
    condition: Callable[[Item], bool] | None
    result: Callable[[Stored | None], tuple[Item, int] | None]
    explains: bool  # ReturnValuesOnConditionCheckFailure: ALL_OLD
    writes: bool = True

    def allowed(self, before: Stored | None) -> bool:
        return self.condition is None or self.condition(before.item if before else {})


def _test(condition: Condition | None, values: Values) -> Callable[[Item], bool] | None:
    if condition is None:
        return None
    test = condition.test
    return lambda item: test(item, values)


def _explains(params: Parameters) -> bool:
    return params.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"


def _put(world: World, params: Parameters) -> Action:
    table, condition = table_named(world, params), condition_in(params)
    values = values_in(params, condition)
    item, size = spell_item(params["Item"])
    if size > ITEM_LIMIT:
        raise invalid("Item size has exceeded the maximum allowed size")
    place = place_of_item(table, item)
    for index in table.indexes:
        place_in_index(index, item)
    return Action(table, place, _test(condition, values), lambda before: (item, size), _explains(params))


def _delete(world: World, params: Parameters) -> Action:
    table, condition = table_named(world, params), condition_in(params)
    values = values_in(params, condition)
    place = place_of_key(table, params["Key"])
    return Action(table, place, _test(condition, values), lambda before: None, _explains(params))


def _update(world: World, params: Parameters) -> Action:
    table, condition, update = table_named(world, params), condition_in(params), update_in(params)
    values = values_in(params, condition, update)
    place = place_of_key(table, params["Key"])
    key, _ = spell_item(params["Key"])
    for path in update.paths if update else ():
        if path[0] in table.key.names:
            raise invalid(
                f"One or more parameter values were invalid: Cannot update attribute {path[0]}. "
                "This attribute is part of the key"
            )

    def result(before: Stored | None) -> tuple[Item, int]:
        item = key if before is None else before.item
        if update:
            item = update.apply(item, values)
        size = item_size(item)
        if size > ITEM_LIMIT:
            raise invalid("Item size to update has exceeded the maximum allowed size")
        return item, size

    return Action(table, place, _test(condition, values), result, _explains(params))


def _check(world: World, params: Parameters) -> Action:
    return replace(_delete(world, params), writes=False)


@dataclass(frozen=True)
class Written:
    """What a write left: the item after it, if any, the larger size of before and after, and what it consumed."""

    item: Item | None
    size: int
    units: Units


def _apply(world: World, action: Action, before: Stored | None, by_ttl: bool = False) -> Written:
    """Writes the action's result, its index entries and its stream record."""
    table, (after, after_size) = action.table, action.result(before) or (None, 0)
    blob = None
    if after is not None:
        blob = encode(after)
        places = [place for index in table.indexes for place in place_in_index(index, after)]
        world.db.execute(table.store, (*action.place, after_size, blob, expiry(table, after), *places))
    elif before:
        world.db.execute(table.drop, action.place)
    if table.stream and (before.item if before else None) != after:
        world.db.execute(
            f"INSERT INTO {table.changes} (at, old, new, by_ttl) VALUES (?, ?, ?, ?)",
            (world.now(), before.blob if before else None, blob, by_ttl),
        )
    size = max(before.size if before else 0, after_size)
    units = Units(write_units(size))
    for index in table.indexes:
        index_units = index_write_units(index, before, after, after_size)
        if index_units:
            units.indexes[index.name] = index_units
    return Written(after, size, units)


def _write(world: World, action: Action, params: Parameters) -> tuple[Answer, Stored | None, Item | None]:
    """One write on its own."""
    before = stored(world, action.table, action.place)
    if not action.allowed(before):
        count(world, action.table, writes=write_units(before.size if before else 0))
        found: dict[str, Any] = {"Item": before.item} if before and action.explains else {}
        raise AwsError("ConditionalCheckFailedException", "The conditional request failed", **found)
    written = _apply(world, action, before)
    count(world, action.table, writes=written.units.total)
    return with_consumed({}, action.table, written.units, params), before, written.item


def _return_values(params: Parameters, *allowed: str) -> str:
    wanted: str = params.get("ReturnValues", "NONE")
    if wanted not in ("NONE", *allowed):
        raise invalid("Return values set to invalid value")
    return wanted


def put_item(world: World, params: Parameters) -> Answer:
    wanted = _return_values(params, "ALL_OLD")
    answer, before, _ = _write(world, _put(world, params), params)
    if before and wanted == "ALL_OLD":
        answer["Attributes"] = before.item
    return answer


def delete_item(world: World, params: Parameters) -> Answer:
    wanted = _return_values(params, "ALL_OLD")
    answer, before, _ = _write(world, _delete(world, params), params)
    if before and wanted == "ALL_OLD":
        answer["Attributes"] = before.item
    return answer


def update_item(world: World, params: Parameters) -> Answer:
    wanted = _return_values(params, "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW")
    answer, before, after = _write(world, _update(world, params), params)
    if wanted == "NONE":
        return answer
    item = (before.item if before else None) if wanted.endswith("OLD") else after
    if item is not None and wanted.startswith("UPDATED"):
        update = update_in(params)
        item = project(item, update.paths) if update else None
    if item:
        answer["Attributes"] = item
    return answer


def batch_write_item(world: World, params: Parameters) -> Answer:
    requests = [(name, *request.items()) for name, each in params["RequestItems"].items() for request in each]
    if len(requests) > 25:
        raise invalid("Too many items requested for the BatchWriteItem call")
    prepare = {"PutRequest": _put, "DeleteRequest": _delete}
    actions = [prepare[kind](world, {**request, "TableName": name}) for name, (kind, request) in requests]
    if len({(action.table.name, action.place) for action in actions}) < len(actions):
        raise invalid("Provided list of item keys contains duplicates")
    used: dict[str, Units] = {}
    for action in actions:
        units = _apply(world, action, stored(world, action.table, action.place)).units
        count(world, action.table, writes=units.total)
        used.setdefault(action.table.name, Units()).add(units)
    return with_all_consumed({"UnprocessedItems": {}}, used, params, world)


# ── reading ──


def _read_parameters(world: World, params: Parameters) -> tuple[Table, Projection | None, float]:
    table, projection = table_named(world, params), projection_in(params)
    values_in(params, projection)
    return table, projection, STRONG if params.get("ConsistentRead") else EVENTUAL


def _shown(item: Item, projection: Projection | None) -> Item:
    return item if projection is None else project(item, projection.paths)


def get_item(world: World, params: Parameters) -> Answer:
    table, projection, rate = _read_parameters(world, params)
    found = stored(world, table, place_of_key(table, params["Key"]))
    units = read_units(found.size if found else 0, rate)
    count(world, table, reads=units)
    answer: Answer = {"Item": _shown(found.item, projection)} if found else {}
    return with_consumed(answer, table, Units(units), params)


def batch_get_item(world: World, params: Parameters) -> Answer:
    """Up to 100 items; what comes after 16 MB is left in UnprocessedKeys."""
    requests: dict[str, Parameters] = params["RequestItems"]
    if sum(len(request["Keys"]) for request in requests.values()) > 100:
        raise invalid("Too many items requested for the BatchGetItem call")
    answer: Answer = {"Responses": {}, "UnprocessedKeys": {}}
    used: dict[str, Units] = {}
    sent = 0
    for name, request in requests.items():
        table, projection, rate = _read_parameters(world, {**request, "TableName": name})
        places = [place_of_key(table, key) for key in request["Keys"]]
        if len(set(places)) < len(places):
            raise invalid("Provided list of item keys contains duplicates")
        items = answer["Responses"][name] = []
        units = used[name] = Units()
        for number, place in enumerate(places):
            found = stored(world, table, place)
            sent += found.size if found else 0
            if sent > BATCH_ANSWER:
                answer["UnprocessedKeys"][name] = {**request, "Keys": request["Keys"][number:]}
                break
            units.table += read_units(found.size if found else 0, rate)
            if found:
                items.append(_shown(found.item, projection))
        count(world, table, reads=units.table)
    return with_all_consumed(answer, used, params, world)


def query(world: World, params: Parameters) -> Answer:
    table, condition = table_named(world, params), key_condition_in(params)
    reading = _reading(table, params, condition)
    hash_term, range_term = _key_terms(reading.key, condition)
    partition = _bound(reading.key.hash, hash_term.placeholders[0], reading.values)
    start = params.get("ExclusiveStartKey")
    if start is not None and _start_of(reading, start)[0] != partition:
        raise invalid("The provided starting key is outside query boundaries based on provided conditions")
    where, arguments = [f"{reading.columns[0]} = ?"], [partition]
    if range_term is not None and reading.key.range is not None:
        bounds = [_bound(reading.key.range, placeholder, reading.values) for placeholder in range_term.placeholders]
        for sign, bound in _bounds(range_term.operator, bounds):
            where.append(f"{reading.columns[1]} {sign} ?")
            arguments.append(bound)
    roots = reading.filter.roots & reading.key.names if reading.filter else frozenset()
    if roots:
        raise invalid(
            f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {min(roots)}"
        )
    return _page(world, reading, params, reading.columns[1:], where, arguments)


def scan(world: World, params: Parameters) -> Answer:
    """The whole table, or index, in the order of its keys."""
    reading = _reading(table_named(world, params), params)
    where = [f"{reading.columns[0]} IS NOT NULL"]
    return _page(world, reading, params, reading.columns, where, [])


@dataclass(frozen=True)
class _Reading:
    """What Query and Scan have in common. `columns`: the hash's column, then those that order what it holds."""

    table: Table
    index: Index | None
    columns: tuple[str, ...]
    filter: Condition | None
    projection: Projection | None
    values: Values

    @property
    def key(self) -> Key:
        return self.index.key if self.index else self.table.key

    @property
    def keys(self) -> tuple[Key, ...]:
        return (self.index.key, self.table.key) if self.index else (self.table.key,)


def _reading(table: Table, params: Parameters, condition: KeyCondition | None = None) -> _Reading:
    filter_, projection = condition_in(params, "FilterExpression"), projection_in(params)
    values = values_in(params, condition, filter_, projection)
    index = table.index(params["IndexName"]) if "IndexName" in params else None
    if index and params.get("ConsistentRead"):
        raise invalid("Consistent reads are not supported on global secondary indexes")
    select = params.get("Select")
    if select == "ALL_ATTRIBUTES" and index and index.projected is not None:
        raise invalid(
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global "
            f"secondary index {index.name} because its projection type is not ALL"
        )
    if projection and select not in (None, "SPECIFIC_ATTRIBUTES"):
        raise invalid(f"Cannot specify the ProjectionExpression when choosing to get {select}")
    if projection and index and index.projected is not None:
        absent = sorted({str(path[0]) for path in projection.paths} - index.projected)
        if absent:
            raise invalid(
                "One or more parameter values were invalid: Global secondary index "
                f"{index.name} does not project [{', '.join(absent)}]"
            )
    columns = (*index.columns, "pk", "sk") if index else ("pk", "sk")
    return _Reading(table, index, columns, filter_, projection, values)


def _key_terms(key: Key, condition: KeyCondition) -> tuple[KeyTerm, KeyTerm | None]:
    terms = {term.attribute: term for term in condition.terms}
    if len(terms) < len(condition.terms):
        raise invalid("KeyConditionExpressions must only contain one condition per key")
    hash_term = terms.pop(key.hash.name, None)
    if hash_term is None:
        raise invalid(f"Query condition missed key schema element: {key.hash.name}")
    range_term = terms.pop(key.range.name, None) if key.range else None
    if terms and key.range and range_term is None:
        raise invalid(f"Query condition missed key schema element: {key.range.name}")
    if terms or hash_term.operator != "=":
        raise invalid("Query key condition not supported")
    return hash_term, range_term


def _bound(attribute: Attribute, placeholder: str, values: Values) -> KeyValue:
    value = values[placeholder]
    if attribute.kind not in value:
        raise invalid("One or more parameter values were invalid: Condition parameter type does not match schema type")
    bound = sortable(value)
    if not bound:
        raise invalid(
            "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
            f"an empty {'string' if attribute.kind == 'S' else 'binary'} value. Key: {attribute.name}"
        )
    return bound


def _bounds(operator: str, values: list[KeyValue]) -> Iterator[tuple[str, KeyValue]]:
    """A range condition as SQL comparisons with a column."""
    if operator == "BETWEEN":
        if values[0] > values[1]:  # type: ignore[operator]
            raise invalid(
                "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or "
                "equal to lower bound"
            )
        yield ">=", values[0]
        yield "<=", values[1]
    elif operator == "begins_with":
        yield ">=", values[0]
        end = after_prefix(values[0])
        if end is not None:
            yield "<", end
    else:
        yield operator, values[0]


def _start_of(reading: _Reading, start: Item) -> tuple[KeyValue, ...]:
    """An ExclusiveStartKey in the order of the reading's columns."""
    if start.keys() != frozenset().union(*(key.names for key in reading.keys)):
        raise invalid("The provided starting key is invalid")
    return tuple(value for key in reading.keys for value in key_values(key, start))


def _page(
    world: World, reading: _Reading, params: Parameters, order: tuple[str, ...], where: list[str], arguments: list[Any]
) -> Answer:
    """One page of what `where` selects, in the order of the columns `order`, after the key it shall start after."""
    forward = params.get("ScanIndexForward", True)
    start = params.get("ExclusiveStartKey")
    if start is not None:
        after = _start_of(reading, start)[-len(order) :]
        where = [*where, f"({', '.join(order)}) {'>' if forward else '<'} ({', '.join('?' * len(order))})"]
        arguments = [*arguments, *after]
    direction = "" if forward else " DESC"
    rows = world.db.execute(
        f"SELECT item, size FROM {reading.table.rows} WHERE {' AND '.join(where)} "
        f"ORDER BY {', '.join(column + direction for column in order)}",
        arguments,
    )
    found, scanned, read, last = _matching(rows, reading, params.get("Limit"))
    answer: Answer = {"Count": len(found), "ScannedCount": scanned}
    if params.get("Select") != "COUNT":
        answer["Items"] = [_shown(item, reading.projection) for item in found]
    if last is not None:
        answer["LastEvaluatedKey"] = key_part(last, *reading.keys)
    units = read_units(read, STRONG if params.get("ConsistentRead") else EVENTUAL)
    count(world, reading.table, reads=units)
    used = Units(0.0, {reading.index.name: units}) if reading.index else Units(units)
    return with_consumed(answer, reading.table, used, params)


def _matching(
    rows: Iterable[tuple[bytes, int]], reading: _Reading, limit: int | None
) -> tuple[list[Item], int, int, Item | None]:
    """The items that pass the filter, how many were looked at, their bytes, and the last one if the page is full."""
    found: list[Item] = []
    scanned = read = 0
    for blob, size in rows:
        item = decode(blob)
        if reading.index and reading.index.projected is not None:
            item = reading.index.entry(item) or {}
            read += item_size(item)
        else:
            read += size
        scanned += 1
        if reading.filter is None or reading.filter.test(item, reading.values):
            found.append(item)
        if scanned == limit or read > PAGE:
            return found, scanned, read, item
    return found, scanned, read, None


# ── transactions ──

_PREPARE: dict[str, Callable[[World, Parameters], Action]] = {
    "Put": _put,
    "Update": _update,
    "Delete": _delete,
    "ConditionCheck": _check,
}


def transact_write_items(world: World, params: Parameters) -> Answer:
    """All of its actions or none. The same ClientRequestToken within 10 minutes does nothing a second time."""
    items = params["TransactItems"]
    _check_count(items)
    actions = [_prepared(world, item) for item in items]
    _refuse_twice([(action.table.name, action.place) for action in actions])
    token, digest = params["ClientRequestToken"], _digest(items)
    world.db.execute("DELETE FROM dynamodb_tokens WHERE at <= ?", (world.now() - TOKEN_LIFE,))
    known = world.db.execute("SELECT actions FROM dynamodb_tokens WHERE token = ?", (token,)).fetchone()
    if known is not None:
        if known[0] != digest:
            raise AwsError(
                "IdempotentParameterMismatchException",
                "DynamoDB rejected the request because you retried a request with a different payload but with "
                "an idempotent token that was already used.",
            )
        return _repeated(world, actions, params)
    before = [stored(world, action.table, action.place) for action in actions]
    used = _commit(world, actions, before)
    world.db.execute("INSERT INTO dynamodb_tokens VALUES (?, ?, ?)", (token, world.now(), digest))
    return with_all_consumed({}, used, params, world, "Write")


def _check_count(items: list[Any]) -> None:
    if len(items) > TRANSACTION_ACTIONS:
        raise invalid(
            "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: "
            "Member must have length less than or equal to 100"
        )


def _refuse_twice(places: list[tuple[str, Place]]) -> None:
    if len(set(places)) < len(places):
        raise invalid("Transaction request cannot include multiple operations on one item")


def _prepared(world: World, item: dict[str, Parameters]) -> Action:
    if len(item) != 1:
        raise invalid("TransactItems can only contain one of Check, Put, Update or Delete")
    ((kind, params),) = item.items()
    return _PREPARE[kind](world, params)


def _digest(items: list[Any]) -> bytes:
    """Equal for equal requests, in whatever order their members were written."""
    text = json.dumps(items, sort_keys=True, default=lambda binary: binary.hex())
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _commit(world: World, actions: list[Action], before: list[Stored | None]) -> dict[str, Units]:
    """Applies all actions, or raises TransactionCanceledException with each one's reason in their order.

    What was written before a later action fails is undone by the savepoint around every call.
    """
    reasons = [_refusal(action, found) for action, found in zip(actions, before, strict=True)]
    refused, size = any(reasons), 0
    used: dict[str, Units] = {}
    for place, (action, found) in enumerate(zip(actions, before, strict=True)):
        there = found.size if found else 0
        written = Written(None, there, Units(write_units(there)))
        if action.writes and not refused:
            try:
                written = _apply(world, action, found)
            except AwsError as error:
                reasons[place] = {"Code": "ValidationError", "Message": error.message}
        size += written.size
        units = Units(written.units.table * TRANSACTIONAL, written.units.indexes)
        count(world, action.table, writes=units.total)
        used.setdefault(action.table.name, Units()).add(units)
    if size > TRANSACTION_SIZE:
        raise invalid("Transaction request cannot include items of more than 4 MB together")
    if any(reasons):
        codes = ", ".join(reason["Code"] if reason else "None" for reason in reasons)
        raise AwsError(
            "TransactionCanceledException",
            f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
            CancellationReasons=[reason or {"Code": "None"} for reason in reasons],
        )
    return used


def _refusal(action: Action, before: Stored | None) -> Answer | None:
    """The cancellation reason of an action whose condition does not hold."""
    if action.allowed(before):
        return None
    reason: Answer = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    if before and action.explains:
        reason["Item"] = before.item
    return reason


def _repeated(world: World, actions: list[Action], params: Parameters) -> Answer:
    """The answer to a transaction that has been done already: it costs a transactional read of each item."""
    used: dict[str, Units] = {}
    for action in actions:
        found = stored(world, action.table, action.place)
        units = read_units(found.size if found else 0, TRANSACTIONAL)
        count(world, action.table, reads=units)
        used.setdefault(action.table.name, Units()).add(Units(units))
    return with_all_consumed({}, used, params, world, "Read")


def transact_get_items(world: World, params: Parameters) -> Answer:
    items = params["TransactItems"]
    _check_count(items)
    reads = [(_read_parameters(world, each["Get"]), each["Get"]["Key"]) for each in items]
    places = [(table, projection, place_of_key(table, key)) for (table, projection, _), key in reads]
    _refuse_twice([(table.name, place) for table, _, place in places])
    answer: Answer = {"Responses": []}
    used: dict[str, Units] = {}
    for table, projection, place in places:
        found = stored(world, table, place)
        units = read_units(found.size if found else 0, TRANSACTIONAL)
        count(world, table, reads=units)
        used.setdefault(table.name, Units()).add(Units(units))
        answer["Responses"].append({"Item": _shown(found.item, projection)} if found else {})
    return with_all_consumed(answer, used, params, world, "Read")


def earliest(world: World, table: str, index: str) -> int | None:
    """The smallest range key (a whole number) in an index, over all its partitions; None when the index is empty."""
    held = state_of(world).tables[table]
    found = held.index(index)
    partition, order = found.columns
    least = world.db.execute(
        f"""WITH RECURSIVE partitions (value) AS (
                SELECT MIN({partition}) FROM {held.rows} WHERE {partition} IS NOT NULL
                UNION ALL
                SELECT (SELECT MIN({partition}) FROM {held.rows} WHERE {partition} > value)
                  FROM partitions WHERE value IS NOT NULL
            )
            SELECT value, (SELECT MIN({order}) FROM {held.rows} WHERE {partition} = value) AS least
              FROM partitions WHERE value IS NOT NULL ORDER BY least LIMIT 1"""
    ).fetchone()
    if least is None:
        return None
    (blob,) = world.db.execute(
        f"SELECT item FROM {held.rows} WHERE {partition} = ? AND {order} = ? LIMIT 1", least
    ).fetchone()
    return int(decode(blob)[found.key.attributes[1].name]["N"])


def least(world: World, table: str, partition: str, attribute: str) -> int | None:
    """The smallest value of an attribute (a whole number) in a partition, which is a text; None when there is none."""
    rows = world.db.execute(f"SELECT item FROM {state_of(world).tables[table].rows} WHERE pk = ?", (partition,))
    return min((int(item[attribute]["N"]) for (blob,) in rows if attribute in (item := decode(blob))), default=None)


def has_partition(world: World, table: str, prefix: str) -> bool:
    """Whether a table has a partition whose key, a text, begins like this."""
    rows, bounds = state_of(world).tables[table].rows, (prefix, after_prefix(prefix))
    return world.db.execute(f"SELECT 1 FROM {rows} WHERE pk >= ? AND pk < ? LIMIT 1", bounds).fetchone() is not None


# ── time to live ──


def expire(world: World) -> int:
    """Deletes what TTL has made due by the world's clock, and gives how many items that were. Costs no units."""
    now = world.now() // 1000
    deleted = 0
    with world.lock, world.atomic():
        for table in state_of(world).tables.values():
            if table.expires is None:
                continue
            due = world.db.execute(
                f"SELECT pk, sk, item, size FROM {table.rows} WHERE expires BETWEEN ? AND ? ORDER BY expires",
                (now - _TTL_PAST, now),
            ).fetchall()
            for pk, sk, blob, size in due:
                action = Action(table, (pk, sk), None, lambda before: None, explains=False)
                _apply(world, action, Stored(blob, size), by_ttl=True)
            deleted += len(due)
    return deleted


# ── the stream ──


def records_after(world: World, table: str, position: int, limit: int) -> list[tuple[int, Record]]:
    """Up to `limit` changes after `position` (0: from the first), each with its position, as Lambda gets them."""
    return [(at, record) for at, record in filtered_after(world, table, position, limit, lambda _: True) if record]


def filtered_after(
    world: World, table: str, position: int, limit: int, wanted: Callable[[Record], bool]
) -> list[tuple[int, Record | None]]:
    """The same, with None in the place of those that are not `wanted`: most are not, and need not be written out."""
    with world.lock:
        streamed = _streamed(world, table)
        rows = world.db.execute(
            f"SELECT position, at, old, new, by_ttl FROM {streamed.changes} "
            "WHERE position > ? ORDER BY position LIMIT ?",
            (position, limit),
        ).fetchall()
    return [(row[0], _record(streamed, wanted, *row)) for row in rows]


def trim(world: World, table: str, position: int) -> None:
    """Forgets the changes up to and with `position`: everybody has read them."""
    with world.lock:
        world.db.execute(f"DELETE FROM {_streamed(world, table).changes} WHERE position <= ?", (position,))


def _streamed(world: World, name: str) -> Table:
    table = state_of(world).tables.get(name)
    if table is None or table.stream is None:
        raise AwsError("ResourceNotFoundException", f"Requested resource not found: {name} has no stream")
    return table


def _record(
    table: Table,
    wanted: Callable[[Record], bool],
    position: int,
    at: int,
    old: bytes | None,
    new: bytes | None,
    by_ttl: int,
) -> Record | None:
    images = {
        "NewImage": decode(new) if new is not None and table.stream in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES") else None,
        "OldImage": decode(old) if old is not None and table.stream in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES") else None,
    }
    shown = {name: image for name, image in images.items() if image is not None}
    keys = key_part(shown.get("NewImage") or shown.get("OldImage") or decode(new or old or b""), table.key)
    record: Record = {
        "eventID": hashlib.blake2b(f"{table.name}/{position}".encode(), digest_size=16).hexdigest(),
        "eventName": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": {
            "ApproximateCreationDateTime": at // 1000,
            "Keys": keys,
            **shown,
            "SequenceNumber": f"{position:021d}",
            "StreamViewType": table.stream,
        },
        "eventSourceARN": stream_arn(table),
    }
    if by_ttl:
        record["userIdentity"] = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    if not wanted(record):
        return None
    body = record["dynamodb"]
    body["SizeBytes"] = item_size(keys) + sum(item_size(image) for image in shown.values())
    body |= {name: _for_lambda(image) for name, image in {"Keys": keys, **shown}.items()}
    return record


def _for_lambda(item: Item) -> Item:
    """As in the JSON that Lambda gets: binaries are base64."""
    return {name: _value_for_lambda(value) for name, value in item.items()}


def _value_for_lambda(value: Value) -> Value:
    ((kind, content),) = value.items()
    if kind == "B":
        return {kind: base64.b64encode(content).decode()}
    if kind == "BS":
        return {kind: [base64.b64encode(member).decode() for member in content]}
    if kind == "M":
        return {kind: _for_lambda(content)}
    if kind == "L":
        return {kind: [_value_for_lambda(element) for element in content]}
    return value


OPERATIONS: dict[str, Operation] = {
    "CreateTable": create_table,
    "DescribeTable": describe_table,
    "UpdateTimeToLive": update_time_to_live,
    "PutItem": put_item,
    "GetItem": get_item,
    "UpdateItem": update_item,
    "DeleteItem": delete_item,
    "Query": query,
    "Scan": scan,
    "BatchGetItem": batch_get_item,
    "BatchWriteItem": batch_write_item,
    "TransactWriteItems": transact_write_items,
    "TransactGetItems": transact_get_items,
}
