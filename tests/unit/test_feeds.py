"""Feeds and the weather: what is read of an answer, and what of it could do harm."""

from __future__ import annotations

import json

import pytest

from shared.domain import feeds

RSS = b"""<?xml version="1.0"?>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>
<title>The blog</title>
<item><title>Old &amp; good</title><link>https://shop.example.com/old</link>
<pubDate>Tue, 01 Dec 2026 08:00:00 +0100</pubDate>
<description>&lt;p&gt;Hot &lt;b&gt;water&lt;/b&gt;&lt;script&gt;x&lt;/script&gt;&lt;/p&gt;</description>
<category>Tea</category></item>
<item><title>New</title><link>https://shop.example.com/new</link><pubDate>Thu, 03 Dec 2026 08:00:00 GMT</pubDate>
<media:thumbnail url="https://shop.example.com/new.jpg"/><dc:subject>Mugs</dc:subject></item>
<item><title>Nowhere</title><link>javascript:alert(1)</link></item>
<item><title></title><link>https://shop.example.com/x</link></item>
</channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title>
<entry><title type="html">A &lt;em&gt;sale&lt;/em&gt;</title><link rel="self" href="https://x.example/self"/>
<link href="https://shop.example.com/sale"/><updated>2026-12-02T10:00:00Z</updated><summary>From Friday.</summary>
<category term="Offers"/></entry></feed>"""


def test_rss_is_read_newest_first_as_plain_text() -> None:
    new, old = feeds.entries(RSS)
    assert new == {
        "title": "New",
        "url": "https://shop.example.com/new",
        "summary": None,
        "picture": "https://shop.example.com/new.jpg",
        "date": "2026-12-03T08:00:00+00:00",
        "categories": ["Mugs"],
        "until": None,
        "place": None,
    }
    assert isinstance(old, dict)
    assert (old["title"], old["summary"], old["date"]) == ("Old & good", "Hot water x", "2026-12-01T07:00:00+00:00")


def test_atom_is_read() -> None:
    (entry,) = feeds.entries(ATOM)
    assert isinstance(entry, dict)
    assert (entry["title"], entry["url"], entry["categories"]) == (
        "A sale",
        "https://shop.example.com/sale",
        ["Offers"],
    )


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no feed",
        b"<html><body>404</body></html>",
        b"<rss><channel>",
        b'<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><rss><item><title>&b;</title></item></rss>',
        b'<?xml version="1.0" encoding="cp037"?>' + "<!DOCTYPE r><rss/>".encode("cp037"),
        b'<!doctype r SYSTEM "file:///etc/passwd"><rss/>',
        "<!DOCTYPE r><rss/>".encode("utf-16"),
        b"\xff\xfe\x00",
    ],
)
def test_what_is_no_feed_is_none(answer: bytes) -> None:
    with pytest.raises(ValueError, match=r"feed|XML|RSS"):
        feeds.entries(answer)


def test_entries_that_the_contact_likes_come_first_and_the_others_stay() -> None:
    assert [each["title"] for each in feeds.chosen(feeds.entries(RSS), ["TEA"])] == ["Old & good", "New"]  # type: ignore[index,call-overload]
    assert [each["title"] for each in feeds.chosen(feeds.entries(RSS), [])] == ["New", "Old & good"]  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    ("code", "sky"),
    [(0, "clear"), (3, "cloudy"), (45, "cloudy"), (61, "rain"), (81, "rain"), (73, "snow"), (95, "storm")],
)
def test_the_weather_is_read(code: int, sky: str) -> None:
    answer = json.dumps({"current": {"temperature_2m": 11.6, "weather_code": code}}).encode()
    assert feeds.weather(answer) == {"temperature": 12, "sky": sky}


@pytest.mark.parametrize("answer", [b"", b"{}", b"[]", b'{"current": {"temperature_2m": "x", "weather_code": 1}}'])
def test_what_is_no_weather_is_none(answer: bytes) -> None:
    with pytest.raises(ValueError, match="weather"):
        feeds.weather(answer)


def test_a_place_is_told_to_a_tenth_of_a_degree() -> None:
    assert "latitude=51.5&longitude=-0.1&" in feeds.open_meteo(51.5074, -0.1278)
