"""Insight: a night on the local run, from orders that came in as webhooks to traits and rows in the lake."""

from __future__ import annotations

import gzip
import io
import json
import sys
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from functions.insight import night
from functions.insight.seam import Data, Found, Scores
from infra.local.aws import s3
from shared.adapters import contacts, insight
from shared.domain.events import DAY, HOUR, Json
from shared.domain.insight.scored import contact_of
from shared.domain.lake_rows import contact_number
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


def a_night(shop: Shop, name: str, **given: Json) -> Json:
    """Starts a night and lets an hour pass; gives what it has come to."""
    client = shop.system.session.client("stepfunctions")
    arn = shop.system.template.reference("InsightWorkflow")
    started = client.start_execution(stateMachineArn=arn, name=name, input=json.dumps(given))["executionArn"]
    shop.passes(HOUR)
    execution = client.describe_execution(executionArn=started)
    return json.loads(execution["output"]) if execution["status"] == "SUCCEEDED" else execution["status"]


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
    shop.passes(DAY)
    by_orders = {len(profile.orders): profile.contact for profile in shop.profiles()}
    works.chances = {contact_number(by_orders[2]): 0.9, contact_number(by_orders[1]): 0.2}
    ended = a_night(shop, "one", again=True)
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
