"""`beckon experiment`: tests of the running system: what they ask, what they show, and what was learnt."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from rich.markup import escape
from rich.table import Table

from infra.local.client import add_json, as_json, call, console, keep, text_of, whole
from infra.local.commands import subcommand

Json = Any

DESCRIPTION = """Experiments of the running system (`make run`).

  .venv/bin/beckon experiment list                     all tests there are, and what was learnt
  .venv/bin/beckon experiment draft welcome.yaml       keep a file as a draft, or change the draft
  .venv/bin/beckon experiment show welcome_subject     how it stands, and what it says; of a draft, what it can show
  .venv/bin/beckon experiment estimate loyal_sooner    who would enter and leave a segment by it
  .venv/bin/beckon experiment start welcome_subject    publish the journey with it, or the segment
  .venv/bin/beckon experiment decide welcome_subject asks --why "More people clicked"
                                             publish the winner for everybody
  .venv/bin/beckon experiment stop loyal_sooner        end one with a segment, with no winner
  .venv/bin/beckon experiment assignments welcome_subject
                                             who takes part, with which arm and since when, as CSV
  .venv/bin/beckon experiment delete welcome_subject   delete a draft

docs/experiments.md says how an experiment is written.
"""


def add_commands(experiment: argparse.ArgumentParser) -> None:
    """What `beckon experiment` can do."""
    command = partial(subcommand, experiment.add_subparsers(required=True, metavar="what"))

    all_ = command("list", list_experiments, "all tests there are, and what was learnt")
    all_.add_argument("--state", choices=["draft", "running", "ended", "decided"], help="how they stand")
    all_.add_argument("--words", help="that are all in what was asked, found or decided")
    drafted = command("draft", draft, "keep a file as a draft, or change the draft")
    drafted.add_argument("file", type=Path, metavar="FILE", help="a YAML or JSON file with one experiment")
    shown = command("show", show, "how it stands, and what it says; of a draft, what it can show")
    tried = command("estimate", estimate, "who would enter and leave a segment by its beginning, or by its end")
    started = command("start", start, "publish the journey with it, or the segment")
    decided = command("decide", decide, "publish the winner for everybody")
    stopped = command("stop", stop, "end one with a segment, with no winner")
    assigned = command("assignments", assignments, "who takes part, with which arm and since when, as CSV")
    deleted = command("delete", delete, "delete a draft")
    for each in (shown, tried, started, decided, stopped, assigned, deleted):
        each.add_argument("experiment", help="its id, such as welcome_subject")
    decided.add_argument("winner", help="one of its arms")
    tried.add_argument("--winner", help="of one that runs: the arm that would win")
    for each in (decided, stopped):
        each.add_argument("--why", default="no reason was given", help="what you decide it by")
    for each in (started, decided):
        each.add_argument("--move", action="store_true", help="runs under way go on by the new version, too")
    for each in (started, decided, stopped):
        each.add_argument("--journeys", action="store_true", help="journeys start for whom the segment takes in")
    for each in (all_, shown, tried):
        add_json(each)


def list_experiments(arguments: argparse.Namespace) -> None:
    asked = {"state": arguments.state, "q": arguments.words}
    query = urlencode({name: value for name, value in asked.items() if value})
    told = whole(arguments.port, f"/admin/experiments?limit=100{'&' if query else ''}{query}", "experiments")
    if as_json(arguments, told):
        return
    if not told["experiments"]:
        console.print("There are none: beckon experiment draft FILE makes one.")
    for each in told["experiments"]:
        won = f": {_ended(each['winner'])}" if each["state"] == "decided" else ""
        console.print(
            f"[bold]{escape(each['id'])}[/]  {escape(each['name'])} [dim]{each['kind']}, {each['state']}{won}[/]"
        )
        for words in (each["hypothesis"], *(each["result"] or each["says"])):
            if words:
                console.print(f"  {escape(words)}", soft_wrap=True)


def draft(arguments: argparse.Namespace) -> None:
    import yaml  # what the others need not wait for

    try:
        body = yaml.safe_load(text_of(arguments.file))
    except yaml.YAMLError:
        raise SystemExit(f"{arguments.file} is neither YAML nor JSON") from None
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        raise SystemExit(f"{arguments.file} has to hold one experiment, with a line such as id: welcome_subject")
    told = keep(arguments.port, "/admin/experiments", body)
    console.print(f"{body['id']} is a draft.")
    for each in told["repeats"]:
        console.print(
            f"{each['id']} has asked the same: {escape(' '.join(each['result']))} "
            + (f"{each['winner']} was chosen." if each["winner"] else "It was stopped.")
        )


def show(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", _path(arguments))
    found = _late(arguments, "GET", f"{_path(arguments)}/results")
    if as_json(arguments, {**told, "results": found}):
        return
    made, decision = told["experiment"], told["decision"]
    console.print(f"[bold]{escape(made['name'])}[/]  [dim]{made['id']}[/] {told['state']}")
    console.print(f"  {escape(made['hypothesis'])}  [dim]{_place(made)}[/]", soft_wrap=True)
    if decision is not None:
        console.print(f"  {_ended(decision['winner'])}: {escape(decision['why'])}", soft_wrap=True)
    for words in (*found["expected"], *(each["words"] for each in found["compared"])):
        console.print(escape(words), soft_wrap=True)
    for words in (*([found["alike"]] if found["alike"] else []), *(each["words"] for each in found["by_segment"])):
        console.print(escape(words), soft_wrap=True)
    for words in (found["guards"] or {"words": []})["words"]:
        console.print(escape(words), soft_wrap=True)
    if found["adaptive"] is not None:
        slice_ = f"All of this is of the fixed slice, {found['adaptive']['fixed']} % of the people."
        console.print(f"{slice_} {escape(found['adaptive']['words'])}", soft_wrap=True)
    if not found["balanced"]:
        console.print("The arms' sizes are not what the draw would give: some people of one are missing.")
    if told["state"] != "draft":
        table = Table(box=None, pad_edge=False, header_style="dim")
        for title in ("arm", "people", "clicked", "ordered", "unsubscribed", "revenue"):
            table.add_column(title, justify="left" if title == "arm" else "right")
        for each in found["arms"]:
            numbers = (f"{each[name]:,}" for name in ("people", "clicked", "ordered", "unsubscribed"))
            table.add_row(escape(each["variant"]), *numbers, f"{each['revenue']:,.2f}")
        console.print(table)


def estimate(arguments: argparse.Namespace) -> None:
    body = {"winner": arguments.winner} if arguments.winner else {}
    told = call(arguments.port, "POST", f"{_path(arguments)}/estimate", body)
    if as_json(arguments, told):
        return
    about = "" if told["exact"] else "About "
    enter, leave = told["entering"]["number"], told["leaving"]["number"]
    console.print(f"{about}{enter:,} would enter, and {leave:,} leave.")
    console.print(f"With --journeys {told['mails_started']:,} emails would start, else none.")


def start(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "POST", f"{_path(arguments)}/start", _how(arguments))
    console.print(f"{arguments.experiment} runs, by {_by(told, told['version'])}.")


def decide(arguments: argparse.Namespace) -> None:
    body = {"winner": arguments.winner, "why": arguments.why, **_how(arguments)}
    told = _late(arguments, "POST", f"{_path(arguments)}/decide", body)
    console.print(f"{arguments.winner} for everybody, by {_by(told, told['decision']['version'])}.")


def stop(arguments: argparse.Namespace) -> None:
    body = {"why": arguments.why, "start_journeys": arguments.journeys}
    told = _late(arguments, "POST", f"{_path(arguments)}/decide", body)
    console.print(f"It is stopped: the segment is as it was, by {_by(told, told['decision']['version'])}.")


def _how(arguments: argparse.Namespace) -> Json:
    """What becomes of runs under way, or whether journeys start: each is asked of one kind only."""
    moves = {"under_way": "move"} if arguments.move else {}
    return {**moves, **({"start_journeys": True} if arguments.journeys else {})}


def _place(made: Json) -> str:
    return f"the segment {made['segment']}" if "segment" in made else f"{made['journey']}, {made['step']}"


def _by(told: Json, version: int) -> str:
    made = told["experiment"]
    return f"publication {version}" if "segment" in made else f"version {version} of {made['journey']}"


def _ended(winner: str | None) -> str:
    return "stopped" if winner is None else f"{winner} for everybody"


def assignments(arguments: argparse.Namespace) -> None:
    path = f"{_path(arguments)}/assignments"
    told = _late(arguments, "GET", path)
    print(told["csv"], end="")
    while told["cursor"] is not None:
        told = _late(arguments, "GET", f"{path}?cursor={quote(told['cursor'])}")
        print(told["csv"], end="")


def delete(arguments: argparse.Namespace) -> None:
    held = call(arguments.port, "GET", _path(arguments))
    call(arguments.port, "DELETE", _path(arguments), **{"if-match": held["etag"]})
    console.print(f"{arguments.experiment} is deleted.")


def _late(arguments: argparse.Namespace, method: str, path: str, body: Json = None) -> Json:
    """What may take a while."""
    told = call(arguments.port, method, path, body)
    while "query" in told:
        told = call(arguments.port, method, f"{path}{'&' if '?' in path else '?'}query={quote(told['query'])}", body)
    return told


def _path(arguments: argparse.Namespace) -> str:
    return f"/admin/experiments/{quote(arguments.experiment, safe='')}"
