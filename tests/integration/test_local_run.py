"""The local run as a whole: the demo comes out, a restart goes on, and what is broken is kept and replayed."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from infra.local import __main__ as run
from infra.local import demo, gateway, settings, site, sqs, storefront
from infra.local.gateway import Request
from infra.local.system import System, begin
from infra.local.world import World
from shared.adapters import contacts, events_queue, identities, members
from shared.domain.events import DAY, HOUR, MINUTE, SECOND, Event, Identity, IdentityKind, Instant, Type

ADA = Identity(kind=IdentityKind.SHOPIFY, value="7000000000001")


def start(file: Path | str = ":memory:", now: Instant = demo.BEGIN) -> System:
    template = settings.template()
    return begin(file, template, settings.secrets(template), now=now)


def mails(system: System) -> list[str]:
    return [mail["subject"] for mail in site.mails(system, 100)]


def test_both_stories_of_the_demo_come_out() -> None:
    told: list[str] = []
    demo.play(start(), told.append)
    assert sum("✉" in line for line in told) == 14


def test_the_demo_fails_when_its_story_does_not_come_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.message.app.gate", lambda *_: "no_consent")
    with pytest.raises(demo.StoryError, match="no mail"):
        demo.play(start(), lambda _: None)


def test_the_shop_that_make_run_begins_with_has_its_best_customers_ranked() -> None:
    system = start(now=run.HISTORY_SINCE - 60 * DAY)
    run.replay(system, customers=15)
    assert members.count("champions") > 0


def test_a_restart_goes_on_where_the_last_run_stopped(tmp_path: Path) -> None:
    first = start(tmp_path / "world.sqlite")
    storefront.post(first, storefront.sign_up(1, "Ada", demo.BEGIN))
    first.run_until(demo.BEGIN + DAY)
    first.world.save_clock()
    first.world.db.close()
    second = start(tmp_path / "world.sqlite")
    assert second.world.now() == demo.BEGIN + DAY
    assert len(mails(second)) == 1
    second.run_until(demo.BEGIN + 8 * DAY)
    assert mails(second) == ["How are you getting on, Ada?", "Three good ways to start", mails(second)[-1]]


def test_the_same_run_twice_is_the_same_in_every_row() -> None:
    outcomes = []
    for _ in range(2):
        system = start()
        storefront.post(system, storefront.sign_up(1, "Ada", demo.BEGIN))
        system.run_until(demo.BEGIN + 3 * DAY)
        lines = system.world.db.iterdump()
        outcomes.append([line for line in lines if "dynamodb_tokens" not in line])  # botocore draws those
    assert outcomes[0] == outcomes[1]


def test_a_browser_s_gzipped_batch_over_http_reaches_the_profile() -> None:
    system = start()
    batch = {"batch": [{"type": "page", "anonymousId": "b", "messageId": "m", "timestamp": "2026-01-05T08:59:00Z"}]}
    request = Request(
        "POST",
        "/v1/batch",
        headers={
            "content-type": "application/json",
            "content-encoding": "gzip",
            "authorization": "Basic bG9jYWwtd3JpdGUta2V5Og==",
        },
        body=gzip.compress(json.dumps(batch).encode()),
    )
    assert gateway.public(system, request).status == 200
    system.run_until(demo.BEGIN + 20 * SECOND)
    browser = Identity(kind=IdentityKind.ANONYMOUS, value="b")
    stored = contacts.read(identities.find([browser])[browser])
    assert stored is not None
    assert stored.profile.histories["Page Viewed"].total == 1


def test_what_cannot_be_processed_is_set_aside_and_can_be_replayed() -> None:
    system = start()
    queue, aside = system.template.reference("EventsQueue"), system.template.reference("EventsDeadLetters")
    system.session.client("sqs").send_message(QueueUrl=queue, MessageBody='{"id": "x"}')
    system.run_until(demo.BEGIN + 10 * MINUTE)
    assert sqs.next_visible_at(system.world, aside) is not None
    answer = gateway.admin(system, Request("POST", "/dead-letters/events/replay"))
    assert answer.status < 300, answer.body
    system.run_until(demo.BEGIN + 20 * MINUTE)
    listed = json.loads(gateway.admin(system, Request("GET", "/dead-letters")).body)
    assert "not an event" in json.dumps(listed)


def test_unknown_paths_are_not_found() -> None:
    system = start()
    assert gateway.public(system, Request("GET", "/nothing")).status == 404
    assert gateway.admin(system, Request("GET", "/nothing")).status == 403


def test_the_clock_cannot_be_turned_by_another_sites_page() -> None:
    system = start()
    form = {"content-type": "application/x-www-form-urlencoded"}
    foreign = Request("POST", "/local/clock", headers={**form, "origin": "https://evil.example.com"}, body=b"days=1")
    refused = site.answer(system, foreign)
    assert refused is not None
    assert refused.status == 403
    ours = Request("POST", "/local/clock", headers={**form, "origin": "http://localhost:8000"}, body=b"days=1")
    turned = site.answer(system, ours)
    assert turned is not None
    assert turned.status == 303
    assert system.world.now() == demo.BEGIN + DAY


def test_a_clock_that_runs_by_itself_passes_over_a_schedules_instant() -> None:
    system = start()
    storefront.post(system, storefront.sign_up(1, "Ada", demo.BEGIN))
    with system.hurrying():
        system.run_until(demo.BEGIN + 30 * DAY - 10)
    system.world.turn(demo.BEGIN + 30 * DAY + MINUTE + 150)  # as if it had run while nobody looked
    system.pass_time(20 * SECOND)  # the events queue's batching window
    stored = contacts.read(identities.find([ADA])[ADA])
    assert stored is not None
    assert stored.profile.memberships["new_subscribers"].since == demo.BEGIN + 30 * DAY
    assert not stored.profile.memberships["new_subscribers"].member


def test_what_falls_due_before_the_next_look_is_acted_on_no_later_than_anything_else() -> None:
    system = start()
    events_queue.put_events(
        [
            Event(
                id="cart",
                type=Type.CART_UPDATED,
                time=demo.BEGIN - HOUR + 40 * SECOND,
                received=demo.BEGIN,
                source="shopify",
                identities=(ADA,),
                properties={"cart_id": "1", "product_id": ["mug"], "total": "20.00"},
            )
        ]
    )
    system.run_until(demo.BEGIN + 3 * MINUTE)
    items = contacts.items(identities.find([ADA])[ADA], "TRANSITION#")
    (entry,) = [item for item in items if item["segment"]["S"] == "abandoned_cart"]
    assert int(entry["time"]["N"]) == demo.BEGIN + 40 * SECOND
    assert int(entry["recorded"]["N"]) <= demo.BEGIN + 55 * SECOND


def test_time_never_goes_back() -> None:
    world = World(now=1000)
    world.turn(500)
    assert world.now() == 1000
