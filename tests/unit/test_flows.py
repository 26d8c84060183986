"""Flows: any history of moves adds up, and what belongs together is one move."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events import DAY
from shared.domain.profiles.transitions import Transition
from shared.domain.reports import flows
from shared.domain.reports.flows import Balance, Count, Path, Step, balances, paths, reason, steps

SEGMENTS = ("new", "customers", "loyal", "quiet")
CAUSES = ("e1", "e2", "time", "rank", "definition", "launch", "repair", "erasure", "joining")
_moves = st.lists(
    st.tuples(st.sampled_from(CAUSES), st.lists(st.sampled_from(SEGMENTS), min_size=1, max_size=4, unique=True)),
    max_size=20,
)


def history(contact: str, moves: list[tuple[str, list[str]]]) -> list[Transition]:
    """One move a day, in which each of these segments is left if they are in it, and else entered."""
    held: set[str] = set()
    found = []
    for day, (cause, segments) in enumerate(moves):
        for segment in segments:
            event = "Order Completed" if cause.startswith("e") and cause != "erasure" else None
            happened = day * DAY if event else None
            number, entered = len(found) + 1, segment not in held
            found.append(Transition(contact, number, segment, entered, day * DAY, cause, 0, event, happened))
            held ^= {segment}
    return found


def counts(several: list[Step]) -> list[Count]:
    """As the counters have them; days as of January."""
    found = Counter((f"2026-01-{each.transition.time // DAY + 1:02d}", name) for each in several for name in each.names)
    return [Count(*key, n) for key, n in sorted(found.items())]


@given(st.lists(_moves, max_size=6), st.integers(1, 21), st.integers(1, 21))
def test_any_segment_ends_with_what_it_began_with_and_who_entered_and_without_who_left(
    several: list[list[tuple[str, list[str]]]], one: int, other: int
) -> None:
    first, last = min(one, other), max(one, other)
    everybody = [history(f"c{number}", moves) for number, moves in enumerate(several)]
    counted = counts([step for each in everybody for step in steps(each, each)])

    def members(end: int) -> Counter[str]:
        """By the end of a day, by adding up."""
        held: Counter[str] = Counter()
        for each in everybody:
            for transition in each:
                if transition.time // DAY < end:
                    held[transition.segment] += 1 if transition.entered else -1
        return held

    since = [each for each in counted if each.day >= f"2026-01-{first:02d}"]
    found = balances(since, f"2026-01-{last:02d}", members(99))
    for balance in found:
        assert balance.begin == members(first - 1)[balance.segment]
        assert balance.end == members(last)[balance.segment]
        assert balance.end == balance.begin + sum(balance.entered.values()) - sum(balance.left.values())
        assert set(balance.entered) | set(balance.left) <= set(flows.REASONS)


@given(_moves)
def test_of_a_move_each_part_is_told_the_same_whichever_comes_first(moves: list[tuple[str, list[str]]]) -> None:
    whole = history("c", moves)
    together = steps(whole, whole)
    assert [steps([each], whole)[0] for each in whole] == together
    ways = {(each.left, each.entered): each.moves for each in paths(counts(together), "2026-01-31")}
    expected: Counter[tuple[str, str]] = Counter()
    for day in range(len(moves)):
        own = [each for each in whole if each.time == day * DAY and reason(each) in flows.OWN]
        left, entered = ([each.segment for each in own if each.entered == way] for way in (False, True))
        if own:
            expected.update((one, other) for one in left or [""] for other in entered or [""])
    assert ways == dict(expected)


def test_why_somebody_came_to_be_in_a_segment() -> None:
    def told(cause: str, happened: int | None = None) -> str:
        event = None if happened is None else "Order Completed"
        return reason(Transition("c", 1, "s", True, 100 * DAY, cause, 0, event, happened))

    assert told("e1", 100 * DAY) == "event"
    assert told("e1", 96 * DAY) == "history"  # brought over, or told of late
    assert [told(cause) for cause in CAUSES[2:]] == [
        *("time", "rank", "definition", "definition", "repair", "erasure", "joining")
    ]


def test_what_is_told_of_some_days() -> None:
    counted = [
        Count("2026-01-01", ("new", "entered", "event"), 5),
        Count("2026-01-01", ("", "to", "new"), 5),
        Count("2026-01-02", ("new", "left", "event"), 2),
        Count("2026-01-02", ("customers", "entered", "event"), 2),
        Count("2026-01-02", ("new", "to", "customers"), 2),
        Count("2026-01-03", ("new", "left", "erasure"), 1),
    ]
    assert balances(counted, "2026-01-02", {"new": 2, "customers": 2}) == [
        Balance("customers", 0, 2, {"event": 2}, {}),
        Balance("new", 0, 3, {"event": 5}, {"event": 2}),
    ]
    assert paths(counted, "2026-01-01") == [Path("", "new", 5)]
    assert paths(counted, "2026-01-03") == [Path("", "new", 5), Path("new", "customers", 2)]
