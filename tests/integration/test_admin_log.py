"""Around every change: who has made it, the same request sent twice, two people at once; and the keys of scripts."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from functions.admin import rest
from functions.keys import app as keys
from shared.adapters import clock, operators
from shared.domain.events import DAY, SECOND
from tests.integration import admin_stack
from tests.integration.admin_stack import ADA, Admin
from tests.integration.conftest import NOW

BUYERS = {"name": "Buyers", "sentence": "Who has ordered.", "when": {"kind": "orders", "at_least": 1}}
CHANGING = [each for each in rest.ROUTES if each.changes]


@pytest.fixture
def admin() -> Iterator[Admin]:
    with admin_stack.admin_stack() as stack:
        yield stack


@pytest.fixture
def told_of_failures(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rest.logger, "error", lambda *_, **__: None)


def lines(admin: Admin, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = admin.get(f"/audit{query}").json["changes"]
    return found


def drafted(admin: Admin, id_: str = "buyers") -> str:
    answer = admin.post("/segments", {"id": id_, **BUYERS})
    assert answer.status == 201
    return str(answer.json["etag"])


# ── who has changed what ──


def test_a_change_leaves_a_line_with_who_what_and_the_forms_before_and_after(admin: Admin) -> None:
    first = drafted(admin)
    body = json.dumps({**BUYERS, "name": "Those who buy"}).encode()
    changed = admin.request("PUT", "/segments/buyers/draft", body, if_match=first)
    newer, older = lines(admin)
    assert (older["action"], older["of"], older["state"]) == ("POST /segments", {"id": "buyers"}, "done")
    assert (older["before"], older["after"], older["by"], older["at"]) == (None, first, "operator-1", NOW)
    assert (newer["action"], newer["of"]) == ("PUT /segments/{segment}/draft", {"segment": "buyers"})
    assert (newer["before"], newer["after"]) == (first, changed.json["etag"])


def test_what_was_refused_leaves_no_line(admin: Admin) -> None:
    assert admin.post("/segments", {"id": "Not an id!", **BUYERS}).status == 400
    assert admin.post("/contacts/nobody/merge", {"other": "x"}).status == 404
    assert lines(admin) == []


def test_lines_are_found_by_who_what_and_of_whom_page_by_page(admin: Admin) -> None:
    for id_ in ("one", "two", "three"):
        drafted(admin, id_)
    admin.request("DELETE", "/segments/two/draft", if_match=admin.get("/segments/two").json["etag"])
    assert [line["of"] for line in lines(admin, "?of=two")] == [{"segment": "two"}, {"id": "two"}]
    assert [line["action"] for line in lines(admin, "?action=DELETE")] == ["DELETE /segments/{segment}/draft"]
    assert lines(admin, "?by=nobody") == []
    assert len(admin.all("/audit", "changes", 2)) == 4


def test_every_route_that_changes_something_writes_its_line_before(
    admin: Admin, monkeypatch: pytest.MonkeyPatch, told_of_failures: None
) -> None:
    """Whatever it does then: here it dies."""

    def dies(*_: object, **__: object) -> None:
        assert [line.state for line in operators.changes()] == ["begun"]
        raise MemoryError

    monkeypatch.setattr(rest, "called", dies)
    for declared in CHANGING:
        path = re.sub(r"\{\w+\}", "x1", declared.path)
        assert admin.request(declared.method, path, if_match='"any"').status == 500
        (line,) = operators.changes()
        assert (line.action, line.state, line.by) == (f"{declared.method} {declared.path}", "failed", "operator-1")
        operators.unrecord(line)


def test_what_changes_nothing_leaves_no_line(admin: Admin) -> None:
    contact = admin_stack.ada(admin)
    admin.get("/segments")
    admin.get(f"/contacts/{contact}")
    admin.post("/segments/estimate", {"when": BUYERS["when"]})
    assert lines(admin) == []
    admin.get(f"/contacts/{contact}/export")
    assert [line["of"] for line in lines(admin)] == [{"contact": contact}]


def test_no_address_comes_into_the_log(admin: Admin) -> None:
    contact = admin_stack.ada(admin)
    admin.request("DELETE", f"/contacts/{contact}")
    admin.request("DELETE", f"/contacts/{ADA}")
    admin.post(f"/contacts/{contact}/merge", {"other": ADA})
    assert [line["of"] for line in lines(admin)] == [{"contact": contact}]
    items = boto3.client("dynamodb").scan(TableName="Operators")["Items"]
    assert ADA not in json.dumps(items)


# ── the same request twice ──


def test_the_same_request_with_the_same_key_is_done_once_and_answered_twice(admin: Admin) -> None:
    body = json.dumps({"id": "buyers", **BUYERS}).encode()
    first, again = (admin.request("POST", "/segments", body, idempotency_key="k-1") for _ in range(2))
    assert (first.status, first.text) == (again.status, again.text) and first.status == 201
    assert again.headers["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first.headers
    assert again.headers["ETag"] == first.headers["ETag"]
    assert len(lines(admin)) == 1
    assert admin.request("POST", "/segments", body, idempotency_key="k-2").error["code"] == "taken"


def test_a_key_is_of_one_request_only(admin: Admin) -> None:
    one, other = (json.dumps({"id": id_, **BUYERS}).encode() for id_ in ("one", "other"))
    admin.request("POST", "/segments", one, idempotency_key="k-1")
    refused = admin.request("POST", "/segments", other, idempotency_key="k-1")
    assert (refused.status, refused.error["field"]) == (422, "Idempotency-Key")
    assert admin.request("POST", "/forms", one, idempotency_key="k-1").status == 422


def test_a_request_that_comes_while_the_first_is_answered_is_to_wait(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps({"id": "buyers", **BUYERS}).encode()
    calls = []
    called = rest.called

    def meanwhile(*given: Any) -> Any:
        monkeypatch.setattr(rest, "called", called)
        calls.append(admin.request("POST", "/segments", body, idempotency_key="k-1"))
        return called(*given)

    monkeypatch.setattr(rest, "called", meanwhile)
    assert admin.request("POST", "/segments", body, idempotency_key="k-1").status == 201
    assert (calls[0].status, calls[0].error["code"]) == (409, "in_flight")
    assert calls[0].headers["Retry-After"] == "1"


def test_what_was_refused_may_be_sent_again_with_its_key(admin: Admin) -> None:
    wrong, right = (json.dumps({"id": id_, **BUYERS}).encode() for id_ in ("Not an id!", "buyers"))
    assert admin.request("POST", "/segments", wrong, idempotency_key="k-1").status == 400
    assert admin.request("POST", "/segments", right, idempotency_key="k-1").status == 201


def test_what_was_cut_off_can_be_asked_again(admin: Admin) -> None:
    assert operators.begin("id", "asked", NOW) is None
    assert operators.begin("id", "asked", NOW + 29 * SECOND) is not None
    assert operators.begin("id", "asked", NOW + 30 * SECOND) is None


def test_a_key_is_free_again_after_a_day_and_kept_as_a_hash(admin: Admin) -> None:
    body = json.dumps({"id": "buyers", **BUYERS}).encode()
    admin.request("POST", "/segments", body, idempotency_key="a-key-of-theirs")
    (item,) = [
        item for item in boto3.client("dynamodb").scan(TableName="Operators")["Items"] if item["kind"]["S"] == "ONCE"
    ]
    assert "a-key-of-theirs" not in json.dumps(item)
    assert int(item["expires"]["N"]) == (NOW + DAY) // SECOND
    clock.use(lambda: NOW + DAY)
    assert admin.request("POST", "/segments", body, idempotency_key="a-key-of-theirs").error["code"] == "taken"


# ── two people at once ──


def test_header_and_body_name_the_same_form(admin: Admin) -> None:
    drafted(admin)
    for path in ("/segments/buyers", "/journeys/win_back", "/templates/welcome", "/settings"):
        answer = admin.get(path)
        assert answer.headers["ETag"] == answer.json["etag"]


def test_who_did_not_know_of_a_change_is_told_whose_it_was(admin: Admin) -> None:
    first = drafted(admin)
    body = json.dumps({**BUYERS, "name": "Another"}).encode()
    newer = admin.request("PUT", "/segments/buyers/draft", body, if_match=first).json["etag"]
    refused = admin.request("PUT", "/segments/buyers/draft", body, if_match=first)
    assert refused.status == 412
    action = "PUT /segments/{segment}/draft"
    assert refused.json["changed"] == {"by": "operator-1", "at": NOW, "action": action, "etag": newer}


def test_an_edit_that_names_no_form_is_refused(admin: Admin) -> None:
    for declared in (each for each in rest.ROUTES if each.edits):
        refused = admin.request(declared.method, re.sub(r"\{\w+\}", "x1", declared.path))
        assert (refused.status, refused.error["field"]) == (428, "If-Match")


def test_every_put_of_something_there_may_be_names_its_form() -> None:
    assert {each.path for each in rest.ROUTES if each.method == "PUT" and not each.edits} <= {
        "/contacts",  # a CRM's records: what is newer wins, field by field
        "/coupons/{pool}",  # makes it, too
    }


# ── keys ──


def made(admin: Admin, **told: Any) -> str:
    answer = admin.post("/keys", {"name": "crm", "role": "editor", **told})
    assert answer.status == 201
    return str(answer.json["key"])


def let_in(key: str) -> dict[str, Any]:
    event = {"headers": {"Authorization": f"Bearer {key}"}, "methodArn": "arn"}
    return dict(keys.handler(event, object())["context"])


def test_a_key_is_shown_once_and_kept_as_a_hash(admin: Admin) -> None:
    key = made(admin)
    listed = admin.get("/keys")
    assert key.startswith("beckon_crm_") and len(key) == len("beckon_crm_") + 43
    assert key not in listed.text and key[11:] not in json.dumps(boto3.client("dynamodb").scan(TableName="Operators"))
    (told,) = listed.json["keys"]
    assert (told["name"], told["role"], told["state"], told["used"]) == ("crm", "editor", "open", None)
    assert operators.key("crm")[1] == hashlib.sha256(key[11:].encode()).hexdigest()  # type: ignore[index]
    assert admin.post("/keys", {"name": "crm", "role": "viewer"}).error["code"] == "taken"


def test_a_key_opens_what_its_role_may_do(admin: Admin) -> None:
    assert let_in(made(admin)) == {"operator": "key:crm", "role": "editor", "wait": "0"}
    assert admin.get("/keys").json["keys"][0]["used"] == NOW // DAY * DAY


def test_what_is_no_key_opens_nothing(admin: Admin) -> None:
    made(admin)
    for key in ("", "x", "beckon_crm_", "beckon_crm_" + "a" * 43, "beckon_other_" + "a" * 43):
        with pytest.raises(keys.UnauthorizedError, match=r"^Unauthorized$"):
            let_in(key)


def test_a_key_ends_at_once_when_it_is_revoked_and_by_itself_in_time(admin: Admin) -> None:
    key, other = made(admin), made(admin, name="other", days=1)
    assert admin.request("DELETE", "/keys/crm").status == 200
    assert admin.request("DELETE", "/keys/crm").status == 404
    with pytest.raises(keys.UnauthorizedError):
        let_in(key)
    clock.use(lambda: NOW + DAY - 1)
    let_in(other)
    clock.use(lambda: NOW + DAY)
    with pytest.raises(keys.UnauthorizedError):
        let_in(other)
    assert {each["name"]: each["state"] for each in admin.get("/keys").json["keys"]} == {
        "crm": "revoked",
        "other": "expired",
    }


def test_a_key_that_asks_too_often_has_to_wait(admin: Admin) -> None:
    key = made(admin)
    waits = [int(let_in(key)["wait"]) for _ in range(operators.MAX_IN_WINDOW + 1)]
    assert set(waits[:-1]) == {0} and 0 < waits[-1] <= operators.WINDOW
    clock.use(lambda: NOW + operators.WINDOW)
    assert let_in(key)["wait"] == "0"


def test_keys_are_an_owner_s(admin: Admin) -> None:
    admin.groups = "sender"
    assert admin.post("/keys", {"name": "crm", "role": "viewer"}).status == 403
