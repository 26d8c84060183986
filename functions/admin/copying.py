"""What a copy of a thing is called. A copy is a draft that runs, sends and is shown nowhere: it takes over what was
written of the thing, and nothing of what has become of it."""

from __future__ import annotations

from shared.domain.events import Json
from shared.domain.sources.payload import Payload

MAX_NAME = 80


def own(body: Payload, like: str, most: int = MAX_NAME) -> dict[str, Json]:
    """The copy's `id` and `name`, as they are asked for, or the name made of that which it is `like`."""
    end = " (copy)"
    return {"id": body.get("id"), "name": body.get("name", f"{like[: most - len(end)].rstrip()}{end}")}
