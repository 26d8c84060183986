"""What operators see of the nights' scores: by the API, in the drafts that use one, in *why*, by `beckon insight`."""

from __future__ import annotations

import csv
import gzip
import io
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local import gateway
from infra.local.__main__ import main
from infra.local.screens import site
from shared.adapters import clock, insight, lake_files
from shared.adapters.events_queue import put_events
from shared.domain.events import DAY, MINUTE, Json, iso
from shared.domain.insight.reasons import as_code
from shared.domain.insight.scored import scored
from shared.domain.lake_rows import contact_number
from tests.integration import stored_night
from tests.integration.shop import Shop


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Two customers with scores, and one who has never ordered."""
    shop = Shop()
    shop.customer(1, orders=2)
    shop.customer(2, orders=1)
    shop.customer(3)
    shop.passes(2 * MINUTE)
    passes_night(shop)
    yield shop
    clock.use(None)


def passes_night(shop: Shop) -> None:
    """A night's results, table and events, as functions/insight leaves them."""
    insight.record(stored_night.night(shop.now(), {"low": 0, "medium": 1, "high": 1}))
    insight.forget()
    rows = []
    for contact, chance, band, rank in zip(customers(shop), (0.81, 0.4), ("high", "medium"), (100, 50), strict=True):
        entry = {"score": "order", "value": chance, "band": band, "rank": rank, "basis": "model"}
        reasons = [each.model_dump(mode="json") for each in stored_night.REASONS]
        due = iso(shop.now() - 12 * DAY)[:10]
        told = [
            {**entry, "reasons": reasons},
            {"score": "next_order", "value": due, "band": "", "rank": 1, "reasons": [], "basis": "simple"},
        ]
        traits: dict[str, Json] = {"propensity.order": chance, "predicted_order": due}
        put_events([scored(contact_number(contact), "2026-01-05", shop.now(), traits, told)])
        row = {"contact": contact, "contact_number": contact_number(contact), "night": "2026-01-05", "told": None}
        codes = [as_code(each) for each in stored_night.REASONS]
        rows.append({**row, **entry, "told": json.dumps(chance), "reasons": codes})
        of_grid = {"score": "rfm", "value": 543.0, "band": "543", "rank": rank, "basis": "model", "reasons": []}
        rows.append({**row, **of_grid})
    lines = "".join(f"{json.dumps(row)}\n" for row in rows)
    lake_files.put(f"{insight.SCORES}0.json.gz", gzip.compress(lines.encode()))
    shop.passes(2 * MINUTE)


def customers(shop: Shop) -> list[str]:
    """Who has ordered, the most first."""
    found = [each for each in shop.profiles() if each.orders]
    return [each.contact for each in sorted(found, key=lambda each: -len(each.orders))]


# ── as the night has left it ──


def test_each_score_says_what_it_means_how_it_did_and_in_which_bands_people_are(shop: Shop) -> None:
    status, told = shop.ask("GET", "/insight")
    assert status == 200
    scores = {each["score"]: each for each in told["scores"]}
    order = scores["order"]
    assert (order["state"], order["trait"], order["contacts"]) == ("model", "propensity.order", 2)
    assert [(each["band"], each["contacts"]) for each in order["bands"]] == [("high", 1), ("medium", 1), ("low", 0)]
    assert "80.1 times of 100" in order["verdict"]
    assert len(order["calibration"]) == len(order["gain"]) == 10
    assert {each["name"] for each in order["figures"]} >= {"Right order (AUC)"}
    assert scores["next_order"]["state"] == "simple"
    assert {"kind": "segment", "id": "due_to_reorder", "name": "Due to reorder"} in scores["next_order"]["uses"]
    assert shop.ask("GET", "/insight/order")[1] == order
    assert shop.ask("GET", "/insight/nonsense")[0] == 404


def test_the_grid_says_how_many_are_in_a_cell_and_what_its_fifths_are(shop: Shop) -> None:
    told = shop.ask("GET", "/insight/rfm")[1]
    assert told["customers"] == stored_night.CUSTOMERS
    assert (told["recency_days"][4], told["frequency_orders"][4]) == ("within 14 days", "6 orders or more")
    assert all(each["contacts"] > 0 for each in told["cells"])


def test_proposals_come_with_their_evidence_and_become_drafts(shop: Shop) -> None:
    told = shop.ask("GET", "/insight/segments")[1]
    (proposal,) = told["proposals"]
    assert "54 % ordered" in proposal["evidence"]
    assert told["warnings"][0]["kind"] == "too alike"
    status, made = shop.ask("POST", "/insight/segments", {"proposal": proposal["proposal"]})
    assert (status, made["made"]) == (201, True)
    draft = shop.ask("GET", f"/segments/{proposal['proposal']}")[1]["draft"]
    assert draft["problems"] == []
    assert shop.ask("POST", "/insight/segments", {"proposal": proposal["proposal"]})[0] == 200
    assert shop.ask("POST", "/insight/segments", {"proposal": "nothing"})[0] == 404


