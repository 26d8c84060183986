"""The local run as a whole: the demo comes out, a restart goes on, and what is broken is kept and replayed."""

from __future__ import annotations

import gzip
import heapq
import json
import re
import socket
import sqlite3
import stat
import threading
import zlib
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from infra.local import directory, gateway, launching, running, settings
from infra.local.__main__ import main
from infra.local.aws import sqs
from infra.local.aws.world import World
from infra.local.gateway import Request
from infra.local.screens import site
from infra.local.shop import demo, history, shoppers, storefront, visitors
from infra.local.system import System, _as_lambda_answers, begin
from shared.adapters import catalogue, contacts, definitions, events_queue, identities, members, sign_ups
from shared.adapters.clients import client
from shared.domain.events import DAY, HEARD_AFTER, HOUR, MINUTE, SECOND, Event, Identity, IdentityKind, Instant, Type
from shared.domain.forms import SignUp
from shared.domain.profiles import Profile

EXPERIMENTS = ("/experiments/welcome_subject/results", f"/experiments/{launching.DECIDED}")
ADA = Identity(kind=IdentityKind.SHOPIFY, value="7000000000001")


def start(file: Path | str = ":memory:", now: Instant = demo.BEGIN) -> System:
    template = settings.template()
    system = begin(file, template, settings.secrets(template), now=now)
    launching.switch_on(system, launching.FIRST)
    return system


def mails(system: System) -> list[str]:
    return [mail["subject"] for mail in site.mails(system, 100)]


def test_a_sign_up_is_answered_with_a_mail_within_two_seconds() -> None:
    system = start()
    system.run_until(demo.BEGIN + 400)  # not at the begin of a second, nor of a minute
    storefront.post(system, storefront.sign_up(1, "Ada", system.world.now()))
    system.run_until(demo.BEGIN + 400 + 2 * SECOND)
    assert len(mails(system)) == 1


def test_a_visit_is_gathered_and_overtaken_by_what_somebody_waits_for() -> None:
    system = start()
    storefront.post(system, storefront.sign_up(1, "Ada", demo.BEGIN))
    system.run_until(demo.BEGIN + 2 * SECOND)
    contact = identities.find([ADA])[ADA]
    someone = (Identity(kind=IdentityKind.CONTACT, value=contact),)
    now = system.world.now()
    for type_ in (Type.PAGE_VIEWED, "Quiz Finished"):
        told = Event(id=type_, type=type_, time=now, stated=now, received=now, source="admin", identities=someone)
        events_queue.put_events([told])
    system.run_until(now + 2 * SECOND)
    stored = contacts.read(contact)
    assert stored is not None
    assert "Quiz Finished" in stored.profile.histories
    assert Type.PAGE_VIEWED not in stored.profile.histories
    system.run_until(now + 21 * SECOND)
    stored = contacts.read(contact)
    assert stored is not None
    assert Type.PAGE_VIEWED in stored.profile.histories


def test_both_stories_of_the_demo_come_out() -> None:
    told: list[str] = []
    demo.play(start(), told.append)
    assert sum("✉" in line for line in told) == 16


def test_the_demo_fails_when_its_story_does_not_come_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.adapters.delivering.gate", lambda *_: "no_consent")
    with pytest.raises(demo.StoryError, match="no email"):
        demo.play(start(), lambda _: None)


