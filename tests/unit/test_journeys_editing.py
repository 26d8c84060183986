"""What an edit does to people under way, by where they are; docs/journeys.md has the same as a table."""

from __future__ import annotations

import pytest

from infra.editing import EDITS, NO_EDIT, PLACES, outcome
from shared.domain.events import DAY, HOUR
from shared.domain.journeys.compiling import Path
from shared.domain.journeys.definition import Published
from shared.domain.journeys.moving import place_in
from shared.domain.journeys.runs import SendEmail
from tests.unit.journey_player import NOW, Player, event, journey

UNEDITED = {
    "before it": "tips on day 2, offer on day 6, last_call on day 9",
    "at it": "offer on day 6, last_call on day 9",
    "past it": "last_call on day 9",
}
MOVED = {
    "the pause is shortened to 1 day": (
        "tips on day 2, offer on day 3, last_call on day 6",
        "offer on day 4, last_call on day 7",  # two days of the one are waited already: at once
    ),
    "the pause is lengthened to 10 days": (
        "tips on day 2, offer on day 12, last_call on day 15",
        "offer on day 12, last_call on day 15",  # ten days from its beginning, not ten more
    ),
    "the branch asks for something that is true of them": (
        "tips on day 2, thanks on day 6, last_call on day 9",
        "thanks on day 6, last_call on day 9",
    ),
    "the offer gets another template": (
        "tips on day 2, summer_offer on day 6, last_call on day 9",
        "summer_offer on day 6, last_call on day 9",
    ),
    "an email and a day are added after the pause": (
        "tips on day 2, extra on day 6, offer on day 7, last_call on day 10",
        "extra on day 6, offer on day 7, last_call on day 10",
    ),
    "the offer is removed": ("tips on day 2, last_call on day 9", "last_call on day 9"),
    "the tips lead past the pause to the thanks": (
        "tips on day 2, thanks on day 2, last_call on day 5",
        "offer on day 6, last_call on day 9",  # they are in the pause, which is there still
    ),
    "the pause, where people wait, is deleted": (
        "tips on day 2, offer on day 2, last_call on day 5",
        "offer on day 4, last_call on day 7",
    ),
    "the pause is deleted with all that comes after it": ("tips on day 2", "nothing more", "nothing more"),
}


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_who_is_moved_goes_on_from_where_they_are_by_the_new_version(edit: object) -> None:
    before, at, *past = MOVED[edit.name]  # type: ignore[attr-defined]
    expected = {"before it": before, "at it": at, "past it": past[0] if past else UNEDITED["past it"]}
    assert {place: outcome(edit, day, "move") for place, day in PLACES.items()} == expected  # type: ignore[arg-type]


@pytest.mark.parametrize("place", PLACES)
def test_who_finishes_on_the_old_notices_nothing_and_who_is_stopped_gets_no_more(place: str) -> None:
    for edit in (NO_EDIT, *EDITS):
        assert outcome(edit, PLACES[place], "finish") == UNEDITED[place], edit.name
        assert outcome(edit, PLACES[place], "stop") == "nothing more", edit.name


def test_a_step_that_is_gone_leads_to_the_next_that_there_still_is() -> None:
    def path(*ids: str) -> Path:
        steps = [{"id": id_, "kind": "wait", "for": "1d"} for id_ in ids]
        return Path(journey({"kind": "hand"}, *steps))

    older = path("a", "b", "c", "d")
    assert [place_in(path("a", "d"), older, step) for step in "abcd"] == ["a", "d", "d", "d"]
    assert place_in(path("a"), older, "b") == "end"
    # Steps that lead to each other, and are all gone.
    x, y = ({"id": id_, "kind": "wait", "for": "1d", "next": to} for id_, to in ("xy", "yx"))
    circle = Path(journey({"kind": "hand"}, x, y))
    assert place_in(path("a"), circle, "x") == "end"


def test_what_is_under_way_is_told_why_it_was_moved_and_an_email_that_is_asked_for_is_not_asked_twice() -> None:
    quiz = {"kind": "event", "events": ["Quiz Taken"]}
    old = journey(quiz, {"kind": "send", "id": "hello"}, {"kind": "wait", "id": "w", "for": "1d"})
    player = Player(old)
    player.tell(event("Quiz Taken", NOW))
    new = journey(quiz, {"kind": "send", "id": "hello"}, {"kind": "wait", "id": "other", "for": "3d"})
    player.publish({"j": Published(journey=new, version=2, state="live", moved=2)})
    player.pass_to(NOW + HOUR)  # it was asked for, and what became of it is still to come
    assert [effect for _, effect in player.effects if isinstance(effect, SendEmail)] == [player.effects[0][1]]
    player.settle(player.runs[1], "sent", NOW + 2 * HOUR)
    assert (player.runs[1].step, player.runs[1].version) == ("other", 2)
    gone = journey(quiz, {"kind": "send", "id": "hello"})
    player.publish({"j": Published(journey=gone, version=3, state="live", moved=3)})
    player.pass_to(NOW + DAY)
    run = player.runs[1]
    assert (run.outcome, run.ended) == ("completed", NOW + DAY)
    assert [(each.what, each.step, each.why) for each in run.records[-2:]] == [
        ("moved", "other", "journey_changed"),
        ("ended", "", "completed"),
    ]
