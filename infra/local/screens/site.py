"""What of the HTTP side is the local run's own: the start page, the mailbox, and what `beckon` calls."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from infra.local import turning
from infra.local.aws import dynamodb, ses, stepfunctions
from infra.local.gateway import Request, Response
from infra.local.launching import FORMS
from infra.local.screens import mailbox
from infra.local.settings import PARAMETERS, PORT, SECRETS
from infra.local.shop import PICTURES, PICTURES_URL, history, shoppers, storefront
from infra.local.system import System
from shared.adapters import catalogue, form_definitions, form_pages, recommendations, shop_settings
from shared.domain import contents
from shared.domain.events import DAY, SECOND, iso
from shared.domain.recommendations import IN_WHOLE_SHOP, Asked

MAX_MAILS = 1000
WRITE_KEY: str = json.loads(SECRETS["write_keys"])[0]
QUEUES = ("EventsQueue", "PromptQueue", "EventsDeadLetters", "FeedbackDeadLetters")


def answer(system: System, request: Request) -> Response | None:
    """The answer to a request that is the local run's own; None when it is the APIs'."""
    match [request.method, *request.path.strip("/").split("/")]:
        case ["GET", ""]:
            return _html(mailbox.start_page(facts(system)))
        case ["GET", "shop"]:
            return _html(_shop_page(system), policy=mailbox.SHOP_POLICY)
        case ["GET", "images", file]:
            return _image(system, file)
        case ["GET", "local", file] if file in mailbox.FILES:
            kind = "javascript" if file.endswith(".js") else "css"
            kept = {"content-type": f"text/{kind}; charset=utf-8", "cache-control": "no-cache"}
            return Response(200, kept, mailbox.FILES[file].read_bytes())
        case ["GET", "local", "pictures", file] if (drawn := drawing(file)) is not None:
            return Response(200, {"content-type": "image/svg+xml", "cache-control": "max-age=3600"}, drawn)
        case ["GET", "local", "status"]:
            return _json(status(system))
        case ["GET", "local", "mails"]:
            limit = dict(parse_qsl(request.query)).get("limit", "20")
            if not (limit.isascii() and limit.isdigit() and 0 < int(limit) <= MAX_MAILS):
                return _problem(f"limit must be a whole number from 1 to {MAX_MAILS}", "limit")
            return _json({"mails": mails(system, int(limit))})
        case ["GET", "local", "clock"]:
            return _json(clock(system))
        case ["POST", "local", "clock"]:
            return turn_clock(system, request)
        case ["POST", "local", "webhooks"]:
            return send_webhook(system, request)
        case [method, "mailbox", *rest]:
            return _mailbox(system, request, method, rest)
        case _:
            return None


def drawing(file: str) -> bytes | None:
    """A picture of the sample's products: as `candles.png` in its addresses, as everywhere on the web; drawn as SVG."""
    found = PICTURES / f"{file.removesuffix('.png')}.svg"
    return found.read_bytes() if found.parent == PICTURES and found.exists() else None


def _shop_page(system: System) -> str:
    """The sample shop's own page: what sells best, and the forms that are on the web (`launching.FORMS`)."""
    with system.world.lock:
        known = recommendations.known(Asked((), (IN_WHOLE_SHOP,)), system.world.now())
        front = contents.Front(PARAMETERS["ShopUrl"], PARAMETERS["Currency"])
        several = (contents.offer(each, catalogue.on_sale, front) for each in known.by_category.get(IN_WHOLE_SHOP, ()))
        found = [each for each in several if each is not None][: contents.MAX_OFFERED]
        forms = [form for each in FORMS if (form := form_definitions.shown(str(each["id"]))) is not None]
        snippets = {form.style: form_pages.snippet(form, shop_settings.settings(), "") for form in forms}
    products = [{**each, "image": str(each["image"]).replace(PICTURES_URL, "/local/pictures")} for each in found]
    return mailbox.shop_page(PARAMETERS["ShopName"], products, snippets.get("inline", ""), snippets.get("popup", ""))


