"""How people come in by a form: it is opened, begun, sent in and confirmed on the local run, an order follows, and the
night's report says how many did each."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from infra.local import gateway
from infra.local.gateway import Request
from infra.local.screens import mailbox
from infra.local.shop import storefront
from shared.domain.events import DAY, MINUTE, SECOND, Json
from tests.integration.nights import a_night
from tests.integration.people_behind import people_behind
from tests.integration.shop import Shop

FORM: dict[str, Json] = {
    "id": "news",
    "name": "News",
    "title": "Hear from us",
    "topics": [{"id": "marketing"}],
    "wording": "You agree.",
}


@pytest.fixture(scope="module")
def shop() -> Shop:
    shop = Shop()
    shop.customer(1, orders=1)
    publish(shop, FORM)
    publish(shop, {**FORM, "id": "other", "name": "Other"})
    shop.passes(5 * MINUTE)
    return shop


def publish(shop: Shop, form: Json) -> None:
    status, told = shop.ask("POST", "/forms", form)
    assert status == 201, told
    assert shop.ask("POST", f"/forms/{form['id']}/publish", {}, **{"if-match": told["etag"]})[0] == 200


def request(shop: Shop, method: str, path: str, given: Any = None, by_script: bool = False, where: str = "1") -> str:
    headers = {"content-type": "application/x-www-form-urlencoded", "x-forwarded-for": f"192.0.2.{where}"}
    headers |= {"accept": "application/json"} if by_script else {}
    with shop.system.world.lock:
        answer = gateway.public(
            shop.system, Request(method, path, headers=headers, body=urlencode(given or {}, doseq=True).encode())
        )
    assert answer.status == 200, answer.body
    return answer.body.decode()


def sign_up(shop: Shop, email: str, by_script: bool, confirms: bool = True, form: str = "news") -> None:
    if by_script:
        token = json.loads(request(shop, "GET", f"/forms/{form}/token", by_script=True))["token"]
    else:
        token = re.search(r'name="token" value="([^"]+)"', request(shop, "GET", f"/forms/{form}"))[1]  # type: ignore[index]
    shop.passes(10 * SECOND)
    request(shop, "POST", f"/forms/{form}", {"email": email, "topic": "marketing", "token": token}, by_script)
    shop.passes(2 * MINUTE)
    if confirms:
        (mail,) = mailbox.mails(shop.system.world, 1, search=email)
        link = re.search(r'href="([^"]*/confirm/[^"]*)"', mail.html or "")[1]  # type: ignore[index]
        request(shop, "POST", urlsplit(link).path)
        shop.passes(2 * MINUTE)


def order(shop: Shop, number: int, email: str, like: Json = None) -> None:
    """`like`: the customer who is not them; the first, when left out."""
    body = {**(like or shop.customers[1]), "id": number, "email": email}
    storefront.post(shop.system, storefront.order(number, body, shop.now()))
    shop.passes(2 * MINUTE)


def test_before_the_first_night_nothing_is_told(shop: Shop) -> None:
    assert shop.ask("GET", "/reports/forms")[1]["as_of"] is None


def test_each_step_is_counted_and_a_first_order_is_one(shop: Shop) -> None:
    for _ in range(3):
        request(shop, "GET", "/forms/news")
    with shop.system.world.lock:
        assert gateway.public(shop.system, Request("HEAD", "/forms/news")).status == 200
    request(shop, "GET", "/forms/news/token", by_script=True)  # begun, and left
    sign_up(shop, "fresh@example.com", by_script=False)
    sign_up(shop, "quiet@example.com", by_script=True)
    sign_up(shop, "never@example.com", by_script=True, confirms=False)
    sign_up(shop, str(shop.customers[1]["email"]), by_script=False)
    sign_up(shop, "fresh@example.com", by_script=False, form="other")
    order(shop, 901, "fresh@example.com")
    shop.passes(DAY)
    a_night(shop, "ReportsWorkflow", "now", again=True)
    shop.passes(2 * MINUTE)
    told = shop.ask("GET", "/reports/forms")[1]
    assert told["as_of"] is not None
    news, other = told["forms"]
    counts = {name: news[name] for name in ("seen_page", "sent_page", "begun_site", "sent_site", "people")}
    assert counts == {"seen_page": 5, "sent_page": 2, "begun_site": 3, "sent_site": 2, "people": 3}
    assert (news["fresh"], news["ordered"]) == (2, 1), "who had ordered before is not new"
    assert (other["seen_page"], other["people"]) == (1, 1)
    shares = {each["name"]: each for each in news["shares"]}
    assert (shares["page"]["of"], shares["page"]["share"]) == (5, 0.4)
    assert (shares["signed_up"]["of"], shares["signed_up"]["share"]) == (4, 0.75)
    assert all(each["word"] == "too_few" for each in shares.values())
    for name in ("seen_page", "sent_site", "people", "ordered"):
        assert sum(each[name] for each in news["versions"]) == news[name]
        assert sum(each[name] for each in news["by_day"]) == news[name]
    assert [each["version"] for each in news["versions"]] == [1]
    emails = {profile.contact: profile.email for profile in shop.profiles()}
    for form in (news, other):
        for figure in ("people", "fresh", "ordered"):
            path = f"/reports/forms/people?form={form['form']}&figure={figure}"
            total, people = people_behind(shop, path)
            assert total == len(people) == form[figure]
            assert people_behind(shop, f"{path}&version=1") == (total, people)
            by_day = [people_behind(shop, f"{path}&day={each['day']}") for each in form["by_day"] if each["people"]]
            assert {who for _, there in by_day for who in there} == people.keys()
    _, ordered = people_behind(shop, "/reports/forms/people?form=news&figure=ordered")
    assert [emails[each] for each in ordered] == ["fresh@example.com"]
    assert shop.ask("GET", "/reports/forms/people?form=news&figure=seen_page")[1]["field"] == "figure"


def test_an_erasure_leaves_the_figures_and_nobody_in_them(shop: Shop) -> None:
    text = json.dumps(shop.ask("GET", "/reports/forms")[1])
    assert "@" not in text and not re.search(r"c[0-9a-f]{15}", text)
