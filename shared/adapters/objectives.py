"""The shop's objectives, in the Definitions table: one document `objectives`, with what somebody is writing; and each
form of an objective that was saved as `objective#<id>`, which is stored with it and stays."""

from __future__ import annotations

from collections.abc import Iterator

from shared.adapters.definitions_table import UNFINISHED_KEPT, Newest, Version, compressed, put_new, versions
from shared.domain.reports.objectives import Kept, SavedObjectives

ID = "objectives"

_saved = Newest(ID, SavedObjectives.model_validate_json, SavedObjectives)


def saved() -> SavedObjectives:
    """The newest version, read now."""
    return _saved.read(0)


def save(made: SavedObjectives, changed: Kept | None = None) -> None:
    """Saves a version: the one after that which it was made of, with the objective that is saved by it.
    PublishedMeanwhileError: there is one already. TooLargeError."""
    new = [Version(ID, made.number, compressed("objectives", made.model_dump_json().encode()), UNFINISHED_KEPT)]
    if changed is not None:
        body = compressed("objective", changed.model_dump_json().encode())
        new.append(Version(_id_of(changed.objective.id), changed.number, body))
    put_new(*new)


def versions_of(id_: str, before: int | None = None) -> Iterator[Kept]:
    """The forms it has had, newest first (before a number)."""
    for _, body in versions(_id_of(id_), before):
        yield Kept.model_validate_json(body)


def _id_of(objective: str) -> str:
    return f"objective#{objective}"
