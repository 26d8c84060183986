"""What `beckon` asks of a running system, over HTTP. It imports nothing of the system, so that it starts at once."""

from __future__ import annotations

import argparse
import json
import os
import re
import time
import urllib.error
from collections.abc import Callable
from typing import Any

from rich.markup import escape

from infra.local.client import as_json, call, console, problem

UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
LOOK = 0.3  # seconds between looks at how far the clock is


def subcommand(to: Any, name: str, do: Callable[[argparse.Namespace], object], help_: str) -> argparse.ArgumentParser:
    """One of the commands of `beckon segment` or `beckon journey`, whose subparsers are `to`."""
    added: argparse.ArgumentParser = to.add_parser(name, help=help_, description=help_)
    added.set_defaults(do=do)
    return added


def turn_clock(arguments: argparse.Namespace) -> None:
    if arguments.by is None:
        told = call(arguments.port, "GET", "/local/clock")
        if not as_json(arguments, told):
            console.print(told["now"])
        return
    match = re.fullmatch(r"\+?(\d{1,9})(s|min|h|d|w)", arguments.by)
    if match is None:
        raise SystemExit(f"{arguments.by!r} is not a stretch of time. Write a number and s, min, h, d or w: +90d, +6h")
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn  # half of what starting would take

    told = call(arguments.port, "POST", "/local/clock", {"seconds": int(match[1]) * UNITS[match[2]]})
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), console=console, transient=True
    ) as progress:
        task = progress.add_task(told["now"][:10], total=max(told["until"] - told["begun"], 1))
        while told["turning"]:
            time.sleep(LOOK)
            told = call(arguments.port, "GET", "/local/clock")
            progress.update(task, completed=told["instant"] - told["begun"], description=told["now"][:10])
    if told["instant"] < told["until"]:
        raise SystemExit(f"The clock stopped at {told['now']}; what make run prints says why.")
    console.print(f"It is {told['now']}. {told['emails']} emails were sent meanwhile.")


def rebuild(arguments: argparse.Namespace) -> None:
    """Begins one, or says how the one that is under way stands, and waits for its end."""
    try:
        told = call(arguments.port, "POST", "/admin/rebuild")
    except urllib.error.HTTPError as error:
        if error.code != 409:
            raise
        told = call(arguments.port, "GET", "/admin/rebuild")
    port = f" --port {arguments.port}" if arguments.port != 8000 else ""
    console.print(
        f"{told['rebuild']}: profiles, the lake and the segments' members are made again from all events. It takes "
        f"some twenty minutes on the system's clock; [bold]beckon{port} clock +1h[/] in another terminal skips them.",
        soft_wrap=True,
    )
    with console.status("Events are read again …"):
        while told["status"] == "running":
            time.sleep(LOOK)
            told = call(arguments.port, "GET", "/admin/rebuild")
    if told["status"] != "done":
        raise SystemExit("The rebuild failed; what make run prints says why.")
    console.print("Done.")


MARKS = {"ok": "[green]ok[/]", "look": "[yellow]look[/]", "missing": "[red]missing[/]", "wrong": "[red]wrong[/]"}


def show_doctor(arguments: argparse.Namespace) -> int:
    """Gives 1 while something is missing, so that a script can wait for it."""
    told = call(arguments.port, "GET", "/admin/doctor")
    if as_json(arguments, told):
        return 0 if told["ready"] else 1
    for finding in told["findings"]:
        console.print(
            f"{MARKS[finding['state']]:<18} [bold]{finding['check']}[/]: {escape(finding['text'])}", soft_wrap=True
        )
        for record in finding["records"]:
            console.print(escape(f"            {record['name']}  {record['type']}  {record['value']}"), soft_wrap=True)
        if finding["command"]:
            console.print(escape(f"            {finding['command']}"), soft_wrap=True)
    return 0 if told["ready"] else 1


def show_sending(arguments: argparse.Namespace) -> int:
    """Gives 1 while something is wrong."""
    if arguments.action == "lift":
        told = call(arguments.port, "POST", "/admin/sending/lift")
        if not as_json(arguments, told):
            console.print("Marketing goes on.")
        return 0
    told = call(arguments.port, "GET", "/admin/sending")
    if as_json(arguments, told):
        return 1 if told["problems"] else 0
    if not told["known"]:
        console.print("SES has not been asked yet: it is every five minutes.")
        return 0
    quota = (
        "as many as there are" if told["left"] is None else f"{told['left']:,} more of {told['quota']:,} in 24 hours"
    )
    console.print(f"SES takes {told['rate']:,} emails a second, {quota}.")
    lately = told["last_30_days"]
    console.print(
        f"In 30 days: {lately['sent']:,} sent, {lately['bounces']:.2%} came back for good, {lately['complaints']:.2%} "
        "were reported as spam."
    )
    if told["warm_up"] is not None:
        console.print(f"The domain warms up: {told['warm_up']['left']:,} more of {told['warm_up']['a_day']:,} today.")
    for sentence in told["problems"]:
        console.print(f"[red]{escape(sentence)}[/]", soft_wrap=True)
    return 1 if told["problems"] else 0


def list_mails(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", f"/local/mails?limit={arguments.limit}")
    if as_json(arguments, told):
        return
    for mail in told["mails"]:
        console.print(
            f"{mail['sent'][:16].replace('T', ' ')}  {mail['to']:<32.32}  {mail['subject']}  [dim]{mail['state']}[/]",
            soft_wrap=True,
        )
    console.print(f"http://localhost:{arguments.port}/mailbox shows them as a mail program would.")


def send_webhook(arguments: argparse.Namespace) -> None:
    asked: dict[str, Any] = {"what": arguments.what}
    if arguments.number is not None:
        asked["number"] = arguments.number
    if arguments.what == "product":
        told = call(
            arguments.port, "POST", "/local/webhooks", {**asked, "stock": arguments.stock, "price": arguments.price}
        )
        console.print(f"{told['topic']} of {told['product']} was taken: {told['stock']} left, at {told['price']}.")
        return
    told = call(arguments.port, "POST", "/local/webhooks", asked)
    console.print(f"{told['topic']} of {told['email']} was taken. The email about it:")
    console.print(f"http://localhost:{arguments.port}{told['mailbox']}", soft_wrap=True)


def show_status(arguments: argparse.Namespace) -> None:
    print(json.dumps(call(arguments.port, "GET", "/local/status"), indent=2))


def tell(error: urllib.error.URLError, port: int) -> str:
    """What went wrong, and what to do."""
    if isinstance(error, urllib.error.HTTPError):
        return problem(error)
    if url := os.environ.get("BECKON_URL"):
        return (
            f"Nothing answers at {escape(url)} ({escape(str(error.reason))}). Is BECKON_URL the address of the admin?"
        )
    start = "make run" if port == 8000 else f"make run PORT={port}"
    return f"Nothing answers on port {port}. Start it with [bold]{start}[/] in another terminal."
