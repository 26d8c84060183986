"""An experiment with a segment's criteria on the local run: contacts come over HTTP, the segment starts a journey, and
half of them are decided by another definition; read, decided, taken back, stopped."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import Any

import pytest

from infra.local.aws import ses
from shared.adapters import contacts, definitions, events_queue
from shared.domain.events import DAY, MINUTE, Event, Json, Type
from shared.domain.experiments import entering
from shared.domain.experiments.definition import Experiment
from shared.domain.messages import holdouts
from shared.domain.profiles import Profile
from shared.domain.profiles.transitions import Transition
from shared.domain.publications import with_experiment
from shared.domain.settings import Holdout
from shared.domain.trials import arm_of, base_of
from tests.integration.shop import Shop
from tests.integration.test_campaigns import settle_on

STOCK = 12
PEOPLE = 80
TWICE: Json = {"kind": "orders", "at_least": 2}
ONCE: Json = {"kind": "orders", "at_least": 1}
MADE: Json = {
    "id": "loyal_sooner",
    "name": "Loyal: after one order",
    "hypothesis": "Who is thanked after their first order comes back sooner.",
    "segment": "loyal",
    "criteria": ONCE,
    "metric": "clicked",
    "within": "3d",
    "least": 0.1,
    "people": PEOPLE,
    "looks": 1,
}
BASE = base_of("loyal_sooner")
THANKS = """
id: thanks
name: Thanks
sentence: Writes to people who have become loyal.
trigger: {kind: segment, segment: loyal}
entry: {again: 300d}
steps:
  - {id: check_in, kind: send}
"""


def ok(told: tuple[int, Json]) -> Any:
    assert 200 <= told[0] < 300, told
    return told[1]


def refused(told: tuple[int, Json], status: int, code: str) -> Any:
    assert (told[0], told[1]["code"]) == (status, code), told
    return told[1]


def orders(profile: Profile) -> int:
    return sum(not order.cancelled for order in profile.orders.values())


def entered(shop: Shop, experiment: str = "loyal_sooner") -> list[tuple[str, Event]]:
    return [
        (profile.contact, event)
        for profile in shop.profiles()
        for event in contacts.events(profile.contact)
        if event.type == Type.EXPERIMENT_ENTERED and event.properties["experiment"] == experiment
    ]


def mailed(shop: Shop) -> dict[str, str]:
    """The ids of the journey's emails, by their contacts."""
    rows = shop.system.world.db.execute("SELECT id, tags FROM mailbox")
    told = [(str(id_), json.loads(text)) for id_, text in rows]
    return {tags["contact"]: id_ for id_, tags in told if tags.get("journey") == "thanks"}


def results(shop: Shop, id_: str = "loyal_sooner") -> Json:
    return ok(shop.ask("GET", f"/experiments/{id_}/results"))


def assert_each_is_decided_by_their_arm(shop: Shop) -> None:
    for profile in shop.profiles():
        least = 1 if arm_of("loyal_sooner", profile.contact) == "b" else 2
        assert (profile.contact in shop.members("loyal")) == (orders(profile) >= least)
    assert shop.members(BASE) == {profile.contact for profile in shop.profiles() if orders(profile) >= 1}
    shop.assert_exact()


@pytest.fixture(scope="module")
def shop() -> Shop:
    """People have been in the segment for long, some of whom only the other definition has."""
    made = Shop()
    made.publish("loyal", TWICE)
    ok(made.ask("POST", "/journeys", {"yaml": THANKS}))
    ok(made.ask("POST", "/journeys/thanks/publish", {"unknown_events": True}))
    made.passes(5 * MINUTE)
    for number in range(1, STOCK + 1):
        made.customer(number, orders=number % 3)
    made.passes(8 * DAY)
    return made


