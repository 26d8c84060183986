"""Points of lead models, in words; and the rules that give them."""

from __future__ import annotations

from collections.abc import Callable

from shared.domain.conditions import Condition
from shared.domain.conditions.points import Points
from shared.domain.lead_models import LeadModel, Rule, StateRule
from shared.domain.wording.events import event_phrase
from shared.domain.wording.texts import between, duration, has, number, plural, quoted, within


def points(condition: Points, holds: bool) -> str:
    model = quoted(condition.model)
    if condition.at_least is None and condition.at_most is None:
        return f"{has(holds)} the points that qualify for {model}"
    bounds = between(condition.at_least, condition.at_most, number, holds)
    return f"has {bounds} point{'' if bounds.split()[-1] == '1' else 's'} of {model}"


def rule(each: Rule, said: Callable[[Condition], str]) -> str:
    """`+5 points each time they clicked a link in an email, for the newest 3`; `-10 points while somebody …`. `said`
    gives a condition in words."""
    if isinstance(each, StateRule):
        return f"{signed(each.points)} while somebody {about(each, said)}"
    if each.up_to == 1:
        return f"{signed(each.points)} once they {about(each, said)}"
    return f"{signed(each.points)} each time they {about(each, said)}, for the newest {number(each.up_to)}"


def about(each: Rule, said: Callable[[Condition], str]) -> str:
    """What gives the points: `clicked a link in an email in the last 90 days`, `lives in Germany (DE)`."""
    if isinstance(each, StateRule):
        return said(each.when)
    past, _ = event_phrase(each.event, each.where)
    return f"{past}{within(each.within)}"


def signed(points: float) -> str:
    """`+5 points`, `-1 point`."""
    return f"{'+' if points > 0 else ''}{plural(points, 'point') if points != -1 else '-1 point'}"


def decay(model: LeadModel) -> str:
    if model.half_life is None:
        return "What events have given stays."
    return f"What events have given is half as much after {duration(model.half_life)}, and so on."
