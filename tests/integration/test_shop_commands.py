"""`beckon coupon`, `form`, `import` and `sending`, as a developer calls them, against the local run over HTTP."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from infra.local import gateway
from infra.local.__main__ import main
from infra.local.client import console, errors
from infra.local.screens import site
from shared.adapters import pace, sent_counts
from shared.domain.events import DAY, HOUR, MINUTE
from tests.integration.shop import Shop


class Said(NamedTuple):
    """What a command gave: its exit code, and what it wrote where."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Commands:
    """A shop of the local run, and a developer at its command line."""

    def __init__(self, shop: Shop, port: int, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.shop, self._port, self._patch, self._capsys = shop, port, patch, capsys

    def __call__(self, *arguments: str) -> Said:
        self._patch.setattr(sys, "argv", ["beckon", "--port", str(self._port), *arguments])
        try:
            code: Any = main()
        except SystemExit as error:
            code = error.code
        said = self._capsys.readouterr()
        if isinstance(code, str):  # as the interpreter does with it
            return Said(1, said.out, f"{said.err}{code}\n")
        return Said(code or 0, said.out, said.err)

    def fails(self, *arguments: str, code: int = 1) -> str:
        """What a command says that cannot be done: on stderr only, and without a traceback."""
        said = self(*arguments)
        assert (said.code, said.out) == (code, ""), said
        return " ".join(said.err.split())


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[Shop, int]]:
    made = Shop()
    server = gateway.serve(made.system, 0, site.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made, server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture
def beckon(shop: tuple[Shop, int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Commands:
    for each in (console, errors):
        monkeypatch.setattr(each, "_width", 200)
    return Commands(*shop, monkeypatch, capsys)


@pytest.mark.parametrize("command", ["coupon", "form", "import", "sending", "contact"])
def test_help_says_what_there_is(beckon: Commands, command: str) -> None:
    said = beckon(command, "--help")
    assert (said.code, said.err) == (0, "")
    assert "--json" in said.out
    assert "usage: beckon" in beckon(command, "--nothing-like-it").err


# ── coupon ──


def test_coupons_are_added_shown_and_counted(beckon: Commands, tmp_path: Path) -> None:
    assert "There are no pools yet" in beckon("coupon", "pools").out
    file = tmp_path / "codes.txt"
    file.write_text("\ufeffCode\nBACK-1\nBACK-2\n\nback-1\nBACK-3\n", encoding="utf-8")  # as a spreadsheet saves it
    said = beckon("coupon", "add", "win_back", str(file), "--days", "14")
    assert "3 codes were added." in said.out
    again = beckon("coupon", "add", "win_back", str(file))
    assert "0 codes were added; 3 were there already, or were given before." in again.out
    shown = beckon("coupon", "show", "win_back", "--json").json
    assert (shown["left"], shown["given"], shown["days"]) == (3, 0, 14)
    assert beckon("coupon", "pools", "--json").json["pools"] == [shown]
    assert "HELLO10" in beckon("coupon", "add", "hello", "--code", "HELLO10").out


def test_codes_that_cannot_be_added_change_nothing_and_say_where(beckon: Commands, tmp_path: Path) -> None:
    file = tmp_path / "codes.txt"
    beckon("coupon", "add", "hello", "--code", "HELLO10")
    before = beckon("coupon", "pools", "--json").json
    assert "cannot be read: No such file" in beckon.fails("coupon", "add", "new", str(file), "--days", "3")
    file.write_bytes("GRÜN-1\n".encode("cp1252"))
    assert "is no text in UTF-8" in beckon.fails("coupon", "add", "new", str(file))
    file.write_text("A-1\nwith blank\n<b>\n")
    assert "no code in line 2, 3." in beckon.fails("coupon", "add", "new", str(file))
    file.write_text("code\n\n")
    assert "has no code in it" in beckon.fails("coupon", "add", "new", str(file))
    assert "say either a file" in beckon.fails("coupon", "add", "new")
    file.write_text("A-1\n")
    assert "all get the same code" in beckon.fails("coupon", "add", "hello", str(file))
    for id_ in ("Win-Back", "pools", "promised", "a b", "ä"):
        assert "small letters, digits and _" in beckon.fails("coupon", "add", id_, str(file)), id_
    assert "days" in beckon.fails("coupon", "add", "new", str(file), "--days", "0")
    assert "404 there is no such pool" in beckon.fails("coupon", "show", "nothing")
    assert beckon("coupon", "pools", "--json").json == before


# ── form ──


FORM = """
id: newsletter
name: In the footer
style: footer
title: News from us
button: Sign up
topics: [{id: marketing}]
wording: By signing up you agree to get emails about new goods and offers.
"""


def test_a_form_is_written_published_shown_changed_and_taken_off(beckon: Commands, tmp_path: Path) -> None:
    assert "There is none yet" in beckon("form", "list").out
    file = tmp_path / "form.yaml"
    file.write_text(FORM)
    assert "newsletter is written" in beckon("form", "set", str(file)).out
    assert "not on the web" in beckon("form", "list").out
    told = beckon("form", "publish", "newsletter")
    assert "Version 1 is on the web" in told.out
    assert "<script" in told.out
    file.write_text(beckon("form", "show", "newsletter").out.replace("News from us", "All that is new"))
    assert "is written" in beckon("form", "set", str(file)).out
    assert "changed since" in beckon("form", "list").out
    assert "somebody else has changed it" in beckon.fails("form", "set", str(file)), "its etag is an older one"
    assert beckon("form", "show", "newsletter", "--json").json["form"]["title"] == "All that is new"
    assert beckon("form", "publish", "newsletter", "--json").json["version"] == 2
    assert "off the web" in beckon("form", "unpublish", "newsletter").out
    assert "not on the web" in beckon("form", "duplicate", "newsletter", "another").out
    assert beckon("form", "list", "--json").json["forms"][0]["published"] is False


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("[1, 2]", "must be a form"),
        ("id: [a]", "id"),
        ("id: 2026-11-29", "id"),
        ("id: {a: b}", "id"),
        (FORM.replace("style: footer", "style: banner"), "style"),
        (FORM + "colour: red\n", "colour: there is no such field"),
        (FORM.replace("title: News from us", "title: '{{ contact.first_name'"), None),
        ("id: a\n  b: c: d", "is neither YAML nor JSON"),
        ("", "must be a form"),
    ],
)
def test_a_form_that_is_none_is_refused_in_words(
    beckon: Commands, tmp_path: Path, written: str, said: str | None
) -> None:
    file = tmp_path / "form.yaml"
    file.write_text(written.replace("id: newsletter", "id: another"))
    if said is None:
        assert beckon("form", "set", str(file)).code == 0, "text is text, whatever it looks like"
    else:
        assert said in beckon.fails("form", "set", str(file))


def test_a_form_that_there_is_not_is_said_so(beckon: Commands, tmp_path: Path) -> None:
    assert "cannot be read" in beckon.fails("form", "set", str(tmp_path / "nothing.yaml"))
    for id_ in ("nothing", "a b", "a#b", "ä"):
        assert "404 there is no form of this id" in beckon.fails("form", "show", id_)
        assert "404" in beckon.fails("form", "publish", id_)


# ── import ──


def imports(*more: str) -> tuple[str, ...]:
    return ("import", "--source", "the form on our site", "--attest", *more)


def test_a_list_is_looked_at_and_brought_over(beckon: Commands, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(
        "Email;First name;Consent;Consent date\nada@new.example;Jürgen;yes;2024-03-01\nbob@new.example;Bob;no;\n"
        "nobody;;;\nADA@new.example;Ada;unsubscribed;2024-04-01\nbob@new.example;Bob;no;\n".encode("cp1252")
    )
    looked = beckon(*imports("--check", str(file)))
    assert looked.code == 0
    assert "read as Windows-1252" in looked.out
    told = beckon(*imports("--check", "--json", str(file))).json
    assert {name: told[name] for name in ("rows", "people", "agreed", "unsubscribed", "without_consent", "new")} == {
        **{"rows": 5, "people": 2, "agreed": 0, "unsubscribed": 1, "without_consent": 1, "new": 2}
    }
    assert (told["duplicates"], told["invalid"]) == ([5, 6], [{"line": 4, "why": "not an email address"}])
    assert beckon(*imports("--yes", str(file))).code == 0
    beckon.shop.passes(MINUTE)
    assert beckon.shop.ask("POST", "/contacts/find", {"email": "bob@new.example"})[0] == 200
    assert beckon(*imports("--check", "--json", str(file))).json["new"] == 0
    _, listed = beckon.shop.ask("GET", "/imports")
    (kept,) = listed["imports"]
    assert kept["rows"] == 5


def test_the_same_address_in_two_parts_of_a_file_is_one_contact_and_the_report_says_so(
    beckon: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.domain.imports.PART_BYTES", 160)
    monkeypatch.setattr("shared.domain.imports.parts.__defaults__", (5_000, 160))
    rows = [f"p{n % 7}@parts.example,yes,2024-01-0{n % 7 + 1}" for n in range(10)]
    rows += ["P1@Parts.Example,unsubscribed,2024-05-01"]
    file = tmp_path / "long.csv"
    file.write_text("\n".join(["email,consent,consent_date", *rows]), encoding="utf-8")
    told = beckon(*imports("--yes", "--json", str(file))).json
    assert told["new"] == told["people"] == 7
    assert (told["agreed"], told["unsubscribed"]) == (7, 1)
    assert told["duplicates"] == [9, 10, 11]
    assert told["rows"] == 11 == told["agreed"] + told["unsubscribed"] + told["duplicate_rows"]
    beckon.shop.passes(MINUTE)
    contacts = [
        beckon.shop.ask("POST", "/contacts/find", {"email": f"p{n}@parts.example"})[1]["contact"] for n in range(7)
    ]
    assert len(set(contacts)) == 7
    consents = [beckon.shop.ask("GET", f"/contacts/{contact}")[1]["consent"] for contact in contacts]
    states = [consent["state"] for (consent,) in consents]
    assert states == ["subscribed", "unsubscribed", *["subscribed"] * 5]


def test_a_list_that_cannot_be_brought_over_says_why(
    beckon: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "list.csv"
    assert "cannot be read" in beckon.fails(*imports(str(file)))
    file.write_text("")
    assert "has no rows" in beckon.fails(*imports(str(file)))
    file.write_text("Email,Consent\na@x.example,yes\n")
    assert "--column says HEADER=FIELD" in beckon.fails(*imports("--column", "Mail", str(file)))
    said = beckon(*imports("--column", "Mail=email", str(file)))
    assert (said.code, "there is no column Mail" in said.err) == (1, True)
    said = beckon("import", "--source", "the form on our site", "--check", str(file))
    assert (said.code, "themselves (attested)" in said.err) == (1, True)
    said = beckon("import", "--source", "a list we purchased", "--attest", "--check", str(file))
    assert (said.code, "bought, rented or gathered" in said.err) == (1, True)
    monkeypatch.setattr("builtins.input", _nobody)
    said = beckon(*imports(str(file)))
    assert (said.code, "--yes brings them over" in said.err) == (1, True)


def _nobody(_: str) -> str:
    raise EOFError


# ── sending ──


def test_how_sending_stands_and_a_pause_that_a_person_lifts(beckon: Commands) -> None:
    beckon.shop.passes(HOUR)
    assert "emails a second" in beckon("sending").out
    assert "409 marketing is not paused" in beckon.fails("sending", "lift")
    with beckon.shop.system.world.lock:
        sent_counts.add(beckon.shop.now() // DAY, {"sent": 2_000, "complained": 9})
        pace.pause("0.45 % complained")
    said = beckon("sending")
    assert (said.code, "Marketing is paused: 0.45 % complained" in said.out) == (1, True)
    said = beckon("sending", "--json")
    assert (said.code, said.json["paused"]) == (1, "0.45 % complained")
    assert beckon("sending", "lift", "--json").json["paused"] is None
    assert "lift" in beckon.fails("sending", "raise", code=2)


def test_a_system_that_does_not_run_and_one_that_breaks_off_are_said_so(
    beckon: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beckon, "_port", 9)
    for command in (("coupon", "pools"), ("form", "list"), ("sending",)):
        assert "Nothing answers on port 9" in beckon.fails(*command)


# ── contact ──


def test_people_are_written_down_found_changed_and_erased(beckon: Commands, tmp_path: Path) -> None:
    assert "within seconds" in beckon("contact", "add", "zoe@example.net", "--trait", "first_name=Zoë").out
    beckon.shop.passes(MINUTE)
    assert "Zoë" in beckon("contact", "find", "zoe").out
    beckon("contact", "set", "zoe@example.net", "--trait", "last_name=Äkerman", "--tag", "vip")
    beckon.shop.passes(MINUTE)
    (found,) = beckon("contact", "find", "akerman", "--json").json["contacts"]
    assert (found["email"], found["mail"]["reason"]) == ("zoe@example.net", "never_asked")
    assert "No email: never agreed to any" in beckon("contact", "show", "zoe@example.net").out
    records = tmp_path / "crm.json"
    records.write_text(json.dumps({"contacts": [{"email": "zoe@example.net", "cltv": 12}, {"email": "no"}]}))
    said = beckon("contact", "put", str(records))
    assert said.code == 1 and "1 were taken" in said.out and "number 1: email" in said.out
    table = tmp_path / "people.csv"
    assert "people are in" in beckon("contact", "export", str(table)).out
    assert "zoe@example.net" in table.read_text(encoding="utf-8-sig")
    assert "nobody is found by 'nobody'" in beckon.fails("contact", "show", "nobody")
    assert "gone within seconds" in beckon("contact", "erase", "zoe@example.net", "--yes").out
    beckon.shop.passes(5 * MINUTE)
    assert "Nobody." in beckon("contact", "find", "zoe").out


# ── the routes of codes, with what nobody made up for them ──


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"days": "14"}, "days"),
        ({"days": 0}, "days"),
        ({"days": True}, "days"),
        ({"days": 1.5}, "days"),
        ({"low": -1}, "low"),
        ({"low": None}, "low"),
        ({"code": ""}, "code"),
        ({"code": "A B"}, "code"),
        ({"code": ["A"]}, "code"),
        ({"code": "{{ contact.email }}"}, "code"),
        ({"id": "other"}, "id"),
        ({"dry_since": 1}, "dry_since"),
        ({"codes": ["A"]}, "codes"),
    ],
)
def test_a_pool_that_is_none_is_refused_at_its_field(beckon: Commands, body: Any, field: str) -> None:
    status, told = beckon.shop.ask("PUT", "/coupons/refused", body)
    assert (status, told["field"]) == (400, field), told
    assert beckon.shop.ask("GET", "/coupons/refused")[0] == 404


@pytest.mark.parametrize(
    "codes",
    [None, [], {}, "A-1", [True], [None], [["A"]], [{}], [""], ["A" * 65], ["A\n"] * 5_001, ["<b>"], ["ä"], ["-A"]],
)
def test_codes_that_are_none_are_refused_and_none_of_them_added(beckon: Commands, codes: Any) -> None:
    assert beckon.shop.ask("PUT", "/coupons/bodies", {})[0] == 200
    mixed = ["GOOD-1", *codes] if isinstance(codes, list) and codes else codes
    status, told = beckon.shop.ask("POST", "/coupons/bodies/codes", {"codes": mixed})
    assert (status, told["field"]) == (400, "codes"), told
    assert beckon.shop.ask("GET", "/coupons/bodies")[1]["left"] == 0
    assert beckon.shop.ask("POST", "/coupons/no_pool/codes", {"codes": ["A"]})[0] == 404
