"""`beckon settings`: the shop's settings in the running system, as a file."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.markup import escape

from infra.local.client import add_json, as_json, call, console, whole
from infra.local.commands import subcommand

Json = Any

DESCRIPTION = """The shop's settings (`make run`): brand, senders, topics, caps, quiet hours, tracking.

  .venv/bin/beckon settings show > shop.json             the newest version, to be changed and set again
  .venv/bin/beckon settings set shop.json                make the file the next version, and say what is different
  .venv/bin/beckon settings versions                     who changed them when

docs/admin.md says what can be set.
"""
NUMBER = "number"
"""Stands in the file beside the settings: the version that it was made of, so that nobody's change is undone unseen."""


def add_commands(settings: argparse.ArgumentParser) -> None:
    """What `beckon settings` can do."""
    command = partial(subcommand, settings.add_subparsers(required=True, metavar="what"))

    command("show", show, "the newest version as JSON, what nobody has set included")
    changed = command("set", change, "make a file the next version")
    changed.add_argument("file", type=Path, metavar="FILE", help="a JSON file, as `beckon settings show` writes it")
    add_json(command("versions", versions, "who changed them when, newest first"))


def show(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", "/admin/settings")
    print(json.dumps({NUMBER: told[NUMBER], **told["settings"]}, indent=2, ensure_ascii=False))


def change(arguments: argparse.Namespace) -> None:
    written = _read(arguments.file)
    held = call(arguments.port, "GET", "/admin/settings")
    number = written.pop(NUMBER, held[NUMBER])
    saved = call(arguments.port, "PUT", "/admin/settings", written, **{"if-match": f'"settings-{number}"'})
    different = [*_different(held["settings"], saved["settings"])]
    for line in different:
        console.print(escape(line), soft_wrap=True)
    if different:
        console.print(f"Version {saved[NUMBER]} is saved; it holds within a minute.")
    else:
        console.print(f"Nothing is different from version {saved[NUMBER]}.")


def _read(file: Path) -> dict[str, Json]:
    try:
        written = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SystemExit(f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise SystemExit(f"{file} is not JSON: {error}") from None
    if not isinstance(written, dict):
        raise SystemExit(f"{file} must be an object: {{ … }}")
    return written


def _different(before: Json, after: Json, place: str = "") -> Iterator[str]:
    """A line for each value that is another now: `brand.accent: "#2f5d50" → "#aa0000"`."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in {**before, **after}:
            yield from _different(before.get(name), after.get(name), f"{place}.{name}" if place else name)
    elif before != after:
        yield f"{place}: {json.dumps(before, ensure_ascii=False)} → {json.dumps(after, ensure_ascii=False)}"


def versions(arguments: argparse.Namespace) -> None:
    told = whole(arguments.port, "/admin/settings/versions?limit=100", "versions")
    if as_json(arguments, told):
        return
    for each in told["versions"]:
        at = datetime.fromtimestamp(each["at"] / 1000, UTC).strftime("%Y-%m-%d %H:%M")
        console.print(f"[bold]{each[NUMBER]:>4}[/]  {at}  {escape(each['by'])}")
