"""A night of reports on the local run: asked of the lake, made, kept, and answered from there."""

from __future__ import annotations

import sys
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from functions.report import night
from shared.adapters import comparisons, reports
from shared.adapters.queries import Question
from shared.domain.events import DAY, MINUTE
from tests.integration.nights import a_night
from tests.integration.people_behind import people_behind
from tests.integration.shop import Shop

WORKFLOW = "ReportsWorkflow"


@pytest.fixture
def shop() -> Shop:
    return Shop()


def report(
    monkeypatch: pytest.MonkeyPatch, name: str, sql: str = "SELECT COUNT(*) AS events FROM events"
) -> ModuleType:
    """Makes a report of this name one of the nights', which tells the rows of a query."""
    module: Any = ModuleType(f"functions.report.{name}")
    module.asks = lambda at: {"rows": Question(sql)}
    module.made = lambda at, rows: {"rows": rows["rows"]}
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(night, "REPORTS", (*night.REPORTS, name))
    return module  # type: ignore[no-any-return]


def test_before_the_first_night_a_report_says_so(shop: Shop) -> None:
    status, told = shop.ask("GET", "/reports/kpis")
    assert (status, told["as_of"], told["periods"]) == (200, None, [])


def test_the_template_s_schedule_makes_the_reports_of_a_night(shop: Shop) -> None:
    shop.customer(1, orders=1)
    shop.passes(DAY)
    as_of = shop.ask("GET", "/reports/kpis")[1]["as_of"]
    assert shop.now() - DAY < as_of <= shop.now()
    shop.passes(DAY)
    assert shop.ask("GET", "/reports/kpis")[1]["as_of"] == as_of + DAY  # what was read is read again after a minute


def test_a_second_execution_of_the_same_night_does_nothing_unless_it_is_asked_to_take_over(shop: Shop) -> None:
    assert a_night(shop, WORKFLOW, "one")["next"] == "done"
    at = reports.known("kpis", shop.now())["as_of"]  # type: ignore[index]
    assert a_night(shop, WORKFLOW, "two")["why"] == "another is at work, or was"
    assert reports.known("kpis", shop.now())["as_of"] == at  # type: ignore[index]
    assert a_night(shop, WORKFLOW, "three", again=True)["why"] == ""
    assert reports.known("kpis", shop.now())["as_of"] > at  # type: ignore[index, operator]


