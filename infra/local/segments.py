"""`beckon segment`: segments of the running system, as a developer looks at them."""

from __future__ import annotations

import argparse
import json
import re
import urllib.error
from collections.abc import Iterable
from datetime import UTC, datetime
from difflib import unified_diff
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.markup import escape
from rich.table import Table
from rich.tree import Tree

from infra.local.client import add_json, as_json, call, console, errors, whole
from infra.local.commands import subcommand

Json = Any

DESCRIPTION = """Segments of the running system (`make run`).

  .venv/bin/beckon segment list                          all of them, with their sizes and suggestions
  .venv/bin/beckon segment show inactive                 one of them: in plain words, as JSON, in SQL
  .venv/bin/beckon segment explain ada@example.com       where a contact is in, since when and until when
  .venv/bin/beckon segment explain ada@example.com inactive
                                               why: each condition, its evidence, what would change it
  .venv/bin/beckon segment forecast                      who enters and leaves in the next 30 days, if nothing happens
  .venv/bin/beckon segment forecast inactive             the same of one segment, day by day
  .venv/bin/beckon segment vocabulary germany            events, traits and values there are, with how many have each
  .venv/bin/beckon segment versions inactive             the forms it has had, and what each changed
  .venv/bin/beckon segment sql espresso.json             a definition in SQL
  .venv/bin/beckon segment preview espresso.json         whom publishing it would bring in and take out; changes nothing
  .venv/bin/beckon segment draft espresso.json           keep it as a draft
  .venv/bin/beckon segment publish espresso.json         make it what holds
  .venv/bin/beckon segment drop espresso_lovers          drop the draft; what is published stays
  .venv/bin/beckon segment duplicate inactive quiet      a draft of a new segment like this one
  .venv/bin/beckon segment delete quiet                  take it out: its members leave

A FILE holds one segment. docs/segments.md lists all conditions:

  {"id": "espresso_lovers", "name": "Espresso lovers",
   "sentence": "Who buys espresso often.",
   "when": {"kind": "event", "event": "Order Completed", "at_least": 3,
            "within": "180d",
            "where": [{"property": "category", "value": "espresso"}]}}
"""
BARS = " ▁▂▃▄▅▆▇█"
COLOURS = {"+": "green", "-": "red"}
LEAST_BARS = 10  # fewer say nothing
LEFT_OF_BARS = 48  # the longest segment's name, two numbers, and the space between


def add_commands(segment: argparse.ArgumentParser) -> None:
    """What `beckon segment` can do."""
    command = partial(subcommand, segment.add_subparsers(required=True, metavar="what"))

    listed = command("list", list_segments, "all segments, with their sizes and suggestions")
    shown = command("show", show, "one segment: in plain words, as JSON, in SQL")
    shown.add_argument("segment", help="its id, such as inactive")
    explained = command("explain", explain, "why a contact is in a segment or not, and what would change that")
    explained.add_argument("contact", help="an email address, or a contact's id")
    explained.add_argument("segment", nargs="?", help="its id; all of them when left out")
    foretold = command("forecast", forecast, "who enters and leaves in the next 30 days, if nothing happens")
    foretold.add_argument("segment", nargs="?", help="its id; all of them when left out")
    known = command("vocabulary", vocabulary, "what a segment can ask for here: events, traits, values, with counts")
    known.add_argument("word", nargs="?", help="only what has this word in it, such as germany")
    earlier = command("versions", versions, "the forms a segment has had, and what each changed")
    earlier.add_argument("segment", help="its id, such as inactive")
    asked = command("sql", in_sql, "a definition in SQL, as the lake is asked")
    previewed = command("preview", preview, "whom publishing a segment would bring in and take out; changes nothing")
    published = command("publish", publish, "publish a segment; all contacts are re-evaluated within minutes")
    for each in (previewed, asked):
        each.add_argument("file", type=Path, metavar="FILE", help="a JSON file with one segment")
    published.add_argument("file", type=Path, metavar="FILE", help="a JSON file with one segment, or the id of a draft")
    for each in (previewed, published):
        each.add_argument(
            "--start-journeys", action="store_true", help="have journeys start for whom it brings in (left out: none)"
        )
    for each in (listed, shown, known, earlier, previewed, explained, foretold):
        add_json(each)
    drafted = command("draft", draft, "keep a file as a draft; nobody enters or leaves by it")
    drafted.add_argument("file", type=Path, metavar="FILE", help="a JSON file with one segment")
    dropped = command("drop", drop, "drop the draft of a segment; what is published stays")
    deleted = command("delete", delete, "take a segment out: its members leave")
    duplicated = command("duplicate", duplicate, "a draft of a new segment like this one")
    for each in (dropped, deleted, duplicated):
        each.add_argument("segment", help="its id, such as inactive")
    duplicated.add_argument("id", help="of the new one")


