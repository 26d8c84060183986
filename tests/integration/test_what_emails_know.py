"""All that an email is really made of is documented (`templates.VARIABLES`, of which docs/templates.md is made), and
all that is documented is there: name by name, and in the same form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from shared.adapters import composing, coupons, outside, ready_templates, templates
from shared.domain import contents
from shared.domain.coupons import Pool
from shared.domain.events import HOUR, IdentityKind, Type
from shared.domain.messages.asked import RunMessage
from shared.domain.settings import SocialLink
from tests.integration.conftest import NOW
from tests.integration.test_message import TASK, Ses, contact_profile, shop_has  # noqa: F401
from tests.integration.test_message import ses as ses
from tests.integration.test_profile import deliver, event, profile_of

LAZY = {"traits": "vip", "coupon": "win_back", "feeds": "blog", "products": "8123"}
"""What is looked up when it is named, with a name of each."""
RSS = b"""<rss version="2.0"><channel><title>Blog</title><item><title>Oolong</title>
<link>https://shop.example.com/blog/oolong</link><description>Hot.</description><category>Tea</category>
<pubDate>Tue, 01 Dec 2026 08:00:00 GMT</pubDate></item></channel></rss>"""
CALENDAR = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
BEGIN:VEVENT\r
UID:1\r
SUMMARY:Tasting\r
LOCATION:Leeds\r
DTSTART:20261130T180000Z\r
DTEND:20261130T200000Z\r
END:VEVENT\r
END:VCALENDAR\r
"""
LEEDS = {"latitude": 53.8, "longitude": -1.5}
WEATHER = b'{"current": {"temperature_2m": 12.0, "weather_code": 61}}'


@pytest.fixture
def known(ses: Ses, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What an email is rendered with to somebody of whom everything is known."""
    who = (IdentityKind.EMAIL, "ada@example.com")
    goods = [{"product_id": "8123", "name": "Assam", "price": 9, "category": "Tea", "quantity": 2}]
    deliver(
        event(
            "1",
            Type.CONTACT_CREATED,
            who,
            traits={"email": who[1], "first_name": "Ada", "vip": "yes", "latitude": 51.5, "longitude": -0.1},
        ),
        event("2", Type.ORDER_COMPLETED, who, properties={"order_id": "77", "total": 18, "products": goods}),
        event("3", Type.CART_UPDATED, who, time=NOW - HOUR, properties={"cart_id": "c", "products": goods}),
    )
    profile = profile_of(*who)
    shop_has(
        feeds={"blog": "https://shop.example.com/feed", "events": "https://shop.example.com/cal"},
        weather=True,
        brand={"social": [SocialLink(name="Instagram", url="https://instagram.com/x").model_dump(mode="json")]},
    )
    outside.use(lambda url: WEATHER if "meteo" in url else CALENDAR if url.endswith("cal") else RSS)
    coupons.save(Pool(id="win_back", code="BACK10", days=7))
    ready = ready_templates.ready("we_miss_you")
    whole = replace(ready, template=replace(ready.template, names=frozenset(contents.NAMES)))
    seen: list[Mapping[str, Any]] = []
    render = templates.render

    def watched(template: Any, variables: Mapping[str, Any]) -> Any:
        seen.append(variables)
        return render(template, variables)

    monkeypatch.setattr(templates, "render", watched)
    message = RunMessage.model_validate({**TASK, "contact": profile.contact})
    composing.rendered_for(message, whole, profile, {"cart_id": "c", "product_id": "8123"}, NOW)
    yield seen[0]
    outside.use(None)


def documented() -> dict[str, dict[str, Any]]:
    """By the name before the dot, what is after it, each with its example; of a plain name its own under ""."""
    found: dict[str, dict[str, Any]] = {}
    for path, (example, _) in templates.VARIABLES.items():
        outer, _, inner = path.partition("[")[0].partition(".")
        found.setdefault(outer, {})[inner] = example
    return found


def test_all_that_an_email_knows_is_documented_and_all_that_is_documented_it_knows(known: Mapping[str, Any]) -> None:
    listed = documented()
    assert set(known) == set(listed)
    for name, value in known.items():
        if name in LAZY:
            continue
        if name == "weather":
            assert value["sky"] == "rain"
        if isinstance(value, Mapping):
            assert set(value) == set(listed[name]) - {""}, name
        else:
            assert set(listed[name]) == {""}, name


def same_form(given: Any, example: Any) -> bool:
    """Whether a template can do with the one what it can do with the other; what is not known is of any form."""
    if given is None or example is None:
        return True
    if isinstance(given, list | tuple) and isinstance(example, list | tuple):
        return not given or not example or same_form(given[0], example[0])
    if isinstance(given, Mapping) and isinstance(example, Mapping):
        return set(given) == set(example) and all(same_form(given[name], example[name]) for name in given)
    number = int, float
    both = bool, number, str
    return any(isinstance(given, kind) and isinstance(example, kind) for kind in both)


def test_what_an_email_knows_has_the_form_of_its_example(known: Mapping[str, Any]) -> None:
    for name, of_name in documented().items():
        for inner, example in of_name.items():
            if name in LAZY:
                continue
            value = known[name][inner] if inner else known[name]
            assert same_form(value, example), f"{name}.{inner}: {value!r} is not like {example!r}"
    assert same_form(known["coupon"]["win_back"], templates.VARIABLES["coupon.any_pool"][0])
    assert known["cart"]["products"]
    assert known["order"]["products"]
    assert isinstance(known["traits"]["vip"], str)
    entry = templates.VARIABLES["feeds.any_name"][0][0]
    of_both = {**known["feeds"]["blog"][0], **known["feeds"]["events"][0]}
    assert set(of_both) == set(entry)
    assert same_form(of_both, entry)


def test_every_name_that_is_documented_may_be_published(known: Mapping[str, Any]) -> None:
    for path in templates.VARIABLES:
        assert list(templates.faults(f"{{{{ {path} }}}}", html=False)) == [], path
    for name in ("cart.products[0].title", "order.products[0].price", "feeds.blog[0].place", "coupon.win_back.until"):
        assert list(templates.faults(f"{{{{ {name} }}}}", html=False)) == [], name
    for name in ("cart.owner", "order.total", "weather.wind", "links.home", "shop.owner", "now.week"):
        assert list(templates.faults(f"{{{{ {name} }}}}", html=False)) != [], name
