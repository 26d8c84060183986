"""The local DynamoDB against moto on the same cases, so that nobody has to trust our stand-in alone.

`backend` runs a test on both. Where moto does not do what the service documents, MOTO_DIFFERS says why, and the case is
expected to fail there (so we learn when moto is mended). Tests that take `local` are for the stand-in only: they say
what moto lacks, or check capacity, streams and TTL against the developer guide's numbers.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Any

import boto3
import moto
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID

from infra.local.aws import dynamodb
from infra.local.aws.calls import connect
from infra.local.aws.world import World

NOW = 1_767_225_600_000  # 2026-01-01
DAY = 86_400_000


def plain(value: Any) -> dict[str, Any]:
    """A Python value as an attribute value."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": str(value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bytes):
        return {"B": value}
    if isinstance(value, dict):
        return {"M": {name: plain(member) for name, member in value.items()}}
    if isinstance(value, list):
        return {"L": [plain(element) for element in value]}
    if all(isinstance(member, str) for member in value):
        return {"SS": sorted(value)}
    return {"NS": [str(member) for member in sorted(value)]}


def item(**attributes: Any) -> dict[str, Any]:
    return {name: plain(value) for name, value in attributes.items()}


def values(**attributes: Any) -> dict[str, Any]:
    return {f":{name}": plain(value) for name, value in attributes.items()}


def key(contact: str = "c1", kind: str = "PROFILE") -> dict[str, Any]:
    return item(contact=contact, kind=kind)


