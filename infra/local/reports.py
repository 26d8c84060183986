"""`beckon report`: what the nights have made of the running system's lake, as tables, as CSV or as JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from rich.markup import escape
from rich.table import Table

from infra.local.client import add_json, as_json, call, console

Json = Any
Row = dict[str, Json]


class Report(NamedTuple):
    """The rows of a report as the API tells it, and which of their fields are told, in order, with their titles.
    `first`: those that a terminal has room for (none: all); CSV has all."""

    rows: Callable[[Json], Iterator[Row]]
    columns: dict[str, str]
    first: tuple[str, ...] = ()
    path: str = ""
    """Where the API has it, if it is no report by its name."""
    words: Callable[[Json], list[str]] = lambda told: []
    """What it says in a sentence or two, above the table."""


def _groups(told: Json) -> Iterator[Row]:
    for period in told["periods"]:
        for group in period["groups"]:
            rates = {f"{name}_share": each["share"] for name, each in group["rates"].items()}
            words = {f"{name}_words": each["words"] for name, each in group["rates"].items()}
            yield {**group, **rates, **words, "days": period["days"]}


def _moves(told: Json) -> Iterator[Row]:
    names = {None: "none", **{each["segment"]: each["name"] for each in told["segments"]}}
    for path in told["paths"]:
        ends = {way: names.get(path[way], path[way]) for way in ("left", "entered")}
        yield {**path, **ends, "days": f"{told['from']} to {told['to']}"}


def _days(told: Json) -> Iterator[Row]:
    yield from told["days"]


def _forms(told: Json) -> Iterator[Row]:
    for form in told["forms"]:
        sent = form["sent_page"] + form["sent_site"] + form["sent_email"]
        yield {**form, "opened": form["seen_page"] + form["seen_email"], "sent": sent}


def _feedback(told: Json) -> Iterator[Row]:
    for asked in told["asked"]:
        for each in asked["answers"]:
            yield {**each, "of": asked["name"], "question": "one click"}
    for survey in told["surveys"]:
        for question in survey["questions"]:
            for each in question["answers"]:
                yield {**each, "of": survey["name"], "question": question["question"]}


def _cells(told: Json) -> Iterator[Row]:
    for row in told["rows"]:
        month = row["month"] or "before"
        yield {**row, "month": month, "after": "all", "ordered": None, "revenue_each": None}
        for cell in row["cells"]:
            ordered = {"ordered": cell["people"], "revenue_each": cell["revenue_each"]}
            not_yet = {"ordered": "not yet", "orders": None, "revenue": None, "revenue_each": None}
            yield {**cell, "month": month, "people": row["people"], **(ordered if cell["is_over"] else not_yet)}


def _steps(told: Json) -> Iterator[Row]:
    for window in told["windows"]:
        yield {**window, "month": "all"}
        for month in window["months"]:
            counted = {name: each if month["ready"] else "not yet" for name, each in month.items()}
            yield {**counted, "days": window["days"], **{name: month[name] for name in ("month", "people", "ready")}}


def _credits(told: Json) -> Iterator[Row]:
    """A row for each channel, and one for what came by none: then each model adds up to the revenue."""
    for window in told["windows"]:
        for period in window["periods"]:
            of = {"within": window["days"], "days": period["days"]}
            for channel in period["channels"]:
                by = {model: credit["revenue"] for model, credit in channel["models"].items()}
                yield {**of, **channel, **by}
            none = period["none"]
            by = dict.fromkeys(("first", "last", "linear", "position", "decay", "data"), none["revenue"])
            yield {**of, "channel": "none", "name": "None", "orders": none["orders"], "effect": None, **by}


def _audited(told: Json) -> Iterator[Row]:
    for kind, name in (("field", "field"), ("event", "event"), ("source", "source")):
        for each in told[f"{kind}s"]:
            counted = {column: each.get(column) for column in ("share", "invalid", "inconsistent", "stale", "uses")}
            number = each["have"] if kind == "field" else each["events"]
            yield {"kind": kind, "name": each[name], "number": number, **counted, "to_fix": " ".join(each["to_fix"])}


def _sides(told: Json) -> Iterator[Row]:
    """Who got email, who was held out, and the difference of what they spend, as of the look that says it."""
    if told["holdout"] is None:
        return
    for called in ("sent", "held_out"):
        side = told[called]
        people, bounds = side["people"], {"low": None, "high": None}
        each = [side[name] / people if people else None for name in ("ordered", "revenue")]
        yield {"of": called.replace("_", " "), **side, "ordered_share": each[0], "each": each[1], **bounds}
    interval = told["spending"]["interval"]
    if interval is not None:
        nothing = dict.fromkeys(("people", "ordered", "ordered_share", "revenue", "each"))
        yield {"of": f"difference, look {told['spending']['look']}", **nothing, "low": interval[0], "high": interval[1]}


REPORTS = {
    "holdout": Report(
        _sides,
        {
            "of": "of",
            "people": "people",
            "ordered": "ordered",
            "ordered_share": "rate",
            "revenue": "revenue",
            "each": "a person",
            "low": "at least",
            "high": "at most",
        },
        words=lambda told: [told["words"], *([told["spending"]["words"]] if told["spending"] else [])],
    ),
    "audit": Report(
        _audited,
        {
            "kind": "of",
            "name": "name",
            "number": "contacts or events",
            "share": "share",
            "invalid": "invalid",
            "inconsistent": "inconsistent",
            "stale": "stale",
            "uses": "used by",
            "to_fix": "what to fix",
        },
        path="data/audit",
    ),
    "cohorts": Report(
        _cells,
        {
            "month": "month",
            "people": "people",
            "after": "months after",
            "ordered": "ordered",
            "orders": "orders",
            "revenue": "revenue",
            "revenue_each": "spent by each so far",
        },
    ),
    "funnel": Report(
        _steps,
        {
            "days": "within days",
            "month": "month",
            "people": "signed up",
            "ready": "have had them",
            "confirmed": "said yes",
            "clicked": "clicked",
            "ordered": "ordered",
            "again": "ordered again",
        },
    ),
    "attribution": Report(
        _credits,
        {
            "within": "days before",
            "days": "days",
            "channel": "channel",
            "name": "name",
            "orders": "orders after it",
            "first": "first",
            "last": "last",
            "linear": "linear",
            "position": "40/20/40",
            "decay": "time-decay",
            "data": "data-driven",
            "effect": "lost without it",
        },
    ),
    "daily": Report(
        _days, {"day": "day", "sends": "sends", "clicks": "clicks by people", "orders": "orders", "revenue": "revenue"}
    ),
    "flows": Report(_moves, {"days": "days", "left": "from", "entered": "to", "moves": "moves"}),
    "feedback": Report(
        _feedback, {"of": "asked by", "question": "question", "answer": "answer", "people": "people", "share": "share"}
    ),
    "forms": Report(
        _forms,
        {
            "form": "form",
            "name": "name",
            "opened": "opened",
            "begun_site": "begun",
            "sent": "sent in",
            "people": "signed up",
            "fresh": "new",
            "ordered": "first order",
        },
    ),
    "kpis": Report(
        _groups,
        {
            "days": "days",
            "called": "of",
            "name": "name",
            "people": "people",
            "sent": "sent",
            "delivered": "delivered",
            "bounced": "came back",
            "waiting": "waiting",
            "opened": "opened",
            "opened_raw": "opened by anything",
            "clicked": "clicked",
            "converted": "ordered after it",
            "unsubscribed": "unsubscribed",
            "complained": "spam",
            "orders": "orders",
            "revenue": "revenue",
            "revenue_per_email": "revenue an email",
            "roi": "return",
            "value": "expected in 12 months",
            "clicked_share": "click rate",
            "clicked_words": "beside the average",
            "converted_share": "conversion",
            "converted_words": "beside the average",
            "unsubscribed_share": "unsubscribe rate",
            "complained_share": "spam rate",
            "bounced_share": "bounce rate",
        },
        first=("days", "called", "delivered", "clicked_share", "converted_share", "revenue"),
    ),
}

DESCRIPTION = """What the nights have added up of the running system's lake (`make run`).

  .venv/bin/beckon report kpis          what came of emails, by what sent them and to whom
  .venv/bin/beckon report daily         sends, clicks, orders and revenue of the last 30 days, day by day
  .venv/bin/beckon report flows         who went from which segment to which in the last 30 days
  .venv/bin/beckon report cohorts       customers by the month of their first order (--by sign_up), and what came later
  .venv/bin/beckon report funnel        from sign-up to the second order
  .venv/bin/beckon report attribution   by which emails orders came, by six models
  .venv/bin/beckon report kpis --csv    the same for a spreadsheet; --json: for scripts
  .venv/bin/beckon report forms         how people came in by forms
  .venv/bin/beckon report feedback      what they answered
  .venv/bin/beckon report holdout       what emails bring, beside who is held out of them: orders and revenue
  .venv/bin/beckon report audit         how complete, right and used your data are

