"""`beckon objective`: what the shop wants to reach by when, and how that stands, in the running system."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.markup import escape
from rich.table import Table

from infra.local.client import add_json, as_json, call, console, json_of, whole

Json = Any

DESCRIPTION = """Objectives of the running system (`make run`).

  .venv/bin/beckon objective list              all of them: what is reached, the target, the forecast
  .venv/bin/beckon objective show more_orders  one of them, with what counts towards it
  .venv/bin/beckon objective try FILE          how one would stand that is not saved (a JSON file)
  .venv/bin/beckon objective save FILE         make it, or put it in the place of the one of its id
  .venv/bin/beckon objective delete more_orders

docs/reports.md says what the metrics, the forecast and the words are.
"""


def add_commands(objective: argparse.ArgumentParser) -> None:
    """What `beckon objective` takes."""
    several = objective.add_subparsers(required=True, metavar="command")

    def command(name: str, do: Any, help_: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = several.add_parser(name, help=help_, description=help_)
        added.set_defaults(do=do)
        return added

    listed = command("list", list_objectives, "all objectives and how they stand")
    shown = command("show", show, "one objective")
    tried = command("try", estimate, "how an objective would stand; changes nothing")
    saved = command("save", save, "make an objective, or change it")
    gone = command("delete", delete, "delete an objective")
    for each in (shown, gone):
        each.add_argument("objective", help="its id, such as more_orders")
    for each in (tried, saved):
        each.add_argument("file", type=Path, metavar="FILE", help="a JSON file with one objective")
    for each in (listed, shown, tried):
        add_json(each)


def list_objectives(arguments: argparse.Namespace) -> None:
    told = whole(arguments.port, "/admin/objectives", "objectives")
    if as_json(arguments, told):
        return
    table = Table("objective", "stands", "by", box=None, pad_edge=False, header_style="dim")
    for title in ("reached", "target", "forecast"):
        table.add_column(title, justify="right")
    for each in told["objectives"]:
        progress = each["progress"]
        numbers = (_said(progress["value"]), _said(progress["target"]), _forecast(progress))
        table.add_row(escape(each["id"]), progress["word"], each["objective"]["by"], *numbers)
    console.print(table if told["objectives"] else "There is none yet.")


def show(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", _path(arguments.objective))
    if as_json(arguments, told):
        return
    console.print(f"[bold]{escape(told['objective']['name'])}[/]  [dim]{told['id']}[/]")
    _print(told["progress"])


def estimate(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "POST", "/admin/objectives/estimate", json_of(arguments.file))
    if not as_json(arguments, told):
        _print(told)


def _print(progress: Json) -> None:
    console.print(escape(progress["words"]))
    reached, target = _said(progress["value"]), _said(progress["target"])
    console.print(f"Reached {reached} of {target} ({progress['unit']}) up to {progress['until']}.")
    console.print(f"Forecast {_forecast(progress)}.")
    for each in progress["contributions"]:
        console.print(f"  {_said(each['done']):>12}  {escape(each['name'])}", soft_wrap=True)


def save(arguments: argparse.Namespace) -> None:
    made = json_of(arguments.file)
    there = {each["id"]: each for each in whole(arguments.port, "/admin/objectives", "objectives")["objectives"]}
    held = there.get(made.get("id"))
    if held is None:
        told = call(arguments.port, "POST", "/admin/objectives", made)
    else:
        told = call(arguments.port, "PUT", _path(held["id"]), made, **{"if-match": held["etag"]})
    console.print(escape(told["progress"]["words"]))


def delete(arguments: argparse.Namespace) -> None:
    etag = call(arguments.port, "GET", _path(arguments.objective))["etag"]
    call(arguments.port, "DELETE", _path(arguments.objective), **{"if-match": etag})
    console.print("It is deleted; the forms it had are kept.")


def _said(number: float | None) -> str:
    return "–" if number is None else f"{number:,.2f}".removesuffix(".00")


def _forecast(progress: Json) -> str:
    told = progress["forecast"]
    return "–" if told is None else f"{_said(told['value'])} ({_said(told['low'])} to {_said(told['high'])})"


def _path(objective: str) -> str:
    return f"/admin/objectives/{quote(objective, safe='')}"
