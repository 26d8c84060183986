"""Admin: its routes, called as API Gateway calls them, over what the real handlers have written of one shop."""

from __future__ import annotations

import base64
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from functions.admin import contact as admin_contact
from functions.admin import page, rest, routes
from functions.admin.app import handler
from infra.local.routes import Route
from shared.adapters import identities
from shared.domain.events import DAY
from tests.integration import admin_stack
from tests.integration.admin_stack import ADA, Admin, deliver, payload, sign_up
from tests.integration.conftest import NOW


@pytest.fixture(scope="module")
def admin() -> Iterator[Admin]:
    with admin_stack.admin_stack() as stack:
        yield stack


@pytest.fixture(scope="module")
def ada(admin: Admin) -> str:
    return admin_stack.ada(admin)


@pytest.fixture(scope="module")
def others(admin: Admin, ada: str) -> None:
    for number in range(7):
        deliver(sign_up(f"other {number}", f"n{number}@example.com", first_name=f"N{number}"))


# ── the page ──


def test_the_page_names_what_it_loads_and_lets_nothing_else_run(admin: Admin) -> None:
    answer = admin.get("/")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.headers["Cache-Control"] == "no-cache"
    told = told_by(answer.text)
    assert told == {"base": "/admin/", "currency": "EUR", "zone": "UTC", "login": None, "now": NOW}  # the local run
    assert "http" not in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'; style-src 'self';" in policy
    assert "unsafe" not in policy and "sha256" not in policy


def told_by(page_: str) -> Any:
    """What the page is told: JSON in an attribute."""
    return json.loads(unescape(page_.split('name="settings" content="')[1].split('"')[0]))


def test_what_the_page_loads_is_kept_for_a_year_under_a_name_of_its_content(admin: Admin) -> None:
    loaded = re.findall(r'(?:href|src)="/admin(/assets/[^"]+)"', admin.get("/").text)
    assert len(loaded) > 5
    for path in loaded:
        answer = admin.get(path)
        assert answer.status == 200
        assert answer.headers["Content-Type"] in ("text/javascript; charset=utf-8", "text/css; charset=utf-8")
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "page.html",
        "app.py",
        "..%2Fapp.py",
        "..%2F..%2F..%2F..%2Fetc%2Fpasswd",
        "vendor/versions.json",
        "vendor/..%2Fmain.js",
        "vendor%2Fpreact.js%00",
        "none.js",
    ],
)
def test_no_other_file_can_be_reached(admin: Admin, path: str) -> None:
    assert admin.get(f"/assets/{page.version()}/{path}").status == 404


def test_what_a_page_that_was_open_before_an_update_asks_for_is_not_given_to_it(admin: Admin) -> None:
    answer = admin.get("/assets/0123456789abcdef/main.js")
    assert (answer.status, answer.headers["Cache-Control"]) == (404, "no-store")


def test_on_aws_the_page_is_told_where_to_sign_in_and_may_talk_to_it(admin: Admin) -> None:
    domain = "https://shop.auth.eu-west-1.amazoncognito.com"
    request = payload(Route("GET", "/", "AdminFunction"), "/", b"")
    request["stageVariables"] = {"userPoolDomain": domain, "clientId": "4abc"}
    answer = handler(request, object())
    assert told_by(answer["body"])["login"] == {"userPoolDomain": domain, "clientId": "4abc"}
    assert f"connect-src 'self' {domain};" in answer["headers"]["Content-Security-Policy"]
    request["stageVariables"]["clientId"] = "</script>"
    assert handler(request, object())["statusCode"] == 500


def test_the_page_stands_where_its_api_stands(admin: Admin) -> None:
    """Behind a domain of the shop's own there may be another path, or none."""
    for path, assets in (("/", "/assets/"), ("/beckon/", "/beckon/assets/"), ("/admin", "/admin/assets/")):
        request = payload(Route("GET", "/", "AdminFunction"), "/", b"")
        request["requestContext"]["path"] = path
        body = handler(request, object())["body"]
        assert f'src="{assets}{page.version()}/main.js"' in body
        assert told_by(body)["base"] == assets.removesuffix("assets/")


# ── contacts ──


def test_a_contact_is_found_by_all_they_are_known_by(admin: Admin, ada: str) -> None:
    for search in ({"email": " Ada@Example.com "}, {"shopify": "1"}, {"contact": ada}):
        assert admin.post("/contacts/find", search).json == {"contact": ada}


@pytest.mark.parametrize(
    ("search", "status", "field"),
    [
        ({"email": "nobody@example.com"}, 404, "email"),
        ({"contact": "c0"}, 404, "contact"),
        ({"email": "no address"}, 400, "email"),
        ({"user": 7}, 400, "user"),
        ({"user": "u", "email": ADA}, 400, None),
        ({"anonymous": "a"}, 400, None),
        ({}, 400, None),
        ([], 400, None),
    ],
)
def test_a_search_that_finds_nothing_says_what_was_wrong_and_never_repeats_it(
    admin: Admin, search: Any, status: int, field: str | None
) -> None:
    answer = admin.post("/contacts/find", search)
    assert (answer.status, answer.error.get("field")) == (status, field)
    assert "example.com" not in answer.text


