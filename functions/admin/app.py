"""Admin: what the shop's operators see and do, a page and its API, behind API Gateway's Cognito authorizer.

Every request has passed the authorizer; only `GET /`, the page on which they sign in, and what it is made of are open.
Personal data travels in bodies, never in URLs.
"""

from __future__ import annotations

from typing import Any

from chalice.app import Response

from functions.admin import page, routes
from functions.admin.rest import app, problem, resolved
from shared.domain.refusals import RefusedError


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """One request of the REST API (payload format 1.0)."""
    routes.load(event)
    request = resolved(event)
    if request is None:
        return problem(RefusedError("not_found", "there is no such page of the API", status=404)).to_dict()
    methods = app.routes.get(request["resource"], {})
    if request["httpMethod"] not in methods:
        told = f"this can be asked with {' or '.join(sorted(methods))} only"
        refused = problem(RefusedError("method_not_allowed", told, status=405))
        refused.headers["Allow"] = ", ".join(sorted(methods))
        return refused.to_dict()
    answered: dict[str, Any] = app(request, context)
    return answered


@app.route("/")
def the_page() -> Response:
    request = app.current_request
    assert request is not None
    text, policy = page.html(page.login(request.stage_vars), request.context["path"].rstrip("/"))
    headers: dict[str, str | list[str]] = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body=text, headers=headers)


@app.route("/assets/{version}/{file}")
def asset(version: str, file: str) -> Response:
    return asset_named(version, file)


@app.route("/assets/{version}/vendor/{file}")
def vendored_asset(version: str, file: str) -> Response:
    return asset_named(version, f"vendor/{file}")


def asset_named(version: str, file: str) -> Response:
    """A module or the style of the page, for good: another version of it has another name."""
    if version != page.version() or file not in page.assets():
        told = "there is no such file: the page may have been updated, reload it"
        return problem(RefusedError("not_found", told, status=404))
    found = page.served(file)
    headers: dict[str, str | list[str]] = {
        "Content-Type": found.media_type,
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(body=found.text, headers=headers)