def test_a_small_shop_is_told_how_many_are_missing(shop: Shop) -> None:
    before = insight.stored()
    assert before is not None
    insight.record(stored_night.small_night(shop.now()))
    insight.forget()
    try:
        order = shop.ask("GET", "/insight/order")[1]
        assert order["standing"] == "63 of 100 customers with an order; nobody has this score yet."
        assert (order["state"], order["bands"], order["verdict"]) == ("closed", [], None)
        assert shop.ask("GET", "/insight/rfm")[1]["cells"] == []
    finally:
        insight.record(before)
        insight.forget()


# ── the people behind a number ──


def test_a_band_leads_to_its_people_with_their_reasons(shop: Shop) -> None:
    first, second = customers(shop)
    told = shop.ask("GET", "/insight/order/people?band=high")[1]
    assert [each["contact"] for each in told["people"]] == [first]
    assert told["contacts"] == len(told["people"])
    assert told["people"][0]["value"] == 0.81
    assert told["people"][0]["reasons"][0] == "The last order was 12 days ago (+23 points)"
    assert shop.ask("GET", "/insight/order/people?band=nonsense")[0] == 404
    one = shop.ask("GET", "/insight/order/people?limit=1")[1]
    other = shop.ask("GET", f"/insight/order/people?limit=1&cursor={one['cursor']}")[1]
    assert [each["contact"] for page in (one, other) for each in page["people"]] == [first, second]
    assert other["cursor"] is None


def test_a_cell_leads_to_its_people(shop: Shop) -> None:
    told = shop.ask("GET", "/insight/rfm/people?recency=5&frequency=4")[1]
    assert {each["contact"] for each in told["people"]} == set(customers(shop))
    assert shop.ask("GET", "/insight/rfm/people?recency=5&frequency=1")[1]["people"] == []
    assert shop.ask("GET", "/insight/rfm/people?recency=6&frequency=1")[0] == 400


def test_the_table_of_a_score_cannot_run_anything_in_a_spreadsheet(shop: Shop) -> None:
    (contact,) = customers(shop)[:1]
    shop.ask("PATCH", f"/contacts/{contact}", {"traits": {"first_name": "=HYPERLINK(1)"}})
    shop.passes(2 * MINUTE)
    told = shop.ask("POST", "/insight/order/export", {})[1]
    rows = list(csv.DictReader(io.StringIO(told["csv"])))
    assert [row["value"] for row in rows] == ["0.81", "0.4"]
    assert rows[0]["name"].startswith("'=HYPERLINK")
    assert rows[0]["because"] == "The last order was 12 days ago (+23 points)"
    assert (told["rows"], told["cursor"]) == (2, None)


# ── used ──


def test_using_a_score_makes_two_drafts_publishes_nothing_and_writes_nothing_over(shop: Shop) -> None:
    published = {each["segment"] for each in shop.ask("GET", "/segments")[1]["segments"]}
    key = {"idempotency-key": "use-reorder"}
    status, told = shop.ask("POST", "/insight/reorder/use", None, **key)
    assert status == 201
    made = {(each["kind"], each["id"]): each for each in told["things"]}
    assert all(each["made"] and each["state"] == "draft" for each in told["things"])
    assert made.keys() == {("segment", "insight_reorder"), ("journey", "use_reorder")}
    assert shop.ask("POST", "/insight/reorder/use", None, **key) == (201, told)
    status, again = shop.ask("POST", "/insight/reorder/use")
    assert (status, again["made"]) == (200, False)
    assert {each["segment"] for each in shop.ask("GET", "/segments")[1]["segments"]} == published
    journey = shop.ask("GET", "/journeys/use_reorder")[1]
    assert (journey["state"], journey["version"]) == ("draft", None)
    (split,) = (each for each in journey["draft"]["definition"]["steps"] if each["kind"] == "split")
    assert {way["next"]: way["weight"] for way in split["ways"]}["left_alone"] == 10
    # What somebody has made of the draft since is theirs.
    etag = shop.ask("GET", "/segments/insight_reorder")[1]["etag"]
    body = {"name": "Mine", "sentence": "S.", "when": {"kind": "orders"}}
    assert shop.ask("PUT", "/segments/insight_reorder/draft", body, **{"if-match": etag})[0] == 200
    assert shop.ask("POST", "/insight/reorder/use")[1]["things"][0]["name"] == "Mine"
    assert shop.ask("GET", "/segments/insight_reorder")[1]["draft"]["name"] == "Mine"


