"""Frequency caps while several send to one contact at the same moment: threads, and the stand-in's real conditions."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from infra.local import gateway
from infra.local.gateway import Request
from shared.adapters import (
    caps,
    clock,
    contact_runs,
    contacts,
    delivering,
    journey_definitions,
    journey_files,
    shop_settings,
    tokens,
)
from shared.adapters.delivering import Delayed, OutcomePendingError
from shared.adapters.tokens import Token
from shared.domain.events import DAY, HOUR, MINUTE, Instant, iso
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.publications import Version, with_journey
from shared.domain.journeys.runs import Run
from shared.domain.messages.asked import CampaignMessage, Message, RunMessage
from shared.domain.settings import ShopSettings
from tests.integration.shop import Shop

SENDERS = 8


@pytest.fixture(scope="module")
def shop() -> Shop:
    made = Shop(["win_back"])
    for number in range(1, 5):
        made.customer(number)
    made.passes(5 * MINUTE)
    return made


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever meets another tries again at once, by the clock of this machine."""
    monkeypatch.setattr(clock, "pause", lambda tries: None)


def capped(day: int | None = None, week: int | None = None) -> None:
    held = shop_settings.saved()
    changed = ShopSettings.model_validate(
        {**held.settings.model_dump(by_alias=True), "caps": {"lifecycle": {"day": day, "week": week}}}
    )
    shop_settings.save(changed, held.number, "a test")
    shop_settings.forget()


def runs_of(contact: str, several: int, now: Instant) -> list[Message]:
    """Of several journeys that are at an email at the same moment."""
    journey = journey_files.shipped()["win_back"]
    asked: list[Message] = []
    for number in range(20, 20 + several):
        run = Run(contact, journey.id, number, 1, began=now, started=now, cause="e1")
        contacts.commit([contact_runs.write(run, journey, (), 1, 1)])
        asked.append(
            RunMessage(
                contact=contact, journey="win_back", run=run.id, version=1, step="we_miss_you", topic="marketing"
            )
        )
    return asked


def campaigns_of(contact: str, several: int) -> list[Message]:
    return [
        CampaignMessage(contact=contact, campaign=f"camp_{number}", template="check_in", topic="marketing")
        for number in range(several)
    ]


def delivered(messages: list[Message], now: Instant) -> Counter[str]:
    """What becomes of each, where all are asked for by threads, and those that met too many ask again."""

    def one(message: Message) -> str:
        for _ in range(20):
            try:
                held = delivering.deliver(message, now)
            except OutcomePendingError:
                continue
            return "delayed" if isinstance(held, Delayed) else held.reason or held.status
        return "never"

    with ThreadPoolExecutor(SENDERS) as several:
        return Counter(several.map(one, messages))


def contact_of(shop: Shop, number: int) -> str:
    return str(shop.ask("POST", "/contacts/find", {"email": f"ada.{number}@example.com"})[1]["contact"])


@pytest.mark.parametrize(("number", "cap"), [(1, {"day": 1}), (2, {"day": 3}), (3, {"week": 2})])
def test_journeys_and_campaigns_together_do_not_exceed_a_cap(
    shop: Shop, at_once: None, number: int, cap: dict[str, int]
) -> None:
    capped(**cap)
    contact, now = contact_of(shop, number), shop.now()
    asked = [*runs_of(contact, 2, now), *campaigns_of(contact, 4)]
    (most,) = cap.values()
    told = delivered(asked, now)
    assert told == {"sent": most, "delayed": len(asked) - most}
    held = caps.read(contact, "lifecycle").counted
    assert len(held.sent) == most
    assert len(held.waiting) == len(asked) - most
    slots = sorted(each.slot for each in held.waiting.values())
    assert all(slot > now for slot in slots), [iso(slot) for slot in slots]
    assert delivered(asked, now) == told, "asked for again, it is the same"
    in_all = Counter[str]()
    for day in range(1, 30):
        later = now + day * DAY
        in_all = delivered(asked, later)
        count = caps.read(contact, "lifecycle").counted.sent.values()
        for begin in count:
            assert sum(begin <= each < begin + (7 * DAY if "week" in cap else 1) for each in count) <= most
        if in_all == {"sent": len(asked)}:
            break
    assert in_all == {"sent": len(asked)}, "each has its turn"


