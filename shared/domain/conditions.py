"""The language of segments: one tree of conditions, JSON, checked when it is read.

Each condition says, in its docstring, what it means and its answer when data is missing; and beside it what of a
profile it looks at (`needs`), in whose time zone it counts (`zone`) and whether its answer can change by time alone
(`flips`). Windows are half-open, `(t - W, t]`: an event leaves its window exactly W after it happened.

Some conditions are short for others (`Engagement`, `Rfm`, `OnList`): `plain` writes them out, so that the evaluator and
the SQL compiler know the others only.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer, ValidationInfo, model_validator

from shared.domain.events import DAY, HOUR, MARKETING, MINUTE, SECOND, Json, Strict, Type
from shared.domain.properties import AMOUNTS, FLAGS, KEPT_PROPERTIES, in_lake

T = TypeVar("T")
UNITS = {"s": SECOND, "min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}


def parse_duration(text: str) -> int:
    """`"60d"` → milliseconds; units s, min, h, d, w. ValueError."""
    match = re.fullmatch(r"(-?)(\d{1,6})\s*(s|min|h|d|w)", text.strip())
    if match is None:
        raise ValueError("not a duration: write a number and one of s, min, h, d, w, such as 60d")
    return int(match[1] + match[2]) * UNITS[match[3]]


def _read_duration(value: Any, info: ValidationInfo) -> Any:
    """A number is milliseconds in Python only. In JSON, which people write, it has no unit: 2592000 may be meant as
    seconds, and 90 as days."""
    if isinstance(value, str):
        return parse_duration(value)
    if info.mode == "python":
        return value
    meant = f"{value}d" if isinstance(value, int) and not isinstance(value, bool) else "60d"
    raise ValueError(f'a duration is a text with its unit (s, min, h, d or w): write "{meant}"')


def format_duration(milliseconds: int) -> str:
    """The shortest text that `parse_duration` reads back."""
    unit = next(unit for unit in ("d", "h", "min", "s") if milliseconds % UNITS[unit] == 0)
    return f"{milliseconds // UNITS[unit]}{unit}"


_MOST = 100 * 366 * DAY
Signed = Annotated[int, BeforeValidator(_read_duration), PlainSerializer(format_duration), Field(ge=-_MOST, le=_MOST)]
Duration = Annotated[Signed, Field(gt=0)]
Comparison = Literal["equal", "not_equal", "in", "contains", "prefix", "less", "at_most", "more", "at_least", "exists"]
Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00]*$")]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Percent = Annotated[float, Field(gt=0, lt=100)]
Count = Annotated[int, Field(ge=1, le=1000)]


class Described(Strict):
    """What every condition says of itself."""

    needs: ClassVar[str] = ""
    zone: ClassVar[str] = "none"
    flips: ClassVar[str] = "no"


# ── composing ──


class All(Described):
    """True when every one of its conditions is."""

    flips = "as its conditions do"
    kind: Literal["all"] = "all"
    of: tuple[Condition, ...] = Field(min_length=1, max_length=100)


class Any_(Described):  # noqa: N801 - `Any` is typing's
    """True when at least one of its conditions is."""

    flips = "as its conditions do"
    kind: Literal["any"] = "any"
    of: tuple[Condition, ...] = Field(min_length=1, max_length=100)


class Not(Described):
    """True when its condition is false."""

    flips = "as its condition does"
    kind: Literal["not"] = "not"
    of: Condition


class Member(Described):
    """True when the contact is in another segment. A circle of segments is refused."""

    flips = "as that segment does"
    kind: Literal["member"] = "member"
    segment: Id


# ── traits and consent ──


class Compared(Described):
    """A comparison of a value with `value`. Text compares without regard to case; dates are ISO text."""

    is_: Comparison = Field(default="equal", alias="is")
    value: Json = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for value in self.value if isinstance(self.value, list | tuple) else (self.value,):
            if isinstance(value, int | float) and not abs(value) <= MOST_NUMBER:
                raise ValueError("a number to compare with is 10^15 at most")
            if isinstance(value, str) and _NO_TEXT.search(value):
                raise ValueError("a text to compare with has a character in it that texts have not")
        match self.is_:
            case "in" if not isinstance(self.value, list | tuple) or not 1 <= len(self.value) <= 1000:
                raise ValueError("`in` needs a list as its value, of 1 to 1,000")
            case "in" if not all(isinstance(value, str | bool | int | float) for value in self.value):
                raise ValueError("`in` needs a list of texts, numbers, true or false")
            case "contains" | "prefix" if not isinstance(self.value, str) or not self.value:
                raise ValueError(f"`{self.is_}` needs a text as its value")
            case "less" | "at_most" | "more" | "at_least" if _unfit(self.value):
                raise ValueError(f"`{self.is_}` needs a number or a date as its value")
            case "equal" | "not_equal" if not isinstance(self.value, str | bool | int | float):
                raise ValueError(f"`{self.is_}` needs a value; ask `exists` whether there is one")
            case "exists" if self.value is not None:
                raise ValueError("`exists` takes no value; ask `not` of it for what is missing")
        return self


MOST_NUMBER = 10**15
"""Up to here whole numbers are exact, whatever works with them."""
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


def _unfit(value: Json) -> bool:
    return isinstance(value, bool) or not isinstance(value, str | int | float)


class Where(Compared):
    """A filter on one property of an event. A property that is missing passes no filter but `not_equal`'s.

    A list (the categories of an order's products) passes when one of its values does. `price` and `total` are in the
    shop's currency.
    """

    property: Literal[KEPT_PROPERTIES]  # type: ignore[valid-type]

    @model_validator(mode="after")
    def _fits_property(self) -> Self:
        values = self.value if isinstance(self.value, list | tuple) else (self.value,)
        of_numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        if self.property in AMOUNTS and self.is_ != "exists" and not of_numbers:
            raise ValueError(f"`{self.property}` is an amount of money: compare it with a number")
        if self.property in FLAGS and self.is_ not in ("exists",) and not isinstance(self.value, bool):
            raise ValueError(f"`{self.property}` is yes or no: compare it with true or false")
        is_text = self.property not in (*AMOUNTS, *FLAGS)
        if is_text and self.is_ in ("equal", "not_equal", "in") and not all(isinstance(each, str) for each in values):
            raise ValueError(f'`{self.property}` is a text: write "{json.dumps(values[0])}", with quotation marks')
        return self


class TraitIs(Compared):
    """Compares a trait. A missing trait is false for every comparison; ask `not` of `exists` for missing.

    Of a list trait (tags), `of` says whether one of its values has to pass (`any`), `all` of them, or `none`; an empty
    list passes `none` only. `fresh` asks that the trait was told within that time: a score that is older counts as
    missing. A dot leads into a trait that has parts: `propensity.tea`.
    """

    needs = "the trait"
    flips = "with `fresh` only"
    kind: Literal["trait"] = "trait"
    trait: Name
    of: Literal["any", "all", "none"] = "any"
    fresh: Duration | None = None


class OnList(Described):
    """True when the trait `lists` has this list's name in it. Short for a comparison of that trait."""

    needs = "the trait `lists`"
    kind: Literal["list"] = "list"
    list: Name


class ConsentIs(Described):
    """The contact's newest recorded answer to a topic, given within the last `within` (ever, when left out). An answer
    that is given again without another between counts from the first time.

    `first_in` leaves out who had given this answer before and taken it back less than that long before they gave it
    again: a return is no sign-up. `never_asked` is true when there is no answer, and takes neither.
    """

    needs = "consent"
    flips = "with `within` only"
    kind: Literal["consent"] = "consent"
    topic: str = Field(default=MARKETING, pattern=r"^[a-z0-9_-]{1,64}$")
    is_: Literal["subscribed", "unsubscribed", "pending", "never_asked"] = Field(default="subscribed", alias="is")
    within: Duration | None = None
    first_in: Duration | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.is_ == "never_asked" and self.within is not None:
            raise ValueError("`never_asked` takes no `within`: nothing was said at any instant")
        if self.is_ == "never_asked" and self.first_in is not None:
            raise ValueError("`never_asked` takes no `first_in`: nothing was said at any instant")
        return self


class FirstSeen(Described):
    """We first heard of the contact at least `before` ago, whatever earlier times they are told of by now. A contact
    without events was never heard of: false."""

    needs = "when we first heard of the contact"
    flips = "yes"
    kind: Literal["first_seen"] = "first_seen"
    before: Duration


class Sample(Described):
    """True for `percent` of all contacts, chosen by a hash of the contact's id and `salt`: the same ones each time."""

    needs = "the contact's id"
    kind: Literal["sample"] = "sample"
    percent: Percent
    salt: str = Field(min_length=1, max_length=64, pattern=r"^[\w.-]+$")


# ── events ──


class Events(Described):
    """What of an event type a condition looks at: those within the last `within` (ever, when left out) that pass
    every filter in `where`."""

    event: Name
    within: Duration | None = None
    where: tuple[Where, ...] = Field(default=(), max_length=10)


Counted = Literal["events", "days", "product_id", "category", "campaign", "same_product_id", "same_category"]


class EventCount(Events):
    """At least `at_least` and at most `at_most` events of a type within the last `within` (ever, when left out). No
    history counts 0.

    `count` says what is counted: `events`; `days` on which there were some; distinct values of `product_id`, `category`
    or `campaign`; or `same_product_id`, `same_category`, the most events about one and the same. Without either bound,
    at least one; for never, `at_most` 0.
    """

    needs = "the events of that type"
    zone = "the shop's, for `days`"
    flips = "with `within` only"
    kind: Literal["event"] = "event"
    count: Counted = "events"
    at_least: Count | None = None
    at_most: int | None = Field(default=None, ge=0, le=1000)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        return _bounded(self, self.at_least, self.at_most)


class FirstEvent(Events):
    """The contact's first event of a type (that passes `where`), of all time, was within the last `within`. No history:
    false."""

    needs = "the events of that type"
    flips = "yes"
    kind: Literal["first_event"] = "first_event"
    within: Duration


class LastEvent(Events):
    """Days since the newest event of a type (that passes `where`), `at_least` and `at_most`. No history: false."""

    needs = "the events of that type"
    flips = "yes"
    kind: Literal["last_event"] = "last_event"
    within: None = None
    at_least: float | None = Field(default=None, ge=0, le=36600)
    at_most: float | None = Field(default=None, ge=0, le=36600)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        return _bounded(self, self.at_least, self.at_most, both_may_be_missing=False)


class Latest(Described):
    """The newest of all events of these types passes every filter in `where`: the device of the last visit. No history:
    false."""

    needs = "the events of those types"
    kind: Literal["latest"] = "latest"
    events: tuple[Name, ...] = Field(default=(Type.PAGE_VIEWED, Type.PRODUCT_VIEWED), min_length=1, max_length=10)
    where: tuple[Where, ...] = Field(min_length=1, max_length=10)


class Filtered(Described):
    """One event type and its filters, as part of a condition about several."""

    event: Name
    where: tuple[Where, ...] = Field(default=(), max_length=10)


class Sequence(Described):
    """First one event, `then` another at most `gap` later, with none of `without` in between; and that other one within
    the last `within` (ever, when left out). Events at one instant follow each other in no order. No history: false."""

    needs = "the events of those types"
    flips = "with `within` only"
    kind: Literal["sequence"] = "sequence"
    first: Filtered
    then: Filtered
    without: Filtered | None = None
    gap: Duration
    within: Duration | None = None


class Unanswered(Described):
    """At least `at_least` events of a type since the newest of `answers` (ever, when there is none): mails without a
    reaction. The newest of them at least `older` ago, and all of them within the last `within`. No history counts 0."""

    needs = "the events of those types"
    flips = "with `older` and `within`"
    kind: Literal["unanswered"] = "unanswered"
    of: Filtered
    answers: tuple[Filtered, ...] = Field(min_length=1, max_length=10)
    at_least: Count = 1
    older: Duration | None = None
    within: Duration | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.older is not None and self.within is not None and self.within <= self.older:
            raise ValueError("`within` has to be longer than `older`")
        return self


class Cart(Described):
    """The contact's newest cart or checkout has something in it and passes `where` (`total`, `category`); it is at
    least `older` and less than `within` old, and no order was completed since. No cart: false."""

    needs = "the events of carts, checkouts and orders"
    flips = "yes"
    kind: Literal["cart"] = "cart"
    older: Duration
    within: Duration
    where: tuple[Where, ...] = Field(default=(), max_length=10)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.within <= self.older:
            raise ValueError("`within` has to be longer than `older`")
        return self


class Engagement(Described):
    """How the contact takes our mails (about a topic, of a journey, or all): `highly`, a person's click within 30 days,
    or three opens by a person; `moderately`, less than that, but a person's click or open within 90 days; `disengaged`,
    mails were sent and there was neither within 90 days. Who was never sent one is none of them."""

    needs = "mails sent, opened and clicked"
    flips = "yes"
    kind: Literal["engagement"] = "engagement"
    tier: Literal["highly", "moderately", "disengaged"]
    topic: Name | None = None
    journey: Name | None = None


# ── orders ──

Measure = Literal["count", "sum", "average", "largest", "days_between"]


class Orders(Described):
    """A number over the contact's orders placed within the last `within` (ever, when left out), `at_least` and
    `at_most`; no order gives 0.

    `count`; `sum`, `average` and `largest` in the shop's currency; `days_between`, the average number of days from one
    order to the next. Cancelled orders and wholly refunded ones do not count, and refunds are taken off the money.
    Average and largest of no order, and days between fewer than two, are missing: false.
    """

    needs = "orders"
    flips = "with `within` only"
    kind: Literal["orders"] = "orders"
    measure: Measure = "count"
    at_least: float | None = Field(default=None, ge=0, le=1e9)
    at_most: float | None = Field(default=None, ge=0, le=1e9)
    within: Duration | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        return _bounded(self, self.at_least, self.at_most)


class LastOrder(Described):
    """Days since the contact's newest order that counts was placed, `at_least` and `at_most`. No order: false."""

    needs = "orders"
    flips = "yes"
    kind: Literal["last_order"] = "last_order"
    at_least: float | None = Field(default=None, ge=0, le=36600)
    at_most: float | None = Field(default=None, ge=0, le=36600)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        return _bounded(self, self.at_least, self.at_most, both_may_be_missing=False)


def _bounded(condition: T, least: float | None, most: float | None, *, both_may_be_missing: bool = True) -> T:
    if least is None and most is None and not both_may_be_missing:
        raise ValueError("needs `at_least` or `at_most`")
    if least is not None and most is not None and most < least:
        raise ValueError("`at_most` has to be `at_least` or more")
    return condition


# ── place and moment ──


class Near(Described):
    """The contact's traits `latitude` and `longitude` are within `km` or `miles` of a point, on a sphere of the Earth's
    mean radius (haversine: at most 0.6 % off). Without both traits: false."""

    needs = "the traits `latitude` and `longitude`"
    kind: Literal["near"] = "near"
    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    km: float | None = Field(default=None, gt=0, le=20_040)
    miles: float | None = Field(default=None, gt=0, le=12_450)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.km is None) == (self.miles is None):
            raise ValueError("needs either `km` or `miles`")
        return self


Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class LocalTime(Described):
    """It is between `from` and `to` (not included; past midnight, when it is earlier than `from`), on one of `weekdays`
    (any, when left out), where the contact is: their trait `timezone`, else the shop's time zone."""

    needs = "the trait `timezone`"
    zone = "the contact's"
    flips = "yes"
    kind: Literal["local_time"] = "local_time"
    from_: Clock = Field(default="00:00", alias="from")
    to: Clock = "00:00"
    weekdays: tuple[Weekday, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.from_ == self.to and len(set(self.weekdays)) in (0, 7):
            raise ValueError("is true at any time: needs `from` and `to`, or some `weekdays`")
        return self


class Season(Described):
    """It is spring, summer, autumn or winter (whole months, as meteorologists have it) where the contact is: south of
    the equator by their trait `latitude`, or else their `country`; north, when neither is known."""

    needs = "the traits `latitude` and `country`"
    zone = "the shop's"
    flips = "yes"
    kind: Literal["season"] = "season"
    is_: Literal["spring", "summer", "autumn", "winter"] = Field(alias="is")


class Anniversary(Described):
    """The day of the year of a date trait (a birthday) is within the `next` or the `last` so many days, today included.
    29 February counts as the 28th in other years. No such trait, or no date in it: false."""

    needs = "the trait"
    zone = "the shop's"
    flips = "yes"
    kind: Literal["anniversary"] = "anniversary"
    trait: Name = "birthday"
    next: int | None = Field(default=None, ge=0, le=180)
    last: int | None = Field(default=None, ge=0, le=180)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.next is None) == (self.last is None):
            raise ValueError("needs either `next` or `last`, a number of days")
        return self


