"""`beckon`: the command line of the local run."""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import threading
import time
import urllib.error
import urllib.request
from functools import partial

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from infra.local import demo, history, readers, segments, settings, site, storefront
from infra.local.client import call, console, problem
from infra.local.gateway import serve
from infra.local.system import System, begin
from shared.domain.conditions import UNITS
from shared.domain.events import DAY, SECOND, iso, parse_instant

HISTORY_SINCE = parse_instant("2011-06-09")
"""The sample has a year; half of it is ready in half a minute."""
TICK = 0.2  # seconds between looks at what is due, while the clock runs by itself

DESCRIPTION = """Beckon on one machine: the real handlers, the real state machines, a mailbox, and a clock one can turn.

  beckon run                  start it on http://localhost:8000 (make run does the same)
  beckon clock +90d           let 90 days pass: every mail, wait and wake-up on its day
  beckon send-webhook order   post a signed Shopify order, as a shop would
  beckon mailbox              what was mailed, newest first
  beckon segment --help       segments: sizes, why a contact is in one, forecasts, dry runs
  beckon status               counts, queues, the clock
  beckon demo                 one contact's story, told in twenty seconds; needs nothing running
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="beckon", description=DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=settings.PORT, help="of the running system (default: 8000)")
    commands = parser.add_subparsers(required=True, metavar="command")

    run_ = commands.add_parser("run", help="start the system, or go on where it stopped")
    run_.add_argument("--fresh", action="store_true", help="forget the last run and begin anew")
    run_.add_argument("--customers", type=int, default=None, help="how many customers of the sample to replay")
    run_.set_defaults(do=run)

    demo_ = commands.add_parser("demo", help="play one contact's story")
    demo_.set_defaults(do=play_demo)

    clock = commands.add_parser("clock", help="show the clock, or turn it")
    clock.add_argument("by", nargs="?", help="how far, such as +90d, +6h, +30min, +2w")
    clock.set_defaults(do=turn_clock)

    mailbox = commands.add_parser("mailbox", help="list the newest mails")
    mailbox.add_argument("--limit", type=int, default=20)
    mailbox.set_defaults(do=list_mails)

    send = commands.add_parser("send-webhook", help="post a signed Shopify webhook")
    send.add_argument("what", choices=["sign-up", "order"], help="a new subscriber, or an order of one")
    send.add_argument("--number", type=int, default=1, help="of the made-up customer, so that an order finds them")
    send.set_defaults(do=send_webhook)

    of_segments = "list, explain, forecast, preview and publish segments"
    segment = commands.add_parser("segment", help=of_segments, description=segments.DESCRIPTION)
    segment.formatter_class = argparse.RawDescriptionHelpFormatter
    segments.add_commands(segment)

    status = commands.add_parser("status", help="counts, queues and the clock")
    status.set_defaults(do=show_status)

    arguments = parser.parse_args()
    try:
        return int(arguments.do(arguments) or 0)
    except urllib.error.HTTPError as error:
        console.print(problem(error))
        return 1
    except urllib.error.URLError:
        console.print(f"Nothing answers on port {arguments.port}. Start it with [bold]make run[/] in another terminal.")
        return 1


# ── run ──


def run(arguments: argparse.Namespace) -> int:
    if arguments.fresh:
        shutil.rmtree(settings.DIRECTORY, ignore_errors=True)
    settings.DIRECTORY.mkdir(exist_ok=True)
    template = settings.template(arguments.port)
    system = begin(settings.WORLD, template, settings.secrets(template), now=HISTORY_SINCE - 60 * DAY)
    system.reader = readers.react
    try:
        server = serve(system, arguments.port, site.answer)
    except OSError as error:
        console.print(
            f"Port {arguments.port} cannot be had ({error.strerror}). Another [bold]make run[/] may be going on."
        )
        return 1
    if system.world.setting("history") != "replayed":
        replay(system, arguments.customers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    console.print(site.what_to_try(system), soft_wrap=True)
    keep_time(system)
    return 0


def replay(system: System, customers: int | None) -> None:
    """Plays the sample shop's history through the webhook endpoint, on the clock, from where it was left."""
    webhooks = list(history.webhooks(customers=customers, since=HISTORY_SINCE))
    done = int(system.world.setting("history") or 0)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    ) as progress:
        task = progress.add_task("a real shop's half year", total=len(webhooks), completed=done)
        with system.hurrying():
            for number, webhook in enumerate(webhooks[done:], start=done + 1):
                if webhook.at > system.world.now():
                    system.run_until(webhook.at)
                storefront.post(system, webhook)
                if number % 50 == 0:
                    save(system, str(number))
                progress.update(task, advance=1, description=f"a real shop's half year: {iso(system.world.now())[:10]}")
        system.run_until(system.world.now() + DAY)  # and a night, which works out the cut-offs of ranks
    save(system, "replayed")


