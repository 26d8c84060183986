"""`beckon contact`: people of the running system: found, shown, changed, and taken away."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.markup import escape
from rich.table import Table

from infra.local.client import add_json, as_json, call, console, text_of
from infra.local.commands import subcommand

Json = Any

DESCRIPTION = """People of the running system (`make run`).

  .venv/bin/beckon contact list --segment customers     who there are, who was there last first
  .venv/bin/beckon contact find "müller"                by the beginning of a name or an address, or an order's number
  .venv/bin/beckon contact show ada@example.com         one of them
  .venv/bin/beckon contact add ada@example.com --trait first_name=Ada
  .venv/bin/beckon contact set ada@example.com --trait city=Leeds --tag vip
  .venv/bin/beckon contact put crm.json                 what a CRM has: {"contacts": [{"email", "cltv", "cac", …}]}
  .venv/bin/beckon contact unsubscribe ada@example.com
  .venv/bin/beckon contact export people.csv --segment customers

A person is named by an address, an id, an order's number, or a name that only they have. Nobody gets marketing email
who has not agreed to it: docs/consent.md. Lists are brought over by `beckon import`. With --json, list, find and show
print what the API answers.
"""


def add_commands(contact: argparse.ArgumentParser) -> None:
    """What `beckon contact` can do."""
    command = partial(subcommand, contact.add_subparsers(required=True, metavar="what"))

    def of_one(name: str, do: Any, help_: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = command(name, do, help_)
        added.add_argument("who", help="an address, an id, an order's number, or a name")
        return added

    listed = command("list", list_people, "who there are, who was there last first")
    listed.add_argument("--segment", help="only its members")
    found = command("find", find, "people by the beginning of a name or an address, or an order's number")
    found.add_argument("text", help='such as "anna sch"')
    for each in (listed, found):
        each.add_argument("--limit", type=int, default=20, metavar="N", help="how many (default: 20)")
        add_json(each)
    add_json(of_one("show", show, "one of them: whether they get email, what they ordered, what comes next"))
    for name, do, help_ in (("add", add, "write somebody down"), ("set", change, "change somebody")):
        changed = of_one(name, do, help_)
        changed.add_argument(
            "--trait", action="append", default=[], metavar="NAME=VALUE", help="VALUE empty: there is none any more"
        )
        changed.add_argument("--tag", action="append", default=[], metavar="TAG", help="put on")
        changed.add_argument("--untag", action="append", default=[], metavar="TAG", help="take off")
    put = command("put", put_records, "take what a CRM has of people")
    put.add_argument("file", type=Path, metavar="FILE", help='JSON: {"contacts": […]} (docs/admin.md)')
    of_one("unsubscribe", unsubscribe, "they want no more email, and have said so")
    of_one("suppress", suppress, "stop all email to their address")
    of_one("lift", lift, "allow email to their address again")
    merged = of_one("merge", merge, "make another contact one with this one, for good")
    merged.add_argument("other", help="who joins them")
    erased = of_one("erase", erase, "everything that is known of them goes, for good")
    for each in (merged, erased):
        each.add_argument("--yes", action="store_true", help="without asking")
    exported = command("export", export, "people as a CSV file")
    exported.add_argument("file", type=Path, metavar="FILE", help="is written over")
    exported.add_argument("--segment", help="only its members")


def list_people(arguments: argparse.Namespace) -> None:
    segment = f"&segment={quote(arguments.segment, safe='')}" if arguments.segment else ""
    _print(arguments, call(arguments.port, "GET", f"/admin/contacts?limit={arguments.limit}{segment}"))


def find(arguments: argparse.Namespace) -> None:
    _print(arguments, _search(arguments, arguments.text, arguments.limit))


def show(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", path_of(arguments))
    if as_json(arguments, told):
        return
    summary, following = told["summary"], next(iter(told["ahead"]), None)
    console.print(f"[bold]{escape(told['name'] or told['email'] or told['contact'])}[/] {told['contact']}")
    for line in (
        told["email"],
        summary["mail"]["sentence"],
        f"{summary['orders']:,} orders, {summary['value']:,.2f}",
        f"in {', '.join(each['name'] for each in told['memberships'] if each['member']) or 'no segment'}",
        f"next: {_WHAT[following['what']]} {following['name']}" if following else "nothing comes next",
    ):
        if line:
            console.print(f"  {escape(line)}", soft_wrap=True)


_WHAT = {"leaves": "leaves", "enters": "enters", "goes_on": "goes on in", "begins": "begins"}


def add(arguments: argparse.Namespace) -> None:
    call(arguments.port, "POST", "/admin/contacts", {"email": arguments.who, **_changes(arguments)})
    console.print("They are there within seconds. They get no marketing email until they agree to it.")


def change(arguments: argparse.Namespace) -> None:
    call(arguments.port, "PATCH", path_of(arguments), _changes(arguments))
    console.print("It is so within seconds.")


def put_records(arguments: argparse.Namespace) -> int:
    """Gives 1 where a record was refused."""
    try:
        records = json.loads(text_of(arguments.file))
    except ValueError as error:
        raise SystemExit(f"{arguments.file} is no JSON: {error}") from None
    told = call(arguments.port, "PUT", "/admin/contacts", records)
    console.print(f"{told['taken']:,} were taken.")
    for each in told["refused"]:
        console.print(escape(f"number {each['at']}: {each['field']}: {each['why']}"), soft_wrap=True)
    return 1 if told["refused"] else 0


def unsubscribe(arguments: argparse.Namespace) -> None:
    call(arguments.port, "POST", f"{path_of(arguments)}/unsubscribe", {})
    console.print("They get no more marketing email, from now on.")


def suppress(arguments: argparse.Namespace) -> None:
    call(arguments.port, "POST", f"{path_of(arguments)}/suppression")
    console.print("Nothing goes to their address any more.")


def lift(arguments: argparse.Namespace) -> None:
    call(arguments.port, "DELETE", f"{path_of(arguments)}/suppression")
    console.print("Email goes to their address again, where they agree to it.")


def merge(arguments: argparse.Namespace) -> int:
    kept, gone = _one(arguments, arguments.who), _one(arguments, arguments.other)
    if not _is_sure(arguments, f"Make {_name(gone)} one with {_name(kept)}, for good?"):
        return 1
    call(arguments.port, "POST", f"/admin/contacts/{kept['contact']}/merge", {"other": gone["contact"]})
    console.print("They are one within seconds.")
    return 0


def erase(arguments: argparse.Namespace) -> int:
    who = _one(arguments, arguments.who)
    if not _is_sure(arguments, f"Erase {_name(who)}, for good?"):
        return 1
    call(arguments.port, "DELETE", f"/admin/contacts/{who['contact']}")
    console.print("They will be gone within seconds, and out of the lake by tomorrow.")
    return 0


def export(arguments: argparse.Namespace) -> None:
    body: dict[str, Json] = {"segment": arguments.segment} if arguments.segment else {}
    people, parts = 0, []
    while True:
        told = call(arguments.port, "POST", "/admin/contacts/export", body)
        parts.append(told["csv"])
        people += told["rows"]
        if told["cursor"] is None:
            break
        body["cursor"] = told["cursor"]
    try:
        arguments.file.write_text("".join(parts), encoding="utf-8-sig", newline="")
    except OSError as error:
        raise SystemExit(f"{arguments.file} cannot be written: {error.strerror}") from None
    console.print(f"{people:,} people are in {escape(str(arguments.file))}.")


def _search(arguments: argparse.Namespace, text: str, limit: int) -> Json:
    return call(arguments.port, "POST", "/admin/contacts/search", {"text": text, "limit": limit})


def _one(arguments: argparse.Namespace, text: str) -> Json:
    """The only one who is found by a text; who is known by exactly it comes first."""
    found = _search(arguments, text, 3)["contacts"]
    exact = [each for each in found if text.casefold() in ((each["email"] or "").casefold(), each["contact"])]
    if len(exact or found) != 1:
        many = "several people are" if found else "nobody is"
        raise SystemExit(f"{many} found by {text!r}: name one by an address or an id (beckon contact find)")
    return (exact or found)[0]


def path_of(arguments: argparse.Namespace) -> str:
    """Of the one whom the argument `who` names."""
    return f"/admin/contacts/{_one(arguments, arguments.who)['contact']}"


def _name(of: Json) -> str:
    return str(of["name"] or of["email"] or of["contact"])


def _changes(arguments: argparse.Namespace) -> Json:
    traits: dict[str, Json] = {}
    for each in arguments.trait:
        name, equals, value = each.partition("=")
        if not equals:
            raise SystemExit(f"--trait {each}: write NAME=VALUE")
        traits[name] = value or None
    told = {"traits": traits, "tags_added": arguments.tag, "tags_removed": arguments.untag}
    return {name: value for name, value in told.items() if value}


def _is_sure(arguments: argparse.Namespace, question: str) -> bool:
    try:
        sure = arguments.yes or input(f"{question} Type yes: ").strip().casefold() == "yes"
    except EOFError:
        sure = False
    if not sure:
        console.print("Nothing was changed. --yes does it without asking.")
    return sure


def _print(arguments: argparse.Namespace, told: Json) -> None:
    if as_json(arguments, told):
        return
    table = Table("who", "address", "email", "orders", "value", box=None)
    for each in told["contacts"]:
        table.add_row(
            f"[bold]{escape(each['name'] or each['contact'])}[/]",
            escape(each["email"] or ""),
            escape(each["mail"]["sentence"].partition(": ")[2] if each["mail"]["reason"] else "yes"),
            f"{each['orders']:,}",
            f"{each['value']:,.2f}",
        )
    console.print(table if told["contacts"] else told.get("hint") or "Nobody.")
    if told["cursor"]:
        console.print("There are more: --limit shows them.")
