"""What a night gives to whatever works something out of it, and what that gives back: arrays, no calls, no clock.

A thing of a night is a function of `Data` that gives `Found`. Nothing in `Data` is later than `Data.at`, every array is
sorted by contact and then by time, and a contact is the number that the lake has for them: the thing sees nobody,
but for what people have written (`Written`), which goes nowhere from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shared.domain.events import Instant, Json
from shared.domain.insight.written import ByService

Whole = NDArray[np.int64]
Small = NDArray[np.int32]
Numbers = NDArray[np.integer]
Real = NDArray[np.float64]
Texts = NDArray[np.str_]

NOT_TOLD = -1
"""In the place of an amount or a price that was not told in the shop's own currency."""


@dataclass(frozen=True, eq=False)
class Named:
    """A column of texts that come again and again, as numbers: `names` ascend, each once, and `which` of them each row
    has. Of a million orders' products a tenth of what the texts would take."""

    names: Texts
    which: Small

    @classmethod
    def of(cls, texts: Sequence[str] | Texts) -> Named:
        names, which = np.unique(np.asarray(texts, np.str_), return_inverse=True)
        return cls(names, which.astype(np.int32))

    def __len__(self) -> int:
        return len(self.which)

    def __getitem__(self, rows: Whole | NDArray[np.bool_] | slice) -> Named:
        return Named(self.names, self.which[rows])

    @property
    def texts(self) -> Texts:
        """As they are told, row by row."""
        return self.names[self.which] if len(self.names) else np.empty(0, np.str_)

    @property
    def told(self) -> NDArray[np.bool_]:
        """Of which rows one is told: not ""."""
        return self.which != 0 if len(self.names) and self.names[0] == "" else np.ones(len(self.which), bool)

    def used(self) -> tuple[Texts, Whole]:
        """The names that rows have, ascending, and which of those each row has."""
        some = np.zeros(len(self.names), bool)
        some[self.which] = True
        return self.names[some], (np.cumsum(some) - 1)[self.which]


@dataclass(frozen=True)
class Orders:
    """Each order that counts, as it is now: whose, when it was placed (ms), and what is left of it after refunds, in
    millionths of the shop's currency, or NOT_TOLD."""

    contact: Whole
    time: Whole
    amount: Whole

    def __len__(self) -> int:
        return len(self.contact)


@dataclass(frozen=True)
class Lines:
    """Each product of such an order once (30 at most of an order, which is what the lake keeps), but for those that
    were given back or cost nothing: `category` as the catalogue has it now ("": it does not say), `price` its price
    now, in millionths, or NOT_TOLD."""

    contact: Whole
    time: Whole
    product: Named
    category: Named
    price: Whole

    def __len__(self) -> int:
        return len(self.contact)


@dataclass(frozen=True)
class Acts:
    """How often somebody did something in an hour of the day (0 to 23, by the shop's clock) of the days of a month
    (`202611`, UTC) lately: `click` (by a
    person, in an email), `open` (by a person's program, of an email), `visit` (of the website)."""

    contact: Whole
    month: Numbers
    hour: Numbers
    kind: Named
    count: Numbers


@dataclass(frozen=True)
class Written:
    """What contacts have written lately, the oldest first: by whom (as the lake's number, and as an id), with how many
    `stars` (nan: none), the `text`, and the key of its event in their partition. What anybody may tell with the public
    key is not there."""

    contact: Whole
    who: Sequence[str]
    stars: Real
    text: Sequence[str]
    event: Sequence[str]


NOTHING_WRITTEN = Written(np.empty(0, np.int64), (), np.empty(0), (), ())


@dataclass(frozen=True)
class Told:
    """What a score was when it was told last, of those it was told of: its band, and its place on the scale of
    `Scores.place`. Contacts ascend."""

    contact: Whole
    band: Texts
    place: Real


@dataclass(frozen=True)
class Points:
    """What events had given contacts by a lead model at each of `cuts`: `parts` has a row a contact and a column an
    instant, and `one` parts are a point. `since`: the publication that brought the model's form."""

    contact: Whole
    parts: Whole
    cuts: Sequence[Instant]
    one: int
    since: int


@dataclass(frozen=True)
class Data:
    """What a night knows: all up to the instant `at`, in the shop's currency and zone."""

    at: Instant
    currency: str
    zone: str
    orders: Orders
    lines: Lines
    acts: Acts
    told: Mapping[str, Told] = field(default_factory=dict)
    before: Instant = 0
    """The newest night in which anybody was told anything; 0: there was none."""
    points: Mapping[str, Points] = field(default_factory=dict)
    """By lead model."""
    written: Written = NOTHING_WRITTEN
    felt: Mapping[str, int] = field(default_factory=dict)
    """Of those who have written lately, how many there are of each `sentiment`."""
    service: ByService | None = None


@dataclass(frozen=True)
class Scores:
    """One score, of all who have it; contacts ascend, and each array or list has an entry for each.

    `trait`: what of the profile it becomes (None: it is in the lake and in the stored results only), and `told` its
    values; `value` the number that it is (nan: it is none); `band` a name or ""; `rank` from 1 to 100, which is the
    best; `place` where it is on a scale on which a move of more than five points is worth telling (percent, days);
    `reasons` up to three codes with their figures, what moves it most first; `basis` whether the model or the simple
    rule gives it.
    """

    score: str
    trait: str | None
    contact: Whole
    told: Sequence[Json]
    value: Real
    band: Texts
    rank: Whole
    place: Real
    reasons: Sequence[Sequence[Mapping[str, Json]]]
    basis: str = "model"

    def __len__(self) -> int:
        return len(self.contact)


@dataclass(frozen=True)
class Found:
    """What a thing of a night has come to: scores, of which one whose gate is closed is not among them (it is taken
    back then); `results`, by name, what the admin is to show of them; and `lists`, by name, for whoever reads those."""

    scores: Sequence[Scores] = ()
    results: Mapping[str, Any] = field(default_factory=dict)
    lists: Mapping[str, Json] = field(default_factory=dict)


Thing = Callable[[Data], Found]
