"""`beckon template`: what operators do with the emails' templates in the running system."""

from __future__ import annotations

import argparse
import re
import urllib.error
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.markup import escape
from rich.table import Table

from infra.local.client import add_json, as_json, call, console, whole
from infra.local.commands import subcommand

Json = Any

DESCRIPTION = """The emails' templates in the running system (`make run`).

  .venv/bin/beckon template list                               all of them: what is sent, by which journeys
  .venv/bin/beckon template show welcome > welcome.yaml        its text, to be changed
  .venv/bin/beckon template check welcome.yaml                 what is wrong with a file, and advice; nothing is kept
  .venv/bin/beckon template preview welcome.yaml --html x.html the email as an example, a contact or a stranger gets it
  .venv/bin/beckon template branches welcome.yaml              in which ways it comes out, with a contact for each
  .venv/bin/beckon template test welcome.yaml --to me@shop.example.com
  .venv/bin/beckon template draft welcome.yaml                 keep the file as a draft
  .venv/bin/beckon template publish welcome --why "our tone"   send the draft from now on
  .venv/bin/beckon template take-back welcome                  send again what is shipped
  .venv/bin/beckon template duplicate welcome hello            a draft of a new one like this

docs/templates.md says what a file can have in it.
"""


def add_commands(template: argparse.ArgumentParser) -> None:
    """What `beckon template` can do."""
    command = partial(subcommand, template.add_subparsers(required=True, metavar="what"))

    all_ = command("list", show_list, "all templates: what is sent, by which journeys")
    shown = command("show", show, "the text of a template, as YAML")
    shown.add_argument("template", metavar="TEMPLATE", help="its id, such as welcome")
    checked = command("check", check, "say what is wrong with a file, and give advice; nothing is kept")
    _file(checked)
    previewed = command("preview", preview, "the email as an example, a contact or a stranger gets it")
    _file(previewed)
    _as(previewed)
    previewed.add_argument("--html", type=Path, metavar="FILE", help="write the HTML there, to look at in a browser")
    ways = command("branches", branches, "in which ways it comes out, with a contact for each")
    _file(ways)
    tried = command("test", test, "send it to yourself")
    _file(tried)
    _as(tried)
    tried.add_argument("--to", required=True, metavar="ADDRESS", help="where it goes")
    drafted = command("draft", draft, "keep a file as a draft; nothing is sent by it")
    _file(drafted)
    published = command("publish", publish, "make the draft what is sent from now on, also to people under way")
    published.add_argument("template", metavar="TEMPLATE")
    published.add_argument("--why", default="published", metavar="TEXT", help="for those who look at its versions")
    back = command("take-back", take_back, "send what is shipped again, instead of the shop's own")
    back.add_argument("template", metavar="TEMPLATE")
    listed = command("versions", versions, "who published which version when, newest first")
    listed.add_argument("template", metavar="TEMPLATE")
    duplicated = command("duplicate", duplicate, "a draft of a new template like this one")
    duplicated.add_argument("template", metavar="TEMPLATE")
    duplicated.add_argument("id", help="of the new one")
    for each in (all_, checked, previewed, ways, listed):
        add_json(each)


def _file(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=Path, metavar="FILE", help="a YAML file, as `beckon template show` writes it")


def _as(command: argparse.ArgumentParser) -> None:
    command.add_argument("--contact", metavar="CONTACT", help="as this contact would get it: an id or an address")
    command.add_argument("--nothing", action="store_true", help="as somebody of whom nothing is known")
    command.add_argument("--language", metavar="LANGUAGE", help="in this language, such as de")


def show_list(arguments: argparse.Namespace) -> None:
    told = whole(arguments.port, "/admin/templates", "templates")
    if as_json(arguments, told):
        return
    table = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("template", "class", "version", "subject", "sent by"):
        table.add_column(name)
    for each in told["templates"]:
        version = {None: "draft only", 0: "as shipped"}.get(each["version"], f"{each['version']}")
        version += ", draft" if each["has_draft"] and each["version"] is not None else ""
        cells = [each["class"], version, each["subject"], ", ".join(each["journeys"])]
        table.add_row(f"[bold]{each['id']}[/]", *map(escape, cells))
    console.print(table)


def show(arguments: argparse.Namespace) -> None:
    print(call(arguments.port, "GET", _path(arguments.template))["text"], end="")


def check(arguments: argparse.Namespace) -> None:
    text, id_ = _read(arguments.file)
    told = call(arguments.port, "POST", f"{_path(id_)}/check", {"yaml": text})
    if as_json(arguments, told):
        raise SystemExit(1 if told["problems"] else 0)
    _tell(told, arguments.file)
    if told["problems"]:
        raise SystemExit(1)
    console.print(f"Nothing keeps it from being published; it was tried for {told['looked_at']:,} contacts.")


