"""Experiments with journeys on the local run: an email's variants on Step Functions, and a split with a holdout on
wake-ups; played for weeks, read, decided, taken back."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import Any

import pytest

from infra.local.aws import ses
from shared.adapters import contact_runs, contacts, exporting
from shared.domain.events import DAY, MINUTE, Event, Json, Type
from tests.integration.shop import Shop

PEOPLE = 100
FEW = 50
GREETING: Json = {
    "id": "welcome_subject",
    "name": "Welcome: which subject",
    "hypothesis": "A subject that asks is clicked more.",
    "journey": "onboarding",
    "step": "welcome",
    "variants": [{"id": "as_now"}, {"id": "asks", "subject": "What are you looking for?"}],
    "metric": "clicked",
    "within": "3d",
    "least": 0.05,
    "people": PEOPLE,
    "looks": 2,
    "by_segments": ["half", "subscribers"],
}
NUDGE = """
id: nudge
name: Nudge
sentence: Writes to people who have ordered, at once or after two days.
trigger: {kind: event, events: [Order Completed]}
entry: {again: 30d}
steps:
  - id: now_or_later
    kind: split
    ways: [{weight: 1, next: check_in}, {weight: 1, next: two_days}]
  - {id: check_in, kind: send, next: end}
  - {id: two_days, kind: wait, for: 2d}
  - {id: later, kind: send, template: check_in}  # the same email, later
"""
PATHS: Json = {
    "id": "now_or_later",
    "name": "At once or after two days",
    "hypothesis": "Who is written to at once orders more.",
    "journey": "nudge",
    "step": "now_or_later",
    "holdout": 30,
    "metric": "revenue",
    "within": "10d",
    "least": 1.0,
    "people": FEW,
    "looks": 1,
    "by_segments": ["half"],
}


def ok(told: tuple[int, Json]) -> Any:
    assert 200 <= told[0] < 300, told
    return told[1]


def refused(told: tuple[int, Json], status: int, code: str) -> Any:
    assert (told[0], told[1]["code"]) == (status, code), told
    return told[1]


def start(shop: Shop, made: Json) -> Json:
    ok(shop.ask("POST", "/experiments", made))
    return ok(shop.ask("POST", f"/experiments/{made['id']}/start"))


def of_type(shop: Shop, type_: str, experiment: str) -> list[tuple[str, Event]]:
    return [
        (profile.contact, event)
        for profile in shop.profiles()
        for event in contacts.events(profile.contact)
        if event.type == type_ and event.properties.get("experiment") == experiment
    ]


def in_mailbox(shop: Shop, **tags: str) -> list[tuple[str, dict[str, str]]]:
    rows = shop.system.world.db.execute("SELECT id, tags FROM mailbox")
    told = [(str(id_), json.loads(text)) for id_, text in rows]
    return [(id_, each) for id_, each in told if tags.items() <= each.items()]


def results(shop: Shop, id_: str) -> Json:
    return ok(shop.ask("GET", f"/experiments/{id_}/results"))


@pytest.fixture(scope="module")
def shop() -> Shop:
    """The email's experiment, with all its people and half of them after the first look."""
    made = Shop(["onboarding"])
    made.publish("half", {"kind": "sample", "percent": 50, "salt": "half"})
    for number in range(1, 31):
        made.customer(number)
    made.passes(DAY)
    return made


