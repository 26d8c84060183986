"""Form: sign-up forms and surveys, as a page, and in the shop's own pages; and the confirmation of a sign-up.

GET and HEAD change nothing: mail scanners follow every link. A sign-up counts once it was confirmed with a button, from
an email that holds no word of whoever has typed the address. No answer says whether an address is known.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from functions.form import signing_up
from functions.form.signing_up import Sent
from shared.adapters import (
    addresses,
    contacts,
    form_counts,
    form_definitions,
    form_pages,
    identities,
    pending_addresses,
    sign_ups,
    tokens,
)
from shared.adapters.clock import now
from shared.adapters.environment import Settings, environment
from shared.adapters.events_queue import NotQueuedError, put_events
from shared.adapters.secrets import UnreadableSecretError
from shared.adapters.shop_settings import settings
from shared.domain import forms
from shared.domain.events import TRACKING, event_id
from shared.domain.forms import Form
from shared.domain.profiles import Profile
from shared.domain.refusals import RefusedError, error_body

MAX_BODY = 20_000
PAGE_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",  # a token may stand in the URL
    "x-content-type-options": "nosniff",
}
PRIVATE = {"x-robots-tag": "noindex"}
CORS = {"access-control-allow-origin": "*"}
"""The shop's pages are of another origin; there are no cookies and no sessions here that they could misuse."""

logger = Logger()


class FormSettings(Settings):
    shop_name: str
    shop_url: str


class Request(NamedTuple):
    """`path`: the route's parameters; `id`: the request's own; `network`: the address that it comes from; `wants_json`:
    a script asks, not a browser; `only_looks`: at whether there is something (HEAD)."""

    path: Mapping[str, str]
    body: str
    id: str
    network: str
    wants_json: bool
    is_json: bool
    only_looks: bool

    @property
    def given(self) -> dict[str, list[str]]:
        """The fields of a form, however they are written: a text or a list of texts each."""
        if not self.is_json:
            try:
                return parse_qs(self.body, keep_blank_values=True, max_num_fields=200)
            except ValueError:
                return {}
        try:
            told = json.loads(self.body)
        except ValueError:
            raise RefusedError("invalid_json", "the body is not JSON") from None
        if not isinstance(told, dict):
            raise RefusedError("invalid_json", "the body must be an object: { … }")
        several = {name: value if isinstance(value, list) else [value] for name, value in told.items()}
        return {name: [each for each in values if isinstance(each, str)] for name, values in several.items()}


class NoSuchFormError(Exception):
    """There is no form of this id on the web."""


class BadLinkError(Exception):
    """The link is none of ours, or too old."""


class GoneError(Exception):
    """The contact was erased: nothing is known of them, and nothing can be changed."""


Answer = dict[str, Any]


def handler(event: dict[str, Any], context: object) -> Answer:
    """One request of the HTTP API (payload format 2.0); or the schedule's look for whom to remind."""
    if event.get("task") == "remind":
        return {"reminded": remind()}
    route = event["routeKey"]
    if route.startswith("OPTIONS "):
        return _preflight()
    request = _read(event)
    if len(request.body) > MAX_BODY:
        return _refused(request, RefusedError("too_large", f"the body is larger than {MAX_BODY:,} bytes", status=413))
    try:
        answer = ROUTES[route.replace("HEAD ", "GET ", 1)](request)
    except RefusedError as error:
        answer = _refused(request, error)
    except NoSuchFormError:
        answer = _nothing(request, 404, "There is nothing here", NO_FORM)
    except BadLinkError:
        answer = _nothing(request, 404, "This link does not work any more", BAD_LINK)
    except GoneError:
        answer = _nothing(request, 200, "We no longer know you", GONE)
    except (NotQueuedError, UnreadableSecretError, BotoCoreError, ClientError) as error:
        logger.error("not stored", reason=type(error).__name__)
        answer = _nothing(request, 503, "Please try again", TRY_AGAIN)
    return {**answer, "body": ""} if route.startswith("HEAD ") else answer