class Age(Described):
    """Whole years since a date trait (a birthday), `at_least` and `at_most`. No such trait, or no date in it: false."""

    needs = "the trait"
    zone = "the shop's"
    flips = "yes"
    kind: Literal["age"] = "age"
    trait: Name = "birthday"
    at_least: int | None = Field(default=None, ge=0, le=150)
    at_most: int | None = Field(default=None, ge=0, le=150)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        return _bounded(self, self.at_least, self.at_most, both_may_be_missing=False)


class DateTrait(Described):
    """It is between `from` and `to` (not included) of the date in a trait: `from` -7d `to` 0d is the week before a
    predicted order. A date without a time begins at midnight. No such trait, or no date in it: false."""

    needs = "the trait"
    zone = "the shop's, for a date without a time"
    flips = "yes"
    kind: Literal["date"] = "date"
    trait: Name
    from_: Signed = Field(alias="from")
    to: Signed

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.to <= self.from_:
            raise ValueError("`to` has to be later than `from`")
        return self


# ── rank ──


class RankedTrait(Strict):
    """The number in a trait, told within `fresh`."""

    kind: Literal["trait"] = "trait"
    trait: Name
    fresh: Duration | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not in_lake(self.trait):
            raise ValueError(
                f"nobody is ranked by `{self.trait}`: it says who somebody is, or where, and stays private"
            )
        return self