def test_1_before_it_begins_it_says_whom_it_brings_in_and_what_it_can_show(shop: Shop) -> None:
    for wrong, status, code, field in (
        ({"segment": "none"}, 400, "unknown_segment", "segment"),
        ({"segment": None, "criteria": None}, 400, "invalid_experiment", None),
        ({"criteria": {"kind": "orders", "at_leest": 1}}, 400, "invalid_experiment", "criteria.at_leest"),
        ({"criteria": {"kind": "member", "segment": "loyal"}}, 400, "invalid_experiment", "criteria"),
        ({"criteria": {"kind": "member", "segment": "none"}}, 400, "invalid_experiment", "criteria"),
        ({"holdout": 10}, 400, "invalid_experiment", None),
        ({"journey": "thanks", "step": "check_in"}, 400, "invalid_experiment", None),
        ({"id": "a" * 35}, 400, "invalid_experiment", None),
    ):
        body = {name: value for name, value in {**MADE, **wrong}.items() if value is not None}
        assert refused(shop.ask("POST", "/experiments", body), status, code).get("field") == field, wrong
    told = ok(shop.ask("POST", "/experiments", MADE))
    assert (told["state"], told["arms"], told["experiment"]["criteria"]["at_least"]) == ("draft", ["a", "b"], 1)
    assert told["words"] == "has placed an order"
    only_b = {each.contact for each in shop.profiles() if orders(each) == 1}
    entering = {contact for contact in only_b if arm_of("loyal_sooner", contact) == "b"}
    assert entering, "somebody is to enter"
    found = ok(shop.ask("POST", "/experiments/loyal_sooner/estimate"))
    assert (found["entering"]["number"], found["leaving"]["number"]) == (len(entering), 0)
    assert found["mails_started"] == len(entering)
    run = ok(shop.ask("POST", "/experiments/loyal_sooner/dry-run", {"start_journeys": True}))["run"]
    shop.passes(10 * MINUTE)
    counted = ok(shop.ask("GET", f"/experiments/loyal_sooner/dry-run/{run}"))
    assert (counted["entering"], counted["leaving"], counted["mails_started"]) == (len(entering), 0, len(entering))
    assert set(counted["examples"]) == entering
    refused(shop.ask("GET", "/experiments/other/dry-run/trial-loyal_sooner-1"), 404, "not_found")
    refused(shop.ask("POST", "/experiments/loyal_sooner/estimate", {"winner": "b"}), 400, "invalid_winner")
    expected = results(shop)["expected"]
    assert "Too little is known of how many people click after your emails to those in this segment" in expected[0]
    # Four people entered in nine days; eight of the twelve are in it by either definition, and four by its own.
    assert expected[1].startswith("About 6 people a week enter by either definition"), expected
    ok(shop.ask("POST", "/experiments/loyal_sooner/duplicate", {"id": "another"}))


def test_2_it_begins_with_a_publication_and_half_are_decided_by_the_other_definition(shop: Shop) -> None:
    held = ok(shop.ask("GET", "/segments/loyal"))
    shop.draft("loyal", {"kind": "orders", "at_least": 3})
    refused(shop.ask("POST", "/experiments/loyal_sooner/start"), 409, "has_draft")
    shop.delete("/segments/loyal/draft")
    wrong = {"under_way": "move"}
    assert refused(shop.ask("POST", "/experiments/loyal_sooner/start", wrong), 400, "invalid_choice")["field"]
    before = mailed(shop)
    told = ok(shop.ask("POST", "/experiments/loyal_sooner/start"))
    assert (told["state"], told["taking_in"]) == ("running", True)
    assert told["version"] == definitions.publication().number > held["publication"]
    shop.passes(10 * MINUTE)
    assert_each_is_decided_by_their_arm(shop)
    assert (mailed(shop), entered(shop)) == (before, []), "who was there is told, and has done nothing"
    refused(shop.ask("POST", "/experiments/loyal_sooner/start"), 409, "has_begun")
    refused(shop.ask("POST", "/experiments/another/start"), 409, "cannot_begin")
    shop.delete("/experiments/another")


