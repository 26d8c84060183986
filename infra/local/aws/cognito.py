"""Cognito's user pools as the admin asks them: people, and the groups they are in. Nobody signs in here, and no email
of Cognito's is sent: who is invited stays so until a test says that they have signed in."""

from __future__ import annotations

import json
import re
import sqlite3
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from infra.local.aws.calls import AwsError, Operation, Parameters
from infra.local.aws.world import World

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS pool_groups (pool TEXT, name TEXT, PRIMARY KEY (pool, name))",
    """CREATE TABLE IF NOT EXISTS pool_users (
        pool TEXT, name TEXT, email TEXT, attributes TEXT, status TEXT, enabled INTEGER, made_at INTEGER,
        PRIMARY KEY (pool, name)
    )""",
    "CREATE TABLE IF NOT EXISTS pool_members (pool TEXT, grp TEXT, name TEXT, PRIMARY KEY (pool, grp, name))",
)
MOST = 60
_NAMES = UUID("6a1f3b52-6d0e-4b5c-9a53-1f8f0d6c2b11")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def create_group(world: World, parameters: Parameters) -> dict[str, Any]:
    pool, name = parameters["UserPoolId"], parameters["GroupName"]
    if _db(world).execute("SELECT 1 FROM pool_groups WHERE (pool, name) = (?, ?)", (pool, name)).fetchone():
        raise AwsError("GroupExistsException", "A group with the name already exists.")
    world.db.execute("INSERT INTO pool_groups VALUES (?, ?)", (pool, name))
    return {"Group": {"GroupName": name, "UserPoolId": pool}}


def admin_create_user(world: World, parameters: Parameters) -> dict[str, Any]:
    """The name is an id of the pool's own, since people sign in with their addresses."""
    pool, username = parameters["UserPoolId"], parameters["Username"]
    action = parameters.get("MessageAction")
    if action == "RESEND":
        user = _user(world, pool, username)
        if user["UserStatus"] != "FORCE_CHANGE_PASSWORD":
            raise AwsError(
                "UnsupportedUserStateException", "Resend not possible. User status is not FORCE_CHANGE_PASSWORD"
            )
        return {"User": user}
    if not _ADDRESS.fullmatch(username):
        raise AwsError("InvalidParameterException", "Username should be an email.")
    attributes = {each["Name"]: each.get("Value", "") for each in parameters.get("UserAttributes", [])}
    if _db(world).execute("SELECT 1 FROM pool_users WHERE (pool, email) = (?, ?)", (pool, username)).fetchone():
        raise AwsError("UsernameExistsException", "User account already exists")
    (made,) = world.db.execute("SELECT COUNT(*) FROM pool_users").fetchone()
    name = str(uuid5(_NAMES, f"{pool} {username} {made} {world.now()}"))
    told = {**attributes, "email": username, "sub": name}
    world.db.execute(
        "INSERT INTO pool_users VALUES (?, ?, ?, ?, 'FORCE_CHANGE_PASSWORD', 1, ?)",
        (pool, name, username, json.dumps(told), world.now()),
    )
    return {"User": _user(world, pool, name)}


def admin_add_user_to_group(world: World, parameters: Parameters) -> dict[str, Any]:
    pool, name = parameters["UserPoolId"], _named(world, parameters)
    _group(world, pool, parameters["GroupName"])
    world.db.execute("INSERT OR IGNORE INTO pool_members VALUES (?, ?, ?)", (pool, parameters["GroupName"], name))
    return {}


def admin_remove_user_from_group(world: World, parameters: Parameters) -> dict[str, Any]:
    pool, name = parameters["UserPoolId"], _named(world, parameters)
    _group(world, pool, parameters["GroupName"])
    world.db.execute(
        "DELETE FROM pool_members WHERE (pool, grp, name) = (?, ?, ?)", (pool, parameters["GroupName"], name)
    )
    return {}


def admin_list_groups_for_user(world: World, parameters: Parameters) -> dict[str, Any]:
    pool, name = parameters["UserPoolId"], _named(world, parameters)
    rows = world.db.execute("SELECT grp FROM pool_members WHERE (pool, name) = (?, ?) ORDER BY grp", (pool, name))
    return {"Groups": [{"GroupName": group, "UserPoolId": pool} for (group,) in rows]}


