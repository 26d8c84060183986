"""`beckon lead-score`: models of points of the running system."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.markup import escape
from rich.table import Table

from infra.local.client import add_json, as_json, call, console, json_of, whole
from infra.local.commands import subcommand

Json = Any

DESCRIPTION = """Lead scores of the running system (`make run`): points with weights that you set.

  .venv/bin/beckon lead-score list                       all models, in plain words
  .venv/bin/beckon lead-score show lead                  one of them, with what its points have come to
  .venv/bin/beckon lead-score try lead.json              whom a model would qualify, and no longer; changes nothing
  .venv/bin/beckon lead-score save lead.json             make it what holds
  .venv/bin/beckon lead-score versions lead              the forms it has had

A FILE holds one model, as `show --json` prints under `definition` (docs/segments.md, *Lead scores*).
"""


def add_commands(lead_score: argparse.ArgumentParser) -> None:
    """What `beckon lead-score` can do."""
    command = partial(subcommand, lead_score.add_subparsers(required=True, metavar="what"))

    listed = command("list", list_models, "all models of points, in plain words")
    shown = command("show", show, "one model: its rules, and what its points have come to")
    earlier = command("versions", versions, "the forms a model has had")
    for each in (shown, earlier):
        each.add_argument("model", help="its id, such as lead")
    tried = command("try", estimate, "whom a model would qualify, and no longer; changes nothing")
    saved = command("save", save, "make a model what holds; all contacts are decided again within minutes")
    for each in (tried, saved):
        each.add_argument("file", type=Path, metavar="FILE", help="a JSON file with one model")
    saved.add_argument(
        "--start-journeys", action="store_true", help="have journeys start for whom it qualifies (left out: none)"
    )
    for each in (listed, shown, earlier, tried):
        add_json(each)


def list_models(arguments: argparse.Namespace) -> None:
    told = whole(arguments.port, "/admin/lead-scores", "models", "drafts")
    if as_json(arguments, told):
        return
    for each in told["models"]:
        _print(each)
    for each in told["drafts"]:
        console.print(f"[bold]{escape(each['name'])}[/]  [dim]{each['model']}[/]  only a draft so far")


def show(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", _path(arguments.model))
    if as_json(arguments, told):
        return
    if told["definition"] is None:
        console.print("It is only a draft so far: the admin's page shows it, and publishes it.")
    else:
        _print(told)


def _print(told: Json) -> None:
    console.print(f"[bold]{escape(told['name'])}[/]  [dim]{told['model']}[/]")
    console.print(f"Qualified from {told['threshold']} points on. {told['decay']}")
    for rule in told["rules"]:
        console.print(f"  {escape(rule)}", soft_wrap=True)
    used = ", ".join(f"{each['kind']} {each['id']}" for each in told["used_by"])
    console.print(f"Asked for by {used}." if used else "Nothing asks for it.")
    calibration = told["calibration"]
    if calibration is None:
        return
    console.print(escape(calibration["sentence"]))
    if calibration["bands"]:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for title in ("points", "people", "ordered in 30 days", "between"):
            table.add_column(title, justify="right")
        for band in calibration["bands"]:
            points = f"{band['least']} and more" if band["most"] is None else f"{band['least']} to {band['most']}"
            between = f"{band['low']:.1%} and {band['high']:.1%}"
            table.add_row(points, f"{band['people']:,}", f"{band['share']:.1%}", between)
        console.print(table)


def versions(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", f"{_path(arguments.model)}/versions")
    if as_json(arguments, told):
        return
    for each in told["versions"]:
        console.print(f"[bold]Publication {each['publication']}[/]")
        console.print_json(json.dumps(each["definition"]))


def estimate(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "POST", "/admin/lead-scores/estimate", {"definition": json_of(arguments.file)})
    if as_json(arguments, told):
        return
    numbers = {name: f"{told[name]['number']:,}" for name in ("qualified", "entering", "leaving")}
    console.print(
        f"{numbers['qualified']} people would be qualified: {numbers['entering']} who are not now, "
        f"and {numbers['leaving']} who are would be it no longer."
    )
    for rule in told["rules"]:
        console.print(f"  {rule['people']['number']:>7,}  {escape(rule['says'])}", soft_wrap=True)


def save(arguments: argparse.Namespace) -> None:
    model = json_of(arguments.file)
    path, body = _path(str(model.get("id", ""))), {"definition": model}
    told = whole(arguments.port, "/admin/lead-scores", "models", "drafts")
    if any(each["model"] == model.get("id") for each in (*told["models"], *told["drafts"])):
        etag = call(arguments.port, "GET", path)["etag"]
        draft = call(arguments.port, "PUT", f"{path}/draft", body, **{"if-match": etag})
    else:
        draft = call(arguments.port, "POST", "/admin/lead-scores", body)
    starting = {"start_journeys": arguments.start_journeys}
    told = call(arguments.port, "POST", f"{path}/publish", starting, **{"if-match": draft["etag"]})
    console.print(f"Publication {told['publication']}: all contacts are decided by it within minutes.")


def _path(model: str) -> str:
    return f"/admin/lead-scores/{quote(model, safe='')}"
