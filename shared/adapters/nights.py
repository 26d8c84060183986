"""Whose night it is: of each workflow that works at night, an item (version 0) of the Definitions table says which
execution works at the newest night."""

from __future__ import annotations

from shared.adapters.clients import client
from shared.adapters.definitions_table import items, table


def claim(workflow: str, name: str, night: str, *, again: bool) -> bool:
    """Makes the execution `name` the one that works at the newest night (a date) of a workflow (the item's id); gives
    whether it is: not, where that night or a later one has another. `again`: in that one's place."""
    held = " OR #night = :night" if again else ""
    try:
        client("dynamodb").put_item(
            TableName=table(),
            Item={"id": {"S": workflow}, "version": {"N": "0"}, "run": {"S": name}, "night": {"S": night}},
            ConditionExpression=f"attribute_not_exists(id) OR #night < :night OR #run = :name{held}",
            ExpressionAttributeNames={"#night": "night", "#run": "run"},
            ExpressionAttributeValues={":night": {"S": night}, ":name": {"S": name}},
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return False
    return True


def is_newest(workflow: str, name: str) -> bool:
    """Whether no other execution has begun a newer night since."""
    item = next(items(workflow), None)
    return item is not None and item["run"]["S"] == name
