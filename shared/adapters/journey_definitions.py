"""The shop's journeys: as they were published, every version of each, and drafts of them.

In the Definitions table each publication is an item `journeys`, version = its number; each version of a journey's
definition an item `journey#<id>`, which is stored with the publication that brings it and is what runs that began with
it go on by; and the drafts are one numbered document (`journey_drafts`). No version is ever overwritten. A shop that
has published nothing has no journeys, and emails nobody. A Lambda takes the newest publication for `CACHE_TTL` as it
has read it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache

from shared.adapters import definitions_table
from shared.adapters.clients import client
from shared.adapters.definitions_table import CACHE_TTL, Newest, compressed, put_new, versions
from shared.adapters.drafts import Drafts
from shared.domain.events import Json
from shared.domain.journeys.definition import Journey, Published
from shared.domain.journeys.publications import Publication, Version

JOURNEYS = "journeys"

_publications = Newest(JOURNEYS, Publication.model_validate_json, Publication)


# ── what is published ──


def journeys(at_least: int = 0) -> Mapping[str, Published]:
    """All journeys that were switched on, as they stood at most `CACHE_TTL` ago, or by the publication of this number
    or a later one. LookupError: there is none. What has not changed since the last call is the same object."""
    found = newest()
    if found.number < at_least:
        found = publication()
    if found.number < at_least:
        raise LookupError(f"publication {at_least} of the journeys was asked for, and {found.number} is the newest")
    return found.journeys


def newest() -> Publication:
    """The newest publication, as it was read at most `CACHE_TTL` ago."""
    return _publications.read(CACHE_TTL)


def publication() -> Publication:
    """The newest publication, read now."""
    return _publications.read(0)


def publish(made: Publication, version: Version | None = None) -> None:
    """Stores a publication, if its number is the next, with the version that it brings. PublishedMeanwhileError,
    TooLargeError."""
    new = [definitions_table.Version(JOURNEYS, made.number, _publication_body(made))]
    if version is not None:
        new.append(definitions_table.Version(_id_of(version.journey.id), version.version, _version_body(version)))
    put_new(*new)
    _publications.read(0)


def check_size(made: Publication) -> None:
    """TooLargeError where the publication could not be stored."""
    _publication_body(made)


def publications() -> Iterator[Publication]:
    """All publications, newest first; read one by one as far as they are asked for."""
    for _, body in versions(JOURNEYS):
        yield Publication.model_validate_json(body)


@cache
def version(journey: str, number: int) -> Journey:
    """A version of a journey's definition, which never changes. LookupError: there is none."""
    found, body = next(versions(_id_of(journey), number + 1), (0, b""))
    if found != number:
        raise LookupError(f"there is no version {number} of the journey {journey}")
    return Version.model_validate_json(body).journey


def versions_of(journey: str, before: int | None = None) -> Iterator[Version]:
    """The versions of a journey, newest first (before a number), read one by one as far as they are asked for."""
    for _, body in versions(_id_of(journey), before):
        yield Version.model_validate_json(body)


def forget() -> None:
    """Forgets what was read, so that it is read again."""
    _publications.forget()
    version.cache_clear()


# ── drafts ──


drafts: Drafts[Journey] = Drafts("journey_drafts", Journey)
"""Of journeys, by their ids. `text`: as it was written, where it was YAML, with its comments."""


# ── simulations: the newest of each journey, so that whoever opens it finds what came of it ──


def keep_simulation(journey: str, told: Json) -> None:
    """TooLargeError."""
    body = compressed("paths of a simulation", json.dumps(told, separators=(",", ":")).encode())
    client("dynamodb").put_item(
        TableName=definitions_table.table(),
        Item={"id": {"S": _simulation_of(journey)}, "version": {"N": "0"}, "body": {"B": body}},
    )


def simulation(journey: str) -> Json | None:
    """The newest; None when there was none."""
    _, body = next(versions(_simulation_of(journey)), (0, b"null"))
    return json.loads(body)


def _simulation_of(journey: str) -> str:
    return f"simulation#{journey}"


# ── stored form: without what is not said, but with every `kind`, though it is a default ──


def _id_of(journey: str) -> str:
    return f"journey#{journey}"


def _publication_body(made: Publication) -> bytes:
    return compressed("journeys", made.model_dump_json(by_alias=True, exclude_none=True).encode())


def _version_body(version: Version) -> bytes:
    return compressed("parts of a version", version.model_dump_json(by_alias=True, exclude_none=True).encode())
