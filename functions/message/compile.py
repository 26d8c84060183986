"""Compiles the shipped mails: `make templates` writes shared/definitions/templates/compiled, which is what is sent, and
what they are about, for those who name them (`shared/definitions/subjects.json`).

A mail is written in two files, `name.mjml` (its sections) and `name.txt` (subject, preview and text part); around all
of them stand `layout.mjml` and `layout.txt`. MJML is not needed to send, so mrml is no part of what is deployed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import mrml

from shared.adapters.composing import COMPILED
from shared.adapters.templates import problems, source

TEMPLATES = Path(__file__).parent / "templates"
SUBJECTS = Path(__file__).parents[2] / "shared" / "definitions" / "subjects.json"
PLACE = "<!-- the mail -->"


def compiled() -> Iterator[tuple[Path, str]]:
    """Every file to be, with its content. ValueError names a mail that is not to be sent, and what is wrong with it."""
    for written in sorted(TEMPLATES.glob("*.mjml")):
        name = written.stem
        if name == "layout":
            continue
        made = mrml.to_html(
            _around("layout.mjml", written.read_text(encoding="utf-8")),
            render_options=mrml.RenderOptions(disable_comments=True, fonts={}),
        )
        html, text = f"{made.content}\n", _around_text(written.with_suffix(".txt").read_text(encoding="utf-8"))
        wrong = [str(warning.kind) for warning in made.warnings] or problems(source(text, html))
        if wrong:
            raise ValueError(f"{name}: {', '.join(wrong)}")
        yield COMPILED / f"{name}.html", html
        yield COMPILED / f"{name}.txt", text


def subjects() -> str:
    """The subject of each mail by its name, as Liquid, in JSON."""
    written = {file.stem: file.read_text(encoding="utf-8") for file in sorted(TEMPLATES.glob("*.txt"))}
    found = {name: source(text, "").subject for name, text in written.items() if name != "layout"}
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _around(layout: str, inner: str) -> str:
    return (TEMPLATES / layout).read_text(encoding="utf-8").replace(PLACE, inner)


def _around_text(text: str) -> str:
    head, _, body = text.partition("\n\n")
    return f"{head}\n\n{_around('layout.txt', body.strip())}"


if __name__ == "__main__":
    for path, content in compiled():
        path.write_text(content, encoding="utf-8")
    SUBJECTS.write_text(subjects(), encoding="utf-8")
