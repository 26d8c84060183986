"""The shop's settings, over the admin's API and by `beckon settings`."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.admin import shop_settings as admin_settings
from infra.local import gateway
from infra.local.__main__ import main
from infra.local.client import console
from infra.local.screens import site
from shared.adapters import clock
from shared.domain.events import MINUTE
from shared.domain.settings import IN_WORDS, ShopSettings
from tests.integration.shop import Shop

TOPIC = {"id": "marketing", "name": "News and offers", "sentence": ""}


@pytest.fixture
def shop() -> Iterator[Shop]:
    yield Shop(["onboarding"])
    clock.use(None)


def put(shop: Shop, settings: Any, etag: str | None) -> tuple[int, Any]:
    return shop.ask("PUT", "/settings", settings, **({} if etag is None else {"if-match": etag}))


def changed(shop: Shop, **fields: Any) -> tuple[int, Any]:
    """The answer to the newest settings with some that are others."""
    held = shop.ask("GET", "/settings")[1]
    return put(shop, held["settings"] | fields, held["etag"])


def test_settings_are_shown_with_their_defaults_changed_as_a_whole_and_kept(shop: Shop) -> None:
    held = shop.ask("GET", "/settings")[1]
    assert (held["number"], held["etag"]) == (0, '"settings-0"')
    assert held["settings"] == ShopSettings().model_dump(mode="json", by_alias=True)
    status, saved = changed(shop, quiet_hours={"from": "21:30", "to": "08:00"}, closed=["--12-25"])
    assert (status, saved["number"], saved["by"] != "") == (200, 1, True)
    assert saved["settings"]["quiet_hours"] == {"from": "21:30", "to": "08:00"}
    assert shop.ask("GET", "/settings")[1] == saved
    assert changed(shop)[1] == saved, "what is as it was is no version"
    changed(shop, closed=[])
    versions = shop.ask("GET", "/settings/versions?limit=1")[1]
    assert [each["number"] for each in versions["versions"]] == [2]
    rest = shop.ask("GET", f"/settings/versions?cursor={versions['cursor']}")[1]
    assert [each["settings"]["closed"] for each in rest["versions"]] == [["--12-25"]]
    assert rest["cursor"] is None


def test_emails_come_from_domains_that_the_stack_may_send_from(shop: Shop) -> None:
    status, told = changed(shop, senders={"by_class": {"marketing": "hi@other.example"}})
    assert (status, told["field"]) == (400, "senders.by_class.marketing")
    assert "SenderDomains" in told["detail"]
    assert changed(shop, senders={"by_class": {"marketing": "hi@news.shop.example.com"}})[0] == 200


def test_nobodys_change_is_undone_unseen(shop: Shop) -> None:
    settings = shop.ask("GET", "/settings")[1]["settings"]
    assert put(shop, settings, None)[0] == 428
    assert changed(shop, code_from=80)[0] == 200
    status, told = put(shop, settings | {"code_from": 10}, '"settings-0"')
    assert (status, told["code"]) == (412, "changed_meanwhile")
    assert shop.ask("GET", "/settings")[1]["settings"]["code_from"] == 80


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"brand": {"accent": "red"}}, "brand.accent", "a colour such as #2f5d50"),
        ({"brand": {"logo": {"url": "http://shop.example/a.png", "alt": "A"}}}, "brand.logo.url", "https://"),
        ({"brand": {"languages": ["english"]}}, "brand.languages.0", "en or pt-BR"),
        ({"brand": {"font": "comic"}}, "brand.font", "one of 'sans', 'serif' or 'system'"),
        ({"brand": {"colour": "#000000"}}, "brand.colour", "no such setting"),
        ({"senders": {"reply_to": "nobody"}}, "senders.reply_to", "an email address"),
        ({"senders": {"name": "A\r\nBcc: b@example.com"}}, "senders.name", "one line"),
        ({"senders": {"by_class": {"news": "a@example.com"}}}, "senders.by_class.news", "one of 'marketing'"),
        ({"topics": []}, "topics", "at least one"),
        ({"topics": [TOPIC, TOPIC]}, None, "two topics have the same id"),
        ({"topics": [{**TOPIC, "id": "News!"}]}, "topics.0.id", "lower-case letters"),
        ({"topics": [TOPIC, {**TOPIC, "id": "tracking"}]}, None, "cannot be called tracking, which is no topic"),
        ({"topics": [TOPIC, {**TOPIC, "id": "all"}]}, None, "cannot be called all"),
        ({"topics": [{"id": "marketing"}]}, "topics.0.name", "required"),
        ({"topics": "news"}, "topics", "a list"),
        ({"caps": {"marketing": {"day": 0}}}, "caps.marketing.day", "at least 1"),
        ({"caps": {"marketing": {"day": "2"}}}, "caps.marketing.day", "a whole number"),
        ({"quiet_hours": {"from": "9pm"}}, "quiet_hours.from", "a time such as 09:30"),
        ({"closed": ["2026-02-30"]}, "closed.0", "there is no day 2026-02-30"),
        ({"closed": ["25.12."]}, "closed.0", "2026-12-25"),
        ({"tracking": {"opens": "always"}}, "tracking.opens", "one of 'never' or 'with_consent'"),
        ({"code_from": -1}, "code_from", "at least 0"),
    ],
)
def test_what_cannot_be_a_setting_is_refused_with_the_field_and_what_it_has_to_be(
    fields: dict[str, Any], field: str | None, said: str
) -> None:
    with pytest.raises(admin_settings.RefusedError) as refused:
        admin_settings.read(fields)
    assert (refused.value.field, said in refused.value.message) == (field, True), refused.value.message


def test_every_pattern_has_words() -> None:
    patterns = set()

    def look(schema: Any) -> None:
        for value in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
            look(value)
        if isinstance(schema, dict) and isinstance(schema.get("pattern"), str):
            patterns.add(schema["pattern"])

    look(ShopSettings.model_json_schema())
    assert patterns <= IN_WORDS.keys()


def test_a_topic_that_a_journey_is_about_stays(shop: Shop) -> None:
    status, told = changed(shop, topics=[{**TOPIC, "id": "news"}])
    assert (status, told["field"]) == (409, "topics")
    assert "the journey onboarding is about the topic marketing" in told["detail"]
    assert changed(shop, topics=[TOPIC, {**TOPIC, "id": "news"}])[0] == 200


def test_topics_are_the_shops_own_wherever_they_are_spoken_of(shop: Shop) -> None:
    shop.customer(1)
    shop.passes(MINUTE)
    news = {"kind": "consent", "topic": "news"}
    definition = {"id": "a", "name": "A", "sentence": "S", "group": "retention", "topic": "news"} | {
        "trigger": {"kind": "segment", "segment": "inactive"},
        "steps": [{"id": "welcome", "kind": "send"}],
    }

    def wrong() -> tuple[bool, bool]:
        problems = shop.ask("POST", "/journeys/a/check", {"definition": definition})[1]["problems"]
        warnings = shop.ask("POST", "/segments/estimate", {"when": news})[1]["warnings"]
        return any("no topic news" in each["text"] for each in problems), "There is no topic “news”" in str(warnings)

    assert wrong() == (True, True)
    changed(shop, topics=[TOPIC, {**TOPIC, "id": "news"}])
    shop.passes(MINUTE)
    assert wrong() == (False, False)


# ── beckon settings ──

Beckon = Callable[..., tuple[int, str]]


@pytest.fixture
def beckon(shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Beckon]:
    """Calls `beckon settings …`; gives its exit code and what it prints."""
    server = gateway.serve(shop.system, 0, site.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(console, "_width", 160)

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["beckon", "--port", str(server.server_port), "settings", *arguments])
        try:
            code = main()
        except SystemExit as error:
            return 1, str(error)
        said = capsys.readouterr()
        return code, said.out + said.err

    yield call
    server.shutdown()
    server.server_close()


def test_a_file_of_the_settings_is_changed_and_set_again(beckon: Beckon, tmp_path: Path) -> None:
    file = tmp_path / "shop.json"
    file.write_text(beckon("show")[1], encoding="utf-8")
    assert beckon("set", str(file)) == (0, "Nothing is different from version 0.\n")
    written = json.loads(file.read_text(encoding="utf-8"))
    written["brand"]["accent"] = "#aa0000"
    file.write_text(json.dumps(written), encoding="utf-8")
    code, said = beckon("set", str(file))
    assert (code, said.splitlines()[0]) == (0, 'brand.accent: "#2f5d50" → "#aa0000"')
    assert "Version 1 is saved" in said
    assert beckon("versions")[1].split()[0] == "1"
    assert "412 If-Match: somebody else has changed the settings" in beckon("set", str(file))[1], "it is of version 0"
    file.write_text('{"brand": {"accent": "red"}}', encoding="utf-8")
    assert beckon("set", str(file)) == (1, "400 brand.accent: it must be a colour such as #2f5d50\n")
    file.write_text("[", encoding="utf-8")
    assert "is not JSON" in beckon("set", str(file))[1]
