"""The admin's routes of a segment's life: what they take, what they refuse and say, and two operators at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from infra.local.aws.calls import Call
from shared.adapters import definitions
from shared.domain.events import DAY, HOUR, MINUTE, Json, iso
from tests.integration.shop import Shop

BUYERS: Json = {"kind": "orders", "at_least": 1}
TEXTS = {"name": "Buyers", "sentence": "Who has ordered."}


@pytest.fixture
def shop() -> Shop:
    return Shop()


def refused(answer: tuple[int, Json]) -> tuple[int, str, str | None, str]:
    status, told = answer
    return status, told["code"], told.get("field"), told["detail"]


# ── drafts ──


def test_a_draft_is_kept_beside_what_is_published(shop: Shop) -> None:
    status, told = shop.drafted("customers", {**TEXTS, "when": {"kind": "orders", "at_least": 2}})
    assert (status, told["number"]) == (200, 1)
    status, told = shop.ask("GET", "/segments/customers")
    whole = {"kind": "orders", "at_least": 2, "measure": "count", "where": [], "lines": []}
    assert told["draft"]["definition"]["when"] == whole
    assert told["definition"]["when"]["at_least"] == 1
    assert (told["publication"], told["filling"]) == (1, {"status": "filled"})
    assert shop.delete("/segments/customers/draft") == (200, {"segment": "customers"})
    assert shop.ask("GET", "/segments/customers")[1]["draft"] is None
    assert refused(shop.delete("/segments/customers/draft"))[:2] == (404, "not_found")


def test_what_is_only_drafted_is_shown_as_that(shop: Shop) -> None:
    shop.draft("buyers", BUYERS)
    status, told = shop.ask("GET", "/segments/buyers")
    assert (status, told["publication"], told["definition"], told["filling"]) == (200, None, None, None)
    assert told["draft"]["definition"]["id"] == "buyers"
    assert refused(shop.ask("GET", "/segments/nobody"))[:2] == (404, "not_found")


@pytest.mark.parametrize(
    ("when", "field", "said"),
    [
        ({"kind": "order"}, "when", "there is no such kind of condition"),
        (
            {"kind": "all", "of": [BUYERS, {"kind": "event", "event": "Page Viewed", "within": "soon"}]},
            "when.of.1.within",
            'a window is a duration ("60d"), `from` and `to`',
        ),
        ({"kind": "not", "of": {"kind": "orders", "at_least": -1}}, "when.of.at_least", "greater than or equal to 0"),
        (
            {"kind": "member", "segment": "nobody"},
            "when",
            "buyers references the unknown segment nobody",
        ),
        ({"kind": "member", "segment": "buyers"}, "when", "segments reference each other in a cycle: buyers → buyers"),
        (None, "when", "a condition is an object"),
        ({"kind": "orders", "within": 90}, "when.within", 'write "90d"'),
        (
            {"kind": "orders", "within": 2592000},
            "when.within",
            'a duration is a text with its unit (s, min, h, d or w): write "60d"',
        ),
        ({"kind": "orders", "within": True}, "when.within", 'write "60d"'),
        ({"kind": "orders", "within": None, "at_least": True}, "when.at_least", "it must be a number"),
        ({"kind": "date", "trait": "birthday", "from": -7, "to": "0d"}, "when.from", 'write "-7d"'),
        ({"kind": "event", "event": "Page Viewed", "at_least": "2"}, "when.at_least", "it must be a whole number"),
        ({"kind": "all", "of": []}, "when.of", "at least one is required"),
        ({"kind": "all", "of": {"kind": "orders"}}, "when.of", "it must be a list"),
        (
            {
                "kind": "event",
                "event": "Order Completed",
                "where": [{"property": "product_id", "value": 5}],
            },
            "when.where.0",
            'is a text: write "5"',
        ),
        ({"kind": "trait", "trait": "x", "is": "in", "value": [None]}, "when", "a list of texts, numbers"),
    ],
)
def test_a_draft_that_is_not_right_is_refused_with_what_to_mend(shop: Shop, when: Json, field: str, said: str) -> None:
    answer = refused(shop.ask("POST", "/segments", {"id": "buyers", **TEXTS, "when": when}))
    assert answer[:3] == (400, "invalid_segment", field)
    assert said in answer[3]
    assert refused(shop.ask("POST", "/segments/estimate", {"id": "buyers", "when": when})) == answer


@pytest.mark.parametrize(
    ("more", "field"),
    [({"id": "Buyers"}, "id"), ({"id": ""}, "id"), ({"name": ""}, "name"), ({"x": 1}, "x"), ({"id": 7}, "id")],
)
def test_so_is_one_whose_rest_is_not_right(shop: Shop, more: Json, field: str) -> None:
    answer = refused(shop.ask("POST", "/segments", {"id": "buyers", **TEXTS, "when": BUYERS, **more}))
    assert answer[:3] == (400, "invalid_segment", field)


# ── two people at once ──


def test_making_a_segment_replaces_none_that_there_is(shop: Shop) -> None:
    body = {**TEXTS, "when": BUYERS}
    assert refused(shop.ask("POST", "/segments", {"id": "customers", **body}))[:3] == (409, "taken", "id")
    assert shop.ask("POST", "/segments", {"id": "buyers", **body})[0] == 201
    assert refused(shop.ask("POST", "/segments", {"id": "buyers", **body}))[:3] == (409, "taken", "id")
    assert refused(shop.ask("PUT", "/segments/nobody/draft", body, **{"if-match": '"draft-1"'}))[:2] == (
        404,
        "not_found",
    )


def test_a_change_says_which_form_it_is_of(shop: Shop) -> None:
    body = {**TEXTS, "when": BUYERS}
    assert refused(shop.ask("PUT", "/segments/customers/draft", body))[:3] == (428, "precondition_required", "If-Match")
    seen = shop.ask("GET", "/segments/customers")[1]["etag"]
    status, anns = shop.ask("PUT", "/segments/customers/draft", body, **{"if-match": seen})
    assert status == 200
    bens = refused(shop.ask("PUT", "/segments/customers/draft", {**body, "name": "Ben's"}, **{"if-match": seen}))
    assert bens[:3] == (412, "changed_meanwhile", "If-Match")
    held = shop.ask("GET", "/segments/customers")[1]
    assert (held["draft"]["definition"]["name"], held["etag"]) == (TEXTS["name"], anns["etag"])
    for method, path in (("POST", "publish"), ("POST", "dry-run"), ("DELETE", "draft")):
        stale = shop.ask(method, f"/segments/customers/{path}", **{"if-match": seen})
        assert refused(stale)[:2] == (412, "changed_meanwhile")
    assert shop.ask("POST", "/segments/customers/publish", **{"if-match": anns["etag"]})[0] == 202


def test_what_came_of_a_dry_run_outlives_who_asked_for_it(shop: Shop) -> None:
    shop.customer(1, orders=1)
    shop.passes(MINUTE)
    shop.draft("buyers", BUYERS)
    assert shop.ask("GET", "/segments/buyers")[1]["draft"]["dry_run"] is None
    found = shop.dry_run("buyers")
    run = shop.ask("GET", "/segments/buyers")[1]["draft"]["dry_run"]
    assert shop.ask("GET", f"/segments/buyers/dry-run/{run}")[1] == found
    shop.draft("buyers", {"kind": "orders", "at_least": 2})
    assert shop.ask("GET", "/segments/buyers")[1]["draft"]["dry_run"] is None


# ── estimates ──


def test_an_estimate_is_exact_for_a_small_shop_and_writes_nothing(shop: Shop) -> None:
    for number in range(1, 6):
        shop.customer(number, orders=number % 3)
    shop.passes(MINUTE)
    before = list(shop.system.world.db.iterdump())
    status, told = shop.ask("POST", "/segments/estimate", {"when": {"kind": "orders", "at_least": 2}})
    assert status == 200
    assert told["members"] == told["entering"] == {"number": 2, "give_or_take": 0}
    assert (told["exact"], told["contacts"]["number"], told["looked_at"]) == (True, 5, 5)
    status, told = shop.ask(
        "POST", "/segments/estimate", {"id": "customers", "when": {"kind": "orders", "at_least": 2}}
    )
    assert [told[name]["number"] for name in ("members", "entering", "leaving")] == [2, 0, 2]
    changed = set(shop.system.world.db.iterdump()) ^ set(before)
    assert not [line for line in changed if '"dynamodb ' in line]


def test_what_nobody_has_is_said_with_what_is_near(shop: Shop) -> None:
    shop.customer(1, orders=1)
    shop.passes(MINUTE)
    when = {
        "kind": "any",
        "of": [
            {"kind": "event", "event": "Order Placed"},
            {"kind": "event", "event": "order completed"},
            {"kind": "trait", "trait": "Country", "value": "GB"},
            {"kind": "trait", "trait": "country", "value": "Germany"},
            {"kind": "trait", "trait": "country", "value": "gb"},
        ],
    }
    told = shop.ask("POST", "/segments/estimate", {"when": when})[1]
    assert [(each["at"], each["instead"]) for each in told["hints"]] == [
        (["when", "of", 0, "event"], "Order Completed"),
        (["when", "of", 1, "event"], "Order Completed"),
        (["when", "of", 2, "trait"], "country"),
        (["when", "of", 3, "value"], "DE"),
    ]
    assert told["warnings"] == [
        "The event “Order Placed” was never seen: did you mean Order Completed?",
        "The event “order completed” was never seen: did you mean Order Completed?",
        "Nobody has the trait “Country”: did you mean country?",
        "A country is kept as two letters, so nobody has “Germany”: did you mean DE?",
    ]


def test_an_estimate_says_who_why_who_comes_tomorrow_and_who_else_has_them(shop: Shop) -> None:
    for number in range(1, 4):
        shop.customer(number, orders=2 if number == 1 else 0)
    shop.passes(MINUTE)
    told = shop.ask("POST", "/segments/estimate", {"when": {"kind": "orders", "at_least": 2, "within": "1d"}})[1]
    (person,) = told["people"]
    assert (person["name"], person["why"]["holds"]) == ("Ada Example", True)
    assert told["enter"] == [{name: person[name] for name in ("contact", "email", "name")}]
    assert told["leave"] == []
    assert (told["soon"]["entering"]["number"], told["soon"]["leaving"]["number"]) == (0, 1)
    (leaver,) = told["soon"]["leaving"]["people"]
    assert leaver["contact"] == person["contact"]
    assert shop.now() < leaver["at"] <= shop.now() + DAY
    customers = next(each for each in told["overlaps"] if each["segment"] == "customers")
    assert (customers["share"], customers["back"]) == (1, 1)


def test_a_definition_is_told_as_sql_before_it_is_kept(shop: Shop) -> None:
    status, told = shop.ask("POST", "/segments/sql", {"when": BUYERS})
    assert status == 200
    assert "AS in_estimate" in told["sql"]
    assert refused(shop.ask("POST", "/segments/sql", {"when": {}}))[:3] == (400, "invalid_segment", "when")


def test_all_that_is_wrong_is_said_each_with_its_way_down(shop: Shop) -> None:
    when = {
        "kind": "all",
        "of": [
            {"kind": "orders", "within": 90},
            {"kind": "not", "of": {"kind": "event", "event": "Page Viewed", "where": [{"property": "email"}]}},
            {"kind": "rank", "by": {"kind": "orders", "measure": "x"}, "top": 20},
        ],
    }
    status, told = shop.ask("POST", "/segments/estimate", {"when": when})
    assert status == 400
    assert [each["at"] for each in told["problems"]] == [
        ["when", "of", 0, "within"],
        ["when", "of", 1, "of", "where", 0],
        ["when", "of", 2, "by", "measure"],
    ]
    assert all(each["text"] for each in told["problems"])


def test_the_vocabulary_says_what_there_is_with_counts_and_how_to_call_it(shop: Shop) -> None:
    for number in range(1, 4):
        shop.customer(number, orders=number % 2)
    quiz = {"anonymousId": "a", "messageId": "m", "event": "Quiz Completed", "properties": {"score": 7}}
    shop.track("track", quiz)
    shop.passes(MINUTE)
    status, told = shop.ask("GET", "/vocabulary")
    assert status == 200
    assert told["exact"]
    events = {each["name"]: each for each in told["events"]}
    assert (events["Order Completed"]["contacts"], events["Order Completed"]["title"]) == (2, "Ordered")
    assert events["Quiz Completed"]["contacts"] == 1
    assert "product_id" in events["Order Completed"]["properties"]
    assert events["Quiz Completed"]["properties"] == ["score"], "no condition asks for it yet, and it is suggested"
    properties = {each["name"]: each for each in told["properties"]}
    assert (properties["score"]["type"], properties["score"]["contacts"]) == ("number", 0)
    country = next(each for each in told["traits"] if each["name"] == "country")
    assert country["values"] == [{"value": "GB", "contacts": 3, "title": "United Kingdom"}]
    email = next(each for each in told["traits"] if each["name"] == "email")
    assert (email["contacts"], email["values"]) == (3, [])
    assert {"value": "customers", "title": "Customers"} in told["segments"]
    starts = [(each["title"], each["condition"]["kind"]) for each in told["starts"]]
    assert {("Ordered", "orders"), ("Quiz Completed", "event"), ("Country", "trait")} <= set(starts)
    assert told["schema"]["$defs"]["EventCount"]["title"] == "An event"


# ── drafts of what is no segment yet ──


def test_what_is_no_segment_yet_is_kept_as_a_draft_and_not_published(shop: Shop) -> None:
    text = '{"name": "Buyers", "when": {"kind": "orders", "within": 9'
    status, told = shop.ask("POST", "/segments", {"id": "buyers", "text": text})
    assert status == 201
    assert (told["text"], told["definition"]) == (text, None)
    assert told["problems"] == [{"at": [], "text": "this is not valid JSON yet"}]
    shown = shop.ask("GET", "/segments/buyers")[1]
    assert (shown["definition"], shown["draft"]["text"]) == (None, text)
    assert shop.ask("GET", "/segments")[1]["drafts"] == [{"segment": "buyers", "name": "buyers", "sentence": None}]
    for act in ("publish", "dry-run"):
        assert refused(shop.ask("POST", f"/segments/buyers/{act}"))[:2] == (400, "invalid_segment")
    text = '{"name": "Buyers",\n "sentence": "Who buys.", "when": {"kind": "orders"}}'
    status, told = shop.ask("PUT", "/segments/buyers/draft", {"text": text}, **{"if-match": told["etag"]})
    assert (status, told["text"], told["problems"]) == (200, text, [])
    assert told["definition"]["when"]["kind"] == "orders"
    assert shop.ask("POST", "/segments/buyers/publish", **{"if-match": told["etag"]})[0] == 202
    taken = shop.ask("POST", "/segments", {"id": "buyers", "text": "{"})
    assert refused(taken)[:2] == (409, "taken")
    assert refused(shop.ask("POST", "/segments", {"id": "B", "text": "{"}))[:3] == (400, "invalid_segment", "id")


# ── all of them ──


def test_the_list_says_what_uses_a_segment_and_how_its_size_went(shop: Shop) -> None:
    shop.customer(1, orders=1)
    shop.passes(MINUTE)
    shop.publish("buyers", BUYERS)
    shop.publish("others", {"kind": "not", "of": {"kind": "member", "segment": "buyers"}})
    shop.passes(3 * DAY)
    status, told = shop.ask("GET", "/segments")
    assert status == 200
    assert told["contacts"] == {"number": 1, "give_or_take": 0}
    found = {each["segment"]: each for each in told["segments"]}
    assert found["buyers"]["used_by"] == [{"kind": "segment", "id": "others", "name": "A name"}]
    assert (found["buyers"]["shipped"], found["customers"]["shipped"]) == (False, True)
    assert len(told["days"]) == len(set(told["days"])) >= 2
    assert found["buyers"]["sizes"][-1] == 1
    assert shop.ask("GET", "/segments/buyers")[1]["sizes"] == found["buyers"]["sizes"]


# ── publishing ──


def test_publishing_makes_the_draft_what_holds(shop: Shop) -> None:
    assert refused(shop.ask("POST", "/segments/buyers/publish"))[:2] == (404, "not_found")
    shop.draft("buyers", BUYERS)
    status, told = shop.ask("POST", "/segments/buyers/publish")
    assert (status, told) == (202, {"segment": "buyers", "publication": 2, "status": "waiting", "contacts": 0})
    told = shop.ask("GET", "/segments/buyers")[1]
    assert (told["publication"], told["published"], told["draft"]) == (2, shop.now(), None)
    assert told["filling"]["status"] == "waiting"
    shop.passes(5 * MINUTE)
    assert shop.ask("GET", "/segments/buyers")[1]["filling"] == {"status": "filled"}
    assert "buyers" in [segment["segment"] for segment in shop.ask("GET", "/segments")[1]["segments"]]


def test_publishing_again_what_is_published_makes_no_next_number(shop: Shop) -> None:
    assert shop.publish("buyers", BUYERS) == 2
    assert shop.publish("buyers", BUYERS) == 2
    shop.passes(HOUR)
    assert definitions.publication().number == 2


def test_another_name_asks_nothing_of_the_contacts(shop: Shop) -> None:
    shop.publish("buyers", BUYERS)
    shop.passes(HOUR)
    body = {"name": "Another name", "sentence": "Who has ordered.", "when": BUYERS}
    assert shop.drafted("buyers", body)[0] == 200
    status, told = shop.ask("POST", "/segments/buyers/publish", {})
    assert (status, told) == (202, {"segment": "buyers", "publication": 3, "status": "filled"})
    assert shop.ask("GET", "/segments/buyers")[1]["name"] == "Another name"


@pytest.mark.parametrize("asked", ["publish", "dry-run"])
def test_whether_journeys_start_is_yes_or_no(shop: Shop, asked: str) -> None:
    shop.draft("buyers", BUYERS)
    answer = refused(shop.ask("POST", f"/segments/buyers/{asked}", {"start_journeys": "some"}))
    assert answer[:3] == (400, "invalid_choice", "start_journeys")


def test_a_draft_that_fits_no_longer_is_refused(shop: Shop) -> None:
    shop.publish("buyers", BUYERS)
    shop.draft("askers", {"kind": "member", "segment": "buyers"})
    assert shop.delete("/segments/buyers")[0] == 202
    for asked in ("publish", "dry-run"):
        answer = refused(shop.ask("POST", f"/segments/askers/{asked}"))
        assert answer[:3] == (400, "invalid_segment", "when")
        assert "askers references the unknown segment buyers" in answer[3]


def test_of_two_who_publish_at_once_one_wins_and_the_other_is_told(shop: Shop) -> None:
    shop.draft("buyers", BUYERS)
    shop.draft("others", {"kind": "not", "of": BUYERS})
    answers = []

    def race(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The other one publishes just before the first is stored."""
        puts = call.parameters.get("TransactItems", []) if call.operation == "TransactWriteItems" else []
        keys = [(each["Put"]["Item"]["id"]["S"], each["Put"]["Item"]["version"]["N"]) for each in puts]
        if keys == [("segments", "2")]:
            shop.fault = lambda _, perform: perform()
            answers.append(shop.ask("POST", "/segments/others/publish"))
        return perform()

    shop.fault = race
    answers.append(shop.ask("POST", "/segments/buyers/publish"))
    (won, told), lost = answers
    assert (won, told["publication"]) == (202, 2)
    assert refused(lost)[:2] == (409, "changed_meanwhile")
    assert shop.ask("GET", "/segments/buyers")[1]["draft"] is not None
    assert shop.ask("POST", "/segments/buyers/publish")[1]["publication"] == 3
    assert {"buyers", "others"} <= {segment.id for segment in definitions.publication().segments}


