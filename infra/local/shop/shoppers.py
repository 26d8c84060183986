"""Made-up people who come to the shop while somebody tries it out: what the start page's buttons and `beckon
send-webhook` do. The storefront tells of them by signed webhooks, as of anybody."""

from __future__ import annotations

from typing import NamedTuple

from infra.local.shop import history, storefront
from infra.local.system import System
from shared.domain.events import SECOND

NAMES = history.FIRST_NAMES.split()
WAITING = "shopper"
"""Where the world keeps the number of who signed up last and has not ordered yet."""


class Visit(NamedTuple):
    """What somebody did, and the address the email about it goes to."""

    topic: str
    email: str


def sign_up(system: System, number: int | None = None) -> Visit:
    """Somebody subscribes: the one of this number, or somebody new."""
    number = number if number is not None else system.world.number("shopper")
    customer = _customer(system, number)
    _tell(system, customer)
    system.world.set_setting(WAITING, str(number))
    return Visit(customer.topic, str(customer.body["email"]))


def place_order(system: System, number: int | None = None) -> Visit:
    """The person of this number orders a candle, or who signed up last; so somebody signs up first if nobody waits."""
    if number is None:
        waiting = system.world.setting(WAITING)
        if not waiting:
            sign_up(system)
            waiting = system.world.setting(WAITING)
        number = int(waiting or 0)
    now = system.world.now()
    order = storefront.order(system.world.number("order") + now // SECOND, _customer(system, number).body, now)
    _tell(system, order)
    system.world.set_setting(WAITING, "")
    return Visit(order.topic, str(order.body["email"]))


def _customer(system: System, number: int) -> history.Webhook:
    name = NAMES[(number - 1) % len(NAMES)]
    return storefront.sign_up(number, name, system.world.now(), tags="source:newsletter, interest:candles")


def _tell(system: System, webhook: history.Webhook) -> None:
    """Posts it once, since somebody waits for the answer. RuntimeError when it is not taken."""
    answer = storefront.try_to_post(system, webhook)
    if answer.status >= 300:
        raise RuntimeError(f"{webhook.topic} was answered {answer.status}: {answer.body.decode()[:500]}")