CONTACTS: dict[str, Any] = {
    "TableName": "Contacts",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [
        {"AttributeName": "contact", "KeyType": "HASH"},
        {"AttributeName": "kind", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "contact", "AttributeType": "S"},
        {"AttributeName": "kind", "AttributeType": "S"},
        {"AttributeName": "lane", "AttributeType": "S"},
        {"AttributeName": "wake_at", "AttributeType": "N"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "wake",
            "KeySchema": [
                {"AttributeName": "lane", "KeyType": "HASH"},
                {"AttributeName": "wake_at", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["version"]},
        },
        {
            "IndexName": "all",
            "KeySchema": [{"AttributeName": "lane", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        },
        {
            "IndexName": "keys",
            "KeySchema": [{"AttributeName": "lane", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
    ],
}


def one_key_table(name: str, kind: str = "S", **more: Any) -> dict[str, Any]:
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": kind}],
        **more,
    }


READINGS: dict[str, Any] = {
    "TableName": "Readings",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "id", "AttributeType": "S"},
        {"AttributeName": "n", "AttributeType": "N"},
    ],
}


def tables(client: Any) -> Any:
    for definition in (CONTACTS, READINGS, one_key_table("Identities")):
        client.create_table(**definition)
    return client


MOTO_DIFFERS = {
    "1e126": "moto does not limit the magnitude of numbers",
    "1" * 39: "moto does not limit the digits of numbers",
    "index key of another type": "moto takes an item whose index key is of another type",
    "n <= :n": "moto raises a TypeError where the two types cannot be compared; the service says no",
    "SET fresh = #map, #map.a = :v": "moto shares the copied map with the original, so both change",
    "test_an_update_makes_the_item_that_was_not_there": "moto raises an AttributeError without an UpdateExpression",
    "SET n.a = :v": "moto sets members of what is no map",
    "SET #map = :v, #map.a = :v": "moto finds only paths that are the same, not those that overlap",
    "UPDATED_OLD": "moto returns the whole old map where only a member was updated",
    "test_a_projection_keeps_the_items_shape": "moto does not see a name that is used with an index (`#l[1]`)",
    "contact = :c OR kind = :c": "moto raises an AssertionError",
    "test_a_filter_on_the_key_is_refused": "moto filters by keys",
    "26 writes": "moto takes more than 25",
    "put and delete of one item in a batch": "moto finds only two puts of one item",
    "test_a_token_with_another_request_is_refused": "moto does not look at ClientRequestToken",
    "test_a_transactional_read_answers_in_order": "moto does not apply a ProjectionExpression in TransactGetItems",
}


@pytest.fixture
def world() -> World:
    return World(now=NOW)


@pytest.fixture
def local(world: World) -> Any:
    return tables(connect(world, {"dynamodb": dynamodb.OPERATIONS}).client("dynamodb"))


@pytest.fixture(scope="module")
def mocked() -> Iterator[Any]:
    with moto.mock_aws():
        yield boto3.client("dynamodb", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")


@pytest.fixture
def moto_client(mocked: Any) -> Any:
    get_backend("dynamodb")[DEFAULT_ACCOUNT_ID]["eu-west-1"].reset()
    return tables(mocked)


@pytest.fixture(params=["stand-in", "moto"])
def backend(request: pytest.FixtureRequest) -> Any:
    if request.param == "stand-in":
        return request.getfixturevalue("local")
    for case in (request.node.originalname, *request.node.callspec.params.values()):
        if isinstance(case, str) and case in MOTO_DIFFERS:
            request.applymarker(pytest.mark.xfail(reason=MOTO_DIFFERS[case], strict=True))
    return request.getfixturevalue("moto_client")


def put(client: Any, contact: str = "c1", kind: str = "PROFILE", **attributes: Any) -> None:
    client.put_item(TableName="Contacts", Item=key(contact, kind) | item(**attributes))


def read(client: Any, contact: str = "c1", kind: str = "PROFILE") -> dict[str, Any] | None:
    return unordered(client.get_item(TableName="Contacts", Key=key(contact, kind), ConsistentRead=True).get("Item"))


def unordered(value: Any) -> Any:
    """Sets have no order: sorted, they can be compared."""
    if isinstance(value, dict):
        return {
            name: sorted(inner) if name in ("SS", "NS", "BS") else unordered(inner) for name, inner in value.items()
        }
    return [unordered(element) for element in value] if isinstance(value, list) else value


def error(call: Any, **params: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as raised:
        call(**params)
    return raised.value.response


def code(call: Any, **params: Any) -> str:
    return error(call, **params)["Error"]["Code"]


# ── items ──


def test_an_item_comes_back_as_it_was_put(backend: Any) -> None:
    attributes = {
        "text": "Zoë 🌱",
        "empty": "",
        "whole": 12,
        "flag": False,
        "nothing": None,
        "blob": b"\x00\xff",
        "tags": {"b", "a"},
        "amounts": {1, 2},
        "traits": {"country": "GB", "deep": {"list": [1, "x", {"y": True}]}},
        "list": [],
    }
    put(backend, **attributes)
    assert read(backend) == key() | item(**attributes)
    assert read(backend, "c2") is None


def test_put_replaces_the_whole_item_and_returns_the_old_one_when_asked(backend: Any) -> None:
    put(backend, a=1)
    answer = backend.put_item(TableName="Contacts", Item=key() | item(b=2), ReturnValues="ALL_OLD")
    assert answer["Attributes"] == key() | item(a=1)
    assert read(backend) == key() | item(b=2)


def test_delete_returns_the_old_item_when_asked_and_an_absent_one_is_no_error(backend: Any) -> None:
    put(backend, a=1)
    wanted = {"TableName": "Contacts", "Key": key(), "ReturnValues": "ALL_OLD"}
    assert backend.delete_item(**wanted)["Attributes"] == key() | item(a=1)
    assert "Attributes" not in backend.delete_item(**wanted)
    assert read(backend) is None


BAD_ITEMS: dict[str, dict[str, Any]] = {
    "empty key": {"contact": {"S": ""}, "kind": {"S": "PROFILE"}},
    "key of another type": {"contact": {"N": "1"}, "kind": {"S": "PROFILE"}},
    "missing key": {"contact": {"S": "c1"}},
    "index key of another type": key() | {"lane": {"S": "1"}, "wake_at": {"S": "no number"}},
    "over 400 KB": key() | {"text": {"S": "x" * 409_600}},
    "empty set": key() | {"tags": {"SS": []}},
}


@pytest.mark.parametrize("case", BAD_ITEMS)
def test_an_invalid_item_is_refused_and_leaves_nothing(backend: Any, case: str) -> None:
    assert code(backend.put_item, TableName="Contacts", Item=BAD_ITEMS[case]) == "ValidationException"
    assert backend.scan(TableName="Contacts")["Count"] == 0


def test_400_kb_are_let_through_to_the_byte(local: Any) -> None:
    # The stand-in only: moto's limit is 405,000 bytes.
    names = len("contact") + len("c1") + len("kind") + len("PROFILE") + len("text")
    put(local, text="x" * (400 * 1024 - names))
    with pytest.raises(ClientError, match="Item size has exceeded"):
        put(local, text="x" * (400 * 1024 - names + 1))


@pytest.mark.parametrize(
    ("given_as", "kept_as"),
    [("1.0", "1"), ("-0", "0"), ("1e3", "1000"), ("0012.50", "12.5"), ("1E-3", "0.001"), ("+7", "7")],
)
def test_numbers_come_back_in_one_spelling(local: Any, given_as: str, kept_as: str) -> None:
    # The stand-in only: moto gives a number back as it was spelt.
    local.put_item(TableName="Contacts", Item=key() | {"n": {"N": given_as}})
    assert read(local) == key() | {"n": {"N": kept_as}}


@pytest.mark.parametrize("bad", ["abc", "", "NaN", "Infinity", "1e126", "1e-131", "1" * 39])
def test_what_is_no_dynamodb_number_is_refused(backend: Any, bad: str) -> None:
    assert code(backend.put_item, TableName="Contacts", Item=key() | {"n": {"N": bad}}) == "ValidationException"


def test_a_table_that_does_not_exist_is_named_as_such(backend: Any) -> None:
    wanted = {"TableName": "Nowhere", "Key": item(id="a")}
    assert code(backend.get_item, **wanted) == "ResourceNotFoundException"
    assert code(backend.describe_table, TableName="Nowhere") == "ResourceNotFoundException"
    assert code(backend.create_table, **READINGS) == "ResourceInUseException"


def test_a_key_with_too_many_attributes_is_refused(backend: Any) -> None:
    call = {"TableName": "Contacts", "Key": key() | item(more="x")}
    assert code(backend.get_item, **call) == "ValidationException"


def test_what_the_stand_in_does_not_do_is_said_not_guessed(local: Any) -> None:
    with pytest.raises(NotImplementedError, match="Segment"):
        local.scan(TableName="Contacts", Segment=0, TotalSegments=2)


# ── conditions ──

SUBJECT: dict[str, Any] = {
    "n": 10,
    "text": "hello world",
    "tags": {"red", "blue"},
    "scores": {1, 2},
    "list": [1, "two", {"three": 3}],
    "map": {"a": {"b": "deep"}, "n": 5},
    "flag": True,
    "nil": None,
    "blob": b"\x01\x02",
}
CONDITIONS: list[tuple[str, dict[str, Any], bool]] = [
    ("attribute_exists(n)", {}, True),
    ("attribute_exists(absent)", {}, False),
    ("attribute_not_exists(absent)", {}, True),
    ("attribute_not_exists(#map.a.b)", {}, False),
    ("attribute_exists(#list[2].three)", {}, True),
    ("attribute_exists(#list[3])", {}, False),
    ("attribute_type(n, :t)", {"t": "N"}, True),
    ("attribute_type(#text, :t)", {"t": "N"}, False),
    ("attribute_type(absent, :t)", {"t": "N"}, False),
    ("begins_with(#text, :p)", {"p": "hello"}, True),
    ("begins_with(#text, :p)", {"p": "world"}, False),
    ("begins_with(absent, :p)", {"p": "x"}, False),
    ("contains(#text, :p)", {"p": "o w"}, True),
    ("contains(tags, :p)", {"p": "red"}, True),
    ("contains(tags, :p)", {"p": "re"}, False),
    ("contains(scores, :p)", {"p": 2}, True),
    ("contains(#list, :p)", {"p": "two"}, True),
    ("contains(#list, :p)", {"p": "three"}, False),
    ("size(#text) = :n", {"n": 11}, True),
    ("size(tags) > :n", {"n": 2}, False),
    ("size(#list) >= :n", {"n": 3}, True),
    ("size(#map) = :n", {"n": 2}, True),
    ("size(#blob) = :n", {"n": 2}, True),
    ("n = :n", {"n": 10}, True),
    ("n = :n", {"n": "10"}, False),
    ("n <> :n", {"n": "10"}, True),
    ("absent <> :n", {"n": 1}, True),
    ("absent = :n", {"n": 1}, False),
    ("n > :n", {"n": 9}, True),
    ("n < :n", {"n": 9}, False),
    ("n >= :n AND n <= :n", {"n": 10}, True),
    ("n <= :n", {"n": "z"}, False),
    ("absent < :n", {"n": 1}, False),
    ("#text < :n", {"n": "hellp"}, True),
    ("n BETWEEN :a AND :b", {"a": 10, "b": 11}, True),
    ("n BETWEEN :a AND :b", {"a": 11, "b": 12}, False),
    ("n IN (:a, :b)", {"a": 1, "b": 10}, True),
    ("n IN (:a)", {"a": 1}, False),
    ("absent IN (:a)", {"a": 1}, False),
    ("flag = :t", {"t": True}, True),
    ("nil = :t", {"t": None}, True),
    ("tags = :t", {"t": {"blue", "red"}}, True),
    ("#map.n = :n", {"n": 5}, True),
    ("#list[0] = :n", {"n": 1}, True),
    ("#map.a = :m", {"m": {"b": "deep"}}, True),
    ("NOT n = :n", {"n": 10}, False),
    ("NOT attribute_exists(absent) AND n = :n", {"n": 10}, True),
    ("n = :a OR n = :b AND n = :a", {"a": 10, "b": 11}, True),
    ("(n = :a OR n = :b) AND n = :b", {"a": 10, "b": 11}, False),
    ("n = :a and not (n = :b or flag = :a)", {"a": 10, "b": 11}, True),
    ("#map.n < n", {}, True),
    ("contains(#text, #map.a.b)", {}, False),
]


@pytest.mark.parametrize(("expression", "given_values", "holds"), CONDITIONS)
def test_conditions_hold_or_not_as_documented(
    backend: Any, expression: str, given_values: dict[str, Any], holds: bool
) -> None:
    put(backend, **SUBJECT)
    names = {f"#{name}": name for name in ("map", "list", "text", "blob") if f"#{name}" in expression}
    call: dict[str, Any] = {"TableName": "Contacts", "Key": key(), "ConditionExpression": expression}
    if names:
        call["ExpressionAttributeNames"] = names
    if given_values:
        call["ExpressionAttributeValues"] = values(**given_values)
    if holds:
        backend.delete_item(**call)
        assert read(backend) is None
    else:
        assert code(backend.delete_item, **call) == "ConditionalCheckFailedException"
        assert read(backend) is not None


def test_a_failed_condition_shows_the_item_when_asked(backend: Any) -> None:
    put(backend, a=1)
    call = {"TableName": "Contacts", "Item": key(), "ConditionExpression": "attribute_not_exists(contact)"}
    assert "Item" not in error(backend.put_item, **call)
    assert error(backend.put_item, **call, ReturnValuesOnConditionCheckFailure="ALL_OLD")["Item"] == key() | item(a=1)


BAD_EXPRESSIONS: list[tuple[str, dict[str, Any]]] = [
    ("name = :v", {"ExpressionAttributeValues": values(v=1)}),
    ("a = :v", {"ExpressionAttributeValues": values(v=1, w=2)}),
    ("a = :v", {"ExpressionAttributeValues": values(v=1), "ExpressionAttributeNames": {"#a": "a"}}),
    ("a = :undefined", {"ExpressionAttributeValues": values(v=1)}),
    ("#a = :v", {"ExpressionAttributeValues": values(v=1)}),
    ("a = ", {}),
    ("nonsense(a)", {}),
]


@pytest.mark.parametrize(("expression", "more"), BAD_EXPRESSIONS)
def test_a_faulty_condition_is_refused_before_anything_is_written(
    local: Any, expression: str, more: dict[str, Any]
) -> None:
    # The stand-in only: moto raises a Python error on some of these, and lets others through.
    call = {"TableName": "Contacts", "Item": key(), "ConditionExpression": expression, **more}
    assert code(local.put_item, **call) == "ValidationException"
    assert read(local) is None


@pytest.mark.parametrize(
    ("expression", "given_values", "problem"),
    [
        ("((a = :v))", {"v": 1}, "redundant parentheses"),
        ("a = :v b", {"v": 1}, "Syntax error"),
        ("a ~ :v", {"v": 1}, "Syntax error"),
        ("a < :v", {"v": True}, "Incorrect operand type"),
        ("begins_with(a, :v)", {"v": 1}, "Incorrect operand type"),
        ("size(a, :v) = :v", {"v": 1}, "Syntax error"),
        ("if_not_exists(a, :v) = :v", {"v": 1}, "Invalid function name"),
        ("attribute_type(a, :v)", {"v": "STRING"}, "Invalid attribute type"),
        ("", {"v": 1}, "can not be empty"),
    ],
)
def test_the_refusal_of_a_condition_says_what_is_wrong(
    local: Any, expression: str, given_values: dict[str, Any], problem: str
) -> None:
    call = {"ConditionExpression": expression, "ExpressionAttributeValues": values(**given_values)}
    with pytest.raises(ClientError, match=problem):
        local.put_item(TableName="Contacts", Item=key(), **call)


# ── updates ──

BEFORE: dict[str, Any] = {
    "n": 10,
    "tags": {"red"},
    "list": [1, 2, 3],
    "map": {"a": 1, "deep": {"x": "y"}},
    "text": "t",
}
UPDATES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("SET n = n + :v", {"v": 5}, {"n": 15}),
    ("SET n = n - :v", {"v": 15}, {"n": -5}),
    ("SET n = :v - n", {"v": 15}, {"n": 5}),
    ("SET fresh = if_not_exists(fresh, :v)", {"v": 1}, {"fresh": 1}),
    ("SET n = if_not_exists(n, :v) + :v", {"v": 1}, {"n": 11}),
    ("SET fresh = if_not_exists(fresh, :z) + :v", {"z": 0, "v": 1}, {"fresh": 1}),
    ("SET #list = list_append(#list, :v)", {"v": [4]}, {"list": [1, 2, 3, 4]}),
    ("SET #list = list_append(:v, #list)", {"v": [0]}, {"list": [0, 1, 2, 3]}),
    ("SET fresh = list_append(if_not_exists(fresh, :e), :v)", {"e": [], "v": [1]}, {"fresh": [1]}),
    ("SET #list[1] = :v", {"v": "x"}, {"list": [1, "x", 3]}),
    ("SET #list[9] = :v", {"v": "x"}, {"list": [1, 2, 3, "x"]}),
    ("SET #map.a = :v", {"v": 2}, {"map": {"a": 2, "deep": {"x": "y"}}}),
    ("SET #map.deep.z = :v", {"v": [1]}, {"map": {"a": 1, "deep": {"x": "y", "z": [1]}}}),
    ("SET fresh = #map, #map.a = :v", {"v": 9}, {"fresh": BEFORE["map"], "map": {"a": 9, "deep": {"x": "y"}}}),
    ("SET #text = n, n = #text", {}, {"text": 10, "n": "t"}),
    ("REMOVE #text, absent", {}, {"text": ...}),
    ("REMOVE #list[0], #list[2]", {}, {"list": [2]}),
    ("REMOVE #list[7]", {}, {}),
    ("REMOVE #map.deep.x", {}, {"map": {"a": 1, "deep": {}}}),
    ("ADD n :v", {"v": 1}, {"n": 11}),
    ("ADD fresh :v", {"v": 1}, {"fresh": 1}),
    ("ADD tags :v", {"v": {"red", "blue"}}, {"tags": {"red", "blue"}}),
    ("ADD fresh :v", {"v": {"a"}}, {"fresh": {"a"}}),
    ("DELETE tags :v", {"v": {"red", "other"}}, {"tags": ...}),
    ("DELETE absent :v", {"v": {"red"}}, {}),
    ("SET n = :v REMOVE #text ADD fresh :v DELETE tags :s", {"v": 1, "s": {"x"}}, {"n": 1, "text": ..., "fresh": 1}),
]


def names_in(expression: str) -> dict[str, Any]:
    names = {f"#{name}": name for name in ("map", "list", "text", "n") if f"#{name}" in expression}
    return {"ExpressionAttributeNames": names} if names else {}


def update(client: Any, expression: str, given_values: dict[str, Any], **more: Any) -> Any:
    call: dict[str, Any] = {"TableName": "Contacts", "Key": key(), "UpdateExpression": expression}
    if given_values:
        call["ExpressionAttributeValues"] = values(**given_values)
    return client.update_item(**call, **names_in(expression), **more)


@pytest.mark.parametrize(("expression", "given_values", "changes"), UPDATES)
def test_updates_do_what_is_documented(
    backend: Any, expression: str, given_values: dict[str, Any], changes: dict[str, Any]
) -> None:
    put(backend, **BEFORE)
    update(backend, expression, given_values)
    after = {name: value for name, value in (BEFORE | changes).items() if value is not ...}
    assert read(backend) == key() | item(**after)


def test_an_update_makes_the_item_that_was_not_there(backend: Any) -> None:
    update(backend, "SET a = :v", {"v": 1})
    backend.update_item(TableName="Contacts", Key=key("c2"))
    assert read(backend) == key() | item(a=1)
    assert read(backend, "c2") == key("c2")


@pytest.mark.parametrize(
    ("expression", "given_values"),
    [
        ("SET absent.a = :v", {"v": 1}),
        ("SET n.a = :v", {"v": 1}),
        ("SET n = absent + :v", {"v": 1}),
        ("SET n = absent", {}),
        ("SET n = #text + :v", {"v": 1}),
        ("SET contact = :v", {"v": "c2"}),
        ("ADD #text :v", {"v": 1}),
        ("DELETE #text :v", {"v": {"a"}}),
        ("SET a = :v, a = :v", {"v": 1}),
        ("SET #map = :v, #map.a = :v", {"v": 1}),
        ("SET a = :v SET b = :v", {"v": 1}),
        ("SET a = :v,", {"v": 1}),
    ],
)
def test_an_impossible_update_is_refused_and_changes_nothing(
    backend: Any, expression: str, given_values: dict[str, Any]
) -> None:
    put(backend, **BEFORE)
    with pytest.raises(ClientError, match="ValidationException"):
        update(backend, expression, given_values)
    assert read(backend) == key() | item(**BEFORE)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ("ALL_OLD", key() | item(n=1, map={"a": 1, "b": 2}, gone=1)),
        ("ALL_NEW", key() | item(n=2, map={"a": 5, "b": 2}, fresh=2)),
        ("UPDATED_OLD", item(n=1, map={"a": 1}, gone=1)),
        ("UPDATED_NEW", item(n=2, map={"a": 5}, fresh=2)),
    ],
)
def test_an_update_returns_what_is_asked_for(backend: Any, wanted: str, expected: dict[str, Any]) -> None:
    put(backend, n=1, map={"a": 1, "b": 2}, gone=1)
    answer = update(
        backend,
        "SET n = n + :one, #map.a = :five REMOVE gone ADD fresh :two",
        {"one": 1, "five": 5, "two": 2},
        ReturnValues=wanted,
    )
    assert answer["Attributes"] == expected


def test_sums_are_exact_to_38_digits(backend: Any) -> None:
    backend.put_item(TableName="Contacts", Item=key() | {"n": {"N": "1" + "0" * 36}})
    backend.update_item(
        TableName="Contacts", Key=key(), UpdateExpression="ADD n :v", ExpressionAttributeValues={":v": {"N": "1"}}
    )
    assert read(backend) == key() | {"n": {"N": "1" + "0" * 35 + "1"}}


# ── queries ──


def events(client: Any) -> None:
    for number in (3, 1, 2, 10, 20):
        put(client, kind=f"EVENT#{number:02d}", number=number)
    put(client, version=1)
    put(client, contact="c2", kind="EVENT#01")


def kinds(answer: dict[str, Any]) -> list[str]:
    return [each["kind"]["S"] for each in answer["Items"]]


@pytest.mark.parametrize(
    ("condition", "given_values", "found"),
    [
        ("contact = :c", {}, ["EVENT#01", "EVENT#02", "EVENT#03", "EVENT#10", "EVENT#20", "PROFILE"]),
        ("contact = :c AND kind = :k", {"k": "PROFILE"}, ["PROFILE"]),
        ("contact = :c AND begins_with(kind, :k)", {"k": "EVENT#0"}, ["EVENT#01", "EVENT#02", "EVENT#03"]),
        (
            "contact = :c AND kind BETWEEN :k AND :l",
            {"k": "EVENT#02", "l": "EVENT#10"},
            ["EVENT#02", "EVENT#03", "EVENT#10"],
        ),
        ("contact = :c AND kind > :k", {"k": "EVENT#10"}, ["EVENT#20", "PROFILE"]),
        ("contact = :c AND kind >= :k", {"k": "EVENT#20"}, ["EVENT#20", "PROFILE"]),
        ("kind < :k AND contact = :c", {"k": "EVENT#02"}, ["EVENT#01"]),
        ("(contact = :c) AND (kind <= :k)", {"k": "EVENT#02"}, ["EVENT#01", "EVENT#02"]),
    ],
)
def test_a_query_finds_a_partitions_items_in_order(
    backend: Any, condition: str, given_values: dict[str, Any], found: list[str]
) -> None:
    events(backend)
    call = {
        "TableName": "Contacts",
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": values(c="c1", **given_values),
    }
    assert kinds(backend.query(**call)) == found
    assert kinds(backend.query(**call, ScanIndexForward=False)) == found[::-1]


def test_numbers_are_ordered_as_numbers(backend: Any) -> None:
    numbers = ["-1000", "-10.5", "-10", "-9", "-0.01", "0", "0.002", "0.01", "1", "1.5", "9", "10", "99", "100", "1e20"]
    for text in reversed(numbers):
        backend.put_item(TableName="Readings", Item={"id": {"S": "a"}, "n": {"N": text}})
    call = {"TableName": "Readings", "KeyConditionExpression": "id = :i", "ExpressionAttributeValues": values(i="a")}
    answer = backend.query(**call)
    assert [float(each["n"]["N"]) for each in answer["Items"]] == [float(text) for text in numbers]
    call["KeyConditionExpression"] = "id = :i AND n BETWEEN :a AND :b"
    answer = backend.query(**call | {"ExpressionAttributeValues": values(i="a", a=-10, b=1)})
    assert [float(each["n"]["N"]) for each in answer["Items"]] == [-10, -9, -0.01, 0, 0.002, 0.01, 1]


def pages(call: Any, **params: Any) -> list[dict[str, Any]]:
    answers = [call(**params)]
    while "LastEvaluatedKey" in answers[-1]:
        answers.append(call(**params, ExclusiveStartKey=answers[-1]["LastEvaluatedKey"]))
    return answers


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 4, 6, 7])
def test_pages_cover_everything_once_in_order(backend: Any, limit: int, forward: bool) -> None:
    events(backend)
    call = {
        "TableName": "Contacts",
        "KeyConditionExpression": "contact = :c",
        "ExpressionAttributeValues": values(c="c1"),
        "ScanIndexForward": forward,
    }
    whole = kinds(backend.query(**call))
    answers = pages(backend.query, **call, Limit=limit)
    assert [kind for answer in answers for kind in kinds(answer)] == whole
    assert all(answer["ScannedCount"] <= limit for answer in answers)