def list_segments(arguments: argparse.Namespace) -> None:
    told = whole(arguments.port, "/admin/segments", "segments", "drafts")
    if as_json(arguments, told):
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title, justify in (("segment", "left"), ("members", "right"), ("somebody who …", "left")):
        table.add_column(title, justify=justify, no_wrap=title == "segment")  # type: ignore[arg-type]
    for each in told["segments"]:
        counted = "…" if each["members"] is None else f"{each['members']:,}"
        table.add_row(f"[bold]{each['segment']}[/]", counted, escape(each["words"]))
    console.print(table)
    for draft in told["drafts"]:
        console.print(f"Only a draft so far: [bold]{draft['segment']}[/]. {escape(draft['sentence'] or '')}")
    for advice, found in _by_advice(call(arguments.port, "GET", "/admin/guidance")["findings"]).items():
        console.print(f"\n[bold]{escape(advice)}[/]", soft_wrap=True)
        for fact in found:
            console.print(f"  {escape(fact)}", soft_wrap=True)


def _by_advice(findings: Iterable[Json]) -> dict[str, list[str]]:
    """What was found, by what is to be done about it: the first sentence of a finding says what it is, the rest what to
    do."""
    found: dict[str, list[str]] = {}
    for each in findings:
        fact, advice = each["sentence"].split(". ", 1)
        found.setdefault(advice, []).append(f"{fact}.")
    return found


