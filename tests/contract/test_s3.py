"""S3: the stand-in and moto on the same cases; the directory behind the stand-in by itself."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.local.aws import s3
from infra.local.aws.calls import connect
from infra.local.aws.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "world.db", now=1_795_000_000_000)


@pytest.fixture(params=["local", "moto"])
def client(request: pytest.FixtureRequest, world: World) -> Iterator[Any]:
    if request.param == "local":
        yield connected(world)
    else:
        with mock_aws():
            client = boto3.client("s3", "eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
            client.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
            yield client


def connected(world: World) -> Any:
    client = connect(world, {"s3": s3.OPERATIONS}).client("s3")
    client.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return client


def test_an_object_is_read_back_with_what_it_was_given(client: Any) -> None:
    put = client.put_object(Bucket="lake", Key="a/b.txt", Body=b"hello", ContentType="text/plain", Metadata={"k": "v"})
    got = client.get_object(Bucket="lake", Key="a/b.txt")
    assert got["Body"].read() == b"hello"
    head = client.head_object(Bucket="lake", Key="a/b.txt")
    for answer in (got, head):
        assert (answer["ContentLength"], answer["ContentType"], answer["Metadata"]) == (5, "text/plain", {"k": "v"})
        assert answer["ETag"] == put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
        assert answer["LastModified"].tzinfo is not None


def test_a_file_or_a_text_may_be_put_too_and_replaces_what_was_there(client: Any) -> None:
    client.put_object(Bucket="lake", Key="k", Body=io.BytesIO(b"from a file"))
    assert client.get_object(Bucket="lake", Key="k")["Body"].read() == b"from a file"
    client.put_object(Bucket="lake", Key="k", Body="ümlaut")
    assert client.get_object(Bucket="lake", Key="k")["Body"].read().decode() == "ümlaut"


def test_if_none_match_puts_only_what_is_not_there(client: Any) -> None:
    client.put_object(Bucket="lake", Key="once", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError) as refused:
        client.put_object(Bucket="lake", Key="once", Body=b"2", IfNoneMatch="*")
    assert refused.value.response["Error"]["Code"] == "PreconditionFailed"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    assert client.get_object(Bucket="lake", Key="once")["Body"].read() == b"1"


def test_if_match_deletes_only_what_is_still_the_same(client: Any) -> None:
    old = client.put_object(Bucket="lake", Key="k", Body=b"1")["ETag"]
    new = client.put_object(Bucket="lake", Key="k", Body=b"2")["ETag"]
    with pytest.raises(ClientError) as refused:
        client.delete_object(Bucket="lake", Key="k", IfMatch=old)
    assert refused.value.response["Error"]["Code"] == "PreconditionFailed"
    assert client.get_object(Bucket="lake", Key="k")["Body"].read() == b"2"
    client.delete_object(Bucket="lake", Key="k", IfMatch=new)
    with pytest.raises(client.exceptions.NoSuchKey):
        client.get_object(Bucket="lake", Key="k")


def test_what_is_missing_is_said_as_s3_says_it(client: Any) -> None:
    with pytest.raises(client.exceptions.NoSuchKey):
        client.get_object(Bucket="lake", Key="nothing")
    with pytest.raises(client.exceptions.NoSuchBucket):
        client.get_object(Bucket="no-such-bucket", Key="nothing")
    with pytest.raises(ClientError) as refused:
        client.head_object(Bucket="lake", Key="nothing")
    assert refused.value.response["Error"]["Code"] == "404"


def test_a_range_is_a_part(client: Any) -> None:
    client.put_object(Bucket="lake", Key="k", Body=b"0123456789")
    for given, part, content_range in (("2-4", b"234", "2-4"), ("7-", b"789", "7-9"), ("-2", b"89", "8-9")):
        got = client.get_object(Bucket="lake", Key="k", Range=f"bytes={given}")
        assert (got["Body"].read(), got["ContentRange"]) == (part, f"bytes {content_range}/10")


def test_listing_rolls_up_by_delimiter_and_pages_through_everything_once(client: Any) -> None:
    keys = ["a.txt", "day=1/x", "day=1/y", "day=2/x", "z-%.txt", "ä.txt"]
    for key in reversed(keys):
        client.put_object(Bucket="lake", Key=key, Body=b"1")
    flat = client.list_objects_v2(Bucket="lake")
    assert [each["Key"] for each in flat["Contents"]] == keys
    assert (flat["KeyCount"], flat["IsTruncated"]) == (6, False)
    rolled = client.list_objects_v2(Bucket="lake", Delimiter="/")
    assert [each["Prefix"] for each in rolled["CommonPrefixes"]] == ["day=1/", "day=2/"]
    assert [each["Key"] for each in rolled["Contents"]] == ["a.txt", "z-%.txt", "ä.txt"]
    within = client.list_objects_v2(Bucket="lake", Prefix="day=1/", Delimiter="/")
    assert [each["Key"] for each in within["Contents"]] == ["day=1/x", "day=1/y"]
    assert "Contents" not in client.list_objects_v2(Bucket="lake", Prefix="nothing")
    for delimiter in ({}, {"Delimiter": "/"}):
        listed: list[str] = []
        for page in client.get_paginator("list_objects_v2").paginate(
            Bucket="lake", PaginationConfig={"PageSize": 2}, **delimiter
        ):
            assert page["KeyCount"] <= 2
            listed += [each["Key"] for each in page.get("Contents", [])]
            listed += [each["Prefix"] for each in page.get("CommonPrefixes", [])]
        assert sorted(listed) == sorted(["a.txt", "day=1/", "day=2/", "z-%.txt", "ä.txt"] if delimiter else keys)


def test_copies_are_independent_and_deletes_forgive_what_is_missing(client: Any) -> None:
    client.put_object(Bucket="lake", Key="a b/ü", Body=b"x", Metadata={"k": "v"})
    client.copy_object(Bucket="lake", Key="copy", CopySource={"Bucket": "lake", "Key": "a b/ü"})
    with pytest.raises(client.exceptions.NoSuchKey):
        client.copy_object(Bucket="lake", Key="copy", CopySource={"Bucket": "lake", "Key": "nothing"})
    client.delete_object(Bucket="lake", Key="a b/ü")
    client.delete_object(Bucket="lake", Key="a b/ü")
    copied = client.get_object(Bucket="lake", Key="copy")
    assert (copied["Body"].read(), copied["Metadata"]) == (b"x", {"k": "v"})
    deleted = client.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": "copy"}, {"Key": "nothing"}]})
    assert [each["Key"] for each in deleted["Deleted"]] == ["copy", "nothing"]
    assert client.list_objects_v2(Bucket="lake")["KeyCount"] == 0


def test_objects_are_files_where_their_keys_say_and_nowhere_else(world: World, tmp_path: Path) -> None:
    client = connected(world)
    client.put_object(Bucket="lake", Key="events/day=2026-11-24/type=order_completed/1.parquet", Body=b"PAR1")
    client.put_object(Bucket="lake", Key="../../../outside", Body=b"x")
    file = tmp_path / "s3/lake/events/day=2026-11-24/type=order_completed/1.parquet"
    assert file.read_bytes() == b"PAR1"
    assert s3.objects(world, "s3://lake/events/") == [(file, 4)]
    assert client.get_object(Bucket="lake", Key="../../../outside")["Body"].read() == b"x"
    assert not [each for each in tmp_path.parent.rglob("outside") if tmp_path / "s3/lake" not in each.parents]


def test_a_world_in_memory_keeps_its_objects_too() -> None:
    client = connected(World(now=1))
    client.put_object(Bucket="lake", Key="k", Body=b"x")
    assert client.get_object(Bucket="lake", Key="k")["Body"].read() == b"x"
