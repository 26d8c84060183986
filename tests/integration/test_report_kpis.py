"""KPIs of a played shop: each figure is as it is counted from the contacts' own events."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from infra.local import gateway
from infra.local.__main__ import main
from infra.local.aws import ses
from infra.local.screens import mailbox, site
from shared.adapters import clock, contacts
from shared.domain.events import DAY, HOUR, MINUTE, Json, Type
from tests.integration.shop import Shop
from tests.integration.test_campaigns import mail_to, sent, settle_on, unsubscribed

CUSTOMERS = 9


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A campaign to all, a day later one to those who have ordered; two nights after that."""
    made = Shop()
    for number in range(1, CUSTOMERS + 1):
        made.customer(number, orders=number % 2)
    made.publish("everybody", {"kind": "trait", "trait": "email", "is": "exists"})
    made.publish("buyers", {"kind": "orders", "at_least": 1})
    made.passes(30 * MINUTE)
    first = sent(made, name="Spring", id="spring")
    made.passes(6 * MINUTE)
    everybody = sorted(made.members("everybody"))
    mails = {contact: ses.mail(made.system.world, mail_to(made, first, contact)) for contact in everybody}
    one, two, three, four, *_ = everybody
    for contact in (one, one, two):
        link = next(n for n, each in enumerate(mailbox.links(mails[contact].html or "")) if each.tracked)
        mailbox.act(made.system.world, mails[contact].id, "click", {"link": str(link)})
        made.passes(MINUTE)
    ses.happen(made.system.world, mails[three].id, "Click", link="https://shop.example.com/", bot=True)
    numbers = {str(body["email"]): number for number, body in made.customers.items()}
    by_contact = {profile.contact: numbers[str(profile.email)] for profile in made.profiles()}
    for contact in (one, three):
        made.order(by_contact[contact], 7)
    made.passes(HOUR)
    unsubscribed(made, two, mails[two].tags["message"])
    mailbox.act(made.system.world, mails[four].id, "complaint", {})
    made.passes(DAY)
    sent(made, name="Thanks", id="thanks", segments=["buyers"])
    made.passes(2 * DAY)
    yield made
    clock.use(None)