def test_a_filter_drops_after_the_limit_has_counted(backend: Any) -> None:
    events(backend)
    call = {
        "TableName": "Contacts",
        "KeyConditionExpression": "contact = :c",
        "FilterExpression": "#n >= :n",
        "ExpressionAttributeNames": {"#n": "number"},
        "ExpressionAttributeValues": values(c="c1", n=3),
    }
    answer = backend.query(**call, Limit=3)
    assert (kinds(answer), answer["Count"], answer["ScannedCount"]) == (["EVENT#03"], 1, 3)
    assert answer["LastEvaluatedKey"] == key(kind="EVENT#03")
    assert [kind for page in pages(backend.query, **call, Limit=3) for kind in kinds(page)] == [
        "EVENT#03",
        "EVENT#10",
        "EVENT#20",
    ]


def test_a_count_carries_no_items(backend: Any) -> None:
    events(backend)
    answer = backend.query(
        TableName="Contacts",
        KeyConditionExpression="contact = :c",
        ExpressionAttributeValues=values(c="c1"),
        Select="COUNT",
    )
    assert answer["Count"] == 6
    assert "Items" not in answer


def test_a_projection_keeps_the_items_shape(backend: Any) -> None:
    put(backend, a=1, map={"x": {"y": 1, "z": 2}}, list=[1, {"k": 2, "l": 3}, 3], other="o")
    answer = backend.get_item(
        TableName="Contacts",
        Key=key(),
        ProjectionExpression="a, #m.x.y, #l[1].k, #l[0], absent",
        ExpressionAttributeNames={"#m": "map", "#l": "list"},
    )
    assert answer["Item"] == item(a=1, map={"x": {"y": 1}}, list=[1, {"k": 2}])