def test_the_shop_that_make_run_begins_with_has_people_in_every_shipped_segment_and_journey() -> None:
    """On its few customers; the best are ranked, and what was made up says so. Its campaigns have gone out, one
    experiment is going on and one is decided, and some are held out of all emails."""
    system = start(now=running.BEGINS - 60 * DAY)
    launching.settle_in()
    launching.open_forms(system)
    launching.plan(system)
    running.replay(system, customers=15)
    assert system.world.now() == visitors.END
    of_nights = {"likely_to_buy", "likely_to_churn"}  # of so few customers, a night says nothing
    assert {id_ for id_ in definitions.segments().segments if not members.count(id_)} == of_nights
    told = json.loads(gateway.admin(system, Request("GET", "/journeys")).body)["journeys"]
    assert [each["id"] for each in told if each["state"] != "live" or not each["entered"]] == []
    campaigns = json.loads(gateway.admin(system, Request("GET", "/campaigns")).body)["campaigns"]
    assert [each["state"] for each in campaigns] == ["done"] * (
        len((*launching.EARLY_CAMPAIGNS, *launching.LATER_CAMPAIGNS)) + 1
    )
    assert all("made up" in each["name"] for each in (*campaigns, *launching.EXPERIMENTS))
    under_way, decided = (json.loads(gateway.admin(system, Request("GET", path)).body) for path in EXPERIMENTS)
    assert sum(arm["people"] for arm in under_way["arms"]) > 0
    assert decided["state"] == "decided" and "0 of 0" not in decided["decision"]["result"][0]
    holdout = json.loads(gateway.admin(system, Request("GET", "/reports/holdout")).body)
    assert holdout["word"] == "not_enough" and min(holdout[side]["people"] for side in ("held_out", "sent")) > 0
    signed_up, brought = "made.up@example.net", f"{visitors.lives.NAMES[0].lower()}@market.example.com"
    known = identities.find([Identity(kind=IdentityKind.EMAIL, value=each) for each in (signed_up, brought)])
    assert len(known) == 2
    of_sites = [
        event
        for shard in range(contacts.SHARDS)
        for contact in contacts.first_of_shard(shard, "", 1_000)
        for event in contacts.events(contact)
        if event.type in ("Product Viewed", "Products Searched", "Product Added to Wishlist", "Trial Started")
    ]
    assert len(of_sites) > 20
    of_lives = [event for event in of_sites if not event.properties.get("made_up")]
    assert len(of_lives) < 3  # `lives` has ways of its own


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
    assert gateway.admin(system, Request("GET", "/nothing")).status == 404


@pytest.mark.parametrize("path", ["/local/clock", "/local/webhooks", "/mailbox/1", "/admin/dead-letters/events/replay"])
def test_nothing_here_is_done_for_another_sites_page(path: str) -> None:
    def refused(host: str, **origin: str) -> bool:
        return gateway.refusal(Request("POST", path, headers={"host": host, **origin})) is not None

    assert not refused("localhost:8000", origin="http://localhost:8000")
    assert not refused("localhost:8000")  # a program
    assert not refused("127.0.0.1:8000", origin="http://127.0.0.1:8000")
    for origin in ("https://evil.example.com", "http://localhost.evil.example", "null", "http://localhost:9000", ""):
        assert refused("localhost:8000", origin=origin), origin
    assert refused("evil.example.com:8000", origin="http://evil.example.com:8000")  # a name that leads to this machine
    assert gateway.refusal(Request("POST", "/v1/track", headers={"host": "x.example.com", "origin": "null"})) is None


def turned(system: System, body: bytes) -> Any:
    answered = site.answer(system, Request("POST", "/local/clock", body=body))
    assert answered is not None
    return answered


