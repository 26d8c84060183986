"""Objectives over the API: made, tried, changed by one at a time, and how they stand after a night."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from shared.domain.calendars import local, zone
from shared.domain.events import DAY, MINUTE, Json
from tests.integration.nights import a_night
from tests.integration.shop import Shop


@pytest.fixture(scope="module")
def shop() -> Shop:
    shop = Shop()
    for number in range(1, 9):
        shop.customer(number, orders=1)
    shop.order(1, 5)  # a second one of the same person
    shop.passes(DAY)
    a_night(shop, "ReportsWorkflow", "one", again=True)
    shop.passes(2 * MINUTE)
    return shop


def written(shop: Shop, **parts: Json) -> dict[str, Json]:
    london = zone("Europe/London")
    assert london is not None
    today = local(shop.now(), london).date()
    return {
        "id": "more_orders",
        "name": "More orders",
        "metric": "orders",
        "absolute": 1000,
        "start": str(today - timedelta(days=14)),
        "by": str(today + timedelta(days=60)),
        "owner": "Mara",
        **parts,
    }


def test_one_is_tried_made_changed_and_deleted_and_its_forms_are_kept(shop: Shop) -> None:
    status, tried = shop.ask("POST", "/objectives/estimate", written(shop))
    assert status == 200, tried
    assert (tried["value"], tried["target"], tried["word"]) == (9, 1000, "cannot_be_said")
    assert "not 4 whole weeks yet" in tried["words"]
    status, made = shop.ask("POST", "/objectives", written(shop))
    assert status == 201, made
    assert made["progress"] == tried
    assert shop.ask("POST", "/objectives", written(shop))[0] == 409
    changed = written(shop, absolute=2)
    assert shop.ask("PUT", "/objectives/more_orders", changed)[0] == 428
    status, now = shop.ask("PUT", "/objectives/more_orders", changed, **{"if-match": made["etag"]})
    assert status == 200, now
    assert (now["progress"]["word"], now["etag"] != made["etag"]) == ("reached", True)
    assert shop.ask("PUT", "/objectives/more_orders", changed, **{"if-match": made["etag"]})[0] == 412
    listed = shop.ask("GET", "/objectives")[1]
    assert [each["id"] for each in listed["objectives"]] == ["more_orders"]
    assert {each["id"] for each in listed["ready"]} == {"email_revenue", "repeat_orders", "leads", "engagement"}
    assert listed["as_of"] is not None
    versions = shop.ask("GET", "/objectives/more_orders/versions")[1]["versions"]
    assert [each["objective"]["absolute"] for each in versions] == [2, 1000]
    assert shop.ask("DELETE", "/objectives/more_orders", **{"if-match": now["etag"]})[0] == 200
    assert shop.ask("GET", "/objectives/more_orders")[0] == 404
    assert shop.ask("GET", "/objectives")[1]["objectives"] == []


def test_what_is_being_written_is_kept_beside_what_holds_and_a_copy_takes_over_what_holds(shop: Shop) -> None:
    path, body = "/objectives/kept", written(shop, id="kept", name="Kept")
    status, made = shop.ask("POST", "/objectives", body)
    assert (status, made["unfinished"]) == (201, None)
    status, told = shop.ask("PUT", path, {"unfinished": '{"name": ""}'}, **{"if-match": made["etag"]})
    assert (status, told["objective"], told["unfinished"]) == (200, made["objective"], '{"name": ""}')
    assert told["problem"].startswith("name: ")
    assert shop.ask("GET", path)[1] == told
    assert shop.ask("PUT", path, {"unfinished": "{"}, **{"if-match": made["etag"]})[0] == 412
    same = {"unfinished": json.dumps(made["objective"])}
    status, told = shop.ask("PUT", path, same, **{"if-match": told["etag"]})
    assert (told["unfinished"], told["problem"]) == (None, None)
    status, copied = shop.ask("POST", f"{path}/duplicate", {"id": "kept_copy"})
    assert (status, copied["objective"]["name"], copied["objective"]["metric"]) == (201, "Kept (copy)", "orders")
    assert shop.ask("POST", f"{path}/duplicate", {"id": "kept_copy"})[1]["code"] == "taken"
    versions = shop.ask("GET", f"{path}/versions")[1]["versions"]
    assert len(versions) == 1, "what was only being written is none"
    for id_ in ("kept", "kept_copy"):
        assert shop.delete(f"/objectives/{id_}")[0] == 200


def test_what_is_none_is_refused_by_its_field(shop: Shop) -> None:
    for parts, field in (
        ({"metric": "mood"}, "metric"),
        ({"start": "soon"}, "start"),
        ({"metric": "members", "segment": "nobody_knows"}, "segment"),
        ({"owner": ""}, "owner"),
    ):
        status, told = shop.ask("POST", "/objectives", written(shop, **parts))
        assert (status, told.get("field")) == (400, field), told
    assert shop.ask("POST", "/objectives", written(shop, percent=5))[0] == 400


def test_shares_and_sizes_are_told_too(shop: Shop) -> None:
    status, repeat = shop.ask("POST", "/objectives/estimate", written(shop, metric="repeat", absolute=50))
    assert status == 200
    assert repeat["value"] == pytest.approx(100 / 9)
    status, members = shop.ask(
        "POST", "/objectives/estimate", written(shop, metric="members", segment="subscribers", absolute=50)
    )
    assert status == 200
    assert members["unit"] == "people"
