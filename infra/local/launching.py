"""What the shop's owner does first: saying how emails look and what their code is worth, putting sign-up forms on the
web, and switching on the journeys that ship; a fresh deployment emails nobody until then."""

from __future__ import annotations

import json
from collections.abc import Collection

from infra.local import gateway
from infra.local.gateway import Request
from infra.local.system import System
from shared.adapters import journey_definitions, shop_settings
from shared.adapters.journey_files import shipped
from shared.domain.events import Json
from shared.domain.settings import Brand, EmailCosts, Senders, ShopSettings, SocialLink

PUBLISH = {"unknown_events": True, "why": "switched on by make run"}
"""The sample's website tells of no trials or forms; whoever tries it out may."""


FIRST = ("onboarding", "win_back")
"""Those that the stories play, and that are live while the sample's history is told: with all of them it takes twice as
long."""


SETTINGS = ShopSettings(
    senders=Senders(reply_to="hello@shop.example.com"),
    brand=Brand(social=(SocialLink(name="Instagram", url="https://instagram.com/thecornergiftshop"),)),
    code_worth="10% off your next order",
    costs=EmailCosts(margin=55, a_month=5),
    interests=("Bags", "Candles", "Christmas", "Gardening", "Home decor", "Kitchenware", "Stationery", "Toys"),
)


POOL = "first_order"
CODES = tuple(f"HELLO-{1_000 + 37 * number % 9_000}" for number in range(200))
WORDING = "By signing up you agree to get emails about new goods and offers. Each has a link that stops them."
FORMS: tuple[dict[str, Json], ...] = (
    {
        "id": "first_order",
        "name": "Pop-up on the shop's page",
        "style": "popup",
        "title": "10% off your first order",
        "text": "Sign up for our emails, and we send you a code for your first order.",
        "button": "Send me the code",
        "first_name": "optional",
        "topics": [{"id": "marketing"}],
        "wording": WORDING,
        "popup": {"delay": 2, "exit": True},
        "promise": POOL,
    },
    {
        "id": "newsletter",
        "name": "In the shop's page",
        "style": "inline",
        "title": "Hear from us",
        "text": "New goods and a few ideas, about once a month.",
        "first_name": "optional",
        "interests": "optional",
        "topics": [{"id": "marketing"}],
        "wording": WORDING,
        "promise": POOL,
    },
)
"""What a visitor of the shop's page (`/shop`) can sign up with; the code of the welcome email is of a pool."""


OBJECTIVES: tuple[dict[str, Json], ...] = (
    {
        "id": "through_email",
        "name": "£2,000 through email this quarter",
        "note": "Made up, as an example.",
        "metric": "revenue",
        "absolute": 2000,
        "start": "2011-10-01",
        "by": "2011-12-31",
        "owner": "The sample shop",
    },
    {
        "id": "repeat_orders",
        "name": "Two of three orders from people who come back",
        "note": "Made up, as an example.",
        "metric": "repeat",
        "absolute": 66,
        "start": "2011-10-01",
        "by": "2011-12-31",
        "owner": "The sample shop",
    },
)


CAMPAIGNS: tuple[dict[str, Json], ...] = (
    {
        "id": "autumn",
        "name": "Autumn at home (made up)",
        "template": "whats_new",
        "subject": "Autumn at home",
        "segments": ["subscribers"],
        "schedule": {"kind": "at", "day": "2011-10-04", "at": "10:00"},
    },
    {
        "id": "christmas_early",
        "name": "Christmas, early (made up): two subjects and a holdout",
        "template": "whats_new",
        "segments": ["subscribers"],
        "schedule": {"kind": "at", "day": "2011-11-15", "at": "10:00"},
        "variants": [
            {"id": "gifts", "subject": "Gifts for everybody on your list"},
            {"id": "early", "subject": "Be early this year"},
        ],
        "holdout": 10,
        "measure": {"metric": "clicked", "within": "5d", "least": 0.05},
    },
    {
        "id": "christmas_last",
        "name": "Last days before Christmas (made up): a test that is going on",
        "template": "whats_new",
        "segments": ["subscribers"],
        "schedule": {"kind": "at", "day": "2011-12-09", "at": "10:00"},
        "variants": [
            {"id": "in_time", "subject": "In time for Christmas"},
            {"id": "last_days", "subject": "The last days before Christmas"},
        ],
        "measure": {"metric": "ordered", "within": "5d", "least": 0.05},
    },
)
"""They go out as the history is told, and people react to them as to every email there (`readers`)."""


def plan(system: System) -> None:
    """Says what the shop wants to reach, and when its campaigns go out."""
    for objective in OBJECTIVES:
        ask(system, "POST", "/objectives", objective)
    for campaign in CAMPAIGNS:
        ask(system, "POST", "/campaigns", campaign)
        ask(system, "POST", f"/campaigns/{campaign['id']}/send", None)


def settle_in() -> None:
    """Saves the shop's settings, unless somebody has."""
    if shop_settings.saved().number == 0:
        shop_settings.save(SETTINGS, instead_of=0, by="make run")


def open_forms(system: System) -> None:
    """Puts the forms on the web, and the codes they promise in a pool, as an operator does."""
    ask(system, "PUT", f"/coupons/{POOL}", {"days": 60, "low": 20})
    ask(system, "POST", f"/coupons/{POOL}/codes", {"codes": list(CODES)})
    for form in FORMS:
        etag = ask(system, "POST", "/forms", form)["etag"]
        ask(system, "POST", f"/forms/{form['id']}/publish", {}, **{"if-match": etag})


def ask(system: System, method: str, path: str, body: Json, **headers: str) -> dict[str, Json]:
    """The answer of the admin's API. RuntimeError: it is none of success."""
    told = {"content-type": "application/json", **headers}
    answer = gateway.admin(system, Request(method, path, headers=told, body=json.dumps(body).encode()))
    if answer.status >= 300:
        raise RuntimeError(f"{method} {path} was answered {answer.status}: {answer.body.decode()[:500]}")
    found = json.loads(answer.body)
    assert isinstance(found, dict)
    return found


def switch_on(system: System, ids: Collection[str] | None = None) -> None:
    """Publishes these of them (all, when left out) by the admin's API, but for those that are published already."""
    for id_ in shipped() if ids is None else ids:
        if id_ not in journey_definitions.publication().journeys:
            ask(system, "POST", f"/journeys/{id_}/publish", PUBLISH)
