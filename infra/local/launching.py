"""What the shop's owner does first: saying how emails look and what their code is worth, and switching on the journeys
that ship; a fresh deployment emails nobody until then."""

from __future__ import annotations

import json
from collections.abc import Collection

from infra.local import gateway
from infra.local.gateway import Request
from infra.local.system import System
from shared.adapters import journey_definitions, shop_settings
from shared.adapters.journey_files import shipped
from shared.domain.settings import Brand, Senders, ShopSettings, SocialLink

PUBLISH = {"unknown_events": True, "why": "switched on by make run"}
"""The sample's website tells of no trials or forms; whoever tries it out may."""


FIRST = ("onboarding", "win_back")
"""Those that the stories play, and that are live while the sample's history is told: with all of them it takes twice as
long."""


SETTINGS = ShopSettings(
    senders=Senders(reply_to="hello@shop.example.com"),
    brand=Brand(social=(SocialLink(name="Instagram", url="https://instagram.com/thecornergiftshop"),)),
    code_worth="10% off your next order",
)


def settle_in() -> None:
    """Saves the shop's settings, unless somebody has."""
    if shop_settings.saved().number == 0:
        shop_settings.save(SETTINGS, instead_of=0, by="make run")


def switch_on(system: System, ids: Collection[str] | None = None) -> None:
    """Publishes these of them (all, when left out) by the admin's API, but for those that are published already."""
    for id_ in shipped() if ids is None else ids:
        if id_ not in journey_definitions.publication().journeys:
            body = json.dumps(PUBLISH).encode()
            headers = {"content-type": "application/json"}
            answer = gateway.admin(system, Request("POST", f"/journeys/{id_}/publish", headers=headers, body=body))
            if answer.status != 200:
                raise RuntimeError(f"{id_} cannot be switched on: {answer.body.decode()}")
