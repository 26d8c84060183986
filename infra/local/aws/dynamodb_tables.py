"""What the local run's DynamoDB keeps: tables, where an item stands in them and their indexes, and counted capacity.

Each DynamoDB table is one SQLite table of the world: the keys in sortable form, the item as one blob, and two key
columns for each global secondary index (empty where the item is not in the index). So a write is one look and one
statement, and SQLite keeps the indexes. Whatever is asked for and not done here is refused, never guessed.
"""

from __future__ import annotations

import json
import marshal
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from infra.local.aws.calls import ACCOUNT, REGION, AwsError, Parameters
from infra.local.aws.dynamodb_values import Item, decimal_of, invalid, item_size, sortable, spell
from infra.local.aws.world import World

Answer = dict[str, Any]
KeyValue = str | bytes
Place = tuple[KeyValue, KeyValue]

_ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/"
_CAPACITY_SAVED_EVERY = 256  # operations
_NOT_DONE_HERE = frozenset(
    {
        *("AttributesToGet", "AttributeUpdates", "ConditionalOperator", "Expected"),
        *("KeyConditions", "QueryFilter", "ScanFilter", "Segment", "TotalSegments"),
        *("LocalSecondaryIndexes", "ReturnItemCollectionMetrics"),
    }
)


# ── tables ──


@dataclass(frozen=True)
class Attribute:
    """A key's attribute. `kind` is S, N or B."""

    name: str
    kind: str


@dataclass(frozen=True)
class Key:
    hash: Attribute
    range: Attribute | None

    @cached_property
    def attributes(self) -> tuple[Attribute, ...]:
        return (self.hash,) if self.range is None else (self.hash, self.range)

    @cached_property
    def names(self) -> frozenset[str]:
        return frozenset(attribute.name for attribute in self.attributes)


@dataclass(frozen=True)
class Index:
    """`projected`: the attributes an entry holds, or None for all. `columns`: where its two keys are kept."""

    name: str
    key: Key
    projected: frozenset[str] | None
    columns: tuple[str, str]

    def entry(self, item: Item | None) -> Item | None:
        """What the index holds of `item`: None when the item lacks one of its keys."""
        if item is None or not self.key.names <= item.keys():
            return None
        if self.projected is None:
            return item
        return {name: value for name, value in item.items() if name in self.projected}


@dataclass(frozen=True)
class Table:
    """`stream`: its StreamViewType, or None. `expires`: its TTL attribute, or None."""

    name: str
    key: Key
    indexes: tuple[Index, ...]
    stream: str | None
    expires: str | None
    definition: Parameters

    @cached_property
    def rows(self) -> str:
        """The SQL name of its items."""
        return f'"dynamodb {self.name}"'

    @cached_property
    def changes(self) -> str:
        """The SQL name of its stream."""
        return f'"dynamodb {self.name} stream"'

    @cached_property
    def look(self) -> str:
        return f"SELECT item, size FROM {self.rows} WHERE pk = ? AND sk = ?"

    @cached_property
    def store(self) -> str:
        return f"INSERT OR REPLACE INTO {self.rows} VALUES ({', '.join('?' * (5 + 2 * len(self.indexes)))})"

    @cached_property
    def drop(self) -> str:
        return f"DELETE FROM {self.rows} WHERE pk = ? AND sk = ?"

    def index(self, name: str) -> Index:
        for index in self.indexes:
            if index.name == name:
                return index
        raise invalid(f"The table does not have the specified index: {name}")


@dataclass
class Capacity:
    """Request units on demand: what the table and its indexes would be billed for."""

    reads: float = 0.0
    writes: float = 0.0


@dataclass
class _State:
    """What is kept in memory of one world's DynamoDB: its tables, and the counts (refused writes count too,
    so counts do not follow the savepoints)."""

    tables: dict[str, Table]
    capacity: dict[str, Capacity]
    unsaved: int = 0


_states: WeakKeyDictionary[World, _State] = WeakKeyDictionary()


