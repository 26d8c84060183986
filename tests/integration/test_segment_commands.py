"""`beckon segment`, as a developer calls it, against the local run over HTTP."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.admin import segments as admin_segments
from infra.local import gateway
from infra.local.__main__ import main
from infra.local.client import console
from infra.local.screens import site
from shared.adapters import clock
from shared.domain.events import DAY, HOUR, MINUTE
from tests.integration.shop import Shop

BUYERS = {
    "id": "buyers_lately",
    "name": "Buyers [lately]",
    "sentence": "Who ordered within 40 days.",
    "when": {"kind": "orders", "within": "40d"},
}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    made = Shop()
    for number in range(1, 5):
        made.customer(number, orders=number % 3)
        made.passes(3 * DAY + HOUR)
    yield made
    clock.use(None)


@pytest.fixture(scope="module")
def port(shop: Shop) -> Iterator[int]:
    server = gateway.serve(shop.system, 0, site.answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


Beckon = Callable[..., tuple[int, str]]


@pytest.fixture
def beckon(shop: Shop, port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Beckon:
    """Calls `beckon segment …`; gives its exit code and what it prints."""
    monkeypatch.setattr(console, "_width", 160)

    def call(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["beckon", "--port", str(port), "segment", *arguments])
        try:
            code = main()
        except SystemExit as error:
            return 1, str(error)
        said = capsys.readouterr()
        assert not (code and said.out), "errors go to stderr"
        return code, said.out + said.err

    return call


def written(folder: Path, segment: Any) -> str:
    file = folder / "segment.json"
    file.write_text(segment if isinstance(segment, str) else json.dumps(segment), encoding="utf-8")
    return str(file)


def test_segments_are_listed_with_their_sizes_and_what_to_mend(beckon: Beckon) -> None:
    code, said = beckon("list")
    assert code == 0
    assert re.search(r"^customers +3  has placed an order", said, re.MULTILINE)
    assert "“New subscribers” has 4 contacts." in said
    assert said.count("Below 100 a report on it is chance") == 1


def test_a_segment_is_shown_in_words_as_json_and_in_sql(beckon: Beckon) -> None:
    code, said = beckon("show", "lapsed_customers")
    assert code == 0
    assert "Somebody who has placed an order and has placed no order in the last 180 days." in said
    assert '"within": "180d"' in said
    assert "AS in_lapsed_customers" in said
    assert beckon("show", "nobody") == (1, "404 segment: there is no such segment\n")


def test_what_there_is_to_ask_for_is_listed_with_counts(beckon: Beckon) -> None:
    code, said = beckon("vocabulary")
    assert code == 0
    assert re.search(r"^event +Order Completed +3", said, re.MULTILINE)
    code, said = beckon("vocabulary", "kingdom")
    assert re.search(r"^trait +country +4 +GB \(United Kingdom\): 4", said, re.MULTILINE)
    assert "Order Completed" not in said
    assert beckon("vocabulary", "zebra") == (0, "Nothing here has “zebra” in it.\n")
    assert json.loads(beckon("vocabulary", "--json")[1])["exact"]


def test_a_file_is_told_in_sql_and_a_segment_by_what_each_version_changed(beckon: Beckon, tmp_path: Path) -> None:
    code, said = beckon("sql", written(tmp_path, BUYERS))
    assert (code, "AS in_buyers_lately" in said) == (0, True)
    for least in (1, 2):
        when = {"kind": "orders", "at_least": least}
        assert beckon("publish", written(tmp_path, {**BUYERS, "id": "changed", "when": when}))[0] == 0
    code, said = beckon("versions", "changed")
    assert code == 0
    assert re.search(r'^ +- +"at_least": 1', said, re.MULTILINE)
    assert re.search(r'^ +\+ +"at_least": 2', said, re.MULTILINE)


def test_why_a_contact_is_in_a_segment_is_a_tree(beckon: Beckon, shop: Shop) -> None:
    address = shop.customers[1]["email"]
    code, said = beckon("explain", address)
    assert (code, "✓  customers" in said) == (0, True)
    assert "✗  lapsed_customers" in said and "enters on 2026-07-04" in said
    assert "Never in, and not by time alone: repeat_buyers" in said
    code, said = beckon("explain", address, "lapsed_customers")
    assert code == 0
    assert "✗ is not in Lapsed customers; enters on 2026-07-04" in said
    assert "└── ✗ all of these" in said
    assert "1 order in the last 180 days: 2026-01-05" in said
    contact = said.splitlines()[0].split()[-1]
    assert beckon("explain", contact, "lapsed_customers")[1] == said
    assert beckon("explain", "nobody@example.com")[1] == "404 email: no contact is known by this\n"
    assert "`beckon segment list` names them all" in beckon("explain", address, "nobody")[1]


def test_a_forecast_is_of_all_segments_or_of_one_day_by_day(beckon: Beckon) -> None:
    code, said = beckon("forecast")
    assert code == 0
    (line,) = [line for line in said.splitlines() if line.startswith("new_subscribers")]
    assert line.split()[1:3] == ["0", "4"]
    assert "4 contacts have something to come." in said
    code, said = beckon("forecast", "new_subscribers")
    days = [line for line in said.splitlines() if line.startswith("2026-")]
    assert (len(days), sum("█" in line for line in days)) == (31, 4)
    assert beckon("forecast", "nobody")[0] == 1


def test_a_forecast_of_many_pages_is_added_up(beckon: Beckon, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = beckon("forecast")
    monkeypatch.setattr(admin_segments, "FORECAST_TIME", -1)
    monkeypatch.setattr(admin_segments, "FORECAST_BATCH", 3)
    assert beckon("forecast") == whole


@pytest.mark.parametrize(
    ("segment", "said"),
    [
        ("{", "is not valid JSON: line 1, column 2"),
        ([], "has to hold one segment with an id"),
        ({**BUYERS, "id": 7}, "has to hold one segment with an id"),
        ({**BUYERS, "id": "Buyers"}, "400 id: lower-case letters, digits and _"),
        (
            {**BUYERS, "when": {"kind": "not", "of": {"kind": "orders", "within": "soon"}}},
            "400 when.of.within: a window is",
        ),
        ({**BUYERS, "x": 1}, "400 x: unknown field"),
    ],
)
def test_a_file_that_is_not_right_is_refused_with_what_to_mend(
    beckon: Beckon, tmp_path: Path, segment: Any, said: str
) -> None:
    for command in ("preview", "publish"):
        code, told = beckon(command, written(tmp_path, segment))
        assert code == 1
        assert said in told
    assert "cannot be read: No such file" in beckon("preview", str(tmp_path / "none.json"))[1]


def test_a_preview_changes_nothing_and_publishing_does(beckon: Beckon, shop: Shop, tmp_path: Path) -> None:
    file = written(tmp_path, BUYERS)
    code, said = beckon("preview", file)
    assert code == 0
    assert "Buyers [lately]: somebody who placed an order in the last 40 days." in said
    assert [line.split()[0] for line in said.splitlines() if line.split()[1:2] in (["enter"], ["leave"])] == ["3", "0"]
    assert "there is no such segment" in beckon("show", "buyers_lately")[1]
    assert shop.ask("POST", "/segments", {**BUYERS, "name": "Somebody else's"})[0] == 201
    assert "There is a draft of buyers_lately already" in beckon("publish", file)[1]
    assert shop.delete("/segments/buyers_lately/draft")[0] == 200

    code, said = beckon("publish", file)
    assert (code, "Publication" in said) == (0, True)
    assert "0 members" in beckon("show", "buyers_lately")[1]
    with shop.system.world.lock:
        shop.passes(5 * MINUTE)
    assert "3 members" in beckon("show", "buyers_lately")[1]
    assert "filled" in beckon("show", "buyers_lately")[1]
    code, said = beckon("publish", written(tmp_path, {**BUYERS, "name": "Another name"}))
    assert "It means what it meant before" in said
