"""Who may sign in, and with which role. Routes of the admin's API: owners' alone, and people's, not keys'.

Whoever has signed in goes on with what they have until that ends: an hour at most (docs/admin.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from functions.admin.recording import WaitError
from functions.admin.rest import Paging, Request, answer, by_id, logger, page_of, route
from functions.admin.shapes import shop as shapes
from shared.adapters import operators, sign_in
from shared.adapters.clock import now
from shared.domain.events import SECOND, Json, normal_email
from shared.domain.operators import WORDS, Operator, Role, leaves_no_owner
from shared.domain.refusals import RefusedError


@route("GET", "/operators", role=Role.OWNER, gives=shapes.Operators, query=Paging)
def list_operators(request: Request) -> Json:
    """Lists who may sign in, by their ids, each with their role (null: they may do nothing yet)."""
    return page_of(request, "operators", sign_in.people(), lambda each: by_id(each.id), told)


@route(
    "POST",
    "/operators",
    role=Role.OWNER,
    status=201,
    about=("operator",),
    keeps=False,
    takes=shapes.Invitation,
    gives=shapes.OperatorTold,
)
def invite(request: Request) -> Json:
    """Invites somebody by `email`, with a `role`: they are sent a password that is good for three days."""
    by_a_person(request)
    body = request.json()
    role = role_in(body.get("role"))
    try:
        email = normal_email(str(body.get("email", "")))
    except ValueError:
        raise RefusedError("invalid_operator", "that is not an email address", "email") from None
    try:
        id_ = sign_in.invite(email)
    except sign_in.ExistsError:
        told_ = "somebody with this address may sign in already: change their role"
        raise RefusedError("exists", told_, "email", 409) from None
    except sign_in.NotSentError as error:
        raise RefusedError("not_sent", f"the invitation could not be sent: {error}", "email", 409) from None
    sign_in.give(id_, role)
    logger.info("operator invited", invited=id_, role=role.word, operator=request.operator)
    return answer(201, told(one(id_)))


@route("POST", "/operators/{operator}/invite", role=Role.OWNER, keeps=False, gives=shapes.OperatorTold)
def invite_again(request: Request, operator: str) -> Json:
    """Sends another password to somebody who has not signed in yet."""
    by_a_person(request)
    found = one(operator)
    if not found.invited:
        raise RefusedError("signed_in", "they have signed in already, and have a password of their own", status=409)
    try:
        sign_in.invite_again(operator)
    except sign_in.NotSentError as error:
        raise RefusedError("not_sent", f"the invitation could not be sent: {error}", status=409) from None
    logger.info("operator invited again", invited=operator, operator=request.operator)
    return told(found)


@route("PUT", "/operators/{operator}", role=Role.OWNER, edits=True, takes=shapes.RoleGiven, gives=shapes.OperatorTold)
def change_role(request: Request, operator: str) -> Json:
    """Gives somebody another `role`. The last owner stays one. It holds when they sign in next, or after an hour."""
    by_a_person(request)
    role = role_in(request.json().get("role"))
    with _alone():
        everybody = sign_in.people()
        found = _of(everybody, operator)
        if request.if_match != etag(found):
            raise changed_meanwhile()
        refuse_without_owner(everybody, operator, role)
        sign_in.give(operator, role)
    logger.info("role given", to=operator, role=role.word, operator=request.operator)
    return told(found.model_copy(update={"role": role}))


@route("DELETE", "/operators/{operator}", role=Role.OWNER, edits=True, gives=shapes.OfOperator)
def remove(request: Request, operator: str) -> Json:
    """Somebody may sign in no more. The last owner stays. What they have signed in with ends after an hour at most."""
    by_a_person(request)
    with _alone():
        everybody = sign_in.people()
        if request.if_match != etag(_of(everybody, operator)):
            raise changed_meanwhile()
        refuse_without_owner(everybody, operator, None)
        sign_in.remove(operator)
    logger.info("operator removed", removed=operator, operator=request.operator)
    return {"operator": operator}


@contextmanager
def _alone() -> Iterator[None]:
    try:
        with sign_in.alone(now()):
            yield
    except operators.TakenError:
        told_ = "somebody else is changing who may sign in just now: ask again in a moment"
        raise WaitError("in_flight", told_, 409, SECOND) from None


def role_in(word: Json) -> Role:
    if not isinstance(word, str) or word not in WORDS:
        raise RefusedError("invalid_operator", f"it must be one of {', '.join(WORDS)}", "role")
    return WORDS[word]


def by_a_person(request: Request) -> None:
    """Whoever has found a key must not let others in, who would outlive it."""
    if request.operator.startswith("key:"):
        raise RefusedError("not_allowed", "people are let in by people: sign in as an owner", status=403)


def refuse_without_owner(everybody: list[Operator], id_: str, role: Role | None) -> None:
    if leaves_no_owner(everybody, id_, role):
        said = "nobody else is an owner who has signed in: make somebody else one first"
        raise RefusedError("last_owner", said, "operator", 409)


def one(id_: str) -> Operator:
    return _of(sign_in.people(), id_)


def _of(everybody: list[Operator], id_: str) -> Operator:
    found = next((each for each in everybody if each.id == id_), None)
    if found is None:
        raise RefusedError("not_found", "nobody of this id may sign in", "operator", 404)
    return found


def etag(of: Operator) -> str:
    return f'"role-{of.role.word if of.role is not None else "none"}"'


def changed_meanwhile() -> RefusedError:
    said = "somebody else has changed their role meanwhile: look at it again"
    return RefusedError("changed_meanwhile", said, "If-Match", 412)


def told(of: Operator) -> dict[str, Json]:
    state = "disabled" if of.disabled else "invited" if of.invited else "active"
    role = of.role.word if of.role is not None else None
    return {"operator": of.id, "email": of.email, "role": role, "state": state, "since": of.since, "etag": etag(of)}
