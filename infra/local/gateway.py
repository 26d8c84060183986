"""The HTTP side of the local run: API Gateway's two payload formats in front of the real handlers, and the pages.

The public API (HTTP API, payload version 2.0) stands at `/`, the admin (REST API, version 1.0) at `/admin`; both with
the routes that `template.yaml` gives them. `/`, `/mailbox` and `/local` are the local run's own.
"""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from infra.local.aws.calls import ACCOUNT
from infra.local.routes import Route
from infra.local.system import System, report
from shared.domain.operators import WORDS, Role

MAX_BYTES = 10 * 1024 * 1024  # API Gateway's own limit
TEXT = ("application/json", "application/x-www-form-urlencoded", "text/")
DEVELOPER = {"sub": "developer", "email": "developer@example.com", "cognito:username": "developer"}
"""Who is logged in to the admin here. Authorisation is API Gateway's, so nothing of this is ever deployed."""
ROLE_COOKIE = "beckon_as"
"""As whom: an owner, or who was chosen by opening `/admin/?as=viewer`."""


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
            payload = _version_1(system, route, request, parameters)
            if route.authorizer is not None and (told := let_in(system, route.authorizer, payload)) is not None:
                return told
            answer = _answer(_invoke(system, route.function, payload))
            chosen = dict(parse_qsl(request.query)).get("as") if request.path == "/" else None
            if chosen not in WORDS:
                return answer
            cookie = f"{ROLE_COOKIE}={chosen}; Path=/admin; HttpOnly; SameSite=Strict"
            return replace(answer, headers={**answer.headers, "set-cookie": cookie})
    return _json(403, {"message": "Missing Authentication Token"})  # what a REST API says of a path it does not know


def let_in(system: System, authorizer: str, payload: dict[str, Any]) -> Response | None:
    """Asks an authorizer (of the type REQUEST) who asks, and puts that into the payload; or why they are not let in."""
    if not payload["headers"].get("authorization"):
        return gateway_says(system, "UNAUTHORIZED")
    context = payload["requestContext"]
    arn = f"arn:aws:execute-api:eu-west-1:{ACCOUNT}:local/admin/{payload['httpMethod']}{payload['path']}"
    try:
        told = system.invoke(authorizer, {**payload, "type": "REQUEST", "methodArn": arn})
    except Exception as error:
        if str(error) != "Unauthorized":
            report(authorizer, error)
            return _json(500, {"message": None})
        return gateway_says(system, "UNAUTHORIZED")
    context["authorizer"] = {**told["context"], "principalId": told["principalId"]}
    return None


def gateway_says(system: System, name: str) -> Response:
    """What the admin's API answers by itself, as the template has it."""
    (api,) = system.template.of_type("AWS::Serverless::Api")
    told = system.template.properties(api)["GatewayResponses"][name]
    headers = {
        name.lower(): value.strip("'") for name, value in told.get("ResponseParameters", {}).get("Headers", {}).items()
    }
    body = told["ResponseTemplates"]["application/json"].encode()
    return Response(told["StatusCode"], {"content-type": "application/json", **headers}, body)


class Throttle:
    """How many requests of each route the admin's API still takes, as the template limits them (`MethodSettings`).

    Where time stands still, as in tests, there are no requests a second.
    """

    def __init__(self) -> None:
        self.left: dict[str, tuple[float, int]] = {}
        """Requests, and the instant at which there were so many."""

    def takes(self, system: System, request: Request) -> bool:
        if not system.world.ticks:
            return True
        (api,) = system.template.of_type("AWS::Serverless::Api")
        limits = {
            each["ResourcePath"].replace("~1", "/").replace("//", "/"): each
            for each in system.template.properties(api)["MethodSettings"]
        }
        routes = (route for route in system.routes["Api"] if route.match(request.method, request.path) is not None)
        path = next((route.path for route in routes if route.path in limits), "/*")
        most, rate = limits[path]["ThrottlingBurstLimit"], limits[path]["ThrottlingRateLimit"]
        now = system.world.now()
        left, at = self.left.get(path, (most, now))
        left = min(most, left + (now - at) / 1000 * rate)
        self.left[path] = (left - 1 if left >= 1 else left, now)
        return bool(left >= 1)


