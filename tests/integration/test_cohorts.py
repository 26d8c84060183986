"""Cohorts and the funnel on the local run: a night adds them up, and a number leads to its people."""

from __future__ import annotations

import argparse
import csv
import io

import pytest

from infra.local import reports as commands
from infra.local.shop import storefront
from shared.domain.events import DAY, MINUTE, Json
from tests.integration.shop import BEGIN, Shop


@pytest.fixture(scope="module")
def shop() -> Shop:
    return played()


def played() -> Shop:
    """Three have ordered this month, of whom one had two months ago, too; one has only signed up. Two of the three are
    one person, as it turns out. A fifth signed up in November, ordered ten days later, and orders again."""
    shop = Shop()
    for number in range(1, 5):
        shop.customer(number)
    storefront.post(shop.system, storefront.order(901, shop.customers[2], shop.now() - 60 * DAY, "30.00"))
    signed_up = storefront.sign_up(5, "Ada", shop.now() - 40 * DAY)
    shop.customers[5] = signed_up.body
    storefront.post(shop.system, signed_up)
    storefront.post(shop.system, storefront.order(902, signed_up.body, shop.now() - 30 * DAY, "30.00"))
    for number in (1, 2, 3, 5):
        shop.order(number)
    shop.passes(10 * MINUTE)
    people = {profile.email: profile.contact for profile in shop.profiles()}
    first, third = (people[shop.customers[number]["email"]] for number in (1, 3))
    assert shop.ask("POST", f"/contacts/{first}/merge", {"other": third})[0] == 202
    shop.passes(2 * DAY)
    return shop


def test_before_the_first_night_there_is_nothing() -> None:
    shop = Shop()
    status, told = shop.ask("GET", "/reports/cohorts")
    assert (status, told["as_of"], told["rows"], told["people"]) == (200, None, [], 0)
    status, told = shop.ask("GET", "/reports/funnel")
    assert (status, told["as_of"], told["windows"]) == (200, None, [])


def test_a_guest_who_is_somebody_counts_once_and_an_old_order_in_its_month(shop: Shop) -> None:
    told = asked(shop, "/reports/cohorts")
    assert {row["month"]: (row["people"], row["orders"], row["revenue"]) for row in told["rows"]} == {
        "2025-11": (1, 2, 54.5),
        "2025-12": (1, 2, 54.5),
        "2026-01": (1, 2, 49.0),
    }
    assert told["people"] == 3 == len(shop.members("customers"))
    old = told["rows"][0]
    assert old["begins"]
    assert [(cell["people"], cell["is_over"]) for cell in old["cells"]] == [(1, True), (0, True), (1, False)]
    signed_up = asked(shop, "/reports/cohorts?by=sign_up")
    assert [(row["month"], row["people"]) for row in signed_up["rows"]] == [("2025-11", 1), ("2026-01", 3)]


def test_a_segment_is_those_who_are_in_it(shop: Shop) -> None:
    told = asked(shop, "/reports/cohorts?segment=customers")
    assert told["rows"] == asked(shop, "/reports/cohorts")["rows"]
    assert {"segment": "customers", "name": "Customers"} in told["segments"]
    first_time = asked(shop, "/reports/cohorts?segment=first_time_buyers")
    assert first_time["people"] == len(shop.members("first_time_buyers")) == 0
    assert shop.ask("GET", "/reports/cohorts?segment=nobody")[0] == 404


def test_a_cell_leads_to_its_people(shop: Shop) -> None:
    told = asked(shop, "/reports/cohorts")
    for row in told["rows"]:
        for after, number in [(-1, row["people"]), *((cell["after"], cell["people"]) for cell in row["cells"])]:
            found = asked(shop, f"/reports/cohorts/people?month={row['month']}&after={after}&segment=customers")
            assert (len(found["people"]), found["total"], found["contacts"]) == (number, number, number)
    (old,) = asked(shop, "/reports/cohorts/people?month=2025-11&after=2")["people"]
    assert (old["email"], old["n"]) == (shop.customers[2]["email"], 1)
    for wrong, field in {
        "month=2025-13": "month",
        "month=2025-11&after=x": "after",
        "month=2025-11&by=luck": "by",
        "after=2": "month",
    }.items():
        status, problem = shop.ask("GET", f"/reports/cohorts/people?{wrong}")
        assert (status, problem["field"]) == (400, field)


def test_the_way_to_the_second_order_waits_for_the_days(shop: Shop) -> None:
    told = asked(shop, "/reports/funnel")
    window = next(each for each in told["windows"] if each["days"] == 30)
    assert (window["people"], window["customers"], window["ready"], window["waiting"]) == (3, 1, 1, 2)
    assert [window[f"{step}_days"] for step in ("confirmed", "clicked", "ordered", "again")] == [0, None, 10, None]
    assert [(each["month"], each["ready"]) for each in window["months"]] == [("2026-01", 0), ("2025-11", 1)]
    (ada,) = asked(shop, "/reports/funnel/people?days=30&step=ordered&month=2025-11")["people"]
    assert (ada["email"], ada["n"]) == (shop.customers[5]["email"], BEGIN - 40 * DAY)
    again = asked(shop, "/reports/funnel/people?days=30&step=again")
    assert (again["people"], again["total"], again["cursor"]) == ([], 0, None)
    for wrong, field in {
        "days=31&step=ready": "days",
        "days=30&step=luck": "step",
        "days=30&step=again&month=1": "month",
    }.items():
        status, problem = shop.ask("GET", f"/reports/funnel/people?{wrong}")
        assert (status, problem["field"]) == (400, field)


def test_the_command_line_says_the_same(
    shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "call", lambda port, method, path: asked(shop, path.removeprefix("/admin")))

    def printed(report: str, **given: str) -> list[list[str]]:
        options = {**dict.fromkeys(commands.ASKED), **given}
        commands.show(argparse.Namespace(report=report, port=0, json=False, csv=True, **options))
        return [*csv.reader(io.StringIO(capsys.readouterr().out.removeprefix("\ufeff")))]

    of_cohorts = [row[:5] for row in printed("cohorts")[1:] if row[0] == "2025-11"]
    assert of_cohorts == [
        ["2025-11", "1", "all", "", "2"],
        ["2025-11", "1", "0", "1", "1"],
        ["2025-11", "1", "1", "0", "0"],
        ["2025-11", "1", "2", "not yet", ""],
    ]
    assert [row[1] for row in printed("cohorts", by="sign_up")[1:] if row[2] == "all"] == ["1", "3"]
    of_30_days = [row[1:] for row in printed("funnel")[1:] if row[0] == "30"]
    assert of_30_days == [
        ["all", "3", "1", "1", "0", "1", "0"],
        ["2026-01", "2", "0", "not yet", "not yet", "not yet", "not yet"],
        ["2025-11", "1", "1", "1", "0", "1", "0"],
    ]
    moves = {(row[1], row[2]): int(row[3]) for row in printed("flows")[1:]}
    told = asked(shop, "/reports/flows")
    assert sum(moves.values()) == sum(each["moves"] for each in told["paths"])
    assert moves["none", "Subscribers"] == 4  # the fifth is history that was brought over


def asked(shop: Shop, path: str) -> Json:
    status, told = shop.ask("GET", path)
    while status == 202:
        status, told = shop.ask("GET", f"{path}{'&' if '?' in path else '?'}query={told['query']}")
    assert status == 200, told
    return told
