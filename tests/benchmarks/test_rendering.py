"""Rendering stays fast: a cart's email within its aim."""

from __future__ import annotations

from tests.benchmarks import rendering

TRIES = 3  # the machine may be busy with something else
SHARED = 2.0
"""How much over its aim it may come out in the suite, which runs on every processor at once. `make bench` measures the
aim alone."""


def test_a_carts_email_is_rendered_within_its_aim() -> None:
    taken: list[float] = []
    for _ in range(TRIES):
        taken.append(rendering.seconds(rounds=5)["ours"])
        if taken[-1] <= rendering.AIM * SHARED:
            return
    raise AssertionError(f"{min(taken) * 1e6:.0f} µs")
