"""`beckon import`: brings a list of subscribers over, after it has said what that would do."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.markup import escape

from infra.local.client import add_json, as_json, call, console, errors
from shared.domain import imports as lists
from shared.domain.refusals import RefusedError

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
    add_json(brought)


def run(arguments: argparse.Namespace) -> int:
    raw = _bytes(arguments.file)
    text, how = _text(raw)
    made, kind = _import(arguments, raw, text)
    parts = list(lists.parts(text))
    if not parts:
        raise SystemExit(
            f"{arguments.file} has no rows: the first line must have the columns' names, the others people"
        )
    if not arguments.json:
        console.print(f"{escape(arguments.file.name)}: {_KINDS[kind]}{how}")
        for header, field in made["columns"].items():
            console.print(f"  {escape(header)} → [bold]{escape(field)}[/]")
    repeated = _repeated(made, parts)
    told = [_send(arguments, "/admin/imports/check", made, *each) for each in zip(parts, repeated, strict=True)]
    if not as_json(arguments, _sums(told)):
        _tell(told)
    if arguments.check:
        return 0
    if not arguments.yes and not _agrees(arguments.json):
        errors.print("Nothing was changed. --yes brings them over without asking; --check only says what it would do.")
        return 1
    for each in zip(parts, repeated, strict=True):
        _send(arguments, "/admin/imports", made, *each)
    if not arguments.json:
        console.print("They are on their way. The file itself was not kept; sending it again changes nothing.")
    return 0


def _agrees(json_: bool) -> bool:
    """What somebody types, who may be a script."""
    try:
        return not json_ and input("Bring them over? Type yes: ").strip().casefold() == "yes"
    except EOFError:
        return False


def _send(arguments: argparse.Namespace, path: str, made: Json, part: tuple[int, str], repeated: list[int]) -> Json:
    first, text = part
    body = {"import": made, "csv": text, "first_line": first, "repeated": repeated}
    return call(arguments.port, "POST", path, body)


def _repeated(made: Json, parts: list[tuple[int, str]]) -> list[list[int]]:
    """Which rows' addresses stood in an earlier part. What is wrong with the import or a part, the API says."""
    try:
        return lists.repeated(lists.Import.model_validate_json(json.dumps(made)), parts)
    except (ValidationError, RefusedError):
        return [[] for _ in parts]


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SystemExit(f"{file} cannot be read: {error.strerror}") from None


def _text(raw: bytes) -> tuple[str, str]:
    """The text of a file, and how it was read where that is not as UTF-8: Excel writes its lists otherwise."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace"), ", read as UTF-16"
    try:
        return raw.decode("utf-8-sig"), ""
    except UnicodeDecodeError:
        return raw.decode(
            "cp1252", "replace"
        ), ", read as Windows-1252, since it is not UTF-8: look at a name with an umlaut"


def _import(arguments: argparse.Namespace, raw: bytes, text: str) -> tuple[Json, str]:
    """What is said of the file, and whose export it is."""
    found = lists.recognised(lists.headers_of(text))
    columns = dict(found.columns)
    for each in arguments.column:
        header, equals, field = each.rpartition("=")
        if not equals:
            raise SystemExit(f'--column says HEADER=FIELD, such as "Mail=email", and not {each!r}')
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
    return {name: value for name, value in made.items() if value is not None}, found.kind


_KINDS = {
    "mailchimp": "an export of Mailchimp's",
    "klaviyo": "an export of Klaviyo's",
    "shopify": "customers of Shopify's",
    "other": "a list",
}


def _sums(several: list[Json]) -> dict[str, Json]:
    """What all parts would do, as the API says it of one; of each list of lines the first."""
    counted = (*COUNTS, "people", "invalid_rows", "duplicate_rows")
    named = ("invalid", "duplicates", "role_addresses", "without_date")
    return {name: sum(told[name] for told in several) for name in counted} | {
        name: [line for told in several for line in told[name]][: lists.MAX_TOLD] for name in named
    }


def _tell(several: list[Json]) -> None:
    total = _sums(several)
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
