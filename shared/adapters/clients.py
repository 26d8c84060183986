"""boto3 clients, made on first use and kept while the Lambda lives."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_stepfunctions import SFNClient

# SendEmail is not idempotent: a retry inside botocore, after an answer that was lost, would send a mail twice.
_RETRIES: dict[str, Any] = {"sesv2": {"total_max_attempts": 1, "mode": "standard"}}


@overload
def client(service: Literal["athena"]) -> AthenaClient: ...
@overload
def client(service: Literal["dynamodb"]) -> DynamoDBClient: ...
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
    retries = _RETRIES.get(service, {"total_max_attempts": 4, "mode": "standard"})
    return boto3.client(service, config=Config(retries=retries, connect_timeout=3, read_timeout=10))
