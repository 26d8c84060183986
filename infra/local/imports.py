"""`beckon import`: brings a list of subscribers over, after it has said what that would do."""

from __future__ import annotations

import argparse
import csv
import hashlib
import io
from collections import Counter
from pathlib import Path
from typing import Any

from rich.markup import escape

from infra.local.client import call, console
from shared.domain import imports as lists

Json = Any

DESCRIPTION = """Brings a list of subscribers over: first says what that would do, then asks.

  .venv/bin/beckon import subscribers.csv --source "the form on our site, kept in Mailchimp" --attest
  .venv/bin/beckon import list.csv --column "Mail=email" --column "Joined=consent_date" --source "…" --everybody agreed

Who unsubscribed here before stays so; who has not agreed is kept and gets no email. docs/forms.md says more.
"""
COUNTS = {
    "rows": "rows",
    "agreed": "agreed, and will get email",
    "without_consent": "have not agreed: kept, and get no email",
    "unsubscribed": "unsubscribed by this file",
    "unsubscribed_before": "unsubscribed before: stay so",
    "suppressed": "with an address that bounced or complained: get no email",
    "new": "new here",
}


def add_arguments(brought: argparse.ArgumentParser) -> None:
    brought.add_argument("file", type=Path, metavar="FILE", help="a CSV file; Mailchimp's and Klaviyo's are recognised")
    brought.add_argument("--source", required=True, help="where these people have agreed, in a few words")
    brought.add_argument("--date", help="since when, where no column says it, such as 2024-05-01")
    brought.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="HEADER=FIELD",
        help=f"what a column is: {', '.join(lists.FIELDS)}, or trait:NAME (FIELD empty: leave it out)",
    )
    brought.add_argument("--topic", action="append", metavar="TOPIC", help="what they agreed to (default: marketing)")
    brought.add_argument(
        "--everybody", choices=["agreed", "not_agreed"], help="for a file in which no column says who has agreed"
    )
    brought.add_argument("--leave-out-roles", action="store_true", help="leave out addresses such as info@ and sales@")
    brought.add_argument(
        "--attest", action="store_true", help="everybody on it has given their address to this shop themselves"
    )
    brought.add_argument("--check", action="store_true", help="only say what it would do")
    brought.add_argument("--yes", action="store_true", help="do it without asking")


def run(arguments: argparse.Namespace) -> int:
    raw = _bytes(arguments.file)
    text = raw.decode("utf-8", "replace")
    made = _import(arguments, raw, text)
    for header, field in made["columns"].items():
        console.print(f"  {escape(header)} → [bold]{escape(field)}[/]")
    parts = list(lists.parts(text))
    told = [_send(arguments, "/admin/imports/check", made, part) for part in parts]
    _tell(told)
    if arguments.check:
        return 0
    if not arguments.yes and input("Bring them over? Type yes: ").strip().casefold() != "yes":
        console.print("Nothing was changed.")
        return 1
    for part in parts:
        _send(arguments, "/admin/imports", made, part)
    console.print("They are on their way. The file itself was not kept; sending it again changes nothing.")
    return 0


def _send(arguments: argparse.Namespace, path: str, made: Json, part: tuple[int, str]) -> Json:
    first, text = part
    return call(arguments.port, "POST", path, {"import": made, "csv": text, "first_line": first})


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SystemExit(f"{file} cannot be read: {error.strerror}") from None


def _import(arguments: argparse.Namespace, raw: bytes, text: str) -> Json:
    head = text.removeprefix("\ufeff").partition("\n")[0]
    headers = next(csv.reader(io.StringIO(head), delimiter=max(",;\t", key=head.count)), [])
    found = lists.recognised(headers)
    console.print(f"{escape(arguments.file.name)}: {_KINDS[found.kind]}")
    columns = dict(found.columns)
    for each in arguments.column:
        header, _, field = each.rpartition("=")
        columns = {name: held for name, held in columns.items() if held != field}
        columns[header] = field
    everybody = arguments.everybody
    if everybody is None and found.kind == "mailchimp" and not {"consent", "unsubscribed_date"} & {*columns.values()}:
        # Mailchimp exports who is subscribed, and who has only bought something, as files that look the same.
        everybody = "not_agreed" if arguments.file.name.startswith("nonsubscribed") else "agreed"
    made: dict[str, Json] = {
        "file": hashlib.sha256(raw).hexdigest(),
        "name": arguments.file.name[:200],
        "columns": {header: field for header, field in columns.items() if field},
        "topics": arguments.topic or ["marketing"],
        "consent_source": arguments.source,
        "consent_date": arguments.date,
        "everybody": everybody,
        "role_addresses": "leave_out" if arguments.leave_out_roles else "keep",
        "attested": arguments.attest,
    }
    return {name: value for name, value in made.items() if value is not None}


_KINDS = {"mailchimp": "an export of Mailchimp's", "klaviyo": "an export of Klaviyo's", "other": "a list"}


def _tell(several: list[Json]) -> None:
    total: Counter[str] = Counter()
    for told in several:
        total.update({name: told[name] for name in (*COUNTS, "invalid_rows", "duplicate_rows")})
    for name, words in COUNTS.items():
        console.print(f"[bold]{total[name]:>8}[/] {words}")
    for words, name, count in (
        ("not read", "invalid", total["invalid_rows"]),
        ("twice on the list", "duplicates", total["duplicate_rows"]),
        ("addresses of a role, not a person", "role_addresses", None),
        ("without the date of their consent", "without_date", None),
    ):
        named = [line for told in several for line in told[name]]
        if named:
            several_lines = ", ".join(map(_line, named[:10]))
            more = (count or len(named)) - min(len(named), 10)
            rest = f", and {more} more" if more else ""
            console.print(f"[bold]{count or len(named):>8}[/] {words}: lines {several_lines}{rest}", soft_wrap=True)


def _line(line: Json) -> str:
    return f"{line['line']} ({line['why']})" if isinstance(line, dict) else str(line)
