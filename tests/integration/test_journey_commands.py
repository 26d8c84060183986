"""`beckon journey`, as a developer calls it, against the local run over HTTP."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from functions.admin import known
from infra.local import gateway
from infra.local import journeys as commands
from infra.local.__main__ import main
from infra.local.client import console
from infra.local.screens import site
from shared.adapters import clock
from shared.domain.events import MINUTE
from tests.integration.shop import Shop

HELLO = """\
id: hello  # ours
name: Hello
sentence: Says hello, and once more a week later.
trigger: {kind: segment, segment: new_subscribers}
steps:
  - {id: welcome, kind: send}
  - {id: pause, kind: wait, for: 7d}
  - {id: check_in, kind: send}
"""
Beckon = Callable[..., tuple[int, str]]


@pytest.fixture
def shop() -> Iterator[Shop]:
    known.forget()
    yield Shop()
    known.forget()
    clock.use(None)


@pytest.fixture
def beckon(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Beckon]:
    """Calls `beckon journey …`; gives its exit code and what it prints. While a job is looked at, time passes."""
    server = gateway.serve(shop.system, 0, site.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(console, "_width", 200)
    monkeypatch.setattr(commands.time, "sleep", lambda _: shop.passes(MINUTE))

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["beckon", "--port", str(server.server_port), "journey", *arguments])
        try:
            code = main()
        except SystemExit as error:
            return 1, capsys.readouterr().out + str(error)
        said = capsys.readouterr()
        return code, said.out + said.err

    yield call
    server.shutdown()
    server.server_close()


def test_a_journey_is_written_checked_published_looked_at_and_changed(
    shop: Shop, beckon: Beckon, tmp_path: Path
) -> None:
    file = tmp_path / "hello.yaml"
    file.write_text(HELLO.replace("welcome, kind: send", "welcom, kind: send"), encoding="utf-8")
    code, said = beckon("check", str(file))
    assert code == 1
    assert "line 6 (welcom): there is no template welcom: did you mean welcome?" in said
    file.write_text(HELLO, encoding="utf-8")
    assert beckon("check", str(file)) == (0, "Nothing is wrong with it.\n")
    assert "kept as a draft" in beckon("draft", str(file))[1]
    assert "Version 1 of hello is live." in beckon("publish", "hello", "--why", "we begin")[1]
    assert beckon("yaml", "hello")[1] == HELLO
    for number in (1, 2):
        shop.customer(number)
    shop.passes(2 * MINUTE)
    shown = beckon("show", "hello")[1]
    assert "Begins: Somebody has entered “New subscribers”." in shown
    assert "2 have begun: 2 are under way; ended: nobody yet." in shown
    listed = beckon("list")[1]
    assert "hello" in listed
    assert "win_back" in listed
    assert beckon("runs", "hello", "--step", "pause")[1].count("@example.com") == 2
    assert beckon("runs", "hello", "--what", "ended")[1] == "Nobody.\n"
    told = beckon("run", "ada.1@example.com")[1]
    assert "The email was sent." in told
    assert "goes on 2" in told
    file.write_text(HELLO.replace("pause", "rest"), encoding="utf-8")
    assert "2 wait at pause, which is gone: moved, they go on at check_in." in beckon("draft", str(file))[1]
    assert "2 people were told." in beckon("publish", "hello", "--under-way", "move")[1]


def test_runs_are_moved_and_stopped_and_emails_let_go(shop: Shop, beckon: Beckon, tmp_path: Path) -> None:
    file = tmp_path / "hello.yaml"
    file.write_text(HELLO, encoding="utf-8")
    beckon("draft", str(file))
    beckon("publish", "hello")
    assert beckon("live", "hello", "--step", "welcome", "--review")[1] == "welcome is under review.\n"
    for number in (1, 2, 3):
        shop.customer(number)
    shop.passes(2 * MINUTE)
    assert "3 people" in beckon("release", "hello", "--from", "welcome", "--dry-run")[1]
    assert "3 people were told." in beckon("release", "hello", "--from", "welcome")[1]
    shop.passes(MINUTE)
    assert "1 person." in beckon("move", "hello", "--contact", "ada.1@example.com", "--to", "check_in")[1]
    assert "Stopped: 1 person." in beckon("stop", "hello", "--contact", "ada.2@example.com")[1]
    shop.passes(MINUTE)
    told = beckon("runs", "hello")[1]
    assert ("completed" in told, "stopped" in told) == (True, True)
    assert beckon("pause", "hello")[1] == "hello is paused.\n"
    assert "hello is paused: by " in beckon("show", "hello")[1]
    assert beckon("duplicate", "hello", "hello_again") == (0, "hello_again is a draft: Hello (copy).\n")
    assert "begin, " in beckon("simulate", "hello_again", "--days", "10")[1]
    code, said = beckon("start", "hello", "--contact", "ada.1@example.com")
    assert (code, "nothing begins in a journey that is paused" in said) == (1, True)
