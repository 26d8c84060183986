"""Refusals: what is wrong with what somebody sent, and how every API says so."""

from __future__ import annotations

from typing import Any


class RefusedError(Exception):
    """What the sender has to fix: an HTTP status, a code, a sentence and the field. Never any of the sender's data."""

    def __init__(self, code: str, message: str, field: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.field, self.status = code, message, field, status

    def within(self, prefix: str) -> RefusedError:
        """The same, of a part of a larger payload."""
        field = prefix if self.field is None else f"{prefix}.{self.field}"
        return RefusedError(self.code, self.message, field, self.status)


def error_body(code: str, message: str, field: str | None = None) -> dict[str, Any]:
    """How every error is told: what it is, what to fix, and where."""
    return {"error": {"code": code, "message": message, **({"field": field} if field else {})}}
