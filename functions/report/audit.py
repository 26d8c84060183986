"""The data audit: the report `audit`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice

from aws_lambda_powertools import Logger

from functions.report.seam import Rows
from shared.adapters import contacts, definitions, journey_definitions, template_definitions
from shared.adapters.queries import Question, question
from shared.adapters.reports import Seen
from shared.domain import estimates
from shared.domain.estimates import Drawn
from shared.domain.events import DAY, Event, Instant, Json
from shared.domain.lake_rows import month_of
from shared.domain.profiles import Profile
from shared.domain.reports import audit
from shared.domain.reports.audit import Use

DRAWN = 400
"""Contacts of each shard: 4,000 in all, up to which what is said is exact. An id is a hash, so they are as good as
drawn by lot (`estimates`)."""
OF_LATE = 7 * DAY
WHOSE, EACH = 100, 20
"""Contacts whose newest events are read for how late they were heard of, and how many of each."""

logger = Logger()


def asks(seen: Seen) -> Mapping[str, Question]:
    since = seen.at - audit.DAYS * DAY
    return {"sources": question("audit_sources", month_of(since), str(since), str(seen.at))}


def made(at: Instant, rows: Mapping[str, Rows]) -> dict[str, Json]:
    drawn, ids = list[Drawn](), list[str]()
    for shard in range(contacts.SHARDS):
        found = contacts.first_of_shard(shard, "", DRAWN)
        drawn.append(Drawn(len(found), found[-1] if found else "", len(found) < DRAWN))
        ids += found
    profiles = [stored.profile for stored in contacts.read_all(ids, _left_out)]
    late = audit.lags(_newest(profiles, at))
    whole = all(each.whole for each in drawn)
    everybody = estimates.contacts(drawn)
    return audit.report(at, profiles, everybody, whole, audit.uses(_defined()), rows["sources"], late)


def _left_out(contact: str, error: Exception) -> None:
    logger.error("contact left out", contact=contact, reason=type(error).__name__)


def _newest(profiles: list[Profile], at: Instant) -> Iterator[Event]:
    """What the last week told of some who have had an event in it."""
    active = (each for each in profiles if any(history.newest for history in each.histories.values()))
    for profile in islice(active, WHOSE):
        yield from contacts.told(profile.contact, at - OF_LATE, at, EACH)


def _defined() -> Iterator[tuple[Use, Json]]:
    """All that may ask for a field or an event: what is published, and emails as they are. A form asks contacts for a
    field, and for nothing that they have."""
    published = definitions.publication()
    for segment in published.segments:
        yield Use("segment", segment.name), segment.model_dump(mode="json")
    for model in definitions.segments().models.values():
        yield Use("lead score", model.name), model.model_dump(mode="json")
    for standing in journey_definitions.publication().journeys.values():
        yield Use("journey", standing.journey.name), standing.journey.model_dump(mode="json")
    for id_ in template_definitions.numbers():
        template = template_definitions.template(id_).template
        yield Use("email", template.name), template.model_dump(mode="json")