def test_a_body_that_is_no_json_is_refused(admin: Admin) -> None:
    assert admin.request("POST", "/contacts/find", b"{").error["code"] == "invalid_json"
    assert admin.post("/contacts/find").error["code"] == "invalid_json"


def test_a_contact_is_shown_with_all_the_profile_says(admin: Admin, ada: str) -> None:
    told = admin.get(f"/contacts/{ada}").json
    assert (told["contact"], told["email"], told["name"]) == (ada, ADA, "Ada Lovelace")
    assert told["first_seen"] == NOW  # when we heard
    assert {"trait": "country", "value": "GB", "since": NOW - 10 * DAY} in told["traits"]
    since = NOW - 10 * DAY
    assert told["consent"] == [{"topic": "marketing", "state": "subscribed", "since": since, "frequency": "all"}]
    assert [(order["order"], order["net"]) for order in told["orders"]] == [("1002", 19.99), ("1001", 30)]
    assert {"event": "Order Completed", "count": 2, "first": NOW - 5 * DAY, "newest": NOW - 2 * DAY} in told[
        "histories"
    ]
    assert told["identities"] == ["email", "shopify#1"]
    assert told["suppression"] is None


def test_the_list_of_segments_has_the_counted_members(admin: Admin, ada: str) -> None:
    listed = {each["segment"]: each["members"] for each in admin.get("/segments").json["segments"]}
    assert listed["new_subscribers"] > 0
    for segment, counted in listed.items():
        assert admin.get(f"/segments/{segment}").json["members"] == counted, segment


def test_a_contact_is_shown_with_why_they_are_in_which_segment_and_until_when(admin: Admin, ada: str) -> None:
    told = {each["segment"]: each for each in admin.get(f"/contacts/{ada}").json["memberships"]}
    active = told["active_customers"]
    assert active["member"] is True
    assert (active["since"], active["until"]) == (NOW, NOW - 2 * DAY + 90 * DAY)
    assert active["why"]["evidence"].startswith("2 orders in the last 90 days")
    repeat = told["repeat_buyers"]
    assert (repeat["member"], repeat["since"], repeat["until"]) == (False, None, None)
    assert repeat["why"]["turns"] == "1 more order would make it true."
    assert told["inactive"]["why"]["parts"][1]["asks"] == "has been known for at least 60 days"
    members = [each["member"] for each in admin.get(f"/contacts/{ada}").json["memberships"]]
    assert members == sorted(members, reverse=True)


def test_the_timeline_has_everything_newest_first(admin: Admin, ada: str) -> None:
    told = admin.get(f"/contacts/{ada}/timeline?limit=200").json
    times = [entry["at"] for entry in told["timeline"]]
    assert times == sorted(times, reverse=True)
    kinds = [entry["kind"] for entry in told["timeline"]]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {
        "event": 5,
        "message": 3,
        "consent": 1,
        "transition": kinds.count("transition"),
    }
    entered = [entry["segment"] for entry in told["timeline"] if entry["kind"] == "transition" and entry["entered"]]
    assert "active_customers" in entered
    bought = next(entry for entry in told["timeline"] if entry.get("properties", {}).get("order_id") == "1002")
    assert (bought["type"], bought["at"]) == ("Order Completed", NOW - 2 * DAY)


def test_messages_say_what_became_of_them_and_why_they_were_not_sent(admin: Admin, ada: str) -> None:
    claimed, refused, sent = admin.get(f"/contacts/{ada}/messages").json["messages"]
    assert (sent["step"], sent["status"], sent["sentence"]) == ("welcome", "sent", None)
    assert sent["events"] == [{"type": "Email Clicked", "at": NOW - 8 * DAY, "human": True}]
    assert (refused["status"], refused["reason"]) == ("refused", "no_consent")
    assert refused["sentence"] == "The contact does not agree to email about this topic, or not any more."
    assert claimed["sentence"] == "It was handed to SES, which has not confirmed it yet."


def test_the_export_is_all_of_it(admin: Admin, ada: str) -> None:
    told = admin.get(f"/contacts/{ada}/export").json
    timeline = admin.get(f"/contacts/{ada}/timeline?limit=200").json["timeline"]
    assert (told["timeline"], told["cursor"]) == (timeline, None)
    assert told["messages"] == admin.get(f"/contacts/{ada}/messages").json["messages"]
    assert told["email"] == ADA
    assert [run["journey"] for run in told["runs"]]


def test_an_export_too_large_for_one_answer_goes_on(admin: Admin, ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin_contact, "EXPORT_BYTES", 1_000)
    whole, url = [], f"/contacts/{ada}/export"
    told = admin.get(url).json
    pages = 1
    while True:
        whole += told["timeline"]
        if told["cursor"] is None:
            break
        told, pages = admin.get(f"{url}?cursor={told['cursor']}").json, pages + 1
    assert whole == admin.get(f"/contacts/{ada}/timeline?limit=200").json["timeline"]
    assert pages > 2


# ── paging ──