@pytest.mark.parametrize(
    "condition",
    [
        "kind = :c",
        "contact > :c",
        "contact = :c OR kind = :c",
        "contact = :c AND extra = :c",
        "begins_with(contact, :c)",
    ],
)
def test_a_query_needs_one_partition(backend: Any, condition: str) -> None:
    call = {"KeyConditionExpression": condition, "ExpressionAttributeValues": values(c="c1")}
    assert code(backend.query, TableName="Contacts", **call) == "ValidationException"


def test_a_filter_on_the_key_is_refused(backend: Any) -> None:
    call = {"KeyConditionExpression": "contact = :c", "FilterExpression": "kind = :c"}
    assert (
        code(backend.query, TableName="Contacts", **call, ExpressionAttributeValues=values(c="c1"))
        == "ValidationException"
    )


def test_a_page_ends_after_a_megabyte(backend: Any) -> None:
    for number in range(5):
        put(backend, kind=f"EVENT#{number}", text="x" * 300_000)
    call = {"KeyConditionExpression": "contact = :c", "ExpressionAttributeValues": values(c="c1")}
    answers = pages(backend.query, TableName="Contacts", **call)
    assert len(answers) == 2
    assert sum(answer["Count"] for answer in answers) == 5


def test_a_scan_reads_everything_page_by_page(backend: Any) -> None:
    events(backend)
    answers = pages(backend.scan, TableName="Contacts", Limit=2)
    found = [(each["contact"]["S"], each["kind"]["S"]) for answer in answers for each in answer["Items"]]
    assert len(found) == len(set(found)) == 7
    filtered = backend.scan(
        TableName="Contacts", FilterExpression="contact = :c", ExpressionAttributeValues=values(c="c2")
    )
    assert (filtered["Count"], filtered["ScannedCount"]) == (1, 7)


# ── indexes ──


def sleepers(client: Any) -> None:
    for contact, wake_at in (("c1", 100), ("c2", 20), ("c3", 3)):
        put(client, contact, lane="s", wake_at=wake_at, version=1, text="x")
    put(client, "c4", lane="s", version=1)
    put(client, "c5", wake_at=5)


