"""Insight: a night on the local run, from orders that came in as webhooks to traits and rows in the lake."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from functions.insight import night
from functions.insight.seam import Data, Found, Scores
from infra.local.aws import s3
from infra.local.aws.calls import AwsError, Call
from shared.adapters import contacts, definitions, exporting, insight
from shared.domain.calendars import local
from shared.domain.events import DAY, HOUR, MINUTE, Json
from shared.domain.insight.scored import contact_of
from shared.domain.lake_rows import contact_number
from tests.integration.nights import a_night
from tests.integration.shop import Shop

FAKE = "made_up"


class Works:
    """A thing of a night that gives what it is told to: by contact's number, a chance; and keeps what it was given."""

    def __init__(self) -> None:
        self.chances: dict[int, float] = {}
        self.given: list[Data] = []
        self.fails = False

    def work_out(self, data: Data) -> Found:
        self.given.append(data)
        if self.fails:
            raise ValueError("cannot")
        several = sorted(self.chances)
        values = [self.chances[each] for each in several]
        results = {"order": {"score": "order", "as_of": data.at, "contacts": len(several), "since": None}}
        if not several:
            return Found(results=results)
        scores = Scores(
            score="order",
            trait="propensity.order",
            contact=np.array(several, np.int64),
            told=values,
            value=np.array(values),
            band=np.array(["high" if each > 0.5 else "low" for each in values]),
            rank=np.array([round(100 * each) for each in values], np.int64),
            place=100 * np.array(values),
            reasons=[({"code": "last_order", "value": 3.0, "effect": 0.0, "about": ""},) for _ in several],
        )
        return Found([scores], results)


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> Works:
    works = Works()
    module = ModuleType(f"functions.insight.{FAKE}")
    module.work_out = works.work_out  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(night, "WORKS", (night.Work(FAKE, ("order",)),))
    return works


@pytest.fixture
def shop() -> Shop:
    return Shop()


def trait(shop: Shop, contact: str, name: str = "propensity.order") -> Json:
    stored = contacts.read(contact)
    assert stored is not None
    return None if name not in stored.profile.traits else stored.profile.traits[name].value


def scored(contact: str) -> list[Any]:
    return [event for event in contacts.events(contact) if event.type == "Scored"]


def everything(shop: Shop) -> dict[str, bytes]:
    """All objects of all buckets, by key, as they read once unpacked."""
    found = {}
    world = shop.system.world
    for bucket, key in world.db.execute("SELECT bucket, key FROM objects"):
        body = s3.path(world, bucket, key).read_bytes()
        if key.endswith(".gz"):
            body = gzip.decompress(body)
        if key.endswith(".npz"):
            with np.load(io.BytesIO(body)) as arrays:
                body = json.dumps({name: arrays[name].tolist() for name in arrays.files}).encode()
        found[f"{bucket}/{key}"] = body
    return found


def test_a_night_reads_orders_from_the_lake_and_its_scores_become_traits(shop: Shop, works: Works) -> None:
    shop.customer(0, orders=2)
    shop.customer(1, orders=1)
    shop.customer(2)
    shop.passes(10 * MINUTE)
    by_orders = {len(profile.orders): profile.contact for profile in shop.profiles()}
    works.chances = {contact_number(by_orders[2]): 0.9, contact_number(by_orders[1]): 0.2}
    ended = a_night(shop, "InsightWorkflow", "one", again=True)
    assert (ended["next"], ended["told"], ended["why"]) == ("done", 2, "")
    data = works.given[-1]
    assert sorted(data.orders.contact.tolist()) == sorted(
        [contact_number(by_orders[1]), *[contact_number(by_orders[2])] * 2]
    )
    assert all(data.orders.time <= data.at) and all(data.orders.amount > 0)
    assert {contact_of(each) for each in data.lines.contact.tolist()} == {by_orders[1], by_orders[2]}
    assert (trait(shop, by_orders[2]), trait(shop, by_orders[1]), trait(shop, by_orders[0])) == (0.9, 0.2, None)
    (event,) = scored(by_orders[2])
    assert event.properties["scores"][0] | {"reasons": []} == {
        "score": "order", "value": 0.9, "band": "high", "rank": 90, "reasons": [], "basis": "model",
    }  # fmt: skip
    assert insight.stored()["order"]["since"] == data.at


