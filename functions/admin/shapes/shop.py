"""Shapes of what is asked and told of the shop's settings, keys and who signs in."""

from __future__ import annotations

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from shared.domain.settings import ShopSettings

# ── bodies ──


class KeyMade(TypedDict):
    name: str
    role: Literal["viewer", "editor", "sender", "owner"]
    days: NotRequired[int]


# ── answers ──


class SettingsVersion(TypedDict):
    number: int
    at: int
    by: str
    settings: ShopSettings


class SettingsDraft(TypedDict):
    """`number`: of the version that it was begun from."""

    text: str
    number: int
    at: int
    by: str


class SettingsWritten(TypedDict):
    text: str
    number: int


class SettingsTold(SettingsVersion):
    """`draft_etag`: names the draft, or that there is none."""

    etag: str
    draft_etag: str
    draft: SettingsDraft | None


class SettingsVersions(TypedDict):
    versions: list[SettingsVersion]
    cursor: str | None


class KeyTold(TypedDict):
    name: str
    role: str
    made: int
    by: str
    expires: int | None
    used: int | None
    revoked: int | None
    state: Literal["open", "expired", "revoked"]


class Keys(TypedDict):
    keys: list[KeyTold]
    cursor: str | None


class Invitation(TypedDict):
    email: str
    role: Literal["viewer", "editor", "sender", "owner"]


class RoleGiven(TypedDict):
    role: Literal["viewer", "editor", "sender", "owner"]


class OfOperator(TypedDict):
    operator: str


class OperatorTold(OfOperator):
    """Who may sign in. `invited`: they have not done so yet."""

    email: str
    role: Literal["viewer", "editor", "sender", "owner"] | None
    state: Literal["invited", "active", "disabled"]
    since: int
    etag: str


class Operators(TypedDict):
    operators: list[OperatorTold]
    cursor: str | None


class KeyShown(KeyTold):
    key: str
    """Shown this once."""


class KeyRevoked(TypedDict):
    name: str
    state: str
