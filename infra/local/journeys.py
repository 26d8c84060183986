"""`beckon journey`: journeys of the running system, as a developer looks at them and changes them."""

from __future__ import annotations

import argparse
import time
import urllib.error
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.markup import escape
from rich.table import Table

from infra.local.client import add_json, as_json, call, console, whole
from infra.local.commands import subcommand

Json = Any

DESCRIPTION = """Journeys of the running system (`make run`).

  .venv/bin/beckon journey list                          all of them, who waits in each, what was sent
  .venv/bin/beckon journey show win_back                 one of them: each step in words, with its numbers
  .venv/bin/beckon journey yaml win_back                 its definition, to be changed and drafted again
  .venv/bin/beckon journey check hello.yaml              what is wrong with a file, line by line; keeps nothing
  .venv/bin/beckon journey draft hello.yaml              keep it as a draft; says what publishing it would do
  .venv/bin/beckon journey publish hello                 make the draft what holds
  .venv/bin/beckon journey duplicate hello hello_again   a draft of a new journey like this one
  .venv/bin/beckon journey pause win_back                nothing of it is sent until it is live again
  .venv/bin/beckon journey live win_back                 it goes on; --step for one step, --review to look at its emails
  .venv/bin/beckon journey runs win_back --step pause    the people behind a number
  .venv/bin/beckon journey run ada@example.com           a contact's runs: which step when, and why
  .venv/bin/beckon journey start hello --segment vip     begin it by hand
  .venv/bin/beckon journey move hello --from pause --to check_in
                                               move all at a step, or one contact's run
  .venv/bin/beckon journey stop hello --from pause       end them; --dry-run says how many
  .venv/bin/beckon journey release hello --from welcome  let emails go that were held for review
  .venv/bin/beckon journey simulate hello                who would get what when; sends nothing

docs/journeys.md says how a journey is written.
"""
LOOK = 0.5  # seconds between looks at how far a job is


def add_commands(journey: argparse.ArgumentParser) -> None:
    """What `beckon journey` can do."""
    command = partial(subcommand, journey.add_subparsers(required=True, metavar="what"))

    all_ = command("list", list_journeys, "all journeys, who waits in each, what was sent in 30 days")
    shown = command("show", show, "one journey: each step in words, with its numbers")
    written = command("yaml", show_yaml, "a journey's definition as YAML")
    written.add_argument(
        "--version", type=int, metavar="N", help="one of its versions (default: the draft, or the newest)"
    )
    checked = command("check", check, "what is wrong with a file, line by line; keeps nothing")
    drafted = command("draft", draft, "keep a file as a draft, and say what publishing it would do")
    published = command("publish", publish, "make the draft what holds")
    published.add_argument(
        "--under-way", choices=["finish", "move", "stop"], default="finish", help="what those do who are under way"
    )
    published.add_argument("--paused", action="store_true", help="publish it, but switch it on later")
    published.add_argument("--present", action="store_true", help="take in who is in its segment already")
    published.add_argument("--over", metavar="2h", help="spread those over a time")
    published.add_argument("--continue", dest="finished", metavar="60d", help="go on for who finished it since")
    published.add_argument("--unknown-events", action="store_true", help="its events have not come in yet, and will")
    published.add_argument("--why", default="published", help="for the list of versions")
    duplicated = command("duplicate", duplicate, "a draft of a new journey like this one")
    paused = command("pause", pause, "pause a journey, or one of its steps")
    live = command("live", go_live, "switch a journey or a step on again")
    live.add_argument("--review", action="store_true", help="hold the step's emails until a person lets each go")
    listed = command("runs", list_runs, "the people of a journey: at a step, held, or ended")
    listed.add_argument("--what", choices=["waiting", "held", "ended"], help="how they are")
    listed.add_argument("--outcome", help="how they ended")
    told = command("run", show_runs, "a contact's runs, step by step, and why")
    told.add_argument("contact", help="an email address, or a contact's id")
    started = command("start", start, "begin a journey by hand, for a contact or a segment")
    started.add_argument("--segment", help="for everybody in it")
    started.add_argument("--over", metavar="2h", help="spread over a time")
    moved = command("move", move, "move runs to another step")
    moved.add_argument("--to", required=True, help="the step they go on at")
    stopped = command("stop", stop, "end runs")
    stopped.add_argument("--all", action="store_true", help="all of the journey")
    released = command("release", release, "let emails go that were held for review")
    simulated = command("simulate", simulate, "who would get what when; sends nothing")
    simulated.add_argument("--sample", type=int, default=200, metavar="N", help="of how many contacts (default: 200)")
    simulated.add_argument("--days", type=int, default=90, metavar="N", help="over how many days (default: 90)")
    simulated.add_argument("--seed", default="1", help="another one draws other reactions")
    for each in (
        shown,
        written,
        published,
        duplicated,
        paused,
        live,
        listed,
        started,
        moved,
        stopped,
        released,
        simulated,
    ):
        each.add_argument("journey", help="its id, such as win_back")
    duplicated.add_argument("id", help="of the new one")
    for each in (all_, shown, checked, listed, told, simulated):
        add_json(each)
    for each in (paused, live, listed):
        each.add_argument("--step", help="its id")
    for each in (checked, drafted):
        each.add_argument("file", type=Path, metavar="FILE", help="a YAML file with one journey")
    for each in (moved, stopped, released):
        each.add_argument("--from", dest="step", metavar="STEP", help="all at this step")
        each.add_argument("--run", type=int, metavar="N", help="with --contact: the number of the run")
    for each in (moved, stopped, released, started):
        each.add_argument("--contact", help="an email address, or a contact's id")
        each.add_argument("--dry-run", action="store_true", help="say how many, and do nothing")