def test_an_index_is_sparse_and_ordered_by_its_own_key(backend: Any) -> None:
    sleepers(backend)
    call = {
        "TableName": "Contacts",
        "IndexName": "wake",
        "KeyConditionExpression": "lane = :s AND wake_at <= :t",
        "ExpressionAttributeValues": values(s="s", t=20),
    }
    answer = backend.query(**call)
    assert [each["contact"]["S"] for each in answer["Items"]] == ["c3", "c2"]
    update(backend, "SET wake_at = :t", {"t": 4})
    backend.update_item(TableName="Contacts", Key=key("c2"), UpdateExpression="REMOVE lane")
    backend.delete_item(TableName="Contacts", Key=key("c3"))
    assert [each["contact"]["S"] for each in backend.query(**call)["Items"]] == ["c1"]
    assert backend.scan(TableName="Contacts", IndexName="wake")["Count"] == 1


@pytest.mark.parametrize(
    ("index", "attributes"),
    [
        ("wake", {"contact", "kind", "lane", "wake_at", "version"}),
        ("all", {"contact", "kind", "lane", "wake_at", "version", "text"}),
        ("keys", {"contact", "kind", "lane"}),
    ],
)
def test_an_index_shows_what_it_projects(backend: Any, index: str, attributes: set[str]) -> None:
    put(backend, lane="s", wake_at=1, version=1, text="x")
    answer = backend.query(
        TableName="Contacts",
        IndexName=index,
        KeyConditionExpression="lane = :s",
        ExpressionAttributeValues=values(s="s"),
    )
    assert set(answer["Items"][0]) == attributes


@pytest.mark.parametrize("index", ["wake", "all"])
def test_an_index_is_paged_through_equal_keys(backend: Any, index: str) -> None:
    for number in range(5):
        put(backend, f"c{number}", lane="s", wake_at=7)
    call = {
        "TableName": "Contacts",
        "IndexName": index,
        "KeyConditionExpression": "lane = :s",
        "ExpressionAttributeValues": values(s="s"),
    }
    found = [each["contact"]["S"] for page in pages(backend.query, **call, Limit=2) for each in page["Items"]]
    assert sorted(found) == [f"c{number}" for number in range(5)]


def test_an_index_cannot_be_read_consistently_or_beyond_its_projection(local: Any) -> None:
    # The stand-in only: moto answers both.
    call = {"KeyConditionExpression": "lane = :s", "ExpressionAttributeValues": values(s="s")}
    for more in ({"ConsistentRead": True}, {"Select": "ALL_ATTRIBUTES"}, {"ProjectionExpression": "extra"}):
        assert code(local.query, TableName="Contacts", IndexName="keys", **call, **more) == "ValidationException"


# ── batches ──


def test_batches_write_and_read_across_tables(backend: Any) -> None:
    put(backend, "old")
    writes = [{"PutRequest": {"Item": key(f"c{number}")}} for number in range(3)]
    backend.batch_write_item(
        RequestItems={
            "Contacts": [*writes, {"DeleteRequest": {"Key": key("old")}}],
            "Identities": [{"PutRequest": {"Item": item(id="i")}}],
        }
    )
    answer = backend.batch_get_item(
        RequestItems={
            "Contacts": {"Keys": [key("c0"), key("c2"), key("old")], "ConsistentRead": True},
            "Identities": {"Keys": [item(id="i")], "ProjectionExpression": "id"},
        }
    )
    assert sorted(each["contact"]["S"] for each in answer["Responses"]["Contacts"]) == ["c0", "c2"]
    assert answer["Responses"]["Identities"] == [item(id="i")]
    assert answer["UnprocessedKeys"] == {}


IDS = [item(id=str(number)) for number in range(101)]
BAD_BATCHES: dict[str, tuple[str, Any]] = {
    "26 writes": ("batch_write_item", [{"PutRequest": {"Item": each}} for each in IDS[:26]]),
    "put and delete of one item in a batch": (
        "batch_write_item",
        [{"PutRequest": {"Item": IDS[0]}}, {"DeleteRequest": {"Key": IDS[0]}}],
    ),
    "101 reads": ("batch_get_item", {"Keys": IDS}),
    "one item read twice": ("batch_get_item", {"Keys": [IDS[0], IDS[0]]}),
}


@pytest.mark.parametrize("case", BAD_BATCHES)
def test_batches_have_their_limits(backend: Any, case: str) -> None:
    call, request = BAD_BATCHES[case]
    assert code(getattr(backend, call), RequestItems={"Identities": request}) == "ValidationException"


def test_a_batch_that_reads_over_16_mb_says_what_it_left(backend: Any) -> None:
    for number in range(45):
        put(backend, f"c{number:02d}", text="x" * 390_000)
    left = {"Contacts": {"Keys": [key(f"c{number:02d}") for number in range(45)]}}
    found: list[str] = []
    rounds = 0
    while left:
        answer = backend.batch_get_item(RequestItems=left)
        found += [each["contact"]["S"] for each in answer["Responses"]["Contacts"]]
        left, rounds = answer["UnprocessedKeys"], rounds + 1
    assert (rounds, sorted(found)) == (2, [f"c{number:02d}" for number in range(45)])


# ── transactions ──


def put_action(contact: str, condition: str | None = None, **attributes: Any) -> dict[str, Any]:
    action: dict[str, Any] = {"TableName": "Contacts", "Item": key(contact) | item(**attributes)}
    return {"Put": action | ({"ConditionExpression": condition} if condition else {})}


def test_a_transaction_does_all_its_actions(backend: Any) -> None:
    for contact in ("checked", "updated", "deleted"):
        put(backend, contact, n=1)
    where = {"TableName": "Contacts"}
    backend.transact_write_items(
        TransactItems=[
            put_action("made", "attribute_not_exists(contact)", n=1),
            {"ConditionCheck": {**where, "Key": key("checked"), "ConditionExpression": "attribute_exists(n)"}},
            {
                "Update": {
                    **where,
                    "Key": key("updated"),
                    "UpdateExpression": "SET n = n + :v",
                    "ConditionExpression": "n = :v",
                    "ExpressionAttributeValues": values(v=1),
                }
            },
            {"Delete": {**where, "Key": key("deleted")}},
            {"Put": {"TableName": "Identities", "Item": item(id="i")}},
        ]
    )
    assert [read(backend, contact) for contact in ("made", "checked", "updated", "deleted")] == [
        key("made") | item(n=1),
        key("checked") | item(n=1),
        key("updated") | item(n=2),
        None,
    ]


