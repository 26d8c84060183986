"""What a change of segment asks of journeys: at most one start, and never one that the profile has moved past."""

from __future__ import annotations

from shared.adapters import shipped
from shared.domain.events import DAY, NEVER
from shared.domain.journeys import Run, Start, Stop, actions
from shared.domain.profiles import BY_DEFINITION, Membership, Profile, Transition

JOURNEYS = shipped.journeys()
NOW = 1_700_000_000_000


def profile(**memberships: tuple[bool, int, int]) -> Profile:
    """Memberships as (member, number, since in days)."""
    held = {name: Membership(m, number, NOW + since * DAY, NEVER) for name, (m, number, since) in memberships.items()}
    return Profile("c1", memberships=held)


def transition(
    segment: str, entered: bool, number: int, day: int = 0, cause: str = "e1", before: int = 0
) -> Transition:
    return Transition("c1", number, segment, entered, NOW + day * DAY, cause, before)


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


def test_the_first_order_ends_onboarding_with_thanks() -> None:
    ordered = transition("first_time_buyers", True, 2, day=8)
    there = profile(new_subscribers=(True, 1, 0), first_time_buyers=(True, 2, 8))
    stop, start = actions(JOURNEYS, ordered, there)
    assert isinstance(stop, Stop)
    assert isinstance(start, Start)
    assert stop.run == start.after == Run("c1", "onboarding", "new_subscribers", 1)
    assert start.run.path == "thank_you"


def test_signing_up_with_the_first_order_is_a_beginning_not_an_end() -> None:
    there = profile(new_subscribers=(True, 1, 0), first_time_buyers=(True, 2, 0))
    assert list(actions(JOURNEYS, transition("first_time_buyers", True, 2), there)) == []
    (start,) = actions(JOURNEYS, transition("new_subscribers", True, 1), there)
    assert isinstance(start, Start)


def test_a_first_order_of_somebody_who_never_signed_up_asks_for_nothing() -> None:
    there = profile(first_time_buyers=(True, 1, 0))
    assert list(actions(JOURNEYS, transition("first_time_buyers", True, 1), there)) == []


def test_a_runs_name_fits_step_functions() -> None:
    longest = Run("c" + "f" * 20, "j" * 40, "s" * 40, 9_999_999_999)
    assert len(longest.id) <= 80
