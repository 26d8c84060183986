"""How much comes in by a form: a token of it is used once, and sign-ups are counted, by form, by where they come
from and by the domain they would write to, in items of the Definitions table that expire. Nothing of a person's stands
in them: networks and domains are hashed.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
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
TO_ONE_DOMAIN = 60
"""The same to addresses of one domain: above it, they may be made up to flood whoever reads them."""
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


def is_steady(form: str, network: str, domain: str, now: Instant) -> bool:
    """Counts a sign-up; gives whether no more come in than people send. TooManyError: so many that none is taken.
    `domain`: of the address that would be written to."""
    of_form = _count(f"{COUNTED}#{form}", now)
    of_source = _count(f"{COUNTED}#{address_hash(_source(network))[:20]}", now)
    if of_form > MOST or of_source > MOST // 10:
        raise TooManyError
    of_domain = _count(f"{COUNTED}#{address_hash(domain)[:20]}", now)
    return of_form <= STEADY and of_source <= FROM_ONE_SOURCE and of_domain <= TO_ONE_DOMAIN


def _source(network: str) -> str:
    """What one subscriber of a provider's has: an IPv4 address, or all addresses of an IPv6 network of 64 bits."""
    try:
        address = ip_address(network)
    except ValueError:
        return network
    if address.version == 4:
        return network
    return str(address.ipv4_mapped or ip_network((address, 64), strict=False))


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
