"""The shop's forms, in the Definitions table: one document `forms`, whose versions are all kept."""

from __future__ import annotations

from shared.adapters.definitions_table import CACHE_TTL, Newest, Version, compressed, put_new
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


def save(made: SavedForms) -> SavedForms:
    """Saves a version: the one after that which it was made of. PublishedMeanwhileError: there is one already."""
    put_new(Version(ID, made.number, compressed("forms", made.model_dump_json().encode())))
    return _saved.read(0)


def forget() -> None:
    """Forgets what was read, so that it is read again."""
    _saved.forget()
