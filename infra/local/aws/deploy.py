"""Deploys what `template.yaml` lists into a world: the calls CloudFormation would make, as far as they matter here.

A type that is only about rights, logs, alarms or names on the network has nothing to be made of; a type that is neither
known as such nor made here is refused, so that nothing in the template is silently not there. A name that AWS would
refuse, or that who reads it could not read, is refused for all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import boto3

from infra.local.aws import athena, names
from infra.local.aws.calls import ACCOUNT, REGION
from infra.local.aws.template import ROOT, Resource, Template
from infra.local.aws.world import World

NOTHING_TO_MAKE = {
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::DomainName",
    "AWS::CloudFront::Distribution",
    "AWS::CloudFront::OriginAccessControl",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Cognito::UserPool",
    "AWS::Cognito::UserPoolClient",
    "AWS::Cognito::UserPoolDomain",
    "AWS::Glue::Database",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Serverless::Api",
    "AWS::Serverless::Function",
    "AWS::Serverless::HttpApi",
    "AWS::Serverless::LayerVersion",
    "AWS::CloudFormation::Stack",
    "AWS::Serverless::Application",
}


def deploy(world: World, session: boto3.session.Session, template: Template, secrets: Mapping[str, str]) -> None:
    """Makes what is not there yet: deploying again into the same world changes nothing but the state machines."""
    makers: dict[str, Callable[[Resource, dict[str, Any]], None]] = {
        "AWS::DynamoDB::Table": lambda r, p: _table(session, template, r, p),
        "AWS::SQS::Queue": lambda r, p: _queue(session, r, p),
        "AWS::SNS::Topic": lambda r, p: _topic(session, r),
        "AWS::SNS::Subscription": lambda r, p: _subscription(session, p),
        "AWS::S3::Bucket": lambda r, p: _bucket(session, template, r),
        "AWS::SES::EmailIdentity": lambda r, p: _sender(session, p["EmailIdentity"]),
        "AWS::SES::ConfigurationSet": lambda r, p: _configuration_set(session, r, p),
        "AWS::SES::ConfigurationSetEventDestination": lambda r, p: _event_destination(session, p),
        "AWS::Glue::Table": lambda r, p: _lake_table(world, p),
        "AWS::Athena::WorkGroup": lambda r, p: athena.register_workgroup(
            world, p["Name"], p["WorkGroupConfiguration"]["ResultConfiguration"]["OutputLocation"]
        ),
        "AWS::Serverless::StateMachine": lambda r, p: _state_machine(session, r, p),
        "AWS::Cognito::UserPoolGroup": lambda r, p: _group(session, p),
    }
    for resource in template.resources.values():
        name = template.name(resource)
        if name is not None and not names.fits(resource.type, name):
            raise ValueError(f"AWS does not take {name!r} as the name of {resource.name}, a {resource.type}")
    # What others point at comes first; a dead-letter queue before the queue that names it.
    order = list(makers)
    resources = sorted(
        (resource for resource in template.resources.values() if resource.type not in NOTHING_TO_MAKE),
        key=lambda r: (order.index(r.type) if r.type in makers else -1, "RedrivePolicy" in r.properties),
    )
    for resource in resources:
        if resource.type not in makers:
            raise ValueError(f"the local run does not know how to make {resource.name}, a {resource.type}")
        makers[resource.type](resource, template.properties(resource))
    for name, value in secrets.items():
        session.client("ssm").put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


def _table(session: boto3.session.Session, template: Template, resource: Resource, properties: dict[str, Any]) -> None:
    taken = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode", "StreamSpecification")
    definition = {name: properties[name] for name in taken if name in properties}
    if "StreamSpecification" in definition:
        definition["StreamSpecification"] = {"StreamEnabled": True, **definition["StreamSpecification"]}
    client = session.client("dynamodb")
    with suppress(client.exceptions.ResourceInUseException):
        client.create_table(TableName=template.reference(resource.name), **definition)
        if "TimeToLiveSpecification" in properties:
            client.update_time_to_live(
                TableName=template.reference(resource.name),
                TimeToLiveSpecification=properties["TimeToLiveSpecification"],
            )


def _group(session: boto3.session.Session, properties: dict[str, Any]) -> None:
    client = session.client("cognito-idp")
    with suppress(client.exceptions.GroupExistsException):
        client.create_group(UserPoolId=properties["UserPoolId"], GroupName=properties["GroupName"])


def _queue(session: boto3.session.Session, resource: Resource, properties: dict[str, Any]) -> None:
    taken = ("VisibilityTimeout", "DelaySeconds", "MessageRetentionPeriod")
    attributes: dict[Any, str] = {name: str(properties[name]) for name in taken if name in properties}
    if "RedrivePolicy" in properties:
        attributes["RedrivePolicy"] = json.dumps(properties["RedrivePolicy"])
    session.client("sqs").create_queue(QueueName=resource.name, Attributes=attributes)


def _topic(session: boto3.session.Session, resource: Resource) -> None:
    session.client("sns").create_topic(Name=resource.name)


def _subscription(session: boto3.session.Session, properties: dict[str, Any]) -> None:
    if properties["Protocol"] == "sqs":  # an operator's email about alarms has nobody to go to here
        raw = {"RawMessageDelivery": "true"} if properties.get("RawMessageDelivery") else {}
        session.client("sns").subscribe(
            TopicArn=properties["TopicArn"], Protocol="sqs", Endpoint=properties["Endpoint"], Attributes=raw
        )


def _bucket(session: boto3.session.Session, template: Template, resource: Resource) -> None:
    client = session.client("s3")
    with suppress(client.exceptions.BucketAlreadyOwnedByYou):
        client.create_bucket(
            Bucket=template.reference(resource.name), CreateBucketConfiguration={"LocationConstraint": REGION}
        )


def _sender(session: boto3.session.Session, domain: str) -> None:
    client = session.client("sesv2")
    with suppress(client.exceptions.AlreadyExistsException):
        client.create_email_identity(EmailIdentity=domain)


def _configuration_set(session: boto3.session.Session, resource: Resource, properties: dict[str, Any]) -> None:
    client = session.client("sesv2")
    with suppress(client.exceptions.AlreadyExistsException):
        client.create_configuration_set(ConfigurationSetName=properties.get("Name", resource.name))


def _event_destination(session: boto3.session.Session, properties: dict[str, Any]) -> None:
    destination = properties["EventDestination"]
    client = session.client("sesv2")
    kinds = {"renderingFailure": "RENDERING_FAILURE", "deliveryDelay": "DELIVERY_DELAY"}
    with suppress(client.exceptions.AlreadyExistsException):
        client.create_configuration_set_event_destination(
            ConfigurationSetName=properties["ConfigurationSetName"],
            EventDestinationName=destination.get("Name", "notices"),
            EventDestination={
                "Enabled": True,
                "MatchingEventTypes": [kinds.get(k, k.upper()) for k in destination["MatchingEventTypes"]],
                "SnsDestination": {"TopicArn": destination["SnsDestination"]["TopicARN"]},
            },
        )


def _lake_table(world: World, properties: dict[str, Any]) -> None:
    table = properties["TableInput"]
    athena.register_table(
        world,
        database=properties["DatabaseName"],
        name=table["Name"],
        columns={column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]},
        location=table["StorageDescriptor"]["Location"],
        partition_keys={key["Name"]: key["Type"] for key in table.get("PartitionKeys", [])},
        format=table["Parameters"]["classification"],
    )


def _state_machine(session: boto3.session.Session, resource: Resource, properties: dict[str, Any]) -> None:
    text = (ROOT / properties["DefinitionUri"]).read_text(encoding="utf-8")
    for variable, value in properties.get("DefinitionSubstitutions", {}).items():
        text = text.replace(f"${{{variable}}}", str(value))
    client = session.client("stepfunctions")
    name = properties.get("Name", resource.name)
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
    try:
        client.describe_state_machine(stateMachineArn=arn)
        client.update_state_machine(stateMachineArn=arn, definition=text)
    except client.exceptions.StateMachineDoesNotExist:
        client.create_state_machine(name=name, definition=text, roleArn=f"arn:aws:iam::{ACCOUNT}:role/{resource.name}")
