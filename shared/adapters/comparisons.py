"""What the newest night has found that compared every stored membership with what SQL says of it: one item of the
Definitions table, `comparison`. It holds ids and numbers only."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from shared.adapters.clients import client
from shared.adapters.definitions_table import items, table
from shared.domain.events import Instant

ID = "comparison"


@dataclass(frozen=True, slots=True)
class Comparison:
    """About the instant `at`: of how many `contacts` some membership differed, how many in each segment
    (`memberships`; one without any is not there), and some of those `people`. All of them were asked to be looked at
    again. `ranked`: which of the segments depend on a rank, whose cut-off the same night may have moved. `is_filled`
    is false while contacts still adopt a publication, whose segments differ until they have. `of_pass`: the export
    that it is of, whose facts are in the lake for two days ("": one of before that was kept). `corrected`: members of
    the Members table, of each segment that had any, that were not as the profiles say and were put right; None: the
    night was one that did not tell."""

    at: Instant
    contacts: int
    memberships: dict[str, int]
    ranked: tuple[str, ...]
    people: tuple[str, ...]
    is_filled: bool
    of_pass: str = ""
    corrected: dict[str, int] | None = None


def record(found: Comparison) -> None:
    """Makes it the newest. Once more is the same."""
    client("dynamodb").put_item(
        TableName=table(),
        Item={"id": {"S": ID}, "version": {"N": "0"}, "found": {"S": json.dumps(asdict(found))}},
    )


def last() -> Comparison | None:
    """The newest; None: no night has been through yet."""
    for item in items(ID):
        told = json.loads(item["found"]["S"])
        return Comparison(**{**told, "ranked": tuple(told["ranked"]), "people": tuple(told["people"])})
    return None


def newest_pass() -> str:
    """The pass whose export of everybody's facts is the newest one that is whole; "" before the first night."""
    found = last()
    return found.of_pass if found is not None else ""
