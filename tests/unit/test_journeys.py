"""What a change of segment asks of journeys: at most one start, and never one that the profile has moved past."""

from __future__ import annotations

import pytest

from shared.adapters import shipped
from shared.domain.events import DAY, NEVER, Type
from shared.domain.journeys import Run, Start, Stop, actions
from shared.domain.profiles import Profile
from shared.domain.profiles.transitions import BY_DEFINITION, Membership, Transition

JOURNEYS = shipped.journeys()
NOW = 1_700_000_000_000


def profile(**memberships: tuple[bool, int, int]) -> Profile:
    """Memberships as (member, number, since in days)."""
    held = {name: Membership(m, number, NOW + since * DAY, NEVER) for name, (m, number, since) in memberships.items()}
    return Profile("c1", memberships=held)


def transition(
    segment: str,
    entered: bool,
    number: int,
    day: int = 0,
    cause: str = "e1",
    before: int = 0,
    event: str | None = Type.ORDER_COMPLETED,
    late: int = 0,
) -> Transition:
    time = NOW + day * DAY
    return Transition("c1", number, segment, entered, time, cause, before, event, time - late)


def test_entering_starts_a_run_named_by_the_transition() -> None:
    entered = transition("new_subscribers", True, 1)
    (start,) = actions(JOURNEYS, entered, profile(new_subscribers=(True, 1, 0)))
    assert start == Start(Run("c1", "onboarding", "new_subscribers", 1))
    assert start.run.id == "c1-new_subscribers-1"
    assert set(start.run.input()) == {"contact", "journey", "segment", "number", "path", "run"}


def test_what_the_profile_has_moved_past_starts_nothing() -> None:
    entered = transition("inactive", True, 3)
    assert list(actions(JOURNEYS, entered, profile(inactive=(False, 4, 1)))) == []
    assert list(actions(JOURNEYS, entered, profile(inactive=(True, 5, 2)))) == []


def test_a_changed_definition_starts_nothing_but_stops_runs() -> None:
    entered = transition("inactive", True, 3, cause=BY_DEFINITION)
    assert list(actions(JOURNEYS, entered, profile(inactive=(True, 3, 0)))) == []
    left = transition("inactive", False, 4, cause=BY_DEFINITION, before=3)
    (stop,) = actions(JOURNEYS, left, profile(inactive=(False, 4, 0)))
    assert isinstance(stop, Stop)
    assert stop.run.id == "c1-inactive-3"


def test_leaving_inactive_stops_win_back_and_welcomes_back() -> None:
    left = transition("inactive", False, 4, before=3)
    stop, start = actions(JOURNEYS, left, profile(inactive=(False, 4, 0)))
    assert isinstance(stop, Stop)
    assert isinstance(start, Start)
    assert stop.run == start.after == Run("c1", "win_back", "inactive", 3)
    assert start.run == Run("c1", "win_back", "inactive", 4, "welcome_back")


@pytest.mark.parametrize("late", [0, 3 * DAY, 3 * DAY + 1, 900 * DAY])
def test_history_that_is_brought_over_starts_nothing(late: int) -> None:
    entered = transition("new_subscribers", True, 1, late=late)
    assert bool(list(actions(JOURNEYS, entered, profile(new_subscribers=(True, 1, 0))))) == (late <= 3 * DAY)
    ordered = transition("customers", True, 2, day=8, late=late)
    there = profile(new_subscribers=(True, 1, 0), customers=(True, 2, 8))
    assert len(list(actions(JOURNEYS, ordered, there))) == (2 if late <= 3 * DAY else 0)  # onboarding goes on
    left = transition("inactive", False, 4, before=3, late=late)
    found = list(actions(JOURNEYS, left, profile(inactive=(False, 4, 0))))
    assert isinstance(found[0], Stop)
    assert len(found) == (2 if late <= 3 * DAY else 1)  # nobody misses them any longer; nobody greets them either


def test_only_who_did_something_has_come_back() -> None:
    """Not who unsubscribed, was erased, or said again what mail they want."""
    for event, comes_back in {
        Type.PAGE_VIEWED: True,
        Type.EMAIL_CLICKED: True,
        Type.CONSENT_CHANGED: False,
        Type.ERASURE_REQUESTED: False,
        Type.CONTACT_UPDATED: False,
    }.items():
        left = transition("inactive", False, 4, before=3, event=event)
        stop, *starts = actions(JOURNEYS, left, profile(inactive=(False, 4, 0)))
        assert isinstance(stop, Stop)
        assert bool(starts) == comes_back


def test_a_cancelled_second_order_makes_no_first_one() -> None:
    again = transition("customers", True, 4, day=9, before=3)
    there = profile(new_subscribers=(True, 1, 0), customers=(True, 4, 9), first_time_buyers=(True, 5, 9))
    assert list(actions(JOURNEYS, again, there)) == []
    one_left = transition("first_time_buyers", True, 5, day=9, before=3)
    assert list(actions(JOURNEYS, one_left, there)) == []


def test_an_order_that_the_profile_has_moved_past_neither_ends_onboarding_nor_is_thanked_for() -> None:
    ordered = transition("customers", True, 2, day=8)
    assert list(actions(JOURNEYS, ordered, profile(new_subscribers=(True, 1, 0), customers=(False, 3, 8)))) == []


def test_the_first_order_ends_onboarding_with_thanks() -> None:
    ordered = transition("customers", True, 2, day=8)
    there = profile(new_subscribers=(True, 1, 0), customers=(True, 2, 8))
    stop, start = actions(JOURNEYS, ordered, there)
    assert isinstance(stop, Stop)
    assert isinstance(start, Start)
    assert stop.run == start.after == Run("c1", "onboarding", "new_subscribers", 1)
    assert start.run.path == "thank_you"


def test_signing_up_with_the_first_order_is_a_beginning_not_an_end() -> None:
    there = profile(new_subscribers=(True, 1, 0), customers=(True, 2, 0))
    assert list(actions(JOURNEYS, transition("customers", True, 2), there)) == []
    (start,) = actions(JOURNEYS, transition("new_subscribers", True, 1), there)
    assert isinstance(start, Start)


def test_a_first_order_of_somebody_who_never_signed_up_asks_for_nothing() -> None:
    there = profile(customers=(True, 1, 0))
    assert list(actions(JOURNEYS, transition("customers", True, 1), there)) == []


def test_a_runs_name_fits_step_functions() -> None:
    longest = Run("c" + "f" * 20, "j" * 40, "s" * 40, 9_999_999_999)
    assert len(longest.id) <= 80
