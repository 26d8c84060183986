"""Drafts: what somebody is writing, not published yet. All of one kind (journeys, templates) are one numbered document
of the Definitions table, so that two who change one at a time are told apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from pydantic import ConfigDict, TypeAdapter

from shared.adapters.definitions_table import PublishedMeanwhileError, Version, compressed, put_new, versions


class Numbered(Protocol):
    @property
    def number(self) -> int: ...


D = TypeVar("D", bound=Numbered)


class Drafts(Generic[D]):
    """The drafts of a kind, by what they are drafts of. A draft's `number` is that of the document that brought it."""

    def __init__(self, document: str, kind: type[D]) -> None:
        self._document = document
        self._read: TypeAdapter[dict[str, D]] = TypeAdapter(
            dict[str, kind],  # type: ignore[valid-type] # known when it runs
            config=ConfigDict(defer_build=True),  # only the admin function reads drafts
        )

    def all(self) -> dict[str, D]:
        return self._numbered()[1]

    def put(self, id_: str, made: Callable[[int], D], instead_of: int | None) -> D:
        """Keeps a draft, in the place of the one of that number (None: of none). PublishedMeanwhileError: there is
        another, or none any more. TooLargeError."""
        newest, drafts = self._numbered()
        if (drafts[id_].number if id_ in drafts else None) != instead_of:
            raise PublishedMeanwhileError(f"there is another draft of {id_}")
        draft = made(newest + 1)
        self._store(newest + 1, {**drafts, id_: draft})
        return draft

    def drop(self, id_: str, number: int) -> None:
        """Drops the draft of that number, if there is still that one. PublishedMeanwhileError."""
        newest, drafts = self._numbered()
        if id_ in drafts and drafts[id_].number == number:
            del drafts[id_]
            self._store(newest + 1, drafts)

    def _numbered(self) -> tuple[int, dict[str, D]]:
        number, body = next(versions(self._document), (0, b"{}"))
        return number, self._read.validate_json(body)

    def _store(self, number: int, drafts: dict[str, D]) -> None:
        body = self._read.dump_json(drafts, by_alias=True, exclude_none=True)
        put_new(Version(self._document, number, compressed("drafts", body)))
