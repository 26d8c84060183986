"""What a contact has written (a review, an answer, a reply, a ticket) becomes a score of theirs, `sentiment`.

The text stays where it is, in the contact's partition: what is put on the queue is a word of three and ids of topics.
It is done here, and not by a function with a trigger of its own, because a shard of a DynamoDB stream has room for two
readers, and the lake is the other.
"""

from __future__ import annotations

import base64
from typing import Any

from shared.adapters import contacts, shop_settings
from shared.adapters.events_queue import put_events

PREFIX = "EVENT#"


def follow(image: dict[str, Any]) -> None:
    """Takes a recorded event, as the stream brings it. Repeated, it tells the same event once more."""
    from shared.adapters import tones
    from shared.domain.insight import texts  # a fifth of this function's import, and few invocations need it
    from shared.domain.insight.scored import scored_text

    # A stream's record is JSON, so what is binary in the table is base64 in it.
    event = contacts.event_of({**image, "body": {"B": base64.b64decode(image["body"]["B"])}})
    said = texts.read(event, shop_settings.settings().text_topics, tones.readers())
    if said is not None:
        put_events([scored_text(image["contact"]["S"], event, said)])
