"""Files of the nights in the lake's bucket: put in the place of what there was, read, and deleted."""

from __future__ import annotations

from collections.abc import Collection

from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment


class LakeSettings(Settings):
    lake_bucket: str


def put(key: str, body: bytes) -> None:
    client("s3").put_object(Bucket=environment(LakeSettings).lake_bucket, Key=key, Body=body)


def get(key: str) -> bytes | None:
    """None where there is none."""
    try:
        return client("s3").get_object(Bucket=environment(LakeSettings).lake_bucket, Key=key)["Body"].read()
    except client("s3").exceptions.NoSuchKey:
        return None


def delete_others(prefix: str, kept: Collection[str] = ()) -> None:
    """Deletes what there is under a prefix, but for these keys."""
    bucket = environment(LakeSettings).lake_bucket
    for page in client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            if each["Key"] not in kept:
                client("s3").delete_object(Bucket=bucket, Key=each["Key"])
