"""The local run's quick look at parameters says yes to nothing that botocore's validator refuses."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from hypothesis import example, given
from hypothesis import strategies as st

from infra.local.aws.parameters import check

SESSION = botocore.session.get_session()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 3) | st.floats() | st.sampled_from(["", "x", "key"]) | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["S", "M", "L", "x"]), inner),
    max_leaves=8,
)
ITEM = {"contact": {"S": "c1"}, "held": {"M": {"more": {"L": [{"N": "1"}, {"B": b"2"}, {"BOOL": True}]}}}}
CALLS: dict[tuple[str, str], dict[str, Any]] = {
    ("dynamodb", "PutItem"): {"TableName": "T", "Item": ITEM},
    ("dynamodb", "Query"): {"TableName": "T", "Limit": 1, "ExpressionAttributeValues": {":a": {"SS": ["x"]}}},
    ("dynamodb", "TransactWriteItems"): {"TransactItems": [{"Put": {"TableName": "T", "Item": ITEM}}]},
    ("sqs", "SendMessageBatch"): {"QueueUrl": "q", "Entries": [{"Id": "1", "MessageBody": "b"}]},
    ("sesv2", "SendEmail"): {
        "Destination": {"ToAddresses": ["a@example.com"]},
        "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
    },
    ("stepfunctions", "StartExecution"): {"stateMachineArn": "arn", "name": "n", "input": "{}"},
    ("s3", "PutObject"): {"Bucket": "b", "Key": "k", "Body": b"bytes"},
}


def shape_of(service: str, operation: str) -> Any:
    return SESSION.get_service_model(service).operation_model(operation).input_shape


def refused(shape: Any, parameters: Any) -> bool:
    return bool(ParamValidator().validate(parameters, shape).has_errors())


@pytest.mark.parametrize(("service", "operation"), CALLS)
def test_what_is_right_needs_no_second_look(service: str, operation: str) -> None:
    shape, parameters = shape_of(service, operation), CALLS[service, operation]
    assert not refused(shape, parameters)
    assert check(shape, {})(parameters)


@given(call=st.sampled_from(sorted(CALLS)), path=st.lists(st.integers(0, 5), max_size=8), value=VALUES)
@example(call=("dynamodb", "PutItem"), path=[0], value="")
@example(call=("dynamodb", "Query"), path=[1], value=0)
def test_what_botocore_refuses_is_never_let_through(call: tuple[str, str], path: list[int], value: Any) -> None:
    shape = shape_of(*call)
    for parameters in (changed(CALLS[call], path, value), {**CALLS[call], "Unknown": value}):
        if check(shape, {})(parameters):
            assert not refused(shape, parameters)


def changed(whole: Any, path: list[int], value: Any) -> Any:
    """`whole` with `value` in the place that the path leads to, member by member."""
    if not path or not isinstance(whole, dict | list) or not whole:
        return value
    if isinstance(whole, list):
        at = path[0] % len(whole)
        return [changed(part, path[1:], value) if place == at else part for place, part in enumerate(whole)]
    name = list(whole)[path[0] % len(whole)]
    return {**whole, name: changed(whole[name], path[1:], value)}