def state_of(world: World) -> _State:
    state = _states.get(world)
    if state is None:
        definitions: dict[str, Parameters] = json.loads(world.setting("dynamodb tables") or "{}")
        counts: dict[str, list[float]] = json.loads(world.setting("dynamodb capacity") or "{}")
        state = _states[world] = _State(
            {name: _table_of(definition) for name, definition in definitions.items()},
            {name: Capacity(*counts.get(name, (0.0, 0.0))) for name in definitions},
        )
    return state


def _define(world: World, definition: Parameters) -> Table:
    """Keeps a table's definition, new or changed."""
    state = state_of(world)
    table = _table_of(definition)
    definitions = {name: known.definition for name, known in state.tables.items()} | {table.name: definition}
    world.set_setting("dynamodb tables", json.dumps(definitions))
    state.tables[table.name] = table
    state.capacity.setdefault(table.name, Capacity())
    return table


def _table_of(definition: Parameters) -> Table:
    kinds = {each["AttributeName"]: each["AttributeType"] for each in definition["AttributeDefinitions"]}
    key = _key_of(definition["KeySchema"], kinds)
    indexes = tuple(
        _index_of(each, place, key, kinds) for place, each in enumerate(definition.get("GlobalSecondaryIndexes") or [])
    )
    stream = definition.get("StreamSpecification") or {}
    # CloudFormation has no StreamEnabled: to name a view type is to want the stream.
    view = stream.get("StreamViewType") if stream.get("StreamEnabled", True) else None
    ttl = definition.get("TimeToLiveSpecification") or {}
    expires = ttl["AttributeName"] if ttl.get("Enabled") else None
    return Table(definition["TableName"], key, indexes, view, expires, definition)


def _key_of(schema: list[dict[str, str]], kinds: Mapping[str, str]) -> Key:
    roles: dict[str, Attribute] = {}
    for element in schema:
        name = element["AttributeName"]
        if name not in kinds:
            raise invalid(
                "One or more parameter values were invalid: Some index key attributes are not defined in "
                f"AttributeDefinitions. Keys: [{name}], AttributeDefinitions: [{', '.join(sorted(kinds))}]"
            )
        roles[element["KeyType"]] = Attribute(name, kinds[name])
    if "HASH" not in roles:
        raise invalid("Invalid KeySchema: The first KeySchemaElement is not a HASH key type")
    return Key(roles["HASH"], roles.get("RANGE"))


def _index_of(definition: Parameters, place: int, table_key: Key, kinds: Mapping[str, str]) -> Index:
    key = _key_of(definition["KeySchema"], kinds)
    projection = definition.get("Projection") or {}
    projected = None
    if projection.get("ProjectionType") != "ALL":
        projected = key.names | table_key.names | frozenset(projection.get("NonKeyAttributes") or ())
    return Index(definition["IndexName"], key, projected, (f"hash{place}", f"range{place}"))


def table_named(world: World, params: Parameters) -> Table:
    if not _NOT_DONE_HERE.isdisjoint(params):
        asked = ", ".join(sorted(_NOT_DONE_HERE & params.keys()))
        raise NotImplementedError(f"the local run's DynamoDB does not do {asked}")
    table = state_of(world).tables.get(params["TableName"])
    if table is None:
        raise AwsError("ResourceNotFoundException", "Requested resource not found")
    return table


