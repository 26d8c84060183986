"""Forms: written, looked at, published and taken off the web. Routes of the admin's API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chalice.app import Response
from pydantic import ValidationError

from functions.admin import shop_settings as shop_settings_routes
from functions.admin.copying import own
from functions.admin.rest import (
    Paging,
    Place,
    Problem,
    ProblemsError,
    Request,
    answer,
    by_id,
    logger,
    page_of,
    paged,
    route,
)
from functions.admin.shapes import everywhere
from functions.admin.shapes import forms as shapes
from functions.admin.shop_settings import place
from functions.admin.unfinished import object_in, text_in
from shared.adapters import coupons, form_definitions, form_pages, shop_settings
from shared.adapters.clock import now
from shared.adapters.definitions_table import PublishedMeanwhileError
from shared.adapters.environment import Settings, environment
from shared.domain import forms
from shared.domain.events import Json
from shared.domain.forms import IN_WORDS, Form, Kept, SavedForms
from shared.domain.operators import Role
from shared.domain.refusals import RefusedError

MAX_NAME = 200
MAX_VERSIONS = 20  # of one page


class FormsSettings(Settings):
    public_url: str


@route("GET", "/forms", role=Role.VIEWER, gives=shapes.Forms, query=Paging)
def list_forms(request: Request) -> Json:
    """All forms, by their ids, those that are not on the web included."""
    held = form_definitions.saved().forms
    return page_of(request, "forms", held, by_id, lambda id_: summary(held[id_]))


@route("POST", "/forms", role=Role.EDITOR, about=("id",), takes=Form, gives=shapes.FormTold, status=201)
def create_form(request: Request) -> Json:
    """Writes a new form, which is not on the web yet. 409 where there is one of this id."""
    return keep_new(written_in(request.json_with_lines()), request.operator)


@route(
    "POST",
    "/forms/{form}/duplicate",
    role=Role.EDITOR,
    about=("id",),
    takes=everywhere.Copy,
    gives=shapes.FormTold,
    status=201,
)
def duplicate_form(request: Request, form: str) -> Json:
    """`{"id": …, "name": …}`: a new form that is like this one as it is written, and not on the web."""
    like = kept_of(form_definitions.saved(), form).form
    return keep_new(written_in({**dumped(like), **own(request.json(), like.name, MAX_NAME)}), request.operator)


def keep_new(form: Form, operator: str) -> Response:
    saved = form_definitions.saved()
    if form.id in saved.forms:
        raise RefusedError("taken", "there is already a form with this id: choose another id", "id", 409)
    kept = store(forms.written(saved, form, now(), operator), form.id)
    logger.info("form written", form=form.id, operator=operator)
    return tagged(kept, 201)


@route("GET", "/forms/{form}", role=Role.VIEWER, gives=shapes.FormTold)
def show_form(request: Request, form: str) -> Json:
    """As it is written, as it is on the web, and what the shop pastes into its pages."""
    return tagged(kept_of(form_definitions.saved(), form))


@route("PUT", "/forms/{form}", role=Role.EDITOR, edits=True, takes=Form | everywhere.Unfinished, gives=shapes.FormTold)
def change_form(request: Request, form: str) -> Json:
    """Changes what is written, in the form that `If-Match` names by its etag: to the form in the body, or to a text
    that is `unfinished`, which need not be one yet. The web has it once it is published."""
    text = text_in(request, "unfinished")
    made = unfinished = None
    try:
        made = written_in(request.json_with_lines() if text is None else object_in(text, lines=True), form)
    except RefusedError:
        if text is None:
            raise
        unfinished = text
    saved = only_if_unchanged(request, form)
    made = made or saved.forms[form].form
    return tagged(store(forms.written(saved, made, now(), request.operator, unfinished), form))


@route("GET", "/forms/{form}/versions", role=Role.VIEWER, gives=shapes.FormVersions, query=Paging)
def list_versions(request: Request, form: str) -> Json:
    """The versions that were on the web, newest first: who published each, and when."""
    kept_of(form_definitions.saved(), form)
    cursor = request.cursor()
    found = (
        (Place(each.version, ""), {"version": each.version, "at": each.at, "by": each.by, "form": dumped(each.form)})
        for each in form_definitions.versions_of(form, cursor.number if cursor else None)
    )
    return paged("versions", found, min(request.limit(MAX_VERSIONS), MAX_VERSIONS))


@route("POST", "/forms/{form}/publish", role=Role.SENDER, edits=True, gives=shapes.FormTold)
def publish_form(request: Request, form: str) -> Json:
    """Puts it on the web as it is written, as its next version, within a minute."""
    saved = only_if_unchanged(request, form)
    if found := problems_of(saved.forms[form]):
        raise ProblemsError([Problem(None, text, None) for text in found], "invalid_form")
    kept = store(forms.published(saved, form, now(), request.operator), form, is_version=True)
    logger.info("form published", form=form, version=kept.version, operator=request.operator)
    return tagged(kept)


@route("POST", "/forms/{form}/unpublish", role=Role.SENDER, edits=True, gives=shapes.FormTold)
def unpublish_form(request: Request, form: str) -> Json:
    """Takes it off the web. Sign-ups that wait can still be confirmed."""
    saved = only_if_unchanged(request, form)
    return tagged(store(forms.without(saved, form, now(), request.operator), form))


# ── what is told ──


def summary(kept: Kept) -> dict[str, Json]:
    """Of a form among others."""
    return {
        "id": kept.form.id,
        "name": kept.form.name,
        "style": kept.form.style,
        "version": kept.version,
        "published": kept.published is not None,
        "changed": kept.published != kept.form or kept.unfinished is not None,
        "at": kept.at,
        "by": kept.by,
    }


def told(kept: Kept) -> dict[str, Json]:
    url = environment(FormsSettings).public_url
    on_the_web = kept.published or kept.form
    return {
        **summary(kept),
        "form": dumped(kept.form),
        "wordings": {str(version): wording for version, wording in kept.wordings.items()},
        "unfinished": kept.unfinished,
        "problems": problems_of(kept),
        "url": f"{url}/forms/{kept.form.id}",
        "snippet": None if on_the_web.is_survey else form_pages.snippet(on_the_web, shop_settings.settings(), url),
        "etag": etag(kept),
    }


def dumped(form: Form) -> dict[str, Json]:
    return form.model_dump(mode="json", exclude_defaults=True)


def tagged(kept: Kept, status: int = 200) -> Response:
    return answer(status, told(kept))


def etag(kept: Kept) -> str:
    return f'"form-{kept.number}"'


def problems_of(kept: Kept) -> list[str]:
    """Why it cannot be published."""
    form, shop = kept.form, shop_settings.settings()
    if kept.unfinished is not None:
        try:
            written_in(object_in(kept.unfinished, lines=True), form.id)
        except RefusedError as error:
            return [f"{error.field}: {error.message}" if error.field else error.message]
        return ["what was left unfinished is a form by now: save it again"]
    found = forms.problems(form, shop)
    if form.promise is not None and coupons.pool(form.promise) is None:
        found.append(f"there is no pool of codes {form.promise} (PUT /coupons/{form.promise}): its emails would wait")
    size = len(form_pages.embed(form, shop).encode())
    if size > form_pages.MAX_EMBED_BYTES:
        most = form_pages.MAX_EMBED_BYTES
        found.append(f"the script would be {size:,} bytes, and {most:,} is the most: ask for less, or say it shorter")
    return found


# ── what is written ──


def written_in(body: Mapping[str, Any], id_: str | None = None) -> Form:
    """The form in a body. RefusedError names the field."""
    given = dict(body)
    if id_ is not None and given.setdefault("id", id_) != id_:
        raise RefusedError("invalid_form", f"the path says {id_}", "id")
    try:
        return Form.model_validate_json(json.dumps(given), strict=True)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        raise RefusedError("invalid_form", in_words(problem), place(problem["loc"])) from None


def in_words(problem: Any) -> str:
    if problem["type"] == "extra_forbidden":
        return "there is no such field of a form"
    return shop_settings_routes.in_words(problem, IN_WORDS)


def kept_of(saved: SavedForms, id_: str) -> Kept:
    if id_ not in saved.forms:
        raise RefusedError("not_found", "there is no form of this id", status=404)
    return saved.forms[id_]


def only_if_unchanged(request: Request, id_: str) -> SavedForms:
    """What is saved, with the form as `If-Match` names it."""
    saved = form_definitions.saved()
    kept = kept_of(saved, id_)
    if request.if_match != etag(kept):
        raise changed_meanwhile()
    return saved


def changed_meanwhile() -> RefusedError:
    said = "somebody else has changed it meanwhile: look at their version and bring your changes into it"
    return RefusedError("changed_meanwhile", said, "If-Match", 412)


def store(made: SavedForms, id_: str, *, is_version: bool = False) -> Kept:
    try:
        return form_definitions.save(made, made.forms[id_] if is_version else None).forms[id_]
    except PublishedMeanwhileError:
        raise changed_meanwhile() from None