def test_3_nothing_else_changes_the_segment_meanwhile(shop: Shop) -> None:
    held = ok(shop.ask("GET", "/segments/loyal"))
    assert held["experiment"] == "loyal_sooner"
    etag = {"if-match": held["etag"]}
    form = {name: held["definition"][name] for name in ("name", "sentence", "when")}
    for body in (form, {"text": json.dumps(form)}, {"text": "{"}):
        problem = refused(shop.ask("PUT", "/segments/loyal/draft", body, **etag), 409, "on_trial")
        assert problem["detail"].endswith("decide that one first")
    refused(shop.ask("DELETE", "/segments/loyal", **etag), 409, "on_trial")
    base = {"if-match": ok(shop.ask("GET", f"/segments/{BASE}"))["etag"]}
    refused(shop.ask("DELETE", f"/segments/{BASE}", **base), 409, "on_trial")
    refused(shop.ask("PUT", f"/segments/{BASE}/draft", form, **base), 409, "on_trial")
    refused(shop.ask("POST", "/segments", {"id": "base__mine", **form}), 409, "on_trial")
    listed = {each["segment"]: each["experiment"] for each in ok(shop.ask("GET", "/segments?limit=100"))["segments"]}
    assert (listed["loyal"], BASE in listed) == ("loyal_sooner", False)
    shop.publish("others", {"kind": "orders", "at_least": 5})
    assert definitions.publication().on_trial.keys() == {"loyal"}, "others are published meanwhile"


def test_4_who_first_enters_by_either_takes_part_and_gets_what_their_arm_decides(shop: Shop) -> None:
    for number in range(101, 101 + PEOPLE):
        shop.customer(number, orders=1)
        shop.passes(MINUTE)
    shop.passes(30 * MINUTE)
    told = entered(shop)
    arms = {contact: event.properties["variant"] for contact, event in told}
    assert len(told) == len(arms) == PEOPLE
    assert arms == {contact: arm_of("loyal_sooner", contact) for contact in arms}
    assert min(Counter(arms.values()).values()) > PEOPLE / 4
    assert_each_is_decided_by_their_arm(shop)
    new = mailed(shop).keys() & arms.keys()
    assert new == {contact for contact, arm in arms.items() if arm == "b"}, "one order is enough for these only"
    # A second order brings those of the other arm in; who was there before it began counts nowhere.
    numbers = {body["email"]: number for number, body in shop.customers.items()}
    of_a = [numbers[profile.email] for profile in shop.profiles() if arms.get(profile.contact) == "a"]
    for number in (*of_a[:10], *range(1, STOCK + 1)):
        shop.order(number, 7)
    shop.passes(30 * MINUTE)
    assert len(mailed(shop).keys() & arms.keys()) == len(new) + 10
    only_none = [number for number in range(1, STOCK + 1) if number % 3 == 0]
    assert len(entered(shop)) == PEOPLE + len(only_none), "who was in neither comes to take part now"
    assert_each_is_decided_by_their_arm(shop)


def test_5_all_emails_to_its_people_are_counted_by_arm(shop: Shop) -> None:
    arms = {contact: str(event.properties["variant"]) for contact, event in entered(shop)}
    emails = mailed(shop)
    clicking = [contact for contact in emails if arms.get(contact) == "b"]
    for contact in clicking:
        ses.happen(shop.system.world, emails[contact], "Click", link="https://shop.example.com/a")
    shop.passes(4 * DAY)
    told = results(shop)
    counted = {each["variant"]: each for each in told["arms"]}
    assert {name: each["people"] for name, each in counted.items()} == Counter(arms.values())
    assert (counted["b"]["clicked"], counted["a"]["clicked"]) == (len(clicking), 0)
    assert counted["a"]["ordered"] >= 10, "the second orders"
    (one,) = told["compared"]
    assert (one["arm"], one["beside"], one["verdict"]) == ("b", "a", "better")
    assert (told["ended"], told["balanced"]) == (True, True)
    text = ok(shop.ask("GET", "/experiments/loyal_sooner/assignments"))
    assert {row["contact"]: row["variant"] for row in csv.DictReader(io.StringIO(text["csv"]))} == arms
    # The night says it in the list; its own segment is in no report; who is erased is found no more.
    shop.passes(DAY)
    for report in ("flows", "kpis"):
        assert BASE not in json.dumps(ok(shop.ask("GET", f"/reports/{report}"))), report
    (row,) = ok(shop.ask("GET", "/experiments?q=loyal_sooner"))["experiments"]
    assert (row["kind"], row["segment"], row["says"]) == ("segment", "loyal", [one["words"]])
    gone = next(iter(clicking))
    ok(shop.ask("DELETE", f"/contacts/{gone}"))
    shop.passes(2 * MINUTE)
    text = ok(shop.ask("GET", "/experiments/loyal_sooner/assignments"))
    assert gone not in text["csv"]


