"""boto3 clients, made on first use and kept while the Lambda lives."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient

CONNECT = 1
"""Seconds to wait for a connection."""
CONNECTIONS = 20
"""Of a client, more than any function has threads: who finds none makes one, and throws it away."""
TRIES = 3
"""Of one call; between them botocore waits up to one second, then up to two."""
READ = {"dynamodb": 2, "sqs": 2, "ssm": 2}
"""Seconds to wait for an answer of those that answer within hundredths of one, and on which requests wait: all tries
of a call end within the time-out of every function that makes one."""
LONG_READ = 10
"""Of the others."""
# SendEmail is not idempotent: a retry inside botocore, after an answer that was lost, would send a mail twice.
_ONCE = ("sesv2",)


def longest(service: str) -> int:
    """Seconds that a call of the service takes at most, all its tries together."""
    tries = 1 if service in _ONCE else TRIES
    pauses: int = 2 ** (tries - 1) - 1
    return tries * (CONNECT + READ.get(service, LONG_READ)) + pauses


@overload
def client(service: Literal["athena"]) -> AthenaClient: ...
@overload
def client(service: Literal["cognito-idp"]) -> Any: ...
@overload
def client(service: Literal["comprehend"]) -> Any: ...
@overload
def client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
@overload
def client(service: Literal["events"]) -> EventBridgeClient: ...
@overload
def client(service: Literal["s3"]) -> S3Client: ...
@overload
def client(service: Literal["sesv2"]) -> SESV2Client: ...
@overload
def client(service: Literal["sqs"]) -> SQSClient: ...
@overload
def client(service: Literal["ssm"]) -> SSMClient: ...
@overload
def client(service: Literal["stepfunctions"]) -> SFNClient: ...
@cache
def client(service: Any) -> Any:
    """The one client of a service (boto3's service name)."""
    retries: Any = {"total_max_attempts": 1 if service in _ONCE else TRIES, "mode": "standard"}
    read = READ.get(service, LONG_READ)
    config = Config(retries=retries, connect_timeout=CONNECT, read_timeout=read, max_pool_connections=CONNECTIONS)
    return boto3.client(service, config=config)
