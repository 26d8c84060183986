"""What conditions are written with: durations, names, numbers; and what every condition says of itself."""

import hashlib
import re
from abc import ABC, abstractmethod
from typing import Annotated, Any, ClassVar, Protocol, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, PlainSerializer, ValidationInfo, WithJsonSchema

from shared.domain.events import DAY, HOUR, MINUTE, SECOND, Strict

T = TypeVar("T")
UNITS = {"s": SECOND, "min": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}


def parse_duration(text: str) -> int:
    """`"60d"` → milliseconds; units s, min, h, d, w. ValueError."""
    match = re.fullmatch(r"(-?)(\d{1,6})\s*(s|min|h|d|w)", text.strip())
    if match is None:
        raise ValueError("not a duration: write a number and one of s, min, h, d, w, such as 60d")
    return int(match[1] + match[2]) * UNITS[match[3]]


MAX_DAYS_MEANT = 3_650
"""A greater number was hardly meant as days, but as seconds or milliseconds."""


def read_duration(value: Any, info: ValidationInfo) -> Any:
    """A number is milliseconds in Python only. In JSON, which people write, it has no unit: 2592000 may be meant as
    seconds, and 90 as days."""
    if isinstance(value, str):
        return parse_duration(value)
    if info.mode == "python":
        return value
    days = isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MAX_DAYS_MEANT
    meant = f"{value}d" if days else "60d"
    raise ValueError(f'a duration is a text with its unit (s, min, h, d or w): write "{meant}"')


def format_duration(milliseconds: int) -> str:
    """The shortest text that `parse_duration` reads back."""
    unit = next(unit for unit in ("d", "h", "min", "s") if milliseconds % UNITS[unit] == 0)
    return f"{milliseconds // UNITS[unit]}{unit}"


LONGEST = 100 * 366 * DAY
Signed = Annotated[
    int,
    BeforeValidator(read_duration),
    PlainSerializer(format_duration),
    Field(ge=-LONGEST, le=LONGEST),
    WithJsonSchema({"type": "string", "format": "signed-duration", "pattern": r"^-?\d{1,6}\s*(s|min|h|d|w)$"}),
]
Duration = Annotated[
    Signed,
    Field(gt=0),
    WithJsonSchema({"type": "string", "format": "duration", "pattern": r"^\d{1,6}\s*(s|min|h|d|w)$"}),
]
Name = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00]*$")]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Percent = Annotated[float, Field(gt=0, lt=100)]
Count = Annotated[int, Field(ge=1, le=1000)]
Number = Annotated[int | float, AfterValidator(lambda value: int(value) if value == int(value) else value)]
"""Of 3 and 3.0 the same."""
Few = Annotated[int, Field(ge=1, le=20)]


class Described(Strict, ABC):
    """What every condition says of itself."""

    needs: ClassVar[str] = ""
    zone: ClassVar[str] = "none"
    flips: ClassVar[str] = "no"

    @abstractmethod
    def moved_by(self) -> set[str]:
        """What of a profile it looks at, named as `folding.fold` names what it touches: an event that touches nothing
        of it cannot change its answer."""


class Short(Described):
    """A condition that `shorthand.plain` writes out."""

    def moved_by(self) -> set[str]:
        raise TypeError("ask it of the condition that it is short for")


def bounded(condition: T, least: float | None, most: float | None, *, both_may_be_missing: bool = True) -> T:
    if least is None and most is None and not both_may_be_missing:
        raise ValueError("needs `at_least` or `at_most`")
    if least is not None and most is not None and most < least:
        raise ValueError("`at_most` has to be `at_least` or more")
    return condition


class Ranged(Protocol):
    """What has bounds, of which `more` and `less` are not within them."""

    @property
    def at_least(self) -> float | None: ...
    @property
    def more(self) -> float | None: ...
    @property
    def at_most(self) -> float | None: ...
    @property
    def less(self) -> float | None: ...


R = TypeVar("R", bound=Ranged)


def ranged(condition: R, *, needs_one: bool = False) -> R:
    """As `bounded`, of bounds of which some are strict."""
    if None not in (condition.at_least, condition.more) or None not in (condition.at_most, condition.less):
        raise ValueError("takes either `at_least` or `more`, and either `at_most` or `less`")
    low = condition.at_least if condition.more is None else condition.more
    high = condition.at_most if condition.less is None else condition.less
    if needs_one and low is None and high is None:
        raise ValueError("needs `at_least` or `more`, `at_most` or `less`, or one of each")
    if low is not None and low == high and (condition.more, condition.less) != (None, None):
        raise ValueError("no number is within these bounds")
    return bounded(condition, low, high)


def days_ago(condition: T, least: float | None, most: float | None) -> T:
    """As `bounded`, of how many days ago something was."""
    if most == 0:
        raise ValueError("`at_most` 0 holds for an instant only: write 1 for the last 24 hours")
    return bounded(condition, least, most, both_may_be_missing=False)


def condition_key(condition: BaseModel) -> str:
    """The same for the same condition, however it was written."""
    return hashlib.sha256(condition.model_dump_json(by_alias=True, exclude_none=True).encode()).hexdigest()[:12]
