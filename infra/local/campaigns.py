"""`beckon campaign`: campaigns of the running system, as a marketer writes, counts and sends them."""

from __future__ import annotations

import argparse
import time
import urllib.error
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.markup import escape
from rich.table import Table

from infra.local.client import add_json, as_json, call, console, errors, keep, whole
from infra.local.commands import subcommand

Json = Any

DESCRIPTION = """Campaigns of the running system (`make run`).

  .venv/bin/beckon campaign list                       all of them, and how each stands
  .venv/bin/beckon campaign show spring_news           one of them: how far it is, who was skipped and why
  .venv/bin/beckon campaign draft spring.yaml          keep a file as a draft, or change the draft
  .venv/bin/beckon campaign audience spring_news       whom it would go to, and why not to the others; sends nothing
  .venv/bin/beckon campaign test spring_news ada@example.com
                                             send it to one contact as a test
  .venv/bin/beckon campaign send spring_news           send it, by its schedule
  .venv/bin/beckon campaign withdraw spring_news       make a draft again of one that has not begun
  .venv/bin/beckon campaign pause spring_news          nothing more is sent until it is resumed
  .venv/bin/beckon campaign resume spring_news         it goes on where it was
  .venv/bin/beckon campaign cancel spring_news         nothing more is sent, for good
  .venv/bin/beckon campaign recipients spring_news     who got it, who did not and why
  .venv/bin/beckon campaign results spring_news        of a test: arm by arm, and what that can say
  .venv/bin/beckon campaign duplicate spring_news summer_news
                                             a draft of a new campaign like this one
  .venv/bin/beckon campaign delete spring_news         delete a draft

docs/campaigns.md says how a campaign is written.
"""
LOOK = 0.5  # seconds between looks at how far a count is


def add_commands(campaign: argparse.ArgumentParser) -> None:
    """What `beckon campaign` can do."""
    command = partial(subcommand, campaign.add_subparsers(required=True, metavar="what"))

    all_ = command("list", list_campaigns, "all campaigns, and how each stands")
    shown = command("show", show, "one campaign: how far it is, who was skipped and why")
    drafted = command("draft", draft, "keep a file as a draft, or change the draft")
    drafted.add_argument("file", type=Path, metavar="FILE", help="a YAML or JSON file with one campaign")
    counted = command("audience", audience, "whom it would go to now, and why not to the others; sends nothing")
    tested = command("test", test, "send it to one contact as a test")
    sent = command("send", send, "send it, by its schedule")
    withdrawn = command("withdraw", partial(_act, "withdraw"), "make a draft again of one that has not begun")
    paused = command("pause", partial(_act, "pause"), "nothing more is sent until it is resumed")
    resumed = command("resume", partial(_act, "resume"), "it goes on where it was")
    cancelled = command("cancel", partial(_act, "cancel"), "nothing more is sent, for good")
    listed = command("recipients", recipients, "who got it, who did not and why")
    listed.add_argument("--status", choices=["sent", "skipped", "waiting"], help="what has become of them")
    listed.add_argument("--reason", help="why they were skipped, such as no_consent")
    tested_by = command("results", results, "of a test: arm by arm, and what that can say")
    add_json(tested_by)
    duplicated = command("duplicate", duplicate, "a draft of a new campaign like this one")
    deleted = command("delete", delete, "delete a draft")
    several = (
        shown,
        counted,
        tested,
        sent,
        withdrawn,
        paused,
        resumed,
        cancelled,
        listed,
        tested_by,
        duplicated,
        deleted,
    )
    for each in several:
        each.add_argument("campaign", help="its id, such as spring_news")
    tested.add_argument("contact", help="an email address of a contact, or a contact's id")
    duplicated.add_argument("id", help="of the new one")
    for each in (all_, shown, counted, listed):
        add_json(each)


def list_campaigns(arguments: argparse.Namespace) -> None:
    told = whole(arguments.port, "/admin/campaigns?limit=100", "campaigns")
    if as_json(arguments, told):
        return
    table = _table("campaign", "state", ">audience", ">sent", "since", "")
    for each in told["campaigns"]:
        numbers = [each["audience"], (each["sums"] or {}).get("sent")]
        shown = ["" if n is None else f"{n:,}" for n in numbers]
        why = escape(each["why"] or "")
        table.add_row(f"[bold]{each['id']}[/]", each["state"], *shown, _when(each["since"]), why)
    console.print(table if table.row_count else "There are no campaigns yet: beckon campaign draft FILE makes one.")


