"""Shapes of what is asked and told of forms."""

from __future__ import annotations

from typing_extensions import TypedDict

from shared.domain.forms import Form


class FormListed(TypedDict):
    id: str
    name: str
    style: str
    version: int
    published: bool
    changed: bool
    at: int
    by: str


class Forms(TypedDict):
    forms: list[FormListed]
    cursor: str | None


class FormTold(FormListed):
    form: Form
    wordings: dict[str, str]
    unfinished: str | None
    problems: list[str]
    url: str
    snippet: str | None
    etag: str


class FormVersion(TypedDict):
    version: int
    at: int
    by: str
    form: Form


class FormVersions(TypedDict):
    versions: list[FormVersion]
    cursor: str | None
