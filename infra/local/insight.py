"""`beckon insight`: what the nights have worked out of the running system's history, and drafts of what uses it."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any
from urllib.parse import quote

from rich.markup import escape
from rich.table import Table

from infra.local import contacts
from infra.local.client import add_json, as_json, call, console
from infra.local.commands import subcommand

Json = Any

DESCRIPTION = """What the shop's own history says of its customers (`make run`): worked out at night, and checked.

  .venv/bin/beckon insight list                     all scores: who has them, how they did beside the simple rule
  .venv/bin/beckon insight show order               one of them, with its bands and how it was checked
  .venv/bin/beckon insight people churn --band high who is in a band, and why
  .venv/bin/beckon insight rfm                      how recently and how often customers have ordered
  .venv/bin/beckon insight written                  what contacts write about, and how they feel
  .venv/bin/beckon insight segments                 segments that are worth having, with the evidence
  .venv/bin/beckon insight contact ada@example.com  what is likely of one contact, and why
  .venv/bin/beckon insight use churn                make drafts of a segment and a journey that leaves a tenth alone

`use` publishes nothing, and changes nothing that is there already. docs/insight.md says what the scores mean.
"""


def add_commands(insight: argparse.ArgumentParser) -> None:
    """What `beckon insight` can do."""
    command = partial(subcommand, insight.add_subparsers(required=True, metavar="what"))

    def of_score(name: str, do: Any, help_: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = command(name, do, help_)
        added.add_argument("score", help="its id, such as order (beckon insight list)")
        add_json(added)
        return added

    add_json(command("list", list_scores, "all scores: who has them, and how they did"))
    of_score("show", show, "one score, with its bands and how it was checked")
    people = of_score("people", list_people, "who has a score, or is in a band of it, and why")
    people.add_argument("--band", help="only those in it, such as high")
    people.add_argument("--limit", type=int, default=20, metavar="N", help="how many (default: 20)")
    add_json(command("rfm", show_rfm, "how recently and how often customers have ordered"))
    add_json(command("written", show_written, "what contacts write about, and how they feel"))
    add_json(command("segments", list_proposals, "segments that are worth having, with the evidence"))
    contact = command("contact", show_contact, "what is likely of one contact, and why")
    contact.add_argument("who", help="an address, an id, an order's number, or a name")
    add_json(contact)
    of_score("use", use, "make drafts of a segment and a journey that leaves a tenth alone")


def list_scores(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", "/admin/insight")
    if as_json(arguments, told):
        return
    for each in told["scores"]:
        console.print(f"[bold]{escape(each['score'])}[/]  {escape(each['name'])}  [dim]{_STATES[each['state']]}[/]")
        console.print(f"  {escape(each['standing'])}", soft_wrap=True)
        if each["verdict"]:
            console.print(f"  [dim]{escape(each['verdict'])}[/]", soft_wrap=True)


_STATES = {"model": "holds here", "simple": "by the simple rule", "closed": "nobody has it yet", "told": "as it comes"}


def show(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", _path(arguments))
    if as_json(arguments, told):
        return
    console.print(f"[bold]{escape(told['name'])}[/]  [dim]{told['trait']}, {_STATES[told['state']]}[/]")
    for line in (told["sentence"], told["standing"], told["verdict"]):
        if line:
            console.print(escape(line), soft_wrap=True)
    for each in told["bands"]:
        console.print(f"  {each['band']:<10} {each['contacts']:>9,}")
    if told["figures"]:
        table = Table("", "this score", told["simple_rule"], box=None, pad_edge=False, header_style="dim")
        for each in told["figures"]:
            table.add_row(escape(each["name"]), _number(each["model"]), _number(each["simple"]))
        console.print(table)
    if told["uses"]:
        console.print(f"used by {', '.join(escape(each['name']) for each in told['uses'])}", soft_wrap=True)


def list_people(arguments: argparse.Namespace) -> None:
    asked = f"limit={arguments.limit}" + (f"&band={quote(arguments.band, safe='')}" if arguments.band else "")
    path = f"{_path(arguments)}/people"
    told = call(arguments.port, "GET", f"{path}?{asked}")
    while "people" not in told:  # Athena is at work
        told = call(arguments.port, "GET", f"{path}?{asked}&query={quote(told['query'], safe='')}")
    if as_json(arguments, told):
        return
    table = Table("who", "value", "rank", "why", box=None, pad_edge=False, header_style="dim")
    for each in told["people"]:
        who = escape(each["email"] or each["name"] or each["contact"])
        table.add_row(who, _value(told["unit"], each["value"]), str(each["rank"]), escape("; ".join(each["reasons"])))
    console.print(f"{escape(told['name'])}: {told['contacts']:,}")
    console.print(table if told["people"] else "Nobody.")
    if told["cursor"]:
        console.print("There are more: --limit shows them.")


def show_rfm(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", "/admin/insight/rfm")
    if as_json(arguments, told):
        return
    console.print(escape(told["standing"]), soft_wrap=True)
    cells = {(each["recency"], each["frequency"]): each["contacts"] for each in told["cells"]}
    if not cells:
        return
    table = Table("ordered", box=None, pad_edge=False, header_style="dim")
    for name in told["recency"]:
        table.add_column(escape(name), justify="right")
    for frequency in range(5, 0, -1):
        counts = (cells.get((recency, frequency), 0) for recency in range(1, 6))
        table.add_row(escape(told["frequency"][frequency - 1]), *(f"{each:,}" for each in counts))
    console.print(table)


def show_written(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", "/admin/insight/written")
    if as_json(arguments, told):
        return
    console.print(escape(told["standing"]), soft_wrap=True)
    for each in told["felt"]:
        console.print(f"{each['contacts']:>7,}  {each['sentiment']}")
    for each in told["groups"]:
        console.print(
            f"\n[bold]{escape(', '.join(each['words']))}[/]  {each['texts']:,} of {each['contacts']:,} people"
        )
        for one in each["examples"]:
            console.print(f"  “{escape(one['text'])}”", soft_wrap=True)


def list_proposals(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", "/admin/insight/segments")
    if as_json(arguments, told):
        return
    console.print(escape(told["standing"]), soft_wrap=True)
    for each in told["proposals"]:
        console.print(f"\n[bold]{escape(each['name'])}[/]  {each['contacts']:,}  [dim]{escape(each['proposal'])}[/]")
        console.print(f"  {escape(each['words'])}\n  {escape(each['evidence'])}", soft_wrap=True)
    for each in told["warnings"]:
        console.print(f"\n[yellow]{escape(each['sentence'])}[/]", soft_wrap=True)


def show_contact(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", f"{contacts.path_of(arguments)}/scores")
    if as_json(arguments, told):
        return
    for each in told["scores"]:
        if each["why_none"] is not None:
            console.print(f"[bold]{escape(each['name'])}[/]  [dim]none: {escape(each['why_none'])}[/]", soft_wrap=True)
            continue
        said = [each["said"], each["band"] if each["unit"] in ("chance", "money") else None]
        more = "".join(f", {text}" for text in said if text)
        value = _value(each["unit"], each["value"])
        console.print(f"[bold]{escape(each['name'])}[/]  {escape(value)}{more}", soft_wrap=True)
        for reason in (*each["reasons"], *each["outlook"]):
            console.print(f"  {escape(reason)}", soft_wrap=True)


def use(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "POST", f"{_path(arguments)}/use", {})
    if as_json(arguments, told):
        return
    for each in told["things"]:
        how = "made just now" if each["made"] else "published already" if each["state"] == "published" else "was there"
        console.print(f"{each['kind']} [bold]{escape(each['id'])}[/]  {escape(each['name'])}  [dim]{how}[/]")
    console.print(escape(told["next"]), soft_wrap=True)


def _path(arguments: argparse.Namespace) -> str:
    return f"/admin/insight/{quote(arguments.score, safe='')}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.3f}"


def _value(unit: str, value: Json) -> str:
    if unit == "chance" and isinstance(value, int | float):
        return f"{value:.0%}"
    if unit == "money" and isinstance(value, int | float):
        return f"{value:,.2f}"
    if unit == "hour" and isinstance(value, int | float):
        return f"{int(value):02d}:00"
    if isinstance(value, list):
        return ", ".join(map(_due, value))
    return "" if value is None else str(value)


def _due(each: Json) -> str:
    if not isinstance(each, dict):
        return str(each)
    return f"{each.get('name') or each.get('product') or each.get('category')} on {each.get('date')}"