class RankedOrders(Strict):
    """A number over the contact's orders, as in the condition `orders`; or when the last was placed."""

    kind: Literal["orders"] = "orders"
    measure: Literal["count", "sum", "average", "largest", "last"]
    within: Duration | None = None


LEAST_RANKED = 5
"""How many contacts have to have a number, for there to be a cut-off: a fifth of fewer is less than one, and of two
customers everybody would be among the best."""

Ranked = Annotated[RankedTrait | RankedOrders, Field(discriminator="kind")]


class Rank(Described):
    """The contact is among the `top` or `bottom` so many percent by a number, of the contacts that the segment `among`
    holds (all, when left out). Equal numbers stay together. No number, or no cut-off worked out yet: false; and
    nobody is, while fewer than five have a number.

    The nightly refresh works the cut-off out (`cutoff`); between, it is an ordinary comparison.
    """

    needs = "the trait, or orders"
    flips = "as the number does"
    kind: Literal["rank"] = "rank"
    by: Ranked
    top: Percent | None = None
    bottom: Percent | None = None
    among: Id | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.top is None) == (self.bottom is None):
            raise ValueError("needs either `top` or `bottom`, a percentage")
        return self

    @property
    def key(self) -> str:
        """Names its cut-off."""
        return condition_key(self)