def test_time_is_turned_while_the_pages_go_on_answering() -> None:
    system = start()
    storefront.post(system, storefront.sign_up(1, "Ada", demo.BEGIN))
    assert turned(system, b'{"seconds": 7776000}').status == 202
    assert turned(system, b'{"seconds": 60}').status == 409
    with system.world.lock:
        half_way = site.answer(system, Request("GET", "/"))
        told = json.loads(site.answer(system, Request("GET", "/local/clock")).body)  # type: ignore[union-attr]
    assert half_way is not None
    assert told["until"] == demo.BEGIN + 90 * DAY
    assert told["instant"] < told["until"]
    assert b"<progress" in half_way.body
    assert system.turning is not None
    assert system.turning.thread is not None
    system.turning.thread.join()
    told = json.loads(site.answer(system, Request("GET", "/local/clock")).body)  # type: ignore[union-attr]
    assert (told["turning"], told["instant"], told["emails"]) == (False, demo.BEGIN + 90 * DAY, len(mails(system)))
    assert told["emails"] > 5


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'{"seconds": 1e999}', b'{"seconds": 1.5}', b'{"seconds": true}', b'{"seconds": -1}',
        b'{"seconds": "x"}', b'{"seconds": 99999999999}', b'{"days": 4000}', b'{"days": 1, "seconds": 1}', b"\xff",
    ],
)  # fmt: skip
def test_what_is_no_stretch_of_time_is_an_error(body: bytes) -> None:
    system = start()
    answered = turned(system, body)
    assert answered.status == 400
    assert json.loads(answered.body)["detail"]
    assert system.world.now() == demo.BEGIN


@pytest.mark.parametrize("limit", ["0", "-1", "x", "1e3", "99999"])
def test_so_many_emails_are_not_listed(limit: str) -> None:
    answered = site.answer(start(), Request("GET", "/local/mails", f"limit={limit}"))
    assert answered is not None
    assert answered.status == 400


def test_both_buttons_of_the_start_page_end_in_an_email() -> None:
    system = start()
    for what, subject in (("sign-up", "Welcome"), ("order", "Thank you"), ("order", ""), ("sign-up", "Welcome")):
        form = {"content-type": "application/x-www-form-urlencoded"}
        body = f"what={what}".encode()
        answered = site.answer(system, Request("POST", "/local/webhooks", headers=form, body=body))
        assert answered is not None
        assert answered.status == 303
        path, _, query = answered.headers["location"].partition("?")
        before = site.answer(system, Request("GET", path, query))
        assert before is not None
        assert b'http-equiv="refresh"' in before.body
        system.pass_time(40 * SECOND)
        after = site.answer(system, Request("GET", path, query))
        assert after is not None
        assert b'http-equiv="refresh"' not in after.body, what
        assert subject in mails(system)[0]


def test_a_products_stock_and_price_can_be_told() -> None:
    system = start()

    def told(**body: Any) -> Any:
        raw = json.dumps({"what": "product", **body}).encode()
        headers = {"content-type": "application/json"}
        answered = site.answer(system, Request("POST", "/local/webhooks", headers=headers, body=raw))
        assert answered is not None
        return answered.status, json.loads(answered.body)

    status, answer = told(stock=3, price="19.50")
    assert (status, answer["stock"], answer["price"]) == (200, 3, "19.50")
    system.pass_time(MINUTE)
    held = catalogue.product("shopify", "632910392")
    assert held is not None
    assert (held.variants["808950810"].stock, held.variants["808950810"].price) == (3, 1950)
    assert told(price="cheap")[0] == 400
    assert told(stock="many")[0] == 400


def test_an_order_is_by_who_signed_up_last() -> None:
    system = start()
    signed_up = shoppers.sign_up(system)
    assert shoppers.place_order(system).email == signed_up.email
    assert shoppers.place_order(system).email != signed_up.email
    assert shoppers.sign_up(system, 1).email == "ada.1@example.com"


def test_more_customers_than_the_sample_has_are_like_its_own() -> None:
    own = history.own_customers(running.HISTORY_SINCE)
    lives = [list(life) for life in history.more_like_them(250, since=running.HISTORY_SINCE)]
    said = [webhook for life in lives for webhook in life]
    created = [webhook.body["id"] for webhook in said if webhook.topic == "customers/create"]
    orders = [webhook.body["id"] for webhook in said if webhook.topic == "orders/create"]
    assert own < len(set(created)) == len(created) == 250
    assert len(set(orders)) == len(orders) > 500
    assert all(a.at <= b.at for life in lives for a, b in pairwise(life))


