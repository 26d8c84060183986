"""The operators' page: one HTML file, and the modules and the style it is made of; a policy lets nothing else run.

The files are native modules that name each other by relative paths (`./parts.js`), served without their comments and
indentation (`stripping`). What they are called carries a hash of them all: `assets/{version}/parts.js`. So a browser
may keep them for a year, files that belong together come together, and a changed file changes every name. What is
served is read from the folder once, by name: a request cannot reach any other file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from functions.admin import stripping
from shared.adapters import definitions
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment

FOLDER = Path(__file__).parent / "page"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


class Login(BaseModel):
    """Where operators sign in: on Cognito's own page, from which they come back with a code for a token (PKCE)."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True)

    user_pool_domain: str = Field(pattern=r"^https://[a-z0-9.-]+$")
    client_id: str = Field(pattern=r"^\w+$")


class PageSettings(Settings):
    currency: str
    images_url: str


class Asset(NamedTuple):
    text: str
    media_type: str


def login(stage_variables: Mapping[str, str] | None) -> Login | None:
    """What the API's stage says; None where it has no variables, as locally: then the page sends no token.

    That opens nothing: who may come in is API Gateway's to decide, and on AWS it lets nobody in without a token.
    """
    return Login.model_validate(stage_variables) if stage_variables else None


@cache
def assets() -> Mapping[str, Asset]:
    """All that the page loads, by its path below the folder, as it is written."""
    return {
        file.relative_to(FOLDER).as_posix(): Asset(file.read_text(encoding="utf-8"), TYPES[file.suffix])
        for file in sorted(FOLDER.rglob("*"))
        if file.suffix in TYPES
    }


@cache
def served(name: str) -> Asset:
    """One of `assets`, as browsers get it. What is vendored is small already, and has been packed so."""
    asset = assets()[name]
    if name.startswith("vendor/"):
        return asset
    strip = stripping.style if name.endswith(".css") else stripping.script
    return asset._replace(text=strip(asset.text))


@cache
def version() -> str:
    """Names the assets by what is in them, and by what strips them."""
    digest = hashlib.sha256(Path(stripping.__file__).read_bytes())
    for name, asset in assets().items():
        digest.update(f"{name}\0{len(asset.text)}\0{asset.text}".encode())
    return digest.hexdigest()[:16]


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])


def html(login: Login | None, base: str) -> tuple[str, str]:
    """The page, and the Content-Security-Policy to send it with. `base` is the path it stands at: `/admin`."""
    told = {
        "base": f"{base}/",
        "currency": environment(PageSettings).currency,
        "zone": definitions.zone(),
        "login": login and login.model_dump(by_alias=True),
        "now": now(),
    }
    parts = {"ASSETS": f"{base}/assets/{version()}", "SETTINGS": json.dumps(told)}
    text = (FOLDER / "page.html").read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"%{name}%", escape(part))
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"data: https: {_origin(environment(PageSettings).images_url)}",  # what emails show
        "connect-src": f"'self' {login.user_pool_domain}" if login else "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return text, "; ".join(f"{name} {value}" for name, value in policy.items())
