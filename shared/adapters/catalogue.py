"""What storefronts tell about the shop itself, in the Definitions table: each version once, never overwritten."""

from __future__ import annotations

import json

from pydantic import BaseModel

from shared.adapters.clients import client
from shared.adapters.environment import environment
from shared.domain.events import Event, Type


class DefinitionsSettings(BaseModel):
    definitions_table: str


def record(event: Event) -> None:
    """Keeps a product, or a fact about the shop (`Shop Uninstalled`), as the version of the instant it came to be."""
    name = f"product#{event.source}:{event.properties.get('product_id')}"
    if event.type != Type.PRODUCT_UPDATED:
        name = f"shop#{event.source}:{event.type}"
    client("dynamodb").put_item(
        TableName=environment(DefinitionsSettings).definitions_table,
        Item={
            "id": {"S": name},
            "version": {"N": str(event.time if event.stated is None else event.stated)},
            "body": {"S": json.dumps(dict(event.properties), ensure_ascii=False, separators=(",", ":"))},
        },
    )
