"""Which lane an event takes: what a person waits for does not wait for company."""

from __future__ import annotations

import pytest

from shared.domain.events import DAY, ConsentChange, Event, Json, Type, evaluation_due, is_awaited

NOW = 1_795_500_000_000


def event(type_: str, **more: Json) -> Event:
    return Event(**{"id": "e", "type": type_, "time": NOW, "received": NOW, "source": "segment", **more})


@pytest.mark.parametrize(
    "type_",
    [
        *(Type.CONTACT_CREATED, Type.CONTACT_UPDATED, Type.CONSENT_CHANGED),
        *(Type.ORDER_COMPLETED, Type.ORDER_PAID, Type.ORDER_UPDATED, Type.ORDER_CANCELLED, Type.ORDER_REFUNDED),
        *(Type.EMAIL_CLICKED, Type.EMAIL_BOUNCED, Type.EMAIL_COMPLAINED, Type.ERASURE_REQUESTED),
        *("Quiz Finished", "Form Submitted"),
    ],
)
def test_what_a_person_waits_for_is_acted_on_at_once(type_: str) -> None:
    assert is_awaited(event(type_), NOW)


@pytest.mark.parametrize(
    "type_",
    [
        Type.PAGE_VIEWED,
        Type.PRODUCT_VIEWED,
        Type.CART_UPDATED,
        Type.EMAIL_OPENED,
        Type.EMAIL_DELIVERED,
        "Product Added",
    ],
)
def test_a_visit_is_gathered(type_: str) -> None:
    assert not is_awaited(event(type_, properties={"products": [{"product_id": "1"}]}), NOW)


def test_wake_ups_concern_many_at_once_so_they_are_gathered() -> None:
    assert not is_awaited(evaluation_due("c1", NOW), NOW)


def test_an_answer_is_acted_on_whatever_it_comes_with() -> None:
    assert is_awaited(event(Type.PAGE_VIEWED, consent=(ConsentChange(state="unsubscribed"),)), NOW)


def test_an_emptied_cart_stops_the_mail_about_it() -> None:
    assert is_awaited(event(Type.CART_UPDATED, properties={"products": []}), NOW)


def test_nobody_waits_behind_history() -> None:
    answer = {"consent": (ConsentChange(state="subscribed"),)}
    assert is_awaited(event(Type.ORDER_COMPLETED, time=NOW - DAY, **answer), NOW)
    assert not is_awaited(event(Type.ORDER_COMPLETED, time=NOW - DAY - 1, **answer), NOW)