class Rfm(Described):
    """The contact's score from 1 to 5 for how recently, how often (`frequency`) or for how much (`monetary`) they have
    ordered, among all who have, `at_least` and `at_most`: each is a fifth of them, equal ones kept together. Short for
    ranks. No order: false."""

    needs = "orders"
    kind: Literal["rfm"] = "rfm"
    score: Literal["recency", "frequency", "monetary"]
    at_least: int = Field(default=1, ge=1, le=5)
    at_most: int = Field(default=5, ge=1, le=5)
    among: Id | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        return _bounded(self, self.at_least, self.at_most)


Condition = Annotated[
    All
    | Any_
    | Not
    | Member
    | TraitIs
    | OnList
    | ConsentIs
    | FirstSeen
    | Sample
    | EventCount
    | FirstEvent
    | LastEvent
    | Latest
    | Sequence
    | Unanswered
    | Cart
    | Engagement
    | Orders
    | LastOrder
    | Near
    | LocalTime
    | Season
    | Anniversary
    | Age
    | DateTrait
    | Rank
    | Rfm,
    Field(discriminator="kind"),
]


class Segment(Strict):
    """A named condition. `sentence` says in plain words who is in it, for the marketer; `group` is one of the four that
    the field knows, or where in a customer's life they stand."""

    id: Id
    name: str = Field(min_length=1, max_length=80)
    sentence: str = Field(min_length=1, max_length=400)
    group: Literal["demographic", "geographic", "behavioural", "psychographic", "lifecycle"] = "behavioural"
    when: Condition


