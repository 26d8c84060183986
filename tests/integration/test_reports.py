"""A night of reports on the local run: asked of the lake, made, kept, and answered from there."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

from functions.report import night
from shared.adapters import reports
from shared.adapters.queries import Question
from shared.domain.events import DAY, MINUTE
from tests.integration.nights import a_night
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