@pytest.fixture(scope="module")
def port(shop: Shop) -> Iterator[int]:
    server = gateway.serve(shop.system, 0, site.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def beckon(port: int, monkeypatch: pytest.MonkeyPatch, *words: str) -> Any:
    monkeypatch.setattr("sys.argv", ["beckon", "--port", str(port), *words])
    return main()


def counted(shop: Shop) -> dict[str, Counter[str]]:
    """By campaign, from the contacts' own events."""
    found: dict[str, Counter[str]] = {}
    for profile in shop.profiles():
        told = list(contacts.events(profile.contact))
        campaign = {
            each.properties["message"]: each.properties["campaign"] for each in told if each.type == Type.EMAIL_SENT
        }
        several: dict[Any, set[Any]] = {}
        for each in told:
            several.setdefault(each.type, set()).add(each.properties.get("message"))
        clicks = [each for each in told if each.type == Type.EMAIL_CLICKED and each.properties.get("human") is True]
        for message, of in campaign.items():
            counts = found.setdefault(str(of), Counter())
            counts["sent"] += 1
            counts["delivered"] += message in several.get(Type.EMAIL_DELIVERED, ())
            counts["clicked"] += message in {each.properties["message"] for each in clicks}
            counts["complained"] += message in several.get(Type.EMAIL_COMPLAINED, ())
            counts["unsubscribed"] += message in several.get(Type.CONSENT_CHANGED, ())
        for order in (each for each in told if each.type == Type.ORDER_COMPLETED):
            before = [each for each in clicks if 0 <= order.time - each.time < 5 * DAY]
            if before:
                last = max(before, key=lambda each: each.time)
                found[str(campaign[last.properties["message"]])]["orders"] += 1
    return found


def told(shop: Shop, path: str = "/reports/kpis") -> Json:
    status, found = shop.ask("GET", path)
    assert status == 200, found
    return found


def groups(shop: Shop) -> dict[str, Json]:
    return {each["called"]: each for each in told(shop)["periods"][0]["groups"]}


def test_each_campaign_s_figures_are_as_counted_from_the_contacts(shop: Shop) -> None:
    found, by_hand = groups(shop), counted(shop)
    assert by_hand.keys() == {"spring", "thanks"}
    assert by_hand["spring"] == Counter(sent=9, delivered=9, clicked=2, complained=1, unsubscribed=1, orders=1)
    for campaign, counts in by_hand.items():
        told_ = found[f"campaign:{campaign}"]
        assert {name: told_[name] for name in counts} == counts
        assert told_["sent"] == told_["delivered"] + told_["bounced"] + told_["waiting"]
    assert (found["campaign:spring"]["name"], found["campaign:spring"]["revenue"]) == ("Spring", 24.5)
    for name in ("sent", "delivered", "clicked", "orders", "revenue"):
        assert found["all"][name] == sum(found[each][name] for each in ("campaign:spring", "campaign:thanks"))


def test_each_number_leads_to_the_people_behind_it(shop: Shop) -> None:
    period = told(shop)["periods"][0]
    found = groups(shop)["campaign:spring"]
    for figure in ("sent", "delivered", "clicked", "converted", "unsubscribed", "complained", "orders", "revenue"):
        path = f"/reports/people?figure={figure}&of=campaign:spring&from={period['first']}&to={period['last']}"
        behind = told(shop, path)
        assert behind["total"] == pytest.approx(found[figure])
        assert len(behind["people"]) == behind["contacts"]
        assert sum(each["n"] for each in behind["people"]) == pytest.approx(found[figure])
    assert behind["name"] == "Spring: revenue after a click"
    assert shop.ask("GET", "/reports/people?figure=clicked&of=segment")[0] == 400
    assert shop.ask("GET", "/reports/people?figure=reached&of=all")[0] == 400


def test_segments_are_those_of_the_night(shop: Shop) -> None:
    found = groups(shop)
    members = shop.members("buyers")
    of_members = sum(each.type == Type.EMAIL_SENT for contact in members for each in contacts.events(contact))
    assert found["segment:buyers"]["sent"] == of_members
    assert found["segment:buyers"]["people"] == len(members)
    assert found["segment:everybody"]["sent"] == found["all"]["sent"]
    period = told(shop)["periods"][0]
    for figure in ("people", "sent", "clicked"):
        path = f"/reports/people?figure={figure}&of=segment:buyers&from={period['first']}&to={period['last']}"
        behind = told(shop, path)
        assert behind["total"] == found["segment:buyers"][figure]
        assert {each["contact"] for each in behind["people"]} <= members


def test_what_emails_return_is_told_once_their_costs_are(shop: Shop) -> None:
    assert (told(shop)["costs"], groups(shop)["all"]["roi"]) == (None, None)
    settle_on(shop, costs={"margin": 40, "a_thousand": 100, "a_month": 0})
    found = groups(shop)["all"]
    assert found["cost"] == pytest.approx(0.1 * found["sent"])
    assert found["roi"] == pytest.approx((24.5 * 0.4 - found["cost"]) / found["cost"])


def test_the_same_figures_are_in_the_terminal_s_table(
    shop: Shop, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not beckon(port, monkeypatch, "report", "kpis", "--json")
    assert json.loads(capsys.readouterr().out) == told(shop)
    assert not beckon(port, monkeypatch, "report", "kpis", "--csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    row = next(each for each in rows if (each["days"], each["of"]) == ("30", "campaign:spring"))
    assert (row["delivered"], row["clicked"], row["revenue"]) == ("9", "2", "24.5")
    assert not beckon(port, monkeypatch, "report", "kpis")
    assert "campaign:spring" in capsys.readouterr().out
