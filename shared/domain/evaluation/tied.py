"""Terms of events that a value ties together: what is asked of each product, category or email by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from shared.domain.conditions.events import EventCount
from shared.domain.evaluation.composing import between
from shared.domain.evaluation.reading import NONE, HistoryNeededError, Reading, Series, Signed, Term, by_value
from shared.domain.evaluation.spans import Span
from shared.domain.events import NEVER, Instant


def of_any(values: Iterable[str | bool], signed: Callable[[str | bool], Signed]) -> Signed:
    """Signed: whether it is so of any value. Where it is, what the history cannot say of another does not matter."""
    most, missing = -NEVER, None
    for value in values:
        try:
            most = max(most, signed(value))
        except HistoryNeededError as error:
            missing = error
    if missing is not None and most < 0:
        raise missing
    return most


def count(condition: EventCount, series: Series, present: Series | None, absent: Series | None, inside: Span) -> Term:
    """Of values of which there is a `present` event as well, and no `absent` one."""
    return between(condition, partial(_at_least, condition, series, present, absent, inside))


def _at_least(
    condition: EventCount, series: Series, present: Series | None, absent: Series | None, inside: Span, n: int
) -> Term:
    property_ = condition.counted_property or ""
    of_each, values = (n, 1) if condition.count.startswith("same_") else (1, n)

    def evaluate_tied(reading: Reading, t: Instant) -> Signed:
        counted, with_, without = (
            by_value(reading.occurrences(each), property_) if each is not None else {}
            for each in (series, present, absent)
        )

        def of_value(value: str | bool) -> Signed:
            if len(counted[value]) < of_each:
                return -NEVER
            needed = with_.get(value, NONE) if present is not None else None
            return _signed(counted[value], needed, without.get(value, NONE), of_each, inside, t)

        found = sorted(map(of_value, counted), reverse=True)
        signed = found[values - 1] if len(found) >= values else -NEVER
        after, _ = inside.bounds(t)
        for each in (absent,) if signed > 0 else (series, present):  # which of them would change the answer
            if each is not None and after < reading.cut_of(each):
                raise HistoryNeededError(each.event)
        return signed

    return evaluate_tied


Edges = Sequence[tuple[Instant, Instant]]


def _signed(
    times: Sequence[Instant],
    present: Sequence[Instant] | None,
    absent: Sequence[Instant],
    least: int,
    inside: Span,
    t: Instant,
) -> Signed:
    """Of one value: whether there are so many of its events inside, a `present` one (None: not asked) and no `absent`
    one. It may come and go, as one and the other enter and leave."""
    counted, with_, without = (
        [(inside.enters(time), inside.leaves(time)) for time in each or ()] for each in (times, present, absent)
    )

    def holds(at: Instant) -> bool:
        return (
            _inside(counted, at) >= least and (present is None or _inside(with_, at) > 0) and not _inside(without, at)
        )

    now = holds(t)
    edges = {edge for each in (*counted, *with_, *without) for edge in each if t < edge < NEVER}
    until = next((edge for edge in sorted(edges) if holds(edge) != now), NEVER)
    return until if now else -until


def _inside(edges: Edges, at: Instant) -> int:
    return sum(enters <= at < leaves for enters, leaves in edges)
