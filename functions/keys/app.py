"""Keys: who asks the admin's API with a key, and what it may do; behind API Gateway's authorizer of `/api`.

A function of its own, since strangers can have it called: all it can do is to read and count in the partition of keys.
Nothing is cached, so a key that is revoked opens nothing from the next request on.
"""

from __future__ import annotations

from typing import Any

from shared.adapters import operators
from shared.adapters.clock import now
from shared.domain.operators import is_its, read


class UnauthorizedError(Exception):
    """API Gateway answers 401 where an authorizer fails with this one word."""

    def __init__(self) -> None:
        super().__init__("Unauthorized")


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """One request to an authorizer of the type REQUEST: a policy for this request, and who asks."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    named = read(str(headers.get("authorization", "")))
    if named is None:
        raise UnauthorizedError
    (name, secret), t = named, now()
    held = operators.key(name)
    if held is None or not is_its(secret, held[1]) or not held[0].opens(t):
        raise UnauthorizedError
    # A refusal here would be a 403: the admin tells a key that has to wait so itself, with 429.
    wait = operators.wait_of(name, t)
    allowed = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": event["methodArn"]}
    return {
        "principalId": f"key:{name}",
        "policyDocument": {"Version": "2012-10-17", "Statement": [allowed]},
        "context": {"operator": f"key:{name}", "role": held[0].role, "wait": str(wait)},
    }
