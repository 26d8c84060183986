"""What the terminal shows of a test of several things at once, and of the shop's holdout, in 80 columns."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from infra.local import campaigns, reports
from shared.domain.events import Json

EFFECTS: Json = {
    "cells": [
        {"variant": f"{one}_{two}", "levels": {"subject": one, "email": two}, "people": 1_200, "value": 0.123}
        for one in ("own", "other")
        for two in ("one", "two")
    ],
    "compared": [
        {
            "factors": ["subject"],
            "metric": "clicked",
            "values": [0.1, 0.2],
            "interval": [0.05, 0.15],
            "verdict": "better",
        },
        {"factors": ["email"], "metric": "clicked", "values": [0.15, 0.14], "interval": None, "verdict": None},
        {
            "factors": ["subject", "email", "hero"],
            "metric": "clicked",
            "values": None,
            "interval": [-0.0512, 0.0234],
            "verdict": "not_enough",
        },
        {"factors": [], "metric": "ordered", "values": [0, 1], "interval": None, "verdict": None},
    ],
}


def test_effects_and_combinations_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Console(file=io.StringIO(), width=80)
    monkeypatch.setattr(campaigns, "console", shown)
    campaigns._show_effects(EFFECTS)
    text = shown.file.getvalue()  # type: ignore[attr-defined]
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[1].split() == ["subject", "10.0", "%", "20.0", "%", "+10.0", "+5.0", "and", "+15.0", "better"]
    assert lines[2].split() == ["email", "15.0", "%", "14.0", "%", "-1.0", "–", "not", "yet"]
    assert lines[3].split()[:5] == ["subject", "×", "email", "×", "hero"]
    assert lines[3].endswith("-5.1 and +2.3  not enough")
    assert lines[5].split() == ["own", "one", "1,200", "12.3", "%"]
    assert len(lines) == 9


def test_what_is_held_out_has_a_row_and_the_difference_once_a_look_says_it() -> None:
    side = {"people": 40, "ordered": 10, "revenue": 200.0}
    told: Json = {"holdout": {}, "sent": side, "held_out": {**side, "people": 0}, "spending": {"interval": None}}
    sent, out = reports._sides(told)
    assert (sent["ordered_share"], sent["each"], out["each"]) == (0.25, 5.0, None)
    *_, difference = reports._sides({**told, "spending": {"interval": [0.5, 1.5], "look": 2}})
    assert (difference["of"], difference["low"], difference["high"]) == ("difference, look 2", 0.5, 1.5)
    assert [*reports._sides({**told, "holdout": None})] == []
    assert reports.REPORTS["holdout"].columns.keys() <= difference.keys()
