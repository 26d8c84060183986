"""The shop's templates: those that it has published, every version of each, drafts of them, and the shipped ones.

In the Definitions table each publication is an item `templates` (which templates there are and in which version,
version = its number), each version an item `template#<id>` with what was compiled of it, stored with the publication
that brings it; drafts are one numbered document (`template_drafts`). No version is ever overwritten. Of what a shop has
not published, there is what is shipped, as version 0. A Lambda takes the newest publication for `CACHE_TTL` as it has
read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources

from shared.adapters.definitions_table import CACHE_TTL, Newest, compressed, put_new, versions
from shared.adapters.definitions_table import Version as Stored
from shared.adapters.drafts import Drafts
from shared.domain.events import MailClass
from shared.domain.templates.definition import Template
from shared.domain.templates.stored import Publication, Version

TEMPLATES = "templates"

_publications = Newest(TEMPLATES, Publication.model_validate_json, Publication)


# ── what is published ──


def publication() -> Publication:
    """The newest publication, read now."""
    return _publications.read(0)


def newest() -> Publication:
    """The newest publication, as it was read at most `CACHE_TTL` ago."""
    return _publications.read(CACHE_TTL)


class NoTemplateError(LookupError):
    """There is no such template (any more), or no such version of it: a fault of the shop's setting, which whoever
    publishes it mends. No message is at fault, and none is lost by it."""


def numbers() -> Mapping[str, int]:
    """All templates that there are, shipped or published, with their newest version."""
    return {**dict.fromkeys(shipped_ids(), 0), **newest().templates}


def template(id_: str, pin: int | None = None) -> Version:
    """The version of that number (0: as it is shipped), or the newest there is. NoTemplateError."""
    number = pin if pin is not None else newest().templates.get(id_, 0)
    return version(id_, number) if number else shipped(id_)


def class_of(id_: str, pin: int | None, asked: MailClass | None) -> MailClass:
    """What kind an email of a template is: as is asked for, else as the template says. Nothing is sent without consent
    that its template does not say of itself, whatever was asked: it may have been published anew since. LookupError:
    there is no template."""
    of_template = template(id_, pin).template.class_
    return of_template if asked is None or asked == "transactional" else asked


@lru_cache(maxsize=200)
def version(id_: str, number: int) -> Version:
    """A version of a template, which never changes. NoTemplateError."""
    found, body = next(versions(_id_of(id_), number + 1), (0, b""))
    if found != number:
        raise NoTemplateError(f"there is no version {number} of the template {id_}")
    return Version.model_validate_json(body)


def versions_of(id_: str, before: int | None = None) -> Iterator[Version]:
    """The versions of a template, newest first (before a number), read one by one as far as they are asked for."""
    for _, body in versions(_id_of(id_), before):
        yield Version.model_validate_json(body)


def publish(made: Publication, new: Version | None = None) -> None:
    """Stores a publication, if its number is the next, with the version that it brings. PublishedMeanwhileError,
    TooLargeError."""
    stored = [Stored(TEMPLATES, made.number, compressed("templates", made.model_dump_json().encode()))]
    if new is not None:
        body = new.model_dump_json(by_alias=True, exclude_none=True).encode()
        stored.append(Stored(_id_of(new.template.id), new.number, compressed("parts of a version", body)))
    put_new(*stored)
    _publications.forget()


# ── drafts ──


drafts: Drafts[Template] = Drafts("template_drafts", Template)
"""Of templates, by their ids. `text`: as it was written, where it was YAML, with its comments."""


def forget() -> None:
    """Forgets what was read, so that it is read again."""
    _publications.forget()
    version.cache_clear()


def _id_of(template: str) -> str:
    return f"template#{template}"


# ── what is shipped ──

_WRITTEN = resources.files("shared").joinpath("definitions", "templates")
_COMPILED = _WRITTEN.joinpath("compiled")


@cache
def shipped_ids() -> tuple[str, ...]:
    return tuple(sorted(file.name.removesuffix(".json") for file in _COMPILED.iterdir()))


@cache
def shipped(id_: str) -> Version:
    """A shipped email. NoTemplateError: there is none of this name."""
    if id_ not in shipped_ids():
        raise NoTemplateError(f"there is no template {id_}")
    return Version.model_validate_json(_COMPILED.joinpath(f"{id_}.json").read_text(encoding="utf-8"))


@cache
def shipped_text(id_: str) -> str:
    """A shipped email as it is written, in YAML."""
    return _WRITTEN.joinpath(f"{id_}.yaml").read_text(encoding="utf-8")
