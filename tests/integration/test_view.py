"""An email in the browser and at the admin: as it was sent, and nothing in it acts for the contact."""

from __future__ import annotations

import hashlib
import re

import pytest

from infra.local import gateway
from infra.local.aws import ses
from infra.local.gateway import Request, Response
from shared.adapters import contacts, copies, template_definitions
from shared.adapters.ready_templates import source
from shared.adapters.templates import Rendered, example, parse, render
from shared.domain.events import DAY, MINUTE
from tests.integration.shop import Shop


def get(shop: Shop, url: str, method: str = "GET") -> Response:
    with shop.system.world.lock:
        return gateway.public(shop.system, Request(method, re.sub(r"^https?://[^/]+", "", url)))


@pytest.fixture(scope="module")
def shop() -> Shop:
    shop = Shop(["onboarding"])
    shop.customer(1)
    shop.passes(DAY)
    return shop


@pytest.fixture(scope="module")
def mail(shop: Shop) -> ses.Mail:
    (id_,) = shop.system.world.db.execute("SELECT id FROM mailbox ORDER BY sent_at, id").fetchone()
    return ses.mail(shop.system.world, id_)


def link(mail: ses.Mail, to: str) -> str:
    return re.search(rf'href="([^"]*/{to}/[^"]*)"', mail.html or "")[1]  # type: ignore[index]


def test_an_email_is_shown_in_the_browser_as_it_was_sent(shop: Shop, mail: ses.Mail) -> None:
    shown = get(shop, link(mail, "view"))
    assert shown.status == 200
    headers = {name.lower(): value for name, value in shown.headers.items()}
    assert "noindex" in headers["x-robots-tag"] and headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    body = shown.body.decode()
    received = re.sub(r' ses:tags="[^"]*"', "", mail.html or "")  # which SES takes out
    without_links = [re.sub(r'href="[^"]*"', "", text) for text in (body, received)]
    assert without_links[0] == without_links[1].replace(" ses:no-track", "") or without_links[0] == without_links[1]
    token = link(mail, "unsubscribe").rpartition("/")[2]
    assert token not in body, "who is passed the copy unsubscribes nobody"
    assert get(shop, link(mail, "view"), "HEAD").body == b""


def test_the_links_of_a_copy_lead_to_a_page_that_says_where_to_go(shop: Shop, mail: ses.Mail) -> None:
    body = get(shop, link(mail, "view")).body.decode()
    (where,) = set(re.findall(r'href="(\./[^"]*/links)"', body))
    asked = get(shop, f"/view/{where.removeprefix('./')}")
    assert asked.status == 200 and "open the email itself" in asked.body.decode()
    assert "<form" not in asked.body.decode()


def test_no_other_token_shows_an_email(shop: Shop, mail: ses.Mail) -> None:
    token = link(mail, "unsubscribe").rpartition("/")[2]
    for text in (token, "x", link(mail, "view").rpartition("/")[2][:-1]):
        answer = get(shop, f"/view/{text}")
        assert answer.status == 404
        assert "Open the link from the email itself once more" in answer.body.decode(), "what a person can do next"
        assert 'href="http' in answer.body.decode()
    view = link(mail, "view").rpartition("/")[2]
    assert get(shop, f"/unsubscribe/{view}").status == 404, "and one for looking unsubscribes nobody"


def test_the_admin_shows_what_was_sent(shop: Shop, mail: ses.Mail) -> None:
    (contact,) = (profile.contact for profile in shop.profiles())
    (first, *_) = shop.ask("GET", f"/contacts/{contact}/messages")[1]["messages"]
    assert first["kept"] and first["template_version"] == 0
    status, shown = shop.ask("GET", f"/contacts/{contact}/messages/{mail.tags['message']}")
    assert (status, shown["subject"]) == (200, mail.subject)
    assert "/unsubscribe/" not in shown["html"] + shown["text"]
    assert shop.ask("GET", f"/contacts/{contact}/messages/none")[0] == 404


def test_whose_contact_is_erased_has_no_copy_left() -> None:
    shop = Shop(["onboarding"])
    shop.customer(1)
    shop.passes(DAY)
    (id_,) = shop.system.world.db.execute("SELECT id FROM mailbox ORDER BY sent_at, id").fetchone()
    shown = link(ses.mail(shop.system.world, id_), "view")
    assert get(shop, shown).status == 200
    (contact,) = (profile.contact for profile in shop.profiles())
    assert shop.ask("DELETE", f"/contacts/{contact}")[0] == 202
    shop.passes(10 * MINUTE)
    assert get(shop, shown).status == 404
    assert [item["kind"]["S"] for item in contacts.items(contact) if "copy" in item] == []


def test_a_copy_is_small_and_comes_back_to_the_byte() -> None:
    for id_ in template_definitions.shipped_ids():
        compiled = next(iter(template_definitions.shipped(id_).compiled.values()))
        out = render(parse(source(compiled)), example())
        body = copies.made(out)
        assert copies.read(body) == copies.Copy(out.subject, out.html, out.text)
        assert len(body) < 2_500
    assert (
        copies.made(Rendered("", "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(4_000)), "")) == b""
    )


def test_what_was_kept_can_be_read_for_good() -> None:
    """A dictionary that changes makes every copy of it unreadable: make a new one, by the next number."""
    digest = "0de93b0fbb1dd697a5a3ab4a7a2875a8e8b3a42095d4dfa58247e5af70947be7"
    assert hashlib.sha256(copies._dictionary(1)).hexdigest() == digest
