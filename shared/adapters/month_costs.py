"""What the month (UTC) has cost so far, by what is counted and list prices."""

from __future__ import annotations

from collections.abc import Iterable

from shared.adapters import journey_definitions, run_counts, sent_counts
from shared.domain import costs
from shared.domain.events import DAY, Instant, Json, iso


def told(at: Instant, rows: Iterable[dict[str, Json]]) -> dict[str, Json]:
    """Of the rows of infra/athena/month.sql, and of the counters."""
    month = iso(at)[:7]
    emails = sum(day.sent for day in sent_counts.days(at, 31) if iso(day.day * DAY)[:7] == month)
    journeys = journey_definitions.publication().journeys
    on_machines = [id_ for id_, each in journeys.items() if each.journey.runs_on == "step_functions"]
    steps = sum(
        each.n
        for id_ in on_machines
        for each in run_counts.counts(id_)
        if each.what == "entered" and each.day.startswith(month)
    )
    found = costs.so_far(emails, sum(int(str(row["events"])) for row in rows), steps)
    return {
        "month": month,
        "costs": [each._asdict() for each in found],
        "total": sum(each.dollars for each in found),
        "left_out": list(costs.LEFT_OUT),
    }
