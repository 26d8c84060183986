"""What an explanation says would change the answer is played: what it says happens, happens, and not before."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.conditions import Segment
from shared.domain.events import DAY, HOUR, NEVER, ConsentChange, Event, Instant, Type, parse_instant
from shared.domain.explanations import Explanation, explain
from shared.domain.profiles import Profile
from shared.domain.profiles.folding import fold
from shared.domain.segments import compile_segments, evaluate

NOW = parse_instant("2023-11-14T22:13:00Z")
HUMAN = {"human": True}


class Play:
    """A contact's events, and what is asked of them."""

    def __init__(self, when: dict[str, Any], *told: Event) -> None:
        segment = Segment.model_validate({"id": "s", "name": "S", "sentence": "S.", "when": when})
        self.definitions = compile_segments([segment])
        self.told = list(told)

    def profile(self, *more: Event) -> Profile:
        made = Profile("c1")
        for event in (*self.told, *more):
            fold(made, event)
        return made

    def explained(self, t: Instant = NOW) -> Explanation:
        return explain(self.definitions, "s", self.profile(), t)

    def holds(self, t: Instant, *more: Event) -> bool:
        return evaluate(self.definitions, "s", self.profile(*more), t)[0]


_numbers = iter(range(10**9))


def event(type_: str, t: Instant, **fields: Any) -> Event:
    return Event(id=f"n{next(_numbers)}", type=type_, time=t, stated=t, received=t, source="shopify", **fields)


def order(t: Instant, total: float = 20.0) -> Event:
    return event(Type.ORDER_COMPLETED, t, properties={"order_id": f"o{next(_numbers)}", "total": total})


def answer(t: Instant, state: str) -> Event:
    return event(Type.CONSENT_CHANGED, t, consent=(ConsentChange(state=state),))


def another(when: dict[str, Any], t: Instant) -> Event:
    """One more of what the condition asks for."""
    kind = when["kind"]
    if kind in ("orders", "last_order"):
        return order(t)
    if kind == "unanswered":
        return event(when["of"]["event"], t)
    if kind == "cart":
        return event(Type.CART_UPDATED, t, properties={"products": [{"product_id": "p"}]})
    return event(when["event"], t)