def show(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", f"/admin/segments/{quote(arguments.segment, safe='')}")
    if as_json(arguments, told):
        return
    form = told["definition"] or told["draft"]["definition"]
    if form is None:
        console.print(f"[bold]{escape(told['draft']['name'])}[/]: a draft that is no segment yet.")
        for wrong in told["draft"]["problems"]:
            console.print(f"  {escape('.'.join(map(str, wrong['at'])))}: {escape(wrong['text'])}")
        return
    console.print(f"[bold]{escape(form['name'])}[/]  [dim]{form['id']}, {form['group']}[/]")
    console.print(escape(form["sentence"]))
    console.print(f"Somebody who {escape(told.get('words') or told['draft']['words'])}.\n")
    if told["definition"] is None:
        console.print("Only a draft so far: nobody is in it.\n")
    else:
        console.print(f"{told['members']:,} members; publication {told['publication']}, {_filled(told['filling'])}.\n")
    console.print_json(json.dumps(form))
    if told["definition"] is not None:
        console.print(f"\n[dim]-- of all contacts at once, in Athena's SQL[/]\n{escape(told['sql'])}", soft_wrap=True)


def _filled(filling: Json) -> str:
    if filling["status"] == "filled":
        return "filled"
    return f"being filled ({filling['contacts']:,} contacts asked so far)"


# ── explaining ──


def explain(arguments: argparse.Namespace) -> None:
    search = {"email" if "@" in arguments.contact else "contact": arguments.contact}
    contact = call(arguments.port, "POST", "/admin/contacts/find", search)["contact"]
    told = call(arguments.port, "GET", f"/admin/contacts/{contact}")
    found = [each for each in told["memberships"] if arguments.segment in (None, each["segment"])]
    if not found:
        raise SystemExit(f"there is no segment {arguments.segment}; `beckon segment list` names them all")
    if as_json(arguments, {"contact": contact, "memberships": found}):
        return
    console.print(f"[bold]{escape(told['name'] or told['email'] or 'A contact')}[/]  [dim]{contact}[/]\n")
    if arguments.segment is None:
        _memberships(told["memberships"])
        return
    (membership,) = found
    console.print(_tree(membership))


def _memberships(memberships: list[Json]) -> None:
    """Where the contact is, was, or will be, as a table; the others in a line."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title in ("", "segment", "since", "until, if nothing happens"):
        table.add_column(title, no_wrap=True)
    others = []
    for each in memberships:
        member, since, until = each["member"], each["since"], each["until"]
        if not (member or since or until):
            others.append(each["segment"])
            continue
        ends = "" if until is None else _when(until) if member else f"enters on {_when(until)}"
        table.add_row(_mark(member), each["segment"], _when(since) if since else "", ends)
    console.print(table)
    if others:
        console.print(f"\n[dim]Never in, and not by time alone: {', '.join(others)}.[/]")
    console.print("Name a segment as well to see why.")


def _tree(membership: Json) -> Tree:
    name, until = escape(membership["name"]), membership["until"]
    stands = "is in" if membership["member"] else "is not in"
    if until:
        changes = f"{'leaves' if membership['member'] else 'enters'} on {_when(until)} if nothing happens"
    else:
        changes = "time alone does not change that"
    tree = Tree(f"{_mark(membership['member'])} {stands} [bold]{name}[/]; {changes}")
    _add(tree, membership["why"])
    return tree


def _add(tree: Tree, why: Json) -> None:
    evidence = why["evidence"] + ("" if why["evidence"].endswith((".", "!", "?")) else ".")
    lines = f"{_mark(why['holds'])} {escape(why['asks'])}\n  [dim]{escape(evidence)}[/] {escape(why['turns'])}"
    branch = tree.add(lines)
    for part in why["parts"]:
        _add(branch, part)


def _mark(holds: bool) -> str:
    return "[green]✓[/]" if holds else "[dim]✗[/]"


def _when(instant: int) -> str:
    return f"{datetime.fromtimestamp(instant // 1000, UTC):%Y-%m-%d %H:%M} UTC"


# ── forecasting ──


def forecast(arguments: argparse.Namespace) -> None:
    told = _whole_forecast(arguments.port)
    segments = {each["segment"]: each for each in told["segments"]}
    if arguments.segment is not None and arguments.segment not in segments:
        raise SystemExit(f"there is no segment {arguments.segment}; `beckon segment list` names them all")
    if as_json(arguments, told):
        return
    if arguments.segment is not None:
        _day_by_day(told["days"], segments[arguments.segment])
    else:
        _by_segment(told["segments"])
    console.print(
        f"\n[dim]If nothing happens, from {told['days'][0]} to {told['days'][-1]}: this foresees neither "
        f"what contacts do nor the emails that journeys send them. {told['contacts']:,} contacts have something to "
        "come.[/]",
        soft_wrap=True,
    )


def _whole_forecast(port: int) -> Json:
    """Of all pages, added up."""
    with errors.status("Contacts are played forward …") as status:
        whole = told = call(port, "GET", "/admin/forecast")
        while told["cursor"] is not None:
            status.update(f"{whole['contacts']:,} contacts played forward so far …")
            told = call(port, "GET", f"/admin/forecast?cursor={quote(told['cursor'])}")
            whole["contacts"] += told["contacts"]
            for one, more in zip(whole["segments"], told["segments"], strict=True):
                for way in ("entering", "leaving"):
                    one[way] = [a + b for a, b in zip(one[way], more[way], strict=True)]
    return whole


def _by_segment(segments: Iterable[Json]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("segment", no_wrap=True)
    days = max((console.width - LEFT_OF_BARS) // 2, 0)  # beside the numbers, which come first
    for title in ("enter", "leave"):
        table.add_column(title, justify="right", no_wrap=True)
        if days >= LEAST_BARS:
            table.add_column("day by day", no_wrap=True, overflow="crop", max_width=days)
    for each in segments:
        if any(each["entering"]) or any(each["leaving"]):
            cells = []
            for way in ("entering", "leaving"):
                cells += [f"{sum(each[way]):,}", *([_bars(each[way], days)] if days >= LEAST_BARS else [])]
            table.add_row(each["segment"], *cells)
    console.print(table if table.row_count else "Time alone changes nobody's membership in these days.")


def _bars(numbers: list[int], width: int) -> str:
    """A bar a day, or for as many days as it takes to fit the width."""
    of_one = -(-len(numbers) // width)
    numbers = [sum(numbers[at : at + of_one]) for at in range(0, len(numbers), of_one)]
    most = max(*numbers, 1)
    return "".join(BARS[-(-number * (len(BARS) - 1) // most)] for number in numbers)


def _day_by_day(days: Iterable[str], segment: Json) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim", title=escape(segment["name"]), title_justify="left")
    table.add_column("day")
    for title in ("enter", "leave"):
        table.add_column(title, justify="right")
        table.add_column("")
    most = max(*segment["entering"], *segment["leaving"], 1)
    for day, entering, leaving in zip(days, segment["entering"], segment["leaving"], strict=True):
        bars = [f"[{colour}]{'█' * -(-n * 24 // most)}[/]" for colour, n in (("green", entering), ("red", leaving))]
        table.add_row(day, f"{entering:,}", bars[0], f"{leaving:,}", bars[1])
    console.print(table)


# ── drafts and publications ──


def preview(arguments: argparse.Namespace) -> None:
    """What publishing would do, at this moment. Nothing is kept."""
    segment = _read(arguments.file)
    told = call(arguments.port, "POST", "/admin/segments/estimate", segment)
    if as_json(arguments, told):
        return
    console.print(f"[bold]{escape(segment.get('name', segment['id']))}[/]: somebody who {escape(told['words'])}.\n")
    for warning in told["warnings"]:
        console.print(f"[yellow]{escape(warning)}[/]", soft_wrap=True)
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    for number, what in (
        (_about(told["members"]), "are in it"),
        (_about(told["entering"]), "[green]enter[/]"),
        (_about(told["leaving"]), "[red]leave[/]"),
        *([(f"{told['mails_started']:,}", "emails started")] if arguments.start_journeys else []),
    ):
        table.add_row(number, what)
    console.print(table)
    for way, said in (("entering", "enter"), ("leaving", "leave")):
        if told["soon"][way]["number"]:
            console.print(f"By the end of tomorrow {_about(told['soon'][way])} {said} by time alone.")
    for other in told["overlaps"]:
        console.print(f"{other['share']:.0%} of them are also in [bold]{other['segment']}[/].")
    known = "all contacts" if told["exact"] else f"{told['looked_at']:,} of {_about(told['contacts'])} contacts"
    console.print(
        f"\n[dim]By {known}. Nothing was kept; [/][bold]beckon segment publish[/][dim] makes it what holds.[/]"
    )


def vocabulary(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", "/admin/vocabulary")
    if as_json(arguments, told):
        return
    word = (arguments.word or "").casefold()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for title, justify in (("", "left"), ("name", "left"), ("contacts", "right"), ("values", "left")):
        table.add_column(title, justify=justify, no_wrap=title == "name")  # type: ignore[arg-type]
    for kind in ("events", "traits", "properties"):
        for each in told[kind]:
            values = [
                f"{value['value']}{f' ({title})' if (title := value.get('title')) else ''}: {value['contacts']:,}"
                for value in each.get("values", ())
            ]
            own = word in f"{each['name']} {each['title']}".casefold()
            shown = values if own else [value for value in values if word in value.casefold()]
            if own or shown:
                number = each.get("contacts")
                table.add_row(
                    kind.removesuffix("s").replace("propertie", "property"),
                    f"[bold]{escape(each['name'])}[/]",
                    "" if number is None else f"{number:,}",
                    escape(", ".join(shown[:8]) + (", …" if len(shown) > 8 else "")),
                )
    console.print(table if table.row_count else f"Nothing here has “{escape(arguments.word)}” in it.")


def versions(arguments: argparse.Namespace) -> None:
    told = whole(arguments.port, f"{_path(arguments)}/versions", "versions")["versions"]
    if as_json(arguments, told):
        return
    for n, each in enumerate(told):
        console.print(f"[bold]Publication {each['publication']}[/]  [dim]{_when(each['published'])}[/]")
        older, newer = (
            json.dumps(form["definition"], indent=2, ensure_ascii=False).splitlines() if form else []
            for form in (told[n + 1] if n + 1 < len(told) else None, each)
        )
        for line in unified_diff(older, newer, lineterm="", n=1) if older else ():
            if not line.startswith(("---", "+++", "@@")):
                console.print(
                    f"  [{'green' if line[:1] == '+' else 'red' if line[:1] == '-' else 'dim'}]{escape(line)}[/]"
                )


def in_sql(arguments: argparse.Namespace) -> None:
    print(call(arguments.port, "POST", "/admin/segments/sql", _read(arguments.file))["sql"])


def _about(estimate: Json) -> str:
    off = f" ± {estimate['give_or_take']:,}" if estimate["give_or_take"] else ""
    return f"{estimate['number']:,}{off}"


def draft(arguments: argparse.Namespace) -> None:
    id_ = _drafted(arguments)["definition"]["id"]
    console.print(f"It is kept as a draft: [bold]beckon segment publish {id_}[/] makes it what holds.")


def drop(arguments: argparse.Namespace) -> None:
    path = _path(arguments)
    held = call(arguments.port, "GET", path)
    call(arguments.port, "DELETE", f"{path}/draft", **{"if-match": str(held["etag"])})
    console.print(f"The draft of {escape(arguments.segment)} is dropped.")


def delete(arguments: argparse.Namespace) -> None:
    path = _path(arguments)
    held = call(arguments.port, "GET", path)
    told = call(arguments.port, "DELETE", path, **{"if-match": str(held["etag"])})
    console.print(f"{escape(arguments.segment)} is gone with publication {told['publication']}; its members leave.")


def duplicate(arguments: argparse.Namespace) -> None:
    call(arguments.port, "POST", f"{_path(arguments)}/duplicate", {"id": arguments.id})
    console.print(f"[bold]{escape(arguments.id)}[/] is a draft.")


def _path(arguments: argparse.Namespace) -> str:
    return f"/admin/segments/{quote(arguments.segment, safe='')}"


def publish(arguments: argparse.Namespace) -> None:
    told = _draft_there_is(arguments) if re.fullmatch(r"[a-z0-9_]+", str(arguments.file)) else _drafted(arguments)
    id_ = told["definition"]["id"]
    body = {"start_journeys": arguments.start_journeys}
    path = f"/admin/segments/{id_}/publish"
    made = call(arguments.port, "POST", path, body, **{"if-match": told["etag"]})
    console.print(f"\nPublication {made['publication']}. ", end="")
    if made["status"] == "filled":
        console.print("It means what it meant before, so nobody enters or leaves.")
    else:
        console.print(f"All contacts are re-evaluated within minutes; see [bold]beckon segment show {id_}[/].")


def _draft_there_is(arguments: argparse.Namespace) -> Json:
    held = call(arguments.port, "GET", f"/admin/segments/{arguments.file}")
    if held["draft"] is None or held["draft"]["definition"] is None:
        raise SystemExit(f"There is no draft of {arguments.file} that can be published.")
    return {**held["draft"], "etag": held["etag"]}


def _drafted(arguments: argparse.Namespace) -> Json:
    """Keeps the segment of the file as a draft, and says how it reads. What is wrong in it is said with its place.
    Somebody else's draft is not replaced."""
    segment = _read(arguments.file)
    path = f"/admin/segments/{quote(segment['id'], safe='')}"
    try:
        held = call(arguments.port, "GET", path)
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        told = call(arguments.port, "POST", "/admin/segments", segment)
    else:
        if held["draft"] is not None:
            raise SystemExit(
                f"There is a draft of {segment['id']} already: publish it (beckon segment publish ID) or drop it first."
            )
        told = call(arguments.port, "PUT", f"{path}/draft", segment, **{"if-match": held["etag"]})
    console.print(f"[bold]{escape(segment['name'])}[/]: somebody who {escape(told['words'])}.\n")
    return told


def _read(file: Path) -> Json:
    try:
        segment = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SystemExit(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SystemExit(f"{file} is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise SystemExit(f"{file} is not valid JSON: line {error.lineno}, column {error.colno}: {error.msg}") from None
    if not isinstance(segment, dict) or not isinstance(segment.get("id"), str) or not segment["id"]:
        raise SystemExit(f'{file} has to hold one segment with an id, such as {{"id": "espresso_lovers", …}}')
    return segment
