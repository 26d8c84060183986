"""Addresses: in the one form in which they are compared and SES takes them, or refused when they are told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.events import normal_email


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        (" Ada@Example.com ", "ada@example.com"),
        ("ada@example.com.", "ada@example.com"),
        ("ada\u200b@exam\u200dple.com", "ada@example.com"),
        ("\ufeffada@example.com\u200e", "ada@example.com"),
        ("ada@M\u00dcNCHEN.example", "ada@xn--mnchen-3ya.example"),
        ("ada@mu\u0308nchen.example", "ada@xn--mnchen-3ya.example"),
        ("ada@xn--mnchen-3ya.example", "ada@xn--mnchen-3ya.example"),
        ("ada@\uff45xample\u3002com", "ada@example.com"),
        ("o'brien+shop@mail.example-shop.co.uk", "o'brien+shop@mail.example-shop.co.uk"),
    ],
)
def test_an_address_has_one_form(told: str, kept: str) -> None:
    assert normal_email(told) == kept


@pytest.mark.parametrize(
    "told",
    [
        "\u212a@example.com",  # the Kelvin sign, which is k in lower case
        "\uff41da@example.com",
        "\u00e9@example.com",
        "e\u0301@example.com",
        "x..y@example.com",
        ".x@example.com",
        "x.example.com",
        "ada@example..com",
        "ada@\u00fc..example",
        "ada@-example.com",
        "ada@example",
        "ada@[192.0.2.1]",
        "a@b@example.com",
        "a b@example.com",
        f"{'a' * 65}@example.com",
        "ada@" + "\u00fc" * 70 + ".example",
        "@example.com",
        "",
    ],
)
def test_what_ses_cannot_send_to_or_would_send_to_another_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match="not an email address"):
        normal_email(told)


@given(st.text(max_size=20), st.text(max_size=20))
def test_an_address_is_ascii_and_its_own_form(local: str, domain: str) -> None:
    try:
        kept = normal_email(f"{local}@{domain}.com")
    except ValueError:
        return
    assert kept.isascii()
    assert normal_email(kept) == kept
