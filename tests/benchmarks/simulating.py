"""Simulating a journey for 1,000 contacts over 90 days: processor time, of the two that ship with the most steps."""

from __future__ import annotations

import time

from shared.adapters import definitions
from shared.adapters.journey_files import shipped
from shared.domain.journeys.simulating import simulate
from shared.domain.segments import compile_segments
from tests.benchmarks.measuring import Row
from tests.unit.journey_player import NOW
from tests.unit.test_simulating import contacts

AIM = 5
"""Seconds."""


def measure(number: int = 1_000) -> list[Row]:
    compiled, people = compile_segments(definitions.shipped(), models=definitions.shipped_models()), contacts(number)
    rows = []
    for name in ("onboarding", "win_back"):
        began = time.process_time()
        result = simulate(compiled, shipped()[name], people, NOW, days=90)
        seconds = time.process_time() - began
        told = f"{seconds:.1f} s, {sum(result.emails):,} emails"
        rows.append(Row(f"simulate {name}: {number:,} contacts, 90 days", told, f"{AIM} s", seconds <= AIM))
    return rows