def condition_key(condition: BaseModel) -> str:
    """The same for the same condition, however it was written."""
    return hashlib.sha256(condition.model_dump_json(by_alias=True, exclude_none=True).encode()).hexdigest()[:12]


# ── what is short for something else ──

_REACTIONS = (Type.EMAIL_CLICKED, Type.EMAIL_OPENED)


def plain(condition: Condition) -> Condition:
    """The condition with everything written out that is short for something else; Rank and Member stay."""
    match condition:
        case All() | Any_():
            return condition.model_copy(update={"of": tuple(plain(part) for part in condition.of)})
        case Not():
            return Not(of=plain(condition.of))
        case OnList():
            return TraitIs(trait="lists", value=condition.list)
        case Engagement():
            return _engagement(condition)
        case Rfm():
            return _rfm(condition)
        case _:
            return condition


def _engagement(condition: Engagement) -> Condition:
    about = tuple(
        Where(property=name, value=value)
        for name, value in (("topic", condition.topic), ("journey", condition.journey))
        if value is not None
    )
    human = (Where(property="human", value=True), *about)
    highly = Any_(
        of=(
            EventCount(event=Type.EMAIL_CLICKED, within=30 * DAY, where=human),
            EventCount(event=Type.EMAIL_OPENED, within=30 * DAY, where=human, at_least=3),
        )
    )
    reacted = Any_(of=tuple(EventCount(event=type_, within=90 * DAY, where=human) for type_ in _REACTIONS))
    match condition.tier:
        case "highly":
            return highly
        case "moderately":
            return All(of=(reacted, Not(of=highly)))
        case "disengaged":
            return All(of=(EventCount(event=Type.EMAIL_SENT, where=about), Not(of=reacted)))