def signed_in_as(request: Request) -> str:
    """The role of whoever asks here."""
    found = re.search(rf"\b{ROLE_COOKIE}=(\w+)", request.headers.get("cookie", ""))
    return found[1] if found is not None and found[1] in WORDS else Role.OWNER.word


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
            "authorizer": {"claims": {**DEVELOPER, "cognito:groups": signed_in_as(request)}},
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


class BadRequestError(Exception):
    """A request that cannot be read; the text says what is wrong with it."""


OWN_PATHS = ("", "admin", "mailbox", "local")
"""What is for whoever sits at this machine: everything else is the public API, which strangers may call."""
OWN_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def refusal(request: Request) -> Response | None:
    """Why a request for this machine's own pages and the admin is not answered; None when it is.

    Any site that is open in the browser can post to localhost, and can have a name of its own lead there: so what is
    asked has to be asked of localhost, and by a page from there, or by a program, which says no origin.
    """
    if request.path.strip("/").partition("/")[0] not in OWN_PATHS:
        return None
    host, origin = request.headers.get("host", ""), request.headers.get("origin")
    if host.rpartition(":")[0] not in OWN_HOSTS and host not in OWN_HOSTS:
        return _json(403, {"message": f"this is for {' and '.join(OWN_HOSTS)} only, and not for other names of it"})
    if origin is not None and origin != f"http://{host}":
        return _json(403, {"message": "this is for the pages of this site only"})
    return None


class Server(ThreadingHTTPServer):
    """Listens on localhost from the start (OSError: the port is taken), and answers once it is `serving`.

    One request after the other, as all that happens here.
    """

    daemon_threads = True
    request_queue_size = 128
    system: System
    own: Own

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.throttle = Throttle()

    def serving(self, system: System, own: Own) -> Server:
        """This server, ready to `serve_forever`."""
        self.system, self.own = system, staticmethod(own)
        return self

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone away, as a closed tab does, is no news."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def serve(system: System, port: int, own: Own) -> Server:
    """A server that is ready to `serve_forever`."""
    return Server(port).serving(system, own)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def respond(self) -> None:
        try:
            body = self._body()
        except BadRequestError as error:
            self.close_connection = True
            self._write(_json(400, {"message": str(error)}))
            return
        if body is None:
            self.close_connection = True
            self._write(_json(413, {"message": "Request Entity Too Large"}))
            return
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower() != "transfer-encoding"}
        request = Request(self.command, url.path, url.query, headers, body)
        system = self.server.system
        with system.world.lock:
            response = refusal(request) or self.server.own(system, request) or self._api(request)
        self._write(response)

    def _body(self) -> bytes | None:
        """The body, whole; None when it is larger than API Gateway takes. BadRequestError."""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            return self._chunks()
        length = self.headers.get("content-length", "0").strip()
        if not (length.isascii() and length.isdigit()):
            raise BadRequestError("Content-Length has to be a number of bytes")
        return self.rfile.read(int(length)) if int(length) <= MAX_BYTES else None

    def _chunks(self) -> bytes | None:
        """What comes piece by piece, each with its length in front (RFC 9112, section 7.1)."""
        body = b""
        while True:
            size = self.rfile.readline(100).partition(b";")[0].strip()
            try:
                length = int(size, 16)
            except ValueError:
                raise BadRequestError("a chunk has to begin with its length") from None
            if length < 0 or len(body) + length > MAX_BYTES:
                return None
            if length == 0:
                while self.rfile.readline(1000).strip():
                    pass  # trailers
                return body
            body += self.rfile.read(length)
            self.rfile.readline(3)

    def _api(self, request: Request) -> Response:
        if request.path == "/admin" or request.path.startswith("/admin/"):
            asked = replace(request, path=request.path.removeprefix("/admin") or "/")
            if not self.server.throttle.takes(self.server.system, asked):
                return gateway_says(self.server.system, "THROTTLED")
            return admin(self.server.system, asked)
        return public(self.server.system, request)

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