# ── the form ──


def show(request: Request) -> Answer:
    kept, form = _form(request)
    if form.is_survey:
        return _page(form, form.title, f"<p>{escape(OPEN_FROM_EMAIL)}</p>")
    if not request.only_looks:
        form_counts.count(form.id, kept.version, "seen", "page", now())
    return _form_page(form, form_pages.body(form, settings(), hidden={"token": _token(form, request)}))


def embed(request: Request) -> Answer:
    """The script for the shop's pages, which browsers keep for five minutes."""
    _, form = _form(request)
    script = form_pages.embed(form, settings())
    headers = {"content-type": "text/javascript; charset=utf-8", "cache-control": "public, max-age=300"}
    return {"statusCode": 200, "headers": {**headers, "x-content-type-options": "nosniff", **CORS}, "body": script}


def token(request: Request) -> Answer:
    """The script asks for one when somebody puts the cursor into the form."""
    kept, form = _form(request)
    form_counts.count(form.id, kept.version, "begun", "site", now())
    return _json(200, {"token": _token(form, request)})


def send(request: Request) -> Answer:
    kept, form = _form(request)
    if form.is_survey:
        return _page(form, form.title, f"<p>{escape(OPEN_FROM_EMAIL)}</p>")
    sent = Sent(kept, form, request.given, request.id, request.network, request.wants_json)
    outcome = signing_up.sign_up(sent, now())
    if outcome == "thanks":
        return _thanks(request, form)
    again = signing_up.new_token(form, request.id, now(), pressed=True)
    words = form.words
    if request.wants_json:
        told = {"status": "press", "token": again, "message": words.press, "button": words.press_button}
        return _json(200, told)
    # What was filled in goes along, so that nobody has to do it twice.
    fields = [(name, value) for name, values in sent.given.items() for value in values if name in _names(form)]
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in [*fields, ("token", again)]
    )
    button = f"<button>{escape(words.press_button)}</button>"
    content = f'{form_pages.paragraphs(words.press)}<form method="post">{hidden}{button}</form>'
    return _page(form, words.one_more_step, content)


def _thanks(request: Request, form: Form) -> Answer:
    if request.wants_json:
        return _json(200, {"status": "thanks", "title": form.words.thanks_title, "message": form.thanked})
    return _page(form, form.words.thanks_title, f'<div role="status">{form_pages.paragraphs(form.thanked)}</div>')


def _names(form: Form) -> frozenset[str]:
    return (forms.FORM_NAMES - {"token"}) | {question.trait for question in form.questions}


def _token(form: Form, request: Request) -> str:
    return signing_up.new_token(form, request.id, now())


def _form(request: Request) -> tuple[forms.Kept, Form]:
    kept = form_definitions.published(request.path.get("form", ""))
    if kept is None or kept.published is None:
        raise NoSuchFormError
    return kept, kept.published


# ── a form in an email ──


def show_to_contact(request: Request) -> Answer:
    """Asks only what is not known yet of whom the link is of."""
    profile, _ = _reader(request)
    kept, form = _form(request)
    if not request.only_looks:
        form_counts.count(form.id, kept.version, "seen", "email", now())
    asked = forms.left_to_ask(form, _known(profile))
    return _form_page(form, form_pages.body(asked, settings(), known=True))


def send_by_contact(request: Request) -> Answer:
    profile, hashed = _reader(request)
    kept, form = _form(request)
    asked = forms.left_to_ask(form, _known(profile))
    filled_in = forms.read(asked, settings().interests, request.given, known=True)
    instant = now()
    made = signing_up.event(
        kept,
        form,
        filled_in,
        event_id("form", request.id),
        instant,
        signing_up.network(request.network),
        contact=profile.contact,
    )
    put_events([made])
    form_counts.count(form.id, kept.version, "sent", "email", instant)
    _answer_at(hashed, filled_in, instant)
    thanks = form.thanks or (form.words.answered if form.is_survey else form.words.signed_up)
    content = f'<div role="status">{form_pages.paragraphs(thanks)}</div>'
    return _page(form, form.words.thanks_title, content, private=True)


