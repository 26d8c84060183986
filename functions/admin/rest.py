"""Requests and answers of the admin's API: JSON in and out, errors that name the field, paging by cursor."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from itertools import islice
from typing import Any, NamedTuple, NotRequired, TypeVar
from urllib.parse import unquote

from aws_lambda_powertools import Logger
from chalice.app import Chalice, Response
from typing_extensions import TypedDict

from functions.admin import recording
from functions.admin.recording import WaitError
from shared.domain.events import Json
from shared.domain.operators import Role, refusal, role_of
from shared.domain.refusals import RefusedError
from shared.domain.sources.payload import Payload, clean, read

MAX_ITEMS = 200
"""Of one page."""
PROXY = "/{proxy+}"
KEYED = "/api/{proxy+}"
"""The same for scripts, which come in with a key."""
_CURSOR = re.compile(r"(\d{1,19})\.([A-Za-z0-9_.#:-]{0,300})")
_HEADERS = {
    "Content-Type": "application/json",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}

Thing = TypeVar("Thing")

logger = Logger()
app = Chalice(app_name="admin", configure_logs=False)
app.log = logger  # type: ignore[assignment] # it has all that Chalice calls


class Problem(NamedTuple):
    """What is wrong with a definition: at which of its steps (None: with it as a whole), and in which line of its text,
    where that is known."""

    step: str | None
    text: str
    line: int | None


class ProblemsError(RefusedError):
    """A definition that is refused for all that is wrong with it."""

    def __init__(
        self, problems: Sequence[Problem], code: str = "invalid_journey", said: str = "", status: int = 400
    ) -> None:
        first = problems[0]
        where = f"line {first.line}: " if first.line else f"{first.step}: " if first.step else ""
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        super().__init__(code, f"{said}{': ' if said else ''}{where}{first.text}{more}", status=status)
        self.problems: Sequence[Any] = problems  # each a named tuple: a line of the answer


class Place(NamedTuple):
    """Where an item stands in what is paged through: its own place, after which the next page goes on."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Request:
    """What a view is given besides the path's parameters."""

    query: Mapping[str, str]
    body: bytes
    if_match: str | None
    """The etag of the form of a thing that the request is about."""
    operator: str
    """Who asks: the subject of the token that API Gateway has checked, or `key:` and the name of a script's key."""
    role: Role | None
    """What they may do, by the token's groups or the key; None: nobody has given them a role."""
    id: str
    """API Gateway's, of this request."""
    wait: int = 0
    """For how long (milliseconds) this key has to wait: it has asked too often."""
    once: str | None = None
    """The Idempotency-Key."""

    def json(self) -> Payload:
        """The JSON object in the body. RefusedError when there is none."""
        return read(self.body)

    def json_with_text(self, name: str) -> Payload:
        """As `json`, but for one field: that is a text whose lines count, and stays as it was sent."""
        told = self.json()
        return told | {name: json.loads(self.body)[name]} if name in told else told

    def json_with_lines(self) -> Payload:
        """As `json`, but line breaks in its texts stay: the words of an email have paragraphs."""
        self.json()
        told: Payload = clean(json.loads(self.body), lines=True)
        return told

    def limit(self, otherwise: int, most: int = MAX_ITEMS) -> int:
        """How many items the page shall have."""
        text = self.query.get("limit", str(otherwise))
        if not re.fullmatch(r"\d{1,5}", text) or not 1 <= int(text) <= most:
            raise RefusedError("invalid_limit", f"limit must be from 1 to {most}", "limit")
        return int(text)

    def cursor(self) -> Place | None:
        """The place after which the page begins; None for the first page."""
        return place_of(self.query.get("cursor"))


def place_of(cursor: str | None) -> Place | None:
    """The place that a cursor leads to. RefusedError: it is none of ours."""
    if cursor is None:
        return None
    try:
        plain = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        match = _CURSOR.fullmatch(plain.decode("ascii"))
    except (binascii.Error, ValueError):
        match = None
    if match is None:
        raise RefusedError("invalid_cursor", "pass the previous page's cursor unchanged", "cursor")
    return Place(int(match[1]), match[2])


def left_out(contact: str, error: Exception) -> None:
    """Says of a contact who cannot be read, or not be looked at, that an answer about many is without them."""
    logger.error("contact left out", contact=contact, reason=type(error).__name__)


def paged(name: str, placed: Iterable[tuple[Place, Json]], limit: int) -> Json:
    """A page of at most `limit` items, named `name`, and the `cursor` of the next one (None: it is the last)."""
    found = list(islice(placed, limit + 1))
    more = len(found) > limit
    return {
        name: [item for _, item in found[:limit]],
        "cursor": cursor_of(found[limit - 1][0]) if more else None,
    }