def save(system: System, progress: str) -> None:
    system.world.set_setting("history", progress)
    system.world.save_clock()


def keep_time(system: System) -> None:
    """Lets the clock run, and does what falls due, until Ctrl-C."""
    system.world.tick()
    try:
        while True:
            time.sleep(TICK)
            with system.world.lock:
                system.pass_time(0)
                system.world.save_clock()
    except KeyboardInterrupt:
        console.print("\nStopped. [bold]make run[/] goes on from here; [bold]make run FRESH=1[/] begins anew.")


# ── demo ──


def play_demo(arguments: argparse.Namespace) -> int:
    template = settings.template(arguments.port)
    system = begin(":memory:", template, settings.secrets(template), now=demo.BEGIN)
    began = time.monotonic()
    try:
        demo.play(system, partial(console.print, soft_wrap=True))
    except demo.StoryError as error:
        console.print(f"[red]The story did not come out:[/] {error}")
        return 1
    console.print(f"\nBoth stories came out, in {time.monotonic() - began:.1f} seconds.")
    return 0


# ── commands to a running system ──


def turn_clock(arguments: argparse.Namespace) -> None:
    if arguments.by is None:
        console.print(call(arguments.port, "GET", "/local/status")["now"])
        return
    match = re.fullmatch(r"\+?(\d+)(s|min|h|d|w)", arguments.by)
    if match is None:
        raise SystemExit(f"{arguments.by!r} is no time to pass: write a number and s, min, h, d or w, such as +90d")
    seconds = int(match[1]) * UNITS[match[2]] // SECOND
    answer = call(arguments.port, "POST", "/local/clock", {"seconds": seconds})
    console.print(f"It is {answer['now']}. {answer['mails']} mails were sent meanwhile.")


def list_mails(arguments: argparse.Namespace) -> None:
    for mail in call(arguments.port, "GET", f"/local/mails?limit={arguments.limit}")["mails"]:
        console.print(
            f"{mail['sent'][:16].replace('T', ' ')}  {mail['to']:<32.32}  {mail['subject']}  [dim]{mail['state']}[/]"
        )
    console.print(f"http://localhost:{arguments.port}/mailbox shows them as a mail client would.")


def send_webhook(arguments: argparse.Namespace) -> None:
    now = call(arguments.port, "GET", "/local/status")["instant"]
    webhook = storefront.sign_up(arguments.number, "Ada", now, tags="source:newsletter, interest:candles")
    if arguments.what == "order":
        webhook = storefront.order(now // SECOND, webhook.body, now)
    request = storefront.request(webhook)
    posted = urllib.request.Request(
        f"http://localhost:{arguments.port}{request.path}",
        data=request.body,
        headers={name: value for name, value in request.headers.items() if name != "host"},
    )
    with urllib.request.urlopen(posted) as answer:  # noqa: S310
        console.print(f"{webhook.topic} of {webhook.body['email']}: {answer.status} {answer.read().decode()}")


def show_status(arguments: argparse.Namespace) -> None:
    console.print_json(json.dumps(call(arguments.port, "GET", "/local/status")))


if __name__ == "__main__":
    sys.exit(main())
