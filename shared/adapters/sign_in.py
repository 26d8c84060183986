"""Who may sign in: the stack's Cognito user pool. A person's role is a group of it that is called like the role.

Their address is in the pool alone. Cognito has no transactions, so who changes roles does it one at a time (`alone`):
otherwise two owners could each take the role from the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.adapters import operators
from shared.adapters.clients import client
from shared.adapters.environment import Settings, environment
from shared.domain.events import Instant
from shared.domain.operators import WORDS, Operator, Role


class SignInSettings(Settings):
    operators_pool: str


class ExistsError(Exception):
    """Somebody with this address may sign in already."""


class NoSuchPersonError(Exception):
    """Nobody is known by this id, any more or at all."""


class NotSentError(Exception):
    """Cognito could not send the invitation now; says why."""


def _pool() -> str:
    return environment(SignInSettings).operators_pool


def people() -> list[Operator]:
    """All who may sign in, each with the highest of their roles."""
    roles: dict[str, Role] = {}
    of_group, of_pool = (
        client("cognito-idp").get_paginator("list_users_in_group"),
        client("cognito-idp").get_paginator("list_users"),
    )
    for role in Role:  # the lowest first
        for page in of_group.paginate(UserPoolId=_pool(), GroupName=role.word):
            roles |= {user["Username"]: role for user in page["Users"]}
    users = [user for page in of_pool.paginate(UserPoolId=_pool()) for user in page["Users"]]
    return [_operator(user, roles.get(user["Username"])) for user in users]


def _operator(user: Any, role: Role | None) -> Operator:
    attributes = {each["Name"]: each.get("Value", "") for each in user.get("Attributes", [])}
    return Operator(
        id=user["Username"],
        email=attributes.get("email", ""),
        role=role,
        invited=user["UserStatus"] == "FORCE_CHANGE_PASSWORD",
        disabled=not user["Enabled"],
        since=int(user["UserCreateDate"].timestamp() * 1000),
    )


def invite(email: str) -> str:
    """Lets somebody sign in: Cognito sends them a password that is good for three days. Gives their id. ExistsError,
    NotSentError."""
    with _sending():
        made = client("cognito-idp").admin_create_user(
            UserPoolId=_pool(),
            Username=email,
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}],
            DesiredDeliveryMediums=["EMAIL"],
        )
    return str(made["User"]["Username"])


def invite_again(id_: str) -> None:
    """Sends another password, where the first was not used. NotSentError, NoSuchPersonError."""
    with _sending():
        client("cognito-idp").admin_create_user(
            UserPoolId=_pool(), Username=id_, MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"]
        )


@contextmanager
def _sending() -> Iterator[None]:
    errors = client("cognito-idp").exceptions
    try:
        yield
    except errors.UsernameExistsException:
        raise ExistsError from None
    except errors.UserNotFoundException:
        raise NoSuchPersonError from None
    except errors.CodeDeliveryFailureException:
        raise NotSentError("the email could not be delivered") from None
    except (errors.LimitExceededException, errors.TooManyRequestsException):
        raise NotSentError("Cognito sends no more emails today") from None


def give(id_: str, role: Role) -> None:
    """The role, and no other. NoSuchPersonError. First the new one: whoever stops between has both, and the highest
    counts, so nobody loses one without getting the other."""
    groups = {each["GroupName"] for each in _groups_of(id_)}
    try:
        if role.word not in groups:
            client("cognito-idp").admin_add_user_to_group(UserPoolId=_pool(), Username=id_, GroupName=role.word)
        for other in groups & WORDS.keys() - {role.word}:
            client("cognito-idp").admin_remove_user_from_group(UserPoolId=_pool(), Username=id_, GroupName=other)
    except client("cognito-idp").exceptions.UserNotFoundException:
        raise NoSuchPersonError from None


def _groups_of(id_: str) -> list[Any]:
    try:
        answer = client("cognito-idp").admin_list_groups_for_user(UserPoolId=_pool(), Username=id_)
    except client("cognito-idp").exceptions.UserNotFoundException:
        raise NoSuchPersonError from None
    groups: list[Any] = answer["Groups"]
    return groups


def remove(id_: str) -> None:
    """They sign in no more, and what they have signed in with is renewed no more. NoSuchPersonError."""
    try:
        client("cognito-idp").admin_user_global_sign_out(UserPoolId=_pool(), Username=id_)
        client("cognito-idp").admin_delete_user(UserPoolId=_pool(), Username=id_)
    except client("cognito-idp").exceptions.UserNotFoundException:
        raise NoSuchPersonError from None


@contextmanager
def alone(t: Instant) -> Iterator[None]:
    """Nobody else changes who may sign in meanwhile. TakenError: somebody does just now."""
    operators.hold("sign_in", t)
    try:
        yield
    finally:
        operators.let_go_of("sign_in")
