"""Refresh: who is due is woken; drafts are tried, published and filled while the shop goes on; what drifts is repaired.

All of it on the local run: webhooks and the operators' requests come in over HTTP, and the workflow is the real one.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.export import app as export
from functions.refresh import app as refresh
from functions.refresh import passes
from infra.local import launching
from infra.local.aws.calls import Call
from infra.local.system import ProcessDied
from shared.adapters import contacts, definitions, members
from shared.adapters.events_queue import put_events
from shared.domain.conditions import Segment
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, SECOND, Event, Json, Type, evaluation_due
from shared.domain.profiles.transitions import Membership
from tests.integration.shop import Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def tiny_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passes, "MAX_CONTACTS", 2)
    monkeypatch.setattr(passes, "MAX_ROWS", 2)
    monkeypatch.setattr(passes, "MAX_SEGMENTS", 20)
    monkeypatch.setattr(export, "MAX_CONTACTS", 3)


def orders(at_least: int, **more: Json) -> Json:
    return {"kind": "orders", "at_least": at_least, **more}


# ── wake-ups ──


def test_who_is_due_is_woken_and_nobody_else(shop: Shop) -> None:
    for number in range(3):
        shop.customer(number)
    shop.passes(DAY)
    shop.customer(3)
    shop.passes(29 * DAY + MINUTE)
    assert len(shop.members("new_subscribers")) == 1
    left = [t for t in shop.transitions("new_subscribers") if not t.entered]
    assert {t.cause for t in left} == {"time"}
    assert len(left) == 3


def evaluations(shop: Shop) -> list[str]:
    """Whom the messages on the queue ask to be evaluated."""
    bodies = shop.system.world.db.execute("SELECT body FROM queue_messages WHERE queue = 'EventsQueue'")
    found = [Event.model_validate_json(body) for (body,) in bodies]
    return sorted(event.identities[0].value for event in found if event.type == Type.EVALUATION_DUE)


def test_a_wake_up_is_put_on_the_queue_once_however_long_it_waits_there(shop: Shop) -> None:
    for number in range(5):
        shop.customer(number)
    shop.passes(DAY)
    due = shop.now() + 29 * DAY  # when they are no longer new; the profile function stands still from here on
    for minute in range(60):
        shop.system.world.turn(due + minute * MINUTE)
        refresh.wake(shop.now())
    assert len(evaluations(shop)) == len(set(evaluations(shop))) == 5
    shop.system.world.turn(due + HOUR)
    assert refresh.wake(due + HOUR) == 5  # by now it may have been lost
    assert refresh.wake(due + HOUR + SECOND) == 0


def test_a_look_that_fails_is_made_up_for(shop: Shop) -> None:
    shop.customer(0)
    shop.passes(DAY)
    due = shop.now() + 29 * DAY
    shop.system.world.turn(due)

    def fail(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if call.operation == "SendMessageBatch":
            raise ProcessDied
        return perform()

    shop.fault = fail
    with pytest.raises(ProcessDied):
        refresh.wake(due)
    shop.fault = lambda _, perform: perform()
    shop.system.world.turn(due + 5 * MINUTE)
    assert refresh.wake(shop.now()) == 1


def test_an_evaluation_that_changes_nothing_writes_nothing(shop: Shop) -> None:
    shop.customer(0)
    shop.passes(DAY)
    contact = next(iter(shop.members("new_subscribers")))
    before = contacts.read(contact)
    for at in range(3):
        put_events([evaluation_due(contact, shop.now() + at, all=1)])
        shop.passes(MINUTE)
    assert contacts.read(contact) == before


# ── filling ──


@pytest.mark.usefixtures("tiny_pages")
def test_a_publication_is_filled_while_the_shop_goes_on(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(7):
        shop.customer(number, orders=number % 3)
    shop.passes(10 * MINUTE)
    definitions.publication()
    stale, newest, before, by_older = definitions._read, definitions._newest, shop.runs(), []
    number = shop.publish("buyers", orders(1, within="30d"))
    published = shop.now()
    assert shop.filling("buyers") == "waiting"

    def as_read_before(most: int) -> Any:
        """As Lambdas have it that read the definitions just before the publication, for as long as they may."""
        if most and shop.now() - published < definitions.CACHE_TTL:
            by_older.append(shop.now())
            return stale
        return newest(most)

    monkeypatch.setattr(definitions, "_newest", as_read_before)
    for each in range(20, 32):  # these come in before the first page, and between the pages
        shop.customer(each, orders=each % 2)
        shop.order(each % 7, each)
        shop.visit(f"v{each}")
        shop.passes(11 * SECOND)
    assert len(by_older) > 2
    shop.passes(5 * MINUTE)
    assert shop.filling("buyers") == "filled"
    assert shop.execution(f"fill-{number}") == "SUCCEEDED"
    shop.assert_exact()
    assert len(shop.members("buyers")) > 10
    causes = {transition.cause for transition in shop.transitions("buyers")}
    assert "definition" in causes
    assert not causes & {"launch", "repair", "rank"}
    assert not [run for run in shop.runs() if run not in before and "-buyers-" in run]
    shop.passes(31 * DAY)
    assert shop.members("buyers") == set()
    shop.assert_exact()


def test_an_edit_starts_journeys_only_when_asked_and_then_once(shop: Shop) -> None:
    for number in range(3):
        shop.customer(number)
    shop.passes(40 * DAY)
    assert shop.members("new_subscribers") == set()
    launching.switch_on(shop.system, launching.FIRST)
    recent: Json = {"kind": "consent", "is": "subscribed", "within": "90d"}
    shop.publish("new_subscribers", recent)
    shop.passes(HOUR)
    assert len(shop.members("new_subscribers")) == 3
    assert shop.runs() == []
    shop.publish("new_subscribers", {**recent, "within": "30d"})
    shop.passes(HOUR)
    assert shop.members("new_subscribers") == set()
    shop.publish("new_subscribers", {**recent, "within": "80d"}, start_journeys=True)
    shop.passes(HOUR)
    begun = shop.runs()
    assert [run.split("-")[1:] for run in begun] == [["onboarding", "1"]] * 3
    shop.passes(2 * DAY)
    assert shop.runs() == begun


def test_whoever_was_in_a_deleted_segment_leaves(shop: Shop) -> None:
    shop.customer(1, orders=1)
    shop.customer(2)
    shop.passes(MINUTE)
    shop.publish("buyers", orders(1))
    shop.passes(HOUR)
    (member,) = shop.members("buyers")
    assert shop.delete("/segments/buyers")[0] == 202
    shop.passes(HOUR)
    assert [(t.contact, t.entered, t.cause) for t in shop.transitions("buyers")] == [
        (member, True, "definition"),
        (member, False, "definition"),
    ]
    assert shop.ask("GET", "/segments/buyers")[0] == 404
    shop.assert_exact()


# ── dry runs ──


@pytest.mark.usefixtures("tiny_pages")
@pytest.mark.parametrize(
    "when",
    [
        {"kind": "orders", "at_least": 2},
        {"kind": "rank", "by": {"kind": "orders", "measure": "sum"}, "top": 30},
        {"kind": "not", "of": {"kind": "member", "segment": "customers"}},
        {"kind": "event", "event": "Order Completed", "at_least": 2, "within": "1h"},
        {"kind": "rfm", "score": "monetary", "at_least": 4, "among": "customers"},
        {"kind": "rank", "by": {"kind": "orders", "measure": "last"}, "top": 50, "among": "champions"},
    ],
)
def test_a_publication_does_what_its_dry_run_said(shop: Shop, when: Json) -> None:
    for number in range(9):
        shop.customer(number, orders=number % 4)
    shop.passes(MINUTE)
    shop.publish("tried", orders(1))
    shop.passes(10 * MINUTE)
    shop.order(8, 77)  # its event is not in the lake when the dry run begins
    shop.passes(MINUTE)
    before = shop.members("tried")
    shop.draft("tried", when)
    told = shop.dry_run("tried")
    assert (told["status"], told["mails_started"]) == ("done", 0)
    assert shop.members("tried") == before
    shop.publish("tried", when)
    shop.passes(10 * MINUTE)
    after = shop.members("tried")
    assert (told["entering"], told["leaving"], told["staying"]) == (
        len(after - before),
        len(before - after),
        len(after & before),
    )
    assert told["entering"] + told["leaving"] > 0
    shop.assert_exact()


def test_a_dry_run_says_how_many_mails_would_start(shop: Shop) -> None:
    shop.customer(1)
    shop.passes(40 * DAY)
    shop.draft("new_subscribers", {"kind": "consent", "is": "subscribed", "within": "90d"})
    assert shop.dry_run("new_subscribers")["mails_started"] == 0
    begun_by = {"kind": "segment", "segment": "new_subscribers"}
    journey = {"id": "hello", "name": "Hello", "sentence": "Says hello.", "trigger": begun_by}
    definition = {**journey, "steps": [{"kind": "send", "id": "welcome"}]}
    assert shop.ask("POST", "/journeys", {"definition": definition})[0] == 201
    assert shop.ask("POST", "/journeys/hello/publish")[0] == 200
    told = shop.dry_run("new_subscribers", start_journeys=True)
    assert (told["entering"], told["mails_started"]) == (1, 1)
    assert told["examples"] == [profile.contact for profile in shop.profiles()]


# ── the night ──


def test_what_drifts_is_repaired_by_the_next_night_and_reported(shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(3):
        shop.customer(number, orders=number)
    shop.passes(DAY)
    assert {t.cause for name in ("customers", "new_subscribers") for t in shop.transitions(name)}.isdisjoint({"repair"})
    stored = contacts.read(shop.profiles()[1].contact)
    assert stored is not None
    held = stored.profile.memberships["customers"]
    stored.profile.memberships["customers"] = Membership(not held.member, held.number, held.since, NEVER)
    contacts.commit([contacts.profile_write(stored.profile, stored.wake_at, shop.now())])
    shop.passes(DAY)
    shop.assert_exact()
    (repaired,) = [t for t in shop.transitions("customers") if t.cause == "repair"]
    assert (repaired.contact, repaired.entered) == (stored.profile.contact, held.member)
    status, told = shop.ask("GET", "/drift")
    assert (status, told["contacts"], told["memberships"], told["rolling_out"]) == (200, 1, 1, False)
    assert told["segments"] == [{"segment": "customers", "name": "Customers", "memberships": 1, "by_rank": False}]
    assert [each["contact"] for each in told["people"]] == [stored.profile.contact]
    shop.passes(DAY)  # and the next night finds nothing
    _, told = shop.ask("GET", "/drift")
    assert (told["contacts"], told["memberships"], told["segments"], told["people"]) == (0, 0, [], [])
    assert told["at"] > shop.now() - DAY


def test_what_a_deployment_brings_is_published_by_the_next_night_and_filled(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        shop.customer(number, orders=number)
    shop.publish("high_spenders", {"kind": "orders", "measure": "sum", "at_least": 40})
    shop.passes(HOUR)
    brought = [
        Segment.model_validate({**segment.model_dump(by_alias=True), "when": orders(2)})
        if segment.id in ("high_spenders", "customers")
        else segment
        for segment in definitions.shipped()
    ]
    monkeypatch.setattr(definitions, "shipped", lambda: tuple(brought))
    before = shop.runs()
    shop.passes(DAY)
    publication, _ = next(definitions.versions_of("customers"))
    assert publication.why == "a deployment brought it"
    assert len(shop.members("customers")) == 1
    form = definitions.publication().segment("high_spenders")
    assert form is not None and form not in brought
    assert shop.runs() == before
    shop.assert_exact()
    number = definitions.publication().number
    shop.passes(3 * DAY)
    assert definitions.publication().number == number


def test_cut_offs_are_worked_out_every_night(shop: Shop) -> None:
    top: Json = {"kind": "rank", "by": {"kind": "orders", "measure": "count"}, "top": 20}
    for number in range(1, 6):
        shop.customer(number, orders=number)
    shop.passes(MINUTE)
    shop.publish("best", top)
    shop.passes(10 * MINUTE)
    (best,) = shop.members("best")
    assert [t.cause for t in shop.transitions("best")] == ["definition"]
    for each in range(7):
        shop.order(1, each + 50)
    shop.passes(10 * MINUTE)
    assert len(shop.members("best")) == 2
    shop.passes(DAY)
    assert shop.members("best") != {best}
    assert [(t.contact, t.entered, t.cause) for t in shop.transitions("best")][-1:] != []
    assert "rank" in {t.cause for t in shop.transitions("best")}
    shop.assert_exact()


def test_a_night_counts_the_members_anew(shop: Shop) -> None:
    shop.customer(1, orders=1)
    shop.passes(MINUTE)
    members.count_on({"customers": 5})  # as whoever dies between members and counter leaves it
    assert members.counts()["customers"] == 6
    shop.passes(DAY)
    assert members.counts()["customers"] == 1 == members.count("customers")


# ── faults ──


def settled(shop: Shop) -> Json:
    """What the faulty runs are compared by."""
    return [
        (p.contact, p.definitions, sorted((n, m.member, m.number) for n, m in p.memberships.items()), p.transitions)
        for p in shop.profiles()
    ]


def story(shop: Shop) -> Json:
    """A night, an edit with a rank that starts journeys, and a dry run."""
    for number in range(5):
        shop.customer(number, orders=number % 3)
    shop.publish("best", {"kind": "rank", "by": {"kind": "orders", "measure": "sum"}, "top": 30})
    shop.passes(HOUR)
    shop.publish("new_subscribers", {"kind": "orders", "at_least": 1}, start_journeys=True)
    shop.passes(HOUR)
    shop.draft("best", orders(2))
    shop.ask("POST", "/segments/best/dry-run")
    shop.passes(DAY)
    shop.assert_exact()
    return settled(shop)


def die_after_each_step(shop: Shop) -> None:
    """Every step of the workflow is done once more, because its answer is lost."""
    seen: set[str] = set()

    def around(name: str, payload: Any, perform: Callable[[], Any]) -> Any:
        result = perform()
        step = json.dumps([name, payload], sort_keys=True)
        if name in ("RefreshFunction", "ExportFunction") and step not in seen:
            seen.add(step)
            raise ProcessDied
        return result

    shop.system.around = around


WRITES = ("PutItem", "SendMessageBatch", "StartQueryExecution", "PutObject")


def die_after_each_write(shop: Shop) -> None:
    """The process of a step dies after whatever it has written, each thing once."""
    seen: set[str] = set()
    running = [""]

    def around(name: str, payload: Any, perform: Callable[[], Any]) -> Any:
        running[0] = json.dumps(payload) if name in ("RefreshFunction", "ExportFunction") else ""
        try:
            return perform()
        finally:
            running[0] = ""

    def fault(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        result = perform()
        written = f"{call.operation} by {running[0]}"
        if running[0] and call.operation in WRITES and written not in seen:
            seen.add(written)
            raise ProcessDied
        return result

    shop.system.around, shop.fault = around, fault


@pytest.mark.usefixtures("tiny_pages")
@pytest.mark.parametrize("break_", [die_after_each_step, die_after_each_write])
def test_a_crash_between_any_two_steps_changes_nothing(shop: Shop, break_: Callable[[Shop], None]) -> None:
    expected = story(shop)
    broken = Shop()
    break_(broken)
    assert story(broken) == expected
    assert broken.runs() == [run for run in broken.runs() if run]
