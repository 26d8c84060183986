"""Steps of a pass that makes the lake again: `infra/statemachines/refresh.asl.json` says in which order they come.

It collects the rows of all contacts, page by page, and then puts them in the place of what was there, partition by
partition (`lake_rebuild`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from aws_lambda_powertools import Logger
from pydantic import BaseModel, Field, TypeAdapter

from functions.amend.rows import rows_of_profile
from shared.adapters import contacts, lake_rebuild
from shared.adapters.contacts import MAX_READS, Place, shard_of
from shared.domain.events import Instant
from shared.domain.lake_rows import Row

MAX_CONTACTS = 10_000
MAX_ROWS = 50_000
"""Of one step; it ends with the first of either."""
A_PARTITION = 120_000
"""Milliseconds within which the largest is put in its place: with less time left, no other is begun."""

logger = Logger()


class Collect(BaseModel):
    """A page of the pass `name`, and how many contacts came before."""

    task: Literal["collect"]
    name: str
    place: Place
    contacts: int


class PutInPlace(BaseModel):
    """The partitions that come after one."""

    task: Literal["put_in_place"]
    name: str
    after: str


TASK: TypeAdapter[Collect | PutInPlace] = TypeAdapter(Annotated[Collect | PutInPlace, Field(discriminator="task")])


def step(event: dict[str, Any], t: Instant, left: Callable[[], int]) -> dict[str, Any]:
    """Does a step; gives where the next one begins: a page's `place`, or the partition it comes `after` (None: that was
    the last)."""
    match TASK.validate_python(event):
        case Collect() as page:
            return collect(page, t)
        case PutInPlace(name=name, after=after):
            return {"after": put_in_place(name, after, t, left)}


def collect(page: Collect, t: Instant) -> dict[str, Any]:
    if page.place == Place():
        lake_rebuild.begin(page.name, t)
    found, following = contacts.page(page.place, MAX_CONTACTS)
    rows: list[Row] = []
    looked_at = 0
    while looked_at < len(found) and len(rows) < MAX_ROWS:
        some = found[looked_at : looked_at + MAX_READS]
        for stored in contacts.read_all(some, not_read):
            rows += rows_of_profile(stored.profile)
        looked_at += len(some)
    if looked_at < len(found):
        last = found[looked_at - 1]
        following = Place(shard_of(last), last)
    lake_rebuild.collect(rows, page.name, f"{page.place.shard}-{page.place.after}", t, refused)
    return {"place": following, "contacts": page.contacts + looked_at}


def put_in_place(name: str, after: str, t: Instant, left: Callable[[], int]) -> str | None:
    for number, place in enumerate(lake_rebuild.places(name, t, after)):
        if number and left() < A_PARTITION:  # a step that does nothing would be followed by others for ever
            return after
        lake_rebuild.put_in_place(name, place, t)
        after = place
    lake_rebuild.end(name, t)
    return None


def not_read(contact: str, error: Exception) -> None:
    logger.error("contact not in the lake", contact=contact, reason=type(error).__name__)


def refused(contact: str, at: int) -> None:
    logger.error("event not in the lake", contact=contact, reason="DuckDB cannot read its row")