@pytest.mark.parametrize("limit", [1, 2, 5, 100])
def test_paging_gives_every_entry_exactly_once(admin: Admin, ada: str, limit: int) -> None:
    for part, name, own in (
        ("timeline", "timeline", "at"),
        ("messages", "messages", "message"),
        ("runs", "runs", "run"),
    ):
        whole = admin.get(f"/contacts/{ada}/{part}?limit=200").json[name]
        assert admin.all(f"/contacts/{ada}/{part}", name, limit) == whole
        assert all(own in entry for entry in whole)
        assert len(whole) > 1


@pytest.mark.parametrize("limit", [1, 3, 8])
@pytest.mark.usefixtures("others")
def test_paging_gives_every_member_exactly_once_with_who_they_are(admin: Admin, limit: int) -> None:
    found = admin.all("/segments/new_subscribers/members", "members", limit)
    assert sorted((member["email"], member["name"]) for member in found) == sorted(
        [(ADA, "Ada Lovelace"), *((f"n{number}@example.com", f"N{number}") for number in range(7))]
    )
    assert {member["since"] for member in found} == {NOW}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("cursor=", "cursor"),
        ("cursor=!", "cursor"),
        ("cursor=%C3%A9", "cursor"),
        ("cursor=" + base64.urlsafe_b64encode(b"12.<script>").decode().rstrip("="), "cursor"),
        ("cursor=" + base64.urlsafe_b64encode(b"12").decode().rstrip("="), "cursor"),
    ],
)
def test_a_page_nobody_gave_is_refused(admin: Admin, ada: str, query: str, field: str) -> None:
    for url in (f"/contacts/{ada}/timeline", "/segments/customers/members"):
        answer = admin.get(f"{url}?{query}")
        assert (answer.status, answer.error["field"]) == (400, field)


def test_a_cursor_holds_no_personal_data(admin: Admin, ada: str) -> None:
    cursor = admin.get(f"/contacts/{ada}/timeline?limit=1").json["cursor"]
    plain = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    assert plain.startswith(f"{NOW}.")
    assert "@" not in plain


def test_what_is_no_queue_or_cannot_be_replayed_is_refused(admin: Admin) -> None:
    assert admin.post("/dead-letters/none/replay").status == 404
    answer = admin.post("/dead-letters/refresh/replay")
    assert (answer.status, answer.error["code"]) == (409, "not_replayable")


# ── the app ──


def test_what_goes_wrong_inside_is_told_without_its_content(
    admin: Admin, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(ADA)

    monkeypatch.setattr(identities, "find", fail)
    answer = admin.post("/contacts/find", {"email": ADA})
    assert (answer.status, answer.error["code"]) == (500, "failed")
    logged = str([vars(record) for record in caplog.records])
    assert "RuntimeError" in logged
    assert "POST /contacts/find" in logged
    assert ADA not in logged + answer.text


def test_chalice_adds_no_log_handler_of_its_own() -> None:
    formatters = [type(handler.formatter).__name__ for handler in logging.getLogger("admin").handlers]
    assert set(formatters) <= {"LambdaPowertoolsFormatter"}  # ours, where the whole system runs in this process
    assert len(formatters) <= 1


def test_importing_the_admin_loads_neither_duckdb_nor_liquid() -> None:
    code = "import sys, functions.admin.app; from functions.admin import routes; routes.load_all(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "chalice" in loaded
    assert not {"duckdb", "liquid", "numpy", "aws_xray_sdk"} & set(loaded)


def test_a_module_is_imported_with_the_first_request_for_its_routes() -> None:
    """And none that answers for other paths. Whatever is asked for first has all its routes."""
    code = """if True:
        import sys
        from functions.admin import app, rest
        before = {each for each in sys.modules if each.startswith("functions.admin.")}
        event = {"resource": rest.PROXY, "pathParameters": {"proxy": "dead-letters/events/none"}, "httpMethod": "GET"}
        assert app.handler(event, None)["statusCode"] == 404
        print(*sorted(each for each in sys.modules if each.startswith("functions.admin.") and each not in before))
        print(*sorted(app.app.routes))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    shapes = [f"functions.admin.shapes{part}" for part in ("", ".everywhere", ".operations")]
    assert done[0].split() == ["functions.admin.dead_letters", *shapes]
    assert [each for each in done[1].split() if each.startswith("/dead")] == [
        "/dead-letters",
        "/dead-letters/{queue}/dismiss",
        "/dead-letters/{queue}/replay",
    ]


def test_every_route_is_found_by_the_first_part_of_its_path() -> None:
    routes.load_all()
    there = {each.view.__module__.rpartition(".")[2] for each in rest.ROUTES}
    written = {file.stem for file in page.FOLDER.parent.glob("*.py") if "\n@route(" in file.read_text("utf-8")}
    assert there == written, "a module with routes is in no row of routes.MODULES"
    found: dict[str, set[str]] = {}
    for each in rest.ROUTES:
        found.setdefault(each.path.split("/")[1], set()).add(each.view.__module__.rpartition(".")[2])
    assert found == {part: set(modules) for part, modules in routes.MODULES.items()}
