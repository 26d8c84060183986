"""How much comes in by a form: a token of it is used once, and sign-ups are counted, by form and by where they come
from, in items of the Definitions table that expire. Nothing of a person's stands in them: a network address is hashed.
"""

from __future__ import annotations

from typing import Any

from shared.adapters.clients import client
from shared.adapters.definitions_table import table
from shared.adapters.identities import address_hash
from shared.domain.events import DAY, HOUR, SECOND, Instant

SPENT = "form_token"
COUNTED = "form_traffic"
STEADY = 120
"""Sign-ups by one form in an hour above which it is taken that programs are among them."""
FROM_ONE_SOURCE = 10
"""The same of one network address: a household, or an office."""
MOST = 3_000
"""Of a form in an hour, and a tenth of that from one address: no more are taken."""


def spend(token_number: str, now: Instant) -> bool:
    """Uses a token of a form up; False when somebody has already."""
    try:
        client("dynamodb").put_item(
            TableName=table(),
            Item={
                "id": {"S": f"{SPENT}#{token_number}"},
                "version": {"N": "0"},
                "expires": {"N": str((now + 2 * DAY) // SECOND)},
            },
            ConditionExpression="attribute_not_exists(id)",
        )
    except client("dynamodb").exceptions.ConditionalCheckFailedException:
        return False
    return True


class TooManyError(Exception):
    """More has come in by the form, or from one place, than people send."""


def is_steady(form: str, network: str, now: Instant) -> bool:
    """Counts a sign-up; gives whether no more come in than people send. TooManyError: so many that none is taken."""
    of_form = _count(f"{COUNTED}#{form}", now)
    of_source = _count(f"{COUNTED}#{address_hash(network)[:20]}", now)
    if of_form > MOST or of_source > MOST // 10:
        raise TooManyError
    return of_form <= STEADY and of_source <= FROM_ONE_SOURCE


def _count(id_: str, now: Instant) -> int:
    hour = now // HOUR
    answer: Any = client("dynamodb").update_item(
        TableName=table(),
        Key={"id": {"S": id_}, "version": {"N": str(hour)}},
        UpdateExpression="SET expires = :expires ADD #count :one",
        ExpressionAttributeNames={"#count": "count"},
        ExpressionAttributeValues={
            ":expires": {"N": str((hour * HOUR + 2 * HOUR) // SECOND)},
            ":one": {"N": "1"},
        },
        ReturnValues="ALL_NEW",
    )
    return int(answer["Attributes"]["count"]["N"])
