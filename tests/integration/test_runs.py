"""Runs on the local run: what begins them, moves them and ends them, from the storefront's webhook to the mailbox."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.local.aws import eventbridge, ses
from infra.local.aws.calls import AwsError, Call
from shared.adapters import (
    athena,
    clock,
    contact_runs,
    contacts,
    dead_letters,
    events_queue,
    identities,
    journey_definitions,
    outlived,
    run_counts,
    shop_settings,
)
from shared.adapters.caches import forget_all
from shared.adapters.clients import client
from shared.domain.events import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    ConsentChange,
    Event,
    Identity,
    IdentityKind,
    Type,
    evaluation_due,
    iso,
    parse_instant,
)
from shared.domain.journeys import asl
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.publications import Version, with_journey, with_state, with_step_state
from shared.domain.journeys.runs import LEAVING, Moved, Run
from shared.domain.journeys.telling import tell
from shared.domain.settings import QuietHours, ShopSettings
from tests.integration.shop import Shop

ADA, GRACE = 1, 2
AFTER = 5 * SECOND
THANKS = {"id": "thanks", "kind": "send", "template": "thank_you"}
HAND = {"kind": "hand"}
LATER = {"id": "later", "kind": "wait", "for": "2d"}
TIPS = {"id": "tips", "kind": "send", "template": "getting_started"}


class Journeys(Shop):
    """A shop that publishes journeys, and looks at what becomes of them."""

    def journey(self, *steps: dict[str, Any], id: str = "j", under_way: Any = "finish", **more: Any) -> None:
        told = {"trigger": {"kind": "event", "events": ["Order Completed"]}, "entry": {"again": "each"}, **more}
        journey = Journey.model_validate({"id": id, "name": id, "sentence": "Says it.", "steps": steps, **told})
        held = journey_definitions.publication()
        number = held.journeys[id].version + 1 if id in held.journeys else 1
        version = Version(version=number, journey=journey, published=self.now(), by="a test", why="it is new")
        journey_definitions.publish(with_journey(held, version, under_way), version)

    def switch(self, state: Any, id: str = "j") -> None:
        journey_definitions.publish(with_state(journey_definitions.publication(), id, state, self.now(), "a test"))
        self.poke()

    def step(self, step: str, state: Any, id: str = "j") -> None:
        held = journey_definitions.publication()
        journey_definitions.publish(with_step_state(held, id, step, state, self.now(), "a test"))
        self.poke()

    def poke(self) -> None:
        """Has everybody look again, as the admin does after a publication."""
        number = journey_definitions.publication().number
        events_queue.put_events([evaluation_due(each.contact, self.now(), journeys=number) for each in self.profiles()])

    def contact(self, number: int) -> str:
        identity = Identity(kind=IdentityKind.EMAIL, value=self.customers[number]["email"])
        return identities.find([identity])[identity]

    def runs_of(self, number: int, id: str = "j") -> list[Run]:
        return [kept.run for kept in contact_runs.of_contact(self.contact(number), id)]

    def run_of(self, number: int) -> Run:
        (run,) = self.runs_of(number)
        return run

    def events(self, number: int) -> list[Event]:
        return list(contacts.events(self.contact(number)))

    def happen(self, number: int, type_: str, **more: Any) -> None:
        """Something that one of our own parts tells of the contact."""
        who = (Identity(kind=IdentityKind.CONTACT, value=self.contact(number)),)
        t = self.now()
        told = Event(id=f"{type_}-{t}", type=type_, time=t, received=t, source="preference", identities=who, **more)
        events_queue.put_events([told])

    def erase(self, number: int) -> None:
        self.happen(number, Type.ERASURE_REQUESTED)

    def identify(self, browser: str, number: int) -> None:
        """The visitor logs in."""
        body = {
            "anonymousId": browser,
            "messageId": f"{browser}-in",
            "traits": {"email": self.customers[number]["email"]},
        }
        self.track("identify", body)

    def mend(self) -> int:
        return int(self.system.invoke("RefreshFunction", {"task": "runs"})["outlived"])

    def row_shard(self, number: int) -> str:
        return f"runs#j#{contacts.shard_of(self.contact(number))}"

    def unsubscribe(self, number: int) -> None:
        self.happen(number, Type.CONSENT_CHANGED, consent=(ConsentChange(state="unsubscribed"),))

    def mails(self, number: int) -> list[str]:
        """The steps of which the customer has mail, in order."""
        rows = self.system.world.db.execute("SELECT id, recipients FROM mailbox ORDER BY rowid").fetchall()
        address = self.customers[number]["email"]
        return [ses.mail(self.system.world, id_).tags["step"] for id_, recipients in rows if address in recipients]

    def tell(self, number: int, told: Any) -> None:
        events_queue.put_events([tell(self.contact(number), told, self.now())])
        self.passes(AFTER)

    def assert_sums(self, id: str = "j") -> None:
        """Those who entered are those who wait and those who left by each reason: of the journey and of each step."""
        counts: Counter[tuple[str, str]] = Counter()
        for each in run_counts.counts(id):
            counts[each.step, each.what] += each.n
        rows = list(run_counts.rows(id))
        items = [kept.run for p in self.profiles() for kept in contact_runs.of_contact(p.contact, id)]
        waiting = Counter(row.step for row in rows if row.outcome is None)
        began, ended = counts["", "began"], sum(n for (_, what), n in counts.items() if what == "ended")
        assert began - ended == sum(waiting.values())
        assert sum(run.goes_on for run in items) == sum(waiting.values())
        for step in {step for step, _ in counts} - {""}:
            left = sum(n for (of, what), n in counts.items() if of == step and what in LEAVING)
            assert counts[step, "entered"] - left == waiting[step], step


@pytest.fixture
def shop() -> Iterator[Journeys]:
    yield Journeys()
    forget_all()
    clock.use(None)


def signed_up(shop: Journeys, *numbers: int) -> None:
    for number in numbers or (ADA,):
        shop.customer(number)
    shop.passes(10 * MINUTE)


def test_an_order_begins_a_run_that_sends_waits_and_sends(shop: Journeys) -> None:
    shop.journey(THANKS, LATER, TIPS)
    signed_up(shop)
    began = shop.now()
    shop.order(ADA)
    shop.passes(2 * SECOND)
    assert shop.mails(ADA)[-1] == "thanks"
    assert shop.run_of(ADA).step == "later"
    assert shop.now() - began <= 2 * SECOND
    shop.passes(2 * DAY - MINUTE)
    assert "tips" not in shop.mails(ADA)
    shop.passes(3 * MINUTE)
    assert shop.mails(ADA)[-1] == "tips"
    run = shop.run_of(ADA)
    assert (run.outcome, [(r.step, r.what) for r in run.records]) == (
        "completed",
        [
            ("", "began"),
            ("thanks", "entered"),
            ("thanks", "sent"),
            ("later", "entered"),
            ("later", "passed"),
            ("tips", "entered"),
            ("tips", "sent"),
            ("", "ended"),
        ],
    )
    shop.assert_sums()
    told = [event.properties for event in shop.events(ADA) if event.type == Type.JOURNEY_COMPLETED]
    assert [each["outcome"] for each in told if each["journey"] == "j"] == ["completed"]


def test_an_order_ends_the_wait_for_the_next_email(shop: Journeys) -> None:
    shop.journey(THANKS, LATER, TIPS, exits=[{"on": {"kind": "event", "events": ["Order Completed"]}, "goal": True}])
    signed_up(shop)
    shop.order(ADA)
    shop.passes(DAY)
    shop.order(ADA, 1)
    shop.passes(AFTER)
    first, *others = shop.runs_of(ADA)
    assert (first.outcome, first.reached_goal) == ("goal", True)
    shop.passes(5 * DAY)
    assert shop.mails(ADA).count("tips") == len(others)
    shop.assert_sums()


def test_a_no_ends_it(shop: Journeys) -> None:
    shop.journey(THANKS, LATER, TIPS)
    signed_up(shop)
    shop.order(ADA)
    shop.passes(DAY)
    shop.unsubscribe(ADA)
    shop.passes(AFTER)
    assert shop.run_of(ADA).outcome == "unsubscribed"
    shop.passes(5 * DAY)
    assert "tips" not in shop.mails(ADA)
    shop.assert_sums()


def test_who_is_erased_has_no_runs_and_leaves_nothing_of_them(shop: Journeys) -> None:
    shop.journey(THANKS, LATER, TIPS)
    signed_up(shop)
    shop.order(ADA)
    shop.passes(DAY)
    contact = shop.contact(ADA)
    shop.erase(ADA)
    shop.passes(10 * MINUTE)
    assert list(contacts.items(contact, contact_runs.PREFIX)) == []
    assert list(run_counts.rows("j")) == []
    assert [(each.step, each.why, each.n) for each in run_counts.counts("j") if each.what == "ended"] == [
        ("later", "erased", 1)
    ]
    shop.passes(5 * DAY)
    assert "tips" not in shop.mails(ADA)
    shop.assert_sums()


def test_the_runs_of_a_browser_end_when_it_turns_out_to_be_somebody_s(shop: Journeys) -> None:
    shop.journey(LATER, TIPS, trigger={"kind": "event", "events": ["Page Viewed"]})
    signed_up(shop)
    shop.visit("browser-1")
    shop.passes(MINUTE)
    (anonymous,) = [profile.contact for profile in shop.profiles() if profile.contact != shop.contact(ADA)]
    assert [kept.run.step for kept in contact_runs.of_contact(anonymous)] == ["later"]
    shop.identify("browser-1", ADA)
    shop.passes(MINUTE)
    assert list(contacts.items(anonymous, contact_runs.PREFIX)) == []
    # What they did a minute ago is theirs, and begins it for them.
    assert [run.step for run in shop.runs_of(ADA)] == ["later"]
    shop.passes(3 * DAY)
    assert shop.mails(ADA).count("tips") == 1
    shop.assert_sums()


def test_a_journey_that_is_paused_sends_nothing_and_goes_on_when_it_is_live_again(shop: Journeys) -> None:
    shop.journey(THANKS, LATER, TIPS)
    signed_up(shop)
    shop.order(ADA)
    shop.passes(DAY)
    shop.switch("paused")
    shop.passes(5 * DAY)
    assert (shop.run_of(ADA).step, "tips" in shop.mails(ADA)) == ("later", False)
    shop.switch("live")
    shop.passes(2 * MINUTE)
    assert shop.mails(ADA)[-1] == "tips"
    shop.assert_sums()


def test_an_email_under_review_is_held_until_somebody_lets_it_go(shop: Journeys) -> None:
    shop.journey(THANKS, LATER, TIPS)
    shop.step("thanks", "review")
    signed_up(shop)
    shop.order(ADA)
    shop.passes(HOUR)
    run = shop.run_of(ADA)
    assert (run.step, run.held, "thanks" in shop.mails(ADA)) == ("thanks", True, False)
    (row,) = run_counts.rows("j")
    assert row.held
    shop.tell(ADA, Moved(shop.now(), run.id, None, "an operator", release=True))
    assert shop.mails(ADA)[-1] == "thanks"
    assert shop.run_of(ADA).step == "later"
    assert not next(run_counts.rows("j")).held


def test_a_step_that_is_paused_holds_even_what_waits_to_be_sent(shop: Journeys) -> None:
    shop.journey(LATER, TIPS)
    signed_up(shop)
    shop.order(ADA)
    shop.passes(DAY)
    shop.step("tips", "paused")
    shop.passes(3 * DAY)
    assert (shop.run_of(ADA).step, "tips" in shop.mails(ADA)) == ("tips", False)
    shop.step("tips", "live")
    shop.passes(2 * MINUTE)
    assert shop.mails(ADA)[-1] == "tips"


def test_a_person_moves_a_run_and_stops_it(shop: Journeys) -> None:
    shop.journey(LATER, TIPS, {"id": "much_later", "kind": "wait", "for": "9d"}, THANKS)
    signed_up(shop)
    shop.order(ADA)
    shop.passes(HOUR)
    run = shop.run_of(ADA)
    shop.tell(ADA, Moved(shop.now(), run.id, "tips", "an operator"))
    assert (shop.mails(ADA)[-1], shop.run_of(ADA).step) == ("tips", "much_later")
    shop.tell(ADA, Moved(shop.now(), run.id, None, "an operator"))
    assert shop.run_of(ADA).outcome == "stopped"
    shop.passes(10 * DAY)
    assert "thanks" not in shop.mails(ADA)
    shop.assert_sums()


def test_a_step_changes_its_contact_and_what_comes_after_it_sees_that(shop: Journeys) -> None:
    shop.journey(
        {"id": "tag", "kind": "update", "traits": {"favourite": "tea"}, "add_tags": ["buyer"]},
        {
            "id": "which",
            "kind": "branch",
            "ways": [{"when": {"kind": "trait", "trait": "favourite", "value": "tea"}, "next": "thanks"}],
            "next": "end",
        },
        THANKS,
    )
    signed_up(shop)
    shop.order(ADA)
    shop.passes(AFTER)
    assert shop.mails(ADA)[-1] == "thanks"
    profile = next(each for each in shop.profiles() if each.contact == shop.contact(ADA))
    assert profile.traits["favourite"].value == "tea"
    assert "buyer" in profile.traits["tags"].value
    shop.assert_sums()


def on_driver(shop: Journeys, runs_on: str, steps: list[dict[str, Any]]) -> str:
    """Publishes a journey that an order begins; on Step Functions in the place of one whose machine there is."""
    id_ = "j" if runs_on == "wake_ups" else "onboarding"
    if runs_on == "step_functions":
        made = Journey.model_validate({"id": id_, "name": id_, "sentence": "Says it.", "steps": steps, "trigger": HAND})
        machine = json.dumps(asl.compiled(made))
        for name in ("MessageFunction", "JourneyFunction"):
            machine = machine.replace(f"${{{name}Arn}}", f"arn:aws:lambda:eu-west-1:123456789012:function:{name}")
        client("stepfunctions").update_state_machine(
            stateMachineArn=shop.system.template.reference("OnboardingJourney"), definition=machine
        )
    shop.journey(*steps, id=id_, runs_on=runs_on)
    return id_


@pytest.mark.parametrize("runs_on", ["wake_ups", "step_functions"])
def test_the_shop_s_closed_days_and_quiet_hours_hold_for_every_journey(shop: Journeys, runs_on: str) -> None:
    today = iso(shop.now())[:10]
    begin = parse_instant(today)
    quiet = QuietHours.model_validate({"from": "22:00", "to": "07:00"})
    shop_settings.save(ShopSettings(quiet_hours=quiet, closed=(today,)), 0, "a test")
    shop_settings.forget()
    later = {"id": "later", "kind": "wait", "for": "1h"}
    id_ = on_driver(shop, runs_on, [THANKS, later, {"id": "done", "kind": "end", "outcome": "done"}])
    signed_up(shop)
    shop.order(ADA)
    shop.passes(begin + DAY + 7 * HOUR - MINUTE - shop.now())
    assert "thanks" not in shop.mails(ADA), "today it is closed, and then it is night"
    shop.passes(30 * MINUTE)
    assert shop.mails(ADA).count("thanks") == 1
    (run,) = shop.runs_of(ADA, id_)
    assert run.step == "later", "its wait counts from the email"
    shop.passes(2 * HOUR)
    (run,) = shop.runs_of(ADA, id_)
    assert run.outcome == "done"
    shop.assert_sums(id_)


@pytest.mark.parametrize("runs_on", ["wake_ups", "step_functions"])
def test_a_branch_asks_what_the_shop_has_saved_by_now(shop: Journeys, runs_on: str) -> None:
    """The value of a cart from which a code pays, whichever driver asks; and the simulation."""
    worth = {"kind": "trait", "trait": "budget", "is": "at_least", "value": "$shop.code_from"}
    steps = [
        {"id": "which", "kind": "branch", "ways": [{"when": worth, "next": "note"}], "next": "poor"},
        {"id": "note", "kind": "notify", "subject": "They can afford it"},
        {"id": "rich", "kind": "end", "outcome": "rich"},
        {"id": "poor", "kind": "end", "outcome": "poor"},
    ]
    id_ = on_driver(shop, runs_on, steps)
    signed_up(shop)
    shop.happen(ADA, "Contact Updated", traits={"budget": 70})
    shop.passes(AFTER)
    for number, code_from in enumerate((60, 70.5)):
        shop_settings.save(ShopSettings(code_from=code_from), number, "a test")
        shop.passes(2 * MINUTE)
        shop.order(ADA, number)
        shop.passes(MINUTE)
    assert [run.outcome for run in shop.runs_of(ADA, id_)] == ["rich", "poor"]
    if runs_on == "wake_ups":
        status, told = shop.ask("POST", f"/journeys/{id_}/simulate", {"contacts": [shop.contact(ADA)]})
        assert status == 200, told
        assert told["ended"] == {"poor": 1}


def test_a_list_is_static_who_is_put_on_it_stays_until_taken_off(shop: Journeys) -> None:
    """As docs/journeys.md says it is made: of a segment, once, by a journey that nothing but a hand begins."""
    shop.draft("on_the_list", {"kind": "list", "list": "spring"})
    assert shop.ask("POST", "/segments/on_the_list/publish", {})[0] == 202
    shop.draft("few_orders", {"kind": "orders", "at_most": 0})
    assert shop.ask("POST", "/segments/few_orders/publish", {})[0] == 202
    shop.journey({"id": "put_on", "kind": "update", "add_lists": ["spring"]}, id="list_on", trigger=HAND)
    shop.journey({"id": "take_off", "kind": "update", "remove_lists": ["spring"]}, id="list_off", trigger=HAND)
    signed_up(shop, ADA, GRACE)
    shop.passes(10 * MINUTE)
    both = {shop.contact(ADA), shop.contact(GRACE)}
    assert shop.members("few_orders") == both
    status, told = shop.ask("POST", "/journeys/list_on/start", {"segment": "few_orders"})
    assert status in (200, 202), told
    shop.passes(10 * MINUTE)
    assert shop.members("on_the_list") == both
    shop.order(ADA)
    shop.passes(10 * MINUTE)
    assert shop.members("few_orders") == {shop.contact(GRACE)}
    assert shop.members("on_the_list") == both, "a list does not change by itself"
    status, told = shop.ask("POST", "/journeys/list_off/start", {"contacts": [shop.contact(ADA)]})
    assert status in (200, 202), told
    shop.passes(10 * MINUTE)
    assert shop.members("on_the_list") == {shop.contact(GRACE)}


def test_a_journey_tells_others_and_begins_another(shop: Journeys) -> None:
    shop.journey(TIPS, id="other", trigger={"kind": "hand"}, entry={"again": "once"})
    call = {"id": "call", "kind": "notify", "subject": "Call them", "to": "sales"}
    shop.journey(call, {"id": "go_on", "kind": "start", "journey": "other"})
    signed_up(shop)
    shop.order(ADA)
    shop.passes(AFTER)
    run = shop.run_of(ADA)
    (told,) = eventbridge.told(shop.system.world)
    assert (told.source, told.detail_type) == ("beckon", "Journey Notice")
    assert told.detail == {
        "id": f"{run.id}-call-0",
        "contact": shop.contact(ADA),
        "journey": "j",
        "run": run.id,
        "step": "call",
        "subject": "Call them",
        "to": "sales",
    }
    assert shop.mails(ADA)[-1] == "tips"
    assert run.outcome == "completed"
    shop.order(ADA, 1)
    shop.passes(AFTER)
    assert shop.mails(ADA).count("tips") == 1  # once, by its own rule


CALL = {"id": "call", "kind": "notify", "subject": "Call them", "to": "sales"}


@pytest.mark.parametrize("until", [30 * MINUTE, 3 * HOUR], ids=["until the run moves on", "until after that"])
def test_a_notice_and_a_start_outlast_a_stream_that_fails_while_their_run_goes_on(shop: Journeys, until: int) -> None:
    """They are put aside by the key of their run's item, which holds a later move by then."""
    shop.journey(TIPS, id="other", trigger={"kind": "hand"}, entry={"again": "once"})
    go_on = {"id": "go_on", "kind": "start", "journey": "other"}
    shop.journey(CALL, go_on, {"id": "later", "kind": "wait", "for": "1h"}, THANKS)
    signed_up(shop)
    ends = shop.now() + until

    def fault(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if call.service == "events" and shop.now() < ends:
            raise AwsError("InternalException", "Not now.", 500)
        return perform()

    shop.fault = fault
    shop.order(ADA)
    shop.passes(until)
    assert eventbridge.told(shop.system.world) == []
    assert dead_letters.depth(dead_letters.queues()["transition"]) > 0, "it has failed for ten minutes"
    shop.passes(HOUR)
    if until > HOUR:
        assert shop.ask("POST", "/dead-letters/transition/replay")[0] == 202
        shop.passes(MINUTE)
    shop.passes(DAY)
    assert [told.detail["step"] for told in eventbridge.told(shop.system.world)] == ["call"]
    assert sorted(shop.mails(ADA)) == ["thanks", "tips"]
    assert shop.ask("POST", "/dead-letters/transition/replay")[0] == 202
    shop.passes(MINUTE)
    assert len(eventbridge.told(shop.system.world)) == 1, "and what was done is not done again by a replay"
    shop.assert_sums()


def test_so_many_begin_in_an_hour_and_the_others_after_them(shop: Journeys) -> None:
    shop.journey(THANKS, entry={"again": "each", "per_hour": 60})
    signed_up(shop, ADA, GRACE, 3)
    for number in (ADA, GRACE, 3):
        shop.order(number)
    shop.passes(10 * SECOND)
    assert sum("thanks" in shop.mails(number) for number in (ADA, GRACE, 3)) == 1
    shop.passes(5 * MINUTE)
    assert sum("thanks" in shop.mails(number) for number in (ADA, GRACE, 3)) == 3
    shop.assert_sums()


def test_the_lake_has_each_journeys_counts_the_next_night_and_every_sum_agrees(shop: Journeys) -> None:
    shop.journey(THANKS, LATER, TIPS)
    signed_up(shop, ADA, GRACE)
    shop.order(ADA)
    shop.order(GRACE)
    shop.passes(AFTER)
    shop.unsubscribe(GRACE)
    shop.passes(DAY)
    sql = "SELECT step, what, sum(n) AS n FROM journeys WHERE journey = ? AND day >= ? GROUP BY step, what"

    def told() -> dict[tuple[str, str], int]:
        found = athena.rows(athena.start(sql, ("j", "2020-01-01")))
        assert found is not None
        return {(each["step"] or "", str(each["what"])): int(str(each["n"])) for each in found}  # type: ignore[misc]

    assert (told()["", "began"], told()["thanks", "sent"], told()["later", "entered"]) == (2, 2, 2)
    shop.passes(3 * DAY)
    shop.passes(DAY)
    counts = Counter[tuple[str, str]]()
    for each in run_counts.counts("j"):
        counts[each.step, each.what] += each.n
    assert told() == counts, "made anew each night, and nothing is in it twice"
    assert sum(n for (_, what), n in told().items() if what == "ended") == 2


def test_a_run_that_was_left_behind_is_found_and_goes_on(shop: Journeys) -> None:
    shop.journey(THANKS, LATER, TIPS)
    signed_up(shop)
    # What its order asks for is lost on the way: the queue is emptied by hand.
    queue = shop.system.template.reference("MessagesQueue")
    functions, shop.system.queues = shop.system.queues, [q for q in shop.system.queues if q.queue_url != queue]
    shop.order(ADA)
    shop.passes(MINUTE)
    client("sqs").purge_queue(QueueUrl=queue)
    shop.system.queues = functions
    shop.passes(12 * HOUR)
    assert (shop.run_of(ADA).step, "thanks" in shop.mails(ADA)) == ("thanks", False)
    shop.passes(13 * HOUR)  # a day later it asks again by itself
    assert shop.mails(ADA)[-1] == "thanks"
    # And this one's table has not heard how far it is.
    shop.passes(DAY)
    client("dynamodb").update_item(
        TableName=run_counts.table(),
        Key={"journey_shard": {"S": shop.row_shard(ADA)}, "id": {"S": shop.run_of(ADA).id}},
        UpdateExpression="SET wake_at = :past, profile = :none, counted = :two",
        ExpressionAttributeValues={
            ":past": {"N": str(shop.now() - DAY)},
            ":none": {"N": "0"},
            ":two": {"N": "2"},
        },
    )
    assert shop.mend() == 1
    looked = shop.now()
    (run,) = shop.runs_of(ADA)
    _, told = shop.ask("GET", "/stuck-runs")
    assert (told["at"], told["runs"]) == (looked, 1)
    assert told["steps"] == [{"journey": "j", "name": "j", "step": "later", "runs": 1}]
    named = {name: told["people"][0][name] for name in ("contact", "number", "step", "why", "now")}
    assert named == {"contact": run.contact, "number": run.number, "step": "later", "why": "late", "now": "there"}
    assert shop.ask("GET", "/health")[1]["outlived_runs"] == {"j": 1}
    shop.passes(MINUTE)
    (row,) = run_counts.rows("j")
    assert (row.step, row.wake_at) == ("later", shop.run_of(ADA).wake_at)
    shop.passes(2 * DAY)  # it goes on
    outlived.record([outlived.Stuck("j", "later", run.contact, run.number, "late")], looked)
    assert shop.ask("GET", "/stuck-runs")[1]["people"][0]["now"] == "ended"
    assert shop.mend() == 0
    told = shop.ask("GET", "/stuck-runs")[1]
    assert (told["runs"], told["steps"], told["people"]) == (0, [], [])


def test_an_email_that_ses_does_not_take_now_waits_on_its_queue_and_goes_out_once(shop: Journeys) -> None:
    shop.journey(THANKS, LATER, TIPS)
    signed_up(shop)
    away = True

    def fault(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if call.service == "sesv2" and away:
            raise AwsError("TooManyRequestsException", "Maximum sending rate exceeded.", 429)
        return perform()

    shop.fault = fault
    shop.order(ADA)
    shop.passes(2 * HOUR)
    assert (shop.run_of(ADA).step, "thanks" in shop.mails(ADA)) == ("thanks", False)
    away = False
    shop.passes(20 * MINUTE)
    assert shop.mails(ADA).count("thanks") == 1
    assert shop.run_of(ADA).step == "later"


def test_an_email_that_ses_takes_from_nobody_for_a_week_is_passed_over_with_the_reason(shop: Journeys) -> None:
    shop.journey(THANKS, LATER, TIPS)
    signed_up(shop)

    def fault(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if call.service == "sesv2":
            raise AwsError("SendingPausedException", "Email sending is disabled.", 400)
        return perform()

    shop.fault = fault
    shop.order(ADA)
    shop.passes(8 * DAY)
    skipped = [record for record in shop.run_of(ADA).records if record.what == "skipped"]
    assert [(record.step, record.why) for record in skipped] == [("thanks", "not_taken")]
    shop.assert_sums()
