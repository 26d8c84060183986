"""The shop's settings, as operators see and change them: one document, whose versions are all kept. Routes of the
admin's API."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chalice.app import Response
from pydantic import ValidationError

from functions.admin.rest import Paging, Place, Request, answer, logger, paged, route
from functions.admin.shapes import shop as shapes
from functions.admin.unfinished import object_in, text_in
from shared.adapters import journey_definitions, shop_settings
from shared.adapters.definitions_table import PublishedMeanwhileError, TooLargeError
from shared.adapters.drafts import Draft
from shared.adapters.environment import Settings, environment
from shared.adapters.mail import address_of
from shared.domain.events import Json
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError
from shared.domain.settings import IN_WORDS, SavedSettings, ShopSettings


@route("GET", "/settings", role=Role.VIEWER, gives=shapes.SettingsTold)
def show_settings(request: Request) -> Json:
    """The newest version, whole: what nobody has set has its default. And what somebody is writing (`draft`)."""
    return tagged(shop_settings.saved(), shop_settings.draft())


@route(
    "PUT", "/settings", role=Role.SENDER, edits=True, about=("number",), takes=ShopSettings, gives=shapes.SettingsTold
)
def save_settings(request: Request) -> Json:
    """Makes the body, a whole document, the next version. `If-Match` names the version that it was made of. A draft
    that says the same is done with, and dropped."""
    changed = read(request.json())
    held = shop_settings.saved()
    if request.if_match != etag(held):
        raise changed_meanwhile()
    still_used(held.settings, changed)
    may_be_sent_from(changed)
    draft = shop_settings.draft()
    if changed == held.settings:
        return tagged(held, draft)
    try:
        saved = shop_settings.save(changed, held.number, request.operator)
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    except TooLargeError as error:
        raise RefusedError("too_large", str(error), status=413) from None
    logger.info("settings saved", number=saved.number, operator=request.operator)
    if draft is not None and _in_draft(draft) == changed:
        shop_settings.drop_draft(draft.number)
        draft = None
    return tagged(saved, draft)


# ── the draft ──


@route(
    "PUT",
    "/settings/draft",
    role=Role.SENDER,
    edits=True,
    takes=shapes.SettingsWritten,
    gives=shapes.SettingsTold,
)
def keep_draft(request: Request) -> Json:
    """Keeps what somebody is writing, right or not: a `text`, begun from the version of that `number`. `If-Match` names
    the draft that it was made of (`draft_etag`)."""
    text, number = text_in(request), request.json().get("number")
    held, saved = shop_settings.draft(), shop_settings.saved()
    if text is None:
        raise RefusedError("invalid_text", "it is required", "text")
    if type(number) is not int or not 0 <= number <= saved.number:
        words = f"it must be the number of a version of the settings, {saved.number} at most"
        raise RefusedError("invalid_number", words, "number")
    if request.if_match != draft_etag(held):
        raise changed_meanwhile()
    try:
        kept = shop_settings.keep_draft(text, number, None if held is None else held.number, request.operator)
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
    except TooLargeError as error:
        raise RefusedError("too_large", str(error), "text", 413) from None
    return tagged(saved, kept)


@route("DELETE", "/settings/draft", role=Role.SENDER, edits=True, gives=shapes.SettingsTold)
def drop_draft(request: Request) -> Json:
    """Gives up what was being written."""
    held = shop_settings.draft()
    if request.if_match != draft_etag(held):
        raise changed_meanwhile()
    if held is not None:
        shop_settings.drop_draft(held.number)
    return tagged(shop_settings.saved(), None)


def _in_draft(draft: Draft[int]) -> ShopSettings | None:
    """None: it is not whole yet."""
    try:
        return read(object_in(draft.text or ""))
    except RefusedError:
        return None


# ── its versions ──


@route("GET", "/settings/versions", role=Role.VIEWER, gives=shapes.SettingsVersions, query=Paging)
def list_versions(request: Request) -> Json:
    """Each version, newest first, with who made it and when."""
    cursor = request.cursor()
    placed = ((Place(each.number, ""), told(each)) for each in _saved_before(cursor))
    return paged("versions", placed, request.limit(20))


def _saved_before(cursor: Place | None) -> Iterator[SavedSettings]:
    return shop_settings.all_saved(None if cursor is None else cursor.number)


def told(saved: SavedSettings) -> dict[str, Json]:
    settings = saved.settings.model_dump(mode="json", by_alias=True)
    return {"number": saved.number, "at": saved.at, "by": saved.by, "settings": settings}


def tagged(saved: SavedSettings, draft: Draft[int] | None) -> Response:
    written = draft and {"text": draft.text, "number": draft.form, "at": draft.at, "by": draft.by}
    tags = {"etag": etag(saved), "draft_etag": draft_etag(draft)}
    return answer(200, {**told(saved), **tags, "draft": written})


def etag(saved: SavedSettings) -> str:
    return f'"settings-{saved.number}"'


def draft_etag(draft: Draft[int] | None) -> str:
    return f'"settings-draft-{0 if draft is None else draft.number}"'


def changed_meanwhile() -> RefusedError:
    words = "somebody else has changed the settings: look at their version and bring your changes into it"
    return RefusedError("changed_meanwhile", words, "If-Match", 412)


def still_used(before: ShopSettings, after: ShopSettings) -> None:
    """RefusedError where a journey's emails are about a topic that goes: nobody could say no to it any more."""
    gone = {topic.id for topic in before.topics} - {topic.id for topic in after.topics}
    for id_, published in journey_definitions.publication().journeys.items():
        if published.journey.topic in gone:
            words = f"the journey {id_} is about the topic {published.journey.topic}: change that first"
            raise RefusedError("in_use", words, "topics", 409)


