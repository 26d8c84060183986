"""Roles: each route of the admin lets in whom it says, and nobody below; for every route there is."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from functions.admin import app, rest, routes
from shared.domain.operators import Role, role_of
from tests.integration import admin_stack
from tests.integration.admin_stack import Admin

routes.load_all()
EVERY = pytest.mark.parametrize("declared", rest.ROUTES, ids=lambda each: f"{each.method} {each.path}")


@pytest.fixture(scope="module")
def admin() -> Iterator[Admin]:
    with admin_stack.admin_stack() as stack:
        yield stack


def ask(admin: Admin, groups: str, declared: rest.Declared) -> admin_stack.Answer:
    admin.groups = groups
    return admin.request(declared.method, re.sub(r"\{\w+\}", "x1", declared.path))


@EVERY
def test_a_route_refuses_every_role_below_the_one_it_takes(admin: Admin, declared: rest.Declared) -> None:
    for groups in ("", "somebody", *(role.word for role in Role if role < declared.role)):
        answer = ask(admin, groups, declared)
        assert answer.status == 403
        assert f"takes the role {declared.role.word}" in answer.error["message"]
        assert "an owner can give it" in answer.error["message"]


@EVERY
def test_a_route_lets_its_role_in_and_those_above(admin: Admin, declared: rest.Declared) -> None:
    for role in (role for role in Role if role >= declared.role):
        assert ask(admin, role.word, declared).status != 403


def test_every_route_but_the_page_s_own_is_declared() -> None:
    answered = {(method, path) for path, methods in app.app.routes.items() for method in methods}
    own = {("GET", "/"), ("GET", "/assets/{version}/{file}"), ("GET", "/assets/{version}/vendor/{file}")}
    assert {(each.method, each.path) for each in rest.ROUTES} == answered - own


def test_a_route_that_names_no_role_cannot_be_registered() -> None:
    with pytest.raises(TypeError, match="role"):
        rest.route("GET", "/anybody")  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("path", "method", "role"),
    [
        ("/contacts/{contact}", "DELETE", Role.OWNER),
        ("/campaigns/{campaign}/send", "POST", Role.SENDER),
        ("/journeys/{journey}/publish", "POST", Role.SENDER),
        ("/segments/{segment}/draft", "PUT", Role.EDITOR),
        ("/segments", "GET", Role.VIEWER),
    ],
)
def test_what_each_role_is_for(path: str, method: str, role: Role) -> None:
    (declared,) = [each for each in rest.ROUTES if (each.path, each.method) == (path, method)]
    assert declared.role == role


def test_nothing_that_changes_something_is_a_viewer_s() -> None:
    assert not [each for each in rest.ROUTES if each.changes and each.role == Role.VIEWER]


def test_of_several_groups_the_highest_counts_however_they_are_written() -> None:
    assert role_of("viewer,owner") == role_of("[viewer owner]") == role_of("eu-west-1_x_Google, owner") == Role.OWNER
    assert role_of("owners") is role_of("") is None
