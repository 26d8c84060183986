"""Who has ended has no row in the lake, wherever it was and however late it came: proven by search in every file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import boto3
import pyarrow.parquet as parquet
import pytest

from functions.amend import app as amend
from functions.lake import app as lake_function
from functions.transition import app as transition
from shared.adapters import amendments, clock, environment, lake, lake_merge
from shared.domain.events import DAY, HOUR, MINUTE, Event, Type
from tests.integration.conftest import NOW
from tests.integration.test_erasure import ADA, CREATED, redaction, told
from tests.integration.test_lake import stream
from tests.integration.test_profile import ANONYMOUS, EMAIL, SHOPIFY, contact_of, deliver


class Lambda:
    def __init__(self, left: int = 15 * MINUTE) -> None:
        self.left = left

    def get_remaining_time_in_millis(self) -> int:
        return self.left


@pytest.fixture(autouse=True)
def bucket(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("LAKE_BUCKET", "lake")
    environment.forget()
    made = boto3.resource("s3").Bucket("lake")
    made.create(CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield made


def rows() -> list[dict[str, Any]]:
    found = boto3.resource("s3").Bucket("lake").objects.filter(Prefix="events/month")
    return [row for each in found for row in parquet.read_table(io.BytesIO(each.get()["Body"].read())).to_pylist()]


def write(contact: str, *events: Event, start: int = 100) -> None:
    """As the stream brings it to the lake."""
    lake_function.handler(stream(*events, contact=contact, start=start), None)


def night() -> dict[str, int]:
    clock.use(lambda: NOW + DAY)
    return amend.handler({}, Lambda())


VISITS = [told(f"visit-{n}", Type.PAGE_VIEWED, NOW - n * 40 * DAY, *ADA) for n in range(1, 4)]
BEA = ((SHOPIFY, "1"), (EMAIL, "bea@example.com"))


def shop() -> tuple[str, str]:
    """Ada and Bea, with everything that was told of them in the lake; gives their contacts."""
    of_bea = told("bea", Type.CONTACT_CREATED, NOW - DAY, *BEA)
    deliver(CREATED, *VISITS, of_bea)
    ada, bea = contact_of(*ADA[0]), contact_of(*BEA[0])
    assert ada
    assert bea
    write(ada, CREATED, *VISITS)
    write(bea, of_bea, start=200)
    assert {row["contact"] for row in rows()} == {ada, bea}
    return ada, bea


def test_an_erased_contacts_rows_are_gone_the_next_night_and_nobody_elses() -> None:
    _ada, bea = shop()
    before = sorted(row["id"] for row in rows() if row["contact"] == bea)
    deliver(redaction(NOW))
    assert night() == {"amended": 1}
    assert {row["contact"] for row in rows()} == {bea}
    assert sorted(row["id"] for row in rows()) == before
    assert list(amendments.recorded()) == []
    assert night() == {"amended": 0}


def test_a_row_that_comes_late_of_an_erased_contact_is_not_written() -> None:
    ada, bea = shop()
    deliver(redaction(NOW))
    night()
    write(ada, *VISITS, start=300)
    assert {row["contact"] for row in rows()} == {bea}


def test_a_night_that_breaks_off_anywhere_is_made_good_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    _ada, bea = shop()
    deliver(redaction(NOW))
    clock.use(lambda: NOW + DAY)
    real, calls = lake_merge.delete, []

    def dies(keys: Any) -> None:
        calls.append(keys)
        raise RuntimeError("died between the new file and the end of the old")

    monkeypatch.setattr(lake_merge, "delete", dies)
    with pytest.raises(RuntimeError):
        amend.handler({}, Lambda())
    monkeypatch.setattr(lake_merge, "delete", real)
    assert amend.handler({}, Lambda()) == {"amended": 0}, "the first may be at work still"
    clock.use(lambda: NOW + DAY + HOUR)
    assert amend.handler({}, Lambda(left=1)) == {"amended": 0}, "there is no time"
    assert amend.handler({}, Lambda()) == {"amended": 1}
    assert {row["contact"] for row in rows()} == {bea}


def test_what_was_asked_for_a_moment_ago_waits_for_the_batches_that_are_under_way() -> None:
    shop()
    deliver(redaction(NOW))
    assert amend.handler({}, Lambda()) == {"amended": 0}
    assert len(list(amendments.recorded())) == 1


def test_a_visitor_who_became_known_has_their_rows_as_that_contact_only() -> None:
    visit = told("visit", Type.PAGE_VIEWED, NOW - HOUR, (ANONYMOUS, "browser"))
    deliver(visit)
    visitor = contact_of(ANONYMOUS, "browser")
    assert visitor
    write(visitor, visit)
    deliver(CREATED)
    deliver(told("known", Type.CONTACT_UPDATED, NOW - MINUTE, *ADA, (ANONYMOUS, "browser")))
    transition.end(visitor, contact_of(*ADA[0]), NOW)
    write(visitor, visit, start=300)
    assert night() == {"amended": 1}
    assert rows() == []


def test_the_rows_of_somebody_who_is_there_are_made_anew_from_their_events() -> None:
    ada, _bea = shop()
    before = sorted(rows(), key=str)
    places = {
        key.key.rpartition("/")[0].removeprefix("events/") for key in boto3.resource("s3").Bucket("lake").objects.all()
    }
    amendments.record(ada, places, NOW)
    assert night() == {"amended": 1}
    assert sorted(rows(), key=str) == before
    for each in boto3.resource("s3").Bucket("lake").objects.all():
        each.delete()
    amendments.record(ada, places, NOW)
    assert night() == {"amended": 1}
    assert sorted(rows(), key=str) == [row for row in before if row["contact"] == ada]
    assert lake.PREFIX == "events"


def test_what_somebody_is_called_goes_from_the_rows_that_were_there_before_it_was_known() -> None:
    said = {"path": "/members/lovelace", "campaign": "spring"}
    named = told("visit", Type.PAGE_VIEWED, NOW - HOUR, ADA[0], properties=said)
    other = told("other", Type.PAGE_VIEWED, NOW - 90 * DAY, ADA[0], properties={"path": "/vases"})
    deliver(named, other)
    ada = contact_of(*ADA[0]) or ""
    write(ada, named, other)
    deliver(told("called", Type.CONTACT_UPDATED, NOW - MINUTE, ADA[0], traits={"last_name": "Lovelace"}))
    (asked,) = amendments.recorded()
    assert asked.partitions == {"month=2026-11/type=page_viewed"}
    assert night() == {"amended": 1}
    assert {(row["path"], row["campaign"]) for row in rows()} == {("/vases", None), (None, "spring")}
    late = told("late", Type.PAGE_VIEWED, NOW, ADA[0], properties={"path": "/hello-lovelace"})
    deliver(late)
    write(ada, late, start=300)
    assert "lovelace" not in str(rows()).lower()