def create_table(world: World, params: Parameters) -> Answer:
    """Makes a table, ready at once. Takes boto3's parameters or the properties of an AWS::DynamoDB::Table."""
    name = params["TableName"]
    if not _NOT_DONE_HERE.isdisjoint(params):
        raise NotImplementedError(f"the local run's DynamoDB has no local indexes (table {name})")
    if not re.fullmatch(r"[A-Za-z0-9_.-]{3,255}", name):
        raise invalid("TableName must be at least 3 characters long and at most 255 characters long, a-z A-Z 0-9 _ . -")
    if name in state_of(world).tables:
        raise AwsError("ResourceInUseException", f"Table already exists: {name}")
    definition = {**params, "CreatedAt": world.now()}
    table = _table_of(definition)
    _check_definitions(table)
    columns = [column for index in table.indexes for column in index.columns]
    world.db.execute(
        f"CREATE TABLE {table.rows} "
        f"({', '.join(['pk', 'sk', 'size', 'item', 'expires', *columns])}, PRIMARY KEY (pk, sk)) WITHOUT ROWID"
    )
    world.db.execute(f'CREATE INDEX "dynamodb {name} expires" ON {table.rows} (expires) WHERE expires IS NOT NULL')
    for index in table.indexes:
        hash_column, range_column = index.columns
        world.db.execute(
            f'CREATE INDEX "dynamodb {name} {index.name}" ON {table.rows} '
            f"({hash_column}, {range_column}, pk, sk) WHERE {hash_column} IS NOT NULL"
        )
    if table.stream:
        world.db.execute(
            f"CREATE TABLE {table.changes} "
            "(position INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER, old BLOB, new BLOB, by_ttl INTEGER)"
        )
    world.db.execute(
        "CREATE TABLE IF NOT EXISTS dynamodb_tokens (token TEXT PRIMARY KEY, at INTEGER, actions BLOB) WITHOUT ROWID"
    )
    world.db.execute("CREATE INDEX IF NOT EXISTS dynamodb_tokens_at ON dynamodb_tokens (at)")
    _define(world, definition)
    return {"TableDescription": _description(world, table)}


def _check_definitions(table: Table) -> None:
    used = set(table.key.names).union(*(index.key.names for index in table.indexes))
    defined = {each["AttributeName"] for each in table.definition["AttributeDefinitions"]}
    if used != defined:
        raise invalid(
            "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly "
            "match number of attributes defined in AttributeDefinitions"
        )


def describe_table(world: World, params: Parameters) -> Answer:
    table = state_of(world).tables.get(params["TableName"])
    if table is None:
        name = params["TableName"]
        raise AwsError("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")
    return {"Table": _description(world, table)}


def _description(world: World, table: Table) -> Answer:
    items, size = world.db.execute(f"SELECT count(*), coalesce(sum(size), 0) FROM {table.rows}").fetchone()
    description: Answer = {
        "TableName": table.name,
        "TableArn": _ARN + table.name,
        "TableStatus": "ACTIVE",
        "CreationDateTime": table.definition["CreatedAt"] / 1000,
        "KeySchema": table.definition["KeySchema"],
        "AttributeDefinitions": table.definition["AttributeDefinitions"],
        "ItemCount": items,
        "TableSizeBytes": size,
        "BillingModeSummary": {"BillingMode": "PAY_PER_REQUEST"},
    }
    if table.indexes:
        description["GlobalSecondaryIndexes"] = [
            {**each, "IndexStatus": "ACTIVE", "IndexArn": f"{_ARN}{table.name}/index/{each['IndexName']}"}
            for each in table.definition["GlobalSecondaryIndexes"]
        ]
    if table.stream:
        description["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": table.stream}
        description["LatestStreamArn"] = stream_arn(table)
    return description


def stream_arn(table: Table) -> str:
    return f"{_ARN}{table.name}/stream/local"


def update_time_to_live(world: World, params: Parameters) -> Answer:
    """Switches TTL on or off; items already there take part at once."""
    table, ttl = table_named(world, params), params["TimeToLiveSpecification"]
    if ttl["Enabled"] == (table.expires is not None):
        raise invalid(f"TimeToLive is already {'enabled' if ttl['Enabled'] else 'disabled'}")
    table = _define(world, {**table.definition, "TimeToLiveSpecification": ttl})
    for pk, sk, blob in world.db.execute(f"SELECT pk, sk, item FROM {table.rows}").fetchall():
        expires = expiry(table, decode(blob))
        world.db.execute(f"UPDATE {table.rows} SET expires = ? WHERE pk = ? AND sk = ?", (expires, pk, sk))
    return {"TimeToLiveSpecification": ttl}


