"""`beckon`: the command line of the local run.

The system itself is imported by the commands that run it; those that ask a running one start at once.
"""

from __future__ import annotations

import argparse
import signal
import sys
import urllib.error
from collections.abc import Callable
from http.client import HTTPException

from infra.local import (
    campaigns,
    commands,
    contacts,
    coupons,
    experiments,
    forms,
    imports,
    insight,
    journeys,
    keys,
    lead_scores,
    objectives,
    reports,
    segments,
    shop_settings,
    templates,
)
from infra.local.client import add_json, errors
from infra.local.columns import InColumns

PORT = 8000
MAX_CUSTOMERS = 10_000

DESCRIPTION = """Beckon on one machine: the real handlers, the real state machines, a mailbox, and a clock one can turn.

  .venv/bin/beckon run                  start it on http://localhost:8000 (make run does the same)
  .venv/bin/beckon clock +90d           let 90 days pass: every email, wait and wake-up on its day
  .venv/bin/beckon send-webhook sign-up somebody subscribes, as Shopify would tell of it
  .venv/bin/beckon mailbox              what was sent, newest first
  .venv/bin/beckon segment --help       segments: sizes, why a contact is in one, forecasts, dry runs
  .venv/bin/beckon journey --help       journeys: who is where and why, drafts, publishing, moves, simulations
  .venv/bin/beckon template --help      the emails' templates: changed, looked at, published
  .venv/bin/beckon settings --help      the shop's settings: brand, senders, topics, as a file
  .venv/bin/beckon campaign --help      campaigns: whom one would go to, sending, progress, who got it
  .venv/bin/beckon experiment --help    experiments: drafted, started, read, decided; what was learnt
  .venv/bin/beckon insight --help       scores and why, the RFM grid, segments worth having, drafts that use them
  .venv/bin/beckon report --help        reports: what came of emails, as a table, as CSV or as JSON
  .venv/bin/beckon lead-score --help    lead scores: points with weights that you set, tried before they are saved
  .venv/bin/beckon objective --help     objectives: what is to be reached by when, and whether it is on the way
  .venv/bin/beckon coupon --help        coupon codes: pools, what is left of them, more codes
  .venv/bin/beckon form --help          sign-up forms and surveys: written, published, put into the shop's pages
  .venv/bin/beckon import --help        a list of subscribers brought over: what it would do, then doing it
  .venv/bin/beckon key --help           keys with which scripts use the API: made, listed, revoked
  .venv/bin/beckon audit                who has changed what, newest first
  .venv/bin/beckon simulate win_back    play a journey on a copy: who gets what when, if it is published
  .venv/bin/beckon rebuild              make profiles, the lake and segments' members again from all events
  .venv/bin/beckon sending              SES's rate and quota, bounces and complaints; lift: ends a pause of marketing
  .venv/bin/beckon doctor               what email needs: DNS records, SES, secrets, the storefront; what is missing
  .venv/bin/beckon status               counts, queues, the clock
  .venv/bin/beckon demo                 one contact's story, told in twenty seconds; needs nothing running
"""