def test_who_is_brought_over_in_batches_is_as_if_their_life_had_been_played() -> None:
    """But for when we heard of it: so nobody is said to have been silent while nobody listened."""
    lives = [list(life) for life in history.more_like_them(12, since=running.HISTORY_SINCE)]
    played, one_by_one = _after(heapq.merge(*lives, key=lambda webhook: webhook.at))
    brought, in_batches = _after(history.brought_over(lives, running.BROUGHT_OVER))
    assert one_by_one > 50
    assert in_batches < 10
    assert len(played) == len(lives)
    assert {contact: _told(profile) for contact, profile in brought.items()} == {
        contact: _told(profile) for contact, profile in played.items()
    }
    moved = {
        segment
        for contact, profile in played.items()
        for segment in definitions.segments().segments
        if _is_in(profile, segment) != _is_in(brought[contact], segment)
    }
    assert moved == {"inactive", "just_lapsed"}
    assert not any(_is_in(profile, segment) for profile in brought.values() for segment in moved)
    assert any(_is_in(profile, "customers") for profile in brought.values())


def _after(said: Iterable[history.Webhook]) -> tuple[dict[str, Profile], int]:
    """Everybody once all of this was said, and how often their profiles were written for it. No journey is live."""
    waiting = list(said)
    template = settings.template()
    system = begin(":memory:", template, settings.secrets(template), now=waiting[0].at - DAY)
    system.ticks = [tick for tick in system.ticks if tick.reads_index is not None]  # nothing else falls due
    with system.hurrying():
        for webhook in waiting:
            system.run_until(webhook.at)
            storefront.post(system, webhook)
        system.run_until(running.BROUGHT_OVER + HOUR)
    everybody = [each for shard in range(contacts.SHARDS) for each in contacts.first_of_shard(shard, "", 100)]
    found = {stored.profile.contact: stored.profile for stored in contacts.read_all(everybody)}
    return found, system.invocations["ProfileFunction"]


def _told(profile: Profile) -> str:
    """What was told of somebody, without how much later than it was."""
    of_events = (profile.traits, profile.tags, profile.consent, profile.earlier, profile.histories, profile.orders)
    return re.sub(r"after=\d+", "", repr((*of_events, profile.older_orders, sorted(profile.identities))))


def _is_in(profile: Profile, segment: str) -> bool:
    return segment in profile.memberships and profile.memberships[segment].member


def test_the_looks_for_whom_to_remind_begin_once_somebody_waits_for_that() -> None:
    system = start()
    system.run_until(demo.BEGIN + 5 * HOUR)
    assert "FormFunction" not in system.invocations
    signed_up = sign_ups.Kept("one", "hash", "newsletter", 1, system.world.now(), SignUp(None, {}, (), False))
    sign_ups.keep(signed_up, "ada@example.com")
    sign_ups.confirm(signed_up, system.world.now())
    system.run_until(demo.BEGIN + 35 * HOUR)
    assert list(sign_ups.reminders(system.world.now())) == []
    assert 24 <= system.invocations["FormFunction"] < 30


# ── stopping and going on ──


def test_one_server_at_a_time_has_the_directory_and_beginning_anew_asks_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(settings, "DIRECTORY", tmp_path / "run")
    with directory.claim(settings.DIRECTORY):
        (settings.DIRECTORY / "world.sqlite").write_text("a world")
        monkeypatch.setattr("sys.argv", ["beckon", "run", "--fresh", "--port", "8019"])
        assert main() == 1
        assert "going on" in capsys.readouterr().err
        assert (settings.DIRECTORY / "world.sqlite").read_text() == "a world"
    assert stat.S_IMODE(settings.DIRECTORY.stat().st_mode) == 0o700
    with gateway.Server(0) as other:
        monkeypatch.setattr("sys.argv", ["beckon", "run", "--fresh", "--port", str(other.server_port)])
        assert main() == 1
        assert "make run PORT=" in capsys.readouterr().err
        assert (settings.DIRECTORY / "world.sqlite").read_text() == "a world"
    directory.clear(settings.DIRECTORY)
    assert [path.name for path in settings.DIRECTORY.iterdir()] == [directory.HELD]


