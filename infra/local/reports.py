"""`beckon report`: what the nights have made of the running system's lake, as tables, as CSV or as JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from rich.markup import escape
from rich.table import Table

from infra.local.client import add_json, as_json, call, console

Json = Any
Row = dict[str, Json]


class Report(NamedTuple):
    """The rows of a report as the API tells it, and which of their fields are shown, in order, with their titles."""

    rows: Callable[[Json], Iterator[Row]]
    columns: dict[str, str]


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


REPORTS = {
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
    ),
}

DESCRIPTION = """What the nights have added up of the running system's lake (`make run`).

  .venv/bin/beckon report kpis          what came of emails, by what sent them and to whom
  .venv/bin/beckon report flows         who went from which segment to which in the last 30 days
  .venv/bin/beckon report kpis --csv    the same for a spreadsheet; --json: for scripts
  .venv/bin/beckon report forms         how people came in by forms
  .venv/bin/beckon report feedback      what they answered

docs/reports.md says what each figure is.
"""


def add_arguments(report: argparse.ArgumentParser) -> None:
    """What `beckon report` takes."""
    report.add_argument("report", choices=sorted(REPORTS), help="which")
    add_json(report)
    report.add_argument("--csv", action="store_true", help="print a table for a spreadsheet")


def show(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", f"/admin/reports/{arguments.report}")
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
    table = Table(*report.columns.values(), box=None, pad_edge=False, header_style="dim")
    for row in rows:
        table.add_row(*(escape(_said(each)) for each in row))
    console.print(table if rows else "Nothing.")


def _said(value: Json) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}" if isinstance(value, int) else "" if value is None else str(value)