def test_6_the_winner_is_a_publication_that_can_be_taken_back(shop: Shop) -> None:
    refused(shop.ask("POST", "/experiments/loyal_sooner/decide", {"winner": "c"}), 400, "invalid_winner")
    only_b = {each.contact for each in shop.profiles() if orders(each) == 1}
    entering = {contact for contact in only_b if arm_of("loyal_sooner", contact) == "a"}
    found = ok(shop.ask("POST", "/experiments/loyal_sooner/estimate", {"winner": "b"}))
    assert (found["entering"]["number"], found["leaving"]["number"]) == (len(entering), 0)
    found = ok(shop.ask("POST", "/experiments/loyal_sooner/estimate"))
    assert (found["entering"]["number"], found["leaving"]["number"]) == (0, len(only_b - entering))
    run = ok(shop.ask("POST", "/experiments/loyal_sooner/dry-run", {"winner": "b"}))["run"]
    shop.passes(10 * MINUTE)
    counted = ok(shop.ask("GET", f"/experiments/loyal_sooner/dry-run/{run}"))
    assert (counted["entering"], counted["leaving"], counted["mails_started"]) == (len(entering), 0, 0)
    before = mailed(shop)
    body = {"winner": "b", "why": "More clicks.", "start_journeys": True}
    told = ok(shop.ask("POST", "/experiments/loyal_sooner/decide", body))
    assert (told["state"], told["taking_in"], told["decision"]["winner"]) == ("decided", False, "b")
    shop.passes(15 * MINUTE)
    assert definitions.publication().on_trial == {}
    refused(shop.ask("GET", f"/segments/{BASE}"), 404, "not_found")
    assert shop.members("loyal") == {each.contact for each in shop.profiles() if orders(each) >= 1}
    assert mailed(shop).keys() - before.keys() == entering
    shop.assert_exact()
    refused(shop.ask("POST", "/experiments/loyal_sooner/decide", body), 409, "not_running")
    refused(shop.ask("POST", "/experiments/loyal_sooner/estimate"), 409, "has_ended")
    # Taken back by publishing an earlier form.
    versions = ok(shop.ask("GET", "/segments/loyal/versions"))["versions"]
    assert [each["experiment"] for each in versions] == [None, "loyal_sooner", None]
    shop.publish("loyal", versions[2]["definition"]["when"])
    shop.passes(15 * MINUTE)
    assert shop.members("loyal") == {each.contact for each in shop.profiles() if orders(each) >= 2}
    again = ok(shop.ask("POST", "/experiments", {**MADE, "id": "asked_again"}))
    assert [(each["id"], each["winner"]) for each in again["repeats"]] == [("loyal_sooner", "b")]
    shop.delete("/experiments/asked_again")


def test_7_one_that_is_stopped_leaves_the_segment_as_it_was(shop: Shop) -> None:
    before = ok(shop.ask("GET", "/segments/loyal"))["definition"]
    ok(shop.ask("POST", "/experiments", {**MADE, "id": "stopped"}))
    # Whoever started it has died behind its publication: it is neither lost nor begun by other criteria than these.
    criteria = Experiment.model_validate({**MADE, "id": "stopped"}).criteria
    assert criteria is not None
    held = definitions.publication()
    definitions.publish(with_experiment(held, "loyal", "stopped", criteria, start_journeys=False, now=shop.now()))
    etag = {"if-match": ok(shop.ask("GET", "/experiments/stopped"))["etag"]}
    refused(shop.ask("DELETE", "/experiments/stopped", **etag), 409, "has_begun")
    other = {**MADE, "id": "stopped", "criteria": TWICE}
    found = refused(shop.ask("PUT", "/experiments/stopped", other, **etag), 409, "cannot_begin")
    assert "decide that one first" in found["detail"]
    told = ok(shop.ask("POST", "/experiments/stopped/start"))
    assert (told["state"], told["version"]) == ("running", held.number + 1)
    shop.passes(15 * MINUTE)
    shop.customer(500, orders=1)
    shop.passes(15 * MINUTE)
    assert len(entered(shop, "stopped")) == 1
    # A segment that asks about its own keeps it from ending.
    shop.publish("watching", {"kind": "member", "segment": base_of("stopped")})
    body = {"why": "Christmas is near."}
    problem = refused(shop.ask("POST", "/experiments/stopped/decide", body), 409, "in_use")
    assert problem["detail"].startswith("the segment watching asks about it")
    shop.delete("/segments/watching")
    told = ok(shop.ask("POST", "/experiments/stopped/decide", body))
    assert (told["state"], told["decision"]["winner"], told["decision"]["why"]) == ("decided", None, body["why"])
    assert ok(shop.ask("GET", "/segments/loyal"))["definition"] == before
    shop.passes(15 * MINUTE)
    assert shop.members("loyal") == {each.contact for each in shop.profiles() if orders(each) >= 2}
    (row,) = ok(shop.ask("GET", "/experiments?q=christmas"))["experiments"]
    assert (row["id"], row["winner"]) == ("stopped", None)
    shop.assert_exact()


