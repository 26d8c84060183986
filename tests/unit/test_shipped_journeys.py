"""The journeys that ship: each is played along its ways, and by what goes wrong in shops."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from shared.adapters import definitions
from shared.adapters.journey_files import NotYamlError, parsed, shipped
from shared.domain.conditions import Member, parts_of
from shared.domain.conditions.comparing import SHOP_VALUES
from shared.domain.events import DAY, HOUR, MINUTE, NEVER, Event, Instant, Json, OrderState, Type, cart_ordered, iso
from shared.domain.journeys.definition import Branch, Exit, Journey, SegmentChange, StartJourney, Update, WaitFor
from shared.domain.journeys.filling import as_shipped
from shared.domain.journeys.runs import Begin, Happening, NotifyOthers, Run, SendEmail, UpdateContact
from shared.domain.settings import ShopSettings
from tests.unit.journey_player import NOW, Player, consent, event, order, traits

JOURNEYS = shipped()
SEGMENTS = {segment.id for segment in definitions.shipped()}

each_journey = pytest.mark.parametrize("journey", JOURNEYS.values(), ids=JOURNEYS)


@each_journey
def test_a_journey_is_in_the_file_of_its_name(journey: Journey) -> None:
    assert (Path(__file__).parents[2] / "shared" / "definitions" / "journeys" / f"{journey.id}.yaml").exists()


@each_journey
def test_it_names_only_segments_that_ship(journey: Journey) -> None:
    conditions = [way.when for step in journey.steps if isinstance(step, Branch) for way in step.ways]
    conditions += [journey.entry.only_if] if journey.entry.only_if is not None else []
    occasions = [journey.trigger, *(exit_.on for exit_ in journey.exits)]
    occasions += [on for step in journey.steps if isinstance(step, WaitFor) for on in step.on]
    named = {part.segment for when in conditions for part in parts_of(when) if isinstance(part, Member)}
    named |= {on.segment for on in occasions if isinstance(on, SegmentChange)}
    assert named <= SEGMENTS


@each_journey
def test_it_names_only_journeys_that_ship(journey: Journey) -> None:
    started = {step.journey for step in journey.steps if isinstance(step, StartJourney)}
    started |= {exit_.start for exit_ in journey.exits if isinstance(exit_, Exit) and exit_.start}
    assert started | set(journey.entry.not_during) <= JOURNEYS.keys()


def test_yaml_is_read_as_people_mean_it() -> None:
    """`on`, `no`, times and dates are words: of YAML 1.1 they would be true, false, 510 and a date."""
    assert parsed("{on: no, at: 08:30, from: 2026-12-25, yes: true, none: , five: 5, half: .5}") == {
        "on": "no",
        "at": "08:30",
        "from": "2026-12-25",
        "yes": True,
        "none": None,
        "five": 5,
        "half": 0.5,
    }


def test_yaml_makes_no_objects() -> None:
    with pytest.raises(NotYamlError):
        parsed("!!python/object/apply:os.system [true]")


# ── played ──

SIGN_UP = consent("subscribed", NOW)


class Sending(Player):
    """Every email goes out, and every update comes in, at once."""

    def _play(self, events: Iterable[Event], told: Iterable[Happening], now: Instant, heard: Instant) -> None:
        super()._play(events, told, now, heard)
        for run in list(self.runs.values()):
            if run.goes_on and run.asked != NEVER:
                passed = isinstance(self.versions[run.journey, 1].steps[_place(self, run)], Update)
                self.settle(run, "passed" if passed else "sent", now)


def _place(player: Player, run: Run) -> int:
    return [step.id for step in player.versions[run.journey, 1].steps].index(run.step)


def play(*ids: str) -> Player:
    """Those that Step Functions walks are walked by `advance`: it is their meaning, too."""
    journeys = [JOURNEYS[id_].model_copy(update={"runs_on": "wake_ups"}) for id_ in ids]
    return Sending(*journeys, segments=definitions.shipped())


def emails(player: Player) -> list[tuple[float, str]]:
    """Hours after NOW, and the template."""
    sent = [(t, effect.template) for t, effect in player.effects if isinstance(effect, SendEmail)]
    return [(round((t - NOW) / HOUR, 1), template) for t, template in sent]


def outcomes(player: Player) -> list[str | None]:
    return [run.outcome for run in player.runs.values()]


def after(player: Player, hours: float, *events: Event) -> None:
    """Time passes until then, emails are sent, and what time has changed is heard of; then these events come in."""
    player.pass_to(NOW + round(hours * HOUR))
    if events:
        player.tell(*events)


def at(hours: float) -> Instant:
    return NOW + round(hours * HOUR)


def click(hours: float, answer: str) -> Event:
    return event(Type.EMAIL_CLICKED, at(hours), answer=answer, human=True)


def updates(player: Player) -> dict[str, Json]:
    return {
        name: value
        for _, each in player.effects
        if isinstance(each, UpdateContact)
        for name, value in each.traits.items()
    }


def notified(player: Player) -> list[str]:
    return [effect.to for _, effect in player.effects if isinstance(effect, NotifyOthers)]


# onboarding


def test_onboarding_shows_round_and_asks_after_a_week() -> None:
    player = play("onboarding")
    player.tell(SIGN_UP)
    after(player, 24, event(Type.PRODUCT_VIEWED, at(24), product_id="1"))
    after(player, 169, click(169, "stuck"))
    after(player, 40 * 24)
    assert emails(player) == [(0, "welcome"), (48, "getting_started"), (96, "first_finds"), (168, "check_in")]
    assert updates(player) == {"check_in": "stuck"}
    assert notified(player) == ["support"]


def test_who_came_often_is_offered_to_join() -> None:
    player = play("onboarding")
    player.tell(SIGN_UP)
    for day in (3, 6, 9):
        after(player, day * 24, event(Type.PAGE_VIEWED, at(day * 24)), click(day * 24, "fine"))
    after(player, 40 * 24)
    assert emails(player)[-1] == (21 * 24, "join_us")
    assert outcomes(player) == ["completed"]


def test_a_sign_up_at_the_checkout_gets_one_email() -> None:
    """Whichever comes first, the consent or the order, and whether or not the order comes at all."""
    tag = traits(NOW, signup_source="checkout")
    order_after = play("onboarding")
    order_after.tell(tag, SIGN_UP)
    after(order_after, 0.2, order(at(0.2)))
    order_before = play("onboarding")
    order_before.tell(order(NOW - MINUTE))
    order_before.tell(tag, SIGN_UP)
    untagged = play("onboarding")
    untagged.tell(event(Type.CHECKOUT_UPDATED, NOW - 5 * MINUTE, products=[{"product_id": "1"}]))
    untagged.tell(SIGN_UP)
    after(untagged, 0.2, order(at(0.2)))
    for player in (order_after, order_before, untagged):
        after(player, 40 * 24)
        assert [template for _, template in emails(player)] == ["thank_you", "getting_started_customer"]
        assert outcomes(player) == ["thanked"]
    without = play("onboarding")
    without.tell(tag, SIGN_UP)
    after(without, 24)
    assert emails(without) == [(1, "welcome")]


def test_the_thank_you_answers_the_first_order_only_and_no_cancellation() -> None:
    player = play("onboarding")
    player.tell(SIGN_UP)
    after(player, 24, order(at(24), id_="first"))
    after(player, 48, order(at(48), id_="second"))
    cancelled = order(at(72), id_="second").model_copy(
        update={"type": Type.ORDER_CANCELLED, "order": OrderState(id="second", stands=False)}
    )
    after(player, 72, cancelled)
    after(player, 40 * 24)
    assert [template for _, template in emails(player)] == ["welcome", "thank_you", "getting_started_customer"]
    known = play("onboarding")
    known.tell(order(NOW - 90 * DAY, id_="old"))
    known.tell(SIGN_UP)
    after(known, 24, order(at(24), id_="new"))
    after(known, 48)
    assert [template for _, template in emails(known)] == ["welcome", "getting_started_customer"]


def test_a_re_subscription_is_no_sign_up() -> None:
    player = play("onboarding", "win_back")
    player.tell(SIGN_UP)
    after(player, 24, consent("unsubscribed", at(24)))
    after(player, 25, consent("subscribed", at(25)))
    after(player, 50 * 24)
    assert emails(player) == [(0, "welcome")]
    assert outcomes(player) == ["unsubscribed"]


# win-back


def quiet() -> Player:
    """Somebody who signed up, and has done nothing for 60 days."""
    player = play("onboarding", "win_back")
    player.tell(SIGN_UP)
    player.pass_to(NOW + 59 * DAY)
    player.effects.clear()
    return player


def test_win_back_tries_three_times_and_says_goodbye() -> None:
    player = quiet()
    after(player, 90 * 24)
    days = [(hours / 24, template) for hours, template in emails(player)]
    assert days == [(60, "we_miss_you"), (65, "whats_new"), (70, "update_preferences"), (75, "goodbye")]
    assert updates(player) == {"dormant": True}
    assert outcomes(player)[-1] == "dormant"


def test_who_reacts_is_greeted_and_shown_what_they_looked_at() -> None:
    player = quiet()
    after(player, 62 * 24, event(Type.PRODUCT_VIEWED, at(62 * 24), product_id="1"))
    after(player, 63 * 24, event(Type.PRODUCT_VIEWED, at(63 * 24), product_id="1"))
    after(player, 90 * 24)
    assert [template for _, template in emails(player)] == ["we_miss_you", "welcome_back", "welcome_back_finds"]
    assert updates(player) == {"dormant": False}
    assert outcomes(player)[-1] == "returned"
    assert list(player.runs.values())[-1].reached_goal


@pytest.mark.parametrize(("state", "outcome"), [("unsubscribed", "unsubscribed"), ("subscribed", "left inactive")])
def test_an_answer_on_the_preference_page_is_no_return(state: str, outcome: str) -> None:
    player = quiet()
    after(player, 62 * 24, consent(state, at(62 * 24)))
    after(player, 90 * 24)
    assert [template for _, template in emails(player)] == ["we_miss_you"]
    assert outcomes(player)[-1] == outcome
    assert not list(player.runs.values())[-1].reached_goal


def test_a_visit_that_is_told_late_is_not_greeted() -> None:
    player = quiet()
    after(player, 62 * 24, event(Type.PRODUCT_VIEWED, at(30 * 24), received=at(62 * 24), product_id="1"))
    after(player, 64 * 24)
    assert [template for _, template in emails(player)] == ["we_miss_you"]
    assert "returned" not in outcomes(player)


# carts


def cart(hours: float, id_: str = "a", worth: float = 80, received: float | None = None) -> Event:
    heard = at(hours if received is None else received)
    products = [{"product_id": "1", "price": worth}] if worth else []
    return event(Type.CART_UPDATED, at(hours), heard, cart_id=id_, products=products)


def shopper() -> Player:
    player = play("abandoned_cart", "browse_interest")
    player.tell(consent("subscribed", NOW - 90 * DAY))
    return player


def test_a_cart_is_reminded_of_after_an_hour_and_a_day_and_the_code_is_for_what_carries_it() -> None:
    for worth, second in ((60, "cart_code"), (59.99, "cart_last_reminder")):
        player = shopper()
        player.tell(cart(0, worth=worth))
        after(player, 240)
        assert emails(player) == [(1, "cart_reminder"), (24, second)]
        assert outcomes(player) == ["not_ordered"]


def test_from_which_value_of_a_cart_the_code_pays_is_the_shop_s_setting() -> None:
    assert all(as_shipped(name) == getattr(ShopSettings(), name) for name in SHOP_VALUES)
    for code_from, second in ((80, "cart_code"), (80.5, "cart_last_reminder")):
        player = shopper()
        player.shop.shop = {"code_from": code_from}.__getitem__
        player.tell(cart(0, worth=80))
        after(player, 240)
        assert emails(player)[-1] == (24, second)
    # It is asked when the step is come to: a setting that is saved meanwhile holds.
    player = shopper()
    player.tell(cart(0, worth=80))
    after(player, 20)
    player.shop.shop = {"code_from": 100}.__getitem__
    after(player, 240)
    assert emails(player)[-1] == (24, "cart_last_reminder")


def test_a_changed_cart_starts_the_hour_again() -> None:
    player = shopper()
    player.tell(cart(0))
    after(player, 0.9, cart(0.9))
    after(player, 1.8, cart(1.8))
    after(player, 20, cart(20))
    after(player, 240)
    assert emails(player) == [(2.8, "cart_reminder"), (43, "cart_code")]


@pytest.mark.parametrize(
    ("placed", "heard"),
    [(0.5, 0.5), (2, 2), (-0.01, 2), (0.5, 2.5)],
    ids=["within the hour", "after the first email", "dated before the cart, told after", "told two hours late"],
)
def test_the_order_ends_it_at_once(placed: float, heard: float) -> None:
    player = shopper()
    player.tell(cart(0))
    after(player, heard, order(at(placed), at(heard)))
    after(player, 240)
    assert emails(player) == ([] if heard < 1 else [(1, "cart_reminder")])
    assert all(run.ended == at(heard) for run in player.runs.values())


def test_an_order_by_another_address_empties_the_cart_and_nothing_is_sent() -> None:
    player = shopper()
    player.tell(cart(0))
    ordered = event(Type.ORDER_COMPLETED, at(0.5), products=[])
    after(player, 0.5, cart_ordered("c1", ordered))
    after(player, 240)
    assert emails(player) == []
    assert outcomes(player) == ["emptied"]


def test_an_emptied_cart_is_not_reminded_of_and_one_that_is_filled_again_is() -> None:
    player = shopper()
    player.tell(cart(0))
    after(player, 0.5, cart(0.5, worth=0))
    after(player, 10)
    assert emails(player) == []
    player.tell(cart(11))
    after(player, 13)
    assert emails(player) == [(12, "cart_reminder")]
    assert len(player.runs) == 1


def test_two_carts_are_two_runs_and_the_same_is_never_two() -> None:
    player = shopper()
    player.tell(cart(0, "a"))
    after(player, 0.1, cart(0.1, "a"), cart(0.1, "b"))
    assert sorted(run.key for run in player.runs.values()) == ["a", "b"]


def test_who_has_not_agreed_to_email_is_followed_by_no_run() -> None:
    player = play("abandoned_cart")
    player.tell(cart(0))
    after(player, 48)
    assert outcomes(player) == []


def test_one_product_looked_at_again_and_again_is_shown_once() -> None:
    player = shopper()
    for minutes in (0, 10, 20):
        after(player, minutes / 60, event(Type.PRODUCT_VIEWED, NOW + minutes * MINUTE, product_id="1"))
    after(player, 240)
    assert [template for _, template in emails(player)] == ["still_looking"]


def test_who_puts_it_in_a_cart_is_not_written_to_about_looking_at_it() -> None:
    player = shopper()
    for minutes in (0, 10, 20):
        after(player, minutes / 60, event(Type.PRODUCT_VIEWED, NOW + minutes * MINUTE, product_id="1"))
    after(player, 2, cart(2))
    after(player, 4.5)
    assert emails(player) == [(3, "cart_reminder")]


# after an order


def customer(*ids: str, orders: tuple[float, ...] = ()) -> Player:
    """Who agreed long ago, and ordered so many days ago."""
    player = play(*ids)
    player.tell(consent("subscribed", NOW - 900 * DAY))
    for days in orders:
        player.tell(order(NOW - round(days * DAY)))
    player.pass_to(NOW - 1)
    player.effects.clear()
    return player


def test_a_first_order_is_helped_with_and_asked_about_and_thanked_for_elsewhere() -> None:
    player = customer("post_purchase")
    player.tell(order(NOW))
    after(player, 60 * 24)
    templates = [template for _, template in emails(player)]
    assert templates[:2] == ["order_tips", "review_request"]
    assert templates[2] in ("goes_well_with", "more_like_it")


@pytest.mark.parametrize("answer", ["poor", "fine"])
def test_nobody_who_is_unhappy_is_asked_for_a_review(answer: str) -> None:
    player = customer("post_purchase", orders=(100,))
    player.tell(order(NOW, id_="o1"))
    said = event(Type.CONTACT_UPDATED, at(10 * 24)).model_copy(update={"traits": {"satisfaction": answer}})
    after(player, 10 * 24, said)
    after(player, 60 * 24)
    assert ("review_request" in [template for _, template in emails(player)]) == (answer == "fine")
    assert outcomes(player)[-1] == ("completed" if answer == "fine" else "unhappy")


@pytest.mark.parametrize(
    ("type_", "of", "outcome"),
    [
        (Type.ORDER_REFUNDED, "o1", "refunded"),
        (Type.ORDER_CANCELLED, "o1", "Order Cancelled"),
        (Type.ORDER_REFUNDED, "another", "completed"),
        (Type.ORDER_CANCELLED, "another", "completed"),
    ],
)
def test_a_refund_skips_the_review_request_and_a_cancellation_all_and_those_of_another_order_nothing(
    type_: str, of: str, outcome: str
) -> None:
    player = customer("post_purchase", orders=(100,))
    placed = order(NOW, id_="o1")
    player.tell(placed.model_copy(update={"properties": {**placed.properties, "order_id": "o1"}}))
    gone = event(type_, at(10 * 24), order_id=of, amount=10)
    stands = type_ == Type.ORDER_REFUNDED
    after(player, 10 * 24, gone.model_copy(update={"order": OrderState(id=of, stands=stands)}))
    after(player, 60 * 24)
    assert ("review_request" in [template for _, template in emails(player)]) == (outcome == "completed")
    assert outcomes(player)[-1] == outcome


def test_a_second_order_is_thanked_for_as_one() -> None:
    player = customer("post_purchase", orders=(100,))
    player.tell(order(NOW))
    after(player, 9 * 24)
    assert [template for _, template in emails(player)] == ["thanks_again", "order_tips"]


def test_a_reorder_is_reminded_of_before_it_is_due_and_not_after_twice_the_time() -> None:
    date = iso(NOW + 10 * DAY)[:10]
    player = customer("replenishment", orders=(60,))
    player.tell(traits(NOW, predicted_order=date))
    after(player, 40 * 24)
    assert [(round(hours / 24), template) for hours, template in emails(player)] == [
        (6, "time_to_reorder"),
        (11, "reorder_reminder"),
    ]
    for orders, then in (((200,), None), ((60,), order(at(8 * 24)))):
        player = customer("replenishment", orders=orders)
        player.tell(traits(NOW, predicted_order=date))
        after(player, 8 * 24, *([then] if then else []))
        after(player, 40 * 24)
        assert len(emails(player)) == (then is not None)


# greetings, loyalty, retention


@pytest.mark.parametrize(
    ("born", "zone", "day"),
    [("1990-03-01", None, "2024-03-01T09:00"), ("--02-29", "Asia/Tokyo", "2024-02-29T00:00")],
    ids=["in the shop's zone", "on 29 February, where it is nine in the morning"],
)
def test_a_birthday_is_wished_on_its_morning_where_the_contact_is(born: str, zone: str | None, day: str) -> None:
    player = customer("birthday")
    player.tell(traits(NOW, birthday=born, **({"timezone": zone} if zone else {})))
    after(player, 120 * 24)
    assert [template for _, template in emails(player)] == ["birthday"]
    (t,) = [t for t, effect in player.effects if isinstance(effect, SendEmail)]
    assert iso(t)[:16] == day


def test_a_sign_up_is_remembered_a_year_later() -> None:
    player = customer("signup_anniversary")
    player.tell(traits(NOW, signed_up=iso(NOW + 5 * DAY - 365 * DAY)[:10]))
    after(player, 20 * 24)
    assert [template for _, template in emails(player)] == ["signup_anniversary"]


def test_a_loyal_customer_is_thanked_and_asked() -> None:
    player = customer("vip", orders=(200, 150, 100, 50))
    player.tell(order(NOW))
    after(player, 32 * 24, click(32 * 24, "early"))
    after(player, 60 * 24)
    assert [(hours / 24, template) for hours, template in emails(player)] == [(1, "vip_thanks"), (31, "vip_wishes")]
    tags = [each.add_tags for _, each in player.effects if isinstance(each, UpdateContact)]
    assert tags == [("vip",), ("early_access",)]
    assert notified(player) == ["shop"]


def test_a_customer_who_stops_ordering_is_asked_why_and_the_support_is_told() -> None:
    player = customer("churn_prevention", orders=(85, 20))
    after(player, 70 * 24)
    assert [template for _, template in emails(player)] == ["churn_advice"]
    after(player, 77 * 24, click(77 * 24, "service"))
    after(player, 120 * 24)
    assert [template for _, template in emails(player)] == ["churn_advice", "churn_question"]
    assert updates(player) == {"left_because": "service"}
    assert notified(player) == ["support"]


def test_the_code_is_for_whom_the_prices_keep_away_or_who_does_not_say() -> None:
    for answer in ("price", None):
        player = customer("churn_prevention", orders=(85, 20))
        after(player, 77 * 24, *([click(77 * 24, answer)] if answer else []))
        after(player, 120 * 24)
        assert [template for _, template in emails(player)] == ["churn_advice", "churn_question", "churn_code"]
        assert notified(player) == []


def test_an_order_is_the_goal_of_churn_prevention() -> None:
    player = customer("churn_prevention", orders=(85, 20))
    after(player, 71 * 24, order(at(71 * 24)))
    after(player, 120 * 24)
    assert [template for _, template in emails(player)] == ["churn_advice"]
    assert outcomes(player) == ["goal"]


def test_sales_are_told_when_a_lead_asks_for_advice() -> None:
    player = customer("lead_nurturing")
    player.tell(event("Checkout Started", NOW), event("Product Added to Wishlist", NOW), event("Product Viewed", NOW))
    after(player, 5 * 24, click(5 * 24, "advice"))
    after(player, 60 * 24)
    assert [template for _, template in emails(player)] == ["lead_guide", "lead_questions"]
    assert notified(player) == ["sales"]
    assert outcomes(player) == ["with_sales"]


def test_a_lead_that_an_import_or_the_api_scores_is_one() -> None:
    player = customer("lead_nurturing")
    player.tell(traits(NOW, scores={"lead": 75}))
    after(player, 60 * 24)
    assert [template for _, template in emails(player)] == ["lead_guide", "lead_questions"]


def test_a_free_trial_is_helped_through_and_a_subscription_ends_it() -> None:
    def trial() -> Player:
        player = customer("free_trial")
        player.tell(event("Trial Started", NOW), traits(NOW, trial_ends=iso(NOW + 14 * DAY)[:10]))
        return player

    player = trial()
    after(player, 40 * 24)
    assert [template for _, template in emails(player)] == ["trial_start", "trial_tips", "trial_ending", "trial_over"]
    assert 10.5 < emails(player)[2][0] / 24 < 13
    assert outcomes(player) == ["not_converted"]
    player = trial()
    after(player, 96, event("Subscription Started", at(96)))
    after(player, 40 * 24)
    assert [template for _, template in emails(player)] == ["trial_start", "trial_tips"]
    assert outcomes(player) == ["goal"]


@pytest.mark.parametrize(
    ("type_", "template"),
    [
        (Type.BACK_IN_STOCK, "back_in_stock"),
        (Type.PRICE_DROPPED, "price_drop"),
        (Type.LOW_STOCK, "low_stock"),
    ],
)
def test_what_changes_in_the_catalogue_is_told_once(type_: str, template: str) -> None:
    player = customer("back_in_stock", "price_drop", "low_stock")
    for hours in (10, 11):
        change = event(type_, at(hours), product_id="1", variant_id="v", reason="asked", old_price=12, stock=3)
        after(player, hours, change)
    after(player, 100)
    assert [each for _, each in emails(player)] == [template]
    (run,) = player.runs.values()
    assert {name: run.trigger[name] for name in ("old_price", "stock")} == {"old_price": 12, "stock": 3}


def test_back_in_stock_answers_those_who_asked() -> None:
    player = customer("back_in_stock")
    player.tell(event(Type.BACK_IN_STOCK, NOW, product_id="1", reason="viewed"))
    assert outcomes(player) == []


def test_a_form_that_was_sent_is_not_reminded_of() -> None:
    for sent, templates in (("quiz", []), ("another", ["finish_form"])):
        player = customer("incomplete_form")
        player.tell(event("Form Started", NOW, form_id="quiz"))
        after(player, 1, event("Form Submitted", at(1), form_id=sent))
        after(player, 48)
        assert [template for _, template in emails(player)] == templates


def lowered(player: Player) -> list[object]:
    """What the trait `email_frequency` was set to, one after the other."""
    updates = [effect for _, effect in player.effects if isinstance(effect, UpdateContact)]
    return [effect.traits["email_frequency"] for effect in updates if "email_frequency" in effect.traits]


def test_the_sunset_writes_less_often_asks_twice_and_then_stops() -> None:
    for answered in (False, True):
        player = customer("sunset")
        player.tell(traits(NOW, dormant=True))
        after(player, 184 * 24)
        assert lowered(player) == ["monthly"]
        assert emails(player) == []  # before anything is asked, they get less
        after(player, 246 * 24, *([click(246 * 24, "stay")] if answered else []))
        after(player, 300 * 24)
        templates = [template for _, template in emails(player)]
        assert templates == (["still_want_email"] if answered else ["still_want_email", "last_email"])
        assert outcomes(player) == (["stayed"] if answered else ["no_answer"])
        assert lowered(player) == (["monthly", None] if answered else ["monthly"])  # a sign of life ends it


def test_single_actions_are_answered_once() -> None:
    player = customer("first_wishlist", "profile_completed")
    player.tell(event("Product Added to Wishlist", NOW, product_id="1"))
    after(player, 30, traits(at(30), first_name="Ada", birthday="1990-05-17", interest="tea"))
    after(player, 60, event("Product Added to Wishlist", at(60), product_id="2"))
    after(player, 100)
    assert [template for _, template in emails(player)] == ["first_wishlist", "profile_completed"]


@each_journey
def test_who_says_no_gets_nothing_more(journey: Journey) -> None:
    player = customer(journey.id)
    player.happen(Begin(NOW, journey.id, "a test"))
    before = len(player.runs)
    player.tell(consent("unsubscribed", NOW + 1))
    player.pass_to(NOW + 200 * DAY)
    sent = [t for t, effect in player.effects if isinstance(effect, SendEmail) and t > NOW]
    assert sent == []
    assert [run.goes_on for run in player.runs.values()] == [False] * before
