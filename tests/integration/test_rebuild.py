"""What is made from contacts can be lost and made anew, beside a shop that goes on: the lake, the Members table."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as parquet
import pytest

from functions.amend import rebuilding
from functions.export import app as export
from functions.export import comparing
from functions.refresh import passes
from infra.local.aws.calls import Call
from infra.local.system import ProcessDied
from shared.adapters import contacts, lake_merge, lake_rebuild, members
from shared.adapters.clients import client
from shared.adapters.environment import environment
from shared.domain.events import DAY, HOUR, MINUTE, SECOND, Json
from shared.domain.profiles.transitions import Membership, Transition
from tests.integration.shop import Shop

PAGES = {(passes, "MAX_CONTACTS"): 3, (export, "AT_A_TIME"): 2, (export, "MAX_CONTACTS"): 5}
PAGES |= {(export, "MAX_CORRECTED"): 6, (rebuilding, "MAX_CONTACTS"): 4, (rebuilding, "MAX_READS"): 2}
PAGES |= {(rebuilding, "MAX_ROWS"): 12}


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop of two days, whose pages are tiny."""
    for (module, name), value in PAGES.items():
        monkeypatch.setattr(module, name, value)
    shop = Shop()
    for number in range(7):
        shop.customer(number, orders=number % 3)
    for name in ("ann", "ben"):
        shop.visit(name)
    shop.passes(DAY)
    shop.order(1, 5)
    shop.passes(HOUR)
    return shop


def lake(shop: Shop) -> dict[tuple[str, str], Json]:
    """Every row of the lake by its contact and id, with its partition; a row that is there twice fails."""
    found: dict[tuple[str, str], Json] = {}
    bucket = shop.system.template.reference("LakeBucket")
    s3 = shop.system.session.client("s3")
    for file in s3.list_objects_v2(Bucket=bucket, Prefix="events/month=").get("Contents", []):
        body = s3.get_object(Bucket=bucket, Key=file["Key"])["Body"].read()
        for row in parquet.read_table(io.BytesIO(body)).to_pylist():
            key = row["contact"], row["id"]
            assert key not in found, f"{key} is twice: {found[key]['place']}, {file['Key']}"
            found[key] = {**row, "place": file["Key"].rpartition("/")[0]}
    return found


def lose_the_lake(shop: Shop) -> None:
    bucket = shop.system.template.reference("LakeBucket")
    s3 = shop.system.session.client("s3")
    for file in s3.list_objects_v2(Bucket=bucket, Prefix="events/").get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=file["Key"])


def table() -> dict[tuple[str, str], Json]:
    """All members with their facts, but for those who left: nobody asks more of them than that they are out."""
    pages = client("dynamodb").get_paginator("scan").paginate(TableName=name())
    return {
        (item["segment_shard"]["S"], item["contact"]["S"]): item
        for page in pages
        for item in page["Items"]
        if "left" not in item and item["segment_shard"]["S"] != members.COUNTERS
    }


def counts() -> dict[str, int]:
    return {segment: number for segment, number in members.counts().items() if number}


def name() -> str:
    return environment(members.MembersSettings).members_table


def lose_members(*, counters: bool) -> None:
    for shard, contact in [*table(), *((members.COUNTERS, each) for each in members.counts() if counters)]:
        key = {"segment_shard": {"S": shard}, "contact": {"S": contact}}
        client("dynamodb").delete_item(TableName=name(), Key=key)


def rebuilt(shop: Shop, while_: Callable[[], object] = lambda: None) -> None:
    status, told = shop.ask("POST", "/rebuild")
    assert (status, told["status"]) == (202, "running")
    assert shop.ask("POST", "/rebuild")[0] == 409
    while_()
    shop.passes(HOUR)
    assert shop.ask("GET", "/rebuild") == (200, {**told, "status": "done"})
    assert shop.ask("GET", "/health")[1]["rebuild"]["status"] == "done"


