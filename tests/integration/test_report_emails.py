"""Reports by email: from the setting through a night to the mailbox, each week once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from infra.local.aws import ses
from infra.local.aws.calls import AwsError, Call
from infra.local.screens import mailbox
from shared.adapters import clock, reports
from shared.domain.events import DAY, MINUTE
from tests.integration.shop import Shop
from tests.integration.test_campaigns import sent as sent_campaign

OWNER, MARKETER = "owner@shop.example", "marketer@shop.example"


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    clock.use(None)


def wants(shop: Shop, **told: Any) -> tuple[int, Any]:
    held = shop.ask("GET", "/settings")[1]
    answer = shop.ask("PUT", "/settings", {**held["settings"], "reports": told}, **{"if-match": held["etag"]})
    shop.passes(2 * MINUTE)
    return answer


def sent(shop: Shop) -> list[ses.Mail]:
    of_all = mailbox.mails(shop.system.world, 1_000)
    return [each for each in of_all if each.recipients[0] in (OWNER, MARKETER)]


def until_monday(shop: Shop) -> None:
    """The world begins on a Monday; a night is at 4:00."""
    shop.passes(7 * DAY)


def test_what_came_of_the_emails_goes_out_once_a_week_to_whom_the_shop_says(shop: Shop) -> None:
    shop.customer(1)
    assert wants(shop, to=[OWNER, MARKETER], every="week")[0] == 200
    until_monday(shop)
    reports.forget()
    first = sent(shop)
    by_week = {each.subject for each in first}
    assert {each.recipients[0] for each in first} == {OWNER, MARKETER}
    assert len(first) == 2 * len(by_week)
    count = len(first)
    shop.passes(DAY)
    assert len(sent(shop)) == count, "not every night"
    shop.passes(7 * DAY)
    newest = max(sent(shop), key=lambda each: each.sent_at)
    assert len(sent(shop)) == count + 2
    (file,) = ses.attachments(shop.system.world, newest.id)
    assert (file.name, file.form) == ("emails.csv", "text/csv")
    assert file.body.startswith("\ufeffday,of,sent,".encode())
    assert "/admin/#/reports" in (newest.text or "")
    assert "emails.csv" in mailbox.mail_page(shop.system.world, newest.id)
    assert not [each for each in first if "@" in (each.html or "").replace("@media", "")]


def test_what_it_says_is_what_the_page_says(shop: Shop) -> None:
    for number in (1, 2, 3):
        shop.customer(number)
    shop.publish("everybody", {"kind": "trait", "trait": "email", "is": "exists"})
    shop.passes(30 * MINUTE)
    campaign = sent_campaign(shop)
    wants(shop, to=[OWNER])
    shop.passes(8 * DAY)
    of_it = shop.ask("GET", f"/reports/kpis/days?called=campaign:{campaign}")[1]["days"]
    assert sum(each["sent"] for each in of_it) == 3
    whole = sum(each["sent"] for each in shop.ask("GET", "/reports/kpis/days")[1]["days"])
    newest = max(sent(shop), key=lambda each: each.sent_at)
    assert f"Sent: {whole} (" in (newest.text or "")
    assert f"from {whole} emails, 0 clicked" in newest.subject
    (file,) = ses.attachments(shop.system.world, newest.id)
    assert ",3,3,0," in file.body.decode()


def test_an_address_that_ses_refuses_holds_up_no_other(shop: Shop) -> None:
    assert wants(shop, to=[MARKETER, OWNER])[0] == 200

    def refuses(call: Call, perform: Callable[[], Any]) -> Any:
        if call.operation == "SendEmail" and call.parameters["Destination"]["ToAddresses"] == [MARKETER]:
            raise AwsError("MessageRejected", "Email address is on the blacklist.")
        return perform()

    shop.fault = refuses
    until_monday(shop)
    assert {each.recipients[0] for each in sent(shop)} == {OWNER}


@pytest.mark.parametrize("told", [{"to": ["nobody"]}, {"to": [OWNER] * 11}, {"to": [OWNER], "every": "day"}])
def test_what_is_no_address_or_no_time_is_refused_in_words(shop: Shop, told: dict[str, Any]) -> None:
    status, answer = wants(shop, **told)
    assert status == 400
    assert "reports" in str(answer)


def test_a_shop_that_wants_none_gets_none(shop: Shop) -> None:
    until_monday(shop)
    assert sent(shop) == []