def _rfm(condition: Rfm) -> Condition:
    """A score of s or more is the top 20 × (6 - s) percent."""
    measure: Literal["last", "count", "sum"] = {"recency": "last", "frequency": "count", "monetary": "sum"}[  # type: ignore[assignment]
        condition.score
    ]
    by = RankedOrders(measure=measure)

    def at_least(score: int) -> Condition:
        if score == 1:
            parts: tuple[Condition, ...] = (Orders(at_least=1),)
            return All(of=(*parts, Member(segment=condition.among)) if condition.among else parts)
        return Rank(by=by, top=20 * (6 - score), among=condition.among)

    if condition.at_most == 5:
        return at_least(condition.at_least)
    return All(of=(at_least(condition.at_least), Not(of=at_least(condition.at_most + 1))))


def parts_of(condition: Condition) -> Iterator[Condition]:
    """The condition and all that it is made of, outermost first."""
    yield condition
    match condition:
        case All() | Any_():
            for part in condition.of:
                yield from parts_of(part)
        case Not():
            yield from parts_of(condition.of)


def members_of(condition: Condition) -> set[str]:
    """The segments whose membership the condition asks for."""
    found = set()
    for part in parts_of(plain(condition)):
        if isinstance(part, Member):
            found.add(part.segment)
        elif isinstance(part, Rank) and part.among is not None:
            found.add(part.among)
    return found


def in_order(segments: Iterable[Segment]) -> dict[str, Segment]:
    """The segments by id, each after those it asks about. ValueError: two of one id, an unknown one, a circle."""
    by_id: dict[str, Segment] = {}
    for segment in segments:
        if segment.id in by_id:
            raise ValueError(f"two segments have the id {segment.id}")
        by_id[segment.id] = segment
    ordered: dict[str, Segment] = {}

    def add(segment: Segment, above: tuple[str, ...]) -> None:
        if segment.id in above:
            raise ValueError(f"segments ask about each other in a circle: {' → '.join((*above, segment.id))}")
        if segment.id in ordered:
            return
        for other in sorted(members_of(segment.when)):
            if other not in by_id:
                raise ValueError(f"{segment.id} asks about the segment {other}, which there is none of")
            add(by_id[other], (*above, segment.id))
        ordered[segment.id] = segment

    for segment in by_id.values():
        add(segment, ())
    return ordered


Cutoffs = Mapping[str, float]
"""The cut-off of each Rank, by its key: hundredths of money, instants, or a trait's number."""