docs/reports.md says what each figure is.
"""


ASKED = {
    "by": "of cohorts: first_order or sign_up",
    "segment": "of cohorts: only whoever is in it",
    "from": "of daily and flows: the first day, as 2026-11-01",
    "to": "of daily and flows: the last day",
}
"""What the API may be asked, and of which report."""


def add_arguments(report: argparse.ArgumentParser) -> None:
    """What `beckon report` takes."""
    report.add_argument("report", choices=sorted(REPORTS), metavar="report", help=", ".join(sorted(REPORTS)))
    for name, help_ in ASKED.items():
        report.add_argument(f"--{name}", help=help_)
    add_json(report)
    report.add_argument("--csv", action="store_true", help="print a table for a spreadsheet")


def show(arguments: argparse.Namespace) -> None:
    asked = urlencode({name: each for name in ASKED if (each := getattr(arguments, name)) is not None})
    path = REPORTS[arguments.report].path or f"reports/{arguments.report}"
    told = call(arguments.port, "GET", f"/admin/{path}{asked and f'?{asked}'}")
    while "query" in told:  # it takes long
        told = call(
            arguments.port, "GET", f"/admin/{path}?{urlencode({'query': told['query']})}{asked and f'&{asked}'}"
        )
    if as_json(arguments, told):
        return
    report = REPORTS[arguments.report]
    rows = (
        [[row[field] for field in report.columns] for row in report.rows(told)]
        if told.get("as_of", 0) is not None
        else []
    )
    if arguments.csv:
        from shared.domain.tables import as_csv  # the system is imported by what needs it only

        sys.stdout.write(as_csv([list(report.columns.values()), *rows]))
        return
    if told.get("as_of", 0) is None:  # what is counted as it happens is of now
        console.print("Nothing has been added up yet: it is done once a night. [bold]beckon clock +1d[/] skips one.")
        return
    for words in report.words(told):
        console.print(escape(words), soft_wrap=True)
    if report.words(told) and not rows:
        return
    shown = [n for n, field in enumerate(report.columns) if not report.first or field in report.first]
    fields = list(report.columns)
    table = Table(*(report.columns[fields[n]] for n in shown), box=None, pad_edge=False, header_style="dim")
    for row in rows:
        table.add_row(*(escape(_said(fields[n], row[n])) for n in shown))
    console.print(table if rows else "Nothing.")


def _said(field: str, value: Json) -> str:
    if isinstance(value, int | float) and field.endswith("share"):
        return f"{value:.2%}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else "" if value is None else str(value)