def show(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", _path(arguments))
    progress = None if told["audience"] is None else call(arguments.port, "GET", f"{_path(arguments)}/progress")
    if as_json(arguments, {**told, "progress": progress}):
        return
    form = told["definition"]
    console.print(f"[bold]{escape(form['name'])}[/]  [dim]{told['id']}[/] {told['state']}, {_when(told['since'])}")
    if told["why"]:
        console.print(f"  {escape(told['why'])}")
    left_out = f", without {', '.join(form['without'])}" if form["without"] else ""
    console.print(f"  the email {form['template']} to {', '.join(form['segments'])}{left_out}")
    if told["state"] == "scheduled":
        console.print(f"  begins {_when(told['begins'])}")
    if progress is not None:
        _progress(progress)


def _progress(told: Json) -> None:
    console.print(f"  {told['audience']:,} in the audience: {told['sent']:,} sent, {told['waiting']:,} waiting")
    for each in told["skipped"]:
        console.print(f"  {each['n']:>8,} skipped: {escape(each['words'])}", soft_wrap=True)
    if told["held_up"]:
        console.print(f"  [yellow]{escape(told['held_up'])}[/]", soft_wrap=True)
    if told["per_minute"]:
        ends = f", done by {_when(told['ends'])}" if told["ends"] else ""
        console.print(f"  {told['per_minute']:,} a minute{ends}")


def draft(arguments: argparse.Namespace) -> None:
    import yaml  # what the others need not wait for

    try:
        body = yaml.safe_load(arguments.file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SystemExit(f"{arguments.file} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, yaml.YAMLError):
        raise SystemExit(f"{arguments.file} is neither YAML nor JSON") from None
    if not isinstance(body, dict) or not isinstance(body.get("id"), str):
        raise SystemExit(f"{arguments.file} has to hold one campaign, with a line such as id: spring_news")
    told = keep(arguments.port, "/admin/campaigns", body)
    console.print(f"It is kept as a draft. [bold]beckon campaign audience {told['id']}[/] says whom it would go to.")


def audience(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "POST", f"{_path(arguments)}/audience")
    with errors.status("They are counted …"):
        while told["status"] == "counting":
            time.sleep(LOOK)
            told = call(arguments.port, "GET", f"{_path(arguments)}/audience")
    if not as_json(arguments, told):
        console.print(escape(told["words"]), soft_wrap=True)


def test(arguments: argparse.Namespace) -> None:
    named = arguments.contact
    found = call(arguments.port, "POST", "/admin/contacts/find", {"email" if "@" in named else "contact": named})
    asked = call(arguments.port, "POST", f"{_path(arguments)}/test", {"contact": found["contact"]})
    for _ in range(60):
        time.sleep(LOOK)
        try:
            told = call(arguments.port, "GET", f"{_path(arguments)}/test")
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            continue
        if told["test"] == asked["test"]:
            for each in told["emails"]:
                variant = f" ({each['variant']})" if each["variant"] else ""
                console.print(f"{each['template']}{variant}: {each['status']}. {escape(each['words'] or '')}")
            return
    raise SystemExit("It has not been sent yet; what make run prints says why.")


def send(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "POST", f"{_path(arguments)}/send")
    console.print(f"It begins {_when(told['begins'])}; the first email leaves a minute after that.")
    console.print(f"[bold]beckon campaign show {told['id']}[/] says how far it is; pause and cancel stop it.")


def _act(act: str, arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "POST", f"{_path(arguments)}/{act}")
    console.print(f"{told['id']}: {told['state']}.")


def recipients(arguments: argparse.Namespace) -> None:
    asked = {name: getattr(arguments, name) for name in ("status", "reason") if getattr(arguments, name)}
    query = "".join(f"&{name}={quote(value, safe='')}" for name, value in asked.items())
    told = whole(arguments.port, f"{_path(arguments)}/recipients?limit=200{query}", "recipients")
    if as_json(arguments, told):
        return
    table = _table("contact", "email", "status", "when", "why")
    for each in told["recipients"]:
        when = _when(each["at"]) if each["at"] is not None else ""
        cells = [each["contact"], each["email"] or "", each["status"], when, each["words"] or ""]
        table.add_row(*map(escape, cells))
    console.print(table if table.row_count else "Nobody.")


def results(arguments: argparse.Namespace) -> None:
    path = f"{_path(arguments)}/results"
    told = call(arguments.port, "GET", path)
    while "query" in told:
        told = call(arguments.port, "GET", f"{path}?query={quote(told['query'])}")
    if as_json(arguments, told):
        return
    guarded = [] if told["guards"] is None else told["guards"]["words"]
    for words in (*told["expected"], *(each["words"] for each in told["compared"]), *guarded):
        console.print(escape(words), soft_wrap=True)
    if told["ends"] is not None and any(each["verdict"] is None for each in told["compared"]):
        console.print(f"Everybody has had their time {_when(told['ends'])}.")
    elif told["next_look"] is not None:
        console.print(f"The next look is planned for {_when(told['next_look'])}.")
    if told["cells"]:
        _show_effects(told)
    if told["arms"]:
        columns = ("people", "clicked", "ordered", "revenue", "unsubscribed", "complained")
        table = _table("arm", "people", "clicked", "ordered", ">spent", "unsubscribed", "spam")
        for each in told["arms"]:
            arm = " ".join([each["variant"] or "", "held out" if each["held_out"] else ""]).strip() or "sent"
            table.add_row(escape(arm), *(str(each[name]) for name in columns))
        console.print(table)


_SHORT = {None: "not yet", "no_difference": "no difference", "not_enough": "not enough", "broken": "nothing"}


def _show_effects(told: Json) -> None:
    """What each of several things does that are tested at once, and each combination of them."""
    effects = [each for each in told["compared"] if each["factors"]]
    is_money = effects[0]["metric"] == "revenue"
    unit, times = ("a person", 1) if is_money else ("points", 100)

    def shown(value: float) -> str:
        return f"{value:,.2f}" if is_money else f"{100 * value:.1f} %"

    def signed(value: float) -> str:
        return f"{times * value:+,.{2 if is_money else 1}f}"

    table = _table("effect of", ">first", ">second", f">{unit}", ">between", "verdict")
    for each in effects:
        first, second = each["values"] or (0, 0)
        numbers = [shown(first), shown(second), signed(second - first)] if each["values"] else ["–"] * 3
        between = "–" if each["interval"] is None else " and ".join(map(signed, each["interval"]))
        together = len(each["factors"]) > 1 and each["verdict"] in ("better", "worse")
        verdict = "together" if together else _SHORT.get(each["verdict"], each["verdict"])
        table.add_row(escape(" × ".join(each["factors"])), *numbers, between, verdict)
    console.print(table)
    levels = [*told["cells"][0]["levels"]]
    table = _table(*levels, ">people", f">{'spent a person' if is_money else effects[0]['metric']}")
    for each in told["cells"]:
        table.add_row(*map(escape, each["levels"].values()), f"{each['people']:,}", shown(each["value"]))
    console.print(table)


def duplicate(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "POST", f"{_path(arguments)}/duplicate", {"id": arguments.id})
    console.print(f"[bold]{told['id']}[/] is a draft: {escape(told['definition']['name'])}.")


def delete(arguments: argparse.Namespace) -> None:
    held = call(arguments.port, "GET", _path(arguments))
    call(arguments.port, "DELETE", _path(arguments), **{"if-match": held["etag"]})
    console.print(f"{arguments.campaign} is deleted.")


def _path(arguments: argparse.Namespace) -> str:
    return f"/admin/campaigns/{quote(arguments.campaign, safe='')}"


def _table(*titles: str) -> Table:
    """Of these columns; those that begin with > are numbers."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in titles:
        table.add_column(title.lstrip(">"), justify="right" if title.startswith(">") else "left")
    return table


def _when(instant: int) -> str:
    return f"{datetime.fromtimestamp(instant // 1000, UTC):%Y-%m-%d %H:%M} UTC"
