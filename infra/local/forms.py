"""`beckon form`: the shop's sign-up forms in the running system, as files."""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml
from rich.markup import escape

from infra.local.client import add_json, as_json, call, console, text_of, whole
from infra.local.commands import subcommand

Json = Any

DESCRIPTION = """Sign-up forms and surveys (`make run`).

  .venv/bin/beckon form list                       all forms, and which are on the web
  .venv/bin/beckon form show ID > form.yaml        one, to be changed and set again
  .venv/bin/beckon form set form.yaml              write it: a new one, or the change of the one of its id
  .venv/bin/beckon form publish ID                 put it on the web, and say what to paste into the shop's pages
  .venv/bin/beckon form unpublish ID               take it off the web
  .venv/bin/beckon form duplicate ID NEW           a new form like this one, not on the web

With --json, list, show and publish print what the API answers.

docs/forms.md says what a form can be.
"""
ETAG = "etag"
"""Stands in the file beside the form: what it was made of, so that nobody's change is undone unseen."""


def add_commands(form: argparse.ArgumentParser) -> None:
    """What `beckon form` can do."""
    command = partial(subcommand, form.add_subparsers(required=True, metavar="what"))

    listed = command("list", list_forms, "all forms, and which are on the web")
    shown = command("show", show, "one form as YAML")
    written = command("set", write, "write a form from a file")
    written.add_argument("file", type=Path, metavar="FILE", help="YAML or JSON, as `beckon form show` writes it")
    published = command("publish", publish, "put it on the web as it is written")
    taken_off = command("unpublish", unpublish, "take it off the web")
    duplicated = command("duplicate", duplicate, "a new form like this one, not on the web")
    for each in (shown, published, taken_off, duplicated):
        each.add_argument("id", metavar="ID")
    duplicated.add_argument("new", metavar="NEW", help="the id of the new one")
    for each in (listed, shown, published):
        add_json(each)


def list_forms(arguments: argparse.Namespace) -> None:
    told = whole(arguments.port, "/admin/forms", "forms")
    if as_json(arguments, told):
        return
    held = told["forms"]
    for each in held:
        state = f"version {each['version']}" if each["published"] else "not on the web"
        more = ", changed since" if each["published"] and each["changed"] else ""
        console.print(f"[bold]{escape(each['id']):<20}[/] {each['style']:<7} {state}{more}  {escape(each['name'])}")
    if not held:
        console.print("There is none yet: write one as docs/forms.md says, and `beckon form set FILE`.")


def show(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "GET", _path(arguments.id))
    if as_json(arguments, told):
        return
    print(yaml.safe_dump({ETAG: told[ETAG], **told["form"]}, sort_keys=False, allow_unicode=True), end="")


def write(arguments: argparse.Namespace) -> None:
    written = _read(arguments.file)
    etag = written.pop(ETAG, None)
    known = {each["id"] for each in whole(arguments.port, "/admin/forms", "forms")["forms"]}
    id_ = written.get("id")
    if isinstance(id_, str) and id_ in known:
        etag = etag or call(arguments.port, "GET", _path(id_))[ETAG]
        told = call(arguments.port, "PUT", _path(id_), written, **{"if-match": str(etag)})
    else:
        told = call(arguments.port, "POST", "/admin/forms", written)
    console.print(f"{escape(told['id'])} is written. `beckon form publish {escape(told['id'])}` puts it on the web.")
    for problem in told["problems"]:
        console.print(f"[yellow]Before that:[/] {escape(problem)}", soft_wrap=True)


def publish(arguments: argparse.Namespace) -> None:
    told = _change(arguments, "publish")
    if as_json(arguments, told):
        return
    console.print(f"Version {told['version']} is on the web within a minute: {told['url']}", soft_wrap=True)
    if told["snippet"]:
        console.print("Paste this into the shop's pages:\n")
        print(told["snippet"])


def unpublish(arguments: argparse.Namespace) -> None:
    _change(arguments, "unpublish")
    console.print("It is off the web within a minute; sign-ups that wait can still be confirmed.")


def duplicate(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "POST", f"{_path(arguments.id)}/duplicate", {"id": arguments.new})
    console.print(f"[bold]{told['id']}[/] is written and not on the web: {escape(told['name'])}.")


def _change(arguments: argparse.Namespace, what: str) -> Json:
    held = call(arguments.port, "GET", _path(arguments.id))
    return call(arguments.port, "POST", f"{_path(arguments.id)}/{what}", {}, **{"if-match": held[ETAG]})


def _path(id_: str) -> str:
    return f"/admin/forms/{quote(id_, safe='')}"


def _read(file: Path) -> dict[str, Json]:
    try:
        written = yaml.safe_load(text_of(file))
    except yaml.YAMLError as error:
        raise SystemExit(f"{file} is neither YAML nor JSON: {error}") from None
    if not isinstance(written, dict):
        raise SystemExit(f"{file} must be a form: id, name, title, topics, …")
    made: dict[str, Json] = json.loads(json.dumps(written, default=str))  # dates as texts
    return made