def play(when: dict[str, Any], *told: Event) -> str:
    """Checks what is said, and gives it."""
    asked = Play(when, *told)
    said = asked.explained()
    turns, holds = said.turns, said.holds

    def new(count: int, t: Instant = NOW) -> list[Event]:
        return [another(when, t) for _ in range(count)]

    if match := re.fullmatch(r"(\d+) more(?: orders?)? would (make it true|end it)\.", turns):
        count = int(match[1])
        assert asked.holds(NOW, *new(count)) != holds
        assert asked.holds(NOW, *new(count - 1)) == holds
    elif match := re.fullmatch(r"(\d+) more without an answer would make it true(?:, (\d+) days? later)?\.", turns):
        count, later = int(match[1]), NOW + int(match[2] or 0) * DAY
        assert asked.holds(later, *new(count)) and not asked.holds(later, *new(count - 1))
    elif match := re.fullmatch(r"A (?:new|first) \w+ would make it true(?:, ([\d.]+) days? after it)?\.", turns):
        later = NOW + round(float(match[1] or 0) * DAY)
        assert not holds and asked.holds(later, *new(1)) and not asked.holds(later)
    elif re.fullmatch(r"A (?:new|first) \w+ would end it\.", turns):
        assert holds and not asked.holds(NOW, *new(1))
    elif match := re.fullmatch(r"(\d+) more( \w+)* would (make it true|end it), on ([-\d: ]+)\.", turns):
        at, count = said_instant(match[4]), int(match[1])
        assert asked.holds(at, *new(count)) != holds and asked.holds(at, *new(count - 1)) == holds
        assert asked.holds(at - 1, *new(count)) == holds
    elif match := re.fullmatch(r"(\d+) more( \w+)* from ([-\d: ]+) on would (make it true|end it)\.", turns):
        at, count = said_instant(match[3]), int(match[1])
        assert asked.holds(at, *new(count, at)) != holds and asked.holds(at, *new(count - 1, at)) == holds
        assert asked.holds(at, *new(count, at - 1)) == holds
    elif turns == "More without an answer may make it true.":
        assert not holds
    elif match := re.fullmatch(r"Orders worth (more than )?([\d.]+)( more)? would (make it true|end it)\.", turns):
        worth = float(match[2])
        enough = worth + 0.01 if match[1] else worth
        assert asked.holds(NOW, order(NOW, enough)) != holds and asked.holds(NOW, order(NOW, enough - 0.01)) == holds
    elif turns == "Nothing: that time is over.":
        assert all(asked.holds(t, *new(9, t)) == holds for t in (NOW, NOW + 400 * DAY))
    elif turns == "Nothing: what happened stays.":
        assert all(asked.holds(t, *new(count, t)) == holds for count in (1, 5) for t in (NOW, NOW + 400 * DAY))
    elif turns == "Only a refund or a cancellation would change it.":
        assert asked.holds(NOW, *new(3)) == holds
        ids = [each.properties["order_id"] for each in told]
        gone = [event(Type.ORDER_CANCELLED, NOW, properties={"order_id": id_}) for id_ in ids]
        assert any(asked.holds(NOW, *gone[:count]) != holds for count in range(1, len(gone) + 1))
    elif match := re.fullmatch(r"(Ends|True by itself) on [-\d: ]+(.*)\.", turns):
        until = said.until
        assert until != NEVER and asked.holds(until) != holds and asked.holds(until - 1) == holds
        clause = match[2].removeprefix(", ")
        if clause.startswith("unless"):
            needed = deeds(when, clause, until - 1)
            assert asked.holds(until, *needed) == holds, turns
            assert len(needed) == 1 or asked.holds(until, *needed[1:]) != holds, turns
        elif clause:
            assert asked.holds(NOW, *deeds(when, clause, NOW)) != holds, turns
    elif turns == "An answer would end it.":
        assert holds and not asked.holds(NOW, *deeds(when, "there is an answer", NOW))
    else:
        pytest.fail(f"nobody has played “{turns}”")
    return turns


def said_instant(text: str) -> Instant:
    return parse_instant(f"{text.replace(' ', 'T')}:00Z")


def deeds(when: dict[str, Any], clause: str, t: Instant) -> list[Event]:
    if "they order" in clause:
        return [order(t)]
    if match := re.search(r"orders worth (at least|more than) ([\d,.]+)", clause):
        return [order(t, float(match[2].replace(",", "")) + (0.01 if match[1] == "more than" else 0))]
    if match := re.search(r"(\d+) more", clause):
        return [another(when, t) for _ in range(int(match[1]))]
    if "there is an answer" in clause and "happens again" not in clause:
        return [event(when["answers"][0]["event"], t)]
    if "is told again" in clause:
        return [event(Type.CONTACT_UPDATED, t, traits={when["trait"]: 1})]
    return [another(when, t)]


days = st.integers(0, 60)
VIEW, SENT, OPENED = Type.PAGE_VIEWED, Type.EMAIL_SENT, Type.EMAIL_OPENED


def some(required: dict[str, Any], **optional: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: st.just(value) for name, value in required.items()}, optional=optional)


