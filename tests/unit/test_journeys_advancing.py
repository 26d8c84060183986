"""What a run does: each kind of step, trigger, entry rule and exit, played through `follow`."""

from __future__ import annotations

from typing import Any

import pytest

from shared.domain.conditions import Segment
from shared.domain.conditions.events import EventCount
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, SECOND, Type, iso
from shared.domain.journeys.acts import acts
from shared.domain.journeys.definition import Published
from shared.domain.journeys.runs import Begin, Moved, NotifyOthers, SendEmail, StartAnother, UpdateContact
from shared.domain.profiles.transitions import BY_DEFINITION, BY_JOINING, BY_REPAIR, LATE, Transition
from shared.domain.segments import compile_segments
from tests.unit.journey_player import NOW, Player, consent, event, journey, order, traits

SEND = {"kind": "send", "id": "hello"}


def whats(player: Player, number: int = 1) -> list[str]:
    return [f"{each.what} {each.step}".strip() for each in player.runs[number].records]


def sent(player: Player) -> list[str]:
    return [effect.template for _, effect in player.effects if isinstance(effect, SendEmail)]


def on(type_: str, **more: Any) -> dict[str, Any]:
    return {"kind": "event", "events": [type_], **more}


def test_an_event_starts_a_run_and_its_email_is_asked_for_at_once() -> None:
    player = Player(journey(on("Quiz Taken"), SEND))
    player.tell(event("Quiz Taken", NOW))
    assert [(t, effect) for t, effect in player.effects] == [(NOW, SendEmail("hello", 0, "hello", None, NOW))]
    run = player.runs[1]
    assert (run.goes_on, run.step, run.began, run.cause) == (True, "hello", NOW, run.cause)
    player.settle(run, "sent")
    assert player.runs[1].outcome == "completed"
    assert whats(player) == ["began", "entered hello", "sent hello", "ended"]
    assert player.profile.runs == {}


def test_a_wait_ends_at_its_instant_and_not_before() -> None:
    player = Player(journey(on("Quiz Taken"), {"kind": "wait", "id": "a_day", "for": "1d"}, SEND))
    player.tell(event("Quiz Taken", NOW))
    assert player.profile.runs == {"j#1": NOW + DAY}
    player.pass_to(NOW + DAY - 1)
    assert sent(player) == []
    player.pass_to(NOW + DAY)
    assert player.effects[0] == (NOW + DAY, SendEmail("hello", 0, "hello", None, NOW + DAY))


def test_an_order_ends_the_run_in_the_middle_of_a_wait() -> None:
    cart = on("Cart Updated", where=[{"property": "total", "is": "more", "value": 0}])
    exits = [{"on": on(Type.ORDER_COMPLETED), "goal": True}]
    player = Player(journey(cart, {"kind": "wait", "id": "an_hour", "for": "1h"}, SEND, exits=exits))
    player.tell(event("Cart Updated", NOW, products=[{"product_id": "1", "price": 5}]))
    player.tell(order(NOW + 30 * MINUTE))
    assert player.runs[1].outcome == "goal"
    player.pass_to(NOW + DAY)
    assert sent(player) == []


@pytest.mark.parametrize(
    ("answered", "way"),
    [(None, "timed_out"), (HOUR, "Answered"), (DAY - 1, "Answered"), (DAY, "timed_out"), (DAY + 1, "timed_out")],
)
def test_what_a_run_waits_for_comes_before_its_end_or_not_at_all(answered: int | None, way: str) -> None:
    steps = (
        {"kind": "wait_for", "id": "answer", "on": [on("Answered")], "within": "1d", "otherwise": "no"},
        {"kind": "end", "id": "yes", "outcome": "yes"},
        {"kind": "end", "id": "no", "outcome": "no"},
    )
    player = Player(journey(on("Quiz Taken"), *steps))
    player.tell(event("Quiz Taken", NOW))
    if answered is not None:
        player.tell(event("Answered", NOW + answered))
    player.pass_to(NOW + 2 * DAY)
    (passed,) = (each for each in player.runs[1].records if each.what == "passed")
    assert (passed.why, player.runs[1].outcome) == (way, "no" if way == "timed_out" else "yes")


