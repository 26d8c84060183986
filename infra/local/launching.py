"""What the shop's owner does first: saying how emails look and what their code is worth, putting sign-up forms on the
web, and switching on the journeys that ship; a fresh deployment emails nobody until then."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from infra.local import gateway
from infra.local.gateway import Request
from infra.local.system import System
from shared.adapters import experiments, journey_definitions, shop_settings
from shared.adapters.journey_files import shipped
from shared.domain.events import Json
from shared.domain.settings import Brand, EmailCosts, Holdout, Senders, ShopSettings, SocialLink

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


EARLY_NEWS = (
    ("in_the_post", "The last day for the Christmas post", "2010-12-14"),
    ("new_year", "A fresh start for your shelves", "2011-01-11"),
    ("valentine", "Something small for Valentine’s Day", "2011-02-08"),
    ("mothers_day", "For Mother’s Day, with time to spare", "2011-03-22"),
    ("easter", "Easter is late this year: egg hunts", "2011-04-12"),
    ("spring", "Spring on the windowsill", "2011-05-03"),
    ("weddings", "Presents for summer weddings", "2011-05-24"),
)
"""Campaigns of the shop's first half year, when its list is short: id, subject, day."""
NEWS = (
    ("midsummer", "Midsummer tea parties", "2011-06-21"),
    ("picnics", "Ready for a picnic", "2011-07-12"),
    ("holidays", "Small things for long journeys", "2011-07-28"),
    ("late_summer", "Late summer in the garden", "2011-08-16"),
    ("candles", "Evenings by candlelight", "2011-09-20"),
    ("autumn", "Autumn at home", "2011-10-04"),
    ("bonfire", "Warm hands for bonfire night", "2011-10-25"),
)
"""Campaigns with nothing to test: id, subject, day."""
TESTS: tuple[dict[str, Json], ...] = (
    {
        "id": "new_term",
        "name": "A new term (made up): two subjects",
        "schedule": {"kind": "at", "day": "2011-08-30", "at": "10:00"},
        "variants": [
            {"id": "plain", "subject": "Stationery for the new term"},
            {"id": "asks", "subject": "What is in your pencil case?"},
        ],
        "measure": {
            "metric": "clicked",
            "within": "5d",
            "least": 0.1,
        },
    },
    {
        "id": "christmas_early",
        "name": "Christmas, early (made up): two subjects and a holdout",
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
        "schedule": {"kind": "at", "day": "2011-12-09", "at": "10:00"},
        "variants": [
            {"id": "in_time", "subject": "In time for Christmas"},
            {"id": "last_days", "subject": "The last days before Christmas"},
        ],
        "measure": {"metric": "ordered", "within": "5d", "least": 0.05},
    },
)
TO_ALL: dict[str, Json] = {"template": "whats_new", "segments": ["subscribers"]}


def _news(several: Iterable[tuple[str, str, str]]) -> tuple[dict[str, Json], ...]:
    return tuple(
        {
            **TO_ALL,
            "id": id_,
            "name": f"{subject} (made up)",
            "subject": subject,
            "schedule": {"kind": "at", "day": day, "at": "10:00"},
        }
        for id_, subject, day in several
    )


EARLY_CAMPAIGNS = _news(EARLY_NEWS)
LATER_CAMPAIGNS = (*_news(NEWS), *({**TO_ALL, **each} for each in TESTS))
"""They go out as the history is told, and people react to them as to every email there (`readers`)."""


HOLDOUT = Holdout(name="all_emails", share=10)
"""Of the shop's contacts, for all of its history: months of people, and still too few to tell what emails bring."""


EXPERIMENTS: tuple[dict[str, Json], ...] = (
    {
        "id": "welcome_subject",
        "name": "Welcome: which subject (made up)",
        "hypothesis": "A subject that asks is clicked more than one that greets.",
        "journey": "onboarding",
        "step": "welcome",
        "variants": [{"id": "as_now"}, {"id": "asks", "subject": "What are you looking for?"}],
        "metric": "clicked",
        "within": "5d",
        "least": 0.1,
        "people": 200,
        "looks": 2,
    },
    {
        "id": "miss_you_subject",
        "name": "Win-back: which subject (made up)",
        "hypothesis": "Who has been away for long comes back for what is new, and not because they are missed.",
        "journey": "win_back",
        "step": "we_miss_you",
        "variants": [{"id": "as_now"}, {"id": "news", "subject": "New since you were here"}],
        "metric": "clicked",
        "within": "5d",
        "least": 0.2,
        "people": 40,
        "looks": 1,
    },
)
DECIDED = "miss_you_subject"
"""The one that is decided before the run is handed over (`shop.visitors`)."""


def plan(system: System) -> None:
    """Says what the shop wants to reach, and when its first campaigns go out; its first journeys are live."""
    shop_settings.save(SETTINGS.model_copy(update={"holdout": HOLDOUT}), instead_of=1, by="make run")
    for objective in OBJECTIVES:
        ask(system, "POST", "/objectives", objective)
    _schedule(system, EARLY_CAMPAIGNS)


def plan_more(system: System) -> None:
    """In the middle of its year: when the campaigns to come go out, and what the shop tries now that there are people
    enough."""
    _schedule(system, LATER_CAMPAIGNS)
    for experiment in EXPERIMENTS:
        ask(system, "POST", "/experiments", experiment)
        ask(system, "POST", f"/experiments/{experiment['id']}/start", {})


def _schedule(system: System, campaigns: Iterable[dict[str, Json]]) -> None:
    for campaign in campaigns:
        ask(system, "POST", "/campaigns", campaign)
        ask(system, "POST", f"/campaigns/{campaign['id']}/send", None)


def decide(system: System) -> None:
    """Ends the experiment that has had its people, if there is one."""
    if DECIDED in experiments.all_kept():
        why = "Made up: neither subject could be shown to be clicked more, and the one we had stays."
        ask(system, "POST", f"/experiments/{DECIDED}/decide", {"winner": "as_now", "why": why})


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
