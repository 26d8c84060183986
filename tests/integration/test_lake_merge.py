"""The night's merge of the lake's files: whatever breaks off, repeats or runs beside it, no event is lost or twice."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import boto3
import pyarrow.parquet as parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.lake.merge import handler
from infra.local.aws import s3
from infra.local.aws.calls import Call, connect
from infra.local.aws.world import World
from shared.adapters import clients, clock, environment, lake, lake_merge
from shared.domain.events import DAY, HOUR, MINUTE, Event, Type, parse_instant
from shared.domain.lake_rows import COLUMNS, Row, row

NIGHT = parse_instant("2026-11-24T02:00:00Z")
NOVEMBER, OCTOBER = "events/month=2026-11/type=page_viewed/", "events/month=2026-10/type=page_viewed/"


class Lambda:
    """A Lambda's context, with so much time left."""

    def __init__(self, left: int = 15 * MINUTE) -> None:
        self.left = left

    def get_remaining_time_in_millis(self) -> int:
        return self.left


class Dies(BaseException):
    pass


class Lake:
    """The bucket, with faults: `before` is called with each call, and may answer it; `after` when it has been done."""

    def __init__(self, directory: Path) -> None:
        self.world = World(directory / "world.db", now=NIGHT)
        self.calls: list[str] = []
        self.before: Callable[[Call], dict[str, Any] | None] = lambda call: None
        self.after: Callable[[Call], None] = lambda call: None
        session = connect(self.world, {"s3": s3.OPERATIONS}, self.call)
        boto3.DEFAULT_SESSION = session
        clients.client.cache_clear()
        self.client = session.client("s3")
        self.client.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        self.calls.clear()

    def call(self, call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        self.calls.append(call.operation)
        answer = self.before(call)
        try:
            return perform() if answer is None else answer
        finally:
            self.after(call)

    def names(self) -> list[str]:
        return [file["Key"] for file in self.client.list_objects_v2(Bucket="lake").get("Contents", [])]

    def table(self, key: str) -> parquet.ParquetFile:
        return parquet.ParquetFile(io.BytesIO(self.client.get_object(Bucket="lake", Key=key)["Body"].read()))

    def ids(self) -> list[str]:
        """The ids of all rows, a row that is there twice twice."""
        return sorted(id_ for key in self.names() for id_ in self.table(key).read().column("id").to_pylist())

    def night(self, after: int = DAY, left: int = 15 * MINUTE) -> dict[str, int]:
        self.world.turn(self.world.now() + after)
        return handler({}, Lambda(left))


@pytest.fixture
def lake_(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    monkeypatch.setenv("LAKE_BUCKET", "lake")
    environment.forget()
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    made = Lake(tmp_path)
    clock.use(made.world.now)
    yield made
    clock.use(None)
    clients.client.cache_clear()


def rows(*numbers: int, month: int = 11, contact: str | None = None) -> list[Row]:
    made = []
    for number in numbers:
        time = parse_instant(f"2026-{month:02d}-03") + number * HOUR
        event = Event(id=f"e{number:03d}", type=Type.PAGE_VIEWED, time=time, received=time, source="segment",
                      properties={"path": f"/{number}", "category": "vases"})  # fmt: skip
        made.append(row(contact or f"c{7 * number % 5:015x}", event))
    return made


def three_files(lake_: Lake) -> list[str]:
    for name, numbers in {"a": (1, 2), "b": (3, 4), "c": (5,)}.items():
        lake.write(rows(*numbers), name)
    return lake_.ids()


def test_small_files_of_a_partition_become_one_that_is_sorted(lake_: Lake) -> None:
    ids = three_files(lake_)
    lake.write(rows(9, month=10), "d")
    merged = lake_merge.merged_key([f"{NOVEMBER}{name}.parquet" for name in "abc"])
    assert lake_.night() == {"made": 1}
    assert lake_.names() == [f"{OCTOBER}d.parquet", merged]
    assert lake_.ids() == sorted([*ids, "e009"])
    table = lake_.table(merged).read()
    assert table.column_names == list(COLUMNS)
    order = list(zip(*(table.column(name).to_pylist() for name in ("contact_number", "time")), strict=True))
    assert order == sorted(order)
    assert table.column("category").to_pylist() == [["vases"]] * 5


def test_a_row_group_says_which_contacts_are_in_it(lake_: Lake) -> None:
    """Also where one is cut: with the smallest groups DuckDB makes, each begins where the one before has ended."""
    many = [one | {"contact_number": number, "id": f"i{number}"} for number in range(6_000) for one in rows(1)]
    lake.write(many[::2], "a")
    lake.write(many[1::2], "b")
    with pytest.MonkeyPatch.context() as small:
        small.setattr(lake_merge, "ROW_GROUP", 2_048)
        lake_.night()
    (key,) = lake_.names()
    metadata = lake_.table(key).metadata
    column = list(COLUMNS).index("contact_number")
    bounds = [metadata.row_group(number).column(column).statistics for number in range(metadata.num_row_groups)]
    assert [(one.min, one.max) for one in bounds] == [(0, 2_047), (2_048, 4_095), (4_096, 5_999)]


def test_a_night_in_which_nothing_came_looks_once_and_does_nothing(lake_: Lake) -> None:
    three_files(lake_)
    lake_.night()
    lake_.calls.clear()
    assert lake_.night() == {"made": 0}
    assert lake_.calls == ["GetObject", "ListObjectsV2"]


def test_a_late_file_in_a_closed_month_is_merged_the_night_after(lake_: Lake) -> None:
    three_files(lake_)
    lake_.night()
    lake_.night(after=90 * DAY)
    lake.write(rows(6), "late")
    assert lake_.night() == {"made": 1}
    assert len(lake_.names()) == 1
    assert lake_.ids() == [f"e{number:03d}" for number in range(1, 7)]


def test_an_event_of_two_batches_is_in_the_merged_file_once(lake_: Lake) -> None:
    lake.write(rows(1, 2, 3), "1-3")
    lake.write(rows(2, 3, 4), "2-4")
    lake.write(rows(2, contact="cffffffffffffff"), "joined")  # the same event in another contact's history stays
    lake_.night()
    assert lake_.ids() == ["e001", "e002", "e002", "e003", "e004"]


def test_rows_without_an_id_all_stay(lake_: Lake) -> None:
    lake.write([one | {"id": None} for one in rows(1, 6)], "a")
    lake.write(rows(2), "b")
    lake_.night()
    (key,) = lake_.names()
    assert lake_.table(key).metadata.num_rows == 3


def test_columns_that_an_old_file_has_not_got_are_null(lake_: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(
            lake, "COLUMN_TYPES", {name: type_ for name, type_ in lake.COLUMN_TYPES.items() if name != "query"}
        )
        lake.write([{name: one[name] for name in one if name != "query"} for one in rows(1)], "old")
    lake.write([one | {"query": "vases"} for one in rows(2)], "new")
    lake_.night()
    (key,) = lake_.names()
    table = lake_.table(key).read()
    assert table.column_names == list(COLUMNS)
    assert sorted(zip(*(table.column(name).to_pylist() for name in ("id", "query")), strict=True), key=str) == [
        ("e001", None),
        ("e002", "vases"),
    ]


def test_a_run_may_end_at_any_call_and_the_next_makes_it_good(lake_: Lake) -> None:
    """It dies before each of its calls, and after; what it leaves is whole, and the next night is as if nothing was."""
    ids = three_files(lake_)
    lake_.calls.clear()
    lake_.night()
    calls = len(lake_.calls)
    assert calls == 9
    for position in range(1, calls + 1):
        for when in ("before", "after"):
            for key in lake_.names():
                lake_.client.delete_object(Bucket="lake", Key=key)
            three_files(lake_)
            left = position

            def die(call: Call) -> None:
                nonlocal left
                left -= 1
                if not left:
                    raise Dies

            setattr(lake_, when, die)
            with pytest.raises(Dies):
                lake_.night()
            setattr(lake_, when, lambda call: None)
            assert set(ids) <= {id_ for key in lake_.names() if key != lake_merge.CLAIM for id_ in read(lake_, key)}
            lake.write(rows(6), "meanwhile")
            lake_.night()
            assert lake_.ids() == [*ids, "e006"], f"died {when} call {position}"
            assert len(lake_.names()) == 1


def read(lake_: Lake, key: str) -> list[str]:
    ids: list[str] = lake_.table(key).read().column("id").to_pylist()
    return ids


@pytest.mark.parametrize("deleted", [0, 1, 2, 3])
def test_deletes_that_broke_off_are_finished_before_anything_is_merged(lake_: Lake, deleted: int) -> None:
    ids = three_files(lake_)

    def some(call: Call) -> None:
        if call.operation == "DeleteObjects":
            for each in call.parameters["Delete"]["Objects"][:deleted]:
                s3.delete_object(lake_.world, {"Bucket": "lake", "Key": each["Key"]})
            raise Dies

    lake_.before = some
    with pytest.raises(Dies):
        lake_.night()
    lake_.before = lambda call: None
    assert len(lake_.names()) == 5 - deleted
    assert lake_.night() == {"made": 0}
    assert lake_.ids() == ids


def test_what_s3_does_not_delete_is_an_error_and_deleted_the_next_night(lake_: Lake) -> None:
    ids = three_files(lake_)
    held_back = {"Errors": [{"Key": f"{NOVEMBER}a.parquet", "Code": "InternalError"}]}
    lake_.before = lambda call: held_back if call.operation == "DeleteObjects" else None
    with pytest.raises(RuntimeError, match="1 of 3 files: InternalError"):
        lake_.night()
    lake_.before = lambda call: None
    lake_.night()
    assert lake_.ids() == ids


@pytest.mark.parametrize("position", range(1, 10))
@pytest.mark.parametrize("when", ["before", "after"])
def test_two_runs_at_once_do_no_harm(lake_: Lake, when: str, position: int) -> None:
    """A second run comes and goes at each call of the first."""
    ids = three_files(lake_)
    left = position

    def second(call: Call) -> None:
        nonlocal left
        left -= 1
        if not left:
            lake.write(rows(6), "meanwhile")
            handler({}, Lambda())

    setattr(lake_, when, second)
    lake_.night()
    setattr(lake_, when, lambda call: None)
    lake_.night()
    assert lake_.ids() == [*ids, "e006"]
    assert len(lake_.names()) == 1


def test_a_file_that_comes_while_others_are_merged_is_left_alone(lake_: Lake) -> None:
    three_files(lake_)

    def write(call: Call) -> None:
        if call.operation == "DeleteObjects":
            lake_.before = lambda call: None
            lake.write(rows(6), "meanwhile")

    lake_.before = write
    lake_.night()
    assert f"{NOVEMBER}meanwhile.parquet" in lake_.names()
    assert len(lake_.ids()) == 6


def test_without_time_left_the_rest_waits_for_the_next_night(lake_: Lake) -> None:
    ids = three_files(lake_)
    assert lake_.night(left=30_000) == {"made": 0}
    assert len(lake_.names()) == 3
    assert lake_.night() == {"made": 1}
    assert lake_.ids() == ids


def test_the_newest_month_comes_first(lake_: Lake) -> None:
    for month in (10, 11):
        lake.write(rows(1, month=month), "a")
        lake.write(rows(2, month=month), "b")
    assert [keys[0] for keys in lake_merge.to_merge()] == [f"{NOVEMBER}a.parquet", f"{OCTOBER}a.parquet"]


@given(st.lists(st.integers(1, 2 * lake_merge.LARGEST), max_size=60))
def test_files_are_grouped_within_the_bound_and_none_is_forgotten(sizes: list[int]) -> None:
    given_ = {f"{number:02d}": size for number, size in enumerate(sizes)}
    groups = lake_merge.groups(given_)
    together = [key for group in groups for key in group]
    assert len(together) == len(set(together))
    assert all(sum(given_[key] for key in group) <= lake_merge.LARGEST and len(group) > 1 for group in groups)
    alone = sorted(given_[key] for key in given_.keys() - set(together))
    assert all(one + other > lake_merge.LARGEST for one, other in pairwise(alone))


def test_of_thousands_of_files_a_thousand_are_merged_at_a_time() -> None:
    groups = lake_merge.groups({f"{number:05d}": 100 for number in range(2_500)})
    assert [len(group) for group in groups] == [1_000, 1_000, 500]
