"""The Parameter Store: the stand-in and moto on the same cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.local.aws import ssm
from infra.local.aws.calls import connect
from infra.local.aws.world import World


@pytest.fixture(params=["local", "moto"])
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "local":
        yield connect(World(now=1_795_000_000_000), {"ssm": ssm.OPERATIONS}).client("ssm")
    else:
        with mock_aws():
            yield boto3.client("ssm", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")


def test_a_secret_is_told_only_when_decryption_is_asked_for(client: Any) -> None:
    assert client.put_parameter(Name="/beckon/secret", Value="s3cret", Type="SecureString")["Version"] == 1
    shown = client.get_parameter(Name="/beckon/secret", WithDecryption=True)["Parameter"]
    assert (shown["Value"], shown["Type"], shown["Version"]) == ("s3cret", "SecureString", 1)
    assert shown["ARN"].endswith(":parameter/beckon/secret")
    assert client.get_parameter(Name="/beckon/secret")["Parameter"]["Value"] != "s3cret"


def test_a_parameter_is_overwritten_only_when_asked_to(client: Any) -> None:
    client.put_parameter(Name="rate", Value="1", Type="String")
    with pytest.raises(client.exceptions.ParameterAlreadyExists):
        client.put_parameter(Name="rate", Value="2", Type="String")
    assert client.put_parameter(Name="rate", Value="2", Overwrite=True)["Version"] == 2
    assert client.get_parameter(Name="rate")["Parameter"]["Value"] == "2"


def test_a_missing_parameter_is_not_found(client: Any) -> None:
    with pytest.raises(client.exceptions.ParameterNotFound):
        client.get_parameter(Name="/nowhere")


def test_a_path_lists_one_level_or_all_below_in_pages(client: Any) -> None:
    for name in ("/a/b/deep", "/a/x", "/a/y", "/ab/z"):
        client.put_parameter(Name=name, Value=name, Type="String")
    flat = client.get_parameters_by_path(Path="/a")["Parameters"]
    assert sorted(each["Name"] for each in flat) == ["/a/x", "/a/y"]
    pages = client.get_paginator("get_parameters_by_path").paginate(Path="/a", Recursive=True, MaxResults=2)
    listed = [[each["Name"] for each in page["Parameters"]] for page in pages]
    assert [len(page) for page in listed] == [2, 1]
    assert sorted(name for page in listed for name in page) == ["/a/b/deep", "/a/x", "/a/y"]