# ── as they stand ──


def list_journeys(arguments: argparse.Namespace) -> None:
    told = whole(arguments.port, "/admin/journeys", "journeys")
    if as_json(arguments, told):
        return
    table = _table("journey", "state", ">waiting", ">sent", ">goals", "what it does")
    for each in told["journeys"]:
        state = each["state"] + (", draft" if each["has_draft"] and each["state"] != "draft" else "")
        numbers = ["" if each["version"] is None else f"{each[name]:,}" for name in ("waiting", "sent", "goals")]
        table.add_row(f"[bold]{each['id']}[/]", state, *numbers, escape(each["sentence"]))
    console.print(table)
    console.print("\n[dim]Sent and goals are of 30 days.[/]")


def show(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", _path(arguments))
    if as_json(arguments, told):
        return
    form = told["journey"] or told["draft"]["definition"]
    console.print(f"[bold]{escape(form['name'])}[/]  [dim]{form['id']}, {told['state']}, runs on {told['runs_on']}[/]")
    console.print(escape(form["sentence"]), "\n")
    words = told["words"]
    console.print(f"Begins: {escape(words['trigger'])}.")
    for sentence in (*words["entry"], *([words["hours"]] if words["hours"] else [])):
        console.print(f"  {escape(sentence)}")
    for sentence in words["exits"]:
        console.print(f"Ends early: {escape(sentence)}.")
    table = _table("step", "what it does", ">entered", ">waiting", ">sent", ">skipped", "")
    for step, numbers in told["steps"].items():
        does = words["steps"].get(step, {"text": "of an earlier version"})
        state = "" if numbers["state"] in ("live", None) else f"[yellow]{numbers['state']}[/]"
        counted = [numbers["entered"], numbers["waiting"], numbers["sent"], sum(numbers["skipped"].values())]
        table.add_row(f"[bold]{step}[/]", escape(does["text"]), *[f"{each:,}" for each in counted], state)
    console.print("\n", table, sep="")
    counts = told["counts"]
    ended = ", ".join(f"{n:,} {outcome}" for outcome, n in counts["ended"].items()) or "nobody yet"
    console.print(f"\n{counts['entered']:,} have begun: {counts['waiting']:,} are under way; ended: {escape(ended)}.")
    for step, switched in told["switched"].items():
        state = told["steps"][step]["state"] if step else told["state"]
        what = "looked at before its emails go" if state == "review" else "paused"
        console.print(
            f"[yellow]{escape(step or form['id'])}[/] is {what}: by {escape(switched['by'])}, {_when(switched['at'])}."
        )
    for item in told["checklist"]:
        if not item["ok"]:
            console.print(f"[yellow]To do[/] {escape(item['item'])}: {escape(item['todo'])}", soft_wrap=True)
    if told["draft"] is not None:
        _problems(told["draft"]["problems"])


def show_yaml(arguments: argparse.Namespace) -> None:
    version = "" if arguments.version is None else f"?version={arguments.version}"
    print(call(arguments.port, "GET", f"{_path(arguments)}/yaml{version}")["yaml"], end="")


def list_runs(arguments: argparse.Namespace) -> None:
    asked = {name: getattr(arguments, name) for name in ("step", "what", "outcome") if getattr(arguments, name)}
    query = "".join(f"&{name}={quote(value, safe='')}" for name, value in asked.items())
    runs = _pages(arguments.port, f"{_path(arguments)}/runs?limit=200{query}", "runs")
    if arguments.json:
        as_json(arguments, {"runs": [*runs]})
        return
    table = _table("contact", "email", "step", "since", "goes on", "ended")
    for run in runs:
        goes_on = "held" if run["held"] else _when(run["wake_at"]) if run["wake_at"] else ""
        cells = [run["contact"], run["email"] or "", run["step"], _when(run["since"]), goes_on, run["outcome"] or ""]
        table.add_row(*map(escape, cells))
    console.print(table if table.row_count else "Nobody.")


def _pages(port: int, path: str, name: str) -> Iterator[Json]:
    cursor = ""
    while True:
        told = call(port, "GET", path + cursor)
        yield from told[name]
        if told["cursor"] is None:
            return
        cursor = f"&cursor={quote(told['cursor'])}"


def show_runs(arguments: argparse.Namespace) -> None:
    contact = _contact(arguments.port, arguments.contact)
    runs = list(_pages(arguments.port, f"/admin/contacts/{contact}/runs?limit=50", "runs"))
    if as_json(arguments, {"runs": runs}):
        return
    for run in runs:
        stands = run["outcome"] or (f"at {run['step']}" if run["step"] else "yet to begin")
        on = f", goes on {_when(run['wake_at'])}" if run["wake_at"] else ""
        console.print(f"[bold]{escape(run['name'])}[/] {escape(stands)}{on}  [dim]run {run['number']}[/]")
        for record in run["records"]:
            console.print(f"  {_when(record['time'])}  {record['step']:<24} {escape(record['words'])}", soft_wrap=True)
    if not runs:
        console.print("No journey has begun for this contact.")


# ── drafts and publications ──


def check(arguments: argparse.Namespace) -> None:
    text, id_ = _read(arguments.file)
    told = call(arguments.port, "POST", f"/admin/journeys/{quote(id_, safe='')}/check", {"yaml": text})
    problems = told["problems"]
    if as_json(arguments, told):
        raise SystemExit(1 if problems else 0)
    if not problems:
        console.print("Nothing is wrong with it.")
        return
    _problems(problems, str(arguments.file))
    raise SystemExit(1)


def _problems(problems: list[Json], file: str = "the draft") -> None:
    for each in problems:
        place = f"{file}, line {each['line']}" if each["line"] else file
        step = f" ({each['step']})" if each["step"] else ""
        console.print(f"[red]{escape(place)}[/]{escape(step)}: {escape(each['text'])}", soft_wrap=True)


def draft(arguments: argparse.Namespace) -> None:
    text, id_ = _read(arguments.file)
    path = f"/admin/journeys/{quote(id_, safe='')}"
    try:
        held = call(arguments.port, "GET", path)
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        told = call(arguments.port, "POST", "/admin/journeys", {"yaml": text})
    else:
        told = call(arguments.port, "PUT", f"{path}/draft", {"yaml": text}, **{"if-match": held["etag"]})
    _problems(told["problems"], str(arguments.file))
    dry = call(arguments.port, "POST", f"{path}/dry-run")
    console.print(f"{dry['under_way']:,} are under way{' at least' if dry['more'] else ''}.")
    for gone in dry["gone"]:
        console.print(
            f"  {gone['waiting']:,} wait at {gone['step']}, which is gone: moved, they go on at {gone['goes_to']}."
        )
    if dry["present"]:
        console.print(f"{dry['present']:,} are in its segment already: [bold]--present[/] takes them in.")
    if not told["problems"]:
        console.print(f"It is kept as a draft. [bold]beckon journey publish {id_}[/] makes it what holds.")


def publish(arguments: argparse.Namespace) -> None:
    body: dict[str, Json] = {
        "under_way": arguments.under_way,
        "state": "paused" if arguments.paused else "live",
        "include_present": arguments.present,
        "unknown_events": arguments.unknown_events,
        "why": arguments.why,
    }
    body |= {"over": arguments.over} if arguments.over else {}
    body |= {"continue_finished": arguments.finished} if arguments.finished else {}
    told = call(arguments.port, "POST", f"{_path(arguments)}/publish", body)
    console.print(f"Version {told['version']} of {told['journey']} is {told['state']}.")
    _follow(arguments.port, told["job"])


def duplicate(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "POST", f"{_path(arguments)}/duplicate", {"id": arguments.id})
    console.print(f"[bold]{told['definition']['id']}[/] is a draft: {escape(told['definition']['name'])}.")


def pause(arguments: argparse.Namespace) -> None:
    _switch(arguments, "paused")


def go_live(arguments: argparse.Namespace) -> None:
    _switch(arguments, "review" if arguments.review else "live")


def _switch(arguments: argparse.Namespace, state: str) -> None:
    step = f"/steps/{quote(arguments.step, safe='')}" if arguments.step else ""
    told = call(arguments.port, "POST", f"{_path(arguments)}{step}/state", {"state": state})
    console.print(f"{arguments.step or told['journey']} is {'under review' if state == 'review' else state}.")


# ── what is decided for people ──


def start(arguments: argparse.Namespace) -> None:
    body: dict[str, Json] = {"dry_run": arguments.dry_run}
    if arguments.contact:
        body["contacts"] = [_contact(arguments.port, arguments.contact)]
    if arguments.segment:
        body["segment"] = arguments.segment
    body |= {"over": arguments.over} if arguments.over else {}
    _decided(arguments, call(arguments.port, "POST", f"{_path(arguments)}/start", body), "It begins for")


def move(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "POST", "/admin/runs/move", {**_whom(arguments), "to": arguments.to})
    _decided(arguments, told, f"Moved to {arguments.to}:")


def stop(arguments: argparse.Namespace) -> None:
    whom = _whom(arguments) | ({"all": True} if arguments.all else {})
    _decided(arguments, call(arguments.port, "POST", "/admin/runs/stop", whom), "Stopped:")


def release(arguments: argparse.Namespace) -> None:
    _decided(arguments, call(arguments.port, "POST", "/admin/runs/release", _whom(arguments)), "Let go:")


def _whom(arguments: argparse.Namespace) -> dict[str, Json]:
    whom: dict[str, Json] = {"journey": arguments.journey, "dry_run": arguments.dry_run}
    if arguments.contact:
        return whom | {"contact": _contact(arguments.port, arguments.contact), "run": arguments.run or 1}
    return whom | ({"from": arguments.step} if arguments.step else {})


def _decided(arguments: argparse.Namespace, told: Json, what: str) -> None:
    only = "[dim](nothing was done)[/] " if arguments.dry_run else ""
    least = " at least" if told.get("more") else ""
    console.print(f"{only}{what}{least} {told['people']:,} {'person' if told['people'] == 1 else 'people'}.")
    _follow(arguments.port, told["job"])


def _follow(port: int, job: str | None) -> None:
    """Waits for the end of a job."""
    if job is None:
        return
    with console.status("Everybody is told, one by one …"):
        while (told := call(port, "GET", f"/admin/jobs/{job}"))["status"] == "running":
            time.sleep(LOOK)
    if told["status"] == "failed":
        raise SystemExit("That failed; what make run prints says why.")
    console.print(f"{told['people']:,} {'person was' if told['people'] == 1 else 'people were'} told.")


# ── what would happen ──


def simulate(arguments: argparse.Namespace) -> None:
    asked = {"sample": arguments.sample, "days": arguments.days, "seed": arguments.seed}
    with console.status("Contacts are played forward …"):
        told = call(arguments.port, "POST", f"{_path(arguments)}/simulate", asked)
    sent = sum(told["emails"])
    console.print(f"{told['contacts']:,} contacts, {told['days']} days: {told['began']:,} begin, {sent:,} emails.")
    table = _table("step", ">entered", ">sent", ">skipped", ">still there")
    for step, sums in told["steps"].items():
        skipped = sum(sums["skipped"].values())
        table.add_row(step, *[f"{n:,}" for n in (sums["entered"], sums["sent"], skipped, sums["waiting"])])
    console.print(table)
    ended = ", ".join(f"{n:,} {outcome}" for outcome, n in told["ended"].items()) or "nobody"
    console.print(f"{told['waiting']:,} are under way at the end; ended: {escape(ended)}; {told['goals']:,} goals.")
    console.print(f"[dim]Most emails on a day: {max(told['emails'], default=0):,}. Delayed: {told['delayed']:,}.[/]")


# ── what they have in common ──


def _path(arguments: argparse.Namespace) -> str:
    return f"/admin/journeys/{quote(arguments.journey, safe='')}"


def _contact(port: int, named: str) -> str:
    return str(call(port, "POST", "/admin/contacts/find", {"email" if "@" in named else "contact": named})["contact"])


def _read(file: Path) -> tuple[str, str]:
    """A file's text, and the id in it."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise SystemExit(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SystemExit(f"{file} is not UTF-8 text") from None
    ids = (line.partition(":")[2].split("#")[0].strip(" '\"") for line in text.splitlines() if line.startswith("id:"))
    id_ = next(ids, "")
    if not id_:
        raise SystemExit(f"{file} has to hold one journey, with a line such as id: hello")
    return text, id_


def _table(*titles: str) -> Table:
    """Of these columns; those that begin with > are numbers."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in titles:
        table.add_column(title.lstrip(">"), justify="right" if title.startswith(">") else "left")
    return table


def _when(instant: int) -> str:
    return f"{datetime.fromtimestamp(instant // 1000, UTC):%Y-%m-%d %H:%M} UTC"