# ── who joins another, and who is held out of everything ──

LOOKED: Json = {"kind": "event", "event": "Product Viewed", "at_least": 1}
LOOKING: Json = {
    **{name: value for name, value in MADE.items() if name not in ("people", "looks")},
    "id": "lookers_sooner",
    "segment": "lookers",
    "criteria": LOOKED,
}


def looks_at(shop: Shop, browser: str) -> None:
    body = {"anonymousId": browser, "messageId": f"looked-{browser}", "event": "Product Viewed"}
    shop.track("track", {**body, "properties": {"product_id": "tea"}})


def is_called(shop: Shop, browser: str, user: str) -> None:
    shop.track("identify", {"anonymousId": browser, "messageId": f"is-{browser}", "userId": user})


def test_who_joins_another_takes_part_as_that_one_and_who_is_held_out_of_everything_does_not() -> None:
    shop = Shop()
    shop.publish("lookers", {**LOOKED, "at_least": 3})
    for number in range(10):
        is_called(shop, f"phone-{number}", f"user-{number}")
    shop.passes(10 * MINUTE)
    known = {profile.contact for profile in shop.profiles()}
    ok(shop.ask("POST", "/experiments", LOOKING))
    ok(shop.ask("POST", "/experiments/lookers_sooner/start"))
    shop.passes(10 * MINUTE)
    for number in range(10):
        looks_at(shop, f"laptop-{number}")
    shop.passes(10 * MINUTE)
    as_visitors = {contact: event.properties["variant"] for contact, event in entered(shop, "lookers_sooner")}
    assert len(as_visitors) == 10
    assert not as_visitors.keys() & known
    for number in range(10):
        is_called(shop, f"laptop-{number}", f"user-{number}")
    shop.passes(10 * MINUTE)
    told = entered(shop, "lookers_sooner")
    assert {contact for contact, _ in told} == known
    assert len(told) == len(known), "once each, and as nobody else"
    assert {contact: event.properties["variant"] for contact, event in told} == {
        contact: arm_of("lookers_sooner", contact) for contact in known
    }
    # That a visitor has come is heard late: they are somebody else by then, and that one has come already.
    late = next(iter(as_visitors))
    came = entering.entered(Transition(late, 1, base_of("lookers_sooner"), True, shop.now(), "time", 0), shop.now())
    assert came is not None
    events_queue.put_events([came])
    shop.passes(2 * DAY)
    assert len(entered(shop, "lookers_sooner")) == len(known)
    text = ok(shop.ask("GET", "/experiments/lookers_sooner/assignments"))
    assert {row["contact"] for row in csv.DictReader(io.StringIO(text["csv"]))} == known
    settle_on(shop, holdout={"name": "from_2026", "share": 20})
    shop.passes(10 * MINUTE)
    for number in range(100, 140):
        is_called(shop, f"phone-{number}", f"user-{number}")
        looks_at(shop, f"phone-{number}")
    shop.passes(10 * MINUTE)
    new = {profile.contact for profile in shop.profiles()} - known
    holdout = Holdout(name="from_2026", share=20)
    out = {contact for contact in new if holdouts.is_held_out(holdout, contact)}
    assert 0 < len(out) < len(new) == 40
    assert {contact for contact, _ in entered(shop, "lookers_sooner")} == known | (new - out)
