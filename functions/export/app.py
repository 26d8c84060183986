"""Export: writes what contacts are known by as Parquet, for the queries of one pass of the refresh.

A page of contacts a call; the workflow calls again with the place of the next one. A page that is written again takes
the place of what was written before. At night the Members table is compared with the profiles as well, since they are
read here anyway (`comparing`). A contact who cannot be read is left out, logged and counted, and holds up nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pydantic import BaseModel, Field

from functions.export import comparing
from shared.adapters import contacts, experiments, lake
from shared.adapters.clock import now
from shared.adapters.contacts import Place
from shared.adapters.histories import with_history
from shared.domain import facts
from shared.domain.events import Instant
from shared.domain.profiles import Profile
from shared.domain.publications import compiled
from shared.domain.segments import Definitions

MAX_CONTACTS = 10_000
"""Of one call: about half a minute."""
AT_A_TIME = 1_000
"""Contacts that are read, and whose members are compared, at a time."""
MAX_CORRECTED = 5_000
"""Members of one call, which ends early then, well within its time: a table that was lost takes many calls."""

logger = Logger()
metrics = Metrics()


class Page(BaseModel):
    """A page of the pass `name`, which is about the instant `at` and a publication (and what is tried)."""

    do: str
    name: str
    at: Instant
    definitions: int
    segment: str | None
    draft: int | None
    experiment: str | None = None
    winner: str | None = None
    place: Place
    contacts: int
    """So many were written before."""
    corrected: dict[str, int] = Field(default_factory=dict)
    """And so many members of which segments were wrong."""


@dataclass
class Reached:
    """How far a call has come."""

    place: Place | None
    contacts: int
    corrected: Counter[str] = field(default_factory=Counter)


@metrics.log_metrics
def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Writes one page; gives the next one's `place` (None: that was the last), how many contacts were written, and
    how many members of which segments were wrong, as far as a try came to its end."""
    page = Page.model_validate(event)
    tried = experiments.Tried(page.segment, page.draft, page.experiment, page.winner)
    shop_definitions = compiled(experiments.with_tried(page.definitions, tried, page.at))
    reached = Reached(page.place, page.contacts)
    rows = _rows(page, shop_definitions, reached)
    lake.write_facts(rows, page.name, f"{page.place.shard}-{page.place.after}", _refused)
    if reached.corrected:
        metrics.add_metric("MembersCorrected", MetricUnit.Count, reached.corrected.total())
    corrected = reached.corrected + Counter(page.corrected)
    return {"place": reached.place, "contacts": reached.contacts, "corrected": dict(corrected)}


def _rows(page: Page, shop_definitions: Definitions, reached: Reached) -> Iterator[facts.Row]:
    asked, last = facts.asked(shop_definitions), page.contacts + MAX_CONTACTS
    while reached.place is not None and reached.contacts < last and reached.corrected.total() < MAX_CORRECTED:
        found, following = contacts.page(reached.place, min(AT_A_TIME, last - reached.contacts))
        memberships: comparing.Memberships = {}
        for stored in contacts.read_all(found, _unreadable):
            memberships[stored.profile.contact] = stored.profile.memberships
            try:
                yield from rows_of(stored.profile, asked, page.at)
            except Exception as error:
                _unreadable(stored.profile.contact, error)
        if page.do == "nightly":
            between = contacts.stretches(reached.place, following)
            reached.corrected += comparing.compare(list(shop_definitions.segments), between, memberships, now())
        reached.place, reached.contacts = following, reached.contacts + len(found)


def rows_of(profile: Profile, asked: facts.Asked, t: Instant) -> list[facts.Row]:
    """The contact's facts; where the profile has not all that they are made of, of all their events."""
    return with_history(profile, asked.properties, lambda held: list(facts.rows(held, asked, t)))


def _unreadable(contact: str, error: Exception) -> None:
    logger.error("contact left out", contact=contact, reason=type(error).__name__)
    metrics.add_metric("ContactsLeftOut", MetricUnit.Count, 1)


def _refused(contact: str, at: int) -> None:
    logger.error("a fact left out", contact=contact, reason="DuckDB cannot read its row")
    metrics.add_metric("ContactsLeftOut", MetricUnit.Count, 1)
