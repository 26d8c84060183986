"""Whose an event is: the strongest identity decides, nobody is merged silently, a public key cannot take over."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events import Event, Identity, IdentityKind
from shared.domain.identities import (
    MAX_IDENTITIES,
    MAX_ORDERS,
    allowed_links,
    is_anonymous,
    is_somebody_else,
    remembered,
    resolve,
    weakest_first,
    without_email,
)

K = IdentityKind
identity = st.builds(Identity, kind=st.sampled_from(list(K)), value=st.sampled_from(["1", "2"]))


def event(*identities: Identity, **fields: Any) -> Event:
    return Event(id="e", type="T", time=0, received=0, source="segment", identities=identities, **fields)


@given(
    st.lists(identity, unique=True, max_size=5),
    st.dictionaries(identity, st.sampled_from(["a", "b", "c"]), max_size=6),
)
def test_every_identity_is_accounted_for(identities: list[Identity], known: dict[Identity, str]) -> None:
    resolution = resolve(event(*identities), known)
    led_to = {known[i] for i in identities if i in known}
    assert {resolution.contact, *resolution.join, *resolution.conflicts} - {None} == led_to
    assert set(resolution.link) == {i for i in identities if i not in known and i.kind is not K.CONTACT}
    assert not set(resolution.join) & set(resolution.conflicts)


@given(st.permutations([Identity(kind=kind, value="1") for kind in K]))
def test_the_strongest_identity_decides_whatever_the_order(identities: list[Identity]) -> None:
    known = {identity: identity.kind.value for identity in identities}
    assert resolve(event(*identities), known).contact == "contact"


def test_only_anonymous_identities_join() -> None:
    email, browser, user = (Identity(kind=k, value="1") for k in (K.EMAIL, K.ANONYMOUS, K.USER))
    resolution = resolve(event(email, browser, user), {email: "a", browser: "b", user: "c"})
    assert (resolution.contact, resolution.join, resolution.conflicts) == ("c", ("b",), ("a",))


def test_a_public_key_adds_no_second_address_and_its_claim_of_a_user_keeps_no_owner_out() -> None:
    email, user = Identity(kind=K.EMAIL, value="m@example.com"), Identity(kind=K.USER, value="u2")
    held = frozenset({K.EMAIL, K.USER})
    public = event(email, user, public=True, traits={"email": "m@example.com", "first_name": "M"})
    assert allowed_links(public, (email, user), held) == (user,)
    assert allowed_links(public, (email, user), frozenset({K.USER})) == (email, user)
    assert allowed_links(event(email, claimed=True), (email,), held) == ()
    assert allowed_links(event(email, user), (email, user), held) == (email, user)
    assert without_email(public).traits == {"first_name": "M"}


def test_another_person_at_the_same_browser_is_somebody_else() -> None:
    browser, new = Identity(kind=K.ANONYMOUS, value="b"), Identity(kind=K.EMAIL, value="new@example.com")
    resolution = resolve(event(browser, new), {browser: "a"})
    assert is_somebody_else(resolution, frozenset({K.EMAIL, K.ANONYMOUS}))
    assert not is_somebody_else(resolution, frozenset({K.USER, K.ANONYMOUS}))


def test_who_has_only_a_browser_is_anonymous() -> None:
    assert is_anonymous(("anonymous#b", "order#cart:c"))
    assert not is_anonymous(("anonymous#b", "email#hash"))


def test_beyond_the_bound_the_oldest_browsers_are_forgotten_and_nobodys_name() -> None:
    named = ["email#hash", "shopify#1"]
    browsers = [f"anonymous#{n}" for n in range(MAX_IDENTITIES)]
    assert remembered([*named, *browsers[2:]]) == ((*named, *browsers[2:]), ())
    assert remembered([*named, *browsers]) == ((*named, *browsers[2:]), ("anonymous#0", "anonymous#1"))


def test_no_number_of_made_up_browsers_and_users_pushes_out_an_order() -> None:
    order, email = "order#shopify-order:1", "email#hash"
    told = [f"{kind}#{n}" for n in range(MAX_IDENTITIES) for kind in ("user", "anonymous")]
    kept, forgotten = remembered([order, email, *told])
    assert kept == (order, email, *(f"user#{n}" for n in range(1, MAX_IDENTITIES)))
    assert set(kept) | set(forgotten) == {order, email, *told}
    orders = [f"order#cart:{n}" for n in range(MAX_ORDERS)]
    assert remembered([order, *orders]) == (tuple(orders), (order,))


def test_the_weakest_come_first() -> None:
    keys = ["email#hash", "anonymous#1", "shopify#1", "anonymous#2"]
    assert weakest_first(keys) == ["anonymous#1", "anonymous#2", "email#hash", "shopify#1"]
