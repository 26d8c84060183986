"""Attribution on the local run: campaigns are sent and clicked in, orders follow, and the night divides them."""

from __future__ import annotations

from typing import Any

import pytest

from infra.local.aws import ses
from infra.local.shop import storefront
from shared.domain.events import DAY, HOUR, MINUTE, Json, iso
from shared.domain.reports.attribution import MODELS
from tests.integration.nights import a_night
from tests.integration.people_behind import people_behind
from tests.integration.shop import Shop
from tests.integration.test_campaigns import mail_to, mails, sent

CUSTOMERS = 12


@pytest.fixture(scope="module")
def shop() -> Shop:
    shop = Shop()
    for number in range(1, CUSTOMERS + 1):
        shop.customer(number)
    shop.publish("everybody", {"kind": "trait", "trait": "email", "is": "exists"})
    shop.passes(30 * MINUTE)
    return shop


def told(shop: Shop) -> Json:
    status, found = shop.ask("GET", "/reports/attribution")
    assert status == 200, found
    return found


def click(shop: Shop, campaign: str, contact: str) -> None:
    ses.happen(shop.system.world, mail_to(shop, campaign, contact), "Click", link="https://shop.example.com/a")


def period(found: Json, window: int, days: int) -> Json:
    (of_window,) = [each for each in found["windows"] if each["days"] == window]
    (of_period,) = [each for each in of_window["periods"] if each["days"] == days]
    return of_period


def test_before_the_first_night_nothing_is_said(shop: Shop) -> None:
    assert told(shop)["as_of"] is None
    assert told(shop)["windows"] == []


def test_the_night_divides_what_orders_are_worth_among_the_campaigns_before_them(shop: Shop) -> None:
    spring = sent(shop, name="Spring", holdout=50, measure={"metric": "ordered", "within": "3d"})
    shop.passes(6 * MINUTE)
    sale = sent(shop, name="Sale")
    shop.passes(6 * MINUTE)
    contacts = {profile.email: profile.contact for profile in shop.profiles()}
    numbers = {contacts[body["email"]]: number for number, body in shop.customers.items()}
    one, two = sorted(mails(shop, spring))[:2]
    other = min(mails(shop, sale).keys() - {one, two})
    click(shop, spring, one)
    shop.passes(DAY)
    click(shop, sale, one)
    click(shop, sale, two)
    shop.passes(HOUR)
    for contact in (one, other):  # 24.50 each, and the other without a click
        shop.order(numbers[contact])
    gone = storefront.order(990, shop.customers[numbers[two]], shop.now())
    storefront.post(shop.system, gone)
    shop.passes(10 * MINUTE)
    cancelled = {**gone.body, "cancelled_at": iso(shop.now()), "updated_at": iso(shop.now())}
    storefront.post(shop.system, storefront._webhook("orders/cancelled", "gone", shop.now(), cancelled))
    shop.passes(6 * DAY)
    assert a_night(shop, "ReportsWorkflow", "one", again=True)["next"] == "done"
    shop.passes(2 * MINUTE)
    found = told(shop)
    assert shop.now() - DAY < found["as_of"] <= shop.now()
    for window in (5, 30):
        of = period(found, window, 30)
        assert (of["orders"], of["revenue"], of["none"]) == (2, 49.0, {"orders": 1, "revenue": 24.5})
        by_name: dict[str, Any] = {each["name"]: each for each in of["channels"]}
        assert by_name.keys() == {"Spring", "Sale"}
        models = {model: {name: each["models"][model]["revenue"] for name, each in by_name.items()} for model in MODELS}
        assert models["first"] == {"Spring": 24.5, "Sale": 0}
        assert models["last"] == {"Spring": 0, "Sale": 24.5}
        assert models["linear"] == models["position"] == {"Spring": 12.25, "Sale": 12.25}
        assert models["decay"]["Sale"] > models["decay"]["Spring"] > 0
        for model in MODELS:
            assert round(sum(models[model].values()) + of["none"]["revenue"], 2) == of["revenue"]
        counted = {"none": of["none"], **{each["channel"]: each for each in of["channels"]}}
        for channel, said in counted.items():
            path = f"/reports/attribution/people?channel={channel}&within={window}"
            whose = {one: 1} if channel != "none" else {other: 1}
            assert people_behind(shop, path) == (said["orders"], whose)
            assert people_behind(shop, f"{path}&figure=revenue") == (said["revenue"], dict.fromkeys(whose, 24.5))
    assert shop.ask("GET", "/reports/attribution/people?channel=luck")[1]["field"] == "channel"
    assert period(found, 5, 30)["lost"] == 1  # who clicked, and whose order was cancelled
    (effect,) = found["effects"]
    assert (effect["name"], effect["days"], effect["people"] + effect["held_out"]) == ("Spring", 5, CUSTOMERS)
    assert effect["attributed"] == 1
    assert effect["words"]
    listed = shop.ask("GET", "/experiments?q=spring")[1]
    says = [each["words"] for each in shop.ask("GET", f"/campaigns/{spring}/results")[1]["compared"]]
    assert (listed["as_of"], listed["experiments"][0]["says"]) == (found["as_of"], says)
    assert len(says) == 1


def test_the_report_is_the_same_figure_as_the_one_of_today(shop: Shop) -> None:
    status, figures = shop.ask("GET", "/reports/figures")
    assert status == 200
    of = period(told(shop), 5, 30)
    assert figures["now"]["email_revenue"] == round(of["revenue"] - of["none"]["revenue"], 2)