@pytest.mark.parametrize("counters", [True, False])
def test_members_and_lake_are_lost_and_are_what_they_were(shop: Shop, counters: bool) -> None:
    rows, held, counted, runs = lake(shop), table(), counts(), shop.runs()
    assert len(rows) > 20
    assert sum(counted.values()) > 15
    lose_members(counters=counters)
    lose_the_lake(shop)
    assert lake(shop) == {}
    rebuilt(shop)
    assert lake(shop) == rows
    assert table() == held
    assert counts() == counted
    assert shop.runs() == runs, "it starts nothing"
    shop.assert_exact()
    rebuilt(shop)
    assert lake(shop) == rows


def test_it_goes_on_beside_the_shop_and_no_row_is_lost_or_twice(shop: Shop) -> None:
    before = set(lake(shop))

    def while_() -> None:
        for each in range(20, 32):  # during the first wait, between the pages, and until it is put in place
            shop.customer(each, orders=each % 2)
            shop.order(each % 7, each)
            shop.passes(53 * SECOND)

    rebuilt(shop, while_)
    found = lake(shop)
    stored = {(p.contact, event.id) for p in shop.profiles() for event in contacts.events(p.contact)}
    assert set(found) == stored
    assert len(stored - before) > 20
    assert {segment: len(shop.members(segment)) for segment in counts()} == counts()
    shop.assert_exact()
    shop.passes(DAY)  # the night's merge goes on as ever
    assert set(lake(shop)) >= stored


def test_what_is_wrong_in_the_lake_is_gone_and_what_is_of_nobody(shop: Shop) -> None:
    rows = lake(shop)
    bucket, s3 = shop.system.template.reference("LakeBucket"), shop.system.session.client("s3")
    files = [file["Key"] for file in s3.list_objects_v2(Bucket=bucket, Prefix="events/month=")["Contents"]]
    body = s3.get_object(Bucket=bucket, Key=files[0])["Body"].read()
    s3.put_object(Bucket=bucket, Key="events/month=2026-11/type=other/wrong.parquet", Body=body)
    s3.put_object(Bucket=bucket, Key=files[-1], Body=b"no Parquet at all")
    rebuilt(shop)
    assert lake(shop) == rows


