"""What AWS refuses, the stand-ins refuse: a list of calls, each with where AWS says so.

A stand-in that takes more than AWS lets a fault through every other test. Who finds another kindness adds a line.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ParamValidationError

from infra.local.aws.calls import connect
from infra.local.aws.world import World
from infra.local.system import SERVICES

NOW = 1_795_500_000_000
KEY = {"contact": {"S": "c"}, "kind": {"S": "k"}}
TABLE: dict[str, Any] = {
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "contact", "KeyType": "HASH"}, {"AttributeName": "kind", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "contact", "AttributeType": "S"},
        {"AttributeName": "kind", "AttributeType": "S"},
    ],
}
DEFINITION = '{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 60, "Next": "B"}, "B": {"Type": "Succeed"}}}'
MACHINE = "arn:aws:states:eu-west-1:000000000000:stateMachine:journey"
ROLE = "arn:aws:iam::000000000000:role/journeys"


@pytest.fixture(scope="module")
def session() -> boto3.session.Session:
    """A queue, a table, a bucket, a state machine and a verified sender."""
    made = connect(World(now=NOW), SERVICES)
    made.client("sqs").create_queue(QueueName="events")
    made.client("dynamodb").create_table(TableName="Contacts", **TABLE)
    made.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    made.client("stepfunctions").create_state_machine(name="journey", definition=DEFINITION, roleArn=ROLE)
    made.client("sesv2").create_email_identity(EmailIdentity="shop.example.com")
    made.client("sns").create_topic(Name="notices")
    return made


def mail(sender: str = "hello@shop.example.com", **change: Any) -> dict[str, Any]:
    simple = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}, **change.pop("simple", {})}
    return {
        "FromEmailAddress": sender,
        "Destination": {"ToAddresses": ["ada@example.com"]},
        "Content": {"Simple": simple},
        **change,
    }


def put(item: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"TableName": "Contacts", "Item": {**KEY, **item}, **more}


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "x"}
    for _ in range(levels):
        value = {"M": {"a": value}}
    return value


QUEUE = "https://sqs.eu-west-1.amazonaws.com/000000000000/events"

# service, operation, what it is called with, and a word of the error's code
REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    *(
        ("sqs", "send_message", {"QueueUrl": QUEUE, "MessageBody": f"a{character}b"}, "InvalidMessageContents")
        for character in ("\x00", "\x08", "\x0b", "\x1f", "\ufffe", "\uffff")
    ),
    ("sqs", "send_message", {"QueueUrl": QUEUE, "MessageBody": ""}, ""),
    ("sqs", "send_message", {"QueueUrl": QUEUE, "MessageBody": "a", "DelaySeconds": 901}, "Invalid"),
    ("sqs", "send_message", {"QueueUrl": QUEUE, "MessageBody": "a" * 1_048_577}, "Invalid"),
    (
        "sqs",
        "send_message_batch",
        {"QueueUrl": QUEUE, "Entries": [{"Id": str(n), "MessageBody": "a"} for n in range(11)]},
        "TooManyEntriesInBatchRequest",
    ),
    ("sqs", "send_message_batch", {"QueueUrl": QUEUE, "Entries": []}, "EmptyBatchRequest"),
    (
        "sqs",
        "send_message_batch",
        {"QueueUrl": QUEUE, "Entries": [{"Id": "a", "MessageBody": "a"}, {"Id": "a", "MessageBody": "b"}]},
        "BatchEntryIdsNotDistinct",
    ),
    *(
        (
            "sqs",
            "send_message_batch",
            {"QueueUrl": QUEUE, "Entries": [{"Id": id_, "MessageBody": "a"}]},
            "InvalidBatchEntryId",
        )
        for id_ in ("a b", "a.b", "x" * 81, "")
    ),
    (
        "sqs",
        "send_message_batch",
        {"QueueUrl": QUEUE, "Entries": [{"Id": str(n), "MessageBody": "a" * 600_000} for n in range(2)]},
        "BatchRequestTooLong",
    ),
    ("sqs", "receive_message", {"QueueUrl": QUEUE, "MaxNumberOfMessages": 11}, "Invalid"),
    ("sqs", "receive_message", {"QueueUrl": QUEUE, "WaitTimeSeconds": 21}, "Invalid"),
    ("sqs", "receive_message", {"QueueUrl": QUEUE, "VisibilityTimeout": 43_201}, "Invalid"),
    (
        "sqs",
        "change_message_visibility",
        {"QueueUrl": QUEUE, "ReceiptHandle": "none", "VisibilityTimeout": 1},
        "ReceiptHandleIsInvalid",
    ),
    *(
        ("sqs", "create_queue", {"QueueName": name}, "Invalid")
        for name in ("a.b", "a b", "x" * 81, "Ä", "events.fifo.fifo")
    ),
    ("sqs", "create_queue", {"QueueName": "orders.fifo"}, "Invalid"),
    ("sqs", "create_queue", {"QueueName": "orders", "Attributes": {"FifoQueue": "true"}}, "Invalid"),
    ("sqs", "create_queue", {"QueueName": "long", "Attributes": {"MessageRetentionPeriod": "1209601"}}, "Invalid"),
    ("sqs", "create_queue", {"QueueName": "long", "Attributes": {"VisibilityTimeout": "43201"}}, "Invalid"),
    ("sqs", "create_queue", {"QueueName": "long", "Attributes": {"DelaySeconds": "901"}}, "Invalid"),
    ("sqs", "send_message", {"QueueUrl": QUEUE + "none", "MessageBody": "a"}, "NonExistentQueue"),
    # https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html
    *(
        ("sesv2", "send_email", mail(f"{name} <hello@shop.example.com>"), "BadRequest")
        for name in ("Fieldstone, Ltd.", "Café Müller", "Mum's: tea; cake", "a@b", "a <b>", "(a", 'the "best', "[x]")
    ),
    *(
        ("sesv2", "send_email", mail(sender), "BadRequest")
        for sender in (
            "",
            "hello",
            "hello@",
            "@shop.example.com",
            "hello@shop.example.com, b@shop.example.com",
            "hé@shop.example.com",
        )
    ),
    ("sesv2", "send_email", mail("hello@other.example.com"), "MessageRejected"),
    *(
        ("sesv2", "send_email", mail(Destination={"ToAddresses": [address]}), "BadRequest")
        for address in (
            "ada",
            "ada@",
            "ada@exa mple.com",
            "ada@example.com.",
            "ada@ex\u200bample.com",
            "ädà@example.com",
            "ada@example.com\r\nBcc: b@example.com",
        )
    ),
    ("sesv2", "send_email", mail(Destination={"ToAddresses": []}), "BadRequest"),
    *(
        ("sesv2", "send_email", mail(EmailTags=[{"Name": name, "Value": value}]), "BadRequest")
        for name, value in (
            ("a b", "v"),
            ("a", "v w"),
            ("a", "é"),
            ("a", ""),
            ("", "v"),
            ("x" * 257, "v"),
            ("ses:a", "v"),
        )
    ),
    *(
        ("sesv2", "send_email", mail(simple={"Headers": [header]}), "BadRequest")
        for header in (
            {"Name": "X-A", "Value": "a\r\nBcc: b@example.com"},
            {"Name": "X A", "Value": "a"},
            {"Name": "X-A", "Value": "é"},
            {"Name": "X-A", "Value": "a" * 996},
            {"Name": "From", "Value": "a"},
        )
    ),
    ("sesv2", "send_email", mail(ConfigurationSetName="none"), "NotFound"),
    ("sesv2", "create_configuration_set", {"ConfigurationSetName": "a b"}, "BadRequest"),
    ("sesv2", "create_email_identity", {"EmailIdentity": "not a domain"}, "BadRequest"),
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
    ("dynamodb", "put_item", put({"a": {"S": "x" * 409_600}}), "ValidationException"),
    ("dynamodb", "put_item", put({"a": {"N": "1" * 39}}), "ValidationException"),
    ("dynamodb", "put_item", put({"a": {"N": "1e126"}}), "ValidationException"),
    ("dynamodb", "put_item", put({"a": {"N": "NaN"}}), "ValidationException"),
    ("dynamodb", "put_item", put({"a": {"SS": []}}), "ValidationException"),
    ("dynamodb", "put_item", put({"a": {"SS": ["x", "x"]}}), "ValidationException"),
    ("dynamodb", "put_item", put({"a": nested(33)}), "ValidationException"),
    ("dynamodb", "put_item", put({"contact": {"S": ""}}), "ValidationException"),
    ("dynamodb", "put_item", put({"contact": {"S": "x" * 2049}}), "ValidationException"),
    ("dynamodb", "put_item", put({"kind": {"S": "x" * 1025}}), "ValidationException"),
    ("dynamodb", "put_item", put({"kind": {"N": "1"}}), "ValidationException"),
    ("dynamodb", "put_item", put({}, ConditionExpression="status = :s"), "ValidationException"),
    (
        "dynamodb",
        "put_item",
        put({}, ConditionExpression="a = :s", ExpressionAttributeValues={":s": {"S": "x"}, ":t": {"S": "y"}}),
        "ValidationException",
    ),
    (
        "dynamodb",
        "put_item",
        put({}, ConditionExpression="attribute_exists(" + "a" * 4096 + ")"),
        "ValidationException",
    ),
    (
        "dynamodb",
        "put_item",
        put({}, ConditionExpression="ttl = :s", ExpressionAttributeValues={":s": {"S": "x"}}),
        "ValidationException",
    ),
    ("dynamodb", "get_item", {"TableName": "Contacts", "Key": {"contact": {"S": "c"}}}, "ValidationException"),
    ("dynamodb", "get_item", {"TableName": "None", "Key": KEY}, "ResourceNotFound"),
    (
        "dynamodb",
        "batch_write_item",
        {"RequestItems": {"Contacts": [{"PutRequest": {"Item": {**KEY, "kind": {"S": str(n)}}}} for n in range(26)]}},
        "ValidationException",
    ),
    (
        "dynamodb",
        "batch_write_item",
        {"RequestItems": {"Contacts": [{"PutRequest": {"Item": KEY}}, {"DeleteRequest": {"Key": KEY}}]}},
        "ValidationException",
    ),
    (
        "dynamodb",
        "batch_get_item",
        {"RequestItems": {"Contacts": {"Keys": [{**KEY, "kind": {"S": str(n)}} for n in range(101)]}}},
        "ValidationException",
    ),
    ("dynamodb", "batch_get_item", {"RequestItems": {"Contacts": {"Keys": [KEY, KEY]}}}, "ValidationException"),
    (
        "dynamodb",
        "transact_write_items",
        {"TransactItems": [{"Put": put({"kind": {"S": str(n)}})} for n in range(101)]},
        "ValidationException",
    ),
    (
        "dynamodb",
        "transact_write_items",
        {"TransactItems": [{"Put": put({})}, {"Delete": {"TableName": "Contacts", "Key": KEY}}]},
        "ValidationException",
    ),
    (
        "dynamodb",
        "transact_write_items",
        {"TransactItems": [{"Put": put({"kind": {"S": str(n)}, "a": {"S": "x" * 390_000}})} for n in range(12)]},
        "ValidationException",
    ),
    (
        "dynamodb",
        "transact_write_items",
        {"TransactItems": [{"Put": put({})}], "ClientRequestToken": "x" * 37},
        "ValidationException",
    ),
    (
        "dynamodb",
        "update_item",
        {
            "TableName": "Contacts",
            "Key": KEY,
            "UpdateExpression": "SET kind = :k",
            "ExpressionAttributeValues": {":k": {"S": "z"}},
        },
        "ValidationException",
    ),
    (
        "dynamodb",
        "query",
        {
            "TableName": "Contacts",
            "KeyConditionExpression": "kind = :k",
            "ExpressionAttributeValues": {":k": {"S": "k"}},
        },
        "ValidationException",
    ),
    (
        "dynamodb",
        "query",
        {
            "TableName": "Contacts",
            "IndexName": "none",
            "KeyConditionExpression": "contact = :k",
            "ExpressionAttributeValues": {":k": {"S": "k"}},
        },
        "ValidationException",
    ),
    *(
        ("dynamodb", "create_table", {"TableName": name, **TABLE}, "ValidationException")
        for name in ("ab", "a b c", "x" * 256)
    ),
    # https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
    *(
        ("stepfunctions", "start_execution", {"stateMachineArn": MACHINE, "name": name, "input": "{}"}, "")
        for name in (
            "a b",
            "a:b",
            "a/b",
            "a#b",
            "a?b",
            "a*b",
            "a<b",
            "a{b",
            "a|b",
            "a^b",
            "a\\b",
            "a~b",
            "a`b",
            "a$b",
            "a&b",
            "a,b",
            "a;b",
            'a"b',
            "a%b",
            "a\nb",
            "x" * 81,
            "",
        )
    ),
    (
        "stepfunctions",
        "start_execution",
        {"stateMachineArn": MACHINE, "name": "n", "input": "{"},
        "InvalidExecutionInput",
    ),
    (
        "stepfunctions",
        "start_execution",
        {"stateMachineArn": MACHINE, "name": "n", "input": '"' + "é" * 131_073 + '"'},
        "",
    ),
    (
        "stepfunctions",
        "create_state_machine",
        {"name": "a b", "definition": DEFINITION, "roleArn": ROLE},
        "InvalidName",
    ),
    ("stepfunctions", "create_state_machine", {"name": "b", "definition": "{}", "roleArn": ROLE}, "InvalidDefinition"),
    (
        "stepfunctions",
        "stop_execution",
        {"executionArn": MACHINE.replace("stateMachine", "execution") + ":none"},
        "ExecutionDoesNotExist",
    ),
    # https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
    *(
        ("ssm", "put_parameter", {"Name": name, "Value": "v", "Type": "String"}, "")
        for name in ("/a b", "/a//b", "a/b", "/aws/a", "/ssm-a", "/a/", "/" + "/".join("a" * 17), "/a?b")
    ),
    ("ssm", "put_parameter", {"Name": "/a", "Value": "", "Type": "String"}, ""),
    ("ssm", "put_parameter", {"Name": "/a", "Value": "x" * 4097, "Type": "String"}, "Validation"),
    ("ssm", "get_parameters_by_path", {"Path": "/a", "MaxResults": 11}, "Validation"),
    ("ssm", "get_parameters_by_path", {"Path": "a"}, "Validation"),
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    *(
        (
            "s3",
            "create_bucket",
            {"Bucket": name, "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}},
            "InvalidBucketName",
        )
        for name in ("Lake", "la", "lake_bucket", "-lake", "lake-", "la..ke", "192.168.0.1", "xn--lake", "l" * 64)
    ),
    ("s3", "put_object", {"Bucket": "lake", "Key": "k" * 1025, "Body": b""}, "KeyTooLong"),
    (
        "s3",
        "delete_objects",
        {"Bucket": "lake", "Delete": {"Objects": [{"Key": str(n)} for n in range(1001)]}},
        "MalformedXML",
    ),
    # https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html
    *(("sns", "create_topic", {"Name": name}, "InvalidParameter") for name in ("a b", "a.b", "", "x" * 257)),
    ("sns", "publish", {"TopicArn": "arn:aws:sns:eu-west-1:000000000000:notices", "Message": ""}, "InvalidParameter"),
    (
        "sns",
        "publish",
        {"TopicArn": "arn:aws:sns:eu-west-1:000000000000:notices", "Message": "x" * 262_145},
        "InvalidParameter",
    ),
    # https://docs.aws.amazon.com/athena/latest/APIReference/API_StartQueryExecution.html
    (
        "athena",
        "start_query_execution",
        {"QueryString": "SELECT 1 -- " + "x" * 262_144, "WorkGroup": "w"},
        "InvalidRequest",
    ),
    ("athena", "start_query_execution", {"QueryString": "", "WorkGroup": "w"}, ""),
    ("athena", "start_query_execution", {"QueryString": "SELECT 1", "ClientRequestToken": "x" * 129}, "InvalidRequest"),
]


def named(case: tuple[str, str, dict[str, Any], str]) -> str:
    return f"{case[0]}.{case[1]}({str(case[2])[:60]})"


@pytest.mark.parametrize("case", REFUSED, ids=map(named, REFUSED))
def test_what_aws_refuses_is_refused_here(
    session: boto3.session.Session, case: tuple[str, str, dict[str, Any], str]
) -> None:
    service, operation, parameters, code = case
    call: Callable[..., Any] = getattr(session.client(service), operation)  # type: ignore[call-overload]
    if operation == "send_message_batch":
        try:
            answer = call(**parameters)
        except ClientError as error:
            assert code in error.response["Error"]["Code"]
        else:
            assert [code in each["Code"] and each["SenderFault"] for each in answer["Failed"]] == [True]
        return
    with pytest.raises((ClientError, ParamValidationError)) as refused:
        call(**parameters)
    if isinstance(refused.value, ClientError):
        assert code in refused.value.response["Error"]["Code"]
