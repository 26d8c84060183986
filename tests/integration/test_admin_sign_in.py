"""Who may sign in: seen, invited, changed and removed by owners, of whom one stays whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from infra.local import gateway
from infra.local.aws import cognito
from infra.local.gateway import Request
from shared.adapters import operators, sign_in
from shared.domain.events import SECOND
from shared.domain.operators import Operator, Role, leaves_no_owner
from tests.integration.shop import Shop

ADA, BOB = "ada@example.com", "bob@example.com"


@pytest.fixture
def shop() -> Iterator[Shop]:
    yield Shop()


def invited(shop: Shop, email: str, role: str, signed_in: bool = True) -> dict[str, Any]:
    status, told = shop.ask("POST", "/operators", {"email": email, "role": role})
    assert status == 201, told
    if signed_in:
        with shop.system.world.lock:
            cognito.has_signed_in(shop.system.world, told["email"])
    return dict(told)


def change(shop: Shop, of: dict[str, Any], role: str) -> tuple[int, Any]:
    held = next(each for each in shop.ask("GET", "/operators")[1]["operators"] if each["operator"] == of["operator"])
    return shop.ask("PUT", f"/operators/{of['operator']}", {"role": role}, **{"if-match": held["etag"]})


def test_somebody_is_invited_changed_and_removed(shop: Shop) -> None:
    ada = invited(shop, f" {ADA.upper()} ", "owner")
    assert (ada["email"], ada["role"], ada["state"]) == (ADA, "owner", "invited") and "@" not in ada["operator"]
    bob = invited(shop, BOB, "viewer", signed_in=False)
    listed = {each["email"]: (each["role"], each["state"]) for each in shop.ask("GET", "/operators")[1]["operators"]}
    assert listed == {ADA: ("owner", "active"), BOB: ("viewer", "invited")}
    assert shop.ask("POST", "/operators", {"email": BOB, "role": "owner"})[1]["code"] == "exists"
    assert shop.ask("POST", f"/operators/{bob['operator']}/invite", {})[0] == 200
    assert shop.ask("POST", f"/operators/{ada['operator']}/invite", {})[1]["code"] == "signed_in"

    for role in ("editor", "sender", "owner", "viewer"):
        status, told = change(shop, bob, role)
        assert (status, told["role"]) == (200, role)
        groups = {each.email: each.role for each in sign_in.people()}
        assert groups[BOB] is not None and groups[BOB].word == role, "one role, and no other"
    held = shop.ask("GET", "/operators")[1]["operators"]
    etag = next(each["etag"] for each in held if each["email"] == BOB)
    path = f"/operators/{bob['operator']}"
    assert shop.ask("DELETE", path)[0] == 428
    assert shop.ask("DELETE", path, **{"if-match": '"role-owner"'})[0] == 412
    assert shop.ask("DELETE", path, **{"if-match": etag}) == (200, {"operator": bob["operator"]})
    assert [each["email"] for each in shop.ask("GET", "/operators")[1]["operators"]] == [ADA]
    assert shop.ask("DELETE", path, **{"if-match": etag})[0] == 404
    log = [(each["action"], each["of"]) for each in shop.ask("GET", "/audit")[1]["changes"]]
    assert ("DELETE /operators/{operator}", {"operator": bob["operator"]}) in log
    assert ("POST /operators", {"operator": ada["operator"]}) in log and "@" not in str(log)


def test_the_last_owner_stays(shop: Shop) -> None:
    ada = invited(shop, ADA, "owner")
    bob = invited(shop, BOB, "owner", signed_in=False)  # who may never come
    status, told = change(shop, ada, "viewer")
    assert (status, told["code"]) == (409, "last_owner")
    path = f"/operators/{ada['operator']}"
    assert shop.ask("DELETE", path, **{"if-match": '"role-owner"'})[1]["code"] == "last_owner"
    with shop.system.world.lock:
        cognito.has_signed_in(shop.system.world, BOB)
    assert change(shop, ada, "viewer")[0] == 200
    assert change(shop, bob, "editor")[1]["code"] == "last_owner"


def test_roles_are_changed_one_at_a_time(shop: Shop) -> None:
    ada = invited(shop, ADA, "viewer")
    operators.hold("sign_in", shop.now())
    status, told = change(shop, ada, "editor")
    assert (status, told["code"]) == (409, "in_flight")
    shop.passes(31 * SECOND)  # whoever held it has died
    assert change(shop, ada, "editor")[0] == 200
    assert change(shop, ada, "viewer")[0] == 200, "it was let go of"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "nobody", "role": "viewer"}, "email"),
        ({"role": "viewer"}, "email"),
        ({"email": ADA, "role": "king"}, "role"),
        ({"email": ADA}, "role"),
        ({"email": ADA, "role": ["owner"]}, "role"),
    ],
)
def test_what_is_wrong_is_said_and_nobody_let_in(shop: Shop, body: Any, field: str) -> None:
    status, told = shop.ask("POST", "/operators", body)
    assert (status, told["field"]) == (400, field)
    assert shop.ask("GET", "/operators")[1]["operators"] == []


def test_only_owners_and_no_keys_let_people_in(shop: Shop) -> None:
    _, made = shop.ask("POST", "/keys", {"name": "root", "role": "owner"})
    headers = {"content-type": "application/json", "authorization": f"Bearer {made['key']}"}
    asked = Request("POST", "/api/operators", "", headers, b'{"email": "eve@example.com", "role": "owner"}')
    with shop.system.world.lock:
        assert gateway.admin(shop.system, asked).status == 403
    assert sign_in.people() == []


def test_an_owner_who_has_not_come_or_is_shut_out_does_not_count() -> None:
    def one(id_: str, role: Role | None = Role.OWNER, invited: bool = False, disabled: bool = False) -> Operator:
        return Operator(id=id_, email="", role=role, invited=invited, disabled=disabled, since=0)

    assert leaves_no_owner([one("a")], "a", None) and leaves_no_owner([one("a")], "a", Role.SENDER)
    assert not leaves_no_owner([one("a")], "a", Role.OWNER)
    assert leaves_no_owner([one("a"), one("b", invited=True), one("c", disabled=True)], "a", None)
    assert not leaves_no_owner([one("a"), one("b")], "a", None)
    assert not leaves_no_owner([one("a"), one("b", Role.VIEWER)], "b", None)
