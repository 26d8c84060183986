"""`beckon` as a whole: how its help is laid out, what it prints for scripts, and how it uses a key."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from infra.local import client
from infra.local.__main__ import command_line
from tests.integration.shop import Shop
from tests.integration.test_shop_commands import Commands, shop  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parents[2]


Named = tuple[tuple[str, ...], argparse.ArgumentParser]


def commands(parser: argparse.ArgumentParser, named: tuple[str, ...] = ()) -> Iterator[Named]:
    """All of them, each with its words."""
    yield named, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, each in action.choices.items():
                yield from commands(each, (*named, name))


@pytest.fixture
def beckon(
    shop: tuple[Shop, int],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Commands:
    for name in ("BECKON_URL", "BECKON_KEY"):
        monkeypatch.delenv(name, raising=False)
    return Commands(*shop, monkeypatch, capsys)


def test_all_help_fits_eighty_columns_and_says_what_each_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    for named, parser in commands(command_line()):
        wide = [line for line in parser.format_help().splitlines() if len(line) > 80]
        assert not wide, (named, wide)
        assert parser.description, named


SHOWING = {"list", "show", "versions", "runs", "run", "check", "audience", "recipients", "branches", "explain"}
SHOWING |= {"forecast", "vocabulary", "find", "pools"}
ALONE = {("audit",), ("doctor",), ("mailbox",), ("sending",), ("status",), ("clock",)}
PRINTS_JSON_ANYWAY = {("settings", "show"), ("status",)}
PRINTS_A_FILE = {("template", "show"), ("journey", "yaml"), ("form", "show")}
"""What is to be changed, and written back."""


def test_whatever_shows_something_can_be_read_by_a_script() -> None:
    lacking = [
        named
        for named, parser in commands(command_line())
        if (len(named) > 1 or named in ALONE)
        and named[-1] in SHOWING | {word for (word,) in ALONE}
        and not any("--json" in action.option_strings for action in parser._actions)
        and named not in PRINTS_JSON_ANYWAY | PRINTS_A_FILE
    ]
    assert lacking == []


def test_json_is_json_whole_and_alone(beckon: Commands) -> None:
    asked = [
        ("segment", "list"), ("segment", "forecast"), ("segment", "vocabulary"), ("segment", "show", "inactive"),
        ("segment", "versions", "inactive"), ("journey", "list"), ("journey", "show", "onboarding"),
        ("template", "list"), ("template", "versions", "welcome"), ("campaign", "list"), ("contact", "list"),
        ("coupon", "pools"), ("form", "list"), ("key", "list"), ("audit",), ("sending",), ("doctor",), ("mailbox",),
        ("settings", "versions"), ("status",),
    ]  # fmt: skip
    for command in asked:
        said = beckon(*command, *(["--json"] if command != ("status",) else []))
        assert said.err == "", (command, said.err)
        json.loads(said.out)


# ── a key ──


def made(beckon: Commands, name: str, role: str = "viewer") -> str:
    return str(beckon("key", "create", name, "--role", role, "--json").json["key"])


def test_keys_are_made_listed_and_revoked(beckon: Commands) -> None:
    said = beckon("key", "create", "crm-sync", "--role", "editor", "--days", "30")
    assert said.out.startswith("beckon_crm-sync_") and "not shown again" in said.out
    (listed,) = [each for each in beckon("key", "list", "--json").json["keys"] if each["name"] == "crm-sync"]
    assert (listed["role"], listed["state"], listed["used"]) == ("editor", "open", None) and "key" not in listed
    assert "crm-sync" in beckon("key", "list").out
    assert "there is a key of this name" in beckon.fails("key", "create", "crm-sync")
    assert "opens nothing from now on" in beckon("key", "revoke", "crm-sync").out
    assert "there is no such key" in beckon.fails("key", "revoke", "crm-sync")
    assert "invalid choice" in beckon.fails("key", "create", "x", "--role", "king", code=2)


def test_who_has_changed_what_is_shown(beckon: Commands) -> None:
    beckon("coupon", "add", "logged", "--code", "LOGGED10")
    newest = beckon("audit", "--of", "logged", "--json").json["changes"]
    assert [(each["action"], each["of"]) for each in newest] == [("PUT /coupons/{pool}", {"pool": "logged"})]
    assert "PUT /coupons/{pool}" in " ".join(beckon("audit", "--of", "logged").out.split())
    assert beckon("audit", "--action", "DELETE /nothing", "--json").json == {"changes": []}
    assert "Nobody has changed anything like that" in beckon("audit", "--by", "key:nobody").out


def test_a_script_asks_with_its_key_and_may_what_its_role_may(
    beckon: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = made(beckon, "reader")
    monkeypatch.setenv("BECKON_KEY", f" {key}\n")
    assert beckon("segment", "list", "--json").json["segments"]
    refused = beckon.fails("coupon", "add", "spring", "--code", "SPRING")
    assert "takes the role editor, and you are a viewer" in refused
    monkeypatch.delenv("BECKON_KEY")
    assert beckon("key", "list", "--json").json["keys"][-1]["used"] is not None
    beckon("key", "revoke", "reader")
    monkeypatch.setenv("BECKON_KEY", key)
    assert beckon.fails("segment", "list").startswith("401")


def test_another_system_is_asked_at_its_address(
    beckon: Commands,
    shop: tuple[Shop, int],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    key = made(beckon, "elsewhere")
    monkeypatch.setenv("BECKON_KEY", key)
    for url in ("/admin/", "/admin", "/admin/api/"):
        monkeypatch.setenv("BECKON_URL", f"http://localhost:{shop[1]}{url}")
        monkeypatch.setattr(sys, "argv", ["beckon"])
        assert client.call(1, "GET", "/admin/segments")["segments"], "whatever the port says"
    assert "make run) only" in beckon.fails("clock", "+1d")
    monkeypatch.setenv("BECKON_URL", "http://localhost:1/admin/")
    assert "Nothing answers at http://localhost:1/admin/" in beckon.fails("segment", "list")


@pytest.mark.parametrize(
    ("url", "key", "told"),
    [
        ("http://shop.example/admin/", "beckon_a_b", "must begin with https://"),
        ("ftp://shop.example/admin/", "beckon_a_b", "must be the address of the admin"),
        ("shop.example", "beckon_a_b", "must be the address of the admin"),
        ("https://shop.example/admin/", "", "set BECKON_KEY"),
        ("https://shop.example/admin/", "beckon_a_b\r\nX-Other: 1", "is no key"),
        ("", "hunter2", "is no key"),
    ],
)
def test_what_cannot_be_an_address_or_a_key_is_refused_before_anything_is_sent(
    beckon: Commands, monkeypatch: pytest.MonkeyPatch, url: str, key: str, told: str
) -> None:
    monkeypatch.setenv("BECKON_URL", url)
    monkeypatch.setenv("BECKON_KEY", key)
    said = beckon.fails("segment", "list")
    assert told in said and (not key or key not in said)


def test_a_key_is_not_sent_on_to_where_an_answer_points(beckon: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str | None]] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append((self.path, self.headers["authorization"]))
            self.send_response(302)
            self.send_header("location", f"http://127.0.0.1:{server.server_port}/stolen")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("BECKON_URL", f"http://127.0.0.1:{server.server_port}/admin/")
    monkeypatch.setenv("BECKON_KEY", "beckon_a_b")
    assert beckon.fails("segment", "list").startswith("302")
    server.shutdown()
    assert [path for path, _ in seen] == ["/admin/api/segments"]


# ── Ctrl-C ──


@pytest.fixture
def heard() -> Iterator[None]:
    """A suite that a script started in the background is deaf to Ctrl-C, and so would be whatever it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_ctrl_c_is_no_traceback_whenever_it_comes() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for after in (0.05, 0.15, 0.4):
        running = subprocess.Popen(
            [sys.executable, "-P", "-m", "infra.local", "--port", "1", "demo"],
            cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        time.sleep(after)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
        assert "infra" not in said, (after, said)
        assert running.returncode in (-signal.SIGINT, 130, 1), (after, said)  # 1: Python itself had not begun


# ── drafts of segments ──


def test_a_segment_is_drafted_published_duplicated_and_deleted(beckon: Commands, tmp_path: Path) -> None:
    file = tmp_path / "buyers.json"
    file.write_text(
        json.dumps({"id": "buyers", "name": "Buyers", "sentence": "Who has ordered.", "when": {"kind": "orders"}})
    )
    assert "beckon segment publish buyers" in beckon("segment", "draft", str(file)).out
    assert "There is a draft of buyers already" in beckon.fails("segment", "draft", str(file))
    assert "Publication" in beckon("segment", "publish", "buyers").out
    assert "There is no draft of buyers" in beckon.fails("segment", "publish", "buyers")
    assert "quiet is a draft" in beckon("segment", "duplicate", "buyers", "quiet").out
    shown = beckon("segment", "show", "quiet", "--json").json
    shown_as = beckon("segment", "show", "buyers", "--json").json["definition"]["when"]
    assert (shown["definition"], shown["draft"]["definition"]["when"]) == (None, shown_as)
    assert "is dropped" in beckon("segment", "drop", "quiet").out
    assert "404" in beckon.fails("segment", "show", "quiet")
    assert "its members leave" in " ".join(beckon("segment", "delete", "buyers").out.split())
    assert "404" in beckon.fails("segment", "show", "buyers")


def test_an_experiment_with_a_segment_is_drafted_estimated_begun_and_ended(beckon: Commands, tmp_path: Path) -> None:
    made = {"id": "vip", "name": "VIP", "sentence": "Who has ordered often.", "when": {"kind": "orders", "at_least": 9}}
    segment, question = tmp_path / "vip.json", tmp_path / "sooner.yaml"
    segment.write_text(json.dumps(made))
    beckon("segment", "draft", str(segment))
    beckon("segment", "publish", "vip")
    question.write_text(
        "id: sooner\nname: Sooner\nhypothesis: Sooner is better.\nsegment: vip\n"
        "criteria: {kind: orders, at_least: 7}\nmetric: ordered\npeople: 500\n"
    )
    assert "sooner is a draft" in beckon("experiment", "draft", str(question)).out
    told = beckon("experiment", "estimate", "sooner").out
    assert "would enter, and" in told
    assert "emails would start, else none." in " ".join(told.split())
    assert "takes no `under_way`" in beckon.fails("experiment", "start", "sooner", "--move")
    assert "sooner runs, by publication" in beckon("experiment", "start", "sooner").out
    assert "decide that one first" in " ".join(beckon.fails("segment", "draft", str(segment)).split())
    assert "decide that one first" in " ".join(beckon.fails("segment", "delete", "vip").split())
    assert "leave" in beckon("experiment", "estimate", "sooner", "--winner", "a").out
    assert "the segment vip" in beckon("experiment", "show", "sooner").out
    assert "is as it was" in beckon("experiment", "stop", "sooner", "--why", "Christmas is near").out
    assert "stopped: Christmas is near" in beckon("experiment", "show", "sooner").out
    assert "segment, decided: stopped" in " ".join(beckon("experiment", "list", "--words", "sooner").out.split())
    question.write_text(question.read_text().replace("id: sooner", "id: again"))
    assert "It was stopped." in " ".join(beckon("experiment", "draft", str(question)).out.split())
    beckon("experiment", "start", "again", "--journeys")
    assert "b for everybody, by publication" in beckon("experiment", "decide", "again", "b", "--journeys").out
    beckon("segment", "delete", "vip")
