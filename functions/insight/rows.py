"""Values of many contacts that are made when they are asked for: of a million contacts a page at a time is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar, overload

T = TypeVar("T")


class Rows(Sequence[T]):
    def __init__(self, number: int, make: Callable[[int], T]) -> None:
        self.number, self.make = number, make

    def __len__(self) -> int:
        return self.number

    @overload
    def __getitem__(self, at: int) -> T: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[T]: ...
    def __getitem__(self, at: int | slice) -> T | Sequence[T]:
        if isinstance(at, slice):
            return [self.make(each) for each in range(*at.indices(self.number))]
        if not -self.number <= at < self.number:
            raise IndexError(at)
        return self.make(at % self.number)