def preview(arguments: argparse.Namespace) -> None:
    text, id_ = _read(arguments.file)
    told = call(arguments.port, "POST", f"{_path(id_)}/preview", {"yaml": text, **_whom(arguments)})
    if as_json(arguments, told):
        return
    console.print(f"[bold]{escape(told['subject'])}[/]  [dim]{escape(told['preview'])}[/]", soft_wrap=True)
    if arguments.html is not None:
        arguments.html.write_text(told["html"], encoding="utf-8")
        console.print(f"{arguments.html}: {told['size'] / 1000:.0f} KB, in {told['language']}.")
    else:
        console.print(f"\n{escape(told['text'])}", soft_wrap=True)


def branches(arguments: argparse.Namespace) -> None:
    text, id_ = _read(arguments.file)
    told = call(arguments.port, "POST", f"{_path(id_)}/branches", {"yaml": text})
    if as_json(arguments, told):
        return
    for each in told["branches"]:
        without = f", without {', '.join(each['not_shown'])}" if each["not_shown"] else ""
        shown = ", ".join(each["shown"]) or "nothing that has a condition"
        console.print(f"{each['contacts']:>4}  {escape(shown + without)}  [dim]{each['contact']}[/]", soft_wrap=True)
    for place in told["nobody"]:
        console.print(f"[yellow]Nobody[/] of the {told['looked_at']:,} would see {escape(place)}.")


def test(arguments: argparse.Namespace) -> None:
    text, id_ = _read(arguments.file)
    body = {"yaml": text, "to": arguments.to, **_whom(arguments)}
    told = call(arguments.port, "POST", f"{_path(id_)}/test", body)
    console.print(f"{escape(told['subject'])} is sent to {escape(arguments.to)}.", soft_wrap=True)


def draft(arguments: argparse.Namespace) -> None:
    text, id_ = _read(arguments.file)
    try:
        held = call(arguments.port, "GET", _path(id_))
    except urllib.error.HTTPError as error:
        if error.code != 404:
            raise
        told = call(arguments.port, "POST", "/admin/templates", {"yaml": text})
    else:
        told = call(arguments.port, "PUT", f"{_path(id_)}/draft", {"yaml": text}, **{"if-match": held["etag"]})
    _tell(told, arguments.file)
    console.print(f"It is kept as a draft. [bold]beckon template publish {escape(id_)}[/] sends it from then on.")


def publish(arguments: argparse.Namespace) -> None:
    held = call(arguments.port, "GET", _path(arguments.template))
    path, body = f"{_path(arguments.template)}/publish", {"why": arguments.why}
    told = call(arguments.port, "POST", path, body, **{"if-match": held["etag"]})
    console.print(f"Version {told['version']} of {told['template']} is sent from now on, within a minute.")
    _tell({"problems": [], **told}, Path(arguments.template))


def take_back(arguments: argparse.Namespace) -> None:
    held = call(arguments.port, "GET", _path(arguments.template))
    call(arguments.port, "DELETE", _path(arguments.template), **{"if-match": held["etag"]})
    console.print(f"{escape(arguments.template)} is taken back, within a minute.")


def duplicate(arguments: argparse.Namespace) -> None:
    told = call(arguments.port, "POST", f"{_path(arguments.template)}/duplicate", {"id": arguments.id})
    console.print(f"[bold]{told['template']}[/] is a draft.")


def versions(arguments: argparse.Namespace) -> None:
    told = whole(arguments.port, f"{_path(arguments.template)}/versions", "versions")
    if as_json(arguments, told):
        return
    found = told["versions"]
    for each in found:
        console.print(f"[bold]{each['version']}[/]  {escape(each['why'])}  [dim]{escape(each['by'])}[/]")
    if not found:
        console.print("The shop has published none: what is shipped is sent.")


def _tell(told: Json, file: Path) -> None:
    for each in told["problems"]:
        place = ", ".join(filter(None, (each["step"], f"line {each['line']}" if each["line"] else "")))
        console.print(f"[red]{escape(str(file))}[/] {escape(place)}: {escape(each['text'])}", soft_wrap=True)
    for advice in told["advice"]:
        console.print(f"[yellow]Advice[/] {escape(advice)}", soft_wrap=True)


def _whom(arguments: argparse.Namespace) -> dict[str, Json]:
    whom: dict[str, Json] = {"as": "nothing"} if arguments.nothing else {}
    if arguments.contact is not None:
        contact = arguments.contact
        if "@" in contact:
            contact = call(arguments.port, "POST", "/admin/contacts/find", {"email": contact})["contact"]
        whom = {"contact": contact}
    return whom | ({"language": arguments.language} if arguments.language else {})


def _read(file: Path) -> tuple[str, str]:
    """The text of a file, and the id of the template in it."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SystemExit(f"{file} cannot be read: {error}") from None
    match = re.search(r"^id:\s*[\"']?([a-z0-9_]+)", text, re.MULTILINE)
    return text, match[1] if match else "unnamed"


def _path(template: str) -> str:
    return f"/admin/templates/{quote(template, safe='')}"
