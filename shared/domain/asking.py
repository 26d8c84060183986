"""Who asks to be told that something is back in stock: which queue they join, and whether they still wait in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shared.domain.events import DAY, Event, Instant, Json, Type

ASKED_FOR = 365 * DAY
"""For how long who asked waits for it."""
MAX_ID = 100
"""Characters of a product's or a variant's id that is asked for."""


def asked_key(properties: Mapping[str, Json]) -> str | None:
    """The queue that a `Back In Stock Requested` joins: its variant's, or, where it names none, its product's."""
    # Imported here: a cold start of the profile function, which few who ask wait for, is spared it.
    from shared.domain.sources.payload import identifier

    for name in ("variant_id", "product_id"):
        value = identifier(properties.get(name))
        if value is not None and len(value) <= MAX_ID:
            return f"{name.removesuffix('_id')}#{value}"
    return None


class Asked(NamedTuple):
    """Of a contact in a queue, when we heard the oldest and the newest request that no answer has followed, and when
    the newest answer was made; -1 for none. Whether they wait is the same in whatever order these are heard of."""

    asked: Instant = -1
    newest: Instant = -1
    told: Instant = -1

    @property
    def waits(self) -> bool:
        return self.asked > self.told

    def after(self, event: Event) -> Asked:
        """Once a request or an answer is heard of."""
        if event.type == Type.BACK_IN_STOCK:
            told = max(self.told, event.received)
            return Asked(self.asked if self.asked > told else self.newest, self.newest, told)
        if event.received <= self.told:
            return self
        asked = min(self.asked, event.received) if self.waits else event.received
        return Asked(asked, max(self.newest, event.received), self.told)
