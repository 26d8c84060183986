"""The shop's holdout: who gets no email, and what that says of what emails bring."""

from __future__ import annotations

import csv
import io
import json
import threading

import pytest

from infra.local import gateway
from infra.local.__main__ import main
from infra.local.client import console
from infra.local.screens import site
from shared.adapters import contacts
from shared.domain.events import DAY, MINUTE, Json, Type
from tests.integration.shop import Shop
from tests.integration.test_campaigns import mails, progress, sent, settle_on, skipped

CUSTOMERS = 60
HOLDOUT = {"name": "from_2026", "share": 20}


@pytest.fixture(scope="module")
def shop() -> Shop:
    shop = Shop(["post_purchase"])
    for number in range(1, CUSTOMERS + 1):
        shop.customer(number)
    shop.publish("everybody", {"kind": "trait", "trait": "email", "is": "exists"})
    shop.passes(30 * MINUTE)
    return shop


def told(shop: Shop) -> Json:
    status, found = shop.ask("GET", "/reports/holdout")
    assert status == 200, found
    return found


def held_out(shop: Shop) -> dict[str, list[Json]]:
    """The properties of the events that say so, by contact."""
    found: dict[str, list[Json]] = {}
    for profile in shop.profiles():
        for event in contacts.events(profile.contact):
            if event.type == Type.EMAIL_HELD_OUT:
                found.setdefault(profile.contact, []).append(event.properties)
    return found


def test_without_a_holdout_nobody_is_held_out(shop: Shop) -> None:
    found = told(shop)
    assert (found["holdout"], found["word"]) == (None, None)
    assert "Nobody is held out of your emails" in found["words"]


def test_the_same_people_are_held_out_of_campaigns_and_of_journeys(shop: Shop) -> None:
    settle_on(shop, holdout=HOLDOUT)
    first, second = sent(shop), sent(shop, template="goodbye")
    shop.passes(6 * MINUTE)
    out = held_out(shop)
    assert 4 <= len(out) <= 22
    assert skipped(progress(shop, first)) == skipped(progress(shop, second)) == {"shop_holdout": len(out)}
    assert {each["campaign"] for several in out.values() for each in several} == {first, second}
    assert {each["holdout"] for several in out.values() for each in several} == {"from_2026"}
    everybody = shop.members("everybody")
    assert set(mails(shop, first)) == set(mails(shop, second)) == everybody - out.keys()
    counted = [
        event.properties.get("holdout")
        for contact in everybody - out.keys()
        for event in contacts.events(contact)
        if event.type == Type.EMAIL_SENT
    ]
    assert set(counted) == {"from_2026"}


def test_what_it_says_of_people_who_have_had_their_time(shop: Shop) -> None:
    """Everybody who gets email orders, and nobody else does."""
    out = held_out(shop)
    numbers = {profile.email: profile.contact for profile in shop.profiles()}
    for number, body in shop.customers.items():
        if numbers.get(body["email"]) not in out:
            shop.order(number, 5)
    shop.passes(10 * MINUTE)
    early = told(shop)
    assert (early["word"], early["waiting"]) == (None, CUSTOMERS)
    assert "Nobody has had 30 days yet" in early["words"]
    shop.passes(38 * DAY)
    found = told(shop)
    assert found["held_out"] == {"people": len(out), "ordered": 0, "revenue": 0}
    of_sent = found["sent"]
    assert (of_sent["people"], of_sent["ordered"]) == (CUSTOMERS - len(out), CUSTOMERS - len(out))
    assert of_sent["revenue"] > of_sent["people"]
    spending = found["spending"]
    assert (spending["word"], spending["look"]) == (None, None)
    assert spending["next_look"] > shop.now()
    assert f"{of_sent['revenue']:,.2f} spent by {of_sent['people']} people" in spending["words"]
    assert (found["holdout"]["share"], found["waiting"]) == (20, 0)
    assert found["word"] == "better"
    assert found["words"].startswith("With email more people order:")
    (listed,) = shop.ask("GET", "/experiments")[1]["experiments"]
    assert listed["says"] == [found["words"], spending["words"]], "as the night before has found it"


def test_the_terminal_has_the_same_figures_in_eighty_columns(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = gateway.serve(shop.system, 0, site.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(console, "_width", 80)

    def beckon(*arguments: str) -> str:
        monkeypatch.setattr("sys.argv", ["beckon", "--port", str(server.server_port), "report", "holdout", *arguments])
        assert not main()
        return capsys.readouterr().out

    found = json.loads(beckon("--json"))
    assert {**found, "as_of": 0} == {**told(shop), "as_of": 0}
    sent, out = csv.DictReader(io.StringIO(beckon("--csv")))
    assert (sent["of"], out["of"], out["revenue"]) == ("sent", "held out", "0.0")
    assert float(sent["revenue"]) == found["sent"]["revenue"]
    assert float(sent["a person"]) == found["sent"]["revenue"] / found["sent"]["people"]
    said = beckon()
    assert found["words"] in said
    assert found["spending"]["words"] in said
    *_, of_sent, of_out = said.splitlines()
    assert of_sent.split()[:3] == ["sent", str(found["sent"]["people"]), str(found["sent"]["ordered"])]
    assert f"{found['sent']['revenue']:,.2f}" in of_sent
    assert max(map(len, (of_sent, of_out))) <= 80
    server.shutdown()


def test_what_is_asked_for_still_comes_and_another_name_draws_anew(shop: Shop) -> None:
    before = held_out(shop)
    settle_on(shop, holdout={"name": "again", "share": 20})
    shop.passes(MINUTE)
    assert told(shop)["holdout"]["name"] == "again"
    assert told(shop)["sent"]["people"] == 0
    third = sent(shop)
    shop.passes(6 * MINUTE)
    out = {contact for contact, several in held_out(shop).items() if any(each["campaign"] == third for each in several)}
    assert out != before.keys()
    settle_on(shop, holdout=None)
    fourth = sent(shop)
    shop.passes(6 * MINUTE)
    assert len(mails(shop, fourth)) == CUSTOMERS
