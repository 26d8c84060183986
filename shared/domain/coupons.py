"""Coupon codes: pools of codes of which each contact gets their own, or one code that all get. What a template can say
of one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import Field, field_validator

from shared.domain.events import DAY, MINUTE, Instant, Json, Strict

POOL_ID = re.compile(r"[a-z][a-z0-9_]{0,63}")
"""As a template writes it. Two are taken: the list of pools is called `pools`, and what a form promised `promised`."""
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}")
"""A code as it can be typed in at a checkout, and harms no email."""
MAX_CODES = 5_000
"""That are added at once; a million are added in turns."""
PROMISED = "promised"
"""`coupon.promised` is of the pool that the contact's trait `promised_code` names: what a form has promised them."""


class Pool(Strict):
    """`code`: the one that all get; without it each gets a code of the list. `days`: how long a code is good for, from
    when it was given; None: as long as the storefront says. With fewer than `low` left, the admin's health says so."""

    id: str
    code: Annotated[str, Field(pattern=rf"^{CODE.pattern}$")] | None = None
    days: int | None = Field(default=None, ge=1, le=3650)
    low: int = Field(default=100, ge=0, le=100_000)

    @field_validator("id")
    @classmethod
    def _can_be_named(cls, id_: str) -> str:
        if not POOL_ID.fullmatch(id_) or id_ in ("pools", PROMISED):
            raise ValueError("a pool is called as a template writes it: small letters, digits and _, such as win_back")
        return id_

    def until(self, given: Instant) -> Instant | None:
        return None if self.days is None else given + self.days * DAY


class Coupon(dict[str, Any]):
    """What a template knows as `coupon.<pool>`: as a text the code; `code`, and `until`, the last day on which it is
    good (ISO 8601), or None."""

    def __init__(self, code: str, until: str | None) -> None:
        super().__init__(code=code, until=until)

    def __str__(self) -> str:
        return str(self["code"])


class Given(NamedTuple):
    """A code that a contact was given. `kind`: what names it in their partition; `shared`: all get the same of its
    pool; `order`: which has redeemed it; `contact`: whose partition it is in, who may have become another since."""

    kind: str
    pool: str
    code: str
    given_at: Instant
    shared: bool = False
    order: str | None = None
    contact: str = ""


CLOCKS_DIFFER = MINUTE
"""How much earlier than its code was given an order may say that it was placed: whole seconds, and clocks of others."""


def told_codes(properties: Mapping[str, Json]) -> frozenset[str]:
    """The discount codes that an order tells, in one case, as checkouts take them."""
    several = properties.get("discount_codes")
    told = [*(several if isinstance(several, list) else [several]), properties.get("coupon")]
    return frozenset(each.strip().casefold() for each in told if isinstance(each, str))


def redeemed_by(order: str, codes: frozenset[str], placed: Instant, held: Iterable[Given]) -> list[Given]:
    """Which of a contact's codes an order redeems: of each code that it tells one, the one it has redeemed already, or
    else the newest given before it that no order has. So a code that is told again is no second redemption, and one
    that all get is redeemed as often as it was given, and no more."""
    mine: dict[str, Given] = {}
    for each in sorted(held, key=lambda one: (one.order == order, one.given_at, one.kind)):
        code = each.code.casefold()
        before = not each.shared or each.given_at <= placed + CLOCKS_DIFFER
        if code in codes and (each.order == order or (each.order is None and before)):
            mine[code] = each
    return [mine[code] for code in sorted(mine)]


def owner(message_key: str, run: str | None) -> str:
    """Whose a code is: a run's, so that its reminders repeat it, or else the message's own. A person who comes into a
    journey again is in another run, and gets another code."""
    return run or message_key


def place(text: str) -> str:
    """Where in a pool a code lies, or the search for one begins: anywhere, so that senders seldom meet."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def spelled(codes: Iterable[object]) -> tuple[list[str], list[str]]:
    """The codes of a list, each once (storefronts take them in small letters as in large), and those that are none."""
    good: dict[str, str] = {}
    bad: list[str] = []
    for each in codes:
        code = str(each).strip() if isinstance(each, str | int) and not isinstance(each, bool) else ""
        if CODE.fullmatch(code):
            good.setdefault(code.casefold(), code)
        else:
            bad.append(str(each)[:80])
    return list(good.values()), bad