# ── keys ──

_KEY_LIMITS = (
    (2048, "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    (1024, "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"),
)


def place_of_key(table: Table, key: Item) -> Place:
    """Where an item with these key attributes, and no others, is kept."""
    if key.keys() != table.key.names:
        raise invalid("The provided key element does not match the schema")
    for attribute in table.key.attributes:
        if attribute.kind not in key[attribute.name]:
            raise invalid("The provided key element does not match the schema")
    return key_values(table.key, key)


def place_of_item(table: Table, item: Item) -> Place:
    for attribute in table.key.attributes:
        name = attribute.name
        if name not in item:
            raise invalid(f"One or more parameter values were invalid: Missing the key {name} in the item")
        if attribute.kind not in item[name]:
            raise invalid(
                f"One or more parameter values were invalid: Type mismatch for key {name} "
                f"expected: {attribute.kind} actual: {next(iter(item[name]))}"
            )
    return key_values(table.key, item)


def key_values(key: Key, item: Item, index: str | None = None) -> Place:
    values: list[KeyValue] = []
    for attribute, (limit, problem) in zip(key.attributes, _KEY_LIMITS, strict=False):
        value = sortable(spell(item[attribute.name]))
        if not value:
            kind = "string" if attribute.kind == "S" else "binary"
            raise invalid(
                "One or more parameter values are not valid. "
                + (
                    f"The AttributeValue for a key attribute cannot contain an empty {kind} value. "
                    f"Key: {attribute.name}"
                    if index is None
                    else "A value specified for a secondary index key is not supported. The AttributeValue for a "
                    f"key attribute cannot contain an empty {kind} value. "
                    f"IndexName: {index}, IndexKey: {attribute.name}"
                )
            )
        if len(value) * 4 > limit and len(value.encode() if isinstance(value, str) else value) > limit:
            raise invalid(f"One or more parameter values were invalid: {problem}")
        values.append(value)
    # A key without a range keeps the empty string there, so that every query is written the same way.
    return values[0], values[1] if len(values) > 1 else ""


def place_in_index(index: Index, item: Item) -> tuple[KeyValue | None, KeyValue | None]:
    """Where `item` stands in the index; nowhere when it lacks a key. Refuses a key of another type."""
    for attribute in index.key.attributes:
        value = item.get(attribute.name)
        if value is not None and attribute.kind not in value:
            raise invalid(
                f"One or more parameter values were invalid: Type mismatch for Index Key {attribute.name} "
                f"Expected: {attribute.kind} Actual: {next(iter(value))} IndexName: {index.name}"
            )
    if not index.key.names <= item.keys():
        return None, None
    return key_values(index.key, item, index.name)


def key_part(item: Item, *keys: Key) -> Item:
    return {a.name: item[a.name] for key in keys for a in key.attributes}


def expiry(table: Table, item: Item) -> int | None:
    """The second from which the item may be deleted by TTL."""
    value = item.get(table.expires, {}).get("N") if table.expires else None
    return int(decimal_of(value)) if value is not None and decimal_of(value) < 2**62 else None


# ── rows ──


def encode(item: Item) -> bytes:
    # Five times as fast as JSON, and holds binaries; only this file is ever read back. From its version 3 on, what is
    # written depends on who else holds a text, too: a run would not repeat exactly.
    return marshal.dumps(item, 2)


def decode(blob: bytes) -> Item:
    return marshal.loads(blob)  # type: ignore[no-any-return]  # noqa: S302


class Stored:
    """An item as it stands; decoded when somebody looks into it."""

    __slots__ = ("_item", "blob", "size")

    def __init__(self, blob: bytes, size: int) -> None:
        self.blob, self.size = blob, size
        self._item: Item | None = None

    @property
    def item(self) -> Item:
        if self._item is None:
            self._item = decode(self.blob)
        return self._item


def stored(world: World, table: Table, place: Place) -> Stored | None:
    row = world.db.execute(table.look, place).fetchone()
    return None if row is None else Stored(*row)


# ── capacity ──


@dataclass
class Units:
    """What one operation consumed of one table: by the table itself, and by each of its indexes."""

    table: float = 0.0
    indexes: dict[str, float] = field(default_factory=dict)

    @property
    def total(self) -> float:
        return self.table + sum(self.indexes.values())

    def add(self, other: Units) -> None:
        self.table += other.table
        for name, units in other.indexes.items():
            self.indexes[name] = self.indexes.get(name, 0.0) + units


EVENTUAL, STRONG, TRANSACTIONAL = 0.5, 1.0, 2.0


def read_units(size: int, rate: float) -> float:
    """Units for reading `size` bytes, at least one portion of 4 KB: an item that is not there costs one, too."""
    return max(1, -(-size // 4096)) * rate


def write_units(size: int) -> float:
    return float(max(1, -(-size // 1024)))


def index_write_units(index: Index, before: Stored | None, after: Item | None, size: int) -> float:
    """One write to put, change or take away an entry, two where its key changes, none where it stays the same."""
    old, new = index.entry(before.item if before else None), index.entry(after)
    if old == new:
        return 0.0
    old_size = 0 if old is None or before is None else before.size if old is before.item else item_size(old)
    new_size = 0 if new is None else size if new is after else item_size(new)
    if old is not None and new is not None and any(old[name] != new[name] for name in index.key.names):
        return write_units(old_size) + write_units(new_size)
    return write_units(max(old_size, new_size))


def count(world: World, table: Table, reads: float = 0.0, writes: float = 0.0) -> None:
    state = state_of(world)
    counted = state.capacity[table.name]
    counted.reads += reads
    counted.writes += writes
    state.unsaved += 1
    if state.unsaved >= _CAPACITY_SAVED_EVERY:
        _save_capacity(world, state)


def _save_capacity(world: World, state: _State) -> None:
    counts = {name: [counted.reads, counted.writes] for name, counted in state.capacity.items()}
    world.set_setting("dynamodb capacity", json.dumps(counts))
    state.unsaved = 0


def capacity(world: World) -> dict[str, Capacity]:
    """Units consumed since the world began, per table with its indexes; refused conditions cost as they do there.

    Index writes of a transaction are counted once (they follow its commit); the table's own are counted twice.
    """
    with world.lock:
        state = state_of(world)
        if state.unsaved:
            _save_capacity(world, state)
        return {name: Capacity(counted.reads, counted.writes) for name, counted in state.capacity.items()}


def _consumed(table: Table, units: Units, params: Parameters, kind: str = "") -> Answer | None:
    """A ConsumedCapacity as asked for. `kind` is `Read` or `Write` in transactions, which name it."""
    asked = params.get("ReturnConsumedCapacity", "NONE")
    if asked == "NONE":
        return None

    def amount(value: float) -> Answer:
        return {"CapacityUnits": value} | ({f"{kind}CapacityUnits": value} if kind else {})

    answer = {"TableName": table.name, **amount(units.total)}
    if asked == "INDEXES":
        answer["Table"] = amount(units.table)
        if units.indexes:
            answer["GlobalSecondaryIndexes"] = {name: amount(each) for name, each in units.indexes.items()}
    return answer


def with_consumed(answer: Answer, table: Table, units: Units, params: Parameters) -> Answer:
    consumed = _consumed(table, units, params)
    if consumed is not None:
        answer["ConsumedCapacity"] = consumed
    return answer


def with_all_consumed(
    answer: Answer, used: Mapping[str, Units], params: Parameters, world: World, kind: str = ""
) -> Answer:
    tables = state_of(world).tables
    consumed = [_consumed(tables[name], units, params, kind) for name, units in used.items()]
    if any(consumed):
        answer["ConsumedCapacity"] = consumed
    return answer
