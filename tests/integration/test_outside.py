"""What the web says is kept for an hour, never waited for twice, and comes from no address inside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shared.adapters import outside, shop_settings
from shared.adapters.outside import NoAnswerError
from shared.adapters.surroundings import Feeds, Weather
from shared.domain.events import DAY, HOUR, MINUTE, parse_instant
from shared.domain.profiles import Profile, Stamped
from shared.domain.settings import ShopSettings
from tests.integration.conftest import NOW
from tests.unit.test_feeds import RSS
from tests.unit.test_icalendar import calendar

URL = "https://shop.example.com/feed"
SETTINGS = ShopSettings(feeds={"blog": URL}, weather=True)
LONDON = Profile("c01", traits={"latitude": Stamped(51.5074, 1), "longitude": Stamped(-0.1278, 1)})
WEATHER = b'{"current": {"temperature_2m": 4.2, "weather_code": 61}}'


class Web:
    def __init__(self, answer: bytes | None) -> None:
        self.answer, self.asked = answer, list[str]()

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if self.answer is None:
            raise NoAnswerError("no")
        return self.answer


@pytest.fixture
def web(aws: None) -> Iterator[Web]:
    made = Web(RSS)
    outside.use(made)
    yield made
    outside.use(None)


def titles(at: int = NOW) -> list[object]:
    return [each["title"] for each in Feeds(SETTINGS, LONDON, at)["blog"]]


def test_a_feed_is_asked_for_once_an_hour_by_all_lambdas(web: Web) -> None:
    assert titles() == ["New", "Old & good"]
    outside.use(web)  # another Lambda
    assert titles(NOW + HOUR - 1) == ["New", "Old & good"]
    assert web.asked == [URL]
    titles(NOW + HOUR)
    assert len(web.asked) == 2


def test_a_calendar_is_a_feed_of_what_is_on_near_the_contact_and_over_events_go(web: Web) -> None:
    web.answer = calendar(
        "SUMMARY:Fair\nDTSTART:20270101T100000Z\nGEO:48.85;2.35",
        "SUMMARY:Market\nDTSTART:20270102T100000Z\nDURATION:PT2H\nGEO:51.5;-0.1\nURL:https://town.example/market",
        "SUMMARY:Tasting\nDTSTART:20261231T100000Z",
    )
    begins = parse_instant("2026-12-30")

    def on(at: int, profile: Profile = LONDON) -> list[object]:
        return [
            (each["title"], each["url"]) for each in Feeds(SETTINGS, profile, at, "https://shop.example.com")["blog"]
        ]

    shop = "https://shop.example.com"
    assert on(begins) == [("Market", "https://town.example/market"), ("Tasting", shop)]
    assert on(begins, Profile("c02")) == [("Tasting", shop), ("Fair", shop), ("Market", "https://town.example/market")]
    web.answer = None
    assert on(begins + 2 * DAY) == [("Market", "https://town.example/market")]


def test_without_an_answer_it_is_what_was_heard_and_then_nothing(web: Web) -> None:
    titles()
    web.answer = None
    assert titles(NOW + 2 * HOUR) == ["New", "Old & good"]
    assert titles(NOW + 2 * HOUR + MINUTE) == ["New", "Old & good"]
    assert len(web.asked) == 2, "asked again at once"
    assert titles(NOW + 4 * DAY) == []


def test_what_is_no_feed_is_as_no_answer(web: Web) -> None:
    web.answer = b"<html></html>"
    assert titles() == []
    assert Feeds(SETTINGS, LONDON, NOW)["unknown"] == []


def test_the_weather_is_asked_for_where_the_contact_is_and_only_if_the_shop_wants_it(web: Web) -> None:
    web.answer = WEATHER
    assert Weather(SETTINGS, LONDON, NOW)["sky"] == "rain"
    assert Weather(SETTINGS, LONDON, NOW)["temperature"] == 4
    assert len(web.asked) == 1
    assert Weather(ShopSettings(), LONDON, NOW)["sky"] is None
    assert Weather(SETTINGS, Profile("c02"), NOW)["sky"] is None
    web.answer = None
    away = Profile("c03", traits={"latitude": Stamped(-33.9, 1), "longitude": Stamped(151.2, 1)})
    assert Weather(SETTINGS, away, NOW)["temperature"] is None
    assert shop_settings.settings() == ShopSettings()


@pytest.mark.parametrize(
    "url",
    ["http://shop.example.com/", "https://127.0.0.1/", "https://169.254.169.254/latest", "https:///x", "ftp://x/"],
)
def test_no_address_inside_is_asked(url: str) -> None:
    with pytest.raises(NoAnswerError, match=r"https|not public"):
        outside.get(url)


def test_no_header_comes_in_by_an_address() -> None:
    with pytest.raises(NoAnswerError, match="letters"):
        outside._request("x.example", "/a b", "")
    with pytest.raises(NoAnswerError, match="letters"):
        outside._request("x.example\r\nhost: y", "/", "")