def test_a_run_of_an_older_version_is_not_gone_on_with_but_said_to_begin_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(settings, "DIRECTORY", tmp_path)
    monkeypatch.setattr(settings, "WORLD", tmp_path / "world.sqlite")
    system = start(settings.WORLD)
    storefront.post(system, storefront.sign_up(1, "Ada", demo.BEGIN))
    system.run_until(demo.BEGIN + HOUR)
    (contact,) = [each for shard in range(contacts.SHARDS) for each in contacts.first_of_shard(shard, "", 1)]
    assert running.is_readable(system)
    client("dynamodb").update_item(
        TableName=contacts.table(),
        Key=contacts.key(contact, contacts.PROFILE),
        UpdateExpression="SET profile = :old",
        ExpressionAttributeValues={":old": {"B": zlib.compress(b"{}")}},
    )
    system.world.save_clock()
    system.world.db.close()
    monkeypatch.setattr("sys.argv", ["beckon", "run", "--port", "8091"])
    assert main() == 1
    assert "make run FRESH=1" in capsys.readouterr().err


def test_a_world_without_an_index_that_is_asked_by_now_is_not_gone_on_with(tmp_path: Path) -> None:
    template = settings.template()
    indexes = template.resources["Contacts"].properties["GlobalSecondaryIndexes"]
    system = begin(tmp_path / "world.sqlite", template, settings.secrets(template), demo.BEGIN)
    assert running.is_readable(system)
    indexes.append({**indexes[0], "IndexName": "new"})
    assert not running.is_readable(system)