def test_over_a_cap_journeys_go_before_campaigns_and_a_stale_one_is_skipped_and_says_so(
    shop: Shop, at_once: None
) -> None:
    capped(day=1)
    contact, now = contact_of(shop, 4), shop.now()
    first, second, stale = (
        CampaignMessage(contact=contact, campaign=f"order_{number}", template="check_in", topic="marketing", **more)
        for number, more in enumerate[dict[str, Any]]([{}, {}, {"best_before": now + 2 * DAY}])
    )
    (run,) = runs_of(contact, 1, now)
    assert delivered([first], now) == {"sent": 1}
    assert delivered([second, run], now) == {"delayed": 2}
    assert delivered([stale], now) == {"delayed": 1}
    slots = {message.key: _slot(message, now) for message in (second, run, stale)}
    assert slots[run.key] < slots[stale.key] < slots[second.key], "the journey's, then what goes stale sooner"
    for day in (1, 2, 3):
        told = [delivering.deliver(message, now + day * DAY) for message in (run, stale, second)]
        statuses = ["delayed" if isinstance(each, Delayed) else each.reason or str(each.status) for each in told]
        if day == 1:
            assert statuses == ["sent", "delayed", "delayed"]
    assert statuses == ["sent", "sent", "sent"]
    late = CampaignMessage(
        contact=contact, campaign="late", template="check_in", topic="marketing", best_before=now + 3 * DAY + MINUTE
    )
    assert delivered([late], now + 3 * DAY) == {"too_late": 1}, "its slot opens tomorrow"


def _slot(message: Message, now: Instant) -> Instant:
    held = delivering.deliver(message, now)
    assert isinstance(held, Delayed)
    return held.until


JOURNEYS = {  # beside onboarding, which Step Functions moves
    "soon": {"id": "soon_tips", "kind": "send", "template": "getting_started", "best_before": "2h"},
    "hello": {"id": "hello_there", "kind": "send", "template": "check_in"},
}


def test_runs_of_both_drivers_wait_for_a_cap_are_gated_again_and_say_what_became_of_them() -> None:
    shop = Shop(["onboarding"])
    capped(day=1)
    for id_, step in JOURNEYS.items():
        definition = {"id": id_, "name": id_, "sentence": "Says it.", "steps": [step]}
        trigger = {"kind": "segment", "segment": "subscribers"}
        journey = Journey.model_validate({**definition, "trigger": trigger})
        version = Version(version=1, journey=journey, published=shop.now(), by="ada", why="it is new")
        journey_definitions.publish(with_journey(journey_definitions.publication(), version), version)
    shop.passes(2 * MINUTE)
    for number in (1, 2):
        shop.customer(number)
    shop.passes(6 * HOUR)
    stays, leaves = (contact_of(shop, number) for number in (1, 2))
    assert [len(emails_of(shop, contact)) for contact in (stays, leaves)] == [1, 1], "one a day, of three that want to"
    token = tokens.issue(Token(leaves, "marketing", "", issued=shop.now()))
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = gateway.public(
        shop.system, Request("POST", f"/unsubscribe/{token}", "", headers, b"List-Unsubscribe=One-Click")
    )
    assert answer.status == 200
    shop.passes(4 * DAY)
    sent = emails_of(shop, stays)
    days = [at // DAY for at in sent.values()]
    assert len(set(days)) == len(days), "never two on one day"
    assert {"welcome", "check_in"} <= sent.keys()
    assert len(emails_of(shop, leaves)) == 1, "who has unsubscribed meanwhile gets none that waited"
    became = {(each["template"], each["status"], each["reason"]) for each in messages_of(shop, stays)}
    assert ("getting_started", "refused", "too_late") in became, "it was of use for two hours"
    records = [each for run in shop.ask("GET", f"/contacts/{stays}/runs")[1]["runs"] for each in run["records"]]
    assert sum(each["what"] == "delayed" for each in records) >= 1
    assert {each["why"] for each in records if each["what"] == "skipped"} <= {"too_late"}
    gone = {(each["template"], each["reason"]) for each in messages_of(shop, leaves) if each["status"] == "refused"}
    assert gone and {reason for _, reason in gone} <= {"no_consent", "too_late", "run_ended"}


def messages_of(shop: Shop, contact: str) -> list[Any]:
    return list(shop.ask("GET", f"/contacts/{contact}/messages?limit=200")[1]["messages"])


def emails_of(shop: Shop, contact: str) -> dict[str, Instant]:
    return {each["template"]: each["at"] for each in messages_of(shop, contact) if each["status"] == "sent"}
