"""What a campaign is: which email, to whom, when, and what follows for who did not click.

A campaign is data, written as JSON or YAML and checked when it is read; that it makes sense beside the shop's segments
and templates is checked by `checking`.
"""

from collections.abc import Sequence
from itertools import pairwise, product
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from shared.domain import calendars
from shared.domain.conditions.fields import Duration, Id, Name
from shared.domain.events import DAY, HOUR, MARKETING, Strict
from shared.domain.settings import Clock, Line

TopicId = Annotated[str, Field(pattern=r"^[a-z0-9_-]{1,64}$")]


def _is_a_day(value: str) -> str:
    if calendars.date_in(value) is None or not calendars.has_year(value):
        raise ValueError("there is no such day: write it as 2026-12-01")
    return value


Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$"), AfterValidator(_is_a_day)]


# ── when ──


class Now(Strict):
    """As soon as somebody presses send."""

    kind: Literal["now"] = "now"


class At(Strict):
    """At a time of a day, by the shop's clock, for everybody at once."""

    kind: Literal["at"] = "at"
    day: Day
    at: Clock


class LocalTime(Strict):
    """At a time of a day, by each contact's own clock (the shop's, of whom nothing else is known). `past`: what becomes
    of those whose hour is past when the campaign begins: they get it at once, or a day later at that hour."""

    kind: Literal["local"] = "local"
    day: Day
    at: Clock
    past: Literal["now", "tomorrow"] = "tomorrow"


class BestHour(Strict):
    """On a day, at the hour at which each contact mostly reads their email (the trait `best_hour`), by their own clock;
    `otherwise` at this time. Whose hour is past gets it a day later at that hour."""

    kind: Literal["best_hour"] = "best_hour"
    day: Day
    otherwise: Clock = "10:00"


Schedule = Annotated[Now | At | LocalTime | BestHour, Field(discriminator="kind")]


# ── what ──


class Variant(Strict):
    """One arm of a test: its share of the audience is its weight of the weights of all, drawn of each contact's id.
    `template` and `subject` stand in the place of the campaign's."""

    id: Id
    weight: int = Field(default=1, ge=1, le=100)
    template: Id | None = None
    subject: Line | None = None


class Factor(Strict):
    """One thing that variants differ in, in two ways."""

    id: Id
    levels: tuple[Id, Id]


OPENS_LIE = (
    "whether an email was opened, nobody knows: Apple's and Gmail's programs load its pictures by themselves, and "
    "others never do, so this would reach people who have read it and miss some who have not. Ask who has not clicked: "
    "not_clicked"
)


MOST_OF_ALL = 0.5


class Measure(Strict):
    """What a test is decided by, fixed before it is sent: which share of the people clicked in the email, or ordered,
    or what they spent (`revenue`, less refunds), `within` so long after it. `least`: the least difference that matters,
    as a share of the people (0.01: one in a hundred); of revenue, in the shop's currency a person (0.5). `looks`: so
    long after it has begun, it is looked at before its end, which each look makes a little harder to pass: for a
    campaign that goes out over days, since of each look only those count whose time is over by then.
    `hypothesis`: what is expected, which is found again with what the test showed."""

    metric: Literal["clicked", "ordered", "revenue"] = "clicked"
    hypothesis: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    within: Annotated[Duration, Field(ge=HOUR, le=30 * DAY)] = 5 * DAY
    least: float = Field(default=0.01, ge=0.001, le=1000)
    looks: tuple[Annotated[Duration, Field(ge=HOUR, le=60 * DAY)], ...] = Field(default=(), max_length=7)

    @model_validator(mode="after")
    def _matters(self) -> "Measure":
        if self.metric == "revenue" and "least" not in self.model_fields_set:
            raise ValueError("say in `least` which difference matters, in your currency a person: 0.5")
        if self.metric != "revenue" and self.least > MOST_OF_ALL:
            raise ValueError("`least` is a share of the people, at most 0.5")
        if any(late - early < HOUR for early, late in pairwise((self.within, *self.looks))):
            raise ValueError(
                "the looks come one after the other, an hour apart at least, and the first an hour after `within`: "
                "until then nobody has had their time"
            )
        return self


def _who(value: Any) -> Any:
    if value in ("not_opened", "unopened", "did_not_open"):
        raise ValueError(OPENS_LIE)
    return value


class FollowUp(Strict):
    """One more email, `after` so long from the campaign's last, to those who got it and have not clicked in it. Another
    template or subject than the first."""

    who: Annotated[Literal["not_clicked"], BeforeValidator(_who)] = "not_clicked"
    after: Annotated[Duration, Field(ge=HOUR, le=60 * DAY)] = 3 * DAY
    template: Id | None = None
    subject: Line | None = None

    @model_validator(mode="after")
    def _is_another(self) -> "FollowUp":
        if self.template is None and self.subject is None:
            raise ValueError("the same email twice is none to follow up with: give it another `template` or `subject`")
        return self


class Winner(Strict):
    """Only `share` in a hundred of the audience get the variants at first, drawn of each contact's id; `after` so long
    from when the campaign began the others get the one that more of those clicked in, and where that cannot be told,
    `otherwise` (the first variant, when left out)."""

    share: int = Field(default=20, ge=5, le=50)
    after: Annotated[Duration, Field(ge=HOUR, le=7 * DAY)] = 4 * HOUR
    otherwise: Id | None = None


