"""Export: writes what contacts are known by as Parquet, for the queries of one pass of the refresh.

A page of contacts a call; the workflow calls again with the place of the next one. A page that is written again takes
the place of what was written before.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from shared.adapters import contacts, definitions, lake
from shared.adapters.contacts import Place
from shared.domain import facts
from shared.domain.evaluation import HistoryNeededError
from shared.domain.events import Instant
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import rebuild
from shared.domain.publications import compiled

MOST_CONTACTS = 10_000
"""Of one call: about half a minute."""


class Page(BaseModel):
    """A page of the pass `name`, which is about the instant `at` and a publication (and a draft of a segment)."""

    name: str
    at: Instant
    definitions: int
    segment: str | None
    draft: int | None
    place: Place
    contacts: int
    """So many were written before."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Writes one page; gives the next one's `place` (None: that was the last), and how many contacts were written."""
    page = Page.model_validate(event)
    asked = facts.asked(compiled(definitions.tried(page.definitions, page.segment, page.draft, page.at)))
    found, following = contacts.page(page.place, MOST_CONTACTS)
    rows = (row for stored in contacts.read_all(found) for row in rows_of(stored.profile, asked, page.at))
    lake.write_facts(rows, page.name, f"{page.place.shard}-{page.place.after}")
    return {"place": following, "contacts": page.contacts + len(found)}


def rows_of(profile: Profile, asked: facts.Asked, t: Instant) -> list[facts.Row]:
    """The contact's facts; where the profile has not all that they are made of, of all their events."""
    try:
        return list(facts.rows(profile, asked, t))
    except HistoryNeededError:
        return list(facts.rows(rebuild(profile, contacts.events(profile.contact)), asked, t))