def test_a_score_of_a_shipped_segment_uses_that(shop: Shop) -> None:
    told = shop.ask("POST", "/insight/value/use")[1]
    segment, journey = told["things"]
    assert (segment["id"], segment["state"], segment["made"]) == ("high_value", "published", False)
    assert (journey["id"], journey["made"]) == ("use_value", True)
    assert shop.ask("POST", "/insight/hour/use")[0] == 409


def test_a_cell_of_the_grid_becomes_the_draft_of_a_segment(shop: Shop) -> None:
    status, told = shop.ask("POST", "/insight/rfm/use", {"recency": 5, "frequency": 4})
    assert (status, told["things"][0]["id"]) == (201, "rfm_r5_f4")
    assert shop.ask("POST", "/insight/rfm/use", {"recency": 0, "frequency": 4})[0] == 400
    assert shop.ask("POST", "/insight/rfm/use", {"recency": True, "frequency": 4})[0] == 400


# ── of one contact ──


def test_a_contact_has_scores_with_reasons_and_says_why_there_is_none(shop: Shop) -> None:
    contact = customers(shop)[0]
    status, told = shop.ask("GET", f"/contacts/{contact}/scores")
    assert status == 200
    scores = {each["score"]: each for each in told["scores"]}
    order = scores["order"]
    assert (order["value"], order["band"], order["rank"], order["why_none"]) == (0.81, "high", 100, None)
    assert order["reasons"] == [
        "The last order was 12 days ago (+23 points)",
        "5 orders so far (+11 points)",
        "Usually 31 days between two orders (−4 points)",
    ]
    assert order["outlook"] == ["An order today would make it 93 %"]
    assert order["since"] is not None
    assert (scores["next_order"]["overdue_days"], scores["next_order"]["said"]) == (12, "overdue by 12 days")
    assert scores["next_order"]["by_simple_rule"]
    assert scores["reorder"]["why_none"] == "there is nothing that they buy again and again"
    (lead,) = (each for each in told["lead_scores"] if each["model"] == "lead")
    assert (lead["qualified"], lead["points"] < lead["threshold"]) == (False, True)
    stranger = next(each.contact for each in shop.profiles() if not each.orders)
    of_stranger = {each["score"]: each for each in shop.ask("GET", f"/contacts/{stranger}/scores")[1]["scores"]}
    assert of_stranger["order"]["why_none"] == "no order that counts yet"
    assert shop.ask("GET", "/contacts/nobody/scores")[0] == 404


def test_why_says_how_a_score_came_about_and_why_there_is_none(shop: Shop) -> None:
    contact = customers(shop)[0]
    memberships = {each["segment"]: each for each in shop.ask("GET", f"/contacts/{contact}")[1]["memberships"]}
    due = memberships["due_to_reorder"]["why"]
    assert "by the simple rule: the usual time between two orders in the category" in due["evidence"]
    before = insight.stored()
    assert before is not None
    insight.record(stored_night.small_night(shop.now()))
    insight.forget()
    try:
        stranger = next(each.contact for each in shop.profiles() if not each.orders)
        told = {each["segment"]: each for each in shop.ask("GET", f"/contacts/{stranger}")[1]["memberships"]}
        assert not told["due_to_reorder"]["member"]
        assert "not enough: 63 of 100 customers with an order" in told["due_to_reorder"]["why"]["evidence"]
    finally:
        insight.record(before)
        insight.forget()


def test_an_export_holds_the_scores_and_their_reasons(shop: Shop) -> None:
    told = shop.ask("GET", f"/contacts/{customers(shop)[0]}/export")[1]
    (order,) = (each for each in told["scores"] if each["score"] == "order")
    assert order["reasons"][0].startswith("The last order was 12 days ago")


# ── beckon insight ──


@pytest.fixture(scope="module")
def port(shop: Shop) -> Iterator[int]:
    server = gateway.serve(shop.system, 0, site.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def beckon(port: int, monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    monkeypatch.setattr("sys.argv", ["beckon", "--port", str(port), "insight", *words])
    return main()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("list",), "by the simple rule"),
        (("show", "order"), "Right order (AUC)"),
        (("rfm",), "most lately"),
        (("segments",), "54 % ordered"),
        (("people", "order", "--band", "high"), "The last order was 12 days ago"),
        (("contact", "ada.1@example.com"), "overdue by 12 days"),
        (("use", "order"), "use_order"),
    ],
)
def test_the_command_line_says_it(
    port: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    assert not beckon(port, monkeypatch, *words)
    assert said in capsys.readouterr().out


def test_the_command_line_gives_json_and_says_what_is_wrong_on_the_other_stream(
    port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    beckon(port, monkeypatch, "show", "order", "--json")
    assert json.loads(capsys.readouterr().out)["score"] == "order"
    assert beckon(port, monkeypatch, "show", "nothing") == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "there is no such score" in printed.err
