"""`beckon campaign`, as a marketer's developer calls it, against the local run over HTTP."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.local import campaigns as commands
from infra.local import gateway
from infra.local.__main__ import main
from infra.local.client import console
from infra.local.screens import site
from shared.adapters import clock
from shared.domain.events import MINUTE
from tests.integration.shop import Shop

FORM = """
id: spring_news
name: Spring [news]
template: check_in
segments: [subscribers]
subject: For you, {{ contact.first_name }}
"""


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop()
    for number in range(1, 4):
        made.customer(number)
    made.passes(10 * MINUTE)
    yield made
    clock.use(None)


@pytest.fixture(scope="module")
def port(shop: Shop) -> Iterator[int]:
    server = gateway.serve(shop.system, 0, site.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def beckon(
    shop: Shop, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Calls `beckon campaign …`; gives what it says. Time passes while it looks again."""
    monkeypatch.setattr(console, "_width", 160)
    monkeypatch.setattr(commands.time, "sleep", lambda _: shop.passes(MINUTE))

    def call(*arguments: str) -> str:
        monkeypatch.setattr(sys, "argv", ["beckon", "--port", str(port), "campaign", *arguments])
        try:
            main()
        except SystemExit as error:
            return str(error)
        said = capsys.readouterr()
        return said.out + said.err

    return call


def test_from_the_file_to_who_got_it(shop: Shop, beckon: Callable[..., str], tmp_path: Path) -> None:
    file = tmp_path / "spring.yaml"
    file.write_text(FORM, encoding="utf-8")
    assert "There are no campaigns yet" in beckon("list")
    assert "kept as a draft" in beckon("draft", str(file))
    assert "kept as a draft" in beckon("draft", str(file))  # changed
    assert "3 in the segment: 3 will be mailed." in beckon("audience", "spring_news")
    assert "check_in: sent." in beckon("test", "spring_news", "ada.1@example.com")
    assert "the first email leaves a minute after that" in beckon("send", "spring_news")
    assert "409" in beckon("delete", "spring_news")
    shop.passes(5 * MINUTE)
    shown = beckon("show", "spring_news")
    assert "Spring [news]" in shown
    assert "3 in the audience: 3 sent, 0 waiting" in shown
    listed = beckon("recipients", "spring_news", "--status", "sent")
    assert listed.count("@example.com") == 3
    assert "Nobody." in beckon("recipients", "spring_news", "--status", "skipped")
    assert "is a draft" in beckon("duplicate", "spring_news", "summer_news")
    assert "is deleted" in beckon("delete", "summer_news")
    assert "409" in beckon("pause", "spring_news")
    assert "done" in beckon("list")
    assert "404" in beckon("show", "nothing")