def _image(system: System, file: str) -> Response | None:
    """A picture of an email, as CloudFront would give it."""
    bucket = system.template.reference("ImagesBucket")
    try:
        found = system.session.client("s3").get_object(Bucket=bucket, Key=f"images/{file}")
    except system.session.client("s3").exceptions.NoSuchKey:
        return None
    return Response(200, {"content-type": found["ContentType"]}, found["Body"].read())


def _mailbox(system: System, request: Request, method: str, rest: list[str]) -> Response | None:
    query = {name: values[-1] for name, values in parse_qs(request.query).items()}
    try:
        match [method, *rest]:
            case ["GET"]:
                asked = {name: query[name] for name in ("search", "contact", "before", "did", "at") if name in query}
                return _html(mailbox.mailbox_page(system.world, **asked))
            case ["GET", id_]:
                return _html(mailbox.mail_page(system.world, id_, query.get("tab", "")))
            case ["GET", id_, "html"]:
                return _html(mailbox.framed(ses.mail(system.world, id_)), policy=mailbox.FRAME_POLICY)
            case ["GET", id_, "links", number]:
                return _see(mailbox.act(system.world, id_, "click", {"link": number}))
            case ["POST", id_]:
                form = dict(parse_qsl(request.body.decode()))
                return _see(mailbox.act(system.world, id_, form.get("action", ""), form))
            case _:
                return None
    except KeyError:
        return _html("<h1>No such email</h1>", 404)
    except ValueError as error:
        return _json({"message": str(error)}, 400)


def turn_clock(system: System, request: Request) -> Response:
    """Begins to let time pass: `days` of the start page's form, or `seconds` of `beckon clock`."""
    try:
        given = _given(request)
        (unit,) = {"days", "seconds"} & given.keys()
        by = _whole(given[unit]) * (DAY if unit == "days" else SECOND)
    except ValueError:
        return _problem("say `days` or `seconds`, as a whole number", "seconds")
    try:
        turning.turn(system, by, _mail_count)
    except ValueError as error:
        return _problem(str(error), unit)
    except turning.AlreadyTurningError:
        return _problem("the clock is being turned already: wait until it stands", None, 409)
    return _see("/") if _is_form(request) else _json(clock(system), 202)


def clock(system: System) -> dict[str, Any]:
    """What time it is; whether the clock is being turned, from when to when, and how many emails that has brought."""
    turned, now = system.turning, system.world.now()
    found: dict[str, Any] = {"now": iso(now), "instant": now, "turning": turned is not None and turned.is_going_on}
    found["zone"] = system.template.reference("TimeZone")
    if turned is not None:
        found |= {"begun": turned.begun, "until": turned.until, "emails": _mail_count(system) - turned.emails}
    return found


def send_webhook(system: System, request: Request) -> Response:
    """Has somebody sign up or order: `what`, and the `number` of the made-up person, if it is to be a certain one. Or
    tells of the candle, by its `stock` and its `price`."""
    try:
        given = _given(request)
        if given.get("what") == "product":
            return _tell_of_product(system, given)
        number = _whole(given["number"]) if "number" in given else None
    except ValueError:
        return _problem("number, or a stock, must be a whole number", "number")
    what = {"sign-up": shoppers.sign_up, "order": shoppers.place_order}.get(str(given.get("what")))
    if what is None:
        return _problem("what must be sign-up, order or product", "what")
    visit = what(system, number)
    shown = f"/mailbox?{urlencode({'search': visit.email, 'did': given['what'], 'at': system.world.now()})}"
    return _see(shown) if _is_form(request) else _json({**visit._asdict(), "mailbox": shown})