def _known(profile: Profile) -> set[str]:
    return {name for name, told in profile.traits.items() if told.value not in (None, "", [])}


def _reader(request: Request) -> tuple[Profile, str]:
    """Whom the link is of, and the hash of their address. GoneError, BadLinkError."""
    found = tokens.read(_text(request))
    if found is None or not found.opens_preferences(now()):
        raise BadLinkError
    contact = found.contact
    while (stored := contacts.read(contact)) is not None and stored.profile.merged_into is not None:
        contact = stored.profile.merged_into
    if stored is None or stored.profile.erased:
        raise GoneError
    profile = stored.profile
    return profile, identities.address_hash(profile.email) if profile.email is not None else profile.contact


# ── the confirmation ──


def ask_to_confirm(request: Request) -> Answer:
    kept, form = _waiting(request)
    words = form.words
    if kept.confirmed is not None:
        return _confirmed(form, words.already)
    content = (
        f"{form_pages.paragraphs(words.confirm_text)}"
        f'<form method="post"><button>{escape(words.confirm_button)}</button></form>'
    )
    return _page(form, words.confirm_title, content, private=True)


def confirm(request: Request) -> Answer:
    """Told twice, it is one sign-up; and whoever dies in between has it done by the next who presses."""
    kept, form = _waiting(request)
    words = form.words
    again = kept.confirmed is not None
    kept = sign_ups.confirm(kept, now())
    address = pending_addresses.read(sign_ups.place(kept.hashed), kept.hashed)
    if kept.filled_in is None or kept.confirmed is None or address is None:
        return _confirmed(form, words.already)
    of_form = form_definitions.saved().forms[form.id].model_copy(update={"version": kept.version})
    made = signing_up.event(
        of_form,
        form,
        kept.filled_in,
        event_id("sign-up", kept.id),
        kept.confirmed,
        signing_up.network(request.network),
        address=address,
    )
    put_events([made])
    _answer_at(kept.hashed, kept.filled_in, kept.confirmed)
    sign_ups.done(kept)
    return _confirmed(form, words.already if again else form.thanks or words.signed_up)


def _answer_at(hashed: str, filled_in: forms.SignUp, time: int) -> None:
    """So that the next page, and the gate, know of it before it is folded. A later answer holds."""
    for topic in (*filled_in.topics, *([TRACKING] if filled_in.tracking else [])):
        addresses.answer(hashed, {topic: "subscribed"}, time, "form")


def _waiting(request: Request) -> tuple[sign_ups.Kept, Form]:
    """The sign-up that the link is of, with its form, which need not be on the web any more. BadLinkError."""
    found = tokens.read(_text(request), "confirm")
    if found is None or found.has_expired(now()):
        raise BadLinkError
    kept = sign_ups.read(found.topic, found.message.rpartition("_")[2], now())
    if kept is None:
        raise BadLinkError
    held = form_definitions.saved().forms[kept.form]  # none ever leaves it
    return kept, held.published or held.form


def _confirmed(form: Form, said: str) -> Answer:
    content = f'<div role="status">{form_pages.paragraphs(said)}</div>'
    return _page(form, form.words.thanks_title, content, private=True)


def remind() -> int:
    """Mails whoever has not confirmed for a day once more; gives how many."""
    instant, reminded = now(), 0
    for reminder in sign_ups.reminders(instant):
        kept = sign_ups.read(reminder.hashed, reminder.id, instant)
        if kept is not None and kept.confirmed is None and sign_ups.may_write(kept.counted_by, instant):
            signing_up.mail(reminder.hashed, reminder.id, "reminder", instant)
            reminded += 1
        sign_ups.reminded(reminder)
    return reminded