def test_one_failed_condition_cancels_everything_and_the_reasons_are_in_order(backend: Any) -> None:
    put(backend, "there", n=1)
    refused = put_action("there", "attribute_not_exists(contact)")
    refused["Put"]["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    check = {"TableName": "Contacts", "Key": key("gone"), "ConditionExpression": "attribute_exists(contact)"}
    answer = error(
        backend.transact_write_items, TransactItems=[put_action("fresh"), refused, {"ConditionCheck": check}]
    )
    assert answer["Error"]["Code"] == "TransactionCanceledException"
    assert answer["Error"]["Message"].endswith("[None, ConditionalCheckFailed, ConditionalCheckFailed]")
    reasons = answer["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]
    assert reasons[1]["Item"] == key("there") | item(n=1)
    assert "Item" not in reasons[2]
    assert read(backend, "fresh") is None


def test_an_update_that_cannot_be_done_cancels_the_transaction(local: Any) -> None:
    # The stand-in only: moto answers a plain ValidationException.
    put(local, "there", n="text")
    bad = {
        "TableName": "Contacts",
        "Key": key("there"),
        "UpdateExpression": "ADD n :v",
        "ExpressionAttributeValues": values(v=1),
    }
    answer = error(local.transact_write_items, TransactItems=[put_action("fresh"), {"Update": bad}])
    assert answer["Error"]["Code"] == "TransactionCanceledException"
    assert [reason["Code"] for reason in answer["CancellationReasons"]] == ["None", "ValidationError"]
    assert read(local, "fresh") is None


def test_a_transaction_touches_an_item_once(backend: Any) -> None:
    twice = [put_action("c1"), {"Delete": {"TableName": "Contacts", "Key": key("c1")}}]
    answer = error(backend.transact_write_items, TransactItems=twice)
    assert answer["Error"]["Code"] == "ValidationException"
    assert "multiple operations on one item" in answer["Error"]["Message"]


def test_a_transaction_has_at_most_100_actions(backend: Any) -> None:
    actions = [put_action(f"c{number}") for number in range(101)]
    assert code(backend.transact_write_items, TransactItems=actions) == "ValidationException"
    backend.transact_write_items(TransactItems=actions[:100])
    assert backend.scan(TableName="Contacts", Select="COUNT")["Count"] == 100


def test_a_transaction_has_at_most_4_mb(local: Any) -> None:
    # The stand-in only: moto does not count them.
    actions = [put_action(f"c{number}", text="x" * 400_000) for number in range(11)]
    assert code(local.transact_write_items, TransactItems=actions) == "ValidationException"
    assert read(local, "c0") is None


def test_a_repeated_token_does_nothing_for_ten_minutes(world: World, local: Any) -> None:
    # The stand-in only: moto does not look at ClientRequestToken.
    count = {
        "TableName": "Contacts",
        "Key": key(),
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": values(one=1),
    }
    call = {"TransactItems": [{"Update": count}], "ClientRequestToken": "token"}
    for _ in range(3):
        local.transact_write_items(**call)
    assert read(local) == key() | item(n=1)
    world.turn(NOW + 10 * 60_000 - 1)
    local.transact_write_items(**call)
    assert read(local) == key() | item(n=1)
    world.turn(NOW + 10 * 60_000)
    local.transact_write_items(**call)
    assert read(local) == key() | item(n=2)


def test_a_token_with_another_request_is_refused(backend: Any) -> None:
    backend.transact_write_items(TransactItems=[put_action("c1")], ClientRequestToken="token")
    call = {"TransactItems": [put_action("c2")], "ClientRequestToken": "token"}
    assert code(backend.transact_write_items, **call) == "IdempotentParameterMismatchException"
    assert read(backend, "c2") is None


def test_a_cancelled_transaction_can_be_tried_again_with_its_token(backend: Any) -> None:
    call = {"TransactItems": [put_action("c1", "attribute_exists(contact)", n=2)], "ClientRequestToken": "token"}
    assert code(backend.transact_write_items, **call) == "TransactionCanceledException"
    put(backend, "c1")
    backend.transact_write_items(**call)
    assert read(backend, "c1") == key("c1") | item(n=2)


def test_a_transaction_without_a_token_can_be_repeated(backend: Any) -> None:
    for _ in range(2):
        backend.transact_write_items(TransactItems=[put_action("c1", n=1)])
    assert read(backend, "c1") == key("c1") | item(n=1)


def test_a_transactional_read_answers_in_order(backend: Any) -> None:
    put(backend, "c1", a=1, b=2)
    put(backend, "c3", a=3)
    gets = [{"Get": {"TableName": "Contacts", "Key": key(contact)}} for contact in ("c3", "c2", "c1")]
    gets[2]["Get"]["ProjectionExpression"] = "b"
    answer = backend.transact_get_items(TransactItems=gets)
    assert answer["Responses"] == [{"Item": key("c3") | item(a=3)}, {}, {"Item": item(b=2)}]


# ── both, on random histories ──

CONTACT = st.sampled_from(["c1", "c2"])
KIND = st.sampled_from(["A", "AB", "B"])
SMALL = st.integers(-3, 3)
OPERATION = st.one_of(
    st.tuples(st.just("put"), CONTACT, KIND, SMALL, st.sampled_from(["s", "t", None])),
    st.tuples(st.just("add"), CONTACT, KIND, SMALL, st.none()),
    st.tuples(st.just("claim"), CONTACT, KIND, SMALL, st.none()),
    st.tuples(st.just("sleep"), CONTACT, KIND, SMALL, st.none()),
    st.tuples(st.just("forget"), CONTACT, KIND, SMALL, st.none()),
    st.tuples(st.just("delete"), CONTACT, KIND, SMALL, st.none()),
    st.tuples(st.just("both"), CONTACT, KIND, SMALL, st.none()),
    st.tuples(st.just("query"), CONTACT, KIND, SMALL, st.none()),
    st.tuples(st.just("wake"), CONTACT, KIND, SMALL, st.none()),
)


def perform(client: Any, operation: tuple[str, str, str, int, str | None]) -> Any:
    """What one operation answers, or the code of its error."""
    name, contact, kind, number, lane = operation
    at: dict[str, Any] = {"TableName": "Contacts", "Key": key(contact, kind)}
    number_value = {"ExpressionAttributeValues": values(v=number)}
    try:
        if name == "put":
            attributes = {"n": number} | ({"lane": lane, "wake_at": number} if lane else {})
            new = key(contact, kind) | item(**attributes)
            return client.put_item(TableName="Contacts", Item=new, ReturnValues="ALL_OLD").get("Attributes")
        if name == "add":
            change = {"UpdateExpression": "ADD n :v SET seen = if_not_exists(seen, :v)", **number_value}
            return client.update_item(**at, **change, ReturnValues="ALL_NEW")["Attributes"]
        if name == "claim":
            change = {"UpdateExpression": "SET n = :v", "ConditionExpression": "attribute_not_exists(n) OR n < :v"}
            return client.update_item(**at, **change, **number_value, ReturnValues="UPDATED_OLD").get("Attributes")
        if name == "sleep":
            change = {"UpdateExpression": "SET lane = :s, wake_at = :v"}
            return client.update_item(**at, **change, ExpressionAttributeValues=values(s="s", v=number)) and None
        if name == "forget":
            return client.update_item(**at, UpdateExpression="REMOVE lane", ReturnValues="ALL_NEW")["Attributes"]
        if name == "delete":
            return client.delete_item(**at, ConditionExpression="n <> :v", **number_value, ReturnValues="ALL_OLD").get(
                "Attributes"
            )
        if name == "both":
            change = {"UpdateExpression": "ADD n :v", "ConditionExpression": "attribute_exists(n)", **number_value}
            other = {"TableName": "Contacts", "Key": key("other", kind), "UpdateExpression": "ADD n :v", **number_value}
            client.transact_write_items(TransactItems=[{"Update": other}, {"Update": {**at, **change}}])
            return None
        if name == "query":
            condition = "contact = :c AND begins_with(kind, :k)"
            bound = values(c=contact, k=kind)
        else:
            condition, bound = "lane = :s AND wake_at >= :v", values(s="s", v=number)
        call = {"TableName": "Contacts", "KeyConditionExpression": condition, "ExpressionAttributeValues": bound}
        found = client.query(**call, **({"IndexName": "wake"} if name == "wake" else {}))["Items"]
        # Entries with equal index keys come in no promised order.
        return found if name == "query" else sorted(found, key=str)
    except ClientError as refused:
        return refused.response["Error"]["Code"]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(history=st.lists(OPERATION, min_size=5, max_size=20))
def test_any_history_goes_the_same_way_on_both(
    mocked: Any, history: list[tuple[str, str, str, int, str | None]]
) -> None:
    ours = tables(connect(World(now=NOW), {"dynamodb": dynamodb.OPERATIONS}).client("dynamodb"))
    get_backend("dynamodb")[DEFAULT_ACCOUNT_ID]["eu-west-1"].reset()
    theirs = tables(mocked)
    for operation in history:
        assert perform(ours, operation) == perform(theirs, operation), operation
    left, right = (sorted(client.scan(TableName="Contacts")["Items"], key=str) for client in (ours, theirs))
    assert left == right


# ── the stand-in alone: what is kept ──


def test_a_restart_continues(tmp_path: Any) -> None:
    world = World(tmp_path / "world.sqlite", now=NOW)
    client = tables(connect(world, {"dynamodb": dynamodb.OPERATIONS}).client("dynamodb"))
    put(client, n=1, lane="s", wake_at=5)
    before = dynamodb.capacity(world)
    world.db.close()
    del world, client
    gc.collect()
    again = World(tmp_path / "world.sqlite")
    client = connect(again, {"dynamodb": dynamodb.OPERATIONS}).client("dynamodb")
    assert dynamodb.capacity(again) == before
    assert read(client) == key() | item(n=1, lane="s", wake_at=5)
    assert client.scan(TableName="Contacts", IndexName="wake")["Count"] == 1


def test_cloudformation_properties_make_the_table(world: World) -> None:
    properties = {
        **one_key_table("Sessions"),
        "StreamSpecification": {"StreamViewType": "KEYS_ONLY"},
        "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": True},
    }
    dynamodb.OPERATIONS["CreateTable"](world, properties)
    client = connect(world, {"dynamodb": dynamodb.OPERATIONS}).client("dynamodb")
    client.put_item(TableName="Sessions", Item=item(id="a", until=NOW // 1000))
    assert client.describe_table(TableName="Sessions")["Table"]["StreamSpecification"]["StreamEnabled"]
    assert len(dynamodb.records_after(world, "Sessions", 0, 10)) == 1
    assert dynamodb.expire(world) == 1


# ── the stand-in alone: capacity, by the developer guide's rules ──


def used(world: World, call: Any, table: str = "Identities", **params: Any) -> tuple[float, float]:
    """The units, read and written, that one call costs."""
    before = dynamodb.capacity(world)[table]
    call(**params)
    after = dynamodb.capacity(world)[table]
    return after.reads - before.reads, after.writes - before.writes


def sized(size: int, contact: str = "a") -> dict[str, Any]:
    """An item of exactly `size` bytes: 2 for the name `id`, 1 for its value, 1 for the name `x`."""
    return item(id=contact, x="x" * (size - 4))


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ({"text": "Zoë"}, 4 + 4),
        ({"é": "x"}, 2 + 1),
        ({"n": 0}, 1 + 1),
        ({"n": 7}, 1 + 2),
        ({"n": 1234}, 1 + 3),
        ({"n": 12300}, 1 + 3),
        ({"n": 0.00123}, 1 + 3),
        ({"b": b"123"}, 1 + 3),
        ({"f": True}, 1 + 1),
        ({"f": None}, 1 + 1),
        ({"l": []}, 1 + 3),
        ({"m": {}}, 1 + 3),
        ({"l": ["ab", "c"]}, 1 + 3 + (1 + 2) + (1 + 1)),
        ({"m": {"k": "ab"}}, 1 + 3 + (1 + 1 + 2)),
        ({"s": {"ab", "c"}}, 1 + 3),
    ],
)
def test_an_items_size_is_the_documented_one(local: Any, attributes: dict[str, Any], size: int) -> None:
    local.put_item(TableName="Identities", Item=item(id="a", **attributes))
    assert local.describe_table(TableName="Identities")["Table"]["TableSizeBytes"] == len("id") + 1 + size


@pytest.mark.parametrize(("size", "units"), [(10, 1), (1024, 1), (1025, 2), (3 * 1024, 3)])
def test_a_write_costs_a_unit_a_kilobyte_and_two_in_a_transaction(
    world: World, local: Any, size: int, units: int
) -> None:
    put_request = {"TableName": "Identities", "Item": sized(size)}
    assert used(world, local.put_item, **put_request) == (0, units)
    assert used(world, local.transact_write_items, TransactItems=[{"Put": put_request}]) == (0, 2 * units)
    assert used(world, local.delete_item, TableName="Identities", Key=item(id="a")) == (0, units)
    assert used(world, local.delete_item, TableName="Identities", Key=item(id="a")) == (0, 1)


def test_an_update_costs_the_larger_of_before_and_after(world: World, local: Any) -> None:
    local.put_item(TableName="Identities", Item=sized(2048))
    call = {"TableName": "Identities", "Key": item(id="a"), "UpdateExpression": "REMOVE x"}
    assert used(world, local.update_item, **call) == (0, 2)
    assert used(world, local.update_item, **call) == (0, 1)


def test_a_refused_condition_costs_the_item_that_is_there(world: World, local: Any) -> None:
    local.put_item(TableName="Identities", Item=sized(2048))
    call = {"TableName": "Identities", "Item": item(id="a"), "ConditionExpression": "attribute_not_exists(id)"}
    assert used(world, lambda: code(local.put_item, **call)) == (0, 2)


@pytest.mark.parametrize(("size", "portions"), [(10, 1), (4096, 1), (4097, 2), (9000, 3)])
def test_a_read_costs_by_four_kilobytes_and_by_its_consistency(
    world: World, local: Any, size: int, portions: int
) -> None:
    local.put_item(TableName="Identities", Item=sized(size))
    get = {"TableName": "Identities", "Key": item(id="a")}
    assert used(world, local.get_item, **get) == (0.5 * portions, 0)
    assert used(world, local.get_item, **get, ConsistentRead=True) == (portions, 0)
    assert used(world, local.transact_get_items, TransactItems=[{"Get": get}]) == (2 * portions, 0)
    assert used(world, local.get_item, TableName="Identities", Key=item(id="none")) == (0.5, 0)


def test_a_query_is_rounded_as_a_whole_and_a_batch_by_item(world: World, local: Any) -> None:
    for number in range(4):
        local.put_item(TableName="Readings", Item=item(id="a", n=number, x="x" * 1500))
    call = {"KeyConditionExpression": "id = :i", "ExpressionAttributeValues": values(i="a")}
    assert used(world, local.query, "Readings", TableName="Readings", **call) == (1.0, 0)
    keys = [item(id="a", n=number) for number in range(4)]
    assert used(world, local.batch_get_item, "Readings", RequestItems={"Readings": {"Keys": keys}}) == (2.0, 0)


@pytest.fixture
def indexed(local: Any) -> Any:
    """A table with the `wake` index only, so that its writes can be counted."""
    attributes = CONTACTS["AttributeDefinitions"]
    local.create_table(
        **CONTACTS
        | {"TableName": "Indexed", "GlobalSecondaryIndexes": CONTACTS["GlobalSecondaryIndexes"][:1]}
        | {"AttributeDefinitions": attributes}
    )
    return local


def test_index_writes_are_those_the_guide_lists(world: World, indexed: Any) -> None:
    def cost(expression: str, **given_values: Any) -> float:
        more = {"ExpressionAttributeValues": values(**given_values)} if given_values else {}
        call = {"TableName": "Indexed", "Key": key(), "UpdateExpression": expression, **more}
        return used(world, indexed.update_item, "Indexed", **call)[1]

    assert cost("SET version = :v", v=1) == 1, "not in the index before or after"
    assert cost("SET lane = :s, wake_at = :t", s="s", t=1) == 1 + 1, "put into it"
    assert cost("SET wake_at = :t", t=2) == 1 + 2, "its index key changes: one entry away, one put"
    assert cost("SET version = :v", v=2) == 1 + 1, "a projected attribute changes"
    assert cost("SET extra = :v", v=2) == 1, "nothing the index holds changes"
    assert cost("REMOVE lane") == 1 + 1, "taken out of it"
    assert cost("SET version = :v", v=3) == 1


def test_consumed_capacity_is_returned_when_asked(backend: Any) -> None:
    answer = backend.put_item(TableName="Identities", Item=item(id="a"), ReturnConsumedCapacity="TOTAL")
    assert answer["ConsumedCapacity"] == {"TableName": "Identities", "CapacityUnits": 1.0}
    assert "ConsumedCapacity" not in backend.put_item(TableName="Identities", Item=item(id="a"))


def test_consumed_capacity_tells_table_from_indexes(indexed: Any) -> None:
    # The stand-in only: moto does not count index writes.
    new = key() | item(lane="s", wake_at=1)
    answer = indexed.put_item(TableName="Indexed", Item=new, ReturnConsumedCapacity="INDEXES")
    assert answer["ConsumedCapacity"] == {
        "TableName": "Indexed",
        "CapacityUnits": 2.0,
        "Table": {"CapacityUnits": 1.0},
        "GlobalSecondaryIndexes": {"wake": {"CapacityUnits": 1.0}},
    }
    answer = indexed.transact_write_items(
        TransactItems=[{"Delete": {"TableName": "Indexed", "Key": key()}}], ReturnConsumedCapacity="TOTAL"
    )
    assert answer["ConsumedCapacity"] == [{"TableName": "Indexed", "CapacityUnits": 3.0, "WriteCapacityUnits": 3.0}]


# ── the stand-in alone: the stream ──


def streamed(world: World, view: str = "NEW_AND_OLD_IMAGES") -> Any:
    client = connect(world, {"dynamodb": dynamodb.OPERATIONS}).client("dynamodb")
    stream = {"StreamEnabled": True, "StreamViewType": view}
    client.create_table(**one_key_table("Streamed", StreamSpecification=stream))
    return client


def test_records_have_the_shape_lambda_gets(world: World) -> None:
    client = streamed(world)
    client.put_item(TableName="Streamed", Item=item(id="a", n=1, blob=b"\x00\xff", map={"b": b"hi"}))
    ((position, record),) = dynamodb.records_after(world, "Streamed", 0, 10)
    body = record["dynamodb"]
    assert position > 0
    assert record["eventName"] == "INSERT"
    assert (record["eventSource"], record["awsRegion"]) == ("aws:dynamodb", "eu-west-1")
    assert record["eventSourceARN"] == client.describe_table(TableName="Streamed")["Table"]["LatestStreamArn"]
    assert len(record["eventID"]) == 32
    assert "userIdentity" not in record
    assert body["ApproximateCreationDateTime"] == NOW // 1000
    assert body["Keys"] == {"id": {"S": "a"}}
    image = {"id": {"S": "a"}, "n": {"N": "1"}, "blob": {"B": "AP8="}, "map": {"M": {"b": {"B": "aGk="}}}}
    assert body["NewImage"] == image
    assert "OldImage" not in body
    assert body["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    assert body["SequenceNumber"].isdigit()
    assert body["SizeBytes"] == 3 + (3 + 3 + 6 + (3 + 3 + 1 + 1 + 2))


def test_the_stream_tells_what_changed_and_nothing_else(world: World) -> None:
    client = streamed(world)
    at = {"TableName": "Streamed", "Key": item(id="a")}
    client.put_item(TableName="Streamed", Item=item(id="a", n=1, tags={"x", "y"}))
    client.put_item(TableName="Streamed", Item={**item(id="a"), "tags": {"SS": ["y", "x"]}, "n": {"N": "1.0"}})
    client.update_item(**at, UpdateExpression="SET n = :v", ExpressionAttributeValues=values(v=2))
    client.update_item(**at, UpdateExpression="SET n = :v", ExpressionAttributeValues=values(v=2))
    check = {"ConditionCheck": {**at, "ConditionExpression": "attribute_exists(id)"}}
    client.transact_write_items(TransactItems=[check])
    refused = (
        {"Put": {"TableName": "Streamed", "Item": item(id="b")}},
        {"ConditionCheck": {**at, "ConditionExpression": "attribute_not_exists(id)"}},
    )
    assert code(client.transact_write_items, TransactItems=list(refused)) == "TransactionCanceledException"
    client.delete_item(**at)
    client.delete_item(**at)
    records = [record for _, record in dynamodb.records_after(world, "Streamed", 0, 100)]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    assert [record["dynamodb"].get("OldImage", {}).get("n") for record in records] == [None, {"N": "1"}, {"N": "2"}]
    assert [record["dynamodb"].get("NewImage", {}).get("n") for record in records] == [{"N": "1"}, {"N": "2"}, None]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", set()),
        ("NEW_IMAGE", {"NewImage"}),
        ("OLD_IMAGE", {"OldImage"}),
        ("NEW_AND_OLD_IMAGES", {"NewImage", "OldImage"}),
    ],
)
def test_records_hold_the_images_of_their_view(world: World, view: str, images: set[str]) -> None:
    client = streamed(world, view)
    for number in (1, 2):
        client.put_item(TableName="Streamed", Item=item(id="a", n=number))
    body = dynamodb.records_after(world, "Streamed", 0, 10)[1][1]["dynamodb"]
    assert body.keys() & {"NewImage", "OldImage"} == images