def admin_delete_user(world: World, parameters: Parameters) -> dict[str, Any]:
    pool, name = parameters["UserPoolId"], _named(world, parameters)
    for table in ("pool_users", "pool_members"):
        world.db.execute(f"DELETE FROM {table} WHERE (pool, name) = (?, ?)", (pool, name))
    return {}


def admin_user_global_sign_out(world: World, parameters: Parameters) -> dict[str, Any]:
    _named(world, parameters)
    return {}


def list_users(world: World, parameters: Parameters) -> dict[str, Any]:
    pool = parameters["UserPoolId"]
    if "Filter" in parameters or "AttributesToGet" in parameters:
        raise NotImplementedError("the local run does not stand in for Filter and AttributesToGet")
    return _page(
        world, pool, "SELECT name FROM pool_users WHERE pool = ? AND name > ?", (pool,), parameters, "PaginationToken"
    )


def list_users_in_group(world: World, parameters: Parameters) -> dict[str, Any]:
    pool, group = parameters["UserPoolId"], parameters["GroupName"]
    _group(world, pool, group)
    query = "SELECT name FROM pool_members WHERE pool = ? AND grp = ? AND name > ?"
    return _page(world, pool, query, (pool, group), parameters, "NextToken")


def has_signed_in(world: World, email: str) -> None:
    """For tests: whoever was invited has come, and chosen a password."""
    _db(world).execute("UPDATE pool_users SET status = 'CONFIRMED' WHERE email = ?", (email,))


def _page(
    world: World, pool: str, query: str, of: tuple[str, ...], parameters: Parameters, token: str
) -> dict[str, Any]:
    most = parameters.get("Limit", MOST)
    asked = (*of, parameters.get(token, ""), most + 1)
    names = [name for (name,) in _db(world).execute(f"{query} ORDER BY name LIMIT ?", asked)]
    told: dict[str, Any] = {"Users": [_user(world, pool, name) for name in names[:most]]}
    return told | ({token: names[most - 1]} if len(names) > most else {})


def _group(world: World, pool: str, name: str) -> None:
    if not _db(world).execute("SELECT 1 FROM pool_groups WHERE (pool, name) = (?, ?)", (pool, name)).fetchone():
        raise AwsError("ResourceNotFoundException", "Group not found.")


def _named(world: World, parameters: Parameters) -> str:
    return str(_user(world, parameters["UserPoolId"], parameters["Username"])["Username"])


def _user(world: World, pool: str, name: str) -> dict[str, Any]:
    """By the pool's own id, or by the address."""
    row = (
        _db(world)
        .execute(
            "SELECT name, attributes, status, enabled, made_at FROM pool_users WHERE pool = ? AND ? IN (name, email)",
            (pool, name),
        )
        .fetchone()
    )
    if row is None:
        raise AwsError("UserNotFoundException", "User does not exist.")
    name, attributes, status, enabled, made_at = row
    made = datetime.fromtimestamp(made_at / 1000, UTC)
    return {
        "Username": name,
        "Attributes": [{"Name": key, "Value": value} for key, value in sorted(json.loads(attributes).items())],
        "UserCreateDate": made,
        "UserLastModifiedDate": made,
        "Enabled": bool(enabled),
        "UserStatus": status,
    }


def _db(world: World) -> sqlite3.Connection:
    return world.with_tables(SCHEMA)


OPERATIONS: dict[str, Operation] = {
    "AdminAddUserToGroup": admin_add_user_to_group,
    "AdminCreateUser": admin_create_user,
    "AdminDeleteUser": admin_delete_user,
    "AdminListGroupsForUser": admin_list_groups_for_user,
    "AdminRemoveUserFromGroup": admin_remove_user_from_group,
    "AdminUserGlobalSignOut": admin_user_global_sign_out,
    "CreateGroup": create_group,
    "ListUsers": list_users,
    "ListUsersInGroup": list_users_in_group,
}