def test_a_report_that_fails_leaves_the_others_and_its_own_last_one(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ill = report(monkeypatch, "ill")
    report(monkeypatch, "well")
    shop.customer(1, orders=1)
    shop.passes(10 * MINUTE)
    assert a_night(shop, WORKFLOW, "one")["next"] == "done"
    first = reports.known("ill", shop.now())
    assert first is not None
    monkeypatch.setattr(ill, "made", lambda at, rows: 1 // 0)
    assert a_night(shop, WORKFLOW, "two", again=True) == "FAILED"  # which the alarm is about
    assert reports.known("ill", shop.now()) == first
    well = reports.known("well", shop.now())
    assert well is not None
    assert well["as_of"] > first["as_of"]  # type: ignore[operator]


def test_a_question_that_athena_cannot_answer_is_asked_again_and_then_left(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(monkeypatch, "ill", "SELECT no_such_column FROM events")
    assert a_night(shop, WORKFLOW, "one", again=True) == "FAILED"
    assert reports.known("ill", shop.now()) is None
    assert reports.known("kpis", shop.now()) is not None


def test_what_the_queries_have_left_is_deleted(shop: Shop) -> None:
    a_night(shop, WORKFLOW, "one")
    assert not shop.system.world.db.execute("SELECT key FROM objects WHERE key LIKE 'results/%'").fetchall()


OF_NIGHT = ("figures", "daily", "costs")


def test_before_the_first_night_the_lake_is_asked_as_of_now(shop: Shop) -> None:
    shop.customer(1, orders=1)
    shop.passes(10 * MINUTE)
    for name in OF_NIGHT:
        status, told = shop.ask("GET", f"/reports/{name}")
        assert (status, told["as_of"]) == (200, shop.now()), name
    assert shop.ask("GET", "/reports/daily")[1]["days"][-1]["orders"] == 1


def test_a_day_counts_as_of_the_night_until_it_is_asked_for_as_of_now(shop: Shop) -> None:
    """And each number leads to as many: those of the same instant."""
    shop.customer(1, orders=1)
    shop.passes(DAY)
    shop.order(1, 2)
    shop.passes(10 * MINUTE)
    for query, orders in (("", 1), ("?now=true", 2), ("?now=false", 1)):
        told = shop.ask("GET", f"/reports/daily{query}")[1]
        assert sum(day["orders"] for day in told["days"]) == orders, query
        of = f"/reports/people?figure=orders&from={told['from']}&to={told['to']}&as_of={told['as_of']}"
        total, people = people_behind(shop, of)
        assert (total, sum(people.values())) == (orders, orders), query
    told = shop.ask("GET", "/reports/daily")[1]
    assert people_behind(shop, "/reports/people?figure=orders")[0] == 1, "left out, it is the night's"
    night_ = reports.known("daily", shop.now())
    assert night_ is not None
    assert told["as_of"] == night_["as_of"]
    for name in OF_NIGHT:
        as_of = [shop.ask("GET", f"/reports/{name}{query}")[1]["as_of"] for query in ("", "?now=true")]
        assert as_of == [night_["as_of"], shop.now()], name
    before = "?from=2020-01-01&to=2020-01-02"
    assert shop.ask("GET", f"/reports/daily{before}")[1] == {
        "as_of": shop.now(),
        "from": "2020-01-01",
        "to": "2020-01-02",
        "days": [],
    }, "what the night has not kept is asked of the lake"


@pytest.mark.parametrize(
    ("path", "field"),
    [
        *((f"/reports/{name}?now=yes", "now") for name in OF_NIGHT),
        ("/reports/people?figure=orders&as_of=soon", "as_of"),
        ("/reports/people?figure=orders&as_of=99999999999999", "as_of"),
    ],
)
def test_what_cannot_be_asked_is_refused(shop: Shop, path: str, field: str) -> None:
    status, told = shop.ask("GET", path)
    assert (status, told["field"]) == (400, field)


def test_a_report_keeps_the_export_it_was_made_of(shop: Shop) -> None:
    """Who is in a segment is asked of the same one, for the number and for its people, whatever has been exported
    since."""
    shop.customer(1, orders=1)
    shop.passes(2 * DAY)
    found = comparisons.last()
    assert found is not None
    for name in ("kpis", "cohorts"):
        assert reports.seen(name, shop.now()).of_pass == found.of_pass != ""
    status, before = shop.ask("GET", "/reports/cohorts?segment=customers")
    assert status == 200
    comparisons.record(replace(found, of_pass="another"))
    assert comparisons.newest_pass() == "another"
    for name in ("kpis", "cohorts"):
        assert reports.seen(name, shop.now()).of_pass == found.of_pass
    month = before["rows"][-1]["month"]
    of = f"/reports/cohorts/people?by=first_order&month={month}&after=-1&segment=customers"
    assert people_behind(shop, of)[0] == before["rows"][-1]["people"] == 1


def test_a_night_goes_on_with_the_export_it_began_with(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    module = report(monkeypatch, "watched")
    monkeypatch.setattr(
        module, "asks", lambda seen: asked.append(seen.of_pass) or {"rows": Question("SELECT 1 AS one FROM events")}
    )
    shop.customer(1)
    shop.passes(DAY)
    found = comparisons.last()
    assert found is not None
    state = night.begin("one", night.Asked(again=True), shop.now())
    comparisons.record(replace(found, of_pass="another"))
    night.ask(state)
    assert set(asked[-2:]) == {found.of_pass}