def page_of(
    request: Request,
    name: str,
    things: Iterable[Thing],
    place: Callable[[Thing], Place],
    told: Callable[[Thing], Json],
    newest_first: bool = False,
) -> Json:
    """A page of a list that is held as a whole, in the order of the things' places: by number, then by name;
    `newest_first`: the greatest number first. No two things may have one place, and none may change its own: then each
    is given exactly once, whatever is added or taken away meanwhile. Only what is on the page is `told`."""

    def order(of: Place) -> Place:
        return Place(-of.number, of.name) if newest_first else of

    after, limit = request.cursor(), request.limit(MAX_ITEMS)
    placed = ((place(each), each) for each in things)
    rest = [(at, each) for at, each in placed if after is None or order(at) > order(after)]
    rest.sort(key=lambda each: order(each[0]))
    page = paged(name, rest, limit)
    return {**page, name: [told(each) for each in page[name]]}


def by_id(id_: str) -> Place:
    """The place of a thing in a list that is in the order of ids."""
    return Place(0, id_)


def cursor_of(place: Place) -> str:
    """The cursor that leads to what comes after the place."""
    return base64.urlsafe_b64encode(f"{place.number}.{place.name}".encode()).decode().rstrip("=")


def resolved(event: dict[str, Any]) -> dict[str, Any] | None:
    """A request as it came by API Gateway's one route for all that only operators may ask (`/{proxy+}`), as it would
    have come by a route of its own. None: there is none for it."""
    if event["resource"] not in (PROXY, KEYED):
        return event
    path = "/" + event["pathParameters"]["proxy"].rstrip("/")
    for template in sorted(app.routes, key=lambda each: (each.count("{"), each)):
        found = re.fullmatch(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template)), path)
        if found is not None:
            return {
                **event,
                "resource": template,
                "pathParameters": {name: unquote(value) for name, value in found.groupdict().items()} or None,
                "requestContext": {**event["requestContext"], "resourcePath": template},
            }
    return None


View = Callable[..., Json]
"""From a Request and the path's parameters to the answer's JSON, or to a Response where it is no 200."""


class Paging(TypedDict, total=False):
    """What a list that can grow is asked with."""

    limit: int
    """How many items the page shall have: from 1 to 200."""
    cursor: str
    """That of the previous page, unchanged; left out for the first."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A route, as it is registered, checked and described (openapi.py)."""

    method: str
    path: str
    role: Role
    """Which it takes."""
    view: View
    """Its docstring describes the route; its first sentence is the summary."""
    takes: Any
    """What the body is: a pydantic model, a TypedDict, or another type that pydantic knows. None: there is none."""
    gives: Any
    """What an answer of the 200s is; likewise."""
    query: type | None
    """A TypedDict (total=False) of what can stand in the query."""
    status: int
    """Of the answer, where all goes well."""
    changes: bool
    """Whether it changes anything: then a line of the log of changes is written (recording.py)."""
    edits: bool
    """Whether a change of somebody else could be lost by it: then If-Match has to name the form that is changed."""
    makes: bool
    """Whether it is an edit that also makes what is not there yet, of which there is no form to name: its view asks for
    If-Match where there is one (`no_form`)."""
    about: tuple[str, ...]
    """Beside the path's parameters, the fields of the answer or the body with the ids of what it is about."""
    keeps: bool
    """Whether the answer may be kept, to be given again for the same Idempotency-Key. Not where people's data are in
    it: then a repeated request is done again, and has to be safe to repeat."""


ROUTES: list[Declared] = []
"""All that is registered."""


def route(
    method: str,
    path: str,
    *,
    role: Role,
    takes: Any = None,
    gives: Any = None,
    query: type | None = None,
    status: int = 200,
    changes: bool | None = None,
    edits: bool = False,
    makes: bool = False,
    about: tuple[str, ...] = (),
    keeps: bool = True,
) -> Callable[[View], View]:
    """Answers requests of this method and path with what the view gives, as JSON, to whom has the role. See Declared;
    `changes`: left out, all but GET do.

    A RefusedError becomes the error answer it describes; anything else that is raised becomes a 500, and is logged by
    its kind and place, not by its text, which could repeat what was asked for.
    """

    def register(view: View) -> View:
        changing = method != "GET" if changes is None else changes
        declared = Declared(method, path, role, view, takes, gives, query, status, changing, edits, makes, about, keeps)
        ROUTES.append(declared)

        @wraps(view)
        def answered(**parameters: str) -> Response:
            try:
                request = _request()
                admit(request, declared)
                call = partial(called, declared, request, parameters)
                return recording.carried_out(declared, request, parameters, call) if declared.changes else call()
            except RefusedError as error:
                return problem(error, recording.newest_change(parameters) if error.status == 412 else None)
            except Exception as error:
                logger.error("request failed", route=f"{method} {path}", error=type(error).__name__, at=_place(error))
                return problem(RefusedError("failed", "internal error; see the log", status=500))

        app.route(path, methods=[method])(answered)
        return view

    return register