def test_a_reader_goes_on_where_it_stopped_also_after_a_trim(world: World) -> None:
    client = streamed(world)
    for number in range(5):
        client.put_item(TableName="Streamed", Item=item(id=str(number)))
    first = dynamodb.records_after(world, "Streamed", 0, 2)
    rest = dynamodb.records_after(world, "Streamed", first[-1][0], 10)
    assert [record["dynamodb"]["Keys"]["id"]["S"] for _, record in first + rest] == list("01234")
    dynamodb.trim(world, "Streamed", rest[-1][0])
    assert dynamodb.records_after(world, "Streamed", 0, 10) == []
    client.put_item(TableName="Streamed", Item=item(id="new"))
    assert dynamodb.records_after(world, "Streamed", 0, 10)[0][0] > rest[-1][0]


# ── the stand-in alone: time to live ──


def test_items_go_when_their_time_has_come(world: World) -> None:
    client = streamed(world)
    soon = NOW // 1000 + 60
    for name, until in (
        ("soon", {"N": str(soon)}),
        ("later", {"N": str(soon + 1)}),
        ("text", {"S": str(soon)}),
        ("long ago", {"N": str(soon - 6 * 365 * 86_400)}),
        ("milliseconds", {"N": str(NOW)}),
    ):
        client.put_item(TableName="Streamed", Item=item(id=name) | {"until": until})
    client.put_item(TableName="Streamed", Item=item(id="never"))
    ttl = {"AttributeName": "until", "Enabled": True}
    client.update_time_to_live(TableName="Streamed", TimeToLiveSpecification=ttl)
    world.turn(NOW + 59_999)
    assert dynamodb.expire(world) == 0
    world.turn(NOW + 60_000)
    written = dynamodb.capacity(world)["Streamed"].writes
    assert dynamodb.expire(world) == 1
    assert dynamodb.capacity(world)["Streamed"].writes == written, "deletion by TTL is free"
    _, record = dynamodb.records_after(world, "Streamed", 0, 100)[-1]
    assert record["eventName"] == "REMOVE"
    assert record["userIdentity"] == {"type": "Service", "principalId": "dynamodb.amazonaws.com"}
    assert record["dynamodb"]["OldImage"]["id"] == {"S": "soon"}
    left = {each["id"]["S"] for each in client.scan(TableName="Streamed")["Items"]}
    assert left == {"later", "text", "long ago", "milliseconds", "never"}


def test_a_moved_time_to_live_counts(world: World) -> None:
    client = streamed(world)
    ttl = {"AttributeName": "until", "Enabled": True}
    client.update_time_to_live(TableName="Streamed", TimeToLiveSpecification=ttl)
    client.put_item(TableName="Streamed", Item=item(id="a", until=NOW // 1000))
    client.update_item(
        TableName="Streamed",
        Key=item(id="a"),
        UpdateExpression="SET #u = :t",
        ExpressionAttributeNames={"#u": "until"},
        ExpressionAttributeValues=values(t=(NOW + DAY) // 1000),
    )
    assert dynamodb.expire(world) == 0
    world.turn(NOW + DAY)
    assert dynamodb.expire(world) == 1
