"""Which names AWS takes for the things that the template names itself, or has CloudFormation name.

The local run refuses the others where it makes the thing (`deploy`), so that a name AWS would refuse, or would take and
then not find, fails here first. Each rule is that of the strictest who reads the name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

NAMED_BY = {
    "AWS::Athena::WorkGroup": ("Name",),
    "AWS::Cognito::UserPoolDomain": ("Domain",),
    "AWS::Glue::Database": ("DatabaseInput", "Name"),
    "AWS::Glue::Table": ("TableInput", "Name"),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::SES::ConfigurationSet": ("Name",),
    "AWS::SES::EmailIdentity": ("EmailIdentity",),
    "AWS::SNS::Topic": ("TopicName",),
    "AWS::SQS::Queue": ("QueueName",),
    "AWS::DynamoDB::Table": ("TableName",),
    "AWS::Serverless::Function": ("FunctionName",),
    "AWS::Serverless::StateMachine": ("Name",),
}
"""The property that holds a thing's name; without it, CloudFormation makes one (`generated`)."""

_RULES = {
    "AWS::Athena::WorkGroup": r"[A-Za-z0-9._-]{1,128}",
    # A prefix of amazoncognito.com; reserved words are refused anywhere in it.
    "AWS::Cognito::UserPoolDomain": r"(?!.*(?:aws|amazon|cognito))[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",
    # Glue takes more than Athena reads: https://docs.aws.amazon.com/athena/latest/ug/tables-databases-columns-names.html
    "AWS::Glue::Database": r"[a-z0-9_]{1,255}",
    "AWS::Glue::Table": r"[a-z0-9_]{1,255}",
    "AWS::S3::Bucket": r"(?!xn--|sthree-)(?!.*(?:-s3alias|--ol-s3)$)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "AWS::SES::ConfigurationSet": r"[A-Za-z0-9_-]{1,64}",
    "AWS::SES::EmailIdentity": r"(?:[^@\s<>]{1,64}@)?(?=.{1,255}$)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+",
    "AWS::SNS::Topic": r"[A-Za-z0-9_-]{1,256}",
    "AWS::SQS::Queue": r"(?=.{1,80}$)[A-Za-z0-9_-]+(?:\.fifo)?",
    "AWS::DynamoDB::Table": r"[A-Za-z0-9_.-]{3,255}",
    "AWS::Serverless::Function": r"[A-Za-z0-9_-]{1,64}",
    "AWS::Serverless::StateMachine": r"[A-Za-z0-9_-]{1,80}",
}


def fits(type_: str, name: str) -> bool:
    """Whether AWS takes the name for a thing of this type; True for types we know no rule of."""
    return type_ not in _RULES or re.fullmatch(_RULES[type_], name) is not None


def given(type_: str, properties: Mapping[str, Any]) -> Any:
    """The name that properties give to a thing, as it stands there; None where CloudFormation makes one."""
    value: Any = properties if type_ in NAMED_BY else None
    for key in NAMED_BY.get(type_, ()):
        value = value.get(key) if value is not None else None
    return value


def generated(type_: str, stack: str, logical_id: str) -> str:
    """A name as CloudFormation makes it: of the stack's and the logical id, cut where the service wants it shorter."""
    name = f"{stack[:24]}-{logical_id[:24]}-1ABCDEFGHIJK"
    return name.lower() if type_ in ("AWS::S3::Bucket", "AWS::Glue::Database") else name