ROUTES: Mapping[str, Callable[[Request], Answer]] = {
    "GET /forms/{form}": show,
    "POST /forms/{form}": send,
    "GET /forms/{form}/embed.js": embed,
    "GET /forms/{form}/token": token,
    "GET /surveys/{token}/{form}": show_to_contact,
    "POST /surveys/{token}/{form}": send_by_contact,
    "GET /confirm/{token}": ask_to_confirm,
    "POST /confirm/{token}": confirm,
}

NO_FORM = "<p>This form is not there any more. Please look on our site for another.</p>"
BAD_LINK = """<p>It is too old, or was cut off on its way. Please open it from the newest email once more, or sign up
again on our site.</p>"""
GONE = """<p>You asked to be erased, and we have done so. Nothing that we knew about you is left.</p>"""
TRY_AGAIN = "<p>Something is not working on our side. Please try again in a minute.</p>"
OPEN_FROM_EMAIL = "These questions are for whoever gets our emails: please open them by the link in yours."


# ── requests and answers ──


def _read(event: Mapping[str, Any]) -> Request:
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            body = base64.b64decode(body).decode("utf-8", "replace")
        except binascii.Error:
            body = ""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    is_json = headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
    return Request(
        path=event.get("pathParameters") or {},
        body=body,
        id=event["requestContext"]["requestId"],
        network=event["requestContext"]["http"].get("sourceIp", ""),
        wants_json=is_json or "application/json" in headers.get("accept", ""),
        is_json=is_json,
        only_looks=event["routeKey"].startswith("HEAD "),
    )


def _text(request: Request) -> str:
    """The token in the path: a link is picked out of a text with what stands behind it."""
    return re.match(r"[A-Za-z0-9_-]*", request.path.get("token", ""))[0]  # type: ignore[index]


def _form_page(form: Form, content: str) -> Answer:
    css = form_pages.style(form, settings(), hosted=True)
    return _page(form, form.title, f'<form class="bk" method="post">{content}</form>', css=css)


def _page(
    form: Form | None, title: str, content: str, css: str = "", private: bool = False, status: int = 200
) -> Answer:
    shop = environment(FormSettings)
    language = form.language if form is not None else "en"
    text = form_pages.page(settings(), shop.shop_name, shop.shop_url, title, content, language, css)
    return {"statusCode": status, "headers": {**PAGE_HEADERS, **(PRIVATE if private else {})}, "body": text}


def _nothing(request: Request, status: int, title: str, content: str) -> Answer:
    if request.wants_json:
        code = {404: "not_found", 503: "not_stored"}.get(status, "gone")
        return _json(status, error_body(code, re.sub(r"<[^>]+>|\s+", " ", content).strip()))
    try:
        return _page(None, title, content, private=True, status=status)
    except (BotoCoreError, ClientError):  # not even the shop's colours can be read
        return {"statusCode": status, "headers": PAGE_HEADERS, "body": f"<h1>{title}</h1>{content}"}


def _refused(request: Request, error: RefusedError) -> Answer:
    if request.wants_json:
        return _json(error.status, error_body(error.code, error.message, error.field))
    content = f'<p role="alert">{escape(error.message)}</p><p>Please go back, and try once more.</p>'
    return _page(None, "Almost", content, private=True, status=error.status)


def _json(status: int, told: Mapping[str, Any]) -> Answer:
    headers = {"content-type": "application/json", "cache-control": "no-store", **CORS}
    return {"statusCode": status, "headers": headers, "body": json.dumps(told)}


def _preflight() -> Answer:
    headers = {
        **CORS,
        "access-control-allow-methods": "GET, POST, OPTIONS",
        "access-control-allow-headers": "content-type, accept",
        "access-control-max-age": "86400",
    }
    return {"statusCode": 204, "headers": headers, "body": ""}
