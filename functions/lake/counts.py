"""Lake, at night: how many did what in each journey, day by day, for Athena beside the events.

Made anew from the Runs table's counters each time, so it may break off anywhere and be repeated. No contact is in it.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools import Logger

from shared.adapters import journey_definitions, lake, run_counts

logger = Logger()


def handler(event: dict[str, Any], context: object) -> dict[str, int]:
    """From the schedule in template.yaml; gives of how many journeys counts were written."""
    journeys = journey_definitions.publication().journeys
    for journey in journeys:
        lake.write_journey_counts(
            journey, ({"journey": journey, **each._asdict()} for each in run_counts.counts(journey))
        )
    logger.info("journey counts written", journeys=len(journeys))
    return {"journeys": len(journeys)}
