"""The shop's forms, in the Definitions table: one document `forms`, whose versions are all kept; and each version of a
form that was published as `form#<id>`, which is stored with it."""

from __future__ import annotations

from collections.abc import Iterator

from shared.adapters.definitions_table import (
    CACHE_TTL,
    UNFINISHED_KEPT,
    Newest,
    Version,
    compressed,
    put_new,
    versions,
)
from shared.domain.forms import Form, Kept, SavedForms

ID = "forms"

_saved = Newest(ID, SavedForms.model_validate_json, SavedForms)


def saved() -> SavedForms:
    """The newest version, read now."""
    return _saved.read(0)


def published(id_: str) -> Kept | None:
    """The form of this id, where it is on the web, as it stood at most a minute ago."""
    kept = _saved.read(CACHE_TTL).forms.get(id_)
    return kept if kept is not None and kept.published is not None else None


def shown(id_: str) -> Form | None:
    """As it was published."""
    kept = published(id_)
    return None if kept is None else kept.published


def save(made: SavedForms, published: Kept | None = None) -> SavedForms:
    """Saves a version: the one after that which it was made of; and the form that is `published` by it.
    PublishedMeanwhileError: there is one already."""
    new = [Version(ID, made.number, compressed("forms", made.model_dump_json().encode()), UNFINISHED_KEPT)]
    if published is not None:
        new.append(
            Version(
                _id_of(published.form.id), published.version, compressed("form", published.model_dump_json().encode())
            )
        )
    put_new(*new)
    return _saved.read(0)


def versions_of(id_: str, before: int | None = None) -> Iterator[Kept]:
    """The form as it stood when each of its versions was published, newest first (before a number)."""
    for _, body in versions(_id_of(id_), before):
        yield Kept.model_validate_json(body)


def _id_of(form: str) -> str:
    return f"form#{form}"


def forget() -> None:
    """Forgets what was read, so that it is read again."""
    _saved.forget()