def test_the_hour_is_told_by_the_clock_of_the_contact(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (0, 1):
        shop.customer(number)
    shop.passes(10 * MINUTE)
    here, there = (profile.contact for profile in shop.profiles())
    (number,) = [n for n in (0, 1) if shop.customers[n]["email"] == contacts.read(there).profile.email]
    shop.track("identify", {"userId": f"user-{number}", "traits": {"email": shop.customers[number]["email"]}})
    shop.passes(10 * MINUTE)
    shop.track("identify", {"userId": f"user-{number}", "traits": {"timezone": "Asia/Tokyo"}})
    shop.passes(10 * MINUTE)
    several = np.array(sorted(map(contact_number, (here, there))), np.int64)

    def work_out(data: Data) -> Found:
        none = np.zeros(2)
        bands, ranks = np.array(["", ""]), np.array([100, 100])
        return Found([Scores("hour", "best_hour", several, [20, 20], none + 20, bands, ranks, none, [(), ()])])

    module = ModuleType(f"functions.insight.{FAKE}")
    module.work_out = work_out  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(night, "WORKS", (night.Work(FAKE, ("hour",)),))
    a_night(shop, "InsightWorkflow", "one", again=True)
    assert trait(shop, here, "best_hour") == 20
    offset = shop_ahead(shop)
    assert trait(shop, there, "best_hour") == (20 + 9 - offset) % 24


def shop_ahead(shop: Shop) -> int:
    moment = local(shop.now(), definitions.shop_zone())
    return round((moment.utcoffset() or timedelta()).total_seconds() / 3600)


# ── what fails, and what happens twice ──


def buyers(shop: Shop, several: int) -> list[int]:
    """The numbers of so many contacts with an order, when the lake has them."""
    for number in range(several):
        shop.customer(number, orders=1)
    shop.passes(10 * MINUTE)
    return [contact_number(profile.contact) for profile in shop.profiles()]


def play(shop: Shop, name: str, t: int, *, twice: bool = False, **given: Json) -> list[Json]:
    """The steps of a night, done without the workflow; `twice`: each is done again, as after a lost answer."""
    shop.system.world.turn(max(t, shop.now()))
    task: Json = {"task": "begin", "name": name, "input": given}
    states = []
    while True:
        for _ in range(2 if twice else 1):
            state = night.step(task, t, lambda: 900_000)
        states.append(state)
        if state["next"] == "done":
            return states
        task = {"task": {"answer": "take"}.get(state["next"], state["next"]), "state": state}


def test_a_step_that_is_done_again_tells_nothing_twice_and_leaves_nothing_behind(
    shop: Shop, works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night, "A_PAGE", 2)
    several = buyers(shop, 5)
    works.chances = dict.fromkeys(several, 0.4)
    states = play(shop, "one", shop.now(), twice=True)
    assert [state["next"] for state in states] == ["ask", "answer", "fit", "tell", "done"]
    assert (states[-1]["pages"], states[-1]["told"]) == (3, 5)
    shop.passes(MINUTE)
    assert [len(scored(contact_of(each))) for each in several] == [1] * 5
    left = [key for key in everything(shop) if "insight/" in key or "scores/" in key]
    assert sorted(key.split("/", 1)[1] for key in left) == ["insight/told.npz", "scores/0.json.gz"]
    assert not any(each in key for key in everything(shop) for each in states[-1]["queries"].values())


def test_what_has_not_moved_is_told_again_before_it_grows_stale_and_what_is_gone_is_taken_back(
    shop: Shop, works: Works
) -> None:
    first, second, third = buyers(shop, 3)
    works.chances = {first: 0.4, second: 0.4, third: 0.4}
    t = shop.now()
    assert play(shop, "one", t)[-1]["told"] == 3
    works.chances = {first: 0.43, second: 0.6}
    assert play(shop, "two", t + DAY)[-1]["told"] == 2
    told = {0: works.given[0].told.get("order"), 1: works.given[1].told["order"].contact.tolist()}
    assert told == {0: None, 1: [first, second, third]}
    # Whoever has ordered since changes the band at once.
    assert [each.before for each in works.given] == [0, works.given[0].at]
    shop.passes(MINUTE)
    assert [trait(shop, contact_of(each)) for each in (first, second, third)] == [0.4, 0.6, None]
    nights = [play(shop, f"n{day}", t + day * DAY)[-1]["told"] for day in range(2, 26)]
    assert sum(nights) == 2, "each once more"
    assert all(count == 0 for count in nights[:15])


def test_of_two_nights_at_once_the_first_goes_on_and_one_that_is_overtaken_or_stale_tells_nothing(
    shop: Shop, works: Works
) -> None:
    (one,) = buyers(shop, 1)
    works.chances = {one: 0.4}
    t = shop.now()
    first = night.step({"task": "begin", "name": "first", "input": {}}, t, lambda: 900_000)
    second = night.step({"task": "begin", "name": "second", "input": {}}, t, lambda: 900_000)
    assert (first["next"], second["next"]) == ("ask", "done")
    assert night.step({"task": "begin", "name": "first", "input": {}}, t, lambda: 900_000)["next"] == "ask"
    stale = night.step({"task": "ask", "state": first}, t + 3 * DAY, lambda: 900_000)
    assert (stale["next"], stale["why"]) == ("done", "stale")
    assert play(shop, "third", t, again=True)[-1]["told"] == 1
    overtaken = night.step({"task": "ask", "state": first}, t, lambda: 900_000)
    assert (overtaken["next"], overtaken["why"]) == ("done", "overtaken")


def test_what_fails_holds_up_nothing_else_and_is_neither_told_nor_taken_back(
    shop: Shop, works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    (one,) = buyers(shop, 1)
    works.chances = {one: 0.4}
    t = shop.now()
    play(shop, "one", t)
    other = ModuleType("functions.insight.made_up_too")
    other.work_out = lambda data: Found(results={"other": {"at": data.at}})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, other.__name__, other)
    monkeypatch.setattr(night, "WORKS", (*night.WORKS, night.Work("made_up_too")))
    works.fails = True
    assert play(shop, "two", t + DAY)[-1]["told"] == 0
    stored = insight.stored()
    assert stored is not None and stored["other"] == {"at": t + DAY} and stored["order"]["contacts"] == 1
    works.fails, works.chances = False, {}
    assert play(shop, "three", t + 2 * DAY)[-1]["told"] == 1, "what was told is known still, and taken back"
    monkeypatch.setattr(night, "WORKS", night.WORKS[:1])
    works.fails = True
    with pytest.raises(night.WorksFailedError):
        play(shop, "four", t + 3 * DAY)


def test_a_query_that_fails_is_put_again_and_the_telling_waits_for_the_shop_s_own_events(
    shop: Shop, works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    works.chances = dict.fromkeys(buyers(shop, 1), 0.4)
    asked = night.step({"task": "begin", "name": "one", "input": {}}, shop.now(), lambda: 900_000)
    state = night.step({"task": "ask", "state": asked}, shop.now(), lambda: 900_000)
    query = state["queries"]["lines"]
    shop.system.world.db.execute("UPDATE athena_queries SET state = 'FAILED' WHERE id = ?", (query,))
    state = night.step({"task": "take", "state": state}, shop.now(), lambda: 900_000)
    assert (state["next"], state["failures"]) == ("ask", 1)
    for task in ("ask", "take", "fit"):
        state = night.step({"task": task, "state": state}, shop.now(), lambda: 900_000)
    monkeypatch.setattr(night, "MAX_WAITING", -1)
    assert night.step({"task": "tell", "state": state}, shop.now(), lambda: 900_000) == state
    monkeypatch.setattr(night, "MAX_WAITING", 5_000)
    assert night.step({"task": "tell", "state": state}, shop.now(), lambda: 1_000) == state, "no time is left"
    assert night.step({"task": "tell", "state": state}, shop.now(), lambda: 900_000)["next"] == "done"


def test_a_night_that_failed_in_the_middle_and_is_redriven_ends_as_if_it_had_not(
    shop: Shop, works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    """First where it writes what is to be told, then where it has told some of them."""
    monkeypatch.setattr(night, "A_PAGE", 2)
    several = buyers(shop, 5)
    works.chances = dict.fromkeys(several, 0.4)
    failing = ["PutObject", "SendMessageBatch"]
    seen: list[str] = []

    def fails(call: Call, perform: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        seen.append(call.operation if "Scored" in json.dumps(call.parameters, default=str) else "")
        is_told = call.operation == "SendMessageBatch" and seen.count("SendMessageBatch") > 1
        is_page = call.operation == "PutObject" and call.parameters["Key"].endswith("/1.json.gz")
        if call.operation in failing and (is_told or is_page):
            raise AwsError("InternalError", "It does not answer.", 503)
        return perform()

    shop.fault = fails
    at = shop.now()
    assert a_night(shop, "InsightWorkflow", "one", again=True) == "RUNNING", "it tries again for an hour"
    shop.passes(2 * HOUR)
    client = shop.system.session.client("stepfunctions")
    arn = shop.system.template.reference("InsightWorkflow").replace(":stateMachine:", ":execution:") + ":one"
    assert client.describe_execution(executionArn=arn)["status"] == "FAILED"
    assert insight.stored() is not None and not any(scored(contact_of(each)) for each in several)
    for fault in ("PutObject", "SendMessageBatch"):
        failing.remove(fault)
        client.redrive_execution(executionArn=arn)
        shop.passes(2 * HOUR)
        told = [len(scored(contact_of(each))) for each in several]
        assert sorted(told) == ([0, 0, 0, 1, 1] if failing else [1] * 5)
    ended = client.describe_execution(executionArn=arn)
    state = json.loads(ended["output"])
    assert (ended["redriveCount"], state["next"], state["pages"], state["told"]) == (2, "done", 3, 5)
    assert {trait(shop, contact_of(each)) for each in several} == {0.4}
    assert {event.time for each in several for event in scored(contact_of(each))} == {state["at"]}
    assert at <= state["at"] < at + MINUTE, "it is about the instant at which it began"
    left = [key.split("/", 1)[1] for key in everything(shop) if "insight/" in key or "scores/" in key]
    assert sorted(left) == ["insight/told.npz", "scores/0.json.gz"]
    assert play(shop, "two", shop.now(), again=True)[-1]["told"] == 0, "what was told is remembered"


def test_a_rebuild_of_the_lake_and_a_night_do_not_mix_two_lakes(shop: Shop, works: Works) -> None:
    several = buyers(shop, 3)
    works.chances = dict.fromkeys(several, 0.4)
    play(shop, "one", shop.now())
    shop.passes(MINUTE)
    works.chances = dict.fromkeys(several, 0.9)
    t = shop.now()
    # It is asked for between the questions and their answers.
    state = night.step({"task": "begin", "name": "two", "input": {"again": True}}, t, lambda: 900_000)
    state = night.step({"task": "ask", "state": state}, t, lambda: 900_000)
    assert shop.ask("POST", "/rebuild")[0] == 202
    ended = night.step({"task": "take", "state": state}, t, lambda: 900_000)
    assert (ended["next"], ended["why"]) == ("done", "the lake is being rebuilt")
    assert not any(each in key for key in everything(shop) for each in state["queries"].values())
    # It is at work when a night begins.
    assert play(shop, "three", t, again=True)[-1]["why"] == "the lake is being rebuilt"
    shop.passes(HOUR)
    assert shop.ask("GET", "/rebuild")[1]["status"] == "done"
    # It was over by the time of the answers, but not before the questions.
    overtaken = night.step({"task": "take", "state": {**state, "name": "three"}}, t, lambda: 900_000)
    assert overtaken["next"] == "done"
    assert len(works.given) == 1 and {trait(shop, contact_of(each)) for each in several} == {0.4}


def test_profiles_that_are_made_anew_while_scores_are_told_have_them(
    shop: Shop, works: Works, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(night, "A_PAGE", 2)
    several = buyers(shop, 5)
    works.chances = dict.fromkeys(several, 0.4)
    t = shop.now()
    state: Json = night.step({"task": "begin", "name": "one", "input": {}}, t, lambda: 900_000)
    for task in ("ask", "take", "fit"):
        state = night.step({"task": task, "state": state}, t, lambda: 900_000)
    assert shop.ask("POST", "/rebuild")[0] == 202
    left = iter([900_000, 0])
    state = night.step({"task": "tell", "state": state}, t, lambda: next(left))
    assert (state["next"], state["page"]) == ("tell", 1)
    shop.passes(HOUR)
    assert shop.ask("GET", "/rebuild")[1]["status"] == "done"
    state = night.step({"task": "tell", "state": state}, shop.now(), lambda: 900_000)
    shop.passes(MINUTE)
    assert state["next"] == "done"
    assert [(trait(shop, contact_of(each)), len(scored(contact_of(each)))) for each in several] == [(0.4, 1)] * 5
    shop.assert_exact()


def test_a_shop_without_contacts_has_a_night_too(shop: Shop, works: Works) -> None:
    ended = a_night(shop, "InsightWorkflow", "one")
    assert (ended["next"], ended["told"]) == ("done", 0)
    assert [len(works.given[0].orders), len(works.given[0].lines), len(works.given[0].acts.contact)] == [0, 0, 0]
    assert insight.known(shop.now())["at"] == works.given[0].at  # type: ignore[index]


# ── who has ended, and what says who somebody is ──


def test_an_erased_contact_is_in_no_object_the_night_after_and_an_address_never_is(
    shop: Shop, works: Works, capsys: pytest.CaptureFixture[str]
) -> None:
    several = buyers(shop, 3)
    works.chances = dict.fromkeys(several, 0.4)
    states = play(shop, "one", shop.now())
    shop.passes(MINUTE)
    gone = several[0]
    rows = [json.loads(line) for line in everything(shop)[f"{lake(shop)}/scores/0.json.gz"].splitlines()]
    assert [row["contact_number"] for row in rows] == several
    assert rows[0] | {"night": ""} == {
        "contact": contact_of(gone), "contact_number": gone, "night": "", "score": "order", "value": 0.4,
        "told": "0.4", "band": "low", "rank": 40, "reasons": ["last_order|3|0|"], "basis": "model",
    }  # fmt: skip
    status, _ = shop.ask("DELETE", f"/contacts/{contact_of(gone)}")
    assert status in (200, 202, 204)
    shop.passes(MINUTE)
    # Before the lake has been amended: whoever is asked for is left out, and of whom nothing is told any more.
    works.chances = {each: works.chances[each] for each in several[1:]}
    states += play(shop, "two", shop.now(), again=True)
    assert works.given[1].orders.contact.tolist() == several[1:]
    assert states[-1]["told"] == 0
    shop.passes(DAY)
    lasting = {key: body for key, body in everything(shop).items() if not expires(shop, key)}
    assert any("events/" in key for key in lasting)
    for each in (contact_of(gone), str(gone)):
        assert [
            key
            for key, body in everything(shop).items()
            if "/insight" in key or "/scores" in key
            if each.encode() in body
        ] == []
        assert [key for key, body in lasting.items() if each.encode() in body] == []
    said = capsys.readouterr().out + json.dumps(states)
    said += "".join(body.decode() for key, body in everything(shop).items() if "/scores/" in key or "/insight/" in key)
    assert "@" not in said and "Ada" not in said


def test_who_is_erased_between_what_is_worked_out_and_the_telling_is_told_nothing(shop: Shop, works: Works) -> None:
    gone, other = buyers(shop, 2)
    works.chances = {gone: 0.4, other: 0.4}
    task: Json = {"task": "begin", "name": "one", "input": {}}
    state: Json = night.step(task, shop.now(), lambda: 900_000)
    while state["next"] != "tell":
        step = {"task": {"answer": "take"}.get(state["next"], state["next"]), "state": state}
        state = night.step(step, shop.now(), lambda: 900_000)
    assert shop.ask("DELETE", f"/contacts/{contact_of(gone)}")[0] == 202
    shop.passes(5 * MINUTE)
    assert night.step({"task": "tell", "state": state}, shop.now(), lambda: 900_000)["next"] == "done"
    shop.passes(5 * MINUTE)
    assert trait(shop, contact_of(other)) == 0.4
    assert scored(contact_of(gone)) == []
    stored = contacts.read(contact_of(gone))
    assert stored is None or (stored.profile.erased and not stored.profile.traits)
    works.chances = {other: 0.4}
    play(shop, "two", shop.now() + DAY, again=True)
    assert gone not in works.given[-1].orders.contact
    remembered = [body for key, body in everything(shop).items() if "/insight" in key or "/scores" in key]
    assert remembered and not any(str(gone).encode() in body for body in remembered)


def lake(shop: Shop) -> str:
    return shop.system.template.reference("LakeBucket")


def expires(shop: Shop, key: str) -> bool:
    """Whether the bucket deletes the object by itself within some days, and what it is under is no night's own."""
    rules = shop.system.template.resources["LakeBucket"].properties["LifecycleConfiguration"]["Rules"]
    prefixes = [f"{lake(shop)}/{rule['Prefix']}" for rule in rules if "ExpirationInDays" in rule]
    return any(key.startswith(prefix) for prefix in prefixes if not prefix.endswith(("insight/", "scores/")))


def test_a_contact_s_export_has_their_scores_and_reasons(shop: Shop, works: Works) -> None:
    (one,) = buyers(shop, 1)
    works.chances = {one: 0.4}
    play(shop, "one", shop.now())
    shop.passes(MINUTE)
    told = exporting.everything(contact_of(one))
    (event,) = [each for each in told["events"] if each["type"] == "Scored"]
    assert event["properties"]["scores"][0]["reasons"][0]["code"] == "last_order"
    assert told["profile"][0]["traits"]["propensity.order"][0] == 0.4