windows = st.sampled_from(
    [
        "7d",
        "30d",
        {"from": "-30d", "to": "-7d"},
        {"to": "-7d"},
        {"from": "2023-10-20"},
        {"to": "2023-11-01"},
        {"from": "2023-11-20", "to": "2023-11-27"},
        "this_month",
        "last_month",
        "this_year",
    ]
)
UNANSWERED = {"kind": "unanswered", "of": {"event": SENT}, "answers": [{"event": OPENED}]}
counted = st.one_of(
    some({"kind": "event", "event": VIEW}, at_least=st.integers(1, 4), within=windows),
    some({"kind": "event", "event": VIEW}, at_most=st.integers(0, 4), within=windows),
    some({"kind": "event", "event": VIEW, "at_least": 2, "at_most": 4}, within=windows),
    some({"kind": "last_event", "event": VIEW, "at_least": 14}, at_most=st.integers(15, 40)),
    some({"kind": "last_event", "event": VIEW, "at_most": 14}),
    some({"kind": "orders"}, at_least=st.integers(1, 4), within=windows),
    some({"kind": "orders"}, at_most=st.integers(0, 4), within=windows),
    some({"kind": "orders", "at_least": 2, "at_most": 4}, within=windows),
    some({"kind": "orders", "measure": "sum", "at_least": 45.5, "within": "30d"}),
    some({"kind": "orders", "measure": "sum", "at_most": 45.5, "within": "30d"}),
    some({"kind": "last_order", "at_least": 14}, at_most=st.integers(15, 40)),
    some({"kind": "last_order", "at_most": 14}),
    some(UNANSWERED, at_least=st.integers(1, 4), older=st.just("2d"), within=windows),
    some({"kind": "cart", "older": "1d", "within": "7d"}),
)


def test_a_month_is_left_by_all_of_it_at_once() -> None:
    viewed = {"kind": "event", "event": VIEW, "at_least": 1, "within": "this_month"}
    assert play(viewed, event(VIEW, NOW - DAY)) == "Ends on 2023-12-01 00:00."
    ordered = {"kind": "orders", "at_least": 1, "within": "this_year"}
    assert play(ordered, order(NOW - DAY)) == "Ends on 2024-01-01 00:00."
    few = {"kind": "event", "event": VIEW, "at_most": 0, "within": "this_month"}
    assert play(few, event(VIEW, NOW - DAY)) == "True by itself on 2023-12-01 00:00."


@settings(max_examples=300, deadline=None)
@given(counted, st.lists(st.tuples(st.sampled_from(["order", "cart", VIEW, SENT, OPENED]), days), max_size=8))
def test_what_would_change_the_answer_changes_it(when: dict[str, Any], told: list[tuple[str, int]]) -> None:
    if "at_least" not in when and "at_most" not in when and when["kind"] == "orders":
        when["at_least"] = 1
    made = {"order": order, "cart": lambda t: another({"kind": "cart"}, t)}
    history = [made.get(name, lambda t, name=name: event(name, t))(NOW - ago * DAY - HOUR) for name, ago in told]
    if when["kind"] == "cart":
        asked = Play(when, *history)
        if asked.explained().until == NEVER:
            assert asked.holds(NOW + DAY, another(when, NOW)) and not asked.holds(NOW + DAY - 1, another(when, NOW))
            return
    if when["kind"] in ("orders", "last_order"):
        history = [each for each in history if each.type == Type.ORDER_COMPLETED]
    play(when, *history)


def test_churned_is_ended_by_an_order() -> None:
    when = {"kind": "last_order", "at_least": 365}
    assert play(when, order(NOW - 400 * DAY)) == "A new order would end it."
    assert play({"kind": "last_order", "at_most": 30}, order(NOW - 40 * DAY)) == "A new order would make it true."
    assert play({"kind": "last_event", "event": VIEW, "at_least": 14}) == (
        "A first one would make it true, 14 days after it."
    )


def test_emails_without_an_answer_are_counted_in_the_window_that_is_asked_about() -> None:
    when = {**UNANSWERED, "at_least": 5, "within": "7d"}
    assert play(when, *(event(SENT, NOW - 60 * DAY) for _ in range(4))) == (
        "5 more without an answer would make it true."
    )


