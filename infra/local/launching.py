"""Switching on the journeys that ship, as the shop's owner does: a fresh deployment emails nobody until then."""

from __future__ import annotations

import json
from collections.abc import Collection

from infra.local import gateway
from infra.local.gateway import Request
from infra.local.system import System
from shared.adapters import journey_definitions
from shared.adapters.journey_files import shipped

PUBLISH = {"unknown_events": True, "why": "switched on by make run"}
"""The sample's website tells of no trials or forms; whoever tries it out may."""


FIRST = ("onboarding", "win_back")
"""Those that the stories play, and that are live while the sample's history is told: with all of them it takes twice as
long."""


def switch_on(system: System, ids: Collection[str] | None = None) -> None:
    """Publishes these of them (all, when left out) by the admin's API, but for those that are published already."""
    for id_ in shipped() if ids is None else ids:
        if id_ not in journey_definitions.publication().journeys:
            body = json.dumps(PUBLISH).encode()
            headers = {"content-type": "application/json"}
            answer = gateway.admin(system, Request("POST", f"/journeys/{id_}/publish", headers=headers, body=body))
            if answer.status != 200:
                raise RuntimeError(f"{id_} cannot be switched on: {answer.body.decode()}")