class SenderSettings(Settings):
    sender: str
    sender_domains: str = ""


def may_be_sent_from(settings: ShopSettings) -> None:
    """RefusedError where emails of a class are to come from a domain that the stack may not send from: SES would take
    none of them."""
    stack = environment(SenderSettings)
    own = address_of(stack.sender).rpartition("@")[2]
    others = [domain for domain in stack.sender_domains.split(",") if domain]
    for mail_class, address in settings.senders.by_class.items():
        domain = address.rpartition("@")[2].lower()
        if domain != own and not domain.endswith(f".{own}") and domain not in others:
            words = (
                f"emails can come from {', '.join([own, *others])} and what is under {own}: to send from {domain}, "
                "verify it in SES and name it in the stack's parameter SenderDomains"
            )
            raise RefusedError("not_a_sender", words, f"senders.by_class.{mail_class}")


def read(body: Mapping[str, Any]) -> ShopSettings:
    """The settings in a body. RefusedError names the field."""
    try:
        return ShopSettings.model_validate_json(json.dumps(body), strict=True)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise RefusedError("invalid_settings", in_words(problem), place(problem["loc"])) from None


WORDS = {
    "missing": "it is required",
    "extra_forbidden": "there is no such setting",
    "model_type": "it must be an object: {{ … }}",
    "model_attributes_type": "it must be an object: {{ … }}",
    "dict_type": "it must be an object: {{ … }}",
    "tuple_type": "it must be a list: [ … ]",
    "int_type": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "float_type": "it must be a number",
    "finite_number": "it must be a number",
    "string_type": "it must be a text",
    "bool_type": "it must be true or false",
    "string_too_short": "it must not be empty",
    "literal_error": "it must be one of {expected}",
    "string_too_long": "at most {max_length} characters",
    "too_long": "at most {max_length}",
    "too_short": "at least one is required",
    "greater_than_equal": "it must be at least {ge}",
    "less_than_equal": "it must be at most {le}",
}
"""What pydantic finds, as whoever wrote it would say it."""


def in_words(problem: Any, patterns: Mapping[str, str] = IN_WORDS) -> str:
    """`patterns`: what a text has to look like, by the pattern that holds it to it."""
    context = problem.get("ctx", {})
    if problem["type"] == "string_pattern_mismatch":
        return patterns.get(context["pattern"]) or f"it must match {context['pattern']}"
    if problem["type"] in WORDS:
        return WORDS[problem["type"]].format(**context)
    return str(problem["msg"]).removeprefix("Value error, ")


def place(location: Sequence[int | str]) -> str | None:
    """`brand.accent`, `topics.0.id`; None for the document as a whole."""
    return ".".join(str(part) for part in location if part != "[key]") or None
