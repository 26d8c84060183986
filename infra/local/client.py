"""What `beckon` asks of a system over HTTP, and how it says what went wrong.

It is the one that runs on this machine, at a port, unless the environment names another one: `BECKON_URL`, the address
of its admin (a deployed stack's output `Admin`), and `BECKON_KEY`, a key of a script, which is never an argument, since
everybody on a machine can read those.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from rich.console import Console
from rich.markup import escape

console = Console(highlight=False)
errors = Console(highlight=False, stderr=True)


KEY = re.compile(r"beckon_[A-Za-z0-9_-]{1,200}")
OWN_HOSTS = ("localhost", "127.0.0.1", "::1")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A key is for the host that was named: urllib would send it on to wherever an answer points."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def call(port: int, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """The JSON of the answer. HTTPError, URLError: see `problem`."""
    url, key = address(port, path)
    request = urllib.request.Request(  # noqa: S310 - `address` has looked at its scheme
        url,
        data=json.dumps(body).encode() if body is not None else None,
        headers={"content-type": "application/json", **key, **headers},
        method=method,
    )
    with _opener.open(request) as answer:
        return json.loads(answer.read())


def address(port: int, path: str) -> tuple[str, dict[str, str]]:
    """Where a path is asked for, and the header with the key. Ends the program in words where the environment names no
    system that can be asked."""
    admin, key = os.environ.get("BECKON_URL", "").strip(), os.environ.get("BECKON_KEY", "").strip()
    if not admin and not (key and path.startswith("/admin/")):
        return f"http://localhost:{port}{path}", {}
    if not path.startswith("/admin/"):
        raise SystemExit("This is for the run on this machine (make run) only: unset BECKON_URL, and try again.")
    admin = (admin or f"http://localhost:{port}/admin").rstrip("/").removesuffix("/api")
    host = urlsplit(admin)
    if host.scheme not in ("http", "https") or not host.hostname:
        raise SystemExit("BECKON_URL must be the address of the admin, such as https://…/admin/ (the output Admin).")
    if host.scheme == "http" and host.hostname not in OWN_HOSTS:
        raise SystemExit("BECKON_URL must begin with https://: a key must not travel where others can read it.")
    if not key:
        raise SystemExit("BECKON_URL needs a key beside it: set BECKON_KEY (beckon key create makes one).")
    if not KEY.fullmatch(key):
        raise SystemExit("BECKON_KEY is no key: it begins with beckon_, and was shown once when it was made.")
    return f"{admin}/api{path.removeprefix('/admin')}", {"authorization": f"Bearer {key}"}


def whole(port: int, path: str, *names: str) -> Any:
    """A list with all its pages: the first answer, with what the others have under these names."""
    told = call(port, "GET", path)
    while told["cursor"] is not None:
        following = call(port, "GET", f"{path}{'&' if '?' in path else '?'}cursor={quote(told['cursor'])}")
        for name in names:
            told[name] += following[name]
        told["cursor"] = following["cursor"]
    return told


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


def keep(port: int, path: str, body: dict[str, Any]) -> Any:
    """Makes a thing of this body, of its `id`, among those of a path, or puts it in the place of the one that is there;
    gives the answer."""
    its_own = f"{path}/{quote(body['id'], safe='')}"
    try:
        held = call(port, "GET", its_own)
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        return call(port, "POST", path, body)
    return call(port, "PUT", its_own, body, **{"if-match": held["etag"]})


def json_of(file: Path) -> Any:
    """What is in a JSON file; ends the program in words where that cannot be read."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SystemExit(f"{file} cannot be read: {error}") from None


def text_of(file: Path) -> str:
    """What is in a text file; ends the program in words where that cannot be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SystemExit(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SystemExit(f"{file} is no text in UTF-8: save it as UTF-8, and try again") from None
