"""What `beckon` asks of the running system, over HTTP, and how it says what went wrong."""

from __future__ import annotations

import argparse
import json
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

console = Console(highlight=False)
errors = Console(highlight=False, stderr=True)


def call(port: int, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """The JSON of the answer. HTTPError, URLError: see `problem`."""
    request = urllib.request.Request(
        f"http://localhost:{port}{path}",
        data=json.dumps(body).encode() if body is not None else None,
        headers={"content-type": "application/json", **headers},
        method=method,
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        return json.loads(answer.read())


def problem(error: urllib.error.HTTPError) -> str:
    """What an answer says is wrong, and where: the field, and what to fix."""
    text = error.read().decode()
    try:
        told = json.loads(text)
        detail = told["detail"]
    except (ValueError, KeyError, TypeError):
        return f"[red]{error.code}[/] {escape(text[:500])}"
    field = f"[bold]{escape(told['field'])}[/]: " if "field" in told else ""
    return f"[red]{error.code}[/] {field}{escape(detail)}" + _all(told.get("problems", ()))


def _all(problems: Sequence[Any]) -> str:
    """Each in a line; one that has its place in the field alone is said already."""
    return "" if len(problems) == 1 and "at" in problems[0] else "".join(map(_listed, problems))


def _listed(problem: Any) -> str:
    at = ".".join(map(str, problem.get("at", ())))
    where = (f"line {problem['line']}" if problem.get("line") else "", problem.get("step"), at)
    return escape(f"\n  {''.join(f'{each}: ' for each in where if each)}{problem['text']}")


def add_json(command: argparse.ArgumentParser) -> None:
    """Lets a command that shows something print it as JSON instead."""
    command.add_argument("--json", action="store_true", help="print what the API answers, for scripts")


def as_json(arguments: argparse.Namespace, told: Any) -> bool:
    """Prints it, where that was asked for; whether it was."""
    if arguments.json:
        print(json.dumps(told, indent=2, ensure_ascii=False))
    return bool(arguments.json)


def text_of(file: Path) -> str:
    """What is in a text file; ends the program in words where that cannot be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SystemExit(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SystemExit(f"{file} is no text in UTF-8: save it as UTF-8, and try again") from None