def _tell_of_product(system: System, given: Mapping[str, Any]) -> Response:
    stock, price = _whole(given.get("stock", 10)), str(given.get("price", "24.50"))
    if not re.fullmatch(r"\d{1,6}([.]\d\d)?", price):
        return _problem("price must be an amount such as 24.50", "price")
    webhook = storefront.product(system.world.now(), stock, price)
    storefront.post(system, webhook)
    return _json({"topic": webhook.topic, "product": webhook.body["title"], "stock": stock, "price": price})


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def _given(request: Request) -> dict[str, Any]:
    """What a form or a program says. ValueError when it is no form and no JSON object."""
    if _is_form(request):
        return dict(parse_qsl(request.body.decode()))
    given = json.loads(request.body or b"{}")
    if not isinstance(given, dict):
        raise ValueError("not an object")
    return given


def _whole(value: Any) -> int:
    """A whole number, or a text of one, as forms have it. ValueError: it is none."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 13:
        return int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("not a whole number")
    return value


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
        "queues": {name: len(_waiting(system, name)) for name in QUEUES},
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
        counts=[("contacts", contacts), ("events", events), ("emails", _mail_count(system))],
        order_curl=history.curl(order, f"{system.template.public_url}/webhooks/shopify", storefront.SECRET),
        track_curl=_track_curl(system.template.public_url),
        turning=_turning(system),
    )


def _turning(system: System) -> tuple[int, int, int] | None:
    turned = system.turning
    if turned is None or not turned.is_going_on:
        return None
    return turned.begun, turned.until, _mail_count(system) - turned.emails


def _track_curl(url: str) -> str:
    seen = {"anonymousId": "a-browser", "event": "Product Viewed", "properties": {"product_id": "candle"}}
    body = f"-H 'Content-Type: application/json' -d '{json.dumps(seen)}'"
    return f"curl -i {url}/v1/track -u {WRITE_KEY}: \\\n  {body}"


def what_to_try(system: System) -> str:
    """What `make run` prints once it is ready."""
    url = system.template.public_url
    port = "" if url.endswith(f":{PORT}") else f" --port {url.rsplit(':', 1)[1]}"
    return f"""
[bold]Ready.[/] It is {iso(system.world.now())[:10]} in the shop, and the clock runs.

  {url}/          start here: have somebody sign up or order, turn the clock
  {url}/mailbox   every email that was sent; click, unsubscribe, bounce
  {url}/shop      be a visitor of the shop: sign up, confirm in the mailbox, get a code
  {url}/admin/    contacts, segments, journeys, reports

In a second terminal:

  .venv/bin/beckon{port} send-webhook sign-up   a new subscriber, who is welcomed within seconds
  .venv/bin/beckon{port} send-webhook order     an order of theirs, which is thanked for
  .venv/bin/beckon{port} clock +90d             let 90 days pass
  .venv/bin/beckon{port} status                 counts, queues, capacity used

Events of a website, by any Segment SDK or by hand (the write key is {WRITE_KEY}):

{_track_curl(url)}

A signed Shopify order, to paste:

{facts(system).order_curl}

{history.ATTRIBUTION}
Ctrl-C stops it; the next [bold]make run[/] goes on from there.
"""


def _mail_count(system: System) -> int:
    return int(system.world.db.execute("SELECT COUNT(*) FROM mailbox").fetchone()[0])


def _waiting(system: System, queue: str) -> list[Any]:
    return system.world.db.execute("SELECT id FROM queue_messages WHERE queue = ?", (queue,)).fetchall()


def _problem(message: str, field: str | None, status_: int = 400) -> Response:
    """An error as the admin's API tells its."""
    code = "invalid_field" if field else "conflict"
    told = {"type": f"urn:problem-type:beckon:{code}", "title": code.replace("_", " ").capitalize(), "status": status_}
    return _json({**told, "detail": message, "code": code, **({"field": field} if field else {})}, status_)


def _see(url: str) -> Response:
    return Response(303, {"location": url}, b"")


def _html(page: str, status_: int = 200, policy: str = mailbox.POLICY) -> Response:
    headers = {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
    }
    return Response(status_, headers, page.encode())


def _json(body: Any, status_: int = 200) -> Response:
    return Response(status_, {"content-type": "application/json"}, json.dumps(body).encode())
