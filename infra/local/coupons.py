"""`beckon coupon`: coupon codes of the running system: pools, what is left of them, and more codes."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.table import Table

from infra.local.client import add_json, as_json, call, console, text_of, whole
from infra.local.commands import subcommand
from shared.domain.coupons import MAX_CODES, spelled

Json = Any

DESCRIPTION = """Coupon codes of the running system (`make run`).

  .venv/bin/beckon coupon pools                          all pools, and what is left of each
  .venv/bin/beckon coupon add win_back codes.txt         add codes, one a line; makes the pool if there is none
  .venv/bin/beckon coupon add win_back codes.txt --days 14
                                               each is good for 14 days from when it is given
  .venv/bin/beckon coupon add hello --code HELLO10       a pool with one code that all get
  .venv/bin/beckon coupon show win_back                  one pool

With --json, pools and show print what the API answers. An email names a code as {{ coupon.win_back }}
(docs/templates.md).
"""
HEADERS = ("code", "codes", "coupon", "coupon code", "discount code")
"""What an export of codes begins with, and nobody is to be given."""


def add_commands(coupon: argparse.ArgumentParser) -> None:
    """What `beckon coupon` can do."""
    command = partial(subcommand, coupon.add_subparsers(required=True, metavar="what"))

    listed = command("pools", list_pools, "all pools, and what is left of each")
    added = command("add", add, "add codes to a pool; makes the pool if there is none")
    added.add_argument("pool", help="its id, such as win_back")
    added.add_argument("file", type=Path, nargs="?", metavar="FILE", help="a text file with one code a line")
    added.add_argument("--code", help="one code that all get, instead of a file")
    added.add_argument("--days", type=int, help="for how many days a code is good, from when it is given")
    added.add_argument("--low", type=int, help="with fewer left, health says so (default: 100)")
    shown = command("show", show, "one pool")
    shown.add_argument("pool", help="its id, such as win_back")
    for each in (listed, shown):
        add_json(each)


def list_pools(arguments: argparse.Namespace) -> None:
    told = whole(arguments.port, "/admin/coupons", "pools")
    if not as_json(arguments, told):
        _print(told["pools"])


def show(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", _path(arguments))
    if not as_json(arguments, told):
        _print([told])


def add(arguments: argparse.Namespace) -> None:
    if (arguments.file is None) == (arguments.code is None):
        raise SystemExit("say either a file with codes or, with --code, one that all get")
    codes = _codes(arguments.file) if arguments.file is not None else []
    held = {pool["id"]: pool for pool in whole(arguments.port, "/admin/coupons", "pools")["pools"]}
    wanted = {name: value for name in ("code", "days", "low") if (value := getattr(arguments, name)) is not None}
    if codes and held.get(arguments.pool, {}).get("code"):
        raise SystemExit(f"all get the same code of the pool {arguments.pool}: choose another pool for codes of a file")
    if wanted or arguments.pool not in held:
        kept = {name: held.get(arguments.pool, {}).get(name) for name in ("code", "days", "low")}
        body = {name: value for name, value in {**kept, **wanted}.items() if value is not None}
        form = {"if-match": held[arguments.pool]["etag"]} if arguments.pool in held else {}
        call(arguments.port, "PUT", _path(arguments), body, **form)
    told: Json = None
    added = 0
    for begin in range(0, len(codes), MAX_CODES):
        part = codes[begin : begin + MAX_CODES]
        told = call(arguments.port, "POST", f"{_path(arguments)}/codes", {"codes": part})
        added += told["added"]
    if codes:
        there = f"; {len(codes) - added:,} were there already, or were given before" if added < len(codes) else ""
        console.print(f"{added:,} codes were added{there}.", soft_wrap=True)
    _print([told or call(arguments.port, "GET", _path(arguments))])


def _codes(file: Path) -> list[str]:
    """Its lines, each once, without the header that an export begins with. All of it is looked at before anything is
    sent."""
    lines = [line.strip() for line in text_of(file).splitlines()]
    if next(filter(None, lines), "").casefold() in HEADERS:
        lines[lines.index(next(filter(None, lines)))] = ""
    bad = [number for number, line in enumerate(lines, 1) if line and spelled([line])[1]]
    if bad:
        more = f", and {len(bad) - 5:,} more" if len(bad) > 5 else ""
        raise SystemExit(
            f"{file}: no code in line {', '.join(map(str, bad[:5]))}{more}. A code is up to 64 letters, digits, and "
            "- _ . between them, one a line."
        )
    good, _ = spelled(filter(None, lines))
    if not good:
        raise SystemExit(f"{file} has no code in it: write one a line")
    return good


def _print(pools: list[Json]) -> None:
    counted = ("left", "given", "redeemed", "expired", "open")
    table = Table("pool", "one for all", "days", *counted, "empty since", box=None)
    for pool in pools:
        most = pool["counted_up_to"]
        told = (pool[name] for name in counted)
        numbers = ["" if n is None else f"{n:,}{' or more' if n >= most else ''}" for n in told]
        dry = "" if pool["dry_since"] is None else "emails wait"
        table.add_row(f"[bold]{pool['id']}[/]", pool["code"] or "", str(pool["days"] or ""), *numbers, dry)
    console.print(table if pools else "There are no pools yet: beckon coupon add POOL FILE makes one.")


def _path(arguments: argparse.Namespace) -> str:
    return f"/admin/coupons/{quote(arguments.pool, safe='')}"
