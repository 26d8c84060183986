"""Everyday people whom a naive lifecycle greets, misses or thanks wrongly: one shop, played once, and the mailbox read.

All of it is on the local run's clock, in days since Beckon was installed; each person is known by their first name.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.local import gateway, launching, settings
from infra.local.aws import ses
from infra.local.gateway import Request
from infra.local.screens import mailbox
from infra.local.shop import demo, storefront
from infra.local.shop.history import SHOP, Webhook
from infra.local.system import System, begin
from shared.adapters import contacts, identities
from shared.domain.events import DAY, MINUTE, SECOND, Identity, IdentityKind, iso
from shared.domain.profiles import Profile

PEOPLE = ["Olga", "Bruno", "Clara", "Bela", "Ugo", "Tina", "Theo", "Cora", "Late", "Uma", "Clio", "Click"]
LAST_DAY = 106
WIN_BACK = ["we_miss_you", "whats_new", "update_preferences", "goodbye"]
ONBOARDING = ["welcome", "getting_started", "check_in"]


def at(day: float) -> int:
    return demo.BEGIN + round(day * DAY)


class Player:
    """The shop, and what happens in it at which instant."""

    def __init__(self) -> None:
        template = settings.template()
        self.system: System = begin(":memory:", template, settings.secrets(template), now=demo.BEGIN)
        launching.switch_on(self.system, launching.FIRST)
        self.plan: list[tuple[int, Callable[[], object]]] = []
        self.sent = 0

    def on(self, day: float, act: Callable[..., object], *arguments: Any) -> None:
        self.plan.append((at(day), lambda: act(*arguments)))

    def play(self) -> None:
        for instant, act in sorted(self.plan, key=lambda each: each[0]):
            self.system.pass_time(max(instant - self.system.world.now(), 0))
            act()
        self.system.pass_time(at(LAST_DAY) - self.system.world.now())

    # ── what people and their shop do ──

    def webhook(self, topic: str, body: dict[str, Any]) -> None:
        self.sent += 1
        now = self.system.world.now()
        storefront.post(self.system, Webhook(now, topic, SHOP, f"w{self.sent}", f"e{self.sent}", body))

    def customer(self, name: str, since: float, **told: Any) -> dict[str, Any]:
        """A customer as the shop has them now."""
        now = iso(self.system.world.now())
        who = {"id": 500 + PEOPLE.index(name), "email": address(name), "first_name": name, "last_name": "Example"}
        return {**who, "created_at": iso(at(since)), "updated_at": now, "tags": "", **told}

    def sign_up(self, name: str) -> None:
        day = (self.system.world.now() - demo.BEGIN) / DAY
        self.webhook("customers/create", self.customer(name, day, email_marketing_consent=yes(day)))

    def bulk_edit(self, name: str) -> None:
        """A subscriber of two years is tagged, on the day that Beckon is installed."""
        told = {"tags": "newsletter, 2024", "email_marketing_consent": yes(-730)}
        self.webhook("customers/update", self.customer(name, -800, **told))

    def consents(self, name: str) -> None:
        """Only the topic of consent tells of it."""
        day = (self.system.world.now() - demo.BEGIN) / DAY
        body = {"customer_id": 500 + PEOPLE.index(name), "email_address": address(name)}
        self.webhook("customers_email_marketing_consent/update", {**body, "email_marketing_consent": yes(day)})

    def order(self, name: str, number: int, placed: float | None = None, **told: Any) -> None:
        now = self.system.world.now()
        made = storefront.order(number, self.customer(name, -900), now if placed is None else at(placed)).body
        topic = told.pop("topic", "orders/create")
        self.webhook(topic, {**made, "id": number, "created_at": iso(now), "processed_at": made["created_at"], **told})

    def call(self, **message: Any) -> None:
        body = {"type": "track", "event": "Page Viewed", "messageId": f"m{self.sent}", **message}
        self.sent += 1
        key = base64.b64encode(b"local-write-key:").decode()
        headers = {"content-type": "application/json", "authorization": f"Basic {key}"}
        request = Request("POST", "/v1/batch", headers=headers, body=json.dumps({"batch": [body]}).encode())
        assert gateway.public(self.system, request).status == 200

    def unsubscribe(self, name: str) -> str:
        """By one click, in the newest mail; gives the path of the link."""
        path = urlsplit(mailbox.one_click(self.mails(name)[-1]) or "").path
        self.form(path, "List-Unsubscribe=One-Click")
        return path

    def unsubscribe_and_change_it_back(self, name: str) -> None:
        path = self.unsubscribe(name)
        self.system.pass_time(MINUTE)
        self.form(path.replace("/unsubscribe/", "/preferences/"), "topic=marketing")

    def form(self, path: str, body: str) -> None:
        headers = {"content-type": "application/x-www-form-urlencoded"}
        assert gateway.public(self.system, Request("POST", path, headers=headers, body=body.encode())).status == 200

    def click(self, name: str) -> None:
        link = "https://shop.example.com/candles"
        ses.happen(self.system.world, self.mails(name)[-1].id, "Click", link=link)

    # ── what came of it ──

    def mails(self, name: str) -> list[ses.Mail]:
        rows = self.system.world.db.execute(
            "SELECT id FROM mailbox WHERE recipients LIKE ? ORDER BY sent_at, id", (f'%"{address(name)}"%',)
        ).fetchall()
        return [ses.mail(self.system.world, row[0]) for row in rows]

    def steps(self, name: str) -> list[tuple[str, int]]:
        """The mails somebody got: step and day."""
        return [(mail.tags["step"], (mail.sent_at - demo.BEGIN) // DAY) for mail in self.mails(name)]

    def profile(self, name: str) -> Profile:
        identity = Identity(kind=IdentityKind.EMAIL, value=address(name))
        stored = contacts.read(identities.find([identity])[identity])
        assert stored is not None
        return stored.profile

    def outcomes(self, name: str) -> list[str]:
        events = contacts.events(self.profile(name).contact)
        return [event.properties["outcome"] for event in events if event.type == "Journey Completed"]


def address(name: str) -> str:
    return f"{name.lower()}@example.com"


def yes(day: float) -> dict[str, Any]:
    return {"state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": iso(at(day))}


@pytest.fixture(scope="module")
def shop() -> Player:
    player = Player()
    day = player.on
    # An old customer subscribes for the first time.
    day(0, player.order, "Olga", 11)
    day(66, lambda: player.webhook("customers/update", player.customer("Olga", 0, email_marketing_consent=yes(66))))
    # An order of old, and an event of 1970, are told of somebody who has just signed up.
    day(66, player.sign_up, "Bruno")
    day(69, player.order, "Bruno", 12, -900)
    day(66, player.sign_up, "Clara")
    day(66.1, lambda: player.call(userId="u-clara", timestamp="1970-01-01T00:00:00Z"))
    # Subscribers of two years, tagged in bulk on the first day.
    for name in ("Bela", "Ugo", "Late", "Click"):
        day(0, player.bulk_edit, name)
    day(61, player.unsubscribe, "Ugo")
    day(62, lambda: player.call(type="identify", anonymousId="phone", traits={"email": address("Late")}))
    day(62.1, lambda: player.call(anonymousId="phone", timestamp=iso(at(30))))
    day(62, player.click, "Click")
    # Who has left is told of as subscribed, by an update that says no date.
    day(0, player.sign_up, "Uma")
    day(1, player.unsubscribe, "Uma")
    day(2, lambda: player.webhook("customers/update", player.customer("Uma", 0, accepts_marketing=True, tags="vip")))
    # The box is ticked a second time, at a checkout.
    day(0, player.sign_up, "Tina")
    day(45, player.consents, "Tina")
    # Two orders in ten seconds; and a second one that is cancelled.
    day(0, player.sign_up, "Theo")
    day(3, player.order, "Theo", 13)
    day(3 + 10 * SECOND / DAY, player.order, "Theo", 14)
    day(0, player.sign_up, "Cora")
    day(1, player.order, "Cora", 15)
    day(3, player.order, "Cora", 16)
    cancelled = {"topic": "orders/cancelled", "cancelled_at": iso(at(4))}
    day(4, lambda: player.order("Cora", 16, 3, **cancelled))
    # Nobody but the topic of consent tells of her; later she unsubscribes, and changes it back a minute later.
    day(0, player.consents, "Clio")
    day(60.2, player.unsubscribe_and_change_it_back, "Clio")
    player.play()
    return player


def test_an_old_customer_who_subscribes_is_welcomed_and_not_missed(shop: Player) -> None:
    assert shop.steps("Olga") == [("welcome", 66), ("getting_started_customer", 68), ("check_in", 73)]


@pytest.mark.parametrize("name", ["Bruno", "Clara"])
def test_what_is_told_of_old_times_starts_and_ends_nothing(shop: Player, name: str) -> None:
    assert [step for step, _ in shop.steps(name)] == ONBOARDING


def test_a_bulk_edit_on_the_first_day_mails_nobody_until_they_were_silent_for_60_days(shop: Player) -> None:
    assert shop.steps("Bela") == list(zip(WIN_BACK, (60, 65, 70, 75), strict=True))
    assert shop.outcomes("Bela") == ["dormant"]
    assert shop.profile("Bela").memberships["dormant"].member


def test_unsubscribing_from_the_win_back_is_no_return(shop: Player) -> None:
    assert shop.steps("Ugo") == [("we_miss_you", 60)]
    assert shop.outcomes("Ugo") == ["unsubscribed"]
    assert "dormant" not in shop.profile("Ugo").traits


def test_a_click_in_the_win_back_is_a_return(shop: Player) -> None:
    assert shop.steps("Click")[:2] == [("we_miss_you", 60), ("welcome_back", 62)]
    assert shop.outcomes("Click") == ["returned"]


def test_a_visit_told_32_days_late_is_no_return(shop: Player) -> None:
    assert shop.profile("Late").histories["Page Viewed"].total == 1
    assert shop.steps("Late") == [("we_miss_you", 60)]  # and not again 60 days after that visit: once in 90 days
    assert shop.outcomes("Late") == ["left inactive"]


def test_a_state_that_is_told_again_subscribes_nobody(shop: Player) -> None:
    assert shop.steps("Uma") == [("welcome", 0)]
    assert shop.profile("Uma").consent["marketing"].value == "unsubscribed"


def test_a_second_yes_is_a_sign_of_life_and_no_second_sign_up(shop: Player) -> None:
    assert shop.steps("Tina") == [*zip(ONBOARDING, (0, 2, 7), strict=True), ("we_miss_you", 105)]


def test_two_orders_at_once_are_thanked_for_once(shop: Player) -> None:
    assert [step for step, _ in shop.steps("Theo")][:3] == ["welcome", "getting_started", "thank_you"]
    assert [step for step, _ in shop.steps("Theo")].count("thank_you") == 1


def test_a_cancelled_second_order_is_not_thanked_for(shop: Player) -> None:
    assert shop.steps("Cora")[:2] == [("welcome", 0), ("thank_you", 1)]
    assert [step for step, _ in shop.steps("Cora")].count("thank_you") == 1


def test_who_unsubscribes_and_changes_it_back_is_neither_welcomed_nor_missed_again(shop: Player) -> None:
    assert shop.steps("Clio") == [*zip(ONBOARDING, (0, 2, 7), strict=True), ("we_miss_you", 60)]
    assert shop.profile("Clio").consent["marketing"].value == "subscribed"