def test_a_world_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    World(tmp_path / "world.sqlite").set_setting("a", "b")
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--customers", "-1"],
        ["run", "--customers", "10001"],
        ["run", "--port", "99999"],
        ["--port", "0", "status"],
        ["mailbox", "--limit", "x"],
        ["send-webhook", "order", "--number", "0"],
    ],
)
def test_a_wrong_number_on_the_command_line_is_said(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["beckon", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "whole number" in capsys.readouterr().err


def test_a_night_that_was_begun_and_not_ended_goes_on(tmp_path: Path) -> None:
    """Killed at any moment: what was begun is not begun again, and is in nobody's way."""
    template = settings.template()
    first = start(tmp_path / "world.sqlite")
    storefront.post(first, storefront.sign_up(1, "Ada", demo.BEGIN))
    steps = first.running_until(demo.BEGIN + 2 * DAY)
    nightly = "SELECT COUNT(*) FROM executions WHERE name LIKE 'RefreshWorkflow%'"
    while not has_table(first, "executions") or first.world.db.execute(nightly).fetchone()[0] == 0:
        next(steps)
    instant = first.world.now()
    for ticks in first.ticks:
        if ticks.starts_workflow:  # as if it had died before it wrote down that the night had begun
            first.world.set_setting(ticks.setting, str(demo.BEGIN))
    first.world.db.close()
    second = begin(tmp_path / "world.sqlite", template, settings.secrets(template))
    assert second.world.now() == instant
    second.run_until(demo.BEGIN + 2 * DAY)
    assert second.world.db.execute(nightly).fetchone()[0] == 2


def has_table(system: System, name: str) -> bool:
    rows = system.world.db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (name,)).fetchall()
    return bool(rows)


def test_what_cannot_be_committed_is_not_acknowledged_and_neither_is_it_in_the_way(tmp_path: Path) -> None:
    world = World(tmp_path / "world.sqlite")
    world.set_setting("kept", "before")
    world.db.execute("PRAGMA max_page_count = 60")
    full = False
    for number in range(200):
        try:
            with world.atomic(), world.atomic():
                world.set_setting(f"n{number}", "x" * 5000)
        except sqlite3.OperationalError:
            full = True
            break
    assert full
    assert not world.db.in_transaction
    world.db.execute("PRAGMA max_page_count = 1000")
    with world.atomic():
        world.set_setting("kept", "after")
    with sqlite3.connect(tmp_path / "world.sqlite") as other:
        assert other.execute("SELECT value FROM settings WHERE name = 'kept'").fetchone() == ("after",)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"POST /v1/track HTTP/1.1\r\nHost: localhost\r\nContent-Length: abc\r\n\r\n", 400),
        (b"POST /v1/track HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /v1/track HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n", 413),
        (b"POST /v1/track HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (
            b"POST /v1/track HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic bG9jYWwtd3JpdGUta2V5Og==\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
            b'10\r\n{"anonymousId": \r\n18\r\n"a", "event": "Tried it"\r\n1\r\n}\r\n0\r\n\r\n',
            200,
        ),
    ],
)  # fmt: skip
def test_a_body_is_read_however_it_comes_or_refused(sent: bytes, status: int) -> None:
    system = start()
    server = gateway.serve(system, 0, site.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as client:
            client.sendall(sent)
            assert client.recv(100).split()[1] == str(status).encode()
    finally:
        server.shutdown()
        server.server_close()


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


def cart_updated(at: int) -> Event:
    """A cart of Ada's, changed an hour before it is to be called abandoned."""
    return Event(
        id=f"cart-{at}",
        type=Type.CART_UPDATED,
        time=at,
        received=max(at, demo.BEGIN),
        source="shopify",
        identities=(ADA,),
        properties={"cart_id": "1", "product_id": ["mug"], "total": "20.00"},
    )


def entries(segment: str) -> list[dict[str, Any]]:
    items = contacts.items(identities.find([ADA])[ADA], "TRANSITION#")
    return [item for item in items if item["segment"]["S"] == segment]


def test_what_falls_due_before_the_next_look_is_acted_on_as_soon_as_all_is_heard() -> None:
    system = start()
    due = demo.BEGIN + 40 * SECOND
    events_queue.put_events([cart_updated(due - HOUR)])
    system.run_until(demo.BEGIN + 3 * MINUTE)
    (entry,) = entries("abandoned_cart")
    assert int(entry["time"]["N"]) == due
    assert due + HEARD_AFTER <= int(entry["recorded"]["N"]) <= due + HEARD_AFTER + 20 * SECOND


def test_what_somebody_waits_for_asserts_no_silence_while_a_visit_is_gathered() -> None:
    system = start()
    due = demo.BEGIN + 40 * SECOND
    events_queue.put_events([cart_updated(due - HOUR)])
    system.run_until(due - 2 * SECOND)
    events_queue.put_events([cart_updated(due - 2 * SECOND)])  # so it is not abandoned, once it is off its queue
    system.run_until(due + 3 * SECOND)
    quiz = cart_updated(due + 3 * SECOND).model_copy(update={"type": "Quiz Finished", "properties": {}})
    events_queue.put_events([quiz])
    system.run_until(due + 3 * MINUTE)
    assert entries("abandoned_cart") == []
    system.run_until(due + HOUR + 3 * MINUTE)
    (entry,) = entries("abandoned_cart")
    assert int(entry["time"]["N"]) == due + HOUR - 2 * SECOND


def test_time_never_goes_back() -> None:
    world = World(now=1000)
    world.turn(500)
    assert world.now() == 1000


def test_an_answer_is_what_lambda_s_json_makes_of_it() -> None:
    class Place(NamedTuple):
        shard: int
        after: str

    told = {"next": Place(3, "c"), "all": [Place(1, "a"), (2, "b")]}
    assert _as_lambda_answers(told) == {
        "next": {"shard": 3, "after": "c"},
        "all": [{"shard": 1, "after": "a"}, [2, "b"]],
    }