def test_1_before_it_begins_it_says_what_it_can_show(shop: Shop) -> None:
    told = ok(shop.ask("POST", "/experiments", GREETING))
    assert (told["state"], told["arms"], told["repeats"]) == ("draft", ["as_now", "asks"], [])
    refused(shop.ask("POST", "/experiments", GREETING), 409, "taken")
    copied = ok(shop.ask("POST", "/experiments/welcome_subject/duplicate", {"id": "asked_again"}))
    assert copied["experiment"] == {**told["experiment"], "id": "asked_again", "name": "Welcome: which subject (copy)"}
    refused(shop.ask("POST", "/experiments/welcome_subject/duplicate", {"id": "welcome_subject"}), 409, "taken")
    ok(shop.ask("DELETE", "/experiments/asked_again", **{"if-match": copied["etag"]}))
    found = results(shop, "welcome_subject")
    assert len(found["expected"]) == 2, found["expected"]
    assert [(each["variant"], each["people"], each["interval"]) for each in found["arms"]] == [
        ("as_now", 0, [0.0, 1.0]),
        ("asks", 0, [0.0, 1.0]),
    ]
    etag = {"if-match": told["etag"]}
    changed = ok(shop.ask("PUT", "/experiments/welcome_subject", {**GREETING, "least": 0.1}, **etag))
    assert changed["experiment"]["least"] == 0.1
    refused(shop.ask("PUT", "/experiments/welcome_subject", GREETING, **etag), 412, "changed_meanwhile")
    for wrong, status, code in (
        ({"step": "nowhere"}, 409, "cannot_begin"),
        ({"step": "look_round"}, 409, "cannot_begin"),
        ({"journey": "none"}, 404, "not_found"),
        ({"metric": "opened"}, 400, "invalid_experiment"),
        ({"by_segments": ["no_such"]}, 400, "unknown_segment"),
        ({"variants": [{"id": "a", "template": "no_such"}, {"id": "b"}]}, 201, ""),
    ):
        answer = shop.ask("POST", "/experiments", {**GREETING, "id": "wrong", **wrong})
        assert (answer[0], answer[1].get("code", "")) == (status, code), answer
    refused(shop.ask("POST", "/experiments/wrong/start"), 400, "invalid_journey")
    shop.delete("/experiments/wrong")


def test_2_it_begins_with_a_version_of_the_journey_and_its_arms_are_told_of_each_email(shop: Shop) -> None:
    before = ok(shop.ask("GET", "/journeys/onboarding"))
    told = ok(shop.ask("POST", "/experiments/welcome_subject/start"))
    assert (told["state"], told["taking_in"]) == ("running", True)
    assert told["version"] == before["version"] + 1
    yaml = ok(shop.ask("GET", "/journeys/onboarding/yaml"))["yaml"]
    assert "People who sign up at the checkout get one email" in yaml, "comments stay"
    assert "welcome_subject" in yaml
    shop.passes(2 * MINUTE)
    for number in range(101, 101 + PEOPLE):
        shop.customer(number)
        shop.passes(MINUTE)
    shop.passes(30 * MINUTE)
    by_variant = Counter(event.properties["variant"] for _, event in of_type(shop, Type.EMAIL_SENT, "welcome_subject"))
    assert by_variant.total() == PEOPLE
    assert min(by_variant["as_now"], by_variant["asks"]) > PEOPLE / 4
    assert len(in_mailbox(shop, step="welcome")) == PEOPLE + 30
    for id_, tags in in_mailbox(shop, experiment="welcome_subject"):
        asks = ses.mail(shop.system.world, id_).subject == "What are you looking for?"
        assert asks == (tags["variant"] == "asks")
    held = ok(shop.ask("GET", "/journeys/onboarding"))
    refused(shop.ask("POST", "/journeys/onboarding/publish"), 404, "not_found")
    assert held["version"] == told["version"]