@pytest.mark.parametrize(
    ("operation", "calls"),
    [
        ("PutObject", (1, 3, 8, 20)),
        ("DeleteObjects", (1, 3)),
        ("Query", (7, 500, 700, 900)),
        ("UpdateItem", (1, 3, 8, 20)),
        ("ListObjectsV2", (1, 2, 5)),
    ],
)
def test_whatever_dies_in_a_step_is_made_good_by_the_next_try(
    shop: Shop, operation: str, calls: tuple[int, ...]
) -> None:
    rows, held, counted = lake(shop), table(), counts()
    lose_members(counters=True)
    seen = 0

    def dies(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        nonlocal seen
        answer = perform()
        if call.operation == operation:
            seen += 1
            if seen in calls:
                raise ProcessDied  # it was done, and nobody knows
        return answer

    assert shop.ask("POST", "/rebuild")[0] == 202
    shop.fault = dies
    shop.passes(2 * HOUR)
    shop.fault = lambda _, perform: perform()
    assert seen > max(calls)
    assert shop.ask("GET", "/rebuild")[1]["status"] == "done"
    assert lake(shop) == rows
    assert table() == held
    for segment in members.counts():  # as the night does
        members.recount(segment)
    assert counts() == counted


def test_it_waits_for_a_merge_that_is_at_work(shop: Shop) -> None:
    rows = lake(shop)
    claim = lake_merge.Claim(until=shop.now() + 15 * MINUTE, into="events/month=2026-11/type=other/merged", keys=[])
    assert lake_merge.take(claim)
    rebuilt(shop)
    assert lake(shop) == rows


def test_a_night_meanwhile_keeps_its_hands_off_the_lake(shop: Shop) -> None:
    lake_rebuild.begin("another", shop.now())
    assert lake_merge.finish(shop.now()) is False
    shop.order(2, 9)
    shop.passes(HOUR)
    assert shop.ask("POST", "/rebuild")[0] == 202
    shop.passes(3 * HOUR)
    assert shop.ask("GET", "/rebuild")[1]["status"] == "failed"
    assert "The newest rebuild failed" in " ".join(shop.ask("GET", "/health")[1]["problems"])
    shop.passes(10 * HOUR)  # longer than a pass may hold it
    assert lake_merge.finish(shop.now()) is True
    rebuilt(shop)
    with pytest.raises(lake_rebuild.LostLakeError):
        lake_rebuild.collect([], "another", "0-", shop.now(), lambda *_: None)


# ── the night ──


def test_the_night_takes_ghosts_out_and_brings_who_is_missing(shop: Shop) -> None:
    held, counted = table(), counts()
    shard, gone = next(key for key in held if key[0].startswith("customers#"))
    client("dynamodb").delete_item(TableName=name(), Key={"segment_shard": {"S": shard}, "contact": {"S": gone}})
    somebody = next(p.contact for p in shop.profiles() if "customers" not in p.memberships)
    members.record(Transition(somebody, 1, "customers", True, shop.now(), "e", 0), shop.now())
    members.record(Transition("c000000000000000", 1, "customers", True, shop.now(), "e", 0), shop.now())
    wrong = next(key for key in held if key[0].startswith("subscribers#"))
    client("dynamodb").update_item(
        TableName=name(),
        Key={"segment_shard": {"S": wrong[0]}, "contact": {"S": wrong[1]}},
        UpdateExpression="SET since = :t",
        ExpressionAttributeValues={":t": {"N": "7"}},
    )
    members.count_on({"customers": 1})
    shop.passes(DAY)
    assert table() == held
    assert counts() == counted
    _, told = shop.ask("GET", "/wrong-members")
    assert told["at"] > shop.now() - DAY
    assert told["members"] == 4  # one who was missing, two ghosts, and an instant
    assert {each["segment"]: (each["name"], each["members"]) for each in told["segments"]} == {
        "customers": ("Customers", 3),
        "subscribers": ("Subscribers", 1),
    }
    shop.passes(DAY)
    _, told = shop.ask("GET", "/wrong-members")
    assert (told["members"], told["segments"]) == (0, [])


def test_what_the_stream_brings_meanwhile_is_newer(shop: Shop) -> None:
    """It tells that somebody left, after the comparison has seen the table and before it corrects."""
    contact = next(iter(shop.members("customers")))
    stored = contacts.read(contact)
    assert stored is not None
    own = stored.profile.memberships["customers"]
    seen = members.Held(own.number, own.since, True)
    later = Transition(contact, own.number + 50, "customers", False, shop.now(), "e", own.number)
    assert members.record(later, shop.now()) == -1
    for membership in (own._replace(number=own.number + 1), own._replace(member=False), None):
        assert members.correct(contact, "customers", seen, membership, shop.now()) == 0
    assert members.correct(contact, "customers", None, own, shop.now()) == 0
    assert contact not in {each.contact for each in members.members("customers")}


def test_what_has_just_changed_is_left_to_the_stream(shop: Shop) -> None:
    contact = next(iter(shop.members("customers")))
    stored = contacts.read(contact)
    assert stored is not None
    profile = stored.profile
    profile.memberships["customers"] = Membership(True, profile.transitions + 1, shop.now() - MINUTE, 0)
    contacts.commit([contacts.profile_write(profile, stored.wake_at, shop.now())])
    between = contacts.stretches(contacts.Place(), None)
    own = {p.contact: p.memberships for p in shop.profiles()}
    assert comparing.compare(["customers"], between, own, shop.now()) == {}
    assert comparing.compare(["customers"], between, own, shop.now() + HOUR) == {"customers": 1}


def test_the_stretches_of_pages_are_everything_once(shop: Shop) -> None:
    named = ["customers", "subscribers"]
    everybody = {(segment, each.contact) for segment in named for each in members.members(segment)}
    for most in (1, 2, 3, 7, 100):
        found: list[tuple[str, str]] = []
        place: contacts.Place | None = contacts.Place()
        while place is not None:
            _, following = contacts.page(place, most)
            for stretch in contacts.stretches(place, following):
                held = members.held(named, stretch)
                found += [(segment, contact) for (contact, segment), each in held.items() if each.member]
            place = following
        assert len(found) == len(set(found))
        assert set(found) == everybody
