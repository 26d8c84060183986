"""`beckon key` and `beckon audit`: the keys of scripts, and who has changed what."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from rich.markup import escape
from rich.table import Table

from infra.local.client import add_json, as_json, call, console, whole
from infra.local.commands import subcommand

Json = Any
ROLES = ("viewer", "editor", "sender", "owner")

DESCRIPTION = """Keys with which scripts use the running system's API (`make run`).

  .venv/bin/beckon key create crm-sync --role editor     make a key; it is shown once
  .venv/bin/beckon key list                              all keys, and when each was last used
  .venv/bin/beckon key revoke crm-sync                   it opens nothing from now on

A script sends it as `Authorization: Bearer <key>` to http://localhost:8000/admin/api/… (docs/admin.md).
So does this program, with the key in BECKON_KEY; BECKON_URL has it ask a deployed system instead:

  export BECKON_URL=https://….amazonaws.com/admin/    the stack's output Admin
  read -rs BECKON_KEY && export BECKON_KEY            the key, without leaving it in the shell's history
  .venv/bin/beckon contact list --segment customers
"""
AUDIT = """Who has changed what, newest first.

  .venv/bin/beckon audit                                 the newest 50 changes
  .venv/bin/beckon audit --of vip                        of one segment, journey, contact, …, by its id
  .venv/bin/beckon audit --by key:crm-sync               by one operator, or by a key
  .venv/bin/beckon audit --action DELETE                 by what was asked: DELETE, /settings, "PUT /segments"
"""


def add_commands(key: argparse.ArgumentParser) -> None:
    """What `beckon key` can do."""
    command = partial(subcommand, key.add_subparsers(required=True, metavar="what"))
    created = command("create", create, "make a key; it is shown once")
    created.add_argument("name", help="what it is for, such as crm-sync")
    created.add_argument("--role", choices=ROLES, default="viewer", help="what it may do (default: viewer)")
    created.add_argument("--days", type=int, default=365, help="for how many days it is good (default: 365)")
    listed = command("list", list_keys, "all keys, and when each was last used")
    revoked = command("revoke", revoke, "it opens nothing from now on")
    revoked.add_argument("name", help="the key's name")
    for each in (created, listed):
        add_json(each)


def add_audit(audit: argparse.ArgumentParser) -> None:
    """What `beckon audit` can be asked."""
    audit.add_argument("--by", help="an operator's id, or key: and a key's name")
    audit.add_argument("--action", help="a part of what was asked")
    audit.add_argument("--of", help="an id of what was changed")
    audit.add_argument("--limit", type=int, default=50, help="how many (default: 50)")
    add_json(audit)


def create(arguments: argparse.Namespace) -> None:
    body = {"name": arguments.name, "role": arguments.role, "days": arguments.days}
    told = call(arguments.port, "POST", "/admin/keys", body)
    if as_json(arguments, told):
        return
    console.print(escape(told["key"]), soft_wrap=True)
    console.print(
        f"Keep it now: it is not shown again. It may do what a {told['role']} may, until {_day(told['expires'])}.",
        soft_wrap=True,
    )


def list_keys(arguments: argparse.Namespace) -> None:
    told = whole(arguments.port, "/admin/keys", "keys")
    if as_json(arguments, told):
        return
    table = Table("key", "role", "state", "made", "ends", "last used", box=None)
    for key in told["keys"]:
        table.add_row(key["name"], key["role"], key["state"], *(_day(key[of]) for of in ("made", "expires", "used")))
    console.print(table if told["keys"] else "There is no key yet: beckon key create crm-sync --role editor")


def revoke(arguments: argparse.Namespace) -> None:
    call(arguments.port, "DELETE", f"/admin/keys/{quote(arguments.name, safe='')}")
    console.print(f"The key {escape(arguments.name)} opens nothing from now on.")


def show_changes(arguments: argparse.Namespace) -> None:
    asked = {name: value for name in ("by", "action", "of") if (value := getattr(arguments, name)) is not None}
    found: list[Json] = []
    cursor: str | None = None
    while len(found) < arguments.limit:
        query = {**asked, "limit": min(arguments.limit - len(found), 200), **({"cursor": cursor} if cursor else {})}
        told = call(arguments.port, "GET", f"/admin/audit?{urlencode(query)}")
        found += told["changes"]
        cursor = told["cursor"]
        if cursor is None:
            break
    if as_json(arguments, {"changes": found}):
        return
    table = Table("when (UTC)", "who", "what", "of", "", box=None)
    for line in found:
        of = ", ".join(f"{name} {value}" for name, value in line["of"].items())
        when = datetime.fromtimestamp(line["at"] / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
        state = "" if line["state"] == "done" else line["state"]
        table.add_row(when, *(escape(each) for each in (line["by"], line["action"], of, state)))
    console.print(table if found else "Nobody has changed anything like that.")


def _day(instant: int | None) -> str:
    return "-" if instant is None else datetime.fromtimestamp(instant / 1000, UTC).strftime("%Y-%m-%d")
