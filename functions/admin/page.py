"""The operators' page: one HTML file with its style and its script in it, and a policy that lets nothing else run."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from shared.adapters.environment import Settings, environment

FOLDER = Path(__file__).parent / "page"


class Login(BaseModel):
    """Where operators sign in: on Cognito's own page, from which they come back with a code for a token (PKCE)."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    user_pool_domain: str = Field(pattern=r"^https://[a-z0-9.-]+$")
    client_id: str = Field(pattern=r"^\w+$")


class PageSettings(Settings):
    currency: str


def login(stage_variables: Mapping[str, str] | None) -> Login | None:
    """What the API's stage says; None where it has no variables, as locally: then the page sends no token.

    That opens nothing: who may come in is API Gateway's to decide, and on AWS it lets nobody in without a token.
    """
    return Login.model_validate(stage_variables) if stage_variables else None


@cache
def html(login: Login | None) -> tuple[str, str]:
    """The page, and the Content-Security-Policy to send it with."""
    style, script = _read("page.css"), _read("segments.js") + _read("page.js")
    told = {"currency": environment(PageSettings).currency, "login": login and login.model_dump(by_alias=True)}
    parts = {"STYLE": style, "SCRIPT": script, "SETTINGS": json.dumps(told).replace("<", "\\u003c")}
    text = _read("page.html")
    for name, part in parts.items():
        text = text.replace(f"%{name}%", part)
    policy = {
        "default-src": "'none'",
        "script-src": _hash(script),
        "style-src": _hash(style),
        "img-src": "data:",  # no icon, so that none is asked for
        "connect-src": f"'self' {login.user_pool_domain}" if login else "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return text, "; ".join(f"{name} {value}" for name, value in policy.items())


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What names an inline script or style in a Content-Security-Policy."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
