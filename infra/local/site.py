"""What of the HTTP side is the local run's own: the start page, the mailbox, and what `beckon` calls."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from infra.local import dynamodb, history, mailbox, ses, stepfunctions, storefront
from infra.local.gateway import Request, Response
from infra.local.settings import PARAMETERS
from infra.local.system import System
from shared.domain.events import DAY, SECOND, iso

ORIGINS = "http://localhost", "http://127.0.0.1"


def answer(system: System, request: Request) -> Response | None:
    """The answer to a request that is the local run's own; None when it is the APIs'."""
    match [request.method, *request.path.strip("/").split("/")]:
        case ["GET", ""]:
            return _html(mailbox.start_page(facts(system)))
        case ["GET", "local", "pages.css"]:
            return Response(200, {"content-type": "text/css; charset=utf-8"}, mailbox.STYLE.read_bytes())
        case ["GET", "local", "status"]:
            return _json(status(system))
        case ["GET", "local", "mails"]:
            return _json({"mails": mails(system, int(dict(parse_qsl(request.query)).get("limit", "20")))})
        case ["POST", "local" | "mailbox", *_] if not _of_this_site(request):
            return _json({"message": "this is for the pages of this site only"}, 403)
        case ["POST", "local", "clock"]:
            return turn_clock(system, request)
        case [method, "mailbox", *rest]:
            return _mailbox(system, request, method, rest)
        case _:
            return None


def _mailbox(system: System, request: Request, method: str, rest: list[str]) -> Response | None:
    query = {name: values[-1] for name, values in parse_qs(request.query).items()}
    try:
        match [method, *rest]:
            case ["GET"]:
                asked = {name: query[name] for name in ("search", "contact", "before") if name in query}
                return _html(mailbox.mailbox_page(system.world, **asked))
            case ["GET", id_]:
                return _html(mailbox.mail_page(system.world, id_, query.get("tab", "")))
            case ["GET", id_, "links", number]:
                return _see(mailbox.act(system.world, id_, "click", {"link": number}))
            case ["POST", id_]:
                form = dict(parse_qsl(request.body.decode()))
                return _see(mailbox.act(system.world, id_, form.get("action", ""), form))
            case _:
                return None
    except KeyError:
        return _html("<h1>There is no such mail</h1>", 404)
    except ValueError as error:
        return _json({"message": str(error)}, 400)


def _of_this_site(request: Request) -> bool:
    """Whether a form was posted from a page of ours (or by a program), and not by another site's page."""
    origin = request.headers.get("origin", "")
    return not origin or origin == "null" or origin.startswith(ORIGINS)


def turn_clock(system: System, request: Request) -> Response:
    """Lets time pass: `days` of the start page's form, or `seconds` of `beckon clock`."""
    by_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    given = dict(parse_qsl(request.body.decode())) if by_form else json.loads(request.body or b"{}")
    try:
        by = int(given["days"]) * DAY if "days" in given else int(given["seconds"]) * SECOND
    except (KeyError, ValueError):
        return _json({"message": "say `days` or `seconds`, as a whole number"}, 400)
    before = _mail_count(system)
    system.pass_time(by)
    if by_form:
        return _see("/")
    return _json({"now": iso(system.world.now()), "mails": _mail_count(system) - before})


def status(system: System) -> dict[str, Any]:
    """The clock, how much there is of everything, and what has been used."""
    world = system.world
    return {
        "now": iso(world.now()),
        "instant": world.now(),
        "mails": _mail_count(system),
        "items": {
            name: world.db.execute(f'SELECT COUNT(*) FROM "dynamodb {name}"').fetchone()[0]
            for name in ("Contacts", "Identities", "Members", "Definitions")
        },
        "queues": {
            name: len(_waiting(system, name)) for name in ("EventsQueue", "EventsDeadLetters", "FeedbackDeadLetters")
        },
        "state transitions": stepfunctions.transitions(world),
        "capacity units": {
            name: {"read": used.reads, "written": used.writes} for name, used in dynamodb.capacity(world).items()
        },
        "invocations": dict(sorted(system.invocations.items())),
    }


def mails(system: System, limit: int) -> list[dict[str, str]]:
    """The newest mails, newest first."""
    rows = system.world.db.execute("SELECT id FROM mailbox ORDER BY sent_at DESC, id DESC LIMIT ?", (limit,)).fetchall()
    found = [ses.mail(system.world, row[0]) for row in rows]
    return [
        {"sent": iso(mail.sent_at), "to": mail.recipients[0], "subject": mail.subject, "state": mail.state}
        for mail in found
    ]


def facts(system: System) -> mailbox.Facts:
    """What the start page tells."""
    now = system.world.now()
    customer = storefront.sign_up(1, "Ada", now).body
    order = storefront.order(now // SECOND, customer, now)
    contacts = system.world.db.execute("SELECT COUNT(*) FROM \"dynamodb Contacts\" WHERE sk = 'PROFILE'").fetchone()[0]
    events = system.world.db.execute(
        "SELECT COUNT(*) FROM \"dynamodb Contacts\" WHERE sk BETWEEN 'EVENT#' AND 'EVENT$'"
    ).fetchone()[0]
    return mailbox.Facts(
        now=now,
        shop=PARAMETERS["ShopName"],
        counts=[("contacts", contacts), ("events", events), ("mails", _mail_count(system))],
        order_curl=history.curl(order, f"{system.template.public_url}/webhooks/shopify", storefront.SECRET),
    )


def what_to_try(system: System) -> str:
    """What `make run` prints once it is ready."""
    url = system.template.public_url
    return f"""
[bold]Ready.[/] It is {iso(system.world.now())[:10]} in the shop, and the clock runs.

  {url}/          start here: the clock, an order to paste
  {url}/mailbox   every mail that was sent; click, unsubscribe, bounce
  {url}/admin/    contacts, segments, journeys, reports

In a second terminal:

  .venv/bin/beckon send-webhook sign-up   a new subscriber: the mail comes in a quarter of a minute
  .venv/bin/beckon clock +90d             let 90 days pass
  .venv/bin/beckon status                 counts, queues, capacity used

A signed Shopify order, to paste:

{facts(system).order_curl}

{history.ATTRIBUTION}
Ctrl-C stops it; the next [bold]make run[/] goes on from there.
"""


def _mail_count(system: System) -> int:
    return int(system.world.db.execute("SELECT COUNT(*) FROM mailbox").fetchone()[0])


def _waiting(system: System, queue: str) -> list[Any]:
    return system.world.db.execute("SELECT id FROM queue_messages WHERE queue = ?", (queue,)).fetchall()


def _see(url: str) -> Response:
    return Response(303, {"location": url}, b"")


def _html(page: str, status_: int = 200) -> Response:
    return Response(status_, {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}, page.encode())


def _json(body: Any, status_: int = 200) -> Response:
    return Response(status_, {"content-type": "application/json"}, json.dumps(body).encode())
