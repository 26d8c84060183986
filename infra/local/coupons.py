"""`beckon coupon`: coupon codes of the running system: pools, what is left of them, and more codes."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.table import Table

from infra.local.client import call, console
from infra.local.commands import subcommand

Json = Any

DESCRIPTION = """Coupon codes of the running system (`make run`).

  .venv/bin/beckon coupon pools                          all pools, and what is left of each
  .venv/bin/beckon coupon add win_back codes.txt         add codes, one a line; makes the pool if there is none
  .venv/bin/beckon coupon add win_back codes.txt --days 14
                                               each is good for 14 days from when it is given
  .venv/bin/beckon coupon add hello --code HELLO10       a pool with one code that all get
  .venv/bin/beckon coupon show win_back                  one pool

An email names a code as {{ coupon.win_back }} (docs/templates.md).
"""
AT_ONCE = 5_000


def add_commands(coupon: argparse.ArgumentParser) -> None:
    """What `beckon coupon` can do."""
    command = partial(subcommand, coupon.add_subparsers(required=True, metavar="what"))

    command("pools", list_pools, "all pools, and what is left of each")
    added = command("add", add, "add codes to a pool; makes the pool if there is none")
    added.add_argument("pool", help="its id, such as win_back")
    added.add_argument("file", type=Path, nargs="?", metavar="FILE", help="a text file with one code a line")
    added.add_argument("--code", help="one code that all get, instead of a file")
    added.add_argument("--days", type=int, help="for how many days a code is good, from when it is given")
    added.add_argument("--low", type=int, help="with fewer left, health says so (default: 100)")
    shown = command("show", show, "one pool")
    shown.add_argument("pool", help="its id, such as win_back")


def list_pools(arguments: argparse.Namespace) -> None:
    _print(call(arguments.port, "GET", "/admin/coupons")["pools"])


def show(arguments: argparse.Namespace) -> None:
    _print([call(arguments.port, "GET", _path(arguments))])


def add(arguments: argparse.Namespace) -> None:
    if (arguments.file is None) == (arguments.code is None):
        raise SystemExit("say either a file with codes or, with --code, one that all get")
    held = {pool["id"]: pool for pool in call(arguments.port, "GET", "/admin/coupons")["pools"]}
    wanted = {name: value for name in ("code", "days", "low") if (value := getattr(arguments, name)) is not None}
    if wanted or arguments.pool not in held:
        kept = {name: held.get(arguments.pool, {}).get(name) for name in ("code", "days", "low")}
        body = {name: value for name, value in {**kept, **wanted}.items() if value is not None}
        call(arguments.port, "PUT", _path(arguments), body)
    if arguments.file is not None:
        lines = [line.strip() for line in arguments.file.read_text(encoding="utf-8").splitlines()]
        codes = [line for line in lines if line]
        for begin in range(0, len(codes), AT_ONCE):
            part = codes[begin : begin + AT_ONCE]
            call(arguments.port, "POST", f"{_path(arguments)}/codes", {"codes": part})
    show(arguments)


def _print(pools: list[Json]) -> None:
    table = Table("pool", "one for all", "days", "left", "given", "empty since", box=None)
    for pool in pools:
        most = pool["counted_up_to"]
        numbers = [
            "" if n is None else f"{n:,}{' or more' if n >= most else ''}" for n in (pool["left"], pool["given"])
        ]
        dry = "" if pool["dry_since"] is None else "emails wait"
        table.add_row(f"[bold]{pool['id']}[/]", pool["code"] or "", str(pool["days"] or ""), *numbers, dry)
    console.print(table if pools else "There are no pools yet: beckon coupon add POOL FILE makes one.")


def _number(counted: int | None, most: int) -> str:
    return "" if counted is None else f"{counted:,} or more" if counted >= most else f"{counted:,}"


def _path(arguments: argparse.Namespace) -> str:
    return f"/admin/coupons/{quote(arguments.pool, safe='')}"