def test_the_next_request_takes_up_a_publication_that_was_cut_short(shop: Shop) -> None:
    shop.draft("buyers", BUYERS)

    def cut(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if call.operation == "StartExecution":
            raise ConnectionError
        return perform()

    shop.fault = cut
    assert shop.ask("POST", "/segments/buyers/publish")[0] == 500
    shop.fault = lambda _, perform: perform()
    assert shop.ask("POST", "/segments/buyers/publish")[1]["publication"] == 2
    shop.passes(HOUR)
    assert shop.filling("buyers") == "filled"


def test_a_filling_that_was_never_begun_is_made_up_for_at_night(shop: Shop) -> None:
    shop.customer(1, orders=1)
    shop.passes(MINUTE)
    shop.draft("buyers", BUYERS)

    def cut(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if call.operation == "StartExecution" and "fill-" in call.parameters["name"]:
            raise ConnectionError
        return perform()

    shop.fault = cut
    assert shop.ask("POST", "/segments/buyers/publish")[0] == 500
    shop.passes(24 * HOUR)
    assert shop.filling("buyers") == "filled"
    shop.assert_exact()


# ── versions and deleting ──


def test_the_versions_of_a_segment_are_listed_newest_first(shop: Shop) -> None:
    for at_least in (1, 2, 3):
        shop.publish("buyers", {**BUYERS, "at_least": at_least})
        shop.publish("others", {**BUYERS, "at_least": at_least})
    _, told = shop.ask("GET", "/segments/buyers/versions")
    assert [each["publication"] for each in told["versions"]] == [6, 4, 2]
    assert [each["definition"]["when"]["at_least"] for each in told["versions"]] == [3, 2, 1]
    assert told["cursor"] is None
    _, told = shop.ask("GET", "/segments/customers/versions")
    assert [each["publication"] for each in told["versions"]] == [1]


def test_what_is_in_use_cannot_be_deleted(shop: Shop) -> None:
    shop.publish("vips", BUYERS)
    growth = {"id": "growth", "name": "More of them", "metric": "members", "segment": "vips", "percent": 20}
    days = {"start": iso(shop.now())[:10], "by": iso(shop.now() + 30 * DAY)[:10], "owner": "Ada"}
    assert shop.ask("POST", "/objectives", {**growth, **days})[0] == 201
    shop.publish("buyers", BUYERS)
    shop.publish("askers", {"kind": "member", "segment": "buyers"})
    status, code, field, said = refused(shop.delete("/segments/buyers"))
    assert (status, code, field) == (409, "in_use", "segment")
    assert said == "the segment askers asks about it: publish that one without it, or delete it, first"
    assert shop.ask("POST", "/journeys/win_back/publish", {"state": "paused"})[0] == 200
    assert refused(shop.delete("/segments/inactive"))[3] == "the journey win_back uses it"
    said = "the objective growth counts its members: change or delete that one first"
    assert refused(shop.delete("/segments/vips"))[3] == said
    assert shop.ask("GET", "/segments/vips")[1]["used_by"] == [
        {"kind": "objective", "id": "growth", "name": "More of them"}
    ]
    assert shop.delete("/objectives/growth")[0] == 200
    assert shop.delete("/segments/vips")[0] == 202
    assert refused(shop.delete("/segments/nobody"))[:2] == (404, "not_found")
    assert shop.delete("/segments/askers")[0] == 202
    assert shop.delete("/segments/buyers")[0] == 202


# ── dry runs ──


def test_a_dry_run_is_of_a_segment_and_known_by_its_run(shop: Shop) -> None:
    assert refused(shop.ask("POST", "/segments/buyers/dry-run"))[:2] == (404, "not_found")
    shop.draft("buyers", BUYERS)
    run = shop.ask("POST", "/segments/buyers/dry-run")[1]["run"]
    assert shop.ask("GET", f"/segments/buyers/dry-run/{run}") == (200, {"run": run, "status": "running"})
    for path in (f"customers/dry-run/{run}", "buyers/dry-run/fill-2", "buyers/dry-run/dry-run-buyers-1"):
        assert refused(shop.ask("GET", f"/segments/{path}"))[:2] == (404, "not_found")


def test_a_dry_run_that_failed_says_so(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.export.app.contacts.page", lambda *_: 1 / 0)
    shop.draft("buyers", BUYERS)
    run = shop.ask("POST", "/segments/buyers/dry-run")[1]["run"]
    shop.passes(2 * HOUR)
    assert shop.ask("GET", f"/segments/buyers/dry-run/{run}")[1] == {"run": run, "status": "failed"}


def listed(lists: int, seed: str) -> Json:
    """A condition of so many lists of a thousand ids that compress to little less than they are."""
    ids = [hashlib.sha256(f"{seed} {number}".encode()).hexdigest()[:16] for number in range(lists * 1000)]
    return {
        "kind": "any",
        "of": [
            {"kind": "trait", "trait": "sku", "is": "in", "value": ids[start : start + 1000]}
            for start in range(0, len(ids), 1000)
        ],
    }


def test_segments_that_are_too_large_together_are_refused_with_their_size(shop: Shop) -> None:
    shop.publish("twenty_lists", listed(20, "a"))
    before = definitions.publication()
    status, code, field, message = refused(shop.drafted("forty_lists", {**TEXTS, "when": listed(40, "b")}))
    assert (status, code, field) == (413, "too_large", "when")
    assert re.search(r"all segments together take \d{3} KB when compressed, and 390 KB fit: shorten", message)
    assert definitions.drafts.all() == {}
    assert definitions.publication() == before


def test_drafts_that_are_too_large_together_are_refused_with_their_size(shop: Shop) -> None:
    assert shop.drafted("first", {**TEXTS, "when": listed(25, "a")})[0] == 201
    status, code, _, message = refused(shop.drafted("second", {**TEXTS, "when": listed(25, "b")}))
    assert (status, code) == (413, "too_large")
    assert message.startswith("all drafts together take ")
    assert list(definitions.drafts.all()) == ["first"]
