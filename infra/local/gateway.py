"""The HTTP side of the local run: API Gateway's two payload formats in front of the real handlers, and the pages.

The public API (HTTP API, payload version 2.0) stands at `/`, the admin (REST API, version 1.0) at `/admin`; both with
the routes that `template.yaml` gives them. `/`, `/mailbox` and `/local` are the local run's own.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from infra.local.aws import ACCOUNT
from infra.local.routes import Route
from infra.local.system import System, report

MOST_BYTES = 10 * 1024 * 1024  # API Gateway's own limit
TEXT = ("application/json", "application/x-www-form-urlencoded", "text/")
DEVELOPER = {"sub": "developer", "email": "developer@example.com", "cognito:username": "developer"}
"""Who is logged in to the admin here. Authorisation is API Gateway's, so nothing of this is ever deployed."""


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""


@dataclass(frozen=True)
class Response:
    status: int
    headers: Mapping[str, str]
    body: bytes


def public(system: System, request: Request) -> Response:
    """A request to the public API."""
    for route in system.routes["HttpApi"]:
        parameters = route.match(request.method, request.path)
        if parameters is not None:
            return _answer(_invoke(system, route.function, _version_2(system, route, request, parameters)))
    return _json(404, {"message": "Not Found"})


def admin(system: System, request: Request) -> Response:
    """A request to the admin; `path` without the `/admin` in front."""
    for route in system.routes["Api"]:
        parameters = route.match(request.method, request.path)
        if parameters is not None:
            return _answer(_invoke(system, route.function, _version_1(system, route, request, parameters)))
    return _json(403, {"message": "Missing Authentication Token"})  # what a REST API says of a path it does not know


def _invoke(system: System, function: str, payload: dict[str, Any]) -> Any:
    try:
        return json.loads(json.dumps(system.invoke(function, payload)))
    except Exception as error:
        report(function, error)
        return {"statusCode": 500, "body": '{"message":"Internal Server Error"}'}


def _version_2(system: System, route: Route, request: Request, parameters: dict[str, str]) -> dict[str, Any]:
    body, encoded = _body(request)
    payload: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{route.method} {route.path}",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": dict(request.headers),
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": request.headers.get("host", "localhost"),
            "domainPrefix": "local",
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": f"local-{system.world.number('request')}",
            "routeKey": f"{route.method} {route.path}",
            "stage": "$default",
            "timeEpoch": system.world.now(),
        },
        "isBase64Encoded": encoded,
    }
    if request.query:
        payload["queryStringParameters"] = {
            name: ",".join(values) for name, values in parse_qs(request.query, keep_blank_values=True).items()
        }
    if parameters:
        payload["pathParameters"] = parameters
    if request.body:
        payload["body"] = body
    return payload


def _version_1(system: System, route: Route, request: Request, parameters: dict[str, str]) -> dict[str, Any]:
    body, encoded = _body(request)
    query = parse_qsl(request.query, keep_blank_values=True)
    return {
        "version": "1.0",
        "resource": route.path,
        "path": request.path,
        "httpMethod": request.method,
        "headers": dict(request.headers),
        "multiValueHeaders": {name: [value] for name, value in request.headers.items()},
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": {name: [v for n, v in query if n == name] for name, _ in query} or None,
        "pathParameters": parameters or None,
        "stageVariables": None,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "authorizer": {"claims": DEVELOPER},
            "httpMethod": request.method,
            "identity": {"sourceIp": "127.0.0.1", "userAgent": request.headers.get("user-agent", "")},
            "path": f"/admin{request.path}",
            "requestId": f"local-{system.world.number('request')}",
            "resourcePath": route.path,
            "stage": "admin",
        },
        "body": body if request.body else None,
        "isBase64Encoded": encoded,
    }


def _body(request: Request) -> tuple[str, bool]:
    """The body as the payload carries it: text as it is, anything else as base64."""
    if request.headers.get("content-type", "").startswith(TEXT) and "content-encoding" not in request.headers:
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def _answer(result: Any) -> Response:
    """What a handler returned, as HTTP. A dictionary without a status is itself the JSON body (version 2.0)."""
    if not isinstance(result, dict) or "statusCode" not in result:
        return _json(200, result)
    body = result.get("body") or ""
    raw = base64.b64decode(body) if result.get("isBase64Encoded") else str(body).encode()
    headers = {name.lower(): values[-1] for name, values in (result.get("multiValueHeaders") or {}).items()}
    headers |= {name.lower(): str(value) for name, value in (result.get("headers") or {}).items()}
    return Response(int(result["statusCode"]), {"content-type": "application/json", **headers}, raw)


def _json(status: int, body: Any) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps(body).encode())


# ── the server ──


Own = Callable[[System, Request], Response | None]
"""Answers what is the local run's own, and gives None for what is the APIs'."""


def serve(system: System, port: int, own: Own) -> ThreadingHTTPServer:
    """A server on localhost that is ready to `serve_forever`. One request after the other, as all that happens here."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            if length > MOST_BYTES:
                self.close_connection = True
                self._write(_json(413, {"message": "Request Entity Too Large"}))
                return
            url = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, url.path, url.query, headers, self.rfile.read(length))
            with system.world.lock:
                response = own(system, request) or self._api(request)
            self._write(response)

        def _api(self, request: Request) -> Response:
            if request.path == "/admin" or request.path.startswith("/admin/"):
                inner = Request(
                    request.method,
                    request.path.removeprefix("/admin") or "/",
                    request.query,
                    request.headers,
                    request.body,
                )
                return admin(system, inner)
            return public(system, request)

        def _write(self, response: Response) -> None:
            self.send_response(response.status)
            for name, value in response.headers.items():
                if name != "content-length":
                    self.send_header(name, value)
            self.send_header("content-length", str(len(response.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)

        do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = do_PATCH = respond  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing: addresses may stand in a request."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    return server