@pytest.mark.parametrize(
    ("count", "said", "properties"),
    [
        ("product_id", "2 more different products would make it true.", {"product_id": ["p1"]}),
        ("category", "2 more different categories would make it true.", {"category": ["tea"]}),
        ("same_product_id", "2 more about the same product would make it true.", {"product_id": ["p1"]}),
        ("same_category", "2 more in the same category would make it true.", {"category": ["tea"]}),
    ],
)
def test_of_what_is_counted_it_is_said_what_is_missing(count: str, said: str, properties: Any) -> None:
    name = count.removeprefix("same_")
    (held,) = properties[name]
    when = {"kind": "event", "event": Type.PRODUCT_VIEWED, "count": count, "at_least": 3}
    asked = Play(when, event(Type.PRODUCT_VIEWED, NOW - DAY, properties={name: held}))
    assert asked.explained().turns == said
    others = [held, held] if count.startswith("same_") else ["x", "y"]
    more = [event(Type.PRODUCT_VIEWED, NOW, properties={name: other}) for other in others]
    wrong = [event(Type.PRODUCT_VIEWED, NOW, properties={name: other}) for other in reversed(["x", "y"])]
    assert asked.holds(NOW, *more) and not asked.holds(NOW, *more[:1])
    assert asked.holds(NOW, *wrong) != count.startswith("same_")
    assert Play(when).explained().turns.startswith("3 ")


def test_days_are_other_days() -> None:
    when = {"kind": "event", "event": VIEW, "count": "days", "at_least": 3}
    asked = Play(when, event(VIEW, NOW), event(VIEW, NOW))
    assert asked.explained().turns == "2 more days would make it true."
    assert not asked.holds(NOW, event(VIEW, NOW), event(VIEW, NOW))
    assert asked.holds(NOW + 2 * DAY, event(VIEW, NOW + DAY), event(VIEW, NOW + 2 * DAY))


def answers() -> Iterator[tuple[dict[str, Any], list[tuple[str, int]], str]]:
    asks = {"kind": "consent", "is": "subscribed"}
    yield asks, [], "The answer “subscribed” would make it true."
    yield asks, [("unsubscribed", 5)], "The answer “subscribed” would make it true."
    yield asks, [("subscribed", 5)], "Another answer would end it."
    yield (
        {**asks, "within": "30d"},
        [("subscribed", 40)],
        ("Another answer, and then “subscribed” again, would make it true."),
    )
    yield {"kind": "consent", "is": "never_asked"}, [("subscribed", 5)], "Nothing: an answer was given."
    yield {"kind": "consent", "is": "never_asked"}, [], "An answer would end it."


@pytest.mark.parametrize(("when", "told", "said"), list(answers()))
def test_answers_are_played(when: dict[str, Any], told: list[tuple[str, int]], said: str) -> None:
    asked = Play(when, *(answer(NOW - ago * DAY, state) for state, ago in told))
    found = asked.explained()
    assert found.turns == said
    if "Nothing" in said:
        assert asked.holds(NOW, answer(NOW, "unsubscribed")) == found.holds
    elif "end it" in said:
        assert not asked.holds(NOW, answer(NOW, "unsubscribed"))
    else:
        first = [answer(NOW - 1, "unsubscribed")] if "Another" in said else []
        assert not asked.holds(NOW, *first)
        assert asked.holds(NOW, *first, answer(NOW, "subscribed"))


def test_an_answer_that_is_given_again_does_not_last_longer() -> None:
    asked = Play({"kind": "consent", "is": "subscribed", "within": "30d"}, answer(NOW - 5 * DAY, "subscribed"))
    found = asked.explained()
    assert found.turns.endswith(", or when there is another answer.")
    assert not asked.holds(found.until, answer(NOW, "subscribed"))
    assert not asked.holds(NOW, answer(NOW, "unsubscribed"))


def test_a_score_that_is_told_again_lasts_longer() -> None:
    when = {"kind": "trait", "trait": "score", "value": 1, "fresh": "30d"}
    assert play(when, event(Type.CONTACT_UPDATED, NOW - 5 * DAY, traits={"score": 1})).endswith(
        ", unless score is told again."
    )
