"""How long a person waits: from our 2xx to the call by which what they did is acted on.

python -m tests.benchmarks.waiting

The local run's clock says how long messages wait for company; on paper stand what real services take for the calls in
between, the handlers' own processor time, and what lies between the functions.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from infra.local import gateway
from infra.local.aws.calls import Call
from infra.local.gateway import Request
from infra.local.screens import mailbox
from infra.local.shop import storefront
from infra.local.shop.demo import BEGIN
from shared.adapters import journey_definitions
from shared.domain.events import DAY, MINUTE, SECOND
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.publications import Publication, Version, with_journey
from tests.benchmarks.cost import CALL_CPU, CPU_AT_1_GB, WAIT
from tests.benchmarks.counting import watched
from tests.benchmarks.measuring import Row, show

AIM = 2.0  # seconds
PEOPLE = 30
BETWEEN = {"ProfileFunction": 0.05, "TransitionFunction": 0.5, "MessageFunction": 0.05}
"""Seconds until each of these is called once what calls it has been stored (assumed): Lambda's long poll of a queue
without a window; a stream's own delay, and Lambda's asking four times a second; a queue again."""
WELCOME = Journey.model_validate(
    {
        "id": "onboarding",
        "name": "Welcome",
        "sentence": "Greets who signs up.",
        "trigger": {"kind": "segment", "segment": "new_subscribers"},
        "exits": [{"on": {"kind": "event", "events": ["Order Completed"]}}],
        "steps": [{"id": "welcome", "kind": "send"}, {"id": "look_round", "kind": "wait", "for": "30d"}],
    }
)


@dataclass(frozen=True)
class Waited:
    """For one person: on the run's clock, and on paper, in seconds."""

    clock: float
    paper: float


def measure() -> list[Row]:
    """Everybody signs up, fills in a form, and orders or unsubscribes, one after the other."""
    system, watch = watched(BEGIN)
    version = Version(version=1, journey=WELCOME, published=BEGIN, by="a bench", why="it is measured")
    journey_definitions.publish(with_journey(Publication(), version), version)
    customers = [storefront.sign_up(number, "Ada", BEGIN) for number in range(1, PEOPLE + 1)]
    waited: dict[str, list[Waited]] = {}

    def until(what: str, service: str, operation: str, act: Callable[[], object]) -> None:
        """Acts, and looks how long it is until this call."""
        reached: list[Waited] = []

        def told(call: Call, _: dict[str, Any]) -> None:
            if (call.service, call.operation) == (service, operation) and watch.function in BETWEEN and not reached:
                reached.append(Waited((system.world.now() - began) / SECOND, on_paper()))

        def on_paper() -> float:
            calls = sum(WAIT.get(name.split()[1], WAIT["s3"]) * number for name, number in watch.calls.items())
            worked = sum(max(watch.seconds[function], 0.0) for function in BETWEEN)
            return (
                calls
                + (worked + CALL_CPU * watch.calls.total()) / CPU_AT_1_GB
                + sum(seconds for function, seconds in BETWEEN.items() if watch.invocations[function])
            )

        act()
        watch.clear()
        began, watch.told = system.world.now(), told
        system.run_until(began + MINUTE)
        watch.told = None
        assert reached, what
        waited.setdefault(what, []).append(reached[0])

    with system.hurrying():
        for number, customer in enumerate(customers):
            sign_up = storefront.sign_up(number + 1, "Ada", system.world.now())
            until("a sign-up, to SES being called", "sesv2", "SendEmail", partial(storefront.post, system, sign_up))
            system.run_until(system.world.now() + DAY)
            stored = ("dynamodb", "TransactWriteItems")
            until("a form, to its being in the profile", *stored, partial(gateway.public, system, form(number)))
            link = urlsplit(mailbox.one_click(mailbox.mails(system.world, 1)[0]) or "").path
            order = storefront.order(number, customer.body, system.world.now())
            if number % 2:
                until("an order, to the run that it ends", *stored, partial(storefront.post, system, order))
            else:
                until("an unsubscribe, to the run that it ends", *stored, partial(gateway.public, system, no(link)))
    return [
        Row(
            f"{what}, of {len(each)}",
            f"{_p99([one.clock for one in each]):.0f} s of waiting, {_p99([one.paper for one in each]):.1f} s on paper",
            f"≤ {AIM:.0f} s",
            _p99([one.clock + one.paper for one in each]) <= AIM,
        )
        for what, each in waited.items()
    ]


def _p99(values: list[float]) -> float:
    return sorted(values)[-(-99 * len(values) // 100) - 1]


def form(number: int) -> Request:
    """A form of the shop's website."""
    body = {"anonymousId": f"browser-{number}", "event": "Quiz Finished", "messageId": f"quiz-{number}"}
    headers = {"content-type": "application/json", "authorization": f"Basic {b64encode(b'local-write-key:').decode()}"}
    return Request("POST", "/v1/track", headers=headers, body=json.dumps(body).encode())


def no(path: str) -> Request:
    """One click on a mail's link to unsubscribe."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return Request("POST", path, headers=headers, body=b"List-Unsubscribe=One-Click")


if __name__ == "__main__":
    show(measure())