def admit(request: Request, declared: Declared) -> None:
    """RefusedError where the request does not come to the route's own code."""
    if request.wait:
        raise WaitError("too_many", "this key has asked too often: wait, and ask again", 429, request.wait)
    if (refused := refusal(request.role, declared.role)) is not None:
        raise RefusedError("not_allowed", refused, status=403)
    if declared.edits and request.if_match is None:
        raise no_form()


def no_form() -> RefusedError:
    told = "say which form you have changed or looked at: If-Match, with the etag that GET gave"
    return RefusedError("precondition_required", told, "If-Match", 428)


def called(declared: Declared, request: Request, parameters: Mapping[str, str]) -> Response:
    """What the view answers."""
    result = declared.view(request, **parameters)
    return result if isinstance(result, Response) else answer(declared.status, result)


def answer(status: int, body: Json, etag: str | None = None) -> Response:
    """`etag`: of the form of a thing that the answer is about; where it stands in the body, it need not be said."""
    told = etag or (body.get("etag") if isinstance(body, dict) else None)
    return Response(body=body, status_code=status, headers={**_HEADERS, **({"ETag": told} if told else {})})


class Refused(TypedDict):
    """Every error, as application/problem+json (RFC 9457): `code` is for programs, `detail` says what to fix."""

    type: str
    """`urn:problem-type:beckon:` and the code."""
    title: str
    """The code in words."""
    status: int
    detail: str
    code: str
    field: NotRequired[str]
    """Which of the body's fields, the path's or query's parameters, or headers it is about."""
    problems: NotRequired[list[ProblemTold]]
    """All that is wrong with a definition."""
    changed: NotRequired[ChangedMeanwhile]
    """Of a 412: the change that came between, where it is known."""


class ChangedMeanwhile(TypedDict):
    """The newest change of what the request is about."""

    by: str
    at: int
    action: str
    etag: str


class ProblemTold(TypedDict):
    """One thing that is wrong, and where: at which step, in which line of the text, or at which place of the tree."""

    text: str
    step: NotRequired[str | None]
    line: NotRequired[int | None]
    at: NotRequired[list[str | int]]


def problem(error: RefusedError, changed: Json = None) -> Response:
    """How every error of this API is told; `changed`: the change that was not known to whoever asked."""
    told: Refused = {
        "type": f"urn:problem-type:beckon:{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": error.status,
        "detail": error.message,
        "code": error.code,
    }
    if error.field is not None:
        told["field"] = error.field
    if isinstance(error, ProblemsError):
        told["problems"] = [each._asdict() for each in error.problems]
    if changed is not None:
        told["changed"] = changed
    response = answer(error.status, told)
    response.headers["Content-Type"] = "application/problem+json"
    if isinstance(error, WaitError):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _request() -> Request:
    request = app.current_request
    assert request is not None
    body = request.raw_body
    raw = body.encode() if isinstance(body, str) else body
    authorizer = request.context.get("authorizer") or {}
    claims = authorizer.get("claims")
    if claims is not None:
        operator, groups = str(claims.get("sub", "unknown")), str(claims.get("cognito:groups", ""))
    else:  # functions/keys
        operator, groups = str(authorizer.get("operator", "unknown")), str(authorizer.get("role", ""))
    return Request(
        dict(request.query_params or {}),
        raw,
        request.headers.get("if-match"),
        operator,
        role_of(groups),
        str(request.context.get("requestId", "")),
        int(authorizer.get("wait", 0)),
        request.headers.get("idempotency-key"),
    )


def _place(error: Exception) -> str:
    """The innermost line of ours that the error came from."""
    place, frame = "", error.__traceback__
    while frame is not None:
        name = frame.tb_frame.f_globals.get("__name__", "")
        if name.startswith(("functions.", "shared.")):
            place = f"{name}:{frame.tb_lineno}"
        frame = frame.tb_next
    return place
