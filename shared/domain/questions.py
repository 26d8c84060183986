"""What a night asks the lake of a lead model; what else it asks is committed (infra/athena)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from shared.domain.events import Instant, Type
from shared.domain.lake_rows import FIRST_MONTH, OTHER, month_of, partition
from shared.domain.lead_models import EventRule, LeadModel, reached
from shared.domain.sql_plan.expressions import literal, passes_filter
from shared.domain.sql_plan.points import given


def points_at(model: LeadModel, cuts: Sequence[Instant]) -> str | None:
    """What events had given contacts by a lead model at each of some instants, in parts of a point: contact_number, p0,
    p1, …; None where no event gives any. Orders are left out: it is asked of those who have not ordered."""
    by_type: dict[str, list[EventRule]] = defaultdict(list)
    for rule in model.rules:
        if isinstance(rule, EventRule) and rule.event != Type.ORDER_COMPLETED:
            by_type[partition(rule.event)].append(rule)
    if not by_type:
        return None
    parts = []
    for type_, rules in sorted(by_type.items()):
        since = min(reached(rule, model.decay, min(cuts)) for rule in rules)
        columns = ["contact_number"]
        for number, cut in enumerate(cuts):
            several = [
                f"COALESCE({given(rule, model.decay, cut, [*_tests(rule), f'time <= {cut}'])}, 0)" for rule in rules
            ]
            columns.append(f"{' + '.join(several)} AS p{number}")
        listed = ",\n        ".join(columns)
        begin = month_of(since + 1) if since >= 0 else FIRST_MONTH
        months = f"month BETWEEN {literal(begin)} AND {literal(month_of(max(cuts)))}"
        parts.append(f"""\
    SELECT
        {listed}
    FROM events
    WHERE type = {literal(type_)} AND {months} AND time > {since} AND time <= {max(cuts)}
    GROUP BY contact_number""")
    union = "\n    UNION ALL\n".join(parts)
    sums = ",\n    ".join(f"SUM(p{number}) AS p{number}" for number in range(len(cuts)))
    return f"""\
WITH given AS (
{union}
)

SELECT
    contact_number,
    {sums}
FROM given
GROUP BY contact_number
ORDER BY contact_number"""


def _tests(rule: EventRule) -> list[str]:
    named = [f"name = {literal(rule.event)}"] if partition(rule.event) == OTHER else []
    return [*named, *map(passes_filter, rule.where)]