def test_3_clicks_of_people_are_compared_at_the_planned_looks(shop: Shop) -> None:
    for id_, tags in in_mailbox(shop, experiment="welcome_subject"):
        if tags["variant"] == "asks":
            ses.happen(shop.system.world, id_, "Click", link="https://shop.example.com/a")
    shop.passes(10 * MINUTE)
    early = results(shop, "welcome_subject")
    assert [look["at"] for look in early["looks"]] == [None, None]
    (one,) = early["compared"]
    assert (one["verdict"], one["look"]) == (None, None)
    assert sum(arm["people"] for arm in early["arms"]) == PEOPLE
    shop.passes(3 * DAY)
    told = results(shop, "welcome_subject")
    assert (told["ended"], told["balanced"]) == (True, True)
    assert [look["people"] for look in told["looks"]] == [PEOPLE // 2, PEOPLE]
    (one,) = told["compared"]
    assert (one["arm"], one["beside"], one["verdict"], one["look"]) == ("asks", "as_now", "better", 1)
    assert one["words"].startswith("Variant asks did better:")
    assert told["guards"]["harmed"] is False
    # Of those it is read by besides, everybody as they were when they came.
    sent = of_type(shop, Type.EMAIL_SENT, "welcome_subject")
    in_half = [event for _, event in sent if "half" in str(event.properties.get("segments")).split("-")]
    half, subscribers = told["by_segment"]
    assert (half["segment"], half["people"], half["differs"]) == ("half", len(in_half), False)
    assert PEOPLE / 4 < len(in_half) < 3 * PEOPLE / 4
    assert half["words"].startswith("Variant asks works alike for A name and for all others")
    assert subscribers["words"].startswith("Nothing can be said of Subscribers"), "everybody is one"
    assert told["alike"] == "It works alike in all segments, as far as the data can say."
    text = ok(shop.ask("GET", "/experiments/welcome_subject/assignments"))
    rows = list(csv.DictReader(io.StringIO(text["csv"])))
    assert {row["contact"]: row["variant"] for row in rows} == {
        contact: event.properties["variant"] for contact, event in sent
    }


def test_4_what_is_under_way_is_neither_changed_nor_lost(shop: Shop) -> None:
    etag = {"if-match": ok(shop.ask("GET", "/experiments/welcome_subject"))["etag"]}
    refused(shop.ask("PUT", "/experiments/welcome_subject", GREETING, **etag), 409, "has_begun")
    refused(shop.ask("DELETE", "/experiments/welcome_subject", **etag), 409, "has_begun")
    of = refused(shop.delete("/segments/half"), 409, "in_use")
    assert of["detail"] == "the experiment welcome_subject is read by it: decide that one first"
    used = ok(shop.ask("GET", "/segments/half"))["used_by"]
    assert used == [{"kind": "experiment", "id": "welcome_subject", "name": GREETING["name"]}]
    held = ok(shop.ask("GET", "/journeys/onboarding/yaml"))
    definition = ok(shop.ask("GET", "/journeys/onboarding/versions"))["versions"][0]["definition"]
    for step in definition["steps"]:
        step.pop("arms", None)
    ok(shop.ask("PUT", "/journeys/onboarding/draft", {"definition": definition}, **{"if-match": held["etag"]}))
    problem = refused(shop.ask("POST", "/journeys/onboarding/publish"), 400, "invalid_journey")
    assert "decide it first" in problem["detail"]
    told = {"winner": "asks", "why": "More people clicked."}
    refused(shop.ask("POST", "/experiments/welcome_subject/decide", told), 409, "has_draft")
    shop.delete("/journeys/onboarding/draft")
    copied = ok(shop.ask("POST", "/journeys/onboarding/duplicate", {"id": "another"}))
    assert "welcome_subject" not in json.dumps(copied["definition"])
    shop.delete("/journeys/another/draft")


def test_5_the_winner_is_a_version_of_the_journey_that_can_be_taken_back(shop: Shop) -> None:
    refused(shop.ask("POST", "/experiments/welcome_subject/decide", {"winner": "holdout"}), 400, "invalid_winner")
    told = ok(shop.ask("POST", "/experiments/welcome_subject/decide", {"winner": "asks", "why": "More clicks."}))
    assert (told["state"], told["taking_in"]) == ("decided", False)
    assert told["decision"]["result"][0].startswith("Variant asks did better:")
    shop.passes(2 * MINUTE)
    for number in range(301, 311):
        shop.customer(number)
    shop.passes(30 * MINUTE)
    new = [id_ for id_, tags in in_mailbox(shop, step="welcome") if "experiment" not in tags][30:]
    assert len(new) == 10, "everybody gets one, and it counts for no experiment"
    assert {ses.mail(shop.system.world, id_).subject for id_ in new} == {"What are you looking for?"}
    # Taken back by publishing the version before it began.
    before = ok(shop.ask("GET", f"/journeys/onboarding/yaml?version={told['version'] - 1}"))
    held = ok(shop.ask("GET", "/journeys/onboarding/yaml"))
    ok(shop.ask("PUT", "/journeys/onboarding/draft", {"yaml": before["yaml"]}, **{"if-match": held["etag"]}))
    ok(shop.ask("POST", "/journeys/onboarding/publish"))
    shop.passes(2 * MINUTE)
    shop.customer(320)
    shop.passes(30 * MINUTE)
    last, _ = in_mailbox(shop, step="welcome")[-1]
    assert ses.mail(shop.system.world, last).subject != "What are you looking for?"


def test_6_what_was_learnt_is_kept_found_and_pointed_out(shop: Shop) -> None:
    found = ok(shop.ask("GET", "/experiments?state=decided&q=asks+CLICKED"))["experiments"]
    assert [(each["id"], each["winner"], each["why"]) for each in found] == [
        ("welcome_subject", "asks", "More clicks.")
    ]
    assert ok(shop.ask("GET", "/experiments?q=nothing+like+it"))["experiments"] == []
    refused(shop.ask("GET", "/experiments?state=won"), 400, "invalid_state")
    again = ok(shop.ask("POST", "/experiments", {**GREETING, "id": "welcome_subject_again"}))
    assert [(each["id"], each["winner"]) for each in again["repeats"]] == [("welcome_subject", "asks")]
    shop.delete("/experiments/welcome_subject_again")


def test_7_a_split_s_arms_are_entered_once_and_who_is_held_out_gets_no_email(shop: Shop) -> None:
    ok(shop.ask("POST", "/journeys", {"yaml": NUDGE}))
    ok(shop.ask("POST", "/journeys/nudge/publish", {"unknown_events": True}))
    start(shop, PATHS)
    held = ok(shop.ask("GET", "/journeys/nudge/yaml"))
    definition = ok(shop.ask("GET", "/journeys/nudge/versions"))["versions"][0]["definition"]
    definition["steps"][0]["ways"][0]["weight"] = 9
    ok(shop.ask("PUT", "/journeys/nudge/draft", {"definition": definition}, **{"if-match": held["etag"]}))
    problem = refused(shop.ask("POST", "/journeys/nudge/publish", {"unknown_events": True}), 400, "invalid_journey")
    assert "is between these ways" in problem["detail"]
    shop.delete("/journeys/nudge/draft")
    shop.passes(2 * MINUTE)
    for number in range(101, 101 + FEW):
        shop.order(number, 1)
    shop.passes(3 * DAY)
    entered = of_type(shop, Type.EXPERIMENT_ENTERED, "now_or_later")
    arms = {contact: event.properties["variant"] for contact, event in entered}
    assert len(entered) == len(arms) == FEW
    counted = Counter(arms.values())
    assert set(counted) == {"check_in", "two_days", "holdout"}
    out = {contact for contact, arm in arms.items() if arm == "holdout"}
    sent = of_type(shop, Type.EMAIL_SENT, "now_or_later")
    assert {contact for contact, _ in sent} == set(arms) - out
    held = of_type(shop, Type.EMAIL_HELD_OUT, "now_or_later")
    assert {contact for contact, _ in held} == out
    assert all(event.properties["variant"] == arms[contact] for contact, event in [*sent, *held])
    # Who orders, and what they spent, is what it is decided by.
    emails = {number: body["email"] for number, body in shop.customers.items()}
    contact_of = by_email(shop)
    ordered = [number for number in range(101, 101 + FEW) if contact_of[emails[number]] not in out]
    for number in ordered:
        shop.order(number, 3)
    shop.passes(11 * DAY)
    told = results(shop, "now_or_later")
    in_half = {contact for contact, event in entered if event.properties.get("segments") == "half"}
    assert {each["people"] for each in told["by_segment"]} == {len(in_half - out), len(in_half)}
    assert {arm["variant"]: arm["people"] for arm in told["arms"]} == counted
    of_out = next(arm for arm in told["arms"] if arm["variant"] == "holdout")
    assert (of_out["ordered"], of_out["revenue"]) == (0, 0)
    assert sum(arm["revenue"] for arm in told["arms"]) > len(ordered)
    between, beside = told["compared"]
    assert (between["arm"], between["beside"], between["metric"]) == ("two_days", "check_in", "revenue")
    assert (beside["arm"], beside["beside"], beside["verdict"]) == ("sent", "held out", "better")
    # A second round finds everybody in the arm that they were in, and counts nobody twice.
    shop.passes(20 * DAY)
    again = list(range(101, 111))
    for number in again:
        shop.order(number, 4)
    shop.passes(3 * DAY)
    assert len(of_type(shop, Type.EXPERIMENT_ENTERED, "now_or_later")) == FEW
    emails_of = Counter(contact for contact, _ in of_type(shop, Type.EMAIL_SENT, "now_or_later"))
    rounds = {contact_of[emails[number]] for number in again} - out
    assert {contact for contact, n in emails_of.items() if n == 2} == rounds
    assert set(emails_of) == set(arms) - out


def test_8_an_adaptive_one_moves_its_shares_at_night_and_nobody_changes_arms(shop: Shop) -> None:
    """And has no planned end."""
    plan = {name: value for name, value in GREETING.items() if name not in ("people", "looks", "by_segments")}
    made = {**plan, "id": "greeting_adapts", "adaptive": True, "within": "1h"}
    start(shop, made)
    shop.passes(2 * MINUTE)
    for number in range(401, 441):
        shop.customer(number)
    shop.passes(30 * MINUTE)
    first = of_type(shop, Type.EMAIL_SENT, made["id"])
    beyond = {contact: event for contact, event in first if "shares" in event.properties}
    assert {event.properties["shares"] for event in beyond.values()} == {"0"}
    kept = {contact: item for contact, _ in first for item in contacts.items(contact, "ARM#")}
    assert {contact: item["variant"]["S"] for contact, item in kept.items()} == {
        contact: event.properties["variant"] for contact, event in beyond.items()
    }, "with all beyond the slice, and nobody in it"
    assert 0 < len(beyond) < len(first) == 40
    for id_, tags in in_mailbox(shop, experiment=made["id"]):
        if tags["variant"] == "asks":
            ses.happen(shop.system.world, id_, "Click", link="https://shop.example.com/a")
    shop.passes(DAY)
    told = results(shop, made["id"])
    listed = ok(shop.ask("GET", "/experiments?q=greeting_adapts"))
    assert shop.now() - DAY <= listed["as_of"] <= shop.now()
    assert listed["experiments"][0]["says"] == [each["words"] for each in told["compared"]]
    assert sum(arm["people"] for arm in told["arms"]) == len(first) - len(beyond)
    assert sum(arm["people"] for arm in told["adaptive"]["arms"]) == len(beyond)
    assert (told["looks"], told["compared"][0]["verdict"]) == ([], None), "fewer than the first part"
    assert [round(sum(move["shares"].values()), 9) for move in told["adaptive"]["moves"]] == [1]
    assert told["adaptive"]["moves"][0]["shares"]["asks"] > 0.9
    for number in range(441, 461):
        shop.customer(number)
    shop.passes(30 * MINUTE)
    second = of_type(shop, Type.EMAIL_SENT, made["id"])
    drawn = Counter(event.properties["variant"] for _, event in second if event.properties.get("shares") == "1")
    assert drawn["asks"] > drawn["as_now"]
    one = next(iter(beyond))
    path = f"/experiments/{made['id']}/assignments"
    everybody = _assigned(shop, path)
    assert everybody == {contact: event.properties["variant"] for contact, event in second}
    assert ok(shop.ask("GET", f"/contacts/{one}/export"))["messages"]
    assert [each["variant"] for each in exporting.everything(one)["other"] if each["kind"].startswith("ARM#")] == [
        everybody[one]
    ]
    shop.delete(f"/contacts/{one}")
    shop.passes(10 * MINUTE)
    assert list(contacts.items(one, "ARM#")) == []
    del everybody[one]
    assert _assigned(shop, path) == everybody, "at once"
    part = ok(shop.ask("GET", f"{path}?limit=30"))
    rest = ok(shop.ask("GET", f"{path}?limit=30&cursor={part['cursor']}"))
    rows = [*csv.reader(io.StringIO(part["csv"] + rest["csv"]))][1:]
    assert ({row[0]: row[1] for row in rows}, rest["cursor"], len(rows)) == (everybody, None, len(everybody))
    shop.passes(DAY)
    assert _assigned(shop, path) == everybody, "and for good"


def test_9_the_ways_of_a_split_adapt_and_who_went_one_goes_it_again_whoever_they_join(shop: Shop) -> None:
    ok(shop.ask("POST", "/experiments/now_or_later/decide", {"winner": "check_in", "why": "It is simpler."}))
    plan = {name: PATHS[name] for name in ("hypothesis", "journey", "step")}
    made = {**plan, "id": "way", "name": "Which way", "adaptive": True, "metric": "ordered", "within": "1h"}
    refused(shop.ask("POST", "/experiments", {**made, "metric": "revenue"}), 400, "invalid_experiment")
    start(shop, {**made, "least": 0.05, "holdout": 10})
    shop.passes(2 * MINUTE)
    for number in range(501, 531):
        shop.customer(number, 1)
    shop.passes(20 * MINUTE)
    first = dict(of_type(shop, Type.EXPERIMENT_ENTERED, "way"))
    arms = {contact: str(event.properties["variant"]) for contact, event in first.items()}
    beyond = {contact for contact, event in first.items() if "shares" in event.properties}
    assert {first[contact].properties["shares"] for contact in beyond} == {"0"}
    kept = {contact: item["variant"]["S"] for contact in first for item in contacts.items(contact, "ARM#way")}
    assert kept == {contact: arms[contact] for contact in beyond if arms[contact] != "holdout"}
    assert {"check_in", "two_days"} == set(kept.values())
    numbers = {by_email(shop)[body["email"]]: number for number, body in shop.customers.items() if number > 500}
    for contact, arm in arms.items():
        if arm == "check_in":
            shop.order(numbers[contact], 2)
    shop.passes(DAY)
    told = results(shop, "way")
    assert sum(arm["people"] for arm in told["arms"]) == len(first) - len(beyond), "the slice alone is told of"
    assert sum(arm["people"] for arm in told["adaptive"]["arms"]) == len(kept)
    assert told["adaptive"]["moves"][-1]["shares"]["check_in"] > 0.9
    for number in range(541, 561):
        shop.customer(number, 1)
    shop.passes(20 * MINUTE)
    second = Counter(
        event.properties["variant"]
        for _, event in of_type(shop, Type.EXPERIMENT_ENTERED, "way")
        if event.properties.get("shares", "0") != "0"
    )
    assert second["check_in"] > second["two_days"]
    # In a second round, whatever the shares are by now.
    shop.passes(40 * DAY)
    later = [contact for contact, arm in kept.items() if arm == "two_days"]
    for contact in later:
        shop.order(numbers[contact], 3)
    shop.passes(10 * MINUTE)
    ways = {
        contact: [record.step for record in contact_runs.of_item(item).run.records if record.what == "entered"]
        for contact in later
        for item in [*contacts.items(contact, "RUN#nudge#")][-1:]
    }
    assert all(steps == ["now_or_later", "two_days"] for steps in ways.values()), ways
    shop.passes(3 * DAY)
    behind = [event for contact, event in of_type(shop, Type.EMAIL_SENT, "way") if contact in later]
    assert {(event.properties["variant"], event.properties["shares"]) for event in behind} == {("two_days", "0")}
    # Who joins somebody brings their arm along, and theirs stays.
    one, other, *_ = later
    theirs = next(contact for contact, arm in kept.items() if arm == "check_in")
    none = next(contact for contact in first if contact not in beyond)
    for stays, joins in ((none, one), (theirs, other)):
        assert shop.ask("POST", f"/contacts/{stays}/merge", {"other": joins})[0] == 202
    shop.passes(10 * MINUTE)
    assert arms_of(none)["ARM#way"] == "two_days"
    assert arms_of(theirs)["ARM#way"] == "check_in"
    assert (arms_of(one), arms_of(other)) == ({}, {})
    shop.delete(f"/contacts/{none}")
    shop.passes(10 * MINUTE)
    assert arms_of(none) == {}


def arms_of(contact: str) -> dict[str, str]:
    return {item["kind"]["S"]: item["variant"]["S"] for item in contacts.items(contact, "ARM#")}


def by_email(shop: Shop) -> dict[str | None, str]:
    return {profile.email: profile.contact for profile in shop.profiles()}


def _assigned(shop: Shop, path: str) -> dict[str, str]:
    told = ok(shop.ask("GET", path))
    assert told["cursor"] is None
    return {row["contact"]: row["variant"] for row in csv.DictReader(io.StringIO(told["csv"]))}
