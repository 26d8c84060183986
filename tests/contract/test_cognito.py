"""A pool of people who may sign in: the stand-in and moto on the same cases."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.local.aws import cognito
from infra.local.aws.calls import connect
from infra.local.aws.world import World

ADA = "ada@example.com"


@pytest.fixture(params=["local", "moto"])
def pool(request: pytest.FixtureRequest) -> Iterator[tuple[Any, str]]:
    if request.param == "local":
        client = connect(World(now=1_795_000_000_000), {"cognito-idp": cognito.OPERATIONS}).client("cognito-idp")
        yield client, grouped(client, "eu-west-1_Operators")
    else:
        with mock_aws():
            client = boto3.client("cognito-idp", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
            made = client.create_user_pool(PoolName="operators", UsernameAttributes=["email"])
            yield client, grouped(client, made["UserPool"]["Id"])


def grouped(client: Any, pool: str) -> str:
    for group in ("viewer", "owner"):
        client.create_group(UserPoolId=pool, GroupName=group)
    return pool


def invited(client: Any, pool: str, email: str = ADA) -> dict[str, Any]:
    made: dict[str, Any] = client.admin_create_user(
        UserPoolId=pool,
        Username=email,
        UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
        DesiredDeliveryMediums=["EMAIL"],
    )["User"]
    return made


def test_who_is_invited_has_an_id_of_the_pools_own_and_has_to_choose_a_password(pool: tuple[Any, str]) -> None:
    client, id_ = pool
    made = invited(client, id_)
    assert made["Username"] != ADA and made["UserStatus"] == "FORCE_CHANGE_PASSWORD" and made["Enabled"]
    attributes = {each["Name"]: each["Value"] for each in made["Attributes"]}
    assert (attributes["email"], attributes["sub"]) == (ADA, made["Username"])
    (listed,) = client.list_users(UserPoolId=id_)["Users"]
    assert listed["Username"] == made["Username"] and listed["UserCreateDate"].timestamp() > 0
    with pytest.raises(client.exceptions.UsernameExistsException):
        invited(client, id_)


def test_people_are_in_groups_that_there_are(pool: tuple[Any, str]) -> None:
    client, id_ = pool
    name = invited(client, id_)["Username"]
    for _ in range(2):  # again changes nothing
        client.admin_add_user_to_group(UserPoolId=id_, Username=name, GroupName="owner")
    assert [each["Username"] for each in client.list_users_in_group(UserPoolId=id_, GroupName="owner")["Users"]] == [
        name
    ]
    (group,) = client.admin_list_groups_for_user(UserPoolId=id_, Username=name)["Groups"]
    assert group["GroupName"] == "owner"
    client.admin_remove_user_from_group(UserPoolId=id_, Username=name, GroupName="owner")
    assert client.admin_list_groups_for_user(UserPoolId=id_, Username=name)["Groups"] == []
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.list_users_in_group(UserPoolId=id_, GroupName="king")


def test_who_is_removed_is_nowhere(pool: tuple[Any, str]) -> None:
    client, id_ = pool
    name = invited(client, id_)["Username"]
    client.admin_add_user_to_group(UserPoolId=id_, Username=name, GroupName="owner")
    client.admin_user_global_sign_out(UserPoolId=id_, Username=name)
    client.admin_delete_user(UserPoolId=id_, Username=name)
    assert client.list_users(UserPoolId=id_)["Users"] == []
    assert client.list_users_in_group(UserPoolId=id_, GroupName="owner")["Users"] == []
    with pytest.raises(client.exceptions.UserNotFoundException):
        client.admin_list_groups_for_user(UserPoolId=id_, Username=name)
    with pytest.raises(client.exceptions.UserNotFoundException):
        client.admin_delete_user(UserPoolId=id_, Username=name)


def test_a_long_list_comes_in_pages(pool: tuple[Any, str]) -> None:
    client, id_ = pool
    names = {invited(client, id_, f"ada.{n}@example.com")["Username"] for n in range(5)}
    pages = list(client.get_paginator("list_users").paginate(UserPoolId=id_, PaginationConfig={"PageSize": 2}))
    listed = [each["Username"] for page in pages for each in page["Users"]]
    assert len(pages) == 3 and len(listed) == 5 and set(listed) == names