def command_line() -> argparse.ArgumentParser:
    """What can be asked for."""
    parser = argparse.ArgumentParser(prog="beckon", description=DESCRIPTION, formatter_class=InColumns)
    port = {"type": _whole(1, 65_535), "metavar": "PORT", "help": f"of the running system (default: {PORT})"}
    parser.add_argument("--port", default=PORT, **port)  # type: ignore[arg-type]
    subcommands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, do: Callable[[argparse.Namespace], object], help_: str) -> argparse.ArgumentParser:
        added: argparse.ArgumentParser = subcommands.add_parser(
            name, help=help_, description=f"{help_[:1].upper()}{help_[1:]}."
        )
        added.add_argument("--port", default=argparse.SUPPRESS, **port)  # type: ignore[arg-type]
        added.set_defaults(do=do)
        return added

    run = command("run", _run, "start the system, or go on where it stopped")
    run.add_argument("--fresh", action="store_true", help="forget the last run and start over")
    run.add_argument(
        "--customers",
        type=_whole(1, MAX_CUSTOMERS),
        metavar="N",
        help="how many customers to begin with (default: the sample's, some 200; beyond those, made-up ones like them)",
    )
    command("demo", _demo, "play two contacts' stories in twenty seconds; needs nothing running")
    clock = command("clock", commands.turn_clock, "show the clock, or turn it: beckon clock +90d")
    clock.add_argument("by", nargs="?", help="how far, such as +90d, +6h, +30min, +2w")
    mailbox = command("mailbox", commands.list_mails, "list the newest emails")
    add_json(clock)
    add_json(mailbox)
    mailbox.add_argument("--limit", type=_whole(1, 1000), default=20, metavar="N", help="how many (default: 20)")
    send = command("send-webhook", commands.send_webhook, "post a signed Shopify webhook, as the shop would")
    send.add_argument(
        "what", choices=["sign-up", "order", "product"], help="a new subscriber; an order of one; how a candle is"
    )
    send.add_argument(
        "--number",
        type=_whole(1, 10**9),
        metavar="N",
        help="of the made-up person: 1 is ada.1@example.com (default: somebody new; for an order, who signed up last)",
    )
    send.add_argument("--stock", type=_whole(0, 10**6), default=10, metavar="N", help="how many candles are left")
    send.add_argument("--price", default="24.50", help="what the candle costs, such as 19.50")
    segment = command("segment", lambda _: None, "list, explain, forecast, preview and publish segments")
    segment.description = segments.DESCRIPTION
    segment.formatter_class = InColumns
    segments.add_commands(segment)
    journey = command("journey", lambda _: None, "list, show, check, publish, pause, move and simulate journeys")
    journey.description = journeys.DESCRIPTION
    journey.formatter_class = InColumns
    journeys.add_commands(journey)
    contact = command("contact", lambda _: None, "find, show, change, merge, erase and export people")
    contact.description, contact.formatter_class = contacts.DESCRIPTION, InColumns
    contacts.add_commands(contact)
    points = command("lead-score", lambda _: None, "list, try and save lead scores: points with weights that you set")
    points.description, points.formatter_class = lead_scores.DESCRIPTION, InColumns
    lead_scores.add_commands(points)
    objective = command("objective", lambda _: None, "show, try and save objectives")
    objective.description, objective.formatter_class = objectives.DESCRIPTION, InColumns
    objectives.add_commands(objective)
    scores = command("insight", lambda _: None, "show scores and why, people of a band, and make drafts that use them")
    scores.description, scores.formatter_class = insight.DESCRIPTION, InColumns
    insight.add_commands(scores)
    report = command("report", reports.show, "show a report of the last night: what came of emails")
    report.description, report.formatter_class = reports.DESCRIPTION, InColumns
    reports.add_arguments(report)
    settings = command("settings", lambda _: None, "show and change the shop's settings")
    settings.description = shop_settings.DESCRIPTION
    settings.formatter_class = InColumns
    shop_settings.add_commands(settings)
    template = command("template", lambda _: None, "list, show, check, preview, test and publish the emails' templates")
    template.description = templates.DESCRIPTION
    template.formatter_class = InColumns
    templates.add_commands(template)
    campaign = command("campaign", lambda _: None, "write, count, test, send, pause and follow campaigns")
    campaign.description = campaigns.DESCRIPTION
    campaign.formatter_class = InColumns
    campaigns.add_commands(campaign)
    experiment = command("experiment", lambda _: None, "draft, start, follow and decide experiments")
    experiment.description, experiment.formatter_class = experiments.DESCRIPTION, InColumns
    experiments.add_commands(experiment)
    key = command("key", lambda _: None, "make, list and revoke the keys of scripts")
    key.description, key.formatter_class = keys.DESCRIPTION, InColumns
    keys.add_commands(key)
    audit = command("audit", keys.show_changes, "show who has changed what")
    audit.description, audit.formatter_class = keys.AUDIT, InColumns
    keys.add_audit(audit)
    coupon = command("coupon", lambda _: None, "show and add coupon codes")
    coupon.description = coupons.DESCRIPTION
    coupon.formatter_class = InColumns
    coupons.add_commands(coupon)
    form = command("form", lambda _: None, "write and publish sign-up forms and surveys")
    form.description = forms.DESCRIPTION
    form.formatter_class = InColumns
    forms.add_commands(form)
    brought = command("import", imports.run, "bring a list of subscribers over, after saying what that would do")
    brought.description = imports.DESCRIPTION
    brought.formatter_class = InColumns
    imports.add_arguments(brought)
    simulate = command("simulate", _simulate, "play a journey on a copy of the run: what happens if I publish this?")
    simulate.add_argument("journey", help="one that ships, such as win_back, or a YAML file")
    simulate.add_argument("--days", type=_whole(1, 400), default=90, metavar="N", help="how many pass (default: 90)")
    simulate.add_argument(
        "--contacts", type=_whole(1, 1000), default=100, metavar="N", help="how many begin it (default: 100)"
    )
    simulate.add_argument(
        "--paths", type=_whole(0, 1000), default=3, metavar="N", help="of how many to show each step (default: 3)"
    )
    command("rebuild", commands.rebuild, "make profiles, the lake and segments' members again from all events")
    add_json(command("doctor", commands.show_doctor, "say what is missing for email, and the record or command to add"))
    sending = command(
        "sending", commands.show_sending, "show SES's rate and quota, bounces and complaints, what is paused"
    )
    sending.add_argument(
        "action", nargs="?", choices=["show", "lift"], default="show", help="lift: end a pause of marketing"
    )
    add_json(sending)
    command("status", commands.show_status, "show counts, queues and the clock")
    return parser


def main() -> int:
    arguments = command_line().parse_args()
    try:
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        return int(arguments.do(arguments) or 0)
    except urllib.error.URLError as error:
        errors.print(commands.tell(error, arguments.port), soft_wrap=True)
        return 1
    except (HTTPException, ConnectionError):
        errors.print(f"What was answered on port {arguments.port} broke off; what make run prints says why.")
        return 1
    except KeyboardInterrupt:
        return 130


def _run(arguments: argparse.Namespace) -> int:
    from infra.local import running

    return running.run(arguments)


def _simulate(arguments: argparse.Namespace) -> int:
    from infra.local import simulating

    return simulating.run(arguments)


def _demo(arguments: argparse.Namespace) -> int:
    from infra.local import running

    return running.play_demo(arguments)


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return read


if __name__ == "__main__":
    sys.exit(main())