class Campaign(Strict):
    """`segments`: to the members of any of them, but not to those of `without`. `recheck`: who has left all of them by
    the instant of sending, or has come to one of `without`, is skipped; else the audience stays as it was frozen.

    `variants` are tested against the first of them, and all of them together against `holdout`: so many in a hundred
    of the audience, who pass the same gate, get nothing, and are counted as if they had. By what variants are decided
    is said in `measure`; who is held out has nothing to click in, so there it is whether they ordered or what they
    spent.

    `factors`: the variants are all combinations of two or three things that are tested at once, each called by its
    levels in the factors' order: `short_ten`. Each thing is then told by everybody, whatever else they got.

    `spread`: the audience's parts go out evenly over so long, instead of as fast as SES takes them. `repeat`: again
    each week or month, with an audience of its own. `best_before`: so long after its contact's turn, it is too late.
    """

    id: Id
    name: Name
    template: Id
    subject: Line | None = None
    topic: TopicId = MARKETING
    segments: tuple[Id, ...] = Field(min_length=1, max_length=20)
    without: tuple[Id, ...] = Field(default=(), max_length=20)
    recheck: bool = True
    schedule: Schedule = Field(default_factory=Now)
    spread: Annotated[Duration, Field(ge=HOUR, le=14 * DAY)] | None = None
    repeat: Literal["weekly", "monthly"] | None = None
    follow_up: FollowUp | None = None
    variants: tuple[Variant, ...] = Field(default=(), max_length=8)
    factors: tuple[Factor, ...] = Field(default=(), max_length=3)
    holdout: int = Field(default=0, ge=0, le=50)
    measure: Measure = Field(default_factory=Measure)
    winner: Winner | None = None
    best_before: Annotated[Duration, Field(ge=HOUR, le=30 * DAY)] | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> "Campaign":
        ids = [variant.id for variant in self.variants]
        if len(set(ids)) < len(ids):
            raise ValueError("two variants have the same id")
        if len(ids) == 1:
            raise ValueError("a test has at least two variants")
        if self.factors:
            self._are_all_combinations()
        if both := set(self.segments) & set(self.without):
            raise ValueError(f"the segment {sorted(both)[0]} is in `segments` and in `without`")
        if self.winner is not None:
            self._has_a_winner(ids)
        if self.spread and self.schedule.kind in ("local", "best_hour"):
            raise ValueError("each contact's own hour and an even spread exclude each other: leave one of them out")
        return self

    def _has_a_winner(self, ids: list[str]) -> None:
        if not ids:
            raise ValueError("a `winner` is one of several `variants`: write two at least")
        if self.winner is not None and self.winner.otherwise not in (None, *ids):
            raise ValueError(f"`otherwise` is none of the variants: {', '.join(ids)}")
        if self.measure.metric != "clicked" or self.measure.looks:
            raise ValueError("the `winner` is decided once, by who clicked: orders come too late for it")
        if self.spread or self.schedule.kind in ("local", "best_hour"):
            raise ValueError(
                "who tests the variants gets them at once: leave out the `winner`, or own hours and `spread`"
            )

    def _are_all_combinations(self) -> None:
        if len(self.factors) == 1:
            raise ValueError("one thing that is tested needs no factors: its variants say it")
        if self.winner is not None:
            raise ValueError("of things that are tested at once there is no one `winner`: leave it out, or the factors")
        if any(len(set(factor.levels)) == 1 for factor in self.factors):
            raise ValueError("the two levels of a factor are called alike")
        if len({factor.id for factor in self.factors}) < len(self.factors):
            raise ValueError("two factors have the same id")
        wanted = combinations(self.factors)
        if [variant.id for variant in self.variants] != wanted:
            raise ValueError(f"with these factors the variants are, in this order: {', '.join(wanted)}")
        if len({variant.weight for variant in self.variants}) > 1:
            raise ValueError("with factors all variants have the same weight: leave them out")


def combinations(factors: Sequence[Factor]) -> list[str]:
    """What the variants are called that try them all, the first levels first."""
    return ["_".join(cell) for cell in product(*(factor.levels for factor in factors))]


def subjects_of(campaign: Campaign) -> dict[str, str]:
    """The subjects that stand in the place of templates' own, by where in it each is."""
    named = {"subject": campaign.subject, **{f"variants.{each.id}.subject": each.subject for each in campaign.variants}}
    named["follow_up.subject"] = campaign.follow_up.subject if campaign.follow_up is not None else None
    return {place: subject for place, subject in named.items() if subject is not None}


def templates_of(campaign: Campaign) -> dict[str, str]:
    """The templates that the campaign needs, and where in it each is named."""
    named = {"template": campaign.template}
    named |= {f"variants.{each.id}.template": each.template for each in campaign.variants if each.template}
    if campaign.follow_up is not None and campaign.follow_up.template:
        named["follow_up.template"] = campaign.follow_up.template
    return {template: place for place, template in reversed(named.items())}