def test_a_changed_cart_starts_the_hour_again_and_each_cart_is_one_run() -> None:
    same = {"property": "cart_id", "value": "$trigger.cart_id"}
    steps = (
        {
            "kind": "wait_for",
            "id": "left_alone",
            "on": [on("Cart Updated", where=[same])],
            "within": "1h",
            "next": "left_alone",
            "otherwise": "hello",
        },
        SEND,
    )
    player = Player(journey(on("Cart Updated"), *steps, entry={"per": "cart_id"}))
    for minutes, cart in ((0, "a"), (40, "a"), (50, "b"), (80, "a")):
        player.tell(event("Cart Updated", NOW + minutes * MINUTE, cart_id=cart))
    player.pass_to(NOW + 5 * HOUR)
    assert [(t - NOW) // MINUTE for t, _ in player.effects] == [110, 140]
    assert [run.key for run in player.runs.values()] == ["a", "b"]


def test_a_no_ends_every_run_and_starts_none() -> None:
    player = Player(
        journey(on("Quiz Taken"), {"kind": "wait", "id": "a_day", "for": "1d"}, SEND, entry={"again": "each"})
    )
    player.tell(event("Quiz Taken", NOW))
    player.tell(consent("unsubscribed", NOW + HOUR))
    assert player.runs[1].outcome == "unsubscribed"
    player.tell(event("Quiz Taken", NOW + 2 * HOUR))
    assert len(player.runs) == 1


def test_branches_ask_the_profile_of_the_moment_and_updates_are_seen_by_what_follows() -> None:
    steps = (
        {"kind": "update", "id": "mark", "traits": {"level": "gold"}, "add_tags": ["vip"]},
        {
            "kind": "branch",
            "id": "which",
            "ways": [{"when": {"kind": "trait", "trait": "level", "value": "gold"}, "next": "gold"}],
        },
        {"kind": "end", "id": "plain", "outcome": "plain"},
        {"kind": "end", "id": "gold", "outcome": "gold"},
    )
    player = Player(journey(on("Quiz Taken"), *steps))
    player.tell(event("Quiz Taken", NOW))
    assert [effect for _, effect in player.effects] == [UpdateContact("mark", 0, {"level": "gold"}, ("vip",), ())]
    player.tell(traits(NOW + SECOND, level="gold"))
    player.settle(player.runs[1], "passed", NOW + SECOND)
    assert player.runs[1].outcome == "gold"


def test_the_other_steps() -> None:
    steps = (
        {"kind": "notify", "id": "call", "subject": "Call them", "to": "sales"},
        {"kind": "start", "id": "more", "journey": "other"},
        {"kind": "split", "id": "lot", "ways": [{"weight": 1, "next": "a"}, {"weight": 1, "next": "b"}]},
        {"kind": "end", "id": "a", "outcome": "a"},
        {"kind": "end", "id": "b", "outcome": "b"},
    )
    player = Player(journey(on("Quiz Taken"), *steps))
    player.tell(event("Quiz Taken", NOW, product_id="p"))
    call, more = (effect for _, effect in player.effects)
    assert call == NotifyOthers("call", 0, "Call them", "sales")
    assert more == StartAnother("other", "more", 0, {"product_id": ["p"]})
    assert player.runs[1].outcome in ("a", "b")


def test_since_this_run_began_counts_by_when_it_happened() -> None:
    bought = {"kind": "orders", "at_least": 1, "within": "this_run"}
    steps = (
        {"kind": "wait", "id": "a_day", "for": "1d"},
        {"kind": "branch", "id": "bought", "ways": [{"when": bought, "next": "yes"}]},
        {"kind": "end", "id": "no", "outcome": "no"},
        {"kind": "end", "id": "yes", "outcome": "yes"},
    )
    for placed, outcome in ((NOW - MINUTE, "no"), (NOW, "yes"), (NOW + HOUR, "yes")):
        player = Player(journey(on("Quiz Taken"), *steps))
        player.tell(event("Quiz Taken", NOW))
        player.tell(order(placed, received=NOW + 2 * HOUR))
        player.pass_to(NOW + DAY)
        assert player.runs[1].outcome == outcome


@pytest.mark.parametrize(
    ("again", "times"), [("once", [0]), ("each", [0, 1, 5, 40]), ("30d", [0, 40]), ("35d", [0, 40]), ("41d", [0])]
)
def test_how_often_one_may_start(again: str, times: list[int]) -> None:
    player = Player(journey(on("Quiz Taken"), SEND, entry={"again": again}))
    for day in (0, 1, 5, 40):
        player.tell(event("Quiz Taken", NOW + day * DAY))
        for run in list(player.runs.values()):
            if run.goes_on:
                player.settle(run, "sent", NOW + day * DAY + SECOND)
    assert [(run.started - NOW) // DAY for run in player.runs.values()] == times


def test_of_journeys_that_keep_each_other_out_the_first_in_rank_begins() -> None:
    low = journey(on("Quiz Taken"), SEND, id="low", entry={"priority": 2})
    high = journey(on("Quiz Taken"), SEND, id="high", entry={"priority": 8, "not_during": ["low"]})
    player = Player(low, high)
    player.tell(event("Quiz Taken", NOW))
    assert [run.journey for run in player.runs.values()] == ["high"]


def test_journeys_of_a_group_keep_apart() -> None:
    a = journey(on("A"), SEND, id="a", entry={"apart": "7d"})
    b = journey(on("B"), SEND, id="b", entry={"apart": "7d", "again": "each"})
    player = Player(a, b)
    player.tell(event("A", NOW))
    player.tell(event("B", NOW + 7 * DAY - 1))
    assert len(player.runs) == 1
    player.tell(event("B", NOW + 7 * DAY))
    assert [run.journey for run in player.runs.values()] == ["a", "b"]


@pytest.mark.parametrize(("late", "starts"), [(0, True), (3 * DAY, True), (3 * DAY + 1, False)])
def test_history_starts_nothing(late: int, starts: bool) -> None:
    player = Player(journey(on("Quiz Taken"), SEND))
    player.tell(event("Quiz Taken", NOW - late, received=NOW))
    assert bool(player.runs) is starts


def test_a_person_starts_moves_releases_and_stops() -> None:
    player = Player(
        journey({"kind": "hand"}, {"kind": "wait", "id": "w", "for": "9d"}, SEND), states={"hello": "review"}
    )
    player.happen(Begin(NOW, "j", "by ann 1"))
    player.happen(Begin(NOW, "j", "by ann 1"))
    assert len(player.runs) == 1
    run = player.runs[1]
    player.happen(Moved(NOW + HOUR, run.id, "hello", "ann"))
    assert player.runs[1].held
    assert sent(player) == []
    player.happen(Moved(NOW + 2 * HOUR, run.id, None, "ann", release=True))
    assert sent(player) == ["hello"]
    player.happen(Moved(NOW + 3 * HOUR, run.id, None, "ann"))
    assert player.runs[1].outcome == "stopped"
    player.settle(run, "sent", NOW + 4 * HOUR, step="hello")
    assert whats(player)[-2:] == ["ended hello", "sent_after hello"]


def test_a_birthday_begins_at_the_time_of_day_it_says() -> None:
    trigger = {"kind": "date", "trait": "birthday", "at": "09:00"}
    player = Player(journey(trigger, SEND, entry={"again": "each"}))
    player.tell(traits(NOW, birthday="1990-11-20", timezone="Europe/Berlin"))  # NOW is 14 November 2023, 22:13 UTC
    player.pass_to(NOW + 800 * DAY, settled=True)
    assert [iso(t)[:16] for t, _ in player.effects] == ["2023-11-20T08:00", "2024-11-20T08:00", "2025-11-20T08:00"]


def test_a_pause_holds_and_what_was_due_goes_on_afterwards() -> None:
    steps = ({"kind": "wait", "id": "w", "for": "1h"}, {**SEND, "best_before": "1d"})
    player = Player(journey(on("Quiz Taken"), *steps))
    player.tell(event("Quiz Taken", NOW))
    player.switch("paused")
    player.pass_to(NOW + 3 * DAY)
    assert sent(player) == []
    assert player.profile.runs == {"j#1": NEVER}
    player.switch("live")
    player.pass_to(NOW + 4 * DAY)
    assert [t for t, _ in player.effects] == [NOW + 4 * DAY]


SERIES = (
    {"kind": "send", "id": "one"},
    {"kind": "wait", "id": "two_days", "for": "2d"},
    {"kind": "send", "id": "two"},
    {"kind": "wait", "id": "five_days", "for": "5d"},
    {"kind": "send", "id": "three"},
)


@pytest.mark.parametrize(
    ("days", "stands", "sent_at"),
    [(0, "two_days", 2), (1, "two_days", 2), (2, "five_days", 7), (6, "five_days", 7), (7, "", 0)],
)
def test_who_qualifies_already_stands_where_they_would(days: int, stands: str, sent_at: int) -> None:
    segment = Segment(id="quizzed", name="Q", sentence="Q.", when=EventCount(event="Quiz Taken"))
    player = Player(segments=[segment])
    player.tell(event("Quiz Taken", NOW))
    player.publish(
        {"j": Published(journey=journey({"kind": "segment", "segment": "quizzed"}, *SERIES), version=1, state="live")}
    )
    player.happen(Begin(NOW + days * DAY, "j", "publication 1", present=True))
    assert [run.step for run in player.runs.values()] == ([stands] if stands else [])
    player.pass_to(NOW + 8 * DAY)
    assert [(t - NOW) // DAY for t, _ in player.effects][:1] == ([sent_at] if stands else [])


def test_a_finished_run_goes_on_where_steps_were_appended() -> None:
    definition = journey(on("Quiz Taken"), SERIES[0])
    player = Player(definition)
    player.tell(event("Quiz Taken", NOW, product_id="p"))
    player.settle(player.runs[1], "sent")
    longer = journey(on("Quiz Taken"), *SERIES[:3])
    player.publish({"j": Published(journey=longer, version=2, state="live")})
    for _ in range(2):  # told again, it is the same
        player.happen(Begin(NOW + DAY, "j", "publication 2", step="two_days", continues=1))
    assert [(run.number, run.step, run.began, run.trigger) for run in player.runs.values() if run.goes_on] == [
        (2, "two_days", NOW, {"product_id": ["p"]})
    ]


def test_an_email_under_review_goes_when_its_step_is_live_again() -> None:
    player = Player(journey(on("Quiz Taken"), SEND), states={"hello": "review"})
    player.tell(event("Quiz Taken", NOW))
    player.pass_to(NOW + DAY)
    assert (player.runs[1].held, sent(player)) == (True, [])
    player.publish({id_: each.model_copy(update={"steps": {}}) for id_, each in player.shop.published.items()})
    player.pass_to(NOW + 2 * DAY)
    assert (player.runs[1].held, sent(player)) == (False, ["hello"])


def test_more_runs_than_a_contact_can_have_are_refused_and_said() -> None:
    player = Player(
        journey(on("Cart Updated"), {"kind": "wait", "id": "w", "for": "1d"}, SEND, entry={"per": "cart_id"})
    )
    for cart in range(22):
        player.tell(event("Cart Updated", NOW + cart, cart_id=str(cart)))
    outcomes = [run.outcome for run in player.runs.values()]
    assert outcomes == [None] * 20 + ["too_many_runs"] * 2
    player.pass_to(NOW + DAY + 30, settled=True)
    player.tell(event("Cart Updated", NOW + 2 * DAY, cart_id="21"))  # the refused one is no first time
    assert player.runs[23].goes_on


def test_what_made_the_contact_known_is_no_exit_and_what_comes_after_it_is() -> None:
    """Who signs up by ordering: the order is what began the run, however many memberships it changes."""
    known = Segment(id="known", name="K", sentence="K.", when=EventCount(event=Type.ORDER_COMPLETED))
    again = Segment(id="again", name="A", sentence="A.", when=EventCount(event=Type.ORDER_COMPLETED, at_least=1))
    exits = [{"on": {"kind": "segment", "segment": "again"}}, {"on": on(Type.ORDER_COMPLETED), "goal": True}]
    steps = ({"kind": "wait", "id": "w", "for": "1d"}, SEND)
    player = Player(journey({"kind": "segment", "segment": "known"}, *steps, exits=exits), segments=[known, again])
    player.tell(order(NOW))
    assert player.runs[1].goes_on
    player.tell(order(NOW + HOUR))
    assert player.runs[1].outcome == "goal"


@pytest.mark.parametrize(
    ("placed", "goal", "ends"), [(HOUR, True, True), (-HOUR, False, True), (-4 * DAY, False, False)]
)
def test_an_order_that_is_told_late_ends_the_run_and_history_does_not(placed: int, goal: bool, ends: bool) -> None:
    exits = [{"on": on(Type.ORDER_COMPLETED), "goal": True}]
    player = Player(journey(on("Cart Updated"), {"kind": "wait", "id": "w", "for": "1d"}, SEND, exits=exits))
    player.tell(event("Cart Updated", NOW))
    player.tell(order(NOW + placed, received=NOW + 2 * HOUR))
    run = player.runs[1]
    assert (run.reached_goal, not run.goes_on) == (goal, ends)
    assert run.outcome == ("goal" if goal else Type.ORDER_COMPLETED if ends else None)


def test_an_exit_leads_to_a_step_once_and_ends_by_the_next() -> None:
    exits = [
        {"on": on(Type.ORDER_COMPLETED), "go_to": "thanks", "goal": True},
        {"on": on("Form Submitted"), "start": "other"},
    ]
    steps = (
        {"kind": "wait", "id": "w", "for": "9d"},
        {"kind": "end", "id": "over"},
        {"kind": "send", "id": "thanks"},
        {"kind": "wait", "id": "v", "for": "9d"},
    )
    player = Player(journey(on("Quiz Taken"), *steps, exits=exits))
    player.tell(event("Quiz Taken", NOW))
    player.tell(order(NOW + HOUR))
    player.settle(player.runs[1], "sent")
    player.tell(order(NOW + 2 * HOUR))
    assert (sent(player), player.runs[1].step, player.runs[1].reached_goal) == (["thanks"], "v", True)
    player.tell(event("Form Submitted", NOW + 3 * HOUR))
    assert player.runs[1].outcome == "Form Submitted"
    assert player.effects[-1][1] == StartAnother("other", "", 0, {})


def test_a_publication_moves_nobody_into_a_journey_unless_it_was_asked_to() -> None:
    quizzed = Segment(id="quizzed", name="Q", sentence="Q.", when=EventCount(event="Quiz Taken"))
    for starting, runs in (((), 0), (("quizzed",), 1)):
        player = Player(journey({"kind": "segment", "segment": "quizzed"}, SEND))
        player.tell(event("Quiz Taken", NOW))
        player.definitions = compile_segments([quizzed], sequence=2, changed={"quizzed": 2}, starting=starting)
        player.publish(dict(player.shop.published))
        player.pass_to(NOW + HOUR)
        assert len(player.runs) == runs


def test_a_wait_looks_back_to_the_start_of_the_run_the_first_time_only() -> None:
    steps = (
        {"kind": "wait", "id": "w", "for": "1d"},
        {
            "kind": "wait_for",
            "id": "v",
            "on": [on("Answered")],
            "within": "1d",
            "since_start": True,
            "next": "v",
            "otherwise": "end",
        },
    )
    player = Player(journey(on("Quiz Taken"), *steps))
    player.tell(event("Quiz Taken", NOW))
    player.tell(event("Answered", NOW + HOUR))
    player.pass_to(NOW + 9 * DAY)
    said = [
        (each.time - NOW, each.why) for each in player.runs[1].records if each.step == "v" and each.what == "passed"
    ]
    assert said == [(DAY, "Answered"), (2 * DAY, "timed_out")]


def test_a_run_that_has_yet_to_begin_outlasts_a_pause() -> None:
    player = Player(journey({"kind": "hand"}, SEND))
    player.happen(Begin(NOW, "j", "by hand", at=NOW + HOUR))
    assert player.profile.runs == {"j#1": NOW + HOUR}
    player.switch("paused")
    player.pass_to(NOW + MINUTE)
    assert player.profile.runs == {"j#1": NEVER}
    player.switch("live")
    player.pass_to(NOW + 2 * MINUTE)
    assert player.profile.runs == {"j#1": NOW + HOUR}
    player.pass_to(NOW + HOUR)
    assert sent(player) == ["hello"]


def test_so_many_begin_in_an_hour_and_the_others_after_them() -> None:
    player = Player(journey(on("Quiz Taken"), SEND, entry={"again": "each", "per_hour": 2}))
    taken: list[int] = []

    def slot(journey: str, per_hour: int, t: int) -> int:
        taken.append(max(t, taken[-1] + HOUR // per_hour) if taken else t)
        return taken[-1]

    player.shop.slot = slot
    for second in range(3):
        player.tell(event("Quiz Taken", NOW + second))
        run = player.runs[len(player.runs)]
        assert run.step == ("hello" if second == 0 else "")
        player.happen(Moved(NOW + second, run.id, None, "ann")) if second == 1 else None
        if second == 0:
            player.settle(run, "sent")
    player.pass_to(NOW + HOUR + 2)
    begun = [(run.since - NOW, run.outcome) for run in player.runs.values()]
    assert begun == [(0, "completed"), (1, "stopped"), (HOUR, None)]


def test_an_email_that_nobody_tells_of_is_asked_for_again_once_a_day_by_the_same_key() -> None:
    player = Player(journey(on("Quiz Taken"), SEND))
    player.tell(event("Quiz Taken", NOW))
    (first,) = player.asked
    day = 24 * 3_600_000
    player.pass_to(NOW + day - 1)
    assert len(player.asked) == 1
    player.pass_to(NOW + day)
    player.pass_to(NOW + 2 * day - 1)
    assert [(run.id, effect) for run, effect in player.asked] == [(first[0].id, first[1])] * 2


QUIZZED = Segment(id="quizzed", name="Q", sentence="Q.", when=EventCount(event="Quiz Taken"))


def test_what_the_shop_does_to_its_segments_ends_runs_and_answers_nothing() -> None:
    """Left because the segment's definition has changed: a plain exit ends the run, one that answers it does not."""
    left = {"kind": "segment", "segment": "quizzed", "when": "leaves"}
    for more, outcome in (
        ({}, "left quizzed"),
        ({"goal": True}, None),
        ({"go_to": "hello"}, None),
        ({"start": "x"}, None),
    ):
        player = Player(
            journey(on("Asked"), {"kind": "wait", "id": "w", "for": "9d"}, SEND, exits=[{"on": left, **more}])
        )
        player.definitions = compile_segments([QUIZZED])
        player.publish(dict(player.shop.published))
        player.tell(event("Quiz Taken", NOW))
        player.tell(event("Asked", NOW + 1))
        narrower = QUIZZED.model_copy(update={"when": EventCount(event="Quiz Taken", at_least=2)})
        player.definitions = compile_segments([narrower], sequence=2, changed={"quizzed": 2})
        player.publish(dict(player.shop.published))
        player.pass_to(NOW + HOUR)
        assert (player.runs[1].outcome, player.effects) == (outcome, []), more


def test_what_made_it_so_is_said_by_by_and_time_is_one_of_them() -> None:
    lately = QUIZZED.model_copy(update={"when": EventCount(event="Quiz Taken", within=DAY)})
    for by, runs in ((["time"], 1), (["Quiz Taken"], 0), ([], 1)):
        trigger = {"kind": "segment", "segment": "quizzed", "when": "leaves", "by": by}
        player = Player(journey(trigger, SEND), segments=[lately])
        player.tell(event("Quiz Taken", NOW))
        player.pass_to(NOW + 2 * DAY)
        assert len(player.runs) == runs, by


def test_an_email_that_comes_too_late_is_passed_over_and_says_so() -> None:
    player = Player(journey(on("Quiz Taken"), {**SEND, "best_before": "1h"}, hours={"weekdays": ["sat"]}))
    player.tell(event("Quiz Taken", NOW))
    player.pass_to(NOW + 9 * DAY)
    (skipped,) = (each for each in player.runs[1].records if each.what == "skipped")
    assert (skipped.why, player.runs[1].outcome, player.effects) == ("too_late", "completed", [])


def test_a_time_of_day_that_comes_round_at_that_time_is_tomorrow_s() -> None:
    gold = {"when": {"kind": "trait", "trait": "level", "value": "gold"}, "next": "end"}
    steps = (
        {"kind": "wait", "id": "nine", "at": "09:00"},
        {"kind": "branch", "id": "b", "ways": [gold], "next": "nine"},
    )
    player = Player(journey(on("Quiz Taken"), *steps))
    player.tell(event("Quiz Taken", NOW))
    player.pass_to(NOW + 3 * DAY)
    came = [each.time for each in player.runs[1].records if each.what == "entered" and each.step == "nine"]
    assert [t - came[1] for t in came[1:]] == [0, DAY, 2 * DAY]


def test_a_no_from_before_the_run_that_is_told_late_ends_nothing_where_a_yes_has_followed() -> None:
    player = Player(journey(on("Quiz Taken"), {"kind": "wait", "id": "w", "for": "9d"}))
    player.tell(consent("subscribed", NOW))
    player.tell(event("Quiz Taken", NOW + HOUR))
    earlier = consent("unsubscribed", NOW - DAY).model_copy(update={"received": NOW + 2 * HOUR})
    player.tell(earlier)
    assert player.runs[1].goes_on
    player.tell(
        consent("unsubscribed", NOW + 3 * HOUR), consent("subscribed", NOW + 4 * HOUR)
    )  # taken back, in one batch
    assert player.runs[1].outcome == "unsubscribed"


def test_a_paused_journey_starts_nobody_and_a_date_that_was_missed_is_missed() -> None:
    player = Player(journey({"kind": "date", "trait": "birthday"}, SEND, entry={"again": "each"}))
    player.tell(traits(NOW, birthday="1990-11-20"))
    player._play((), (), NOW + 12 * DAY, NOW + 12 * DAY)  # nobody has looked for days
    assert player.runs == {}
    player = Player(journey(on("Quiz Taken"), SEND))
    player.switch("paused")
    player.tell(event("Quiz Taken", NOW))
    assert player.runs == {}


def test_who_has_left_is_not_taken_in() -> None:
    lately = QUIZZED.model_copy(update={"when": EventCount(event="Quiz Taken", within=DAY)})
    player = Player(segments=[lately])
    player.tell(event("Quiz Taken", NOW))
    player.pass_to(NOW + 2 * DAY)
    made = journey({"kind": "segment", "segment": "quizzed"}, {"kind": "wait", "id": "w", "for": "9d"}, SEND)
    player.publish({"j": Published(journey=made, version=1, state="live")})
    player.happen(Begin(NOW + 3 * DAY, "j", "publication 1", present=True))
    assert player.runs == {}


# ── edges that a mutant has crossed once ──

WAITS = {"kind": "wait_for", "id": "vip", "on": [{"kind": "segment", "segment": "vips"}], "within": "1d"}
VIPS = Segment.model_validate(
    {"id": "vips", "name": "VIPs", "sentence": "Bought.", "when": {"kind": "event", "event": "Bought"}}
)


def entering(t: int, cause: str = "e-bought", **more: Any) -> Transition:
    return Transition("c1", 1, "vips", True, t, cause, 0, event="Bought", **more)


def waiting_for_vips() -> Player:
    player = Player(journey(on("Quiz Taken"), WAITS, SEND))
    player.tell(event("Quiz Taken", NOW))
    return player


def test_what_happens_at_the_end_of_a_wait_is_too_late_and_the_end_is_not_heard_of_before_all_is() -> None:
    player = waiting_for_vips()
    player.happen(entering(NOW + DAY), heard=NOW + DAY - 25 * SECOND)
    assert whats(player)[-1] == "entered vip", "neither answered, nor timed out on silence that nobody has heard yet"
    player.pass_to(NOW + DAY)
    assert [each.why for each in player.runs[1].records if each.step == "vip"] == [None, "timed_out"]
    in_time = waiting_for_vips()
    in_time.happen(entering(NOW + DAY - 1), heard=NOW + DAY - 25 * SECOND)
    assert [each.why for each in in_time.runs[1].records if each.step == "vip"] == [None, "entered vips"]


@pytest.mark.parametrize(
    "state",
    [
        {"cause": BY_DEFINITION},
        {"cause": BY_REPAIR},
        {"cause": BY_JOINING},
        {"happened": NOW + HOUR - LATE - 1},
    ],
    ids=["a changed definition", "a repair", "a merger", "history"],
)
def test_a_membership_that_nobody_has_just_come_to_answers_no_wait_and_starts_nothing(state: dict[str, Any]) -> None:
    player = waiting_for_vips()
    player.happen(entering(NOW + HOUR, **state))
    assert whats(player)[-1] == "entered vip"
    other = Player(journey({"kind": "segment", "segment": "vips"}, SEND))
    other.happen(entering(NOW + HOUR, **state))
    assert other.runs == {}
    other.happen(entering(NOW + HOUR, happened=NOW + HOUR - LATE))
    assert len(other.runs) == 1


@pytest.mark.parametrize(("bought", "passes"), [(NOW - 1, False), (NOW, True), (NOW + HOUR, True)])
def test_since_the_start_counts_from_the_instant_of_the_start(bought: int, passes: bool) -> None:
    looking_back = {**WAITS, "since_start": True}
    pause = {"kind": "wait", "id": "pause", "for": "2h"}
    player = Player(journey(on("Quiz Taken"), pause, looking_back, SEND), segments=[VIPS])
    if bought < NOW:
        player.tell(event("Bought", bought))
    player.tell(event("Quiz Taken", NOW), *([event("Bought", NOW)] if bought == NOW else []))
    if bought > NOW:
        player.tell(event("Bought", bought))
    player.pass_to(NOW + 2 * HOUR)
    assert (player.runs[1].step == "hello") is passes


def test_a_no_that_is_only_repeated_without_a_date_is_no_answer() -> None:
    """The storefront tells how it has them; they have said yes on our own page, so that stands."""
    said = consent("subscribed", NOW - DAY).model_copy(update={"source": "preference"})
    player = Player(journey(on("Quiz Taken"), {"kind": "wait", "id": "a_day", "for": "1d"}, SEND))
    player.tell(said)
    player.tell(event("Quiz Taken", NOW))
    repeated = consent("unsubscribed", NOW + HOUR)
    undated = tuple(each.model_copy(update={"undated": True}) for each in repeated.consent)
    player.tell(repeated.model_copy(update={"consent": undated}))
    assert player.runs[1].goes_on
    player.tell(consent("unsubscribed", NOW + 2 * HOUR))
    assert player.runs[1].outcome == "unsubscribed"


def test_who_has_yet_to_confirm_says_neither_no_nor_ends_anything() -> None:
    player = Player(journey(on("Quiz Taken"), {"kind": "wait", "id": "a_day", "for": "1d"}, SEND))
    player.tell(consent("pending", NOW - DAY))
    player.tell(event("Quiz Taken", NOW))
    assert player.runs[1].goes_on
    player.pass_to(NOW + HOUR)
    assert player.runs[1].goes_on


def test_an_email_that_is_let_go_after_its_hours_waits_for_the_next() -> None:
    """Also where it came to the step a few minutes before, while they were open."""
    midnight = NOW - NOW % DAY + DAY
    came = midnight + 17 * HOUR - 5 * MINUTE
    made = journey(on("Quiz Taken"), SEND, hours={"from": "09:00", "to": "17:00"})
    player = Player(made, states={"hello": "review"})
    player.tell(event("Quiz Taken", came))
    assert player.runs[1].held
    player.happen(Moved(came + 8 * MINUTE, player.runs[1].id, "hello", "an operator", release=True))
    player.pass_to(came + 9 * MINUTE)
    assert sent(player) == []
    player.pass_to(midnight + DAY + 9 * HOUR)
    assert [t for t, each in player.effects if isinstance(each, SendEmail)] == [midnight + DAY + 9 * HOUR]


def test_an_order_is_not_the_first_where_older_ones_are_only_counted() -> None:
    profile = Player().profile
    placed = order(NOW)
    assert [act.first for act in acts(profile, [placed])] == [True]
    profile.older_orders = 1
    assert [act.first for act in acts(profile, [placed])] == [False]


@pytest.mark.parametrize(("after", "runs"), [(3 * DAY - 1, 1), (3 * DAY, 2)])
def test_once_in_a_time_is_from_start_to_start_with_its_last_instant(after: int, runs: int) -> None:
    player = Player(journey(on("Quiz Taken"), SEND, entry={"again": "3d"}))
    player.tell(event("Quiz Taken", NOW))
    player.settle(player.runs[1], "sent")
    player.tell(event("Quiz Taken", NOW + after))
    assert len(player.runs) == runs
